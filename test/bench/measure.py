# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The TLS Pool authors
"""measure: processor time, memory, and runs of the load generator."""
import glob
import os
import subprocess
import time

# Whom the clients ask for.
NAME = "bench.example.com"
SERVER_CPU = 0
CLIENT_CPU = (os.cpu_count() or 1) - 1


FIRST = "first"     # instead of a nice value: before all others, if we may


def pin(cpu, nice=0):
    """What a process does before it becomes the program it is to be."""
    def settle():
        os.sched_setaffinity(0, {cpu})
        if nice == FIRST:
            if os.geteuid() == 0:
                os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
            return
        if nice > 0 or (nice < 0 and os.geteuid() == 0):
            os.setpriority(os.PRIO_PROCESS, 0, nice)
    return settle


def family(pid):
    """A process and all below it."""
    found = [pid]
    for path in glob.glob(f"/proc/{pid}/task/*/children"):
        try:
            with open(path, encoding="ascii") as f:
                for child in f.read().split():
                    found += family(int(child))
        except OSError:
            pass
    return found


def cpu_time(pids):
    """Seconds of processor time of processes, with all of their threads."""
    # The clock of a process, as clock_getcpuclockid(3) makes it.
    return sum(time.clock_gettime((~pid << 3) | 2) for pid in pids)


def memory(pids):
    """PSS in KiB."""
    total = 0
    for pid in pids:
        with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as f:
            for line in f:
                if line.startswith("Pss:"):
                    total += int(line.split()[1])
    return total


class Load:
    """A load generator with its connections made; to be used by `with`."""

    def __init__(self, program, test, site, nice=0, **args):
        command = [program, test, str(site.port), site.sni]
        command += [f"{key}={value}" for key, value in args.items()]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            text=True, preexec_fn=pin(CLIENT_CPU, nice))
        self.expect_line()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def expect_line(self):
        line = self.process.stdout.readline()
        if not line:
            self.process.wait()
            raise RuntimeError(f"{self.process.args}: it ended early")
        return line

    def begin(self):
        self.process.stdin.write("go\n")
        self.process.stdin.flush()

    def result(self):
        """Its figures, when it has ended; its connections are still there."""
        pairs = (word.split("=") for word in self.expect_line().split())
        return {key: float(value) for key, value in pairs}

    def close(self):
        self.process.stdin.close()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()


def run(load, pids):
    """Runs a load; its figures and the processor time of each process."""
    before = {pid: cpu_time([pid]) for pid in pids}
    load.begin()
    result = load.result()
    result["cpu_of"] = {pid: cpu_time([pid]) - before[pid] for pid in pids}
    result["cpu"] = sum(result["cpu_of"].values())
    return result
