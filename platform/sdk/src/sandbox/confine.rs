//! What a worker may not do any more once it has begun.

use super::Limits;

/// Variables in which a worker that is started finds its limits.
pub(super) const MEMORY: &str = "TESSERA_WORKER_MEMORY_BYTES";
pub(super) const CPU: &str = "TESSERA_WORKER_CPU_S";

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
    limit(
        number(MEMORY, limits.memory_bytes),
        number(CPU, limits.cpu_s),
    )?;
    #[cfg(target_os = "linux")]
    {
        kernel::restrict()?;
        kernel::isolate()?;
    }
    Ok(())
}

/// Sets the limits of a process that looks at untrusted bytes.
pub(super) fn limit(memory_bytes: u64, cpu_s: u64) -> std::io::Result<()> {
    rlimit::setrlimit(rlimit::Resource::AS, memory_bytes, memory_bytes)?;
    rlimit::setrlimit(rlimit::Resource::CPU, cpu_s, cpu_s)?;
    rlimit::setrlimit(rlimit::Resource::NOFILE, 16, 16)?;
    no_files()
}

/// A worker writes no files and leaves no core dumps with somebody's CV in them.
pub(super) fn no_files() -> std::io::Result<()> {
    rlimit::setrlimit(rlimit::Resource::FSIZE, 0, 0)?;
    rlimit::setrlimit(rlimit::Resource::CORE, 0, 0)
}

/// What the kernel itself forbids a worker. All of it holds for the calling thread and what it starts.
#[cfg(target_os = "linux")]
pub(super) mod kernel {
    use std::io::{Error, Result};

    use landlock::{ABI, Access as _, AccessFs, AccessNet, Ruleset, RulesetAttr as _};
    use rustix::process::{DumpableBehavior, set_dumpable_behavior};
    use seccompiler::{
        BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
        SeccompRule, TargetArch,
    };

    /// No file, no network, no other program, and no look into this process by one of the same user.
    pub(in super::super) fn restrict() -> Result<()> {
        set_dumpable_behavior(DumpableBehavior::NotDumpable)?;
        // with the permissions that the running kernel knows; one without Landlock refuses nothing, and the filter still holds
        Ruleset::default()
            .handle_access(AccessFs::from_all(ABI::V5))
            .and_then(|rules| rules.handle_access(AccessNet::from_all(ABI::V5)))
            .and_then(Ruleset::create)
            .and_then(|rules| rules.restrict_self())
            .map_err(Error::other)?;
        forbid(FORBIDDEN.iter().map(|call| (*call, Vec::new())))
    }

    /// No other process and no other thread: none is made, none is signalled, none is talked to but over what is open.
    pub(in super::super) fn isolate() -> Result<()> {
        let this = u64::from(std::process::id());
        let another = SeccompCondition::new(0, SeccompCmpArgLen::Dword, SeccompCmpOp::Ne, this)
            .and_then(|condition| SeccompRule::new(vec![condition]))
            .map_err(|error| Error::other(error.to_string()))?;
        let alone = ALONE.iter().map(|call| (*call, Vec::new()));
        // a process may signal itself: that is how it aborts
        forbid(alone.chain([(libc::SYS_tgkill, vec![another])]))
    }

    fn forbid(calls: impl Iterator<Item = (i64, Vec<SeccompRule>)>) -> Result<()> {
        let Ok(architecture) = TargetArch::try_from(std::env::consts::ARCH) else {
            return Ok(()); // a machine that the filter's compiler does not know
        };
        let filter = SeccompFilter::new(
            calls.collect(),
            SeccompAction::Allow,
            SeccompAction::Errno(libc::EPERM.unsigned_abs()),
            architecture,
        )
        .map_err(Error::other)?;
        let program = BpfProgram::try_from(filter).map_err(Error::other)?;
        seccompiler::apply_filter(&program).map_err(Error::other)
    }

    /// Calls that no reader of a file has a use for, nor the template of one.
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

    /// Calls that only a template needs.
    const ALONE: &[i64] = &[
        #[cfg(target_arch = "x86_64")]
        libc::SYS_fork,
        #[cfg(target_arch = "x86_64")]
        libc::SYS_vfork,
        libc::SYS_clone,
        libc::SYS_clone3,
        libc::SYS_kill,
        libc::SYS_tkill,
        libc::SYS_rt_sigqueueinfo,
        libc::SYS_rt_tgsigqueueinfo,
        libc::SYS_pidfd_open,
        libc::SYS_pidfd_send_signal,
        libc::SYS_sendmsg,
        libc::SYS_sendmmsg,
        libc::SYS_recvmsg,
        libc::SYS_recvmmsg,
    ];
}
