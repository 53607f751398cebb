//! The sections of a CV: which heading a line stands under, in English, German, French and Spanish.

use serde::{Deserialize, Serialize};

/// What a section is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum SectionKind {
    /// Before the first heading: name and contact.
    Head,
    /// Summary or objective.
    Summary,
    /// Paid work.
    Experience,
    /// Schools and degrees.
    Education,
    /// Skills.
    Skills,
    /// Languages spoken.
    Languages,
    /// Certificates and courses.
    Certificates,
    /// Projects.
    Projects,
    /// Unpaid work.
    Volunteering,
    /// Anything else: publications, awards, interests, references.
    Other,
}

/// Headings, lower case, without punctuation.
const HEADINGS: &[(SectionKind, &[&str])] = &[
    (
        SectionKind::Experience,
        &[
            "experience",
            "work experience",
            "professional experience",
            "employment",
            "employment history",
            "work history",
            "career history",
            "career",
            "professional background",
            "relevant experience",
            "job experience",
            "working experience",
            "industry experience",
            "experience and achievements",
            "professional experience and achievements",
            "internships",
            "internship",
            "internship experience",
            "career summary and experience",
            "positions held",
            "professional history",
            "technical experience",
            "additional experience",
            "other experience",
            "selected experience",
            "engineering experience",
            "research experience",
            "teaching experience",
            "military experience",
            "leadership experience",
            "berufserfahrung",
            "beruflicher werdegang",
            "berufliche erfahrung",
            "berufspraxis",
            "werdegang",
            "praktische erfahrung",
            "praktika",
            "arbeitserfahrung",
            "beruflicher hintergrund",
            "berufliche stationen",
            "berufliche tätigkeiten",
            "beruf",
            "expérience",
            "expériences",
            "expérience professionnelle",
            "expériences professionnelles",
            "parcours professionnel",
            "expériences de travail",
            "stages",
            "parcours",
            "emplois",
            "experiencia",
            "experiencia profesional",
            "experiencia laboral",
            "trayectoria profesional",
            "historial laboral",
            "experiencia de trabajo",
            "prácticas",
            "esperienza",
            "esperienze professionali",
            "esperienza lavorativa",
            "experiência",
            "experiência profissional",
            "werkervaring",
            "工作经历",
            "工作经验",
            "職歴",
            "職務経歴",
            "경력",
        ],
    ),
    (
        SectionKind::Education,
        &[
            "education",
            "education and training",
            "academic background",
            "academic qualifications",
            "academics",
            "academic history",
            "educational background",
            "educational qualifications",
            "qualifications",
            "educational qualification",
            "academic qualification",
            "education and qualifications",
            "studies",
            "education and certifications",
            "academic details",
            "academic profile",
            "academic education",
            "degrees",
            "education background",
            "schooling",
            "training and education",
            "university education",
            "ausbildung",
            "bildung",
            "bildungsweg",
            "akademischer werdegang",
            "studium",
            "schulbildung",
            "ausbildung und studium",
            "studium und ausbildung",
            "schulische ausbildung",
            "akademische ausbildung",
            "hochschulbildung",
            "bildungsgang",
            "formation",
            "formations",
            "éducation",
            "études",
            "diplômes",
            "parcours académique",
            "formation académique",
            "parcours scolaire",
            "formation et diplômes",
            "diplômes et formations",
            "educación",
            "formación",
            "formación académica",
            "estudios",
            "formación profesional",
            "titulación",
            "educación y formación",
            "istruzione",
            "formazione",
            "istruzione e formazione",
            "educação",
            "formação acadêmica",
            "opleiding",
            "opleidingen",
            "教育背景",
            "教育经历",
            "学歴",
            "학력",
        ],
    ),
    (
        SectionKind::Skills,
        &[
            "skills",
            "technical skills",
            "top skills",
            "digital skills and competences",
            "key skills",
            "core skills",
            "skill set",
            "skillset",
            "competencies",
            "core competencies",
            "key competencies",
            "technologies",
            "technical expertise",
            "expertise",
            "tools",
            "areas of expertise",
            "professional skills",
            "hard skills",
            "soft skills",
            "skills and tools",
            "skills and technologies",
            "technical proficiencies",
            "technical proficiency",
            "tech stack",
            "programming skills",
            "it skills",
            "computer skills",
            "software skills",
            "skills and expertise",
            "skills and competencies",
            "skills summary",
            "summary of skills",
            "technical summary",
            "stack",
            "technical knowledge",
            "tools and technologies",
            "technologies and tools",
            "skills and abilities",
            "additional skills",
            "other skills",
            "digital skills",
            "personal skills",
            "knowledge",
            "abilities",
            "programming languages",
            "languages and frameworks",
            "frameworks",
            "key strengths",
            "strengths",
            "skills and interests",
            "highlights",
            "proficiencies",
            "technical competencies",
            "core strengths",
            "kenntnisse",
            "fähigkeiten",
            "kompetenzen",
            "fachkenntnisse",
            "it kenntnisse",
            "edv kenntnisse",
            "kenntnisse und fähigkeiten",
            "fähigkeiten und kenntnisse",
            "technische kenntnisse",
            "technologien",
            "technische fähigkeiten",
            "fachliche kompetenzen",
            "kernkompetenzen",
            "besondere kenntnisse",
            "programmierkenntnisse",
            "weitere kenntnisse",
            "zusatzqualifikationen",
            "compétences",
            "compétences techniques",
            "compétences clés",
            "compétences informatiques",
            "savoir faire",
            "savoir être",
            "informatique",
            "connaissances",
            "outils",
            "compétences professionnelles",
            "atouts",
            "habilidades",
            "competencias",
            "conocimientos",
            "aptitudes",
            "habilidades técnicas",
            "competencias técnicas",
            "conocimientos técnicos",
            "conocimientos informáticos",
            "informática",
            "tecnologías",
            "competenze",
            "competenze tecniche",
            "competências",
            "vaardigheden",
            "技能",
            "专业技能",
            "スキル",
            "기술",
        ],
    ),
    (
        SectionKind::Languages,
        &[
            "languages",
            "language",
            "language skills",
            "spoken languages",
            "foreign languages",
            "languages known",
            "language proficiency",
            "sprachen",
            "sprachkenntnisse",
            "fremdsprachen",
            "langues",
            "langues étrangères",
            "compétences linguistiques",
            "langues parlées",
            "idiomas",
            "lenguas",
            "lingue",
            "línguas",
            "talen",
            "语言",
            "语言能力",
            "語学",
            "언어",
        ],
    ),
    (
        SectionKind::Certificates,
        &[
            "certificates",
            "certifications",
            "certification",
            "certificate",
            "licenses and certifications",
            "certifications and licenses",
            "professional certifications",
            "courses",
            "trainings",
            "training",
            "courses and certifications",
            "certifications and training",
            "training and certifications",
            "professional development",
            "licenses",
            "licences",
            "courses and training",
            "certificates and courses",
            "zertifikate",
            "zertifizierungen",
            "weiterbildung",
            "weiterbildungen",
            "fortbildungen",
            "fortbildung",
            "kurse",
            "zertifikate und weiterbildungen",
            "seminare",
            "formation continue",
            "certificats",
            "certificaciones",
            "cursos",
            "certificados",
            "cursos y certificaciones",
            "formación complementaria",
            "certificazioni",
            "certificações",
            "证书",
            "资格",
            "資格",
        ],
    ),
    (
        SectionKind::Projects,
        &[
            "projects",
            "personal projects",
            "key projects",
            "selected projects",
            "side projects",
            "project experience",
            "academic projects",
            "open source",
            "open source projects",
            "portfolio",
            "notable projects",
            "open source contributions",
            "project work",
            "project",
            "university projects",
            "projekte",
            "ausgewählte projekte",
            "projekterfahrung",
            "private projekte",
            "projets",
            "projets personnels",
            "proyectos",
            "proyectos personales",
            "progetti",
            "projetos",
            "项目经历",
            "项目经验",
        ],
    ),
    (
        SectionKind::Volunteering,
        &[
            "volunteering",
            "volunteer experience",
            "volunteer work",
            "volunteer",
            "community service",
            "community involvement",
            "extracurricular activities",
            "extracurriculars",
            "activities",
            "social engagement",
            "ehrenamt",
            "ehrenamtliches engagement",
            "engagement",
            "soziales engagement",
            "bénévolat",
            "vie associative",
            "engagements",
            "voluntariado",
            "volontariato",
        ],
    ),
    (
        SectionKind::Summary,
        &[
            "summary",
            "profile",
            "professional summary",
            "about",
            "about me",
            "objective",
            "career objective",
            "personal statement",
            "professional profile",
            "executive summary",
            "personal profile",
            "career summary",
            "introduction",
            "overview",
            "summary of qualifications",
            "career profile",
            "bio",
            "highlights of qualifications",
            "qualifications summary",
            "profil",
            "kurzprofil",
            "über mich",
            "zusammenfassung",
            "persönliches profil",
            "berufsziel",
            "ziel",
            "à propos",
            "à propos de moi",
            "résumé",
            "objectif",
            "profil professionnel",
            "présentation",
            "resumen",
            "perfil",
            "perfil profesional",
            "sobre mí",
            "objetivo",
            "objetivo profesional",
            "resumen profesional",
            "profilo",
            "resumo",
            "profiel",
            "个人简介",
            "自我评价",
            "自己紹介",
        ],
    ),
    (
        SectionKind::Other,
        &[
            "interests",
            "hobbies",
            "hobbies and interests",
            "references",
            "referees",
            "publications",
            "awards",
            "honors",
            "honours",
            "honors and awards",
            "awards and honors",
            "achievements",
            "patents",
            "affiliations",
            "professional affiliations",
            "memberships",
            "conferences",
            "talks",
            "presentations",
            "additional information",
            "personal information",
            "personal details",
            "miscellaneous",
            "other",
            "declaration",
            "contact",
            "contact information",
            "contact details",
            "contact me",
            "links",
            "accomplishments",
            "awards and achievements",
            "scholarships",
            "research",
            "research interests",
            "selected publications",
            "coursework",
            "relevant coursework",
            "further information",
            "interessen",
            "hobbys",
            "referenzen",
            "publikationen",
            "veröffentlichungen",
            "auszeichnungen",
            "sonstiges",
            "persönliche daten",
            "persönliche angaben",
            "kontakt",
            "mitgliedschaften",
            "stipendien",
            "interessen und hobbys",
            "freizeit",
            "centres d'intérêt",
            "centres d'intérêts",
            "loisirs",
            "intérêts",
            "références",
            "distinctions",
            "divers",
            "coordonnées",
            "prix",
            "informations complémentaires",
            "informations personnelles",
            "intereses",
            "aficiones",
            "referencias",
            "publicaciones",
            "premios",
            "contacto",
            "datos personales",
            "información adicional",
            "otros datos",
            "información personal",
            "otros",
            "logros",
        ],
    ),
];

