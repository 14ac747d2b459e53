"""Signing in and changing one's password."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from doudi.web.layout.forms import PageForm


class SignInForm(PageForm):
    username = forms.CharField(
        label=_("用户名"),
        max_length=64,
        widget=forms.TextInput(attrs={"autocomplete": "username", "autocapitalize": "none", "autofocus": True}),
        error_messages={"required": _("请填写用户名")},
    )
    password = forms.CharField(
        label=_("密码"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
        error_messages={"required": _("请填写密码")},
    )


class PasswordForm(PageForm):
    """The new password is given twice; whether it is good enough is the service's to say."""

    current = forms.CharField(
        label=_("原密码"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
        error_messages={"required": _("请填写原密码")},
    )
    new = forms.CharField(
        label=_("新密码"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=_("至少 10 个字符，不要只用数字，不要与用户名或姓名相近。"),
        error_messages={"required": _("请填写新密码")},
    )
    again = forms.CharField(
        label=_("再填一次新密码"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        error_messages={"required": _("请再填一次新密码")},
    )

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if given.get("new") and given.get("again") and given["new"] != given["again"]:
            self.add_error("again", _("两次填写的新密码不一样"))
        return given
