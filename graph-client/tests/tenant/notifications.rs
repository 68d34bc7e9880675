//! From a change in the directory to a hint: subscriptions, the handshake, what is posted and what becomes of it.

use crate::{anchor, client, sandbox, somebody, without};
use chrono::{TimeDelta, Utc};
use graph_client::notifications::{
    KnownSubscription, LifecycleEvent, Received, Target, Watched, receive, validation_answer,
};
use secrecy::SecretString;
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};
use sync_core::{DirectoryExt as _, ErrorKind, Hint, HintChange, UserQuery, store::Rows};
use sync_sandbox::{Options, Sandbox, Vendor};
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate, matchers::any};

/// Whoever listens for Graph.
struct Endpoint {
    server: MockServer,
    posts: Arc<Mutex<Vec<Vec<u8>>>>,
}

struct Answers {
    posts: Arc<Mutex<Vec<Vec<u8>>>>,
    answers_validations: bool,
}

impl Respond for Answers {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        match validation_answer(request.url.query().unwrap_or_default()) {
            Some(token) if self.answers_validations => {
                ResponseTemplate::new(200).set_body_raw(token.into_bytes(), "text/plain")
            }
            Some(_) => ResponseTemplate::new(404),
            None => {
                self.posts.lock().unwrap().push(request.body.clone());
                ResponseTemplate::new(202)
            }
        }
    }
}

impl Endpoint {
    async fn start(answers_validations: bool) -> Self {
        let (server, posts) = (MockServer::start().await, Arc::default());
        let answers = Answers { posts: Arc::clone(&posts), answers_validations };
        Mock::given(any()).respond_with(answers).mount(&server).await;
        Self { server, posts }
    }

    fn target(&self) -> Target {
        Target {
            notification_url: format!("{}/graph", self.server.uri()),
            lifecycle_url: format!("{}/graph/lifecycle", self.server.uri()),
            client_state: SecretString::from("canary-state"),
        }
    }

