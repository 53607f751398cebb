//! A picture of how something grows: series of (x, y) on logarithmic axes, with a guide for growth in proportion.
//!
//! On such axes whatever grows in proportion has the slope of the guide, a steeper line grows faster than its size. The
//! SVG carries its colours for light and for dark surroundings, and the same points give the same bytes.

use std::fmt::Write as _;

const WIDTH: f64 = 760.0;
const HEIGHT: f64 = 440.0;
const LEFT: f64 = 84.0;
const RIGHT: f64 = 226.0;
const TOP: f64 = 52.0;
const BOTTOM: f64 = 58.0;
/// Names stand at the ends of their lines, at least so many pixels apart.
const NAME_HEIGHT: f64 = 17.0;
/// Wider than this many decades, an axis is marked at powers of ten only.
const FEW_DECADES: f64 = 2.2;
/// Lines in order of their series: a colour for light surroundings, one for dark ones, and the dashes.
const LINES: [(&str, &str, &str); 6] = [
    ("#0b62c4", "#6cb2ff", "none"),
    ("#b3420a", "#ff9e64", "7 3"),
    ("#1a7f37", "#56d364", "2 3"),
    ("#8250df", "#c297ff", "9 3 2 3"),
    ("#9a6700", "#e3b341", "4 2"),
    ("#bf3989", "#ff8ac8", "12 4"),
];

/// What is drawn.
#[derive(Debug)]
pub(crate) struct Picture {
    /// One line above the axes
    pub(crate) title: String,
    /// What x counts, with its unit
    pub(crate) x: String,
    /// What y counts, with its unit
    pub(crate) y: String,
    /// The lines; the guide begins at the first point of the first one
    pub(crate) series: Vec<Series>,
}

/// One line of a [`Picture`].
#[derive(Debug)]
pub(crate) struct Series {
    /// What stands at its end
    pub(crate) name: String,
    /// Rising in x; a point that is not above zero has no place on logarithmic axes and is left out
    pub(crate) points: Vec<(f64, f64)>,
}

impl Series {
    /// A line with the points that logarithmic axes can show.
    pub(crate) fn new(
        name: impl Into<String>,
        points: impl IntoIterator<Item = (f64, f64)>,
    ) -> Self {
        Self {
            name: name.into(),
            points: points
                .into_iter()
                .filter(|(x, y)| x.is_normal() && y.is_normal() && *x > 0.0 && *y > 0.0)
                .collect(),
        }
    }
}

/// A logarithmic axis: values from `low` to `high` on pixels from `start` to `end`.
struct Axis {
    low: f64,
    high: f64,
    start: f64,
    end: f64,
}

impl Axis {
    fn around(values: impl Iterator<Item = f64> + Clone, start: f64, end: f64) -> Self {
        let low = values.clone().fold(f64::INFINITY, f64::min) / 1.25;
        let high = values.fold(0.0, f64::max) * 1.25;
        Self {
            low,
            high,
            start,
            end,
        }
    }

    fn pixel(&self, value: f64) -> f64 {
        let share = (value / self.low).ln() / (self.high / self.low).ln();
        self.start + share * (self.end - self.start)
    }

    fn holds(&self, value: f64) -> bool {
        (self.low..=self.high).contains(&value)
    }

    /// 1, 2 and 5 of each decade, or its beginning where there are many.
    fn marks(&self) -> Vec<f64> {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "the exponents of finite numbers are small"
        )]
        let exponents = (self.low.log10().floor() as i32)..=(self.high.log10().ceil() as i32);
        let steps: &[f64] = if (self.high / self.low).log10() > FEW_DECADES {
            &[1.0]
        } else {
            &[1.0, 2.0, 5.0]
        };
        exponents
            .flat_map(|exponent| steps.iter().map(move |step| step * 10_f64.powi(exponent)))
            .filter(|value| self.holds(*value))
            .collect()
    }
}

impl Picture {
    /// The picture as SVG; without a single point the axes are missing and the title says what would stand there.
    pub(crate) fn svg(&self) -> String {
        let mut svg = Svg::begin(&self.title);
        let points = || self.series.iter().flat_map(|series| series.points.iter());
        if let Some(&origin) = points().next() {
            let x = Axis::around(points().map(|point| point.0), LEFT, WIDTH - RIGHT);
            let y = Axis::around(points().map(|point| point.1), HEIGHT - BOTTOM, TOP);
            self.axes(&mut svg, &x, &y);
            guide(&mut svg, &x, &y, origin);
            self.lines(&mut svg, &x, &y);
        }
        svg.end()
    }

