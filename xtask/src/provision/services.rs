//! The programs of the service shape: RabbitMQ and Redis.

use super::{apt, find_program, is_program};
use anyhow::{Result, bail};
use std::path::PathBuf;

/// Paths of the programs; none of them runs yet.
pub(crate) struct Programs {
    pub(crate) rabbitmq_server: PathBuf,
    pub(crate) epmd: PathBuf,
    pub(crate) redis_server: PathBuf,
}

/// Finds the programs or installs them, without a system service being started.
///
/// # Errors
/// One sentence with the command that helps.
pub(crate) fn ensure() -> Result<Programs> {
    if let Some(programs) = find() {
        return Ok(programs);
    }
    let packages = ["rabbitmq-server", "redis-server"];
    let reason = apt::install(&packages)
        .err()
        .map(|error| format!(" ({error:#})"))
        .unwrap_or_default();
    match find() {
        Some(programs) => Ok(programs),
        None => bail!(
            "the service shape needs RabbitMQ and Redis: run `{}` and stop the services it starts{reason}",
            apt::advice(&packages)
        ),
    }
}

fn find() -> Option<Programs> {
    // Debian's /usr/sbin/rabbitmq-server insists on its own user and folders; the script behind it doesn't
    let rabbitmq_server = [PathBuf::from("/usr/lib/rabbitmq/bin/rabbitmq-server")]
        .into_iter()
        .chain(find_program("rabbitmq-server"))
        .find(|path| is_program(path))?;
    Some(Programs {
        rabbitmq_server,
        epmd: find_program("epmd")?,
        redis_server: find_program("redis-server").or_else(|| find_program("valkey-server"))?,
    })
}
