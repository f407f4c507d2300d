"""What are the classic cases? A text for each, a table computed from it, and what is to be learned."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from app.pages.bytes_page.runs import TextRuns
from app.widgets.fact_table import Cell, Column, text_cell
from lmcore import figures
from lmcore.text.handlers import handle
from lmcore.text.lanes import Span, bits
from lmcore.text.languages import all_sizes, whole_text
from lmcore.text.literals import write_hex
from lmcore.text.malformed import explain
from lmcore.text.utf8 import Rule, malformed, units

Count = Callable[[bytes], int | None]
"""The tokens of some bytes; None without a tokenizer."""


@dataclass(frozen=True)
class Lesson:
    """A case: the text it loads, and a table in whose rows are bytes to load instead, or a Span to select."""

    title: str
    data: bytes
    sentence: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    leads: tuple[bytes | Span, ...]
    legend: tuple[str, ...] = ()


def null_character(_count: Count) -> Lesson:
    """chr(0), alone and inside a string."""
    texts = (("chr(0)", "\0"), ('"before" + chr(0) + "after"', "before\0after"))
    rows = [
        (
            text_cell(expression, face="mono"),
            text_cell(repr(text), face="mono"),
            text_cell(text.replace("\0", "") or "nothing to see", "text" if len(text) > 1 else "secondary", "mono"),
            text_cell(figures.count(len(text.encode()))),
        )
        for expression, text in texts
    ]
    return Lesson(
        "chr(0), alone and inside a string",
        texts[1][1].encode(),
        "NULL, U+0000, is a character like any other: one byte of zero bits. repr writes it as \\x00; print sends it "
        "to the terminal, which shows nothing. It stays in the text, in its length and in its tokens.",
        (Column("Expression"), Column("repr"), Column("On a terminal", stretch=True), Column("Bytes", number=True)),
        tuple(rows),
        tuple(text.encode() for _, text in texts),
    )


def byte_by_byte(_count: Count) -> Lesson:
    """Decoding every byte on its own."""
    data = "né 你🙂".encode()
    rows = [
        (
            text_cell(f"{place}"),
            text_cell(f"{byte:02X}", face="mono"),
            text_cell(bits(byte), "secondary", "mono"),
            _alone(byte),
        )
        for place, byte in enumerate(data)
    ]
    failed = sum(handle(bytes((byte,)), "strict").text is None for byte in data)
    return Lesson(
        "One byte at a time",
        data,
        f'"".join(bytes([b]).decode("utf-8") for b in data) fails at the first of the {failed} bytes here that are '
        "only parts of a character. It works for ASCII alone; decode all bytes together, or incrementally.",
        (
            Column("Byte", number=True),
            Column("Hex"),
            Column("Bits"),
            Column('bytes([b]).decode("utf-8")', stretch=True),
        ),
        tuple(rows),
        tuple(Span(place, place + 1) for place in range(len(data))),
    )


def two_bytes(_count: Count) -> Lesson:
    """Two bytes that are no character."""
    cases = (b"\xe5\xa5", b"\xc3(", b"\x80\x80", b"\xc0\xaf", b"\xed\xa0", b"\xff\xfe")
    rows = []
    for data in cases:
        case = explain(data, next(unit for unit in units(data) if unit.code is None))
        name = text_cell(case.rule.value, "error")
        rows.append((text_cell(write_hex(data), face="mono"), name, text_cell(case.sentence)))
    ascii_pairs, characters = pairs_that_decode()
    rest = 256 * 256 - ascii_pairs - characters
    return Lesson(
        "Two bytes that are no character",
        cases[0],
        f"Of the {figures.count(256 * 256)} sequences of two bytes {figures.count(ascii_pairs)} are two ASCII "
        f"characters and {figures.count(characters)} are one character; the other {figures.count(rest)} do not decode.",
        (Column("Bytes"), Column("Rule broken"), Column("What happens", stretch=True)),
        tuple(rows),
        cases,
    )


def seven_languages(count: Count) -> Lesson:
    """One sentence in seven languages, in three encodings."""
    found = all_sizes()
    largest = max(size.utf32 for _, size in found)
    runs = TextRuns()
    rows, leads, place = [], [], 0
    for sentence, size in found:
        raw = sentence.text.encode()
        sizes = (size.utf8, size.utf16, size.utf32)
        tokens = count(raw)
        numbers = [text_cell(figures.count(number)) for number in (size.points, *sizes)]
        bars = Cell(bars=tuple(number / largest for number in sizes))
        shown = text_cell("–" if tokens is None else figures.count(tokens))
        rows.append((text_cell(sentence.language), runs.text(sentence.text), *numbers, shown, bars))
        leads.append(Span(place, place + len(raw)))
        place += len(raw) + 1
    least = {name: sum(getattr(size, name) for _, size in found) for name in ("utf8", "utf16", "utf32")}
    return Lesson(
        "One sentence in seven languages",
        whole_text().encode(),
        f"In all {figures.count(least['utf8'])} bytes in UTF-8, {figures.count(least['utf16'])} in UTF-16 and "
        f"{figures.count(least['utf32'])} in UTF-32, without the {len(found) - 1} line ends between them. UTF-8 is the "
        "smallest for ASCII; Chinese and Japanese take three bytes a character in it and two in UTF-16. A byte order "
        "mark would add 2 or 4.",
        (
            Column("Language"),
            Column("Sentence", stretch=True, least=180),
            *(Column(title, number=True) for title in ("Points", "UTF-8", "UTF-16", "UTF-32", "Tokens")),
            Column("Bytes, from UTF-8 to UTF-32", least=240),
        ),
        tuple(rows),
        tuple(leads),
        ("UTF-8", "UTF-16", "UTF-32"),
    )


def wrong_decoding(_count: Count) -> Lesson:
    """Text decoded with the wrong encoding, twice."""
    texts = [misread_times("Café – 5 €", times) for times in range(3)]
    runs = TextRuns()
    rows = [
        (
            text_cell("as it was" if not times else f"misread {('', 'once', 'twice')[times]}"),
            runs.text(text),
            *_sizes(text),
        )
        for times, text in enumerate(texts)
    ]
    return Lesson(
        "Mojibake: bytes that decode twice",
        texts[-1].encode(),
        "UTF-8 was read as windows-1252, so that each byte of a character became a character of its own, and was saved "
        f"as UTF-8 again: what had {len(texts[0].encode())} bytes has {len(texts[-1].encode())} after two rounds.",
        (Column("State"), Column("Text", stretch=True), Column("Points", number=True), Column("UTF-8", number=True)),
        tuple(rows),
        tuple(text.encode() for text in texts),
    )


def malformed_kinds(_count: Count) -> Lesson:
    """One malformed sequence for every rule."""
    parts = (b"\x80", b"\xe5\xa5", b"\xc0\xaf", b"\xe0\x80\xaf", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xff")
    data = b" ".join(parts)
    rows, leads, place, seen = [], [], 0, set[Rule]()
    for part in parts:
        case = explain(data, next(units(data, place)))
        seen.add(case.rule)
        name = text_cell(case.rule.value, "error")
        rows.append((text_cell(write_hex(part), face="mono"), name, text_cell(case.sentence)))
        leads.append(Span(case.unit.start, case.unit.end))
        place += len(part) + 1
    return Lesson(
        "Malformed UTF-8",
        data,
        f"{len(seen)} rules can be broken. Decoders put one U+FFFD for each longest part that began well, here "
        f"{malformed(data)} in all: a sequence that is refused at its second byte leaves the others over.",
        (Column("Bytes"), Column("Rule broken"), Column("What happens", stretch=True)),
        tuple(rows),
        tuple(leads),
    )


LESSONS: Final[tuple[tuple[str, Callable[[Count], Lesson]], ...]] = (
    ("chr(0)", null_character),
    ("One byte at a time", byte_by_byte),
    ("Two bytes, no character", two_bytes),
    ("Seven languages", seven_languages),
    ("Mojibake", wrong_decoding),
    ("Malformed UTF-8", malformed_kinds),
)


def pairs_that_decode() -> tuple[int, int]:
    """How many sequences of two bytes are two characters of ASCII, and how many are one character (C2–DF, 80–BF)."""
    return 128 * 128, (0xDF - 0xC2 + 1) * 64


def misread_times(text: str, times: int) -> str:
    """A text whose UTF-8 was read as windows-1252 so many times."""
    for _ in range(times):
        text = text.encode().decode("cp1252")
    return text


def _alone(byte: int) -> Cell:
    found = handle(bytes((byte,)), "strict")
    if found.text is not None:
        return text_cell(repr(found.text), face="mono")
    case = explain(bytes((byte,)), next(units(bytes((byte,)))))
    return text_cell(f"UnicodeDecodeError: {case.reason}", "error")


def _sizes(text: str) -> tuple[Cell, Cell]:
    return text_cell(figures.count(len(text))), text_cell(figures.count(len(text.encode())))
