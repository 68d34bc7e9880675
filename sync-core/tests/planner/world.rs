//! A small world to plan in: users, contacts, links, and what the operator wants.

use chrono::{DateTime, Duration, Utc};
use sync_core::{
    capability::Capabilities,
    model::{
        Attribute, Company, CompanyId, Contact, ContactField, ContactId, DirectoryGroup, DirectoryUser,
        FieldValue, SourceAnchor, TenantName,
    },
    plan::{Action, Decision, LinkedElsewhere, Plan, PlanError, PlanInput, Subject, plan},
    policy::{Policy, PolicyDocument, RunInput, Tenant},
    review::{Answer, Question, Review, Reviews, questions},
    snapshot::{Completeness, ContactSnapshot, UserSnapshot},
    store::{Link, LinkSet},
};

pub const TENANT: &str = "contoso";
pub const COMPANY: &str = "100";

pub fn now() -> DateTime<Utc> {
    "2026-01-06T10:30:00Z".parse().unwrap()
}

pub fn anchor(object: &str) -> SourceAnchor {
    SourceAnchor::entra(TENANT, object)
}

/// A member with names, an address of its own, and every mapped attribute read.
pub fn user(object: &str, mail: &str) -> DirectoryUser {
    let mut user = DirectoryUser::new(anchor(object))
        .with(Attribute::UserPrincipalName, mail)
        .with(Attribute::Mail, mail)
        .with(Attribute::DisplayName, format!("Person {object}"))
        .with(Attribute::GivenName, "Person")
        .with(Attribute::Surname, object)
        .with(Attribute::JobTitle, "Engineer")
        .with(Attribute::Department, "Sales")
        .with(Attribute::BusinessPhone, "+1 555 0100")
        .with(Attribute::MobilePhone, "");
    user.enabled = Some(true);
    user.alternate_emails = Some(Vec::new());
    user
}

/// A contact that holds exactly what [`user`] with the same object id and address would write.
pub fn contact(id: &str, object: &str, mail: &str) -> Contact {
    Contact::new(ContactId::new(id), CompanyId::new(COMPANY))
        .with(ContactField::FirstName, "Person")
        .with(ContactField::LastName, object)
        .with(ContactField::Email, mail)
        .with(ContactField::AlternateEmails, Vec::<String>::new())
        .with(ContactField::Title, "Engineer")
        .with(ContactField::Department, "Sales")
        .with(ContactField::PhoneBusiness, "+1 555 0100")
        .with(ContactField::PhoneMobile, "")
        .with(ContactField::ContactTypes, Vec::<String>::new())
        .with(ContactField::Active, true)
}

#[derive(Clone)]
pub struct World {
    pub users: Vec<DirectoryUser>,
    pub removed: Vec<SourceAnchor>,
    pub groups: Vec<DirectoryGroup>,
    pub contacts: Vec<Contact>,
    pub companies: Vec<Company>,
    pub links: LinkSet,
    pub linked_elsewhere: LinkedElsewhere,
    pub reviews: Reviews,
    pub policy: PolicyDocument,
    pub capabilities: Capabilities,
    pub tenant: Tenant,
    pub run: RunInput,
    pub users_complete: bool,
    pub contacts_complete: bool,
    pub as_of: DateTime<Utc>,
}

/// Shows what a failing property needs to be understood; these people are made up.
impl std::fmt::Debug for World {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let show = |value: serde_json::Result<String>| value.unwrap();
        for user in &self.users {
            writeln!(f, "user {}", show(serde_json::to_string(user)))?;
        }
        for contact in &self.contacts {
            writeln!(f, "contact {}", show(serde_json::to_string(contact)))?;
        }
        for link in self.links.links.values() {
            writeln!(f, "link {}", show(serde_json::to_string(link)))?;
        }
        writeln!(f, "complete {} last {:?}", self.users_complete, self.links.last_complete_users)
    }
}

impl World {
    pub fn new() -> Self {
        Self {
            users: Vec::new(),
            removed: Vec::new(),
            groups: Vec::new(),
            contacts: Vec::new(),
            companies: Vec::new(),
            links: LinkSet::new(),
            linked_elsewhere: LinkedElsewhere::new(),
            reviews: Reviews::new(),
            policy: PolicyDocument::defaults(),
            capabilities: Capabilities::everything(),
            tenant: Tenant::to_company(TenantName::new("Contoso"), TENANT, CompanyId::new(COMPANY)),
            run: RunInput::default(),
            users_complete: true,
            contacts_complete: true,
            as_of: now(),
        }
    }

    pub fn user(mut self, user: DirectoryUser) -> Self {
        self.users.push(user);
        self
    }

    pub fn contact(mut self, contact: Contact) -> Self {
        self.contacts.push(contact);
        self
    }

    pub fn policy(mut self, change: impl FnOnce(&mut PolicyDocument)) -> Self {
        change(&mut self.policy);
        self
    }

    /// Remembers a pair, first linked a year ago.
    pub fn link(self, object: &str, contact: &str) -> Self {
        self.link_as(object, contact, |_| {})
    }

    pub fn link_as(mut self, object: &str, contact: &str, change: impl FnOnce(&mut Link)) -> Self {
        let mut link = Link::new(anchor(object), ContactId::new(contact), now() - Duration::days(365));
        change(&mut link);
        self.links.links.insert(link);
        self
    }

