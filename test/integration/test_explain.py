# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The TLS Pool authors
"""tlspool-cli trust explain: the evidence for and against a live server."""
import datetime
import json
import re
import subprocess

import dns
import harness
import pytest
import tls

NAME = "server.example.com"
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
        for child in (zone, plain, broken):
            root.delegate(child)
        good = pki.made["server"][0]
        for host, record in (
                ("server", dns.tlsa(good)),
                ("other", "TLSA 3 1 1 " + dns.flip(dns.digest(good))),
                ("unusable", "TLSA 9 1 1 " + dns.digest(good)),
                ("www", None)):
            zone.add(f"{host}.example.com.", "A 127.0.0.1")
            if record:
                zone.add(f"_{PORT}._tcp.{host}.example.com.", record)
        zone.add("_25._tcp.mx.example.com.", dns.tlsa(good))
        zone.add("mx.example.com.", "A 127.0.0.1")
        zone.add("mail.example.com.", "MX 10 mx.example.com.")
        plain.add("www.plain.test.", "A 127.0.0.1")
        broken.add("bogus.broken.test.", "A 127.0.0.1")
        broken.add(f"_{PORT}._tcp.bogus.broken.test.", dns.tlsa(good))
        for z in (root, zone, plain):
            z.write()
        broken.write(dns.spoil_record("_443._tcp.bogus.broken.test.", "TLSA"))
        server.start()
        server.root = root
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
        "trust.server-policy": "pin pkix",
    })
    p.start()
    try:
        p.add(NAME, "server")
        yield p
    finally:
        p.close()


def explain(pool, port, *args, name=NAME):
    done = pool.cli("trust", "explain", "--json", "--at",
                    f"127.0.0.1:{port}", *args, name)
    assert done.code in (0, 4), (done, pool.log_text())
    found = done.json()
    assert found["trusted"] == (done.code == 0)
    return found


def said(found, who):
    return [s["what"] for s in found["steps"] if s["who"] == who]


def openssl(pki, cert, *what):
    return subprocess.run(
        ["openssl", "x509", "-in", pki.path(cert + ".pem"), "-noout", *what],
        check=True, capture_output=True, text=True).stdout


