//! Sets and services in one canonical spelling, for names and messages.

use std::sync::Arc;

use crate::syntax::tree::{PortProtocol, ServiceTerm, Set, Spanned};

/// A set as text: `clinical.pumps & label:infusion-pump`.
pub(super) fn of_set(set: &Set) -> Arc<str> {
    if let Set::Name(name) = set {
        return Arc::clone(&name.text);
    }
    let mut text = String::new();
    write_set(set, &mut text);
    text.into()
}

fn write_set(set: &Set, text: &mut String) {
    let mut joined = |operands: &[Set], operator: &str| {
        for (place, operand) in operands.iter().enumerate() {
            if place > 0 {
                text.push_str(operator);
            }
            write_set(operand, text);
        }
    };
    match set {
        Set::Union(operands) => joined(operands, " | "),
        Set::Intersection(operands) => joined(operands, " & "),
        Set::Difference(operands) => joined(&operands[..], " - "),
        Set::Name(name) => text.push_str(&name.text),
        Set::Label(label) => {
            text.push_str("label:");
            text.push_str(&label.name.text);
        }
        Set::Prefix(prefix) => {
            let host = prefix.value.prefix_len() == prefix.value.max_prefix_len();
            let written = if host {
                prefix.value.addr().to_string()
            } else {
                prefix.value.to_string()
            };
            text.push_str(&written);
        }
        Set::Any(_) => text.push_str("any"),
        Set::Group(inner, _) => {
            text.push('(');
            write_set(inner, text);
            text.push(')');
        }
        Set::Error(_) => text.push('?'),
    }
}

/// Services as text: `https, tcp 8443`; `any` for none.
pub(super) fn of_services(terms: &[ServiceTerm]) -> String {
    if terms.is_empty() {
        return "any".to_owned();
    }
    terms.iter().map(of_term).collect::<Vec<_>>().join(", ")
}

fn of_term(term: &ServiceTerm) -> String {
    match term {
        ServiceTerm::Any(_) => "any".to_owned(),
        ServiceTerm::Name(name) => name.text.to_string(),
        ServiceTerm::Ports {
            protocol,
            destination,
            source,
            ..
        } => {
            let word = match protocol {
                PortProtocol::Tcp => "tcp",
                PortProtocol::Udp => "udp",
                PortProtocol::Sctp => "sctp",
            };
            let mut text = word.to_owned();
            if !destination.is_empty() {
                text.push(' ');
                text.push_str(&of_ports(destination));
            }
            if !source.is_empty() {
                text.push_str(" from ");
                text.push_str(&of_ports(source));
            }
            text
        }
        ServiceTerm::Icmp { v6, types, .. } => {
            let word = if *v6 { "icmpv6" } else { "icmp" };
            let types: Vec<String> = types
                .iter()
                .map(|t| {
                    t.code.map_or_else(
                        || t.name.text.to_string(),
                        |code| format!("{}/{code}", t.name.text),
                    )
                })
                .collect();
            if types.is_empty() {
                word.to_owned()
            } else {
                format!("{word} {}", types.join(", "))
            }
        }
        ServiceTerm::Protocol(number, _) => format!("proto {}", number.value),
    }
}

fn of_ports(ports: &[Spanned<(u16, u16)>]) -> String {
    let one = |port: &Spanned<(u16, u16)>| match port.value {
        (first, last) if first == last => first.to_string(),
        (first, last) => format!("{first}-{last}"),
    };
    ports.iter().map(one).collect::<Vec<_>>().join(", ")
}
