//! Whatever the text: an answer, and soon.

use arbtest::arbitrary::{Result, Unstructured};
use septum::target::Platform;
use septum::target::cisco_ios::CiscoIos;

const WORDS: &[&str] = &[
    "interface",
    "Gi0/1",
    "Vlan10",
    "ip",
    "ipv6",
    "access-list",
    "extended",
    "access-group",
    "traffic-filter",
    "in",
    "out",
    "T",
    "permit",
    "deny",
    "tcp",
    "udp",
    "icmp",
    "any",
    "host",
    "10.0.0.0",
    "0.0.255.255",
    "255.255.255.255",
    "85.85.85.85",
    "2001:db8::/32",
    "::1",
    "eq",
    "neq",
    "gt",
    "lt",
    "range",
    "80",
    "65535",
    "0",
    "www",
    "echo",
    "established",
    "log",
    "fragments",
    "sequence",
    "10",
    "20",
    "4294967295",
    "remark",
    "no",
    "object-group",
    "network",
    "v6-network",
    "2001:db8::/32",
    "service",
    "group-object",
    "G",
    "description",
    "exit",
    "end",
    "!",
    "banner",
    "motd",
    "^C",
    "é",
    "\u{0}",
    "resequence",
    "101",
    "router",
    "ospf",
    "match-any",
    "+ack",
    "+rst",
    "evaluate",
    "reflect",
    "dscp",
    "/24",
    "/",
];

fn text(u: &mut Unstructured<'_>) -> Result<String> {
    let mut text = String::new();
    for _ in 0..u.int_in_range(0..=60)? {
        if u.arbitrary()? {
            text.push(' ');
        }
        // Mostly lines that begin as lines do.
        text.push_str(u.choose(&[
            "",
            "interface Gi0/1",
            "ip access-list extended T",
            "ipv6 access-list T",
            "object-group network G",
            "object-group v6-network G",
            "object-group service G",
            "permit ip any any",
            "permit tcp any any",
            "ip access-group T in",
            "access-list 101",
        ])?);
        for _ in 0..u.int_in_range(0..=8)? {
            text.push_str(u.choose(&[" ", "  ", "\t"])?);
            text.push_str(u.choose(WORDS)?);
        }
        text.push_str(u.choose(&["\n", "\r\n", "\r", "\n\n"])?);
    }
    Ok(text)
}

fn sane(text: &str) {
    let read = CiscoIos.read(text);
    let count = text.lines().count();
    assert!(
        read.not_understood
            .iter()
            .all(|report| (1..=count).contains(&report.line))
    );
    assert!(
        read.not_understood
            .iter()
            .all(|report| report.text.chars().count() <= 200 && !report.why.is_empty())
    );
    assert!(
        read.filters
            .iter()
            .flat_map(|filter| filter.rules.iter())
            .all(|rule| rule.line >= 1)
    );
    assert_eq!(read, CiscoIos.read(text));
}

#[test]
fn words_in_any_order_are_read_or_reported() {
    arbtest::arbtest(|u| {
        sane(&text(u)?);
        Ok(())
    })
    .budget_ms(2_000)
    .size_max(8_000);
}

#[test]
fn bytes_in_any_order_are_read_or_reported() {
    arbtest::arbtest(|u| {
        let bytes: Vec<u8> = u.arbitrary()?;
        sane(&String::from_utf8_lossy(&bytes));
        Ok(())
    })
    .budget_ms(500);
}

#[test]
fn what_grows_without_bound_is_refused() {
    // Each wildcard falls into 4096 ranges.
    let mut wildcards = String::from("interface Vlan1\n ip access-group T in\nip access-list extended T\n");
    for index in 0..2_000 {
        let (high, low) = (index / 256, index % 256);
        wildcards.push_str(&format!(" permit ip {high}.{low}.0.0 0.0.255.30 any\n"));
    }
    assert!(!CiscoIos.read(&wildcards).not_understood.is_empty());
    // Groups that hold the next one twice.
    let mut groups = String::new();
    for index in 0..200 {
        groups.push_str(&format!(
            "object-group network G{index}\n group-object G{}\n group-object G{}\n",
            index + 1,
            index + 1
        ));
    }
    groups.push_str("object-group network G200\n host 10.0.0.1\n");
    groups.push_str(
        "ip access-list extended T\n permit ip object-group G0 any\ninterface Vlan1\n ip access-group T in\n",
    );
    assert_eq!(CiscoIos.read(&groups).not_understood.len(), 1);
    // Every line is wrong.
    assert!(CiscoIos.read(&"x\n".repeat(200_000)).not_understood.len() <= 10_000);
    // Numbers downwards.
    let mut down = String::from("ip access-list extended T\n");
    for index in (1..50_000).rev() {
        down.push_str(&format!(" {index} permit udp any any eq {index}\n"));
    }
    assert_eq!(CiscoIos.read(&down).not_understood, []);
}
