//! Reading both sides of a tenant, at the same time.

use crate::{
    exit::{Exit, Failure},
    job::Job,
    native::one_to_one,
    people::by_name,
    pins::due,
};
use chrono::{DateTime, Utc};
use std::collections::BTreeSet;
use sync_core::{
    PsaExt as _,
    capability::Capabilities,
    collect::{CollectOptions, Collected, Sides, collect},
    model::{Attribute, Company, CompanyId, ContactId, SourceAnchor, TenantName, nearest},
    plan::{LinkedElsewhere, Plan, PlanError, PlanInput, Reason, Subject, check_companies},
    policy::{MatchRule, RunInput, SyncMode},
    review::{Answer, Review, Reviews, Situation},
    snapshot::{Completeness, ContactSnapshot, ContactView, ReadText, UserSnapshot},
    store::{Link, LinkSet, Quiet},
};

/// What was read of one tenant.
pub(crate) struct Gathered {
    users: UserSnapshot,
    contacts: ContactSnapshot,
    companies: Vec<Company>,
    capabilities: Capabilities,
    links: LinkSet,
    linked_elsewhere: LinkedElsewhere,
    reviews: Reviews,
    psa: String,
    as_of: DateTime<Utc>,
    /// Whether everything was read.
    pub(crate) mode: SyncMode,
    /// How many answers of people there were.
    pub(crate) answers: u64,
}

/// Reads users, contacts, capabilities and links; everything of them. Companies are read only where one of the tenant's
/// has no contact at all, to tell an empty one from one that does not exist.
pub(crate) async fn gather(job: &Job<'_>, now: DateTime<Utc>) -> Result<Gathered, Failure> {
    let mut run = RunInput::default();
    run.sync_mode = SyncMode::Full;
    match read(job, &run, now).await? {
        Read::Sides(gathered) => Ok(*gathered),
        Read::Quiet(_) => Err(Failure::new(Exit::Failed, "a full read came back with nothing read")),
    }
}

/// What came of reading.
pub(crate) enum Read {
    /// There is nothing to plan.
    Quiet(Quiet),
    /// Both sides.
    Sides(Box<Gathered>),
}

/// Reads as the run asks for: everything, or only changes where that is enough.
pub(crate) async fn read(job: &Job<'_>, run: &RunInput, now: DateTime<Utc>) -> Result<Read, Failure> {
    let writable = job.writable();
    // Before either side is read: what another run links meanwhile belongs to a later state than what is read here, and a plan
    // that says otherwise would be taken for one of that state.
    let links = job.links().load(&job.tenant.name).await?;
    let options = CollectOptions {
        tenant: job.tenant,
        policy: job.policy,
        run,
        directory: job.directory(),
        psa: job.psa(),
        store: writable.map(|(store, _)| store),
        hold: writable.map(|(_, hold)| hold),
        now,
        full_every: job.full_every(),
    };
    let collected = collect(&options).await.map_err(|error| {
        let place = job.named.group_in(error.message()).map(str::to_owned);
        let failure = Failure::from(error);
        match place {
            Some(place) => failure.about(&place),
            None => failure,
        }
    })?;
    let sides = match collected {
        Collected::Quiet(quiet) => return Ok(Read::Quiet(quiet)),
        Collected::Sides(sides) => *sides,
    };
    let Sides { users, contacts, capabilities, mode, answers } = sides;
    let companies = companies(job, &contacts).await?;
    let links = due(links, job.policy, &job.tenant.name, job.pins().as_ref()).await?;
    let Elsewhere { linked: linked_elsewhere, links } = elsewhere(job, links).await?;
    let reviews = Reviews::stored(job.reviews().reviews(&job.tenant.name).await?);
    let psa = job.psa().name().to_owned();
    tracing::info!(tenant = %job.tenant.name, users = users.len(), contacts = contacts.len(), "both sides are read");
    let as_of = now;
    Ok(Read::Sides(Box::new(Gathered {
        users,
        contacts,
        companies,
        capabilities,
        links,
        linked_elsewhere,
        reviews,
        psa,
        as_of,
        mode,
        answers,
    })))
}

/// What other tenants of the same PSA have.
pub(crate) struct Elsewhere {
    /// The contacts that they are linked to.
    pub(crate) linked: LinkedElsewhere,
    /// This tenant's links, beside the creates that they have on their way to its companies.
    pub(crate) links: LinkSet,
}

