# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The TLS Pool authors
"""tests: what is measured, and in which unit."""
import dataclasses
import os
import time

import measure


@dataclasses.dataclass
class Row:
    """A line of the table; `get` makes it from what was measured."""
    title: str
    get: object = None
    digits: int = 1
    best: object = min      # None: nothing to compare with others


def cpu_each(r):
    return r["cpu"] / r["count"] * 1e6


def own_each(r):
    return r["own"] / r["count"] * 1e6


def rate(r):
    return r["count"] / r["seconds"]


def per_gb(r):
    return r["cpu"] / r["bytes"] * 1e9


def field(name):
    return lambda r: r[name]


@dataclasses.dataclass
class Test:
    """A load, with which certificate, and the lines that come of it."""
    title: str
    load: str
    args: dict
    rows: list
    cert: str = "p256"
    needs: object = None    # of its result; else it says nothing
    once: bool = False      # not in every round

    def run(self, bench, system):
        with bench.load(self.load, system, **self.args) as load:
            r = measure.run(load, system.pids())
        if self.needs is not None and not self.needs(r):
            return {}
        r["own"] = sum(r["cpu_of"].get(pid, 0) for pid in system.own_pids())
        return {row.title: row.get(r) for row in self.rows}


def handshakes(title, seconds, **more):
    name = f"handshake, {title}"
    return Test(name, "handshakes",
                {"connections": 16, "ms": int(seconds * 1000),
                 **more.pop("args", {})},
                [Row(f"{name}: µs of CPU", cpu_each),
                 Row("  … a second", rate, 0, max)], **more)


def bulk(way, connections, size):
    what = {"up": "client to application", "down": "application to client"}
    name = f"bulk, {what[way]}, {connections}"
    return Test(name, way, {"connections": connections, "bytes": size},
                [Row(f"{name}: s of CPU a GB", per_gb, 3)])


def requests(connections, seconds):
    name = f"request/response, {connections}"
    return Test(name, "requests",
                {"connections": connections, "ms": int(seconds * 1000)},
                [Row(f"{name}: µs of CPU", cpu_each),
                 Row("  … a second", rate, 0, max),
                 Row("  … p50, µs", field("p50")),
                 Row("  … p99, µs", field("p99")),
                 Row("  … p99.9, µs", field("p999"))])


def mostly_resumed(r):
    # The first handshake of each connection has no ticket yet.
    return r["count"] > 16 and r["resumed"] >= 0.95 * (r["count"] - 16)


class Memory:
    """Idle connections, of a server that nothing was done with before."""

    cert = "p256"
    once = True             # it hardly varies, and takes long

    def __init__(self, connections):
        self.title = f"memory, {connections}"
        self.connections = connections
        self.rows = [Row(f"memory, KiB a connection, {connections}"),
                     Row("  … MiB when they have gone")]

    def run(self, bench, system):
        fresh = type(system)(bench, self.cert)
        try:
            fresh.start()
            # What is there after a first connection is no connection's.
            before = self.crowd(bench, fresh, 8)[1]
            there, gone = self.crowd(bench, fresh, self.connections)
        finally:
            fresh.stop()
        return {self.rows[0].title: (there - before) / self.connections,
                self.rows[1].title: (gone - before) / 1024}

    @staticmethod
    def crowd(bench, system, n):
        with bench.load("idle", system, connections=n) as load:
            load.begin()
            load.result()
            time.sleep(min(0.5, bench.scale.seconds))
            there = measure.memory(system.pids())
        time.sleep(min(1, bench.scale.seconds))
        return there, measure.memory(system.pids())


