//! Files that nft refuses are not loaded: the reader calls none of them equal to anything. What is close to them, and
//! taken by nft, it reads.

use septum::target::Platform as _;
use septum::target::nftables::Nftables;

use super::harness::{Namespace, permitted};

/// A file of one table, with declarations, the rules of a chain, and what comes after the chain.
fn table([declared, rules, after]: [&str; 3]) -> String {
    format!(
        "table inet t {{
    {declared}
    chain f {{
        type filter hook forward priority filter; policy drop;
        ct state established,related accept
        ct state invalid drop
        {rules}
    }}
    {after}
}}
"
    )
}

fn declared(text: &str) -> String {
    table([text, "", ""])
}

fn rule(text: &str) -> String {
    table(["", text, ""])
}

fn after(text: &str) -> String {
    table(["", "", text])
}

fn long(before: &str, length: usize, behind: &str) -> String {
    format!("{before}{}{behind}", "x".repeat(length))
}

/// A file and whether nft takes it; of those that it does not take, what the reader says.
fn files() -> Vec<(String, Option<&'static str>)> {
    let refused = |text: String, why| (text, Some(why));
    let taken = |text: String| (text, None);
    let twice = "twice, which nft refuses";
    let unnamed = "no name begins with";
    let empty = "nft refuses a list without a first element";
    let lengthy = "nft refuses comments of more than 128 bytes";
    let hook = "there is no priority";
    let ends = "the line ends in a carriage return";
    vec![
        taken(rule("accept")),
        refused(rule("accept").replace('\n', "\r\n"), ends),
        refused(rule("accept\r"), ends),
        refused(rule("ip saddr { 10.0.0.1,\r\n 10.0.0.2 } accept"), ends),
        taken(rule("# a comment\r\n        accept # another\r")),
        refused(rule("").replace("drop;\n", "drop; policy drop;\n"), twice),
        refused(rule("").replace("drop;\n", "drop; policy accept;\n"), twice),
        taken(after("chain f { policy accept; }")),
        refused(after("chain g { comment \"a\"; comment \"b\"; }"), twice),
        refused(declared("comment \"a\"\ncomment \"b\""), twice),
        refused(
            declared("set s { type ipv4_addr; comment \"a\"; comment \"b\"; }"),
            twice,
        ),
        refused(
            declared("counter c { comment \"a\"; comment \"b\"; packets 0 bytes 0; }"),
            twice,
        ),
        refused(
            declared("limit l { comment \"a\"; comment \"b\"; rate 3/minute; }"),
            twice,
        ),
        refused(
            declared("set s { type ipv4_addr; elements = { 10.0.0.1 comment \"a\" comment \"b\" }; }"),
            twice,
        ),
        taken(rule(&long("accept comment \"", 128, "\""))),
        refused(rule(&long("accept comment \"", 129, "\"")), lengthy),
        refused(declared(&long("comment \"", 129, "\"")), lengthy),
        refused(
            declared(&long("set s { type ipv4_addr; comment \"", 129, "\"; }")),
            lengthy,
        ),
        taken(declared(&long(
            "set s { type ipv4_addr; elements = { 10.0.0.1 comment \"",
            128,
            "\" }; }",
        ))),
        refused(
            declared(&long(
                "set s { type ipv4_addr; elements = { 10.0.0.1 comment \"",
                129,
                "\" }; }",
            )),
            lengthy,
        ),
        taken(rule(&long("log prefix \"", 127, "\" accept"))),
        refused(
            rule(&long("log prefix \"", 128, "\" accept")),
            "nft refuses prefixes of more than 127 bytes",
        ),
        taken(rule(&long("iifname \"", 15, "\" accept"))),
        refused(
            rule(&long("iifname \"", 16, "\" accept")),
            "nft refuses names of interfaces of more than 15 bytes",
        ),
        refused(
            rule("limit rate 1/second burst 0 packets accept"),
            "nft refuses a burst of 0 in a rule",
        ),
        taken(declared("limit l { rate 1/second burst 0 packets; }")),
        taken(declared("set s { type ipv4_addr; policy memory; }")),
        refused(
            declared("set s { type ipv4_addr; policy speed; }"),
            "`speed` is not known here",
        ),
        taken(declared("set s { type ipv4_addr; flags interval; auto-merge; }")),
        refused(
            declared("set s { type ipv4_addr; auto-merge; }"),
            "`auto-merge` in a set without the flag `interval`",
        ),
        refused(declared("set s { type ipv4_addr; elements = { }; }"), empty),
        refused(
            declared("set s { type ipv4_addr; elements = { , 10.0.0.1 }; }"),
            empty,
        ),
        taken(declared(
            "set s { type ipv4_addr; elements = { 10.0.0.1,, 10.0.0.2, }; }",
        )),
        refused(rule("ip saddr { \n } accept"), empty),
        refused(rule("ip saddr vmap { , 10.0.0.1 : accept }"), empty),
        refused(
            declared("set s { type ipv4_addr; }") + "add element inet t s { }\n",
            empty,
        ),
        refused(after("chain 5g { accept; }"), unnamed),
        refused(declared("set -s { type ipv4_addr; }"), unnamed),
        refused(rule("") + "table inet 5 { }\n", unnamed),
        taken(after("chain _g { accept; }") + "table inet .t { }\n"),
        taken(after("chain g { type filter hook input priority mangle; }")),
        refused(after("chain g { type filter hook input priority dstnat; }"), hook),
        refused(
            after("chain g { type filter hook forward priority srcnat + 5; }"),
            hook,
        ),
        taken(after("chain f { type filter hook forward priority 0; }")),
        refused(
            after("chain f { type filter hook forward priority 5; }"),
            "this chain is there with another priority",
        ),
        taken(
            rule("") + "delete chain inet t f\nadd chain inet t f { type filter hook forward priority 5; }\n",
        ),
        refused(
            table(["", "jump h", "chain h { type filter hook input priority 0; }"]),
            "`h` is a base chain: no rule may go there",
        ),
        refused(
            declared("map m { type ipv4_addr : verdict; elements = { 10.0.0.1 : jump f }; }"),
            "`f` is a base chain: no rule may go there",
        ),
        taken(table([
            "",
            "counter name \"c\" accept",
            "counter c { packets 0 bytes 0; }",
        ])),
        refused(rule("counter name c accept"), "undefined counter `c`"),
    ]
    .into_iter()
    .chain(protocols())
    .chain(sizes())
    .chain(names())
    .collect()
}

