# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The TLS Pool authors
"""No process but the keeper ever has a private key in its memory."""
import base64
import os

import pytest
import tls
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

pytestmark = pytest.mark.skipif(
    os.geteuid() != 0, reason="only root can read the memory of others")

NAME = "server.example.com"


def needles(key, pem):
    """The forms in which a private key may lie about, by name."""
    none = serialization.NoEncryption()
    found, numbers = {}, {}
    if isinstance(key, ec.EllipticCurvePrivateKey):
        numbers["scalar"] = key.private_numbers().private_value
    elif isinstance(key, rsa.RSAPrivateKey):
        n = key.private_numbers()
        numbers = {"p": n.p, "q": n.q, "d": n.d, "dmp1": n.dmp1,
                   "dmq1": n.dmq1}
    else:
        found["seed"] = key.private_bytes(
            serialization.Encoding.Raw, serialization.PrivateFormat.Raw, none)
    for name, value in numbers.items():
        # Its own length: what is padded to that of the key contains it, and
        # what is not (DER, a number of GMP's) does as well.
        size = (value.bit_length() + 7) // 8
        found[name] = value.to_bytes(size, "big")
        # the limbs of GMP
        found[name + " (limbs)"] = value.to_bytes(size, "little")
    # what lies about of the file: the secret number, in base64 of PKCS #8
    der = key.private_bytes(serialization.Encoding.DER,
                            serialization.PrivateFormat.PKCS8, none)
    secret = found.get("scalar") or found.get("seed") or found["d"]
    start = -(-der.index(secret) // 3) * 4
    found["PEM"] = base64.b64encode(der)[start:start + 36]
    assert found["PEM"] in pem.replace(b"\n", b"")
    # it can be broken by the end of a line, where lines have 64 characters
    found["PEM"] = next(
        x for x in (found["PEM"], found["PEM"][:16], found["PEM"][-16:])
        if x in pem)
    return found


def search(pid, wanted):
    """Which of the byte strings are in the memory of a process, and how
    many bytes have been read."""
    found, total = set(), 0
    overlap = max(len(n) for n in wanted.values())
    with open(f"/proc/{pid}/maps", encoding="ascii") as maps, \
            open(f"/proc/{pid}/mem", "rb", 0) as mem:
        for line in maps:
            place, mode = line.split()[:2]
            if "r" not in mode or "[v" in line:
                continue
            start, end = (int(x, 16) for x in place.split("-"))
            if end - start > 1 << 30:
                # a sanitizer's shadow: terabytes, and none of it ours
                assert os.environ.get("TLSPOOL_TEST_SANITIZER"), line
                continue
            tail = b""
            while start < end:
                try:
                    mem.seek(start)
                    data = mem.read(min(1 << 22, end - start))
                except OSError:
                    break
                if not data:
                    break
                total += len(data)
                start += len(data)
                window = tail + data
                found.update(n for n, w in wanted.items() if w in window)
                tail = data[-overlap:]
    return found, total


def test_libcrypto_is_the_keepers(make_pool, make_app, listener, pki, folder,
                                  monkeypatch):
    """Who reads what the network sends has no use for it; and the keeper
    reads no configuration of OpenSSL's, which would hang on this one."""
    os.mkfifo(folder / "openssl.cnf")
    monkeypatch.setenv("OPENSSL_CONF", str(folder / "openssl.cnf"))
    pool = make_pool((NAME, "server-rsa"))
    app = make_app(pool)
    peer, result = tls.session(app, listener, pki)
    result.sock.close()
    peer.close()
    for pid in pool.pids("front") + pool.pids("worker"):
        with open(f"/proc/{pid}/maps", encoding="ascii") as f:
            assert "libcrypto" not in f.read()


@pytest.mark.parametrize("leaf", ["server", "server-rsa", "server-ed25519"])
def test_keys_stay_with_the_keeper(make_pool, make_app, listener, pki, leaf):
    pool = make_pool((NAME, leaf))
    app = make_app(pool)
    sessions = [tls.session(app, listener, pki) for _ in range(8)]
    for version in tls.VERSIONS:
        sessions.append(tls.session(app, listener, pki, version=version))
    key = pki.made[leaf][1]
    with open(pki.path(leaf + ".key"), "rb") as f:
        wanted = needles(key, f.read())
    others = [p for role in ("front", "worker", "verifier")
              for p in pool.pids(role)]
    assert len(others) == 4
    for pid in others + [pool.process.pid, app.process.pid]:
        found, total = search(pid, wanted)
        assert total > 100000, "nothing was read: the test shows nothing"
        assert not found, (pid, found)
    (keeper,) = pool.pids("keeper")
    assert search(keeper, wanted)[0], "a key that is nowhere signs nothing"
    for peer, result in sessions:
        result.sock.sendall(b"still serving")
        assert peer.recv(20) == b"still serving"
