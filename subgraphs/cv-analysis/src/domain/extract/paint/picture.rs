//! Pictures: how bright one is at a place, and whether something shows through there. Unpacked only when text lies on or under it.

use std::cell::OnceCell;
use std::rc::Rc;

use pdf_oxide::PdfDocument;
use pdf_oxide::extractors::images::extract_image_from_xobject;
use pdf_oxide::object::Object;

use super::resources::number;
use super::shape::Matrix;

/// Most pixels of a picture that is unpacked: a page of A4 at 400 dots per inch. What is under a larger one isn't known.
const MAX_PIXELS: f32 = 16.0e6;
/// Opacity from which on nothing can be read through a picture.
const OPAQUE: f32 = 0.9;

/// A picture on a page.
#[derive(Debug)]
pub(super) struct Picture {
    object: Rc<Object>,
    /// From the unit square to the page.
    matrix: Matrix,
    pixels: OnceCell<Option<Grid>>,
    veil: OnceCell<Veil>,
}

/// What shows through.
#[derive(Debug)]
enum Veil {
    /// Nothing.
    Opaque,
    /// As much as the mask says.
    Mask(Grid),
    /// It has holes, and nobody knows where.
    Unknown,
}

/// Brightness of pixels, the first row on top.
#[derive(Debug)]
struct Grid {
    width: usize,
    height: usize,
    pixels: Vec<u8>,
}

impl Grid {
    fn of(document: &PdfDocument, object: &Object) -> Option<Self> {
        let dictionary = object.as_dict()?;
        let side = |name: &str| {
            let object = document.resolve_object(dictionary.get(name)?).ok()?;
            number(&object)
        };
        let pixels = side("Width")? * side("Height")?;
        if !(1.0..=MAX_PIXELS).contains(&pixels) {
            return None;
        }
        let picture = extract_image_from_xobject(Some(document), object, None, None).ok()?;
        let grey = picture.to_dynamic_image().ok()?.to_luma8();
        let (width, height) = (grey.width() as usize, grey.height() as usize);
        let pixels = grey.into_raw();
        (pixels.len() >= width * height && width * height > 0).then_some(Self {
            width,
            height,
            pixels,
        })
    }

    /// The value at a place of the unit square, 0 to 1.
    fn at(&self, (x, y): (f32, f32)) -> f32 {
        // casts saturate: a place outside is the nearest pixel
        let column = ((x * self.width as f32) as usize).min(self.width - 1);
        let row = (((1.0 - y) * self.height as f32) as usize).min(self.height - 1);
        f32::from(self.pixels[row * self.width + column]) / 255.0
    }
}

impl Picture {
    /// `None` for a stencil, which is no picture but paint through holes.
    pub(super) fn new(object: Rc<Object>, matrix: Matrix) -> Option<Self> {
        let stencil = object.as_dict()?.get("ImageMask").and_then(Object::as_bool);
        (stencil != Some(true)).then(|| Self {
            object,
            matrix,
            pixels: OnceCell::new(),
            veil: OnceCell::new(),
        })
    }

    /// Whether what was painted before can't be seen at a place of the page.
    pub(super) fn covers(&self, document: &PdfDocument, x: f32, y: f32) -> bool {
        match self.veil.get_or_init(|| self.veil(document)) {
            Veil::Opaque => true,
            Veil::Mask(mask) => self
                .matrix
                .undo(x, y)
                .is_some_and(|place| mask.at(place) >= OPAQUE),
            Veil::Unknown => false,
        }
    }

    /// How bright the picture is at a place of the page; `None` where nobody knows.
    pub(super) fn brightness(&self, document: &PdfDocument, x: f32, y: f32) -> Option<f32> {
        let pixels = self.pixels.get_or_init(|| Grid::of(document, &self.object));
        Some(pixels.as_ref()?.at(self.matrix.undo(x, y)?))
    }

    fn veil(&self, document: &PdfDocument) -> Veil {
        let Some(dictionary) = self.object.as_dict() else {
            return Veil::Unknown;
        };
        if let Some(mask) = dictionary.get("SMask") {
            let mask = document.resolve_object(mask).ok();
            return mask
                .and_then(|mask| Grid::of(document, &mask))
                .map_or(Veil::Unknown, Veil::Mask);
        }
        if dictionary.contains_key("Mask") {
            return Veil::Unknown;
        }
        Veil::Opaque
    }
}
