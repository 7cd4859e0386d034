//! Services, as written.

use super::{Name, Spanned, Text};
use crate::source::Span;

/// A named service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Service {
    /// Its name.
    pub name: Name,
    /// Its title.
    pub title: Option<Box<Text>>,
    /// What it is.
    pub terms: Vec<ServiceTerm>,
    /// `{ clear-text; carries phi; prefer dicom-tls }`
    pub body: Vec<ServiceStatement>,
    /// The whole statement.
    pub span: Span,
}

/// One alternative of a service, separated by commas: `tcp 104, 11112` is one term, `udp 53, tcp 53` two.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ServiceTerm {
    /// `any`
    Any(Span),
    /// Another service.
    Name(Name),
    /// `tcp`, `udp` or `sctp`: destination ports (empty: all), and `from` source ports (empty: all).
    Ports {
        /// Which.
        protocol: PortProtocol,
        /// Destination ports, inclusive.
        destination: Box<[Spanned<(u16, u16)>]>,
        /// Source ports, inclusive.
        source: Box<[Spanned<(u16, u16)>]>,
        /// The whole term.
        span: Span,
    },
    /// `icmp` or `icmpv6`: types (empty: all).
    Icmp {
        /// True for `icmpv6`.
        v6: bool,
        /// The types: a name (`echo-request`) or number, each with an optional `/code`.
        types: Box<[IcmpType]>,
        /// The whole term.
        span: Span,
    },
    /// `proto 50`
    Protocol(Spanned<u8>, Span),
}

impl ServiceTerm {
    /// Where the term stands.
    pub fn span(&self) -> Span {
        match self {
            Self::Any(span)
            | Self::Ports { span, .. }
            | Self::Icmp { span, .. }
            | Self::Protocol(_, span) => *span,
            Self::Name(name) => name.span,
        }
    }
}

/// A protocol with ports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PortProtocol {
    /// `tcp`
    Tcp,
    /// `udp`
    Udp,
    /// `sctp`
    Sctp,
}

/// An ICMP type as written; a name is resolved by the model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IcmpType {
    /// Name or decimal number.
    pub name: Name,
    /// The code, all where absent.
    pub code: Option<u8>,
    /// With its code.
    pub span: Span,
}

/// A statement in a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ServiceStatement {
    /// `clear-text`
    ClearText(Span),
    /// `carries phi`: what it carries.
    Carries(Name, Span),
    /// `prefer SERVICE`
    Prefer(Name, Span),
}
