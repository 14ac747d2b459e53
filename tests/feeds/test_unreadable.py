"""Files of which nothing can be read: each gets one clear sentence, and none takes the machine."""

import contextlib
import io
import random
import re
import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import xlwt

from doudi.feeds.contract import Contract
from doudi.feeds.problems import Limits, UnreadableFile
from doudi.feeds.sheet import read_sheet

Xlsx = Callable[..., bytes]
HEADER = ["姓名", "身份证号", "就医类型", "总费用", "结算日期"]
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 500


@pytest.fixture
def refused(contracts: dict[str, Contract]) -> Callable[..., UnreadableFile]:
    def read(content: bytes, name: str = "某表.xlsx", **given: Any) -> UnreadableFile:
        with pytest.raises(UnreadableFile) as error:
            read_sheet(content, **{"contracts": contracts, "file_name": name} | given)
        assert error.value.message.endswith(("上传", "名", "密码再上传", "表名", "种类", "表格")), error.value.message
        assert "请" in error.value.message
        return error.value

    return read


@pytest.fixture
def good(xlsx: Xlsx, person_id: Callable[[int], str]) -> bytes:
    return xlsx([HEADER, ["张三", person_id(1), "住院", 5, "20230801"]])


def rewritten(content: bytes, changes: dict[str, bytes]) -> bytes:
    """A workbook with parts replaced or added."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.namelist():
            if part not in changes:
                new.writestr(part, old.read(part))
        for name, data in changes.items():
            new.writestr(name, data)
    return out.getvalue()


def part(content: bytes, name: str) -> bytes:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return archive.read(name)


SHEET = "xl/worksheets/sheet1.xml"


def test_an_empty_file(refused: Any) -> None:
    assert refused(b"").code == "empty"


def test_blank_text(refused: Any) -> None:
    assert refused(b" \r\n \n", "a.csv").code == "empty"


def test_a_workbook_without_cells(refused: Any, xlsx: Xlsx) -> None:
    assert refused(xlsx([])).code == "empty"


def test_a_header_without_rows(refused: Any, xlsx: Xlsx) -> None:
    assert refused(xlsx([HEADER]), "医保结算.xlsx").code == "empty"


def test_an_encrypted_workbook(refused: Any) -> None:
    assert refused(OLE + "EncryptedPackage".encode("utf-16-le") + b"\0" * 100).code == "encrypted"


def test_an_encrypted_archive(refused: Any, good: bytes) -> None:
    content = bytearray(good)
    at = content.find(b"PK\x01\x02")
    content[at + 8] |= 1
    assert refused(bytes(content)).code == "encrypted"


@pytest.mark.parametrize(
    "content",
    [
        b"%PDF-1.7 ...",
        b"\x89PNG\r\n\x1a\n",
        b"<html><body><table><tr><td>x</td></tr></table></body></html>",
        "\ufeff<?xml version='1.0'?><Workbook xmlns='urn:schemas-microsoft-com:office:spreadsheet'/>".encode(),
        b"MIME-Version: 1.0\r\n",
        b"\x00\x01\x02\x03" * 100,
        OLE + "WordDocument".encode("utf-16-le"),
    ],
)
def test_what_is_no_sheet_although_its_name_says_so(refused: Any, content: bytes) -> None:
    assert refused(content, "某表.xls").code == "not_a_sheet"


def test_a_word_document_is_no_sheet(refused: Any) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("word/document.xml", "<x/>")
    assert refused(out.getvalue()).code == "not_a_sheet"


def test_a_damaged_workbook(refused: Any, good: bytes) -> None:
    assert refused(good[: len(good) // 2]).code == "corrupt"
    assert refused(rewritten(good, {SHEET: b"<worksheet><sheetData><row"})).code in ("corrupt", "empty")


def test_a_damaged_legacy_workbook(refused: Any) -> None:
    assert refused(OLE + "Workbook".encode("utf-16-le"), "a.xls").code == "corrupt"


def legacy() -> bytes:
    book = xlwt.Workbook()
    sheet = book.add_sheet("表")
    for at in range(300):
        sheet.write(at, 0, f"第{at}行")
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def test_an_encrypted_legacy_workbook(refused: Any) -> None:
    interface_header, file_password = b"\xe1\x00\x02\x00", b"\x2f\x00\x02\x00"
    assert refused(legacy().replace(interface_header, file_password, 1), "a.xls").code == "encrypted"


def test_a_legacy_workbook_whose_sectors_lead_in_a_circle(refused: Any) -> None:
    content = bytearray(legacy())
    table = 512 * (1 + struct.unpack("<i", content[76:80])[0])
    for sector in range(128):
        content[table + 4 * sector : table + 4 * sector + 4] = struct.pack("<i", 1)
    assert refused(bytes(content), "a.xls").code == "corrupt"


def test_too_many_rows_in_a_legacy_workbook(refused: Any) -> None:
    assert refused(legacy(), "a.xls", limits=Limits(rows=100)).code == "too_many_rows"


def test_whatever_is_damaged_is_read_or_refused(contracts: dict[str, Contract], good: bytes) -> None:
    chance = random.Random(3)
    for content in [good, legacy()] * 60:
        damaged = bytearray(content)
        for _ in range(chance.randint(1, 12)):
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        with contextlib.suppress(UnreadableFile):
            read_sheet(bytes(damaged), contract=contracts["medical_settlement"], file_name="a.xlsx")


def test_too_many_bytes(refused: Any, good: bytes) -> None:
    assert refused(good, limits=Limits(file_bytes=100)).code == "too_large"


def test_too_many_rows_and_columns(refused: Any, good: bytes) -> None:
    assert refused(good, limits=Limits(rows=1)).code == "too_many_rows"
    assert refused(good, limits=Limits(columns=2)).code == "too_many_rows"
    assert refused(b"a,b\n1,2\n3,4", "a.csv", limits=Limits(rows=1)).code == "too_many_rows"


@pytest.mark.parametrize(
    "cell",
    [
        b'<c r="XFD1048576"><v>1</v></c>',
        b"<c r='XFD1048576'><v>1</v></c>",
        b'<c  r = "XFD1048576" ><v>1</v></c>',
        b'<c s="1" r="xfd1048576"><v>1</v></c>',
        b'<c\n\tr="XFD1048576"><v>1</v></c>',
        b'<x:c xmlns:x="http://schemas.openxmlformats.org/spreadsheetml/2006/main" r="XFD1048576"><x:v>1</x:v></x:c>',
    ],
)
def test_a_single_cell_at_the_far_end(refused: Any, good: bytes, cell: bytes) -> None:
    sheet = part(good, SHEET).replace(b"</sheetData>", b"<row>" + cell + b"</row></sheetData>")
    assert refused(rewritten(good, {SHEET: sheet})).code == "too_many_rows"


@pytest.mark.parametrize("reference", ["A1048576", "A2999", "B11", "XFD2", "AAA2"])
def test_a_cell_that_claims_to_lie_elsewhere_than_in_its_row(refused: Any, good: bytes, reference: str) -> None:
    sheet = part(good, SHEET).replace(b'r="B2"', f'r="{reference}"'.encode())
    problem = refused(rewritten(good, {SHEET: sheet}), limits=Limits(rows=10, columns=10))
    assert problem.code == "too_many_rows"


def test_references_are_understood_whatever_the_order_of_attributes(
    contracts: dict[str, Contract], xlsx: Xlsx, person_id: Callable[[int], str]
) -> None:
    content = xlsx([HEADER, *(["张三", person_id(at), "住院", 5, "20230801"] for at in range(300))])
    sheet = re.sub(rb'<row r="(\d+)" spans="1:5">', rb'<row spans="1:5" r="\1">', part(content, SHEET))
    sheet = re.sub(rb'<c r="(\w+)" t="s">', rb'<c t="s" r="\1">', sheet)
    assert b'<c t="s" r="A300">' in sheet
    changed = rewritten(content, {SHEET: sheet})
    limits = Limits(rows=301, columns=10)
    assert read_sheet(changed, contracts=contracts, file_name="a.xlsx", limits=limits).rows_accepted == 300


@pytest.mark.parametrize("cell", [b"<c/>", b"<c><v>1</v></c>", b'<c s="1"/>'])
def test_cells_without_a_reference_are_counted(refused: Any, good: bytes, cell: bytes) -> None:
    sheet = part(good, SHEET).replace(b"</sheetData>", b"<row>" + cell * 5000 + b"</row></sheetData>")
    assert refused(rewritten(good, {SHEET: sheet})).code == "too_many_rows"


def test_rows_without_a_reference_are_counted(refused: Any, good: bytes) -> None:
    sheet = part(good, SHEET).replace(b"</sheetData>", b"<row/>" * 5000 + b"</sheetData>")
    assert refused(rewritten(good, {SHEET: sheet}), limits=Limits(rows=1000)).code == "too_many_rows"


def test_a_part_that_unpacks_to_too_much(refused: Any, good: bytes) -> None:
    bomb = rewritten(good, {"xl/media/x.bin": b"\0" * (40 * 1024**2)})
    assert refused(bomb).code == "bomb"


def test_a_part_that_lies_about_its_size(refused: Any, good: bytes) -> None:
    bomb = bytearray(rewritten(good, {"xl/x.xml": b"\0" * (40 * 1024**2)}))
    at = bomb.find(b"PK\x01\x02", bomb.rfind(b"PK\x01\x02"))
    bomb[at + 24 : at + 28] = struct.pack("<I", 100)
    assert refused(bytes(bomb)).code == "bomb"


def test_all_parts_together_unpack_to_too_much(refused: Any, good: bytes) -> None:
    assert refused(good, limits=Limits(unpacked_bytes=3000)).code == "bomb"


def test_one_long_text_repeated_many_times(refused: Any, good: bytes) -> None:
    long_text = b"x" * 30_000
    strings = (
        b'<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><si><t>a</t></si><si><t>' + long_text
    )
    rows = b"".join(b'<row r="%d"><c r="A%d" t="s"><v>1</v></c></row>' % (at, at) for at in range(1, 5001))
    sheet = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>' + rows
    content = rewritten(
        good, {"xl/sharedStrings.xml": strings + b"</t></si></sst>", SHEET: sheet + b"</sheetData></worksheet>"}
    )
    assert refused(content, limits=Limits(text_bytes=100 * 1024**2)).code == "bomb"


def test_a_long_note_does_not_make_a_bomb(
    contracts: dict[str, Contract], xlsx: Xlsx, person_id: Callable[[int], str]
) -> None:
    rows = [["张三", person_id(at), "住院", 5, "20230801", "说" * 5000 if at == 5 else "无"] for at in range(300)]
    content = xlsx([[*HEADER, "病情"], *rows])
    limits = Limits(text_bytes=5_000_000)
    assert read_sheet(content, contracts=contracts, file_name="a.xlsx", limits=limits).rows_accepted == 300


def test_too_many_parts(refused: Any, good: bytes) -> None:
    assert refused(good, limits=Limits(parts=3)).code == "bomb"


def test_no_header(refused: Any, xlsx: Xlsx) -> None:
    assert refused(xlsx([["a", "b"], [1, 2]])).code == "no_header"


def test_a_missing_required_column_is_named(refused: Any, xlsx: Xlsx, person_id: Callable[[int], str]) -> None:
    problem = refused(xlsx([["姓名", "就医类型", "总费用", "报销金额"], ["张三", "住院", 5, 1]]), "医保结算.xlsx")
    assert problem.code == "no_header"
    assert "“身份证号”" in problem.message
    assert "“结算日期”" in problem.message


def test_an_unknown_feed(refused: Any, xlsx: Xlsx, person_id: Callable[[int], str]) -> None:
    assert refused(xlsx([["姓名", "身份证号", "血型"], ["张三", person_id(1), "A"]])).code == "unknown_feed"


def test_two_sheets_of_data(refused: Any, xlsx: Xlsx, person_id: Callable[[int], str]) -> None:
    one = [HEADER, ["张三", person_id(1), "住院", 5, "20230801"]]
    problem = refused(xlsx({"甲乡": one, "乙乡": one}), "医保结算.xlsx")
    assert problem.code == "ambiguous_feed"
    assert "“甲乡”、“乙乡”" in problem.message


def test_two_feeds_that_fit_alike(refused: Any, contracts: dict[str, Contract], good: bytes) -> None:
    one = contracts["medical_settlement"]
    twin = one.model_copy(update={"id": "twin", "title": "孪生表"})
    problem = refused(good, contracts={"one": one, "twin": twin})
    assert problem.code == "ambiguous_feed"
    assert "《医保结算明细》" in problem.message


def test_quotes_that_do_not_close(refused: Any) -> None:
    content = ('姓名,身份证号\n"' + "x" * (1 << 21)).encode()
    assert refused(content, "a.csv").code == "corrupt"


def test_a_path_is_read_like_its_bytes(tmp_path: Path, contracts: dict[str, Contract], good: bytes) -> None:
    path = tmp_path / "医保结算_202307.xlsx"
    path.write_bytes(good)
    reading = read_sheet(path, contracts=contracts)
    assert reading.file_name == path.name
    assert reading.sha256 == read_sheet(good, contracts=contracts).sha256


def test_zlib_rubbish_is_corrupt(refused: Any, good: bytes) -> None:
    compressed = zlib.compress(part(good, SHEET))[2:20]
    at = good.find(compressed)
    assert at > 0
    damaged = good[:at] + b"\xff" * 18 + good[at + 18 :]
    assert refused(damaged).code == "corrupt"
