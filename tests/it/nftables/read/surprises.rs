//! What nft and the kernel make of a text that a plain reading would not.

use septum::packet::{Packet, PacketRule, permits};
use septum::target::readback::ReadBack;

use super::{forward, read};

/// A forward chain of drop policy with these rules, behind the usual test of the state.
fn chain(rules: &str) -> ReadBack {
    read(&format!(
        "table inet t {{\nchain f {{\ntype filter hook forward priority 0; policy drop;\nct state vmap {{ established : accept, related : accept, invalid : drop }}\n{rules}\n}}\n}}\n"
    ))
}

fn refused(read: &ReadBack) -> Vec<(usize, &str)> {
    let all = read.not_understood.iter();
    all.map(|one| (one.line, one.why.as_str())).collect()
}

/// nft 1.0.6 loses the command where the set is declared with its elements in the same file: they stay.
#[test]
fn elements_are_not_taken_from_a_set_of_ranges() {
    for (kind, element) in [
        ("set s { type ipv4_addr; flags interval;", "10.0.0.0/24"),
        (
            "set s { type ipv4_addr . inet_service; flags interval;",
            "10.0.0.0/24 . 22",
        ),
    ] {
        for verb in ["delete", "destroy"] {
            let text = format!(
                "table inet t {{\n{kind} elements = {{ {element} }}\n}}\n}}\n{verb} element inet t s {{ {element} }}\n"
            );
            let why = "elements are taken from a set of ranges, which nft does not always do in the file that adds them";
            assert_eq!(refused(&read(&text)), [(5, why)], "{text}");
        }
    }
}

/// nft takes `{ 9 }` for `9`, which lets in every new packet and every invalid one.
#[test]
fn an_element_is_no_list_of_states() {
    let why = "an element holds several states: write each as an element of its own";
    for rule in [
        "ct state { 9 } accept",
        "ct state { 0x6, new } accept",
        "ct state vmap { 72 : accept }",
    ] {
        assert_eq!(refused(&chain(rule)), [(5, why)], "{rule}");
    }
    assert_eq!(refused(&chain("ct state { 8, 64 } accept")), []);
}

/// nft takes the last of them alone.
#[test]
fn a_set_has_its_elements_once() {
    let read = read(
        "table inet t {\nset s {\ntype ipv4_addr\nelements = { 10.0.0.1 }\nelements = { 10.0.0.2 }\n}\n}\n",
    );
    let why = "`elements` twice, of which nft takes the last alone";
    assert_eq!(refused(&read), [(5, why)]);
}

/// Connection tracking leaves neighbour discovery and multicast listeners alone: they are never `new`.
#[test]
fn neighbour_discovery_is_untracked() {
    let message = |number: u16| Packet {
        source: "fe80::1".parse().unwrap(),
        destination: "fe80::2".parse().unwrap(),
        protocol: 58,
        first: number,
        second: 0,
    };
    for (rules, tracked, untracked) in [
        ("accept", true, true),
        ("ct state new accept", true, false),
        ("ct state != untracked accept", true, false),
        ("ct state untracked icmpv6 type 135 drop\naccept", true, true),
        (
            "ct state untracked icmpv6 type { 130-136, 143 } drop\naccept",
            true,
            false,
        ),
        (
            "ct state untracked icmpv6 type { 130-136, 143 } accept",
            false,
            true,
        ),
    ] {
        let read = chain(rules);
        assert_eq!(refused(&read), [], "{rules}");
        let list: Vec<PacketRule> = forward(&read, "*", "*")
            .iter()
            .map(|one| one.rule.clone())
            .collect();
        for number in [1, 128, 129, 137, 138] {
            assert_eq!(permits(&list, &message(number)), tracked, "{number} {rules}");
        }
        for number in [130, 133, 134, 136, 143] {
            assert_eq!(permits(&list, &message(number)), untracked, "{number} {rules}");
        }
    }
    let why = "untracked packets pass where no flow may open";
    let read = chain("ct state untracked icmpv6 type 137 accept");
    assert_eq!(refused(&read), [(3, why)]);
}
