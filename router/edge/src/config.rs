//! How the edge is set up: one section of the configuration file, unknown keys refused.

use std::path::PathBuf;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How the edge is set up. Every field has a default that is safe on the open internet.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct EdgeConfig {
    /// Path of the GraphQL endpoint.
    pub path: String,
    /// Largest request body in bytes.
    pub body_bytes: usize,
    /// How long a client may take to send a request body, in milliseconds.
    pub body_timeout_ms: u64,
    /// Deepest nesting of a request's JSON, variables included.
    pub json_depth: usize,
    /// Most operations in one batched request; 0 refuses batches.
    pub batch_operations: usize,
    /// How long an operation may take, in milliseconds; for a subscription, how long it may take to begin.
    pub operation_timeout_ms: u64,
    /// Operations under way at once before new ones are turned away; subscriptions do not count once they have begun.
    pub concurrent_operations: usize,
    /// Inbound headers that are passed on to remote subgraphs; everything else is dropped.
    pub forward_headers: Vec<String>,
    /// How many proxies in front of the edge are trusted to append to `x-forwarded-for`.
    pub trusted_proxies: usize,
    /// Origins whose pages may call from a browser, besides the edge's own.
    pub cors_origins: Vec<String>,
    /// Whether every GET needs a header that only scripts with permission can set, even from programs.
    pub strict_csrf: bool,
    /// Who may read the schema.
    pub introspection: Introspection,
    /// Who is shown the plan of an operation in place of its answer, by the header `tessera-explain: text` or `picture`.
    pub explain: Explain,
    /// Whether errors of unknown kind reach the client as `internal error`; off for development only.
    pub mask_errors: bool,
    /// What a document may hold.
    pub document: DocumentLimits,
    /// What an operation may cost.
    pub cost: CostConfig,
    /// WebSocket connections.
    pub websocket: WebSocketConfig,
    /// Subscriptions of every transport.
    pub streams: StreamConfig,
    /// Files that come with mutations.
    pub uploads: UploadConfig,
    /// How often callers may ask.
    pub rate: RateConfig,
    /// The page for people.
    pub graphiql: GraphiqlConfig,
    /// Documents known before they are sent.
    pub persisted: PersistedConfig,
}

impl Default for EdgeConfig {
    fn default() -> Self {
        Self {
            path: "/graphql".into(),
            body_bytes: 1024 * 1024,
            body_timeout_ms: 10_000,
            json_depth: 64,
            batch_operations: 8,
            operation_timeout_ms: 30_000,
            concurrent_operations: 1024,
            forward_headers: vec!["accept-language".into()],
            trusted_proxies: 0,
            cors_origins: Vec::new(),
            strict_csrf: false,
            introspection: Introspection::Everyone,
            explain: Explain::Nobody,
            mask_errors: true,
            document: DocumentLimits::default(),
            cost: CostConfig::default(),
            websocket: WebSocketConfig::default(),
            streams: StreamConfig::default(),
            uploads: UploadConfig::default(),
            rate: RateConfig::default(),
            graphiql: GraphiqlConfig::default(),
            persisted: PersistedConfig::default(),
        }
    }
}

/// Who may read the schema through `__schema` and `__type`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Introspection {
    /// Anybody: the schema is the partners' manual.
    Everyone,
    /// Callers who have said who they are.
    Authenticated,
    /// Nobody.
    Nobody,
}

/// Who is shown plans, which name subgraphs and what is fetched from them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Explain {
    /// Nobody.
    Nobody,
    /// Callers who have said who they are.
    Authenticated,
    /// Anybody: for development.
    Everyone,
}

/// What a document may hold; see [`platform_guard::Limits`].
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[expect(
    missing_docs,
    reason = "each field is documented where the guard defines it"
)]
pub struct DocumentLimits {
    pub bytes: usize,
    pub tokens: usize,
    pub selection_depth: usize,
    pub literal_depth: usize,
    pub directives_per_location: usize,
    pub directives: usize,
    pub aliases: usize,
    pub operations: usize,
    pub fragments: usize,
    pub expanded_selections: usize,
    pub root_fields: usize,
}

impl Default for DocumentLimits {
    fn default() -> Self {
        let limits = platform_guard::Limits::default();
        Self {
            bytes: limits.bytes,
            tokens: limits.tokens,
            selection_depth: limits.selection_depth,
            literal_depth: limits.literal_depth,
            directives_per_location: limits.directives_per_location,
            directives: limits.directives,
            aliases: limits.aliases,
            operations: limits.operations,
            fragments: limits.fragments,
            expanded_selections: limits.expanded_selections,
            root_fields: limits.root_fields,
        }
    }
}

