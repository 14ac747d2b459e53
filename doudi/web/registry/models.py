"""Households, the persons in them, and what a household earned in an income year.

Field names are the column identifiers of the sheets (rules/feeds/registry_*.yaml). Codes are the identifiers of
`doudi.standards.codes`; `*_form`, `id_*`, `certificate_*` and `phone_key` follow from what is written (see
`doudi.feeds.derived`). Money is yuan. `household_key` and `person_key` are the keyed numbers by which feeds, snapshots
and screening know the row without its resident id.
"""

from typing import Any

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from doudi.web.accounts.roles import Action
from doudi.web.accounts.scope import Officer, region_condition
from doudi.web.protection.fields import EncryptedTextField
from doudi.web.protection.masking import mask_bank_account, mask_phone, mask_resident_id
from doudi.web.registry.income import NetIncome, PerCapitaIncome, money

ENROLLED = models.Q(monitor_type__isnull=False) & (models.Q(exited_month__isnull=True) | models.Q(exited_month=""))
"""Households that are monitored now."""
EXITED = models.Q(monitor_type__isnull=False) & models.Q(exited_month__gt="")
"""Households whose risk was removed."""


class CodesField(models.CharField):
    """Several codes of one list in a column, joined by commas; a list of identifiers in Python."""

    def from_db_value(self, value: str | None, expression: Any, connection: Any) -> list[str] | None:
        return None if value is None else [part for part in value.split(",") if part]

    def to_python(self, value: Any) -> Any:
        return value.split(",") if isinstance(value, str) else value

    def get_prep_value(self, value: Any) -> str | None:
        return ",".join(value) if isinstance(value, (list, tuple)) else value

    def value_to_string(self, obj: models.Model) -> str:
        return self.get_prep_value(self.value_from_object(obj)) or ""


def text(label: Any, length: int = 64) -> models.CharField:
    return models.CharField(label, max_length=length, null=True, blank=True)


def code(label: Any) -> models.CharField:
    return models.CharField(label, max_length=48, null=True, blank=True)


def yes_no(label: Any) -> models.BooleanField:
    return models.BooleanField(label, null=True, blank=True)


def month(label: Any) -> models.CharField:
    return models.CharField(label, max_length=7, null=True, blank=True)


def whole(label: Any) -> models.IntegerField:
    return models.IntegerField(label, null=True, blank=True)


def measure(label: Any) -> models.FloatField:
    return models.FloatField(label, null=True, blank=True)


def keyed() -> models.BigIntegerField:
    """The keyed number of a phone: equal where the phone is."""
    return models.BigIntegerField(null=True, editable=False)


class Imported(models.Model):
    """A row that imports write: which one brought it in, which one changed it last, for undoing."""

    created_batch = models.BigIntegerField(null=True, editable=False)
    changed_batch = models.BigIntegerField(null=True, editable=False, db_index=True)
    updated_at = models.DateTimeField(_("更新时间"), db_default=Now(), editable=False)

    class Meta:
        abstract = True


class HouseholdQuerySet(models.QuerySet["Household"]):
    def visible_to(self, actor: Officer, action: Action = Action.HOUSEHOLD_SEE) -> "HouseholdQuerySet":
        """Households in the actor's regions; a department's officer sees those that concern the department.

        That is those with an alert for it, and those listed for one of its policies: lacking it, having it wrongly, or
        to be asked.
        """
        from doudi.web.assistance.models import EntitlementLine
        from doudi.web.discovery.models import Alert

        def concerned(department: str) -> models.Q:
            mine = {"household_id": models.OuterRef("pk"), "department": department}
            listed = models.Q(models.Exists(EntitlementLine.objects.filter(**mine)))
            return models.Q(models.Exists(Alert.objects.filter(**mine))) | listed

        return self.filter(region_condition(actor.reach(action), department=concerned))


