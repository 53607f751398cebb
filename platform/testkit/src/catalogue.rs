//! The catalogue test: every table that a module brings is protected, or the test says which rule it
//! breaks. It reads PostgreSQL's own catalogue, so that nothing is forgotten by not being listed.

use sqlx::PgPool;

/// A broken rule.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Defect {
    /// Which rule.
    pub rule: Rule,
    /// The table, constraint, policy, view or role.
    pub object: String,
}

/// What every table of a tenant keeps (design §3.1–2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rule {
    /// A table without `tenant_id` that is not on the list of global tables.
    NoTenant,
    /// `tenant_id` may be null.
    NullableTenant,
    /// Row level security is off.
    Unprotected,
    /// Row level security does not bind the owner.
    Unforced,
    /// No policy: nobody sees a row, or everybody after the next `grant`.
    NoPolicy,
    /// A policy that reads by the tenant and writes without a check of its own.
    NoCheck,
    /// A policy that lets a role other than the platform's see every row.
    AlwaysTrue,
    /// A primary or unique key that does not begin with `tenant_id`.
    KeyWithoutTenant,
    /// A foreign key that does not begin with `tenant_id`.
    ForeignKeyWithoutTenant,
    /// A foreign key into another schema.
    ForeignKeyAcrossSchemas,
    /// A view that runs with its owner's rights.
    PlainView,
    /// A function that runs with its owner's rights.
    DefinerFunction,
    /// A role of ours that is superuser, owner, or exempt from row level security.
    PowerfulRole,
    /// A right in another module's schema.
    ForeignRight,
    /// A right of everybody.
    PublicRight,
}

/// Tables that belong to no tenant, each with the reason. The list may only shrink.
const GLOBAL: &[(&str, &str)] = &[
    (
        "platform.module",
        "which modules this installation knows; the same for every tenant",
    ),
    ("core.user", "a person has one account in all tenants"),
    (
        "core.person",
        "what is known of a person, apart from the account",
    ),
    (
        "core.slug",
        "a short name is unique over all tenants; it says who holds it and nothing else",
    ),
    (
        "core.session",
        "a sign-in belongs to a person, before a tenant is chosen",
    ),
    (
        "core.refresh_token",
        "a sign-in belongs to a person, before a tenant is chosen",
    ),
    ("core.credential", "a password belongs to a person"),
    ("core.throttle", "counts attempts before anybody is known"),
    (
        "core.one_time_code",
        "proves an address before a tenant is chosen",
    ),
    ("core.mail", "letters to people about their account"),
    ("core.totp", "a second factor belongs to a person"),
    ("core.recovery_code", "a second factor belongs to a person"),
    (
        "billing.product",
        "the price list is the same for every tenant",
    ),
    (
        "billing.price",
        "the price list is the same for every tenant",
    ),
];

/// Checks the whole database. An empty answer is what a test asserts.
pub async fn check(pool: &PgPool) -> Vec<Defect> {
    let mut defects = Vec::new();
    for (rule, sql) in RULES {
        let objects: Vec<String> = sqlx::query_scalar(*sql)
            .bind(
                GLOBAL
                    .iter()
                    .map(|(table, _)| (*table).to_owned())
                    .collect::<Vec<_>>(),
            )
            .fetch_all(pool)
            .await
            .unwrap_or_else(|e| panic!("{rule:?}: {e}"));
        defects.extend(objects.into_iter().map(|object| Defect {
            rule: *rule,
            object,
        }));
    }
    defects.sort();
    defects
}

