//! The flat hospital: what the classic faults look like to those who run `septum check`.

use std::collections::BTreeSet;

use septum::check::{Finding, KnownExploited};
use septum::diagnostic::{in_reading_order, text};

use crate::sample::{self, FAULTY_EXAMPLE, Loaded};

fn checked() -> (Loaded, Vec<Finding>) {
    let directory = sample::example(FAULTY_EXAMPLE);
    let loaded = sample::load(&directory).sound();
    let settings = sample::settings(&loaded);
    let list = std::fs::read_to_string(directory.join("known-exploited.json")).unwrap();
    let kev = KnownExploited::read(&list).unwrap();
    let findings = sample::findings_on(&loaded, &settings, Some(&kev), sample::today());
    (loaded, findings)
}

#[test]
fn the_classic_faults_are_all_found() {
    let (_, findings) = checked();
    let found: BTreeSet<&str> = findings.iter().map(|finding| finding.diagnostic.code).collect();
    let faults = [
        "blast-radius",
        "broad-rule",
        "broadcast-split",
        "clear-text-phi",
        "dead-rule",
        "device-internet",
        "empty-rule",
        "expired-rule",
        "expired-waiver",
        "expiring-soon",
        "exploited-exposed",
        "forbid-path",
        "forbid-reachable",
        "half-association",
        "isolate-unenforced",
        "lateral-port",
        "legacy-exposed",
        "mixed-zone",
        "mode-widens",
        "only-violated",
        "partly-denied",
        "peer-traffic",
        "require-unmet",
        "single-conduit",
        "stateless-return",
        "undocumented-rule",
        "unenforceable-rule",
        "unenforced-path",
        "unreachable-zone",
        "untrusted-to-patient",
        "unused-definition",
        "useless-waiver",
        "vendor-direct",
    ];
    assert!(faults.len() >= 20);
    assert_eq!(found, BTreeSet::from(faults));
}

#[test]
fn it_reads_like_a_review() {
    let (loaded, findings) = checked();
    let all = findings.into_iter().map(|finding| finding.diagnostic).collect();
    let all = in_reading_order(all);
    let shown: Vec<String> = all
        .iter()
        .map(|found| text::render(found, &loaded.sources, false))
        .collect();
    insta::assert_snapshot!(shown.join("\n"));
}
