//! What composition makes is accepted by the query planner

#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use hive_router_query_planner::planner::Planner;
use hive_router_query_planner::utils::parsing::safe_parse_schema;
use router_composition::{SubgraphInput, compose};

fn input(name: &str, sdl: &str) -> SubgraphInput {
    SubgraphInput {
        name: name.to_owned(),
        url: format!("http://{name}.local/graphql"),
        sdl: sdl.to_owned(),
    }
}

const LINK: &str = r#"extend schema @link(url: "https://specs.apollo.dev/federation/v2.5", import: ["@key", "@tag", "@shareable", "@inaccessible", "@override", "@external", "@provides", "@requires", "@composeDirective", "@interfaceObject", "@requiresScopes", "@authenticated"])
"#;

#[test]
fn a_supergraph_of_related_subgraphs_is_planned() {
    let core = input(
        "core",
        &format!(
            r#"{LINK}
            "A customer" type Tenant @key(fields: "id") {{ id: ID! name: String! @tag(name: "public") members: [User!]! }}
            type User @key(fields: "id") @key(fields: "tenant {{ id }} email") {{ id: ID! email: String! tenant: Tenant! secret: String @inaccessible }}
            type Query {{ me: User! @authenticated tenant(id: ID!): Tenant @requiresScopes(scopes: [["core:read"]]) }}
            enum Role {{ OWNER MEMBER @deprecated(reason: "use OWNER") }}
            input Invite {{ email: String! role: Role = MEMBER }}
            type Mutation {{ invite(input: Invite!): User! }}
            type Page @shareable {{ next: Boolean! }}
            type Subscription {{ joined: User! }}"#
        ),
    );
    let billing = input(
        "billing",
        &format!(
            r#"{LINK}
            type Tenant @key(fields: "id") {{ id: ID! name: String! @external label: String! @requires(fields: "name") licences: [Licence!]! }}
            interface Node {{ id: ID! }}
            type Licence implements Node @key(fields: "id") {{ id: ID! page: Page! }}
            type Trial implements Node {{ id: ID! }}
            union Entitlement = Licence | Trial
            scalar DateTime
            type Query {{ entitlements(at: DateTime): [Entitlement!]! }}
            type Page @shareable {{ next: Boolean! }}"#
        ),
    );
    let composition = compose(&[core, billing]).unwrap();
    let document = safe_parse_schema(&composition.supergraph_sdl).unwrap();
    Planner::new_from_supergraph(&document, std::default::Default::default()).unwrap();
    insta::assert_snapshot!(composition.supergraph_sdl);
}
