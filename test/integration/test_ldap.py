# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The TLS Pool authors
"""Peers that are known by what the directory of their domain holds."""
import re
import ssl
import threading
import time

import directory
import dns
import harness
import pytest
import tls
from cryptography import x509


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
    return make_pool(("server.example.com", "server"),
                     config={"cache.size": "0", **config})


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
    p.logged(f"name={name} method=ldap ")
    assert "STARTTLS" in s.log()
    assert "BIND" not in s.log()


def refused(result, *words):
    assert not result.ok
    assert result.error == "EKEYREJECTED", result
    for word in words:
        assert word in result.text, result


def test_domain(make_pool, make_app, make_dns, make_slapd, listener, pki):
    """A server whose name is that of the entry of a domain."""
    s = make_slapd(ldif(pki, domain="self-signed"))
    p = pool(make_pool, settings(make_dns(s.port)))
    app = make_app(p, mode=("async",))
    result = tls.shake(app, listener, pki, "example.com", "self-signed")
    assert result.ok, result
    p.logged("name=example.com method=ldap ")
    refused(tls.shake(app, listener, pki, "example.com", "server"),
            "dc=example,dc=com", "has another certificate")


def test_other_certificate(make_pool, make_app, make_dns, make_slapd,
                           listener, pki):
    """One more of the same name, from the same authority."""
    s = make_slapd(ldif(pki, anna="anna-rsa"))
    p = pool(make_pool, settings(make_dns(s.port), **{
        "trust.server-policy": "ldap pkix"}))
    refused(ask(p, make_app, listener, pki), "uid=anna,dc=example,dc=com",
            "has another certificate")
    assert ask(p, make_app, listener, pki, "anna-rsa").ok


def test_expired(make_pool, make_app, make_dns, make_slapd, listener, pki):
    """Directories keep what mail was once signed with."""
    s = make_slapd(ldif(pki, anna="anna-expired"))
    p = pool(make_pool, settings(make_dns(s.port)))
    result = ask(p, make_app, listener, pki, "anna-expired")
    assert result.error == "EKEYEXPIRED", result


@pytest.mark.parametrize("case", ["no-entry", "no-certificate"])
def test_cannot_speak(make_pool, make_app, make_dns, make_slapd, listener,
                      pki, case):
    """The next method decides, which knows the one and not the other."""
    text = directory.domain() if case == "no-entry" else ldif(pki, anna=None)
    s = make_slapd(text)
    p = pool(make_pool, settings(make_dns(s.port), **{
        "trust.server-policy": "ldap pkix"}))
    result = ask(p, make_app, listener, pki)
    assert result.ok, result
    p.logged("name=anna@example.com method=pkix ")
    assert "SRCH base=\"uid=anna,dc=example,dc=com\" scope=0" in s.log()
    refused(ask(p, make_app, listener, pki, "anna-self"))


def test_no_directory(make_pool, make_app, make_dns, listener, pki):
    """It is proved that there is none: that costs nothing."""
    p = pool(make_pool, settings(make_dns(1, srv=False), **{
        "trust.server-policy": "ldap pkix"}))
    assert ask(p, make_app, listener, pki).ok
    p.logged("method=pkix ")


def test_none(make_pool, make_app, make_dns, listener, pki):
    """The target of one dot says that there is none (RFC 2782)."""
    p = pool(make_pool, settings(make_dns(1, srv=False, more=[
        ("_ldap._tcp.example.com.", "SRV 0 0 0 .")]), **{
            "trust.server-policy": "ldap pkix"}))
    assert ask(p, make_app, listener, pki).ok


def test_insecure(make_pool, make_app, make_dns, make_slapd, listener, pki):
    """A record that is not signed names nobody, even were it right."""
    s = make_slapd(ldif(pki))
    p = pool(make_pool, settings(make_dns(s.port, zone="plain")))
    refused(ask(p, make_app, listener, pki), "no method of the policy")
    assert s.count("ACCEPT") == 1  # of the test itself


