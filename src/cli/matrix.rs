//! Zones against zones, one mark for each pair.

use std::collections::BTreeMap;

/// A matrix of marks, by name of the row and of the column. Zones come in the order of `zones`; those without any mark
/// are left out. Columns are numbered, and the rows say which number is whose.
pub(super) fn matrix(zones: &[&str], cells: &[(&str, &str, String)], legend: &str) -> String {
    let marks: BTreeMap<(&str, &str), &str> = cells
        .iter()
        .map(|(from, to, mark)| ((*from, *to), mark.as_str()))
        .collect();
    let columns: Vec<&str> = zones
        .iter()
        .copied()
        .filter(|zone| cells.iter().any(|(_, to, _)| to == zone))
        .collect();
    let rows = zones
        .iter()
        .copied()
        .filter(|zone| cells.iter().any(|(from, ..)| from == zone));
    let number = |zone: &str| columns.iter().position(|column| *column == zone).map(|at| at + 1);
    let width = columns.len().to_string().len().max(1);
    let longest = zones.iter().map(|zone| zone.chars().count()).max().unwrap_or(0);
    let mut out = String::new();
    let mut line = |name: &str, own: &str, cells: &mut dyn Iterator<Item = String>| {
        let mut text = format!("{own:>width$} {name:<longest$} ");
        for cell in cells {
            text.push_str(&format!(" {cell:>width$}"));
        }
        out.push_str(text.trim_end());
        out.push('\n');
    };
    line("", "", &mut (1..=columns.len()).map(|number| number.to_string()));
    let mut shown: Vec<&str> = Vec::new();
    for row in rows {
        shown.push(row);
        let own = number(row).map(|number| number.to_string()).unwrap_or_default();
        let mut cells = columns
            .iter()
            .map(|column| (*marks.get(&(row, *column)).unwrap_or(&".")).to_owned());
        line(row, &own, &mut cells);
    }
    for column in columns.iter().filter(|column| !shown.contains(column)) {
        let own = number(column)
            .map(|number| number.to_string())
            .unwrap_or_default();
        line(column, &own, &mut std::iter::empty());
    }
    out.push_str(&format!("\n{legend}\n"));
    out
}
