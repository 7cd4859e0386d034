//! Rules of long lists, joined where their order decides nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::sync::Arc;

use arbtest::arbitrary::{Result, Unstructured};
use septum::packet::{AddressSet, IntervalSet, Packet, ServiceSet, protocol};
use septum::plan::{DevicePlan, PairPlan, PlanRule, Role, decide};
use septum::syntax::tree::Action;
use septum::target::cisco_ios::CiscoIos;
use septum::target::{EmitError, Emitted, Owned, Platform};

use super::plans::{allow, deny, device, pair, reply, rule, set, side, tcp, udp};
use super::read::proven::holds;
use super::reader::Device;

const LIST: &str = "ip access-list extended SEPTUM_A_IN";

/// Lists of more entries than `most` are joined.
fn emit(plan: &DevicePlan, most: usize) -> Emitted {
    let mut assets = CiscoIos.assets();
    assets.capability = assets
        .capability
        .replace("object_groups: false", "object_groups: true")
        .replace("\njoin_entries: 200\n", &format!("\njoin_entries: {most}\n"));
    CiscoIos.emit(plan, &assets, &Owned::new()).unwrap()
}

fn plan(rules: Vec<PlanRule>, replies: Vec<PlanRule>) -> DevicePlan {
    let sides = vec![
        side("a", "Gi0/0", set("10.1.0.0/16 2001:db8:1::/48"), &[]),
        side("b", "Gi0/1", set("10.2.0.0/16 2001:db8:2::/48"), &[]),
    ];
    device(
        set("10.0.0.0/8 2001:db8::/32"),
        sides,
        vec![pair(0, 1, rules, replies)],
    )
}

/// The lines of the list of side `a`, from its first rule on, with the members of its groups for their names.
fn list(text: &str, heading: &str) -> Vec<String> {
    let mut groups: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let mut open = None;
    for line in text.lines() {
        if let Some(name) = line.strip_prefix("object-group network ") {
            open = Some(name);
        } else if let (Some(name), Some(member)) = (open, line.strip_prefix(' ')) {
            groups.entry(name).or_default().push(member);
        } else {
            open = None;
        }
    }
    let lines = text.lines().skip_while(|line| !line.starts_with(heading)).skip(1);
    lines
        .take_while(|line| line.starts_with(' '))
        .map(|line| {
            let line = line.trim_start().trim_start_matches("sequence ");
            let mut line = line
                .trim_start_matches(|c: char| c.is_ascii_digit() || c == ' ')
                .to_owned();
            for (name, members) in &groups {
                line = line.replace(
                    &format!("object-group {name}"),
                    &format!("({})", members.join(", ")),
                );
            }
            line
        })
        .skip_while(|line| !line.starts_with("remark allow") && !line.starts_with("remark replies"))
        .take_while(|line| *line != "remark all else")
        .collect()
}

#[test]
fn what_shares_service_and_source_has_one_entry() {
    let plan = plan(
        vec![
            allow("his-1", "10.1.0.5/32", "10.2.0.1/32", tcp(443)),
            allow("lab-2", "10.1.0.5/32", "10.2.0.7/32", tcp(443)),
            allow("pacs-3", "10.1.0.5/32", "10.2.0.9/32", tcp(443)),
        ],
        vec![],
    );
    let joined = emit(&plan, 0).text;
    assert_eq!(
        list(&joined, LIST),
        [
            "remark allow his-1 hospital.sept:24, lab-2 hospital.sept:24, pacs-3 hospital.sept:24",
            "permit tcp host 10.1.0.5 (host 10.2.0.1, host 10.2.0.7, host 10.2.0.9) eq 443",
        ]
    );
    holds(&plan, &joined);
}

#[test]
fn what_shares_service_and_destination_has_one_entry() {
    let plan = plan(
        vec![
            allow("his-1", "10.1.0.5/32", "10.2.0.1/32", tcp(443)),
            allow("lab-2", "10.1.0.4/32", "10.2.0.1/32", tcp(443)),
        ],
        vec![
            allow("sent-3", "10.1.0.8/32", "10.2.0.1/32", reply(&udp(53))),
            allow("sent-4", "10.1.0.9/32", "10.2.0.1/32", reply(&udp(53))),
        ],
    );
    let joined = emit(&plan, 0).text;
    assert_eq!(
        list(&joined, LIST),
        [
            "remark replies sent-3 hospital.sept:24, sent-4 hospital.sept:24",
            "permit udp 10.1.0.8 0.0.0.1 eq 53 host 10.2.0.1",
            "remark allow his-1 hospital.sept:24, lab-2 hospital.sept:24",
            "permit tcp 10.1.0.4 0.0.0.1 host 10.2.0.1 eq 443",
        ]
    );
    holds(&plan, &joined);
}

