"""Measures what the first packet of a flow costs a router under several rulesets.

    python3 measure.py ROUTER DIRECTORY ROUNDS VARIANT...

Runs in the namespace that holds the far ends of the router's links; ROUTER is the router's namespace, in which a table
of each VARIANT is loaded and dormant. For each round and variant, its table is woken, conntrack emptied, and a burst
of flows sent, one packet each. The packets leave by AF_PACKET past the queues, so that the kernel takes each one
through sender, router and receiver before it takes the next, and the sender's CPU time holds all of it. All variants
get the same flows within a round. A packet that does not arrive ends the run.

Prints a line a variant: its name and the median over the rounds, in ns a packet. Only the standard library; Linux; root.
"""

import ctypes
import ipaddress
import os
import pathlib
import re
import socket
import statistics
import struct
import subprocess
import sys
import time

# So few that conntrack stays small, so many that the caches are warm for most of them.
BURST = 8192
WARM = 1024
# Packets a system call, and seconds after which a burst of a slow variant ends.
BATCH = 32
SECONDS = 0.5

LIBC = ctypes.CDLL(None, use_errno=True)


def main():
    router, directory, rounds, variants = sys.argv[1], pathlib.Path(sys.argv[2]), int(sys.argv[3]), sys.argv[4:]
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    links = [line.split()[0] for line in (directory / "links").read_text().splitlines()]
    flows = [line.split() for line in (directory / "flows").read_text().splitlines()]
    sender = Sender(links, flows)
    conntrack = Conntrack(router)
    tables = {variant: table(directory / f"{variant}.nft") for variant in variants}
    results = {variant: [] for variant in variants}
    awake = None
    for turn in range(rounds):
        start = turn * (BURST + WARM) % (len(flows) - BURST - WARM + 1)
        for variant in variants:
            wake(router, awake, tables[variant])
            awake = tables[variant]
            conntrack.flush()
            results[variant].append(sender.burst(start))
    for variant in variants:
        print(variant, round(statistics.median(results[variant])))


def table(path):
    """Family and name of the table that a file fills."""
    with open(path) as file:
        return next(match[1] for line in file if (match := re.match(r"(?:add )?table (\w+ \w+)", line)))


def wake(router, old, new):
    """Puts one table to sleep and wakes another."""
    text = f"table {old} {{ flags dormant; }}\n" if old and old != new else ""
    subprocess.run(
        ["ip", "netns", "exec", router, "nft", "-f", "-"], input=f"{text}table {new} {{ }}\n", text=True, check=True
    )


class Conntrack:
    """The router's table of flows."""

    def __init__(self, router):
        with open("/proc/self/ns/net") as home, open(f"/run/netns/{router}") as there:
            enter(there)
            self.socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 12)  # NETLINK_NETFILTER
            enter(home)

    def flush(self):
        """IPCTNL_MSG_CT_DELETE without a filter."""
        self.socket.send(struct.pack("=IHHII4s", 20, 1 << 8 | 2, 1 | 4, 1, 0, bytes(4)))
        error = struct.unpack_from("=i", self.socket.recv(4096), 16)[0]
        if error:
            sys.exit(f"conntrack could not be emptied: {os.strerror(-error)}")


def enter(namespace):
    if LIBC.setns(namespace.fileno(), 0x40000000) != 0:
        sys.exit(f"setns: {os.strerror(ctypes.get_errno())}")


class Vector(ctypes.Structure):
    _fields_ = [("base", ctypes.c_void_p), ("length", ctypes.c_size_t)]


class Message(ctypes.Structure):
    """struct mmsghdr."""

    _fields_ = [
        ("name", ctypes.c_void_p),
        ("name_length", ctypes.c_uint32),
        ("vectors", ctypes.c_void_p),
        ("vector_count", ctypes.c_size_t),
        ("control", ctypes.c_void_p),
        ("control_length", ctypes.c_size_t),
        ("flags", ctypes.c_int),
        ("length", ctypes.c_uint64),  # Aligned as what comes before it.
    ]


class Sender:
    """All frames, ready to be sent."""

    def __init__(self, links, flows):
        self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
        self.socket.setsockopt(263, 20, 1)  # SOL_PACKET, PACKET_QDISC_BYPASS
        names = {}
        for number, link in enumerate(links):
            index = socket.if_nametoindex(f"far{number}")
            # struct sockaddr_ll
            name = ctypes.create_string_buffer(struct.pack("=HHiHBB8s", 17, 0, index, 0, 0, 6, bytes(8)), 20)
            names[link] = (number, name)
        self.keep = [names]
        self.messages = (Message * len(flows))()
        for message, (link, *flow) in zip(self.messages, flows):
            number, name = names[link]
            data = ctypes.create_string_buffer(frame(number, *flow))
            vector = Vector(ctypes.addressof(data), len(data) - 1)
            self.keep.append((data, vector))
            message.name, message.name_length = ctypes.addressof(name), 20
            message.vectors, message.vector_count = ctypes.addressof(vector), 1

    def send(self, start, count):
        at, size = ctypes.addressof(self.messages), ctypes.sizeof(Message)
        end = start + count
        while start < end:
            sent = LIBC.sendmmsg(self.socket.fileno(), ctypes.c_void_p(at + start * size), end - start, 0)
            if sent < 0:
                sys.exit(f"sendmmsg: {os.strerror(ctypes.get_errno())}")
            start += sent

    def burst(self, start):
        """Nanoseconds of CPU time a packet."""
        before, sent = arrived(), 0
        limit = time.monotonic() + SECONDS / 4
        while sent < WARM and time.monotonic() < limit:
            self.send(start + sent, BATCH)
            sent += BATCH
        warm, began, limit = sent, time.thread_time_ns(), time.monotonic() + SECONDS
        while sent < warm + BURST and time.monotonic() < limit:
            self.send(start + sent, BATCH)
            sent += BATCH
        took = time.thread_time_ns() - began
        if (lost := sent - (arrived() - before)) != 0:
            sys.exit(f"{lost} of {sent} packets did not arrive")
        return took / (sent - warm)


def arrived():
    """Packets that came out of the router."""
    with open("/proc/self/net/dev") as file:
        return sum(int(line.split(":")[1].split()[1]) for line in file if line.strip().startswith("far"))


def frame(number, protocol, source, source_port, destination, destination_port):
    protocol, ports = int(protocol), (int(source_port), int(destination_port))
    addresses = ipaddress.ip_address(source).packed + ipaddress.ip_address(destination).packed
    if protocol == 6:
        layout, check = "!HHIIBBHHH", lambda sum: struct.pack(layout, *ports, 1, 0, 0x50, 2, 8192, sum, 0)
    else:
        layout, check = "!HHHH", lambda sum: struct.pack(layout, *ports, 8, sum)
    length = struct.calcsize(layout)
    transport = check(checksum(addresses + struct.pack("!BBH", 0, protocol, length) + check(0)))
    head = lambda sum: struct.pack("!BBHHHBBH", 0x45, 0, 20 + length, 0, 0, 64, protocol, sum) + addresses
    macs = bytes([2, 0, 0, 0, number >> 8, number & 255, 2, 1, 0, 0, number >> 8, number & 255])
    return macs + b"\x08\x00" + head(checksum(head(0))) + transport


def checksum(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


if __name__ == "__main__":
    main()
