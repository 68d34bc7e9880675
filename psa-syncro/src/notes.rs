//! The one paragraph of a contact's notes that is ours. Everything else in the notes belongs to people.
//!
//! It begins with the marker on a line of its own and ends before the next blank line.

/// Our paragraph without its marker, where there is one.
pub(crate) fn read<'n>(notes: &'n str, marker: &str) -> Option<&'n str> {
    let (start, end) = paragraph(notes, marker)?;
    let whole = notes.get(start..end)?;
    Some(whole.trim_start().strip_prefix(marker)?.trim())
}

/// The notes with our paragraph changed, added at the end, or (for a blank text) taken away.
pub(crate) fn write(notes: &str, marker: &str, text: &str) -> String {
    let text: Vec<&str> = text.lines().map(str::trim_end).filter(|line| !line.trim().is_empty()).collect();
    let ours = if text.is_empty() { String::new() } else { format!("{marker}\n{}", text.join("\n")) };
    let Some((start, end)) = paragraph(notes, marker) else {
        return match (notes.trim().is_empty(), ours.is_empty()) {
            (_, true) => notes.to_owned(),
            (true, false) => ours,
            (false, false) => format!("{notes}{}{ours}", if notes.ends_with('\n') { "\n" } else { "\n\n" }),
        };
    };
    let (before, after) = (notes.get(..start).unwrap_or_default(), notes.get(end..).unwrap_or_default());
    if ours.is_empty() {
        // The blank line that parted it goes with it.
        let before = before.strip_suffix("\n\n").unwrap_or(before);
        let after = if before.is_empty() { after.trim_start_matches('\n') } else { after };
        return format!("{before}{after}");
    }
    format!("{before}{ours}{after}")
}

/// Where our paragraph begins and ends.
fn paragraph(notes: &str, marker: &str) -> Option<(usize, usize)> {
    let mut at = 0;
    let mut start = None;
    for line in notes.split_inclusive('\n') {
        let text = line.trim_end();
        match start {
            None if text == marker => start = Some(at),
            Some(start) if text.is_empty() => return Some((start, notes.get(..at)?.trim_end().len())),
            None | Some(_) => {}
        }
        at += line.len();
    }
    Some((start?, notes.trim_end().len()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const MARKER: &str = "Contact sync";

    #[test]
    fn our_paragraph_is_added_changed_and_taken_away_and_the_rest_stays() {
        let mine = "Prefers a call.\n\nAsk for Ada.";
        let added = write(mine, MARKER, "PIN 1");
        assert_eq!(added, "Prefers a call.\n\nAsk for Ada.\n\nContact sync\nPIN 1");
        assert_eq!(read(&added, MARKER), Some("PIN 1"));
        let changed = write(&added, MARKER, "PIN 2\n\nand more");
        assert_eq!(read(&changed, MARKER), Some("PIN 2\nand more"));
        assert_eq!(write(&changed, MARKER, ""), mine);
    }

    #[test]
    fn a_paragraph_in_the_middle_is_changed_in_place() {
        let notes = "Before.\r\n\r\nContact sync\r\nold\r\n\r\nAfter.";
        assert_eq!(write(notes, MARKER, "new"), "Before.\r\n\r\nContact sync\nnew\r\n\r\nAfter.");
        assert_eq!(read(notes, MARKER), Some("old"));
    }

    #[test]
    fn the_marker_within_a_sentence_is_not_ours() {
        let notes = "Contact sync is on for her.";
        assert_eq!(read(notes, MARKER), None);
        assert!(write(notes, MARKER, "x").starts_with(notes));
        assert_eq!(write("", MARKER, "x"), "Contact sync\nx");
        assert_eq!(write("", MARKER, ""), "");
    }

    proptest! {
        #[test]
        fn what_people_wrote_survives_every_change(
            before in "[ -~]{1,20}(\n\n?[ -~]{1,20}){0,3}", text in "[a-z]{1,10}", other in "[a-z]{1,10}",
        ) {
            prop_assume!(!before.lines().any(|line| line.trim_end() == MARKER));
            let one = write(&before, MARKER, &text);
            prop_assert_eq!(read(&one, MARKER), Some(text.as_str()));
            let two = write(&one, MARKER, &other);
            prop_assert_eq!(read(&two, MARKER), Some(other.as_str()));
            prop_assert!(two.starts_with(&before));
            let gone = write(&two, MARKER, "");
            prop_assert_eq!(gone.trim_end(), before.trim_end());
        }
    }
}
