# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The TLS Pool authors
"""Raw public keys (RFC 7250): of peers, and our own where a peer likes them
better than certificates."""
import hashlib
import re
import socket

import dns
import harness
import pytest
from cryptography.hazmat.primitives import serialization
from tls import VERSIONS

PORT = 443
PRIORITY = {"1.2": "NORMAL:-VERS-ALL:+VERS-TLS1.2",
            "1.3": "NORMAL:-VERS-ALL:+VERS-TLS1.3"}


def spki(pki, leaf, encoding=serialization.Encoding.DER):
    return pki.made[leaf][0].public_key().public_bytes(
        encoding, serialization.PublicFormat.SubjectPublicKeyInfo)


def hash_of(pki, leaf):
    return "sha256:" + hashlib.sha256(spki(pki, leaf)).hexdigest()


@pytest.fixture(scope="module")
def raw(pki):
    """Files NAME.pub beside the NAME.key of leaves."""
    for leaf in ("self-signed", "server", "server-rsa", "server-ed25519",
                 "client", "anna", "anna-rsa", "anna-ed25519", "www"):
        pki.write(leaf + ".pub", spki(pki, leaf, serialization.Encoding.PEM))


@pytest.fixture(scope="module")
def names(pki):
    server = dns.Server()
    try:
        root = server.zone(".")
        zone = server.zone("example.com.")
        root.delegate(zone)
        cert = pki.made["self-signed"][0]
        for name, record in (
                ("server", dns.tlsa(cert)),
                ("full", dns.tlsa(cert, matching=0)),
                ("sha512", dns.tlsa(cert, matching=2)),
                ("other", dns.tlsa(pki.made["server"][0])),
                ("cert", dns.tlsa(cert, selector=0)),
                ("usage-1", dns.tlsa(cert, usage=1)),
                ("usage-2", dns.tlsa(cert, usage=2)),
                ("bare", None)):
            zone.add(f"{name}.example.com.", "A 127.0.0.1")
            if record:
                zone.add(f"_{PORT}._tcp.{name}.example.com.", record)
        for z in server.zones:
            z.write()
        server.start()
        server.root = root
        yield server
    finally:
        server.close()


PINS = ["pinned.example.com server {server}",
        "anna@example.com client {anna}",
        "device.example.com client {client}",
        "one.example.com client {www}",
        "two.example.com client {www}"]


@pytest.fixture(scope="module")
def key_pool(tools, pki, names, raw):
    pki.write("raw-pins", "".join(
        line.format(server=hash_of(pki, "server"), anna=hash_of(pki, "anna"),
                    client=hash_of(pki, "client"), www=hash_of(pki, "www"))
        + "\n" for line in PINS).encode())
    p = harness.Pool(tools, pki, config=dns.settings(names, **{
        "trust.pins": pki.path("raw-pins"),
        'trust "x509.example.com".client-policy': "pkix"}))
    p.start()
    try:
        for leaf in ("server", "server-rsa", "server-ed25519"):
            p.add(f"{leaf}.example.com", leaf)
        p.add("anna@example.com", "anna")
        yield p
    finally:
        p.close()


def raw_server(run, pki, leaf, version="1.3", *more):
    """gnutls-serv without any certificate."""
    port = harness.free_port()
    process = run("gnutls-serv", "--echo", "--port", port,
                  "--rawpkfile", pki.path(leaf + ".pub"),
                  "--rawpkkeyfile", pki.path(leaf + ".key"),
                  "--priority", PRIORITY[version] + ":+CTYPE-RAWPK", *more)
    process.expect(rb"listening on IPv4 [^\n]*done")
    return port


def to_server(app, port, server, **more):
    return app.client(socket.create_connection(("127.0.0.1", port)),
                      sni=server, port=PORT, **more)


