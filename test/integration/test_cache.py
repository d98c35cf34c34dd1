# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The TLS Pool authors
"""Verdicts that are remembered: what is asked again, and what is not."""
import datetime
import os
import signal
import threading
import time

import dns
import harness
import pytest
import tls

PORT = 443
A, TLSA = 1, 52
NAME = "server.example.com"
OWNER = f"_{PORT}._tcp.{NAME}"
KILLS = int(os.environ.get("TLSPOOL_TEST_KILLS", "100"))


@pytest.fixture(scope="module")
def names(pki):
    server = dns.Server()
    try:
        root = server.zone(".")
        zone = server.zone("example.com.")
        root.delegate(zone)
        for name in ("server", "other", "third"):
            zone.add(f"{name}.example.com.", "A 127.0.0.1")
            zone.add(f"_{PORT}._tcp.{name}.example.com.",
                     dns.tlsa(pki.made["self-signed"][0]))
        zone.add("www.example.com.", "A 127.0.0.1")
        zone.add("brief.example.com.", "A 127.0.0.1", ttl=1)
        zone.add(f"_{PORT}._tcp.brief.example.com.",
                 dns.tlsa(pki.made["self-signed"][0]), ttl=1)
        root.write()
        zone.write()
        server.start()
        server.root = root
        yield server
    finally:
        server.close()


@pytest.fixture
def tap(names):
    t = dns.Tap(names)
    yield t
    t.close()


@pytest.fixture
def cached(make_pool, names, tap):
    """A pool whose questions to the DNS are counted."""
    def make(**more):
        return make_pool(config={
            "dns.trust-anchor": names.anchor(names.root),
            "dns.forward": f"127.0.0.1@{tap.port}",
            "dns.local-zones": "no",
            **more,
        })

    return make


def begin(app, listener, pki, name, cert, **more):
    near, far = listener.connection()
    server = tls.Server(near, pki, cert=cert, ask=False)
    return server, app.submit("client", far, sni=name, port=PORT, **more)


def end(server, future):
    result = future.result(30 * harness.PATIENCE)
    try:
        server.result().close()
    except OSError:
        pass
    if result.sock is not None:
        result.sock.close()
    return result


def shake(app, listener, pki, name=NAME, cert="self-signed", **more):
    return end(*begin(app, listener, pki, name, cert, **more))


def counter(pool, name):
    for process in pool.cli("status", "--json").json():
        if process["process"] == "verifier":
            return int(process["counters"][name])
    raise AssertionError("there is no verifier")


def rows(pool, *pattern):
    done = pool.cli("cache", "list", "--json", *pattern)
    assert done.code == 0, done
    return done.json()


def test_again(cached, make_app, listener, pki, tap):
    """What was found is found again, and nobody is asked."""
    pool = cached()
    app = make_app(pool, mode=("async",))
    first = shake(app, listener, pki)
    assert first.ok and first.fields["method"] == "dane", first
    asked = tap.total()
    assert asked > 0
    for _ in range(5):
        again = shake(app, listener, pki)
        assert again.ok, again
        assert again.peer == first.peer == NAME
        for fact in ("method", "evidence", "until"):
            assert again.fields.get(fact) == first.fields.get(fact)
    assert tap.total() == asked
    assert counter(pool, "cache-found") == 5
    # So is what says no, but not for somebody else.
    for _ in range(2):
        no = shake(app, listener, pki, cert="server")
        assert no.error == "EKEYREJECTED" and OWNER in no.text, no
    assert counter(pool, "cache-found") == 6
    assert shake(app, listener, pki).ok


def test_at_once(cached, make_app, listener, pki, tap):
    """The same question at the same time is asked once."""
    pool = cached()
    app = make_app(pool, mode=("async",))
    tap.open.clear()
    pairs = [begin(app, listener, pki, NAME, "self-signed")
             for _ in range(12)]
    harness.wait_for("all of them to wait",
                     lambda: counter(pool, "waiting") == len(pairs), 20)
    assert counter(pool, "joined") == len(pairs) - 1
    tap.open.set()
    results = [end(*p) for p in pairs]
    assert all(r.ok and r.peer == NAME for r in results), results
    # Each of the two is asked once.  (The tap cannot tell: what is not
    # answered soon, libunbound sends again.)
    assert counter(pool, "dns-asked") == 2
    assert tap.asked(OWNER, TLSA) > 0 and tap.asked(NAME, A) > 0
    assert counter(pool, "cache-stored") == 1
    assert counter(pool, "accepted") == len(pairs)