class Beside:
    """Something that goes on, alone and while something else does."""

    cert = "p256"
    once = False

    def __init__(self, test, what, load, **args):
        self.title = f"{test.title} beside {what}"
        self.test = test
        self.other = load
        self.args = args
        self.rows = [Row(f"{test.title}, alone: p50, µs"),
                     Row("  … p99, µs"),
                     Row(f"  … beside {what}: p50, µs"),
                     Row(f"  … beside {what}: p99, µs"),
                     Row(f"  … beside {what}: p99, by p99 alone", None, 2,
                         None),
                     Row(f"  … beside {what}: of these a second", None, 0,
                         max)]

    def site(self, system):
        """Where the other load goes."""
        return system

    def figures(self, alone, beside):
        return (alone["p50"], alone["p99"], beside["p50"], beside["p99"],
                beside["p99"] / alone["p99"])

    def measured(self, bench, system):
        # It is the server's delay that is asked for: who measures it must
        # not wait for a processor that the other load has.
        return bench.load(self.test.load, system, nice=measure.FIRST,
                          **self.test.args)

    def run(self, bench, system):
        with self.measured(bench, system) as load:
            alone = measure.run(load, system.pids())
        # Where nobody can be first, the other load is last.
        nice = bench.options.nice if os.geteuid() == 0 else 19
        with bench.load(self.other, self.site(system), nice=nice,
                        **self.args) as other, \
                self.measured(bench, system) as load:
            other.begin()
            time.sleep(self.test.args["ms"] / 4000)
            beside = measure.run(load, system.pids())
            more = other.result()
        # Handshakes, or megabytes.
        done = more.get("count", more.get("bytes", 0) / 1e6) / more["seconds"]
        return dict(zip((row.title for row in self.rows),
                        (*self.figures(alone, beside), done)))


class BesideToken(Beside):
    """Handshakes come for a key whose every signature takes 50 ms, faster
    than it signs, until so many wait for it."""

    def __init__(self, test, waiting):
        super().__init__(test, "a slow token", "handshakes",
                         connections=waiting, rate=200,
                         ms=test.args["ms"] * 3 // 2)
        if test.load == "handshakes":
            self.rows[2:2] = [Row("  … µs of CPU"),
                              Row("  … beside a slow token: µs of CPU")]

    def site(self, system):
        return system.slow

    def figures(self, alone, beside):
        figures = super().figures(alone, beside)
        if self.test.load == "handshakes":
            return (*figures[:2], cpu_each(alone), cpu_each(beside),
                    *figures[2:])
        return figures


def for_all(scale):
    """For everybody who is compared."""
    s, gb = scale.seconds, scale.bytes
    return [
        handshakes("P-256", s),
        handshakes("RSA-2048", s, cert="rsa"),
        handshakes("Ed25519", s, cert="ed25519"),
        handshakes("resumed", s, args={"resume": 1}, needs=mostly_resumed),
        bulk("up", 1, gb), bulk("up", 16, gb),
        bulk("down", 1, gb), bulk("down", 16, gb),
        requests(1, s), requests(64, s), requests(scale.many, s),
        *(Beside(requests(n, s), "1,000 handshakes a second", "handshakes",
                 connections=200, rate=1000, ms=int(s * 1500))
          for n in (1, 16)),
        Beside(requests(1, s), "megabytes on one connection", "down",
               bytes=gb),
        *(Memory(n) for n in scale.idle),
    ]


def for_library(scale):
    """What the library costs the application: one connection, 32, threads."""
    name = "handshake, the application's share"
    return [Test(name, "handshakes",
                 {"connections": 32, "ms": int(scale.seconds * 1000)},
                 [Row(f"{name}: µs of CPU", own_each),
                  Row("  … of all: µs of CPU", cpu_each),
                  Row("  … a second", rate, 0, max)])]


def for_crowds(scale):
    """What must cost the same, however many sessions there are."""
    s, gb = scale.seconds, scale.bytes // 2
    return [handshakes("P-256", s), bulk("up", 16, gb), bulk("down", 16, gb),
            requests(64, s)]


def for_token(scale):
    """What must be as it is, however slow the key of another name is."""
    s = scale.seconds
    return [BesideToken(test, scale.slow) for test in (
        requests(1, s), requests(16, s), handshakes("P-256", s))]
