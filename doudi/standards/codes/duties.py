"""Code lists of what offices do: alerts, channels, departments, policies, checks of the data."""

from doudi.standards.code_list import CodeList


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
