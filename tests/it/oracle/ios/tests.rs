//! What Cisco documents about its access lists.

use septum::packet::Packet;

use super::{IosDevice, Verdict};

fn packet(source: &str, destination: &str, protocol: u8, first: u16, second: u16) -> Packet {
    Packet {
        source: source.parse().unwrap(),
        destination: destination.parse().unwrap(),
        protocol,
        first,
        second,
    }
}

fn device(text: &str) -> IosDevice {
    let mut device = IosDevice::default();
    device.apply(text).unwrap();
    device
}

/// The verdict of a list applied inbound on one interface.
fn verdict(entries: &str, packet: &Packet) -> Verdict {
    let family = if packet.source.is_ipv4() {
        ("ip access-list extended T", "ip access-group T in")
    } else {
        ("ipv6 access-list T", "ipv6 traffic-filter T in")
    };
    device(&format!(
        "{}\n{entries}\ninterface Vlan1\n {}\n",
        family.0, family.1
    ))
    .inbound("Vlan1", packet, false)
}

fn refused(text: &str) -> (usize, String) {
    let error = IosDevice::default().apply(text).unwrap_err();
    (error.line, error.message)
}

#[test]
fn an_undefined_or_empty_list_permits_everything_and_the_first_entry_denies_the_rest() {
    let web = packet("10.0.0.1", "10.1.0.1", 6, 40000, 80);
    let mut device = device("interface Vlan1\n ip access-group T in\n");
    assert_eq!(device.inbound("Vlan1", &web, false), Verdict::Permit);
    device
        .apply("ip access-list extended T\n remark nothing yet\n")
        .unwrap();
    assert_eq!(device.inbound("Vlan1", &web, false), Verdict::Permit);
    device
        .apply("ip access-list extended T\n permit udp any any eq domain\n")
        .unwrap();
    assert_eq!(device.inbound("Vlan1", &web, false), Verdict::Deny);
    device.apply("no ip access-list extended T").unwrap();
    assert_eq!(device.inbound("Vlan1", &web, false), Verdict::Permit);
    assert_eq!(device.outbound("Vlan1", &web, false), Verdict::Permit);
    assert_eq!(device.interfaces(), ["Vlan1"]);
}

#[test]
fn entries_are_ordered_by_number_not_by_line() {
    let web = packet("10.0.0.1", "10.1.0.1", 6, 40000, 80);
    let entries = " 20 permit ip any any\n 10 deny tcp any any eq www\n";
    assert_eq!(verdict(entries, &web), Verdict::Deny);
    let text = "ip access-list extended T\n 20 permit ip any any\n 20 deny ip any any";
    assert_eq!(refused(text), (3, "duplicate sequence number 20".to_owned()));
}

#[test]
fn a_list_that_is_entered_again_grows() {
    let mut device = device(
        "ip access-list extended T\n permit tcp any any eq 22\ninterface Vlan1\n ip access-group T in\n",
    );
    let web = packet("10.0.0.1", "10.1.0.1", 6, 40000, 80);
    assert_eq!(device.inbound("Vlan1", &web, false), Verdict::Deny);
    device
        .apply("ip access-list extended T\n permit tcp any any eq 80\nend\n")
        .unwrap();
    assert_eq!(device.inbound("Vlan1", &web, false), Verdict::Permit);
}

#[test]
fn a_wildcard_may_have_holes() {
    let entry = " permit ip 10.0.1.0 0.0.254.255 any";
    let from = |source| verdict(entry, &packet(source, "1.1.1.1", 47, 0, 0));
    assert_eq!(from("10.0.1.9"), Verdict::Permit);
    assert_eq!(from("10.0.255.9"), Verdict::Permit);
    assert_eq!(from("10.0.2.9"), Verdict::Deny);
    assert_eq!(from("10.1.1.9"), Verdict::Deny);
}

#[test]
fn port_operators_count_their_ends_as_documented() {
    let to = |entry: &str, port| verdict(entry, &packet("10.0.0.1", "10.1.0.1", 6, 5, port)).permits();
    assert!(to(" permit tcp any any range 80 90", 80) && to(" permit tcp any any range 80 90", 90));
    assert!(!to(" permit tcp any any gt 1023", 1023) && to(" permit tcp any any gt 1023", 1024));
    assert!(!to(" permit tcp any any lt 80", 80) && to(" permit tcp any any lt 80", 79));
    assert!(!to(" permit tcp any any neq 80 81", 81) && to(" permit tcp any any neq 80 81", 82));
    assert!(to(" permit tcp any eq 5 any eq 22 www 443 log", 80));
    assert!(!to(" permit udp any any eq 80", 80));
}

#[test]
fn port_514_has_two_names() {
    let syslog = packet("10.0.0.1", "10.1.0.1", 17, 5, 514);
    assert_eq!(verdict(" permit udp any any eq syslog", &syslog), Verdict::Permit);
    let text = "ip access-list extended T\n permit udp any any eq cmd";
    assert_eq!(refused(text), (2, "`cmd` is not a port".to_owned()));
}

#[test]
fn established_is_tcp_with_ack_or_rst() {
    let device = device(
        "ip access-list extended T\n permit tcp any eq 443 any established\ninterface Vlan1\n ip access-group T in",
    );
    let reply = packet("10.1.0.1", "10.0.0.1", 6, 443, 40000);
    assert_eq!(device.inbound("Vlan1", &reply, true), Verdict::Permit);
    assert_eq!(device.inbound("Vlan1", &reply, false), Verdict::Deny);
}

