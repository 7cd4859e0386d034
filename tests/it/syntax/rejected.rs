//! Every mistake, with its whole message: read them as a user would.

use insta::assert_snapshot;

use super::messages;

#[test]
fn a_typo_in_a_keyword() {
    assert_snapshot!(messages("zone guest {\n    subent 172.16.0.0/16\n}\n"), @r##"
    error[unknown-statement]: `subent` is not a statement of a zone
     --> a.sept:2:5
      |
    2 |     subent 172.16.0.0/16
      |     ^^^^^^
      |
      = help: did you mean `subnet`?
    "##);
}

#[test]
fn a_typo_in_a_statement_of_the_file() {
    assert_snapshot!(messages("zoen guest { trust 0 }\nzone b { trust 1 }\n"), @r##"
    error[unknown-statement]: `zoen` does not start a statement
     --> a.sept:1:1
      |
    1 | zoen guest { trust 0 }
      | ^^^^
      |
      = help: did you mean `zone`?
    "##);
}

#[test]
fn a_statement_in_the_wrong_body() {
    assert_snapshot!(messages("device a in b {\n    subnet 10.0.0.0/8\n}\n"), @r##"
    error[unknown-statement]: `subnet` is not a statement of a device
     --> a.sept:2:5
      |
    2 |     subnet 10.0.0.0/8
      |     ^^^^^^
      |
      = help: `subnet` stands in a zone
    "##);
}

#[test]
fn a_statement_that_nobody_knows() {
    assert_snapshot!(messages("firewall f { colour red; target nftables }\n"), @r##"
    error[unknown-statement]: `colour` is not a statement of a firewall or router
     --> a.sept:1:14
      |
    1 | firewall f { colour red; target nftables }
      |              ^^^^^^
      |
      = help: a firewall or router holds `target`, `unmanaged`, `protects`, `interface`, `manage` and `run`
    "##);
}

#[test]
fn words_of_other_firewalls_mean_a_statement() {
    let meant = [
        ("permit a -> b : https", "allow"),
        ("accept a -> b : https", "allow"),
        ("drop a -> b", "deny"),
        ("block a -> b", "deny"),
        ("reject a -> b", "deny"),
        ("never a -> b", "forbid"),
        ("host h in a { address 10.0.0.1 }", "device"),
        ("network n { subnet 10.0.0.0/8 }", "zone"),
        ("vlan n { subnet 10.0.0.0/8 }", "zone"),
        ("zone n { network 10.0.0.0/8 }", "subnet"),
        ("device h in a { ip 10.0.0.1 }", "address"),
        ("policy p { permit a -> b : https }", "allow"),
        ("mode m { block a -> b }", "deny"),
    ];
    for (text, statement) in meant {
        let said = messages(&format!("{text}\n"));
        assert!(
            said.contains(&format!("help: did you mean `{statement}`?")),
            "{text}: {said}"
        );
    }
    let said = messages("subnet n { }\n");
    assert!(said.contains("help: `subnet` stands in a zone"), "{said}");
}

#[test]
fn a_port_behind_a_slash() {
    assert_snapshot!(messages("allow a -> b : tcp/443, https\n"), @"
    error[syntax]: `tcp/443` is no name of a service
     --> a.sept:1:16
      |
    1 | allow a -> b : tcp/443, https
      |                ^^^^^^^
      |
      = help: write `tcp 443`
    ");
    assert_snapshot!(messages("allow a -> b : 443/tcp\nallow a -> b : UDP/161-162, 514\n"), @"
    error[syntax]: `443/tcp` is no name of a service
     --> a.sept:1:16
      |
    1 | allow a -> b : 443/tcp
      |                ^^^^^^^
      |
      = help: write `tcp 443`

    error[syntax]: `UDP/161-162` is no name of a service
     --> a.sept:2:16
      |
    2 | allow a -> b : UDP/161-162, 514
      |                ^^^^^^^^^^^
      |
      = help: write `udp 161-162`
    ");
}

#[test]
fn a_zone_without_a_name() {
    assert_snapshot!(messages("zone { trust 5 }\n"), @r##"
    error[syntax]: expected the name of a zone, found `{`
     --> a.sept:1:6
      |
    1 | zone { trust 5 }
      |      ^
    "##);
}

#[test]
fn two_names() {
    assert_snapshot!(messages("zone guest wifi { trust 0 }\n"), @r##"
    error[syntax]: expected `{`, found `wifi`
     --> a.sept:1:11
      |
    1 | zone guest wifi { trust 0 }
      |           ^
      |
      = help: a name is one word; a title after it is written in quotes
    "##);
}

#[test]
fn a_missing_opening_brace() {
    assert_snapshot!(messages("zone guest\n    subnet 10.0.0.0/8\n}\nzone b {}\n"), @r##"
    error[syntax]: expected `{`, found `subnet`
     --> a.sept:1:11
      |
    1 | zone guest
      |           ^
    "##);
}

#[test]
fn a_missing_closing_brace() {
    assert_snapshot!(messages("zone a {\n    trust 5\n\nzone b {\n    trust 6\n}\n"), @r##"
    error[syntax]: missing `}` at the end of a zone
     --> a.sept:2:12
      |
    1 | zone a {
      |        - opened here
    2 |     trust 5
      |            ^
    "##);
}

#[test]
fn a_brace_that_is_open_at_the_end() {
    assert_snapshot!(messages("policy p {\n    allow a -> b {\n        log\n"), @r##"
    error[syntax]: missing `}` at the end of a policy
     --> a.sept:3:12
      |
    1 | policy p {
      |          - opened here
    2 |     allow a -> b {
    3 |         log
      |            ^

    error[syntax]: missing `}` at the end of a rule
     --> a.sept:3:12
      |
    2 |     allow a -> b {
      |                  - opened here
    3 |         log
      |            ^
    "##);
}

#[test]
fn a_brace_too_many() {
    assert_snapshot!(messages("zone a { trust 5 } }\n"), @r##"
    error[syntax]: this `}` closes nothing
     --> a.sept:1:20
      |
    1 | zone a { trust 5 } }
      |                    ^
      |
      = help: remove it, or look for a `{` that is missing above
    "##);
}

#[test]
fn zones_do_not_nest() {
    assert_snapshot!(messages("zone a { zone b { trust 5 } trust 6 }\n"), @r##"
    error[unknown-statement]: `zone` is not a statement of a zone
     --> a.sept:1:10
      |
    1 | zone a { zone b { trust 5 } trust 6 }
      |          ^^^^
      |
      = help: `zone` stands outside of all braces
    "##);
}

#[test]
fn a_bad_ipv4_address() {
    assert_snapshot!(messages("zone a { subnet 10.0.0.300, 10.1.0.0/16 }\n"), @r##"
    error[syntax]: `10.0.0.300` is not an IPv4 address
     --> a.sept:1:17
      |
    1 | zone a { subnet 10.0.0.300, 10.1.0.0/16 }
      |                 ^^^^^^^^^^
      |
      = help: each of the four numbers is 0 to 255
    "##);
}

#[test]
fn an_address_with_three_numbers() {
    assert_snapshot!(messages("allow a -> 10.0.1\n"), @r##"
    error[syntax]: `10.0.1` is not an IPv4 address
     --> a.sept:1:12
      |
    1 | allow a -> 10.0.1
      |            ^^^^^^
      |
      = help: an IPv4 address has four numbers, not 3
    "##);
}

#[test]
fn an_address_with_leading_zeros() {
    assert_snapshot!(messages("device a in b { address 010.0.0.1 }\n"), @r##"
    error[syntax]: `010.0.0.1` is not an IPv4 address
     --> a.sept:1:25
      |
    1 | device a in b { address 010.0.0.1 }
      |                         ^^^^^^^^^
      |
      = help: a number with a leading zero is octal to some tools: leave the zero out
    "##);
}

#[test]
fn a_bad_ipv6_address() {
    assert_snapshot!(messages("zone a { subnet 2001:db8::1::/64 }\n"), @r##"
    error[syntax]: `2001:db8::1::` is not an IPv6 address
     --> a.sept:1:17
      |
    1 | zone a { subnet 2001:db8::1::/64 }
      |                 ^^^^^^^^^^^^^
      |
      = help: eight groups of hexadecimal digits, or fewer and one `::`
    "##);
}

#[test]
fn a_prefix_that_is_too_long() {
    assert_snapshot!(messages("zone a { subnet 10.0.0.0/33; subnet 2001:db8::/129 }\n"), @r##"
    error[syntax]: `/33` is not a prefix length of IPv4
     --> a.sept:1:25
      |
    1 | zone a { subnet 10.0.0.0/33; subnet 2001:db8::/129 }
      |                         ^^^
      |
      = help: a length is a number from 0 to 32

    error[syntax]: `/129` is not a prefix length of IPv6
     --> a.sept:1:47
      |
    1 | zone a { subnet 10.0.0.0/33; subnet 2001:db8::/129 }
      |                                               ^^^^
      |
      = help: a length is a number from 0 to 128
    "##);
}

#[test]
fn a_netmask() {
    assert_snapshot!(messages("zone a { subnet 10.20.0.0/255.255.252.0 }\n"), @r##"
    error[syntax]: `/255.255.252.0` is not a prefix length of IPv4
     --> a.sept:1:26
      |
    1 | zone a { subnet 10.20.0.0/255.255.252.0 }
      |                          ^^^^^^^^^^^^^^
      |
      = help: write the netmask as a length: `/22`
    "##);
}

#[test]
fn a_range_of_addresses() {
    assert_snapshot!(messages("group g = 10.0.0.1-10.0.0.9\n"), @r##"
    error[syntax]: `10.0.0.1-10.0.0.9` is a range of addresses
     --> a.sept:1:11
      |
    1 | group g = 10.0.0.1-10.0.0.9
      |           ^^^^^^^^^^^^^^^^^
      |
      = help: write it as prefixes, such as `10.0.0.0/30`
    "##);
}

#[test]
fn a_prefix_as_the_address_of_a_device() {
    assert_snapshot!(messages("device a in b { address 10.0.0.1/24 }\n"), @r##"
    error[syntax]: expected one address, found the prefix `10.0.0.1/24`
     --> a.sept:1:25
      |
    1 | device a in b { address 10.0.0.1/24 }
      |                         ^^^^^^^^^^^
      |
      = help: an address here has no length: its zone knows that
    "##);
}

#[test]
fn a_name_as_a_subnet() {
    assert_snapshot!(messages("zone a { subnet pumps }\n"), @r##"
    error[syntax]: `pumps` is not an address
     --> a.sept:1:17
      |
    1 | zone a { subnet pumps }
      |                 ^^^^^
      |
      = help: addresses are like `10.20.0.1` or `2001:db8::1`
    "##);
}

#[test]
fn a_port_that_is_too_high() {
    assert_snapshot!(messages("service s = tcp 70000\n"), @r##"
    error[syntax]: `70000` is not a port
     --> a.sept:1:17
      |
    1 | service s = tcp 70000
      |                 ^^^^^
      |
      = help: ports are 0 to 65535, ranges are written `5000-5100`
    "##);
}

#[test]
fn a_range_that_is_backwards() {
    assert_snapshot!(messages("service s = tcp 20-10\n"), @r##"
    error[syntax]: the range `20-10` is backwards
     --> a.sept:1:17
      |
    1 | service s = tcp 20-10
      |                 ^^^^^
      |
      = help: write `10-20`
    "##);
}

#[test]
fn a_range_with_spaces() {
    assert_snapshot!(messages("service s = tcp 5000 - 5100, 7\n"), @r##"
    error[syntax]: a range of ports is written without spaces
     --> a.sept:1:17
      |
    1 | service s = tcp 5000 - 5100, 7
      |                 ^^^^^^^^^^^
      |
      = help: write it like `5000-5100`
    "##);
}

#[test]
fn a_port_without_a_protocol() {
    assert_snapshot!(messages("allow a -> b : https, 8443\n"), @r##"
    error[syntax]: the port `8443` has no protocol
     --> a.sept:1:23
      |
    1 | allow a -> b : https, 8443
      |                       ^^^^
      |
      = help: write `tcp 8443` or `udp 8443`
    "##);
}

#[test]
fn a_protocol_with_the_name_of_a_service() {
    assert_snapshot!(messages("allow a -> b : tcp https\n"), @r##"
    error[syntax]: expected a port, found `https`
     --> a.sept:1:20
      |
    1 | allow a -> b : tcp https
      |                    ^^^^^
      |
      = help: names of services stand alone, without a protocol
    "##);
}

#[test]
fn a_protocol_number_that_is_too_high() {
    assert_snapshot!(messages("service s = proto 256\n"), @r##"
    error[syntax]: `256` is not a protocol number
     --> a.sept:1:19
      |
    1 | service s = proto 256
      |                   ^^^
      |
      = help: the numbers are 0 to 255: `proto 50` is IPsec ESP
    "##);
}

#[test]
fn an_icmp_code_that_is_no_number() {
    assert_snapshot!(messages("service s = icmp unreachable/frag-needed\n"), @r##"
    error[syntax]: `frag-needed` is not an ICMP code
     --> a.sept:1:30
      |
    1 | service s = icmp unreachable/frag-needed
      |                              ^^^^^^^^^^^
      |
      = help: a code is a number from 0 to 255
    "##);
}

#[test]
fn an_icmp_type_that_is_too_high() {
    assert_snapshot!(messages("service s = icmp 300\n"), @r##"
    error[syntax]: `300` is not an ICMP type
     --> a.sept:1:18
      |
    1 | service s = icmp 300
      |                  ^^^
      |
      = help: a type is a name or 0 to 255, with `/code` or without
    "##);
}

#[test]
fn trust_in_words() {
    assert_snapshot!(messages("zone a { trust high }\n"), @r##"
    error[syntax]: `high` is not a whole number
     --> a.sept:1:16
      |
    1 | zone a { trust high }
      |                ^^^^
      |
      = help: write digits, such as `40`
    "##);
}

#[test]
fn a_day_that_does_not_exist() {
    assert_snapshot!(messages("policy p { expires 2027-02-30 }\n"), @r##"
    error[syntax]: `2027-02-30` is not a day of the calendar
     --> a.sept:1:20
      |
    1 | policy p { expires 2027-02-30 }
      |                    ^^^^^^^^^^
      |
      = help: dates are year-month-day: `2027-06-30`
    "##);
}

#[test]
fn a_date_in_another_order() {
    assert_snapshot!(messages("allow a -> b { expires 30.06.2027 }\n"), @r##"
    error[syntax]: `30.06.2027` is not a day of the calendar
     --> a.sept:1:24
      |
    1 | allow a -> b { expires 30.06.2027 }
      |                        ^^^^^^^^^^
      |
      = help: dates are year-month-day: `2027-06-30`
    "##);
}

#[test]
fn a_rate_with_a_short_unit() {
    assert_snapshot!(messages("allow a -> b { rate 10/sec }\n"), @r##"
    error[syntax]: `sec` is not a unit of time
     --> a.sept:1:24
      |
    1 | allow a -> b { rate 10/sec }
      |                        ^^^
      |
      = help: did you mean `second`?
    "##);
}

#[test]
fn a_rate_without_a_unit() {
    assert_snapshot!(messages("allow a -> b { rate 10 }\n"), @r##"
    error[syntax]: `10` is not a rate
     --> a.sept:1:21
      |
    1 | allow a -> b { rate 10 }
      |                     ^^
      |
      = help: a rate is a number of new flows per unit of time: `10/second`
    "##);
}

#[test]
fn a_text_without_an_end() {
    assert_snapshot!(messages("zone a \"Pumps {\n    trust 5\n}\n"), @r##"
    error[syntax]: this text has no closing quote
     --> a.sept:1:8
      |
    1 | zone a "Pumps {
      |        ^^^^^^^^
      |
      = help: a text stands on one line; `\n` in it makes a line break
    "##);
}

#[test]
fn an_unknown_escape() {
    assert_snapshot!(messages("zone a \"C:\\pumps\" { trust 5 }\n"), @r##"
    error[syntax]: `\p` is not an escape
     --> a.sept:1:11
      |
    1 | zone a "C:\pumps" { trust 5 }
      |           ^^
      |
      = help: the escapes are `\"`, `\\` and `\n`
    "##);
}

#[test]
fn a_reason_without_quotes() {
    assert_snapshot!(messages("policy p { reason because }\n"), @r##"
    error[syntax]: expected a reason in quotes, found `because`
     --> a.sept:1:19
      |
    1 | policy p { reason because }
      |                   ^^^^^^^
    "##);
}

#[test]
fn a_missing_arrow() {
    assert_snapshot!(messages("allow guest clinical : https\n"), @r##"
    error[syntax]: expected `->`, found `clinical`
     --> a.sept:1:13
      |
    1 | allow guest clinical : https
      |             ^^^^^^^^
    "##);
}

#[test]
fn a_missing_destination() {
    assert_snapshot!(messages("policy p {\n    allow guest ->\n    deny a -> b\n}\n"), @r##"
    error[syntax]: expected a zone, device, group or address, found `deny`
     --> a.sept:2:19
      |
    2 |     allow guest ->
      |                   ^
    "##);
}

#[test]
fn a_chain_in_a_rule() {
    assert_snapshot!(messages("allow a ~> b\n"), @r##"
    error[syntax]: expected `->`, found `~>`
     --> a.sept:1:9
      |
    1 | allow a ~> b
      |         ^^
      |
      = help: chains of hosts, `~>`, stand in `forbid` and `limit`
    "##);
}

#[test]
fn a_single_step_in_a_limit() {
    assert_snapshot!(messages("limit a -> b <= 4\n"), @r##"
    error[syntax]: expected `~>`, found `->`
     --> a.sept:1:9
      |
    1 | limit a -> b <= 4
      |         ^^
      |
      = help: `limit` counts what any chain of hosts reaches
    "##);
}

#[test]
fn a_limit_without_a_bound() {
    assert_snapshot!(messages("limit a ~> b\n"), @r##"
    error[syntax]: expected `<=`, found the end of the file
     --> a.sept:1:13
      |
    1 | limit a ~> b
      |             ^
    "##);
}

#[test]
fn via_without_a_chain() {
    assert_snapshot!(messages("forbid a -> b unless via c\n"), @r##"
    error[syntax]: `unless via` needs a chain
     --> a.sept:1:15
      |
    1 | forbid a -> b unless via c
      |               ^^^^^^^^^^^^
      |
      = help: `->` is one step: write `~>` to forbid every chain but those through here
    "##);
}

#[test]
fn unless_without_via() {
    assert_snapshot!(messages("forbid a ~> b unless jump-host\n"), @r##"
    error[syntax]: expected `via`, found `jump-host`
     --> a.sept:1:22
      |
    1 | forbid a ~> b unless jump-host
      |                      ^^^^^^^^^
    "##);
}

#[test]
fn a_trailing_comma() {
    assert_snapshot!(messages("zone a {\n    label iomt,\n    trust 5\n}\n"), @r##"
    error[syntax]: expected the name of a label, found `trust`
     --> a.sept:2:16
      |
    2 |     label iomt,
      |                ^
    "##);
}

#[test]
fn an_operator_without_an_operand() {
    assert_snapshot!(messages("group g = a | | b\n"), @r##"
    error[syntax]: expected a zone, device, group or address, found `|`
     --> a.sept:1:15
      |
    1 | group g = a | | b
      |               ^
    "##);
}

#[test]
fn a_parenthesis_that_is_not_closed() {
    assert_snapshot!(messages("group g = (a | b\nzone c {}\n"), @r##"
    error[syntax]: expected `)`, found `zone`
     --> a.sept:1:17
      |
    1 | group g = (a | b
      |           -     ^
      |           |
      |           opened here
    "##);
}

#[test]
fn a_label_apart_from_its_colon() {
    assert_snapshot!(messages("allow label: pump -> b\n"), @r##"
    error[syntax]: expected the name of a label right after `label:`, found `pump`
     --> a.sept:1:14
      |
    1 | allow label: pump -> b
      |              ^^^^
      |
      = help: write it as one: `label:infusion-pump`
    "##);
}

#[test]
fn managed_from_anywhere_with_anything() {
    assert_snapshot!(messages("router r { manage from it.admin }\n"), @r##"
    error[syntax]: expected `:`, found `}`
     --> a.sept:1:32
      |
    1 | router r { manage from it.admin }
      |                                ^
    "##);
}

#[test]
fn an_interface_name_with_a_space() {
    assert_snapshot!(messages("router r { interface Gi 0/1 = a }\n"), @r##"
    error[syntax]: expected `=`, found `0/1`
     --> a.sept:1:24
      |
    1 | router r { interface Gi 0/1 = a }
      |                        ^
    "##);
}

#[test]
fn a_waiver_without_a_date() {
    assert_snapshot!(messages("waive dead-rule on p because \"later\"\n"), @r##"
    error[syntax]: expected `until`, found `because`
     --> a.sept:1:22
      |
    1 | waive dead-rule on p because "later"
      |                      ^^^^^^^
    "##);
}

#[test]
fn a_name_with_a_slash() {
    assert_snapshot!(messages("zone wing/a { trust 5 }\n"), @r##"
    error[syntax]: `wing/a` is not a name
     --> a.sept:1:6
      |
    1 | zone wing/a { trust 5 }
      |      ^^^^^^
      |
      = help: names are letters, digits, `_`, `-` and `.`; others are written in quotes
    "##);
}

#[test]
fn a_name_of_digits() {
    assert_snapshot!(messages("zone 20 { trust 5 }\n"), @r##"
    error[syntax]: `20` is not a name
     --> a.sept:1:6
      |
    1 | zone 20 { trust 5 }
      |      ^^
      |
      = help: a name has a letter in it; others are written in quotes
    "##);
}

#[test]
fn a_name_that_ends_in_a_dot() {
    assert_snapshot!(messages("allow clinical. -> b\n"), @r##"
    error[syntax]: `clinical.` is not a name
     --> a.sept:1:7
      |
    1 | allow clinical. -> b
      |       ^^^^^^^^^
      |
      = help: a dot stands between two parts of a name
    "##);
}

#[test]
fn an_empty_name() {
    assert_snapshot!(messages("zone \"\" { trust 5 }\n"), @r##"
    error[syntax]: a name cannot be empty
     --> a.sept:1:6
      |
    1 | zone "" { trust 5 }
      |      ^^
    "##);
}

#[test]
fn an_arrow_from_a_word_processor() {
    assert_snapshot!(messages("allow a → b\n"), @r##"
    error[syntax]: `→` should be written `->`
     --> a.sept:1:9
      |
    1 | allow a → b
      |         ^
    "##);
}

#[test]
fn quotes_from_a_word_processor() {
    assert_snapshot!(messages("zone a “Pumps” { trust 5 }\n"), @r##"
    error[syntax]: texts are quoted with `"`
     --> a.sept:1:8
      |
    1 | zone a “Pumps” { trust 5 }
      |        ^^^^^^^
    "##);
}

#[test]
fn a_dash_from_a_word_processor() {
    assert_snapshot!(messages("service s = tcp 5000–5100\n"), @r##"
    error[syntax]: `–` should be written `-`
     --> a.sept:1:21
      |
    1 | service s = tcp 5000–5100
      |                     ^
    "##);
}

#[test]
fn operators_of_other_languages() {
    assert_snapshot!(messages("allow a && b => c || d\n"), @r##"
    error[syntax]: `&&` should be written `&`
     --> a.sept:1:9
      |
    1 | allow a && b => c || d
      |         ^^

    error[syntax]: `=>` should be written `->`
     --> a.sept:1:14
      |
    1 | allow a && b => c || d
      |              ^^

    error[syntax]: `||` should be written `|`
     --> a.sept:1:19
      |
    1 | allow a && b => c || d
      |                   ^^
    "##);
}

#[test]
fn a_comment_of_another_language() {
    assert_snapshot!(messages("// pumps\nzone a { trust 5 }\n"), @r##"
    error[syntax]: comments start with `#`
     --> a.sept:1:1
      |
    1 | // pumps
      | ^^
    "##);
}

#[test]
fn a_star_for_everything() {
    assert_snapshot!(messages("allow * -> b\n"), @r##"
    error[syntax]: unexpected character `*`
     --> a.sept:1:7
      |
    1 | allow * -> b
      |       ^
      |
      = help: write `any` for everything
    "##);
}

#[test]
fn a_character_that_means_nothing() {
    assert_snapshot!(messages("zone a @home { trust 5 }\n"), @r##"
    error[syntax]: unexpected character `@`
     --> a.sept:1:8
      |
    1 | zone a @home { trust 5 }
      |        ^
      |
      = help: names with other characters are written in quotes
    "##);
}

#[test]
fn several_mistakes_at_once() {
    assert_snapshot!(messages("zone a { trust x; subnet 10.0.0.300 }\nallow -> b\nservice s = tcp 1, 2 from\nzone c {}\n"), @r##"
    error[syntax]: `x` is not a whole number
     --> a.sept:1:16
      |
    1 | zone a { trust x; subnet 10.0.0.300 }
      |                ^
      |
      = help: write digits, such as `40`

    error[syntax]: `10.0.0.300` is not an IPv4 address
     --> a.sept:1:26
      |
    1 | zone a { trust x; subnet 10.0.0.300 }
      |                          ^^^^^^^^^^
      |
      = help: each of the four numbers is 0 to 255

    error[syntax]: expected a zone, device, group or address, found `->`
     --> a.sept:2:7
      |
    2 | allow -> b
      |       ^^

    error[syntax]: expected a port, found `zone`
     --> a.sept:3:26
      |
    3 | service s = tcp 1, 2 from
      |                          ^
    "##);
}

#[test]
fn text_that_only_looks_different() {
    assert_snapshot!(messages("zone a { trust 5 } # \u{202E} reversed\n"), @r##"
    error[hidden-character]: a character that cannot be seen stands here: U+202E
     --> a.sept:1:22
      |
    1 | zone a { trust 5 } # � reversed
      |                      ^
      |
      = help: remove it: what is reviewed must be what is compiled
    "##);
}

#[test]
fn control_characters_and_tabs() {
    assert_snapshot!(messages("\tzone\ta\0 {\ttrust\tx\u{1b}[31m }\n"), @r##"
    error[hidden-character]: a character that cannot be seen stands here: U+0000
     --> a.sept:1:8
      |
    1 |     zone    a␀ {    trust    x␛[31m }
      |              ^
      |
      = help: remove it: what is reviewed must be what is compiled

    error[syntax]: `x` is not a whole number
     --> a.sept:1:18
      |
    1 |     zone    a␀ {    trust    x␛[31m }
      |                              ^
      |
      = help: write digits, such as `40`

    error[hidden-character]: a character that cannot be seen stands here: U+001B
     --> a.sept:1:19
      |
    1 |     zone    a␀ {    trust    x␛[31m }
      |                               ^
      |
      = help: remove it: what is reviewed must be what is compiled

    error[syntax]: unexpected character `[`
     --> a.sept:1:20
      |
    1 |     zone    a␀ {    trust    x␛[31m }
      |                                ^
      |
      = help: lists are written without brackets, with commas
    "##);
}

#[test]
fn what_is_wrong_in_braces_is_told_though_the_part_before_is_wrong_too() {
    let text = "service a = tcp https { clear-texxt }
service b { carries phi; colour red }
allow x -> y : tcp ssh { lgo }
allow x -> : ssh { log }
service c = tcp 1
";
    let read = messages(text);
    let heads: Vec<&str> = read.lines().filter(|line| line.starts_with("error")).collect();
    assert_eq!(
        heads,
        [
            "error[syntax]: expected a port, found `https`",
            "error[unknown-statement]: `clear-texxt` is not a statement of a service",
            "error[syntax]: expected `=`, found `{`",
            "error[unknown-statement]: `colour` is not a statement of a service",
            "error[syntax]: expected a port, found `ssh`",
            "error[unknown-statement]: `lgo` is not a statement of a rule",
            "error[syntax]: expected a zone, device, group or address, found `:`",
        ],
        "{read}"
    );
}

#[test]
fn braces_of_another_statement_are_not_those_of_one_that_is_wrong() {
    let text = "service a = tcp https
zone z { trsut 5 }
service b = tcp https;
service c = tcp https { clear-texxt
zone y { trsut 5 }
";
    let read = messages(text);
    assert_eq!(
        read.matches("`trsut` is not a statement of a zone").count(),
        2,
        "{read}"
    );
    assert_eq!(read.matches("expected a port").count(), 3, "{read}");
}

#[test]
fn prefixes_without_a_length() {
    assert_snapshot!(messages("zone a { subnet 10.0.0.0, 2001:db8::; label x }\nzone b { subnet 10.0.1.0 255.255.255.0; trust 1 }\nzone c { subnet 10.0.2.0 255.0.255.0 }\n"), @"
    error[syntax]: `10.0.0.0` is one address: the length of the prefix is missing
     --> a.sept:1:17
      |
    1 | zone a { subnet 10.0.0.0, 2001:db8::; label x }
      |                 ^^^^^^^^
      |
      = help: write a length, such as `10.0.0.0/24`; `10.0.0.0/32` is this address alone

    error[syntax]: `2001:db8::` is one address: the length of the prefix is missing
     --> a.sept:1:27
      |
    1 | zone a { subnet 10.0.0.0, 2001:db8::; label x }
      |                           ^^^^^^^^^^
      |
      = help: write a length, such as `2001:db8::/64`; `2001:db8::/128` is this address alone

    error[syntax]: `10.0.1.0 255.255.255.0` has a netmask instead of a length
     --> a.sept:2:17
      |
    2 | zone b { subnet 10.0.1.0 255.255.255.0; trust 1 }
      |                 ^^^^^^^^^^^^^^^^^^^^^^
      |
      = help: write the netmask as a length: `10.0.1.0/24`

    error[syntax]: `10.0.2.0 255.0.255.0` has a netmask instead of a length
     --> a.sept:3:17
      |
    3 | zone c { subnet 10.0.2.0 255.0.255.0 }
      |                 ^^^^^^^^^^^^^^^^^^^^
      |
      = help: write the length of the prefix, such as `/24`
    ");
    // An address alone can be meant, and a set may hold one.
    assert_eq!(
        messages("zone a { subnet 10.0.0.1/32 }\nallow 10.0.0.1 -> a\n"),
        ""
    );
}

#[test]
fn what_other_firewalls_write_between_sets_and_services() {
    assert_snapshot!(messages("allow a, b -> c : https\nallow a -> c https\nallow a -> c tcp 443, 80 { log }\nallow a -> c : tcp:443, 80, udp:53\nrequire a -> c, d\nallow a -> c alow b -> c\n"), @"
    error[syntax]: expected `|` between the members of a set, found `,`
     --> a.sept:1:8
      |
    1 | allow a, b -> c : https
      |        ^
      |
      = help: a set joins its members: `a | b`

    error[syntax]: expected `:`, found `https`
     --> a.sept:2:13
      |
    2 | allow a -> c https
      |             ^
      |
      = help: services stand after a colon: `allow a -> b : https`

    error[syntax]: expected `:`, found `tcp`
     --> a.sept:3:13
      |
    3 | allow a -> c tcp 443, 80 { log }
      |             ^
      |
      = help: services stand after a colon: `allow a -> b : https`

    error[syntax]: a port stands after its protocol without a colon
     --> a.sept:4:16
      |
    4 | allow a -> c : tcp:443, 80, udp:53
      |                ^^^^^^^
      |
      = help: write `tcp 443`

    error[syntax]: a port stands after its protocol without a colon
     --> a.sept:4:29
      |
    4 | allow a -> c : tcp:443, 80, udp:53
      |                             ^^^^^^
      |
      = help: write `udp 53`

    error[syntax]: expected `|` between the members of a set, found `,`
     --> a.sept:5:15
      |
    5 | require a -> c, d
      |               ^
      |
      = help: a set joins its members: `a | b`

    error[unknown-statement]: `alow` does not start a statement
     --> a.sept:6:14
      |
    6 | allow a -> c alow b -> c
      |              ^^^^
      |
      = help: did you mean `allow`?
    ");
}

#[test]
fn a_ticket_that_is_a_comment() {
    assert_snapshot!(messages("policy x {\n    ticket #4711\n    allow a -> b\n}\n"), @"
    error[syntax]: expected a ticket, found `allow`
     --> a.sept:2:11
      |
    2 |     ticket #4711
      |           ^
      |
      = help: `#` starts a comment: a ticket that has one stands in quotes
    ");
    assert_eq!(messages("policy x { ticket \"#4711\"; allow a -> b }\n"), "");
}
