//! Custom services. FortiOS takes port lists of TCP, UDP and SCTP in one service, but one ICMP type and code, and
//! one protocol number: a rule's service becomes a list of them. Names say what they hold, and never are those of
//! predefined services, which an administrator may have edited.

use std::collections::BTreeMap;

use serde::Serialize;

use super::text::object_name;
use crate::packet::{Family, IntervalSet, Region, ServiceSet, protocol};

/// The service that every packet has.
const ANY: &str = "svc_any";

/// A custom service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Service {
    /// `svc_https_<digest>`
    pub name: String,
    /// `443 8000-8010:1024-65535`: destination ports, and source ports where they matter. Empty for none.
    pub tcp: String,
    /// As for TCP.
    pub udp: String,
    /// As for TCP.
    pub sctp: String,
    /// `ICMP`, `ICMP6` or `IP`; empty for ports.
    pub protocol: &'static str,
    /// Protocol number, for `IP`: 0 stands for every protocol. Else empty.
    pub number: String,
    /// ICMP type; empty for every type.
    pub icmp_type: String,
    /// ICMP code; empty for every code.
    pub icmp_code: String,
}

/// A service without its name.
#[derive(Clone, Debug, Default)]
struct Shape {
    tcp: Vec<String>,
    udp: Vec<String>,
    sctp: Vec<String>,
    protocol: &'static str,
    number: Option<u8>,
    icmp_type: Option<u16>,
    icmp_code: Option<u16>,
}

impl Shape {
    /// What identifies it.
    fn content(&self) -> String {
        let number = |n: Option<u16>| n.map_or("any".to_owned(), |n| n.to_string());
        match self.protocol {
            "" => format!(
                "tcp {} udp {} sctp {}",
                self.tcp.join(","),
                self.udp.join(","),
                self.sctp.join(",")
            ),
            "IP" => format!("ip {}", number(self.number.map(u16::from))),
            icmp => format!("{icmp} {} {}", number(self.icmp_type), number(self.icmp_code)),
        }
    }
}

/// All services of a configuration, shared between its policies.
#[derive(Debug)]
pub struct Services {
    /// By name.
    pub services: BTreeMap<String, Service>,
    name_limit: usize,
    port_ranges: usize,
    most: usize,
}

/// The services of one rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceList {
    /// Their names, for `set service`.
    pub names: Vec<String>,
    /// What identifies them, whatever their names.
    pub content: String,
}

impl Services {
    /// None yet. `port_ranges` fit into one service, and at most `most` services into one policy.
    pub fn new(name_limit: usize, port_ranges: usize, most: usize) -> Self {
        Self {
            services: BTreeMap::new(),
            name_limit,
            port_ranges: port_ranges.max(1),
            most,
        }
    }

    /// Services that in packets of `families` are exactly `service`.
    ///
    /// # Errors
    /// What of it FortiOS cannot match.
    pub fn intern(
        &mut self,
        service: &ServiceSet,
        families: &[Family],
        author: &str,
    ) -> Result<ServiceList, String> {
        let full = ServiceSet::full();
        if families
            .iter()
            .all(|f| service.in_family(*f) == full.in_family(*f))
        {
            let shape = Shape {
                protocol: "IP",
                number: Some(0),
                ..Shape::default()
            };
            let content = shape.content();
            self.services.insert(ANY.to_owned(), named(ANY.to_owned(), shape));
            return Ok(ServiceList {
                names: vec![ANY.to_owned()],
                content,
            });
        }
        let here = match families {
            [family] => service.in_family(*family),
            _ => service.clone(),
        };
        let shapes = self.shapes(&here)?;
        let content = shapes.iter().map(Shape::content).collect::<Vec<_>>().join("; ");
        let names = shapes.into_iter().map(|shape| {
            let name = object_name("svc", author, &shape.content(), self.name_limit);
            self.services.insert(name.clone(), named(name.clone(), shape));
            name
        });
        Ok(ServiceList {
            names: names.collect(),
            content,
        })
    }

    fn shapes(&self, service: &ServiceSet) -> Result<Vec<Shape>, String> {
        let most = self.most;
        let too_many =
            || format!("a service that takes more than {most} FortiOS services (`limits.services`)");
        let mut shapes = self.port_shapes(service).ok_or_else(too_many)?;
        for (region, protocol) in [(&service.icmp, "ICMP"), (&service.icmpv6, "ICMP6")] {
            shapes.extend(icmp_shapes(region, protocol, most).ok_or_else(too_many)?);
        }
        if service.other.contains(0) {
            return Err("IP protocol 0, which FortiOS takes for every protocol".to_owned());
        }
        if service.other.contains(u8::MAX) {
            return Err("IP protocol 255: FortiOS matches protocol numbers up to 254".to_owned());
        }
        shapes.extend(numbers(&service.other).map(|number| Shape {
            protocol: "IP",
            number: Some(number),
            ..Shape::default()
        }));
        if shapes.len() > most {
            return Err(too_many());
        }
        Ok(shapes)
    }

