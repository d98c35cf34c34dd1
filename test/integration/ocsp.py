# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The TLS Pool authors
"""ocsp: answers by openssl ocsp, and a server that delivers them, or
misbehaves in every way."""
import datetime
import http.server
import os
import subprocess
import threading
import time

import pki as authorities
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID

MUST_STAPLE = x509.TLSFeature([x509.TLSFeatureType.status_request])


def names(url):
    """The extension that names a responder."""
    return x509.AuthorityInformationAccess([
        x509.AccessDescription(
            AuthorityInformationAccessOID.OCSP,
            x509.UniformResourceIdentifier(url))])


class Authority:
    """What an issuer knows of its certificates, and openssl ocsp, which
    answers in its name."""

    def __init__(self, issuer, folder, signer=None):
        """signer: (certificate, key) of a responder that it appointed."""
        self.issuer = issuer
        self.dir = folder
        self.states = {}
        cert, key = signer or (issuer.cert, issuer.key)
        self.write("issuer.pem", authorities.pem_cert(issuer.cert))
        self.write("signer.pem", authorities.pem_cert(cert))
        self.write("signer.key", authorities.pem_key(key))

    def path(self, name):
        return os.path.join(self.dir, name)

    def write(self, name, data):
        with open(self.path(name), "wb") as f:
            f.write(data)

    def openssl(self, *args):
        subprocess.run(["openssl", "ocsp", *args], cwd=self.dir, check=True,
                       capture_output=True, timeout=60)

    def say(self, cert, state="V"):
        """V: valid; R: revoked; None: nothing is known of it."""
        self.states[cert.serial_number] = state
        lines = []
        for serial, what in self.states.items():
            if what is not None:
                revoked = "260101000000Z" if what == "R" else ""
                lines.append(f"{what}\t491231235959Z\t{revoked}\t"
                             f"{serial:040X}\tunknown\t/CN={serial}\n")
        self.write("index", "".join(lines).encode())

    def request(self, cert):
        self.write("cert.pem", authorities.pem_cert(cert))
        self.openssl("-issuer", "issuer.pem", "-cert", "cert.pem",
                     "-no_nonce", "-reqout", "asked")
        with open(self.path("asked"), "rb") as f:
            return f.read()

    def answer(self, request, *args):
        name = f"answer-{threading.get_ident()}"
        self.write(name + ".req", request)
        self.openssl("-index", "index", "-CA", "issuer.pem",
                     "-rsigner", "signer.pem", "-rkey", "signer.key",
                     "-reqin", name + ".req", "-respout", name,
                     *(args or ("-ndays", "1")))
        with open(self.path(name), "rb") as f:
            return f.read()

    def file(self, cert, name="stapled", **more):
        """A file with an answer, for servers that staple one."""
        data = self.answer(self.request(cert), **more)
        self.write(name, data)
        return self.path(name)


def timed_answer(issuer, cert, since, until, signer=None, revoked=False):
    """One whose dates openssl ocsp would not give; seconds from now."""
    signer = signer or issuer
    now = datetime.datetime.utcnow()

    def moment(seconds):
        return now + datetime.timedelta(seconds=seconds)

    status = ocsp.OCSPCertStatus
    return ocsp.OCSPResponseBuilder().add_response(
        cert=cert, issuer=issuer.cert, algorithm=hashes.SHA1(),
        cert_status=status.REVOKED if revoked else status.GOOD,
        this_update=moment(since), next_update=moment(until),
        revocation_time=moment(since) if revoked else None,
        revocation_reason=None,
    ).responder_id(
        ocsp.OCSPResponderEncoding.NAME, signer.cert
    ).sign(signer.key, hashes.SHA256()).public_bytes(
        serialization.Encoding.DER)


class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.owner.requests.append(
            (self.path, self.headers["Host"], body))
        try:
            self.server.owner.behave(self, body)
        except (BrokenPipeError, ConnectionResetError):
            pass  # it had enough

    def reply(self, body, code=200, **headers):
        self.send_response(code)
        self.send_header("Content-Type", "application/ocsp-response")
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


class Responder:
    """An HTTP server on 127.0.0.1, which does what behave() says."""

    def __init__(self, behave):
        self.behave = behave
        self.requests = []
        self.over = threading.Event()
        self.server = http.server.ThreadingHTTPServer(
            ("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.server.owner = self
        self.port = self.server.server_address[1]
        threading.Thread(
            target=self.server.serve_forever, args=(0.05,), daemon=True
        ).start()

    def url(self, path="/ocsp", host="127.0.0.1"):
        return f"http://{host}:{self.port}{path}"

    def close(self):
        self.over.set()
        self.server.shutdown()
        self.server.server_close()


def honest(authority, *args):
    def behave(handler, request):
        handler.reply(authority.answer(request, *args))
    return behave


def says(body, code=200, **headers):
    def behave(handler, _):
        handler.reply(body, code, **headers)
    return behave


def silent(handler, _):
    """Takes the request, and never answers."""
    handler.server.owner.over.wait(60)


def dripping(handler, _):
    """An answer of a byte now and then."""
    handler.send_response(200)
    handler.send_header("Content-Length", "4000")
    handler.end_headers()
    while not handler.server.owner.over.wait(0.2):
        handler.wfile.write(b"0")


def endless(handler, _):
    """A body that has no end."""
    handler.send_response(200)
    handler.end_headers()
    while not handler.server.owner.over.is_set():
        handler.wfile.write(b"x" * 65536)


def endless_headers(handler, _):
    handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
    end = time.monotonic() + 60
    while not handler.server.owner.over.is_set() and time.monotonic() < end:
        handler.wfile.write(b"X-More: " + b"x" * 8192 + b"\r\n")


def not_http(handler, _):
    handler.wfile.write(b"220 smtp.example.com ESMTP\r\n")


def hangs_up(handler, _):
    handler.close_connection = True
