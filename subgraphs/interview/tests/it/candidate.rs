use std::sync::Arc;
use std::time::{Duration, Instant};

use async_graphql::Variables;
use chrono::TimeDelta;
use interview_events::SessionCompleted;
use platform_sdk::graphql::{Document, SubgraphRequest};
use platform_sdk::{Module as _, Origin};
use serde_json::{Value, json};
use subgraph_interview::Interview;

use crate::support::{
    GOOD_ANSWER, NOBODYS, VIEW, answer_all, complete, create, invite, kit, open_next, save, start,
    submission, submit, user_codes, view,
};

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_shown_before_consent_and_one_question_at_a_time_after_it() {
    let kit = kit().await;
    let interview = create(&kit, &kit.a, "key").await;
    let candidate = invite(&kit, &kit.a, &interview, 60).await;
    let refused = "mutation { startCandidateInterview(input: { consent: false }) { interview { status } userErrors { field code } } }";
    let data = kit.ask(&candidate, refused, json!({})).await.ok();
    assert_eq!(
        data["startCandidateInterview"]["userErrors"],
        json!([{ "field": ["input", "consent"], "code": "CONSENT_NEEDED" }])
    );
    let shown = |seen: &Value| {
        seen["questions"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|q| !q["text"].is_null())
            .count()
    };
    assert_eq!(shown(&view(&kit, &candidate).await), 0);
    assert_eq!(
        user_codes(&open_next(&kit, &candidate).await),
        ["NOT_STARTED"]
    );

    start(&kit, &candidate).await;
    let seen = view(&kit, &candidate).await;
    assert_eq!(
        (shown(&seen), &seen["currentQuestion"]["number"]),
        (1, &json!(1))
    );
    // a second question is not to be had by asking
    assert_eq!(
        open_next(&kit, &candidate).await["interview"]["currentQuestion"]["number"],
        1
    );
    let second = &seen["questions"][1]["id"];
    assert_eq!(
        user_codes(&save(&kit, &candidate, second, "early").await),
        ["NOT_OPEN"]
    );
    kit.deliver_events().await;
    kit.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_servers_clock_closes_a_question_and_keeps_what_was_saved() {
    let kit = kit().await;
    let interview = create(&kit, &kit.a, "key").await;
    let candidate = invite(&kit, &kit.a, &interview, 600).await;
    let first = start(&kit, &candidate).await["interview"]["currentQuestion"].clone();
    assert_eq!(first["remainingSeconds"], 300);
    assert_eq!(
        user_codes(&save(&kit, &candidate, &first["id"], "I had begun to write").await),
        Vec::<&str>::new()
    );

    // what is still being typed is nobody's to see
    let answers = "query($id: ID!) { interview(id: $id) { answers { text submittedAt } } }";
    let id = json!({ "id": interview["id"] });
    let told = kit.ask(&kit.a.owner, answers, id.clone()).await.ok();
    assert_eq!(told["interview"]["answers"], json!([]));

    // away for an hour: no question is burnt while nobody looks
    kit.advance(TimeDelta::hours(1));
    let seen = view(&kit, &candidate).await;
    assert_eq!(
        (&seen["currentQuestion"], &seen["answered"]),
        (&Value::Null, &json!(1))
    );
    let late = submit(&kit, &candidate, &first["id"], "finished now", "late")
        .await
        .ok();
    let late = &late["submitAnswer"];
    assert_eq!(
        late["userErrors"],
        json!([{ "field": ["input", "questionId"], "code": "LATE" }])
    );
    assert_eq!(late["interview"]["questions"][0]["outcome"], "TIMED_OUT");
    assert_eq!(
        late["interview"]["questions"][0]["answer"],
        "I had begun to write"
    );
    assert_eq!(late["interview"]["currentQuestion"]["number"], 2);
    assert_eq!(
        late["interview"]["currentQuestion"]["remainingSeconds"],
        300
    );

    let told = kit.ask(&kit.a.owner, answers, id).await.ok();
    assert_eq!(
        told["interview"]["answers"],
        json!([{ "text": "I had begun to write", "submittedAt": null }])
    );

    // within the grace a text that was typed in time still counts
    kit.advance(TimeDelta::seconds(302));
    let second = &late["interview"]["currentQuestion"]["id"];
    let data = submit(&kit, &candidate, second, GOOD_ANSWER, "just")
        .await
        .ok();
    assert_eq!(user_codes(&data["submitAnswer"]), Vec::<&str>::new());

    // a candidate who lets the third go by asks for the fourth
    kit.advance(TimeDelta::minutes(10));
    let next = open_next(&kit, &candidate).await;
    assert_eq!(next["interview"]["currentQuestion"]["number"], 4);
    let save_late = save(
        &kit,
        &candidate,
        &next["interview"]["questions"][2]["id"],
        "x",
    )
    .await;
    assert_eq!(user_codes(&save_late), ["LATE"]);
    kit.deliver_events().await;
    kit.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_is_handed_in_once_however_often_it_is_sent() {
    let kit = kit().await;
    let interview = create(&kit, &kit.a, "key").await;
    let candidate = invite(&kit, &kit.a, &interview, 60).await;
    let first = start(&kit, &candidate).await["interview"]["currentQuestion"]["id"].clone();

    let (query, variables) = submission(&first, GOOD_ANSWER, "key");
    for answer in kit
        .ask_at_once("interview", &candidate, &query, vec![variables; 6])
        .await
    {
        assert_eq!(user_codes(&answer.ok()["submitAnswer"]), Vec::<&str>::new());
    }
    let seen = view(&kit, &candidate).await;
    assert_eq!(
        (&seen["answered"], &seen["currentQuestion"]["number"]),
        (&json!(1), &json!(2))
    );

    assert_eq!(
        submit(&kit, &candidate, &first, "another text", "key")
            .await
            .codes(),
        ["CONFLICT"]
    );
    let again = submit(&kit, &candidate, &first, "another text", "other")
        .await
        .ok();
    assert_eq!(user_codes(&again["submitAnswer"]), ["ALREADY_ANSWERED"]);
    assert_eq!(
        user_codes(&save(&kit, &candidate, &first, "another text").await),
        ["ALREADY_ANSWERED"]
    );
    assert_eq!(
        view(&kit, &candidate).await["questions"][0]["answer"],
        GOOD_ANSWER
    );
    kit.deliver_events().await;
    kit.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_restart_the_candidate_goes_on_where_they_were() {
    let kit = kit().await;
    let interview = create(&kit, &kit.a, "key").await;
    let candidate = invite(&kit, &kit.a, &interview, 60).await;
    let first = start(&kit, &candidate).await["interview"]["currentQuestion"]["id"].clone();
    submit(&kit, &candidate, &first, GOOD_ANSWER, "key")
        .await
        .ok();
    let second = view(&kit, &candidate).await["currentQuestion"]["id"].clone();
    save(&kit, &candidate, &second, "half a thought").await;
    kit.advance(TimeDelta::seconds(40));

    // a module that was booted anew: nothing is left but the database
    let reborn = Interview
        .subgraph(kit.runtime("interview").clone())
        .unwrap();
    let response = reborn
        .execute(SubgraphRequest {
            document: Document::Text(VIEW.to_owned()),
            operation_name: None,
            variables: Variables::default(),
            uploads: Vec::new(),
            origin: Origin {
                identity: Arc::new(candidate.clone()),
                deadline: Instant::now() + Duration::from_secs(10),
                trace_parent: None,
                cancel: Default::default(),
            },
        })
        .await;
    let data = serde_json::to_value(response).unwrap()["data"].clone();
    let current = &data["candidateInterview"]["currentQuestion"];
    assert_eq!(current["id"], second);
    assert_eq!(current["answer"], "half a thought");
    assert_eq!(current["remainingSeconds"], 260);
    kit.deliver_events().await;
    kit.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn extra_time_reaches_every_question_and_no_report() {
    let kit = kit().await;
    let interview = create(&kit, &kit.a, "key").await;
    let candidate = invite(&kit, &kit.a, &interview, 600).await;
    start(&kit, &candidate).await;
    let set = "mutation($input: SetExtraTimeInput!) { setExtraTime(input: $input) { interview { extraTimePercent } userErrors { code } } }";
    let input = |percent: i32| json!({ "input": { "interviewId": interview["id"], "extraTimePercent": percent } });
    let data = kit.ask(&kit.a.owner, set, input(50)).await.ok();
    assert_eq!(data["setExtraTime"]["interview"]["extraTimePercent"], 50);
    let seen = view(&kit, &candidate).await;
    assert_eq!(
        (
            &seen["currentQuestion"]["remainingSeconds"],
            &seen["questions"][1]["limitSeconds"]
        ),
        (&json!(450), &json!(450))
    );
    for percent in [-1, 301] {
        let data = kit.ask(&kit.a.owner, set, input(percent)).await.ok();
        assert_eq!(user_codes(&data["setExtraTime"]), ["OUT_OF_RANGE"]);
    }
    answer_all(&kit, &candidate, GOOD_ANSWER).await;
    let stored: Value = sqlx::query_scalar("select report from interview.report")
        .fetch_one(kit.admin())
        .await
        .unwrap();
    assert!(!stored.to_string().contains("extra"));
    kit.deliver_events().await;
    kit.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_texts_are_refused_or_kept_as_they_are() {
    let kit = kit().await;
    let interview = create(&kit, &kit.a, "key").await;
    let candidate = invite(&kit, &kit.a, &interview, 60).await;
    let first = start(&kit, &candidate).await["interview"]["currentQuestion"]["id"].clone();
    let long = "ä".repeat(10_001);
    assert_eq!(
        user_codes(&save(&kit, &candidate, &first, &long).await),
        ["TOO_LONG"]
    );
    let odd = "a\u{0}b \u{202e}right to left\u{202c} 👩‍👩‍👧 '; drop table interview.answer; --";
    save(&kit, &candidate, &first, odd).await;
    let seen = view(&kit, &candidate).await;
    assert_eq!(seen["currentQuestion"]["answer"], odd.replace('\0', ""));
    for question in [json!(NOBODYS), json!("no uuid"), interview["id"].clone()] {
        assert_eq!(
            submit(&kit, &candidate, &question, "text", "key")
                .await
                .codes(),
            ["NOT_FOUND"]
        );
    }
    assert_eq!(
        submit(&kit, &candidate, &first, "text", "").await.codes(),
        ["BAD_USER_INPUT"]
    );
    // most bytes that the limit lets through
    let most = "𝔘".repeat(10_000);
    let data = submit(&kit, &candidate, &first, &most, "key").await.ok();
    assert_eq!(user_codes(&data["submitAnswer"]), Vec::<&str>::new());
    kit.deliver_events().await;
    kit.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ending_early_is_possible_once_and_tells_the_fact() {
    let kit = kit().await;
    let interview = create(&kit, &kit.a, "key").await;
    let candidate = invite(&kit, &kit.a, &interview, 60).await;
    assert_eq!(
        user_codes(&complete(&kit, &candidate).await),
        ["NOT_STARTED"]
    );
    start(&kit, &candidate).await;
    for _ in 0..3 {
        let ended = complete(&kit, &candidate).await;
        assert_eq!(
            (&ended["interview"]["status"], user_codes(&ended)),
            (&json!("COMPLETED"), vec![])
        );
    }
    let told = kit.published::<SessionCompleted>().await;
    assert_eq!(told.len(), 1);
    assert_eq!((told[0].overall, told[0].complete), (0, false));
    kit.deliver_events().await;
    kit.finish().await;
}
