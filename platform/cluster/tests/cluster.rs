//! A real server in a temporary folder: made, stopped, found again, orphaned, broken.
//!
//! Skips nothing: a machine without PostgreSQL fails here with the sentence that a user would read.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use platform_cluster::{ClusterError, Options, ensure, stop};
use std::net::{TcpListener, TcpStream};

fn folder() -> tempfile::TempDir {
    tempfile::Builder::new()
        .prefix("tessera-cluster-")
        .tempdir()
        .unwrap()
}

/// Removes the server's files too when they had to be put elsewhere.
fn clean(home: &std::path::Path) {
    std::fs::remove_dir_all(home).unwrap();
}

#[test]
fn an_owned_cluster_is_made_once_refuses_a_second_owner_and_survives_a_restart() {
    let dir = folder();
    let options = Options {
        durable: false,
        ..Options::application()
    };
    let first = ensure(dir.path(), &options).unwrap();
    assert!(first.created());
    assert!(TcpStream::connect(("127.0.0.1", first.port())).is_ok());
    assert!(first.admin_url().starts_with("postgres://tessera_admin:"));
    assert!(matches!(
        ensure(dir.path(), &options),
        Err(ClusterError::InUse { .. })
    ));
    let (url, port) = (first.admin_url().to_owned(), first.port());
    first.stop().unwrap();
    assert!(TcpStream::connect(("127.0.0.1", port)).is_err());

    let second = ensure(dir.path(), &options).unwrap();
    assert!(!second.created());
    assert_eq!(second.admin_url(), url);
    let home = second.home().to_owned();
    drop(second);
    assert!(
        TcpStream::connect(("127.0.0.1", port)).is_err(),
        "dropping an owned cluster stops it"
    );

    // the remembered port is somebody else's now
    let taken = TcpListener::bind(("127.0.0.1", port)).unwrap();
    let third = ensure(dir.path(), &options).unwrap();
    assert_ne!(third.port(), port);
    drop(taken);

    // a process id that belongs to another program by now
    drop(third);
    std::fs::write(
        home.join("data/postmaster.pid"),
        format!("{}\n{}\n", std::process::id(), "/elsewhere"),
    )
    .unwrap();
    let fourth = ensure(dir.path(), &options).unwrap();
    drop(fourth);

    // a damaged cluster says so in one sentence that names the folder
    std::fs::remove_file(home.join("data/global/pg_control")).unwrap();
    let broken = ensure(dir.path(), &options).unwrap_err().to_string();
    assert!(
        broken.contains("pg_control") && broken.contains("move"),
        "{broken}"
    );
    assert_eq!(broken.lines().count(), 1);

    // a cluster of a version that isn't here
    std::fs::write(home.join("data/PG_VERSION"), "9\n").unwrap();
    let old = ensure(dir.path(), &options).unwrap_err();
    assert!(
        matches!(&old, ClusterError::VersionMissing { needed, .. } if needed == "9"),
        "{old}"
    );
    clean(&home);
}

#[test]
fn a_shared_cluster_serves_concurrent_callers_until_it_is_stopped() {
    let dir = folder();
    let ports: Vec<u16> = std::thread::scope(|scope| {
        let callers: Vec<_> = (0..4)
            .map(|_| scope.spawn(|| ensure(dir.path(), &Options::tests()).unwrap().port()))
            .collect();
        callers
            .into_iter()
            .map(|caller| caller.join().unwrap())
            .collect()
    });
    assert!(ports.iter().all(|port| *port == ports[0]), "{ports:?}");
    let home = ensure(dir.path(), &Options::tests())
        .unwrap()
        .home()
        .to_owned();
    assert!(stop(dir.path()).unwrap());
    assert!(TcpStream::connect(("127.0.0.1", ports[0])).is_err());
    assert!(!stop(dir.path()).unwrap());
    clean(&home);
}
