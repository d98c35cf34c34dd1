# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The TLS Pool authors
"""The ways that questions of DANE and their answers take: aliases, hosts of
services, resolvers that help or lie, IPv6, TCP, and servers that are silent."""
import dns
import harness
import pytest
import tls

PORT = 443
MANY = 200  # names of a zone that is silent
STRANGERS = 80
OF_DOMAIN = 64  # that may wait


@pytest.fixture(scope="module")
def names(pki):
    server, slow = dns.Server(), dns.Server()
    server.slow = slow
    try:
        server.root = server.zone(".")
        zone = server.zone("example.com.")
        plain = server.zone("plain.test.", signed=False)
        failing = server.zone("failing.test.")
        stalled = slow.zone("slow.test.")
        for child in (zone, plain, failing, stalled):
            server.root.delegate(child)
        fill(zone, plain, pki)
        add_services(zone, pki)
        for z in (failing, stalled):
            host(z, "www." + z.name, dns.tlsa(pki.made["self-signed"][0]))
        for z in (server.root, zone, plain, stalled):
            z.write()
        # failing.test. is never written: knotd says SERVFAIL
        server.start()
        slow.start()
        yield server
    finally:
        server.close()
        slow.close()


def host(zone, name, *records, address="A 127.0.0.1"):
    zone.add(name, address)
    for record in records:
        zone.add(f"_{PORT}._tcp.{name}", record)


def fill(zone, plain, pki):
    good = dns.tlsa(pki.made["self-signed"][0])
    wrong = dns.tlsa(pki.made["client"][0])
    host(zone, "server.example.com.", good)
    host(zone, "www.example.com.")
    # no IPv4
    host(zone, "six.example.com.", good, address="AAAA ::1")
    host(zone, "six-bare.example.com.", address="AAAA ::1")
    zone.add("to-six.example.com.", "CNAME six.example.com.")
    zone.add("to-six-bare.example.com.", "CNAME six-bare.example.com.")
    zone.add(f"_{PORT}._tcp.to-six-bare.example.com.", good)
    host(plain, "six.plain.test.", wrong, address="AAAA ::1")
    # aliases of aliases
    zone.add("one.example.com.", "CNAME two.example.com.")
    zone.add("two.example.com.", "CNAME server.example.com.")
    zone.add(f"_{PORT}._tcp.one.example.com.", wrong)
    zone.add("to-plain.example.com.", "CNAME www.plain.test.")
    zone.add(f"_{PORT}._tcp.to-plain.example.com.", good)
    zone.add("over-plain.example.com.", "CNAME back.plain.test.")
    host(plain, "www.plain.test.", wrong)
    plain.add("back.plain.test.", "CNAME server.example.com.")
    zone.add("loop.example.com.", "CNAME pool.example.com.")
    zone.add("pool.example.com.", "CNAME loop.example.com.")
    zone.add("to-nothing.example.com.", "CNAME nothing.example.com.")
    zone.add(f"_{PORT}._tcp.to-nothing.example.com.", good)
    # records that are aliases
    host(zone, "record.example.com.")
    zone.add(f"_{PORT}._tcp.record.example.com.", "CNAME _dane.example.com.")
    zone.add("_dane.example.com.", good)
    host(zone, "record-plain.example.com.")
    zone.add(f"_{PORT}._tcp.record-plain.example.com.",
             "CNAME _dane.plain.test.")
    plain.add("_dane.plain.test.", wrong)
    # wildcards
    zone.add("*.wild.example.com.", "CNAME server.example.com.")
    zone.add("*.cards.example.com.", "A 127.0.0.1")
    zone.add("*._tcp.a.cards.example.com.", good)
    zone.add("a.cards.example.com.", "A 127.0.0.1")
    # more than any UDP packet holds: TCP has to bring the last one
    host(zone, "large.example.com.", *(
        f"TLSA 3 1 2 {n:0128x}" for n in range(59)),
        dns.tlsa(pki.made["self-signed"][0], matching=2))
    host(zone, "large-wrong.example.com.", *(
        f"TLSA 3 1 2 {n:0128x}" for n in range(60)))


