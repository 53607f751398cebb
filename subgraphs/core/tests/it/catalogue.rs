use platform_testkit::catalogue;

use crate::support::kit;

#[tokio::test]
async fn every_table_is_protected() {
    let kit = kit().await;
    assert_eq!(catalogue::check(kit.admin()).await, []);
    kit.finish().await;
}

#[tokio::test]
async fn the_schema_is_described_and_declares_who_may_use_it() {
    let kit = kit().await;
    let sdl = kit.sdl("core");
    for expected in [
        "type User @key(fields: \"id\")",
        "type Tenant @authenticated @key(fields: \"id\")",
        "@requiresScopes(scopes: [[\"core:member.invite\"]])",
    ] {
        assert!(sdl.contains(expected), "{expected} is not in\n{sdl}");
    }
    kit.finish().await;
}
