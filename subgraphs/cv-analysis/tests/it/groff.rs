//! Pages set by groff with the macros `ms`: justified and hyphenated text in fonts that the file only names.

use std::fmt::Write as _;
use std::io::Write as _;
use std::process::{Command, Stdio};

use crate::sheet::{Block, Kind, Sheet, grouped};
use crate::tool;

/// Sets the CV in one column, or in two under a head.
pub(crate) fn set(sheet: &Sheet, two: bool) -> Vec<u8> {
    let program = tool::find("TESSERA_GROFF", &["groff"], "groff");
    let mut child = Command::new(program)
        .args(["-Kutf8", "-k", "-t", "-ms", "-Tpdf"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let source = source(sheet, two);
    child
        .stdin
        .take()
        .unwrap()
        .write_all(source.as_bytes())
        .unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(
        output.status.success() && output.stdout.starts_with(b"%PDF"),
        "{}: groff with all its devices (Debian: groff, not groff-base) is wanted: {}",
        sheet.name,
        String::from_utf8_lossy(&output.stderr)
    );
    output.stdout
}

fn escape(text: &str) -> String {
    let text = text.replace('\\', "\\e");
    if text.starts_with(['.', '\'']) {
        format!("\\&{text}")
    } else {
        text
    }
}

fn flow(blocks: &[&Block]) -> String {
    let mut source = String::new();
    for group in grouped(blocks) {
        let text = escape(&group[0].text);
        match group[0].kind {
            Kind::Name => writeln!(source, ".LP\n.ps 18\n.vs 22p\n.ft B\n{text}\n.br\n.ft R"),
            Kind::Heading => writeln!(source, ".SH\n{text}"),
            Kind::Plain => writeln!(source, ".LP\n{text}"),
            Kind::Bullet => writeln!(source, ".IP \\(bu 2\n{text}"),
            Kind::Dated => {
                let ends: Vec<String> = group[0].cells().into_iter().map(escape).collect();
                writeln!(source, ".LP\n.ta \\n[.l]uR\n{}", ends.join("\t"))
            }
            Kind::Row => {
                let columns = group[0].cells().len();
                let rows: Vec<String> = group
                    .iter()
                    .map(|row| {
                        let cells: Vec<String> = row
                            .cells()
                            .into_iter()
                            .map(|cell| format!("T{{\n{}\nT}}", escape(cell)))
                            .collect();
                        cells.join("\t")
                    })
                    .collect();
                writeln!(
                    source,
                    ".LP\n.TS\n{}.\n{}\n.TE",
                    vec!["lx"; columns].join(" "),
                    rows.join("\n")
                )
            }
        }
        .unwrap();
    }
    source
}

fn source(sheet: &Sheet, two: bool) -> String {
    let page = ".nr PS 10\n.nr VS 12p\n.nr PD 2p\n.nr LL 6.7i\n.nr PO 0.8i\n.nr HM 0.7i\n.nr FM 0.7i\n.ds CH\n";
    if two {
        // more space is asked for than the column has, so that the next one begins
        format!(
            "{page}{}.2C\n{}.br\n.ne 100i\n{}",
            flow(&sheet.head()),
            flow(&sheet.column(true)),
            flow(&sheet.body())
        )
    } else {
        format!("{page}{}", flow(&sheet.all()))
    }
}
