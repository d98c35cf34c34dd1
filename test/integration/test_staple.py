# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The TLS Pool authors
"""What the pool, as a server, staples: fetched, kept, renewed, and never in
the way of a handshake."""
import os
import re

import dns
import harness
import ocsp
import peers
import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

VERSIONS = ["1.2", "1.3"]
NAME = "stapled.example.com"


class Stapled:
    """An identity of a pool whose certificate names a responder."""

    count = 0

    def __init__(self, pki, folder, behave=None, host="127.0.0.1",
                 extensions=()):
        Stapled.count += 1
        self.leaf = f"stapled-{Stapled.count}"
        self.responder = ocsp.Responder(behave)
        self.cert = pki.leaf(
            self.leaf, dns=[NAME],
            extensions=[ocsp.names(self.responder.url(host=host)),
                        *extensions])
        self.authority = ocsp.Authority(pki.inter, str(folder))
        self.authority.say(self.cert)
        if behave is None:
            self.responder.behave = ocsp.honest(self.authority)


@pytest.fixture
def stapled(pki, folder):
    made = []

    def make(*args, **more):
        made.append(Stapled(pki, folder, *args, **more))
        return made[-1]

    yield make
    for s in made:
        s.responder.close()


@pytest.fixture
def shake(make_app, listener, run, pki):
    """Shakes hands with a pool by openssl s_client; returns what it said of
    the answer of OCSP, and all of it."""

    def do(pool, version="1.3", app=None):
        app = app or make_app(pool)
        client = run(
            "openssl", "s_client", "-connect", f"127.0.0.1:{listener.port}",
            "-CAfile", pki.path("ca.pem"), "-servername", NAME,
            "-verify_hostname", NAME, "-verify_return_error", "-status",
            "-tls" + version.replace(".", "_"))
        result = app.submit(
            "server", listener.accept(), name=NAME,
            flags=harness.NO_REMOTE_CERT).result(20)
        assert result.ok, result
        result.sock.close()
        client.expect(rb"Verify return code: 0 \(ok\)")
        client.wait()
        text = client.text()
        client.close()
        assert "OCSP response:" in text
        return text

    return do


def revoked(text):
    return "Cert Status: revoked" in text


def good(text):
    return "Cert Status: good" in text


def wait_for_staple(shake, pool, wanted=good, **more):
    return harness.wait_for(
        "an answer to be stapled",
        lambda: (lambda t: wanted(t) and t)(shake(pool, **more)), 20)


@pytest.mark.parametrize("version", VERSIONS)
def test_staples(make_pool, stapled, shake, version):
    """The first handshake goes without; then there is one."""
    s = stapled()
    pool = make_pool((NAME, s.leaf))
    assert "no response sent" in shake(pool, version)
    text = wait_for_staple(shake, pool, version=version)
    assert "OCSP Response Status: successful" in text
    assert len(s.responder.requests) == 1
    path, host, _ = s.responder.requests[0]
    assert path == "/ocsp"
    assert host == f"127.0.0.1:{s.responder.port}"


@pytest.mark.parametrize("version", VERSIONS)
def test_gnutls_client(make_pool, stapled, shake, make_app, listener, run,
                       pki, version, tmp_path):
    """Another reader of what is stapled, which keeps it."""
    s = stapled()
    pool = make_pool((NAME, s.leaf))
    wait_for_staple(shake, pool)
    client = run(
        "gnutls-cli", "--port", listener.port, "127.0.0.1", "--x509cafile",
        pki.path("ca.pem"), "--sni-hostname", NAME, "--verify-hostname",
        NAME, "--save-ocsp", tmp_path / "answer", "--priority",
        "NORMAL:-VERS-ALL:+VERS-TLS" + version)
    result = make_app(pool).submit(
        "server", listener.accept(), name=NAME,
        flags=harness.NO_REMOTE_CERT).result(20)
    assert result.ok, result
    client.expect(rb"Status: The certificate is trusted")
    client.expect(rb"Handshake was completed")
    result.sock.close()
    client.wait()
    text = run("openssl", "ocsp", "-respin", tmp_path / "answer",
               "-noverify", "-text")
    text.expect(rb"Cert Status: good")


