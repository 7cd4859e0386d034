//! The oracle against nft and the kernel themselves: a listing must mean what its file means.

use std::io::Write;
use std::process::{Command, Stdio};

use super::{NftRuleset, State};
use crate::oracle::address::AddressRange;
use crate::oracle::packets::Packets;

/// Loads a file in a network namespace of its own and lists it. `None` where that is not possible here; `Err`
/// with what nft says where it refuses the file.
pub fn listing(file: &str, numeric: bool) -> Option<Result<String, String>> {
    let possible = Command::new("unshare")
        .args(["-n", "nft", "list", "ruleset"])
        .output();
    if !possible.is_ok_and(|output| output.status.success()) {
        return None;
    }
    let list = if numeric {
        "nft -s -n list ruleset"
    } else {
        "nft -s list ruleset"
    };
    let mut child = Command::new("unshare")
        .args(["-n", "sh", "-c", &format!("nft -f - && {list}")])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .ok()?;
    child.stdin.take()?.write_all(file.as_bytes()).ok()?;
    let output = child.wait_with_output().ok()?;
    if output.status.success() {
        Some(Ok(String::from_utf8_lossy(&output.stdout).into_owned()))
    } else {
        Some(Err(String::from_utf8_lossy(&output.stderr).into_owned()))
    }
}

fn packets() -> Packets {
    let ranges = ["10.1.0.0/16", "10.2.0.0/24", "2001:db8:1::/64", "10.1.3.0/24"];
    let ranges: Vec<AddressRange> = ranges
        .iter()
        .filter_map(|text| AddressRange::parse_prefix(text))
        .collect();
    let addresses: Vec<_> = ["10.1.0.7", "10.2.0.9", "2001:db8:1::9"]
        .iter()
        .filter_map(|a| a.parse().ok())
        .collect();
    Packets::new(11, &addresses, &ranges, &[22, 53, 80, 90, 443, 1000, 2000])
}

const LAYOUTS: [&str; 4] = [
    // The replace file that keeps the table and refills every object.
    r#"add table inet seg
add chain inet seg forward { type filter hook forward priority filter; policy drop; }
add chain inet seg p_app_db
add set inet seg f_app_db { type ipv4_addr . ipv4_addr . inet_proto . inet_service; flags interval; }
add set inet seg app4 { type ipv4_addr; flags interval; auto-merge; }
add map inet seg zp { type ifname . ifname : verdict; }
flush chain inet seg forward
flush chain inet seg p_app_db
flush set inet seg f_app_db
flush set inet seg app4
flush map inet seg zp
add element inet seg f_app_db { 10.1.0.0/16 . 10.2.0.0/24 . tcp . 443, 10.1.0.7 . 0.0.0.0/0 . udp . 1000-2000 }
add element inet seg app4 { 10.1.0.0/17, 10.1.128.0/17, 10.1.3.0/24, 10.2.0.1-10.2.0.9 }
add element inet seg zp { "eth0" . "eth1" : goto p_app_db }
add rule inet seg forward ct state vmap { established : accept, related : accept, invalid : drop }
add rule inet seg forward iifname . oifname vmap @zp
add rule inet seg forward counter drop comment "default"
add rule inet seg p_app_db meta l4proto { tcp, udp } ip saddr . ip daddr . meta l4proto . th dport @f_app_db accept comment "x > y"
add rule inet seg p_app_db ip saddr @app4 tcp dport { ssh, 80-90 } ip daddr 10.2.0.0/24 accept
add rule inet seg p_app_db ip6 saddr 2001:db8:1::/64 icmpv6 type { echo-request, packet-too-big } accept
add rule inet seg p_app_db limit rate 10/second burst 5 packets log prefix "seg A>B " level info
add rule inet seg p_app_db counter drop comment "default A>B"
"#,
    // A block, with jumps that come back, plain rules and odd operators.
    r#"table inet t {
    comment "made by hand"
    set hosts {
        type ipv6_addr
        elements = { 2001:db8:1::9, 2001:db8:1:: }
    }
    chain in {
        type filter hook input priority -10; policy accept;
        iifname "lo" accept
        icmp type . icmp code { 8 . 0, 3 . 4 } accept
        meta l4proto { 50, 132, 200 } drop
        reject with tcp reset
    }
    chain sub {
        udp dport >= 1000 return
        udp dport 53 accept
        ip daddr != 10.1.0.0/16 drop
    }
    chain forward {
        type filter hook forward priority filter - 10; policy accept;
        jump sub
        tcp flags & (syn | ack) == syn tcp dport < 443 drop
        ip6 saddr @hosts ip6 daddr != 2001:db8:1::9 drop
        ct state != { established, related } udp sport 80-90 drop
        sctp dport != 443 reject with icmpx type admin-prohibited
        meta nfproto ipv6 icmpv6 type nd-neighbor-solicit drop
        icmp type 3 icmp code 4 accept
        ip protocol esp drop
    }
}
"#,
    // Two base chains at one hook: both must accept.
    r#"table ip first {
    chain f {
        type filter hook forward priority -5; policy drop;
        ip saddr 10.1.0.0/16 accept
        meta l4proto . th dport vmap { tcp . 22 : drop, udp . 53-80 : accept }
    }
}
table inet second {
    chain f {
        type filter hook forward priority 0; policy drop;
        iifname { "eth0", "ppp*" } oifname != "lo" th dport 0-65535 meta l4proto { tcp, udp, icmp } accept
        meta l4proto ipv6-icmp accept
    }
}
"#,
    // A concatenation that is looked up in insertion order, per address family.
    r#"table inet t {
    map order {
        type ipv4_addr . inet_proto : verdict
        flags interval
        elements = { 10.1.0.7 . tcp : drop, 10.1.0.0/16 . 0-255 : accept, 10.2.0.0-10.2.0.9 . udp : jump more }
    }
    chain more {
        udp dport 53 accept
        udp dport 80 goto last
        return
    }
    chain last {
        udp sport 53 drop
    }
    chain f {
        type filter hook forward priority filter; policy drop;
        ip saddr . meta l4proto vmap @order
        udp sport 443 accept
    }
}
"#,
];

