//! The plan of an operation for people, in place of its answer: as text, or as a picture.

use std::fmt::Write as _;

use axum::body::Body;
use axum::response::Response;
use http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use http::{HeaderMap, HeaderName, HeaderValue};
use platform_identity::Identity;
use platform_types::ErrorCode;

use super::answer::Answer;
use crate::admission::Admitted;
use crate::config::Explain;
use crate::edge::Shared;
use crate::refused::Refused;

/// The header that asks for a plan.
const EXPLAIN: HeaderName = HeaderName::from_static("tessera-explain");

/// Width of a box, its line height and the space around it, in pixels.
const WIDTH: usize = 360;
const LINE: usize = 18;
const GAP: usize = 40;
/// Characters of a line in a box; longer ones are cut.
const CHARACTERS: usize = 44;
/// Lines in a box; more are counted.
const LINES: usize = 12;

/// How a plan is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Text,
    Picture,
}

/// Whether a request asks for its plan, and who asks may see it.
pub(super) fn asked(
    headers: &HeaderMap,
    to: Explain,
    identity: &Identity,
) -> Result<Option<Form>, Refused> {
    let Some(value) = headers.get(EXPLAIN) else {
        return Ok(None);
    };
    let open = match to {
        Explain::Nobody => false,
        Explain::Authenticated => identity.is_authenticated(),
        Explain::Everyone => true,
    };
    if !open {
        let message = "plans are not shown here";
        return Err(Refused::document(ErrorCode::Forbidden, message));
    }
    match value.as_bytes() {
        b"text" => Ok(Some(Form::Text)),
        b"picture" => Ok(Some(Form::Picture)),
        _ => Err(Refused::malformed("tessera-explain is text or picture")),
    }
}

/// Answers with the plan of an operation that could run.
pub(super) async fn respond(shared: &Shared, admitted: &Admitted, form: Form) -> Response {
    let text = match shared.engine.explain(&admitted.request).await {
        Ok(text) => text,
        Err(response) => {
            return Answer::from(response)
                .masked(shared)
                .respond(crate::media::Media::Json);
        }
    };
    let (media, body) = match form {
        Form::Text => ("text/plain; charset=utf-8", text),
        Form::Picture => ("image/svg+xml", picture(&steps(&text))),
    };
    let mut response = Response::new(Body::from(body));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(media));
    headers.insert(
        CONTENT_SECURITY_POLICY,
        HeaderValue::from_static("default-src 'none'; style-src 'unsafe-inline'"),
    );
    response
}

/// One fetch of a plan.
#[derive(Debug, Default, PartialEq, Eq)]
struct Step {
    title: String,
    needs: Vec<usize>,
    lines: Vec<String>,
}

/// The fetches in the text of a plan: `1: subgraph after 0`, and below it what is fetched, indented.
fn steps(text: &str) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    for line in text.lines() {
        if line.starts_with(' ') {
            if let Some(step) = steps.last_mut() {
                step.lines
                    .push(line.strip_prefix("   ").unwrap_or(line).to_owned());
            }
            continue;
        }
        let (title, needs) = line.split_once(" after ").unwrap_or((line, ""));
        steps.push(Step {
            title: title.to_owned(),
            needs: needs
                .split(", ")
                .filter_map(|need| need.parse().ok())
                .collect(),
            lines: Vec::new(),
        });
    }
    steps
}

/// Boxes from left to right in the order in which they can run, and what each waits for.
fn picture(steps: &[Step]) -> String {
    let mut columns: Vec<usize> = Vec::with_capacity(steps.len());
    for step in steps {
        let column = step
            .needs
            .iter()
            .filter_map(|need| columns.get(*need))
            .max()
            .map_or(0, |before| before + 1);
        columns.push(column);
    }
    let height = |step: &Step| (step.lines.len().min(LINES + 1) + 2) * LINE;
    let mut tops = vec![GAP; columns.iter().max().map_or(0, |last| last + 1)];
    let mut places = Vec::with_capacity(steps.len());
    for (step, column) in steps.iter().zip(&columns) {
        places.push((GAP + column * (WIDTH + 2 * GAP), tops[*column]));
        tops[*column] += height(step) + GAP;
    }
    let (width, tall) = (
        tops.len() * (WIDTH + 2 * GAP),
        tops.iter().max().copied().unwrap_or(GAP),
    );
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{tall}\" font-family=\"monospace\" font-size=\"12\">\
         <rect width=\"100%\" height=\"100%\" fill=\"white\"/>"
    );
    for (index, step) in steps.iter().enumerate() {
        let (x, y) = places[index];
        for (from_x, from_y) in step.needs.iter().filter_map(|need| places.get(*need)) {
            // writing into a string does not fail
            let _ = write!(
                svg,
                "<line x1=\"{}\" y1=\"{}\" x2=\"{x}\" y2=\"{}\" stroke=\"#888\" stroke-width=\"2\"/>",
                from_x + WIDTH,
                from_y + LINE,
                y + LINE
            );
        }
        let _ = write!(
            svg,
            "<rect x=\"{x}\" y=\"{y}\" width=\"{WIDTH}\" height=\"{}\" rx=\"6\" fill=\"#f4f6fa\" stroke=\"#456\"/>",
            height(step)
        );
        let more = step.lines.len().saturating_sub(LINES);
        let rest = (more > 0).then(|| format!("… {more} more lines"));
        let lines = step.lines.iter().take(LINES).chain(&rest);
        for (row, line) in std::iter::once(&step.title).chain(lines).enumerate() {
            let weight = if row == 0 { "bold" } else { "normal" };
            let _ = write!(
                svg,
                "<text x=\"{}\" y=\"{}\" font-weight=\"{weight}\" xml:space=\"preserve\">{}</text>",
                x + 10,
                y + (row + 1) * LINE,
                escaped(line)
            );
        }
    }
    svg.push_str("</svg>");
    svg
}

/// A line as XML text, cut to the width of a box.
fn escaped(line: &str) -> String {
    line.chars()
        .take(CHARACTERS)
        .fold(String::new(), |mut text, c| {
            match c {
                '&' => text.push_str("&amp;"),
                '<' => text.push_str("&lt;"),
                '>' => text.push_str("&gt;"),
                '"' => text.push_str("&quot;"),
                c if c.is_control() => text.push(' '),
                c => text.push(c),
            }
            text
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAN: &str = "0: catalog\n   {item(id:\"<&>\"){id}}\n1: prices after 0\n   at item with { id }\n   {_entities}\n2: stock after 0\n3: names after 1, 2\n";

    #[test]
    fn the_steps_of_a_plan_are_read() {
        let steps = steps(PLAN);
        assert_eq!(steps.len(), 4);
        assert_eq!(steps[1].title, "1: prices");
        assert_eq!(steps[1].lines, ["at item with { id }", "{_entities}"]);
        assert_eq!(steps[3].needs, [1, 2]);
    }

    #[test]
    fn the_picture_is_xml_whatever_the_operation_holds() {
        let svg = picture(&steps(PLAN));
        assert_eq!(svg.matches("<rect").count(), 5);
        assert_eq!(svg.matches("<line").count(), 4);
        assert!(svg.contains("&lt;&amp;&gt;") && !svg.contains("<&>"));
        assert!(picture(&[]).ends_with("</svg>"));
    }
}
