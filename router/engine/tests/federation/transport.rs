//! Ways to subgraphs.

use router_engine::{EngineError, RemoteClient, RemoteOptions, RemoteSubgraph, Transport};
use serde_json::{Map, json};

use super::universe::Universe;
use super::{ask, runtime};

#[test]
fn subgraphs_behind_a_unix_socket_and_behind_http2_are_reached() {
    runtime().block_on(async {
        let folder = std::env::temp_dir().join(format!("router-engine-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder");
        let socket = folder.join("subgraph.sock");
        let listener = tokio::net::UnixListener::bind(&socket).expect("a socket");
        let router = axum::Router::new().route(
            "/b",
            axum::routing::post(|request: axum::extract::Request| async move {
                json!({ "data": { "other": format!("{:?}", request.version()) } }).to_string()
            }),
        );
        tokio::spawn(async move { axum::serve(listener, router).await });
        let url = format!("unix://{}?/b", socket.display());
        for (http2, version) in [(false, "HTTP/1.1"), (true, "HTTP/2.0")] {
            let client = RemoteClient::new(RemoteOptions {
                http2,
                ..RemoteOptions::default()
            })
            .expect("a client");
            let remote = RemoteSubgraph::new(&url, client).expect("an address");
            let engine = Universe::load("nulls").engine_with("b", Transport::Remote(remote));
            assert_eq!(
                ask(&engine, "{ other }", &Map::new()).await["data"]["other"],
                version
            );
        }
        std::fs::remove_dir_all(&folder).expect("the folder goes");
        let client = RemoteClient::new(RemoteOptions::default()).expect("a client");
        for bad in [
            "ftp://a/",
            "nothing",
            "unix://relative?/x",
            "unix:///x?relative",
        ] {
            assert!(
                matches!(
                    RemoteSubgraph::new(bad, client.clone()),
                    Err(EngineError::Address { .. })
                ),
                "{bad}"
            );
        }
    });
}
