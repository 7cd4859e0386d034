//! What lists take in hardware.

use septum::packet::{IntervalSet, ServiceSet};
use septum::target::cisco_ios::CiscoIos;
use septum::target::{Emitted, Owned, Platform, Usage};

use super::plans::{allow, device, pair, set, side, tcp};

/// Two clients and three servers of IPv4 and two of IPv6.
fn emitted(service: ServiceSet, change: impl Fn(String) -> String) -> Emitted {
    let clients = "10.1.0.0/24 10.1.4.0/24 2001:db8:1::/64";
    let servers = "10.2.0.1/32 10.2.0.8/32 10.2.1.1/32 2001:db8:2::1/128 2001:db8:2::8/128";
    let sides = vec![
        side("a", "Vlan10", set("10.1.0.0/16 2001:db8:1::/48"), &[]),
        side("b", "Vlan20", set("10.2.0.0/16 2001:db8:2::/48"), &[]),
    ];
    let rules = vec![allow("his", clients, servers, service)];
    let plan = device(
        set("10.0.0.0/8 2001:db8::/32"),
        sides,
        vec![pair(0, 1, rules, vec![])],
    );
    let mut assets = CiscoIos.assets();
    assets.capability = change(assets.capability);
    CiscoIos.emit(&plan, &assets, &Owned::new()).unwrap()
}

fn used(emitted: &Emitted, place: &str, what: &str) -> usize {
    let rows = emitted.usage.iter();
    let mut rows = rows.filter(|usage| usage.place == place && usage.what == what);
    rows.next().map_or(0, |usage| usage.used)
}

#[test]
fn groups_take_an_entry_for_each_pair_of_members_unless_software_searches_them() {
    let plain = emitted(tcp(443), |text| text);
    let groups = |text: String| text.replace("object_groups: false", "object_groups: true");
    let grouped = emitted(tcp(443), groups);
    let searched = emitted(tcp(443), |text| {
        groups(text).replace("expands_object_groups: true", "expands_object_groups: false")
    });
    assert!(grouped.counts["acl-entries"] < plain.counts["acl-entries"]);
    for (place, pairs, width) in [("Vlan10 in IPv4", 2 * 3, 1), ("Vlan10 in IPv6", 2, 2)] {
        let of = |emitted| used(emitted, place, "tcam-entries");
        assert_eq!(of(&plain), of(&grouped), "{place}");
        assert_eq!(of(&searched) + (pairs - 1) * width, of(&grouped), "{place}");
    }
}

#[test]
fn ipv4_entries_take_one_place_and_ipv6_entries_as_many_as_the_capability_file_says() {
    let two = emitted(tcp(443), |text| text);
    let one = emitted(tcp(443), |text| {
        text.replace("ipv6_entry_places: 2", "ipv6_entry_places: 1")
    });
    let v6 = |emitted| used(emitted, "Vlan10 in IPv6", "tcam-entries");
    assert_eq!(v6(&two), 2 * v6(&one));
    let all: usize = one.usage.iter().map(|usage| usage.used).sum();
    assert_eq!(
        all, one.counts["acl-entries"],
        "no groups, no ranges, one place each"
    );
}

#[test]
fn a_range_counts_once_for_source_and_once_for_destination() {
    let range = || IntervalSet::range(8000, 8080);
    let none = emitted(tcp(443), |text| text);
    let once = emitted(ServiceSet::tcp(IntervalSet::full(), range()), |text| text);
    let twice = emitted(ServiceSet::tcp(range(), range()), |text| text);
    let count = |emitted| used(emitted, "Vlan10 in IPv4", "port-ranges");
    assert_eq!((count(&none), count(&once), count(&twice)), (0, 1, 2));
}

#[test]
fn the_fullest_place_is_the_one_with_the_largest_share() {
    let row = |place: &str, used, most| Usage {
        place: place.to_owned(),
        what: "tcam-entries".to_owned(),
        used,
        most,
    };
    let all = [
        row("a", 90, 100),
        row("b", 9, 9),
        row("c", 9, 9),
        row("d", 500, 1000),
    ];
    let fullest = Usage::fullest(&all).unwrap();
    assert_eq!((fullest.place.as_str(), fullest.percent()), ("b", 100));
    assert_eq!(row("e", 1001, 1000).percent(), 101);
    assert!(Usage::fullest(&[]).is_none());
}
