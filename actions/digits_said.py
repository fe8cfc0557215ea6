"""Which digits a row of number words says: eight three, eighty three, nineteen ninety three, double five."""
from __future__ import annotations

from actions.number_lexicon import NumberWord, Role


def digits_said(numbers: list[NumberWord]) -> list[str]:
    """The groups of digits that number words say: eighty three zero five → 83, 05."""
    groups: list[tuple[str, bool]] = []
    index = 0
    while index < len(numbers):
        taken, digits, spelled = _group(numbers, index)
        if spelled and groups and groups[-1][1]:
            groups[-1] = (groups[-1][0] + digits, True)
        else:
            groups.append((digits, spelled))
        index += taken
    return _join_year([digits for digits, _ in groups if digits])


def _group(numbers: list[NumberWord], index: int) -> tuple[int, str, bool]:
    value, role = numbers[index]
    following = numbers[index + 1] if index + 1 < len(numbers) else None
    if role is Role.REPEAT:
        if following and following.role is Role.DIGIT:
            return 2, str(following.value) * value, True
        return 1, "", True
    if role is Role.DIGIT and not (following and following.role is Role.SCALE):
        return 1, str(value), True
    return _cardinal(numbers, index)


def _cardinal(numbers: list[NumberWord], index: int) -> tuple[int, str, bool]:
    """One whole number: eleven, twenty seven, nineteen hundred ninety three, two thousand twenty seven."""
    total = part = 0
    begin, room = index, 1 << 60
    while index < len(numbers):
        value, role = numbers[index]
        if role is Role.SCALE:
            if value >= room:
                break
            if value == 100:
                part = max(part, 1) * 100
            else:
                total += max(part, 1) * value
                part = 0
            room = value
            index += 1
            continue
        if role is Role.REPEAT or (value == 0 and index > begin):
            break
        if index > begin and not _fits(numbers[index - 1], numbers[index]):
            break
        part += value
        index += 1
    return index - begin, str(total + part), False


def _fits(before: NumberWord, number: NumberWord) -> bool:
    if before.role is Role.SCALE:
        return True
    if before.role is Role.TENS and number.role in (Role.DIGIT, Role.ORDINAL):
        return 0 < number.value < 10
    return False


def _join_year(groups: list[str]) -> list[str]:
    """19 93 → 1993: the last such pair only, so that a day 20 before a month stays a day."""
    for index in range(len(groups) - 2, -1, -1):
        if groups[index] in ("19", "20") and len(groups[index + 1]) == 2:
            return [*groups[:index], groups[index] + groups[index + 1], *groups[index + 2:]]
    return groups
