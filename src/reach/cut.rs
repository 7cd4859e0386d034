//! Which rules would have to go for a chain to end.

use super::goal::Goal;
use super::view::View;
use crate::model::RuleId;

/// Most rules that an exact answer may have.
const EXACT: usize = 3;
/// Most rules that any answer may have.
const MOST: usize = 16;
/// Work allowed, in classes searched.
const WORK: usize = 4_000_000;

/// Rules whose removal leaves no chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleCut {
    /// The rules, by id.
    pub rules: Vec<RuleId>,
    /// True where no fewer would do.
    pub smallest: bool,
}

/// Rules whose removal leaves no chain; none where some chain needs no rule, or too many would have to go.
pub fn chain_cut(view: &View<'_>, goal: &Goal<'_>) -> Option<RuleCut> {
    let mut searches = (WORK / view.hosts.classes.len().max(1)).clamp(16, 1_000);
    for size in 1..=EXACT {
        match within(view, goal, &mut Vec::new(), size, &mut searches) {
            Ok(Some(mut rules)) => {
                rules.sort_unstable();
                return Some(RuleCut {
                    rules,
                    smallest: true,
                });
            }
            Ok(None) => {}
            Err(WorkSpent) => break,
        }
    }
    let mut rules: Vec<RuleId> = Vec::new();
    while let Some((chain, _)) = goal.shortest(view, &rules) {
        // The last step is the one closest to what is to be kept safe.
        let last = chain.rules().last().copied()?;
        rules.push(last);
        if rules.len() > MOST {
            return None;
        }
    }
    rules.sort_unstable();
    Some(RuleCut {
        rules,
        smallest: false,
    })
}

/// The work was used up before there was an answer.
struct WorkSpent;

/// A cut of at most `size` more rules; none where there is none.
fn within(
    view: &View<'_>,
    goal: &Goal<'_>,
    removed: &mut Vec<RuleId>,
    size: usize,
    searches: &mut usize,
) -> Result<Option<Vec<RuleId>>, WorkSpent> {
    *searches = searches.checked_sub(1).ok_or(WorkSpent)?;
    let Some((chain, _)) = goal.shortest(view, removed) else {
        return Ok(Some(removed.clone()));
    };
    if size == 0 {
        return Ok(None);
    }
    // One of the rules of this very chain has to go.
    for rule in chain.rules().into_iter().rev() {
        removed.push(rule);
        let found = within(view, goal, removed, size - 1, searches)?;
        removed.pop();
        if found.is_some() {
            return Ok(found);
        }
    }
    Ok(None)
}
