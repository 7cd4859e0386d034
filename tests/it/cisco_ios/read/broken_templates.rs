//! A template is the user's: whatever it writes wrongly is refused, with a packet that shows it.

use septum::proof::Mismatch;
use septum::target::cisco_ios::CiscoIos;
use septum::target::{Assets, Owned, Platform};

use super::super::plans::small;
use super::{options, proof};
use crate::oracle::ios::IosDevice;

fn written(template: impl Fn(&str) -> String) -> String {
    let assets = CiscoIos.assets();
    let assets = Assets {
        template: template(&assets.template),
        ..assets
    };
    CiscoIos.emit(&small(), &assets, &Owned::new()).unwrap().text
}

/// The mismatches of a template in which a part is replaced; each of its packets is confirmed by the naive reader.
fn mismatches(old: &str, new: &str) -> Vec<Mismatch> {
    let text = written(|template| {
        assert!(template.contains(old), "{old}");
        template.replace(old, new)
    });
    let mut device = IosDevice::default();
    device.apply(&text).unwrap();
    let found = proof(&small(), &text).mismatches;
    assert!(!found.is_empty(), "{text}");
    for mismatch in &found {
        let (interface, kind) = mismatch.place.split_once(" in").unwrap();
        let verdict = device.inbound(interface, &mismatch.change.witness, !kind.is_empty());
        assert_eq!(verdict.permits(), mismatch.opened, "{}", mismatch.place);
    }
    found
}

#[test]
fn the_template_that_ships_is_proven() {
    let text = written(str::to_owned);
    assert!(septum::proof::prove(&small(), &CiscoIos.read(&text), &options()).holds());
}

#[test]
fn swapped_sources_and_destinations_are_refused() {
    let (wards, servers) = ("10.1.0.0 0.0.255.255", "10.2.0.16 0.0.0.15");
    let found = mismatches(
        " {{ line }}\n{% endfor %}\n!\n",
        &format!(
            " {{{{ line|replace('{wards} {servers}', '@')|replace('@', '{servers} {wards}') }}}}\n{{% endfor %}}\n!\n"
        ),
    );
    assert!(found.iter().any(|mismatch| !mismatch.opened));
}

#[test]
fn a_forgotten_established_is_refused() {
    let found = mismatches(
        " {{ line }}\n{% endfor %}\n!\n",
        " {{ line|replace(' established', '') }}\n{% endfor %}\n!\n",
    );
    assert!(found.iter().all(|mismatch| mismatch.opened), "{found:#?}");
}

#[test]
fn a_family_that_is_left_out_is_missed() {
    let unfiltered = mismatches(" ipv6 traffic-filter {{ interface.v6 }} in\n", "");
    assert!(
        unfiltered
            .iter()
            .any(|mismatch| mismatch.opened && mismatch.change.witness.source.is_ipv6())
    );
    assert!(
        unfiltered
            .iter()
            .all(|mismatch| mismatch.change.witness.source.is_ipv6())
    );
    let closed = mismatches(
        "{% for line in list.lines %}",
        "{% for line in list.lines if 'ipv6' not in list.heading or 'permit' not in line %}",
    );
    assert!(closed.iter().all(|mismatch| !mismatch.opened));
}

#[test]
fn lists_in_the_wrong_direction_are_never_equal() {
    let text = written(|template| template.replace("{{ interface.v4 }} in", "{{ interface.v4 }} out"));
    assert!(!proof(&small(), &text).holds());
}
