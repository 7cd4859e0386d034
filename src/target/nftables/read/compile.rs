//! Rules to arms: which packets, in which circumstances, go where.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use rustc_hash::FxHashMap;

use super::Detail;
use super::arms::{Arm, Compiled, Go};
use super::blocks::{self, Block, Blocks};
use super::cube::{self, Cube, Interfaces, Values};
use super::cursor::Fault;
use super::elements::{Element, Elements};
use super::field::{Field, Kind, Transport};
use super::interfaces::InterfaceNames;
use super::memo::Memo;
use super::rule::{Against, Outcome, Rule, Test, Verdict};
use super::sets::{SetNumber, Sets};
use super::table::{Base, Family, Set, Table, Tables};
use super::value::Value;
use crate::packet::IntervalSet;
use crate::syntax::tree::Rate;

/// How many set elements all rules together may look at.
const WORK: usize = 5_000_000;
/// How many arms one rule may fall into.
const ARMS: usize = 1_000_000;
/// Sets of more ranges than this, where a rule compares one field, are not kept.
const MEMOISED: usize = 8;
/// How many pieces the complement of a set may fall into.
const PIECES: usize = 2_000;

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

/// All values of a set of one field, and their number, where they are numbers.
struct Whole {
    values: Values,
    number: Option<SetNumber>,
}

/// What rules of one table can refer to.
struct Scope<'a> {
    table: &'a Table,
    chains: &'a BTreeMap<&'a str, usize>,
    names: &'a mut InterfaceNames,
    memo: &'a mut Memo,
    sets: &'a mut Sets,
    detail: Detail,
    /// The blocks of sets and maps with a name that rules looked into.
    blocks: FxHashMap<&'a str, Rc<Blocks>>,
    /// What sets of one field hold, or what is beside them: many rules may look into one.
    wholes: FxHashMap<(&'a str, bool), Rc<Whole>>,
    /// What is left of [`WORK`].
    work: &'a mut usize,
    /// Rules of this rate are left out.
    without: Option<Rate>,
    /// The rates of rules.
    rates: &'a mut BTreeSet<Rate>,
}

impl<'a> Scope<'a> {
    fn rule(&mut self, rule: &'a Rule) -> Result<Vec<Arm>, Fault> {
        let at = |why: String| Fault::new(rule.line, why);
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

    /// Where a verdict leads; none where it leads on.
    fn go(&self, verdict: &Verdict, line: usize) -> Result<Option<Go>, Fault> {
        let chain = |name: &str| {
            let number = self.chains.get(name).copied();
            number.ok_or_else(|| Fault::new(line, format!("undefined chain `{name}`")))
        };
        Ok(Some(match verdict {
            Verdict::Continue => return Ok(None),
            Verdict::Accept => Go::Accept,
            Verdict::Drop => Go::Drop,
            Verdict::Return => Go::Return,
            Verdict::Jump(name) => Go::Jump(chain(name)?),
            Verdict::Goto(name) => Go::Goto(chain(name)?),
        }))
    }

    fn set(&mut self, name: &str, fields: &[Field], map: bool) -> Result<&'a Set, String> {
        let set = self.table.sets.get(name);
        let set = set.ok_or_else(|| format!("undefined set @{name}"))?;
        let same = set
            .shape
            .kinds
            .iter()
            .copied()
            .eq(fields.iter().map(|field| field.kind()));
        if !same || set.shape.map != map {
            return Err(format!("@{name} has another type than what is looked up in it"));
        }
        Ok(set)
    }

    /// Spends what it takes to look at elements.
    fn look_into(&mut self, elements: usize) -> Result<(), String> {
        match self.work.checked_sub(elements) {
            Some(left) => *self.work = left,
            None => return Err("rules look into too many elements".to_owned()),
        }
        Ok(())
    }

    fn matched(
        &mut self,
        cubes: Vec<(Cube, usize)>,
        fields: &[Field],
        negated: bool,
        against: &'a Against,
    ) -> Result<Vec<(Cube, usize)>, String> {
        let (elements, named) = match (against, fields) {
            (Against::Plain(values), [field]) => {
                let ranges = values.iter().any(Value::is_range);
                let mut values = self.plain(values);
                if *field == Field::State && !negated {
                    values = cube::any_bit(values);
                }
                return self.one_of(cubes, *field, negated, ranges, values);
            }
            (Against::Plain(_), _) => return Err("several fields are compared with one value".to_owned()),
            (Against::Set(elements), _) => (&**elements, false),
            (Against::Named(name), _) => (&self.set(name, fields, false)?.elements, true),
        };
        if let ([field], Against::Named(name)) = (fields, against) {
            let whole = self.whole(name, *field, negated, elements)?;
            return self.restricted(cubes, *field, &whole);
        }
        self.look_into(elements.len())?;
        if let [field] = fields {
            let values = self.values(*field, elements, elements.iter().flat_map(Element::ranges));
            let ranges = !named && elements.has_ranges();
            return self.one_of(cubes, *field, negated, ranges, values);
        }
        let blocks = match against {
            Against::Named(name) => self.blocks_of(name, elements),
            _ => Rc::new(self.blocks(elements)),
        };
        if negated {
            return self.outside(cubes, fields, elements, &blocks);
        }
        if cubes.len().saturating_mul(blocks.len()) > ARMS {
            return Err("the rule has too many combinations".to_owned());
        }
        let mut found = Vec::with_capacity(cubes.len() * blocks.len());
        for (cube, line) in &cubes {
            for block in blocks.iter() {
                let line = if named { block.line } else { *line };
                found.push((self.narrowed(cube, fields, elements, block)?, line));
            }
        }
        Ok(found)
    }

