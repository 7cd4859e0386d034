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
