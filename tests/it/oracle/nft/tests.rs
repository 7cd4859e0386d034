//! What nft documents and what was measured of it.

use septum::packet::Packet;

use super::{NftRuleset, State, Verdict};

/// Files that nft 1.0.6 refuses.
pub const REFUSED: &[&str] = &[
    // A statement in a block ends at its line or at `;`.
    "table inet t { chain c { accept } }\n",
    "add rule inet t c accept\n",
    "table inet t {\n chain c {\n jump d\n }\n}\n",
    "table inet t {\n chain c {\n ip saddr @x accept\n }\n}\n",
    "table inet t {\n set s {\n type ipv4_addr\n elements = { 10.0.0.0/8 }\n }\n}\n",
    "table inet t {\n set s {\n type ipv4_addr\n flags interval\n elements = { 10.0.0.0/8, 10.1.0.0/16 }\n }\n}\n",
    "table inet t {\n chain c {\n ip saddr vmap { 10.0.0.0/8 : accept, 10.1.0.0/16 : drop }\n }\n}\n",
    "table inet t {\n set s {\n type ipv4_addr . inet_service\n flags interval\n elements = { 10.0.0.0/8 . 1-9, 10.1.0.0/16 . 5 }\n }\n}\n",
    "table inet t {\n chain c {\n type filter hook forward priority 0; policy drop;\n jump d\n }\n chain d {\n jump d\n }\n}\n",
    "table inet t {\n chain c {\n ip saddr 10.0.0.1 ip6 saddr 10.0.0.1 accept\n }\n}\n",
    "table inet t {\n chain c {\n tcp dport 65536 accept\n }\n}\n",
    "table inet t {\n chain c {\n iifname \"sixteen-bytes-xx\" accept\n }\n}\n",
    "table inet t {\n chain c {\n accept accept\n }\n}\n",
    "table inet t {\n chain log {\n }\n}\n",
    "table inet t {\n chain 9c {\n }\n}\n",
    "add table inet t\nadd set inet t s { type ipv4_addr; }\nadd set inet t s { type ipv6_addr; }\n",
    "add table inet t\nadd set inet t s { type ipv4_addr; }\nadd chain inet t c\nadd rule inet t c ip saddr @s accept\ndelete set inet t s\n",
    "add table inet t\nadd chain inet t c\nadd chain inet t d\nadd rule inet t c jump d\ndelete chain inet t d\n",
    "delete table inet t\n",
];

fn packet(source: &str, destination: &str, protocol: u8, first: u16, second: u16) -> Packet {
    Packet {
        source: source.parse().unwrap(),
        destination: destination.parse().unwrap(),
        protocol,
        first,
        second,
    }
}

fn web() -> Packet {
    packet("10.1.0.1", "10.2.0.1", 6, 40000, 80)
}

/// A ruleset with one forward chain that drops what its rules let fall through.
fn forward(rules: &str) -> NftRuleset {
    let mut ruleset = NftRuleset::default();
    ruleset
        .apply(&format!(
            "table inet t {{\n chain f {{\n type filter hook forward priority filter; policy drop;\n {rules}\n }}\n}}\n"
        ))
        .unwrap();
    ruleset
}

fn passes(rules: &str, packet: &Packet) -> bool {
    forward(rules).forward("a", "b", packet, State::New).permits()
}

#[test]
fn no_ruleset_accepts_and_a_base_chain_has_a_policy() {
    assert_eq!(
        NftRuleset::default().forward("a", "b", &web(), State::New),
        Verdict::Permit
    );
    assert!(!passes("", &web()));
    assert!(passes("tcp dport 80 accept", &web()));
}

#[test]
fn a_drop_is_final_and_an_accept_is_not() {
    let mut ruleset = forward("accept");
    let other =
        "table ip u {\n chain f {\n type filter hook forward priority 10; policy accept;\n drop\n }\n}\n";
    ruleset.apply(other).unwrap();
    assert_eq!(ruleset.forward("a", "b", &web(), State::New), Verdict::Deny);
    let six = packet("2001:db8::1", "2001:db8::2", 6, 5, 80);
    assert_eq!(ruleset.forward("a", "b", &six, State::New), Verdict::Permit);
}

