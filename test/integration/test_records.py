# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The TLS Pool authors
"""Bytes: full duplex, half close, truncation, back-pressure, KeyUpdate."""
import concurrent.futures
import os
import socket
import ssl
import time

import harness
import peers
import pytest
import tls

NAME = "server.example.com"
both = pytest.mark.parametrize("version", tls.VERSIONS)


@both
def test_sizes(app, listener, pki, version):
    """One byte, and every size about the limits of a record."""
    peer, result = tls.session(app, listener, pki, version=version)
    tls.echo(result.sock)
    for n in (1, 2, 255, 256, 16383, 16384, 16385, 65536, 100001):
        data = os.urandom(n)
        assert tls.exchange(peer, data) == data


@pytest.mark.parametrize("nice", [None, "0", "19"])
def test_records_come_first(make_pool, nice):
    """The thread that relays has a better priority than the one that shakes
    hands."""
    config = {} if nice is None else {"daemon.handshake-nice": nice}
    pool = make_pool(config=config)
    own = os.getpriority(os.PRIO_PROCESS, 0)
    for worker in pool.pids("worker"):
        threads = os.listdir(f"/proc/{worker}/task")
        assert len(threads) == 2
        for thread in map(int, threads):
            expected = int(nice or "12") if thread == worker else 0
            assert os.getpriority(os.PRIO_PROCESS, thread) == min(
                19, own + expected)


@both
def test_application_closes(app, listener, pki, version):
    """close() ends with close_notify behind the last byte."""
    peer, result = tls.session(app, listener, pki, version=version)
    data = os.urandom(300000)
    with concurrent.futures.ThreadPoolExecutor() as executor:
        got = executor.submit(harness.read_all, peer)
        result.sock.sendall(data)
        result.sock.close()
        assert got.result() == data


def record_lengths(raw, plaintext):
    """Reads the records of so much plaintext, as they are on the wire."""
    data, lengths = bytearray(), []
    while sum(n - 17 for n in lengths) < plaintext:
        piece = raw.recv(65536)
        assert piece, lengths
        data += piece
        while len(data) >= 5:
            n = int.from_bytes(data[3:5], "big")
            if len(data) < 5 + n:
                break
            assert data[0] == 23
            lengths.append(n)
            del data[:5 + n]
    return lengths


def test_record_sizes(app, listener, pki):
    """Small records after a pause, so that the peer has the first bytes
    soon; full ones for bulk."""
    peer, result = tls.session(app, listener, pki, version="1.3")
    result.sock.sendall(b"hello")
    assert harness.read_all(peer, 5) == b"hello"
    raw = socket.socket(fileno=peer.detach())
    raw.settimeout(15 * harness.PATIENCE)
    small, full = 1380 + 17, 16384 + 17
    time.sleep(1.2)
    result.sock.sendall(bytes(60000))
    first = record_lengths(raw, 60000)
    assert first[:10] == [small] * 10, first
    assert full in first[10:], first
    # what follows at once is bulk, if it does not take a second to follow;
    # a write may be cut where the worker reads it
    for _ in range(20):
        result.sock.sendall(bytes(60000))
        second = record_lengths(raw, 60000)
        if len(second) < 10:
            break
    assert max(second) == full and len(second) < 10, second
    result.sock.close()
    raw.close()


def test_answers_are_not_held_back(app, listener, pki):
    """The second write of an answer does not wait for the peer to have
    acknowledged the first."""
    near, far = listener.connection()
    kept = far.dup()
    assert kept.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) == 0
    future = app.submit("server", far, name=NAME)
    peer = tls.client(near, pki)
    assert future.result(20).ok
    assert kept.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) != 0
    kept.close()
    peer.close()


def test_application_half_closes(app, listener, pki):
    """shutdown(SHUT_WR) ends one direction; the other goes on."""
    peer, result = tls.session(app, listener, pki, version="1.3")
    result.sock.sendall(b"request")
    result.sock.shutdown(socket.SHUT_WR)
    assert harness.read_all(peer) == b"request"
    data = os.urandom(300000)
    with concurrent.futures.ThreadPoolExecutor() as executor:
        got = executor.submit(harness.read_all, result.sock, len(data))
        peer.sendall(data)
        assert got.result() == data
    peer.unwrap().close()
    assert result.sock.recv(1) == b""


