//! "Did you mean": the known word nearest to a wrong one.

/// Longer words are no slip of the pen, and the distance takes memory of length by length.
const LONGEST: usize = 64;

/// The word of `known` nearest to `wrong`, if it is near enough to be a slip of the pen.
///
/// Ties go to the first in alphabetical order, so that messages do not depend on the order of input.
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
    known
        .into_iter()
        .filter(|name| *name != wrong && name.len() <= LONGEST)
        .map(|name| (strsim::damerau_levenshtein(&folded, &name.to_lowercase()), name))
        .filter(|(distance, name)| *distance <= budget && *distance < name.chars().count())
        .min()
        .map(|(_, name)| name)
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
    }
}
