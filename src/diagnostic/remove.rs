//! Statements taken out of a text.

use std::ops::Range;

/// A text without some of its statements, given by their bytes. What stands behind one on its line goes as well: the
/// `;` that ends it, and the comment if no other statement stands before it. Lines that are then empty go; comments
/// on lines of their own stay. Ranges that overlap an earlier one, or are not of the text, are left alone.
pub fn without(text: &str, statements: impl IntoIterator<Item = Range<usize>>) -> String {
    let mut statements: Vec<Range<usize>> = statements.into_iter().collect();
    statements.sort_by_key(|range| (range.start, range.end));
    let mut kept = String::with_capacity(text.len());
    let mut at = 0;
    for statement in statements {
        if statement.start < at || text.get(statement.clone()).is_none() {
            continue;
        }
        kept.push_str(text.get(at..statement.start).unwrap_or_default());
        at = statement.end;
        let rest = |at: usize| text.get(at..).unwrap_or_default();
        let blank = |at: usize| rest(at).len() - rest(at).trim_start_matches([' ', '\t', '\r']).len();
        if rest(at + blank(at)).starts_with(';') {
            at += blank(at) + 1;
        }
        // What is kept of the line so far is all that stood before.
        let line = kept.rfind('\n').map_or(0, |end| end + 1);
        let first = kept.get(line..).unwrap_or_default().trim().is_empty();
        let after = at + blank(at);
        if !first {
            continue;
        }
        let end_of_line = rest(after).find('\n').map(|end| after + end);
        if rest(after).is_empty() || rest(after).starts_with(['\n', '#']) {
            kept.truncate(line);
            at = end_of_line.map_or(text.len(), |end| end + 1);
        }
    }
    kept.push_str(text.get(at..).unwrap_or_default());
    kept
}

#[cfg(test)]
mod tests {
    use super::without;

    /// The text without what stands between `<` and `>` in it.
    fn marked(text: &str) -> String {
        let mut plain = String::new();
        let mut ranges = Vec::new();
        let mut start = 0;
        for c in text.chars() {
            match c {
                '<' => start = plain.len(),
                '>' => ranges.push(start..plain.len()),
                c => plain.push(c),
            }
        }
        without(&plain, ranges)
    }

    #[test]
    fn a_statement_goes_with_its_line_and_the_comment_behind_it() {
        assert_eq!(marked("a\n  <b> # why\nc\n"), "a\nc\n");
        assert_eq!(marked("# above\n<b {\n x\n}>\n"), "# above\n");
        assert_eq!(marked("a\r\n<b>\r\nc\r\n"), "a\r\nc\r\n");
        assert_eq!(marked("a\n<b>"), "a\n");
    }

    #[test]
    fn what_else_stands_on_its_line_stays() {
        assert_eq!(marked("p { <a>; b } # of p\n"), "p {  b } # of p\n");
        assert_eq!(marked("p { a; <b> } # of p\n"), "p { a;  } # of p\n");
        assert_eq!(marked("<a>; b # of b\n"), " b # of b\n");
        assert_eq!(marked("a; <b> # of both\n"), "a;  # of both\n");
        assert_eq!(marked("<a>; <b>; # of both\nc"), "c");
    }
}
