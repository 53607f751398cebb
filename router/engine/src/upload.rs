//! Files that come with a request (the GraphQL multipart request specification), beside its variables.
//!
//! In the variables a file is a placeholder, the text that async-graphql reads as a place in a list of files. Only whoever
//! reads the form puts it there: a text of the client's that looks like one is refused where a file is expected, and a
//! placeholder where none is.

use std::fs::File;
use std::io::{self, Write};
use std::os::unix::fs::FileExt;
use std::sync::Arc;

use async_graphql_value::ConstValue;
use bytes::Bytes;

/// What a placeholder begins with; the number of the file follows.
pub(crate) const PLACEHOLDER: &str = "#__graphql_file__:";

/// The scalar of files.
pub(crate) const SCALAR: &str = "Upload";

/// Bytes that are copied at once.
const PIECE: usize = 64 * 1024;

/// A file that came with a request; its bytes are in memory or in a temporary file.
pub struct Upload {
    name: String,
    content_type: Option<String>,
    content: Content,
}

enum Content {
    Memory(Bytes),
    Spooled { file: Arc<File>, length: u64 },
}

impl std::fmt::Debug for Upload {
    // what is in a file is nobody's business in a log
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Upload")
            .field("content_type", &self.content_type)
            .field("length", &self.length())
            .finish_non_exhaustive()
    }
}

/// The files of one request, by the numbers in the placeholders.
pub type Uploads = Arc<[Arc<Upload>]>;

impl Upload {
    /// A file in memory. The client's name of the file and its media type are claims: nothing is decided by them here.
    #[must_use]
    pub fn new(name: impl Into<String>, content_type: Option<String>, bytes: Bytes) -> Self {
        Self {
            name: name.into(),
            content_type,
            content: Content::Memory(bytes),
        }
    }

    /// A file on disk, whole and written; it is read by position from its beginning.
    ///
    /// # Errors
    /// When its length cannot be read.
    pub fn spooled(
        name: impl Into<String>,
        content_type: Option<String>,
        file: File,
    ) -> io::Result<Self> {
        let length = file.metadata()?.len();
        let file = Arc::new(file);
        Ok(Self {
            name: name.into(),
            content_type,
            content: Content::Spooled { file, length },
        })
    }

    /// The text that stands for file `number` in the variables.
    #[must_use]
    pub fn placeholder(number: usize) -> String {
        format!("{PLACEHOLDER}{number}")
    }

    /// Whether a text looks like a placeholder.
    #[must_use]
    pub fn is_placeholder(text: &str) -> bool {
        text.starts_with(PLACEHOLDER)
    }

    /// What the client calls it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The media type that the client claims.
    #[must_use]
    pub fn content_type(&self) -> Option<&str> {
        self.content_type.as_deref()
    }

    /// Its length in bytes.
    #[must_use]
    pub fn length(&self) -> u64 {
        match &self.content {
            Content::Memory(bytes) => bytes.len() as u64,
            Content::Spooled { length, .. } => *length,
        }
    }

    /// Writes all of it, from its beginning. Blocks.
    ///
    /// # Errors
    /// When it cannot be read or written.
    pub fn copy_to(&self, out: &mut impl Write) -> io::Result<()> {
        let (file, length) = match &self.content {
            Content::Memory(bytes) => return out.write_all(bytes),
            Content::Spooled { file, length } => (file, *length),
        };
        let mut piece = vec![0; PIECE];
        let mut at = 0;
        while at < length {
            // several fetches may read the same file at once: none moves another's position
            let read = file.read_at(&mut piece, at)?;
            if read == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            out.write_all(&piece[..read])?;
            at += read as u64;
        }
        Ok(())
    }
}

/// Which of `count` files a text stands for.
pub(crate) fn number(text: &str, count: usize) -> Option<usize> {
    let digits = text.strip_prefix(PLACEHOLDER)?;
    let number: usize = digits.parse().ok().filter(|number| *number < count)?;
    // one way to write a number only
    (digits == number.to_string()).then_some(number)
}

