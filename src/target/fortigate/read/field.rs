//! The fields that objects may have. One that none of FortiOS's types has is a slip, whether the object is used or not.

use super::table::Table;
use super::{address, service};
use crate::packet::Family;

const ADDRESS: &[&str] = &["type", "subnet", "start-ip", "end-ip", "wildcard"];
const ADDRESS6: &[&str] = &["type", "ip6", "start-ip", "end-ip"];
const GROUP: &[&str] = &["type", "member", "exclude", "exclude-member"];
const SERVICE: &[&str] = &[
    "protocol-number",
    "icmptype",
    "icmpcode",
    "tcp-portrange",
    "udp-portrange",
    "sctp-portrange",
];

const LOCAL_IN: &[&str] = &[
    "action",
    "comments",
    "dstaddr",
    "dstaddr-negate",
    "ha-mgmt-intf-only",
    "internet-service-src",
    "internet-service-src-custom",
    "internet-service-src-custom-group",
    "internet-service-src-group",
    "internet-service-src-name",
    "internet-service-src-negate",
    "internet-service6-src",
    "internet-service6-src-custom",
    "internet-service6-src-custom-group",
    "internet-service6-src-group",
    "internet-service6-src-name",
    "internet-service6-src-negate",
    "intf",
    "logtraffic",
    "schedule",
    "service",
    "service-negate",
    "srcaddr",
    "srcaddr-negate",
    "status",
    "uuid",
    "virtual-patch",
];

/// Fields of addresses by name, place, tag or hardware, which are not modelled.
const OTHER_ADDRESS: &[&str] = &[
    "clearpass-spt",
    "country",
    "dirty",
    "end-mac",
    "epg-name",
    "filter",
    "fqdn",
    "fsso-group",
    "host",
    "hw-model",
    "hw-vendor",
    "interface",
    "macaddr",
    "node-ip-only",
    "obj-tag",
    "obj-type",
    "organization",
    "os",
    "policy-group",
    "route-tag",
    "sdn",
    "sdn-addr-type",
    "sdn-tag",
    "start-mac",
    "sub-type",
    "subnet-name",
    "sw-version",
    "tag-detection-level",
    "tag-type",
    "template",
    "tenant",
    "wildcard-fqdn",
];

/// Fields of services that look at more than the header, which are not modelled.
const OTHER_SERVICE: &[&str] = &[
    "app-category",
    "app-service-type",
    "application",
    "fqdn",
    "iprange",
    "proxy",
    "udplite-portrange",
];

/// True where an entry of the table may have the field. Firewall policies and zones
/// are checked when they are read.
pub fn is_known(table: Table, field: &str) -> bool {
    let lists: &[&[&str]] = match table {
        Table::Address(Family::V4) => &[ADDRESS, OTHER_ADDRESS, &address::PLAIN],
        Table::Address(Family::V6) => &[ADDRESS6, OTHER_ADDRESS, &address::PLAIN],
        Table::AddressGroup(_) => &[GROUP, &address::PLAIN],
        Table::Service => &[SERVICE, OTHER_SERVICE, &service::PLAIN],
        Table::ServiceGroup => &[&["member"], &service::PLAIN],
        Table::Schedule => &[&["start", "end", "day", "color", "uuid", "fabric-object"]],
        Table::LocalIn(_) => &[LOCAL_IN],
        // Of local-in policies alone.
        Table::Policy => return field != "intf",
        Table::Zone => return true,
    };
    lists.iter().any(|list| list.contains(&field))
}
