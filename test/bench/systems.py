# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The TLS Pool authors
"""systems: what the benchmark compares, each with the same application."""
import dataclasses
import os
import shutil
import signal
import socket
import subprocess
import time

import measure

NGINX_STREAM = "/usr/lib/nginx/modules/ngx_stream_module.so"
SOFTHSM = "/usr/lib/softhsm/libsofthsm2.so"


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


@dataclasses.dataclass
class Site:
    """Where clients connect to, and whom they ask for."""
    port: int
    sni: str = measure.NAME


def make_certificate(folder, kind, name=measure.NAME):
    """A certificate, its key, and both in one file."""
    options = {
        "p256": ["ec", "-pkeyopt", "ec_paramgen_curve:P-256"],
        "rsa": ["rsa:2048"],
        "ed25519": ["ed25519"],
    }[kind]
    chain, key = (os.path.join(folder, kind + end) for end in (".pem", ".key"))
    subprocess.run(
        ["openssl", "req", "-x509", "-nodes", "-days", "30",
         "-subj", f"/CN={name}", "-addext", f"subjectAltName=DNS:{name}",
         "-addext", "basicConstraints=critical,CA:false",
         "-addext", "keyUsage=critical,digitalSignature",
         "-newkey", *options, "-keyout", key, "-out", chain],
        check=True, stderr=subprocess.DEVNULL)
    os.chmod(key, 0o644)
    with open(os.path.join(folder, kind + ".all"), "w",
              encoding="ascii") as both:
        for path in (key, chain):
            with open(path, encoding="ascii") as f:
                both.write(f.read())


class System:
    """One of those that are compared: where to connect, what it costs."""

    name = ""
    package = None      # of Debian
    program = None      # of the terminator
    in_process = None   # the application's own TLS library
    options = ()
    sni = measure.NAME

    def __init__(self, bench, cert):
        self.bench = bench
        self.cert = cert
        self.port = free_port()
        self.processes = []
        self.folder = os.path.join(
            bench.folder, f"{self.name}-{cert}-{self.port}")
        os.mkdir(self.folder, 0o755)
        self.log = os.path.join(self.folder, "log")

    @classmethod
    def there(cls):
        return cls.program is None or shutil.which(cls.program) is not None

    def file(self, end):
        return os.path.join(self.bench.folder, self.cert + end)

    def spawn(self, command, env=None):
        with open(self.log, "ab") as log:
            process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                env=env, cwd=self.folder,
                preexec_fn=measure.pin(
                    measure.SERVER_CPU, self.bench.options.nice))
        self.processes.append(process)
        return process

    def application(self, kind, port, *args, env=None):
        self.spawn([self.bench.server, kind, str(port), *args], env)
        self.await_port(port)

    def await_port(self, port):
        end = time.monotonic() + 20
        while True:
            with socket.socket() as s:
                if s.connect_ex(("127.0.0.1", port)) == 0:
                    return
            if time.monotonic() > end or any(
                    p.poll() is not None for p in self.processes):
                with open(self.log, encoding="utf-8") as f:
                    raise RuntimeError(
                        f"{self.name} does not start:\n{f.read()}")
            time.sleep(0.02)

    def start(self):
        """A terminator, unless the subclass is something else."""
        backend = free_port()
        self.application("plain", backend)
        path = os.path.join(self.folder, "conf")
        with open(path, "w", encoding="ascii") as f:
            f.write(self.configuration(backend))
        self.spawn(self.command(path))
        self.await_port(self.port)
        return self

    def configuration(self, backend):
        raise NotImplementedError

    def command(self, path):
        raise NotImplementedError

    def pids(self):
        found = []
        for process in self.processes:
            found += measure.family(process.pid)
        return found

    def own_pids(self):
        """Of the application alone."""
        return measure.family(self.processes[0].pid)

    def stop(self):
        for process in reversed(self.processes):
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        for process in self.processes:
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                for pid in measure.family(process.pid):
                    os.kill(pid, signal.SIGKILL)
                process.wait()
        self.processes = []


class InProcess(System):
    """The application with a TLS library in it."""

    def start(self):
        self.application(
            self.in_process, self.port, "chain=" + self.file(".pem"),
            "key=" + self.file(".key"))
        return self


class GnuTLS(InProcess):
    name = "gnutls"
    in_process = "gnutls"
    package = "libgnutls30"


class OpenSSL(InProcess):
    name = "openssl"
    in_process = "openssl"
    package = "libssl3"


