# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The TLS Pool authors
"""Keys in PKCS #11 tokens, of SoftHSM, and one that is slow."""
import concurrent.futures
import os
import shutil
import subprocess

import harness
import pytest
import tls

NAME = "server.example.com"
MODULE = "/usr/lib/softhsm/libsofthsm2.so"
PIN = "98765432"


class Token:
    """A token of SoftHSM with keys of the PKI, each under its own name."""

    def __init__(self, folder, pki, monkeypatch):
        self.folder, self.pki = folder, pki
        (folder / "tokens").mkdir()
        self.pin = folder / "pin"
        self.conf = folder / "softhsm2.conf"
        self.conf.write_text(f"directories.tokendir = {folder}/tokens\n"
                             "objectstore.backend = file\n")
        monkeypatch.setenv("SOFTHSM2_CONF", str(self.conf))
        self.util("--init-token", "--free", "--label", "test",
                  "--so-pin", "12345678")
        for i, leaf in enumerate(("server", "server-rsa", "www")):
            self.util("--import", pki.path(leaf + ".key"), "--token", "test",
                      "--label", leaf, "--id", f"{i:02x}")
        self.pin.write_text(PIN + "\n")
        self.give()

    @staticmethod
    def util(*args):
        subprocess.run(["softhsm2-util", *args, "--pin", PIN], check=True,
                       stdout=subprocess.PIPE)

    def give(self):
        """The pool of a test has this user for its keeper."""
        if os.geteuid() != 0:
            return
        for path, folders, files in os.walk(self.folder):
            for name in [path] + [os.path.join(path, f) for f in files]:
                shutil.chown(name, "daemon")
                os.chmod(name, 0o700 if name == path else 0o600)
        os.chmod(self.folder, 0o755)

    def uri(self, leaf):
        return f"pkcs11:token=test;object={leaf}?pin-source=file:{self.pin}"

    def config(self, module=MODULE, **more):
        return {"identity.pkcs11-modules": module,
                "identity.token-paths": f"{self.folder}/tokens",
                "identity.key-paths": f"{self.pki.dir} {self.folder}", **more}

    def add(self, pool, name, leaf, key=None):
        return pool.cli("id", "add", name, "--cert",
                        self.pki.path(leaf + ".pem"),
                        "--key", key or self.uri(leaf))


@pytest.fixture
def token(folder, pki, monkeypatch):
    return Token(folder, pki, monkeypatch)


def fails(app, listener, pki):
    near, future = tls.serve(app, listener, name=NAME)
    assert tls.refused(near, pki) != ""
    result = future.result(20 * harness.PATIENCE)
    assert not result.ok, result
    return result


@pytest.mark.parametrize("leaf", ["server", "server-rsa"])
def test_signs(make_pool, make_app, listener, pki, token, leaf):
    pool = make_pool(config=token.config())
    done = token.add(pool, NAME, leaf)
    assert done.code == 0, done
    app = make_app(pool)
    for version in tls.VERSIONS:
        for _ in range(3):
            peer, result = tls.session(app, listener, pki, version=version)
            tls.echo(result.sock)
            assert tls.exchange(peer, b"hello") == b"hello"
            peer.close()
    assert "sign-failed" not in pool.log_text()


def test_key_of_another_certificate(make_pool, make_app, listener, pki,
                                    token):
    """It signs, and what it has signed is not let out."""
    pool = make_pool(config=token.config())
    assert token.add(pool, NAME, "server", token.uri("www")).code == 0
    fails(make_app(pool), listener, pki)
    pool.logged("is not by the key of the certificate")


def test_no_such_key(make_pool, make_app, listener, pki, token):
    pool = make_pool(config=token.config())
    assert token.add(pool, NAME, "server", token.uri("nothing")).code == 0
    fails(make_app(pool), listener, pki)
    pool.logged("the key in the token cannot be used")


def test_wrong_pin_is_tried_once(make_pool, make_app, listener, pki, token):
    """Each file, not each signature: the token would be locked."""
    token.pin.write_text("wrong")
    pool = make_pool(config=token.config())
    assert token.add(pool, NAME, "server").code == 0
    app = make_app(pool)
    for _ in range(5):
        fails(app, listener, pki)
    pool.logged("sign-failed", 5)
    assert pool.log_text().count("sign-failed") == 5
    pool.logged("pin-refused", 1)
    assert pool.log_text().count("pin-refused") == 1
    token.pin.write_text(PIN)
    peer, result = tls.session(app, listener, pki)
    peer.close()
    result.sock.close()


@pytest.mark.parametrize("query,text", [
    ("?pin-value=1234", "does not belong in the URI"),
    ("?pin-source=relative", "absolute path"),
    ("?module-path=/x", "nothing but pin-source"),
    ("?pin-source=file:/etc/passwd", "key-paths"),
])
def test_refused(make_pool, token, query, text):
    pool = make_pool(config=token.config())
    done = token.add(pool, NAME, "server", "pkcs11:token=test" + query)
    assert done.code != 0 and text in done.text, done


def test_without_modules(make_pool, token):
    pool = make_pool()
    done = token.add(pool, NAME, "server", "pkcs11:token=test")
    assert done.code != 0 and "pkcs11-modules" in done.text, done


def test_no_such_module(make_pool, token):
    with pytest.raises(AssertionError, match="module-unusable"):
        make_pool(config=token.config("/nonexistent.so"))


def test_slow_key(make_pool, make_app, listener, pki, token, monkeypatch):
    """Its handshakes queue up; those with other keys go on, of the same user
    and of others."""
    monkeypatch.setenv("SLOW_TOKEN_MS", "1000")
    module = shutil.copy(harness.environ("TLSPOOL_TEST_SLOW_TOKEN"),
                         token.folder)
    pool = make_pool(("www.example.com", "www"), config=token.config(module),
                     acl="allow any * anyone\n")
    assert token.add(pool, NAME, "server-rsa").code == 0
    app = make_app(pool)
    others = [app]
    if os.geteuid() == 0:
        others.append(make_app(pool, (
            "--reuid=nobody", "--regid=nogroup", "--clear-groups")))
    crowd = []
    with concurrent.futures.ThreadPoolExecutor(24) as threads:
        for _ in range(24):
            near, future = tls.serve(app, listener, name=NAME)
            crowd.append((near, future))
            threads.submit(tls.refused, near, pki)
        # One has been served: the others are waiting for their turns.
        harness.wait_for("a signature", lambda: any(
            f.done() for _, f in crowd), 20)
        for other in others:
            peer, result = tls.session(other, listener, pki, cert="anna",
                                       name="www.example.com")
            peer.close()
            result.sock.close()
        waiting = sum(not f.done() for _, f in crowd)
        assert waiting > 0, "nobody waited: the test shows nothing"
        for near, _ in crowd:
            near.close()
