//! Makes what every run needs, once: the regular expressions of the reader of PDF and of the layout, fonts' tables.

use std::fmt::Write as _;

use super::extract;

/// A page with what pages of CVs have: headings, dates, two columns, several fonts.
const PAGE: &str = "\
0.9 g 0 0 595 842 re f 0 g q 1 0 0 1 0 0 cm
BT /F1 20 Tf 50 780 Td (Jane Doe) Tj ET
BT /F2 10 Tf 50 760 Td [(jane.doe@example.com ) -200 (+49 170 1234567)] TJ ET
BT /F1 12 Tf 50 730 Td (Experience) Tj 0 -16 Td /F2 10 Tf (Engineer, Acme) Tj 0 -14 Td (01/2019 - Present) Tj ET
BT /F3 10 Tf 50 680 Td (Developer, Foo, Jan 2015 \\205 March 2018) Tj 0 -14 Td (2012 \\226 2015) Tj 0 -14 Td (Education) Tj 0 -14 Td (MSc Computer Science) Tj ET
BT /F1 12 Tf 350 730 Td (Skills) Tj 0 -16 Td /F2 10 Tf (Rust, Go) Tj 0 -14 Td (PostgreSQL) Tj 0 -14 Td (Languages) Tj 0 -14 Td (German) Tj 0 -14 Td (English) Tj ET
Q";

/// Reads a file of our own, so that the first stranger's file finds everything made.
pub(crate) fn warm() {
    // what matters is what the reading leaves behind
    let _extraction = extract(file().as_bytes());
}

fn file() -> String {
    let stream = format!("<< /Length {} >>\nstream\n{PAGE}\nendstream", PAGE.len());
    let font = |name: &str| {
        format!("<< /Type /Font /Subtype /Type1 /BaseFont /{name} /Encoding /WinAnsiEncoding >>")
    };
    let objects = [
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        "<< /Type /Pages /Count 1 /Kids [3 0 R] >>".to_owned(),
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R /F2 6 0 R /F3 7 0 R >> >> >>".to_owned(),
        stream,
        font("Helvetica-Bold"),
        font("Helvetica"),
        font("Times-Roman"),
    ];
    let mut file = "%PDF-1.4\n".to_owned();
    let mut places = Vec::new();
    // writing into a string never fails
    for (number, object) in (1..).zip(&objects) {
        places.push(file.len());
        let _written = write!(file, "{number} 0 obj\n{object}\nendobj\n");
    }
    let table = file.len();
    let count = objects.len() + 1;
    let _written = write!(file, "xref\n0 {count}\n0000000000 65535 f \n");
    for place in places {
        let _written = writeln!(file, "{place:010} 00000 n ");
    }
    let _written = write!(
        file,
        "trailer << /Size {count} /Root 1 0 R >>\nstartxref\n{table}\n%%EOF"
    );
    file
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail by panic")]
    use super::*;

    #[test]
    fn the_file_of_our_own_is_read_with_its_columns() {
        let text = extract(file().as_bytes()).unwrap().text.content;
        assert!(
            text.contains("Experience\nEngineer, Acme\n01/2019 - Present"),
            "{text}"
        );
        assert!(text.contains("Skills\nRust, Go\nPostgreSQL"), "{text}");
    }
}
