"""See to the programs that the tests need besides Python: Chromium, Chinese fonts, a PostgreSQL server and Java.

What is there is used. What is missing is installed with apt-get where this may be done (as root, or with sudo that
asks no password); elsewhere the script says what to install by hand and fails, so that no test is skipped unnoticed.
"""

import os
import re
import shutil
import subprocess
import sys

from postgres import server_programs


def chinese_fonts_present() -> bool:
    listing = shutil.which("fc-list")
    return bool(listing and subprocess.run([listing, ":lang=zh"], capture_output=True, text=True).stdout.strip())


def java_present() -> bool:
    """Java 17 or newer, where Spark looks for it."""
    home = os.environ.get("JAVA_HOME")
    program = os.path.join(home, "bin", "java") if home else shutil.which("java")
    if not program or not os.path.exists(program):
        return False
    told = subprocess.run([program, "-version"], capture_output=True, text=True)
    found = re.search(r'version "(\d+)', told.stderr + told.stdout)
    return bool(found and int(found[1]) >= 17)


def missing_packages() -> list[str]:
    """Debian package names of what was not found."""
    packages = []
    if not any(shutil.which(name) for name in ("chromium", "chromium-browser", "google-chrome")):
        packages.append("chromium")
    if not chinese_fonts_present():
        packages += ["fontconfig", "fonts-noto-cjk"]
    if server_programs() is None:
        packages.append("postgresql")
    if not java_present():
        packages.append("default-jre-headless")
    return packages


def apt_get() -> list[str] | None:
    if not shutil.which("apt-get"):
        return None
    if os.geteuid() == 0:
        return ["apt-get"]
    if shutil.which("sudo") and subprocess.run(["sudo", "-n", "true"], capture_output=True).returncode == 0:
        return ["sudo", "-n", "apt-get"]
    return None


def main() -> int:
    packages = missing_packages()
    if not packages:
        return 0
    command = apt_get()
    if command is None:
        print(f"The tests need these programs, please install them: {', '.join(packages)}", file=sys.stderr)
        return 1
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    print(f"installing {', '.join(packages)} …", flush=True)
    subprocess.run([*command, "update", "-qq"], env=environment, check=True)
    subprocess.run(
        [*command, "install", "-qq", "-y", "--no-install-recommends", *packages], env=environment, check=True
    )
    still_missing = missing_packages()
    if still_missing:
        print(f"still missing after installation: {', '.join(still_missing)}", file=sys.stderr)
    return 1 if still_missing else 0


if __name__ == "__main__":
    sys.exit(main())
