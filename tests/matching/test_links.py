"""Links stand beside the snapshot: readers see them whole, decisions are remembered, all of it can be taken back."""

import io
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xlsxwriter
from python_calamine import CalamineWorkbook

from doudi.feeds.contract import load_contracts
from doudi.feeds.sheet import SheetReading, read_sheet
from doudi.feeds.snapshot import Snapshot, list_snapshots, write_snapshot
from doudi.matching.decisions import Decision, DecisionFile, standing_decisions
from doudi.matching.links import (
    decide_again,
    forget_links,
    forget_superseded,
    linked_now,
    linked_upon,
    links_of,
    sentence,
    write_links,
)
from doudi.matching.rows import rows_of
from doudi.standards.periods import Month
from doudi.standards.pseudonym import Pseudonymiser
from doudi.standards.resident_id import check_character

RULES = Path(__file__).parents[2] / "rules"
HEADER = ["姓名", "身份证号", "救助类型", "发放金额", "发放日期"]
PERSONS = pa.table({"person_key": pa.array([71, 72, 73], pa.int64()), "household_key": pa.array([7, 7, 8], pa.int64())})
LINKS = pa.schema(
    [
        ("row", pa.int32()), ("written_key", pa.int64()), ("person_key", pa.int64()), ("household_key", pa.int64()),
        ("method", pa.string()), ("score", pa.float64()), ("band", pa.string()), ("model_version", pa.string()),
        ("slip", pa.string()), ("evidence", pa.string()),
    ]
)  # fmt: skip
CANDIDATES = pa.schema(
    [("row", pa.int32()), ("rank", pa.int32()), ("person_key", pa.int64()), ("household_key", pa.int64())]
)


@dataclass(frozen=True)
class Found:
    links: pa.Table
    candidates: pa.Table


def found(rows: Mapping[int, tuple[int | None, str, str]], doubtful: tuple[tuple[int, int, int], ...] = ()) -> Found:
    """Row → person, method, band; the key of what is written is 1000 + row."""
    homes = dict(zip(PERSONS["person_key"].to_pylist(), PERSONS["household_key"].to_pylist(), strict=True))
    links = [
        {"row": row, "written_key": 1000 + row, "person_key": person, "household_key": homes.get(person or 0),
         "method": method, "band": band, "score": 1.0, "model_version": "1"}
        for row, (person, method, band) in rows.items()
    ]  # fmt: skip
    candidates = [
        {"row": row, "rank": rank, "person_key": person, "household_key": homes[person]}
        for row, rank, person in doubtful
    ]
    return Found(pa.Table.from_pylist(links, LINKS), pa.Table.from_pylist(candidates, CANDIDATES))


def resident_id(number: int) -> str:
    first17 = f"14990119500315{number:03d}"
    return first17 + check_character(first17)


@pytest.fixture(scope="module")
def pseudonymiser() -> Pseudonymiser:
    return Pseudonymiser(b"a secret of at least 16 bytes")


@pytest.fixture(scope="module")
def reading() -> SheetReading:
    rows: list[list[Any]] = [
        HEADER,
        ["张三", resident_id(1), "低保", 500, "20230701"],
        ["李四", resident_id(2)[:16], "低保", 600, "20230702"],
        ["王五", "123", "低保", "五百左右", "20230703"],
        ["赵六", "456", "低保", 800, "20230703"],
    ]
    content = io.BytesIO()
    with xlsxwriter.Workbook(content) as book:
        sheet = book.add_worksheet()
        for at, row in enumerate(rows):
            sheet.write_row(at, 0, row)
    return read_sheet(content.getvalue(), contracts=load_contracts(RULES), file_name="社会救助.xlsx")


@pytest.fixture
def snapshot(reading: SheetReading, tmp_path: Path, pseudonymiser: Pseudonymiser) -> Snapshot:
    return write_snapshot(reading, tmp_path, month=Month("2023-07"), pseudonymiser=pseudonymiser)


def matching(exact: int) -> Found:
    """Row 2 by its id; row 3 after a slip; row 4 by its name; row 5 could be either of two."""
    return found(
        {2: (exact, "exact", "sure"), 3: (71, "repaired", "sure"), 4: (72, "probable", "sure"),
         5: (None, "probable", "doubtful")},
        ((5, 1, 73), (5, 2, 72)),
    )  # fmt: skip


