# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The TLS Pool authors
"""Whom the pool believes, and what it tells application and peer if not."""
import ssl

import harness
import pytest
import tls

# A server's certificate: errno, a word of the sentence, the alert it gets.
BAD_SERVERS = {
    "expired": ("EKEYEXPIRED", "expired", "CERTIFICATE_EXPIRED"),
    "not-yet": ("EKEYREJECTED", "yet", "CERTIFICATE"),
    "self-signed": ("EKEYREJECTED", "", "UNKNOWN_CA"),
    "unknown": ("EKEYREJECTED", "", "UNKNOWN_CA"),
    "revoked": ("EKEYREVOKED", "revoked", "CERTIFICATE_REVOKED"),
    "wrong-name": ("EKEYREJECTED", "server.example.com", "CERTIFICATE"),
    "client-only": ("EKEYREJECTED", "", "CERTIFICATE"),
}


@pytest.mark.parametrize("version", tls.VERSIONS)
@pytest.mark.parametrize("cert", BAD_SERVERS)
def test_bad_server(app, listener, pki, version, cert):
    near, far = listener.connection()
    server = tls.Server(near, pki, cert=cert, ask=False, version=version)
    result = app.client(far, sni="server.example.com")
    error, word, alert = BAD_SERVERS[cert]
    assert not result.ok
    assert result.error == error, result
    assert word in result.text
    try:
        peer = server.result()
        seen = tls.outcome(peer)
    except ssl.SSLError as e:
        seen = e.reason
    assert alert in seen, (seen, result)


BAD_CLIENTS = {
    "anna-expired": ("EKEYEXPIRED", "expired", "CERTIFICATE_EXPIRED"),
    "anna-unknown": ("EKEYREJECTED", "", "UNKNOWN_CA"),
    "anna-self": ("EKEYREJECTED", "", "UNKNOWN_CA"),
    "anna-revoked": ("EKEYREVOKED", "revoked", "CERTIFICATE_REVOKED"),
    "nameless": ("EKEYREJECTED", "name", "CERTIFICATE"),
}


@pytest.mark.parametrize("version", tls.VERSIONS)
@pytest.mark.parametrize("cert", BAD_CLIENTS)
def test_bad_client(app, listener, pki, version, cert):
    near, future = tls.serve(app, listener, name="server.example.com")
    seen = tls.refused(near, pki, cert=cert, version=version)
    result = future.result(20)
    error, word, alert = BAD_CLIENTS[cert]
    assert not result.ok
    assert result.error == error, result
    assert word in result.text
    assert alert in seen, (seen, result)


@pytest.mark.parametrize(
    "version,alert", [("1.2", "HANDSHAKE_FAILURE|BAD_CERTIFICATE"),
                      ("1.3", "CERTIFICATE_REQUIRED")])
def test_client_without(app, listener, pki, version, alert):
    """A client that must present an identity is told so."""
    near, future = tls.serve(app, listener, name="server.example.com")
    seen = tls.refused(near, pki, cert=None, version=version)
    result = future.result(20)
    assert result.error == "EKEYREJECTED", result
    assert "certificate" in result.text
    assert any(a in seen for a in alert.split("|")), (seen, result)


NAMES = {
    "anna": "anna@example.com",
    "anna-rsa": "anna@example.com",
    "anna-ed25519": "anna@example.com",
    "client": "client.example.com",
    "dn-user": "berta@example.com",
    "dn-domain": "dn.example.com",
}


@pytest.mark.parametrize("version", tls.VERSIONS)
@pytest.mark.parametrize("cert", NAMES)
def test_peer_name(app, listener, pki, version, cert):
    peer, result = tls.session(app, listener, pki, cert=cert, version=version)
    assert result.peer == NAMES[cert]
    peer.sendall(b"hello")
    assert harness.read_all(result.sock, 5) == b"hello"


def test_server_name(app, listener, pki):
    """The peer's name is the one that was asked for, of those it has."""
    near, far = listener.connection()
    server = tls.Server(near, pki, cert="www", ask=False)
    result = app.client(far, sni="web.example.com")
    assert result.ok and result.peer == "web.example.com"
    assert server.sni == "web.example.com"