def test_peer_half_closes(app, listener, pki, make_app, pool):
    """The peer's close_notify is end-of-file; what we say still arrives."""
    near, far = listener.connection()
    future = app.submit("server", far, name=NAME)
    client = make_app(pool).client(near, name="anna@example.com", sni=NAME)
    server = future.result(20)
    assert client.ok and server.ok
    client.sock.sendall(b"request")
    client.sock.shutdown(socket.SHUT_WR)
    assert harness.read_all(server.sock) == b"request"
    data = os.urandom(1000000)
    with concurrent.futures.ThreadPoolExecutor() as executor:
        got = executor.submit(harness.read_all, client.sock)
        server.sock.sendall(data)
        server.sock.close()
        assert got.result() == data


def test_truncation(pool, app, listener, pki):
    """TCP's end without close_notify is noticed and logged."""
    peer, result = tls.session(app, listener, pki)
    peer.sendall(b"half of it")
    raw = socket.socket(fileno=peer.detach())
    raw.shutdown(socket.SHUT_WR)
    assert harness.read_all(result.sock, 10) == b"half of it"
    # read() says end-of-file, or that the connection was reset: which of
    # the two is the library's choice, but it ends
    try:
        assert result.sock.recv(10) == b""
    except ConnectionResetError:
        pass
    raw.close()
    result.sock.close()
    pool.logged("truncated")


