# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The TLS Pool authors
"""Peers that are known by what the directory of their domain holds."""
import concurrent.futures
import ssl

import directory
import dns
import harness
import pytest
import tls


@pytest.fixture
def make_slapd(pki):
    made = []

    def make(ldif, start=True, **more):
        s = directory.Slapd(pki, ldif, **more)
        made.append(s)
        return s.start() if start else s

    yield make
    for s in made:
        s.close()


@pytest.fixture
def make_dns(pki):
    """A signed root and example.com, whose directory has a TLSA record of
    that leaf; SRV names it."""
    made = []

    def make(port, cert="server", srv=True, spoil=None, more=(), zone="A"):
        server = dns.Server()
        made.append(server)
        root, z = server.zone("."), server.zone("example.com.", zone == "A")
        root.delegate(z)
        z.add("server.example.com.", "A 127.0.0.1")
        if cert is not None:
            z.add(f"_{port}._tcp.server.example.com.",
                  dns.tlsa(pki.made[cert][0]))
        if srv:
            z.add("_ldap._tcp.example.com.",
                  f"SRV 10 0 {port} server.example.com.")
        for owner, record in more:
            z.add(owner, record)
        root.write()
        z.write(spoil)
        server.start()
        server.root = root
        return server

    yield make
    for server in made:
        server.close()


def ldif(pki, anna="anna", domain="client"):
    """Certificates of leaves, or of none."""
    def certs(leaf):
        return [] if leaf is None else [directory.der(pki.made[leaf][0])]

    return (directory.domain(*certs(domain))
            + directory.user("anna", *certs(anna)))


def settings(names, **more):
    return dns.settings(names, **{
        "trust.client-policy": "ldap", "trust.server-policy": "ldap",
        "ldap.timeout": "10s", **more})


def pool(make_pool, config):
    return make_pool(("server.example.com", "server"), config=config)


def ask(p, make_app, listener, pki, cert="anna"):
    """What starttls_server() says to a client with that certificate."""
    near, future = tls.serve(make_app(p, mode=("async",)), listener,
                             name="server.example.com")
    try:
        peer = tls.client(near, pki, cert=cert)
    except (ssl.SSLError, OSError):
        peer = None
    result = future.result(30 * harness.PATIENCE)
    if peer is not None:
        peer.close()
    return result


@pytest.mark.parametrize("cert,name", [
    ("anna", "anna@example.com"), ("anna-self", "anna@example.com"),
    ("client", None)])
def test_found_by_dns(make_pool, make_app, make_dns, make_slapd, listener,
                      pki, cert, name):
    """The directory is named by SRV, and known by its TLSA record."""
    s = make_slapd(ldif(pki, anna=cert) if name else ldif(pki))
    p = pool(make_pool, settings(make_dns(s.port)))
    result = ask(p, make_app, listener, pki, cert)
    if name is None:  # client.example.com is not example.com
        assert result.error == "EKEYREJECTED", result
        return
    assert result.ok, (result, p.log_text())
    assert result.peer == name
    assert f"name={name} method=ldap " in p.log_text()
    assert "STARTTLS" in s.log()
    assert "BIND" not in s.log()
