//! What a page paints, in order: enough of a painter to tell which text nobody can see.
//!
//! It follows text positions, filled paths, pictures, clips, transparency and form objects. Of a path that is no rectangle it
//! knows the box only: it can be the ground under letters but never hides them.

use pdf_oxide::PdfDocument;
use pdf_oxide::content::{Operator, TextElement, parse_content_stream};
use pdf_oxide::object::Object;

use std::collections::HashMap;

/// Why text can't be seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Concealment {
    /// Drawn without ink.
    Invisible,
    /// Drawn fully transparent.
    Transparent,
    /// Painted over afterwards.
    Covered,
    /// Cut off by a clip.
    Clipped,
}

impl Concealment {
    /// What to tell the recruiter.
    pub(super) fn reason(self) -> &'static str {
        match self {
            Self::Invisible => "it is drawn without ink",
            Self::Transparent => "it is transparent",
            Self::Covered => "something is painted over it",
            Self::Clipped => "it is cut off from the page",
        }
    }
}

/// Most painted areas and texts that are followed on a page.
const MAX_MARKS: usize = 20_000;
/// Opacity below which text can't be seen.
const LEAST_OPACITY: f32 = 0.05;

#[derive(Debug, Clone, Copy, PartialEq)]
struct Matrix([f32; 6]);

impl Matrix {
    const ONE: Self = Self([1.0, 0.0, 0.0, 1.0, 0.0, 0.0]);

    /// `self` first, then `other`.
    fn then(self, other: Self) -> Self {
        let ([a, b, c, d, e, f], [g, h, i, j, k, l]) = (self.0, other.0);
        Self([
            a * g + b * i,
            a * h + b * j,
            c * g + d * i,
            c * h + d * j,
            e * g + f * i + k,
            e * h + f * j + l,
        ])
    }

    fn apply(self, x: f32, y: f32) -> (f32, f32) {
        let [a, b, c, d, e, f] = self.0;
        (a * x + c * y + e, b * x + d * y + f)
    }
}

/// A rectangle along the axes.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Area {
    left: f32,
    bottom: f32,
    right: f32,
    top: f32,
}

impl Area {
    fn of(points: [(f32, f32); 4]) -> Self {
        let fold = |pick: fn(&(f32, f32)) -> f32, with: fn(f32, f32) -> f32, start: f32| {
            points.iter().map(pick).fold(start, with)
        };
        Self {
            left: fold(|point| point.0, f32::min, f32::MAX),
            bottom: fold(|point| point.1, f32::min, f32::MAX),
            right: fold(|point| point.0, f32::max, f32::MIN),
            top: fold(|point| point.1, f32::max, f32::MIN),
        }
    }

    fn rectangle(matrix: Matrix, x: f32, y: f32, width: f32, height: f32) -> Self {
        Self::of([
            matrix.apply(x, y),
            matrix.apply(x + width, y),
            matrix.apply(x, y + height),
            matrix.apply(x + width, y + height),
        ])
    }

    fn holds(&self, x: f32, y: f32) -> bool {
        self.left - 0.5 <= x
            && x <= self.right + 0.5
            && self.bottom - 0.5 <= y
            && y <= self.top + 0.5
    }

    fn cut(self, other: Self) -> Self {
        Self {
            left: self.left.max(other.left),
            bottom: self.bottom.max(other.bottom),
            right: self.right.min(other.right),
            top: self.top.min(other.top),
        }
    }
}

/// An opaque area with the brightness of its colour; `None` for a picture.
#[derive(Debug, Clone, Copy)]
struct Fill {
    at: usize,
    area: Area,
    /// Whether the whole area is painted, and not only a shape inside of it.
    solid: bool,
    brightness: Option<f32>,
}

/// A text as it is shown.
#[derive(Debug, Clone, Copy)]
struct Shown {
    at: usize,
    x: f32,
    y: f32,
    clip: Option<Area>,
    invisible: bool,
    opacity: f32,
}

/// What a page paints.
#[derive(Debug, Default)]
pub(super) struct Painting {
    fills: Vec<Fill>,
    shown: Vec<Shown>,
}

#[derive(Clone)]
struct State {
    matrix: Matrix,
    clip: Option<Area>,
    opacity: f32,
    plain_blend: bool,
    brightness: Option<f32>,
    mode: u8,
    size: f32,
    leading: f32,
    rise: f32,
}

