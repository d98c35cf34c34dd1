# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The TLS Pool authors
"""tlspool-cli tlsa: the records to publish, against what openssl makes."""
import hashlib
import subprocess

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization

NAME = "server.example.com"
OWNER = "_443._tcp." + NAME
DER = serialization.Encoding.DER


@pytest.fixture
def empty(make_pool):
    return make_pool()


def certs(pki, leaf):
    end = b"-----END CERTIFICATE-----\n"
    with open(pki.path(leaf + ".pem"), "rb") as f:
        return [x509.load_pem_x509_certificate(part + end)
                for part in f.read().split(end)[:-1]]


def spki(cert):
    return cert.public_key().public_bytes(
        DER, serialization.PublicFormat.SubjectPublicKeyInfo)


def data_of(cert, selector, matching):
    data = spki(cert) if selector else cert.public_bytes(DER)
    if matching == 0:
        return data.hex()
    return hashlib.new("sha256" if matching == 1 else "sha512",
                       data).hexdigest()


def lines(done):
    assert done.code == 0, done
    return done.out.splitlines()


def test_the_usual_record(empty, pki):
    empty.add(NAME, "server")
    cert = certs(pki, "server")[0]
    digest = data_of(cert, 1, 1)
    assert lines(empty.cli("tlsa", NAME + ":443")) == [
        f"{OWNER}. IN TLSA 3 1 1 {digest}"]
    assert lines(empty.cli("tlsa", "--proto", "udp", NAME + ":853")) == [
        f"_853._udp.{NAME}. IN TLSA 3 1 1 {digest}"]
    assert lines(empty.cli("tlsa", NAME)) == [
        f"{NAME}. IN TLSA 3 1 1 {digest}"]
    rows = empty.cli("tlsa", "--json", NAME + ":443").json()
    assert rows == [{"owner": OWNER, "type": "TLSA", "usage": 3,
                     "selector": 1, "matching": 1, "data": digest}]
    by_openssl = subprocess.run(
        f"openssl x509 -in {pki.path('server.pem')} -noout -pubkey"
        " | openssl pkey -pubin -outform DER | openssl dgst -sha256 -r",
        shell=True, check=True, capture_output=True, text=True).stdout
    assert by_openssl.split()[0] == digest


@pytest.mark.parametrize("usage", [1, 3])
@pytest.mark.parametrize("selector", [0, 1])
@pytest.mark.parametrize("matching", [0, 1, 2])
def test_kinds(pool, pki, usage, selector, matching):
    data = data_of(certs(pki, "server")[0], selector, matching)
    got = lines(pool.cli("tlsa", "--usage", str(usage), "--selector",
                         str(selector), "--matching", str(matching),
                         NAME + ":443"))
    assert f"{OWNER}. IN TLSA {usage} {selector} {matching} {data}" in got


def test_one_for_each_key(empty, pki):
    empty.add(NAME, "server")
    empty.add(NAME, "server-rsa")
    assert sorted(lines(empty.cli("tlsa", NAME + ":443"))) == sorted(
        f"{OWNER}. IN TLSA 3 1 1 {data_of(certs(pki, leaf)[0], 1, 1)}"
        for leaf in ("server", "server-rsa"))


def test_authority(empty, pki):
    empty.add("anna@example.com", "anna")
    chain = certs(pki, "anna")
    assert len(chain) > 1
    owner = hashlib.sha256(b"anna").hexdigest()[:56]
    for usage in ("0", "2"):
        assert lines(empty.cli("tlsa", "--usage", usage, "--selector", "0",
                               "anna@example.com")) == [
            f"{owner}._smimecert.example.com. IN SMIMEA {usage} 0 1 "
            + data_of(chain[-1], 0, 1)]


def test_no_authority(empty):
    done = empty.cli("id", "generate", "--out", "/dev/null", NAME)
    assert done.code == 0, done
    done = empty.cli("tlsa", "--usage", "2", NAME + ":443")
    assert done.code == 1 and "no authority" in done.err, done
    assert len(lines(empty.cli("tlsa", NAME + ":443"))) == 1


def test_user(empty, pki):
    empty.add("anna@example.com", "anna")
    owner = hashlib.sha256(b"anna").hexdigest()[:56]
    assert lines(empty.cli("tlsa", "anna@example.com")) == [
        f"{owner}._smimecert.example.com. IN SMIMEA 3 1 1 "
        + data_of(certs(pki, "anna")[0], 1, 1)]


def test_next(empty, pki, tmp_path):
    empty.add(NAME, "server")
    later = certs(pki, "server-rsa")[0]
    public = tmp_path / "public.pem"
    public.write_bytes(later.public_key().public_bytes(
        serialization.Encoding.PEM,
        serialization.PublicFormat.SubjectPublicKeyInfo))
    for path in (pki.path("server-rsa.pem"), pki.path("server-rsa.key"),
                 str(public)):
        assert lines(empty.cli("tlsa", "--next", path, NAME + ":443")) == [
            f"{OWNER}. IN TLSA 3 1 1 {data_of(certs(pki, 'server')[0], 1, 1)}",
            f"{OWNER}. IN TLSA 3 1 1 {data_of(later, 1, 1)}"]
    done = empty.cli("tlsa", "--selector", "0", "--next",
                     pki.path("server-rsa.key"), NAME + ":443")
    assert done.code == 1 and "--selector 0" in done.err
    done = empty.cli("tlsa", "--next", "/nonexistent", NAME + ":443")
    assert done.code == 1 and "No such file" in done.err
    public.write_text("nothing\n")
    done = empty.cli("tlsa", "--next", str(public), NAME + ":443")
    assert done.code == 1 and "no certificate" in done.err


@pytest.mark.parametrize("args, code", [
    (["--usage", "4", NAME], 2),
    (["--selector", "2", NAME], 2),
    (["--matching", "3", NAME], 2),
    (["--proto", "icmp", NAME + ":1"], 2),
    (["--proto", "udp", NAME], 2),
    ([NAME + ":0"], 2),
    ([NAME + ":65536"], 2),
    ([NAME + ":https"], 2),
    ([":443"], 2),
    (["anna@example.com:443"], 2),
    (["a" * 400], 2),
    ([], 2),
    (["nobody.example.com:443"], 1),
])
def test_refusals(pool, args, code):
    done = pool.cli("tlsa", *args)
    assert done.code == code, done
    assert done.err
    assert not done.out
