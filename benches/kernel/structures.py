"""Writes one policy in the structures that nftables has for it, and flows that it permits.

    python3 structures.py ELEMENTS DIRECTORY FLOWS

Eight rules for each destination network, each from a group of four source networks to two ports: 64 elements a
destination. Flows run between first addresses, so that a hash set of these holds the same flows. See rules.py for the
files; the variants:

    hash       source . destination . protocol . port in one set of exact addresses
    interval   the same with networks: one concatenated interval set
    masked     the same with networks in an exact set, which masked addresses are looked up in
    lengths    four such sets, one after the other, as for four pairs of prefix lengths
    map        the destination in an interval map to a chain that accepts: what the first step of the next two costs
    source     an interval map of destinations to chains, whose rules test the source's set, then the ports
    port       the same with the ports tested first
    hashed     the same, ports looked up in a map to a chain for each port, which tests the source's set
    keyed      masked destination . protocol . port in one exact map to a chain, which tests the source's set
    exact      the same, the masked source looked up in an exact set
"""

import pathlib
import random
import sys

from rules import base

GROUPS = 200
MASK = "255.255.255.224"


def main():
    count, directory, flows = int(sys.argv[1]), pathlib.Path(sys.argv[2]), int(sys.argv[3])
    dice = random.Random(1)
    networks = [f"10.{1 + (n >> 10)}.{(n >> 2) & 255}.{(n & 3) << 6}" for n in range(20000)]
    groups = [dice.sample(networks, 4) for _ in range(GROUPS)]
    policy = {}
    for n in dice.sample(range(100000), max(count // 64, 1)):
        destination = f"11.{1 + (n >> 10)}.{(n >> 2) & 255}.{(n & 3) << 6}"
        ports = dice.sample(range(1000, 4000), 16)
        policy[destination] = [(dice.randrange(GROUPS), ports[2 * i : 2 * i + 2]) for i in range(8)]
    elements = [
        (source, destination, port)
        for destination, rules in policy.items()
        for group, ports in rules
        for source in groups[group]
        for port in ports
    ]
    variants = {"empty": ([], ["accept"])}
    for name, flag, suffix in [("hash", "", ""), ("interval", "flags interval;", "/27")]:
        body = ",\n".join(f"{s}{suffix} . {d}{suffix} . 6 . {p}" for s, d, p in elements)
        kind = "type ipv4_addr . ipv4_addr . inet_proto . inet_service;"
        variants[name] = (
            [f"set flows {{ {kind} {flag}", f"elements = {{ {body} }}", "}"],
            ["ip saddr . ip daddr . meta l4proto . th dport @flows accept"],
        )
    kind = "type ipv4_addr . ipv4_addr . inet_proto . inet_service;"
    for name, parts in [("masked", 1), ("lengths", 4)]:
        declared, lookups = [], []
        for part in range(parts):
            body = ",\n".join(f"{s} . {d} . 6 . {p}" for s, d, p in elements[part::parts])
            declared += [f"set flows{part} {{ {kind}", f"elements = {{ {body} }}", "}"]
            lookups.append(
                f"ip saddr & {MASK} . ip daddr & {MASK} . meta l4proto . th dport @flows{part} accept"
            )
        variants[name] = (declared, lookups)
    sets = []
    for number, group in enumerate(groups):
        members = ", ".join(f"{source}/27" for source in group)
        sets += [f"set s{number} {{ type ipv4_addr; flags interval;", f"elements = {{ {members} }}", "}"]
    variants["map"] = stepped(policy, [], lambda number, rules: [f"chain d{number} {{", "accept", "}"])
    variants["source"] = stepped(
        policy, sets, lambda number, rules: chain(number, rules, "ip saddr @s{group} tcp dport {port} accept")
    )
    variants["port"] = stepped(
        policy, sets, lambda number, rules: chain(number, rules, "tcp dport {port} ip saddr @s{group} accept")
    )
    variants["hashed"] = stepped(policy, sets, hashed)
    variants["keyed"] = keyed(policy, sets, "ip saddr @s{group} accept")
    whole = []
    for number, group in enumerate(groups):
        whole += [f"set s{number} {{ type ipv4_addr;", f"elements = {{ {', '.join(group)} }}", "}"]
    variants["exact"] = keyed(policy, whole, f"ip saddr & {MASK} @s{{group}} accept")
    for name, (declared, rules) in variants.items():
        (directory / f"{name}.nft").write_text(base(f"inet as_{name}", declared, rules))
    (directory / "links").write_text("eth0 10.0.0.0/8\neth1 11.0.0.0/8\n")
    chosen = {}
    while len(chosen) < flows:
        source, destination, port = dice.choice(elements)
        chosen[f"eth0 6 {source} {dice.randint(1024, 65535)} {destination} {port}"] = None
    (directory / "flows").write_text("".join(f"{flow}\n" for flow in chosen))


def keyed(policy, sets, test):
    """One exact map from destination, protocol and port to the chain of a group of sources."""
    declared = list(sets)
    for group in range(GROUPS):
        declared += [f"chain c{group} {{", test.format(group=group), "}"]
    pairs = ",\n".join(
        f"{destination} . 6 . {port} : goto c{group}"
        for destination, rules in policy.items()
        for group, ports in rules
        for port in ports
    )
    kind = "type ipv4_addr . inet_proto . inet_service : verdict;"
    declared += [f"map to {{ {kind}", f"elements = {{ {pairs} }}", "}"]
    return declared, [f"ip daddr & {MASK} . meta l4proto . th dport vmap @to"]


def stepped(policy, sets, write):
    declared = list(sets)
    for number, rules in enumerate(policy.values()):
        declared += write(number, rules)
    pairs = ",\n".join(f"{destination}/27 : goto d{number}" for number, destination in enumerate(policy))
    declared += ["map to { type ipv4_addr : verdict; flags interval;", f"elements = {{ {pairs} }}", "}"]
    return declared, ["ip daddr vmap @to"]


def chain(number, rules, layout):
    lines = []
    for group, ports in rules:
        lines.append(layout.format(group=group, port="{ " + f"{ports[0]}, {ports[1]}" + " }"))
    return [f"chain d{number} {{", *lines, "}"]


def hashed(number, rules):
    lines, pairs = [], []
    for index, (group, ports) in enumerate(rules):
        lines += [f"chain d{number}_{index} {{", f"ip saddr @s{group} accept", "}"]
        pairs += [f"6 . {port} : jump d{number}_{index}" for port in ports]
    return [*lines, f"chain d{number} {{", f"meta l4proto . th dport vmap {{ {', '.join(pairs)} }}", "}"]


if __name__ == "__main__":
    main()
