"""Clients that do not keep to what a client of a simulated service must do, each in a process.

They speak to its socket themselves. What a real client says they know from one that went through
a `Listener`; nothing here knows what is in a message, but that a header tells how long the rest is.
"""

from __future__ import annotations

import contextlib
import os
import random
import socket
import struct
import threading
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

import winras.testing

__all__ = [
    "HEADER",
    "Heard",
    "Listener",
    "attack_half",
    "attack_huge",
    "attack_many",
    "attack_mutated",
    "attack_room",
    "attack_unread",
    "attack_unread_room",
    "call_channel",
    "code_of",
    "connect",
    "join",
    "path_of",
    "receive",
]

#: Version, what it is, the size of the rest, the code, and whether it was performed.
HEADER = struct.Struct("<HHIII")
_SECRET = slice(4, 20)  # in the answer to the first message on a channel, after its header
_SECONDS = 10.0


def path_of(name: str) -> Path:
    """The socket of a service that is served."""
    folders = [Path(f"/tmp/winras-{os.geteuid()}")]  # noqa: S108  where it is
    if given := os.environ.get("XDG_RUNTIME_DIR"):
        folders.insert(0, Path(given, "winras"))
    return next(folder / name for folder in folders if (folder / name).is_socket())


def connect(name: str) -> socket.socket:
    """Open a channel, and say nothing."""
    channel = socket.socket(socket.AF_UNIX)
    channel.settimeout(_SECONDS)
    channel.connect(str(path_of(name)))
    return channel


def receive(channel: socket.socket) -> bytes:
    """One message; b"" when there is no more."""
    header = _receive_exactly(channel, HEADER.size)
    return header and header + _receive_exactly(channel, HEADER.unpack(header)[2])


def _receive_exactly(channel: socket.socket, size: int) -> bytes:
    received = b""
    with contextlib.suppress(ConnectionError):
        while len(received) < size:
            part = channel.recv(size - len(received))
            if not part:
                return b""
            received += part
    return received


def join(name: str, hello: bytes) -> tuple[socket.socket, bytes]:
    """Open a home channel as a real client does; it, and the client's secret."""
    channel = connect(name)
    channel.sendall(hello)
    answer = receive(channel)[HEADER.size :]
    return channel, answer[_SECRET]


def call_channel(name: str, said: bytes, secret: bytes) -> socket.socket:
    """Open one more of that client, given the message with which a real one has opened it.

    Raises:
        PermissionError: It is not taken.
    """
    channel = connect(name)
    channel.sendall(said[: HEADER.size] + secret + said[HEADER.size + len(secret) :])
    if code_of(receive(channel)):
        channel.close()
        raise PermissionError
    return channel


def code_of(answer: bytes) -> int:
    """The code of an answer; of none, that of a pipe that is broken."""
    return int(HEADER.unpack(answer[: HEADER.size])[3]) if answer else 109


class Heard(NamedTuple):
    """What a real client has said: at home, at first on another channel, and then."""

    hello: bytes
    opening: bytes
    asked: list[bytes]

    @property
    def usual(self) -> bytes:
        """What it has asked most often."""
        return max(self.asked, key=self.asked.count)


class Listener:
    """A name between a service and a client that joins it by that, which keeps what it says."""

    def __init__(self, service: str) -> None:
        self.name = f"{service}-heard"
        self._said: list[list[bytes]] = []
        self._service = service
        self._path = path_of(service).with_name(self.name)
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.bind(str(self._path))
        self._socket.listen()
        self._threads: list[threading.Thread] = []

    @property
    def heard(self) -> Heard:
        """What it has said so far."""
        home, *others = self._said
        return Heard(home[0], others[0][0], [said for channel in others for said in channel[1:]])

    def __enter__(self) -> Self:
        self._start(self._accept)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()
        self._socket.close()
        self._path.unlink()

    def _start(self, function: Callable[..., None], *arguments: object) -> None:
        self._threads.append(threading.Thread(target=function, args=arguments, daemon=True))
        self._threads[-1].start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):  # until the end
            while True:
                ours, _ = self._socket.accept()
                self._said.append([])
                self._start(self._pass_on, ours, connect(self._service), self._said[-1])

    def _pass_on(self, ours: socket.socket, theirs: socket.socket, said: list[bytes]) -> None:
        """One asks, the other answers, until one of them ends."""
        with ours, theirs, contextlib.suppress(OSError):
            ours.settimeout(None)
            theirs.settimeout(None)
            while message := receive(ours):
                said.append(message)
                theirs.sendall(message)
                ours.sendall(receive(theirs))


# ---- each of them, in a process of its own ----


