//! Rules to arms: which packets, in which circumstances, go where.

use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::FxHashMap;

use super::Detail;
use super::arms::{Arm, Compiled};
use super::cube::Cube;
use super::cursor::Fault;
use super::interfaces::InterfaceNames;
use super::lookup::Scope;
use super::memo::Memo;
use super::rule::{Outcome, Rule, Test, Verdict};
use super::sets::Sets;
use super::table::{Base, Family, Tables};
use crate::syntax::tree::Rate;

/// How many set elements all rules together may look at.
const WORK: usize = 5_000_000;

/// A base chain.
#[derive(Clone, Copy, Debug)]
pub(super) struct Root {
    pub chain: usize,
    pub family: Family,
    pub base: Base,
}

/// Every chain of every table.
#[derive(Debug, Default)]
pub(super) struct Program {
    pub chains: Vec<Vec<Compiled>>,
    pub roots: Vec<Root>,
    /// Interfaces by their numbers.
    pub interfaces: Vec<String>,
    /// Rates within which alone some rule lets anything through.
    pub rates: BTreeSet<Rate>,
}

/// Compiles every table. Rules that cannot be compiled are faults, and left out, as are rules of one rate where one is
/// given.
pub(super) fn compile(
    tables: &Tables,
    detail: Detail,
    without: Option<Rate>,
    faults: &mut Vec<Fault>,
) -> Program {
    let mut program = Program::default();
    let mut names = InterfaceNames::default();
    let mut memo = Memo::default();
    let mut sets = Sets::default();
    let mut work = WORK;
    for ((family, _), table) in tables {
        let first = program.chains.len();
        let numbers: BTreeMap<&str, usize> = table.chains.keys().map(String::as_str).zip(first..).collect();
        let mut scope = Scope {
            table,
            chains: &numbers,
            names: &mut names,
            memo: &mut memo,
            sets: &mut sets,
            detail,
            blocks: FxHashMap::default(),
            wholes: FxHashMap::default(),
            work: &mut work,
            without,
            rates: &mut program.rates,
        };
        for (number, chain) in (first..).zip(table.chains.values()) {
            let mut compiled = Vec::new();
            for rule in &chain.rules {
                match scope.rule(rule) {
                    Ok(arms) if arms.is_empty() => {}
                    Ok(arms) => compiled.push(Compiled::new(arms)),
                    Err(fault) => faults.push(fault),
                }
            }
            program.chains.push(compiled);
            program.roots.extend(chain.base.map(|base| Root {
                chain: number,
                family: *family,
                base,
            }));
        }
        // Maps that no rule looks into still have to name chains that exist.
        for (verdict, line) in table.sets.values().flat_map(|set| set.elements.verdicts()) {
            faults.extend(scope.go(verdict, line).err());
        }
    }
    // A rule and the map that it looks into have one thing to say.
    faults.sort_by(|a, b| (a.line, &a.why).cmp(&(b.line, &b.why)));
    faults.dedup();
    program.interfaces = names.into_names();
    program
}

impl<'a> Scope<'a> {
    fn rule(&mut self, rule: &'a Rule) -> Result<Vec<Arm>, Fault> {
        let at = |why: String| Fault::new(rule.line, why);
        let mut counters = rule.counters.iter();
        if let Some(name) = counters.find(|name| !self.table.counters.contains(*name)) {
            return Err(at(format!("undefined counter `{name}`")));
        }
        if self.is_left_out(rule).map_err(at)? {
            return Ok(Vec::new());
        }
        // Cubes with the line of the set element that they come from.
        let mut cubes = vec![(Cube::all(), rule.line)];
        for test in &rule.tests {
            cubes = match test {
                Test::FromTheLink => {
                    if !cubes.iter().all(|(cube, _)| cube.is_neighbour_discovery()) {
                        return Err(at(
                            "hop limits are modelled for neighbour discovery alone".to_owned()
                        ));
                    }
                    cubes
                }
                Test::Match {
                    fields,
                    negated,
                    against,
                } => self.matched(cubes, fields, *negated, against).map_err(at)?,
            };
            cubes.retain(|(cube, _)| !cube.is_empty());
        }
        let arms = match &rule.outcome {
            Outcome::Always(Verdict::Continue) => Vec::new(),
            Outcome::Always(verdict) => {
                let go = self.go(verdict, rule.line)?;
                let arms = cubes.into_iter();
                let arm = |(cube, line)| go.map(|go| Arm { cube, go, line });
                arms.filter_map(arm).collect()
            }
            Outcome::Map(fields, elements) => {
                let blocks = self.blocks(elements);
                self.mapped(&cubes, fields, (elements, &blocks), rule.line)?
            }
            Outcome::NamedMap(fields, name) => {
                let set = self.set(name, fields, true).map_err(at)?;
                self.look_into(set.elements.len()).map_err(at)?;
                let blocks = self.blocks_of(name, &set.elements);
                self.mapped(&cubes, fields, (&set.elements, &blocks), rule.line)?
            }
        };
        Ok(arms)
    }

    /// Notes the rates of a rule; true where one is that whose rules are left out.
    fn is_left_out(&mut self, rule: &Rule) -> Result<bool, String> {
        let named = rule.limits.iter().map(|name| {
            let limit = self.table.limits.get(name);
            limit.ok_or_else(|| format!("undefined limit `{name}`"))
        });
        let mut left_out = false;
        for rate in named.chain(rule.rates.iter().map(Ok)) {
            let rate = rate?;
            let known = rate.rate.filter(|_| !rate.over);
            let known = known.ok_or_else(|| "what this rule does depends on a rate".to_owned())?;
            self.rates.insert(known);
            left_out |= self.without == Some(known);
        }
        Ok(left_out)
    }
}
