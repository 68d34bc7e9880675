#![doc = include_str!("../README.md")]

mod advice;
mod attempt;
mod auth;
mod body;
mod builder;
mod client;
mod clock;
mod headers;
mod hook;
mod json;
mod limiter;
mod link;
mod log;
mod page;
mod request;
mod response;
mod retry;
mod retry_after;
mod send;
mod surrogates;
mod token;
mod url;

pub use auth::{AuthHeaders, Authenticator, BasicAuth, BearerToken, Rejected};
pub use builder::ClientBuilder;
pub use client::HttpClient;
pub use clock::{Clock, JumpClock, TokioClock};
pub use headers::Headers;
pub use hook::{ResponseHook, Verdict};
pub use limiter::{Feedback, Limiter, LimiterBuilder, LimiterTail, Meter, Permit, Reading};
pub use page::{Next, PageLimits, PageStep, paginate};
pub use request::{Method, Request};
pub use response::Response;
pub use retry::{Decision, Failure, Idempotency, RetryPolicy, decide};
pub use token::{Token, TokenCache};
pub use url::checked_server;
