//! The contract of the event relay, for both brokers.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use platform_host::relay::{
    Amqp, Broker, BrokerError, Deliveries, Embedded, Options, Publisher, Routes, parked, replay,
};
use platform_sdk::{Envelope, EventId, TenantId};
use sqlx::PgConnection;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::fixture::{Fixture, QUICK, fresh};
use crate::probe::Told;
use crate::proxy::Proxy;

const OPTIONS: Options = Options {
    batch: 16,
    concurrency: 4,
    max_attempts: 4,
    backoff: QUICK,
    poll: Duration::from_millis(500),
    timeout: Duration::from_secs(20),
};

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Embedded,
    Amqp,
}

/// Relay and consumers of one process.
struct Relay {
    cancel: CancellationToken,
    loops: JoinSet<()>,
}

impl Relay {
    fn start(fixture: &Fixture, broker: Arc<dyn Broker>) -> Self {
        let cancel = CancellationToken::new();
        let mut loops = JoinSet::new();
        loops.spawn(
            fixture
                .wakes
                .clone()
                .run(fixture.connect.clone(), cancel.clone()),
        );
        let publisher = Publisher::new(
            fixture.connect.clone(),
            broker.clone(),
            fixture.ambient.clock.clone(),
            fixture.wakes.clone(),
            OPTIONS,
        );
        let token = cancel.clone();
        loops.spawn(async move { publisher.run(token).await });
        let token = cancel.clone();
        loops.spawn(async move { broker.run(token).await });
        Self { cancel, loops }
    }

    async fn stop(mut self) {
        self.cancel.cancel();
        while let Some(ended) = self.loops.join_next().await {
            ended.unwrap();
        }
    }

    /// As if the process had been killed.
    async fn kill(mut self) {
        self.loops.shutdown().await;
    }
}

fn amqp_url() -> String {
    std::env::var("TESSERA_TEST_AMQP_URL").unwrap_or_else(|_| {
        panic!("TESSERA_TEST_AMQP_URL must name a RabbitMQ; `cargo xtask test` starts one")
    })
}

fn broker(fixture: &Fixture, kind: Kind, namespace: &str) -> Arc<dyn Broker> {
    match kind {
        Kind::Embedded => {
            let (routes, deliveries) = parts(fixture);
            Arc::new(Embedded::new(routes, deliveries))
        }
        Kind::Amqp => amqp_at(fixture, &amqp_url(), namespace),
    }
}

fn amqp_at(fixture: &Fixture, url: &str, namespace: &str) -> Arc<dyn Broker> {
    let (routes, deliveries) = parts(fixture);
    let amqp = Amqp::new(
        url,
        namespace,
        routes,
        deliveries,
        fixture.platform.clone(),
        fixture.ambient.clock.clone(),
        OPTIONS,
    );
    Arc::new(amqp.unwrap())
}

fn parts(fixture: &Fixture) -> (Routes, Deliveries) {
    let routes = Routes::new(fixture.probe.routes(OPTIONS.timeout));
    let deliveries = Deliveries::new(
        fixture.platform.clone(),
        routes.clone(),
        fixture.ambient.clock.clone(),
        fixture.wakes.clone(),
        OPTIONS,
    );
    (routes, deliveries)
}

fn namespace() -> String {
    format!("test-{}", fresh().simple())
}

async fn tell(fixture: &Fixture, about: Uuid, number: i32) {
    tell_as(fixture, fixture.tenant, about, number).await;
}

async fn tell_as(fixture: &Fixture, tenant: TenantId, about: Uuid, number: i32) {
    let mut tx = fixture.ctx_of(tenant).begin().await.unwrap();
    tx.publish(&Told { about, number }).await.unwrap();
    tx.commit().await.unwrap();
}

async fn order_holds_under_concurrent_publishers(kind: Kind) {
    let fixture = Fixture::new().await;
    let relay = Relay::start(&fixture, broker(&fixture, kind, &namespace()));
    let aggregates = [fresh(), fresh(), fresh()];
    let publishers = (0..4).map(|publisher| {
        let fixture = &fixture;
        async move {
            for round in 0..15 {
                let mut tx = fixture.ctx().begin().await.unwrap();
                let about = aggregates[(publisher + round) % aggregates.len()];
                let number = i32::try_from(publisher * 100 + round).unwrap();
                tx.publish(&Told { about, number }).await.unwrap();
                // holds the transaction open, so that others overlap with it
                tokio::time::sleep(Duration::from_millis((7 * publisher + round) as u64 % 5)).await;
                tx.commit().await.unwrap();
            }
        }
    });
    futures::future::join_all(publishers).await;
    fixture.until_effects(60).await;
    relay.stop().await;
    let ordered: bool = sqlx::query_scalar(
        "with told as (select aggregate_id, (payload ->> 'number')::integer as number, \
             row_number() over (partition by aggregate_id order by sequence) as place from platform.outbox), \
         felt as (select aggregate_id, number, row_number() over (partition by aggregate_id order by place) as place \
             from probe.effect) \
         select count(*) = 60 from told join felt using (aggregate_id, number, place)",
    )
    .fetch_one(&fixture.admin)
    .await
    .unwrap();
    assert!(
        ordered,
        "effects came in another order than the events of their aggregate"
    );
    fixture.remove().await;
}

