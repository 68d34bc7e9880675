//! Plan documents: read as they are, and a good one with some of its bytes changed.
//!
//! Input that begins with `~` is edits of the good one, a line each: a place and what is put over the text from there.
#![no_main]

use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;
use sync_core::plan::{
    DocumentError, Plan,
    render::{RenderOptions, to_markdown, to_text},
};

const GOOD: &str = include_str!("../seeds/plan_json/good.json");

static GOOD_PLAN: LazyLock<Plan> = LazyLock::new(|| Plan::from_json(GOOD).expect("the seed is a plan"));

fuzz_target!(|input: &str| match input.strip_prefix('~') {
    Some(edits) => {
        let mut bytes = GOOD.as_bytes().to_vec();
        for (place, over) in edits.lines().filter_map(|line| line.split_once(' ')) {
            let Ok(place) = place.parse::<usize>() else { continue };
            for (byte, with) in bytes.iter_mut().skip(place % GOOD.len()).zip(over.bytes()) {
                *byte = with;
            }
        }
        if let Ok(text) = String::from_utf8(bytes)
            && let Ok(plan) = Plan::from_json(&text)
        {
            // What is still taken says what it said.
            assert!(plan == *GOOD_PLAN, "an edited plan was taken: {text}");
        }
    }
    None => read(input),
});

fn read(text: &str) {
    match Plan::from_json(text) {
        Ok(plan) => {
            assert!(plan.verify().is_ok());
            let json = plan.to_json().expect("what was read can be written");
            assert!(Plan::from_json(&json).is_ok_and(|again| again == plan), "{json}");
            let mut edited = plan;
            edited.summary.create = edited.summary.create.wrapping_add(1);
            assert!(matches!(edited.verify(), Err(DocumentError::Edited)));
        }
        Err(error) => assert!(error.to_string().len() < 500 + 10 * text.len()),
    }
    // What does not fit its id is still read by tools that only show it.
    if let Ok(plan) = serde_json::from_str::<Plan>(text) {
        let json = plan.to_json().expect("what was read can be written");
        let again: Plan = serde_json::from_str(&json).unwrap_or_else(|error| panic!("{error}: {json}"));
        assert!(again == plan, "{json}");
        assert_eq!(again.verify().is_ok(), plan.verify().is_ok());
        for page in [to_text(&plan, &RenderOptions::plain()), to_markdown(&plan)] {
            let harmful = |c: char| {
                c != '\n' && c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
            };
            assert!(!page.contains(harmful), "{page:?}");
        }
    }
}