    /// The cubes with one field restricted to values, or to those beside them. `ranges` is true where some are written
    /// as a range in the rule itself.
    fn one_of(
        &mut self,
        cubes: Vec<(Cube, usize)>,
        field: Field,
        negated: bool,
        ranges: bool,
        mut values: Values,
    ) -> Result<Vec<(Cube, usize)>, String> {
        // nft 1.0.6 cuts the mask to the length of a prefix that it is compared with, and what is left of it
        // matches nothing. Sets with a name are looked into as they are.
        if matches!(field, Field::Masked(..)) && ranges {
            return Err(
                "a masked address is compared with single addresses alone, or with a named set".to_owned(),
            );
        }
        if negated {
            values = complement(field, values);
        }
        // Few values are met again, many mostly are not.
        let number = match &values {
            Values::Numbers(numbers) if numbers.ranges().len() <= MEMOISED => Some(self.sets.whole(numbers)),
            _ => None,
        };
        self.restricted(cubes, field, &Whole { values, number })
    }

    fn restricted(
        &mut self,
        mut cubes: Vec<(Cube, usize)>,
        field: Field,
        whole: &Whole,
    ) -> Result<Vec<(Cube, usize)>, String> {
        for (cube, _) in &mut cubes {
            match (&whole.values, whole.number) {
                (Values::Numbers(numbers), Some(number)) => {
                    if !self.memo.restrict(cube, field, number, numbers.ranges())? {
                        self.look_into(numbers.ranges().len())?;
                    }
                }
                (values, _) => cube.restrict(field, values)?,
            }
        }
        Ok(cubes)
    }

    /// What a set of one field with a name holds, or what is beside it.
    fn whole(
        &mut self,
        name: &'a str,
        field: Field,
        negated: bool,
        elements: &Elements,
    ) -> Result<Rc<Whole>, String> {
        if let Some(known) = self.wholes.get(&(name, negated)) {
            return Ok(Rc::clone(known));
        }
        self.look_into(elements.len())?;
        let mut values = self.values(field, elements, elements.iter().flat_map(Element::ranges));
        if negated {
            values = complement(field, values);
        }
        let number = match &values {
            Values::Numbers(numbers) => Some(self.sets.whole(numbers)),
            Values::Interfaces(_) => None,
        };
        let whole = Rc::new(Whole { values, number });
        self.wholes.insert((name, negated), Rc::clone(&whole));
        Ok(whole)
    }

    /// The blocks of a set or map with a name: several rules may look into one.
    fn blocks_of(&mut self, name: &'a str, elements: &Elements) -> Rc<Blocks> {
        if let Some(known) = self.blocks.get(name) {
            return Rc::clone(known);
        }
        let blocks = Rc::new(self.blocks(elements));
        self.blocks.insert(name, Rc::clone(&blocks));
        blocks
    }

    fn blocks(&mut self, elements: &Elements) -> Blocks {
        match self.detail {
            Detail::Lines => blocks::each(elements, self.sets),
            Detail::Rules => blocks::merged(elements, self.sets),
        }
    }

    /// The cube with each field restricted to its values in a block.
    fn narrowed(
        &mut self,
        cube: &Cube,
        fields: &[Field],
        elements: &Elements,
        block: Block<'_>,
    ) -> Result<Cube, String> {
        let mut cube = cube.clone();
        // What a protocol's header means is known once the protocol is.
        let is_late = |field: Field| matches!(field, Field::Port(Transport::Any, _));
        for late in [false, true] {
            for (field, number) in fields.iter().copied().zip(block.values) {
                if is_late(field) == late {
                    self.narrow(&mut cube, field, elements, *number)?;
                }
            }
        }
        Ok(cube)
    }

