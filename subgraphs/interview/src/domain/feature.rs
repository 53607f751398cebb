//! What can be counted in an answer, each count with the sentences it comes from.
//!
//! Only sentences of the candidate's own prose count: what repeats the question or an earlier sentence,
//! lists of keywords and letters without grammar are left out before anything is counted. There is no
//! way for the text to address the counting: instructions in an answer are words like any other.

use std::{collections::HashSet, sync::LazyLock};

use serde::{Deserialize, Serialize};

use super::{
    lexicon,
    question::Question,
    text::{Span, Text, Token, contains_phrase, stems},
};

/// A verbatim piece of an answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quote {
    /// The piece.
    pub text: String,
    /// Where it stands in the answer.
    pub span: Span,
}

/// Why an answer has nothing that can be rated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Problem {
    /// Nothing, or next to nothing, was written.
    Unanswered,
    /// The question was written back.
    CopiedQuestion,
    /// Words of the field without sentences.
    KeywordList,
    /// No sentences that can be followed.
    Unreadable,
    /// Another language than English; a person has to rate it.
    Language,
}

/// The counted facts of one answer. Indices are sentences of [`Features::quotes`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Features {
    /// The sentences that count, verbatim.
    pub quotes: Vec<Quote>,
    /// Words in them.
    pub words: usize,
    /// Expected points of the question.
    pub expected: usize,
    /// Expected points that the answer speaks of: label, sentence.
    pub covered: Vec<(String, usize)>,
    /// Deeds in the first person, one entry per verb.
    pub actions: Vec<usize>,
    /// Where a situation is told.
    pub situation: Vec<usize>,
    /// Where a result is told.
    pub results: Vec<usize>,
    /// Where a figure is given.
    pub figures: Vec<usize>,
    /// Where a reason is given or alternatives are weighed.
    pub reasons: Vec<usize>,
    /// Different terms of the field: sentence of the first use.
    pub terms: Vec<usize>,
    /// Intentions and words of order, at most two a sentence.
    pub steps: Vec<usize>,
    /// Sentences left out because an earlier one says the same.
    pub repeated: usize,
    /// Why nothing can be rated.
    pub problem: Option<Problem>,
}

/// Terms of the field that one sentence can bring, and points that a sentence of usual length can cover:
/// naming everything in one breath is no explanation.
const TERMS_PER_SENTENCE: usize = 3;
const POINTS_PER_SENTENCE: usize = 2;
const LONG_SENTENCE: usize = 25;

/// Deeds that one sentence can bring.
const ACTIONS_PER_SENTENCE: usize = 3;

impl Features {
    /// Counts what `answer` has to say to `question`.
    pub fn of(question: &Question, answer: &str) -> Self {
        let text = Text::new(answer);
        let mut features = Self {
            expected: question.points.len(),
            ..Self::default()
        };
        if text.tokens().len() < 3 {
            features.problem = Some(Problem::Unanswered);
            return features;
        }
        let cues = Cues::new(question);
        let asked = trigrams(Text::new(&question.text).tokens());
        let mut said: HashSet<[String; 3]> = HashSet::new();
        let mut rejected = Rejected::default();
        for sentence in text.sentences() {
            let own = trigrams(sentence);
            if share(&own, &asked) >= 60 {
                rejected.copied += sentence.len();
            } else if share(&own, &said) >= 80 {
                features.repeated += 1;
            } else if cues.is_list(sentence) {
                rejected.listed += sentence.len();
            } else if !is_prose(sentence) {
                rejected.other += sentence.len();
            } else if let Some((quote, span)) = text.quote(sentence) {
                features.quotes.push(Quote { text: quote, span });
                features.count(sentence, &cues);
            }
            said.extend(own);
        }
        if features.quotes.is_empty() {
            features.problem = Some(rejected.reason(&text));
        } else if is_foreign(&text) {
            features.problem = Some(Problem::Language);
        } else if is_salad(&text) {
            features.problem = Some(Problem::Unreadable);
        }
        features
    }

