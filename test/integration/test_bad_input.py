# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The TLS Pool authors
"""Applications that send what they should not: it costs them their
connection, and nobody else anything."""
import errno
import os
import random
import socket
import struct
import time

import harness
import protocol as p
import pytest
import tls

NAME = "server.example.com"
SERVER_START = ((1, p.SERVER), (2, b"\0"))


def descriptors(pool):
    return {pid: len(os.listdir(f"/proc/{pid}/fd"))
            for pid in harness.children(pool.process.pid)
            + [pool.process.pid]}


@pytest.fixture(autouse=True)
def others(pool, app, listener, pki):
    """Whatever a test does: a session goes on, a new one can begin, no
    process was replaced, and no descriptor stays behind."""
    peer, result = tls.session(app, listener, pki)
    tls.echo(result.sock)
    # what is kept for the application from call to call is there now
    before = descriptors(pool)
    yield
    assert tls.exchange(peer, b"x" * 10000) == b"x" * 10000
    new_peer, new = tls.session(app, listener, pki)
    new.sock.close()
    new_peer.close()
    harness.wait_for(
        f"as few descriptors as before: {before}",
        lambda: descriptors(pool).keys() == before.keys() and all(
            n <= before[pid] for pid, n in descriptors(pool).items()), 10)
    result.sock.close()
    peer.close()


@pytest.fixture
def connection(pool):
    c = p.Connection(pool.socket)
    yield c
    c.close()


def pipe():
    return list(os.pipe())


MESSAGES = {
    "one byte": b"\1",
    "half a header": b"\1\1\0",
    "garbage": bytes(range(256)) * 16,
    "another version": p.message(p.PING, version=2),
    "version 0": p.message(p.PING, version=0),
    "start without fields": p.message(p.START),
    "start without descriptor": p.message(p.START, 1, *SERVER_START),
    "field cut short": p.message(p.START, 1, *SERVER_START)[:-1],
    "length of a field beyond the end":
        p.message(p.START) + struct.pack(">BI", 1, 0xFFFFFFFF) + b"\0",
    "fields out of order":
        p.message(p.START, 1, (2, b"\0"), (1, p.SERVER)),
    "a field twice": p.message(p.START, 1, (1, p.SERVER), (1, p.SERVER)),
    "no such role": p.message(p.START, 1, (1, b"\7"), (2, b"\0")),
    "NUL in a name": p.message(p.START, 1, *SERVER_START, (4, "a\0b")),
    "name too long": p.message(p.START, 1, *SERVER_START, (4, "a" * 321)),
}


@pytest.mark.parametrize(
    "what,nfds",
    [(what, nfds) for what in MESSAGES for nfds in (0, 1)
     if (what, nfds) != ("start without descriptor", 1)])
def test_malformed(connection, what, nfds):
    fds = pipe() if nfds else []
    connection.send(MESSAGES[what], fds[:nfds])
    for fd in fds:
        os.close(fd)
    assert connection.ended(), "the daemon goes on listening to this"


UNKNOWN = {
    "unknown message": p.message(77),
    "answer of the daemon": p.message(p.STARTED, 1, (1, "root")),
    "message between processes": p.message(80),
}


@pytest.mark.parametrize("what", UNKNOWN)
@pytest.mark.parametrize("nfds", [0, 1])
def test_unknown_messages(connection, what, nfds):
    """A message that the daemon does not know is refused: so a newer
    library can find out what an older daemon can."""
    fds = pipe() if nfds else []
    connection.send(UNKNOWN[what], fds[:nfds])
    for fd in fds:
        os.close(fd)
    kind, request, fields, _ = connection.receive()
    assert (kind, request) == (p.FAILED, 1)
    assert struct.unpack(">I", fields[1])[0] == errno.EOPNOTSUPP
    assert connection.alive()


@pytest.mark.parametrize("nfds", [3, 5, 100, 253])
@pytest.mark.parametrize("kind", [p.PING, p.START])
def test_many_descriptors(connection, kind, nfds):
    r, w = pipe()
    fields = SERVER_START if kind == p.START else ()
    connection.send(p.message(kind, 1, *fields), [r] * nfds)
    os.close(r)
    os.close(w)
    assert connection.ended()


