//! `septum check --fix`.

use super::Clinic;

const ZONES: &str = "zone ward { subnet 10.1.0.0/24; trust 40 }
zone lab { subnet 10.2.0.0/24; trust 40 }
device lis in lab { address 10.2.0.9 }
";

const NETWORK: &str = "router r {
    target nftables
    interface eth0 = ward
    interface eth1 = lab
}
";

/// A clinic of which only the middle is interesting.
fn clinic(middle: &str) -> Clinic {
    Clinic::new(&format!("{ZONES}{middle}{NETWORK}"))
}

/// What is left of the middle after `--fix`, without its indentation.
fn fixed(middle: &str) -> String {
    let clinic = clinic(middle);
    let run = clinic.check(&["--fix"]);
    assert_eq!(run.code, 0, "{}", run.err);
    let text = clinic.read("clinic.sept");
    let rest = text.strip_prefix(ZONES).unwrap_or_else(|| panic!("{text}"));
    rest.strip_suffix(NETWORK)
        .unwrap_or_else(|| panic!("{text}"))
        .to_owned()
}

#[test]
fn what_does_nothing_goes_and_the_run_says_what() {
    let clinic = clinic(
        "group inner = ward
group outer = inner | lab  # nobody names it
service mine   = tcp 9000
# Why the laboratory is open.
allow ward -> lab : tcp 400-500
allow ward -> lis : https  # the same again
waive broad-rule on lab until 2026-12-31 because \"there is none\"
waive dead-rule on lab until 2026-01-31 because \"over\"
require ward -> lis : https
",
    );
    let run = clinic.check(&["--fix"]);
    assert_eq!((run.code, run.out.as_str()), (0, ""), "{}", run.err);
    insta::assert_snapshot!(run.err);
    insta::assert_snapshot!("what_is_left", clinic.read("clinic.sept"));
    let again = clinic.check(&["--fix"]);
    assert_eq!(again.err, "2 zones, 1 devices, 1 rules: no findings\n");
}

#[test]
fn of_rules_that_cover_each_other_one_stays() {
    let left = fixed("allow ward -> lis : https\nallow ward -> lis : https\nallow ward -> lis : tcp 443\n");
    assert_eq!(left, "allow ward -> lis : https\n");
}

#[test]
fn a_rule_that_needs_two_others_to_be_covered_goes_and_they_stay() {
    let left = fixed(
        "allow ward -> lab : tcp 1-100\nallow ward -> lab : tcp 101-200\nallow ward -> lis : tcp 50-150\n",
    );
    assert_eq!(
        left,
        "allow ward -> lab : tcp 1-100\nallow ward -> lab : tcp 101-200\n"
    );
}

#[test]
fn a_rule_stays_that_lasts_longer_or_lets_more_through() {
    for middle in [
        // The wide one ends.
        "allow ward -> lab : tcp 400-500 { expires 2026-07-31 }\nallow ward -> lis : https\n",
        // The wide one counts.
        "allow ward -> lab : tcp 400-500 { rate 5/second }\nallow ward -> lis : https\n",
        // It writes a log.
        "allow ward -> lab : tcp 400-500\nallow ward -> lis : https { log }\n",
    ] {
        let clinic = clinic(middle);
        let run = clinic.check(&["--fix"]);
        assert!(!run.err.contains("removed"), "{}", run.err);
        assert_eq!(clinic.read("clinic.sept"), format!("{ZONES}{middle}{NETWORK}"));
    }
}

#[test]
fn a_deny_of_a_mode_stays_where_normal_times_do_not_deny_it() {
    let left = fixed(
        "allow ward -> lis : https
mode quiet {
    deny ward -> lab
    deny ward -> lis
}
",
    );
    assert_eq!(
        left,
        "allow ward -> lis : https\nmode quiet {\n    deny ward -> lab\n}\n"
    );
}

#[test]
fn statements_that_share_a_line_part_well() {
    let left = fixed("policy p { allow ward -> lab : tcp 400-500; allow ward -> lis : https } # two\n");
    assert_eq!(left, "policy p { allow ward -> lab : tcp 400-500 }  # two\n");
}

#[test]
fn files_are_formatted_and_lines_of_windows_survive() {
    let clinic = clinic("allow   ward->lis:https\r\ngroup all=ward\r\n");
    let run = clinic.check(&["--fix"]);
    assert_eq!(run.code, 0, "{}", run.err);
    assert!(run.err.contains("formatted ./clinic.sept\n"), "{}", run.err);
    let text = clinic.read("clinic.sept");
    assert!(text.contains("\nallow ward -> lis : https\n"), "{text:?}");
    assert!(!text.contains("group"), "{text:?}");
}

#[test]
fn only_what_was_asked_for_is_remedied() {
    let middle = "group all = ward\nallow ward -> lis : https\nallow ward -> lis : https\n";
    let clinic = clinic(middle);
    clinic.check(&["--fix", "--only", "dead-rule"]);
    assert_eq!(
        clinic.read("clinic.sept"),
        format!("{ZONES}group all = ward\nallow ward -> lis : https\n{NETWORK}")
    );
}

#[test]
fn what_is_left_is_reported_where_it_is_then() {
    let clinic = clinic("group all = ward\nallow ward -> lis : https\nforbid ward -> lis\n");
    let run = clinic.check(&["--fix", "--format", "json"]);
    assert_eq!(run.code, 1);
    let value: serde_json::Value = serde_json::from_str(&run.out).unwrap();
    assert_eq!(value["findings"][0]["check"], "forbid-reachable");
    assert_eq!(value["findings"][0]["line"], 5, "one line higher than before");
}

#[test]
fn a_waiver_that_silences_something_stays() {
    let middle = "group all = ward
allow ward -> lis : https
waive unused-definition on all until 2026-12-31 because \"for the new wing\"
";
    assert_eq!(fixed(middle), middle);
}

#[test]
fn a_policy_with_mistakes_is_left_alone() {
    let clinic = clinic("group   all = ward\nallow wrad -> lis : https\n");
    let before = clinic.read("clinic.sept");
    let run = clinic.check(&["--fix"]);
    assert_eq!(run.code, 2);
    assert_eq!(clinic.read("clinic.sept"), before);
}

#[test]
fn every_file_of_the_repository_is_remedied() {
    let clinic = clinic("allow ward -> lis : https\n");
    clinic.write("more.sept", "group all = ward\n");
    std::fs::create_dir(clinic.path("sub")).unwrap();
    clinic.write("sub/other.sept", "# kept\ngroup   other = all\n");
    let run = clinic.check(&["--fix"]);
    assert_eq!(run.code, 0, "{}", run.err);
    assert_eq!(clinic.read("more.sept"), "");
    assert_eq!(clinic.read("sub/other.sept"), "# kept\n");
}
