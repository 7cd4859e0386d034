//! `--baseline`: only what is new.

use super::{Clinic, checks_of};

const OLD: &str = "zone ward { subnet 10.1.0.0/24 }
zone lab { subnet 10.2.0.0/24 }
group all = ward
allow ward -> lab : tcp 400-500
allow ward -> lab : tcp 443
";

/// A repository whose findings are in `known.json`.
fn with_baseline(policy: &str) -> Clinic {
    let clinic = Clinic::new(policy);
    let report = clinic.check(&["--format", "json"]);
    assert!(!checks_of(&report.out).is_empty(), "{}", report.out);
    clinic.write("known.json", &report.out);
    clinic
}

#[test]
fn what_is_known_is_not_reported_again() {
    let clinic = with_baseline(OLD);
    let count = checks_of(&clinic.read("known.json")).len();
    let run = clinic.check(&["--baseline", "known.json", "--deny", "warnings"]);
    assert_eq!(run.code, 0, "{}", run.err);
    assert_eq!(run.err, format!("{count} more in the baseline\n"));
}

#[test]
fn what_is_new_is_reported_wherever_it_is_put() {
    let clinic = with_baseline(OLD);
    // Above everything: all lines move.
    clinic.write("clinic.sept", &format!("group more = ward\n\n\n{OLD}"));
    let run = clinic.check(&["--baseline", "known.json", "--format", "json"]);
    assert_eq!(checks_of(&run.out), ["unused-definition"], "{}", run.out);
    assert!(run.out.contains("`more`"), "{}", run.out);
    assert_eq!(
        clinic
            .check(&["--baseline", "known.json", "--deny", "warnings"])
            .code,
        1
    );
}

#[test]
fn a_second_finding_like_a_known_one_is_new_and_keeps_its_name() {
    let twice = OLD.replace(
        "allow ward -> lab : tcp 443\n",
        "allow ward -> lab : tcp 443\nallow ward -> lab : tcp 443\n",
    );
    let clinic = with_baseline(OLD);
    clinic.write("clinic.sept", &twice);
    let new = clinic.check(&[
        "--baseline",
        "known.json",
        "--only",
        "dead-rule",
        "--format",
        "json",
    ]);
    assert_eq!(checks_of(&new.out), ["dead-rule"], "{}", new.out);
    let fingerprints = |report: &str| -> Vec<String> {
        let value: serde_json::Value = serde_json::from_str(report).unwrap();
        let findings = value["findings"].as_array().unwrap().iter();
        let dead = findings.filter(|finding| finding["check"] == "dead-rule");
        dead.map(|finding| finding["fingerprint"].as_str().unwrap().to_owned())
            .collect()
    };
    let all = fingerprints(&clinic.check(&["--format", "json"]).out);
    assert_eq!(all.len(), 2);
    assert_eq!(fingerprints(&new.out), all[1..], "named as in a full report");
}

#[test]
fn mistakes_in_the_policy_are_never_known() {
    let clinic = Clinic::new("zone ward { subnet 10.1.0.0/24 }\nallow wrad -> ward\n");
    let broken = clinic.check(&["--format", "json"]);
    clinic.write("known.json", &broken.out);
    let run = clinic.check(&["--baseline", "known.json", "--format", "json"]);
    assert_eq!(run.code, 2);
    assert_eq!(run.out, broken.out);
}

#[test]
fn a_file_that_is_no_report_is_an_error() {
    let clinic = with_baseline(OLD);
    let cases = [
        ("", "EOF"),
        ("not json", "expected"),
        ("[]", "invalid"),
        ("{\"format\": 1}", "missing field `findings`"),
        (
            "{\"format\": 1, \"findings\": [{}]}",
            "missing field `fingerprint`",
        ),
        ("{\"format\": 2, \"findings\": []}", "its format is 2"),
    ];
    for (text, why) in cases {
        clinic.write("wrong.json", text);
        let run = clinic.check(&["--baseline", "wrong.json", "--format", "json"]);
        assert_eq!((run.code, run.out.as_str()), (2, ""), "{text}");
        assert!(
            run.err
                .starts_with("error: `wrong.json` is no report of `septum check --format json`: "),
            "{}",
            run.err
        );
        assert!(run.err.contains(why), "{}", run.err);
    }
    let run = clinic.check(&["--baseline", "nowhere.json"]);
    assert_eq!(run.code, 2);
    assert!(
        run.err.starts_with("error: cannot read `nowhere.json`"),
        "{}",
        run.err
    );
}
