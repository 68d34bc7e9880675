//! No secret and no person in any log line or error.

use crate::common::World;
use std::collections::BTreeSet;
use sync_sandbox::Options;

/// Everything that must not be logged: secrets, names in addresses, people's names.
fn canaries(world: &World) -> BTreeSet<String> {
    let (graph, connectwise) = (world.sandbox.graph(), world.sandbox.connectwise());
    let secrets =
        [&graph.client_secret, &connectwise.private_key, &connectwise.public_key, &connectwise.client_id];
    let mut canaries: BTreeSet<String> = secrets.into_iter().cloned().collect();
    let people = world.sandbox.state().to_string();
    for word in people.split(|c: char| c.is_whitespace() || "\",{}[]()".contains(c)) {
        // Sign-in names, addresses, prefixed proxy addresses: whatever has an at sign, by its local part too.
        if let Some((local, _)) = word.split_once('@') {
            canaries.insert(word.to_lowercase());
            let local = local.rsplit(':').next().unwrap_or(local).to_lowercase();
            if local.contains('.') {
                canaries.insert(local);
            }
        }
    }
    canaries.extend(world.sandbox.users().into_iter().map(|user| user.display_name));
    canaries.retain(|canary| canary.len() > 4);
    canaries
}

#[test]
fn the_loudest_log_with_faults_names_nobody_and_no_secret() {
    let faults = "connectwise:429@2,graph:503@2,connectwise:500@9,connectwise:reset-after-commit@3,connectwise:403[PATCH]@5";
    let mut options = Options::sized(40, 32);
    for fault in sync_sandbox::Fault::parse_list(faults).unwrap() {
        options = options.fault(fault);
    }
    let world = World::start(options);
    let canaries = canaries(&world);
    assert!(canaries.len() > 60, "{}", canaries.len());
    for (arguments, format) in [
        (&["plan", "-vvv"][..], "text"),
        (&["apply", "--auto", "-vvv"], "json"),
        (&["check", "-vvv"], "text"),
    ] {
        let mut all = arguments.to_vec();
        all.extend(["--log-format", format]);
        let ended = world.run(&all);
        let log = ended.err.to_lowercase();
        assert!(log.lines().count() > 5, "{log}");
        assert!(
            log.contains("list contacts") || log.contains("count contacts"),
            "there must be a log to look at: {log}"
        );
        for canary in &canaries {
            assert!(!log.contains(&canary.to_lowercase()), "{canary:?} of {arguments:?} is in:\n{log}");
        }
    }
    assert!(world.sandbox.faults_struck() >= 4, "{}", world.sandbox.faults_struck());
}
