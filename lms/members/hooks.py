"""Where upper rooms listen to changes of people (connected in their ``AppConfig.ready``)."""

from __future__ import annotations

from lms.core.hooks import Hook

# Runs with the ids of members whose unit, state, category or offices changed, in the same transaction.
members_changed: Hook[[list[int]]] = Hook("members_changed")
