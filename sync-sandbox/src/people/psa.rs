//! Deciding who is in the PSA, and how well the PSA's record fits.

use super::names::{Names, share};
use super::{Person, PersonKind, PsaState, Stale};
use crate::rng::Rng;

/// Worlds of at most this many contacts get a fixed, telling mixture instead of thousandths.
const DEMO: usize = 100;

/// Gives `people` their PSA states and adds leavers and suppliers, so that the contacts number exactly `contacts`.
pub(super) fn spread(rng: &mut Rng, names: &mut Names, people: &mut Vec<Person>, contacts: usize) {
    let mut pool = shuffled(rng, people);
    let duplicates = share(contacts, 2, 10).min(pool.len());
    let leavers = share(contacts, 3, 10);
    let suppliers = share(contacts, 20, 8);
    let rest = contacts.saturating_sub(2 * duplicates + leavers + suppliers);
    for index in pool.drain(..duplicates) {
        set(people, index, PsaState::Duplicate);
    }
    // Some users must stay without a contact, or there would be nothing to create.
    let spare = share(pool.len(), 30, 10);
    let linked = rest.min(pool.len().saturating_sub(spare));
    pool.truncate(linked);
    link(people, &pool);
    outdate(rng, people, contacts);
    retire(people, contacts);
    people.extend((0..leavers).map(|n| leaver(names, n)));
    let made = people.iter().map(Person::contacts).sum();
    people.extend((0..contacts.saturating_sub(made)).map(|_| {
        let mut person = names.supplier();
        person.in_psa = PsaState::ByEmail;
        person
    }));
}

/// The members with mail in random order, one disabled one first so that every world has somebody to deactivate.
fn shuffled(rng: &mut Rng, people: &[Person]) -> Vec<usize> {
    let is_candidate = |person: &Person| person.kind == PersonKind::Member && person.mail.is_some();
    let mut pool: Vec<usize> = people
        .iter()
        .enumerate()
        .filter(|(_, person)| is_candidate(person))
        .map(|(index, _)| index)
        .collect();
    for last in (1..pool.len()).rev() {
        pool.swap(last, rng.below(last + 1));
    }
    // Disabled members never head the list: the duplicates are taken from there.
    let enabled = |index: &usize| people.get(*index).is_some_and(|person| person.enabled);
    let (mut on, mut off): (Vec<usize>, Vec<usize>) = pool.into_iter().partition(enabled);
    let place = on.len().min(on.len() / 20 + 3);
    if people.len() < 60 {
        off.truncate(1);
    }
    on.splice(place..place, off);
    on
}

fn set(people: &mut [Person], index: usize, state: PsaState) {
    if let Some(person) = people.get_mut(index) {
        person.in_psa = state;
    }
}

/// Seven of ten carry the stored id, two are found by e-mail, one by an alternate address.
fn link(people: &mut [Person], pool: &[usize]) {
    for (position, index) in pool.iter().enumerate() {
        let Some(person) = people.get_mut(*index) else { continue };
        person.in_psa = match position % 10 {
            6 if person.enabled && !person.aliases.is_empty() => PsaState::ByAlternateEmail,
            // Nobody without an alias can be found by one: the next best keeps the mixture near its numbers.
            4 | 6 | 8 if person.enabled => PsaState::ByEmail,
            _ => PsaState::Linked,
        };
    }
}

/// Leaves an old value in the PSA for a few linked people.
fn outdate(rng: &mut Rng, people: &mut [Person], contacts: usize) {
    let wanted = if contacts <= DEMO { (contacts / 8).min(4) } else { share(contacts, 5, 1) };
    let linked = people.iter_mut().filter(|person| person.in_psa == PsaState::Linked && person.enabled);
    let mut linked: Vec<&mut Person> = linked.collect();
    for number in 0..wanted.min(linked.len()) {
        let person = linked.swap_remove(rng.below(linked.len()));
        person.stale = Some(match number % 4 {
            0 => Stale::JobTitle("Trainee".to_owned()),
            1 => Stale::BusinessPhone("+1 206 555 0100".to_owned()),
            2 => Stale::Department("Front Office".to_owned()),
            _ => Stale::LastName("Maiden-Name".to_owned()),
        });
    }
}

/// Most contacts of disabled users were deactivated long ago; a few are still to do.
fn retire(people: &mut [Person], contacts: usize) {
    let mut to_do = share(contacts, 1, 1);
    for person in people.iter_mut().filter(|person| !person.enabled && person.in_psa == PsaState::Linked) {
        person.contact_inactive = to_do == 0;
        to_do = to_do.saturating_sub(1);
    }
}

/// Somebody the directory deleted and the PSA still has.
fn leaver(names: &mut Names, number: usize) -> Person {
    let mut person = names.member();
    person.in_directory = false;
    person.deleted_days_ago = Some(u16::try_from(1 + number % 28).unwrap_or(1));
    person.in_psa = PsaState::Linked;
    person
}
