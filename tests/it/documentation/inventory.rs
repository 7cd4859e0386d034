//! The table of `docs/inventory.md` is that of the program.

use septum::inventory::Field;

const PAGE: &str = include_str!("../../../docs/inventory.md");

#[test]
fn the_table_of_fields_is_complete_and_true() {
    let rows: Vec<(&str, &str)> = PAGE
        .lines()
        .skip_while(|line| !line.starts_with("| field"))
        .skip(2)
        .take_while(|line| line.starts_with('|'))
        .map(|line| {
            let cells: Vec<&str> = line.split('|').map(str::trim).collect();
            (cells[1].trim_matches('`'), cells[3])
        })
        .collect();
    let names: Vec<&str> = rows.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, Field::names());
    for (name, titles) in rows {
        for title in titles.split('`').filter(|title| !title.trim().is_empty()) {
            let title = title.replace("(es)", "");
            assert_eq!(Field::titled(&title), Field::named(name), "{title}");
        }
    }
}
