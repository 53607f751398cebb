//! Untrusted bytes are looked at only in a process that can be killed.
//!
//! The parent starts the worker with an empty environment, writes the bytes to its standard input,
//! reads a bounded answer and kills it at the time limit. The worker's first act is [`confine`].

use std::io::{Read, Write};
use std::path::PathBuf;
use std::process::{ExitCode, Stdio};
use std::time::Duration;

use bytes::Bytes;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::Command;

/// Limits of one run.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Address space of the worker, in bytes.
    pub memory_bytes: u64,
    /// CPU time of the worker, in seconds.
    pub cpu_s: u64,
    /// Time on the wall after which it is killed.
    pub wall: Duration,
    /// Longest answer that is read, in bytes.
    pub output_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            memory_bytes: 512 * 1024 * 1024,
            cpu_s: 10,
            wall: Duration::from_secs(15),
            output_bytes: 16 * 1024 * 1024,
        }
    }
}

/// The program that hosts the workers, and the arguments that lead to one.
#[derive(Debug, Clone)]
pub struct Sandbox {
    /// Executable.
    pub program: PathBuf,
    /// Arguments before the worker's name.
    pub args: Vec<String>,
}

/// How a run ended other than well.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    /// It did not finish in time.
    #[error("the worker did not finish in time")]
    TimedOut,
    /// It was killed or gave up: out of memory, out of CPU time, or a crash.
    #[error("the worker ended abnormally ({0})")]
    Died(String),
    /// Its answer was longer than the limit.
    #[error("the worker's answer was too long")]
    TooLong,
    /// It could not be started or talked to.
    #[error("the worker could not be run")]
    Io(#[from] std::io::Error),
}

impl Sandbox {
    /// Runs the worker `name` on `input` and gives its standard output.
    ///
    /// # Errors
    /// [`SandboxError`]; whatever happens, the process is gone when this returns.
    pub async fn run(
        &self,
        name: &[&str],
        input: Bytes,
        limits: Limits,
    ) -> Result<Vec<u8>, SandboxError> {
        let mut child = Command::new(&self.program)
            .args(&self.args)
            .args(name)
            .env_clear()
            .env(
                "TESSERA_WORKER_MEMORY_BYTES",
                limits.memory_bytes.to_string(),
            )
            .env("TESSERA_WORKER_CPU_S", limits.cpu_s.to_string())
            // The product's allocator reserves a gigabyte of addresses at its start by default: above
            // the worker's limit, so that not even its stack could grow any more.
            .env("MIMALLOC_ARENA_RESERVE", "32MiB")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()?;
        let pipes = (child.stdin.take(), child.stdout.take());
        let (Some(mut stdin), Some(stdout)) = pipes else {
            return Err(std::io::Error::other("the worker has no pipes").into());
        };
        let talk = async {
            let write = async {
                // A worker that stops reading early has its reason; its answer tells.
                let written = stdin.write_all(&input).await;
                drop(stdin);
                match written {
                    Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(error),
                    _ => Ok(()),
                }
            };
            let mut output = Vec::new();
            let mut bounded = stdout.take(limits.output_bytes + 1);
            let (written, read) = tokio::join!(write, bounded.read_to_end(&mut output));
            written?;
            read?;
            if output.len() as u64 > limits.output_bytes {
                return Err(SandboxError::TooLong);
            }
            let status = child.wait().await?;
            if status.success() {
                Ok(output)
            } else {
                Err(SandboxError::Died(status.to_string()))
            }
        };
        let outcome = tokio::time::timeout(limits.wall, talk).await;
        match outcome {
            Ok(Ok(output)) => Ok(output),
            Ok(Err(error)) => {
                child.kill().await?;
                Err(error)
            }
            Err(_) => {
                child.kill().await?;
                Err(SandboxError::TimedOut)
            }
        }
    }
}

/// Applies the limits that the parent asked for to this process; a worker's first act.
///
/// # Errors
/// When the system refuses a limit: the worker must not go on then.
pub fn confine() -> std::io::Result<()> {
    let number = |name: &str, default: u64| {
        std::env::var(name)
            .ok()
            .and_then(|value| value.parse().ok())
            .unwrap_or(default)
    };
    let limits = Limits::default();
    let memory = number("TESSERA_WORKER_MEMORY_BYTES", limits.memory_bytes);
    let cpu = number("TESSERA_WORKER_CPU_S", limits.cpu_s);
    rlimit::setrlimit(rlimit::Resource::AS, memory, memory)?;
    rlimit::setrlimit(rlimit::Resource::CPU, cpu, cpu)?;
    // The worker writes no files and leaves no core dumps with somebody's CV in them.
    rlimit::setrlimit(rlimit::Resource::FSIZE, 0, 0)?;
    rlimit::setrlimit(rlimit::Resource::CORE, 0, 0)?;
    rlimit::setrlimit(rlimit::Resource::NOFILE, 16, 16)?;
    #[cfg(target_os = "linux")]
    kernel::restrict()?;
    Ok(())
}

/// What the kernel itself forbids a worker. Both restrictions hold for the calling thread and those that it starts.
#[cfg(target_os = "linux")]
mod kernel {
    use std::collections::BTreeMap;
    use std::io::{Error, Result};

    use landlock::{ABI, Access as _, AccessFs, AccessNet, Ruleset, RulesetAttr as _};
    use seccompiler::{BpfProgram, SeccompAction, SeccompFilter, TargetArch};

