"""SM4-GCM for short texts: `v1:` and, in base64, nonce (12 bytes), ciphertext, tag (16 bytes).

The place where a text is kept (`registry.person.phone`) is authenticated along, so that a value moved to another
column or table is refused.
"""

import base64
import os
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from doudi.web.protection.keys import FIELD, sm4_key

VERSION = "v1:"
NONCE_BYTES = 12
TAG_BYTES = 16


class WrongKey(Exception):  # noqa: N818 - named for what is wrong
    """An encrypted value can't be opened: the secret is not the one it was written with, or the value was altered."""

    def __init__(self, place: str) -> None:
        super().__init__(
            f"无法解密 {place}: DOUDI_SECRET_KEY 与写入数据时不同, 或数据被改动。请恢复原来的密钥后重新启动。"
        )


@lru_cache(maxsize=8)
def _algorithm(key: bytes) -> algorithms.SM4:
    return algorithms.SM4(key)


def encrypt_text(text: str, place: str) -> str:
    nonce = os.urandom(NONCE_BYTES)
    sealer = Cipher(_algorithm(sm4_key(FIELD)), modes.GCM(nonce)).encryptor()
    sealer.authenticate_additional_data(place.encode())
    body = sealer.update(text.encode()) + sealer.finalize()
    return VERSION + base64.b64encode(nonce + body + sealer.tag).decode("ascii")


def decrypt_text(stored: str, place: str) -> str:
    """The plain text. Raises `WrongKey`."""
    if not stored.startswith(VERSION):
        raise WrongKey(place)
    try:
        raw = base64.b64decode(stored[len(VERSION) :], validate=True)
        opener = Cipher(_algorithm(sm4_key(FIELD)), modes.GCM(raw[:NONCE_BYTES], raw[-TAG_BYTES:])).decryptor()
        opener.authenticate_additional_data(place.encode())
        return (opener.update(raw[NONCE_BYTES:-TAG_BYTES]) + opener.finalize()).decode()
    except (InvalidTag, ValueError) as problem:
        raise WrongKey(place) from problem
