//! What reading, analysing and finding CVs costs. Run by `cargo xtask bench cv`, which words the figures; prints one JSON object.
//!
//! Files are those of the corpus, written by its tests; reading is measured as the product does it, a child of a template per file,
//! beside a process per file and `pdftotext`, a process per file as well, on the same files in turn. What counts is the time that
//! processors spent, children's included, so that other programs on the machine disturb little. Search is measured through the schema under row level security,
//! in a database of its own with the given number of CVs in tenants of a thousand.

#![expect(clippy::unwrap_used, reason = "a bench fails by panicking")]

#[path = "../tests/it/pdf.rs"]
#[expect(dead_code, reason = "the tests use more of it")]
mod pdf;
#[path = "../tests/it/render.rs"]
#[expect(dead_code, reason = "the tests use more of it")]
mod render;

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use bytes::Bytes;
use platform_sdk::Sandbox;
use platform_sdk::sandbox::Limits;
use platform_testkit::{Harness, Tenant};
use serde_json::{Value, json};
use subgraph_cv_analysis::CvAnalysisModule;
use subgraph_cv_analysis::domain::extract::{EXTRACTOR_VERSION, extract};
use subgraph_cv_analysis::domain::job::Requirements;
use subgraph_cv_analysis::domain::period::Month;
use subgraph_cv_analysis::domain::profile::Profile;
use subgraph_cv_analysis::domain::score::{Candidate, Weights, score};
use subgraph_cv_analysis::domain::skill::Taxonomy;
use subgraph_cv_analysis::domain::text::Text;

const WORKER: &str = env!("CARGO_BIN_EXE_cv-extract-worker");
const JOB: &str = "Requirements\n- 5+ years of experience\n- Rust, Kubernetes and PostgreSQL\n- Bachelor's degree\nNice to have\n- Kafka\n- Terraform";
/// Pages of each file: most CVs have two.
const PAGES: usize = 2;
/// CVs of one tenant.
const PER_TENANT: u64 = 1_000;
/// Words of a synthetic CV and of the vocabulary that they are drawn from.
const WORDS_PER_CV: u64 = 100;
const VOCABULARY: u64 = 6_000;
/// From one search's tenant to the next one's; a prime that divides no number of tenants, so that every tenant has its turn.
const STRIDE: usize = 37;

fn files() -> Vec<Vec<u8>> {
    render::corpus()
        .personas
        .iter()
        .map(|persona| pdf::pdf(&vec![persona.page(); PAGES]))
        .collect()
}

/// Hundredths of a second that processors spent on this process, its children and theirs; the time of those that are gone included.
fn processor_time() -> u64 {
    let spent = |folder: String| -> u64 {
        let stat = std::fs::read_to_string(folder + "/stat").unwrap_or_default();
        // user and system time, then those of children, are fields 14 to 17; the second is a name in parentheses
        let fields = stat.rsplit_once(") ").map_or("", |(_, fields)| fields);
        let times = fields.split(' ').skip(11).take(4);
        times.map(|time| time.parse::<u64>().unwrap()).sum()
    };
    let living = children("self").into_iter();
    spent("/proc/self".to_owned()) + living.map(|id| spent(format!("/proc/{id}"))).sum::<u64>()
}

/// Processes that a process started and that are still there.
fn children(process: &str) -> Vec<String> {
    let threads = std::fs::read_dir(format!("/proc/{process}/task"));
    let threads = threads.into_iter().flatten().flatten();
    let lists = threads.map(|thread| std::fs::read_to_string(thread.path().join("children")));
    let lists: Vec<String> = lists.map(Result::unwrap_or_default).collect();
    lists
        .iter()
        .flat_map(|list| list.split_whitespace())
        .map(str::to_owned)
        .collect()
}

/// A line of `/proc/…/status` in KiB.
fn memory(process: &str, line: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let found = status.lines().find_map(|text| text.strip_prefix(line));
    found
        .and_then(|text| text.trim().split(' ').next()?.parse().ok())
        .unwrap_or(0)
}

