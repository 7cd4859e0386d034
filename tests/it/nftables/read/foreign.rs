//! Rulesets that others wrote: every line is modelled exactly, or reported.

use septum::packet::{Packet, PacketRule, permits};
use septum::target::readback::{Hook, ReadBack, ReadRule};

use super::{find, forward, read};

fn packet(text: &str) -> Packet {
    let words: Vec<&str> = text.split_whitespace().collect();
    let number = |at: usize| words.get(at).map_or(0, |word| word.parse().unwrap());
    Packet {
        source: words[1].parse().unwrap(),
        destination: words[2].parse().unwrap(),
        protocol: match words[0] {
            "tcp" => 6,
            "udp" => 17,
            "sctp" => 132,
            "icmp" => 1,
            "icmpv6" => 58,
            other => other.parse().unwrap(),
        },
        first: number(3),
        second: number(4),
    }
}

fn passes(rules: &[ReadRule], text: &str) -> bool {
    let rules: Vec<PacketRule> = rules.iter().map(|rule| rule.rule.clone()).collect();
    permits(&rules, &packet(text))
}

fn line(rules: &[ReadRule], text: &str) -> usize {
    let packet = packet(text);
    rules
        .iter()
        .find(|rule| rule.rule.flow.contains(&packet))
        .unwrap()
        .line
}

/// A forward chain of drop policy with these rules, behind the usual test of the state.
fn chain(rules: &str) -> ReadBack {
    read(&format!(
        "table inet t {{\nchain f {{\ntype filter hook forward priority 0; policy drop;\nct state vmap {{ established : accept, related : accept, invalid : drop }}\n{rules}\n}}\n}}\n"
    ))
}

/// Fails unless exactly the first of the packets pass.
fn assert_passes(rules: &str, pass: &[&str], drop: &[&str]) {
    let read = chain(rules);
    assert_eq!(read.not_understood, [], "{rules}");
    let list = forward(&read, "*", "*");
    for text in pass {
        assert!(passes(list, text), "{text} should pass {rules}");
    }
    for text in drop {
        assert!(!passes(list, text), "{text} should not pass {rules}");
    }
}

fn assert_refused(rules: &str, why: &str) {
    let read = chain(rules);
    assert!(
        read.not_understood.iter().any(|one| one.why.contains(why)),
        "{rules}: {:?}",
        read.not_understood
    );
}

const V4: [&str; 2] = ["tcp 10.0.0.1 10.1.0.1 40000 22", "tcp 10.0.0.1 10.1.0.1 40000 23"];

#[test]
fn a_test_holds_for_packets_that_have_the_field() {
    let (ssh, telnet) = (V4[0], V4[1]);
    assert_passes(
        "tcp dport 22 accept",
        &[ssh, "tcp ::1 ::2 1 22"],
        &[telnet, "udp 10.0.0.1 10.1.0.1 1 22"],
    );
    assert_passes(
        "tcp dport != ssh accept",
        &[telnet],
        &[ssh, "udp 10.0.0.1 10.1.0.1 1 23"],
    );
    assert_passes(
        "ip saddr != 10.0.0.1 accept",
        &["50 10.0.0.2 10.1.0.1"],
        &[ssh, "tcp ::1 ::2 1 22"],
    );
    assert_passes("ip protocol 6 accept", &[ssh], &["tcp ::1 ::2 1 22"]);
    assert_passes("meta nfproto 10 accept", &["50 ::1 ::2"], &[ssh]);
    assert_passes("meta protocol 0x0800 accept", &[ssh], &["50 ::1 ::2"]);
    assert_passes(
        "meta l4proto != { tcp, udp } accept",
        &["icmp 10.0.0.1 10.0.0.2 8 0", "50 ::1 ::2"],
        &[ssh],
    );
    assert_passes(
        "icmp type echo-request accept",
        &["icmp 10.0.0.1 10.0.0.2 8 3"],
        &["icmp 10.0.0.1 10.0.0.2 0 0"],
    );
    assert_passes(
        "icmpv6 type nd-router-solicit-nd-redirect accept",
        &["icmpv6 ::1 ::2 137 0"],
        &["icmpv6 ::1 ::2 138 0"],
    );
    assert_passes(
        "icmp type . icmp code { 3 . 4 } accept",
        &["icmp 10.0.0.1 10.0.0.2 3 4"],
        &["icmp 10.0.0.1 10.0.0.2 3 3"],
    );
    assert_passes(
        "udp dport > 53 accept",
        &["udp ::1 ::2 1 54"],
        &["udp ::1 ::2 1 53"],
    );
    assert_passes(
        "meta l4proto { tcp, sctp } th dport 22 accept",
        &[ssh, "sctp ::1 ::2 1 22"],
        &["udp ::1 ::2 1 22"],
    );
    assert_passes(
        "tcp dport 22 limit rate 3/minute counter packets 1 bytes 2 log prefix \"a b\" accept comment \"x\"",
        &[ssh],
        &[telnet],
    );
    assert_passes(
        "tcp dport 22 reject with tcp reset\nip saddr 10.0.0.0/8 accept",
        &[telnet],
        &[ssh],
    );
    assert_passes("reject with tcp reset\naccept", &["udp ::1 ::2 1 1"], &[ssh]);
    assert_passes(
        "ip saddr . tcp dport != { 10.0.0.1 . 22, 10.0.0.2-10.0.0.3 . 1-9 } accept",
        &[telnet, "tcp 10.0.0.2 10.0.0.9 1 22"],
        &[
            ssh,
            "tcp 10.0.0.3 10.0.0.9 1 9",
            "tcp ::1 ::2 1 1",
            "udp 10.0.0.2 10.0.0.9 1 22",
        ],
    );
}

