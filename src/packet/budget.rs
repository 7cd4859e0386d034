//! Bounds on work: some questions about packet sets are exponential, and an answer that never comes is
//! worse than none.

use thiserror::Error;

/// How much an engine may do before it gives up. Counted in steps and nodes, not in time, so that the same
/// question has the same answer on every machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    /// Elementary operations.
    pub steps: u64,
    /// Diagram nodes alive at once. One with many edges counts as many, by the memory that it takes.
    pub nodes: u32,
}

impl Budget {
    /// The smaller of both.
    pub(crate) fn least(self, other: Self) -> Self {
        Self {
            steps: self.steps.min(other.steps),
            nodes: self.nodes.min(other.nodes),
        }
    }

    /// A share of the whole for one of `parts`, with slack because parts are never even. There is less slack for
    /// nodes: parts may be alive at once.
    pub(crate) fn share(self, parts: usize) -> Self {
        let parts = parts.max(1);
        Self {
            steps: (self.steps / parts as u64).saturating_mul(4).min(self.steps),
            nodes: u32::try_from((u64::from(self.nodes) / parts as u64).saturating_mul(2))
                .unwrap_or(u32::MAX)
                .min(self.nodes),
        }
    }
}

impl Default for Budget {
    /// Some seconds of one core and some hundred megabytes.
    fn default() -> Self {
        Self {
            steps: 200_000_000,
            nodes: 12_000_000,
        }
    }
}

/// The budget was spent before there was an answer. Whoever asked must take it as "not proven".
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("gave up after {steps} steps and {nodes} nodes without an answer")]
pub struct GaveUp {
    /// Steps done.
    pub steps: u64,
    /// Nodes made.
    pub nodes: u32,
}

/// Counts work against a budget.
#[derive(Clone, Debug)]
pub(crate) struct Meter {
    budget: Budget,
    steps: u64,
    /// Nodes of results, which outlive their diagrams.
    kept: usize,
}

impl Meter {
    pub(crate) fn new(budget: Budget) -> Self {
        Self {
            budget,
            steps: 0,
            kept: 0,
        }
    }

    /// One that is never spent, for what is as much work as its result is large.
    pub(crate) fn endless() -> Self {
        Self::new(Budget {
            steps: u64::MAX,
            nodes: u32::MAX,
        })
    }

    /// What is left.
    pub(crate) fn rest(&self) -> Budget {
        let kept = u32::try_from(self.kept).unwrap_or(u32::MAX);
        Budget {
            steps: self.budget.steps.saturating_sub(self.steps),
            nodes: self.budget.nodes.saturating_sub(kept),
        }
    }

    /// Spends steps, given how many nodes are alive.
    pub(crate) fn spend(&mut self, steps: usize, nodes: usize) -> Result<(), GaveUp> {
        self.spent(steps as u64);
        let nodes = u32::try_from(nodes.saturating_add(self.kept)).unwrap_or(u32::MAX);
        if self.steps > self.budget.steps || nodes > self.budget.nodes {
            return Err(GaveUp {
                steps: self.steps,
                nodes,
            });
        }
        Ok(())
    }

    /// Spends steps that were counted elsewhere.
    pub(crate) fn spent(&mut self, steps: u64) {
        self.steps = self.steps.saturating_add(steps);
    }

    /// Spends nodes for good, given how many others are alive.
    pub(crate) fn keep(&mut self, nodes: usize, alive: usize) -> Result<(), GaveUp> {
        self.kept = self.kept.saturating_add(nodes);
        self.spend(nodes, alive)
    }

    /// Gives back the nodes of results that were kept since, and are no more.
    pub(crate) fn forget_since(&mut self, before: &Self) {
        self.kept = before.kept;
    }

    /// Steps done.
    pub(crate) fn steps(&self) -> u64 {
        self.steps
    }
}

/// What is left of some work that is not worth more.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Allowance(usize);

impl Allowance {
    pub(crate) fn of(work: usize) -> Self {
        Self(work)
    }

    /// More than any work takes.
    pub(crate) fn endless() -> Self {
        Self(usize::MAX)
    }

    /// None where it is spent.
    pub(crate) fn spend(&mut self, work: usize) -> Option<()> {
        self.0 = self.0.checked_sub(work)?;
        Some(())
    }
}
