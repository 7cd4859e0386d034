//! Set expressions. Parentheses are the only recursion of the grammar, and they are counted; runs of
//! `|` and of `&` become balanced trees. So no text, however long, makes a tree that is too deep to
//! be walked or dropped by recursion.

use nom::combinator::cut;
use nom::{Err, Parser};

use super::atom::{fail, name, symbol, value_token};
use super::failure::Failure;
use super::input::{Input, Parse};
use super::value::{is_address, prefix};
use crate::diagnostic::Diagnostic;
use crate::source::Span;
use crate::syntax::lexer::{Token, TokenKind};
use crate::syntax::tree::Set;

/// How many parentheses may be open at once.
pub const MAX_PARENTHESES: u32 = 64;

/// How deep the tree of a set may be.
pub const MAX_DEPTH: u32 = 128;

const OPERAND: &str = "a zone, device, group or address";

/// A set with the depth of its tree.
struct Deep {
    set: Set,
    depth: u32,
}

type Join = fn(Box<Set>, Box<Set>, Span) -> Set;

/// A set expression.
pub fn set(input: Input<'_>) -> Parse<'_, Set> {
    let (input, deep) = alternatives(input)?;
    Ok((input, deep.set))
}

/// `a | b - c`
fn alternatives(input: Input<'_>) -> Parse<'_, Deep> {
    let start = input;
    let (mut input, first) = intersections(input)?;
    let mut run = vec![first];
    while let Some(operator) = input.peek() {
        match operator.kind {
            TokenKind::Union => {
                let (rest, next) = cut(intersections).parse(input.advance())?;
                run.push(next);
                input = rest;
            }
            TokenKind::Minus => {
                let (rest, taken) = cut(intersections).parse(input.advance())?;
                let left = balanced(run, Set::Union, start, input);
                run = vec![join(left, taken, Set::Difference, start, rest)];
                input = rest;
            }
            _ => break,
        }
    }
    let whole = balanced(run, Set::Union, start, input);
    Ok((input, whole))
}

/// `a & b`
fn intersections(input: Input<'_>) -> Parse<'_, Deep> {
    let start = input;
    let (mut input, first) = operand(input)?;
    let mut run = vec![first];
    while input.peek_kind(TokenKind::Intersection).is_some() {
        let (rest, next) = cut(operand).parse(input.advance())?;
        run.push(next);
        input = rest;
    }
    let whole = balanced(run, Set::Intersection, start, input);
    Ok((input, whole))
}

/// Joins a run of operands pairwise, round by round.
fn balanced<'a>(mut run: Vec<Deep>, make: Join, start: Input<'a>, end: Input<'a>) -> Deep {
    while run.len() > 1 {
        let mut round = Vec::with_capacity(run.len().div_ceil(2));
        let mut operands = run.into_iter();
        while let Some(left) = operands.next() {
            round.push(match operands.next() {
                Some(right) => join(left, right, make, start, end),
                None => left,
            });
        }
        run = round;
    }
    run.pop().unwrap_or_else(|| Deep {
        set: Set::Error(start.after_previous()),
        depth: 1,
    })
}

/// Joins two sets, or gives up on both where the result would be too deep.
fn join<'a>(left: Deep, right: Deep, make: Join, start: Input<'a>, end: Input<'a>) -> Deep {
    let span = left.set.span().to(right.set.span());
    let depth = left.depth.max(right.depth) + 1;
    if depth > MAX_DEPTH {
        too_deep(start, span.to(end.after_previous()));
        return Deep {
            set: Set::Error(span),
            depth: 1,
        };
    }
    Deep {
        set: make(Box::new(left.set), Box::new(right.set), span),
        depth,
    }
}

fn too_deep(input: Input<'_>, span: Span) {
    input.report(|| {
        Diagnostic::error("syntax", span, "this set is nested too deeply")
            .help("give parts of it names, with `group NAME = …`")
    });
}

fn operand(input: Input<'_>) -> Parse<'_, Deep> {
    let (input, deep) = match input.peek() {
        Some(open) if open.kind == TokenKind::OpenParen => parentheses(input, open)?,
        Some(token) if token.kind == TokenKind::Text => flat(name(OPERAND).map(Set::Name).parse(input)?),
        _ => match value_token(input) {
            Some(token) if is_address(token) => flat(address(input)?),
            Some(token) if token.text == "any" => flat((input.advance(), Set::Any(token.span))),
            Some(token) if token.text == "label" && colon_follows(input) => flat(label(input, token)?),
            Some(_) => flat(name(OPERAND).map(Set::Name).parse(input)?),
            None => return fail(input, OPERAND),
        },
    };
    Ok((input, deep))
}

fn flat((input, set): (Input<'_>, Set)) -> (Input<'_>, Deep) {
    (input, Deep { set, depth: 1 })
}

fn address(input: Input<'_>) -> Parse<'_, Set> {
    let (rest, value) = prefix(input)?;
    let set = match value {
        Some(prefix) => Set::Prefix(prefix),
        None => Set::Error(rest.previous().map_or(rest.after_previous(), |token| token.span)),
    };
    Ok((rest, set))
}

fn colon_follows(input: Input<'_>) -> bool {
    let after = input.advance();
    after
        .peek_glued()
        .is_some_and(|token| token.kind == TokenKind::Colon)
}

/// `label:x`, written as one.
fn label<'a>(input: Input<'a>, start: &'a Token<'a>) -> Parse<'a, Set> {
    let after = input.advance().advance();
    if after.peek_glued().is_none() {
        let mut failure = Failure::expected(after, "the name of a label right after `label:`");
        failure.help = Some("write it as one: `label:infusion-pump`");
        return Err(Err::Failure(failure));
    }
    let (rest, name) = cut(name("the name of a label")).parse(after)?;
    Ok((rest, Set::Label(name, rest.since(start.span))))
}

fn parentheses<'a>(input: Input<'a>, open: &'a Token<'a>) -> Parse<'a, Deep> {
    if input.depth() >= MAX_PARENTHESES {
        let rest = past_parentheses(input);
        let span = rest.since(open.span);
        too_deep(input, span);
        return Ok(flat((rest, Set::Error(span))));
    }
    let inner = input.advance().at_depth(input.depth() + 1);
    let (rest, deep) = cut(alternatives).parse(inner)?;
    let (rest, _) = symbol(TokenKind::CloseParen, "`)`")(rest).map_err(|error| {
        error.map(|mut failure| {
            failure.opened = Some(open.span);
            failure
        })
    })?;
    let rest = rest.at_depth(input.depth());
    let set = Set::Group(Box::new(deep.set), rest.since(open.span));
    let depth = deep.depth + 1;
    Ok((rest, Deep { set, depth }))
}

/// Past the partner of the parenthesis that comes next, or to where the statement must be over.
fn past_parentheses(mut input: Input<'_>) -> Input<'_> {
    let mut open = 0_usize;
    while let Some(token) = input.peek() {
        match token.kind {
            TokenKind::OpenParen => open += 1,
            TokenKind::CloseParen => open = open.saturating_sub(1),
            TokenKind::OpenBrace | TokenKind::CloseBrace | TokenKind::Semicolon => return input,
            _ => {}
        }
        input = input.advance();
        if open == 0 {
            return input;
        }
    }
    input
}
