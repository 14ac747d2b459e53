"""What the repository promises about itself: locks with hashes and no registry addresses, nothing vendored."""

import json
import re
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
LOCKS = [ROOT / "requirements.lock", ROOT / "requirements-dev.lock"]


def tracked_files() -> list[str]:
    listing = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True, text=True)
    return [name for name in listing.stdout.split("\0") if name]


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.name)
def test_every_locked_package_has_hashes_and_no_address(lock: Path) -> None:
    text = lock.read_text(encoding="utf-8")
    packages = re.split(r"\n(?=\S)", text)
    assert len(packages) > 20
    assert [p.splitlines()[0] for p in packages if "--hash=sha256:" not in p] == []
    assert "://" not in text


def test_the_locks_cover_what_the_package_declares() -> None:
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    names = {
        re.split(r"[\[<>=; ]", entry)[0].lower()
        for entry in declared["project"]["dependencies"] + declared["dependency-groups"]["dev"]
    }
    locked = {line.split("==")[0] for line in LOCKS[1].read_text(encoding="utf-8").splitlines() if "==" in line}
    assert names - {name.split("[")[0] for name in locked} == set()


def test_front_end_packages_are_locked_without_addresses() -> None:
    lock = json.loads((ROOT / "frontend/package-lock.json").read_text(encoding="utf-8"))
    packages = {name: entry for name, entry in lock["packages"].items() if name}
    assert packages
    assert [name for name, entry in packages.items() if "resolved" in entry or "integrity" not in entry] == []


def test_no_third_party_file_is_committed() -> None:
    vendored = re.compile(r"\.min\.(js|css)$|(^|/)(node_modules|vendor|dist)/|\.(woff2?|ttf|otf|jar|whl)$")
    assert [name for name in tracked_files() if vendored.search(name)] == []
