#![cfg(test)]

use super::{
    codes::{COMMON, LINKS},
    *,
};
use crate::policy::MatchRule;

fn decision(subject: Subject, change: Change, reason: Reason) -> Decision {
    let mut decision = Decision::new(subject, change, reason);
    decision.user_principal_name = "ada@contoso.com".into();
    decision.display_name = "Ada \u{e9}".into();
    decision.company = Some(CompanyId::new("100"));
    decision
}

#[test]
fn what_is_packed_comes_out_again() {
    let user = |o: &str| Subject::User(SourceAnchor::new(format!("entra:t:{o}")));
    let no_op = |contact: Option<&str>, link| Change::NoOp { contact: contact.map(ContactId::new), link };
    let all = vec![
        decision(
            user("0f000000-0000-4000-8000-00000000000a"),
            no_op(Some("42"), LinkState::Existing),
            Reason::InSync { rule: MatchRule::Link },
        ),
        decision(user("b"), no_op(None, LinkState::None), Reason::LeftScope { rule: "departments".into() }),
        decision(
            user("c"),
            Change::Create { fields: Vec::new(), unless_email: Vec::new(), beside: Vec::new() },
            Reason::NoMatch,
        ),
        decision(Subject::Contact(ContactId::new("7")), Change::Hold { proposed: None }, Reason::Missing),
    ];
    let mut packed = Decisions::new();
    for one in &all {
        packed.push_owned(one);
    }
    assert_eq!(packed.iter().collect::<Vec<_>>(), all);
    assert_eq!(packed.changes().count(), 2);
    assert_eq!(packed.find(&user("b")), all.get(1).cloned());
    assert_eq!(packed.find(&user("0f000000-0000-4000-8000-00000000000a")), all.first().cloned());
    let json = serde_json::to_string(&packed).unwrap();
    assert_eq!(serde_json::from_str::<Decisions>(&json).unwrap(), packed);
}

#[test]
fn two_lists_that_differ_in_one_code_are_different_and_have_different_digests() {
    let user = Subject::User(SourceAnchor::new("entra:t:a"));
    let digest = |list: &Decisions| {
        let mut printer = Fingerprinter::new("test");
        list.digest_into(&mut printer);
        printer.finish()
    };
    let list = |link, reason: &Reason| {
        let mut packed = Decisions::new();
        let change = Change::NoOp { contact: Some(ContactId::new("1")), link };
        packed.push_owned(&decision(user.clone(), change, reason.clone()));
        packed
    };
    let mut all = Vec::new();
    for link in LINKS {
        all.extend(COMMON.iter().map(|reason| list(link, reason)));
    }
    for (at, one) in all.iter().enumerate() {
        for (other_at, other) in all.iter().enumerate() {
            assert_eq!(one == other, at == other_at);
            assert_eq!(digest(one) == digest(other), at == other_at);
        }
    }
}

#[test]
fn a_row_is_small() {
    assert!(size_of::<Row>() <= 24);
}
