# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The TLS Pool authors
"""tls: Python's TLS (OpenSSL) as a peer that can be steered in detail."""
import concurrent.futures
import select
import ssl
import threading
import time

from cryptography.hazmat.primitives import serialization
from harness import PATIENCE

VERSIONS = {
    "1.2": ssl.TLSVersion.TLSv1_2,
    "1.3": ssl.TLSVersion.TLSv1_3,
}


def context(pki, server=False, cert=None, version=None, ca="ca.pem",
            verify=True):
    c = ssl.SSLContext(
        ssl.PROTOCOL_TLS_SERVER if server else ssl.PROTOCOL_TLS_CLIENT
    )
    if version:
        c.minimum_version = c.maximum_version = VERSIONS[version]
    if cert:
        c.load_cert_chain(pki.path(cert + ".pem"), pki.path(cert + ".key"))
    c.load_verify_locations(pki.path(ca))
    if not verify:
        c.check_hostname = False
        c.verify_mode = ssl.CERT_NONE
    return c


def pem(cert):
    return cert.public_bytes(serialization.Encoding.PEM)


def client(sock, pki, name="server.example.com", cert="anna", **more):
    """Shakes hands; in TLS 1.3 the server's no comes with the first read."""
    sock.settimeout(15 * PATIENCE)
    c = context(pki, cert=cert, **more)
    if name is None:
        c.check_hostname = False
    return c.wrap_socket(
        sock, server_hostname=name, suppress_ragged_eofs=False
    )


class Server:
    """Shakes hands as a server in a thread of its own."""

    def __init__(self, sock, pki, cert="server", ask=True, greeting=b"",
                 **more):
        self.greeting = greeting
        sock.settimeout(15 * PATIENCE)
        c = context(pki, server=True, cert=cert, **more)
        c.check_hostname = False
        c.verify_mode = ssl.CERT_REQUIRED if ask else ssl.CERT_NONE
        self.sni = None
        self.future = concurrent.futures.Future()

        def note(_, name, __):
            self.sni = name

        c.sni_callback = note
        threading.Thread(
            target=self.run, args=(c, sock), daemon=True
        ).start()

    def run(self, c, sock):
        try:
            peer = c.wrap_socket(
                sock, server_side=True, suppress_ragged_eofs=False
            )
            peer.sendall(self.greeting)
            self.future.set_result(peer)
        except OSError as e:
            sock.close()
            self.future.set_exception(e)

    def result(self):
        return self.future.result(20 * PATIENCE)


def serve(app, listener, **args):
    """A connection whose one end is in starttls_server()."""
    near, far = listener.connection()
    return near, app.submit("server", far, **args)


def session(app, listener, pki, cert="anna", name="server.example.com",
            **args):
    """An established session: the peer's end, and the application's Result."""
    near, future = serve(app, listener, name=name)
    peer = client(near, pki, name=name, cert=cert, **args)
    result = future.result(20 * PATIENCE)
    assert result.ok, result
    return peer, result


def shake(app, listener, pki, name, cert, port=443, **more):
    """What starttls_client() says to a server with that certificate."""
    near, far = listener.connection()
    server = Server(near, pki, cert=cert, ask=False)
    result = app.client(far, sni=name, port=port, **more)
    try:
        server.result().close()
    except OSError:
        pass
    return result


def outcome(sock):
    """Reads until the peer ends or fails: "" or OpenSSL's word for it."""
    try:
        while sock.recv(65536):
            pass
        return ""
    except ssl.SSLError as e:
        return e.reason or type(e).__name__
    except OSError as e:
        return type(e).__name__


def refused(near, pki, **args):
    """Shakes hands as a client that the server refuses: the word for it."""
    try:
        peer = client(near, pki, **args)
    except ssl.SSLError as e:
        near.close()
        return e.reason or type(e).__name__
    except OSError as e:
        near.close()
        return type(e).__name__
    word = outcome(peer)
    peer.close()
    return word


def echo(sock):
    """Sends back what comes, in a thread, until the end."""

    def run():
        try:
            while True:
                data = sock.recv(65536)
                if not data:
                    break
                sock.sendall(data)
            sock.shutdown(1)
        except OSError:
            pass

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    return thread


def exchange(sock, data, seconds=60):
    """Sends data and reads as much back at the same time; in one thread,
    for Python's TLS sockets are for one at a time."""
    data, back, sent = memoryview(data), bytearray(), 0
    end = time.monotonic() + seconds * PATIENCE
    sock.setblocking(False)
    while len(back) < len(data):
        moved = False
        try:
            if sent < len(data):
                sent += sock.send(data[sent:sent + 65536])
                moved = True
        except (BlockingIOError, ssl.SSLWantWriteError, ssl.SSLWantReadError):
            pass
        try:
            piece = sock.recv(65536)
            if not piece:
                break
            back += piece
            moved = True
        except (BlockingIOError, ssl.SSLWantWriteError, ssl.SSLWantReadError):
            pass
        if not moved:
            if time.monotonic() > end:
                raise TimeoutError(f"{len(back)} of {len(data)} bytes")
            select.select([sock], [sock] if sent < len(data) else [], [], 0.5)
    sock.settimeout(seconds * PATIENCE)
    return bytes(back)
