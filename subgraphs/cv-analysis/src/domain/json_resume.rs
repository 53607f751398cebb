//! JSON Resume (jsonresume.org, schema 1.0.0), out of a reading and into a document.

use serde_json::{Map, Value, json};

use super::education::Education;
use super::language::Fluency;
use super::period::{self, Written};
use super::profile::Profile;

/// Longest JSON Resume that is taken, in bytes.
pub const MAX_BYTES: usize = 512 * 1024;
/// Most lines of the document that is made of one.
const MAX_LINES: usize = 4_000;

fn date(written: Written) -> String {
    match written.month {
        Some(month) => format!("{:04}-{month:02}", written.year),
        None => format!("{:04}", written.year),
    }
}

/// Leaves out members without a value.
fn object(members: impl IntoIterator<Item = (&'static str, Option<Value>)>) -> Value {
    members
        .into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), value?)))
        .collect::<Map<_, _>>()
        .into()
}

fn fluency(fluency: Fluency) -> &'static str {
    match fluency {
        Fluency::A1 => "A1",
        Fluency::A2 => "A2",
        Fluency::B1 => "B1",
        Fluency::B2 => "B2",
        Fluency::C1 => "C1",
        Fluency::C2 => "C2",
        Fluency::Native => "Native speaker",
    }
}

/// A reading as JSON Resume.
pub fn export(profile: &Profile) -> Value {
    let contact = &profile.contact;
    let text = |text: &Option<String>| text.clone().map(Value::String);
    let profiles: Vec<Value> = contact
        .links
        .iter()
        .map(|link| json!({"url": link.value}))
        .collect();
    let basics = object([
        ("name", contact.name.as_ref().map(|name| json!(name.value))),
        (
            "email",
            contact.emails.first().map(|email| json!(email.value)),
        ),
        (
            "phone",
            contact.phones.first().map(|phone| json!(phone.value)),
        ),
        (
            "location",
            contact
                .location
                .as_ref()
                .map(|place| json!({"address": place.value})),
        ),
        ("profiles", (!profiles.is_empty()).then(|| profiles.into())),
    ]);
    let work: Vec<Value> = profile
        .experience
        .iter()
        .map(|job| {
            object([
                ("name", text(&job.organisation)),
                ("position", text(&job.title)),
                ("startDate", Some(date(job.period.start).into())),
                ("endDate", job.period.end.map(|end| date(end).into())),
            ])
        })
        .collect();
    let education: Vec<Value> = profile
        .education
        .iter()
        .map(|degree| {
            object([
                ("institution", text(&degree.institution)),
                ("studyType", Some(json!(study_type(degree)))),
                ("startDate", degree.start.map(|start| date(start).into())),
                ("endDate", degree.end.map(|end| date(end).into())),
            ])
        })
        .collect();
    let mut skills: Vec<Value> = profile
        .skills
        .iter()
        .map(|claim| json!({"name": claim.name}))
        .collect();
    if !profile.other_skills.is_empty() {
        let others: Vec<&str> = profile
            .other_skills
            .iter()
            .map(|other| other.value.as_str())
            .collect();
        skills.push(json!({"name": "Other skills", "keywords": others}));
    }
    let languages: Vec<Value> = profile
        .languages
        .iter()
        .map(|language| {
            object([
                ("language", Some(json!(language.code))),
                (
                    "fluency",
                    language.fluency.map(|level| fluency(level).into()),
                ),
            ])
        })
        .collect();
    let certificates: Vec<Value> = profile
        .certificates
        .iter()
        .map(|one| json!({"name": one.value}))
        .collect();
    json!({
        "$schema": "https://raw.githubusercontent.com/jsonresume/resume-schema/v1.0.0/schema.json",
        "basics": basics, "work": work, "education": education, "skills": skills,
        "languages": languages, "certificates": certificates,
    })
}

