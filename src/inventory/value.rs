//! What the texts of an inventory must look like.

use std::net::IpAddr;

use ipnet::IpNet;

use crate::diagnostic::Diagnostic;
use crate::diagnostic::quote::quoted;
use crate::source::Span;

/// The address of a device, alone or with the length of its prefix: `10.0.0.5`, `10.0.0.5/24`.
pub(super) fn address(text: &str, span: Span) -> Result<IpAddr, Box<Diagnostic>> {
    let error = |message: String| Diagnostic::error("bad-address", span, message);
    let address = match text.parse::<IpAddr>() {
        Ok(address) => address,
        Err(_) => {
            let Ok(net) = text.parse::<IpNet>() else {
                let message = format!("{} is no address", quoted(text));
                return Err(error(message).help(advice(text)).into());
            };
            let is_subnet = net.max_prefix_len() - net.prefix_len() > 1 && net.addr() == net.network();
            if is_subnet {
                let message = format!("{} is a subnet, not the address of a device", quoted(text));
                return Err(error(message)
                    .help("a zone has subnets; a device has addresses")
                    .into());
            }
            net.addr()
        }
    };
    if let IpAddr::V6(six) = address
        && let Some(four) = six.to_ipv4_mapped()
    {
        let message = format!("{} is an IPv4 address written as IPv6", quoted(text));
        return Err(error(message)
            .help(format!("write `{four}`"))
            .edit(span, four.to_string())
            .into());
    }
    let broadcast = matches!(address, IpAddr::V4(four) if four.is_broadcast());
    if address.is_unspecified() || address.is_multicast() || address.is_loopback() || broadcast {
        let message = format!("no device can have the address {}", quoted(text));
        return Err(error(message).into());
    }
    Ok(address)
}

fn advice(text: &str) -> &'static str {
    if text.contains('%') {
        "leave out the `%` and what follows: it names an interface, not an address"
    } else if text.split('.').count() == 4
        && text
            .split('.')
            .any(|part| part.len() > 1 && part.starts_with('0'))
    {
        "write each number without leading zeros"
    } else {
        "write it as `10.20.0.5` or `2001:db8:20::5`"
    }
}

/// What is wrong with the number of a vulnerability, <https://www.cve.org/About/Process#CVERecordLifecycle>.
pub(super) fn cve_fault(text: &str, span: Span) -> Option<Diagnostic> {
    let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    let mut parts = text.split('-');
    let holds = parts.next() == Some("CVE")
        && parts.next().is_some_and(|year| year.len() == 4 && digits(year))
        && parts
            .next()
            .is_some_and(|number| number.len() >= 4 && digits(number))
        && parts.next().is_none();
    (!holds).then(|| {
        let message = format!("{} is no CVE number", quoted(text));
        Diagnostic::error("wrong-value", span, message).help("write it as `CVE-2024-1234`")
    })
}

/// What is wrong with a label: it is one word, so that a list of labels can be written with blanks.
pub(super) fn label_fault(text: &str, span: Span) -> Option<Diagnostic> {
    control_fault(text, span, &[]).or_else(|| {
        parts(text).any(|(_, part)| part.len() < text.len()).then(|| {
            let message = format!("the label {} is more than one word", quoted(text));
            Diagnostic::error("wrong-value", span, message).help("join the words with `-`")
        })
    })
}

/// What is wrong with a text that holds a control character other than those `allowed`.
pub(super) fn control_fault(text: &str, span: Span, allowed: &[char]) -> Option<Diagnostic> {
    text.chars()
        .any(|c| c.is_control() && !allowed.contains(&c))
        .then(|| {
            let message = format!("{} holds a control character", quoted(text));
            Diagnostic::error("wrong-value", span, message)
        })
}

/// The parts of a text that lists several things, each with its first byte.
pub(super) fn parts(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut rest = text;
    let mut offset = 0;
    std::iter::from_fn(move || {
        let is_separator = |c: char| c.is_whitespace() || matches!(c, ',' | ';' | '|');
        let trimmed = rest.trim_start_matches(is_separator);
        let start = offset + (rest.len() - trimmed.len());
        let (part, after) = trimmed.split_at(trimmed.find(is_separator).unwrap_or(trimmed.len()));
        rest = after;
        offset = start + part.len();
        (!part.is_empty()).then_some((start, part))
    })
}
