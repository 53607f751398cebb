//! One CV, one score: by the pure functions a thousand times, byte for byte, and by the worker.

use platform_sdk::Sandbox;
use platform_sdk::sandbox::Limits;
use subgraph_cv_analysis::domain::extract::{Answer, Extraction, extract};
use subgraph_cv_analysis::domain::job::Requirements;
use subgraph_cv_analysis::domain::period::Month;
use subgraph_cv_analysis::domain::profile::Profile;
use subgraph_cv_analysis::domain::score::{Candidate, Weights, score};
use subgraph_cv_analysis::domain::skill::Taxonomy;
use subgraph_cv_analysis::domain::text::Text;

use crate::kit::{JOB, describe, harness, settle, start, upload};
use crate::render::corpus;

fn judged(extraction: &Extraction) -> Vec<u8> {
    let taxonomy = Taxonomy::shared().unwrap();
    let as_of = Month {
        year: 2026,
        month: 11,
    };
    let requirements = Requirements::read("Engineer", &Text::plain(JOB), taxonomy);
    let (profile, findings) = Profile::read(&extraction.text, as_of, taxonomy, &[]);
    let score = score(
        &Candidate::of(&profile),
        &requirements,
        &extraction.text,
        taxonomy,
        &Weights::default(),
    );
    serde_json::to_vec(&(profile, findings, score)).unwrap()
}

#[tokio::test]
async fn a_thousand_times_the_same_cv_is_one_score_byte_for_byte() {
    let file = corpus().personas[0].pdf();
    let first = extract(&file).unwrap();
    let expected = judged(&first);
    let threads: Vec<_> = (0..4)
        .map(|_| {
            let (first, expected) = (first.clone(), expected.clone());
            std::thread::spawn(move || (0..250).all(|_| judged(&first) == expected))
        })
        .collect();
    for thread in threads {
        assert!(thread.join().unwrap());
    }
    let sandbox = Sandbox::new(env!("CARGO_BIN_EXE_cv-extract-worker"), &[]);
    for _ in 0..10 {
        let answer = sandbox
            .run(&["extract"], file.clone().into(), Limits::default())
            .await
            .unwrap();
        match serde_json::from_slice(&answer).unwrap() {
            Answer::Read(extraction) => assert_eq!(judged(&extraction), expected),
            Answer::Refused(error) => panic!("{error}"),
        }
    }
}

/// How often; a release's tests say 1000.
fn times() -> i64 {
    std::env::var("TESSERA_SAMENESS").map_or(24, |times| times.parse().unwrap())
}

#[tokio::test]
async fn every_copy_of_a_cv_is_read_anew_by_the_worker_and_has_one_score() {
    let kit = harness().await;
    let owner = &kit.a.owner;
    let job = describe(&kit, owner, JOB).await;
    let file = corpus().personas[0].pdf();
    for number in 0..times() {
        // other bytes at the end: no document is another's duplicate, and no reading of one serves another
        let copy = [file.as_slice(), format!("% {number}\n").as_bytes()].concat();
        let document = upload(&kit, owner, "cv.pdf", &copy).await;
        let started = start(&kit, owner, &document, &job, &document).await.ok();
        assert!(
            started["startCvAnalysis"]["userErrors"] == serde_json::json!([]),
            "{started}"
        );
    }
    settle(&kit).await;
    let (read, done, verdicts): (i64, i64, i64) = sqlx::query_as(
        "select (select count(*) from cv_analysis.extraction), count(*) filter (where stage = 'DONE'), count(distinct result - 'content_sha256') \
         from cv_analysis.analysis",
    )
    .fetch_one(kit.admin())
    .await
    .unwrap();
    assert_eq!((read, done, verdicts), (times(), times(), 1));
    kit.finish().await;
}
