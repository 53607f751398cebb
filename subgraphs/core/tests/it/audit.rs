use billing_events::{LicenseActivated, LicenseKind};
use platform_sdk::types::{Envelope, EventId};
use platform_sdk::{Clock as _, Event as _, Identity};
use platform_testkit::Harness;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{found, joined, kit, mutate, sign_up};

const LOG: &str = "query($n: Int, $after: String) { tenant { auditLog(first: $n, after: $after) {
    pageInfo { hasNextPage endCursor } edges { node { sequence action actorId objectId before after intact } } } } }";

async fn log(kit: &Harness, who: &Identity) -> Vec<Value> {
    let answer = kit.ask(who, LOG, json!({"n": 100})).await.ok();
    let edges = answer["tenant"]["auditLog"]["edges"]
        .as_array()
        .unwrap()
        .clone();
    edges.into_iter().map(|mut e| e["node"].take()).collect()
}

fn actions(log: &[Value]) -> Vec<&str> {
    log.iter().map(|e| e["action"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn what_is_done_in_a_tenant_is_in_its_log_without_personal_data() {
    let kit = kit().await;
    let (tenant, ann) = found(&kit, sign_up(&kit, "ann@example.com").await, "Acme").await;
    let bob = joined(&kit, &ann.identity, "bob@example.com", "MEMBER").await;
    let (_, eve) = found(&kit, sign_up(&kit, "eve@example.com").await, "Other").await;
    let before = log(&kit, &ann.identity).await;
    let membership = before.last().unwrap()["objectId"].clone();
    let input = json!({"membershipId": membership, "role": "ADMIN"});
    mutate(
        &kit,
        &ann.identity,
        "changeMemberRole",
        "membership { id }",
        input,
    )
    .await;
    mutate(
        &kit,
        &ann.identity,
        "removeMember",
        "removedMembershipId",
        json!({"membershipId": membership}),
    )
    .await;

    let log = log(&kit, &ann.identity).await;
    assert_eq!(
        actions(&log),
        [
            "tenant.created",
            "member.joined",
            "invitation.created",
            "member.joined",
            "member.role_changed",
            "member.removed"
        ]
    );
    assert!(log.iter().all(|e| e["intact"] == json!(true)), "{log:#?}");
    assert_eq!(log[0]["objectId"], json!(tenant));
    assert_eq!(log[3]["actorId"], json!(bob.id));
    assert_eq!(
        log[4]["before"],
        json!(format!("{{\"userId\":\"{}\",\"role\":\"MEMBER\"}}", bob.id))
    );
    assert_eq!(
        log[4]["after"],
        json!(format!("{{\"userId\":\"{}\",\"role\":\"ADMIN\"}}", bob.id))
    );
    assert!(!json!(log).to_string().contains("@example"));
    assert_eq!(
        self::log(&kit, &eve.identity).await.len(),
        2,
        "another tenant has its own log"
    );
    kit.deliver_events().await;
    kit.finish().await;
}

#[tokio::test]
async fn a_line_that_was_changed_behind_the_modules_back_shows() {
    let kit = kit().await;
    let (_, ann) = found(&kit, sign_up(&kit, "ann@example.com").await, "Acme").await;
    joined(&kit, &ann.identity, "bob@example.com", "ADMIN").await;
    let change = "update core.audit_entry set after = '{}' where sequence = 2";
    let refused = sqlx::query(change).execute(kit.admin()).await.unwrap_err();
    assert!(refused.to_string().contains("append-only"), "{refused}");
    sqlx::raw_sql(sqlx::AssertSqlSafe(format!(
        "alter table core.audit_entry disable trigger append_only; {change}"
    )))
    .execute(kit.admin())
    .await
    .unwrap();
    let intact: Vec<_> = log(&kit, &ann.identity)
        .await
        .iter()
        .map(|e| e["intact"].clone())
        .collect();
    assert_eq!(intact, [true, false, true, true]);
    // Page by page it is the same: each page looks at the line before it.
    let mut after = Value::Null;
    let mut paged = Vec::new();
    loop {
        let answer = kit
            .ask(&ann.identity, LOG, json!({"n": 1, "after": after}))
            .await
            .ok();
        let page = &answer["tenant"]["auditLog"];
        paged.extend(
            page["edges"]
                .as_array()
                .unwrap()
                .iter()
                .map(|e| e["node"]["intact"].clone()),
        );
        after = page["pageInfo"]["endCursor"].clone();
        if page["pageInfo"]["hasNextPage"] == json!(false) {
            break;
        }
    }
    assert_eq!(paged, intact);
    kit.deliver_events().await;
    kit.finish().await;
}

#[tokio::test]
async fn a_licence_is_logged_once_however_often_it_is_told() {
    let kit = kit().await;
    let (tenant, ann) = found(&kit, sign_up(&kit, "ann@example.com").await, "Acme").await;
    let event = LicenseActivated {
        license_id: Uuid::from_u128(5),
        module: "interview".to_owned(),
        kind: LicenseKind::Trial,
        expires_at: None,
    };
    let envelope = Envelope {
        event_id: EventId(Uuid::from_u128(6)),
        event_type: LicenseActivated::TYPE.to_owned(),
        tenant_id: tenant.parse().unwrap(),
        aggregate_id: event.aggregate(),
        sequence: 1,
        trace_parent: None,
        occurred_at: kit.clock.now(),
        payload: serde_json::to_value(&event).unwrap(),
    };
    for _ in 0..3 {
        kit.deliver(&envelope).await.unwrap();
    }
    let log = log(&kit, &ann.identity).await;
    assert_eq!(
        actions(&log),
        ["tenant.created", "member.joined", "license.activated"]
    );
    assert_eq!(log[2]["actorId"], Value::Null);
    assert_eq!(log[2]["intact"], json!(true));
    kit.deliver_events().await;
    kit.finish().await;
}

#[tokio::test]
async fn only_owners_read_the_log() {
    let kit = kit().await;
    let (_, ann) = found(&kit, sign_up(&kit, "ann@example.com").await, "Acme").await;
    let adam = joined(&kit, &ann.identity, "adam@example.com", "ADMIN").await;
    let refused = kit.ask(&adam.identity, LOG, json!({})).await;
    assert_eq!(refused.codes(), ["FORBIDDEN"]);
    kit.deliver_events().await;
    kit.finish().await;
}
