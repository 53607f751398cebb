//! Files made to break their reader: each ends with a text or a typed failure, in time, in its own process.

use std::time::{Duration, Instant};

use futures::StreamExt as _;
use platform_sdk::Sandbox;
use platform_sdk::sandbox::{Limits, SandboxError};
use subgraph_cv_analysis::domain::extract::{Answer, ExtractError};

use crate::pdf::assemble;
use crate::render::{archive, corpus};

/// A small generator, so that the mutants are the same on every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        // xorshift
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % u64::try_from(sides.max(1)).unwrap()).unwrap()
    }
}

/// Damages a file in one of eight ways.
fn mutant(original: &[u8], dice: &mut Dice) -> Vec<u8> {
    let mut bytes = original.to_vec();
    let at = dice.roll(bytes.len());
    match dice.roll(8) {
        0 => bytes.truncate(at),
        1 => {
            for _ in 0..20 {
                let at = dice.roll(bytes.len());
                bytes[at] ^= 1 << dice.roll(8);
            }
        }
        2 => {
            let end = (at + dice.roll(400)).min(bytes.len());
            bytes.drain(at..end);
        }
        3 => {
            let chunk = bytes[at..(at + 500).min(bytes.len())].to_vec();
            for _ in 0..50 {
                bytes.splice(at..at, chunk.iter().copied());
            }
        }
        4 => {
            let end = (at + 200).min(bytes.len());
            bytes[at..end].fill(0xff);
        }
        5 => {
            bytes.splice(at..at, b"<<<<[[[[((((".iter().copied().cycle().take(3000));
        }
        6 => {
            // numbers become enormous
            for byte in &mut bytes[at..] {
                if byte.is_ascii_digit() && *byte != b'0' {
                    *byte = b'9';
                }
            }
        }
        _ => bytes.rotate_left(at),
    }
    bytes
}

/// Files whose harm is thought out.
fn crafted() -> Vec<(&'static str, Vec<u8>)> {
    let page = |content: &[u8]| {
        let mut stream = format!("<< /Length {} >>\nstream\n", content.len()).into_bytes();
        stream.extend(content);
        stream.extend(b"\nendstream");
        assemble(
            &[
                b"<< /Type /Catalog /Pages 2 0 R >>".to_vec(),
                b"<< /Type /Pages /Count 1 /Kids [3 0 R] >>".to_vec(),
                b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> /XObject << /X 6 0 R >> >> >>".to_vec(),
                stream,
                b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>".to_vec(),
                b"<< /Type /XObject /Subtype /Form /BBox [0 0 9 9] /Resources << /XObject << /X 6 0 R >> >> /Length 5 >>\nstream\n/X Do\nendstream".to_vec(),
            ],
            "",
        )
    };
    let tree = |kids: &str| {
        assemble(
            &[
                b"<< /Type /Catalog /Pages 2 0 R >>".to_vec(),
                format!("<< /Type /Pages /Count 9 /Kids [{kids}] >>").into_bytes(),
            ],
            "",
        )
    };
    let deep_xml =
        |open: &str, close: &str| format!("{}x{}", open.repeat(50_000), close.repeat(50_000));
    vec![
        ("a form that draws itself", page(b"BT /F1 12 Tf 50 700 Td (Jane) Tj ET /X Do")),
        ("a page tree that is its own child", tree("2 0 R 2 0 R")),
        ("a page tree without pages", tree("9 0 R")),
        ("a hundred thousand open states", page("q ".repeat(100_000).as_bytes())),
        ("nested arrays", page("[".repeat(200_000).as_bytes())),
        ("nested dictionaries", page("<<".repeat(200_000).as_bytes())),
        ("a million words", page(format!("BT /F1 12 Tf {} ET", "1 0 Td (a) Tj ".repeat(200_000)).as_bytes())),
        ("numbers without end", page("9".repeat(1_000_000).as_bytes())),
        ("a table that points at itself", b"%PDF-1.4\nxref\n0 1\n0000000000 65535 f \ntrailer << /Prev 9 /Root 1 0 R >>\nstartxref\n9\n%%EOF".to_vec()),
        ("an archive of zeros", archive(&[("word/document.xml", "\0".repeat(64 * 1024 * 1024))])),
        ("deep office text", archive(&[("word/document.xml", deep_xml("<w:p>", "</w:p>"))])),
        ("deep open document", archive(&[("content.xml", deep_xml("<text:p>", "</text:p>")), ("META-INF/manifest.xml", String::new())])),
        ("entities that multiply", archive(&[("word/document.xml", "<!DOCTYPE x [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;\">]><w:p><w:t>&b;</w:t></w:p>".to_owned())])),
        ("rich text groups", [b"{\\rtf1".to_vec(), b"{".repeat(1_000_000)].concat()),
        ("rich text binary", b"{\\rtf1 \\bin999999999 x}".to_vec()),
        ("a tag without end", [b"<html><body><p ".to_vec(), b"a=\"".repeat(1_000_000)].concat()),
        ("tags without end", b"<html>".repeat(500_000)),
        ("one long line", b"a".repeat(9_000_000)),
        ("many short lines", b"2015 - \n".repeat(1_000_000)),
        ("skills without end", b"C++, C#, ".repeat(900_000)),
    ]
}

