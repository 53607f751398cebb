//! What passes as an access token, and what must not.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use platform_identity::{
    AssertionSigner, Authority, Claims, Jwks, Scopes, Subject, TokenError, TokenSigner,
    TokenVerifier,
};
use platform_types::{TenantId, UserId};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::forge::{NOW_S, at, key, now, part, raw, secret, signed};

const USER: &str = "01900000-0000-7000-8000-000000000001";
const TENANT: &str = "01900000-0000-7000-8000-000000000002";
const MODULES: [&str; 3] = ["core", "billing", "interview"];

fn verifier() -> TokenVerifier {
    TokenVerifier::new(&secret(), MODULES)
}

fn user_claims() -> Claims {
    Claims {
        subject: Subject::User(UserId(USER.parse().unwrap())),
        tenant: Some(TenantId(TENANT.parse().unwrap())),
        scopes: Scopes::parse("core:tenant.read interview:session.read").unwrap(),
        session: Some(Uuid::from_u128(7)),
        issued_at: now(),
        expires_at: at(900),
    }
}

fn header() -> Value {
    json!({"typ": "JWT", "alg": "EdDSA", "kid": "core"})
}

fn claims() -> Value {
    json!({"iss": "tessera", "aud": "tessera", "sub": USER, "tid": TENANT, "scope": "core:tenant.read", "iat": NOW_S, "exp": NOW_S + 900})
}

fn with(mut value: Value, name: &str, new: Value) -> Value {
    value[name] = new;
    value
}

fn without(mut value: Value, name: &str) -> Value {
    value.as_object_mut().unwrap().shift_remove(name);
    value
}

#[test]
fn a_signed_token_gives_its_identity_back() {
    let token = TokenSigner::for_module(&secret(), "core")
        .sign(&user_claims())
        .unwrap();
    assert_eq!(verifier().claims(&token, at(899)).unwrap(), user_claims());
    let identity = verifier().verify(&token, at(1)).unwrap();
    assert_eq!(identity.subject(), &user_claims().subject);
    assert_eq!(identity.tenant(), user_claims().tenant);
    assert_eq!(identity.session(), user_claims().session);
    assert_eq!(identity.expires_at(), Some(at(900)));
    assert!(identity.has_scope("interview:session.read"));
    assert!(!identity.has_scope("interview:session.manage"));
    assert!(!identity.is_expired(at(899)) && identity.is_expired(at(900)));
}

#[test]
fn the_forgers_workbench_signs_what_verifies() {
    // Without this, every forged token below could fail for the wrong reason.
    assert!(
        verifier()
            .verify(&signed(&header(), &claims(), &key("token", "core")), now())
            .is_ok()
    );
}

#[test]
fn verifiers_from_published_keys_agree() {
    let published = serde_json::to_string(&verifier().jwks()).unwrap();
    let jwks: Jwks = serde_json::from_str(&published).unwrap();
    assert_eq!(jwks.keys.len(), MODULES.len());
    let token = TokenSigner::for_module(&secret(), "core")
        .sign(&user_claims())
        .unwrap();
    let verifier = TokenVerifier::from_jwks(&jwks).unwrap();
    assert_eq!(verifier.claims(&token, now()).unwrap(), user_claims());
}

#[test]
fn a_module_signs_for_its_candidates_within_its_namespace() {
    let signer = TokenSigner::for_module(&secret(), "interview");
    let candidate = Claims {
        subject: Subject::Candidate(Uuid::from_u128(9)),
        scopes: Scopes::parse("interview:session.answer").unwrap(),
        session: None,
        expires_at: at(7 * 24 * 3600),
        ..user_claims()
    };
    let token = signer.sign(&candidate).unwrap();
    assert_eq!(
        verifier().claims(&token, at(6 * 24 * 3600)).unwrap(),
        candidate
    );

    let foreign = Claims {
        scopes: Scopes::parse("core:tenant.read").unwrap(),
        ..candidate.clone()
    };
    let refused = TokenError::ForeignScope {
        module: "interview".into(),
        scope: "core:tenant.read".into(),
    };
    assert_eq!(signer.sign(&foreign), Err(refused));
    let homeless = Claims {
        tenant: None,
        ..candidate.clone()
    };
    assert_eq!(signer.sign(&homeless), Err(TokenError::Subject));
    let user = Claims {
        subject: user_claims().subject,
        expires_at: at(900),
        ..candidate
    };
    assert_eq!(signer.sign(&user), Err(TokenError::Subject));
}

#[test]
fn a_signer_refuses_what_no_verifier_takes() {
    let signer = TokenSigner::for_module(&secret(), "core");
    let eternal = Claims {
        expires_at: at(3601),
        ..user_claims()
    };
    assert_eq!(signer.sign(&eternal), Err(TokenError::Period));
    let over = Claims {
        expires_at: now(),
        ..user_claims()
    };
    assert_eq!(signer.sign(&over), Err(TokenError::Expired));
    let nobody = Claims {
        subject: Subject::Anonymous,
        ..user_claims()
    };
    assert_eq!(signer.sign(&nobody), Err(TokenError::Subject));
    let bloated = Claims {
        scopes: Scopes::new((0..256).map(|n| format!("core:{}{n}", "x".repeat(100)))).unwrap(),
        ..user_claims()
    };
    assert!(matches!(
        signer.sign(&bloated),
        Err(TokenError::TooLong { .. })
    ));
}

