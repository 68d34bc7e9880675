//! `psa-sync review`: the questions that plans held for a person, and the answers to them.

use crate::{
    cli::{AnswerArgs, ReportFormat, ReviewAction, ReviewArgs},
    context::Context,
    exit::{Exit, Failure},
    gather::{Gathered, gather, nothing_asked},
    job::{Access, Source},
    render::json,
};
use chrono::{DateTime, Utc};
use sync_core::{
    apply::{Resolution, resolve},
    model::{ContactField, ContactId, ReviewId, TenantName},
    plan::{Subject, plan, render::visible},
    policy::RunInput,
    review::{Answer, Question, Review, Reviews, Situation, questions, record},
};

/// Texts from outside end here with `…`, in characters.
const LONGEST: usize = 300;

pub(crate) async fn run(context: &mut Context, arguments: ReviewArgs) -> Result<Exit, Failure> {
    let ReviewArgs { tenant, format, answered, action } = arguments;
    let source = Source::open(context)?;
    let tenants = source.tenants(tenant.tenant.as_deref())?;
    match action {
        None if answered => list_answers(context, &source, &tenants, format).await,
        None => list(context, &source, &tenants, format).await,
        Some(ReviewAction::Reopen { id }) => reopen(context, &source, &tenants, &ReviewId::new(id)).await,
        Some(action) => answer(context, &source, &tenants, action).await,
    }
}

/// Everything that waits for a person, tenant by tenant.
async fn list(
    context: &mut Context,
    source: &Source,
    tenants: &[TenantName],
    format: ReportFormat,
) -> Result<Exit, Failure> {
    let mut exit = Exit::Done;
    let mut all = Vec::new();
    for name in tenants {
        match open_questions(context, source, name).await {
            Ok(Open { gathered, questions, .. }) => {
                if !questions.is_empty() {
                    exit = exit.worst(Exit::Held);
                }
                match format {
                    ReportFormat::Text => context.print(&text(name, &gathered, &questions))?,
                    ReportFormat::Json => {
                        all.push(serde_json::json!({ "tenant": name, "questions": questions }));
                    }
                }
            }
            Err(failure) => {
                let failure = failure.about(name.as_str());
                context.tell(&format!("error: {failure}"));
                exit = exit.worst(failure.exit());
            }
        }
    }
    if format == ReportFormat::Json {
        context.print(&json(&all)?)?;
    }
    Ok(exit)
}

/// What was answered so far.
async fn list_answers(
    context: &mut Context,
    source: &Source,
    tenants: &[TenantName],
    format: ReportFormat,
) -> Result<Exit, Failure> {
    let mut all = Vec::new();
    for name in tenants {
        let job = source.job(context, name, Access::Read).await?;
        let reviews = Reviews::stored(job.reviews().reviews(name).await?);
        match format {
            ReportFormat::Text => context.print(&answers_text(name, &reviews))?,
            ReportFormat::Json => {
                let reviews: Vec<&Review> = reviews.iter().collect();
                all.push(serde_json::json!({ "tenant": name, "reviews": reviews }));
            }
        }
    }
    if format == ReportFormat::Json {
        context.print(&json(&all)?)?;
    }
    Ok(Exit::Done)
}

/// The questions of one tenant, as a plan made now would ask them.
struct Open {
    gathered: Gathered,
    questions: Vec<Question>,
}

async fn open_questions(context: &Context, source: &Source, name: &TenantName) -> Result<Open, Failure> {
    let run = RunInput::default();
    let job = source.job(context, name, Access::Read).await?;
    let gathered = gather(&job, context.now()).await?;
    let plan = plan(&gathered.input(&job, &run))?;
    let questions = questions(&plan, gathered.reviews());
    Ok(Open { gathered, questions })
}

