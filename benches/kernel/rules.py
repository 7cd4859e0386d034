"""Writes what else the policy of one router could be in nftables, and flows that it permits.

    python3 rules.py PLANS_JSON DIRECTORY FLOWS

Reads `plans.json` as `septum build` leaves it and writes to the directory:

    empty.nft    connection tracking and nothing else
    linear.nft   one line a rule and protocol, addresses and ports in anonymous sets, in one chain
    chains.nft   as Aerleon writes nftables: a chain a rule, and a base chain that jumps to one after the other
    links        a line an interface: its name, then the prefixes behind it
    flows        a line a flow: incoming interface, protocol, source, port, destination, port

Each flow belongs to a rule chosen at random, so a list of rules is walked to its middle on average. Neither list tests
interfaces, which spares it time. IPv4, TCP and UDP with destination ports; anything else is refused.
"""

import ipaddress
import json
import pathlib
import random
import sys

STATE = "ct state established,related accept"
NUMBERS = {"tcp": 6, "udp": 17}


def main():
    plans, directory, count = sys.argv[1], pathlib.Path(sys.argv[2]), int(sys.argv[3])
    with open(plans) as file:
        plan = json.load(file)
    router = plan["devices"][0]["role"]["router"]
    rules = [rule for pair in router["pairs"] for rule in Rule.of(plan, router["sides"], pair)]
    (directory / "empty.nft").write_text(base("inet empty", [], ["accept"]))
    lines = [line for rule in rules for line in rule.lines("accept")]
    (directory / "linear.nft").write_text(base("inet linear", [], lines))
    chains, jumps = [], []
    for number, rule in enumerate(rules):
        chains += [f"chain t{number} {{", *rule.lines("ct state new accept"), "}"]
        jumps.append(f"jump t{number}")
    (directory / "chains.nft").write_text(base("ip chains", chains, jumps))
    with open(directory / "links", "w") as file:
        for side in router["sides"]:
            for name, _ in side["interfaces"]:
                print(name, *plan["addresses"][side["behind"]], file=file)
    dice = random.Random(1)
    flows = {}
    while len(flows) < count:
        flows[dice.choice(rules).flow(dice)] = None
    (directory / "flows").write_text("".join(f"{flow}\n" for flow in flows))


def base(table, chains, rules):
    """A table with a base chain, as one transaction."""
    head = "type filter hook forward priority filter; policy drop;"
    return "\n".join([f"table {table} {{", *chains, "chain forward {", head, STATE, *rules, "}", "}", ""])


class Rule:
    """A rule of the plan, by protocol."""

    @staticmethod
    def of(plan, sides, pair):
        for rule in pair["rules"]:
            source, destination, service, said = rule
            yield Rule(
                sides[pair["from"]]["interfaces"][0][0],
                plan["said"][said]["allow"],
                plan["addresses"][source],
                plan["addresses"][destination],
                plan["services"][service],
            )

    def __init__(self, incoming, allow, source, destination, service):
        if not allow or not set(service) <= set(NUMBERS) or ":" in "".join(source + destination):
            sys.exit("only IPv4 rules that allow TCP or UDP can be written")
        self.incoming, self.source, self.destination = incoming, source, destination
        self.ports = {protocol: ports for protocol, [[_, ports]] in service.items()}

    def lines(self, verdict):
        source, destination = anonymous(self.source), anonymous(self.destination)
        for protocol, ports in self.ports.items():
            ports = anonymous(str(first) if first == last else f"{first}-{last}" for first, last in ports)
            yield f"ip saddr {source} ip daddr {destination} {protocol} dport {ports} {verdict}"

    def flow(self, dice):
        protocol = dice.choice(list(self.ports))
        first, last = dice.choice(self.ports[protocol])
        source, destination = address(self.source, dice), address(self.destination, dice)
        ports = (dice.randint(1024, 65535), dice.randint(first, last))
        return f"{self.incoming} {NUMBERS[protocol]} {source} {ports[0]} {destination} {ports[1]}"


def anonymous(values):
    values = list(values)
    return values[0] if len(values) == 1 else "{ " + ", ".join(values) + " }"


def address(prefixes, dice):
    network = ipaddress.ip_network(dice.choice(prefixes))
    return network[dice.randrange(network.num_addresses)]


if __name__ == "__main__":
    main()
