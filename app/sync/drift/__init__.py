"""Drift: what a processor's list holds, against what the ledger allows; seen every night, and mended within bounds."""
