//! How well CVs are understood, over people, languages, formats and layouts.

use std::collections::BTreeSet;

use subgraph_cv_analysis::domain::extract::extract;
use subgraph_cv_analysis::domain::period::Month;
use subgraph_cv_analysis::domain::profile::Profile;
use subgraph_cv_analysis::domain::skill::Taxonomy;

use crate::render::corpus;

fn digits(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).collect()
}

#[test]
fn the_corpus_is_understood() {
    let taxonomy = Taxonomy::shared().unwrap();
    let as_of = Month {
        year: 2026,
        month: 11,
    };
    let mut notes = Vec::new();
    let (mut read, mut contacts, mut months, mut levels, mut languages) = (0, 0, 0, 0, 0);
    let (mut found, mut wrong, mut missed) = (0, 0, 0);
    for persona in corpus().personas {
        for (format, bytes) in persona.renderings() {
            let name = format!("{} as {format}", persona.id);
            let extraction = extract(&bytes).unwrap_or_else(|error| panic!("{name}: {error}"));
            let (profile, _) = Profile::read(&extraction.text, as_of, taxonomy, &[]);
            let expected = &persona.expected;
            read += 1;
            let mut check = |count: &mut u32, ok: bool, note: String| {
                *count += u32::from(ok);
                if !ok {
                    notes.push(format!("{name}: {note}"));
                }
            };
            let contact = &profile.contact;
            let value = |located: Option<&subgraph_cv_analysis::domain::contact::Located>| {
                located.map(|located| located.value.clone())
            };
            check(
                &mut contacts,
                value(contact.name.as_ref()).as_deref() == Some(&persona.name)
                    && value(contact.emails.first()).as_deref() == Some(&persona.email)
                    && value(contact.phones.first())
                        .is_some_and(|phone| digits(&phone) == digits(&persona.phone)),
                format!("contact {contact:?}"),
            );
            check(
                &mut months,
                profile
                    .experience_months
                    .abs_diff(expected.experience_months)
                    <= 1,
                format!(
                    "{} months instead of {}: {:?}",
                    profile.experience_months, expected.experience_months, profile.experience
                ),
            );
            let level = serde_json::to_value(profile.education_level).unwrap();
            check(
                &mut levels,
                level == expected.education_level.as_str(),
                format!("level {level}"),
            );
            let spoken: Vec<(String, String)> = profile
                .languages
                .iter()
                .map(|language| {
                    (
                        language.code.clone(),
                        serde_json::to_value(language.fluency)
                            .unwrap()
                            .as_str()
                            .unwrap_or("")
                            .to_owned(),
                    )
                })
                .collect();
            check(
                &mut languages,
                spoken == expected.languages,
                format!("languages {spoken:?}"),
            );
            let skills: BTreeSet<&str> = profile
                .skills
                .iter()
                .map(|claim| claim.id.as_str())
                .collect();
            let wanted: BTreeSet<&str> = expected.skills.iter().map(String::as_str).collect();
            found += skills.intersection(&wanted).count();
            wrong += skills.difference(&wanted).count();
            missed += wanted.difference(&skills).count();
            if skills != wanted {
                notes.push(format!(
                    "{name}: skills +{:?} -{:?}",
                    skills.difference(&wanted),
                    wanted.difference(&skills)
                ));
            }
        }
    }
    let score = 200 * found / (2 * found + wrong + missed);
    println!(
        "{read} CVs: contact {contacts}, months {months}, level {levels}, languages {languages}, skills F1 {score} %"
    );
    let notes = notes.join("\n");
    assert!(read >= 60);
    assert!(
        contacts * 100 >= read * 98,
        "contact: {contacts} of {read}\n{notes}"
    );
    assert!(
        months * 100 >= read * 95,
        "months: {months} of {read}\n{notes}"
    );
    assert!(
        levels * 100 >= read * 95,
        "level: {levels} of {read}\n{notes}"
    );
    assert!(
        languages * 100 >= read * 95,
        "languages: {languages} of {read}\n{notes}"
    );
    assert!(score >= 90, "skills: F1 {score} %\n{notes}");
}