/// A section and the lines under its heading.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// What it is about.
    pub kind: SectionKind,
    /// Byte range in the text, heading included.
    pub range: std::ops::Range<usize>,
    /// Byte offset behind the heading.
    pub body_start: usize,
}

/// Brings a heading into the form of the table: lower case, words only, `&` and `+` as "and"; `S K I L L S` closed up.
fn plain_heading(line: &str) -> String {
    let mut words = String::new();
    for character in line.chars() {
        match character {
            '&' | '+' => words.push_str(" and "),
            '\'' => words.push('\''),
            _ if character.is_alphanumeric() => words.extend(character.to_lowercase()),
            _ => words.push(' '),
        }
    }
    let parts: Vec<&str> = words.split_whitespace().collect();
    let single = parts
        .iter()
        .filter(|part| part.chars().count() == 1 && !part.starts_with(|c: char| c.is_ascii_digit()))
        .count();
    if parts.len() >= 4 && single == parts.len() {
        return parts.concat();
    }
    parts
        .iter()
        .skip_while(|part| {
            part.chars().all(|character| character.is_ascii_digit())
                || matches!(**part, "i" | "ii" | "iii" | "iv" | "v")
        })
        .copied()
        .collect::<Vec<_>>()
        .join(" ")
}

/// Nouns that make a heading together with words of [`MODIFIERS`].
const ROOTS: &[(SectionKind, &[&str])] = &[
    (
        SectionKind::Experience,
        &[
            "experience",
            "experiences",
            "employment",
            "career",
            "appointments",
            "positions",
            "erfahrung",
            "erfahrungen",
            "berufserfahrung",
            "praxiserfahrung",
            "laufbahn",
            "berufslaufbahn",
            "werdegang",
            "tätigkeiten",
            "stationen",
            "arbeitsstellen",
            "anstellungen",
            "expérience",
            "expériences",
            "experiencia",
            "experiencias",
            "trayectoria",
            "esperienza",
            "esperienze",
            "experiência",
            "experiências",
            "werkervaring",
            "ervaring",
            "erfarenhet",
            "arbetslivserfarenhet",
            "doświadczenie",
        ],
    ),
    (
        SectionKind::Education,
        &[
            "education",
            "studies",
            "studium",
            "ausbildung",
            "bildung",
            "schulbildung",
            "bildungsweg",
            "formation",
            "formations",
            "études",
            "diplômes",
            "estudios",
            "formación",
            "educación",
            "istruzione",
            "formação",
            "educação",
            "opleiding",
            "opleidingen",
            "utbildning",
            "wykształcenie",
        ],
    ),
    (
        SectionKind::Skills,
        &[
            "skills",
            "competencies",
            "competences",
            "competence",
            "technologies",
            "tools",
            "proficiencies",
            "expertise",
            "kenntnisse",
            "fähigkeiten",
            "kompetenzen",
            "fertigkeiten",
            "qualifikationen",
            "compétences",
            "outils",
            "habilidades",
            "competencias",
            "conocimientos",
            "competenze",
            "competências",
            "vaardigheden",
            "kompetenser",
            "umiejętności",
            "knowhow",
            "toolkit",
            "toolbox",
        ],
    ),
    (
        SectionKind::Languages,
        &[
            "languages",
            "sprachen",
            "sprachkenntnisse",
            "langues",
            "idiomas",
            "lingue",
            "talen",
        ],
    ),
    (
        SectionKind::Certificates,
        &[
            "certifications",
            "certificates",
            "trainings",
            "courses",
            "zertifikate",
            "zertifizierungen",
            "weiterbildungen",
            "fortbildungen",
            "certificats",
            "certificaciones",
            "cursos",
        ],
    ),
    (
        SectionKind::Projects,
        &[
            "projects",
            "projekte",
            "projets",
            "proyectos",
            "progetti",
            "projetos",
        ],
    ),
];

