//! Two subgraphs in this process that remember what was fetched from them.

use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering};
use std::time::Duration;

use async_graphql::{
    Context, EmptyMutation, EmptySubscription, Error, ErrorExtensions as _, ID, Interface, Object,
    Request, Response, Schema, SimpleObject, Subscription, Union,
};
use futures::future::{BoxFuture, FutureExt as _};
use futures::stream::{BoxStream, Stream, StreamExt as _};
use parking_lot::Mutex;
use router_edge::Caller;
use router_engine::{GraphqlError, LocalRequest, LocalResponse, LocalSubgraph};

/// Texts of all fetches, in the order in which they came.
pub(crate) type Log = Arc<Mutex<Vec<String>>>;

/// Things that a subgraph has alive: raised and lowered by its streams.
pub(crate) static OPEN_STREAMS: AtomicI32 = AtomicI32::new(0);

#[derive(SimpleObject)]
struct Item {
    id: ID,
    label: String,
    cost: Option<i32>,
}

#[derive(SimpleObject)]
struct Vault {
    id: ID,
    label: String,
}

#[derive(Interface)]
#[graphql(field(name = "id", ty = "&ID"), field(name = "label", ty = "&String"))]
enum Thing {
    Item(Item),
    Vault(Vault),
}

#[derive(Union)]
enum Either {
    Item(Item),
    Vault(Vault),
}

fn item(id: &str) -> Item {
    Item {
        id: ID::from(id),
        label: format!("item {id}"),
        cost: Some(3),
    }
}

fn vault() -> Vault {
    Vault {
        id: ID::from("v"),
        label: "gold".into(),
    }
}

struct CatalogQuery;

#[Object(name = "Query")]
impl CatalogQuery {
    async fn hello(&self, name: Option<String>) -> String {
        format!("hello {}", name.as_deref().unwrap_or("world"))
    }

    async fn whoami(&self, ctx: &Context<'_>) -> String {
        ctx.data_unchecked::<String>().clone()
    }

    async fn item(&self, id: ID) -> Option<Item> {
        Some(item(&id))
    }

    async fn thing(&self, id: ID) -> Option<Thing> {
        Some(if id.as_str() == "v" {
            Thing::Vault(vault())
        } else {
            Thing::Item(item(&id))
        })
    }

    async fn any(&self) -> Vec<Either> {
        vec![Either::Item(item("1")), Either::Vault(vault())]
    }

    async fn slow(&self, ms: u64) -> bool {
        tokio::time::sleep(Duration::from_millis(ms)).await;
        true
    }

    async fn fails(&self, code: Option<String>) -> Result<Option<String>, Error> {
        let error = Error::new("relation \"users\" does not exist");
        Err(match code {
            Some(code) => error.extend_with(|_, extensions| extensions.set("code", code.as_str())),
            None => error,
        })
    }

    async fn panics(&self, really: Option<bool>) -> Option<String> {
        assert!(really == Some(false), "a resolver panics");
        None
    }

    async fn mine(&self) -> Option<String> {
        Some("mine".into())
    }

    async fn managed(&self) -> Option<String> {
        Some("managed".into())
    }

    async fn licensed(&self) -> Option<String> {
        Some("licensed".into())
    }

    async fn vault(&self) -> Option<Vault> {
        Some(vault())
    }

    #[graphql(entity)]
    async fn find_item(&self, id: ID) -> Item {
        item(&id)
    }
}

struct CatalogMutation;

static TOUCHED: AtomicI32 = AtomicI32::new(0);

#[Object(name = "Mutation")]
impl CatalogMutation {
    async fn touch(&self) -> i32 {
        TOUCHED.fetch_add(1, Ordering::SeqCst) + 1
    }

    async fn wipe(&self) -> i32 {
        0
    }
}

struct CatalogSubscription;

struct Alive;

impl Alive {
    fn new() -> Self {
        OPEN_STREAMS.fetch_add(1, Ordering::SeqCst);
        Self
    }
}

impl Drop for Alive {
    fn drop(&mut self) {
        OPEN_STREAMS.fetch_sub(1, Ordering::SeqCst);
    }
}

#[Subscription(name = "Subscription")]
impl CatalogSubscription {
    async fn items(
        &self,
        count: i32,
        every_ms: u64,
        after: Option<i32>,
    ) -> impl Stream<Item = Item> {
        let first = after.map_or(0, |after| after + 1);
        let alive = Alive::new();
        futures::stream::iter(first..count).then(move |n| {
            let _ = &alive;
            async move {
                tokio::time::sleep(Duration::from_millis(every_ms)).await;
                item(&n.to_string())
            }
        })
    }