impl Painting {
    /// Follows a page's content. A page that can't be read paints nothing and hides nothing.
    pub(super) fn of(document: &PdfDocument, page: usize) -> Self {
        let operators = document
            .get_page_content_data(page)
            .ok()
            .and_then(|content| parse_content_stream(&content).ok());
        let resources = resources_of(document, page)
            .map(|all| Resources::of(document, &all))
            .unwrap_or_default();
        let mut painter = Painter::new(document, resources);
        painter.run(operators.unwrap_or_default());
        painter.painting
    }

    /// Why the text that starts at `left`, `baseline` and has its middle at `middle` can't be seen, if so; and the
    /// brightness of what lies under it, where it is known.
    pub(super) fn look(
        &self,
        left: f32,
        baseline: f32,
        middle: (f32, f32),
    ) -> (Option<Concealment>, Option<f32>) {
        // the text operator that starts nearest to the left of the span, on its line
        let near = |shown: &&Shown| (shown.y - baseline).abs() < 1.0 && shown.x <= left + 1.0;
        let found = self
            .shown
            .iter()
            .filter(near)
            .max_by(|one, other| one.x.total_cmp(&other.x).then(other.at.cmp(&one.at)));
        let at = found.map(|shown| shown.at);
        let (x, y) = middle;
        let under = self
            .fills
            .iter()
            .rev()
            .find(|fill| at.is_none_or(|at| fill.at < at) && fill.area.holds(x, y))
            .map(|fill| fill.brightness);
        // a picture's brightness is anybody's guess: letters on it count as seen
        let under = match under {
            Some(brightness) => brightness,
            None => Some(1.0),
        };
        let Some(shown) = found else {
            return (None, under);
        };
        let concealment = if shown.invisible {
            Some(Concealment::Invisible)
        } else if shown.opacity < LEAST_OPACITY {
            Some(Concealment::Transparent)
        } else if shown.clip.is_some_and(|clip| !clip.holds(x, y)) {
            Some(Concealment::Clipped)
        } else if self
            .fills
            .iter()
            .any(|fill| fill.solid && fill.at > shown.at && fill.area.holds(x, y))
        {
            Some(Concealment::Covered)
        } else {
            None
        };
        (concealment, under)
    }
}

/// The page's named graphics states and objects.
#[derive(Default)]
struct Resources {
    /// Fill opacity and whether the blend mode is the ordinary one.
    states: HashMap<String, (Option<f32>, bool)>,
    pictures: Vec<String>,
    forms: HashMap<String, Object>,
}

impl Resources {
    fn of(document: &PdfDocument, all: &Object) -> Self {
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
            let opacity = state.get("ca").and_then(number);
            let blend = state
                .get("BM")
                .is_none_or(|mode| matches!(mode.as_name(), Some("Normal" | "Compatible")));
            resources.states.insert(name, (opacity, blend));
        }
        for (name, object) in entries("XObject") {
            let Ok(object) = document.resolve_object(&object) else {
                continue;
            };
            let dictionary = object.as_dict();
            let picture = dictionary
                .and_then(|dictionary| dictionary.get("Subtype"))
                .and_then(Object::as_name)
                == Some("Image");
            // a picture with a mask has holes, through which text can be seen
            let masked = dictionary.is_some_and(|dictionary| {
                dictionary.contains_key("SMask")
                    || dictionary.contains_key("Mask")
                    || dictionary.contains_key("ImageMask")
            });
            if picture && !masked {
                resources.pictures.push(name);
            } else if !picture {
                resources.forms.insert(name, object);
            }
        }
        resources
    }
}

/// A page's resources, its own or those of the nearest node above it.
fn resources_of(document: &PdfDocument, page: usize) -> Option<Object> {
    let mut node = document.get_page(page).ok()?;
    for _ in 0..32 {
        let dictionary = node.as_dict()?;
        if let Some(resources) = dictionary.get("Resources") {
            return document.resolve_object(resources).ok();
        }
        node = document.resolve_object(dictionary.get("Parent")?).ok()?;
    }
    None
}

fn number(object: &Object) -> Option<f32> {
    match object {
        Object::Integer(value) => Some(*value as f32),
        Object::Real(value) => Some(*value as f32),
        _ => None,
    }
}

/// Deepest nesting of form objects that is followed.
const MAX_FORMS: usize = 6;

struct Painter<'a> {
    document: &'a PdfDocument,
    resources: Resources,
    painting: Painting,
    state: State,
    saved: Vec<State>,
    text: Matrix,
    line: Matrix,
    /// Rectangles of the path under construction; `None` when it holds anything else.
    path: Option<Vec<Area>>,
    /// Box around all points of the path.
    outline: Option<Area>,
    clips: bool,
    at: usize,
    depth: usize,
}

