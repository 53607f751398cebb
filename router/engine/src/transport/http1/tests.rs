//! The client against a server that answers byte for byte what a test wants.

#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use super::{Body, Broken, Head, Pool, Target};

const REQUEST: &[u8] = b"POST / HTTP/1.1\r\ncontent-length: 4\r\n\r\n";

/// For every request of a connection the pieces of its answer.
type Answers = &'static [&'static [&'static [u8]]];

/// A pool for a server that gives every request of a connection the next of `answers`, in the given pieces, and closes
/// the connection behind the last.
async fn server(answers: Answers) -> (Arc<Pool>, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let connections = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&connections);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            count.fetch_add(1, Ordering::SeqCst);
            tokio::spawn(serve(stream, answers));
        }
    });
    let target = Target::Tcp {
        host: "127.0.0.1".into(),
        port,
    };
    let second = Duration::from_secs(1);
    (Arc::new(Pool::new(target, second, 4, second)), connections)
}

async fn serve(mut stream: TcpStream, answers: Answers) {
    stream.set_nodelay(true).unwrap();
    for answer in answers {
        let mut request = [0; REQUEST.len() + 4];
        if stream.read_exact(&mut request).await.is_err() {
            return;
        }
        assert_eq!(&request[REQUEST.len()..], b"body");
        for piece in *answer {
            stream.write_all(piece).await.unwrap();
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

async fn ask(pool: &Arc<Pool>) -> Result<(Head, Body), Broken> {
    pool.ask(REQUEST, b"body").await
}

async fn whole(pool: &Arc<Pool>) -> Result<Option<Bytes>, Broken> {
    ask(pool).await?.1.whole(1000).await
}

#[tokio::test]
async fn a_connection_is_used_again_and_again() {
    let (pool, connections) = server(&[
        &[b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nfirst"],
        &[
            b"HTTP/1.1 200 OK\r\ncont",
            b"ent-length: 6\r\n\r\nsec",
            b"ond",
        ],
        &[
            b"HTTP/1.1 103 Early\r\n\r\n",
            b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n",
        ],
        &[
            b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\ncho",
            b"\r\n2\r\npp\r\n0\r\n",
            b"\r\n",
        ],
        &[b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nlast"],
    ])
    .await;
    for expected in ["first", "second", "", "chopp", "last"] {
        assert_eq!(whole(&pool).await.unwrap().unwrap(), expected);
    }
    assert_eq!(connections.load(Ordering::SeqCst), 1);
    // the server has closed it behind the last answer
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert_eq!(whole(&pool).await.unwrap().unwrap(), "first");
    assert_eq!(connections.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn a_connection_that_may_be_out_of_step_is_not_used_again() {
    const CASES: &[Answers] = &[
        &[&[b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nokHTTP/1.1 200 OK"]],
        &[&[b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok"]],
        &[&[b"HTTP/1.0 200 OK\r\ncontent-length: 2\r\n\r\nok"]],
        &[&[b"HTTP/1.1 200 OK\r\n\r\no", b"k"]],
    ];
    for answers in CASES {
        let (pool, connections) = server(answers).await;
        for asked in 1..=2 {
            assert_eq!(whole(&pool).await.unwrap().unwrap(), "ok");
            assert_eq!(connections.load(Ordering::SeqCst), asked);
        }
    }
}

#[tokio::test]
async fn an_answer_that_is_not_read_to_its_end_closes_the_connection() {
    let (pool, connections) =
        server(&[&[b"HTTP/1.1 200 OK\r\ncontent-length: 1001\r\n\r\nmuch"]]).await;
    assert!(whole(&pool).await.unwrap().is_none(), "above the limit");
    drop(ask(&pool).await.unwrap());
    assert!(whole(&pool).await.unwrap().is_none());
    assert_eq!(connections.load(Ordering::SeqCst), 3);
}

#[tokio::test]
async fn answers_that_break_off_or_are_none_are_errors() {
    const CASES: &[Answers] = &[
        &[&[b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nshort"]],
        &[&[b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nsh"]],
        &[&[b"HTTP/1.1 200 OK\r\ncontent-le"]],
        &[&[b"220 smtp.example ESMTP\r\n\r\n"]],
        &[&[]],
    ];
    for answers in CASES {
        let (pool, _) = server(answers).await;
        assert!(whole(&pool).await.is_err(), "{answers:?}");
    }
}

#[tokio::test]
async fn a_large_answer_comes_whole_and_a_stream_piece_by_piece() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let content: Vec<u8> = (0..3_000_000_u32).map(|n| (n % 251) as u8).collect();
    let sent = content.clone();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        for _ in 0..2 {
            let mut request = [0; REQUEST.len() + 4];
            stream.read_exact(&mut request).await.unwrap();
            let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", sent.len());
            stream.write_all(head.as_bytes()).await.unwrap();
            stream.write_all(&sent).await.unwrap();
        }
    });
    let target = Target::Tcp {
        host: "localhost".into(),
        port,
    };
    let second = Duration::from_secs(1);
    let pool = Arc::new(Pool::new(target, second, 4, second));
    let (_, body) = ask(&pool).await.unwrap();
    assert!(body.whole(4_000_000).await.unwrap().unwrap() == content);
    let (_, mut body) = ask(&pool).await.unwrap();
    let mut pieces = Vec::new();
    while let Some(piece) = body.chunk().await.unwrap() {
        pieces.extend_from_slice(&piece);
    }
    assert!(pieces == content);
}

#[tokio::test]
async fn idle_connections_are_closed_in_time() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let target = Target::Tcp {
        host: "127.0.0.1".into(),
        port,
    };
    let pool = Pool::new(target, Duration::from_secs(1), 4, Duration::from_millis(50));
    let pool = Arc::new(pool);
    let asking = Arc::clone(&pool);
    let asked = tokio::spawn(async move { whole(&asking).await.unwrap() });
    let (mut stream, _) = listener.accept().await.unwrap();
    let mut request = [0; REQUEST.len() + 4];
    stream.read_exact(&mut request).await.unwrap();
    stream
        .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok")
        .await
        .unwrap();
    assert_eq!(asked.await.unwrap().unwrap(), "ok");
    let mut rest = Vec::new();
    let end = tokio::time::timeout(Duration::from_secs(5), stream.read_to_end(&mut rest));
    assert_eq!(end.await.unwrap().unwrap(), 0, "the client closes");
}

#[test]
fn threads_with_a_runtime_each_have_connections_of_their_own() {
    const ANSWER: &[&[u8]] = &[b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"];
    let here = || {
        tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap()
    };
    let serving = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    let (pool, connections) = serving.block_on(server(&[ANSWER; 4]));
    let asks = |times: usize| {
        let pool = Arc::clone(&pool);
        let asking = move || {
            here().block_on(async {
                for _ in 0..times {
                    assert_eq!(whole(&pool).await.unwrap().unwrap(), "ok");
                }
            });
        };
        std::thread::spawn(asking).join().unwrap();
    };
    asks(3);
    assert_eq!(connections.load(Ordering::SeqCst), 1);
    // that thread's connection is idle, and belongs to a reactor that is gone
    asks(3);
    assert_eq!(connections.load(Ordering::SeqCst), 2);
}
