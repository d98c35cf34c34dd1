# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The TLS Pool authors
"""Processes of the pool die; the pool does not, and ends in order."""
import os
import signal
import threading
import time

import harness
import pytest
import tls

NAME = "server.example.com"


class Traffic:
    """A session whose bytes go round until it is told to stop."""

    def __init__(self, peer, result):
        self.peer, self.sock = peer, result.sock
        self.stopping = False
        self.error = None
        self.rounds = 0
        tls.echo(self.sock)
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        try:
            while not self.stopping:
                data = os.urandom(20000)
                if tls.exchange(self.peer, data) != data:
                    self.error = "bytes were lost"
                    return
                self.rounds += 1
        except OSError as e:
            self.error = repr(e)

    def stop(self):
        self.stopping = True
        self.thread.join(20 * harness.PATIENCE)
        return self.error


def sessions_of(pool, app, listener, pki, n):
    return [Traffic(*tls.session(app, listener, pki)) for _ in range(n)]


def works(app, listener, pki):
    peer, result = tls.session(app, listener, pki)
    result.sock.sendall(b"hello")
    ok = peer.recv(5) == b"hello"
    result.sock.close()
    peer.close()
    return ok


@pytest.fixture
def mine(make_pool):
    return make_pool((NAME, "server"), config={"daemon.workers": "3"})


@pytest.mark.parametrize("role", ["front", "keeper", "verifier"])
def test_killed(mine, make_app, listener, pki, role):
    """Sessions do not notice that a process without records dies."""
    app = make_app(mine)
    traffic = sessions_of(mine, app, listener, pki, 4)
    (pid,) = mine.pids(role)
    os.kill(pid, signal.SIGKILL)
    start = time.monotonic()
    harness.wait_for(
        "its successor", lambda: mine.pids(role) not in ([], [pid]), 3)
    assert time.monotonic() - start < 1 * harness.PATIENCE
    harness.wait_for("ping", lambda: mine.cli("ping").code == 0, 3)
    rounds = [t.rounds for t in traffic]

    def again():
        try:
            return works(app, listener, pki)
        except (AssertionError, OSError):
            return False

    harness.wait_for("a new session", again, 5)
    harness.wait_for("traffic", lambda: all(
        t.rounds > r for t, r in zip(traffic, rounds)))
    assert [t.stop() for t in traffic] == [None] * 4


def test_worker_killed(mine, make_app, listener, pki):
    """Sessions on other workers do not notice; its own end at once."""
    app = make_app(mine)
    traffic = sessions_of(mine, app, listener, pki, 12)
    victim = mine.pids("worker")[0]
    os.kill(victim, signal.SIGKILL)
    start = time.monotonic()
    harness.wait_for(
        "its successor", lambda: len(mine.pids("worker")) == 3
        and victim not in mine.pids("worker"), 3)
    assert time.monotonic() - start < 1 * harness.PATIENCE
    time.sleep(0.5)
    for _ in range(6):
        assert works(app, listener, pki)
    errors = [t.stop() for t in traffic]
    broken = [e for e in errors if e]
    assert 0 < len(broken) < 12, errors


@pytest.mark.parametrize("role", ["front", "worker", "keeper", "verifier"])
def test_in_flight(mine, make_app, listener, pki, role):
    """Requests under way fail with a clear errno, or work; none hangs."""
    app = make_app(mine)
    futures, threads, sockets = [], [], []
    for i in range(24):
        near, future = tls.serve(app, listener, name=NAME)
        futures.append(future)
        sockets.append(near)

        def peer(near=near):
            try:
                tls.outcome(tls.client(near, pki))
            except OSError:
                near.close()

        if i % 2:
            threads.append(threading.Thread(target=peer, daemon=True))
    # One that comes behind the death is served by the successor.
    harness.wait_for("all requests to be under way", lambda: len(
        mine.cli("sessions", "--json").json()) == 24)
    for t in threads:
        t.start()
    for pid in mine.pids(role):
        os.kill(pid, signal.SIGKILL)
    silent = futures[0::2]
    if role in ("front", "worker"):
        for f in silent:
            r = f.result(5 * harness.PATIENCE)
            assert not r.ok and r.text, r
            assert r.error in ("ECONNRESET", "EPIPE", "EIO", "ECONNABORTED",
                               "EAGAIN", "ECONNREFUSED", "ESHUTDOWN"), r
    for f in futures[1::2]:
        r = f.result(15 * harness.PATIENCE)
        if r.ok:
            r.sock.close()
        else:
            assert r.errno and r.text

    def again():
        try:
            return works(app, listener, pki)
        except (AssertionError, OSError):
            return False

    harness.wait_for("a new session", again, 5)


