//! What partners see.

use crate::kit::harness;

#[tokio::test]
async fn the_schema_describes_everything_and_the_tables_keep_the_rules() {
    let kit = harness().await;
    let sdl = kit.sdl("cv-analysis");
    for part in [
        "type CvAnalysis @key(fields: \"id\")",
        "cvAnalysisProgress(",
        "missingSkills: [String!]",
        "type CvScore",
    ] {
        assert!(sdl.contains(part), "{part} is missing in\n{sdl}");
    }
    let defects = platform_testkit::catalogue::check(kit.admin()).await;
    assert!(defects.is_empty(), "{defects:#?}");
    kit.finish().await;
}