/// What a way of reading took.
#[derive(Default)]
struct Taken {
    files: u32,
    wall: Duration,
    /// In hundredths of a second.
    processor: u64,
}

impl Taken {
    /// Has files read until the time is up.
    fn more(&mut self, files: &[Vec<u8>], time: Duration, mut read: impl FnMut(&[u8])) {
        let before = processor_time();
        let begun = Instant::now();
        while begun.elapsed() < time {
            read(&files[self.files as usize % files.len()]);
            self.files += 1;
        }
        self.wall += begun.elapsed();
        self.processor += processor_time() - before;
    }

    fn figures(&self) -> Value {
        let pages = PAGES as f64 * f64::from(self.files);
        json!({
            "pages_per_second_of_processor": pages * 100.0 / self.processor.max(1) as f64,
            "pages_per_second_one_after_the_other": pages / self.wall.as_secs_f64(),
        })
    }
}

fn reading(files: &[Vec<u8>], time: Duration) -> Value {
    let folder = std::env::temp_dir().join(format!("tessera-bench-cv-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let sandbox = Sandbox::new(WORKER, &[]);
    let bytes: Vec<Bytes> = files.iter().map(|file| file.clone().into()).collect();
    let bytes_of = |file: &[u8]| {
        let at = bytes.iter().position(|bytes| bytes.as_ref() == file);
        bytes[at.unwrap()].clone()
    };
    let limits = Limits::default();
    let forked = |file: &[u8]| {
        let run = sandbox.run_forked(&["extract"], bytes_of(file), limits);
        assert!(!runtime.block_on(run).unwrap().is_empty());
    };
    let started = |file: &[u8]| {
        let run = sandbox.run(&["extract"], bytes_of(file), limits);
        assert!(!runtime.block_on(run).unwrap().is_empty());
    };
    let peer = |file: &[u8]| {
        let path = folder.join("cv.pdf");
        std::fs::write(&path, file).unwrap();
        let status = Command::new("pdftotext")
            .arg(&path)
            .arg("-")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        assert!(status.unwrap().success());
    };
    let there = Command::new("pdftotext")
        .arg("-v")
        .stderr(Stdio::null())
        .status()
        .is_ok();
    forked(&files[0]); // starts the template
    let template = children("self").pop().unwrap();
    // in turns, so that whatever else the machine does meets all
    let (mut warm, mut cold) = (Taken::default(), Taken::default());
    let (mut theirs, mut inside) = (Taken::default(), Taken::default());
    for _ in 0..4 {
        warm.more(files, time / 12, forked);
        cold.more(files, time / 24, started);
        if there {
            theirs.more(files, time / 12, peer);
        }
        inside.more(files, time / 24, |file| drop(extract(file).unwrap()));
    }
    let mut peak = 0;
    for file in files {
        let watched = async {
            let run = sandbox.run_forked(&["extract"], bytes_of(file), limits);
            tokio::pin!(run);
            loop {
                tokio::select! {
                    done = &mut run => break done,
                    () = tokio::time::sleep(Duration::from_micros(300)) => {
                        let at_work = children(&template);
                        peak = peak.max(at_work.iter().map(|id| memory(id, "VmHWM:")).max().unwrap_or(0));
                    }
                }
            }
        };
        runtime.block_on(watched).unwrap();
    }
    std::fs::remove_dir_all(&folder).unwrap();
    json!({
        "forked": warm.figures(),
        "process_per_file": cold.figures(),
        "without_process": inside.figures(),
        "pdftotext": there.then(|| theirs.figures()),
        "worker_peak_rss_kib": peak,
        "template_rss_kib": memory(&template, "VmRSS:"),
        "template_own_memory_kib": memory(&template, "RssAnon:"),
    })
}

/// From the file's bytes to the score, in one thread; per second that the processor spent.
fn analyses(files: &[Vec<u8>], time: Duration) -> f64 {
    let taxonomy = Taxonomy::shared().unwrap();
    let requirements = Requirements::read("Engineer", &Text::plain(JOB), taxonomy);
    let as_of = Month {
        year: 2026,
        month: 11,
    };
    let before = processor_time();
    let begun = Instant::now();
    let mut done = 0_u32;
    while begun.elapsed() < time {
        let read = extract(&files[done as usize % files.len()]).unwrap();
        let (profile, _) = Profile::read(&read.text, as_of, taxonomy, &[]);
        let scored = score(
            &Candidate::of(&profile),
            &requirements,
            &read.text,
            taxonomy,
            &Weights::default(),
        );
        assert!(scored.total <= 100);
        done += 1;
    }
    f64::from(done) * 100.0 / (processor_time() - before).max(1) as f64
}

/// Fills one tenant as uploading, reading and indexing would, its words drawn anew: few are frequent and many are rare.
async fn fill_tenant(kit: &Harness, tenant: uuid::Uuid, cvs: u64) {
    let cvs = i64::try_from(cvs).unwrap();
    let words = i64::try_from(WORDS_PER_CV).unwrap();
    let mut tx = kit.admin().begin().await.unwrap();
    sqlx::query(
        "create temp table drawn on commit drop as select distinct n::int as number, (($3 ^ random()) - 1)::int as word \
         from generate_series(1, $1) n, generate_series(1, $2)",
    )
    .bind(cvs)
    .bind(words)
    .bind(VOCABULARY as f64)
    .execute(&mut *tx)
    .await
    .unwrap();
    sqlx::query(
        "insert into cv_analysis.document (tenant_id, document_id, file_name, size_bytes, content_sha256, object_key, as_of, created_at) \
         select $1, gen_random_uuid(), 'cv ' || n, 1, sha256(int8send(n)), 'k' || n, '2026-01-01', now() from generate_series(1, $2) n",
    )
    .bind(tenant)
    .bind(cvs)
    .execute(&mut *tx)
    .await
    .unwrap();
    sqlx::query(
        "insert into cv_analysis.search_entry (tenant_id, document_id, number, months, level, education, terms, index_version, indexed_at) \
         select $1, d.document_id, number, (random() * 240)::int, 1 + (random() * 3)::int, 1 + (random() * 5)::int, t.terms, 'bench', now() \
         from (select document_id, row_number() over () as number from cv_analysis.document where tenant_id = $1) d \
         join (select number, array_agg('w' || word order by word) as terms from drawn group by number) t using (number)",
    )
    .bind(tenant)
    .execute(&mut *tx)
    .await
    .unwrap();
    sqlx::query(
        "insert into cv_analysis.extraction (tenant_id, document_id, extractor_version, content, created_at) \
         select $1, document_id, $2, jsonb_build_object('text', jsonb_build_object('content', array_to_string(terms, ' '))), now() \
         from cv_analysis.search_entry where tenant_id = $1",
    )
    .bind(tenant)
    .bind(EXTRACTOR_VERSION)
    .execute(&mut *tx)
    .await
    .unwrap();
    sqlx::query("insert into cv_analysis.search_counter values ($1, $2, $2)")
        .bind(tenant)
        .bind(cvs)
        .execute(&mut *tx)
        .await
        .unwrap();
    sqlx::query(
        "insert into cv_analysis.search_posting (tenant_id, term, bucket, entries) \
         select $1, 'w' || word, number >> 8, array_agg(number * 8 + 1 + word % 7 order by number) from drawn group by word, number >> 8",
    )
    .bind(tenant)
    .execute(&mut *tx)
    .await
    .unwrap();
    tx.commit().await.unwrap();
}

/// Fills the index tenant by tenant, two at a time.
async fn fill(kit: &Harness, tenants: &[Tenant], cvs: u64) {
    let every_other = |first: usize| async move {
        for (done, tenant) in (0_u64..).zip(tenants).skip(first).step_by(2) {
            fill_tenant(
                kit,
                tenant.id.uuid(),
                PER_TENANT.min(cvs - done * PER_TENANT),
            )
            .await;
            if done % 100 == 98 {
                eprintln!("about {} CVs", (done + 2) * PER_TENANT);
            }
        }
    };
    futures::future::join(every_other(0), every_other(1)).await;
    for table in [
        "document",
        "extraction",
        "search_entry",
        "search_posting",
        "search_counter",
    ] {
        sqlx::query(sqlx::AssertSqlSafe(format!(
            "vacuum analyze cv_analysis.{table}"
        )))
        .execute(kit.admin())
        .await
        .unwrap();
    }
}

const SEARCH: &str = "query($query: String, $filter: CvSearchFilter) { searchCvs(query: $query, filter: $filter, first: 20) {
  edges { node { rank level experienceMonths document { fileName } passages { quote } } } } }";

