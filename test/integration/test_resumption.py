# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The TLS Pool authors
"""Sessions that are resumed, and those that must not be: as a server, with
OpenSSL and GnuTLS as clients, and as a client of OpenSSL's server."""
import os
import signal
import socket
import ssl
import threading
import time

import harness
import peers
import pytest
import tls

NAME = "server.example.com"
OTHER = "www.example.com"
ANYBODY = harness.NO_REMOTE_CERT
ASKED = harness.OPTIONAL_REMOTE_CERT
NO_CACHE = harness.NO_CACHE_READ | harness.NO_CACHE_WRITE
both = pytest.mark.parametrize("version", tls.VERSIONS)


class Client:
    """OpenSSL with the sessions that it was given."""

    def __init__(self, listener, pki, version, cert=None):
        self.listener = listener
        self.context = tls.context(pki, cert=cert, version=version)
        self.context.check_hostname = False

    def shake(self, app, session=None, name=NAME, sni=NAME, **args):
        """(was it resumed?, the session that came of it, the Result)"""
        args.setdefault("flags", ANYBODY)
        near, far = self.listener.connection()
        near.settimeout(15 * harness.PATIENCE)
        future = app.submit("server", far, name=name, **args)
        peer = self.context.wrap_socket(
            near, server_hostname=sni, session=session)
        result = future.result(20 * harness.PATIENCE)
        assert result.ok, result
        # TLS 1.3: the ticket stands in front of the first bytes.
        result.sock.sendall(b"hello")
        assert harness.read_all(peer, 5) == b"hello"
        peer.sendall(b"there")
        assert harness.read_all(result.sock, 5) == b"there"
        session, reused = peer.session, peer.session_reused
        peer.close()
        result.sock.close()
        return reused, session, result

    def refused(self, app, session, **args):
        """A handshake that fails, on our side or on theirs: the Result."""
        near, far = self.listener.connection()
        near.settimeout(15 * harness.PATIENCE)
        future = app.submit("server", far, name=NAME, **args)
        try:
            peer = self.context.wrap_socket(
                near, server_hostname=NAME, session=session)
            tls.outcome(peer)
            peer.close()
        except OSError:
            near.close()
        result = future.result(20 * harness.PATIENCE)
        assert not result.ok
        return result


@pytest.fixture
def client(listener, pki):
    def make(version, cert=None):
        return Client(listener, pki, version, cert)

    return make


@both
def test_resumes(client, app, version):
    """With either worker, and again with the ticket of the one before."""
    c = client(version)
    reused, session, _ = c.shake(app)
    assert not reused and session.has_ticket
    for _ in range(6):
        reused, session, _ = c.shake(app, session)
        assert reused


@both
def test_is_told(client, make_app, pool, version):
    app = make_app(pool, mode=("async",))
    c = client(version)
    _, session, result = c.shake(app)
    assert result.fields["resumed"] == "0"
    _, _, result = c.shake(app, session)
    assert result.fields["resumed"] == "1"
    assert result.fields["local"] == result.fields["sni"] == NAME


@both
@pytest.mark.parametrize("change", [
    {"sni": OTHER, "name": None},
    {"sni": OTHER, "name": OTHER},
    {"flags": ASKED},
    {"flags": ANYBODY | harness.SKIP_AUTHORIZATION},
    {"flags": ANYBODY | harness.NO_CACHE_READ},
    {"flags": ANYBODY | harness.NO_CACHE_WRITE},
], ids=str)
def test_not_elsewhere(client, app, version, change):
    """Another name, or other demands on the client: a full handshake."""
    c = client(version)
    _, session, _ = c.shake(app)
    reused, _, result = c.shake(app, session, **change)
    assert not reused and result.peer == ""
    assert c.shake(app, session)[0]  # and it is still good where it was


@both
@pytest.mark.parametrize("flag", [harness.NO_CACHE_READ,
                                  harness.NO_CACHE_WRITE])
