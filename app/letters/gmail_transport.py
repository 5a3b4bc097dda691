"""Letters leave from the company's own mailbox at Gmail, and stay in its folder of sent mail."""

from __future__ import annotations

from dataclasses import dataclass
from email.message import EmailMessage
from typing import cast

from app import processors
from app.config import Misconfigured
from app.processors.google.gmail import Gmail as Processor


@dataclass(frozen=True)
class Gmail:
    """`MAIL_URL=gmail:`. The mailbox is the first of GMAIL_MAILBOX; a Message-ID is sent once."""

    def deliver(self, message: EmailMessage, number: int) -> None:
        self._processor().send(message)

    def ping(self) -> str:
        return self._processor().ping()

    @staticmethod
    def _processor() -> Processor:
        """Raises `Misconfigured` where no mailbox is named, or what is named cannot be right."""
        try:
            found = processors.active().get(Processor.name)
        except ValueError as error:
            raise Misconfigured(str(error)) from None
        if found is None:
            raise Misconfigured("MAIL_URL=gmail: needs GMAIL_MAILBOX and GOOGLE_CREDENTIALS")
        return cast(Processor, found)
