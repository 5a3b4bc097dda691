import pytest

from tests.flows.steps import Person


@pytest.fixture
def kari_herself(client, worker, mailbox, demo, kari):
    """Kari, with a browser and a mailbox, at a company that has its demo forms."""
    return Person(client, worker, mailbox, kari)


@pytest.fixture
def ola_himself(client, worker, mailbox, demo, ola):
    return Person(client, worker, mailbox, ola)
