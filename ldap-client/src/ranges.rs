//! Attributes with more values than a server gives at once.

use crate::{
    connection::{Connection, Search},
    entry::Entry,
    error::unexpected,
    filter,
};
use sync_core::Result;

/// The most pieces of one attribute: a group of ten million members in pieces of Windows' 1,500.
const MOST_PIECES: u32 = 7_000;

/// Reads the rest of every attribute of which only some values came (`member;range=0-1499`).
///
/// # Errors
/// As for any search; `UnexpectedResponse` where the pieces do not fit together, for a part must not pass for the whole.
pub(crate) async fn complete(
    operation: &'static str,
    connection: &mut Connection,
    entry: &mut Entry,
) -> Result<()> {
    let pieces: Vec<(String, u64)> = entry.in_pieces().map(|(name, end)| (name.to_owned(), end)).collect();
    for (name, mut last) in pieces {
        let mut left = MOST_PIECES;
        loop {
            let start = last.saturating_add(1);
            let search = Search::entry(&entry.dn, filter::anything(), &[&format!("{name};range={start}-*")]);
            let answer = connection.search(&search).await.map_err(|failure| failure.into_error(operation))?;
            let piece = answer.entries.first().and_then(|piece| entry.add_piece(&name, piece));
            left -= 1;
            match piece.map(|range| range.end) {
                Some(None) => break,
                Some(Some(end)) if end > last && left > 0 => last = end,
                Some(Some(_)) | None => {
                    return Err(unexpected(
                        operation,
                        format!("the values of `{name}` came in pieces that do not fit"),
                    ));
                }
            }
        }
    }
    Ok(())
}