# The key that the server has, the method that says yes, or a part of no.
SERVERS = {
    "server.example.com": ("self-signed", "dane", None),
    "full.example.com": ("self-signed", "dane", None),
    "sha512.example.com": ("self-signed", "dane", None),
    "other.example.com": ("self-signed", None, "raw public key matches none"),
    "cert.example.com": ("self-signed", None, "raw public key matches none"),
    "usage-1.example.com": ("self-signed", None,
                            "raw public key matches none"),
    "usage-2.example.com": ("self-signed", None,
                            "raw public key matches none"),
    "bare.example.com": ("self-signed", None, "no method of the policy"),
    "pinned.example.com": ("server", "pin", None),
    "pinned.example.com.": ("self-signed", None, "pinned keys"),
}


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("name", SERVERS)
def test_server(key_pool, make_app, run, pki, name, version):
    key, method, sentence = SERVERS[name]
    port = raw_server(run, pki, key, version)
    result = to_server(make_app(key_pool, mode=("async",)), port, name)
    if method is None:
        assert result.error == "EKEYREJECTED", result
        assert sentence in result.text
        return
    assert result.ok, (result, key_pool.log_text())
    assert result.peer == name
    assert result.fields["method"] == method
    result.sock.sendall(b"hello\n")
    assert harness.read_all(result.sock, 6) == b"hello\n"


@pytest.mark.parametrize("name, trusted", [
    ("server.example.com", True), ("other.example.com", False),
    ("cert.example.com", False), ("usage-2.example.com", False)])
def test_explained(key_pool, run, pki, name, trusted):
    """What is said of a key, and of the records that are published for it."""
    at = f"127.0.0.1:{raw_server(run, pki, 'self-signed')}"
    done = key_pool.cli("trust", "explain", "--json", "--at", at, name)
    assert done.code == (0 if trusted else 4), done
    found = done.json()
    key = hash_of(pki, "self-signed").split(":")[1]
    assert found["raw_key"] is True
    assert [c["sha256"] for c in found["chain"]] == [key]
    done = key_pool.cli("trust", "explain", "--at", at, name)
    assert "a raw public key (RFC 7250), without a certificate" in done.out
    assert f"key       sha256:{key}\n" in done.out
    done = key_pool.cli("tlsa", "--check", "--json", "--at", at,
                        f"{name}:{PORT}")
    assert done.code == (0 if trusted else 4), done
    found = done.json()
    assert [r["state"] for r in found["records"]] == [
        "matches" if trusted else "stale"]
    assert found["served"] == [{"sha256": key, "covered": trusted}]
    assert ("no chain" in found["records"][0]["why"]) == (
        name == "usage-2.example.com")


def test_not_offered(key_pool, make_app, run, pki, raw):
    """Where the policy asks for a chain only, there is no word of keys."""
    port = raw_server(run, pki, "self-signed")
    result = to_server(make_app(key_pool), port, "x509.example.com")
    assert result.error == "EPROTO", result


def test_certificate_first(key_pool, make_app, run, pki, raw):
    """A server that has both shows its certificate."""
    port = raw_server(run, pki, "self-signed", "1.3",
                      "--x509certfile", pki.path("self-signed.pem"),
                      "--x509keyfile", pki.path("self-signed.key"))
    result = to_server(make_app(key_pool, mode=("async",)), port,
                       "cert.example.com")
    assert result.ok, result
    assert result.fields["method"] == "dane"


@pytest.mark.parametrize("version", VERSIONS)
def test_our_key_as_client(key_pool, make_app, run, pki, version):
    """A server that knows keys only is shown the key of the identity."""
    port = raw_server(run, pki, "self-signed", version,
                      "--require-client-cert")
    result = to_server(make_app(key_pool, mode=("async",)), port,
                       "server.example.com", name="anna@example.com")
    assert result.ok, (result, key_pool.log_text())
    result.sock.sendall(b"hello\n")
    assert harness.read_all(result.sock, 6) == b"hello\n"


def raw_client(run, pki, port, priority, leaf=None, *more):
    command = ["gnutls-cli", "--port", port, "127.0.0.1", "--no-ca-verification",
               "--sni-hostname", "server.example.com",
               "--priority", priority]
    if leaf:
        command += ["--rawpkfile", pki.path(leaf + ".pub"),
                    "--rawpkkeyfile", pki.path(leaf + ".key")]
    return run(*command, *more)


