"""Files kept encrypted in the data folder (`vault/`): uploaded originals, staged tables, workbooks of rejects.

Layout: `DOUDI1`, 8 random bytes, then chunks of up to 1 MiB, each SM4-GCM with its number and whether it is the last
one in the nonce and the authenticated data, so that chunks can't be swapped, dropped or cut off.
"""

import hashlib
import io
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from django.conf import settings

from doudi.web.protection.keys import FILE, sm4_key
from doudi.web.protection.models import VaultFile
from doudi.web.protection.sm4 import TAG_BYTES, WrongKey

MAGIC = b"DOUDI1"
SALT_BYTES = 8
CHUNK_BYTES = 1024 * 1024


def vault_path(file_id: UUID) -> Path:
    return Path(settings.DOUDI_DATA_DIR) / "vault" / file_id.hex[:2] / file_id.hex


def vault_store(*, name: str, content: bytes | BinaryIO) -> VaultFile:
    """Keep a file. The row is the caller's transaction's; without it the stored bytes are swept away later."""
    source = io.BytesIO(content) if isinstance(content, bytes) else content
    file = VaultFile(name=name[:255])
    target = vault_path(file.id)
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    digest, size = hashlib.sha256(), 0
    salt = os.urandom(SALT_BYTES)
    unfinished = target.with_suffix(".part")
    with unfinished.open("wb") as out:
        out.write(MAGIC + salt)
        for number, (chunk, last) in enumerate(_with_last(source)):
            digest.update(chunk)
            size += len(chunk)
            out.write(_seal(chunk, salt, number, last=last))
        out.flush()
        os.fsync(out.fileno())
    unfinished.replace(target)
    file.sha256, file.size = digest.hexdigest(), size
    file.save(force_insert=True)
    return file


def vault_read(file: VaultFile) -> bytes:
    """The plain bytes. Raises `WrongKey` (key changed or file altered) or FileNotFoundError."""
    with vault_path(file.id).open("rb") as source:
        head = source.read(len(MAGIC) + SALT_BYTES)
        if not head.startswith(MAGIC):
            raise WrongKey(file.name)
        salt, parts, number, complete = head[len(MAGIC) :], [], 0, False
        while sealed := source.read(CHUNK_BYTES + TAG_BYTES):
            last = source.peek(1) == b""
            parts.append(_open(sealed, salt, number, last=last, name=file.name))
            number, complete = number + 1, last
    if not complete:
        raise WrongKey(file.name)
    return b"".join(parts)


def vault_remove(file: VaultFile) -> None:
    """Forget a file, row and bytes."""
    vault_path(file.id).unlink(missing_ok=True)
    file.delete()


def vault_sweep(*, older_than_seconds: float) -> int:
    """Remove bytes that no row knows (work that was broken off); gives how many files went."""
    folder = Path(settings.DOUDI_DATA_DIR) / "vault"
    known = {file_id.hex for file_id in VaultFile.objects.values_list("pk", flat=True)}
    limit = time.time() - older_than_seconds
    gone = 0
    for path in folder.glob("*/*"):
        if path.name not in known and path.stat().st_mtime < limit:
            path.unlink(missing_ok=True)
            gone += 1
    return gone


def _with_last(source: BinaryIO) -> Iterator[tuple[bytes, bool]]:
    chunk = source.read(CHUNK_BYTES)
    while True:
        following = source.read(CHUNK_BYTES) if len(chunk) == CHUNK_BYTES else b""
        yield chunk, not following
        if not following:
            return
        chunk = following


def _cipher_parts(salt: bytes, number: int, *, last: bool) -> tuple[bytes, bytes]:
    nonce = salt + number.to_bytes(4, "big")
    return nonce, MAGIC + nonce + (b"\x01" if last else b"\x00")


def _seal(chunk: bytes, salt: bytes, number: int, *, last: bool) -> bytes:
    nonce, bound = _cipher_parts(salt, number, last=last)
    sealer = Cipher(algorithms.SM4(sm4_key(FILE)), modes.GCM(nonce)).encryptor()
    sealer.authenticate_additional_data(bound)
    return sealer.update(chunk) + sealer.finalize() + sealer.tag


def _open(sealed: bytes, salt: bytes, number: int, *, last: bool, name: str) -> bytes:
    nonce, bound = _cipher_parts(salt, number, last=last)
    opener = Cipher(algorithms.SM4(sm4_key(FILE)), modes.GCM(nonce, sealed[-TAG_BYTES:])).decryptor()
    opener.authenticate_additional_data(bound)
    try:
        return opener.update(sealed[:-TAG_BYTES]) + opener.finalize()
    except InvalidTag as problem:
        raise WrongKey(name) from problem
