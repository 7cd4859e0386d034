//! What the device itself must keep receiving.

use septum::packet::{Packet, protocol};
use septum::plan::{DevicePlan, RunProtocol};

use super::plans::{allow, deny, small, tcp};
use super::reader::Device;
use super::{emit, refused};

const WARDS: &str = "GigabitEthernet0/0/1";
const INTERNET: &str = "GigabitEthernet0/0/3";

fn running(protocols: &[RunProtocol]) -> DevicePlan {
    let mut plan = small();
    plan.local.run = protocols.iter().map(|protocol| (*protocol).into()).collect();
    plan
}

fn packet(source: &str, destination: &str, protocol: u8, first: u16, second: u16) -> Packet {
    Packet {
        source: source.parse().unwrap(),
        destination: destination.parse().unwrap(),
        protocol,
        first,
        second,
    }
}

#[test]
fn each_protocol_lets_its_own_packets_in_and_no_others() {
    use RunProtocol as R;
    let (own, peer) = ("10.1.0.1", "10.1.0.2");
    let cases = [
        (R::Ospf, packet(peer, "224.0.0.5", 89, 0, 0)),
        (R::Ospf, packet("fe80::1", "ff02::5", 89, 0, 0)),
        (R::Bgp, packet(peer, own, protocol::TCP, 40_000, 179)),
        (R::Eigrp, packet(peer, "224.0.0.10", 88, 0, 0)),
        (R::Rip, packet(peer, "224.0.0.9", protocol::UDP, 520, 520)),
        (R::Rip, packet("fe80::1", "ff02::9", protocol::UDP, 521, 521)),
        (R::Pim, packet(peer, "224.0.0.13", 103, 0, 0)),
        (R::Igmp, packet(peer, "239.1.2.3", 2, 0, 0)),
        (R::Igmp, packet("fe80::1", "ff02::16", protocol::ICMPV6, 143, 0)),
        (R::Hsrp, packet(peer, "224.0.0.2", protocol::UDP, 1985, 1985)),
        (R::Hsrp, packet(peer, "224.0.0.102", protocol::UDP, 1985, 1985)),
        (R::Vrrp, packet(peer, "224.0.0.18", 112, 0, 0)),
        (R::Bfd, packet(peer, own, protocol::UDP, 49_152, 3784)),
        (
            R::DhcpRelay,
            packet("0.0.0.0", "255.255.255.255", protocol::UDP, 68, 67),
        ),
        (
            R::DhcpRelay,
            packet("10.1.9.9", "255.255.255.255", protocol::UDP, 68, 67),
        ),
        (R::DhcpRelay, packet("10.2.0.5", own, protocol::UDP, 67, 67)),
        (
            R::DhcpRelay,
            packet("fe80::1", "ff02::1:2", protocol::UDP, 546, 547),
        ),
        (R::DhcpClient, packet("10.1.0.9", own, protocol::UDP, 67, 68)),
        (R::DhcpServer, packet(peer, own, protocol::UDP, 68, 67)),
        (R::Ping, packet(peer, own, protocol::ICMP, 8, 0)),
        (
            R::Ping,
            packet("2001:db8:1::9", "2001:db8:1::1", protocol::ICMPV6, 128, 0),
        ),
        (R::Ntp, packet("192.0.2.9", own, protocol::UDP, 123, 123)),
        (R::Dns, packet("192.0.2.9", own, protocol::UDP, 53, 50_000)),
        (R::Radius, packet("192.0.2.9", own, protocol::UDP, 1812, 50_000)),
    ];
    let closed = Device::read(&emit(&small()).text);
    for (run, arriving) in cases {
        let open = Device::read(&emit(&running(&[run])).text);
        assert!(open.permits(WARDS, &arriving, false), "{run:?}: {arriving}");
        assert!(!closed.permits(WARDS, &arriving, false), "{run:?}: {arriving}");
    }
    let all: Vec<RunProtocol> = RunProtocol::ALL.iter().map(|(_, run)| *run).collect();
    let everything = Device::read(&emit(&running(&all)).text);
    for foreign in [
        packet(peer, own, protocol::TCP, 40_000, 22),
        packet(peer, own, protocol::TCP, 179, 22),
        packet(peer, own, protocol::UDP, 53, 161),
        packet(peer, own, protocol::UDP, 123, 161),
        packet(peer, "10.2.0.77", protocol::UDP, 40_000, 67),
        packet(peer, "10.2.0.77", 89, 0, 0),
        packet(peer, "10.2.0.77", protocol::ICMP, 8, 0),
        packet("2001:db8:1::9", "2001:db8:2::9", 89, 0, 0),
    ] {
        assert!(!everything.permits(WARDS, &foreign, false), "{foreign}");
    }
}

