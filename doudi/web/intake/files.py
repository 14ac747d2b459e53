"""Uploaded files: bounded, unpacked when zipped, originals kept encrypted."""

import io
import re
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath
from typing import BinaryIO, Protocol

from django.conf import settings
from django.utils.translation import gettext as _

from doudi.standards.periods import Month
from doudi.web.refusal import ActionRefused

SHEET_ENDINGS = (".xlsx", ".xls", ".csv", ".txt", ".xlsm")
MOST_FILES = 60
MOST_EXPANSION = 60
"""A zip that unpacks to more than this many times its size is no honest archive of sheets."""
MONTH_IN_NAME = re.compile(r"(20\d{2})[-_.年]?(0[1-9]|1[0-2])(?!\d)")


class Uploaded(Protocol):
    """What Django's uploaded files offer."""

    @property
    def name(self) -> str: ...

    @property
    def size(self) -> int: ...

    def open(self, mode: str = "rb") -> BinaryIO: ...


def sheets_of(files: Sequence[Uploaded]) -> Iterator[tuple[str, BinaryIO]]:
    """Every sheet file with its name, zips opened. Raises `ActionRefused`."""
    if not files:
        raise ActionRefused("no_file", _("请选择要上传的文件。"))
    total = sum(file.size for file in files)
    if total > settings.DOUDI_UPLOAD_TOTAL:
        raise ActionRefused("too_large", _("一次上传不能超过 %d MB,请分几次上传。") % _mb(settings.DOUDI_UPLOAD_TOTAL))
    number = 0
    for file in files:
        for name, source in _opened(file):
            number += 1
            if number > MOST_FILES:
                raise ActionRefused("too_many_files", _("一次最多上传 %d 个文件。") % MOST_FILES)
            yield name, source


def _opened(file: Uploaded) -> Iterator[tuple[str, BinaryIO]]:
    name = _plain_name(file.name)
    if file.size > settings.DOUDI_UPLOAD_LIMIT:
        limit = _mb(settings.DOUDI_UPLOAD_LIMIT)
        raise ActionRefused("too_large", _("“%(name)s”超过 %(limit)d MB。") % {"name": name, "limit": limit})
    if file.size == 0:
        raise ActionRefused("empty", _("“%s”是空文件。") % name)
    if name.lower().endswith(".zip"):
        yield from _unzipped(name, file)
    elif name.lower().endswith(SHEET_ENDINGS):
        yield name, file.open("rb")
    else:
        raise ActionRefused("not_a_sheet", _("“%s”不是表格文件，请上传 xlsx、xls、csv 或它们的 zip 压缩包。") % name)


def _unzipped(name: str, file: Uploaded) -> Iterator[tuple[str, BinaryIO]]:
    try:
        archive = zipfile.ZipFile(file.open("rb"))
    except zipfile.BadZipFile as problem:
        raise ActionRefused("corrupt", _("“%s”不是完好的压缩包。") % name) from problem
    members = [entry for entry in archive.infolist() if not entry.is_dir()]
    members = [entry for entry in members if not PurePosixPath(entry.filename).name.startswith((".", "~$"))]
    unpacked = sum(entry.file_size for entry in members)
    if unpacked > settings.DOUDI_UPLOAD_TOTAL or unpacked > MOST_EXPANSION * max(file.size, 1):
        raise ActionRefused("bomb", _("“%s”解压后过大，已拒绝。") % name)
    for entry in members:
        if entry.flag_bits & 0x1:
            raise ActionRefused("encrypted", _("“%s”有密码，请去掉密码后再上传。") % name)
        inner = _plain_name(_decoded(entry))
        if not inner.lower().endswith(SHEET_ENDINGS):
            continue
        with archive.open(entry) as source:
            content = source.read(settings.DOUDI_UPLOAD_LIMIT + 1)
        if len(content) > settings.DOUDI_UPLOAD_LIMIT:
            raise ActionRefused("bomb", _("“%s”解压后过大，已拒绝。") % inner)
        yield inner, io.BytesIO(content)


def _decoded(entry: zipfile.ZipInfo) -> str:
    """The name inside the archive; older Chinese systems write it in GBK without saying so."""
    if entry.flag_bits & 0x800:
        return entry.filename
    try:
        return entry.filename.encode("cp437").decode("gb18030")
    except (UnicodeEncodeError, UnicodeDecodeError):
        return entry.filename


def _plain_name(name: str) -> str:
    return PurePosixPath(name.replace("\\", "/")).name[:200] or "未命名"


def _mb(size: int) -> int:
    return size // (1024 * 1024)


def month_in_name(name: str) -> str:
    """`医保结算_202307.xlsx` → `2023-07`; empty when the name says no month."""
    found = MONTH_IN_NAME.search(name)
    return str(Month(f"{found[1]}-{found[2]}")) if found else ""