/// Words that narrow a heading and change nothing about its kind.
const MODIFIERS: &[&str] = &[
    "professional",
    "work",
    "working",
    "relevant",
    "previous",
    "prior",
    "past",
    "recent",
    "other",
    "additional",
    "further",
    "selected",
    "key",
    "core",
    "main",
    "major",
    "primary",
    "technical",
    "technological",
    "academic",
    "educational",
    "personal",
    "practical",
    "industrial",
    "industry",
    "corporate",
    "current",
    "related",
    "total",
    "detailed",
    "job",
    "career",
    "employment",
    "computer",
    "software",
    "digital",
    "hard",
    "soft",
    "functional",
    "business",
    "leadership",
    "management",
    "military",
    "teaching",
    "research",
    "clinical",
    "nursing",
    "consulting",
    "international",
    "engineering",
    "programming",
    "development",
    "design",
    "data",
    "web",
    "it",
    "edv",
    "ict",
    "my",
    "and",
    "und",
    "et",
    "y",
    "e",
    "en",
    "og",
    "och",
    "i",
    "de",
    "des",
    "the",
    "summary",
    "details",
    "history",
    "background",
    "overview",
    "highlights",
    "record",
    "chronology",
    "timeline",
    "berufliche",
    "beruflicher",
    "beruflichen",
    "berufspraktische",
    "fachliche",
    "praktische",
    "akademische",
    "akademischer",
    "schulische",
    "schulischer",
    "bisherige",
    "besondere",
    "weitere",
    "sonstige",
    "persönliche",
    "technische",
    "wichtigste",
    "relevante",
    "professionnelle",
    "professionnelles",
    "professionnels",
    "techniques",
    "clés",
    "principales",
    "académique",
    "académiques",
    "universitaires",
    "personnelles",
    "informatiques",
    "linguistiques",
    "profesional",
    "profesionales",
    "laboral",
    "laborales",
    "académica",
    "académicas",
    "técnicas",
    "técnicos",
    "clave",
    "personales",
    "informáticos",
    "lavorativa",
    "lavorative",
    "professionale",
    "professionali",
    "tecniche",
    "profissional",
    "profissionais",
    "acadêmica",
    "académico",
    "zawodowe",
    "selectie",
    "relevantes",
    "complementaria",
    "complémentaire",
    "volunteer",
    "spoken",
    "foreign",
    "known",
    "online",
    "open",
    "source",
    "side",
    "private",
    "university",
];

