//! `psa-sync pin`: verifying and renewing support PINs. No PIN is ever shown or taken from the command line.

use super::secret::ask;
use crate::{
    cli::{PinAction, PinArgs},
    context::Context,
    exit::{Exit, Failure},
    job::{Access, Job, Source},
    people::find_user,
    pins::{Verdict, verify},
};
use secrecy::SecretString;
use std::io::Read as _;
use sync_core::{
    ErrorKind,
    model::{SourceAnchor, TenantName},
};
use zeroize::Zeroizing;

/// The most that is read from standard input, in bytes.
const LONGEST: u64 = 64;

/// What to do where PINs were made with a key that is not here.
const KEY_LOST: &str = "take the key file from the machine that writes PINs, or from a backup; where it is lost, \
                        `psa-sync pin rotate USER`, and the next run writes a new PIN";

pub(crate) async fn run(context: &mut Context, arguments: PinArgs) -> Result<Exit, Failure> {
    let source = Source::open(context)?;
    let tenants = source.tenants(arguments.tenant.tenant.as_deref())?;
    let named = arguments.action.user();
    for name in &tenants {
        let job = source.job(context, name, Access::Read).await?;
        if job.policy.pin_fields().is_empty() {
            continue;
        }
        let Some(user) = find_user(&job, named, context.now()).await.map_err(|f| f.about(name.as_str()))?
        else {
            continue;
        };
        return match &arguments.action {
            PinAction::Verify { .. } => check(context, &job, name, &user).await,
            PinAction::Rotate { .. } => rotate(context, &job, name, &user).await,
        };
    }
    let hint = "name a user by sign-in name, e-mail address or object id; the tenant's policy must set \
                `write_back.support_pin_field`";
    Err(Failure::new(Exit::Failed, "no user with a support PIN is called that").with_hint(hint))
}

async fn check(
    context: &mut Context,
    job: &Job<'_>,
    tenant: &TenantName,
    user: &SourceAnchor,
) -> Result<Exit, Failure> {
    if let Some(file) = job.missing_pin_key()
        && job.pins().pins(tenant).await?.iter().any(|(of, record)| of == user && record.written)
    {
        let message = format!("the key of support PINs is missing: {}; nobody was verified", file.display());
        return Err(Failure::usage(message).with_hint(KEY_LOST));
    }
    let said = said(context)?;
    let (pins, key) = (job.pins(), job.pin_key()?);
    let verdict = verify(pins.as_ref(), &key, tenant, user, &said, context.now()).await;
    let verdict = verdict.map_err(|error| {
        let other_key = error.kind() == ErrorKind::ConfigInvalid;
        let failure = Failure::from(error);
        if other_key { failure.with_hint(KEY_LOST) } else { failure }
    })?;
    match verdict {
        Verdict::Right => {
            context.print("right")?;
            Ok(Exit::Done)
        }
        Verdict::Wrong { left } => {
            context.print("wrong")?;
            context.tell(&match left {
                0 => "that was one try too many; nobody is listened to for 15 minutes".to_owned(),
                1 => "1 try is left".to_owned(),
                left => format!("{left} tries are left"),
            });
            Ok(Exit::Failed)
        }
        Verdict::Blocked { until } => {
            context.print("blocked")?;
            context.tell(&format!("too many wrong tries; wait until {}", until.format("%Y-%m-%d %H:%M UTC")));
            Ok(Exit::Failed)
        }
        Verdict::None => {
            context.print("none")?;
            context.tell("this person has no support PIN yet; the next run makes one");
            Ok(Exit::Failed)
        }
    }
}

async fn rotate(
    context: &mut Context,
    job: &Job<'_>,
    tenant: &TenantName,
    user: &SourceAnchor,
) -> Result<Exit, Failure> {
    job.pins().remove_pin(tenant, user).await?;
    context.tell("the support PIN holds no more; the next run writes a new one");
    Ok(Exit::Done)
}

/// What was said: asked for at a terminal, read from standard input elsewhere.
fn said(context: &mut Context) -> Result<SecretString, Failure> {
    if let Some(said) = ask(context, "PIN")? {
        return Ok(said);
    }
    let cannot = |error| Failure::new(Exit::Failed, format!("cannot read standard input: {error}"));
    let mut bytes = Zeroizing::new(Vec::with_capacity(usize::try_from(LONGEST).unwrap_or(0)));
    std::io::stdin().lock().take(LONGEST).read_to_end(&mut bytes).map_err(cannot)?;
    let text = std::str::from_utf8(&bytes).map_err(|_cause| Failure::usage("a PIN is made of digits"))?;
    Ok(SecretString::from(text.trim()))
}
