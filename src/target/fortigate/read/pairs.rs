//! One filter for each ordered pair of interfaces. Interfaces that no policy tells apart share their lists.

use std::collections::BTreeMap;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::policy::{Forward, Local};
use super::report::Report;
use super::vdom::Vdom;
use super::words::Word;
use crate::packet::{AddressSet, Family, FlowSet, ServiceSet};
use crate::target::readback::{Filter, Hook, ReadRule};

/// How many interfaces may be named: the pairs are their square.
const MOST_INTERFACES: usize = 1_000;
/// How many rules all lists together may have.
const MOST_RULES: usize = 20_000_000;

/// Interfaces that policies name alike: those of a zone, one alone, or all that nobody names.
struct Class {
    interfaces: Vec<Option<String>>,
    /// The line of the zone, where traffic inside of it needs no policy.
    open_inside: Option<usize>,
}

/// The classes, and which of them a name means.
struct Classes {
    list: Vec<Class>,
    by_name: BTreeMap<String, usize>,
}

impl Classes {
    fn new(policies: &[Forward], vdom: &Vdom, report: &mut Report) -> Self {
        let mut classes = Self {
            list: vec![Class {
                interfaces: vec![None],
                open_inside: None,
            }],
            by_name: BTreeMap::new(),
        };
        for (name, zone) in vdom.zones() {
            for field in &zone.fields {
                if !["interface", "intrazone", "description", "uuid"].contains(&&*field.name) {
                    report.add(field.line, format!("`{}` of a zone is not modelled", field.name));
                }
            }
            let open_inside = match zone.one("intrazone", "deny") {
                Ok("deny") => None,
                Ok("allow") => Some(zone.line_of("intrazone")),
                _ => {
                    report.add(zone.line_of("intrazone"), "neither allow nor deny");
                    None
                }
            };
            let mut members = zone.list("interface").to_vec();
            members.sort();
            members.dedup();
            classes.add(name, &members, open_inside);
        }
        for name in policies
            .iter()
            .flat_map(|policy| policy.from.iter().chain(policy.to))
        {
            if name != "any" && !classes.by_name.contains_key(&**name) {
                classes.add(name, std::slice::from_ref(name), None);
            }
        }
        classes
    }

    fn add(&mut self, name: &str, interfaces: &[Word], open_inside: Option<usize>) {
        self.by_name.insert(name.to_owned(), self.list.len());
        self.list.push(Class {
            interfaces: interfaces.iter().map(|name| Some(name.to_string())).collect(),
            open_inside,
        });
    }

    /// Which classes some names mean.
    fn meant(&self, names: &[Word]) -> Vec<usize> {
        if names.iter().any(|name| name == "any") {
            return (0..self.list.len()).collect();
        }
        let mut meant: Vec<usize> = names
            .iter()
            .filter_map(|name| self.by_name.get(&**name))
            .copied()
            .collect();
        meant.sort_unstable();
        meant.dedup();
        meant
    }
}

/// What a list is made of: policies by index, and the line of a zone that is open inside.
type ListKey = (Vec<usize>, Option<usize>);

/// The filters of forwarded packets. A packet that no policy matches is denied, unless its zone is open inside: policies
/// come before `intrazone`, also one that denies all (Fortinet, "policy matching order when the intrazone setting is used
/// to allow traffic", article 264457).
/// `redirected` families pass in front of all policies where they leave by the interface by which they came.
pub fn forward(
    policies: &[Forward],
    vdom: &Vdom,
    redirected: &[(Family, usize)],
    report: &mut Report,
) -> Vec<Filter> {
    let classes = Classes::new(policies, vdom, report);
    let named: usize = classes.list.iter().map(|class| class.interfaces.len()).sum();
    let meant: Vec<(Vec<usize>, Vec<usize>)> = policies
        .iter()
        .map(|policy| (classes.meant(policy.from), classes.meant(policy.to)))
        .collect();
    let rules: usize = meant
        .iter()
        .map(|(from, to)| from.len().saturating_mul(to.len()))
        .sum();
    if named > MOST_INTERFACES || classes.list.len() > MOST_INTERFACES || rules > MOST_RULES {
        report.add(1, "more interfaces and policies than can be told apart");
        return Vec::new();
    }
    let count = classes.list.len();
    let mut lists: Vec<Vec<usize>> = vec![Vec::new(); count * count];
    for (policy, (from, to)) in meant.iter().enumerate() {
        for from in from {
            for to in to {
                if let Some(list) = lists.get_mut(from * count + to) {
                    list.push(policy);
                }
            }
        }
    }
    let mut shared: FxHashMap<ListKey, Arc<Vec<ReadRule>>> = FxHashMap::default();
    let mut filters = Vec::new();
    for (pair, list) in lists.into_iter().enumerate() {
        let (Some(from), Some(to)) = (classes.list.get(pair / count), classes.list.get(pair % count)) else {
            continue;
        };
        let open = from.open_inside.filter(|_| pair / count == pair % count);
        let rules = shared.entry((list, open)).or_insert_with_key(|(list, open)| {
            let rules = list.iter().filter_map(|policy| policies.get(*policy));
            let rules = rules.map(|policy| policy.rule.clone());
            Arc::new(rules.chain(open.map(everything)).collect())
        });
        let returning = match redirected {
            [] => Arc::clone(rules),
            redirected => {
                let passed = redirected.iter().map(|(family, line)| all_of(*family, *line));
                Arc::new(passed.chain(rules.iter().cloned()).collect())
            }
        };
        for from in &from.interfaces {
            filters.extend(to.interfaces.iter().map(|to| Filter {
                hook: Hook::Forward {
                    from: from.clone(),
                    to: to.clone(),
                },
                // Of interfaces without a name it is not said that they are one.
                rules: Arc::clone(if from.is_some() && from == to {
                    &returning
                } else {
                    rules
                }),
            }));
        }
    }
    filters
}

/// The filter of packets to the unit itself. What no local-in policy matches is left to `allowaccess`, and counts as
/// let in; without any local-in policy there is no filter.
pub fn input(policies: &Option<Vec<Local>>, report: &mut Report) -> Option<Filter> {
    let policies = policies.as_ref()?;
    for policy in policies {
        if policy.interfaces != ["any"] {
            report.add(
                policy.rule.line,
                "a local-in policy for some interfaces is not modelled",
            );
        }
    }
    let rules = policies.iter().map(|policy| policy.rule.clone());
    let last = policies.last().map_or(1, |policy| policy.rule.line);
    Some(Filter {
        hook: Hook::Input { interface: None },
        rules: Arc::new(rules.chain([everything(last)]).collect()),
    })
}

fn everything(line: usize) -> ReadRule {
    anything_between(AddressSet::full(), line)
}

fn all_of(family: Family, line: usize) -> ReadRule {
    anything_between(AddressSet::full().only(family), line)
}

fn anything_between(all: AddressSet, line: usize) -> ReadRule {
    let all = Arc::new(all);
    let flow = FlowSet {
        source: Arc::clone(&all),
        destination: all,
        service: Arc::new(ServiceSet::full()),
    };
    ReadRule::new(true, flow, line)
}
