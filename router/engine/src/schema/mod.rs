//! The types of a supergraph, numbered, as planning, execution and projection need them.

mod public;
mod type_set;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use crate::syntax::query::TypeCondition;
use crate::syntax::schema::{
    Definition, DirectiveDefinition, Document, Field, Type, TypeDefinition,
};

pub(crate) use type_set::TypeSet;

/// A type's number within one [`Schema`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct TypeId(pub(crate) u32);

/// What kind of type a name stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TypeKind {
    Object,
    Interface,
    Union,
    Enum,
    Scalar,
    Input,
}

impl TypeKind {
    /// Whether values of the type have fields.
    pub(crate) fn is_composite(self) -> bool {
        matches!(self, Self::Object | Self::Interface | Self::Union)
    }
}

/// A type of a field, with its list and non-null wrappers.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum TypeRef {
    Named(TypeId),
    List(Box<TypeRef>),
    NonNull(Box<TypeRef>),
}

impl TypeRef {
    /// The type without wrappers.
    pub(crate) fn named(&self) -> TypeId {
        match self {
            Self::Named(id) => *id,
            Self::List(inner) | Self::NonNull(inner) => inner.named(),
        }
    }
}

/// A field of an object or interface as clients see it.
#[derive(Debug)]
pub(crate) struct FieldDef {
    pub(crate) ty: TypeRef,
    /// Which field of its type's definition it is.
    index: usize,
}

/// One type.
#[derive(Debug)]
pub(crate) struct TypeDef {
    pub(crate) name: Arc<str>,
    pub(crate) kind: TypeKind,
    /// Fields that clients may select.
    pub(crate) fields: HashMap<String, FieldDef>,
    /// The type itself and every type that stands below it, hidden ones included: what a type condition on it matches.
    pub(crate) matches: TypeSet,
    /// Object types below it that clients may see.
    pub(crate) public_objects: TypeSet,
    /// Values of an enum that clients may see, as JSON strings with quotes.
    pub(crate) enum_values: Vec<Box<[u8]>>,
    /// Whether clients may see the type.
    pub(crate) public: bool,
}

/// All types of a supergraph.
#[derive(Debug)]
pub(crate) struct Schema {
    types: Vec<TypeDef>,
    by_name: HashMap<Arc<str>, TypeId>,
    /// Where the definitions of types stand in the public document.
    definitions: HashMap<String, usize>,
    /// Where those of directives do.
    directives: HashMap<String, usize>,
    /// Names of all fields of all types.
    pub(crate) field_names: HashSet<String>,
    pub(crate) query: TypeId,
    pub(crate) mutation: Option<TypeId>,
    pub(crate) subscription: Option<TypeId>,
    /// The schema as clients see it: validation and introspection read it.
    pub(crate) public: Arc<Document>,
}

