use chrono::TimeDelta;
use platform_testkit::Harness;
use serde_json::{Value, json};

use crate::support::{PASSWORD, codes, kit, mutate, sign_up, try_sign_in};

const NEW: &str = "an entirely different stable";

/// The code in the letter to an address, as whoever runs the installation reads it.
async fn letter(kit: &Harness, recipient: &str, kind: &str) -> String {
    let body: String =
        sqlx::query_scalar("select body from core.mail where recipient = $1 and kind = $2")
            .bind(recipient)
            .bind(kind)
            .fetch_one(kit.admin())
            .await
            .unwrap();
    let line = body.lines().find(|l| l.len() == 11 && l.contains('-'));
    line.unwrap().to_owned()
}

async fn ask_reset(kit: &Harness, email: &str) -> Value {
    let input = json!({ "email": email });
    mutate(
        kit,
        &kit.anonymous(),
        "requestPasswordReset",
        "accepted",
        input,
    )
    .await
}

async fn reset(kit: &Harness, email: &str, code: &str, password: &str) -> Value {
    let input = json!({"email": email, "code": code, "newPassword": password});
    mutate(kit, &kit.anonymous(), "resetPassword", "done", input).await
}

async fn is_refreshed(kit: &Harness, token: &str) -> bool {
    let input = json!({ "refreshToken": token });
    let payload = mutate(
        kit,
        &kit.anonymous(),
        "refreshSession",
        "session { scopes }",
        input,
    )
    .await;
    codes(&payload).is_empty()
}

#[tokio::test]
async fn an_address_is_confirmed_by_the_code_that_was_sent_to_it() {
    let kit = kit().await;
    let ann = sign_up(&kit, "ann@example.com").await;
    let bob = sign_up(&kit, "bob@example.com").await;
    let code = letter(&kit, "ann@example.com", "VERIFY_EMAIL").await;
    let verify = async |who, code: &str| {
        mutate(
            &kit,
            who,
            "verifyEmail",
            "user { email emailVerified }",
            json!({ "code": code }),
        )
        .await
    };
    let foreign = verify(&bob.identity, &code).await;
    assert_eq!(codes(&foreign), ["INVALID_CODE"]);
    assert_eq!(verify(&ann.identity, "nonsense").await, foreign);
    let typed = code.to_lowercase().replace('-', " ");
    let done = verify(&ann.identity, &typed).await;
    assert_eq!(
        done["user"],
        json!({"email": "ann@example.com", "emailVerified": true})
    );
    assert_eq!(
        verify(&ann.identity, &code).await,
        foreign,
        "a code is good once"
    );
    let again = "mutation { requestEmailVerification { sent userErrors { code } } }";
    let again = kit.ask(&ann.identity, again, json!({})).await.ok();
    assert_eq!(
        codes(&again["requestEmailVerification"]),
        ["ALREADY_VERIFIED"]
    );
    let letters: i64 =
        sqlx::query_scalar("select count(*) from core.mail where recipient like 'ann%'")
            .fetch_one(kit.admin())
            .await
            .unwrap();
    assert_eq!(letters, 0, "a letter goes with its code");
    kit.finish().await;
}

#[tokio::test]
async fn a_code_is_sent_once_a_minute_and_expires() {
    let kit = kit().await;
    let ann = sign_up(&kit, "ann@example.com").await;
    let first = letter(&kit, "ann@example.com", "VERIFY_EMAIL").await;
    let request = "mutation { requestEmailVerification { sent userErrors { code } } }";
    let early = kit.ask(&ann.identity, request, json!({})).await.ok();
    assert_eq!(codes(&early["requestEmailVerification"]), ["TOO_SOON"]);
    kit.advance(TimeDelta::minutes(1));
    let later = kit.ask(&ann.identity, request, json!({})).await.ok();
    assert_eq!(later["requestEmailVerification"]["sent"], json!(true));
    let verify = async |code: &str| {
        mutate(
            &kit,
            &ann.identity,
            "verifyEmail",
            "user { id }",
            json!({ "code": code }),
        )
        .await
    };
    assert_eq!(
        codes(&verify(&first).await),
        ["INVALID_CODE"],
        "the newer one replaces it"
    );
    let second = letter(&kit, "ann@example.com", "VERIFY_EMAIL").await;
    kit.advance(TimeDelta::minutes(30));
    assert_eq!(
        codes(&verify(&second).await),
        ["INVALID_CODE"],
        "it has expired"
    );
    kit.finish().await;
}

