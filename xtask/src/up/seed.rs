//! The demo tenant's sign-in, as `tessera seed-demo` tells it.

use serde::Deserialize;

/// Made by the product, shown to the user.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct Demo {
    pub(crate) email: String,
    pub(crate) password: String,
}

/// Finds the line of JSON among what the command said.
pub(crate) fn parse(output: &str) -> Option<Demo> {
    output
        .lines()
        .rev()
        .find_map(|line| serde_json::from_str(line.trim()).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sign_in_is_found_behind_other_lines() {
        let demo = parse("migrated\n{\"email\":\"a@b.c\",\"password\":\"x\",\"tenant\":\"y\"}\n\n");
        assert_eq!(
            demo,
            Some(Demo {
                email: "a@b.c".to_owned(),
                password: "x".to_owned()
            })
        );
        assert_eq!(parse("nothing was said"), None);
    }
}
