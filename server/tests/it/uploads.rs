//! CVs sent as files of a mutation, in both shapes.

use serde_json::{Value, json};

use crate::process::client;
use crate::product::{Demo, Shape};

const UPLOAD: &str = "mutation ($files: [Upload!]!) { uploadCvs(input: { files: $files }) {
  files { fileName document { id sizeBytes } isDuplicate refusal { code } } userErrors { code } } }";

/// Sends files as a form.
async fn upload(url: &str, token: &str, files: &[(&str, &str)]) -> Value {
    let nulls = vec![Value::Null; files.len()];
    let operations = json!({ "query": UPLOAD, "variables": { "files": nulls } });
    let map: serde_json::Map<String, Value> = (0..files.len())
        .map(|index| {
            let place = format!("variables.files.{index}");
            (index.to_string(), json!([place]))
        })
        .collect();
    let mut body = String::new();
    for (name, text) in [
        ("operations", operations.to_string()),
        ("map", Value::Object(map).to_string()),
    ] {
        body +=
            &format!("--x\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{text}\r\n");
    }
    for (index, (name, content)) in files.iter().enumerate() {
        body += &format!(
            "--x\r\ncontent-disposition: form-data; name=\"{index}\"; filename=\"{name}\"\r\n\r\n{content}\r\n"
        );
    }
    body += "--x--\r\n";
    let request = client()
        .post(format!("{url}/graphql"))
        .bearer_auth(token)
        .header("content-type", "multipart/form-data; boundary=x")
        .header("graphql-require-preflight", "1")
        .body(body);
    request.send().await.unwrap().json().await.unwrap()
}

fn told(answer: &Value) -> Vec<(&str, bool, &str)> {
    let files = answer["data"]["uploadCvs"]["files"].as_array();
    let files = files.unwrap_or_else(|| panic!("{answer}"));
    files
        .iter()
        .map(|file| {
            let refusal = file["refusal"]["code"].as_str().unwrap_or_default();
            assert_eq!(refusal.is_empty(), file["document"]["id"].is_string());
            (
                file["fileName"].as_str().unwrap(),
                file["isDuplicate"].as_bool().unwrap(),
                refusal,
            )
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn cvs_come_as_files_of_a_mutation_in_both_shapes() {
    let demo = Demo::new(&[]).await;
    let product = demo.start(Shape::Embedded).await;
    let token = product.sign_in(&demo).await;
    let (jane, ada) = ("Jane Doe\nSkills\nRust", "Ada Byron\nSkills\nPython");
    let files = [
        ("jane.txt", jane),
        ("../twin.txt", jane),
        ("empty.txt", ""),
        ("ada.txt", ada),
    ];
    let answer = upload(&product.url, &token, &files).await;
    assert_eq!(
        told(&answer),
        [
            ("jane.txt", false, ""),
            ("twin.txt", true, ""),
            ("empty.txt", false, "FILE_EMPTY"),
            ("ada.txt", false, ""),
        ]
    );
    let documents = &answer["data"]["uploadCvs"]["files"];
    assert_eq!(documents[0]["document"]["sizeBytes"], jane.len());
    assert_eq!(documents[0]["document"], documents[1]["document"]);
    product.end().await;

    let apart = demo.start(Shape::Apart).await;
    let answer = upload(
        &apart.url,
        &token,
        &[("ada.txt", ada), ("bob.txt", "Bob Roe")],
    )
    .await;
    assert_eq!(
        told(&answer),
        [("ada.txt", true, ""), ("bob.txt", false, "")]
    );
    apart.end().await;
    demo.remove().await;
}