/// Looks up what other tenants of the same PSA have.
pub(crate) async fn elsewhere(job: &Job<'_>, mut links: LinkSet) -> Result<Elsewhere, Failure> {
    let mut linked = LinkedElsewhere::new();
    let companies = job.tenant.companies();
    for other in job.others() {
        let theirs = job.links().load(other).await?;
        theirs.links.values().for_each(|link| linked.add(link, other));
        links = links.beside(&theirs, &companies);
    }
    Ok(Elsewhere { linked, links })
}

async fn companies(job: &Job<'_>, contacts: &ContactSnapshot) -> Result<Vec<Company>, Failure> {
    let ours = job.tenant.companies();
    let has_contacts = |id: &CompanyId| contacts.iter().any(|contact| contact.company() == Some(id));
    if ours.iter().all(has_contacts) {
        return Ok(Vec::new());
    }
    let companies = job.psa().all_companies().await?;
    if let Err(error) = check_companies(job.tenant, &companies) {
        let id = if let PlanError::Company { id, .. } = &error { Some(id.as_str()) } else { None };
        let place = id.and_then(|id| job.named.company(id)).map(str::to_owned);
        let failure = Failure::from(error);
        return Err(match place {
            Some(place) => failure.about(&place),
            None => failure,
        });
    }
    Ok(companies)
}

/// The situation of an answer that nobody asked for.
pub(crate) fn nothing_asked() -> Situation {
    Situation::of(&Reason::NoMatch, None)
}

impl Gathered {
    /// As the planner takes it.
    pub(crate) fn input<'a>(&'a self, job: &'a Job<'_>, run: &'a RunInput) -> PlanInput<'a> {
        PlanInput {
            tenant: job.tenant,
            psa: &self.psa,
            users: &self.users,
            contacts: &self.contacts,
            companies: &self.companies,
            links: &self.links,
            linked_elsewhere: &self.linked_elsewhere,
            reviews: &self.reviews,
            policy: job.policy,
            capabilities: &self.capabilities,
            run,
            as_of: self.as_of,
        }
    }

    /// What a person should know before a first run: contacts hold the ids of its people already, so somebody was here before.
    pub(crate) fn told_unremembered(&self, job: &Job<'_>, plan: &Plan) -> Option<String> {
        if !job.is_live() || job.restored().is_some() || !self.links.links.is_empty() {
            return None;
        }
        let by_id = |reason: &Reason| matches!(reason, Reason::Matched { rule: MatchRule::StoredId });
        let held = plan.decisions.changes().filter(|decision| by_id(&decision.reason)).count();
        (held > 0).then(|| {
            format!(
                "nothing is remembered of this tenant, and {held} of its users are known by the object id that a contact holds already: \
                 another tool wrote it, or the state of earlier runs is gone. Where it is, put a copy of it back before anything is \
                 written"
            )
        })
    }

    /// Refuses a run on users of whom some are not in the directory: a slip of the keys must not look like a success.
    ///
    /// Nobody is named, because the names are addresses.
    /// So it is with departments and offices that nobody has, where the run is about one tenant; of many some may lack one.
    pub(crate) fn check_names(&self, run: &RunInput, alone: bool) -> Result<(), Failure> {
        if alone {
            self.check_places("--department", &run.department_filter, &Attribute::Department)?;
            self.check_places("--office", &run.office_location_filter, &Attribute::OfficeLocation)?;
        }
        let known = |name: &String| {
            self.users.iter().any(|user| user.principal_name().to_lowercase() == name.trim().to_lowercase())
        };
        let asked = run.user_principal_names.len();
        let unknown = run.user_principal_names.iter().filter(|name| !known(name)).count();
        if unknown == 0 || self.cut_short().is_some() {
            return Ok(());
        }
        let message = format!(
            "{unknown} of the {asked} users named with --user: no such sign-in name in the directory"
        );
        Err(Failure::new(Exit::Failed, message)
            .with_hint("`psa-sync explain USER` also finds people by address and object id"))
    }

    fn check_places(&self, flag: &str, wanted: &[String], attribute: &Attribute) -> Result<(), Failure> {
        if wanted.is_empty() || self.cut_short().is_some() {
            return Ok(());
        }
        let mut known = BTreeSet::new();
        for user in self.users.iter() {
            match user.attribute(attribute) {
                ReadText::Text(text) => _ = known.insert(text.trim()),
                ReadText::Blank => {}
                // Of whom it was not read, it may be.
                ReadText::NotRead => return Ok(()),
            }
        }
        let same = |a: &str, b: &str| a.trim().to_lowercase() == b.trim().to_lowercase();
        let Some(slip) = wanted.iter().find(|name| !known.iter().any(|known| same(known, name))) else {
            return Ok(());
        };
        let known: Vec<&str> = known.into_iter().collect();
        let near = nearest(slip, &known).map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
        Err(Failure::new(Exit::Failed, format!("{flag} `{slip}`: nobody in the directory has that{near}")))
    }

