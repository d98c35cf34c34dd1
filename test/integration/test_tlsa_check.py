# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The TLS Pool authors
"""tlspool-cli tlsa --check: what is published against what is served."""
import hashlib
import os
import re

import dns
import harness
import pytest
from cryptography import x509

PORT = 443
ANNA = hashlib.sha256(b"anna").hexdigest()[:56] + "._smimecert.example.com."


def authority(pki):
    """The intermediate that is sent along with the leaves."""
    end = b"-----END CERTIFICATE-----\n"
    with open(pki.path("server.pem"), "rb") as f:
        return x509.load_pem_x509_certificate(f.read().split(end)[1] + end)


@pytest.fixture(scope="module")
def names(pki):
    server = dns.Server()
    try:
        root = server.zone(".")
        zone = server.zone("example.com.")
        plain = server.zone("plain.test.", signed=False)
        broken = server.zone("broken.test.")
        for child in (zone, plain, broken):
            root.delegate(child)
        made = {name: pki.made[name][0] for name in (
            "server", "server-rsa", "anna", "anna-rsa", "client")}
        good, later = dns.tlsa(made["server"]), dns.tlsa(made["server-rsa"])
        for host, records in {
                "server": [good],
                "stale": [good, later],
                "wrong": [later],
                "unusable": [good, "TLSA 9 1 1 " + dns.digest(made["server"]),
                             "TLSA 3 1 1 00"],
                "only-unusable": ["TLSA 3 9 1 " + dns.digest(made["server"])],
                "weaker": [good, dns.tlsa(made["server"], matching=2)],
                "weaker-wrong": [good, dns.tlsa(made["server-rsa"],
                                                matching=2)],
                "authority": [dns.tlsa(authority(pki), usage=2)],
                "absent": [],
                "changing": [later],
        }.items():
            zone.add(f"{host}.example.com.", "A 127.0.0.1")
            for record in records:
                zone.add(f"_{PORT}._tcp.{host}.example.com.", record)
        zone.add("client.example.com.", dns.tlsa(made["client"]))
        zone.add("alias.example.com.", "CNAME server.example.com.")
        zone.add("far.example.com.", "CNAME www.plain.test.")
        zone.add(f"_{PORT}._tcp.far.example.com.", good)
        zone.add("own.example.com.", "CNAME absent.example.com.")
        zone.add(f"_{PORT}._tcp.own.example.com.", good)
        zone.add(ANNA, dns.tlsa(made["anna"]).replace("TLSA", "SMIMEA"))
        plain.add(f"_{PORT}._tcp.www.plain.test.", good)
        broken.add(f"_{PORT}._tcp.bogus.broken.test.", good)
        for z in (root, zone, plain):
            z.write()
        broken.write(dns.spoil_record("_443._tcp.bogus.broken.test.", "TLSA"))
        server.start()
        server.root = root
        server.example = zone
        server.broken = broken
        yield server
    finally:
        server.close()


@pytest.fixture(scope="module")
def dns_pool(tools, pki, names):
    p = harness.Pool(tools, pki, config={
        "dns.trust-anchor": names.anchor(names.root),
        "dns.forward": f"127.0.0.1@{names.port}",
        "dns.local-zones": "no",
        "trust.client-policy": "pin dane pkix",
    })
    p.start()
    try:
        p.add("client.example.com", "client")
        p.add("anna@example.com", "anna")
        yield p
    finally:
        p.close()


def check(pool, name, port=None, *args, code=0):
    where = [] if port is None else ["--at", f"127.0.0.1:{port}"]
    done = pool.cli("tlsa", "--check", "--json", *where, *args, name)
    assert done.code == code, (done, pool.log_text())
    found = done.json()
    assert set(found) == {"owner", "type", "dns", "why", "ttl", "records",
                          "served", "next", "trusted", "reason", "result"}
    assert found["result"] == {0: "ok", 1: "unknown", 4: "broken",
                               5: "untidy"}[code]
    return found


def states(found):
    return sorted((r["usage"], r["selector"], r["matching"], r["state"])
                  for r in found["records"])


# The host, the status, the state of the DNS, the states of the records, and
# whether the key that is served is covered.
HOSTS = {
    "server": (0, "secure", [(3, 1, 1, "matches")], True),
    "stale": (5, "secure", [(3, 1, 1, "matches"), (3, 1, 1, "stale")], True),
    "wrong": (4, "secure", [(3, 1, 1, "stale")], False),
    "unusable": (5, "secure", [(3, 1, 1, "matches"), (3, 1, 1, "unusable"),
                               (9, 1, 1, "unusable")], True),
    "only-unusable": (4, "secure", [(3, 9, 1, "unusable")], False),
    "weaker": (0, "secure", [(3, 1, 1, "weaker"), (3, 1, 2, "matches")],
               True),
    "weaker-wrong": (4, "secure", [(3, 1, 1, "weaker"), (3, 1, 2, "stale")],
                     False),
    "absent": (4, "absent", [], False),
    "www.plain.test": (4, "insecure", [(3, 1, 1, "insecure")], False),
    "none.plain.test": (4, "insecure", [], False),
    "bogus.broken.test": (4, "bogus", [], False),
}


