use std::str::FromStr as _;

use platform_identity::Secret;
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{AssertSqlSafe, Executor as _};

use super::{DatabaseError, scram};

/// Group of all module roles: what every module may do in the schema `platform`.
pub const MODULE_GROUP: &str = "tessera_module";

/// Group of the modules that write licences.
pub const LICENSING_GROUP: &str = "tessera_licensing";

/// The one module that sells licences: `platform.license` is written in the transaction of its own rows,
/// and by nobody else.
const LICENSING_MODULE: &str = "billing";

/// Groups of a module's role, besides [`MODULE_GROUP`].
pub fn groups_of(module: &str) -> Vec<&'static str> {
    if module == LICENSING_MODULE {
        vec![LICENSING_GROUP]
    } else {
        Vec::new()
    }
}

/// The host's own role: event relay, job runner, uploads, sweeping.
pub const PLATFORM_ROLE: &str = "tessera_platform";

/// Longest role name that PostgreSQL keeps whole is 63 bytes.
const MAX_MODULE_NAME: usize = 48;

/// The schema of a module: its id with underscores.
///
/// # Errors
/// [`DatabaseError::ModuleName`] for anything else than `[a-z][a-z0-9-]*`, since names become SQL.
pub fn schema_name(module: &str) -> Result<String, DatabaseError> {
    let plain = module.len() <= MAX_MODULE_NAME
        && module.starts_with(|c: char| c.is_ascii_lowercase())
        && module
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    if plain {
        Ok(module.replace('-', "_"))
    } else {
        Err(DatabaseError::ModuleName(module.to_owned()))
    }
}

/// The role under which a module connects.
///
/// # Errors
/// As [`schema_name`].
pub fn role_name(module: &str) -> Result<String, DatabaseError> {
    Ok(format!("tessera_{}", schema_name(module)?))
}

/// The same database as at `url`, as one of our roles, with its derived password and an empty
/// search path: a statement that does not name its schema fails.
///
/// # Errors
/// [`DatabaseError::Url`] when `url` is none.
pub fn connect_as(
    url: &str,
    role: &str,
    secret: &Secret,
) -> Result<PgConnectOptions, DatabaseError> {
    Ok(PgConnectOptions::from_str(url)
        .map_err(DatabaseError::Url)?
        .username(role)
        .password(&secret.database_password(role))
        .application_name(role)
        .options([("search_path", "pg_catalog")]))
}

/// Makes the groups, the host's role and one role per module, or brings them up to date.
///
/// Roles belong to the whole server and advisory locks to one database, so another database's
/// migration may do the same at this moment: what exists is left, what collides is tried again.
pub(super) async fn ensure(
    conn: &mut PgConnection,
    secret: &Secret,
    modules: &[(String, Vec<&'static str>)],
) -> Result<(), DatabaseError> {
    for group in [MODULE_GROUP, LICENSING_GROUP] {
        create(conn, group).await?;
        run(
            conn,
            "limit a group of roles",
            format!("alter role {group} nologin nosuperuser nocreatedb nocreaterole noreplication nobypassrls"),
        )
        .await?;
    }
    login(conn, secret, PLATFORM_ROLE).await?;
    for (role, groups) in modules {
        login(conn, secret, role).await?;
        for group in std::iter::once(&MODULE_GROUP).chain(groups) {
            run(
                conn,
                "put a role into its group",
                format!("grant {group} to {role}"),
            )
            .await?;
        }
    }
    run(
        conn,
        "limit who may use the database",
        format!(
            "do $$ begin \
             execute format('revoke create, temporary on database %I from public', current_database()); \
             execute format('grant connect on database %I to {MODULE_GROUP}, {PLATFORM_ROLE}', current_database()); \
             end $$"
        ),
    )
    .await
}

async fn create(conn: &mut PgConnection, role: &str) -> Result<(), DatabaseError> {
    run(
        conn,
        "create a role",
        format!(
            "do $$ begin \
             if not exists (select from pg_catalog.pg_roles where rolname = '{role}') then create role {role}; end if; \
             exception when duplicate_object or unique_violation then null; \
             end $$"
        ),
    )
    .await
}

async fn login(conn: &mut PgConnection, secret: &Secret, role: &str) -> Result<(), DatabaseError> {
    create(conn, role).await?;
    let password = secret.database_password(role);
    // The same salt every time keeps the statement idempotent; it protects nothing that is guessable.
    let salt = secret.mac_key(&format!("database-salt/{role}"));
    let verifier = scram::verifier(&password, &salt[..16]);
    run(
        conn,
        "set the rights of a role",
        format!(
            "alter role {role} login nosuperuser nocreatedb nocreaterole noreplication nobypassrls password '{verifier}'"
        ),
    )
    .await
}

/// Runs one statement made of checked names, again when it met a concurrent change of a role
/// (`XX000 tuple concurrently updated`, `40001`, `40P01`).
async fn run(
    conn: &mut PgConnection,
    what: &'static str,
    statement: String,
) -> Result<(), DatabaseError> {
    let mut attempts = 0;
    loop {
        attempts += 1;
        let error = match conn.execute(AssertSqlSafe(statement.clone())).await {
            Ok(_) => return Ok(()),
            Err(error) => error,
        };
        let collided = error.as_database_error().is_some_and(|e| {
            matches!(
                e.code().as_deref(),
                Some("XX000" | "40001" | "40P01" | "23505")
            )
        });
        if !collided || attempts == 20 {
            return Err(DatabaseError::Prepare {
                what: what.to_owned(),
                source: error,
            });
        }
        tokio::time::sleep(std::time::Duration::from_millis(10 * attempts)).await;
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests fail by panicking")]
    use super::*;

    #[test]
    fn a_module_name_that_could_be_sql_is_refused() {
        assert_eq!(role_name("cv-analysis").unwrap(), "tessera_cv_analysis");
        for bad in ["", "A", "1a", "a;drop", "a b", "a\"", &"a".repeat(49), "ä"] {
            assert!(
                matches!(schema_name(bad), Err(DatabaseError::ModuleName(_))),
                "{bad}"
            );
        }
    }
}
