"""Filling a training fairly: quotas, nominations and their approval, members who sign up themselves, the waiting list."""
