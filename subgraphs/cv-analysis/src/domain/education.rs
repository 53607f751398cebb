//! Degrees and the level that they stand for.

use std::sync::LazyLock;

use regex::Regex;
use serde::{Deserialize, Serialize};

use super::period::{self, Written};
use super::section::{Section, SectionKind, kind_at};
use super::text::{Source, Span};

/// Levels in rising order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum EducationLevel {
    /// School leaving certificate that opens the university.
    Secondary,
    /// Apprenticeship or vocational training.
    Vocational,
    /// Two-year degree.
    Associate,
    /// First degree.
    Bachelor,
    /// Second degree, and the one-tier degrees that equal it.
    Master,
    /// Doctorate.
    Doctorate,
}

impl EducationLevel {
    /// The level as a recruiter reads it.
    pub fn label(self) -> &'static str {
        match self {
            Self::Secondary => "secondary school",
            Self::Vocational => "vocational training",
            Self::Associate => "an associate degree",
            Self::Bachelor => "a bachelor's degree",
            Self::Master => "a master's degree",
            Self::Doctorate => "a doctorate",
        }
    }
}

/// One degree or training.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Education {
    /// Level.
    pub level: EducationLevel,
    /// The line that names it.
    pub title: String,
    /// The school, where one is named.
    pub institution: Option<String>,
    /// First date, where a period is written.
    pub start: Option<Written>,
    /// Last or only date.
    pub end: Option<Written>,
    /// Where the degree is named.
    pub span: Span,
    /// Whether it is still being studied for.
    #[serde(default)]
    pub under_way: bool,
}

fn pattern(text: &str) -> Option<Regex> {
    Regex::new(text).ok()
}

