# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The TLS Pool authors
"""harness: starts a private pool, and applications of it, and ends them."""
import array
import concurrent.futures
import errno
import glob
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
import urllib.parse

HERE = os.path.dirname(os.path.abspath(__file__))
# Sanitizers and loaded machines make everything slower, nothing wrong.
PATIENCE = float(os.environ.get("TLSPOOL_TEST_PATIENCE", "1"))

# <tlspool/starttls.h>
OPTIONAL_REMOTE_CERT = 1 << 0
NO_REMOTE_CERT = 1 << 1
NO_LOCAL_CERT = 1 << 2
REFUSE_USERS = 1 << 3
REFUSE_DOMAINS = 1 << 4
NO_CACHE_READ = 1 << 5
NO_CACHE_WRITE = 1 << 6
SKIP_AUTHORIZATION = 1 << 7

SANITIZER = re.compile(
    r"AddressSanitizer|LeakSanitizer|ThreadSanitizer|runtime error:"
)


def environ(name):
    value = os.environ.get(name)
    if not value:
        raise RuntimeError(
            f"{name} is not set: run this by 'make integration'"
        )
    return value


def wait_for(what, condition, seconds=10.0):
    """Waits until condition() is true; returns what it returned."""
    end = time.monotonic() + seconds * PATIENCE
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"waited in vain for {what}")
        time.sleep(0.02)


class Tools:
    """The installed programs that are tested."""

    def __init__(self):
        self.daemon = os.path.join(environ("TLSPOOL_TEST_SBINDIR"), "tlspoold")
        self.cli = os.path.join(environ("TLSPOOL_TEST_BINDIR"), "tlspool-cli")
        self.libexec = environ("TLSPOOL_TEST_LIBEXECDIR")
        # Other users must be able to run the application.
        self.dir = tempfile.mkdtemp(prefix="tlspool-app-")
        os.chmod(self.dir, 0o755)
        self.app = shutil.copy(environ("TLSPOOL_TEST_APP"), self.dir)
        for lib in glob.glob(
            os.path.join(environ("TLSPOOL_TEST_LIBDIR"), "libtlspool.so*")
        ):
            shutil.copy(lib, self.dir)

    def close(self):
        shutil.rmtree(self.dir, ignore_errors=True)


class Cli:
    """What a run of tlspool-cli said."""

    def __init__(self, done):
        self.code = done.returncode
        self.out = done.stdout
        self.err = done.stderr
        self.text = done.stdout + done.stderr

    def json(self):
        return json.loads(self.out)

    def __repr__(self):
        return f"<exit {self.code}: {self.text!r}>"


def children(pid):
    found = []
    for path in glob.glob(f"/proc/{pid}/task/*/children"):
        try:
            with open(path, encoding="ascii") as f:
                found += [int(p) for p in f.read().split()]
        except OSError:
            pass
    return found


def program(pid):
    """The name of the program that a process runs."""
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as f:
            name = f.read().split(b"\0")[0].decode()
            return os.path.basename(name).split(" ")[0]
    except OSError:
        return ""


