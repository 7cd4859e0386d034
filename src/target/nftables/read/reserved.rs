//! Words of nft's own language, which nothing can have for a name.

/// True for a word that nft 1.0.6 takes for one of its own where a name has to be: of its `scanner.l` those that are so
/// everywhere.
pub(super) fn is_reserved(word: &str) -> bool {
    WORDS.binary_search(&word).is_ok()
}

#[rustfmt::skip]
const WORDS: [&str; 151] = [
    "accept", "add", "ah", "all", "and", "arp", "auto-merge", "bridge", "cgroup",
    "chain", "comment", "comp", "constant", "continue", "counter", "cpu", "create", "ct",
    "day", "dccp", "define", "delete", "describe", "device", "devices", "dnat", "drop",
    "dst", "dup", "dynamic", "ecn", "element", "elements", "eq", "esp", "ether",
    "exists", "expires", "export", "exthdr", "fib", "flags", "flow", "flowtable", "flush",
    "frag", "fwd", "gc-interval", "ge", "get", "goto", "gt", "handle", "hbh",
    "hook", "hour", "ibriport", "ibrname", "icmp", "icmpv6", "igmp", "iif", "iifgroup",
    "iifname", "iiftype", "import", "include", "index", "inet", "insert", "interval", "ip",
    "ip6", "ipsec", "jhash", "jump", "le", "limit", "list", "log", "lshift",
    "lt", "map", "mark", "masquerade", "meta", "meter", "mh", "missing", "monitor",
    "ne", "netdev", "nftrace", "not", "notrack", "numgen", "obriport", "obrname", "offload",
    "oif", "oifgroup", "oifname", "oiftype", "or", "osf", "pkttype", "policy", "position",
    "priority", "queue", "quota", "random", "redefine", "redirect", "reject", "rename", "replace",
    "reset", "return", "rshift", "rt", "rtclassid", "rule", "ruleset", "sctp", "secmark",
    "set", "size", "skgid", "skuid", "snat", "socket", "srh", "symhash", "synproxy",
    "table", "tcp", "th", "time", "timeout", "tproxy", "type", "typeof", "udp",
    "udplite", "undefine", "update", "vlan", "vmap", "xor", "xt",
];

#[cfg(test)]
mod tests {
    use super::WORDS;

    #[test]
    fn words_are_found_in_their_order() {
        assert!(WORDS.is_sorted());
    }
}
