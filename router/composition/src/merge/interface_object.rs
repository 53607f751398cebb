//! Fields that interface objects add to the implementations of their interface

use std::sync::Arc;

use crate::ast::{Field, Kind, Name};
use crate::merge::Merger;
use crate::merge::memory::Implementations;
use crate::supergraph::{JoinField, SuperField, Supergraph};

impl Merger<'_> {
    pub(super) fn spread_interface_objects(
        &mut self,
        supergraph: &mut Supergraph,
        implementations: &Implementations,
    ) {
        let mut additions: Vec<(Name, Field)> = Vec::new();
        for interface in supergraph
            .types
            .values()
            .filter(|ty| ty.kind == Kind::Interface)
        {
            let from: Vec<_> = interface
                .joins
                .iter()
                .filter(|join| join.is_interface_object)
                .map(|join| join.graph)
                .collect();
            if from.is_empty() {
                continue;
            }
            let contributed: Vec<&Field> = interface
                .fields
                .values()
                .filter(|field| {
                    from.iter().any(|graph| {
                        self.subgraphs[usize::from(*graph)]
                            .types
                            .get(&interface.name)
                            .and_then(|ty| ty.fields.get(&field.field.name))
                            .is_some_and(|field| !field.facts.external)
                    })
                })
                .map(|field| &field.field)
                .collect();
            for ty in implementations.of(&interface.name) {
                let Some(ty) = supergraph.types.get(ty) else {
                    continue;
                };
                for field in &contributed {
                    if !ty.fields.contains_key(&field.name) {
                        additions.push((ty.name.clone(), (*field).clone()));
                    }
                }
            }
        }
        for (ty, field) in additions {
            if let Some(ty) = supergraph.types.get_mut(&ty) {
                Arc::make_mut(ty)
                    .fields
                    .entry(field.name.clone())
                    .or_insert_with(|| {
                        Arc::new(SuperField {
                            field,
                            joins: vec![JoinField::default()],
                            join_directives: Vec::new(),
                        })
                    });
            }
        }
    }
}
