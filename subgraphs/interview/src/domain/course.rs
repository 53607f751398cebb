//! The course of an interview: states, the server's clock, what may be done when. Pure; every moment
//! is handed in.
//!
//! ```text
//! CREATED ─ link ─→ INVITED ─ consent ─→ IN_PROGRESS ─ last word ─→ COMPLETED
//!                      └───────── link runs out ──────────┴──────→ EXPIRED
//! ```
//!
//! One question is open at a time, in order. Its clock runs on the server from the moment in which its
//! text is shown; it does not stand still for a closed page, and does not start before the candidate
//! asks for the question. What was saved in time counts, whoever loses the line.

use chrono::{DateTime, Duration, Utc};

use super::{
    evaluation::MAX_ANSWER_CHARS,
    follow_up::FollowUp,
    interview::{Asked, Interview, Outcome, QuestionId, Refusal, Status},
};

/// What is forgiven to slow lines: a text that was typed in time and arrives this much later counts.
pub const GRACE: Duration = Duration::seconds(3);

/// An interview with its questions in order: what every rule looks at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// The interview.
    pub interview: Interview,
    /// Its questions in order.
    pub asked: Vec<Asked>,
}

/// What a step of the course has changed, for the record and for those who watch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// The candidate has begun.
    Started,
    /// A question was shown.
    Opened(QuestionId),
    /// An answer was handed in.
    Answered(QuestionId),
    /// A question's time ran out.
    TimedOut(QuestionId),
    /// The candidate has finished.
    Completed,
    /// The link ran out.
    Expired,
}

impl Session {
    /// The candidate begins; the first question opens. Beginning again changes nothing.
    ///
    /// # Errors
    /// Without consent, or when it is over.
    pub fn start(&mut self, consent: bool, now: DateTime<Utc>) -> Result<Vec<Step>, Refusal> {
        match self.interview.status {
            Status::Completed | Status::Expired => return Err(Refusal::Ended),
            Status::InProgress => return Ok(Vec::new()),
            Status::Created | Status::Invited => {}
        }
        if !consent {
            return Err(Refusal::ConsentNeeded);
        }
        self.interview.status = Status::InProgress;
        self.interview.consented_at = Some(now);
        self.interview.started_at = Some(now);
        let mut steps = vec![Step::Started];
        steps.extend(self.open_next(now));
        Ok(steps)
    }

    /// Closes the open question when its time is over. Nothing is opened: the next clock starts when
    /// the candidate is there to see it.
    pub fn settle(&mut self, now: DateTime<Utc>) -> Vec<Step> {
        let Some(open) = self.asked.iter_mut().find(|asked| asked.is_open()) else {
            return Vec::new();
        };
        match open.deadline_at {
            Some(deadline) if now > deadline + GRACE => {
                open.close(deadline, Outcome::TimedOut);
                vec![Step::TimedOut(open.id)]
            }
            _ => Vec::new(),
        }
    }

    /// Shows the next question, when none is open.
    pub fn open_next(&mut self, now: DateTime<Utc>) -> Option<Step> {
        if self.interview.status != Status::InProgress || self.asked.iter().any(Asked::is_open) {
            return None;
        }
        let extra = self.interview.extra_time_percent;
        let next = self
            .asked
            .iter_mut()
            .find(|asked| asked.opened_at.is_none())?;
        next.open(now, extra);
        Some(Step::Opened(next.id))
    }

    /// The place of a question that may be written to now. Call [`Session::settle`] before.
    ///
    /// # Errors
    /// `None` for a question of another interview, otherwise why not.
    pub fn writable(&self, question: QuestionId, text: &str) -> Result<usize, Option<Refusal>> {
        let at = self
            .asked
            .iter()
            .position(|asked| asked.id == question)
            .ok_or(None)?;
        match self.interview.status {
            Status::Created | Status::Invited => return Err(Some(Refusal::NotStarted)),
            Status::Completed | Status::Expired => return Err(Some(Refusal::Ended)),
            Status::InProgress => {}
        }
        let asked = &self.asked[at];
        match asked.outcome {
            Some(Outcome::TimedOut) => Err(Some(Refusal::Late)),
            Some(_) => Err(Some(Refusal::AlreadyAnswered)),
            None if asked.opened_at.is_none() => Err(Some(Refusal::NotOpen)),
            None if text.chars().count() > MAX_ANSWER_CHARS => Err(Some(Refusal::TooLong)),
            None => Ok(at),
        }
    }

