//! Supergraph to SDL: `join` v0.5, every definition in the document, stable order

use std::fmt::Write as _;
use std::sync::Arc;

use crate::ast::{Kind, Root};
use crate::supergraph::{
    Graph, GraphId, JoinDirective, JoinField, SuperField, SuperType, Supergraph,
};
use crate::syntax::print::{
    arguments, description, directive, directive_definition, input_value, quoted, value_text,
};

const JOIN_DEFINITIONS: &str = r#"directive @join__directive(graphs: [join__Graph!], name: String!, args: join__DirectiveArguments) repeatable on SCHEMA | OBJECT | INTERFACE | FIELD_DEFINITION

directive @join__enumValue(graph: join__Graph!) repeatable on ENUM_VALUE

directive @join__field(graph: join__Graph, requires: join__FieldSet, provides: join__FieldSet, type: String, external: Boolean, override: String, usedOverridden: Boolean, overrideLabel: String, contextArguments: [join__ContextArgument!]) repeatable on FIELD_DEFINITION | INPUT_FIELD_DEFINITION

directive @join__graph(name: String!, url: String!) on ENUM_VALUE

directive @join__implements(graph: join__Graph!, interface: String!) repeatable on OBJECT | INTERFACE

directive @join__type(graph: join__Graph!, key: join__FieldSet, extension: Boolean! = false, resolvable: Boolean! = true, isInterfaceObject: Boolean! = false) repeatable on OBJECT | INTERFACE | UNION | ENUM | INPUT_OBJECT | SCALAR

directive @join__unionMember(graph: join__Graph!, member: String!) repeatable on UNION

directive @link(url: String, as: String, for: link__Purpose, import: [link__Import]) repeatable on SCHEMA

input join__ContextArgument {
  name: String!
  type: String!
  context: String!
  selection: join__FieldValue!
}

scalar join__DirectiveArguments

scalar join__FieldSet

scalar join__FieldValue

scalar link__Import

enum link__Purpose {
  """
  `SECURITY` features provide metadata necessary to securely resolve fields.
  """
  SECURITY

  """
  `EXECUTION` features provide metadata necessary for operation execution.
  """
  EXECUTION
}
"#;

impl Supergraph {
    /// The supergraph as SDL. The same supergraph gives the same bytes.
    #[must_use]
    pub fn to_sdl(&self) -> String {
        let mut out = String::with_capacity(4096 + self.types.len() * 512);
        self.head(&mut out);
        for ty in self.types.values() {
            type_definition(&mut out, &self.graphs, ty);
        }
        out
    }

    /// The same from texts that [`type_definition`] gave for the types.
    pub(crate) fn sdl_of(&self, texts: &[Arc<str>]) -> String {
        let bytes: usize = texts.iter().map(|text| text.len()).sum();
        let mut out = String::with_capacity(4096 + self.graphs.len() * 128 + bytes);
        self.head(&mut out);
        for text in texts {
            out.push_str(text);
        }
        out
    }

    /// Everything before the types.
    fn head(&self, out: &mut String) {
        self.schema_definition(out);
        out.push_str(JOIN_DEFINITIONS);
        for definition in &self.directive_definitions {
            out.push('\n');
            directive_definition(out, definition);
        }
        for scalar in &self.scalars {
            let _ = writeln!(out, "\nscalar {scalar}");
        }
        self.graph_enum(out);
    }

    fn schema_definition(&self, out: &mut String) {
        description(out, "", self.description.as_deref());
        out.push_str("schema\n");
        out.push_str("  @link(url: \"https://specs.apollo.dev/link/v1.0\")\n");
        out.push_str("  @link(url: \"https://specs.apollo.dev/join/v0.5\", for: EXECUTION)\n");
        for link in &self.links {
            out.push_str("  @link(url: ");
            quoted(out, &link.url);
            if !link.imports.is_empty() {
                out.push_str(", import: [");
                for (at, (name, alias)) in link.imports.iter().enumerate() {
                    if at > 0 {
                        out.push_str(", ");
                    }
                    if name == alias {
                        quoted(out, name);
                    } else {
                        out.push_str("{name: ");
                        quoted(out, name);
                        out.push_str(", as: ");
                        quoted(out, alias);
                        out.push('}');
                    }
                }
                out.push(']');
            }
            if let Some(purpose) = link.purpose {
                let _ = write!(out, ", for: {purpose}");
            }
            out.push_str(")\n");
        }
        for applied in &self.directives {
            out.push(' ');
            directive(out, applied);
            out.push('\n');
        }
        out.push_str("{\n");
        for root in Root::ALL {
            if self.types.contains_key(root.type_name()) {
                let _ = writeln!(out, "  {}: {}", root.keyword(), root.type_name());
            }
        }
        out.push_str("}\n\n");
    }

    fn graph_enum(&self, out: &mut String) {
        out.push_str("\nenum join__Graph {\n");
        for graph in &self.graphs {
            let _ = write!(out, "  {} @join__graph(name: ", graph.enum_name);
            quoted(out, &graph.name);
            out.push_str(", url: ");
            quoted(out, &graph.url);
            out.push_str(")\n");
        }
        out.push_str("}\n");
    }
}

fn graph_name(graphs: &[Graph], graph: GraphId) -> &str {
    graphs
        .get(usize::from(graph))
        .map_or("", |graph| graph.enum_name.as_str())
}

/// A type of a supergraph with these subgraphs.
pub(crate) fn type_definition(out: &mut String, graphs: &[Graph], ty: &SuperType) {
    type_with(out, graphs, ty, &mut |out, field| {
        field_definition(out, graphs, ty.kind, field);
    });
}

