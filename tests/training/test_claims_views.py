"""Claims through the pages: a member's own, the desk's, the evidence."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from lms.members.models import Member
from lms.training import claims
from lms.training import claims_selectors as reads
from lms.training.claim_models import ApprovalPolicy, Claim
from tests.conftest import County
from tests.factories import make_member
from tests.training.claiming import DAYS, MORNING, PDF, sent, written
from tests.training.pictures import photo, scene

Login = Callable[[str], Client]


def fields(**changed: str) -> dict[str, str]:
    """A form with one row of time filled and one left empty."""
    row = {"day": "2026-03-05", "until": "", "part": "morning", "starts": "", "ends": ""}
    values = {
        "kind": "host",
        "title": "流入地主题党日",
        "organiser": "某市某街道党支部",
        "mode": "meeting",
        "category": "political",
        "t-TOTAL_FORMS": "2",
        "t-INITIAL_FORMS": "0",
        **{f"t-0-{name}": value for name, value in row.items()},
        "t-1-part": "day",
    }
    return {**values, **changed}


def act(client: Client, claim: Claim, name: str, reason: str = "") -> int:
    return client.post(f"/claims/{claim.uuid}/act/", {"act": name, "reason": reason}).status_code


def test_it_works(personas: County, member: Member, login: Login) -> None:
    client = login("member")
    assert "还没有申报" in client.get("/learn/claims/").content.decode()
    answer = client.post("/learn/claims/new/", fields())
    claim = Claim.objects.get()
    assert answer["Location"] == f"/claims/{claim.uuid}/"
    upload = {"evidence": [SimpleUploadedFile("会标.jpg", photo(1)), SimpleUploadedFile("通知.pdf", PDF)]}
    client.post(f"/claims/{claim.uuid}/files/", upload)
    assert claim.files.count() == 2
    assert act(client, claim, "submit") == 302
    desk = login("secretary")
    assert claim.title in desk.get("/desk/claims/").content.decode()
    assert act(desk, claim, "approve") == 302
    claim.refresh_from_db()
    assert claim.state == "approved"
    page = client.get("/learn/claims/").content.decode()
    assert claim.get_state_display() in page
    assert "流入地主题党日" in client.get("/learn/hours/").content.decode()


def test_several_days_alike_are_one_row(member: Member, login: Login) -> None:
    sent_in = fields(**{"t-0-until": "2026-03-06", "t-0-day": "2026-03-02", "t-0-part": "day", "mode": "class"})
    assert login("member").post("/learn/claims/new/", sent_in).status_code == 302
    assert Claim.objects.get().stretches.count() == 5
    assert reads.worth(Claim.objects.get()) == 40


@pytest.mark.parametrize(
    "wrong",
    [
        {"title": ""},
        {"t-0-part": "clock"},
        {"t-0-day": ""},
        {"t-0-until": "2026-03-01"},
        {"t-0-day": "2026-03-07"},
        {"mode": "online"},
    ],
)
def test_what_cannot_be_is_said_and_what_was_typed_stays(member: Member, login: Login, wrong: dict[str, str]) -> None:
    answer = login("member").post("/learn/claims/new/", fields(**wrong))
    assert answer.status_code == 422
    assert "某市某街道党支部" in answer.content.decode()
    assert not Claim.objects.exists()


def test_a_returned_claim_shows_on_the_members_home_with_the_reason_on_its_page(
    personas: County, member: Member, login: Login
) -> None:
    claim = sent(member)
    desk, client = login("secretary"), login("member")
    assert act(desk, claim, "return") == 422
    assert act(desk, claim, "return", "看不清会标") == 302
    assert f"/claims/{claim.uuid}/" in client.get("/learn/").content.decode()
    assert "看不清会标" in client.get(f"/claims/{claim.uuid}/").content.decode()
    page = client.get(f"/claims/{claim.uuid}/edit/").content.decode()
    assert claim.organiser in page
    assert 'value="2026-03-05"' in page
    changed = fields(**{"t-INITIAL_FORMS": "1", "title": "改了名称", "mode": "class"})
    assert client.post(f"/claims/{claim.uuid}/edit/", changed).status_code == 302
    assert act(client, claim, "submit") == 302
    claim.refresh_from_db()
    assert (claim.state, claim.title, claim.stretches.count()) == ("waiting", "改了名称", 1)


def test_a_refused_act_keeps_the_reason_that_was_typed(personas: County, member: Member, login: Login) -> None:
    claim = sent(member, by=personas.users["secretary"])
    answer = login("secretary").post(f"/claims/{claim.uuid}/act/", {"act": "approve", "reason": ""})
    assert answer.status_code == 422
    assert "须由另一个人办理" in answer.content.decode()
    assert act(login("secretary"), claim, "dance") == 404


def test_refused_appealed_and_revoked_by_the_pages(personas: County, member: Member, login: Login) -> None:
    claim = sent(member)
    assert act(login("secretary"), claim, "refuse", "不在范围") == 302
    page = login("member").get(f"/claims/{claim.uuid}/").content.decode()
    assert "不在范围" in page
    assert 'value="appeal"' in page
    assert act(login("member"), claim, "appeal", "请再核实") == 302
    assert act(login("town"), claim, "approve") == 302
    assert 'value="revoke"' in login("town").get(f"/claims/{claim.uuid}/").content.decode()
    assert act(login("town"), claim, "revoke", "查实未参加") == 302
    claim.refresh_from_db()
    assert claim.state == "revoked"


def test_a_claim_for_a_member_waits_at_the_level_above(personas: County, login: Login) -> None:
    who = make_member(personas.branch, "老支书")
    client = login("secretary")
    assert who.code in client.get("/desk/claims/new/?q=老支书").content.decode()
    client.post(f"/desk/claims/new/{who.code}/", fields())
    claim = Claim.objects.get()
    client.post(f"/claims/{claim.uuid}/files/", {"evidence": SimpleUploadedFile("a.jpg", photo(2))})
    act(client, claim, "submit")
    assert claim.title not in client.get("/desk/claims/").content.decode()
    assert claim.title in client.get("/desk/claims/?tab=mine").content.decode()
    assert claim.title in login("town").get("/desk/claims/").content.decode()
    assert claim.title not in login("county").get("/desk/claims/").content.decode()
    assert claim.title in login("county").get("/desk/claims/?tab=below").content.decode()
    assert (
        claim.title in login("auditor").get("/desk/claims/?tab=all&state=waiting&kind=host&q=老支书").content.decode()
    )
    assert claim.title not in login("auditor").get("/desk/claims/?tab=all&q=没有").content.decode()


def test_the_list_leaves_as_a_file_as_it_is_filtered(personas: County, member: Member, login: Login) -> None:
    sent(member)
    answer = login("secretary").get("/desk/claims/?tab=all&format=csv")
    text = b"".join(answer.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    assert "省委党校培训班" in text
    assert "2026-03-05" in text
    assert login("secretary").get("/desk/claims/?format=exe").status_code == 404


def test_a_draft_is_seen_by_its_writer_alone(personas: County, member: Member, login: Login) -> None:
    claim = written(member)
    assert login("member").get(f"/claims/{claim.uuid}/").status_code == 200
    assert login("secretary").get(f"/claims/{claim.uuid}/").status_code == 404
    assert claim.title not in login("secretary").get("/desk/claims/?tab=all").content.decode()
    file = claim.files.get()
    assert login("secretary").get(f"/claims/{claim.uuid}/files/{file.uuid}/").status_code == 404


def test_evidence_is_served_where_nothing_of_it_can_run(personas: County, member: Member, login: Login) -> None:
    claim = written(member)
    claims.add_file(claim=claim, data=PDF, by=member.user)
    claims.submit(claim=claim, by=member.user)
    picture, document = claim.files.all()
    answer = login("town").get(f"/claims/{claim.uuid}/files/{picture.uuid}/")
    assert (answer["Content-Type"], answer["X-Content-Type-Options"]) == ("image/jpeg", "nosniff")
    assert answer["Content-Security-Policy"].startswith("sandbox")
    assert "private" in answer["Cache-Control"]
    answer = login("town").get(f"/claims/{claim.uuid}/files/{document.uuid}/")
    assert answer["Content-Disposition"].startswith("attachment")
    assert login("town").get(f"/media/{picture.file.name}").status_code == 404
    assert login("").get(f"/claims/{claim.uuid}/files/{picture.uuid}/").status_code == 302


def test_what_cannot_be_taken_is_named_and_the_rest_is_kept(member: Member, login: Login) -> None:
    claim = claims.write(
        member=member,
        stretches=[MORNING],
        by=member.user,
        kind="class",
        title="班",
        organiser="党校",
        mode="class",
        category="theory",
    )
    upload = {"evidence": [SimpleUploadedFile("好.jpg", photo(1)), SimpleUploadedFile("坏.jpg", b"MZ no picture")]}
    page = login("member").post(f"/claims/{claim.uuid}/files/", upload, follow=True).content.decode()
    assert "坏.jpg" in page
    assert claim.files.count() == 1


def test_the_two_pictures_stand_side_by_side_and_nothing_else_of_another_town_shows(
    personas: County, member: Member, login: Login
) -> None:
    other = make_member(personas.other_branch, "外镇人")
    earlier = written(other, by=personas.users["county"])
    first = claims.add_file(claim=earlier, data=photo(image=scene(500)), by=personas.users["county"])
    claim = written(member, DAYS[1])
    copy = claims.add_file(claim=claim, data=photo(image=scene(500).resize((600, 450))), by=member.user)
    claims.submit(claim=claim, by=member.user)
    address = f"/claims/{claim.uuid}/files/{copy.uuid}/same/{first.uuid}/"
    page = login("secretary").get(f"/claims/{claim.uuid}/").content.decode()
    assert address in page
    assert "外镇人" not in page
    assert login("secretary").get(address).status_code == 200
    assert login("secretary").get(f"/claims/{earlier.uuid}/files/{first.uuid}/").status_code == 404
    assert login("member").get(address).status_code == 404
    claims.submit(claim=earlier, by=personas.users["county"])
    assert "外镇人" in login("county").get(f"/claims/{claim.uuid}/").content.decode()


def test_limits_are_set_by_the_county(personas: County, login: Login) -> None:
    kinds = ["class", "host", "home", "lecturer"]
    values = {f"{kind}-{name}": hours for kind in kinds for name, hours in (("branch", "4"), ("town", "16"))}
    client = login("county")
    assert client.get("/desk/claims/settings/").status_code == 200
    assert client.post("/desk/claims/settings/", {**values, "home-branch": "20"}).status_code == 422
    assert client.post("/desk/claims/settings/", {**values, "home-branch": "8"}).status_code == 302
    assert [(row.kind, row.branch_limit) for row in ApprovalPolicy.objects.all()] == [("home", Decimal(8))]
    assert login("town").get("/desk/claims/settings/").status_code == 404


def test_the_desk_list_costs_the_same_for_one_and_for_many(personas: County, member: Member, login: Login) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            client.get("/desk/claims/?tab=all")
        return len(queries)

    client = login("secretary")
    sent(member)
    cost()  # the first request of a session also reads what stays
    one = cost()
    for _n in range(6):
        sent(member)
    assert cost() == one