#[test]
fn icmp_is_matched_by_name_type_and_code() {
    let frag_needed = packet("10.0.0.1", "10.1.0.1", 1, 3, 4);
    let port_unreachable = packet("10.0.0.1", "10.1.0.1", 1, 3, 3);
    for entry in [" permit icmp any any packet-too-big", " permit icmp any any 3 4"] {
        assert_eq!(verdict(entry, &frag_needed), Verdict::Permit);
        assert_eq!(verdict(entry, &port_unreachable), Verdict::Deny);
    }
    assert_eq!(
        verdict(" permit icmp any any unreachable", &port_unreachable),
        Verdict::Permit
    );
    assert_eq!(
        verdict(" permit icmp any any 3", &port_unreachable),
        Verdict::Permit
    );
}

#[test]
fn later_fragments_pass_a_permit_with_ports_but_not_a_deny() {
    let text = |entries: &str| {
        format!("ip access-list extended T\n{entries}\ninterface Vlan1\n ip access-group T in")
    };
    let any = packet("10.0.0.1", "10.1.0.1", 6, 0, 0);
    let fragment = |entries: &str| device(&text(entries)).inbound_later_fragment("Vlan1", &any);
    assert_eq!(fragment(" permit tcp any any eq 80"), Verdict::Permit);
    assert_eq!(fragment(" permit udp any any eq 80"), Verdict::Deny);
    assert_eq!(
        fragment(" deny tcp any any eq 80\n permit ip any any"),
        Verdict::Permit
    );
    assert_eq!(fragment(" deny tcp any any\n permit ip any any"), Verdict::Deny);
    assert_eq!(
        fragment(" 10 deny ip any any fragments\n 20 permit tcp any any eq 80"),
        Verdict::Deny
    );
    let whole = device(&text(" 10 deny ip any any fragments\n 20 permit ip any any"));
    assert_eq!(whole.inbound("Vlan1", &any, false), Verdict::Permit);
}

#[test]
fn ipv6_permits_neighbour_discovery_before_its_implicit_deny_only() {
    let solicit = packet("fe80::1", "ff02::1", 58, 135, 0);
    let router_solicit = packet("fe80::1", "ff02::2", 58, 133, 0);
    let entries = " permit tcp 2001:db8::/32 host 2001:db8::9 eq bgp sequence 10";
    assert_eq!(verdict(entries, &solicit), Verdict::Permit);
    assert_eq!(verdict(entries, &router_solicit), Verdict::Deny);
    assert_eq!(verdict(" sequence 10 deny ipv6 any any", &solicit), Verdict::Deny);
    let bgp = packet("2001:db8:1::1", "2001:db8::9", 6, 5, 179);
    assert_eq!(verdict(entries, &bgp), Verdict::Permit);
}

#[test]
fn object_groups_take_netmasks_and_nest() {
    let device = device(
        "object-group network INNER\n range 10.3.0.1 10.3.0.9\n\
         object-group network APP\n description x\n host 10.1.1.5\n 10.2.0.0 255.255.0.0\n group-object INNER\n\
         object-group service WEB\n tcp eq 443\n tcp range 8000 8080\n udp source eq 53\n icmp echo\n gre\n\
         ip access-list extended T\n permit object-group WEB object-group APP any\n\
         interface GigabitEthernet 0/1\n ip access-group T in",
    );
    let pass = |source, protocol, first, second| {
        let packet = packet(source, "1.1.1.1", protocol, first, second);
        device.inbound("GigabitEthernet0/1", &packet, false).permits()
    };
    assert!(pass("10.2.255.255", 6, 5, 443) && pass("10.3.0.9", 6, 5, 8080) && pass("10.1.1.5", 17, 53, 9));
    assert!(pass("10.1.1.5", 1, 8, 0) && pass("10.1.1.5", 47, 0, 0));
    assert!(!pass("10.3.0.10", 6, 5, 443) && !pass("10.1.1.5", 6, 5, 444) && !pass("10.1.1.5", 1, 0, 0));
}

#[test]
fn a_group_in_use_cannot_go() {
    let start =
        "object-group network A\n host 10.0.0.1\nip access-list extended T\n permit ip object-group A any\n";
    assert_eq!(refused(&format!("{start}no object-group network A")).0, 5);
    assert_eq!(
        refused(&format!("{start}object-group network A\n no host 10.0.0.1")).0,
        6
    );
    assert_eq!(
        refused("ip access-list extended T\n permit ip object-group B any").0,
        2
    );
    assert_eq!(refused("object-group network A\n group-object A").0, 2);
}

#[test]
fn what_is_not_understood_is_an_error_with_its_line() {
    for (text, line) in [
        ("!\nrouter ospf 1", 2),
        ("ip access-list standard X", 1),
        ("ip access-list extended 1X", 1),
        ("ip access-list extended T\n permit tcp any any eq https", 2),
        ("ip access-list extended T\n permit ip any any eq 80", 2),
        ("ip access-list extended T\n permit ip any any time-range W", 2),
        ("ip access-list extended T\n permit 0 any any", 2),
        ("ip access-list extended T\n permit udp any any established", 2),
        ("ip access-list extended T\n permit ip any any any", 2),
        ("ip access-list extended T\n permit ip 10.0.0.0 any", 2),
        ("ip access-list extended T\n 2147483648 permit ip any any", 2),
        ("ip access-list extended T\n permit tcp any any range 9 8", 2),
        ("ipv6 access-list T\n permit ip any any", 2),
        ("ipv6 access-list T\n permit ipv6 host 10.0.0.1 any", 2),
        ("interface Vlan1\n zone-member security X", 2),
        ("permit ip any any", 1),
    ] {
        assert_eq!(refused(text).0, line, "{text}");
    }
    let long = format!("ip access-list extended T\n remark {}", "x".repeat(101));
    assert_eq!(refused(&long).0, 2);
}
