//! Random histories, run incrementally and run in full.

use crate::{
    lab::{Lab, telling},
    world::{World, user},
};
use chrono::Duration;
use proptest::prelude::*;
use std::collections::BTreeMap;
use sync_core::{
    ErrorKind,
    apply::{Resolution, resolve},
    capability::Capabilities,
    model::{Attribute, ContactField, FieldValue},
    plan::Subject,
    policy::SyncMode,
    store::IntentState,
};

#[derive(Clone, Debug)]
enum Event {
    Joins(u8),
    Leaves(u8),
    Disabled(u8, bool),
    Titled(u8, u8),
    Renamed(u8, u8),
    SwapAddresses(u8, u8),
    TechnicianEdits(u8, u8),
    Fault(bool, bool),
    Runs,
    TimePasses,
}

fn event() -> impl Strategy<Value = Event> {
    let person = 0u8..8;
    prop_oneof![
        2 => person.clone().prop_map(Event::Joins),
        2 => person.clone().prop_map(Event::Leaves),
        2 => (person.clone(), any::<bool>()).prop_map(|(p, on)| Event::Disabled(p, on)),
        2 => (person.clone(), 0u8..3).prop_map(|(p, t)| Event::Titled(p, t)),
        1 => (person.clone(), 0u8..3).prop_map(|(p, n)| Event::Renamed(p, n)),
        1 => (person.clone(), person.clone()).prop_map(|(a, b)| Event::SwapAddresses(a, b)),
        2 => (person, 0u8..3).prop_map(|(p, t)| Event::TechnicianEdits(p, t)),
        1 => (any::<bool>(), any::<bool>()).prop_map(|(unknown, done)| Event::Fault(unknown, done)),
        6 => Just(Event::Runs),
        1 => Just(Event::TimePasses),
    ]
}

#[derive(Clone)]
struct Person {
    mail: String,
    title: u8,
    name: u8,
    enabled: bool,
    here: bool,
    /// Whether the story began without this person.
    joined: bool,
    /// Whether a technician edited the contact.
    edited: bool,
}

struct Story {
    lab: Lab,
    people: Vec<Person>,
}

impl Story {
    fn new(capabilities: Capabilities) -> Self {
        // One more stays through it all: a run that would deactivate everybody is stopped whatever the limits, as it should be.
        let stays = user("stays", "stays@contoso.com");
        let world = World::new().crowd(4).user(stays).policy(|policy| {
            policy.write_back.contact_id_field = "Office365Id".into();
            policy.limits.deactivate =
                sync_core::policy::DeactivateLimit::Numbers(sync_core::policy::CountPercent {
                    count: 100,
                    percent: 100,
                });
            policy.limits.update.percent = 100;
        });
        let lab = Lab::new(world, capabilities);
        let person = |place: usize| Person {
            mail: format!("p{place:02}@contoso.com"),
            title: 0,
            name: 0,
            enabled: true,
            here: place < 4,
            joined: place >= 4,
            edited: false,
        };
        Self { lab, people: (0..8).map(person).collect() }
    }

    fn tell(&self, place: usize) {
        let person = &self.people[place];
        let object = format!("p{place:02}");
        if !person.here {
            return;
        }
        let mut user = user(&object, &person.mail);
        if person.title > 0 {
            user = user.with(Attribute::JobTitle, format!("Title {}", person.title));
        }
        if person.name > 0 {
            user = user.with(Attribute::Surname, format!("Name {}", person.name));
        }
        user.enabled = Some(person.enabled);
        self.lab.directory.put(user);
    }

    async fn happens(&mut self, event: &Event, mode: SyncMode) {
        match event {
            Event::Joins(place) => {
                self.people[usize::from(*place)].here = true;
                self.tell(usize::from(*place));
            }
            Event::Leaves(place) => {
                let person = &mut self.people[usize::from(*place)];
                if person.here {
                    person.here = false;
                    self.lab.directory.remove(&crate::world::anchor(&format!("p{place:02}")), true);
                }
            }
            Event::Disabled(place, disabled) => {
                self.people[usize::from(*place)].enabled = !disabled;
                self.tell(usize::from(*place));
            }
            Event::Titled(place, title) => {
                self.people[usize::from(*place)].title = *title;
                self.tell(usize::from(*place));
            }
            Event::Renamed(place, name) => {
                self.people[usize::from(*place)].name = *name;
                self.tell(usize::from(*place));
            }
            Event::SwapAddresses(a, b) => {
                let (a, b) = (usize::from(*a), usize::from(*b));
                let (mine, theirs) = (self.people[a].mail.clone(), self.people[b].mail.clone());
                (self.people[a].mail, self.people[b].mail) = (theirs, mine);
                self.tell(a);
                self.tell(b);
            }
            // A field put back twice counts as one that does not stay as it is written, unless a read in between showed
            // that it did, and between two full runs there may be none (docs/state.md).
            Event::TechnicianEdits(place, _) if self.people[usize::from(*place)].edited => {}
            Event::TechnicianEdits(place, title) => {
                self.people[usize::from(*place)].edited = true;
                let wanted = FieldValue::text(format!("p{place:02}"));
                let mark = ContactField::Custom("Office365Id".into());
                let contacts = self.lab.psa.contacts_now();
                if let Some(contact) = contacts.iter().find(|c| c.fields.get(&mark) == Some(&wanted)) {
                    self.lab.psa.edit(&contact.id, |contact| {
                        let title = FieldValue::text(format!("Edited {title}"));
                        contact.fields.insert(ContactField::Title, title);
                    });
                }
            }
            Event::Fault(unknown, done) => {
                let kind = if *unknown { ErrorKind::Indeterminate } else { ErrorKind::Rejected };
                self.lab.psa.fail_next_write(kind, *unknown && *done);
            }
            Event::Runs => {
                self.lab.run(mode).await;
                self.lab.pass(Duration::minutes(20));
            }
            Event::TimePasses => self.lab.pass(Duration::hours(5)),
        }
    }