    /// No file, no network, no other program.
    pub(super) fn restrict() -> Result<()> {
        // with the permissions that the running kernel knows; one without Landlock refuses nothing, and the filter still holds
        Ruleset::default()
            .handle_access(AccessFs::from_all(ABI::V5))
            .and_then(|rules| rules.handle_access(AccessNet::from_all(ABI::V5)))
            .and_then(Ruleset::create)
            .and_then(|rules| rules.restrict_self())
            .map_err(Error::other)?;
        let Ok(architecture) = TargetArch::try_from(std::env::consts::ARCH) else {
            return Ok(()); // a machine that the filter's compiler does not know
        };
        let filter = SeccompFilter::new(
            FORBIDDEN
                .iter()
                .map(|call| (*call, Vec::new()))
                .collect::<BTreeMap<_, _>>(),
            SeccompAction::Allow,
            SeccompAction::Errno(libc::EPERM.unsigned_abs()),
            architecture,
        )
        .map_err(Error::other)?;
        let program = BpfProgram::try_from(filter).map_err(Error::other)?;
        seccompiler::apply_filter(&program).map_err(Error::other)
    }

    /// Calls that no reader of a file has a use for.
    const FORBIDDEN: &[i64] = &[
        libc::SYS_socket,
        libc::SYS_socketpair,
        libc::SYS_connect,
        libc::SYS_bind,
        libc::SYS_listen,
        libc::SYS_accept,
        libc::SYS_accept4,
        libc::SYS_execve,
        libc::SYS_execveat,
        libc::SYS_ptrace,
        libc::SYS_process_vm_readv,
        libc::SYS_process_vm_writev,
        libc::SYS_pidfd_getfd,
        libc::SYS_io_uring_setup,
        libc::SYS_bpf,
        libc::SYS_perf_event_open,
        libc::SYS_userfaultfd,
        libc::SYS_keyctl,
        libc::SYS_add_key,
        libc::SYS_request_key,
        libc::SYS_mount,
        libc::SYS_umount2,
        libc::SYS_unshare,
        libc::SYS_setns,
        libc::SYS_chroot,
        libc::SYS_pivot_root,
    ];
}

/// The main function of a worker: confines itself, reads all input (at most `max_input` bytes), and
/// writes what `work` makes of it.
pub fn worker_main(max_input: u64, work: impl FnOnce(Vec<u8>) -> Vec<u8>) -> ExitCode {
    let run = || -> std::io::Result<()> {
        confine()?;
        let mut input = Vec::new();
        std::io::stdin()
            .take(max_input + 1)
            .read_to_end(&mut input)?;
        if input.len() as u64 > max_input {
            return Err(std::io::Error::other("input too long"));
        }
        std::io::stdout().write_all(&work(input))
    };
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests fail by panicking")]
    use super::*;

    fn shell(script: &str) -> Sandbox {
        Sandbox {
            program: "/bin/sh".into(),
            args: vec!["-c".to_owned(), script.to_owned()],
        }
    }

    #[tokio::test]
    async fn the_answer_comes_back_and_nothing_is_inherited() {
        let answer = shell("cat; echo ${HOME:-none}")
            .run(&[], Bytes::from_static(b"hello "), Limits::default())
            .await
            .unwrap();
        assert_eq!(answer, b"hello none\n");
    }

    /// Not a test by itself: what the worker of the next one does.
    #[test]
    #[ignore = "runs as the worker of another test"]
    fn a_confined_worker_tries_everything() {
        confine().unwrap();
        let denied = |failure: Option<std::io::Error>| {
            failure.is_some_and(|error| error.kind() == std::io::ErrorKind::PermissionDenied)
        };
        let network = std::net::TcpListener::bind("127.0.0.1:0").err();
        let program = std::process::Command::new("/bin/true").status().err();
        let file = std::fs::File::open("/etc/passwd").err();
        println!(
            "network {} program {} file {}",
            denied(network),
            denied(program),
            denied(file)
        );
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn a_worker_has_no_network_no_programs_and_no_files() {
        let this = Sandbox {
            program: std::env::current_exe().unwrap(),
            args: ["--ignored", "--nocapture", "--exact"]
                .map(str::to_owned)
                .to_vec(),
        };
        let worker = ["sandbox::tests::a_confined_worker_tries_everything"];
        let output = this
            .run(&worker, Bytes::new(), Limits::default())
            .await
            .unwrap();
        let output = String::from_utf8_lossy(&output);
        assert!(output.contains("network true program true"), "{output}");
        let landlock = std::fs::read_to_string("/sys/kernel/security/lsm")
            .is_ok_and(|modules| modules.contains("landlock"));
        assert!(!landlock || output.contains("file true"), "{output}");
    }

    #[tokio::test]
    async fn slow_long_and_dying_workers_are_typed_failures() {
        let limits = Limits {
            wall: Duration::from_millis(300),
            output_bytes: 10,
            ..Limits::default()
        };
        let input = Bytes::from_static(b"x");
        let slow = shell("sleep 30").run(&[], input.clone(), limits).await;
        assert!(matches!(slow, Err(SandboxError::TimedOut)), "{slow:?}");
        let long = shell("yes").run(&[], input.clone(), limits).await;
        assert!(matches!(long, Err(SandboxError::TooLong)), "{long:?}");
        let dead = shell("kill -9 $$").run(&[], input, limits).await;
        assert!(matches!(dead, Err(SandboxError::Died(_))), "{dead:?}");
    }
}
