"""Kari is to be found and forgotten. Ola is on the same site and must be left alone."""

from __future__ import annotations

from dataclasses import replace

from app.processors.base import Profile

KARI = "kari@example.no"
OLA = "ola@example.no"

kari = Profile(KARI, name="Kari Nordmann")
met = replace(kari, acquainted=True)
