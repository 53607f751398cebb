use platform_sdk::Identity;
use platform_testkit::Harness;
use serde_json::{Value, json};
use subgraph_core::CoreModule;

/// A good password for everybody.
pub(crate) const PASSWORD: &str = "a horse and three stables";

/// Core with password hashes that cost next to nothing.
pub(crate) async fn kit() -> Harness {
    Harness::builder()
        .module(CoreModule)
        .config("core", json!({"bcrypt_cost": 4}))
        .build()
        .await
}

/// Somebody who is signed in.
pub(crate) struct Person {
    pub(crate) id: String,
    pub(crate) identity: Identity,
    pub(crate) refresh_token: String,
}

impl Person {
    /// Takes the session out of a payload.
    pub(crate) fn from_session(kit: &Harness, id: &Value, session: &Value) -> Self {
        Self {
            id: id.as_str().unwrap().to_owned(),
            identity: kit
                .identity_of(session["accessToken"].as_str().unwrap())
                .unwrap(),
            refresh_token: session["refreshToken"].as_str().unwrap().to_owned(),
        }
    }

    /// The same person with another session.
    pub(crate) fn with(self, kit: &Harness, session: &Value) -> Self {
        Self::from_session(kit, &json!(self.id), session)
    }
}

pub(crate) const SESSION: &str = "session { accessToken accessTokenExpiresAt refreshToken refreshTokenExpiresAt tenantId scopes }";
const ERRORS: &str = "userErrors { field code message }";

/// Runs a mutation `name(input)` with the selection `fields` and gives its payload.
pub(crate) async fn mutate(
    kit: &Harness,
    identity: &Identity,
    name: &str,
    fields: &str,
    input: Value,
) -> Value {
    let mut kind: String = name[..1].to_uppercase();
    kind.push_str(&name[1..]);
    let query = format!(
        "mutation($input: {kind}Input!) {{ {name}(input: $input) {{ {fields} {ERRORS} }} }}"
    );
    let answer = kit.ask(identity, &query, json!({ "input": input })).await;
    answer.ok()[name].take()
}

/// Codes of a payload's user errors.
pub(crate) fn codes(payload: &Value) -> Vec<&str> {
    let errors = payload["userErrors"].as_array().unwrap();
    errors.iter().map(|e| e["code"].as_str().unwrap()).collect()
}

/// Signs up.
pub(crate) async fn sign_up(kit: &Harness, email: &str) -> Person {
    let payload = mutate(
        kit,
        &kit.anonymous(),
        "signUp",
        &format!("user {{ id }} {SESSION}"),
        json!({"email": email, "password": PASSWORD, "displayName": "Ann"}),
    )
    .await;
    assert_eq!(codes(&payload), [""; 0]);
    Person::from_session(kit, &payload["user"]["id"], &payload["session"])
}

/// Tries to sign in.
pub(crate) async fn try_sign_in(kit: &Harness, email: &str, password: &str) -> Value {
    mutate(
        kit,
        &kit.anonymous(),
        "signIn",
        &format!("user {{ id }} {SESSION}"),
        json!({"email": email, "password": password}),
    )
    .await
}

/// Makes an organisation and gives its id with its owner, signed in to it.
pub(crate) async fn found(kit: &Harness, person: Person, name: &str) -> (String, Person) {
    let payload = mutate(
        kit,
        &person.identity,
        "createTenant",
        &format!("tenant {{ id }} {SESSION}"),
        json!({ "name": name }),
    )
    .await;
    assert_eq!(codes(&payload), [""; 0]);
    let id = payload["tenant"]["id"].as_str().unwrap().to_owned();
    (id, person.with(kit, &payload["session"]))
}

/// Lets `inviter` invite a new person of `email`, who accepts.
pub(crate) async fn joined(kit: &Harness, inviter: &Identity, email: &str, role: &str) -> Person {
    let invited = mutate(
        kit,
        inviter,
        "inviteMember",
        "token",
        json!({"email": email, "role": role}),
    )
    .await;
    assert_eq!(codes(&invited), [""; 0]);
    let person = sign_up(kit, email).await;
    let accepted = mutate(
        kit,
        &person.identity,
        "acceptInvitation",
        &format!("tenant {{ id }} {SESSION}"),
        json!({"token": invited["token"]}),
    )
    .await;
    assert_eq!(codes(&accepted), [""; 0]);
    person.with(kit, &accepted["session"])
}