/// Whether a placeholder stands anywhere in a value.
pub(crate) fn is_in(value: &serde_json::Value) -> bool {
    match value {
        serde_json::Value::String(text) => Upload::is_placeholder(text),
        serde_json::Value::Array(items) => items.iter().any(is_in),
        serde_json::Value::Object(fields) => fields.values().any(is_in),
        _ => false,
    }
}

/// The files that one fetch passes on, with their own numbers.
#[derive(Debug, Default)]
pub(crate) struct Passed {
    pub(crate) files: Vec<Arc<Upload>>,
    /// For every file the places in the variables, as a multipart request's map names them.
    pub(crate) places: Vec<Vec<String>>,
    /// The number that each file has in the request, in the order of `files`.
    numbers: Vec<usize>,
}

impl Passed {
    pub(crate) fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// Takes the files out of a variable of the fetch: each is replaced by what `put` makes of its number in the fetch.
    pub(crate) fn take(
        &mut self,
        value: &mut ConstValue,
        place: &str,
        uploads: &[Arc<Upload>],
        put: &impl Fn(usize) -> ConstValue,
    ) {
        match value {
            ConstValue::String(text) => {
                if let Some(number) = number(text, uploads.len()) {
                    let own = self.own(number, &uploads[number]);
                    self.places[own].push(place.to_owned());
                    *value = put(own);
                }
            }
            ConstValue::List(items) => {
                for (index, item) in items.iter_mut().enumerate() {
                    self.take(item, &format!("{place}.{index}"), uploads, put);
                }
            }
            ConstValue::Object(fields) => {
                for (name, field) in fields {
                    self.take(field, &format!("{place}.{name}"), uploads, put);
                }
            }
            _ => {}
        }
    }

    fn own(&mut self, number: usize, upload: &Arc<Upload>) -> usize {
        if let Some(own) = self.numbers.iter().position(|known| *known == number) {
            return own;
        }
        self.numbers.push(number);
        self.files.push(Arc::clone(upload));
        self.places.push(Vec::new());
        self.files.len() - 1
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

    use super::*;

    #[test]
    fn only_placeholders_of_files_that_came_have_a_number() {
        assert_eq!(number("#__graphql_file__:1", 2), Some(1));
        for text in [
            "#__graphql_file__:2",
            "#__graphql_file__:01",
            "#__graphql_file__:+1",
            "#__graphql_file__:-1",
            "#__graphql_file__:",
            "#__graphql_file__:x",
            " #__graphql_file__:1",
            "1",
        ] {
            assert_eq!(number(text, 2), None, "{text}");
        }
    }

    #[test]
    fn the_numbers_of_a_fetch_are_its_own() {
        let uploads: Vec<_> = ["a", "b", "c"]
            .map(|name| Arc::new(Upload::new(name, None, Bytes::new())))
            .into();
        let mut value = ConstValue::from_json(serde_json::json!({
            "list": [Upload::placeholder(2), null, Upload::placeholder(1)],
            "again": Upload::placeholder(2),
            "text": "a",
        }))
        .unwrap();
        let mut passed = Passed::default();
        passed.take(&mut value, "variables.input", &uploads, &|own| {
            ConstValue::from(Upload::placeholder(own))
        });
        assert_eq!(
            value.into_json().unwrap(),
            serde_json::json!({
                "list": [Upload::placeholder(0), null, Upload::placeholder(1)],
                "again": Upload::placeholder(0),
                "text": "a",
            })
        );
        let names: Vec<_> = passed.files.iter().map(|file| file.name()).collect();
        assert_eq!(names, ["c", "b"]);
        assert_eq!(
            passed.places,
            [
                vec!["variables.input.list.0", "variables.input.again"],
                vec!["variables.input.list.2"]
            ]
        );
    }

    #[test]
    fn a_spooled_file_is_read_from_its_beginning_every_time() {
        let mut file = tempfile::tempfile().unwrap();
        let bytes: Vec<u8> = (0..200_000_u32).map(|n| n as u8).collect();
        file.write_all(&bytes).unwrap();
        let upload = Upload::spooled("x", None, file).unwrap();
        assert_eq!(upload.length(), 200_000);
        for _ in 0..2 {
            let mut read = Vec::new();
            upload.copy_to(&mut read).unwrap();
            assert!(read == bytes);
        }
    }
}
