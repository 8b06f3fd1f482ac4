"""Expected text: literal bytes with holes. `<<regex>>` stands for bytes that match the regex;
everything else has to be there byte for byte."""
import re

_HOLE = re.compile(rb"<<(.+?)>>", re.S)


def to_bytes(text: str | bytes) -> bytes:
    """Text of a scenario: characters up to U+00FF are bytes as they stand, others become UTF-8."""
    if isinstance(text, bytes):
        return text
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError:
        return text.encode()


def http_lines(text: str) -> bytes:
    """A head written as plain lines: every line end becomes CRLF, and the empty line is added."""
    lines = to_bytes(text).replace(b"\r\n", b"\n").rstrip(b"\n")
    return lines.replace(b"\n", b"\r\n") + b"\r\n\r\n"


class Pattern:
    def __init__(self, text: str | bytes):
        self.text = to_bytes(text)
        parts, last = [], 0
        for hole in _HOLE.finditer(self.text):
            parts.append(re.escape(self.text[last : hole.start()]))
            parts.append(b"(?:" + hole.group(1) + b")")
            last = hole.end()
        parts.append(re.escape(self.text[last:]))
        self.literal = len(parts) == 1
        self.regex = re.compile(b"".join(parts), re.S)

    def match_start(self, data: bytes) -> int | None:
        """How many bytes at the start of `data` match, or None."""
        if self.literal:
            return len(self.text) if data.startswith(self.text) else None
        found = self.regex.match(data)
        return found.end() if found else None

    def matches(self, data: str | bytes) -> bool:
        return self.regex.fullmatch(to_bytes(data)) is not None

    def found_in(self, data: str | bytes) -> bool:
        return self.regex.search(to_bytes(data)) is not None

    def cannot_match(self, data: bytes) -> bool:
        """True when no further bytes can make it match (known for literals only)."""
        return self.literal and not self.text.startswith(data[: len(self.text)])


def compare(actual, expected) -> bool:
    """`expected` is a number, or ">= 3" and the like, or text with holes."""
    if isinstance(expected, bool) or expected is None:
        return actual is expected
    if isinstance(expected, (int, float)):
        return actual == expected
    bound = re.fullmatch(r"\s*(>=|<=|>|<|==|!=)\s*(-?\d+(?:\.\d+)?)\s*", str(expected))
    if bound and isinstance(actual, (int, float)):
        sign, number = bound.group(1), float(bound.group(2))
        return {
            ">=": actual >= number,
            "<=": actual <= number,
            ">": actual > number,
            "<": actual < number,
            "==": actual == number,
            "!=": actual != number,
        }[sign]
    return Pattern(str(expected)).matches(str(actual))
