"use strict";
// What both pages share: who is signed in, and how operations travel.

const setup = __SETUP__;
const element = (id) => document.getElementById(id);

// A tab's own: closing it signs out. `session` is { access, refresh, email, organisation }.
let session = JSON.parse(sessionStorage.getItem("session") || "null");

function keep(next) {
  session = next;
  if (next) sessionStorage.setItem("session", JSON.stringify(next));
  else sessionStorage.removeItem("session");
  showSession();
}

// The first string of this name, anywhere in an answer's data.
function find(value, name) {
  if (value === null || typeof value !== "object") return null;
  if (typeof value[name] === "string") return value[name];
  for (const inner of Object.values(value)) {
    const found = find(inner, name);
    if (found) return found;
  }
  return null;
}

const at = (value, path) => path.split(".").reduce((inner, key) => (inner ? inner[key] : null), value);

async function post(body, headers) {
  const response = await fetch(setup.path, {
    method: "POST",
    headers: { "content-type": "application/json", accept: "application/json", ...headers },
    body: JSON.stringify(body),
  });
  return response.json();
}

const bearer = () => (session ? { authorization: "Bearer " + session.access } : {});

// An operation with the session's token; headers of the editor win.
async function send(parameters, headers) {
  const own = Object.keys(headers).some((name) => name.toLowerCase() === "authorization");
  const answer = await post(parameters, { ...(own ? {} : bearer()), ...headers });
  const expired = (answer.errors || []).some((error) => error.extensions && error.extensions.code === "UNAUTHENTICATED");
  if (!expired || own || !session || !session.refresh || !setup.signIn.refresh) return answer;
  const renewed = await post({ query: setup.signIn.refresh, variables: { refreshToken: session.refresh } }, {});
  const access = find(renewed.data, "accessToken");
  if (!access) {
    keep(null);
    return answer;
  }
  keep({ ...session, access, refresh: find(renewed.data, "refreshToken") || session.refresh });
  return post(parameters, { ...bearer(), ...headers });
}

const isSubscription = (text) => /^\s*subscription\b/m.test(text.replace(/#.*/g, ""));

// The events of a subscription by graphql-transport-ws, with the headers as connection payload.
async function* events(parameters, headers) {
  const socket = new WebSocket(location.origin.replace(/^http/, "ws") + setup.path, "graphql-transport-ws");
  const queue = [];
  let wake = () => {};
  const push = (item) => { queue.push(item); wake(); };
  socket.onopen = () => socket.send(JSON.stringify({ type: "connection_init", payload: { ...bearer(), ...headers } }));
  socket.onclose = (event) => push(event.code === 1000 ? null : new Error(`closed ${event.code} ${event.reason}`));
  socket.onmessage = (event) => {
    const message = JSON.parse(event.data);
    if (message.type === "connection_ack") socket.send(JSON.stringify({ id: "1", type: "subscribe", payload: parameters }));
    else if (message.type === "ping") socket.send(JSON.stringify({ type: "pong" }));
    else if (message.type === "next") push(message.payload);
    else if (message.type === "error") push({ errors: message.payload });
    else if (message.type === "complete") push(null);
  };
  try {
    for (;;) {
      while (queue.length === 0) await new Promise((resolve) => { wake = resolve; });
      const item = queue.shift();
      if (item === null) return;
      if (item instanceof Error) throw item;
      yield item;
    }
  } finally { socket.close(1000); }
}

// ---- the bar: sign in, choose an organisation, sign out

function note(text) { element("note").textContent = text; }

function showSession() {
  element("sign-in").hidden = !setup.signIn || session !== null;
  element("signed-in").hidden = session === null;
  element("who").textContent = session ? session.email : "";
}

async function listOrganisations() {
  const choice = element("organisation");
  choice.replaceChildren();
  const how = setup.signIn && setup.signIn.organisations;
  if (!session || !how) { choice.hidden = true; return; }
  const answer = await send({ query: how.document }, {});
  const items = at(answer.data, how.items) || [];
  for (const item of items) {
    const option = document.createElement("option");
    option.value = at(item, how.id);
    option.textContent = at(item, how.name);
    option.selected = option.value === session.organisation;
    choice.append(option);
  }
  choice.hidden = items.length === 0;
  if (items.length && !session.organisation) await enter(at(items[0], how.id));
}

async function enter(organisation) {
  const answer = await send({ query: setup.signIn.organisations.enter, variables: { id: organisation } }, {});
  const access = find(answer.data, "accessToken");
  if (!access) return note("This organisation can't be entered.");
  keep({ ...session, access, refresh: find(answer.data, "refreshToken") || session.refresh, organisation });
  element("organisation").value = organisation;
}

async function signIn(event) {
  event.preventDefault();
  note("");
  const email = element("email").value;
  try {
    const answer = await post({ query: setup.signIn.document, variables: { email, password: element("password").value } }, {});
    const access = find(answer.data, "accessToken");
    if (!access) return note(find(answer, "message") || "The sign-in was refused.");
    element("password").value = "";
    keep({ access, refresh: find(answer.data, "refreshToken"), email, organisation: null });
    await listOrganisations();
  } catch (error) {
    note(String(error.message || error));
  }
}

function startBar() {
  element("sign-in").onsubmit = signIn;
  element("sign-out").onclick = () => keep(null);
  element("organisation").onchange = (event) => enter(event.target.value);
  showSession();
  listOrganisations().catch((error) => note(String(error.message || error)));
}
