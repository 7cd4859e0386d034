//! The statements of a file, and the one that is too small for a file of its own: `waive`.

use nom::Parser;

use super::assertion::assertion;
use super::atom::{keyword, name, text};
use super::body::Body;
use super::input::{Input, Parse};
use super::policy::lift;
use super::value::date;
use super::{device, point, policy, service, zone};
use crate::syntax::lexer::Token;
use crate::syntax::tree::{Item, Rule, Waiver};

/// How messages call a file.
pub const OF: &str = "a file";

/// What a file holds.
pub static FILE: Body<Item> = Body {
    of: OF,
    statements: &[
        ("zone", zone::zone),
        ("device", device::device),
        ("group", device::group),
        ("service", service::service),
        ("policy", policy::policy),
        ("allow", |i, word| lift(policy::allow(i, word), rule)),
        ("deny", |i, word| lift(policy::deny(i, word), rule)),
        ("require", |i, word| lift(assertion(i, word), Item::Assertion)),
        ("forbid", |i, word| lift(assertion(i, word), Item::Assertion)),
        ("only", |i, word| lift(assertion(i, word), Item::Assertion)),
        ("limit", |i, word| lift(assertion(i, word), Item::Assertion)),
        ("mode", policy::mode),
        ("firewall", point::firewall),
        ("router", point::router),
        ("waive", waiver),
    ],
    error: Some(Item::Error),
};

fn rule(rule: Rule) -> Item {
    Item::Rule(Box::new(rule))
}

fn waiver<'a>(input: Input<'a>, word: Token<'a>) -> Parse<'a, Option<Item>> {
    let (input, (check, _, subject, _, until, _, because)) = (
        name("the name of a check"),
        keyword("on", "`on`"),
        name("the name of what the finding is about"),
        keyword("until", "`until`"),
        date,
        keyword("because", "`because`"),
        text("a reason in quotes"),
    )
        .parse(input)?;
    let span = input.since(word.span());
    let waiver = until.map(|until| {
        Item::Waiver(Box::new(Waiver {
            check,
            subject,
            until,
            because,
            span,
        }))
    });
    Ok((input, waiver))
}
