"""`doudi manage worker`: do queued work until told to stop."""

import os
import signal
import threading
from argparse import ArgumentParser
from types import FrameType
from typing import Any

from django.core.management.base import BaseCommand
from django.db import connection
from django_tasks_db.management.commands.db_worker import Worker

from doudi.web.jobs.services import jobs_recover
from doudi.web.jobs.workers import Presence, new_worker_id
from doudi.web.protection.vault import vault_sweep

SECONDS_BETWEEN_LOOKS = 20.0
SECONDS_BETWEEN_PARENT_LOOKS = 2.0
SECONDS_UNTIL_SWEPT = 24 * 3600.0
"""How long bytes without a row are left: an upload may still be under way."""


class Command(BaseCommand):
    help = "处理后台任务(导入、筛查);先接着做上次中断的任务"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--batch", action="store_true", help="做完队列里的任务就退出")
        parser.add_argument("--interval", type=float, default=0.5, help="队列为空时多少秒看一次")
        parser.add_argument("--parent", type=int, default=0, help="这个进程消失时自己也退出")

    def handle(self, *args: Any, batch: bool, interval: float, parent: int, **options: Any) -> None:
        worker_id = new_worker_id()
        stop = threading.Event()
        signal.signal(signal.SIGTERM, leave_at_once)
        with Presence(worker_id):
            jobs_recover()
            vault_sweep(older_than_seconds=SECONDS_UNTIL_SWEPT)
            worker = Worker(
                queue_names=["default"],
                interval=interval,
                batch=batch,
                backend_name="default",
                startup_delay=False,
                max_tasks=None,
                worker_id=worker_id,
                excluded_queue_names=[],
            )
            worker.configure_signals()
            if not batch:
                threading.Thread(target=look_after_others, args=(stop,), daemon=True).start()
            if parent:
                threading.Thread(target=leave_with, args=(parent, stop), daemon=True).start()
            try:
                worker.run()
            finally:
                stop.set()


def leave_at_once(signum: int, frame: FrameType | None) -> None:
    """Told to stop before there is work to finish: leave in order, so that nobody takes this worker for alive."""
    raise SystemExit(0)


def look_after_others(stop: threading.Event) -> None:
    """Now and then take over what another worker left when it died."""
    while not stop.wait(SECONDS_BETWEEN_LOOKS):
        try:
            jobs_recover()
        finally:
            connection.close()


def leave_with(parent: int, stop: threading.Event) -> None:
    """End this process when the server that started it is gone."""
    while not stop.wait(SECONDS_BETWEEN_PARENT_LOOKS):
        if os.getppid() != parent:
            os.kill(os.getpid(), signal.SIGTERM)
            return
