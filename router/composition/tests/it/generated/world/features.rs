//! Features of the specification that stand in types of their own.

use super::super::text::Block;
use super::World;

impl World<'_> {
    /// Entity interfaces, contexts and custom directives, in types of their own.
    pub(super) fn features(&mut self) {
        let count = self.count();
        let (a, b) = (self.rng.below(count), self.rng.below(count));
        if a != b
            && self.rng.chance(25)
            && self.dialects[a].has("interfaceObject")
            && self.dialects[b].has("interfaceObject")
        {
            let key = self.dialects[a].at("key");
            for (name, head) in [
                ("Media", format!("interface Media {key}(fields: \"id\")")),
                (
                    "Book",
                    format!("type Book implements Media {key}(fields: \"id\")"),
                ),
                (
                    "Film",
                    format!("type Film implements Media {key}(fields: \"id\")"),
                ),
            ] {
                let mut members = vec!["id: ID!".to_owned(), "title: String".to_owned()];
                if name == "Film" {
                    members.push("length: Int".to_owned());
                }
                self.drafts[a]
                    .blocks
                    .insert(name.to_owned(), Block::new(head, members));
            }
            let dialect = self.dialects[b].clone();
            let (key, object) = (dialect.at("key"), dialect.at("interfaceObject"));
            let mut members = vec!["id: ID!".to_owned(), "stars: Int".to_owned()];
            if self.rng.chance(30) {
                members.push(format!("title: String {}", dialect.at("external")));
                members.push(format!(
                    "review: String {}(fields: \"title\")",
                    dialect.at("requires")
                ));
            }
            self.drafts[b].blocks.insert(
                "Media".to_owned(),
                Block::new(
                    format!("type Media {key}(fields: \"id\") {object}"),
                    members,
                ),
            );
            for home in [a, b] {
                if self.rng.chance(70) {
                    self.drafts[home]
                        .query
                        .push(format!("media{home}: [Media!]!"));
                }
            }
        }
        let home = self.rng.below(count);
        if self.rng.chance(20) && self.dialects[home].has("context") {
            let dialect = self.dialects[home].clone();
            let [key, context, from] =
                ["key", "context", "fromContext"].map(|name| dialect.at(name));
            let selection = *self.rng.pick(&[
                "{ unit }",
                "{ unit }",
                "{ holder { unit } }",
                "... on Account { unit }",
                "{ nowhere }",
            ]);
            let blocks = [
                (
                    "Account",
                    format!("type Account {key}(fields: \"id\") {context}(name: \"account\")"),
                    vec![
                        "id: ID!".to_owned(),
                        "unit: String!".to_owned(),
                        "holder: Holder!".to_owned(),
                        "entry: Entry!".to_owned(),
                    ],
                ),
                (
                    "Holder",
                    "type Holder".to_owned(),
                    vec!["unit: String!".to_owned()],
                ),
                (
                    "Entry",
                    format!("type Entry {key}(fields: \"id\")"),
                    vec![
                        "id: ID!".to_owned(),
                        format!(
                            "amount(unit: String {from}(field: \"$account {selection}\")): Int!"
                        ),
                    ],
                ),
            ];
            for (name, head, members) in blocks {
                self.drafts[home]
                    .blocks
                    .insert(name.to_owned(), Block::new(head, members));
            }
            self.drafts[home].query.push("account: Account!".to_owned());
            if self.rng.chance(20) {
                self.drafts[home].query.push("entry: Entry!".to_owned());
            }
            let other = self.rng.below(count);
            if other != home && self.rng.chance(50) {
                let key = self.dialects[other].at("key");
                self.drafts[other].blocks.insert(
                    "Entry".to_owned(),
                    Block::new(
                        format!("type Entry {key}(fields: \"id\")"),
                        vec!["id: ID!".to_owned(), "note: String".to_owned()],
                    ),
                );
                if self.rng.chance(30) {
                    self.drafts[other]
                        .query
                        .push("entries: [Entry!]!".to_owned());
                }
            }
        }
        if self.rng.chance(15) {
            let homes = self.rng.some(&(0..count).collect::<Vec<_>>(), 40);
            let composed = self.rng.chance(60);
            for home in homes {
                if !self.dialects[home].has("composeDirective") {
                    continue;
                }
                let compose = self.dialects[home].at("composeDirective");
                let draft = &mut self.drafts[home];
                if composed {
                    let version = if self.rng.chance(80) { "v1.0" } else { "v1.1" };
                    draft.extra_link = format!(
                        " @link(url: \"https://example.com/custom/{version}\", import: [\"@custom\"]) {compose}(name: \"@custom\")"
                    );
                }
                draft.blocks.insert(
                    "@custom".to_owned(),
                    Block::new(
                        "directive @custom(x: Int) repeatable on FIELD_DEFINITION | OBJECT",
                        Vec::new(),
                    ),
                );
                draft
                    .query
                    .push(format!("custom{home}: Int @custom(x: {home})"));
            }
        }
        if self.rng.chance(10) {
            for home in 0..count {
                if self.rng.chance(80) {
                    let locations = if self.rng.chance(80) {
                        "FIELD | QUERY"
                    } else {
                        "FIELD"
                    };
                    self.drafts[home].blocks.insert(
                        "@exec".to_owned(),
                        Block::new(
                            format!("directive @exec(a: Int) on {locations}"),
                            Vec::new(),
                        ),
                    );
                }
            }
        }
    }
}