/// What names a level. `strict` patterns mean a degree wherever they stand, the others only in an education section.
static LEVELS: LazyLock<Vec<(EducationLevel, bool, Regex)>> = LazyLock::new(|| {
    [
        (EducationLevel::Doctorate, true, r"(?i)\b(?:ph\.?\s?d\b\.?|d\.?phil\b|doctorate|doctor of (?:philosophy|science|engineering|education|medicine|business)|doctoral (?:degree|studies)|dr\.[\s-]?(?:ing|rer|phil|med|sc)\b|promotion (?:in|zum|zur)|doctorat|doctorado|dottorato|doutorado|gepromoveerd)|博士|دكتوراه|דוקטורט"),
        (EducationLevel::Doctorate, false, r"(?i)\b(?:promotion|doctor|doctoral|eqf level 8|juris doctor|(?-i:J\.?D|M\.?D|Ed\.?D|Psy\.?D|Pharm\.?D|D\.?N\.?P|D\.?B\.?A|Sc\.?D)\.?|doktor(?:at|titel|grad)?)\b"),
        (EducationLevel::Master, true, r"(?i)\b(?:master'?s?(?:[\s-]degree)?(?:\s+(?:of|in|en))\b|master'?s[\s-]degree|master'?s?[\s-](?:studium|abschluss|studiengang)|masterstudium|m\.?\s?sc\b\.?|m\.\s?a\.|m\.?\s?b\.?\s?a\b\.?|m\.?\s?eng\b\.?|m\.?\s?tech\b\.?|mphil|m\.\s?ed\b|diplom[\s-]?(?:ingenieur|informatiker|kaufmann|kauffrau|wirtschafts\w*|physiker|mathematiker|biologe|chemiker|psycholog\w*)\w*|dipl\.[\s-]?\w+|magister|staatsexamen|diplôme d'ingénieur|ingénieur diplômé|grande école|máster|maestría|laurea magistrale|mestrado|postgraduate degree|mca\b)|硕士|修士|ماجستير|תואר שני"),
        (EducationLevel::Master, false, r"(?i)\b(?:masters?|(?-i:M\.\s?A|M\.?A|M\.?S|M\.?E|LL\.?M|M\.?Res|M\.?Arch|M\.?Ed|M\.?F\.?A|M\.?P\.?H|M\.?P\.?A|M\.?S\.?W|M\.?S\.?N|M\.?L\.?I\.?S|M\.?Div|M\.?Mus|M\.?Math|M\.?Chem|M\.?Phys|M\.?Pharm|M\.?C\.?A|M\.?B\.?A|DEA|DESS|PGCE)|m\.?com|diplom|eqf level 7|bac\s?\+\s?5|ingénieur|école d'ingénieurs?|post[\s-]?graduat(?:e|ion)|pgdb?m|pgdhrm|pgpm?)\b\.?"),
        (EducationLevel::Bachelor, true, r"(?i)\b(?:bachelor'?s?(?:[\s-]degree)?(?:\s+(?:of|in|en))\b|bachelor'?s[\s-]degree|bachelor[\s-]?(?:studium|abschluss|studiengang)|b\.?\s?sc\b\.?|b\.\s?a\.|b\.?\s?eng\b\.?|b\.?\s?tech\b\.?|b\.?\s?com\b\.?|bba\b|bca\b|undergraduate degree|licenciatura|bachiller (?:universitario )?en|licenciad[oa] en|grado en|graduad[oa] en|ingeniería (?:en|de|informática|industrial)|ingenier[oa] (?:en|de|informátic[oa]|industrial)|licence (?:en|de|professionnelle|informatique)|laurea (?:triennale|in)|bacharel\w*)|学士|本科|بكالوريوس|תואר ראשון"),
        (EducationLevel::Bachelor, false, r"(?i)\b(?:bachelors?|(?-i:B\.?A|B\.?S|B\.?E|B\.?Ed|B\.?F\.?A|LL\.?B|B\.?Arch|B\.?S\.?N|B\.?S\.?W|B\.?B\.?A|B\.?C\.?A|B\.?Mus|B\.?Pharm|B\.?L\.?I\.?S|AB|A\.B)|eqf level 6|licence|grado|bac\s?\+\s?3|laurea|honours|undergraduate|graduate (?:diploma|certificate|degree)|(?-i:MBBS|MBChB|BDS|B\.?V\.?Sc|BUT\s+\p{Lu}\w+)|(?:engineering|law|business|arts|science|honou?rs|first|four[- ]year) degree|fachhochschulabschluss|university degree)\b\.?"),
        (EducationLevel::Associate, true, r"(?i)\bassociate'?s?(?:\s+(?:of|in|degree))\b|\bassociate degree|\bfoundation degree|\bhigher national diploma\b|\bhnd\b"),
        (EducationLevel::Associate, false, r"(?i)\b(?:associate'?s|(?-i:A\.?A\.?S?|A\.[A-Z]\.S|A\.?S|A\.?D\.?N|BTS|DUT|DEUG)|eqf level 5|bac\s?\+\s?2|community college|diploma|técnico superior|advanced diploma|grado superior)\b"),
        (EducationLevel::Bachelor, false, r"(?i)\bdegree in\b"),
        (EducationLevel::Vocational, true, r"(?i)\b(?:ausbildung (?:zum|zur|als)|berufsausbildung|ihk|apprenticeship|cap\s|formación profesional|ciclo formativo|fachwirt|meisterbrief|techniker|formation professionnelle|brevet professionnel|curso (?:profissional|técnico)|técnico em|ensino profissional|qualifica professionale|istituto professionale|istituto alberghiero|diploma professionale|[ns]vq level \d|gesell(?:e|in|en(?:brief|prüfung))|meister(?:prüfung|schule|titel)|handwerksmeister\w*|master (?:electrician|plumber|carpenter|craftsman|craftswoman|mechanic|builder)|facharbeiter\w*|mbo)\b"),
        (EducationLevel::Vocational, false, r"(?i)\b(?:lehre|vocational|ausbildung|trade school|bep|technical college|berufsschule|nvq|city (?:and|&) guilds|grado medio|trade certificate|journeyman|(?-i:I\.?T\.?I|NCVT|NTC)|industrial training institute|trade (?:test|apprentice)|apprenticeship|certificate (?:ii|iii|iv|[1-4])|level [23] diploma|escola profissional|cfa|beroepsopleiding)\b"),
        (EducationLevel::Secondary, true, r"(?i)\b(?:high school(?: diploma)?|abitur|fachabitur|\w*hochschulreife|baccalauréat|bachillerato|a[\s-]levels?|gcses?|g\.?e\.?d\b|ensino médio|vwo|havo|secundaria|secondary school|matura|maturité|higher secondary)\b"),
        (EducationLevel::Secondary, false, r"(?i)\b(?:gymnasium|lycée|realschul\w*|gesamtschule|mittlere reife|instituto|secondary|bac|h\.?s\.?c|s\.?s\.?c|s\.?s\.?l\.?c|h\.?s\.?s\.?c|p\.?u\.?c|intermediate|matric(?:ulat(?:e|ion))?|10\s?\+\s?2|plus two|xii(?:th)?|x(?:th)|12\s?th|10\s?th|senior secondary|year 12|btec|liceo|school leaving|eqf level 4)\b"),
    ]
    .into_iter()
    .filter_map(|(level, strict, text)| pattern(text).map(|regex| (level, strict, regex)))
    .collect()
});

