"""The cookies that one visitor of one server holds."""

from __future__ import annotations


class Cookies:
    """A later cookie replaces an earlier one of its name; all go with every request, whatever their paths say."""

    def __init__(self) -> None:
        self._values: dict[bytes, bytes] = {}
        self.header = b""

    def take(self, set_cookie: bytes) -> None:
        """What a Set-Cookie header says; one without a value takes the cookie back."""
        pair, _, _ = set_cookie.partition(b";")
        name, _, value = (part.strip() for part in pair.partition(b"="))
        if value.strip(b'"'):
            self._values[name] = value
        else:
            self._values.pop(name, None)
        held = b"; ".join(b"%b=%b" % each for each in self._values.items())
        self.header = b"Cookie: %b\r\n" % held if held else b""
