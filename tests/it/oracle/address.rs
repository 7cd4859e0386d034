//! Addresses as numbers, and ranges of them.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// An address as a number; both families, told apart elsewhere.
pub fn number(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(v4) => u128::from(v4.to_bits()),
        IpAddr::V6(v6) => v6.to_bits(),
    }
}

/// The address that is `value` in the family of `like`, where it fits.
pub fn from_number(value: u128, like: IpAddr) -> Option<IpAddr> {
    match like {
        IpAddr::V4(_) => u32::try_from(value)
            .ok()
            .map(|v| IpAddr::V4(Ipv4Addr::from_bits(v))),
        IpAddr::V6(_) => Some(IpAddr::V6(Ipv6Addr::from_bits(value))),
    }
}

/// Addresses of one family from first to last, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct AddressRange {
    pub first: IpAddr,
    pub last: IpAddr,
}

impl AddressRange {
    pub fn single(address: IpAddr) -> Self {
        Self {
            first: address,
            last: address,
        }
    }

    /// `None` where the ends are of two families or in the wrong order.
    pub fn between(first: IpAddr, last: IpAddr) -> Option<Self> {
        (first.is_ipv4() == last.is_ipv4() && first <= last).then_some(Self { first, last })
    }

    /// All addresses with the first `length` bits of `address`; host bits do not count.
    pub fn prefix(address: IpAddr, length: u8) -> Option<Self> {
        let width = if address.is_ipv4() { 32 } else { 128 };
        if length > width {
            return None;
        }
        let hosts = (0..width - length).fold(0u128, |mask, bit| mask | 1 << bit);
        Some(Self {
            first: from_number(number(address) & !hosts, address)?,
            last: from_number(number(address) | hosts, address)?,
        })
    }

    /// `10.0.0.0/8`, `2001:db8::/32`.
    pub fn parse_prefix(text: &str) -> Option<Self> {
        let (address, length) = text.split_once('/')?;
        Self::prefix(address.parse().ok()?, decimal(length)?)
    }

    pub fn contains(&self, address: IpAddr) -> bool {
        self.first.is_ipv4() == address.is_ipv4() && self.first <= address && address <= self.last
    }
}

/// A netmask such as `255.255.0.0` as a prefix length; `None` where its ones are not all in front.
pub fn netmask_length(mask: Ipv4Addr) -> Option<u8> {
    (0..=32u8).find(|length| {
        let ones = (0..*length).fold(0u32, |bits, bit| bits | 1 << (31 - bit));
        ones == mask.to_bits()
    })
}

/// Decimal digits only: no sign, no blank.
pub fn decimal<T: std::str::FromStr>(text: &str) -> Option<T> {
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if digits { text.parse().ok() } else { None }
}

#[test]
fn a_prefix_ignores_host_bits_and_families_do_not_mix() {
    let range = AddressRange::parse_prefix("10.1.2.3/16").unwrap();
    assert_eq!(range.first, "10.1.0.0".parse::<IpAddr>().unwrap());
    assert_eq!(range.last, "10.1.255.255".parse::<IpAddr>().unwrap());
    assert!(!range.contains("::a01:203".parse().unwrap()));
    let all = AddressRange::parse_prefix("::/0").unwrap();
    assert!(all.contains("ffff::1".parse().unwrap()) && !all.contains("1.2.3.4".parse().unwrap()));
    assert_eq!(AddressRange::parse_prefix("10.0.0.0/33"), None);
}

#[test]
fn a_netmask_is_contiguous() {
    assert_eq!(netmask_length(Ipv4Addr::new(255, 255, 254, 0)), Some(23));
    assert_eq!(netmask_length(Ipv4Addr::new(0, 0, 0, 0)), Some(0));
    assert_eq!(netmask_length(Ipv4Addr::new(255, 0, 255, 0)), None);
}
