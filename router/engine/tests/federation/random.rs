//! Random queries over a public schema, the same for the same seed.

use graphql_tools::static_graphql::schema::Type;
use serde_json::{Map, Value, json};

use super::schema::Schema;

/// A query and its variables. It fits the schema but for fields of different types under one key, which cannot be merged.
pub(crate) fn query(schema: &Schema, seed: u64) -> (String, Map<String, Value>) {
    generate(Generator::new(schema, seed, false))
}

/// A query with deferred fragments.
pub(crate) fn deferring(schema: &Schema, seed: u64) -> (String, Map<String, Value>) {
    let mut generator = Generator::new(schema, seed, false);
    generator.deferring = true;
    generate(generator)
}

/// A query in which few aliases stand for many fields.
pub(crate) fn clashing(schema: &Schema, seed: u64) -> (String, Map<String, Value>) {
    generate(Generator::new(schema, seed, true))
}

/// A text with a few characters of a query changed, moved or left out.
pub(crate) fn broken(schema: &Schema, seed: u64) -> String {
    let (text, _) = generate(Generator::new(schema, seed, seed.is_multiple_of(2)));
    let mut dice = Generator::new(schema, seed ^ 0x5bd1_e995, false);
    let mut text: Vec<char> = text.chars().collect();
    for _ in 0..1 + dice.below(4) {
        if text.is_empty() {
            break;
        }
        let at = dice.below(text.len());
        match dice.below(4) {
            0 => {
                text.remove(at);
            }
            1 => text.insert(
                at,
                ['{', '}', '(', '"', '$', '@', ':', '\u{e9}'][dice.below(8)],
            ),
            2 => {
                let other = dice.below(text.len());
                text.swap(at, other);
            }
            _ => text.truncate(at.max(1)),
        }
    }
    text.into_iter().collect()
}

fn generate(mut generator: Generator<'_>) -> (String, Map<String, Value>) {
    let set = generator.set("Query", 0);
    let Generator {
        variables,
        declared,
        ..
    } = generator;
    let head = if declared.is_empty() {
        String::new()
    } else {
        format!("query({declared}) ")
    };
    (format!("{head}{set}"), variables)
}

struct Generator<'a> {
    schema: &'a Schema,
    state: u64,
    budget: usize,
    variables: Map<String, Value>,
    declared: String,
    alias: usize,
    clashing: bool,
    deferring: bool,
}

impl<'a> Generator<'a> {
    fn new(schema: &'a Schema, seed: u64, clashing: bool) -> Self {
        Self {
            schema,
            state: seed,
            budget: 40,
            variables: Map::new(),
            declared: String::new(),
            alias: 0,
            clashing,
            deferring: false,
        }
    }