def test_no_cache_read(cached, make_app, listener, pki, tap):
    """Nothing older counts, not even in the resolver."""
    pool = cached()
    app = make_app(pool, mode=("async",))
    assert shake(app, listener, pki).ok
    for _ in range(3):
        asked = tap.asked(OWNER, TLSA)
        result = shake(app, listener, pki, flags=harness.NO_CACHE_READ)
        assert result.ok and result.fields["method"] == "dane", result
        assert tap.asked(OWNER, TLSA) > asked
    assert counter(pool, "cache-found") == 0
    # Others go on with what is known.
    asked = tap.total()
    assert shake(app, listener, pki).ok
    assert tap.total() == asked


def test_no_cache_read_does_not_join(cached, make_app, listener, pki, tap):
    """It shares no question that was under way before it."""
    pool = cached()
    app = make_app(pool, mode=("async",))
    tap.open.clear()
    first = begin(app, listener, pki, NAME, "self-signed")
    harness.wait_for("the first to wait",
                     lambda: counter(pool, "waiting") == 1, 20)
    second = begin(app, listener, pki, NAME, "self-signed",
                   flags=harness.NO_CACHE_READ)
    harness.wait_for("its own questions",
                     lambda: counter(pool, "dns-asked") == 4, 20)
    assert counter(pool, "joined") == 0
    tap.open.set()
    assert end(*first).ok
    assert end(*second).ok


def test_no_cache_write(cached, make_app, listener, pki):
    pool = cached()
    app = make_app(pool, mode=("async",))
    for _ in range(2):
        assert shake(app, listener, pki, flags=harness.NO_CACHE_WRITE).ok
    assert rows(pool) == []
    assert counter(pool, "cache-found") == 0
    assert shake(app, listener, pki).ok
    assert shake(app, listener, pki, flags=harness.NO_CACHE_WRITE).ok
    assert counter(pool, "cache-found") == 1


def test_ttl(cached, make_app, listener, pki, tap):
    """It ends with the record of the DNS; so does what rests on the absence
    of one."""
    pool = cached()
    app = make_app(pool, mode=("async",))
    owner = f"_{PORT}._tcp.brief.example.com"
    assert shake(app, listener, pki, "brief.example.com").ok
    harness.wait_for(
        "the record to be asked for again",
        lambda: shake(app, listener, pki, "brief.example.com").ok
        and tap.asked(owner, TLSA) > 1, 20)
    result = shake(app, listener, pki, "www.example.com", "www")
    assert result.ok and result.fields["method"] == "pkix", result
    (row,) = rows(pool, "www.example.com")
    # The zone says 300 seconds of what is not there; max-age is an hour.
    assert 0 < seconds(row["until"]) - seconds(row["made"]) <= 300


def test_restart(cached, make_app, listener, pki, tap):
    pool = cached()
    assert shake(make_app(pool, mode=("async",)), listener, pki).ok
    pool.stop()
    pool.start()
    assert len(rows(pool)) == 1
    assert shake(make_app(pool, mode=("async",)), listener, pki).ok
    assert counter(pool, "cache-found") == 1
    assert "cache-broken" not in pool.log_text()


def test_commands(cached, make_app, listener, pki):
    pool = cached()
    app = make_app(pool, mode=("async",))
    for name in ("server", "other", "third"):
        assert shake(app, listener, pki, name + ".example.com").ok
    assert not shake(app, listener, pki, cert="server").ok
    found = rows(pool)
    assert sorted((r["peer"], r["verdict"]) for r in found) == [
        ("other.example.com", "yes"), (NAME, "no"), (NAME, "yes"),
        ("third.example.com", "yes")]
    assert all(r["role"] == "server" and r["port"] == PORT for r in found)
    assert {r["method"] for r in found} == {"dane", None}
    assert len(rows(pool, "*r.example.com")) == 3
    assert rows(pool, "example.com") == []
    text = pool.cli("cache", "list").out
    assert "PEER" in text and "third.example.com" in text
    shown = pool.cli("cache", "show", "other.example.com")
    assert shown.code == 0 and "record 3 1 1" in shown.out, shown
    assert pool.cli("cache", "show", "--json",
                    "other.example.com").json()[0]["port"] == PORT
    assert pool.cli("cache", "show", "nobody.example.com").code == 1
    assert pool.cli("cache").code == 2
    assert pool.cli("cache", "flush", "other.example.com").code == 0
    assert len(rows(pool)) == 3
    assert pool.cli("cache", "flush", "[ts]*").code == 0
    assert rows(pool) == []
    assert shake(app, listener, pki).ok
    assert pool.cli("cache", "flush").code == 0
    assert rows(pool) == []
    assert counter(pool, "cache-found") == 0