/// Times of searches of several kinds over a database of this many CVs, each in another tenant than the one before, in microseconds.
async fn search(cvs: u64) -> Value {
    let kit = Harness::builder().module(CvAnalysisModule).build().await;
    let mut tenants = Vec::new();
    for number in 0..u32::try_from(cvs.div_ceil(PER_TENANT)).unwrap() {
        tenants.push(kit.tenant(number).await);
    }
    let begun = Instant::now();
    fill(&kit, &tenants, cvs).await;
    let filled = begun.elapsed();
    let mut times = Vec::new();
    let mut found = 0;
    for round in 0..400_u32 {
        let variables = match round % 4 {
            // a frequent word, a rare one, several, and one with filters
            0 => json!({"query": format!("w{}", round % 7)}),
            1 => json!({"query": format!("w{}", 900 + round)}),
            2 => json!({"query": format!("w1 w{} w{}", 2 + round % 5, 10 + round % 20)}),
            _ => {
                json!({"query": format!("w{}", 3 + round % 9), "filter": {"minYears": 3, "levels": ["SENIOR", "LEAD"], "minEducation": "BACHELOR"}})
            }
        };
        let tenant = &tenants[round as usize * STRIDE % tenants.len()];
        let begun = Instant::now();
        let answer = kit.ask(&tenant.viewer, SEARCH, variables).await.ok();
        times.push(u64::try_from(begun.elapsed().as_micros()).unwrap());
        found += answer["searchCvs"]["edges"].as_array().unwrap().len();
    }
    let size: i64 = sqlx::query_scalar("select pg_total_relation_size('cv_analysis.search_posting') + pg_total_relation_size('cv_analysis.search_entry')")
        .fetch_one(kit.admin())
        .await
        .unwrap();
    kit.finish().await;
    times.sort_unstable();
    json!({
        "cvs": cvs, "tenants": tenants.len(), "searches": times.len(), "hits": found,
        "p50_us": times[times.len() / 2], "p99_us": times[times.len() * 99 / 100],
        "index_bytes": size, "filled_in_s": filled.as_secs(),
    })
}

fn argument(name: &str) -> Option<String> {
    let mut arguments = std::env::args().skip_while(|argument| argument != name);
    arguments.nth(1)
}

fn main() {
    let seconds = argument("--seconds").map_or(8, |text| text.parse().unwrap());
    let time = Duration::from_secs(seconds);
    let files = files();
    let reading = reading(&files, time);
    let analyses = analyses(&files, time / 2);
    let sizes = argument("--search").unwrap_or_else(|| "10000".to_owned());
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let mut searches = Vec::new();
    for size in sizes.split(',') {
        searches.push(runtime.block_on(search(size.parse().unwrap())));
    }
    println!(
        "{}",
        json!({"reading": reading, "analyses_per_second_per_core": analyses, "search": searches})
    );
}
