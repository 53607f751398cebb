//! Subgraphs that were meant to fit together: one schema is thought up and spread over them

mod definitions;
mod features;

use std::collections::BTreeMap;

use super::dialect::Dialect;
use super::text::{Block, Set, Sub};
use crate::rng::Rng;

const SCALARS: [&str; 6] = ["String", "Int", "ID", "Boolean", "Float", "Date"];

/// Where a field of an entity is resolved.
enum How {
    Own,
    Shared(Vec<usize>),
    /// Its home needs this field of the same type.
    Requires(usize),
    /// Moved away from this subgraph.
    Override(usize, Option<&'static str>),
}

struct Field {
    name: String,
    ty: String,
    arguments: &'static str,
    home: usize,
    how: How,
}

struct Entity {
    name: String,
    keys: Vec<&'static str>,
    homes: Vec<usize>,
    /// The homes in which no reference is resolved.
    unresolvable: Vec<usize>,
    fields: Vec<Field>,
    interface: Option<String>,
}

/// The definitions of one subgraph in the making.
#[derive(Default)]
struct Draft {
    blocks: BTreeMap<String, Block>,
    extra_link: String,
    query: Vec<String>,
    mutation: Vec<String>,
    subscription: Vec<String>,
}

pub(crate) struct World<'r> {
    rng: &'r mut Rng,
    dialects: Vec<Dialect>,
    drafts: Vec<Draft>,
    entities: Vec<Entity>,
    /// How many there are of each.
    values: usize,
    enums: usize,
    inputs: usize,
    unions: usize,
    /// Percentage of elements that carry something beside what is needed.
    decorated: usize,
}

/// A set of subgraphs for a seed, most of them without a defect.
pub(crate) fn set(rng: &mut Rng) -> Set {
    let count = match rng.below(10) {
        0..5 => rng.between(2, 3),
        5..8 => rng.between(3, 5),
        _ => rng.between(4, 12),
    };
    let newest = if rng.chance(80) { 9 } else { 14 };
    let renames = rng.chance(15);
    let dialects = (0..count)
        .map(|_| Dialect::new(rng, newest, renames))
        .collect();
    let decorated = *rng.pick(&[0, 0, 2, 5, 12]);
    let mut world = World {
        dialects,
        drafts: (0..count).map(|_| Draft::default()).collect(),
        entities: Vec::new(),
        values: rng.between(1, 3),
        enums: rng.between(1, 2),
        inputs: rng.between(1, 2),
        unions: rng.between(0, 2),
        decorated,
        rng,
    };
    world.invent();
    world.spread();
    world.features();
    world.finish()
}

impl World<'_> {
    fn count(&self) -> usize {
        self.drafts.len()
    }

    fn invent(&mut self) {
        let names = self.rng.between(1, 4);
        for at in 0..names {
            let all: Vec<usize> = (0..self.count()).collect();
            let homes = self.rng.some(&all, 55);
            let keys = match self.rng.below(10) {
                0..6 => vec!["id"],
                6..8 => vec!["id", "sku"],
                8 => vec!["id sku"],
                _ => vec!["id", "ref { id }"],
            };
            let unresolvable = homes
                .iter()
                .copied()
                .filter(|_| self.rng.chance(6))
                .collect();
            let interface = self
                .rng
                .chance(30)
                .then(|| format!("Node{}", self.rng.below(2)));
            self.entities.push(Entity {
                name: format!("T{at}"),
                keys,
                homes,
                unresolvable,
                fields: Vec::new(),
                interface,
            });
        }
        for at in 0..names {
            let mut fields: Vec<Field> = Vec::new();
            for number in 0..self.rng.between(1, 5) {
                let homes = self.entities[at].homes.clone();
                let home = *self.rng.pick(&homes);
                let scalar = |fields: &[Field]| {
                    fields.iter().position(|field| {
                        SCALARS.contains(&field.ty.trim_end_matches('!'))
                            && field.home != home
                            && matches!(field.how, How::Own)
                    })
                };
                let how = match self.rng.below(100) {
                    0..15 => How::Shared(self.rng.some(&homes, 60)),
                    15..32 => scalar(&fields).map_or(How::Own, How::Requires),
                    32..42 if homes.len() > 1 => {
                        let from = *self.rng.pick(&homes);
                        let label = self.rng.chance(30).then_some("percent(10)");
                        if from == home {
                            How::Own
                        } else {
                            How::Override(from, label)
                        }
                    }
                    _ => How::Own,
                };
                let ty = self.output_type();
                let arguments = *self.rng.pick(&[
                    "",
                    "",
                    "",
                    "",
                    "(first: Int = 10)",
                    "(by: E0)",
                    "(input: I0)",
                    "(n: Int!)",
                ]);
                fields.push(Field {
                    name: format!("f{number}"),
                    ty,
                    arguments: if matches!(how, How::Own) {
                        arguments
                    } else {
                        ""
                    },
                    home,
                    how,
                });
            }
            self.entities[at].fields = fields;
        }
    }

    fn output_type(&mut self) -> String {
        let base = match self.rng.below(100) {
            0..52 => (*self.rng.pick(&SCALARS)).to_owned(),
            52..72 => format!("T{}", self.rng.below(self.entities.len())),
            72..84 => format!("V{}", self.rng.below(self.values)),
            84..92 => format!("E{}", self.rng.below(self.enums)),
            92..96 if self.unions > 0 => format!("U{}", self.rng.below(self.unions)),
            96..98 => match self
                .entities
                .iter()
                .find_map(|entity| entity.interface.clone())
            {
                Some(interface) => interface,
                None => "Int".to_owned(),
            },
            _ => "Int".to_owned(),
        };
        match self.rng.below(10) {
            0 => format!("[{base}!]!"),
            1 => format!("[{base}]"),
            2 | 3 => format!("{base}!"),
            _ => base,
        }
    }

    fn finish(self) -> Set {
        let rng = self.rng;
        Set(self
            .drafts
            .into_iter()
            .zip(&self.dialects)
            .enumerate()
            .map(|(at, (draft, dialect))| {
                let mut blocks: Vec<Block> = dialect
                    .link(&draft.extra_link)
                    .map(|link| Block::new(link, Vec::new()))
                    .into_iter()
                    .collect();
                let renamed = rng.chance(5);
                let mut roots: Vec<String> = Vec::new();
                for (root, members) in [
                    ("Query", draft.query),
                    ("Mutation", draft.mutation),
                    ("Subscription", draft.subscription),
                ] {
                    if members.is_empty() {
                        continue;
                    }
                    let name = if renamed {
                        format!("Root{root}")
                    } else {
                        root.to_owned()
                    };
                    if renamed {
                        roots.push(format!("{}: {name}", root.to_lowercase()));
                    }
                    blocks.push(Block::new(format!("type {name}"), members));
                }
                if !roots.is_empty() {
                    let first = dialect.minor.is_none();
                    let head = if first { "schema" } else { "extend schema" };
                    blocks.push(Block::new(head, roots));
                }
                blocks.extend(draft.blocks.into_values());
                if blocks.len() == 1 && dialect.minor.is_some() || blocks.is_empty() {
                    blocks.push(Block::new("scalar Alone", Vec::new()));
                }
                Sub {
                    name: format!("s{at}"),
                    blocks,
                }
            })
            .collect())
    }
}
