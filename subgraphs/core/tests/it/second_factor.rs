use chrono::TimeDelta;
use hmac::{Hmac, Mac as _};
use platform_sdk::{Clock as _, Identity};
use platform_testkit::Harness;
use serde_json::{Value, json};
use sha1::Sha1;

use crate::support::{PASSWORD, codes, kit, mutate, sign_up};

/// What an authenticator app shows at the harness's time for a secret in base 32.
fn app(kit: &Harness, secret: &str) -> String {
    let bits: String = secret
        .bytes()
        .map(|c| {
            let value = if c.is_ascii_digit() {
                c - b'2' + 26
            } else {
                c - b'A'
            };
            format!("{value:05b}")
        })
        .collect();
    let bytes: Vec<u8> = (0..bits.len() / 8)
        .map(|i| u8::from_str_radix(&bits[i * 8..i * 8 + 8], 2).unwrap())
        .collect();
    let mut mac = Hmac::<Sha1>::new_from_slice(&bytes).unwrap();
    mac.update(&(kit.clock.now().timestamp() / 30).to_be_bytes());
    let digest = mac.finalize().into_bytes();
    let offset = usize::from(digest[19] % 16);
    let number = u32::from_be_bytes(digest[offset..offset + 4].try_into().unwrap());
    format!("{:06}", number % (1 << 31) % 1_000_000)
}

async fn sign_in(kit: &Harness, second_factor: Option<&str>) -> Value {
    let input =
        json!({"email": "ann@example.com", "password": PASSWORD, "secondFactor": second_factor});
    mutate(kit, &kit.anonymous(), "signIn", "user { id }", input).await
}

async fn enroll(kit: &Harness, who: &Identity) -> Value {
    let query = "mutation { enrollTotp { secret uri userErrors { code } } }";
    kit.ask(who, query, json!({})).await.ok()["enrollTotp"].take()
}

#[tokio::test]
async fn with_a_second_factor_the_password_alone_is_not_enough() {
    let kit = kit().await;
    let ann = sign_up(&kit, "ann@example.com").await;
    let enrolled = enroll(&kit, &ann.identity).await;
    let secret = enrolled["secret"].as_str().unwrap();
    assert!(
        enrolled["uri"]
            .as_str()
            .unwrap()
            .contains(&format!("secret={secret}&"))
    );
    assert_eq!(
        codes(&sign_in(&kit, None).await),
        [""; 0],
        "not before it is confirmed"
    );

    let confirm = async |code: &str| {
        mutate(
            &kit,
            &ann.identity,
            "confirmTotp",
            "recoveryCodes",
            json!({ "code": code }),
        )
        .await
    };
    assert_eq!(codes(&confirm("000000").await), ["INVALID_CODE"]);
    let confirmed = confirm(&app(&kit, secret)).await;
    let recovery = confirmed["recoveryCodes"].as_array().unwrap().clone();
    assert_eq!(recovery.len(), 8);
    assert_eq!(
        codes(&enroll(&kit, &ann.identity).await),
        ["ALREADY_ENABLED"]
    );

    assert_eq!(
        codes(&sign_in(&kit, None).await),
        ["SECOND_FACTOR_REQUIRED"]
    );
    assert_eq!(
        codes(&sign_in(&kit, Some(&app(&kit, secret))).await),
        ["INVALID_CODE"],
        "used to confirm"
    );
    kit.advance(TimeDelta::seconds(30));
    let code = app(&kit, secret);
    assert_eq!(codes(&sign_in(&kit, Some(&code)).await), [""; 0]);
    assert_eq!(
        codes(&sign_in(&kit, Some(&code)).await),
        ["INVALID_CODE"],
        "a code is good once"
    );

    let lost = recovery[0].as_str().unwrap().to_lowercase();
    assert_eq!(codes(&sign_in(&kit, Some(&lost)).await), [""; 0]);
    assert_eq!(codes(&sign_in(&kit, Some(&lost)).await), ["INVALID_CODE"]);
    let standing = "{ secondFactor { enabled recoveryCodesLeft } }";
    let standing = kit.ask(&ann.identity, standing, json!({})).await.ok();
    assert_eq!(
        standing["secondFactor"],
        json!({"enabled": true, "recoveryCodesLeft": 7})
    );

    let disable = json!({"code": recovery[1]});
    let disabled = mutate(&kit, &ann.identity, "disableTotp", "done", disable).await;
    assert_eq!(disabled["done"], json!(true));
    assert_eq!(codes(&sign_in(&kit, None).await), [""; 0]);
    kit.finish().await;
}

#[tokio::test]
async fn codes_of_the_app_are_not_guessed_not_even_by_asking_in_between() {
    let kit = kit().await;
    let ann = sign_up(&kit, "ann@example.com").await;
    let secret = enroll(&kit, &ann.identity).await["secret"]
        .as_str()
        .unwrap()
        .to_owned();
    let input = json!({"code": app(&kit, &secret)});
    mutate(&kit, &ann.identity, "confirmTotp", "recoveryCodes", input).await;
    for attempt in 0..5 {
        let guess = (attempt % 2 == 0).then_some("000000");
        assert!(!codes(&sign_in(&kit, guess).await).is_empty());
    }
    let query = "mutation($input: SignInInput!) { signIn(input: $input) { user { id } } }";
    let input = json!({"input": {"email": "ann@example.com", "password": PASSWORD, "secondFactor": "000000"}});
    assert_eq!(
        kit.ask(&kit.anonymous(), query, input).await.codes(),
        ["RATE_LIMITED"]
    );
    kit.finish().await;
}
