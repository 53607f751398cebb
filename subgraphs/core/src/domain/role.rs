use std::fmt;

/// What a member of a tenant may do, as a name that people understand.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    async_graphql::Enum,
    serde::Serialize,
    serde::Deserialize,
)]
#[graphql(name = "MemberRole")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum Role {
    /// Sees everything, changes nothing.
    Viewer,
    /// Works with the modules that the organisation has licensed.
    Member,
    /// A member who also invites people and manages licences.
    Admin,
    /// Everything, the organisation itself included. There is always at least one.
    Owner,
}

/// What a person with the role may see.
const READ: &[&str] = &[
    "core:tenant.read",
    "billing:license.read",
    "cv-analysis:analysis.read",
    "interview:session.read",
];
/// What comes with working in the modules.
const WRITE: &[&str] = &["cv-analysis:analysis.write", "interview:session.manage"];
/// What comes with looking after people and licences.
const ADMINISTER: &[&str] = &["core:member.invite", "billing:license.manage"];
/// What comes with owning the organisation.
const OWN: &[&str] = &["core:tenant.manage"];

impl Role {
    /// Every role, weakest first.
    pub(crate) const ALL: [Self; 4] = [Self::Viewer, Self::Member, Self::Admin, Self::Owner];

    /// The permissions of the role; a stronger role has all of a weaker one's.
    pub(crate) fn permissions(self) -> Vec<&'static str> {
        let sets: &[&[&str]] = match self {
            Self::Viewer => &[READ],
            Self::Member => &[READ, WRITE],
            Self::Admin => &[READ, WRITE, ADMINISTER],
            Self::Owner => &[READ, WRITE, ADMINISTER, OWN],
        };
        sets.concat()
    }

    /// Whether somebody of this role may give `role` to others and change or remove those who have
    /// it: nobody reaches above their own rank, and below `ADMIN` nobody reaches anybody.
    pub(crate) fn governs(self, role: Self) -> bool {
        self >= Self::Admin && self >= role
    }

    /// The name in the database and in events.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Viewer => "VIEWER",
            Self::Member => "MEMBER",
            Self::Admin => "ADMIN",
            Self::Owner => "OWNER",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A role that the database should not hold.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is not a role")]
pub(crate) struct UnknownRole(String);

impl std::str::FromStr for Role {
    type Err = UnknownRole;
    fn from_str(text: &str) -> Result<Self, UnknownRole> {
        Self::ALL
            .into_iter()
            .find(|role| role.as_str() == text)
            .ok_or_else(|| UnknownRole(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    #[test]
    fn a_stronger_role_may_do_all_that_a_weaker_one_may() {
        for pair in Role::ALL.windows(2) {
            let (weak, strong) = (pair[0].permissions(), pair[1].permissions());
            assert!(weak.iter().all(|p| strong.contains(p)) && strong.len() > weak.len());
        }
    }

    #[test]
    fn no_role_answers_a_candidates_interview() {
        assert!(
            Role::ALL
                .iter()
                .all(|r| !r.permissions().contains(&"interview:session.answer"))
        );
    }

    #[test]
    fn nobody_reaches_above_their_own_rank() {
        let allowed: Vec<_> = Role::ALL
            .iter()
            .flat_map(|a| Role::ALL.iter().map(move |b| (*a, *b)))
            .filter(|(a, b)| a.governs(*b))
            .map(|(a, b)| format!("{a}>{b}"))
            .collect();
        assert_eq!(
            allowed,
            [
                "ADMIN>VIEWER",
                "ADMIN>MEMBER",
                "ADMIN>ADMIN",
                "OWNER>VIEWER",
                "OWNER>MEMBER",
                "OWNER>ADMIN",
                "OWNER>OWNER"
            ]
        );
    }

    #[test]
    fn names_survive_the_database() {
        for role in Role::ALL {
            assert_eq!(role.as_str().parse::<Role>().unwrap(), role);
        }
        assert!("owner".parse::<Role>().is_err());
    }
}