#[test]
fn a_goto_does_not_come_back_and_a_jump_does() {
    let ruleset = |verdict: &str| {
        format!(
            "table inet t {{\n chain sub {{\n }}\n chain f {{\n type filter hook forward priority 0; policy drop;\n \
             {verdict} sub\n accept\n }}\n}}\n"
        )
    };
    for (verdict, permits) in [("jump", true), ("goto", false)] {
        let mut rules = NftRuleset::default();
        rules.apply(&ruleset(verdict)).unwrap();
        assert_eq!(rules.forward("a", "b", &web(), State::New).permits(), permits);
    }
}

#[test]
fn a_rule_about_ipv4_never_matches_ipv6() {
    let six = packet("2001:db8::1", "2001:db8::2", 6, 5, 80);
    assert!(!passes("ip saddr != 10.9.0.1 accept", &six));
    assert!(passes("ip saddr != 10.9.0.1 accept", &web()));
    assert!(passes("tcp dport 80 accept", &six) && passes("tcp dport 80 accept", &web()));
    let other_icmp = packet("2001:db8::1", "2001:db8::2", 1, 0, 0);
    assert!(passes("meta l4proto icmp accept", &other_icmp));
    assert!(!passes("icmp type 0 accept", &other_icmp));
}

#[test]
fn flushing_a_table_leaves_the_elements_of_its_sets() {
    let mut ruleset = forward("");
    ruleset
        .apply("add set inet t s { type ipv4_addr; flags interval; elements = { 10.1.0.0/16 }; }\n")
        .unwrap();
    ruleset
        .apply("flush table inet t\nadd rule inet t f ip saddr @s accept\n")
        .unwrap();
    assert_eq!(ruleset.forward("a", "b", &web(), State::New), Verdict::Permit);
    ruleset.apply("flush set inet t s\n").unwrap();
    assert_eq!(ruleset.forward("a", "b", &web(), State::New), Verdict::Deny);
}

#[test]
fn a_file_with_an_error_changes_nothing() {
    let mut ruleset = forward("accept");
    let before = ruleset.clone();
    let error = ruleset
        .apply("flush chain inet t f\nadd rule inet t f frobnicate\n")
        .unwrap_err();
    assert_eq!(error.line, 2);
    assert_eq!(ruleset, before);
}

#[test]
fn elements_are_added_and_deleted() {
    let mut ruleset = NftRuleset::default();
    ruleset
        .apply(
            "table inet t {\n map m {\n type ipv4_addr . inet_service : verdict\n }\n chain f {\n type filter hook \
             forward priority 0; policy drop;\n ip saddr . tcp dport vmap @m\n }\n}\n\
             add element inet t m { 10.1.0.1 . 80 comment \"x\" : accept }\n",
        )
        .unwrap();
    assert_eq!(ruleset.forward("a", "b", &web(), State::New), Verdict::Permit);
    ruleset
        .apply("delete element inet t m { 10.1.0.1 . 80 : accept }\n")
        .unwrap();
    assert_eq!(ruleset.forward("a", "b", &web(), State::New), Verdict::Deny);
    assert!(
        ruleset
            .apply("delete element inet t m { 10.1.0.1 . 80 }\n")
            .is_err()
    );
    assert!(
        ruleset
            .apply("add element inet t m { 10.1.0.1 . 80 : goto nowhere }\n")
            .is_err()
    );
}

#[test]
fn the_first_inserted_of_overlapping_concatenations_wins() {
    let rules = "ip saddr . tcp dport vmap { 10.1.0.1 . 80 : drop, 10.1.0.0/16 . 0-100 : accept }";
    assert!(!passes(rules, &web()));
    assert!(passes(rules, &packet("10.1.0.2", "10.2.0.1", 6, 1, 80)));
}

#[test]
fn state_decides_by_vmap_and_by_list() {
    let rules = forward(
        "ct state vmap { established : accept, related : accept, invalid : drop }\n ct state new,untracked tcp dport 22 accept",
    );
    assert!(rules.forward("a", "b", &web(), State::Established).permits());
    assert!(!rules.forward("a", "b", &web(), State::Invalid).permits());
    assert!(!rules.forward("a", "b", &web(), State::New).permits());
    assert!(
        rules
            .forward("a", "b", &packet("10.1.0.1", "10.2.0.1", 6, 1, 22), State::New)
            .permits()
    );
}

