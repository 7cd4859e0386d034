//! Single statements: what each means, or that it is reported.

use septum::target::Platform;
use septum::target::cisco_ios::CiscoIos;

use super::{packet, passes, understood};

/// The text with the entries in a list on Vlan1.
pub fn applied(entries: &str) -> String {
    let v6 = entries.contains(':') || entries.contains("ipv6");
    let (list, group) = if v6 {
        ("ipv6 access-list T", "ipv6 traffic-filter T in")
    } else {
        ("ip access-list extended T", "ip access-group T in")
    };
    format!("{list}\n {entries}\ninterface Vlan1\n {group}\n")
}

#[track_caller]
fn tcp(entries: &str, source: &str, port: u16, ack: bool) -> bool {
    let destination = if source.contains(':') {
        "2001:db8::9"
    } else {
        "10.1.0.1"
    };
    passes(
        &understood(&applied(entries)),
        "Vlan1",
        &packet(source, destination, 6, 40_000, port),
        ack,
    )
}

#[track_caller]
pub fn reported(text: &str, line: usize) {
    let read = CiscoIos.read(text);
    let lines: Vec<usize> = read.not_understood.iter().map(|report| report.line).collect();
    assert!(lines.contains(&line), "{text}: {:?}", read.not_understood);
}

#[test]
fn an_undefined_or_empty_list_is_open_in_its_family_alone() {
    let web = packet("10.0.0.1", "10.1.0.1", 6, 40_000, 80);
    let web6 = packet("2001:db8::1", "2001:db8::2", 6, 40_000, 80);
    for text in [
        "interface Vlan1\n ip access-group T in",
        "interface Vlan1\n ip access-group T in\nip access-list extended T\n remark nothing",
        "ip access-list extended T\n 10 permit udp any any\n no 10\ninterface Vlan1\n ip access-group T in",
        "ip access-list extended T\n permit udp any any\nno ip access-list extended T\ninterface Vlan1\n ip access-group T in",
        "access-list 101 permit udp any any\nno access-list 101\ninterface Vlan1\n ip access-group 101 in",
        "ip access-list extended T\n permit udp any any\ninterface Vlan1\n ip access-group T in\n no ip access-group T in",
    ] {
        let read = understood(text);
        assert!(
            passes(&read, "Vlan1", &web, false) && passes(&read, "Vlan1", &web6, false),
            "{text}"
        );
        assert!(passes(&read, "Vlan2", &web, false), "{text}");
    }
    let read = understood(&applied("permit udp any any"));
    assert!(!passes(&read, "Vlan1", &web, false) && passes(&read, "Vlan1", &web6, false));
}

#[test]
fn numbers_order_entries() {
    assert!(!tcp(
        "20 permit ip any any\n 10 deny tcp any any",
        "10.0.0.1",
        80,
        false
    ));
    assert!(tcp(
        "permit tcp any any\n deny ip any any\n no 20",
        "10.0.0.1",
        80,
        false
    ));
    assert!(!tcp(
        "permit tcp any any eq 80\n permit udp any any\n no permit tcp any any eq www",
        "10.0.0.1",
        80,
        false
    ));
    let again = "ip access-list extended T\n 10 permit ip any any\nip access-list resequence T 100 10\n\
         ip access-list extended T\n 50 deny tcp any any\ninterface Vlan1\n ip access-group T in";
    let web = packet("10.0.0.1", "10.1.0.1", 6, 40_000, 80);
    assert!(!passes(&understood(again), "Vlan1", &web, false));
    // An entry that is there already stays where it is.
    assert!(!tcp(
        "20 deny tcp any any\n 30 permit ip any any\n 10 permit ip any any",
        "10.0.0.1",
        80,
        false
    ));
    reported(&applied("10 permit ip any any\n 10 deny ip any any"), 3);
    reported(&applied("no 10"), 2);
    reported(
        &applied("permit udp any any\n remark x\n permit tcp any any\n 25 deny ip any any"),
        5,
    );
    assert!(tcp(
        "permit udp any any\n remark x\n permit tcp any any\n 45 deny ip any any",
        "10.0.0.1",
        80,
        false
    ));
}

#[test]
fn ipv6_lists_number_at_either_end_and_imply_neighbour_discovery() {
    let two = "deny tcp any any sequence 20\n permit tcp 2001:db8::/32 any sequence 10";
    assert!(tcp(two, "2001:db8::1", 80, false) && !tcp(two, "2001:db9::1", 80, false));
    let read = understood(&applied("permit tcp 2001:db8::/32 any"));
    let icmp = |kind| packet("fe80::1", "ff02::1", 58, kind, 0);
    assert!(passes(&read, "Vlan1", &icmp(135), false) && passes(&read, "Vlan1", &icmp(136), false));
    assert!(!passes(&read, "Vlan1", &icmp(133), false));
    let closed = understood(&applied("deny ipv6 any any"));
    assert!(!passes(&closed, "Vlan1", &icmp(135), false));
}

