//! Literals as they are written, for subgraphs and in introspection. The library's own writing garbles characters outside of the basic plane and
//! writes large floats as long rows of digits.

use std::fmt::Write as _;

use crate::syntax::query::Value;

/// Writes a literal.
pub(crate) fn write_literal(value: &Value, out: &mut String) {
    // writing into a string does not fail
    match value {
        Value::Variable(name) => {
            let _written = write!(out, "${name}");
        }
        Value::Int(number) => {
            let _written = write!(out, "{number}");
        }
        Value::Float(number) => match serde_json::Number::from_f64(*number) {
            Some(number) => {
                let _written = write!(out, "{number}");
            }
            // more than a float can hold; no type of the specification takes it
            None if *number > 0.0 => out.push_str("1e999"),
            None => out.push_str("-1e999"),
        },
        Value::String(text) => string(text, out),
        Value::Boolean(value) => out.push_str(if *value { "true" } else { "false" }),
        Value::Null => out.push_str("null"),
        Value::Enum(name) => out.push_str(name),
        Value::List(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push_str(", ");
                }
                write_literal(item, out);
            }
            out.push(']');
        }
        Value::Object(fields) => {
            out.push('{');
            for (index, (name, value)) in fields.iter().enumerate() {
                if index > 0 {
                    out.push_str(", ");
                }
                out.push_str(name);
                out.push_str(": ");
                write_literal(value, out);
            }
            out.push('}');
        }
    }
}

fn string(text: &str, out: &mut String) {
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            control if control.is_control() => {
                let _written = write!(out, "\\u{:04X}", u32::from(control));
            }
            other => out.push(other),
        }
    }
    out.push('"');
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use crate::syntax::query::{Definition, OperationDefinition, Selection};

    use super::*;
    use crate::request::parse_document;

    /// The first argument of the only field.
    fn read(text: &str) -> Value {
        let document = parse_document(&format!("{{a(a: {text})}}")).unwrap();
        match document.definitions.into_iter().next().unwrap() {
            Definition::Operation(OperationDefinition::SelectionSet(mut set)) => {
                match set.items.pop().unwrap() {
                    Selection::Field(mut field) => field.arguments.pop().unwrap().1,
                    other => panic!("{other:?}"),
                }
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_is_written_is_read_as_the_same() {
        for text in [
            "[0, -1, 2147483648, -9223372036854775808]",
            "[0.0, -0.5, 1e300, 1.5e-9, 12345678901234567890]",
            "\"a \\\"b\\\" \\\\ \\n\\r\\t\\b\\f\\u007F\\u0085 ä 😀 \\u{1F600} {$x}\"",
            "\"\"\"\n  a\n    b\n\"\"\"",
            "{a: [null, true, false, RED, {b: $v}], c: [], d: {}}",
        ] {
            let value = read(text);
            let mut written = String::new();
            write_literal(&value, &mut written);
            assert!(!written.contains(char::is_control), "{written}");
            assert_eq!(read(&written), value, "{written}");
        }
    }
}
