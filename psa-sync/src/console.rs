//! Where results and messages go: results on stdout, everything else on stderr.

use std::io::{self, IsTerminal as _, Write};
use sync_core::plan::render::visible;

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

    /// Tells the person at the terminal something that is no result. What may be quoted in it cannot move the cursor.
    /// A closed stderr is no reason to stop.
    pub fn tell(&mut self, text: &str) {
        for line in text.lines() {
            let _ = writeln!(self.err, "{}", visible(line, usize::MAX));
        }
        let _ = self.err.flush();
    }

    /// Asks for something that is not to be seen: nothing of the answer is shown. `None` where nobody can be asked.
    ///
    /// # Errors
    /// When the terminal cannot be read.
    pub(crate) fn ask_secret(&mut self, question: &str) -> io::Result<Option<secrecy::SecretString>> {
        if !self.can_ask {
            return Ok(None);
        }
        write!(self.err, "{}: ", visible(question, usize::MAX))?;
        self.err.flush()?;
        let answer = console::Term::stderr().read_secure_line()?;
        Ok(Some(secrecy::SecretString::from(answer)))
    }

    /// Asks a question that only `y` or `yes` answers with yes.
    ///
    /// # Errors
    /// When stdin cannot be read.
    pub fn ask(&mut self, question: &str) -> io::Result<bool> {
        write!(self.err, "{} [y/N] ", visible(question, usize::MAX))?;
        self.err.flush()?;
        let mut answer = String::new();
        io::stdin().read_line(&mut answer)?;
        Ok(matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes"))
    }
}
