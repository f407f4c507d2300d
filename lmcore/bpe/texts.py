"""Which bytes is a text? UTF-8, and something for the halves of characters that UTF-8 has no bytes for."""

import re

_PAIR = re.compile("[\ud800-\udbff][\udc00-\udfff]")
_LONE = re.compile("[\ud800-\udc7f\udd00-\udfff]")


def to_bytes(text: str) -> bytes:
    """UTF-8. U+DC80 to U+DCFF are the bytes 0x80 to 0xFF, as Python's `surrogateescape` reads what is not UTF-8.

    Other surrogates become the characters that they are halves of, and those without their other half U+FFFD, as in
    `tiktoken` (Hugging Face `tokenizers` refuses such text).
    """
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        joined = _PAIR.sub(lambda pair: pair[0].encode("utf-16", "surrogatepass").decode("utf-16"), text)
        return _LONE.sub("\ufffd", joined).encode("utf-8", "surrogateescape")
