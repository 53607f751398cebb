//! Measures composition on generated subgraphs of realistic size, for `cargo xtask bench compose`
//!
//! `measure N` prints one JSON object; `measure N --emit` prints the subgraphs instead, for the
//! oracles.

use std::error::Error;
use std::fmt::Write as _;
use std::time::{Duration, Instant};

use router_composition::{Composer, SubgraphInput, compose};

/// Entities that a subgraph owns.
const ENTITIES: usize = 12;
/// Value types, inputs and enums of a subgraph, each.
const OTHERS: usize = 6;

/// One subgraph of a company: entities with keys, fields on the entities of two others, connections,
/// inputs, enums, an interface, mutations; about 12 kB.
fn subgraph(at: usize, of: usize, revision: usize) -> Result<SubgraphInput, std::fmt::Error> {
    let mut sdl = String::from(
        "extend schema @link(url: \"https://specs.apollo.dev/federation/v2.5\", import: [\"@key\", \"@shareable\", \"@external\", \"@requires\", \"@tag\", \"@inaccessible\", \"@authenticated\"])\n\
         type PageInfo @shareable { hasNextPage: Boolean! endCursor: String }\n\
         interface Node { id: ID! }\n",
    );
    let mut queries = String::new();
    let mut mutations = String::new();
    for entity in 0..ENTITIES {
        let name = format!("S{at}Entity{entity}");
        writeln!(
            sdl,
            "\"\"\"\nAn entity of subgraph {at}\n\"\"\"\ntype {name} implements Node @key(fields: \"id\") @key(fields: \"tenant number\") {{\n  \"the id\"\n  id: ID!\n  tenant: ID!\n  number: Int!\n  \"the name\"\n  name: String! @tag(name: \"public\")\n  note: String @authenticated\n  status: S{at}Status{status}!\n  value: S{at}Value{status}\n  related(first: Int = 20, after: String): {name}Connection!\n  next: S{at}Entity{next}\n}}\ntype {name}Connection {{ edges: [{name}Edge!]! pageInfo: PageInfo! }}\ntype {name}Edge {{ cursor: String! node: {name}! }}",
            status = entity % OTHERS,
            next = (entity + 1) % ENTITIES,
        )?;
        writeln!(
            queries,
            "  s{at}Entity{entity}(id: ID!): {name}\n  s{at}Entities{entity}(filter: S{at}Filter{}, first: Int, after: String): {name}Connection!",
            entity % OTHERS
        )?;
        writeln!(
            mutations,
            "  s{at}Update{entity}(input: S{at}Filter{}!): {name}!",
            entity % OTHERS
        )?;
    }
    for other in 0..OTHERS {
        writeln!(
            sdl,
            "type S{at}Value{other} {{ amount: Int! currency: String! label: String @inaccessible parts: [S{at}Value{other}!] }}"
        )?;
        writeln!(
            sdl,
            "enum S{at}Status{other} {{ OPEN CLOSED PENDING @deprecated(reason: \"never used\") }}"
        )?;
        writeln!(
            sdl,
            "input S{at}Filter{other} {{ text: String status: S{at}Status{other} = OPEN ids: [ID!] limit: Int = {revision} }}"
        )?;
    }
    for step in [1, 7] {
        let neighbour = (at + step) % of;
        if neighbour == at {
            continue;
        }
        for entity in 0..4 {
            writeln!(
                sdl,
                "type S{neighbour}Entity{entity} @key(fields: \"id\") {{ id: ID! name: String! @external s{at}Score{step}: Float! s{at}Label{step}: String @requires(fields: \"name\") s{at}Of{step}: [S{at}Entity{entity}!]! }}"
            )?;
        }
    }
    write!(
        sdl,
        "type Query {{\n{queries}}}\ntype Mutation {{\n{mutations}}}\n"
    )?;
    Ok(SubgraphInput {
        name: format!("subgraph-{at}"),
        url: format!("http://subgraph-{at}.local/graphql"),
        sdl,
    })
}

/// The resident memory of this process in KiB, where the system tells.
fn resident_kib() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?
        .trim()
        .split(' ')
        .next()?
        .parse()
        .ok()
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let count: usize = arguments.next().ok_or("how many subgraphs?")?.parse()?;
    let subgraphs = (0..count)
        .map(|at| subgraph(at, count, 10))
        .collect::<Result<Vec<_>, _>>()?;
    if arguments.next().as_deref() == Some("--emit") {
        let list: Vec<_> = subgraphs
            .iter()
            .map(|subgraph| serde_json::json!({"name": subgraph.name, "url": subgraph.url, "sdl": subgraph.sdl}))
            .collect();
        println!("{}", serde_json::Value::from(list));
        return Ok(());
    }
    let mut times: Vec<Duration> = Vec::new();
    for _ in 0..9 {
        let start = Instant::now();
        compose(&subgraphs)?;
        times.push(start.elapsed());
    }
    times.sort_unstable();
    let mut composer = Composer::new();
    for subgraph in &subgraphs {
        composer.set(subgraph.clone());
    }
    let composition = composer.compose()?;
    let mut again: Vec<Duration> = Vec::new();
    for revision in 11..20 {
        let changed = subgraph(count / 2, count, revision)?;
        let start = Instant::now();
        composer.set(changed);
        composer.compose()?;
        again.push(start.elapsed());
    }
    again.sort_unstable();
    let bytes: usize = subgraphs.iter().map(|subgraph| subgraph.sdl.len()).sum();
    println!(
        "{}",
        serde_json::json!({
            "subgraphs": count,
            "input_bytes": bytes,
            "supergraph_bytes": composition.supergraph_sdl.len(),
            "compose_us": micros(times[times.len() / 2]),
            "incremental_us": micros(again[again.len() / 2]),
            "peak_memory_kib": resident_kib(),
        })
    );
    Ok(())
}
