//! Verifying a PIN that somebody said on the telephone.

use super::PinKey;
use chrono::{DateTime, Duration, Utc};
use secrecy::{ExposeSecret as _, SecretString};
use sync_core::{
    Error, ErrorKind, Result,
    model::{SourceAnchor, TenantName},
    store::PinStore,
};

/// Wrong tries in a row before nobody is listened to for a while.
const TRIES: u32 = 5;
/// How long that is. At most 480 tries a day: one in two thousand PINs.
const PAUSE: Duration = Duration::minutes(15);

/// What came of a try.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It is the person's PIN.
    Right,
    /// It is not; so many tries are left.
    Wrong { left: u32 },
    /// There were too many wrong tries; nobody is listened to until then.
    Blocked { until: DateTime<Utc> },
    /// The person has no PIN.
    None,
}

/// Verifies a PIN. A wrong try is recorded before it is answered, so that stopping the program saves nobody a try.
///
/// # Errors
/// `ConfigInvalid` where another key made the record; and as for [`PinStore`].
pub(crate) async fn verify(
    pins: &dyn PinStore,
    key: &PinKey,
    tenant: &TenantName,
    user: &SourceAnchor,
    pin: &SecretString,
    now: DateTime<Utc>,
) -> Result<Verdict> {
    let known = pins.pins(tenant).await?.into_iter().find(|(of, record)| of == user && record.written);
    let Some((_, mut record)) = known else { return Ok(Verdict::None) };
    if let Some(until) = record.blocked_until.filter(|until| *until > now) {
        return Ok(Verdict::Blocked { until });
    }
    let said =
        SecretString::from(pin.expose_secret().chars().filter(|c| !c.is_whitespace()).collect::<String>());
    let right = key.is(tenant, user, &said, &record.verifier).ok_or_else(|| {
        let message = "the PIN was made with another key than the one of this machine; give every machine the same key file";
        Error::new(ErrorKind::ConfigInvalid, "verify support PIN", message)
    })?;
    if right {
        if record.failures > 0 || record.blocked_until.is_some() {
            record.failures = 0;
            record.blocked_until = None;
            pins.set_pin(tenant, user, &record).await?;
        }
        return Ok(Verdict::Right);
    }
    record.failures = record.failures.saturating_add(1);
    let left = TRIES.saturating_sub(record.failures);
    if left == 0 {
        record.failures = 0;
        record.blocked_until = Some(now + PAUSE);
    }
    pins.set_pin(tenant, user, &record).await?;
    Ok(Verdict::Wrong { left })
}

#[cfg(test)]
mod tests {
    use super::*;
    use sync_core::{memory::MemoryStore, store::PinRecord};

    fn at(minute: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + Duration::minutes(minute)
    }

    #[tokio::test]
    async fn five_wrong_tries_block_everybody_for_a_quarter_of_an_hour() {
        let folder = tempfile::tempdir().unwrap();
        let key = PinKey::open(&folder.path().join("key")).unwrap();
        let (tenant, user) = (TenantName::new("Contoso"), SourceAnchor::new("entra:t:a"));
        let pin = |text: &str| SecretString::from(text);
        let store = MemoryStore::new();
        let (right, wrong) = (pin("471 108"), pin("471109"));
        let verify = async |pin: &SecretString, minute| {
            verify(&store, &key, &tenant, &user, pin, at(minute)).await.unwrap()
        };
        assert_eq!(verify(&right, 0).await, Verdict::None);
        let digests = (key.lookup(&tenant, &pin("471108")), key.verifier(&tenant, &user, &pin("471108")));
        let mut record = PinRecord::new(digests.0, digests.1, at(0));
        store.set_pin(&tenant, &user, &record).await.unwrap();
        assert_eq!(verify(&right, 0).await, Verdict::None, "one that is not written yet is none");
        record.written = true;
        store.set_pin(&tenant, &user, &record).await.unwrap();
        assert_eq!(verify(&right, 0).await, Verdict::Right);
        for left in [4, 3] {
            assert_eq!(verify(&wrong, 0).await, Verdict::Wrong { left });
        }
        assert_eq!(verify(&right, 0).await, Verdict::Right, "a right one starts the count anew");
        for left in [4, 3, 2, 1, 0] {
            assert_eq!(verify(&wrong, 1).await, Verdict::Wrong { left });
        }
        assert_eq!(verify(&right, 2).await, Verdict::Blocked { until: at(16) });
        assert_eq!(verify(&right, 16).await, Verdict::Right);
    }

    #[tokio::test]
    async fn a_record_of_another_key_is_an_error_and_no_wrong_try() {
        let folder = tempfile::tempdir().unwrap();
        let open = |name: &str| PinKey::open(&folder.path().join(name)).unwrap();
        let (tenant, user) = (TenantName::new("Contoso"), SourceAnchor::new("entra:t:a"));
        let store = MemoryStore::new();
        let pin = SecretString::from("471108");
        let other = open("other");
        let mut record =
            PinRecord::new(other.lookup(&tenant, &pin), other.verifier(&tenant, &user, &pin), at(0));
        record.written = true;
        store.set_pin(&tenant, &user, &record).await.unwrap();
        let refused = verify(&store, &open("key"), &tenant, &user, &pin, at(0)).await.unwrap_err();
        assert!(refused.message().contains("another key"), "{refused}");
        assert_eq!(store.pins(&tenant).await.unwrap(), [(user, record)]);
    }
}
