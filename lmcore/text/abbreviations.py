"""What is a code point called for short? NUL, ESC, NBSP, ZWJ: for those that cannot be seen as they are.

The abbreviations are those of Unicode's NameAliases.txt, and EM, LS and PS, which are in common use.
"""

from typing import Final

_C0: Final = (
    "NUL SOH STX ETX EOT ENQ ACK BEL BS HT LF VT FF CR SO SI DLE DC1 DC2 DC3 DC4 NAK SYN ETB CAN EM SUB ESC FS GS RS "
    "US SP"
)
_C1: Final = (
    "DEL PAD HOP BPH NBH IND NEL SSA ESA HTS HTJ VTS PLD PLU RI SS2 SS3 DCS PU1 PU2 STS CCH MW SPA EPA SOS SGC SCI CSI "
    "ST OSC PM APC NBSP"
)
_FORMATS: Final = (
    "00AD SHY 034F CGJ 061C ALM 180B FVS1 180C FVS2 180D FVS3 180E MVS 200B ZWSP 200C ZWNJ 200D ZWJ 200E LRM 200F RLM "
    "2028 LS 2029 PS 202A LRE 202B RLE 202C PDF 202D LRO 202E RLO 202F NNBSP 205F MMSP 2060 WJ 2066 LRI 2067 RLI "
    "2068 FSI 2069 PDI FEFF BOM"
)
ABBREVIATIONS: Final = {
    **dict(enumerate(_C0.split())),
    **dict(enumerate(_C1.split(), 0x7F)),
    **{int(code, 16): name for code, name in zip(_FORMATS.split()[::2], _FORMATS.split()[1::2], strict=True)},
    **{0xFE00 + number: f"VS{number + 1}" for number in range(16)},
    **{0xE0100 + number: f"VS{number + 17}" for number in range(240)},
}
"""By code point."""
