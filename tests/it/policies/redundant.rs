//! Two firewalls that join the same zones: which senders each interface takes.

use std::collections::BTreeSet;

use septum::plan::Role;

use crate::sample;

/// Two nftables firewalls between the same three zones, which are `kind`, and a rule between two of them.
fn pair_of_firewalls(kind: &str) -> String {
    let zone = |name: &str, subnet: &str| format!("zone {name} {{ subnet {subnet}; {kind} }}\n");
    let firewall = |number: u8| {
        format!(
            "firewall fw-{number} {{
                target nftables
                interface eth0 = pumps {{ address 10.20.0.{number} }}
                interface eth1 = servers {{ address 10.30.0.{number} }}
                interface eth2 = guest {{ address 172.16.0.{number} }}
            }}\n"
        )
    };
    [
        zone("pumps", "10.20.0.0/24"),
        zone("servers", "10.30.0.0/24"),
        zone("guest", "172.16.0.0/16"),
        firewall(2),
        firewall(3),
        "allow servers -> pumps : https\n".to_owned(),
    ]
    .concat()
}

/// The sides between which each firewall passes packets of `servers` on.
fn ways(policy: &str) -> Vec<BTreeSet<(String, String)>> {
    let loaded = sample::policy(policy).sound();
    let plans = sample::plans(&loaded, None);
    let of = |role: &Role| match role {
        Role::Router(forwarding) => {
            let zone = |side: usize| forwarding.sides[side].zone.clone();
            let carrying = forwarding.pairs.iter().filter(|pair| !pair.rules.is_empty());
            carrying.map(|pair| (zone(pair.from), zone(pair.to))).collect()
        }
        Role::Host(_) => BTreeSet::new(),
    };
    plans.iter().map(|plan| of(&plan.role)).collect()
}

fn named(ways: &[(&str, &str)]) -> BTreeSet<(String, String)> {
    let owned = |(from, to): &(&str, &str)| ((*from).to_owned(), (*to).to_owned());
    ways.iter().map(owned).collect()
}

#[test]
fn a_zone_that_carries_transit_may_send_for_others() {
    let expected = named(&[("servers", "pumps"), ("servers", "guest"), ("guest", "pumps")]);
    assert_eq!(ways(&pair_of_firewalls("trust 10")), [expected.clone(), expected]);
}

#[test]
fn a_stub_sends_for_itself_alone() {
    let expected = named(&[("servers", "pumps")]);
    assert_eq!(ways(&pair_of_firewalls("stub")), [expected.clone(), expected]);
}
