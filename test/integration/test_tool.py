# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The TLS Pool authors
"""tlspool-cli: what it shows, and what it tells scripts."""
import json
import os
import subprocess
import time

import harness
import pytest
import tls

NAME = "server.example.com"


def test_ping(pool):
    done = pool.cli("ping")
    assert done.code == 0 and done.out


def test_no_daemon(pool):
    done = pool.cli("--socket", "/nonexistent/socket", "ping")
    assert done.code == 3 and len(done.err.strip().splitlines()) == 1


@pytest.mark.parametrize("args", [
    [], ["nonsense"], ["ping", "--nonsense"], ["id"], ["id", "add"],
    ["acl", "explain", "server"], ["client"], ["server"]])
def test_usage(pool, args):
    assert pool.cli(*args).code == 2


@pytest.mark.parametrize("args", [
    ["--help"], ["ping", "--help"], ["id", "add", "--help"],
    ["client", "--help"], ["server", "--help"], ["--version"]])
def test_help(pool, args):
    done = pool.cli(*args)
    assert done.code == 0 and done.out and not done.err


def test_status(pool):
    rows = pool.cli("status", "--json").json()
    rows = rows if isinstance(rows, list) else rows["processes"]
    names = sorted(r["process"].split()[0] for r in rows)
    assert [n for n in names if n.startswith("worker")] != []
    pids = {r["pid"] for r in rows}
    assert pids == {pool.process.pid,
                    *harness.children(pool.process.pid)}
    table = pool.cli("status").out
    for word in ("front", "worker", "keeper", "verifier"):
        assert word in table


def test_sessions(pool, app, listener, pki):
    peer, result = tls.session(app, listener, pki)
    tls.echo(result.sock)
    tls.exchange(peer, b"x" * 1000)

    def mine():
        rows = pool.cli("sessions", "--json").json()
        return [r for r in rows if r["state"] == "established"]

    (row,) = mine()
    assert row["local"] == NAME and row["peer"] == "anna@example.com"
    assert row["uid"] == os.geteuid() and row["role"] == "server"
    assert row["received"] >= 1000 and row["sent"] >= 1000
    table = pool.cli("sessions").out
    assert "anna@example.com" in table
    result.sock.close()
    peer.close()
    harness.wait_for("no sessions", lambda: not mine())


def test_sessions_say_why(pool, make_app, listener, pki):
    """Which method said yes, on what evidence, until when: the same for the
    application and for the administrator."""
    app = make_app(pool, mode=("async",))
    peer, result = tls.session(app, listener, pki)
    rows = pool.cli("sessions", "--json").json()
    (row,) = [r for r in rows if r["state"] == "established"]
    assert row["method"] == result.fields["method"] == "pkix"
    assert row["evidence"] == result.fields["evidence"] != ""
    assert row["until"] == time.strftime(
        "%Y-%m-%dT%H:%M:%SZ", time.gmtime(int(result.fields["until"])))
    table = pool.cli("sessions").out
    assert row["evidence"] in table
    assert row["until"][:16].replace("T", " ") + " UTC" in table
    result.sock.close()
    peer.close()
    # nobody was asked about a client that shows nothing
    near, future = tls.serve(app, listener, name=NAME,
                             flags=harness.NO_REMOTE_CERT)
    peer = tls.client(near, pki, name=NAME)
    assert future.result(20).ok
    rows = pool.cli("sessions", "--json").json()
    (row,) = [r for r in rows if r["peer"] is None]
    assert row["method"] is None and row["evidence"] is None
    assert row["until"] is None
    peer.close()


def test_json_is_json(pool):
    for args in (["status"], ["sessions"], ["id", "list"],
                 ["id", "show", NAME], ["ping"]):
        done = pool.cli(*args, "--json")
        assert done.code == 0, done
        json.loads(done.out)


def test_check_configuration(pool, tools):
    def check(text):
        path = pool.dir + "/other.conf"
        pool.write(path, text)
        return subprocess.run(
            [tools.daemon, "--check", "--config", path],
            env=pool.environment(), capture_output=True, text=True,
            timeout=20, check=False)

    with open(pool.conf, encoding="utf-8") as f:
        good = f.read()
    assert check(good).returncode == 0
    lines = len(good.splitlines())
    for bad in ("[colour]\nred = 1\n", "[daemon]\nworkers = many\n",
                "[tls]\npriority = NONSENSE:-EVERYTHING\n"):
        done = check(good + bad)
        said = done.stdout + done.stderr
        assert done.returncode != 0, bad
        assert "other.conf" in said, said
        if "NONSENSE" not in bad:
            assert str(lines + 1) in said or str(lines + 2) in said, said


