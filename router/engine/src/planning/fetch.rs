//! One fetch with its document, from what travels together.

use std::sync::{Arc, OnceLock};

use crate::syntax::query::VariableDefinition;

use super::build::Builder;
use super::emit::Bundle;
use crate::plan::{EntityBatch, Fetch, FetchKind, Shape, ShapeField, ShapeKind, SubgraphIndex};
use crate::request::{OperationKind, write_literal};

/// Writes a bundle as a fetch that waits for the fetches `needs`.
pub(super) fn fetch(
    builder: &mut Builder<'_, '_>,
    bundle: Bundle,
    needs: Vec<usize>,
    kind: OperationKind,
    definitions: &[VariableDefinition],
) -> Fetch {
    let mut declared: Vec<String> = Vec::new();
    let mut variables: Vec<String> = Vec::new();
    let mut note = |read: Vec<String>| {
        for name in read {
            if !variables.contains(&name) {
                variables.push(name);
            }
        }
    };
    let (operation, fetch_kind, shape, body) = match bundle.root {
        Some(root) => {
            note(root.variables);
            match root.paths {
                None => (kind, FetchKind::Root, root.shape, root.text),
                Some(paths) => (
                    OperationKind::Query,
                    FetchKind::Query(paths),
                    root.shape,
                    root.text,
                ),
            }
        }
        None => {
            let single = bundle.entities.len() == 1;
            let mut body = String::from("{");
            let mut shape = Shape::default();
            let mut batches = Vec::with_capacity(bundle.entities.len());
            for (index, entities) in bundle.entities.into_iter().enumerate() {
                let mut variable = "representations".to_owned();
                let mut alias = "_entities".to_owned();
                if !single {
                    variable.push_str(&index.to_string());
                    alias = format!("_e{index}");
                    if index > 0 {
                        body.push(' ');
                    }
                    body.push_str(&alias);
                    body.push_str(": ");
                }
                // a client's variable may have the same name
                while definitions.iter().any(|known| known.name == variable) {
                    variable.insert(0, '_');
                }
                body.push_str("_entities(representations: $");
                body.push_str(&variable);
                body.push_str(") ");
                body.push_str(&entities.text);
                declared.push(format!("${variable}: [_Any!]!"));
                note(entities.variables);
                let symbol = builder.symbols.intern(&alias);
                let kind = ShapeKind::Composite(entities.shape);
                shape.add(ShapeField::new(&alias, symbol, kind));
                batches.push(EntityBatch {
                    alias: symbol,
                    variable: variable.into(),
                    paths: entities.paths,
                    representation: entities.representation,
                    setters: entities.setters,
                });
            }
            body.push('}');
            (
                OperationKind::Query,
                FetchKind::Entities(batches),
                shape,
                body,
            )
        }
    };
    for definition in definitions
        .iter()
        .filter(|definition| variables.contains(&definition.name))
    {
        let mut text = format!("${}: {}", definition.name, definition.var_type);
        if let Some(default) = &definition.default_value {
            text.push_str(" = ");
            write_literal(default, &mut text);
        }
        declared.push(text);
    }
    let mut contexts = Vec::with_capacity(bundle.contexts.len());
    for (contextual, ty) in bundle.contexts {
        declared.push(format!("${}: {ty}", contextual.variable));
        contexts.push(contextual);
    }
    let mut text = match operation {
        OperationKind::Query => "query",
        OperationKind::Mutation => "mutation",
        OperationKind::Subscription => "subscription",
    }
    .to_owned();
    if declared.is_empty() {
        if operation == OperationKind::Query {
            text.clear();
        }
    } else {
        text.push('(');
        text.push_str(&declared.join(", "));
        text.push(')');
    }
    text.push_str(&body);
    let mut body_head = b"{\"query\":".to_vec();
    // a string always serialises
    body_head.extend(serde_json::to_vec(&text).unwrap_or_default());
    Fetch {
        subgraph: SubgraphIndex(bundle.subgraph),
        text: Arc::from(text),
        body_head: body_head.into(),
        parsed: OnceLock::new(),
        variables: variables.into_iter().map(Box::from).collect(),
        kind: fetch_kind,
        contexts,
        shape,
        needs,
        late: bundle.late,
        feeds: Vec::new(),
    }
}
