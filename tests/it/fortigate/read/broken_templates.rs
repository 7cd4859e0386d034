//! A template is the user's: whatever it writes wrongly is refused, with a packet that shows it.

use septum::proof::Mismatch;
use septum::target::fortigate::FortiGate;
use septum::target::{Assets, Owned, Platform};

use super::super::plans::{plan, prefixes, rule, tcp, usual_sides};
use super::{assert_proven, proof};
use crate::oracle::fortigate::FortiDevice;

fn pumps() -> septum::plan::DevicePlan {
    let from = ("pumps", prefixes(&["10.20.0.0/22", "2001:db8:20::/64"]));
    let to = ("gateway", prefixes(&["10.30.1.10/32", "2001:db8:30::10/128"]));
    let https = ("https", tcp(&[(443, 443)]));
    let rules = vec![rule(
        septum::syntax::tree::Action::Allow,
        "telemetry",
        from,
        to,
        https,
    )];
    plan(usual_sides(), vec![(0, 1, rules)])
}

/// The mismatches of a template in which a part is replaced; each of its packets is confirmed by the oracle.
fn mismatches(old: &str, new: &str) -> Vec<Mismatch> {
    let assets = FortiGate.assets();
    assert!(assets.template.contains(old), "{old}");
    let assets = Assets {
        template: assets.template.replace(old, new),
        ..assets
    };
    let text = FortiGate.emit(&pumps(), &assets, &Owned::new()).unwrap().text;
    let mut device = FortiDevice::new(&["port1", "port2", "port3", "wan1"]);
    device.apply(&text).unwrap();
    let found = proof(&pumps(), &text).mismatches;
    for mismatch in &found {
        if let Some((from, to)) = mismatch.place.split_once(" -> ") {
            let verdict = device.forward(from, to, &mismatch.change.witness);
            assert_eq!(verdict.permits(), mismatch.opened, "{}", mismatch.place);
        }
    }
    found
}

#[test]
fn the_template_that_ships_is_proven() {
    let text = FortiGate
        .emit(&pumps(), &FortiGate.assets(), &Owned::new())
        .unwrap()
        .text;
    assert_proven(&pumps(), &text);
}

#[test]
fn swapped_sources_and_destinations_are_refused() {
    let found = mismatches(
        "        set srcaddr \"{{ p.source }}\"\n        set dstaddr \"{{ p.destination }}\"\n{% endif %}\n{% if p.source6 %}",
        "        set srcaddr \"{{ p.destination }}\"\n        set dstaddr \"{{ p.source }}\"\n{% endif %}\n{% if p.source6 %}",
    );
    assert!(found.iter().any(|mismatch| mismatch.opened));
    assert!(found.iter().any(|mismatch| !mismatch.opened));
    assert!(
        found
            .iter()
            .all(|mismatch| mismatch.change.witness.source.is_ipv4())
    );
}

#[test]
fn a_family_that_is_left_out_is_missed() {
    let found = mismatches("{% if p.source6 %}", "{% if p.source6 and not p.source %}");
    assert!(!found.is_empty());
    assert!(
        found
            .iter()
            .all(|mismatch| !mismatch.opened && mismatch.change.witness.source.is_ipv6())
    );
}

#[test]
fn a_deny_written_as_accept_is_refused() {
    let found = mismatches("{{ \"accept\" if p.accept else \"deny\" }}", "accept");
    assert!(found.iter().any(|mismatch| mismatch.opened));
}

#[test]
fn moves_that_are_left_out_are_missed() {
    let found = mismatches("    move {{ move.id }} after {{ move.after }}\n", "");
    assert!(found.iter().all(|mismatch| !mismatch.opened) && !found.is_empty());
}

#[test]
fn zones_that_are_open_inside_are_refused() {
    let found = mismatches("set intrazone deny", "set intrazone allow");
    assert!(
        found.is_empty(),
        "the last policy denies before the zone is asked"
    );
}
