//! Interfaces of which the policy knows nothing, as a running configuration prints them.

use septum::plan::Role;

use super::super::emit;
use super::super::plans::small;
use super::proof;

/// Where something comes in by an interface that the policy does not name, in the order of the proof.
fn open_places(section: &str) -> Vec<String> {
    let proof = proof(&small(), &format!("{}!\n{section}", emit(&small()).text));
    assert!(proof.unknown.is_empty(), "{:?}", proof.unknown);
    assert!(proof.mismatches.iter().all(|mismatch| mismatch.opened));
    proof
        .mismatches
        .into_iter()
        .map(|mismatch| mismatch.place)
        .collect()
}

#[test]
fn one_that_routes_and_filters_nothing_lets_everything_in() {
    for address in [
        "ip address 10.99.0.1 255.255.255.0",
        "ip address dhcp",
        "ip unnumbered Loopback0",
        "ipv6 address 2001:db8:99::1/64",
        "ipv6 enable",
        "ip address 10.99.0.1 255.255.255.0\n ip address 10.98.0.1 255.255.255.0 secondary\n no ip address 10.98.0.1 255.255.255.0 secondary",
        "shutdown\n ip address 10.99.0.1 255.255.255.0\n no shutdown",
        "switchport mode access\n no switchport\n ip address 10.99.0.1 255.255.255.0",
        "no switchport\n switchport access vlan 9\n ip address 10.99.0.1 255.255.255.0",
        "ip address 10.99.0.1 255.255.255.0\n no ip unnumbered",
        "ipv6 address 2001:db8:99::1/64\n no ipv6 enable",
    ] {
        assert_eq!(
            open_places(&format!("interface Vlan99\n {address}\n")),
            [
                "Vlan99 in (not in the policy)",
                "Vlan99 in (established, not in the policy)",
            ],
            "{address}"
        );
    }
}

#[test]
fn one_by_which_nothing_is_routed_is_no_way_in() {
    for section in [
        "interface Vlan1\n no ip address\n shutdown\n",
        "interface Vlan99\n ip address 10.99.0.1 255.255.255.0\n shutdown\n",
        "interface Vlan99\n ip address 10.99.0.1 255.255.255.0\n no ip address\n",
        "interface GigabitEthernet0/0\n vrf forwarding Mgmt-vrf\n ip address 10.99.0.1 255.255.255.0\n",
        "interface GigabitEthernet1/0/9\n switchport access vlan 99\n switchport mode access\n",
        "interface Loopback0\n ip address 10.99.0.1 255.255.255.255\n",
    ] {
        assert_eq!(open_places(section), [""; 0], "{section}");
    }
}

#[test]
fn one_that_drops_everything_of_its_families_is_no_way_in() {
    let list = "ip access-list extended nothing\n deny ip any any\n";
    let section = |more: &str| {
        format!(
            "{list}interface Vlan99\n ip address 10.99.0.1 255.255.255.0\n{more} ip access-group nothing in\n"
        )
    };
    assert_eq!(open_places(&section("")), [""; 0]);
    assert_eq!(open_places(&section(" ipv6 enable\n")).len(), 2);
}

#[test]
fn one_in_a_routing_table_with_interfaces_of_the_policy_is_a_way_in() {
    let Role::Router(forwarding) = small().role else {
        unreachable!()
    };
    let planned = &forwarding.sides[0].interfaces[0].name;
    let apart = "interface Vlan99\n vrf forwarding clinical\n ip address 10.99.0.1 255.255.255.0\n";
    assert_eq!(open_places(apart), [""; 0]);
    for forwarding in ["vrf forwarding", "ip vrf forwarding"] {
        let section = format!("interface {planned}\n {forwarding} clinical\n{apart}");
        assert_eq!(open_places(&section).len(), 2, "{section}");
        let other = section.replacen("clinical", "laboratory", 1);
        assert_eq!(open_places(&other), [""; 0], "{other}");
    }
}
