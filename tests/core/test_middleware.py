"""What every request passes, and what the most frequent ones skip."""

from __future__ import annotations

import gzip

import pytest
from django.test import Client, RequestFactory

from lms.core.middleware import SessionlessMiddleware
from lms.members.models import User

pytestmark = pytest.mark.django_db


def test_a_sessionless_address_is_answered_without_looking_for_a_person(
    client: Client, django_assert_num_queries: object
) -> None:
    client.force_login(User.objects.create(username="somebody"))
    with django_assert_num_queries(0):  # type: ignore[operator]
        response = client.get("/healthz")
    assert response.status_code == 200
    assert not hasattr(response.wsgi_request, "session")


@pytest.mark.parametrize("path", ["/healthz", "/play/beat/", "/play/nowhere/"])
def test_a_sessionless_answer_carries_the_security_headers(client: Client, path: str) -> None:
    headers = client.post(path, "{}", content_type="application/json").headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "frame-ancestors" in headers["Content-Security-Policy"]


def test_a_beat_that_cannot_be_taken_says_why_in_the_readers_language(client: Client) -> None:
    def message(language: str) -> str:
        answer = client.post("/play/beat/", "{", content_type="application/json", headers={"accept-language": language})
        return str(answer.json()["message"])

    assert message("zh-hans") == "播放记录的格式不对。"
    assert message("en").isascii()
    assert message("zh-hans") == "播放记录的格式不对。"  # the language of one answer does not stay with the thread


def test_other_addresses_go_the_long_way() -> None:
    reached: list[str] = []
    chain = SessionlessMiddleware(lambda request: reached.append(request.path))  # type: ignore[arg-type,return-value]
    chain(RequestFactory().get("/learn/"))
    assert reached == ["/learn/"]


def test_a_page_is_compressed_for_a_browser_that_takes_it(client: Client) -> None:
    plain = client.get("/login/")
    packed = client.get("/login/", headers={"accept-encoding": "gzip"})
    assert packed["Content-Encoding"] == "gzip"
    assert len(packed.content) < len(plain.content) / 2
    assert "登录" in gzip.decompress(packed.content).decode()
