//! What the fuzz target `ldap_answer` calls. Compiled with `--cfg fuzzing` and for tests only, and no part of the
//! interface.

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

#[cfg(test)]
mod tests {
    use super::*;
    use std::{fs, path::Path};

    /// Over the seeds, and over each of them with one byte left out, doubled or replaced, or with the end cut off.
    #[tokio::test]
    async fn no_answer_that_is_nearly_one_panics() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/seeds/ldap_answer");
        let (mut seeds, mut ended) = (0, 0);
        for seed in fs::read_dir(folder).unwrap() {
            let seed = fs::read(seed.unwrap().path()).unwrap();
            seeds += 1;
            ended += u32::from(read_answer(&seed).await);
            for at in 0..seed.len() {
                let (before, after) = (&seed[..at], &seed[at + 1..]);
                read_answer(before).await;
                read_answer(&[before, after].concat()).await;
                read_answer(&[before, &[seed[at]], &seed[at..]].concat()).await;
                for byte in [0, 1, 0x7f, 0x80, 0x84, 0xff, seed[at] ^ 0x20] {
                    read_answer(&[before, &[byte], after].concat()).await;
                }
            }
        }
        assert!(seeds > 0 && ended > 0, "{ended} of {seeds} seeds are whole answers");
    }
}
