"""Run a command against a throw-away PostgreSQL server: `python tools/postgres.py pytest tests/web`.

The server lives in a temporary folder, listens only on a socket there, has no durability to speak of, and is gone when
the command ends. The command finds it through DOUDI_DATABASE_URL. The exit code is the command's.
"""

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

UNPRIVILEGED_USERS = ("postgres", "nobody")


def server_programs() -> Path | None:
    """The folder with initdb and pg_ctl of the newest installed server, or None."""
    candidates = [*sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda p: int(p.parent.name.split(".")[0]))]
    if shutil.which("initdb"):
        candidates.append(Path(shutil.which("initdb") or "").resolve().parent)
    candidates += sorted(Path("/opt/homebrew/opt").glob("postgresql*/bin"))
    found = [folder for folder in candidates if (folder / "initdb").exists() and (folder / "postgres").exists()]
    return found[-1] if found else None


def as_unprivileged() -> list[str]:
    """A prefix that leaves root behind, since the server refuses to run as root."""
    if os.geteuid() != 0:
        return []
    for user in UNPRIVILEGED_USERS:
        if subprocess.run(["id", user], capture_output=True).returncode == 0:
            return ["runuser", "-u", user, "--"]
    raise SystemExit("PostgreSQL does not run as root, and there is neither a user 'postgres' nor 'nobody'.")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def throw_away_server() -> Iterator[str]:
    """Start a server and give its address as DOUDI_DATABASE_URL takes it."""
    programs = server_programs()
    if programs is None:
        raise SystemExit("No PostgreSQL server found; install one (Debian: apt-get install postgresql).")
    prefix = as_unprivileged()
    with tempfile.TemporaryDirectory(prefix="doudi-pg-") as folder:
        os.chmod(folder, 0o777)
        data = f"{folder}/data"
        quiet = {"check": True, "stdout": subprocess.DEVNULL, "cwd": folder}
        subprocess.run(
            [*prefix, programs / "initdb", "-D", data, "-U", "doudi", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8"],
            **quiet,
        )
        port = free_port()
        options = (
            f"-p {port} -h 127.0.0.1 -k {folder} -c fsync=off -c synchronous_commit=off -c full_page_writes=off "
            "-c max_connections=60"
        )
        subprocess.run(
            [*prefix, programs / "pg_ctl", "-D", data, "-w", "-l", f"{folder}/log", "-o", options, "start"], **quiet
        )
        try:
            subprocess.run(
                [*prefix, programs / "createdb", "-h", folder, "-p", str(port), "-U", "doudi", "doudi"], **quiet
            )
            yield f"postgresql://doudi@127.0.0.1:{port}/doudi"
        finally:
            subprocess.run([*prefix, programs / "pg_ctl", "-D", data, "-m", "immediate", "stop"], **quiet)


def main() -> int:
    if len(sys.argv) < 2:
        raise SystemExit("usage: python tools/postgres.py COMMAND [ARGUMENT …]")
    with throw_away_server() as address:
        return subprocess.run(sys.argv[1:], env={**os.environ, "DOUDI_DATABASE_URL": address}).returncode


if __name__ == "__main__":
    sys.exit(main())