/// A JSON Resume as the text of a CV, which is read like any other; every statement in it stays findable at its place.
///
/// # Errors
/// A sentence for the user when it is no JSON Resume.
pub fn import(json: &str) -> Result<String, &'static str> {
    if json.len() > MAX_BYTES {
        return Err("a JSON Resume has at most 512 KiB");
    }
    let resume: Value = serde_json::from_str(json).map_err(|_| "this is no JSON")?;
    let known = ["basics", "work", "education", "skills"];
    if !known.iter().any(|part| resume.get(part).is_some()) {
        return Err("a JSON Resume has basics, work, education or skills");
    }
    let mut lines: Vec<String> = Vec::new();
    let basics = &resume["basics"];
    for field in ["name", "label", "email", "phone", "url"] {
        push(&mut lines, &[&basics[field]], "");
    }
    let place = &basics["location"];
    push(
        &mut lines,
        &[
            &place["address"],
            &place["city"],
            &place["region"],
            &place["countryCode"],
        ],
        ", ",
    );
    for profile in list(&basics["profiles"]) {
        push(&mut lines, &[&profile["url"]], "");
    }
    heading(&mut lines, "Summary", basics["summary"].is_string());
    push(&mut lines, &[&basics["summary"]], "");
    for (title, part, role, name) in [
        ("Experience", "work", "position", "name"),
        ("Volunteering", "volunteer", "position", "organization"),
    ] {
        heading(&mut lines, title, !list(&resume[part]).is_empty());
        for job in list(&resume[part]) {
            push(
                &mut lines,
                &[
                    &job[role],
                    if job[name].is_string() {
                        &job[name]
                    } else {
                        &job["company"]
                    },
                ],
                ", ",
            );
            period(&mut lines, job);
            push(&mut lines, &[&job["summary"]], "");
            bullets(&mut lines, &job["highlights"]);
        }
    }
    heading(
        &mut lines,
        "Education",
        !list(&resume["education"]).is_empty(),
    );
    for school in list(&resume["education"]) {
        push(
            &mut lines,
            &[
                &school["studyType"],
                &school["area"],
                &school["institution"],
            ],
            ", ",
        );
        period(&mut lines, school);
        bullets(&mut lines, &school["courses"]);
    }
    heading(&mut lines, "Skills", !list(&resume["skills"]).is_empty());
    for skill in list(&resume["skills"]) {
        push(&mut lines, &[&skill["name"]], "");
        let keywords: Vec<&Value> = list(&skill["keywords"]).iter().collect();
        push(&mut lines, &keywords, ", ");
    }
    heading(
        &mut lines,
        "Languages",
        !list(&resume["languages"]).is_empty(),
    );
    for language in list(&resume["languages"]) {
        push(
            &mut lines,
            &[&language["language"], &language["fluency"]],
            ": ",
        );
    }
    heading(
        &mut lines,
        "Certificates",
        !list(&resume["certificates"]).is_empty(),
    );
    for certificate in list(&resume["certificates"]) {
        push(
            &mut lines,
            &[
                &certificate["name"],
                &certificate["issuer"],
                &certificate["date"],
            ],
            ", ",
        );
    }
    heading(
        &mut lines,
        "Projects",
        !list(&resume["projects"]).is_empty(),
    );
    for project in list(&resume["projects"]) {
        push(&mut lines, &[&project["name"]], "");
        push(&mut lines, &[&project["description"]], "");
        bullets(&mut lines, &project["highlights"]);
    }
    lines.truncate(MAX_LINES);
    let text = lines.join("\n");
    if text.trim().is_empty() {
        return Err("the JSON Resume says nothing");
    }
    Ok(text)
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn heading(lines: &mut Vec<String>, title: &str, wanted: bool) {
    if wanted {
        lines.push(String::new());
        lines.push(title.to_owned());
    }
}

/// One line of the values that are texts; breaks inside a value become spaces, so that no value makes a heading.
fn push(lines: &mut Vec<String>, values: &[&Value], between: &str) {
    let parts: Vec<String> = values
        .iter()
        .filter_map(|value| value.as_str())
        .map(|text| text.split_whitespace().collect::<Vec<_>>().join(" "))
        .filter(|text| !text.is_empty())
        .collect();
    if !parts.is_empty() {
        lines.push(parts.join(between));
    }
}

fn period(lines: &mut Vec<String>, of: &Value) {
    let month = |date: &Value| -> Option<String> {
        let date = date.as_str()?;
        // 2020, 2020-03 and 2020-03-01 mean themselves; everything else means nothing
        let mut parts = date.splitn(3, '-');
        let year = parts
            .next()
            .filter(|year| year.len() == 4 && year.bytes().all(|byte| byte.is_ascii_digit()))?;
        match parts.next() {
            None => Some(year.to_owned()),
            Some(month) => month
                .parse::<u8>()
                .ok()
                .filter(|month| (1..=12).contains(month))
                .map(|month| format!("{month:02}/{year}")),
        }
    };
    let Some(start) = month(&of["startDate"]) else {
        if let Some(end) = month(&of["endDate"]) {
            lines.push(end);
        }
        return;
    };
    let end = month(&of["endDate"]).unwrap_or_else(|| "present".to_owned());
    lines.push(format!("{start} – {end}"));
}

