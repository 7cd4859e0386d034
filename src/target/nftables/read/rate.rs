//! Rates: how often a rule may do what it says.

use super::cursor::{Cursor, Fault};
use crate::syntax::tree::{self, RateUnit};

/// `rate over 10/second burst 5 packets`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rate {
    /// It holds for what exceeds the rate.
    pub over: bool,
    /// How often; none where a policy could not say it.
    pub rate: Option<tree::Rate>,
}

/// nft's burst where none is written, in packets.
const BURST: u64 = 5;

/// Reads a rate of a limit with a name.
pub(super) fn rate(cursor: &mut Cursor<'_>) -> Result<Rate, Fault> {
    read(cursor, true)
}

/// Reads a rate of a rule.
pub(super) fn of_rule(cursor: &mut Cursor<'_>) -> Result<Rate, Fault> {
    read(cursor, false)
}

fn read(cursor: &mut Cursor<'_>, zero: bool) -> Result<Rate, Fault> {
    if !cursor.eat_word("rate") {
        return Err(cursor.unknown());
    }
    let over = cursor.eat_word("over");
    let before = *cursor;
    let count = cursor.word("a rate")?.split_once('/');
    let (count, unit) = count
        .and_then(|(count, unit)| Some((count.parse::<u64>().ok().filter(|count| *count > 0)?, unit)))
        .filter(|(_, unit)| ["second", "minute", "hour", "day", "week"].contains(unit))
        .ok_or_else(|| before.fault("expected a rate such as `10/second`"))?;
    let mut burst = BURST;
    if cursor.eat_word("burst") {
        burst = cursor.number("a number of packets")?;
        if !cursor.eat_word("packets") {
            return Err(cursor.fault("expected `packets`"));
        }
        if burst == 0 && !zero {
            return Err(cursor.fault("nft refuses a burst of 0 in a rule"));
        }
    }
    let per = match unit {
        "second" => Some(RateUnit::Second),
        "minute" => Some(RateUnit::Minute),
        "hour" => Some(RateUnit::Hour),
        "day" => Some(RateUnit::Day),
        _ => None,
    };
    // More at once than in a whole unit of time, or than nft lets through of itself, is another rate.
    let said = per
        .zip(u32::try_from(count).ok())
        .filter(|_| burst <= count.max(BURST));
    Ok(Rate {
        over,
        rate: said.map(|(per, count)| tree::Rate { count, per }),
    })
}
