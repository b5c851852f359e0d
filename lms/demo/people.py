"""Who lives in the demo county: the roster, the offices, the exemptions, the accounts that can sign in."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from random import Random

from lms.demo import names
from lms.demo.geography import County
from lms.goals.models import Exemption
from lms.goals.services import exempt_many
from lms.members import accounts, services
from lms.members.models import Member, Post, RoleGrant, Unit, User

PASSWORD = "xiangxue-demo"  # noqa: S105 (the demo county's, printed on its first page)
OFFICES = (Post.Office.SECRETARY, Post.Office.DEPUTY, Post.Office.COMMITTEE, Post.Office.COMMITTEE)
EXEMPT_AGE = 80
# (index on the roster, age from): the first branch has somebody to be the ``elder`` and somebody to be the ``member``.
ELDER, MEMBER = (1, 71), (2, 62)
FARMING = ("葡萄", "黄栀子", "优质稻", "蚕桑", "蜜梨", "蜜桃")
"""What the villages grow, a crop a village."""
JOBS = {"organ": "公务员", "enterprise": "企业职工", "village": "务农", "other": "农场职工"}
Role = RoleGrant.Role


@dataclass(slots=True)
class Population:
    """The people by branch (unit id), how diligent each is (member id), and who leads."""

    by_branch: dict[int, list[Member]]
    diligence: dict[int, float]
    leaders: list[Member]

    @property
    def everybody(self) -> list[Member]:
        """All members in order of their codes."""
        return [member for members in self.by_branch.values() for member in members]


def age_in(member: Member, year: int) -> int:
    """How old a person of the demo county turns in a year; all have a birthday."""
    return year - (member.birth_date or dt.date(year, 1, 1)).year


def _town(unit: Unit) -> str:
    """The path of the town that a branch belongs to."""
    return unit.path[: 2 * Unit.steplen]


def populate(county: County, count: int, random: Random, today: dt.date) -> Population:
    """Insert ``count`` members over the branches, as even as villages are, with offices and exemptions."""
    seats = _seats(county.branches, count, random)
    people = [names.person(random, serial, today) for serial in range(1, count + 1)]
    for index, age in (ELDER, MEMBER):
        people[index] = names.person(random, index + 1, today, ages=((age, 1),))
    codes = services.next_codes(count)
    made = services.create_members(
        [_member(*row) for row in zip(seats, codes, people, strict=True)], by=None, reason="演示数据"
    )
    found = Population({unit.pk: [] for unit in county.branches}, {}, [])
    # Towns differ as they do in life: some are ahead, some behind.
    spirit = {town: random.uniform(0.78, 1.2) for town in sorted({_town(unit) for unit in county.branches})}
    for member, person in zip(made, people, strict=True):
        found.by_branch[member.unit_id].append(member)
        found.diligence[member.pk] = min(1.0, person.diligence * spirit[_town(member.unit)])
    _appoint(found, county, random, today)
    _exempt(found, random, today)
    return found


def _seats(branches: list[Unit], count: int, random: Random) -> list[Unit]:
    """A branch for each member, in order: five to each, the rest by chance (``count`` permitting)."""
    least = min(5, count // len(branches))
    seats = [index for index in range(len(branches)) for _ in range(least)]
    weights = [0.5 + random.random() for _ in branches]
    seats += random.choices(range(len(branches)), weights, k=count - len(seats))
    return [branches[index] for index in sorted(seats)]


def _member(unit: Unit, code: str, person: names.Person) -> Member:
    at_home = unit.setting == Unit.Setting.VILLAGE and not person.away_to
    return services.build(
        unit=unit,
        code=code,
        id_number=person.id_number,
        name=person.name,
        sex=Member.Sex.FEMALE if person.female else Member.Sex.MALE,
        nation="汉族",
        birth_date=person.born,
        education=person.education,
        category=Member.Category.FULL if person.confirmed_on else Member.Category.PROBATIONARY,
        joined_on=person.joined_on,
        confirmed_on=person.confirmed_on,
        job="外出务工" if person.away_to else JOBS[unit.setting],
        industry=_crop(unit, code) if at_home else "",
        mobile=person.mobile,
        away=bool(person.away_to),
        away_to=person.away_to,
    )


def _crop(unit: Unit, code: str) -> str:
    """The crop of the village; of four people one grows what the next village grows."""
    place = sum(map(ord, unit.code)) + (int(code[1:]) % 4 == 0)
    return FARMING[place % len(FARMING)]


def _appoint(people: Population, county: County, random: Random, today: dt.date) -> None:
    """A secretary and a committee for each branch, from its full members at home, the youngest of those who come."""
    posts = []
    kept = {people.everybody[index].pk for index, _age in (ELDER, MEMBER)}
    since = dt.date(today.year - 2, 1, 1)
    for unit in county.branches:
        able = [
            member
            for member in people.by_branch[unit.pk]
            if member.category == Member.Category.FULL and not member.away and member.pk not in kept
        ]
        able.sort(key=lambda member: (abs(age_in(member, today.year) - 48), member.code))
        size = 4 if len(people.by_branch[unit.pk]) >= 12 else 3
        for office, member in zip(OFFICES[:size], able, strict=False):
            started = since + dt.timedelta(days=random.randint(0, 240))
            posts.append(Post(member=member, unit=unit, office=office, started_on=started))
            people.leaders.append(member)
            people.diligence[member.pk] = min(1.0, people.diligence[member.pk] * 0.5 + 0.5)
    people.diligence.update({people.everybody[index].pk: 0.7 for index, _age in (ELDER, MEMBER)})
    services.appoint_many(posts, by=None)


def _exempt(people: Population, random: Random, today: dt.date) -> None:
    """The very old, and a few who are ill, need not (条例 art. 23)."""
    spared = {member.pk for member in people.leaders} | {people.everybody[index].pk for index, _age in (ELDER, MEMBER)}
    rows = []
    for member in people.everybody:
        age = age_in(member, today.year)
        ill = random.random() < 0.006
        if member.pk in spared or not (age >= EXEMPT_AGE or ill):
            continue
        reason = Exemption.Reason.AGE if age >= EXEMPT_AGE else Exemption.Reason.ILLNESS
        row = Exemption(member=member, reason=reason, document=f"青组函〔{today.year}〕3号")
        row.starts_on, row.ends_on = dt.date(today.year, 1, 1), dt.date(today.year, 12, 31)
        rows.append(row)
        people.diligence[member.pk] *= 0.2
    exempt_many(rows, by=None)


@dataclass(slots=True)
class Cast:
    """The accounts by user name, and the members behind three of them."""

    users: dict[str, User]
    member: Member
    elder: Member
    secretary: Member


def cast(county: County, people: Population) -> Cast:
    """Make the accounts of the contract, each at its place; nobody has to change the password."""
    town, branch = county.towns[0], county.branches[0]
    grants: dict[str, tuple[str, str, Unit]] = {
        "county": ("县委组织部", Role.COUNTY_ADMIN, county.root),
        "town": ("镇党建办", Role.TOWN_ADMIN, town),
        "station": ("站点管理员", Role.STATION_OPERATOR, branch),
        "trainer": ("周老师", Role.TRAINER, town),
        "editor": ("内容编辑", Role.EDITOR, county.root),
        "auditor": ("审计员", Role.AUDITOR, county.root),
        "system": ("系统管理员", Role.SYSTEM_ADMIN, county.root),
    }
    users = {}
    for username, (label, role, unit) in grants.items():
        users[username] = accounts.create_login(
            username=username, password=PASSWORD, by=None, must_change=False, name=label
        )
        accounts.grant_role(user=users[username], role=role, unit=unit, by=None)
    secretary, member, elder = _three(people, branch)
    for username, person in (("secretary", secretary), ("member", member), ("elder", elder)):
        users[username] = accounts.create_login(
            username=username, password=PASSWORD, by=None, member=person, must_change=False
        )
    accounts.grant_role(user=users["secretary"], role=Role.BRANCH_SECRETARY, unit=branch, by=None)
    accounts.set_elder_mode(user=users["elder"], on=True)
    return Cast(users, member, elder, secretary)


def _three(people: Population, branch: Unit) -> tuple[Member, Member, Member]:
    """The branch's secretary, an ordinary member, and one over seventy."""
    own = people.by_branch[branch.pk]
    leading = {member.pk for member in people.leaders}
    secretary = next(member for member in own if member.pk in leading)
    return secretary, own[MEMBER[0]], own[ELDER[0]]
