"""Is the secret still the one the data was written with? A known text under the key tells, before errors do."""

from django.db import transaction

from doudi.web.protection.models import KeyProof
from doudi.web.protection.sm4 import WrongKey, decrypt_text, encrypt_text

PLACE = "protection.keyproof"
KNOWN = "兜底"


def key_fits() -> bool:
    """Whether the present key opens the proof; makes the proof when there is none yet."""
    with transaction.atomic():
        row = KeyProof.objects.filter(pk=1).first()
        if row is None:
            KeyProof.objects.bulk_create([KeyProof(pk=1, proof=encrypt_text(KNOWN, PLACE))], ignore_conflicts=True)
            return True
    try:
        return decrypt_text(row.proof, PLACE) == KNOWN
    except WrongKey:
        return False
