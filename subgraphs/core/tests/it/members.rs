use std::collections::HashSet;

use chrono::TimeDelta;
use core_events::{MemberRemoved, MemberRoleChanged};
use platform_sdk::Identity;
use platform_testkit::{Harness, Statements};
use serde_json::{Value, json};

use crate::support::{SESSION, codes, found, joined, kit, mutate, sign_up};

/// Membership ids by the user's id.
async fn membership(kit: &Harness, identity: &Identity, user: &str) -> Value {
    let query = "{ tenant { members(first: 100) { edges { node { id user { id } } } } } }";
    let list = kit.ask(identity, query, json!({})).await.ok();
    let edges = list["tenant"]["members"]["edges"].as_array().unwrap();
    let edge = edges
        .iter()
        .find(|e| e["node"]["user"]["id"] == json!(user));
    edge.unwrap()["node"]["id"].clone()
}

const CHANGE: &str = "mutation($id: ID!, $role: MemberRole!) { changeMemberRole(input: {membershipId: $id, role: $role})
    { membership { role } userErrors { code } } }";
const REMOVE: &str = "mutation($id: ID!) { removeMember(input: {membershipId: $id})
    { removedMembershipId userErrors { code } } }";

#[tokio::test]
async fn an_invitation_is_for_one_address_once_and_for_a_week() {
    let kit = kit().await;
    let (tenant, ann) = found(&kit, sign_up(&kit, "ann@example.com").await, "Acme").await;
    let bob = sign_up(&kit, "bob@example.com").await;
    let eve = sign_up(&kit, "eve@example.com").await;
    let invite = json!({"email": "Bob@example.com", "role": "MEMBER"});
    let replaced = mutate(&kit, &ann.identity, "inviteMember", "token", invite.clone()).await;
    let current = mutate(
        &kit,
        &ann.identity,
        "inviteMember",
        "token invitation { email }",
        invite.clone(),
    )
    .await;
    assert_eq!(current["invitation"]["email"], json!("bob@example.com"));

    let fields = format!("tenant {{ id name }} {SESSION}");
    let accept = async |who: &Identity, token: &Value| {
        mutate(
            &kit,
            who,
            "acceptInvitation",
            &fields,
            json!({ "token": token }),
        )
        .await
    };
    let refused = accept(&eve.identity, &current["token"]).await;
    assert_eq!(codes(&refused), ["INVALID_INVITATION"]);
    assert_eq!(accept(&bob.identity, &replaced["token"]).await, refused);
    assert_eq!(accept(&bob.identity, &json!("nonsense")).await, refused);
    let joined = accept(&bob.identity, &current["token"]).await;
    assert_eq!(joined["tenant"]["name"], json!("Acme"));
    assert_eq!(joined["session"]["tenantId"], json!(tenant));
    assert_eq!(
        accept(&bob.identity, &current["token"]).await,
        refused,
        "it is good once"
    );

    let again = mutate(&kit, &ann.identity, "inviteMember", "token", invite).await;
    assert_eq!(codes(&again), ["ALREADY_MEMBER"]);
    let late = json!({"email": "eve@example.com", "role": "VIEWER"});
    let late = mutate(&kit, &ann.identity, "inviteMember", "token", late).await;
    kit.advance(TimeDelta::days(7));
    assert_eq!(
        accept(&eve.identity, &late["token"]).await,
        refused,
        "it has expired"
    );
    kit.deliver_events().await;
    kit.finish().await;
}

