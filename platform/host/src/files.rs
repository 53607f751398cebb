use std::sync::Arc;

use object_store::ObjectStore;
use object_store::aws::AmazonS3Builder;
use object_store::local::LocalFileSystem;

use crate::config::Config;

/// Why there is no place for files.
#[derive(Debug, thiserror::Error)]
pub enum FilesError {
    /// The folder cannot be made.
    #[error("folder {path} for the files of tenants")]
    Folder {
        /// The folder.
        path: String,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The object store's address or settings are not usable.
    #[error("object store")]
    Store(#[from] object_store::Error),
    /// Another scheme than `s3`.
    #[error("object store address must begin with s3://")]
    Scheme,
}

/// The place for the files of tenants: the object store that is set, else the local folder.
///
/// # Errors
/// [`FilesError`].
pub(crate) fn open(config: &Config) -> Result<Arc<dyn ObjectStore>, FilesError> {
    if let Some(url) = &config.object_store_url {
        if !url.starts_with("s3://") {
            return Err(FilesError::Scheme);
        }
        crate::tls::provide();
        let store = AmazonS3Builder::from_env().with_url(url).build()?;
        return Ok(Arc::new(store));
    }
    let failed = |source| FilesError::Folder {
        path: config.data_dir.display().to_string(),
        source,
    };
    std::fs::create_dir_all(&config.data_dir).map_err(failed)?;
    restrict(&config.data_dir).map_err(failed)?;
    Ok(Arc::new(
        LocalFileSystem::new_with_prefix(&config.data_dir)?.with_automatic_cleanup(true),
    ))
}

/// Other users of the machine have no business with the files of tenants.
fn restrict(path: &std::path::Path) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o700))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests fail by panicking")]
    use super::*;

    fn config(address: &str) -> Config {
        Config {
            object_store_url: Some(address.to_owned()),
            ..Config::default()
        }
    }

    #[test]
    fn an_object_store_is_opened_in_a_process_that_chose_no_cryptography() {
        let store = open(&config("s3://files")).unwrap();
        assert!(store.to_string().contains("files"));
    }

    #[test]
    fn only_s3_is_an_object_store() {
        for address in ["http://127.0.0.1/files", "gs://files", "files", ""] {
            let refused = open(&config(address));
            assert!(matches!(refused, Err(FilesError::Scheme)), "{address}");
        }
    }
}