def test_empty_message(connection):
    """A message of no bytes looks like the end, and is taken for it."""
    connection.send(b"")
    assert connection.ended()


def test_huge_message(connection):
    connection.sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
    try:
        connection.send(p.message(p.START, 1, *SERVER_START)
                        + bytes(200 * 1024))
    except OSError as e:
        assert e.errno == errno.EMSGSIZE
        return
    assert connection.ended()


def test_largest_message(connection):
    """A prefix of the greatest size is well-formed."""
    near, far = socket.socketpair()
    connection.send(
        p.message(p.START, 7, *SERVER_START, (15, b"\x16" * 65536)),
        [far.fileno()])
    far.close()
    kind, request, fields, _ = connection.receive()
    assert kind == p.FAILED and request == 7
    assert connection.alive()
    near.close()


def test_unknown_fields(connection):
    """From 128 on they are skipped; below, the message is refused."""
    near, far = socket.socketpair()
    near.close()
    connection.send(p.message(p.PING, 5, (200, b"whatever")))
    assert connection.receive()[:2] == (p.PONG, 5)
    connection.send(
        p.message(p.START, 6, *SERVER_START, (99, b"?")), [far.fileno()])
    kind, request, fields, _ = connection.receive()
    assert (kind, request) == (p.FAILED, 6)
    assert struct.unpack(">I", fields[1])[0] == errno.EOPNOTSUPP
    assert connection.alive()
    far.close()


NOT_SERVED = {
    "DTLS": ((1, p.SERVER), (2, b"\1")),
    "SCTP": ((1, p.SERVER), (2, b"\2")),
    "verify report": (*SERVER_START, (11, b"\1")),
    "verify ask": (*SERVER_START, (11, b"\2")),
    "question HELLO": (*SERVER_START, (13, 1)),
    "question 31": (*SERVER_START, (13, 1 << 31)),
    "event 31": (*SERVER_START, (14, 1 << 31)),
    "psk": (*SERVER_START, (17, "me")),
    "resume": (*SERVER_START, (18, b"session")),
    "anchors": (*SERVER_START, (19, struct.pack(">I", 3) + b"abc")),
}


@pytest.mark.parametrize("what", NOT_SERVED)
def test_not_served(connection, what):
    """A field that is not served is refused, never ignored."""
    near, far = socket.socketpair()
    connection.send(p.message(p.START, 3, *NOT_SERVED[what]), [far.fileno()])
    far.close()
    kind, request, fields, _ = connection.receive()
    assert (kind, request) == (p.FAILED, 3)
    assert struct.unpack(">I", fields[1])[0] == errno.EOPNOTSUPP, fields
    assert fields[129], "the whole sentence"
    assert connection.alive()
    near.settimeout(10)
    assert near.recv(1) == b"", "the descriptor must be closed"


def test_same_request_twice(connection):
    """The number of a request that is under way is no new one's."""
    pairs = [socket.socketpair() for _ in range(2)]
    for _, far in pairs:
        connection.send(
            p.message(p.START, 3, *SERVER_START), [far.fileno()])
        far.close()
    answer = connection.receive()
    assert answer is None or answer[0] == p.FAILED


def test_nothing_at_all(pool):
    """Connections that say nothing hold nobody up."""
    idle = [p.Connection(pool.socket) for _ in range(50)]
    assert pool.cli("ping").code == 0
    for c in idle:
        c.close()


def test_gone_in_the_middle(pool, pki):
    """An application that goes away takes its handshakes along."""
    for _ in range(20):
        near, far = socket.socketpair()
        c = p.Connection(pool.socket)
        c.send(p.message(p.START, 1, *SERVER_START, (4, NAME)),
               [far.fileno()])
        far.close()
        c.close()
        assert len(harness.read_all(near)) <= 7, "an alert at most"
        near.close()


