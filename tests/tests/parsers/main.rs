//! The fuzz targets of `fuzz/`, over their seeds and over what small changes make of them.
//!
//! Fuzzing itself takes minutes and a runtime of its own; here every target is compiled and run with the other tests, so that
//! none of them stops fitting the parser that it is about. `ldap_answer` reads bytes and is run by `ldap-client`.
#![allow(clippy::unwrap_used, reason = "a test")]

// The targets ask this name for their macro.
extern crate self as libfuzzer_sys;

use std::{collections::BTreeSet, fs, path::PathBuf};

/// Makes a target a function.
#[macro_export]
macro_rules! fuzz_target {
    (|$input:ident: &str| $body:expr) => {
        pub(crate) fn run($input: &str) {
            $body
        }
    };
    (init: $init:block, |$input:ident: &str| $body:expr) => {
        pub(crate) fn run($input: &str) {
            static BEGUN: std::sync::Once = std::sync::Once::new();
            BEGUN.call_once(|| $init);
            $body
        }
    };
}

macro_rules! targets {
    ($($name:ident = $path:literal),* $(,)?) => {
        $(
            #[path = $path]
            #[allow(
                unused_attributes,
                unused_imports,
                unreachable_pub,
                clippy::all,
                clippy::pedantic,
                clippy::expect_used,
                clippy::panic,
                reason = "a program of another workspace, which has no rules of its own"
            )]
            mod $name;
        )*

        mod over_their_seeds {
            $(
                #[test]
                fn $name() {
                    super::over_seeds(stringify!($name), super::$name::run);
                }
            )*
        }

        const TARGETS: &[&str] = &[$(stringify!($name)),*];
    };
}

targets! {
    email = "../../../fuzz/fuzz_targets/email.rs",
    expression = "../../../fuzz/fuzz_targets/expression.rs",
    glob = "../../../fuzz/fuzz_targets/glob.rs",
    graph_json = "../../../fuzz/fuzz_targets/graph_json.rs",
    phone = "../../../fuzz/fuzz_targets/phone.rs",
    plan_json = "../../../fuzz/fuzz_targets/plan_json.rs",
    template = "../../../fuzz/fuzz_targets/template.rs",
}

/// Characters that some parser treats in a way of its own.
const ODD: [char; 12] =
    ['\0', '\n', '"', '\\', '@', '*', '{', '9', '\u{85}', '\u{130}', '\u{301}', '\u{202e}'];
/// At how many places of a seed something is changed.
const PLACES: usize = 150;

fn folder(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../fuzz").join(name)
}

/// Runs a target over its seeds, and over each of them with one character left out, doubled or replaced, or with the end
/// cut off.
fn over_seeds(target: &str, run: impl Fn(&str)) {
    let mut seeds: Vec<PathBuf> =
        fs::read_dir(folder("seeds").join(target)).unwrap().map(|entry| entry.unwrap().path()).collect();
    seeds.sort();
    assert!(!seeds.is_empty());
    for seed in seeds {
        let text = fs::read_to_string(seed).unwrap();
        run(&text);
        let places: Vec<(usize, char)> = text.char_indices().collect();
        for (at, old) in places.iter().step_by(places.len().div_ceil(PLACES).max(1)) {
            let (before, after) = (&text[..*at], &text[at + old.len_utf8()..]);
            run(before);
            run(&[before, after].concat());
            run(&format!("{before}{old}{old}{after}"));
            for odd in ODD {
                run(&format!("{before}{odd}{after}"));
            }
        }
    }
}

#[test]
fn every_target_is_run_here_or_by_its_crate() {
    let files = fs::read_dir(folder("fuzz_targets")).unwrap();
    let names: BTreeSet<String> =
        files.map(|file| file.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned()).collect();
    let run: BTreeSet<String> =
        TARGETS.iter().chain(&["ldap_answer"]).map(|name| (*name).to_owned()).collect();
    assert_eq!(names, run);
}
