//! Values, directives and definitions as schema text

use std::fmt::Write as _;

use crate::ast::{Directive, DirectiveDef, Field, Value};

/// Writes a quoted string.
pub(crate) fn quoted(out: &mut String, text: &str) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if (c as u32) < 0x20 || c as u32 == 0x7f => {
                // writing to a String cannot fail
                let _ = write!(out, "\\u{:04X}", c as u32);
            }
            c => out.push(c),
        }
    }
    out.push('"');
}

/// Writes a value.
pub(crate) fn value(out: &mut String, value_: &Value) {
    match value_ {
        Value::Null => out.push_str("null"),
        Value::Boolean(flag) => out.push_str(if *flag { "true" } else { "false" }),
        Value::Int(text) | Value::Float(text) | Value::Enum(text) => out.push_str(text),
        Value::String(text) => quoted(out, text),
        Value::List(items) => {
            out.push('[');
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    out.push_str(", ");
                }
                value(out, item);
            }
            out.push(']');
        }
        Value::Object(fields) => {
            out.push('{');
            for (at, (name, field)) in fields.iter().enumerate() {
                if at > 0 {
                    out.push_str(", ");
                }
                out.push_str(name);
                out.push_str(": ");
                value(out, field);
            }
            out.push('}');
        }
    }
}

/// A value as text.
pub(crate) fn value_text(value_: &Value) -> String {
    let mut out = String::new();
    value(&mut out, value_);
    out
}

/// Writes ` @name(argument: value)`.
pub(crate) fn directive(out: &mut String, directive: &Directive) {
    out.push_str(" @");
    out.push_str(&directive.name);
    for (at, (name, argument)) in directive.arguments.iter().enumerate() {
        out.push_str(if at == 0 { "(" } else { ", " });
        out.push_str(name);
        out.push_str(": ");
        value(out, argument);
    }
    if !directive.arguments.is_empty() {
        out.push(')');
    }
}

/// Writes a description as a block string, or as a quoted one when a block can't carry it.
pub(crate) fn description(out: &mut String, indent: &str, text: Option<&str>) {
    let Some(text) = text else { return };
    let plain = text
        .chars()
        .all(|c| c == '\n' || c == '\t' || !c.is_control());
    let first_indented = text.starts_with([' ', '\t'])
        || text.trim().is_empty()
        || text.ends_with('\n')
        || text.starts_with('\n');
    out.push_str(indent);
    if !plain || first_indented {
        quoted(out, text);
        out.push('\n');
        return;
    }
    out.push_str("\"\"\"\n");
    for line in text.split('\n') {
        if !line.is_empty() {
            out.push_str(indent);
            out.push_str(&line.replace("\"\"\"", "\\\"\"\""));
        }
        out.push('\n');
    }
    out.push_str(indent);
    out.push_str("\"\"\"\n");
}

/// Writes `(name: Type = default @directive, …)`, nothing for no arguments.
pub(crate) fn arguments(out: &mut String, indent: &str, arguments: &[Field]) {
    if arguments.is_empty() {
        return;
    }
    let described = arguments
        .iter()
        .any(|argument| argument.description.is_some());
    out.push('(');
    for (at, argument) in arguments.iter().enumerate() {
        if described {
            out.push('\n');
            let deeper = format!("{indent}  ");
            description(out, &deeper, argument.description.as_deref());
            out.push_str(&deeper);
        } else if at > 0 {
            out.push_str(", ");
        }
        input_value(out, argument);
    }
    if described {
        out.push('\n');
        out.push_str(indent);
    }
    out.push(')');
}

/// Writes `name: Type = default @directives`.
pub(crate) fn input_value(out: &mut String, input: &Field) {
    // writing to a String cannot fail
    let _ = write!(out, "{}: {}", input.name, input.ty);
    if let Some(default) = &input.default {
        out.push_str(" = ");
        value(out, default);
    }
    for applied in &input.directives {
        directive(out, applied);
    }
}

/// Writes a directive definition with a line end.
pub(crate) fn directive_definition(out: &mut String, definition: &DirectiveDef) {
    description(out, "", definition.description.as_deref());
    out.push_str("directive @");
    out.push_str(&definition.name);
    arguments(out, "", &definition.arguments);
    if definition.repeatable {
        out.push_str(" repeatable");
    }
    out.push_str(" on ");
    for (at, location) in definition.locations.iter().enumerate() {
        if at > 0 {
            out.push_str(" | ");
        }
        out.push_str(location);
    }
    out.push('\n');
}
