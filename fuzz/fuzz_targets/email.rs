//! The comparable form of an e-mail address.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sync_core::model::{comparable_email, email_domain, email_key, is_tenant_default_domain};

fuzz_target!(|text: &str| {
    let mut key = "left over".to_owned();
    let is_address = comparable_email(text, &mut key);
    assert_eq!(email_key(text).as_deref(), is_address.then_some(key.as_str()));
    if !is_address {
        return;
    }
    // The comparable form of a comparable form is itself: links keep keys, and they are compared with fresh ones.
    assert_eq!(email_key(&key).as_deref(), Some(key.as_str()));
    // Nothing that could begin another line of a header or of a log.
    assert!(!key.chars().any(|c| c.is_control() || c.is_whitespace()), "{key:?}");
    assert!(email_domain(&key).is_some_and(|domain| !domain.is_empty()), "{key:?}");
    assert!(!key.starts_with('@'), "{key:?}");
    let _ = is_tenant_default_domain(&key);
    // What only presents an address does not change it.
    assert_eq!(email_key(&format!(" {text}\t")).as_deref(), Some(key.as_str()));
    assert_eq!(email_key(&text.to_ascii_uppercase()).as_deref(), Some(key.as_str()));
});
