use serde_json::{Value, json};

use crate::support::{CREATE, JOB, complete, invite, kit, start, submit, user_codes, view};

const MIDDLING: &str = "When I worked on a web shop the checkout broke after a release. I looked at the logs and \
                        fixed the bug in the payment form. The customer could order again.";

const BETTER: &str = "It was my mistake, and I told the team so. I called all 30 customers, because they had waited for \
                      two hours. In the end nobody left, and since then every release has a checklist.";

#[tokio::test(flavor = "multi_thread")]
async fn a_follow_up_is_asked_where_it_is_wanted_with_its_reason_and_counts_for_its_question() {
    let kit = kit().await;
    let input = |key: &str, count: i32| json!({ "input": { "jobText": JOB, "followUps": count, "idempotencyKey": key } });
    let refused = kit
        .ask(&kit.a.owner, CREATE, input("too many", 6))
        .await
        .ok();
    assert_eq!(user_codes(&refused["createInterview"]), ["OUT_OF_RANGE"]);
    let data = kit.ask(&kit.a.owner, CREATE, input("one", 1)).await.ok();
    let interview = &data["createInterview"]["interview"];
    let planned = interview["questions"].as_array().unwrap().len();
    let candidate = invite(&kit, &kit.a, interview, 60).await;
    start(&kit, &candidate).await;

    let first = view(&kit, &candidate).await["currentQuestion"]["id"].clone();
    submit(&kit, &candidate, &first, MIDDLING, "k1").await.ok();
    let query = "{ candidateInterview { currentQuestion { id number text reason limitSeconds } questions { number text reason } } }";
    let seen = kit.ask(&candidate, query, json!({})).await.ok()["candidateInterview"].clone();
    let follow_up = &seen["currentQuestion"];
    assert_eq!(
        (&follow_up["number"], &follow_up["limitSeconds"]),
        (&json!(2), &json!(120))
    );
    assert!(
        follow_up["reason"]
            .as_str()
            .unwrap()
            .starts_with("asked because "),
        "{follow_up}"
    );
    let numbers: Vec<i64> = seen["questions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|q| q["number"].as_i64().unwrap())
        .collect();
    assert_eq!(
        numbers,
        (1..=i64::try_from(planned).unwrap() + 1).collect::<Vec<_>>()
    );

    // no follow-up to a follow-up, and no more than wanted
    submit(&kit, &candidate, &follow_up["id"], BETTER, "k2")
        .await
        .ok();
    let third = view(&kit, &candidate).await["currentQuestion"].clone();
    submit(&kit, &candidate, &third["id"], MIDDLING, "k3")
        .await
        .ok();
    assert_eq!(
        view(&kit, &candidate).await["questions"]
            .as_array()
            .unwrap()
            .len(),
        planned + 1
    );
    complete(&kit, &candidate).await;

    let query = "query($id: ID!) { interview(id: $id) {
      questions { id number followsId reason }
      answers { questionId rating }
      report { questions { questionId number engineRating evidence { questionId quote start end } } }
    } }";
    let data = kit
        .ask(&kit.a.viewer, query, json!({ "id": interview["id"] }))
        .await
        .ok();
    let told = &data["interview"];
    assert_eq!(
        told["questions"][1]["followsId"],
        told["questions"][0]["id"]
    );
    assert_eq!(
        (&told["answers"][0]["rating"], &told["answers"][1]["rating"]),
        (&json!(3), &Value::Null)
    );
    let rated = &told["report"]["questions"][0];
    assert!(rated["engineRating"].as_i64() > Some(3), "{rated}");
    assert_eq!(told["report"]["questions"][1]["number"], 3);
    for cited in rated["evidence"].as_array().unwrap() {
        let source = if cited["questionId"] == follow_up["id"] {
            BETTER
        } else {
            MIDDLING
        };
        let (start, end) = (
            cited["start"].as_u64().unwrap() as usize,
            cited["end"].as_u64().unwrap() as usize,
        );
        assert_eq!(cited["quote"], source[start..end]);
    }
    kit.deliver_events().await;
    kit.finish().await;
}