def test_stopped_process_is_replaced(mine, make_app, listener, pki):
    """One that hangs is as dead as one that died."""
    # One that has just been begun is given more time: let it be ready.
    assert mine.cli("id", "list").code == 0
    (pid,) = mine.pids("keeper")
    os.kill(pid, signal.SIGSTOP)
    try:
        harness.wait_for(
            "its successor",
            lambda: mine.pids("keeper") not in ([], [pid]), 40)
    finally:
        try:
            os.kill(pid, signal.SIGCONT)
        except ProcessLookupError:
            pass
    harness.wait_for("ping", lambda: mine.cli("ping").code == 0, 3)
    assert works(make_app(mine), listener, pki)


def test_parent_without_a_turn(mine, make_app, listener, pki):
    """A machine that sleeps, or is too busy for the parent, kills nobody."""
    app = make_app(mine)
    traffic = sessions_of(mine, app, listener, pki, 2)
    before = sorted(harness.children(mine.process.pid))
    mine.process.send_signal(signal.SIGSTOP)
    # longer than a process may be silent
    time.sleep(12.5)
    mine.process.send_signal(signal.SIGCONT)
    # It answers this behind all that it missed.
    assert mine.cli("status").code == 0
    assert [t.stop() for t in traffic] == [None] * 2
    assert "role-hung" not in mine.log_text()
    assert sorted(harness.children(mine.process.pid)) == before


def test_parent_killed(tools, pki, make_app, listener):
    """Without its parent no process of the pool stays behind."""
    pool = harness.Pool(tools, pki).start()
    pids = harness.children(pool.process.pid)
    assert len(pids) == 5
    pool.process.kill()
    pool.process.wait()
    harness.wait_for("the others to end", lambda: not any(
        harness.program(p).startswith("tlspool-") for p in pids))
    pool.process = None
    pool.close()


def test_drain(make_pool, make_app, listener, pki):
    """SIGTERM: sessions go on until they are done; nothing new begins."""
    pool = make_pool((NAME, "server"), config={"daemon.drain": "20s"})
    app = make_app(pool)
    traffic = Traffic(*tls.session(app, listener, pki))
    pool.process.send_signal(signal.SIGTERM)
    time.sleep(1)
    near, far = listener.connection()
    result = app.submit("server", far, name=NAME).result(10)
    assert not result.ok and result.text, result
    rounds = traffic.rounds
    time.sleep(0.5)
    assert traffic.rounds > rounds and traffic.error is None
    assert pool.process.poll() is None
    assert traffic.stop() is None
    traffic.sock.close()
    traffic.peer.close()
    assert pool.process.wait(5 * harness.PATIENCE) == 0


def test_drain_limit(make_pool, make_app, listener, pki):
    """After the time to drain, peers get close_notify and not a cut."""
    pool = make_pool((NAME, "server"), config={"daemon.drain": "1s"})
    app = make_app(pool)
    peer, result = tls.session(app, listener, pki)
    start = time.monotonic()
    pool.process.send_signal(signal.SIGTERM)
    assert tls.outcome(peer) == ""
    assert time.monotonic() - start > 0.9
    assert harness.read_all(result.sock) == b""
    assert pool.process.wait(10 * harness.PATIENCE) == 0


def test_reload_bad_configuration(mine, make_app, listener, pki):
    """A bad configuration is refused, and the old one stays in force."""
    with open(mine.conf, encoding="utf-8") as f:
        good = f.read()
    mine.write(mine.conf, good + "\n[daemon]\ncolour = blue\n")
    done = mine.cli("reload")
    assert done.code != 0 and "colour" in done.text, done
    assert works(make_app(mine), listener, pki)
    mine.write(mine.conf, good)
    assert mine.cli("reload").code == 0
    assert works(make_app(mine), listener, pki)
