//! What a page's content calls by name: graphics states, pictures and form objects.

use std::collections::HashMap;
use std::rc::Rc;

use pdf_oxide::PdfDocument;
use pdf_oxide::object::Object;

/// Named things of a page or of a form object.
#[derive(Default)]
pub(super) struct Resources {
    states: HashMap<String, Named>,
    pictures: HashMap<String, Rc<Object>>,
    forms: HashMap<String, Object>,
}

/// What a named graphics state says of painting.
#[derive(Debug, Clone, Copy)]
pub(super) struct Named {
    /// Opacity of fills and of strokes.
    pub(super) fill: Option<f32>,
    pub(super) stroke: Option<f32>,
    pub(super) line_width: Option<f32>,
    /// Whether colours replace what lies under them.
    pub(super) plain: Option<bool>,
    /// Whether a mask is laid over all painting.
    pub(super) masked: Option<bool>,
}

impl Resources {
    pub(super) fn of(document: &PdfDocument, all: &Object) -> Self {
        let mut resources = Self::default();
        let entries = |name: &str| {
            let dictionary = all
                .as_dict()
                .and_then(|all| all.get(name))
                .and_then(|object| document.resolve_object(object).ok());
            dictionary
                .and_then(|object| object.as_dict().cloned())
                .unwrap_or_default()
        };
        for (name, object) in entries("ExtGState") {
            let Ok(object) = document.resolve_object(&object) else {
                continue;
            };
            let Some(state) = object.as_dict() else {
                continue;
            };
            let value = |name: &str| state.get(name).and_then(number);
            let named = Named {
                fill: value("ca"),
                stroke: value("CA"),
                line_width: value("LW"),
                plain: state
                    .get("BM")
                    .map(|mode| matches!(mode.as_name(), Some("Normal" | "Compatible"))),
                masked: state
                    .get("SMask")
                    .map(|mask| mask.as_name() != Some("None")),
            };
            resources.states.insert(name, named);
        }
        for (name, object) in entries("XObject") {
            let Ok(object) = document.resolve_object(&object) else {
                continue;
            };
            let kind = object
                .as_dict()
                .and_then(|dictionary| dictionary.get("Subtype"))
                .and_then(Object::as_name);
            if kind == Some("Image") {
                resources.pictures.insert(name, Rc::new(object));
            } else {
                resources.forms.insert(name, object);
            }
        }
        resources
    }

    /// A page's resources, its own or those of the nearest node above it.
    pub(super) fn of_page(document: &PdfDocument, page: usize) -> Option<Self> {
        let mut node = document.get_page(page).ok()?;
        for _ in 0..32 {
            let dictionary = node.as_dict()?;
            if let Some(resources) = dictionary.get("Resources") {
                let all = document.resolve_object(resources).ok()?;
                return Some(Self::of(document, &all));
            }
            node = document.resolve_object(dictionary.get("Parent")?).ok()?;
        }
        None
    }

    pub(super) fn state(&self, name: &str) -> Option<Named> {
        self.states.get(name).copied()
    }

    pub(super) fn picture(&self, name: &str) -> Option<Rc<Object>> {
        self.pictures.get(name).map(Rc::clone)
    }

    pub(super) fn form(&self, name: &str) -> Option<Object> {
        self.forms.get(name).cloned()
    }
}

/// A number of either kind.
pub(super) fn number(object: &Object) -> Option<f32> {
    match object {
        Object::Integer(value) => Some(*value as f32),
        Object::Real(value) => Some(*value as f32),
        _ => None,
    }
}
