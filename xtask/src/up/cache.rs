//! Redis for the service shape: in memory only, private port, password in a file.

use crate::process::{Output, Process};
use crate::provision::services::Programs;
use crate::secret;
use anyhow::{Context as _, Result, bail};
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep};

const START_LIMIT: Duration = Duration::from_secs(15);

/// The cache's process.
pub(crate) struct Cache {
    process: Process,
    port: u16,
    pub(crate) url: String,
}

impl Cache {
    pub(crate) fn start(programs: &Programs, dir: &Path) -> Result<Self> {
        fs::create_dir_all(dir).with_context(|| format!("making {}", dir.display()))?;
        let [port] = super::product::free_ports()?;
        let password = secret::remembered(&dir.join("password"))?;
        let config = dir.join("redis.conf");
        // a file, because anybody can read a command line
        secret::write_private(
            &config,
            &format!(
                "bind 127.0.0.1\nport {port}\nrequirepass {password}\nsave \"\"\nappendonly no\nmaxmemory 128mb\n\
             maxmemory-policy noeviction\ndaemonize no\n"
            ),
        )?;
        let mut command = Command::new(&programs.redis_server);
        command.arg(&config).current_dir(dir);
        let process = Process::start("redis", command, Output::File(&dir.join("redis.log")))?;
        Ok(Self {
            process,
            port,
            url: format!("redis://:{password}@127.0.0.1:{port}/0"),
        })
    }

    pub(crate) async fn ready(&self, dir: &Path) -> Result<()> {
        let deadline = Instant::now() + START_LIMIT;
        while TcpStream::connect(("127.0.0.1", self.port)).await.is_err() {
            if let Some(status) = self.process.ended() {
                bail!(
                    "Redis does not start ({status}), its log is {}",
                    dir.join("redis.log").display()
                );
            }
            if Instant::now() > deadline {
                bail!("Redis is not ready after {} s", START_LIMIT.as_secs());
            }
            sleep(Duration::from_millis(30)).await;
        }
        Ok(())
    }

    pub(crate) async fn failure(&self) -> String {
        self.process.unexpected_end().await
    }

    pub(crate) async fn stop(self) -> Result<()> {
        self.process.stop().await
    }
}
