//! What `extend` adds to a definition (sections 3.3.2 and 3.4.3).

use crate::syntax::schema::{Definition, TypeDefinition};

/// Adds an extension to a definition; false when it is another's.
pub(super) fn extends(definition: &mut Definition, extension: &Definition) -> bool {
    match (definition, extension) {
        (Definition::SchemaDefinition(known), Definition::SchemaDefinition(more)) => {
            known.directives.extend_from_slice(&more.directives);
            for (root, more) in [
                (&mut known.query, &more.query),
                (&mut known.mutation, &more.mutation),
                (&mut known.subscription, &more.subscription),
            ] {
                if let Some(name) = more {
                    *root = Some(name.clone());
                }
            }
            true
        }
        (Definition::TypeDefinition(known), Definition::TypeDefinition(more)) => {
            extends_type(known, more)
        }
        _ => false,
    }
}

fn extends_type(definition: &mut TypeDefinition, extension: &TypeDefinition) -> bool {
    use TypeDefinition as T;
    match (definition, extension) {
        (T::Scalar(known), T::Scalar(more)) if known.name == more.name => {
            known.directives.extend_from_slice(&more.directives);
        }
        (T::Object(known), T::Object(more)) if known.name == more.name => {
            known.directives.extend_from_slice(&more.directives);
            let interfaces = &more.implements_interfaces;
            known.implements_interfaces.extend_from_slice(interfaces);
            known.fields.extend_from_slice(&more.fields);
        }
        (T::Interface(known), T::Interface(more)) if known.name == more.name => {
            known.directives.extend_from_slice(&more.directives);
            let interfaces = &more.implements_interfaces;
            known.implements_interfaces.extend_from_slice(interfaces);
            known.fields.extend_from_slice(&more.fields);
        }
        (T::Union(known), T::Union(more)) if known.name == more.name => {
            known.directives.extend_from_slice(&more.directives);
            known.types.extend_from_slice(&more.types);
        }
        (T::Enum(known), T::Enum(more)) if known.name == more.name => {
            known.directives.extend_from_slice(&more.directives);
            known.values.extend_from_slice(&more.values);
        }
        (T::InputObject(known), T::InputObject(more)) if known.name == more.name => {
            known.directives.extend_from_slice(&more.directives);
            known.fields.extend_from_slice(&more.fields);
        }
        _ => return false,
    }
    true
}