#[test]
fn ports_and_places() {
    let passes = |entry: &str, port| tcp(entry, "10.0.0.1", port, false);
    assert!(
        passes("permit tcp any any eq 22 www 443", 80) && !passes("permit tcp any any eq 22 www 443", 81)
    );
    assert!(!passes("permit tcp any any neq 80 81", 81) && passes("permit tcp any any neq 80 81", 82));
    assert!(!passes("permit tcp any any gt 1023", 1023) && passes("permit tcp any any gt 1023", 1024));
    assert!(!passes("permit tcp any any lt 80", 80) && passes("permit tcp any any lt 80", 79));
    assert!(passes("permit tcp any any range 80 90", 90) && !passes("permit tcp any any range 80 90", 91));
    let from = |entry: &str, source: &str| tcp(entry, source, 80, false);
    assert!(from("permit ip 10.0.1.77 0.0.254.0 any", "10.0.255.77"));
    assert!(!from("permit ip 10.0.1.77 0.0.254.0 any", "10.0.2.77"));
    assert!(
        from("permit 6 host 10.0.0.1 any", "10.0.0.1") && !from("permit 6 host 10.0.0.1 any", "10.0.0.2")
    );
    reported(&applied("permit ip 10.0.0.0 85.85.85.84 any"), 2);
}

#[test]
fn established_and_fragments() {
    let entry = "permit tcp any any established";
    assert!(tcp(entry, "10.0.0.1", 80, true) && !tcp(entry, "10.0.0.1", 80, false));
    let denied = "deny tcp any any established\n permit ip any any";
    assert!(!tcp(denied, "10.0.0.1", 80, true) && tcp(denied, "10.0.0.1", 80, false));
    assert!(tcp(
        "permit tcp any any match-any +rst +ack",
        "10.0.0.1",
        80,
        true
    ));
    assert!(tcp(
        "deny ip any any fragments\n permit tcp any any",
        "10.0.0.1",
        80,
        false
    ));
    // Such an entry is one all the same: the list is not empty.
    assert!(!tcp("deny ip any any fragments", "10.0.0.1", 80, false));
}

#[test]
fn groups_of_ipv6_hold_hosts_and_prefixes_and_nest() {
    let text = "object-group v6-network INNER\n host 2001:DB8:3::9\nobject-group v6-network APP\n description x\n \
         2001:db8:2::/48\n group-object INNER\nipv6 access-list T\n permit tcp object-group APP any eq 443\n\
         interface Vlan1\n ipv6 traffic-filter T in\n";
    let read = understood(text);
    let pass = |source, port| passes(&read, "Vlan1", &packet(source, "2001:db8::1", 6, 5, port), false);
    assert!(pass("2001:db8:2:ffff::1", 443) && pass("2001:db8:3::9", 443));
    assert!(!pass("2001:db8:3::8", 443) && !pass("2001:db8:2::1", 444));
    // Groups of one family are none of the other.
    let crossed = |group: &str, list: &str| format!("object-group {group} A\n host {list}\n");
    let v6 =
        "ipv6 access-list T\n permit ipv6 object-group A any\ninterface Vlan1\n ipv6 traffic-filter T in\n";
    reported(&format!("{}{v6}", crossed("network", "10.0.0.1")), 4);
    let v4 = applied("permit ip object-group A any");
    reported(&format!("{}{v4}", crossed("v6-network", "2001:db8::1")), 4);
    reported(
        &format!("object-group v6-network A\n range 2001:db8::1 2001:db8::2\n{v6}"),
        2,
    );
}

#[test]
fn groups_take_netmasks_and_nest() {
    let text = "object-group network INNER\n range 10.3.0.1 10.3.0.9\nobject-group network APP\n description x\n \
         host 10.1.1.5\n 10.2.0.0 255.255.0.0\n 10.4.0.0 /16\n group-object INNER\nobject-group service WEB\n tcp eq 443\n \
         tcp range 8000 8080\n udp source eq 53\n tcp-udp 5060\n icmp echo\n 47\nip access-list extended T\n permit \
         object-group WEB object-group APP any\ninterface Vlan1\n ip access-group T in\n";
    let read = understood(text);
    let pass = |source, protocol, first, second| {
        passes(
            &read,
            "Vlan1",
            &packet(source, "1.1.1.1", protocol, first, second),
            false,
        )
    };
    assert!(pass("10.2.255.255", 6, 5, 443) && pass("10.3.0.9", 6, 5, 8080) && pass("10.1.1.5", 17, 53, 9));
    assert!(pass("10.4.1.1", 17, 5, 5060) && pass("10.1.1.5", 1, 8, 0) && pass("10.1.1.5", 47, 0, 0));
    assert!(!pass("10.3.0.10", 6, 5, 443) && !pass("10.1.1.5", 6, 5, 444) && !pass("10.1.1.5", 1, 0, 0));
    reported(&applied("permit ip object-group NONE any"), 2);
    reported(
        &format!(
            "object-group network A\n group-object A\n{}",
            applied("permit ip object-group A any")
        ),
        4,
    );
}