class Pool:
    """A private pool: its own sockets, state, ACL and anchors."""

    def __init__(self, tools, pki, config=None, acl=None, disclosure=None):
        self.tools = tools
        self.pki = pki
        self.dir = tempfile.mkdtemp(prefix="tlspool-")
        os.chmod(self.dir, 0o755)
        self.socket = os.path.join(self.dir, "app.sock")
        self.admin = os.path.join(self.dir, "admin.sock")
        self.conf = os.path.join(self.dir, "tlspool.conf")
        self.acl = os.path.join(self.dir, "acl")
        self.disclosure = os.path.join(self.dir, "disclosure")
        self.log = os.path.join(self.dir, "log")
        self.process = None
        self.expect_trouble = False
        os.mkdir(os.path.join(self.dir, "state"), 0o755)
        if acl is not None:
            self.write(self.acl, acl)
        if disclosure is not None:
            self.write(self.disclosure, disclosure)
        self.configure(config or {})

    @staticmethod
    def write(path, text):
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)

    def configure(self, changes):
        """Writes the configuration; "section.key": value, None leaves out."""
        values = {
            "daemon.socket": self.socket,
            "daemon.admin-socket": self.admin,
            "daemon.state": os.path.join(self.dir, "state"),
            "daemon.workers": "2",
            "daemon.drain": "2s",
            # Debian has these users; the privilege is really dropped.
            "daemon.user": "nobody" if os.geteuid() == 0 else None,
            "daemon.keeper-user": "daemon" if os.geteuid() == 0 else None,
            "daemon.log-level": "debug",
            "identity.acl": self.acl,
            "identity.disclosure": self.disclosure,
            "identity.key-paths": self.pki.dir,
            "trust.anchors": self.pki.path("ca.pem"),
            "trust.crls": self.pki.path("crls"),
            # The DNS of a test is its own, or none.
            "dns.trust-anchor": "none",
        }
        values.update(changes)
        sections = {}
        for name, value in values.items():
            section, key = name.rsplit(".", 1)
            if value is not None:
                sections.setdefault(section, []).append(f"{key} = {value}\n")
        self.write(
            self.conf,
            "".join(
                f"[{section}]\n" + "".join(lines)
                for section, lines in sections.items()
            ),
        )

    def environment(self):
        env = dict(os.environ)
        env.update(
            TLSPOOL_SOCKET=self.socket,
            TLSPOOL_ADMIN_SOCKET=self.admin,
            TLSPOOL_LIBEXECDIR=self.tools.libexec,
            LD_LIBRARY_PATH=self.tools.dir,
            ASAN_OPTIONS="abort_on_error=0:quarantine_size_mb=8:detect_leaks="
            + os.environ.get("TLSPOOL_TEST_LEAKS", "0")
            + os.environ.get("TLSPOOL_TEST_ASAN", ""),
            UBSAN_OPTIONS="print_stacktrace=1",
        )
        env.pop("NOTIFY_SOCKET", None)
        env.pop("LISTEN_FDS", None)
        return env

    def start(self):
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [self.tools.daemon, "--config", self.conf],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=self.environment(),
            )
        try:
            wait_for("the pool to be ready", self.ready, 15)
        except AssertionError as e:
            self.process.kill()
            self.process.wait()
            self.process = None
            raise AssertionError(f"{e}\n{self.log_text()}") from None
        return self

    def ready(self):
        if self.process.poll() is not None:
            raise AssertionError(
                f"tlspoold ended with {self.process.returncode}:\n"
                + self.log_text()
            )
        return self.cli("ping").code == 0

    def cli(self, *args, timeout=30, text_in=None):
        return Cli(
            subprocess.run(
                [self.tools.cli, *args],
                input=text_in,
                stdin=subprocess.DEVNULL if text_in is None else None,
                capture_output=True,
                text=True,
                timeout=timeout * PATIENCE,
                env=self.environment(),
                check=False,
            )
        )

    def popen_cli(self, *args, **more):
        return Process([self.tools.cli, *args], env=self.environment(), **more)

    def add(self, name, leaf=None):
        """Adds an identity with a leaf of the PKI."""
        leaf = leaf or name
        done = self.cli(
            "id", "add", name,
            "--cert", self.pki.path(leaf + ".pem"),
            "--key", self.pki.path(leaf + ".key"),
        )
        assert done.code == 0, done
        return done

    def log_text(self):
        with open(self.log, encoding="utf-8", errors="replace") as f:
            return f.read()

    def logged(self, text, times=1):
        """Waits for what a process says: the parent writes it, later."""
        wait_for(f"the log to say {text}",
                 lambda: self.log_text().count(text) >= times, 20)

    def pids(self, role):
        """The processes of "front", "worker", "keeper" or "verifier"."""
        return [
            p
            for p in children(self.process.pid)
            if program(p) == "tlspool-" + role
        ]

    def stop(self):
        """Ends the pool in order, and checks that it is in order."""
        if self.process is None:
            return
        all_of_them = children(self.process.pid)
        try:
            if self.process.poll() is None:
                self.process.send_signal(signal.SIGTERM)
            code = self.process.wait(15 * PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            for pid in all_of_them:
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
            raise AssertionError(
                "the pool does not end:\n" + self.log_text()
            ) from None
        finally:
            self.process = None
        log = self.log_text()
        wait_for(
            "the processes of the pool to end",
            lambda: not any(
                program(p).startswith("tlspool-") for p in all_of_them
            ),
            5,
        )
        assert code == 0, f"tlspoold ended with {code}:\n{log}"
        assert not SANITIZER.search(log), log

    def close(self):
        try:
            self.stop()
        finally:
            shutil.rmtree(self.dir, ignore_errors=True)


class Result:
    """What starttls_client() or starttls_server() said."""

    def __init__(self, fields, fd):
        self.ok = fields.pop("status") == "ok"
        self.sock = socket.socket(fileno=fd) if fd is not None else None
        self.errno = int(fields.get("errno", "0"))
        self.text = fields.get("text", "")
        self.peer = fields.get("peer", "")
        self.closed = fields.get("closed") == "1"
        self.asked = [n for n in fields.get("asked", "").split(",") if n]
        self.fields = fields

    @property
    def error(self):
        # of two names for one number Python knows the other one
        name = errno.errorcode.get(self.errno, "") if self.errno else ""
        return "EOPNOTSUPP" if name == "ENOTSUP" else name

    def __repr__(self):
        if self.ok:
            return f"<started: peer {self.peer!r}>"
        return f"<{self.error}: {self.text}>"


class App:
    """A process that uses libtlspool; see app.c."""

    def __init__(self, tools, env, as_user=None, mode=()):
        mine, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        command = [tools.app, *mode]
        if as_user:
            command = ["setpriv", *as_user, *command]
        self.sock = mine
        self.process = subprocess.Popen(
            command, stdin=its, env=env, stderr=subprocess.PIPE
        )
        its.close()
        self.lock = threading.Lock()
        self.waiting = {}
        self.events = {}
        self.number = 0
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def read(self):
        while True:
            try:
                data, control, _, _ = self.sock.recvmsg(
                    16384, socket.CMSG_SPACE(4), socket.MSG_CMSG_CLOEXEC
                )
            except OSError:
                data = b""
            if not data:
                break
            fd = None
            for _, kind, value in control:
                if kind == socket.SCM_RIGHTS:
                    fd = array.array("i", value)[0]
            number, status, *pairs = data.decode().split(" ")
            fields = {"status": status}
            for pair in pairs:
                key, _, value = pair.partition("=")
                fields[key] = urllib.parse.unquote(value)
            place = (int(number), status)
            with self.lock:
                if status in ("ok", "error"):
                    future = self.waiting.pop(int(number))
                else:
                    future = self.events.setdefault(
                        place, concurrent.futures.Future())
            future.set_result(Result(fields, fd))
        with self.lock:
            rest = [*self.waiting.values(), *self.events.values()]
        for future in rest:
            if not future.done():
                future.set_exception(EOFError("the application ended"))

    def submit(self, verb, sock, **args):
        """Begins a call; the socket is closed here. Returns a Future."""
        future = concurrent.futures.Future()
        with self.lock:
            self.number += 1
            number = future.number = self.number
            self.waiting[number] = future
        words = [str(number), verb]
        for key, value in args.items():
            if value is not None:
                quoted = urllib.parse.quote(str(value), safe="@.*:,")
                words.append(f"{key}={quoted}")
        rights = []
        if sock is not None:
            fd = sock if isinstance(sock, int) else sock.fileno()
            rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS,
                       array.array("i", [fd]))]
        self.sock.sendmsg([" ".join(words).encode()], rights)
        if isinstance(sock, int):
            os.close(sock)
        elif sock is not None:
            sock.close()
        return future

    def event(self, future, kind, seconds=20):
        """Waits for what else is said about a command (see async.c)."""
        with self.lock:
            event = self.events.setdefault(
                (future.number, kind), concurrent.futures.Future())
        return event.result(seconds * PATIENCE)

    def client(self, sock, timeout=20, **args):
        return self.submit("client", sock, **args).result(timeout * PATIENCE)

    def server(self, sock, timeout=20, **args):
        return self.submit("server", sock, **args).result(timeout * PATIENCE)

    def close(self):
        self.sock.shutdown(socket.SHUT_RDWR)
        try:
            err = self.process.communicate(timeout=20)[1].decode()
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise
        finally:
            self.sock.close()
        assert self.process.returncode == 0, (self.process.returncode, err)
        assert not SANITIZER.search(err), err


