//! Follows what a page's content paints.

use std::rc::Rc;

use pdf_oxide::PdfDocument;
use pdf_oxide::content::{Operator, TextElement, parse_content_stream};
use pdf_oxide::extractors::images::expand_inline_image_dict;
use pdf_oxide::object::Object;

use super::picture::Picture;
use super::resources::{Resources, number};
use super::shape::{Matrix, Shape};
use super::{Clips, Fill, Ground, Shown};

/// Most painted areas and texts that are followed on a page.
const MAX_MARKS: usize = 20_000;
/// Most corners of all that is painted on a page.
const MAX_POINTS: usize = 400_000;
/// Deepest nesting of form objects that is followed.
const MAX_FORMS: usize = 6;
/// Most saved states, and most clips of one state.
const MAX_SAVED: usize = 256;
const MAX_CLIPS: usize = 32;
/// Straight lines that a curve is taken for.
const CURVE_PARTS: usize = 6;
/// Opacity from which on nothing can be read through paint.
const OPAQUE: f32 = 0.95;
/// Thickness in points from which on a line hides letters.
const THICK: f32 = 2.0;

/// What a page paints: fills and texts, each in order. A page that can't be read paints nothing.
pub(super) fn paint(document: &PdfDocument, page: usize) -> (Vec<Fill>, Vec<Shown>) {
    let operators = document
        .get_page_content_data(page)
        .ok()
        .and_then(|content| parse_content_stream(&content).ok());
    let resources = Resources::of_page(document, page).unwrap_or_default();
    let mut painter = Painter::new(document, resources);
    painter.run(operators.unwrap_or_default());
    (painter.fills, painter.shown)
}

#[derive(Clone)]
struct State {
    matrix: Matrix,
    clips: Clips,
    fill: Paint,
    stroke: Paint,
    line_width: f32,
    plain: bool,
    masked: bool,
    mode: u8,
    size: f32,
    leading: f32,
    rise: f32,
}

/// What fills, or what strokes, are painted with.
#[derive(Clone, Copy)]
struct Paint {
    /// Brightness; `None` where nobody knows.
    colour: Option<f32>,
    opacity: f32,
}

struct Painter<'a> {
    document: &'a PdfDocument,
    resources: Resources,
    fills: Vec<Fill>,
    shown: Vec<Shown>,
    state: State,
    saved: Vec<State>,
    text: Matrix,
    line: Matrix,
    /// The path under construction: rings of points on the page.
    path: Vec<Vec<(f32, f32)>>,
    /// Where the path is, before the matrix.
    pen: (f32, f32),
    /// The rule of the clip that the path will be.
    clip: Option<bool>,
    at: usize,
    points: usize,
    depth: usize,
}

impl<'a> Painter<'a> {
    fn new(document: &'a PdfDocument, resources: Resources) -> Self {
        let black = Paint {
            colour: Some(0.0),
            opacity: 1.0,
        };
        let state = State {
            matrix: Matrix::ONE,
            clips: Vec::new(),
            fill: black,
            stroke: black,
            line_width: 1.0,
            plain: true,
            masked: false,
            mode: 0,
            size: 1.0,
            leading: 0.0,
            rise: 0.0,
        };
        Self {
            document,
            resources,
            fills: Vec::new(),
            shown: Vec::new(),
            state,
            saved: Vec::new(),
            text: Matrix::ONE,
            line: Matrix::ONE,
            path: Vec::new(),
            pen: (0.0, 0.0),
            clip: None,
            at: 0,
            points: 0,
            depth: 0,
        }
    }

    fn run(&mut self, operators: Vec<Operator>) {
        for operator in operators {
            self.at += 1;
            if self.fills.len() + self.shown.len() > MAX_MARKS || self.points > MAX_POINTS {
                break;
            }
            self.step(operator);
        }
    }

