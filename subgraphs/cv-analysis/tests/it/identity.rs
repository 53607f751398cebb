//! Who somebody is cannot reach the score: the same CV of other people, byte for byte the same judgement.

use serde_json::{Value, json};
use subgraph_cv_analysis::domain::extract::extract;
use subgraph_cv_analysis::domain::job::Requirements;
use subgraph_cv_analysis::domain::period::Month;
use subgraph_cv_analysis::domain::profile::Profile;
use subgraph_cv_analysis::domain::score::{Candidate, Weights, score};
use subgraph_cv_analysis::domain::skill::Taxonomy;
use subgraph_cv_analysis::domain::text::Text;

use crate::kit::JOB;
use crate::render::{Corpus, Persona};

/// Names of many places, of every length, and some that are names of skills too.
const NAMES: [&str; 12] = [
    "Mehmet Öztürk",
    "Aaliyah Washington",
    "Nguyễn Thị Hương",
    "Björn Åkesson",
    "Ruby Jenkins",
    "Julia Swift",
    "Chukwuemeka Okonkwo",
    "Fatima Al-Zahra",
    "Katarzyna Wiśniewska-Kowalczyk",
    "Li Wei",
    "José María de la Cruz Fernández",
    "Sarah O'Brien",
];
const MAILS: [&str; 3] = [
    "a@example.org",
    "ruby.jenkins@example.com",
    "x_1987_f@mail.example",
];
const PHONES: [&str; 3] = ["+49 30 5557788", "(212) 555-0143", "+91 98490 12345"];
/// Place, and what people say of themselves beside it.
const PERSONS: [&str; 6] = [
    "Lagos, Nigeria",
    "12047 Berlin | geb. 14.02.1961 in Ankara | verheiratet, zwei Kinder",
    "Date of birth: 3 May 1999 | Gender: female | Nationality: Indian",
    "Java, Indonesia | Age: 58 | he/him | married",
    "Sex: M | DOB 04/12/1985 | Religion: none | Photo attached",
    "Mx | they/them | single | 24 years old",
];

/// A CV of the corpus with another person in it.
fn another(persona: &Value, name: &str, mail: &str, phone: &str, person: &str) -> Persona {
    let mut persona = persona.clone();
    persona["name"] = json!(name);
    persona["email"] = json!(mail);
    persona["phone"] = json!(phone);
    persona["location"] = json!(person);
    let corpus: Corpus = serde_json::from_value(json!({ "personas": [persona] })).unwrap();
    corpus.personas.into_iter().next().unwrap()
}

/// Takes places out: they move with the length of a name.
fn without_places(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.retain(|key, _| key != "span" && key != "spans");
            fields.values_mut().for_each(without_places);
        }
        Value::Array(items) => items.iter_mut().for_each(without_places),
        _ => {}
    }
}

fn judged(bytes: &[u8]) -> Vec<u8> {
    let taxonomy = Taxonomy::shared().unwrap();
    let as_of = Month {
        year: 2026,
        month: 11,
    };
    let text = extract(bytes).unwrap().text;
    let (profile, _) = Profile::read(&text, as_of, taxonomy, &[]);
    let requirements = Requirements::read("Engineer", &Text::plain(JOB), taxonomy);
    let result = score(
        &Candidate::of(&profile),
        &requirements,
        &text,
        taxonomy,
        &Weights::default(),
    );
    let mut value = serde_json::to_value(&result).unwrap();
    without_places(&mut value);
    serde_json::to_vec(&value).unwrap()
}

#[test]
fn another_person_with_the_same_cv_has_the_same_judgement_byte_for_byte() {
    let file: Value = serde_json::from_str(include_str!("../corpus/personas.json")).unwrap();
    let mut compared = 0;
    for original in file["personas"].as_array().unwrap() {
        let other = |number: usize| {
            another(
                original,
                NAMES[number % NAMES.len()],
                MAILS[number % MAILS.len()],
                PHONES[(number / 2) % PHONES.len()],
                PERSONS[number % PERSONS.len()],
            )
        };
        // in the formats that hold nothing but lines, and in one where a picture can stand
        let formats: [fn(&Persona) -> Vec<u8>; 3] = [
            |persona| persona.text().into_bytes(),
            |persona| persona.docx(""),
            |persona| {
                persona
                    .html("")
                    .replace(
                        "<h1>",
                        "<img src=\"photo.jpg\" alt=\"portrait of a woman\"><h1>",
                    )
                    .into_bytes()
            },
        ];
        for format in formats {
            let expected = judged(&format(&another(
                original,
                original["name"].as_str().unwrap(),
                original["email"].as_str().unwrap(),
                original["phone"].as_str().unwrap(),
                original["location"].as_str().unwrap(),
            )));
            for number in 0..12 {
                assert_eq!(
                    String::from_utf8(judged(&format(&other(number)))).unwrap(),
                    String::from_utf8(expected.clone()).unwrap(),
                    "{} as {} of {}",
                    original["id"],
                    NAMES[number],
                    PERSONS[number % PERSONS.len()]
                );
                compared += 1;
            }
        }
    }
    assert!(compared >= 300, "{compared}");
}
