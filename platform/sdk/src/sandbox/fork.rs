//! The template's own side: it waits for orders, and splits off a child for each.
//!
//! Its standard input is a socket over which the parent hands it another one, where the orders come; after that the first is
//! dead, so that no child holds anything that leads to the parent or to another child. An order is a message with the child's
//! limits and two sockets: one to talk with the child, and one for the template to report how the child does. A parent that no
//! longer wants a child closes the second.

use std::io::{Error, IoSliceMut, Result};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::process::ExitCode;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::net::{RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendFlags, recvmsg, send};
use rustix::process::{
    Pid, PidfdFlags, Signal, WaitId, WaitIdOptions, getpid, getppid, pidfd_open, pidfd_send_signal,
    set_parent_process_death_signal, waitid,
};

use super::confine::{kernel, limit, no_files};

/// Sent when the child is there; without it nothing has happened.
pub(super) const STARTED: u8 = b's';
/// Length of a report about a child's end: what follows, and a number.
pub(super) const REPORT: usize = 5;
/// The number is an exit code.
pub(super) const EXITED: u8 = b'e';
/// The number is a signal.
pub(super) const KILLED: u8 = b'k';
/// Length of an order: bytes of memory and seconds of CPU time.
pub(super) const ORDER: usize = 16;

/// Files that a template can have open: three per child that is at work.
const FILES: u64 = 1024;

/// A child at work.
struct Child {
    handle: OwnedFd,
    report: OwnedFd,
    /// It was killed since nobody waits for it.
    unwanted: bool,
}

