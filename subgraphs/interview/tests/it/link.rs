use chrono::TimeDelta;
use platform_testkit::Harness;
use serde_json::{Value, json};

use crate::support::{
    GOOD_ANSWER, ISSUE, VIEW, answer_all, create, invite, kit, open_next, start, submit,
    user_codes, view,
};

async fn status(kit: &Harness, interview: &Value) -> Value {
    let query = "query($id: ID!) { interview(id: $id) { status endedAt report { complete } } }";
    kit.ask(&kit.a.viewer, query, json!({ "id": interview["id"] }))
        .await
        .ok()["interview"]
        .clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_opens_one_interview_until_it_expires() {
    let kit = kit().await;
    let interview = create(&kit, &kit.a, "key").await;
    let input = json!({ "input": { "interviewId": interview["id"], "expiresInMinutes": 30 } });
    let data = kit.ask(&kit.a.owner, ISSUE, input).await.ok();
    let link = &data["issueCandidateLink"]["link"];
    assert_eq!(data["issueCandidateLink"]["interview"]["status"], "INVITED");
    let token = link["token"].as_str().unwrap();
    // in the fragment, which browsers do not send
    assert_eq!(
        link["url"],
        format!("http://tessera.test/candidate#{token}")
    );
    let candidate = kit.identity_of(token).unwrap();
    assert_eq!(candidate.scopes().to_string(), "interview:session.answer");
    assert_eq!(view(&kit, &candidate).await["status"], "INVITED");

    kit.advance(TimeDelta::minutes(30));
    assert!(kit.identity_of(token).is_err());
    // also for an identity that was found valid a moment ago
    assert_eq!(
        kit.ask(&candidate, VIEW, json!({})).await.codes(),
        ["UNAUTHENTICATED"]
    );
    kit.run_jobs().await;
    let seen = status(&kit, &interview).await;
    assert_eq!(
        (&seen["status"], &seen["report"]),
        (&json!("EXPIRED"), &Value::Null)
    );
    kit.deliver_events().await;
    kit.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn revoked_and_replaced_links_open_nothing_and_look_alike() {
    let kit = kit().await;
    let interview = create(&kit, &kit.a, "key").await;
    let first = invite(&kit, &kit.a, &interview, 60).await;
    start(&kit, &first).await;
    let second = invite(&kit, &kit.a, &interview, 60).await;
    let replaced = kit.ask(&first, VIEW, json!({})).await;
    assert_eq!(replaced.codes(), ["UNAUTHENTICATED"]);
    assert_eq!(view(&kit, &second).await["status"], "IN_PROGRESS");

    let revoke = "mutation($input: RevokeCandidateLinkInput!) {
      revokeCandidateLink(input: $input) { interview { status linkExpiresAt } userErrors { code } } }";
    let input = json!({ "input": { "interviewId": interview["id"] } });
    let data = kit.ask(&kit.a.owner, revoke, input.clone()).await.ok();
    assert_eq!(
        data["revokeCandidateLink"]["interview"]["linkExpiresAt"],
        Value::Null
    );
    // again changes nothing
    assert_eq!(kit.ask(&kit.a.owner, revoke, input).await.ok(), data);
    let revoked = kit.ask(&second, VIEW, json!({})).await;
    assert_eq!(revoked, replaced);
    for (query, name) in [
        (
            "mutation { startCandidateInterview(input: { consent: true }) { userErrors { code } } }",
            "start",
        ),
        (
            "mutation { completeCandidateInterview { userErrors { code } } }",
            "complete",
        ),
    ] {
        assert_eq!(
            kit.ask(&second, query, json!({})).await.codes(),
            ["UNAUTHENTICATED"],
            "{name}"
        );
    }
    kit.deliver_events().await;
    kit.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_link_in_force_ends_an_interview() {
    let kit = kit().await;
    let interview = create(&kit, &kit.a, "key").await;
    invite(&kit, &kit.a, &interview, 10).await;
    let candidate = invite(&kit, &kit.a, &interview, 60).await;
    kit.advance(TimeDelta::minutes(11));
    kit.run_jobs().await;
    assert_eq!(view(&kit, &candidate).await["status"], "INVITED");

    // begun, one answer, then silence: expired, but with a report of what is there
    start(&kit, &candidate).await;
    let question = view(&kit, &candidate).await["currentQuestion"]["id"].clone();
    submit(&kit, &candidate, &question, GOOD_ANSWER, "k")
        .await
        .ok();
    kit.advance(TimeDelta::minutes(60));
    kit.run_jobs().await;
    let seen = status(&kit, &interview).await;
    assert_eq!(
        (&seen["status"], &seen["report"]["complete"]),
        (&json!("EXPIRED"), &json!(false))
    );
    kit.deliver_events().await;
    kit.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_ended_interview_gets_no_link_and_a_link_has_bounds() {
    let kit = kit().await;
    let interview = create(&kit, &kit.a, "key").await;
    for minutes in [0, -5, 28 * 24 * 60 + 1, i32::MAX, i32::MIN] {
        let input =
            json!({ "input": { "interviewId": interview["id"], "expiresInMinutes": minutes } });
        let data = kit.ask(&kit.a.owner, ISSUE, input).await.ok();
        assert_eq!(
            user_codes(&data["issueCandidateLink"]),
            ["OUT_OF_RANGE"],
            "{minutes}"
        );
    }
    let candidate = invite(&kit, &kit.a, &interview, 28 * 24 * 60).await;
    answer_all(&kit, &candidate, GOOD_ANSWER).await;
    let input = json!({ "input": { "interviewId": interview["id"] } });
    let data = kit.ask(&kit.a.owner, ISSUE, input).await.ok();
    assert_eq!(user_codes(&data["issueCandidateLink"]), ["ENDED"]);
    // the candidate may still look, and going on changes nothing
    assert_eq!(view(&kit, &candidate).await["status"], "COMPLETED");
    assert_eq!(
        open_next(&kit, &candidate).await["interview"]["currentQuestion"],
        Value::Null
    );
    kit.deliver_events().await;
    kit.finish().await;
}
