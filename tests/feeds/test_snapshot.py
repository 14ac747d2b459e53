"""Snapshots appear whole or not at all, once, and without ids."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from doudi.feeds.contract import Contract
from doudi.feeds.sheet import SheetReading, read_sheet
from doudi.feeds.snapshot import list_snapshots, snapshot_table, write_snapshot
from doudi.standards.periods import Month
from doudi.standards.pseudonym import Pseudonymiser

HEADER = ["姓名", "身份证号", "救助类型", "发放金额", "发放日期", "停发原因"]
JULY = Month("2023-07")


@pytest.fixture
def content(xlsx: Callable[..., bytes], person_id: Callable[[int], str]) -> Callable[..., bytes]:
    def make(amount: float = 500) -> bytes:
        return xlsx(
            [
                HEADER,
                ["张三", person_id(1), "低保", amount, "20230701", f"与{person_id(5)}重复"],
                ["李四", person_id(2), "临时救助", amount, "20230702", None],
                ["王五", "123", "低保", amount, "20230703", "电话13812345678"],
            ]
        )

    return make


@pytest.fixture
def reading(contracts: dict[str, Contract], content: Callable[..., bytes]) -> SheetReading:
    return read_sheet(content(), contracts=contracts, file_name="社会救助.xlsx")


def test_layout_and_manifest(reading: SheetReading, tmp_path: Path, pseudonymiser: Pseudonymiser) -> None:
    snapshot = write_snapshot(reading, tmp_path, month=JULY, pseudonymiser=pseudonymiser)
    assert snapshot.folder.parent == tmp_path / "civil_assistance" / "2023-07"
    assert len(snapshot.folder.name) == 12
    assert sorted(path.name for path in snapshot.folder.iterdir()) == ["data.parquet", "manifest.json", "rejects.xlsx"]
    assert (snapshot.rows, snapshot.manifest["rows_rejected"], snapshot.kind) == (2, 1, "events")
    assert snapshot.manifest["sha256"] == reading.sha256
    assert snapshot.manifest["reject_reasons"][0]["column"] == "身份证号"
    assert "stopped_on" in snapshot.missing_columns
    assert [one.folder for one in list_snapshots(tmp_path)] == [snapshot.folder]
    assert not list(tmp_path.glob(".writing-*"))


def test_persons_are_keys(
    reading: SheetReading, tmp_path: Path, pseudonymiser: Pseudonymiser, person_id: Callable[[int], str]
) -> None:
    table = write_snapshot(reading, tmp_path, month=JULY, pseudonymiser=pseudonymiser).table()
    ids = [person_id(1), person_id(2)]
    assert table.column("person_key").to_pylist() == [*pseudonymiser.person_keys(ids), None]
    assert table.column("resident_hash").to_pylist() == [*(pseudonymiser.resident_hash(one) for one in ids), None]
    assert table.column_names[:4] == ["row", "returned", "person_key", "resident_hash"]
    assert "resident_id" not in table.column_names


def test_a_returned_row_still_tells_that_the_person_is_on_the_list(
    contracts: dict[str, Contract],
    xlsx: Callable[..., bytes],
    person_id: Callable[[int], str],
    pseudonymiser: Pseudonymiser,
) -> None:
    rows = [
        HEADER,
        ["张三", person_id(1), "低保", 500, "20230701", None],
        ["李四", person_id(2), "低保", "五百左右", "20230702", None],
        ["王五", "123", "低保", "五百左右", "20230703", None],
    ]
    reading = read_sheet(xlsx(rows), contracts=contracts, file_name="社会救助.xlsx")
    table = snapshot_table(reading, pseudonymiser)
    assert table["returned"].to_pylist() == [False, True, True]
    assert table["person_key"].to_pylist() == [*pseudonymiser.person_keys([person_id(1), person_id(2)]), None]
    assert table["amount"].to_pylist() == [500, None, None], "what could not be read is unknown"
    assert table["kind"].to_pylist() == ["minimum_living"] * 3, "what could be read is kept"


def test_a_row_whose_id_nobody_can_read_waits_for_its_person_in_the_snapshot(
    contracts: dict[str, Contract],
    xlsx: Callable[..., bytes],
    person_id: Callable[[int], str],
    pseudonymiser: Pseudonymiser,
) -> None:
    rows = [
        HEADER,
        ["张三", person_id(1)[:12], "低保", 500, "20230701", None],
        ["李四", "123", "低保", "五百左右", "20230702", None],
        [None, "123", "低保", 500, "20230703", None],
    ]
    reading = read_sheet(xlsx(rows), contracts=contracts, file_name="社会救助.xlsx")
    assert reading.rows_rejected == 3, "the department gets all three back"
    table = snapshot_table(reading, pseudonymiser)
    assert table["name"].to_pylist() == ["张三", "李四"], "a row without id and name tells of nobody"
    assert table["person_key"].null_count == 2
    assert table["amount"].to_pylist() == [500, None]
    assert table["id_unreadable"].to_pylist() == [True, False], "the second has another mistake too"


def test_of_a_row_that_contradicts_itself_only_the_person_is_kept(
    contracts: dict[str, Contract],
    xlsx: Callable[..., bytes],
    person_id: Callable[[int], str],
    pseudonymiser: Pseudonymiser,
) -> None:
    header = ["姓名", "身份证号", "就医类型", "总费用", "报销金额", "个人自付", "结算日期"]
    rows = [header, ["张三", person_id(1), "住院", 100, 900, 50, "20230701"]]
    rows.append(["李四", person_id(2), "住院", 900, 500, 400, "20230702"])
    reading = read_sheet(xlsx(rows), contracts=contracts, file_name="医保结算.xlsx")
    table = snapshot_table(reading, pseudonymiser)
    assert table["returned"].to_pylist() == [False, True]
    assert table["self_paid"].to_pylist() == [400, None]
    assert table["settled_on"].null_count == 1


def test_no_id_is_left_anywhere_in_the_folder(
    reading: SheetReading, tmp_path: Path, pseudonymiser: Pseudonymiser, person_id: Callable[[int], str]
) -> None:
    snapshot = write_snapshot(reading, tmp_path, month=JULY, pseudonymiser=pseudonymiser)
    text = snapshot.manifest.__repr__() + repr(snapshot.table().to_pylist())
    for number in (1, 2, 5):
        assert person_id(number) not in text
    assert snapshot.rejects is not None
    assert b"13812345678" not in _unpacked(snapshot.rejects)


def _unpacked(path: Path) -> bytes:
    import zipfile

    with zipfile.ZipFile(path) as archive:
        return b"".join(archive.read(name) for name in archive.namelist())


def test_without_an_id_the_key_is_null(
    contracts: dict[str, Contract], pseudonymiser: Pseudonymiser, person_id: Callable[[int], str]
) -> None:
    content = f"户编号,姓名,证件号码\n1,张三,{person_id(1)}\n1,小宝,\n1,李四,123".encode()
    reading = read_sheet(content, contract=contracts["registry_person"], file_name="人口信息.csv")
    assert reading.rows_accepted == 3, "the registry keeps persons whose id is missing or wrong"
    assert snapshot_table(reading, pseudonymiser).column("person_key").null_count == 2
    assert [problem.row for problem in reading.warnings] == [4]


def test_the_same_delivery_is_kept_once(reading: SheetReading, tmp_path: Path, pseudonymiser: Pseudonymiser) -> None:
    one = write_snapshot(reading, tmp_path, month=JULY, pseudonymiser=pseudonymiser)
    written = one.data.stat().st_mtime_ns
    two = write_snapshot(reading, tmp_path, month=JULY, pseudonymiser=pseudonymiser)
    assert one.folder == two.folder
    assert two.data.stat().st_mtime_ns == written
    assert len(list_snapshots(tmp_path, superseded=True)) == 1


def test_of_a_month_the_newest_delivery_counts_and_older_ones_are_kept(
    contracts: dict[str, Contract], content: Callable[..., bytes], tmp_path: Path, pseudonymiser: Pseudonymiser
) -> None:
    first, second = (
        read_sheet(content(amount), contracts=contracts, file_name="社会救助.xlsx") for amount in (500, 600)
    )

    def deliver(reading: SheetReading) -> Path:
        return write_snapshot(reading, tmp_path, month=JULY, pseudonymiser=pseudonymiser).folder

    old, new = deliver(first), deliver(second)
    assert [one.folder for one in list_snapshots(tmp_path)] == [new]
    assert {one.folder for one in list_snapshots(tmp_path, superseded=True)} == {old, new}
    deliver(first)
    assert [one.folder for one in list_snapshots(tmp_path)] == [old], "handed in again, it is the newest"


def test_another_secret_gives_another_snapshot(
    reading: SheetReading, tmp_path: Path, pseudonymiser: Pseudonymiser
) -> None:
    one = write_snapshot(reading, tmp_path, month=JULY, pseudonymiser=pseudonymiser)
    other = write_snapshot(reading, tmp_path, month=JULY, pseudonymiser=Pseudonymiser(b"another secret of bytes"))
    assert one.folder != other.folder
    assert one.manifest["key_check"] != other.manifest["key_check"]
    keys = [pq.read_table(each.data).column("person_key").to_pylist() for each in (one, other)]
    assert keys[0] != keys[1]


KILLED = """
import os, sys, signal
from pathlib import Path
from doudi.feeds.contract import load_contracts
from doudi.feeds.sheet import read_sheet
from doudi.feeds import snapshot
from doudi.standards.periods import Month
from doudi.standards.pseudonym import Pseudonymiser
rules, sheet, root, when = sys.argv[1:]
die = lambda *_, **__: os.kill(os.getpid(), signal.SIGKILL)
reading = read_sheet(Path(sheet), contracts=load_contracts(Path(rules)))
if when == "data":
    snapshot.pq.write_table = die