#[test]
fn a_mask_leaves_first_bits() {
    let (ssh, telnet) = (V4[0], V4[1]);
    assert_passes(
        "ip saddr & 255.255.255.0 == 10.0.0.0 accept",
        &[ssh, "50 10.0.0.255 10.9.9.9"],
        &["50 10.0.1.0 10.9.9.9", "tcp ::1 ::2 1 22"],
    );
    assert_passes(
        "ip saddr & 255.255.255.0 != 10.0.0.0 accept",
        &["50 10.0.1.0 10.9.9.9", "50 9.255.255.255 10.9.9.9"],
        &[ssh, "50 10.0.0.255 10.9.9.9", "tcp ::1 ::2 1 22"],
    );
    assert_passes("ip saddr & 0.0.0.0 0.0.0.0 accept", &[ssh], &["tcp ::1 ::2 1 22"]);
    // What a mask leaves never has other bits.
    assert_passes("ip saddr & 255.255.255.0 10.0.0.1 accept", &[], &[ssh]);
    assert_passes(
        "ip saddr & 255.255.0.0 vmap { 9.255.0.1-10.1.255.254 : accept, 10.2.0.0/15 : drop }",
        &[ssh, "50 10.1.255.255 10.9.9.9"],
        &["50 9.255.9.9 10.9.9.9", "50 10.2.0.0 10.9.9.9"],
    );
    assert_passes(
        "ip saddr & 255.255.255.0 . ip daddr & 255.0.0.0 . meta l4proto . th dport { 10.0.0.0 . 10.0.0.0 . 6 . 22 } accept",
        &[ssh, "tcp 10.0.0.9 10.9.9.9 1 22"],
        &[telnet, "tcp 10.0.1.1 10.1.0.1 1 22", "udp 10.0.0.1 10.1.0.1 1 22"],
    );
    assert_passes(
        "ip6 daddr & ffff:ffff:: vmap { 2001:db8:: : accept, fd00:: : drop }",
        &["50 ::1 2001:db8:1::1"],
        &["50 ::1 2001:db9::", "50 ::1 fd00::1", ssh],
    );
}

