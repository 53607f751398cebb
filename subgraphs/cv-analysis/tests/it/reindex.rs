//! The search index follows a tenant's taxonomy: all of it, whatever happens in between, and nothing else.

use std::time::Duration;

use platform_testkit::Harness;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::kit::{JOB, describe, harness, settle, start, upload};

/// CVs of the tenant whose taxonomy changes.
const MANY: i32 = 1_000;
const CV: &str = "Jane Doe\njane@example.com\nSkills\nFlowmaster 9, Rust, Zugpferd\nExperience\nEngineer, Acme, Jan 2020 – Dec 2023\n• Ran Flowmaster 9";
const CHANGE: &str = "mutation($input: UpdateCvTaxonomyInput!) { updateCvTaxonomy(input: $input) {
  revision { revision } userErrors { code message } } }";
const FIND: &str = "query($skill: String!) { searchCvs(filter: {skills: [$skill]}, first: 100) {
  edges { node { document { id } } } } }";
const READ: &str = "query($id: ID!) { cvAnalysis(id: $id) { score { total } skillMatches { matched { name } missing { name } }
  profile { skills { id } } provenance { taxonomyVersion } } }";
const CORRECT: &str = "mutation($id: ID!) { correctCv(input: {documentId: $id, field: SKILL_ADDED, value: \"Kafka\", reason: \"told in the interview\", idempotencyKey: \"c\"}) { correction { id } userErrors { code } } }";

async fn change(kit: &Harness, input: Value) -> i64 {
    let made = kit
        .ask(&kit.a.owner, CHANGE, json!({"input": input}))
        .await
        .ok();
    let made = &made["updateCvTaxonomy"];
    made["revision"]["revision"]
        .as_i64()
        .unwrap_or_else(|| panic!("{made}"))
}

fn flow() -> Value {
    json!({"expectedRevision": 0, "put": [{"id": "acme-flow", "name": "Acme Flow", "aliases": ["Flowmaster 9"]}]})
}

async fn number(kit: &Harness, sql: &'static str, tenant: Uuid, argument: &str) -> i64 {
    sqlx::query_scalar(sql)
        .bind(tenant)
        .bind(argument)
        .fetch_one(kit.admin())
        .await
        .unwrap()
}

/// How many CVs a term finds.
async fn found(kit: &Harness, tenant: Uuid, term: &str) -> i64 {
    number(
        kit,
        "select coalesce(sum(cardinality(entries)), 0)::bigint from cv_analysis.search_posting where tenant_id = $1 and term = $2",
        tenant,
        term,
    )
    .await
}

/// How many CVs are indexed by this revision of the taxonomy.
async fn by_revision(kit: &Harness, tenant: Uuid, revision: &str) -> i64 {
    number(
        kit,
        "select count(*) from cv_analysis.search_entry where tenant_id = $1 and index_version like '%+' || $2 || '/%'",
        tenant,
        revision,
    )
    .await
}

/// What the index of a tenant holds, and which transactions wrote it.
async fn index(kit: &Harness, tenant: Uuid) -> Vec<String> {
    sqlx::query_scalar(
        "select concat(xmin, ' ', e::text) from cv_analysis.search_entry e where tenant_id = $1 \
         union all select concat(xmin, ' ', p::text) from cv_analysis.search_posting p where tenant_id = $1 order by 1",
    )
    .bind(tenant)
    .fetch_all(kit.admin())
    .await
    .unwrap()
}

/// The numbers of a tenant's CVs, which order those of the same rank.
async fn numbers(kit: &Harness, tenant: Uuid) -> Vec<(Uuid, i32)> {
    sqlx::query_as("select document_id, number from cv_analysis.search_entry where tenant_id = $1 order by document_id")
        .bind(tenant)
        .fetch_all(kit.admin())
        .await
        .unwrap()
}

/// Entries and postings that don't say the same.
async fn contradictions(kit: &Harness, tenant: Uuid) -> i64 {
    number(
        kit,
        "select count(*) from (select number, unnest(terms) as term from cv_analysis.search_entry where tenant_id = $1) e \
         full join (select unnest(entries) >> 3 as number, term from cv_analysis.search_posting where tenant_id = $1 and $2 = '') p \
         using (number, term) where e.* is null or p.* is null",
        tenant,
        "",
    )
    .await
}

