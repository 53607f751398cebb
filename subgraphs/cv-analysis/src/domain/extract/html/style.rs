//! What styles say of being seen: those of an element itself and those that a page's style sheets give to its class or id.

use std::collections::HashMap;

/// Red, green and blue.
type Colour = [u8; 3];

const PAPER: Colour = [255; 3];
/// Most rules that are kept of a page's style sheets.
const MAX_RULES: usize = 2_000;

/// What the styles of an element say.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Style {
    /// Not drawn, drawn too small or drawn off the page.
    hides: bool,
    ink: Option<Colour>,
    /// The ground that it paints under its content.
    pub(super) ground: Option<Colour>,
    /// Drawn apart from the words beside it.
    pub(super) apart: bool,
}

impl Style {
    /// Reads declarations: `display: none; color: #fff`.
    fn read(declarations: &str) -> Self {
        let mut style = Self::default();
        let lower = declarations.to_lowercase();
        for rule in lower.split(';') {
            let (name, value) = rule.split_once(':').unwrap_or((rule, ""));
            let value = value.replace("!important", "");
            let value = value.trim();
            match name.trim() {
                "color" if value == "transparent" => style.hides = true,
                "color" => style.ink = colour(value).or(style.ink),
                "background" | "background-color" => {
                    // a picture or a gradient may have any colour: what stands on it counts as seen
                    style.ground = match value {
                        _ if value.contains("url(") || value.contains("gradient") => {
                            Some([0x80; 3])
                        }
                        _ => value.split_whitespace().find_map(colour),
                    };
                }
                "float" => style.apart = matches!(value, "left" | "right"),
                "position" => style.apart |= matches!(value, "absolute" | "fixed"),
                name => style.hides |= unseen(name, value, &lower),
            }
        }
        style
    }

    /// This style over another one.
    fn over(self, below: Self) -> Self {
        Self {
            hides: self.hides || below.hides,
            ink: self.ink.or(below.ink),
            ground: self.ground.or(below.ground),
            apart: self.apart || below.apart,
        }
    }

    /// Whether content of this style on this ground is not seen.
    pub(super) fn invisible_on(&self, ground: Option<Colour>) -> bool {
        let ground = self.ground.or(ground).unwrap_or(PAPER);
        self.hides || self.ink.is_some_and(|ink| alike(ink, ground))
    }
}

/// Whether one declaration keeps content from being seen; `all` are the declarations beside it.
fn unseen(name: &str, value: &str, all: &str) -> bool {
    let number = || {
        value
            .trim_end_matches(|character: char| character.is_alphabetic() || character == '%')
            .trim()
            .parse::<f32>()
            .ok()
    };
    let cut = || all.contains("overflow");
    match name {
        "display" => value == "none",
        "visibility" => matches!(value, "hidden" | "collapse"),
        "content-visibility" => value == "hidden",
        "opacity" => number().is_some_and(|opacity| {
            let percent = if value.ends_with('%') { 100.0 } else { 1.0 };
            opacity / percent < 0.1
        }),
        "font-size" => number().is_some_and(|size| match value {
            _ if value.ends_with("em") => size < 0.2,
            _ if value.ends_with('%') => size < 20.0,
            _ => size < 3.0,
        }),
        "left" | "right" | "top" | "bottom" | "text-indent" | "margin-left" | "margin-top" => {
            number()
                .is_some_and(|place| place <= -500.0 || (place <= -50.0 && value.ends_with("em")))
        }
        "width" | "height" | "max-height" | "max-width" => {
            (number() == Some(0.0) || value == "1px") && cut()
        }
        "line-height" => number() == Some(0.0) && cut(),
        "clip" => {
            value.replace([' ', ','], "").starts_with("rect(0") || value.starts_with("rect(1px")
        }
        "clip-path" => {
            value.starts_with("inset(50%")
                || value.starts_with("inset(100%")
                || value.starts_with("circle(0")
        }
        "transform" => {
            value.contains("scale(0)")
                || value.contains("translate(-9")
                || value.contains("translatex(-9")
        }
        "-webkit-text-fill-color" => value == "transparent",
        _ => false,
    }
}

