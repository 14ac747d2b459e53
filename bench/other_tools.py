"""Environments of their own for the tools that doudi is measured against: the product needs none of them."""

import os
import subprocess
import venv
from pathlib import Path

HERE = Path(__file__).resolve().parent


def python_with(lock: Path, folder: Path) -> Path:
    """The interpreter of an environment with what a lock file names, made when it isn't there or the lock changed."""
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    installed = folder / "installed.lock"
    if not installed.is_file() or installed.read_text("utf-8") != lock.read_text("utf-8"):
        print(f"installing the other tools in {folder.relative_to(HERE.parent)} …", flush=True)
        venv.create(folder, with_pip=True, clear=True)
        command = [str(python), "-m", "pip", "install", "--quiet", "--require-hashes", "-r", str(lock)]
        subprocess.run(command, check=True)
        installed.write_text(lock.read_text("utf-8"), encoding="utf-8")
    return python
