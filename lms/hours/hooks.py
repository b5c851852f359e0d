"""Where upper rooms listen to the ledger (connected in their ``AppConfig.ready``)."""

from __future__ import annotations

from lms.core.hooks import Hook

# Runs with {member id: {years whose hours changed}}, once a post, in the same transaction.
hours_settled: Hook[[dict[int, set[int]]]] = Hook("hours_settled")
