"""Running the site: prepare the database, keep a worker process at hand, answer requests with waitress.

`doudi serve` calls `serve`; `doudi demo` calls `prepare`, loads the county and then `serve`.
"""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from types import FrameType

SECONDS_BETWEEN_RESTARTS = 2.0


class NotReady(Exception):  # noqa: N818 - named for what is wrong
    """The installation can't serve as it is; `problems` says why, in sentences."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__(";".join(problems))
        self.problems = problems


def setup() -> None:
    """Load Django once; settings come from the environment."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "doudi.web.settings.base")
    import django

    django.setup()


def prepare(*, verbosity: int = 0) -> None:
    """Bring the database up to date and make sure the secret fits. Raises `NotReady`."""
    setup()
    from django.conf import settings
    from django.core.management import call_command

    settings.DOUDI_DATA_DIR.mkdir(parents=True, exist_ok=True, mode=0o700)
    settings.STATIC_ROOT.mkdir(exist_ok=True)
    if _migrations_wait():
        call_command("migrate", interactive=False, verbosity=verbosity)
        _look_at_tables()
    from doudi.web.protection.proof import key_fits

    if not key_fits():
        raise NotReady(["DOUDI_SECRET_KEY 与写入数据时不同。请恢复原来的密钥后重新启动。"])


def _migrations_wait() -> bool:
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def _look_at_tables() -> None:
    """SQLite forgets what it knew of a table that a migration makes anew, and then picks the wrong index."""
    from doudi.web.discovery.models import Alert, Clue
    from doudi.web.regions.models import Region
    from doudi.web.registry.bulk import refresh_statistics
    from doudi.web.registry.models import Household, HouseholdIncome, Person

    refresh_statistics(Region, Household, Person, HouseholdIncome, Clue, Alert)


def check() -> list[tuple[str, str, str, str]]:
    """What `doudi check` prints: (level, id, sentence, what to do) for everything that is misconfigured."""
    setup()
    from django.core import checks

    names = {checks.WARNING: "warning", checks.ERROR: "error", checks.CRITICAL: "error"}
    return [
        (names.get(found.level, "info"), found.id or "", str(found.msg), str(found.hint or ""))
        for found in checks.run_checks(include_deployment_checks=False, databases=["default"])
    ]


class WorkerProcess:
    """A worker in a process of its own, started again when it dies."""

    def __init__(self) -> None:
        self._stop = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        self._watch = threading.Thread(target=self._keep_running, daemon=True)

    def start(self) -> None:
        self._watch.start()

    def _keep_running(self) -> None:
        while not self._stop.is_set():
            command = [sys.executable, "-m", "doudi.web", "worker", "--parent", str(os.getpid())]
            self._process = subprocess.Popen(command, start_new_session=True)  # noqa: S603 - our own command
            self._process.wait()
            self._stop.wait(SECONDS_BETWEEN_RESTARTS)

    def stop(self, *, patience: float = 20.0) -> None:
        """Let the present job finish for a while, then end it; it starts again with the next worker."""
        self._stop.set()
        process = self._process
        if process is not None and process.poll() is None:
            process.terminate()
            try:
                process.wait(patience)
            except subprocess.TimeoutExpired:
                process.kill()


def serve(
    *, host: str = "127.0.0.1", port: int = 8000, threads: int = 8, on_ready: Callable[[str], None] | None = None
) -> None:
    """Answer requests until interrupted. `on_ready` is called with the site's address once the port is open."""
    prepare()
    import waitress
    from django.conf import settings

    from doudi.web.wsgi import application

    server = waitress.create_server(
        application,
        host=host,
        port=port,
        threads=threads,
        ident="doudi",
        max_request_body_size=settings.DOUDI_UPLOAD_TOTAL + settings.DATA_UPLOAD_MAX_MEMORY_SIZE,
        channel_timeout=120,
        clear_untrusted_proxy_headers=False,
    )
    worker = WorkerProcess()

    def leave(signum: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, leave)
    worker.start()
    if on_ready is not None:
        shown = "127.0.0.1" if host in {"0.0.0.0", "::", ""} else host  # noqa: S104
        on_ready(f"http://{shown}:{port}/")
    try:
        server.run()
    except KeyboardInterrupt:
        pass
    finally:
        server.close()
        worker.stop()
