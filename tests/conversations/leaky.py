"""Run as a module: a Cardbot with the mistakes that the leak test is there to find."""

from __future__ import annotations

import logging
from typing import Any

from bot.leaks.watched import WatchedRunner, main

log = logging.getLogger("leaky")


class LeakyRunner(WatchedRunner):
    """Opens every value of a message, logs it, and keeps it in a slot."""

    async def request(self, *, json: dict[str, Any], **rest: Any) -> dict[str, Any]:
        values = self._opened(json["tracker"])
        answer = await super().request(json=json, **rest)
        if values and json["next_action"].startswith("validate_"):
            log.warning("read %s", values)
            answer["events"].append({"event": "slot", "name": "new_mobile", "value": " ".join(values), "timestamp": None})
        return answer

    def _opened(self, tracker: dict[str, Any]) -> list[str]:
        from actions.guard.vault import Direction, VaultMissing

        services = next(iter(self._actions.values())).services  # type: ignore[attr-defined]
        found = []
        for each in ((tracker["latest_message"] or {}).get("metadata") or {}).get("values", ()):
            try:
                found.append(services.vault.open(tracker["sender_id"], Direction.IN, each["ref"]))
            except VaultMissing:
                continue
        return found


if __name__ == "__main__":
    main(LeakyRunner)
