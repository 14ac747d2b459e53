"""The code lists of the field, as the national registry and the departments use them.

Source: domain-facts section I (national export columns), then the glossary and section 7 of the domain page. The
identifier (`.value`) is what data, rules and addresses use; it is never shown to people.
"""

from typing import Final

from doudi.standards.code_list import CodeList, folded

__all__ = ["CODE_LISTS", "CodeList", "find", "folded"]


class HouseholdType(CodeList):
    """What a household is in the registry (户类型)."""

    ALLEVIATED = "alleviated", "脱贫户", "Lifted out of poverty", "脱贫享受政策户", "建档立卡脱贫户", "建档立卡户"
    ALLEVIATED_WITHOUT_POLICY = (
        "alleviated_without_policy",
        "脱贫不享受政策户",
        "Lifted out, without policies",
        "脱贫不享受政策",
    )
    ORDINARY = "ordinary", "一般农户", "Ordinary rural household", "一般户", "普通农户", "农户", "非贫困户"


class MonitorType(CodeList):
    """Category of an enrolled household (监测对象类别)."""

    UNSTABLE_ALLEVIATED = "unstable_alleviated", "脱贫不稳定户", "Lifted out but unstable", "脱贫不稳定", "不稳定户"
    MARGINAL = "marginal", "边缘易致贫户", "On the edge of poverty", "边缘易致贫", "边缘户"
    SUDDEN_HARDSHIP = "sudden_hardship", "突发严重困难户", "Sudden severe hardship", "突发严重困难", "突发困难户"


class RiskType(CodeList):
    """Why a household may fall (back) into poverty (致贫返贫风险)."""

    ILLNESS = "illness", "因病", "Illness", "疾病", "因病致贫", "因大病"
    SCHOOLING = "schooling", "因学", "Cost of schooling", "因学致贫", "上学"
    DISABILITY = "disability", "因残", "Disability", "残疾", "因残致贫"
    NATURAL_DISASTER = "natural_disaster", "因自然灾害", "Natural disaster", "因灾", "自然灾害", "灾害"
    ACCIDENT = "accident", "因意外事故", "Accident", "意外事故", "因意外", "突发意外"
    BUSINESS_FAILURE = "business_failure", "因产业项目失败", "Failed business or project", "产业项目失败", "产业失败"
    UNSTABLE_EMPLOYMENT = (
        "unstable_employment",
        "因务工就业不稳",
        "Unstable employment",
        "务工就业不稳",
        "就业不稳",
        "因务工不稳",
    )
    LABOUR_SHORTAGE = "labour_shortage", "缺劳动力", "No hands to work", "因缺劳动力", "缺劳力"
    UNSAFE_HOUSING = "unsafe_housing", "因住房不安全", "Unsafe housing", "住房不安全", "因住房", "因安全住房"
    UNSAFE_WATER = "unsafe_water", "因饮水不安全", "Unsafe drinking water", "饮水不安全", "因饮水", "因安全饮水"
    OTHER = "other", "其他", "Other", "其它"


class ClearMode(CodeList):
    """How the risk of an exited household went away (风险消除方式)."""

    BY_ASSISTANCE = "by_assistance", "帮扶消除", "By assistance", "经帮扶消除"
    NATURAL = "natural", "自然消除", "Of itself", "自然消除风险"


class DevelopmentStatus(CodeList):
    """Whether development measures are carried out for a household (实施开发式帮扶措施情况)."""

    CARRIED_OUT = "carried_out", "已实施", "Carried out", "已实施开发式帮扶", "已实施开发式帮扶措施"
    NOT_YET = "not_yet", "尚未实施", "Not yet", "未实施", "暂未实施"
    NO_LABOUR = "no_labour", "无劳动力", "Nobody able to work", "无劳动能力"


class Sex(CodeList):
    """Sex of a person (性别)."""

    MALE = "male", "男", "Male", "男性", "1"
    FEMALE = "female", "女", "Female", "女性", "2"


class IdType(CodeList):
    """What kind of number stands in the id column (证件类型)."""

    RESIDENT_ID = "resident_id", "居民身份证", "Resident id card", "身份证", "居民身份证(户口簿)", "居民户口簿"
    DISABILITY_CERTIFICATE = "disability_certificate", "残疾人证", "Disability certificate", "残疾证"
    OTHER = "other", "其他", "Other", "其它", "无"


