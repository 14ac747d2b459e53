"""`doudi check`: what is misconfigured for the safety of the data, in plain words."""

import os
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.core.checks import Warning as Doubt
from django.db import connection
from django.db.utils import Error as DatabaseError

from doudi.web.protection.proof import key_fits

NOT_OTHERS = 0o077


@register(Tags.security)
def secret_is_kept_apart(**_: Any) -> list[CheckMessage]:
    if settings.DOUDI_SECRET_BESIDE_DATA:
        return [
            Doubt(
                "密钥文件与数据放在同一文件夹",
                hint="演示可以; 正式使用请设置环境变量 DOUDI_SECRET_KEY 并另存一份, 丢失后数据无法解密。",
                id="doudi.W101",
            )
        ]
    return []


@register(Tags.security)
def data_folder_is_private(**_: Any) -> list[CheckMessage]:
    folder = Path(settings.DOUDI_DATA_DIR)
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as problem:
        text = f"无法建立数据文件夹 {folder}: {problem.strerror}"
        return [Error(text, hint="检查 DOUDI_DATA_DIR。", id="doudi.E102")]
    if not os.access(folder, os.W_OK):
        return [Error(f"数据文件夹 {folder} 不可写", hint="检查 DOUDI_DATA_DIR 和文件夹权限。", id="doudi.E102")]
    if os.name == "posix" and folder.stat().st_mode & NOT_OTHERS & 0o007:
        return [
            Doubt(f"本机其他用户能进入数据文件夹 {folder}", hint=f"执行 chmod 700 {folder}", id="doudi.W103"),
        ]
    return []


@register(Tags.security)
def debug_is_off_for_others(**_: Any) -> list[CheckMessage]:
    found: list[CheckMessage] = []
    local = {"127.0.0.1", "localhost", "[::1]", "testserver"}
    open_to_others = not set(settings.ALLOWED_HOSTS) <= local
    if settings.DEBUG and open_to_others:
        found.append(Error("调试方式下不得对外提供服务", hint="去掉 DOUDI_DEBUG。", id="doudi.E104"))
    if open_to_others and not settings.DOUDI_SECURE:
        found.append(
            Doubt(
                "服务对外开放, 但没有声明使用 https",
                hint="在前面放置提供 https 的反向代理, 并设置 DOUDI_SECURE=1 (登录凭证只走加密连接)。",
                id="doudi.W105",
            )
        )
    return found


@register(Tags.security)
def rules_are_there(**_: Any) -> list[CheckMessage]:
    folder = Path(settings.DOUDI_RULES_DIR)
    if (folder / "feeds").is_dir():
        return []
    return [Doubt(f"找不到规则文件夹 {folder}", hint="设置 DOUDI_RULES_DIR。", id="doudi.W106")]


@register(Tags.database)
def key_opens_the_data(databases: Any = None, **_: Any) -> list[CheckMessage]:
    """Only with `--database default`: reading the database is not for every start."""
    if not databases:
        return []
    try:
        if "protection_keyproof" not in connection.introspection.table_names():
            return [Doubt("数据库还没有建表", hint="执行 doudi manage migrate", id="doudi.W107")]
        fits = key_fits()
    except DatabaseError as problem:
        return [Error(f"无法连接数据库: {problem}", hint="检查 DOUDI_DATABASE_URL。", id="doudi.E108")]
    if fits:
        return []
    return [
        Error(
            "DOUDI_SECRET_KEY 与写入数据时不同, 身份证号、电话、上传文件都无法解密",
            hint="恢复原来的密钥后重新启动; 不要在新密钥下继续写入。",
            id="doudi.E109",
        )
    ]
