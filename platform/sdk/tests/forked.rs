//! Runs in children of a template: what they can't do, what becomes of bad ones, and that nobody is left behind.

#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

use std::time::{Duration, Instant};

use platform_sdk::Sandbox;
use platform_sdk::sandbox::{Limits, SandboxError};

fn probe(kind: &str) -> Sandbox {
    Sandbox::new(env!("CARGO_BIN_EXE_sandbox-probe"), &[kind])
}

fn quick() -> Limits {
    Limits {
        wall: Duration::from_secs(30),
        ..Limits::default()
    }
}

async fn ask(sandbox: &Sandbox, input: &str, limits: Limits) -> Result<String, SandboxError> {
    let output = sandbox
        .run_forked(&[], input.to_owned().into(), limits)
        .await?;
    Ok(String::from_utf8(output).unwrap())
}

/// Processes that a process started and that were not taken from the system's table yet, zombies included.
fn children(process: &str) -> Vec<String> {
    let threads = std::fs::read_dir(format!("/proc/{process}/task")).unwrap();
    threads
        .filter_map(|thread| std::fs::read_to_string(thread.unwrap().path().join("children")).ok())
        .flat_map(|list| {
            list.split_whitespace()
                .map(str::to_owned)
                .collect::<Vec<_>>()
        })
        .collect()
}

