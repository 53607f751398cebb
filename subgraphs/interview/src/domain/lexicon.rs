//! The closed lists of English words by which [`super::feature`] recognises the shape of an answer.

/// Words that carry grammar, not content. Prose has a fifth to three quarters of them, lists of keywords
/// and random letters have next to none.
pub(super) const FUNCTION_WORDS: &[&str] = &[
    "a", "about", "after", "again", "all", "also", "am", "an", "and", "any", "are", "as", "at", "back", "be", "because",
    "been", "before", "both", "but", "by", "can", "could", "did", "didn't", "do", "does", "don't", "down", "each",
    "even", "every", "few", "first", "for", "from", "had", "has", "have", "having", "he", "her", "him", "his", "how",
    "i", "i'd", "i'll", "i'm", "i've", "if", "in", "instead", "into", "is", "it", "it's", "its", "just", "less", "like",
    "may", "me", "might", "more", "most", "much", "must", "my", "never", "no", "not", "now", "of", "off", "on", "once",
    "one", "only", "or", "other", "our", "out", "over", "own", "rather", "same", "she", "should", "since", "so", "some",
    "still", "such", "than", "that", "the", "their", "them", "then", "there", "these", "they", "this", "those",
    "through", "to", "too", "under", "until", "up", "us", "very", "was", "wasn't", "we", "we'd", "we're", "we've",
    "were", "what", "when", "where", "which", "while", "who", "whole", "why", "will", "with", "without", "would",
    "wouldn't", "you", "your",
];

/// Frequent function words of other languages that English lacks: the engine rates English only and says
/// so, instead of calling another language gibberish.
pub(super) const FOREIGN_FUNCTION_WORDS: &[&str] = &[
    // German, Dutch
    "der", "das", "und", "ist", "ich", "nicht", "mit", "ein", "eine", "einen", "wir", "auf", "für", "habe", "haben",
    "von", "dem", "den", "zu", "het", "een", "ik", "niet", "van", "voor", "hebben", "wij", "ook", "maar", "dat",
    // French
    "le", "la", "les", "un", "une", "des", "et", "est", "je", "nous", "pour", "dans", "avec", "que", "qui", "pas",
    "sur", "mon", "ce", "du", "au", "j'ai",
    // Spanish, Portuguese, Italian
    "el", "los", "las", "una", "y", "en", "es", "por", "para", "con", "mi", "nos", "como", "o", "os", "um", "uma", "não",
    "eu", "do", "da", "em", "il", "di", "che", "ho", "per", "non", "della", "sono", "mio",
    // Polish, Turkish, Indonesian
    "i", "w", "na", "nie", "się", "z", "że", "jest", "bir", "ve", "için", "bu", "ile", "yang", "dan", "untuk", "saya",
];

/// Between "I" and a verb these turn a deed into an intention.
pub(super) const MODALS: &[&str] = &[
    "would", "could", "should", "will", "can", "might", "may", "must", "wouldn't", "couldn't", "can't", "won't", "never",
    "not", "didn't", "haven't",
];

/// Past forms that do not end in -ed.
pub(super) const IRREGULAR_PAST: &[&str] = &[
    "began", "bought", "brought", "broke", "built", "came", "caught", "chose", "cut", "dealt", "did", "drew", "drove",
    "felt", "fought", "found", "fixed", "gave", "got", "held", "kept", "knew", "laid", "learnt", "led", "left", "let",
    "made", "met", "moved", "paid", "proved", "put", "ran", "read", "rebuilt", "redid", "rewrote", "rolled", "said",
    "sat", "saw", "sent", "set", "shot", "showed", "shut", "sold", "spent", "split", "spoke", "stood", "stuck", "swept",
    "taught", "thought", "threw", "told", "took", "understood", "undid", "went", "withdrew", "won", "wrote",
];

/// Words in -ed that tell of no deed.
pub(super) const NO_DEEDS: &[&str] = &[
    "need", "indeed", "speed", "feed", "seed", "exceed", "proceed", "succeed", "tired", "scared", "bored", "worried",
    "interested", "excited", "surprised", "supposed", "embed", "hundred", "based", "named", "aged", "experienced",
    "skilled", "motivated", "dedicated", "organized", "organised", "detailed", "interested",
];

/// The telling of a situation.
pub(super) const SITUATION: &[&str] = &[
    "when i", "when we", "when our", "when the", "at my", "in my", "last year", "years ago", "months ago", "last month",
    "we had", "i had", "there was", "there were", "one day", "during", "while we", "while i", "i was", "we were",
    "my team", "our team", "my last", "my previous", "on a project", "we ran", "our customer", "our client", "in 20",
    "at a", "used to", "my colleague", "a colleague",
];

/// The telling of a result.
pub(super) const RESULT: &[&str] = &[
    "as a result", "the result", "result was", "in the end", "led to", "which meant", "reduced", "increased", "improved",
    "dropped", "fell from", "fell to", "went from", "went down", "went up", "cut", "saved", "resolved", "delivered",
    "since then", "solved", "succeeded", "shipped", "no longer", "finally", "we agreed", "has not happened",
    "never happened again", "grew", "halved", "doubled", "faster", "stayed", "recovered", "within an hour", "afterwards",
    "won", "adopted",
];

/// The giving of a reason, the weighing of one thing against another.
pub(super) const REASON: &[&str] = &[
    "because", "so that", "therefore", "trade off", "tradeoff", "instead of", "rather than", "however", "although",
    "in order to", "the reason", "that is why", "otherwise", "unless", "depends on", "depend on", "downside", "versus",
    "to avoid", "to make sure", "the cost of", "at the price of", "whereas", "which is why", "since it", "as it", "due to",
    "even though", "compared with", "compared to", "on the other hand", "the risk",
];

/// The telling of what one would do or in which order.
pub(super) const STEP: &[&str] = &[
    "i would", "i'd", "i will", "i'll", "first", "second", "third", "then", "next", "after that", "finally", "before",
    "afterwards", "in parallel", "at the same time", "meanwhile", "once",
];

/// Figures in words, when one of [`UNITS`] follows.
pub(super) const NUMBER_WORDS: &[&str] = &[
    "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "fifteen", "twenty",
    "thirty", "forty", "fifty", "sixty", "ninety", "hundred", "thousand", "million", "dozen", "half", "third", "quarter",
    "double", "twice",
];

/// What figures in words count.
pub(super) const UNITS: &[&str] = &[
    "percent", "per", "second", "seconds", "minute", "minutes", "hour", "hours", "day", "days", "week", "weeks", "month",
    "months", "year", "years", "people", "users", "customers", "engineers", "colleagues", "teams", "services", "times",
    "requests", "rows", "points", "euros", "dollars", "a", "the", "of", "as",
];
