"""What processors tell us by themselves. Importing a module adds its door."""

from app.webhooks import mailchimp, stripe, wordpress
from app.webhooks.door import bp

__all__ = ["bp", "mailchimp", "stripe", "wordpress"]
