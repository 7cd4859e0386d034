//! Addresses as text. They are most of what is written, and the general way takes several times as long.

/// Adds an IPv4 address to a text: `10.0.0.1`.
pub(crate) fn push_v4(text: &mut String, address: u32) {
    let mut digits = itoa::Buffer::new();
    for (octet, before) in address.to_be_bytes().into_iter().zip(["", ".", ".", "."]) {
        text.push_str(before);
        text.push_str(digits.format(octet));
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    #[test]
    fn addresses_are_written_as_everywhere() {
        arbtest::arbtest(|u| {
            let address: u32 = u.arbitrary()?;
            let mut text = "host ".to_owned();
            super::push_v4(&mut text, address);
            assert_eq!(text, format!("host {}", Ipv4Addr::from(address)));
            Ok(())
        });
    }
}
