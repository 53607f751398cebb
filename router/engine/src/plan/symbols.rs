//! Response keys as small numbers.

use std::collections::HashMap;
use std::sync::Arc;

use crate::request::shown;

/// A response key within one plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Symbol(pub(crate) u32);

/// All response keys of one plan.
#[derive(Debug, Default)]
pub(crate) struct Symbols {
    names: Vec<Arc<str>>,
    by_name: HashMap<Arc<str>, Symbol>,
}

impl Symbols {
    /// The symbol of a name, a new one at its first use.
    pub(crate) fn intern(&mut self, name: &str) -> Symbol {
        if let Some(symbol) = self.by_name.get(name) {
            return *symbol;
        }
        let name: Arc<str> = Arc::from(name);
        // a plan with four thousand million keys does not fit into memory
        let symbol = Symbol(self.names.len() as u32);
        self.names.push(Arc::clone(&name));
        self.by_name.insert(name, symbol);
        symbol
    }

    /// The name of a symbol of this table.
    pub(crate) fn name(&self, symbol: Symbol) -> &str {
        &self.names[symbol.0 as usize]
    }

    /// The key that the client knows a symbol by.
    pub(crate) fn shown(&self, symbol: Symbol) -> &str {
        shown(self.name(symbol))
    }

    /// The symbol of a name that some fetch uses.
    pub(crate) fn get(&self, name: &str) -> Option<Symbol> {
        self.by_name.get(name).copied()
    }
}
