"""Sends real frames through a device's namespace and reports where each comes out.

Runs inside the namespace that holds the far ends of the device's links. Reads one JSON object from standard input:

    {"device": "name of the device's namespace",
     "links": [{"peer": "far end", "peer_mac": "02:…", "mac": "02:…"}, …],
     "probes": [[link or -1, source, destination, protocol, first, second, opener or -1], …]}

`link` is where the frame enters, -1 means that the device itself sends it. `first` and `second` are ports, or type and
code of ICMP. A probe with an `opener` is the answer to that earlier probe, sent right after it, its numbers already
swapped. Writes a list: for each probe the link it came out of, -2 where the device took it for itself, -1 where it
vanished. Only the standard library; needs root.
"""

import ctypes
import json
import os
import socket
import struct
import subprocess
import sys
import time

TCP, UDP, ICMP, ICMPV6, SCTP = 6, 17, 1, 58, 132
VANISHED, DELIVERED, FROM_DEVICE = -1, -2, -1
# A round's probes are told apart by the 16 bits of the IPv4 identification; a smaller round keeps conntrack small.
ROUND = 4000
BATCH = 128
TRIES = 2


def enter(namespace):
    with open(f"/run/netns/{namespace}") as handle:
        if ctypes.CDLL(None, use_errno=True).setns(handle.fileno(), 0x40000000) != 0:
            sys.exit(f"setns {namespace}: {os.strerror(ctypes.get_errno())}")


def checksum(data):
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


class Probe:
    def __init__(self, fields):
        self.link, source, destination, self.protocol, self.first, self.second, self.opener = fields
        self.v6 = ":" in source
        family = socket.AF_INET6 if self.v6 else socket.AF_INET
        self.destination_text = destination
        self.source = socket.inet_pton(family, source)
        self.destination = socket.inet_pton(family, destination)
        self.identifier = 0
        self.result = VANISHED

    def flow(self, index):
        """What conntrack tells flows apart by, the same in both directions."""
        if self.protocol in (ICMP, ICMPV6):
            return index  # Each has an identifier of its own.
        return (self.protocol, *sorted([(self.source, self.first), (self.destination, self.second)]))

    def transport(self, number):
        answer = self.opener >= 0
        if self.protocol == TCP:
            flags, ack = (0x12, 1001) if answer else (0x02, 0)
            head = struct.pack("!HHIIBBHHH", self.first, self.second, 1000, ack, 0x50, flags, 8192, 0, 0)
            return head, 16
        if self.protocol == UDP:
            return struct.pack("!HHHH", self.first, self.second, 16, 0) + b"septum..", 6
        if self.protocol == SCTP:
            # INIT, or INIT ACK with the tag that INIT asked for (RFC 9260, 3.3.2).
            chunk = struct.pack("!BBHIIHHI", 2 if answer else 1, 0, 20, 7, 65536, 1, 1, 1)
            return struct.pack("!HHII", self.first, self.second, 7 if answer else 0, 0) + chunk, None
        if self.protocol in (ICMP, ICMPV6):
            return struct.pack("!BBHHH", self.first, self.second, 0, self.identifier, 1) + b"septum..", 2
        return struct.pack("!II", number, 1) + b"septum..", None

    def packet(self, number):
        body, at = self.transport(number)
        if at is not None:
            next_header = struct.pack("!II", len(body), self.protocol)
            pseudo = b"" if self.protocol == ICMP else self.source + self.destination + next_header
            value = checksum(pseudo + body) or 0xFFFF
            body = body[:at] + struct.pack("!H", value) + body[at + 2 :]
        if self.v6:
            head = struct.pack("!IHBB", 6 << 28 | number, len(body), self.protocol, 64)
            return head + self.source + self.destination + body
        head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(body), number, 0, 64, self.protocol, 0)
        head += self.source + self.destination
        return head[:10] + struct.pack("!H", checksum(head)) + head[12:] + body


