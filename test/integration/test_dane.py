# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The TLS Pool authors
"""Peers that are known by what their domain says in its signed DNS: what the
states of its answers mean."""
import re
import socket

import dns
import harness
import pytest
import tls

PORT = 443


@pytest.fixture(scope="module")
def names(pki):
    """A DNS of one signed root, with zones below it of every kind."""
    server = dns.Server()
    try:
        root = server.zone(".")
        zone = server.zone("example.com.")
        plain = server.zone("plain.test.", signed=False)
        broken = server.zone("broken.test.")
        root.delegate(zone)
        root.delegate(plain)
        root.delegate(broken)
        fill(zone, plain, broken, pki)
        root.write()
        zone.write()
        plain.write()
        broken.write(dns.spoil_record("_443._tcp.bogus.broken.test.", "TLSA"))
        server.start()
        server.root = root
        yield server
    finally:
        server.close()


def fill(zone, plain, broken, pki):
    self_signed = pki.made["self-signed"][0]
    server = pki.made["server"][0]
    wrong = "TLSA 3 1 1 " + dns.flip(dns.digest(server))

    def host(z, name, *records):
        z.add(f"{name}.{z.name}", "A 127.0.0.1")
        for record in records:
            z.add(f"_{PORT}._tcp.{name}.{z.name}", record)

    host(zone, "server", dns.tlsa(self_signed))
    host(zone, "mismatch", wrong)
    host(zone, "several", wrong, dns.tlsa(server), "TLSA 9 9 9 00")
    host(zone, "unusable", "TLSA 9 1 1 " + dns.digest(server))
    host(zone, "www")
    host(zone, "short", dns.tlsa(self_signed))
    zone.add("web.example.com.", "CNAME server.example.com.")
    zone.add("*._tcp.wild.example.com.", dns.tlsa(self_signed))
    zone.add("wild.example.com.", "A 127.0.0.1")
    zone.add("alias.example.com.", "CNAME www.plain.test.")
    zone.add(f"_{PORT}._tcp.alias.example.com.", dns.tlsa(self_signed))
    zone.add("client.example.com.", dns.tlsa(self_signed))
    for port in (25, 993):
        zone.add(f"_{port}._tcp.mx.example.com.", dns.tlsa(self_signed))
    zone.add("mx.example.com.", "A 127.0.0.1")
    zone.add("mail.example.com.", "MX 10 mx.example.com.")
    zone.add("_imaps._tcp.mail.example.com.",
             "SRV 0 0 993 mx.example.com.")
    zone.add("mixed.example.com.", "MX 10 mx.example.com.")
    zone.add("mixed.example.com.", "MX 20 www.example.com.")
    host(plain, "www", wrong)
    host(broken, "bogus", dns.tlsa(self_signed))


@pytest.fixture(scope="module")
def dane_pool(tools, pki, names):
    p = harness.Pool(tools, pki, config=dns.settings(names))
    p.start()
    try:
        p.add("client.example.com", "client")
        p.add("server.example.com", "server")
        yield p
    finally:
        p.close()


# The name, the certificate, and the method that says yes, or a pattern of
# the sentence that says no.
OUTCOMES = {
    "match": ("server.example.com", "self-signed", "dane", None),
    "no-record-matches": (
        "server.example.com", "server", None, "_443._tcp.server.example.com"),
    "mismatch": ("mismatch.example.com", "server", None, "mismatch"),
    "several": ("several.example.com", "server", "dane", None),
    "wildcard-record": ("wild.example.com", "self-signed", "dane", None),
    "absent": ("www.example.com", "www", "pkix", None),
    "absent-unknown": ("www.example.com", "self-signed", None, "."),
    "cname": ("web.example.com", "self-signed", "dane", None),
    "cname-mismatch": (
        "web.example.com", "www", None, "_443._tcp.server.example.com"),
    "cname-insecure": ("alias.example.com", "self-signed", "dane", None),
    "insecure": ("www.plain.test", "self-signed", None, "."),
    "bogus": ("bogus.broken.test", "self-signed", None,
              "TLSA _443._tcp.bogus.broken.test|"
              "_443._tcp.bogus.broken.test TLSA is bogus"),
}


@pytest.mark.parametrize("case", OUTCOMES)
def test_server(dane_pool, make_app, listener, pki, case):
    name, cert, method, sentence = OUTCOMES[case]
    app = make_app(dane_pool, mode=("async",))
    result = tls.shake(app, listener, pki, name, cert)
    if method is None:
        assert not result.ok
        assert result.error == "EKEYREJECTED", result
        assert re.search(sentence, result.text), result
        return
    assert result.ok, (result, dane_pool.log_text())
    assert result.peer == name
    dane_pool.logged(f"name={name} method={method} ")


