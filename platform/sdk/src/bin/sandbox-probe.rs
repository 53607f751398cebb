//! A worker for the tests of the sandbox: its input says what it does, good or bad. No product contains it.

use std::io::Write as _;
use std::process::ExitCode;
use std::time::Duration;

use platform_sdk::sandbox::worker_main;

fn main() -> ExitCode {
    match std::env::args().nth(1).as_deref() {
        // a second thread makes a template impossible
        Some("threads") => {
            let second = || std::thread::spawn(|| std::thread::sleep(Duration::from_secs(60)));
            let warm = || drop(second());
            worker_main(1 << 20, warm, work)
        }
        Some("dies") => worker_main(1 << 20, || std::process::exit(3), work),
        _ => worker_main(1 << 20, || (), work),
    }
}

fn work(input: Vec<u8>) -> Vec<u8> {
    let refused = |error: Option<std::io::Error>| match error {
        Some(error) if error.kind() == std::io::ErrorKind::PermissionDenied => "refused",
        Some(_) => "failed",
        None => "allowed",
    };
    match input.as_slice() {
        b"id" => std::process::id().to_string().into_bytes(),
        b"abort" => std::process::abort(),
        b"panic" => panic!("asked to"),
        b"sleep" => {
            std::thread::sleep(Duration::from_secs(60));
            Vec::new()
        }
        b"spin" => loop {
            std::hint::spin_loop();
        },
        b"much" => vec![b'x'; 1 << 20],
        b"memory" => vec![1; 1 << 30],
        b"try" => {
            let program = std::process::Command::new("/bin/true").status().err();
            let network = std::net::TcpListener::bind("127.0.0.1:0").err();
            let file = std::fs::File::open("/etc/passwd").err();
            let thread = std::thread::Builder::new().spawn(|| ()).err();
            format!(
                "program {} network {} thread {} file {}",
                refused(program),
                refused(network),
                refused(thread),
                refused(file)
            )
            .into_bytes()
        }
        // standard input leads nowhere: neither to the orders nor to anybody else
        b"listen" => {
            let mut first = [0; 1];
            let heard = std::io::Read::read(&mut std::io::stdin(), &mut first);
            let said = std::io::stdout().write(b"hello").is_ok();
            format!("{heard:?} {said}").into_bytes()
        }
        _ => input,
    }
}
