//! Rules to arms: which packets, in which circumstances, go where.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::slice;

use rustc_hash::FxHashMap;

use super::Detail;
use super::blocks::{self, Block};
use super::cube::{self, Cube, Interfaces, Values};
use super::disjoint;
use super::elements::{Element, Elements};
use super::field::{Field, Kind, Transport};
use super::lex::Fault;
use super::memo::Memo;
use super::rule::{Against, Outcome, Rule, Test, Verdict};
use super::table::{Base, Family, Set, Table, Tables};
use crate::packet::IntervalSet;

/// How many set elements all rules together may look at.
const WORK: usize = 5_000_000;
/// How many arms one rule may fall into.
const ARMS: usize = 1_000_000;
/// How many pieces the complement of a set may fall into.
const PIECES: usize = 2_000;
/// From this many arms on, a rule's arms are found by interface.
const INDEXED_FROM: usize = 8;

/// Where an arm leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Go {
    Accept,
    Drop,
    Return,
    Jump(usize),
    Goto(usize),
}

impl Go {
    pub(super) fn target(self) -> Option<usize> {
        match self {
            Self::Jump(chain) | Self::Goto(chain) => Some(chain),
            _ => None,
        }
    }
}

/// Part of a rule: its packets and their verdict.
#[derive(Clone, Debug)]
pub(super) struct Arm {
    pub cube: Cube,
    pub go: Go,
    pub line: usize,
}

type Ends = (Option<u32>, Option<u32>);

/// A rule with a verdict.
#[derive(Clone, Debug, Default)]
pub(super) struct Compiled {
    pub arms: Vec<Arm>,
    /// True where interfaces or the state matter.
    pub circumstantial: bool,
    /// The chains that it leads to, ascending.
    pub targets: Vec<usize>,
    /// The arms by the one interface that each end must be, where they are many.
    by_interface: Option<FxHashMap<Ends, Vec<usize>>>,
}

impl Compiled {
    fn new(arms: Vec<Arm>) -> Self {
        let by_interface = (arms.len() >= INDEXED_FROM).then(|| {
            let mut index: FxHashMap<Ends, Vec<usize>> = FxHashMap::default();
            for (number, arm) in arms.iter().enumerate() {
                let ends = (arm.cube.from.single(), arm.cube.to.single());
                index.entry(ends).or_default().push(number);
            }
            index
        });
        let mut targets: Vec<usize> = arms.iter().filter_map(|arm| arm.go.target()).collect();
        targets.sort_unstable();
        targets.dedup();
        Self {
            circumstantial: arms.iter().any(|arm| arm.cube.is_circumstantial()),
            targets,
            arms,
            by_interface,
        }
    }

    /// The arms that a packet between two interfaces in a state may take, ascending.
    pub(super) fn matching(&self, from: Option<u32>, to: Option<u32>, state: u8) -> Vec<usize> {
        let fits = |number: &usize| {
            self.arms.get(*number).is_some_and(|arm| {
                let Cube {
                    from: a,
                    to: b,
                    states,
                    ..
                } = &arm.cube;
                states & state != 0 && a.contains(from) && b.contains(to)
            })
        };
        let Some(index) = &self.by_interface else {
            return (0..self.arms.len()).filter(fits).collect();
        };
        let mut ends = vec![(None, None), (from, None), (None, to), (from, to)];
        ends.sort_unstable();
        ends.dedup();
        let candidates = ends.iter().filter_map(|ends| index.get(ends)).flatten();
        let mut found: Vec<usize> = candidates.copied().filter(fits).collect();
        found.sort_unstable();
        found
    }
}

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
}