    fn narrow(
        &mut self,
        cube: &mut Cube,
        field: Field,
        elements: &Elements,
        number: SetNumber,
    ) -> Result<(), String> {
        match (field.kind(), self.sets.ranges(number)) {
            (_, None) => Err("a set of values is not known".to_owned()),
            (Kind::Name | Kind::Index, Some(places)) => {
                let places = places.to_vec();
                let values = self.values(field, elements, places.into_iter());
                cube.restrict(field, &values)
            }
            (_, Some(values)) => self.memo.restrict(cube, field, number, values).map(|_| ()),
        }
    }

    /// Packets that have every field, and values that are in no element.
    fn outside(
        &mut self,
        cubes: Vec<(Cube, usize)>,
        fields: &[Field],
        elements: &Elements,
        blocks: &Blocks,
    ) -> Result<Vec<(Cube, usize)>, String> {
        let mut found = Vec::new();
        for (mut cube, line) in cubes {
            let mut inside = Vec::new();
            for block in blocks.iter() {
                inside.push(self.narrowed(&cube, fields, elements, block)?);
            }
            if inside.iter().any(Cube::is_circumstantial) {
                return Err("`!=` of interfaces or states together with other fields".to_owned());
            }
            for field in fields {
                cube.restrict(*field, &Values::Numbers(IntervalSet::full()))?;
            }
            let mut pieces = vec![cube.flow.clone()];
            for part in &inside {
                pieces = pieces
                    .iter()
                    .flat_map(|piece| cube::difference(piece, &part.flow))
                    .collect();
                if pieces.len() > PIECES {
                    return Err("the complement of the set has too many pieces".to_owned());
                }
            }
            found.extend(
                pieces
                    .into_iter()
                    .map(|flow| (Cube { flow, ..cube.clone() }, line)),
            );
        }
        Ok(found)
    }

    fn mapped(
        &mut self,
        cubes: &[(Cube, usize)],
        fields: &[Field],
        (elements, blocks): (&Elements, &Blocks),
        line: usize,
    ) -> Result<Vec<Arm>, Fault> {
        let at = |why: String| Fault::new(line, why);
        if cubes.len().saturating_mul(blocks.len()) > ARMS {
            return Err(at("the rule has too many combinations".to_owned()));
        }
        let mut arms = Vec::with_capacity(cubes.len() * blocks.len());
        // Where each verdict leads, as far as it is known.
        let mut known: Vec<Option<Option<Go>>> = vec![None; elements.verdict_count()];
        for (cube, _) in cubes {
            for block in blocks.iter() {
                let line = block.line;
                let Some(go) = self.led(elements, block, &mut known)? else {
                    continue;
                };
                let cube = self.narrowed(cube, fields, elements, block).map_err(at)?;
                if !cube.is_empty() {
                    arms.push(Arm { cube, go, line });
                }
            }
        }
        Ok(arms)
    }

    /// Where the verdict of a block leads; none where it leads on.
    fn led(
        &self,
        elements: &Elements,
        block: Block<'_>,
        known: &mut [Option<Option<Go>>],
    ) -> Result<Option<Go>, Fault> {
        let Some(place) = block.verdict else {
            return Ok(None);
        };
        let slot = usize::try_from(place).ok().and_then(|place| known.get_mut(place));
        match (slot, elements.verdict(place)) {
            (Some(Some(go)), _) => Ok(*go),
            (Some(slot), Some(verdict)) => {
                let go = self.go(verdict, block.line)?;
                *slot = Some(go);
                Ok(go)
            }
            _ => Ok(None),
        }
    }

    /// Values that a rule names itself.
    fn plain(&mut self, values: &[Value]) -> Values {
        let mut numbers: Vec<(u128, u128)> = Vec::with_capacity(values.len());
        let mut interfaces = Vec::new();
        for value in values {
            match value {
                Value::Numbers(first, last) => numbers.push((*first, *last)),
                Value::Name(name) => interfaces.push(self.names.number(name)),
            }
        }
        match interfaces.is_empty() {
            true => Values::Numbers(numbers.into_iter().collect()),
            false => Values::Interfaces(Interfaces::of(interfaces)),
        }
    }

    /// Values of a field, from ranges of elements.
    fn values(
        &mut self,
        field: Field,
        elements: &Elements,
        ranges: impl Iterator<Item = (u128, u128)>,
    ) -> Values {
        match field.kind() {
            Kind::Name | Kind::Index => {
                let names = ranges.filter_map(|(place, _)| elements.interface(place));
                Values::Interfaces(Interfaces::of(
                    names.map(|name| self.names.number(name)).collect(),
                ))
            }
            _ => Values::Numbers(ranges.collect()),
        }
    }
}

/// Every other value of the field.
fn complement(field: Field, values: Values) -> Values {
    match values {
        Values::Interfaces(interfaces) => Values::Interfaces(interfaces.complement()),
        Values::Numbers(numbers) => {
            Values::Numbers(IntervalSet::range(0, field.kind().last()).difference(&numbers))
        }
    }
}
