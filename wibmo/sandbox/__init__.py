"""A strict, stateful stand-in for the bank that speaks real HTTP and the real encryption."""

from wibmo.sandbox.server import Sandbox

__all__ = ["Sandbox"]