#[test]
fn keywords_may_be_short() {
    let text = "ip access-l ext T\n perm tcp any hos 10.1.0.1 eq www est\n perm tcp 10.0.0.0 0.255.255.255 any ran 80 81 log\n\
         int gi0/1\n ip access-g T in\n";
    let read = understood(text);
    let web = |source, ack| {
        passes(
            &read,
            "GigabitEthernet0/1",
            &packet(source, "10.1.0.1", 6, 9, 80),
            ack,
        )
    };
    assert!(web("10.0.0.1", false) && !web("11.0.0.1", false) && web("11.0.0.1", true));
}

#[test]
fn an_interface_is_the_same_under_every_name() {
    let canonical = CiscoIos.interface_name();
    for (short, long) in [
        ("Gi0/0", "GigabitEthernet0/0"),
        ("gigabitethernet 0/0", "GigabitEthernet0/0"),
        ("Te1/0/1", "TenGigabitEthernet1/0/1"),
        ("Twe1/0/1", "TwentyFiveGigE1/0/1"),
        ("Tw1/0/1", "TwoGigabitEthernet1/0/1"),
        ("Po1.10", "Port-channel1.10"),
        ("vl20", "Vlan20"),
        ("fo1/1", "FortyGigabitEthernet1/1"),
        ("Weird7", "weird7"),
    ] {
        assert_eq!(canonical(short), long);
        assert_eq!(canonical(long), long);
    }
    let web = packet("10.0.0.1", "10.1.0.1", 6, 40_000, 80);
    for written in ["TenGigabitEthernet1/0/1", "Te1/0/1", "tengigabitethernet 1/0/1"] {
        let text = format!(
            "ip access-list extended T\n permit udp any any\ninterface {written}\n ip access-group T in\n"
        );
        assert!(!passes(&understood(&text), "Te1/0/1", &web, false), "{written}");
    }
}

#[test]
fn the_last_binding_counts() {
    let text = "ip access-list extended A\n permit ip any any\nip access-list extended B\n permit udp any any\n\
         interface Vlan1\n ip access-group A in\n ip access-group B in\n";
    assert!(!passes(
        &understood(text),
        "Vlan1",
        &packet("10.0.0.1", "10.1.0.1", 6, 9, 80),
        false
    ));
}

#[test]
fn what_is_not_told_apart_is_reported() {
    for entry in [
        "permit ip any any dscp ef",
        "permit tcp any any ack",
        "permit tcp any any match-all +ack +rst",
        "permit tcp any any match-any +ack +syn",
        "permit ip any any time-range WORK",
        "permit ip any any ttl lt 5",
        "permit tcp any any reflect R",
        "evaluate R",
        "permit tcp any any eq https",
        "permit udp any any established",
        "permit 0 any any",
        "permit ip any any any",
        "permit ip 10.0.0.0 any",
        "permit tcp any any range 9 8",
        "permit tcp any any gt 65535",
        "permit tcp any eq 80 any fragments",
        "dynamic X permit ip any any",
        "2147483648 permit ip any any",
    ] {
        reported(&applied(entry), 2);
    }
    for (text, line) in [
        ("interface Vlan1\n service-policy input X", 2),
        ("interface Vlan1\n zone-member security X", 2),
        ("interface Vlan1\n ip inspect X in", 2),
        ("interface Vlan1\n ip verify unicast source reachable-via rx", 2),
        ("interface Vlan1\n crypto map X", 2),
        ("interface range Gi0/1 - 4", 1),
        ("vlan filter X vlan-list 10", 1),
        ("vlan access-map X 10\n match ip address 101", 1),
        ("zone-pair security a source b destination c", 1),
        ("ip inspect name X tcp", 1),
        ("router ospf 1\n interface Vlan1", 2),
        ("router ospf 1\n ip access-list extended T", 2),
        ("banner motd ^C\nhello", 1),
        ("no access-list 101 permit ip any any", 1),
        (
            "ip access-list extended T\n permit ip any any\ninterface Vlan1\n ip access-group T out",
            4,
        ),
        (
            "ip access-list extended T\n permit ip any any\ninterface Gi1/0/1\n switchport mode access\n ip access-group T in",
            5,
        ),
        (
            "access-list 10 permit any\ninterface Vlan1\n ip access-group 10 in",
            3,
        ),
        ("gibberish", 1),
    ] {
        reported(text, line);
    }
    // Only where it is applied.
    understood("ip access-list extended QOS\n permit ip any any dscp ef\n");
}

#[test]
fn one_interface_under_two_names_is_not_written() {
    let mut plan = super::super::plans::small();
    let septum::plan::Role::Router(forwarding) = &mut plan.role else {
        unreachable!()
    };
    forwarding.sides[1].interfaces[0].name = "Gi0/0/1".to_owned();
    let failures = super::super::refused(&plan);
    assert!(
        failures
            .iter()
            .any(|failure| failure.what.contains("stands twice")),
        "{failures:?}"
    );
}
