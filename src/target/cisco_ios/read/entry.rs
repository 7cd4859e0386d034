//! One `permit` or `deny` (Cisco IOS Security Command Reference, `permit (IP)` and `permit (IPv6)`).

use super::address::{self, Place};
use super::keyword::{Words, choose, number};
use super::names::{self, Message};
use super::ports;
use crate::packet::{Family, IntervalSet, protocol};

/// An entry, as far as it decides about packets.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Entry {
    pub permit: bool,
    pub protocol: Protocol,
    pub source: Place,
    /// None: every port.
    pub source_ports: Option<IntervalSet<u16>>,
    pub destination: Place,
    pub destination_ports: Option<IntervalSet<u16>>,
    /// None: every message.
    pub message: Option<Message>,
    /// Of TCP only packets with ACK or RST.
    pub established: bool,
    /// Fragments other than the first alone: such an entry decides about no packet that opens a flow.
    pub fragments: bool,
}

/// What stands in the place of the protocol.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Protocol {
    /// `ip`, `ipv6`
    Any,
    Number(u8),
    /// An `object-group service`.
    Group(String),
}

/// An entry with what else its line says.
#[derive(Clone, Debug)]
pub struct Written {
    pub entry: Entry,
    /// True where matches are logged.
    pub log: bool,
    /// The number that an IPv6 list prints at the end.
    pub sequence: Option<u32>,
}

/// Options that may follow the destination. Those that are not understood are here so that nothing that begins like
/// them is taken for another.
const OPTIONS: [&str; 28] = [
    "ack",
    "auth",
    "dest-option",
    "dest-option-type",
    "dscp",
    "established",
    "fin",
    "flow-label",
    "fragments",
    "hbh",
    "log",
    "log-input",
    "match-all",
    "match-any",
    "mobility",
    "mobility-type",
    "option",
    "precedence",
    "psh",
    "reflect",
    "routing",
    "routing-type",
    "rst",
    "sequence",
    "syn",
    "time-range",
    "tos",
    "ttl",
];

/// Reads an entry from its verdict on.
///
/// # Errors
/// When a word is not understood: what it would narrow is not known.
pub fn read(words: &mut Words<'_>, family: Family) -> Result<Written, String> {
    let permit = match choose(words.next()?, &["permit", "deny"]) {
        Some("permit") => true,
        Some(_) => false,
        None => return Err("neither permit nor deny".to_owned()),
    };
    let (protocol, named) = read_protocol(words, family)?;
    let with_ports = match &protocol {
        Protocol::Number(number @ (protocol::TCP | protocol::UDP | protocol::SCTP)) if named => Some(*number),
        _ => None,
    };
    let mut side = || -> Result<_, String> {
        let place = address::read(words, family)?;
        let ports = match with_ports {
            Some(protocol) => ports::read(words, protocol)?,
            None => None,
        };
        Ok((place, ports))
    };
    let (source, source_ports) = side()?;
    let (destination, destination_ports) = side()?;
    let icmp = match family {
        Family::V4 => protocol::ICMP,
        Family::V6 => protocol::ICMPV6,
    };
    let message = match &protocol {
        Protocol::Number(number) if named && *number == icmp => read_message(words, family)?,
        _ => None,
    };
    let mut written = Written {
        entry: Entry {
            permit,
            protocol,
            source,
            source_ports,
            destination,
            destination_ports,
            message,
            established: false,
            fragments: false,
        },
        log: false,
        sequence: None,
    };
    while words.peek().is_some() {
        read_option(words, family, with_ports, &mut written)?;
    }
    let entry = &written.entry;
    let beyond_addresses = entry.source_ports.is_some()
        || entry.destination_ports.is_some()
        || entry.message.is_some()
        || entry.established;
    if entry.fragments && beyond_addresses {
        return Err("`fragments` beside what later fragments do not carry".to_owned());
    }
    if entry.fragments && entry.permit {
        return Err("lets in later fragments of what nothing else may permit".to_owned());
    }
    Ok(written)
}