elif when == "rejects":
    snapshot.write_rejects = die
elif when == "manifest":
    snapshot.to_disk = die
snapshot.write_snapshot(reading, Path(root), month=Month("2023-07"), pseudonymiser=Pseudonymiser(b"x" * 32),
    before_rename=die if when == "rename" else None)
"""


@pytest.mark.parametrize("when", ["data", "rejects", "manifest", "rename"])
def test_a_killed_writer_leaves_no_half_snapshot(
    when: str, content: Callable[..., bytes], tmp_path: Path, contracts: dict[str, Contract]
) -> None:
    sheet, root = tmp_path / "社会救助_202307.xlsx", tmp_path / "snapshots"
    sheet.write_bytes(content())
    rules = Path(contracts["civil_assistance"].file).parents[1]
    command = [sys.executable, "-c", KILLED, str(rules), str(sheet), str(root), when]
    assert subprocess.run(command, check=False).returncode == -signal.SIGKILL
    assert list_snapshots(root, superseded=True) == []
    assert list(root.glob(".writing-*")), "the test really stopped half-way"
    assert subprocess.run([*command[:-1], "never"], check=False).returncode == 0
    assert len(list_snapshots(root)) == 1


def test_what_a_killed_writer_left_is_swept_up_after_a_day(
    reading: SheetReading, tmp_path: Path, pseudonymiser: Pseudonymiser
) -> None:
    old, recent = tmp_path / ".writing-old", tmp_path / ".writing-recent"
    for folder in (old, recent):
        folder.mkdir()
    os.utime(old, (0, 0))
    write_snapshot(reading, tmp_path, month=JULY, pseudonymiser=pseudonymiser)
    assert (old.exists(), recent.exists()) == (False, True)


def test_a_failed_write_cleans_up(
    reading: SheetReading, tmp_path: Path, pseudonymiser: Pseudonymiser, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise OSError("no space left")

    monkeypatch.setattr("doudi.feeds.snapshot.pq.write_table", full)
    with pytest.raises(OSError, match="no space"):
        write_snapshot(reading, tmp_path, month=JULY, pseudonymiser=pseudonymiser)
    assert list(tmp_path.iterdir()) == []
