"""Policies on the site: what a screening keeps, who sees which gap, the figures, the export, a household's policies."""

import io
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from django.conf import settings
from django.urls import reverse

from doudi.screening.entitlement import ENTITLEMENTS_SCHEMA
from doudi.web.accounts.roles import Role
from doudi.web.accounts.scope import officer_of
from doudi.web.assistance.keeping import keep_entitlements
from doudi.web.assistance.models import EntitlementLine, EntitlementTally
from doudi.web.assistance.queries import counts_by_place, counts_by_policy
from doudi.web.audit.models import AuditEntry
from doudi.web.discovery.results import run_dir
from doudi.web.discovery.rulebook import current_rulebook
from doudi.web.jobs.progress import ignore

pytestmark = pytest.mark.django_db

COUNTY, TOWNSHIP, VILLAGE, FAR_VILLAGE = "149901000000", "149901101000", "149901101201", "149901102201"


def row(household: Any, state: str, policy: str = "education.yulu_plan", **columns: Any) -> dict[str, Any]:
    given = {
        "policy_id": policy, "policy_version": "1-abc", "household_key": household.household_key, "person_key": None,
        "region_code": household.region_code, "state": state, "amount": 3000.0, "received": 0.0,
        "department": "rural_revitalisation", "facts": "{}", "thresholds": "{}", "legal_basis": "[]",
        "sentence": "说明", "sentence_en": "why", "missing_facts": None,
    }  # fmt: skip
    return given | columns


def result_of(*rows: dict[str, Any]) -> Any:
    table = pa.Table.from_pylist(list(rows), ENTITLEMENTS_SCHEMA)
    return SimpleNamespace(entitlements=table, rulebook=current_rulebook())


@pytest.fixture
def homes(make) -> Any:
    make.regions()
    return SimpleNamespace(near=make.household(VILLAGE, "王建国"), far=make.household(FAR_VILLAGE, "赵铁柱"))


def test_gaps_are_kept_by_name_and_everything_is_counted(make, homes):
    run = make.run()
    person = make.person(homes.near, "王小雨")
    counts = keep_entitlements(
        run,
        result=result_of(
            row(homes.near, "gap", person_key=person.person_key),
            row(homes.near, "received", "minimum_living.dibao", received=800.0),
            row(homes.far, "over", received=3000.0, amount=0.0),
            row(homes.far, "cannot_tell"),
        ),
        report=ignore,
    )
    assert counts == {"entitlements": {"gap": 1, "received": 1, "over": 1, "cannot_tell": 1}}
    kept = EntitlementLine.objects.order_by("state_order")
    assert [(line.state, line.household_id, line.person_id) for line in kept] == [
        ("gap", homes.near.pk, person.pk), ("over", homes.far.pk, None), ("cannot_tell", homes.far.pk, None),
    ]  # fmt: skip
    assert {line.area for line in kept} == {"education"}
    yuan = dict(EntitlementTally.objects.values_list("state", "yuan"))
    assert yuan == {"gap": 3000.0, "received": 800.0, "over": 3000.0, "cannot_tell": 0.0}


def test_only_the_last_screening_keeps_names(make, homes):
    keep_entitlements(make.run(), result=result_of(row(homes.near, "gap")), report=ignore)
    later = make.run()
    keep_entitlements(later, result=result_of(row(homes.far, "gap")), report=ignore)
    assert [(line.run_id, line.household_id) for line in EntitlementLine.objects.all()] == [(later.pk, homes.far.pk)]
    assert EntitlementTally.objects.count() == 2


def test_coverage_is_received_over_eligible_and_leaves_out_what_is_to_be_checked(make, homes):
    run = make.run()
    received = [row(homes.near, "received") for _ in range(3)]
    keep_entitlements(
        run, result=result_of(*received, row(homes.far, "gap"), row(homes.far, "cannot_tell")), report=ignore
    )
    county = officer_of(make.user(Role.COUNTY_OFFICER, COUNTY))
    counts = counts_by_policy(run, actor=county)["education.yulu_plan"]
    assert (counts.eligible, counts.coverage, counts.gap_yuan) == (4, 0.75, 3000.0)
    by_place = {place.code: place.counts.coverage for place in counts_by_place(run, actor=county)}
    assert by_place == {TOWNSHIP: 1.0, "149901102000": 0.0}
    village = officer_of(make.user(Role.VILLAGE_CADRE, VILLAGE))
    assert counts_by_policy(run, actor=village)["education.yulu_plan"].eligible == 3


