//! Rates that several edges count together, in a real Redis.

use std::process::{Child, Command, Stdio};
use std::time::Duration;

use http::StatusCode;

use crate::world::World;

/// The Redis of the test run (`TESSERA_TEST_REDIS_URL`), or one of its own on a socket in a temporary folder.
struct Server {
    url: String,
    own: Option<(Child, tempfile::TempDir)>,
}

impl Server {
    fn start() -> Self {
        if let Ok(url) = std::env::var("TESSERA_TEST_REDIS_URL") {
            return Self { url, own: None };
        }
        let folder = tempfile::tempdir().unwrap();
        let socket = folder.path().join("redis.sock");
        let child = Command::new("redis-server")
            .args(["--port", "0", "--save", "", "--unixsocket"])
            .arg(&socket)
            .arg("--dir")
            .arg(folder.path())
            .stdout(Stdio::null())
            .spawn()
            .expect("these tests need redis-server, or TESSERA_TEST_REDIS_URL");
        for _ in 0..200 {
            if socket.exists() {
                break;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Self {
            url: format!("redis+unix://{}", socket.display()),
            own: Some((child, folder)),
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some((child, _)) = &mut self.own {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }
}

fn edge(url: &str, per_minute: u32) -> World {
    let url = url.to_owned();
    World::with(move |config| {
        config.rate.tenant_per_minute = per_minute;
        config.rate.redis_url = Some(url);
    })
}

/// Asks until the connection to Redis stands, which the first requests do not wait for.
async fn spend(world: &World, token: &str) -> (usize, StatusCode) {
    let mut answered = 0;
    for _ in 0..200 {
        let answer = world.query_as("{ hello }", token).await;
        if answer.status != StatusCode::OK {
            assert_eq!(answer.code(), "RATE_LIMITED");
            assert!(answer.header("retry-after").parse::<u64>().unwrap() >= 1);
            return (answered, answer.status);
        }
        answered += 1;
    }
    (answered, StatusCode::OK)
}

#[tokio::test]
async fn edges_share_what_a_tenant_may_ask() {
    let server = Server::start();
    let (one, two) = (edge(&server.url, 40), edge(&server.url, 40));
    // a tenant of this run's own: the Redis may outlive it
    let token = one.token_of_fresh_tenant(600);
    let warm = one.token_of_fresh_tenant(600);
    for world in [&one, &two] {
        for _ in 0..20 {
            world.query_as("{ hello }", &warm).await;
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
    let (first, refused) = spend(&one, &token).await;
    assert_eq!(refused, StatusCode::TOO_MANY_REQUESTS);
    // on a busy machine some counts come too late and are made locally
    assert!((40..=60).contains(&first), "{first}");
    let (second, refused) = spend(&two, &token).await;
    assert_eq!(refused, StatusCode::TOO_MANY_REQUESTS);
    assert!(second <= 20, "the second edge let {second} more through");
}

#[tokio::test]
async fn an_edge_counts_on_its_own_while_redis_is_away() {
    let world = edge("redis://127.0.0.1:1/", 10);
    let token = world.token("", 600);
    assert_eq!(
        spend(&world, &token).await,
        (10, StatusCode::TOO_MANY_REQUESTS)
    );
}