def timed(s, life, **more):
    """Answers that live for so many seconds."""

    def behave(handler, _):
        handler.reply(ocsp.timed_answer(
            s.authority.issuer, s.cert, -1, life, **more))

    return behave


def unknown_to(s):
    s.authority.say(s.cert, None)
    return ocsp.honest(s.authority)


def of_another(s):
    def behave(handler, _):
        other = x509.load_pem_x509_certificate(
            open(s.authority.path("issuer.pem"), "rb").read())
        handler.reply(ocsp.timed_answer(s.authority.issuer, other, -1, 600))
    return behave


def forged(s):
    forger = ocsp.authorities.Issuer("Test Intermediate")
    return timed(s, 600, signer=forger)


# What the responder does: what the log says of it.
MISBEHAVIOUR = {
    "500": (lambda s: ocsp.says(b"sorry", 500), "answered 500"),
    "404": (lambda s: ocsp.says(b"nothing here", 404), "answered 404"),
    "empty": (lambda s: ocsp.says(b""), "is malformed"),
    "garbage": (lambda s: ocsp.says(b"\x30\x82garbage" * 50), "is malformed"),
    "expired": (lambda s: timed(s, 0), "is out of date"),
    "of another": (of_another, "is about other certificates"),
    "forged": (forged, "is signed by nobody who may"),
    "unknown": (unknown_to, "says that the certificate is unknown"),
    "tryLater": (lambda s: ocsp.says(b"\x30\x03\x0a\x01\x03"),
                 "says that the responder could not answer"),
    "silent": (lambda s: ocsp.silent, "did not answer"),
    "dripping": (lambda s: ocsp.dripping, "did not answer"),
    "endless": (lambda s: ocsp.endless, "sent more than is taken"),
    "endless headers": (lambda s: ocsp.endless_headers,
                        "sent more than is taken"),
    "no HTTP": (lambda s: ocsp.not_http, "did not answer"),
    "hangs up": (lambda s: ocsp.hangs_up, "did not answer"),
}


def reload(pool):
    done = pool.cli("reload")
    assert done.code == 0, done


@pytest.mark.parametrize("kind", MISBEHAVIOUR)
def test_misbehaviour(make_pool, stapled, shake, kind):
    """It is logged, and costs the service nothing; and when the responder
    mends its ways, there is an answer."""
    s = stapled(behave=ocsp.silent)
    s.responder.behave, text = MISBEHAVIOUR[kind]
    s.responder.behave = s.responder.behave(s)
    pool = make_pool((NAME, s.leaf), config={"ocsp.timeout": "1s"})
    assert "no response sent" in shake(pool)
    pool.logged("staple-failed")
    pool.logged(text)
    pool.logged("nothing is stapled")
    assert "no response sent" in shake(pool)
    s.responder.behave = timed(s, 600)
    reload(pool)
    wait_for_staple(shake, pool)


def test_redirect(make_pool, stapled, shake):
    """Is not followed, not even to where the right answer is."""
    s = stapled()
    honest = s.responder.behave
    s.responder.behave = lambda handler, request: (
        honest(handler, request) if handler.path == "/else"
        else handler.reply(b"", 302, Location=s.responder.url("/else")))
    pool = make_pool((NAME, s.leaf))
    shake(pool)
    pool.logged("answered 302")
    assert [r[0] for r in s.responder.requests] == ["/ocsp"]
    assert "no response sent" in shake(pool)


def test_nobody_there(make_pool, stapled, shake):
    s = stapled()
    s.responder.close()
    pool = make_pool((NAME, s.leaf))
    assert "no response sent" in shake(pool)
    pool.logged("staple-failed")
    assert "no response sent" in shake(pool)


