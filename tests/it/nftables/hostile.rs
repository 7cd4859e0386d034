//! Texts that try to get out of their quotes, and names that fall together.

use std::sync::Arc;

use septum::plan::{DevicePlan, LocalPlan, Origin};
use septum::target::Owned;

use super::harness::{Entry, Namespace, Probe, Topology, Verdict, permitted, run};
use super::plans::*;
use crate::said::origin;

const BREAKOUT: &str = "ok\"; tcp dport 23 accept #";

/// Loads the file, and sees that the one packet that is permitted passes, and telnet does not.
fn harmless(plan: &DevicePlan) {
    let emitted = emit(plan, &Owned::new());
    for (line, text) in (1..).zip(emitted.text.lines()) {
        assert!(
            !text.chars().any(|c| !(' '..='~').contains(&c)),
            "line {line}: {text:?}"
        );
        assert!(text.matches('"').count() % 2 == 0, "line {line}: {text}");
    }
    if !permitted() {
        return;
    }
    let namespace = Namespace::new("hostile");
    namespace.nft(&["-c", "-f", "-"], &emitted.text);
    let probe = |port| {
        let packet = septum::packet::Packet {
            source: "10.20.0.5".parse().unwrap(),
            destination: "10.30.1.10".parse().unwrap(),
            protocol: 6,
            first: 50_000,
            second: port,
        };
        Probe::opens(Entry::Interface("eth0".to_owned()), packet)
    };
    let real = run(&emitted.text, &Topology::of(plan), &[probe(443), probe(23)]);
    assert_eq!(
        real,
        [Verdict::Left("eth2".to_owned()), Verdict::Dropped],
        "{}",
        emitted.text
    );
}

fn with(origin: Origin, from: &str, to: &str) -> DevicePlan {
    let mut web = logged(allow("web", "10.20.0.0/22", "10.30.1.10", "tcp:443"));
    Arc::make_mut(&mut web.said).origin = Arc::new(origin);
    let mut plan = router(
        vec![
            side(from, "eth0", "10.20.0.0/22"),
            side(to, "eth2", "10.30.1.0/24"),
        ],
        vec![pair(0, 1, vec![web])],
        LocalPlan::default(),
    );
    plan.device = format!("core\nadd rule inet septum forward accept {BREAKOUT}");
    plan
}

#[test]
fn no_text_gets_out_of_its_quotes() {
    let long = "x".repeat(300);
    for text in [
        BREAKOUT,
        "one\nadd rule inet septum forward accept\n",
        &long,
        "Pümpe \u{202e}\u{0}\u{7f}",
        "\\",
        "\\\"",
        "a\u{1}0\u{2}b",
        "{{ table }}",
        "",
    ] {
        let origin = Origin {
            id: text.to_owned(),
            location: text.to_owned(),
            cited: None,
            ticket: Some(text.to_owned()),
            owner: Some(text.to_owned()),
            title: Some(text.to_owned()),
        };
        harmless(&with(origin, "pumps", "servers"));
        harmless(&with(origin_of(text), text, "servers"));
    }
}

fn origin_of(text: &str) -> Origin {
    Origin {
        ticket: Some(text.to_owned()),
        ..origin("web")
    }
}

#[test]
fn every_zone_name_works() {
    let long = "z".repeat(300);
    for (from, to) in [
        ("drop", "accept"),
        ("1st.floor", "2nd"),
        ("a.b", "a-b"),
        ("A_b", "a_B"),
        ("ä", "ö"),
        ("forward", "input"),
        ("same", "same"),
        (&long, &format!("{long}y")),
        ("a_b_5e5d3b1c", "a"),
    ] {
        harmless(&with(origin("web"), from, to));
    }
}

#[test]
fn zones_that_fall_together_keep_apart_chains() {
    let zones = ["a.b", "a-b", "a_b", "A.B"];
    let sides = (0..)
        .zip(zones)
        .map(|(n, zone)| side(zone, &format!("eth{n}"), "10.0.0.0/8"))
        .collect();
    let pairs = (0..4)
        .flat_map(|a| (0..4).map(move |b| pair(a, b, vec![allow("x", "10.0.0.1", "10.0.0.2", "tcp:1")])))
        .collect();
    let emitted = emit(&router(sides, pairs, LocalPlan::default()), &Owned::new());
    // One chain for each pair, and `forward`.
    assert_eq!(emitted.owned["chain"].len(), 17);
    if permitted() {
        Namespace::new("apart").nft(&["-c", "-f", "-"], &emitted.text);
    }
}

#[test]
fn a_line_leads_back_to_its_rule() {
    let emitted = emit(&busy(1000), &Owned::new());
    let lines: Vec<&str> = emitted.text.lines().collect();
    assert!(emitted.lines.len() > 160);
    for of_one_line in emitted.lines.chunk_by(|a, b| a.line == b.line) {
        let text = lines[of_one_line[0].line - 1];
        let origin = &of_one_line[0].origin;
        assert!(
            text.contains(&format!("\"{} {}", origin.id, origin.location)),
            "{text}"
        );
        let more = format!(" and {} more\"", of_one_line.len() - 1);
        assert_eq!(text.contains(&more), of_one_line.len() > 1, "{text}");
    }
    let several = emitted
        .lines
        .windows(2)
        .filter(|pair| pair[0].line == pair[1].line);
    assert!(several.count() > 0);
    // And each line that names a rule does.
    let named: Vec<usize> = (1..)
        .zip(&lines)
        .filter(|(_, line)| line.contains(" hospital.sept:24"))
        .map(|(number, _)| number)
        .collect();
    let mut traced: Vec<usize> = emitted.lines.iter().map(|line| line.line).collect();
    traced.dedup();
    assert_eq!(named, traced);
}
