//! Rules that look into sets and maps of random elements, which commands added, deleted and flushed: they are read as a
//! naive walk over the same commands and rules decides, whether elements are read together or line by line.

use std::fmt::Write as _;
use std::net::IpAddr;

use arbtest::arbitrary::{Result, Unstructured};
use arbtest::arbtest;
use septum::packet::{Packet, PacketRule, permits};
use septum::target::Platform as _;
use septum::target::nftables::Nftables;

use super::{forward, read};

/// What a test looks at, with the most a value can be. Values are small, so that elements meet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Look {
    Source(u8),
    Destination(u8),
    Protocol,
    Port,
    TcpPort,
    In,
}

/// A packet, by small numbers.
#[derive(Clone, Copy, Debug)]
struct Small {
    source: u8,
    destination: u8,
    protocol: u8,
    port: u8,
    from: u8,
}

impl Look {
    fn text(self) -> String {
        let mask = |field: &str, bits: u8| match bits {
            0 => field.to_owned(),
            _ => format!("{field} & 255.255.255.{}", 255 << bits & 255),
        };
        match self {
            Self::Source(bits) => mask("ip saddr", bits),
            Self::Destination(bits) => mask("ip daddr", bits),
            Self::Protocol => "meta l4proto".to_owned(),
            Self::Port => "th dport".to_owned(),
            Self::TcpPort => "tcp dport".to_owned(),
            Self::In => "iifname".to_owned(),
        }
    }

    fn kind(self) -> &'static str {
        match self {
            Self::Source(_) | Self::Destination(_) => "ipv4_addr",
            Self::Protocol => "inet_proto",
            Self::Port | Self::TcpPort => "inet_service",
            Self::In => "ifname",
        }
    }

    fn value(self, packet: Small) -> Option<u8> {
        Some(match self {
            Self::Source(bits) => packet.source >> bits << bits,
            Self::Destination(bits) => packet.destination >> bits << bits,
            Self::Protocol => packet.protocol,
            Self::Port => packet.port,
            Self::TcpPort if packet.protocol == 6 => packet.port,
            Self::TcpPort => return None,
            Self::In => packet.from,
        })
    }

    fn random(self, u: &mut Unstructured<'_>, ranges: bool) -> Result<(u8, u8)> {
        let most = match self {
            Self::Source(_) | Self::Destination(_) => 7,
            Self::Protocol => return Ok(*u.choose(&[(6, 6), (17, 17)])?),
            Self::Port | Self::TcpPort => 3,
            Self::In => return u.int_in_range(0..=1).map(|n| (n, n)),
        };
        let first = u.int_in_range(0..=most)?;
        let last = if ranges && u.ratio(1, 2)? {
            u.int_in_range(first..=most)?
        } else {
            first
        };
        Ok((first, last))
    }

    fn write(self, (first, last): (u8, u8)) -> String {
        let one = |value: u8| match self {
            Self::Source(_) | Self::Destination(_) => format!("10.0.0.{value}"),
            Self::In => format!("\"i{value}\""),
            _ => value.to_string(),
        };
        if first == last {
            one(first)
        } else {
            format!("{}-{}", one(first), one(last))
        }
    }
}

type Key = Vec<(u8, u8)>;

const LOOKS: [&[Look]; 9] = [
    &[Look::Source(0)],
    &[Look::Destination(1)],
    &[Look::Source(0), Look::Destination(0)],
    &[Look::Source(2), Look::Destination(1)],
    &[Look::Destination(0), Look::Protocol, Look::Port],
    &[Look::Source(0), Look::Destination(1), Look::Protocol, Look::Port],
    &[Look::Source(0), Look::TcpPort],
    &[Look::In, Look::Source(0)],
    &[Look::In],
];

const VERDICTS: [&str; 6] = ["accept", "drop", "continue", "return", "jump c0", "jump c1"];

/// A set, or a map: what its elements lead to, by the number of a verdict.
#[derive(Debug)]
struct Table {
    looks: &'static [Look],
    map: bool,
    ranges: bool,
    there: Vec<(Key, usize)>,
}

impl Table {
    fn key(&self, u: &mut Unstructured<'_>) -> Result<Key> {
        self.looks
            .iter()
            .map(|look| look.random(u, self.ranges))
            .collect()
    }

    fn write(&self, key: &Key) -> String {
        let parts = self.looks.iter().zip(key).map(|(look, range)| look.write(*range));
        parts.collect::<Vec<_>>().join(" . ")
    }

    fn field(&self) -> String {
        self.looks
            .iter()
            .map(|look| look.text())
            .collect::<Vec<_>>()
            .join(" . ")
    }

