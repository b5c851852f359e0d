"""Encryption of fields at rest and the keyed hash that finds them again (PIPL art. 51; ID numbers)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
from functools import lru_cache

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

NONCE_BYTES = 12


@lru_cache(maxsize=4)
def _key(secret: str, purpose: bytes) -> bytes:
    """A key for one purpose, derived from XIANGXUE_FIELD_KEY."""
    return hmac.new(secret.encode(), purpose, hashlib.sha256).digest()


@lru_cache(maxsize=2)
def _cipher(secret: str) -> AESGCM:
    """The cipher of a site's key: it holds no state, and a roster seals ten thousand texts with it."""
    return AESGCM(_key(secret, b"encrypt"))


def encrypt(text: str) -> str:
    """Encrypt a short text; the result is ASCII and differs each time."""
    nonce = os.urandom(NONCE_BYTES)
    sealed = _cipher(settings.XIANGXUE_FIELD_KEY).encrypt(nonce, text.encode(), None)
    return base64.b64encode(nonce + sealed).decode()


def decrypt(token: str) -> str:
    """Decrypt what ``encrypt`` made. Raises ``cryptography.exceptions.InvalidTag`` for another key or an edited token."""
    raw = base64.b64decode(token)
    return _cipher(settings.XIANGXUE_FIELD_KEY).decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], None).decode()


def keyed_hash(text: str) -> str:
    """A hash for matching equal texts without storing them; useless without the key."""
    return hmac.digest(_key(settings.XIANGXUE_FIELD_KEY, b"match"), text.encode(), "sha256").hex()


def derived_key(purpose: str) -> bytes:
    """A key for signing things of one purpose (a room's codes, say); another purpose has another key."""
    return _key(settings.XIANGXUE_FIELD_KEY, f"sign:{purpose}".encode())
