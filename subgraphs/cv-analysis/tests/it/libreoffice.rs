//! Files that LibreOffice writes: a flat OpenDocument text is handed to it, and it lays it out, prints it and saves it in other formats.

use std::fmt::Write as _;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::sheet::{Block, Kind, Sheet, escape, grouped};
use crate::tool;

/// How the page is laid out.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Layout {
    /// One column.
    One,
    /// A table of two cells, as most templates of word processors are made.
    Table,
    /// A section of two columns, filled one after the other, under a head.
    Section,
    /// A frame at the right edge of the page beside the text.
    Frame,
}

/// One file to write.
pub(crate) struct Order<'a> {
    pub(crate) sheet: &'a Sheet,
    pub(crate) layout: Layout,
    /// The suffix of the format: `pdf`, `docx`, `odt`, `rtf`, `html`.
    pub(crate) format: &'static str,
}

/// Writes all files, with one start of the program per format.
pub(crate) fn write(orders: &[Order<'_>]) -> Vec<Vec<u8>> {
    static WRITTEN: AtomicUsize = AtomicUsize::new(0);
    let program = tool::find(
        "TESSERA_LIBREOFFICE",
        &["soffice", "libreoffice"],
        "libreoffice-writer-nogui",
    );
    let folder = std::env::temp_dir().join(format!(
        "tessera-writer-{}-{}",
        std::process::id(),
        WRITTEN.fetch_add(1, Ordering::Relaxed)
    ));
    std::fs::create_dir_all(folder.join("out")).unwrap();
    let mut formats: Vec<&str> = orders.iter().map(|order| order.format).collect();
    formats.sort_unstable();
    formats.dedup();
    let file = |number: usize, suffix: &str| format!("cv{number}.{suffix}");
    for format in formats {
        let mut command = Command::new(&program);
        command.arg(format!(
            "-env:UserInstallation=file://{}",
            folder.join("profile").display()
        ));
        command.args(["--headless", "--norestore", "--convert-to"]);
        command.arg(match format {
            "docx" => "docx:MS Word 2007 XML",
            "html" => "html:HTML (StarWriter)",
            other => other,
        });
        command.arg("--outdir").arg(folder.join("out"));
        for (number, order) in orders.iter().enumerate() {
            if order.format == format {
                let from = folder.join(file(number, "fodt"));
                std::fs::write(&from, flat(order.sheet, order.layout)).unwrap();
                command.arg(from);
            }
        }
        let output = command.stdin(Stdio::null()).output().unwrap();
        assert!(
            output.status.success(),
            "LibreOffice: {}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
    let written = orders
        .iter()
        .enumerate()
        .map(|(number, order)| {
            let path = folder.join("out").join(file(number, order.format));
            std::fs::read(&path).unwrap_or_else(|error| {
                panic!(
                    "LibreOffice wrote no {} of {}: {error}",
                    order.format, order.sheet.name
                )
            })
        })
        .collect();
    std::fs::remove_dir_all(&folder).unwrap();
    written
}

fn paragraph(style: &str, text: &str) -> String {
    format!(
        "<text:p text:style-name=\"{style}\">{}</text:p>",
        escape(text)
    )
}

fn flow(blocks: &[&Block]) -> String {
    let mut xml = String::new();
    for group in grouped(blocks) {
        let text = &group[0].text;
        match group[0].kind {
            Kind::Name => xml.push_str(&paragraph("Name", text)),
            Kind::Heading => write!(
                xml,
                "<text:h text:style-name=\"Title\" text:outline-level=\"1\">{}</text:h>",
                escape(text)
            )
            .unwrap(),
            Kind::Plain => xml.push_str(&paragraph("Plain", text)),
            Kind::Bullet => write!(
                xml,
                "<text:list text:style-name=\"Bullets\"><text:list-item>{}</text:list-item></text:list>",
                paragraph("Plain", text)
            )
            .unwrap(),
            Kind::Dated => {
                let ends: Vec<String> = group[0].cells().into_iter().map(escape).collect();
                write!(
                    xml,
                    "<text:p text:style-name=\"Dated\">{}</text:p>",
                    ends.join("<text:tab/>")
                )
                .unwrap();
            }
            Kind::Row => {
                let columns = group[0].cells().len();
                write!(
                    xml,
                    "<table:table><table:table-column table:number-columns-repeated=\"{columns}\"/>"
                )
                .unwrap();
                for row in group {
                    xml.push_str("<table:table-row>");
                    for cell in row.cells() {
                        write!(
                            xml,
                            "<table:table-cell table:style-name=\"Cell\">{}</table:table-cell>",
                            paragraph("Plain", cell)
                        )
                        .unwrap();
                    }
                    xml.push_str("</table:table-row>");
                }
                xml.push_str("</table:table>");
            }
        }
    }
    xml
}

/// The document as a flat OpenDocument text.
fn flat(sheet: &Sheet, layout: Layout) -> String {
    let (direction, edge) = if sheet.backwards {
        ("rl-tb", "end")
    } else {
        ("lr-tb", "start")
    };
    let body = match layout {
        Layout::One => flow(&sheet.all()),
        Layout::Table => format!(
            "<table:table table:style-name=\"Sides\"><table:table-column table:style-name=\"Narrow\"/><table:table-column table:style-name=\"Wide\"/>\
             <table:table-row><table:table-cell table:style-name=\"Cell\">{}</table:table-cell><table:table-cell table:style-name=\"Cell\">{}</table:table-cell></table:table-row></table:table>",
            flow(&sheet.column(true)),
            flow(&sheet.column(false))
        ),
        Layout::Section => format!(
            "{}<text:section text:style-name=\"Two\" text:name=\"Both\">{}<text:p text:style-name=\"Next\"/>{}</text:section>",
            flow(&sheet.head()),
            flow(&sheet.column(true)),
            flow(&sheet.body())
        ),
        Layout::Frame => format!(
            "<text:p text:style-name=\"Plain\"><draw:frame draw:style-name=\"Beside\" text:anchor-type=\"paragraph\" svg:x=\"12cm\" svg:y=\"0cm\" svg:width=\"5.6cm\">\
             <draw:text-box fo:min-height=\"3cm\">{}</draw:text-box></draw:frame></text:p>{}",
            flow(&sheet.column(true)),
            flow(&sheet.column(false))
        ),
    };
    let style = |name: &str, paragraph: &str, text: &str| {
        format!(
            "<style:style style:name=\"{name}\" style:family=\"paragraph\"><style:paragraph-properties style:writing-mode=\"{direction}\" fo:text-align=\"{edge}\" {paragraph}/>\
             <style:text-properties style:font-name=\"F\" fo:font-size=\"{text}\" style:font-size-asian=\"{text}\" style:font-size-complex=\"{text}\"/></style:style>"
        )
    };
    let size = "10pt";
    let right = match layout {
        Layout::One => "17.4cm",
        Layout::Table => "11.2cm",
        Layout::Section => "10.9cm",
        Layout::Frame => "11.3cm",
    };
    let styles = [
        style("Name", "fo:margin-bottom=\"0.2cm\"", "20pt"),
        style("Title", "fo:margin-top=\"0.3cm\" fo:margin-bottom=\"0.1cm\"", "13pt"),
        style("Plain", "", size),
        style("Next", "fo:break-before=\"column\"", size),
        // the right edge of the text, which is narrower beside something
        format!(
            "<style:style style:name=\"Dated\" style:family=\"paragraph\"><style:paragraph-properties style:writing-mode=\"{direction}\">\
             <style:tab-stops><style:tab-stop style:position=\"{right}\" style:type=\"right\"/></style:tab-stops></style:paragraph-properties>\
             <style:text-properties style:font-name=\"F\" fo:font-size=\"{size}\"/></style:style>"
        ),
    ]
    .concat();
    let names = [
        ("office", "office"),
        ("style", "style"),
        ("text", "text"),
        ("table", "table"),
        ("draw", "drawing"),
        ("fo", "xsl-fo-compatible"),
        ("svg", "svg-compatible"),
    ]
    .map(|(prefix, name)| {
        format!("xmlns:{prefix}=\"urn:oasis:names:tc:opendocument:xmlns:{name}:1.0\"")
    })
    .join(" ");
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><office:document {names} office:version=\"1.3\" office:mimetype=\"application/vnd.oasis.opendocument.text\">\
         <office:font-face-decls><style:font-face style:name=\"F\" svg:font-family=\"DejaVu Sans\"/></office:font-face-decls>\
         <office:automatic-styles>{styles}\
         <text:list-style style:name=\"Bullets\"><text:list-level-style-bullet text:level=\"1\" text:bullet-char=\"•\"><style:list-level-properties text:list-level-position-and-space-mode=\"label-alignment\"><style:list-level-label-alignment text:label-followed-by=\"listtab\" fo:text-indent=\"-0.5cm\" fo:margin-left=\"0.8cm\"/></style:list-level-properties></text:list-level-style-bullet></text:list-style>\
         <style:style style:name=\"Sides\" style:family=\"table\"><style:table-properties style:width=\"17.4cm\" table:align=\"left\"/></style:style>\
         <style:style style:name=\"Narrow\" style:family=\"table-column\"><style:table-column-properties style:column-width=\"5.8cm\"/></style:style>\
         <style:style style:name=\"Wide\" style:family=\"table-column\"><style:table-column-properties style:column-width=\"11.6cm\"/></style:style>\
         <style:style style:name=\"Cell\" style:family=\"table-cell\"><style:table-cell-properties fo:padding=\"0.097cm\"/></style:style>\
         <style:style style:name=\"Two\" style:family=\"section\"><style:section-properties text:dont-balance-text-columns=\"true\"><style:columns fo:column-count=\"2\" fo:column-gap=\"1cm\"><style:column style:rel-width=\"1*\"/><style:column style:rel-width=\"2*\"/></style:columns></style:section-properties></style:style>\
         <style:style style:name=\"Beside\" style:family=\"graphic\"><style:graphic-properties style:wrap=\"left\" style:horizontal-pos=\"from-left\" style:horizontal-rel=\"paragraph\" style:vertical-pos=\"from-top\" style:vertical-rel=\"paragraph\" fo:margin-left=\"0.4cm\" fo:padding=\"0.2cm\" fo:border=\"none\" draw:fill=\"none\"/></style:style>\
         <style:page-layout style:name=\"A4\"><style:page-layout-properties fo:page-width=\"21cm\" fo:page-height=\"29.7cm\" fo:margin=\"1.8cm\"/></style:page-layout>\
         </office:automatic-styles><office:master-styles><style:master-page style:name=\"Standard\" style:page-layout-name=\"A4\"/></office:master-styles>\
         <office:body><office:text>{body}</office:text></office:body></office:document>"
    )
}
