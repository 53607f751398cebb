//! The people of the corpus in the files of other people's tools, held to the same figures tool by tool.

use std::collections::BTreeMap;

use crate::measure::Figures;
use crate::people::people as everybody;
use crate::render::Persona;
use crate::sheet::{Page, Sheet};
use crate::{chromium, groff, libreoffice, reportlab};

struct Person {
    persona: Persona,
    sheet: Sheet,
}

fn people() -> Vec<Person> {
    everybody()
        .into_iter()
        .map(|persona| Person {
            sheet: persona.sheet(),
            persona,
        })
        .collect()
}

/// Files of one tool by layout, each read, each layout and the whole held to what is promised.
fn hold(tool: &str, files: Vec<(String, &Person, Vec<u8>)>) {
    let mut layouts: BTreeMap<String, Figures> = BTreeMap::new();
    for (layout, person, bytes) in files {
        let name = format!("{} by {tool}, {layout}", person.persona.id);
        layouts
            .entry(layout)
            .or_default()
            .read(&name, &person.persona.truth(), &bytes);
    }
    let mut whole = Figures::default();
    for (layout, figures) in layouts {
        println!(
            "{tool}, {layout}: {}",
            figures.summary().lines().next().unwrap()
        );
        whole.add(figures);
    }
    whole.hold(tool);
}

#[test]
fn files_of_libreoffice_are_understood() {
    use libreoffice::{Layout, Order};
    let people = people();
    let kinds = [
        (Layout::One, "pdf"),
        (Layout::Table, "pdf"),
        (Layout::Section, "pdf"),
        (Layout::Frame, "pdf"),
        (Layout::One, "docx"),
        (Layout::Frame, "docx"),
        (Layout::Table, "odt"),
        (Layout::One, "rtf"),
        (Layout::Table, "html"),
    ];
    let orders: Vec<(&Person, Order<'_>)> = people
        .iter()
        .flat_map(|person| {
            kinds.iter().map(move |(layout, format)| {
                (
                    person,
                    Order {
                        sheet: &person.sheet,
                        layout: *layout,
                        format,
                    },
                )
            })
        })
        .collect();
    let (owners, orders): (Vec<&Person>, Vec<Order<'_>>) = orders.into_iter().unzip();
    let written = libreoffice::write(&orders);
    let files =
        owners
            .into_iter()
            .zip(orders.iter().zip(written))
            .map(|(person, (order, bytes))| {
                (
                    format!("{} {:?}", order.format, order.layout),
                    person,
                    bytes,
                )
            });
    hold("LibreOffice", files.collect());
}

#[test]
fn pages_of_groff_are_understood() {
    let people = people();
    let mut files = Vec::new();
    for person in people.iter().filter(|person| person.sheet.is_western()) {
        for (layout, two) in [("one column", false), ("two columns", true)] {
            files.push((layout.to_owned(), person, groff::set(&person.sheet, two)));
        }
    }
    hold("groff", files);
}

#[test]
fn pages_of_reportlab_are_understood() {
    use reportlab::Layout;
    let people = people();
    let mut orders = Vec::new();
    for person in &people {
        // ReportLab puts letters side by side as they come, so it cannot write from the right
        if person.sheet.backwards {
            continue;
        }
        for layout in [
            Layout::Flow,
            Layout::Frames,
            Layout::RightFirst,
            Layout::Words,
            Layout::Spaced,
            Layout::Kerned,
        ] {
            if person.sheet.is_western() || !matches!(layout, Layout::Kerned) {
                orders.push((person, layout));
            }
        }
    }
    let wanted: Vec<_> = orders
        .iter()
        .map(|(person, layout)| (&person.sheet, *layout))
        .collect();
    let drawn = reportlab::draw(&wanted);
    let files = orders
        .into_iter()
        .zip(drawn)
        .map(|((person, layout), bytes)| (format!("{layout:?}"), person, bytes));
    hold("ReportLab", files.collect());
}

/// A test per layout, for the browser is started anew for every page.
fn hold_chromium(page: Page) {
    let people = people();
    let pages: Vec<(String, String)> = people
        .iter()
        .map(|person| (person.persona.id.clone(), person.sheet.html(page)))
        .collect();
    let files = people
        .iter()
        .zip(chromium::print(&pages))
        .map(|(person, bytes)| (format!("{page:?}"), person, bytes));
    hold("Chromium", files.collect());
}

#[test]
fn pages_of_chromium_in_one_column_are_understood() {
    hold_chromium(Page::One);
}

#[test]
fn pages_of_chromium_in_a_grid_are_understood() {
    hold_chromium(Page::Grid);
}

#[test]
fn pages_of_chromium_in_columns_are_understood() {
    hold_chromium(Page::Columns);
}