/// Compiles every table. Rules that cannot be compiled are faults, and left out.
pub(super) fn compile(tables: &Tables, detail: Detail, faults: &mut Vec<Fault>) -> Program {
    let mut program = Program::default();
    let mut names = Names::default();
    let mut memo = Memo::default();
    let mut work = WORK;
    for ((family, _), table) in tables {
        let first = program.chains.len();
        let numbers: BTreeMap<&str, usize> = table.chains.keys().map(String::as_str).zip(first..).collect();
        let mut scope = Scope {
            table,
            chains: &numbers,
            names: &mut names,
            memo: &mut memo,
            detail,
            work: &mut work,
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
    program.interfaces = names.all;
    program
}

#[derive(Default)]
struct Names {
    all: Vec<String>,
    numbers: FxHashMap<String, u32>,
}

impl Names {
    fn number(&mut self, name: &str) -> u32 {
        if let Some(number) = self.numbers.get(name) {
            return *number;
        }
        let number = u32::try_from(self.all.len()).unwrap_or(u32::MAX);
        self.all.push(name.to_owned());
        self.numbers.insert(name.to_owned(), number);
        number
    }
}

/// What rules of one table can refer to.
struct Scope<'a> {
    table: &'a Table,
    chains: &'a BTreeMap<&'a str, usize>,
    names: &'a mut Names,
    memo: &'a mut Memo,
    detail: Detail,
    /// What is left of [`WORK`].
    work: &'a mut usize,
}

impl<'a> Scope<'a> {
    fn rule(&mut self, rule: &Rule) -> Result<Vec<Arm>, Fault> {
        let at = |why: String| Fault::new(rule.line, why);
        for limit in &rule.limits {
            match self.table.limits.get(limit) {
                None => return Err(at(format!("undefined limit `{limit}`"))),
                Some(true) => return Err(at("what this rule does depends on a rate".to_owned())),
                Some(false) => {}
            }
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
            Outcome::Map(fields, elements) => self.mapped(&cubes, fields, elements, rule.line)?,
            Outcome::NamedMap(fields, name) => {
                let set = self.set(name, fields, true).map_err(at)?;
                self.mapped(&cubes, fields, &set.elements, rule.line)?
            }
        };
        Ok(arms)
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
        match self.work.checked_sub(set.elements.len()) {
            Some(left) => *self.work = left,
            None => return Err("rules look into too many elements".to_owned()),
        }
        Ok(set)
    }

    fn matched(
        &mut self,
        cubes: Vec<(Cube, usize)>,
        fields: &[Field],
        negated: bool,
        against: &Against,
    ) -> Result<Vec<(Cube, usize)>, String> {
        let (elements, named) = match against {
            Against::Plain(values) => {
                let mut elements = Elements::new(1);
                for value in values {
                    elements.add(slice::from_ref(value), None, 0);
                }
                (Cow::Owned(elements), false)
            }
            Against::Set(elements) => (Cow::Borrowed(&**elements), false),
            Against::Named(name) => (Cow::Borrowed(&self.set(name, fields, false)?.elements), true),
        };
        if let [field] = fields {
            // nft 1.0.6 cuts the mask to the length of a prefix that it is compared with, and what is left of it
            // matches nothing. Sets with a name are looked into as they are.
            if matches!(field, Field::Masked(..)) && !named && elements.has_ranges() {
                return Err(
                    "a masked address is compared with single addresses alone, or with a named set"
                        .to_owned(),
                );
            }
            let ranges = elements.iter().flat_map(Element::ranges);
            let mut values = self.values(*field, &elements, ranges);
            if negated {
                values = complement(*field, values);
            } else if *field == Field::State && matches!(against, Against::Plain(_)) {
                values = cube::any_bit(values);
            }
            let mut cubes = cubes;
            for (cube, _) in &mut cubes {
                cube.restrict(*field, &values)?;
            }
            return Ok(cubes);
        }
        let blocks = self.blocks(&elements);
        if negated {
            return self.outside(cubes, fields, &elements, &blocks);
        }
        if cubes.len().saturating_mul(blocks.len()) > ARMS {
            return Err("the rule has too many combinations".to_owned());
        }
        let mut found = Vec::with_capacity(cubes.len() * blocks.len());
        for (cube, line) in &cubes {
            for block in &blocks {
                let line = if named { block.line } else { *line };
                found.push((self.narrowed(cube, fields, &elements, block)?, line));
            }
        }
        Ok(found)
    }

    fn blocks<'e>(&self, elements: &'e Elements) -> Vec<Block<'e>> {
        match self.detail {
            Detail::Lines => blocks::each(elements),
            Detail::Rules => blocks::merged(elements),
        }
    }

    /// The cube with each field restricted to its values in a block.
    fn narrowed(
        &mut self,
        cube: &Cube,
        fields: &[Field],
        elements: &Elements,
        block: &Block<'_>,
    ) -> Result<Cube, String> {
        let mut cube = cube.clone();
        for (field, values) in ports_last(fields, &block.values) {
            match field.kind() {
                Kind::Name | Kind::Index => {
                    let values = self.values(field, elements, values.ranges().iter().copied());
                    cube.restrict(field, &values)?;
                }
                _ => self.memo.restrict(&mut cube, field, values)?,
            }
        }
        Ok(cube)
    }

    /// Packets that have every field, and values that are in no element.
    fn outside(
        &mut self,
        cubes: Vec<(Cube, usize)>,
        fields: &[Field],
        elements: &Elements,
        blocks: &[Block<'_>],
    ) -> Result<Vec<(Cube, usize)>, String> {
        let mut found = Vec::new();
        for (mut cube, line) in cubes {
            let mut inside = Vec::new();
            for block in blocks {
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
        elements: &Elements,
        line: usize,
    ) -> Result<Vec<Arm>, Fault> {
        let at = |why: String| Fault::new(line, why);
        disjoint::check(elements).map_err(at)?;
        let blocks = self.blocks(elements);
        if cubes.len().saturating_mul(blocks.len()) > ARMS {
            return Err(at("the rule has too many combinations".to_owned()));
        }
        let mut arms = Vec::with_capacity(cubes.len() * blocks.len());
        for (cube, _) in cubes {
            for block in &blocks {
                let line = block.line;
                let go = block.verdict.map(|verdict| self.go(verdict, line)).transpose()?;
                let Some(go) = go.flatten() else {
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

/// Fields with what each is held against. What a protocol's header means is known once the protocol is.
fn ports_last<'v, V>(fields: &[Field], values: &'v [V]) -> impl Iterator<Item = (Field, &'v V)> {
    let is_late = |field: Field| matches!(field, Field::Port(Transport::Any, _));
    [false, true].into_iter().flat_map(move |late| {
        let pairs = fields.iter().copied().zip(values);
        pairs.filter(move |(field, _)| is_late(*field) == late)
    })
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