/// Serves orders until the parent is gone and all children are.
pub(super) fn serve(work: impl Fn(&UnixStream) -> Result<()>) -> ExitCode {
    match prepare().and_then(|orders| run(orders, work)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

/// Locks the process down and gives the socket where orders come.
fn prepare() -> Result<OwnedFd> {
    if std::fs::read_dir("/proc/self/task")?.count() != 1 {
        return Err(Error::other("a template has one thread"));
    }
    let mut bytes = [0; 1];
    let (_, mut sockets) = receive(std::io::stdin().as_fd(), &mut bytes)?;
    let orders = sockets.pop();
    rlimit::setrlimit(rlimit::Resource::NOFILE, FILES, FILES)?;
    no_files()?;
    kernel::restrict()?;
    orders.ok_or_else(|| Error::other("no socket for orders came"))
}

fn run(orders: OwnedFd, work: impl Fn(&UnixStream) -> Result<()>) -> Result<()> {
    let mut orders = Some(orders);
    let mut children: Vec<Child> = Vec::new();
    while orders.is_some() || !children.is_empty() {
        let (ordered, ended, left) = wait(orders.as_ref(), &children)?;
        for (child, left) in children.iter_mut().zip(left) {
            if left && !child.unwanted {
                child.unwanted = true;
                pidfd_send_signal(&child.handle, Signal::KILL)?;
            }
        }
        let mut number = 0;
        children.retain(|child| {
            number += 1;
            !(ended[number - 1] && buried(child))
        });
        if let (true, Some(socket)) = (ordered, &orders) {
            let mut order = [0; ORDER];
            let (length, sockets) = receive(socket.as_fd(), &mut order)?;
            let Ok([connection, report]) = <[OwnedFd; 2]>::try_from(sockets) else {
                if length == 0 {
                    orders = None; // no more will come
                }
                continue;
            };
            let template = getpid();
            match fork() {
                // without a word the parent knows that nothing was begun
                Err(_) => {}
                Ok(Some(pid)) => {
                    children.push(Child {
                        handle: pidfd_open(pid, PidfdFlags::empty())?,
                        report,
                        unwanted: false,
                    });
                    tell(children.last(), &[STARTED]);
                }
                Ok(None) => {
                    drop((orders, children, report));
                    let child = || begin(template, &order, UnixStream::from(connection), &work);
                    // a panic must not unwind into the template's loop
                    let done = std::panic::catch_unwind(std::panic::AssertUnwindSafe(child));
                    std::process::exit(i32::from(!matches!(done, Ok(Ok(())))));
                }
            }
        }
    }
    Ok(())
}

/// A child's life.
fn begin(
    template: Pid,
    order: &[u8; ORDER],
    connection: UnixStream,
    work: impl Fn(&UnixStream) -> Result<()>,
) -> Result<()> {
    set_parent_process_death_signal(Some(Signal::KILL))?;
    if getppid() != Some(template) {
        return Err(Error::other("the template is gone"));
    }
    let (memory, cpu) = order.split_at(ORDER / 2);
    let number = |bytes: &[u8]| bytes.try_into().map(u64::from_le_bytes);
    limit(
        number(memory).map_err(Error::other)?,
        number(cpu).map_err(Error::other)?,
    )?;
    kernel::isolate()?;
    work(&connection)
}

/// Waits for something to happen: whether an order came, and of each child whether it ended and whether nobody wants it any more.
fn wait(orders: Option<&OwnedFd>, children: &[Child]) -> Result<(bool, Vec<bool>, Vec<bool>)> {
    let mut waited: Vec<PollFd<'_>> = Vec::with_capacity(2 * children.len() + 1);
    for child in children {
        waited.push(PollFd::new(&child.handle, PollFlags::IN));
        // what is known is not waited for again
        let watched = if child.unwanted {
            &child.handle
        } else {
            &child.report
        };
        waited.push(PollFd::new(watched, PollFlags::IN | PollFlags::RDHUP));
    }
    if let Some(orders) = orders {
        waited.push(PollFd::new(orders, PollFlags::IN));
    }
    loop {
        match poll(&mut waited, None) {
            Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
            Ok(_) => break,
        }
    }
    let happened: Vec<bool> = waited
        .iter()
        .map(|waited| !waited.revents().is_empty())
        .collect();
    let (pairs, rest) = happened.as_chunks::<2>();
    Ok((
        rest.first().copied().unwrap_or_default(),
        pairs.iter().map(|pair| pair[0]).collect(),
        pairs.iter().map(|pair| pair[1]).collect(),
    ))
}

/// Takes an ended child from the system's table and reports how it ended.
fn buried(child: &Child) -> bool {
    let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG;
    let status = match waitid(WaitId::PidFd(child.handle.as_fd()), options) {
        Ok(Some(status)) => status,
        Ok(None) => return false,
        Err(_) => return true, // there is no such child
    };
    let (how, number) = match (status.exit_status(), status.terminating_signal()) {
        (Some(code), _) => (EXITED, code),
        (None, signal) => (KILLED, signal.unwrap_or_default()),
    };
    let mut report = [how; REPORT];
    report[1..].copy_from_slice(&number.to_le_bytes());
    tell(Some(child), &report);
    true
}

/// Reports to the parent. One that does not listen any more misses nothing.
fn tell(child: Option<&Child>, report: &[u8]) {
    if let Some(child) = child {
        let _nobody_listens = send(&child.report, report, SendFlags::NOSIGNAL);
    }
}

/// Receives a message with at most two sockets.
fn receive(from: impl AsFd, bytes: &mut [u8]) -> Result<(usize, Vec<OwnedFd>)> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(2))];
    let mut extras = RecvAncillaryBuffer::new(&mut space);
    let mut parts = [IoSliceMut::new(bytes)];
    let received = loop {
        match recvmsg(&from, &mut parts, &mut extras, RecvFlags::CMSG_CLOEXEC) {
            Err(rustix::io::Errno::INTR) => {}
            received => break received?,
        }
    };
    let sockets = extras.drain().filter_map(|extra| match extra {
        RecvAncillaryMessage::ScmRights(sockets) => Some(sockets),
        _ => None,
    });
    Ok((received.bytes, sockets.flatten().collect()))
}

/// Makes a copy of this process: `None` in the copy, its id in this one.
#[expect(
    unsafe_code,
    reason = "no library offers a fork that is safe by itself"
)]
fn fork() -> Result<Option<Pid>> {
    // SAFETY: the process has no thread but this one (looked at in `prepare`, and nothing afterwards starts one), so that no lock
    // is held and no value is half made by a thread that the copy lacks.
    match unsafe { libc::fork() } {
        0 => Ok(None),
        pid => Pid::from_raw(pid)
            .filter(|_| pid > 0)
            .map(Some)
            .ok_or_else(Error::last_os_error),
    }
}
