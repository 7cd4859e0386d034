//! Laws of interval, address, region, service and flow sets.

use std::net::IpAddr;

use arbtest::{arbitrary::Unstructured, arbtest};
use ipnet::IpNet;
use septum::packet::{AddressSet, Family, IntervalSet, Ordinal, Packet, Region, ServiceSet};

use super::arbitrary::{
    BYTES, PORTS, V4, V6, address_set, flow, interval_set, near, packet, ranges, region, service_set,
};

fn around<T: Ordinal>(pool: &[T]) -> Vec<T> {
    let near = pool.iter().flat_map(|v| [v.previous(), Some(*v), v.next()]);
    near.flatten().collect()
}

fn interval_laws<T: Ordinal>(u: &mut Unstructured<'_>, pool: &[T]) -> Result<(), arbtest::arbitrary::Error> {
    let raw = ranges(u, pool)?;
    let built = IntervalSet::from_ranges(raw.iter().copied());
    let (a, b) = (interval_set(u, pool)?, interval_set(u, pool)?);
    for set in [&built, &a, &b] {
        assert!(
            set.ranges()
                .windows(2)
                .all(|w| w[0].1.next().is_some_and(|n| n < w[1].0))
        );
    }
    let (union, both, less, not) = (a.union(&b), a.intersection(&b), a.difference(&b), a.complement());
    // Next to boundaries, and once more next to those.
    let points = around(&around(pool));
    for &p in &points {
        assert_eq!(built.contains(p), raw.iter().any(|(f, l)| *f <= p && p <= *l));
        let (in_a, in_b) = (a.contains(p), b.contains(p));
        assert_eq!(union.contains(p), in_a || in_b);
        assert_eq!(both.contains(p), in_a && in_b);
        assert_eq!(less.contains(p), in_a && !in_b);
        assert_eq!(not.contains(p), !in_a);
    }
    let same = points.iter().all(|p| a.contains(*p) == b.contains(*p));
    assert_eq!(a == b, same);
    assert_eq!(
        a.is_subset(&b),
        points.iter().all(|p| !a.contains(*p) || b.contains(*p))
    );
    assert_eq!(a.overlaps(&b), !both.is_empty());
    assert_eq!(a.is_full(), a.complement().is_empty());
    assert_eq!(a.first().is_none(), a.is_empty());
    assert_eq!(
        union,
        a.complement().intersection(&b.complement()).complement(),
        "de Morgan"
    );
    assert_eq!(less.union(&both), a);
    // Where it fits: the largest field has as many values as u128.
    if let Some(sum) = a.count().checked_add(b.count()) {
        assert_eq!(union.count() + both.count(), sum);
    }
    Ok(())
}

#[test]
fn interval_sets_obey_set_algebra() {
    arbtest(|u| {
        interval_laws(u, &BYTES)?;
        interval_laws(u, &PORTS)?;
        interval_laws(u, &V4)?;
        interval_laws(u, &V6)
    })
    .budget_ms(600);
}

#[test]
fn interval_sets_of_bytes_agree_with_bitmaps() {
    arbtest(|u| {
        let mut bits = [[false; 256]; 2];
        let mut sets = [IntervalSet::<u8>::empty(), IntervalSet::empty()];
        for (bits, set) in bits.iter_mut().zip(&mut sets) {
            for _ in 0..u.int_in_range(0..=6)? {
                let (first, last): (u8, u8) = (u.arbitrary()?, u.arbitrary()?);
                for value in first..=last {
                    bits[usize::from(value)] = true;
                }
                *set = set.union(&IntervalSet::range(first, last));
            }
        }
        let [a, b] = sets;
        for value in 0..=255u8 {
            let [x, y] = bits.map(|bits| bits[usize::from(value)]);
            assert_eq!(a.contains(value), x);
            assert_eq!(a.difference(&b).contains(value), x && !y);
            assert_eq!(b.intersection(&a).contains(value), x && y);
        }
        assert_eq!(a.count(), bits[0].iter().filter(|b| **b).count() as u128);
        assert_eq!(a == b, bits[0] == bits[1]);
        Ok(())
    })
    .budget_ms(200);
}

