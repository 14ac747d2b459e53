"""What the environment says: one function a variable, with its safe default.

DOUDI_SECRET_KEY     key of sessions, field encryption and search hashes. Without it, a key file in the data folder
DOUDI_DATA_DIR       folder of the database (SQLite), uploads, snapshots, results, job progress. Default ./var
DOUDI_DATABASE_URL   postgresql://user:password@host:port/name; without it SQLite in the data folder
DOUDI_DEBUG          1 for development only
DOUDI_ALLOWED_HOSTS  host names the server answers to, joined by commas. Default: this machine only
DOUDI_SECURE         1 when people reach the server over https, as they must unless they sit at the very machine
DOUDI_RULES_DIR      folder of the rules. Default: the one delivered with doudi
DOUDI_PROXIES        how many reverse proxies stand in front (their X-Forwarded-For is believed). Default 0
"""

import os
import secrets
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

SECRET_KEY_FILE = "secret.key"  # noqa: S105 - the name of a file
SHORTEST_SECRET = 32


def flag(name: str, *, default: bool = False) -> bool:
    return os.environ.get(name, "1" if default else "0").strip().lower() in {"1", "true", "yes", "on"}


def names(name: str, *, default: str) -> list[str]:
    return [part.strip() for part in os.environ.get(name, default).split(",") if part.strip()]


def data_dir() -> Path:
    return Path(os.environ.get("DOUDI_DATA_DIR") or "var").absolute()


def secret_key(folder: Path) -> tuple[str, bool]:
    """The secret and whether it came from a key file beside the data (fine for a demo, not for real data)."""
    given = os.environ.get("DOUDI_SECRET_KEY", "")
    if given:
        if len(given) < SHORTEST_SECRET:
            raise ImproperlyConfigured(f"DOUDI_SECRET_KEY 太短: 至少 {SHORTEST_SECRET} 个字符")
        return given, False
    file = folder / SECRET_KEY_FILE
    if not file.exists():
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        try:
            handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            pass
        else:
            with os.fdopen(handle, "w", encoding="ascii") as out:
                out.write(secrets.token_urlsafe(48))
    return file.read_text(encoding="ascii").strip(), True


def database(folder: Path) -> dict[str, Any]:
    """Django's DATABASES["default"]: SQLite in the data folder, or what DOUDI_DATABASE_URL names."""
    address = os.environ.get("DOUDI_DATABASE_URL", "").strip()
    if not address:
        return sqlite(folder / "doudi.sqlite3")
    parts = urlsplit(address)
    if parts.scheme == "sqlite":
        return sqlite(Path(unquote(parts.path)))
    if parts.scheme not in {"postgresql", "postgres"}:
        raise ImproperlyConfigured("DOUDI_DATABASE_URL 应以 postgresql:// 开头, 或留空使用 SQLite")
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")) or "doudi",
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": parts.hostname or "",
        "PORT": str(parts.port or ""),
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": dict(parse_qsl(parts.query)),
    }


def sqlite(file: Path) -> dict[str, Any]:
    """SQLite as a server may use it: readers never wait for the writer, a writer waits its turn instead of failing."""
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": file,
        "OPTIONS": {
            "timeout": 120,
            "transaction_mode": "IMMEDIATE",
            "init_command": (
                "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA temp_store=MEMORY; "
                "PRAGMA mmap_size=268435456; PRAGMA cache_size=-65536;"
            ),
        },
    }
