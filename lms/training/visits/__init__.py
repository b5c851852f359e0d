"""Visits to bases: asked for and agreed to, counted by the host, shown in pictures, thought about, rated."""