#[test]
fn counts_do_not_overflow() {
    assert_eq!(IntervalSet::<u128>::full().count(), u128::MAX);
    assert_eq!(IntervalSet::<u32>::full().count(), 1 << 32);
    assert_eq!(IntervalSet::<u8>::range(9, 3).count(), 0);
}

#[test]
fn prefixes_are_exact_and_fewest() {
    arbtest(|u| {
        let set = address_set(u)?;
        let prefixes = set.prefixes();
        assert_eq!(AddressSet::from_prefixes(&prefixes), set);
        let bounds = |net: &IpNet| (net.network(), net.broadcast());
        for pair in prefixes.windows(2) {
            assert!(bounds(&pair[0]).1 < bounds(&pair[1]).0, "ascending and disjoint");
        }
        // Fewest: no prefix can grow to its parent without leaving the set.
        for prefix in &prefixes {
            if let Some(parent) = prefix.supernet() {
                assert!(
                    !AddressSet::from_prefixes(&[parent]).is_subset(&set),
                    "{prefix} is not maximal"
                );
            }
        }
        Ok(())
    })
    .budget_ms(400);
}

#[test]
fn prefixes_reach_both_ends() {
    let all: Vec<String> = AddressSet::full()
        .prefixes()
        .iter()
        .map(IpNet::to_string)
        .collect();
    assert_eq!(all, ["0.0.0.0/0", "::/0"]);
    let not_first = AddressSet {
        v4: IntervalSet::range(1, u32::MAX),
        v6: IntervalSet::single(u128::MAX),
    };
    let prefixes = not_first.prefixes();
    assert_eq!(prefixes.len(), 32 + 1);
    assert_eq!(prefixes[0].to_string(), "0.0.0.1/32");
    assert_eq!(prefixes[31].to_string(), "128.0.0.0/1");
    assert_eq!(
        prefixes[32].to_string(),
        "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/128"
    );
}

#[test]
fn address_sets_keep_families_apart() {
    arbtest(|u| {
        let (a, b) = (address_set(u)?, address_set(u)?);
        let one = packet(u)?.source;
        let (x, y) = (a.contains(one), b.contains(one));
        assert_eq!(a.union(&b).contains(one), x || y);
        assert_eq!(AddressSet::union_of([&a, &b]), a.union(&b));
        assert_eq!(a.intersection(&b).contains(one), x && y);
        assert_eq!(a.difference(&b).contains(one), x && !y);
        assert_eq!(a.complement().contains(one), !x);
        assert_eq!(a.only(Family::of(one)).contains(one), x);
        assert_eq!(a.only(Family::V4).union(&a.only(Family::V6)), a);
        assert_eq!(a.is_subset(&b), a.difference(&b).is_empty());
        assert_eq!(a.overlaps(&b), !a.intersection(&b).is_empty());
        assert!(a.first().is_none_or(|first: IpAddr| a.contains(first)));
        Ok(())
    })
    .budget_ms(200);
}

#[test]
fn regions_obey_set_algebra_and_are_canonical() {
    arbtest(|u| {
        let (a, b) = (region(u)?, region(u)?);
        let (union, both, less) = (a.union(&b), a.intersection(&b), a.difference(&b));
        let points = around(&around(&PORTS));
        let mut same = true;
        let mut subset = true;
        for &p in &points {
            for &q in &points {
                let (x, y) = (a.contains(p, q), b.contains(p, q));
                same &= x == y;
                subset &= !x || y;
                assert_eq!(union.contains(p, q), x || y);
                assert_eq!(both.contains(p, q), x && y);
                assert_eq!(less.contains(p, q), x && !y);
                assert_eq!(a.swapped().contains(q, p), x);
            }
        }
        assert_eq!(a == b, same);
        assert_eq!(a.is_subset(&b), subset);
        assert_eq!(a.overlaps(&b), !both.is_empty());
        assert_eq!(a.swapped().swapped(), a);
        // Two ways to one set must look alike.
        assert_eq!(less.union(&both), a);
        assert_eq!(union.difference(&b), less);
        for set in [&a, &union, &both, &less] {
            for (i, (keys, values)) in set.rows().iter().enumerate() {
                assert!(!keys.is_empty() && !values.is_empty());
                for (k, v) in &set.rows()[i + 1..] {
                    assert!(!k.overlaps(keys) && v != values);
                }
            }
        }
        Ok(())
    })
    .budget_ms(800);
}

