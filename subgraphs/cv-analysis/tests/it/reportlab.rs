//! Pages drawn by ReportLab, the way programs of websites draw them: by coordinates, in any order.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::json;

use crate::sheet::{Block, Kind, Sheet};

/// How the page is drawn.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Layout {
    /// Paragraphs of the layout engine in one frame.
    Flow,
    /// The same in two frames, the narrow one first.
    Frames,
    /// By coordinates, the right and wide column before the left one.
    RightFirst,
    /// Each word a text object of its own.
    Words,
    /// Headings with space between their letters.
    Spaced,
    /// Letters pulled together in arrays, where a large step is the space between words.
    Kerned,
}

impl Layout {
    fn name(self) -> &'static str {
        match self {
            Self::Flow => "flow",
            Self::Frames => "frames",
            Self::RightFirst => "right-first",
            Self::Words => "words",
            Self::Spaced => "spaced",
            Self::Kerned => "kerned",
        }
    }
}

/// The interpreter that knows ReportLab: the system's, where Debian's package is, or the path's.
fn interpreter() -> PathBuf {
    if let Some(named) = std::env::var_os("TESSERA_REPORTLAB_PYTHON") {
        return named.into();
    }
    ["/usr/bin/python3", "python3"]
        .into_iter()
        .map(PathBuf::from)
        .find(|python| {
            Command::new(python)
                .args(["-c", "import reportlab"])
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .status()
                .is_ok_and(|status| status.success())
        })
        .unwrap_or_else(|| {
            panic!(
                "no python3 knows ReportLab and none is named by TESSERA_REPORTLAB_PYTHON: install the package `python3-reportlab`, or run `cargo xtask provision`"
            )
        })
}

/// Draws all pages with one start of the interpreter.
pub(crate) fn draw(orders: &[(&Sheet, Layout)]) -> Vec<Vec<u8>> {
    static DRAWN: AtomicUsize = AtomicUsize::new(0);
    let folder = std::env::temp_dir().join(format!(
        "tessera-draw-{}-{}",
        std::process::id(),
        DRAWN.fetch_add(1, Ordering::Relaxed)
    ));
    std::fs::create_dir_all(&folder).unwrap();
    let blocks = |blocks: Vec<&Block>| -> Vec<_> {
        blocks
            .into_iter()
            .map(|block| {
                let kind = match block.kind {
                    Kind::Name => "name",
                    Kind::Heading => "heading",
                    Kind::Plain => "plain",
                    Kind::Bullet => "bullet",
                    Kind::Dated => "dated",
                    Kind::Row => "row",
                };
                json!([kind, block.cells()])
            })
            .collect()
    };
    let path = |number: usize| folder.join(format!("cv{number}.pdf"));
    let wanted: Vec<_> = orders
        .iter()
        .enumerate()
        .map(|(number, (sheet, layout))| {
            json!({
                "path": path(number),
                "layout": layout.name(),
                "all": blocks(sheet.all()),
                "side": blocks(sheet.column(true)),
                "main": blocks(sheet.column(false)),
            })
        })
        .collect();
    let mut child = Command::new(interpreter())
        .args(["-c", include_str!("draw.py")])
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(json!(wanted).to_string().as_bytes())
        .unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(
        output.status.success(),
        "ReportLab: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    let drawn = (0..orders.len())
        .map(|number| std::fs::read(path(number)).unwrap())
        .collect();
    std::fs::remove_dir_all(&folder).unwrap();
    drawn
}
