"""Between the pool and a container of a Docker engine: plain streams here, multiplexed ones there.

    python -P docker_relay.py CONTAINER

Attaches to a created container, starts it, and copies: its own input to the container's, the
container's output and errors to its own. Ends when the container does; when its own input ends, or
it is killed, the container's input ends. It decides nothing and reads no frame.
"""

from __future__ import annotations

import os
import socket
import sys
import threading
from typing import NoReturn

import docker
from docker.utils.socket import STDOUT, frames_iter

_CHUNK = 1 << 16


def main() -> NoReturn:
    container = sys.argv[1]
    engine = docker.from_env(timeout=None).api
    attached = engine.attach_socket(
        container, params={"stdin": 1, "stdout": 1, "stderr": 1, "stream": 1}
    )
    threading.Thread(
        target=_feed, args=(getattr(attached, "_sock", attached),), daemon=True
    ).start()
    engine.start(container)
    for stream, data in frames_iter(attached, tty=False):
        _write_all(1 if stream == STDOUT else 2, data)
    os._exit(0)


def _feed(connection: socket.socket) -> None:
    """Our input to the container, until it ends."""
    while data := os.read(0, _CHUNK):
        connection.sendall(data)
    connection.shutdown(socket.SHUT_WR)


def _write_all(fd: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view) :]


if __name__ == "__main__":
    main()
