//! A PDF with plain text, written from scratch: the demo brings its own CV, and nobody else's.
//!
//! One font in two weights, A4, single column. The structure follows ISO 32000-1: objects, cross-reference table,
//! trailer.

/// Text height in points, and the distance between lines.
const SIZE: u32 = 10;
const LEADING: u32 = 14;
/// A4 in points, with margins.
const HEIGHT: u32 = 842;
const TOP: u32 = HEIGHT - 56;
const BOTTOM: u32 = 56;
const LEFT: u32 = 56;

/// Lays the text out, a line per line; `# ` starts a heading. Characters outside of Latin-1 become `?`, because the
/// built-in fonts have no others.
pub(crate) fn from_text(text: &str) -> Vec<u8> {
    let per_page = ((TOP - BOTTOM) / LEADING) as usize;
    let lines: Vec<&str> = text.lines().collect();
    let pages: Vec<Vec<u8>> = lines.chunks(per_page).map(page_content).collect();

    // 1 catalogue, 2 page tree, 3 and 4 fonts, then two objects per page
    let mut objects: Vec<Vec<u8>> = Vec::new();
    let kids: Vec<String> = (0..pages.len())
        .map(|page| format!("{} 0 R", 5 + 2 * page))
        .collect();
    objects.push(b"<< /Type /Catalog /Pages 2 0 R >>".to_vec());
    objects.push(
        format!(
            "<< /Type /Pages /Kids [{}] /Count {} >>",
            kids.join(" "),
            pages.len()
        )
        .into_bytes(),
    );
    for font in ["Helvetica", "Helvetica-Bold"] {
        objects.push(
            format!(
                "<< /Type /Font /Subtype /Type1 /BaseFont /{font} /Encoding /WinAnsiEncoding >>"
            )
            .into_bytes(),
        );
    }
    for (number, content) in pages.into_iter().enumerate() {
        objects.push(
            format!(
                "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 {HEIGHT}] /Contents {} 0 R \
                 /Resources << /Font << /F1 3 0 R /F2 4 0 R >> >> >>",
                6 + 2 * number
            )
            .into_bytes(),
        );
        let mut stream = format!("<< /Length {} >>\nstream\n", content.len()).into_bytes();
        stream.extend(content);
        stream.extend(b"\nendstream");
        objects.push(stream);
    }
    assemble(&objects)
}

fn page_content(lines: &[&str]) -> Vec<u8> {
    let mut content = format!("BT\n{LEADING} TL\n{LEFT} {TOP} Td\n").into_bytes();
    for line in lines {
        let (font, size, line) = match line.strip_prefix("# ") {
            Some(heading) => ("F2", SIZE + 2, heading),
            None => ("F1", SIZE, *line),
        };
        content.extend(format!("/{font} {size} Tf\n(").into_bytes());
        for character in line.chars() {
            match character {
                '(' | ')' | '\\' => content.extend([b'\\', character as u8]),
                // Latin-1 and WinAnsi agree in the printable ranges
                ' '..='~' | '\u{a0}'..='\u{ff}' => content.push(character as u8),
                _ => content.push(b'?'),
            }
        }
        content.extend(b") Tj T*\n");
    }
    content.extend(b"ET");
    content
}

fn assemble(objects: &[Vec<u8>]) -> Vec<u8> {
    // the comment with high bytes tells transfer programs that the file is binary
    let mut file = b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n".to_vec();
    let mut offsets = Vec::with_capacity(objects.len());
    for (index, object) in objects.iter().enumerate() {
        offsets.push(file.len());
        file.extend(format!("{} 0 obj\n", index + 1).into_bytes());
        file.extend(object);
        file.extend(b"\nendobj\n");
    }
    let table = file.len();
    file.extend(format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1).into_bytes());
    for offset in offsets {
        file.extend(format!("{offset:010} 00000 n \n").into_bytes());
    }
    file.extend(
        format!(
            "trailer\n<< /Size {} /Root 1 0 R >>\nstartxref\n{table}\n%%EOF\n",
            objects.len() + 1
        )
        .into_bytes(),
    );
    file
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests fail by panicking")]
    use super::*;

    fn find(file: &[u8], needle: &[u8]) -> Option<usize> {
        file.windows(needle.len())
            .position(|window| window == needle)
    }

    #[test]
    fn the_cross_reference_table_points_at_every_object() {
        let long = "line\n".repeat(130);
        let file = from_text(&long);
        let text = String::from_utf8_lossy(&file).into_owned();
        assert_eq!(text.matches("/Type /Page ").count(), 3);
        let start = find(&file, b"xref\n").unwrap();
        let entries: Vec<usize> = file[start..]
            .split(|byte| *byte == b'\n')
            .filter(|line| line.ends_with(b" 00000 n "))
            .map(|line| std::str::from_utf8(&line[..10]).unwrap().parse().unwrap())
            .collect();
        assert_eq!(entries.len(), 4 + 2 * 3);
        for (index, offset) in entries.into_iter().enumerate() {
            assert!(file[offset..].starts_with(format!("{} 0 obj\n", index + 1).as_bytes()));
        }
    }

    #[test]
    fn delimiters_are_escaped_and_accents_are_single_bytes() {
        let file = from_text("a (b) \\ Malmö €");
        assert!(find(&file, b"(a \\(b\\) \\\\ Malm\xf6 ?) Tj").is_some());
    }
}
