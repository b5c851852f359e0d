"""Encryption of fields at rest and the keyed hash that finds them again (PIPL art. 51; ID numbers)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

NONCE_BYTES = 12


def _key(purpose: bytes) -> bytes:
    """A key for one purpose, derived from XIANGXUE_FIELD_KEY."""
    return hmac.new(settings.XIANGXUE_FIELD_KEY.encode(), purpose, hashlib.sha256).digest()


def encrypt(text: str) -> str:
    """Encrypt a short text; the result is ASCII and differs each time."""
    nonce = os.urandom(NONCE_BYTES)
    sealed = AESGCM(_key(b"encrypt")).encrypt(nonce, text.encode(), None)
    return base64.b64encode(nonce + sealed).decode()


def decrypt(token: str) -> str:
    """Decrypt what ``encrypt`` made. Raises ``cryptography.exceptions.InvalidTag`` for another key or an edited token."""
    raw = base64.b64decode(token)
    return AESGCM(_key(b"encrypt")).decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], None).decode()


def keyed_hash(text: str) -> str:
    """A hash for matching equal texts without storing them; useless without the key."""
    return hmac.new(_key(b"match"), text.encode(), hashlib.sha256).hexdigest()
