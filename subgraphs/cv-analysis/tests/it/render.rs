//! The corpus: people who do not exist, and their CVs in every format and layout that the tests can write.

use std::io::{Cursor, Write as _};

use serde::Deserialize;

use crate::pdf::{Words, pdf, words};

/// The people of the corpus.
#[derive(Deserialize)]
pub(crate) struct Corpus {
    pub(crate) personas: Vec<Persona>,
}

/// Somebody and what their CV says.
#[derive(Deserialize)]
pub(crate) struct Persona {
    pub(crate) id: String,
    pub(crate) headings: Headings,
    pub(crate) name: String,
    pub(crate) title: String,
    pub(crate) email: String,
    pub(crate) phone: String,
    pub(crate) location: String,
    pub(crate) summary: String,
    pub(crate) jobs: Vec<Job>,
    pub(crate) education: Vec<String>,
    pub(crate) skills: Vec<String>,
    pub(crate) languages: Vec<String>,
    pub(crate) expected: Expected,
}

#[derive(Deserialize)]
pub(crate) struct Headings {
    pub(crate) sum: String,
    pub(crate) exp: String,
    pub(crate) edu: String,
    pub(crate) sk: String,
    pub(crate) lang: String,
}

#[derive(Deserialize)]
pub(crate) struct Job {
    pub(crate) title: String,
    pub(crate) organisation: String,
    pub(crate) period: String,
    pub(crate) bullets: Vec<String>,
}

/// What a reader finds in the CV.
#[derive(Deserialize)]
pub(crate) struct Expected {
    pub(crate) skills: Vec<String>,
    pub(crate) experience_months: u32,
    pub(crate) education_level: String,
    pub(crate) languages: Vec<(String, String)>,
}

/// Reads the corpus.
pub(crate) fn corpus() -> Corpus {
    serde_json::from_str(include_str!("../corpus/personas.json")).unwrap()
}

