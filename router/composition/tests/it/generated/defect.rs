//! One random defect in a set of subgraphs

use super::text::{Block, Set, directives};
use crate::rng::Rng;

/// Directives that are put where they may not belong.
const FOREIGN: [&str; 34] = [
    "@key(fields: \"id\")",
    "@key(fields: \"id\", resolvable: false)",
    "@key(fields: \"f0\")",
    "@key(fields: \"ref { id }\")",
    "@key(fields: \"id {\")",
    "@key(fields: \"\")",
    "@key(fields: \"__typename\")",
    "@key(fields: [\"id\"])",
    "@key(fields: id)",
    "@key(fields: \"id @tag(name: \\\"x\\\")\")",
    "@requires(fields: \"id\")",
    "@requires(fields: \"f0\")",
    "@requires(fields: \"nowhere\")",
    "@provides(fields: \"id\")",
    "@provides(fields: \"f0\")",
    "@provides(fields: \"nowhere\")",
    "@external",
    "@shareable",
    "@override(from: \"s0\")",
    "@override(from: \"s1\")",
    "@override(from: \"s1\", label: \"percent(50)\")",
    "@override(from: \"s1\", label: \"perc ent\")",
    "@inaccessible",
    "@tag(name: \"x\")",
    "@tag(name: \"x y?\")",
    "@interfaceObject",
    "@authenticated",
    "@requiresScopes(scopes: [[\"a\"]])",
    "@policy(policies: [[]])",
    "@cost(weight: 1)",
    "@listSize(assumedSize: -1)",
    "@listSize(slicingArguments: [\"first\"])",
    "@deprecated",
    "@unknown",
];

/// Puts one defect in; now and then one that does no harm.
pub(crate) fn put(set: &mut Set, rng: &mut Rng) {
    let lines = set.lines();
    let fields: Vec<_> = lines
        .iter()
        .copied()
        .filter(|line| line.2.is_some())
        .collect();
    if fields.is_empty() {
        return;
    }
    let any = *rng.pick(&lines);
    let (sub, block, member) = *rng.pick(&fields);
    let field = (sub, block, member);
    match rng.below(17) {
        0 => {
            let line = set.line(field);
            *line = line
                .replacen("String", "Int", 1)
                .replacen("ID", "String", 1);
        }
        1 => {
            let line = set.line(field);
            *line = if line.contains('!') {
                line.replacen('!', "", 1)
            } else {
                line.replacen("Int", "Int!", 1).replacen("T0", "T0!", 1)
            };
        }
        2 => {
            let line = set.line(field);
            *line = line
                .replacen(": T", ": [T0] # ", 1)
                .replacen(": Int", ": [Int]", 1);
        }
        3 => {
            let members = &mut set.0[sub].blocks[block].members;
            if members.len() > 1 {
                members.remove(member.unwrap_or(0));
            }
        }
        4 | 5 => {
            let with: Vec<_> = lines
                .iter()
                .copied()
                .filter(|line| line.1 > 0 && !directives(set.line(*line)).is_empty())
                .collect();
            if !with.is_empty() {
                let line = set.line(*rng.pick(&with));
                let range = rng.pick(&directives(line)).clone();
                line.replace_range(range, "");
            }
        }
        6..9 => {
            let target = if rng.chance(60) { field } else { any };
            let directive = *rng.pick(&FOREIGN);
            let line = set.line(target);
            if line.starts_with("union") {
                *line = line.replacen(" =", &format!(" {directive} ="), 1);
            } else {
                line.push(' ');
                line.push_str(directive);
            }
        }
        9 => {
            set.0[sub].blocks.remove(block);
        }
        10 => {
            let head = &mut set.0[sub].blocks[block].head;
            *head = match rng.below(3) {
                0 => head.replacen("type ", "interface ", 1),
                1 => head
                    .replacen("interface ", "type ", 1)
                    .replacen("input ", "type ", 1),
                _ => head.replacen("type ", "extend type ", 1),
            };
        }
        11 => {
            let line = set.line(field);
            if let Some(colon) = line.find(':').filter(|_| !line.contains('(')) {
                let argument = *rng.pick(&[
                    "(added: Int)",
                    "(added: Int!)",
                    "(added: I0 = {})",
                    "(added: Int = \"x\")",
                ]);
                line.insert_str(colon, argument);
            } else {
                *line = line
                    .replacen("first: Int = 10", "first: Int = 11", 1)
                    .replacen("n: Int!", "n: Int", 1);
            }
        }
        12 => {
            let copy = set.0[sub].blocks[block].clone();
            if rng.chance(50) {
                set.0[sub].blocks.push(copy);
            } else {
                let line = copy.members[member.unwrap_or(0)].clone();
                set.0[sub].blocks[block].members.push(line);
            }
        }
        13 => {
            let content = &mut set.0[sub].blocks[block];
            let added = if content.head.starts_with("enum") {
                "ADDED"
            } else {
                *rng.pick(&[
                    "added: Int",
                    "added: String!",
                    "added: T0",
                    "__added: Int",
                    "added: Nowhere",
                ])
            };
            content.members.push(added.to_owned());
        }
        14 => {
            let line = set.line(field);
            let other = ["", "!", "}", "|"][rng.below(4)];
            *line = line.replacen(['(', ')', ':', '"'], other, 1);
        }
        15 => {
            let first = &mut set.0[sub].blocks[0].head;
            let minor = rng.below(16);
            if let Some(at) = first.find("federation/v2.") {
                let end = first[at..].find('"').map_or(first.len(), |end| at + end);
                first.replace_range(at..end, &format!("federation/v2.{minor}"));
            }
        }
        _ => {
            let block = match rng.below(6) {
                0 => Block::new("scalar FieldSet", Vec::new()),
                1 => Block::new("directive @key(fields: String!) on OBJECT", Vec::new()),
                2 => Block::new(
                    "directive @tag(name: String!) repeatable on FIELD_DEFINITION | OBJECT | INTERFACE | UNION",
                    Vec::new(),
                ),
                3 => Block::new(
                    "input OneOf @oneOf",
                    vec!["a: Int".to_owned(), "b: String".to_owned()],
                ),
                4 => Block::new("schema", vec!["query: Query".to_owned()]),
                _ => Block::new("type Query", vec!["_service: Int".to_owned()]),
            };
            set.0[sub].blocks.push(block);
        }
    }
}
