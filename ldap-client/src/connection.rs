//! One connection: opened, protected, signed in; and one search over it at a time.
//!
//! The library wants its connection driven while a request waits. That is done here, within the request, in place of
//! a task of its own: nothing outlives a listing that is dropped, and nothing is read ahead that nobody asks for. What
//! the library does with bytes that are no LDAP is to panic; such a panic is caught and becomes an error.

use crate::{config::Security, entry::Entry, error::Failure, settings::Settings};
use futures::{
    FutureExt as _,
    future::{BoxFuture, poll_fn},
};
use ldap3::{
    Ldap, LdapConnAsync, LdapConnSettings, LdapError, Scope, SearchStream,
    controls::{Control, RawControl},
};
use secrecy::ExposeSecret as _;
use std::{fmt, panic::AssertUnwindSafe, pin::pin, task::Poll, time::Duration};
use sync_core::Result;

type Stream = SearchStream<'static, String, Vec<String>>;

/// What to search for.
#[derive(Clone, Debug)]
pub(crate) struct Search {
    pub(crate) base: String,
    pub(crate) scope: Scope,
    pub(crate) filter: String,
    pub(crate) attributes: Vec<String>,
    pub(crate) controls: Vec<RawControl>,
}

impl Search {
    /// Everything below a name.
    pub(crate) fn below(base: impl Into<String>, filter: impl Into<String>, attributes: &[&str]) -> Self {
        Self {
            base: base.into(),
            scope: Scope::Subtree,
            filter: filter.into(),
            attributes: attributes.iter().map(|&name| name.to_owned()).collect(),
            controls: Vec::new(),
        }
    }

    /// One entry.
    pub(crate) fn entry(base: impl Into<String>, filter: impl Into<String>, attributes: &[&str]) -> Self {
        Self { scope: Scope::Base, ..Self::below(base, filter, attributes) }
    }

    /// Adds a control.
    pub(crate) fn with(mut self, control: RawControl) -> Self {
        self.controls.push(control);
        self
    }
}

/// A whole answer to one search.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) entries: Vec<Entry>,
    pub(crate) controls: Vec<RawControl>,
}

/// A search that was sent and not read yet.
pub(crate) struct InFlight(Stream);

/// A connection that is signed in.
pub(crate) struct Connection {
    ldap: Ldap,
    driver: Driver,
    patience: Duration,
}

enum Driver {
    Running(BoxFuture<'static, Option<LdapError>>),
    /// The connection is over; why, until it was told.
    Ended(Option<LdapError>),
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection").finish_non_exhaustive()
    }
}

impl Connection {
    /// Connects, protects the connection and signs in.
    ///
    /// # Errors
    /// `Unavailable` (also where the certificate does not verify), `Unauthenticated`.
    pub(crate) async fn open(settings: &Settings) -> Result<Self> {
        let mut connection = Self::reach(settings)
            .await
            .map_err(|failure| failure.into_error("connect to the LDAP server"))?;
        connection
            .sign_in(&settings.username, settings.password.expose_secret())
            .await
            .map_err(|failure| failure.into_error("sign in to the LDAP server"))?;
        Ok(connection)
    }

    async fn reach(settings: &Settings) -> Result<Self, Failure> {
        let (scheme, starts_tls) = match settings.security {
            Security::Ldaps => ("ldaps", false),
            Security::StartTls => ("ldap", true),
            Security::Plain => ("ldap", false),
        };
        let mut how = LdapConnSettings::new().set_starttls(starts_tls);
        if let Some(tls) = &settings.tls {
            how = how.set_config(std::sync::Arc::clone(tls));
        }
        let url = format!("{scheme}://{}:{}", settings.host, settings.port);
        let opening = AssertUnwindSafe(LdapConnAsync::with_settings(how, &url)).catch_unwind();
        let (connection, ldap) = match tokio::time::timeout(settings.patience, opening).await {
            Err(_) => return Err(Failure::Silent(settings.patience)),
            Ok(Err(_)) => return Err(Failure::Unreadable),
            Ok(Ok(opened)) => opened?,
        };
        let driving = AssertUnwindSafe(connection.drive()).catch_unwind();
        let driving = driving.map(|end| end.ok().and_then(std::result::Result::err));
        Ok(Self { ldap, driver: Driver::Running(driving.boxed()), patience: settings.patience })
    }

    async fn sign_in(&mut self, username: &str, password: &str) -> Result<(), Failure> {
        let Self { ldap, driver, patience } = self;
        let result = drive(driver, *patience, ldap.simple_bind(username, password)).await?;
        match result.rc {
            0 => Ok(()),
            code => Err(Failure::Refused { code, text: result.text }),
        }
    }

    /// Sends a search.
    pub(crate) async fn start(&mut self, search: &Search) -> Result<InFlight, Failure> {
        let Self { ldap, driver, patience } = self;
        ldap.with_controls(search.controls.clone());
        let Search { base, scope, filter, attributes, controls: _ } = search;
        let sending = ldap.streaming_search(base, *scope, filter, attributes.clone());
        Ok(InFlight(drive(driver, *patience, sending).await?))
    }

    /// Reads the answer to its end.
    pub(crate) async fn finish(&mut self, InFlight(mut stream): InFlight) -> Result<Answer, Failure> {
        let Self { ldap: _, driver, patience } = self;
        let mut entries = Vec::new();
        while let Some(found) = drive(driver, *patience, stream.next()).await? {
            // Referrals are not followed: they lead to other servers, which nobody configured.
            if !found.is_ref() && !found.is_intermediate() {
                entries.push(Entry::read(found.0).ok_or(Failure::Unreadable)?);
            }
        }
        let result = stream.finish().await;
        if result.rc != 0 {
            return Err(Failure::Refused { code: result.rc, text: result.text });
        }
        Ok(Answer { entries, controls: result.ctrls.into_iter().map(|Control(_, raw)| raw).collect() })
    }

    /// Sends a search and reads its answer, which must fit one message series: one entry, or few.
    pub(crate) async fn search(&mut self, search: &Search) -> Result<Answer, Failure> {
        let sent = self.start(search).await?;
        self.finish(sent).await
    }
}

/// Waits for an operation, and has the connection work meanwhile.
async fn drive<T>(
    driver: &mut Driver,
    patience: Duration,
    operation: impl Future<Output = std::result::Result<T, LdapError>> + Send,
) -> Result<T, Failure> {
    let mut operation = pin!(AssertUnwindSafe(operation).catch_unwind());
    let step = poll_fn(|context| {
        if let Poll::Ready(done) = operation.as_mut().poll(context) {
            return Poll::Ready(done);
        }
        let Driver::Running(running) = driver else { return Poll::Pending };
        let Poll::Ready(end) = running.as_mut().poll(context) else { return Poll::Pending };
        *driver = Driver::Ended(end);
        // What was read before the end is still handed out, and then the operation learns that there is no more.
        operation.as_mut().poll(context)
    });
    match tokio::time::timeout(patience, step).await {
        Err(_) => Err(Failure::Silent(patience)),
        Ok(Err(_)) => Err(Failure::Unreadable),
        Ok(Ok(Ok(value))) => Ok(value),
        Ok(Ok(Err(error))) => Err(match (Failure::from(error), driver) {
            (Failure::Ended(None), Driver::Ended(reason)) => Failure::Ended(reason.take()),
            (failure, _) => failure,
        }),
    }
}