def keys_in(snapshot: Snapshot) -> list[int | None]:
    return list(snapshot.table()["person_key"].to_pylist())


def decision(row: int, person: int | None, *, day: int = 1, taken_back: bool = False) -> Decision:
    return Decision(1000 + row, person, "county", datetime(2023, 8, day, tzinfo=UTC), taken_back)


def test_rows_tell_what_is_written_in_them(reading: SheetReading, pseudonymiser: Pseudonymiser) -> None:
    rows = rows_of(reading, pseudonymiser)
    assert rows["row"].to_pylist() == [2, 3, 4, 5]
    assert rows["name"].to_pylist() == ["张三", "李四", "王五", "赵六"]
    assert rows["id_text"].to_pylist()[2:] == ["123", "456"]
    assert rows["person_key"].null_count == 3


def test_screenings_read_the_linked_persons(snapshot: Snapshot) -> None:
    (own, *others) = keys_in(snapshot)
    assert others == [None, None, None]
    write_links(snapshot.folder, matching(own or 0))
    assert keys_in(snapshot) == [own, 71, 72, None], "a doubtful row is about nobody"
    table = snapshot.table()
    assert table["linked_by"].to_pylist() == ["exact", "repaired", "probable", None]
    assert table["returned"].to_pylist() == [False, False, True, True], "an amount nobody can read is still one"
    assert list_snapshots(snapshot.folder.parents[2])[0].data == snapshot.data
    assert pq.read_table(snapshot.delivered)["person_key"].null_count == 3, "the data as delivered is never changed"


def test_the_department_gets_back_what_was_not_surely_linked(snapshot: Snapshot, reading: SheetReading) -> None:
    before = snapshot.rejects
    write_links(snapshot.folder, matching(keys_in(snapshot)[0] or 0), reading=reading)
    assert before is not None
    assert snapshot.rejects not in (None, before)
    assert linked_now(snapshot.folder)["settled"] == 1
    sheet = CalamineWorkbook.from_path(str(snapshot.rejects)).get_sheet_by_index(0).to_python()
    assert [row[0] for row in sheet[1:]] == ["王五", "赵六"], "the amount of 王五 has to be put right, 赵六 is unknown"
    forget_links(snapshot.folder)
    assert snapshot.rejects == before


def test_a_row_whose_id_means_another_person_than_its_name_waits_for_a_decision(snapshot: Snapshot) -> None:
    write_links(snapshot.folder, found({2: (71, "exact", "doubtful")}, ((2, 1, 71),)))
    assert keys_in(snapshot)[0] is None
    decide_again(snapshot.folder, standing_decisions([decision(2, 71)]), PERSONS)
    assert keys_in(snapshot)[0] == 71


def test_an_id_that_the_registry_does_not_have_still_names_its_person(snapshot: Snapshot) -> None:
    own = keys_in(snapshot)[0]
    write_links(snapshot.folder, found({2: (None, "", "none")}))
    assert keys_in(snapshot)[0] == own
    assert snapshot.data == snapshot.delivered, "links that say no more than the ids need no second copy of the data"


def test_decisions_count_and_are_undone_to_the_state_before(snapshot: Snapshot) -> None:
    write_links(snapshot.folder, matching(keys_in(snapshot)[0] or 0))
    matched, data, keys = linked_now(snapshot.folder), snapshot.data, keys_in(snapshot)
    decide_again(snapshot.folder, standing_decisions([decision(5, 73), decision(4, None)]), PERSONS)
    assert keys_in(snapshot)[2:] == [None, 73], "one row decided, one link taken back"
    links = links_of(snapshot.folder)
    assert links is not None
    line = links.to_pylist()[3]
    assert (line["method"], line["band"], line["household_key"], line["decided_by"]) == ("decided", "sure", 8, "county")
    assert (line["matched_method"], line["matched_band"]) == ("probable", "doubtful"), "what matching said is kept"
    assert linked_now(snapshot.folder)["counts"]["decided"] == 1
    decide_again(snapshot.folder, None, PERSONS)
    assert keys_in(snapshot) == keys
    assert linked_now(snapshot.folder)["counts"] == matched["counts"]
    assert data.is_file(), "what an earlier screening read is still there"


