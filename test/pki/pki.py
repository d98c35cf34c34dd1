#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The TLS Pool authors
"""pki: a throw-away public key infrastructure, good and bad, for tests.

    pki.py DIRECTORY

makes everything in DIRECTORY and says what there is.  Each leaf is NAME.pem
(the leaf and its intermediate), NAME.key (PKCS #8) and NAME.all (both, for
programs that want one file).
"""
import datetime
import ipaddress
import os
import sys

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

DAY = datetime.timedelta(days=1)


def make_key(kind):
    """ecdsa, rsa or ed25519."""
    if kind == "ecdsa":
        return ec.generate_private_key(ec.SECP256R1())
    if kind == "rsa":
        return rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return ed25519.Ed25519PrivateKey.generate()


def digest_for(key):
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return None
    return hashes.SHA256()


def pem_key(key):
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def pem_cert(cert):
    return cert.public_bytes(serialization.Encoding.PEM)


def common_name(text):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


class Issuer:
    """A certificate authority: its key, its certificate, what it revoked."""

    def __init__(self, name, parent=None, kind="ecdsa"):
        self.name = name
        self.key = make_key(kind)
        self.parent = parent
        self.revoked = []
        subject = common_name(name)
        signer = parent or self
        self.cert = (
            base(subject, parent.cert.subject if parent else subject, self.key)
            .add_extension(
                x509.BasicConstraints(ca=True, path_length=None), critical=True
            )
            .add_extension(key_usage(ca=True), critical=True)
            .add_extension(
                x509.SubjectKeyIdentifier.from_public_key(
                    self.key.public_key()
                ),
                critical=False,
            )
            .sign(signer.key, digest_for(signer.key))
        )

    def chain(self):
        """The intermediates from here up, without the root."""
        if self.parent is None:
            return []
        return [self.cert] + self.parent.chain()

    def crl(self):
        now = datetime.datetime.utcnow()
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(self.cert.subject)
            .last_update(now - DAY)
            .next_update(now + 30 * DAY)
        )
        for serial in self.revoked:
            builder = builder.add_revoked_certificate(
                x509.RevokedCertificateBuilder()
                .serial_number(serial)
                .revocation_date(now - DAY)
                .build()
            )
        return builder.sign(self.key, digest_for(self.key))


def base(subject, issuer, key, start=-DAY, end=30 * DAY):
    now = datetime.datetime.utcnow()
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + start)
        .not_valid_after(now + end)
    )


def key_usage(ca=False, rsa_key=False):
    return x509.KeyUsage(
        digital_signature=not ca,
        content_commitment=False,
        key_encipherment=rsa_key,  # NSS insists on it
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=ca,
        crl_sign=ca,
        encipher_only=False,
        decipher_only=False,
    )


