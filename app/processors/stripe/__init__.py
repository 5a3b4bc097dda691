"""Stripe: `client` speaks to it, `account` reads, `erasure` removes, `processor` has the verbs, `webhook` listens."""
