//! A unit's memory, for tests: it takes commands in, and prints what `show` prints.

use crate::oracle::fortigate::commands;

type Fields = Vec<(String, Vec<String>)>;

/// Tables of entries of fields, all in order.
#[derive(Default)]
pub struct Memory {
    tables: Vec<(String, Vec<(String, Fields)>)>,
}

impl Memory {
    /// Types a text that is known to be good.
    pub fn typed(text: &str) -> Self {
        let mut memory = Self::default();
        let (mut table, mut entry) = (0, 0);
        for command in commands(text).unwrap() {
            let words: Vec<&str> = command.words.iter().map(String::as_str).collect();
            let place =
                |list: &[(String, Fields)], key: &str| list.iter().position(|(known, _)| known == key);
            match words.as_slice() {
                ["config", path @ ..] => {
                    let path = path.join(" ");
                    table = memory
                        .tables
                        .iter()
                        .position(|(known, _)| *known == path)
                        .unwrap_or_else(|| {
                            memory.tables.push((path, Vec::new()));
                            memory.tables.len() - 1
                        });
                }
                ["edit", key] => {
                    let list = &mut memory.tables[table].1;
                    entry = place(list, key).unwrap_or_else(|| {
                        list.push(((*key).to_owned(), Vec::new()));
                        list.len() - 1
                    });
                }
                ["set", field, values @ ..] => {
                    let fields = &mut memory.tables[table].1[entry].1;
                    fields.retain(|(known, _)| known != field);
                    fields.push((
                        (*field).to_owned(),
                        values.iter().map(|v| (*v).to_owned()).collect(),
                    ));
                }
                ["unset", field] => memory.tables[table].1[entry]
                    .1
                    .retain(|(known, _)| known != field),
                ["delete", key] => memory.tables[table].1.retain(|(known, _)| known != key),
                ["move", key, "after", other] => {
                    let list = &mut memory.tables[table].1;
                    let moved = list.remove(place(list, key).unwrap());
                    let to = place(list, other).unwrap() + 1;
                    list.insert(to, moved);
                }
                _ => {}
            }
        }
        memory
    }

    /// As a backup: a header, uuids, no defaults, fields in another order, and CRLF.
    pub fn backup(&self) -> String {
        let mut lines = vec![
            "#config-version=FGVM64-7.4.10-FW-build2878-251118:opmode=0:vdom=0:user=admin".to_owned(),
            "#conf_file_ver=1234567890".to_owned(),
        ];
        lines.push(
            "config system global\n    set hostname \"core\"\n    set alias \"two\r\nlines\"\nend".to_owned(),
        );
        let mut tables: Vec<_> = self.tables.iter().collect();
        tables.sort_by_key(|(path, _)| (path.starts_with("firewall"), path.contains("policy")));
        for (path, entries) in tables {
            lines.push(format!("config {path}"));
            for (number, (key, fields)) in entries.iter().enumerate() {
                lines.push(format!("    edit \"{key}\""));
                if path.starts_with("firewall") {
                    lines.push(format!("        set uuid 01234567-89ab-51ee-0000-{number:012}"));
                }
                let mut fields: Vec<_> = fields.iter().filter(|field| !is_default(field)).collect();
                fields.reverse();
                // What decides which others there are comes first, as FortiOS prints it.
                fields.sort_by_key(|(name, _)| !["type", "protocol", "icmptype"].contains(&name.as_str()));
                fields.sort_by_key(|(name, _)| name == "icmptype");
                fields.sort_by_key(|(name, _)| name == "icmpcode");
                for (name, values) in fields {
                    let quoted: Vec<String> = values
                        .iter()
                        .map(|value| format!("\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\"")))
                        .collect();
                    lines.push(format!("        set {name} {}", quoted.join(" ")));
                }
                lines.push("    next".to_owned());
            }
            lines.push("end".to_owned());
        }
        lines.join("\r\n") + "\r\n"
    }
}

/// What `show` leaves out.
fn is_default((name, values): &(String, Vec<String>)) -> bool {
    let value = values.join(" ");
    matches!(
        (name.as_str(), value.as_str()),
        ("action" | "intrazone", "deny")
            | ("status", "enable")
            | ("nat", "disable")
            | ("logtraffic", "utm")
            | ("subnet", "0.0.0.0 0.0.0.0")
            | ("ip6", "::/0")
            | ("protocol-number", "0")
    )
}