/// One query per rule; `$1` is the list of global tables. Names come as `schema.object`.
const RULES: &[(Rule, &str)] = &[
    (
        Rule::NoTenant,
        "select n.nspname || '.' || c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace \
         where c.relkind in ('r', 'p') and n.nspname !~ '^pg_' and n.nspname not in ('information_schema', 'public') \
         and c.relname <> '_migrations' and n.nspname || '.' || c.relname <> all ($1) \
         and not exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'tenant_id' and not a.attisdropped)",
    ),
    (
        Rule::NullableTenant,
        "select c.oid::regclass::text from pg_class c join pg_attribute a on a.attrelid = c.oid \
         join pg_namespace n on n.oid = c.relnamespace where c.relkind in ('r', 'p') and n.nspname !~ '^pg_' \
         and a.attname = 'tenant_id' and not a.attisdropped and not a.attnotnull and $1::text[] is not null",
    ),
    (
        Rule::Unprotected,
        "select c.oid::regclass::text from pg_class c join pg_attribute a on a.attrelid = c.oid \
         where c.relkind in ('r', 'p') and a.attname = 'tenant_id' and not a.attisdropped \
         and not c.relrowsecurity and $1::text[] is not null",
    ),
    (
        Rule::Unforced,
        "select c.oid::regclass::text from pg_class c join pg_attribute a on a.attrelid = c.oid \
         where c.relkind in ('r', 'p') and a.attname = 'tenant_id' and not a.attisdropped \
         and c.relrowsecurity and not c.relforcerowsecurity and $1::text[] is not null",
    ),
    (
        Rule::NoPolicy,
        "select c.oid::regclass::text from pg_class c where c.relrowsecurity \
         and not exists (select from pg_policy p where p.polrelid = c.oid) and $1::text[] is not null",
    ),
    (
        // An insert or update policy without `with check` writes what its `using` lets it read; for
        // `all` and `insert` the check must stand there, spelled out.
        Rule::NoCheck,
        "select p.polrelid::regclass::text || ' ' || p.polname from pg_policy p \
         where p.polcmd in ('*', 'a', 'w') and p.polwithcheck is null and $1::text[] is not null",
    ),
    (
        Rule::AlwaysTrue,
        "select p.polrelid::regclass::text || ' ' || p.polname from pg_policy p \
         where (pg_get_expr(p.polqual, p.polrelid) = 'true' or pg_get_expr(p.polwithcheck, p.polrelid) = 'true') \
         and p.polroles <> array['tessera_platform'::regrole::oid] and $1::text[] is not null",
    ),
    (
        Rule::KeyWithoutTenant,
        "select i.indexrelid::regclass::text from pg_index i join pg_class c on c.oid = i.indrelid \
         join pg_attribute a on a.attrelid = c.oid and a.attname = 'tenant_id' and not a.attisdropped \
         where i.indisunique and i.indkey[0] <> a.attnum and $1::text[] is not null",
    ),
    (
        Rule::ForeignKeyWithoutTenant,
        "select k.conrelid::regclass::text || ' ' || k.conname from pg_constraint k \
         join pg_attribute a on a.attrelid = k.conrelid and a.attname = 'tenant_id' and not a.attisdropped \
         join pg_attribute f on f.attrelid = k.confrelid and f.attname = 'tenant_id' and not f.attisdropped \
         where k.contype = 'f' and (k.conkey[1] <> a.attnum or k.confkey[1] <> f.attnum) and $1::text[] is not null",
    ),
    (
        Rule::ForeignKeyAcrossSchemas,
        "select k.conrelid::regclass::text || ' ' || k.conname from pg_constraint k \
         join pg_class c on c.oid = k.conrelid join pg_class f on f.oid = k.confrelid \
         where k.contype = 'f' and c.relnamespace <> f.relnamespace and $1::text[] is not null",
    ),
    (
        Rule::PlainView,
        "select c.oid::regclass::text from pg_class c join pg_namespace n on n.oid = c.relnamespace \
         where c.relkind in ('v', 'm') and n.nspname !~ '^pg_' and n.nspname <> 'information_schema' \
         and not coalesce(c.reloptions @> array['security_invoker=true'], false) and $1::text[] is not null",
    ),
    (
        Rule::DefinerFunction,
        "select p.oid::regprocedure::text from pg_proc p join pg_namespace n on n.oid = p.pronamespace \
         where p.prosecdef and n.nspname !~ '^pg_' and n.nspname <> 'information_schema' and $1::text[] is not null",
    ),
    (
        Rule::PowerfulRole,
        "select r.rolname::text from pg_roles r where r.rolname like 'tessera\\_%' and r.rolname <> 'tessera_admin' \
         and $1::text[] is not null \
         and (r.rolsuper or r.rolbypassrls or r.rolcreaterole or r.rolcreatedb or r.rolreplication \
              or exists (select from pg_class c where c.relowner = r.oid) \
              or exists (select from pg_namespace n where n.nspowner = r.oid))",
    ),
    (
        Rule::ForeignRight,
        "select r.rolname || ' on ' || c.oid::regclass::text from pg_roles r cross join pg_class c \
         join pg_namespace n on n.oid = c.relnamespace \
         where r.rolname like 'tessera\\_%' and r.rolname not in ('tessera_admin', 'tessera_platform') \
         and c.relkind in ('r', 'p', 'v', 'm') and n.nspname !~ '^pg_' \
         and n.nspname not in ('information_schema', 'platform', 'public') \
         and r.rolname <> 'tessera_' || n.nspname and $1::text[] is not null \
         and (has_table_privilege(r.oid, c.oid, 'select') or has_table_privilege(r.oid, c.oid, 'insert') \
              or has_table_privilege(r.oid, c.oid, 'update') or has_table_privilege(r.oid, c.oid, 'delete'))",
    ),
    (
        Rule::PublicRight,
        "select c.oid::regclass::text from pg_class c join pg_namespace n on n.oid = c.relnamespace, \
         aclexplode(c.relacl) g where g.grantee = 0 and n.nspname !~ '^pg_' \
         and n.nspname <> 'information_schema' and $1::text[] is not null",
    ),
];