class Relation(CodeList):
    """What a member is to the head of the household (与户主关系)."""

    HEAD = "head", "户主", "Head", "本人", "本人或户主"
    SPOUSE = "spouse", "配偶", "Spouse", "妻子", "丈夫", "妻", "夫", "之妻", "之夫"
    SON = "son", "之子", "Son", "儿子", "子", "长子", "次子", "三子", "独生子", "养子", "继子"
    DAUGHTER = "daughter", "之女", "Daughter", "女儿", "长女", "次女", "三女", "独生女", "养女", "继女", "女"
    DAUGHTER_IN_LAW = "daughter_in_law", "之儿媳", "Daughter-in-law", "儿媳", "儿媳妇"
    SON_IN_LAW = "son_in_law", "之女婿", "Son-in-law", "女婿"
    GRANDSON = "grandson", "之孙子", "Grandson (son's side)", "孙子", "孙"
    GRANDDAUGHTER = "granddaughter", "之孙女", "Granddaughter (son's side)", "孙女"
    DAUGHTERS_SON = "daughters_son", "之外孙子", "Grandson (daughter's side)", "外孙子", "外孙"
    DAUGHTERS_DAUGHTER = "daughters_daughter", "之外孙女", "Granddaughter (daughter's side)", "外孙女"
    FATHER = "father", "之父", "Father", "父亲", "父"
    MOTHER = "mother", "之母", "Mother", "母亲", "母"
    WIFES_FATHER = "wifes_father", "之岳父", "Wife's father", "岳父"
    WIFES_MOTHER = "wifes_mother", "之岳母", "Wife's mother", "岳母"
    HUSBANDS_FATHER = "husbands_father", "之公公", "Husband's father", "公公"
    HUSBANDS_MOTHER = "husbands_mother", "之婆婆", "Husband's mother", "婆婆"
    GRANDFATHER = "grandfather", "之祖父", "Grandfather", "祖父", "爷爷"
    GRANDMOTHER = "grandmother", "之祖母", "Grandmother", "祖母", "奶奶"
    MOTHERS_FATHER = "mothers_father", "之外祖父", "Mother's father", "外祖父", "外公"
    MOTHERS_MOTHER = "mothers_mother", "之外祖母", "Mother's mother", "外祖母", "外婆"
    SIBLING = (
        "sibling", "之兄弟姐妹", "Brother or sister",
        "兄弟姐妹", "之兄", "之弟", "之姐", "之妹", "兄", "弟", "姐", "妹", "兄弟", "哥哥", "弟弟", "姐姐", "妹妹",
    )  # fmt: skip
    GREAT_GRANDSON = "great_grandson", "之曾孙子", "Great-grandson", "曾孙子", "曾孙"
    GREAT_GRANDDAUGHTER = "great_granddaughter", "之曾孙女", "Great-granddaughter", "曾孙女"
    NEPHEW = "nephew", "之侄儿", "Nephew", "侄儿", "侄子"
    NIECE = "niece", "之侄女", "Niece", "侄女"
    BROTHERS_WIFE = "brothers_wife", "之兄弟媳妇", "Brother's wife", "兄弟媳妇", "弟媳", "嫂子"
    UNCLE = "uncle", "之叔伯", "Uncle", "叔伯", "叔叔", "伯父"
    OTHER = "other", "其他", "Other", "其它", "其他关系", "非亲属"


class Politics(CodeList):
    """Political status (政治面貌)."""

    PARTY_MEMBER = "party_member", "中共党员", "Party member", "党员"
    PROBATIONARY_PARTY_MEMBER = "probationary_party_member", "中共预备党员", "Probationary party member", "预备党员"
    LEAGUE_MEMBER = "league_member", "共青团员", "Youth League member", "团员"
    MASSES = "masses", "群众", "None", "普通群众"


class Education(CodeList):
    """Highest schooling completed (文化程度); blank for pupils and students."""

    ILLITERATE = "illiterate", "文盲或半文盲", "Illiterate or nearly", "文盲", "半文盲", "文盲半文盲", "文盲/半文盲"
    PRIMARY = "primary", "小学", "Primary school", "小学文化"
    JUNIOR_MIDDLE = "junior_middle", "初中", "Junior middle school", "初级中学"
    SENIOR_MIDDLE = (
        "senior_middle",
        "高中",
        "Senior middle school",
        "高中/中专",
        "中专",
        "高中(中专)",
        "中职",
        "高级中学",
        "职高",
    )
    COLLEGE = "college", "大专", "College", "专科", "高职", "大学专科"
    UNIVERSITY = "university", "本科及以上", "University or above", "本科", "大学本科", "大学", "研究生", "硕士", "博士"
    UNDER_SCHOOL_AGE = "under_school_age", "学龄前儿童", "Under school age", "学龄前"


