# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The TLS Pool authors
"""directory: slapd in a folder of its own, with what the test puts into it."""
import base64
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import urllib.parse

from cryptography.hazmat.primitives import serialization

import harness

SUFFIX = "dc=example,dc=com"

CONFIG = """
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
modulepath /usr/lib/ldap
moduleload back_mdb
pidfile {dir}/pid
sizelimit 10
{tls}
database mdb
maxsize 67108864
suffix "{suffix}"
directory {dir}/db
"""


def der(cert):
    return cert.public_bytes(serialization.Encoding.DER)


def entry(dn, classes, values=(), certs=()):
    """An entry of LDIF; certs are DER."""
    lines = [f"dn: {dn}"] + [f"objectClass: {c}" for c in classes]
    lines += list(values)
    for cert in certs:
        text = base64.b64encode(cert).decode()
        lines.append(f"userCertificate;binary:: {text}")
    return "\n".join(lines) + "\n\n"


def user(uid, *certs):
    return entry(f"uid={uid},{SUFFIX}", ("account", "pkiUser"),
                 (f"uid: {uid}",), certs)


def domain(*certs):
    return entry(SUFFIX, ("domain", "pkiUser"), ("dc: example",), certs)


class Slapd:
    """cert: a leaf of the PKI for TLS, or None."""

    def __init__(self, pki, ldif, cert="server", ldaps=False):
        self.dir = tempfile.mkdtemp(prefix="tlspool-ldap-")
        os.chmod(self.dir, 0o755)
        os.mkdir(os.path.join(self.dir, "db"))
        self.conf = os.path.join(self.dir, "slapd.conf")
        self.port = harness.free_port()
        self.scheme = "ldaps" if ldaps else "ldap"
        self.socket = os.path.join(self.dir, "ldapi")
        self.process = None
        self.marks = []
        lines = "" if cert is None else (
            f"TLSCertificateFile {pki.path(cert + '.pem')}\n"
            f"TLSCertificateKeyFile {pki.path(cert + '.key')}\n")
        with open(self.conf, "w", encoding="ascii") as f:
            f.write(CONFIG.format(dir=self.dir, tls=lines, suffix=SUFFIX))
        subprocess.run(
            ["/usr/sbin/slapadd", "-f", self.conf], input=ldif, text=True,
            check=True, capture_output=True)

    def url(self, host="server.example.com"):
        return f"{self.scheme}://{host}:{self.port}"

    def local_url(self):
        return "ldapi://" + urllib.parse.quote(self.socket, safe="")

    def start(self):
        self.process = harness.Process(
            ["/usr/sbin/slapd", "-d", "stats", "-f", self.conf, "-h",
             f"{self.scheme}://127.0.0.1:{self.port} {self.local_url()}"])
        harness.connect(self.port).close()
        os.chmod(self.socket, 0o777)
        return self

    def text(self):
        with self.process.change:
            return self.process.output.decode(errors="replace")

    def log(self):
        """What it has logged before now: up to a connection of ours."""
        with socket.create_connection(("127.0.0.1", self.port)) as s:
            mark = f"IP=127.0.0.1:{s.getsockname()[1]} "
        harness.wait_for("slapd's log", lambda: mark in self.text())
        self.marks.append(mark)
        before = self.text().partition(mark)[0].rpartition("\n")[0]
        return "\n".join(line for line in before.split("\n")
                         if not any(m in line for m in self.marks))

    def count(self, what):
        return self.log().count(what)

    def hang(self):
        self.process.process.send_signal(signal.SIGSTOP)

    def go_on(self):
        self.process.process.send_signal(signal.SIGCONT)

    def stop(self):
        if self.process is not None:
            self.go_on()
            self.process.close()
        self.process = None

    def close(self):
        self.stop()
        shutil.rmtree(self.dir, ignore_errors=True)


class Fake:
    """Answers what the test says, whatever is asked: where slapd is too
    honest.  play is called for each connection."""

    def __init__(self, play):
        self.sock = socket.socket()
        self.sock.bind(("127.0.0.1", 0))
        self.sock.listen(8)
        self.port = self.sock.getsockname()[1]
        self.play = play
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        try:
            while True:
                peer = self.sock.accept()[0]
                try:
                    self.play(peer)
                except OSError:
                    pass
                peer.close()
        except OSError:
            pass

    def close(self):
        self.sock.shutdown(socket.SHUT_RDWR)
        self.sock.close()