/// A line of a CV: what it is decides how a format shows it.
enum Line<'a> {
    Name(&'a str),
    Heading(&'a str),
    Plain(String),
    Bullet(&'a str),
}

impl Persona {
    fn lines(&self) -> Vec<Line<'_>> {
        let mut lines = vec![
            Line::Name(&self.name),
            Line::Plain(self.title.clone()),
            Line::Plain(format!(
                "{} | {} | {}",
                self.location, self.phone, self.email
            )),
            Line::Heading(&self.headings.sum),
            Line::Plain(self.summary.clone()),
            Line::Heading(&self.headings.exp),
        ];
        for job in &self.jobs {
            lines.push(Line::Plain(format!("{}, {}", job.title, job.organisation)));
            lines.push(Line::Plain(job.period.clone()));
            lines.extend(job.bullets.iter().map(|bullet| Line::Bullet(bullet)));
        }
        lines.push(Line::Heading(&self.headings.edu));
        lines.extend(self.education.iter().cloned().map(Line::Plain));
        lines.push(Line::Heading(&self.headings.sk));
        lines.extend(self.skills.iter().map(|skill| Line::Bullet(skill)));
        lines.push(Line::Heading(&self.headings.lang));
        lines.extend(self.languages.iter().cloned().map(Line::Plain));
        lines
    }

    /// Plain text.
    pub(crate) fn text(&self) -> String {
        let show = |line: &Line<'_>| match line {
            Line::Name(text) => (*text).to_owned(),
            Line::Heading(text) => format!("\n{}", text.to_uppercase()),
            Line::Plain(text) => text.clone(),
            Line::Bullet(text) => format!("- {text}"),
        };
        self.lines().iter().map(show).collect::<Vec<_>>().join("\n")
    }

    /// A page of hypertext; `extra` is put at the end of the body.
    pub(crate) fn html(&self, extra: &str) -> String {
        let escape = |text: &str| text.replace('&', "&amp;").replace('<', "&lt;");
        let show = |line: &Line<'_>| match line {
            Line::Name(text) => format!("<h1>{}</h1>", escape(text)),
            Line::Heading(text) => format!("<h2>{}</h2>", escape(text)),
            Line::Plain(text) => format!("<p>{}</p>", escape(text)),
            Line::Bullet(text) => format!("<li>{}</li>", escape(text)),
        };
        let body: String = self.lines().iter().map(show).collect();
        format!(
            "<!DOCTYPE html><html><head><title>CV</title></head><body>{body}{extra}</body></html>"
        )
    }

    /// Rich text; `extra` is put at the end.
    pub(crate) fn rtf(&self, extra: &str) -> String {
        let escape = |text: &str| {
            text.chars().fold(String::new(), |mut escaped, character| {
                match u16::try_from(u32::from(character)) {
                    Ok(unit) if unit > 127 => {
                        escaped.push_str(&format!("\\u{}?", i32::from(unit.cast_signed())))
                    }
                    _ => escaped.push(character),
                }
                escaped
            })
        };
        let show = |line: &Line<'_>| match line {
            Line::Name(text) => format!("{{\\b\\fs40 {}}}\\par\n", escape(text)),
            Line::Heading(text) => format!("\\par{{\\b {}}}\\par\n", escape(text)),
            Line::Plain(text) => format!("{}\\par\n", escape(text)),
            Line::Bullet(text) => format!("{{\\bullet\\tab {}}}\\par\n", escape(text)),
        };
        let body: String = self.lines().iter().map(show).collect();
        format!(
            "{{\\rtf1\\ansi{{\\fonttbl{{\\f0 Arial;}}}}{{\\colortbl;\\red255\\green255\\blue255;}}\n{body}{extra}}}"
        )
    }

    /// An Office Open XML file; `extra` is put at the end of the body.
    pub(crate) fn docx(&self, extra: &str) -> Vec<u8> {
        self.docx_with("", extra)
    }

    /// The same with named styles.
    pub(crate) fn docx_with(&self, styles: &str, extra: &str) -> Vec<u8> {
        let escape = |text: &str| text.replace('&', "&amp;").replace('<', "&lt;");
        let run = |text: &str| {
            format!(
                "<w:r><w:t xml:space=\"preserve\">{}</w:t></w:r>",
                escape(text)
            )
        };
        let show = |line: &Line<'_>| match line {
            Line::Name(text) | Line::Heading(text) => format!("<w:p>{}</w:p>", run(text)),
            Line::Plain(text) => format!("<w:p>{}</w:p>", run(text)),
            Line::Bullet(text) => format!(
                "<w:p><w:pPr><w:numPr><w:numId w:val=\"1\"/></w:numPr></w:pPr>{}</w:p>",
                run(text)
            ),
        };
        let body: String = self.lines().iter().map(show).collect();
        archive(&[
            ("[Content_Types].xml", "<Types/>".to_owned()),
            (
                "word/styles.xml",
                format!(
                    "<w:styles xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\">{styles}</w:styles>"
                ),
            ),
            (
                "word/document.xml",
                format!(
                    "<?xml version=\"1.0\"?><w:document xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\"><w:body>{body}{extra}</w:body></w:document>"
                ),
            ),
        ])
    }

    /// An OpenDocument file.
    pub(crate) fn odt(&self) -> Vec<u8> {
        self.odt_with("", "")
    }

    /// The same with more styles, and with `extra` at the end of the body.
    pub(crate) fn odt_with(&self, styles: &str, extra: &str) -> Vec<u8> {
        let escape = |text: &str| text.replace('&', "&amp;").replace('<', "&lt;");
        let show = |line: &Line<'_>| match line {
            Line::Name(text) | Line::Heading(text) => format!("<text:h>{}</text:h>", escape(text)),
            Line::Plain(text) => format!("<text:p>{}</text:p>", escape(text)),
            Line::Bullet(text) => {
                format!(
                    "<text:list><text:list-item><text:p>{}</text:p></text:list-item></text:list>",
                    escape(text)
                )
            }
        };
        let body: String = self.lines().iter().map(show).collect();
        archive(&[
            (
                "mimetype",
                "application/vnd.oasis.opendocument.text".to_owned(),
            ),
            ("META-INF/manifest.xml", "<manifest/>".to_owned()),
            (
                "content.xml",
                format!(
                    "<office:document-content><office:automatic-styles>{styles}</office:automatic-styles><office:body><office:text>{body}{extra}</office:text></office:body></office:document-content>"
                ),
            ),
        ])
    }

    /// The lines of a page in one column.
    pub(crate) fn page(&self) -> Vec<Words<'_>> {
        let mut page = Vec::new();
        let mut bottom = 800.0;
        for line in self.lines() {
            let (text, left, size, step) = match line {
                Line::Name(text) => (text.to_owned(), 50.0, 20.0, 26.0),
                Line::Heading(text) => {
                    bottom -= 8.0;
                    (text.to_owned(), 50.0, 13.0, 18.0)
                }
                Line::Plain(text) => (text, 50.0, 10.0, 13.0),
                Line::Bullet(text) => (format!("• {text}"), 60.0, 10.0, 13.0),
            };
            page.push(Words {
                size,
                ..words(text, left, bottom)
            });
            bottom -= step;
        }
        page
    }

    /// One column.
    pub(crate) fn pdf(&self) -> Vec<u8> {
        pdf(&[self.page()])
    }

    /// One column with the periods at the right edge.
    pub(crate) fn pdf_right(&self) -> Vec<u8> {
        let mut page: Vec<Words<'_>> = Vec::new();
        for line in self.page() {
            let period = self.jobs.iter().any(|job| job.period == *line.text);
            match page.last() {
                Some(above) if period => {
                    let bottom = above.bottom;
                    page.push(Words {
                        left: 400.0,
                        bottom,
                        ..line
                    });
                }
                _ => page.push(line),
            }
        }
        pdf(&[page])
    }

    /// A column for contact, skills and languages beside one for the rest.
    pub(crate) fn pdf_two_columns(&self) -> Vec<u8> {
        let mut page: Vec<Words<'_>> = Vec::new();
        let mut column = |left: f32, lines: Vec<Line<'_>>| {
            let mut bottom = 790.0;
            for line in lines {
                let (text, size) = match line {
                    Line::Name(text) => (text.to_owned(), 18.0),
                    Line::Heading(text) => {
                        bottom -= 10.0;
                        (text.to_owned(), 12.0)
                    }
                    Line::Plain(text) => (text, 9.0),
                    Line::Bullet(text) => (format!("• {text}"), 9.0),
                };
                page.push(Words {
                    size,
                    ..words(text, left, bottom)
                });
                bottom -= size * 1.35;
            }
        };
        let mut side = vec![
            Line::Plain(self.email.clone()),
            Line::Plain(self.phone.clone()),
            Line::Plain(self.location.clone()),
            Line::Heading(&self.headings.sk),
        ];
        side.extend(
            self.skills
                .iter()
                .flat_map(|line| line.split(", "))
                .map(|skill| Line::Plain(skill.to_owned())),
        );
        side.push(Line::Heading(&self.headings.lang));
        side.extend(self.languages.iter().cloned().map(Line::Plain));
        column(40.0, side);
        let mut main = vec![
            Line::Name(&self.name),
            Line::Plain(self.title.clone()),
            Line::Heading(&self.headings.sum),
            Line::Plain(self.summary.clone()),
            Line::Heading(&self.headings.exp),
        ];
        for job in &self.jobs {
            main.push(Line::Plain(job.title.clone()));
            main.push(Line::Plain(format!("{}, {}", job.organisation, job.period)));
            main.extend(job.bullets.iter().map(|bullet| Line::Bullet(bullet)));
        }
        main.push(Line::Heading(&self.headings.edu));
        main.extend(self.education.iter().cloned().map(Line::Plain));
        column(220.0, main);
        pdf(&[page])
    }

    /// Every rendering with its name.
    pub(crate) fn renderings(&self) -> Vec<(&'static str, Vec<u8>)> {
        vec![
            ("text", self.text().into_bytes()),
            ("html", self.html("").into_bytes()),
            ("rtf", self.rtf("").into_bytes()),
            ("docx", self.docx("")),
            ("odt", self.odt()),
            ("pdf", self.pdf()),
            ("pdf with periods at the right", self.pdf_right()),
            ("pdf in two columns", self.pdf_two_columns()),
        ]
    }
}

/// A zip archive.
pub(crate) fn archive(files: &[(&str, String)]) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in files {
        archive
            .start_file(*name, zip::write::SimpleFileOptions::default())
            .unwrap();
        archive.write_all(content.as_bytes()).unwrap();
    }
    archive.finish().unwrap().into_inner()
}