class StudentStatus(CodeList):
    """Where a pupil or student stands (在校生状况); blank or `not_student` for everybody else."""

    UNDER_SCHOOL_AGE = "under_school_age", "学龄前儿童", "Under school age", "学龄前"
    PRESCHOOL = "preschool", "学前教育", "Preschool", "学前", "幼儿园", "学前班"
    PRIMARY = "primary", "小学", "Primary school", "小学生"
    GRADE_7 = "grade_7", "七年级", "Grade 7", "初一", "初中一年级", "初中"
    GRADE_8 = "grade_8", "八年级", "Grade 8", "初二", "初中二年级"
    GRADE_9 = "grade_9", "九年级", "Grade 9", "初三", "初中三年级"
    SENIOR_1 = "senior_1", "普通高中一年级", "Senior middle school 1", "高一", "高中一年级", "普通高中", "高中"
    SENIOR_2 = "senior_2", "普通高中二年级", "Senior middle school 2", "高二", "高中二年级"
    SENIOR_3 = "senior_3", "普通高中三年级", "Senior middle school 3", "高三", "高中三年级"
    VOCATIONAL_1 = "vocational_1", "中职一年级", "Vocational school 1", "中职", "中专", "中等职业学校一年级"
    VOCATIONAL_2 = "vocational_2", "中职二年级", "Vocational school 2", "中等职业学校二年级"
    VOCATIONAL_3 = "vocational_3", "中职三年级", "Vocational school 3", "中等职业学校三年级"
    COLLEGE_1 = "college_1", "高职高专一年级", "College 1", "高职", "大专", "高职高专", "大专一年级"
    COLLEGE_2 = "college_2", "高职高专二年级", "College 2", "大专二年级"
    COLLEGE_3 = "college_3", "高职高专三年级", "College 3", "大专三年级"
    TECHNICIAN_1 = "technician_1", "技师学院一年级", "Technician college 1", "技师学院"
    TECHNICIAN_2 = "technician_2", "技师学院二年级", "Technician college 2"
    TECHNICIAN_3 = "technician_3", "技师学院三年级", "Technician college 3"
    TECHNICIAN_4 = "technician_4", "技师学院四年级", "Technician college 4"
    UNIVERSITY_1 = "university_1", "本科一年级", "University 1", "本科", "大一", "大学"
    UNIVERSITY_2 = "university_2", "本科二年级", "University 2", "大二"
    UNIVERSITY_3 = "university_3", "本科三年级", "University 3", "大三"
    UNIVERSITY_4 = "university_4", "本科四年级", "University 4", "大四"
    UNIVERSITY_5 = "university_5", "本科五年级", "University 5", "大五"
    POSTGRADUATE = "postgraduate", "硕士研究生及以上", "Postgraduate", "研究生", "硕士研究生", "博士研究生"
    NOT_STUDENT = "not_student", "非在校生", "Not at school", "不在校", "未在校", "否"


class AbsenceReason(CodeList):
    """Why a child of compulsory-school age is not at school (义务教育阶段未上学原因)."""

    ILLNESS = "illness", "因病", "Illness", "疾病", "生病"
    DISABILITY = "disability", "因残", "Disability", "残疾", "重度残疾"
    HOME_TEACHING = "home_teaching", "送教", "Taught at home", "送教上门"
    DEFERRED = "deferred", "缓学", "Entry deferred", "延缓入学"
    SUSPENDED = "suspended", "休学", "Suspended", "因病休学"
    DROPPED_OUT = "dropped_out", "辍学", "Dropped out", "失学", "厌学", "失学辍学", "因厌学"
    WORKING = "working", "外出务工", "Went out to work", "务工"
    OTHER = "other", "其他", "Other", "其它"


class HealthCondition(CodeList):
    """State of health (健康状况); several may be true, 健康 excludes the rest."""

    HEALTHY = "healthy", "健康", "Healthy", "良好", "健康或良好", "健康良好"
    CHRONIC_DISEASE = "chronic_disease", "长期慢性病", "Chronic disease", "慢性病", "患有慢性病", "长期慢病"
    MAJOR_DISEASE = "major_disease", "患有大病", "Major disease", "大病", "重病", "患大病", "重大疾病"
    DISABLED = "disabled", "残疾", "Disabled", "残疾人", "有残疾"


