//! `septum graph`.

use super::{clinic, repository, septum};
use crate::sample::{self, example};

fn hospital(format: &str) -> String {
    let here = example("hospital");
    septum(&here, &["graph", "--format", format]).ends(0).out
}

/// How many zones that are more than a name above others, points and lines between them there are.
fn counts() -> (usize, usize, usize) {
    let policy = sample::load(&example("hospital")).sound().policy;
    let zones = policy.zones.iter();
    let zones = zones.filter(|zone| zone.external || !zone.subnets.is_empty());
    let lines = policy
        .points
        .iter()
        .map(|point| point.interfaces().len().max(1))
        .sum();
    (zones.count(), policy.points.len(), lines)
}

#[test]
fn dot_is_a_graph_of_quoted_names() {
    let text = hospital("dot");
    let (zones, points, lines) = counts();
    let inner = text
        .strip_prefix("graph network {\n")
        .and_then(|text| text.strip_suffix("}\n"))
        .unwrap();
    let mut seen = (0, 0, 0);
    for line in inner.lines() {
        let line = line.trim().strip_suffix(';').unwrap();
        // Between quotes stands no quote, so that every second piece is a name.
        let pieces: Vec<&str> = line.split('"').collect();
        assert_eq!(pieces.len() % 2, 1, "{line}");
        if line.contains("\" -- \"") {
            seen.2 += 1;
        } else if line.contains("shape=ellipse") {
            seen.0 += 1;
        } else if line.contains("shape=box") {
            seen.1 += 1;
        }
    }
    assert_eq!(seen, (zones, points, lines));
}

#[test]
fn mermaid_has_a_node_for_every_end_of_a_line() {
    let text = hospital("mermaid");
    let (zones, points, lines) = counts();
    let mut rows = text.lines();
    assert_eq!(rows.next(), Some("graph LR"));
    let (mut nodes, mut edges) = (Vec::new(), Vec::new());
    for row in rows {
        let row = row.trim();
        assert_eq!(row.matches('"').count(), 2, "{row}");
        match row.split_once("|\"") {
            Some((from, rest)) => {
                let from = from.split_whitespace().next().unwrap();
                edges.extend([from, rest.rsplit_once(' ').unwrap().1]);
            }
            None => nodes.push(row.split(['[', '(']).next().unwrap()),
        }
    }
    assert_eq!((nodes.len(), edges.len()), (zones + points, 2 * lines));
    assert!(edges.iter().all(|end| nodes.contains(end)), "{text}");
}

#[test]
fn json_names_zones_and_points() {
    let value: serde_json::Value = serde_json::from_str(&hospital("json")).unwrap();
    let (_, points, _) = counts();
    let zones = sample::load(&example("hospital")).policy.zones.len();
    assert_eq!(value["zones"].as_array().unwrap().len(), zones);
    assert_eq!(value["points"].as_array().unwrap().len(), points);
    let host = value["points"]
        .as_array()
        .unwrap()
        .iter()
        .find(|point| point["name"] == "pacs-1-host");
    assert_eq!(host.unwrap()["protects"], "pacs-1");
}

#[test]
fn a_zone_that_is_only_a_name_above_others_is_not_drawn() {
    let policy = "zone wards { label iomt }\nzone wards.east { subnet 10.0.0.0/24 }\nzone empty {}\n\
                  router r { target nftables; interface e0 = wards.east; interface e1 = empty }\n";
    let directory = repository(policy);
    let dot = septum(directory.path(), &["graph"]).ends(0).out;
    assert!(!dot.contains("\"wards\" ["), "{dot}");
    assert!(
        dot.contains("\"wards.east\" [") && dot.contains("\"empty\" ["),
        "{dot}"
    );
    let mermaid = septum(directory.path(), &["graph", "--format", "mermaid"])
        .ends(0)
        .out;
    assert!(!mermaid.contains("\"wards\""), "{mermaid}");
}

#[test]
fn an_unknown_format_is_a_wrong_use() {
    let directory = clinic();
    let ran = septum(directory.path(), &["graph", "clinic", "--format", "svg"]).ends(2);
    assert_eq!(ran.out, "");
    ran.says("mermaid");
}
