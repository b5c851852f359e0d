"""What beats are measured against: Django with nothing around one view that does one upsert on the same database."""

from __future__ import annotations

import json

from django.db import connection
from django.http import HttpRequest, JsonResponse
from django.urls import path

TABLE = "CREATE TABLE IF NOT EXISTS bench_upsert (id integer PRIMARY KEY, sequence integer NOT NULL, position bigint NOT NULL)"
UPSERT = """
    INSERT INTO bench_upsert (id, sequence, position) VALUES (%s, %s, %s)
    ON CONFLICT (id) DO UPDATE SET sequence = excluded.sequence, position = excluded.position
"""


def upsert(request: HttpRequest) -> JsonResponse:
    """Write one row, answer in JSON."""
    data = json.loads(request.body)
    with connection.cursor() as cursor:
        cursor.execute(UPSERT, [data["id"], data["sequence"], data["to"]])
    return JsonResponse({"sequence": data["sequence"], "position": data["to"]})


def health(request: HttpRequest) -> JsonResponse:
    """The server is up."""
    return JsonResponse({})


urlpatterns = [path("bare/", upsert), path("health/", health)]
