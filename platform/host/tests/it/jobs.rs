use std::time::Duration;

use platform_host::jobs::{Options, Runner};
use platform_sdk::TenantId;
use tokio_util::sync::CancellationToken;

use crate::fixture::{Fixture, QUICK, fresh};
use crate::probe::Work;

fn options() -> Options {
    Options {
        concurrency: 2,
        lease: Duration::from_millis(600),
        timeout: Duration::from_secs(10),
        poll: Duration::from_millis(300),
        backoff: QUICK,
        grace: Duration::from_millis(50),
    }
}

fn runner(fixture: &Fixture, options: Options) -> Runner {
    Runner::new(
        fixture.platform.clone(),
        vec![fixture.probe.clone()],
        fixture.ambient.clone(),
        fixture.wakes.clone(),
        options,
    )
}

async fn queue(fixture: &Fixture, tenant: TenantId, number: i32) {
    let mut tx = fixture.ctx_of(tenant).begin().await.unwrap();
    tx.enqueue(&Work { number }).await.unwrap().unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failing_job_is_tried_again_and_has_one_effect() {
    let fixture = Fixture::new().await;
    fixture.mood.fail(1, 2);
    queue(&fixture, fixture.tenant, 1).await;
    let cancel = CancellationToken::new();
    let running = tokio::spawn({
        let (runner, cancel) = (runner(&fixture, options()), cancel.clone());
        async move { runner.run(cancel).await }
    });
    assert_eq!(fixture.until_effects(1).await, [1]);
    fixture
        .until(
            "select count(*) = 1 from platform.job where finished_at is not null and attempts = 3",
        )
        .await;
    cancel.cancel();
    running.await.unwrap();
    assert_eq!(fixture.effects().await, [1]);
    fixture.remove().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hopeless_job_is_parked_with_its_error_and_the_module_is_told() {
    let fixture = Fixture::new().await;
    fixture.mood.fail(1, 1_000);
    queue(&fixture, fixture.tenant, 1).await;
    queue(&fixture, fixture.tenant, 2).await;
    let cancel = CancellationToken::new();
    let running = tokio::spawn({
        let (runner, cancel) = (runner(&fixture, options()), cancel.clone());
        async move { runner.run(cancel).await }
    });
    fixture.until("select count(*) = 1 from platform.job where parked_at is not null and attempts = 3 and last_error like '%number 1 fails%'").await;
    assert_eq!(fixture.until_effects(2).await, [2, -1]);
    cancel.cancel();
    running.await.unwrap();
    fixture.remove().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_runner_leaves_its_job_to_another_when_the_lease_ends() {
    let fixture = Fixture::new().await;
    fixture.mood.hang(1, true);
    queue(&fixture, fixture.tenant, 1).await;
    let first = tokio::spawn({
        let runner = runner(&fixture, options());
        async move { runner.run(CancellationToken::new()).await }
    });
    fixture.mood.begun.notified().await;
    first.abort();
    assert!(first.await.unwrap_err().is_cancelled());
    fixture.mood.hang(1, false);
    let cancel = CancellationToken::new();
    let second = tokio::spawn({
        let (runner, cancel) = (runner(&fixture, options()), cancel.clone());
        async move { runner.run(cancel).await }
    });
    assert_eq!(fixture.until_effects(1).await, [1]);
    cancel.cancel();
    second.await.unwrap();
    fixture.remove().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lease_is_renewed_for_as_long_as_the_work_takes() {
    let fixture = Fixture::new().await;
    fixture.mood.hang(1, true);
    queue(&fixture, fixture.tenant, 1).await;
    let cancel = CancellationToken::new();
    let running: Vec<_> = (0..2)
        .map(|_| {
            let (runner, cancel) = (runner(&fixture, options()), cancel.clone());
            tokio::spawn(async move { runner.run(cancel).await })
        })
        .collect();
    // three leases long
    tokio::time::sleep(Duration::from_millis(1_800)).await;
    fixture.mood.hang(1, false);
    assert_eq!(fixture.until_effects(1).await, [1]);
    fixture
        .until(
            "select count(*) = 1 from platform.job where finished_at is not null and attempts = 1",
        )
        .await;
    cancel.cancel();
    for task in running {
        task.await.unwrap();
    }
    fixture.remove().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shutdown_gives_running_jobs_back_at_once() {
    let fixture = Fixture::new().await;
    fixture.mood.hang(1, true);
    queue(&fixture, fixture.tenant, 1).await;
    let cancel = CancellationToken::new();
    let long = Options {
        lease: Duration::from_secs(600),
        ..options()
    };
    let running = tokio::spawn({
        let (runner, cancel) = (runner(&fixture, long), cancel.clone());
        async move { runner.run(cancel).await }
    });
    fixture.mood.begun.notified().await;
    cancel.cancel();
    running.await.unwrap();
    fixture.mood.hang(1, false);
    assert_eq!(
        runner(&fixture, long)
            .turn(&CancellationToken::new())
            .await
            .unwrap(),
        1
    );
    assert_eq!(fixture.effects().await, [1]);
    fixture
        .until(
            "select count(*) = 1 from platform.job where finished_at is not null and attempts = 1",
        )
        .await;
    fixture.remove().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_with_a_long_queue_does_not_hold_up_the_others() {
    let fixture = Fixture::new().await;
    for number in 1..=20 {
        queue(&fixture, fixture.tenant, number).await;
    }
    let (second, third) = (TenantId(fresh()), TenantId(fresh()));
    queue(&fixture, second, 101).await;
    queue(&fixture, third, 102).await;
    let runner = runner(
        &fixture,
        Options {
            concurrency: 3,
            ..options()
        },
    );
    assert_eq!(runner.turn(&CancellationToken::new()).await.unwrap(), 3);
    let mut first = fixture.effects().await;
    first.sort_unstable();
    assert_eq!(first, [1, 101, 102]);
    fixture.remove().await;
}
