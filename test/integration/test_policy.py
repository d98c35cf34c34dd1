# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The TLS Pool authors
"""Trust that depends on who the peer is."""
import json
import time

import harness
import tls


def connect(app, listener, pki, cert, name):
    near, far = listener.connection()
    tls.Server(near, pki, cert=cert, ask=False)
    return app.client(far, sni=name)


def test_policy_by_name(make_pool, make_app, listener, pki):
    """The most specific section that covers the name decides."""
    p = make_pool(config={
        "trust.client-policy": "pkix",
        'trust "*.example.com".client-policy': "pin",
        'trust "server.example.com".client-policy': "pkix",
    })
    app = make_app(p)
    result = connect(app, listener, pki, "server", "server.example.com")
    assert result.ok, result
    result = connect(app, listener, pki, "www", "www.example.com")
    assert result.error == "EKEYREJECTED", result
    assert "(pin)" in result.text


def test_crl_required_by_name(make_pool, make_app, listener, pki):
    p = make_pool(config={
        "trust.crls": None,
        'trust "www.example.com".require-crl': "yes",
    })
    app = make_app(p)
    result = connect(app, listener, pki, "server", "server.example.com")
    assert result.ok, result
    result = connect(app, listener, pki, "www", "www.example.com")
    assert result.error == "EKEYREJECTED", result
    assert "revocation list" in result.text


def test_pin_at_once(make_pool, make_app, listener, pki):
    """tlspool-cli trust changes what the next handshake is told."""
    p = make_pool(config={"trust.client-policy": "pin"})
    app = make_app(p)
    name = "b\u00fccher.example.com"
    alabel = "xn--bcher-kva.example.com"
    cert = pki.path("self-signed.pem")

    assert not connect(app, listener, pki, "self-signed", alabel).ok
    done = p.cli("trust", "pin", name, "server", "--from-cert", cert)
    assert done.code == 0, done
    result = connect(app, listener, pki, "self-signed", name)
    assert result.ok and result.peer == alabel, result
    result = connect(app, listener, pki, "server", alabel)
    assert result.error == "EKEYREJECTED", result
    again = p.cli("trust", "pin", alabel, "server", "--from-cert", cert)
    assert again.code == 1 and "already" in again.err

    rows = json.loads(p.cli("--json", "trust", "list").out)
    assert [(r["peer"], r["role"], r["from"]) for r in rows] == [
        (alabel, "server", "pinned")]
    digest = "sha256:" + rows[0]["sha256"]

    # It outlives the verifier.
    p.stop()
    p.start()
    app = make_app(p)
    assert connect(app, listener, pki, "self-signed", alabel).ok
    assert p.cli("trust", "unpin", alabel, "sha256:" + "0" * 64).code == 1
    assert p.cli("trust", "unpin", alabel, digest).code == 0
    assert not connect(app, listener, pki, "self-signed", alabel).ok
    assert p.cli("trust", "pin", alabel, "server", digest).code == 0
    assert connect(app, listener, pki, "self-signed", alabel).ok


def test_bad_pins(pool):
    for words in (("a_b", "server", "sha256:" + "0" * 64),
                  ("a.example", "server", "sha256:12"),
                  ("xn--99zz.example", "server", "sha256:" + "0" * 64)):
        done = pool.cli("trust", "pin", *words)
        assert done.code == 1 and done.err, done
    assert pool.cli("trust", "pin", "a.example", "peer",
                    "sha256:" + "0" * 64).code == 2
    assert pool.cli("trust", "pin", "a.example", "server",
                    "--from-cert", "/dev/null").code == 1


def test_first_use(make_pool, make_app, listener, pki):
    """The first key is remembered, the same is known, another is refused."""
    p = make_pool(config={'trust "*.example.com".client-policy': "pin tofu"})
    app = make_app(p)
    name = "server.example.com"
    near, far = listener.connection()
    tls.Server(near, pki, cert="self-signed", ask=False)
    result = app.client(far, sni=name, flags=harness.NO_CACHE_WRITE)
    assert result.ok, result
    assert json.loads(p.cli("--json", "trust", "list").out) == []

    assert connect(app, listener, pki, "self-signed", name).ok
    assert connect(app, listener, pki, "self-signed", name).ok
    result = connect(app, listener, pki, "server", name)
    assert result.error == "EKEYREJECTED", result
    today = time.strftime("%Y-%m-%d", time.gmtime())
    assert f"the key of {name} has changed" in result.text
    assert f"since {today[:4]}-" in result.text
    assert f"trust unpin {name}" in result.text
    row, = json.loads(p.cli("--json", "trust", "list").out)
    assert row["from"] == "first-use" and row["since"] is not None

    assert p.cli("trust", "unpin", name).code == 0
    assert connect(app, listener, pki, "server", name).ok
    assert not connect(app, listener, pki, "self-signed", name).ok
    # Elsewhere nobody is believed at first sight.
    result = connect(app, listener, pki, "self-signed", "other.example.org")
    assert result.error == "EKEYREJECTED", result