def resident(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as f:
        for line in f:
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024
    return 0


def send_until_full(sock, most):
    """Sends until nothing moves for a second; the number of bytes."""
    sock.setblocking(False)
    sent, last = 0, time.monotonic()
    while sent < most and time.monotonic() - last < 1:
        try:
            sent += sock.send(b"x" * 65536)
            last = time.monotonic()
        except (BlockingIOError, ssl.SSLWantWriteError):
            time.sleep(0.01)
    return sent


@pytest.mark.parametrize("who", ["application", "peer"])
def test_back_pressure(pool, app, listener, pki, who):
    """Who does not read stops the sender, not the others, not the pool."""
    before = sum(resident(p) for p in pool.pids("worker"))
    stuck = [tls.session(app, listener, pki) for _ in range(4)]
    for peer, result in stuck:
        sender = result.sock if who == "peer" else peer
        assert send_until_full(sender, 64 << 20) < 32 << 20
    grown = sum(resident(p) for p in pool.pids("worker")) - before
    # a sanitizer keeps what is freed, and its shadow counts too
    limit = 64 if os.environ.get("TLSPOOL_TEST_SANITIZER") else 16
    assert grown < limit << 20, grown
    peer, result = tls.session(app, listener, pki)
    tls.echo(result.sock)
    data = os.urandom(1 << 20)
    assert tls.exchange(peer, data) == data
    for peer, result in stuck:
        result.sock.close()
        peer.close()


@pytest.mark.parametrize("role", ["server", "client"])
@pytest.mark.parametrize("letter", ["k", "K"])
def test_key_update(pool, app, listener, run, pki, role, letter):
    """KeyUpdate, and a request for one, in the middle of the stream."""
    if role == "server":
        process = peers.openssl_client(
            run, pki, listener.port, "-tls1_3", cert="anna")
        result = app.server(listener.accept(), name=NAME)
        process.expect(rb"Verification: OK")
    else:
        process, port = peers.openssl_server(run, pki, "-tls1_3", ask=False)
        result = app.client(harness.connect(port), sni=NAME)
    assert result.ok, result
    for i in range(3):
        process.send(letter.encode() + b"\n")
        time.sleep(0.3)  # a command is a read of its own, s_server is mute
        process.send(b"line %d\n" % i)
        assert harness.read_all(result.sock, 7) == b"line %d\n" % i
        result.sock.sendall(b"answer %d\n" % i)
        process.expect(rb"answer %d" % i)


def test_tickets_as_server(app, listener, run, pki, tmp_path):
    """A client that keeps a session and offers it gets its bytes too."""
    saved = str(tmp_path / "session")
    for version in ("-tls1_3", "-tls1_2"):
        for option in ("-sess_out", "-sess_in"):
            if option == "-sess_in" and not os.path.exists(saved):
                continue  # the pool gave no ticket: nothing to offer
            extra = [option, saved]
            process = peers.openssl_client(
                run, pki, listener.port, version, *extra, cert="anna")
            result = app.server(listener.accept(), name=NAME)
            assert result.ok, result
            assert result.peer == "anna@example.com"
            result.sock.sendall(b"hello\n")
            process.expect(rb"hello")
            process.send(b"there\n")
            assert harness.read_all(result.sock, 6) == b"there\n"
            result.sock.close()
            process.wait()
        if os.path.exists(saved):
            os.unlink(saved)


def test_tickets_as_client(app, run, pki):
    """Tickets that come behind the handshake are no data."""
    process, port = peers.openssl_server(
        run, pki, "-tls1_3", "-num_tickets", "5", ask=False)
    for _ in range(2):
        result = app.client(harness.connect(port), sni=NAME)
        assert result.ok, result
        result.sock.sendall(b"hello\n")
        process.expect(rb"hello")
        process.send(b"there\n")
        assert harness.read_all(result.sock, 6) == b"there\n"
        result.sock.close()
        process.expect(rb"(?i)shutting down|CONNECTION CLOSED|DONE")


def test_renegotiation_refused(app, listener, run, pki):
    """Renegotiation (TLS 1.2 only) ends nothing but the session at most."""
    process = peers.openssl_client(
        run, pki, listener.port, "-tls1_2", cert="anna")
    result = app.server(listener.accept(), name=NAME)
    assert result.ok
    process.expect(rb"Verification: OK")
    process.send(b"R\n")
    process.expect(rb"RENEGOTIATING")
    peer, other = tls.session(app, listener, pki)
    other.sock.sendall(b"still here")
    assert peer.recv(10) == b"still here"


def test_empty_and_garbled_records(app, listener, pki):
    """A record that was changed on its way ends the session, as an error."""
    near, far = socket.socketpair()
    future = app.submit("server", far, name=NAME)
    peer = tls.client(near, pki)
    result = future.result(20)
    assert result.ok
    raw = socket.socket(fileno=peer.detach())
    raw.sendall(b"\x17\x03\x03\x00\x20" + b"\xee" * 32)
    try:
        assert harness.read_all(result.sock) == b""
    except ConnectionResetError:
        pass
    raw.close()


def both_ends(server, client, listener):
    """A session whose two ends are the pool's: client's and server's."""
    near, far = listener.connection()
    future = server.submit("server", far, name=NAME)
    mine = client.client(near, name="anna@example.com", sni=NAME)
    assert mine.ok, mine
    other = future.result(20)
    assert other.ok, other
    return mine.sock, other


@pytest.mark.parametrize("peer", ["pool", "openssl"])
def test_twenty_megabytes_over_sixteen(make_app, pool, listener, pki, peer):
    """Full duplex over 16 connections at once, compared byte by byte."""
    server, client = make_app(pool), make_app(pool)
    pairs = []
    for _ in range(16):
        if peer == "pool":
            mine, other = both_ends(server, client, listener)
        else:
            mine, other = tls.session(server, listener, pki)
        tls.echo(other.sock)
        pairs.append(mine)
    data = [os.urandom(20_000_000 // 16) for _ in pairs]
    with concurrent.futures.ThreadPoolExecutor(16) as executor:
        back = list(executor.map(tls.exchange, pairs, data))
    assert back == data
    for s in pairs:
        s.close()


@both
@pytest.mark.parametrize("role", ["client", "server"])
def test_peer_speaks_at_once(app, listener, pki, version, role):
    """Bytes that come in the same breath as the end of the handshake."""
    for _ in range(5):
        near, far = listener.connection()
        if role == "client":
            server = tls.Server(near, pki, ask=False, version=version,
                                greeting=b"220 welcome\r\n")
            result = app.client(far, sni=NAME)
            peer = server.result()
        else:
            future = app.submit("server", far, name=NAME)
            peer = tls.client(near, pki, version=version)
            peer.sendall(b"220 welcome\r\n")
            result = future.result(20)
        assert result.ok, result
        assert harness.read_all(result.sock, 13) == b"220 welcome\r\n"
        result.sock.close()
        peer.close()


@pytest.mark.parametrize("half_first", [False, True])
@pytest.mark.parametrize("late", [False, True])
def test_closed_application_is_forgotten(pool, app, listener, pki,
                                         half_first, late):
    """A peer that stays does not keep the session of an application that
    has gone."""
    peer, result = tls.session(app, listener, pki)
    number = len(pool.cli("sessions", "--json").json())
    if late:
        time.sleep(0.2)
    if half_first:
        result.sock.shutdown(socket.SHUT_WR)
        assert tls.outcome(peer) == ""
    result.sock.close()
    harness.wait_for("the end of the session", lambda: len(
        pool.cli("sessions", "--json").json()) < number)
    peer.close()
