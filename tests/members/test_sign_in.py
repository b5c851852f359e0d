"""Login, forced first password, lockout, and sessions that end on the server (reliability cases 24 and 25)."""

from __future__ import annotations

from collections.abc import Callable

from django.test import Client
from django.urls import reverse

from lms.members import accounts
from lms.members.models import AuditEntry, Member
from tests.conftest import County
from tests.factories import PASSWORD, id_number, make_member

NEW_PASSWORD = "orchard-in-winter-7"


def sign_in(client: Client, username: str, password: str = PASSWORD) -> int:
    return client.post("/login/", {"username": username, "password": password}).status_code


def test_it_works(personas: County) -> None:
    client = Client()
    assert sign_in(client, "county") == 302
    assert client.get("/desk/members/").status_code == 200


def test_the_first_password_must_be_changed_before_anything_else(personas: County) -> None:
    member = make_member(personas.branch, "赵大河")
    accounts.create_login(username="zhao", password=PASSWORD, member=member, by=None)
    client = Client()
    sign_in(client, "zhao")
    assert client.get("/learn/").url == reverse("password-change")
    answer = client.post(
        reverse("password-change"),
        {"old_password": PASSWORD, "new_password1": NEW_PASSWORD, "new_password2": NEW_PASSWORD},
    )
    assert answer.status_code == 302
    assert client.get("/learn/").status_code == 200
    assert AuditEntry.objects.filter(action="account.password").exists()


def test_a_new_password_ends_the_sessions_on_other_devices(personas: County) -> None:
    here, there = Client(), Client()
    sign_in(here, "secretary")
    sign_in(there, "secretary")
    fields = {"old_password": PASSWORD, "new_password1": NEW_PASSWORD, "new_password2": NEW_PASSWORD}
    here.post(reverse("password-change"), fields)
    assert here.get("/desk/members/").status_code == 200
    assert there.get("/desk/members/").status_code == 302


def test_case_24_logout_ends_the_session_on_the_server(personas: County) -> None:
    client = Client()
    sign_in(client, "secretary")
    stolen = client.cookies["sessionid"].value
    client.post("/logout/")
    client.cookies["sessionid"] = stolen
    assert client.get("/desk/members/").status_code == 302


def test_case_24_a_change_of_role_ends_sessions(personas: County) -> None:
    client = Client()
    sign_in(client, "secretary")
    client.get("/desk/members/")
    accounts.revoke_role(grant=personas.users["secretary"].grants.get(), by=None)
    assert client.get("/desk/members/").status_code == 302


def test_case_25_guessing_locks_the_account_and_says_the_same_for_nobody(personas: County) -> None:
    client = Client()
    known = client.post("/login/", {"username": "county", "password": "wrong-1"})
    unknown = client.post("/login/", {"username": "nobody", "password": "wrong-1"})
    assert known.status_code == unknown.status_code == 200
    assert str(known.context["form"].errors) == str(unknown.context["form"].errors)
    for _attempt in range(8):
        sign_in(client, "county", "wrong-again")
    assert sign_in(client, "county") in (403, 429)
    assert sign_in(Client(), "town") == 302


def test_the_login_page_never_sends_a_reader_elsewhere(personas: County) -> None:
    answer = Client().post("/login/?next=https://example.org/", {"username": "county", "password": PASSWORD})
    assert answer.url.startswith("/")


def test_an_officer_looks_at_an_id_number_against_a_reason(login: Callable[[str], Client], personas: County) -> None:
    number = id_number(3)
    member = make_member(personas.branch, "赵大河", id_number=number)
    address = reverse("member-id-number", args=[member.code])
    assert number not in login("county").get(reverse("member-detail", args=[member.code])).content.decode()
    assert login("county").post(address, {"reason": ""}).status_code == 422
    assert number in login("county").post(address, {"reason": "核对名册"}).content.decode()
    assert login("secretary").post(address, {"reason": "核对名册"}).status_code == 404
    assert AuditEntry.objects.filter(action="member.see_id").count() == 1


def test_an_officer_gives_a_member_a_login_shown_once(login: Callable[[str], Client], personas: County) -> None:
    member = make_member(personas.branch, "赵大河")
    answer = login("town").post(reverse("member-login", args=[member.code]), {"username": "zhao"})
    password = answer.context["first_password"]
    assert password in answer.content.decode()
    user = Member.objects.get(pk=member.pk).user
    assert user.check_password(password)
    assert user.must_change_password
    again = login("town").post(reverse("member-login", args=[member.code]), {"username": "zhao"})
    assert again.status_code == 422


def test_elder_mode_stays_with_the_person_and_the_device(login: Callable[[str], Client], personas: County) -> None:
    client = login("member")
    client.post(reverse("elder-mode"), {"on": "1", "next": "/learn/"})
    personas.users["member"].refresh_from_db()
    assert personas.users["member"].elder_mode
    assert 'class="elder"' in client.get("/login/", follow=True).content.decode()
    client.logout()
    client.cookies["elder"] = "1"
    assert 'class="elder"' in client.get("/login/").content.decode()