#[tokio::test]
async fn a_revoked_invitation_is_gone_and_its_address_forgotten() {
    let kit = kit().await;
    let (_, ann) = found(&kit, sign_up(&kit, "ann@example.com").await, "Acme").await;
    let invite = json!({"email": "bob@example.com", "role": "MEMBER"});
    let made = mutate(
        &kit,
        &ann.identity,
        "inviteMember",
        "token invitation { id }",
        invite,
    )
    .await;
    let open = "{ tenant { invitations { edges { node { id email } } } } }";
    let list = kit.ask(&ann.identity, open, json!({})).await.ok();
    assert_eq!(
        list["tenant"]["invitations"]["edges"][0]["node"]["id"],
        made["invitation"]["id"]
    );
    let input = json!({"invitationId": made["invitation"]["id"]});
    let revoked = mutate(
        &kit,
        &ann.identity,
        "revokeInvitation",
        "invitation { email }",
        input,
    )
    .await;
    assert_eq!(revoked["invitation"]["email"], json!(null));
    let list = kit.ask(&ann.identity, open, json!({})).await.ok();
    assert_eq!(list["tenant"]["invitations"]["edges"], json!([]));
    let bob = sign_up(&kit, "bob@example.com").await;
    let refused = mutate(
        &kit,
        &bob.identity,
        "acceptInvitation",
        SESSION,
        json!({"token": made["token"]}),
    )
    .await;
    assert_eq!(codes(&refused), ["INVALID_INVITATION"]);
    let addresses: i64 = sqlx::query_scalar("select count(email_normal) from core.invitation")
        .fetch_one(kit.admin())
        .await
        .unwrap();
    assert_eq!(addresses, 0);
    kit.deliver_events().await;
    kit.finish().await;
}

#[tokio::test]
async fn rank_decides_who_changes_whom() {
    let kit = kit().await;
    let (_, ann) = found(&kit, sign_up(&kit, "ann@example.com").await, "Acme").await;
    let adam = joined(&kit, &ann.identity, "adam@example.com", "ADMIN").await;
    let mia = joined(&kit, &ann.identity, "mia@example.com", "MEMBER").await;
    let change = async |who: &Identity, whom: &str, role: &str| {
        let id = membership(&kit, &ann.identity, whom).await;
        kit.ask(who, CHANGE, json!({"id": id, "role": role})).await
    };
    assert_eq!(
        change(&mia.identity, &mia.id, "OWNER").await.codes(),
        ["FORBIDDEN"]
    );
    assert_eq!(
        change(&adam.identity, &adam.id, "OWNER").await.codes(),
        ["FORBIDDEN"]
    );
    assert_eq!(
        change(&adam.identity, &ann.id, "VIEWER").await.codes(),
        ["FORBIDDEN"]
    );
    let invite = json!({"input": {"email": "x@example.com", "role": "OWNER"}});
    let query = "mutation($input: InviteMemberInput!) { inviteMember(input: $input) { token } }";
    assert_eq!(
        kit.ask(&adam.identity, query, invite).await.codes(),
        ["FORBIDDEN"]
    );

    let promoted = change(&adam.identity, &mia.id, "ADMIN").await.ok();
    assert_eq!(
        promoted["changeMemberRole"]["membership"]["role"],
        json!("ADMIN")
    );
    let alone = change(&ann.identity, &ann.id, "ADMIN").await.ok();
    assert_eq!(
        alone["changeMemberRole"]["userErrors"][0]["code"],
        json!("LAST_OWNER")
    );
    change(&ann.identity, &adam.id, "OWNER").await.ok();
    let two = change(&adam.identity, &ann.id, "VIEWER").await.ok();
    assert_eq!(
        two["changeMemberRole"]["membership"]["role"],
        json!("VIEWER")
    );
    // Ann's token still says owner, the database does not.
    assert_eq!(
        change(&ann.identity, &mia.id, "MEMBER").await.codes(),
        ["FORBIDDEN"]
    );
    assert_eq!(kit.published::<MemberRoleChanged>().await.len(), 3);
    kit.deliver_events().await;
    kit.finish().await;
}

#[tokio::test]
async fn two_owners_who_demote_each_other_at_the_same_moment_leave_one() {
    let kit = kit().await;
    let (_, ann) = found(&kit, sign_up(&kit, "ann@example.com").await, "Acme").await;
    let bob = joined(&kit, &ann.identity, "bob@example.com", "OWNER").await;
    let first = membership(&kit, &ann.identity, &ann.id).await;
    let second = membership(&kit, &ann.identity, &bob.id).await;
    let (one, other) = tokio::join!(
        kit.ask(
            &ann.identity,
            CHANGE,
            json!({"id": second, "role": "VIEWER"})
        ),
        kit.ask(
            &bob.identity,
            CHANGE,
            json!({"id": first, "role": "VIEWER"})
        ),
    );
    assert_eq!(
        one.errors.len() + other.errors.len(),
        1,
        "{one:?} {other:?}"
    );
    let owners: i64 =
        sqlx::query_scalar("select count(*) from core.membership where role = 'OWNER'")
            .fetch_one(kit.admin())
            .await
            .unwrap();
    assert_eq!(owners, 1);
    kit.deliver_events().await;
    kit.finish().await;
}