    async fn flood(&self, count: i32, bytes: Option<usize>) -> impl Stream<Item = String> {
        let padding = "x".repeat(bytes.unwrap_or(0));
        futures::stream::iter(0..count).then(move |n| {
            let text = format!("{n}:{padding}");
            async move {
                tokio::task::yield_now().await;
                text
            }
        })
    }

    async fn privately(&self) -> impl Stream<Item = i32> {
        let alive = Alive::new();
        futures::stream::iter(0..).then(move |n| {
            let _ = &alive;
            async move {
                tokio::time::sleep(Duration::from_millis(20)).await;
                n
            }
        })
    }
}

/// What `prices` adds to an item.
struct PricedItem {
    id: ID,
    cost: Option<i32>,
}

#[Object(name = "Item")]
impl PricedItem {
    async fn id(&self) -> &ID {
        &self.id
    }

    async fn price(&self) -> i32 {
        10
    }

    async fn appraisal(&self, ms: u64) -> i32 {
        tokio::time::sleep(Duration::from_millis(ms)).await;
        11
    }

    #[graphql(external)]
    async fn cost(&self) -> Option<i32> {
        self.cost
    }

    #[graphql(requires = "cost")]
    async fn margin(&self) -> Option<i32> {
        self.cost.map(|cost| 10 - cost)
    }
}

struct PricesQuery;

#[Object(name = "Query")]
impl PricesQuery {
    #[graphql(entity)]
    async fn find_item(&self, #[graphql(key)] id: ID, cost: Option<i32>) -> PricedItem {
        PricedItem { id, cost }
    }
}

type Run = Arc<dyn Fn(Request) -> BoxFuture<'static, Response> + Send + Sync>;
type Subscribe = Arc<dyn Fn(Request) -> BoxStream<'static, Response> + Send + Sync>;

struct Subgraph {
    log: Log,
    run: Run,
    subscribe: Subscribe,
}

impl Subgraph {
    fn request(&self, request: LocalRequest) -> Request {
        self.log.lock().push(request.text.to_string());
        let who = (&*request.context.principal as &dyn std::any::Any)
            .downcast_ref::<Caller>()
            .map_or("unknown".to_owned(), |caller| {
                caller.identity().subject().to_string()
            });
        let mut inner = Request::new("").variables(request.variables).data(who);
        inner.set_parsed_query((*request.document).clone());
        inner
    }
}

fn response(response: Response) -> LocalResponse {
    let errors = response
        .errors
        .iter()
        .map(|error| serde_json::from_value(serde_json::to_value(error).unwrap()).unwrap())
        .collect::<Vec<GraphqlError>>();
    LocalResponse {
        data: Arc::new(response.data),
        errors,
    }
}

impl LocalSubgraph for Subgraph {
    fn execute(&self, request: LocalRequest) -> BoxFuture<'static, LocalResponse> {
        (self.run)(self.request(request)).map(response).boxed()
    }

    fn subscribe(&self, request: LocalRequest) -> BoxStream<'static, LocalResponse> {
        (self.subscribe)(self.request(request))
            .map(response)
            .boxed()
    }
}

/// The subgraph of items.
pub(crate) fn catalog(log: Log) -> Arc<dyn LocalSubgraph> {
    let schema = Schema::build(CatalogQuery, CatalogMutation, CatalogSubscription)
        .enable_federation()
        .finish();
    let subscriptions = schema.clone();
    Arc::new(Subgraph {
        log,
        run: Arc::new(move |request| {
            let schema = schema.clone();
            async move { schema.execute(request).await }.boxed()
        }),
        subscribe: Arc::new(move |request| subscriptions.execute_stream(request).boxed()),
    })
}

/// The subgraph of prices.
pub(crate) fn prices(log: Log) -> Arc<dyn LocalSubgraph> {
    let schema = Schema::build(PricesQuery, EmptyMutation, EmptySubscription)
        .enable_federation()
        .finish();
    let subscriptions = schema.clone();
    Arc::new(Subgraph {
        log,
        run: Arc::new(move |request| {
            let schema = schema.clone();
            async move { schema.execute(request).await }.boxed()
        }),
        subscribe: Arc::new(move |request| subscriptions.execute_stream(request).boxed()),
    })
}