    /// Paints a form object: its content under its own matrix and with its own resources.
    fn form(&mut self, name: &str) {
        let Some(form) = self.resources.form(name) else {
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

    fn step(&mut self, operator: Operator) {
        match operator {
            Operator::SaveState if self.saved.len() < MAX_SAVED => {
                self.saved.push(self.state.clone());
            }
            Operator::RestoreState => {
                if let Some(state) = self.saved.pop() {
                    self.state = state;
                }
            }
            Operator::Cm { a, b, c, d, e, f } => {
                self.state.matrix = Matrix([a, b, c, d, e, f]).then(self.state.matrix);
            }
            Operator::SetExtGState { dict_name } => self.named_state(&dict_name),
            Operator::SetLineWidth { width } => self.state.line_width = width,
            Operator::Do { name } => match self.resources.picture(&name) {
                Some(picture) => self.picture(picture),
                None => self.form(&name),
            },
            Operator::InlineImage { dict, data } => {
                let object = Object::Stream {
                    dict: expand_inline_image_dict(*dict),
                    data: data.into(),
                };
                self.picture(Rc::new(object));
            }
            // without a clip nobody knows where it ends
            Operator::PaintShading { .. } => {
                if let Some(last) = self.state.clips.last() {
                    let shape = last.as_ref().clone();
                    self.add(shape, Ground::Gradient, self.state.fill.opacity);
                }
            }
            operator => {
                if let Some(operator) = self
                    .colour(operator)
                    .and_then(|operator| self.word(operator))
                {
                    self.path(operator);
                }
            }
        }
    }

    fn named_state(&mut self, name: &str) {
        let Some(named) = self.resources.state(name) else {
            return;
        };
        let state = &mut self.state;
        state.fill.opacity = named.fill.unwrap_or(state.fill.opacity);
        state.stroke.opacity = named.stroke.unwrap_or(state.stroke.opacity);
        state.line_width = named.line_width.unwrap_or(state.line_width);
        state.plain = named.plain.unwrap_or(state.plain);
        state.masked = named.masked.unwrap_or(state.masked);
    }

    /// Colours of fills and strokes; gives back what is something else.
    fn colour(&mut self, operator: Operator) -> Option<Operator> {
        let rgb = |r: f32, g: f32, b: f32| Some(0.299 * r + 0.587 * g + 0.114 * b);
        let cmyk = |c: f32, m: f32, y: f32, k: f32| {
            let ink = |value: f32| (1.0 - value) * (1.0 - k);
            rgb(ink(c), ink(m), ink(y))
        };
        let any = |components: &[f32]| match *components {
            [grey] => Some(grey),
            [r, g, b] => rgb(r, g, b),
            _ => None,
        };
        let state = &mut self.state;
        match operator {
            Operator::SetFillGray { gray } => state.fill.colour = Some(gray),
            Operator::SetFillRgb { r, g, b } => state.fill.colour = rgb(r, g, b),
            Operator::SetFillCmyk { c, m, y, k } => state.fill.colour = cmyk(c, m, y, k),
            // a pattern has a name
            Operator::SetFillColorN { name: Some(_), .. } => state.fill.colour = None,
            Operator::SetFillColor { components } | Operator::SetFillColorN { components, .. } => {
                state.fill.colour = any(&components);
            }
            Operator::SetStrokeGray { gray } => state.stroke.colour = Some(gray),
            Operator::SetStrokeRgb { r, g, b } => state.stroke.colour = rgb(r, g, b),
            Operator::SetStrokeCmyk { c, m, y, k } => state.stroke.colour = cmyk(c, m, y, k),
            Operator::SetStrokeColorN { name: Some(_), .. } => state.stroke.colour = None,
            Operator::SetStrokeColor { components }
            | Operator::SetStrokeColorN { components, .. } => {
                state.stroke.colour = any(&components);
            }
            other => return Some(other),
        }
        None
    }

    /// Text; gives back what is something else.
    fn word(&mut self, operator: Operator) -> Option<Operator> {
        match operator {
            Operator::Tr { render } => self.state.mode = render,
            Operator::Tf { size, .. } => self.state.size = size,
            Operator::TL { leading } => self.state.leading = leading,
            Operator::Ts { rise } => self.state.rise = rise,
            Operator::BeginText => self.start_line(Matrix::ONE),
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
            other => return Some(other),
        }
        None
    }

    /// Paths, and what is painted with them.
    fn path(&mut self, operator: Operator) {
        match operator {
            Operator::MoveTo { x, y } => {
                self.path.push(Vec::new());
                self.line_to(x, y);
            }
            Operator::LineTo { x, y } => self.line_to(x, y),
            Operator::CurveTo {
                x1,
                y1,
                x2,
                y2,
                x3,
                y3,
            } => self.curve([(x1, y1), (x2, y2), (x3, y3)]),
            Operator::CurveToV { x2, y2, x3, y3 } => {
                self.curve([self.pen, (x2, y2), (x3, y3)]);
            }
            Operator::CurveToY { x1, y1, x3, y3 } => {
                self.curve([(x1, y1), (x3, y3), (x3, y3)]);
            }
            Operator::Rectangle {
                x,
                y,
                width,
                height,
            } => {
                self.path.push(Vec::new());
                self.line_to(x, y);
                self.line_to(x + width, y);
                self.line_to(x + width, y + height);
                self.line_to(x, y + height);
                self.pen = (x, y);
            }
            Operator::ClipNonZero => self.clip = Some(false),
            Operator::ClipEvenOdd => self.clip = Some(true),
            Operator::Fill => self.end_path(Some(false), false, false),
            Operator::FillEvenOdd => self.end_path(Some(true), false, false),
            Operator::FillStroke => self.end_path(Some(false), true, false),
            Operator::CloseFillStroke => self.end_path(Some(false), true, true),
            Operator::FillStrokeEvenOdd => self.end_path(Some(true), true, false),
            Operator::CloseFillStrokeEvenOdd => self.end_path(Some(true), true, true),
            Operator::Stroke => self.end_path(None, true, false),
            Operator::CloseAndStroke => self.end_path(None, true, true),
            Operator::EndPath => self.end_path(None, false, false),
            _ => {}
        }
    }

    fn line_to(&mut self, x: f32, y: f32) {
        self.pen = (x, y);
        self.points += 1;
        let point = self.state.matrix.apply(x, y);
        match self.path.last_mut() {
            Some(ring) => ring.push(point),
            None => self.path.push(vec![point]),
        }
    }

    fn curve(&mut self, [(x1, y1), (x2, y2), (x3, y3)]: [(f32, f32); 3]) {
        let (x0, y0) = self.pen;
        for part in 1..=CURVE_PARTS {
            let t = part as f32 / CURVE_PARTS as f32;
            let s = 1.0 - t;
            let mix = |a: f32, b: f32, c: f32, d: f32| {
                s * s * s * a + 3.0 * s * s * t * b + 3.0 * s * t * t * c + t * t * t * d
            };
            self.line_to(mix(x0, x1, x2, x3), mix(y0, y1, y2, y3));
        }
    }

    /// Paints with the path and ends it: `fill` by the even-odd rule or the other one, `stroke` if asked for, `closed` first.
    fn end_path(&mut self, fill: Option<bool>, stroke: bool, closed: bool) {
        let path = std::mem::take(&mut self.path);
        if let Some(even_odd) = fill {
            let Paint { colour, opacity } = self.state.fill;
            let shape = Shape::new(path.clone(), even_odd);
            self.add(shape, Ground::Colour(colour), opacity);
        }
        let width = self.state.line_width * self.state.matrix.scale();
        if stroke && width >= THICK {
            let Paint { colour, opacity } = self.state.stroke;
            let shape = Shape::new(lines(&path, width / 2.0, closed), false);
            self.add(shape, Ground::Colour(colour), opacity);
        }
        if let Some(even_odd) = self.clip.take()
            && !path.is_empty()
            && self.state.clips.len() < MAX_CLIPS
        {
            self.state.clips.push(Rc::new(Shape::new(path, even_odd)));
        }
    }

    fn picture(&mut self, object: Rc<Object>) {
        let matrix = self.state.matrix;
        if let Some(picture) = Picture::new(object, matrix) {
            let opacity = self.state.fill.opacity;
            self.add(Shape::square(matrix), Ground::Picture(picture), opacity);
        }
    }

    /// Keeps what hides, or lies under, text.
    fn add(&mut self, shape: Shape, ground: Ground, opacity: f32) {
        if opacity < OPAQUE || !self.state.plain || self.state.masked {
            return;
        }
        self.fills.push(Fill {
            at: self.at,
            shape,
            clips: self.state.clips.clone(),
            ground,
        });
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
        self.shown.push(Shown {
            at: self.at,
            x,
            y,
            clips: self.state.clips.clone(),
            invisible: matches!(self.state.mode, 3 | 7),
            opacity: self.state.fill.opacity,
        });
        // widths are the font's secret; half an em per byte keeps the order along the line
        let advance = 0.4 * self.state.size * bytes as f32;
        self.text = Matrix([1.0, 0.0, 0.0, 1.0, advance, 0.0]).then(self.text);
    }
}

/// What thick lines along a path paint, `half` to each side.
fn lines(path: &[Vec<(f32, f32)>], half: f32, closed: bool) -> Vec<Vec<(f32, f32)>> {
    let mut rings = Vec::new();
    for ring in path {
        let back = ring.first().filter(|_| closed).copied();
        let ends = ring.iter().copied().skip(1).chain(back);
        for (&(from_x, from_y), (to_x, to_y)) in ring.iter().zip(ends) {
            let (x, y) = (to_x - from_x, to_y - from_y);
            let length = x.hypot(y);
            if length > 0.0 {
                let (x, y) = (-y / length * half, x / length * half);
                rings.push(vec![
                    (from_x - x, from_y - y),
                    (to_x - x, to_y - y),
                    (to_x + x, to_y + y),
                    (from_x + x, from_y + y),
                ]);
            }
        }
    }
    rings
}
