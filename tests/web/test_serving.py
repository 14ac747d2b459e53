"""The site as it is run: checks in plain words, a server with its worker, and both gone when it is told to stop."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest
from django.db import connection

from doudi.web.protection.models import KeyProof
from doudi.web.serving import NotReady, check, prepare

SERVER = "import sys; from doudi.web.serving import serve; serve(port=int(sys.argv[1]), on_ready=print)"


def environment(folder, **more):
    given = {**os.environ, "DJANGO_SETTINGS_MODULE": "doudi.web.settings.base", "DOUDI_DATA_DIR": str(folder), **more}
    given.pop("DOUDI_DATABASE_URL", None)
    return given


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def answer(address, deadline=30.0):
    """The first answer of a server that is just starting."""
    until = time.monotonic() + deadline
    while True:
        try:
            with urllib.request.urlopen(address, timeout=5) as response:
                return response.status, response.read().decode()
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.2)


def workers_of(folder):
    return list((Path(folder) / "jobs" / "workers").glob("*"))


def test_it_answers_works_and_leaves_nothing_running(tmp_path):
    port = free_port()
    server = subprocess.Popen(
        [sys.executable, "-c", SERVER, str(port)], env=environment(tmp_path), stdout=subprocess.PIPE, text=True
    )
    try:
        status, page = answer(f"http://127.0.0.1:{port}/sign-in/")
        assert status == 200
        assert "兜底" in page
        deadline = time.monotonic() + 20
        while not workers_of(tmp_path):
            assert time.monotonic() < deadline, "no worker came up"
            time.sleep(0.1)
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(40)
    assert server.returncode == 0
    assert f"http://127.0.0.1:{port}/" in server.stdout.read()
    assert workers_of(tmp_path) == []


TOLD_EARLY = """
import os, signal, sys
from doudi.web.serving import prepare
prepare()
from django.core.management import call_command
from doudi.web.jobs.management.commands import worker
worker.jobs_recover = lambda: os.kill(os.getpid(), signal.SIGTERM)
call_command("worker")
"""


def test_a_worker_told_to_stop_while_it_starts_leaves_in_order(tmp_path):
    ended = subprocess.run([sys.executable, "-c", TOLD_EARLY], env=environment(tmp_path), timeout=60)
    assert ended.returncode == 0
    assert (tmp_path / "jobs" / "workers").is_dir()
    assert workers_of(tmp_path) == []


def test_the_data_folder_and_the_key_file_are_private(tmp_path):
    folder = tmp_path / "fresh"
    given = environment(folder)
    given.pop("DOUDI_SECRET_KEY", None)
    subprocess.run(
        [sys.executable, "-c", "from doudi.web.serving import prepare; prepare()"], env=given, check=True, timeout=60
    )
    assert folder.stat().st_mode & 0o077 == 0
    assert (folder / "secret.key").stat().st_mode & 0o077 == 0


def test_a_short_secret_is_refused_in_words(tmp_path):
    ended = subprocess.run(
        [sys.executable, "-m", "doudi.web", "check"],
        env=environment(tmp_path, DOUDI_SECRET_KEY="short"),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert ended.returncode != 0
    assert "DOUDI_SECRET_KEY 太短" in ended.stderr


@pytest.mark.django_db
def test_another_key_than_the_datas_is_refused(settings):
    prepare()
    assert KeyProof.objects.count() == 1
    settings.SECRET_KEY = "another secret, long enough to be one, really"
    with pytest.raises(NotReady, match="DOUDI_SECRET_KEY"):
        prepare()
    assert ("error", "doudi.E109") in {(level, code) for level, code, _sentence, _remedy in check()}


@pytest.mark.django_db
def test_checks_say_what_is_wrong_and_what_to_do(settings):
    assert {level for level, *_rest in check()} <= {"warning"}
    settings.ALLOWED_HOSTS = ["county.example.gov.cn"]
    settings.DEBUG = True
    settings.DOUDI_SECURE = False
    settings.DOUDI_SECRET_BESIDE_DATA = True
    found = {code: (level, sentence, remedy) for level, code, sentence, remedy in check()}
    assert found["doudi.E104"][0] == "error"
    assert {"doudi.W101", "doudi.W105"} <= set(found)
    assert all(remedy for code, (_level, _sentence, remedy) in found.items() if code.startswith("doudi."))


@pytest.mark.sqlite
@pytest.mark.django_db
def test_the_database_waits_its_turn_and_keeps_readers_going():
    with connection.cursor() as cursor:
        assert cursor.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
        assert cursor.execute("PRAGMA foreign_keys").fetchone()[0] == 1
        assert cursor.execute("PRAGMA busy_timeout").fetchone()[0] == 120_000
    assert connection.transaction_mode == "IMMEDIATE"