    /// What nobody else can say a person says: a create that was looked for in vain twice is to be made.
    async fn a_person_answers(&self) {
        let (store, name) = (&*self.lab.store, &self.lab.world.tenant.name);
        for intent in self.lab.links().await.open {
            if let (IntentState::Indeterminate { contacts }, Subject::User(user)) =
                (&intent.state, &intent.decision.subject)
            {
                let word =
                    contacts.first().map_or(Resolution::CreateAnyway, |c| Resolution::Adopt(c.clone()));
                assert!(resolve(store, &store.hold(), name, user, &word, self.lab.now).await.unwrap());
            }
        }
    }

    /// The end: no more faults, and full syncs until nothing is left to do.
    async fn ends(&mut self) {
        self.lab.psa.clear_faults();
        for _ in 0..6 {
            self.a_person_answers().await;
            self.lab.pass(Duration::hours(25));
            let run = self.lab.run(SyncMode::Full).await;
            // A create that never arrived is remembered until its user is created, and this one may have left since.
            let settled = self.lab.links().await.open.iter().all(|intent| intent.state == IntentState::Lost);
            if run.plan.is_some_and(|plan| plan.summary.changes() == 0) && settled {
                return;
            }
        }
        panic!("it never comes to rest");
    }

    /// What each person's contacts hold, whatever ids the PSA gave them. Of a contact that was deactivated only that it
    /// is: nobody corrects who is gone, so what it holds depends on what was written before.
    fn state(&self) -> BTreeMap<String, Vec<String>> {
        let mark = ContactField::Custom("Office365Id".into());
        let mut state: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for mut contact in self.lab.psa.contacts_now() {
            if contact.active() == Some(false) {
                contact.fields.retain(|field, _| [&mark, &ContactField::Active].contains(&field));
            }
            let person = match contact.fields.get(&mark) {
                Some(FieldValue::Text(id)) => id.clone(),
                _ => "nobody".to_owned(),
            };
            let place = person.strip_prefix('p').and_then(|number| number.parse::<usize>().ok());
            let known = place.and_then(|place| self.people.get(place));
            // Whoever came and left again may have been created in between or not: a fault that struck another write in
            // the one world than in the other decides.
            if contact.active() == Some(false)
                && known.is_some_and(|known| known.joined && !(known.here && known.enabled))
            {
                continue;
            }
            // Whose address somebody else has by now, that contact waits for a person; whether it was deactivated before
            // depends on the fault as well.
            let left = known.is_some_and(|known| !(known.here && known.enabled));
            if left && self.people.iter().any(|other| other.here && other.mail.starts_with(&person)) {
                continue;
            }
            // Somebody who got another's address may be held, and whether an edit was corrected before that depends on
            // whether a run saw it in time.
            if known.is_some_and(|known| known.edited && !known.mail.starts_with(&person)) {
                contact.fields.remove(&ContactField::Title);
            }
            state.entry(person).or_default().push(serde_json::to_string(&contact.fields).unwrap());
        }
        state
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn a_history_run_incrementally_ends_as_one_full_sync_leaves_it(
        events in prop::collection::vec(event(), 1..40), tells in any::<bool>()
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let capabilities = || if tells { telling() } else { Capabilities::everything() };
            let mut story = Story::new(capabilities());
            story.lab.run(SyncMode::Full).await;
            for event in &events {
                story.happens(event, SyncMode::Incremental).await;
            }
            // Nobody has two contacts at any time, and the last full sync alone decides what each holds.
            story.ends().await;
            let state = story.state();
            for (person, contacts) in &state {
                assert!(person == "nobody" || contacts.len() == 1, "{person}: {contacts:?}");
            }
            let mut once = Story::new(capabilities());
            once.lab.run(SyncMode::Full).await;
            for event in &events {
                once.happens(event, SyncMode::Full).await;
            }
            once.ends().await;
            assert_eq!(state, once.state());
        });
    }
}
