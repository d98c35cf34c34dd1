# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The TLS Pool authors
"""peers: the TLS programs of others, each as a client and as a server that
sends back what it gets, or is spoken to by hand."""
from harness import free_port


def openssl_client(run, pki, port, *args, name="server.example.com",
                   cert=None, ca="ca.pem"):
    command = ["openssl", "s_client", "-connect", f"127.0.0.1:{port}",
               "-CAfile", pki.path(ca), "-brief"]
    if name:
        command += ["-servername", name, "-verify_hostname", name,
                    "-verify_return_error"]
    else:
        command += ["-noservername"]
    if cert:
        command += ["-cert", pki.path(cert + ".pem"),
                    "-key", pki.path(cert + ".key"),
                    "-cert_chain", pki.path(cert + ".pem")]
    return run(*command, *args)


def openssl_server(run, pki, *args, cert="server", ca="ca.pem", ask=True):
    """Returns the process and its port."""
    command = ["openssl", "s_server", "-accept", "127.0.0.1:0",
               "-cert", pki.path(cert + ".pem"),
               "-key", pki.path(cert + ".key"),
               "-cert_chain", pki.path(cert + ".pem"),
               "-CAfile", pki.path(ca)]
    if ask:
        command += ["-Verify", "3", "-verify_return_error"]
    process = run(*command, *args)
    port = int(process.expect(rb"ACCEPT [^\n]*:(\d+)\n").group(1))
    return process, port


def gnutls_client(run, pki, port, *args, name="server.example.com",
                  cert=None):
    command = ["gnutls-cli", "--port", port, "127.0.0.1",
               "--x509cafile", pki.path("ca.pem"),
               "--sni-hostname", name, "--verify-hostname", name]
    if cert:
        command += ["--x509certfile", pki.path(cert + ".pem"),
                    "--x509keyfile", pki.path(cert + ".key")]
    return run(*command, *args)


def gnutls_server(run, pki, *args, cert="server"):
    """An echo server. Returns the process and its port."""
    port = free_port()
    process = run("gnutls-serv", "--echo", "--port", port,
                  "--x509certfile", pki.path(cert + ".pem"),
                  "--x509keyfile", pki.path(cert + ".key"),
                  "--x509cafile", pki.path("ca.pem"), *args)
    process.expect(rb"listening on IPv4 [^\n]*done")
    return process, port


class Nss:
    """A certificate database of NSS."""

    def __init__(self, run, pki, directory):
        self.run = run
        self.dir = "sql:" + str(directory)
        self.tool("certutil", "-N", "--empty-password")
        self.tool("certutil", "-A", "-n", "root", "-t", "CT,C,C",
                  "-a", "-i", pki.path("ca.pem"))

    def tool(self, name, *args):
        process = self.run(name, *args, "-d", self.dir)
        assert process.wait() == 0, process.text()

    def add(self, pki, leaf, directory):
        bundle = str(directory / (leaf + ".p12"))
        process = self.run(
            "openssl", "pkcs12", "-export", "-name", leaf, "-passout",
            "pass:x", "-in", pki.path(leaf + ".all"), "-out", bundle)
        assert process.wait() == 0, process.text()
        self.tool("pk12util", "-i", bundle, "-W", "x")

    def client(self, port, name="server.example.com", cert=None):
        command = ["tstclnt", "-h", "127.0.0.1", "-p", port, "-a", name,
                   "-d", self.dir, "-v"]
        if cert:
            command += ["-n", cert]
        return self.run(*command)

    def server(self, cert="server"):
        port = free_port()
        process = self.run("selfserv", "-d", self.dir, "-n", cert,
                           "-p", port, "-v", "-r", "-r")
        return process, port