async fn answer(
    context: &mut Context,
    source: &Source,
    tenants: &[TenantName],
    action: ReviewAction,
) -> Result<Exit, Failure> {
    let id = ReviewId::new(action.id());
    let mut failed = None;
    for name in tenants {
        let open = match open_questions(context, source, name).await {
            Ok(open) => open,
            Err(failure) => {
                let failure = failure.about(name.as_str());
                context.tell(&format!("error: {failure}"));
                failed = Some(failure.exit());
                continue;
            }
        };
        let Some(question) = open.questions.iter().find(|question| question.id == id) else {
            if let Some(review) = without_question(name, &action, &id, &open.gathered, context.now())? {
                keep(context, source, name, &review, action.arguments().replace).await?;
                context.tell(&answered(name, &review));
                return Ok(Exit::Done);
            }
            continue;
        };
        let AnswerArgs { note, replace, .. } = action.arguments();
        let answer = meant(question, &action, &open.gathered)?;
        let mut review =
            Review::new(name, question.subject.clone(), question.asked.clone(), answer, context.now())
                .with_note(note.clone().unwrap_or_default());
        if settles_a_create(question, &review.answer) {
            refuse_taken(&review, &open.gathered)?;
            settle_create(context, source, name, &review).await?;
            review.spent_at = Some(review.at);
        }
        keep(context, source, name, &review, *replace).await?;
        context.tell(&answered(name, &review));
        return Ok(Exit::Done);
    }
    let hint = "`psa-sync review` lists what waits now; a question goes away when its situation does. A user whose link is wrong \
                is named with a contact of the tenant's companies: `psa-sync review pin USER --contact C`";
    Err(Failure::new(failed.unwrap_or(Exit::Failed), format!("no question is called {id}")).with_hint(hint))
}

fn answered(name: &TenantName, review: &Review) -> String {
    format!("{name}: {} is answered with {}; the next plan does so", review.id, review.answer.as_str())
}

/// An answer where nothing waits: in the place of one that plans obey, with `--replace`; or a contact for a user who is named,
/// which is how a link that is wrong is put right. `None` where neither is meant.
fn without_question(
    name: &TenantName,
    action: &ReviewAction,
    id: &ReviewId,
    gathered: &Gathered,
    now: DateTime<Utc>,
) -> Result<Option<Review>, Failure> {
    let AnswerArgs { note, replace, .. } = action.arguments();
    let named = match action {
        ReviewAction::Pin { contact, .. } | ReviewAction::Relink { contact, .. } => {
            contact.as_deref().map(|contact| ContactId::new(contact.trim()))
        }
        ReviewAction::Accept(_)
        | ReviewAction::Reject(_)
        | ReviewAction::Ignore(_)
        | ReviewAction::Create(_)
        | ReviewAction::Reopen { .. } => None,
    };
    let review = |subject: Subject, asked: Situation, answer: Answer| {
        Review::new(name, subject, asked, answer, now).with_note(note.clone().unwrap_or_default())
    };
    let pin = |contact: ContactId, subject: &Subject| match subject {
        Subject::User(user) => match gathered.taken_by(&contact, user) {
            Some(whom) => Err(Failure::usage(format!(
                "contact {contact} is linked to {whom}; that link has to go first"
            ))),
            None => Ok(Answer::Pin { contact }),
        },
        Subject::Contact(_) => Err(Failure::usage("a contact is given to users only")),
    };
    let named = named.filter(|contact| gathered.contact(contact).is_some());
    if let Some(known) = gathered.reviews().get(id).filter(|known| known.spent_at.is_none()) {
        let answer = match (action, named) {
            _ if !replace => return Err(answered_already(known)),
            (ReviewAction::Reject(_), _) => Answer::Reject,
            (ReviewAction::Ignore(_), _) => Answer::Ignore,
            (_, Some(contact)) if matches!(known.answer, Answer::Pin { .. }) => pin(contact, &known.subject)?,
            _ => return Err(answered_already(known)),
        };
        return Ok(Some(review(known.subject.clone(), known.asked.clone(), answer)));
    }
    let (Some(contact), Some(user)) = (named, gathered.user(id.as_str())) else { return Ok(None) };
    let subject = Subject::User(user);
    let answer = pin(contact, &subject)?;
    Ok(Some(review(subject, nothing_asked(), answer)))
}

