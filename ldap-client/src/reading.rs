//! A connection with everything that must be known before the first row.

use crate::{
    changes::{self, Start},
    connection::Connection,
    groups,
    map::Context,
    schema::Layout,
    server::Server,
    settings::Settings,
    token::{self, Mark, Origin, Token},
};
use std::collections::BTreeSet;
use sync_core::{
    Result, UserQuery,
    model::{DeltaToken, DirectoryGroup},
};

/// What a listing works with.
#[derive(Debug)]
pub(crate) struct Reading {
    pub(crate) connection: Connection,
    pub(crate) server: Server,
    pub(crate) context: Context,
    /// The groups asked for, told with the first people, so that a read that is cut short has them too.
    pub(crate) described: Vec<DirectoryGroup>,
    /// Those groups and the groups in them, by their comparable names.
    pub(crate) closure: BTreeSet<String>,
    /// Whether changes can be told from the moment before anything was read.
    pub(crate) start: Start,
    question: String,
}

impl Reading {
    /// Connects, and asks for what must be known first.
    ///
    /// # Errors
    /// As for connecting and for any search.
    pub(crate) async fn open(
        settings: &Settings,
        query: &UserQuery,
        operation: &'static str,
    ) -> Result<Self> {
        let mut connection = Connection::open(settings).await?;
        let server = Server::ask(&mut connection, settings).await?;
        let layout = Layout::ask(&mut connection, &server, settings, &query.extensions).await?;
        let start = changes::start(&mut connection, &server, settings).await?;
        if let Start::Impossible(why) = &start {
            tracing::debug!(why, "changes cannot be told after this read");
        }
        let mut groups = groups::Groups::default();
        if !query.groups.is_empty() {
            groups =
                groups::resolve(&mut connection, &server, &layout, settings.nested_groups, &query.groups)
                    .await?;
        }
        let context = Context {
            anchors: server.anchors.clone(),
            layout,
            membership: (!query.groups.is_empty()).then_some(groups.membership),
            now: server.now,
            operation,
        };
        Ok(Self {
            connection,
            context,
            described: groups.described,
            closure: groups.closure,
            start,
            question: token::question(settings, &server.base, query),
            server,
        })
    }

    /// The token for a mark; `None` where changes cannot be told.
    ///
    /// # Errors
    /// As [`Token::encode`].
    pub(crate) fn resume(&self, mark: Option<Mark>) -> Result<Option<DeltaToken>> {
        let Start::Possible { mark: first, invocation } = &self.start else { return Ok(None) };
        let mark = mark.unwrap_or_else(|| first.clone());
        Token::new(mark, &self.origin(invocation), self.server.now).encode().map(Some)
    }

    /// Reads a token that was kept.
    ///
    /// # Errors
    /// `DeltaExpired`.
    pub(crate) fn token(&self, kept: &DeltaToken) -> Result<Token> {
        match &self.start {
            Start::Possible { mark: _, invocation } => {
                Token::decode(kept, &self.origin(invocation), self.server.now)
            }
            Start::Impossible(why) => Err(token::expired(why)),
        }
    }

    fn origin<'a>(&'a self, invocation: &'a str) -> Origin<'a> {
        Origin {
            anchors: &self.server.anchors,
            host: &self.server.controller.host,
            invocation,
            query: self.question.clone(),
        }
    }
}
