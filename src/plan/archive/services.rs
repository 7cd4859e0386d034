//! Services in an archive.

use serde::{Deserialize, Serialize};

use crate::packet::{IntervalSet, Region, ServiceSet};

type Rectangles = Vec<(Vec<(u16, u16)>, Vec<(u16, u16)>)>;

/// A service, protocol by protocol.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct ArchivedService {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tcp: Rectangles,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    udp: Rectangles,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    sctp: Rectangles,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    icmp: Rectangles,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    icmpv6: Rectangles,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    other: Vec<(u8, u8)>,
}

impl ArchivedService {
    pub(super) fn of(set: &ServiceSet) -> Self {
        let rectangles = |region: &Region| -> Rectangles {
            region
                .rows()
                .iter()
                .map(|(a, b)| (a.ranges().to_vec(), b.ranges().to_vec()))
                .collect()
        };
        Self {
            tcp: rectangles(&set.tcp),
            udp: rectangles(&set.udp),
            sctp: rectangles(&set.sctp),
            icmp: rectangles(&set.icmp),
            icmpv6: rectangles(&set.icmpv6),
            other: set.other.ranges().to_vec(),
        }
    }

    pub(super) fn restored(&self) -> ServiceSet {
        let region = |rectangles: &Rectangles, limit: u16| {
            let within = IntervalSet::range(0, limit);
            rectangles.iter().fold(Region::empty(), |union, (first, second)| {
                let numbers = |ranges: &[(u16, u16)]| {
                    IntervalSet::from_ranges(ranges.iter().copied()).intersection(&within)
                };
                union.union(&Region::product(numbers(first), numbers(second)))
            })
        };
        ServiceSet {
            tcp: region(&self.tcp, u16::MAX),
            udp: region(&self.udp, u16::MAX),
            sctp: region(&self.sctp, u16::MAX),
            icmp: region(&self.icmp, 255),
            icmpv6: region(&self.icmpv6, 255),
            other: IntervalSet::from_ranges(self.other.iter().copied())
                .intersection(&ServiceSet::other_protocols()),
        }
    }
}
