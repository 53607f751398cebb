//! Writes each subgraph's part of the schema: the definitions of its entities and of the types that its fields need.

use std::collections::BTreeSet;

use super::super::text::Block;
use super::{How, SCALARS, World};

impl World<'_> {
    /// Gives every subgraph its part.
    pub(super) fn spread(&mut self) {
        for at in 0..self.entities.len() {
            for home in self.entities[at].homes.clone() {
                self.entity(home, at);
            }
        }
        for number in 0..self.rng.between(1, self.count() + 2) {
            let home = self.rng.below(self.count());
            let ty = self.output_type();
            self.need_type(home, &ty);
            let argument =
                *self
                    .rng
                    .pick(&["", "", "(id: ID!)", "(input: I0)", "(by: [E0!] = [])"]);
            self.need_type(home, argument);
            let provides = self.provides(home, &ty);
            let line = self.line(
                home,
                format!("q{number}{argument}: {ty}{provides}"),
                "field",
            );
            match self.rng.below(20) {
                0 => self.drafts[home].mutation.push(line),
                1 => self.drafts[home].subscription.push(line),
                _ => self.drafts[home].query.push(line),
            }
        }
        if self.rng.chance(20) {
            let homes = self.rng.some(&(0..self.count()).collect::<Vec<_>>(), 40);
            for home in homes {
                if self.shareable(home).is_empty() && self.dialects[home].minor.is_some() {
                    continue;
                }
                let shareable = self.shareable(home);
                self.drafts[home]
                    .query
                    .push(format!("shared: Int{shareable}"));
            }
        }
        if self.drafts.iter().all(|draft| draft.query.is_empty()) && self.rng.chance(95) {
            self.drafts[0].query.push("q: Int".to_owned());
        }
    }

    fn shareable(&self, home: usize) -> String {
        if self.dialects[home].has("shareable") {
            format!(" {}", self.dialects[home].at("shareable"))
        } else {
            String::new()
        }
    }

    /// `@provides` with a field that another subgraph owns, declared external here.
    fn provides(&mut self, home: usize, ty: &str) -> String {
        let Some(entity) = self
            .entities
            .iter()
            .find(|entity| entity.name == ty.trim_matches(['[', ']', '!']))
        else {
            return String::new();
        };
        let Some(field) = entity.fields.iter().find(|field| {
            field.home != home
                && matches!(field.how, How::Own)
                && field.arguments.is_empty()
                && SCALARS.contains(&field.ty.trim_end_matches('!'))
        }) else {
            return String::new();
        };
        let (name, line, scalar) = (
            entity.name.clone(),
            format!("{}: {}", field.name, field.ty),
            field.ty.clone(),
        );
        let field = field.name.clone();
        if !self.rng.chance(50) {
            return String::new();
        }
        let external = self.dialects[home].at("external");
        self.need_type(home, &scalar);
        let block = self.drafts[home].blocks.get_mut(&name).unwrap();
        if !block
            .members
            .iter()
            .any(|member| member.starts_with(&format!("{field}:")))
        {
            block.members.push(format!("{line} {external}"));
        }
        format!(
            " {}(fields: \"{field}\")",
            self.dialects[home].at("provides")
        )
    }

    /// Defines in a subgraph what a type or an argument names.
    fn need_type(&mut self, home: usize, text: &str) {
        let words: Vec<String> = text
            .split(|c: char| !c.is_ascii_alphanumeric())
            .filter(|word| word.starts_with(|c: char| c.is_ascii_uppercase()))
            .map(str::to_owned)
            .collect();
        for word in words {
            if self.drafts[home].blocks.contains_key(&word) {
                continue;
            }
            let number: usize = word[1..].parse().unwrap_or(0);
            match word.as_str() {
                "Date" => {
                    let head = self.line(home, "scalar Date".to_owned(), "scalar");
                    self.drafts[home]
                        .blocks
                        .insert(word, Block::new(head, Vec::new()));
                }
                _ if word.starts_with("Node") => self.node(home, &word),
                _ if word.starts_with('T') => self.entity(home, number),
                _ if word.starts_with('V') => self.value(home, number),
                _ if word.starts_with('E') => self.enumeration(home, number),
                _ if word.starts_with('I') && word.len() == 2 => self.input(home, number),
                _ if word.starts_with('U') => self.union(home, number),
                _ => {}
            }
        }
    }

    fn node(&mut self, home: usize, name: &str) {
        let head = self.line(home, format!("interface {name}"), "interface");
        let members = vec!["id: ID!".to_owned(), "label: String".to_owned()];
        self.drafts[home]
            .blocks
            .insert(name.to_owned(), Block::new(head, members));
    }

    fn entity(&mut self, home: usize, at: usize) {
        let name = self.entities[at].name.clone();
        if self.drafts[home].blocks.contains_key(&name) {
            return;
        }
        // there before its fields, which may lead back to it
        self.drafts[home]
            .blocks
            .insert(name.clone(), Block::new("", Vec::new()));
        let dialect = self.dialects[home].clone();
        let is_home = self.entities[at].homes.contains(&home);
        let all = self.entities[at].keys.clone();
        let keys = if self.rng.chance(75) {
            all
        } else {
            self.rng.some(&all, 50)
        };
        let first = dialect.minor.is_none();
        let extension = first && (!is_home || self.rng.chance(50));
        let mut head = format!("{}type {name}", if extension { "extend " } else { "" });
        let interface = self.entities[at]
            .interface
            .clone()
            .filter(|_| self.rng.chance(80));
        if let Some(interface) = &interface {
            head.push_str(&format!(" implements {interface}"));
            self.need_type(home, interface);
        }
        let unresolvable =
            !is_home && self.rng.chance(25) || self.entities[at].unresolvable.contains(&home);
        for key in &keys {
            let resolvable = if unresolvable && !first {
                ", resolvable: false"
            } else {
                ""
            };
            head.push_str(&format!(
                " {}(fields: \"{key}\"{resolvable})",
                dialect.at("key")
            ));
        }
        let external = if extension {
            format!(" {}", dialect.at("external"))
        } else {
            String::new()
        };
        let mut members = Vec::new();
        let mut key_fields: BTreeSet<&str> = keys
            .iter()
            .flat_map(|key| {
                key.split(' ')
                    .filter(|word| matches!(*word, "id" | "sku" | "ref"))
            })
            .collect();
        if interface.is_some() {
            key_fields.insert("id");
        }
        for field in key_fields {
            let of_key = keys.iter().any(|key| key.contains(field));
            members.push(match field {
                "id" if !of_key => format!("id: ID!{}", self.shareable(home)),
                "id" => format!("id: ID!{external}"),
                "sku" => format!("sku: String{external}"),
                _ => {
                    self.need_type(home, "V0");
                    format!("ref: V0{external}")
                }
            });
        }
        if interface.is_some() {
            members.push(format!("label: String{}", self.shareable(home)));
        }
        for number in 0..self.entities[at].fields.len() {
            if let Some(member) = self.entity_field(home, at, number) {
                members.push(member);
            }
        }
        // what a `@requires` reads
        for number in 0..self.entities[at].fields.len() {
            let field = &self.entities[at].fields[number];
            let How::Requires(read) = field.how else {
                continue;
            };
            if field.home != home {
                continue;
            }
            let read = &self.entities[at].fields[read];
            let (name, ty) = (read.name.clone(), read.ty.clone());
            if !members
                .iter()
                .any(|member| member.starts_with(&format!("{name}:")))
            {
                self.need_type(home, &ty);
                members.push(format!("{name}: {ty} {}", dialect.at("external")));
            }
        }
        if members.is_empty() {
            members.push("id: ID!".to_owned());
        }
        let head = self.line(home, head, "object");
        self.drafts[home]
            .blocks
            .insert(name, Block::new(head, members));
    }

    fn entity_field(&mut self, home: usize, at: usize, number: usize) -> Option<String> {
        let dialect = self.dialects[home].clone();
        let field = &self.entities[at].fields[number];
        let mut directive = String::new();
        let mine = match &field.how {
            How::Own => field.home == home,
            How::Shared(homes) => {
                directive = self.shareable(home);
                homes.contains(&home)
            }
            How::Requires(read) => {
                directive = format!(
                    " {}(fields: \"{}\")",
                    dialect.at("requires"),
                    self.entities[at].fields[*read].name
                );
                field.home == home
            }
            How::Override(from, label) => {
                if field.home == home {
                    let label = label
                        .filter(|_| dialect.minor.is_some_and(|minor| minor >= 7))
                        .map(|label| format!(", label: \"{label}\""))
                        .unwrap_or_default();
                    if dialect.has("override") {
                        directive =
                            format!(" {}(from: \"s{from}\"{label})", dialect.at("override"));
                    }
                    true
                } else {
                    *from == home
                }
            }
        };
        if !mine {
            return None;
        }
        let (name, arguments, ty) = (field.name.clone(), field.arguments, field.ty.clone());
        self.need_type(home, &ty);
        self.need_type(home, arguments);
        Some(self.line(home, format!("{name}{arguments}: {ty}{directive}"), "field"))
    }

    fn value(&mut self, home: usize, number: usize) {
        let name = format!("V{number}");
        let shareable = self.shareable(home);
        let next = format!("V{}", (number + 1) % self.values);
        let mut members = vec![format!("id: ID!{shareable}"), format!("n: Int{shareable}")];
        self.drafts[home]
            .blocks
            .insert(name.clone(), Block::new("", Vec::new()));
        if self.rng.chance(40) {
            self.need_type(home, &next);
            members.push(format!("next: {next}{shareable}"));
        }
        if self.rng.chance(8) {
            members.push(format!("only{home}: String"));
        }
        let head = self.line(home, format!("type {name}"), "object");
        self.drafts[home]
            .blocks
            .insert(name, Block::new(head, members));
    }

    fn enumeration(&mut self, home: usize, number: usize) {
        let name = format!("E{number}");
        let values = ["A", "B", "C", "D"];
        let values = if self.rng.chance(90) {
            values.to_vec()
        } else {
            self.rng.some(&values, 80)
        };
        let members = values
            .iter()
            .map(|value| self.line(home, (*value).to_owned(), "value"))
            .collect();
        let head = self.line(home, format!("enum {name}"), "enum");
        self.drafts[home]
            .blocks
            .insert(name, Block::new(head, members));
    }

    fn input(&mut self, home: usize, number: usize) {
        let name = format!("I{number}");
        self.need_type(home, "E0");
        self.drafts[home]
            .blocks
            .insert(name.clone(), Block::new("", Vec::new()));
        let mut members = vec![
            self.line(home, "id: ID".to_owned(), "input"),
            self.line(home, "by: E0 = A".to_owned(), "input"),
            self.line(home, "n: [Int!] = [1, 2]".to_owned(), "input"),
        ];
        if self.rng.chance(30) {
            let next = format!("I{}", (number + 1) % self.inputs);
            self.need_type(home, &next);
            members.push(format!("inner: {next}"));
        }
        if self.rng.chance(10) {
            members.push(format!("only{home}: String"));
        }
        let head = self.line(home, format!("input {name}"), "input object");
        self.drafts[home]
            .blocks
            .insert(name, Block::new(head, members));
    }

    fn union(&mut self, home: usize, number: usize) {
        let name = format!("U{number}");
        self.drafts[home]
            .blocks
            .insert(name.clone(), Block::new("", Vec::new()));
        let mut members = vec![
            "V0".to_owned(),
            format!("T{}", number % self.entities.len()),
        ];
        if self.rng.chance(20) {
            members.push(format!("T{}", self.rng.below(self.entities.len())));
            members.dedup();
        }
        for member in &members {
            self.need_type(home, member);
        }
        let head = self.line(home, format!("union {name}"), "union");
        self.drafts[home].blocks.insert(
            name,
            Block::new(format!("{head} = {}", members.join(" | ")), Vec::new()),
        );
    }

    /// Adds a directive now and then that the element may carry.
    fn line(&mut self, home: usize, text: String, place: &str) -> String {
        if !self.rng.chance(self.decorated) {
            return text;
        }
        let dialect = &self.dialects[home];
        let choices: &[(&str, &str)] = match place {
            "field" => &[
                ("tag", "(name: \"t\")"),
                ("inaccessible", ""),
                ("authenticated", ""),
                ("requiresScopes", "(scopes: [[\"a\"], [\"b\", \"c\"]])"),
                ("policy", "(policies: [[\"p\"]])"),
                ("cost", "(weight: 3)"),
                ("listSize", "(assumedSize: 7)"),
                ("deprecated", "(reason: \"old\")"),
                ("shareable", ""),
            ],
            "object" => &[
                ("tag", "(name: \"u\")"),
                ("inaccessible", ""),
                ("authenticated", ""),
                ("policy", "(policies: [[\"q\"], [\"r\"]])"),
                ("cost", "(weight: 2)"),
                ("shareable", ""),
            ],
            "interface" => &[("tag", "(name: \"u\")"), ("inaccessible", "")],
            "union" => &[("tag", "(name: \"u\")"), ("inaccessible", "")],
            "scalar" => &[
                ("tag", "(name: \"u\")"),
                ("specifiedBy", "(url: \"https://example.com/date\")"),
                ("inaccessible", ""),
                ("authenticated", ""),
                ("cost", "(weight: 5)"),
            ],
            "enum" => &[
                ("tag", "(name: \"u\")"),
                ("inaccessible", ""),
                ("requiresScopes", "(scopes: [[\"e\"]])"),
                ("cost", "(weight: 5)"),
            ],
            "value" => &[
                ("tag", "(name: \"t\")"),
                ("inaccessible", ""),
                ("deprecated", ""),
            ],
            "input" => &[
                ("tag", "(name: \"t\")"),
                ("inaccessible", ""),
                ("deprecated", ""),
                ("cost", "(weight: 4)"),
            ],
            _ => &[("tag", "(name: \"t\")"), ("inaccessible", "")],
        };
        let (name, arguments) = *self.rng.pick(choices);
        if matches!(name, "deprecated" | "specifiedBy") {
            return format!("{text} @{name}{arguments}");
        }
        if !dialect.has(name) {
            return text;
        }
        format!("{text} {}{arguments}", dialect.at(name))
    }
}