#[test]
fn a_list_of_states_after_an_operator_is_one_value() {
    let stateful = |rule: &str, state| forward(rule).forward("a", "b", &web(), state).permits();
    for state in [State::New, State::Established, State::Related, State::Invalid] {
        assert!(stateful("ct state != established,related accept", state));
        assert!(!stateful("ct state == established,related accept", state));
    }
    assert!(!stateful(
        "ct state != { established, related } accept",
        State::Related
    ));
    assert!(!stateful("ct state != invalid accept", State::Invalid));
    let text = "table inet t {\n chain c {\n ct state established | related accept\n }\n}\n";
    assert_eq!(NftRuleset::default().apply(text).unwrap_err().line, 3);
}

#[test]
fn ports_of_a_protocol_without_ports_are_not_guessed() {
    let esp = packet("10.1.0.1", "10.2.0.1", 50, 0, 0);
    let bare = forward("th dport 80 accept").try_forward("a", "b", &esp, State::New);
    assert!(bare.is_err());
    assert!(!passes("meta l4proto { tcp, udp } th dport 80 accept", &esp));
    assert!(passes("meta l4proto . th dport { 0-255 . 0-65535 } accept", &esp));
}

#[test]
fn a_reset_makes_its_rule_match_tcp_only() {
    let udp = packet("10.1.0.1", "10.2.0.1", 17, 5, 80);
    assert!(passes("reject with tcp reset\n accept", &udp));
    assert!(!passes("reject with tcp reset\n accept", &web()));
}

#[test]
fn input_and_output_have_their_own_chains() {
    let mut ruleset = NftRuleset::default();
    ruleset
        .apply(
            "table inet t {\n chain i {\n type filter hook input priority 0; policy drop;\n iifname \"eth*\" tcp dport 80 \
             accept\n }\n chain o {\n type filter hook output priority 0; policy drop;\n oifname \"lo\" accept\n }\n}\n",
        )
        .unwrap();
    assert!(ruleset.input("eth7", &web(), State::New).permits());
    assert!(!ruleset.input("wan", &web(), State::New).permits());
    assert!(ruleset.output("lo", &web(), State::New).permits());
    assert!(!ruleset.output("eth7", &web(), State::New).permits());
    assert!(ruleset.forward("eth7", "wan", &web(), State::New).permits());
}

#[test]
fn what_is_not_modelled_is_an_error_with_its_line() {
    for (rule, line) in [
        ("meta mark set 1", 3),
        ("ip saddr 10.0.0.1 dnat to 10.0.0.2", 3),
        ("tcp dport $WEB accept", 1),
        ("udp dport { } accept", 3),
        ("accept\n ether saddr 0:1:2:3:4:5 drop", 4),
    ] {
        let text = format!("table inet t {{\n chain f {{\n{rule}\n }}\n}}\n");
        let error = NftRuleset::default().apply(&text).unwrap_err();
        let line = if rule.contains('$') { 3 } else { line };
        assert_eq!(error.line, line, "{rule}: {error}");
    }
}

#[test]
fn a_shared_limit_is_there_before_it_is_named_and_until_no_rule_names_it() {
    let mut ruleset = NftRuleset::default();
    let rule = "add rule inet t c tcp dport 22 limit name \"l\" accept\n";
    let chain =
        "add table inet t\nadd chain inet t c { type filter hook forward priority 0; policy drop; }\n";
    assert!(ruleset.apply(&format!("{chain}{rule}")).is_err());
    let limit = "add limit inet t l { rate 5/minute burst 5 packets; }\n";
    ruleset.apply(&format!("{chain}{limit}{rule}")).unwrap();
    assert!(ruleset.apply("delete limit inet t l").is_err());
    ruleset
        .apply("flush chain inet t c; delete limit inet t l")
        .unwrap();
}

#[test]
fn only_packets_of_the_link_have_all_their_hops() {
    let mut ruleset = NftRuleset::default();
    let hook = |name: &str| {
        format!(
            "chain {name} {{ type filter hook {name} priority 0; policy drop; ip6 hoplimit 255 accept; }}"
        )
    };
    ruleset
        .apply(&format!(
            "table inet t {{\n{}\n{}\n}}",
            hook("input"),
            hook("forward")
        ))
        .unwrap();
    let packet = Packet {
        source: "fe80::1".parse().unwrap(),
        destination: "fe80::2".parse().unwrap(),
        protocol: 58,
        first: 135,
        second: 0,
    };
    assert!(ruleset.input("eth0", &packet, State::New).permits());
    assert!(!ruleset.forward("eth0", "eth1", &packet, State::New).permits());
}
