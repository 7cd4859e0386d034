//! Are two rule lists the same? And if not, which packets tell them apart?

use rayon::prelude::*;

use super::budget::{Budget, GaveUp, Meter};
use super::by_destination::{ByDestination, flows};
use super::diagram::{Diagram, FieldOrder, Op, Piece, Set};
use super::hints::{Believed, Hints};
use super::merge::Merger;
use super::products::{Products, pieces_for};
use super::space::{Axis, Side, Space};
use super::{Family, Packet, PacketRule};

/// How two lists differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// They permit the same packets.
    Equal,
    /// They do not.
    Different(Box<Difference>),
}

/// Packets on which two lists disagree. At least one of the two is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// What the second list permits and the first does not.
    pub opened: Option<Change>,
    /// What the first list permits and the second does not.
    pub closed: Option<Change>,
}

/// Packets of one direction of a difference.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Change {
    /// All of them, as products.
    pub products: Products,
    /// One of them.
    pub witness: Packet,
}

/// How to compare.
#[derive(Clone, Debug)]
pub struct CompareOptions {
    /// The work allowed for each order of fields.
    pub budget: Budget,
    /// What makes an example believable.
    pub hints: Hints,
    /// How many products a difference shows at most.
    pub cap: usize,
    /// The orders to try, one after the other.
    pub orders: Vec<FieldOrder>,
}

impl Default for CompareOptions {
    fn default() -> Self {
        Self {
            budget: Budget::default(),
            hints: Hints::default(),
            cap: 100,
            orders: FieldOrder::ALL.to_vec(),
        }
    }
}

/// Compares two first-match lists: `a` as it was, `b` as it is.
///
/// # Errors
/// When the budget was spent in every order of fields: nothing is proven then.
pub fn compare(a: &[PacketRule], b: &[PacketRule], budget: Budget) -> Result<Comparison, GaveUp> {
    let options = CompareOptions {
        budget,
        ..CompareOptions::default()
    };
    compare_with(a, b, &options)
}

/// As [`compare`], with hints for examples.
///
/// # Errors
/// When the budget was spent in every order of fields: nothing is proven then.
pub fn compare_with(
    a: &[PacketRule],
    b: &[PacketRule],
    options: &CompareOptions,
) -> Result<Comparison, GaveUp> {
    if ByDestination::default().same(flows(a), flows(b)) == Some(true) {
        return Ok(Comparison::Equal);
    }
    compare_closely(a, b, options, &mut Meter::endless())
}

/// As [`compare_with`], for lists that [`ByDestination`] does not see to be the same. `meter` has what may be spent in
/// all.
pub(super) fn compare_closely(
    a: &[PacketRule],
    b: &[PacketRule],
    options: &CompareOptions,
    meter: &mut Meter,
) -> Result<Comparison, GaveUp> {
    let mut merger = Merger::default();
    let (before, after) = (merger.merged(a), merger.merged(b));
    if before == after {
        return Ok(Comparison::Equal);
    }
    // Mostly a few products were written in another way: then only these need a closer look.
    if let Some((only_before, only_after)) = before.apart(&after) {
        let (a, b) = (merger.rules(&only_before), merger.rules(&only_after));
        if (a.len() + b.len()) * 2 < before.len() + after.len()
            && let Ok(Comparison::Equal) = in_any_order(&a, &b, options, meter)
        {
            return Ok(Comparison::Equal);
        }
    }
    in_any_order(&merger.rules(&before), &merger.rules(&after), options, meter)
}

fn in_any_order(
    a: &[PacketRule],
    b: &[PacketRule],
    options: &CompareOptions,
    meter: &mut Meter,
) -> Result<Comparison, GaveUp> {
    let space = Space::of(a.iter().chain(b).map(|rule| &rule.flow));
    let mut gave_up = GaveUp { steps: 0, nodes: 0 };
    for order in &options.orders {
        let budget = options.budget.least(meter.rest());
        match in_order(&space, *order, a, b, options, budget) {
            Ok((comparison, steps)) => {
                meter.spent(steps);
                return Ok(comparison);
            }
            Err(error) => {
                meter.spent(budget.steps);
                gave_up = error;
            }
        }
    }
    Err(gave_up)
}