#[test]
fn a_rule_of_a_few_hosts_joins_the_rules_of_each() {
    let rules = vec![
        allow("both-1", "10.1.0.4/32 10.1.0.8/32", "10.2.0.1/32", tcp(443)),
        allow("one-2", "10.1.0.4/32", "10.2.0.3/32", tcp(443)),
        allow("two-3", "10.1.0.8/32", "10.2.0.5/32", tcp(443)),
    ];
    assert_eq!(
        list(&emit(&plan(rules, vec![]), 0).text, LIST),
        [
            "remark allow both-1 hospital.sept:24, one-2 hospital.sept:24",
            "permit tcp host 10.1.0.4 (host 10.2.0.1, host 10.2.0.3) eq 443",
            "remark allow both-1 hospital.sept:24, two-3 hospital.sept:24",
            "permit tcp host 10.1.0.8 (host 10.2.0.1, host 10.2.0.5) eq 443",
        ]
    );
}

/// Nothing of these is the same but for what keeps them apart.
#[test]
fn logged_and_silent_established_and_not_permit_and_deny_stay_apart() {
    let (a, b) = ("10.1.0.5/32", "10.2.0.1/32");
    let logged = |mut rule: PlanRule| {
        Arc::make_mut(&mut rule.said).log = true;
        rule
    };
    let plan = plan(
        vec![
            deny("no-1", a, "10.2.0.7/32", tcp(443)),
            logged(deny("no-2", a, "10.2.0.9/32", tcp(443))),
            allow("yes-3", a, b, tcp(443)),
            logged(allow("yes-4", a, "10.2.0.3/32", tcp(443))),
            allow(
                "any-5",
                a,
                "10.2.0.128/25",
                ServiceSet::tcp(IntervalSet::single(443), IntervalSet::full()),
            ),
        ],
        vec![allow("sent-6", a, "10.2.0.5/32", reply(&tcp(443)))],
    );
    let joined = emit(&plan, 0);
    let apart = emit(&plan, 1_000);
    assert_eq!(joined.counts["acl-entries"], apart.counts["acl-entries"]);
    assert_eq!(list(&joined.text, LIST), list(&apart.text, LIST));
    holds(&plan, &joined.text);
}

/// A rule for each server from one client.
fn many(count: u8) -> Vec<PlanRule> {
    let rule = |n: u8| {
        let servers = format!("10.2.0.{}/32", 2 * n);
        let mut rule = allow(&format!("rule-{n:03}"), "10.1.0.5/32", &servers, tcp(443));
        let mut origin = (*rule.said.origin).clone();
        origin.location = format!("hospital.sept:{n}");
        Arc::make_mut(&mut rule.said).origin = origin.into();
        rule
    };
    (0..count).map(rule).collect()
}

#[test]
fn lists_of_no_more_entries_than_the_capability_file_says_stay_rule_by_rule() {
    let plan = plan(many(9), vec![]);
    let entries = |emitted: &Emitted| {
        list(&emitted.text, LIST)
            .iter()
            .filter(|line| line.contains("eq 443"))
            .count()
    };
    let plain = emit(&plan, 1_000);
    assert_eq!(entries(&plain), 9);
    assert_eq!(emit(&plan, 9).text, plain.text);
    assert_eq!(entries(&emit(&plan, 8)), 1);
    // Where a device has no groups, there is nothing to join in.
    let mut assets = CiscoIos.assets();
    assets.capability = assets
        .capability
        .replace("\njoin_entries: 200\n", "\njoin_entries: 0\n");
    let without = CiscoIos.emit(&plan, &assets, &Owned::new()).unwrap();
    assert_eq!(without.counts["acl-entries"], plain.counts["acl-entries"]);
    assert!(!without.text.contains("object-group"));
}

#[test]
fn entries_of_no_rule_do_not_make_a_list_long() {
    let mut back = plan(many(2), vec![]);
    if let Role::Router(forwarding) = &mut back.role {
        // Something leaves by side `a`, so that its list lets ICMP errors in.
        let rule = allow("back-1", "10.2.0.1/32", "10.1.0.1/32", tcp(80));
        forwarding.pairs.push(pair(1, 0, vec![rule], vec![]));
    }
    assert!(emit(&back, 2).text.contains("permit icmp 10.1.0.0"));
    assert!(!emit(&back, 2).text.contains("object-group"));
    assert!(emit(&back, 1).text.contains("object-group"));
}

