use async_graphql::{ID, Object};
use chrono::{DateTime, Utc};

use super::question::Question;
use super::report::Evidence;
use crate::domain::{self, evaluation::Grade, interview::Asked};

/// A candidate's answer, with the engine's view of it as it stands.
pub(crate) struct Answer {
    asked: Asked,
    answer: domain::answer::Answer,
    grade: Grade,
}

impl Answer {
    /// An answer to its question.
    pub(super) fn new(asked: Asked, answer: domain::answer::Answer) -> Self {
        Self {
            grade: domain::evaluation::evaluate(&asked.question, &answer.text),
            asked,
            answer,
        }
    }

    fn rated(&self) -> Option<&Grade> {
        self.asked.follows.is_none().then_some(&self.grade)
    }
}

#[Object(name = "InterviewAnswer")]
impl Answer {
    /// The question's id.
    async fn question_id(&self) -> ID {
        self.asked.id.uuid().into()
    }

    /// The question.
    async fn question(&self) -> Question {
        Question::from(&self.asked)
    }

    /// What the candidate wrote.
    async fn text(&self) -> &str {
        &self.answer.text
    }

    /// When it was last saved.
    async fn saved_at(&self) -> DateTime<Utc> {
        self.answer.saved_at
    }

    /// When it was handed in; null for a text that was saved until the time ran out.
    async fn submitted_at(&self) -> Option<DateTime<Utc>> {
        self.answer.submitted_at
    }

    /// The engine's rating, 1 to 5; null for a follow-up, which is rated with the answer that it
    /// follows.
    async fn rating(&self) -> Option<i32> {
        self.rated().map(|grade| grade.rating.value().into())
    }

    /// What that rating looks like.
    async fn anchor(&self) -> Option<&str> {
        let competency = self.asked.question.competency;
        self.rated().map(|grade| competency.anchor(grade.rating))
    }

    /// The places of the answer that the rating stands on.
    async fn evidence(&self) -> Vec<Evidence> {
        let places = |grade: &Grade| -> Vec<Evidence> {
            grade
                .evidence
                .iter()
                .map(|evidence| Evidence::new(self.asked.id, evidence))
                .collect()
        };
        self.rated().map(places).unwrap_or_default()
    }
}
