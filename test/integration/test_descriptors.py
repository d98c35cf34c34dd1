# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The TLS Pool authors
"""What happens to descriptors: taken in every case, of any kind."""
import errno
import fcntl
import os
import pty
import socket
import stat
import subprocess
import threading
import tty

import harness
import pytest
import tls
from harness import PATIENCE

NAME = "server.example.com"


def test_taken_on_success(make_app, pool, listener, pki):
    app = make_app(pool)
    near, future = tls.serve(app, listener, name=NAME)
    tls.client(near, pki)
    result = future.result(20)
    assert result.ok and result.closed
    assert result.fields["old"] != result.fields["new"]


def test_taken_on_failure(make_app, pool, listener):
    app = make_app(pool)
    near, far = listener.connection()
    result = app.client(far, proto=255, sni=NAME)
    assert result.error == "EPROTONOSUPPORT" and result.closed
    near.settimeout(10)
    assert near.recv(1) == b"", "the peer must see the end"


@pytest.mark.parametrize("proto,error", [
    (socket.IPPROTO_UDP, "EOPNOTSUPP"), (132, "EOPNOTSUPP"),
    (0, "EPROTONOSUPPORT"), (-1, "EPROTONOSUPPORT")])
@pytest.mark.parametrize("verb", ["client", "server"])
def test_protocols(app, listener, verb, proto, error):
    near, far = listener.connection()
    result = app.submit(verb, far, proto=proto, name=NAME,
                        sni=NAME).result(20)
    if proto == socket.IPPROTO_UDP and result.error == "EPROTOTYPE":
        return  # a stream where datagrams are wanted
    assert result.error == error, result
    assert result.closed
    near.close()


def test_bad_descriptor(app, tmp_path):
    """A plain file cannot be polled."""
    with open(tmp_path / "file", "wb") as f:
        result = app.client(os.dup(f.fileno()), sni=NAME)
    assert not result.ok
    assert result.errno in (errno.EINVAL, errno.ENOTSOCK, errno.EPERM,
                            errno.EOPNOTSUPP), result


def test_plaintext_end(app, listener, pki):
    """A stream socket, blocking, close-on-exec at its receiver's choice."""
    peer, result = tls.session(app, listener, pki)
    assert stat.S_ISSOCK(os.fstat(result.sock.fileno()).st_mode)
    assert result.sock.type == socket.SOCK_STREAM
    assert not fcntl.fcntl(result.sock, fcntl.F_GETFL) & os.O_NONBLOCK
    peer.close()


def test_flags_of_the_ciphertext_stay(app, listener, pki):
    """O_NONBLOCK is shared by all copies of a description: hands off."""
    near, far = listener.connection()
    copy = far.dup()
    before = fcntl.fcntl(copy, fcntl.F_GETFL)
    future = app.submit("server", far, name=NAME)
    peer = tls.client(near, pki)
    result = future.result(20)
    tls.echo(result.sock)
    assert tls.exchange(peer, b"x" * 100000) == b"x" * 100000
    assert fcntl.fcntl(copy, fcntl.F_GETFL) == before


def through(sock, reader, writer):
    """Copies between a socket and a pair of descriptors, until either side
    is gone."""

    def copy(read, write):
        try:
            while True:
                data = read(65536)
                if not data:
                    break
                write(data)
        except OSError:
            pass

    def write_all(data):
        while data:
            data = data[os.write(writer, data):]

    for args in ((sock.recv, write_all),
                 (lambda n: os.read(reader, n), sock.sendall)):
        threading.Thread(target=copy, args=args, daemon=True).start()


def talk(app, pki, far, near):
    future = app.submit("server", far, name=NAME)
    peer = tls.client(near, pki)
    result = future.result(20 * PATIENCE)
    assert result.ok, result
    tls.echo(result.sock)
    data = os.urandom(200000)
    assert tls.exchange(peer, data) == data
    result.sock.close()


def test_socketpair(app, pki):
    near, far = socket.socketpair()
    talk(app, pki, far, near)


def test_unix_socket_by_path(app, pki, tmp_path):
    with socket.socket(socket.AF_UNIX) as s:
        s.bind(str(tmp_path / "s"))
        s.listen()
        near = socket.socket(socket.AF_UNIX)
        near.connect(str(tmp_path / "s"))
        talk(app, pki, s.accept()[0], near)


def test_ipv6(app, pki):
    with socket.create_server(("::1", 0), family=socket.AF_INET6) as s:
        near = socket.create_connection(s.getsockname()[:2])
        talk(app, pki, s.accept()[0], near)


def test_pty(app, pki):
    """Anything that can be polled, read and written: a terminal."""
    master, slave = pty.openpty()
    tty.setraw(slave)
    near, inner = socket.socketpair()
    through(inner, master, master)
    talk(app, pki, slave, near)
    os.close(master)


def test_pipe_pair(app, pki, tmp_path):
    """A FIFO that is open for both directions is one descriptor that reads
    what it writes: a handshake with oneself must fail, and not hang."""
    os.mkfifo(tmp_path / "fifo")
    fd = os.open(tmp_path / "fifo", os.O_RDWR)
    result = app.client(fd, sni=NAME)
    assert result.error == "EPROTO", result


def test_no_daemon(tools, make_app, pool, listener):
    """ENOENT without a socket, ECONNREFUSED where nobody listens."""
    env = pool.environment()

    class Elsewhere:
        @staticmethod
        def environment():
            return dict(env, TLSPOOL_SOCKET=path)

    path = pool.dir + "/nothing"
    near, far = listener.connection()
    result = make_app(Elsewhere).client(far, sni=NAME)
    assert result.error == "ENOENT" and result.closed, result
    assert near.recv(1) == b""
    path = pool.dir + "/dead"
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as s:
        s.bind(path)
    near, far = listener.connection()
    result = make_app(Elsewhere).client(far, sni=NAME)
    assert result.error == "ECONNREFUSED" and result.closed, result


def test_many_threads(make_app, pool, listener):
    """One process with 100 handshakes at once, on both sides."""
    server, client = make_app(pool), make_app(pool)
    futures = []
    for _ in range(100):
        near, far = listener.connection()
        futures.append((server.submit("server", far, name=NAME),
                        client.submit("client", near, sni=NAME,
                                      name="anna@example.com")))
    for s, c in futures:
        s, c = s.result(60 * PATIENCE), c.result(60 * PATIENCE)
        assert s.ok and c.ok, (s, c)
        c.sock.sendall(b"ping")
        assert harness.read_all(s.sock, 4) == b"ping"
        s.sock.close()
        c.sock.close()


def test_descriptors_not_inherited(app, listener, pki, pool):
    """No worker keeps a descriptor of a session that has ended."""
    subprocess.run(["true"], check=True)
    before = {p: len(os.listdir(f"/proc/{p}/fd"))
              for p in pool.pids("worker") + pool.pids("front")}
    for _ in range(10):
        peer, result = tls.session(app, listener, pki)
        result.sock.close()
        peer.close()
    harness.wait_for(
        "descriptors to be closed",
        lambda: all(len(os.listdir(f"/proc/{p}/fd")) <= n + 2
                    for p, n in before.items()))
