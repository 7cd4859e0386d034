//! Big rulesets are read in no time.

use std::fmt::Write;
use std::time::{Duration, Instant};

use super::read;

#[test]
fn ten_thousand_elements_and_a_thousand_chains_take_a_moment() {
    let mut text = "table inet t {\nset s {\ntype ipv4_addr . ipv4_addr . inet_proto . inet_service\nflags interval\nelements = { ".to_owned();
    for n in 0..10_000 {
        let _ = writeln!(
            text,
            "10.{}.{}.0/24 . 10.9.0.1 . tcp . {n} comment \"x\",",
            n / 250,
            n % 250
        );
    }
    text.push_str("}\n}\n");
    let names = 32;
    for n in 0..names * names {
        let _ = writeln!(
            text,
            "chain p{n} {{\nip saddr . ip daddr . meta l4proto . th dport @s accept\nip daddr 10.{}.0.0/16 tcp dport 443 accept\ndrop\n}}",
            n % 250
        );
        if n > 0 {
            text = text.replace(
                &format!("chain p{n} {{\nip saddr . ip daddr . meta l4proto . th dport @s accept\n"),
                &format!("chain p{n} {{\n"),
            );
        }
    }
    text.push_str("map d {\ntype ifname . ifname : verdict\nelements = { ");
    for n in 0..names * names {
        let _ = writeln!(text, "\"i{}\" . \"i{}\" : goto p{n},", n / names, n % names);
    }
    text.push_str("}\n}\nchain f {\ntype filter hook forward priority 0; policy drop;\nct state established,related accept\niifname . oifname vmap @d\n}\n}\n");
    let start = Instant::now();
    let read = read(&text);
    let taken = start.elapsed();
    assert_eq!(read.not_understood, []);
    assert_eq!(read.filters.len(), (names + 1) * (names + 1));
    let longest = read.filters.iter().map(|filter| filter.rules.len()).max();
    assert!(longest > Some(10_000));
    assert!(taken < Duration::from_secs(8), "{taken:?}");
}

#[test]
fn chains_that_explode_are_reported() {
    let mut text = "table inet t {\n".to_owned();
    for n in 0..15 {
        let jumps: String = (0..30)
            .map(|port| format!("tcp dport != {port} jump c{}\n", n + 1))
            .collect();
        let _ = writeln!(text, "chain c{n} {{\n{jumps}}}");
    }
    text.push_str("chain c15 {\ntcp dport 99 accept\n}\nchain f {\ntype filter hook forward priority 0; policy drop;\nct state established,related accept\njump c0\n}\n}\n");
    let start = Instant::now();
    let read = read(&text);
    assert!(
        read.not_understood.iter().any(|one| one.why.contains("too long")),
        "{:?}",
        read.not_understood
    );
    assert!(start.elapsed() < Duration::from_secs(60));
}
