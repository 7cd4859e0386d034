"""Writes the rules of a `terms` workload as a policy of Aerleon: a term a rule and service, groups as network objects.

    python3 aerleon.py POLICY_SEPT PLATFORM DIRECTORY
"""

import pathlib
import re
import sys

TARGETS = {
    "cisco-ios": "cisco: bench extended",
    "nftables": "nftables: inet forward",
    "fortigate": "fortigate: from-zone clients to-zone servers inet",
}
RULE = re.compile(r"policy (\w+) \{ (allow|deny) (.*?) -> (.*?) : (.*?) \}")


def main():
    source, platform, directory = pathlib.Path(sys.argv[1]), sys.argv[2], pathlib.Path(sys.argv[3])
    networks, terms, ports = [], [], set()
    for name, action, *sides, services in RULE.findall(source.read_text()):
        for side, members in zip("SD", sides):
            addresses = "".join(f"      - address: {one.strip()}\n" for one in members.split("|"))
            networks.append(f"  {side}_{name.upper()}:\n    values:\n{addresses}")
        for place, service in enumerate(services.split(",")):
            protocol, port = service.split()
            ports.add((protocol, port))
            terms.append(
                f"      - name: {name}-{place}\n"
                f"        source-address: S_{name.upper()}\n"
                f"        destination-address: D_{name.upper()}\n"
                f"        protocol: {protocol}\n"
                f"        destination-port: {protocol.upper()}_{port}\n"
                f"        action: {'accept' if action == 'allow' else 'deny'}\n"
            )
    if not terms:
        sys.exit(f"{source}: no rules of a `terms` workload")
    definitions, policies = directory / "definitions", directory / "policies" / "pol"
    definitions.mkdir(parents=True)
    policies.mkdir(parents=True)
    services = "".join(
        f"  {protocol.upper()}_{port}:\n    - protocol: {protocol}\n      port: {port}\n"
        for protocol, port in sorted(ports)
    )
    (definitions / "networks.yaml").write_text("networks:\n" + "".join(networks))
    (definitions / "services.yaml").write_text("services:\n" + services)
    header = f"filters:\n  - header:\n      targets:\n        {TARGETS[platform]}\n    terms:\n"
    (policies / "bench.yaml").write_text(header + "".join(terms))


if __name__ == "__main__":
    main()
