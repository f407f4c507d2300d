"""Where do two versions of a text differ? What both ends have in common is found by halves, not byte by byte."""


def common(one: bytes, other: bytes) -> int:
    """How many bytes two texts have in common at their beginning."""
    low, high = 0, min(len(one), len(other))
    if one[:high] == other[:high]:
        return high
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if one[low:middle] == other[low:middle] else (low, middle - 1)
    return low


def difference(one: bytes, other: bytes) -> tuple[int, int]:
    """How many bytes two texts have in common at their beginning and, behind those, at their end."""
    head = common(one, other)
    tail = common(one[head:][::-1], other[head:][::-1])
    return head, tail
