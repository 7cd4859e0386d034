//! Why a product of sets holds no packet.

use crate::model::ServiceUse;
use crate::packet::{AddressSet, Family, FlowSet};
use crate::source::Span;

/// One side of the product.
#[derive(Clone, Copy)]
pub(super) struct Side<'a> {
    /// As written.
    pub text: &'a str,
    /// Where; none for a side that nobody wrote.
    pub span: Option<Span>,
    /// What it holds.
    pub addresses: &'a AddressSet,
}

/// What is to be said where `flow`, a product of the two sides and the service, holds no packet: at which part of
/// the statement `whole`, and why. None where it holds one.
pub(super) fn reason(
    flow: &FlowSet,
    source: Side<'_>,
    destination: Side<'_>,
    service: &ServiceUse,
    whole: Span,
) -> Option<(Span, String)> {
    if !flow.is_empty() {
        return None;
    }
    for side in [source, destination] {
        if side.addresses.is_empty() {
            return Some((
                side.span.unwrap_or(whole),
                format!("`{}` holds no address", side.text),
            ));
        }
    }
    let shared: Vec<Family> = Family::BOTH
        .into_iter()
        .filter(|family| {
            [source, destination]
                .iter()
                .all(|side| !side.addresses.is_empty_in(*family))
        })
        .collect();
    Some(match shared.first() {
        None => (
            whole,
            format!(
                "`{}` has only {} addresses and `{}` only {}",
                source.text,
                only_family(source.addresses),
                destination.text,
                only_family(destination.addresses)
            ),
        ),
        Some(family) => (
            service.span,
            format!(
                "`{}` does not exist in {}, the only family in which both sides have addresses",
                service.text,
                name(*family)
            ),
        ),
    })
}

fn only_family(addresses: &AddressSet) -> &'static str {
    name(if addresses.is_empty_in(Family::V6) {
        Family::V4
    } else {
        Family::V6
    })
}

fn name(family: Family) -> &'static str {
    match family {
        Family::V4 => "IPv4",
        Family::V6 => "IPv6",
    }
}
