use platform_sdk::Identity;
use platform_testkit::Harness;
use serde_json::{Value, json};

use crate::support::{found, joined, kit, mutate, sign_up};

async fn access(kit: &Harness, who: &Identity) -> Value {
    let query = "{ access { active scopes licensedModules } }";
    kit.ask(who, query, json!({})).await.ok()["access"].take()
}

#[tokio::test]
async fn a_token_is_good_for_what_stands_at_this_moment() {
    let kit = kit().await;
    let loner = sign_up(&kit, "lone@example.com").await;
    assert_eq!(access(&kit, &loner.identity).await["active"], true);
    let (_, ann) = found(&kit, sign_up(&kit, "ann@example.com").await, "Acme").await;
    let bob = joined(&kit, &ann.identity, "bob@example.com", "ADMIN").await;
    let before = access(&kit, &bob.identity).await;
    assert_eq!(before["active"], true);
    assert_eq!(before["licensedModules"], json!([]));
    let has = |access: &Value, scope: &str| {
        let scopes = access["scopes"].as_array().unwrap();
        scopes.iter().any(|own| own == scope)
    };
    assert!(has(&before, "core:member.invite"));

    kit.license(ann.identity.tenant().unwrap(), "interview")
        .await;
    let query = "{ tenant { members(first: 10) { edges { node { id user { id } } } } } }";
    let members = kit.ask(&ann.identity, query, json!({})).await.ok();
    let edges = members["tenant"]["members"]["edges"].as_array().unwrap();
    let edge = edges
        .iter()
        .find(|edge| edge["node"]["user"]["id"] == json!(bob.id))
        .unwrap();
    let membership = edge["node"]["id"].clone();
    let input = json!({"membershipId": membership, "role": "VIEWER"});
    mutate(
        &kit,
        &ann.identity,
        "changeMemberRole",
        "membership { id }",
        input,
    )
    .await;
    let less = access(&kit, &bob.identity).await;
    assert_eq!(less["active"], true);
    assert_eq!(less["licensedModules"], json!(["interview"]));
    assert!(!has(&less, "core:member.invite") && has(&less, "core:tenant.read"));

    let input = json!({ "membershipId": membership });
    mutate(
        &kit,
        &ann.identity,
        "removeMember",
        "removedMembershipId",
        input,
    )
    .await;
    assert_eq!(access(&kit, &bob.identity).await["active"], false);

    let input = json!({"everywhere": false});
    mutate(&kit, &ann.identity, "signOut", "endedSessions", input).await;
    assert_eq!(access(&kit, &ann.identity).await["active"], false);
    let nobody = kit
        .ask(&kit.anonymous(), "{ access { active } }", json!({}))
        .await;
    assert_eq!(nobody.codes(), ["UNAUTHENTICATED"]);
    kit.deliver_events().await;
    kit.finish().await;
}