def test_bogus(make_pool, make_app, make_dns, make_slapd, listener, pki):
    """A forged record is a refusal, and does not choose the next method."""
    s = make_slapd(ldif(pki))

    def spoil(text):
        return text.replace(f"SRV\t10 0 {s.port}", f"SRV\t20 0 {s.port}")

    p = pool(make_pool, settings(make_dns(s.port, spoil=spoil), **{
        "trust.server-policy": "ldap pkix"}))
    refused(ask(p, make_app, listener, pki), "_ldap._tcp.example.com SRV",
            "bogus")
    assert s.count("ACCEPT") == 1


@pytest.mark.parametrize("ldaps,host,cert", [
    (False, "server.example.com", "server"),
    (True, "server.example.com", "server"),
    (False, "127.0.0.1", "localhost")])
def test_anchor(make_pool, make_app, make_dns, make_slapd, listener, pki,
                ldaps, host, cert):
    """No DNSSEC at all: the configuration says where, and who vouches."""
    s = make_slapd(ldif(pki), ldaps=ldaps, cert=cert)
    p = pool(make_pool, settings(make_dns(s.port), **{
        "dns.trust-anchor": "none",
        'trust "*@example.com".ldap': s.url(host),
        "ldap.anchors": pki.path("ca.pem")}))
    result = ask(p, make_app, listener, pki)
    assert result.ok, (result, p.log_text())
    p.logged("method=ldap ")
    p.logged("known by pkix")


# The host of the URL, the certificate of the directory, the one that its TLSA
# record has, its anchors, and what is said.
DIRECTORIES = {
    "tlsa-of-another": ("server.example.com", "server", "www", "ca.pem",
                        "certificate is refused"),
    "another-host": ("www.example.com", "server", None, "ca.pem",
                     "certificate is refused"),
    "another-authority": ("server.example.com", "unknown", None, "ca.pem",
                          "certificate is refused"),
    "expired": ("server.example.com", "expired", None, "ca.pem",
                "certificate is refused"),
    "revoked": ("server.example.com", "revoked", None, "ca.pem",
                "certificate is refused"),
    "nobody-vouches": ("server.example.com", "server", None, None,
                       "certificate is refused"),
    "no-tls": ("server.example.com", None, None, "ca.pem",
               "refuses StartTLS"),
    "no-address": ("nowhere.example.com", "server", None, "ca.pem",
                   "has no address"),
}


@pytest.mark.parametrize("case", DIRECTORIES)
def test_wrong_directory(make_pool, make_app, make_dns, make_slapd, listener,
                         pki, case):
    """It would say yes, had it shown that it is the one."""
    host, cert, record, anchors, text = DIRECTORIES[case]
    s = make_slapd(ldif(pki), cert=cert)
    names = make_dns(s.port, cert=record, srv=False,
                     more=[("www.example.com.", "A 127.0.0.1")])
    p = pool(make_pool, settings(names, **{
        "trust.ldap": s.url(host), "trust.server-policy": "ldap pkix",
        "ldap.anchors": pki.path(anchors) if anchors else "none"}))
    refused(ask(p, make_app, listener, pki), "could not be asked", text)
    assert "SRCH" not in s.log()


def test_local(make_pool, make_app, make_slapd, listener, pki):
    """A socket of this machine needs neither DNS nor TLS."""
    s = make_slapd(ldif(pki), cert=None)
    p = pool(make_pool, {"trust.server-policy": "ldap",
                         "trust.ldap": s.local_url()})
    result = ask(p, make_app, listener, pki)
    assert result.ok, (result, p.log_text())
    p.logged("on this machine")
    refused(ask(p, make_app, listener, pki, "anna-self"),
            "another certificate")
    s.stop()
    time.sleep(2.1)  # what was answered is forgotten
    refused(ask(p, make_app, listener, pki), "could not be asked")


def test_sandbox(make_pool, make_app, make_slapd, listener, pki):
    """A socket that was not configured at the start stays closed."""
    s = make_slapd(ldif(pki))
    config = {"trust.server-policy": "ldap", "ocsp.staple": "no"}
    p = pool(make_pool, config)
    for url in s.local_url(), s.url("127.0.0.1"):
        p.configure({**config, "trust.ldap": url})
        assert p.cli("reload").code == 0
        refused(ask(p, make_app, listener, pki), "restart")
    assert "role-died" not in p.log_text()
    assert s.count("ACCEPT") == 1


