//! The file as text.

use septum::plan::{LocalPlan, RunProtocol};
use septum::syntax::tree::{Rate, RateUnit};
use septum::target::Owned;

use super::plans::*;

#[test]
fn a_small_router() {
    let plan = router(
        vec![
            side("clinical.pumps", "eth0 eth1", "10.20.0.0/22 2001:db8:20::/64"),
            side("servers", "eth2", "10.30.1.0/24 2001:db8:30:1::/64"),
        ],
        vec![pair(
            0,
            1,
            vec![
                deny("no-telnet-1a", "10.20.0.0/24", "10.30.1.0/24", "tcp:23"),
                logged(deny(
                    "audit-2b",
                    "10.20.1.7",
                    "10.30.1.0/24 2001:db8:30:1::/64",
                    "any",
                )),
                allow(
                    "web-3c",
                    "10.20.0.0/22 2001:db8:20::/64",
                    "10.30.1.10 2001:db8:30:1::10",
                    "tcp:443,8000-8080 udp:53",
                ),
                logged(allow(
                    "ping-4d",
                    "10.20.0.0/22 2001:db8:20::/64",
                    "10.30.1.10-10.30.1.14 2001:db8:30:1::10",
                    "icmp:8 icmpv6:128",
                )),
                rated(
                    allow(
                        "trap-5e",
                        "10.20.0.9",
                        "10.30.1.10",
                        "udp:162/1024-65535 proto:50",
                    ),
                    Rate {
                        count: 3,
                        per: RateUnit::Minute,
                    },
                ),
            ],
        )],
        LocalPlan::default(),
    );
    insta::assert_snapshot!(emit(&plan, &Owned::new()).text);
}

#[test]
fn a_host() {
    let local = LocalPlan {
        own: addresses("10.30.1.20"),
        manage: vec![allow("manage", "10.9.0.0/24", "10.30.1.20", "tcp:22")],
        run: vec![RunProtocol::DhcpClient, RunProtocol::Ping, RunProtocol::Dns],
    };
    let plan = host(
        addresses("10.30.1.20"),
        vec![allow("dicom-1a", "10.40.0.0/16", "10.30.1.20", "tcp:104")],
        vec![
            deny("no-2b", "10.30.1.20", "10.30.0.0/16", "any"),
            allow("out-3c", "10.30.1.20", "any", "tcp:443"),
        ],
        local,
    );
    insta::assert_snapshot!(emit(&plan, &Owned::new()).text);
}
