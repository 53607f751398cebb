//! Hypertext as text: block elements end lines, what a browser doesn't show is left out.

mod style;

use super::Reading;
use style::Sheet;

/// Elements whose content is never shown.
const SILENT: &[&str] = &[
    "script", "style", "head", "title", "noscript", "template", "svg", "iframe", "object",
    "select", "textarea",
];
/// Elements that stand on lines of their own.
const BLOCKS: &[&str] = &[
    "p",
    "div",
    "br",
    "li",
    "ul",
    "ol",
    "tr",
    "table",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "section",
    "article",
    "header",
    "footer",
    "main",
    "aside",
    "nav",
    "dl",
    "dt",
    "dd",
    "blockquote",
    "pre",
    "hr",
    "address",
    "form",
    "figure",
    "tbody",
    "thead",
];
/// Elements without an end tag.
const VOID: &[&str] = &[
    "br", "hr", "img", "input", "meta", "link", "col", "area", "base", "embed", "source", "wbr",
];

/// Elements whose end tag may be left out.
const UNENDED: [&str; 7] = ["p", "li", "td", "th", "tr", "dt", "dd"];
/// Most grounds under each other that are told apart.
const MAX_GROUNDS: usize = 200;

/// Reads a page. Linear in its length.
pub(super) fn read(page: &str, reading: &mut Reading) {
    let mut rest = page;
    let mut line = String::new();
    // open elements that hide their content: name and the words hidden so far
    let mut hiding: Option<(String, usize, String)> = None;
    // an end tag straight before a start tag: two boxes that only style keeps apart
    let mut just_closed = false;
    let sheet = Sheet::of(page);
    // grounds that elements paint under their content, the nearest last: name, open elements of that name, colour
    let mut grounds: Vec<(String, usize, [u8; 3])> = Vec::new();
    // an element whose style sets it apart from the words beside it
    let mut apart: Option<String> = None;
    while !rest.is_empty() && !reading.full() {
        let Some(open) = rest.find('<') else {
            put(&mut line, &mut hiding, rest);
            break;
        };
        put(&mut line, &mut hiding, &rest[..open]);
        just_closed &= open == 0;
        rest = &rest[open..];
        if let Some(comment) = rest.strip_prefix("<!--") {
            rest = comment.find("-->").map_or("", |end| &comment[end + 3..]);
            continue;
        }
        let Some(close) = tag_end(rest) else { break };
        let tag = &rest[1..close];
        rest = &rest[close + 1..];
        let closing = tag.starts_with('/');
        if just_closed && !closing && hiding.is_none() && !line.is_empty() && !line.ends_with(' ') {
            line.push(' ');
        }
        just_closed = closing;
        let name: String = tag
            .trim_start_matches('/')
            .chars()
            .take_while(char::is_ascii_alphanumeric)
            .collect::<String>()
            .to_lowercase();
        if let Some((hidden, depth, words)) = &mut hiding {
            if *hidden == name && !VOID.contains(&name.as_str()) && !tag.ends_with('/') {
                if closing {
                    *depth -= 1
                } else {
                    *depth += 1
                }
                if *depth == 0 {
                    if !SILENT.contains(&name.as_str()) {
                        let words = std::mem::take(words);
                        reading.hidden("it is hidden by its style", None, &words);
                    }
                    hiding = None;
                }
            }
            continue;
        }
        if BLOCKS.contains(&name.as_str()) {
            flush(&mut line, reading);
            if name.starts_with('h') || matches!(name.as_str(), "p" | "section" | "table" | "ul") {
                reading.builder.gap();
            }
            if name == "li" && !closing {
                line.push_str("• ");
            }
        } else if !closing && matches!(name.as_str(), "td" | "th") && !line.trim().is_empty() {
            line.push_str(" | ");
        }
        if closing {
            let closes = apart.as_deref() == Some(name.as_str());
            if closes && !line.is_empty() && !line.ends_with(' ') {
                line.push(' ');
                apart = None;
            }
            if let Some((_, open, _)) = grounds.last_mut().filter(|(ground, ..)| *ground == name) {
                *open -= 1;
                if *open == 0 {
                    grounds.pop();
                }
            }
            continue;
        }
        let style = sheet.style(&name, tag);
        let content = !VOID.contains(&name.as_str()) && !tag.ends_with('/');
        if content && style.apart {
            if !line.is_empty() && !line.ends_with(' ') {
                line.push(' ');
            }
            apart = Some(name.clone());
        }
        // an end tag may be left out: the next element of the kind ends it
        let ended = |ground: &str| {
            (ground == name && UNENDED.contains(&ground))
                || (ground == "p" && BLOCKS.contains(&name.as_str()))
        };
        while grounds.last().is_some_and(|(ground, ..)| ended(ground)) {
            grounds.pop();
        }
        let hides = SILENT.contains(&name.as_str())
            || marked_hidden(tag)
            || style.invisible_on(grounds.last().map(|&(_, _, colour)| colour));
        if content && !hides {
            if let Some(colour) = style.ground.filter(|_| grounds.len() < MAX_GROUNDS) {
                grounds.push((name.clone(), 1, colour));
            } else if let Some((ground, open, _)) = grounds.last_mut()
                && *ground == name
            {
                *open += 1;
            }
        }
        if hides && content {
            hiding = Some((name, 1, String::new()));
        }
    }
    flush(&mut line, reading);
}

/// The end of a tag, quotes respected.
fn tag_end(tag: &str) -> Option<usize> {
    let mut quote = None;
    for (at, character) in tag.char_indices().take(20_000) {
        match (quote, character) {
            (None, '>') => return Some(at),
            (None, '"' | '\'') if at > 1 => quote = Some(character),
            (Some(open), _) if open == character => quote = None,
            _ => {}
        }
    }
    tag.find('>')
}

