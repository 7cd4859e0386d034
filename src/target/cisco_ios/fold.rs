//! Folds the pairs that start at one side into one first-match list, because IOS filters a packet once, where it
//! comes in, whichever way it leaves.
//!
//! With `F` the union over the pairs of what each permits, and `R` the union of their replies, the list is
//! 1. replies, 2. what of `F` a deny below would cut, 3. denies, 4. allows.
//!
//! Steps 1 and 2 hold nothing outside `R` and `F`; what is in `F` and met by some deny of step 3 is in step 2; what
//! an allow of step 4 holds outside `F` is met by a deny of its own pair. So the list permits exactly `F` and `R`.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use rustc_hash::FxBuildHasher;

use super::product;
use super::term::{Purpose, Term};
use crate::packet::{AddressSet, Family, FlowSet, IntervalSet, Region, ServiceSet};
use crate::plan::{Origin, PairPlan, PlanRule, subtract};
use crate::syntax::tree::Action;

/// A rule of one family.
#[derive(Clone, Debug)]
pub struct Rule {
    /// The packets.
    pub flow: FlowSet,
    /// True where matches are to be logged.
    pub log: bool,
    /// Where it comes from.
    pub origin: Arc<Origin>,
}

/// One family of one pair of sides.
#[derive(Clone, Debug, Default)]
pub struct Lane {
    /// Stand before the allows.
    pub denies: Vec<Rule>,
    /// What may open a flow.
    pub allows: Vec<Rule>,
    /// What may come in as a reply.
    pub replies: Vec<Rule>,
}

/// An allow that falls into too many pieces beside a deny of another pair.
#[derive(Clone, Debug)]
pub struct TooManyPieces {
    /// The allow.
    pub rule: String,
}

/// Pieces that one allow may fall into.
const PIECES: usize = 2_000;

/// A service with more protocols without ports than this is written as `ip` less the others.
const WIDE: u128 = 16;

impl Lane {
    /// What a pair holds of `family`.
    pub fn of(pair: &PairPlan, family: Family) -> Self {
        let rules = |list: &[PlanRule], action: Action| {
            let of_action = list.iter().filter(|rule| rule.said.action == action);
            of_action.filter_map(|rule| Rule::of(rule, family)).collect()
        };
        Self {
            denies: rules(&pair.rules, Action::Deny),
            allows: rules(&pair.rules, Action::Allow),
            replies: rules(&pair.replies, Action::Allow),
        }
    }

    /// Every rule with its flow changed, without those that hold nothing afterwards.
    pub fn map(&self, change: impl Fn(&FlowSet) -> Option<FlowSet>) -> Self {
        let rules = |list: &[Rule]| {
            let changed = list
                .iter()
                .filter_map(|rule| change(&rule.flow).map(|flow| Rule { flow, ..rule.clone() }));
            changed.collect()
        };
        Self {
            denies: rules(&self.denies),
            allows: rules(&self.allows),
            replies: rules(&self.replies),
        }
    }

    /// The flows of all its rules.
    pub fn flows(&self) -> impl Iterator<Item = &FlowSet> {
        let rules = self.denies.iter().chain(&self.allows).chain(&self.replies);
        rules.map(|rule| &rule.flow)
    }
}

impl Rule {
    /// What a rule holds of `family`.
    pub fn of(rule: &PlanRule, family: Family) -> Option<Self> {
        Some(Self {
            flow: product::narrow(&rule.flow, family)?,
            log: rule.said.log,
            origin: Arc::clone(&rule.said.origin),
        })
    }

    fn term(&self, purpose: Purpose) -> Term {
        self.piece(purpose, self.flow.clone())
    }

    fn piece(&self, purpose: Purpose, flow: FlowSet) -> Term {
        Term {
            established: purpose == Purpose::Reply,
            purpose,
            origin: Some(Arc::clone(&self.origin)),
            flow,
            log: self.log,
        }
    }
}

/// The list of one side and family.
///
/// # Errors
/// When an allow would fall into more pieces than anyone could review.
pub fn fold(lanes: &[Lane], family: Family) -> Result<Vec<Term>, TooManyPieces> {
    let replies = merged(lanes.iter().flat_map(|lane| &lane.replies));
    let denies = merged(lanes.iter().flat_map(|lane| &lane.denies));
    let allows = merged(lanes.iter().flat_map(|lane| &lane.allows));
    let mut terms = fold_replies(&replies, lanes, family)?;
    // Denies that overlap find the same pieces.
    let mut seen: HashSet<FlowSet, FxBuildHasher> = HashSet::default();
    for deny in &denies {
        let exceptions = permitted_within(lanes, &deny.flow)?;
        terms.extend(
            exceptions
                .into_iter()
                .filter(|term| seen.insert(term.flow.clone())),
        );
    }
    terms.extend(denies.iter().map(|rule| rule.term(Purpose::Deny)));
    terms.extend(allows.iter().map(|rule| rule.term(Purpose::Allow)));
    Ok(terms)
}

