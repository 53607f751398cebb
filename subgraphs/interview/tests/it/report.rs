use interview_events::SessionCompleted;
use serde_json::json;

use crate::support::{GOOD_ANSWER, NOBODYS, answer_all, create, invite, kit, start, user_codes};

const REPORT: &str = "query($id: ID!) { interview(id: $id) { report {
  overall technical behavioural communication probesOverall complete reviewAdvised engine
  competencies { competency rating anchor evidence { quote start end } }
  questions { number kind rating engineRating overridden { rating reason } problem }
  probes { skill rating anchor }
  feedback
} } }";

const RATE: &str = "mutation($input: OverrideRatingInput!) {
  overrideRating(input: $input) { interview { report { overall } } userErrors { field code } }
}";

#[tokio::test(flavor = "multi_thread")]
async fn a_completed_interview_has_a_report_that_can_be_followed() {
    let kit = kit().await;
    let interview = create(&kit, &kit.a, "key").await;
    let candidate = invite(&kit, &kit.a, &interview, 60).await;
    answer_all(&kit, &candidate, GOOD_ANSWER).await;
    let data = kit
        .ask(&kit.a.viewer, REPORT, json!({ "id": interview["id"] }))
        .await
        .ok();
    insta::assert_json_snapshot!(data["interview"]["report"]);
    let told = kit.published::<SessionCompleted>().await;
    assert_eq!(
        json!(told[0].overall),
        data["interview"]["report"]["overall"]
    );
    kit.deliver_events().await;
    kit.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_stands_above_the_engine_and_gives_a_reason() {
    let kit = kit().await;
    let interview = create(&kit, &kit.a, "key").await;
    let candidate = invite(&kit, &kit.a, &interview, 60).await;
    let question = &interview["questions"][0]["id"];
    let rate = |rating: i32, reason: &str| {
        json!({ "input": {
        "interviewId": interview["id"], "questionId": question, "rating": rating, "reason": reason } })
    };
    start(&kit, &candidate).await;
    let early = kit.ask(&kit.a.owner, RATE, rate(5, "knows it")).await.ok();
    assert_eq!(user_codes(&early["overrideRating"]), ["NOT_ENDED"]);
    answer_all(&kit, &candidate, "I do not know what to say to this.").await;

    for (rating, reason, codes) in [
        (0, "r", vec!["OUT_OF_RANGE"]),
        (6, "r", vec!["OUT_OF_RANGE"]),
        (3, "  ", vec!["REQUIRED"]),
        (-1, "", vec!["OUT_OF_RANGE", "REQUIRED"]),
    ] {
        let data = kit.ask(&kit.a.owner, RATE, rate(rating, reason)).await.ok();
        assert_eq!(user_codes(&data["overrideRating"]), codes);
    }
    let before = kit
        .ask(&kit.a.viewer, REPORT, json!({ "id": interview["id"] }))
        .await
        .ok();
    kit.ask(&kit.a.owner, RATE, rate(2, "first thought"))
        .await
        .ok();
    kit.ask(&kit.a.owner, RATE, rate(5, "answered well in the call"))
        .await
        .ok();
    let after = kit
        .ask(&kit.a.viewer, REPORT, json!({ "id": interview["id"] }))
        .await
        .ok();
    let (before, after) = (
        &before["interview"]["report"],
        &after["interview"]["report"],
    );
    assert!(after["overall"].as_i64() > before["overall"].as_i64());
    let first = &after["questions"][0];
    assert_eq!(
        first["overridden"],
        json!({ "rating": 5, "reason": "answered well in the call" })
    );
    assert_eq!(
        (&first["rating"], &first["engineRating"]),
        (&json!(5), &before["questions"][0]["rating"])
    );
    assert_eq!(after["communication"], before["communication"]);

    let unknown = json!({ "input": { "interviewId": interview["id"], "questionId": NOBODYS, "rating": 3, "reason": "r" } });
    assert_eq!(
        kit.ask(&kit.a.owner, RATE, unknown).await.codes(),
        ["NOT_FOUND"]
    );
    assert_eq!(
        kit.ask(&kit.a.viewer, RATE, rate(5, "r")).await.codes(),
        ["FORBIDDEN"]
    );
    // the fact of completion is told once, whatever is rated later
    assert_eq!(kit.published::<SessionCompleted>().await.len(), 1);
    kit.deliver_events().await;
    kit.finish().await;
}
