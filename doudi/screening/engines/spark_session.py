"""The Spark session that a screening runs in: what must be installed, and settings that suit the machine or cluster."""

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

MASTER: Final = "DOUDI_SPARK_MASTER"
"""Environment variable with the address of the cluster."""
HERE: Final = "local[*]"
OLDEST_JAVA: Final = 17
_GIB: Final = 2**30


class SparkUnavailable(RuntimeError):  # noqa: N818 - named for what is wrong
    """Something that Spark needs is not installed; the message says what to do."""


def spark_session(
    master: str | None = None, *, memory: str | None = None, options: Mapping[str, str] | None = None
) -> "SparkSession":
    """A session on `master` (else what DOUDI_SPARK_MASTER says, else all cores of this machine).

    `memory`: of the driver, such as `8g`; on this machine half of what it has unless given. `options` are Spark's own
    and go before everything. Raises SparkUnavailable.
    """
    check_installed()
    from pyspark.sql import SparkSession

    chosen = master or os.environ.get(MASTER) or HERE
    builder = SparkSession.builder.appName("doudi").master(chosen)
    settings: dict[str, bool | float | int | str | None] = dict(_SETTINGS)
    if chosen.startswith("local"):
        os.environ.setdefault("PYSPARK_PYTHON", sys.executable)  # tasks in Python run where doudi is installed
        settings["spark.driver.memory"] = f"{max(_GIB, _memory() // 2) // 2**20}m"
        settings["spark.sql.shuffle.partitions"] = str(8 * (os.cpu_count() or 1))
    if memory:
        settings["spark.driver.memory"] = memory
    return builder.config(map=settings | dict(options or {})).getOrCreate()


def check_installed() -> None:
    """Raises SparkUnavailable, with what to do, when pyspark or Java is missing or too old."""
    if importlib.util.find_spec("pyspark") is None:
        raise SparkUnavailable('没有安装 pyspark，请执行 pip install "doudi[spark]" 后重试')
    found = _java_version()
    how = "Debian/Ubuntu 上执行 apt-get install default-jre-headless，或把 JAVA_HOME 指向已装好的 Java"
    if found is None:
        raise SparkUnavailable(f"没有找到 Java，Spark 需要 Java {OLDEST_JAVA} 或更新的版本：{how}")
    if found < OLDEST_JAVA:
        raise SparkUnavailable(f"Java 版本是 {found}，Spark 需要 {OLDEST_JAVA} 或更新的版本：{how}")


def _java_version() -> int | None:
    """The major version of the Java that Spark would start."""
    home = os.environ.get("JAVA_HOME")
    program = str(Path(home) / "bin" / "java") if home else shutil.which("java")
    if program is None:
        return None
    try:
        told = subprocess.run([program, "-version"], capture_output=True, text=True, check=False)  # noqa: S603
    except OSError:
        return None
    version = re.search(r'version "(\d+)', told.stderr + told.stdout)
    return int(version[1]) if version else None


def _memory() -> int:
    """Bytes of memory of this machine."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError):
        return 4 * _GIB


_SETTINGS: Final = {
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.log.level": "ERROR",
    "spark.driver.maxResultSize": "0",
    "spark.sql.adaptive.enabled": "true",
    "spark.sql.parquet.compression.codec": "zstd",
    "spark.serializer": "org.apache.spark.serializer.KryoSerializer",
}
