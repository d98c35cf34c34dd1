# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The TLS Pool authors
"""<tlspool/tlspool.h>: many handshakes, one thread, nothing blocks."""
import concurrent.futures
import os
import socket
import time

import harness
import pytest
import tls

NAME = "server.example.com"
CLEAN, TRUNCATED, ERROR, LOCAL, DAEMON = 1, 2, 3, 4, 5


@pytest.fixture
def loop(make_app, pool):
    return make_app(pool, mode=("async",))


def begin(loop, listener, **args):
    near, far = listener.connection()
    return near, loop.submit("server", far, name=NAME, **args)


def ended(near):
    """The peer sees an alert at most, and then the end."""
    return len(harness.read_all(near)) <= 7


def test_facts(loop, listener, pki):
    near, future = begin(loop, listener, alpn="imap,smtp")
    c = tls.context(pki, cert="anna", version="1.3")
    c.set_alpn_protocols(["smtp"])
    peer = c.wrap_socket(near, server_hostname=NAME)
    result = future.result(20)
    assert result.ok, result
    facts = result.fields
    assert facts["peer"] == "anna@example.com"
    assert facts["local"] == facts["sni"] == NAME
    assert facts["method"] == "pkix" and facts["evidence"]
    assert facts["version"] == "304"
    assert facts["alpn"] == "smtp" == peer.selected_alpn_protocol()
    assert time.time() < int(facts["until"]) < time.time() + 31 * 86400
    assert int(facts["number"]) > 0


@pytest.mark.parametrize("limits,version", [
    ({"max": 0x303}, "TLSv1.2"), ({"min": 0x304}, "TLSv1.3")])
def test_versions(loop, listener, pki, limits, version):
    near, future = begin(loop, listener, **limits)
    peer = tls.client(near, pki)
    assert future.result(20).ok
    assert peer.version() == version


def test_alpn_without_overlap(loop, listener, pki):
    near, future = begin(loop, listener, alpn="imap")
    c = tls.context(pki, cert="anna")
    c.set_alpn_protocols(["h2"])
    with pytest.raises(OSError):
        c.wrap_socket(near, server_hostname=NAME)
    result = future.result(20)
    assert not result.ok and result.fields["alert"] == "120", result


def test_early_plaintext(loop, listener, pki):
    """What is written before the handshake is done waits for it."""
    near, future = begin(loop, listener, early=1)
    plain = loop.event(future, "early").sock
    plain.sendall(b"said too early")
    plain.setblocking(False)
    with pytest.raises(BlockingIOError):
        plain.recv(1)
    peer = tls.client(near, pki)
    assert future.result(20).ok
    assert harness.read_all(peer, 14) == b"said too early"
    peer.sendall(b"and back")
    assert harness.read_all(plain, 8) == b"and back"


def test_early_plaintext_is_not_for_everybody(loop, listener, pki):
    """… and never arrives at a peer that is not who it should be."""
    near, future = begin(loop, listener, early=1)
    plain = loop.event(future, "early").sock
    plain.sendall(b"secret")
    near.settimeout(10)
    c = tls.context(pki, cert="anna-unknown")
    peer = c.wrap_socket(near, server_hostname=NAME)
    try:
        assert peer.recv(100) == b""
    except OSError:
        pass
    assert future.result(20).error == "EKEYREJECTED"
    try:
        assert plain.recv(1) == b""
    except ConnectionResetError:
        pass


def test_prefix(loop, listener, pki):
    """Bytes that were read ahead come in front."""
    near, far = listener.connection()
    with concurrent.futures.ThreadPoolExecutor() as executor:
        peer = executor.submit(tls.client, near, pki)
        ahead = far.recv(100)
        result = loop.server(far, name=NAME, prefix=ahead.hex())
        assert result.ok, result
        result.sock.sendall(b"hello")
        assert peer.result().recv(5) == b"hello"


def test_deadline(loop, listener):
    near, future = begin(loop, listener, deadline=300)
    start = time.monotonic()
    result = future.result(10)
    assert result.error == "ETIMEDOUT" and result.text, result
    assert time.monotonic() - start < 3 * harness.PATIENCE
    assert ended(near)