    fn count(&mut self, sentence: &[Token], cues: &Cues<'_>) {
        let at = self.quotes.len() - 1;
        self.words += sentence.len();

        let room = POINTS_PER_SENTENCE + usize::from(sentence.len() >= LONG_SENTENCE);
        let fresh: Vec<(String, usize)> = cues
            .points
            .iter()
            .filter(|(label, cues)| {
                self.covered.iter().all(|(known, _)| known != label)
                    && cues.iter().any(|cue| contains_phrase(sentence, cue))
            })
            .take(room)
            .map(|(label, _)| ((*label).to_owned(), at))
            .collect();
        self.covered.extend(fresh);

        self.actions.extend(std::iter::repeat_n(
            at,
            actions(sentence).min(ACTIONS_PER_SENTENCE),
        ));
        if says(sentence, &PHRASES.situation) {
            self.situation.push(at);
        }
        if says(sentence, &PHRASES.result) {
            self.results.push(at);
        }
        if has_figure(sentence) {
            self.figures.push(at);
        }
        if says(sentence, &PHRASES.reason) {
            self.reasons.push(at);
        }
        let steps = PHRASES
            .step
            .iter()
            .filter(|cue| contains_phrase(sentence, cue))
            .count();
        self.steps.extend(std::iter::repeat_n(at, steps.min(2)));

        let terms = cues
            .vocabulary
            .iter()
            .enumerate()
            .filter(|(n, term)| !cues.used.borrow().contains(n) && contains_phrase(sentence, term))
            .map(|(n, _)| n)
            .take(TERMS_PER_SENTENCE)
            .collect::<Vec<_>>();
        self.terms.extend(std::iter::repeat_n(at, terms.len()));
        cues.used.borrow_mut().extend(terms);
    }
}

/// The lexicon in the form in which it is compared.
struct Phrases {
    situation: Vec<Vec<String>>,
    result: Vec<Vec<String>>,
    reason: Vec<Vec<String>>,
    step: Vec<Vec<String>>,
    function_words: HashSet<&'static str>,
}

static PHRASES: LazyLock<Phrases> = LazyLock::new(|| {
    let all = |phrases: &[&str]| phrases.iter().map(|phrase| stems(phrase)).collect();
    Phrases {
        situation: all(lexicon::SITUATION),
        result: all(lexicon::RESULT),
        reason: all(lexicon::REASON),
        step: all(lexicon::STEP),
        function_words: lexicon::FUNCTION_WORDS.iter().copied().collect(),
    }
});

fn says(sentence: &[Token], phrases: &[Vec<String>]) -> bool {
    phrases
        .iter()
        .any(|phrase| contains_phrase(sentence, phrase))
}

/// A question's phrases in stems.
struct Cues<'a> {
    points: Vec<(&'a str, Vec<Vec<String>>)>,
    vocabulary: &'a [Vec<String>],
    /// Vocabulary that earlier sentences brought.
    used: std::cell::RefCell<HashSet<usize>>,
    /// All single words of points and vocabulary.
    keywords: HashSet<String>,
}

impl<'a> Cues<'a> {
    fn new(question: &'a Question) -> Self {
        let points: Vec<(&str, Vec<Vec<String>>)> = question
            .points
            .iter()
            .map(|point| {
                (
                    point.label.as_str(),
                    point.cues.iter().map(|cue| stems(cue)).collect(),
                )
            })
            .collect();
        let keywords = points
            .iter()
            .flat_map(|(_, cues)| cues.iter().flatten())
            .chain(question.vocabulary.iter().flatten())
            .filter(|stem| !is_function_word(stem))
            .cloned()
            .collect();
        Self {
            points,
            vocabulary: &question.vocabulary,
            used: std::cell::RefCell::default(),
            keywords,
        }
    }

    /// Keywords strung together, with commas or with "and": six or more, and little else.
    fn is_list(&self, sentence: &[Token]) -> bool {
        let content: Vec<&Token> = sentence
            .iter()
            .filter(|t| !is_function_word(&t.folded))
            .collect();
        let known = content
            .iter()
            .filter(|t| self.keywords.contains(&t.stem))
            .count();
        let joints = sentence
            .iter()
            .filter(|t| matches!(t.folded.as_str(), "and" | "or" | "the" | "with" | "of"))
            .count();
        let grammar = sentence.len() - content.len();
        content.len() >= 6
            && known * 100 >= content.len() * 70
            // all the grammar there is joins words
            && (grammar * 100 < sentence.len() * 20 || joints * 100 >= grammar * 80)
    }
}

#[derive(Default)]
struct Rejected {
    copied: usize,
    listed: usize,
    other: usize,
}

impl Rejected {
    fn reason(&self, text: &Text) -> Problem {
        if is_foreign(text) {
            Problem::Language
        } else if self.copied > 0 && self.copied >= self.listed.max(self.other) {
            Problem::CopiedQuestion
        } else if self.listed >= self.other {
            Problem::KeywordList
        } else {
            Problem::Unreadable
        }
    }
}

fn is_function_word(folded: &str) -> bool {
    PHRASES.function_words.contains(folded)
}

/// Four words or more, of which a fifth at least carry grammar and an eighth at least content.
fn is_prose(sentence: &[Token]) -> bool {
    let grammar = sentence
        .iter()
        .filter(|t| is_function_word(&t.folded))
        .count();
    sentence.len() >= 4
        && grammar * 100 >= sentence.len() * 20
        && grammar * 100 <= sentence.len() * 88
}

