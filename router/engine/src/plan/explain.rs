//! A plan for people to read.

use std::fmt::{self, Display, Formatter};

use super::{FetchKind, PathStep, Plan, Representation};

impl Display for Plan {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if self.fetches.is_empty() {
            return writeln!(f, "no fetch");
        }
        for (index, fetch) in self.fetches.iter().enumerate() {
            write!(f, "{index}: {}", self.subgraph(fetch))?;
            if !fetch.needs.is_empty() {
                let needs: Vec<String> = fetch.needs.iter().map(usize::to_string).collect();
                write!(f, " after {}", needs.join(", "))?;
            }
            writeln!(f)?;
            if let FetchKind::Query(paths) = &fetch.kind {
                for path in paths {
                    writeln!(f, "   at {}", self.path(path))?;
                }
            }
            if let FetchKind::Entities(batches) = &fetch.kind {
                for batch in batches {
                    for path in &batch.paths {
                        write!(f, "   at {}", self.path(path))?;
                        for setter in &batch.setters {
                            write!(f, " as {}", setter.name)?;
                        }
                        writeln!(f, " with {}", self.representation(&batch.representation))?;
                    }
                }
            }
            for contextual in &fetch.contexts {
                write!(f, "   ${}", contextual.variable)?;
                for source in &contextual.sources {
                    let selection = self.representation(&source.selection);
                    write!(f, " from level {} {selection}", source.depth)?;
                }
                writeln!(f)?;
            }
            writeln!(f, "   {}", fetch.text.trim_end().replace('\n', "\n   "))?;
        }
        Ok(())
    }
}

impl Plan {
    fn path(&self, path: &[PathStep]) -> String {
        let steps = path.iter().map(|step| match step {
            PathStep::Field(symbol) => self.symbols.name(*symbol),
            PathStep::Type(_) => "|",
        });
        steps.collect::<Vec<_>>().join(".")
    }

    fn representation(&self, representation: &Representation) -> String {
        let fields = representation.fields.iter().map(|field| {
            let source = self.symbols.name(field.source);
            let name = if *source == *field.key {
                String::new()
            } else {
                format!("{}: ", field.key)
            };
            let condition = if field.when.is_some() { "|" } else { "" };
            match &field.below {
                Some(below) => format!("{condition}{name}{source} {}", self.representation(below)),
                None => format!("{condition}{name}{source}"),
            }
        });
        format!("{{ {} }}", fields.collect::<Vec<_>>().join(" "))
    }
}