#[test]
fn a_list_is_refused_for_what_is_written_alone() {
    let mut assets = CiscoIos.assets();
    assets.capability = assets
        .capability
        .replace("object_groups: false", "object_groups: true")
        .replace("refuse_entries: 50000", "refuse_entries: 20")
        .replace("join_entries: 200", "join_entries: 20");
    let emitted = CiscoIos.emit(&plan(many(60), vec![]), &assets, &Owned::new());
    assert_eq!(list(&emitted.unwrap().text, LIST).len(), 2);
    // Nothing of these is shared.
    let apart = (0..60).map(|n| {
        let (client, server) = (format!("10.1.0.{}/32", 2 * n), format!("10.2.0.{}/32", 2 * n));
        allow(&format!("rule-{n}"), &client, &server, tcp(443))
    });
    let refused = CiscoIos.emit(&plan(apart.collect(), vec![]), &assets, &Owned::new());
    assert!(matches!(refused, Err(EmitError::Inexpressible(_))));
}

#[test]
fn a_remark_names_the_first_rules_and_counts_the_others() {
    let text = emit(&plan(many(60), vec![]), 0).text;
    let remark = "remark allow rule-000 hospital.sept:0, rule-001 hospital.sept:1, rule-002 hospital.sept:2 and 57 more";
    assert_eq!(list(&text, LIST)[0], remark);
    // Whatever the names are, IOS takes no more than 100 characters.
    for length in 1..=120 {
        let mut rules = many(3);
        for rule in &mut rules {
            let mut origin = (*rule.said.origin).clone();
            origin.id = format!("{}{}", "x".repeat(length), origin.id);
            Arc::make_mut(&mut rule.said).origin = origin.into();
        }
        let text = emit(&plan(rules, vec![]), 0).text;
        let remark = list(&text, LIST).swap_remove(0);
        assert!(remark.len() <= "remark ".len() + 100, "{remark}");
        let named = remark.matches("rule-").count();
        assert!(
            named == 3 || remark.ends_with(&format!(" and {} more", 3 - named)),
            "{remark}"
        );
    }
}

#[test]
fn every_rule_of_a_joined_entry_is_traced() {
    let emitted = emit(&plan(many(60), vec![]), 0);
    let lines: Vec<&str> = emitted.text.lines().collect();
    let traced: BTreeSet<&str> = emitted.lines.iter().map(|line| line.origin.id.as_str()).collect();
    assert_eq!(traced.len(), 60);
    let places: BTreeSet<usize> = emitted.lines.iter().map(|line| line.line).collect();
    assert_eq!(places.len(), 1);
    assert!(places.iter().all(|line| lines[line - 1].contains("permit tcp")));
}

#[test]
fn a_rule_that_comes_to_a_joined_entry_changes_no_number() {
    let numbers = |count: u8| -> Vec<String> {
        let text = emit(&plan(many(count), vec![]), 0).text;
        let entries = text
            .lines()
            .filter(|line| line.starts_with(' ') && line.contains("permit"));
        entries
            .map(|line| line.trim_start().split(' ').next().unwrap().to_owned())
            .collect()
    };
    assert_eq!(numbers(20), numbers(21));
}

/// Hosts, and few prefixes: what rules of many single hosts are about.
fn hosts(u: &mut Unstructured<'_>, net: u8) -> Result<AddressSet> {
    let mut all = AddressSet::empty();
    for _ in 0..*u.choose(&[1, 1, 1, 2, 3, 6])? {
        let host = u.int_in_range(1..=7)?;
        all = all.union(&set(&match u.int_in_range(0..=7)? {
            0 => format!("10.{net}.0.0/29"),
            1 | 2 => format!("2001:db8:{net}::{host}/128"),
            _ => format!("10.{net}.0.{host}/32"),
        }));
    }
    Ok(all)
}

fn random_rules(u: &mut Unstructured<'_>, kind: &str, from: u8, to: u8) -> Result<Vec<PlanRule>> {
    let mut rules = Vec::new();
    for index in 0..u.int_in_range(0..=25)? {
        let service = match u.int_in_range(0..=4)? {
            0 => tcp(80),
            1 => udp(53),
            2 => tcp(80).union(&udp(53)),
            _ => tcp(443),
        };
        let (action, service) = match kind {
            "reply" => (Action::Allow, reply(&service)),
            _ if u.ratio(1, 12)? => (Action::Deny, service),
            _ => (Action::Allow, service),
        };
        let (from, to) = (hosts(u, from)?, hosts(u, to)?);
        let mut made = rule(action, &format!("{kind}-{index}"), from, to, service);
        Arc::make_mut(&mut made.said).log = u.ratio(1, 8)?;
        rules.push(made);
    }
    // As plans have them.
    rules.sort_by_key(|rule| rule.said.action != Action::Deny);
    Ok(rules)
}

