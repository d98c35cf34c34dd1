# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The TLS Pool authors
"""Which name a server is, and which credential it shows."""
import ssl

import harness
import peers
import pytest
import tls

ANY = harness.NO_REMOTE_CERT

# myname, checksni, SNI of the client: whether it works, and what was asked
CASES = [
    # NULL: the name must be myname, or one that its certificate covers
    ("server.example.com", None, "server.example.com", True, []),
    ("www.example.com", None, "web.example.com", True, []),
    ("server.example.com", None, "www.example.com", False, []),
    ("server.example.com", None, "nowhere.example.com", False, []),
    # … or, without myname, any identity that the caller may be
    (None, None, "server.example.com", True, []),
    (None, None, "www.example.com", True, []),
    (None, None, "x.wild.example.com", True, []),
    (None, None, "nowhere.example.com", False, []),
    # a function is asked
    ("server.example.com", "yes", "server.example.com", True,
     ["server.example.com"]),
    ("server.example.com", "no", "server.example.com", False,
     ["server.example.com"]),
    (None, "yes", "www.example.com", True, ["www.example.com"]),
    (None, "no", "www.example.com", False, ["www.example.com"]),
    (None, "only:www.example.com", "www.example.com", True,
     ["www.example.com"]),
    (None, "only:www.example.com", "server.example.com", False,
     ["server.example.com"]),
    # the name is folded to lower case before anybody sees it
    (None, "only:www.example.com", "WWW.Example.COM", True,
     ["www.example.com"]),
]


@pytest.mark.parametrize("version", tls.VERSIONS)
@pytest.mark.parametrize("name,checksni,sni,works,asked", CASES)
def test_server_name(app, listener, pki, version, name, checksni, sni, works,
                     asked):
    near, future = tls.serve(app, listener, name=name, checksni=checksni,
                             flags=ANY)
    if works:
        peer = tls.client(near, pki, name=sni, cert=None, version=version)
        result = future.result(20)
        assert result.ok, result
        result.sock.sendall(b"hello")
        assert peer.recv(5) == b"hello"
    else:
        seen = tls.refused(near, pki, name=sni, cert=None, version=version)
        result = future.result(20)
        assert not result.ok
        assert result.error in ("EACCES", "ENOKEY", "EKEYREJECTED"), result
        assert "UNRECOGNIZED_NAME" in seen or "ACCESS_DENIED" in seen, seen
    assert result.asked == asked


@pytest.mark.parametrize("name", [None, "server.example.com"])
@pytest.mark.parametrize("checksni", [None, "yes"])
def test_no_sni(app, listener, pki, name, checksni):
    """Without SNI it is myname; without both there is nobody to be."""
    near, future = tls.serve(app, listener, name=name, checksni=checksni,
                             flags=ANY)
    if name:
        peer = tls.client(near, pki, name=None, cert=None)
        assert future.result(20).ok
        names = dict(peer.getpeercert())["subjectAltName"]
        assert ("DNS", "server.example.com") in names
    else:
        tls.refused(near, pki, name=None, cert=None)
        assert not future.result(20).ok


def test_unknown_myname(app, listener, pki):
    near, future = tls.serve(app, listener, name="nobody.example.com",
                             flags=ANY)
    tls.refused(near, pki, name="nobody.example.com", cert=None)
    result = future.result(20)
    assert result.error == "ENOKEY", result
    assert "nobody.example.com" in result.text


def test_unknown_client_name(app, listener, pki):
    near, far = listener.connection()
    tls.Server(near, pki)
    result = app.client(far, name="nobody@example.com",
                        sni="server.example.com")
    assert result.error == "ENOKEY", result
    assert "nobody@example.com" in result.text


def test_slow_checksni(app, listener, pki):
    """An application that takes its time delays only itself."""
    slow, slow_future = tls.serve(app, listener, checksni="sleep:2",
                                  flags=ANY)
    import threading
    thread = threading.Thread(
        target=tls.client, args=(slow, pki), kwargs={"cert": None})
    thread.start()
    for _ in range(4):
        peer, _ = tls.session(app, listener, pki)
        peer.close()
    assert not slow_future.done()
    assert slow_future.result(20).ok
    thread.join()


@pytest.mark.parametrize("length,works", [
    (len("anna@example.com") + 1, True), (len("anna@example.com"), False),
    (1, False), (0, False)])
def test_peer_name_length(app, listener, pki, length, works):
    near, future = tls.serve(app, listener, name="server.example.com",
                             peerlen=length)
    if works:
        tls.client(near, pki)
        result = future.result(20)
        assert result.ok and result.peer == "anna@example.com"
    else:
        try:
            tls.outcome(tls.client(near, pki))
        except OSError:
            pass
        result = future.result(20)
        assert result.error == "ENAMETOOLONG", result


def test_no_peer_name_wanted(app, listener, pki):
    near, future = tls.serve(app, listener, name="server.example.com",
                             nopeer=1)
    tls.client(near, pki)
    assert future.result(20).ok


ALGORITHMS = [
    ("RSA-PSS+SHA256", "rsaEncryption"),
    ("ECDSA+SHA256", "id-ecPublicKey"),
    ("ed25519", "ED25519"),
]


@pytest.mark.parametrize("version", ["-tls1_2", "-tls1_3"])
@pytest.mark.parametrize("algorithm,key", ALGORITHMS)
def test_several_credentials(make_pool, make_app, listener, run, pki, version,
                             algorithm, key):
    """The credential that the peer can use is the one that is shown."""
    p = make_pool(("server.example.com", "server"),
                  ("server.example.com", "server-rsa"),
                  ("server.example.com", "server-ed25519"))
    process = peers.openssl_client(
        run, pki, listener.port, version, "-sigalgs", algorithm)
    result = make_app(p).server(listener.accept(), flags=ANY,
                                name="server.example.com")
    assert result.ok, result
    process.expect(rb"Verification: OK")
    word = {"rsaEncryption": "RSA", "id-ecPublicKey": "ECDSA|ecdsa",
            "ED25519": "[Ee][Dd]25519"}[key]
    assert __import__("re").search(
        "Peer signature type: .*(" + word + ")|"
        "Signature type: .*(" + word + ")", process.text()), process.text()


def test_no_usable_credential(make_pool, make_app, listener, pki, run):
    p = make_pool(("server.example.com", "server-ed25519"))
    process = peers.openssl_client(
        run, pki, listener.port, "-tls1_3", "-sigalgs", "RSA-PSS+SHA256")
    result = make_app(p).server(listener.accept(), flags=ANY,
                                name="server.example.com")
    assert result.error == "EPROTO", result
    assert process.wait() != 0


def test_bad_sni(app, listener, pki):
    """Names that are no names are refused before anything is looked up."""
    for name in ("a" * 64 + ".example.com", "-bad.example.com..",
                 "127.0.0.1"):
        near, future = tls.serve(app, listener, flags=ANY)
        try:
            tls.outcome(tls.client(near, pki, name=name, cert=None))
        except (OSError, ValueError, UnicodeError, ssl.SSLError):
            near.close()
        assert not future.result(20).ok
