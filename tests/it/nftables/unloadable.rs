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
