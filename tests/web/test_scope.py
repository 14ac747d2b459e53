"""Who may do what, where: the table of roles, posts in time, and regions as ranges of codes."""

from datetime import date

import pytest

from doudi.standards.regions import RegionCode
from doudi.web.accounts.addresses import all_addresses
from doudi.web.accounts.models import Post, User
from doudi.web.accounts.roles import PERMISSIONS, Action, Role
from doudi.web.accounts.scope import SYSTEM, Area, HeldPost, Officer, officer_of, region_bounds, require
from doudi.web.accounts.services import account_unlock, password_change, post_assign, post_end, user_create
from doudi.web.refusal import ActionRefused, NotAllowed
from doudi.web.registry.models import Household, Person

COUNTY, TOWNSHIP, VILLAGE = "149901000000", "149901101000", "149901101201"


def officer(*posts):
    return Officer(
        1, "某", "some", tuple(HeldPost(role, RegionCode(region), department) for role, region, department in posts)
    )


def test_every_role_has_its_row():
    assert set(PERMISSIONS) == set(Role)


def test_every_address_states_its_action():
    listed = list(all_addresses())
    assert len(listed) > 20
    assert [name for name, _route, action in listed if action is None] == []


def test_the_three_administrators_see_no_household():
    for role in (Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.AUDITOR):
        assert not PERMISSIONS[role] & {Action.HOUSEHOLD_SEE, Action.CLUE_SEE, Action.HOUSEHOLD_UNMASK}
    for role in set(Role) - {Role.AUDITOR}:
        assert Action.AUDIT_SEE not in PERMISSIONS[role]
    assert Action.POST_MANAGE not in PERMISSIONS[Role.SYSTEM_ADMIN]
    assert Action.ACCOUNT_MANAGE not in PERMISSIONS[Role.SECURITY_ADMIN]


@pytest.mark.parametrize(
    ("region", "bounds"),
    [
        ("000000000000", ("000000000000", "999999999999")),
        (COUNTY, ("149901000000", "149901999999")),
        (TOWNSHIP, ("149901101000", "149901101999")),
        (VILLAGE, (VILLAGE, VILLAGE)),
    ],
)
def test_a_region_is_a_range_of_codes(region, bounds):
    assert region_bounds(RegionCode(region)) == bounds


def test_an_action_reaches_only_where_its_post_is():
    both = officer((Role.VILLAGE_CADRE, VILLAGE, ""), (Role.LEADER, COUNTY, ""))
    assert both.reach(Action.HOUSEHOLD_SEE) == (Area(RegionCode(COUNTY)),)
    assert both.reach(Action.HOUSEHOLD_UNMASK) == (Area(RegionCode(VILLAGE)),)
    assert both.may_in(Action.HOUSEHOLD_SEE, TOWNSHIP)
    assert not both.may_in(Action.HOUSEHOLD_UNMASK, TOWNSHIP)


def test_a_department_reaches_its_own_part_only():
    medical = officer((Role.DEPARTMENT_OFFICER, COUNTY, "medical_insurance"))
    assert medical.may_in(Action.INTAKE_FEED, COUNTY, department="medical_insurance")
    assert not medical.may_in(Action.INTAKE_FEED, COUNTY, department="education")
    assert not medical.may_in(Action.INTAKE_FEED, COUNTY)


def test_nobody_signed_in_may_nothing():
    nobody = Officer(None, "", "")
    assert nobody.may(Action.PUBLIC)
    assert not any(nobody.may(action) for action in Action if action is not Action.PUBLIC)
    with pytest.raises(NotAllowed):
        require(nobody, Action.CLUE_SEE)