/// Records an answer.
async fn keep(
    context: &Context,
    source: &Source,
    name: &TenantName,
    review: &Review,
    replace: bool,
) -> Result<(), Failure> {
    let job = source.job(context, name, source.access_to_answer()).await?;
    let recorded = record(job.reviews(), name, review, replace).await;
    job.release().await;
    recorded.map_err(|error| {
        Failure::from(error).with_hint("`--replace` puts this answer in the place of the other")
    })
}

/// Whether an answer says what became of a create that nobody else can tell of.
fn settles_a_create(question: &Question, answer: &Answer) -> bool {
    question.asked.code == "indeterminate" && matches!(answer, Answer::Pin { .. } | Answer::Create)
}

/// A create is not settled with a contact that somebody else has; no plan would look at it again.
fn refuse_taken(review: &Review, gathered: &Gathered) -> Result<(), Failure> {
    let (Answer::Pin { contact }, Subject::User(user)) = (&review.answer, &review.subject) else {
        return Ok(());
    };
    match gathered.taken_by(contact, user) {
        Some(whom) => {
            Err(Failure::usage(format!("contact {contact} is linked to {whom}, and cannot be adopted")))
        }
        None => Ok(()),
    }
}

/// Records what became of an open create, for which the tenant must be free.
async fn settle_create(
    context: &Context,
    source: &Source,
    name: &TenantName,
    review: &Review,
) -> Result<(), Failure> {
    let Subject::User(user) = &review.subject else { return Ok(()) };
    let resolution = match &review.answer {
        Answer::Pin { contact } => Resolution::Adopt(contact.clone()),
        Answer::Accept | Answer::Reject | Answer::Ignore | Answer::Create | _ => Resolution::CreateAnyway,
    };
    let job = source.job(context, name, Access::Write).await?;
    let there = resolve(job.links(), job.hold(), name, user, &resolution, review.at).await;
    let kept = job.keep();
    job.release().await;
    kept?;
    if there? {
        Ok(())
    } else {
        Err(Failure::new(
            Exit::Failed,
            "the create was settled meanwhile; there is nothing to answer any more",
        ))
    }
}

fn answered_already(known: &Review) -> Failure {
    let message = format!(
        "{} was answered with {} on {}, and plans obey it",
        known.id,
        known.answer.as_str(),
        known.at.format("%Y-%m-%d %H:%M UTC")
    );
    Failure::new(Exit::Failed, message).with_hint(
        "`--replace` puts reject, ignore or, for a pin, another contact in its place; `psa-sync review reopen ID` takes it back",
    )
}

/// What an answer means for a question, or why it cannot be given to it.
fn meant(question: &Question, action: &ReviewAction, gathered: &Gathered) -> Result<Answer, Failure> {
    let contact = |contact: &Option<String>| -> Result<Answer, Failure> {
        let contact = match contact {
            Some(id) => ContactId::new(id.trim()),
            None => question.only_contact().cloned().ok_or_else(|| {
                Failure::usage(format!("{} is about several contacts; name one with --contact", question.id))
            })?,
        };
        if gathered.contact(&contact).is_none() {
            let message = format!("contact {contact} is not among the contacts of this tenant's companies");
            return Err(Failure::usage(message));
        }
        Ok(Answer::Pin { contact })
    };
    let answers = question.answers.join(", ");
    let wrong = |why: &str| Err(Failure::usage(format!("{}: {why}; it takes {answers}", question.id)));
    match action {
        ReviewAction::Accept(_) => match question.accepted() {
            Some(answer) => Ok(answer),
            None => wrong("nothing is proposed that could be accepted"),
        },
        ReviewAction::Reject(_) => Ok(Answer::Reject),
        ReviewAction::Ignore(_) => Ok(Answer::Ignore),
        ReviewAction::Pin { contact: named, .. } | ReviewAction::Relink { contact: named, .. } => {
            if question.can_pin() { contact(named) } else { wrong("no contact can be given to it") }
        }
        ReviewAction::Create(_) if question.can_create() => Ok(Answer::Create),
        ReviewAction::Create(_) => wrong("no contact can be created for it"),
        ReviewAction::Reopen { .. } => wrong("it was not answered"),
    }
}