def test_by_dane(dns_pool, serve, pki):
    """Everything that there is to say, against what openssl says of it."""
    found = explain(dns_pool, serve("server"))
    assert set(found) == {
        "name", "port", "service", "address", "trusted", "error", "reason",
        "peer", "method", "evidence", "until", "raw_key", "chain", "steps",
        "handshake"}
    assert found["name"] == found["peer"] == NAME
    assert found["port"] == "443" and found["method"] == "dane"
    assert found["error"] is None and found["reason"] is None
    assert re.fullmatch(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ", found["until"])
    assert found["raw_key"] is False
    assert found["handshake"] == {
        "established": True, "reason": None, "tls": "1.3",
        "cipher": found["handshake"]["cipher"]}
    leaf = found["chain"][0]
    assert set(leaf) == {
        "subject", "issuer", "names", "from", "until", "sha256"}
    assert leaf["sha256"] == dns.digest(pki.made["server"][0])
    assert NAME in leaf["names"]
    dates = openssl(pki, "server", "-dates", "-dateopt", "iso_8601")
    for key in ("from", "until"):
        assert leaf[key].replace("T", " ") in dates
    assert said(found, "policy")[0].endswith("asked: pin dane pkix")
    assert said(found, "pin") == [
        f"no key of {NAME} is pinned", "cannot speak"]
    answers = said(found, "dns")
    assert f"_443._tcp.{NAME} TLSA is secure" in answers
    assert f"_443._tcp.{NAME}. 300 IN TLSA 3 1 1 {leaf['sha256']}" in [
        re.sub(r"\. \d+ IN", ". 300 IN", a) for a in answers]
    # what the resolver knows has a time to live, and the verdict has it, too
    ttl = [int(re.search(r"\. (\d+) IN TLSA", a)[1]) for a in answers
           if " IN TLSA " in a]
    assert ttl[0] > 60
    until = datetime.datetime.fromisoformat(found["until"][:-1] + "+00:00")
    assert until > datetime.datetime.now(datetime.timezone.utc)
    assert said(found, "dane")[-1] == "says yes: " + found["evidence"]
    assert said(found, "pkix") == []
    assert said(found, "authorization")


# The name, the certificate, its method or None, and what must be said.
OUTCOMES = {
    "absent": ("www.example.com", "www", "pkix", [
        ("dns", "_443._tcp.www.example.com TLSA is securely absent"),
        ("dane", "cannot speak"), ("pkix", "tries the way .* <- "),
        ("pkix", "the certificate is one of www.example.com")]),
    "unsigned": ("www.plain.test", "www", None, [
        ("dns", "_443._tcp.www.plain.test TLSA is insecure"),
        ("pkix", "says no: the certificate is not one of www.plain.test")]),
    "bogus": ("bogus.broken.test", "server", None, [
        ("dns", "_443._tcp.bogus.broken.test TLSA is bogus: .+"),
        ("dane", "says no: .*bogus")]),
    "other-key": ("other.example.com", "server", None, [
        ("dane", "record 3 1 1 .* matches nothing that the peer showed"),
        ("dane", "says no: ")]),
    "unusable": ("unusable.example.com", "server", None, [
        ("dane", "record 9 1 1 .* is not used: its usage is unknown"),
        ("dane", "cannot speak")]),
    "expired": ("www.example.com", "expired", None, [
        ("pkix", "refuses it: .* has expired")]),
    "stranger": ("www.example.com", "self-signed", None, [
        ("pkix", "says no: .*")]),
}


@pytest.mark.parametrize("case", OUTCOMES)
def test_outcomes(dns_pool, serve, case):
    name, cert, method, wanted = OUTCOMES[case]
    found = explain(dns_pool, serve(cert), name=name)
    assert found["method"] == method, found
    assert len(found["chain"]) >= 1
    for who, what in wanted:
        assert any(re.match(what, s) for s in said(found, who)), (
            who, what, found)
    if method is None:
        assert found["error"] in ("EKEYREJECTED", "EKEYEXPIRED")
        assert found["reason"] and not found["handshake"]["established"]
        assert found["peer"] is None and found["until"] is None


def test_without_methods(make_pool, serve):
    p = make_pool(config={"trust.client-policy": "dane",
                          "trust.anchors": "none"})
    found = explain(p, serve("server"))
    assert said(found, "dane") == [
        "there is no trust anchor of DNSSEC", "cannot speak"]
    assert "no method of the policy (dane)" in found["reason"]


def test_by_pin(make_pool, serve, pki):
    p = make_pool()
    port = serve("server")
    key = dns.digest(pki.made["server"][0])
    wrong = dns.flip(key)
    assert p.cli("trust", "pin", NAME, "server", "sha256:" + wrong).code == 0
    found = explain(p, port)
    assert not found["trusted"]
    assert said(found, "pin")[0] == f"sha256:{wrong} is pinned by trust pin"
    assert p.cli("trust", "pin", NAME, "server", "sha256:" + key).code == 0
    found = explain(p, port)
    assert found["method"] == "pin"
    assert (f"sha256:{key} is pinned by trust pin, and is the peer's"
            in said(found, "pin"))


def test_remembers_nothing(make_pool, serve):
    """Looking at a server is no use of it."""
    p = make_pool(config={"trust.client-policy": "tofu"})
    found = explain(p, serve("server"))
    assert found["trusted"] and "not remembered" in found["evidence"]
    assert p.cli("trust", "list", "--json").json() == []


def test_not_from_the_cache(make_pool, make_app, serve):
    """What is known of a server explains nothing, and nothing is added."""
    p = make_pool()
    port = serve("server")
    explain(p, port)
    assert p.cli("cache", "list", "--json").json() == []
    app = make_app(p)
    result = app.client(harness.connect(port), sni=NAME)
    assert result.ok
    result.sock.close()
    harness.wait_for("a verdict to be kept", lambda: len(
        p.cli("cache", "list", "--json").json()) == 1)
    found = explain(p, port)
    assert found["trusted"]
    assert any(s.startswith("tries the way") for s in said(found, "pkix"))


def test_dns_anew(dns_pool, serve):
    """Nor does what the resolver knows count where that is wished for."""
    port = serve("server")
    for _ in range(2):
        found = explain(dns_pool, port, "--no-cache-read")
        assert found["method"] == "dane", found


def test_peer_section(make_pool, serve):
    p = make_pool(start=False)
    with open(p.conf, "a", encoding="ascii") as f:
        f.write('[trust "*.example.com"]\nclient-policy = pin\n')
    p.start()
    found = explain(p, serve("server"))
    assert said(found, "policy")[0].endswith(
        'asked: pin, as [trust "*.example.com"] has it')
    assert not found["trusted"]


def test_service(dns_pool, serve):
    """The hosts of a service are asked for, and looked at."""
    found = explain(dns_pool, serve("server"), "--service", "smtp",
                    name="mail.example.com:25")
    assert found["method"] == "dane" and found["service"] == "smtp"
    assert any(re.fullmatch(
        r"mail\.example\.com\. \d+ IN MX 10 mx\.example\.com\.", s)
        for s in said(found, "dns")), found
    assert found["port"] == "25"


def test_starttls(pool, listener, pki):
    cli = pool.popen_cli("trust", "explain", "--starttls", "pop3", "--at",
                         f"127.0.0.1:{listener.port}", NAME)
    try:
        sock = listener.accept()
        sock.sendall(b"+OK here\r\n")
        line = b""
        while b"STLS" not in line:
            line += sock.recv(100)
            if b"CAPA" in line:
                line = b""
                sock.sendall(b"+OK\r\nSTLS\r\n.\r\n")
        sock.sendall(b"+OK begin\r\n")
        tls.Server(sock, pki, ask=False)
        assert cli.wait() == 0, cli.text()
        text = cli.text()
        assert f"{NAME}, port 110, service pop3, at 127.0.0.1:" in text
        assert "verdict   trusted, by pkix" in text, text
    finally:
        cli.close()


@pytest.mark.parametrize("version", ["-tls1_2", "-tls1_3"])
def test_server_wants_a_certificate(pool, serve, pki, version):
    """The verdict is there, whatever the server thinks of us."""
    port = serve("server", version, "-Verify", "1", "-verify_return_error",
                 "-CAfile", pki.path("ca.pem"))
    found = explain(pool, port, "--no-cert")
    assert found["trusted"] and found["method"] == "pkix"
    assert (version == "-tls1_3") == found["handshake"]["established"]


def test_text(pool, serve, pki):
    done = pool.cli("trust", "explain", "--at",
                    f"127.0.0.1:{serve('server')}", NAME)
    assert done.code == 0, done
    assert re.search(
        "(?s)What it showed.*sha256:" + dns.digest(pki.made["server"][0])
        + r".*How it was judged\n  policy .*\n  pkix .*"
        r"verdict   trusted, by pkix\n", done.out), done.out
    done = pool.cli("trust", "explain", "--at",
                    f"127.0.0.1:{serve('expired')}", NAME)
    assert done.code == 4
    assert "verdict   not trusted\nreason    " in done.out, done.out


def test_nothing_found_out(pool, listener):
    """No verdict is no answer, and says so."""
    done = pool.cli("trust", "explain", "--at",
                    f"127.0.0.1:{harness.free_port()}", NAME)
    assert done.code == 1 and not done.out and done.err
    cli = pool.popen_cli("trust", "explain", "--at",
                         f"127.0.0.1:{listener.port}", NAME)
    try:
        sock = listener.accept()
        sock.sendall(b"220 no TLS here\r\n")
        assert cli.wait() == 1
        assert "there is no verdict" in cli.text()
        sock.close()
    finally:
        cli.close()


@pytest.mark.parametrize("args", [
    [], [NAME, NAME], ["127.0.0.1"], ["--at", "", NAME],
    ["--starttls", "gopher", NAME], [NAME + ":"]])
def test_usage(pool, args):
    done = pool.cli("trust", "explain", *args)
    assert done.code == 2 and done.err and not done.out


@pytest.mark.parametrize("cert, trusted", [
    ("anna", True), ("anna-expired", False)])
def test_of_a_client(pool, pki, cert, trusted):
    port = harness.free_port()
    server = pool.popen_cli("--json", "server", "--explain", "--name", NAME,
                            "--echo", "--once", str(port))
    try:
        server.expect(rb"listening")
        try:
            tls.client(harness.connect(port), pki, cert=cert).close()
        except OSError:
            assert not trusted
        server.wait()
        (found,) = [e for e in map(json.loads, server.text().splitlines())
                    if "steps" in e]
        assert found["trusted"] == trusted
        assert found["name"] is None and found["port"] is None
        assert any("of the client anna@example.com" in s
                   for s in said(found, "policy"))
    finally:
        server.close()