    fn axes(&self, svg: &mut Svg, x: &Axis, y: &Axis) {
        let mut measured: Vec<f64> = self
            .series
            .iter()
            .flat_map(|series| series.points.iter().map(|point| point.0))
            .collect();
        measured.sort_by(f64::total_cmp);
        measured.dedup();
        let mut free_from = f64::NEG_INFINITY;
        for value in measured {
            let place = x.pixel(value);
            svg.line("grid", (place, y.start), (place, y.end));
            let label = number(value);
            #[expect(clippy::cast_precision_loss, reason = "a few characters")]
            let width = label.len() as f64 * 7.5;
            if place - width / 2.0 > free_from {
                svg.text("tick middle", (place, y.start + 20.0), &label);
                free_from = place + width / 2.0;
            }
        }
        for value in y.marks() {
            let place = y.pixel(value);
            svg.line("grid", (x.start, place), (x.end, place));
            svg.text("tick end", (x.start - 8.0, place + 4.0), &number(value));
        }
        let centre = f64::midpoint(x.start, x.end);
        svg.text("label middle", (centre, HEIGHT - 14.0), &self.x);
        svg.text("label", (14.0, TOP - 12.0), &self.y);
    }

    fn lines(&self, svg: &mut Svg, x: &Axis, y: &Axis) {
        let mut names: Vec<(f64, usize, &str)> = Vec::new();
        for (index, series) in self.series.iter().enumerate() {
            let places: Vec<(f64, f64)> = series
                .points
                .iter()
                .map(|point| (x.pixel(point.0), y.pixel(point.1)))
                .collect();
            svg.path(index, &places);
            if let Some(last) = places.last() {
                names.push((last.1, index, &series.name));
            }
        }
        names.sort_by(|one, other| one.0.total_cmp(&other.0));
        let mut free_from = f64::NEG_INFINITY;
        for (place, index, name) in names {
            let at = (place + 4.0).max(free_from);
            free_from = at + NAME_HEIGHT;
            svg.text(
                &format!("name n{}", index % LINES.len()),
                (x.end + 8.0, at),
                name,
            );
        }
    }
}

/// From the first point on: y grows as x does.
fn guide(svg: &mut Svg, x: &Axis, y: &Axis, (first_x, first_y): (f64, f64)) {
    let reach = (x.high / first_x).min(y.high / first_y);
    let (last_x, last_y) = (first_x * reach, first_y * reach);
    svg.line(
        "guide",
        (x.pixel(first_x), y.pixel(first_y)),
        (x.pixel(last_x), y.pixel(last_y)),
    );
    svg.line(
        "guide",
        (WIDTH - RIGHT + 8.0, 26.0),
        (WIDTH - RIGHT + 38.0, 26.0),
    );
    svg.text("tick", (WIDTH - RIGHT + 44.0, 30.0), "growth in proportion");
}

