//! No text makes the reader panic or hang.

use std::time::{Duration, Instant};

use septum::target::Owned;

use super::super::plans::*;
use super::read;

const SOUP: &[&str] = &[
    "table",
    "inet",
    "ip",
    "chain",
    "add",
    "flush",
    "delete",
    "element",
    "rule",
    "set",
    "map",
    "{",
    "}",
    ";",
    "\n",
    ",",
    ".",
    ":",
    "t",
    "c",
    "s",
    "@s",
    "type",
    "filter",
    "hook",
    "forward",
    "input",
    "priority",
    "0",
    "policy",
    "drop",
    "accept",
    "goto",
    "jump",
    "return",
    "vmap",
    "tcp",
    "dport",
    "sport",
    "saddr",
    "daddr",
    "ip6",
    "10.0.0.0/8",
    "10.0.0.1-10.0.0.9",
    "::1",
    "22",
    "1-65535",
    "!=",
    "<",
    ">=",
    "ct",
    "state",
    "new",
    "established",
    "established,related",
    "\"",
    "\"lo\"",
    "iifname",
    "oifname",
    "meta",
    "l4proto",
    "th",
    "elements",
    "=",
    "ipv4_addr",
    "ifname",
    "verdict",
    "interval",
    "flags",
    "limit",
    "rate",
    "10/second",
    "counter",
    "log",
    "comment",
    "\"x\"",
    "#",
    "\r",
    "\\",
    "é",
    "0x",
    "-",
    "*",
    "99999999999999999999",
];

#[test]
fn soups_of_tokens_do_no_harm() {
    arbtest::arbtest(|u| {
        let mut text = String::new();
        for _ in 0..u.int_in_range(0..=200)? {
            text.push_str(u.choose::<&str>(SOUP)?);
            text.push(if u.ratio(1, 8)? { '\n' } else { ' ' });
        }
        let start = Instant::now();
        let _ = read(&text);
        assert!(start.elapsed() < Duration::from_secs(5), "{text}");
        Ok(())
    })
    .budget_ms(3_000);
}

#[test]
fn broken_files_do_no_harm() {
    let file = emit(&busy(30), &Owned::new()).text;
    let lines: Vec<&str> = file.lines().collect();
    arbtest::arbtest(|u| {
        let mut lines = lines.clone();
        for _ in 0..u.int_in_range(1..=6)? {
            let at = u.choose_index(lines.len())?;
            match u.int_in_range(0..=3)? {
                0 => drop(lines.remove(at)),
                1 => lines.insert(at, u.choose::<&str>(SOUP)?),
                2 => lines.truncate(at.max(1)),
                _ => {
                    let cut = u.choose_index(lines[at].len() + 1)?;
                    lines[at] = lines[at].get(..cut).unwrap_or_default();
                }
            }
        }
        let _ = read(&lines.join("\n"));
        Ok(())
    })
    .budget_ms(3_000);
}

#[test]
fn deep_and_endless_texts_do_no_harm() {
    for text in [
        "{".repeat(100_000),
        "}".repeat(100_000),
        "table inet t { ".repeat(20_000),
        "\"".repeat(100_001),
        format!(
            "table inet t {{ chain c {{ {} }} }}",
            "tcp dport 1 accept;".repeat(20_000)
        ),
        format!("add rule {}", "ip saddr . ".repeat(50_000)),
        "\\\n".repeat(100_000),
    ] {
        let start = Instant::now();
        let _ = read(&text);
        assert!(start.elapsed() < Duration::from_secs(10), "{}", &text[..30]);
    }
}
