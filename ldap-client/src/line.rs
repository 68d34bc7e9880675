//! Messages over a stream of bytes: one request at a time, and its answer.

use crate::{
    ber::{self, Head},
    controls::Control,
    error::Failure,
    message::{Message, Outcome, Reply},
};
use std::time::Duration;
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    time::timeout,
};

/// A message that says it is longer than this is none: a group of a million members is smaller.
const LONGEST: usize = 1 << 28;

/// Room for what the system has to give at once, at least.
const ROOM: usize = 1 << 16;

/// A stream, and what was read of it and not looked at yet.
pub(crate) struct Line<S> {
    stream: S,
    read: Vec<u8>,
    /// Where in `read` the next message begins.
    start: usize,
    last_id: i32,
    patience: Duration,
}

impl<S: AsyncRead + AsyncWrite + Unpin + Send> Line<S> {
    /// `patience` is how long the other side may be silent.
    pub(crate) const fn over(stream: S, patience: Duration) -> Self {
        Self { stream, read: Vec::new(), start: 0, last_id: 0, patience }
    }

    /// The stream itself, where nothing was read that nobody looked at.
    pub(crate) fn into_stream(self) -> Option<S> {
        (self.start == self.read.len()).then_some(self.stream)
    }

    /// Numbers begin anew before they would be negative; no two operations under way have the same.
    pub(crate) fn next_id(&mut self) -> i32 {
        self.last_id = self.last_id.checked_add(1).unwrap_or(1);
        self.last_id
    }

    /// Sends a message.
    pub(crate) async fn send(&mut self, message: &[u8]) -> Result<(), Failure> {
        let sending = async {
            self.stream.write_all(message).await?;
            self.stream.flush().await
        };
        within(self.patience, sending).await?.map_err(|error| Failure::Ended(Some(error)))
    }

    /// How an operation ended that answers with nothing else.
    pub(crate) async fn end(&mut self, id: i32) -> Result<Outcome, Failure> {
        self.answer(id, |_| Err(Failure::Unreadable)).await.map(|(outcome, _)| outcome)
    }

    /// Reads messages until the operation ends. Those of one that nobody waits for any more are passed over.
    pub(crate) async fn answer(
        &mut self,
        id: i32,
        mut entry: impl FnMut(&[u8]) -> Result<(), Failure> + Send,
    ) -> Result<(Outcome, Vec<Control>), Failure> {
        loop {
            let rest = self.read.get(self.start..).unwrap_or_default();
            let whole = match ber::head(rest) {
                Head::Value { tag: ber::SEQUENCE, head, content } if content <= LONGEST => {
                    head..head + content
                }
                Head::Short => 0..usize::MAX,
                Head::Value { .. } | Head::Wrong => return Err(Failure::Unreadable),
            };
            let Some(bytes) = rest.get(whole.clone()) else {
                self.fill().await?;
                continue;
            };
            let message = Message::read(bytes).ok_or(Failure::Unreadable)?;
            let ours = message.id == id.unsigned_abs();
            match message.reply {
                Reply::Notice => return Err(Failure::Ended(None)),
                Reply::Entry(bytes) if ours => entry(bytes)?,
                Reply::End(outcome) if ours => {
                    self.start += whole.end;
                    return Ok((outcome, message.controls));
                }
                Reply::Entry(_) | Reply::End(_) | Reply::Aside => {}
            }
            self.start += whole.end;
        }
    }

    /// Reads more.
    async fn fill(&mut self) -> Result<(), Failure> {
        self.read.drain(..self.start);
        self.start = 0;
        self.read.reserve(ROOM);
        match within(self.patience, self.stream.read_buf(&mut self.read)).await? {
            Ok(0) => Err(Failure::Ended(None)),
            Ok(_) => Ok(()),
            Err(error) => Err(Failure::Ended(Some(error))),
        }
    }
}

/// Waits for no longer than that.
pub(crate) async fn within<T>(
    patience: Duration,
    what: impl Future<Output = T> + Send,
) -> Result<T, Failure> {
    timeout(patience, what).await.map_err(|_elapsed| Failure::Silent(patience))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ber::{enumerated, integer, octets, sequence, tagged};
    use tokio::io::duplex;

    const PATIENCE: Duration = Duration::from_secs(5);

    fn end(id: i64) -> Vec<u8> {
        let outcome = [enumerated(0), octets(b""), octets(b"")].concat();
        sequence(&[integer(id), tagged(0x65, &outcome)])
    }

    fn entry(id: i64, body: &[u8]) -> Vec<u8> {
        sequence(&[integer(id), tagged(0x64, body)])
    }

    async fn read(bytes: &[u8], piece: usize) -> Result<Vec<Vec<u8>>, Failure> {
        let (near, mut far) = duplex(1 << 20);
        let mut line = Line::over(near, PATIENCE);
        let writing = async {
            for piece in bytes.chunks(piece) {
                far.write_all(piece).await.unwrap();
                tokio::task::yield_now().await;
            }
            drop(far);
        };
        let mut got = Vec::new();
        let reading = line.answer(7, |body| {
            got.push(body.to_vec());
            Ok(())
        });
        let (answer, ()) = tokio::join!(reading, writing);
        answer.map(|_| got)
    }

    #[tokio::test]
    async fn messages_are_read_however_they_are_cut() {
        let bytes = [entry(7, b"one"), entry(6, b"of another"), entry(7, &[1; 300]), end(6), end(7)].concat();
        for piece in [1, 2, 3, 7, 100, bytes.len()] {
            assert_eq!(read(&bytes, piece).await.unwrap(), [b"one".to_vec(), vec![1; 300]], "{piece}");
        }
    }

    #[tokio::test]
    async fn an_end_of_the_line_is_no_end_of_the_answer() {
        let bytes = [entry(7, b"one"), end(7)].concat();
        for cut in 0..bytes.len() {
            assert!(matches!(read(&bytes[..cut], 9).await, Err(Failure::Ended(None))), "{cut}");
        }
        let notice = sequence(&[integer(0), tagged(0x78, b"")]);
        assert!(matches!(read(&notice, 9).await, Err(Failure::Ended(None))));
    }

    #[tokio::test]
    async fn what_is_no_message_and_what_would_never_end_are_refused() {
        for bytes in [
            &b"HTTP/1.1 400 Bad Request"[..],
            b"\x30\x80\x00\x00",
            b"\x30\x84\x7f\xff\xff\xff",
            b"\x30\x03\x02\x01\x07",
        ] {
            assert!(matches!(read(bytes, 9).await, Err(Failure::Unreadable)), "{bytes:?}");
        }
    }

    #[tokio::test]
    async fn words_that_came_along_with_the_answer_to_start_tls_are_not_taken_into_it() {
        for (more, is_clean) in [(&b""[..], true), (b"\x30", false), (&end(8), false)] {
            let (near, mut far) = duplex(1 << 16);
            far.write_all(&[&end(7), more].concat()).await.unwrap();
            let mut line = Line::over(near, PATIENCE);
            assert_eq!(line.end(7).await.unwrap().code, 0);
            assert_eq!(line.into_stream().is_some(), is_clean, "{more:?}");
        }
    }
}