#[test]
fn a_listing_means_what_its_file_means() {
    for (index, file) in LAYOUTS.iter().enumerate() {
        let mut from_file = NftRuleset::default();
        from_file.apply(file).unwrap();
        for numeric in [false, true] {
            let Some(listing) = listing(file, numeric) else {
                eprintln!("nft or network namespaces are not available: skipped");
                return;
            };
            let listing = listing.unwrap();
            let mut from_listing = NftRuleset::default();
            let read = from_listing.apply(&listing);
            assert_eq!(read, Ok(()), "layout {index}\n{listing}");
            for packet in packets().take(3000) {
                for state in [State::New, State::Established, State::Related, State::Invalid] {
                    for (iif, oif) in [
                        ("eth0", "eth1"),
                        ("eth1", "eth0"),
                        ("ppp3", "lo"),
                        ("ppp3", "eth0"),
                    ] {
                        assert_eq!(
                            from_file.try_forward(iif, oif, &packet, state).ok(),
                            from_listing.try_forward(iif, oif, &packet, state).ok(),
                            "layout {index}: {packet} {state:?} {iif}>{oif}\n{listing}"
                        );
                    }
                    assert_eq!(
                        from_file.input("lo", &packet, state),
                        from_listing.input("lo", &packet, state)
                    );
                    assert_eq!(
                        from_file.input("e", &packet, state),
                        from_listing.input("e", &packet, state)
                    );
                }
            }
        }
    }
}

#[test]
fn a_layout_decides_both_ways() {
    for file in LAYOUTS {
        let mut ruleset = NftRuleset::default();
        ruleset.apply(file).unwrap();
        let verdicts: Vec<_> = packets()
            .take(3000)
            .filter_map(|packet| ruleset.try_forward("eth0", "eth1", &packet, State::New).ok())
            .collect();
        let permits = verdicts.iter().filter(|verdict| verdict.permits()).count();
        assert!(permits > 0 && permits < verdicts.len());
    }
}

#[test]
fn what_nft_refuses_the_oracle_refuses() {
    for file in super::tests::REFUSED {
        assert!(NftRuleset::default().apply(file).is_err(), "{file}");
        if let Some(answer) = listing(file, false) {
            assert!(answer.is_err(), "nft takes: {file}");
        }
    }
}
