# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The TLS Pool authors
"""dns: an authoritative server, and zones that the test signs and spoils; a
resolver in front of it, honest or not."""
import collections
import hashlib
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import threading

from cryptography.hazmat.primitives import serialization

import harness

ALGORITHM = "ECDSAP256SHA256"


def digest(cert, selector=1, matching=1):
    """The data of a TLSA record for a certificate, in hexadecimal."""
    if selector == 0:
        data = cert.public_bytes(serialization.Encoding.DER)
    else:
        data = cert.public_key().public_bytes(
            serialization.Encoding.DER,
            serialization.PublicFormat.SubjectPublicKeyInfo)
    if matching == 0:
        return data.hex()
    return hashlib.new("sha256" if matching == 1 else "sha512",
                       data).hexdigest()


def tlsa(cert, usage=3, selector=1, matching=1):
    return f"TLSA {usage} {selector} {matching} " + digest(
        cert, selector, matching)


def smimea_owner(user):
    """RFC 8162, section 3."""
    local, _, domain = user.partition("@")
    return (hashlib.sha256(local.encode()).hexdigest()[:56]
            + "._smimecert." + domain + ".")


def flip(text):
    """Another digest of the same length."""
    return ("1" if text[0] == "0" else "0") + text[1:]


class Zone:
    """Its records are signed with a key of its own; text is a zone file
    without SOA and NS."""

    def __init__(self, server, name, signed=True):
        self.server = server
        self.name = name
        self.signed = signed
        self.serial = 0
        self.lines = []
        self.keys = [self.make_key()] if signed else []

    def make_key(self):
        """A new key; those in self.keys sign the zone."""
        return self.run("ldns-keygen", "-k", "-a", ALGORITHM,
                        self.name).strip()

    def revoke(self, key):
        """The same key with its REVOKE bit (RFC 5011, section 2.1)."""
        revoked = key + "-revoked"
        for end in (".key", ".private"):
            shutil.copy(os.path.join(self.server.dir, key + end),
                        os.path.join(self.server.dir, revoked + end))
        self.run("ldns-revoke", revoked + ".key")
        return revoked

    def run(self, *command):
        return subprocess.run(
            command, cwd=self.server.dir, check=True, text=True,
            capture_output=True).stdout

    def path(self):
        return os.path.join(self.server.dir, self.name + "zone")

    def ds(self):
        return self.run(
            "ldns-key2ds", "-n", "-2", self.keys[0] + ".key").strip()

    def dnskey(self):
        with open(os.path.join(self.server.dir, self.keys[0] + ".key"),
                  encoding="ascii") as f:
            return f.read()

    def add(self, owner, record, ttl=300):
        self.lines.append(f"{owner} {ttl} IN {record}\n")

    def delegate(self, child):
        self.add(child.name, "NS ns.test.")
        if child.signed:
            self.lines.append(child.ds() + "\n")

    def write(self, spoil=None):
        """spoil: a function of the signed text."""
        self.serial += 1
        with open(self.path(), "w", encoding="ascii") as f:
            f.write(f"{self.name} 300 IN SOA ns.test. "
                    f"hostmaster.test. {self.serial} 3600 600 86400 300\n"
                    f"{self.name} 300 IN NS ns.test.\n")
            f.writelines(self.lines)
        if not self.signed:
            return
        self.run("ldns-signzone", "-o", self.name, "-f", self.path() + ".s",
                 self.path(), *self.keys)
        with open(self.path() + ".s", encoding="ascii") as f:
            text = f.read()
        if spoil is not None:
            spoiled = spoil(text)
            assert spoiled != text
            text = spoiled
        with open(self.path(), "w", encoding="ascii") as f:
            f.write(text)


class Server:
    """knotd in a folder of its own, on 127.0.0.1 and ::1."""

    def __init__(self):
        self.dir = tempfile.mkdtemp(prefix="tlspool-dns-")
        os.chmod(self.dir, 0o755)
        self.port = harness.free_port()
        self.zones = []
        self.process = None

    def zone(self, name, signed=True):
        z = Zone(self, name, signed)
        self.zones.append(z)
        return z

    def anchor(self, zone):
        path = os.path.join(self.dir, "anchor")
        with open(path, "w", encoding="ascii") as f:
            f.write(zone.dnskey())
        return path

    def start(self):
        conf = os.path.join(self.dir, "knot.conf")
        with open(conf, "w", encoding="ascii") as f:
            f.write(f"server:\n  rundir: {self.dir}\n"
                    f"  listen: [ 127.0.0.1@{self.port}, "
                    f"::1@{self.port} ]\n"
                    f"database:\n  storage: {self.dir}/db\n"
                    "log:\n  - target: stderr\n    any: warning\n"
                    "zone:\n")
            for zone in self.zones:
                f.write(f"  - domain: {zone.name}\n"
                        f"    file: {zone.path()}\n"
                        "    zonefile-load: whole\n"
                        "    semantic-checks: off\n")
        self.process = harness.Process(
            ["knotd", "-c", conf], cwd=self.dir)
        harness.wait_for("knotd to answer", lambda: answers(
            self.process, self.port, self.zones[0].name))

    def reload(self):
        """Takes up the zones that were written anew."""
        self.process.process.send_signal(signal.SIGHUP)
        for zone in self.zones:
            harness.wait_for("the new zone", lambda z=zone: (
                serial(z) == z.serial))

    def fall_silent(self):
        self.process.process.send_signal(signal.SIGSTOP)

    def speak_again(self):
        self.process.process.send_signal(signal.SIGCONT)

    def close(self):
        if self.process is not None:
            self.process.close()
        shutil.rmtree(self.dir, ignore_errors=True)