impl<'a> Painter<'a> {
    fn new(document: &'a PdfDocument, resources: Resources) -> Self {
        let state = State {
            matrix: Matrix::ONE,
            clip: None,
            opacity: 1.0,
            plain_blend: true,
            brightness: Some(0.0),
            mode: 0,
            size: 1.0,
            leading: 0.0,
            rise: 0.0,
        };
        Self {
            document,
            resources,
            painting: Painting::default(),
            state,
            saved: Vec::new(),
            text: Matrix::ONE,
            line: Matrix::ONE,
            path: Some(Vec::new()),
            outline: None,
            clips: false,
            at: 0,
            depth: 0,
        }
    }

    fn run(&mut self, operators: Vec<Operator>) {
        for operator in operators {
            self.at += 1;
            if self.painting.fills.len() + self.painting.shown.len() > MAX_MARKS {
                break;
            }
            self.step(operator);
        }
    }

    /// Paints a form object: its content under its own matrix and with its own resources.
    fn form(&mut self, name: &str) {
        let Some(form) = self.resources.forms.get(name).cloned() else {
            return;
        };
        if self.depth >= MAX_FORMS {
            return;
        }
        let Some(operators) = form
            .decode_stream_data()
            .ok()
            .and_then(|content| parse_content_stream(&content).ok())
        else {
            return;
        };
        let dictionary = match &form {
            Object::Stream { dict, .. } => dict.clone(),
            _ => return,
        };
        let matrix: Vec<f32> = dictionary
            .get("Matrix")
            .and_then(Object::as_array)
            .map(|all| all.iter().filter_map(number).collect())
            .unwrap_or_default();
        let inner = dictionary
            .get("Resources")
            .and_then(|object| self.document.resolve_object(object).ok());
        let inner = inner.map(|object| Resources::of(self.document, &object));
        let outer = inner.map(|inner| std::mem::replace(&mut self.resources, inner));
        let (state, saved, text, line) = (
            self.state.clone(),
            std::mem::take(&mut self.saved),
            self.text,
            self.line,
        );
        if let [a, b, c, d, e, f] = matrix[..] {
            self.state.matrix = Matrix([a, b, c, d, e, f]).then(self.state.matrix);
        }
        self.depth += 1;
        self.run(operators);
        self.depth -= 1;
        (self.state, self.saved, self.text, self.line) = (state, saved, text, line);
        if let Some(outer) = outer {
            self.resources = outer;
        }
    }

    /// Takes a point into the outline of the path.
    fn touch(&mut self, x: f32, y: f32) {
        let (x, y) = self.state.matrix.apply(x, y);
        let outline = self.outline.get_or_insert(Area {
            left: x,
            bottom: y,
            right: x,
            top: y,
        });
        *outline = Area {
            left: outline.left.min(x),
            bottom: outline.bottom.min(y),
            right: outline.right.max(x),
            top: outline.top.max(y),
        };
    }