impl From<&DocumentLimits> for platform_guard::Limits {
    fn from(limits: &DocumentLimits) -> Self {
        Self {
            bytes: limits.bytes,
            tokens: limits.tokens,
            selection_depth: limits.selection_depth,
            literal_depth: limits.literal_depth,
            directives_per_location: limits.directives_per_location,
            directives: limits.directives,
            aliases: limits.aliases,
            operations: limits.operations,
            fragments: limits.fragments,
            expanded_selections: limits.expanded_selections,
            root_fields: limits.root_fields,
        }
    }
}

/// What an operation may cost, estimated before it is planned: an object is one, a list as much as all that is in it.
/// `@cost` and `@listSize` of the schema say otherwise where they stand.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct CostConfig {
    /// Highest cost of one operation; 0 is no limit.
    pub max: u64,
    /// Longest list that may be asked for by number; 0 is no limit.
    pub list_size: u64,
    /// How long a list is taken to be when neither the schema nor the operation says.
    pub assumed_list_size: u64,
    /// Whether answers say what their operation was estimated at, in `extensions.cost.estimated`.
    pub report: bool,
}

impl Default for CostConfig {
    fn default() -> Self {
        Self {
            max: 100_000,
            list_size: 1_000,
            assumed_list_size: 10,
            report: false,
        }
    }
}

impl CostConfig {
    /// Whether nobody wants to know.
    pub(crate) fn is_off(&self) -> bool {
        self.max == 0 && self.list_size == 0 && !self.report
    }
}

/// WebSocket connections (`graphql-transport-ws`).
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct WebSocketConfig {
    /// How long a client may take to send `connection_init`, in milliseconds.
    pub init_timeout_ms: u64,
    /// Time between pings, in milliseconds; a client that answers none for two of them is gone.
    pub ping_interval_ms: u64,
    /// Largest message in bytes.
    pub message_bytes: usize,
    /// Operations at once on one connection.
    pub operations: usize,
    /// Messages waiting to be written before operations of the connection have to wait.
    pub outbox: usize,
    /// How long a write may take before the client is given up, in milliseconds.
    pub write_timeout_ms: u64,
}

impl Default for WebSocketConfig {
    fn default() -> Self {
        Self {
            init_timeout_ms: 3_000,
            ping_interval_ms: 15_000,
            message_bytes: 256 * 1024,
            operations: 50,
            outbox: 16,
            write_timeout_ms: 10_000,
        }
    }
}

/// Subscriptions of every transport.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct StreamConfig {
    /// Connections and subscriptions of one caller at once.
    pub per_caller: usize,
    /// Connections and subscriptions of one tenant at once.
    pub per_tenant: usize,
    /// Connections and subscriptions from one address at once.
    pub per_address: usize,
    /// Events that wait for a slow reader before the oldest are dropped and the gap is reported.
    pub buffer_events: usize,
    /// Time between two looks at whether the caller still may, in milliseconds.
    pub recheck_ms: u64,
    /// Time between signs of life on an idle HTTP stream, in milliseconds.
    pub heartbeat_ms: u64,
}

impl Default for StreamConfig {
    fn default() -> Self {
        Self {
            per_caller: 200,
            per_tenant: 10_000,
            per_address: 500,
            buffer_events: 64,
            recheck_ms: 3_000,
            heartbeat_ms: 12_000,
        }
    }
}

/// Files that come with mutations, by the GraphQL multipart request specification. A form needs a header that pages of
/// other sites may not set, such as `graphql-require-preflight`. Its fields `operations` and `map` are bounded like any
/// other body.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct UploadConfig {
    /// Whether files are taken at all; when not, a form is refused unread.
    pub enabled: bool,
    /// Most files in one request.
    pub files: usize,
    /// Most places in the variables that the files of one request stand at.
    pub places: usize,
    /// Largest file in bytes.
    pub file_bytes: u64,
    /// Most bytes in all files of one request. A subgraph in another process gets them in one piece, out of memory.
    pub total_bytes: u64,
    /// Files of up to so many bytes are kept in memory, larger ones in a temporary file.
    pub memory_bytes: usize,
    /// How long a client may take to send the whole form, in milliseconds.
    pub timeout_ms: u64,
    /// Requests with files under way at once before new ones are turned away.
    pub concurrent: usize,
    /// Of these, from one caller.
    pub per_caller: usize,
    /// Of these, from one tenant.
    pub per_tenant: usize,
    /// Of these, from one address: who sends slowly keeps only so many from the others.
    pub per_address: usize,
}

