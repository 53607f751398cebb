//! What reading, analysing and finding CVs costs. Run by `cargo xtask bench cv`, which words the figures; prints one JSON object.
//!
//! Files are those of the corpus, written by its tests; reading is measured as the product does it, a process per file, beside
//! `pdftotext` run in the same way on the same files in turn. Search is measured through the schema under row level security,
//! in a database of its own with the given number of CVs in tenants of a thousand.

#![expect(clippy::unwrap_used, reason = "a bench fails by panicking")]

#[path = "../tests/it/pdf.rs"]
#[expect(dead_code, reason = "the tests use more of it")]
mod pdf;
#[path = "../tests/it/render.rs"]
#[expect(dead_code, reason = "the tests use more of it")]
mod render;

use std::io::Write as _;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use platform_testkit::Harness;
use serde_json::{Value, json};
use subgraph_cv_analysis::CvAnalysisModule;
use subgraph_cv_analysis::domain::extract::extract;
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

fn files() -> Vec<Vec<u8>> {
    render::corpus()
        .personas
        .iter()
        .map(|persona| pdf::pdf(&vec![persona.page(); PAGES]))
        .collect()
}

/// Runs a program on every file until the time is up; gives seconds per file and the greatest resident memory seen, in KiB.
fn each(
    files: &[Vec<u8>],
    time: Duration,
    start: impl Fn(&[u8]) -> std::process::Child,
) -> (f64, u64) {
    let (mut runs, mut memory) = (0_u32, 0);
    let begun = Instant::now();
    while begun.elapsed() < time {
        let file = &files[runs as usize % files.len()];
        let mut child = start(file);
        let status = format!("/proc/{}/status", child.id());
        while child.try_wait().unwrap().is_none() {
            if let Ok(status) = std::fs::read_to_string(&status) {
                let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
                let peak = peak.and_then(|peak| peak.trim().split(' ').next()?.parse().ok());
                memory = memory.max(peak.unwrap_or(0));
            }
            std::thread::sleep(Duration::from_micros(200));
        }
        runs += 1;
    }
    (begun.elapsed().as_secs_f64() / f64::from(runs), memory)
}

fn reading(files: &[Vec<u8>], time: Duration) -> Value {
    let folder = std::env::temp_dir().join(format!("tessera-bench-cv-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let worker = |file: &[u8]| {
        let mut child = Command::new(WORKER)
            .env_clear()
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(file).unwrap();
        child
    };
    let peer = |file: &[u8]| {
        let path = folder.join("cv.pdf");
        std::fs::write(&path, file).unwrap();
        Command::new("pdftotext")
            .arg(&path)
            .arg("-")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap()
    };
    let there = Command::new("pdftotext")
        .arg("-v")
        .stderr(Stdio::null())
        .status()
        .is_ok();
    // in turns, so that whatever else the machine does meets both
    let (mut ours, mut theirs, mut memory, mut turns) = (0.0, 0.0, 0, 0.0);
    for _ in 0..4 {
        let (seconds, peak) = each(files, time / 8, worker);
        ours += seconds;
        memory = memory.max(peak);
        if there {
            theirs += each(files, time / 8, peer).0;
        }
        turns += 1.0;
    }
    std::fs::remove_dir_all(&folder).unwrap();
    let begun = Instant::now();
    let mut inside = 0_u32;
    while begun.elapsed() < time / 4 {
        extract(&files[inside as usize % files.len()]).unwrap();
        inside += 1;
    }
    let pages = PAGES as f64;
    json!({
        "pages_per_second_per_core": pages * turns / ours,
        "pages_per_second_per_core_without_process": pages * f64::from(inside) / begun.elapsed().as_secs_f64(),
        "worker_peak_rss_kib": memory,
        "pdftotext_pages_per_second_per_core": there.then(|| pages * turns / theirs),
    })
}

/// From the file's bytes to the score, in one thread.
fn analyses(files: &[Vec<u8>], time: Duration) -> f64 {
    let taxonomy = Taxonomy::shared().unwrap();
    let requirements = Requirements::read("Engineer", &Text::plain(JOB), taxonomy);
    let as_of = Month {
        year: 2026,
        month: 11,
    };
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
    f64::from(done) / begun.elapsed().as_secs_f64()
}

/// Fills the index as indexing would, tenant by tenant; the first tenant is the harness's own.
async fn fill(kit: &Harness, cvs: u64) {
    let tenants = cvs.div_ceil(PER_TENANT);
    for tenant in 0..tenants {
        let id = if tenant == 0 {
            kit.a.id.uuid()
        } else {
            uuid::Uuid::from_u128(0xbe9c_0000_0000 + u128::from(tenant))
        };
        let count = PER_TENANT.min(cvs - tenant * PER_TENANT);
        let mut tx = kit.admin().begin().await.unwrap();
        for statement in [
            "insert into cv_analysis.document (tenant_id, document_id, file_name, size_bytes, content_sha256, object_key, as_of, created_at) \
             select $1, gen_random_uuid(), 'cv ' || n, 1, sha256(int8send(n)), 'k' || n, '2026-01-01', now() from generate_series(1, $2) n",
            "insert into cv_analysis.search_entry (tenant_id, document_id, number, months, level, education, terms, index_version, indexed_at) \
             select tenant_id, document_id, row_number() over (), (random() * 240)::int, 1 + (random() * 3)::int, 1 + (random() * 5)::int, '{}', 'bench', now() \
             from cv_analysis.document where tenant_id = $1 and $2 > 0",
            "insert into cv_analysis.search_counter values ($1, $2, $2)",
        ] {
            sqlx::query(statement)
                .bind(id)
                .bind(i64::try_from(count).unwrap())
                .execute(&mut *tx)
                .await
                .unwrap();
        }
        // few words are frequent and many are rare
        sqlx::query(
            "insert into cv_analysis.search_posting (tenant_id, term, bucket, entries) \
             select $1, 'w' || word, number >> 8, array_agg(number * 8 + 1 + word % 7 order by number) from ( \
               select distinct n::int as number, (($4 ^ random()) - 1)::int as word from generate_series(1, $2) n, generate_series(1, $3)) words \
             group by word, number >> 8",
        )
        .bind(id)
        .bind(i64::try_from(count).unwrap())
        .bind(i64::try_from(WORDS_PER_CV).unwrap())
        .bind(VOCABULARY as f64)
        .execute(&mut *tx)
        .await
        .unwrap();
        tx.commit().await.unwrap();
        if tenant % 100 == 99 {
            eprintln!("{} CVs", (tenant + 1) * PER_TENANT);
        }
    }
    for table in ["document", "search_entry", "search_posting"] {
        sqlx::query(sqlx::AssertSqlSafe(format!("analyze cv_analysis.{table}")))
            .execute(kit.admin())
            .await
            .unwrap();
    }
}

const SEARCH: &str = "query($query: String, $filter: CvSearchFilter) { searchCvs(query: $query, filter: $filter, first: 20) {
  edges { node { rank level experienceMonths document { fileName } passages { quote } } } } }";

/// Times of searches of several kinds over a database of this many CVs, in microseconds.
async fn search(cvs: u64) -> Value {
    let kit = Harness::builder().module(CvAnalysisModule).build().await;
    let begun = Instant::now();
    fill(&kit, cvs).await;
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
        let begun = Instant::now();
        let answer = kit.ask(&kit.a.viewer, SEARCH, variables).await.ok();
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
        "cvs": cvs, "tenants": cvs.div_ceil(PER_TENANT), "searches": times.len(), "hits": found,
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