    /// Services of ports, as many ranges in each as fit. None where they are too many.
    fn port_shapes(&self, service: &ServiceSet) -> Option<Vec<Shape>> {
        let room = self.port_ranges.saturating_mul(self.most);
        let mut tokens: Vec<(usize, String)> = Vec::new();
        for (list, region) in [&service.tcp, &service.udp, &service.sctp]
            .into_iter()
            .enumerate()
        {
            let wanted: usize = region
                .rows()
                .iter()
                .map(|(sources, destinations)| {
                    sources.ranges().len().saturating_mul(destinations.ranges().len())
                })
                .fold(tokens.len(), usize::saturating_add);
            if wanted > room {
                return None;
            }
            tokens.extend(port_tokens(region).map(|token| (list, token)));
        }
        let shapes = tokens.chunks(self.port_ranges).map(|chunk| {
            let mut shape = Shape::default();
            for (list, token) in chunk {
                let ports = match list {
                    0 => &mut shape.tcp,
                    1 => &mut shape.udp,
                    _ => &mut shape.sctp,
                };
                ports.push(token.clone());
            }
            shape
        });
        Some(shapes.collect())
    }
}

/// True where one list of services says what `service` means in both families. Services by protocol number
/// match either family: number 1 would take all of ICMP with it, number 58 all of ICMPv6.
pub fn same_in_both(service: &ServiceSet) -> bool {
    let full = ServiceSet::full();
    let safe =
        |number: u8, region: &Region, whole: &Region| !service.other.contains(number) || region == whole;
    safe(protocol::ICMP, &service.icmp, &full.icmp) && safe(protocol::ICMPV6, &service.icmpv6, &full.icmpv6)
}

/// `dst[-dst][:src[-src]]`, one for each rectangle.
fn port_tokens(region: &Region) -> impl Iterator<Item = String> {
    region.rows().iter().flat_map(|(sources, destinations)| {
        destinations.ranges().iter().flat_map(move |destination| {
            sources.ranges().iter().map(move |source| {
                let to = span(*destination);
                if *source == (0, u16::MAX) {
                    to
                } else {
                    format!("{to}:{}", span(*source))
                }
            })
        })
    })
}

fn span((first, last): (u16, u16)) -> String {
    if first == last {
        first.to_string()
    } else {
        format!("{first}-{last}")
    }
}

/// One service a type and code; none where they are more than `most`.
fn icmp_shapes(region: &Region, protocol: &'static str, most: usize) -> Option<Vec<Shape>> {
    let byte = IntervalSet::range(0, 255);
    let shape = |icmp_type, icmp_code| Shape {
        protocol,
        icmp_type,
        icmp_code,
        ..Shape::default()
    };
    let mut shapes = Vec::new();
    for (types, codes) in region.rows() {
        if *types == byte && *codes == byte {
            return Some(vec![shape(None, None)]);
        }
        for icmp_type in numbers(types) {
            if *codes == byte {
                shapes.push(shape(Some(icmp_type), None));
            } else {
                shapes.extend(numbers(codes).map(|code| shape(Some(icmp_type), Some(code))));
            }
            if shapes.len() > most {
                return None;
            }
        }
    }
    Some(shapes)
}

fn numbers<T: crate::packet::Ordinal>(set: &IntervalSet<T>) -> impl Iterator<Item = T> {
    set.ranges().iter().flat_map(|(first, last)| {
        std::iter::successors(Some(*first), move |n| n.next().filter(|next| next <= last))
    })
}

fn named(name: String, shape: Shape) -> Service {
    Service {
        name,
        tcp: shape.tcp.join(" "),
        udp: shape.udp.join(" "),
        sctp: shape.sctp.join(" "),
        protocol: shape.protocol,
        number: shape.number.map(|n| n.to_string()).unwrap_or_default(),
        icmp_type: shape.icmp_type.map(|n| n.to_string()).unwrap_or_default(),
        icmp_code: shape.icmp_code.map(|n| n.to_string()).unwrap_or_default(),
    }
}
