//! What `septum.yaml` says about checks, held against the policy.

use septum::diagnostic::{Diagnostic, text};

use crate::sample;

const OFFICE: &str = "zone office { subnet 10.60.0.0/24; label user }
zone imaging { subnet 10.40.0.0/24; label medical }
service old-share = tcp 139
allow office -> imaging : old-share
";

fn found(manifest: &str) -> Vec<(Diagnostic, String)> {
    let loaded = sample::policy_under(manifest, "policy.sept", OFFICE);
    let findings = sample::findings(&loaded).into_iter();
    let found = findings
        .map(|finding| finding.diagnostic)
        .filter(|found| found.code == "lateral-port");
    found
        .map(|found| (found.clone(), text::render(&found, &loaded.sources, false)))
        .collect()
}

#[test]
fn a_service_that_is_misspelt_in_an_option_is_not_passed_over() {
    let manifest = "checks:\n  lateral-port: { services: [old-shares] }\n";
    let loaded = sample::policy_under(manifest, "policy.sept", OFFICE);
    let unknown = sample::settings(&loaded).unknown_services(&loaded.policy.services);
    let shown = unknown
        .iter()
        .map(|found| text::render(found, &loaded.sources, false));
    insta::assert_snapshot!(shown.collect::<Vec<_>>().join("\n"), @"
    error[unknown-service]: `lateral-port` looks for service `old-shares`, which there is not
     --> septum.yaml:2:30
      |
    2 |   lateral-port: { services: [old-shares] }
      |                              ^^^^^^^^^^
      |
      = help: did you mean `old-share`?
    ");
}

#[test]
fn a_level_makes_a_finding_louder_or_silences_it() {
    let codes = |manifest: &str| -> Vec<(&str, &str)> {
        found(manifest)
            .iter()
            .map(|(found, _)| (found.code, found.severity.word()))
            .collect()
    };
    assert_eq!(codes("name: x\n"), [("lateral-port", "error")]);
    assert_eq!(
        codes("checks:\n  lateral-port: warn\n"),
        [("lateral-port", "warning")]
    );
    assert_eq!(codes("checks:\n  lateral-port: allow\n"), []);
}

#[test]
fn a_role_is_played_by_the_labels_that_the_file_names() {
    let labels = |medical: &str| found(&format!("labels:\n  medical: [{medical}]\n")).len();
    assert_eq!(labels("medical"), 1);
    assert_eq!(labels("device"), 0);
    // What a user is can be said in the site's own words, too.
    assert_eq!(found("labels:\n  user: [staff]\n").len(), 0);
}