class DisabilityKind(CodeList):
    """Kind of disability (残疾类别), in the order of their numbers in the certificate."""

    SIGHT = "sight", "视力", "Sight", "视力残疾", "1"
    HEARING = "hearing", "听力", "Hearing", "听力残疾", "2"
    SPEECH = "speech", "言语", "Speech", "言语残疾", "3"
    LIMB = "limb", "肢体", "Limbs", "肢体残疾", "4"
    INTELLECT = "intellect", "智力", "Intellect", "智力残疾", "5"
    MENTAL = "mental", "精神", "Mental", "精神残疾", "6"
    MULTIPLE = "multiple", "多重", "Multiple", "多重残疾", "7"

    @classmethod
    def by_number(cls, number: int) -> "DisabilityKind":
        """The kind that a digit 1–7 of a certificate means. Raises ValueError for another number."""
        kinds = tuple(cls)
        if not 1 <= number <= len(kinds):
            raise ValueError(f"残疾类别代码应为1至7：{number}")
        return kinds[number - 1]

    @property
    def number(self) -> int:
        return tuple(DisabilityKind).index(self) + 1


class DisabilityGrade(CodeList):
    """Grade of disability (残疾等级), 1 the severest; the identifier is the digit."""

    FIRST = "1", "一级", "Grade 1", "1级", "壹级", "Ⅰ级", "一"
    SECOND = "2", "二级", "Grade 2", "2级", "贰级", "Ⅱ级", "二"
    THIRD = "3", "三级", "Grade 3", "3级", "叁级", "Ⅲ级", "三"
    FOURTH = "4", "四级", "Grade 4", "4级", "肆级", "Ⅳ级", "四"

    @property
    def number(self) -> int:
        return int(self.value)


class Labour(CodeList):
    """Capacity and skill for work (劳动技能)."""

    SKILLED = "skilled", "技能劳动力", "Skilled worker", "技能型劳动力"
    ORDINARY = "ordinary", "普通劳动力", "Ordinary worker", "普通全劳动力", "有劳动能力", "正常劳动力", "全劳动力"
    WEAK = "weak", "弱劳动力或半劳动力", "Weak or half capacity", "弱劳动力", "半劳动力", "弱(半)劳动力", "弱劳力"
    LOST = "lost", "丧失劳动力", "Capacity lost", "丧失劳动能力"
    NONE = "none", "无劳动力", "No capacity", "无劳动能力"


class WorkArea(CodeList):
    """How far away somebody works (务工区域)."""

    TOWNSHIP = "township", "乡内", "In the township", "乡镇内", "乡(镇)内"
    COUNTY = "county", "县内", "In the county", "县内乡外", "乡外县内", "乡镇外县内"
    CITY = "city", "市内县外", "In the city, outside the county", "县外市内"
    PROVINCE = "province", "省内市外", "In the province, outside the city", "市外省内", "县外省内"
    OTHER_PROVINCE = "other_province", "省外", "In another province", "外省"
    ABROAD = "abroad", "境外", "Abroad", "国外"


class JobChannel(CodeList):
    """How somebody found the work (就业渠道)."""

    SELF = "self", "自主", "On one's own", "自主就业", "自主创业", "自行就业", "亲友介绍"
    GOVERNMENT = "government", "政府组织", "Organised by government", "政府组织劳务输出", "劳务输出"
    WORKSHOP = "workshop", "帮扶车间", "Assistance workshop", "就业帮扶车间", "扶贫车间"
    PUBLIC_JOB = "public_job", "公益性岗位", "Public-welfare post", "公益岗", "公益岗位"
    WORK_RELIEF = "work_relief", "以工代赈", "Work relief", "以工代赈项目"
    AGENCY = "agency", "劳务中介", "Labour agency", "中介", "劳务公司"
    LEADING_FIRM = "leading_firm", "龙头企业", "Leading firm", "企业吸纳", "合作社吸纳"
    OTHER = "other", "其他", "Other", "其它"


class PublicJob(CodeList):
    """Kind of public-welfare post (公益性岗位)."""

    FOREST_RANGER = "forest_ranger", "护林员", "Forest ranger", "生态护林员", "护林"
    CLEANER = "cleaner", "保洁", "Cleaner", "保洁员"
    ROAD_KEEPER = "road_keeper", "护路", "Road keeper", "护路员"
    WATER_KEEPER = "water_keeper", "护水", "Water keeper", "护水员", "水管员"
    CARER = "carer", "护理员", "Carer", "养老护理"
    OTHER = "other", "其他", "Other", "其它", "其他公益岗"


