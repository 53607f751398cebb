use chrono::TimeDelta;
use platform_testkit::Harness;
use serde_json::{Value, json};

use crate::support::{Person, SESSION, codes, found, joined, kit, mutate, sign_up};

async fn refresh(kit: &Harness, token: &str) -> Value {
    let input = json!({ "refreshToken": token });
    mutate(kit, &kit.anonymous(), "refreshSession", SESSION, input).await
}

fn token(payload: &Value) -> &str {
    payload["session"]["refreshToken"].as_str().unwrap()
}

#[tokio::test]
async fn a_refresh_token_is_good_once_and_the_second_use_ends_the_session() {
    let kit = kit().await;
    let ann = sign_up(&kit, "ann@example.com").await;
    let second = refresh(&kit, &ann.refresh_token).await;
    let third = refresh(&kit, token(&second)).await;
    assert_eq!(codes(&third), [""; 0]);

    let stolen = refresh(&kit, &ann.refresh_token).await;
    assert_eq!(codes(&stolen), ["INVALID_REFRESH_TOKEN"]);
    let rightful = refresh(&kit, token(&third)).await;
    assert_eq!(
        rightful, stolen,
        "the whole family is gone, and says no more than that"
    );
    let reason: String = sqlx::query_scalar("select end_reason from core.session")
        .fetch_one(kit.admin())
        .await
        .unwrap();
    assert_eq!(reason, "TOKEN_REUSED");
    kit.finish().await;
}

#[tokio::test]
async fn of_two_exchanges_at_the_same_moment_one_wins_and_the_session_ends() {
    let kit = kit().await;
    let ann = sign_up(&kit, "ann@example.com").await;
    let query = "mutation($input: RefreshSessionInput!) { refreshSession(input: $input) { session { refreshToken } } }";
    let input = json!({"input": {"refreshToken": ann.refresh_token}});
    let answers = kit
        .ask_at_once("core", &kit.anonymous(), query, vec![input; 4])
        .await;
    let given = answers
        .into_iter()
        .map(|a| a.ok()["refreshSession"]["session"].take())
        .filter(|s| !s.is_null())
        .collect::<Vec<_>>();
    assert_eq!(given.len(), 1);
    let after = refresh(&kit, given[0]["refreshToken"].as_str().unwrap()).await;
    assert_eq!(codes(&after), ["INVALID_REFRESH_TOKEN"]);
    kit.finish().await;
}

#[tokio::test]
async fn tokens_run_out_after_fifteen_minutes_and_seven_days() {
    let kit = kit().await;
    let ann = sign_up(&kit, "ann@example.com").await;
    let payload = refresh(&kit, &ann.refresh_token).await;
    let access = payload["session"]["accessToken"].as_str().unwrap();
    kit.advance(TimeDelta::minutes(15) - TimeDelta::seconds(1));
    assert!(kit.identity_of(access).is_ok());
    kit.advance(TimeDelta::seconds(1));
    assert!(kit.identity_of(access).is_err());
    kit.advance(TimeDelta::days(7) - TimeDelta::minutes(15));
    let late = refresh(&kit, token(&payload)).await;
    assert_eq!(codes(&late), ["INVALID_REFRESH_TOKEN"]);
    kit.finish().await;
}

#[tokio::test]
async fn a_session_ends_after_ninety_days_however_often_it_is_used() {
    let kit = kit().await;
    let mut token = sign_up(&kit, "ann@example.com").await.refresh_token;
    let mut days = 0;
    loop {
        kit.advance(TimeDelta::days(6));
        days += 6;
        let payload = refresh(&kit, &token).await;
        if !codes(&payload).is_empty() {
            break;
        }
        token = self::token(&payload).to_owned();
    }
    assert_eq!(days, 90);
    kit.finish().await;
}