/// Rules about more than one protocol.
fn protocols() -> Vec<(String, Option<&'static str>)> {
    let refused = |text: &str| {
        (
            rule(text),
            Some("conflicting protocols in one rule, which nft refuses"),
        )
    };
    let taken = |text: &str| (rule(text), None);
    let of_family = |family: &str, text: &str| rule(text).replace("table inet", &format!("table {family}"));
    vec![
        refused("tcp dport 80 udp dport 53 accept"),
        refused("tcp dport != 80 udp dport 53 accept"),
        refused("tcp dport 80 counter udp dport 53"),
        refused("udp sport 5 tcp dport vmap { 80 : accept }"),
        refused("ip saddr . tcp dport { 10.0.0.1 . 80 } udp dport 5 accept"),
        refused("ip saddr . tcp dport . udp dport { 10.0.0.1 . 80 . 5 } accept"),
        refused("meta l4proto udp tcp dport 80 accept"),
        refused("meta l4proto == udp tcp dport 80 accept"),
        refused("meta l4proto { tcp, udp } tcp dport 80 accept"),
        refused("meta l4proto gre tcp dport 80 accept"),
        refused("udp dport 5 meta l4proto tcp udp dport 6 accept"),
        refused("ip protocol udp tcp dport 80 accept"),
        refused("icmp type echo-request tcp dport 80 accept"),
        refused("icmp type echo-request icmpv6 type echo-request accept"),
        taken("meta l4proto { tcp, udp } th dport 53 accept"),
        taken("meta l4proto != udp tcp dport 80 accept"),
        taken("meta l4proto 6-17 tcp dport 80 accept"),
        taken("tcp dport 80 meta l4proto udp accept"),
        taken("ip protocol gre tcp dport 80 accept"),
        taken("ip saddr . meta l4proto . th dport { 10.0.0.1 . tcp . 80 } udp dport 5 accept"),
        taken("tcp dport 80 ip saddr 10.0.0.1 tcp sport 5 accept"),
        refused("ip saddr 10.0.0.1 ip6 saddr 2001:db8::1 accept"),
        refused("ip saddr . ip6 saddr { 10.0.0.1 . 2001:db8::1 } accept"),
        refused("ip6 hoplimit 255 ip saddr 10.0.0.1 accept"),
        refused("ip protocol tcp ip6 saddr 2001:db8::1 accept"),
        refused("ip daddr & 255.0.0.0 == 10.0.0.0 ip6 saddr 2001:db8::1 accept"),
        refused("meta nfproto ipv6 ip saddr 10.0.0.1 accept"),
        refused("icmpv6 type echo-request ip saddr 10.0.0.1 accept"),
        taken("ip saddr 10.0.0.1 meta nfproto ipv6 accept"),
        taken("ip saddr 10.0.0.1 meta nfproto ipv6 ip6 saddr 2001:db8::1 accept"),
        taken("ip saddr 10.0.0.1 icmpv6 type echo-request accept"),
        taken("meta l4proto icmpv6 icmpv6 type echo-request ip saddr 10.0.0.1 accept"),
        taken("meta nfproto { ipv4, ipv6 } ip6 saddr 2001:db8::1 accept"),
        refused("udp dport 5 reject with tcp reset"),
        refused("meta l4proto { tcp, udp } reject with tcp reset"),
        refused("ip6 saddr 2001:db8::1 reject with icmp type host-unreachable"),
        refused("icmp type echo-request reject with icmpv6 type no-route"),
        taken("tcp dport 5 reject with tcp reset"),
        taken("reject with tcp reset"),
        taken("tcp dport 5 reject with icmpx type no-route"),
        (
            of_family("ip", "ip6 saddr 2001:db8::1 accept"),
            Some("conflicting protocols"),
        ),
        (of_family("ip", "icmpv6 type echo-request accept"), None),
        (
            of_family("ip6", "reject with icmp type host-unreachable"),
            Some("conflicting protocols"),
        ),
        (
            of_family("ip6", "reject with icmpx type no-route"),
            Some("conflicting protocols"),
        ),
        (
            of_family("ip", "meta nfproto ipv4 accept"),
            Some("nft refuses `meta nfproto` in tables of one family"),
        ),
    ]
}

