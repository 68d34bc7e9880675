//! Commands by which people answer.

use super::run::{ReportFormat, TenantArgs};
use clap::{Args, Subcommand};

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = false)]
pub(crate) struct ReviewArgs {
    #[command(flatten)]
    pub(crate) tenant: TenantArgs,
    /// How the questions are shown.
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(crate) format: ReportFormat,
    /// Lists what was answered in place of what waits.
    #[arg(long)]
    pub(crate) answered: bool,
    #[command(subcommand)]
    pub(crate) action: Option<ReviewAction>,
}

/// What is answered.
#[derive(Debug, Subcommand)]
pub(crate) enum ReviewAction {
    /// What is proposed is to be done, once.
    Accept(AnswerArgs),
    /// What is proposed is not to be done, as long as the situation is the same.
    Reject(AnswerArgs),
    /// The person or contact is to be left alone for ever.
    Ignore(AnswerArgs),
    /// This contact is the user's; also adopts the contact that an unsettled create made.
    #[command(visible_alias = "adopt")]
    Pin {
        #[command(flatten)]
        answer: AnswerArgs,
        /// The contact; needed where several were found.
        #[arg(long, value_name = "C")]
        contact: Option<String>,
    },
    /// The contact is taken over from the user it is linked to. For a user who is named in place of a question, once that
    /// user is given another contact: two such answers exchange the contacts of two people.
    Relink {
        #[command(flatten)]
        answer: AnswerArgs,
        /// The contact; needed where several were found.
        #[arg(long, value_name = "C")]
        contact: Option<String>,
    },
    /// None of the contacts found is the user's, who gets one of its own.
    Create(AnswerArgs),
    /// Takes an answer back; the question is asked again.
    Reopen {
        /// The question.
        #[arg(value_name = "ID")]
        id: String,
    },
}

#[derive(Debug, Args)]
pub(crate) struct AnswerArgs {
    /// The question, as `psa-sync review` shows it; `pin` and `relink` also take a user whose link is wrong (sign-in name, e-mail address or
    /// object id).
    #[arg(value_name = "ID")]
    pub(crate) id: String,
    /// Why, for those who come later.
    #[arg(long, value_name = "N")]
    pub(crate) note: Option<String>,
    /// Puts this answer in the place of another one to the same question.
    #[arg(long)]
    pub(crate) replace: bool,
}

impl ReviewAction {
    /// The question.
    pub(crate) fn id(&self) -> &str {
        match self {
            Self::Reopen { id } => id,
            Self::Accept(_)
            | Self::Reject(_)
            | Self::Ignore(_)
            | Self::Pin { .. }
            | Self::Relink { .. }
            | Self::Create(_) => &self.arguments().id,
        }
    }

    /// What every answer has.
    pub(crate) fn arguments(&self) -> &AnswerArgs {
        /// Where nothing is answered.
        static NONE: AnswerArgs = AnswerArgs { id: String::new(), note: None, replace: false };
        match self {
            Self::Accept(answer) | Self::Reject(answer) | Self::Ignore(answer) | Self::Create(answer) => {
                answer
            }
            Self::Pin { answer, .. } | Self::Relink { answer, .. } => answer,
            Self::Reopen { .. } => &NONE,
        }
    }
}
