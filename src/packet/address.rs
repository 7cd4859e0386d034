//! Sets of IPv4 and IPv6 addresses.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

use super::{IntervalSet, Ordinal};

/// An address family.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Family {
    /// IPv4.
    V4,
    /// IPv6.
    V6,
}

impl Family {
    /// Both, v4 first.
    pub const BOTH: [Self; 2] = [Self::V4, Self::V6];

    /// The family of an address.
    pub fn of(address: IpAddr) -> Self {
        if address.is_ipv4() { Self::V4 } else { Self::V6 }
    }

    /// `IPv4` or `IPv6`.
    pub fn name(self) -> &'static str {
        match self {
            Self::V4 => "IPv4",
            Self::V6 => "IPv6",
        }
    }
}

/// A set of addresses of both families. Canonical: equality is equality of sets.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AddressSet {
    /// The IPv4 addresses.
    pub v4: IntervalSet<u32>,
    /// The IPv6 addresses.
    pub v6: IntervalSet<u128>,
}

impl AddressSet {
    /// No address.
    pub fn empty() -> Self {
        Self::default()
    }

    /// Every address of both families.
    pub fn full() -> Self {
        Self {
            v4: IntervalSet::full(),
            v6: IntervalSet::full(),
        }
    }

    /// The union of prefixes; host bits are ignored.
    pub fn from_prefixes<'a>(prefixes: impl IntoIterator<Item = &'a IpNet>) -> Self {
        let (mut v4, mut v6) = (Vec::new(), Vec::new());
        for prefix in prefixes {
            match prefix {
                IpNet::V4(net) => v4.push((u32::from(net.network()), u32::from(net.broadcast()))),
                IpNet::V6(net) => v6.push((u128::from(net.network()), u128::from(net.broadcast()))),
            }
        }
        Self {
            v4: IntervalSet::from_ranges(v4),
            v6: IntervalSet::from_ranges(v6),
        }
    }

    /// The union of single addresses.
    pub fn from_addresses(addresses: impl IntoIterator<Item = IpAddr>) -> Self {
        let (mut v4, mut v6) = (Vec::new(), Vec::new());
        for address in addresses {
            match address {
                IpAddr::V4(a) => v4.push((u32::from(a), u32::from(a))),
                IpAddr::V6(a) => v6.push((u128::from(a), u128::from(a))),
            }
        }
        Self {
            v4: IntervalSet::from_ranges(v4),
            v6: IntervalSet::from_ranges(v6),
        }
    }

    /// True where it holds no address.
    pub fn is_empty(&self) -> bool {
        self.v4.is_empty() && self.v6.is_empty()
    }

    /// True where it holds no address of `family`.
    pub fn is_empty_in(&self, family: Family) -> bool {
        match family {
            Family::V4 => self.v4.is_empty(),
            Family::V6 => self.v6.is_empty(),
        }
    }

    /// How many ranges it takes, of both families.
    pub(crate) fn range_count(&self) -> usize {
        self.v4.ranges().len() + self.v6.ranges().len()
    }

    /// True where it holds the address.
    pub fn contains(&self, address: IpAddr) -> bool {
        match address {
            IpAddr::V4(a) => self.v4.contains(u32::from(a)),
            IpAddr::V6(a) => self.v6.contains(u128::from(a)),
        }
    }

    /// What either holds.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        Self {
            v4: self.v4.union(&other.v4),
            v6: self.v6.union(&other.v6),
        }
    }

    /// The union of many sets, in one sort.
    pub fn union_of<'a>(sets: impl IntoIterator<Item = &'a Self>) -> Self {
        let (mut v4, mut v6) = (Vec::new(), Vec::new());
        for set in sets {
            v4.extend_from_slice(set.v4.ranges());
            v6.extend_from_slice(set.v6.ranges());
        }
        Self {
            v4: IntervalSet::from_ranges(v4),
            v6: IntervalSet::from_ranges(v6),
        }
    }

    /// What both hold.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        Self {
            v4: self.v4.intersection(&other.v4),
            v6: self.v6.intersection(&other.v6),
        }
    }

    /// What this holds and `other` does not.
    #[must_use]
    pub fn difference(&self, other: &Self) -> Self {
        Self {
            v4: self.v4.difference(&other.v4),
            v6: self.v6.difference(&other.v6),
        }
    }

    /// Every address this does not hold.
    #[must_use]
    pub fn complement(&self) -> Self {
        Self {
            v4: self.v4.complement(),
            v6: self.v6.complement(),
        }
    }

    /// The addresses of one family alone.
    #[must_use]
    pub fn only(&self, family: Family) -> Self {
        match family {
            Family::V4 => Self {
                v4: self.v4.clone(),
                v6: IntervalSet::empty(),
            },
            Family::V6 => Self {
                v4: IntervalSet::empty(),
                v6: self.v6.clone(),
            },
        }
    }

    /// True where `other` holds all of this.
    pub fn is_subset(&self, other: &Self) -> bool {
        self.v4.is_subset(&other.v4) && self.v6.is_subset(&other.v6)
    }

    /// True where some address is in both.
    pub fn overlaps(&self, other: &Self) -> bool {
        self.v4.overlaps(&other.v4) || self.v6.overlaps(&other.v6)
    }

    /// Some address of it, IPv4 first.
    pub fn first(&self) -> Option<IpAddr> {
        let v4 = self.v4.first().map(|a| IpAddr::V4(Ipv4Addr::from(a)));
        v4.or_else(|| self.v6.first().map(|a| IpAddr::V6(Ipv6Addr::from(a))))
    }

    /// The fewest IPv4 prefixes that hold exactly the IPv4 addresses, ascending.
    pub fn v4_prefixes(&self) -> Vec<Ipv4Net> {
        cover(&self.v4, 32)
            .filter_map(|(base, length)| Ipv4Net::new(Ipv4Addr::from(base), length).ok())
            .collect()
    }

    /// The fewest IPv6 prefixes that hold exactly the IPv6 addresses, ascending.
    pub fn v6_prefixes(&self) -> Vec<Ipv6Net> {
        cover(&self.v6, 128)
            .filter_map(|(base, length)| Ipv6Net::new(Ipv6Addr::from(base), length).ok())
            .collect()
    }

    /// First address and length of the fewest prefixes that hold exactly the addresses of a family, ascending.
    pub fn blocks(&self, family: Family) -> impl Iterator<Item = (u128, u8)> {
        let (v4, v6) = match family {
            Family::V4 => (Some(cover(&self.v4, 32)), None),
            Family::V6 => (None, Some(cover(&self.v6, 128))),
        };
        let v4 = v4
            .into_iter()
            .flatten()
            .map(|(base, length)| (u128::from(base), length));
        v4.chain(v6.into_iter().flatten())
    }

    /// The fewest prefixes that hold exactly this set: IPv4 first, ascending.
    pub fn prefixes(&self) -> Vec<IpNet> {
        let v4 = self.v4_prefixes().into_iter().map(IpNet::V4);
        v4.chain(self.v6_prefixes().into_iter().map(IpNet::V6)).collect()
    }
}

/// A number that can be a prefix's base.
trait Bits: Ordinal {
    fn trailing_zeros(self) -> u32;
    /// The last value of the block of `2^free` values that starts here.
    fn block_end(self, free: u32) -> Self;
}

macro_rules! bits {
    ($($number:ty),*) => {$(
        impl Bits for $number {
            fn trailing_zeros(self) -> u32 { <$number>::trailing_zeros(self) }
            fn block_end(self, free: u32) -> Self {
                if free == 0 { return self; }
                self | (<$number>::MAX >> (<$number>::BITS - free))
            }
        }
    )*};
}
bits!(u32, u128);

/// Aligned power-of-two blocks (base, prefix length) that cover the set exactly.
fn cover<T: Bits>(set: &IntervalSet<T>, width: u32) -> impl Iterator<Item = (T, u8)> {
    set.ranges().iter().flat_map(move |&(first, last)| {
        let mut from = Some(first);
        std::iter::from_fn(move || {
            let base = from?;
            let mut free = base.trailing_zeros().min(width);
            while base.block_end(free) > last {
                free -= 1;
            }
            from = base.block_end(free).next().filter(|after| *after <= last);
            Some((base, (width - free) as u8))
        })
    })
}
