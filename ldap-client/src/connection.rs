//! One connection: opened, protected, signed in; and one search over it at a time.
//!
//! Nothing runs beside the request that waits, so nothing outlives a listing that is dropped.

use crate::{
    config::Security,
    controls::Control,
    entry::Entry,
    error::Failure,
    filter::Filter,
    line::{Line, within},
    message::{self, Outcome},
    settings::Settings,
};
use rustls::pki_types::ServerName;
use secrecy::ExposeSecret as _;
use std::{fmt, sync::Arc, time::Duration};
use sync_core::Result;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
};
use tokio_rustls::TlsConnector;
use zeroize::Zeroizing;

/// With or without TLS.
trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}

impl<S: AsyncRead + AsyncWrite + Unpin + Send> Stream for S {}

/// Where a search looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scope {
    /// One entry.
    Entry,
    /// Everything below a name, and it.
    Below,
}

/// What to search for.
#[derive(Clone, Debug)]
pub(crate) struct Search {
    pub(crate) base: String,
    pub(crate) scope: Scope,
    pub(crate) filter: Filter,
    pub(crate) attributes: Vec<String>,
    pub(crate) controls: Vec<Control>,
}

impl Search {
    /// Everything below a name.
    pub(crate) fn below(base: impl Into<String>, filter: Filter, attributes: &[&str]) -> Self {
        Self {
            base: base.into(),
            scope: Scope::Below,
            filter,
            attributes: attributes.iter().map(|&name| name.to_owned()).collect(),
            controls: Vec::new(),
        }
    }

    /// One entry.
    pub(crate) fn entry(base: impl Into<String>, filter: Filter, attributes: &[&str]) -> Self {
        Self { scope: Scope::Entry, ..Self::below(base, filter, attributes) }
    }

    /// Adds a control.
    pub(crate) fn with(mut self, control: Control) -> Self {
        self.controls.push(control);
        self
    }
}

/// A whole answer to one search.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) entries: Vec<Entry>,
    pub(crate) controls: Vec<Control>,
}

/// A search that was sent and not read yet.
#[derive(Debug)]
pub(crate) struct InFlight(i32);

/// A connection that is signed in.
pub(crate) struct Connection(Line<Box<dyn Stream>>);

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
        let patience = settings.patience;
        let opening = TcpStream::connect((settings.host.as_str(), settings.port));
        let stream = within(patience, opening).await?.map_err(Failure::Io)?;
        stream.set_nodelay(true).map_err(Failure::Io)?;
        let Some(tls) = &settings.tls else { return Ok(Self(Line::over(Box::new(stream), patience))) };
        let name = ServerName::try_from(settings.host.clone()).map_err(|_invalid| Failure::Name)?;
        let stream = match settings.security {
            Security::StartTls => start_tls(stream, patience).await?,
            Security::Ldaps | Security::Plain => stream,
        };
        let protecting = TlsConnector::from(Arc::clone(tls)).connect(name, stream);
        let stream = within(patience, protecting).await?.map_err(Failure::Io)?;
        Ok(Self(Line::over(Box::new(stream), patience)))
    }

    async fn sign_in(&mut self, username: &str, password: &str) -> Result<(), Failure> {
        let id = self.0.next_id();
        // Holds the password.
        let request = Zeroizing::new(message::bind(id, username, password));
        self.0.send(&request).await?;
        success(self.0.end(id).await?)
    }

    /// Sends a search.
    pub(crate) async fn start(&mut self, search: &Search) -> Result<InFlight, Failure> {
        let id = self.0.next_id();
        self.0.send(&message::search(id, search)).await?;
        Ok(InFlight(id))
    }

    /// Reads the answer to its end. Referrals are not followed: they lead to other servers, which nobody configured.
    pub(crate) async fn finish(&mut self, InFlight(id): InFlight) -> Result<Answer, Failure> {
        let mut entries = Vec::new();
        let (end, controls) = self
            .0
            .answer(id, |bytes| {
                entries.push(Entry::read(bytes).ok_or(Failure::Unreadable)?);
                Ok(())
            })
            .await?;
        success(end)?;
        Ok(Answer { entries, controls })
    }

    /// Sends a search and reads its answer, which must fit one message series: one entry, or few.
    pub(crate) async fn search(&mut self, search: &Search) -> Result<Answer, Failure> {
        let sent = self.start(search).await?;
        self.finish(sent).await
    }
}

/// Asks for TLS. What came along with the answer, while anybody could have written it, must be nothing.
async fn start_tls(stream: TcpStream, patience: Duration) -> Result<TcpStream, Failure> {
    let mut line = Line::over(stream, patience);
    let id = line.next_id();
    line.send(&message::start_tls(id)).await?;
    success(line.end(id).await?)?;
    line.into_stream().ok_or(Failure::Unreadable)
}

fn success(Outcome { code, text }: Outcome) -> Result<(), Failure> {
    if code == 0 { Ok(()) } else { Err(Failure::Refused { code, text }) }
}
