//! Which configurations change, and by how many lines.

use std::collections::{BTreeMap, BTreeSet};

/// What becomes of a device's configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// There was none.
    New,
    /// There is none any more.
    Gone,
    /// It is another one.
    Changed,
    /// It does the same as before: rules stand on other lines of the policy, which comments name.
    CommentsChanged,
}

/// A configuration that is not what it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigurationChange {
    /// The device.
    pub device: String,
    /// What becomes of it.
    pub fate: Fate,
    /// Lines that were not there. A line that only moved does not count, nor one whose comment alone is another, unless
    /// all are such.
    pub added: usize,
    /// Lines that are not there any more.
    pub removed: usize,
}

/// Compares configurations by device. Equal ones are left out. Comments name rules by file and line: `files` are the
/// paths of both policies.
pub fn configuration_changes(
    before: &BTreeMap<String, String>,
    after: &BTreeMap<String, String>,
    files: &[&str],
) -> Vec<ConfigurationChange> {
    let devices: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let change = |device: &String| {
        let (fate, (added, removed)) = match (before.get(device), after.get(device)) {
            (None, None) => return None,
            (None, Some(new)) => (Fate::New, lines("", new)),
            (Some(old), None) => (Fate::Gone, lines(old, "")),
            (Some(old), Some(new)) if old == new => return None,
            (Some(old), Some(new)) => {
                let [plain_old, plain_new] = [old, new].map(|text| without_line_numbers(text, files));
                match plain_old == plain_new {
                    true => (Fate::CommentsChanged, lines(old, new)),
                    false => (Fate::Changed, lines(&plain_old, &plain_new)),
                }
            }
        };
        Some(ConfigurationChange {
            device: device.clone(),
            fate,
            added,
            removed,
        })
    };
    devices.into_iter().filter_map(change).collect()
}

/// A configuration without the numbers of lines: `clinical.sept:12` as `clinical.sept`.
fn without_line_numbers(text: &str, files: &[&str]) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(':') {
        plain.push_str(before);
        let number = after.len() - after.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        rest = match number > 0 && files.iter().any(|file| before.ends_with(file)) {
            true => after.get(number..).unwrap_or_default(),
            false => {
                plain.push(':');
                after
            }
        };
    }
    plain.push_str(rest);
    plain
}

fn lines(old: &str, new: &str) -> (usize, usize) {
    let mut balance: BTreeMap<&str, i64> = BTreeMap::new();
    for line in old.lines() {
        *balance.entry(line).or_default() -= 1;
    }
    for line in new.lines() {
        *balance.entry(line).or_default() += 1;
    }
    let sum = |sign: i64| balance.values().map(|count| (count * sign).max(0)).sum::<i64>();
    let count = |value: i64| usize::try_from(value).unwrap_or(0);
    (count(sum(1)), count(sum(-1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_line_after_a_file_of_the_policy_is_left_out() {
        let plain = |text: &str| without_line_numbers(text, &["site/a.sept", "b.sept"]);
        assert_eq!(
            plain("remark x site/a.sept:12 CHG-1\n"),
            "remark x site/a.sept CHG-1\n"
        );
        assert_eq!(
            plain("comment \"b.sept:7\" : jump c"),
            "comment \"b.sept\" : jump c"
        );
        assert_eq!(
            plain("2001:db8::1 c.sept:12 b.sept: b.sept:"),
            "2001:db8::1 c.sept:12 b.sept: b.sept:"
        );
    }
}
