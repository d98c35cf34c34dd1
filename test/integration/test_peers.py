# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The TLS Pool authors
"""The pool talks to the TLS programs of others, in both roles."""
import http.server
import os
import ssl
import threading

import harness
import peers
import pytest
import tls

KINDS = {"ecdsa": "server", "rsa": "server-rsa", "ed25519": "server-ed25519"}
CLIENTS = {"ecdsa": "anna", "rsa": "anna-rsa", "ed25519": "anna-ed25519"}


@pytest.fixture(scope="module")
def pools(tools, pki):
    """A pool for each type of key."""
    made = {}
    for kind in KINDS:
        p = made[kind] = harness.Pool(tools, pki)
        p.start()
        p.add("server.example.com", KINDS[kind])
        p.add("anna@example.com", CLIENTS[kind])
    yield made
    for p in made.values():
        p.close()


def accept(app, listener, **args):
    return app.submit("server", listener.accept(),
                      name="server.example.com", **args)


def check_echo(process, result):
    """What the application sends is seen, and the other way round."""
    result.sock.sendall(b"from the application\n")
    process.expect(rb"from the application")
    process.send(b"from the peer\n")
    assert b"from the peer" in harness.read_all(result.sock, 14)


@pytest.mark.parametrize("version", ["tls1_2", "tls1_3"])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("cert", ["with", "without"])
def test_openssl_client(pools, make_app, listener, run, pki, version, kind,
                        cert):
    app = make_app(pools[kind])
    process = peers.openssl_client(
        run, pki, listener.port, "-" + version,
        cert=CLIENTS[kind] if cert == "with" else None)
    result = accept(
        app, listener,
        flags=0 if cert == "with" else harness.NO_REMOTE_CERT).result(20)
    assert result.ok, result
    assert result.peer == ("anna@example.com" if cert == "with" else "")
    process.expect(rb"Verification: OK")
    check_echo(process, result)
    result.sock.close()
    assert process.wait() == 0, process.text()


@pytest.mark.parametrize("version", ["tls1_2", "tls1_3"])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("cert", ["with", "without"])
def test_openssl_server(pools, make_app, run, pki, version, kind, cert):
    app = make_app(pools[kind])
    process, port = peers.openssl_server(
        run, pki, "-" + version, cert=KINDS[kind], ask=cert == "with")
    result = app.client(
        harness.connect(port), sni="server.example.com",
        name="anna@example.com" if cert == "with" else None)
    assert result.ok, result
    assert result.peer == "server.example.com"
    result.sock.sendall(b"from the application\n")
    process.expect(rb"from the application")
    process.send(b"from the peer\n")
    assert harness.read_all(result.sock, 14) == b"from the peer\n"
    result.sock.close()


PRIORITIES = {
    "1.2": "NORMAL:-VERS-ALL:+VERS-TLS1.2",
    "1.3": "NORMAL:-VERS-ALL:+VERS-TLS1.3",
}


@pytest.mark.parametrize("version", PRIORITIES)
@pytest.mark.parametrize("kind", KINDS)
def test_gnutls_client(pools, make_app, listener, run, pki, version, kind):
    app = make_app(pools[kind])
    process = peers.gnutls_client(
        run, pki, listener.port, "--priority", PRIORITIES[version],
        cert=CLIENTS[kind])
    result = accept(app, listener).result(20)
    assert result.ok, result
    assert result.peer == "anna@example.com"
    process.expect(rb"Status: The certificate is trusted")
    process.expect(rb"Handshake was completed")
    check_echo(process, result)


@pytest.mark.parametrize("version", PRIORITIES)
@pytest.mark.parametrize("kind", KINDS)
def test_gnutls_server(pools, make_app, run, pki, version, kind):
    app = make_app(pools[kind])
    process, port = peers.gnutls_server(
        run, pki, "--priority", PRIORITIES[version],
        "--require-client-cert", "--verify-client-cert", cert=KINDS[kind])
    result = app.client(harness.connect(port), sni="server.example.com",
                        name="anna@example.com")
    assert result.ok, result
    assert result.peer == "server.example.com"
    result.sock.sendall(b"to and fro\n")
    assert harness.read_all(result.sock, 11) == b"to and fro\n"
    result.sock.close()


