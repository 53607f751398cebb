//! What passes as the router's word, and what must not.

use platform_identity::{
    AssertionSigner, AssertionVerifier, Authority, Claims, Identity, Scopes, Subject, TokenError,
    TokenSigner,
};
use platform_types::{TenantId, UserId};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::forge::{NOW_S, at, key, now, secret, signed};

const BODY: &[u8] = br#"{"query":"{me{id}}"}"#;
/// base64url of the body's SHA-256, computed by the verifier's rule but written by the test.
fn body_hash(body: &[u8]) -> String {
    use base64::Engine as _;
    use sha2::Digest as _;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(sha2::Sha256::digest(body))
}

fn identity() -> Identity {
    Authority::claim().identity(
        Subject::User(UserId(Uuid::from_u128(1))),
        Some(TenantId(Uuid::from_u128(2))),
        Scopes::parse("core:tenant.read billing:license.read").unwrap(),
        Some(Uuid::from_u128(3)),
        Some(at(900)),
    )
}

fn verifier() -> AssertionVerifier {
    AssertionVerifier::new(&secret(), "billing")
}

fn header() -> Value {
    json!({"typ": "tessera-assertion+jwt", "alg": "EdDSA", "kid": "router"})
}

fn claims() -> Value {
    json!({"iss": "tessera-router", "aud": "billing", "iat": NOW_S, "exp": NOW_S + 30, "bh": body_hash(BODY), "sub": "anonymous"})
}

fn forge(name: &str, value: Value) -> String {
    let mut claims = claims();
    claims[name] = value;
    signed(&header(), &claims, &key("assertion", ""))
}

#[test]
fn the_whole_identity_arrives() {
    let signer = AssertionSigner::new(&secret());
    for identity in [identity(), Authority::claim().anonymous()] {
        let assertion = signer.sign(&identity, "billing", BODY, now());
        assert_eq!(
            verifier().verify(&assertion, BODY, at(29)).unwrap(),
            identity
        );
        let public = AssertionVerifier::from_jwks(&signer.jwks(), "billing").unwrap();
        assert_eq!(public.verify(&assertion, BODY, at(29)).unwrap(), identity);
    }
}

#[test]
fn an_assertion_is_good_for_one_subgraph_one_body_and_thirty_seconds() {
    let assertion = AssertionSigner::new(&secret()).sign(&identity(), "billing", BODY, now());
    let other = AssertionVerifier::new(&secret(), "core");
    assert_eq!(
        other.verify(&assertion, BODY, now()),
        Err(TokenError::Audience)
    );
    assert_eq!(
        verifier().verify(&assertion, b"{}", now()),
        Err(TokenError::Body)
    );
    assert_eq!(
        verifier().verify(&assertion, BODY, at(30)),
        Err(TokenError::Expired)
    );
    assert_eq!(
        verifier().verify(&assertion, BODY, at(-31)),
        Err(TokenError::Period)
    );
}

#[test]
fn an_expired_identity_is_not_vouched_for() {
    let stale = Authority::claim().identity(
        Subject::Candidate(Uuid::from_u128(1)),
        None,
        Scopes::none(),
        None,
        Some(at(5)),
    );
    let assertion = AssertionSigner::new(&secret()).sign(&stale, "billing", BODY, now());
    assert!(verifier().verify(&assertion, BODY, at(4)).is_ok());
    assert_eq!(
        verifier().verify(&assertion, BODY, at(5)),
        Err(TokenError::Expired)
    );
}

#[test]
fn no_forged_assertion_passes() {
    assert!(
        verifier()
            .verify(
                &signed(&header(), &claims(), &key("assertion", "")),
                BODY,
                now()
            )
            .is_ok()
    );

    let access_token = TokenSigner::for_module(&secret(), "core")
        .sign(&Claims {
            subject: Subject::User(UserId(Uuid::from_u128(1))),
            tenant: None,
            scopes: Scopes::none(),
            session: None,
            issued_at: now(),
            expires_at: at(900),
        })
        .unwrap();
    let head = |name: &str, value: Value| {
        let mut header = header();
        header[name] = value;
        signed(&header, &claims(), &key("assertion", ""))
    };
    let forged = [
        ("a client's access token", access_token),
        (
            "the key of a module",
            signed(&header(), &claims(), &key("token", "billing")),
        ),
        (
            "the key of core",
            signed(&header(), &claims(), &key("token", "core")),
        ),
        ("kid of core", head("kid", json!("core"))),
        ("typ of a token", head("typ", json!("JWT"))),
        ("alg none", head("alg", json!("none"))),
        ("alg HS256", head("alg", json!("HS256"))),
        ("embedded key", head("jwk", json!({}))),
        ("issuer of tokens", forge("iss", json!("tessera"))),
        ("another subgraph", forge("aud", json!("core"))),
        ("a list of subgraphs", forge("aud", json!(["billing"]))),
        ("any subgraph", forge("aud", json!("*"))),
        ("expired", forge("exp", json!(NOW_S))),
        ("lives for an hour", forge("exp", json!(NOW_S + 3600))),
        ("issued before all time", forge("iat", json!(i64::MIN))),
        ("expiry beyond all time", forge("exp", json!(i64::MAX))),
        ("another body", forge("bh", json!(body_hash(b"{}")))),
        ("no hash", forge("bh", json!(""))),
        ("hash null", forge("bh", Value::Null)),
        (
            "hash of another length",
            forge("bh", json!(&body_hash(BODY)[..42])),
        ),
        ("subject that is none", forge("sub", json!("root"))),
        ("wildcard scope", forge("scope", json!("*:*"))),
        ("identity that expired", forge("iex", json!(NOW_S - 1))),
        ("unknown claim", forge("superuser", json!(true))),
        ("empty", String::new()),
    ];
    assert!(forged.len() >= 20);
    for (name, assertion) in forged {
        assert!(
            verifier().verify(&assertion, BODY, now()).is_err(),
            "{name} passed"
        );
    }
}
