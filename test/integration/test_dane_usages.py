# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The TLS Pool authors
"""Every usage of TLSA and SMIMEA records, of servers, clients and users whose
certificates are wrong in one way each."""
import dns
import harness
import pytest
import tls
from pki import DAY, Issuer

PORT = 443
STATES = ("good", "no-match", "expired", "other-name")
KINDS = [(selector, matching) for selector in (0, 1)
         for matching in (0, 1, 2)]


@pytest.fixture(scope="module")
def papers(pki):
    """Leaves below the configured anchor, and below one of their own."""
    class Papers:
        root = Issuer("Own Root")
        own = Issuer("Own Intermediate", root)

    old = {"start": -30 * DAY, "end": -DAY}
    for name, issuer in (("public", pki.inter), ("own", Papers.own)):
        here = ["*.example.com"]
        pki.leaf(name + "-good", dns=here, issuer=issuer)
        pki.leaf(name + "-no-match", dns=here, issuer=issuer)
        pki.leaf(name + "-expired", dns=here, issuer=issuer, **old)
        pki.leaf(name + "-other-name", dns=["*.example.org"], issuer=issuer)
    # without what is above it
    pki.leaf("own-short", dns=["*.example.com"], issuer=Papers.own)
    pki.write("own-short.pem", tls.pem(pki.made["own-short"][0]))

    users = {"three": {"self_signed": True}, "two": {}, "root": {},
             "wrong": {}, "wrong-two": {}, "none": {}, "old-three": old,
             "old-two": old}
    for name, more in users.items():
        pki.leaf("u-" + name, mail=[name + "@example.com"],
                 **{"issuer": Papers.own, **more})
    clients = {"three": {"self_signed": True}, "two": {}, "wrong": {},
               "old-two": old}
    for name, more in clients.items():
        more = {"issuer": Papers.own, **more}
        pki.leaf("c-" + name, dns=[name + ".example.com"], **more)
        pki.leaf("d-" + name, dns=[name + "._device.example.com"], **more)
    pki.leaf("d-public", dns=["public._device.example.com"])
    return Papers


def host(zone, name, record):
    zone.add(f"{name}.example.com.", "A 127.0.0.1")
    zone.add(f"_{PORT}._tcp.{name}.example.com.", record)


def add_servers(zone, pki, papers):
    for usage in range(4):
        public = usage < 2
        kind = "public" if public else "own"
        for state in STATES:
            leaf = pki.made[f"{kind}-{state}"][0]
            about = leaf if usage in (1, 3) else (
                pki.inter if public else papers.own).cert
            if state == "no-match":
                about = pki.made["self-signed"][0] if about is leaf \
                    else pki.other.cert
            for selector, matching in KINDS:
                host(zone, f"{usage}{selector}{matching}-{state}",
                     dns.tlsa(about, usage, selector, matching))


# The record, of whom, the certificate, and whether it is the one.
ANCHORS = {
    "root-cert": (2, 0, 0, "root", "own-good", True),
    "root-key": (2, 1, 0, "root", "own-good", True),
    "root-digest": (2, 0, 1, "root", "own-good", False),
    "short-cert": (2, 0, 0, "own", "own-short", True),
    "short-key": (2, 1, 0, "own", "own-short", True),
    "short-digest": (2, 1, 1, "own", "own-short", False),
    "short-root": (2, 0, 0, "root", "own-short", False),
    "expired-key": (2, 1, 0, "root", "own-expired", False),
    "other-name-key": (2, 1, 0, "root", "own-other-name", False),
    "public-root": (0, 0, 0, "public", "public-good", True),
    "public-root-key": (0, 1, 2, "public", "public-good", True),
    "own-root": (0, 0, 0, "root", "own-good", False),
}


def add_clients(zone, pki, papers):
    def about(leaf, usage):
        return {0: pki.inter.cert, 2: papers.own.cert}.get(
            usage, pki.made[leaf][0])

    for name, usage in (("three", 3), ("two", 2), ("old-two", 2)):
        zone.add(f"{name}.example.com.",
                 dns.tlsa(about("c-" + name, usage), usage))
        zone.add(f"{name}._device.example.com.",
                 dns.tlsa(about("d-" + name, usage), usage))
    for name in ("wrong", "wrong._device"):
        zone.add(f"{name}.example.com.", dns.tlsa(pki.made["server"][0]))
    for name, usage in (("three", 3), ("two", 2), ("old-three", 3),
                        ("old-two", 2)):
        zone.add(dns.smimea_owner(name + "@example.com"), "SMIMEA" +
                 dns.tlsa(about("u-" + name, usage), usage)[4:])
    zone.add(dns.smimea_owner("root@example.com"),
             "SMIMEA" + dns.tlsa(papers.root.cert, 2, 0, 0)[4:])
    zone.add(dns.smimea_owner("wrong@example.com"),
             "SMIMEA" + dns.tlsa(pki.made["anna"][0])[4:])
    zone.add(dns.smimea_owner("wrong-two@example.com"),
             "SMIMEA" + dns.tlsa(pki.inter.cert, 2)[4:])


