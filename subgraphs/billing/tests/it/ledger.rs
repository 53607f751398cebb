use platform_sdk::TenantTx;
use platform_testkit::Harness;
use sqlx::Row as _;
use uuid::Uuid;

use crate::support::{buy, kit};

#[tokio::test]
async fn every_payment_is_a_sale_and_its_settlement_and_sums_up_to_nothing() {
    let kit = kit().await;
    buy(&kit, "MONTHLY", "sandbox_ok", "k").await;
    let rows = sqlx::query(
        "select e.kind, p.account, p.amount_minor from billing.ledger_entry e \
         join billing.ledger_posting p using (tenant_id, entry_id) order by e.kind, p.line",
    )
    .fetch_all(kit.admin())
    .await
    .unwrap();
    let lines: Vec<(String, String, i64)> = rows
        .iter()
        .map(|r| (r.get(0), r.get(1), r.get(2)))
        .collect();
    let line = |kind: &str, account: &str, amount| (kind.to_owned(), account.to_owned(), amount);
    assert_eq!(
        lines,
        [
            line("CHARGE", "assets:receivable", 5_900),
            line("CHARGE", "revenue:interview", -5_900),
            line("PAYMENT", "assets:sandbox", 5_900),
            line("PAYMENT", "assets:receivable", -5_900),
        ]
    );
    kit.deliver_events().await;
    kit.finish().await;
}

#[tokio::test]
async fn the_database_refuses_what_does_not_balance() {
    let kit = kit().await;
    buy(&kit, "MONTHLY", "sandbox_ok", "k").await;
    let payment: Uuid = sqlx::query_scalar("select payment_id from billing.payment")
        .fetch_one(kit.admin())
        .await
        .unwrap();
    // A second payment to write entries about.
    let open = async |lines: i16| -> (TenantTx, Uuid) {
        let ctx = kit.service_ctx("billing", kit.a.id);
        let (id, entry) = (ctx.new_uuid(), ctx.new_uuid());
        let mut tx = ctx.begin().await.unwrap();
        let tenant = tx.tenant().uuid();
        sqlx::query(
            "insert into billing.payment select $1, $2, license_id, price_id, provider, null, status, amount_minor, \
             currency, created_at from billing.payment where payment_id = $3",
        )
        .bind(tenant)
        .bind(id)
        .bind(payment)
        .execute(tx.conn())
        .await
        .unwrap();
        sqlx::query(
            "insert into billing.ledger_entry (tenant_id, entry_id, kind, payment_id, lines, posted_at) \
             values ($1, $2, 'CHARGE', $3, $4, now())",
        )
        .bind(tenant)
        .bind(entry)
        .bind(id)
        .bind(lines)
        .execute(tx.conn())
        .await
        .unwrap();
        (tx, entry)
    };
    for (postings, balances) in [
        (vec![(100, "EUR"), (-100, "EUR")], true),
        (vec![(100, "EUR"), (-60, "EUR"), (-40, "EUR")], true),
        (vec![(100, "EUR"), (-99, "EUR")], false),
        (vec![(100, "EUR"), (-100, "USD")], false),
        (vec![(i64::MAX, "EUR"), (i64::MAX, "EUR")], false),
    ] {
        let lines = i16::try_from(postings.len()).unwrap();
        let (mut tx, entry) = open(lines).await;
        post(&mut tx, entry, &postings).await;
        let committed = tx.commit().await;
        assert_eq!(committed.is_ok(), balances, "{postings:?}");
    }
    // Fewer postings than announced, none included.
    let (mut tx, entry) = open(3).await;
    post(&mut tx, entry, &[(1, "EUR"), (-1, "EUR")]).await;
    assert!(tx.commit().await.is_err());
    let (tx, _) = open(2).await;
    assert!(tx.commit().await.is_err());
    assert_eq!(entries(&kit).await, 4);
    kit.deliver_events().await;
    kit.finish().await;
}

async fn post(tx: &mut TenantTx, entry: Uuid, postings: &[(i64, &str)]) {
    let tenant = tx.tenant().uuid();
    for (line, (amount, currency)) in (1_i16..).zip(postings) {
        sqlx::query("insert into billing.ledger_posting values ($1, $2, $3, 'test', $4, $5)")
            .bind(tenant)
            .bind(entry)
            .bind(line)
            .bind(*amount)
            .bind(*currency)
            .execute(tx.conn())
            .await
            .unwrap();
    }
}

async fn entries(kit: &Harness) -> i64 {
    sqlx::query_scalar("select count(*) from billing.ledger_entry")
        .fetch_one(kit.admin())
        .await
        .unwrap()
}

#[tokio::test]
async fn nobody_changes_the_past_or_adds_to_it() {
    let kit = kit().await;
    buy(&kit, "MONTHLY", "sandbox_ok", "k").await;
    // The module's role has no right to; the owner is stopped by the trigger.
    for statement in [
        "update billing.ledger_posting set amount_minor = amount_minor * 2",
        "delete from billing.ledger_posting",
        "delete from billing.ledger_entry",
        "truncate billing.ledger_posting",
    ] {
        let owner = sqlx::query(statement)
            .execute(kit.admin())
            .await
            .unwrap_err();
        assert!(
            owner.to_string().contains("append-only"),
            "{statement}: {owner}"
        );
        let ctx = kit.service_ctx("billing", kit.a.id);
        let mut tx = ctx.begin().await.unwrap();
        let module = sqlx::query(statement).execute(tx.conn()).await.unwrap_err();
        assert!(
            module.to_string().contains("permission denied"),
            "{statement}: {module}"
        );
    }
    let entry: Uuid = sqlx::query_scalar("select entry_id from billing.ledger_entry limit 1")
        .fetch_one(kit.admin())
        .await
        .unwrap();
    let ctx = kit.service_ctx("billing", kit.a.id);
    let mut tx = ctx.begin().await.unwrap();
    let tenant = tx.tenant().uuid();
    for (line, amount) in [(8_i16, 5_i64), (9, -5)] {
        sqlx::query("insert into billing.ledger_posting values ($1, $2, $3, 'late', $4, 'EUR')")
            .bind(tenant)
            .bind(entry)
            .bind(line)
            .bind(amount)
            .execute(tx.conn())
            .await
            .unwrap();
    }
    assert!(
        tx.commit().await.is_err(),
        "an entry is closed, also to what balances"
    );
    kit.deliver_events().await;
    kit.finish().await;
}