impl Schema {
    /// Reads the types of the whole supergraph and of the part of it that clients see; none without a query type.
    pub(crate) fn new(supergraph: &Document) -> Option<Self> {
        let public = Arc::new(public::public(supergraph)?);
        let mut types: Vec<TypeDef> = Vec::new();
        let mut by_name: HashMap<Arc<str>, TypeId> = HashMap::new();
        // public first: their definitions win
        for (document, is_public) in [(public.as_ref(), true), (supergraph, false)] {
            for definition in type_definitions(document) {
                let name: Arc<str> = Arc::from(type_name(definition));
                if by_name.contains_key(&name) {
                    continue;
                }
                by_name.insert(Arc::clone(&name), TypeId(u32::try_from(types.len()).ok()?));
                types.push(TypeDef {
                    name,
                    kind: type_kind(definition),
                    fields: HashMap::new(),
                    matches: TypeSet::default(),
                    public_objects: TypeSet::default(),
                    enum_values: Vec::new(),
                    public: is_public,
                });
            }
        }
        let field_names = type_definitions(supergraph)
            .flat_map(fields)
            .map(|field| field.name.clone())
            .chain(["__typename".to_owned()])
            .collect();
        let places = |name: for<'a> fn(&'a Definition) -> Option<&'a str>| {
            let definitions = public.definitions.iter().enumerate();
            definitions
                .filter_map(|(index, definition)| Some((name(definition)?.to_owned(), index)))
                .collect()
        };
        let mut schema = Self {
            definitions: places(|definition| match definition {
                Definition::TypeDefinition(definition) => Some(type_name(definition)),
                _ => None,
            }),
            directives: places(|definition| match definition {
                Definition::DirectiveDefinition(definition) => Some(&definition.name),
                _ => None,
            }),
            field_names,
            query: *by_name.get(public.query_type_name()?.as_str())?,
            mutation: public
                .mutation_type_name()
                .and_then(|name| by_name.get(name.as_str()).copied()),
            subscription: public
                .subscription_type_name()
                .and_then(|name| by_name.get(name.as_str()).copied()),
            types,
            by_name,
            public: Arc::clone(&public),
        };
        for definition in type_definitions(&public) {
            schema.read_public(definition);
        }
        // a union of the public document still names its hidden members
        let hidden: Vec<TypeId> = (0..schema.types.len())
            .map(|index| TypeId(index as u32))
            .filter(|id| !schema.ty(*id).public)
            .collect();
        for ty in &mut schema.types {
            for id in &hidden {
                ty.public_objects.remove(*id);
            }
        }
        for definition in type_definitions(supergraph) {
            schema.read_hierarchy(definition, |ty| &mut ty.matches);
        }
        for index in 0..schema.types.len() {
            let ty = &mut schema.types[index];
            ty.matches.insert(TypeId(index as u32));
            if ty.kind == TypeKind::Object && ty.public {
                ty.public_objects.insert(TypeId(index as u32));
            }
        }
        Some(schema)
    }

    fn read_public(&mut self, definition: &TypeDefinition) {
        self.read_hierarchy(definition, |ty| &mut ty.public_objects);
        let Some(id) = self.id(type_name(definition)) else {
            return;
        };
        let fields: HashMap<String, FieldDef> = fields(definition)
            .iter()
            .enumerate()
            .filter_map(|(index, field)| {
                Some((
                    field.name.clone(),
                    FieldDef {
                        ty: self.type_ref(&field.field_type)?,
                        index,
                    },
                ))
            })
            .collect();
        let ty = &mut self.types[id.0 as usize];
        ty.fields = fields;
        if let TypeDefinition::Enum(definition) = definition {
            ty.enum_values = definition
                .values
                .iter()
                .map(|value| format!("\"{}\"", value.name).into_bytes().into())
                .collect();
        }
    }

    /// Enters a type below the interfaces it implements, a union's members below the union.
    fn read_hierarchy(
        &mut self,
        definition: &TypeDefinition,
        set: impl Fn(&mut TypeDef) -> &mut TypeSet,
    ) {
        let Some(id) = self.id(type_name(definition)) else {
            return;
        };
        let (above, below): (&[String], &[String]) = match definition {
            TypeDefinition::Object(object) => (&object.implements_interfaces, &[]),
            TypeDefinition::Interface(interface) => (&interface.implements_interfaces, &[]),
            TypeDefinition::Union(union) => (&[], &union.types),
            _ => (&[], &[]),
        };
        for parent in above {
            if let Some(parent) = self.id(parent) {
                set(&mut self.types[parent.0 as usize]).insert(id);
            }
        }
        for member in below {
            if let Some(member) = self.id(member) {
                set(&mut self.types[id.0 as usize]).insert(member);
            }
        }
    }

    /// The number of a type's name.
    pub(crate) fn id(&self, name: &str) -> Option<TypeId> {
        self.by_name.get(name).copied()
    }

    /// Whether a selection with this type condition applies to objects of a type.
    pub(crate) fn applies(&self, condition: Option<&TypeCondition>, ty: TypeId) -> bool {
        match condition {
            None => true,
            Some(TypeCondition::On(name)) => self
                .id(name)
                .is_some_and(|condition| self.ty(condition).matches.contains(ty)),
        }
    }

    /// A type by its number, which must come from this schema.
    pub(crate) fn ty(&self, id: TypeId) -> &TypeDef {
        &self.types[id.0 as usize]
    }

    /// A type of the schema document, numbered; none when it names a type that is not there.
    pub(crate) fn type_ref(&self, ty: &Type) -> Option<TypeRef> {
        Some(match ty {
            Type::NamedType(name) => TypeRef::Named(self.id(name)?),
            Type::ListType(inner) => TypeRef::List(Box::new(self.type_ref(inner)?)),
            Type::NonNullType(inner) => TypeRef::NonNull(Box::new(self.type_ref(inner)?)),
        })
    }

    /// The definition of a type that clients see.
    pub(crate) fn public_definition(&self, name: &str) -> Option<&TypeDefinition> {
        match self.public.definitions.get(*self.definitions.get(name)?)? {
            Definition::TypeDefinition(definition) => Some(definition),
            _ => None,
        }
    }

    /// The definition of a field that clients may select.
    pub(crate) fn public_field(&self, ty: TypeId, name: &str) -> Option<&Field> {
        let ty = self.ty(ty);
        let index = ty.fields.get(name)?.index;
        fields(self.public_definition(&ty.name)?).get(index)
    }

    /// The definition of a directive that clients may use.
    pub(crate) fn public_directive(&self, name: &str) -> Option<&DirectiveDefinition> {
        match self.public.definitions.get(*self.directives.get(name)?)? {
            Definition::DirectiveDefinition(definition) => Some(definition),
            _ => None,
        }
    }
}

/// All type definitions of a document.
pub(crate) fn type_definitions(document: &Document) -> impl Iterator<Item = &TypeDefinition> {
    document
        .definitions
        .iter()
        .filter_map(|definition| match definition {
            Definition::TypeDefinition(definition) => Some(definition),
            _ => None,
        })
}

/// All directive definitions of a document.
pub(crate) fn directive_definitions(
    document: &Document,
) -> impl Iterator<Item = &DirectiveDefinition> {
    document
        .definitions
        .iter()
        .filter_map(|definition| match definition {
            Definition::DirectiveDefinition(definition) => Some(definition),
            _ => None,
        })
}

/// The name of a type definition.
pub(crate) fn type_name(definition: &TypeDefinition) -> &str {
    match definition {
        TypeDefinition::Scalar(ty) => &ty.name,
        TypeDefinition::Object(ty) => &ty.name,
        TypeDefinition::Interface(ty) => &ty.name,
        TypeDefinition::Union(ty) => &ty.name,
        TypeDefinition::Enum(ty) => &ty.name,
        TypeDefinition::InputObject(ty) => &ty.name,
    }
}

/// The output fields of a type definition, none for types without.
pub(crate) fn fields(definition: &TypeDefinition) -> &[Field] {
    match definition {
        TypeDefinition::Object(ty) => &ty.fields,
        TypeDefinition::Interface(ty) => &ty.fields,
        _ => &[],
    }
}

fn type_kind(definition: &TypeDefinition) -> TypeKind {
    match definition {
        TypeDefinition::Scalar(_) => TypeKind::Scalar,
        TypeDefinition::Object(_) => TypeKind::Object,
        TypeDefinition::Interface(_) => TypeKind::Interface,
        TypeDefinition::Union(_) => TypeKind::Union,
        TypeDefinition::Enum(_) => TypeKind::Enum,
        TypeDefinition::InputObject(_) => TypeKind::Input,
    }
}
