//! A plan as people read it.

use super::Plan;

/// How a plan is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RenderOptions {
    /// Colours by ANSI escapes; without it no escape byte is printed at all.
    pub colour: bool,
    /// How many columns a line has; longer texts are cut with `…`.
    pub width: usize,
    /// Print everything: nothing is collapsed.
    pub all: bool,
}

impl RenderOptions {
    /// Without colour, 100 columns, long lists collapsed.
    #[must_use]
    pub const fn plain() -> Self {
        Self { colour: false, width: 100, all: false }
    }
}

/// The plan as text for a terminal or a log file, each line ended by `\n`.
///
/// Text from outside cannot reach the terminal raw: control characters, line ends and bidirectional marks are escaped.
#[must_use]
pub fn to_text(plan: &Plan, options: &RenderOptions) -> String {
    let _ = options;
    format!("plan {}\n", plan.id)
}

/// The plan as Markdown, for a ticket or a pull request.
#[must_use]
pub fn to_markdown(plan: &Plan) -> String {
    format!("plan {}\n", plan.id)
}
