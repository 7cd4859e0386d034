//! The paths that packets take through chains, as first-match lists.

use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use super::arms::{Compiled, Go};
use super::compile::{Program, Root};
use super::cube;
use super::cursor::Fault;
use super::table::Family;
use crate::packet::{Family as Version, FlowSet};
use crate::target::readback::ReadRule;

/// A packet's circumstances. An interface of none stands for every one that no rule names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Context {
    pub from: Option<u32>,
    pub to: Option<u32>,
    pub state: u8,
}

/// A first-match list that decides every packet, shared between the circumstances in which it holds.
pub(super) type List = Arc<Vec<ReadRule>>;

/// How many rules all lists together may have.
const RULES: usize = 2_000_000;
/// How many arms may be looked at in all.
const STEPS: usize = 20_000_000;
/// A base chain and what it jumps to: the kernel's `NFT_JUMP_STACK_SIZE`.
const DEPTH: usize = 16;

/// Where to go on when a chain is left: a chain, the number of a rule in it, and what is around.
#[derive(Clone, Copy)]
struct Frame<'f> {
    chain: usize,
    start: usize,
    outer: Stack<'f>,
}

/// Where `return` leads. None where the policy decides.
type Stack<'f> = Option<&'f Frame<'f>>;

/// Follows chains, and keeps what it found.
pub(super) struct Walker<'p> {
    program: &'p Program,
    /// Chains in which, or below which, circumstances matter.
    circumstantial: Vec<bool>,
    /// By a base chain and the path through it.
    known: FxHashMap<Vec<usize>, List>,
    joined: FxHashMap<Vec<usize>, List>,
    /// By the lists of new and of untracked packets.
    opening: FxHashMap<[usize; 2], List>,
    rules_left: usize,
    steps_left: usize,
}

impl<'p> Walker<'p> {
    /// Fails where chains lead in a circle, or deeper than the kernel allows.
    pub(super) fn new(program: &'p Program) -> Result<Self, Fault> {
        let mut walker = Self {
            program,
            circumstantial: vec![false; program.chains.len()],
            known: FxHashMap::default(),
            joined: FxHashMap::default(),
            opening: FxHashMap::default(),
            rules_left: RULES,
            steps_left: STEPS,
        };
        walker.order()?;
        Ok(walker)
    }

    /// Looks at every chain after those that it leads to.
    fn order(&mut self) -> Result<(), Fault> {
        let chains = self.program.chains.len();
        let mut depth = vec![0_usize; chains];
        let mut done = vec![false; chains];
        for root in &self.program.roots {
            let mut open: FxHashSet<usize> = FxHashSet::default();
            let mut stack = vec![(root.chain, false)];
            while let Some((chain, left)) = stack.pop() {
                if done.get(chain).copied().unwrap_or(true) {
                    continue;
                }
                let targets = self.targets(chain);
                if !left {
                    open.insert(chain);
                    stack.push((chain, true));
                    for target in targets {
                        if open.contains(&target) {
                            return Err(Fault::new(
                                root.base.line,
                                "the chains below this one lead in a circle",
                            ));
                        }
                        stack.push((target, false));
                    }
                    continue;
                }
                open.remove(&chain);
                let of = |list: &[usize], target: usize| list.get(target).copied().unwrap_or(0);
                let below = targets
                    .iter()
                    .map(|target| of(&depth, *target) + 1)
                    .max()
                    .unwrap_or(0);
                if below > DEPTH {
                    return Err(Fault::new(
                        root.base.line,
                        "the chains below this one are too deep",
                    ));
                }
                let matters = self.rules(chain).iter().any(|rule| rule.circumstantial)
                    || targets.iter().any(|target| self.is_circumstantial(*target));
                if let (Some(depth), Some(done), Some(circumstantial)) = (
                    depth.get_mut(chain),
                    done.get_mut(chain),
                    self.circumstantial.get_mut(chain),
                ) {
                    (*depth, *done, *circumstantial) = (below, true, matters);
                }
            }
        }
        Ok(())
    }

