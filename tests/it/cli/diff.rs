//! `septum diff`: what becomes permitted and what stops being permitted.

use std::process::Command;

use super::{repository, septum};

const POLICY: &str = "\
zone pumps { subnet 10.20.0.0/24 }
zone servers { subnet 10.30.0.0/24 }
zone guest { subnet 172.16.0.0/16 }
device gateway in servers { address 10.30.0.10 }
allow pumps -> gateway : https
deny guest -> pumps
firewall fw {
    target nftables
    interface eth0 = pumps
    interface eth1 = servers
    interface eth2 = guest
}
";

/// The standard output and exit code of a comparison of two policies.
fn diff(old: &str, new: &str, more: &[&str]) -> (String, i32) {
    let directory = tempfile::tempdir().unwrap();
    repository(&directory.path().join("old"), old);
    repository(&directory.path().join("new"), new);
    std::fs::write(
        directory.path().join("open-8443"),
        "allow pumps -> gateway : tcp 8443\n",
    )
    .unwrap();
    let output = septum(directory.path(), &[&["diff", "old", "new"], more].concat());
    let text = String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap();
    (text, output.status.code().unwrap())
}

#[test]
fn the_same_policy_in_another_order_permits_the_same() {
    let mut lines: Vec<&str> = POLICY.lines().collect();
    lines[0..6].reverse();
    let (text, code) = diff(POLICY, &lines.join("\n"), &[]);
    assert!(text.starts_with("the policies permit the same\n"), "{text}");
    assert_eq!(code, 0);
}