static SCHOOL: LazyLock<Option<Regex>> = LazyLock::new(|| {
    pattern(
        r"(?i)\b(?:universit\w*|univ\.|college|institut\w*|school|hochschule|fachhochschule|akademie|academy|école|ecole|lycée|gymnasium|polytechni\w*|politecnico|politécnica|(?-i:ETH|MIT|TU|LMU|RWTH|KIT|EPFL|UCLA|INSEAD|HEC|IIT|NIT)|faculty|fakultät|faculté|facultad|berufsschule|universidade?|universidad|università|大学|学院)\b",
    )
});

/// Studies that ended without their degree.
static DROPPED: LazyLock<Option<Regex>> = LazyLock::new(|| {
    pattern(
        r"(?i)\b(?:not (?:completed|finished|conferred|awarded)|incomplete|unfinished|dropped out|withdrew|no (?:degree|diploma)|without (?:a )?degree|course ?work toward|(?:credits|units) toward|abgebrochen|nicht abgeschlossen|ohne abschluss|inachevé|non (?:terminé|achevé|validé)|sans diplôme|sin (?:terminar|título|titulación)|inconclus[oa]|incompleto)",
    )
});

/// Studies that still go on.
static UNDER_WAY: LazyLock<Option<Regex>> = LazyLock::new(|| {
    pattern(
        r"(?i)\b(?:expected|anticipated|candidate|in progress|p[eu]?rsu?ing|appearing|in process|processing|awaited|awaiting results?|final (?:year|semester)|ongoing|currently (?:studying|enrolled)|(?:to be|will be) completed|doctoral student|phd student|laufend|voraussichtlich|angestrebt|doktorand(?:in)?|en cours|doctorante?|en curso|cursando|previst[oa]|doctorand[oa])\b",
    )
});

/// The level that a line names, with the byte range of the words. `anywhere` limits to what means a degree in any place.
pub fn level_of(line: &str, anywhere: bool) -> Option<(EducationLevel, std::ops::Range<usize>)> {
    LEVELS
        .iter()
        .filter(|(_, strict, _)| *strict || !anywhere)
        .find_map(|(level, _, regex)| {
            let found = regex
                .find_iter(line)
                .find(|found| !role_not_degree(line, found.range()))?;
            Some((*level, found.range()))
        })
}

/// The level of a line that names both a degree, by whatever words, and a school: that is no job under any heading.
pub fn study(line: &str) -> Option<(EducationLevel, std::ops::Range<usize>)> {
    let found = level_of(line, false)?;
    let school = SCHOOL.as_ref().is_some_and(|school| school.is_match(line));
    (school && found.0 >= EducationLevel::Associate).then_some(found)
}

/// All levels that a line names by words that mean a degree in any place.
pub fn levels_in(line: &str) -> Vec<EducationLevel> {
    LEVELS
        .iter()
        .filter(|(_, strict, regex)| *strict && regex.is_match(line))
        .map(|(level, ..)| *level)
        .collect()
}