#[tokio::test]
async fn signing_out_ends_this_session_or_all_of_them() {
    let kit = kit().await;
    let ann = sign_up(&kit, "ann@example.com").await;
    let elsewhere =
        crate::support::try_sign_in(&kit, "ann@example.com", crate::support::PASSWORD).await;
    let out = mutate(&kit, &ann.identity, "signOut", "endedSessions", json!({})).await;
    assert_eq!(out["endedSessions"], json!(1));
    assert_eq!(
        codes(&refresh(&kit, &ann.refresh_token).await),
        ["INVALID_REFRESH_TOKEN"]
    );
    let kept = refresh(&kit, token(&elsewhere)).await;
    assert_eq!(codes(&kept), [""; 0]);
    let other = Person::from_session(&kit, &json!(ann.id), &kept["session"]);
    let out = mutate(
        &kit,
        &other.identity,
        "signOut",
        "endedSessions",
        json!({"everywhere": true}),
    )
    .await;
    assert_eq!(out["endedSessions"], json!(1));
    assert_eq!(
        codes(&refresh(&kit, token(&kept)).await),
        ["INVALID_REFRESH_TOKEN"]
    );
    kit.finish().await;
}

#[tokio::test]
async fn forged_refresh_tokens_are_refused_without_a_word_more() {
    let kit = kit().await;
    let expected = refresh(&kit, &"A".repeat(43)).await;
    assert_eq!(codes(&expected), ["INVALID_REFRESH_TOKEN"]);
    for forged in ["", "x", "' or 1=1 --", &"é".repeat(5_000)] {
        assert_eq!(refresh(&kit, forged).await, expected);
    }
    kit.finish().await;
}

#[tokio::test]
async fn a_session_moves_between_ones_own_tenants_and_no_others() {
    let kit = kit().await;
    let (first, ann) = found(&kit, sign_up(&kit, "ann@example.com").await, "First").await;
    let held = ann.refresh_token.clone();
    let (second, ann) = found(&kit, ann, "Second").await;
    let (foreign, _) = found(&kit, sign_up(&kit, "bob@example.com").await, "Foreign").await;
    assert_eq!(
        codes(&refresh(&kit, &held).await),
        ["INVALID_REFRESH_TOKEN"]
    );

    let switch = "mutation($id: ID!) { switchTenant(input: {tenantId: $id}) { session { tenantId refreshToken accessToken } } }";
    let moved = kit
        .ask(&ann.identity, switch, json!({"id": first}))
        .await
        .ok();
    assert_eq!(moved["switchTenant"]["session"]["tenantId"], json!(first));
    let refreshed = refresh(
        &kit,
        moved["switchTenant"]["session"]["refreshToken"]
            .as_str()
            .unwrap(),
    )
    .await;
    assert_eq!(refreshed["session"]["tenantId"], json!(first));

    let theirs = kit.ask(&ann.identity, switch, json!({"id": foreign})).await;
    let nobodys = kit
        .ask(&ann.identity, switch, json!({"id": uuid::Uuid::nil()}))
        .await;
    let nonsense = kit.ask(&ann.identity, switch, json!({"id": "x"})).await;
    assert_eq!(theirs.codes(), ["NOT_FOUND"]);
    assert_eq!(theirs, nobodys);
    assert_eq!(theirs, nonsense);
    assert_ne!(first, second);
    kit.deliver_events().await;
    kit.finish().await;
}

#[tokio::test]
async fn a_removed_members_session_goes_on_without_the_tenant() {
    let kit = kit().await;
    let (tenant, ann) = found(&kit, sign_up(&kit, "ann@example.com").await, "Acme").await;
    let bob = joined(&kit, &ann.identity, "bob@example.com", "MEMBER").await;
    let members = "{ tenant { members { edges { node { id user { id } } } } } }";
    let list = kit.ask(&ann.identity, members, json!({})).await.ok();
    let edges = list["tenant"]["members"]["edges"].as_array().unwrap();
    let membership = edges
        .iter()
        .find(|e| e["node"]["user"]["id"] == json!(bob.id))
        .unwrap();
    let removed = mutate(
        &kit,
        &ann.identity,
        "removeMember",
        "removedMembershipId",
        json!({"membershipId": membership["node"]["id"]}),
    )
    .await;
    assert_eq!(removed["removedMembershipId"], membership["node"]["id"]);
    let after = refresh(&kit, &bob.refresh_token).await;
    assert_eq!(after["session"]["tenantId"], json!(null));
    assert_eq!(after["session"]["scopes"], json!([]));
    let again =
        crate::support::try_sign_in(&kit, "bob@example.com", crate::support::PASSWORD).await;
    assert_eq!(again["session"]["tenantId"], json!(null));
    assert_ne!(tenant, "");
    kit.deliver_events().await;
    kit.finish().await;
}
