//! Packets that leave by the interface by which they came. FortiOS forwards them without asking any policy where
//! `allow-traffic-redirect` of `system global` is enabled, `ipv6-allow-traffic-redirect` for IPv6 (Fortinet, "Traffic
//! handled by FortiGate for packets with ingress & egress as same interface", article 196651).

use crate::packet::Family;

/// What the text says of them, for each family.
#[derive(Debug, Default)]
pub struct Redirect {
    v4: Setting,
    v6: Setting,
}

/// On or off, and the line that says so.
type Setting = Option<(bool, usize)>;

impl Redirect {
    /// A setting of `system global`, whichever it is.
    pub fn set(&mut self, field: &str, value: &str, line: usize) {
        if let Some(setting) = self.setting(field) {
            *setting = Some((value != "disable", line));
        }
    }

    /// A setting of `system global` that has its default again.
    pub fn unset(&mut self, field: &str) {
        if let Some(setting) = self.setting(field) {
            *setting = None;
        }
    }

    fn setting(&mut self, field: &str) -> Option<&mut Setting> {
        match field {
            "allow-traffic-redirect" => Some(&mut self.v4),
            "ipv6-allow-traffic-redirect" => Some(&mut self.v6),
            _ => None,
        }
    }

    /// The families of which such packets pass, each with the line that says so. A backup leaves out what is the default
    /// of its version, which its first line names; of any other text it is taken for granted that they meet policies.
    pub fn open(&self, backup: Option<&str>) -> Vec<(Family, usize)> {
        let default = backup.and_then(version).is_some_and(is_open_by_default);
        [(Family::V4, self.v4), (Family::V6, self.v6)]
            .into_iter()
            .filter_map(|(family, setting)| {
                let (open, line) = setting.unwrap_or((default, 1));
                open.then_some((family, line))
            })
            .collect()
    }
}

type Version = (u32, u32, u32);

/// The version that a backup was made by: `FGT60F-7.4.4-FW-build2662-…`.
fn version(backup: &str) -> Option<Version> {
    backup.split('-').find_map(|part| {
        let mut numbers = part.split('.').map(str::parse);
        match (numbers.next(), numbers.next(), numbers.next(), numbers.next()) {
            (Some(Ok(major)), Some(Ok(minor)), Some(Ok(patch)), None) => Some((major, minor, patch)),
            _ => None,
        }
    })
}

fn is_open_by_default((major, minor, patch): Version) -> bool {
    let closed_since = match (major, minor) {
        (7, 4) => (7, 4, 10),
        _ => (7, 6, 5),
    };
    (major, minor, patch) < closed_since
}

#[cfg(test)]
mod tests {
    use super::super::backup;
    use super::*;

    fn open(text: &str) -> Vec<Family> {
        let open = Redirect::default().open(backup(text));
        open.into_iter().map(|(family, _)| family).collect()
    }

    #[test]
    fn the_default_is_that_of_the_version() {
        for version in ["6.4.15", "7.0.17", "7.2.12", "7.4.9", "7.6.0", "7.6.4"] {
            let backup =
                format!("#config-version=FGT60F-{version}-FW-build1-250101:opmode=0:vdom=0:user=admin\n");
            assert_eq!(open(&backup), Family::BOTH, "{version}");
        }
        for version in ["7.4.10", "7.4.11", "7.6.5", "8.0.0"] {
            let backup = format!("\u{feff}#config-version=FGVM64-{version}-FW-build1-250101:opmode=0\r\n");
            assert_eq!(open(&backup), [], "{version}");
        }
        assert_eq!(open("config system global\nend\n"), []);
        assert_eq!(open("#config-version=FGT60F\n"), []);
    }
}
