//! The expression language, by tables and by properties.

use super::*;
use crate::{
    model::{DirectoryUser, SourceAnchor},
    snapshot::{Completeness, UserSnapshot},
};
use chrono::DateTime;
use proptest::prelude::*;

/// Sales in Köln, no state, country not read.
fn ada() -> DirectoryUser {
    let mut user = DirectoryUser::new(SourceAnchor::entra("contoso", "a"))
        .with(Attribute::UserPrincipalName, "ada@login.contoso.com")
        .with(Attribute::Mail, "Ada@Contoso.com")
        .with(Attribute::Department, "Sales")
        .with(Attribute::City, "KÖLN")
        .with(Attribute::State, "")
        .with(Attribute::JobTitle, "Chef \"de\\partie")
        .with(Attribute::CompanyName, "ΟΔΟΣ")
        .with(Attribute::Extension("cost center".into()), "4711");
    user.enabled = Some(true);
    user.groups = Some(BTreeSet::from(["G-1".to_owned()]));
    user
}

fn expression(text: &str) -> Expression {
    text.parse().unwrap_or_else(|e| panic!("{text}: {e}"))
}

/// `yes`, `no`, or what was not read.
fn say_of(text: &str, user: &DirectoryUser) -> String {
    let mut builder = UserSnapshot::builder();
    builder.push(user);
    let users = builder.finish(DateTime::UNIX_EPOCH, Completeness::Complete).unwrap();
    let user = users.iter().next().unwrap();
    match expression(text).test(user) {
        Truth::Yes => "yes".to_owned(),
        Truth::No => "no".to_owned(),
        Truth::Unknown(what) => what.to_string(),
    }
}

#[track_caller]
fn check(text: &str, expected: &str) {
    assert_eq!(say_of(text, &ada()), expected, "{text}");
    let shown = expression(text).to_string();
    assert_eq!(say_of(&shown, &ada()), expected, "{text} shown as {shown}");
}

#[track_caller]
fn refused(text: &str, column: usize, problem: &str) {
    let error = text.parse::<Expression>().unwrap_err();
    assert_eq!(error.to_string(), format!("at character {column}: {problem}"), "{text}");
    assert_eq!(error.column(), column, "{text}");
}