/// Words of degrees that mean something else here: "Scrum Master", "Master data", "MS Office", a thesis, an honour.
fn role_not_degree(line: &str, range: std::ops::Range<usize>) -> bool {
    static AFTER: LazyLock<Option<Regex>> = LazyLock::new(|| {
        pattern(
            r"(?i)^[\s-]*(?:data\b|stamm\w*|schedul\w*|plan(?:ner|ning)?\b|class(?:es)?\b|key\b|file\b|record|sergeant|mariner|trainer|chef\b|gardener|tailor|electrician|plumber|carpenter|craftsm\w*|craftswom\w*|mechanic\b|builder|thesis|dissertation|project\b|arbeit|office\b|excel\b|word\b|access\b|sql\b|teams\b|windows\b|dynamics\b|visio\b|powerpoint\b|superior\b|medio\b|h\.\s?c\b|honoris)",
        )
    });
    // the middle of other letters: a school board's "C.B.S.E." names no B.S.
    let letters = line[..range.start]
        .strip_suffix('.')
        .is_some_and(|before| before.ends_with(char::is_alphabetic))
        && line[range.clone()].contains('.');
    if letters {
        return true;
    }
    let word = line[range.clone()].to_lowercase();
    // schools leave diplomas of their own, and other tongues call them all so
    if word == "diploma" {
        let lower = line.to_lowercase();
        let school = [
            "high school",
            "school diploma",
            "secondary",
            "leaving",
            "btec",
            "national diploma",
            "extended diploma",
            "level 2",
            "level 3",
            "nvq",
            "vocational",
            "ib diploma",
            "baccalaureate",
            "post graduate",
            "project",
            "thesis",
        ];
        let tongues = ["di", "de", "da", "do", "als", "zum"];
        let next = line[range.end..].split_whitespace().next().unwrap_or("");
        return school.iter().any(|word| lower.contains(word))
            || tongues.contains(&next.to_lowercase().as_str());
    }
    let before = line[..range.start].trim_end().to_lowercase();
    let bare = ["master", "bachelor", "ms", "grado", "doctor", "dr"]
        .iter()
        .any(|stem| word.starts_with(stem))
        && word.split_whitespace().count() == 1;
    ["scrum", "web", "honorary", "station", "quiz", "toast"]
        .iter()
        .any(|role| before.ends_with(role))
        || (bare
            && AFTER
                .as_ref()
                .is_some_and(|after| after.is_match(&line[range.end..])))
}

/// The level that a CV's degrees show.
///
/// The highest finished one counts. Studies under way count only where no degree of a university is finished: for what they lead
/// to, but a doctorate under way for the master's degree that it begins with.
pub fn highest(degrees: &[Education]) -> Option<EducationLevel> {
    let finished = degrees
        .iter()
        .filter(|degree| !degree.under_way)
        .map(|degree| degree.level)
        .max();
    if finished >= Some(EducationLevel::Associate) {
        return finished;
    }
    let under_way = degrees
        .iter()
        .filter(|degree| degree.under_way)
        .map(|degree| degree.level.min(EducationLevel::Master))
        .max();
    finished.max(under_way)
}

/// The degrees of a CV in order of appearance: all lines of education sections that name one, and lines elsewhere that
/// can mean nothing else, the latter only where there is no education section.
pub fn degrees(source: &Source<'_>, sections: &[Section]) -> Vec<Education> {
    let has_section = sections
        .iter()
        .any(|section| section.kind == SectionKind::Education);
    let lines: Vec<(usize, &str)> = source.lines().collect();
    let mut found = Vec::new();
    for (number, &(offset, line)) in lines.iter().enumerate() {
        let kind = kind_at(sections, offset);
        let inside = kind == SectionKind::Education;
        let considered = inside || (!has_section && !matches!(kind, SectionKind::Other));
        if !considered || line.is_empty() {
            continue;
        }
        // the heading itself ("Ausbildung", "Academic qualifications") names no level
        let heading = sections.iter().any(|section| {
            section.kind != SectionKind::Head
                && section.range.start == offset
                && section.body_start >= offset + line.len()
        });
        if heading {
            continue;
        }
        let Some((level, range)) = level_of(line, !inside).or_else(|| study(line)) else {
            continue;
        };
        if DROPPED
            .as_ref()
            .is_some_and(|dropped| dropped.is_match(line))
        {
            continue;
        }
        let near = |step: isize| {
            number
                .checked_add_signed(step)
                .and_then(|index| lines.get(index))
                .filter(|(other, text)| kind_at(sections, *other) == kind && !text.is_empty())
                .map(|&(_, text)| text)
        };
        let neighbours = [Some(line), near(1), near(-1), near(2)];
        let dated = neighbours.iter().flatten().find_map(|text| {
            let period = period::find_periods(text)
                .into_iter()
                .next()
                .map(|found| found.period);
            period
                .map(|period| (Some(period.start), period.end))
                .or_else(|| period::last_date(text).map(|date| (None, Some(date))))
        });
        let institution = neighbours
            .iter()
            .take(3)
            .flatten()
            .find_map(|text| school(text));
        // "2022 – present", but not "since 2022", which may be when it was awarded
        let ongoing = period::find_periods(line).first().is_some_and(|found| {
            found.period.end.is_none()
                && !line[found.range.clone()].starts_with(char::is_alphabetic)
        });
        let under_way = ongoing
            || UNDER_WAY
                .as_ref()
                .is_some_and(|under_way| under_way.is_match(line));
        let (start, end) = dated.unwrap_or((None, None));
        found.push(Education {
            level,
            title: line.trim_start_matches(['•', '-', ' ']).to_owned(),
            institution,
            start,
            end,
            span: source.span(offset + range.start..offset + range.end),
            under_way,
        });
    }
    found
}

