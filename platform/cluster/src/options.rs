//! How a cluster runs.

use crate::binaries::fetched_dirs;
use crate::state_dir;
use std::path::PathBuf;

/// When the server stops.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lifetime {
    /// With the [`RunningCluster`](crate::RunningCluster), and with the process that started it (by a signal from the
    /// kernel, on Linux with `setpriv`). One owner at a time.
    Owned,
    /// Only when [`stop`](crate::stop) is called; many processes may use it.
    Shared,
}

/// How a cluster runs.
#[derive(Debug, Clone)]
pub struct Options {
    /// When the server stops.
    pub lifetime: Lifetime,
    /// Whether a commit survives a crash of the machine; tests don't pay for it.
    pub durable: bool,
    /// The most connections at a time.
    pub max_connections: u16,
    /// Memory for the server's page cache, in MiB.
    pub shared_buffers_mib: u32,
    /// Folders with `initdb` and `postgres` that are looked at after the system's own: at first those of programs that
    /// were fetched into [`state_dir`].
    pub search: Vec<PathBuf>,
}

impl Options {
    /// For an application that a person uses: durable, owned by the caller.
    pub fn application() -> Self {
        Self {
            lifetime: Lifetime::Owned,
            durable: true,
            max_connections: 120,
            shared_buffers_mib: 64,
            search: fetched_dirs(&state_dir()),
        }
    }

    /// For tests: shared by all processes, not durable, many connections.
    pub fn tests() -> Self {
        Self {
            lifetime: Lifetime::Shared,
            durable: false,
            max_connections: 400,
            shared_buffers_mib: 256,
            search: fetched_dirs(&state_dir()),
        }
    }

    /// The settings as `name=value`, for the command line: they follow this code, not a file from an older start.
    pub(crate) fn settings(&self, port: u16) -> Vec<String> {
        let mut settings = vec![
            "listen_addresses=127.0.0.1".to_owned(),
            format!("port={port}"),
            // TCP only: a socket file would have a length limit, and could stay behind
            "unix_socket_directories=".to_owned(),
            format!("max_connections={}", self.max_connections),
            format!("shared_buffers={}MB", self.shared_buffers_mib),
            "max_wal_size=256MB".to_owned(),
            "password_encryption=scram-sha-256".to_owned(),
            "timezone=UTC".to_owned(),
            "log_timezone=UTC".to_owned(),
            "logging_collector=off".to_owned(),
            // short statements only: compiling them costs more than it gains
            "jit=off".to_owned(),
        ];
        if !self.durable {
            settings.extend(
                [
                    "fsync=off",
                    "synchronous_commit=off",
                    "full_page_writes=off",
                    "wal_level=minimal",
                    "max_wal_senders=0",
                    "autovacuum_naptime=10min",
                ]
                .map(str::to_owned),
            );
        }
        settings
    }
}