    /// Waits for so many posts and takes them.
    async fn posts(&self, count: usize) -> Vec<Vec<u8>> {
        for _ in 0..1_000 {
            if self.posts.lock().unwrap().len() >= count {
                return std::mem::take(&mut *self.posts.lock().unwrap());
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("fewer than {count} posts came");
    }
}

fn known(sandbox: &Sandbox, ids: &[&str], state: &str) -> BTreeMap<String, KnownSubscription> {
    let tenant_id = sandbox.graph().tenant_id.clone();
    let known = |id: &&str| {
        let client_state = SecretString::from(state);
        ((*id).to_owned(), KnownSubscription { tenant_id: tenant_id.clone(), client_state })
    };
    ids.iter().map(known).collect()
}

fn all(posts: &[Vec<u8>], known: &BTreeMap<String, KnownSubscription>) -> Received {
    let mut all = Received::default();
    for post in posts {
        let one = receive(post, known).unwrap();
        all.hints.extend(one.hints);
        all.lifecycle.extend(one.lifecycle);
        all.ignored += one.ignored;
    }
    all
}

#[tokio::test]
async fn a_change_becomes_one_hint_and_a_delta_read_finds_it() {
    let (sandbox, endpoint) = (sandbox().await, Endpoint::start(true).await);
    let directory = client(&sandbox);
    let first = directory.read(&UserQuery::all()).await.unwrap();
    let until = Utc::now() + TimeDelta::days(2);
    let made = directory.subscribe(Watched::Users, &endpoint.target(), Utc::now(), until).await.unwrap();
    assert_eq!((made.resource.as_str(), made.expires_at.timestamp()), ("users", until.timestamp()));
    assert_eq!(made.notification_url.as_deref(), Some(endpoint.target().notification_url.as_str()));

    let user = somebody(&sandbox);
    assert!(sandbox.edit_user(&user.id, |user| user.job_title = Some("Lead".into())));
    let posts = endpoint.posts(1).await;
    let got = all(&posts, &known(&sandbox, &[&made.id], "canary-state"));
    let hint = Hint::User { anchor: anchor(&sandbox, &user.id), change: HintChange::Updated };
    assert_eq!((got.hints.iter().collect::<Vec<_>>(), got.ignored), (vec![&hint], 0));

    let mut query = UserQuery::all();
    query.since = first.resume;
    let Rows::Fold(rows) = directory.read(&query).await.unwrap().rows else {
        panic!("not a read of changes")
    };
    assert_eq!(rows.users.len(), 1);
    assert_eq!(rows.users[0].anchor, anchor(&sandbox, &user.id));
}

#[tokio::test]
async fn duplicates_out_of_order_are_the_same_hints() {
    let (sandbox, endpoint) = (sandbox().await, Endpoint::start(true).await);
    let directory = client(&sandbox);
    let until = Utc::now() + TimeDelta::days(2);
    // Two subscriptions to the same: what an interrupted create leaves behind.
    let mut ids = Vec::new();
    for _ in 0..2 {
        ids.push(
            directory.subscribe(Watched::Users, &endpoint.target(), Utc::now(), until).await.unwrap().id,
        );
    }
    assert_eq!(directory.subscriptions().await.unwrap().len(), 2);
    let user = somebody(&sandbox);
    assert!(sandbox.disable_user(&user.id) && sandbox.purge_user(&user.id));
    let mut posts = endpoint.posts(2).await;
    sandbox.repeat_notifications();
    posts.extend(endpoint.posts(2).await);
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    let got = all(&posts, &known(&sandbox, &ids, "canary-state"));
    let anchor = anchor(&sandbox, &user.id);
    let wanted = [HintChange::Updated, HintChange::Deleted]
        .map(|change| Hint::User { anchor: anchor.clone(), change });
    assert_eq!(got.hints, wanted.into_iter().collect());
    assert_eq!(got.ignored, 0);
}

#[tokio::test]
async fn posts_that_do_not_know_the_word_are_ignored() {
    let (sandbox, endpoint) = (sandbox().await, Endpoint::start(true).await);
    let until = Utc::now() + TimeDelta::days(2);
    let made =
        client(&sandbox).subscribe(Watched::Users, &endpoint.target(), Utc::now(), until).await.unwrap();
    assert!(sandbox.disable_user(&somebody(&sandbox).id));
    let posts = endpoint.posts(1).await;
    for known in [
        known(&sandbox, &[&made.id], "another word"),
        known(&sandbox, &["another subscription"], "canary-state"),
        BTreeMap::new(),
    ] {
        let got = all(&posts, &known);
        assert_eq!((got.hints.len(), got.ignored), (0, 1));
    }
}

#[tokio::test]
async fn members_who_come_and_go_are_hints_at_their_group() {
    let (sandbox, endpoint) = (sandbox().await, Endpoint::start(true).await);
    let until = Utc::now() + TimeDelta::days(2);
    let made =
        client(&sandbox).subscribe(Watched::Groups, &endpoint.target(), Utc::now(), until).await.unwrap();
    let group = "aaaaaaaa-0000-4000-8000-00000000000a";
    sandbox.add_group(group, "Scope");
    assert!(sandbox.add_member(group, &somebody(&sandbox).id) && sandbox.delete_group(group));
    let got = all(&endpoint.posts(3).await, &known(&sandbox, &[&made.id], "canary-state"));
    let hint = |change| Hint::Group { id: group.to_owned(), change };
    assert_eq!(got.hints, [hint(HintChange::Updated), hint(HintChange::Deleted)].into_iter().collect());
}

#[tokio::test]
async fn an_address_that_does_not_answer_its_validation_is_named_as_the_cause() {
    let (sandbox, endpoint) = (sandbox().await, Endpoint::start(false).await);
    let directory = client(&sandbox);
    let until = Utc::now() + TimeDelta::days(2);
    let error = directory.subscribe(Watched::Users, &endpoint.target(), Utc::now(), until).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Rejected);
    assert!(error.message().contains("did not answer its validation"), "{error}");
    assert!(!error.message().contains("omit_properties"), "a hint at something else: {error}");
    assert!(!error.to_string().contains("canary"), "{error}");
    assert!(directory.subscriptions().await.unwrap().is_empty());
}

#[tokio::test]
async fn the_limit_of_subscriptions_is_not_told_as_a_missing_permission() {
    let (sandbox, endpoint) = (sandbox().await, Endpoint::start(true).await);
    let directory = client(&sandbox);
    let subscribe = async || {
        directory
            .subscribe(Watched::Users, &endpoint.target(), Utc::now(), Utc::now() + TimeDelta::days(2))
            .await
    };
    for _ in 0..100 {
        subscribe().await.unwrap();
    }
    let error = subscribe().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PermissionDenied);
    assert!(error.message().contains("100 for an application in a tenant"), "{error}");
    without(&sandbox, &["User.Read.All", "Directory.Read.All"]);
    let error = subscribe().await.unwrap_err();
    assert!(error.message().contains("grant the application permission User.Read.All"), "{error}");
}

