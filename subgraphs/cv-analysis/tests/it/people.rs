//! The people of the corpus, and some who write in other scripts, as sheets for other people's tools.

use crate::measure::Truth;
use crate::render::{Corpus, Persona, corpus};
use crate::sheet::{Block, Kind, Sheet};

/// Everybody.
pub(crate) fn people() -> Vec<Persona> {
    let scripts: Corpus = serde_json::from_str(include_str!("../corpus/scripts.json")).unwrap();
    corpus()
        .personas
        .into_iter()
        .chain(scripts.personas)
        .collect()
}

impl Persona {
    /// What a reader finds.
    pub(crate) fn truth(&self) -> Truth {
        let known = &self.expected;
        Truth {
            name: self.name.clone(),
            email: self.email.clone(),
            phone: self.phone.clone(),
            months: known.experience_months,
            education: known.education_level.clone(),
            languages: known
                .languages
                .iter()
                .map(|(code, level)| format!("{code} {level}").trim().to_owned())
                .collect(),
            skills: known.skills.clone(),
        }
    }

    /// The CV for other tools; contact, skills and languages are the narrow column.
    pub(crate) fn sheet(&self) -> Sheet {
        let mut blocks = Vec::new();
        let mut add = |side: bool, kind: Kind, text: &str| {
            blocks.push(Block {
                kind,
                text: text.to_owned(),
                side,
            });
        };
        add(false, Kind::Name, &self.name);
        add(false, Kind::Plain, &self.title);
        for text in [&self.email, &self.phone, &self.location] {
            add(true, Kind::Plain, text);
        }
        add(false, Kind::Heading, &self.headings.sum);
        add(false, Kind::Plain, &self.summary);
        add(true, Kind::Heading, &self.headings.sk);
        for text in &self.skills {
            add(true, Kind::Bullet, text);
        }
        add(false, Kind::Heading, &self.headings.exp);
        for job in &self.jobs {
            let ends = format!("{} || {}", job.title, job.period);
            add(false, Kind::Dated, &ends);
            add(false, Kind::Plain, &job.organisation);
            for text in &job.bullets {
                add(false, Kind::Bullet, text);
            }
        }
        add(false, Kind::Heading, &self.headings.edu);
        for text in &self.education {
            add(false, Kind::Plain, text);
        }
        add(true, Kind::Heading, &self.headings.lang);
        for text in &self.languages {
            add(true, Kind::Plain, text);
        }
        Sheet {
            name: self.id.clone(),
            blocks,
            backwards: self.id.starts_with("rtl"),
        }
    }
}
