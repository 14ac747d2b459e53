"""People who sign in, and the posts that say what they may do and where."""

from datetime import date

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.core.validators import RegexValidator
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from doudi.web.accounts.roles import Role


class UserManager(BaseUserManager["User"]):
    def create_user(self, username: str, password: str | None = None, **fields: object) -> "User":
        user = self.model(username=self.model.normalize_username(username), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user


class User(AbstractBaseUser):
    """One person. What the person may do comes from the posts alone; there is no superuser."""

    username = models.CharField(_("用户名"), max_length=64, unique=True)
    name = models.CharField(_("姓名"), max_length=64)
    unit = models.CharField(_("单位"), max_length=128, blank=True)
    is_active = models.BooleanField(_("启用"), default=True)
    must_change_password = models.BooleanField(_("须更改密码"), default=False)
    created_at = models.DateTimeField(_("建立时间"), default=timezone.now)

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS = ["name"]

    objects = UserManager()

    class Meta:
        verbose_name = _("用户")
        verbose_name_plural = _("用户")

    def __str__(self) -> str:
        return self.name or self.username


class PostQuerySet(models.QuerySet["Post"]):
    def held_on(self, day: date) -> "PostQuerySet":
        return self.filter(since__lte=day).filter(models.Q(until__isnull=True) | models.Q(until__gte=day))


class Post(models.Model):
    """A duty held by a person in a region for a time; the sum of the posts held today is what the person may do."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="posts", verbose_name=_("用户"))
    role = models.CharField(_("角色"), max_length=32, choices=Role.choices)
    region_code = models.CharField(
        _("行政区划代码"), max_length=12, validators=[RegexValidator(r"^\d{12}$", _("行政区划代码为12位数字"))]
    )
    department = models.CharField(_("部门"), max_length=64, blank=True)
    since = models.DateField(_("任职日期"), default=timezone.localdate)
    until = models.DateField(_("离任日期"), null=True, blank=True)

    objects = PostQuerySet.as_manager()

    class Meta:
        verbose_name = _("岗位")
        verbose_name_plural = _("岗位")
        indexes = [models.Index(fields=["user", "since"], name="post_user_since")]
        constraints = [
            models.CheckConstraint(
                name="post_department_for_department_officer",
                condition=~models.Q(role=Role.DEPARTMENT_OFFICER) | ~models.Q(department=""),
                violation_error_message=_("行业部门干部须注明部门"),
            ),
            models.CheckConstraint(
                name="post_ends_after_it_begins",
                condition=models.Q(until__isnull=True) | models.Q(until__gte=models.F("since")),
                violation_error_message=_("离任日期不得早于任职日期"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_role_display()} {self.region_code}"
