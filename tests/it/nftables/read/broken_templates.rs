//! A template is the user's: whatever it writes wrongly is refused, with a packet that shows it.

use septum::packet::Packet;
use septum::plan::{DevicePlan, LocalPlan};
use septum::proof::Proof;
use septum::target::nftables::Nftables;
use septum::target::{Assets, Owned, Platform};

use super::super::plans::{allow, deny, pair, router, side};
use super::{assert_proven, proof};
use crate::oracle::nft::{NftRuleset, State};

fn pumps() -> DevicePlan {
    let rules = vec![
        deny("no-telnet", "10.20.0.0/24", "10.30.1.0/24", "tcp:23"),
        allow(
            "library",
            "10.20.0.0/22 2001:db8:20::/64",
            "10.30.1.10 2001:db8:30:1::10",
            "tcp:443",
        ),
    ];
    router(
        vec![
            side("pumps", "eth0", "10.20.0.0/22 2001:db8:20::/64"),
            side("servers", "eth1", "10.30.1.0/24 2001:db8:30:1::/64"),
        ],
        vec![pair(0, 1, rules)],
        LocalPlan::default(),
    )
}

fn written(template: impl Fn(&str) -> String) -> String {
    let assets = Nftables.assets();
    let assets = Assets {
        template: template(&assets.template),
        ..assets
    };
    Nftables.emit(&pumps(), &assets, &Owned::new()).unwrap().text
}

/// The proof of a template in which a part is replaced; each of its packets is confirmed by the oracle.
fn refused(old: &str, new: &str) -> Proof {
    let text = written(|template| {
        assert!(template.contains(old), "{old}");
        template.replace(old, new)
    });
    let mut ruleset = NftRuleset::default();
    ruleset.apply(&text).unwrap();
    let found = proof(&pumps(), &text);
    assert!(!found.holds(), "{text}");
    for mismatch in &found.mismatches {
        if let Some((from, to)) = mismatch.place.split_once(" -> ") {
            let name = |place: &str| place.replace("any other interface", "zz9");
            let verdict = ruleset.forward(&name(from), &name(to), &mismatch.change.witness, State::New);
            assert_eq!(verdict.permits(), mismatch.opened, "{}", mismatch.place);
        }
    }
    found
}

#[test]
fn the_template_that_ships_is_proven() {
    assert_proven(&pumps(), &written(str::to_owned));
}

#[test]
fn swapped_sources_and_destinations_are_refused() {
    let found = refused(
        "{{ rule.statement }}",
        "{{ rule.statement|replace('saddr', '%')|replace('daddr', 'saddr')|replace('%', 'daddr') }}",
    );
    assert!(found.mismatches.iter().any(|mismatch| !mismatch.opened));
}

#[test]
fn a_family_that_is_left_out_is_missed() {
    let found = refused(
        "{% for rule in chain.rules %}",
        "{% for rule in chain.rules if 'ip6 saddr' not in rule.statement %}",
    );
    let v6 = |packet: &Packet| packet.source.is_ipv6();
    assert!(
        found
            .mismatches
            .iter()
            .all(|mismatch| !mismatch.opened && v6(&mismatch.change.witness)),
        "{:#?}",
        found.mismatches
    );
}

#[test]
fn a_forgotten_state_is_refused() {
    // Without the rule for packets of known flows no reply comes back.
    refused(
        "{% for rule in chain.rules %}",
        "{% for rule in chain.rules if 'established' not in rule.statement %}",
    );
}

#[test]
fn a_state_rule_that_takes_new_flows_is_refused() {
    let found = refused(
        "{{ rule.statement }}",
        "{{ rule.statement|replace('established', 'new') }}",
    );
    assert!(found.mismatches.iter().any(|mismatch| mismatch.opened) || !found.unknown.is_empty());
}
