"""What `doudi import` prints: the bands of matching row by row, and that a file was imported before."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from rich.console import Console

from doudi.cli import data
from doudi.web.intake.models import BatchState
from doudi.web.intake.queries import batch_detail

from ..conftest import IDS
from .conftest import settlements

pytestmark = pytest.mark.django_db(transaction=True)
ROW = ("王建国", IDS[0], "住院", 30000, 10000, 20000, "2023-07-01")


@pytest.fixture
def printed(monkeypatch: pytest.MonkeyPatch) -> Console:
    console = Console(record=True, width=400, force_terminal=False)
    monkeypatch.setattr(data, "console", console)
    return console


def test_every_row_is_told_of(county, sheets, upload, printed):
    upload(county, sheets.files(), confirm=True)
    swapped = IDS[0][:8] + IDS[0][9] + IDS[0][8] + IDS[0][10:]
    assert swapped != IDS[0]
    rows = (ROW, (ROW[0], swapped, *ROW[2:]), ("外地人", IDS[9], *ROW[2:]), ("不知是谁", "123", *ROW[2:]))
    batch = upload(county, settlements(*rows))
    data.show(batch_detail(actor=county, batch_id=batch.pk))
    said = next(line for line in printed.export_text().splitlines() if "证件号码一致" in line)
    assert "共 4 行，证件号码一致 1 行，识别笔误后对上 1 行" in said
    assert "登记簿中查无此人 1 行，证件号码无法识别 1 行" in said


def test_the_same_file_again_says_so(county, sheets, upload, printed):
    upload(county, sheets.files(), confirm=True)
    (file,) = settlements(ROW)
    content = file.read()
    upload(county, [SimpleUploadedFile(file.name, content)], confirm=True)
    again = upload(county, [SimpleUploadedFile(file.name, content)])
    assert again.state == BatchState.NOTHING_TO_DO
    data.show(batch_detail(actor=county, batch_id=again.pk))
    assert "与已导入的完全相同" in printed.export_text()
