//! A change of one rule changes that rule's lines, and no other: what people read in a review of configurations.

use std::collections::{BTreeMap, BTreeSet};

use crate::sample;

const HOSPITAL: &str = "hospital";

/// The configurations of the hospital with some of its text replaced. Lines of the policy that only moved are no
/// change: their numbers are left out.
fn configurations(changes: &[(&str, &str)]) -> BTreeMap<String, Vec<String>> {
    let loaded = sample::load_edited(&sample::example(HOSPITAL), changes).sound();
    let emitted = sample::emit(&sample::plans(&loaded, None));
    let lines = |text: &str| text.lines().map(without_places).collect();
    emitted
        .into_iter()
        .map(|(device, emitted)| (device, lines(&emitted.text)))
        .collect()
}

fn without_places(line: &str) -> String {
    let mut parts = line.split(".sept:");
    let mut text = parts.next().unwrap().to_owned();
    for part in parts {
        text.push_str(".sept");
        text.push_str(part.trim_start_matches(|c: char| c.is_ascii_digit()));
    }
    text
}

/// Lines that one has and the other has not, each as often as it stands there.
fn changed(old: &[String], new: &[String]) -> Vec<String> {
    let mut balance: BTreeMap<&str, i32> = BTreeMap::new();
    for line in old {
        *balance.entry(line).or_default() -= 1;
    }
    for line in new {
        *balance.entry(line).or_default() += 1;
    }
    let mut lines = Vec::new();
    for (line, count) in balance {
        let sign = if count < 0 { '-' } else { '+' };
        lines.extend((0..count.abs()).map(|_| format!("{sign}{}", line.trim())));
    }
    lines
}

/// How many lines a change may touch: those of the rule in the old and the new configuration, and what the platform
/// cannot do without.
fn bound(device: &str, old: &[String], new: &[String], rule: &str) -> usize {
    match device {
        "biomed-gw" | "imaging-gw" | "pacs-1-host" => mentions(old, rule) + mentions(new, rule),
        "wing-a" | "wing-b" | "east-rtr" => {
            let [old, new] = [old, new].map(|text| ios(text, rule));
            // Each list has a line with its name, one that binds it and one with its size, before and after.
            old.lines + new.lines + 6 * old.lists.max(new.lists)
        }
        "core-fw" | "access-fw" => {
            // A policy has 15 lines, its own move and that of the next; an address or a service that nobody else
            // needs has 3 each.
            let policies = mentions(old, rule) + mentions(new, rule);
            policies * (15 + 3) + 12
        }
        other => panic!("what may {other} change?"),
    }
}

fn mentions(text: &[String], rule: &str) -> usize {
    text.iter().filter(|line| line.contains(rule)).count()
}

/// What a rule takes of the lists of a device.
struct Listed {
    /// Remarks and entries of the rule.
    lines: usize,
    /// Lists that it is in.
    lists: usize,
}

fn ios(text: &[String], rule: &str) -> Listed {
    let (mut inside, mut lines) = (false, 0);
    let mut lists = BTreeSet::new();
    let mut list = "";
    for line in text {
        if line.contains("access-list ") {
            list = line;
        }
        if !line.starts_with(' ') {
            inside = false;
        } else if line.contains("remark ") {
            inside = line.contains(rule);
        }
        if inside {
            lists.insert(list);
            lines += 1;
        }
    }
    Listed {
        lines,
        lists: lists.len(),
    }
}

/// Each device changes within its bound; at least these devices change at all.
fn small(changes: &[(&str, &str)], rule: &str, devices: &[&str]) {
    let (old, new) = (configurations(&[]), configurations(changes));
    assert!(old.keys().eq(new.keys()));
    for (device, before) in &old {
        let after = &new[device];
        let lines = changed(before, after);
        let most = bound(device, before, after, rule);
        assert!(
            lines.len() <= most,
            "{device}: {} lines, not {most}\n{}",
            lines.len(),
            lines.join("\n")
        );
        if devices.contains(&device.as_str()) {
            assert!(!lines.is_empty(), "{device} does not change");
        }
    }
}

#[test]
fn another_port() {
    let from = "allow pump-gateway -> pump-db : mssql";
    let to = "allow pump-gateway -> pump-db : tcp 1433, 1444";
    small(&[(from, to)], "pump-path-", &["biomed-gw", "core-fw"]);
}

#[test]
fn a_rule_more_between_others() {
    let from = "    allow alarm-manager -> call-server : sips";
    let to = "    allow clinical.ventilators | clinical.workstations -> alarm-manager : tcp 7443 \"a new one\"\n\
              \x20   allow alarm-manager -> call-server : sips";
    small(&[(from, to)], "alarms-", &["biomed-gw", "wing-a"]);
}

#[test]
fn a_rule_less() {
    let rule = "    allow clinical.wifi -> alarm-manager : handset-alerts\n";
    small(&[(rule, "")], "alarms-", &["biomed-gw", "wing-b"]);
}

/// The bounds above count all rules of a policy block; here the very rule is named.
#[test]
fn only_lines_of_the_new_rule_are_new() {
    let from = "    allow alarm-manager -> call-server : sips";
    let to = "    allow clinical.ventilators -> alarm-manager : tcp 7443 { ticket NEW-1 }\n\
              \x20   allow alarm-manager -> call-server : sips";
    let (old, new) = (configurations(&[]), configurations(&[(from, to)]));
    let mut touched = Vec::new();
    for (device, before) in &old {
        let lines = changed(before, &new[device]);
        if lines.is_empty() {
            continue;
        }
        touched.push(device.as_str());
        match device.as_str() {
            // One rule in one chain.
            "biomed-gw" => assert!(
                lines.len() == 1 && lines[0].contains("NEW-1"),
                "{}",
                lines.join("\n")
            ),
            // The lists of the ventilators (its entry) and of each side by which replies come in (their entry), each
            // under a new name.
            "wing-a" => {
                let lists = lines
                    .iter()
                    .filter(|line| line.starts_with("+ip access-list"))
                    .count();
                let own = lines.iter().filter(|line| line.contains("7443")).count();
                assert!(own > 0 && lists <= 3, "{}", lines.join("\n"));
                assert!(
                    lines.len() <= 2 * own + 6 * lists,
                    "{device}: {}",
                    lines.join("\n")
                );
            }
            other => panic!("{other} is on no way\n{}", lines.join("\n")),
        }
    }
    assert_eq!(touched, ["biomed-gw", "wing-a"]);
}
