//! Whatever the text, reading it ends, and panics nowhere.

use arbtest::arbtest;
use septum::target::fortigate::FortiGate;
use septum::target::{Owned, Platform};

use super::super::plans::emit;
use super::some_plan;

const WORDS: [&str; 44] = [
    "config",
    "edit",
    "next",
    "end",
    "set",
    "unset",
    "append",
    "unselect",
    "select",
    "delete",
    "move",
    "before",
    "after",
    "firewall",
    "policy",
    "address",
    "address6",
    "addrgrp",
    "service",
    "custom",
    "group",
    "system",
    "zone",
    "vdom",
    "global",
    "settings",
    "log",
    "srcaddr",
    "member",
    "type",
    "wildcard",
    "0.0.0.0",
    "170.85.170.85",
    "subnet",
    "interface",
    "intrazone",
    "allow",
    "0",
    "1",
    "18446744073709551615",
    "\"a\"",
    "\"",
    "\\",
    "\n",
];

#[test]
fn words_in_any_order_are_read_or_reported() {
    arbtest(|u| {
        let mut text = String::new();
        for _ in 0..u.int_in_range(0..=300)? {
            text.push_str(u.choose(&WORDS)?);
            text.push(if u.ratio(1, 3)? { '\n' } else { ' ' });
        }
        let read = FortiGate.read(&text);
        let lines = text.lines().count();
        for line in &read.not_understood {
            assert!(
                (1..=lines).contains(&line.line) && line.text.chars().count() <= 200,
                "{line:?}\n{text}"
            );
        }
        Ok(())
    })
    .budget_ms(700);
}

#[test]
fn a_damaged_configuration_is_read_or_reported() {
    let text = emit(&some_plan(4), &Owned::new()).text;
    arbtest(|u| {
        let mut bytes = text.clone().into_bytes();
        for _ in 0..u.int_in_range(1..=6)? {
            let at = u.int_in_range(0..=bytes.len() - 1)?;
            match u.int_in_range(0..=2)? {
                0 => bytes[at] = u.arbitrary()?,
                1 => bytes.truncate(at + 1),
                _ => bytes.insert(at, *u.choose(b"\"'\\\n #0")?),
            }
        }
        let _ = FortiGate.read(&String::from_utf8_lossy(&bytes));
        Ok(())
    })
    .budget_ms(700);
}

#[test]
fn groups_in_a_circle_and_groups_in_great_depth_are_reported() {
    let mut text =
        "config firewall address\nedit a\nset subnet 10.0.0.0/8\nnext\nend\nconfig firewall addrgrp\n\
        edit g0\nset member a\nnext\n"
            .to_owned();
    for depth in 1..5_000 {
        text += &format!("edit g{depth}\nset member g{}\nnext\n", depth - 1);
    }
    text += "edit c\nset member a\nnext\nedit d\nset member c\nnext\nedit c\nset member d\nnext\nend\n";
    text += "config firewall policy\n";
    for (id, group) in [(1, "g4999"), (2, "c")] {
        text += &format!(
            "edit {id}\nset srcintf any\nset dstintf any\nset srcaddr {group}\nset dstaddr all\n\
             set schedule always\nset service ALL\nset action accept\nnext\n"
        );
    }
    text += "end\n";
    let read = FortiGate.read(&text);
    let whys: Vec<&str> = read.not_understood.iter().map(|line| line.why.as_str()).collect();
    assert!(whys.iter().any(|why| why.contains("too deep")), "{whys:?}");
    assert!(whys.iter().any(|why| why.contains("holds itself")), "{whys:?}");
}

#[test]
fn ten_thousand_policies_are_read_at_once() {
    let mut text = String::from("config firewall policy\n");
    for id in 1..=10_000 {
        let (from, to) = (id % 40, id % 37);
        text += &format!(
            "edit {id}\nset srcintf vlan{from}\nset dstintf vlan{to}\nset srcaddr all\nset dstaddr all\n\
             set schedule always\nset service HTTPS\nset action accept\nnext\n"
        );
    }
    for id in 2..=10_000 {
        text += &format!("move {id} after {}\n", id - 1);
    }
    text += "end\n";
    let read = FortiGate.read(&text);
    assert_eq!(read.not_understood, []);
    assert_eq!(read.filters.len(), 41 * 41);
    let rules: usize = read.filters.iter().map(|filter| filter.rules.len()).sum();
    assert_eq!(rules, 10_000);
}

#[test]
fn policies_of_more_interfaces_than_can_be_told_apart_are_reported() {
    let mut text = String::from("config firewall policy\n");
    for id in 1..=1_200 {
        text += &format!(
            "edit {id}\nset srcintf i{id}\nset dstintf any\nset srcaddr all\nset dstaddr all\n\
             set schedule always\nset service HTTPS\nset action accept\nnext\n"
        );
    }
    let read = FortiGate.read(&(text + "end\n"));
    assert!(!read.not_understood.is_empty() && read.filters.is_empty());
}