/// A heading put together of a known noun and words that narrow it: "Relevant Industry Experience", "Berufliche Laufbahn".
fn composed(plain: &str) -> Option<SectionKind> {
    let words: Vec<&str> = plain.split(' ').collect();
    if words.len() > 5 {
        return None;
    }
    let root = |word: &str| {
        ROOTS
            .iter()
            .find(|(_, roots)| roots.contains(&word))
            .map(|&(kind, _)| kind)
    };
    // of several nouns the first decides: "Experience and Projects"
    let kind = words.iter().find_map(|word| root(word))?;
    words
        .iter()
        .all(|word| MODIFIERS.contains(word) || root(word).is_some())
        .then_some(kind)
}

fn lookup(plain: &str) -> Option<SectionKind> {
    let joined = |heading: &str| {
        *heading == *plain
            || (!plain.contains(' ') && heading.contains(' ') && heading.replace(' ', "") == plain)
    };
    let known = |text: &str| {
        HEADINGS
            .iter()
            .find(|(_, headings)| headings.contains(&text))
            .map(|&(kind, _)| kind)
    };
    known(plain)
        .or_else(|| known(plain.strip_prefix("my ")?))
        .or_else(|| {
            HEADINGS
                .iter()
                .find(|(_, headings)| headings.iter().any(|heading| joined(heading)))
                .map(|&(kind, _)| kind)
        })
        .or_else(|| composed(plain))
}

