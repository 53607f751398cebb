//! What a page paints, in order: enough of a painter to tell which text nobody can see.
//!
//! [`painter`] follows the content: texts, filled paths, thick lines, pictures, clips, transparency and form objects. Here it is judged
//! what of a text is left to see, at several places of it. What can't be known counts as seen: through holes of unknown place, on
//! ground of unknown colour (gradients, patterns, pictures that can't be unpacked).
//!
//! A scan with a layer of invisible text (so that it can be searched) is the one honest use of text without ink. It is left out all
//! the same, with a finding of its own: that the layer says what the picture shows could be told only by reading the picture.

mod painter;
mod picture;
mod resources;
mod shape;

use std::rc::Rc;

use pdf_oxide::PdfDocument;

use picture::Picture;
use shape::{Area, Shape};

/// Why text can't be seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Concealment {
    /// Drawn without ink.
    Invisible,
    /// Drawn without ink over a picture as large as the page.
    Scanned,
    /// Drawn fully transparent.
    Transparent,
    /// Painted over afterwards.
    Covered,
    /// Cut off by a clip.
    Clipped,
    /// Of the colour that lies under it.
    Blended,
}

impl Concealment {
    /// What to tell the recruiter.
    pub(super) fn reason(self) -> &'static str {
        match self {
            Self::Invisible => "it is drawn without ink",
            Self::Scanned => {
                "it is an invisible layer over a scanned page, and nothing shows that both say the same"
            }
            Self::Transparent => "it is transparent",
            Self::Covered => "something is painted over it",
            Self::Clipped => "it is cut off from the page",
            Self::Blended => "its colour is that of the paper",
        }
    }
}

/// Opacity below which text can't be seen.
const LEAST_OPACITY: f32 = 0.05;
/// Difference of brightness below which letters can't be told from their ground.
const LEAST_CONTRAST: f32 = 0.08;
/// Brightness of bare paper.
const PAPER: f32 = 1.0;
/// Parts of a text's width and of its height at which it is looked at.
const ACROSS: [f32; 5] = [0.1, 0.3, 0.5, 0.7, 0.9];
const UP: [f32; 3] = [0.1, 0.3, 0.5];
/// Places of a text that have to be hidden for it to be hidden: more than half.
const MOST: usize = ACROSS.len() * UP.len() / 2 + 1;
/// Part of the page that a picture takes up which is a scan of it.
const SCAN: f32 = 0.8;

/// What lies on the page where a path was filled or a picture painted.
#[derive(Debug)]
enum Ground {
    /// A colour; `None` for patterns and colours of unknown make. Such cover nothing: a pattern may have holes.
    Colour(Option<f32>),
    /// Colours that change from place to place.
    Gradient,
    Picture(Picture),
}

/// Something opaque.
#[derive(Debug)]
struct Fill {
    at: usize,
    shape: Shape,
    clips: Clips,
    ground: Ground,
}

impl Fill {
    fn holds(&self, x: f32, y: f32) -> bool {
        self.shape.holds(x, y) && self.clips.iter().all(|clip| clip.holds(x, y))
    }

    fn covers(&self, document: &PdfDocument, x: f32, y: f32) -> bool {
        let opaque = match &self.ground {
            Ground::Colour(colour) => colour.is_some(),
            Ground::Gradient => true,
            Ground::Picture(picture) => picture.covers(document, x, y),
        };
        opaque && self.holds(x, y)
    }

    /// How bright it is, if that is known.
    fn brightness(&self, document: &PdfDocument, x: f32, y: f32) -> Option<f32> {
        match &self.ground {
            Ground::Colour(colour) => *colour,
            Ground::Gradient => None,
            Ground::Picture(picture) => picture.brightness(document, x, y),
        }
    }
}

/// What all painting is cut to.
type Clips = Vec<Rc<Shape>>;

/// A text as it is shown.
#[derive(Debug)]
struct Shown {
    at: usize,
    x: f32,
    y: f32,
    clips: Clips,
    invisible: bool,
    opacity: f32,
}