@pytest.mark.parametrize("host", HOSTS)
def test_hosts(dns_pool, serve, pki, host):
    code, state, records, covered = HOSTS[host]
    name = host if "." in host else host + ".example.com"
    found = check(dns_pool, f"{name}:{PORT}", serve("server"), code=code)
    assert found["owner"] == f"_{PORT}._tcp.{name}"
    assert found["type"] == "TLSA" and found["dns"] == state
    assert states(found) == records
    assert found["served"] == [{
        "sha256": dns.digest(pki.made["server"][0]), "covered": covered}]
    assert found["next"] is None
    assert (found["why"] is not None) == (state == "bogus")
    for r in found["records"]:
        assert r["certificate"] == (1 if r["state"] == "matches" else None)
        assert r["why"]


def test_trusted(dns_pool, serve):
    port = serve("server")
    found = check(dns_pool, f"server.example.com:{PORT}", port)
    assert found["trusted"] is True and found["reason"] is None
    found = check(dns_pool, f"wrong.example.com:{PORT}", port, code=4)
    assert found["trusted"] is False and "none of" in found["reason"]


@pytest.mark.parametrize("host, owner", [
    ("alias", "server.example.com"), ("own", "own.example.com"),
    ("far", "far.example.com")])
def test_alias(dns_pool, serve, host, owner):
    """The records of an alias stand where it leads to, if it is proved and
    there are any there; as the policy has it, which trusts the server."""
    found = check(dns_pool, f"{host}.example.com:{PORT}", serve("server"))
    assert found["owner"] == f"_{PORT}._tcp.{owner}"
    assert found["trusted"] and states(found) == [(3, 1, 1, "matches")]


def test_authority(dns_pool, serve):
    """Of an authority there must be a way to it, with the right name."""
    name = f"authority.example.com:{PORT}"
    found = check(dns_pool, name, serve("server"), code=4)
    assert states(found) == [(2, 1, 1, "stale")]
    assert "authority.example.com" in found["records"][0]["why"]


def test_next(dns_pool, serve, pki):
    """The record of a roll-over is not stale; it may not be there yet."""
    port = serve("server")
    for path in ("server-rsa.pem", "server-rsa.key"):
        found = check(dns_pool, f"stale.example.com:{PORT}", port, "--next",
                      pki.path(path))
        assert states(found) == [(3, 1, 1, "matches"), (3, 1, 1, "next")]
        assert found["next"] == {"file": pki.path(path), "published": True}
    found = check(dns_pool, f"server.example.com:{PORT}", port, "--next",
                  pki.path("server-rsa.key"), code=4)
    assert found["next"]["published"] is False
    # the next one is served by now: both have a record, and one is old
    found = check(dns_pool, f"stale.example.com:{PORT}", serve("server-rsa"),
                  "--next", pki.path("server-rsa.key"), code=5)
    assert found["next"]["published"] is True
    done = dns_pool.cli("tlsa", "--check", "--next", "/nonexistent", "--at",
                        f"127.0.0.1:{port}", f"server.example.com:{PORT}")
    assert done.code == 1 and "No such file" in done.err and not done.out


def test_is_fresh(dns_pool, names, serve, pki):
    """What was asked a moment ago is asked again."""
    name, port = f"changing.example.com:{PORT}", serve("server")
    found = check(dns_pool, name, port, code=4)
    assert found["ttl"] > 60
    zone = names.example
    old = dns.tlsa(pki.made["server-rsa"][0])
    zone.lines = [
        line.replace(old, dns.tlsa(pki.made["server"][0]))
        if line.startswith(f"_{PORT}._tcp.changing.") else line
        for line in zone.lines]
    for z in names.zones:
        z.write(dns.spoil_record("_443._tcp.bogus.broken.test.", "TLSA")
                if z is names.broken else None)
    names.reload()
    found = check(dns_pool, name, port)
    assert states(found) == [(3, 1, 1, "matches")]


