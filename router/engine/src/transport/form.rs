//! A fetch with files as a multipart request.

use std::hash::{BuildHasher, RandomState};
use std::io::{self, Write};

use bytes::Bytes;

use crate::upload::{Passed, Upload};

/// The body of a request with the type that it is announced as.
#[derive(Debug, Clone)]
pub(crate) struct Payload {
    pub(crate) body: Bytes,
    /// None is JSON.
    pub(crate) content_type: Option<Box<str>>,
}

impl From<Bytes> for Payload {
    fn from(body: Bytes) -> Self {
        Self {
            body,
            content_type: None,
        }
    }
}

impl Payload {
    /// `operations`, then `map`, then the files. All of it is in memory at once, for the proof of identity covers it.
    /// Blocks.
    pub(crate) fn form(operations: &[u8], passed: &Passed) -> io::Result<Self> {
        let (one, other) = (RandomState::new(), RandomState::new());
        let boundary = format!("{:016x}{:016x}", one.hash_one(0_u8), other.hash_one(1_u8));
        let files: u64 = passed.files.iter().map(|file| file.length()).sum();
        let files = usize::try_from(files).map_err(io::Error::other)?;
        let mut body =
            Vec::with_capacity(files + operations.len() + 256 * (passed.files.len() + 2));
        let map: serde_json::Map<String, serde_json::Value> = passed
            .places
            .iter()
            .enumerate()
            .map(|(number, places)| (number.to_string(), places.as_slice().into()))
            .collect();
        let field = "content-disposition: form-data; name=";
        write!(body, "--{boundary}\r\n{field}\"operations\"\r\n")?;
        body.write_all(b"content-type: application/json\r\n\r\n")?;
        body.write_all(operations)?;
        write!(body, "\r\n--{boundary}\r\n{field}\"map\"\r\n")?;
        body.write_all(b"content-type: application/json\r\n\r\n")?;
        serde_json::to_writer(&mut body, &map)?;
        for (number, file) in passed.files.iter().enumerate() {
            let name = quoted(file.name());
            let media = media_type(file);
            write!(
                body,
                "\r\n--{boundary}\r\n{field}\"{number}\"; filename=\"{name}\"\r\ncontent-type: {media}\r\n\r\n"
            )?;
            file.copy_to(&mut body)?;
        }
        write!(body, "\r\n--{boundary}--\r\n")?;
        Ok(Self {
            body: body.into(),
            content_type: Some(format!("multipart/form-data; boundary={boundary}").into()),
        })
    }
}

/// A name inside quotes, as browsers write it; other control characters are left out.
fn quoted(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    for character in name.chars() {
        match character {
            '"' => out.push_str("%22"),
            '\r' => out.push_str("%0D"),
            '\n' => out.push_str("%0A"),
            // some readers take it for an escape
            '\\' => out.push('_'),
            character if character.is_control() => {}
            character => out.push(character),
        }
    }
    out
}

/// The type that the client claims when it cannot be anything but a type.
fn media_type(file: &Upload) -> &str {
    file.content_type()
        .filter(|media| {
            media.contains('/')
                && media
                    .bytes()
                    .all(|byte| byte == b' ' || byte.is_ascii_graphic())
        })
        .unwrap_or("application/octet-stream")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_does_not_leave_its_quotes() {
        assert_eq!(
            quoted("a\"; name=\"x\r\ncontent-type: y\\\0ü"),
            "a%22; name=%22x%0D%0Acontent-type: y_ü"
        );
        for odd in ["text/html\r\nx: y", "nothing", "a/ü"] {
            let file = Upload::new("", Some(odd.to_owned()), Bytes::new());
            assert_eq!(media_type(&file), "application/octet-stream");
        }
    }
}