@pytest.fixture(scope="module")
def usages_pool(tools, pki, papers):
    server = dns.Server()
    p = None
    try:
        server.root = server.zone(".")
        zone = server.zone("example.com.")
        server.root.delegate(zone)
        add_servers(zone, pki, papers)
        certs = {"root": papers.root.cert, "own": papers.own.cert,
                 "public": pki.root.cert}
        for name, (usage, selector, matching, whose, _, _) in ANCHORS.items():
            host(zone, name,
                 dns.tlsa(certs[whose], usage, selector, matching))
        add_clients(zone, pki, papers)
        for z in server.zones:
            z.write()
        server.start()
        p = harness.Pool(tools, pki, config=dns.settings(server))
        p.start()
        p.add("server.example.com", "server")
        yield p
    finally:
        if p is not None:
            p.close()
        server.close()


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("usage", range(4))
def test_server(usages_pool, make_app, listener, pki, usage, state):
    app = make_app(usages_pool, mode=("async",))
    cert = ("public-" if usage < 2 else "own-") + state
    good = state == "good" or (usage == 3 and state != "no-match")
    for selector, matching in KINDS:
        name = f"{usage}{selector}{matching}-{state}.example.com"
        result = tls.shake(app, listener, pki, name, cert)
        assert result.ok == good, (name, result)
        if good:
            assert result.fields["method"] == "dane"
        elif state == "expired":
            assert result.error == "EKEYEXPIRED", result
        else:
            assert result.error == "EKEYREJECTED", result
        if state == "other-name" and not good:
            assert f"not one of {name}" in result.text


@pytest.mark.parametrize("case", ANCHORS)
def test_anchor(usages_pool, make_app, listener, pki, case):
    """Anchors that are not sent, whole in the DNS or not."""
    good = ANCHORS[case][5]
    result = tls.shake(make_app(usages_pool, mode=("async",)), listener, pki,
                       case + ".example.com", ANCHORS[case][4])
    assert result.ok == good, result
    if good:
        assert result.fields["method"] == "dane"


# The certificate, its name, or the error and a part of the sentence.
CLIENTS = {
    "u-three": ("three@example.com", None, None),
    "u-two": ("two@example.com", None, None),
    "u-root": ("root@example.com", None, None),
    "u-wrong": (None, "EKEYREJECTED", "._smimecert.example.com"),
    "u-wrong-two": (None, "EKEYREJECTED", "._smimecert.example.com"),
    "u-none": (None, "EKEYREJECTED", "issuer of"),
    "u-old-three": ("old-three@example.com", None, None),
    "u-old-two": (None, "EKEYEXPIRED", "expired"),
    "c-three": ("three.example.com", None, None),
    "c-two": ("two.example.com", None, None),
    "c-wrong": (None, "EKEYREJECTED", "at wrong.example.com"),
    "c-old-two": (None, "EKEYEXPIRED", "expired"),
    "d-three": ("three._device.example.com", None, None),
    "d-two": ("two._device.example.com", None, None),
    "d-wrong": (None, "EKEYREJECTED", "at wrong._device.example.com"),
    "d-old-two": (None, "EKEYEXPIRED", "expired"),
    "d-public": (None, "EKEYREJECTED", "only signed DNS"),
}


@pytest.mark.parametrize("version", tls.VERSIONS)
@pytest.mark.parametrize("cert", CLIENTS)
def test_client(usages_pool, make_app, listener, pki, cert, version):
    name, error, sentence = CLIENTS[cert]
    near, future = tls.serve(make_app(usages_pool), listener,
                             name="server.example.com")
    if name is None:
        tls.refused(near, pki, cert=cert, version=version)
        result = future.result(20)
        assert result.error == error, result
        assert sentence in result.text
        return
    peer = tls.client(near, pki, cert=cert, version=version)
    result = future.result(20)
    assert result.ok, result
    assert result.peer == name
    peer.close()
