//! Depth of JSON.

use platform_guard::{Limit, Refusal, check_json_depth};

#[test]
fn depth_is_counted_outside_of_strings() {
    assert_eq!(
        check_json_depth(br#"{"a":[{"b":1},"[[[[","\"[[[",{}]}"#, 3),
        Ok(3)
    );
    assert_eq!(check_json_depth(b"1", 0), Ok(0));
    assert_eq!(check_json_depth(br#""\\""#, 0), Ok(0));
}

#[test]
fn deep_texts_are_refused_where_they_become_too_deep() {
    let text = "[".repeat(1_000_000);
    let Err(Refusal::Limit {
        limit,
        allowed,
        seen,
        at,
    }) = check_json_depth(text.as_bytes(), 32)
    else {
        panic!("passed")
    };
    assert_eq!(
        (limit, allowed, seen, at.offset),
        (Limit::JsonDepth, 32, 33, 32)
    );
    assert!(check_json_depth(br#"{"a":{"a":{"a":{}}}}"#, 3).is_err());
    assert!(matches!(
        check_json_depth(b"]", 3),
        Err(Refusal::Syntax { .. })
    ));
}
