//! The kernel takes the file, and what it holds afterwards.

use septum::plan::LocalPlan;
use septum::target::Owned;

use super::harness::{Namespace, permitted};
use super::plans::*;

/// Loads files one after the other in a fresh namespace, each first as a dry run; the listing after each.
fn load_all(files: &[&str]) -> Option<Vec<String>> {
    if !permitted() {
        return None;
    }
    let namespace = Namespace::new("load");
    Some(
        files
            .iter()
            .map(|file| {
                namespace.nft(&["-c", "-f", "-"], file);
                namespace.nft(&["-f", "-"], file);
                namespace.nft(&["-s", "-n", "list", "ruleset"], "")
            })
            .collect(),
    )
}

/// The sets, maps and chains of a listing, in alphabetical order.
pub fn objects(listing: &str) -> Vec<&str> {
    let bare = listing.trim_start_matches("table inet septum {\n");
    let mut objects: Vec<&str> = bare.split("\n\t}\n").map(str::trim).collect();
    objects.sort_unstable();
    objects
}

#[test]
fn loading_twice_changes_nothing() {
    let file = emit(&busy(100), &Owned::new()).text;
    let Some(listings) = load_all(&[&file, &file]) else {
        return;
    };
    assert_eq!(listings[0], listings[1]);
    for name in [
        "set x4_allow_pumps__servers",
        "set x6_allow_",
        "set m4_24_25_allow_",
        "set m6_80_80_allow_",
        "set s4_",
        "set s6_",
        "set i4_",
        "set i6_",
        "map e4_24_25_allow_",
        "map e6_80_80_allow_",
        "chain c_ports_",
        "map d4_32_allow_",
        "map d6_128_allow_",
        "map a4_32_allow_",
        "map a6_128_allow_",
        "chain c_",
    ] {
        assert!(listings[0].contains(name), "{name} is missing:\n{}", listings[0]);
    }
}

#[test]
fn what_a_rule_permitted_is_gone_with_the_rule() {
    let first = emit(&busy(100), &Owned::new());
    let second = emit(&busy(7), &first.owned);
    let unaware = emit(&busy(7), &Owned::new());
    let Some(listings) = load_all(&[&first.text, &second.text, &first.text, &unaware.text]) else {
        return;
    };
    assert!(listings[0].contains("exact-7 ") && listings[0].contains("wide-7 "));
    assert!(!listings[1].contains("exact-7 ") && !listings[1].contains("wide-7 "));
    // A build that knows of no earlier one leaves sets behind, and no rule that looks into them.
    let rules = |listing: &str| -> Vec<String> {
        let rules = listing
            .lines()
            .filter(|line| line.starts_with("\t\t") && line.contains("counter"));
        rules.map(str::to_owned).collect()
    };
    assert_eq!(rules(&listings[3]), rules(&listings[1]));
    // The same as if the first version had never been, but for the order: what stays keeps its place.
    let alone = load_all(&[&second.text]).unwrap();
    assert_eq!(objects(&listings[1]), objects(&alone[0]));
}

#[test]
fn nothing_of_an_older_version_survives() {
    let first = emit(&busy(100), &Owned::new());
    let mut small = busy(100);
    if let septum::plan::Role::Router(forwarding) = &mut small.role {
        forwarding.pairs.clear();
    }
    small.local = LocalPlan::default();
    let second = emit(&small, &first.owned);
    let Some(listings) = load_all(&[&first.text, &second.text]) else {
        return;
    };
    assert_eq!(listings[1], load_all(&[&second.text]).unwrap()[0]);
    // A base chain without rules would drop everything: it goes even where no manifest remembers it.
    let unaware = emit(&small, &Owned::new());
    let listings = load_all(&[&first.text, &unaware.text]).unwrap();
    assert!(listings[0].contains("chain input {") && !listings[1].contains("chain input {"));
    // A host now, where a router was.
    let host = host(
        addresses("10.20.0.1"),
        Vec::new(),
        Vec::new(),
        LocalPlan::default(),
    );
    let second = emit(&host, &first.owned);
    let Some(listings) = load_all(&[&first.text, &second.text]) else {
        return;
    };
    assert_eq!(listings[1], load_all(&[&second.text]).unwrap()[0]);
}

#[test]
fn a_second_build_is_the_same_to_the_byte() {
    let first = emit(&busy(100), &Owned::new());
    assert_eq!(emit(&busy(100), &first.owned), first);
    let other = Owned::from([
        (
            "chain".to_owned(),
            vec!["p_gone__away".to_owned(), "; flush ruleset".to_owned()],
        ),
        ("set".to_owned(), vec!["r4_allow_gone__away".to_owned()]),
        ("nonsense".to_owned(), vec!["x".to_owned()]),
    ]);
    let second = emit(&busy(100), &other);
    assert!(second.text.contains("delete chain inet septum p_gone__away"));
    assert!(second.text.contains("delete set inet septum r4_allow_gone__away"));
    assert!(!second.text.contains("ruleset"));
    assert_eq!(emit(&busy(100), &second.owned), second);
}