/// Words in no order: in English an article or "I" is not followed by an article, a preposition or a
/// conjunction. One slip in seven is beyond any writer's.
fn is_salad(text: &Text) -> bool {
    let (mut places, mut slips) = (0_usize, 0_usize);
    for sentence in text.sentences() {
        for pair in sentence.windows(2) {
            if lexicon::LEADERS.contains(&pair[0].folded.as_str()) {
                places += 1;
                slips += usize::from(lexicon::NEVER_LED.contains(&pair[1].folded.as_str()));
            }
        }
    }
    slips >= 3 && slips * 100 >= places * 14
}

/// Mostly written in another script, or with more foreign than English grammar.
fn is_foreign(text: &Text) -> bool {
    let (mut latin, mut other) = (0_usize, 0_usize);
    for c in text
        .tokens()
        .iter()
        .flat_map(|t| t.raw.chars())
        .filter(|c| c.is_alphabetic())
    {
        // Latin blocks and their extensions
        if (c as u32) < 0x250 || (0x1e00..0x1f00).contains(&(c as u32)) {
            latin += 1;
        } else {
            other += 1;
        }
    }
    if other > latin {
        return true;
    }
    let count = |list: &[&str]| {
        text.tokens()
            .iter()
            .filter(|t| list.contains(&t.folded.as_str()))
            .count()
    };
    let foreign = count(lexicon::FOREIGN_FUNCTION_WORDS);
    foreign * 100 >= text.tokens().len() * 12 && foreign > count(lexicon::FUNCTION_WORDS)
}

/// Deeds in the first person: "I" and, within three words and without a modal, a past form; and the past
/// forms joined to it. A sentence that begins with a past form is a deed told without "I".
fn actions(sentence: &[Token]) -> usize {
    let past = |token: &Token| {
        let word = token.folded.as_str();
        lexicon::IRREGULAR_PAST.contains(&word)
            || (word.len() >= 5 && word.ends_with("ed") && !lexicon::NO_DEEDS.contains(&word))
    };
    let modal = |token: &Token| lexicon::MODALS.contains(&token.folded.as_str());
    let mut deeds = 0;
    let mut subject = sentence.first().is_some_and(past);
    for (at, token) in sentence.iter().enumerate() {
        match token.folded.as_str() {
            "i" | "i've" => {
                let next = &sentence[at + 1..(at + 4).min(sentence.len())];
                let verb = next.iter().position(past);
                let barred = next.iter().position(modal);
                subject = verb.is_some_and(|verb| barred.is_none_or(|barred| verb < barred));
            }
            "we" | "they" | "he" | "she" | "it" | "which" | "that" | "who" | "you" | "i'd"
            | "i'll" => subject = false,
            _ if subject && past(token) => deeds += 1,
            _ => {}
        }
    }
    deeds
}

/// An amount in digits, or in words before a unit. `k8s` and `s3` are names.
fn has_figure(sentence: &[Token]) -> bool {
    sentence.iter().enumerate().any(|(at, token)| {
        let next = sentence.get(at + 1).map(|t| t.folded.as_str());
        token.raw.starts_with(|c: char| c.is_ascii_digit())
            || (lexicon::NUMBER_WORDS.contains(&token.folded.as_str())
                && next.is_some_and(|unit| lexicon::UNITS.contains(&unit)))
    })
}

pub(super) fn trigrams(tokens: &[Token]) -> HashSet<[String; 3]> {
    tokens
        .windows(3)
        .map(|w| [w[0].stem.clone(), w[1].stem.clone(), w[2].stem.clone()])
        .collect()
}

/// How much of `part` is in `whole`, in percent; nothing of an empty part is.
pub(super) fn share(part: &HashSet<[String; 3]>, whole: &HashSet<[String; 3]>) -> usize {
    if part.is_empty() {
        return 0;
    }
    part.intersection(whole).count() * 100 / part.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(text: &str) -> Vec<Token> {
        Text::new(text).tokens().to_vec()
    }

    #[test]
    fn deeds_are_told_in_the_first_person_and_the_past() {
        assert_eq!(
            actions(&tokens(
                "I profiled the query, added an index and rewrote the join"
            )),
            3
        );
        assert_eq!(actions(&tokens("Rolled the release back at once")), 1);
        for none in [
            "I would have rolled it back",
            "We fixed it together",
            "I need speed",
            "I was tired",
            "I never deployed it",
            "They asked and the team decided",
        ] {
            assert_eq!(actions(&tokens(none)), 0, "{none}");
        }
    }

    #[test]
    fn figures_are_amounts_not_names() {
        assert!(has_figure(&tokens("from 900 ms to 40 ms")));
        assert!(has_figure(&tokens("within two hours")));
        assert!(!has_figure(&tokens("we ran k8s with s3")));
        assert!(!has_figure(&tokens("two and nothing")));
    }
}
