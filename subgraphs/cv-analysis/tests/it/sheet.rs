//! A CV as what it says and which column says it, for the tools that make files of it.
//!
//! As text it is a line per block, told by its first letter: `N` name, `P` paragraph, `G` heading, `B` bullet, `D` a line whose end,
//! behind `||`, stands at the right edge, `R` row of a table with `||` between the cells. A line `|` goes over to the narrow column
//! and the next one back.

/// What a block is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Name,
    Heading,
    Plain,
    Bullet,
    Dated,
    Row,
}

/// A paragraph, or a row of a table.
#[derive(Clone)]
pub(crate) struct Block {
    pub(crate) kind: Kind,
    pub(crate) text: String,
    /// Whether it belongs to the narrow column where there are two.
    pub(crate) side: bool,
}

impl Block {
    /// The cells of a row, the ends of a dated line, or the text.
    pub(crate) fn cells(&self) -> Vec<&str> {
        self.text.split("||").map(str::trim).collect()
    }
}

/// A CV in blocks.
#[derive(Clone)]
pub(crate) struct Sheet {
    pub(crate) name: String,
    pub(crate) blocks: Vec<Block>,
    /// Written from the right.
    pub(crate) backwards: bool,
}

impl Sheet {
    /// Whether every letter is one of Western Europe, which the standard fonts of pages have.
    pub(crate) fn is_western(&self) -> bool {
        self.blocks
            .iter()
            .flat_map(|block| block.text.chars())
            .all(|character| character < '\u{100}' || "–—•’“”œ".contains(character))
    }

    /// Reads the text form.
    pub(crate) fn parse(name: &str, source: &str) -> Self {
        let mut side = false;
        let mut blocks = Vec::new();
        for line in source.lines().filter(|line| !line.trim().is_empty()) {
            if line == "|" {
                side = !side;
                continue;
            }
            let (letter, text) = line
                .split_once(' ')
                .unwrap_or_else(|| panic!("{name}: {line}"));
            let kind = match letter {
                "N" => Kind::Name,
                "G" => Kind::Heading,
                "P" => Kind::Plain,
                "B" => Kind::Bullet,
                "D" => Kind::Dated,
                "R" => Kind::Row,
                _ => panic!("{name}: {line}"),
            };
            blocks.push(Block {
                kind,
                text: text.to_owned(),
                side,
            });
        }
        Self {
            name: name.to_owned(),
            blocks,
            backwards: false,
        }
    }

    /// The blocks of one of the two columns.
    pub(crate) fn column(&self, side: bool) -> Vec<&Block> {
        self.blocks
            .iter()
            .filter(|block| block.side == side)
            .collect()
    }

    /// All blocks in the order of the source.
    pub(crate) fn all(&self) -> Vec<&Block> {
        self.blocks.iter().collect()
    }

    /// What stands over both columns: the wide column down to its first heading.
    pub(crate) fn head(&self) -> Vec<&Block> {
        self.column(false)
            .into_iter()
            .take_while(|block| block.kind != Kind::Heading)
            .collect()
    }

    /// The wide column from its first heading.
    pub(crate) fn body(&self) -> Vec<&Block> {
        self.column(false)
            .into_iter()
            .skip_while(|block| block.kind != Kind::Heading)
            .collect()
    }
}

/// The blocks with rows that follow each other together, for they are one table.
pub(crate) fn grouped<'a>(blocks: &[&'a Block]) -> Vec<Vec<&'a Block>> {
    let mut groups: Vec<Vec<&Block>> = Vec::new();
    for block in blocks {
        match groups.last_mut() {
            Some(group) if block.kind == Kind::Row && group[0].kind == Kind::Row => {
                group.push(block)
            }
            _ => groups.push(vec![block]),
        }
    }
    groups
}

/// Text for XML and HTML.
pub(crate) fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}

/// A page for a browser to print.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Page {
    /// One column.
    One,
    /// The narrow column, coloured, at the left, though the source has it last.
    Grid,
    /// Both columns as columns of one flow under a head.
    Columns,
}

impl Sheet {
    /// The CV as a page of hypertext.
    pub(crate) fn html(&self, page: Page) -> String {
        let flow = |blocks: &[&Block]| -> String {
            grouped(blocks)
                .iter()
                .map(|group| {
                    let text = escape(&group[0].text);
                    match group[0].kind {
                        Kind::Name => format!("<h1>{text}</h1>"),
                        Kind::Heading => format!("<h2>{text}</h2>"),
                        Kind::Plain => format!("<p>{text}</p>"),
                        Kind::Bullet => format!("<ul><li>{text}</li></ul>"),
                        Kind::Dated => {
                            let ends = group[0].cells();
                            format!(
                                "<p class=dated><span>{}</span><span>{}</span></p>",
                                escape(ends[0]),
                                escape(ends.get(1).unwrap_or(&""))
                            )
                        }
                        Kind::Row => {
                            let rows: String = group
                                .iter()
                                .map(|row| {
                                    let cells: String = row
                                        .cells()
                                        .iter()
                                        .map(|cell| format!("<td>{}</td>", escape(cell)))
                                        .collect();
                                    format!("<tr>{cells}</tr>")
                                })
                                .collect();
                            format!("<table>{rows}</table>")
                        }
                    }
                })
                .collect()
        };
        let body = match page {
            Page::One => flow(&self.all()),
            Page::Grid => format!(
                "<div class=grid><main>{}</main><aside>{}</aside></div>",
                flow(&self.column(false)),
                flow(&self.column(true))
            ),
            Page::Columns => format!(
                "{}<div class=columns>{}<section>{}</section></div>",
                flow(&self.head()),
                flow(&self.column(true)),
                flow(&self.body())
            ),
        };
        let direction = if self.backwards { "rtl" } else { "ltr" };
        format!(
            "<!DOCTYPE html><html dir={direction}><head><meta charset=utf-8><title>CV</title><style>\
             body {{ font: 10pt 'DejaVu Sans', sans-serif; margin: 0 }} h1 {{ font-size: 20pt }} h2 {{ font-size: 12pt; letter-spacing: 1px }}\
             p, ul {{ margin: 2pt 0 }} td {{ padding: 1pt 12pt 1pt 0; vertical-align: top }}\
             .dated {{ display: flex; justify-content: space-between }}\
             .grid {{ display: grid; grid-template-columns: 32% 1fr; gap: 18pt }} main {{ grid-column: 2; grid-row: 1 }}\
             aside {{ grid-column: 1; grid-row: 1; background: #223; color: #eef; padding: 8pt }}\
             .columns {{ column-count: 2; column-gap: 24pt }} section {{ break-before: column }}\
             </style></head><body>{body}</body></html>"
        )
    }
}
