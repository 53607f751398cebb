use chrono::TimeDelta;
use serde_json::json;

use crate::support::{PASSWORD, codes, kit, mutate, sign_up, try_sign_in};

#[tokio::test]
async fn a_person_signs_up_and_in_with_any_spelling_of_the_address() {
    let kit = kit().await;
    let ann = sign_up(&kit, "Ann@Example.com").await;
    let me = "{ me { id email displayName memberships { edges { node { id } } } } }";
    let answer = kit.ask(&ann.identity, me, json!({})).await.ok();
    assert_eq!(
        answer["me"],
        json!({"id": ann.id, "email": "Ann@Example.com", "displayName": "Ann", "memberships": {"edges": []}})
    );
    let payload = try_sign_in(&kit, " ann@EXAMPLE.com ", PASSWORD).await;
    assert_eq!(payload["user"]["id"], json!(ann.id));
    assert_eq!(payload["session"]["tenantId"], json!(null));
    kit.finish().await;
}

#[tokio::test]
async fn what_is_wrong_with_a_sign_up_is_told_field_by_field() {
    let kit = kit().await;
    sign_up(&kit, "ann@example.com").await;
    for (email, password, name, expected) in [
        ("ann", PASSWORD, "", vec!["INVALID", "INVALID"]),
        ("bob@example.com", "short", "Bob", vec!["TOO_SHORT"]),
        ("bob@example.com", "qwertyuiop", "Bob", vec!["TOO_COMMON"]),
        ("ANN@example.com", PASSWORD, "Ann", vec!["UNAVAILABLE"]),
    ] {
        let input = json!({"email": email, "password": password, "displayName": name});
        let payload = mutate(&kit, &kit.anonymous(), "signUp", "user { id }", input).await;
        assert_eq!(codes(&payload), expected, "{email}");
        assert_eq!(payload["user"], json!(null));
    }
    let users: i64 = sqlx::query_scalar("select count(*) from core.user")
        .fetch_one(kit.admin())
        .await
        .unwrap();
    assert_eq!(users, 1, "a refused sign-up leaves nothing behind");
    kit.finish().await;
}

#[tokio::test]
async fn an_unknown_address_and_a_wrong_password_look_the_same() {
    let kit = kit().await;
    sign_up(&kit, "ann@example.com").await;
    let unknown = try_sign_in(&kit, "bob@example.com", PASSWORD).await;
    let wrong = try_sign_in(&kit, "ann@example.com", "not the password").await;
    let malformed = try_sign_in(&kit, "ann", PASSWORD).await;
    assert_eq!(codes(&wrong), ["INVALID_CREDENTIALS"]);
    assert_eq!(unknown, wrong);
    assert_eq!(malformed, wrong);
    kit.finish().await;
}

#[tokio::test]
async fn guessing_is_slowed_down_for_known_and_unknown_addresses_alike() {
    let kit = kit().await;
    sign_up(&kit, "ann@example.com").await;
    let query = "mutation($input: SignInInput!) { signIn(input: $input) { user { id } } }";
    for email in ["ann@example.com", "nobody@example.com"] {
        for _ in 0..5 {
            assert_eq!(
                codes(&try_sign_in(&kit, email, "a wrong password").await),
                ["INVALID_CREDENTIALS"]
            );
        }
        let input = json!({"input": {"email": email, "password": PASSWORD}});
        let answer = kit.ask(&kit.anonymous(), query, input).await;
        assert_eq!(answer.codes(), ["RATE_LIMITED"]);
        assert_eq!(
            answer.errors[0]["message"],
            json!("too many failed attempts, try again in 10 s")
        );
    }
    kit.advance(TimeDelta::seconds(10));
    let payload = try_sign_in(&kit, "ann@example.com", PASSWORD).await;
    assert_eq!(codes(&payload), [""; 0]);
    // Success forgets the failures.
    for _ in 0..5 {
        try_sign_in(&kit, "ann@example.com", "a wrong password").await;
    }
    kit.finish().await;
}

#[tokio::test]
async fn many_guesses_at_the_same_moment_do_not_slip_through() {
    let kit = kit().await;
    sign_up(&kit, "ann@example.com").await;
    let query = "mutation($input: SignInInput!) { signIn(input: $input) { userErrors { code } } }";
    let guess = json!({"input": {"email": "ann@example.com", "password": "a wrong password"}});
    let answers = kit
        .ask_at_once("core", &kit.anonymous(), query, vec![guess; 20])
        .await;
    let looked_at = answers.iter().filter(|a| a.errors.is_empty()).count();
    assert_eq!(looked_at, 5);
    kit.finish().await;
}

#[tokio::test]
async fn what_is_kept_of_passwords_and_tokens_is_not_what_was_given() {
    let kit = kit().await;
    let ann = sign_up(&kit, "ann@example.com").await;
    let dump: String = sqlx::query_scalar(
        "select (select string_agg(t::text, ' ') from core.credential t) || \
         (select string_agg(t::text, ' ') from core.refresh_token t) || \
         (select string_agg(t::text, ' ') from core.session t)",
    )
    .fetch_one(kit.admin())
    .await
    .unwrap();
    assert!(dump.contains("$2b$04$"), "{dump}");
    assert!(!dump.contains(PASSWORD) && !dump.contains(&ann.refresh_token));
    kit.finish().await;
}