/// Elements that lead to one place are read as one product, and as no more than that.
#[test]
fn elements_of_one_verdict_are_no_more_than_themselves() {
    let key = |rest: &str| format!("ip daddr . meta l4proto . th dport vmap {{ {rest} }}");
    assert_passes(
        &key(
            "10.1.0.1 . 6 . 22 : accept, 10.1.0.1 . 6 . 80 : accept, 10.1.0.2 . 6 . 22 : accept, \
              10.1.0.2 . 6 . 80 : accept, 10.1.0.2 . 17 . 53 : accept, 10.1.0.3 . 6 . 23 : accept, \
              10.1.0.2 . 6 . 81 : drop",
        ),
        &[
            "tcp 10.0.0.1 10.1.0.1 1 22",
            "tcp 10.0.0.1 10.1.0.2 1 80",
            "udp 10.0.0.1 10.1.0.2 1 53",
            "tcp 10.0.0.1 10.1.0.3 1 23",
        ],
        &[
            "udp 10.0.0.1 10.1.0.1 1 53",
            "tcp 10.0.0.1 10.1.0.2 1 53",
            "tcp 10.0.0.1 10.1.0.3 1 22",
            "tcp 10.0.0.1 10.1.0.1 1 23",
            "tcp 10.0.0.1 10.1.0.2 1 81",
        ],
    );
}

#[test]
fn only_what_a_new_flow_meets_counts() {
    for rule in [
        "ct state new accept",
        "ct state 0x8 accept",
        "ct state { new, untracked } accept",
        "ct state != established accept",
    ] {
        let read = chain(rule);
        // An untracked packet would pass too where a flow may open: no complaint.
        assert!(passes_or_reports(&read), "{rule}: {:?}", read.not_understood);
    }
    assert_passes(
        "ct state established accept\nct state 0x2,0x4 accept",
        &[],
        &[V4[0]],
    );
    let open = |state: &str| {
        read(&format!(
            "table inet t {{\nchain f {{\ntype filter hook forward priority 0; policy drop;\n{state}\ntcp dport 22 accept\n}}\n}}\n"
        ))
    };
    let why = |state: &str| open(state).not_understood.first().map(|one| one.why.clone());
    assert_eq!(why("ct state established,related accept"), None);
    assert!(why("").unwrap().contains("established"));
    assert!(why("ct state established accept").unwrap().contains("related"));
    assert!(
        why("ct state established,related accept\nct state invalid accept")
            .unwrap()
            .contains("valid state")
    );
    assert!(
        why("ct state established,related,untracked accept")
            .unwrap()
            .contains("untracked")
    );
}

fn passes_or_reports(read: &ReadBack) -> bool {
    read.not_understood.is_empty() && passes(forward(read, "*", "*"), V4[0])
}

#[test]
fn jumps_return_and_gotos_do_not() {
    let text = "table inet t {
        chain a { tcp dport 22 return
            tcp dport 1-100 accept
        }
        chain b {
            tcp dport 24 accept
        }
        chain f {
            type filter hook forward priority filter - 10; policy drop;
            ct state established,related accept
            ip saddr 10.0.0.1 jump a
            ip saddr 10.0.0.2 goto b
            ip6 saddr ::1 jump b
            tcp dport { 22, 23 } accept
        }
    }";
    let read = read(text);
    assert_eq!(read.not_understood, []);
    let list = forward(&read, "*", "*");
    // It returns from `a`, and is let through by the last rule.
    assert!(passes(list, V4[0]) && line(list, V4[0]) == 14);
    assert!(passes(list, "tcp 10.0.0.1 10.1.0.1 1 80") && line(list, "tcp 10.0.0.1 10.1.0.1 1 80") == 3);
    assert!(!passes(list, "tcp 10.0.0.1 10.1.0.1 1 101"));
    // After a goto the policy decides.
    assert!(passes(list, "tcp 10.0.0.2 10.1.0.1 1 24") && !passes(list, "tcp 10.0.0.2 10.1.0.1 1 22"));
    assert!(passes(list, "tcp ::1 ::2 1 24") && passes(list, "tcp ::1 ::2 1 22"));
}