/// A colour as style sheets write it.
fn colour(value: &str) -> Option<Colour> {
    if let Some(hex) = value.strip_prefix('#') {
        let digits: Vec<u8> = hex
            .chars()
            .map(|digit| {
                digit
                    .to_digit(16)
                    .and_then(|digit| u8::try_from(digit).ok())
            })
            .collect::<Option<_>>()?;
        return match digits.as_slice() {
            [red, green, blue, ..] if digits.len() <= 4 => Some([red * 17, green * 17, blue * 17]),
            [a, b, c, d, e, f, ..] => Some([a * 16 + b, c * 16 + d, e * 16 + f]),
            _ => None,
        };
    }
    if let Some(list) = value
        .strip_prefix("rgb")
        .and_then(|rest| rest.split_once('('))
    {
        let mut numbers = list
            .1
            .split(|character: char| !character.is_ascii_digit() && character != '.')
            .filter(|number| !number.is_empty())
            .filter_map(|number| number.split('.').next()?.parse::<u8>().ok());
        return Some([numbers.next()?, numbers.next()?, numbers.next()?]);
    }
    Some(match value {
        "white" | "snow" | "ivory" | "ghostwhite" | "floralwhite" | "mintcream" | "azure" => PAPER,
        "whitesmoke" => [245; 3],
        "black" => [0; 3],
        "navy" | "darkblue" => [0, 0, 128],
        "gray" | "grey" => [128; 3],
        "lightgray" | "lightgrey" => [211; 3],
        "red" => [255, 0, 0],
        "yellow" => [255, 255, 0],
        "blue" => [0, 0, 255],
        "green" | "teal" => [0, 128, 128],
        _ => return None,
    })
}

/// Whether two colours cannot be told apart on a page.
fn alike(one: Colour, other: Colour) -> bool {
    one.iter()
        .zip(other)
        .all(|(&one, other)| one.abs_diff(other) <= 10)
}

/// The rules of a page's style sheets for single classes, ids and elements.
#[derive(Default)]
pub(super) struct Sheet {
    rules: HashMap<String, Style>,
}

impl Sheet {
    /// Reads the style sheets of a page.
    pub(super) fn of(page: &str) -> Self {
        let mut sheet = Self::default();
        let mut rest = page;
        while let Some(at) = find_tag(rest, "<style") {
            let body = rest[at..].find('>').map_or("", |end| &rest[at + end + 1..]);
            let end = find_tag(body, "</style").unwrap_or(body.len());
            sheet.take_in(&body[..end]);
            rest = &body[end..];
        }
        sheet
    }

    fn take_in(&mut self, css: &str) {
        let css = without_comments(css);
        let mut rest = css.as_str();
        while let Some(open) = rest.find('{') {
            let selectors = rest[..open].rsplit(['}', ';']).next().unwrap_or("").trim();
            let body = &rest[open + 1..];
            if selectors.starts_with('@') {
                // rules for the screen hold here too, the others are for media that nobody reads a CV on
                if selectors.starts_with("@media") && !selectors.contains("print") {
                    rest = body;
                } else {
                    rest = block_end(body);
                }
                continue;
            }
            let end = body.find('}').unwrap_or(body.len());
            let style = Style::read(&body[..end]);
            if style != Style::default() {
                for selector in selectors.split(',').filter_map(simple) {
                    if self.rules.len() < MAX_RULES {
                        let known = self.rules.entry(selector).or_default();
                        *known = style.over(*known);
                    }
                }
            }
            rest = body.get(end + 1..).unwrap_or("");
        }
    }

    /// The style of an element by its tag: its own declarations over those of its id, its classes and its name.
    pub(super) fn style(&self, name: &str, tag: &str) -> Style {
        let mut style =
            attribute(tag, "style").map_or_else(Style::default, |own| Style::read(&own));
        if self.rules.is_empty() {
            return style;
        }
        let id = attribute(tag, "id").map(|id| format!("#{id}"));
        let classes = attribute(tag, "class").unwrap_or_default();
        let classes = classes.split_whitespace().map(|class| format!(".{class}"));
        for selector in id.into_iter().chain(classes).chain([name.to_owned()]) {
            if let Some(rule) = self.rules.get(&selector) {
                style = style.over(*rule);
            }
        }
        style
    }
}