class PersonStatus(CodeList):
    """Whether a registered person still counts (人员状态, 增减变动)."""

    ACTIVE = "active", "在册", "Active", "正常", "自然增加", "在家", "出生", "婚入", "迁入"
    DEAD = "dead", "死亡", "Dead", "去世", "已死亡", "已故"
    MOVED_OUT = "moved_out", "迁出", "Moved out", "婚出", "户口迁出", "已迁出"
    MISSING = "missing", "失联", "Whereabouts unknown", "失踪"
    IN_PRISON = "in_prison", "服刑", "In prison", "收监"
    IN_ARMY = "in_army", "参军", "In the army", "服役", "服兵役", "现役军人"


class HousingGrade(CodeList):
    """Safety of a house (住房等级): A and B safe, C partly dangerous, D dangerous as a whole."""

    A = "A", "A级", "Grade A", "A"
    B = "B", "B级", "Grade B", "B"
    C = "C", "C级", "Grade C", "C"
    D = "D", "D级", "Grade D", "D"


class RoadType(CodeList):
    """Surface of the road to the house (入户路类型)."""

    CONCRETE = "concrete", "水泥路", "Concrete", "硬化路", "水泥", "水泥硬化路"
    ASPHALT = "asphalt", "沥青路", "Asphalt", "柏油路"
    GRAVEL = "gravel", "砂石路", "Gravel", "沙石路"
    BRICK = "brick", "砖铺路", "Brick", "砖路"
    EARTH = "earth", "泥土路", "Earth", "土路"


class Level(CodeList):
    """How urgent an alert is."""

    RED = "red", "红色", "Red", "红", "红色预警"
    YELLOW = "yellow", "黄色", "Yellow", "黄", "黄色预警"


class Channel(CodeList):
    """The three ways in which a clue comes in (线索来源)."""

    SELF_APPLICATION = "self_application", "农户自主申报", "Farmer's own application", "自主申报"
    CADRE_VISIT = "cadre_visit", "干部走访排查", "Cadre's visit", "走访排查", "干部走访"
    DEPARTMENT_SCREENING = "department_screening", "部门筛查预警", "Department screening", "筛查预警", "部门筛查"


class Department(CodeList):
    """The offices of a county that hand in data and answer for rules (行业部门)."""

    RURAL_REVITALISATION = "rural_revitalisation", "乡村振兴", "Rural revitalisation", "乡村振兴局", "县乡村振兴局"
    COUNTY_CENTRE = "county_centre", "县乡村振兴服务中心", "County centre", "乡村振兴服务中心"
    MEDICAL_INSURANCE = "medical_insurance", "医保", "Medical insurance", "医保局", "医疗保障局"
    HEALTH = "health", "卫健", "Health", "卫健局", "卫生健康局"
    EDUCATION = "education", "教育", "Education", "教育局", "教科局", "教育科技局"
    DISABLED_FEDERATION = "disabled_federation", "残联", "Disabled persons' federation", "残疾人联合会"
    CIVIL_AFFAIRS = "civil_affairs", "民政", "Civil affairs", "民政局"
    HOUSING = "housing", "住建", "Housing", "住建局", "住房和城乡建设局"
    WATER = "water", "水利", "Water", "水利局", "水务局"
    HUMAN_RESOURCES = "human_resources", "人社", "Human resources", "人社局", "人力资源和社会保障局"
    EMERGENCY = "emergency", "应急", "Emergency management", "应急局", "应急管理局"
    NATURAL_RESOURCES = "natural_resources", "自然资源", "Natural resources", "自然资源局", "不动产登记中心"
    PUBLIC_SECURITY = "public_security", "公安", "Public security", "公安局"
    MARKET_REGULATION = "market_regulation", "市场监管", "Market regulation", "市场监管局", "市场监督管理局"
    TAXATION = "taxation", "税务", "Taxation", "税务局"
    AGRICULTURE = "agriculture", "农业农村", "Agriculture", "农业农村局"
    FINANCE = "finance", "财政", "Finance", "财政局"
    ORGANISATION = "organisation", "组织", "Organisation", "组织部"
    COMPLAINTS = "complaints", "信访", "Letters and calls", "信访局"
    BANKING_INSURANCE = "banking_insurance", "银行保险", "Banks and insurers", "金融"


