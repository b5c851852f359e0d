"""Names, numbers and lives of people who do not exist. No Django; the same ``Random`` gives the same people."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from random import Random

from stdnum.cn import ric

# A code that no region of the country bears: the numbers pass every check and belong to nobody.
REGION = "429900"
# No operator was given numbers that begin like this.
MOBILE = "100"

SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文"
# (born before, given names of men, of women): each generation is named after its time
COHORTS: tuple[tuple[int, str, str], ...] = (
    (1955, "大山 德福 长根 水生 金山 有才 守田 福生 贵元 明德 炳南 正兴 来发 世昌 木生 友良", "桂兰 秀英 春香 冬梅 玉珍 菊英 凤仙 金莲 腊梅 翠娥"),
    (1968, "建国 国平 卫东 爱民 建设 志刚 跃进 援朝 永红 保国 向阳 新民 运来 忠诚 国栋 学农", "爱华 秀珍 红英 建英 玉兰 卫红 春莲 淑芬 桂香 月娥"),
    (1980, "建军 志强 勇 军 海涛 文斌 小平 伟 红兵 春生 国庆 立新 晓明 学军 世平 新华", "丽华 红梅 小红 艳 春燕 敏 彩霞 海燕 秋菊 玉梅"),
    (1992, "磊 鹏 超 斌 俊 峰 凯 亮 辉 志伟 海波 文杰 晓东 小龙 庆 建平", "婷 丹 静 娟 莉 雪梅 晓燕 慧 芳 琴"),
    (2100, "浩 子轩 宇航 俊杰 天宇 博文 嘉豪 志远 思源 一鸣 晨 泽宇 家乐 文博", "雨欣 梦婷 佳怡 思雨 欣怡 诗涵 晓雯 静怡 梓涵 雅婷"),
)  # fmt: skip
AWAY_TO = (
    "广东省东莞市",
    "广东省深圳市",
    "浙江省义乌市",
    "浙江省宁波市",
    "江苏省苏州市",
    "福建省晋江市",
    "上海市",
    "省城务工",
)
# (years of age from, weight): over half are older than 55
AGES = ((22, 4), (30, 9), (38, 12), (47, 19), (56, 22), (64, 21), (72, 10), (79, 3))
EDUCATION_OLD = ("小学", "初中", "初中", "初中", "高中", "中专")
EDUCATION_MIDDLE = ("初中", "初中", "高中", "高中", "中专", "大学专科")
EDUCATION_YOUNG = ("高中", "中专", "大学专科", "大学专科", "大学本科")


@dataclass(frozen=True, slots=True)
class Person:
    """A life as the roster tells it; ``diligence`` (0–1) is how likely the person is to come."""

    name: str
    female: bool
    born: dt.date
    id_number: str
    mobile: str
    education: str
    joined_on: dt.date
    confirmed_on: dt.date | None
    away_to: str
    diligence: float


def person(random: Random, serial: int, today: dt.date, ages: tuple[tuple[int, int], ...] = AGES) -> Person:
    """The ``serial``-th person of the county, as of a day."""
    female = random.random() < 0.27
    first = random.choices([age for age, _weight in ages], [weight for _age, weight in ages])[0]
    born = today - dt.timedelta(days=round((first + random.random() * 8) * 365.25))
    age = (today - born).days // 365
    probationary = age < 45 and random.random() < 0.09
    joined = today - dt.timedelta(days=random.randint(20, 340)) if probationary else _joined(random, born, today)
    away = age < 60 and random.random() < 0.17
    return Person(
        name=name(random, born.year, female),
        female=female,
        born=born,
        id_number=id_number(born, serial, female),
        mobile=f"{MOBILE}{serial:08d}" if age < 78 or random.random() < 0.4 else "",
        education=_education(random, age),
        joined_on=joined,
        confirmed_on=None if probationary else joined + dt.timedelta(days=366),
        away_to=random.choice(AWAY_TO) if away else "",
        diligence=_diligence(random, away),
    )


def _joined(random: Random, born: dt.date, today: dt.date) -> dt.date:
    """A day between the twentieth birthday and a year and a half ago."""
    first = born + dt.timedelta(days=20 * 366)
    last = max(first, min(today - dt.timedelta(days=550), born + dt.timedelta(days=48 * 365)))
    joined = first + dt.timedelta(days=random.randint(0, (last - first).days))
    return min(joined, today - dt.timedelta(days=550))


def _education(random: Random, age: int) -> str:
    if age >= 60:
        return random.choice(EDUCATION_OLD)
    return random.choice(EDUCATION_MIDDLE if age >= 42 else EDUCATION_YOUNG)


def _diligence(random: Random, away: bool) -> float:
    """Most come, some seldom, a few never; who lives away comes at the New Year and studies on the phone."""
    if random.random() < 0.02:
        return 0.0
    return random.betavariate(2, 4) if away else random.betavariate(4.2, 1.6)


def name(random: Random, year: int, female: bool) -> str:
    """A name as it was given in a year."""
    men, women = next((men, women) for before, men, women in COHORTS if year < before)
    return random.choice(SURNAMES) + random.choice((women if female else men).split())


def id_number(born: dt.date, serial: int, female: bool) -> str:
    """An 18-digit number with a right checksum in a region that does not exist (GB 11643)."""
    order = (serial * 2) % 1000 + (0 if female else 1)
    body = f"{REGION}{born:%Y%m%d}{order:03d}"
    return body + str(ric.calc_check_digit(body + "0"))
