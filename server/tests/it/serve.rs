use std::time::Duration;

use serde_json::json;
use sqlx::Connection as _;
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpListener;

use crate::process::{Database, Running, SECRET, ask, client, run};

const SIGN_IN: &str = "mutation ($input: SignInInput!) { signIn(input: $input) { session { accessToken } userErrors { code } } }";
const ACROSS: &str = "{ me { email } tenant { name licenses { module status } } cvAnalyses { edges { node { id } } } interviews { edges { node { id } } } }";

async fn sign_in(url: &str, demo: &serde_json::Value) -> String {
    let input = json!({ "email": demo["email"], "password": demo["password"] });
    let answer = ask(url, None, SIGN_IN, json!({ "input": input })).await;
    answer["data"]["signIn"]["session"]["accessToken"]
        .as_str()
        .unwrap_or_else(|| panic!("{answer}"))
        .to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn both_shapes_answer_alike_and_end_in_order() {
    let database = Database::new().await;
    let files = tempfile::tempdir().unwrap();
    let variables = [
        ("DATABASE_URL", database.url.as_str()),
        ("TESSERA_SECRET", SECRET),
        ("TESSERA_DATA_DIR", files.path().to_str().unwrap()),
    ];
    let (ok, words) = run(&["migrate"], &variables);
    assert!(ok, "{words}");
    let (ok, words) = run(&["seed-demo"], &variables);
    assert!(ok, "{words}");
    let (_, again) = run(&["seed-demo"], &variables);
    assert_eq!(words, again, "the second call made something new");
    let demo: serde_json::Value = serde_json::from_str(words.trim()).unwrap();

    let product = Running::start(&["serve"], &variables).await;
    let token = sign_in(&product.url, &demo).await;
    let embedded = ask(&product.url, Some(&token), ACROSS, json!({})).await;
    assert!(embedded["errors"].is_null(), "{embedded}");
    assert_eq!(embedded["data"]["me"]["email"], demo["email"]);
    let metrics = client()
        .get(format!("{}/metrics", product.url))
        .send()
        .await
        .unwrap();
    assert!(metrics.text().await.unwrap().contains("tessera_"));
    let (took, words) = product.end().await;
    assert!(took < Duration::from_secs(5), "{took:?}: {words}");
    assert!(!words.contains("did not end in time"), "{words}");

    let mut services = Vec::new();
    let mut subgraphs = Vec::new();
    for module in ["core", "billing", "cv-analysis", "interview"] {
        let service = Running::start(&["serve", "--modules", module], &variables).await;
        subgraphs.push(format!("{module}={}", service.url));
        services.push(service);
    }
    let subgraphs = subgraphs.join(",");
    let router = Running::start(
        &["router"],
        &[
            ("TESSERA_SECRET", SECRET),
            ("TESSERA_SUBGRAPHS", &subgraphs),
        ],
    )
    .await;
    let remote = ask(&router.url, Some(&token), ACROSS, json!({})).await;
    assert_eq!(remote, embedded);

    // A subgraph answers nobody but the router, its own schema included.
    for headers in [None, Some(token.as_str())] {
        let answer = ask(&services[0].url, headers, "{ _service { sdl } }", json!({})).await;
        assert_eq!(
            answer["errors"][0]["extensions"]["code"], "UNAUTHENTICATED",
            "{answer}"
        );
        assert!(answer["data"].is_null());
    }

    services.pop().unwrap().end().await;
    let ready = client()
        .get(format!("{}/ready", router.url))
        .send()
        .await
        .unwrap();
    assert_eq!(ready.status(), 503);
    assert!(ready.text().await.unwrap().contains("interview"));
    for process in services.into_iter().chain([router]) {
        process.end().await;
    }
    database.remove().await;
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
