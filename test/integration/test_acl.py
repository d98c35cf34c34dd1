# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The TLS Pool authors
"""Who may be whom: by uid, by group, and nobody by default."""
import contextlib
import grp
import os
import pwd

import harness
import pytest
import tls

NAME = "server.example.com"

root_only = pytest.mark.skipif(
    os.geteuid() != 0, reason="only root can be other users")

NOBODY = pwd.getpwnam("nobody")
DAEMON = pwd.getpwnam("daemon")
GAMES = grp.getgrnam("games")


def as_user(user, *groups):
    command = [f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}"]
    if groups:
        command.append("--groups=" + ",".join(str(g.gr_gid) for g in groups))
    else:
        command.append("--clear-groups")
    return command


# rules; user and groups; whether it may serve NAME
TABLES = [
    ("allow server server.example.com user=nobody", NOBODY, (), True),
    ("allow server server.example.com user=nobody", DAEMON, (), False),
    ("allow server server.example.com user=65534", NOBODY, (), True),
    ("allow server server.example.com group=games", NOBODY, (GAMES,), True),
    ("allow server server.example.com group=games", NOBODY, (), False),
    ("allow client server.example.com user=nobody", NOBODY, (), False),
    ("allow server *.example.com user=nobody", NOBODY, (), True),
    ("allow server www.example.com user=nobody", NOBODY, (), False),
    ("deny server * user=nobody\nallow server * group=games",
     NOBODY, (GAMES,), False),
    ("allow server * group=games\ndeny server * user=nobody",
     NOBODY, (GAMES,), True),
    ("", NOBODY, (), False),
    (None, NOBODY, (), False),
]


@root_only
@pytest.mark.parametrize("rules,user,groups,works", TABLES)
def test_table(make_pool, make_app, listener, pki, rules, user, groups,
               works):
    pool = make_pool((NAME, "server"),
                     acl=None if rules is None else rules + "\n")
    app = make_app(pool, as_user(user, *groups))
    near, future = tls.serve(app, listener, name=NAME)
    if works:
        tls.client(near, pki)
        assert future.result(20).ok
    else:
        seen = tls.refused(near, pki)
        result = future.result(20)
        assert result.error == "EACCES", result
        assert NAME in result.text
        assert seen
        # what the keeper has to say goes through the parent
        harness.wait_for("the denial in the log",
                         lambda: "acl-denied" in pool.log_text())
    explain = pool.cli(
        "acl", "explain", "--user", user.pw_name,
        *[w for g in groups for w in ("--group", g.gr_name)],
        "server", NAME)
    assert ("allow" in explain.out) == works, explain
    assert explain.code == (0 if works else 1), explain


def cgroup_root():
    """Where the hierarchy is mounted that systemd keeps its units in."""
    with open("/proc/self/mounts", encoding="ascii") as f:
        mounts = [line.split() for line in f]
    for kind, option in (("cgroup2", ""), ("cgroup", "name=systemd")):
        for _, where, fs, options, *_ in mounts:
            if fs == kind and option in options and os.access(where, os.W_OK):
                return where
    return None


@pytest.fixture
def unit():
    """A unit as systemd would make it: its name, and how to join it."""
    root = cgroup_root()
    if os.geteuid() != 0 or root is None:
        pytest.skip("only root can make a control group, where there are any")
    slice_ = os.path.join(root, "system.slice")
    there = os.path.isdir(slice_)
    name = f"tlspool-test-{os.getpid()}.service"
    folder = os.path.join(slice_, name)
    os.makedirs(folder)

    def join(pid, where=folder):
        with open(os.path.join(where, "cgroup.procs"), "w",
                  encoding="ascii") as f:
            f.write(str(pid))

    yield name, join
    with open(os.path.join(folder, "cgroup.procs"), encoding="ascii") as f:
        for pid in f.read().split():
            join(pid, root)
    os.rmdir(folder)
    if not there:
        with contextlib.suppress(OSError):  # another test is in it
            os.rmdir(slice_)


