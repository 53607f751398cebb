//! The fields of spans for lines of the log in JSON.

use std::fmt::{self, Debug, Write as _};

use tracing::field::{Field, Visit};
use tracing::span::Record;
use tracing_subscriber::field::RecordFields;
use tracing_subscriber::fmt::FormatFields;
use tracing_subscriber::fmt::FormattedFields;
use tracing_subscriber::fmt::format::Writer;

/// Writes the fields of a span as an object in JSON, once through. What the log's format brings with it collects them in a
/// map of values first, which took a tenth of what the router did for a query that others had asked too; a span is made
/// for every operation and hardly any is ever in a line.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Members;

impl<'writer> FormatFields<'writer> for Members {
    fn format_fields<R: RecordFields>(
        &self,
        mut writer: Writer<'writer>,
        fields: R,
    ) -> fmt::Result {
        let mut text = String::with_capacity(COMMON_BYTES);
        text.push('{');
        let mut object = Object {
            out: &mut text,
            first: true,
            result: Ok(()),
        };
        fields.record(&mut object);
        object.result?;
        text.push('}');
        writer.write_str(&text)
    }

    fn add_fields(
        &self,
        current: &'writer mut FormattedFields<Self>,
        fields: &Record<'_>,
    ) -> fmt::Result {
        // a field that comes twice counts as it came last to whoever reads the object
        if current.fields.pop().is_none() {
            current.fields.push('{');
        }
        let first = current.fields.len() <= 1;
        let mut object = Object {
            out: &mut current.fields,
            first,
            result: Ok(()),
        };
        fields.record(&mut object);
        object.result?;
        current.fields.push('}');
        Ok(())
    }
}

/// As many bytes as the fields of most spans have.
const COMMON_BYTES: usize = 256;

struct Object<'a> {
    out: &'a mut String,
    first: bool,
    result: fmt::Result,
}

impl Object<'_> {
    fn member(&mut self, field: &Field, write: impl FnOnce(&mut String) -> fmt::Result) {
        if self.result.is_err() {
            return;
        }
        let comma = if std::mem::take(&mut self.first) {
            ""
        } else {
            ","
        };
        // raw identifiers come with their mark
        let name = field.name();
        let name = name.strip_prefix("r#").unwrap_or(name);
        self.out.push_str(comma);
        string(self.out, name);
        self.out.push(':');
        self.result = write(self.out);
    }
}

impl Visit for Object<'_> {
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.member(field, |out| match value.is_finite() {
            true => write!(out, "{value}"),
            false => out.write_str("null"),
        });
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.member(field, |out| write!(out, "{value}"));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.member(field, |out| write!(out, "{value}"));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.member(field, |out| {
            out.write_str(if value { "true" } else { "false" })
        });
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.member(field, |out| {
            string(out, value);
            Ok(())
        });
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.member(field, |out| {
            out.push('"');
            write!(Escaping(out), "{value:?}")?;
            out.push('"');
            Ok(())
        });
    }
}

fn string(out: &mut String, text: &str) {
    out.push('"');
    escape(out, text);
    out.push('"');
}

/// What is printed into a string of JSON.
struct Escaping<'a>(&'a mut String);

impl fmt::Write for Escaping<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        escape(self.0, text);
        Ok(())
    }
}

/// Escapes what JSON asks for: quotes, backslashes and control characters (RFC 8259, section 7).
fn escape(out: &mut String, text: &str) {
    let mut rest = text;
    while let Some(at) = rest
        .bytes()
        .position(|byte| byte < 0x20 || matches!(byte, b'"' | b'\\'))
    {
        out.push_str(&rest[..at]);
        let byte = rest.as_bytes()[at];
        if byte < 0x20 {
            const DIGITS: &[u8; 16] = b"0123456789abcdef";
            out.push_str("\\u00");
            out.push(char::from(DIGITS[usize::from(byte >> 4)]));
            out.push(char::from(DIGITS[usize::from(byte & 15)]));
        } else {
            out.push('\\');
            out.push(char::from(byte));
        }
        rest = &rest[at + 1..];
    }
    out.push_str(rest);
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests fail by panicking")]
    use std::io::Write;
    use std::sync::Arc;

    use parking_lot::Mutex;
    use serde_json::{Value, json};
    use tracing_subscriber::layer::SubscriberExt as _;

    use super::*;

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn fields_of_spans_are_members_of_the_lines_below_them() {
        let lines = Lines::default();
        let written = lines.clone();
        let layer = tracing_subscriber::fmt::layer()
            .with_writer(move || lines.clone())
            .json()
            .flatten_event(true)
            .fmt_fields(Members);
        let subscriber = tracing_subscriber::registry().with(layer);
        tracing::subscriber::with_default(subscriber, || {
            let span = tracing::info_span!(
                "operation",
                label = "plain",
                count = 3,
                below = -4,
                share = 0.5,
                none = f64::NAN,
                good = true,
                shown = %"x\"y",
                debugged = ?Some("z"),
                later = tracing::field::Empty,
            );
            let empty = tracing::info_span!(parent: &span, "empty", late = tracing::field::Empty);
            span.record("later", "there");
            empty.record("late", 1);
            empty.in_scope(|| tracing::info!("it happened"));
        });
        let text = String::from_utf8(written.0.lock().clone()).unwrap();
        let line: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(line["message"], "it happened");
        let mut spans = line["spans"].clone();
        assert_eq!(spans[1], json!({"late": 1, "name": "empty"}));
        let outer = spans[0].as_object_mut().unwrap();

        assert_eq!(outer.remove("name").unwrap(), "operation");
        assert_eq!(
            Value::Object(outer.clone()),
            json!({
                "label": "plain", "count": 3, "below": -4, "share": 0.5, "none": null, "good": true,
                "shown": "x\"y", "debugged": "Some(\"z\")", "later": "there",
            })
        );
    }

    #[test]
    fn strings_are_escaped() {
        let mut text = String::new();
        string(&mut text, "a \"b\" \\ \n\t\u{1f}\u{7f} é");
        let read: String = serde_json::from_str(&text).unwrap();
        assert_eq!(read, "a \"b\" \\ \n\t\u{1f}\u{7f} é");
    }
}
