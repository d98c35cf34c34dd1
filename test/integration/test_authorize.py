# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The TLS Pool authors
"""Whom the pool lets speak with us, of those that it knows."""
import os
import shutil
import ssl

import harness
import pytest
import tls


@pytest.fixture
def ruled(make_pool, make_app):
    """Makes a pool with these rules, and an application of it."""

    def make(rules, **config):
        p = make_pool(start=False)
        path = p.dir + "/rules"
        p.write(path, rules)
        p.configure({"authorization.rules": path, **config})
        p.start()
        p.add("server.example.com", "server")
        p.add("anna@example.com", "anna")
        return p, make_app(p)

    return make


@pytest.fixture
def plugged(make_pool, make_app, folder, pki):
    """Makes a pool with the plugin that does what the peer is called."""
    path = shutil.copy(harness.environ("TLSPOOL_TEST_PLUGIN"), folder)
    os.chmod(path, 0o755)

    def make(rules=None, **config):
        p = make_pool(start=False)
        changes = {"authorization.plugin": path,
                   "authorization.plugin-timeout": "1s", **config}
        if rules is not None:
            p.write(p.dir + "/rules", rules)
            changes["authorization.rules"] = p.dir + "/rules"
        p.configure(changes)
        p.start()
        return p, make_app(p)

    return make


def connect(app, listener, pki, name, flags=0):
    """Connects to a server of that name; the result, and what it saw."""
    leaf = name.split(".")[0]
    if leaf not in pki.made:
        pki.leaf(leaf, dns=[name])
    near, far = listener.connection()
    server = tls.Server(near, pki, cert=leaf, ask=False)
    result = app.client(far, sni=name, flags=flags)
    try:
        peer = server.result()
        seen = tls.outcome(peer) if not result.ok else ""
        peer.close()
    except ssl.SSLError as e:
        seen = e.reason
    return result, seen


def test_rules_allow(ruled, listener, pki):
    _, app = ruled("server.example.com server *@example.com allow\n")
    peer, result = tls.session(app, listener, pki, cert="anna")
    assert result.peer == "anna@example.com"
    peer.sendall(b"hello")
    assert harness.read_all(result.sock, 5) == b"hello"


@pytest.mark.parametrize("version", tls.VERSIONS)
@pytest.mark.parametrize("rules,word", [
    ("server.example.com server anna@example.com deny\n* any * allow\n",
     "line 1"),
    ("server.example.com client * allow\n", "no rule"),
    ("", "no rule"),
])
def test_rules_deny_client(ruled, listener, pki, version, rules, word):
    _, app = ruled(rules)
    near, future = tls.serve(app, listener, name="server.example.com")
    seen = tls.refused(near, pki, cert="anna", version=version)
    result = future.result(20)
    assert result.error == "EPERM", result
    assert word in result.text
    assert "ACCESS_DENIED" in seen, (seen, result)


def test_rules_deny_server(ruled, listener, pki):
    _, app = ruled("- client server.example.com deny\n")
    result, seen = connect(app, listener, pki, "server.example.com")
    assert result.error == "EPERM", result
    assert "ACCESS_DENIED" in seen, (seen, result)
    # who is not known is not asked about
    near, far = listener.connection()
    tls.Server(near, pki, cert="unknown", ask=False)
    result = app.client(far, sni="server.example.com")
    assert result.error == "EKEYREJECTED", result


def test_skip(ruled, listener, pki):
    _, app = ruled("* any * deny\n")
    result, _ = connect(app, listener, pki, "server.example.com")
    assert result.error == "EPERM", result
    result, _ = connect(app, listener, pki, "server.example.com",
                        flags=harness.SKIP_AUTHORIZATION)
    assert result.ok, result
    # it is no way around knowing the peer
    near, far = listener.connection()
    tls.Server(near, pki, cert="unknown", ask=False)
    result = app.client(far, sni="server.example.com",
                        flags=harness.SKIP_AUTHORIZATION)
    assert result.error == "EKEYREJECTED", result


def test_rules_change(ruled, listener, pki):
    """Rules are read again; with a mistake, the old ones stay."""
    p, app = ruled("* any * deny\n")
    rules = p.dir + "/rules"

    def works():
        return connect(app, listener, pki, "server.example.com")[0].ok

    assert not works()
    p.write(rules, "* client server.example.com allow # now\n")
    harness.wait_for("the new rules", works)
    p.write(rules, "* client server.example.com denied\n")
    harness.wait_for("the mistake to be seen",
                     lambda: works() and "rules-bad" in p.log_text())
    assert works()
    done = p.cli("reload")
    assert done.code != 0 and "rules:1:" in done.text, done


def test_plugin(plugged, listener, pki):
    p, app = plugged("* client defer-yes.example.com allow\n")
    for name, good in (("allow.example.com", True),
                       ("deny.example.com", False),
                       ("defer-yes.example.com", True),
                       ("defer-no.example.com", False)):
        result, seen = connect(app, listener, pki, name)
        assert result.ok == good, (name, result)
        if not good:
            assert result.error == "EPERM", result
            assert "ACCESS_DENIED" in seen, (seen, result)
    result, _ = connect(app, listener, pki, "deny.example.com",
                        flags=harness.SKIP_AUTHORIZATION)
    assert result.ok, result
    rows = {r["process"]: r for r in p.cli("--json", "status").json()}
    assert rows["authorizer"]["state"] == "ok", rows


@pytest.mark.parametrize("name", ["abort", "segv", "exit", "hang"])
def test_plugin_dies(plugged, listener, pki, name, monkeypatch):
    """It costs that one verdict; the next one works."""
    # what a sanitizer has to say of a crash that is meant is no report
    monkeypatch.setenv("TLSPOOL_TEST_ASAN", ":handle_segv=0:handle_abort=0")
    p, app = plugged()
    (pid,) = p.pids("authorizer")
    (verifier,) = p.pids("verifier")
    for _ in range(2):
        result, seen = connect(app, listener, pki, name + ".example.com")
        assert result.error == "EPERM", result
        # The fault is not the peer's.
        assert "INTERNAL_ERROR" in seen, (seen, result)
        result, _ = connect(app, listener, pki, "allow.example.com")
        assert result.ok, result
    assert p.pids("authorizer") != [pid]
    assert p.pids("verifier") == [verifier]
    p.logged("authorization-failed")


def test_plugin_that_is_none(make_pool, folder):
    """A pool without the plugin that it should have does not start."""
    p = make_pool(start=False)
    path = folder / "plugin.so"
    path.write_text("none")
    p.configure({"authorization.plugin": str(path)})
    with pytest.raises(AssertionError, match="authorizer could not start"):
        p.start()
    p.logged("plugin-unusable")
    p.process = None


def test_example(make_pool, make_app, listener, pki, folder):
    path = shutil.copy(harness.environ("TLSPOOL_TEST_EXAMPLE"), folder)
    p = make_pool(start=False)
    p.configure({"authorization.plugin": path})
    p.start()
    app = make_app(p)
    result, _ = connect(app, listener, pki, "server.example.com")
    assert result.ok, result
    (folder / "blocked").write_text("server.example.com\n")
    os.chmod(folder / "blocked", 0o644)
    result, seen = connect(app, listener, pki, "server.example.com")
    assert result.error == "EPERM", result
    assert "server.example.com is blocked" in result.text
    assert "ACCESS_DENIED" in seen
