//! `--deny warnings` and `--only`.

use super::{Clinic, checks_of};

/// One warning and no error: nothing uses the group.
const WARNED: &str = "zone ward { subnet 10.1.0.0/24 }\ngroup all = ward\nforbid ward -> 10.9.0.0/24\n";

#[test]
fn warnings_fail_a_run_only_when_they_are_denied() {
    let clinic = Clinic::new(WARNED);
    let plain = clinic.check(&[]);
    assert_eq!(plain.code, 0, "{}", plain.err);
    assert!(plain.err.contains("warning[unused-definition]"), "{}", plain.err);
    let denied = clinic.check(&["--deny", "warnings"]);
    assert_eq!(denied.code, 1);
    assert!(denied.err.contains("error[unused-definition]"), "{}", denied.err);
    assert!(denied.err.ends_with("1 error\n"), "{}", denied.err);
    // Whoever reads the test results sees what failed the run.
    let junit = clinic.check(&["--deny", "warnings", "--format", "junit"]);
    assert!(junit.out.contains("failures=\"1\""), "{}", junit.out);
}

#[test]
fn nothing_to_deny_is_clean() {
    let clinic = Clinic::new("zone ward { subnet 10.1.0.0/24 }\nforbid ward -> 10.9.0.0/24\n");
    let run = clinic.check(&["--deny", "warnings"]);
    assert_eq!((run.code, run.out.as_str()), (0, ""), "{}", run.err);
}

const TWO_KINDS: &str = "zone ward { subnet 10.1.0.0/24 }
zone lab { subnet 10.2.0.0/24 }
group all = ward
allow ward -> lab : tcp 400-500
allow ward -> lab : tcp 443
deny ward -> lab : tcp 450
";

#[test]
fn only_the_checks_that_are_named_run() {
    let clinic = Clinic::new(TWO_KINDS);
    let one = clinic.check(&["--only", "dead-rule", "--format", "json"]);
    assert_eq!(checks_of(&one.out), ["dead-rule"]);
    let two = clinic.check(&[
        "--only",
        "unused-definition",
        "--only",
        "dead-rule",
        "--format",
        "json",
    ]);
    assert_eq!(checks_of(&two.out), ["unused-definition", "dead-rule"]);
}

#[test]
fn a_check_that_is_named_runs_although_it_is_silenced() {
    let clinic = Clinic::new(TWO_KINDS);
    // Off by default, and off in the file.
    let off = clinic.check(&["--format", "json"]);
    assert!(!checks_of(&off.out).contains(&"partly-denied".to_owned()));
    let on = clinic.check(&["--only", "partly-denied", "--format", "json"]);
    assert_eq!(checks_of(&on.out), ["partly-denied"]);
    clinic.write("septum.yaml", "name: clinic\nchecks:\n  dead-rule: allow\n");
    let off = clinic.check(&["--format", "json"]);
    assert!(!checks_of(&off.out).contains(&"dead-rule".to_owned()));
    let on = clinic.check(&["--only", "dead-rule", "--format", "json"]);
    assert_eq!(checks_of(&on.out), ["dead-rule"]);
}

#[test]
fn a_level_in_the_file_counts_for_a_check_that_is_named() {
    let clinic = Clinic::new(TWO_KINDS);
    clinic.write("septum.yaml", "name: clinic\nchecks:\n  dead-rule: error\n");
    assert_eq!(clinic.check(&["--only", "dead-rule"]).code, 1);
}

#[test]
fn waivers_are_judged_by_all_checks_even_alone() {
    let clinic = Clinic::new(&format!(
        "{TWO_KINDS}waive unused-definition on all until 2026-12-31 because \"soon\"
waive dead-rule on lab until 2026-12-31 because \"nothing is there\"\n"
    ));
    let run = clinic.check(&["--only", "useless-waiver", "--format", "json"]);
    assert_eq!(checks_of(&run.out), ["useless-waiver"], "{}", run.out);
    assert!(run.out.contains("there is no `dead-rule` on `lab` to waive"));
}

#[test]
fn a_name_that_is_no_check_is_wrong_usage() {
    let clinic = Clinic::new(WARNED);
    let run = clinic.check(&["--only", "dead-rul"]);
    assert_eq!((run.code, run.out.as_str()), (2, ""));
    assert_eq!(
        run.err,
        "error: there is no check `dead-rul`; did you mean `dead-rule`?\n"
    );
    let run = clinic.check(&["--only", "nonsense-of-mine"]);
    assert_eq!(
        run.err,
        "error: there is no check `nonsense-of-mine`; `septum explain` lists all\n"
    );
}

#[test]
fn a_check_that_cannot_be_made_is_no_clean_run() {
    let clinic = Clinic::new(WARNED);
    for (check, why) in [("exploited-exposed", "--kev"), ("target-limit", "septum build")] {
        let run = clinic.check(&["--only", check]);
        assert_eq!(run.code, 2, "{check}");
        assert!(run.err.contains(why), "{}", run.err);
    }
}

#[test]
fn a_mistake_in_septum_yaml_is_shown_whatever_is_asked() {
    let clinic = Clinic::new(WARNED);
    clinic.write("septum.yaml", "name: clinic\nchecks:\n  ded-rule: error\n");
    let run = clinic.check(&["--only", "dead-rule"]);
    assert_eq!(run.code, 2);
    assert!(run.err.contains("error[unknown-check]"), "{}", run.err);
}

#[test]
fn every_mistake_in_septum_yaml_is_a_mistake_of_the_file_and_shown_at_once() {
    let mistakes = [
        ("checks: { ded-rule: allow }", "unknown-check"),
        ("checks: { dead-rule: { lowd: 3 } }", "unknown-option"),
        ("checks: { broad-rule: { ports: many } }", "wrong-value"),
        ("labels: { medcal: [iomt] }", "unknown-role"),
        (
            "checks: { lateral-port: { services: [no-such] } }",
            "unknown-service",
        ),
    ];
    for (line, code) in mistakes {
        let clinic = Clinic::new(WARNED);
        clinic.write("septum.yaml", &format!("name: clinic\n{line}\n"));
        let run = clinic.check(&[]);
        assert_eq!(run.code, 2, "{line}: {}", run.err);
        assert!(run.err.contains(&format!("error[{code}]")), "{line}: {}", run.err);
    }
    let clinic = Clinic::new("zone ward { subnet 10.1.0.0/24 }\nallow wrd -> ward\n");
    clinic.write("septum.yaml", "polices: [a.sept]\nchecks: { ded-rule: allow }\n");
    let run = clinic.check(&[]);
    for code in ["unknown-key", "unknown-check", "unknown-name"] {
        assert!(run.err.contains(&format!("error[{code}]")), "{}", run.err);
    }
    assert_eq!(run.code, 2);
}

#[test]
fn a_waiver_of_a_check_that_there_is_not_is_a_mistake_of_its_file() {
    let clinic = Clinic::new(&format!(
        "{WARNED}waive ded-rule on ward until 2026-12-31 because \"a slip\"\n"
    ));
    let run = clinic.check(&[]);
    assert_eq!(run.code, 2);
    assert!(run.err.contains("there is no check `ded-rule`"), "{}", run.err);
    assert!(run.err.contains("did you mean `dead-rule`?"), "{}", run.err);
}