fn bullets(lines: &mut Vec<String>, values: &Value) {
    for value in list(values).iter().filter(|value| value.is_string()) {
        let before = lines.len();
        push(lines, &[value], "");
        if let Some(line) = lines.get_mut(before) {
            line.insert_str(0, "• ");
        }
    }
}

/// The line of a degree without its school and dates; the whole line where nothing else is left.
fn study_type(degree: &Education) -> String {
    let mut line = degree.title.clone();
    for found in period::find_periods(&degree.title).into_iter().rev() {
        line.replace_range(found.range, "");
    }
    if let Some(school) = &degree.institution {
        line = line.replacen(school.as_str(), "", 1);
    }
    line = line.replace("()", "");
    let parts: Vec<&str> = line
        .split([',', '|', '•', '–', '—', ';'])
        .map(|part| part.trim_matches([' ', '-', ':']))
        .filter(|part| part.contains(char::is_alphabetic))
        .collect();
    if parts.is_empty() {
        return degree.title.clone();
    }
    parts.join(", ")
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail by panic")]
    use super::*;
    use crate::domain::period::Month;
    use crate::domain::skill::Taxonomy;
    use crate::domain::text::Text;

    const RESUME: &str = r#"{"basics": {"name": "Jane Doe", "email": "jane@example.com", "phone": "+49 170 1234567", "location": {"city": "Berlin", "countryCode": "DE"},
      "profiles": [{"network": "GitHub", "url": "https://github.com/janedoe"}]},
      "work": [{"name": "Acme GmbH", "position": "Backend Engineer", "startDate": "2020-01-15", "endDate": "2023-12-31", "highlights": ["Built services in Rust"]},
               {"name": "Foo Ltd", "position": "Developer", "startDate": "2018", "endDate": "2019"}],
      "education": [{"institution": "TU Munich", "area": "Computer Science", "studyType": "Master of Science", "startDate": "2014-10", "endDate": "2019-03"}],
      "skills": [{"name": "Databases", "keywords": ["PostgreSQL", "Redis"]}], "languages": [{"language": "German", "fluency": "Native speaker"}]}"#;

    fn read(text: &str) -> Profile {
        let as_of = Month {
            year: 2026,
            month: 11,
        };
        Profile::read(&Text::plain(text), as_of, Taxonomy::shared().unwrap(), &[]).0
    }

    #[test]
    fn what_is_imported_is_understood_and_exported_again() {
        let profile = read(&import(RESUME).unwrap());
        assert_eq!(profile.experience_months, 48 + 12);
        let again = export(&profile);
        assert_eq!(again["basics"]["name"], "Jane Doe");
        assert_eq!(again["basics"]["email"], "jane@example.com");
        assert_eq!(again["work"][0]["name"], "Acme GmbH");
        assert_eq!(again["work"][0]["startDate"], "2020-01");
        assert_eq!(again["work"][0]["endDate"], "2023-12");
        let names: Vec<&str> = again["skills"]
            .as_array()
            .unwrap()
            .iter()
            .map(|skill| skill["name"].as_str().unwrap())
            .collect();
        assert!(
            ["Rust", "PostgreSQL", "Redis"]
                .iter()
                .all(|name| names.contains(name)),
            "{names:?}"
        );
        let twice = read(&import(&again.to_string()).unwrap());
        assert_eq!(twice.experience_months, profile.experience_months);
        assert_eq!(twice.education_level, profile.education_level);
    }

    #[test]
    fn what_is_no_json_resume_is_refused() {
        for bad in [
            "",
            "[]",
            "{\"a\": 1}",
            "{\"basics\": {}}",
            "{\"work\": \"none\"}",
            "nonsense",
        ] {
            assert!(import(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_value_cannot_pretend_to_be_a_section() {
        let text = import(r#"{"basics": {"name": "Jane\nSkills\nKubernetes"}, "skills": [{"name": 7}, {"keywords": "x"}]}"#).unwrap();
        assert!(text.starts_with("Jane Skills Kubernetes\n"), "{text}");
    }

    #[test]
    fn a_degree_goes_without_its_school_and_dates() {
        for (line, study) in [
            (
                "MSc Computer Science, TU Munich, 2014 – 2019",
                "MSc Computer Science",
            ),
            (
                "BA (Hons) History | University of Leeds | 2009",
                "BA (Hons) History",
            ),
            ("BA (Hons) (2005 - 2008)", "BA (Hons)"),
            ("PhD", "PhD"),
        ] {
            let profile = read(&format!("Jane Doe\nEducation\n{line}"));
            assert_eq!(study_type(&profile.education[0]), study);
        }
    }
}
