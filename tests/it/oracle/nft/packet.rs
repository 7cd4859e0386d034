//! Single rules against the kernel: real packets are sent, and the counters of the rules say which matched.

use std::io::Write;
use std::process::{Command, Stdio};

use septum::packet::Packet;

use super::{NftRuleset, State};

const RULES: &[&str] = &[
    "ct state != established,related",
    "ct state established,related",
    "ct state new",
    "ct state new,invalid",
    "ct state != new",
    "ct state == new",
    "ct state { new, established }",
    "tcp flags syn",
    "tcp flags & (syn | ack) == syn",
    "tcp flags != syn",
    "tcp flags syn / syn,ack",
    "tcp flags != syn / syn,ack",
    "ip daddr 127.0.0.0/8",
    "ip daddr != 127.0.0.2",
    "ip saddr . ip daddr { 127.0.0.0/8 . 127.0.0.2 }",
    "ip6 daddr ::1",
    "ip6 daddr != ::2",
    "oifname \"l*\"",
    "oifname != \"lo\"",
    "iifname != \"x\"",
    "iifname \"lo\"",
    "th dport 53",
    "th dport != 53",
    "udp dport < 100",
    "udp dport > 53",
    "tcp dport { 53-60, 80 }",
    "tcp dport != { 53-60, 80 }",
    "meta l4proto . th dport { udp . 53, tcp . 1-80 }",
    "meta l4proto != tcp",
    "meta nfproto ipv6",
    "meta protocol ip",
    "ip protocol udp",
    "ip protocol != udp",
    "ip6 nexthdr udp",
    "icmp type != 8",
    "ip daddr & 255.0.0.0 == 127.0.0.0",
    "ip daddr & 255.0.0.0 != 127.0.0.0",
    "ip daddr & 255.255.255.254 == 127.0.0.0",
    "ip saddr & 255.255.255.0 . ip daddr & 255.255.255.254 . meta l4proto . th dport { 127.0.0.0 . 127.0.0.2 . 6 . 80 }",
    "ip6 saddr & ffff:: . ip6 daddr . meta l4proto . th dport { :: . ::1 . 17 . 54 }",
    "ip6 daddr & ffff::1 == ::1",
];

/// What is sent to `lo` by bash, and the packet that it is. The source port is the kernel's choice.
const PROBES: &[(&str, &str, &str, u8, u16)] = &[
    ("udp/127.0.0.2/53", "127.0.0.1", "127.0.0.2", 17, 53),
    ("tcp/127.0.0.2/80", "127.0.0.1", "127.0.0.2", 6, 80),
    ("udp/::1/54", "::1", "::1", 17, 54),
    ("tcp/::1/1000", "::1", "::1", 6, 1000),
];

/// The rules that matched a probe, by their counters; `None` where this cannot be tried here.
fn matched(probe: &str) -> Option<Vec<bool>> {
    let rules: String = RULES.iter().map(|rule| format!("{rule} counter\n")).collect();
    let file = format!(
        "table inet t {{\nchain o {{\ntype filter hook output priority 0; policy drop;\n{rules}}}\n}}\n"
    );
    let script = format!(
        "ip link set lo up && nft -f - && {{ timeout 0.3 bash -c 'echo > /dev/{probe}' 2>/dev/null; nft list ruleset; }}"
    );
    let mut child = Command::new("unshare")
        .args(["-n", "bash", "-c", &script])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    child.stdin.take()?.write_all(file.as_bytes()).ok()?;
    let output = child.wait_with_output().ok()?;
    let listing = String::from_utf8_lossy(&output.stdout).into_owned();
    let counters = listing.lines().filter(|line| line.contains(" counter packets "));
    let counts: Vec<bool> = counters.map(|line| !line.contains(" packets 0 ")).collect();
    // The first rule matches every packet: else none went out at all.
    (counts.len() == RULES.len() && counts.first() == Some(&true)).then_some(counts)
}

#[test]
fn each_rule_matches_what_it_matches_in_the_kernel() {
    for (probe, source, destination, protocol, port) in PROBES {
        let Some(counts) = matched(probe) else {
            eprintln!("network namespaces, nft or ip are not available: skipped");
            return;
        };
        let packet = Packet {
            source: source.parse().unwrap(),
            destination: destination.parse().unwrap(),
            protocol: *protocol,
            first: 40000,
            second: *port,
        };
        for (rule, count) in RULES.iter().zip(counts) {
            let mut ruleset = NftRuleset::default();
            ruleset
                .apply(&format!(
                    "table inet t {{\nchain o {{\ntype filter hook output priority 0; policy drop;\n{rule} accept\n}}\n}}\n"
                ))
                .unwrap();
            assert_eq!(
                ruleset.output("lo", &packet, State::New).permits(),
                count,
                "{rule}: {packet}"
            );
        }
    }
}
