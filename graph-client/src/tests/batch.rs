//! Batches: inner answers in any order, throttled and repeated one by one; photos and mailbox kinds read with them.

use super::*;
use crate::{PhotoAnswer, PhotoSize};
use std::time::Duration;
use sync_core::{
    ErrorKind,
    model::{SourceAnchor, UserKind},
};
use wiremock::{Request, Respond};

const BATCH: &str = "/v1.0/$batch";

/// Answers each inner request by its address.
struct Each<F>(F);

impl<F: Fn(&str) -> (u16, Value, Value) + Send + Sync> Respond for Each<F> {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let body: Value = serde_json::from_slice(&request.body).unwrap();
        let requests = body["requests"].as_array().unwrap();
        assert!(requests.len() <= 20, "{}", requests.len());
        let responses: Vec<Value> = requests
            .iter()
            .rev()
            .map(|one| {
                let (status, headers, body) = (self.0)(one["url"].as_str().unwrap());
                json!({ "id": one["id"], "status": status, "headers": headers, "body": body })
            })
            .collect();
        ok(&json!({ "responses": responses }))
    }
}

async fn answers(
    tenant: &Tenant,
    calls: u64,
    each: impl Fn(&str) -> (u16, Value, Value) + Send + Sync + 'static,
) {
    let mock = Mock::given(method("POST")).and(path(BATCH));
    mock.respond_with(Each(each)).named("batch").expect(calls).mount(&tenant.server).await;
}

fn anchors(numbers: std::ops::Range<u32>) -> Vec<SourceAnchor> {
    numbers.map(|n| SourceAnchor::entra(TENANT, &format!("00000000-0000-4000-8000-{n:012}"))).collect()
}

fn problem(code: &str) -> Value {
    json!({ "error": { "code": code, "message": "canary" } })
}

#[tokio::test]
async fn photos_come_by_twenties_and_one_bad_user_breaks_nothing() {
    let tenant = Tenant::start().await;
    tenant.token(1).await;
    answers(&tenant, 3, |url| {
        assert!(url.ends_with("/photos/96x96/$value"), "{url}");
        match url {
            url if url.contains("-000000000003/") => (404, json!({}), problem("ImageNotFound")),
            url if url.contains("-000000000004/") => (400, json!({}), problem("AuthenticationError")),
            url if url.contains("-000000000005/") => (200, json!({}), json!({ "not": "base64" })),
            _ => (200, json!({ "Content-Type": "image/jpeg", "ETag": "W/\"1\"" }), json!("/9j/")),
        }
    })
    .await;
    let photos = tenant.directory().photos(&anchors(0..45), PhotoSize::Square96).await.unwrap();
    assert_eq!(photos.len(), 45);
    for (at, photo) in photos.iter().enumerate() {
        match (at, photo) {
            (3, PhotoAnswer::None) => {}
            (4 | 5, PhotoAnswer::Failed(error)) => assert!(!format!("{error:?}").contains("canary")),
            (_, PhotoAnswer::Found(photo)) => {
                assert_eq!(photo.bytes, [0xFF, 0xD8, 0xFF]);
                assert_eq!(
                    (photo.content_type.as_deref(), photo.etag.as_deref()),
                    (Some("image/jpeg"), Some("W/\"1\""))
                );
            }
            (at, other) => panic!("{at}: {other:?}"),
        }
    }
}

#[tokio::test]
async fn photo_tags_tell_what_changed_and_a_picture_of_one_pixel_is_none() {
    let tenant = Tenant::start().await;
    tenant.token(1).await;
    answers(&tenant, 1, |url| {
        assert!(url.ends_with("/photo"), "{url}");
        let tag = if url.contains("-000000000001/") { "" } else { "W/\"a\"" };
        (200, json!({}), json!({ "@odata.mediaContentType": "image/gif", "@odata.mediaEtag": tag, "width": 1, "height": 1 }))
    })
    .await;
    let tags = tenant.directory().photo_tags(&anchors(0..2)).await.unwrap();
    assert!(
        matches!(&tags[0], PhotoAnswer::Found(tag) if tag.etag == "W/\"a\"" && tag.width == Some(1)),
        "{tags:?}"
    );
    assert!(matches!(tags[1], PhotoAnswer::None));
}

#[tokio::test]
async fn photos_that_nobody_may_read_are_a_missing_permission() {
    let tenant = Tenant::start().await;
    tenant.token(1).await;
    answers(&tenant, 1, |_| (403, json!({}), problem("Authorization_RequestDenied"))).await;
    let directory = tenant.directory();
    let error = directory.photos(&anchors(0..3), PhotoSize::Largest).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PermissionDenied);
    assert!(error.message().contains("ProfilePhoto.Read.All"), "{error}");
    let foreign = [SourceAnchor::new("ad:contoso:$value")];
    assert_eq!(directory.photos(&foreign, PhotoSize::Largest).await.unwrap_err().kind(), ErrorKind::Rejected);
    assert!(
        directory.photos(&[], PhotoSize::Largest).await.unwrap().is_empty(),
        "nobody asked, nothing sent"
    );
}