def test_changes(cached, make_app, listener, pki, folder):
    """What the administrator changes makes older verdicts void."""
    pins = folder / "pins"
    pins.write_text("# none\n")
    pool = cached(**{"trust.pins": str(pins)})
    app = make_app(pool, mode=("async",))
    assert shake(app, listener, pki).ok
    assert shake(app, listener, pki).ok
    assert counter(pool, "cache-found") == 1
    fresh = folder / "next"
    fresh.write_text(f"{NAME} server sha256:{'01' * 32}\n")
    fresh.rename(pins)
    # The file is looked at once a second.
    harness.wait_for("the pin to count",
                     lambda: not shake(app, listener, pki).ok, 20)
    assert rows(pool, NAME)[0]["verdict"] == "no"
    assert pool.cli("trust", "pin", "third.example.com", "server",
                    "sha256:" + "02" * 32).code == 0
    no = shake(app, listener, pki, "third.example.com")
    assert no.error == "EKEYREJECTED", no
    assert pool.cli("trust", "unpin", "third.example.com").code == 0
    assert shake(app, listener, pki, "third.example.com").ok


@pytest.mark.parametrize("size", ["0", "2"])
def test_size(cached, make_app, listener, pki, size):
    pool = cached(**{"cache.size": size})
    app = make_app(pool, mode=("async",))
    for name in ("server", "other", "third"):
        assert shake(app, listener, pki, name + ".example.com").ok
    assert len(rows(pool)) == int(size)
    assert counter(pool, "cached") == int(size)


def seconds(text):
    return datetime.datetime.fromisoformat(
        text.replace("Z", "+00:00")).timestamp()


def noise(path):
    size = os.path.getsize(path)
    with open(path, "r+b") as f:
        f.write(os.urandom(max(size, 8192)))


def cut(path):
    os.truncate(path, os.path.getsize(path) // 3)


@pytest.mark.parametrize("harm", [noise, cut])
def test_broken(cached, make_app, listener, pki, harm):
    """A cache that is damaged is no outage, and no verdict."""
    pool = cached()
    assert shake(make_app(pool, mode=("async",)), listener, pki).ok
    pool.stop()
    folder = os.path.join(pool.dir, "state", "verifier", "cache")
    harm(os.path.join(folder, "verdicts.db"))
    pool.start()
    app = make_app(pool, mode=("async",))
    assert shake(app, listener, pki).ok
    assert not shake(app, listener, pki, cert="server").ok
    assert shake(app, listener, pki).ok
    pool.logged("cache-broken")
    assert os.path.isdir(folder + ".bad")
    assert counter(pool, "cache-found") == 1


def test_killed(cached, make_app, listener, pki):
    """A hundred times, while it writes: no verdict is wrong, no handshake
    hangs, and the cache is whole."""
    pool = cached(**{"cache.max-age": "1s"})
    app = make_app(pool, mode=("async",))
    stopping, wrong, done = threading.Event(), [], [0, 0]

    def handshakes(cert, good):
        listen = harness.Listener()
        while not stopping.is_set():
            try:
                result = shake(app, listen, pki, cert=cert)
            except Exception as e:  # a handshake that hangs, above all
                wrong.append(repr(e))
                break
            if result.ok and not good:
                wrong.append(repr(result))
            # Its process has gone.
            if good and not result.ok and result.error not in (
                    "ECONNRESET", "EAGAIN"):
                wrong.append(repr(result))
            done[good] += result.ok or not good
        listen.close()

    threads = [threading.Thread(target=handshakes, args=("self-signed", True)),
               threading.Thread(target=handshakes, args=("server", False))]
    for t in threads:
        t.start()
    old = None
    for _ in range(KILLS):
        pid = harness.wait_for(
            "its successor",
            lambda: [p for p in pool.pids("verifier") if p != old], 30)[0]
        before = list(done)
        harness.wait_for("handshakes", lambda: wrong or (
            done[0] > before[0] and done[1] > before[1]), 60)
        # The parent waits for longer where one ends at once.
        time.sleep(1)
        os.kill(pid, signal.SIGKILL)
        old = pid
        if wrong:
            break
    stopping.set()
    for t in threads:
        t.join(60 * harness.PATIENCE)
        assert not t.is_alive()
    assert not wrong, wrong
    harness.wait_for("its last successor", lambda: pool.cli(
        "cache", "list").code == 0, 30)
    assert shake(app, listener, pki).ok
    assert not shake(app, listener, pki, cert="server").ok
    assert counter(pool, "cached") > 0
    assert "cache-broken" not in pool.log_text()
    assert "cache-failed" not in pool.log_text()