def test_reload(make_pool, make_app, make_dns, make_slapd, listener, pki):
    """Another directory, and other anchors, from the next question on."""
    first, second = make_slapd(ldif(pki)), make_slapd(ldif(pki, anna=None))
    names = make_dns(first.port)
    more = {"trust.ldap": first.url(), "ldap.anchors": pki.path("ca.pem")}
    p = pool(make_pool, settings(names, **more))
    assert ask(p, make_app, listener, pki).ok
    more["trust.ldap"] = second.url()
    p.configure(settings(names, **more))
    assert p.cli("reload").code == 0
    refused(ask(p, make_app, listener, pki), "no method of the policy")
    more["ldap.anchors"] = "none"
    p.configure(settings(names, **more))
    assert p.cli("reload").code == 0
    time.sleep(2.1)
    refused(ask(p, make_app, listener, pki), "certificate is refused")


def test_several_hosts(make_pool, make_app, make_dns, make_slapd, listener,
                       pki):
    """The first cannot be reached, the second is not the one, the third is
    asked."""
    wrong, s = make_slapd(ldif(pki), cert="www"), make_slapd(ldif(pki))
    names = make_dns(s.port, more=[
        ("_ldap._tcp.example.com.",
         f"SRV 1 0 {harness.free_port()} server.example.com."),
        ("_ldap._tcp.example.com.", f"SRV 2 0 {wrong.port} "
                                    "server.example.com.")])
    p = pool(make_pool, settings(names))
    result = ask(p, make_app, listener, pki)
    assert result.ok, (result, p.log_text())
    assert wrong.count("ACCEPT") == 2
    assert "SRCH" not in wrong.log()


def test_kept(make_pool, make_app, make_dns, make_slapd, listener, pki):
    """One connection serves many questions; when the directory has been
    restarted it is a stale one, and nobody notices."""
    s = make_slapd(ldif(pki))
    p = pool(make_pool, settings(make_dns(s.port)))
    assert ask(p, make_app, listener, pki).ok
    refused(ask(p, make_app, listener, pki, "client"))
    time.sleep(2.1)
    assert ask(p, make_app, listener, pki).ok
    assert s.count("ACCEPT") == 2
    assert s.count("SRCH base=\"uid=anna") == 2
    s.stop()
    s.start()
    time.sleep(2.1)
    assert ask(p, make_app, listener, pki).ok
    assert s.count("SRCH base=\"uid=anna") == 1


def waiting(p):
    text = p.cli("status", "--json").out
    return int(re.search(r'"waiting":\s*"?(\d+)', text).group(1))


def test_once(make_pool, make_app, make_dns, make_slapd, listener, pki):
    """Who asks for the same entry at the same moment has it asked once."""
    s = make_slapd(ldif(pki))
    p = pool(make_pool, settings(make_dns(s.port)))
    app = make_app(p)
    s.hang()
    pairs = [tls.serve(app, listener, name="server.example.com")
             for _ in range(8)]

    def shake(near):
        try:
            tls.outcome(tls.client(near, pki))
        except OSError:
            pass

    threads = [threading.Thread(target=shake, args=(near,), daemon=True)
               for near, _ in pairs]
    for t in threads:
        t.start()
    # Each of them is asked for once more when it is late.
    harness.wait_for("the questions", lambda: waiting(p) == 8)
    s.go_on()
    for _, future in pairs:
        result = future.result(30 * harness.PATIENCE)
        assert result.ok, result
        result.sock.close()
    assert s.count("SRCH base=\"uid=anna") == 1


def test_hung(make_pool, make_app, make_dns, make_slapd, listener, pki):
    """A directory that does not answer costs who asks it, and nobody else."""
    s = make_slapd(ldif(pki))
    names = make_dns(s.port)
    p = pool(make_pool, settings(names, **{
        "ldap.timeout": "1s", "trust.client-policy": "pkix"}))
    assert ask(p, make_app, listener, pki).ok
    time.sleep(2.1)
    s.hang()
    near, future = tls.serve(make_app(p, mode=("async",)), listener,
                             name="server.example.com")
    thread = threading.Thread(
        target=lambda: tls.refused(near, pki, cert="anna"), daemon=True)
    thread.start()
    app = make_app(p, mode=("async",))
    assert tls.shake(app, listener, pki, "server.example.com", "server").ok
    refused(future.result(30 * harness.PATIENCE), "could not be asked")
    s.go_on()
    time.sleep(2.1)  # so long it is remembered
    assert ask(p, make_app, listener, pki).ok