def test_the_same_decisions_lead_to_the_same_files(snapshot: Snapshot) -> None:
    write_links(snapshot.folder, matching(keys_in(snapshot)[0] or 0))
    one, other = standing_decisions([decision(5, 73)]), standing_decisions([decision(5, 72)])
    decide_again(snapshot.folder, one, PERSONS)
    first = snapshot.data
    decide_again(snapshot.folder, other, PERSONS)
    other_data = snapshot.data
    assert other_data != first
    decide_again(snapshot.folder, one, PERSONS)
    assert snapshot.data == first
    assert forget_superseded(snapshot.folder, older_than=3600) == 0, "the next screening may still ask for them"
    os.utime(other_data, (0, 0))
    assert forget_superseded(snapshot.folder, older_than=3600) == 1
    assert (keys_in(snapshot)[3], other_data.exists()) == (73, False)


def test_a_decision_for_somebody_no_longer_registered_does_not_count(snapshot: Snapshot) -> None:
    write_links(snapshot.folder, matching(keys_in(snapshot)[0] or 0))
    decide_again(snapshot.folder, standing_decisions([decision(5, 999)]), PERSONS)
    links = links_of(snapshot.folder)
    assert links is not None
    assert links["band"].to_pylist()[3] == "doubtful"


def test_links_upon_another_registry_are_told_apart(snapshot: Snapshot) -> None:
    write_links(snapshot.folder, matching(1), basis="registry 1")
    assert linked_upon(snapshot.folder, "registry 1")
    assert not linked_upon(snapshot.folder, "registry 2")


def test_all_rows_are_counted(snapshot: Snapshot) -> None:
    write_links(snapshot.folder, matching(1))
    assert sentence(linked_now(snapshot.folder)["counts"]) == (
        "共4行：证件号码一致1行，识别笔误后对上1行，姓名等信息一致1行，人工认定0行；存疑待认定1行，登记簿中查无此人0行"
    )


def test_a_kill_while_linking_leaves_the_links_of_before(snapshot: Snapshot) -> None:
    write_links(snapshot.folder, matching(1))
    before, keys = linked_now(snapshot.folder), keys_in(snapshot)
    process = subprocess.run(
        [sys.executable, "-c", _KILLED, str(snapshot.folder), str(Path(__file__))], check=False, capture_output=True
    )
    assert process.returncode == -signal.SIGKILL, process.stderr.decode()
    assert linked_now(snapshot.folder) == before
    assert keys_in(snapshot) == keys
    write_links(snapshot.folder, found({5: (73, "probable", "sure")}))
    assert keys_in(snapshot)[3] == 73, "and the next try succeeds"


_KILLED = """
import importlib.util, os, signal, sys
from pathlib import Path
spec = importlib.util.spec_from_file_location("links_tests", sys.argv[2])
tests = importlib.util.module_from_spec(spec); sys.modules["links_tests"] = tests; spec.loader.exec_module(tests)
tests.write_links(Path(sys.argv[1]), tests.found({5: (73, "probable", "sure")}),
    before_rename=lambda: os.kill(os.getpid(), signal.SIGKILL))
"""


def test_decisions_are_remembered_in_order(tmp_path: Path) -> None:
    file = DecisionFile.beside(tmp_path)
    assert file.table().num_rows == 0
    assert file.add([decision(5, 72), decision(6, None)]) == 2
    assert file.add([decision(5, 72, day=2)]) == 0, "the same word twice is written once"
    assert file.add([decision(5, 73, day=3), decision(6, None, day=3, taken_back=True)]) == 2
    assert file.table().select(["written_key", "person_key"]).to_pylist() == [{"written_key": 1005, "person_key": 73}]
    assert [one.person_key for one in file.lines()] == [72, None, 73, None], "nothing is ever removed"


def test_a_power_cut_while_deciding_costs_that_decision_only(tmp_path: Path) -> None:
    file = DecisionFile.beside(tmp_path)
    file.add([decision(5, 72)])
    with file.path.open("a", encoding="utf-8") as half:
        half.write('{"written_key": 10')
    assert file.table()["person_key"].to_pylist() == [72]
    file.add([decision(6, 73)])
    assert file.table()["person_key"].to_pylist() == [72, 73]
    assert len(file.lines()) == 2
