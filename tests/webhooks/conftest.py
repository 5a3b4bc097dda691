from tests.sync.conftest import world

__all__ = ["world"]
