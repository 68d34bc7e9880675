//! Offline folders, by what a person who has one sees.

use super::{OfflineError, OfflineFolder};
use chrono::{DateTime, Duration, Utc};
use std::{
    fs,
    path::{Path, PathBuf},
};
use sync_core::{
    ContactQuery, DirectoryExt as _, Psa as _, PsaExt as _, UserQuery,
    apply::{ApplyContext, ApplyOptions, Report, apply},
    model::ContactId,
    plan::{
        Action, Explanation, NONE_ELSEWHERE, Plan, PlanError, PlanInput, explain, plan,
        render::{RenderOptions, to_text},
    },
    policy::RunInput,
    review::NO_REVIEWS,
    store::LinkStore as _,
};

mod broken;
mod hostile;
mod whole;

fn now() -> DateTime<Utc> {
    "2026-01-06T10:30:00Z".parse().unwrap()
}

fn wait<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

/// A copy of a folder of the repository, to be changed at will.
struct Copy {
    folder: tempfile::TempDir,
}

impl Copy {
    fn of(name: &str) -> Self {
        let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/offline").join(name);
        let folder = tempfile::tempdir().unwrap();
        for entry in fs::read_dir(from).unwrap() {
            let path = entry.unwrap().path();
            fs::copy(&path, folder.path().join(path.file_name().unwrap())).unwrap();
        }
        Self { folder }
    }

    fn path(&self, file: &str) -> PathBuf {
        self.folder.path().join(file)
    }

    fn read(&self, file: &str) -> String {
        fs::read_to_string(self.path(file)).unwrap()
    }

    fn write(&self, file: &str, content: impl AsRef<[u8]>) -> &Self {
        fs::write(self.path(file), content).unwrap();
        self
    }

    /// Replaces a text that must be there.
    fn edit(&self, file: &str, from: &str, to: &str) -> &Self {
        let text = self.read(file);
        assert!(text.contains(from), "{file} has no {from}");
        self.write(file, text.replacen(from, to, 1))
    }

    fn load(&self) -> OfflineFolder {
        OfflineFolder::load(self.folder.path()).unwrap()
    }

    fn refused(&self) -> OfflineError {
        OfflineFolder::load(self.folder.path()).unwrap_err()
    }
}

fn planned(folder: &OfflineFolder, as_of: DateTime<Utc>) -> Result<Plan, PlanError> {
    with_input(folder, as_of, plan)
}

fn explained(folder: &OfflineFolder, user: &str) -> Explanation {
    with_input(folder, now(), |input| explain(input, user)).unwrap().unwrap()
}

fn with_input<T>(folder: &OfflineFolder, as_of: DateTime<Utc>, run: impl FnOnce(&PlanInput<'_>) -> T) -> T {
    let (tenant, policy) = (folder.tenant(), folder.policy());
    let mut users = UserQuery::all();
    users.extensions = policy.extensions_needed(tenant);
    users.groups = policy.groups_needed(tenant);
    let mut contacts = ContactQuery::of_companies(tenant.companies());
    contacts.custom_fields = policy.custom_fields_needed();
    run(&PlanInput {
        tenant,
        psa: folder.psa().name(),
        users: &wait(folder.directory().snapshot(&users, as_of)).unwrap(),
        contacts: &wait(folder.psa().snapshot(&contacts, as_of)).unwrap(),
        companies: &wait(folder.psa().all_companies()).unwrap(),
        links: &wait(folder.links().load(&tenant.name)).unwrap(),
        linked_elsewhere: &NONE_ELSEWHERE,
        reviews: &NO_REVIEWS,
        policy,
        capabilities: &wait(folder.psa().capabilities()).unwrap(),
        run: &RunInput::default(),
        as_of,
    })
}

fn applied(folder: &OfflineFolder, plan: &Plan, at: DateTime<Utc>) -> Report {
    let capabilities = wait(folder.psa().capabilities()).unwrap();
    let context = ApplyContext {
        tenant: folder.tenant(),
        policy: folder.policy(),
        capabilities: &capabilities,
        run: &RunInput::default(),
        psa: folder.psa(),
        links: folder.links(),
        hold: &sync_core::store::Unshared::default(),
    };
    wait(apply(plan, &context, &ApplyOptions::at(at))).unwrap()
}

/// Applies where the report says nothing that the test looks at, but that it went well.
fn apply_well(folder: &OfflineFolder, plan: &Plan, at: DateTime<Utc>) {
    let report = applied(folder, plan, at);
    assert!(report.success, "{} errors", report.errors.len());
}

fn actions(plan: &Plan) -> Vec<Action> {
    plan.decisions.iter().map(|decision| decision.change.action()).collect()
}
