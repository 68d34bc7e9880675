//! Lives of people whose truth is known: accounts and addresses come, change hands and go, technicians do what technicians
//! do, runs happen in between, and after each run the truth is asked whether somebody was wronged.
//!
//! `LIVES` says how many stories are told. A story that fails is told again without each of its events, as long as it fails.

mod laws;
mod random;
mod technician;
mod truth;

use chrono::Duration;
use laws::Before;
use random::Random;
use std::fmt::Write as _;
use sync_core::{plan::Plan, policy::SyncMode};
use truth::{Happening, Setting, Story};

/// One step of a story.
#[derive(Clone, Copy, Debug)]
enum Event {
    Happens(Happening),
    /// A run, perhaps one that is killed after its last write.
    Runs {
        full: bool,
        killed: bool,
        tenant: usize,
    },
    /// A person answers one of the questions of a tenant's last plan.
    Answers {
        question: u64,
        tenant: usize,
    },
}

impl Event {
    fn draw(random: &mut Random) -> Self {
        let tenant = usize::from(random.one_in(2));
        match random.below(40) {
            0..=7 => Self::Runs { full: random.one_in(3), killed: random.one_in(8), tenant },
            8..=12 => Self::Answers { question: random.below(840), tenant },
            _ => Self::Happens(Happening::draw(random)),
        }
    }
}

/// Tells a story; what is wrong in the end.
async fn tell(setting: &Setting, events: &[Event]) -> Result<(), String> {
    tell_of(&mut Story::new(setting), setting, events).await
}

async fn tell_of(story: &mut Story, setting: &Setting, events: &[Event]) -> Result<(), String> {
    let mut last: Vec<Option<Plan>> = vec![None; story.labs.len()];
    for (at, event) in events.iter().enumerate() {
        match event {
            Event::Runs { full, killed, tenant } => {
                let tenant = story.tenant(*tenant);
                // Where the directory does not say who went, a read of changes takes them for there.
                let full = *full || !setting.says_removed;
                let mode = if full { SyncMode::Full } else { SyncMode::Incremental };
                run(story, tenant, (mode, !killed), &mut last[tenant])
                    .await
                    .map_err(|wrong| format!("event {at}: {wrong}"))?;
            }
            Event::Answers { question, tenant } => {
                let tenant = story.tenant(*tenant);
                if let Some(plan) = &last[tenant] {
                    technician::answers_one(story, &story.labs[tenant], plan, *question).await;
                }
            }
            Event::Happens(happening) => story.happens(*happening),
        }
    }
    ends(story).await
}

async fn run(
    story: &mut Story,
    tenant: usize,
    (mode, comes_to_its_end): (SyncMode, bool),
    last: &mut Option<Plan>,
) -> Result<(), String> {
    technician::resolves(story, &story.labs[tenant]).await;
    let before = Before::of(story).await;
    let run = story.labs[tenant].try_run(mode, comes_to_its_end).await.ok();
    let (plan, report) = run.map_or((None, None), |run| (run.plan, run.report));
    let failed = report.as_ref().is_some_and(|report| !report.success);
    story.remember(tenant, plan.as_ref(), report.as_ref());
    story.labs[tenant].directory.cut_after(None);
    story.pass(Duration::minutes(20));
    before.check(story, tenant, plan.as_ref(), failed).await?;
    if plan.is_some() {
        *last = plan;
    }
    Ok(())
}

/// Nothing happens any more but runs and answers: it comes to rest.
async fn ends(story: &mut Story) -> Result<(), String> {
    story.psa().clear_faults();
    let mut before = String::new();
    for round in 0..16 {
        story.pass(Duration::hours(25));
        let mut quiet = true;
        for tenant in 0..story.labs.len() {
            let mut plan = None;
            run(story, tenant, (SyncMode::Full, true), &mut plan)
                .await
                .map_err(|wrong| format!("end, round {round}: {wrong}"))?;
            let Some(plan) = plan else { return Err("a full run was not planned".to_owned()) };
            let asked = technician::answers_all(story, &story.labs[tenant], &plan).await;
            quiet &= plan.summary.changes() == 0 && !asked;
        }
        let now = format!("{:?}", story.psa().contacts_now());
        if quiet && now == before {
            return laws::everybody_is_served(story);
        }
        before = now;
    }
    Err("it never comes to rest".to_owned())
}

fn draw(seed: u64) -> (Setting, Vec<Event>) {
    let mut random = Random(seed);
    let setting = Setting::draw(&mut random);
    let length = 10 + random.below(60);
    (setting, (0..length).map(|_| Event::draw(&mut random)).collect())
}

/// The shortest story of its kind that is still wrong.
async fn shorten(setting: &Setting, mut events: Vec<Event>, mut wrong: String) -> (Vec<Event>, String) {
    let mut size = events.len() / 2;
    while size > 0 {
        let mut at = 0;
        while at < events.len() {
            let mut fewer = events.clone();
            fewer.drain(at..(at + size).min(events.len()));
            match tell(setting, &fewer).await {
                Err(why) => (events, wrong) = (fewer, why),
                Ok(()) => at += size,
            }
        }
        size /= 2;
    }
    (events, wrong)
}

#[test]
#[expect(clippy::disallowed_methods, reason = "a longer run is asked for from outside")]
fn nobody_is_wronged_whatever_happens_to_people_and_contacts() {
    let number = |name: &str, otherwise| std::env::var(name).map_or(otherwise, |n| n.parse().unwrap());
    let (first, stories) = (number("LIVES_FROM", 0), number("LIVES", 400));
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let (mut failed, mut told) = (0, String::new());
        for seed in first..first + stories {
            let (setting, events) = draw(seed);
            if let Err(wrong) = tell(&setting, &events).await {
                let (events, wrong) = shorten(&setting, events, wrong).await;
                writeln!(told, "story {seed}: {wrong}\n{setting:?}").unwrap();
                events.iter().for_each(|event| writeln!(told, "    {event:?}").unwrap());
                let mut story = Story::new(&setting);
                let _ = tell_of(&mut story, &setting, &events).await;
                told.push_str(&story.log);
                failed += 1;
                if failed >= number("LIVES_MOST", 1) {
                    break;
                }
            }
        }
        assert_eq!(failed, 0, "stories went wrong\n{told}");
    });
}