#[test]
fn each_comparison_says_what_its_name_says() {
    for (text, expected) in [
        (r#"department == "Sales""#, "yes"),
        (r#"department == "Sale""#, "no"),
        (r#"department != "Sales""#, "no"),
        (r#"department != "Support""#, "yes"),
        (r#"department in ["Support", "Sales"]"#, "yes"),
        (r#"department in ["Support"]"#, "no"),
        (r#"department contains "ale""#, "yes"),
        (r#"department contains "els""#, "no"),
        (r#"department starts_with "Sal""#, "yes"),
        (r#"department starts_with "ales""#, "no"),
        (r#"department ends_with "les""#, "yes"),
        (r#"department ends_with "Sale""#, "no"),
        (r#"department ends_with "Presales""#, "no"),
        (r#"email glob "*@contoso.???""#, "yes"),
        (r#"email glob "contoso""#, "no"),
        (r#"mail == "ada@contoso.com""#, "yes"),
        (r#"domain == "CONTOSO.com""#, "yes"),
        (r#"domain == "login.contoso.com""#, "no"),
        ("department is_blank", "no"),
        ("state is_blank", "yes"),
        ("account_enabled", "yes"),
        ("account_enabled == true", "yes"),
        ("account_enabled == false", "no"),
        ("account_enabled != false", "yes"),
        ("account_enabled != true", "no"),
        (r#"in_group("g-1")"#, "yes"),
        (r#"in_group("G-2")"#, "no"),
        (r#"extension:"cost center" == "4711""#, "yes"),
        (r#"job_title ends_with "\"DE\\partie""#, "yes"),
    ] {
        check(text, expected);
    }
}

#[test]
fn case_never_matters_in_any_alphabet() {
    for text in [
        r#"department == "sALES""#,
        r#"city == "köln""#,
        r#"city != "k" && city contains "öL""#,
        r#"city starts_with "kÖ" && city ends_with "ÖlN""#,
        r#"city in ["bonn", "Köln"]"#,
        r#"city glob "k?ln""#,
        r#"company_name glob "*ΟΔΟΣ""#,
        r#"company_name == "οδος" && company_name == "οδοσ" && company_name ends_with "ς""#,
    ] {
        check(text, "yes");
    }
    check(r#"city == "koln""#, "no");
}

#[test]
fn blanks_around_a_whole_text_do_not_matter_and_those_of_a_part_do() {
    check(r#"department == "  Sales ""#, "yes");
    check(r#"department in [" Sales"]"#, "yes");
    check(r#"job_title contains "chef ""#, "yes");
    check(r#"department contains "Sales ""#, "no");
}

#[test]
fn a_blank_is_the_empty_text_and_no_error() {
    for (text, expected) in [
        (r#"state == """#, "yes"),
        (r#"state != """#, "no"),
        (r#"state != "NRW""#, "yes"),
        (r#"state in ["", "NRW"]"#, "yes"),
        (r#"state contains "x""#, "no"),
        (r#"state glob "*""#, "yes"),
        (r#"state glob "?*""#, "no"),
    ] {
        check(text, expected);
    }
}

#[test]
fn what_was_not_read_is_unknown_and_unknown_spreads_as_in_kleenes_logic() {
    let (yes, no) = (r#"department == "Sales""#, r#"department == "Support""#);
    for unknown in
        [r#"country == "DE""#, r#"country != "DE""#, "country is_blank", r#"country in ["", "DE"]"#]
    {
        check(unknown, "country");
        check(&format!("!({unknown})"), "country");
        check(&format!("{unknown} && {no}"), "no");
        check(&format!("{no} && {unknown}"), "no");
        check(&format!("{unknown} && {yes}"), "country");
        check(&format!("{yes} && {unknown}"), "country");
        check(&format!("{unknown} || {yes}"), "yes");
        check(&format!("{yes} || {unknown}"), "yes");
        check(&format!("{unknown} || {no}"), "country");
        check(&format!("{no} || {unknown}"), "country");
        check(&format!(r#"{unknown} || usage_location == "DE""#), "country");
    }
}

#[test]
fn flags_groups_extensions_and_domains_can_be_unread_too() {
    let mut user = ada();
    (user.enabled, user.groups) = (None, None);
    user.attributes.remove(&Attribute::Mail);
    assert_eq!(say_of("account_enabled", &user), "account_enabled");
    assert_eq!(say_of("account_enabled != false", &user), "account_enabled");
    assert_eq!(say_of(r#"!in_group("g")"#, &user), r#"in_group("g")"#);
    assert_eq!(say_of(r#"extension:other == """#, &user), "extension:other");
    assert_eq!(say_of(r#"domain == "login.contoso.com""#, &user), "domain");
    let named = user.with(Attribute::Mail, "");
    assert_eq!(say_of(r#"domain == "login.contoso.com""#, &named), "yes");
    let nameless = named.with(Attribute::UserPrincipalName, "");
    assert_eq!(say_of("domain is_blank", &nameless), "yes");
}

#[test]
fn not_binds_closest_then_and_then_or() {
    let (yes, no) = ("account_enabled", "state == \"x\"");
    for (text, expected) in [
        (format!("{yes} || {no} && {no}"), "yes"),
        (format!("({yes} || {no}) && {no}"), "no"),
        (format!("{no} && {no} || {yes}"), "yes"),
        (format!("{no} and ({no} or {yes})"), "no"),
        (format!("!{no} && {yes}"), "yes"),
        (format!("not {no} and {no}"), "no"),
        (format!("!({no} && {no})"), "yes"),
        (format!("!!{yes}"), "yes"),
        (format!("not not not {yes}"), "no"),
    ] {
        check(&text, expected);
    }
    assert_eq!(
        expression(&format!("{yes} or {no} and not {no}")),
        expression(&format!("{yes}||({no}&&(!({no})))"))
    );
}

#[test]
fn slips_are_named_with_their_place() {
    refused("", 1, "expected a user attribute, found the end");
    refused("departmant == \"x\"", 1, "unknown user attribute `departmant`; did you mean `department`?");
    refused("city == \"ö\" && Emial == \"x\"", 16, "unknown user attribute `Emial`; did you mean `email`?");
    refused("qqqqqqqqqqqqq == \"x\"", 1, "unknown user attribute `qqqqqqqqqqqqq`");
    refused("city = \"x\"", 6, "write `==` instead of `=`");
    refused("city == \"x\" & state is_blank", 13, "write `&&` instead of `&`");
    refused("city == 'x'", 9, "a text stands in double quotes");
    refused("city == x", 9, "expected a text in double quotes, found `x`");
    refused("city == \"x", 9, "the text has no closing quote");
    refused("city == \"a\\n\"", 11, r#"only `\"` and `\\` begin with a backslash"#);
    refused("city < \"x\"", 6, "there is no order of texts; compare with `==` or `!=`");
    refused("city", 5, "expected a comparison such as `==` or `in`, found the end");
    refused("city start_with \"x\"", 6, "unknown comparison `start_with`; did you mean `starts_with`?");
    refused("city in []", 10, "the list is empty, so it would take nobody");
    refused("city in [\"a\" \"b\"]", 14, "expected `]`, found a text");
    refused("city contains \"\"", 15, "every text has the empty text in it");
    refused("city glob \" \"", 11, "the text is blank");
    refused("in_group(\"\")", 10, "the text is blank");
    refused("(city is_blank", 15, "expected `)`, found the end");
    refused("city is_blank)", 14, "this `)` closes nothing");
    refused("city is_blank state is_blank", 15, "expected `&&`, `||` or the end, found `state`");
    refused("is_blank", 1, "expected a user attribute, found `is_blank`");
    refused("extension == \"x\"", 1, "an extension is written `extension:NAME`");
    refused("extension: == \"x\"", 11, "`extension:` needs a name");
    refused("custom:x == \"x\"", 1, "only `extension:` has a colon, not `custom`");
    refused("account_enabled == \"true\"", 20, "expected `true` or `false`, found a text");
    refused("city == \"x\" ; ", 13, "';' means nothing here");
}

#[test]
fn length_and_depth_are_limited() {
    let nested = |depth: usize| format!("{}city is_blank{}", "(".repeat(depth), ")".repeat(depth));
    assert!(nested(MAX_DEPTH).parse::<Expression>().is_ok());
    refused(&nested(MAX_DEPTH + 1), MAX_DEPTH + 1, "nested more than 64 deep");
    let denied = |depth: usize| format!("{}account_enabled", "!".repeat(depth));
    assert!(denied(MAX_DEPTH).parse::<Expression>().is_ok());
    refused(&denied(30_000), MAX_DEPTH + 1, "nested more than 64 deep");
    let filled = |length: usize| format!("{}city is_blank", " ".repeat(length - 13));
    assert!(filled(MAX_LENGTH).parse::<Expression>().is_ok());
    refused(&filled(MAX_LENGTH + 1), 1, "the expression is longer than 65536 bytes");
    let text = |length: usize| format!("city == \"{}\"", "ü".repeat(length));
    assert!(text(MAX_TEXT).parse::<Expression>().is_ok());
    refused(&text(MAX_TEXT + 1), 9, "the text is longer than 1024 characters");
    let wide = vec!["city is_blank"; 4_000].join("||");
    assert_eq!(say_of(&wide, &ada()), "no");
}

#[test]
fn an_expression_tells_what_it_asks_for() {
    let text = r#"email is_blank || !(in_group("G-9") && extension:x-1.y is_blank) || domain in ["a"] || mail == "b""#;
    let shown: Vec<_> = expression(text).operands().into_iter().map(ToString::to_string).collect();
    assert_eq!(shown, ["mail", "extension:x-1.y", "domain", r#"in_group("g-9")"#]);
}

/// Texts that are expressions, in no canonical form.
fn written() -> impl Strategy<Value = String> {
    let text = "[a-cÖß\"\\\\ *?]{1,6}"
        .prop_map(|t: String| format!("\"x{}\"", t.replace('\\', r"\\").replace('"', "\\\"")));
    let name = prop_oneof![
        "(city|email|domain|display_name|extension:[a-z.]{1,4})",
        text.clone().prop_map(|t| format!("extension:{t}"))
    ];
    let test = prop_oneof![
        ("(==|!=|contains|starts_with|ends_with|glob)", text.clone()).prop_map(|(o, t)| format!("{o} {t}")),
        prop::collection::vec(text.clone(), 1..4).prop_map(|list| format!("in[{}]", list.join(","))),
        Just("is_blank".to_owned()),
    ];
    let leaf = prop_oneof![
        4 => (name, test).prop_map(|(n, t)| format!("{n} {t}")),
        1 => "account_enabled( (==|!=) (true|false))?",
        1 => text.prop_map(|t| format!("in_group({t})")),
    ];
    leaf.prop_recursive(5, 40, 4, |inner| {
        prop_oneof![
            (prop::collection::vec(inner.clone(), 2..4), "( && |&&| and |\\|\\|| or )")
                .prop_map(|(parts, between)| parts.join(&between)),
            inner.clone().prop_map(|part| format!("({part})")),
            (inner, "(!|not )").prop_map(|(part, not)| format!("{not}({part})")),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, ..ProptestConfig::default() })]

    #[test]
    fn what_is_shown_parses_to_the_same_expression(text in written()) {
        let parsed: Expression = text.parse().unwrap();
        let shown = parsed.to_string();
        prop_assert_eq!(shown.parse::<Expression>().unwrap(), parsed, "{} shown as {}", text, shown);
        prop_assert_eq!(say_of(&text, &ada()), say_of(&shown, &ada()));
    }

    #[test]
    fn no_text_makes_the_parser_panic_and_an_error_lies_within_the_text(text in any::<String>()) {
        if let Err(error) = text.parse::<Expression>() {
            prop_assert!((1..=text.chars().count() + 1).contains(&error.column()));
        }
    }

    #[test]
    fn no_heap_of_tokens_makes_the_parser_panic(
        tokens in prop::collection::vec(
            prop::sample::select(vec!["(", ")", "[", "]", ",", "!", "!=", "==", "&&", "||", "and", "or", "not", "in",
                "city", "domain", "extension:", "extension:a", "account_enabled", "in_group", "\"a\"", "\"", "\\",
                "is_blank", "glob", "contains", "true", "é"]),
            0..24,
        ),
    ) {
        let text = tokens.join(" ");
        if let Ok(parsed) = text.parse::<Expression>() {
            prop_assert_eq!(parsed.to_string().parse::<Expression>().unwrap(), parsed);
        }
    }

    #[test]
    fn comparing_folded_agrees_with_lower_case_copies(text in "[aAbBÖöİßΣςk\u{212a}]{0,8}", part in "[aAbBÖöİßΣςk]{1,3}") {
        let lower = |t: &str| t.chars().flat_map(char::to_lowercase).collect::<String>().replace('ς', "σ");
        let (text_lower, part_lower) = (lower(&text), lower(&part));
        let user = ada().with(Attribute::City, text);
        let say = |holds: bool| if holds { "yes" } else { "no" };
        for (word, holds) in [
            ("==", text_lower == part_lower),
            ("contains", text_lower.contains(&part_lower)),
            ("starts_with", text_lower.starts_with(&part_lower)),
            ("ends_with", text_lower.ends_with(&part_lower)),
        ] {
            prop_assert_eq!(say_of(&format!("city {word} \"{part}\""), &user), say(holds), "{}", word);
        }
    }
}
