//! The folder that holds the server's files.

use crate::{Account, ClusterError};
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

/// Where files go that the server's user can't reach in the checkout.
const FALLBACK: &str = "/var/lib/tessera";

/// A folder of the account's own: `wanted`, or, when a parent of it is closed to the account (a checkout under
/// `/root`), one under `/var/lib/tessera` whose name is derived from `wanted`. Made with mode 0700.
///
/// # Errors
/// [`ClusterError::Unreachable`] when neither works, [`ClusterError::Io`] when the system refuses.
pub fn reachable_home(wanted: &Path, account: &Account) -> Result<PathBuf, ClusterError> {
    make_private(wanted, account)?;
    if account.can_use(wanted) {
        return Ok(wanted.to_owned());
    }
    // an empty folder that nobody can use says nothing to anybody; a full one stays
    let _ = fs::remove_dir(wanted);
    let fallback = fallback_home(wanted);
    make_private(&fallback, account)?;
    if account.can_use(&fallback) {
        return Ok(fallback);
    }
    Err(ClusterError::Unreachable {
        user: account.name.clone(),
        wanted: wanted.to_owned(),
        fallback,
    })
}

/// Where [`reachable_home`] goes when the account can't reach `wanted`.
pub(crate) fn fallback_home(wanted: &Path) -> PathBuf {
    Path::new(FALLBACK).join(format!(
        "{:016x}",
        fnv1a(wanted.as_os_str().as_encoded_bytes())
    ))
}

fn make_private(dir: &Path, account: &Account) -> Result<(), ClusterError> {
    fs::create_dir_all(dir).map_err(ClusterError::io(format!("making {}", dir.display())))?;
    fs::set_permissions(dir, fs::Permissions::from_mode(0o700)).map_err(ClusterError::io(
        format!("closing {} to others", dir.display()),
    ))?;
    account.own(dir)
}

/// FNV-1a: the same in every version of the compiler, unlike the standard hasher.
fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folder_names_stay_the_same_across_releases() {
        assert_eq!(fnv1a(b""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(fnv1a(b"a"), 0xaf63_dc4c_8601_ec8c);
    }
}
