# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The TLS Pool authors
"""protocol: the application's side of the protocol, written from its
description and not from the library: header, fields, descriptors."""
import array
import socket
import struct

from harness import PATIENCE

VERSION = 1
START, ANSWER, CANCEL, PING = 1, 2, 3, 4
STARTED, FAILED, QUESTION, CLOSED, PONG = 16, 17, 18, 19, 20
CLIENT, SERVER = b"\0", b"\1"
MAX = 128 * 1024


def field(tag, value):
    if isinstance(value, int):
        value = struct.pack(">I", value)
    elif isinstance(value, str):
        value = value.encode()
    return struct.pack(">BI", tag, len(value)) + value


def message(kind, request=1, *fields, version=VERSION):
    return struct.pack(">BBI", version, kind, request) + b"".join(
        field(tag, value) for tag, value in fields
    )


def fields_of(data):
    found, at = {}, 6
    while at < len(data):
        tag, length = struct.unpack_from(">BI", data, at)
        found[tag] = data[at + 5:at + 5 + length]
        at += 5 + length
    return found


class Connection:
    """A connection of an application without a library."""

    def __init__(self, path):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.sock.connect(path)
        self.sock.settimeout(10 * PATIENCE)

    def send(self, data, fds=()):
        rights = []
        if fds:
            rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS,
                       array.array("i", fds))]
        self.sock.sendmsg([data], rights)

    def receive(self):
        """(type, request, fields, descriptors), or None at the end."""
        data, control, _, _ = self.sock.recvmsg(
            MAX, socket.CMSG_SPACE(16), socket.MSG_CMSG_CLOEXEC)
        if not data:
            return None
        fds = []
        for _, _, value in control:
            fds += array.array("i", value)
        _, kind, request = struct.unpack_from(">BBI", data)
        return kind, request, fields_of(data), fds

    def ended(self):
        """Waits for the daemon to close the connection."""
        try:
            while self.receive() is not None:
                pass
        except ConnectionResetError:
            pass
        except socket.timeout:
            return False
        return True

    def alive(self):
        self.send(message(PING, 99))
        answer = self.receive()
        return answer is not None and answer[:2] == (PONG, 99)

    def close(self):
        self.sock.close()