def add_services(zone, pki):
    good = dns.tlsa(pki.made["self-signed"][0])
    wrong = dns.tlsa(pki.made["client"][0])
    for n, record in (("a", wrong), ("b", good), ("c", wrong)):
        zone.add(f"{n}.hosts.example.com.", "A 127.0.0.1")
        for port in (25, 5269):
            zone.add(f"_{port}._tcp.{n}.hosts.example.com.", record)
        zone.add("three.example.com.", f"MX 10 {n}.hosts.example.com.")
        zone.add("_xmpp-server._tcp.three.example.com.",
                 f"SRV 0 0 5269 {n}.hosts.example.com.")
    for n in "ac":
        zone.add("none.example.com.", f"MX 10 {n}.hosts.example.com.")
        zone.add("_xmpp-server._tcp.none.example.com.",
                 f"SRV 0 0 5269 {n}.hosts.example.com.")
    # whatever they match
    zone.add("d.hosts.example.com.", "A 127.0.0.1")
    for port in (25, 5269):
        zone.add(f"_{port}._tcp.d.hosts.example.com.",
                 dns.tlsa(pki.made["client"][0], usage=1))
    zone.add("usage-one.example.com.", "MX 10 d.hosts.example.com.")
    zone.add("_xmpp-server._tcp.usage-one.example.com.",
             "SRV 0 0 5269 d.hosts.example.com.")
    zone.add("outside.example.com.", "MX 10 www.plain.test.")
    zone.add("broken.example.com.", "MX 10 www.failing.test.")
    zone.add("refused.example.com.", "MX 0 .")


@pytest.fixture(scope="module")
def network_pool(tools, pki, names):
    p = harness.Pool(tools, pki, config=dns.settings(
        names, **{"dns.timeout": "20s"}))
    p.start()
    try:
        yield p
    finally:
        p.close()


# The name, the certificate, and the method that says yes, or a part of no.
OUTCOMES = {
    "ipv6-only": ("six.example.com", "self-signed", "dane", None),
    "ipv6-only-mismatch": ("six.example.com", "www", None,
                           "_443._tcp.six.example.com"),
    "ipv6-only-absent": ("six-bare.example.com", "self-signed", None,
                         "could vouch|issuer|self-signed"),
    "ipv6-only-cname": ("to-six.example.com", "self-signed", "dane", None),
    "ipv6-only-cname-own": ("to-six-bare.example.com", "self-signed", "dane",
                            None),
    "ipv6-only-insecure": ("six.plain.test", "www", None, "not one of"),
    "two-cnames": ("one.example.com", "self-signed", "dane", None),
    "cname-to-insecure": ("to-plain.example.com", "self-signed", "dane", None),
    "cname-over-insecure": ("over-plain.example.com", "self-signed", None,
                            "self-signed"),
    "cname-loop": ("loop.example.com", "self-signed", None, "."),
    "cname-to-nothing": ("to-nothing.example.com", "self-signed", "dane",
                         None),
    "record-cname": ("record.example.com", "self-signed", "dane", None),
    "record-cname-mismatch": ("record.example.com", "www", None,
                              "_443._tcp.record.example.com"),
    "record-cname-insecure": ("record-plain.example.com", "self-signed", None,
                              "self-signed"),
    "wildcard-cname": ("x.wild.example.com", "self-signed", "dane", None),
    "wildcard-cname-mismatch": ("x.wild.example.com", "www", None,
                                "_443._tcp.server.example.com"),
    "wildcard-host": ("b.cards.example.com", "self-signed", None,
                      "self-signed"),
    "wildcard-record": ("a.cards.example.com", "self-signed", "dane", None),
    "large": ("large.example.com", "self-signed", "dane", None),
    "large-mismatch": ("large-wrong.example.com", "self-signed", None,
                       "none of the 60 usable"),
    "no-such-name": ("nobody.example.com", "self-signed", None,
                     "self-signed"),
    "servfail": ("www.failing.test", "self-signed", None,
                 "is not answered|is bogus"),
    "insecure": ("www.plain.test", "self-signed", None, "self-signed"),
}


def check(result, method, sentence):
    if method is None:
        assert result.error == "EKEYREJECTED", result
        assert any(part in result.text for part in sentence.split("|")), result
        return
    assert result.ok, result
    assert result.fields["method"] == method