def huge(pki, number):
    """A certificate with 60,000 bytes of nothing in it."""
    return directory.der(pki.leaf(
        f"huge-{number}", mail=["anna@example.com"], extensions=[
            x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"),
                                       bytes(60000))]))


def test_huge(make_pool, make_app, make_dns, make_slapd, listener, pki):
    """More than an entry may have is not read to its end."""
    one = directory.der(pki.made["anna"][0])
    many = [one] + [directory.der(pki.made[leaf][0])
                    for leaf in ("www", "client", "localhost")]
    s = make_slapd(directory.domain() + directory.user("anna", *many))
    p = pool(make_pool, settings(make_dns(s.port)))
    assert ask(p, make_app, listener, pki).ok
    big = make_slapd(
        directory.domain() + directory.user("anna", one, *(
            huge(pki, i) for i in range(6))))
    names = make_dns(big.port)
    p = pool(make_pool, settings(names))
    refused(ask(p, make_app, listener, pki), "could not be asked")


def test_referral(make_pool, make_app, make_dns, make_slapd, listener, pki):
    """Nobody is followed elsewhere, and elsewhere is no answer."""
    other = make_slapd(ldif(pki))
    s = make_slapd(directory.domain() + directory.entry(
        f"uid=anna,{directory.SUFFIX}", ("referral", "extensibleObject"),
        ("uid: anna", f"ref: {other.url()}/uid=anna,{directory.SUFFIX}")))
    p = pool(make_pool, settings(make_dns(s.port), **{
        "trust.server-policy": "ldap pkix"}))
    refused(ask(p, make_app, listener, pki), "could not be asked",
            "Referral")
    assert other.count("ACCEPT") == 1


# LDAPMessage 1, ExtendedResponse of success.
STARTED = bytes.fromhex("300c02010178070a010004000400")


def flood(peer):
    peer.recv(1000)
    while True:
        peer.sendall(bytes.fromhex("3084") + b"\x7f\xff\xff\xff" * 1000)


def inject(peer):
    peer.recv(1000)
    peer.sendall(STARTED + b"\x30\x0c")
    peer.recv(1000)


def hang_up(peer):
    peer.recv(1000)


def say_no_tls(peer):
    peer.recv(1000)
    peer.sendall(STARTED)
    peer.recv(1000)
    peer.sendall(b"this is not TLS" * 10)
    peer.recv(1000)


def answer_search(peer):
    """As if it had been asked for the entry already."""
    peer.recv(1000)
    peer.sendall(bytes.fromhex("300c02010165070a010004000400"))
    peer.recv(1000)


FAKES = {
    "flood": (flood, "could not be asked"),
    "inject": (inject, "more behind its answer"),
    "hang-up": (hang_up, "closed the connection"),
    "no-tls": (say_no_tls, "TLS fails"),
    "another-answer": (answer_search, "could not be asked"),
}


@pytest.mark.parametrize("case", FAKES)
def test_hostile(make_pool, make_app, make_dns, listener, pki, case):
    """Who is on the way, before there is TLS."""
    play, text = FAKES[case]
    fake = directory.Fake(play)
    try:
        p = pool(make_pool, settings(make_dns(fake.port)))
        refused(ask(p, make_app, listener, pki), text)
        assert "role-died" not in p.log_text()
    finally:
        fake.close()


def test_steps(make_pool, make_dns, make_slapd, serve, pki):
    """What is explained: the answer of the DNS, the directory, the entry."""
    s = make_slapd(ldif(pki, domain="self-signed"))
    p = pool(make_pool, settings(make_dns(s.port)))
    done = p.cli("trust", "explain", "--json", "--at",
                 f"127.0.0.1:{serve('self-signed')}", "example.com")
    assert done.code == 0, done
    assert done.json()["method"] == "ldap"
    text = " ".join(step["what"] for step in done.json()["steps"])
    for step in ("_ldap._tcp.example.com SRV is secure",
                 f"ldap://server.example.com:{s.port} is asked for "
                 "dc=example,dc=com", "known by dane", "this is one"):
        assert step in text, text
