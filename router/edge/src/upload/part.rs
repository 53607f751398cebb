//! The parts of a form, one after the other.

use std::fs::File;
use std::io::Write as _;

use bytes::{Bytes, BytesMut};
use multer::{Field, Multipart};
use platform_types::ErrorCode;
use router_engine::Upload;

use super::too_large;
use crate::config::UploadConfig;
use crate::refused::Refused;

/// Longest name of a file that is kept, in bytes.
const NAME_BYTES: usize = 255;

/// The next part; none at the end of the form.
pub(super) async fn next<'form>(
    form: &mut Multipart<'form>,
) -> Result<Option<Field<'form>>, Refused> {
    form.next_field().await.map_err(|error| broken(&error))
}

/// What the field is called.
pub(super) fn name<'a>(field: &'a Field<'_>) -> Result<&'a str, Refused> {
    field
        .name()
        .ok_or_else(|| Refused::malformed("a part of the form has no name"))
}

/// The text of the next part, which has to be the one of this name.
pub(super) async fn text(
    form: &mut Multipart<'_>,
    expected: &str,
    limit: usize,
) -> Result<Bytes, Refused> {
    let Some(mut field) = next(form).await? else {
        return Err(Refused::malformed(format!("{expected} is missing")));
    };
    if name(&field)? != expected {
        return Err(Refused::malformed(format!(
            "{expected} has to come before what else is in the form"
        )));
    }
    if field.file_name().is_some() {
        return Err(Refused::malformed(format!("{expected} is a file")));
    }
    let mut text = BytesMut::new();
    while let Some(chunk) = chunk(&mut field).await? {
        if text.len() + chunk.len() > limit {
            return Err(too_large(limit as u64, &format!("bytes in {expected}")));
        }
        text.extend_from_slice(&chunk);
    }
    Ok(text.freeze())
}

/// Takes a file in; `left` is what all files of the form may still have.
pub(super) async fn file(
    mut field: Field<'_>,
    limits: &UploadConfig,
    left: &mut u64,
) -> Result<Upload, Refused> {
    let Some(name) = field.file_name().map(clean) else {
        let message = format!("{:?} is no file", field.name().unwrap_or_default());
        return Err(Refused::malformed(message));
    };
    let content_type = field.content_type().map(ToString::to_string);
    let mut length = 0;
    let mut memory = BytesMut::new();
    let mut spool: Option<File> = None;
    while let Some(chunk) = chunk(&mut field).await? {
        length += chunk.len() as u64;
        if length > limits.file_bytes {
            return Err(too_large(limits.file_bytes, "bytes in a file"));
        }
        *left = left
            .checked_sub(chunk.len() as u64)
            .ok_or_else(|| too_large(limits.total_bytes, "bytes in all files"))?;
        memory.extend_from_slice(&chunk);
        if memory.len() > limits.memory_bytes {
            spool = Some(write(spool, memory.split().freeze()).await?);
        }
    }
    let Some(file) = spool else {
        return Ok(Upload::new(name, content_type, memory.freeze()));
    };
    let file = write(Some(file), memory.freeze()).await?;
    Upload::spooled(name, content_type, file).map_err(|error| no_room(&error))
}

async fn chunk(field: &mut Field<'_>) -> Result<Option<Bytes>, Refused> {
    field.chunk().await.map_err(|error| broken(&error))
}

/// Appends to the temporary file, which is made with the first bytes.
async fn write(file: Option<File>, bytes: Bytes) -> Result<File, Refused> {
    let work = move || {
        let mut file = match file {
            Some(file) => file,
            None => tempfile::tempfile()?,
        };
        file.write_all(&bytes)?;
        Ok(file)
    };
    match tokio::task::spawn_blocking(work).await {
        Ok(written) => written.map_err(|error| no_room(&error)),
        Err(error) => Err(no_room(&std::io::Error::other(error))),
    }
}

fn no_room(error: &std::io::Error) -> Refused {
    tracing::error!(%error, "a file of a request cannot be kept");
    Refused::new(
        http::StatusCode::INTERNAL_SERVER_ERROR,
        ErrorCode::Internal,
        "the file cannot be kept",
    )
}

/// What is wrong with the form, in our words: the reader's own may quote it.
fn broken(error: &multer::Error) -> Refused {
    match error {
        multer::Error::StreamSizeExceeded { limit } => too_large(*limit, "bytes in a form"),
        multer::Error::IncompleteStream
        | multer::Error::IncompleteFieldData { .. }
        | multer::Error::IncompleteHeaders
        | multer::Error::StreamReadFailed(_) => Refused::malformed("form broke off"),
        _ => Refused::malformed("form is malformed"),
    }
}

/// The last step of a path, without control characters: a name and nothing else.
fn clean(name: &str) -> String {
    let name = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let mut clean: String = name.chars().filter(|c| !c.is_control()).collect();
    clean.truncate(clean.floor_char_boundary(NAME_BYTES));
    clean
}

#[cfg(test)]
mod tests {
    use super::clean;

    #[test]
    fn a_name_is_no_path() {
        for (name, expected) in [
            ("cv.pdf", "cv.pdf"),
            ("../../etc/passwd", "passwd"),
            ("C:\\fakepath\\cv.pdf", "cv.pdf"),
            ("a\r\nb\0", "ab"),
            ("..", ".."),
            ("", ""),
        ] {
            assert_eq!(clean(name), expected);
        }
        assert_eq!(clean(&"ü".repeat(200)).len(), 254);
    }
}