@pytest.mark.django_db
class TestPosts:
    def test_a_post_counts_from_its_first_to_its_last_day(self, make):
        user = make.user(Role.COUNTY_OFFICER)
        Post.objects.update(since=date(2023, 1, 1), until=date(2023, 12, 31))
        held = {
            day: officer_of(user, on=day).may(Action.CLUE_SEE)
            for day in map(date.fromisoformat, ("2022-12-31", "2023-01-01", "2023-12-31", "2024-01-01"))
        }
        assert list(held.values()) == [False, True, True, False]

    def test_a_disabled_account_may_nothing(self, make):
        user = make.user(Role.COUNTY_OFFICER)
        user.is_active = False
        assert not officer_of(user).may(Action.CLUE_SEE)

    def test_a_village_sees_its_village_and_nothing_else(self, make):
        make.regions()
        here, there, far = make.household(VILLAGE), make.household("149901101202"), make.household("149902101201")
        for household in (here, there, far):
            make.person(household)
        cadre = make.officer(Role.VILLAGE_CADRE, VILLAGE)
        assert set(Household.objects.visible_to(cadre)) == {here}
        assert {person.household for person in Person.objects.visible_to(cadre)} == {here}
        township = make.officer(Role.TOWNSHIP_OFFICER, TOWNSHIP)
        assert set(Household.objects.visible_to(township)) == {here, there}
        assert set(Household.objects.visible_to(SYSTEM)) == {here, there, far}
        assert not Household.objects.visible_to(make.officer(Role.SYSTEM_ADMIN)).exists()

    def test_a_department_sees_households_with_its_alerts(self, make):
        run = make.run()
        ill, poor = make.household(), make.household()
        make.clue(ill, run, department="medical_insurance")
        make.clue(poor, run)
        medical = make.officer(Role.DEPARTMENT_OFFICER, COUNTY, "medical_insurance")
        assert set(Household.objects.visible_to(medical)) == {ill}

    def test_accounts_are_opened_by_one_and_posts_given_by_another(self, make):
        system, security = make.officer(Role.SYSTEM_ADMIN), make.officer(Role.SECURITY_ADMIN)
        user = user_create(actor=system, username="li", name="李", password="a-long-pass-phrase")
        assert not officer_of(user).may(Action.CLUE_SEE)
        with pytest.raises(NotAllowed):
            post_assign(actor=system, user=user, role=Role.LEADER, region=RegionCode(COUNTY))
        post = post_assign(actor=security, user=user, role=Role.LEADER, region=RegionCode(COUNTY))
        assert officer_of(user).may(Action.CLUE_SEE)
        post_end(actor=security, post=post)
        assert not officer_of(user).may(Action.CLUE_SEE)

    def test_nobody_gives_himself_a_post(self, make):
        security = make.officer(Role.SECURITY_ADMIN)
        with pytest.raises(ActionRefused) as refused:
            post_assign(
                actor=security,
                user=User.objects.get(pk=security.user_id),
                role=Role.LEADER,
                region=RegionCode(COUNTY),
            )
        assert refused.value.code == "own_post"

    def test_a_post_outside_the_region_is_refused(self, make):
        security = make.officer(Role.SECURITY_ADMIN, TOWNSHIP)
        with pytest.raises(NotAllowed):
            post_assign(actor=security, user=make.user(Role.LEADER), role=Role.LEADER, region=RegionCode(COUNTY))

    def test_a_department_officer_needs_a_department(self, make):
        with pytest.raises(ActionRefused) as refused:
            post_assign(
                actor=make.officer(Role.SECURITY_ADMIN),
                user=make.user(Role.LEADER),
                role=Role.DEPARTMENT_OFFICER,
                region=RegionCode(COUNTY),
            )
        assert refused.value.code == "post_invalid"

    @pytest.mark.parametrize("password", ["short", "1234567890123", "password123", "officer-li-1"])
    def test_weak_passwords_are_refused(self, make, password):
        with pytest.raises(ActionRefused) as refused:
            user_create(actor=make.officer(Role.SYSTEM_ADMIN), username="officer-li-1", name="李", password=password)
        assert refused.value.code == "weak_password"

    def test_a_password_is_changed_by_its_owner(self, make):
        user = make.user(Role.LEADER)
        changing = officer_of(user)
        with pytest.raises(ActionRefused) as refused:
            password_change(actor=changing, user=user, current="wrong", new="another-long-phrase")
        assert refused.value.code == "wrong_password"
        password_change(actor=changing, user=user, current="correct-horse-battery", new="another-long-phrase")
        assert User.objects.get(pk=user.pk).check_password("another-long-phrase")
        with pytest.raises(ActionRefused):
            password_change(actor=make.officer(Role.LEADER), user=user, current="another-long-phrase", new="x" * 12)

    def test_unlocking_is_for_the_security_administrator(self, make):
        with pytest.raises(NotAllowed):
            account_unlock(actor=make.officer(Role.COUNTY_OFFICER), username="li")
        assert account_unlock(actor=make.officer(Role.SECURITY_ADMIN), username="li") == 0