/// Uploads a CV, indexes it and puts copies of it beside it, with their texts and entries.
async fn copied(kit: &Harness, who: &platform_sdk::Identity, tenant: Uuid, copies: i32) -> String {
    let document = upload(kit, who, "cv.txt", CV.as_bytes()).await;
    kit.advance(chrono::TimeDelta::minutes(1));
    settle(kit).await;
    for statement in [
        "insert into cv_analysis.document (tenant_id, document_id, file_name, size_bytes, content_sha256, object_key, as_of, created_at) \
         select tenant_id, gen_random_uuid(), 'copy ' || n, size_bytes, sha256(int4send(n)), 'copy ' || n, as_of, created_at \
         from cv_analysis.document, generate_series(2, $2) n where tenant_id = $1",
        "insert into cv_analysis.extraction (tenant_id, document_id, extractor_version, content, created_at) \
         select d.tenant_id, d.document_id, e.extractor_version, e.content, e.created_at \
         from cv_analysis.document d join cv_analysis.extraction e using (tenant_id) \
         where d.tenant_id = $1 and d.document_id <> e.document_id and $2 > 0",
        "insert into cv_analysis.search_entry (tenant_id, document_id, number, months, level, education, terms, index_version, indexed_at) \
         select d.tenant_id, d.document_id, 1 + row_number() over (order by d.document_id), months, level, education, terms, index_version, indexed_at \
         from cv_analysis.document d join cv_analysis.search_entry e using (tenant_id) \
         where d.tenant_id = $1 and d.document_id <> e.document_id and $2 > 0",
        "with known as (delete from cv_analysis.search_posting where tenant_id = $1 returning term, entries[1] & 7 as weight) \
         insert into cv_analysis.search_posting (tenant_id, term, bucket, entries) \
         select $1, term, n >> 8, array_agg(n * 8 + weight order by n) from known, generate_series(1, $2) n group by 2, 3",
        "update cv_analysis.search_counter set last_number = $2, documents = $2 where tenant_id = $1",
    ] {
        sqlx::query(statement)
            .bind(tenant)
            .bind(copies)
            .execute(kit.admin())
            .await
            .unwrap();
    }
    assert_eq!(contradictions(kit, tenant).await, 0);
    document
}

/// Waits until some CVs are indexed by a revision; there is at most one walk at any time.
async fn midway(kit: &Harness, tenant: Uuid, revision: &str) {
    loop {
        let walks = number(
            kit,
            "select count(*) from platform.job where tenant_id = $1 and kind = $2 and finished_at is null",
            tenant,
            "reindex",
        )
        .await;
        assert!(walks <= 1, "{walks} walks");
        if by_revision(kit, tenant, revision).await > 0 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(3)).await;
    }
}

/// Runs what is queued to its end; a walk that met its deadline on a busy machine is tried again later.
async fn walked(kit: &Harness) {
    for _ in 0..20 {
        kit.run_jobs().await;
        let open = "select count(*) from platform.job where tenant_id = $1 and kind = $2 and finished_at is null";
        if number(kit, open, kit.a.id.uuid(), "reindex").await == 0 {
            return;
        }
        kit.advance(chrono::TimeDelta::minutes(2));
    }
    panic!("the walk doesn't end");
}

#[tokio::test]
async fn a_changed_taxonomy_reaches_every_cv_through_a_kill_and_another_change() {
    let kit = harness().await;
    let (ours, theirs) = (kit.a.id.uuid(), kit.b.id.uuid());
    let document = copied(&kit, &kit.a.owner, ours, MANY).await;
    copied(&kit, &kit.b.owner, theirs, 50).await;
    let job = describe(&kit, &kit.a.owner, "Requirements\n- Rust\n- Kafka").await;
    kit.ask(&kit.a.owner, CORRECT, json!({"id": document}))
        .await
        .ok();
    let started = start(&kit, &kit.a.owner, &document, &job, "one").await.ok();
    let analysis = json!({"id": started["startCvAnalysis"]["analysis"]["id"]});
    settle(&kit).await;
    let judged = kit.ask(&kit.a.viewer, READ, analysis.clone()).await.ok();
    assert_eq!(
        judged["cvAnalysis"]["skillMatches"]["missing"],
        json!([]),
        "the correction counts: {judged}"
    );
    let (before, neighbour) = (numbers(&kit, ours).await, index(&kit, theirs).await);
    let unknown = kit
        .ask(&kit.a.viewer, FIND, json!({"skill": "acme-flow"}))
        .await;
    assert_eq!(unknown.codes(), ["BAD_USER_INPUT"]);

    assert_eq!(change(&kit, flow()).await, 1);
    // dropped where it stands, as a killed process leaves it: what it had not committed is undone, its job not finished
    tokio::select! {
        _ = kit.run_jobs() => panic!("the walk was over before it could be killed"),
        () = midway(&kit, ours, "1") => {}
    }
    let half = by_revision(&kit, ours, "1").await;
    assert!((1..i64::from(MANY)).contains(&half), "{half}");
    assert_eq!(found(&kit, ours, "skill:acme-flow").await, half);
    assert_eq!(contradictions(&kit, ours).await, 0);

    // another process takes it up, and the taxonomy is changed again meanwhile
    let horse = json!({"expectedRevision": 1, "put": [{"id": "zugpferd", "name": "Zugpferd", "implies": ["kubernetes"]}]});
    let (_, second) = tokio::join!(kit.run_jobs(), async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        change(&kit, horse).await
    });
    assert_eq!(second, 2);
    assert!(
        by_revision(&kit, ours, "2").await > 0,
        "the walk that went on saw the change"
    );
    walked(&kit).await;
    assert_eq!(by_revision(&kit, ours, "2").await, i64::from(MANY));
    for term in [
        "skill:acme-flow",
        "skill:zugpferd",
        "skill:kubernetes",
        "skill:rust",
    ] {
        assert_eq!(found(&kit, ours, term).await, i64::from(MANY), "{term}");
    }
    let hits = kit
        .ask(&kit.a.viewer, FIND, json!({"skill": "Acme Flow"}))
        .await
        .ok();
    assert_eq!(hits["searchCvs"]["edges"].as_array().unwrap().len(), 100);
    assert_eq!(contradictions(&kit, ours).await, 0);
    assert_eq!(numbers(&kit, ours).await, before, "the order stays");
    assert_eq!(
        index(&kit, theirs).await,
        neighbour,
        "of the other tenant nothing was written"
    );
    assert_eq!(
        kit.ask(&kit.a.viewer, READ, analysis).await.ok(),
        judged,
        "what was scored stays as it was, by the taxonomy that it names"
    );

    // delivered once more, the job finds nothing to do
    let settled = index(&kit, ours).await;
    sqlx::query("update platform.job set finished_at = null where job_id = (select job_id from platform.job where kind = 'reindex' order by finished_at desc limit 1)")
        .execute(kit.admin())
        .await
        .unwrap();
    assert_eq!(kit.run_jobs().await, 1);
    assert_eq!(index(&kit, ours).await, settled);

    // what is taken out of the taxonomy finds nothing any more
    let without = json!({"expectedRevision": 2, "remove": ["acme-flow"]});
    assert_eq!(change(&kit, without).await, 3);
    walked(&kit).await;
    assert_eq!(found(&kit, ours, "skill:acme-flow").await, 0);
    assert_eq!(found(&kit, ours, "skill:zugpferd").await, i64::from(MANY));
    assert_eq!(contradictions(&kit, ours).await, 0);
    kit.finish().await;
}