/// Lists longer than this are compared in slices of the destinations: less memory, and in parallel.
const SLICED_FROM: usize = 2_000;
const SLICES: usize = 16;

fn in_order(
    space: &Space,
    order: FieldOrder,
    a: &[PacketRule],
    b: &[PacketRule],
    options: &CompareOptions,
    budget: Budget,
) -> Result<(Comparison, u64), GaveUp> {
    let slices = if a.len() + b.len() < SLICED_FROM {
        1
    } else {
        SLICES
    };
    let share = if slices == 1 { budget } else { budget.share(slices) };
    let found: Vec<([Half; 2], u64)> = (0..slices)
        .into_par_iter()
        .map(|number| {
            let slice = slice(space, number, slices);
            let mut meter = Meter::new(share);
            let mut diagram = Diagram::sliced(space, order, &mut meter, slice);
            let (before, after) = (diagram.rules(a)?, diagram.rules(b)?);
            if before == after {
                return Ok(([Half::default(), Half::default()], meter.steps()));
            }
            let opened = diagram.apply(Op::Difference, after, before)?;
            let closed = diagram.apply(Op::Difference, before, after)?;
            let halves = [opened, closed].map(|set| Half::of(&diagram, set, options));
            Ok((halves, meter.steps()))
        })
        .collect::<Result<_, GaveUp>>()?;
    let steps = found.iter().map(|(_, steps)| steps).sum();
    let (opened, closed) = found
        .into_iter()
        .map(|([opened, closed], _)| (opened, closed))
        .unzip();
    let difference = Difference {
        opened: change(opened, options.cap),
        closed: change(closed, options.cap),
    };
    let comparison = match difference {
        Difference {
            opened: None,
            closed: None,
        } => Comparison::Equal,
        _ => Comparison::Different(Box::new(difference)),
    };
    Ok((comparison, steps))
}

/// The destinations of one of `count` slices, in ranks: the first and last of IPv4 and of IPv6. The slices
/// cover all ranks; ranks stand close where rules are, so that equal shares of ranks are fair shares of work.
fn slice(space: &Space, number: usize, count: usize) -> [(u32, u32); 2] {
    Family::BOTH.map(|family| {
        let axis = Axis {
            family,
            side: Side::Destination,
        };
        let ranks = u64::from(space.last_rank(axis)) + 1;
        let start = |number: usize| ranks * number as u64 / count as u64;
        let (first, end) = (start(number), start(number + 1));
        let rank = |value: u64| u32::try_from(value).unwrap_or(u32::MAX);
        if first == end {
            // More slices than ranks: no rank, written as an empty range.
            (1, 0)
        } else {
            (rank(first), rank(end - 1))
        }
    })
}

/// One direction of a difference in one slice.
#[derive(Default)]
struct Half {
    pieces: Vec<Piece>,
    cut: bool,
    believed: Option<Believed>,
}

impl Half {
    fn of(diagram: &Diagram<'_>, set: Set, options: &CompareOptions) -> Self {
        let (pieces, complete) = diagram.pieces(set, pieces_for(options.cap));
        Self {
            pieces,
            cut: !complete,
            believed: diagram.pick(set, &options.hints),
        }
    }
}

fn change(halves: Vec<Half>, cap: usize) -> Option<Change> {
    let (mut pieces, mut complete) = (Vec::new(), true);
    let mut best: Option<Believed> = None;
    for half in halves {
        pieces.extend(half.pieces);
        complete &= !half.cut;
        if let Some(found) = half.believed
            && best.is_none_or(|best| found.score > best.score)
        {
            best = Some(found);
        }
    }
    best.map(|best| Change {
        products: Products::of(pieces, complete, cap),
        witness: best.packet,
    })
}
