//! A burst of changes against the vendor's rate limit, on a clock that jumps. It needs the adapter's clock, which is not
//! public.

use crate::{adapter::KaseyaBms, config::Config};
use futures::future::BoxFuture;
use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};
use sync_core::{
    Psa as _,
    model::{ContactField, ContactId, FieldValue},
};
use sync_http::{Clock, JumpClock};
use sync_sandbox::{Options, Sandbox};

/// Every wait ends at once, here and in the sandbox.
#[derive(Debug)]
struct Both {
    here: JumpClock,
    there: Arc<Sandbox>,
}

impl Clock for Both {
    fn now(&self) -> Duration {
        self.here.now()
    }

    fn wall(&self) -> SystemTime {
        self.here.wall()
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        self.there.advance_clock(duration);
        self.here.sleep(duration)
    }
}

async fn world(allowed: usize) -> (Arc<Sandbox>, JumpClock, Config) {
    let sandbox = Arc::new(Sandbox::start(Options::sized(20, 15).enforce_limits()).await.unwrap());
    sandbox.kaseyabms_data().set_limit(allowed, Duration::from_secs(3600));
    let access = sandbox.kaseyabms();
    let mut config = Config::new(
        access.base_url.clone(),
        access.username.clone(),
        access.password.clone().into(),
        access.tenant.clone(),
    );
    config.contact_module_id = Some(14);
    // One at a time: a jump of the clock would otherwise find others under way.
    config.concurrency = 1;
    (sandbox, JumpClock::default(), config)
}

fn connect(sandbox: &Arc<Sandbox>, here: &JumpClock, config: Config) -> KaseyaBms {
    let clock: Arc<dyn Clock> = Arc::new(Both { here: here.clone(), there: Arc::clone(sandbox) });
    KaseyaBms::new(config, Some(&clock)).unwrap()
}

#[tokio::test]
async fn a_burst_uses_98_of_100_allowed_calls_in_every_hour_and_none_is_refused() {
    let (sandbox, here, mut config) = world(100).await;
    config.requests_per_hour = 98;
    let psa = connect(&sandbox, &here, config);
    let contact = sandbox.kaseyabms_data().contacts().into_iter().find(|c| c["IsActive"] == true).unwrap();
    let id = ContactId::new(contact["Id"].to_string());
    let changes = 98 * 5;
    for n in 0..changes {
        let title = FieldValue::from(format!("Title {n}"));
        psa.update(&id, &[(ContactField::Title, title)].into(), None).await.unwrap();
    }
    assert_eq!(sandbox.kaseyabms_data().worst_window(), (98, 0), "(most in an hour, refused)");
    assert_eq!(
        sandbox.calls().count(sync_sandbox::Vendor::KaseyaBms, "PATCH", "/v2/crm/contacts/{id}"),
        changes
    );
    // Five hours' worth in four waits: nothing is left unused between them.
    let hours = here.slept().as_secs_f64() / 3600.0;
    let used = f64::from(u32::try_from(changes).unwrap() - 98) / hours;
    assert!(used >= 97.0, "{used} calls an hour of 100 over {hours} hours");
}

#[tokio::test]
async fn reads_and_writes_do_not_share_one_limit() {
    let (sandbox, here, mut config) = world(100).await;
    config.requests_per_hour = 98;
    let psa = connect(&sandbox, &here, config);
    let contact = sandbox.kaseyabms_data().contacts().into_iter().find(|c| c["IsActive"] == true).unwrap();
    let id = ContactId::new(contact["Id"].to_string());
    for n in 0..98 {
        let title = FieldValue::from(format!("Title {n}"));
        psa.update(&id, &[(ContactField::Title, title)].into(), None).await.unwrap();
    }
    assert_eq!(here.slept(), Duration::ZERO, "98 reads and 98 changes fit one hour");
}