    fn step(&mut self, operator: Operator) {
        match operator {
            Operator::SaveState if self.saved.len() < 256 => self.saved.push(self.state.clone()),
            Operator::RestoreState => {
                if let Some(state) = self.saved.pop() {
                    self.state = state;
                }
            }
            Operator::Cm { a, b, c, d, e, f } => {
                self.state.matrix = Matrix([a, b, c, d, e, f]).then(self.state.matrix)
            }
            Operator::SetFillGray { gray } => self.state.brightness = Some(gray),
            Operator::SetFillRgb { r, g, b } => {
                self.state.brightness = Some(0.299 * r + 0.587 * g + 0.114 * b)
            }
            Operator::SetFillCmyk { c, m, y, k } => {
                let ink = |value: f32| (1.0 - value) * (1.0 - k);
                self.state.brightness = Some(0.299 * ink(c) + 0.587 * ink(m) + 0.114 * ink(y));
            }
            Operator::SetFillColor { components } | Operator::SetFillColorN { components, .. } => {
                self.state.brightness = match components.as_slice() {
                    [grey] => Some(*grey),
                    [red, green, blue] => Some(0.299 * red + 0.587 * green + 0.114 * blue),
                    _ => None,
                };
            }
            Operator::SetExtGState { dict_name } => {
                if let Some(&(opacity, plain)) = self.resources.states.get(&dict_name) {
                    self.state.opacity = opacity.unwrap_or(self.state.opacity);
                    self.state.plain_blend = plain;
                }
            }
            Operator::Tr { render } => self.state.mode = render,
            Operator::Tf { size, .. } => self.state.size = size,
            Operator::TL { leading } => self.state.leading = leading,
            Operator::Ts { rise } => self.state.rise = rise,
            Operator::BeginText => {
                self.text = Matrix::ONE;
                self.line = Matrix::ONE;
            }
            Operator::Tm { a, b, c, d, e, f } => self.start_line(Matrix([a, b, c, d, e, f])),
            Operator::Td { tx, ty } => self.move_line(tx, ty),
            Operator::TD { tx, ty } => {
                self.state.leading = -ty;
                self.move_line(tx, ty);
            }
            Operator::TStar => self.move_line(0.0, -self.state.leading),
            Operator::Tj { text } => self.show(text.len()),
            Operator::TJ { array } => {
                let bytes = array.iter().map(|element| match element {
                    TextElement::String(text) => text.len(),
                    TextElement::Offset(_) => 0,
                });
                self.show(bytes.sum());
            }
            Operator::Quote { text } | Operator::DoubleQuote { text, .. } => {
                self.move_line(0.0, -self.state.leading);
                self.show(text.len());
            }
            Operator::Rectangle {
                x,
                y,
                width,
                height,
            } => {
                let area = Area::rectangle(self.state.matrix, x, y, width, height);
                self.touch(x, y);
                self.touch(x + width, y + height);
                if let Some(path) = &mut self.path {
                    path.push(area);
                }
            }
            Operator::MoveTo { x, y } | Operator::LineTo { x, y } => {
                self.touch(x, y);
                self.path = None;
            }
            Operator::CurveTo { x3, y3, .. }
            | Operator::CurveToV { x3, y3, .. }
            | Operator::CurveToY { x3, y3, .. } => {
                self.touch(x3, y3);
                self.path = None;
            }
            Operator::ClipNonZero | Operator::ClipEvenOdd => self.clips = true,
            Operator::Fill
            | Operator::FillEvenOdd
            | Operator::FillStroke
            | Operator::FillStrokeEvenOdd
            | Operator::CloseFillStroke
            | Operator::CloseFillStrokeEvenOdd => {
                match self.path.take() {
                    Some(areas) => {
                        for area in areas {
                            self.fill(area, self.state.brightness, true);
                        }
                    }
                    None => {
                        if let Some(outline) = self.outline {
                            self.fill(outline, self.state.brightness, false);
                        }
                    }
                }
                self.end_path();
            }
            Operator::Stroke | Operator::CloseAndStroke | Operator::EndPath => self.end_path(),
            Operator::Do { name } if self.resources.pictures.contains(&name) => {
                let area = Area::rectangle(self.state.matrix, 0.0, 0.0, 1.0, 1.0);
                self.fill(area, None, true);
            }
            Operator::Do { name } => self.form(&name),
            Operator::PaintShading { .. } => {
                let everywhere = Area {
                    left: f32::MIN,
                    bottom: f32::MIN,
                    right: f32::MAX,
                    top: f32::MAX,
                };
                self.fill(self.state.clip.unwrap_or(everywhere), None, false);
            }
            _ => {}
        }
    }

    fn fill(&mut self, area: Area, brightness: Option<f32>, solid: bool) {
        if self.state.opacity < 0.95 || !self.state.plain_blend {
            return;
        }
        let area = self.state.clip.map_or(area, |clip| area.cut(clip));
        self.painting.fills.push(Fill {
            at: self.at,
            area,
            solid,
            brightness,
        });
    }

    fn end_path(&mut self) {
        if std::mem::take(&mut self.clips)
            && let Some(area) = self
                .path
                .as_ref()
                .and_then(|path| path.first().copied().filter(|_| path.len() == 1))
        {
            self.state.clip = Some(self.state.clip.map_or(area, |clip| area.cut(clip)));
        }
        self.path = Some(Vec::new());
        self.outline = None;
    }

    fn start_line(&mut self, matrix: Matrix) {
        self.text = matrix;
        self.line = matrix;
    }

    fn move_line(&mut self, x: f32, y: f32) {
        self.start_line(Matrix([1.0, 0.0, 0.0, 1.0, x, y]).then(self.line));
    }

    fn show(&mut self, bytes: usize) {
        let (x, y) = self
            .text
            .then(self.state.matrix)
            .apply(0.0, self.state.rise);
        self.painting.shown.push(Shown {
            at: self.at,
            x,
            y,
            clip: self.state.clip,
            invisible: matches!(self.state.mode, 3 | 7),
            opacity: self.state.opacity,
        });
        // widths are the font's secret; half an em per byte keeps the order along the line
        let advance = 0.4 * self.state.size * bytes as f32;
        self.text = Matrix([1.0, 0.0, 0.0, 1.0, advance, 0.0]).then(self.text);
    }
}