def test_leaves_nothing(client, app, version, flag):
    c = client(version)
    _, session, _ = c.shake(app, flags=ANYBODY | flag)
    assert not session.has_ticket
    assert not c.shake(app, session, flags=ANYBODY | flag)[0]


@both
@pytest.mark.skipif(os.geteuid() != 0, reason="needs other users")
def test_not_with_other_users(client, make_app, make_pool, version):
    pool = make_pool((NAME, "server"),
                     acl=f"allow server {NAME} anyone\n")
    apps = [make_app(pool, as_user=["--reuid", uid, "--regid", uid,
                                    "--clear-groups"])
            for uid in ("12345", "12346")]
    c = client(version)
    _, session, _ = c.shake(apps[0])
    assert c.shake(apps[0], session)[0]
    assert not c.shake(apps[1], session)[0]


@both
def test_asks_the_application(client, app, version):
    """May I be this name?  Asked again, and the no ends it."""
    c = client(version)
    _, session, _ = c.shake(app, checksni=f"only:{NAME}")
    reused, session, result = c.shake(app, session, checksni=f"only:{NAME}")
    assert reused and result.asked == [NAME]
    assert c.refused(app, session, checksni=f"only:{OTHER}",
                     flags=ANYBODY).error == "EACCES"


@both
def test_asks_the_acl(client, make_app, make_pool, version):
    pool = make_pool((NAME, "server"), acl=f"allow server {NAME} anyone\n")
    app = make_app(pool)
    c = client(version)
    _, session, _ = c.shake(app)
    assert c.shake(app, session)[0]
    pool.write(pool.acl, f"deny server {NAME} anyone\n")
    assert pool.cli("reload").code == 0
    assert c.refused(app, session, flags=ANYBODY).error == "EACCES"


@both
def test_does_not_ask_twice(client, make_app, make_pool, version):
    """What the keeper has said a moment ago is not asked for again."""
    pool = make_pool((NAME, "server"))
    app = make_app(pool)
    c = client(version)

    def answers():
        rows = {r["process"]: r for r in pool.cli("--json", "status").json()}
        return int(rows["keeper"]["counters"]["credentials"])

    before, session = answers(), None
    for _ in range(20):
        _, session, result = c.shake(app, session)
        assert result.ok
    assert before < answers() < before + 20


@both
@pytest.mark.parametrize("flags", [0, ASKED])
def test_client_keeps_its_name(client, app, pool, version, flags):
    """The name is found anew from the chain in the ticket."""
    c = client(version, cert="anna")
    reused, session, result = c.shake(app, flags=flags)
    assert not reused and result.peer == "anna@example.com"
    for _ in range(3):
        reused, session, result = c.shake(app, session, flags=flags)
        assert reused and result.peer == "anna@example.com"


@both
def test_client_without_a_name_has_none(client, app, version):
    c = client(version)
    _, session, _ = c.shake(app, flags=ASKED)
    reused, _, result = c.shake(app, session, flags=ASKED)
    assert reused and result.peer == ""
    # where a name is demanded that ticket is good for nothing
    assert c.refused(app, session).error == "EKEYREJECTED"


@both
@pytest.mark.parametrize("name,reused,peer", [
    (NAME, True, "anna@example.com"), (OTHER, False, "")])
def test_under_another_identity(app, pool, listener, run, pki, folder, version,
                                name, reused, peer):
    """The session of a client that was known is worth nothing elsewhere,
    though all of its secrets are there."""
    flag = "-tls" + version.replace(".", "_")
    path = str(folder / "session")

    def shake(name, *args, **more):
        c = peers.openssl_client(run, pki, listener.port, flag, *args,
                                 name=name, **more)
        result = app.server(listener.accept(), name=name, flags=ASKED)
        assert result.ok, (result, c.text())
        c.expect(rb"Protocol version")
        result.sock.sendall(b"hello")
        c.expect(rb"hello")
        c.end_input()
        c.wait()
        return result.peer, c.text()

    assert shake(NAME, "-sess_out", path, cert="anna")[0] == peer or not peer
    assert shake(name, "-sess_in", path)[0] == peer
    lines = [line for line in pool.log_text().splitlines() if "session-established" in line]
    assert f"resumed={'yes' if reused else 'no'}" in lines[-1]


