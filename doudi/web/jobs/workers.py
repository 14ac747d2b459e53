"""Which worker processes are alive. Each holds a lock on a file of its own; the system lets go of it when the process
ends, however it ends, so a dead worker's job can be started again at once."""

import os
import secrets
import socket
import threading
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType

from django.conf import settings

try:
    import fcntl
except ImportError:  # Windows: the age of the file tells instead
    fcntl = None  # type: ignore[assignment]

SECONDS_BETWEEN_BEATS = 5.0
SECONDS_UNTIL_DEAD = 30.0


def _folder() -> Path:
    return Path(settings.DOUDI_DATA_DIR) / "jobs" / "workers"


def host_name() -> str:
    return socket.gethostname()[:32]


def new_worker_id() -> str:
    return f"{host_name()}:{os.getpid()}:{secrets.token_hex(4)}"


def _path(worker_id: str) -> Path:
    return _folder() / worker_id.replace(":", "_").replace("/", "_")


class Presence:
    """Holds the lock of a living worker, and beats for systems without locks."""

    def __init__(self, worker_id: str) -> None:
        self.worker_id = worker_id
        self._stop = threading.Event()

    def __enter__(self) -> "Presence":
        path = _path(self.worker_id)
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._file = path.open("w")
        if fcntl is not None:
            fcntl.flock(self._file, fcntl.LOCK_EX)
        self._beat = threading.Thread(target=self._beating, daemon=True)
        self._beat.start()
        return self

    def _beating(self) -> None:
        while not self._stop.wait(SECONDS_BETWEEN_BEATS):
            with suppress(OSError):
                _path(self.worker_id).touch()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._file.close()
        _path(self.worker_id).unlink(missing_ok=True)


def is_alive(worker_id: str) -> bool:
    """Whether the worker still runs. Of a worker on another machine nothing is known, so it counts as alive."""
    if not worker_id.startswith(host_name() + ":"):
        return True
    path = _path(worker_id)
    try:
        with path.open("r+") as file:
            if fcntl is None:
                return time.time() - path.stat().st_mtime < SECONDS_UNTIL_DEAD
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                return True
            return False
    except FileNotFoundError:
        return False