    /// The verdict of the element that holds a packet. None where the packet has not all fields.
    fn find(&self, packet: Small) -> Option<Option<usize>> {
        let values: Vec<u8> = self
            .looks
            .iter()
            .map(|look| look.value(packet))
            .collect::<Option<_>>()?;
        let holds = |key: &Key| {
            key.iter()
                .zip(&values)
                .all(|((a, b), value)| a <= value && value <= b)
        };
        Some(
            self.there
                .iter()
                .find(|(key, _)| holds(key))
                .map(|(_, verdict)| *verdict),
        )
    }

    fn clashes(&self, key: &Key) -> bool {
        let overlap = |other: &Key| key.iter().zip(other).all(|((a, b), (c, d))| a <= d && c <= b);
        self.there.iter().any(|(other, _)| other != key && overlap(other))
    }

    /// A key that stands beside those that are there.
    fn fresh(&self, u: &mut Unstructured<'_>) -> Result<Option<Key>> {
        let key = self.key(u)?;
        Ok((!self.ranges || !self.clashes(&key)).then_some(key))
    }
}

#[derive(Debug)]
struct Test {
    table: usize,
    negated: bool,
    verdict: usize,
}

fn declared(u: &mut Unstructured<'_>, number: usize, text: &mut String) -> Result<Table> {
    let looks = *u.choose(&LOOKS)?;
    let table = Table {
        looks,
        map: u.ratio(1, 2)?,
        ranges: u.ratio(1, 3)?,
        there: Vec::new(),
    };
    let kinds: Vec<&str> = looks.iter().map(|look| look.kind()).collect();
    let flags = if table.ranges { " flags interval;" } else { "" };
    let (word, verdict) = if table.map {
        ("map", " : verdict")
    } else {
        ("set", "")
    };
    writeln!(
        text,
        "add {word} inet t s{number} {{ type {}{verdict};{flags} }}",
        kinds.join(" . ")
    )
    .unwrap();
    Ok(table)
}

fn commands(u: &mut Unstructured<'_>, tables: &mut [Table], text: &mut String) -> Result<()> {
    for _ in 0..u.int_in_range(0..=40)? {
        let number = u.choose_index(tables.len())?;
        let table = &mut tables[number];
        match u.int_in_range(0..=11)? {
            0 if u.ratio(1, 4)? => {
                writeln!(
                    text,
                    "flush {} inet t s{number}",
                    if table.map { "map" } else { "set" }
                )
                .unwrap();
                table.there.clear();
            }
            // Nothing is taken from a set of ranges.
            1 | 2 if !table.ranges && !table.there.is_empty() => {
                let (key, _) = table.there.remove(u.choose_index(table.there.len())?);
                writeln!(
                    text,
                    "delete element inet t s{number} {{ {} }}",
                    table.write(&key)
                )
                .unwrap();
            }
            3 if !table.ranges => {
                let Some(key) = table.fresh(u)? else { continue };
                writeln!(
                    text,
                    "destroy element inet t s{number} {{ {} }}",
                    table.write(&key)
                )
                .unwrap();
                table.there.retain(|(other, _)| *other != key);
            }
            _ => {
                let Some(key) = table.fresh(u)? else { continue };
                let before = table
                    .there
                    .iter()
                    .find(|(other, _)| *other == key)
                    .map(|(_, verdict)| *verdict);
                let verdict = match before {
                    Some(verdict) => verdict,
                    None => u.choose_index(VERDICTS.len())?,
                };
                let to = if table.map {
                    format!(" : {}", VERDICTS[verdict])
                } else {
                    String::new()
                };
                writeln!(
                    text,
                    "add element inet t s{number} {{ {}{to} }}",
                    table.write(&key)
                )
                .unwrap();
                if before.is_none() {
                    table.there.push((key, verdict));
                }
            }
        }
    }
    Ok(())
}

fn chain(
    u: &mut Unstructured<'_>,
    tables: &[Table],
    most: usize,
    chain: &str,
    text: &mut String,
) -> Result<Vec<Test>> {
    let mut tests = Vec::new();
    for _ in 0..u.int_in_range(1..=4)? {
        let number = u.choose_index(tables.len())?;
        let table = &tables[number];
        let maps_far = table.map && table.there.iter().any(|(_, verdict)| *verdict >= most);
        if maps_far {
            continue;
        }
        // Interfaces are negated by themselves alone.
        let known = !table.looks.contains(&Look::In) || table.looks.len() == 1;
        let negated = !table.map && known && u.ratio(1, 3)?;
        let verdict = u.choose_index(most)?;
        // What is written where the rule stands is the same as what has a name; masked alone it is another thing.
        let masked = matches!(table.looks, [Look::Source(1..) | Look::Destination(1..)]);
        let inline = !masked && !table.there.is_empty() && u.ratio(1, 3)?;
        let found = if inline {
            let each = table.there.iter().map(|(key, to)| match table.map {
                true => format!("{} : {}", table.write(key), VERDICTS[*to]),
                false => table.write(key),
            });
            format!("{{ {} }}", each.collect::<Vec<_>>().join(", "))
        } else {
            format!("@s{number}")
        };
        let field = table.field();
        // A look at ports of TCP says the protocol itself, beside which nft takes no other.
        let protocols = match table.looks.contains(&Look::TcpPort) {
            true => "",
            false => "meta l4proto { tcp, udp } ",
        };
        match table.map {
            true => writeln!(text, "add rule inet t {chain} {protocols}{field} vmap {found}").unwrap(),
            false => {
                let not = if negated { "!= " } else { "" };
                writeln!(
                    text,
                    "add rule inet t {chain} {protocols}{field} {not}{found} {}",
                    VERDICTS[verdict]
                )
                .unwrap();
            }
        }
        tests.push(Test {
            table: number,
            negated,
            verdict,
        });
    }
    Ok(tests)
}