    /// `count` people in step, with objects `p00`… and contacts `c00`…, all linked.
    pub fn crowd(mut self, count: usize) -> Self {
        for i in 0..count {
            let (object, id, mail) = (format!("p{i:02}"), format!("c{i:02}"), format!("p{i:02}@contoso.com"));
            self = self.user(user(&object, &mail)).contact(contact(&id, &object, &mail)).link(&object, &id);
        }
        self
    }

    pub fn snapshots(&self) -> (UserSnapshot, ContactSnapshot) {
        let state = |complete| {
            if complete {
                Completeness::Complete
            } else {
                Completeness::Partial { because: "cut".to_owned() }
            }
        };
        let mut users = UserSnapshot::builder();
        self.users.iter().for_each(|u| users.push(u));
        self.removed.iter().for_each(|r| users.remove(r.clone()));
        self.groups.iter().for_each(|g| users.group(g.clone()));
        let mut contacts = ContactSnapshot::builder();
        self.contacts.iter().for_each(|c| contacts.push(c));
        (
            users.finish(self.as_of, state(self.users_complete)).unwrap(),
            contacts.finish(self.as_of, state(self.contacts_complete)).unwrap(),
        )
    }

    pub fn with_input<T>(&self, run: impl FnOnce(&PlanInput<'_>) -> T) -> T {
        let (users, contacts) = self.snapshots();
        let policy = Policy::new(self.policy.clone()).unwrap();
        run(&PlanInput {
            tenant: &self.tenant,
            psa: "memory",
            users: &users,
            contacts: &contacts,
            companies: &self.companies,
            links: &self.links,
            linked_elsewhere: &self.linked_elsewhere,
            reviews: &self.reviews,
            policy: &policy,
            capabilities: &self.capabilities,
            run: &self.run,
            as_of: self.as_of,
        })
    }

    pub fn try_plan(&self) -> Result<Plan, PlanError> {
        self.with_input(plan)
    }

    pub fn plan(&self) -> Plan {
        self.try_plan().unwrap()
    }

    /// The one decision about a user.
    pub fn about(&self, object: &str) -> Decision {
        let found = self
            .plan()
            .decisions
            .iter()
            .filter(|d| d.subject == Subject::User(anchor(object)))
            .collect::<Vec<_>>();
        assert_eq!(found.len(), 1, "exactly one decision about {object}");
        found.into_iter().next().unwrap()
    }

    /// The one decision about a contact whose user is not in the read.
    pub fn about_contact(&self, id: &str) -> Decision {
        let subject = Subject::Contact(ContactId::new(id));
        let found = self.plan().decisions.iter().filter(|d| d.subject == subject).collect::<Vec<_>>();
        assert_eq!(found.len(), 1, "exactly one decision about contact {id}");
        found.into_iter().next().unwrap()
    }

    /// `action:reason_code` of the decision about a user.
    pub fn verdict(&self, object: &str) -> String {
        say(&self.about(object))
    }

    /// `action:reason_code` of the decision about an absent user's contact.
    pub fn contact_verdict(&self, id: &str) -> String {
        say(&self.about_contact(id))
    }

    /// What a plan writes about a user, as `field: before -> after`.
    pub fn written(&self, object: &str) -> Vec<String> {
        self.about(object)
            .change
            .fields()
            .iter()
            .map(|f| format!("{}: {} -> {}", f.field, text(&f.before), text(&f.after)))
            .collect()
    }

    /// Every question that is open.
    pub fn questions(&self) -> Vec<Question> {
        questions(&self.plan(), &self.reviews)
    }

    /// The one question about a user.
    pub fn question(&self, object: &str) -> Question {
        self.question_about(&Subject::User(anchor(object)))
    }

    pub fn question_about(&self, subject: &Subject) -> Question {
        let found: Vec<Question> = self.questions().into_iter().filter(|q| q.subject == *subject).collect();
        assert_eq!(found.len(), 1, "exactly one question about {subject:?}");
        found.into_iter().next().unwrap()
    }

    /// Answers the one question about a user.
    pub fn answer(self, object: &str, answer: Answer) -> Self {
        let question = self.question(object);
        self.reply(&question, answer)
    }

    pub fn reply(mut self, question: &Question, answer: Answer) -> Self {
        // Each answer is a minute later than the one before.
        let at = self.as_of + Duration::minutes(i64::try_from(self.reviews.len()).unwrap());
        let review =
            Review::new(&self.tenant.name, question.subject.clone(), question.asked.clone(), answer, at);
        assert_eq!(review.id, question.id);
        self.reviews = self.reviews.with(review);
        self
    }

    /// The warnings of one code.
    pub fn warned(&self, code: &str) -> Vec<String> {
        self.plan().warnings.into_iter().filter(|w| w.code == code).map(|w| w.message).collect()
    }

    pub fn count(&self, action: Action) -> usize {
        self.plan().decisions.iter().filter(|d| d.change.action() == action).count()
    }
}

pub fn say(decision: &Decision) -> String {
    format!("{}:{}", decision.change.action().as_str(), decision.reason.code())
}

fn text(value: &FieldValue) -> String {
    serde_json::to_string(value).unwrap()
}