/// Byte ranges of schools in sections of education: "Belle Vue School" claims no skill. A part that names a degree too is left out.
pub fn schools(source: &Source<'_>, sections: &[Section]) -> Vec<std::ops::Range<usize>> {
    let Some(pattern) = SCHOOL.as_ref() else {
        return Vec::new();
    };
    let mut schools = Vec::new();
    for (offset, line) in source.lines() {
        if kind_at(sections, offset) != SectionKind::Education {
            continue;
        }
        let mut start = 0;
        for part in line.split_inclusive([',', '|', '•', '–', '—', ';', ':', '(']) {
            if pattern.is_match(part) && level_of(part, false).is_none() {
                schools.push(offset + start..offset + start + part.len());
            }
            start += part.len();
        }
    }
    schools
}

/// The part of a line that names a school.
fn school(line: &str) -> Option<String> {
    let school = SCHOOL.as_ref()?;
    line.split([',', '|', '•', '–', '—', ';'])
        .map(str::trim)
        .find(|part| school.is_match(part) && part.chars().count() <= 90)
        .map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::section::sections;

    fn highest(text: &str) -> Option<EducationLevel> {
        let source = Source::new(text);
        super::highest(&degrees(&source, &sections(text)))
    }

    #[test]
    fn degrees_are_known_in_four_languages() {
        for (text, level) in [
            (
                "Education\nMSc Computer Science, TU Munich, 2013 - 2015\nB.Sc. Mathematics",
                EducationLevel::Master,
            ),
            (
                "Education\nBachelor of Arts in History",
                EducationLevel::Bachelor,
            ),
            (
                "EDUCATION\nB.S. Computer Science, Stanford University",
                EducationLevel::Bachelor,
            ),
            (
                "Education\nPh.D. in Physics, ETH Zürich",
                EducationLevel::Doctorate,
            ),
            (
                "Ausbildung\nDiplom-Informatiker, Universität Bonn",
                EducationLevel::Master,
            ),
            (
                "Ausbildung\nAusbildung zum Fachinformatiker (IHK)\nRealschule Köln",
                EducationLevel::Vocational,
            ),
            (
                "Bildung\nAbitur, Goethe-Gymnasium",
                EducationLevel::Secondary,
            ),
            (
                "Formation\nLicence en droit, Université de Lyon",
                EducationLevel::Bachelor,
            ),
            (
                "Formation\nDiplôme d'ingénieur, École Centrale",
                EducationLevel::Master,
            ),
            (
                "Educación\nGrado en Ingeniería Informática, Universidad de Sevilla",
                EducationLevel::Bachelor,
            ),
            ("Educación\nMáster en Big Data", EducationLevel::Master),
            ("Education\nHigh School Diploma", EducationLevel::Secondary),
            ("Education\nAssociate of Science", EducationLevel::Associate),
            ("Education\nMBA, INSEAD", EducationLevel::Master),
            (
                "Education\nM.S.W., State University",
                EducationLevel::Master,
            ),
            (
                "Education\nA.O.S. Degree in Baking",
                EducationLevel::Associate,
            ),
            ("Education\nBSN, Emory", EducationLevel::Bachelor),
            (
                "Then\nBA Tourism, University of Westminster",
                EducationLevel::Bachelor,
            ),
            (
                "Estudios\nBachiller en Contabilidad",
                EducationLevel::Bachelor,
            ),
            (
                "Formação\nCurso Profissional de Mecânica",
                EducationLevel::Vocational,
            ),
            (
                "Education\nB.E in Information Science, help me to be better\nAugust 2013 to March 2017",
                EducationLevel::Bachelor,
            ),
            (
                "Education\nDiploma in Civil Engineering EQF level 7",
                EducationLevel::Master,
            ),
        ] {
            assert_eq!(highest(text), Some(level), "{text}");
        }
    }

    #[test]
    fn roles_and_unfinished_studies_are_no_degrees() {
        assert_eq!(
            highest("Experience\nScrum Master in a team of 8\nMaster data management"),
            None
        );
        assert_eq!(
            highest("Education\nPhD Physics (not completed)\nMSc Physics"),
            Some(EducationLevel::Master)
        );
    }

    #[test]
    fn words_of_degrees_mean_degrees_only_in_their_place() {
        for line in [
            "Scrum Master, Acme",
            "Master Data Management",
            "Webmaster",
            "Bachelor thesis at a car maker",
            "Honorary doctorate",
            "Training in MS Office",
            "Sales Associate training",
            "Coursework toward a B.A. in History",
            "B.A. History, degree not conferred",
            "Studium der Informatik (abgebrochen)",
            "Postdoctoral Fellow",
        ] {
            assert_eq!(highest(&format!("Education\n{line}")), None, "{line}");
        }
        for (line, level) in [
            ("Master Electrician license", EducationLevel::Vocational),
            (
                "Geselle, Meisterprüfung im Handwerk",
                EducationLevel::Vocational,
            ),
            ("Fachhochschulreife", EducationLevel::Secondary),
            ("BTEC Level 3 Extended Diploma", EducationLevel::Secondary),
            (
                "FP Grado Superior en Administración",
                EducationLevel::Associate,
            ),
            ("BUT Informatique", EducationLevel::Bachelor),
            ("MBBS, Delhi", EducationLevel::Bachelor),
            (
                "2012-14, Master of Business Administration (MBA), Al-Barkaat Institute of Management Studies",
                EducationLevel::Master,
            ),
            (
                "Diploma Mechanical | Punjab Technical Board | 2010",
                EducationLevel::Associate,
            ),
            (
                "Two Year ITI in Refrigeration from NCVT",
                EducationLevel::Vocational,
            ),
            ("10+2 from C.B.S.E. Board", EducationLevel::Secondary),
            ("Qualification:- 12TH PASS", EducationLevel::Secondary),
            ("M. A Public Administration", EducationLevel::Master),
            ("Level 3 Diploma in Plumbing", EducationLevel::Vocational),
            (
                "Post Graduate Diploma in Business Management (PGDBM)",
                EducationLevel::Master,
            ),
            ("Engineering degree", EducationLevel::Bachelor),
            (
                "Post Graduate Diploma in Management",
                EducationLevel::Master,
            ),
        ] {
            assert_eq!(
                highest(&format!("Education\n{line}")),
                Some(level),
                "{line}"
            );
        }
    }

    #[test]
    fn studies_under_way_count_where_nothing_is_finished() {
        for (text, level) in [
            (
                "PhD candidate, Physics\nMSc Physics, 2021",
                EducationLevel::Master,
            ),
            ("Ph.D. Physics, 2022 – present", EducationLevel::Master),
            (
                "B.S. Computer Science, expected May 2027\nHigh school diploma",
                EducationLevel::Bachelor,
            ),
            ("MBA (in progress)\nB.Com, 2019", EducationLevel::Bachelor),
            ("Master of Arts, since 2019", EducationLevel::Master),
        ] {
            assert_eq!(
                highest(&format!("Education\n{text}")),
                Some(level),
                "{text}"
            );
        }
    }

    #[test]
    fn a_degree_keeps_school_and_dates() {
        let text = "Education\nMSc Computer Science\nTU Munich, 10/2013 - 09/2015";
        let degree = degrees(&Source::new(text), &sections(text)).remove(0);
        assert_eq!(degree.institution.as_deref(), Some("TU Munich"));
        assert_eq!(
            degree.end,
            Some(Written {
                year: 2015,
                month: Some(9)
            })
        );
    }
}
