//! Numbers that stay: a rule that comes or goes moves no other one.
//!
//! A number reads as stage, policy, rule and entry. Blocks of one stage have one verdict, so their order decides
//! nothing and may follow from their names. A block of several rules stands where the first of them would.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;

use super::list::Block;
use super::term::Purpose;
use crate::target::name::digest;

/// Numbers of one stage. There are eleven, and IOS counts to 2^31.
const STAGE: u32 = 1_000_000;

/// Numbers of the rules of one policy.
const POLICY: u32 = 10_000;

/// Distance of slots: entries of one rule begin at a multiple of it.
const SLOT: u32 = 100;

/// Where entries begin in a slot. IOS gives a remark without number the last number plus 10, which must not be an
/// entry's.
pub const FIRST: u32 = 10;

/// Stages of a list, of which the second half repeats the first below the guard.
pub mod stage {
    /// What the device itself receives, and errors.
    pub const OWN: u32 = 0;
    /// Replies.
    pub const REPLIES: u32 = 1;
    /// What must stand in its own order ahead of denies.
    pub const EXCEPTIONS: u32 = 2;
    /// Rules that deny.
    pub const DENIES: u32 = 3;
    /// Rules that allow.
    pub const ALLOWS: u32 = 4;
    /// The guard of external addresses.
    pub const GUARD: u32 = 5;
    /// What nothing permits.
    pub const REST: u32 = 10;
}

/// Where a term belongs that follows one of stage `last`.
pub fn stage_of(purpose: &Purpose, last: u32) -> u32 {
    let within = match purpose {
        Purpose::Manage | Purpose::Run(_) | Purpose::IcmpErrors => stage::OWN,
        Purpose::Reply => stage::REPLIES,
        Purpose::Exception | Purpose::NotReply => stage::EXCEPTIONS,
        Purpose::Deny => stage::DENIES,
        Purpose::Allow => stage::ALLOWS,
        Purpose::Guard => stage::GUARD,
    };
    let below_guard = if last >= stage::GUARD && within < stage::GUARD {
        stage::GUARD
    } else {
        0
    };
    last.max(within + below_guard)
}

/// The places that rules ask for. Each is worked out once.
#[derive(Debug, Default)]
pub struct Slots {
    rules: FxHashMap<String, u32>,
    policies: FxHashMap<String, u32>,
}

impl Slots {
    /// The blocks in the order of the list, each with the number where it begins.
    pub fn numbered(&mut self, blocks: Vec<Block>) -> Vec<(u32, Block)> {
        let mut stages: BTreeMap<u32, Vec<Block>> = BTreeMap::new();
        for block in blocks {
            stages.entry(block.stage).or_default().push(block);
        }
        let mut list = Vec::new();
        let mut least = 0;
        for (stage, blocks) in stages {
            // A stage that is overfull pushes the ones behind it.
            least = stage.saturating_mul(STAGE).max(least);
            let blocks = if has_own_order(stage) {
                in_order(blocks)
            } else {
                self.by_name(blocks)
            };
            let mut end = least;
            for (slot, block) in blocks {
                let number = least.saturating_add(slot.saturating_mul(SLOT));
                end = end.max(number.saturating_add(slots(&block).saturating_mul(SLOT)));
                list.push((number, block));
            }
            least = end;
        }
        list
    }

    /// Where the names of policy and first rule say, or at the next place that is free.
    fn by_name(&mut self, mut blocks: Vec<Block>) -> Vec<(u32, Block)> {
        fn names(block: &Block) -> impl Iterator<Item = &str> {
            block.origins.iter().map(|origin| origin.id.as_str())
        }
        blocks.sort_by(|a, b| names(a).cmp(names(b)));
        blocks.dedup_by(|block, before| {
            let same = names(block).eq(names(before));
            if same {
                before.entries.append(&mut block.entries);
            }
            same
        });
        let mut taken = Taken::default();
        let mut placed: Vec<(u32, Block)> = blocks
            .into_iter()
            .map(|block| {
                let wish = self.of(names(&block).next().unwrap_or_default());
                (taken.take(wish, slots(&block)), block)
            })
            .collect();
        placed.sort_by_key(|(slot, _)| *slot);
        placed
    }

    /// The place that a rule asks for: its policy's, and its own among those of the policy.
    fn of(&mut self, rule: &str) -> u32 {
        if let Some(slot) = self.rules.get(rule) {
            return *slot;
        }
        let of = |text: &str, count: u32| u32::from_str_radix(&digest(text, 7), 16).unwrap_or(0) % count;
        let (policies, rules) = (STAGE / POLICY, POLICY / SLOT);
        let policy = rule.rsplit_once('-').map_or(rule, |(policy, _)| policy);
        let first = match self.policies.get(policy) {
            Some(first) => *first,
            None => {
                let first = of(policy, policies) * rules;
                self.policies.insert(policy.to_owned(), first);
                first
            }
        };
        // Slot 0 stays free: there is no entry 0.
        let slot = (first + of(rule, rules)).max(1);
        self.rules.insert(rule.to_owned(), slot);
        slot
    }
}

/// Stages whose blocks do not all have the same verdict, or no rule to be named by.
pub fn has_own_order(stage: u32) -> bool {
    matches!(stage % stage::GUARD, stage::OWN | stage::EXCEPTIONS)
}

/// One behind the other.
fn in_order(blocks: Vec<Block>) -> Vec<(u32, Block)> {
    let mut next = 1_u32;
    let placed = blocks.into_iter().map(|block| {
        let slot = next;
        next = next.saturating_add(slots(&block));
        (slot, block)
    });
    placed.collect()
}

/// Slots that are taken: runs of them without a gap, from first to end.
#[derive(Default)]
struct Taken(BTreeMap<u32, u32>);

impl Taken {
    /// Takes as many slots in a row, from the first on that is free at `wish` or behind it.
    fn take(&mut self, wish: u32, length: u32) -> u32 {
        let mut slot = wish;
        // The run that begins last before the end of these slots is in the way unless it is over by then.
        while let Some((_, end)) = self.0.range(..slot.saturating_add(length)).next_back()
            && *end > slot
        {
            slot = *end;
        }
        let before = self.0.range(..slot).next_back();
        let first = match before {
            Some((first, end)) if *end == slot => *first,
            _ => slot,
        };
        let end = slot.saturating_add(length);
        let end = self.0.remove(&end).unwrap_or(end);
        self.0.insert(first, end);
        slot
    }
}

/// How many slots the entries of a block take.
fn slots(block: &Block) -> u32 {
    let entries = u32::try_from(block.entries.len()).unwrap_or(u32::MAX);
    entries.saturating_add(FIRST).div_ceil(SLOT).max(1)
}
