"""Photos of filled-in comparison sheets: kept encrypted at the household, shown only within its region."""

from django.db import transaction
from django.utils.translation import gettext as _

from doudi.web.accounts.roles import Action
from doudi.web.accounts.scope import Officer, require
from doudi.web.audit.services import audit_record
from doudi.web.cleaning.sheets.comparison.typing_in import sheet_of
from doudi.web.cleaning.sheets.models import FilledSheet
from doudi.web.protection.vault import vault_read, vault_remove, vault_store
from doudi.web.refusal import ActionRefused, NotFound

LARGEST = 10 * 1024 * 1024
MOST_A_YEAR = 10
KINDS = (
    (b"\xff\xd8\xff", "image/jpeg", "jpg"),
    (b"\x89PNG\r\n\x1a\n", "image/png", "png"),
    (b"%PDF-", "application/pdf", "pdf"),
)
"""Told by the first bytes, not by the name, which anybody may write."""


def photo_keep(*, actor: Officer, household_no: str, content: bytes) -> FilledSheet:
    """Keep a photo of a household's sheet; the same photo once more is the one that is there.

    Raises `NotFound`, `NotAllowed`, `ActionRefused` (`too_large`, `not_a_photo`, `too_many`).
    """
    sheet = sheet_of(actor=actor, household_no=household_no)
    household = sheet.household
    require(actor, Action.CLEANING_CORRECT, household.region_code)
    if len(content) > LARGEST:
        raise ActionRefused("too_large", _("照片超过 10 MB，请用手机重新拍一张，或压缩后再上传。"))
    kind, ending = kind_of(content)
    own = FilledSheet.objects.filter(household=household, year=sheet.year).select_related("file")
    if own.count() >= MOST_A_YEAR:
        raise ActionRefused("too_many", _("这一户今年已有 %d 张照片，请先删去拍错的。") % MOST_A_YEAR)
    kept = vault_store(name=f"{household.household_no}_{sheet.year}.{ending}", content=content)
    if (same := own.filter(file__sha256=kept.sha256).first()) is not None:
        vault_remove(kept)
        return same
    with transaction.atomic():
        photo = FilledSheet.objects.create(
            household=household,
            year=sheet.year,
            file=kept,
            kind=kind,
            actor_id=actor.user_id,
            actor_name=actor.name,
        )
        _audit(action="comparison_photo", actor=actor, photo=photo)
    return photo


def kind_of(content: bytes) -> tuple[str, str]:
    """Media type and ending. Raises `ActionRefused` (`not_a_photo`)."""
    for mark, kind, ending in KINDS:
        if content.startswith(mark):
            return kind, ending
    raise ActionRefused("not_a_photo", _("这不是 JPG、PNG 照片或 PDF 文件。苹果手机请在相机设置里选“兼容性最佳”。"))


def photo_open(*, actor: Officer, photo_id: int) -> tuple[FilledSheet, bytes]:
    """A photo and its bytes. Raises `NotFound`."""
    photo = _photo(actor, photo_id, Action.CLEANING_SEE)
    return photo, vault_read(photo.file)


def photo_remove(*, actor: Officer, photo_id: int) -> str:
    """Take away a photo that shows the wrong sheet; gives the household's number. Raises `NotFound`."""
    photo = _photo(actor, photo_id, Action.CLEANING_CORRECT)
    with transaction.atomic():
        _audit(action="comparison_photo_remove", actor=actor, photo=photo)
        photo.delete()
    vault_remove(photo.file)
    return photo.household.household_no


def _photo(actor: Officer, photo_id: int, action: Action) -> FilledSheet:
    visible = FilledSheet.objects.visible_to(actor, action).select_related("file", "household")
    photo = visible.filter(pk=photo_id).first()
    if photo is None:
        raise NotFound("no_such_photo", _("没有这张照片，或不在您的管辖范围内。"))
    return photo


def _audit(*, action: str, actor: Officer, photo: FilledSheet) -> None:
    audit_record(
        action=action,
        actor=actor,
        region_code=photo.household.region_code,
        subject_type="household",
        subject_id=photo.household.household_no,
        detail={"year": photo.year, "sha256": photo.file.sha256, "bytes": photo.file.size},
    )