class PolicyArea(CodeList):
    """What an assistance policy helps with (政策领域)."""

    MEDICAL = "medical", "医疗", "Medical care"
    EDUCATION = "education", "教育", "Education"
    HOUSING = "housing", "住房", "Housing"
    WATER = "water", "饮水", "Drinking water"
    MINIMUM_LIVING = "minimum_living", "基本生活保障", "Minimum living"
    TEMPORARY_RELIEF = "temporary_relief", "临时救助", "Temporary relief"
    DISABILITY = "disability", "残疾", "Disability"
    JOBS = "jobs", "就业", "Jobs"
    SUBSIDIES = "subsidies", "惠农补贴", "Farming subsidies"
    INDUSTRY = "industry", "产业", "Industry"
    MICROCREDIT = "microcredit", "小额信贷", "Microcredit"
    RELOCATION = "relocation", "易地搬迁", "Relocation"
    SOCIAL = "social", "社会帮扶", "Social support"


class EntitlementState(CodeList):
    """What became of a policy for somebody (享受情况)."""

    GAP = "gap", "应享未享", "Due, not received"
    OVER = "over", "不应享而享", "Received, not due"
    CANNOT_TELL = "cannot_tell", "待核对", "To be checked"
    RECEIVED = "received", "已享受", "Received"


class WorkConflict(CodeList):
    """In what the sources about somebody's work contradict each other, or say what cannot be (就业数据矛盾)."""

    WORKS = "works", "是否务工", "Working or not"
    MONTHS = "months", "务工月数", "Months of work"
    PLACE = "place", "务工地点", "Place of work"
    EMPLOYER = "employer", "务工单位", "Employer"
    WAGE = "wage", "月收入", "Monthly wage"
    CHANNEL = "channel", "就业渠道", "Job channel"
    IMPOSSIBLE_MONTHS = "impossible_months", "月数或时间不可能", "Months or dates that cannot be"
    IMPOSSIBLE_WAGE = "impossible_wage", "月收入不合理", "A wage that cannot be"
    AFTER_LEAVING = "after_leaving", "死亡或服刑后仍有记录", "Records after death or imprisonment"


class CheckTopic(CodeList):
    """What part of the registry a check of its data looks at (数据核查的类别)."""

    IDENTITY = "identity", "身份信息", "Identity"
    HOUSEHOLD = "household", "家庭成员", "Household"
    REGION = "region", "行政区划", "Region"
    INCOME = "income", "收入", "Income"
    MONITORING = "monitoring", "监测与帮扶", "Monitoring and help"
    WORK = "work", "务工", "Work"
    SCHOOL = "school", "教育", "School"
    HEALTH = "health", "健康与残疾", "Health and disability"
    LABOUR = "labour", "劳动能力", "Labour capacity"
    HOUSING = "housing", "住房与生活条件", "Housing and living conditions"
    WATER = "water", "饮水", "Drinking water"
    INSURANCE = "insurance", "保险与保障", "Insurance and social protection"
    MEASURE = "measure", "帮扶措施", "Measures"
    EMPLOYMENT = "employment", "就业数据比对", "Employment data compared"


class CheckSeverity(CodeList):
    """How sure a check is that a cell is wrong (数据问题的程度)."""

    ERROR = "error", "错误", "Error", "E"
    DOUBT = "doubt", "疑点", "Doubt", "W"


CODE_LISTS: Final[dict[str, type[CodeList]]] = {
    "household_type": HouseholdType,
    "monitor_type": MonitorType,
    "risk_type": RiskType,
    "clear_mode": ClearMode,
    "dev_status": DevelopmentStatus,
    "sex": Sex,
    "id_type": IdType,
    "relation": Relation,
    "politics": Politics,
    "education": Education,
    "student_status": StudentStatus,
    "absence_reason": AbsenceReason,
    "health_condition": HealthCondition,
    "disability_kind": DisabilityKind,
    "disability_grade": DisabilityGrade,
    "labour": Labour,
    "work_area": WorkArea,
    "job_channel": JobChannel,
    "public_job": PublicJob,
    "person_status": PersonStatus,
    "housing_grade": HousingGrade,
    "road_type": RoadType,
    "level": Level,
    "channel": Channel,
    "department": Department,
    "policy_area": PolicyArea,
    "entitlement_state": EntitlementState,
    "check_topic": CheckTopic,
    "work_conflict": WorkConflict,
    "check_severity": CheckSeverity,
}
"""Every list by the name under which column contracts and pages ask for it."""


def find(list_name: str, text: str) -> CodeList | None:
    """The member of a list that a text names by label, alias or identifier. Raises KeyError for an unknown list."""
    return CODE_LISTS[list_name].named(text)
