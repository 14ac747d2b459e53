"""Settings of the tests: the same as `base`, in a folder that is thrown away."""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

_folder = Path(tempfile.mkdtemp(prefix="doudi-test-"))
(_folder / "static").mkdir()
_owner = os.getpid()


@atexit.register
def _forget() -> None:
    if os.getpid() == _owner:  # not in a child that ends
        shutil.rmtree(_folder, ignore_errors=True)


os.environ["DOUDI_DATA_DIR"] = str(_folder)
os.environ.setdefault("DOUDI_SECRET_KEY", "a-secret-that-only-the-tests-use-0123456789")

from doudi.web.settings.base import *  # noqa: E402, F403
from doudi.web.settings.base import DATABASES, LOGGING, ON_SQLITE  # noqa: E402

if ON_SQLITE:
    # A file, since screening reads the database over a connection of its own.
    DATABASES["default"]["TEST"] = {"NAME": str(_folder / "test.sqlite3")}

ALLOWED_HOSTS = ["testserver", "127.0.0.1", "localhost"]
# Argon2 at its cheapest: the same code in a hundredth of the time.
PASSWORD_HASHERS = ["doudi.web.settings.testing.CheapArgon2"]
LOGGING["root"]["level"] = "ERROR"  # type: ignore[index]

from django.contrib.auth.hashers import Argon2PasswordHasher  # noqa: E402


class CheapArgon2(Argon2PasswordHasher):
    time_cost = 1
    memory_cost = 8
    parallelism = 1
