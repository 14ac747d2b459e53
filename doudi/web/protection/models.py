"""Encrypted files and the proof that the secret is still the one the data was written with."""

import uuid

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class VaultFile(models.Model):
    """A file kept encrypted in the data folder: an uploaded original, a staged table, a workbook of rejects."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(_("文件名"), max_length=255)
    sha256 = models.CharField(_("原文件摘要"), max_length=64, db_index=True)
    size = models.BigIntegerField(_("字节"))
    created_at = models.DateTimeField(_("存入时间"), default=timezone.now)

    class Meta:
        verbose_name = _("加密文件")
        verbose_name_plural = _("加密文件")

    def __str__(self) -> str:
        return self.name


class KeyProof(models.Model):
    """One row with a known text under the present key: opening it tells whether the key is still the same."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    proof = models.TextField()

    class Meta:
        constraints = [models.CheckConstraint(name="key_proof_is_one_row", condition=models.Q(id=1))]

    def __str__(self) -> str:
        return "key proof"