async fn a_failing_event_comes_back_and_holds_back_only_its_aggregate(kind: Kind) {
    let fixture = Fixture::new().await;
    fixture.mood.fail(1, 2);
    fixture.mood.hang(1, true);
    let (one, other) = (fresh(), fresh());
    tell(&fixture, one, 1).await;
    tell(&fixture, one, 2).await;
    tell(&fixture, other, 3).await;
    let relay = Relay::start(&fixture, broker(&fixture, kind, &namespace()));
    assert_eq!(fixture.until_effects(1).await, [3]);
    fixture.mood.hang(1, false);
    assert_eq!(fixture.until_effects(3).await, [3, 1, 2]);
    relay.stop().await;
    fixture.remove().await;
}

async fn a_poison_event_is_parked_and_can_be_replayed(kind: Kind) {
    let fixture = Fixture::new().await;
    fixture.mood.fail(1, 1_000);
    let about = fresh();
    tell(&fixture, about, 1).await;
    tell(&fixture, about, 2).await;
    let relay = Relay::start(&fixture, broker(&fixture, kind, &namespace()));
    assert_eq!(fixture.until_effects(1).await, [2]);
    let mut conn = fixture.platform.acquire().await.unwrap();
    let found = parked(&mut conn, Some("probe.effect"), 10).await.unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(
        (found[0].attempts, found[0].event_type.as_str()),
        (4, "probe.number.told.v1")
    );
    assert!(
        found[0].last_error.contains("number 1 fails"),
        "{}",
        found[0].last_error
    );

    fixture.mood.fail(1, 0);
    let now = fixture.ambient.clock.now();
    let replayed = replay(&mut conn, None, Some(found[0].event_id), now)
        .await
        .unwrap();
    assert_eq!(replayed, 1);
    assert_eq!(fixture.until_effects(2).await, [2, 1]);
    fixture
        .until("select count(*) = 0 from platform.delivery")
        .await;
    drop(conn);
    relay.stop().await;
    fixture.remove().await;
}

/// Accepts like the broker inside of it, and then is killed before anything is marked, once.
struct DiesOnce {
    inner: Arc<dyn Broker>,
    died: AtomicBool,
}

#[async_trait]
impl Broker for DiesOnce {
    async fn accept(
        &self,
        conn: &mut PgConnection,
        batch: &[Envelope],
    ) -> Result<Vec<EventId>, BrokerError> {
        let taken = self.inner.accept(conn, batch).await?;
        if self.died.swap(true, Ordering::SeqCst) {
            return Ok(taken);
        }
        // The relay's session ends here, as it does when its process is killed.
        sqlx::query("select pg_terminate_backend(pg_backend_pid())")
            .execute(conn)
            .await?;
        Ok(taken)
    }

    async fn run(&self, cancel: CancellationToken) {
        self.inner.run(cancel).await;
    }

    async fn is_ready(&self) -> bool {
        self.inner.is_ready().await
    }
}

async fn a_relay_that_dies_before_marking_publishes_again_to_one_effect(kind: Kind) {
    let fixture = Fixture::new().await;
    let about = fresh();
    for number in 1..=5 {
        tell(&fixture, about, number).await;
    }
    let dying = Arc::new(DiesOnce {
        inner: broker(&fixture, kind, &namespace()),
        died: AtomicBool::new(false),
    });
    let relay = Relay::start(&fixture, dying.clone());
    fixture
        .until("select count(*) = 5 from platform.outbox where published_at is not null")
        .await;
    assert!(dying.died.load(Ordering::SeqCst));
    tell(&fixture, about, 6).await;
    assert_eq!(fixture.until_effects(6).await, [1, 2, 3, 4, 5, 6]);
    relay.stop().await;
    assert_eq!(fixture.effects().await, [1, 2, 3, 4, 5, 6]);
    fixture.remove().await;
}

