"""Keyed numbers that stand for persons and households wherever a resident id must not.

SM3-HMAC (GB/T 32905) under a secret of the installation: without the secret nobody can try out all ids of a county. The
keys are only as stable as the secret: a new secret means new keys for everything.
"""

import os
import secrets
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Self

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.hmac import HMAC

from doudi.standards.resident_id import normalise

SECRET_VARIABLE = "DOUDI_SECRET_KEY"  # noqa: S105 - the name of the variable, not a secret
PURPOSE = b"doudi pseudonym v1"
KEY_FILE_NAME = "pseudonym.key"
_KEY_BYTES = 8
_MARKS = {"household": b"household:", "person": b"person:", "phone": b"phone:", "written": b"written:"}
"""Put before numbers that are no resident ids, so that the same digits never give the same key."""


class Pseudonymiser:
    """Turns ids and numbers into keys; about a microsecond each. `secret`: at least 16 bytes, kept out of the data."""

    def __init__(self, secret: bytes) -> None:
        if len(secret) < 16:
            raise ValueError("假名密钥太短，至少16字节")
        self._signer = HMAC(secret, hashes.SM3())

    @classmethod
    def from_secret(cls, secret: str) -> Self:
        """Derived from the one secret of the installation, for this purpose only."""
        signer = HMAC(secret.encode(), hashes.SM3())
        signer.update(PURPOSE)
        return cls(signer.finalize())

    @classmethod
    def from_key_file(cls, path: Path) -> Self:
        """From a file of hex digits, made with a fresh secret (readable by its owner only) when it is not there."""
        try:
            return cls(bytes.fromhex(path.read_text(encoding="ascii").strip()))
        except FileNotFoundError:
            path.parent.mkdir(parents=True, exist_ok=True)
        try:
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:  # another process was faster: its key counts
            return cls(bytes.fromhex(path.read_text(encoding="ascii").strip()))
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(secrets.token_hex(32) + "\n")
        return cls(bytes.fromhex(path.read_text(encoding="ascii").strip()))

    @classmethod
    def for_folder(cls, folder: Path, environ: Mapping[str, str] = os.environ) -> Self:
        """The key for snapshots in a folder: of DOUDI_SECRET_KEY when it is set, else of a key file in the folder."""
        secret = environ.get(SECRET_VARIABLE, "")
        return cls.from_secret(secret) if secret else cls.from_key_file(folder / KEY_FILE_NAME)

    def person_key(self, id18: str) -> int:
        """Signed 64-bit key of a person by resident id (any spelling of it)."""
        return self._key(_encoded(id18))

    def person_keys(self, ids: Iterable[str | None]) -> list[int | None]:
        """`person_key` of many; None stays None."""
        key = self._key
        return [None if one is None else key(_encoded(one)) for one in ids]

    def resident_hash(self, id18: str) -> str:
        """All 64 hex digits of the keyed hash of a resident id, for finding an encrypted one again."""
        return self._digest(_encoded(id18)).hex()

    def resident_hashes(self, ids: Iterable[str | None]) -> list[str | None]:
        """`resident_hash` of many; None stays None."""
        digest = self._digest
        return [None if one is None else digest(_encoded(one)).hex() for one in ids]

    def household_key(self, household_no: str) -> int:
        """Signed 64-bit key of a household by its number in the registry."""
        return self._key(_MARKS["household"] + household_no.strip().encode())

    def household_keys(self, numbers: Iterable[str | None]) -> list[int | None]:
        """`household_key` of many; None stays None."""
        return [None if one is None else self.household_key(one) for one in numbers]

    def person_key_without_id(self, person_no: str) -> int:
        """Signed 64-bit key of a registered person without a sound resident id, by the number in the registry."""
        return self._key(_MARKS["person"] + person_no.strip().encode())

    def phone_key(self, digits: str) -> int:
        """Signed 64-bit key of a phone number, to see that two are the same."""
        return self._key(_MARKS["phone"] + digits.strip().encode())

    def phone_keys(self, numbers: Iterable[str | None]) -> list[int | None]:
        """`phone_key` of many; None stays None."""
        return [None if one is None else self.phone_key(one) for one in numbers]

    def written_keys(self, texts: Iterable[str | None]) -> list[int | None]:
        """Signed 64-bit keys of rows as they were written, so that a decision about one is known again."""
        key, mark = self._key, _MARKS["written"]
        return [None if one is None else key(mark + one.encode()) for one in texts]

    def _digest(self, message: bytes) -> bytes:
        signer = self._signer.copy()
        signer.update(message)
        return signer.finalize()

    def _key(self, message: bytes) -> int:
        return int.from_bytes(self._digest(message)[:_KEY_BYTES], "big", signed=True)


def _encoded(text: str) -> bytes:
    return normalise(text).encode()
