//! Depths and sizes that no policy needs, and an attacker may try.

use std::fmt::Write;

use crate::sample;

#[test]
fn groups_that_name_groups_end_somewhere() {
    let mut text = String::from("group g0 = 10.0.0.1\n");
    for depth in 1..5_000 {
        let _ = writeln!(text, "group g{depth} = g{}", depth - 1);
    }
    // In this order every group finds the one below it resolved.
    assert!(sample::policy(&text).codes().is_empty());
    let backwards: Vec<&str> = text.lines().rev().collect();
    let codes = sample::policy(&backwards.join("\n")).codes();
    assert!(codes.contains(&"group-depth"), "{codes:?}");
}

#[test]
fn services_that_name_services_end_somewhere() {
    let mut text = String::new();
    for depth in (1..5_000).rev() {
        let _ = writeln!(text, "service s{depth} = s{}", depth - 1);
    }
    text.push_str("service s0 = tcp 1\n");
    let codes = sample::policy(&text).codes();
    assert!(codes.contains(&"service-depth"), "{codes:?}");
}

/// Destination ports that stand apart, each from source ports of its own: in pairs, as many as the square.
fn staircase(steps: u32) -> Vec<String> {
    let step = |n: u32| format!("tcp {} from {}-{}", 2 * n + 1, n + 1, n + 32_768);
    (0..steps).map(step).collect()
}

#[test]
fn services_of_too_many_pairs_of_ports_are_refused() {
    let small = format!("service s = {}\n", staircase(100).join(", "));
    assert_eq!(sample::policy(&small).codes(), Vec::<&str>::new());
    let large = format!("service s = {}\n", staircase(20_000).join(", "));
    assert_eq!(sample::policy(&large).codes(), ["service-size"]);
}

#[test]
fn services_of_many_single_pairs_of_ports_are_read() {
    let pairs: Vec<String> = (1..=20_000)
        .map(|port| format!("tcp {port} from {port}"))
        .collect();
    let text = format!("service s = {}\n", pairs.join(", "));
    assert_eq!(sample::policy(&text).codes(), Vec::<&str>::new());
}

#[test]
fn a_long_line_of_zones_within_zones_is_read_in_time() {
    let mut text = String::from("zone z8 { subnet 0.0.0.0/8 }\n");
    for length in 9..=32 {
        let _ = writeln!(
            text,
            "zone z{length} {{ subnet 0.0.0.0/{length}; within z{} }}",
            length - 1
        );
    }
    let loaded = sample::policy(&text);
    assert_eq!(loaded.codes(), Vec::<&str>::new());
    let owned: Vec<u128> = loaded
        .policy
        .zones
        .iter()
        .map(|zone| zone.addresses.v4.count())
        .collect();
    assert_eq!(owned.first(), Some(&(1 << 23)));
    assert_eq!(owned.last(), Some(&1));
}

#[test]
fn zones_within_zones_end_somewhere() {
    let mut text = String::from("zone z0 { subnet 10.0.0.0/8 }\n");
    for depth in 1..20_000 {
        let _ = writeln!(
            text,
            "zone z{depth} {{ subnet 10.0.0.0/{}; within z{} }}",
            8 + depth % 24,
            depth - 1
        );
    }
    let codes = sample::policy(&text).codes();
    assert!(!codes.is_empty());
    assert!(codes.iter().all(|code| *code == "zone-depth"), "{codes:?}");
}

#[test]
fn a_long_circle_of_zones_is_broken_once() {
    let mut text = String::new();
    for zone in 0..20_000 {
        let (high, low) = (zone / 256, zone % 256);
        let next = (zone + 1) % 20_000;
        let _ = writeln!(
            text,
            "zone z{zone} {{ subnet 10.{high}.{low}.0/24; within z{next} }}"
        );
    }
    let codes = sample::policy(&text).codes();
    let circles = codes.iter().filter(|code| **code == "within-itself").count();
    assert_eq!(circles, 1);
}

/// Random zones in each other, inside the zones around them or not: each owns its prefixes less those of all zones in it,
/// and its name stands for what it and these own.
#[test]
fn a_zone_owns_what_no_zone_in_it_claims() {
    arbtest::arbtest(|u| {
        let count: u8 = u.int_in_range(1..=7)?;
        let mut text = String::new();
        let mut zones: Vec<(Option<u8>, u32, u32)> = Vec::new();
        for zone in 0..count {
            let length = u.int_in_range(26..=31)?;
            let first = u.int_in_range(0..=63)? & !((1 << (32 - length)) - 1);
            let outer = match zone {
                0 => None,
                _ => u.arbitrary::<bool>()?.then_some(u.int_in_range(0..=zone - 1)?),
            };
            let within = outer
                .map(|outer| format!("; within z{outer}"))
                .unwrap_or_default();
            let _ = writeln!(text, "zone z{zone} {{ subnet 10.0.0.{first}/{length}{within} }}");
            let _ = writeln!(text, "group g{zone} = z{zone}");
            zones.push((outer, first, first + (1 << (32 - length)) - 1));
        }
        let lies_in = |zone: usize, around: usize| {
            let mut at = zones[zone].0;
            while let Some(outer) = at.filter(|outer| usize::from(*outer) != around) {
                at = zones[usize::from(outer)].0;
            }
            at.is_some()
        };
        let loaded = sample::policy(&text);
        for (zone, found) in loaded.policy.zones.iter().enumerate() {
            let others: Vec<usize> = (0..zones.len()).filter(|other| lies_in(*other, zone)).collect();
            for host in 0..64 {
                let claims = |zone: usize| (zones[zone].1..=zones[zone].2).contains(&host);
                let owns = claims(zone) && !others.iter().any(|other| claims(*other));
                assert_eq!(found.addresses.v4.contains(0x0a00_0000 + host), owns, "{text}");
            }
        }
        Ok(())
    })
    .budget_ms(800);
}
