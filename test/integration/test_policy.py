# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The TLS Pool authors
"""Trust that depends on who the peer is."""
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