    /// Hands in the answer of the question at `at` (from [`Session::writable`]).
    pub fn submit(&mut self, at: usize, now: DateTime<Utc>) -> Vec<Step> {
        let asked = &mut self.asked[at];
        asked.close(now, Outcome::Submitted);
        vec![Step::Answered(asked.id)]
    }

    /// Whether the question at `at` may have a follow-up: where the recruiter wants them, as many as are
    /// wanted, and never one to a follow-up.
    pub fn takes_follow_up(&self, at: usize) -> bool {
        let asked = self
            .asked
            .iter()
            .filter(|asked| asked.follows.is_some())
            .count();
        self.asked[at].follows.is_none()
            && u32::try_from(asked).is_ok_and(|n| n < self.interview.follow_ups)
    }

    /// Puts a follow-up right behind the question at `at`; those after it move on. Gives its place.
    pub fn follow_up(&mut self, at: usize, id: QuestionId, follow_up: FollowUp) -> usize {
        let parent = &self.asked[at];
        let asked = Asked {
            id,
            position: parent.position + 1,
            question: follow_up.question,
            follows: Some(parent.id),
            reason: Some(follow_up.reason),
            opened_at: None,
            deadline_at: None,
            closed_at: None,
            outcome: None,
        };
        self.asked.insert(at + 1, asked);
        for later in &mut self.asked[at + 2..] {
            later.position += 1;
        }
        at + 1
    }

    /// Ends the interview on the candidate's word. Ending again changes nothing.
    ///
    /// # Errors
    /// When it has not begun or its link ran out.
    pub fn complete(&mut self, now: DateTime<Utc>) -> Result<Vec<Step>, Refusal> {
        match self.interview.status {
            Status::Created | Status::Invited => Err(Refusal::NotStarted),
            Status::Expired => Err(Refusal::Ended),
            Status::Completed => Ok(Vec::new()),
            Status::InProgress => {
                self.end(Status::Completed, now);
                Ok(vec![Step::Completed])
            }
        }
    }

    /// Ends the interview when its link has run out at `now`: completed when every question was closed,
    /// expired otherwise. An interview without a link waits for one.
    pub fn expire(&mut self, now: DateTime<Utc>) -> Vec<Step> {
        let over = self
            .interview
            .link
            .is_some_and(|link| link.expires_at <= now);
        if !over || !matches!(self.interview.status, Status::Invited | Status::InProgress) {
            return Vec::new();
        }
        let mut steps = self.settle(now);
        let finished = self.interview.status == Status::InProgress
            && self.asked.iter().all(|a| a.closed_at.is_some());
        if finished {
            self.end(Status::Completed, now);
            steps.push(Step::Completed);
        } else {
            self.end(Status::Expired, now);
            steps.push(Step::Expired);
        }
        steps
    }

    /// Sets the accommodation and gives the open question's clock the new limit. Gives the open
    /// question's place.
    pub fn accommodate(&mut self, extra_time_percent: u32) -> Option<usize> {
        self.interview.extra_time_percent = extra_time_percent;
        let at = self.asked.iter().position(Asked::is_open)?;
        let asked = &mut self.asked[at];
        let opened_at = asked.opened_at?;
        asked.open(opened_at, extra_time_percent);
        Some(at)
    }

    /// Whether the candidate wrote or could have written anything.
    pub fn was_begun(&self) -> bool {
        self.interview.started_at.is_some()
    }

