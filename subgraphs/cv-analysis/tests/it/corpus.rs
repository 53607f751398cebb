//! How well CVs are understood, over people, languages, formats and layouts.

use crate::measure::Figures;
use crate::render::corpus;

#[test]
fn the_corpus_is_understood() {
    let mut figures = Figures::default();
    for persona in corpus().personas {
        for (format, bytes) in persona.renderings() {
            let name = format!("{} as {format}", persona.id);
            figures.read(&name, &persona.truth(), &bytes);
        }
    }
    assert!(figures.files >= 60);
    figures.hold("our own writers");
}