fn put(line: &mut String, hiding: &mut Option<(String, usize, String)>, text: &str) {
    let target = match hiding {
        Some((_, _, words)) if words.len() > 400 => return,
        Some((_, _, words)) => words,
        None => line,
    };
    let text = entities(text);
    let mut space = text.starts_with(char::is_whitespace);
    for word in text.split_whitespace() {
        if (space || !target.is_empty())
            && !target.ends_with(' ')
            && (space || !target.is_empty() && !starts_glued(&text, word))
        {
            target.push(' ');
        }
        target.push_str(word);
        space = true;
    }
    if text.ends_with(char::is_whitespace) && !target.is_empty() && !target.ends_with(' ') {
        target.push(' ');
    }
}

/// Whether `word` is the first of a text that continues the word in front of its tag.
fn starts_glued(text: &str, word: &str) -> bool {
    text.starts_with(word)
}

fn flush(line: &mut String, reading: &mut Reading) {
    let text = std::mem::take(line);
    if !text.trim().is_empty() && text.trim() != "•" {
        reading.line(&text);
    }
}

/// Whether a tag's attributes other than its style keep its content from being seen.
fn marked_hidden(tag: &str) -> bool {
    let lower = tag.to_ascii_lowercase();
    lower
        .split_whitespace()
        .any(|word| word == "hidden" || word.starts_with("hidden="))
        || style::attribute(tag, "aria-hidden").as_deref() == Some("true")
}

/// Character references.
fn entities(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        plain.push_str(&rest[..at]);
        rest = &rest[at..];
        let end = rest
            .char_indices()
            .take(12)
            .find(|(_, character)| *character == ';')
            .map(|(end, _)| end);
        let decoded = end.and_then(|end| {
            let name = &rest[1..end];
            let character = match name {
                "amp" => '&',
                "lt" => '<',
                "gt" => '>',
                "quot" => '"',
                "apos" => '\'',
                "nbsp" => ' ',
                "ndash" => '–',
                "mdash" => '—',
                "bull" => '•',
                "middot" => '·',
                "auml" => 'ä',
                "ouml" => 'ö',
                "uuml" => 'ü',
                "Auml" => 'Ä',
                "Ouml" => 'Ö',
                "Uuml" => 'Ü',
                "szlig" => 'ß',
                "eacute" => 'é',
                "egrave" => 'è',
                "agrave" => 'à',
                "ccedil" => 'ç',
                "ntilde" => 'ñ',
                "oacute" => 'ó',
                "iacute" => 'í',
                "aacute" => 'á',
                "hellip" => '…',
                "rsquo" => '\'',
                "zwsp" | "ZeroWidthSpace" => '\u{200b}',
                _ => {
                    let number = name.strip_prefix('#')?;
                    let code = match number.strip_prefix(['x', 'X']) {
                        Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                        None => number.parse().ok()?,
                    };
                    char::from_u32(code)?
                }
            };
            Some((character, end))
        });
        match decoded {
            Some((character, end)) => {
                plain.push(character);
                rest = &rest[end + 1..];
            }
            None => {
                plain.push('&');
                rest = &rest[1..];
            }
        }
    }
    plain.push_str(rest);
    plain
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail by panic")]
    use super::super::extract;
    use crate::domain::finding::FindingKind;

    #[test]
    fn blocks_become_lines_and_what_is_hidden_is_left_out() {
        let page = "<!doctype html><html><head><title>x</title><style>p{}</style></head><body><h1>Jane&nbsp;Doe</h1><p>R<b>ust</b> &amp; Go</p>\
            <ul><li>one<li>two</ul><table><tr><td>a</td><td>b</td></tr></table><span style=\"display: none\">Kubernetes <span>inner</span></span>\
            <p style='color:#FFF'>Docker</p><script>AWS</script>end</body></html>";
        let extraction = extract(page.as_bytes()).unwrap();
        assert_eq!(
            extraction.text.content,
            "Jane Doe\n\nRust & Go\n\n• one\n• two\n\na | b\n\nend"
        );
        let hidden: Vec<_> = extraction
            .findings
            .iter()
            .map(|finding| (finding.kind, finding.quote.as_deref().unwrap()))
            .collect();
        assert_eq!(
            hidden,
            [
                (FindingKind::HiddenText, "Kubernetes inner"),
                (FindingKind::HiddenText, "Docker")
            ]
        );
    }

    #[test]
    fn style_sheets_hide_and_set_apart() {
        let page = "<!doctype html><html><head><style>.y{float:right}.k{display:none}.side{background:#22364d;color:#fff}</style></head><body>\
            <div><span class=y>2019 – 2021</span>Engineer</div><div class=k>Kubernetes</div>\
            <div class=side><h2 style='color:white'>Skills</h2><p>Rust</div><p style='background:#000'>Go<p style='color:#fff'>Docker</p></body></html>";
        let extraction = extract(page.as_bytes()).unwrap();
        assert_eq!(
            extraction.text.content,
            "2019 – 2021 Engineer\n\nSkills\n\nRust\n\nGo"
        );
        assert_eq!(extraction.findings.len(), 2);
    }

    #[test]
    fn broken_pages_are_read_as_far_as_they_go() {
        assert_eq!(
            extract(b"<html><body>Jane <b").unwrap().text.content,
            "Jane"
        );
        assert_eq!(
            extract(b"<html><p>a &bogus; &#x110000; b")
                .unwrap()
                .text
                .content,
            "a &bogus; &#x110000; b"
        );
    }
}
