"""The databases of the guard's tests, for what the gateway keeps in them."""

from tests.guard.conftest import database_url as database_url
from tests.guard.conftest import postgres_schema as postgres_schema
from tests.guard.conftest import storage as storage
