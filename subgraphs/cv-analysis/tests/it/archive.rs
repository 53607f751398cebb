//! Many CVs in one archive.

use serde_json::{Value, json};

use crate::kit::{CV, harness, settle};
use crate::render::archive;

const REQUEST: &str = "mutation($size: Int!) { requestCvArchiveUpload(input: {fileName: \"cvs.zip\", sizeBytes: $size}) {
  ticket { id url maxBytes } userErrors { code } } }";
const COMPLETE: &str = "mutation($id: ID!) { completeCvArchiveUpload(input: {ticketId: $id}) {
  files { fileName document { id } isDuplicate refusal { code } } userErrors { code } } }";

#[tokio::test]
async fn every_file_of_an_archive_becomes_a_document_or_has_its_reason() {
    let kit = harness().await;
    let owner = &kit.a.owner;
    let complete = async |bytes: &[u8]| {
        let opened = kit
            .ask(owner, REQUEST, json!({"size": bytes.len()}))
            .await
            .ok();
        let ticket = opened["requestCvArchiveUpload"]["ticket"].clone();
        kit.upload(ticket["url"].as_str().unwrap(), bytes).await;
        let done = kit
            .ask(owner, COMPLETE, json!({"id": ticket["id"]}))
            .await
            .ok();
        (
            done["completeCvArchiveUpload"].clone(),
            ticket["id"].clone(),
        )
    };
    let packed = archive(&[
        ("cvs/jane.txt", CV.to_owned()),
        ("../../twin.txt", CV.to_owned()),
        ("ada.txt", "Ada Byron\nSkills\nPython".to_owned()),
        ("empty.txt", String::new()),
        ("bomb.txt", " ".repeat(9 * 1024 * 1024)),
    ]);
    let (done, ticket) = complete(&packed).await;
    let files = done["files"].as_array().unwrap();
    let told: Vec<(&str, bool, &Value)> = files
        .iter()
        .map(|file| {
            (
                file["fileName"].as_str().unwrap(),
                file["isDuplicate"].as_bool().unwrap(),
                &file["refusal"]["code"],
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            ("jane.txt", false, &Value::Null),
            ("twin.txt", true, &Value::Null),
            ("ada.txt", false, &Value::Null),
            ("empty.txt", false, &json!("FILE_EMPTY")),
            ("bomb.txt", false, &json!("FILE_BOMB")),
        ]
    );
    assert_eq!(
        files[0]["document"], files[1]["document"],
        "the same content is one document"
    );
    let again = kit.ask(owner, COMPLETE, json!({"id": ticket})).await.ok();
    assert_eq!(
        again["completeCvArchiveUpload"], done,
        "asked again, the answer is the same"
    );
    let stranger = kit.ask(&kit.b.owner, COMPLETE, json!({"id": ticket})).await;
    assert_eq!(stranger.codes(), ["NOT_FOUND"]);
    let (refused, _) = complete(b"no archive").await;
    assert_eq!(refused["userErrors"][0]["code"], "UNREADABLE");
    assert_eq!(refused["files"], json!([]));
    let too_large = kit
        .ask(owner, REQUEST, json!({"size": 33 * 1024 * 1024}))
        .await
        .ok();
    assert_eq!(
        too_large["requestCvArchiveUpload"]["userErrors"][0]["code"],
        "TOO_LARGE"
    );
    settle(&kit).await;
    kit.finish().await;
}
