//! CVs as word processors save them: runs torn apart, tabs, tables, the page's head, text boxes.
//!
//! The source is a line per paragraph, told by its first letter: `P` paragraph, `C` centred, `G` heading, `B` bullet,
//! `R` row of a table with `||` between the cells, `H` the page's head, `X` a line of one text box at the side.

use std::fmt::Write as _;

use crate::render::archive;

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}

/// Lines of the source as kind and text, with the rows of a table together.
fn blocks(source: &str) -> Vec<(char, Vec<&str>)> {
    let mut blocks: Vec<(char, Vec<&str>)> = Vec::new();
    for line in source.lines().filter(|line| !line.trim().is_empty()) {
        let kind = line.chars().next().unwrap();
        let text = line.get(2..).unwrap();
        match blocks.last_mut() {
            Some((above, lines)) if *above == kind && "RHX".contains(kind) => lines.push(text),
            _ => blocks.push((kind, vec![text])),
        }
    }
    blocks
}

/// Runs as a word processor leaves them after years of edits: cut anywhere, a tab in a run of its own.
fn runs(text: &str, properties: &str) -> String {
    let mut xml = String::new();
    for (number, part) in text.split('\t').enumerate() {
        if number > 0 {
            xml.push_str("<w:r><w:tab/></w:r>");
        }
        let characters: Vec<char> = part.chars().collect();
        for piece in characters.chunks(11) {
            let piece: String = piece.iter().collect();
            write!(
                xml,
                "<w:r w:rsidR=\"00A1\"><w:rPr>{properties}<w:lang w:val=\"en-GB\"/></w:rPr><w:t xml:space=\"preserve\">{}</w:t></w:r><w:proofErr w:type=\"spellEnd\"/>",
                escape(&piece)
            )
            .unwrap();
        }
    }
    xml
}

/// An Office Open XML file of the source.
pub(crate) fn docx(source: &str) -> Vec<u8> {
    let paragraph = |properties: &str, text: &str| {
        format!(
            "<w:p><w:pPr>{properties}</w:pPr>{}</w:p>",
            runs(text, "<w:sz w:val=\"22\"/>")
        )
    };
    let plain =
        |lines: &[&str]| -> String { lines.iter().map(|line| paragraph("", line)).collect() };
    let mut body = String::new();
    let mut head = String::new();
    for (kind, lines) in blocks(source) {
        match kind {
            'G' => body.push_str(&paragraph("<w:pStyle w:val=\"Heading1\"/>", lines[0])),
            'C' => body.push_str(&paragraph("<w:jc w:val=\"center\"/>", lines[0])),
            'B' => body.push_str(&paragraph(
                "<w:numPr><w:ilvl w:val=\"0\"/><w:numId w:val=\"1\"/></w:numPr>",
                lines[0],
            )),
            'R' => {
                body.push_str("<w:tbl><w:tblPr/>");
                for line in lines {
                    body.push_str("<w:tr>");
                    for cell in line.split("||") {
                        let cell = paragraph("", cell.trim());
                        write!(body, "<w:tc><w:tcPr/>{cell}</w:tc>").unwrap();
                    }
                    body.push_str("</w:tr>");
                }
                body.push_str("</w:tbl>");
            }
            'H' => head = plain(&lines),
            // Word writes a text box twice: for itself and for its ancestors.
            'X' => {
                let inside = plain(&lines);
                write!(
                    body,
                    "<w:p><w:r><mc:AlternateContent><mc:Choice Requires=\"wps\"><w:drawing><wps:txbx><w:txbxContent>{inside}</w:txbxContent></wps:txbx></w:drawing></mc:Choice><mc:Fallback><w:pict><v:textbox><w:txbxContent>{inside}</w:txbxContent></v:textbox></w:pict></mc:Fallback></mc:AlternateContent></w:r></w:p>"
                )
                .unwrap();
            }
            _ => body.push_str(&paragraph("", lines[0])),
        }
    }
    let names = "xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\" xmlns:mc=\"http://schemas.openxmlformats.org/markup-compatibility/2006\" xmlns:wps=\"http://schemas.microsoft.com/office/word/2010/wordprocessingShape\" xmlns:v=\"urn:schemas-microsoft-com:vml\" xmlns:r=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships\"";
    let mut files = vec![
        ("[Content_Types].xml", "<Types/>".to_owned()),
        (
            "word/document.xml",
            format!(
                "<?xml version=\"1.0\" encoding=\"UTF-8\"?><w:document {names}><w:body>{body}<w:sectPr><w:headerReference w:type=\"default\" r:id=\"rId8\"/></w:sectPr></w:body></w:document>"
            ),
        ),
    ];
    if !head.is_empty() {
        files.push((
            "word/_rels/document.xml.rels",
            "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\"><Relationship Id=\"rId8\" Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/header\" Target=\"header1.xml\"/></Relationships>".to_owned(),
        ));
        files.push((
            "word/header1.xml",
            format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?><w:hdr {names}>{head}</w:hdr>"),
        ));
    }
    archive(&files)
}

/// An OpenDocument file of the source.
pub(crate) fn odt(source: &str) -> Vec<u8> {
    let spans = |text: &str| {
        let (mut xml, mut first) = (String::new(), true);
        for part in text.split('\t') {
            if !first {
                xml.push_str("<text:tab/>");
            }
            first = false;
            write!(
                xml,
                "<text:span text:style-name=\"T1\">{}</text:span>",
                escape(part)
            )
            .unwrap();
        }
        xml
    };
    let paragraph = |text: &str| format!("<text:p text:style-name=\"P1\">{}</text:p>", spans(text));
    let plain = |lines: &[&str]| -> String { lines.iter().map(|line| paragraph(line)).collect() };
    let mut body = String::new();
    let mut head = String::new();
    for (kind, lines) in blocks(source) {
        match kind {
            'G' => write!(body, "<text:h text:outline-level=\"1\">{}</text:h>", spans(lines[0])).unwrap(),
            'B' => write!(
                body,
                "<text:list><text:list-item>{}</text:list-item></text:list>",
                paragraph(lines[0])
            )
            .unwrap(),
            'R' => {
                body.push_str("<table:table><table:table-column/>");
                for line in lines {
                    body.push_str("<table:table-row>");
                    for cell in line.split("||") {
                        let cell = paragraph(cell.trim());
                        write!(body, "<table:table-cell office:value-type=\"string\">{cell}</table:table-cell>").unwrap();
                    }
                    body.push_str("</table:table-row>");
                }
                body.push_str("</table:table>");
            }
            'H' => head = plain(&lines),
            'X' => write!(
                body,
                "<text:p><draw:frame text:anchor-type=\"paragraph\"><draw:text-box>{}</draw:text-box></draw:frame></text:p>",
                plain(&lines)
            )
            .unwrap(),
            _ => body.push_str(&paragraph(lines[0])),
        }
    }
    archive(&[
        (
            "mimetype",
            "application/vnd.oasis.opendocument.text".to_owned(),
        ),
        ("META-INF/manifest.xml", "<manifest/>".to_owned()),
        (
            "content.xml",
            format!(
                "<office:document-content><office:automatic-styles><style:style style:name=\"T1\" style:family=\"text\"/></office:automatic-styles><office:body><office:text>{body}</office:text></office:body></office:document-content>"
            ),
        ),
        (
            "styles.xml",
            format!(
                "<office:document-styles><office:master-styles><style:master-page style:name=\"Standard\"><style:header>{head}</style:header></style:master-page></office:master-styles></office:document-styles>"
            ),
        ),
    ])
}