    /// The splitmix64 sequence.
    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound.max(1) as u64) as usize
    }

    fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    fn set(&mut self, ty: &str, depth: usize) -> String {
        let schema = self.schema;
        let info = &schema.types[ty];
        let mut parts = Vec::new();
        if info.kind != "object" && (info.kind == "union" || self.chance(50)) {
            if self.chance(50) {
                parts.push("__typename".to_owned());
            }
            for object in schema.objects(ty) {
                if self.chance(60) {
                    let condition = self.condition();
                    let below = self.set(object, depth + 1);
                    parts.push(format!("... on {object}{condition} {below}"));
                }
            }
        }
        let count = 1 + self.below(4);
        for _ in 0..count {
            if info.fields.is_empty() {
                break;
            }
            let (name, field) = &info.fields[self.below(info.fields.len())];
            let inner = inner_type(&field.ty);
            let composite = schema.is_composite(inner);
            if composite && (depth > 5 || self.budget == 0) {
                continue;
            }
            self.budget = self.budget.saturating_sub(1);
            let arguments: Vec<String> = field
                .argument_types
                .iter()
                .filter_map(|(argument, ty)| {
                    let wanted = matches!(ty, Type::NonNullType(_)) || self.chance(40);
                    wanted.then(|| format!("{argument}: {}", self.argument(ty)))
                })
                .collect();
            let mut text = String::new();
            if self.clashing && self.chance(60) {
                text.push_str(&format!("x{}: ", self.below(3)));
            } else if !arguments.is_empty() || self.chance(15) {
                self.alias += 1;
                text.push_str(&format!("a{}: ", self.alias));
            }
            text.push_str(name);
            if !arguments.is_empty() {
                text.push_str(&format!("({})", arguments.join(", ")));
            }
            text.push_str(&self.condition());
            if composite {
                text.push(' ');
                text.push_str(&self.set(inner, depth + 1));
            }
            parts.push(text);
        }
        if parts.is_empty() || self.chance(10) {
            parts.push("__typename".to_owned());
        }
        if self.deferring && self.chance(30) {
            let later = parts.split_off(self.below(parts.len()));
            parts.push(format!("... @defer {{ {} }}", later.join(" ")));
        }
        format!("{{ {} }}", parts.join(" "))
    }

    /// Sometimes a condition, decided by a literal or a variable.
    fn condition(&mut self) -> String {
        if !self.chance(8) {
            return String::new();
        }
        let directive = if self.chance(50) { "skip" } else { "include" };
        if self.chance(30) {
            return format!(" @{directive}(if: {})", self.chance(50));
        }
        let value = self.chance(50);
        let name = self.declare("Boolean!", json!(value));
        format!(" @{directive}(if: ${name})")
    }

    fn declare(&mut self, ty: &str, value: Value) -> String {
        let name = format!("v{}", self.variables.len());
        self.declared.push_str(&format!("${name}: {ty} "));
        self.variables.insert(name.clone(), value);
        name
    }

    fn argument(&mut self, ty: &Type) -> String {
        let value = self.literal(ty);
        let is_enum = self.schema.enum_values(inner_type(ty)).is_some();
        let input = self
            .schema
            .types
            .get(inner_type(ty))
            .is_some_and(|info| info.kind == "input");
        if !input && self.chance(40) {
            let name = self.declare(&ty.to_string(), value);
            return format!("${name}");
        }
        graphql(&value, is_enum)
    }

    fn literal(&mut self, ty: &Type) -> Value {
        match ty {
            Type::NonNullType(inner) => self.literal(inner),
            Type::ListType(inner) => (0..self.below(3)).map(|_| self.literal(inner)).collect(),
            Type::NamedType(name) => match name.as_str() {
                "Int" => json!(self.below(4)),
                "Float" => json!(0.5),
                "Boolean" => json!(self.chance(50)),
                "ID" => json!((1 + self.below(4)).to_string()),
                "String" => json!(["a", "b\"c", "é"][self.below(3)]),
                other => match self.schema.enum_values(other) {
                    Some(values) => {
                        let values = values.to_vec();
                        json!(values[self.below(values.len())])
                    }
                    None => {
                        let schema = self.schema;
                        let Some(info) = schema.types.get(other) else {
                            return json!("scalar");
                        };
                        let fields = info
                            .fields
                            .iter()
                            // optional fields may be of the same type again
                            .filter(|(_, field)| matches!(field.ty, Type::NonNullType(_)))
                            .map(|(name, field)| (name.clone(), self.literal(&field.ty)));
                        Value::Object(fields.collect())
                    }
                },
            },
        }
    }
}

fn inner_type(ty: &Type) -> &str {
    match ty {
        Type::NamedType(name) => name,
        Type::ListType(inner) | Type::NonNullType(inner) => inner_type(inner),
    }
}

/// A value as a GraphQL literal.
fn graphql(value: &Value, names: bool) -> String {
    match value {
        Value::String(text) if names => text.clone(),
        Value::Array(items) => {
            format!(
                "[{}]",
                items
                    .iter()
                    .map(|item| graphql(item, names))
                    .collect::<Vec<_>>()
                    .join(", ")
            )
        }
        Value::Object(fields) => {
            // enum values in input objects are told by their case
            let is_name = |value: &Value| {
                value
                    .as_str()
                    .is_some_and(|text| text.chars().all(|c| c.is_ascii_uppercase() || c == '_'))
            };
            let fields: Vec<String> = fields
                .iter()
                .map(|(key, value)| format!("{key}: {}", graphql(value, is_name(value))))
                .collect();
            format!("{{{}}}", fields.join(", "))
        }
        other => other.to_string(),
    }
}
