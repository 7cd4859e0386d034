//! The two lists of one side, from plan to entries.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rustc_hash::FxHashSet;

use super::capability::Capability;
use super::entry;
use super::excess::Excess;
use super::external::fold_with_external;
use super::fold::{self, Lane, Rule, TooManyPieces};
use super::list::{Block, List};
use super::number::{Slots, stage};
use super::object_group::{Group, Groups};
use super::term::{Purpose, Term};
use super::usage::Meter;
use super::{local, naming, product};
use crate::packet::{AddressSet, Family, FlowSet, IntervalSet, ServiceSet};
use crate::plan::{DevicePlan, Forwarding, Side};
use crate::syntax::tree::Action;
use crate::target::Inexpressible;

/// A side with its lists.
#[derive(Clone, Debug)]
pub struct SideLists<'a> {
    /// The side.
    pub side: &'a Side,
    /// What the names of its lists begin with.
    pub stem: String,
    /// The IPv4 list.
    pub v4: Arc<List>,
    /// The IPv6 list.
    pub v6: Arc<List>,
}

impl SideLists<'_> {
    /// The same with the lists of another side, where these are long and say the same: those of two uplinks mostly do.
    /// The side then goes by the stem of those lists, which must stay as long as one of its interfaces may name them.
    fn shared(self, others: &[Self], long: usize) -> Self {
        let alike = |other: &&Self| self.v4.says_as(&other.v4) && self.v6.says_as(&other.v6);
        let is_long = self.v4.entries.max(self.v6.entries) > long;
        match others.iter().filter(|_| is_long).find(alike) {
            None => self,
            Some(other) => Self {
                side: self.side,
                ..other.clone()
            },
        }
    }
}

/// The lists of a family, each once.
pub fn lists<'l>(sides: &'l [SideLists<'_>], family: Family) -> Vec<&'l List> {
    let mut met: FxHashSet<*const List> = FxHashSet::default();
    let all = sides.iter().map(|side| match family {
        Family::V4 => &side.v4,
        Family::V6 => &side.v6,
    });
    let once = all.filter(|list| met.insert(Arc::as_ptr(list)));
    once.map(|list| &**list).collect()
}

/// What the sides of one device share.
pub struct Lowering<'a> {
    /// The device.
    pub plan: &'a DevicePlan,
    /// Its sides and pairs.
    pub forwarding: &'a Forwarding,
    /// What the device can do.
    pub capability: &'a Capability,
    /// Object groups of all lists.
    pub groups: Groups,
    /// Where rules ask to stand.
    pub slots: Slots,
    /// What could not be expressed.
    pub failures: BTreeSet<(Option<String>, String)>,
}