@pytest.mark.parametrize("inside", [True, False])
def test_unit(make_pool, make_app, listener, pki, unit, inside):
    name, join = unit
    pool = make_pool((NAME, "server"),
                     acl=f"allow server {NAME} unit={name}\n")
    app = make_app(pool)
    if inside:
        join(app.process.pid)
    near, future = tls.serve(app, listener, name=NAME)
    if inside:
        tls.client(near, pki)
        assert future.result(20).ok
    else:
        tls.refused(near, pki)
        assert future.result(20).error == "EACCES"


@root_only
def test_default(make_pool, make_app, listener, pki):
    """Without a table: root, and the pool's own user."""
    pool = make_pool((NAME, "server"))
    near, future = tls.serve(make_app(pool), listener, name=NAME)
    tls.client(near, pki)
    assert future.result(20).ok


@root_only
def test_client_without_identity(make_pool, make_app, listener, pki):
    """Starting TLS as a client without any identity needs no rule."""
    pool = make_pool(acl="deny any * anyone\n")
    near, far = listener.connection()
    tls.Server(near, pki, ask=False)
    result = make_app(pool, as_user(NOBODY)).client(far, sni=NAME)
    assert result.ok, result


def test_bad_table(make_pool):
    """acl check says where, and a bad table is not taken up."""
    pool = make_pool(acl="allow server a.example.com anyone\n")
    pool.write(pool.acl, "allow server a.example.com anyone\npermit it all\n")
    done = pool.cli("acl", "check", pool.acl)
    assert done.code != 0 and "2" in done.text, done
    done = pool.cli("reload")
    assert done.code != 0, done
    assert pool.cli("ping").code == 0
    pool.write(pool.acl, "allow server a.example.com anyone\n")
    assert pool.cli("acl", "check", pool.acl).code == 0
    assert pool.cli("reload").code == 0


def test_reload(make_pool, make_app, listener, pki):
    """A new table holds for the next session; those that are go on."""
    pool = make_pool((NAME, "server"), acl="allow any * anyone\n")
    app = make_app(pool)
    peer, result = tls.session(app, listener, pki)
    pool.write(pool.acl, "deny any * anyone\n")
    assert pool.cli("reload").code == 0
    near, future = tls.serve(app, listener, name=NAME)
    tls.refused(near, pki)
    assert future.result(20).error == "EACCES"
    tls.echo(result.sock)
    assert tls.exchange(peer, b"x" * 50000) == b"x" * 50000


def test_disclosure(make_pool, make_app, listener, pki):
    """A client that names nobody shows whom the table lists for the server,
    and nobody where it lists nobody."""
    pool = make_pool(("anna@example.com", "anna"),
                     disclosure="server.example.com anna@example.com\n")
    for sni, cert, shown in ((NAME, "server", True), ("www.example.com", "www", False)):
        near, far = listener.connection()
        import ssl
        c = tls.context(pki, server=True, cert=cert)
        c.verify_mode = ssl.CERT_OPTIONAL
        future = make_app(pool).submit("client", far, sni=sni)
        peer = c.wrap_socket(near, server_side=True)
        assert future.result(20).ok
        assert bool(peer.getpeercert()) == shown


@root_only
def test_privilege_is_dropped(make_pool):
    """Every process but the parent is somebody else, for good."""
    pool = make_pool()
    owners = {"front": NOBODY, "worker": NOBODY, "verifier": NOBODY,
              "keeper": DAEMON}
    for role, user in owners.items():
        for pid in pool.pids(role):
            with open(f"/proc/{pid}/status", encoding="ascii") as f:
                status = dict(x.split(":", 1) for x in f if ":" in x)
            uids = {int(x) for x in status["Uid"].split()}
            gids = {int(x) for x in status["Gid"].split()}
            assert uids == {user.pw_uid} and gids == {user.pw_gid}, role
            # the groups that its user is in, and none of root's
            assert {int(x) for x in status["Groups"].split()} <= {
                user.pw_gid}, role
            for caps in ("CapPrm", "CapEff", "CapInh", "CapAmb", "CapBnd"):
                assert int(status[caps], 16) == 0, (role, caps)
            assert status["NoNewPrivs"].strip() == "1", role
            if not os.environ.get("TLSPOOL_TEST_SANITIZER"):
                assert status["Seccomp"].strip() == "2", role
            # undumpable: what is in /proc belongs to root
            assert os.stat(f"/proc/{pid}/mem").st_uid == 0, role
