//! Field sets of federation directives (`"a b { c } ... on T { d }"`), as coordinates.

/// Every coordinate that a field set on `ty` selects. `type_of` gives the named type of a field.
///
/// Iterative, and lenient: what does not parse selects nothing more; the composer has refused it before.
pub(super) fn coordinates<'a>(
    text: &'a str,
    ty: &'a str,
    type_of: impl Fn(&str, &str) -> Option<&'a str>,
) -> Vec<(&'a str, &'a str)> {
    let mut found = Vec::new();
    let mut stack = vec![ty];
    // the type that an opening brace would enter
    let mut inner: Option<&str> = None;
    let mut arguments = 0_usize;
    let mut condition = false;
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let word = rest.len()
            - rest
                .trim_start_matches(|c: char| c == '_' || c.is_ascii_alphanumeric())
                .len();
        if word > 0 {
            let (name, after) = rest.split_at(word);
            rest = after;
            if arguments > 0 || name == "on" && condition && inner.is_none() {
                continue;
            }
            let Some(&current) = stack.last() else {
                return found;
            };
            if std::mem::take(&mut condition) {
                inner = Some(name);
            } else if after.trim_start().starts_with(':') {
                // an alias
                rest = after.trim_start().strip_prefix(':').unwrap_or(after);
            } else {
                found.push((current, name));
                inner = type_of(current, name);
            }
            continue;
        }
        rest = &rest[first.len_utf8()..];
        match first {
            '(' => arguments += 1,
            ')' => arguments = arguments.saturating_sub(1),
            '.' if arguments == 0 => {
                condition = true;
                inner = None;
            }
            '{' if arguments == 0 => {
                condition = false;
                let current = stack.last().copied().unwrap_or(ty);
                stack.push(inner.take().unwrap_or(current));
            }
            '}' if arguments == 0 => {
                stack.pop();
                inner = None;
            }
            _ => {}
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nested_and_conditional_fields_are_found_on_their_types() {
        let type_of = |ty: &str, field: &str| match (ty, field) {
            ("A", "b") => Some("B"),
            ("C", "a") => Some("A"),
            _ => None,
        };
        assert_eq!(coordinates("x y", "A", type_of), [("A", "x"), ("A", "y")]);
        assert_eq!(
            coordinates(
                "x b { on ... on C { a { z } } } n: y(arg: {x: 1})",
                "A",
                type_of
            ),
            [
                ("A", "x"),
                ("A", "b"),
                ("B", "on"),
                ("C", "a"),
                ("A", "z"),
                ("A", "y")
            ]
        );
        assert_eq!(coordinates("}} x", "A", type_of), []);
    }
}