@both
def test_gnutls(app, listener, run, pki, version):
    """gnutls-cli connects, resumes, and says so."""
    c = peers.gnutls_client(
        run, pki, listener.port, "--resume", "--priority",
        f"NORMAL:-VERS-ALL:+VERS-TLS{version}")
    for _ in range(2):
        result = app.server(listener.accept(), name=NAME, flags=ANYBODY)
        assert result.ok, (result, c.text())
        result.sock.sendall(b"hello")
        if _ == 0:
            assert result.sock.recv(1) == b""  # it comes back
            result.sock.close()
    c.expect(rb"This is a resumed session")


@both
def test_trust_is_asked_again(client, make_app, make_pool, pki, version):
    """A client that is not trusted any more does not come back."""
    pool = make_pool((NAME, "server"))
    app = make_app(pool)
    c = client(version, cert="anna")
    _, session, _ = c.shake(app, flags=0)
    assert c.shake(app, session, flags=0)[0]
    pool.configure({"trust.anchors": pki.path("other-ca.pem")})
    assert pool.cli("reload").code == 0
    assert c.refused(app, session, flags=0).error == "EKEYREJECTED"


@both
def test_authorization_is_asked_again(client, make_app, make_pool, version):
    pool = make_pool((NAME, "server"), start=False)
    rules = os.path.join(pool.dir, "rules")
    pool.write(rules, f"{NAME} server anna@example.com allow\n")
    pool.configure({"authorization.rules": rules})
    pool.start()
    pool.add(NAME, "server")
    app = make_app(pool)
    c = client(version, cert="anna")
    _, session, _ = c.shake(app, flags=0)
    assert c.shake(app, session, flags=0)[0]
    pool.write(rules, f"{NAME} server anna@example.com deny\n")
    assert pool.cli("reload").code == 0
    assert c.refused(app, session, flags=0).error == "EPERM"


@both
def test_credentials_changed(client, make_app, make_pool, pki, version):
    """Tickets are those of a key: with another one they are void."""
    pool = make_pool((NAME, "server"))
    app = make_app(pool)
    c = client(version)
    _, session, _ = c.shake(app)
    assert pool.cli("id", "remove", NAME).code == 0
    pool.add(NAME, "server-rsa")
    assert not c.shake(app, session)[0]


@both
def test_rotation(client, make_app, make_pool, version):
    """The key of the time before opens tickets, and the one before does
    not."""
    pool = make_pool(start=False)
    pool.configure({"tls.ticket-lifetime": "2s"})
    pool.start()
    pool.add(NAME, "server")
    app = make_app(pool)
    c = client(version)
    _, session, _ = c.shake(app)
    seen = []

    def is_void():
        seen.append(c.shake(app, session)[0])
        return not seen[-1]

    harness.wait_for("the ticket to be void", is_void)
    assert seen[0]


@both
def test_no_tickets(client, make_app, make_pool, version):
    pool = make_pool((NAME, "server"))
    app = make_app(pool)
    c = client(version)
    _, session, _ = c.shake(app)
    pool.configure({"tls.tickets": "no"})
    assert pool.cli("reload").code == 0
    reused, fresh, _ = c.shake(app, session)
    assert not reused and not fresh.has_ticket