def test_a_department_sees_the_gaps_of_its_policies_only(make, signed_in, homes):
    run = make.run()
    make.entitlement(run, homes.near, policy_id="medical.relief", area="medical", department="medical_insurance")
    make.entitlement(run, homes.far)
    medical = signed_in(make.user(Role.DEPARTMENT_OFFICER, COUNTY, "medical_insurance"))
    text = medical.get(reverse("assistance:lines")).content.decode()
    assert "王建国" in text
    assert "赵铁柱" not in text
    figures = medical.get(reverse("assistance:policy", args=["minimum_living.dibao"])).content.decode()
    assert "没有符合条件的人" in figures


def test_the_list_is_narrowed_by_state_policy_and_place(make, signed_in, homes):
    run = make.run()
    make.entitlement(run, homes.near)
    make.entitlement(run, homes.far, "over", policy_id="jobs.retention", area="jobs", department="human_resources")
    client = signed_in(make.user(Role.COUNTY_OFFICER, COUNTY))

    def shown(**query: str) -> set[str]:
        text = client.get(reverse("assistance:lines"), query).content.decode()
        return {name for name in ("王建国", "赵铁柱") if name in text}

    assert shown() == {"王建国"}
    assert shown(state="over") == {"赵铁柱"}
    assert shown(state="over", policy="minimum_living.dibao") == set()
    assert shown(region="149901102000") == set()
    assert shown(region=TOWNSHIP, area="minimum_living", department="civil_affairs") == {"王建国"}


def test_the_export_says_how_to_apply_and_is_in_the_log(make, signed_in, homes):
    make.entitlement(make.run(), homes.near)
    client = signed_in(make.user(Role.COUNTY_OFFICER, COUNTY))
    response = client.get(reverse("assistance:export"))
    sheet = openpyxl.load_workbook(io.BytesIO(b"".join(response.streaming_content))).active
    cells = [cell for cell in next(sheet.iter_rows(min_row=3, values_only=True)) if cell is not None]
    assert homes.near.household_no in cells
    assert "农村最低生活保障" in cells
    assert any("本人申请" in str(cell) for cell in cells)
    entry = AuditEntry.objects.get(action="entitlement_export")
    assert json.loads(entry.detail)["rows"] == 1


def test_a_policy_stands_in_plain_words_with_the_values_of_the_place(make, signed_in, homes):
    client = signed_in(make.user(Role.COUNTY_OFFICER, COUNTY))
    text = client.get(reverse("assistance:policy", args=["jobs.transport_subsidy"])).content.decode()
    assert "省外 1,500 元" in text
    elsewhere = signed_in(make.user(Role.COUNTY_OFFICER, "149902000000"))
    assert (
        "（金额待县里填写）"
        in elsewhere.get(reverse("assistance:policy", args=["jobs.transport_subsidy"])).content.decode()
    )
    assert client.get(reverse("assistance:policy", args=["jobs.unknown"])).status_code == 404


def test_a_department_opens_the_file_of_a_household_that_lacks_its_policy(make, signed_in, homes):
    run = make.run()
    make.entitlement(run, homes.near)
    make.entitlement(run, homes.far, policy_id="jobs.retention", area="jobs", department="human_resources")
    civil = signed_in(make.user(Role.DEPARTMENT_OFFICER, COUNTY, "civil_affairs"))
    near, far = (reverse("registry:household", args=[home.household_no]) for home in (homes.near, homes.far))
    assert civil.get(near).status_code == 200
    assert civil.get(far).status_code == 404


def test_a_household_s_file_tells_what_it_lacks_and_has(make, signed_in, homes):
    run = make.run()
    run.result_dir = "run-of-test"
    run.save()
    folder: Path = run_dir(run)
    folder.mkdir(parents=True)
    (folder / "manifest.json").write_text('{"absent": {}}', encoding="utf-8")
    rows = [
        row(homes.near, "received", "minimum_living.dibao", sentence="已享受低保", department="civil_affairs"),
        row(homes.near, "gap", sentence="应享受雨露计划"),
        row(homes.far, "gap", sentence="别家的事"),
    ]
    pq.write_table(pa.Table.from_pylist(rows, ENTITLEMENTS_SCHEMA), folder / "entitlements.parquet")
    assert Path(settings.DOUDI_DATA_DIR) in folder.parents
    page = reverse("registry:household", args=[homes.near.household_no])
    text = signed_in(make.user(Role.VILLAGE_CADRE, VILLAGE)).get(page).content.decode()
    assert text.index("应享受雨露计划") < text.index("已享受低保")
    assert "别家的事" not in text
    make.entitlement(run, homes.near)
    civil = signed_in(make.user(Role.DEPARTMENT_OFFICER, COUNTY, "civil_affairs")).get(page).content.decode()
    assert "已享受低保" in civil
    assert "应享受雨露计划" not in civil
