# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The TLS Pool authors
"""The trust anchor of DNSSEC, kept up to date while the key of the root is
rolled over (RFC 5011).  What takes thirty days is made to be thirty-one days
ago in the file that the pool keeps."""
import os
import re
import shutil

import dns
import harness
import pytest
import tls

DAY = 24 * 60 * 60


@pytest.fixture
def names(pki):
    server = dns.Server()
    try:
        server.root = server.zone(".")
        zone = server.zone("example.com.")
        server.root.delegate(zone)
        zone.add("server.example.com.", "A 127.0.0.1")
        zone.add("_443._tcp.server.example.com.",
                 dns.tlsa(pki.made["self-signed"][0]))
        for z in server.zones:
            z.write()
        server.start()
        yield server
    finally:
        server.close()


class Keeper:
    """A pool whose trust anchor is in a folder that it may write to."""

    def __init__(self, pool, make_app, listener, pki, path):
        self.pool = pool
        self.make_app = make_app
        self.listener = listener
        self.pki = pki
        self.path = path

    def ask(self):
        return tls.shake(self.make_app(self.pool, mode=("async",)),
                         self.listener, self.pki, "server.example.com",
                         "self-signed")

    def believes(self):
        result = self.ask()
        return result.ok and result.fields["method"] == "dane"

    def restart(self):
        self.pool.stop()
        self.pool.start()

    def states(self):
        """The states of the keys in the file, by their numbers."""
        with open(self.path, encoding="ascii") as f:
            return {int(number): state for number, state in re.findall(
                r"id = (\d+).*;;state=\d \[\s*(\S+?)\s*\]", f.read())}

    def wait_for_state(self, number, state):
        harness.wait_for(f"key {number} to be {state}",
                         lambda: self.states().get(number) == state)

    def days_pass(self, days):
        """Nothing runs meanwhile."""
        with open(self.path, encoding="ascii") as f:
            text = f.read()
        aged = re.sub(r"lastchange=(\d+)", lambda m:
                      f"lastchange={int(m.group(1)) - days * DAY}", text)
        assert aged != text
        with open(self.path, "w", encoding="ascii") as f:
            f.write(aged)


def number(zone, key):
    with open(os.path.join(zone.server.dir, key + ".key"),
              encoding="ascii") as f:
        return int(re.search(r"id = (\d+)", f.read()).group(1))


@pytest.fixture
def keeper(make_pool, make_app, names, listener, pki, folder):
    path = folder / "root.key"
    shutil.copy(names.anchor(names.root), path)
    # the verifier is somebody else where the test is root
    folder.chmod(0o777)
    path.chmod(0o666)
    pool = make_pool(config=dns.settings(
        names, **{"dns.trust-anchor": path}))
    return Keeper(pool, make_app, listener, pki, path)


def publish(zone, *keys):
    """Signs the root anew, and waits for knotd to have it."""
    zone.keys = list(keys)
    zone.write()
    zone.server.reload()


def test_rollover(keeper, names):
    root = names.root
    old = root.keys[0]
    new = root.make_key()
    assert keeper.believes()
    keeper.wait_for_state(number(root, old), "VALID")

    publish(root, old, new)
    keeper.restart()
    assert keeper.believes()
    keeper.wait_for_state(number(root, new), "ADDPEND")

    # not before its time
    keeper.restart()
    assert keeper.believes()
    assert keeper.states()[number(root, new)] == "ADDPEND"

    keeper.pool.stop()
    keeper.days_pass(31)
    keeper.pool.start()
    assert keeper.believes()
    keeper.wait_for_state(number(root, new), "VALID")

    gone = root.revoke(old)
    publish(root, gone, new)
    keeper.restart()
    assert keeper.believes()
    keeper.wait_for_state(number(root, gone), "REVOKED")

    publish(root, new)
    keeper.restart()
    assert keeper.believes()

    # What a revoked key has signed is nothing.
    publish(root, old)
    keeper.restart()
    result = keeper.ask()
    assert result.error == "EKEYREJECTED", result
    assert "bogus" in result.text


def test_key_of_a_stranger(keeper, names):
    """A key that no trusted key has signed is not even remembered."""
    root = names.root
    old = root.keys[0]
    strange = root.make_key()
    assert keeper.believes()
    publish(root, strange)
    keeper.restart()
    result = keeper.ask()
    assert result.error == "EKEYREJECTED", result
    assert number(root, strange) not in keeper.states()
    publish(root, old)
    keeper.restart()
    assert keeper.believes()


def test_pending_is_not_enough(keeper, names):
    """A key that is waited for signs nothing yet."""
    root = names.root
    old = root.keys[0]
    new = root.make_key()
    publish(root, old, new)
    assert keeper.believes()
    keeper.wait_for_state(number(root, new), "ADDPEND")
    publish(root, new)
    keeper.restart()
    result = keeper.ask()
    assert result.error == "EKEYREJECTED", result


@pytest.mark.parametrize("damage", ["", "noise", "cut"])
def test_damaged_file(keeper, names, damage):
    """Without its anchor the pool believes nobody by DANE, and says so."""
    assert keeper.believes()
    keeper.pool.stop()
    with open(keeper.path, encoding="ascii") as f:
        text = f.read()
    with open(keeper.path, "w", encoding="ascii") as f:
        f.write({"": "", "noise": "this is no key\n",
                 "cut": text[:len(text) // 3]}[damage])
    keeper.pool.start()
    result = keeper.ask()
    assert result.error == "EKEYREJECTED", result
    assert "the resolver does not start" in result.text


def test_last_key_is_revoked(keeper, names):
    """Then nothing counts as signed any more (RFC 5011, section 5); that must
    not make room for weaker methods, as a chain for that name would be."""
    root = names.root
    old = root.keys[0]
    assert keeper.believes()
    publish(root, root.revoke(old))
    keeper.restart()
    for cert in ("self-signed", "server"):
        result = tls.shake(keeper.make_app(keeper.pool, mode=("async",)),
                           keeper.listener, keeper.pki, "server.example.com",
                           cert)
        assert result.error == "EKEYREJECTED", result
        assert "is not answered" in result.text or "bogus" in result.text
