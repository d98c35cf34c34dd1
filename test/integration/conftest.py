# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The TLS Pool authors
"""What every integration test can ask for."""
import os
import pathlib
import shutil
import sys
import tempfile

import pytest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
sys.path.insert(0, os.path.join(HERE, "..", "pki"))
sys.dont_write_bytecode = True

import harness  # noqa: E402
from pki import Pki  # noqa: E402


@pytest.fixture(scope="session")
def tools():
    t = harness.Tools()
    yield t
    t.close()


@pytest.fixture(scope="session")
def pki():
    directory = tempfile.mkdtemp(prefix="tlspool-pki-")
    os.chmod(directory, 0o755)
    yield Pki(directory)
    shutil.rmtree(directory, ignore_errors=True)


@pytest.fixture
def make_pool(tools, pki):
    """Makes pools of a test's own."""
    pools = []

    def make(*identities, start=True, **more):
        p = harness.Pool(tools, pki, **more)
        pools.append(p)
        if start:
            p.start()
            for name in identities:
                p.add(*(name if isinstance(name, tuple) else (name,)))
        return p

    yield make
    for p in pools:
        p.close()


IDENTITIES = (
    ("server.example.com", "server"),
    ("www.example.com", "www"),
    ("*.wild.example.com", "wildcard"),
    ("localhost", "localhost"),
    ("client.example.com", "client"),
    ("anna@example.com", "anna"),
)


@pytest.fixture(scope="module")
def pool(tools, pki):
    """One pool for the tests of a file, with the usual identities."""
    p = harness.Pool(tools, pki)
    p.start()
    try:
        for name, leaf in IDENTITIES:
            p.add(name, leaf)
        yield p
    finally:
        p.close()


@pytest.fixture
def make_app(tools):
    apps = []

    def make(pool, as_user=None, mode=()):
        a = harness.App(tools, pool.environment(), as_user, mode)
        apps.append(a)
        return a

    yield make
    for a in apps:
        a.close()


@pytest.fixture
def app(make_app, pool):
    return make_app(pool)


@pytest.fixture
def listener():
    s = harness.Listener()
    yield s
    s.close()


@pytest.fixture
def folder():
    """A folder that processes of other users can look into."""
    path = tempfile.mkdtemp(prefix="tlspool-test-")
    os.chmod(path, 0o755)
    yield pathlib.Path(path)
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture
def run():
    """Starts a program; it is ended with the test."""
    processes = []

    def start(*command, **more):
        p = harness.Process([str(c) for c in command], **more)
        processes.append(p)
        return p

    yield start
    for p in processes:
        p.close()


@pytest.fixture
def serve(run, pki):
    """openssl s_server with a certificate; returns its port."""

    def start(cert, *more):
        port = harness.free_port()
        run("openssl", "s_server", "-accept", f"127.0.0.1:{port}", "-naccept",
            "100", "-quiet", "-cert", pki.path(cert + ".pem"),
            "-cert_chain", pki.path(cert + ".pem"),
            "-key", pki.path(cert + ".key"), *more)
        harness.connect(port).close()
        return port

    return start
