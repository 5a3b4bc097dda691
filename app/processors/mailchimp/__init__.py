"""Mailchimp: `client` speaks to it, `member` translates, `processor` has the verbs, `webhook` listens."""
