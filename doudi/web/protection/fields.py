"""Model fields that are encrypted in the database."""

from typing import Any

from django.core.exceptions import FieldError
from django.db import models

from doudi.web.protection.sm4 import decrypt_text, encrypt_text


class EncryptedTextField(models.TextField):
    """Text that the database holds only encrypted. Empty is stored as NULL. It can't be searched: search its hash."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("null", True)
        kwargs.setdefault("blank", True)
        super().__init__(*args, **kwargs)

    @property
    def place(self) -> str:
        """What the ciphertext is bound to."""
        return f"{self.model._meta.label_lower}.{self.attname}"

    def from_db_value(self, value: str | None, expression: Any, connection: Any) -> str | None:
        return None if value is None else decrypt_text(value, self.place)

    def get_prep_value(self, value: Any) -> str | None:
        text = super().get_prep_value(value)
        return encrypt_text(text, self.place) if text else None

    def get_lookup(self, lookup_name: str) -> Any:
        if lookup_name == "isnull":
            return super().get_lookup(lookup_name)
        raise FieldError(f"{self.name} 是加密的, 不能按内容查询; 请查询它的 {self.name}_hash")