impl Default for UploadConfig {
    fn default() -> Self {
        Self {
            enabled: true,
            files: 10,
            places: 100,
            file_bytes: 10 * 1024 * 1024,
            total_bytes: 15 * 1024 * 1024,
            memory_bytes: 64 * 1024,
            timeout_ms: 30_000,
            concurrent: 32,
            per_caller: 4,
            per_tenant: 12,
            per_address: 8,
        }
    }
}

/// How often callers may ask, in operations per minute; 0 is no limit. A burst of the whole minute is let through.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RateConfig {
    /// All callers of one tenant together.
    pub tenant_per_minute: u32,
    /// One user, candidate or key.
    pub caller_per_minute: u32,
    /// One address (of IPv6, one /64), whoever calls.
    pub address_per_minute: u32,
    /// API keys from one address that turn out not to be valid; from then on its keys are refused unlooked at. Access tokens
    /// prove themselves and are not counted.
    pub refused_keys_per_minute: u32,
    /// Redis that counts for several edges together; each counts on its own while it is away or absent.
    #[serde(skip_serializing)]
    pub redis_url: Option<String>,
}

impl Default for RateConfig {
    fn default() -> Self {
        Self {
            tenant_per_minute: 6_000,
            caller_per_minute: 1_200,
            address_per_minute: 2_400,
            refused_keys_per_minute: 60,
            redis_url: None,
        }
    }
}

/// The page for people, served to browsers at the endpoint's own path.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct GraphiqlConfig {
    /// Whether there is one.
    pub enabled: bool,
    /// Folder with the files of the npm package `graphiql` and what it needs; without it, or while a file of it is
    /// missing, a plain page of our own is served.
    pub assets: Option<PathBuf>,
    /// What stands in the editor at first, a tab each.
    pub examples: Vec<GraphiqlExample>,
    /// How people sign in on the page; without it they put a token into the headers.
    pub sign_in: Option<GraphiqlSignIn>,
}

/// An operation to begin with.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct GraphiqlExample {
    /// The document.
    pub document: String,
    /// Its variables, as the text of a JSON object.
    pub variables: String,
}

/// How the page gets a token: by operations of the supergraph. Whichever fields named `accessToken` and `refreshToken`
/// their answers have are taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GraphiqlSignIn {
    /// Mutation with the variables `email` and `password`.
    pub document: String,
    /// Mutation with the variable `refreshToken`, sent when a token has expired.
    #[serde(default)]
    pub refresh: Option<String>,
    /// How a signed-in person changes between organisations.
    #[serde(default)]
    pub organisations: Option<GraphiqlOrganisations>,
}

/// The organisations of a person, and how one is entered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GraphiqlOrganisations {
    /// Query without variables.
    pub document: String,
    /// Dotted path of the list in its data.
    pub items: String,
    /// Dotted path of the id in an item.
    pub id: String,
    /// Dotted path of the name in an item.
    pub name: String,
    /// Mutation with the variable `id`, whose answer has a token for the organisation.
    pub enter: String,
}

impl Default for GraphiqlConfig {
    fn default() -> Self {
        Self {
            enabled: true,
            assets: None,
            examples: vec![GraphiqlExample {
                document: "query Example {\n  __typename\n}\n".into(),
                variables: String::new(),
            }],
            sign_in: None,
        }
    }
}

/// Documents known before they are sent.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct PersistedConfig {
    /// Whether clients may register documents by sending them once (automatic persisted queries).
    pub automatic: bool,
    /// Bytes of automatically registered documents that are kept.
    pub automatic_bytes: u64,
    /// A JSON object of documents by the SHA-256 of their text, in hexadecimal.
    pub registered: Option<PathBuf>,
    /// Whether nothing but registered documents is answered.
    pub only_registered: bool,
}

impl Default for PersistedConfig {
    fn default() -> Self {
        Self {
            automatic: true,
            automatic_bytes: 16 * 1024 * 1024,
            registered: None,
            only_registered: false,
        }
    }
}

impl EdgeConfig {
    pub(crate) fn body_timeout(&self) -> Duration {
        Duration::from_millis(self.body_timeout_ms)
    }

    pub(crate) fn operation_timeout(&self) -> Duration {
        Duration::from_millis(self.operation_timeout_ms)
    }
}
