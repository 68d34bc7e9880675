//! Credentials: sent, refreshed once, cached by one fetch.

use crate::support::{CREATE, READ, builder, request};
use async_trait::async_trait;
use futures::future::join_all;
use secrecy::{ExposeSecret as _, SecretString};
use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use sync_core::{Error, ErrorKind, Result};
use sync_http::{
    AuthHeaders, Authenticator, BasicAuth, BearerToken, HttpClient, JumpClock, Limiter, Method, Rejected,
    Request, Token, TokenCache,
};
use wiremock::{
    Mock, MockServer, ResponseTemplate,
    matchers::{any, header, path},
};

/// Hands out `token-0`, `token-1`, … and remembers the challenges it saw.
#[derive(Debug)]
struct Counting {
    cache: TokenCache,
    fetched: AtomicUsize,
    challenges: Mutex<Vec<String>>,
}

impl Counting {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            cache: TokenCache::new(Duration::from_secs(60)),
            fetched: AtomicUsize::new(0),
            challenges: Mutex::default(),
        })
    }
}

#[async_trait]
impl Authenticator for Counting {
    async fn authorize(&self, headers: &mut AuthHeaders) -> Result<()> {
        let token = self
            .cache
            .get(|| async {
                let n = self.fetched.fetch_add(1, Ordering::SeqCst);
                Ok(Token::new(format!("token-{n}").into(), Duration::from_secs(3600)))
            })
            .await?;
        headers.bearer(&token)
    }

    async fn refresh(&self, rejected: &Rejected<'_>) -> Result<bool> {
        self.challenges.lock().unwrap().extend(rejected.challenges().map(str::to_owned));
        if let Some(token) = rejected.bearer() {
            self.cache.invalidate(&token);
        }
        Ok(true)
    }
}

#[tokio::test]
async fn a_401_refreshes_once_and_the_request_is_repeated_even_for_a_create() {
    for idempotency in [READ, CREATE] {
        let server = MockServer::start().await;
        Mock::given(header("authorization", "Bearer token-0"))
            .respond_with(ResponseTemplate::new(401).insert_header("www-authenticate", "Bearer error=\"x\""))
            .expect(1)
            .mount(&server)
            .await;
        Mock::given(header("authorization", "Bearer token-1"))
            .respond_with(ResponseTemplate::new(200))
            .expect(1)
            .mount(&server)
            .await;
        let auth = Counting::new();
        let client =
            builder(&server.uri()).0.auth(Arc::clone(&auth) as Arc<dyn Authenticator>).build().unwrap();
        let response = client.send(request(idempotency)).await.unwrap();
        assert_eq!((response.status(), response.attempts()), (200, 2));
        assert_eq!(*auth.challenges.lock().unwrap(), ["Bearer error=\"x\""]);
    }
}

#[tokio::test]
async fn a_second_401_is_final() {
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(ResponseTemplate::new(401)).expect(2).mount(&server).await;
    let client = builder(&server.uri()).0.auth(Counting::new()).build().unwrap();
    let error = client.send(request(READ)).await.unwrap().error_for_status().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unauthenticated);
}

#[tokio::test]
async fn a_401_with_fixed_credentials_is_final_at_once() {
    let server = MockServer::start().await;
    Mock::given(header("authorization", "Bearer key"))
        .respond_with(ResponseTemplate::new(401))
        .expect(1)
        .mount(&server)
        .await;
    let client = builder(&server.uri()).0.auth(Arc::new(BearerToken::new("key".into()))).build().unwrap();
    assert_eq!(client.send(request(READ)).await.unwrap().status(), 401);
}

#[tokio::test]
async fn basic_credentials_and_secret_headers_are_sent() {
    let server = MockServer::start().await;
    // RFC 7617's own example.
    Mock::given(header("authorization", "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="))
        .and(header("clientid", "made-up"))
        .respond_with(ResponseTemplate::new(200))
        .expect(1)
        .mount(&server)
        .await;
    let auth = BasicAuth::new("Aladdin", &"open sesame".into()).unwrap();
    let client = builder(&server.uri())
        .0
        .auth(Arc::new(auth))
        .secret_header("clientId", "made-up".into())
        .build()
        .unwrap();
    assert_eq!(client.send(request(READ)).await.unwrap().status(), 200);
    assert!(BasicAuth::new("a:b", &"c".into()).is_err());
}

#[derive(Debug)]
struct OverTheSameClient {
    client: Mutex<Option<HttpClient>>,
}

#[async_trait]
impl Authenticator for OverTheSameClient {
    async fn authorize(&self, headers: &mut AuthHeaders) -> Result<()> {
        let client = self.client.lock().unwrap().clone().unwrap();
        let login =
            Request::new(Method::Post, "/token", READ, "fetch a token").no_auth().form([("a", "b c")]);
        let response = client.send(login).await?.error_for_status()?;
        headers.bearer(&SecretString::from(response.json::<String>()?))
    }
}

