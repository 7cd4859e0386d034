//! Names of interfaces: IOS takes them abbreviated, in any case and with a space, and prints them in full.

/// Types of interfaces as a running configuration prints them, each with the short name of `show interfaces status`
/// where another type begins alike.
const TYPES: [(&str, &str); 34] = [
    ("ACR", ""),
    ("AppGigabitEthernet", "Ap"),
    ("Async", ""),
    ("ATM", ""),
    ("BDI", ""),
    ("BVI", ""),
    ("Cellular", "Ce"),
    ("Dialer", "Di"),
    ("Embedded-Service-Engine", ""),
    ("Ethernet", "Et"),
    ("FastEthernet", "Fa"),
    ("FiftyGigE", ""),
    ("FiveGigabitEthernet", "Fi"),
    ("FortyGigabitEthernet", "Fo"),
    ("FourHundredGigE", ""),
    ("GigabitEthernet", "Gi"),
    ("HundredGigE", "Hu"),
    ("Loopback", "Lo"),
    ("Multilink", "Mu"),
    ("Null", "Nu"),
    ("nve", ""),
    ("Port-channel", "Po"),
    ("POS", ""),
    ("Serial", "Se"),
    ("TenGigabitEthernet", "Te"),
    ("Tunnel", "Tu"),
    ("TwentyFiveGigE", "Twe"),
    ("TwoGigabitEthernet", "Tw"),
    ("TwoHundredGigE", ""),
    ("Virtual-Access", ""),
    ("Virtual-Template", "Vt"),
    ("VirtualPortGroup", ""),
    ("Vlan", "Vl"),
    ("Wlan-GigabitEthernet", ""),
];

/// The shortest beginning of a type that is completed.
const SHORTEST: usize = 2;

/// The name in full: `Te1/0/1` is `TenGigabitEthernet1/0/1`. A type that is not known is kept, in lower case: names
/// are the same in any case.
pub fn canonical(name: &str) -> String {
    let name: String = name.split_whitespace().collect();
    let digits = name.find(|c: char| c.is_ascii_digit()).unwrap_or(name.len());
    let (kind, place) = name.split_at_checked(digits).unwrap_or((&name, ""));
    let place = place.to_ascii_lowercase();
    match full(kind) {
        Some(kind) => format!("{kind}{place}"),
        None => format!("{}{place}", kind.to_ascii_lowercase()),
    }
}

/// True for a name that is not in full, and may be of several types.
pub fn is_short(name: &str) -> bool {
    let kind = name
        .split(|c: char| c.is_ascii_digit())
        .next()
        .unwrap_or_default();
    full(kind).is_none() && TYPES.iter().any(|(known, _)| begins(known, kind))
}

fn begins(known: &str, kind: &str) -> bool {
    let head = known.get(..kind.len());
    head.is_some_and(|head| head.eq_ignore_ascii_case(kind))
}

fn full(kind: &str) -> Option<&'static str> {
    let same = |known: &&(&'static str, &str)| {
        known.0.eq_ignore_ascii_case(kind) || (!known.1.is_empty() && known.1.eq_ignore_ascii_case(kind))
    };
    if let Some((known, _)) = TYPES.iter().find(same) {
        return Some(known);
    }
    if kind.len() < SHORTEST {
        return None;
    }
    let mut found = TYPES
        .iter()
        .map(|(known, _)| *known)
        .filter(|known| begins(known, kind));
    match (found.next(), found.next()) {
        (Some(only), None) => Some(only),
        _ => None,
    }
}
