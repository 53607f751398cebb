//! Job descriptions.

use serde_json::{Value, json};

use crate::kit::{JOB, describe, harness};

const READ: &str = "query($id: ID!) { jobDescription(id: $id) {
  title text requiredSkills { name start end } preferredSkills { name } years level educationLevel } }";

#[tokio::test]
async fn a_description_is_read_into_what_it_asks_for() {
    let kit = harness().await;
    let id = describe(&kit, &kit.a.owner, JOB).await;
    let read = kit.ask(&kit.a.viewer, READ, json!({"id": id})).await.ok()["jobDescription"].clone();
    let names = |list: &Value| {
        list.as_array()
            .unwrap()
            .iter()
            .map(|skill| skill["name"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(
        names(&read["requiredSkills"]),
        ["Rust", "PostgreSQL", "Kafka"]
    );
    assert_eq!(names(&read["preferredSkills"]), ["Docker", "Terraform"]);
    assert_eq!(
        (&read["years"], &read["level"], &read["educationLevel"]),
        (&json!(5), &json!("SENIOR"), &json!("BACHELOR"))
    );
    let text: Vec<char> = read["text"].as_str().unwrap().chars().collect();
    let rust = &read["requiredSkills"][0];
    let quote: String = text
        [rust["start"].as_u64().unwrap() as usize..rust["end"].as_u64().unwrap() as usize]
        .iter()
        .collect();
    assert_eq!(quote, "Rust");
    kit.finish().await;
}

#[tokio::test]
async fn one_word_and_a_novel_are_refused_in_words_that_help() {
    let kit = harness().await;
    let create = "mutation($title: String!, $text: String!) { createJobDescription(input: {title: $title, text: $text}) {
      jobDescription { id } userErrors { field code } } }";
    for (title, text, field, code) in [
        ("Engineer", "hello".to_owned(), "text", "TOO_SHORT"),
        ("Engineer", "x ".repeat(60_000), "text", "TOO_LONG"),
        (" ", "a real description".to_owned(), "title", "INVALID"),
    ] {
        let answer = kit
            .ask(&kit.a.owner, create, json!({"title": title, "text": text}))
            .await
            .ok();
        assert_eq!(
            answer["createJobDescription"],
            json!({"jobDescription": null, "userErrors": [{"field": ["input", field], "code": code}]})
        );
    }
    kit.finish().await;
}
