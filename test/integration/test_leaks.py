# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The TLS Pool authors
"""Many sessions, of every kind of end, leave nothing behind.

TLSPOOL_TEST_SESSIONS says how many; ./check runs a few thousand."""
import concurrent.futures
import os
import socket

import harness
import pytest

NAME = "server.example.com"
SESSIONS = int(os.environ.get("TLSPOOL_TEST_SESSIONS", "2000"))


def measure(pool):
    found = {}
    for pid in harness.children(pool.process.pid):
        with open(f"/proc/{pid}/status", encoding="ascii") as f:
            lines = dict(x.split(":", 1) for x in f if ":" in x)
        found[pid] = (harness.program(pid),
                      len(os.listdir(f"/proc/{pid}/fd")),
                      int(lines["VmRSS"].split()[0]) // 1024)
    return found


def one(server, client, i):
    """One session; how it ends depends on its number."""
    near, far = socket.socketpair()
    future = server.submit("server", far, name=NAME,
                           flags=harness.NO_REMOTE_CERT)
    kind = i % 8
    if kind == 6:  # a peer that goes away
        near.close()
        assert not future.result(30).ok
        return
    if kind == 7:  # a peer that is not who it should be
        assert not client.client(near, sni="www.example.com").ok
        assert not future.result(30).ok
        return
    c = client.client(near, sni=NAME, timeout=30)
    s = future.result(30)
    assert c.ok and s.ok, (c, s)
    c.sock.sendall(b"x" * 5000)
    assert harness.read_all(s.sock, 5000) == b"x" * 5000
    if kind == 1:
        c.sock.shutdown(socket.SHUT_WR)
        assert s.sock.recv(1) == b""
    if kind == 2:  # bytes that nobody reads
        s.sock.sendall(b"y" * 5000)
    c.sock.close()
    s.sock.close()


def test_nothing_stays(make_pool, make_app):
    pool = make_pool((NAME, "server"), config={"daemon.log-level": "notice"})
    server = make_app(pool, mode=("async",))
    client = make_app(pool, mode=("async",))
    with concurrent.futures.ThreadPoolExecutor(16) as executor:

        def run(n):
            for f in [executor.submit(one, server, client, i)
                      for i in range(n)]:
                f.result()

        run(min(1000, SESSIONS // 2))
        before = measure(pool)
        run(SESSIONS)
    harness.wait_for(
        f"as few descriptors as before: {before}",
        lambda: all(now[1] <= before[pid][1] + 4
                    for pid, now in measure(pool).items()), 20)
    for pid, (name, _, memory) in measure(pool).items():
        assert memory <= before[pid][2] + 16 + before[pid][2] // 4, (
            name, before[pid][2], memory)


def anonymous(pid):
    """Its own memory, in KiB."""
    with open(f"/proc/{pid}/status", encoding="ascii") as f:
        for line in f:
            if line.startswith("RssAnon:"):
                return int(line.split()[1])
    return 0


@pytest.mark.skipif(bool(os.environ.get("TLSPOOL_TEST_SANITIZER")),
                    reason="a sanitizer keeps what is freed")
def test_a_crowd_takes_its_memory_with_it(make_pool, make_app):
    """When idle sessions end, the kernel gets back what they had."""
    pool = make_pool((NAME, "server"), config={
        "daemon.log-level": "notice", "daemon.workers": "1"})
    server = make_app(pool, mode=("async",))
    client = make_app(pool, mode=("async",))
    worker, = pool.pids("worker")

    def pair(_):
        near, far = socket.socketpair()
        future = server.submit("server", far, name=NAME,
                               flags=harness.NO_REMOTE_CERT)
        c = client.client(near, sni=NAME, timeout=30)
        s = future.result(30)
        assert c.ok and s.ok, (c, s)
        return c.sock, s.sock

    def crowd(n):
        with concurrent.futures.ThreadPoolExecutor(16) as executor:
            return list(executor.map(pair, range(n)))

    def leave(pairs):
        for sock in (sock for both in pairs for sock in both):
            sock.close()

    leave(crowd(8))
    before = anonymous(worker)
    pairs = crowd(600)
    grown = anonymous(worker) - before
    assert grown > 1200 * 4, grown  # or there is nothing to give back
    leave(pairs)
    harness.wait_for(
        "the memory of 1,200 sessions to be the kernel's again",
        lambda: anonymous(worker) - before < grown / 4)