#[test]
fn a_widened_rule_opens_exactly_what_was_added() {
    let new = POLICY.replace("gateway : https", "gateway : https, tcp 8443");
    let (text, code) = diff(POLICY, &new, &[]);
    insta::assert_snapshot!(text, @"
    opened from pumps to servers
      + tcp 8443 from pumps to gateway
        example: tcp 10.20.0.9:49152 -> 10.30.0.10:8443 (pumps to gateway)
    configuration changed of fw: +1 -1 lines
    ");
    assert_eq!(code, 1);
}

#[test]
fn a_configuration_whose_comments_name_other_lines_is_set_apart_from_those_that_do_something_else() {
    let lab = "\
zone lab { subnet 10.40.0.0/24 }
zone store { subnet 10.50.0.0/24 }
firewall lab-fw { target cisco-ios; interface Gi0/1 = lab; interface Gi0/2 = store }
allow lab -> store : https
";
    let old = format!("{POLICY}{lab}");
    let new = format!("# one line more\n{old}").replace("gateway : https", "gateway : https, tcp 8443");
    let (text, _) = diff(&old, &new, &[]);
    insta::assert_snapshot!(text, @"
    opened from pumps to servers
      + tcp 8443 from pumps to gateway
        example: tcp 10.20.0.9:49152 -> 10.30.0.10:8443 (pumps to gateway)
    configuration changed of fw: +1 -1 lines
    only comments changed of lab-fw (rules stand on other lines)
    ");
    let (text, _) = diff(&old, &new, &["--format", "markdown"]);
    assert!(
        text.ends_with(
            "| fw | changed | +1 -1 |\n\nOnly comments change (rules stand on other lines): lab-fw\n"
        ),
        "{text}"
    );
    let (text, _) = diff(&old, &new, &["--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(json["configurations"][1]["device"], "lab-fw");
    assert_eq!(json["configurations"][1]["kind"], "comments");
}

#[test]
fn a_new_deny_closes_only_what_was_permitted() {
    let new = format!("{POLICY}deny pumps -> servers : tcp 0-1023\n");
    let (text, _) = diff(POLICY, &new, &[]);
    assert!(
        text.contains("closed from pumps to servers\n  - https from pumps to gateway\n"),
        "{text}"
    );
    assert!(!text.contains("opened"), "{text}");
}

#[test]
fn a_removed_deny_that_cut_nothing_changes_nothing() {
    let (text, code) = diff(POLICY, &POLICY.replace("deny guest -> pumps\n", ""), &[]);
    assert!(text.starts_with("the policies permit the same\n"), "{text}");
    assert_eq!(code, 0);
}

#[test]
fn an_expectation_passes_only_when_nothing_else_changed() {
    let expected = POLICY.replace("gateway : https", "gateway : https, tcp 8443");
    let (text, code) = diff(POLICY, &expected, &["--expect", "open-8443"]);
    assert!(text.contains("nothing changed that was not expected"), "{text}");
    assert_eq!(code, 0);
    let more = POLICY.replace("gateway : https", "gateway : https, tcp 8443, ssh");
    let (text, code) = diff(POLICY, &more, &["--expect", "open-8443"]);
    assert!(
        text.contains("not expected: opened: ssh from pumps to gateway"),
        "{text}"
    );
    assert_eq!(code, 1);
    let closed = expected.replace("https, ", "");
    let (text, code) = diff(POLICY, &closed, &["--expect", "open-8443"]);
    assert!(
        text.contains("not expected: closed: https from pumps to gateway"),
        "{text}"
    );
    assert_eq!(code, 1);
}

#[test]
fn markdown_and_json_say_the_same() {
    let new = POLICY.replace("gateway : https", "gateway : https, tcp 8443");
    let (text, _) = diff(POLICY, &new, &["--format", "markdown"]);
    assert!(
        text.contains("| pumps | servers | tcp 8443 from pumps to gateway |"),
        "{text}"
    );
    let (text, _) = diff(POLICY, &new, &["--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(json["opened"][0]["packets"][0], "tcp 8443 from pumps to gateway");
    assert_eq!(json["closed"], serde_json::json!([]));
    assert_eq!(json["configurations"][0]["device"], "fw");
}

#[test]
fn revisions_in_git_are_compared_from_a_directory_below_the_top() {
    let directory = tempfile::tempdir().unwrap();
    let policy = directory.path().join("sites/main");
    repository(&policy, POLICY);
    let git = |arguments: &[&str]| {
        let identity = ["-c", "user.name=t", "-c", "user.email=t@example.org"];
        let output = Command::new("git")
            .current_dir(directory.path())
            .args(identity)
            .args(arguments)
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
    };
    git(&["init", "-q"]);
    git(&["add", "."]);
    git(&["commit", "-qm", "one"]);
    repository(&policy, &POLICY.replace("gateway : https", "gateway : ssh"));
    let output = septum(&policy, &["diff", "--git", "HEAD"]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("+ ssh from pumps to gateway"), "{text}");
    assert!(text.contains("- https from pumps to gateway"), "{text}");
    git(&["commit", "-qam", "two"]);
    assert_eq!(septum(&policy, &["diff", "--git", "HEAD"]).status.code(), Some(0));
    let between = septum(
        directory.path(),
        &["diff", "--git", "HEAD~1..HEAD", "-p", "sites/main"],
    );
    assert_eq!(String::from_utf8(between.stdout).unwrap(), text);
    let wrong = septum(&policy, &["diff", "--git", "nowhere"]);
    assert_eq!(wrong.status.code(), Some(2));
    let status = Command::new("git")
        .current_dir(directory.path())
        .args(["status", "--short"])
        .output()
        .unwrap();
    assert!(
        status.stdout.is_empty(),
        "the repository's own index is untouched"
    );
}

#[test]
fn what_git_cannot_give_is_said_with_what_to_do() {
    let directory = tempfile::tempdir().unwrap();
    let top = directory.path().join("net");
    repository(&top.join("old"), POLICY);
    let said = |arguments: &[&str], path: Option<&str>| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_septum"));
        command.current_dir(directory.path()).arg("diff").args(arguments);
        command.env("GIT_CEILING_DIRECTORIES", directory.path());
        if let Some(path) = path {
            command.env("PATH", path);
        }
        let output = command.output().unwrap();
        assert_eq!(output.status.code(), Some(2));
        String::from_utf8(output.stderr).unwrap()
    };
    let outside = said(&["--git", "HEAD", "-p", "net/old"], None);
    assert!(
        outside.contains("error: `net/old` is in no Git repository"),
        "{outside}"
    );
    assert!(outside.contains("`septum diff OLD NEW`"), "{outside}");
    let without = said(&["--git", "HEAD", "-p", "net/old"], Some("/nowhere"));
    assert!(
        without.contains("error: `--git` needs the program `git`, which is not on the path"),
        "{without}"
    );
    let nowhere = said(&["--git", "HEAD", "-p", "net/gone"], None);
    assert_eq!(nowhere, "error: there is no directory `net/gone`\n");

    let git = |arguments: &[&str]| {
        let identity = ["-c", "user.name=t", "-c", "user.email=t@example.org"];
        let mut command = Command::new("git");
        command.current_dir(&top).args(identity).args(arguments);
        assert!(command.status().unwrap().success());
    };
    git(&["init", "-q"]);
    let empty = said(&["--git", "HEAD", "-p", "net/old"], None);
    assert!(empty.contains("error: there is no revision `HEAD` in"), "{empty}");
    git(&["add", "."]);
    git(&["commit", "-qm", "one"]);
    for range in ["mian", "HEAD..mian"] {
        let unknown = said(&["--git", range, "-p", "net/old"], None);
        assert!(
            unknown.contains("error: there is no revision `mian` in"),
            "{unknown}"
        );
        assert!(
            unknown.contains("expected a commit, a branch or a tag"),
            "{unknown}"
        );
    }
    repository(&top.join("new"), POLICY);
    let absent = said(&["--git", "HEAD", "-p", "net/new"], None);
    assert!(
        absent.contains("error: revision `HEAD` has no `new/septum.yaml`"),
        "{absent}"
    );
}

#[test]
fn zones_that_nothing_separates_any_more_are_named_with_the_devices_in_reach() {
    let old = format!(
        "{POLICY}device pump-1 in pumps {{ address 10.20.0.7 }}\ndevice kiosk in guest {{ address 172.16.0.7 }}\n"
    );
    let new = format!("{old}router old {{ unmanaged; interface a = guest; interface b = pumps }}\n");
    let (text, code) = diff(&old, &new, &[]);
    insta::assert_snapshot!(text, @"
    the policies permit the same
    no longer filtered: guest -> pumps
    no longer filtered: pumps -> guest
    blast radius of guest: 1 -> 3 devices (+ gateway, pump-1)
    blast radius of pumps: 2 -> 3 devices (+ kiosk)
    configuration changed of fw: +8 -0 lines
    ");
    assert_eq!(code, 1);
    let (text, code) = diff(&new, &old, &["--expect", "open-8443"]);
    assert!(text.contains("now filtered: guest -> pumps\n"), "{text}");
    assert!(text.contains("blast radius of guest: 3 -> 1 devices"), "{text}");
    assert_eq!(code, 0, "less in reach needs no statement: {text}");
    let (text, code) = diff(&old, &new, &["--expect", "open-8443"]);
    assert!(
        text.contains("not expected: no longer filtered: guest -> pumps\n"),
        "{text}"
    );
    assert_eq!(code, 1);
}

#[test]
fn members_that_no_longer_isolate_are_told() {
    let isolated = POLICY.replace("10.20.0.0/24 }", "10.20.0.0/24; isolate }");
    let (text, code) = diff(&isolated, POLICY, &[]);
    assert!(
        text.contains("no longer isolated: members of pumps reach each other\n"),
        "{text}"
    );
    assert_eq!(code, 1);
}

#[test]
fn what_cannot_be_compared_is_bad_input() {
    for (old, new, more, said) in [
        (POLICY, "zone pumps {", &[][..], "error"),
        (
            POLICY,
            POLICY,
            &["--expect", "nowhere"][..],
            "cannot read `nowhere`",
        ),
        (POLICY, POLICY, &["--git", "HEAD"][..], "cannot be used with"),
    ] {
        let (text, code) = diff(old, new, more);
        assert!(text.contains(said), "{said}: {text}");
        assert_eq!(code, 2, "{text}");
    }
    let directory = tempfile::tempdir().unwrap();
    let output = septum(directory.path(), &["diff", "--git", "a...b"]);
    assert_eq!(output.status.code(), Some(2));
    let output = septum(directory.path(), &["diff", "here", "there"]);
    let text = String::from_utf8(output.stderr).unwrap();
    assert_eq!(text, "error: there is no directory `here`\n");
}

#[test]
fn a_misspelt_name_in_an_expectation_is_told_with_the_nearest() {
    let directory = tempfile::tempdir().unwrap();
    repository(&directory.path().join("old"), POLICY);
    std::fs::write(directory.path().join("expected"), "allow pumps -> gatway : ssh\n").unwrap();
    let output = septum(directory.path(), &["diff", "old", "old", "--expect", "expected"]);
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(text.contains("did you mean `gateway`?"), "{text}");
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn a_merge_request_gets_tables() {
    let new = format!("{POLICY}deny any -> pumps\n");
    let (text, _) = diff(
        &new.replace("deny any", "allow servers"),
        &new,
        &["--format", "markdown"],
    );
    insta::assert_snapshot!(text, @"
    ### What this change permits and denies

    **Closed**

    | from | to | packets | example |
    |---|---|---|---|
    | servers | pumps | any from servers to pumps | `tcp 10.30.0.10:49152 -> 10.20.0.9:443 (gateway to pumps)` |

    **Configurations**

    | device | change | lines |
    |---|---|---|
    | fw | changed | +0 -8 |
    ");
}

#[test]
fn what_is_cut_off_a_long_change_is_told() {
    let mut old = POLICY.to_owned();
    for number in 0..100 {
        let low = 2 * number + 1;
        old += &format!("deny 10.20.0.{low} -> 10.30.0.{low} : tcp 22\n");
    }
    let (text, code) = diff(&old, &format!("{old}allow pumps -> servers : ssh\n"), &[]);
    assert_eq!(text.matches("\n  + ").count(), 64 + 1, "{text}");
    assert!(
        text.contains("\n  + and more\n    example: tcp 10.20.0."),
        "{text}"
    );
    assert_eq!(code, 1);
}

#[test]
fn json_lists_all_ports_that_a_text_counts() {
    let new = POLICY.replace("gateway : https", "gateway : https, tcp 1, 3, 5, 7, 9, 11");
    let (text, _) = diff(POLICY, &new, &[]);
    assert!(
        text.contains("+ tcp 1, 3, 5, 7, and 2 more from pumps to gateway"),
        "{text}"
    );
    let (json, _) = diff(POLICY, &new, &["--format", "json"]);
    assert!(
        json.contains("\"tcp 1, 3, 5, 7, 9, 11 from pumps to gateway\""),
        "{json}"
    );
}

#[test]
fn what_opens_in_one_family_is_not_told_of_the_other() {
    let zones = "zone a { subnet 10.0.0.0/24, 2001:db8:a::/64 }\nzone b { subnet 10.1.0.0/24, 2001:db8:b::/64 }\n\
                 firewall fw { target nftables; interface e0 = a; interface e1 = b }\n";
    let (text, _) = diff(
        zones,
        &format!("{zones}allow 10.0.0.0/24 -> 10.1.0.0/24 : https\n"),
        &[],
    );
    insta::assert_snapshot!(text, @"
    opened from a to b
      + https from a to 10.1.0.0/24
        example: tcp 10.0.0.9:49152 -> 10.1.0.9:443 (a to b)
    configuration changed of fw: +11 -0 lines
    ");
}

#[test]
fn a_deny_inside_a_zone_opens_and_closes_what_a_router_carries_there() {
    let zone = "zone a { subnet 10.0.0.0/24, 10.0.1.0/24 }\ndevice db in a { address 10.0.1.9 }\n";
    let routed = &format!("{zone}router r {{ target nftables; interface e0 = a }}\n");
    let deny = "deny 10.0.0.0/31 -> a : ssh\n";
    let (text, code) = diff(&format!("{routed}{deny}"), routed, &[]);
    assert_eq!(code, 1);
    insta::assert_snapshot!(text, @"
    opened from a to a
      + tcp 22 from 10.0.0.0/31 to 10.0.1.0/24
        example: tcp 10.0.0.1:49152 -> 10.0.1.9:22 (a to db)
    configuration changed of r: +0 -1 lines
    ");
    let (text, _) = diff(routed, &format!("{routed}{deny}"), &[]);
    assert!(text.starts_with("closed from a to a\n"), "{text}");
    // Nor does a statement about something else expect it.
    let directory = tempfile::tempdir().unwrap();
    let here = directory.path();
    repository(&here.join("old"), routed);
    repository(&here.join("new"), &format!("{routed}{deny}"));
    std::fs::write(here.join("some"), "deny a -> a : https\n").unwrap();
    let output = septum(here, &["diff", "old", "new", "--expect", "some"]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("\nnot expected: closed: "), "{text}");
    assert_eq!(output.status.code(), Some(1));
    // What the router does not see, it does not stop.
    let neighbours = deny.replace("-> a", "-> 10.0.0.9");
    for (network, deny) in [(zone, deny), (routed, &neighbours)] {
        let (text, code) = diff(network, &format!("{network}{deny}"), &[]);
        assert!(text.starts_with("the policies permit the same\n"), "{text}");
        assert_eq!(code, 0);
    }
    // A host firewall takes what rules permit, with or without a deny.
    let guarded = &format!("{routed}firewall h {{ target nftables; protects db }}\n");
    let (text, code) = diff(guarded, &format!("{guarded}deny a -> db\n"), &[]);
    assert_eq!(code, 0, "{text}");
}

#[test]
fn who_manages_a_device_and_what_it_runs_opens_and_closes() {
    let zones = "zone guest { subnet 10.0.0.0/24 }\nzone admin { subnet 10.1.0.0/24 }\n";
    let router = |statements: &str| {
        format!(
            "{zones}router r {{ target nftables; interface e0 = guest {{ address 10.0.0.1 }}; \
             interface e1 = admin {{ address 10.1.0.1 }}\n{statements} }}\n"
        )
    };
    let old = router("manage from admin : ssh; run ping");
    let new = router("manage from admin | guest : ssh; run ping, ospf");
    let (text, code) = diff(&old, &new, &[]);
    insta::assert_snapshot!(text, @"
    opened from admin to guest
      + proto 89 from admin to 10.0.0.1
        example: proto 89 10.1.0.9 -> 10.0.0.1 (admin to guest)
    opened from guest to guest
      + tcp 22, proto 89 from guest to 10.0.0.1
        example: tcp 10.0.0.9:49152 -> 10.0.0.1:22 (guest to guest)
    configuration changed of r: +3 -1 lines
    ");
    assert_eq!(code, 1);
    let (text, code) = diff(&new, &old, &[]);
    assert!(
        text.contains("\n  - tcp 22, proto 89 from guest to 10.0.0.1"),
        "{text}"
    );
    assert_eq!(code, 1);
    assert_eq!(diff(&old, &old, &[]).1, 0);

    let directory = tempfile::tempdir().unwrap();
    let here = directory.path();
    repository(&here.join("old"), &old);
    repository(&here.join("new"), &new);
    std::fs::write(here.join("some"), "allow any -> 10.0.0.1 : proto 89\n").unwrap();
    let output = septum(here, &["diff", "old", "new", "--expect", "some"]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(
        text.contains("\nnot expected: opened: tcp 22 from guest to 10.0.0.1\n"),
        "{text}"
    );
    assert!(!text.contains("not expected: opened: tcp 22, proto 89"), "{text}");
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn an_example_is_no_host_that_talks_to_itself_where_there_is_another() {
    // The one device on both sides is the only receiver.
    let inside = format!("{POLICY}allow servers -> gateway : ssh\n");
    let (text, _) = diff(POLICY, &inside, &[]);
    assert!(
        text.contains("example: tcp 10.30.0.9:49152 -> 10.30.0.10:22 (servers to gateway)\n"),
        "{text}"
    );
    // Of two products the first is a host to itself.
    let apart = format!("{POLICY}allow gateway -> gateway : ssh\nallow 10.30.0.3 -> 10.30.0.5 : telnet\n");
    let (text, _) = diff(POLICY, &apart, &[]);
    assert!(
        text.contains("example: tcp 10.30.0.3:49152 -> 10.30.0.5:23 (servers to servers)\n"),
        "{text}"
    );
}
