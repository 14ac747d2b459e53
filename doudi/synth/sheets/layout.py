"""How each office lays out its sheet: file format, lines above and below, header lines, shapes of dates, yes and no.

Headers themselves come from the column contracts; which of their spellings a sheet uses is drawn from the seed.
"""

from dataclasses import dataclass
from typing import Literal

Format = Literal["xlsx", "xls", "csv-utf8", "csv-gb18030"]
DateShape = Literal["compact", "iso", "dots", "slashes", "chinese", "cell"]

YES_NO, TICKS, ONES, HAVE = ("是", "否"), ("√", "×"), ("1", "0"), ("有", "无")


@dataclass(frozen=True, slots=True)
class Layout:
    """One sheet. `groups`: spans of a first header line, as (label, first column, last column)."""

    format: Format = "xlsx"
    sheet: str = "Sheet1"
    title: bool = True
    above: tuple[str, ...] = ()
    groups: tuple[tuple[str, str, str], ...] = ()
    below: tuple[str, ...] = ()
    totals: bool = False
    hidden_sheet: bool = False
    date_shape: DateShape = "iso"
    yes_no: tuple[str, str] = YES_NO
    ten_thousand: bool = False
    """Money columns in 万元, as their headers say."""
    leaves_out: tuple[str, ...] = ("household_no",)
    """Columns of the contract that this office does not keep."""


_HOUSEHOLD_GROUPS = (
    ("基本信息", "province", "household_type"),
    ("监测情况", "monitor_type", "clear_mode"),
    ("户主及联系方式", "head_name", "bank_account"),
    ("家庭人口", "size_now", "size_year"),
    ("家庭收入情况", "income_year", "per_capita_income"),
    ("住房饮水和生产生活条件", "housing_grade", "cooperative"),
    ("帮扶情况", "helper_name", "dev_status"),
)

LAYOUTS: dict[str, Layout] = {
    "registry_region": Layout(sheet="行政区划", title=False, leaves_out=("full_name", "level")),
    "registry_household": Layout(sheet="户信息", groups=_HOUSEHOLD_GROUPS, date_shape="compact", leaves_out=()),
    "registry_person": Layout(
        sheet="人口信息",
        date_shape="compact",
        hidden_sheet=True,
        leaves_out=(),
    ),
    "registry_income": Layout(
        sheet="收入台账",
        above=("单位：万元",),
        below=("注：收入年度为上年10月1日至当年9月30日。",),
        ten_thousand=True,
        leaves_out=(),
    ),
    "medical_settlement": Layout(
        above=("填报单位：示例县医疗保障局        单位：元",),
        groups=(("费用情况", "total_cost", "self_paid"),),
        below=("填表人：示例        审核人：演示", "注：本表为近12个月结算数据。"),
        totals=True,
        date_shape="cell",
    ),
    "medical_enrolment": Layout(format="csv-utf8", title=False),
    "health_disease": Layout(above=("填报单位：示例县卫生健康局",), date_shape="dots"),
    "school_roll": Layout(format="xls", below=("填报单位：示例县教育局（盖章）",)),
    "disability_certificate": Layout(format="xls", date_shape="chinese", yes_no=TICKS),
    "civil_assistance": Layout(format="csv-gb18030", title=False, date_shape="slashes"),
    "housing_appraisal": Layout(
        date_shape="chinese", leaves_out=(), below=("注：C级、D级房屋须及时撤人、限期改造。",), hidden_sheet=True
    ),
    "water_supply": Layout(yes_no=ONES, leaves_out=()),
    "employment": Layout(date_shape="iso", above=("截至上月末",)),
    "disaster_loss": Layout(date_shape="dots", totals=True, below=("填报单位：示例县应急管理局",)),
    "population_change": Layout(date_shape="compact"),
    "vehicle": Layout(date_shape="cell"),
    "business_registration": Layout(date_shape="slashes"),
    "payroll": Layout(title=False, date_shape="compact"),
    "property_registration": Layout(date_shape="chinese"),
    "asset_check": Layout(above=("核对须有授权书",), date_shape="compact"),
    "severe_mental": Layout(date_shape="dots", yes_no=TICKS),
    "death_certificate": Layout(date_shape="slashes"),
    "home_teaching": Layout(date_shape="chinese", below=("填报单位：示例县教育局",)),
    "housing_patrol": Layout(date_shape="dots", leaves_out=()),
    "public_post": Layout(date_shape="iso", below=("注：协议一年一签。",)),
    "assistance_workshop": Layout(date_shape="chinese"),
    "traffic_accident": Layout(date_shape="compact"),
    "detention": Layout(title=False, date_shape="compact"),
    "hotline": Layout(date_shape="slashes"),
    "poverty_insurance_claim": Layout(date_shape="cell", totals=True),
    "credit_overdue": Layout(title=False),
    "farm_loss": Layout(date_shape="dots", below=("填报单位：示例县农业农村局",)),
    "microcredit": Layout(date_shape="iso", above=("单位：元",)),
    "benefit_link": Layout(date_shape="chinese", leaves_out=()),
    "farm_machinery": Layout(date_shape="iso"),
    "measure": Layout(date_shape="compact", leaves_out=()),
    "assistance_payment": Layout(date_shape="compact", totals=True, below=("填报单位：示例县财政局",)),
    "work_register": Layout(sheet="已外出务工信息", date_shape="compact", hidden_sheet=True),
    "social_insurance": Layout(above=("填报单位：示例县社会保险经办机构",), date_shape="compact"),
    "job_subsidy": Layout(date_shape="chinese", below=("注：公示期5个工作日。",)),
    "work_visit": Layout(date_shape="dots"),
    "village_product": Layout(above=("填报单位：示例县农业农村局        单位：元/公斤",), leaves_out=("region_code",)),
    "village_workshop": Layout(date_shape="dots", below=("填报单位：示例县人力资源和社会保障局",), leaves_out=()),
}  # fmt: skip
