from tests.billing.conftest import local, shop
from tests.sync.conftest import world

__all__ = ["local", "shop", "world"]
