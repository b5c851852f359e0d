"""Parse → plan → apply on files built as people build them (domain §5; reliability, cases 16, 17, 22, 23)."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest

from lms.exchange import services, writer
from lms.exchange.models import ImportRow, ImportRun
from lms.goals.models import GoalPolicy, Rollup, Standing
from lms.goals.progress import rebuild
from lms.goals.services import open_year
from lms.members.models import AuditEntry, Member, Post
from lms.stations.models import Station
from tests.conftest import County
from tests.exchange.conftest import Plan, codes, counts
from tests.exchange.rosters import HEAD, official, person, plain, table, text
from tests.factories import id_number, make_member

XLS = Path(__file__).parent / "files" / "official.xls"


def test_it_works(load: Plan, tree: County) -> None:
    run = load(official([person(1), person(2, "李 四", branch="中共枫林村支部委员会")]))
    assert (counts(run), run.state, run.done) == ((2, 0, 0, 0), "applied", 2)
    first, second = Member.objects.order_by("code")
    assert (first.name, first.unit, first.nation, first.education) == ("张大山", tree.branch, "汉族", "初中")
    assert (first.birth_date, first.mobile, first.reveal_id_number()) == (
        dt.date(1958, 3, 6),
        "13812345678",
        id_number(1),
    )
    assert (second.name, second.unit) == ("李四", tree.branch2)
    assert AuditEntry.objects.filter(action="member.create", reason="名册.xlsx").count() == 2


def test_the_same_file_again_changes_nothing(load: Plan, plan: Plan) -> None:
    data = official(
        [person(n, 党内职务="书记" if n == 1 else None, 任职日期="2021.03") for n in (1, 2, 3)],
        [*HEAD, "党内职务", "任职日期"],
    )
    load(data)
    entries = AuditEntry.objects.exclude(action__startswith="import.").count()
    assert counts(load(data)) == (0, 0, 3, 0)
    assert AuditEntry.objects.exclude(action__startswith="import.").count() == entries
    assert Post.objects.count() == 1


def test_csv_in_gb18030_and_utf_8_with_any_delimiter(plan: Plan) -> None:
    for encoding in ("utf-8", "utf-8-sig", "gb18030", "utf-16"):
        for delimiter in (",", "\t", ";"):
            assert counts(plan(text(table([person(1)]), encoding, delimiter))) == (1, 0, 0, 0), (encoding, delimiter)


def test_what_people_live_by_is_taken_where_the_roster_says_it(load: Plan) -> None:
    head = [*HEAD, "从事产业"]
    load(official([person(1, 从事产业="葡萄"), person(2, "李四")], head))
    assert list(Member.objects.order_by("code").values_list("industry", flat=True)) == ["葡萄", ""]
    load(official([person(1), person(2, "李四")]))
    assert Member.objects.filter(industry="葡萄").count() == 1


def test_an_old_xls_with_merged_heads(plan: Plan) -> None:
    run = plan(XLS.read_bytes())
    assert (counts(run), codes(run)) == ((2, 0, 0, 1), [(7, "id-number-cell")])


def test_heads_with_blanks_breaks_aliases_and_no_title(load: Plan) -> None:
    head = ["序 号", "党员\n姓名", "身 份 证\n号码*", "组织名称", "入党时间", "转正时间", "预/正", "手机号码（必填）"]
    row = [1, "赵大河", id_number(5), "桃源村支部", "1985.07", 31594, "正", 13812345678]
    load(plain([head, row]))
    member = Member.objects.get()
    assert (member.joined_on, member.confirmed_on, member.category) == (
        dt.date(1985, 7, 1),
        dt.date(1986, 7, 1),
        "full",
    )
    assert member.mobile == "13812345678"


def test_two_storeys_without_merged_cells_as_a_csv_keeps_them(load: Plan) -> None:
    upper = ["姓名", "所在党支部", "公民身份证号", "联系电话", "", "党籍状态"]
    lower = ["", "", "", "手机号", "固定电话", ""]
    load(
        text(
            [
                ["党员基本信息汇总表"],
                upper,
                lower,
                ["孙梅", "桃源村", id_number(3), "13812345678", "0728-6251234", "正常"],
            ]
        )
    )
    member = Member.objects.get()
    assert (member.mobile, member.landline) == ("13812345678", "0728-6251234")


def test_notes_totals_blank_and_numbering_rows_are_no_people(plan: Plan) -> None:
    rows = table([person(1), person(2)])
    rows.insert(1, list(range(1, len(HEAD) + 1)))
    rows += [[3], [None], ["合计", "2人"], ["填表人：王某", None, "审核人：李某"], list(HEAD)]
    assert counts(plan(plain(rows))) == (2, 0, 0, 0)


def test_an_id_number_in_a_number_cell_is_refused(plan: Plan) -> None:
    run = plan(official([person(1, 公民身份证号=int(id_number(1, male=True)[:17] + "0")), person(2)]))
    assert (counts(run), codes(run)) == ((1, 0, 0, 1), [(5, "id-number-cell")])


def test_the_second_row_of_a_person_names_the_first(plan: Plan) -> None:
    run = plan(official([person(1), person(2), person(1)]))
    assert codes(run) == [(7, "duplicate-in-file")]
    assert "第 5 行" in services.figures(run)["errors"][0]["message"]


def test_missing_columns_are_named(plan: Plan) -> None:
    run = plan(plain([["姓名", "所在党支部", "性别"], ["张三", "桃源村", "男"]]))
    assert run.state == ImportRun.State.FAILED
    assert "公民身份证号" in services.figures(run)["errors"][0]["message"]


def test_a_roster_of_one_branch_needs_no_branch_column(load: Plan, tree: County) -> None:
    load(plain([["姓名", "身份证"], ["张三", id_number(1)]]), unit=tree.branch)
    assert Member.objects.get().unit == tree.branch


@pytest.mark.parametrize(
    "short",
    [
        *("桃源村", "桃源", "桃源村党支部", "中共石桥镇桃源村支部委员会", "石桥镇桃源村党支部", "石桥镇党委桃源村支部"),
        *("中国共产党清溪县石桥镇桃源村支部委员会", "C-T01-B01", " 桃 源 村 ", "桃源村委会"),
    ],
)
def test_a_branch_by_any_of_its_short_forms(plan: Plan, tree: County, short: str) -> None:
    run = plan(official([person(1, branch=short)]))
    assert codes(run) == []
    services.apply(run=services.confirm(run=run, skip_errors=False, by=None))
    assert Member.objects.get().unit == tree.branch


def test_an_unknown_branch_gets_the_nearest_and_a_town_is_no_branch(plan: Plan) -> None:
    run = plan(official([person(1, branch="桃园村"), person(2, branch="石桥镇"), person(3, branch="天上人间")]))
    assert codes(run) == [(5, "branch-unknown-near"), (6, "branch-not-a-branch"), (7, "branch-unknown")]
    assert "桃源村" in services.figures(run)["errors"][0]["message"]


def test_namesakes_are_told_apart_by_their_town(plan: Plan, tree: County) -> None:
    tree.other_town.refresh_from_db()
    tree.other_town.add_child(code="C-T02-B09", name="中共柳河镇桃源村支部委员会", short_name="桃源村", kind="branch")
    run = plan(official([person(1), person(2, branch="柳河镇桃源村"), person(3, branch="石桥镇桃源村")]))
    assert codes(run) == [(5, "branch-ambiguous")]


def test_birthday_and_sex_must_agree_with_the_id_number(plan: Plan) -> None:
    run = plan(official([person(1, 出生日期="1958.03"), person(2, 出生日期="1959-03-06"), person(3, 性别="女")]))
    assert codes(run) == [(6, "birth-mismatch"), (7, "sex-mismatch")]


def test_an_update_shows_what_changes_and_a_blank_cell_empties_nothing(load: Plan) -> None:
    load(official([person(1, 工作岗位="务农")]))
    run = load(
        official([person(1, 手机号="13987654321", 工作岗位=None, 加入党组织日期="1985.07", 党籍状态="停止党籍")])
    )
    assert counts(run) == (0, 1, 0, 0)
    changes = {change["field"]: (change["old"], change["new"]) for change in run.rows.get().changes}
    assert changes == {"手机号": ("138****5678", "139****4321"), "党籍状态": ("正常", "停止党籍")}
    member = Member.objects.get()
    assert (member.mobile, member.job, member.state) == ("13987654321", "务农", "stopped")


def test_a_person_entered_by_hand_without_a_number_is_found_again(load: Plan, tree: County) -> None:
    member = make_member(tree.branch, "张大山", birth_date=dt.date(1958, 3, 6))
    assert counts(load(official([person(1)]))) == (0, 1, 0, 0)
    member.refresh_from_db()
    assert (Member.objects.count(), member.reveal_id_number()) == (1, id_number(1))


def test_case_23_a_member_of_another_town_needs_its_consent(plan: Plan, personas: County) -> None:
    make_member(personas.other_branch, "张大山", id_number=id_number(1))
    run = plan(official([person(1)]), unit=personas.town, by=personas.users["town"])
    assert codes(run) == [(5, "other-branch")]
    assert "杨柳" not in str(services.figures(run)) and "柳河" not in str(run.rows.get().problems)


def test_case_23_inside_the_importers_scope_it_is_a_transfer_that_says_so(load: Plan, personas: County) -> None:
    member = make_member(personas.other_branch, "张大山", id_number=id_number(1))
    run = load(official([person(1)]), by=personas.users["county"])
    member.refresh_from_db()
    assert (member.unit, codes(run, "warning")) == (personas.branch, [(5, "transfer")])
    assert AuditEntry.objects.filter(action="member.transfer", actor=personas.users["county"]).exists()


def test_an_importer_who_lost_the_permission_writes_nothing(plan: Plan, personas: County) -> None:
    by = personas.users["town"]
    run = plan(official([person(1)]), unit=personas.town, by=by)
    run = services.confirm(run=run, skip_errors=False, by=by)
    by.grants.all().delete()
    members = Member.objects.count()
    services.apply(run=ImportRun.objects.get(pk=run.pk))
    run.refresh_from_db()
    assert (run.state, run.done, Member.objects.count()) == ("applying", 0, members)


def test_offices_make_posts_and_moving_them_is_idempotent(load: Plan, tree: County) -> None:
    head = [*HEAD, "党内职务", "任职日期"]
    load(official([person(1, 党内职务="党支部书记", 任职日期="2021.03"), person(2, 党内职务="治保主任")], head))
    post = Post.objects.get()
    assert (post.office, post.unit, post.started_on) == ("secretary", tree.branch, dt.date(2021, 3, 1))


@pytest.mark.parametrize(
    ("written", "warning"),
    [
        *(("桃源村党群服务中心", ""), ("桃源村", ""), ("石桥镇桃源村站点", ""), ("S-C-T01-B01", ""), (None, "")),
        *(("枫林村党群服务中心", "station-differs"), ("清溪县党校", "station-differs")),
    ],
)
def test_the_station_follows_the_branch_and_the_column_is_only_compared(
    load: Plan, tree: County, written: str | None, warning: str
) -> None:
    Station.objects.create(code=f"S-{tree.branch.code}", name="桃源村党群服务中心", unit=tree.branch)
    run = load(official([person(1, 所属站点=written)], [*HEAD, "所属站点"]))
    assert (counts(run), run.state) == ((1, 0, 0, 0), "applied")
    assert codes(run, "warning") == ([(5, warning)] if warning else [])


def test_a_station_where_the_branch_has_none_is_said_and_a_group_has_that_of_its_branch(
    plan: Plan, tree: County
) -> None:
    Station.objects.create(code="S-1", name="桃源村党群服务中心", unit=tree.branch)
    tree.branch.refresh_from_db()
    tree.branch.add_child(code="C-T01-B01-G1", name="桃源村第一党小组", short_name="第一小组", kind="group")
    rows = [person(1, branch="第一小组", 所属站点="桃源村站"), person(2, branch="枫林村", 所属站点="枫林村站")]
    run = plan(official(rows, [*HEAD, "所属站点"]))
    assert (codes(run), codes(run, "warning")) == ([], [(6, "station-none")])


def test_errors_stop_everything_unless_they_are_skipped(plan: Plan) -> None:
    run = plan(official([person(1), person(2, 性别="女")]))
    with pytest.raises(services.ImportRefused):
        services.confirm(run=run, skip_errors=False, by=None)
    services.apply(run=services.confirm(run=run, skip_errors=True, by=None))
    assert Member.objects.count() == 1


class Killed(BaseException):
    """The end of a process, as a chunk sees it."""


def test_case_22_killed_in_the_middle_ends_in_the_state_of_an_undisturbed_run(
    plan: Plan, tree: County, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_member(tree.branch, "旧名字", id_number=id_number(7))
    monkeypatch.setattr(writer, "FEWEST", 4)
    monkeypatch.setattr(writer, "MOST", 4)
    run = plan(official([person(n, f"张{chr(0x4E00 + n)}") for n in range(1, 15)]))
    run = services.confirm(run=run, skip_errors=False, by=None)

    def kill(done: int, total: int) -> None:
        raise Killed

    for attempt in (1, 2):
        with pytest.raises(Killed):
            services.apply(run=run, progress=kill)
        run.refresh_from_db()
        assert (run.attempts, run.done, run.rows.filter(done=True).count()) == (attempt, 4 * attempt, 4 * attempt)
    services.apply(run=run)
    assert (run.state, run.done, Member.objects.count()) == ("applied", 14, 14)
    assert Member.objects.get(id_number_masked=f"{id_number(7)[:6]}********{id_number(7)[-4:]}").name != "旧名字"
    assert AuditEntry.objects.filter(action="member.create").count() == 14


def _roster_of_every_kind(tree: County) -> bytes:
    """New people, changes of fields, branch, state and office, and rows that change nothing, in turn."""
    head = [*HEAD, "党内职务", "任职日期"]
    rows = []
    for n in range(1, 22):
        kind = n % 7
        if kind:
            make_member(tree.branch, f"张{chr(0x4E00 + n)}", id_number=id_number(n), job="务农")
        rows.append(
            person(
                n,
                f"张{chr(0x4E00 + n)}",
                branch="枫林村" if kind == 2 else "桃源村",
                党籍状态="转出" if kind == 3 else "正常",
                状态日期="2026-01-01" if kind == 3 else None,
                党内职务="委员" if kind == 4 else None,
                任职日期="2024-01-01" if kind == 4 else None,
                人员类别="预备党员" if kind == 5 else "正式党员",
            )
        )
    return official(rows, [*head, "状态日期"])


def _state(names: tuple[str, ...] = ("name", "unit__name", "state", "state_on", "category", "job", "mobile")) -> Any:
    """The roster, its offices, standings and roll-ups, as far as they do not depend on the order of writing."""
    return (
        sorted(Member.objects.values_list(*names), key=str),
        sorted(Post.objects.values_list("member__name", "unit__name", "office", "started_on")),
        sorted(Standing.objects.values_list("member__name", "unit__name", "line__audience", "met")),
        sorted(Rollup.objects.exclude(members=0).values_list("unit__name", "line__audience", "members", "zero")),
    )


@pytest.mark.parametrize("cut", [None, 1, 2, 3, 4, 5, 6])
def test_case_22_a_cut_after_any_transaction_ends_in_the_same_state(
    plan: Plan, tree: County, monkeypatch: pytest.MonkeyPatch, cut: int | None
) -> None:
    open_year(year=2026, by=None)
    monkeypatch.setattr(writer, "FEWEST", 3)
    monkeypatch.setattr(writer, "MOST", 3)
    run = services.confirm(run=plan(_roster_of_every_kind(tree)), skip_errors=False, by=None)
    left = cut

    def kill(done: int, total: int) -> None:
        nonlocal left
        if left is not None and (left := left - 1) == 0:
            left = None
            raise Killed

    if cut is not None:
        with pytest.raises(Killed):
            services.apply(run=run, progress=kill)
    services.apply(run=run)
    assert (run.state, run.done, run.total) == ("applied", 21, 21)
    assert not run.rows.filter(done=False).exists()
    counted = {"member.create": 3, "member.update": 18, "member.transfer": 3, "member.state": 3}
    assert {
        action: AuditEntry.objects.filter(action=action, reason="名册.xlsx").count() for action in counted
    } == counted
    assert _state() == _undisturbed(tree)


def _undisturbed(tree: County) -> Any:
    """What the file says, told without the import; standings and roll-ups made anew from the roster."""
    names = {n: f"张{chr(0x4E00 + n)}" for n in range(1, 22)}
    members = []
    for n, name in names.items():
        kind = n % 7
        members.append(
            (
                name,
                (tree.branch2 if kind == 2 else tree.branch).name,
                "transferred" if kind == 3 else "active",
                dt.date(2026, 1, 1) if kind == 3 else None,
                "probationary" if kind == 5 else "full",
                "外出务工经商人员",
                "13812345678",
            )
        )
    posts = [(name, tree.branch.name, "committee", dt.date(2024, 1, 1)) for n, name in names.items() if n % 7 == 4]
    Standing.objects.all().delete()
    Rollup.objects.all().delete()
    rebuild(GoalPolicy.objects.get())
    return sorted(members, key=str), sorted(posts), *_state()[2:]


def test_rows_without_a_change_are_not_decided_again(load: Plan, plan: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    data = official([person(1), person(2)])
    load(data)
    run = plan(data)
    assert run.rows.filter(done=True).count() == 2
    monkeypatch.setattr(writer.plan, "decide", None)
    run = services.apply(run=services.confirm(run=run, skip_errors=False, by=None))
    assert (run.state, run.done, run.total) == ("applied", 2, 2)


def test_a_row_that_became_impossible_is_left_and_the_rest_is_written(plan: Plan, personas: County) -> None:
    by = personas.users["town"]
    run = plan(official([person(1), person(2)]), unit=personas.town, by=by)
    run = services.confirm(run=run, skip_errors=False, by=by)
    make_member(personas.other_branch, "张大山", id_number=id_number(1))
    services.apply(run=run)
    assert (run.state, run.done, run.total, run.errors) == ("applied", 1, 1, 1)
    assert codes(run) == [(5, "other-branch")]


def test_two_new_people_of_one_name_and_birthday_are_not_made_one(load: Plan, tree: County) -> None:
    """Somebody entered without a number is found once; who else has the name and the birthday is another person."""
    make_member(tree.branch, "张大山", birth_date=dt.date(1958, 3, 6))
    assert counts(load(official([person(1), person(2)]))) == (1, 1, 0, 0)
    assert Member.objects.filter(name="张大山").count() == 2


def test_a_transaction_takes_up_as_many_rows_as_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "SECONDS", 0.08)
    assert writer.next_size(200, 0.08) == 200
    assert writer.next_size(150, 0.01) == 300
    assert writer.next_size(300, 0.01) == writer.MOST
    assert writer.next_size(300, 5.0) == writer.FEWEST


def test_case_22_a_chunk_that_fails_leaves_nothing_behind(plan: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    run = services.confirm(run=plan(official([person(1), person(2)])), skip_errors=False, by=None)

    def fail(*args: Any, **kwargs: Any) -> None:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(writer.ImportRow.objects, "filter", fail)
        with pytest.raises(Killed):
            services.apply(run=run)
    assert (Member.objects.count(), run.rows.filter(done=True).count()) == (0, 0)
    services.apply(run=ImportRun.objects.get(pk=run.pk))
    assert Member.objects.count() == 2


def test_a_run_that_never_ends_is_parked_and_can_be_resumed(plan: Plan) -> None:
    run = services.confirm(run=plan(official([person(1)])), skip_errors=False, by=None)
    ImportRun.objects.filter(pk=run.pk).update(attempts=services.MAX_ATTEMPTS)
    assert services.apply(run=run).state == ImportRun.State.APPLYING
    services.apply(run=services.resume(run=run, by=None))
    assert (run.state, Member.objects.count()) == (ImportRun.State.APPLIED, 1)


def test_pipl_28_neither_file_nor_rows_keep_an_id_number_in_the_clear(plan: Plan, tmp_path: Path) -> None:
    run = plan(text(table([person(1)])))
    stored = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert stored and id_number(1).encode() not in stored
    row = ImportRow.objects.get()
    assert id_number(1) not in f"{row.sealed}{row.changes}{row.problems}"
    assert services.content(run).decode("utf-8-sig").count(id_number(1)) == 1
