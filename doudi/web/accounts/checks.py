"""System checks of the accounts: no address without a stated action, no role without a row in the table."""

from typing import Any

from django.core.checks import CheckMessage, Error, Tags, register

from doudi.web.accounts.addresses import all_addresses
from doudi.web.accounts.roles import PERMISSIONS, Role


@register(Tags.urls)
def addresses_state_their_action(**_: Any) -> list[CheckMessage]:
    return [
        Error(
            f"地址 {route} ({name or '未命名'}) 没有说明需要什么权限",
            hint="用 doudi.web.accounts.addresses.address() 代替 path() 登记。",
            id="doudi.E001",
        )
        for name, route, action in all_addresses()
        if action is None or not name.split(":")[-1]
    ]


@register(Tags.security)
def roles_are_in_the_table(**_: Any) -> list[CheckMessage]:
    return [
        Error(f"角色 {role.value} 没有权限说明", hint="在 PERMISSIONS 中补上。", id="doudi.E002")
        for role in Role
        if role not in PERMISSIONS
    ]
