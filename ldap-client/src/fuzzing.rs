//! What the fuzz target `ldap_answer` calls. Compiled with `--cfg fuzzing` only, and no part of the interface.

use crate::{controls, entry::Entry, error::Failure, line::Line};
use std::time::Duration;
use tokio::io::{join, sink};

/// The request that is answered: the first on a connection has the number 1.
const ID: i32 = 1;

/// Reads bytes as a connection reads the answer to a search, and asks of it what a listing asks. Says whether it ended.
pub async fn read_answer(bytes: &[u8]) -> bool {
    let mut line = Line::over(join(bytes, sink()), Duration::from_secs(1));
    let mut entries = Vec::new();
    let answer = line
        .answer(ID, |body| {
            entries.push(Entry::read(body).ok_or(Failure::Unreadable)?);
            Ok(())
        })
        .await;
    for entry in &entries {
        let _ = (entry.text("cn"), entry.integer("userAccountControl"), entry.flag("isDeleted"));
        for (name, _) in entry.in_pieces() {
            assert!(entry.has(name) && entry.texts(name).count() <= bytes.len());
        }
    }
    let mut entries = entries.into_iter();
    if let Some(mut whole) = entries.next() {
        let name = whole.in_pieces().next().map(|(name, _)| name.to_owned());
        for (name, piece) in entries.filter_map(|piece| Some((name.clone()?, piece))) {
            let before = whole.texts(&name).count();
            if whole.add_piece(&name, &piece).is_some() {
                assert_eq!(whole.texts(&name).count(), before + piece.texts(&name).count());
            }
        }
    }
    match answer {
        Ok((outcome, controls)) => {
            let _ = (controls::paged_cookie(&controls), controls::dir_sync_end(&controls));
            let _ = Failure::Refused { code: outcome.code, text: outcome.text }.into_error("fuzz");
            true
        }
        Err(failure) => {
            let _ = failure.into_error("fuzz");
            false
        }
    }
}
