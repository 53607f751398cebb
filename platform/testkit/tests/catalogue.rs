//! Every rule of the catalogue bites: one injected defect per rule is found, and nothing else is.
#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

use platform_testkit::Harness;
use platform_testkit::catalogue::{Rule, check};
use sqlx::{AssertSqlSafe, Executor as _};

mod sample;

const GOOD: &str = "tenant_id uuid not null, id uuid not null, primary key (tenant_id, id)";

/// A defect, and the rule that must find it.
fn defects() -> Vec<(Rule, String)> {
    let table = |columns: &str| format!("create table sample.bad ({columns})");
    let protected =
        |columns: &str| format!("{}; select platform.protect('sample.bad')", table(columns));
    let policies = |policy: &str| {
        format!(
            "{}; alter table sample.bad enable row level security; \
             alter table sample.bad force row level security; {policy}",
            table(GOOD)
        )
    };
    let own = "tenant_id = (select platform.current_tenant())";
    vec![
        (Rule::NoTenant, table("id uuid primary key")),
        (
            Rule::NullableTenant,
            protected("tenant_id uuid, id uuid not null"),
        ),
        (
            Rule::Unprotected,
            format!("{}; alter table sample.bad disable row level security", protected(GOOD)),
        ),
        (
            Rule::Unforced,
            format!("{}; alter table sample.bad no force row level security", protected(GOOD)),
        ),
        (Rule::NoPolicy, policies("")),
        (
            Rule::NoCheck,
            policies(&format!("create policy p on sample.bad using ({own})")),
        ),
        (
            Rule::AlwaysTrue,
            policies(&format!("create policy p on sample.bad using (true) with check ({own})")),
        ),
        (
            Rule::KeyWithoutTenant,
            protected("tenant_id uuid not null, id uuid not null, primary key (id)"),
        ),
        (
            Rule::ForeignKeyWithoutTenant,
            protected(
                "tenant_id uuid not null, id uuid not null, other uuid, primary key (tenant_id, id), \
                 foreign key (other, tenant_id) references sample.note (note_id, tenant_id)",
            )
            .replacen("create table", "                 alter table sample.note add constraint odd_key unique (note_id, tenant_id); create table", 1),
        ),
        (
            Rule::ForeignKeyAcrossSchemas,
            protected(
                "tenant_id uuid not null, id uuid not null, primary key (tenant_id, id), \
                 foreign key (tenant_id, id) references platform.job (tenant_id, job_id)",
            ),
        ),
        (
            Rule::PlainView,
            "create view sample.bad as select * from sample.note".to_owned(),
        ),
        (
            Rule::DefinerFunction,
            "create function sample.bad() returns integer language sql security definer return 1".to_owned(),
        ),
        (
            Rule::PowerfulRole,
            format!("{}; alter table sample.bad owner to tessera_sample", protected(GOOD)),
        ),
        (
            Rule::ForeignRight,
            "create schema other; create table other.thing (tenant_id uuid not null, primary key (tenant_id)); \
             select platform.protect('other.thing'); grant usage on schema other to tessera_sample; \
             grant select on other.thing to tessera_sample"
                .to_owned(),
        ),
        (
            Rule::PublicRight,
            format!("{}; grant select on sample.bad to public", protected(GOOD)),
        ),
    ]
}

#[tokio::test]
async fn a_fresh_database_breaks_no_rule() {
    let kit = Harness::new(sample::Sample).await;
    assert_eq!(check(kit.admin()).await, []);
    kit.finish().await;
}

#[tokio::test]
async fn every_rule_finds_its_defect() {
    let kit = Harness::new(sample::Sample).await;
    for (rule, statement) in defects() {
        let mut tx = kit.admin().begin().await.unwrap();
        tx.execute(AssertSqlSafe(statement.clone()))
            .await
            .unwrap_or_else(|e| panic!("{rule:?}: {statement}: {e}"));
        tx.commit().await.unwrap();
        let found: Vec<Rule> = check(kit.admin())
            .await
            .into_iter()
            .map(|d| d.rule)
            .collect();
        assert!(
            found.contains(&rule),
            "{rule:?} is not found by: {statement}; found {found:?}"
        );
        let is_view = rule == Rule::PlainView;
        for undo in [
            if is_view {
                "drop view sample.bad"
            } else {
                "drop table if exists sample.bad cascade"
            },
            "drop function if exists sample.bad()",
            "drop schema if exists other cascade",
            "alter table sample.note drop constraint if exists odd_key",
        ] {
            sqlx::query(undo).execute(kit.admin()).await.unwrap();
        }
        assert_eq!(check(kit.admin()).await, [], "not undone: {statement}");
    }
    kit.finish().await;
}
