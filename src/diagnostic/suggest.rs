//! "Did you mean": the known word nearest to a wrong one.

use std::cmp::Reverse;

/// Longer words are no slip of the pen, and the distance takes memory of length by length.
const LONGEST: usize = 64;

/// The word of `known` nearest to `wrong`, if it is near enough to be a slip of the pen.
///
/// Of words as near as each other the one that starts more alike is meant; further ties go to the first in
/// alphabetical order, so that messages do not depend on the order of input. A word that stops short of the only
/// one that goes on with `-` or `.` means that one.
pub fn nearest<'a>(wrong: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    if wrong.len() > LONGEST {
        return None;
    }
    let budget = match wrong.chars().count() {
        0..=2 => 1,
        3..=5 => 2,
        _ => 3,
    };
    let folded = wrong.to_lowercase();
    let known: Vec<&str> = known
        .into_iter()
        .filter(|name| *name != wrong && name.len() <= LONGEST)
        .collect();
    let slip = known
        .iter()
        .map(|name| {
            let other = name.to_lowercase();
            let distance = strsim::damerau_levenshtein(&folded, &other);
            (distance, Reverse(shared_start(&folded, &other)), *name)
        })
        .filter(|(distance, _, name)| *distance <= budget && *distance < name.chars().count())
        .min()
        .map(|(_, _, name)| name);
    slip.or_else(|| {
        let mut longer = known.iter().filter(|name| {
            let rest = name.strip_prefix(wrong);
            rest.is_some_and(|rest| rest.starts_with(['-', '.']))
        });
        longer.next().filter(|_| longer.next().is_none()).copied()
    })
}

fn shared_start(a: &str, b: &str) -> usize {
    a.chars().zip(b.chars()).take_while(|(a, b)| a == b).count()
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn a_slip_is_corrected_and_a_different_word_is_not() {
        assert_eq!(nearest("subent", ["label", "subnet", "trust"]), Some("subnet"));
        assert_eq!(nearest("Guest", ["guest", "vendor"]), Some("guest"));
        assert_eq!(nearest("firewall", ["label", "subnet"]), None);
        assert_eq!(nearest("ab", ["xy"]), None);
        assert_eq!(nearest("htps", ["ftps", "https"]), Some("https"));
    }

    #[test]
    fn the_start_of_one_word_means_that_word() {
        assert_eq!(nearest("cisco", ["cisco-ios", "nftables"]), Some("cisco-ios"));
        assert_eq!(nearest("cisco", ["cisco-ios", "cisco-asa"]), None);
    }
}