def test_wildcard_server(app, listener, pki):
    near, far = listener.connection()
    tls.Server(near, pki, cert="wildcard", ask=False)
    result = app.client(far, sni="a.wild.example.com")
    assert result.ok and result.peer == "a.wild.example.com"


@pytest.mark.parametrize("name", ["a.b.wild.example.com", "wild.example.com"])
def test_wildcard_too_far(app, listener, pki, name):
    near, far = listener.connection()
    tls.Server(near, pki, cert="wildcard", ask=False)
    result = app.client(far, sni=name)
    assert result.error == "EKEYREJECTED", result


def test_no_name_expected(app, listener, pki):
    """A client that does not say whom it wants is told whom it got."""
    near, far = listener.connection()
    tls.Server(near, pki, cert="server", ask=False)
    result = app.client(far)
    assert result.ok and result.peer == "server.example.com", result


def test_nothing_shown_before_verified(app, listener, pki):
    """A server that is not who it should be learns nothing of the client."""
    near, far = listener.connection()
    server = tls.Server(near, pki, cert="unknown")
    result = app.client(far, sni="server.example.com",
                        name="anna@example.com")
    assert result.error == "EKEYREJECTED", result
    with pytest.raises(OSError):
        server.result()


def test_pin(make_pool, make_app, listener, pki):
    """A key that the administrator pinned needs no chain."""
    from cryptography.hazmat.primitives import hashes, serialization

    spki = pki.made["self-signed"][0].public_key().public_bytes(
        serialization.Encoding.DER,
        serialization.PublicFormat.SubjectPublicKeyInfo)
    digest = hashes.Hash(hashes.SHA256())
    digest.update(spki)
    p = make_pool(start=False)
    pins = p.dir + "/pins"
    p.write(pins,
            f"server.example.com server sha256:{digest.finalize().hex()}\n")
    p.configure({"trust.pins": pins, "trust.client-policy": "pin pkix"})
    p.start()
    app = make_app(p)
    near, far = listener.connection()
    server = tls.Server(near, pki, cert="self-signed", ask=False)
    result = app.client(far, sni="server.example.com")
    assert result.ok, result
    assert result.peer == "server.example.com"
    server.result().close()
    # … and every other key for that name is refused
    near, far = listener.connection()
    tls.Server(near, pki, cert="server", ask=False)
    result = app.client(far, sni="server.example.com")
    assert result.error == "EKEYREJECTED", result


def test_crl_required(make_pool, make_app, listener, pki):
    p = make_pool(config={"trust.crls": None, "trust.require-crl": "yes"})
    near, far = listener.connection()
    tls.Server(near, pki, cert="server", ask=False)
    result = make_app(p).client(far, sni="server.example.com")
    assert not result.ok, result


def test_not_a_tls_server(app, listener):
    """Plaintext from the peer is a TLS failure, said at once."""
    near, far = listener.connection()
    near.sendall(b"220 mail.example.com ESMTP\r\n" * 10)
    result = app.client(far, sni="server.example.com")
    assert result.error == "EPROTO", result
    assert result.text


def test_peer_goes_away(app, listener):
    near, far = listener.connection()
    near.close()
    result = app.client(far, sni="server.example.com")
    assert result.error in ("EPROTO", "ECONNRESET"), result


def test_alert_of_the_peer(app, listener, pki):
    """What the peer complained of reaches the application."""
    near, future = tls.serve(app, listener, name="server.example.com",
                             flags=harness.NO_REMOTE_CERT)
    with pytest.raises(ssl.SSLError):
        tls.client(near, pki, cert=None, ca="other-ca.pem", version="1.2")
    result = future.result(20)
    assert result.error == "EPROTO", result
    assert "nknown" in result.text and "CA" in result.text.upper()


def test_timeout(make_pool, make_app, listener):
    """A peer that says nothing does not hold the application for ever."""
    p = make_pool(config={"tls.handshake-timeout": "1s"})
    near, far = listener.connection()
    result = make_app(p).client(far, sni="server.example.com")
    assert result.error == "ETIMEDOUT", result
    near.close()