/// Sets with room for some elements.
fn sizes() -> Vec<(String, Option<&'static str>)> {
    let over = Some("an element more than the size of the set");
    let set = |says: &str, elements: &str| {
        declared(&format!(
            "set s {{ type ipv4_addr; {says} elements = {{ {elements} }}; }}"
        ))
    };
    let sized = declared("set s { type ipv4_addr; size 2; }");
    let element = |verb: &str, elements: &str| format!("{verb} element inet t s {{ {elements} }}\n");
    let two = element("add", "10.0.0.1, 10.0.0.2");
    vec![
        (set("size 2;", "10.0.0.1, 10.0.0.2"), None),
        (set("size 2;", "10.0.0.1, 10.0.0.2, 10.0.0.3"), over),
        (set("size 2;", "10.0.0.1, 10.0.0.2, 10.0.0.2"), None),
        (set("size 0;", "10.0.0.1"), None),
        (set("size 1; size 2;", "10.0.0.1, 10.0.0.2"), None),
        (set("size 2; size 1;", "10.0.0.1, 10.0.0.2"), over),
        (
            set("size 2; flags interval;", "10.0.0.0/24, 10.0.1.0/24, 10.0.2.0/24"),
            over,
        ),
        (set("size 2; flags interval;", "10.0.0.0/24, 10.0.2.0/24"), None),
        (
            set("size 1; flags interval; auto-merge;", "10.0.0.0/24, 10.0.1.0/24"),
            None,
        ),
        (
            declared(
                "map m { type ipv4_addr : verdict; size 1; elements = { 10.0.0.1 : accept, 10.0.0.2 : drop }; }",
            ),
            over,
        ),
        (sized.clone() + &two + &element("add", "10.0.0.3"), over),
        (sized.clone() + &two + &element("add", "10.0.0.2"), None),
        (
            sized.clone() + &two + &element("delete", "10.0.0.2") + &element("add", "10.0.0.3"),
            None,
        ),
        (
            sized.clone() + &two + "flush set inet t s\n" + &element("add", "10.0.0.3"),
            None,
        ),
        // What was declared first counts.
        (
            sized + &declared("set s { type ipv4_addr; size 9; }") + &two + &element("add", "10.0.0.3"),
            over,
        ),
    ]
}

