//! `psa-sync review`: the questions that plans held for a person, and the answers to them.

mod named;
mod text;

use crate::{
    cli::{AnswerArgs, ReportFormat, ReviewAction, ReviewArgs},
    context::Context,
    durable::tell_restored,
    exit::{Exit, Failure},
    gather::{Gathered, gather},
    job::{Access, Source},
    render::json,
};
use named::{Keeper, over_its_users, without_question};
use sync_core::{
    apply::{Resolution, resolve},
    model::{ContactId, ReviewId, TenantName},
    plan::{Subject, Warning, plan},
    policy::RunInput,
    review::{Answer, Question, Review, Reviews, disregarded, questions, record, why_not},
};
use text::{answers_text, text};

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
            Ok(Open { gathered, questions, disregarded }) => {
                if !questions.is_empty() || !disregarded.is_empty() {
                    exit = exit.worst(Exit::Held);
                }
                match format {
                    ReportFormat::Text => context.print(&text(name, &gathered, &questions, &disregarded))?,
                    ReportFormat::Json => all.push(serde_json::json!({
                        "tenant": name, "questions": questions, "not_carried_out": disregarded
                    })),
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
        tell_restored(context, &job);
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
    /// Answers that are not carried out, about users of whom nothing is asked.
    disregarded: Vec<Warning>,
}

async fn open_questions(context: &mut Context, source: &Source, name: &TenantName) -> Result<Open, Failure> {
    let run = RunInput::default();
    let job = source.job(context, name, Access::Read).await?;
    tell_restored(context, &job);
    let gathered = gather(&job, context.now()).await?;
    let plan = plan(&gathered.input(&job, &run))?;
    let questions = questions(&plan, gathered.reviews());
    let disregarded = disregarded(&plan, &questions).into_iter().cloned().collect();
    Ok(Open { gathered, questions, disregarded })
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
                let replace = action.arguments().replace;
                let kept = keep(context, source, name, &review, replace, open.gathered).await?;
                return Ok(kept.tell(context));
            }
            continue;
        };
        let AnswerArgs { note, replace, .. } = action.arguments();
        let answer = meant(question, &action, &open.gathered)?;
        let mut asked = question.asked.clone();
        let settles = settles_a_create(question, &answer);
        if !settles && let Some(told) = over_its_users(question, &action, &answer, &open.gathered) {
            asked = told;
        }
        let mut review = Review::new(name, question.subject.clone(), asked, answer, context.now())
            .with_note(note.clone().unwrap_or_default());
        if settles {
            refuse_taken(&review, &open.gathered)?;
            settle_create(context, source, name, &review).await?;
            review.spent_at = Some(review.at);
        }
        let kept = keep(context, source, name, &review, *replace, open.gathered).await?;
        return Ok(kept.tell(context));
    }
    let hint = "`psa-sync review` lists what waits now; a question goes away when its situation does. A user whose link is wrong \
                is named with a contact of the tenant's companies: `psa-sync review pin USER --contact C`; one who is to be left alone \
                is named as well: `psa-sync review ignore USER`";
    Err(Failure::new(failed.unwrap_or(Exit::Failed), format!("no question is called {id}")).with_hint(hint))
}

/// What came of an answer.
struct Kept {
    tenant: TenantName,
    id: ReviewId,
    answer: &'static str,
    /// Why the next plan does not do as it says, where that is known, and who keeps the contact.
    not: Option<(String, Vec<Keeper>)>,
}

impl Kept {
    fn tell(&self, context: &mut Context) -> Exit {
        let Self { tenant, id, answer, not } = self;
        let Some((why, keepers)) = not else {
            context.tell(&format!("{tenant}: {id} is answered with {answer}; the next plan does so"));
            return Exit::Done;
        };
        context.tell(&format!("{tenant}: {id} is answered with {answer}, which waits: {why}"));
        for keeper in keepers {
            context.tell(&format!("  {keeper}"));
        }
        Exit::Held
    }
}

/// Records an answer, and says whether a plan made now would do as it says.
async fn keep(
    context: &Context,
    source: &Source,
    name: &TenantName,
    review: &Review,
    replace: bool,
    gathered: Gathered,
) -> Result<Kept, Failure> {
    let job = source.job(context, name, source.access_to_answer()).await?;
    let recorded = record(job.reviews(), name, review, replace).await;
    let keepers = Keeper::of(review, &gathered);
    let gathered = gathered.with_review(review.clone());
    let run = RunInput::default();
    let planned = plan(&gathered.input(&job, &run));
    job.release().await;
    recorded.map_err(|error| {
        Failure::from(error).with_hint("`--replace` puts this answer in the place of the other")
    })?;
    // What is spent was done just now.
    let not = if review.spent_at.is_some() { None } else { why_not(&planned?, review) };
    let not = not.map(|why| (why, keepers));
    Ok(Kept { tenant: name.clone(), id: review.id.clone(), answer: review.answer.as_str(), not })
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