#[tokio::test]
async fn a_forgotten_password_is_reset_and_every_session_ends() {
    let kit = kit().await;
    let ann = sign_up(&kit, "ann@example.com").await;
    assert_eq!(
        ask_reset(&kit, "ANN@example.com").await,
        ask_reset(&kit, "nobody@example.com").await
    );
    let code = letter(&kit, "ann@example.com", "RESET_PASSWORD").await;
    let unknown = reset(&kit, "nobody@example.com", &code, NEW).await;
    assert_eq!(codes(&unknown), ["INVALID_CODE"]);
    assert_eq!(
        reset(&kit, "ann@example.com", "AAAAA-AAAAA", NEW).await,
        unknown
    );
    assert_eq!(
        codes(&reset(&kit, "ann@example.com", &code, "short").await),
        ["TOO_SHORT"]
    );
    assert_eq!(
        reset(&kit, "ann@example.com", &code, NEW).await["done"],
        json!(true)
    );
    assert_eq!(
        reset(&kit, "ann@example.com", &code, NEW).await,
        unknown,
        "a code is good once"
    );
    assert!(!is_refreshed(&kit, &ann.refresh_token).await);
    assert_eq!(
        codes(&try_sign_in(&kit, "ann@example.com", PASSWORD).await),
        ["INVALID_CREDENTIALS"]
    );
    assert_eq!(
        codes(&try_sign_in(&kit, "ann@example.com", NEW).await),
        [""; 0]
    );
    kit.finish().await;
}

#[tokio::test]
async fn codes_are_not_guessed() {
    let kit = kit().await;
    sign_up(&kit, "ann@example.com").await;
    ask_reset(&kit, "ann@example.com").await;
    let code = letter(&kit, "ann@example.com", "RESET_PASSWORD").await;
    for _ in 0..5 {
        assert_eq!(
            codes(&reset(&kit, "ann@example.com", "AAAAA-AAAAA", NEW).await),
            ["INVALID_CODE"]
        );
    }
    let query = "mutation($input: ResetPasswordInput!) { resetPassword(input: $input) { done } }";
    let input = json!({"input": {"email": "ann@example.com", "code": code, "newPassword": NEW}});
    let blocked = kit.ask(&kit.anonymous(), query, input).await;
    assert_eq!(blocked.codes(), ["RATE_LIMITED"]);
    kit.finish().await;
}

#[tokio::test]
async fn a_changed_password_ends_the_other_sessions_only() {
    let kit = kit().await;
    let ann = sign_up(&kit, "ann@example.com").await;
    let other = try_sign_in(&kit, "ann@example.com", PASSWORD).await;
    let change = async |current: &str, new: &str| {
        let input = json!({"currentPassword": current, "newPassword": new});
        mutate(&kit, &ann.identity, "changePassword", "done", input).await
    };
    assert_eq!(
        codes(&change("not the password", NEW).await),
        ["INVALID_CREDENTIALS"]
    );
    assert_eq!(codes(&change(PASSWORD, "qwertyuiop").await), ["TOO_COMMON"]);
    assert_eq!(change(PASSWORD, NEW).await["done"], json!(true));
    assert!(is_refreshed(&kit, &ann.refresh_token).await);
    assert!(!is_refreshed(&kit, other["session"]["refreshToken"].as_str().unwrap()).await);
    assert_eq!(
        codes(&try_sign_in(&kit, "ann@example.com", NEW).await),
        [""; 0]
    );
    kit.finish().await;
}
