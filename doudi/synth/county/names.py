"""Made-up names of people and places. Nothing here is meant to be anybody or anywhere."""

import numpy as np

SURNAMES = tuple(
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任姜范方石"
)
GIVEN_FIRST = tuple("建国文志明永春秋玉金银桂兰秀淑丽海江长兴福德仁义和平安世俊子雨思欣嘉梓宇晓红小")
GIVEN_LAST = tuple("军民强华林生山川贵财成功才发英芳香梅莲花琴珍霞云涛波浩轩涵怡琪瑶阳晨辉龙虎")

MALE_LAST, FEMALE_LAST = tuple("军民强生山贵财成功才发涛波浩轩辉龙虎川阳"), tuple("英芳香梅莲花琴珍霞云涵怡琪瑶华晨")

TOWNSHIP_WORDS = ("示例", "演示", "样板", "虚构", "模拟", "仿真", "假想", "试用", "例题", "草图", "练习", "参照")
TOWNSHIP_ORDER = tuple("甲乙丙丁戊己庚辛壬癸子丑寅卯辰巳午未申酉戌亥")
VILLAGE_WORDS = (
    "例如", "假设", "比方", "譬如", "设想", "样例", "草稿", "试写", "空白", "示范", "假定", "举例",
    "虚设", "练笔", "演算", "测验", "范文", "模型", "沙盘", "副本", "缩影", "插图", "注脚", "附录",
)  # fmt: skip
VILLAGE_SIDES = ("", "上", "下", "东", "西", "南", "北", "前", "后", "大", "小")
VILLAGE_KINDS = ("庄", "沟", "坪", "湾", "岭", "堡", "川", "塬", "洼")
NATURAL_VILLAGES = ("一组", "二组", "三组", "四组", "五组", "六组")

PROVINCE, CITY, COUNTY = "示例省", "演示市", "兜底示例县"
EMPLOYERS = (
    "示例建筑劳务公司",
    "演示电子厂",
    "虚构服装厂",
    "样板物流公司",
    "模拟餐饮店",
    "仿真家具厂",
    "假想农业合作社",
    "练习装修队",
)
HOSPITALS = ("示例县人民医院", "演示市中心医院", "虚构省立医院", "样板乡卫生院", "模拟中医院")
SCHOOLS = ("示例小学", "演示中心小学", "样板初级中学", "虚构第二中学", "模拟高级中学", "仿真职业中学", "假想大学")
HELPER_UNITS = ("县示例局", "县演示局", "县样板中心", "乡政府", "县虚构银行", "县模拟学校")
RESETTLEMENT_SITES = ("示例安置区", "演示新村安置区")
BANKS = ("示例农商银行", "演示农业银行", "样板邮储银行")
MAJOR_DISEASES = (
    "终末期肾病",
    "肺癌",
    "胃癌",
    "乳腺癌",
    "急性心肌梗死",
    "脑梗死",
    "儿童白血病",
    "重性精神疾病",
    "肝癌",
    "食管癌",
)
CHRONIC_DISEASES = ("高血压", "糖尿病", "冠心病", "类风湿关节炎", "慢性阻塞性肺疾病", "脑卒中后遗症")
ETHNIC_GROUPS = ("汉族", "回族", "满族", "蒙古族", "壮族")


def person_name_pool() -> tuple[list[str], int]:
    """All full names, grouped by surname: male given names then female ones; and how many one surname has (even)."""
    male = [first + last for first in GIVEN_FIRST for last in MALE_LAST[:16]] + list(MALE_LAST)
    female = [first + last for first in GIVEN_FIRST for last in FEMALE_LAST[:16]] + list(FEMALE_LAST)
    size = min(len(male), len(female))
    given = male[:size] + female[:size]
    return [surname + name for surname in SURNAMES for name in given], len(given)


def township_names(count: int) -> list[str]:
    """Distinct made-up names of townships, some 乡 and some 镇."""
    names = []
    for number in range(count):
        word = TOWNSHIP_WORDS[number % len(TOWNSHIP_WORDS)]
        order = TOWNSHIP_ORDER[number % len(TOWNSHIP_ORDER)]
        turn = number // (len(TOWNSHIP_WORDS) * 11)
        names.append(word + order + (str(turn + 1) if turn else "") + ("镇" if number % 3 == 0 else "乡"))
    return names


def village_names(rng: np.random.Generator, count: int) -> list[str]:
    """`count` made-up names of villages, distinct inside a township."""
    pool = [word + side + kind + "村" for word in VILLAGE_WORDS for side in VILLAGE_SIDES for kind in VILLAGE_KINDS]
    return [pool[index] for index in rng.permutation(len(pool))[:count]]