    fn rules(&self, chain: usize) -> &'p [Compiled] {
        self.program
            .chains
            .get(chain)
            .map(Vec::as_slice)
            .unwrap_or_default()
    }

    fn targets(&self, chain: usize) -> Vec<usize> {
        let rules = self.rules(chain).iter();
        let mut targets: Vec<usize> = rules.flat_map(|rule| rule.targets.iter().copied()).collect();
        targets.sort_unstable();
        targets.dedup();
        targets
    }

    fn is_circumstantial(&self, chain: usize) -> bool {
        self.circumstantial.get(chain).copied().unwrap_or(true)
    }

    /// The interfaces that rules below some base chains name: those that packets come in by, and leave by.
    pub(super) fn interfaces(&self, roots: &[Root]) -> [Vec<u32>; 2] {
        let mut seen: FxHashSet<usize> = FxHashSet::default();
        let mut stack: Vec<usize> = roots.iter().map(|root| root.chain).collect();
        let (mut from, mut to) = (Vec::new(), Vec::new());
        while let Some(chain) = stack.pop() {
            if !seen.insert(chain) {
                continue;
            }
            for arm in self.rules(chain).iter().flat_map(|rule| &rule.arms) {
                from.extend_from_slice(&arm.cube.from.listed);
                to.extend_from_slice(&arm.cube.to.listed);
            }
            stack.extend(self.targets(chain));
        }
        let name = |number: &u32| self.program.interfaces.get(*number as usize);
        for list in [&mut from, &mut to] {
            list.sort_unstable();
            list.dedup();
            list.sort_by_key(|number| name(number));
        }
        [from, to]
    }

    /// What base chains of one hook do together: a packet passes where every one accepts it.
    pub(super) fn list(&mut self, roots: &[Root], context: Context) -> Result<List, Fault> {
        if let [root] = roots {
            return self.single(root, context);
        }
        let mut lists = Vec::with_capacity(roots.len());
        for root in roots {
            lists.push(self.single(root, context)?);
        }
        // The order decides nothing. The short ones first: each permit of a list repeats the rest.
        lists.sort_by_key(|list| list.len());
        let line = roots.first().map_or(1, |root| root.base.line);
        // Known lists are kept, so that a place in memory stays that of one list.
        let key: Vec<usize> = lists.iter().map(|list| Arc::as_ptr(list) as usize).collect();
        if let Some(known) = self.joined.get(&key) {
            return Ok(Arc::clone(known));
        }
        let mut joined: Vec<ReadRule> = vec![ReadRule::new(true, cube::every_flow(), line)];
        for list in lists.iter().rev() {
            let mut next = Vec::new();
            for rule in list.iter() {
                if !rule.rule.permit {
                    self.push(&mut next, rule.clone())?;
                    continue;
                }
                for inner in &joined {
                    let flow = cube::intersection(&rule.rule.flow, &inner.rule.flow);
                    // A rule says more than a policy that lets through what is left.
                    let by_policy = roots.iter().any(|root| root.base.line == inner.line);
                    let line = if inner.rule.permit && by_policy {
                        rule.line
                    } else {
                        inner.line
                    };
                    self.step(line)?;
                    if !flow.is_empty() {
                        self.push(&mut next, ReadRule::new(inner.rule.permit, flow, line))?;
                    }
                }
            }
            joined = next;
        }
        let list = Arc::new(joined);
        self.joined.insert(key, Arc::clone(&list));
        Ok(list)
    }

    /// What becomes of packets that open a flow: those of a state of their own, and those that never have one.
    pub(super) fn opening(&mut self, new: &List, untracked: &List) -> Result<List, Fault> {
        if Arc::ptr_eq(new, untracked) {
            return Ok(Arc::clone(new));
        }
        let key = [new, untracked].map(|list| Arc::as_ptr(list) as usize);
        if let Some(known) = self.opening.get(&key) {
            return Ok(Arc::clone(known));
        }
        let stateless = cube::never_tracked();
        let mut list = Vec::with_capacity(new.len());
        for rule in untracked.iter() {
            self.step(rule.line)?;
            let flow = cube::intersection(&stateless, &rule.rule.flow);
            if !flow.is_empty() {
                self.push(&mut list, ReadRule::new(rule.rule.permit, flow, rule.line))?;
            }
        }
        for rule in new.iter() {
            self.push(&mut list, rule.clone())?;
        }
        let list = Arc::new(list);
        self.opening.insert(key, Arc::clone(&list));
        Ok(list)
    }

    /// What one base chain does.
    fn single(&mut self, root: &Root, context: Context) -> Result<List, Fault> {
        let mut path = Vec::with_capacity(16);
        path.push(root.chain);
        self.path(root.chain, context, root.base.line, &mut path)?;
        if let Some(known) = self.known.get(&path) {
            return Ok(Arc::clone(known));
        }
        let mut run = Run {
            walker: self,
            root,
            context,
            list: Vec::new(),
        };
        let guard = match root.family {
            Family::Inet => cube::every_flow(),
            Family::V4 => cube::every_of(Version::V4),
            Family::V6 => cube::every_of(Version::V6),
        };
        if !run.chain(root.chain, 0, &guard, None)? {
            run.emit(root.base.accept, guard, root.base.line)?;
        }
        if root.family != Family::Inet {
            // Packets of the other family do not meet this chain.
            run.emit(true, cube::every_flow(), root.base.line)?;
        }
        let list = Arc::new(run.list);
        self.known.insert(path, Arc::clone(&list));
        Ok(list)
    }

    /// Which arms of circumstance are open on the way: where these are the same, so are the lists.
    fn path(
        &mut self,
        chain: usize,
        context: Context,
        line: usize,
        path: &mut Vec<usize>,
    ) -> Result<(), Fault> {
        for (number, rule) in self.rules(chain).iter().enumerate() {
            self.spend(1, line)?;
            let matters = |target: &usize| self.is_circumstantial(*target);
            if !rule.circumstantial && !rule.targets.iter().any(matters) {
                continue;
            }
            let matching = rule.matching(context.from, context.to, context.state);
            self.spend(matching.len(), line)?;
            for index in matching {
                let Some(arm) = rule.arms.get(index) else { continue };
                path.extend([number, index]);
                if let Some(target) = arm.go.target().filter(|target| self.is_circumstantial(*target)) {
                    self.path(target, context, line, path)?;
                }
                if cube::is_every(&arm.cube.flow) && !matches!(arm.go, Go::Jump(_)) {
                    path.push(usize::MAX);
                    return Ok(());
                }
            }
        }
        path.push(usize::MAX);
        Ok(())
    }

    fn step(&mut self, line: usize) -> Result<(), Fault> {
        self.spend(1, line)
    }

    fn spend(&mut self, steps: usize, line: usize) -> Result<(), Fault> {
        let left = self.steps_left.checked_sub(steps);
        self.steps_left = left.ok_or_else(|| Fault::new(line, "following its chains takes too long"))?;
        Ok(())
    }

    fn push(&mut self, list: &mut Vec<ReadRule>, rule: ReadRule) -> Result<(), Fault> {
        let left = self.rules_left.checked_sub(1);
        self.rules_left = left.ok_or_else(|| Fault::new(rule.line, "following its chains takes too long"))?;
        list.push(rule);
        Ok(())
    }
}

