"""Numbers of a configuration file as C's strtoull (base 0) and strtod read them."""

from __future__ import annotations

import math
import re

DIGITS = 400
"""A longer number is endless, or the largest that there is: nobody writes one."""

_UINT64 = 1 << 64
_WHOLE = re.compile(rb"([+-]?)(?:0[xX]([0-9a-fA-F]++)|(0[0-7]*+)|([1-9][0-9]*+))")
_REAL = re.compile(
    rb"([+-]?)(?:"
    rb"0[xX]([0-9a-fA-F]++\.?[0-9a-fA-F]*+|\.[0-9a-fA-F]++)(?:[pP]([+-]?[0-9]++))?"
    rb"|((?:[0-9]++\.?[0-9]*+|\.[0-9]++)(?:[eE][+-]?[0-9]++)?)"
    rb"|((?i:inf(?:inity)?))|(?i:nan)(?:\(\w*+\))?)",
    re.ASCII,
)


def is_number(word: bytes) -> bool:
    """Whether LoadGen takes a word for a number: as a whole, an integer or a real one."""
    if word.isdigit():
        return True
    return len(word) in (whole_number(word)[0], real_number(word)[0])


def whole_number(word: bytes) -> tuple[int, int]:
    """How many bytes of a word strtoull (base 0) uses, and the unsigned number of 64 bits."""
    match = _WHOLE.match(word)
    if match is None:
        return 0, 0
    sign, hexadecimal, octal, decimal = match.groups()
    if match.end() > DIGITS:
        return match.end(), _UINT64 - 1
    if hexadecimal is not None:
        value = int(hexadecimal, 16)
    else:
        value = int(octal, 8) if octal is not None else int(decimal)
    if value >= _UINT64:
        return match.end(), _UINT64 - 1
    return match.end(), -value % _UINT64 if sign == b"-" else value


def real_number(word: bytes) -> tuple[int, float]:
    """How many bytes of a word strtod uses, and the number."""
    match = _REAL.match(word)
    if match is None:
        return 0, 0.0
    sign, mantissa, exponent, decimal, endless = match.groups()
    if match.end() > DIGITS:
        value = math.inf
    elif mantissa is not None:
        value = _hexadecimal(mantissa, int(exponent or b"0"))
    elif decimal is not None:
        value = float(decimal)
    else:
        value = math.inf if endless is not None else math.nan
    return match.end(), -value if sign == b"-" else value


def _hexadecimal(mantissa: bytes, exponent: int) -> float:
    whole, _, fraction = mantissa.partition(b".")
    try:
        return math.ldexp(int(whole + fraction, 16), exponent - 4 * len(fraction))
    except OverflowError:
        return math.inf
