// A subscription over two subgraphs by a real client, which outlives a restart of the server by its cursor.
// node subscribe.mjs CLIENT URL TOKEN COUNT: prints a line per event, at last the list of all ids as JSON.
const [client, url, token, text] = process.argv.slice(2);
const count = Number(text);
const query = "subscription Items($count: Int!, $after: Int) { items(count: $count, everyMs: 40, after: $after) { id label price } }";
const authorization = `Bearer ${token}`;
const websocket = url.replace(/^http/, "ws");

// Each opens one subscription and resolves to whether the server said that it is complete.
const clients = {
  async "graphql-ws"(variables, onEvent) {
    const { createClient } = await import("graphql-ws");
    const { WebSocket } = await import("ws");
    const own = createClient({ url: websocket, webSocketImpl: WebSocket, connectionParams: { authorization }, retryAttempts: 0 });
    return new Promise((resolve) => {
      own.subscribe({ query, variables }, { next: onEvent, error: () => resolve(false), complete: () => resolve(true) });
    }).finally(() => own.dispose());
  },
  async "graphql-sse"(variables, onEvent) {
    const { createClient } = await import("graphql-sse");
    const own = createClient({ url, headers: { authorization }, retryAttempts: 0 });
    return new Promise((resolve) => {
      own.subscribe({ query, variables }, { next: onEvent, error: () => resolve(false), complete: () => resolve(true) });
    }).finally(() => own.dispose());
  },
  async "graphql-sse-single"(variables, onEvent) {
    const { createClient } = await import("graphql-sse");
    const own = createClient({ url, headers: { authorization }, singleConnection: true, lazy: true, retryAttempts: 0 });
    return new Promise((resolve) => {
      own.subscribe({ query, variables }, { next: onEvent, error: () => resolve(false), complete: () => resolve(true) });
    }).finally(() => own.dispose());
  },
  async apollo(variables, onEvent) {
    const { ApolloClient, HttpLink, InMemoryCache, gql } = (await import("@apollo/client/core/core.cjs")).default;
    const own = new ApolloClient({ cache: new InMemoryCache(), link: new HttpLink({ uri: url, headers: { authorization } }) });
    return new Promise((resolve) => {
      own.subscribe({ query: gql(query), variables, fetchPolicy: "no-cache" }).subscribe({
        next: onEvent, error: () => resolve(false), complete: () => resolve(true),
      });
    }).finally(() => own.stop());
  },
  async urql(variables, onEvent) {
    const { Client, fetchExchange } = await import("@urql/core");
    const own = new Client({ url, exchanges: [fetchExchange], fetchSubscriptions: true, fetchOptions: { headers: { authorization } } });
    return new Promise((resolve) => {
      let failed = false;
      own.subscription(query, variables).subscribe((result) => {
        if (result.error) { failed = true; resolve(false); return; }
        // the end comes as the last result once more
        if (result.hasNext) onEvent(result);
        else if (!failed) resolve(true);
      });
    });
  },
};

const ids = [];
const onEvent = ({ data, errors }) => {
  if (errors) throw new Error(JSON.stringify(errors));
  if (!data) return;
  const { id, label, price } = data.items;
  if (label !== `item ${id}` || price !== 10) throw new Error(`odd event ${JSON.stringify(data)}`);
  ids.push(Number(id));
  console.log(`event ${id}`);
};
const until = Date.now() + 20000;
while (ids.length < count && Date.now() < until) {
  const after = ids.length ? ids[ids.length - 1] : null;
  await clients[client]({ count, after }, onEvent).catch((error) => { console.error(String(error)); return false; });
  await new Promise((resolve) => setTimeout(resolve, 50));
}
console.log(JSON.stringify(ids));
process.exit(0);
