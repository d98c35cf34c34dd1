# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The TLS Pool authors
"""tlspool-cli id: what goes in, what is refused, and with which sentence."""
import hashlib
import os

import harness
import pytest
import tls
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.x509.oid import ExtendedKeyUsageOID

NAME = "server.example.com"


@pytest.fixture
def empty(make_pool):
    return make_pool()


def key_id(pki, leaf):
    spki = pki.made[leaf][0].public_key().public_bytes(
        serialization.Encoding.DER,
        serialization.PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(spki).hexdigest()


def add(pool, name, cert, key):
    return pool.cli("id", "add", name, "--cert", cert, "--key", key)


def test_add_list_show_remove(empty, pki):
    empty.add(NAME, "server")
    empty.add(NAME, "server-rsa")
    empty.add("anna@example.com", "anna")
    listed = empty.cli("id", "list")
    assert listed.code == 0
    assert NAME in listed.out and "anna@example.com" in listed.out
    rows = empty.cli("id", "list", "--json").json()
    assert {r["identity"] for r in rows} == {NAME, "anna@example.com"}
    shown = empty.cli("id", "show", NAME, "--json").json()
    assert {r["key"] for r in shown} == {key_id(pki, "server"),
                                         key_id(pki, "server-rsa")}
    assert {r["type"].split()[0] for r in shown} == {"ECDSA", "RSA"}
    only = empty.cli("id", "remove", NAME, "--key",
                     key_id(pki, "server-rsa"))
    assert only.code == 0, only
    shown = empty.cli("id", "show", NAME, "--json").json()
    assert [r["key"] for r in shown] == [key_id(pki, "server")]
    assert empty.cli("id", "remove", NAME).code == 0
    assert empty.cli("id", "show", NAME).code != 0
    assert empty.cli("id", "remove", NAME).code != 0
    assert os.path.exists(pki.path("server.key")), "the file is the user's"


def test_survives_a_restart(empty, make_app, listener, pki):
    empty.add(NAME, "server")
    empty.stop()
    empty.start()
    peer, result = tls.session(make_app(empty), listener, pki)
    result.sock.sendall(b"x")
    assert peer.recv(1) == b"x"


REFUSED = [
    (NAME, "server", "www", ["belong", "match"]),
    (NAME, "expired", "expired", ["expired"]),
    (NAME, "not-yet", "not-yet", ["not yet valid", "not valid before",
                                  "valid from", "begins"]),
    (NAME, "disorder", "server", ["order"]),
    (NAME, "missing", "server", ["missing.pem"]),
    (NAME, "server", "missing", ["missing.key"]),
    ("not a name", "server", "server", ["not a name"]),
    ("a..example.com", "server", "server", ["a..example.com"]),
    ("@example.com", "server", "server", ["@example.com"]),
]


@pytest.mark.parametrize("name,cert,key,words", REFUSED)
def test_refused(empty, pki, name, cert, key, words):
    done = add(empty, name, pki.path(cert + ".pem"), pki.path(key + ".key"))
    assert done.code != 0
    assert len(done.err.strip().splitlines()) == 1, "one sentence: " + done.err
    assert any(w in done.err for w in words), done
    assert empty.cli("id", "list", "--json").json() == []


@pytest.mark.parametrize("name,leaf", [
    (NAME, "wrong-name"), ("anna@example.com", "client")])
def test_name_not_covered(empty, pki, name, leaf):
    """Unusual, but not wrong: peers may know it by the key. So it is said."""
    done = add(empty, name, pki.path(leaf + ".pem"), pki.path(leaf + ".key"))
    assert done.code == 0 and name in done.text, done


def test_unreadable_key(empty, pki, folder):
    key = folder / "broken.key"
    key.write_text("-----BEGIN PRIVATE KEY-----\nAAAA\n"
                   "-----END PRIVATE KEY-----\n")
    done = add(empty, NAME, pki.path("server.pem"), str(key))
    assert done.code != 0 and "broken.key" in done.err, done


def test_garbage_certificate(empty, pki, folder):
    cert = folder / "broken.pem"
    cert.write_bytes(os.urandom(5000))
    done = add(empty, NAME, str(cert), pki.path("server.key"))
    assert done.code != 0, done


@pytest.mark.parametrize("kind", ["ecdsa", "rsa", "ed25519"])
def test_generate(empty, make_app, listener, pki, kind):
    """A key and a self-signed certificate that can be used at once."""
    done = empty.cli("id", "generate", NAME, "--type", kind)
    assert done.code == 0, done
    row = empty.cli("id", "show", NAME, "--json").json()[0]
    assert row["type"].lower().startswith(kind)
    near, future = tls.serve(make_app(empty), listener, name=NAME, flags=2)
    peer = tls.client(near, pki, cert=None, verify=False)
    assert future.result(20).ok
    der = peer.getpeercert(True)
    cert = x509.load_der_x509_certificate(der)
    names = cert.extensions.get_extension_for_class(
        x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == [NAME]
    state = os.path.join(empty.dir, "state")
    for directory, _, files in os.walk(state):
        for name in files:
            mode = os.stat(os.path.join(directory, name)).st_mode
            assert mode & 0o077 == 0, f"{name} can be read by others"


def test_request(empty, make_app, listener, pki, folder):
    """A request, signed by a CA, comes back as the certificate of its key."""
    done = empty.cli("id", "request", "new.example.com")
    assert done.code == 0, done
    csr = x509.load_pem_x509_csr(done.out.encode())
    assert csr.is_signature_valid
    names = csr.extensions.get_extension_for_class(
        x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["new.example.com"]
    import pki as pki_module
    cert = (
        x509.CertificateBuilder()
        .subject_name(pki_module.common_name("new"))
        .issuer_name(pki.inter.cert.subject)
        .public_key(csr.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(pki.made["server"][0].not_valid_before)
        .not_valid_after(pki.made["server"][0].not_valid_after)
        .add_extension(names, critical=False)
        .add_extension(x509.ExtendedKeyUsage(
            [ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(pki.inter.key, pki_module.hashes.SHA256())
    )
    path = folder / "new.pem"
    path.write_bytes(pki_module.pem_cert(cert)
                     + pki_module.pem_cert(pki.inter.cert))
    done = empty.cli("id", "add", "new.example.com", "--cert", str(path))
    assert done.code != 0 and "key-paths" in done.err, done
    done = empty.cli("id", "add", "new.example.com", "--cert", str(path),
                     "--copy")
    assert done.code == 0, done
    near, future = tls.serve(make_app(empty), listener,
                             name="new.example.com", flags=2)
    tls.client(near, pki, name="new.example.com", cert=None)
    assert future.result(20).ok


def test_files_are_taken_up_again(make_pool, make_app, listener, pki,
                                  folder):
    """A renewed certificate is used without a word to anybody."""
    for end in (".pem", ".key"):
        data = open(pki.path("server" + end), "rb").read()
        (folder / ("mine" + end)).write_bytes(data)
    pool = make_pool(config={
        "identity.key-paths": f"{pki.dir} {folder}"})
    assert add(pool, NAME, str(folder / "mine.pem"),
               str(folder / "mine.key")).code == 0
    app = make_app(pool)
    seen = []
    for leaf in ("server", "server-rsa"):
        for end in (".key", ".pem"):
            data = open(pki.path(leaf + end), "rb").read()
            new = folder / ("new" + end)
            new.write_bytes(data)
            os.replace(new, folder / ("mine" + end))

        def shown():
            near, future = tls.serve(app, listener, name=NAME, flags=2)
            peer = tls.client(near, pki, cert=None)
            assert future.result(20).ok
            der = peer.getpeercert(True)
            return der if der not in seen else None

        seen.append(harness.wait_for("the new certificate", shown))


def test_wildcard(empty, make_app, listener, pki):
    """Exact name first, and then *.parent; not two labels deep."""
    empty.add("*.wild.example.com", "wildcard")
    app = make_app(empty)
    near, future = tls.serve(app, listener, flags=2)
    tls.client(near, pki, name="a.wild.example.com", cert=None)
    assert future.result(20).ok
    for name in ("a.b.wild.example.com", "wild.example.com"):
        near, future = tls.serve(app, listener, flags=2)
        assert tls.refused(near, pki, name=name, cert=None)
        assert not future.result(20).ok


def test_long_list(empty, pki):
    """Pages: more identities than one message holds."""
    for i in range(40):
        done = empty.cli("id", "generate", f"host-{i:03}.example.com")
        assert done.code == 0, done
    rows = empty.cli("id", "list", "--json").json()
    assert [r["identity"] for r in rows] == [
        f"host-{i:03}.example.com" for i in range(40)]