/// Whether a line is a heading, and of what. `rest` is the byte offset in the line at which content after the heading
/// starts (`Skills: Rust, Go`).
fn heading(line: &str) -> Option<(SectionKind, usize)> {
    let trimmed = line.trim_start_matches(|character: char| !character.is_alphanumeric());
    if line.trim_start().starts_with('•') {
        return None;
    }
    if line.chars().count() <= 60 {
        let plain = plain_heading(line);
        if let Some(kind) = lookup(&plain) {
            // a lower-case word in running text is no heading
            let shouted = trimmed.starts_with(|character: char| !character.is_lowercase());
            return shouted.then_some((kind, line.len()));
        }
        // "EXPERIENCE (5 years)", "Work Experience 2015 - 2020": a heading in front of a note
        if let Some(cut) = line.find(['(', '|', '–', '—']) {
            let plain = plain_heading(&line[..cut]);
            if let Some(kind) = lookup(&plain)
                && trimmed.starts_with(char::is_uppercase)
            {
                return Some((kind, line.len()));
            }
        }
        // "PROFESSIONAL EXPERIENCE / CAREER", "EDUCATION, TRAINING": every word in capitals and a known one first
        let letters = line
            .chars()
            .filter(|character| character.is_alphabetic())
            .count();
        if letters >= 6 && line.chars().all(|character| !character.is_lowercase()) {
            let words: Vec<&str> = plain.split(' ').collect();
            if words.len() <= 5 {
                for take in (1..words.len()).rev() {
                    if let Some(kind) = lookup(&words[..take].join(" ")) {
                        return Some((kind, line.len()));
                    }
                    if let Some(kind) = lookup(&words[words.len() - take..].join(" ")) {
                        return Some((kind, line.len()));
                    }
                }
            }
        }
    }
    let colon = line.find(':')?;
    if colon > 40 || !trimmed.starts_with(char::is_uppercase) {
        return None;
    }
    let kind = lookup(&plain_heading(&line[..colon]))?;
    // "Profile: …" inside the head or "Project: …" inside experience are labels, not sections
    matches!(
        kind,
        SectionKind::Skills
            | SectionKind::Languages
            | SectionKind::Certificates
            | SectionKind::Education
            | SectionKind::Experience
    )
    .then_some((kind, colon + 1))
}