def test_bad_does_not_replace_good(make_pool, stapled, shake):
    """The good one is shown until its end, and not longer."""
    s = stapled()
    s.responder.behave = timed(s, 12 * harness.PATIENCE)
    pool = make_pool((NAME, s.leaf))
    wait_for_staple(shake, pool)
    s.responder.behave = forged(s)
    pool.logged("nobody who may")
    pool.logged("the answer before stays")
    assert good(shake(pool))
    wait_for_staple(shake, pool, lambda t: "no response sent" in t)


def test_renewal(make_pool, make_app, stapled, shake):
    """At the half of its life; what is newer is used from then on, by
    credentials that are in use, and no session notices."""
    s = stapled()
    s.responder.behave = timed(s, 6)
    pool = make_pool((NAME, s.leaf))
    app = make_app(pool)
    first = wait_for_staple(shake, pool, app=app)

    def update(text):
        return re.search(r"This Update: (.*)", text).group(1)

    wait_for_staple(
        shake, pool, lambda t: good(t) and update(t) != update(first),
        app=app)
    harness.wait_for("a third question",
                     lambda: len(s.responder.requests) >= 3, 20)
    assert "staple-failed" not in pool.log_text()


def test_kept(make_pool, stapled, shake):
    """The first handshake of the next pool has it, though nobody is there
    to be asked any more."""
    s = stapled(extensions=[ocsp.MUST_STAPLE])
    pool = make_pool((NAME, s.leaf))
    wait_for_staple(shake, pool)
    pool.stop()
    s.responder.close()
    pool.start()
    assert good(shake(pool))
    assert len(s.responder.requests) == 1


@pytest.mark.parametrize("how", ["noise", "cut", "empty", "renamed"])
def test_kept_and_spoilt(make_pool, stapled, shake, how):
    """A file that is not what was written is as good as none."""
    s = stapled()
    pool = make_pool((NAME, s.leaf))
    wait_for_staple(shake, pool)
    pool.stop()
    folder = os.path.join(pool.dir, "state", "verifier", "ocsp")
    (name,) = os.listdir(folder)
    path = os.path.join(folder, name)
    with open(path, "rb") as f:
        data = f.read()
    changed = {"noise": os.urandom(len(data)), "cut": data[:-1],
               "empty": b"", "renamed": data}[how]
    with open(path, "wb") as f:
        f.write(changed)
    if how == "renamed":
        os.rename(path, os.path.join(folder, "0" * 64))
    pool.start()
    wait_for_staple(shake, pool)
    assert os.listdir(folder) == [name]
    assert len(s.responder.requests) == 2


def test_processes_replaced(make_pool, stapled, shake):
    """A worker, and a verifier, that begin in the midst of it."""
    s = stapled()
    pool = make_pool((NAME, s.leaf), config={"daemon.workers": "1"})
    wait_for_staple(shake, pool)
    for role in "worker", "verifier", "keeper", "verifier":
        (old,) = pool.pids(role)
        os.kill(old, 9)
        harness.wait_for(
            "another to be there",
            lambda: pool.pids(role) not in ([old], [])  # noqa: B023
            and pool.cli("status").code == 0, 20)
        pool.expect_trouble = True
        wait_for_staple(shake, pool)
    assert len(s.responder.requests) == 1


def test_revoked(make_pool, stapled, shake, pki, make_app, listener, run):
    """It is the truth: peers are told, and the log is loud."""
    s = stapled()
    s.responder.behave = timed(s, 600, revoked=True)
    pool = make_pool((NAME, s.leaf))
    wait_for_staple(shake, pool, revoked)
    pool.logged("staple-revoked")


def test_appointed_responder(make_pool, stapled, shake, pki):
    s = stapled()
    pki.leaf("signer", usage=[ExtendedKeyUsageOID.OCSP_SIGNING])
    a = ocsp.Authority(pki.inter, s.authority.dir, pki.made["signer"])
    a.say(s.cert)
    s.responder.behave = ocsp.honest(a)
    pool = make_pool((NAME, s.leaf))
    wait_for_staple(shake, pool)