def attack_half(pipe: Connection, name: str, heard: Heard) -> None:
    """Say a part of something on each of many channels, and wait."""
    home, secret = join(name, heard.hello)
    channels = [connect(name) for _ in range(20)]
    for number, channel in enumerate(channels):
        channel.sendall(heard.hello[: number % len(heard.hello)])
    channels += [call_channel(name, heard.opening, secret) for _ in range(20)]
    for number, channel in enumerate(channels[20:]):
        channel.sendall(heard.usual[: number % len(heard.usual)])
    _attack(pipe)
    home.close()


def _attack(pipe: Connection) -> None:
    pipe.send("attacks")
    with contextlib.suppress(EOFError):
        pipe.recv()


def attack_unread(pipe: Connection, name: str, heard: Heard) -> None:
    """Ask again and again on each of many channels, and read no answer."""
    home, secret = join(name, heard.hello)
    channels = [call_channel(name, heard.opening, secret) for _ in range(20)]
    for channel in channels:
        channel.settimeout(0.0)
    pipe.send("attacks")
    while not pipe.poll(0.001):
        for channel in channels:
            with contextlib.suppress(OSError):
                channel.send(heard.usual * 100)
    home.close()


def attack_unread_room(pipe: Connection, name: str, heard: Heard) -> None:
    """Ask on each of many channels for all the entries, and read none; tell how many answered."""
    home, secret = join(name, heard.hello)
    channels = [call_channel(name, heard.opening, secret) for _ in range(70)]
    for channel in channels:
        channel.settimeout(None)
        channel.sendall(heard.asked[-1])
    pipe.send(sum(bool(channel.recv(1, socket.MSG_PEEK)) for channel in channels))
    _attack(pipe)
    home.close()


def attack_room(pipe: Connection, name: str) -> None:
    """Have entries kept until that is refused."""
    with winras.testing.join(name) as ras:
        with contextlib.suppress(winras.RasError):
            for number in range(1 << 15):
                ras.add_entry(f"mine {number}")
        _attack(pipe)


def attack_many(pipe: Connection, name: str, heard: Heard) -> None:
    """Open more channels than a process may have, of which every second one joins."""
    channels: list[socket.socket] = []
    for number in range(400):
        channel = connect(name)
        channels.append(channel)
        if number % 2:
            with contextlib.suppress(OSError):
                channel.sendall(heard.hello)
    _attack(pipe)


def attack_huge(pipe: Connection, name: str, heard: Heard) -> None:
    """Announce far more than a message may have, and send as much of it as is taken."""
    home, secret = join(name, heard.hello)
    for size in (1 << 20, (1 << 20) + 1, 1 << 31, (1 << 32) - 1):
        for said in (heard.hello, heard.usual):
            channel = connect(name) if said is heard.hello else None
            channel = channel or call_channel(name, heard.opening, secret)
            version, what, _, code, performed = HEADER.unpack(said[: HEADER.size])
            with contextlib.suppress(OSError):
                channel.sendall(HEADER.pack(version, what, size, code, performed))
                for _ in range(1 << 8):
                    channel.sendall(bytes(1 << 16))
    _attack(pipe)
    home.close()


def mutate(message: bytes, choose: random.Random) -> bytes:
    """Change something of it, but never so that it asks for something else that there is."""
    changed = bytearray(message)
    for _ in range(choose.randint(1, 4)):
        at = choose.randrange(len(changed))
        match choose.randrange(6):
            case 0:
                changed[at] = choose.randrange(256)
            case 1:
                changed[at] ^= 1 << choose.randrange(8)
            case 2:
                del changed[max(at, HEADER.size) :]
            case 3:
                changed += choose.randbytes(choose.randrange(40))
            case 4:
                number = choose.choice((0, 1, 0x7FFFFFFF, 0xFFFFFFFF, 1 << 20, 64 << 20))
                changed[at : at + 4] = number.to_bytes(4, "little")
            case 5:
                # The rest is as long as the header says, so that more than that is looked at.
                changed[4:8] = (len(changed) - HEADER.size).to_bytes(4, "little")
    unknown = choose.randrange(0x8000, 0xF000).to_bytes(2, "little")
    changed[2:4] = unknown if choose.randrange(8) == 0 else message[2:4]
    return bytes(changed)


def attack_mutated(pipe: Connection, name: str, heard: Heard, seed: int, seconds: float) -> None:
    """Say what a real client says, but changed, for some time; tell how often."""
    choose = random.Random(seed)  # noqa: S311  not for secrets
    count = 0
    limit = time.monotonic() + seconds
    while time.monotonic() < limit:
        home, secret = join(name, heard.hello)
        for _ in range(20):
            if choose.randrange(8) == 0:
                channel, said = connect(name), choose.choice((heard.hello, heard.opening))
            else:
                channel = call_channel(name, heard.opening, secret)
                said = choose.choice(heard.asked)
            with contextlib.suppress(OSError):
                channel.sendall(mutate(said, choose))
                count += 1
                if choose.randrange(2):
                    channel.settimeout(0.05)  # it may have asked for news, for which it would wait
                    receive(channel)
            channel.close()
        home.close()
    pipe.send(count)