/// Takes an answer back.
async fn reopen(
    context: &mut Context,
    source: &Source,
    tenants: &[TenantName],
    id: &ReviewId,
) -> Result<Exit, Failure> {
    for name in tenants {
        let job = source.job(context, name, Access::Read).await?;
        let known = Reviews::stored(job.reviews().reviews(name).await?);
        if !job.reviews().take_back(name, id).await? {
            continue;
        }
        context.tell(&match known.get(id).map(|review| &review.answer) {
            Some(Answer::Pin { .. }) => format!(
                "{name}: the answer to {id} is taken back; a link that it made stays, and `psa-sync review pin USER --contact C` \
                 changes it"
            ),
            _ => format!("{name}: the answer to {id} is taken back; the next plan asks again"),
        });
        return Ok(Exit::Done);
    }
    let hint = "`psa-sync review --answered` lists the answers";
    Err(Failure::new(Exit::Failed, format!("no answer is called {id}")).with_hint(hint))
}

fn text(name: &TenantName, gathered: &Gathered, questions: &[Question]) -> String {
    let mut text = format!("{}: {} held\n", visible(name.as_str(), LONGEST), questions.len());
    for question in questions {
        let who = match (question.display_name.as_str(), question.user_principal_name.as_str()) {
            ("", "") => format!("{:?}", question.subject),
            ("", name) | (name, "") => name.to_owned(),
            (display, principal) => format!("{display} ({principal})"),
        };
        text.push_str(&format!("\n{}  {}\n", question.id, visible(&who, LONGEST)));
        text.push_str(&format!("  {}\n", visible(&question.because, LONGEST)));
        if let Some(again) = &question.again {
            text.push_str(&format!("  asked again: {}\n", visible(again, LONGEST)));
        }
        for contact in &question.asked.contacts {
            text.push_str(&format!("  contact {}\n", candidate(gathered, contact)));
        }
        if let Some(proposed) = &question.proposed {
            let contact = proposed.contact().map(|id| format!(" contact {id}")).unwrap_or_default();
            text.push_str(&format!("  would {}{contact}\n", proposed.action().as_str()));
            for field in proposed.fields() {
                let shown = |value| visible(&crate::render::value_text(value), LONGEST);
                text.push_str(&format!(
                    "    {}: {} -> {}\n",
                    visible(&field.field.to_string(), LONGEST),
                    shown(&field.before),
                    shown(&field.after)
                ));
            }
        }
        text.push_str(&format!("  answers: {}\n", question.answers.join(", ")));
    }
    text
}

/// A contact by id, name, address and state.
fn candidate(gathered: &Gathered, id: &ContactId) -> String {
    let Some(contact) = gathered.contact(id) else { return format!("{id} (not read)") };
    let field = |field: &ContactField| contact.text(field).text().unwrap_or("").to_owned();
    let name = format!("{} {}", field(&ContactField::FirstName), field(&ContactField::LastName));
    let company = contact.company().map_or("none", |company| company.as_str());
    let active = if contact.active() == Some(false) { ", inactive" } else { "" };
    let about = format!("{} <{}>", name.trim(), field(&ContactField::Email));
    format!("{id}: {} (company {company}{active})", visible(&about, LONGEST))
}

fn answers_text(name: &TenantName, reviews: &Reviews) -> String {
    let mut text = format!("{}: {} answered\n", visible(name.as_str(), LONGEST), reviews.len());
    for review in reviews.iter() {
        let contact = match &review.answer {
            Answer::Pin { contact } => format!(" contact {contact}"),
            Answer::Accept | Answer::Reject | Answer::Ignore | Answer::Create | _ => String::new(),
        };
        let note = if review.note.is_empty() { String::new() } else { format!(": {}", review.note) };
        let spent = if review.spent_at.is_some() { " (done)" } else { "" };
        let line = format!(
            "{}  {}{contact}  {}  {}{spent}{note}",
            review.id,
            review.answer.as_str(),
            review.asked.code,
            review.at.format("%Y-%m-%d %H:%M UTC"),
        );
        text.push_str(&format!("{}\n", visible(&line, LONGEST)));
    }
    text
}
