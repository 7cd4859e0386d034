//! Elements that overlap: the reader refuses what nft refuses, so that no file is called equal that does not load.

use std::fmt::Write as _;

use arbtest::arbitrary::{Result, Unstructured};
use arbtest::arbtest;
use septum::target::Platform as _;
use septum::target::nftables::Nftables;

use super::harness::{Namespace, permitted};

/// A range of few addresses, so that ranges meet.
fn range(u: &mut Unstructured<'_>) -> Result<String> {
    let first: u8 = u.int_in_range(0..=7)?;
    let last = u.int_in_range(first..=7)?;
    Ok(match first == last {
        true => format!("10.0.0.{first}"),
        false => format!("10.0.0.{first}-10.0.0.{last}"),
    })
}

fn element(u: &mut Unstructured<'_>, fields: usize, map: bool) -> Result<String> {
    let mut text = range(u)?;
    for _ in 1..fields {
        write!(text, " . {}", range(u)?).unwrap();
    }
    if map {
        text.push_str(u.choose(&[" : accept", " : drop"])?);
    }
    Ok(text)
}

fn elements(u: &mut Unstructured<'_>, fields: usize, map: bool) -> Result<String> {
    let all = (0..u.int_in_range(1..=3)?).map(|_| element(u, fields, map));
    Ok(all.collect::<Result<Vec<_>>>()?.join(", "))
}

fn file(u: &mut Unstructured<'_>, fields: usize) -> Result<String> {
    let map: bool = u.arbitrary()?;
    let merge = match !map && u.arbitrary()? {
        true => "auto-merge; ",
        false => "",
    };
    let (word, verdict) = match map {
        true => ("map", " : verdict"),
        false => ("set", ""),
    };
    let kinds = vec!["ipv4_addr"; fields].join(" . ");
    let mut text = format!(
        "add table inet t\nadd {word} inet t s {{ type {kinds}{verdict}; flags interval; {merge}}}\n"
    );
    for _ in 0..u.int_in_range(0..=2)? {
        writeln!(text, "add element inet t s {{ {} }}", elements(u, fields, map)?).unwrap();
    }
    let ends = ["ip saddr", "ip saddr . ip daddr"][fields - 1];
    let rule = match (u.arbitrary()?, map) {
        (true, true) => format!("{ends} vmap {{ {} }}", elements(u, fields, map)?),
        (true, false) => format!("{ends} {{ {} }} accept", elements(u, fields, map)?),
        (false, true) => format!("{ends} vmap @s"),
        (false, false) => format!("{ends} @s accept"),
    };
    for command in [
        "chain inet t c { type filter hook forward priority 0; }",
        "rule inet t c ct state established,related accept",
        &format!("rule inet t c {rule}"),
    ] {
        writeln!(text, "add {command}").unwrap();
    }
    Ok(text)
}

#[test]
fn what_nft_refuses_is_refused() {
    if !permitted() {
        return;
    }
    let namespace = Namespace::new("overlap");
    arbtest(|u| {
        let fields = u.int_in_range(1..=2)?;
        let file = file(u, fields)?;
        let taken = namespace.takes(&file);
        namespace.nft(&["flush", "ruleset"], "");
        let read = Nftables.read(&file);
        let faults = read.not_understood;
        let understood = faults.is_empty();
        assert!(taken || !understood, "{file}");
        // Of several fields the kernel finds only where an end of one element lies in another, in the order of adding.
        assert!(understood || !taken || fields > 1, "{file}\n{faults:?}");
        Ok(())
    })
    .budget_ms(3_000);
}
