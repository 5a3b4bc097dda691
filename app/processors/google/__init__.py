"""Google: `auth` and `oauth` get in, `service` speaks, and `gmail`, `contacts` and `groups` have the verbs.

Nothing of Google's own libraries is imported before the first call: together they take some 15 MB.
"""
