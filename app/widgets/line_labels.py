"""How do labels stand beside one another's lines without touching? Each as near to its place as the others let it."""

from collections.abc import Sequence


def spread(places: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """Places at least `gap` apart, in the same order and within `low` to `high` as far as there is room.

    Those that are too near are moved apart evenly around their middle: spread([10, 12], 16, 0, 100) -> [3, 19].
    """
    order = sorted(range(len(places)), key=lambda number: places[number])
    groups: list[tuple[float, int]] = []
    for number in order:
        groups.append((places[number], 1))
        while len(groups) > 1 and _touch(groups[-2], groups[-1], gap):
            (one, many), (other, more) = groups[-2:]
            groups[-2:] = [((one * many + other * more) / (many + more), many + more)]
    spreaded = [middle + (place - (many - 1) / 2) * gap for middle, many in groups for place in range(many)]
    result = [0.0] * len(places)
    for number, place in zip(order, _within(spreaded, gap, low, high), strict=True):
        result[number] = place
    return result


def _touch(upper: tuple[float, int], lower: tuple[float, int], gap: float) -> bool:
    """Whether two groups of labels, given by their middle and number, are nearer than `gap`."""
    return lower[0] - (lower[1] - 1) / 2 * gap - (upper[0] + (upper[1] - 1) / 2 * gap) < gap


def _within(places: list[float], gap: float, low: float, high: float) -> list[float]:
    """Push those outside inwards, from the high end first, so that the low end holds where both cannot."""
    bound = high
    for number in reversed(range(len(places))):
        places[number] = min(places[number], bound)
        bound = places[number] - gap
    bound = low
    for number in range(len(places)):
        places[number] = max(places[number], bound)
        bound = places[number] + gap
    return places
