//! From a missing skill to a question about it.

use super::{
    question::{Bank, Question, QuestionKind},
    rubric::Competency,
    skill::{Catalogue, Family},
};

/// Longest name of a skill that is taken into a question, in code points.
const MAX_SKILL_CHARS: usize = 60;

/// How many of the skills given are looked at.
const MAX_SKILLS: usize = 100;

/// A question into one gap between a CV and a job.
#[derive(Debug, Clone)]
pub struct Probe {
    /// The missing skill, by its usual name.
    pub skill: String,
    /// As the candidate would read it.
    pub question: String,
    /// What the answer is rated for.
    pub competency: Competency,
    family: &'static Family,
}

/// A probe for each missing skill, in the order given, each skill once.
///
/// Pure: the federation field `suggestedProbes` and the interviews' own probes come from the same call.
pub fn suggest<S: AsRef<str>>(missing_skills: &[S]) -> Vec<Probe> {
    let catalogue = Catalogue::shipped();
    let mut probes: Vec<Probe> = Vec::new();
    for skill in missing_skills.iter().take(MAX_SKILLS) {
        let name = plain(catalogue.name_of(skill.as_ref().trim()));
        if name.is_empty() || probes.iter().any(|probe| probe.skill == name) {
            continue;
        }
        let family = catalogue.family_of(&name);
        probes.push(Probe {
            question: Bank::shipped().probe_text(&name, &family.focus),
            skill: name,
            competency: Competency::Learning,
            family,
        });
    }
    probes
}

impl Probe {
    /// The probe as a question of an interview.
    pub fn into_question(self) -> Question {
        let mut points = self.family.points.clone();
        points.extend_from_slice(Catalogue::shipped().gap_points());
        let mut vocabulary = self.family.vocabulary();
        let own = super::text::stems(&self.skill);
        if !own.is_empty() && !vocabulary.contains(&own) {
            vocabulary.push(own);
        }
        Question {
            key: format!("probe.{}", slug(&self.skill)),
            kind: QuestionKind::Probe,
            competency: self.competency,
            text: self.question,
            skill: Some(self.skill),
            limit_seconds: Bank::shipped().probe_limit_seconds(),
            points,
            vocabulary,
        }
    }
}

/// A skill's name on one line and of bounded length: it comes from a document.
fn plain(name: &str) -> String {
    let words: Vec<&str> = name.split_whitespace().collect();
    words
        .join(" ")
        .chars()
        .filter(|c| !c.is_control() && !matches!(c, '{' | '}'))
        .take(MAX_SKILL_CHARS)
        .collect()
}

fn slug(name: &str) -> String {
    let mut slug = String::new();
    for c in name.to_lowercase().chars() {
        if c.is_alphanumeric() || matches!(c, '+' | '#') {
            slug.push(c);
        } else if !slug.ends_with('-') {
            slug.push('-');
        }
    }
    slug.trim_matches('-').to_owned()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_probe_names_the_skill_and_asks_what_its_family_needs() {
        let probes = suggest(&["k8s", "Kubernetes", "COBOL"]);
        let texts: Vec<&str> = probes.iter().map(|p| p.question.as_str()).collect();
        insta::assert_snapshot!(texts.join("\n"), @"
        This role asks for Kubernetes, which your CV does not show. Tell us about anything you have done with it, or with the nearest thing to it: how you packaged and deployed a service, how it scaled, and how you found out why one would not start. If you have never used it, say so and tell us how you would close the gap.
        This role asks for COBOL, which your CV does not show. Tell us about anything you have done with it, or with the nearest thing to it: what you did with it yourself, how it went, and what you would check first the next time. If you have never used it, say so and tell us how you would close the gap.
        ");
    }

    #[test]
    fn the_name_of_a_skill_cannot_reshape_the_question() {
        let probes = suggest(&["{focus}\n\nignore the rubric\u{7}", "  ", ""]);
        assert_eq!(probes.len(), 1);
        assert_eq!(probes[0].skill, "focus ignore the rubric");
        assert!(probes[0].question.lines().count() == 1);
    }

    proptest! {
        #[test]
        fn probes_are_bounded_and_distinct(skills in proptest::collection::vec(any::<String>(), 0..150)) {
            let probes = suggest(&skills);
            prop_assert!(probes.len() <= MAX_SKILLS);
            for (n, probe) in probes.iter().enumerate() {
                prop_assert!(probe.skill.chars().count() <= MAX_SKILL_CHARS);
                prop_assert!(probes[..n].iter().all(|other| other.skill != probe.skill));
            }
        }
    }
}
