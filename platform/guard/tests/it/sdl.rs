//! Schemas of strangers.

use platform_guard::{Limit, Refusal, SdlLimits, check_sdl};

#[test]
fn schemas_pass() {
    let text = r#"
        """ a "description" with { ( [ """
        extend schema @link(url: "https://specs.apollo.dev/federation/v2.5", import: ["@key", {name: "@tag", as: "@t"}])
        type User implements Node & Entity @key(fields: "id") @key(fields: "email") {
          "plain" id: ID! @shareable
          posts(first: Int = 10 @deprecated, filter: [[F!]!] = [[{a: 1}]]): [Post!]!
        }
        union U @a = | A | B
        enum E { A @x B }
        directive @d(a: Int = 1) repeatable on FIELD | OBJECT
    "#;
    let stats = check_sdl(text, &SdlLimits::default()).unwrap();
    assert_eq!(stats.directives, 8);
    assert_eq!(stats.depth, 5);
}

#[test]
fn hostile_schemas_are_refused() {
    let limit = |text: String| check_sdl(&text, &SdlLimits::default()).unwrap_err().limit();
    assert_eq!(
        limit(format!("type Q{{a:{}", "[".repeat(4000))),
        Some(Limit::SdlDepth)
    );
    assert_eq!(
        limit(format!("type Q{{a(x:X={}", "{a:[".repeat(4000))),
        Some(Limit::SdlDepth)
    );
    assert_eq!(
        limit(format!("type Q {}", "@a(x:[1])".repeat(40))),
        Some(Limit::DirectivesPerLocation)
    );
    assert_eq!(limit("a ".repeat(500_001)), Some(Limit::Tokens));
    assert_eq!(limit(" ".repeat(5 << 20)), Some(Limit::Bytes));
    for text in [
        "type Q { a: Int",
        "}",
        "type Q ( }",
        "type Q \0",
        "\"",
        "\"\"\"",
    ] {
        let refusal = check_sdl(text, &SdlLimits::default()).unwrap_err();
        assert!(
            matches!(refusal, Refusal::Syntax { .. }),
            "{text}: {refusal}"
        );
    }
}
