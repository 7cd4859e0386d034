//! What rules compare packets with: values, sets and maps.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use rustc_hash::FxHashMap;

use super::Detail;
use super::arms::{Arm, Go};
use super::blocks::{self, Block, Blocks};
use super::cube::{self, Cube, Interfaces, Values};
use super::cursor::Fault;
use super::elements::{Element, Elements};
use super::field::{Field, Kind, Transport};
use super::interfaces::InterfaceNames;
use super::memo::Memo;
use super::rule::{Against, Verdict};
use super::sets::{SetNumber, Sets};
use super::table::{Set, Table};
use super::value::Value;
use crate::packet::IntervalSet;
use crate::syntax::tree::Rate;

/// How many arms one rule may fall into.
const ARMS: usize = 1_000_000;
/// Sets of more ranges than this, where a rule compares one field, are not kept.
const MEMOISED: usize = 8;
/// How many pieces the complement of a set may fall into.
const PIECES: usize = 2_000;

/// All values of a set of one field, and their number, where they are numbers.
pub(super) struct Whole {
    values: Values,
    number: Option<SetNumber>,
}

/// What rules of one table can refer to.
pub(super) struct Scope<'a> {
    pub table: &'a Table,
    pub chains: &'a BTreeMap<&'a str, usize>,
    pub names: &'a mut InterfaceNames,
    pub memo: &'a mut Memo,
    pub sets: &'a mut Sets,
    pub detail: Detail,
    /// The blocks of sets and maps with a name that rules looked into.
    pub blocks: FxHashMap<&'a str, Rc<Blocks>>,
    /// What sets of one field hold, or what is beside them: many rules may look into one.
    pub wholes: FxHashMap<(&'a str, bool), Rc<Whole>>,
    /// What is left of what all rules together may look at.
    pub work: &'a mut usize,
    /// Rules of this rate are left out.
    pub without: Option<Rate>,
    /// The rates of rules.
    pub rates: &'a mut BTreeSet<Rate>,
}

impl<'a> Scope<'a> {
    /// Where a verdict leads; none where it leads on.
    pub(super) fn go(&self, verdict: &Verdict, line: usize) -> Result<Option<Go>, Fault> {
        let chain = |name: &str| {
            if self
                .table
                .chains
                .get(name)
                .is_some_and(|chain| chain.base.is_some())
            {
                let why = format!("`{name}` is a base chain: no rule may go there");
                return Err(Fault::new(line, why));
            }
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

    pub(super) fn set(&mut self, name: &str, fields: &[Field], map: bool) -> Result<&'a Set, String> {
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
    pub(super) fn look_into(&mut self, elements: usize) -> Result<(), String> {
        match self.work.checked_sub(elements) {
            Some(left) => *self.work = left,
            None => return Err("rules look into too many elements".to_owned()),
        }
        Ok(())
    }

    pub(super) fn matched(
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
    pub(super) fn blocks_of(&mut self, name: &'a str, elements: &Elements) -> Rc<Blocks> {
        if let Some(known) = self.blocks.get(name) {
            return Rc::clone(known);
        }
        let blocks = Rc::new(self.blocks(elements));
        self.blocks.insert(name, Rc::clone(&blocks));
        blocks
    }

    pub(super) fn blocks(&mut self, elements: &Elements) -> Blocks {
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

    pub(super) fn mapped(
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
