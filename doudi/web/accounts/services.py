"""Changes to accounts and posts: who gets in, and with which duty."""

from datetime import date, timedelta

from axes.utils import reset as axes_reset
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from doudi.standards.regions import RegionCode
from doudi.web.accounts.models import Post, User
from doudi.web.accounts.roles import Action, Role
from doudi.web.accounts.scope import Officer, require
from doudi.web.audit.services import audit_record
from doudi.web.refusal import ActionRefused


@transaction.atomic
def user_create(*, actor: Officer, username: str, name: str, password: str, unit: str = "") -> User:
    """Open an account without any post. Refuses a taken name (`username_taken`), a weak password (`weak_password`)."""
    require(actor, Action.ACCOUNT_MANAGE)
    if User.objects.filter(username=username).exists():
        raise ActionRefused("username_taken", _("用户名“%s”已被使用") % username)
    user = User(username=username, name=name, unit=unit)
    _check_password(password, user)
    user.set_password(password)
    user.save()
    audit_record(action="user_create", actor=actor, subject_type="user", subject_id=username)
    return user


@transaction.atomic
def post_assign(
    *,
    actor: Officer,
    user: User,
    role: Role,
    region: RegionCode,
    department: str = "",
    since: date | None = None,
    until: date | None = None,
) -> Post:
    """Give a person a duty in a region. Nobody gives a post to himself (`own_post`)."""
    require(actor, Action.POST_MANAGE, region)
    if actor.user_id == user.pk:
        raise ActionRefused("own_post", _("不能给自己安排岗位"))
    post = Post(
        user=user,
        role=role,
        region_code=region,
        department=department,
        since=since or timezone.localdate(),
        until=until,
    )
    try:
        post.full_clean()
    except ValidationError as problem:
        raise ActionRefused("post_invalid", ";".join(problem.messages)) from problem
    post.save()
    audit_record(
        action="post_assign",
        actor=actor,
        region_code=region,
        subject_type="user",
        subject_id=user.username,
        detail={"role": str(role), "department": department},
    )
    return post


@transaction.atomic
def post_end(*, actor: Officer, post: Post, on: date | None = None) -> Post:
    """End a duty: the day named is the last one it is held; without a day it ends at once."""
    require(actor, Action.POST_MANAGE, post.region_code)
    last_day = on or timezone.localdate() - timedelta(days=1)
    if last_day < post.since:
        post.since = last_day
    post.until = last_day
    post.save(update_fields=["since", "until"])
    audit_record(
        action="post_end",
        actor=actor,
        region_code=post.region_code,
        subject_type="user",
        subject_id=post.user.username,
        detail={"role": post.role},
    )
    return post


@transaction.atomic
def password_change(*, actor: Officer, user: User, current: str, new: str) -> User:
    """Change one's own password. Refuses a wrong present one (`wrong_password`) or a weak new one (`weak_password`)."""
    if actor.user_id != user.pk:
        raise ActionRefused("not_own", _("只能更改自己的密码"))
    if not user.check_password(current):
        raise ActionRefused("wrong_password", _("原密码不正确"))
    _check_password(new, user)
    user.set_password(new)
    user.must_change_password = False
    user.save(update_fields=["password", "must_change_password"])
    audit_record(action="password_change", actor=actor, subject_type="user", subject_id=user.username)
    return user


def account_unlock(*, actor: Officer, username: str) -> int:
    """Lift the lock that failed sign-ins put on a name; gives how many records of failures were lifted."""
    require(actor, Action.POST_MANAGE)
    lifted = int(axes_reset(username=username))
    audit_record(action="account_unlock", actor=actor, subject_type="user", subject_id=username)
    return lifted


def _check_password(password: str, user: User) -> None:
    try:
        validate_password(password, user)
    except ValidationError as problem:
        raise ActionRefused("weak_password", " ".join(problem.messages)) from problem
