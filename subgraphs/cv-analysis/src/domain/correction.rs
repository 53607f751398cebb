//! What people know better than the reader. Corrections are kept beside the document and laid over every reading of it, so that
//! reading it again never undoes them.

use chrono::{DateTime, Utc};
use platform_sdk::{Ctx, Error, Idempotent, Result, UserError, UserId, id_newtype};
use serde::{Deserialize, Serialize};

use super::contact::Located;
use super::document::DocumentId;
use super::education::EducationLevel;
use super::profile::{Profile, SkillClaim};
use super::skill::Taxonomy;
use super::taxonomy;
use super::text::Span;
use crate::jobs::index::Index;
use crate::store;

id_newtype! {
    /// A correction.
    CorrectionId
}

const MAX_VALUE: usize = 200;
const MAX_REASON: usize = 1_000;
/// Most corrections of one document.
pub(crate) const MAX_CORRECTIONS: i64 = 200;

/// What is corrected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum Field {
    Name,
    Email,
    Phone,
    Location,
    ExperienceMonths,
    EducationLevel,
    SkillAdded,
    SkillRemoved,
}

/// A correction.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Correction {
    pub(crate) id: CorrectionId,
    pub(crate) document_id: DocumentId,
    pub(crate) field: Field,
    /// A skill by its id, a level by its name, months as a number, all else as it is shown.
    pub(crate) value: String,
    pub(crate) reason: String,
    pub(crate) made_by: UserId,
    pub(crate) made_at: DateTime<Utc>,
}

/// What a correction asks for.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Wish {
    pub(crate) document_id: DocumentId,
    pub(crate) field: Field,
    pub(crate) value: String,
    pub(crate) reason: String,
}

/// Brings a value into the form that is kept, or says what is wrong with it.
fn settled(
    field: Field,
    value: &str,
    taxonomy: &Taxonomy,
) -> std::result::Result<String, &'static str> {
    let value = value.trim();
    if value.is_empty() || value.chars().count() > MAX_VALUE || value.chars().any(char::is_control)
    {
        return Err("give a value of 1 to 200 characters");
    }
    match field {
        Field::Name | Field::Phone | Field::Location => Ok(value.to_owned()),
        Field::Email if value.contains('@') && !value.contains(' ') => Ok(value.to_lowercase()),
        Field::Email => Err("an e-mail address has an @ and no spaces"),
        Field::ExperienceMonths => value
            .parse::<u32>()
            .ok()
            .filter(|months| *months <= 900)
            .map(|months| months.to_string())
            .ok_or("give months as a whole number up to 900"),
        Field::EducationLevel => {
            serde_json::from_value::<EducationLevel>(value.to_uppercase().into())
                .map(|_| value.to_uppercase())
                .map_err(|_| "give SECONDARY, VOCATIONAL, ASSOCIATE, BACHELOR, MASTER or DOCTORATE")
        }
        Field::SkillAdded | Field::SkillRemoved => taxonomy
            .find(value)
            .map(str::to_owned)
            .ok_or("the taxonomy does not know this skill"),
    }
}

/// Keeps a correction, once per idempotency key.
pub(crate) async fn make(
    ctx: &Ctx,
    wish: &Wish,
    idempotency_key: &str,
) -> Result<std::result::Result<Correction, UserError>> {
    const OPERATION: &str = "correctCv";
    let made_by = ctx.user()?;
    let taxonomy = taxonomy::of(ctx).await?;
    let value = match settled(wish.field, &wish.value, &taxonomy) {
        Ok(value) => value,
        Err(problem) => return Ok(Err(UserError::on("value", "INVALID", problem))),
    };
    let reason = wish.reason.trim();
    if !(1..=MAX_REASON).contains(&reason.chars().count()) {
        return Ok(Err(UserError::on(
            "reason",
            "INVALID",
            format!("give a reason of 1 to {MAX_REASON} characters"),
        )));
    }
    let mut tx = ctx.begin().await?;
    let tenant = tx.tenant();
    if let Idempotent::Replay(made) = tx
        .idempotent::<Correction>(OPERATION, idempotency_key, wish)
        .await?
    {
        return Ok(Ok(made));
    }
    if store::document::by_ids(tx.conn(), tenant, &[wish.document_id])
        .await?
        .is_empty()
    {
        return Err(Error::not_found("document"));
    }
    let known = store::correction::of_document(tx.conn(), tenant, wish.document_id).await?;
    if i64::try_from(known.len()).unwrap_or(i64::MAX) >= MAX_CORRECTIONS {
        return Ok(Err(UserError::on(
            "documentId",
            "TOO_MANY",
            format!("a CV has at most {MAX_CORRECTIONS} corrections"),
        )));
    }
    let made = Correction {
        id: ctx.new_id(),
        document_id: wish.document_id,
        field: wish.field,
        value,
        reason: reason.to_owned(),
        made_by,
        made_at: ctx.now(),
    };
    store::correction::insert(tx.conn(), tenant, &made).await?;
    tx.enqueue(&Index {
        document_id: made.document_id,
        correction_id: Some(made.id),
    })
    .await?;
    tx.remember(OPERATION, idempotency_key, &made).await?;
    tx.commit().await?;
    Ok(Ok(made))
}