#[tokio::test]
async fn hostile_files_end_with_a_text_or_a_typed_failure_in_time() {
    let sandbox = Sandbox::new(env!("CARGO_BIN_EXE_cv-extract-worker"), &[]);
    // as the module runs it by default
    let limits = Limits {
        wall: Duration::from_secs(9),
        cpu_s: 8,
        ..Limits::default()
    };
    let mut dice = Dice(0x5eed);
    let mut files: Vec<(String, Vec<u8>)> = crafted()
        .into_iter()
        .map(|(name, bytes)| (name.to_owned(), bytes))
        .collect();
    let personas = corpus().personas;
    for (number, persona) in personas.iter().enumerate().take(5) {
        for (format, original) in persona
            .renderings()
            .into_iter()
            .filter(|(format, _)| *format != "text")
        {
            for round in 0..6 {
                files.push((
                    format!("mutant {round} of {format} {number}"),
                    mutant(&original, &mut dice),
                ));
            }
        }
    }
    assert!(files.len() >= 200, "{}", files.len());
    let outcomes: Vec<_> = futures::stream::iter(files)
        .map(|(name, bytes)| {
            let sandbox = &sandbox;
            async move {
                let begun = Instant::now();
                let outcome = sandbox
                    .run_forked(&["cv-analysis", "extract"], bytes.into(), limits)
                    .await;
                (name, outcome, begun.elapsed())
            }
        })
        .buffered(2)
        .collect()
        .await;
    let mut refused = 0;
    for (name, outcome, took) in outcomes {
        match outcome {
            Ok(output) => match serde_json::from_slice(&output) {
                Ok(Answer::Refused(_)) => refused += 1,
                Ok(Answer::Read(_)) => {}
                Err(error) => panic!("{name}: the worker's answer is none: {error}"),
            },
            Err(SandboxError::TimedOut | SandboxError::Died(_) | SandboxError::TooLong) => {
                refused += 1
            }
            Err(SandboxError::Io(error)) => panic!("{name}: {error}"),
        }
        assert!(took < Duration::from_secs(10), "{name} took {took:?}");
    }
    assert!(refused > 20, "the mutants are too tame: {refused} refused");
    let clean = sandbox
        .run(
            &["cv-analysis", "extract"],
            personas[0].pdf().into(),
            limits,
        )
        .await
        .unwrap();
    assert!(
        matches!(serde_json::from_slice(&clean).unwrap(), Answer::Read(_)),
        "the next file is read"
    );
    let empty = sandbox
        .run_forked(&["cv-analysis", "extract"], b"\n".as_slice().into(), limits)
        .await
        .unwrap();
    assert_eq!(
        serde_json::from_slice::<Answer>(&empty).unwrap(),
        Answer::Refused(ExtractError::Empty)
    );
}