/// Where a text stands, in points from the bottom left, and how bright its ink is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Spot {
    pub(super) left: f32,
    pub(super) right: f32,
    pub(super) baseline: f32,
    pub(super) height: f32,
    pub(super) ink: f32,
}

/// What a page paints.
pub(super) struct Painting<'a> {
    document: &'a PdfDocument,
    fills: Vec<Fill>,
    shown: Vec<Shown>,
}

impl<'a> Painting<'a> {
    /// Follows a page's content. A page that can't be read paints nothing and hides nothing.
    pub(super) fn of(document: &'a PdfDocument, page: usize) -> Self {
        let (fills, shown) = painter::paint(document, page);
        Self {
            document,
            fills,
            shown,
        }
    }

    /// Why a text can't be seen, if so; `page` is how much of it a page-wide picture would have to take up.
    pub(super) fn look(&self, spot: &Spot, page: (f32, f32)) -> Option<Concealment> {
        // the text operator that starts nearest to the left of the span, on its line
        let near =
            |shown: &&Shown| (shown.y - spot.baseline).abs() < 1.0 && shown.x <= spot.left + 1.0;
        let found = self
            .shown
            .iter()
            .filter(near)
            .max_by(|one, other| one.x.total_cmp(&other.x).then(other.at.cmp(&one.at)));
        if let Some(shown) = found {
            if shown.invisible {
                return Some(if self.is_scan(page) {
                    Concealment::Scanned
                } else {
                    Concealment::Invisible
                });
            }
            if shown.opacity < LEAST_OPACITY {
                return Some(Concealment::Transparent);
            }
        }
        let places: Vec<(f32, f32)> = ACROSS
            .iter()
            .flat_map(|across| UP.iter().map(move |up| (across, up)))
            .map(|(across, up)| {
                let x = spot.left + (spot.right - spot.left) * across;
                (x, spot.baseline + spot.height * up)
            })
            .collect();
        let most = |hidden: &dyn Fn(f32, f32) -> bool| {
            places.iter().filter(|(x, y)| hidden(*x, *y)).count() >= MOST
        };
        let area = Area {
            left: spot.left,
            bottom: spot.baseline,
            right: spot.right,
            top: spot.baseline + spot.height,
        };
        let here = || {
            let fills = self.fills.iter();
            fills.filter(|fill| fill.shape.bounds().meets(area))
        };
        if let Some(shown) = found {
            let cut = |x: f32, y: f32| !shown.clips.iter().all(|clip| clip.holds(x, y));
            if !shown.clips.is_empty() && most(&cut) {
                return Some(Concealment::Clipped);
            }
            let later: Vec<&Fill> = here().filter(|fill| fill.at > shown.at).collect();
            let covered = |x: f32, y: f32| {
                let mut later = later.iter();
                later.any(|fill| fill.covers(self.document, x, y))
            };
            if !later.is_empty() && most(&covered) {
                return Some(Concealment::Covered);
            }
        }
        let before: Vec<&Fill> = here()
            .filter(|fill| found.is_none_or(|shown| fill.at < shown.at))
            .collect();
        let blended = |x: f32, y: f32| {
            let under = before.iter().rev().find(|fill| match &fill.ground {
                // what shows through a picture's holes is looked at next
                Ground::Picture(_) => fill.covers(self.document, x, y),
                Ground::Colour(_) | Ground::Gradient => fill.holds(x, y),
            });
            let under = match under {
                Some(fill) => fill.brightness(self.document, x, y),
                None => Some(PAPER),
            };
            under.is_some_and(|under| (spot.ink - under).abs() < LEAST_CONTRAST)
        };
        most(&blended).then_some(Concealment::Blended)
    }

    /// Whether a picture takes up the page.
    fn is_scan(&self, (width, height): (f32, f32)) -> bool {
        self.fills.iter().any(|fill| {
            let area = fill.shape.bounds();
            matches!(fill.ground, Ground::Picture(_))
                && area.right - area.left >= SCAN * width
                && area.top - area.bottom >= SCAN * height
        })
    }
}
