"""The ways out of the site. Each takes a message or says, by its error, whether it surely did not.

Only servers that the operator named (``NOTICE_HOSTS``) are spoken to, over https unless they are this machine itself;
redirects are not followed (attack case 26). Keys in addresses never reach an error's text.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.client
import json
import smtplib
import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote_plus, urlsplit

from django.conf import settings
from django.core.mail import EmailMessage

from lms.notices.models import Channel, Message
from lms.notices.rules import fit

TIMEOUT = 10
MOST_ANSWER = 64 * 1024
HERE = ("127.0.0.1", "localhost")
AGAIN = (408, 425, 429)
WECOM_BYTES, DINGTALK_BYTES, SMS_BYTES = 2000, 18_000, 500


class NotTakenError(Exception):
    """The other side surely does not have the message: it may be tried again."""


class RefusedError(NotTakenError):
    """The other side will not take this message however often it comes."""


class UnsureError(Exception):
    """The message left, and no answer came: it may have arrived."""


def send(channel: Channel, message: Message) -> str:
    """Hand a message over; returns the other side's own number of it, empty where it gives none.

    Raises NotTakenError, RefusedError, UnsureError.
    """
    if not message.address and not channel.is_group:
        raise RefusedError("no address")
    return SENDERS[Channel.Kind(channel.kind)](channel, message)


# -- e-mail ----------------------------------------------------------------------------------


def _email(channel: Channel, message: Message) -> str:
    """The ``Message-ID`` is the key: a repeat is the same letter to a mail system that looks."""
    number = f"<{message.uuid}@{urlsplit(settings.WAGTAILADMIN_BASE_URL).hostname}>"
    letter = EmailMessage(message.title, message.text, to=[message.address], headers={"Message-ID": number})
    try:
        letter.send()
    except smtplib.SMTPRecipientsRefused as error:
        codes = [code for code, _said in error.recipients.values()]
        kind = RefusedError if codes and min(codes) >= 500 else NotTakenError
        raise kind(f"recipient refused: {codes}") from error
    except (smtplib.SMTPServerDisconnected, TimeoutError) as error:
        raise UnsureError(type(error).__name__) from error
    except (smtplib.SMTPException, OSError) as error:
        raise NotTakenError(type(error).__name__) from error
    return number


# -- web addresses ---------------------------------------------------------------------------


def host_problem(address: str) -> str:
    """Why a web address may not be spoken to: ``address``, ``https``, ``host``; empty when it may."""
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        return "address"
    if not parts.hostname or parts.username is not None or parts.scheme not in ("http", "https"):
        return "address"
    if parts.scheme == "http" and parts.hostname not in HERE:
        return "https"
    named = parts.hostname if port is None else f"{parts.hostname}:{port}"
    return "" if named in settings.NOTICES["hosts"] else "host"


def host_of(address: str) -> str:
    """Server and port of a web address, which pages may show; the rest may be a key."""
    return urlsplit(address).netloc


def _post(address: str, body: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Post JSON and read JSON (an answer that is none reads as empty)."""
    return _post_bytes(address, json.dumps(body, ensure_ascii=False).encode(), headers or {})


def _post_bytes(address: str, payload: bytes, headers: Mapping[str, str]) -> dict[str, Any]:
    if problem := host_problem(address):
        raise RefusedError(f"not allowed: {problem}")
    parts = urlsplit(address)
    maker = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = maker(str(parts.hostname), parts.port, timeout=TIMEOUT)
    try:
        try:
            connection.connect()
        except OSError as error:
            raise NotTakenError(type(error).__name__) from error
        try:
            target = f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}"
            connection.request("POST", target, payload, {"Content-Type": "application/json; charset=utf-8", **headers})
            answer = connection.getresponse()
            said = answer.read(MOST_ANSWER)
        except (OSError, http.client.HTTPException) as error:
            raise UnsureError(type(error).__name__) from error
    finally:
        connection.close()
    _check_status(answer.status)
    return _read(said)


def _check_status(status: int) -> None:
    if 200 <= status < 300:
        return
    if status >= 500 or status in AGAIN:
        raise NotTakenError(f"HTTP {status}")
    raise RefusedError(f"HTTP {status}")


def _read(said: bytes) -> dict[str, Any]:
    try:
        found = json.loads(said)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def signature(secret: str, moment: str, payload: bytes) -> str:
    """What a gateway checks: HMAC-SHA256 over ``<seconds>.<body>``, in hex."""
    return hmac.digest(secret.encode(), moment.encode() + b"." + payload, "sha256").hex()


def _sms(channel: Channel, message: Message) -> str:
    """The general signed webhook (docs/contract.md): a gateway that honours ``Idempotency-Key`` never doubles."""
    text = fit(
        message.text if message.text.startswith(message.title) else f"{message.title}\n{message.text}", SMS_BYTES
    )
    body = {"key": str(message.uuid), "to": message.address, "text": text}
    payload = json.dumps(body, ensure_ascii=False).encode()
    moment = str(int(time.time()))
    headers = {
        "Idempotency-Key": str(message.uuid),
        "X-Xiangxue-Timestamp": moment,
        "X-Xiangxue-Signature": f"sha256={signature(channel.secret, moment, payload)}",
    }
    return str(_post_bytes(channel.address, payload, headers).get("id", ""))[:100]


# -- group robots ----------------------------------------------------------------------------


def _said_in_group(answer: dict[str, Any]) -> str:
    """Both robots answer 200 and put the truth into ``errcode``."""
    code = answer.get("errcode")
    if code != 0:
        raise NotTakenError(f"errcode {code}")
    return ""


def _mentioned(message: Message) -> list[str]:
    return [mobile for mobile in message.address.split(",") if mobile]


def _wecom(channel: Channel, message: Message) -> str:
    """A text of WeCom's group robot; those named by mobile number are mentioned."""
    text = {
        "content": fit(f"{message.title}\n{message.text}", WECOM_BYTES),
        "mentioned_mobile_list": _mentioned(message),
    }
    return _said_in_group(_post(channel.address, {"msgtype": "text", "text": text}))


def dingtalk_sign(secret: str, moment: int) -> str:
    """DingTalk's own signature of a moment in milliseconds, for the address."""
    digest = hmac.digest(secret.encode(), f"{moment}\n{secret}".encode(), hashlib.sha256)
    return quote_plus(base64.b64encode(digest))


def _dingtalk(channel: Channel, message: Message) -> str:
    """A text of DingTalk's group robot, its address signed where a secret is set."""
    address = channel.address
    if channel.secret:
        moment = int(time.time() * 1000)
        joint = "&" if "?" in address else "?"
        address = f"{address}{joint}timestamp={moment}&sign={dingtalk_sign(channel.secret, moment)}"
    text = {"content": fit(f"{message.title}\n{message.text}", DINGTALK_BYTES)}
    body = {"msgtype": "text", "text": text, "at": {"atMobiles": _mentioned(message), "isAtAll": False}}
    return _said_in_group(_post(address, body))


SENDERS: dict[Channel.Kind, Callable[[Channel, Message], str]] = {
    Channel.Kind.EMAIL: _email,
    Channel.Kind.SMS: _sms,
    Channel.Kind.WECOM: _wecom,
    Channel.Kind.DINGTALK: _dingtalk,
}