@both
@pytest.mark.parametrize("role", ["keeper", "worker"])
def test_void_after_a_crash(client, make_app, make_pool, version, role):
    """With the keeper its keys are gone; and a worker that crashed may have
    been somebody else's."""
    pool = make_pool((NAME, "server"))
    app = make_app(pool)
    c = client(version)
    _, session, _ = c.shake(app)
    for pid in pool.pids(role):
        os.kill(pid, signal.SIGKILL)
    harness.wait_for(
        "the process to be replaced",
        lambda: pool.log_text().count("role-died") and
        len(pool.pids(role)) == (1 if role == "keeper" else 2))

    def again():
        try:
            return c.shake(app, session)
        except (AssertionError, ssl.SSLError, OSError):
            return None

    assert not harness.wait_for("a handshake", again)[0]


class Servers:
    """openssl s_server, which turns lines around, and a pool with one worker:
    each worker keeps its own sessions as a client."""

    def __init__(self, make_pool, make_app, serve, config=None):
        self.pool = make_pool(start=False)
        self.config = {"daemon.workers": "1", **(config or {})}
        self.pool.configure(self.config)
        self.pool.start()
        for name, leaf in (("anna@example.com", "anna"),
                           ("client.example.com", "client")):
            self.pool.add(name, leaf)
        self.app = make_app(self.pool, mode=("async",))
        self.serve = serve

    def reload(self, **changes):
        self.pool.configure({**self.config, **changes})
        assert self.pool.cli("reload").code == 0

    def start(self, version, *args, cert="server"):
        return self.serve(cert, "-tls" + version.replace(".", "_"), "-rev",
                          *args)

    def connect(self, to, **args):
        args.setdefault("sni", NAME)
        return self.app.client(harness.connect(to), **args)

    def shake(self, to, **args):
        """The facts of a session that has its ticket when this returns."""
        result = self.connect(to, **args)
        assert result.ok, result
        result.sock.sendall(b"hello\n")
        assert harness.read_all(result.sock, 6) == b"olleh\n"
        result.sock.close()
        return result.fields

    def resumes(self, to, **args):
        return self.shake(to, **args)["resumed"] == "1"


@pytest.fixture
def servers(make_pool, make_app, serve):
    def make(**config):
        return Servers(make_pool, make_app, serve, config)

    return make


@both
def test_client_resumes(servers, version):
    """And is told all that it was told before."""
    s = servers()
    port = s.start(version)
    first = s.shake(port)
    assert first["resumed"] == "0"
    for _ in range(5):
        again = s.shake(port)
        assert again["resumed"] == "1"
        for fact in ("peer", "method", "sni", "version", "local"):
            assert again[fact] == first[fact]
    assert first["method"] == "pkix" and first["peer"] == NAME


@both
@pytest.mark.parametrize("change", [
    {"flags": harness.REFUSE_USERS},
    {"flags": harness.SKIP_AUTHORIZATION},
    {"flags": harness.NO_CACHE_READ},
    {"flags": harness.NO_CACHE_WRITE},
    {"name": "anna@example.com"},
    {"alpn": "smtp"},
    {"service": "smtp"},
    {"port": 25},
], ids=str)
def test_client_not_elsewhere(servers, version, change):
    s = servers()
    port = s.start(version, "-verify", "3", "-alpn", "smtp")
    assert not s.resumes(port)
    assert not s.resumes(port, **change)
    again = change.get("flags", 0) & NO_CACHE == 0
    assert s.resumes(port, **change) == again
    assert s.resumes(port)


@both
def test_client_not_with_another_server(servers, version):
    """Another one under that name does not know the ticket, or another port
    was named: both are full handshakes."""
    s = servers()
    port = s.start(version)
    assert not s.resumes(port, port=443)
    assert not s.resumes(s.start(version), port=443)
    assert not s.resumes(s.start(version))


def record_by_record(near, far):
    """Passes on what comes from far, each record by itself."""
    def run():
        try:
            while True:
                header = harness.read_all(far, 5)
                if len(header) < 5:
                    break
                near.sendall(header + harness.read_all(
                    far, int.from_bytes(header[3:], "big")))
                time.sleep(0.1)
        except OSError:
            pass
        near.close()

    def back():
        try:
            while data := near.recv(65536):
                far.sendall(data)
            far.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    for call in (run, back):
        threading.Thread(target=call, daemon=True).start()