#[test]
fn regions_of_many_rows_overlap_where_they_share_a_pair() {
    arbtest(|u| {
        let mut rows = || -> Result<Region, arbtest::arbitrary::Error> {
            let row = |key: u16| {
                let first = u.int_in_range(0..=60)?;
                Ok(Region::product(
                    IntervalSet::range(5 * key, 5 * key + u.int_in_range(0..=6)?),
                    IntervalSet::range(first, first + u.int_in_range(0..=3)?),
                ))
            };
            Ok(Region::union_of(
                &(0..12).map(row).collect::<Result<Vec<_>, _>>()?,
            ))
        };
        let (a, b) = (rows()?, rows()?);
        let shared = (0..70).flat_map(|p| (0..70).map(move |q| (p, q)));
        let shared = shared
            .filter(|(p, q)| a.contains(*p, *q) && b.contains(*p, *q))
            .count();
        assert_eq!(a.overlaps(&b), shared > 0);
        assert_eq!(a.intersection(&b).is_empty(), shared == 0);
        Ok(())
    })
    .budget_ms(200);
}

#[test]
fn service_sets_obey_set_algebra() {
    arbtest(|u| {
        let (a, b) = (service_set(u)?, service_set(u)?);
        let (union, both, less) = (a.union(&b), a.intersection(&b), a.difference(&b));
        for _ in 0..20 {
            let p = packet(u)?;
            let holds = |set: &ServiceSet| set.contains(p.family(), p.protocol, p.first, p.second);
            let (x, y) = (holds(&a), holds(&b));
            assert_eq!(holds(&union), x || y);
            assert_eq!(holds(&both), x && y);
            assert_eq!(holds(&less), x && !y);
            assert_eq!(holds(&a.in_family(p.family())), x);
            assert!(holds(&ServiceSet::full()));
        }
        assert_eq!(less.union(&both), a);
        assert_eq!(a.is_subset(&b), less.is_empty());
        for family in Family::BOTH {
            let slow = !a.in_family(family).intersection(&b.in_family(family)).is_empty();
            assert_eq!(a.overlaps_in(&b, family), slow);
        }
        Ok(())
    })
    .budget_ms(600);
}

#[test]
fn the_odd_protocols_have_no_header_numbers() {
    let one = ServiceSet::protocols(&IntervalSet::single(1));
    assert!(one.contains(Family::V4, 1, 8, 0) && one.contains(Family::V6, 1, 0, 0));
    let echo = ServiceSet::icmp(&IntervalSet::single(8), &IntervalSet::single(0));
    assert!(echo.contains(Family::V4, 1, 8, 0) && !echo.contains(Family::V6, 1, 8, 0));
    assert!(!echo.overlaps_in(&one, Family::V6) && echo.overlaps_in(&one, Family::V4));
    assert!(ServiceSet::icmp(&IntervalSet::range(256, u16::MAX), &IntervalSet::full()).is_empty());
}

#[test]
fn flow_sets_overlap_where_some_packet_is_of_both() {
    arbtest(|u| {
        let (a, b) = (flow(u)?, flow(u)?);
        for _ in 0..10 {
            let p: Packet = packet(u)?;
            if a.contains(&p) {
                assert!(!a.is_empty());
                assert!(!b.contains(&p) || a.overlaps(&b));
            }
        }
        assert_eq!(a.overlaps(&b), b.overlaps(&a));
        assert!(a.overlaps(&a) != a.is_empty());
        Ok(())
    })
    .budget_ms(400);
}

#[test]
fn near_values_stay_in_their_domain() {
    // Guards the generators: the ends of every field must come up.
    let mut seen = [false; 2];
    arbtest(|u| {
        let value = near(u, &PORTS)?;
        seen[0] |= value == 0;
        seen[1] |= value == u16::MAX;
        Ok(())
    })
    .budget_ms(50);
    assert_eq!(seen, [true; 2]);
}