#[test]
fn answers_to_clients_on_the_device_need_ack() {
    use RunProtocol as R;
    let cases = [(R::Dns, 53), (R::Tacacs, 49), (R::Syslog, 6514), (R::Bgp, 179)];
    for (run, port) in cases {
        let device = Device::read(&emit(&running(&[run])).text);
        let answer = packet("10.2.0.9", "10.1.0.1", protocol::TCP, port, 40_000);
        assert!(device.permits(WARDS, &answer, true), "{run:?}");
        assert!(!device.permits(WARDS, &answer, false), "{run:?}");
    }
}

#[test]
fn neighbours_find_each_other() {
    let device = Device::read(&emit(&small()).text);
    for kind in [133, 135, 136] {
        assert!(device.permits(
            WARDS,
            &packet("fe80::2", "ff02::1", protocol::ICMPV6, kind, 0),
            false
        ));
    }
}

#[test]
fn management_comes_in_where_it_lives_and_reaches_the_device_alone() {
    let mut plan = small();
    plan.local.manage = vec![
        deny("not-guests", "10.1.7.0/24", "10.1.0.1/32 10.2.0.1/32", tcp(22)),
        allow("ssh", "10.1.0.0/16", "10.1.0.1/32 10.2.0.1/32", tcp(22)),
    ];
    let device = Device::read(&emit(&plan).text);
    let ssh = |source: &str, to: &str| packet(source, to, protocol::TCP, 40_000, 22);
    assert!(device.permits(WARDS, &ssh("10.1.3.3", "10.1.0.1"), false));
    assert!(device.permits(WARDS, &ssh("10.1.3.3", "10.2.0.1"), false));
    assert!(!device.permits(WARDS, &ssh("10.1.7.7", "10.1.0.1"), false));
    assert!(!device.permits(WARDS, &ssh("10.1.3.3", "10.2.0.99"), false));
    assert!(!device.permits(INTERNET, &ssh("10.1.3.3", "10.1.0.1"), false));
}

#[test]
fn management_without_own_addresses_is_refused() {
    let mut plan = small();
    plan.local.own = septum::packet::AddressSet::empty().into();
    plan.local.manage = vec![allow("ssh", "10.1.0.0/16", "0.0.0.0/0", tcp(22))];
    plan.local.run = vec![RunProtocol::Ping.into(), RunProtocol::Vrrp.into()];
    let failures = refused(&plan);
    assert_eq!(failures.len(), 2, "{failures:?}");
    assert!(failures.iter().any(|f| f.rule.as_deref() == Some("ssh")));
    assert!(failures.iter().any(|f| f.what.starts_with("`ping`")));
}

/// Path MTU discovery lives on these.
#[test]
fn errors_about_flows_come_back() {
    let device = Device::read(&emit(&small()).text);
    let too_big = packet("10.2.0.16", "10.1.0.7", protocol::ICMP, 3, 4);
    assert!(device.permits("GigabitEthernet0/0/2", &too_big, false));
    let forged = packet("10.9.0.1", "10.1.0.7", protocol::ICMP, 3, 4);
    assert!(!device.permits("GigabitEthernet0/0/2", &forged, false));
    // Nothing leaves towards the wards but replies.
    let redirect = packet("10.1.0.7", "10.2.0.16", protocol::ICMP, 5, 0);
    assert!(!device.permits(WARDS, &redirect, false));
}

#[test]
fn echoes_of_bfd_are_said_to_be_dropped() {
    let says = |protocols: &[RunProtocol]| {
        let emitted = emit(&running(protocols));
        emitted
            .residual
            .iter()
            .any(|sentence| sentence.contains("no bfd echo"))
    };
    assert!(says(&[RunProtocol::Ospf, RunProtocol::Bfd]));
    assert!(!says(&[RunProtocol::Ospf]));
}
