"""A county of seven units and the personas that work in it. One may, one is next door, one must see nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import hypothesis
import pytest
from django.conf import settings
from django.test import Client
from hypothesis import HealthCheck

from lms.members.models import Member, RoleGrant, Unit, User
from tests import template
from tests.factories import make_grant, make_member, make_user

Role = RoleGrant.Role


def pytest_configure(config: pytest.Config) -> None:
    """A password hash that costs nothing, and no property test that fails because the machine is busy."""
    quiet = [HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
    hypothesis.settings.register_profile("suite", deadline=None, suppress_health_check=quiet)
    hypothesis.settings.load_profile("suite")
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


def pytest_addoption(parser: pytest.Parser) -> None:
    """What the documents show is taken by the tests that walk there."""
    parser.addoption(
        "--update-pictures", action="store_true", help="keep the pictures of the walks under docs/screenshots"
    )


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None) -> None:
    """Called before the test database is made."""
    template.install()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests that commit come late and find what migrations made: they empty the tables behind them. The browser's come
    last of all: its event loop stays in the thread and gives whoever asks for the database another connection."""

    def place(item: pytest.Item) -> int:
        if item.get_closest_marker("browser"):
            return 2
        found = item.get_closest_marker("django_db")
        if found is None or not found.kwargs.get("transaction"):
            return 0
        found.kwargs["serialized_rollback"] = True
        return 1

    items.sort(key=place)


@dataclass
class County:
    """``root`` ← ``town`` (← ``branch``, ``branch2``) and ``other_town`` (← ``other_branch``)."""

    root: Unit
    town: Unit
    other_town: Unit
    branch: Unit
    branch2: Unit
    other_branch: Unit
    users: dict[str, User] = field(default_factory=dict)


def build_tree() -> County:
    """Insert the units."""
    root = Unit.add_root(code="C", name="清溪县委", short_name="清溪县", kind=Unit.Kind.COUNTY)
    town = root.add_child(code="C-T01", name="石桥镇党委", short_name="石桥镇", kind=Unit.Kind.TOWN)
    other_town = Unit.objects.get(pk=root.pk).add_child(
        code="C-T02", name="柳河镇党委", short_name="柳河镇", kind=Unit.Kind.TOWN
    )
    village = {"kind": Unit.Kind.BRANCH, "setting": Unit.Setting.VILLAGE}
    branch = Unit.objects.get(pk=town.pk).add_child(
        code="C-T01-B01", name="中共石桥镇桃源村支部委员会", short_name="桃源村", **village
    )
    branch2 = Unit.objects.get(pk=town.pk).add_child(
        code="C-T01-B02", name="中共石桥镇枫林村支部委员会", short_name="枫林村", **village
    )
    other_branch = Unit.objects.get(pk=other_town.pk).add_child(
        code="C-T02-B01", name="中共柳河镇杨柳村支部委员会", short_name="杨柳村", **village
    )
    return County(root, town, other_town, branch, branch2, other_branch)


@pytest.fixture
def tree(db: None) -> County:
    """The units alone."""
    return build_tree()


@pytest.fixture
def personas(tree: County) -> County:
    """The units with one account for each role of the contract, each at its usual place in the tree."""
    places = {
        "county": (Role.COUNTY_ADMIN, tree.root),
        "town": (Role.TOWN_ADMIN, tree.town),
        "secretary": (Role.BRANCH_SECRETARY, tree.branch),
        "station": (Role.STATION_OPERATOR, tree.branch),
        "trainer": (Role.TRAINER, tree.town),
        "editor": (Role.EDITOR, tree.root),
        "auditor": (Role.AUDITOR, tree.root),
        "system": (Role.SYSTEM_ADMIN, tree.root),
    }
    for name, (role, unit) in places.items():
        tree.users[name] = make_user(name)
        make_grant(tree.users[name], role, unit)
    tree.users["member"] = make_user("member")
    make_member(tree.branch, "王秀英", user=tree.users["member"])
    return tree


@pytest.fixture
def member(personas: County) -> Member:
    """The member who can sign in as ``member``."""
    return Member.objects.get(user=personas.users["member"])


@pytest.fixture
def login(personas: County) -> Callable[[str], Client]:
    """``login("trainer")``: a client signed in as that persona; ``login("")`` is nobody."""

    def sign_in(name: str) -> Client:
        client = Client()
        if name:
            client.force_login(personas.users[name])
        return client

    return sign_in
