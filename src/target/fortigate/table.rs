//! An ordered table of policies, for traffic through the unit or to it, in the shape that the template prints.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::capability::PolicyIds;
use super::owned::{Entry, Part, assign_ids, entries, stale_policies};
use crate::plan::Origin;
use crate::target::{Inexpressible, Owned};

/// A policy as the template writes it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Policy {
    /// Its number.
    pub id: u32,
    /// Its name; local-in policies have none on the unit.
    pub name: String,
    /// The zone that packets come in by, or `any`.
    pub from: String,
    /// The zone that they leave by, or `any`.
    pub to: String,
    /// True for accept, false for deny.
    pub accept: bool,
    /// IPv4 sources; empty where the policy matches no IPv4.
    pub source: String,
    /// IPv4 destinations.
    pub destination: String,
    /// IPv6 sources; empty where the policy matches no IPv6.
    pub source6: String,
    /// IPv6 destinations.
    pub destination6: String,
    /// Names of services.
    pub services: Vec<String>,
    /// `all`, `utm`, `disable`
    pub logtraffic: &'static str,
    /// Where it comes from.
    pub comments: String,
    /// False for the anchor alone.
    pub enabled: bool,
}

/// A policy, its part and its origin.
#[derive(Clone, Debug)]
pub struct Row {
    /// As it is printed; its number is not yet known.
    pub policy: Policy,
    /// What it does.
    pub part: Part,
    /// The rule behind it.
    pub origin: Option<std::sync::Arc<Origin>>,
}

/// `move id after after`
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Move {
    /// What moves.
    pub id: u32,
    /// Right behind which it then stands.
    pub after: u32,
}

/// A table as the template writes it. All parts are empty where nothing is to be said.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Table {
    /// Policies to write before the moves.
    pub before: Vec<Policy>,
    /// The moves that bring each policy right behind the one that it follows.
    pub moves: Vec<Move>,
    /// Policies to write after the moves.
    pub after: Vec<Policy>,
    /// Numbers of earlier policies, in the order in which they may go.
    pub stale: Vec<u32>,
    /// Origins by number, for the map from lines to rules.
    #[serde(skip)]
    pub origins: BTreeMap<u32, std::sync::Arc<Origin>>,
    /// What a later build needs to know.
    #[serde(skip)]
    pub owned: Vec<String>,
}

/// The policies around the others.
pub struct Frame {
    /// Marks the place that the others are moved behind. Matches nothing.
    pub anchor: Policy,
    /// Denies the rest.
    pub rest: Policy,
    /// True where the rest is denied from the start, and what is new waits behind it until it is moved; false
    /// where that deny comes last, since before it everything is let in.
    pub rest_first: bool,
}

impl Table {
    /// Numbers the rows of a table of `kind`. `removal` is the order in which parts of earlier builds may go.
    ///
    /// # Errors
    /// When there are more policies than numbers.
    pub fn new(
        kind: &str,
        frame: Option<Frame>,
        rows: Vec<Row>,
        ids: PolicyIds,
        previous: &Owned,
        removal: [Part; 4],
    ) -> Result<Self, Inexpressible> {
        let earlier = entries(previous, kind);
        let mut names = BTreeSet::new();
        // A rule that says the same twice is one policy.
        let rows: Vec<Row> = rows
            .into_iter()
            .filter(|row| names.insert(row.policy.name.clone()))
            .collect();
        let too_many = || Inexpressible {
            rule: None,
            what: format!(
                "{} policies in one table: `policy_ids` {} to {} has no room for them",
                rows.len(),
                ids.first,
                ids.last
            ),
        };
        let listed = rows.iter().map(|row| row.policy.name.as_str());
        let numbers = assign_ids(listed, &earlier, ids.first, ids.last).ok_or_else(too_many)?;
        let mut table = Self::default();
        let mut owned: Vec<Entry> = Vec::new();
        let mut entry = |policy: &Policy, part| {
            owned.push(Entry {
                id: policy.id,
                part,
                name: policy.name.clone(),
            });
        };
        if let Some(Frame {
            mut anchor,
            mut rest,
            rest_first,
        }) = frame
        {
            anchor.id = ids.first;
            entry(&anchor, Part::Anchor);
            table.before.push(anchor);
            rest.id = ids.last;
            entry(&rest, Part::Rest);
            let place = if rest_first {
                &mut table.before
            } else {
                &mut table.after
            };
            place.push(rest);
        }
        let mut after = ids.first;
        for row in &rows {
            let mut policy = row.policy.clone();
            policy.id = numbers.get(policy.name.as_str()).copied().unwrap_or_default();
            entry(&policy, row.part);
            table.moves.push(Move { id: policy.id, after });
            after = policy.id;
            if let Some(origin) = &row.origin {
                table.origins.insert(policy.id, origin.clone());
            }
            table.before.push(policy);
        }
        let kept = owned.iter().map(|entry| entry.id).collect();
        table.stale = stale_policies(&earlier, &kept, removal);
        table.owned = owned.iter().map(Entry::text).collect();
        table.owned.sort();
        Ok(table)
    }
}