class Resolver:
    """unbound, which asks the servers of the zones that it is told of."""

    def __init__(self, zones, anchor=None, more=""):
        """zones: a server for each name; anchor: a file, or it believes
        everything; more: lines of the section server."""
        self.dir = tempfile.mkdtemp(prefix="tlspool-resolver-")
        self.port = harness.free_port()
        conf = os.path.join(self.dir, "unbound.conf")
        modules = "validator iterator" if anchor else "iterator"
        with open(conf, "w", encoding="ascii") as f:
            f.write("server:\n"
                    f"  directory: {self.dir}\n  chroot: \"\"\n"
                    "  username: \"\"\n  pidfile: \"\"\n"
                    "  use-syslog: no\n  do-daemonize: no\n"
                    f"  interface: 127.0.0.1\n  port: {self.port}\n"
                    "  num-threads: 1\n  do-not-query-localhost: no\n"
                    f"  module-config: \"{modules}\"\n"
                    "  local-zone: test. nodefault\n" + more)
            if anchor:
                f.write(f"  trust-anchor-file: {anchor}\n")
            for name, server in zones.items():
                f.write(f"forward-zone:\n  name: {name}\n"
                        f"  forward-addr: 127.0.0.1@{server.port}\n")
            f.write("remote-control:\n  control-enable: no\n")
        self.process = harness.Process(["unbound", "-c", conf], cwd=self.dir)
        harness.wait_for("unbound to answer", lambda: answers(
            self.process, self.port, "."))

    def close(self):
        self.process.close()
        shutil.rmtree(self.dir, ignore_errors=True)


class Tap:
    """Stands between a resolver and a server, over UDP: counts the questions,
    can hold them back, and loses what is about one zone."""

    def __init__(self, server, lost=None):
        self.server = ("127.0.0.1", server.port)
        self.lost = lost
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.bind(("127.0.0.1", 0))
        self.port = self.sock.getsockname()[1]
        self.lock = threading.Lock()
        self.seen = collections.Counter()
        self.open = threading.Event()
        self.open.set()
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        while True:
            try:
                query, who = self.sock.recvfrom(4096)
            except OSError:
                return
            name, kind = question(query)
            with self.lock:
                self.seen[(name, kind)] += 1
            if self.lost is None or not name.endswith(self.lost):
                threading.Thread(target=self.ask, args=(query, who),
                                 daemon=True).start()

    def ask(self, query, who):
        self.open.wait(60)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.settimeout(10)
            try:
                s.sendto(query, self.server)
                self.sock.sendto(s.recv(65535), who)
            except OSError:
                pass

    def asked(self, name, kind):
        with self.lock:
            return self.seen[(name, kind)]

    def names_lost(self):
        """How many names have got lost."""
        with self.lock:
            return len({n for n, _ in self.seen if n.endswith(self.lost)})

    def total(self):
        with self.lock:
            return sum(self.seen.values())

    def close(self):
        self.open.set()
        self.sock.close()


def question(query):
    """Name and type of the question of a packet."""
    labels, at = [], 12
    while query[at] != 0:
        labels.append(query[at + 1:at + 1 + query[at]].decode().lower())
        at += 1 + query[at]
    return ".".join(labels), int.from_bytes(query[at + 1:at + 3], "big")


def ask_soa(port, name):
    """The answer of the server, or None."""
    query = (b"\x00\x01\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00"
             + wire_name(name) + b"\x00\x06\x00\x01")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.settimeout(0.2)
        try:
            s.sendto(query, ("127.0.0.1", port))
            return s.recv(4096)
        except OSError:
            return None


def answers(process, port, name):
    """Does the server know the SOA of this zone?"""
    if process.process.poll() is not None:
        raise AssertionError(process.text())
    answer = ask_soa(port, name)
    return answer is not None and answer[3] & 15 == 0


def serial(zone):
    """That of the zone as it is served: with four more numbers it ends the
    answer, in which there is nothing else."""
    answer = ask_soa(zone.server.port, zone.name)
    return answer and int.from_bytes(answer[-20:-16], "big")


def settings(server, **more):
    """Of a pool that asks this server alone; server.root is signed."""
    return {
        "dns.trust-anchor": server.anchor(server.root),
        "dns.forward": f"127.0.0.1@{server.port}",
        "dns.local-zones": "no",
        "trust.client-policy": "pin dane pkix",
        "trust.server-policy": "pin dane pkix",
        **more,
    }


def wire_name(name):
    labels = [x for x in name.split(".") if x]
    return b"".join(
        bytes([len(x)]) + x.encode() for x in labels) + b"\x00"


def spoil_record(owner, kind):
    """Changes the last hexadecimal digit of the record of that owner, whose
    signature then is not its own any more."""

    def change(text):
        wanted = re.compile(
            rf"^({re.escape(owner)}\s+\d+\s+IN\s+{kind}\s.*?)([0-9a-f])$",
            re.M)
        return wanted.sub(
            lambda m: m.group(1) + ("0" if m.group(2) != "0" else "1"), text)

    return change
