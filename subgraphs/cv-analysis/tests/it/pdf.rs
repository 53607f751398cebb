//! A writer of small PDF files, so that the tests know every byte of what they upload.

use std::borrow::Cow;
use std::fmt::Write as _;

/// Text at a place of a page, in points from the bottom left.
#[derive(Clone)]
pub(crate) struct Words<'a> {
    pub(crate) text: Cow<'a, str>,
    pub(crate) left: f32,
    pub(crate) bottom: f32,
    pub(crate) size: f32,
    /// Grey value: 0 is black, 1 is white.
    pub(crate) grey: f32,
    /// PDF's text rendering mode; 3 draws nothing.
    pub(crate) mode: u8,
}

/// Black words of eleven points.
pub(crate) fn words<'a>(text: impl Into<Cow<'a, str>>, left: f32, bottom: f32) -> Words<'a> {
    Words {
        text: text.into(),
        left,
        bottom,
        size: 11.0,
        grey: 0.0,
        mode: 0,
    }
}

/// A page of lines, top to bottom.
pub(crate) fn lines(text: &str) -> Vec<Words<'_>> {
    text.lines()
        .enumerate()
        .map(|(number, line)| words(line, 60.0, 780.0 - 15.0 * number as f32))
        .collect()
}

/// One byte per character in Windows-1252, as the standard fonts want it.
fn escaped(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    for character in text.chars() {
        match character {
            '(' | ')' | '\\' => bytes.extend([b'\\', character as u8]),
            '–' => bytes.push(0x96),
            '•' => bytes.push(0x95),
            _ => bytes.push(u8::try_from(u32::from(character)).unwrap_or(b'?')),
        }
    }
    bytes
}

/// A PDF file with one page per item.
pub(crate) fn pdf(pages: &[Vec<Words<'_>>]) -> Vec<u8> {
    pdf_with(pages, "")
}

/// The same with more painting at the end of the first page. `/Clear` names a graphics state without any opacity.
pub(crate) fn pdf_with(pages: &[Vec<Words<'_>>], painting: &str) -> Vec<u8> {
    let mut objects: Vec<Vec<u8>> = Vec::new();
    let kids: Vec<String> = (0..pages.len())
        .map(|number| format!("{} 0 R", 4 + 2 * number))
        .collect();
    objects.push(b"<< /Type /Catalog /Pages 2 0 R >>".to_vec());
    objects.push(
        format!(
            "<< /Type /Pages /Count {} /Kids [{}] >>",
            pages.len(),
            kids.join(" ")
        )
        .into_bytes(),
    );
    objects.push(
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>"
            .to_vec(),
    );
    for (number, page) in pages.iter().enumerate() {
        let mut content = Vec::new();
        for words in page {
            let mut head = String::new();
            write!(
                head,
                "BT /F1 {} Tf {} g {} Tr 1 0 0 1 {} {} Tm (",
                words.size, words.grey, words.mode, words.left, words.bottom
            )
            .unwrap();
            content.extend(head.into_bytes());
            content.extend(escaped(&words.text));
            content.extend(b") Tj ET\n");
        }
        if number == 0 {
            content.extend(painting.bytes());
        }
        objects.push(
            format!(
                "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents {} 0 R /Resources << /Font << /F1 3 0 R >> /ExtGState << /Clear << /ca 0 >> >> >> >>",
                5 + 2 * number
            )
            .into_bytes(),
        );
        let mut stream = format!("<< /Length {} >>\nstream\n", content.len()).into_bytes();
        stream.extend(content);
        stream.extend(b"\nendstream");
        objects.push(stream);
    }
    assemble(&objects, "")
}

/// Numbers the objects and writes table and trailer.
pub(crate) fn assemble(objects: &[Vec<u8>], trailer: &str) -> Vec<u8> {
    let mut file = b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n".to_vec();
    let mut offsets = Vec::new();
    for (number, object) in objects.iter().enumerate() {
        offsets.push(file.len());
        file.extend(format!("{} 0 obj\n", number + 1).into_bytes());
        file.extend(object);
        file.extend(b"\nendobj\n");
    }
    let table = file.len();
    let mut end = format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1);
    for offset in offsets {
        writeln!(end, "{offset:010} 00000 n ").unwrap();
    }
    write!(
        end,
        "trailer\n<< /Size {} /Root 1 0 R {trailer} >>\nstartxref\n{table}\n%%EOF\n",
        objects.len() + 1
    )
    .unwrap();
    file.extend(end.into_bytes());
    file
}
