"""Those outside whom we need: the mail server, and every processor."""

from __future__ import annotations

from typing import Any

from app.config.environment import Environment
from app.config.stores import instance


def mail(env: Environment) -> dict[str, Any]:
    return {
        "MAIL_URL": env.required("MAIL_URL", f"file:{instance(env)}/mail", secret=True),
        "MAIL_FROM": env.required("MAIL_FROM", "Fjordlys Interiør <post@fjordlys.example>"),
    }


def processors(env: Environment) -> dict[str, Any]:
    sandbox = env.text("SANDBOX_PATH") or ("" if env.production else f"{instance(env)}/sandbox.db")
    return {
        "SANDBOX_PATH": sandbox,
        "MAILCHIMP_API_KEY": env.secret("MAILCHIMP_API_KEY"),
        "MAILCHIMP_AUDIENCE": env.text("MAILCHIMP_AUDIENCE"),
        "MAILCHIMP_API_BASE": env.text("MAILCHIMP_API_BASE"),
        "MAILCHIMP_WEBHOOK_SECRET": env.secret("MAILCHIMP_WEBHOOK_SECRET"),
        "MAILCHIMP_SIGNING_SECRET": env.secret("MAILCHIMP_SIGNING_SECRET"),
        "STRIPE_API_KEY": env.secret("STRIPE_API_KEY"),
        "STRIPE_API_BASE": env.text("STRIPE_API_BASE"),
        "STRIPE_WEBHOOK_SECRET": env.secret("STRIPE_WEBHOOK_SECRET"),
        "STRIPE_PROMOTIONS_PURPOSE": env.text("STRIPE_PROMOTIONS_PURPOSE", "newsletter"),
        "FISCAL_YEAR_END": env.text("FISCAL_YEAR_END", "12-31"),
        # After the end of the fiscal year: the law demands five, some keep ten.
        "BOOKKEEPING_YEARS": env.number("BOOKKEEPING_YEARS", 5, most=100),
        "BACKUP_DAYS": env.numbers("BACKUP_DAYS"),  # `own=7 wordpress=40`: how long each holder's backups live
        "GOOGLE_CREDENTIALS": env.secret("GOOGLE_CREDENTIALS"),
        "GOOGLE_SUBJECT": env.text("GOOGLE_SUBJECT"),
        "GOOGLE_API_BASE": env.text("GOOGLE_API_BASE"),
        "GMAIL_MAILBOX": env.text("GMAIL_MAILBOX"),
        "GOOGLE_CONTACTS_GROUP": env.text("GOOGLE_CONTACTS_GROUP"),
        "GOOGLE_GROUPS": env.text("GOOGLE_GROUPS"),
        "WORDPRESS_URL": env.text("WORDPRESS_URL"),
        "WORDPRESS_KEY_ID": env.text("WORDPRESS_KEY_ID"),
        "WORDPRESS_SECRET": env.secret("WORDPRESS_SECRET"),
        "WORDPRESS_USER": env.text("WORDPRESS_USER"),
        # While a key is being replaced, the plugin may still sign with the one before.
        "WORDPRESS_KEY_ID_OLD": env.text("WORDPRESS_KEY_ID_OLD"),
        "WORDPRESS_SECRET_OLD": env.secret("WORDPRESS_SECRET_OLD"),
    }