class Process:
    """A program that is talked to: a peer that nobody here wrote."""

    def __init__(self, command, env=None, cwd=None):
        self.command = command
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=env,
            cwd=cwd,
            bufsize=0,
        )
        self.output = b""
        self.place = 0  # what expect() has used up
        self.change = threading.Condition()
        self.ended = False
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def read(self):
        while True:
            data = self.process.stdout.read(65536)
            with self.change:
                if not data:
                    self.ended = True
                self.output += data or b""
                self.change.notify_all()
            if not data:
                return

    def send(self, data):
        self.process.stdin.write(data)
        self.process.stdin.flush()

    def expect(self, pattern, seconds=15):
        """Waits for output that matches; returns the match."""
        wanted = re.compile(pattern, re.M | re.S)
        end = time.monotonic() + seconds * PATIENCE
        with self.change:
            while True:
                found = wanted.search(self.output, self.place)
                if found:
                    self.place = found.end()
                    return found
                left = end - time.monotonic()
                if left <= 0 or self.ended:
                    raise AssertionError(
                        f"{' '.join(self.command)}\nnever said "
                        f"{pattern!r}, but:\n"
                        + self.output.decode(errors="replace")
                    )
                self.change.wait(left)

    def text(self):
        with self.change:
            return self.output.decode(errors="replace")

    def end_input(self):
        try:
            self.process.stdin.close()
        except BrokenPipeError:
            pass

    def wait(self, seconds=15):
        code = self.process.wait(seconds * PATIENCE)
        self.reader.join(seconds)
        return code

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.end_input()
        self.reader.join(5)
        self.process.stdout.close()


def free_port():
    """A port that was free a moment ago."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Listener:
    """A listening TCP socket whose connections go to the application."""

    def __init__(self):
        self.sock = socket.socket()
        self.sock.bind(("127.0.0.1", 0))
        self.sock.listen(64)
        self.sock.settimeout(15 * PATIENCE)
        self.port = self.sock.getsockname()[1]

    def accept(self):
        s = self.sock.accept()[0]
        s.settimeout(None)
        return s

    def connection(self):
        """Both ends of a TCP connection."""
        near = socket.create_connection(("127.0.0.1", self.port))
        return near, self.accept()

    def close(self):
        self.sock.close()


def connect(port, seconds=10):
    """Connects to a server that may need a moment to listen."""

    def attempt():
        try:
            return socket.create_connection(("127.0.0.1", port))
        except ConnectionRefusedError:
            return None

    return wait_for(f"port {port}", attempt, seconds)


def read_all(sock, n=None, seconds=15):
    """Reads n bytes, or up to the end; bytes read until then."""
    sock.settimeout(seconds * PATIENCE)
    data = bytearray()
    while n is None or len(data) < n:
        piece = sock.recv(65536 if n is None else min(65536, n - len(data)))
        if not piece:
            break
        data += piece
    return bytes(data)
