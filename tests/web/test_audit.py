"""Nobody rewrites the audit log unnoticed: not through the application, not in the database."""

import inspect
import re
import threading
from pathlib import Path

import pytest
from django.db import DatabaseError, connection, transaction

from doudi.web.accounts.roles import Role
from doudi.web.accounts.scope import NOBODY
from doudi.web.audit import triggers
from doudi.web.audit.models import AuditEntry, AuditHead
from doudi.web.audit.queries import ACTION_NAMES, audit_page
from doudi.web.audit.services import audit_record, audit_verify
from doudi.web.refusal import NotAllowed


def lifted(statement, *parameters):
    """What someone with the database in hand might do."""
    with connection.cursor() as cursor:
        for drop in triggers.DROP[connection.vendor]:
            cursor.execute(drop)
        cursor.execute(statement, parameters)
        for create in triggers.CREATE[connection.vendor]:
            cursor.execute(create)


@pytest.fixture
def lines(db, make):
    officer = make.officer(Role.COUNTY_OFFICER)
    for number in range(5):
        audit_record(
            action="unmask", actor=officer, subject_type="household", subject_id=str(number), detail={"n": 1.5}
        )
    return officer


def test_a_whole_chain_verifies(lines):
    report = audit_verify()
    assert report.whole
    assert report.checked == 5


@pytest.mark.parametrize(
    "statement", ["UPDATE audit_auditentry SET actor_name = 'x'", "DELETE FROM audit_auditentry WHERE number = 2"]
)
def test_the_database_refuses_changes(lines, statement):
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert audit_verify().whole


def test_the_model_refuses_changes(lines):
    entry = AuditEntry.objects.get(number=1)
    entry.actor_name = "别人"
    with pytest.raises(DatabaseError), transaction.atomic():
        entry.save()
    with pytest.raises(DatabaseError), transaction.atomic():
        entry.delete()


def test_a_changed_line_is_found(lines):
    lifted("UPDATE audit_auditentry SET actor_name = %s WHERE number = 3", "别人")
    report = audit_verify()
    assert [(problem.kind, problem.number) for problem in report.problems] == [("changed", 3)]


def test_a_removed_line_is_found(lines):
    lifted("DELETE FROM audit_auditentry WHERE number = 3")
    assert ("missing", 3) in [(problem.kind, problem.number) for problem in audit_verify().problems]


def test_a_cut_off_end_is_found(lines):
    lifted("DELETE FROM audit_auditentry WHERE number > 3")
    assert [problem.kind for problem in audit_verify().problems] == ["cut_off"]


def test_a_forged_chain_lacks_the_seal(lines):
    lifted("DELETE FROM audit_auditentry WHERE number > 3")
    last = AuditEntry.objects.get(number=3)
    AuditHead.objects.update(number=3, digest=last.digest)
    assert [problem.kind for problem in audit_verify().problems] == ["seal"]


def test_a_line_goes_with_its_transaction(lines):
    def broken_off():
        with transaction.atomic():
            audit_record(action="unmask", actor=lines)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        broken_off()
    assert audit_verify().checked == 5


@pytest.mark.django_db(transaction=True)
def test_writers_at_the_same_time_keep_one_chain(make):
    officer = make.officer(Role.COUNTY_OFFICER)
    problems = []

    def write():
        try:
            for _ in range(10):
                audit_record(action="unmask", actor=officer)
        except Exception as problem:
            problems.append(problem)
        finally:
            connection.close()

    threads = [threading.Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not problems
    report = audit_verify()
    assert report.whole
    assert report.checked == 40


def test_every_action_of_the_log_has_a_name():
    package = Path(inspect.getfile(AuditEntry)).parent.parent
    used = {
        name for file in package.rglob("*.py") for name in re.findall(r'\baction="([a-z_]+)"', file.read_text("utf-8"))
    }
    assert used - {"store_true"} == set(ACTION_NAMES)


def test_an_auditor_reads_the_lines_of_the_own_regions(lines, make):
    audit_record(action="unmask", actor=make.officer(Role.COUNTY_OFFICER, "149902000000"))
    audit_record(action="sign_in_failed", actor=NOBODY)
    page = audit_page(actor=make.officer(Role.AUDITOR))
    assert [line.number for line in page.lines] == [7, 5, 4, 3, 2, 1]


def test_only_the_auditor_reads_it(lines, make):
    with pytest.raises(NotAllowed):
        audit_page(actor=lines)
    page = audit_page(actor=make.officer(Role.AUDITOR), size=2)
    assert [line.number for line in page.lines] == [5, 4]
    assert page.older == 4
    older = audit_page(actor=make.officer(Role.AUDITOR), size=5, before=page.older)
    assert [line.number for line in older.lines] == [3, 2, 1]
    assert older.older is None