impl<'a> Lowering<'a> {
    /// The lists of all sides that have interfaces.
    pub fn sides(&mut self) -> Vec<SideLists<'a>> {
        let mut sides: Vec<SideLists<'_>> = Vec::new();
        for (index, side) in self.forwarding.sides.iter().enumerate() {
            if !side.interfaces.is_empty() {
                let lists = self
                    .side(index, side)
                    .shared(&sides, self.capability.join_entries);
                sides.push(lists);
            }
        }
        sides
    }

    /// The lists of the side with this index.
    fn side(&mut self, index: usize, side: &'a Side) -> SideLists<'a> {
        let stem = naming::stem(side);
        let mut list = |family| {
            let blocks = self.blocks(index, side, family);
            let blocks = self.slots.numbered(blocks);
            let meter = Meter {
                groups: &self.groups,
                capability: self.capability,
            };
            List::new(&stem, &side.zone, family, &blocks, &meter)
        };
        let (v4, v6) = (list(Family::V4), list(Family::V6));
        for (family, list) in [(Family::V4, &v4), (Family::V6, &v6)] {
            if list.entries > self.capability.refuse_entries {
                self.refuse(&side.zone, family, &Excess::of_list(list));
            }
        }
        SideLists {
            side,
            stem,
            v4: Arc::new(v4),
            v6: Arc::new(v6),
        }
    }

    /// The object groups of all lists, by name.
    ///
    /// # Errors
    /// What could not be expressed.
    pub fn finish(self) -> Result<BTreeMap<String, Group>, Vec<Inexpressible>> {
        if self.failures.is_empty() {
            return Ok(self.groups.into_all());
        }
        let failures = self.failures.into_iter();
        Err(failures
            .map(|(rule, what)| Inexpressible { rule, what })
            .collect())
    }

    /// Records what cannot be expressed.
    pub fn fail(&mut self, rule: Option<String>, what: String) {
        self.failures.insert((rule, what));
    }

    /// Records that a list has too many entries.
    pub fn refuse(&mut self, zone: &str, family: Family, excess: &Excess) {
        let (rule, what) = excess.refusal(zone, family, self.capability.refuse_entries);
        self.fail(rule, what);
    }

    fn blocks(&mut self, index: usize, side: &Side, family: Family) -> Vec<Block> {
        let mut terms = self.manage_terms(side, family);
        terms.extend(local::run_terms(&self.plan.local, side, family));
        terms.extend(self.icmp_error_terms(index, side, family));
        let pairs = self.forwarding.pairs.iter().filter(|pair| pair.from == index);
        let lanes: Vec<Lane> = pairs.map(|pair| Lane::of(pair, family)).collect();
        match fold_with_external(&lanes, &self.plan.claimed, family) {
            Ok(folded) => terms.extend(folded),
            Err(error) => self.too_many_pieces(error),
        }
        let mut blocks = Vec::new();
        if family == Family::V6 {
            blocks.push(neighbour_discovery());
        }
        self.write(terms, &side.zone, family, &mut blocks);
        let log = if self.capability.log_final_deny {
            " log"
        } else {
            ""
        };
        blocks.push(Block {
            stage: stage::REST,
            remark: "all else".to_owned(),
            origins: Arc::default(),
            entries: vec![format!("deny {} any any{log}", entry::any_protocol(family))],
        });
        blocks
    }

    /// Management that may come in by this side.
    fn manage_terms(&mut self, side: &Side, family: Family) -> Vec<Term> {
        let local = &self.plan.local;
        let rules = |action: Action| -> Vec<Rule> {
            let of_action = local.manage.iter().filter(|rule| rule.said.action == action);
            of_action.filter_map(|rule| Rule::of(rule, family)).collect()
        };
        let lane = Lane {
            denies: rules(Action::Deny),
            allows: rules(Action::Allow),
            replies: Vec::new(),
        };
        let arriving = FlowSet {
            source: Arc::clone(&side.behind),
            destination: Arc::clone(&local.own),
            service: Arc::new(ServiceSet::full()),
        };
        match fold::permitted_within(&[lane], &arriving) {
            Ok(terms) => terms
                .into_iter()
                .map(|term| Term {
                    purpose: Purpose::Manage,
                    ..term
                })
                .collect(),
            Err(error) => {
                self.too_many_pieces(error);
                Vec::new()
            }
        }
    }

    /// Errors about packets that left by this side: without them path MTU discovery fails.
    fn icmp_error_terms(&self, index: usize, side: &Side, family: Family) -> Option<Term> {
        let leaving = self.forwarding.pairs.iter().filter(|pair| pair.to == index);
        let mut rules = leaving.flat_map(|pair| pair.rules.iter().chain(&pair.replies));
        let some_leave = rules
            .any(|rule| rule.said.action == Action::Allow && product::narrow(&rule.flow, family).is_some());
        let behind = side.behind.only(family);
        if !some_leave || behind.is_empty() {
            return None;
        }
        let every = AddressSet::full().only(family);
        let few = behind.prefixes().len() <= self.capability.icmp_error_prefixes;
        Some(Term {
            purpose: Purpose::IcmpErrors,
            origin: None,
            flow: FlowSet {
                source: Arc::new(if few { behind } else { every.clone() }),
                destination: Arc::new(every),
                service: Arc::new(icmp_errors(family)),
            },
            established: false,
            log: false,
        })
    }

    fn too_many_pieces(&mut self, error: TooManyPieces) {
        self.fail(
            Some(error.rule),
            "denies towards other sides cut it into too many pieces: IOS has one list for all ways out of a side"
                .to_owned(),
        );
    }
}

/// Destination unreachable, time exceeded and parameter problem (RFC 792); in IPv6 also packet too big (RFC 4443).
fn icmp_errors(family: Family) -> ServiceSet {
    let codes = IntervalSet::range(0, 255);
    match family {
        Family::V4 => ServiceSet::icmp(&IntervalSet::from_ranges([(3, 3), (11, 12)]), &codes),
        Family::V6 => ServiceSet::icmpv6(&IntervalSet::range(1, 4), &codes),
    }
}

/// IOS lets neighbours find each other only until a list ends in a deny of its own (Cisco IOS IPv6 Command
/// Reference, `ipv6 access-list`). Router solicitations are never implied.
fn neighbour_discovery() -> Block {
    let kinds = ["nd-na", "nd-ns", "router-solicitation"];
    Block {
        stage: stage::OWN,
        remark: "neighbour discovery".to_owned(),
        origins: Arc::default(),
        entries: kinds.map(|kind| format!("permit icmp any any {kind}")).to_vec(),
    }
}