def test_off(make_pool, stapled, shake):
    s = stapled()
    pool = make_pool((NAME, s.leaf), config={"ocsp.staple": "no"})
    for _ in range(5):
        assert "no response sent" in shake(pool)
    assert s.responder.requests == []


def test_by_name(make_pool, stapled, shake):
    """Where the host is a name, the resolver of the pool finds it, signed or
    not, and with no trust anchor at all."""
    server = dns.Server()
    try:
        root = server.zone(".", signed=False)
        root.add("ocsp.test.", "A 127.0.0.1")
        root.add("six.test.", "AAAA ::1")
        root.write()
        server.start()
        config = {"dns.forward": f"127.0.0.1@{server.port}",
                  "dns.local-zones": "no"}
        s = stapled(host="OCSP.test")
        pool = make_pool((NAME, s.leaf), config=config)
        shake(pool)
        wait_for_staple(shake, pool)
        assert s.responder.requests[0][1] == f"ocsp.test:{s.responder.port}"
        pool.stop()
        # Where there is no such name, and where nobody listens at it.
        for host, why in (("none.test", "no address"),
                          ("six.test", "did not answer")):
            s = stapled(host=host)
            pool = make_pool((NAME, s.leaf), config=config)
            assert "no response sent" in shake(pool)
            harness.wait_for("the failure to be logged",
                             lambda: why in pool.log_text(),  # noqa: B023
                             20)
            assert s.responder.requests == []
    finally:
        server.close()


def test_many_of_one_that_hangs(make_pool, stapled, shake, pki):
    """They hold up none but themselves."""
    silent = ocsp.Responder(ocsp.silent)
    s = stapled()
    pool = make_pool(config={"ocsp.timeout": "10min"})
    try:
        for i in range(12):
            pki.leaf(f"hung-{i}", dns=[NAME],
                     extensions=[ocsp.names(silent.url())])
            pool.add(NAME, f"hung-{i}")
            shake(pool)
            done = pool.cli("id", "remove", NAME)
            assert done.code == 0, done
        pool.add(NAME, s.leaf)
        shake(pool)
        wait_for_staple(shake, pool)
        assert len(silent.requests) == 2
    finally:
        silent.close()


def test_shown(make_pool, stapled, shake):
    """An administrator sees how stapling stands."""
    s = stapled(behave=ocsp.says(b"", 503))
    pool = make_pool((NAME, s.leaf), ("server.example.com", "server"))

    def show(name=NAME):
        done = pool.cli("--json", "id", "show", name)
        assert done.code == 0, done
        return done.json()[0]

    def counters():
        done = pool.cli("--json", "status")
        return next(p for p in done.json()
                    if p["process"] == "verifier")["counters"]

    assert show()["staple"] == "none"
    assert show()["staple_responder"] is None
    assert counters()["staples"] == 0
    shake(pool)
    harness.wait_for("the failure to be shown",
                     lambda: show()["staple_trouble"], 20)
    assert show()["staple_trouble"] == "answered 503"
    assert show()["staple_next"] is not None
    assert "answered 503" in pool.cli("id", "show", NAME).out
    s.responder.behave = timed(s, 600)
    reload(pool)
    wait_for_staple(shake, pool)
    row = show()
    assert row["staple"] == "good"
    assert row["staple_trouble"] is None
    assert row["staple_responder"] == s.responder.url()
    assert row["staple_fetched"] < row["staple_next"] < row["staple_until"]
    text = pool.cli("id", "show", NAME).out
    assert "stapled OCSP" in text and "good until" in text
    assert "OCSP" not in pool.cli("id", "show", "server.example.com").out
    assert counters()["staples-fresh"] == counters()["staples"] == 1
    assert counters()["staples-fetched"] == 1
    assert counters()["staples-failed"] >= 1
