"""Numbers and files are encrypted where they are kept, and a wrong key says so."""

import io

import pytest
from django.core.exceptions import FieldError
from django.db import connection

from doudi.web.protection.masking import mask_bank_account, mask_name, mask_phone, mask_resident_id
from doudi.web.protection.models import VaultFile
from doudi.web.protection.proof import key_fits
from doudi.web.protection.sm4 import WrongKey, decrypt_text, encrypt_text
from doudi.web.protection.vault import CHUNK_BYTES, vault_path, vault_read, vault_remove, vault_store, vault_sweep
from doudi.web.registry.models import Person

pytestmark = pytest.mark.django_db


def test_the_same_text_never_looks_the_same_twice():
    first, second = (encrypt_text("13812345678", "registry.person.phone") for _ in range(2))
    assert first != second
    assert first.startswith("v1:")
    assert decrypt_text(first, "registry.person.phone") == "13812345678"


def test_a_value_moved_to_another_column_is_refused():
    sealed = encrypt_text("13812345678", "registry.person.phone")
    with pytest.raises(WrongKey):
        decrypt_text(sealed, "registry.household.phone")


@pytest.mark.parametrize("broken", ["", "v1:", "v1:????", "v2:abcd", "v1:" + "A" * 60, "13812345678"])
def test_what_is_not_ours_is_refused(broken):
    with pytest.raises(WrongKey):
        decrypt_text(broken, "registry.person.phone")


def test_a_changed_secret_is_named(settings):
    sealed = encrypt_text("13812345678", "registry.person.phone")
    settings.SECRET_KEY = "another secret, long enough to be one, really"
    with pytest.raises(WrongKey, match="DOUDI_SECRET_KEY"):
        decrypt_text(sealed, "registry.person.phone")


def test_the_proof_notices_a_changed_secret(settings):
    assert key_fits()
    assert key_fits()
    settings.SECRET_KEY = "another secret, long enough to be one, really"
    assert not key_fits()


def test_the_database_holds_no_plain_number(make):
    resident_id = make.resident_id()
    household = make.household(phone="13812345678", bank_account="6222020200112233445")
    person = make.person(household, resident_id=resident_id, phone="13912345678")
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM registry_person")
        raw = repr(cursor.fetchall())
        cursor.execute("SELECT * FROM registry_household")
        raw += repr(cursor.fetchall())
    for secret in (resident_id, "13812345678", "13912345678", "6222020200112233445"):
        assert secret not in raw
    again = Person.objects.get(pk=person.pk)
    assert again.resident_id == resident_id
    assert again.resident_id_masked == resident_id[:6] + "********" + resident_id[-4:]


def test_encrypted_columns_cannot_be_searched_by_content():
    with pytest.raises(FieldError, match="resident_id_hash"):
        Person.objects.filter(resident_id="149901198001010011").exists()
    assert not Person.objects.filter(resident_id__isnull=True).exists()


@pytest.mark.parametrize("size", [0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 3 * CHUNK_BYTES])
def test_a_file_comes_back_as_it_went_in(size):
    content = bytes(range(256)) * (size // 256) + b"x" * (size % 256)
    kept = vault_store(name="表.xlsx", content=io.BytesIO(content))
    assert vault_read(VaultFile.objects.get(pk=kept.pk)) == content
    assert kept.size == size
    stored = vault_path(kept.pk).read_bytes()
    assert size < 16 or content[:64] not in stored


def test_a_file_cut_off_or_altered_is_refused():
    kept = vault_store(name="表.xlsx", content=b"a" * (2 * CHUNK_BYTES + 5))
    path = vault_path(kept.pk)
    whole = path.read_bytes()
    path.write_bytes(whole[: 14 + CHUNK_BYTES + 16])
    with pytest.raises(WrongKey):
        vault_read(kept)
    path.write_bytes(whole[:14])
    with pytest.raises(WrongKey):
        vault_read(kept)
    path.write_bytes(whole[:100] + bytes([whole[100] ^ 1]) + whole[101:])
    with pytest.raises(WrongKey):
        vault_read(kept)


def test_what_no_row_knows_is_swept_away():
    kept, gone = vault_store(name="a", content=b"a"), vault_store(name="b", content=b"b")
    VaultFile.objects.filter(pk=gone.pk).delete()
    assert vault_sweep(older_than_seconds=-1) == 1
    assert vault_read(kept) == b"a"
    path = vault_path(kept.pk)
    vault_remove(kept)
    assert not path.exists()


def test_masks_show_little_and_never_everything():
    assert mask_resident_id("149901198001011234") == "149901********1234"
    assert mask_phone("13812345678") == "138****5678"
    assert mask_bank_account("6222020200112233445") == "***************3445"
    assert mask_name("欧阳建国") == "欧**国"
    assert mask_name("王军") == "王*"
    assert mask_resident_id(None) == ""
    for mask in (mask_resident_id, mask_phone, mask_bank_account):
        for text in ("1", "12", "1234", "1234567", "12345678901234"):
            assert mask(text) != text
            assert len(mask(text)) == len(text)