def test_cancel(loop, listener):
    near, future = begin(loop, listener)
    assert loop.submit("cancel", None, target=future.number).result(10).ok
    assert future.result(10).error == "ECANCELED"
    assert ended(near)


def test_free(loop, listener):
    """A request that is freed is cancelled."""
    near, future = begin(loop, listener)
    assert loop.submit("free", None, target=future.number).result(10).ok
    assert ended(near)


@pytest.mark.parametrize("accept", [0, 1])
def test_answer_later(loop, listener, pki, accept):
    near, future = begin(loop, listener, ask=1)
    with concurrent.futures.ThreadPoolExecutor() as executor:
        if accept:
            peer = executor.submit(tls.client, near, pki)
        else:
            peer = executor.submit(tls.refused, near, pki)
        question = loop.event(future, "question")
        assert question.fields["name"] == NAME
        time.sleep(0.3)
        assert not future.done()
        assert loop.submit("answer", None, target=future.number,
                           accept=accept).result(10).ok
        result = future.result(20)
        assert result.ok == bool(accept), result
        if not accept:
            assert result.error == "EACCES"
        peer.result()


def close_reason(loop, future):
    return int(loop.event(future, "closed").fields["reason"])


def test_close_reasons(loop, listener, pki):
    near, future = begin(loop, listener)
    peer = tls.client(near, pki, version="1.3")
    result = future.result(20)
    peer.sendall(b"x" * 1000)
    harness.read_all(result.sock, 1000)
    result.sock.sendall(b"y" * 500)
    harness.read_all(peer, 500)
    peer.shutdown(socket.SHUT_RDWR)
    peer.close()
    assert result.sock.recv(1) == b""  # or it would be we who ended it
    result.sock.close()
    event = loop.event(future, "closed")
    assert int(event.fields["reason"]) == TRUNCATED
    assert event.fields["received"] == "1000"
    assert event.fields["sent"] == "500"

    near, future = begin(loop, listener)
    peer = tls.client(near, pki)
    result = future.result(20)
    with concurrent.futures.ThreadPoolExecutor() as executor:
        executor.submit(harness.read_all, result.sock).add_done_callback(
            lambda _: result.sock.close())
        peer.unwrap().close()
    assert close_reason(loop, future) == CLEAN

    near, future = begin(loop, listener)
    peer = tls.client(near, pki)
    future.result(20).sock.close()
    assert tls.outcome(peer) == ""
    peer.close()
    assert close_reason(loop, future) == LOCAL


def test_closed_by_the_daemon(make_pool, make_app, listener, pki):
    import signal
    pool = make_pool((NAME, "server"), config={"daemon.workers": "1"})
    loop = make_app(pool, mode=("async",))
    near, future = begin(loop, listener)
    peer = tls.client(near, pki)
    assert future.result(20).ok
    os.kill(pool.pids("worker")[0], signal.SIGKILL)
    assert close_reason(loop, future) == DAEMON
    peer.close()


def test_many_handshakes_under_way(make_pool, make_app):
    """Hundreds of handshakes wait in one thread, and new ones pass by."""
    pool = make_pool((NAME, "server"), config={
        "quota.max-handshakes": "0", "quota.max-sessions": "0"})
    server = make_app(pool, mode=("async",))
    client = make_app(pool, mode=("async",))
    waiting = []
    for _ in range(400):
        near, far = socket.socketpair()
        waiting.append((near, server.submit(
            "server", far, name=NAME, flags=harness.NO_REMOTE_CERT)))
    near, far = socket.socketpair()
    start = time.monotonic()
    last = server.submit("server", far, name=NAME,
                         flags=harness.NO_REMOTE_CERT)
    assert client.client(near, sni=NAME).ok and last.result(10).ok
    assert time.monotonic() - start < 2 * harness.PATIENCE
    futures = [(client.submit("client", near, sni=NAME), f)
               for near, f in waiting]
    for c, s in futures:
        c, s = c.result(60 * harness.PATIENCE), s.result(60)
        assert c.ok and s.ok, (c, s)
        c.sock.sendall(b"x")
        assert s.sock.recv(1) == b"x"
        c.sock.close()
        s.sock.close()
