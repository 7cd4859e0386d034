//! Set expressions. Parentheses are the only recursion of the grammar, and they are counted; a run of
//! `|` or of `&` becomes one list. So no text, however long, makes a tree that is too deep to be
//! walked or dropped by recursion.

use nom::combinator::cut;
use nom::{Err, Parser};

use super::atom::{fail, name, symbol, value_token};
use super::failure::Failure;
use super::input::{Input, Parse};
use super::value::{is_address, prefix};
use crate::diagnostic::Diagnostic;
use crate::source::Span;
use crate::syntax::lexer::{Token, TokenKind};
use crate::syntax::tree::{Label, Set};

/// How many parentheses may be open at once.
pub const MAX_PARENTHESES: u32 = 64;

/// How deep a set may be, its runs taken for balanced trees of pairs.
pub const MAX_DEPTH: u32 = 128;

const OPERAND: &str = "a zone, device, group or address";

/// A set with its depth.
struct Deep {
    set: Set,
    depth: u32,
}

/// What operands are joined to.
type Join = fn(Box<[Set]>) -> Set;

/// A set expression.
pub fn set(input: Input<'_>) -> Parse<'_, Set> {
    let (input, deep) = alternatives(input)?;
    // Services have commas between them, so sets get some, too.
    if input.peek_kind(TokenKind::Comma).is_some() {
        let mut failure = Failure::expected(input, "`|` between the members of a set");
        failure.help = Some("a set joins its members: `a | b`");
        return Err(Err::Failure(failure));
    }
    Ok((input, deep.set))
}

/// `a | b - c`
fn alternatives(input: Input<'_>) -> Parse<'_, Deep> {
    let start = input;
    let (mut input, first) = intersections(input)?;
    if !goes_on(input) {
        return Ok((input, first));
    }
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
                let left = joined(run, Set::Union, start, input);
                run = vec![less(left, taken, start, rest)];
                input = rest;
            }
            _ => break,
        }
    }
    let whole = joined(run, Set::Union, start, input);
    Ok((input, whole))
}

fn goes_on(input: Input<'_>) -> bool {
    let operator = input.peek().map(|token| token.kind);
    matches!(operator, Some(TokenKind::Union | TokenKind::Minus))
}

/// `a & b`
fn intersections(input: Input<'_>) -> Parse<'_, Deep> {
    let start = input;
    let (mut input, first) = operand(input)?;
    if input.peek_kind(TokenKind::Intersection).is_none() {
        return Ok((input, first));
    }
    let mut run = vec![first];
    while input.peek_kind(TokenKind::Intersection).is_some() {
        let (rest, next) = cut(operand).parse(input.advance())?;
        run.push(next);
        input = rest;
    }
    let whole = joined(run, Set::Intersection, start, input);
    Ok((input, whole))
}

/// Joins a run of operands to one set.
fn joined<'a>(mut run: Vec<Deep>, make: Join, start: Input<'a>, end: Input<'a>) -> Deep {
    let depth = depth_of(run.iter().map(|operand| operand.depth).collect());
    if depth > MAX_DEPTH {
        return joined_in_pairs(run, make, start, end);
    }
    match run.len() {
        0 | 1 => run.pop().unwrap_or_else(|| Deep {
            set: Set::Error(start.after_previous()),
            depth: 1,
        }),
        _ => Deep {
            set: make(run.into_iter().map(|operand| operand.set).collect()),
            depth,
        },
    }
}

/// How deep operands are when they are joined pairwise, round by round.
fn depth_of(mut depths: Vec<u32>) -> u32 {
    while depths.len() > 1 {
        let rounds = depths.len().div_ceil(2);
        for at in 0..rounds {
            let pair = depths.get(2 * at..).unwrap_or_default();
            let joined = match pair {
                [left, right, ..] => *left.max(right) + 1,
                [left] => *left,
                [] => 1,
            };
            if let Some(slot) = depths.get_mut(at) {
                *slot = joined;
            }
        }
        depths.truncate(rounds);
    }
    depths.pop().unwrap_or(1)
}