#[test]
fn no_forged_token_passes() {
    let core = key("token", "core");
    let good = signed(&header(), &claims(), &core);
    let (head, rest) = good.split_once('.').unwrap();
    let (body, signature) = rest.split_once('.').unwrap();
    let mut flipped = URL_SAFE_NO_PAD.decode(signature).unwrap();
    flipped[0] ^= 1;
    let malleable = {
        // s + L is the same signature to a lax verifier
        let order: [u8; 32] = [
            0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9,
            0xde, 0x14, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
        ];
        let mut bytes = URL_SAFE_NO_PAD.decode(signature).unwrap();
        let mut carry = 0;
        for (byte, add) in bytes[32..].iter_mut().zip(order) {
            let sum = u16::from(*byte) + u16::from(add) + carry;
            *byte = u8::try_from(sum & 0xff).unwrap();
            carry = sum >> 8;
        }
        bytes
    };
    let claim = |name: &str, value: Value| signed(&header(), &with(claims(), name, value), &core);
    let head_with =
        |name: &str, value: Value| signed(&with(header(), name, value), &claims(), &core);
    let by = |module: &str, claims: Value| {
        signed(
            &with(header(), "kid", json!(module)),
            &claims,
            &key("token", module),
        )
    };
    let assertion = AssertionSigner::new(&secret()).sign(
        &Authority::claim().anonymous(),
        "tessera",
        b"",
        now(),
    );
    let doubled = format!(
        r#"{{"iss":"tessera","aud":"tessera","sub":"{USER}","sub":"{TENANT}","iat":{NOW_S},"exp":{}}}"#,
        NOW_S + 900
    );

    let forged: Vec<(&str, String)> = vec![
        ("empty", String::new()),
        ("two dots", "..".into()),
        ("one part", head.into()),
        ("two parts", format!("{head}.{body}")),
        ("four parts", format!("{good}.{signature}")),
        ("leading dot", format!(".{good}")),
        ("white space", format!(" {good}")),
        ("trailing newline", format!("{good}\n")),
        ("nul", format!("{good}\0")),
        ("not ascii", "é.é.é".into()),
        ("no signature", format!("{head}.{body}.")),
        (
            "flipped bit",
            format!("{head}.{body}.{}", URL_SAFE_NO_PAD.encode(flipped)),
        ),
        (
            "malleable signature",
            format!("{head}.{body}.{}", URL_SAFE_NO_PAD.encode(malleable)),
        ),
        (
            "zero signature",
            format!("{head}.{body}.{}", URL_SAFE_NO_PAD.encode([0; 64])),
        ),
        (
            "short signature",
            format!("{head}.{body}.{}", URL_SAFE_NO_PAD.encode([0; 63])),
        ),
        ("padded base64", format!("{head}.{body}.{signature}==")),
        (
            "standard base64",
            format!(
                "{head}.{body}.{}",
                STANDARD.encode(URL_SAFE_NO_PAD.decode(signature).unwrap())
            ),
        ),
        (
            "other claims, same signature",
            format!(
                "{head}.{}.{signature}",
                part(&with(claims(), "sub", json!(TENANT)))
            ),
        ),
        (
            "other header, same signature",
            format!(
                "{}.{body}.{signature}",
                part(&with(header(), "kid", json!("billing")))
            ),
        ),
        (
            "alg none",
            format!("{}.{body}.", part(&with(header(), "alg", json!("none")))),
        ),
        ("alg none, signed", head_with("alg", json!("none"))),
        ("alg NONE", head_with("alg", json!("NONE"))),
        ("alg HS256", head_with("alg", json!("HS256"))),
        ("alg RS256", head_with("alg", json!("RS256"))),
        ("alg eddsa in lower case", head_with("alg", json!("eddsa"))),
        ("alg as a list", head_with("alg", json!(["EdDSA"]))),
        (
            "no alg",
            signed(&without(header(), "alg"), &claims(), &core),
        ),
        (
            "no kid",
            signed(&without(header(), "kid"), &claims(), &core),
        ),
        (
            "no typ",
            signed(&without(header(), "typ"), &claims(), &core),
        ),
        ("unknown kid", head_with("kid", json!("payments"))),
        ("empty kid", head_with("kid", json!(""))),
        ("kid as a path", head_with("kid", json!("../core"))),
        ("kid of another module", head_with("kid", json!("billing"))),
        (
            "kid of the router",
            signed(
                &with(header(), "kid", json!("router")),
                &claims(),
                &key("assertion", ""),
            ),
        ),
        (
            "typ of an assertion",
            head_with("typ", json!("tessera-assertion+jwt")),
        ),
        ("critical extension", head_with("crit", json!(["exp"]))),
        (
            "own key in the header",
            head_with("jwk", json!({"kty": "OKP"})),
        ),
        (
            "key address in the header",
            head_with("jku", json!("https://example.org/jwks.json")),
        ),
        (
            "key of a stranger",
            signed(
                &header(),
                &claims(),
                &ed25519_dalek::SigningKey::from_bytes(&[7; 32]),
            ),
        ),
        ("an assertion", assertion),
        ("expired", claim("exp", json!(NOW_S))),
        ("expired long ago", claim("exp", json!(0))),
        ("expiry below all time", claim("exp", json!(i64::MIN))),
        ("expiry beyond all time", claim("exp", json!(i64::MAX))),
        ("expiry as text", claim("exp", json!("9999999999"))),
        ("expiry as a fraction", claim("exp", json!(1.9e9))),
        ("expiry null", claim("exp", Value::Null)),
        (
            "no expiry",
            signed(&header(), &without(claims(), "exp"), &core),
        ),
        ("lives too long", claim("exp", json!(NOW_S + 3601))),
        (
            "issued in the future",
            signed(
                &header(),
                &with(
                    with(claims(), "iat", json!(NOW_S + 60)),
                    "exp",
                    json!(NOW_S + 600),
                ),
                &core,
            ),
        ),
        (
            "no time of issue",
            signed(&header(), &without(claims(), "iat"), &core),
        ),
        ("other issuer", claim("iss", json!("tessera-router"))),
        (
            "no issuer",
            signed(&header(), &without(claims(), "iss"), &core),
        ),
        ("other audience", claim("aud", json!("billing"))),
        (
            "several audiences",
            claim("aud", json!(["tessera", "billing"])),
        ),
        (
            "no audience",
            signed(&header(), &without(claims(), "aud"), &core),
        ),
        (
            "no subject",
            signed(&header(), &without(claims(), "sub"), &core),
        ),
        ("anonymous subject", claim("sub", json!("anonymous"))),
        (
            "subject in capitals",
            claim("sub", json!("0190000A-0000-7000-8000-000000000001")),
        ),
        (
            "service of another module",
            claim("sub", json!("service:billing")),
        ),
        ("tenant that is none", claim("tid", json!("*"))),
        ("session that is none", claim("sid", json!("1"))),
        ("wildcard scope", claim("scope", json!("core:*"))),
        (
            "scopes as a list",
            claim("scope", json!(["core:tenant.read"])),
        ),
        (
            "too many scopes",
            claim(
                "scope",
                json!(
                    (0..300)
                        .map(|n| format!("c:s{n}"))
                        .collect::<Vec<_>>()
                        .join(" ")
                ),
            ),
        ),
        ("unknown claim", claim("admin", json!(true))),
        ("claims as a list", signed(&header(), &json!([]), &core)),
        (
            "duplicate claim",
            raw(&part(&header()), &URL_SAFE_NO_PAD.encode(doubled), &core),
        ),
        (
            "trailing text after the claims",
            raw(
                &part(&header()),
                &URL_SAFE_NO_PAD.encode(format!("{}{{}}", claims())),
                &core,
            ),
        ),
        (
            "deeply nested header",
            raw(
                &URL_SAFE_NO_PAD.encode("[".repeat(4000)),
                &part(&claims()),
                &core,
            ),
        ),
        ("nine kilobytes", claim("sub", json!("a".repeat(9000)))),
        (
            "billing speaks for a user",
            by(
                "billing",
                with(claims(), "scope", json!("billing:license.read")),
            ),
        ),
        (
            "billing grants a scope of core",
            by(
                "billing",
                with(
                    with(claims(), "sub", json!("service:billing")),
                    "scope",
                    json!("core:tenant.manage"),
                ),
            ),
        ),
        (
            "interview grants a namespace that only starts alike",
            by(
                "interview",
                with(
                    with(claims(), "sub", json!(format!("candidate:{USER}"))),
                    "scope",
                    json!("interview-admin:x"),
                ),
            ),
        ),
        (
            "billing speaks for an api key",
            by(
                "billing",
                with(
                    with(claims(), "sub", json!(format!("api-key:{USER}"))),
                    "scope",
                    json!(""),
                ),
            ),
        ),
        (
            "candidate without a tenant",
            by(
                "interview",
                with(
                    without(claims(), "tid"),
                    "sub",
                    json!(format!("candidate:{USER}")),
                ),
            ),
        ),
    ];
    assert!(forged.len() >= 60, "the table shrank to {}", forged.len());
    for (name, token) in forged {
        assert!(
            verifier().verify(&token, now()).is_err(),
            "{name} passed: {token}"
        );
    }
}

#[test]
fn keys_of_small_order_are_not_taken_from_a_key_set() {
    let mut jwks = verifier().jwks();
    jwks.keys[0].x = URL_SAFE_NO_PAD.encode([&[1][..], &[0; 31]].concat());
    assert!(TokenVerifier::from_jwks(&jwks).is_err());
    let mut twice = verifier().jwks();
    twice.keys.push(twice.keys[0].clone());
    assert!(TokenVerifier::from_jwks(&twice).is_err());
}
