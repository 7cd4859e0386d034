//! Names of ICMP types (<https://www.iana.org/assignments/icmp-parameters>,
//! <https://www.iana.org/assignments/icmpv6-parameters>).

const V4: &[(&str, u8)] = &[
    ("address-mask-reply", 18),
    ("address-mask-request", 17),
    ("destination-unreachable", 3),
    ("echo-reply", 0),
    ("echo-request", 8),
    ("parameter-problem", 12),
    ("redirect", 5),
    ("router-advertisement", 9),
    ("router-solicitation", 10),
    ("source-quench", 4),
    ("time-exceeded", 11),
    ("timestamp-reply", 14),
    ("timestamp-request", 13),
];

const V6: &[(&str, u8)] = &[
    ("destination-unreachable", 1),
    ("echo-reply", 129),
    ("echo-request", 128),
    ("mld-listener-done", 132),
    ("mld-listener-query", 130),
    ("mld-listener-report", 131),
    ("mld2-listener-report", 143),
    ("nd-neighbor-advert", 136),
    ("nd-neighbor-solicit", 135),
    ("nd-redirect", 137),
    ("nd-router-advert", 134),
    ("nd-router-solicit", 133),
    ("packet-too-big", 2),
    ("parameter-problem", 4),
    ("time-exceeded", 3),
];

fn table(v6: bool) -> &'static [(&'static str, u8)] {
    if v6 { V6 } else { V4 }
}

/// The type of a name or decimal number.
pub(super) fn number(v6: bool, name: &str) -> Option<u8> {
    name.parse().ok().or_else(|| {
        table(v6)
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(_, number)| *number)
    })
}

/// Every name of a family.
pub(super) fn names(v6: bool) -> impl Iterator<Item = &'static str> {
    table(v6).iter().map(|(name, _)| *name)
}
