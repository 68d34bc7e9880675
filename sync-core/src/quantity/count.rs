//! Counting the users of each line's company, and what the count comes to.

use super::{HoldReason, QuantityChange, QuantityDecision, QuantityLine};
use crate::{
    model::{CompanyId, License, LineId, SourceAnchor, UserKind},
    plan::{CountsShort, Members, Membership, PlanInput, Warning},
    policy::{QuantityCount, QuantityRule, Truth, fold, is_folded},
    snapshot::UserView,
};
use std::collections::BTreeSet;

/// What one rule has counted.
pub(super) struct Tally<'a> {
    rule: &'a QuantityRule,
    line: LineId,
    /// The lines of that id: one, where the PSA is asked rightly.
    found: Vec<&'a QuantityLine>,
    /// The SKU or the group that is counted, folded.
    wanted: String,
    /// Who counts for certain.
    counted: Vec<SourceAnchor>,
    /// Those of whom it is not known whether they count.
    undecided: Vec<SourceAnchor>,
    /// What would have to be read of them.
    unread: BTreeSet<String>,
    /// Of those counted: of how many the directory does not say whether they may sign in.
    unsure_enabled: u64,
}

/// Whether a rule takes a user.
enum Takes {
    Yes,
    No,
    Unread(String),
}

impl<'a> Tally<'a> {
    pub(super) fn new(rule: &'a QuantityRule, found: &[&'a QuantityLine]) -> Self {
        let wanted = match &rule.count {
            QuantityCount::License(text) | QuantityCount::Group(text) => fold(text),
            QuantityCount::All | QuantityCount::Kind(_) | QuantityCount::Filter(_) => String::new(),
        };
        Self {
            rule,
            line: LineId::new(rule.line.as_str().trim()),
            found: found.to_vec(),
            wanted,
            counted: Vec::new(),
            undecided: Vec::new(),
            unread: BTreeSet::new(),
            unsure_enabled: 0,
        }
    }

    pub(super) const fn line(&self) -> &LineId {
        &self.line
    }

    /// The one line it feeds.
    fn only(&self) -> Option<&'a QuantityLine> {
        match self.found.as_slice() {
            [line] => Some(line),
            _ => None,
        }
    }

    fn company(&self) -> Option<&'a CompanyId> {
        self.only().map(|line| &line.company)
    }

    /// The units of the line, where it can be set at all.
    pub(super) fn units(&self) -> Option<u64> {
        self.only().filter(|line| !line.dynamic).and_then(|line| line.quantity)
    }

    fn takes(&self, user: UserView<'_>) -> Takes {
        let unread = |what: &str| Takes::Unread(what.to_owned());
        let says = |yes: bool| if yes { Takes::Yes } else { Takes::No };
        match &self.rule.count {
            QuantityCount::All => Takes::Yes,
            QuantityCount::License(_) => user.licenses().map_or_else(
                || unread("licences were not read"),
                |licenses| {
                    let by_id = License::is_like_an_id(&self.wanted);
                    let mut nameless = false;
                    for license in licenses {
                        let named = license.part_number.as_ref();
                        if is_folded(&self.wanted, &license.sku_id)
                            || named.is_some_and(|part| is_folded(&self.wanted, part))
                        {
                            return Takes::Yes;
                        }
                        nameless |= named.is_none() && !by_id;
                    }
                    if nameless { unread("the part number of a licence was not read") } else { Takes::No }
                },
            ),
            QuantityCount::Group(_) => user.groups().map_or_else(
                || unread("group membership was not read"),
                |mut groups| says(groups.any(|group| is_folded(&self.wanted, group))),
            ),
            QuantityCount::Kind(kind) => says(user.kind().unwrap_or(UserKind::Member) == *kind),
            QuantityCount::Filter(filter) => match filter.test(user) {
                Truth::Yes => Takes::Yes,
                Truth::No => Takes::No,
                Truth::Unknown(what) => Takes::Unread(format!("{what} was not read")),
            },
        }
    }

    fn unsure(&mut self, user: UserView<'_>, what: String) {
        self.undecided.push(user.anchor());
        self.unread.insert(what);
    }

    /// What the count comes to, before the limits.
    pub(super) fn decide(
        &self,
        input: &PlanInput<'_>,
        short: Option<CountsShort>,
        lines_complete: bool,
    ) -> QuantityDecision {
        let certain = self.certain(input, short, lines_complete);
        let change = match certain {
            Err(reason) => QuantityChange::Hold { reason, proposed: None },
            Ok(from) => {
                let to = self.quantity();
                match to {
                    to if to == from => QuantityChange::NoOp { quantity: from },
                    0 => QuantityChange::Hold { reason: HoldReason::ToZero { from }, proposed: Some(0) },
                    to => QuantityChange::Set { from, to, effective: input.as_of.date_naive() },
                }
            }
        };
        QuantityDecision {
            line: self.line.clone(),
            name: self.rule.name.clone(),
            company: self.company().cloned(),
            product: self.only().and_then(|line| line.product.clone()),
            minimum: self.rule.minimum,
            quantity: self.only().and_then(|line| line.quantity),
            change,
            counted: self.counted.clone(),
            undecided: self.undecided.clone(),
        }
    }

    /// How many units the count asks for.
    fn quantity(&self) -> u64 {
        u64::try_from(self.counted.len()).unwrap_or(u64::MAX).max(self.rule.minimum)
    }

    /// The quantity the line has now, where the count is certain and may be set.
    fn certain(
        &self,
        input: &PlanInput<'_>,
        short: Option<CountsShort>,
        lines_complete: bool,
    ) -> Result<u64, HoldReason> {
        match short {
            Some(CountsShort::Partial) => return Err(HoldReason::SnapshotPartial),
            Some(CountsShort::Suspect) => return Err(HoldReason::SuspectSnapshot),
            Some(CountsShort::Targeted) => return Err(HoldReason::TargetedRun),
            None => {}
        }
        if !lines_complete {
            return Err(HoldReason::LinesIncomplete);
        }
        let line = match self.found.as_slice() {
            [line] => line,
            [] => return Err(HoldReason::LineMissing),
            _ => return Err(HoldReason::LineTwice),
        };
        if !input.tenant.companies().contains(&line.company) {
            return Err(HoldReason::OtherCompany { company: line.company.clone() });
        }
        if line.dynamic {
            return Err(HoldReason::Dynamic);
        }
        if let Some(on) = line.ends.filter(|on| *on < input.as_of.date_naive()) {
            return Err(HoldReason::Ended { on });
        }
        let Some(quantity) = line.quantity else { return Err(HoldReason::QuantityUnknown) };
        if !self.undecided.is_empty() {
            let users = u64::try_from(self.undecided.len()).unwrap_or(u64::MAX);
            return Err(HoldReason::Undecided { users, because: self.unread.iter().cloned().collect() });
        }
        Ok(quantity)
    }

    /// What a person should know of a count, although nothing is held for it.
    pub(super) fn warnings(&self) -> impl Iterator<Item = Warning> {
        let warn = |code: &str, message: String| Warning {
            code: code.to_owned(),
            user_principal_name: None,
            message: format!("line {} ({}): {message}", self.line, self.rule.name),
        };
        let counted = self.counted.len();
        let minimum = self.rule.minimum;
        let here = self.only().is_some();
        let nobody = (here && counted == 0 && self.undecided.is_empty()).then(|| {
            warn("NobodyCounted", "nobody counts; is the licence, group or filter spelt right?".to_owned())
        });
        let raised = (here && counted > 0 && self.quantity() > counted as u64).then(|| {
            warn("MinimumApplied", format!("{counted} counted, less than the minimum of {minimum}"))
        });
        let unsure = (self.unsure_enabled > 0).then(|| {
            let many = self.unsure_enabled;
            warn(
                "EnabledNotRead",
                format!("the directory does not say of {many} counted whether they may sign in"),
            )
        });
        [nobody, raised, unsure].into_iter().flatten()
    }
}

/// Counts every user in ascending order of anchor. Whoever may not sign in never counts, wherever the contact stays.
pub(super) fn count(input: &PlanInput<'_>, tallies: &mut [Tally<'_>]) {
    if tallies.is_empty() {
        return;
    }
    let members = Members::new(input);
    for user in input.users.iter().filter(|user| user.enabled() != Some(false)) {
        let (company, certain) = match members.of(user) {
            Membership::Of(company) => (Some(company), true),
            Membership::Maybe(company) => (company, false),
            Membership::None => continue,
        };
        for tally in tallies.iter_mut() {
            let theirs = tally.company();
            if theirs.is_none() || (company.is_some() && theirs != company) {
                continue;
            }
            match (tally.takes(user), certain) {
                (Takes::No, _) => {}
                (Takes::Yes, true) => {
                    tally.counted.push(user.anchor());
                    tally.unsure_enabled += u64::from(user.enabled().is_none());
                }
                (Takes::Yes | Takes::Unread(_), false) => tally.unsure(user, members.unread(user)),
                (Takes::Unread(what), true) => tally.unsure(user, what),
            }
        }
    }
}
