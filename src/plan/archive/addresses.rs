//! Sets of addresses in an archive: lists of prefixes, as text.

use std::sync::Arc;

use ipnet::IpNet;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::packet::{AddressSet, push_v4};

/// A set. It is a list of prefixes only in the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ArchivedAddresses(pub(super) Arc<AddressSet>);

impl Serialize for ArchivedAddresses {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.prefixes().into_iter().map(Prefix))
    }
}

impl<'de> Deserialize<'de> for ArchivedAddresses {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let prefixes: Vec<IpNet> = Deserialize::deserialize(deserializer)?;
        Ok(Self(Arc::new(AddressSet::from_prefixes(&prefixes))))
    }
}

/// As text. Addresses are most of an archive, and the general way takes ten times as long.
struct Prefix(IpNet);

impl Serialize for Prefix {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let IpNet::V4(net) = self.0 else {
            return self.0.serialize(serializer);
        };
        let mut text = String::with_capacity(18);
        push_v4(&mut text, net.addr().to_bits());
        text.push('/');
        text.push_str(itoa::Buffer::new().format(net.prefix_len()));
        serializer.serialize_str(&text)
    }
}