class Stunnel(System):
    name = "stunnel"
    program = "stunnel"
    package = "stunnel4"

    def configuration(self, backend):
        return f"""foreground = yes
pid =
syslog = no
debug = 3
socket = l:TCP_NODELAY=1
socket = r:TCP_NODELAY=1
[bench]
accept = 127.0.0.1:{self.port}
connect = 127.0.0.1:{backend}
cert = {self.file(".pem")}
key = {self.file(".key")}
ciphersuites = TLS_AES_128_GCM_SHA256
curves = X25519
"""

    def command(self, path):
        return ["stunnel", path]


class Hitch(System):
    name = "hitch"
    program = "hitch"
    package = "hitch"

    def configuration(self, backend):
        user = 'user = "nobody"\n' if os.geteuid() == 0 else ""
        return f"""frontend = "[127.0.0.1]:{self.port}"
backend = "[127.0.0.1]:{backend}"
pem-file = "{self.file(".all")}"
ciphersuites = "TLS_AES_128_GCM_SHA256"
ecdh-curve = "X25519"
tls-protos = TLSv1.3
workers = 1
backlog = 4096
daemon = off
syslog = off
log-level = 0
ocsp-dir = ""
{user}"""

    def command(self, path):
        return ["hitch", "--config=" + path]


class Haproxy(System):
    name = "haproxy"
    program = "haproxy"
    package = "haproxy"

    def configuration(self, backend):
        return f"""global
  nbthread 1
  maxconn 9000
  ssl-default-bind-ciphersuites TLS_AES_128_GCM_SHA256
defaults
  mode tcp
  timeout connect 10s
  timeout client 1h
  timeout server 1h
listen bench
  bind 127.0.0.1:{self.port} ssl crt {self.file(".all")} \
curves X25519 ssl-min-ver TLSv1.3
  server application 127.0.0.1:{backend}
"""

    def command(self, path):
        return ["haproxy", "-db", "-f", path]


class Nginx(System):
    name = "nginx"
    program = "nginx"
    package = "nginx"

    @classmethod
    def there(cls):
        return super().there() and os.path.exists(NGINX_STREAM)

    def configuration(self, backend):
        user = "user nobody nogroup;" if os.geteuid() == 0 else ""
        return f"""load_module {NGINX_STREAM};
{user}
daemon off;
pid {self.folder}/pid;
error_log stderr error;
worker_processes 1;
worker_rlimit_nofile 20000;
events {{ worker_connections 20000; }}
stream {{
  server {{
    listen 127.0.0.1:{self.port} ssl backlog=4096;
    ssl_certificate {self.file(".pem")};
    ssl_certificate_key {self.file(".key")};
    ssl_protocols TLSv1.3;
    ssl_ecdh_curve X25519;
    ssl_conf_command Ciphersuites TLS_AES_128_GCM_SHA256;
    proxy_pass 127.0.0.1:{backend};
    proxy_timeout 1h;
  }}
}}
"""

    def command(self, path):
        return ["nginx", "-p", self.folder, "-e", "stderr", "-c", path]


class Pool(System):
    name = "pool"
    workers = 1
    identity = ""       # more of that section

    def environment(self):
        return dict(
            os.environ,
            TLSPOOL_SOCKET=os.path.join(self.folder, "tlspool.sock"),
            TLSPOOL_LIBEXECDIR=self.bench.build,
            LD_LIBRARY_PATH=os.path.join(self.bench.build, ".libs"))

    def configuration(self, backend=None):
        users = ""
        if os.geteuid() == 0:
            users = "user = nobody\nkeeper-user = daemon\n"
        with open(os.path.join(self.folder, "acl"), "w",
                  encoding="ascii") as f:
            f.write(f"allow server *.example.com user={os.geteuid()}\n")
        return f"""[daemon]
socket = {self.folder}/tlspool.sock
admin-socket = {self.folder}/admin.sock
state = {self.folder}/state
workers = {self.workers}
log-level = warning
{users}[identity]
acl = {self.folder}/acl
key-paths = {self.bench.folder}
{self.identity}[trust]
anchors = none
[dns]
trust-anchor = none
"""

    def cli(self, *args):
        return subprocess.run(
            [os.path.join(self.bench.build, "tlspool-cli"), *args],
            env=self.environment(), stdin=subprocess.DEVNULL,
            capture_output=True, text=True, check=False)

    def start(self):
        path = os.path.join(self.folder, "conf")
        os.mkdir(os.path.join(self.folder, "state"), 0o755)
        with open(path, "w", encoding="ascii") as f:
            f.write(self.configuration())
        self.spawn([os.path.join(self.bench.build, "tlspoold"),
                    "--config", path], self.environment())
        end = time.monotonic() + 20
        while self.cli("ping").returncode != 0:
            if time.monotonic() > end:
                raise RuntimeError(
                    "the pool does not start: see " + self.log)
            time.sleep(0.05)
        self.add(measure.NAME, self.file(".pem"), self.file(".key"))
        self.application("pool", self.port, "name=" + measure.NAME,
                         *self.options, env=self.environment())
        return self

    def add(self, name, chain, key):
        done = self.cli("id", "add", name, "--cert", chain, "--key", key)
        if done.returncode != 0:
            raise RuntimeError(done.stderr)

    def own_pids(self):
        return measure.family(self.processes[1].pid)