/// A selector of one class, id or element, perhaps below the page's own elements; others say nothing that is certain.
fn simple(selector: &str) -> Option<String> {
    let last = selector
        .split([' ', '>'])
        .map(str::trim)
        .filter(|part| !part.is_empty() && !matches!(*part, "html" | "body" | "*"))
        .collect::<Vec<_>>();
    let [one] = last.as_slice() else { return None };
    let plain = |text: &str| {
        !text.is_empty()
            && text
                .chars()
                .all(|character| character.is_alphanumeric() || matches!(character, '-' | '_'))
    };
    if plain(one) {
        return Some(one.to_lowercase());
    }
    let at = one.find(['.', '#'])?;
    (plain(&one[at + 1..]) && (at == 0 || plain(&one[..at]))).then(|| one[at..].to_owned())
}

fn without_comments(css: &str) -> String {
    let mut plain = String::with_capacity(css.len());
    let mut rest = css;
    while let Some(at) = rest.find("/*") {
        plain.push_str(&rest[..at]);
        rest = rest[at..]
            .find("*/")
            .map_or("", |end| &rest[at + end + 2..]);
    }
    plain.push_str(rest);
    plain
}

/// What follows the block that `css` stands in.
fn block_end(css: &str) -> &str {
    let mut depth = 1usize;
    for (at, character) in css.char_indices() {
        match character {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return &css[at + 1..];
        }
    }
    ""
}

/// Where a tag begins, in any case of letters.
fn find_tag(page: &str, tag: &str) -> Option<usize> {
    page.match_indices('<').map(|(at, _)| at).find(|&at| {
        page.get(at..at + tag.len())
            .is_some_and(|found| found.eq_ignore_ascii_case(tag))
    })
}

/// The value of an attribute of a tag.
pub(super) fn attribute(tag: &str, name: &str) -> Option<String> {
    let lower = tag.to_ascii_lowercase();
    let at = lower.match_indices(name).map(|(at, _)| at).find(|&at| {
        lower[..at].ends_with(|before: char| before.is_whitespace() || matches!(before, '"' | '\''))
            && lower[at + name.len()..].trim_start().starts_with('=')
    })?;
    let value = tag[at + name.len()..]
        .trim_start()
        .strip_prefix('=')?
        .trim_start();
    let value = match value.chars().next()? {
        quote @ ('"' | '\'') => value[1..].split(quote).next()?,
        _ => value.split_whitespace().next()?,
    };
    Some(value.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hidden(css: &str, tag: &str) -> bool {
        let page = format!("<html><head><STYLE type=x>{css}</style></head>");
        let name = tag.split(' ').next().unwrap_or(tag);
        Sheet::of(&page).style(name, tag).invisible_on(None)
    }

    #[test]
    fn a_style_sheet_hides_what_its_rules_name() {
        for (css, tag) in [
            (".x{display:none}", "p class=x"),
            ("p.x , b { color : #FEFEFE }", "p class=\"a x\""),
            ("/* } */ #k{opacity:0%}", "div id='k'"),
            ("body .x{position:absolute;left:-9999px}", "p class=x"),
            ("@media screen{.x{visibility:hidden}}", "p class=x"),
            ("@font-face{src:url(a)} .x{font-size:.1em}", "p class=x"),
            ("em{clip-path:inset(50%)}", "em"),
            ("", "p style=\"color:#123456;background:#123456\""),
        ] {
            assert!(hidden(css, tag), "{css} {tag}");
        }
    }

    #[test]
    fn what_a_reader_sees_is_not_hidden() {
        for (css, tag) in [
            (".side{background:#22364d;color:#fff}", "div class=side"),
            (".x .y{display:none}", "p class=y"),
            (".x:hover{display:none}", "p class=x"),
            ("@page{margin:0}", "p"),
            (".x{height:0}", "hr class=x"),
            (".x{font-size:.9em;opacity:.8;left:-4px}", "p class=x"),
            (".x{color:#fff;background:url(a.png)}", "p class=x"),
        ] {
            assert!(!hidden(css, tag), "{css} {tag}");
        }
        let white = Sheet::default().style("h2", "h2 style='color:white'");
        assert!(white.invisible_on(None));
        assert!(!white.invisible_on(Some([0x22, 0x36, 0x4d])));
    }
}