/// The same with fields that somebody else prints, as [`field_definition`] does.
pub(crate) fn type_with(
    out: &mut String,
    graphs: &[Graph],
    ty: &SuperType,
    print_field: &mut dyn FnMut(&mut String, &SuperField),
) {
    out.push('\n');
    description(out, "", ty.description.as_deref());
    let _ = write!(out, "{} {}", ty.kind.keyword(), ty.name);
    for (at, interface) in ty.interfaces().enumerate() {
        out.push_str(if at == 0 { " implements " } else { " & " });
        out.push_str(interface);
    }
    for (graph, interface) in &ty.implements {
        let _ = write!(
            out,
            "\n  @join__implements(graph: {}, interface: \"{interface}\")",
            graph_name(graphs, *graph)
        );
    }
    for join in &ty.joins {
        let _ = write!(
            out,
            "\n  @join__type(graph: {}",
            graph_name(graphs, join.graph)
        );
        if let Some(key) = &join.key {
            out.push_str(", key: ");
            quoted(out, key);
        }
        if join.extension {
            out.push_str(", extension: true");
        }
        if !join.resolvable {
            out.push_str(", resolvable: false");
        }
        if join.is_interface_object {
            out.push_str(", isInterfaceObject: true");
        }
        out.push(')');
    }
    for (graph, member) in &ty.members {
        let _ = write!(
            out,
            "\n  @join__unionMember(graph: {}, member: \"{member}\")",
            graph_name(graphs, *graph)
        );
    }
    for join in &ty.join_directives {
        out.push_str("\n  ");
        join_directive(out, graphs, join);
    }
    for applied in &ty.directives {
        out.push_str("\n ");
        directive(out, applied);
    }
    match ty.kind {
        Kind::Scalar => {}
        Kind::Union => {
            for (at, member) in ty.union_members().enumerate() {
                out.push_str(if at == 0 { "\n  = " } else { " | " });
                out.push_str(member);
            }
        }
        Kind::Enum => {
            out.push_str("\n{\n");
            for value in ty.values.values() {
                description(out, "  ", value.description.as_deref());
                let _ = write!(out, "  {}", value.name);
                for graph in &value.graphs {
                    let _ = write!(
                        out,
                        " @join__enumValue(graph: {})",
                        graph_name(graphs, *graph)
                    );
                }
                for applied in &value.directives {
                    directive(out, applied);
                }
                out.push('\n');
            }
            out.push('}');
        }
        Kind::Object | Kind::Interface | Kind::InputObject => {
            out.push_str("\n{\n");
            for field in ty.fields.values() {
                print_field(out, field);
            }
            out.push('}');
        }
    }
    out.push('\n');
}

/// One field of a type of that kind, with its line end.
pub(crate) fn field_definition(out: &mut String, graphs: &[Graph], kind: Kind, field: &SuperField) {
    description(out, "  ", field.field.description.as_deref());
    out.push_str("  ");
    if kind == Kind::InputObject {
        let mut bare = field.field.clone();
        bare.directives.clear();
        input_value(out, &bare);
    } else {
        out.push_str(&field.field.name);
        arguments(out, "  ", &field.field.arguments);
        let _ = write!(out, ": {}", field.field.ty);
    }
    for join in &field.joins {
        join_field(out, graphs, join);
    }
    for join in &field.join_directives {
        out.push(' ');
        join_directive(out, graphs, join);
    }
    for applied in &field.field.directives {
        directive(out, applied);
    }
    out.push('\n');
}

fn join_directive(out: &mut String, graphs: &[Graph], join: &JoinDirective) {
    let names: Vec<&str> = join
        .graphs
        .iter()
        .map(|graph| graph_name(graphs, *graph))
        .collect();
    let _ = write!(
        out,
        "@join__directive(graphs: [{}], name: \"{}\", args: {{",
        names.join(", "),
        join.name
    );
    for (at, (name, value)) in join.arguments.iter().enumerate() {
        let comma = if at > 0 { ", " } else { "" };
        let _ = write!(out, "{comma}{name}: {}", value_text(value));
    }
    out.push_str("})");
}

fn join_field(out: &mut String, graphs: &[Graph], join: &JoinField) {
    out.push_str(" @join__field");
    let mut first = true;
    let mut argument = |out: &mut String, name: &str| {
        out.push_str(if first { "(" } else { ", " });
        out.push_str(name);
        out.push_str(": ");
        first = false;
    };
    if let Some(graph) = join.graph {
        argument(out, "graph");
        out.push_str(graph_name(graphs, graph));
    }
    for (name, text) in [
        ("requires", join.requires.as_deref()),
        ("provides", join.provides.as_deref()),
        ("type", join.ty.as_ref().map(ToString::to_string).as_deref()),
    ] {
        if let Some(text) = text {
            argument(out, name);
            quoted(out, text);
        }
    }
    if join.external {
        argument(out, "external");
        out.push_str("true");
    }
    if let Some(from) = &join.override_from {
        argument(out, "override");
        quoted(out, from);
    }
    if join.used_overridden {
        argument(out, "usedOverridden");
        out.push_str("true");
    }
    if let Some(label) = &join.override_label {
        argument(out, "overrideLabel");
        quoted(out, label);
    }
    if !join.context_arguments.is_empty() {
        argument(out, "contextArguments");
        out.push('[');
        for (at, context) in join.context_arguments.iter().enumerate() {
            if at > 0 {
                out.push_str(", ");
            }
            let _ = write!(
                out,
                "{{context: \"{}\", name: \"{}\", type: \"{}\", selection: ",
                context.context, context.name, context.ty
            );
            quoted(out, &context.selection);
            out.push('}');
        }
        out.push(']');
    }
    if !first {
        out.push(')');
    }
}