/// Joins operands pairwise, round by round, and gives up on both of a pair that gets too deep.
fn joined_in_pairs<'a>(run: Vec<Deep>, make: Join, start: Input<'a>, end: Input<'a>) -> Deep {
    struct Part {
        operands: Vec<Set>,
        depth: u32,
    }
    let mut parts: Vec<Part> = run
        .into_iter()
        .map(|Deep { set, depth }| Part {
            operands: vec![set],
            depth,
        })
        .collect();
    while parts.len() > 1 {
        let mut round = Vec::with_capacity(parts.len().div_ceil(2));
        let mut pairs = parts.into_iter();
        while let Some(mut left) = pairs.next() {
            if let Some(mut right) = pairs.next() {
                left.operands.append(&mut right.operands);
                left.depth = left.depth.max(right.depth) + 1;
                if left.depth > MAX_DEPTH {
                    let span = span_of(&left.operands, start);
                    too_deep(start, span.to(end.after_previous()));
                    left.operands = vec![Set::Error(span)];
                    left.depth = 1;
                }
            }
            round.push(left);
        }
        parts = round;
    }
    let (mut operands, depth) = parts
        .pop()
        .map_or((Vec::new(), 1), |part| (part.operands, part.depth));
    let set = match operands.len() {
        0 | 1 => operands.pop().unwrap_or(Set::Error(start.after_previous())),
        _ => make(operands.into()),
    };
    Deep { set, depth }
}

/// From the first operand to the last.
fn span_of(operands: &[Set], start: Input<'_>) -> Span {
    match (operands.first(), operands.last()) {
        (Some(first), Some(last)) => first.span().to(last.span()),
        _ => start.after_previous(),
    }
}

/// `a - b`, or nothing of both where that would be too deep.
fn less<'a>(left: Deep, taken: Deep, start: Input<'a>, end: Input<'a>) -> Deep {
    let depth = left.depth.max(taken.depth) + 1;
    if depth > MAX_DEPTH {
        let span = left.set.span().to(taken.set.span());
        too_deep(start, span.to(end.after_previous()));
        return Deep {
            set: Set::Error(span),
            depth: 1,
        };
    }
    Deep {
        set: Set::Difference(Box::new([left.set, taken.set])),
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
            Some(token) if token.text == "any" => flat((input.advance(), Set::Any(token.span()))),
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
        None => Set::Error(
            rest.previous()
                .map_or(rest.after_previous(), |token| token.span()),
        ),
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
fn label<'a>(input: Input<'a>, start: Token<'a>) -> Parse<'a, Set> {
    let after = input.advance().advance();
    if after.peek_glued().is_none() {
        let mut failure = Failure::expected(after, "the name of a label right after `label:`");
        failure.help = Some("write it as one: `label:infusion-pump`");
        return Err(Err::Failure(failure));
    }
    let (rest, name) = cut(name("the name of a label")).parse(after)?;
    let span = rest.since(start.span());
    Ok((rest, Set::Label(Box::new(Label { name, span }))))
}

fn parentheses<'a>(input: Input<'a>, open: Token<'a>) -> Parse<'a, Deep> {
    if input.depth() >= MAX_PARENTHESES {
        let rest = past_parentheses(input);
        let span = rest.since(open.span());
        too_deep(input, span);
        return Ok(flat((rest, Set::Error(span))));
    }
    let inner = input.advance().at_depth(input.depth() + 1);
    let (rest, deep) = cut(alternatives).parse(inner)?;
    let (rest, _) = symbol(TokenKind::CloseParen, "`)`")(rest).map_err(|error| {
        error.map(|mut failure| {
            failure.opened = Some(open.span());
            failure
        })
    })?;
    let rest = rest.at_depth(input.depth());
    let set = Set::Group(Box::new(deep.set), rest.since(open.span()));
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
