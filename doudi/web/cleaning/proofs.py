"""Photos and scans that prove something: bounded, known by their first bytes, kept encrypted."""

import io
from pathlib import PurePosixPath
from typing import BinaryIO

from django.utils.translation import gettext as _

from doudi.web.protection.models import VaultFile
from doudi.web.protection.vault import vault_store
from doudi.web.refusal import ActionRefused

MOST_BYTES = 10 * 1024 * 1024
ACCEPTED = ".jpg,.jpeg,.png,.webp,.pdf"
KINDS: tuple[tuple[bytes, int, str], ...] = (
    (b"\xff\xd8\xff", 0, "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", 0, "image/png"),
    (b"WEBP", 8, "image/webp"),
    (b"%PDF-", 0, "application/pdf"),
)
"""First bytes, where they stand, and what they mean."""


def proof_store(*, name: str, content: BinaryIO) -> VaultFile:
    """Keep a photo or PDF. Raises `ActionRefused` (`empty`, `too_large`, `not_a_proof`)."""
    data = content.read(MOST_BYTES + 1)
    plain = PurePosixPath(name.replace("\\", "/")).name[:200] or "凭证"
    if not data:
        raise ActionRefused("empty", _("“%s”是空文件，请重新选择。") % plain)
    if len(data) > MOST_BYTES:
        limit = MOST_BYTES // 1024 // 1024
        raise ActionRefused(
            "too_large", _("“%(name)s”超过 %(limit)d MB，请压缩后再上传。") % {"name": plain, "limit": limit}
        )
    if not proof_kind(data):
        raise ActionRefused("not_a_proof", _("“%s”不是照片或 PDF，请上传 jpg、png、webp 或 pdf。") % plain)
    return vault_store(name=plain, content=io.BytesIO(data))


def proof_kind(data: bytes) -> str:
    """The media type by the first bytes; empty for anything else."""
    return next((kind for mark, at, kind in KINDS if data[at : at + len(mark)] == mark), "")
