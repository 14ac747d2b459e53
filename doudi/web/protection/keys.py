"""Keys, all drawn from the one secret of the installation (DOUDI_SECRET_KEY), each for one purpose.

A key is SM3-HMAC(secret, label). Losing the secret means losing every encrypted column and file.
"""

import hmac
from functools import lru_cache

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.hmac import HMAC
from django.conf import settings

FIELD, FILE, SEARCH, SEAL = "field", "file", "search", "seal"
SM4_KEY_BYTES = 16


def _hmac_sm3(key: bytes, message: bytes) -> bytes:
    signer = HMAC(key, hashes.SM3())
    signer.update(message)
    return signer.finalize()


@lru_cache(maxsize=32)
def _derive(secret: str, purpose: str) -> bytes:
    return _hmac_sm3(secret.encode(), f"doudi {purpose} v1".encode())


def derived_key(purpose: str) -> bytes:
    """32 bytes for one purpose."""
    return _derive(settings.SECRET_KEY, purpose)


def sm4_key(purpose: str) -> bytes:
    """16 bytes for SM4, for one purpose."""
    return derived_key(purpose)[:SM4_KEY_BYTES]


def search_hash(kind: str, text: str) -> str:
    """Keyed hash by which an encrypted value (`kind`: phone, bank_account) is found again, as 64 hex digits."""
    return _hmac_sm3(derived_key(SEARCH), f"{kind}:{text}".encode()).hex()


def seal(text: str) -> str:
    """A keyed mark that only this installation can make."""
    return _hmac_sm3(derived_key(SEAL), text.encode()).hex()


def seal_matches(text: str, mark: str) -> bool:
    return hmac.compare_digest(seal(text), mark)