/// The corrections of a document in the order in which they were made.
pub(crate) async fn of_document(ctx: &Ctx, document: DocumentId) -> Result<Vec<Correction>> {
    let mut snapshot = ctx.read().await?;
    store::correction::of_document(snapshot.conn()?, ctx.tenant()?, document).await
}

/// Lays corrections over a reading, the latest last. What a person says has no place in the text.
pub(crate) fn lay_over(profile: &mut Profile, corrections: &[Correction], taxonomy: &Taxonomy) {
    let nowhere = Span { start: 0, end: 0 };
    for correction in corrections {
        let located = Located {
            value: correction.value.clone(),
            span: nowhere,
        };
        let first = |list: &mut Vec<Located>| {
            list.retain(|known| known.value != located.value);
            list.insert(0, located.clone());
        };
        match correction.field {
            Field::Name => profile.contact.name = Some(located),
            Field::Location => profile.contact.location = Some(located),
            Field::Email => first(&mut profile.contact.emails),
            Field::Phone => first(&mut profile.contact.phones),
            Field::ExperienceMonths => {
                if let Ok(months) = correction.value.parse() {
                    profile.experience_months = months;
                }
            }
            Field::EducationLevel => {
                if let Ok(level) = serde_json::from_value(correction.value.clone().into()) {
                    profile.education_level = Some(level);
                }
            }
            Field::SkillAdded => {
                let id = taxonomy.canonical(&correction.value);
                if !profile.skills.iter().any(|claim| claim.id == id) {
                    profile.skills.push(SkillClaim {
                        id: id.to_owned(),
                        name: taxonomy.name(id).to_owned(),
                        spans: Vec::new(),
                        months: 0,
                    });
                }
            }
            Field::SkillRemoved => {
                let id = taxonomy.canonical(&correction.value);
                profile.skills.retain(|claim| claim.id != id);
            }
        }
    }
    profile.skills.sort_by(|one, other| one.id.cmp(&other.id));
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail by panic")]
    use super::*;
    use crate::domain::period::Month;
    use crate::domain::text::Text;

    fn correction(field: Field, value: &str) -> Correction {
        Correction {
            id: CorrectionId(uuid::Uuid::nil()),
            document_id: DocumentId(uuid::Uuid::nil()),
            field,
            value: value.to_owned(),
            reason: "seen in the interview".to_owned(),
            made_by: UserId(uuid::Uuid::nil()),
            made_at: DateTime::UNIX_EPOCH,
        }
    }

    #[test]
    fn the_latest_correction_of_a_field_counts() {
        let taxonomy = Taxonomy::shared().unwrap();
        let text = Text::plain("Jane Doe\nSkills\nRust, Java");
        let (mut profile, _) = Profile::read(
            &text,
            Month {
                year: 2026,
                month: 11,
            },
            taxonomy,
            &[],
        );
        let made = [
            correction(Field::SkillRemoved, "java"),
            correction(Field::SkillAdded, "kubernetes"),
            correction(Field::ExperienceMonths, "10"),
            correction(Field::ExperienceMonths, "48"),
            correction(Field::EducationLevel, "MASTER"),
            correction(Field::Email, "jane@example.com"),
        ];
        lay_over(&mut profile, &made, taxonomy);
        let ids: Vec<&str> = profile
            .skills
            .iter()
            .map(|claim| claim.id.as_str())
            .collect();
        assert_eq!(ids, ["kubernetes", "rust"]);
        assert_eq!(profile.experience_months, 48);
        assert_eq!(profile.education_level, Some(EducationLevel::Master));
        assert_eq!(profile.contact.emails[0].value, "jane@example.com");
    }

    #[test]
    fn values_are_brought_into_form_or_refused() {
        let taxonomy = Taxonomy::shared().unwrap();
        assert_eq!(
            settled(Field::SkillAdded, " K8s ", taxonomy),
            Ok("kubernetes".to_owned())
        );
        assert_eq!(
            settled(Field::EducationLevel, "master", taxonomy),
            Ok("MASTER".to_owned())
        );
        for (field, value) in [
            (Field::Name, " "),
            (Field::Email, "jane"),
            (Field::ExperienceMonths, "-1"),
            (Field::EducationLevel, "GENIUS"),
            (Field::SkillAdded, "no such skill at all"),
        ] {
            assert!(settled(field, value, taxonomy).is_err(), "{value}");
        }
    }
}