#[tokio::test]
async fn only_what_was_throttled_is_sent_again_and_only_after_its_pause() {
    let tenant = Tenant::start().await;
    tenant.token(1).await;
    let first = |url: &str| match url {
        url if url.contains("-000000000002/") => {
            (429, json!({ "Retry-After": "31" }), problem("TooManyRequests"))
        }
        url if url.contains("-000000000003/") => (503, json!({}), problem("serviceNotAvailable")),
        _ => (200, json!({}), json!("/9j/")),
    };
    Mock::given(method("POST"))
        .and(path(BATCH))
        .respond_with(Each(first))
        .up_to_n_times(1)
        .expect(1)
        .mount(&tenant.server)
        .await;
    answers(&tenant, 1, |url| {
        assert!(
            url.contains("-000000000002/") || url.contains("-000000000003/"),
            "{url} was answered before"
        );
        (200, json!({}), json!("/9j/"))
    })
    .await;
    let photos = tenant.directory().photos(&anchors(0..5), PhotoSize::Largest).await.unwrap();
    assert!(photos.iter().all(|photo| matches!(photo, PhotoAnswer::Found(_))), "{photos:?}");
    assert!(tenant.clock.slept() >= Duration::from_secs(31), "{:?}", tenant.clock.slept());
}

#[tokio::test]
async fn what_stays_throttled_is_said_of_that_user_only() {
    let tenant = Tenant::start().await;
    tenant.token(1).await;
    answers(&tenant, 6, |url| match url {
        url if url.contains("-000000000001/") => (429, json!({}), problem("TooManyRequests")),
        _ => (200, json!({}), json!("/9j/")),
    })
    .await;
    let photos = tenant.directory().photos(&anchors(0..2), PhotoSize::Largest).await.unwrap();
    assert!(
        matches!(&photos[1], PhotoAnswer::Failed(error) if error.kind() == ErrorKind::RateLimited),
        "{photos:?}"
    );
    assert!(matches!(photos[0], PhotoAnswer::Found(_)));
}

#[tokio::test]
async fn an_answer_that_is_left_out_is_no_answer() {
    let tenant = Tenant::start().await;
    tenant.token(1).await;
    let mock = Mock::given(method("POST")).and(path(BATCH));
    tenant.expect("batch", 6, mock, ok(&json!({ "responses": [] }))).await;
    let error = tenant.directory().photos(&anchors(0..1), PhotoSize::Largest).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UnexpectedResponse, "{error}");
}

/// Users with these numbers, with addresses.
fn with_mail(numbers: std::ops::Range<u32>) -> Vec<Value> {
    let mut users = users(numbers);
    for user in &mut users {
        user["mail"] = user["userPrincipalName"].clone();
    }
    users
}

fn kinds(read: &Read) -> Vec<Option<UserKind>> {
    read.present.iter().map(|user| user.kind).collect()
}

#[tokio::test]
async fn mailboxes_that_are_no_persons_are_told_apart_and_asked_about_once_a_week() {
    let tenant = Tenant::start().await;
    tenant.expect("token", 3, token(), ok(&json!({ "expires_in": 3599, "access_token": TOKEN }))).await;
    tenant.skus(3).await;
    let mut rows = with_mail(0..6);
    rows[5]["mail"] = json!(null);
    tenant.first_page(3, page(&rows, Some(6), None)).await;
    answers(&tenant, 3, |url| {
        assert!(!url.contains("-000000000005/"), "no address, no mailbox");
        match url {
            url if url.contains("-000000000001/") => (200, json!({}), json!({ "value": "shared" })),
            url if url.contains("-000000000002/") => (200, json!({}), json!({ "value": "room" })),
            url if url.contains("-000000000003/") => (200, json!({}), json!({ "value": "equipment" })),
            url if url.contains("-000000000004/") => (404, json!({}), problem("MailboxNotEnabledForRESTAPI")),
            _ => (200, json!({}), json!({ "value": "user" })),
        }
    })
    .await;
    let mut config = tenant.config();
    config.mailbox_kinds = true;
    let directory = tenant.connect(config);
    let member = Some(UserKind::Member);
    let expected =
        [member, Some(UserKind::Shared), Some(UserKind::Room), Some(UserKind::Equipment), member, member];
    for wait in [0, 3 * 86_400, 5 * 86_400] {
        tenant.clock.advance(Duration::from_secs(wait));
        let read = read(&directory, &UserQuery::all()).await;
        read.complete();
        assert_eq!(kinds(&read), expected);
    }
}

#[tokio::test]
async fn without_the_permission_for_mailboxes_users_are_read_all_the_same() {
    let tenant = Tenant::with_basics().await;
    tenant.first_page(1, page(&with_mail(0..30), Some(30), None)).await;
    answers(&tenant, 2, |_| (403, json!({}), problem("ErrorAccessDenied"))).await;
    let mut config = tenant.config();
    config.mailbox_kinds = true;
    let read = read(&tenant.connect(config), &UserQuery::all()).await;
    read.complete();
    assert!(kinds(&read).iter().all(|kind| *kind == Some(UserKind::Member)));
}

#[tokio::test]
async fn an_outage_of_mailboxes_makes_nobody_a_person() {
    let tenant = Tenant::with_basics().await;
    tenant.first_page(1, page(&with_mail(0..1), Some(1), None)).await;
    answers(&tenant, 6, |_| (503, json!({}), problem("serviceNotAvailable"))).await;
    let mut config = tenant.config();
    config.mailbox_kinds = true;
    let read = read(&tenant.connect(config), &UserQuery::all()).await;
    assert_eq!(read.error().kind(), ErrorKind::Unavailable);
    assert!(read.present.is_empty());
}

#[tokio::test]
async fn mailboxes_are_not_asked_about_unless_that_is_wanted() {
    let tenant = Tenant::with_basics().await;
    tenant.first_page(1, page(&with_mail(0..3), Some(3), None)).await;
    read(&tenant.directory(), &UserQuery::all()).await.complete();
}
