use std::path::PathBuf;

use clap::{Parser, Subcommand};

/// Hiring, assessed: CV analysis and interviews as one product. Everything is configured by a TOML file
/// (TESSERA_CONFIG) and environment variables; `tessera variables` lists them.
#[derive(Debug, Parser)]
#[command(name = "tessera", version)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Serve everything in one process, or some modules behind a router
    Serve {
        /// Modules to serve for a router in another process, separated by commas
        #[arg(long, value_delimiter = ',')]
        modules: Vec<String>,
    },
    /// Route to modules in other processes (TESSERA_SUBGRAPHS), or to the subgraphs of any supergraph
    Router {
        /// File or http(s) address of a supergraph whose subgraphs are at the addresses that it names
        #[arg(long, env = "SUPERGRAPH")]
        supergraph: Option<String>,
        /// Port to listen on instead of the configured one
        #[arg(long, env = "PORT")]
        port: Option<u16>,
    },
    /// Make roles and schemas in the database and run what migrations are missing
    Migrate,
    /// Make a demo organisation and print its sign-in as one line of JSON
    SeedDemo,
    /// Write the schemas of all modules, the supergraph, the events and the configuration
    #[command(args_conflicts_with_subcommands = true)]
    Schema {
        /// Folder to write to; the supergraph goes to standard output without it
        #[arg(long)]
        out: Option<PathBuf>,
        #[command(subcommand)]
        action: Option<SchemaAction>,
    },
    /// Compose subgraph schemas into a supergraph; errors name subgraph, line and column
    Compose {
        /// Subgraphs, each as NAME=FILE or NAME=FILE@URL
        #[arg(required = true, value_name = "NAME=SDL")]
        subgraphs: Vec<String>,
        /// File to write the supergraph to instead of standard output
        #[arg(long)]
        out: Option<PathBuf>,
        /// How to report
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
    /// List the modules that this program knows, with version and requirements
    Module {
        /// Show the manifest of one module
        id: Option<String>,
    },
    /// Run a module's worker on standard input; for the product itself
    #[command(hide = true)]
    Worker {
        /// The module
        module: String,
        /// The worker
        name: String,
    },
    /// Look after events that consumers could not take
    Events {
        #[command(subcommand)]
        action: Events,
    },
    /// List the environment variables
    Variables,
}

/// How a tool reports.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Format {
    /// For people
    #[default]
    Text,
    /// One object for programs
    Json,
}

#[derive(Debug, Subcommand)]
pub(crate) enum SchemaAction {
    /// Judge the changes between two schemas; fails when one is breaking
    Diff {
        /// The schema or supergraph before
        old: PathBuf,
        /// The schema or supergraph after
        new: PathBuf,
        /// Folder of operations (.graphql, .gql): tells which of them break, and fails only for those
        #[arg(long)]
        operations: Option<PathBuf>,
        /// How to report
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Events {
    /// List parked events, oldest first, one line of JSON each
    Parked {
        /// Only those of one consumer, e.g. `interview.analysis`
        #[arg(long)]
        consumer: Option<String>,
        /// Most lines
        #[arg(long, default_value_t = 100)]
        limit: i64,
    },
    /// Deliver parked events again
    Replay {
        /// Only those of one consumer
        #[arg(long)]
        consumer: Option<String>,
        /// Only this event
        #[arg(long)]
        event: Option<String>,
        /// All of them
        #[arg(long, conflicts_with_all = ["consumer", "event"])]
        all: bool,
    },
}