#[tokio::test]
async fn a_cv_that_is_read_by_old_rules_brings_the_others_of_its_tenant_along() {
    let kit = harness().await;
    let tenant = kit.a.id.uuid();
    let document = copied(&kit, &kit.a.owner, tenant, 30).await;
    // what an update of the product leaves behind: entries by the rules of before
    for statement in [
        "update cv_analysis.search_entry set index_version = 'old' where tenant_id = $1",
        "delete from cv_analysis.search_posting where tenant_id = $1 and term = 'skill:rust'",
        "update cv_analysis.search_entry set terms = array_remove(terms, 'skill:rust') where tenant_id = $1",
    ] {
        sqlx::query(statement)
            .bind(tenant)
            .execute(kit.admin())
            .await
            .unwrap();
    }
    let job = describe(&kit, &kit.a.owner, JOB).await;
    start(&kit, &kit.a.owner, &document, &job, "one").await.ok();
    settle(&kit).await;
    assert_eq!(found(&kit, tenant, "skill:rust").await, 30);
    assert_eq!(contradictions(&kit, tenant).await, 0);
    kit.finish().await;
}

#[tokio::test]
async fn a_walk_that_was_given_up_is_taken_up_again_by_itself() {
    let kit = harness().await;
    let tenant = kit.a.id.uuid();
    copied(&kit, &kit.a.owner, tenant, 50).await;
    for statement in [
        "create function cv_analysis.refuse() returns trigger language plpgsql as $$ begin raise exception 'disk full'; end $$",
        "create trigger refuse before update on cv_analysis.search_entry for each row when (new.number > 30) \
         execute function cv_analysis.refuse()",
    ] {
        sqlx::query(statement).execute(kit.admin()).await.unwrap();
    }
    assert_eq!(change(&kit, flow()).await, 1);
    for _ in 0..5 {
        kit.run_jobs().await;
        kit.advance(chrono::TimeDelta::minutes(2));
    }
    assert_eq!(kit.accept_parked().await, ["reindex"]);
    let part = by_revision(&kit, tenant, "1").await;
    assert!((0..50).contains(&part), "{part}");
    assert_eq!(contradictions(&kit, tenant).await, 0);
    // an hour later it fails once more, and is taken up once more
    kit.advance(chrono::TimeDelta::hours(1));
    for _ in 0..5 {
        kit.run_jobs().await;
        kit.advance(chrono::TimeDelta::minutes(2));
    }
    assert_eq!(kit.accept_parked().await, ["reindex"]);

    sqlx::query("drop function cv_analysis.refuse() cascade")
        .execute(kit.admin())
        .await
        .unwrap();
    kit.run_jobs().await;
    assert_eq!(
        by_revision(&kit, tenant, "1").await,
        part,
        "not before its hour"
    );
    kit.advance(chrono::TimeDelta::hours(1));
    walked(&kit).await;
    assert_eq!(by_revision(&kit, tenant, "1").await, 50);
    assert_eq!(found(&kit, tenant, "skill:acme-flow").await, 50);
    assert_eq!(contradictions(&kit, tenant).await, 0);
    kit.finish().await;
}
