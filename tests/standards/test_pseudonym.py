"""Keyed numbers: stable, spelled-alike ids alike, nothing without the secret."""

import stat
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.hmac import HMAC

from doudi.standards.pseudonym import Pseudonymiser

ID = "149901198001010017"[:17] + "3"


def test_the_person_key_is_the_start_of_the_sm3_hmac() -> None:
    secret = b"0123456789abcdef"
    signer = HMAC(secret, hashes.SM3())
    signer.update(ID.encode())
    digest = signer.finalize()
    keys = Pseudonymiser(secret)
    assert keys.resident_hash(ID) == digest.hex()
    assert keys.person_key(ID) == int.from_bytes(digest[:8], "big", signed=True)


def test_spellings_of_one_id_share_a_key() -> None:
    keys = Pseudonymiser.from_secret("secret")
    assert keys.person_key(f" '{ID} ") == keys.person_key(ID)


def test_many_at_once_give_the_same_keys_and_keep_gaps() -> None:
    keys = Pseudonymiser.from_secret("secret")
    assert keys.person_keys([ID, None]) == [keys.person_key(ID), None]
    assert keys.resident_hashes([None, ID]) == [None, keys.resident_hash(ID)]
    assert keys.household_keys(["H1"]) == [keys.household_key("H1")]


def test_households_persons_and_ids_of_the_same_digits_differ() -> None:
    keys = Pseudonymiser.from_secret("secret")
    assert len({keys.person_key(ID), keys.household_key(ID), keys.person_key_without_id(ID)}) == 3


def test_another_secret_gives_other_keys() -> None:
    assert Pseudonymiser.from_secret("a").person_key(ID) != Pseudonymiser.from_secret("b").person_key(ID)


def test_without_a_secret_a_key_file_is_made_once_and_kept_private(tmp_path: Path) -> None:
    folder = tmp_path / "snapshots"
    first = Pseudonymiser.for_folder(folder, environ={})
    again = Pseudonymiser.for_folder(folder, environ={})
    assert first.person_key(ID) == again.person_key(ID)
    assert stat.S_IMODE((folder / "pseudonym.key").stat().st_mode) == 0o600


def test_the_secret_of_the_installation_comes_first(tmp_path: Path) -> None:
    keys = Pseudonymiser.for_folder(tmp_path, environ={"DOUDI_SECRET_KEY": "secret"})
    assert keys.person_key(ID) == Pseudonymiser.from_secret("secret").person_key(ID)
    assert not list(tmp_path.iterdir())


def test_a_short_secret_is_refused() -> None:
    with pytest.raises(ValueError, match="太短"):
        Pseudonymiser(b"short")
