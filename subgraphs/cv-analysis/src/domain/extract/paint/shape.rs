//! Places on a page: matrices, rectangles along the axes, and what a path encloses.

/// A matrix of PDF: `[a b c d e f]`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Matrix(pub(super) [f32; 6]);

impl Matrix {
    pub(super) const ONE: Self = Self([1.0, 0.0, 0.0, 1.0, 0.0, 0.0]);

    /// `self` first, then `other`.
    pub(super) fn then(self, other: Self) -> Self {
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

    pub(super) fn apply(self, x: f32, y: f32) -> (f32, f32) {
        let [a, b, c, d, e, f] = self.0;
        (a * x + c * y + e, b * x + d * y + f)
    }

    /// Where a point of the page comes from; `None` when the matrix makes everything flat.
    pub(super) fn undo(self, x: f32, y: f32) -> Option<(f32, f32)> {
        let [a, b, c, d, e, f] = self.0;
        let scale = a * d - b * c;
        let (x, y) = (x - e, y - f);
        let back = ((d * x - c * y) / scale, (a * y - b * x) / scale);
        (back.0.is_finite() && back.1.is_finite()).then_some(back)
    }

    /// How much longer things become.
    pub(super) fn scale(self) -> f32 {
        let [a, b, c, d, ..] = self.0;
        (a * d - b * c).abs().sqrt()
    }
}

/// A rectangle along the axes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Area {
    pub(super) left: f32,
    pub(super) bottom: f32,
    pub(super) right: f32,
    pub(super) top: f32,
}

impl Area {
    /// Holds nothing until points are taken in.
    const NOTHING: Self = Self {
        left: f32::MAX,
        bottom: f32::MAX,
        right: f32::MIN,
        top: f32::MIN,
    };

    fn take_in(&mut self, (x, y): (f32, f32)) {
        self.left = self.left.min(x);
        self.bottom = self.bottom.min(y);
        self.right = self.right.max(x);
        self.top = self.top.max(y);
    }

    fn holds(self, x: f32, y: f32) -> bool {
        self.left <= x && x <= self.right && self.bottom <= y && y <= self.top
    }

    pub(super) fn meets(self, other: Self) -> bool {
        self.left <= other.right
            && other.left <= self.right
            && self.bottom <= other.top
            && other.bottom <= self.top
    }
}

/// What a path encloses: rings of straight lines, each closed.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Shape {
    rings: Vec<Vec<(f32, f32)>>,
    /// Whether what two rings enclose is outside again.
    even_odd: bool,
    bounds: Area,
}

impl Shape {
    pub(super) fn new(rings: Vec<Vec<(f32, f32)>>, even_odd: bool) -> Self {
        let mut bounds = Area::NOTHING;
        for point in rings.iter().flatten() {
            bounds.take_in(*point);
        }
        Self {
            rings,
            even_odd,
            bounds,
        }
    }

    /// The unit square under a matrix: where a picture lies.
    pub(super) fn square(matrix: Matrix) -> Self {
        let corners = [(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)];
        let ring = corners.map(|(x, y)| matrix.apply(x, y)).to_vec();
        Self::new(vec![ring], false)
    }

    pub(super) fn bounds(&self) -> Area {
        self.bounds
    }

    /// Whether a point lies inside, by how often the rings wind around it.
    pub(super) fn holds(&self, x: f32, y: f32) -> bool {
        if !self.bounds.holds(x, y) {
            return false;
        }
        let mut winding = 0_i32;
        for ring in &self.rings {
            let ends = ring.iter().cycle().skip(1);
            for (&(from_x, from_y), &(to_x, to_y)) in ring.iter().zip(ends) {
                let rises = from_y <= y && y < to_y;
                let falls = to_y <= y && y < from_y;
                if !(rises || falls) {
                    continue;
                }
                let at = from_x + (y - from_y) / (to_y - from_y) * (to_x - from_x);
                if at > x {
                    winding += if rises { 1 } else { -1 };
                }
            }
        }
        if self.even_odd {
            winding % 2 != 0
        } else {
            winding != 0
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ring(points: &[(f32, f32)]) -> Vec<(f32, f32)> {
        points.to_vec()
    }

    const OUTER: [(f32, f32); 4] = [(0.0, 0.0), (10.0, 0.0), (10.0, 10.0), (0.0, 10.0)];
    const INNER: [(f32, f32); 4] = [(4.0, 4.0), (6.0, 4.0), (6.0, 6.0), (4.0, 6.0)];

    #[test]
    fn a_frame_has_a_hole_and_two_rings_of_one_turn_have_none() {
        let frame = Shape::new(vec![ring(&OUTER), ring(&INNER)], true);
        assert!(frame.holds(1.0, 5.0) && !frame.holds(5.0, 5.0) && !frame.holds(11.0, 5.0));
        let plate = Shape::new(vec![ring(&OUTER), ring(&INNER)], false);
        assert!(plate.holds(5.0, 5.0));
        let mut back = ring(&INNER);
        back.reverse();
        let hole = Shape::new(vec![ring(&OUTER), back], false);
        assert!(!hole.holds(5.0, 5.0));
    }

    #[test]
    fn a_turned_square_ends_at_its_sides_and_a_matrix_is_undone() {
        let diamond = Shape::new(
            vec![ring(&[(5.0, 0.0), (10.0, 5.0), (5.0, 10.0), (0.0, 5.0)])],
            false,
        );
        assert!(diamond.holds(5.0, 5.0) && !diamond.holds(1.0, 1.0));
        let matrix = Matrix([0.0, 20.0, -10.0, 0.0, 30.0, 40.0]);
        let (x, y) = matrix.apply(0.25, 0.5);
        assert_eq!(matrix.undo(x, y), Some((0.25, 0.5)));
        assert_eq!(Matrix([1.0, 1.0, 1.0, 1.0, 0.0, 0.0]).undo(1.0, 1.0), None);
    }
}