/// True for accept, false for drop, none for what comes back.
fn walk(chains: &[Vec<Test>], tables: &[Table], at: usize, packet: Small) -> Option<bool> {
    for test in &chains[at] {
        let table = &tables[test.table];
        let Some(found) = table.find(packet) else { continue };
        let verdict = match (table.map, found) {
            (true, Some(verdict)) => verdict,
            (true, None) => continue,
            (false, found) if found.is_some() != test.negated => test.verdict,
            _ => continue,
        };
        match verdict {
            0 => return Some(true),
            1 => return Some(false),
            2 => {}
            3 => return None,
            jump => {
                let decided = walk(chains, tables, jump - 4, packet);
                if decided.is_some() {
                    return decided;
                }
            }
        }
    }
    None
}

/// nft refuses the whole file, so that what comes after changes nothing.
#[test]
fn an_element_that_nft_refuses_is_reported_even_where_its_set_goes() {
    let start = "add table inet t\nadd map inet t m { type inet_service : verdict; }\n\
        add element inet t m { 22 : accept }\n";
    for wrong in [
        "delete element inet t m { 23 }",
        "add element inet t m { 22 : drop }",
    ] {
        for end in [
            "flush map inet t m",
            "delete map inet t m",
            "delete table inet t",
            "flush ruleset",
        ] {
            let read = read(&format!("{start}{wrong}\n{end}\n"));
            let lines: Vec<usize> = read.not_understood.iter().map(|one| one.line).collect();
            assert_eq!(lines, [4], "{wrong}, {end}");
        }
    }
}

#[test]
fn elements_are_read_as_a_naive_walk_finds_them() {
    arbtest(|u| {
        let mut text = "add table inet t\nadd chain inet t c0\nadd chain inet t c1\n\
            add chain inet t f { type filter hook forward priority 0; policy drop; }\n\
            add rule inet t f ct state vmap { established : accept, related : accept, invalid : drop }\n"
            .to_owned();
        let mut tables = Vec::new();
        for number in 0..u.int_in_range(1..=3)? {
            tables.push(declared(u, number, &mut text)?);
        }
        commands(u, &mut tables, &mut text)?;
        let mut chains = Vec::new();
        for (most, name) in [(4, "c0"), (5, "c1"), (6, "f")] {
            chains.push(chain(u, &tables, most, name, &mut text)?);
        }
        for (read, how) in [
            (Nftables.read(&text), "together"),
            (Nftables.read_line_by_line(&text), "line by line"),
        ] {
            assert_eq!(read.not_understood, [], "{how}\n{text}");
            let named: Vec<Option<String>> = read
                .filters
                .iter()
                .filter_map(|filter| match &filter.hook {
                    septum::target::readback::Hook::Forward { from, .. } => Some(from.clone()),
                    _ => None,
                })
                .collect();
            for from in 0..2_u8 {
                let name = format!("i{from}");
                let from_name = if named.contains(&Some(name.clone())) {
                    name.as_str()
                } else {
                    "*"
                };
                let list = forward(&read, from_name, "*");
                let list: Vec<PacketRule> = list.iter().map(|rule| rule.rule.clone()).collect();
                for number in 0..512_u16 {
                    let part = |shift: u16, mask: u16| (number >> shift & mask) as u8;
                    let small = Small {
                        source: part(0, 7),
                        destination: part(3, 7),
                        protocol: if part(6, 1) == 0 { 6 } else { 17 },
                        port: part(7, 3),
                        from,
                    };
                    let packet = Packet {
                        source: IpAddr::from([10, 0, 0, small.source]),
                        destination: IpAddr::from([10, 0, 0, small.destination]),
                        protocol: small.protocol,
                        first: 40_000,
                        second: small.port.into(),
                    };
                    let expected = walk(&chains, &tables, 2, small).unwrap_or(false);
                    assert_eq!(permits(&list, &packet), expected, "{how}: {small:?}\n{text}");
                }
            }
        }
        Ok(())
    });
}