# The key of the client, its name, or a part of no.
CLIENTS = {
    "anna": ("anna@example.com", None),
    "client": ("device.example.com", None),
    "www": (None, "pinned for several clients"),
    "server": (None, "no method of the policy"),  # is pinned as a server
    "anna-rsa": (None, "no method of the policy"),
}


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("leaf", CLIENTS)
def test_client(key_pool, make_app, run, pki, listener, leaf, version):
    name, sentence = CLIENTS[leaf]
    app = make_app(key_pool)
    client = raw_client(run, pki, listener.port,
                        PRIORITY[version] + ":+CTYPE-CLI-RAWPK:"
                        "-CTYPE-CLI-X509", leaf)
    result = app.server(listener.accept(), name="server.example.com")
    if name is None:
        assert result.error == "EKEYREJECTED", result
        assert sentence in result.text
        return
    assert result.ok, (result, client.text())
    assert result.peer == name
    client.send(b"hello\n")
    assert harness.read_all(result.sock, 6) == b"hello\n"


@pytest.mark.parametrize("version", VERSIONS)
def test_client_resumes(key_pool, make_app, run, pki, listener, version):
    """Its key is what its name is found by again."""
    app = make_app(key_pool, mode=("async",))
    client = raw_client(run, pki, listener.port,
                        PRIORITY[version] + ":+CTYPE-CLI-RAWPK:"
                        "-CTYPE-CLI-X509", "anna", "--resume")
    for resumed in "0", "1":
        result = app.server(listener.accept(), name="server.example.com")
        assert result.ok, (result, client.text())
        assert result.peer == "anna@example.com"
        assert result.fields["resumed"] == resumed
        result.sock.sendall(b"hello")
        if resumed == "0":
            assert result.sock.recv(1) == b""  # it comes back
            result.sock.close()


@pytest.mark.parametrize("version", VERSIONS)
def test_server_resumes(key_pool, make_app, run, pki, version):
    """With one of the workers, which need not be the first one."""
    app = make_app(key_pool, mode=("async",))
    port = raw_server(run, pki, "self-signed", version)

    def resumed():
        result = to_server(app, port, "server.example.com")
        assert result.ok, (result, key_pool.log_text())
        assert result.fields["method"] == "dane"
        result.sock.sendall(b"hello\n")
        assert harness.read_all(result.sock, 6) == b"hello\n"
        result.sock.close()
        return result.fields["resumed"] == "1"

    harness.wait_for("a session that is resumed", resumed)


@pytest.mark.parametrize("flag,sentence", [
    (harness.REFUSE_USERS, "users are refused"),
    (harness.REFUSE_DOMAINS, None)])
def test_client_of_a_kind(key_pool, make_app, run, pki, listener, flag,
                          sentence):
    app = make_app(key_pool)
    raw_client(run, pki, listener.port,
               PRIORITY["1.3"] + ":+CTYPE-CLI-RAWPK:-CTYPE-CLI-X509", "anna")
    result = app.server(listener.accept(), name="server.example.com",
                        flags=flag)
    if sentence is None:
        assert result.ok, result
        return
    assert result.error == "EKEYREJECTED", result
    assert sentence in result.text


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("leaf", ["server", "server-rsa", "server-ed25519"])
def test_our_key_as_server(key_pool, make_app, run, pki, listener, leaf,
                           version):
    """A client that wants a key is shown the one of the certificate."""
    app = make_app(key_pool)
    client = raw_client(run, pki, listener.port,
                        PRIORITY[version] + ":+CTYPE-SRV-RAWPK:"
                        "-CTYPE-SRV-X509", None,
                        "--sni-hostname", leaf + ".example.com")
    result = app.server(listener.accept(), name=leaf + ".example.com",
                        flags=harness.NO_REMOTE_CERT)
    assert result.ok, (result, client.text())
    client.expect(rb"Handshake was completed")
    assert re.search(r"raw public key|Raw Public Key", client.text()), \
        client.text()
    client.send(b"hello\n")
    assert harness.read_all(result.sock, 6) == b"hello\n"