def test_other_keys(dns_pool, serve, pki):
    """Those that the pool shows to other clients count as well."""
    name, port = "server.example.com", harness.free_port()
    dns_pool.add(name, "server")
    server = dns_pool.popen_cli("server", "--name", name, "--no-client-cert",
                                "--echo", f"127.0.0.1:{port}")
    try:
        server.expect(rb"listening")
        found = check(dns_pool, f"{name}:{PORT}", port)
        assert len(found["served"]) == 1
        dns_pool.add(name, "server-rsa")
        found = check(dns_pool, f"{name}:{PORT}", port, code=4)
        covered = {s["sha256"]: s["covered"] for s in found["served"]}
        assert covered == {dns.digest(pki.made["server"][0]): True,
                           dns.digest(pki.made["server-rsa"][0]): False}
        # somebody else's server of that name
        found = check(dns_pool, f"{name}:{PORT}", serve("www"), code=4)
        assert len(found["served"]) == 1
    finally:
        server.close()
        dns_pool.cli("id", "remove", name)


def test_leaves_nothing(dns_pool):
    """Each question has a thread and descriptors, and takes them with it."""
    (pid,) = dns_pool.pids("verifier")

    def held():
        with open(f"/proc/{pid}/status", encoding="ascii") as f:
            threads = re.search(r"^Threads:\s*(\d+)", f.read(), re.M)[1]
        return int(threads), len(os.listdir(f"/proc/{pid}/fd"))

    check(dns_pool, "client.example.com")
    # the answer may be here before the end of what it came by
    threads, descriptors = held()
    for _ in range(20):
        check(dns_pool, "client.example.com")
    harness.wait_for("all of them to end", lambda: (
        held()[0] <= threads and held()[1] <= descriptors))


def test_client(dns_pool, pki):
    found = check(dns_pool, "client.example.com")
    assert found["owner"] == "client.example.com"
    assert states(found) == [(3, 1, 1, "matches")]
    assert found["trusted"] is None
    assert found["served"] == [{
        "sha256": dns.digest(pki.made["client"][0]), "covered": True}]


def test_user(dns_pool, pki):
    found = check(dns_pool, "anna@example.com")
    assert found["owner"] + "." == ANNA and found["type"] == "SMIMEA"
    assert states(found) == [(3, 1, 1, "matches")]
    # another key of hers that nothing is published for
    dns_pool.add("anna@example.com", "anna-rsa")
    try:
        found = check(dns_pool, "anna@example.com", code=4)
        covered = {s["sha256"]: s["covered"] for s in found["served"]}
        assert covered == {dns.digest(pki.made["anna"][0]): True,
                           dns.digest(pki.made["anna-rsa"][0]): False}
    finally:
        dns_pool.cli("id", "remove", "anna@example.com", "--key",
                     dns.digest(pki.made["anna-rsa"][0]))


def test_text(dns_pool, serve, pki):
    done = dns_pool.cli("tlsa", "--check", "--at",
                        f"127.0.0.1:{serve('server')}", "--next",
                        pki.path("server-rsa.key"),
                        f"stale.example.com:{PORT}")
    assert done.code == 0, done
    key = dns.digest(pki.made["server"][0])
    later = dns.digest(pki.made["server-rsa"][0])
    assert done.out.startswith("_443._tcp.stale.example.com. TLSA: secure\n")
    assert f"  matches   3 1 1 {key}\n            certificate 1\n" in done.out
    assert f"  next      3 1 1 {later}\n" in done.out
    assert f"served key sha256:{key}: a record is of it\n" in done.out
    assert "its record is published\n" in done.out
    assert done.out.endswith("result: ok\n")


def test_found_out_nothing(dns_pool, make_pool, names, serve):
    done = dns_pool.cli("tlsa", "--check", "--at",
                        f"127.0.0.1:{harness.free_port()}",
                        "server.example.com:443")
    assert done.code == 1 and not done.out and "connect" in done.err
    done = dns_pool.cli("tlsa", "--check", "nobody.example.com")
    assert done.code == 1 and not done.out and done.err
    p = make_pool()
    done = p.cli("tlsa", "--check", "--at", f"127.0.0.1:{serve('server')}",
                 "server.example.com:443")
    assert done.code == 1 and "no trust anchor of DNSSEC" in done.err
    p = make_pool(config={
        "dns.trust-anchor": names.anchor(names.root),
        "dns.forward": f"127.0.0.1@{harness.free_port()}",
        "dns.timeout": "2s"})
    done = p.cli("tlsa", "--check", "--at", f"127.0.0.1:{serve('server')}",
                 "server.example.com:443")
    assert done.code == 1 and re.search("not answered", done.out), done


@pytest.mark.parametrize("args", [
    ["--at", "127.0.0.1", "server.example.com:443"],
    ["--check", "--at", "127.0.0.1", "server.example.com"],
    ["--check", "--usage", "3", "server.example.com:443"],
    ["--check", "--proto", "udp", "server.example.com:443"],
    ["--check", "--starttls", "gopher", "server.example.com:443"],
    ["--check"]])
def test_usage(dns_pool, args):
    done = dns_pool.cli("tlsa", *args)
    assert done.code == 2 and done.err and not done.out