/// Waits for something that happens soon.
async fn soon(what: &str, mut happened: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !happened() {
        assert!(begun.elapsed() < Duration::from_secs(20), "{what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn every_input_has_a_child_of_its_own_and_none_stays() {
    let sandbox = probe("plain");
    let mut ids = std::collections::BTreeSet::new();
    for _ in 0..5 {
        assert!(ids.insert(ask(&sandbox, "id", quick()).await.unwrap()));
    }
    let [template] = &children("self")[..] else {
        panic!("more than the template: {:?}", children("self"));
    };
    assert!(!ids.contains(template));
    let texts = [
        "one", "two", "three", "four", "five", "six", "seven", "eight",
    ];
    let answers = texts.map(|text| ask(&sandbox, text, quick()));
    let answers = futures::future::try_join_all(answers).await.unwrap();
    assert_eq!(answers, texts);
    assert_eq!(children(template), [""; 0], "a child was left");
}

#[tokio::test]
async fn a_child_has_no_network_no_files_no_programs_no_threads_and_nobody_to_listen_to() {
    let sandbox = probe("plain");
    let tried = ask(&sandbox, "try", quick()).await.unwrap();
    let [calls, file] = [
        "program refused network refused thread refused",
        "file refused",
    ];
    assert!(tried.starts_with(calls), "{tried}");
    let landlock = std::fs::read_to_string("/sys/kernel/security/lsm")
        .is_ok_and(|modules| modules.contains("landlock"));
    assert!(!landlock || tried.ends_with(file), "{tried}");
    let heard = ask(&sandbox, "listen", quick()).await.unwrap();
    assert_eq!(heard, "Ok(0) true");
}

#[tokio::test]
async fn a_bad_child_is_a_typed_failure_and_the_template_lives_on() {
    let sandbox = probe("plain");
    ask(&sandbox, "id", quick()).await.unwrap();
    let template = children("self");
    let limits = Limits {
        memory_bytes: 256 << 20,
        cpu_s: 1,
        wall: Duration::from_secs(30),
        output_bytes: 1000,
    };
    for bad in ["abort", "panic", "spin", "memory"] {
        let ended = ask(&sandbox, bad, limits).await;
        assert!(
            matches!(ended, Err(SandboxError::Died(_))),
            "{bad}: {ended:?}"
        );
    }
    let long = ask(&sandbox, "much", limits).await;
    assert!(matches!(long, Err(SandboxError::TooLong)), "{long:?}");
    let slow = Limits {
        wall: Duration::from_millis(400),
        ..limits
    };
    let late = ask(&sandbox, "sleep", slow).await;
    assert!(matches!(late, Err(SandboxError::TimedOut)), "{late:?}");
    let input = "x".repeat((1 << 20) + 1);
    let refused = ask(&sandbox, &input, limits).await;
    assert!(matches!(refused, Err(SandboxError::Died(_))), "{refused:?}");
    assert_eq!(children(&template[0]), [""; 0], "a child was left");
    assert_eq!(
        ask(&sandbox, "still here", limits).await.unwrap(),
        "still here"
    );
    assert_eq!(children("self"), template, "the template is the same one");
}

#[tokio::test]
async fn who_gives_up_waiting_leaves_no_child() {
    let sandbox = probe("plain");
    ask(&sandbox, "id", quick()).await.unwrap();
    let template = children("self").remove(0);
    let mut run = Box::pin(ask(&sandbox, "sleep", quick()));
    let waited = tokio::time::timeout(Duration::from_millis(300), &mut run).await;
    assert!(waited.is_err());
    assert_eq!(children(&template).len(), 1);
    drop(run);
    soon("the child is killed", || children(&template).is_empty()).await;
}

#[tokio::test]
async fn a_killed_template_takes_its_children_along_and_is_replaced() {
    let sandbox = probe("plain");
    ask(&sandbox, "id", quick()).await.unwrap();
    let template = children("self").remove(0);
    let killing = async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        let at_work = children(&template);
        let id = rustix::process::Pid::from_raw(template.parse().unwrap()).unwrap();
        rustix::process::kill_process(id, rustix::process::Signal::KILL).unwrap();
        at_work
    };
    let (cut_off, at_work) = tokio::join!(ask(&sandbox, "sleep", quick()), killing);
    assert!(matches!(cut_off, Err(SandboxError::Died(_))), "{cut_off:?}");
    let child = format!("/proc/{}", at_work[0]);
    soon("its child is gone", || {
        !std::path::Path::new(&child).exists()
    })
    .await;
    soon("it is buried", || children("self").is_empty()).await;
    assert_eq!(ask(&sandbox, "again", quick()).await.unwrap(), "again");
    assert_ne!(children("self"), [template]);
}

#[tokio::test]
async fn a_new_program_has_a_new_template() {
    let folder = std::env::temp_dir().join(format!("sandbox-probe-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let program = folder.join("probe");
    std::fs::copy(env!("CARGO_BIN_EXE_sandbox-probe"), &program).unwrap();
    let sandbox = Sandbox::new(&program, &["plain"]);
    ask(&sandbox, "id", quick()).await.unwrap();
    let before = children("self");
    let other = folder.join("other");
    std::fs::copy(env!("CARGO_BIN_EXE_sandbox-probe"), &other).unwrap();
    std::fs::rename(&other, &program).unwrap();
    ask(&sandbox, "id", quick()).await.unwrap();
    soon("the old template ends", || children("self").len() == 1).await;
    assert_ne!(children("self"), before);
    std::fs::remove_dir_all(&folder).unwrap();
}

#[tokio::test]
async fn without_a_template_a_process_is_started_for_the_input() {
    for kind in ["threads", "dies"] {
        let sandbox = probe(kind);
        let begun = Instant::now();
        for _ in 0..3 {
            assert_eq!(ask(&sandbox, "read me", quick()).await.unwrap(), "read me");
        }
        assert!(begun.elapsed() < Duration::from_secs(20), "{kind}");
        soon("nobody is left", || children("self").is_empty()).await;
    }
    let none = Sandbox::new("/there/is/none", &[]);
    let failed = ask(&none, "read me", quick()).await;
    assert!(matches!(failed, Err(SandboxError::Io(_))), "{failed:?}");
}

#[tokio::test]
async fn a_dropped_sandbox_lets_its_template_go() {
    let sandbox = probe("plain");
    ask(&sandbox, "id", quick()).await.unwrap();
    assert_eq!(children("self").len(), 1);
    drop(sandbox);
    soon("the template ends", || children("self").is_empty()).await;
}
