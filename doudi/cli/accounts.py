"""Commands for accounts and posts, with the same services and the same audit lines as everywhere."""

from datetime import date, datetime
from typing import Annotated

import typer

from doudi.cli.language import _
from doudi.cli.output import console, fail
from doudi.cli.service import ready

app = typer.Typer(no_args_is_help=True)
UserName = Annotated[str, typer.Argument(help=_("用户名"))]


@app.command(help=_("开一个账号；密码在提示后输入，首次登录后应更改"))
def add(
    username: UserName,
    name: Annotated[str, typer.Option(help=_("姓名"))],
    unit: Annotated[str, typer.Option(help=_("单位"))] = "",
    password: Annotated[str, typer.Option(prompt=_("密码"), hide_input=True, confirmation_prompt=True)] = "",
) -> None:
    """Open an account without any post."""
    ready()
    from doudi.web.accounts.scope import SYSTEM
    from doudi.web.accounts.services import user_create
    from doudi.web.refusal import ActionRefused

    try:
        user_create(actor=SYSTEM, username=username, name=name, password=password, unit=unit)
    except ActionRefused as refusal:
        fail(refusal.message)
    console.print(_("已开账号 %s。还要用 doudi accounts post 安排岗位，才能看到数据。") % username)


@app.command(help=_("给账号安排岗位：角色、管辖地区、任期"))
def post(
    username: UserName,
    role: Annotated[str, typer.Option(help=_("角色，如 county_officer、township_officer、village_cadre"))],
    region: Annotated[str, typer.Option(help=_("行政区划代码(2、4、6、9 或 12 位)"))],
    department: Annotated[str, typer.Option(help=_("行业部门干部的部门，如 medical_insurance"))] = "",
    until: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help=_("任期到哪一天；不填为长期"))] = None,
) -> None:
    """Give somebody a duty in a region from today on."""
    ready()
    from doudi.standards.regions import RegionCode
    from doudi.web.accounts.models import User
    from doudi.web.accounts.roles import Role
    from doudi.web.accounts.scope import SYSTEM
    from doudi.web.accounts.services import post_assign
    from doudi.web.refusal import ActionRefused

    user = User.objects.filter(username=username).first()
    if user is None:
        fail(_("没有账号 %s，请先用 doudi accounts add 开账号。") % username)
    if role not in Role.values:
        fail(_("没有角色 %(role)s，可用：%(all)s") % {"role": role, "all": "、".join(Role.values)})
    last: date | None = until.date() if until else None
    try:
        post_assign(
            actor=SYSTEM, user=user, role=Role(role), region=RegionCode(region), department=department, until=last
        )
    except ActionRefused as refusal:
        fail(refusal.message)
    except ValueError as problem:
        fail(str(problem))
    console.print(_("已安排：%(user)s，%(role)s") % {"user": username, "role": Role(role).label})


@app.command(help=_("解除因密码输错造成的锁定"))
def unlock(username: UserName) -> None:
    """Lift the lock on a name."""
    ready()
    from doudi.web.accounts.scope import SYSTEM
    from doudi.web.accounts.services import account_unlock

    account_unlock(actor=SYSTEM, username=username)
    console.print(_("已解锁 %s。") % username)


@app.command("list", help=_("列出账号和岗位"))
def list_accounts() -> None:
    """Every account with the posts held today."""
    ready()
    from django.utils import timezone

    from doudi.web.accounts.models import Post, User

    held: dict[int, list[str]] = {}
    for one in Post.objects.held_on(timezone.localdate()).order_by("pk"):
        held.setdefault(one.user_id, []).append(f"{one.get_role_display()} {one.region_code} {one.department}".strip())
    for user in User.objects.order_by("username"):
        state = "" if user.is_active else _("(停用)")
        console.print(f"{user.username}{state}  {user.name}  {'；'.join(held.get(user.pk, []))}", highlight=False)