class Pki:
    def __init__(self, directory):
        self.dir = directory
        os.makedirs(directory, exist_ok=True)
        self.made = {}
        self.root = Issuer("Test Root")
        self.inter = Issuer("Test Intermediate", self.root)
        self.other = Issuer("Unknown Root")
        self.write("ca.pem", pem_cert(self.root.cert))
        self.write("other-ca.pem", pem_cert(self.other.cert))
        self.servers()
        self.clients()
        os.makedirs(self.path("crls"), exist_ok=True)
        for issuer, name in (
            (self.root, "crls/root.crl"),
            (self.inter, "crls/inter.crl"),
        ):
            self.write(
                name, issuer.crl().public_bytes(serialization.Encoding.PEM)
            )

    def path(self, name):
        return os.path.join(self.dir, name)

    def write(self, name, data):
        with open(self.path(name), "wb") as f:
            f.write(data)
        os.chmod(self.path(name), 0o644)

    def leaf(
        self,
        name,
        dns=(),
        mail=(),
        subject=None,
        kind="ecdsa",
        issuer=None,
        start=-DAY,
        end=30 * DAY,
        usage=None,
        revoked=False,
        self_signed=False,
        key=None,
        extensions=(),
    ):
        """Makes NAME.pem, NAME.key and NAME.all; returns the certificate."""
        key = key or make_key(kind)
        issuer = issuer or self.inter
        subject = subject or common_name(name)
        issuer_name = subject if self_signed else issuer.cert.subject
        builder = base(subject, issuer_name, key, start, end)
        alternatives = [x509.DNSName(d) for d in dns]
        alternatives += [x509.RFC822Name(m) for m in mail]
        if "localhost" in dns:
            alternatives.append(
                x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
            )
        if alternatives:
            builder = builder.add_extension(
                x509.SubjectAlternativeName(alternatives), critical=False
            )
        builder = builder.add_extension(
            x509.BasicConstraints(ca=False, path_length=None), critical=True
        ).add_extension(
            key_usage(rsa_key=isinstance(key, rsa.RSAPrivateKey)),
            critical=True)
        builder = builder.add_extension(
            x509.ExtendedKeyUsage(
                usage
                or [
                    ExtendedKeyUsageOID.SERVER_AUTH,
                    ExtendedKeyUsageOID.CLIENT_AUTH,
                ]
            ),
            critical=False,
        )
        for extension in extensions:
            builder = builder.add_extension(extension, critical=False)
        signer = key if self_signed else issuer.key
        cert = builder.sign(signer, digest_for(signer))
        if revoked:
            issuer.revoked.append(cert.serial_number)
        chain = [cert] if self_signed else [cert] + issuer.chain()
        pem = b"".join(pem_cert(c) for c in chain)
        self.write(name + ".pem", pem)
        self.write(name + ".key", pem_key(key))
        self.write(name + ".all", pem + pem_key(key))
        self.made[name] = (cert, key)
        return cert

    def servers(self):
        self.leaf("server", dns=["server.example.com"])
        self.leaf("server-rsa", dns=["server.example.com"], kind="rsa")
        self.leaf("server-ed25519", dns=["server.example.com"], kind="ed25519")
        self.leaf("www", dns=["www.example.com", "web.example.com"])
        self.leaf("wildcard", dns=["*.wild.example.com"])
        self.leaf("localhost", dns=["localhost"])
        self.leaf("wrong-name", dns=["elsewhere.example.org"])
        self.leaf("expired", dns=["server.example.com"],
                  start=-30 * DAY, end=-DAY)
        self.leaf("not-yet", dns=["server.example.com"],
                  start=5 * DAY, end=30 * DAY)
        self.leaf("self-signed", dns=["server.example.com"], self_signed=True)
        self.leaf("unknown", dns=["server.example.com"], issuer=self.other)
        self.leaf("revoked", dns=["server.example.com"], revoked=True)
        self.leaf("client-only", dns=["server.example.com"],
                  usage=[ExtendedKeyUsageOID.CLIENT_AUTH])
        # the right certificates in the wrong order
        with open(self.path("server.pem"), "rb") as f:
            blocks = f.read().split(b"-----BEGIN")
        self.write("disorder.pem",
                   b"-----BEGIN" + b"-----BEGIN".join(reversed(blocks[1:])))

    def clients(self):
        self.leaf("anna", mail=["anna@example.com"])
        self.leaf("anna-rsa", mail=["anna@example.com"], kind="rsa")
        self.leaf("anna-ed25519", mail=["anna@example.com"], kind="ed25519")
        self.leaf("client", dns=["client.example.com"])
        self.leaf("anna-expired", mail=["anna@example.com"],
                  start=-30 * DAY, end=-DAY)
        self.leaf("anna-unknown", mail=["anna@example.com"], issuer=self.other)
        self.leaf("anna-revoked", mail=["anna@example.com"], revoked=True)
        self.leaf("anna-self", mail=["anna@example.com"], self_signed=True)
        dc = NameOID.DOMAIN_COMPONENT
        self.leaf("dn-user", subject=x509.Name([
            x509.NameAttribute(dc, "com"), x509.NameAttribute(dc, "example"),
            x509.NameAttribute(NameOID.USER_ID, "berta")]))
        self.leaf("dn-domain", subject=x509.Name([
            x509.NameAttribute(dc, "com"), x509.NameAttribute(dc, "example"),
            x509.NameAttribute(dc, "dn")]))
        self.leaf("nameless")


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: pki.py DIRECTORY")
    pki = Pki(sys.argv[1])
    for name in sorted(pki.made):
        print(pki.path(name + ".pem"))


if __name__ == "__main__":
    main()
