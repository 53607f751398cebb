use platform_sdk::stored_names;

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
}

stored_names! {
    pub(crate) Role {
        Viewer = "VIEWER",
        Member = "MEMBER",
        Admin = "ADMIN",
        Owner = "OWNER",
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    /// Every role, weakest first.
    const ALL: [Role; 4] = [Role::Viewer, Role::Member, Role::Admin, Role::Owner];

    #[test]
    fn a_stronger_role_may_do_all_that_a_weaker_one_may() {
        for pair in ALL.windows(2) {
            let (weak, strong) = (pair[0].permissions(), pair[1].permissions());
            assert!(weak.iter().all(|p| strong.contains(p)) && strong.len() > weak.len());
        }
    }

    #[test]
    fn no_role_answers_a_candidates_interview() {
        assert!(
            ALL.iter()
                .all(|r| !r.permissions().contains(&"interview:session.answer"))
        );
    }

    #[test]
    fn nobody_reaches_above_their_own_rank() {
        let allowed: Vec<_> = ALL
            .iter()
            .flat_map(|a| ALL.iter().map(move |b| (*a, *b)))
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
        for role in ALL {
            assert_eq!(role.as_str().parse::<Role>().unwrap(), role);
        }
        assert!("owner".parse::<Role>().is_err());
    }
}