# The name, the service, the port, the certificate, and whether it is the one.
SERVICES = {
    "mx": ("mail.example.com", "smtp", 25, "self-signed", True),
    "mx-itself": ("mx.example.com", "smtp", 25, "self-signed", True),
    "mx-other": ("mail.example.com", "smtp", 25, "server", False),
    "submission": ("mail.example.com", "smtp", 587, "self-signed", False),
    "srv": ("mail.example.com", "imaps", 993, "self-signed", True),
    "srv-other": ("mail.example.com", "imaps", 993, "server", False),
    "srv-port": ("mail.example.com", "imaps", 994, "self-signed", False),
    "no-service": ("mail.example.com", None, 993, "self-signed", False),
    "one-of-two": ("mixed.example.com", "smtp", 25, "self-signed", True),
    "the-other": ("mixed.example.com", "smtp", 25, "unknown", False),
}


@pytest.mark.parametrize("case", SERVICES)
def test_service(dane_pool, make_app, listener, pki, case):
    name, service, port, cert, good = SERVICES[case]
    result = tls.shake(make_app(dane_pool, mode=("async",)), listener, pki, name,
                   cert, port=port, service=service)
    assert result.ok == good, result
    if good:
        assert result.fields["method"] == "dane"
        return
    assert result.error == "EKEYREJECTED", result
    if case in ("mx-other", "srv-other"):
        assert f"_{port}._tcp.mx.example.com" in result.text, result


def test_prepared(dane_pool, make_app, listener, pki):
    """What was asked when the handshake began is known when it ends."""
    def counters():
        found = {}
        for key in ("dns-asked", "dns-known"):
            text = dane_pool.cli("status", "--json").out
            found[key] = int(re.search(rf'"{key}":\s*"?(\d+)', text).group(1))
        return found

    app = make_app(dane_pool, mode=("async",))
    assert tls.shake(app, listener, pki, "short.example.com", "self-signed").ok
    before = counters()
    assert tls.shake(app, listener, pki, "short.example.com", "self-signed").ok
    after = counters()
    assert after["dns-asked"] == before["dns-asked"]
    assert after["dns-known"] > before["dns-known"]


def test_without_port(dane_pool, make_app, listener, pki):
    """Which record it would be cannot be known."""
    result = tls.shake(make_app(dane_pool, mode=("async",)), listener, pki, "server.example.com",
                   "server", port=None)
    assert result.ok, result
    dane_pool.logged("name=server.example.com method=pkix ")


def test_other_port(dane_pool, make_app, listener, pki):
    result = tls.shake(make_app(dane_pool, mode=("async",)), listener, pki, "server.example.com",
                   "self-signed", port=4433)
    assert result.error == "EKEYREJECTED", result


@pytest.fixture
def silence():
    """A name server that says nothing."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.bind(("127.0.0.1", 0))
        yield s.getsockname()[1]


def test_timeout(make_pool, make_app, names, listener, pki, silence):
    """Who suppresses the answer does not choose the method."""
    p = make_pool(config=dns.settings(names, **{
        "dns.forward": f"127.0.0.1@{silence}", "dns.timeout": "300ms"}))
    result = tls.shake(make_app(p, mode=("async",)), listener, pki, "server.example.com", "server")
    assert result.error == "EKEYREJECTED", result
    assert "not answered in time" in result.text


def test_servfail(make_pool, make_app, names, listener, pki):
    """A forwarder that is not there at all."""
    p = make_pool(config=dns.settings(names, **{
        "dns.forward": f"127.0.0.1@{harness.free_port()}",
        "dns.timeout": "10s"}))
    result = tls.shake(make_app(p, mode=("async",)), listener, pki, "server.example.com", "server")
    assert result.error == "EKEYREJECTED", result
    assert "not answered" in result.text or "bogus" in result.text


def test_no_anchor(make_pool, make_app, names, listener, pki):
    """Without a trust anchor nothing is secure, and nothing is asked."""
    p = make_pool(config=dns.settings(names, **{"dns.trust-anchor": "none"}))
    result = tls.shake(make_app(p, mode=("async",)), listener, pki, "server.example.com", "server")
    assert result.ok, result
    p.logged("method=pkix ")


@pytest.mark.parametrize("version", tls.VERSIONS)
def test_client_domain(dane_pool, make_app, listener, pki, version):
    """A client's TLSA record stands at its name; this one is another's."""
    near, future = tls.serve(make_app(dane_pool), listener,
                             name="server.example.com")
    tls.refused(near, pki, cert="client", version=version)
    result = future.result(20)
    assert result.error == "EKEYREJECTED", result
    assert "client.example.com" in result.text
