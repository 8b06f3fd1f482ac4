#!/usr/bin/env python3
"""Files of at most 600 lines and functions of at most 70, with the exceptions listed below."""
import re
import sys

import tree

MAX_FILE = 600
MAX_FUNCTION = 70

# path, path:function or a function's last name -> why it may be longer.
ALLOWED: dict[str, str] = {
    "Schema": "a table of a message's fields, one a line, is data and no logic",
    "tests/unit/buffer/byte_chain_test.cc:Step": "one switch with a random operation in each case",
}

_SCOPE = re.compile(r"\b(namespace|class|struct|union|enum)\b[^;=()]*$|\bextern\s+\"[^\"]*\"\s*$")


def head_of(code: str, brace: int, last: int) -> str:
    """The text between the last statement's end and this brace."""
    head = " ".join(code[last:brace].split())
    return re.sub(r"^(template\s*<[^{};]*?>\s*)+", "", head)


def functions(code: str):
    """Yields (name, first line, lines) of each function body at namespace or class level."""
    scopes: list[tuple[str, str, int]] = []  # (kind, head, offset of the brace)
    last = 0
    for match in re.finditer(r"[{};]", code):
        at, sign = match.start(), match.group(0)
        if sign == "{":
            head = head_of(code, at, last)
            outside = all(kind == "scope" for kind, _, _ in scopes)
            if outside and _SCOPE.search(head):
                scopes.append(("scope", head, at))
            elif outside and "(" in head and not re.search(r"=\s*$", head):
                scopes.append(("function", head, at))
            else:
                scopes.append(("block", head, at))
        elif sign == "}" and scopes:
            kind, head, start = scopes.pop()
            if kind == "function":
                name = re.search(r"([\w:~]+|operator\S+)\s*\(", head)
                first = code.count("\n", 0, start) + 1
                yield (name.group(1) if name else "?", first, code.count("\n", start, at) + 1)
        last = at + 1


def check_file(path) -> list[str]:
    name = tree.relative(path)
    text = path.read_text()
    problems = []
    count = text.count("\n")
    if count > MAX_FILE and name not in ALLOWED:
        problems.append(f"{name}:1: {count} lines; at most {MAX_FILE}: split it by responsibility")
    code = re.sub(r"^\s*#.*$", "", tree.blank(text), flags=re.M)
    for function, line, length in functions(code):
        if length <= MAX_FUNCTION or f"{name}:{function}" in ALLOWED:
            continue
        if function.rpartition("::")[2] not in ALLOWED:
            problems.append(f"{name}:{line}: {function} has {length} lines; at most {MAX_FUNCTION}")
    return problems


if __name__ == "__main__":
    found = [p for f in tree.cpp_files("src", "include", "tests") for p in check_file(f)]
    print("\n".join(found), end="\n" if found else "")
    sys.exit(bool(found))
