"""What texts that are sent look like, and what to say of one that does not.

The patterns stand in the OpenAPI document too, so they are written as Rust, Python and
JavaScript all read them: what is excluded is named, in four hex digits each.
"""

from __future__ import annotations

CONTROL = r"\u0000-\u001f\u007f-\u009f\u2028\u2029"
SPACE = r"\u0020\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000"


def words(longest: int) -> str:
    """Write the pattern of a text of so many characters, of whatever language.

    What staging would take away is not taken in: outer spaces, control characters.
    """
    end, within = f"[^{CONTROL}{SPACE}]", f"[^{CONTROL}]"
    return f"^{end}({within}{{0,{longest - 2}}}{end})?$"


WORDS, EVENT = words(50), words(200)
AMOUNT = r"^(0|[1-9][0-9]{0,8})(\.[0-9]{1,2})?$"
ID = r"^[a-z0-9_]{1,40}$"
KEY = r"^[!-~]{1,200}$"
VISITOR = r"^[A-Za-z0-9_-]{1,64}$"
METHOD = r"^[a-z][a-z_-]{0,29}$"

MEANINGS = {
    WORDS: "must be 1 to 50 characters: no control characters, no outer spaces",
    EVENT: "must be 1 to 200 characters: no control characters, no outer spaces",
    AMOUNT: 'must be text with at most two places and below 1000000000, as "49.50"',
    ID: "must be 1 to 40 of the characters a-z, 0-9 and _",
    KEY: "must be 1 to 200 characters of ASCII, without spaces",
    VISITOR: "must be 1 to 64 of the characters A-Z, a-z, 0-9, _ and -",
    METHOD: "must be a word of at most 30 of the characters a-z, _ and -",
}
