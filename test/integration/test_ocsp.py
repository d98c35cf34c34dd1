# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The TLS Pool authors
"""What a server staples, and what the pool makes of it as its client."""
import harness
import ocsp
import peers
import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID
from pki import Issuer

VERSIONS = ["1.2", "1.3"]
NAME = ["server.example.com"]


@pytest.fixture(scope="module")
def authority(pki, tmp_path_factory):
    pki.leaf("must", dns=NAME, extensions=[ocsp.MUST_STAPLE])
    pki.leaf("may", dns=NAME)
    a = ocsp.Authority(pki.inter, str(tmp_path_factory.mktemp("ocsp")))
    for leaf in ("must", "may"):
        a.say(pki.made[leaf][0])
    return a


def make_answer(authority, pki, leaf, kind):
    """Such an answer, in DER."""
    cert = pki.made[leaf][0]
    if kind == "good":
        return authority.answer(authority.request(cert))
    if kind == "another's":
        return authority.answer(authority.request(pki.made[
            "may" if leaf == "must" else "must"][0]))
    if kind == "forged":
        forger = Issuer("Test Intermediate", pki.other)
        return ocsp.timed_answer(pki.inter, cert, -60, 3600, forger)
    if kind == "expired":
        return ocsp.timed_answer(pki.inter, cert, -3600, -60)
    return ocsp.timed_answer(pki.inter, cert, -60, 3600, revoked=True)


def openssl_server(run, pki, leaf, version, path):
    args = ["-tls" + version.replace(".", "_")]
    if path:
        args += ["-status_file", path]
    return peers.openssl_server(run, pki, *args, cert=leaf, ask=False)


def gnutls_server(run, pki, leaf, version, path):
    args = ["--priority", "NORMAL:-VERS-ALL:+VERS-TLS" + version,
            "--disable-client-cert"]
    if path:
        args += ["--ocsp-response", path, "--ignore-ocsp-response-errors"]
    return peers.gnutls_server(run, pki, *args, cert=leaf)


SERVERS = {"openssl": openssl_server, "gnutls": gnutls_server}

# leaf, answer: errno, or None
OUTCOMES = {
    ("may", None): None,
    ("may", "good"): None,
    ("may", "expired"): None,
    ("may", "forged"): None,
    ("may", "revoked"): "EKEYREVOKED",
    ("must", "good"): None,
    ("must", None): "EKEYREJECTED",
    ("must", "another's"): "EKEYREJECTED",
    ("must", "forged"): "EKEYREJECTED",
    ("must", "expired"): "EKEYREJECTED",
    ("must", "revoked"): "EKEYREVOKED",
}


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("server", SERVERS)
@pytest.mark.parametrize("leaf,answer", OUTCOMES)
def test_stapled(app, run, pki, authority, tmp_path, version, server, leaf,
                 answer):
    path = None
    if answer:
        path = tmp_path / "answer"
        path.write_bytes(make_answer(authority, pki, leaf, answer))
    process, port = SERVERS[server](run, pki, leaf, version, path)
    result = app.client(harness.connect(port), sni="server.example.com",
                        flags=harness.NO_LOCAL_CERT)
    error = OUTCOMES[leaf, answer]
    if error is None:
        assert result.ok, result
        result.sock.close()
        return
    assert result.error == error, result
    assert ("revoked" if error == "EKEYREVOKED" else "OCSP") in result.text
    if server == "openssl":
        process.expect(rb"SSL alert number 44"
                       if error == "EKEYREVOKED"
                       else rb"SSL alert number 113")


def test_appointed_responder(app, run, pki, tmp_path):
    """By openssl, in the name of the authority."""
    cert = pki.leaf("must-too", dns=NAME, extensions=[ocsp.MUST_STAPLE])
    pki.leaf("responder", usage=[ExtendedKeyUsageOID.OCSP_SIGNING],
             extensions=[x509.OCSPNoCheck()])
    for signer, ok in ("responder", True), ("client", False):
        a = ocsp.Authority(pki.inter, str(tmp_path), pki.made[signer])
        a.say(cert)
        path = tmp_path / "answer"
        path.write_bytes(a.answer(a.request(cert)))
        process, port = openssl_server(run, pki, "must-too", "1.3", path)
        result = app.client(harness.connect(port), sni="server.example.com",
                            flags=harness.NO_LOCAL_CERT)
        assert result.ok == ok, result
        if ok:
            result.sock.close()
        else:
            assert "nobody who may" in result.text
        process.close()


@pytest.mark.parametrize("revoked", [False, True])
def test_intermediate(app, run, pki, tmp_path, revoked):
    """Whose answer it is, it says itself."""
    pki.leaf("below", dns=NAME)
    path = tmp_path / "answer"
    path.write_bytes(ocsp.timed_answer(
        pki.root, pki.inter.cert, -60, 3600, revoked=revoked))
    _, port = openssl_server(run, pki, "below", "1.3", path)
    result = app.client(harness.connect(port), sni="server.example.com",
                        flags=harness.NO_LOCAL_CERT)
    if revoked:
        assert result.error == "EKEYREVOKED", result
        assert "Test Intermediate" in result.text
    else:
        assert result.ok, result
        result.sock.close()


@pytest.mark.parametrize("version", VERSIONS)
def test_too_long(app, run, pki, authority, tmp_path, version):
    """An answer that is longer than is passed on is as good as none."""
    ballast = tmp_path / "ballast"
    with open(pki.path("ca.pem"), "rb") as f:
        ballast.write_bytes(f.read() * 60)
    path = tmp_path / "answer"
    request = authority.request(pki.made["must"][0])
    for args, ok in ([], True), (["-rother", str(ballast)], False):
        path.write_bytes(authority.answer(request, "-ndays", "1", *args))
        assert (path.stat().st_size < 16384) == ok
        process, port = openssl_server(run, pki, "must", version, path)
        result = app.client(harness.connect(port), sni="server.example.com",
                            flags=harness.NO_LOCAL_CERT)
        assert result.ok == ok, result
        if ok:
            result.sock.close()
        else:
            assert "came without" in result.text
        process.close()