#[tokio::test]
async fn a_token_request_over_the_same_client_does_not_wait_for_the_slot_its_caller_holds() {
    let server = MockServer::start().await;
    Mock::given(path("/token"))
        .and(wiremock::matchers::body_string("a=b+c"))
        .respond_with(ResponseTemplate::new(200).set_body_string("\"t\""))
        .expect(2)
        .mount(&server)
        .await;
    Mock::given(header("authorization", "Bearer t"))
        .respond_with(ResponseTemplate::new(200))
        .expect(2)
        .mount(&server)
        .await;
    let auth = Arc::new(OverTheSameClient { client: Mutex::new(None) });
    let limiter = Limiter::builder().concurrency(1).build().unwrap();
    let client = builder(&server.uri())
        .0
        .limiter(limiter)
        .auth(Arc::clone(&auth) as Arc<dyn Authenticator>)
        .build()
        .unwrap();
    *auth.client.lock().unwrap() = Some(client.clone());
    let both = tokio::time::timeout(
        Duration::from_secs(10),
        join_all([client.send(request(READ)), client.send(request(READ))]),
    );
    assert!(both.await.unwrap().iter().all(|r| r.as_ref().unwrap().is_success()));
}

fn token(n: usize) -> Token {
    Token::new(format!("token-{n}").into(), Duration::from_secs(100))
}

#[tokio::test(start_paused = true)]
async fn many_callers_share_one_fetch() {
    let cache = TokenCache::new(Duration::from_secs(10));
    let fetches = AtomicUsize::new(0);
    let fetch = || async {
        let n = fetches.fetch_add(1, Ordering::SeqCst);
        tokio::time::sleep(Duration::from_secs(1)).await;
        Ok(token(n))
    };
    let tokens = join_all((0..50).map(|_| cache.get(fetch))).await;
    assert!(tokens.iter().all(|t| t.as_ref().unwrap().expose_secret() == "token-0"));
    // Good until the margin, and then fetched anew.
    tokio::time::sleep(Duration::from_secs(89)).await;
    assert_eq!(cache.get(fetch).await.unwrap().expose_secret(), "token-0");
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(cache.get(fetch).await.unwrap().expose_secret(), "token-1");
    assert_eq!(fetches.load(Ordering::SeqCst), 2);
}

#[tokio::test(start_paused = true)]
async fn a_failed_fetch_fails_those_who_waited_and_nobody_later() {
    let cache = TokenCache::new(Duration::ZERO);
    let fetches = AtomicUsize::new(0);
    let fail = || async {
        fetches.fetch_add(1, Ordering::SeqCst);
        tokio::time::sleep(Duration::from_secs(1)).await;
        Err(Error::new(ErrorKind::Unauthenticated, "fetch a token", "refused"))
    };
    let results = join_all((0..20).map(|_| cache.get(fail))).await;
    assert!(results.iter().all(|r| r.as_ref().unwrap_err().kind() == ErrorKind::Unauthenticated));
    assert_eq!(fetches.load(Ordering::SeqCst), 1);
    assert_eq!(cache.get(|| async { Ok(token(7)) }).await.unwrap().expose_secret(), "token-7");
}

#[tokio::test(start_paused = true)]
async fn a_dropped_fetch_is_taken_over() {
    let cache = TokenCache::new(Duration::ZERO);
    let slow = cache.get(|| async {
        tokio::time::sleep(Duration::from_secs(1000)).await;
        Ok(token(0))
    });
    let waiting = async {
        tokio::time::sleep(Duration::from_millis(10)).await;
        cache.get(|| async { Ok(token(1)) }).await
    };
    let (slow, waiting) = tokio::join!(tokio::time::timeout(Duration::from_secs(1), slow), waiting);
    assert!(slow.is_err());
    assert_eq!(waiting.unwrap().expose_secret(), "token-1");
}

#[tokio::test]
async fn only_the_rejected_token_is_forgotten() {
    let clock = JumpClock::default();
    let cache = TokenCache::with_clock(Duration::ZERO, Arc::new(clock));
    cache.get(|| async { Ok(token(1)) }).await.unwrap();
    assert!(!cache.invalidate(&"token-0".into()));
    assert_eq!(cache.get(|| async { Ok(token(2)) }).await.unwrap().expose_secret(), "token-1");
    assert!(cache.invalidate(&"token-1".into()));
    assert_eq!(cache.get(|| async { Ok(token(2)) }).await.unwrap().expose_secret(), "token-2");
}