    fn end(&mut self, status: Status, now: DateTime<Utc>) {
        self.interview.status = status;
        self.interview.ended_at = Some(now);
        for asked in &mut self.asked {
            if asked.closed_at.is_none() {
                asked.close(now, Outcome::Skipped);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

    use proptest::prelude::*;

    use uuid::Uuid;

    use super::*;
    use crate::domain::{
        interview::{InterviewId, Link},
        question::Bank,
    };

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000 + seconds, 0).unwrap()
    }

    fn session() -> Session {
        let plan = Bank::shipped().plan(&[], &["Kubernetes".to_owned()]);
        let asked = plan
            .questions
            .into_iter()
            .zip(0_u32..)
            .map(|(question, position)| Asked {
                id: QuestionId(Uuid::from_u128(100 + u128::from(position))),
                position,
                question,
                follows: None,
                reason: None,
                opened_at: None,
                deadline_at: None,
                closed_at: None,
                outcome: None,
            });
        Session {
            asked: asked.collect(),
            interview: Interview {
                id: InterviewId(Uuid::from_u128(1)),
                status: Status::Invited,
                title: "t".to_owned(),
                analysis_id: None,
                bank_version: plan.bank_version,
                extra_time_percent: 0,
                follow_ups: 0,
                link: Some(Link {
                    id: Uuid::from_u128(2),
                    expires_at: at(100_000),
                }),
                consented_at: None,
                started_at: None,
                ended_at: None,
                created_at: at(0),
            },
        }
    }

    #[test]
    fn nothing_begins_without_consent_and_beginning_twice_is_once() {
        let mut session = session();
        assert_eq!(session.start(false, at(1)), Err(Refusal::ConsentNeeded));
        assert_eq!(session.interview.status, Status::Invited);
        assert_eq!(session.start(true, at(2)).unwrap().len(), 2);
        assert_eq!(session.start(true, at(9)).unwrap(), []);
        assert_eq!(session.interview.started_at, Some(at(2)));
    }

    #[test]
    fn the_clock_of_a_question_starts_when_it_is_shown() {
        let mut session = session();
        session.start(true, at(0)).unwrap();
        let limit = i64::from(session.asked[0].question.limit_seconds);
        assert_eq!(session.asked[0].remaining_seconds(at(10)), Some(limit - 10));
        // the candidate comes back after an hour: one question lost, the next one whole
        let (first, second) = (session.asked[0].id, session.asked[1].id);
        assert_eq!(session.settle(at(3600)), [Step::TimedOut(first)]);
        assert_eq!(session.writable(first, "x"), Err(Some(Refusal::Late)));
        assert_eq!(session.writable(second, "x"), Err(Some(Refusal::NotOpen)));
        assert_eq!(session.open_next(at(3600)), Some(Step::Opened(second)));
        assert_eq!(session.asked[1].remaining_seconds(at(3600)), Some(300));
    }

    #[test]
    fn grace_covers_the_line_and_extra_time_the_person() {
        let mut session = session();
        session.interview.extra_time_percent = 50;
        session.start(true, at(0)).unwrap();
        let limit = i64::from(session.asked[0].question.limit_seconds) * 3 / 2;
        assert_eq!(session.settle(at(limit + 3)), []);
        assert_eq!(session.settle(at(limit + 4)).len(), 1);
    }

    #[test]
    fn an_accommodation_reaches_the_open_question() {
        let mut session = session();
        session.start(true, at(0)).unwrap();
        let limit = i64::from(session.asked[0].question.limit_seconds);
        assert_eq!(session.accommodate(100), Some(0));
        assert_eq!(session.asked[0].remaining_seconds(at(limit)), Some(limit));
    }

    #[test]
    fn an_answer_is_handed_in_once_and_in_order() {
        let mut session = session();
        let (first, second) = (session.asked[0].id, session.asked[1].id);
        assert_eq!(session.writable(first, "x"), Err(Some(Refusal::NotStarted)));
        session.start(true, at(0)).unwrap();
        assert_eq!(session.writable(second, "x"), Err(Some(Refusal::NotOpen)));
        let long = "ä".repeat(MAX_ANSWER_CHARS + 1);
        assert_eq!(session.writable(first, &long), Err(Some(Refusal::TooLong)));
        let place = session
            .writable(first, &long[..MAX_ANSWER_CHARS * 2])
            .unwrap();
        session.submit(place, at(5));
        assert_eq!(
            session.writable(first, "y"),
            Err(Some(Refusal::AlreadyAnswered))
        );
        assert_eq!(session.writable(QuestionId(Uuid::nil()), "y"), Err(None));
    }

    #[test]
    fn the_link_ends_an_interview_that_its_candidate_does_not() {
        let mut untouched = session();
        assert_eq!(untouched.expire(at(99_999)), []);
        assert_eq!(untouched.expire(at(100_000)), [Step::Expired]);
        assert_eq!(untouched.expire(at(100_001)), []);
        assert_eq!(untouched.start(true, at(100_002)), Err(Refusal::Ended));

        let mut answered = session();
        answered.start(true, at(0)).unwrap();
        for place in 0..answered.asked.len() {
            answered.submit(place, at(1));
            answered.open_next(at(1));
        }
        assert_eq!(answered.expire(at(100_000)), [Step::Completed]);
        assert_eq!(answered.complete(at(100_001)).unwrap(), []);
    }

    #[test]
    fn ending_early_skips_what_is_left() {
        let mut session = session();
        assert_eq!(session.complete(at(0)), Err(Refusal::NotStarted));
        session.start(true, at(0)).unwrap();
        session.submit(0, at(1));
        session.complete(at(2)).unwrap();
        assert_eq!(session.asked[0].outcome, Some(Outcome::Submitted));
        assert!(
            session.asked[1..]
                .iter()
                .all(|a| a.outcome == Some(Outcome::Skipped))
        );
    }

    #[derive(Debug, Clone)]
    enum Act {
        Start(bool),
        Settle,
        Open,
        Submit(usize),
        Complete,
        Expire,
    }

    fn act() -> impl Strategy<Value = Act> {
        prop_oneof![
            any::<bool>().prop_map(Act::Start),
            Just(Act::Settle),
            Just(Act::Open),
            (0_usize..6).prop_map(Act::Submit),
            Just(Act::Complete),
            Just(Act::Expire),
        ]
    }

    proptest! {
        #[test]
        fn whatever_is_called_in_whatever_order_the_course_holds(
            acts in proptest::collection::vec((act(), 0_i64..40_000), 0..40),
        ) {
            let mut session = session();
            let mut now = 0;
            let mut ended = None;
            for (act, later) in acts {
                now += later;
                match act {
                    Act::Start(consent) => drop(session.start(consent, at(now))),
                    Act::Settle => drop(session.settle(at(now))),
                    Act::Open => drop(session.open_next(at(now))),
                    Act::Submit(n) => {
                        session.settle(at(now));
                        let Some(id) = session.asked.get(n).map(|a| a.id) else { continue };
                        if let Ok(place) = session.writable(id, "text") {
                            session.submit(place, at(now));
                        }
                    }
                    Act::Complete => drop(session.complete(at(now))),
                    Act::Expire => drop(session.expire(at(now))),
                }
                prop_assert!(session.asked.iter().filter(|a| a.is_open()).count() <= 1);
                // opened in order, without holes
                let opened = session.asked.iter().take_while(|a| a.opened_at.is_some()).count();
                prop_assert!(session.asked[opened..].iter().all(|a| a.opened_at.is_none()));
                let over = matches!(session.interview.status, Status::Completed | Status::Expired);
                prop_assert_eq!(over, session.interview.ended_at.is_some());
                if over {
                    prop_assert!(session.asked.iter().all(|a| a.closed_at.is_some()));
                    prop_assert!(ended.is_none_or(|e| e == session.interview.status));
                    ended = Some(session.interview.status);
                }
                prop_assert_eq!(session.was_begun(), session.interview.consented_at.is_some());
            }
        }
    }
}
