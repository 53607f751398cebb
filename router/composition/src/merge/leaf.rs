//! Unions

use crate::ast::Known;
use crate::hint::HintLevel;
use crate::merge::{Merger, Source};
use crate::supergraph::SuperType;

impl<'a> Merger<'a> {
    /// All members of all subgraphs.
    pub(super) fn merge_union(&mut self, merged: &mut SuperType, sources: &[Source<'a>]) {
        for (graph, ty) in sources {
            for member in &ty.members {
                merged.members.push((*graph, member.name.clone()));
            }
        }
        let partial: Vec<_> = merged
            .union_members()
            .filter(|member| {
                !sources
                    .iter()
                    .all(|(_, ty)| ty.members.iter().any(|listed| listed.name == **member))
            })
            .cloned()
            .collect();
        for member in partial {
            let name = merged.name.clone();
            self.hint(
                "INCONSISTENT_UNION_MEMBER",
                HintLevel::Debug,
                format!("union type \"{name}\" includes member type \"{member}\" in some but not all defining subgraphs"),
                Some(name.to_string()),
                Vec::new(),
            );
        }
        debug_assert!(
            sources.iter().all(|(_, ty)| !ty.has(Known::Key)),
            "unions have no keys"
        );
    }
}
