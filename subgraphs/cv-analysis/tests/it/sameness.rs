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

use crate::kit::JOB;
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