fn read_option(
    words: &mut Words<'_>,
    family: Family,
    with_ports: Option<u8>,
    written: &mut Written,
) -> Result<(), String> {
    let word = words.next()?;
    let tcp = with_ports == Some(protocol::TCP);
    match choose(word, &OPTIONS) {
        Some("log" | "log-input") => written.log = true,
        Some("established") if tcp => written.entry.established = true,
        // ACK or RST is what `established` means.
        Some("match-any") if tcp => {
            let mut flags = [words.next()?, words.next()?];
            flags.sort_unstable();
            let more = words.peek().is_some_and(|word| word.starts_with(['+', '-']));
            if flags != ["+ack", "+rst"] || more {
                return Err("TCP flags other than ACK or RST are not told apart".to_owned());
            }
            written.entry.established = true;
        }
        Some("fragments") => written.entry.fragments = true,
        Some("sequence") if family == Family::V6 && written.sequence.is_none() => {
            written.sequence = Some(sequence(words.next()?, family)?);
        }
        Some(option @ ("ack" | "fin" | "psh" | "rst" | "syn" | "match-all")) => {
            return Err(format!(
                "`{option}`: TCP flags other than ACK or RST are not told apart"
            ));
        }
        Some("reflect") => return Err("`reflect` opens another list at run time".to_owned()),
        Some("established" | "match-any") => return Err(format!("`{word}` without tcp")),
        Some(option) => {
            return Err(format!(
                "`{option}` narrows the entry to packets that are not told apart"
            ));
        }
        None => return Err(format!("`{word}` is not understood here")),
    }
    Ok(())
}

/// The number of an entry: up to 2147483647, in IPv6 lists up to 4294967294 (IOS-XE 16.9 YANG, `Cisco-IOS-XE-acl`).
///
/// # Errors
/// When it is no such number.
pub fn sequence(word: &str, family: Family) -> Result<u32, String> {
    number(word)
        .filter(|number| (1..=highest_sequence(family)).contains(number))
        .ok_or_else(|| format!("`{word}` is not a sequence number"))
}

/// The highest number of an entry.
pub fn highest_sequence(family: Family) -> u32 {
    match family {
        Family::V4 => 2_147_483_647,
        Family::V6 => 4_294_967_294,
    }
}

/// The protocol, and whether it stands there by name: ports and messages follow names alone.
fn read_protocol(words: &mut Words<'_>, family: Family) -> Result<(Protocol, bool), String> {
    let word = words.next()?;
    let any = match family {
        Family::V4 => "ip",
        Family::V6 => "ipv6",
    };
    if word.eq_ignore_ascii_case(any) {
        return Ok((Protocol::Any, true));
    }
    if family == Family::V4 && super::keyword::abbreviates(word, "object-group") {
        return Ok((Protocol::Group(words.next()?.to_owned()), true));
    }
    if let Some(number) = names::protocol(family, word) {
        return Ok((Protocol::Number(number), true));
    }
    match number(word) {
        Some(0) => Err("protocol 0 may stand for every protocol".to_owned()),
        Some(number) => Ok((Protocol::Number(number), false)),
        None => Err(format!("`{word}` is not a known protocol")),
    }
}

/// A message by name, or a type with or without a code, where one follows.
///
/// # Errors
/// Never: what is neither is left for what follows.
pub fn read_message(words: &mut Words<'_>, family: Family) -> Result<Option<Message>, String> {
    let Some(word) = words.peek() else {
        return Ok(None);
    };
    if let Some(message) = names::message(family, word) {
        words.next()?;
        return Ok(Some(message));
    }
    let Some(kind) = number(word) else {
        return Ok(None);
    };
    words.next()?;
    let code = words.peek().and_then(number);
    if code.is_some() {
        words.next()?;
    }
    Ok(Some((kind, code)))
}