fn random_plan(u: &mut Unstructured<'_>) -> Result<DevicePlan> {
    let behind = |net: u8| set(&format!("10.{net}.0.0/16 2001:db8:{net}::/48"));
    let sides = vec![
        side("a", "Gi0/0", behind(1), &[]),
        side("b", "Gi0/1", behind(2), &[]),
        side("c", "Gi0/2", behind(3), &[]),
    ];
    let mut pairs = Vec::new();
    for (from, to) in [(0, 1), (0, 2), (1, 0)] {
        let (source, destination) = (from as u8 + 1, to as u8 + 1);
        pairs.push(PairPlan {
            from,
            to,
            rules: random_rules(u, &format!("rule{from}{to}"), source, destination)?,
            replies: random_rules(u, "reply", source, destination)?,
        });
    }
    Ok(device(set("10.0.0.0/8 2001:db8::/32"), sides, pairs))
}

fn random_packet(u: &mut Unstructured<'_>) -> Result<Packet> {
    let (from, to) = (u.int_in_range(1..=3)?, u.int_in_range(1..=3)?);
    let v4 = u.ratio(3, 4)?;
    let mut host = |net: u8| -> Result<IpAddr> {
        let host = u.int_in_range(0..=8)?;
        let text = if v4 {
            format!("10.{net}.0.{host}")
        } else {
            format!("2001:db8:{net}::{host}")
        };
        Ok(text.parse().unwrap())
    };
    let (source, destination) = (host(from)?, host(to)?);
    let service = *u.choose(&[53, 80, 443])?;
    let (first, second) = if u.arbitrary()? {
        (service, 9)
    } else {
        (9, service)
    };
    Ok(Packet {
        source,
        destination,
        protocol: *u.choose(&[protocol::TCP, protocol::UDP])?,
        first,
        second,
    })
}

fn places(emitted: &Emitted) -> BTreeMap<&str, usize> {
    let of_memory = emitted.usage.iter().filter(|usage| usage.what == "tcam-entries");
    of_memory
        .map(|usage| (usage.place.as_str(), usage.used))
        .collect()
}

/// The rules that have some line.
fn traced(emitted: &Emitted) -> BTreeSet<&str> {
    emitted.lines.iter().map(|line| line.origin.id.as_str()).collect()
}

#[test]
fn joined_lists_decide_every_packet_as_the_plan_and_take_no_more_of_the_hardware() {
    let (mut fewer, mut tried) = (0, 0);
    arbtest::arbtest(|u| {
        let plan = random_plan(u)?;
        let (joined, apart) = (emit(&plan, 0), emit(&plan, 100_000));
        assert_eq!(joined.text, emit(&plan, 0).text);
        tried += 1;
        fewer += usize::from(joined.counts["acl-entries"] < apart.counts["acl-entries"]);
        assert!(joined.counts["acl-entries"] <= apart.counts["acl-entries"]);
        let before = places(&apart);
        for (place, used) in places(&joined) {
            assert!(used <= before[place], "{place}: {used}\n{}", joined.text);
        }
        assert!(traced(&apart).is_subset(&traced(&joined)), "{}", joined.text);
        let device = Device::read(&joined.text);
        let Role::Router(forwarding) = &plan.role else {
            unreachable!()
        };
        for _ in 0..60 {
            let (packet, ack) = (random_packet(u)?, u.arbitrary()?);
            for (index, side) in forwarding.sides.iter().enumerate() {
                let mut pairs = forwarding.pairs.iter().filter(|pair| pair.from == index);
                let meant = pairs.any(|pair| {
                    let replies = || pair.replies.iter().any(|rule| rule.flow.contains(&packet));
                    decide(&pair.rules, &packet) == Action::Allow
                        || ((packet.protocol != protocol::TCP || ack) && replies())
                });
                let written = device.permits(&side.interfaces[0].name, &packet, ack);
                assert_eq!(
                    written, meant,
                    "{packet} (ack {ack}) into {index}\n{}",
                    joined.text
                );
            }
        }
        holds(&plan, &joined.text);
        Ok(())
    })
    .budget_ms(4_000)
    .size_min(2_000)
    .size_max(8_000);
    assert!(
        fewer * 2 > tried,
        "only {fewer} of {tried} plans had something to join"
    );
}