class Prober:
    def __init__(self, request):
        self.links = request["links"]
        self.by_peer = {link["peer"]: index for index, link in enumerate(self.links)}
        self.frame_heads = [
            {
                v6: bytes.fromhex(link["mac"].replace(":", "") + link["peer_mac"].replace(":", "")) + kind
                for v6, kind in ((False, b"\x08\x00"), (True, b"\x86\xdd"))
            }
            for link in self.links
        ]
        self.send_socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
        self.receive_socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
        self.receive_socket.setsockopt(263, 23, 1)  # SOL_PACKET, PACKET_IGNORE_OUTGOING
        self.receive_socket.setsockopt(socket.SOL_SOCKET, 33, 1 << 26)  # SO_RCVBUFFORCE
        self.receive_socket.setblocking(False)
        enter(request["device"])
        self.conntrack = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 12)  # NETLINK_NETFILTER
        self.own4 = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
        self.own6 = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_RAW)

    def forget_flows(self):
        """Empties conntrack: IPCTNL_MSG_CT_DELETE without a filter."""
        self.conntrack.send(struct.pack("=IHHII4s", 20, 1 << 8 | 2, 1 | 4, 1, 0, bytes(4)))
        error = struct.unpack_from("=i", self.conntrack.recv(4096), 16)[0]
        if error:
            sys.exit(f"conntrack could not be emptied: {os.strerror(-error)}")

    def send(self, probe, number):
        packet = probe.packet(number)
        try:
            if probe.link != FROM_DEVICE:
                head = self.frame_heads[probe.link][probe.v6]
                self.send_socket.sendto(head + packet, (self.links[probe.link]["peer"], 0))
            elif probe.v6:
                self.own6.sendto(packet, (probe.destination_text, 0))
            else:
                self.own4.sendto(packet, (probe.destination_text, 0))
        except PermissionError:
            pass  # The output hook dropped it: that is how a local sender hears of it.

    def receive(self, probes):
        while True:
            try:
                frame, address = self.receive_socket.recvfrom(256)
            except BlockingIOError:
                return
            if len(frame) < 34 or address[0] not in self.by_peer:
                continue
            kind = frame[12:14]
            if kind == b"\x08\x00":
                number, protocol = int.from_bytes(frame[18:20], "big"), frame[23]
                source, destination = frame[26:30], frame[30:34]
            elif kind == b"\x86\xdd" and len(frame) >= 54:
                number, protocol = int.from_bytes(frame[14:18], "big") & 0xFFFFF, frame[20]
                source, destination = frame[22:38], frame[38:54]
            else:
                continue
            probe = probes.get(number)
            if probe and (probe.source, probe.destination, probe.protocol) == (source, destination, protocol):
                probe.result = self.by_peer[address[0]]

    def delivered(self, probes):
        """What the device took for itself: the numbers that a late chain of the input hook has seen."""
        for name, v6 in (("seen4", False), ("seen6", True)):
            listing = subprocess.run(
                ["nft", "-j", "list", "set", "inet", "probe", name], check=True, capture_output=True
            ).stdout
            for item in json.loads(listing)["nftables"]:
                for number in item.get("set", {}).get("elem", []):
                    probe = probes.get(number)
                    if probe and probe.v6 == v6:
                        probe.result = DELIVERED
        subprocess.run(["nft", "flush set inet probe seen4; flush set inet probe seen6"], check=True)

    def sweep(self, numbered, all_of_round):
        """Sends probes in turn, those without a result again: a busy machine may lose a frame."""
        for attempt in range(TRIES):
            waiting = [item for item in numbered if item[1].result == VANISHED]
            for start in range(0, len(waiting), BATCH):
                for number, probe in waiting[start : start + BATCH]:
                    self.send(probe, number)
                self.receive(all_of_round)
            time.sleep(0.02)
            self.receive(all_of_round)

    def round(self, probes):
        self.forget_flows()
        numbered = list(enumerate(probes, 1))
        by_number = dict(numbered)
        self.sweep([item for item in numbered if item[1].opener < 0], by_number)
        self.sweep([item for item in numbered if item[1].opener >= 0], by_number)
        self.delivered(by_number)


def rounds(probes):
    """Splits probes so that no two openers of a round belong to one flow; an answer goes with its opener."""
    shares, of_probe = [], {}
    for index, probe in enumerate(probes):
        if probe.opener >= 0:
            share = shares[of_probe[probe.opener]]
            probe.identifier = probes[probe.opener].identifier
            of_probe[index] = of_probe[probe.opener]
        else:
            key = probe.flow(index)
            probe.identifier = index % 0xFFFF
            place = next((i for i, s in enumerate(shares) if len(s[0]) < ROUND and key not in s[1]), len(shares))
            if place == len(shares):
                shares.append(([], set()))
            share = shares[place]
            share[1].add(key)
            of_probe[index] = place
        share[0].append(probe)
    return [share[0] for share in shares]


def main():
    request = json.load(sys.stdin)
    probes = [Probe(fields) for fields in request["probes"]]
    prober = Prober(request)
    for share in rounds(probes):
        prober.round(share)
    json.dump([probe.result for probe in probes], sys.stdout)


main()
