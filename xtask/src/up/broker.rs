//! RabbitMQ for the service shape: own node name, ports, cookie, folders and name server, nothing of the system's.

use crate::process::{Output, Process};
use crate::provision::services::Programs;
use crate::secret;
use anyhow::{Context as _, Result, bail};
use std::fs;
use std::io;
use std::path::Path;
use std::process::Command;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep, timeout};

const START_LIMIT: Duration = Duration::from_secs(90);

/// The broker and Erlang's name server.
pub(crate) struct Broker {
    node: Process,
    names: Process,
    port: u16,
    pub(crate) url: String,
}

impl Broker {
    /// Starts both; the broker isn't ready yet. Its data stays in `dir`: messages outlive a restart.
    pub(crate) fn start(programs: &Programs, dir: &Path) -> Result<Self> {
        fs::create_dir_all(dir).with_context(|| format!("making {}", dir.display()))?;
        let [port, distribution, names_port] = super::product::free_ports()?;
        let password = secret::remembered(&dir.join("password"))?;
        let config = dir.join("rabbitmq.conf");
        // user and password take effect when the node's database is made
        secret::write_private(
            &config,
            &format!(
                "listeners.tcp.1 = 127.0.0.1:{port}\ndefault_user = tessera\ndefault_pass = {password}\n\
             log.file = false\nlog.console = true\nlog.console.level = warning\n"
            ),
        )?;
        // Erlang refuses a cookie that others could read
        let cookie = dir.join(".erlang.cookie");
        if !cookie.exists() {
            secret::write_private(&cookie, &secret::random()?)?;
        }
        fs::write(dir.join("enabled_plugins"), "[].\n")?;

        let mut names = Command::new(&programs.epmd);
        names
            .args(["-port", &names_port.to_string(), "-address", "127.0.0.1"])
            .current_dir(dir);
        let names = Process::start("epmd", names, Output::File(&dir.join("epmd.log")))?;

        let mut node = Command::new(&programs.rabbitmq_server);
        node.current_dir(dir)
            .env("HOME", dir)
            // a system's own settings, and another user's, are not ours
            .env("RABBITMQ_CONF_ENV_FILE", "/dev/null")
            .env("RABBITMQ_NODENAME", "tessera@localhost")
            .env("RABBITMQ_CONFIG_FILE", &config)
            .env("RABBITMQ_ADVANCED_CONFIG_FILE", dir.join("advanced.config"))
            .env("RABBITMQ_MNESIA_BASE", dir.join("data"))
            .env("RABBITMQ_LOG_BASE", dir.join("log"))
            .env("RABBITMQ_ENABLED_PLUGINS_FILE", dir.join("enabled_plugins"))
            .env("RABBITMQ_PID_FILE", dir.join("node.pid"))
            .env("RABBITMQ_NODE_IP_ADDRESS", "127.0.0.1")
            .env("RABBITMQ_NODE_PORT", port.to_string())
            .env("RABBITMQ_DIST_PORT", distribution.to_string())
            .env("ERL_EPMD_PORT", names_port.to_string())
            .env("ERL_EPMD_ADDRESS", "127.0.0.1")
            // the script becomes the node instead of being its parent: one process to stop
            .env("RUNNING_UNDER_SYSTEMD", "true")
            .env_remove("NOTIFY_SOCKET")
            // one scheduler that doesn't spin: a development machine has better uses for its cores
            .env(
                "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS",
                "+S 1:1 +sbwt none +sbwtdcpu none +sbwtdio none -kernel inet_dist_use_interface {127,0,0,1}",
            );
        let node = Process::start("rabbitmq", node, Output::File(&dir.join("node.log")))?;
        let url = format!("amqp://tessera:{password}@127.0.0.1:{port}/%2f");
        Ok(Self {
            node,
            names,
            port,
            url,
        })
    }

    /// Waits until it answers the protocol's greeting.
    pub(crate) async fn ready(&self, dir: &Path) -> Result<()> {
        let deadline = Instant::now() + START_LIMIT;
        loop {
            if let Some(status) = self.node.ended() {
                bail!(
                    "RabbitMQ does not start ({status}), its log is {}",
                    dir.join("node.log").display()
                );
            }
            if matches!(
                timeout(Duration::from_secs(2), greets(self.port)).await,
                Ok(Ok(true))
            ) {
                return Ok(());
            }
            if Instant::now() > deadline {
                bail!(
                    "RabbitMQ is not ready after {} s, its log is {}",
                    START_LIMIT.as_secs(),
                    dir.join("node.log").display()
                );
            }
            sleep(Duration::from_millis(100)).await;
        }
    }

    pub(crate) async fn failure(&self) -> String {
        tokio::select! {
            end = self.node.unexpected_end() => end,
            end = self.names.unexpected_end() => end,
        }
    }

    pub(crate) async fn stop(self) -> Result<()> {
        self.node.stop().await?;
        self.names.stop().await
    }
}

/// Sends the protocol header of AMQP 0-9-1; a broker answers with a method frame.
async fn greets(port: u16) -> io::Result<bool> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await?;
    stream.write_all(b"AMQP\x00\x00\x09\x01").await?;
    Ok(stream.read_u8().await? == 1)
}
