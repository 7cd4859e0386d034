//! What an inventory may say of a device, and what other systems call it.

use crate::diagnostic::suggest;

/// One thing that an inventory says of a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Field {
    /// Its name.
    Name,
    /// Its zone.
    Zone,
    /// Its addresses.
    Address,
    /// Its labels.
    Labels,
    /// Its known vulnerabilities.
    Cves,
    /// Who made it.
    Vendor,
    /// Which product it is.
    Model,
    /// Its operating system.
    Os,
    /// Its serial number.
    Serial,
    /// Where it stands.
    Location,
    /// Who answers for it.
    Owner,
    /// Its hardware address.
    Mac,
    /// Its number in asset management.
    Asset,
    /// How much depends on it.
    Criticality,
    /// Anything else.
    Notes,
}

/// A field, its name, and the other names that exports give it, without case, blanks, `_`, `-` and `.`.
///
/// The other names are those of NetBox exports and of the usual CMMS.
const FIELDS: [(Field, &str, &[&str]); 15] = [
    (
        Field::Name,
        "name",
        &["hostname", "host", "device", "devicename", "systemname"],
    ),
    (Field::Zone, "zone", &["securityzone"]),
    (
        Field::Address,
        "address",
        &[
            "addresses",
            "ip",
            "ips",
            "ipaddress",
            "ipaddresses",
            "ipv4",
            "ipv6",
            "ipv4address",
            "ipv6address",
            "primaryip",
            "primaryip4",
            "primaryip6",
        ],
    ),
    (Field::Labels, "labels", &["label", "tag", "tags"]),
    (Field::Cves, "cves", &["cve", "vulnerabilities"]),
    (Field::Vendor, "vendor", &["manufacturer", "make"]),
    (Field::Model, "model", &["devicetype", "modelname", "modelnumber"]),
    (Field::Os, "os", &["operatingsystem", "platform"]),
    (Field::Serial, "serial", &["serialnumber", "serialno"]),
    (Field::Location, "location", &["room"]),
    (Field::Owner, "owner", &["assetowner"]),
    (Field::Mac, "mac", &["macaddress"]),
    (Field::Asset, "asset", &["assetid", "assettag", "assetnumber"]),
    (Field::Criticality, "criticality", &["risk"]),
    (
        Field::Notes,
        "notes",
        &["note", "comment", "comments", "description"],
    ),
];

impl Field {
    /// Its name: the key in YAML, the column in CSV, the key of a fact.
    pub fn name(self) -> &'static str {
        FIELDS
            .iter()
            .find(|(field, ..)| *field == self)
            .map_or("", |(_, name, _)| name)
    }

    /// The names of all fields.
    pub fn names() -> Vec<&'static str> {
        FIELDS.iter().map(|(_, name, _)| *name).collect()
    }

    /// The field of exactly this name.
    pub fn named(name: &str) -> Option<Self> {
        FIELDS
            .iter()
            .find(|(_, known, _)| *known == name)
            .map(|(field, ..)| *field)
    }

    /// The field that a column of this title holds: its name or one of its other names, in any spelling.
    pub fn titled(title: &str) -> Option<Self> {
        let folded = folded(title);
        FIELDS
            .iter()
            .find(|(_, name, others)| *name == folded || others.contains(&folded.as_str()))
            .map(|(field, ..)| *field)
    }

    /// The field that a wrong name was probably meant to be.
    pub fn meant(wrong: &str) -> Option<Self> {
        if wrong.len() > 40 {
            return None;
        }
        Self::titled(wrong).or_else(|| {
            let folded = folded(wrong);
            // Short other names, such as `ip`, are near to too many words.
            let known = FIELDS.iter().flat_map(|(_, name, others)| {
                std::iter::once(*name).chain(others.iter().copied().filter(|other| other.len() > 5))
            });
            suggest::nearest(&folded, known).and_then(Self::titled)
        })
    }

    /// The field whose name a column's title is a slip of. Stricter than [`Field::meant`]: exports have many
    /// columns of their own, and `role` is no `zone`.
    pub fn slip(title: &str) -> Option<Self> {
        if title.len() > 40 {
            return None;
        }
        let folded = folded(title);
        let near = if folded.chars().count() < 7 { 1 } else { 2 };
        let names = FIELDS.iter().flat_map(|(field, name, others)| {
            std::iter::once(*name)
                .chain(others.iter().copied().filter(|other| other.len() > 5))
                .map(move |name| (name, *field))
        });
        names
            .map(|(name, field)| (strsim::damerau_levenshtein(&folded, name), name, field))
            .filter(|(distance, name, _)| *distance <= near && name.len() > 2)
            .min()
            .map(|(_, _, field)| field)
    }

    /// Whether a device has several of it.
    pub fn is_list(self) -> bool {
        matches!(self, Self::Address | Self::Labels | Self::Cves)
    }
}

/// A title without what does not matter in it: case, blanks, `_`, `-` and `.`.
pub(super) fn folded(title: &str) -> String {
    title
        .chars()
        .filter(|c| !c.is_whitespace() && !matches!(c, '_' | '-' | '.'))
        .flat_map(char::to_lowercase)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::Field;

    #[test]
    fn every_field_is_found_by_its_name_and_only_once_by_its_others() {
        let mut seen = std::collections::BTreeSet::new();
        for (field, name, others) in super::FIELDS {
            assert_eq!(field.name(), name);
            assert_eq!(Field::named(name), Some(field));
            for title in std::iter::once(&name).chain(others) {
                assert_eq!(Field::titled(title), Some(field));
                assert!(seen.insert(*title), "{title} is listed twice");
            }
        }
    }

    #[test]
    fn titles_of_exports_are_understood_and_slips_are_guessed() {
        assert_eq!(Field::titled("IP Address"), Some(Field::Address));
        assert_eq!(Field::titled("primary_ip4"), Some(Field::Address));
        assert_eq!(Field::titled("status"), None);
        assert_eq!(Field::meant("lables"), Some(Field::Labels));
        assert_eq!(Field::meant("manufacturer"), Some(Field::Vendor));
        assert_eq!(Field::meant("fda_class"), None);
        assert_eq!(Field::slip("Lables"), Some(Field::Labels));
        assert_eq!(Field::slip("IP Adress"), Some(Field::Address));
        for other in [
            "id",
            "role",
            "site",
            "status",
            "vrf",
            "face",
            "rack",
            "tenant",
            "department",
            "phi",
        ] {
            assert_eq!(Field::slip(other), None, "{other}");
        }
    }
}
