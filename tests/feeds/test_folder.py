"""A folder of sheets: each file's feed and month are found out, a bad file stops no other."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from doudi.feeds.contract import Contract
from doudi.feeds.folder import month_named, month_of_delivery, read_folder
from doudi.standards.periods import Month

AS_OF = date(2023, 8, 1)


@pytest.mark.parametrize(
    ("name", "month"),
    [
        ("医保结算明细_202307.xlsx", "2023-07"),
        ("医保结算2023年7月.xls", "2023-07"),
        ("2023-07医保", "2023-07"),
        ("2023.7 医保", "2023-07"),
        ("医保20230731", "2023-07"),
        ("２０２３年７月医保", "2023-07"),
        ("医保2023年", None),
        ("收入台账_2021", None),
        ("149901202307123456", None),
        ("医保", None),
    ],
)
def test_the_month_in_a_name(name: str, month: str | None) -> None:
    assert month_named(name) == (Month(month) if month else None)


def test_file_name_before_title_before_day() -> None:
    assert month_of_delivery("医保202306.xlsx", "2023年7月医保", as_of=AS_OF) == Month("2023-06")
    assert month_of_delivery("医保.xlsx", "2023年5月医保", as_of=AS_OF) == Month("2023-05")
    assert month_of_delivery("医保.xlsx", "", as_of=AS_OF) == Month("2023-07")
    assert month_of_delivery("医保.xlsx", "", as_of=date(2023, 8, 15)) == Month("2023-08")


def test_a_bad_file_stops_no_other(
    tmp_path: Path, contracts: dict[str, Contract], xlsx: Callable[..., bytes], person_id: Callable[[int], str]
) -> None:
    rows = [["姓名", "身份证号", "就医类型", "总费用", "结算日期"], ["张三", person_id(1), "住院", 5, "20230601"]]
    (tmp_path / "甲").mkdir()
    (tmp_path / "甲" / "医保结算_202306.xlsx").write_bytes(xlsx(rows))
    (tmp_path / "乙.xlsx").write_bytes(b"PK\x03\x04 broken")
    (tmp_path / "~$医保结算_202306.xlsx").write_bytes(b"lock")
    (tmp_path / "说明.docx").write_bytes(b"x")
    heard: list[str] = []
    files = list(
        read_folder(tmp_path, contracts=contracts, as_of=AS_OF, progress=lambda doing, _share: heard.append(doing))
    )
    assert [(one.path.name, str(one.month), one.problem and one.problem.code) for one in files] == [
        ("乙.xlsx", "2023-07", "corrupt"),
        ("医保结算_202306.xlsx", "2023-06", None),
    ]
    assert files[1].reading is not None
    assert heard == ["乙.xlsx", "医保结算_202306.xlsx", ""]
