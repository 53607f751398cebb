use axum::body::Body;
use axum::http::{Request, StatusCode};
use platform_host::Receiver;
use platform_host::config::UploadsSection;
use platform_sdk::{Claim, UploadRequest, UploadTicket, upload_key};
use sha2::{Digest as _, Sha256};
use tower::ServiceExt as _;

use crate::fixture::Fixture;

async fn ticket(fixture: &Fixture, max_bytes: i64) -> UploadTicket {
    let mut tx = fixture.ctx().begin().await.unwrap();
    let ticket = tx
        .open_upload(&UploadRequest {
            purpose: "probe",
            file_name: "cv.pdf".to_owned(),
            declared_bytes: 5,
            max_bytes,
        })
        .await
        .unwrap();
    tx.commit().await.unwrap();
    ticket
}

async fn put(fixture: &Fixture, url: &str, body: Body) -> StatusCode {
    let receiver = Receiver::new(
        fixture.platform.clone(),
        fixture.objects.clone(),
        fixture.ambient.clone(),
        UploadsSection::default(),
    );
    let path = url.strip_prefix("http://localhost").unwrap();
    let request = Request::put(path).body(body).unwrap();
    receiver.routes().oneshot(request).await.unwrap().status()
}

async fn claim(fixture: &Fixture, ticket: &UploadTicket) -> Claim {
    let mut tx = fixture.ctx().begin().await.unwrap();
    let claim = tx.claim_upload(ticket.ticket_id, "probe").await.unwrap();
    tx.commit().await.unwrap();
    claim
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_received_whole_and_once() {
    let fixture = Fixture::new().await;
    let ticket = ticket(&fixture, 100).await;
    assert_eq!(claim(&fixture, &ticket).await, Claim::NotUploaded);
    assert_eq!(
        put(&fixture, &ticket.url, Body::from("hello")).await,
        StatusCode::CREATED
    );
    assert_eq!(
        put(&fixture, &ticket.url, Body::from("other")).await,
        StatusCode::CONFLICT
    );
    let Claim::Stored(stored) = claim(&fixture, &ticket).await else {
        panic!("not stored");
    };
    assert_eq!(
        (stored.bytes, stored.sha256),
        (5, Sha256::digest("hello").to_vec())
    );
    let bytes = fixture
        .objects
        .get(fixture.tenant, &upload_key(ticket.ticket_id), 100)
        .await
        .unwrap();
    assert_eq!(&bytes[..], b"hello");
    fixture.remove().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_too_large_or_breaks_off_leaves_nothing_and_may_be_sent_again() {
    let fixture = Fixture::new().await;
    let ticket = ticket(&fixture, 5).await;
    let large = Body::from("x".repeat(6));
    assert_eq!(
        put(&fixture, &ticket.url, large).await,
        StatusCode::PAYLOAD_TOO_LARGE
    );
    let broken = futures::stream::iter([
        Ok::<_, std::io::Error>("hel".to_owned()),
        Err(std::io::Error::other("the client is gone")),
    ]);
    let broken = Body::from_stream(broken);
    assert_eq!(
        put(&fixture, &ticket.url, broken).await,
        StatusCode::REQUEST_TIMEOUT
    );
    assert_eq!(claim(&fixture, &ticket).await, Claim::NotUploaded);
    let store = fixture.objects.store();
    assert_eq!(futures::StreamExt::count(store.list(None)).await, 0);
    assert_eq!(
        put(&fixture, &ticket.url, Body::from("hello")).await,
        StatusCode::CREATED
    );
    fixture.remove().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guessed_cut_or_expired_address_is_refused() {
    let fixture = Fixture::new().await;
    let ticket = ticket(&fixture, 5).await;
    let (start, end) = ticket.url.split_at(ticket.url.len() - 2);
    let other = if end == "AA" { "BB" } else { "AA" };
    for forged in [
        format!("{start}{other}"),
        start.to_owned(),
        "http://localhost/uploads/x".to_owned(),
    ] {
        assert_eq!(
            put(&fixture, &forged, Body::from("hello")).await,
            StatusCode::NOT_FOUND,
            "{forged}"
        );
    }
    sqlx::query("update platform.upload set expires_at = now() - interval '1 second'")
        .execute(&fixture.admin)
        .await
        .unwrap();
    assert_eq!(
        put(&fixture, &ticket.url, Body::from("hello")).await,
        StatusCode::GONE
    );
    fixture.remove().await;
}
