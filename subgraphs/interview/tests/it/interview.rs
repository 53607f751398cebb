use interview_events::SessionCreated;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{
    CREATE, GOOD_ANSWER, JOB, analysed, answer_all, create, invite, kit, user_codes,
};

const ANALYSIS: Uuid = Uuid::from_u128(0x0190_a000_0000_7000_8000_0000_0000_0001);

fn combined(key: &str) -> Value {
    json!({ "input": { "analysisId": ANALYSIS, "idempotencyKey": key } })
}

#[tokio::test(flavor = "multi_thread")]
async fn an_analysis_tailors_the_interview() {
    let kit = kit().await;
    analysed(&kit, &kit.a, ANALYSIS).await;
    let data = kit.ask(&kit.a.owner, CREATE, combined("one")).await.ok();
    let interview = &data["createInterview"]["interview"];
    assert_eq!(interview["title"], "Platform engineer");
    assert_eq!(interview["analysis"]["id"], json!(ANALYSIS));
    let asked: Vec<String> = interview["questions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|q| {
            format!(
                "{} {} {}",
                q["number"],
                q["kind"].as_str().unwrap(),
                q["skill"]
            )
        })
        .collect();
    insta::assert_snapshot!(asked.join("\n"), @r#"
    1 BEHAVIOURAL null
    2 BEHAVIOURAL null
    3 SITUATIONAL null
    4 TECHNICAL null
    5 TECHNICAL null
    6 TECHNICAL null
    7 PROBE "Kubernetes"
    8 PROBE "Kafka"
    "#);
    let told = kit.published::<SessionCreated>().await;
    assert_eq!(told.len(), 1);
    assert_eq!(
        (told[0].analysis_id, told[0].questions),
        (Some(ANALYSIS), 8)
    );
    kit.deliver_events().await;
    kit.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interview_waits_a_moment_for_its_analysis() {
    let kit = kit().await;
    let (answer, ()) = tokio::join!(kit.ask(&kit.a.owner, CREATE, combined("early")), async {
        tokio::time::sleep(std::time::Duration::from_millis(300)).await;
        analysed(&kit, &kit.a, ANALYSIS).await;
    });
    assert_eq!(answer.ok()["createInterview"]["userErrors"], json!([]));
    kit.deliver_events().await;
    kit.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_comes_twice_has_one_effect() {
    let kit = kit().await;
    let envelope = analysed(&kit, &kit.a, ANALYSIS).await;
    kit.deliver(&envelope).await.unwrap();
    let rows: i64 = sqlx::query_scalar("select count(*) from interview.analysis")
        .fetch_one(kit.admin())
        .await
        .unwrap();
    assert_eq!(rows, 1);
    kit.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_key_gives_the_same_interview() {
    let kit = kit().await;
    let first = create(&kit, &kit.a, "key").await;
    assert_eq!(create(&kit, &kit.a, "key").await["id"], first["id"]);
    // the other tenant's keys are its own
    assert_ne!(create(&kit, &kit.b, "key").await["id"], first["id"]);
    let other = json!({ "input": { "jobText": format!("{JOB} Rust."), "idempotencyKey": "key" } });
    assert_eq!(
        kit.ask(&kit.a.owner, CREATE, other.clone()).await.codes(),
        ["CONFLICT"]
    );

    // pressed five times at once
    let pressed = vec![json!({ "input": { "jobText": JOB, "idempotencyKey": "pressed" } }); 5];
    let mut ids: Vec<Value> = Vec::new();
    for answer in kit
        .ask_at_once("interview", &kit.a.owner, CREATE, pressed)
        .await
    {
        ids.push(answer.ok()["createInterview"]["interview"]["id"].clone());
    }
    ids.dedup();
    assert_eq!(ids.len(), 1);
    kit.deliver_events().await;
    kit.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_can_be_mended_is_said_per_field() {
    let kit = kit().await;
    for (input, codes) in [
        (json!({}), vec!["TOO_SHORT"]),
        (json!({ "jobText": "engineer" }), vec!["TOO_SHORT"]),
        (
            json!({ "analysisId": ANALYSIS, "jobText": JOB, "cvText": "x" }),
            vec!["NOT_WITH_ANALYSIS", "NOT_WITH_ANALYSIS"],
        ),
        (
            json!({ "jobText": JOB, "extraTimePercent": 301 }),
            vec!["OUT_OF_RANGE"],
        ),
        (
            json!({ "jobText": JOB, "title": "x".repeat(201) }),
            vec!["TOO_LONG"],
        ),
    ] {
        let mut input = input;
        input["idempotencyKey"] = json!("key");
        let data = kit
            .ask(&kit.a.owner, CREATE, json!({ "input": input }))
            .await
            .ok();
        assert_eq!(user_codes(&data["createInterview"]), codes, "{input}");
        assert_eq!(data["createInterview"]["interview"], Value::Null);
    }
    for key in ["", &"k".repeat(256)] {
        let input = json!({ "input": { "jobText": JOB, "idempotencyKey": key } });
        assert_eq!(
            kit.ask(&kit.a.owner, CREATE, input).await.codes(),
            ["BAD_USER_INPUT"]
        );
    }
    kit.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_interviews_are_read_in_pages_of_a_hundred() {
    let kit = kit().await;
    sqlx::query(
        "insert into interview.interview (tenant_id, interview_id, status, title, bank_version, created_at) \
         select $1, ('0190a000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, 'CREATED', 'no ' || n, 'v', now() \
         from generate_series(1, 1000) as n",
    )
    .bind(kit.a.id.uuid())
    .execute(kit.admin())
    .await
    .unwrap();
    create(&kit, &kit.b, "of another tenant").await;
    let query = "query($first: Int, $after: String) { interviews(first: $first, after: $after) {
      edges { node { title } } pageInfo { hasNextPage endCursor } } }";
    let mut titles: Vec<Value> = Vec::new();
    let mut after = Value::Null;
    loop {
        let page = kit
            .ask(
                &kit.a.viewer,
                query,
                json!({ "first": 100, "after": after }),
            )
            .await
            .ok();
        let edges = page["interviews"]["edges"].as_array().unwrap();
        assert!(edges.len() <= 100);
        titles.extend(edges.iter().map(|edge| edge["node"]["title"].clone()));
        if page["interviews"]["pageInfo"]["hasNextPage"] == false {
            break;
        }
        after = page["interviews"]["pageInfo"]["endCursor"].clone();
    }
    assert_eq!(titles.len(), 1000);
    assert_eq!(
        (&titles[0], &titles[999]),
        (&json!("no 1000"), &json!("no 1"))
    );
    for (first, after) in [
        (json!(101), Value::Null),
        (json!(-1), Value::Null),
        (json!(1), json!("forged")),
    ] {
        let refused = kit
            .ask(
                &kit.a.viewer,
                query,
                json!({ "first": first, "after": after }),
            )
            .await;
        assert_eq!(refused.codes(), ["BAD_USER_INPUT"]);
    }
    kit.deliver_events().await;
    kit.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn everybody_does_what_they_may_and_nothing_else() {
    let kit = kit().await;
    let interview = create(&kit, &kit.a, "key").await;
    let candidate = invite(&kit, &kit.a, &interview, 60).await;
    let create = json!({ "input": { "jobText": JOB, "idempotencyKey": "other" } });
    let list = "{ interviews { edges { node { id } } } }";
    let own = "{ candidateInterview { title } }";
    assert_eq!(
        kit.ask(&kit.a.viewer, CREATE, create.clone()).await.codes(),
        ["FORBIDDEN"]
    );
    assert_eq!(
        kit.ask(&candidate, CREATE, create).await.codes(),
        ["FORBIDDEN"]
    );
    assert_eq!(
        kit.ask(&candidate, list, json!({})).await.codes(),
        ["FORBIDDEN"]
    );
    assert_eq!(
        kit.ask(&kit.a.stranger, list, json!({})).await.codes(),
        ["FORBIDDEN"]
    );
    assert_eq!(
        kit.ask(&kit.a.owner, own, json!({})).await.codes(),
        ["FORBIDDEN"]
    );
    assert_eq!(
        kit.ask(&kit.anonymous(), list, json!({})).await.codes(),
        ["UNAUTHENTICATED"]
    );
    assert_eq!(
        kit.ask(&kit.anonymous(), own, json!({})).await.codes(),
        ["UNAUTHENTICATED"]
    );
    kit.ask(&kit.a.viewer, list, json!({})).await.ok();

    kit.unlicense(kit.a.id, "interview").await;
    assert_eq!(
        kit.ask(&kit.a.viewer, list, json!({})).await.codes(),
        ["LICENSE_REQUIRED"]
    );
    assert_eq!(
        kit.ask(&candidate, own, json!({})).await.codes(),
        ["LICENSE_REQUIRED"]
    );
    kit.deliver_events().await;
    kit.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_are_there_for_the_recruiter_with_their_ratings() {
    let kit = kit().await;
    let interview = create(&kit, &kit.a, "key").await;
    let candidate = invite(&kit, &kit.a, &interview, 60).await;
    answer_all(&kit, &candidate, GOOD_ANSWER).await;
    let query = "query($id: ID!) { interview(id: $id) { answers { text submittedAt rating anchor evidence { quote } question { number } } } }";
    let data = kit
        .ask(&kit.a.viewer, query, json!({ "id": interview["id"] }))
        .await
        .ok();
    let answers = data["interview"]["answers"].as_array().unwrap();
    assert_eq!(
        answers.len(),
        interview["questions"].as_array().unwrap().len()
    );
    for answer in answers {
        assert_eq!(answer["text"], GOOD_ANSWER);
        assert!((1..=5).contains(&answer["rating"].as_i64().unwrap()));
        for evidence in answer["evidence"].as_array().unwrap() {
            assert!(GOOD_ANSWER.contains(evidence["quote"].as_str().unwrap()));
        }
    }
    assert!(
        answers
            .iter()
            .any(|answer| answer["rating"].as_i64() >= Some(3))
    );
    kit.deliver_events().await;
    kit.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_schema_is_what_the_composer_expects() {
    let kit = kit().await;
    insta::assert_snapshot!(kit.sdl("interview"));
    kit.finish().await;
}