class Household(Imported):
    """One household of the registry (户)."""

    household_key = models.BigIntegerField(unique=True)
    household_no = models.CharField(_("户编号"), max_length=32, unique=True)
    region_code = models.CharField(_("行政村代码"), max_length=12)
    region_form = code(_("区划代码核对"))
    natural_village = text(_("自然村"))
    household_type = code(_("户类型"))
    monitor_type = code(_("监测对象类别"))
    enrolled_month = month(_("识别监测时间"))
    exited_month = month(_("消除监测时间"))
    risk_1 = code(_("风险类型1"))
    risk_2 = code(_("风险类型2"))
    risk_3 = code(_("风险类型3"))
    risk_4 = code(_("风险类型4"))
    risk_5 = code(_("风险类型5"))
    risk_note = text(_("风险备注"), 128)
    risk_cleared = yes_no(_("风险是否已消除"))
    clear_mode = code(_("风险消除方式"))
    head_name = models.CharField(_("户主姓名"), max_length=64, blank=True)
    phone = EncryptedTextField(_("联系电话"))
    phone_hash = models.CharField(max_length=64, null=True, editable=False)
    phone_form = code(_("联系电话核对"))
    phone_key = keyed()
    bank_name = text(_("开户银行"), 128)
    bank_account = EncryptedTextField(_("银行账号"))
    bank_account_hash = models.CharField(max_length=64, null=True, editable=False)
    size_now = whole(_("当前家庭人口数"))
    size_year = whole(_("年度家庭人口数"))
    education_problem = yes_no(_("是否有失学辍学"))
    housing_problem = yes_no(_("住房是否出现安全问题"))
    water_problem = yes_no(_("饮水是否出现安全问题"))
    uninsured_member = yes_no(_("是否有成员未参加基本医疗保险"))
    housing_grade = code(_("住房等级"))
    house_area = measure(_("住房面积(平方米)"))
    dangerous_house = yes_no(_("是否危房户"))
    safe_water = yes_no(_("饮水是否安全"))
    electricity = yes_no(_("是否通生活用电"))
    sanitary_toilet = yes_no(_("有无卫生厕所"))
    land_farm = measure(_("耕地面积(亩)"))
    land_forest = measure(_("林地面积(亩)"))
    land_returned = measure(_("退耕还林面积(亩)"))
    land_orchard = measure(_("林果面积(亩)"))
    land_pasture = measure(_("牧草地面积(亩)"))
    land_water = measure(_("水面面积(亩)"))
    road_type = text(_("入户路类型"))
    road_km = measure(_("与村主干路距离(公里)"))
    relocated = yes_no(_("是否易地搬迁户"))
    resettlement_site = text(_("安置点"), 128)
    cooperative = yes_no(_("是否加入合作社"))
    helper_name = text(_("帮扶责任人"))
    helper_unit = text(_("帮扶单位"), 128)
    helper_phone = EncryptedTextField(_("帮扶责任人电话"))
    helper_phone_hash = models.CharField(max_length=64, null=True, editable=False)
    helper_phone_form = code(_("帮扶责任人电话核对"))
    no_labour_flag = yes_no(_("整户无劳动能力兜底保障户"))
    dev_status = code(_("实施开发式帮扶措施情况"))

    objects = HouseholdQuerySet.as_manager()

    class Meta:
        verbose_name = _("户")
        verbose_name_plural = _("户")
        indexes = [
            models.Index(fields=["region_code", "household_no"], name="household_region"),
            models.Index(fields=["head_name"], name="household_head", opclasses=["varchar_pattern_ops"]),
            models.Index(fields=["phone_hash"], name="household_phone"),
            models.Index(
                fields=["monitor_type", "region_code"],
                name="household_monitored",
                condition=models.Q(monitor_type__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.household_no} {self.head_name}"

    @property
    def is_monitored(self) -> bool:
        """Enrolled and not yet exited."""
        return self.monitor_type is not None and not self.exited_month

    @property
    def risks(self) -> list[str]:
        return [risk for risk in (self.risk_1, self.risk_2, self.risk_3, self.risk_4, self.risk_5) if risk]

    @property
    def phone_masked(self) -> str:
        return mask_phone(self.phone)

    @property
    def bank_account_masked(self) -> str:
        return mask_bank_account(self.bank_account)

    @property
    def helper_phone_masked(self) -> str:
        return mask_phone(self.helper_phone)


class PersonQuerySet(models.QuerySet["Person"]):
    def visible_to(self, actor: Officer, action: Action = Action.HOUSEHOLD_SEE) -> "PersonQuerySet":
        """The members of the households the actor sees."""
        return self.filter(household__in=Household.objects.visible_to(actor, action))


class Person(Imported):
    """One member of a household (人). The same `person_key` in two households is a doubt, and kept."""

    household = models.ForeignKey(Household, on_delete=models.CASCADE, related_name="members", verbose_name=_("户"))
    person_key = models.BigIntegerField()
    person_no = models.CharField(_("人编号"), max_length=32, null=True, blank=True)
    name = models.CharField(_("姓名"), max_length=64, blank=True)
    name_form = code(_("姓名核对"))
    sex = code(_("性别"))
    id_type = code(_("证件类型"))
    resident_id = EncryptedTextField(_("证件号码"))
    resident_id_hash = models.CharField(max_length=64, null=True, editable=False)
    id_form = code(_("证件号码核对"))
    id_birth_date = models.DateField(_("证件上的出生日期"), null=True, blank=True)
    id_sex = code(_("证件上的性别"))
    id_area = models.CharField(_("证件上的地区"), max_length=6, null=True, blank=True)
    birth_date = models.DateField(_("出生日期"), null=True, blank=True)
    relation = code(_("与户主关系"))
    ethnic = text(_("民族"))
    politics = text(_("政治面貌"))
    education = code(_("文化程度"))
    student_status = code(_("在校生状况"))
    absence_reason = text(_("失学或辍学原因"), 128)
    health = CodesField(_("健康状况"), max_length=128, null=True, blank=True)
    disability_certificate = EncryptedTextField(_("残疾证号"))
    disability_certificate_hash = models.CharField(max_length=64, null=True, editable=False)
    certificate_form = code(_("残疾证号核对"))
    certificate_kind = code(_("残疾证上的类别"))
    certificate_grade = code(_("残疾证上的等级"))
    certificate_of_id = yes_no(_("残疾证号与证件号码是否一致"))
    disability_kind = code(_("残疾类别"))
    disability_grade = code(_("残疾等级"))
    labour = code(_("劳动能力"))
    work_area = code(_("务工区域"))
    employer = text(_("务工单位"), 128)
    work_months = measure(_("务工时间(月)"))
    wage_month = money(verbose_name=_("月均工资"))
    job_channel = text(_("就业渠道"))
    public_job = text(_("公益性岗位"))
    public_job_months = measure(_("公益性岗位月数"))
    insured_medical = yes_no(_("是否参加基本医疗保险"))
    insured_medical_resident = yes_no(_("是否参加城乡居民基本医疗保险"))
    insured_medical_worker = yes_no(_("是否参加城镇职工基本医疗保险"))
    insured_serious = yes_no(_("是否参加大病保险"))
    medical_aid = yes_no(_("是否接受医疗救助"))
    insured_pension = yes_no(_("是否参加养老保险"))
    insured_pension_resident = yes_no(_("是否参加城乡居民基本养老保险"))
    insured_pension_worker = yes_no(_("是否参加城镇职工基本养老保险"))
    minimum_living = yes_no(_("是否享受低保"))
    extreme_hardship = yes_no(_("是否特困供养"))
    status = code(_("人员状态"))
    status_on = models.DateField(_("状态时间"), null=True, blank=True)
    phone = EncryptedTextField(_("联系电话"))
    phone_hash = models.CharField(max_length=64, null=True, editable=False)
    phone_form = code(_("联系电话核对"))
    phone_key = keyed()

    objects = PersonQuerySet.as_manager()

    class Meta:
        verbose_name = _("人")
        verbose_name_plural = _("人")
        indexes = [
            models.Index(fields=["person_key"], name="person_key"),
            models.Index(fields=["name"], name="person_name", opclasses=["varchar_pattern_ops"]),
            models.Index(fields=["resident_id_hash"], name="person_resident"),
            models.Index(fields=["phone_hash"], name="person_phone"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def resident_id_masked(self) -> str:
        return mask_resident_id(self.resident_id)

    @property
    def phone_masked(self) -> str:
        return mask_phone(self.phone)

    @property
    def disability_certificate_masked(self) -> str:
        return mask_resident_id(self.disability_certificate)


class HouseholdIncome(Imported):
    """What a household earned and had to spend in one income year, by component; the database computes the totals."""

    household = models.ForeignKey(
        Household, on_delete=models.CASCADE, related_name="incomes", verbose_name=_("户"), db_index=False
    )
    income_year = models.PositiveSmallIntegerField(_("收入年度"))
    members = whole(_("年度家庭人口数"))
    wage_income = money(verbose_name=_("工资性收入"))
    production_gross = money(verbose_name=_("生产经营性收入"))
    production_cost = money(verbose_name=_("生产经营性支出"))
    property_income = money(verbose_name=_("财产性收入"))
    transfer_income = money(verbose_name=_("转移性收入"))
    family_planning_payment = money(verbose_name=_("计划生育金"))
    minimum_living_payment = money(verbose_name=_("低保金"))
    extreme_hardship_payment = money(verbose_name=_("特困供养金"))
    pension_payment = money(verbose_name=_("养老金"))
    ecological_payment = money(verbose_name=_("生态补偿金"))
    kin_support = money(verbose_name=_("赡养费"))
    reward_payment = money(verbose_name=_("产业、务工奖补"))
    other_transfer = money(verbose_name=_("其他转移性收入"))
    insurance_claims = money(verbose_name=_("理赔收入"))
    rigid_own_spending = money(verbose_name=_("合规自付支出"))
    net_income = models.GeneratedField(
        verbose_name=_("年纯收入"),
        expression=NetIncome(),
        output_field=models.DecimalField(max_digits=14, decimal_places=2),
        db_persist=True,
    )
    per_capita_income = models.GeneratedField(
        verbose_name=_("人均纯收入"),
        expression=PerCapitaIncome(),
        output_field=models.DecimalField(max_digits=14, decimal_places=2),
        db_persist=True,
    )

    class Meta:
        verbose_name = _("户收入")
        verbose_name_plural = _("户收入")
        constraints = [models.UniqueConstraint(fields=["household", "income_year"], name="one_income_a_household_year")]
        indexes = [models.Index(fields=["income_year", "per_capita_income"], name="income_per_capita")]

    def __str__(self) -> str:
        return f"{self.household_id} {self.income_year}"


class RegistryState(models.Model):
    """One row: how often the registry changed. Whoever changes it locks this row, so that changes come one by one."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    version = models.PositiveBigIntegerField(default=0)
    changed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.CheckConstraint(name="registry_state_is_one_row", condition=models.Q(id=1))]

    def __str__(self) -> str:
        return str(self.version)


class VillageTally(models.Model):
    """How many households and persons a village has; worked out anew with every change of the registry."""

    region_code = models.CharField(max_length=12, primary_key=True)
    households = models.IntegerField()
    persons = models.IntegerField()

    def __str__(self) -> str:
        return f"{self.region_code} {self.households}"