class PoolMany(Pool):
    name = "pool-many"
    options = ("pools=32",)


class PoolThreads(Pool):
    name = "pool-threads"
    options = ("threads=32",)


class PoolToken(Pool):
    """With a second identity, whose key is in a token that is slow."""

    name = "pool-token"
    package = "softhsm2"
    program = "softhsm2-util"
    pin = "98765432"

    def __init__(self, bench, cert):
        super().__init__(bench, cert)
        # An application of its own.
        self.slow = Site(free_port(), "token.example.com")

    @classmethod
    def there(cls):
        return super().there() and os.path.exists(SOFTHSM)

    def inside(self, *names):
        return os.path.join(self.folder, "token", *names)

    def environment(self):
        return dict(super().environment(), SLOW_TOKEN_MS="50",
                    SOFTHSM2_CONF=self.inside("conf"))

    def softhsm(self, *args):
        subprocess.run(["softhsm2-util", *args, "--pin", self.pin], check=True,
                       env=self.environment(), stdout=subprocess.DEVNULL)

    def make_token(self):
        """All of it the keeper's."""
        os.makedirs(self.inside("objects"))
        for name, text in (
                ("conf", f"directories.tokendir = {self.inside('objects')}\n"
                 "objectstore.backend = file\n"),
                ("pin", self.pin + "\n")):
            with open(self.inside(name), "w", encoding="ascii") as f:
                f.write(text)
        shutil.copy(os.path.join(
            self.bench.build, "test/integration/.libs/slow_token.so"),
            self.inside("module.so"))
        make_certificate(self.inside(), "p256", self.slow.sni)
        self.softhsm("--init-token", "--free", "--label", "bench",
                     "--so-pin", "12345678")
        self.softhsm("--import", self.inside("p256.key"), "--token", "bench",
                     "--label", "key", "--id", "01")
        if os.geteuid() == 0:
            for path, _, files in os.walk(self.inside()):
                for name in ["", *files]:
                    shutil.chown(os.path.join(path, name), "daemon")

    def start(self):
        self.make_token()
        self.identity = (f"pkcs11-modules = {self.inside('module.so')}\n"
                         f"token-paths = {self.inside('objects')}\n")
        super().start()
        self.add(self.slow.sni, self.inside("p256.pem"),
                 "pkcs11:token=bench;object=key?pin-source=file:"
                 + self.inside("pin"))
        self.application("pool", self.slow.port, "name=" + self.slow.sni,
                         env=self.environment())
        return self


class Crowded(Pool):
    """Four workers and four applications, with sessions that are idle."""

    workers = 4
    applications = 4
    crowd = 0

    def __init__(self, bench, cert):
        super().__init__(bench, cert)
        self.loads = []

    def start(self):
        super().start()
        first = self.port
        try:
            for i in range(self.applications):
                if i > 0:
                    self.port = free_port()
                    self.application(
                        "pool", self.port, "name=" + measure.NAME,
                        env=self.environment())
                if self.crowd > 0:
                    self.add_crowd(self.crowd // self.applications)
        finally:
            self.port = first
        return self

    def add_crowd(self, n):
        load = self.bench.load("idle", self, connections=n)
        self.loads.append(load)
        load.begin()
        load.result()

    def stop(self):
        while self.loads:
            self.loads.pop().close()
        super().stop()


def crowded(n):
    """The pool with so many idle sessions."""
    return type(f"Crowded{n}", (Crowded,), {"name": f"{n:,}", "crowd": n})


COMPARED = [Pool, GnuTLS, OpenSSL, Stunnel, Hitch, Haproxy, Nginx]
# Nginx: what an application costs that has nothing to do with TLS.
LIBRARY = [Pool, PoolMany, PoolThreads, Nginx]
