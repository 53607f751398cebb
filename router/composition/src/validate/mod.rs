//! What must hold in one subgraph, and what must hold in the supergraph

pub(crate) mod contexts;
mod cost;
mod definitions;
mod external;
mod graphql;
mod inaccessible;
mod interfaces;
pub(crate) mod merged;
pub(crate) mod scope;
mod selections;
mod values;

use crate::error::ErrorCode;
use crate::subgraph::{Fault, Subgraph};

pub(crate) use inaccessible::inaccessible;
pub(crate) use interfaces::{interface_fields, interface_keys};

/// Findings in one subgraph.
#[derive(Default)]
pub(crate) struct Findings {
    pub(crate) faults: Vec<Fault>,
}

impl Findings {
    pub(crate) fn add(
        &mut self,
        code: ErrorCode,
        message: impl Into<String>,
        coordinate: impl Into<String>,
        at: u32,
    ) {
        self.faults.push(Fault {
            code,
            message: message.into(),
            coordinate: Some(coordinate.into()),
            at,
        });
    }
}

/// Checks one subgraph that was read without a syntax error.
pub(crate) fn subgraph(subgraph: &Subgraph) -> Vec<Fault> {
    let mut findings = Findings::default();
    definitions::check(subgraph, &mut findings);
    graphql::check(subgraph, &mut findings);
    let invalid = |fault: &Fault| fault.code != ErrorCode::InvalidShareableUsage;
    if findings.faults.iter().any(invalid) {
        findings.faults.retain(invalid);
        // federation's rules presume a valid schema
        return findings.faults;
    }
    selections::check(subgraph, &mut findings);
    external::check(subgraph, &mut findings);
    interfaces::check(subgraph, &mut findings);
    cost::check(subgraph, &mut findings);
    contexts::check(subgraph, &mut findings);
    findings.faults
}
