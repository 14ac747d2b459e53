"""The pages and files of rules and values."""

import shutil

import pytest

from doudi.rulebook import load_rulebook
from doudi.web.accounts.roles import Role
from doudi.web.discovery.rulebook import rulebook_changed
from doudi.web.rulekeeping.export import export_texts
from doudi.web.rulekeeping.models import ChangeStep, RuleChange
from doudi.web.rulekeeping.queries import head_rulebook

from .conftest import DAY, LINE, PATH, VILLAGE, changed_text, draft, through

pytestmark = pytest.mark.django_db


# ---- pages and files


def test_the_pages_take_a_change_from_draft_to_force(people, signed_in):
    from doudi.web.accounts.models import User

    author = signed_in(User.objects.get(pk=people.author.user_id))
    second = signed_in(User.objects.get(pk=people.second.user_id))
    form = {"text": changed_text().replace("\n", "\r\n"), "summary": "改一元", "effective_from": "2023-10-01"}
    where = f"/rules/changes/new/?path={PATH}"
    broken = author.post(where, {**form, "text": form["text"].replace("when:", "wen:"), "check": "1"}).content.decode()
    assert "不认识 wen" in broken
    assert "第 17 行" in broken or "行" in broken
    assert not RuleChange.objects.exists()
    page = author.post(where, {**form, "save": "1"}, follow=True)
    change = RuleChange.objects.get()
    assert "\r" not in change.text
    text = page.content.decode()
    assert "4 个例子都符合" in text
    assert "去年人均纯收入不高于“防止返贫监测线” − 1" in text
    move = f"/rules/changes/{change.pk}/%s/"
    assert author.post(move % "approve").status_code == 409
    author.post(move % "submit", {"seen": change.digest})
    assert author.post(move % "review").status_code == 409
    assert "由另一人" in author.get(f"/rules/changes/{change.pk}/").content.decode()
    second.post(move % "review", {"seen": change.digest})
    done = second.post(move % "approve", {"seen": change.digest}, follow=True).content.decode()
    assert "自 2023-10-01 起施行" in done
    rule = second.get(f"/rules/{LINE}/", {"on": "2023-10-01"}).content.decode()
    assert "第 2 版" in rule
    assert "现行" in rule
    assert [step.action for step in ChangeStep.objects.all()] == [
        "rule_draft",
        "rule_submit",
        "rule_review",
        "rule_approve",
    ]


def test_the_rule_page_shows_words_values_sources_and_examples(people, signed_in, make):
    page = (
        signed_in(make.user(Role.VILLAGE_CADRE, VILLAGE)).get(f"/rules/{LINE}/", {"on": "2023-08-01"}).content.decode()
    )
    assert "下面每条都要满足" in page
    assert "去年人均纯收入低于“防止返贫监测线”（7,100 元）" in page
    assert "没有在监测" in page
    assert "2022 收入年度" in page
    assert "省年度监测范围通知" in page
    assert "差一元也要核查" in page
    assert page.count("truth-yes") == 4
    assert "起草修改" not in page


@pytest.mark.parametrize(
    ("query", "shown", "hidden"),
    [
        ({"q": "监测线"}, LINE, "health.new_major_disease"),
        ({"department": "health"}, "health.new_major_disease", LINE),
        ({"level": "exclusion"}, "exclusion.payroll", LINE),
        ({"state": "retired"}, "没有符合条件的规则", LINE),
    ],
)
def test_the_list_of_rules_is_searched(people, signed_in, make, query, shown, hidden):
    page = signed_in(make.user(Role.LEADER)).get("/rules/", query).content.decode()
    assert shown in page
    assert f"/rules/{hidden}/" not in page


def test_the_list_of_parameters_says_where_each_value_comes_from(people, signed_in, make):
    client = signed_in(make.user(Role.COUNTY_OFFICER))
    page = client.get("/parameters/", {"on": "2023-08-01"}).content.decode()
    assert "7,100 元" in page
    assert "示例省" in page
    missing = client.get("/parameters/", {"on": "2019-08-01", "state": "missing"}).content.decode()
    assert "防止返贫监测线" in missing


def test_a_broken_file_is_told_instead_of_an_error(people, signed_in, make, tmp_path, settings, few_rules):
    settings.DOUDI_RULES_DIR = tmp_path / "rules"
    shutil.copytree(few_rules, settings.DOUDI_RULES_DIR)
    file = settings.DOUDI_RULES_DIR / PATH
    file.write_text(file.read_text("utf-8").replace("is_monitored", "is_monitord"), encoding="utf-8")
    rulebook_changed()
    response = signed_in(make.user(Role.LEADER)).get(f"/rules/{LINE}/")
    assert response.status_code == 503
    assert "is_monitord" in response.content.decode()


def test_approved_texts_go_back_into_files(people, tmp_path, few_rules):
    change = through(people, draft(people.author))
    written = export_texts(tmp_path / "out")
    assert written.changed == (PATH,)
    assert (tmp_path / "out" / PATH).read_text(encoding="utf-8") == change.text
    assert load_rulebook(tmp_path / "out").digest == head_rulebook().digest
    before = export_texts(tmp_path / "before", on=DAY)
    assert before.changed == ()
    assert load_rulebook(tmp_path / "before").digest == load_rulebook(few_rules).digest


def test_a_file_edited_after_an_approval_is_told(people, signed_in, make, tmp_path, settings, few_rules):
    settings.DOUDI_RULES_DIR = tmp_path / "rules"
    shutil.copytree(few_rules, settings.DOUDI_RULES_DIR)
    rulebook_changed()
    through(people, draft(people.author, effective_from=DAY))
    client = signed_in(make.user(Role.LEADER))
    assert "批准之后又改过" not in client.get(f"/rules/{LINE}/").content.decode()
    file = settings.DOUDI_RULES_DIR / PATH
    file.write_text(file.read_text("utf-8") + "# 县里的注\n", encoding="utf-8")
    rulebook_changed()
    assert "批准之后又改过" in client.get(f"/rules/{LINE}/").content.decode()