@pytest.mark.parametrize("mode", ["--echo", "--exec", "--connect"])
def test_server(pool, run, pki, mode, listener):
    port = harness.free_port()
    args = {"--echo": [], "--exec": ["tr a-z A-Z"],
            "--connect": [f"127.0.0.1:{listener.port}"]}[mode]
    server = pool.popen_cli("server", "--name", NAME, mode, *args, str(port))
    try:
        peer = tls.client(harness.connect(port), pki)
        peer.sendall(b"hello\n")
        if mode == "--connect":
            behind = listener.accept()
            assert harness.read_all(behind, 6) == b"hello\n"
            behind.sendall(b"answer\n")
            assert harness.read_all(peer, 7) == b"answer\n"
            behind.close()
        elif mode == "--echo":
            assert harness.read_all(peer, 6) == b"hello\n"
        else:
            # the command sees the end of its input, and then answers
            peer.unwrap() if peer.version() == "TLSv1.2" else None
            raw = peer.pending()
            assert raw == 0
        peer.close()
    finally:
        server.close()


def test_client(pool, pki, listener):
    near = None
    client = pool.popen_cli(
        "client", "--sni", NAME, f"127.0.0.1:{listener.port}")
    try:
        near = listener.accept()
        peer = tls.Server(near, pki, ask=False).result()
        client.send(b"hello\n")
        assert harness.read_all(peer, 6) == b"hello\n"
        peer.sendall(b"answer\n")
        client.expect(rb"answer")
        assert NAME in client.text() and "pkix" in client.text()
        client.end_input()
        assert tls.outcome(peer) == ""
        peer.unwrap().close()
        assert client.wait() == 0, client.text()
    finally:
        client.close()


def test_client_refuses(pool, pki, listener):
    client = pool.popen_cli(
        "client", "--sni", NAME, f"127.0.0.1:{listener.port}")
    try:
        tls.Server(listener.accept(), pki, cert="expired", ask=False)
        assert client.wait() == 1
        assert "expired" in client.text()
    finally:
        client.close()


DIALECTS = {
    "smtp": [(None, b"220 here ESMTP\r\n"), (b"EHLO", b"250-here\r\n"
              b"250-SIZE 1000\r\n250 STARTTLS\r\n"),
             (b"STARTTLS", b"220 go ahead\r\n")],
    "imap": [(None, b"* OK [CAPABILITY IMAP4rev1 STARTTLS] ready\r\n"),
             (b"STARTTLS", b"%TAG% OK begin\r\n")],
    "pop3": [(None, b"+OK here\r\n"), (b"STLS", b"+OK begin\r\n")],
}


@pytest.mark.parametrize("dialect", DIALECTS)
def test_client_starttls(pool, pki, listener, dialect):
    client = pool.popen_cli("client", "--starttls", dialect, "--sni", NAME,
                            f"127.0.0.1:{listener.port}")
    try:
        sock = listener.accept()
        sock.settimeout(15)
        for said, answer in DIALECTS[dialect]:
            while said is not None:
                line = b""
                while not line.endswith(b"\n"):
                    line += sock.recv(1)
                if said in line.upper():
                    answer = answer.replace(b"%TAG%", line.split()[0])
                    break
                if b"CAPA" in line.upper() and dialect == "imap":
                    sock.sendall(b"* CAPABILITY IMAP4rev1 STARTTLS\r\n"
                                 + line.split()[0] + b" OK done\r\n")
                elif b"CAPA" in line.upper():
                    sock.sendall(b"+OK\r\nSTLS\r\n.\r\n")
            sock.sendall(answer)
        peer = tls.Server(sock, pki, ask=False).result()
        peer.sendall(b"now in private\r\n")
        client.expect(rb"now in private")
    finally:
        client.close()


def test_client_starttls_injection(pool, pki, listener):
    """What comes behind the answer in plaintext is no part of the session
    (CVE-2011-0411)."""
    client = pool.popen_cli("client", "--starttls", "pop3", "--sni", NAME,
                            f"127.0.0.1:{listener.port}")
    try:
        sock = listener.accept()
        sock.sendall(b"+OK here\r\n")
        sock.settimeout(15)
        while b"STLS" not in sock.recv(100).upper():
            sock.sendall(b"+OK\r\nSTLS\r\n.\r\n")
        sock.sendall(b"+OK begin\r\n+OK injected\r\n")
        try:
            peer = tls.Server(sock, pki, ask=False).result()
            peer.close()
        except OSError:
            pass
        client.end_input()
        client.wait()
        assert "injected" not in client.text()
    finally:
        client.close()