#[tokio::test]
async fn anybody_may_leave_but_the_last_owner() {
    let kit = kit().await;
    let (_, ann) = found(&kit, sign_up(&kit, "ann@example.com").await, "Acme").await;
    let vic = joined(&kit, &ann.identity, "vic@example.com", "VIEWER").await;
    let own = membership(&kit, &ann.identity, &ann.id).await;
    let theirs = membership(&kit, &ann.identity, &vic.id).await;
    assert_eq!(
        kit.ask(&vic.identity, REMOVE, json!({"id": own}))
            .await
            .codes(),
        ["FORBIDDEN"]
    );
    let last = kit
        .ask(&ann.identity, REMOVE, json!({"id": own}))
        .await
        .ok();
    assert_eq!(
        last["removeMember"]["userErrors"][0]["code"],
        json!("LAST_OWNER")
    );
    let left = kit
        .ask(&vic.identity, REMOVE, json!({"id": theirs}))
        .await
        .ok();
    assert_eq!(left["removeMember"]["removedMembershipId"], theirs);
    assert_eq!(kit.published::<MemberRemoved>().await.len(), 1);
    kit.deliver_events().await;
    kit.finish().await;
}

#[tokio::test]
async fn another_tenants_members_are_not_found_like_missing_ones() {
    let kit = kit().await;
    let (_, ann) = found(&kit, sign_up(&kit, "ann@example.com").await, "A").await;
    let (_, bob) = found(&kit, sign_up(&kit, "bob@example.com").await, "B").await;
    let foreign = membership(&kit, &bob.identity, &bob.id).await;
    let missing = json!(uuid::Uuid::nil());
    for query in [CHANGE, REMOVE] {
        let ask = async |id: &Value| {
            kit.ask(&ann.identity, query, json!({"id": id, "role": "VIEWER"}))
                .await
        };
        let theirs = ask(&foreign).await;
        assert_eq!(theirs.codes(), ["NOT_FOUND"]);
        assert_eq!(theirs, ask(&missing).await);
        assert_eq!(theirs, ask(&json!("nonsense")).await);
    }
    kit.deliver_events().await;
    kit.finish().await;
}

#[tokio::test]
async fn ten_thousand_members_are_paged_with_constant_sql() {
    let kit = kit().await;
    let (tenant, ann) = found(&kit, sign_up(&kit, "ann@example.com").await, "Big").await;
    sqlx::raw_sql(sqlx::AssertSqlSafe(format!(
        "create temporary table many as select gen_random_uuid() as id, n from generate_series(1, 9999) n;
         insert into core.user (user_id, created_at) select id, now() from many;
         insert into core.person (user_id, email, email_normal, display_name, updated_at)
             select id, n || '@example.org', n || '@example.org', 'P' || n, now() from many;
         insert into core.membership (tenant_id, membership_id, user_id, role, joined_at)
             select '{tenant}', gen_random_uuid(), id, 'VIEWER', now() from many;"
    )))
    .execute(kit.admin())
    .await
    .unwrap();

    let query = "query($n: Int, $after: String) { tenant { members(first: $n, after: $after) {
        pageInfo { hasNextPage endCursor } edges { node { id user { email } } } } } }";
    let mut seen = HashSet::new();
    let mut after = json!(null);
    loop {
        let answer = kit
            .ask(&ann.identity, query, json!({"n": 100, "after": after}))
            .await
            .ok();
        let members = &answer["tenant"]["members"];
        for edge in members["edges"].as_array().unwrap() {
            assert!(edge["node"]["user"]["email"].is_string());
            assert!(seen.insert(edge["node"]["id"].as_str().unwrap().to_owned()));
        }
        if members["pageInfo"]["hasNextPage"] == json!(false) {
            break;
        }
        after = members["pageInfo"]["endCursor"].clone();
    }
    assert_eq!(seen.len(), 10_000);

    let sql = Statements::watch();
    let statements = async |n: i32| {
        let before = sql.count();
        kit.ask(&ann.identity, query, json!({ "n": n })).await.ok();
        sql.count() - before
    };
    let few = statements(2).await;
    assert!(few > 1, "statements are counted");
    assert_eq!(statements(100).await, few);
    kit.deliver_events().await;
    kit.finish().await;
}
