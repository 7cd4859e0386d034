//! Two ways to the same networks: long lists that say the same are one list, bound to both interfaces.

use septum::plan::DevicePlan;
use septum::target::cisco_ios::CiscoIos;
use septum::target::{Emitted, Owned, Platform};

use super::plans::{allow, device, pair, set, side, tcp};
use super::read::proven::holds;

/// Lists of more entries than `long` are shared.
fn emit(plan: &DevicePlan, long: usize, previous: &Owned) -> Emitted {
    let mut assets = CiscoIos.assets();
    assets.capability = assets
        .capability
        .replace("\njoin_entries: 200\n", &format!("\njoin_entries: {long}\n"));
    CiscoIos.emit(plan, &assets, previous).unwrap()
}

/// Pumps behind `Gi0/0`, and servers behind the others, to which these ports are open from the second uplink.
fn plan(interfaces: &[&str], ports: [&[u16]; 2]) -> DevicePlan {
    let mut sides = vec![side("pumps", "Gi0/0", set("10.1.0.0/16"), &[])];
    let mut pairs = Vec::new();
    for (place, (interface, ports)) in interfaces.iter().zip(ports).enumerate() {
        sides.push(side(&format!("core-{place}"), interface, set("10.2.0.0/16"), &[]));
        let rule = |port: &u16| allow(&format!("his-{port}"), "10.2.0.0/16", "10.1.0.0/16", tcp(*port));
        pairs.push(pair(place + 1, 0, ports.iter().map(rule).collect(), vec![]));
    }
    device(set("10.0.0.0/8"), sides, pairs)
}

/// The IPv4 list of an interface.
fn bound<'t>(emitted: &'t Emitted, interface: &str) -> &'t str {
    let mut lines = emitted.text.lines();
    lines
        .find(|line| *line == format!("interface {interface}"))
        .unwrap();
    let line = lines.next().unwrap().trim();
    let name = line.strip_prefix("ip access-group ").unwrap();
    name.strip_suffix(" in").unwrap()
}

fn written(emitted: &Emitted, list: &str) -> usize {
    let heading = format!("ip access-list extended {list}");
    emitted.text.lines().filter(|line| *line == heading).count()
}

const UPLINKS: [&str; 2] = ["Gi0/1", "Gi0/2"];
const PORTS: &[u16] = &[443, 8443, 104];

#[test]
fn long_lists_that_say_the_same_are_one() {
    let plan = plan(&UPLINKS, [PORTS, PORTS]);
    let emitted = emit(&plan, 2, &Owned::new());
    let [first, second] = UPLINKS.map(|interface| bound(&emitted, interface));
    assert_eq!(first, second);
    assert_eq!(written(&emitted, first), 1);
    assert_eq!(emitted.counts["acls"], 4);
    let full = |interface: &str| {
        emitted
            .usage
            .iter()
            .any(|usage| usage.place.starts_with(interface))
    };
    assert!(UPLINKS.iter().all(|interface| full(interface)));
    holds(&plan, &emitted.text);
}

#[test]
fn short_lists_and_different_ones_stay_apart() {
    for (ports, long) in [([PORTS, PORTS], 200), ([PORTS, &[443, 8443, 105]], 2)] {
        let plan = plan(&UPLINKS, ports);
        let emitted = emit(&plan, long, &Owned::new());
        let lists = UPLINKS.map(|interface| bound(&emitted, interface));
        assert_ne!(lists[0], lists[1]);
        assert!(lists.iter().all(|list| written(&emitted, list) == 1));
        holds(&plan, &emitted.text);
    }
}

#[test]
fn a_shared_list_stays_while_an_interface_that_left_may_name_it() {
    let both = emit(&plan(&UPLINKS, [PORTS, PORTS]), 2, &Owned::new());
    let shared = bound(&both, "Gi0/2").to_owned();
    // The second uplink leaves the policy, and what the first one permits changes.
    let one = emit(&plan(&UPLINKS[..1], [&[443, 8443, 105], &[]]), 2, &both.owned);
    assert_ne!(bound(&one, "Gi0/1"), shared);
    assert!(
        !one.text.contains(&format!("no ip access-list extended {shared}")),
        "{}",
        one.text
    );
    assert!(one.owned["acl"].contains(&shared));
}

#[test]
fn lists_that_part_replace_the_shared_one() {
    let both = emit(&plan(&UPLINKS, [PORTS, PORTS]), 2, &Owned::new());
    let shared = bound(&both, "Gi0/2");
    let parted = emit(&plan(&UPLINKS, [&[443, 8443, 105], PORTS]), 2, &both.owned);
    let lists = UPLINKS.map(|interface| bound(&parted, interface));
    assert!(!lists.contains(&shared) && lists[0] != lists[1], "{lists:?}");
    let gone = parted
        .text
        .find(&format!("no ip access-list extended {shared}"))
        .unwrap();
    assert!(parted.text.rfind("ip access-group").unwrap() < gone);
}
