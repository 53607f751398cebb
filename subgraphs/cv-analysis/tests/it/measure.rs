//! How well files are read, against what is known to be in them.

use std::collections::BTreeSet;

use serde::Deserialize;
use subgraph_cv_analysis::domain::contact::Located;
use subgraph_cv_analysis::domain::extract::extract;
use subgraph_cv_analysis::domain::period::Month;
use subgraph_cv_analysis::domain::profile::Profile;
use subgraph_cv_analysis::domain::skill::Taxonomy;

/// What a person finds in a CV.
#[derive(Clone, Deserialize)]
pub(crate) struct Truth {
    pub(crate) name: String,
    pub(crate) email: String,
    pub(crate) phone: String,
    pub(crate) months: u32,
    pub(crate) education: String,
    /// Each as `en NATIVE`, or `en` where no level is said.
    pub(crate) languages: Vec<String>,
    /// Ids of the taxonomy.
    pub(crate) skills: Vec<String>,
}

fn digits(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).collect()
}

/// What was read right, of how many files.
#[derive(Default)]
pub(crate) struct Figures {
    pub(crate) files: usize,
    pub(crate) contacts: usize,
    pub(crate) months: usize,
    pub(crate) levels: usize,
    pub(crate) languages: usize,
    found: usize,
    wrong: usize,
    missed: usize,
    notes: Vec<String>,
}

impl Figures {
    /// F1 of skills in percent.
    pub(crate) fn skills(&self) -> usize {
        200 * self.found / (2 * self.found + self.wrong + self.missed)
    }

    /// The figures in a line, and below it what was read wrong.
    pub(crate) fn summary(&self) -> String {
        format!(
            "{} files: contact {}, months {}, level {}, languages {}, skills F1 {} %\n{}",
            self.files,
            self.contacts,
            self.months,
            self.levels,
            self.languages,
            self.skills(),
            self.notes.join("\n")
        )
    }

    /// Takes these figures for part of a larger set.
    pub(crate) fn add(&mut self, part: Self) {
        self.files += part.files;
        self.contacts += part.contacts;
        self.months += part.months;
        self.levels += part.levels;
        self.languages += part.languages;
        self.found += part.found;
        self.wrong += part.wrong;
        self.missed += part.missed;
        self.notes.extend(part.notes);
    }

    /// Fails unless the files are read as well as the product promises.
    pub(crate) fn hold(&self, set: &str) {
        let summary = format!("{set}: {}", self.summary());
        println!("{summary}");
        assert!(self.contacts * 100 >= self.files * 98, "{summary}");
        assert!(self.months * 100 >= self.files * 95, "{summary}");
        assert!(self.levels * 100 >= self.files * 95, "{summary}");
        assert!(self.languages * 100 >= self.files * 95, "{summary}");
        assert!(self.skills() >= 90, "{summary}");
    }

    /// Reads a file that is called `name` here.
    pub(crate) fn read(&mut self, name: &str, truth: &Truth, bytes: &[u8]) {
        let taxonomy = Taxonomy::shared().unwrap();
        let as_of = Month {
            year: 2026,
            month: 11,
        };
        let extraction = extract(bytes).unwrap_or_else(|error| panic!("{name}: {error}"));
        let (profile, _) = Profile::read(&extraction.text, as_of, taxonomy, &[]);
        self.files += 1;
        let mut notes = Vec::new();
        let mut check = |count: &mut usize, right: bool, note: String| {
            *count += usize::from(right);
            if !right {
                notes.push(format!("{name}: {note}"));
            }
        };
        let contact = &profile.contact;
        let values = |list: &[Located]| -> Vec<String> {
            list.iter().map(|found| found.value.clone()).collect()
        };
        let (emails, phones) = (values(&contact.emails), values(&contact.phones));
        let first = |list: &[String]| list.first().cloned().unwrap_or_default();
        let person = contact.name.as_ref().map_or("", |name| name.value.as_str());
        check(
            &mut self.contacts,
            person == truth.name
                && first(&emails) == truth.email
                && digits(&first(&phones)) == digits(&truth.phone),
            format!("contact {person:?} {emails:?} {phones:?}"),
        );
        check(
            &mut self.months,
            profile.experience_months.abs_diff(truth.months) <= 1,
            format!(
                "{} months instead of {}: {:?}",
                profile.experience_months,
                truth.months,
                profile
                    .experience
                    .iter()
                    .map(|job| (&job.title, &job.organisation, job.months))
                    .collect::<Vec<_>>()
            ),
        );
        let level = serde_json::to_value(profile.education_level).unwrap();
        check(
            &mut self.levels,
            level == truth.education.as_str(),
            format!("level {level} instead of {}", truth.education),
        );
        let spoken: BTreeSet<String> = profile
            .languages
            .iter()
            .map(|language| match language.fluency {
                Some(level) => format!(
                    "{} {}",
                    language.code,
                    serde_json::to_value(level).unwrap().as_str().unwrap()
                ),
                None => language.code.clone(),
            })
            .collect();
        let wanted: BTreeSet<String> = truth.languages.iter().cloned().collect();
        check(
            &mut self.languages,
            spoken == wanted,
            format!("languages {spoken:?}"),
        );
        let skills: BTreeSet<&str> = profile
            .skills
            .iter()
            .map(|claim| claim.id.as_str())
            .collect();
        let wanted: BTreeSet<&str> = truth.skills.iter().map(String::as_str).collect();
        for id in &wanted {
            assert!(taxonomy.get(id).is_some(), "{name}: no skill {id}");
        }
        self.found += skills.intersection(&wanted).count();
        self.wrong += skills.difference(&wanted).count();
        self.missed += wanted.difference(&skills).count();
        if skills != wanted {
            notes.push(format!(
                "{name}: skills +{:?} -{:?}",
                skills.difference(&wanted).collect::<Vec<_>>(),
                wanted.difference(&skills).collect::<Vec<_>>()
            ));
        }
        self.notes.append(&mut notes);
    }
}