@pytest.mark.parametrize("case", OUTCOMES)
def test_name(network_pool, make_app, listener, pki, case):
    name, cert, method, sentence = OUTCOMES[case]
    result = tls.shake(make_app(network_pool, mode=("async",)), listener, pki,
                       name, cert)
    check(result, method, sentence)


# The name, the service, the port, and the method or a part of no.
SERVICES = {
    "mx": ("three.example.com", "smtp", 25, "dane", None),
    "mx-none": ("none.example.com", "smtp", 25, None, "hosts.example.com"),
    "srv": ("three.example.com", "xmpp-server", 5269, "dane", None),
    "srv-none": ("none.example.com", "xmpp-server", 5269, None,
                 "hosts.example.com"),
    "mx-usage-1": ("usage-one.example.com", "smtp", 25, None, "self-signed"),
    "srv-usage-1": ("usage-one.example.com", "xmpp-server", 5269, None,
                    "none of the 1 usable"),
    "mx-insecure": ("outside.example.com", "smtp", 25, None, "self-signed"),
    "mx-servfail": ("broken.example.com", "smtp", 25, None, "failing.test"),
    "mx-null": ("refused.example.com", "smtp", 25, None, "self-signed"),
    "mx-of-servfail": ("www.failing.test", "smtp", 25, None, "failing.test"),
}


@pytest.mark.parametrize("case", SERVICES)
def test_service(network_pool, make_app, listener, pki, case):
    name, service, port, method, sentence = SERVICES[case]
    result = tls.shake(make_app(network_pool, mode=("async",)), listener, pki,
                       name, "self-signed", port=port, service=service)
    check(result, method, sentence)


def test_over_ipv6(make_pool, make_app, names, listener, pki):
    """The resolver's own way may be one of IPv6; TCP, too."""
    p = make_pool(config=dns.settings(
        names, **{"dns.forward": f"::1@{names.port}"}))
    app = make_app(p, mode=("async",))
    for name in ("server.example.com", "six.example.com",
                 "large.example.com"):
        result = tls.shake(app, listener, pki, name, "self-signed")
        assert result.ok, (result, p.log_text())
        assert result.fields["method"] == "dane"


@pytest.fixture
def make_resolver():
    made = []

    def make(*args, **more):
        made.append(dns.Resolver(*args, **more))
        return made[-1]

    yield make
    for r in made:
        r.close()


def behind(resolver, names, **more):
    return dns.settings(names, **{
        "dns.forward": f"127.0.0.1@{resolver.port}", **more})


@pytest.mark.parametrize("validates", [True, False])
def test_behind_a_resolver(make_pool, make_app, make_resolver, names, listener,
                           pki, validates):
    """Whether it validates does not matter: the pool does it itself."""
    resolver = make_resolver(
        {".": names}, anchor=names.anchor(names.root) if validates else None)
    app = make_app(make_pool(config=behind(resolver, names)), mode=("async",))
    for name in ("server.example.com", "large.example.com", "one.example.com",
                 "a.cards.example.com", "x.wild.example.com"):
        check(tls.shake(app, listener, pki, name, "self-signed"), "dane", None)
    check(tls.shake(app, listener, pki, "www.failing.test", "www"),
          None, "is not answered|is bogus")
    check(tls.shake(app, listener, pki, "www.example.com", "www"),
          "pkix", None)


LIES = {
    # what it says of the record
    "record": 'local-data: "_443._tcp.server.example.com. IN {lie}"',
    "no-record": 'local-zone: "_443._tcp.server.example.com." always_nodata',
    "no-name": 'local-zone: "_443._tcp.server.example.com." always_nxdomain',
    # and of where the name leads
    "alias": 'local-zone: "server.example.com." redirect\n'
             '  local-data: "server.example.com. IN CNAME www.plain.test."',
    "no-zone": 'local-zone: "example.com." always_nodata',
    "refused": 'local-zone: "example.com." always_refuse',
}


