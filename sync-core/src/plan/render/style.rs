//! The few ANSI colours that a plan uses.

/// What a piece of text is, to be coloured by.
#[derive(Clone, Copy)]
pub(super) enum Style {
    Heading,
    Danger,
    Attention,
    Good,
    Link,
    Quiet,
}

impl Style {
    const fn escape(self) -> &'static str {
        match self {
            Self::Heading => "\u{1b}[1m",
            Self::Danger => "\u{1b}[31m",
            Self::Attention => "\u{1b}[33m",
            Self::Good => "\u{1b}[32m",
            Self::Link => "\u{1b}[36m",
            Self::Quiet => "\u{1b}[2m",
        }
    }
}

/// The text in a style, or as it is.
pub(super) fn paint(colour: bool, style: Style, text: &str) -> String {
    if colour { format!("{}{text}\u{1b}[0m", style.escape()) } else { text.to_owned() }
}
