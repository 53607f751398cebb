use std::str::FromStr;

use super::{Config, Hidden};

/// An environment variable that sets one setting.
pub struct Variable {
    /// Its name.
    pub name: &'static str,
    /// The setting, for people.
    pub meaning: &'static str,
    pub(super) apply: fn(&mut Config, &str) -> Result<(), String>,
}

/// Every variable that this configuration takes. `tessera variables` also lists those that are read before it or beside it.
pub const VARIABLES: &[Variable] = &[
    Variable {
        name: "TESSERA_LISTEN",
        meaning: "address and port that are listened on",
        apply: |config, value| parse(&mut config.listen, value),
    },
    Variable {
        name: "TESSERA_PUBLIC_URL",
        meaning: "where clients reach the product",
        apply: |config, value| text(&mut config.public_url, value),
    },
    Variable {
        name: "TESSERA_SECRET",
        meaning: "the installation's secret, at least 32 bytes",
        apply: |config, value| hide(&mut config.secret, value),
    },
    Variable {
        name: "DATABASE_URL",
        meaning: "PostgreSQL",
        apply: |config, value| hide(&mut config.database_url, value),
    },
    Variable {
        name: "AMQP_URL",
        meaning: "RabbitMQ, for events",
        apply: |config, value| hide(&mut config.amqp_url, value),
    },
    Variable {
        name: "REDIS_URL",
        meaning: "Redis, for limits that routers share",
        apply: |config, value| hide(&mut config.redis_url, value),
    },
    Variable {
        name: "TESSERA_DATA_DIR",
        meaning: "folder for the files of tenants",
        apply: |config, value| parse(&mut config.data_dir, value),
    },
    Variable {
        name: "OBJECT_STORE_URL",
        meaning: "object store for the files of tenants",
        apply: |config, value| text(&mut config.object_store_url, value),
    },
    Variable {
        name: "TESSERA_GRAPHIQL_ASSETS",
        meaning: "folder with the files of GraphiQL",
        apply: |config, value| {
            config.edge.graphiql.assets = Some(value.into());
            Ok(())
        },
    },
    Variable {
        name: "TESSERA_SUBGRAPHS",
        meaning: "subgraphs in other processes: `core=http://host:port,billing=…`",
        apply: |config, value| {
            config.subgraphs = value
                .split(',')
                .map(|pair| {
                    let (name, url) = pair
                        .trim()
                        .split_once('=')
                        .ok_or("it must be a list of name=address")?;
                    Ok((name.trim().to_owned(), url.trim().to_owned()))
                })
                .collect::<Result<_, String>>()?;
            Ok(())
        },
    },
];

fn parse<T: FromStr<Err: std::fmt::Display>>(setting: &mut T, value: &str) -> Result<(), String> {
    *setting = value.parse().map_err(|error: T::Err| error.to_string())?;
    Ok(())
}

fn text(setting: &mut Option<String>, value: &str) -> Result<(), String> {
    *setting = Some(value.to_owned());
    Ok(())
}

fn hide(setting: &mut Option<Hidden>, value: &str) -> Result<(), String> {
    *setting = Some(Hidden::new(value));
    Ok(())
}