/// Cuts a text into sections; the first is the head, possibly empty.
pub fn sections(text: &str) -> Vec<Section> {
    let mut sections = vec![Section {
        kind: SectionKind::Head,
        range: 0..text.len(),
        body_start: 0,
    }];
    let mut offset = 0;
    for line in text.split('\n') {
        if let Some((kind, rest)) = heading(line) {
            let inline = rest < line.len();
            // a label inside a block ("Languages: Java, Go" under skills) keeps the section it stands in
            let inside = inline
                && sections.last().is_some_and(|section| {
                    matches!(
                        section.kind,
                        SectionKind::Experience | SectionKind::Projects
                    ) || (section.kind == SectionKind::Skills
                        && kind == SectionKind::Languages
                        && !speaks(&line[rest..]))
                });
            if !inside {
                if let Some(last) = sections.last_mut() {
                    last.range.end = offset;
                }
                sections.push(Section {
                    kind,
                    range: offset..text.len(),
                    body_start: offset + rest,
                });
            }
        }
        offset += line.len() + 1;
    }
    sections
}

fn speaks(text: &str) -> bool {
    super::language::find(text).next().is_some()
}

/// The kind of section at a byte offset.
pub fn kind_at(sections: &[Section], offset: usize) -> SectionKind {
    let after = sections.partition_point(|section| section.range.start <= offset);
    sections
        .get(after.saturating_sub(1))
        .map_or(SectionKind::Head, |section| section.kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_are_known_in_any_dress() {
        for (line, kind) in [
            ("EXPERIENCE", SectionKind::Experience),
            ("Work Experience:", SectionKind::Experience),
            ("W O R K  E X P E R I E N C E", SectionKind::Experience),
            ("2. Berufserfahrung", SectionKind::Experience),
            ("Expériences professionnelles", SectionKind::Experience),
            ("Skills & Tools", SectionKind::Skills),
            ("— Education —", SectionKind::Education),
            ("Formación académica", SectionKind::Education),
            ("PROFESSIONAL EXPERIENCE / HISTORY", SectionKind::Experience),
            ("Sprachkenntnisse", SectionKind::Languages),
            ("Berufliche Laufbahn", SectionKind::Experience),
            ("Relevant Industry Experience", SectionKind::Experience),
            ("PRAXISERFAHRUNG", SectionKind::Experience),
            ("Academic Appointments", SectionKind::Experience),
            ("Compétences techniques et outils", SectionKind::Skills),
            ("IT-Kenntnisse", SectionKind::Skills),
        ] {
            assert_eq!(heading(line).map(|found| found.0), Some(kind), "{line}");
        }
    }

    #[test]
    fn sentences_are_no_headings() {
        for line in [
            "experience",
            "Experience with Rust and Go in production",
            "• Education",
            "Jane Doe",
            "Pearson Education",
            "User Experience",
            "Customer Experience Manager",
            "Profile: x",
        ] {
            assert_eq!(heading(line), None, "{line}");
        }
    }

    #[test]
    fn a_label_inside_skills_keeps_the_section() {
        let text = "Jane\nSkills\nLanguages: Java, Go\nTools: git\nEDUCATION\nBSc";
        let kinds: Vec<_> = sections(text).iter().map(|section| section.kind).collect();
        assert_eq!(
            kinds,
            [
                SectionKind::Head,
                SectionKind::Skills,
                SectionKind::Skills,
                SectionKind::Education
            ]
        );
        assert_eq!(
            kind_at(&sections(text), text.len() - 1),
            SectionKind::Education
        );
    }
}
