use std::time::Duration;

use serde_json::json;
use sqlx::Connection as _;
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpListener;

use crate::process::{Database, Running, SECRET, ask, client, run};
use crate::product::{Demo, Shape};

const ACROSS: &str = "{ me { email } tenant { name licenses { module status } } cvAnalyses { edges { node { id } } } interviews { edges { node { id } } } }";

#[tokio::test(flavor = "multi_thread")]
async fn both_shapes_answer_alike_and_end_in_order() {
    let demo = Demo::new(&[]).await;
    let said: serde_json::Value = serde_json::from_str(&demo.seed()).unwrap();
    assert_eq!(&said, demo.account(), "the second call made something new");

    let product = demo.start(Shape::Embedded).await;
    let token = product.sign_in(&demo).await;
    let embedded = ask(&product.url, Some(&token), ACROSS, json!({})).await;
    assert!(embedded["errors"].is_null(), "{embedded}");
    assert_eq!(embedded["data"]["me"]["email"], demo.account()["email"]);
    let metrics = client()
        .get(format!("{}/metrics", product.url))
        .send()
        .await
        .unwrap();
    assert!(metrics.text().await.unwrap().contains("tessera_"));
    let (took, words) = product.end().await;
    assert!(took < Duration::from_secs(5), "{took:?}: {words}");
    assert!(!words.contains("did not end in time"), "{words}");

    let mut apart = demo.start(Shape::Apart).await;
    let remote = ask(&apart.url, Some(&token), ACROSS, json!({})).await;
    assert_eq!(remote, embedded);

    // A subgraph answers nobody but the router, its own schema included.
    for headers in [None, Some(token.as_str())] {
        let core = apart.url_of("core");
        let answer = ask(core, headers, "{ _service { sdl } }", json!({})).await;
        assert_eq!(
            answer["errors"][0]["extensions"]["code"], "UNAUTHENTICATED",
            "{answer}"
        );
        assert!(answer["data"].is_null());
    }

    apart.end_one("interview").await;
    let ready = client()
        .get(format!("{}/ready", apart.url))
        .send()
        .await
        .unwrap();
    assert_eq!(ready.status(), 503);
    assert!(ready.text().await.unwrap().contains("interview"));
    apart.end().await;
    demo.remove().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_without_migrations_is_not_ready_and_says_why() {
    let database = Database::new().await;
    let files = tempfile::tempdir().unwrap();
    let listen = format!("127.0.0.1:{}", crate::process::free_port());
    let variables = [
        ("DATABASE_URL", database.url.as_str()),
        ("TESSERA_SECRET", SECRET),
        ("TESSERA_DATA_DIR", files.path().to_str().unwrap()),
    ];
    let (ok, words) = run(&["migrate"], &variables);
    assert!(ok, "{words}");
    // One migration less than this program knows.
    let mut conn = sqlx::PgConnection::connect(&database.url).await.unwrap();
    sqlx::query("delete from billing._migrations where version = 1")
        .execute(&mut conn)
        .await
        .unwrap();
    let mut child = crate::process::tessera(&["serve"], &variables)
        .env("TESSERA_LISTEN", &listen)
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let mut body = String::new();
    for _ in 0..500 {
        tokio::time::sleep(Duration::from_millis(20)).await;
        if let Ok(answer) = client().get(format!("http://{listen}/ready")).send().await {
            assert_eq!(answer.status(), 503);
            body = answer.text().await.unwrap();
            break;
        }
    }
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(body.contains("billing/1"), "{body}");
    database.remove().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn traces_are_sent_where_the_standard_variable_says() {
    let collector = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", collector.local_addr().unwrap());
    let sdl = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/supergraph.graphql");
    let router = Running::start(
        &["router", "--supergraph", sdl],
        &[("OTEL_EXPORTER_OTLP_ENDPOINT", &endpoint)],
    )
    .await;
    ask(&router.url, None, "{ __typename }", json!({})).await;
    let received = tokio::spawn(async move {
        let (mut stream, _) = collector.accept().await.unwrap();
        let mut bytes = [0; 64];
        let read = stream.read(&mut bytes).await.unwrap();
        String::from_utf8_lossy(&bytes[..read]).into_owned()
    });
    let (_, words) = router.end().await;
    let request = tokio::time::timeout(Duration::from_secs(10), received).await;
    let request = request
        .unwrap_or_else(|_| panic!("nothing was sent: {words}"))
        .unwrap();
    assert!(request.starts_with("POST /v1/traces "), "{request}");
}
