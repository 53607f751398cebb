//! From the library's plan tree to our own fetches.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use hive_router_query_planner::ast::operation::SubgraphFetchOperation;
use hive_router_query_planner::ast::selection_item::SelectionItem;
use hive_router_query_planner::ast::selection_set::SelectionSet;
use hive_router_query_planner::planner::plan_nodes::{
    BatchFetchNode, FetchNode, FetchNodePathSegment, FetchRewrite, FlattenNodePath,
    FlattenNodePathSegment, PlanNode, QueryPlan,
};

use super::PlanningError;
use crate::plan::{
    EntityBatch, Fetch, FetchKind, PathStep, Representation, RepresentationField, Shape,
    ShapeField, ShapeKind, SubgraphIndex, Symbols, TypenameSetter, connect,
};
use crate::request::OperationKind;
use crate::schema::{Schema, TypeSet};

/// Converts a plan; the fetches come in the order of the plan, connected by what they read.
pub(super) fn convert(
    plan: QueryPlan,
    schema: &Schema,
    subgraphs: &Arc<[Arc<str>]>,
    symbols: &mut Symbols,
) -> Result<Vec<Fetch>, PlanningError> {
    let mut converter = Converter {
        schema,
        subgraphs,
        symbols,
        fetches: Vec::new(),
        waves: Vec::new(),
        next_wave: 0,
    };
    if let Some(node) = &plan.node {
        let wave = converter.wave();
        converter.node(node, wave)?;
    }
    connect(&mut converter.fetches, &converter.waves);
    Ok(converter.fetches)
}

struct Converter<'a> {
    schema: &'a Schema,
    subgraphs: &'a Arc<[Arc<str>]>,
    symbols: &'a mut Symbols,
    fetches: Vec<Fetch>,
    /// For every fetch, which group of fetches the planner lets run together.
    waves: Vec<usize>,
    next_wave: usize,
}

