use std::time::Duration;

use chrono::TimeDelta;
use futures::StreamExt as _;
use platform_testkit::Answer;
use serde_json::{Value, json};

use crate::support::{GOOD_ANSWER, NOBODYS, answer_all, create, invite, kit, start, view};

const WATCH: &str = "subscription($id: ID!, $after: String) {
  interviewProgress(interviewId: $id, after: $after) {
    cursor kind percent question { number } interview { status report { overall } }
  }
}";

const SOON: Duration = Duration::from_secs(20);

fn kinds(events: &[Answer]) -> Vec<String> {
    let kind = |event: &Answer| {
        event.data["interviewProgress"]["kind"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    events.iter().map(kind).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_watcher_sees_everything_from_the_beginning_to_the_end() {
    let kit = kit().await;
    let interview = create(&kit, &kit.a, "key").await;
    let mut live = kit.subscribe(
        "interview",
        &kit.a.viewer,
        WATCH,
        json!({ "id": interview["id"] }),
    );
    let first = tokio::time::timeout(SOON, live.next())
        .await
        .unwrap()
        .unwrap()
        .ok();
    assert_eq!(first["interviewProgress"]["kind"], "CREATED");
    let candidate = invite(&kit, &kit.a, &interview, 60).await;
    answer_all(&kit, &candidate, GOOD_ANSWER).await;
    let rest = kit.collect(live, SOON).await;
    let told = kinds(&rest);
    let questions = interview["questions"].as_array().unwrap().len();
    assert_eq!(told[..3], ["LINK_ISSUED", "STARTED", "QUESTION_OPENED"]);
    assert_eq!(
        told.iter()
            .filter(|kind| *kind == "ANSWER_SUBMITTED")
            .count(),
        questions
    );
    let last = &rest.last().unwrap().data["interviewProgress"];
    assert_eq!(
        (&last["kind"], &last["percent"]),
        (&json!("COMPLETED"), &json!(100))
    );
    assert!(last["interview"]["report"]["overall"].is_i64());

    // whoever lost the line goes on after what they saw, also when all is over
    let cursor = rest[rest.len() - 3].data["interviewProgress"]["cursor"].clone();
    let resume = json!({ "id": interview["id"], "after": cursor });
    let resumed = kit.subscribe("interview", &kit.a.viewer, WATCH, resume);
    assert_eq!(
        kinds(&kit.collect(resumed, SOON).await),
        told[told.len() - 2..]
    );
    let at_end = json!({ "id": interview["id"], "after": last["cursor"] });
    let ended = kit.subscribe("interview", &kit.a.viewer, WATCH, at_end);
    assert_eq!(kit.collect(ended, SOON).await, []);
    kit.deliver_events().await;
    kit.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_that_ran_out_is_told_when_it_is_noticed() {
    let kit = kit().await;
    let interview = create(&kit, &kit.a, "key").await;
    let candidate = invite(&kit, &kit.a, &interview, 30).await;
    start(&kit, &candidate).await;
    view(&kit, &candidate).await;
    kit.advance(TimeDelta::minutes(31));
    kit.run_jobs().await;
    let watch = kit.subscribe(
        "interview",
        &kit.a.viewer,
        WATCH,
        json!({ "id": interview["id"] }),
    );
    let told = kinds(&kit.collect(watch, SOON).await);
    assert_eq!(
        told,
        [
            "CREATED",
            "LINK_ISSUED",
            "STARTED",
            "QUESTION_OPENED",
            "QUESTION_TIMED_OUT",
            "EXPIRED"
        ]
    );
    kit.deliver_events().await;
    kit.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn watching_is_for_those_who_may_see_the_interview() {
    let kit = kit().await;
    let interview = create(&kit, &kit.a, "key").await;
    let refused = async |identity, id: &Value, after: Value| -> Vec<String> {
        let stream = kit.subscribe(
            "interview",
            identity,
            WATCH,
            json!({ "id": id, "after": after }),
        );
        let events = kit.collect(stream, SOON).await;
        events
            .iter()
            .flat_map(|event| {
                event
                    .codes()
                    .into_iter()
                    .map(str::to_owned)
                    .collect::<Vec<_>>()
            })
            .collect()
    };
    let (id, nobody) = (&interview["id"], kit.anonymous());
    assert_eq!(
        refused(&kit.a.stranger, id, Value::Null).await,
        ["FORBIDDEN"]
    );
    assert_eq!(refused(&nobody, id, Value::Null).await, ["UNAUTHENTICATED"]);
    assert_eq!(refused(&kit.b.owner, id, Value::Null).await, ["NOT_FOUND"]);
    assert_eq!(
        refused(&kit.a.owner, &json!(NOBODYS), Value::Null).await,
        ["NOT_FOUND"]
    );
    assert_eq!(
        refused(&kit.a.owner, id, json!("forged")).await,
        ["BAD_USER_INPUT"]
    );
    kit.deliver_events().await;
    kit.finish().await;
}
