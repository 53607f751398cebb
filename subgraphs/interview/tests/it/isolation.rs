use platform_testkit::catalogue;
use serde_json::json;
use uuid::Uuid;

use crate::support::{CREATE, ISSUE, NOBODYS, analysed, create, invite, kit, start, submit, view};

#[tokio::test(flavor = "multi_thread")]
async fn another_tenants_objects_are_not_found_byte_for_byte() {
    let kit = kit().await;
    let theirs = create(&kit, &kit.b, "key").await;
    let question = &theirs["questions"][0]["id"];
    let documents = [
        ("query($id: ID!) { interview(id: $id) { id } }", json!({})),
        (
            "mutation($id: ID!) { issueCandidateLink(input: { interviewId: $id }) { link { token } } }",
            json!({}),
        ),
        (
            "mutation($id: ID!) { revokeCandidateLink(input: { interviewId: $id }) { interview { id } } }",
            json!({}),
        ),
        (
            "mutation($id: ID!) { setExtraTime(input: { interviewId: $id, extraTimePercent: 5 }) { interview { id } } }",
            json!({}),
        ),
        (
            "mutation($id: ID!, $q: ID!) { overrideRating(input: { interviewId: $id, questionId: $q, rating: 5, reason: \"r\" }) { interview { id } } }",
            json!({ "q": question }),
        ),
        (
            "query($id: ID!) { _entities(representations: [{ __typename: \"Interview\", id: $id }]) { ... on Interview { title } } }",
            json!({}),
        ),
    ];
    for (document, mut variables) in documents {
        let mut answers = Vec::new();
        for id in [&theirs["id"], &json!(NOBODYS), &json!("no uuid at all")] {
            variables["id"] = id.clone();
            let answer = kit.ask(&kit.a.owner, document, variables.clone()).await;
            answers.push((
                answer.data.to_string(),
                serde_json::to_string(&answer.errors).unwrap(),
            ));
        }
        answers.dedup();
        assert_eq!(answers.len(), 1, "{document}: {answers:#?}");
        assert!(!answers[0].1.contains("INTERNAL"), "{answers:#?}");
    }
    kit.deliver_events().await;
    kit.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_tenants_analysis_is_no_analysis() {
    let kit = kit().await;
    let theirs = Uuid::from_u128(0x0190_a000_0000_7000_8000_0000_0000_0002);
    analysed(&kit, &kit.b, theirs).await;
    let input = |id: &str| json!({ "input": { "analysisId": id, "idempotencyKey": "k" } });
    let other = kit
        .ask(&kit.a.owner, CREATE, input(&theirs.to_string()))
        .await;
    assert_eq!(other.codes(), ["NOT_FOUND"]);
    assert_eq!(other, kit.ask(&kit.a.owner, CREATE, input(NOBODYS)).await);
    assert_eq!(other, kit.ask(&kit.a.owner, CREATE, input("no uuid")).await);
    kit.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_candidate_reaches_one_interview_only() {
    let kit = kit().await;
    let mine = create(&kit, &kit.a, "mine").await;
    let other = create(&kit, &kit.a, "other").await;
    let candidate = invite(&kit, &kit.a, &mine, 60).await;
    let neighbour = invite(&kit, &kit.a, &other, 60).await;
    start(&kit, &candidate).await;
    start(&kit, &neighbour).await;
    let foreign = view(&kit, &neighbour).await["currentQuestion"]["id"].clone();
    let refused = submit(&kit, &candidate, &foreign, "text", "key").await;
    assert_eq!(refused.codes(), ["NOT_FOUND"]);
    assert_eq!(
        refused,
        submit(&kit, &candidate, &json!(NOBODYS), "text", "key").await
    );
    let input = json!({ "input": { "interviewId": mine["id"] } });
    assert_eq!(
        kit.ask(&candidate, ISSUE, input).await.codes(),
        ["FORBIDDEN"]
    );
    kit.deliver_events().await;
    kit.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_table_is_protected() {
    let kit = kit().await;
    let defects = catalogue::check(kit.admin()).await;
    assert!(defects.is_empty(), "{defects:#?}");
    kit.finish().await;
}

/// Root fields as the schema declares them: type, field.
fn root_fields(sdl: &str) -> Vec<(String, String)> {
    let mut fields = Vec::new();
    let mut root = None;
    let mut in_text = false;
    for line in sdl.lines() {
        if line.trim_start().starts_with("\"\"\"") {
            in_text = line.matches("\"\"\"").count() == 1 && !in_text;
        } else if in_text {
            continue;
        } else if let Some(name) = ["Query", "Mutation", "Subscription"]
            .iter()
            .find(|name| line.starts_with(&format!("type {name} ")))
        {
            root = Some(*name);
        } else if line.starts_with('}') {
            root = None;
        } else if let (Some(root), Some(field)) = (
            root,
            line.strip_prefix("  ")
                .filter(|l| l.starts_with(char::is_alphabetic)),
        ) {
            let end = field.find(['(', ':']).unwrap();
            fields.push((root.to_owned(), field[..end].to_owned()));
        }
    }
    fields
}

#[tokio::test(flavor = "multi_thread")]
async fn every_field_is_open_to_those_who_may_and_closed_to_all_others() {
    let kit = kit().await;
    let interview = create(&kit, &kit.a, "key").await;
    let candidate = invite(&kit, &kit.a, &interview, 60).await;
    let reader = kit.a.with_scopes("interview:session.read");
    let foreign = kit
        .a
        .with_scopes("cv-analysis:analysis.write core:tenant.manage billing:license.manage");
    let nobody = kit.anonymous();
    let roles = [
        ("owner", &kit.a.owner),
        ("reader", &reader),
        ("candidate", &candidate),
        ("foreign", &foreign),
        ("stranger", &kit.a.stranger),
        ("nobody", &nobody),
    ];
    let mut matrix = Vec::new();
    for (root, field) in root_fields(kit.sdl("interview")) {
        let mut line = format!("{root}.{field}:");
        for (role, identity) in roles {
            // arguments are left out: whoever may gets as far as hearing so
            let document = format!("{} {{ {field} {{ __typename }} }}", root.to_lowercase());
            let answer = if root == "Subscription" {
                let stream = kit.subscribe("interview", identity, &document, json!({}));
                kit.collect(stream, std::time::Duration::from_secs(20))
                    .await
                    .remove(0)
            } else {
                kit.ask(identity, &document, json!({})).await
            };
            let open = !answer
                .codes()
                .iter()
                .any(|code| matches!(*code, "FORBIDDEN" | "UNAUTHENTICATED"));
            if open {
                line.push_str(&format!(" {role}"));
            }
        }
        matrix.push(line);
    }
    insta::assert_snapshot!(matrix.join("\n"));
    kit.deliver_events().await;
    kit.finish().await;
}
