//! Enforcement points: the firewalls, routers and host firewalls of the network.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::sync::Arc;

use super::{Device, DeviceId, Endpoint, PointId, Policy, ServiceUse, ZoneId};
use crate::packet::AddressSet;
use crate::source::Span;

/// A firewall or router.
#[derive(Clone, Debug)]
pub struct Point {
    /// Its name.
    pub name: String,
    /// Title, if any.
    pub title: Option<String>,
    /// Where its name is written.
    pub span: Span,
    /// The platform that Septum writes for; none where it is unmanaged and forwards everything.
    pub platform: Option<String>,
    /// Between zones, or on a device.
    pub placement: Placement,
    /// Who manages it, and how.
    pub manage: Vec<Manage>,
    /// What it speaks itself: each protocol once.
    pub run: Vec<Run>,
}

/// Where an enforcement point stands.
#[derive(Clone, Debug)]
pub enum Placement {
    /// It joins zones.
    Between(Vec<Interface>),
    /// It runs on the device it protects.
    On(DeviceId),
}

impl Point {
    /// Its interfaces; none for a host firewall.
    pub fn interfaces(&self) -> &[Interface] {
        match &self.placement {
            Placement::Between(interfaces) => interfaces,
            Placement::On(_) => &[],
        }
    }
}

/// A host firewall that Septum writes for. A device may have several.
#[derive(Clone, Copy, Debug)]
pub struct HostFirewall<'p> {
    /// Its id.
    pub id: PointId,
    /// The firewall.
    pub point: &'p Point,
    /// The id of the device it protects.
    pub device_id: DeviceId,
    /// The device it protects.
    pub device: &'p Device,
}

impl Policy {
    /// The addresses of an enforcement point itself: those of its interfaces, or of the device it protects.
    pub fn own_addresses(&self, point: &Point) -> Arc<AddressSet> {
        match &point.placement {
            Placement::Between(interfaces) => {
                let addresses = interfaces.iter().flat_map(|interface| &interface.addresses);
                Arc::new(AddressSet::from_addresses(addresses.map(|(address, _)| *address)))
            }
            Placement::On(id) => self
                .devices
                .get(id.index())
                .map(|device| Arc::clone(&device.set))
                .unwrap_or_default(),
        }
    }

    /// The host firewalls that Septum writes for, in order.
    pub fn host_firewalls(&self) -> impl Iterator<Item = HostFirewall<'_>> {
        self.points.iter().enumerate().filter_map(|(index, point)| {
            let Placement::On(device_id) = point.placement else {
                return None;
            };
            point.platform.as_ref()?;
            Some(HostFirewall {
                id: PointId::from_index(index),
                point,
                device_id,
                device: self.devices.get(device_id.index())?,
            })
        })
    }
}

/// An interface.
#[derive(Clone, Debug)]
pub struct Interface {
    /// The platform's own name.
    pub name: String,
    /// The zone it leads into.
    pub zone: ZoneId,
    /// The device's own addresses there.
    pub addresses: Vec<(IpAddr, Span)>,
    /// Where it is written.
    pub span: Span,
}

/// Who may manage an enforcement point.
#[derive(Clone, Debug)]
pub struct Manage {
    /// From where.
    pub from: Endpoint,
    /// With what.
    pub service: ServiceUse,
    /// The whole statement.
    pub span: Span,
}

/// What a device itself speaks, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// The protocol.
    pub protocol: RunProtocol,
    /// The zones that it is limited to: it is spoken on the interfaces that lead into one of them. None where it is
    /// spoken on all interfaces.
    pub on: Option<BTreeSet<ZoneId>>,
}

impl Run {
    /// True where the protocol is spoken on the interfaces into a zone.
    pub fn is_on(&self, zone: ZoneId) -> bool {
        self.on.as_ref().is_none_or(|zones| zones.contains(&zone))
    }
}

/// A protocol that a device itself speaks, named by `run`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RunProtocol {
    /// OSPF v2 and v3: IP protocol 89 (RFC 2328, RFC 5340).
    Ospf,
    /// BGP: tcp 179 both ways (RFC 4271).
    Bgp,
    /// EIGRP: IP protocol 88 (RFC 7868).
    Eigrp,
    /// RIP: udp 520, RIPng: udp 521 (RFC 2453, RFC 2080).
    Rip,
    /// PIM: IP protocol 103 (RFC 7761).
    Pim,
    /// IGMP: IP protocol 2 (RFC 3376); MLD in IPv6 is ICMPv6 130 to 132 and 143 (RFC 3810).
    Igmp,
    /// HSRP: udp 1985 and 2029 to multicast.
    Hsrp,
    /// VRRP: IP protocol 112 (RFC 9568).
    Vrrp,
    /// BFD: udp 3784 and 4784 (RFC 5881, RFC 5883).
    Bfd,
    /// DHCP relay: clients' broadcasts (udp 68 -> 67, 546 -> 547) and the servers' answers (udp 67 -> 67, 547 -> 547).
    DhcpRelay,
    /// DHCP client: udp 67 -> 68, 547 -> 546.
    DhcpClient,
    /// DHCP server: udp 68 -> 67 and 67 -> 67, 546 -> 547 and 547 -> 547.
    DhcpServer,
    /// Answers echo requests to its own addresses.
    Ping,
    /// NTP client: replies from udp 123.
    Ntp,
    /// DNS client: replies from udp and tcp 53.
    Dns,
    /// RADIUS client: replies from udp 1812 and 1813.
    Radius,
    /// TACACS+ client: replies from tcp 49.
    Tacacs,
    /// Sends syslog (udp 514, tcp 6514): receives TCP replies only.
    Syslog,
}

impl RunProtocol {
    /// Every protocol with the word that names it in a policy.
    pub const ALL: [(&'static str, Self); 18] = [
        ("ospf", Self::Ospf),
        ("bgp", Self::Bgp),
        ("eigrp", Self::Eigrp),
        ("rip", Self::Rip),
        ("pim", Self::Pim),
        ("igmp", Self::Igmp),
        ("hsrp", Self::Hsrp),
        ("vrrp", Self::Vrrp),
        ("bfd", Self::Bfd),
        ("dhcp-relay", Self::DhcpRelay),
        ("dhcp-client", Self::DhcpClient),
        ("dhcp-server", Self::DhcpServer),
        ("ping", Self::Ping),
        ("ntp", Self::Ntp),
        ("dns", Self::Dns),
        ("radius", Self::Radius),
        ("tacacs", Self::Tacacs),
        ("syslog", Self::Syslog),
    ];

    /// The word that names it in a policy.
    pub fn word(self) -> &'static str {
        let mut all = Self::ALL.iter();
        all.find(|(_, other)| *other == self)
            .map_or("", |(word, _)| *word)
    }

    /// The protocol that a word names.
    pub fn of_word(word: &str) -> Option<Self> {
        let mut all = Self::ALL.iter();
        all.find(|(known, _)| *known == word)
            .map(|(_, protocol)| *protocol)
    }
}