/// At most three digits that say something, thousands apart.
fn number(value: f64) -> String {
    if value < 1.0 {
        let text = format!("{value:.6}");
        return text.trim_end_matches('0').trim_end_matches('.').to_owned();
    }
    let digits = format!("{value:.0}");
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// The text of an SVG under way; writing to a `String` cannot fail, so results are let go.
struct Svg(String);

impl Svg {
    fn begin(title: &str) -> Self {
        let mut light = String::new();
        let mut dark = String::new();
        for (index, (colour, colour_in_the_dark, dashes)) in LINES.iter().enumerate() {
            let _ = write!(
                light,
                ".s{index}{{stroke:{colour};stroke-dasharray:{dashes}}}.n{index}{{fill:{colour}}}"
            );
            let _ = write!(
                dark,
                ".s{index}{{stroke:{colour_in_the_dark}}}.n{index}{{fill:{colour_in_the_dark}}}"
            );
        }
        let title = escaped(title);
        let mut text = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" width=\"{WIDTH}\" \
             height=\"{HEIGHT}\" role=\"img\">\n<title>{title}</title>\n<style>\n\
             text{{font:13px system-ui,sans-serif;fill:#1f2328}}.title{{font-weight:600;font-size:15px}}\
             .tick{{fill:#59636e}}.middle{{text-anchor:middle}}.end{{text-anchor:end}}\n\
             .grid{{stroke:#d1d9e0}}.guide{{stroke:#59636e;stroke-dasharray:3 4}}\
             .series{{fill:none;stroke-width:2.2}}.back{{fill:#ffffff}}\n{light}\n\
             @media(prefers-color-scheme:dark){{text{{fill:#f0f6fc}}.tick{{fill:#9198a1}}\
             .grid{{stroke:#3d444d}}.guide{{stroke:#9198a1}}.back{{fill:#0d1117}}\n{dark}}}\n</style>\n\
             <rect class=\"back\" width=\"{WIDTH}\" height=\"{HEIGHT}\" rx=\"6\"/>\n"
        );
        let _ = writeln!(
            text,
            "<text class=\"title\" x=\"14\" y=\"24\">{title}</text>"
        );
        Self(text)
    }

    fn line(&mut self, class: &str, from: (f64, f64), to: (f64, f64)) {
        let _ = writeln!(
            self.0,
            "<line class=\"{class}\" x1=\"{:.1}\" y1=\"{:.1}\" x2=\"{:.1}\" y2=\"{:.1}\"/>",
            from.0, from.1, to.0, to.1
        );
    }

    fn text(&mut self, class: &str, at: (f64, f64), text: &str) {
        let _ = writeln!(
            self.0,
            "<text class=\"{class}\" x=\"{:.1}\" y=\"{:.1}\">{}</text>",
            at.0,
            at.1,
            escaped(text)
        );
    }

    fn path(&mut self, index: usize, places: &[(f64, f64)]) {
        let index = index % LINES.len();
        let line: Vec<String> = places
            .iter()
            .map(|place| format!("{:.1},{:.1}", place.0, place.1))
            .collect();
        let _ = writeln!(
            self.0,
            "<polyline class=\"series s{index}\" points=\"{}\"/>",
            line.join(" ")
        );
        for place in places {
            let _ = writeln!(
                self.0,
                "<circle class=\"n{index}\" cx=\"{:.1}\" cy=\"{:.1}\" r=\"3.5\"/>",
                place.0, place.1
            );
        }
    }

    fn end(mut self) -> String {
        self.0.push_str("</svg>\n");
        self.0
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(series: Vec<Series>) -> String {
        let title = "a < b".to_owned();
        let (x, y) = ("subgraphs".to_owned(), "milliseconds".to_owned());
        Picture {
            title,
            x,
            y,
            series,
        }
        .svg()
    }

    fn ends(svg: &str, class: &str) -> Vec<[f64; 4]> {
        let begin = format!("<line class=\"{class}\" ");
        svg.lines()
            .filter_map(|line| line.strip_prefix(&begin))
            .filter_map(|line| {
                let numbers: Vec<f64> = line
                    .split('"')
                    .filter_map(|part| part.parse().ok())
                    .collect();
                numbers.try_into().ok()
            })
            .collect()
    }

    #[test]
    fn what_grows_in_proportion_lies_on_the_guide() {
        let svg = drawn(vec![Series::new(
            "ours",
            [(5.0, 2.0), (20.0, 8.0), (60.0, 24.0)],
        )]);
        let [x1, y1, x2, y2] = ends(&svg, "guide")[0];
        let points = svg
            .split("points=\"")
            .nth(1)
            .and_then(|rest| rest.split('"').next());
        for point in points.into_iter().flat_map(|points| points.split(' ')) {
            let (x, y) = point.split_once(',').map_or((0.0, 0.0), |(x, y)| {
                (x.parse().unwrap_or(0.0), y.parse().unwrap_or(0.0))
            });
            let on_the_guide = y1 + (x - x1) / (x2 - x1) * (y2 - y1);
            assert!((y - on_the_guide).abs() < 0.3, "{y} is not {on_the_guide}");
        }
    }

    #[test]
    fn names_of_lines_that_end_together_do_not_overlap() {
        let line = |name: &str| Series::new(name, [(1.0, 1.0), (10.0, 10.0)]);
        let svg = drawn(vec![line("one"), line("two"), line("three")]);
        let mut heights: Vec<f64> = svg
            .lines()
            .filter(|line| line.contains("class=\"name "))
            .filter_map(|line| line.split("y=\"").nth(1)?.split('"').next()?.parse().ok())
            .collect();
        heights.sort_by(f64::total_cmp);
        assert_eq!(heights.len(), 3);
        assert!(
            heights
                .windows(2)
                .all(|pair| pair[1] - pair[0] >= NAME_HEIGHT)
        );
    }

    #[test]
    fn points_without_a_logarithm_are_left_out() {
        let series = Series::new(
            "ours",
            [(0.0, 1.0), (1.0, -1.0), (1.0, f64::NAN), (2.0, 3.0)],
        );
        assert_eq!(series.points, [(2.0, 3.0)]);
        let svg = drawn(vec![series]);
        assert!(!svg.contains("NaN") && !svg.contains("inf"), "{svg}");
        assert!(!drawn(Vec::new()).contains("<line"));
    }

    #[test]
    fn what_is_written_is_escaped_and_the_dark_has_its_colours() {
        let svg = drawn(vec![Series::new("\"R&D\"", [(1.0, 1.0)])]);
        assert!(svg.contains("a &lt; b") && svg.contains("&quot;R&amp;D&quot;"));
        assert!(svg.contains("prefers-color-scheme:dark"));
    }

    #[test]
    fn numbers_are_read_at_a_glance() {
        let texts: Vec<String> = [0.05, 1.0, 20.0, 10_000.0, 1_234_567.0].map(number).into();
        assert_eq!(texts, ["0.05", "1", "20", "10,000", "1,234,567"]);
    }
}
