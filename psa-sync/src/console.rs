//! Where results and messages go: results on stdout, everything else on stderr.

use std::{
    borrow::Cow,
    io::{self, IsTerminal as _, Write},
};

/// The two streams of a command, and how they may be used.
pub struct Console {
    out: Box<dyn Write + Send + Sync>,
    err: Box<dyn Write + Send + Sync>,
    /// Results may be coloured.
    pub colour: bool,
    /// Somebody is watching stderr: progress bars make sense.
    pub watched: bool,
    /// Questions can be asked.
    pub can_ask: bool,
    /// Columns of the terminal.
    pub width: usize,
}

impl std::fmt::Debug for Console {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Console")
            .field("colour", &self.colour)
            .field("watched", &self.watched)
            .field("can_ask", &self.can_ask)
            .field("width", &self.width)
            .finish_non_exhaustive()
    }
}

/// Columns where there is no terminal to ask.
const WIDTH: usize = 100;

impl Console {
    /// The caller's streams, without colours, bars and questions: for a program that runs command lines in its own process.
    pub fn of(out: impl Write + Send + Sync + 'static, err: impl Write + Send + Sync + 'static) -> Self {
        Self {
            out: Box::new(out),
            err: Box::new(err),
            colour: false,
            watched: false,
            can_ask: false,
            width: WIDTH,
        }
    }

    /// The streams of the process.
    #[must_use]
    pub fn of_process() -> Self {
        let (stdout, stderr) = (io::stdout(), io::stderr());
        let colour = stdout.is_terminal();
        let width = usize::from(console::Term::stdout().size().1);
        Self {
            watched: stderr.is_terminal(),
            can_ask: io::stdin().is_terminal() && stderr.is_terminal(),
            width: if colour { width } else { WIDTH },
            colour,
            out: Box::new(stdout),
            err: Box::new(stderr),
        }
    }

    /// Writes a result as it is.
    ///
    /// # Errors
    /// When stdout is closed.
    pub fn out(&mut self, text: &str) -> io::Result<()> {
        self.out.write_all(text.as_bytes())?;
        if !text.ends_with('\n') {
            self.out.write_all(b"\n")?;
        }
        self.out.flush()
    }

    /// Tells the person at the terminal something that is no result. A closed stderr is no reason to stop.
    ///
    /// Names of files, keys and vendors' words may be in it, so what would steer a terminal is written out.
    pub fn tell(&mut self, text: &str) {
        let _ = writeln!(self.err, "{}", harmless(text));
        let _ = self.err.flush();
    }

    /// Asks a question that only `y` or `yes` answers with yes.
    ///
    /// # Errors
    /// When stdin cannot be read.
    pub fn ask(&mut self, question: &str) -> io::Result<bool> {
        write!(self.err, "{question} [y/N] ")?;
        self.err.flush()?;
        let mut answer = String::new();
        io::stdin().read_line(&mut answer)?;
        Ok(matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes"))
    }
}

/// The text with control characters (all but line ends) and marks that turn the direction of writing written out.
fn harmless(text: &str) -> Cow<'_, str> {
    let steers = |c: char| {
        (c.is_control() && c != '\n')
            || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    if !text.contains(steers) {
        return Cow::Borrowed(text);
    }
    let written = text.chars().flat_map(|c| {
        let escaped = steers(c).then(|| c.escape_unicode());
        let plain = escaped.is_none().then_some(c);
        escaped.into_iter().flatten().chain(plain)
    });
    Cow::Owned(written.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_is_told_steers_a_terminal() {
        assert_eq!(harmless("a\nb \u{1b}[31m\u{202e}\r\u{9b}"), "a\nb \\u{1b}[31m\\u{202e}\\u{d}\\u{9b}");
        assert!(matches!(harmless("Jo\u{308}rg"), Cow::Borrowed(_)));
    }
}
