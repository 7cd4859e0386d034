//! Sets of zones, devices and addresses, as written.

use ipnet::IpNet;

use super::{Name, Spanned};
use crate::source::Span;

/// A set expression. `&` binds tighter than `|` and `-`, which associate to the left.
///
/// The parser keeps a run of `|` or of `&` as one list, and refuses what is deeper than some hundred levels
/// otherwise: sets may be walked by recursion, however long they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Set {
    /// A zone, a device, a group.
    Name(Name),
    /// `label:x`
    Label(Box<Label>),
    /// An address or prefix.
    Prefix(Spanned<IpNet>),
    /// `any`
    Any(Span),
    /// `a | b | c`: two operands or more.
    Union(Box<[Set]>),
    /// `a & b & c`: two operands or more.
    Intersection(Box<[Set]>),
    /// `a - b`
    Difference(Box<[Set; 2]>),
    /// `( a )`, kept for the formatter; the span includes the parentheses.
    Group(Box<Set>, Span),
    /// What could not be read; a diagnostic says why.
    Error(Span),
}

/// Everything with a label.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// The label.
    pub name: Name,
    /// From `label` to the end of its name.
    pub span: Span,
}

impl Set {
    /// Where the expression stands.
    pub fn span(&self) -> Span {
        match self {
            Self::Name(name) => name.span,
            Self::Label(label) => label.span,
            Self::Prefix(prefix) => prefix.span,
            Self::Union(operands) | Self::Intersection(operands) => of_operands(operands),
            Self::Difference(operands) => of_operands(&operands[..]),
            Self::Any(span) | Self::Group(_, span) | Self::Error(span) => *span,
        }
    }
}

/// From the first operand to the last.
fn of_operands(operands: &[Set]) -> Span {
    match (operands.first(), operands.last()) {
        (Some(first), Some(last)) => first.span().to(last.span()),
        // The parser makes no such list.
        _ => Span::new(crate::source::FileId(0), 0, 0),
    }
}
