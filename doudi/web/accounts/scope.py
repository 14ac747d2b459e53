"""The one place that says who may do what, where. Pages, exports, files, jobs and services all ask here.

An `Officer` is the acting person with the posts held today. `officer.reach(action)` gives where an action is allowed;
`within(reach, field)` turns that into a condition for a query; `require` refuses.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from doudi.standards.regions import RegionCode
from doudi.web.accounts.models import Post, User
from doudi.web.accounts.roles import PERMISSIONS, Action, Role
from doudi.web.refusal import NotAllowed

WHOLE_COUNTRY = RegionCode("000000000000")


@dataclass(frozen=True)
class HeldPost:
    """A post as the scope needs it."""

    role: Role
    region: RegionCode
    department: str = ""

    def allows(self, action: Action) -> bool:
        return action in PERMISSIONS[self.role]


@dataclass(frozen=True)
class Area:
    """A region, all of it, or only what concerns one department there."""

    region: RegionCode
    department: str = ""

    @property
    def bounds(self) -> tuple[str, str]:
        return region_bounds(self.region)


@dataclass(frozen=True)
class Officer:
    """The acting person. `everything` marks the installation itself (command line, background work of the system)."""

    user_id: int | None
    name: str
    username: str
    posts: tuple[HeldPost, ...] = ()
    address: str | None = None
    everything: bool = False
    _areas: dict[Action, tuple[Area, ...]] = field(default_factory=dict, compare=False, repr=False)

    def may(self, action: Action) -> bool:
        """Whether any of the posts held today includes the action, anywhere."""
        if action is Action.PUBLIC or self.everything:
            return True
        if action is Action.SIGNED_IN:
            return self.user_id is not None
        return any(post.allows(action) for post in self.posts)

    def reach(self, action: Action) -> tuple[Area, ...]:
        """Where the action is allowed, without areas that another one covers."""
        if self.everything:
            return (Area(WHOLE_COUNTRY),)
        if action not in self._areas:
            areas = {Area(post.region, post.department) for post in self.posts if post.allows(action)}
            self._areas[action] = tuple(
                sorted(
                    (a for a in areas if not any(b != a and _includes(b, a) for b in areas)),
                    key=lambda area: (area.region, area.department),
                )
            )
        return self._areas[action]

    def may_in(self, action: Action, region: RegionCode | str, *, department: str = "") -> bool:
        """Whether the action is allowed on the whole of `region`, or on a department's part of it."""
        wanted = Area(RegionCode(region), department)
        return any(_includes(area, wanted) for area in self.reach(action))

    @property
    def roles(self) -> frozenset[Role]:
        return frozenset(post.role for post in self.posts)

    @property
    def home(self) -> RegionCode:
        """The widest region of the posts held, for headings and as the region of audit entries."""
        if not self.posts:
            return WHOLE_COUNTRY
        return min((post.region for post in self.posts), key=lambda region: (len(region.prefix), region))


SYSTEM = Officer(user_id=None, name="系统", username="system", everything=True)
NOBODY = Officer(user_id=None, name="", username="")


def region_bounds(region: RegionCode) -> tuple[str, str]:
    """The smallest and the largest 12-digit code inside `region`, itself included."""
    return region.prefix.ljust(12, "0"), region.prefix.ljust(12, "9")


def _includes(outer: Area, inner: Area) -> bool:
    return outer.department in {"", inner.department} and outer.region.covers(inner.region)


def officer_of(user: User, *, address: str | None = None, on: date | None = None) -> Officer:
    """The officer a signed-in person is today. One SQL statement."""
    if not user.is_authenticated or not user.is_active:
        return NOBODY
    posts = Post.objects.filter(user_id=user.pk).held_on(on or timezone.localdate())
    return Officer(
        user_id=user.pk,
        name=user.name or user.username,
        username=user.username,
        posts=tuple(HeldPost(Role(p.role), RegionCode(p.region_code), p.department) for p in posts.order_by("pk")),
        address=address,
    )


def region_condition(
    areas: Iterable[Area], column: str = "region_code", *, department: Callable[[str], Q] | None = None
) -> Q:
    """The condition that a row lies in one of the areas; without areas, no row.

    `department` gives the condition by which a row concerns a department; without it departments see the whole region.
    """
    condition = Q(pk__in=[])
    for area in areas:
        here = Q(**{f"{column}__range": area.bounds})
        if area.department and department is not None:
            here &= department(area.department)
        condition |= here
    return condition


def require(actor: Officer, action: Action, region: RegionCode | str | None = None, *, department: str = "") -> None:
    """Refuse unless `actor` may do `action`, in `region` if one is given. Raises `NotAllowed`."""
    if region is None:
        if actor.may(action):
            return
        raise NotAllowed("not_allowed", _("您的岗位没有此项权限，如确需办理请联系安全管理员。"))
    if not actor.may_in(action, region, department=department):
        raise NotAllowed("outside_region", _("超出您的管辖范围，不能办理。"))
