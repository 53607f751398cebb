//! The parent's side of templates: one process per worker, started by the first run, which splits off a child per input.

use std::collections::HashMap;
use std::io::{Error, IoSlice, Result};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::process::Stdio;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use rustix::net::{
    AddressFamily, SendAncillaryBuffer, SendAncillaryMessage, SendFlags, SocketFlags, SocketType,
    sendmsg, socketpair,
};
use tokio::io::AsyncReadExt as _;
use tokio::net::UnixStream;
use tokio::process::Child;
use tokio::sync::Notify;
use tokio::time::{Instant, timeout, timeout_at};

use super::fork::{KILLED, ORDER, REPORT, STARTED};
use super::{Limits, Sandbox, SandboxError, exchange, worker};

/// Runs after which a template is replaced, so that its children's places in memory don't stay the same for good.
const MOST_RUNS: u32 = 1_000;
/// A template that was not used for this long ends, and its memory is free.
const IDLE: Duration = Duration::from_secs(120);
/// Time for a template to come up and make a child.
const START: Duration = Duration::from_secs(3);
/// Time for a template to confirm that a child was killed.
const KILL: Duration = Duration::from_secs(1);
/// After a template that failed, workers start without one for this long.
const REST: Duration = Duration::from_secs(30);

/// No child could be made, nothing was begun, and this is why.
#[derive(Debug)]
pub(super) struct Unable(pub(super) &'static str);

/// The templates of a program, by the arguments that lead to the worker.
#[derive(Debug)]
pub(super) struct Templates {
    slots: Mutex<HashMap<Vec<String>, Slot>>,
    most_runs: u32,
    idle: Duration,
}

impl Default for Templates {
    fn default() -> Self {
        Self {
            slots: Mutex::default(),
            most_runs: MOST_RUNS,
            idle: IDLE,
        }
    }
}

#[derive(Debug)]
enum Slot {
    Ready(Arc<Template>),
    /// It failed then.
    Failed(Instant),
}

#[derive(Debug)]
struct Template {
    /// Where orders go; the template ends when this is closed and its children have ended.
    orders: OwnedFd,
    /// The file that it runs.
    program: File,
    runs: AtomicU32,
    /// Milliseconds from `born` to the last run.
    used: AtomicU64,
    born: Instant,
    kill: Arc<Notify>,
}

/// Tells a file from another one that took its place.
#[derive(Debug, PartialEq, Eq)]
struct File(u64, u64, u64, i64, i64);

impl File {
    fn of(path: &Path) -> Result<Self> {
        let file = std::fs::metadata(path)?;
        Ok(Self(
            file.dev(),
            file.ino(),
            file.size(),
            file.mtime(),
            file.mtime_nsec(),
        ))
    }
}

impl Templates {
    /// Runs the worker in a child of its template.
    pub(super) async fn run(
        self: &Arc<Self>,
        sandbox: &Sandbox,
        name: &[&str],
        input: &[u8],
        limits: Limits,
        deadline: Instant,
    ) -> std::result::Result<std::result::Result<Vec<u8>, SandboxError>, Unable> {
        let key: Vec<String> = sandbox
            .args
            .iter()
            .map(String::as_str)
            .chain(name.iter().copied())
            .map(str::to_owned)
            .collect();
        let template = self.template(sandbox, name, &key)?;
        let started = timeout_at(deadline.min(Instant::now() + START), template.begin(limits));
        match started.await {
            Ok(Ok(run)) => Ok(run.finish(&template, input, limits, deadline).await),
            Ok(Err(error)) => {
                tracing::warn!(worker = ?key, %error, "a worker's template made no child");
                self.fail(&key, &template);
                Err(Unable("its template made no child"))
            }
            Err(_) => {
                tracing::warn!(worker = ?key, "a worker's template does not answer");
                self.fail(&key, &template);
                Err(Unable("its template does not answer"))
            }
        }
    }

    /// The template at hand, or a new one.
    fn template(
        self: &Arc<Self>,
        sandbox: &Sandbox,
        name: &[&str],
        key: &[String],
    ) -> std::result::Result<Arc<Template>, Unable> {
        let program = File::of(&sandbox.program).map_err(|_| Unable("its program is not there"))?;
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        match slots.get(key) {
            Some(Slot::Ready(template))
                if template.program == program
                    && template.runs.fetch_add(1, Ordering::Relaxed) < self.most_runs =>
            {
                template.touch();
                return Ok(template.clone());
            }
            Some(Slot::Failed(then)) if then.elapsed() < REST => {
                return Err(Unable("its template failed a short time ago"));
            }
            // one that is replaced ends by itself, after the runs under way
            _ => {}
        }
        match self.start(sandbox, name, key, program) {
            Ok(template) => {
                slots.insert(key.to_vec(), Slot::Ready(template.clone()));
                Ok(template)
            }
            Err(error) => {
                tracing::warn!(worker = ?key, %error, "a worker's template could not be started");
                slots.insert(key.to_vec(), Slot::Failed(Instant::now()));
                Err(Unable("its template could not be started"))
            }
        }
    }

    fn start(
        self: &Arc<Self>,
        sandbox: &Sandbox,
        name: &[&str],
        key: &[String],
        program: File,
    ) -> Result<Arc<Template>> {
        let pair = || {
            socketpair(
                AddressFamily::UNIX,
                SocketType::SEQPACKET,
                SocketFlags::CLOEXEC,
                None,
            )
        };
        let (stdin, first) = pair()?;
        let (orders, theirs) = pair()?;
        send(&first, &[0], &[&theirs])?;
        let child = sandbox
            .command(name)
            .env(worker::TEMPLATE, "1")
            .stdin(Stdio::from(stdin))
            .stdout(Stdio::null())
            .spawn()?;
        let template = Arc::new(Template {
            orders,
            program,
            runs: AtomicU32::new(1),
            used: AtomicU64::new(0),
            born: Instant::now(),
            kill: Arc::default(),
        });
        tokio::spawn(watch(
            child,
            template.kill.clone(),
            Arc::downgrade(self),
            Arc::downgrade(&template),
            key.to_vec(),
        ));
        Ok(template)
    }

    /// Does without this template from now on, and with none for a while.
    fn fail(&self, key: &[String], template: &Arc<Template>) {
        template.kill.notify_one();
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        if matches!(slots.get(key), Some(Slot::Ready(known)) if Arc::ptr_eq(known, template)) {
            slots.insert(key.to_vec(), Slot::Failed(Instant::now()));
        }
    }

    /// Lets this template end after the runs under way.
    fn retire(&self, key: &[String], template: &Weak<Template>) {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        if matches!(slots.get(key), Some(Slot::Ready(known)) if std::ptr::eq(Arc::as_ptr(known), template.as_ptr()))
        {
            slots.remove(key);
        }
    }
}

/// Stays with a template's process until it has ended.
async fn watch(
    mut process: Child,
    kill: Arc<Notify>,
    templates: Weak<Templates>,
    template: Weak<Template>,
    key: Vec<String>,
) {
    loop {
        let idle = templates.upgrade().map_or(IDLE, |templates| templates.idle);
        tokio::select! {
            ended = process.wait() => {
                tracing::debug!(worker = ?key, ?ended, "a worker's template ended");
                break;
            }
            () = kill.notified() => {
                if let Err(error) = process.start_kill() {
                    tracing::warn!(worker = ?key, %error, "a worker's template could not be killed");
                }
            }
            () = tokio::time::sleep(idle) => {
                let unused = template.upgrade().is_some_and(|template| template.unused() >= idle);
                if let (true, Some(templates)) = (unused, templates.upgrade()) {
                    templates.retire(&key, &template);
                }
            }
        }
    }
    // one that ended by itself is no longer there for the next run
    if let Some(templates) = templates.upgrade() {
        templates.retire(&key, &template);
    }
}

impl Template {
    fn touch(&self) {
        let used = u64::try_from(self.born.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.used.store(used, Ordering::Relaxed);
    }

    fn unused(&self) -> Duration {
        let used = Duration::from_millis(self.used.load(Ordering::Relaxed));
        self.born.elapsed().saturating_sub(used)
    }

    /// Orders a child and waits until it is there.
    async fn begin(&self, limits: Limits) -> Result<Run> {
        let (connection, theirs) = UnixStream::pair()?;
        let (mut report, reporting) = UnixStream::pair()?;
        let mut order = [0; ORDER];
        let (memory, cpu) = order.split_at_mut(ORDER / 2);
        memory.copy_from_slice(&limits.memory_bytes.to_le_bytes());
        cpu.copy_from_slice(&limits.cpu_s.to_le_bytes());
        send(
            &self.orders,
            &order,
            &[&blocking(theirs)?, &blocking(reporting)?],
        )?;
        match report.read_u8().await? {
            STARTED => Ok(Run { connection, report }),
            _ => Err(Error::other("it does not say that it began")),
        }
    }
}

/// A child at work. Dropped, the template kills it.
struct Run {
    connection: UnixStream,
    report: UnixStream,
}

impl Run {
    async fn finish(
        mut self,
        template: &Template,
        input: &[u8],
        limits: Limits,
        deadline: Instant,
    ) -> std::result::Result<Vec<u8>, SandboxError> {
        let (from, to) = self.connection.split();
        let report = &mut self.report;
        let talk = async {
            let output = exchange(to, from, input, limits.output_bytes).await?;
            match end(report).await? {
                None => Ok(output),
                Some(how) => Err(SandboxError::Died(how)),
            }
        };
        let outcome = match timeout_at(deadline, talk).await {
            Ok(Ok(output)) => return Ok(output),
            Ok(Err(ended @ SandboxError::Died(_))) => return Err(ended),
            Ok(Err(error)) => error,
            Err(_) => SandboxError::TimedOut,
        };
        // from here on nobody wants the child
        let gone = async {
            tokio::io::AsyncWriteExt::shutdown(&mut self.report).await?;
            end(&mut self.report).await
        };
        if timeout(KILL, gone).await.is_err() {
            template.kill.notify_one(); // its children die with it
        }
        template.touch();
        Err(outcome)
    }
}

/// Waits for the report of a child's end: `None` when it ended well, otherwise how it did.
async fn end(report: &mut UnixStream) -> Result<Option<String>> {
    let mut bytes = [0; REPORT];
    if report.read_exact(&mut bytes).await.is_err() {
        return Ok(Some("its template ended".to_owned()));
    }
    let [how, number @ ..] = bytes;
    let number = i32::from_le_bytes(number);
    Ok(match (how, number) {
        (KILLED, signal) => Some(format!("signal: {signal}")),
        (_, 0) => None,
        (_, code) => Some(format!("exit status: {code}")),
    })
}

/// The other end of a connection for a process that waits where it reads.
fn blocking(stream: UnixStream) -> Result<OwnedFd> {
    let stream = stream.into_std()?;
    stream.set_nonblocking(false)?;
    Ok(stream.into())
}

/// Sends a message with sockets, at once or not at all.
fn send(to: &OwnedFd, bytes: &[u8], sockets: &[&OwnedFd]) -> Result<()> {
    let sockets: Vec<_> = sockets.iter().map(|socket| socket.as_fd()).collect();
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(2))];
    let mut extras = SendAncillaryBuffer::new(&mut space);
    if !extras.push(SendAncillaryMessage::ScmRights(&sockets)) {
        return Err(Error::other("more sockets than a message holds"));
    }
    let flags = SendFlags::NOSIGNAL | SendFlags::DONTWAIT;
    sendmsg(to, &[IoSlice::new(bytes)], &mut extras, flags)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests fail by panicking")]
    use super::*;

    #[tokio::test]
    async fn a_template_that_worked_enough_or_idles_is_let_go() {
        // what it runs does not matter here: it only waits for its input to end
        let sandbox = Sandbox::new("/bin/cat", &[]);
        let templates = Arc::new(Templates {
            slots: Mutex::default(),
            most_runs: 2,
            idle: Duration::from_millis(100),
        });
        let key = ["cat".to_owned()];
        let next = || templates.template(&sandbox, &[], &key).unwrap();
        let first = next();
        assert!(Arc::ptr_eq(&first, &next()));
        let second = next();
        assert!(!Arc::ptr_eq(&first, &second));
        assert!(!templates.slots.lock().unwrap().is_empty());
        tokio::time::sleep(Duration::from_millis(400)).await;
        assert!(templates.slots.lock().unwrap().is_empty());
    }
}