@both
@pytest.mark.parametrize("apart", [False, True])
@pytest.mark.parametrize("cert", ["unknown", "www", "expired"])
def test_client_judges_who_answers(servers, listener, version, cert, apart):
    """A server that does not resume, but shows a certificate: it is that one
    that counts, and not the one of the session that was offered; also where it
    comes long after the ServerHello."""
    s = servers()
    assert not s.resumes(s.start(version), port=443)
    far = harness.connect(s.start(version, cert=cert))
    if apart:
        near, mine = listener.connection()
        record_by_record(near, far)
        far = mine
    result = s.app.client(far, sni=NAME, port=443)
    assert result.error in ("EKEYREJECTED", "EKEYEXPIRED"), result


@both
def test_client_shows_itself_again(servers, version):
    s = servers()
    port = s.start(version, "-Verify", "3")
    who = {"name": "anna@example.com"}
    assert not s.resumes(port, **who)
    again = s.shake(port, **who)
    assert again["resumed"] == "1" and again["local"] == "anna@example.com"
    assert not s.resumes(port, name="client.example.com")


@both
def test_client_trust_is_asked_again(servers, pki, version):
    s = servers()
    port = s.start(version)
    assert not s.resumes(port)
    s.reload(**{"trust.anchors": pki.path("other-ca.pem")})
    for _ in range(2):
        result = s.connect(port)
        assert result.error == "EKEYREJECTED", result


@both
def test_client_revoked_meanwhile(servers, pki, folder, version):
    """No reload: the files of trust count when they change, for sessions that
    are resumed as well."""
    anchors = folder / "anchors.pem"
    anchors.write_text(open(pki.path("ca.pem")).read())
    s = servers(**{"trust.anchors": str(anchors)})
    port = s.start(version)
    assert not s.resumes(port) and s.resumes(port)
    new = folder / "new.pem"
    new.write_text(open(pki.path("other-ca.pem")).read())
    new.rename(anchors)

    def refused():
        result = s.connect(port)
        if result.ok:
            result.sock.close()
        return result.error == "EKEYREJECTED"

    harness.wait_for("the session to be refused", refused)


@both
def test_client_forgets(servers, version):
    """With a reload, and where tickets are turned off."""
    s = servers()
    port = s.start(version)
    assert not s.resumes(port) and s.resumes(port)
    s.reload(**{"tls.tickets": "no"})
    assert not s.resumes(port)
    s.reload()
    assert not s.resumes(port) and s.resumes(port)


@both
def test_client_lifetime(servers, version):
    """The server would still resume it; we do not."""
    s = servers(**{"tls.ticket-lifetime": "1s"})
    port = s.start(version)
    s.shake(port)
    time.sleep(2.5)
    assert not s.resumes(port)


@both
def test_pool_to_pool(make_pool, make_app, version):
    """Both ends are ours, and both know each other."""
    p = make_pool((NAME, "server"), ("anna@example.com", "anna"), start=False)
    p.configure({"daemon.workers": "1"})
    p.start()
    p.add(NAME, "server")
    p.add("anna@example.com", "anna")
    app = make_app(p, mode=("async",))
    limit = {"max": {"1.2": 0x0303, "1.3": 0x0304}[version]}

    def shake():
        near, far = socket.socketpair()
        future = app.submit("server", far, name=NAME)
        mine = app.client(near, sni=NAME, name="anna@example.com", **limit)
        its = future.result(20 * harness.PATIENCE)
        assert mine.ok and its.ok, (mine, its)
        its.sock.sendall(b"hello")
        assert harness.read_all(mine.sock, 5) == b"hello"
        assert its.peer == "anna@example.com" and mine.peer == NAME
        return mine.fields["resumed"], its.fields["resumed"]

    assert shake() == ("0", "0")
    assert shake() == ("1", "1")