@pytest.mark.parametrize("kind", ["ecdsa", "rsa"])
@pytest.mark.parametrize("cert", ["with", "without"])
def test_nss_client(pools, make_app, listener, run, pki, tmp_path, kind,
                    cert):
    app = make_app(pools[kind])
    nss = peers.Nss(run, pki, tmp_path)
    if cert == "with":
        nss.add(pki, CLIENTS[kind], tmp_path)
    process = nss.client(listener.port,
                         cert=CLIENTS[kind] if cert == "with" else None)
    result = accept(
        app, listener,
        flags=0 if cert == "with" else harness.NO_REMOTE_CERT).result(20)
    assert result.ok, result
    assert result.peer == ("anna@example.com" if cert == "with" else "")
    check_echo(process, result)


@pytest.mark.parametrize("kind", ["ecdsa", "rsa"])
def test_nss_server(pools, make_app, run, pki, tmp_path, kind):
    app = make_app(pools[kind])
    nss = peers.Nss(run, pki, tmp_path)
    nss.add(pki, KINDS[kind], tmp_path)
    _, port = nss.server(cert=KINDS[kind])
    result = app.client(harness.connect(port), sni="server.example.com",
                        name="anna@example.com")
    assert result.ok, result
    assert result.peer == "server.example.com"
    result.sock.sendall(b"GET / HTTP/1.0\r\n\r\n")
    assert b"200 OK" in harness.read_all(result.sock)


@pytest.fixture
def web_server():
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            body = b"page of the web\n" * 10000
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_address[1]
    server.shutdown()
    server.server_close()


def test_curl_client(pools, run, pki, web_server):
    """A web server that knows nothing of TLS, behind tlspool-cli server."""
    pool = pools["ecdsa"]
    port = harness.free_port()
    server = pool.popen_cli(
        "server", "--name", "server.example.com", "--no-client-cert",
        "--connect", f"127.0.0.1:{web_server}", str(port))
    try:
        harness.connect(port).close()
        for version in ("--tls-max=1.2", "--tlsv1.3"):
            curl = run(
                "curl", "-sS", version.replace("=", " ").split()[0],
                *version.replace("=", " ").split()[1:],
                "--noproxy", "*", "--cacert", pki.path("ca.pem"),
                "--resolve", f"server.example.com:{port}:127.0.0.1",
                f"https://server.example.com:{port}/")
            assert curl.wait() == 0, curl.text() + server.text()
            assert curl.text() == "page of the web\n" * 10000
    finally:
        server.close()


def test_pool_to_pool(pools, make_app, listener):
    """Both ends in two pools: each sees the other's name."""
    near, far = listener.connection()
    server = make_app(pools["ecdsa"]).submit(
        "server", far, name="server.example.com")
    client = make_app(pools["rsa"]).client(
        near, name="anna@example.com", sni="server.example.com")
    server = server.result(20)
    assert client.ok and server.ok, (client, server)
    assert client.peer == "server.example.com"
    assert server.peer == "anna@example.com"
    tls.echo(server.sock)
    data = os.urandom(1000000)
    assert tls.exchange(client.sock, data) == data


# RFC 8446 section 4.1.3: the random of a HelloRetryRequest.
RETRY = bytes.fromhex("cf21ad74e59a6111be1d8c021e65b891")


@pytest.mark.parametrize("kind", KINDS)
def test_no_second_hello(pools, make_app, listener, pki, kind):
    """The share of X25519 that clients begin with is taken."""
    near, future = tls.serve(make_app(pools[kind]), listener,
                             name="server.example.com")
    back, out = ssl.MemoryBIO(), ssl.MemoryBIO()
    hello = tls.context(pki).wrap_bio(
        back, out, server_hostname="server.example.com")
    with pytest.raises(ssl.SSLWantReadError):
        hello.do_handshake()
    near.sendall(out.read())
    near.settimeout(20 * harness.PATIENCE)
    answer = near.recv(4096)
    assert answer[5] == 2, "a ServerHello"
    assert RETRY not in answer
    near.close()
    assert not future.result(20 * harness.PATIENCE).ok
