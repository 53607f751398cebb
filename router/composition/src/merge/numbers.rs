//! Subgraphs come and go: what merged before holds their numbers, which mean others then

use std::sync::Arc;

use crate::ast::{Map, Name};
use crate::merge::kept::FieldPart;
use crate::supergraph::{
    Graph, GraphId, JoinDirective, JoinField, JoinType, SuperField, SuperType, SuperValue,
};

/// Numbers of subgraphs before, and what they are now.
#[derive(Clone, Debug)]
pub(crate) struct Numbers {
    now: Vec<Option<GraphId>>,
}

impl Numbers {
    /// By the names of the subgraphs, which are sorted in both.
    pub(crate) fn between<'n>(
        before: impl Iterator<Item = &'n Name>,
        after: impl Iterator<Item = &'n Name>,
    ) -> Self {
        let mut after = after.enumerate().peekable();
        let now = before
            .map(|name| {
                while after.next_if(|(_, other)| *other < name).is_some() {}
                let (at, _) = after.next_if(|(_, other)| *other == name)?;
                Some(at as GraphId)
            })
            .collect();
        Self { now }
    }

    /// Does every subgraph that is left keep its number?
    pub(crate) fn stay(&self) -> bool {
        let mut numbers = self.now.iter().enumerate();
        numbers.all(|(at, now)| now.is_none_or(|now| usize::from(now) == at))
    }

    /// Do subgraphs that are left still have their names in the supergraph?
    pub(super) fn keep_names(&self, before: &[Graph], after: &[Graph]) -> bool {
        self.now.iter().zip(before).all(|(now, before)| {
            now.and_then(|now| after.get(usize::from(now)))
                .is_none_or(|after| after.enum_name == before.enum_name)
        })
    }

    /// The number now; none when the subgraph is gone.
    pub(crate) fn of(&self, graph: GraphId) -> Option<GraphId> {
        self.now.get(usize::from(graph)).copied().flatten()
    }

    fn all(&self, graphs: &[GraphId]) -> Vec<GraphId> {
        graphs.iter().filter_map(|graph| self.of(*graph)).collect()
    }

    fn pairs(&self, pairs: &[(GraphId, Name)]) -> Vec<(GraphId, Name)> {
        pairs
            .iter()
            .filter_map(|(graph, name)| Some((self.of(*graph)?, name.clone())))
            .collect()
    }

    fn directives(&self, directives: &[JoinDirective]) -> Vec<JoinDirective> {
        directives
            .iter()
            .map(|directive| JoinDirective {
                graphs: self.all(&directive.graphs),
                ..directive.clone()
            })
            .collect()
    }

    /// The type with the numbers that hold now.
    pub(super) fn renew(&self, ty: &SuperType) -> SuperType {
        SuperType {
            name: ty.name.clone(),
            kind: ty.kind,
            description: ty.description.clone(),
            directives: ty.directives.clone(),
            join_directives: self.directives(&ty.join_directives),
            joins: ty
                .joins
                .iter()
                .filter_map(|join| {
                    Some(JoinType {
                        graph: self.of(join.graph)?,
                        ..join.clone()
                    })
                })
                .collect(),
            implements: self.pairs(&ty.implements),
            fields: ty
                .fields
                .iter()
                .map(|(name, field)| (name.clone(), self.field(field)))
                .collect(),
            members: self.pairs(&ty.members),
            values: ty
                .values
                .iter()
                .map(|(name, value)| {
                    let value = SuperValue {
                        graphs: self.all(&value.graphs),
                        ..value.clone()
                    };
                    (name.clone(), value)
                })
                .collect(),
        }
    }

    fn field(&self, field: &Arc<SuperField>) -> Arc<SuperField> {
        if field.joins.is_empty() && field.join_directives.is_empty() {
            return field.clone();
        }
        let joins = field.joins.iter().filter_map(|join| {
            let graph = match join.graph {
                Some(graph) => Some(self.of(graph)?),
                None => None,
            };
            Some(JoinField {
                graph,
                ..join.clone()
            })
        });
        Arc::new(SuperField {
            field: field.field.clone(),
            joins: joins.collect(),
            join_directives: self.directives(&field.join_directives),
        })
    }

    /// The fields that are kept are those of the type.
    pub(super) fn renew_parts(ty: &SuperType, parts: &mut Map<FieldPart>) {
        for (name, part) in parts {
            if part.field.is_some() {
                part.field = ty.fields.get(name).cloned();
            }
        }
    }
}