/// Words of nft that something has for a name.
fn names() -> Vec<(String, Option<&'static str>)> {
    let word = Some("is a word of nft, and no name");
    vec![
        (after("chain accept { }"), word),
        (after("chain log { counter; }"), word),
        (declared("set ip6 { type ipv4_addr; }"), word),
        (declared("map vmap { type ipv4_addr : verdict; }"), word),
        (declared("limit limit { rate 5/second; }"), word),
        (declared("counter counter { packets 0 bytes 0; }"), word),
        (rule("") + "table inet meta { }\n", word),
        (rule("") + "add chain inet t drop\n", word),
        (after("chain last { }") + "table inet filter { }\n", None),
        (declared("set saddr { type ipv4_addr; }"), None),
        (after("chain accepted { }"), None),
    ]
}

#[test]
fn what_nft_refuses_is_not_understood() {
    for (text, why) in files() {
        let read = Nftables.read(&text);
        let said: Vec<&str> = read.not_understood.iter().map(|one| one.why.as_str()).collect();
        match why {
            None => assert!(said.is_empty(), "{text}\n{said:?}"),
            Some(why) => {
                assert_eq!(said.len(), 1, "{text}\n{said:?}");
                assert!(said.iter().all(|said| said.contains(why)), "{text}\n{said:?}");
            }
        }
    }
}

#[test]
fn nft_refuses_it_indeed() {
    if !permitted() {
        return;
    }
    for (text, why) in files() {
        let namespace = Namespace::new("unloadable");
        assert_eq!(namespace.takes(&text), why.is_none(), "{text}");
    }
}

/// Words of nft's language, everywhere or in some statements alone.
const WORDS: &str = "
accept ackseq add addr ah all and any arp auto-merge bridge bypass bytes cfi cgroup chain chains
checksum chunk classid code comma comment comp connlimit constant continue counter counters cpi cpu
create ct daddr day dccp debug define delete describe destroy device devices dnat dnat64 doff dport drop
dscp dst dstnat dup dynamic ecn egress element elements eq esp established ether ether_addr eui64 exists
expires export exthdr false fanout fib filter flags flow flowtable flowtables flush forward frag fully-random
fwd gc-interval ge get goto gre group gt handle hash hbh hdrlength helper helpers hook hoplimit
hopopt hour ibridgename ibriport ibrname icmp icmpv6 icmpx id iface_index ifname igmp iif iifgroup
iifkind iifname iiftype import in in-out inc include index inet inet_proto inet_service ingress input
insert interval invalid ip ip6 ip6hdr ipsec ipv4 ipv4_addr ipv6 jhash json jump l4proto label last le
length level limit limits list ll log lshift lt mangle map maps mark masquerade max memory meta meter
meters mh microsecond millisecond minute missing mod monitor mss mtu name nanosecond nat ne neq netdev
new nexthdr nexthop nfproto nftrace nh no not notrack nth num numgen obridgename obriport obrname
offload offset oif oifgroup oifkind oifname oiftype on option options or original osf out output over
packets pcp performance persistent pkttype policy position postrouting prefix prerouting priority proto
protocol queue queue-threshold quota quotas random rate raw redefine redefines redirect reflect reject
related rename replace reply reserved reset return route rshift rt rtclassid rule rules ruleset sack
saddr sctp sdif sdifname secmark secmarks second security seed seg-left sequence set sets sid size skgid
skuid snaplen snat socket spi sport srcnat srh state symhash symmetric synproxy synproxys table tables
tag tcp th time timeout timestamp to tproxy true ttl type typeof udp udplite undefine untracked update
urgptr used verdict version vlan vm vmap vtag week window with wscale xor xt zone
";

#[test]
fn words_that_nft_keeps_to_itself_are_no_names() {
    if !permitted() {
        return;
    }
    let namespace = Namespace::new("words");
    for word in WORDS.split_whitespace() {
        let text = format!("add table inet t\nadd chain inet t {word}\n");
        let read = Nftables.read(&text);
        assert_eq!(read.not_understood.is_empty(), namespace.takes(&text), "{word}");
    }
}
