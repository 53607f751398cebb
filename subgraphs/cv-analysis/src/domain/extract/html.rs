//! Hypertext as text: block elements end lines, what a browser doesn't show is left out.

use super::Reading;

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

/// Reads a page. Linear in its length.
pub(super) fn read(page: &str, reading: &mut Reading) {
    let mut rest = page;
    let mut line = String::new();
    // open elements that hide their content: name and the words hidden so far
    let mut hiding: Option<(String, usize, String)> = None;
    // an end tag straight before a start tag: two boxes that only style keeps apart
    let mut just_closed = false;
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
        let hides = SILENT.contains(&name.as_str()) || invisible(tag);
        if !closing && hides && !VOID.contains(&name.as_str()) && !tag.ends_with('/') {
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

/// Whether a tag's own attributes keep its content from being seen.
fn invisible(tag: &str) -> bool {
    let lower = tag.to_lowercase();
    if lower
        .split_whitespace()
        .any(|word| word == "hidden" || word.starts_with("hidden="))
        || lower.contains("aria-hidden=\"true\"")
    {
        return true;
    }
    let style: String = match lower.find("style=") {
        Some(at) => {
            let value = &lower[at + 6..];
            match value.chars().next() {
                Some(quote @ ('"' | '\'')) => value[1..]
                    .split(quote)
                    .next()
                    .unwrap_or_default()
                    .to_owned(),
                _ => value.split(' ').next().unwrap_or_default().to_owned(),
            }
        }
        None => String::new(),
    };
    style.split(';').any(|rule| {
        let (name, value) = rule.split_once(':').unwrap_or((rule, ""));
        let value = value.replace("!important", "");
        let value = value.trim();
        let number = || {
            value
                .trim_end_matches(|character: char| character.is_alphabetic() || character == '%')
                .trim()
                .parse::<f32>()
                .ok()
        };
        match name.trim() {
            "display" => value == "none",
            "visibility" => matches!(value, "hidden" | "collapse"),
            "opacity" => number().is_some_and(|opacity| opacity < 0.1),
            "font-size" => {
                number().is_some_and(|size| size < 3.0 && !value.ends_with("em"))
                    || number() == Some(0.0)
            }
            "color" => matches!(
                value.replace(' ', "").as_str(),
                "white" | "#fff" | "#ffffff" | "transparent" | "rgb(255,255,255)" | "#fefefe"
            ),
            "left" | "top" | "text-indent" | "margin-left" => {
                number().is_some_and(|place| place <= -500.0)
            }
            "width" | "height" | "max-height" => {
                number() == Some(0.0) || value == "1px" && style.contains("overflow")
            }
            _ => false,
        }
    })
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