#[test]
fn every_base_chain_of_a_hook_must_accept() {
    let text = "table ip guard {
        chain f {
            type filter hook forward priority -5; policy accept;
            ct state established,related accept
            ip saddr 10.0.0.1 tcp dport 23 drop
        }
    }
    table inet septum {
        chain f {
            type filter hook forward priority filter; policy drop;
            ct state established,related accept
            tcp dport { 22, 23 } accept
        }
    }";
    let read = read(text);
    assert_eq!(read.not_understood, []);
    let list = forward(&read, "*", "*");
    assert!(passes(list, V4[0]) && !passes(list, V4[1]));
    assert_eq!((line(list, V4[0]), line(list, V4[1])), (12, 5));
    // The guard sees no IPv6.
    assert!(passes(list, "tcp ::1 ::2 1 23"));
    // What a guard without state drops, it drops of known flows too.
    let stateless = text.replacen("ct state established,related accept", "", 1);
    let why = &super::read(&stateless).not_understood[0].why;
    assert!(why.contains("established"), "{why}");
}

#[test]
fn interfaces_tell_filters_apart() {
    let text = "table inet t {
        map d { type ifname . ifname : verdict; elements = { \"a\" . \"b\" : accept, \"b\" . \"a\" comment \"x\" : drop } }
        chain f {
            type filter hook forward priority filter; policy drop;
            ct state established,related accept
            iifname . oifname vmap @d
            iifname != { \"a\", \"c\" } tcp dport 22 accept
        }
        chain i {
            type filter hook input priority filter; policy drop;
            ct state established,related accept
            iif \"lo\" accept
            iifname \"a\" tcp dport 22 accept
        }
    }";
    let read = read(text);
    assert_eq!(read.not_understood, []);
    let names = ["a", "b", "c", "*"];
    for from in names {
        for to in names {
            let list = forward(&read, from, to);
            let all = (from, to) == ("a", "b");
            let ssh = all || (matches!(from, "b" | "*") && (from, to) != ("b", "a"));
            assert_eq!(
                (passes(list, V4[0]), passes(list, V4[1])),
                (ssh, all),
                "{from} -> {to}"
            );
        }
    }
    let input = |interface: Option<&str>| Hook::Input {
        interface: interface.map(str::to_owned),
    };
    assert!(passes(find(&read, &input(Some("a"))), V4[0]));
    assert!(!passes(find(&read, &input(None)), V4[0]));
    // What the device sends to itself is nobody's business.
    assert!(read.filters.iter().all(|filter| filter.hook != input(Some("lo"))));
}

#[test]
fn commands_are_carried_out_in_order() {
    let text = "#!/usr/sbin/nft -f
add table inet t; add chain inet t f { type filter hook forward priority 0; policy accept; }
add set inet t s { type ipv4_addr . inet_service; }
add element inet t s { 10.0.0.1 . 22, 10.0.0.1 . 23 comment \"y\", }
add rule inet t f ct state established accept
flush chain inet t f
chain inet t f { policy drop; }
add rule inet t f tcp dport 80 drop
insert rule inet t f ct state established,related accept
add rule \\
    inet t f ip saddr . tcp dport @s accept
delete element inet t s { 10.0.0.1 . 23 }
add chain inet t gone; delete chain inet t gone
";
    let read = read(text);
    assert_eq!(read.not_understood, []);
    let list = forward(&read, "*", "*");
    assert!(passes(list, V4[0]) && !passes(list, V4[1]));
    assert_eq!((line(list, V4[0]), line(list, V4[1])), (4, 7));
}

#[test]
fn what_is_not_modelled_is_reported() {
    for (rule, why) in [
        ("tcp flags syn accept", "`tcp flags` is not modelled"),
        ("meta mark 1 accept", "`meta mark` is not modelled"),
        (
            "ip saddr & 255.0.255.0 == 10.0.0.0 accept",
            "no mask that keeps first bits alone",
        ),
        (
            "ip6 saddr & ::1 == ::1 accept",
            "no mask that keeps first bits alone",
        ),
        ("tcp dport & 0xff == 1 accept", "for addresses alone"),
        // What nft 1.0.6 makes of these drops the mask's own bits: `!=` lets every address through.
        (
            "ip saddr & 255.255.255.0 != 10.0.0.0/8 accept",
            "compared with single addresses",
        ),
        (
            "ip saddr & 255.255.255.0 { 10.0.0.0/8 } accept",
            "compared with single addresses",
        ),
        (
            "ip6 saddr & ffff:: != { fd00::/8 } accept",
            "compared with single addresses",
        ),
        // So nft lists `ip saddr & 255.255.255.0 == 10.0.0.5`, which drops nothing.
        ("ip saddr 10.0.0.5/24 drop", "bits after its prefix"),
        ("ip6 saddr != fd00::1/64 accept", "bits after its prefix"),
        ("ip6 nexthdr tcp accept", "not modelled"),
        ("th dport 22 accept", "`th` without"),
        ("meta l4proto { tcp, 50 } th dport 22 accept", "`th` without"),
        ("ip6 hoplimit 255 accept", "hop limits"),
        ("iifname \"eth*\" accept", "pattern"),
        ("tcp dport @nothing accept", "undefined set @nothing"),
        ("jump nowhere", "undefined chain `nowhere`"),
        ("jump f", "`f` is a base chain"),
        ("limit rate over 3/second accept", "rate"),
        ("limit rate 3/second drop", "rate"),
        ("limit name \"l\" accept", "undefined limit"),
        ("fib daddr type local accept", "`fib`"),
        ("ct state != established,related accept", "list of states"),
        ("accept drop", "follow a verdict"),
        ("tcp dport 022 accept", "`022`"),
        ("tcp dport 70000 accept", "`70000`"),
        ("ip saddr 10.0.0.0/33 accept", "`10.0.0.0/33`"),
        ("ip saddr 10.0.0.9-10.0.0.1 accept", "no value"),
        ("tcp dport vmap { 1-9 : accept, 5 : drop }", "overlap"),
        (
            "ip saddr . tcp dport { 10.0.0.0/8 . 80-90, 10.1.0.0/16 . 85 } accept",
            "overlap",
        ),
        ("dnat to 10.0.0.1", "`dnat`"),
        ("queue num 1", "`queue`"),
        ("tcp dport 22 $accept", "`$accept`"),
        ("accept é", "`é`"),
    ] {
        assert_refused(rule, why);
    }
    for (text, why) in [
        (
            "table inet t {\nchain f {\ntype filter hook forward priority 0;\njump g\n}\nchain g {\njump h\n}\nchain h {\njump g\n}\n}\n",
            "circle",
        ),
        (
            "table inet t {\nchain p {\ntype nat hook prerouting priority dstnat; policy accept;\n}\n}\n",
            "prerouting",
        ),
        ("table bridge t {\n}\n", "bridge"),
        ("include \"x.nft\"\n", "what the command"),
        ("define x = 1\n", "`define x`"),
        ("table inet t {\nflags dormant\n}\n", "`flags`"),
        ("table inet t {\nset s {\ntype mark\n}\n}\n", "`mark`"),
        (
            "table inet t {\nset s {\ntype ipv4_addr\nelements = { 10.0.0.0/8 }\n}\n}\n",
            "interval",
        ),
        (
            "table inet t {\nset s {\ntype ipv4_addr\nflags timeout\n}\n}\n",
            "timeout",
        ),
        (
            "table inet t {\nset s {\ntype ipv4_addr\nflags interval\nelements = { 10.0.0.0/8, 10.1.0.0/16 }\n}\n}\n",
            "overlap",
        ),
        ("add rule inet t c accept\n", "no such table"),
        ("table inet t {\nchain c {\naccept\n}\n", "never closed"),
        ("table inet t {\n}\n}\n", "expected a command"),
        (
            "table inet t {\nchain c {\naccept comment \"x\n}\n}\n",
            "never closed",
        ),
        ("delete chain inet t x\n", "no such table"),
    ] {
        let read = read(text);
        assert!(
            read.not_understood.iter().any(|one| one.why.contains(why)),
            "{text}: {:?}",
            read.not_understood
        );
    }
}

#[test]
fn a_report_shows_the_line_and_goes_on() {
    let read = chain("  tcp flags syn accept  \nmeta mark 1 drop\ntcp dport 22 accept");
    let reported: Vec<(usize, &str)> = read
        .not_understood
        .iter()
        .map(|one| (one.line, one.text.as_str()))
        .collect();
    assert_eq!(reported, [(5, "tcp flags syn accept"), (6, "meta mark 1 drop")]);
    assert!(passes(forward(&read, "*", "*"), V4[0]));
}
