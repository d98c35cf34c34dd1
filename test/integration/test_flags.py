# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The TLS Pool authors
"""Every flag of starttls_client() and starttls_server(), and its absence."""
import harness
import pytest
import tls

NAME = "server.example.com"


@pytest.mark.parametrize("version", tls.VERSIONS)
@pytest.mark.parametrize("cert,peer", [(None, ""),
                                       ("anna", "anna@example.com")])
def test_optional_remote_cert(app, listener, pki, version, cert, peer):
    near, future = tls.serve(app, listener, name=NAME,
                             flags=harness.OPTIONAL_REMOTE_CERT)
    tls.client(near, pki, cert=cert, version=version)
    result = future.result(20)
    assert result.ok and result.peer == peer, result


def test_optional_is_still_checked(app, listener, pki):
    """One that is shown must be good."""
    near, future = tls.serve(app, listener, name=NAME,
                             flags=harness.OPTIONAL_REMOTE_CERT)
    assert "UNKNOWN_CA" in tls.refused(near, pki, cert="anna-unknown")
    assert future.result(20).error == "EKEYREJECTED"


@pytest.mark.parametrize("version", tls.VERSIONS)
@pytest.mark.parametrize("cert", [None, "anna", "anna-unknown"])
def test_no_remote_cert(app, listener, pki, version, cert):
    """Nobody is asked, so nobody shows anything."""
    near, future = tls.serve(app, listener, name=NAME,
                             flags=harness.NO_REMOTE_CERT)
    tls.client(near, pki, cert=cert, version=version)
    result = future.result(20)
    assert result.ok and result.peer == "", result


@pytest.mark.parametrize("version", tls.VERSIONS)
@pytest.mark.parametrize("flags,shown", [(0, True),
                                         (harness.NO_LOCAL_CERT, False)])
def test_no_local_cert(app, listener, pki, version, flags, shown):
    """A client that is told not to shows nothing even if it is asked."""
    import ssl
    near, far = listener.connection()
    c = tls.context(pki, server=True, cert="server", version=version)
    c.check_hostname = False
    c.verify_mode = ssl.CERT_OPTIONAL
    future = app.submit("client", far, sni=NAME, name="anna@example.com",
                        flags=flags)
    peer = c.wrap_socket(near, server_side=True)
    assert future.result(20).ok
    assert bool(peer.getpeercert()) == shown


REFUSE = [
    ("anna", harness.REFUSE_USERS, False),
    ("anna", harness.REFUSE_DOMAINS, True),
    ("client", harness.REFUSE_USERS, True),
    ("client", harness.REFUSE_DOMAINS, False),
]


@pytest.mark.parametrize("version", tls.VERSIONS)
@pytest.mark.parametrize("cert,flags,works", REFUSE)
def test_refuse_clients(app, listener, pki, version, cert, flags, works):
    near, future = tls.serve(app, listener, name=NAME, flags=flags)
    if works:
        tls.client(near, pki, cert=cert, version=version)
        assert future.result(20).ok
    else:
        assert tls.refused(near, pki, cert=cert, version=version)
        result = future.result(20)
        assert result.error == "EKEYREJECTED", result


@pytest.mark.parametrize("flags,works", [(harness.REFUSE_USERS, True),
                                         (harness.REFUSE_DOMAINS, False)])
def test_refuse_servers(app, listener, pki, flags, works):
    near, far = listener.connection()
    tls.Server(near, pki, ask=False)
    result = app.client(far, sni=NAME, flags=flags)
    assert result.ok == works, result
    if not works:
        assert result.error == "EKEYREJECTED"


@pytest.mark.parametrize("flags", [
    harness.NO_CACHE_READ, harness.NO_CACHE_WRITE,
    harness.SKIP_AUTHORIZATION,
    harness.NO_CACHE_READ | harness.NO_CACHE_WRITE
    | harness.SKIP_AUTHORIZATION])
def test_carried(app, listener, pki, flags):
    """Flags of later issues are taken on both sides."""
    near, future = tls.serve(app, listener, name=NAME, flags=flags)
    tls.client(near, pki)
    assert future.result(20).ok
    near, far = listener.connection()
    tls.Server(near, pki, ask=False)
    assert app.client(far, sni=NAME, flags=flags).ok


@pytest.mark.parametrize("verb,flags", [
    ("client", 1 << 8), ("server", 1 << 30),
    ("client", harness.OPTIONAL_REMOTE_CERT),
    ("client", harness.NO_REMOTE_CERT), ("server", harness.NO_LOCAL_CERT)])
def test_bad_flags(app, listener, verb, flags):
    """A flag that does not exist, or that is the other role's."""
    near, far = listener.connection()
    result = app.submit(verb, far, name=NAME, sni=NAME,
                        flags=flags).result(20)
    assert result.error == "EINVAL", result
    assert near.recv(1) == b""