@pytest.mark.parametrize("lie", LIES)
def test_behind_a_liar(make_pool, make_app, make_resolver, names, listener,
                       pki, lie):
    """Neither a record that it makes up, nor one that it hides."""
    text = LIES[lie].format(lie=dns.tlsa(pki.made["server"][0]))
    resolver = make_resolver({".": names}, more=f"  {text}\n")
    app = make_app(make_pool(config=behind(resolver, names)), mode=("async",))
    # it has a good chain for that name
    result = tls.shake(app, listener, pki, "server.example.com", "server")
    check(result, None, "is bogus|is not answered")


def test_one_zone_is_silent(make_pool, make_app, make_resolver, names,
                            listener, pki):
    """Who waits for one zone does not hold up the others, and goes on when it
    speaks again."""
    resolver = make_resolver({".": names, "slow.test.": names.slow})
    app = make_app(make_pool(config=behind(
        resolver, names, **{"dns.timeout": "60s"})), mode=("async",))
    names.slow.fall_silent()
    try:
        near, far = listener.connection()
        server = tls.Server(near, pki, cert="self-signed", ask=False)
        waiting = app.submit("client", far, sni="www.slow.test", port=PORT)
        for name in ("server.example.com", "six.example.com",
                     "one.example.com", "record.example.com",
                     "large.example.com", "x.wild.example.com",
                     "y.wild.example.com", "a.cards.example.com"):
            check(tls.shake(app, listener, pki, name, "self-signed"), "dane",
                  None)
        assert not waiting.done()
    finally:
        names.slow.speak_again()
    result = waiting.result(60 * harness.PATIENCE)
    check(result, "dane", None)
    server.result().close()


def test_many_names_are_silent(make_pool, make_app, names, listener, pki):
    """Those who wait for a zone that does not answer hold up nobody else, be
    they ever so many."""
    relay = dns.Tap(names, lost=".slow.test")
    app = make_app(make_pool(config=dns.settings(names, **{
        "dns.forward": f"127.0.0.1@{relay.port}", "dns.timeout": "60s"})),
        mode=("async",))
    servers, waiting = [], []
    try:
        for n in range(MANY):
            near, far = listener.connection()
            servers.append(tls.Server(near, pki, cert="self-signed",
                                      ask=False))
            waiting.append(app.submit("client", far, sni=f"w{n}.slow.test",
                                      port=PORT, timeout=60000))
        harness.wait_for("all questions to be lost",
                         lambda: relay.names_lost() >= MANY)
        for name in ("server.example.com", "six.example.com",
                     "one.example.com", "record.example.com",
                     "x.wild.example.com", "y.wild.example.com",
                     "a.cards.example.com"):
            check(tls.shake(app, listener, pki, name, "self-signed"), "dane",
                  None)
        assert not any(w.done() for w in waiting)
    finally:
        relay.close()


def test_many_strangers(make_pool, make_app, names, listener, pki):
    """Clients can claim names that are made to be slow: of one domain only so
    many questions are under way for them, and the rest of them is refused."""
    relay = dns.Tap(names, lost=".slow.test")
    for n in range(STRANGERS):
        pki.leaf(f"slow-{n}", dns=[f"c{n}.slow.test"], self_signed=True)
    p = make_pool(("server.example.com", "server"), config=dns.settings(names, **{
        "dns.forward": f"127.0.0.1@{relay.port}", "dns.timeout": "60s"}))
    app = make_app(p, mode=("async",))
    peers, waiting = [], []
    try:
        for n in range(STRANGERS):
            near, future = tls.serve(app, listener, name="server.example.com",
                                     timeout=60000)
            peers.append(tls.client(near, pki, cert=f"slow-{n}"))
            waiting.append(future)
        harness.wait_for("the rest to be refused", lambda: len(
            [w for w in waiting if w.done()]) >= STRANGERS - OF_DOMAIN)
        refused = [w for w in waiting if w.done()]
        assert len(refused) == STRANGERS - OF_DOMAIN
        for w in refused:
            check(w.result(0), None, "too many questions")
        # other clients, and servers
        near, future = tls.serve(app, listener, name="server.example.com")
        peer = tls.client(near, pki, cert="client")
        check(future.result(20 * harness.PATIENCE), "pkix", None)
        peer.close()
        check(tls.shake(app, listener, pki, "server.example.com",
                        "self-signed"), "dane", None)
    finally:
        relay.close()
        for peer in peers:
            peer.close()