impl Converter<'_> {
    fn wave(&mut self) -> usize {
        self.next_wave += 1;
        self.next_wave
    }

    fn node(&mut self, node: &PlanNode, wave: usize) -> Result<(), PlanningError> {
        match node {
            PlanNode::Fetch(fetch) => self.root(fetch, wave),
            PlanNode::Subscription(subscription) => self.root(&subscription.primary, wave),
            PlanNode::BatchFetch(fetch) => self.batch(fetch, wave),
            PlanNode::Sequence(sequence) => {
                for node in &sequence.nodes {
                    let wave = self.wave();
                    self.node(node, wave)?;
                }
                Ok(())
            }
            PlanNode::Parallel(parallel) => parallel
                .nodes
                .iter()
                .try_for_each(|node| self.node(node, wave)),
            PlanNode::Flatten(flatten) => match flatten.node.as_ref() {
                PlanNode::Fetch(fetch) => self.entities(fetch, &flatten.path, wave),
                _ => Err(PlanningError::Unsupported(
                    "a path around something else than a fetch",
                )),
            },
            PlanNode::Condition(_) => Err(PlanningError::Unsupported("a condition")),
            PlanNode::Defer(_) => Err(PlanningError::Unsupported("a deferred part")),
        }
    }

    fn root(&mut self, node: &FetchNode, wave: usize) -> Result<(), PlanningError> {
        if node.requires.is_some() {
            return Err(PlanningError::Unsupported("representations at the root"));
        }
        let shape = self.shape(&node.operation, node.output_rewrites.as_deref(), None)?;
        let kind = node
            .operation_kind
            .as_ref()
            .map_or(OperationKind::Query, OperationKind::from);
        self.push(
            &node.service_name,
            kind,
            &node.operation,
            FetchKind::Root,
            shape,
            wave,
        )
    }

    fn entities(
        &mut self,
        node: &FetchNode,
        path: &FlattenNodePath,
        wave: usize,
    ) -> Result<(), PlanningError> {
        let requires = node.requires.as_ref().ok_or(PlanningError::Unsupported(
            "entities without representations",
        ))?;
        let batch = EntityBatch {
            alias: self.symbols.intern("_entities"),
            variable: "representations".into(),
            paths: vec![self.path(path)],
            representation: self.representation(requires),
            setters: self.setters(node.input_rewrites.as_deref())?,
        };
        let shape = self.shape(
            &node.operation,
            node.output_rewrites.as_deref(),
            Some("_entities"),
        )?;
        let kind = FetchKind::Entities(vec![batch]);
        self.push(
            &node.service_name,
            OperationKind::Query,
            &node.operation,
            kind,
            shape,
            wave,
        )
    }

    fn batch(&mut self, node: &BatchFetchNode, wave: usize) -> Result<(), PlanningError> {
        let mut batches = Vec::with_capacity(node.entity_batch.aliases.len());
        let mut shape = self.shape(&node.operation, None, None)?;
        for alias in &node.entity_batch.aliases {
            let symbol = self.symbols.intern(&alias.alias);
            batches.push(EntityBatch {
                alias: symbol,
                variable: alias.representations_variable_name.as_str().into(),
                paths: alias
                    .merge_paths
                    .iter()
                    .map(|path| self.path(path))
                    .collect(),
                representation: self.representation(&alias.requires),
                setters: self.setters(alias.input_rewrites.as_deref())?,
            });
            if let Some(ShapeKind::Composite(entities)) = shape
                .fields
                .iter_mut()
                .find(|field| field.symbol == symbol)
                .map(|field| &mut field.kind)
            {
                self.rename(entities, alias.output_rewrites.as_deref())?;
            }
        }
        let kind = FetchKind::Entities(batches);
        self.push(
            &node.service_name,
            OperationKind::Query,
            &node.operation,
            kind,
            shape,
            wave,
        )
    }

    fn push(
        &mut self,
        subgraph: &str,
        operation: OperationKind,
        document: &SubgraphFetchOperation,
        kind: FetchKind,
        shape: Shape,
        wave: usize,
    ) -> Result<(), PlanningError> {
        let index = self
            .subgraphs
            .iter()
            .position(|name| name.as_ref() == subgraph)
            .and_then(|index| u16::try_from(index).ok())
            .ok_or(PlanningError::Unsupported(
                "a fetch from an unknown subgraph",
            ))?;
        let batch_variables: Vec<&str> = match &kind {
            FetchKind::Root => Vec::new(),
            FetchKind::Entities(batches) => batches
                .iter()
                .map(|batch| batch.variable.as_ref())
                .collect(),
        };
        let variables = document
            .document
            .operation
            .variable_definitions
            .iter()
            .flatten()
            .map(|definition| definition.name.as_str())
            .filter(|name| !batch_variables.contains(name))
            .map(Box::from)
            .collect();
        let mut body_head = b"{\"query\":".to_vec();
        // a string always serialises
        body_head.extend(serde_json::to_vec(&document.document_str).unwrap_or_default());
        self.fetches.push(Fetch {
            subgraph: SubgraphIndex(index),
            operation,
            text: Arc::from(document.document_str.as_str()),
            body_head: body_head.into(),
            parsed: OnceLock::new(),
            variables,
            kind,
            shape,
            needs: Vec::new(),
            feeds: Vec::new(),
        });
        self.waves.push(wave);
        Ok(())
    }

    fn path(&mut self, path: &FlattenNodePath) -> Vec<PathStep> {
        path.as_slice()
            .iter()
            .filter_map(|segment| match segment {
                FlattenNodePathSegment::Field(key) => {
                    Some(PathStep::Field(self.symbols.intern(key)))
                }
                FlattenNodePathSegment::TypeCondition(names) => Some(PathStep::Type(
                    self.schema.matching(names.iter().map(String::as_str)),
                )),
                FlattenNodePathSegment::List => None,
            })
            .collect()
    }

    /// What the answer of a document looks like; `below` says under which root field the rewrites' paths begin.
    fn shape(
        &mut self,
        document: &SubgraphFetchOperation,
        rewrites: Option<&[FetchRewrite]>,
        below: Option<&str>,
    ) -> Result<Shape, PlanningError> {
        let fragments: HashMap<&str, &SelectionSet> = document
            .document
            .fragments
            .iter()
            .map(|fragment| (fragment.name.as_str(), &fragment.selection_set))
            .collect();
        let mut shape = Shape::default();
        self.add_selections(
            &mut shape,
            &document.document.operation.selection_set,
            &fragments,
        );
        match below {
            None => self.rename(&mut shape, rewrites)?,
            Some(key) => {
                if let Some(ShapeKind::Composite(inner)) = shape
                    .fields
                    .iter_mut()
                    .find(|field| field.key.as_ref() == key)
                    .map(|field| &mut field.kind)
                {
                    self.rename(inner, rewrites)?;
                }
            }
        }
        Ok(shape)
    }

    fn add_selections(
        &mut self,
        shape: &mut Shape,
        set: &SelectionSet,
        fragments: &HashMap<&str, &SelectionSet>,
    ) {
        for item in &set.items {
            match item {
                SelectionItem::Field(field) => {
                    let key = field.selection_identifier();
                    let kind = if field.name == "__typename" {
                        ShapeKind::Typename
                    } else if field.selections.items.is_empty() {
                        ShapeKind::Leaf
                    } else {
                        let mut below = Shape::default();
                        self.add_selections(&mut below, &field.selections, fragments);
                        ShapeKind::Composite(below)
                    };
                    shape.add(ShapeField {
                        key: key.into(),
                        symbol: self.symbols.intern(key),
                        kind,
                    });
                }
                SelectionItem::InlineFragment(fragment) => {
                    self.add_selections(shape, &fragment.selections, fragments);
                }
                SelectionItem::FragmentSpread(name) => {
                    if let Some(set) = fragments.get(name.as_str()) {
                        self.add_selections(shape, set, fragments);
                    }
                }
            }
        }
    }

    /// Applies output rewrites: the planner's own aliases are kept under the key that they stand for. An alias of the
    /// planner's is unique among its siblings, so the type condition of the rewrite says nothing more.
    fn rename(
        &mut self,
        shape: &mut Shape,
        rewrites: Option<&[FetchRewrite]>,
    ) -> Result<(), PlanningError> {
        for rewrite in rewrites.unwrap_or_default() {
            let FetchRewrite::KeyRenamer(renamer) = rewrite else {
                return Err(PlanningError::Unsupported(
                    "a value that is set in an answer",
                ));
            };
            let keys: Vec<&str> = renamer
                .path
                .iter()
                .filter_map(|segment| match segment {
                    FetchNodePathSegment::Key(key) => Some(key.as_str()),
                    FetchNodePathSegment::TypenameEquals(_) => None,
                })
                .collect();
            let symbol = self.symbols.intern(&renamer.rename_key_to);
            let mut shape = &mut *shape;
            for (index, key) in keys.iter().enumerate() {
                let Some(field) = shape
                    .fields
                    .iter_mut()
                    .find(|field| field.key.as_ref() == *key)
                else {
                    break;
                };
                if index + 1 == keys.len() {
                    field.symbol = symbol;
                    break;
                }
                match &mut field.kind {
                    ShapeKind::Composite(below) => shape = below,
                    _ => break,
                }
            }
        }
        Ok(())
    }

    fn representation(&mut self, set: &SelectionSet) -> Representation {
        let mut representation = Representation::default();
        self.add_required(&mut representation, set, None);
        representation
    }

    fn add_required(
        &mut self,
        representation: &mut Representation,
        set: &SelectionSet,
        when: Option<&TypeSet>,
    ) {
        for item in &set.items {
            match item {
                SelectionItem::Field(field) => {
                    let below = (!field.selections.items.is_empty())
                        .then(|| self.representation(&field.selections));
                    representation.fields.push(RepresentationField {
                        when: when.cloned(),
                        source: self.symbols.intern(&field.name),
                        key: field.selection_identifier().into(),
                        typename: field.name == "__typename",
                        below,
                    });
                }
                SelectionItem::InlineFragment(fragment) => {
                    let mut set = self.schema.matching([fragment.type_condition.as_str()]);
                    if let Some(outer) = when {
                        set.intersect(outer);
                    }
                    self.add_required(representation, &fragment.selections, Some(&set));
                }
                // the planner writes representations out
                SelectionItem::FragmentSpread(_) => {}
            }
        }
    }

    fn setters(
        &self,
        rewrites: Option<&[FetchRewrite]>,
    ) -> Result<Vec<TypenameSetter>, PlanningError> {
        let mut setters = Vec::new();
        for rewrite in rewrites.unwrap_or_default() {
            let FetchRewrite::ValueSetter(setter) = rewrite else {
                return Err(PlanningError::Unsupported(
                    "a key that is renamed in a representation",
                ));
            };
            match setter.path.as_slice() {
                [
                    FetchNodePathSegment::TypenameEquals(names),
                    FetchNodePathSegment::Key(key),
                ] if key == "__typename" => {
                    setters.push(TypenameSetter {
                        when: self.schema.matching(names.iter().map(String::as_str)),
                        name: setter.set_value_to.as_str().into(),
                    });
                }
                _ => {
                    return Err(PlanningError::Unsupported(
                        "a value that is set in a representation",
                    ));
                }
            }
        }
        Ok(setters)
    }
}