async fn an_event_that_is_delivered_twice_has_one_effect(kind: Kind) {
    let fixture = Fixture::new().await;
    let about = fresh();
    let relay = Relay::start(&fixture, broker(&fixture, kind, &namespace()));
    tell(&fixture, about, 1).await;
    fixture.until_effects(1).await;
    sqlx::query("update platform.outbox set published_at = null")
        .execute(&fixture.admin)
        .await
        .unwrap();
    tell(&fixture, about, 2).await;
    assert_eq!(fixture.until_effects(2).await, [1, 2]);
    relay.stop().await;
    assert_eq!(fixture.effects().await, [1, 2]);
    fixture.remove().await;
}

async fn a_killed_process_loses_nothing_and_another_takes_over(kind: Kind) {
    let fixture = Fixture::new().await;
    let namespace = namespace();
    fixture.mood.hang(1, true);
    let about = fresh();
    tell(&fixture, about, 1).await;
    tell(&fixture, about, 2).await;
    let first = Relay::start(&fixture, broker(&fixture, kind, &namespace));
    fixture.mood.begun.notified().await;
    let second = Relay::start(&fixture, broker(&fixture, kind, &namespace));
    first.kill().await;
    fixture.mood.hang(1, false);
    tell(&fixture, about, 3).await;
    assert_eq!(fixture.until_effects(3).await, [1, 2, 3]);
    second.stop().await;
    fixture.remove().await;
}

async fn tenants_do_not_mix(kind: Kind) {
    let fixture = Fixture::new().await;
    let other = TenantId(fresh());
    let relay = Relay::start(&fixture, broker(&fixture, kind, &namespace()));
    tell(&fixture, fresh(), 1).await;
    tell_as(&fixture, other, fresh(), 2).await;
    fixture.until_effects(2).await;
    relay.stop().await;
    let rows: Vec<(Uuid, i32)> =
        sqlx::query_as("select tenant_id, number from probe.effect order by number")
            .fetch_all(&fixture.admin)
            .await
            .unwrap();
    assert_eq!(rows, [(fixture.tenant.uuid(), 1), (other.uuid(), 2)]);
    fixture.remove().await;
}

/// The same tests for both brokers.
macro_rules! contract {
    ($($rule:ident),* $(,)?) => {
        mod embedded {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $rule() {
                super::$rule(super::Kind::Embedded).await;
            })*
        }
        mod amqp {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $rule() {
                super::$rule(super::Kind::Amqp).await;
            })*
        }
    };
}

contract!(
    order_holds_under_concurrent_publishers,
    a_failing_event_comes_back_and_holds_back_only_its_aggregate,
    a_poison_event_is_parked_and_can_be_replayed,
    a_relay_that_dies_before_marking_publishes_again_to_one_effect,
    an_event_that_is_delivered_twice_has_one_effect,
    a_killed_process_loses_nothing_and_another_takes_over,
    tenants_do_not_mix,
);

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_connection_to_rabbitmq_is_made_again() {
    let fixture = Fixture::new().await;
    let url = amqp_url();
    let (credentials, rest) = url.split_once('@').unwrap();
    let (target, vhost) = rest.split_once('/').unwrap();
    let proxy = Proxy::to(target.to_owned()).await;
    let through = format!("{credentials}@127.0.0.1:{}/{vhost}", proxy.port);
    let broker = amqp_at(&fixture, &through, &namespace());
    let relay = Relay::start(&fixture, broker.clone());
    let about = fresh();
    tell(&fixture, about, 1).await;
    fixture.until_effects(1).await;
    assert!(broker.is_ready().await);

    proxy.cut();
    for number in 2..=4 {
        tell(&fixture, about, number).await;
    }
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(!broker.is_ready().await);
    proxy.mend();
    assert_eq!(fixture.until_effects(4).await, [1, 2, 3, 4]);
    relay.stop().await;
    fixture.remove().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_kills_its_process_again_and_again_is_parked() {
    let fixture = Fixture::new().await;
    let namespace = namespace();
    fixture.mood.hang(1, true);
    let about = fresh();
    tell(&fixture, about, 1).await;
    let parked = "select count(*) = 1 from platform.delivery where parked_at is not null";
    // The queue allows ten lost deliveries; a process may also be killed before its delivery came.
    let mut killed = 0;
    let relay = loop {
        let relay = Relay::start(&fixture, broker(&fixture, Kind::Amqp, &namespace));
        tokio::select! {
            biased;
            () = fixture.mood.begun.notified() => {}
            () = fixture.until(parked) => break relay,
        }
        relay.kill().await;
        killed += 1;
        assert!(killed < 60, "never parked");
    };
    assert!(killed >= 10, "parked after {killed} lost processes");
    tell(&fixture, about, 2).await;
    assert_eq!(fixture.until_effects(1).await, [2]);
    relay.stop().await;
    fixture.remove().await;
}
