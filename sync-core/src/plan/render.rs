//! A plan as people read it: what needs a person first, then what is done, then what is not, in words.

mod escape;
mod groups;
mod markdown;
mod readiness;
mod style;
mod text;
mod words;

#[cfg(test)]
mod tests;

pub use markdown::to_markdown;
pub use readiness::{readiness_to_markdown, readiness_to_text};
pub use text::to_text;

pub use escape::{visible, visible_json};

/// How a plan is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RenderOptions {
    /// Colours by ANSI escapes; without it no escape byte is printed at all.
    pub colour: bool,
    /// Into how many columns (characters, at least 60) names and values are fitted; those that are longer end in `…`.
    /// Reasons and ids are never cut.
    pub width: usize,
    /// Print everything: no list is collapsed, each field of a create is shown, those about whom nothing is done are
    /// named, and only values of more than 1,000 characters are cut.
    pub all: bool,
}

impl RenderOptions {
    /// Without colour, 100 columns, long lists collapsed.
    #[must_use]
    pub const fn plain() -> Self {
        Self { colour: false, width: 100, all: false }
    }
}

/// Lists that may be collapsed show this many rows.
const SHOWN: usize = 20;
/// Links are one like the other; some show what is meant.
const EXAMPLES: usize = 3;
/// At most this many people are named per warning.
const NAMED: usize = 5;