#[tokio::test]
async fn a_subscription_that_expired_cannot_be_renewed_and_ending_it_is_no_error() {
    let (sandbox, endpoint) = (sandbox().await, Endpoint::start(true).await);
    let directory = client(&sandbox);
    let until = Utc::now() + TimeDelta::hours(1);
    let made = directory.subscribe(Watched::Users, &endpoint.target(), Utc::now(), until).await.unwrap();
    let later = Utc::now() + TimeDelta::days(2);
    let renewed = directory.renew(&made.id, Utc::now(), later).await.unwrap();
    assert_eq!(renewed.expires_at.timestamp(), later.timestamp());
    sandbox.advance_clock(Duration::from_secs(3 * 24 * 3600));
    let error = directory.renew(&made.id, Utc::now(), Utc::now() + TimeDelta::days(9)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert!(error.message().contains("create another one and read the changes since"), "{error}");
    directory.unsubscribe(&made.id).await.unwrap();
    assert!(directory.subscriptions().await.unwrap().is_empty());
}

#[tokio::test]
async fn what_is_held_back_comes_after_the_subscription_is_renewed() {
    let (sandbox, endpoint) = (sandbox().await, Endpoint::start(true).await);
    let directory = client(&sandbox);
    let until = Utc::now() + TimeDelta::days(2);
    let made = directory.subscribe(Watched::Users, &endpoint.target(), Utc::now(), until).await.unwrap();
    let known = known(&sandbox, &[&made.id], "canary-state");
    sandbox.send_lifecycle("reauthorizationRequired");
    let got = all(&endpoint.posts(1).await, &known);
    let event = got.lifecycle.iter().next().unwrap();
    assert_eq!(
        (event.subscription.as_str(), event.event),
        (made.id.as_str(), LifecycleEvent::ReauthorizationRequired)
    );
    let user = somebody(&sandbox);
    assert!(sandbox.disable_user(&user.id));
    directory.renew(&event.subscription, Utc::now(), until).await.unwrap();
    let got = all(&endpoint.posts(1).await, &known);
    assert!(
        got.hints.contains(&Hint::User { anchor: anchor(&sandbox, &user.id), change: HintChange::Updated })
    );
}

#[tokio::test]
async fn a_removal_without_a_word_is_seen_in_the_list() {
    let (sandbox, endpoint) = (sandbox().await, Endpoint::start(true).await);
    let directory = client(&sandbox);
    let until = Utc::now() + TimeDelta::days(2);
    let made = directory.subscribe(Watched::Users, &endpoint.target(), Utc::now(), until).await.unwrap();
    sandbox.send_lifecycle("missed");
    let got = all(&endpoint.posts(1).await, &known(&sandbox, &[&made.id], "canary-state"));
    assert_eq!(got.lifecycle.iter().next().unwrap().event, LifecycleEvent::Missed);
    sandbox.forget_subscriptions();
    assert!(directory.subscriptions().await.unwrap().is_empty());
    assert_eq!(directory.renew(&made.id, Utc::now(), until).await.unwrap_err().kind(), ErrorKind::NotFound);
}

#[tokio::test]
async fn a_create_whose_answer_is_lost_is_found_by_listing() {
    let sandbox = Sandbox::start(Options::sized(5, 0)).await.unwrap();
    let endpoint = Endpoint::start(true).await;
    let directory = client(&sandbox);
    sandbox.inject("graph:reset-after-commit[POST /subscriptions]".parse().unwrap());
    let until = Utc::now() + TimeDelta::days(2);
    let error = directory.subscribe(Watched::Users, &endpoint.target(), Utc::now(), until).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Indeterminate, "{error}");
    assert_eq!(sandbox.calls().count(Vendor::Graph, "POST", "/v1.0/subscriptions"), 1, "and not sent again");
    assert_eq!(directory.subscriptions().await.unwrap().len(), 1);
}