/// One way through a base chain.
struct Run<'w, 'p> {
    walker: &'w mut Walker<'p>,
    root: &'w Root,
    context: Context,
    list: Vec<ReadRule>,
}

impl Run<'_, '_> {
    /// Adds what a chain does, from one of its rules on, with the packets of `guard`. What it leaves open goes on to
    /// what the caller adds next; true where it leaves nothing. `stack` is where `return` leads.
    fn chain(
        &mut self,
        chain: usize,
        start: usize,
        guard: &FlowSet,
        stack: Stack<'_>,
    ) -> Result<bool, Fault> {
        let rules = self.walker.rules(chain);
        for (number, rule) in rules.iter().enumerate().skip(start) {
            let Context { from, to, state } = self.context;
            for index in rule.matching(from, to, state) {
                let Some(arm) = rule.arms.get(index) else { continue };
                self.walker.step(arm.line)?;
                let flow = cube::intersection(guard, &arm.cube.flow);
                if flow.is_empty() {
                    continue;
                }
                let decided = match arm.go {
                    Go::Accept | Go::Drop => {
                        self.emit(arm.go == Go::Accept, flow, arm.line)?;
                        true
                    }
                    Go::Return => {
                        self.back(&flow, stack)?;
                        true
                    }
                    Go::Jump(target) => {
                        let deeper = Frame {
                            chain,
                            start: number + 1,
                            outer: stack,
                        };
                        self.chain(target, 0, &flow, Some(&deeper))?
                    }
                    Go::Goto(target) => {
                        if !self.chain(target, 0, &flow, stack)? {
                            self.back(&flow, stack)?;
                        }
                        true
                    }
                };
                if decided && cube::is_every(&arm.cube.flow) {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }

    /// Adds what becomes of packets that leave a chain by `return`: the innermost caller goes on, then those around
    /// it, and at last the policy decides.
    fn back(&mut self, flow: &FlowSet, stack: Stack<'_>) -> Result<(), Fault> {
        if let Some(Frame { chain, start, outer }) = stack {
            if !self.chain(*chain, *start, flow, *outer)? {
                self.back(flow, *outer)?;
            }
            return Ok(());
        }
        self.emit(self.root.base.accept, flow.clone(), self.root.base.line)
    }

    fn emit(&mut self, permit: bool, flow: FlowSet, line: usize) -> Result<(), Fault> {
        self.walker
            .push(&mut self.list, ReadRule::new(permit, flow, line))
    }
}