/// Replies. Those to a service of nearly all protocols cannot be `permit ip`, which would let TCP open flows the
/// other way, nor 250 entries: they are written as what is not `ip` about them, a deny of that, then `permit ip`.
/// What other replies and `F` permit of the denied part stands before it.
fn fold_replies(replies: &[Rule], lanes: &[Lane], family: Family) -> Result<Vec<Term>, TooManyPieces> {
    let wide: Vec<(&Rule, ServiceSet)> = replies
        .iter()
        .filter(|rule| rule.flow.service.other.count() > WIDE)
        .map(|rule| (rule, not_plain(&rule.flow.service, family)))
        .collect();
    let denied_somewhere = wide
        .iter()
        .fold(ServiceSet::empty(), |all, (_, denied)| all.union(denied));
    let mut terms = Vec::new();
    for rule in replies {
        let mut flow = rule.flow.clone();
        if flow.service.other.count() > WIDE {
            flow.service = Arc::new(flow.service.intersection(&denied_somewhere));
        }
        if !flow.is_empty() {
            terms.push(rule.piece(Purpose::Reply, flow));
        }
    }
    for (rule, denied) in &wide {
        let held_back = FlowSet {
            service: Arc::new(denied.clone()),
            ..rule.flow.clone()
        };
        terms.extend(permitted_within(lanes, &held_back)?);
    }
    for (rule, denied) in wide {
        let with = |service: ServiceSet| FlowSet {
            service: Arc::new(service),
            ..rule.flow.clone()
        };
        let mut denial = rule.piece(Purpose::NotReply, with(denied));
        denial.log = false;
        terms.push(denial);
        let mut rest = rule.piece(Purpose::Reply, with(product::every_service(family).clone()));
        rest.established = false;
        terms.push(rest);
    }
    Ok(terms)
}

/// What `permit ip` would hold beyond a reply: all TCP, since of that only established packets are meant, and each
/// protocol of which the reply is only a part.
fn not_plain(service: &ServiceSet, family: Family) -> ServiceSet {
    let every = product::every_service(family).clone();
    let unless_full = |part: &Region, full: Region| {
        if *part == full { Region::empty() } else { full }
    };
    ServiceSet {
        udp: unless_full(&service.udp, every.udp),
        sctp: unless_full(&service.sctp, every.sctp),
        icmp: unless_full(&service.icmp, every.icmp),
        icmpv6: unless_full(&service.icmpv6, every.icmpv6),
        other: every.other.difference(&service.other),
        tcp: Region::product(IntervalSet::full(), IntervalSet::full()),
    }
}

/// What the lanes permit within `limits`: of each allow what no deny of its own lane holds.
///
/// # Errors
/// As [`fold`].
pub fn permitted_within(lanes: &[Lane], limits: &FlowSet) -> Result<Vec<Term>, TooManyPieces> {
    let mut terms = Vec::new();
    for lane in lanes {
        for allow in &lane.allows {
            let Some(part) = allow.flow.meet(limits) else {
                continue;
            };
            if lane.denies.iter().any(|deny| product::covers(&deny.flow, &part)) {
                continue;
            }
            let mut pieces = vec![part];
            for deny in &lane.denies {
                pieces = pieces
                    .iter()
                    .flat_map(|piece| subtract(piece, &deny.flow))
                    .collect();
                if pieces.len() > PIECES {
                    return Err(TooManyPieces {
                        rule: allow.origin.id.clone(),
                    });
                }
            }
            let exceptions = pieces.into_iter();
            terms.extend(exceptions.map(|flow| allow.piece(Purpose::Exception, flow)));
        }
    }
    Ok(terms)
}

/// Joins rules of several pairs that differ in their destinations alone, so that one rule of the policy stays one
/// in the list.
fn merged<'a>(rules: impl Iterator<Item = &'a Rule>) -> Vec<Rule> {
    let mut places: HashMap<_, usize, FxBuildHasher> = HashMap::default();
    let mut joined: Vec<(Rule, Vec<Arc<AddressSet>>)> = Vec::new();
    for rule in rules {
        let flow = &rule.flow;
        let key = (&rule.origin, rule.log, &flow.source, &flow.service);
        let place = *places.entry(key).or_insert(joined.len());
        match joined.get_mut(place) {
            Some((_, destinations)) => destinations.push(Arc::clone(&flow.destination)),
            None => joined.push((rule.clone(), vec![Arc::clone(&flow.destination)])),
        }
    }
    let with_union = joined.into_iter().map(|(mut rule, destinations)| {
        // Most have one way out, and so keep what they have.
        if destinations.len() > 1 {
            let union = AddressSet::union_of(destinations.iter().map(|set| &**set));
            rule.flow.destination = Arc::new(union);
        }
        rule
    });
    with_union.collect()
}