def test_answers_never_read(pool):
    """An application that does not read its answers delays only itself."""
    c = p.Connection(pool.socket)
    c.sock.settimeout(2)
    try:
        for i in range(20000):
            c.send(p.message(p.PING, i))
    except OSError:
        pass
    assert pool.cli("ping").code == 0
    c.close()


def test_random_bytes(pool):
    """Random changes to messages that are right."""
    dice = random.Random(1)
    whole = p.message(p.START, 1, *SERVER_START, (3, 2), (4, NAME),
                      (12, 1000), (13, 2), (15, b"abc"))
    for _ in range(300):
        data = bytearray(whole)
        for _ in range(dice.randint(1, 4)):
            data[dice.randrange(len(data))] = dice.randrange(256)
        near, far = socket.socketpair()
        c = p.Connection(pool.socket)
        c.send(bytes(data), [far.fileno()])
        far.close()
        near.close()
        c.close()


def test_admin_socket(pool):
    """The same of the socket of administration."""
    dice = random.Random(2)
    for kind in (0, 1, 128, 131, 137, 160, 170, 255):
        for extra in (b"", b"\1", b"\1\0\0\0\1a", dice.randbytes(1000)):
            c = p.Connection(pool.admin)
            c.send(p.message(kind) + extra)
            c.close()
    fds = pipe()
    c = p.Connection(pool.admin)
    c.send(p.message(128), fds * 100)
    c.close()
    for fd in fds:
        os.close(fd)
    assert pool.cli("status").code == 0


def test_bad_peers(app, listener):
    """Garbage from the network ends that handshake."""
    dice = random.Random(3)
    for length in (0, 1, 5, 100, 20000):
        near, future = tls.serve(app, listener, name=NAME)
        near.sendall(b"\x16\x03\x01" + struct.pack(">H", length)
                     + dice.randbytes(length) + dice.randbytes(50))
        near.shutdown(socket.SHUT_WR)
        result = future.result(20)
        assert result.error in ("EPROTO", "ECONNRESET"), result
        near.close()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be others")
def test_admin_is_not_for_everybody(pool, tools):
    import subprocess
    done = subprocess.run(
        ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups",
         tools.cli, "status"],
        env=pool.environment(), capture_output=True, text=True, check=False)
    assert done.returncode != 0, done.stdout


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be others")
def test_quota(make_pool, make_app, listener):
    """One user (but root) has no more handshakes at once than configured."""
    pool = make_pool(config={"quota.max-handshakes": "10"},
                     acl="allow any * anyone\n")
    app = make_app(pool, ["--reuid=65534", "--regid=65534",
                          "--clear-groups"])
    pending = [tls.serve(app, listener, name=NAME) for _ in range(15)]
    time.sleep(1)
    failed = [f.result(1) for _, f in pending if f.done()]
    assert len(failed) == 5, failed
    assert all(r.text and not r.ok for r in failed)
    for near, _ in pending:
        near.close()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be others")
def test_quota_comes_back(make_pool, make_app, listener, pki):
    """What is over counts no more, however much is over at once; what is
    established counts as a session only."""
    handshakes, sessions = 150, 5
    pool = make_pool(
        (NAME, "server"),
        config={"quota.max-handshakes": str(handshakes),
                "quota.max-sessions": str(handshakes + sessions)},
        acl="allow any * anyone\n")

    def left():
        return [int(process["counters"]["sessions"])
                for process in pool.cli("status", "--json").json()
                if process["process"] == "front"]

    for _ in range(2):
        app = make_app(pool, ["--reuid=65534", "--regid=65534",
                              "--clear-groups"])
        done = [tls.session(app, listener, pki) for _ in range(sessions)]
        pending = [tls.serve(app, listener, name=NAME)
                   for _ in range(handshakes)]
        harness.wait_for("all of them",
                         lambda: left() == [handshakes + sessions])
        time.sleep(0.2)
        assert not [f.result(1) for _, f in pending if f.done()]
        app.sock.shutdown(socket.SHUT_RDWR)
        for near, result in done:
            result.sock.close()
            near.close()
        harness.wait_for("their end", lambda: left() == [0])
        for near, _ in pending:
            near.close()