    /// Takes pairs of the PSA's own sync for answers of a person to this one plan, and says how many. Those of users and
    /// contacts that a link or an answer names already are left out, and those that were not read on both sides.
    pub(crate) fn take_pairs(&mut self, tenant: &TenantName, pairs: &[(SourceAnchor, ContactId)]) -> String {
        let asked = nothing_asked();
        let mut taken = 0_usize;
        let all: BTreeSet<&(SourceAnchor, ContactId)> = pairs.iter().collect();
        let read: BTreeSet<SourceAnchor> = self.users.iter().map(|user| user.anchor()).collect();
        let ours = |anchor: &SourceAnchor| read.contains(anchor);
        let theirs = all.iter().filter(|(anchor, _)| !ours(anchor)).count();
        for (anchor, contact) in one_to_one(pairs) {
            let subject = Subject::User(anchor.clone());
            let free = !self.links.links.contains_key(anchor)
                && self.links.links.of_contact(contact).next().is_none()
                && self.reviews.about(&subject).next().is_none();
            if !free || !ours(anchor) || self.contacts.find(contact).is_none() {
                continue;
            }
            let pin = Answer::Pin { contact: contact.clone() };
            let review = Review::new(tenant, subject, asked.clone(), pin, self.as_of);
            self.reviews =
                std::mem::take(&mut self.reviews).with(review.with_note("a pair of the PSA's own sync"));
            taken += 1;
        }
        if all.is_empty() {
            return "the PSA's own contact sync keeps no pairs".to_owned();
        }
        let left = all.len() - theirs - taken;
        let pairs = if taken == 1 { "pair is" } else { "pairs are" };
        format!(
            "{taken} {pairs} taken from the PSA's own contact sync in this plan, and kept once it is applied; {left} were left \
             out (linked or answered already, in a company that is not read, or not one to one), {theirs} are of other \
             directories or of users who are not there"
        )
    }

    /// What people answered.
    pub(crate) const fn reviews(&self) -> &Reviews {
        &self.reviews
    }

    /// The user of a sign-in name, an address, an object id or an anchor.
    pub(crate) fn user(&self, name: &str) -> Option<SourceAnchor> {
        by_name(&self.users, name.trim()).map(|user| user.anchor())
    }

    /// Who has a contact that would be given to a user, where somebody else does.
    pub(crate) fn taken_by(&self, contact: &ContactId, user: &SourceAnchor) -> Option<String> {
        let theirs = || self.linked_elsewhere.get(contact).map(|tenant| format!("a user of tenant {tenant}"));
        self.holders(contact, user).first().map(ToString::to_string).or_else(theirs)
    }

    /// The other users who are linked to a contact: of this tenant, else one who is gone from another tenant.
    pub(crate) fn holders(&self, contact: &ContactId, user: &SourceAnchor) -> Vec<SourceAnchor> {
        let ours: Vec<&Link> = self.links.links.of_contact(contact).collect();
        let theirs = self.linked_elsewhere.of_somebody_gone(contact).filter(|_| ours.is_empty());
        let others = ours.into_iter().chain(theirs).filter(|link| link.source_id != *user);
        others.map(|link| link.source_id.clone()).collect()
    }

    /// The contact that a user is linked to.
    pub(crate) fn linked_contact(&self, user: &SourceAnchor) -> Option<ContactId> {
        self.links.links.get(user).map(|link| link.contact_id.clone())
    }

    /// The sign-in name of a user in the read.
    pub(crate) fn name(&self, user: &SourceAnchor) -> Option<String> {
        let found = self.users.iter().find(|view| view.anchor() == *user)?;
        Some(found.principal_name().to_owned())
    }

    /// What was read, with one more answer.
    pub(crate) fn with_review(mut self, review: Review) -> Self {
        self.reviews = std::mem::take(&mut self.reviews).with(review);
        self
    }

    /// A contact that was read.
    pub(crate) fn contact(&self, id: &ContactId) -> Option<ContactView<'_>> {
        self.contacts.find(id)
    }

    /// What the PSA can do now.
    pub(crate) const fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    /// Why the directory read is not whole, where it is not.
    pub(crate) fn cut_short(&self) -> Option<&str> {
        match self.users.completeness() {
            Completeness::Partial { because } => Some(because),
            Completeness::Complete | _ => None,
        }
    }
}
