#!/usr/bin/env python3
"""Refuses what the house style bans, by pattern. A line that has a good reason says so:
`// allow(naked-new): reason`, on it or on the line before it."""
import dataclasses
import re
import sys

import tree


@dataclasses.dataclass
class Rule:
    name: str
    pattern: re.Pattern
    words: str
    tops: tuple[str, ...] = ("src", "include", "tests")
    except_in: tuple[str, ...] = ()
    in_comments: bool = False


RULES = [
    Rule("delete-this", re.compile(r"\bdelete\s+this\b"), "use loop.DeferDelete(std::move(child))"),
    Rule(
        "naked-new",
        re.compile(r"\bnew\s+(?!\()[A-Za-z_:]"),
        "own it by unique_ptr from the start (make_unique)",
        tops=("src", "include"),
    ),
    Rule(
        "naked-delete",
        re.compile(r"(?<!= )(?<!=)(?<!operator )\bdelete(\[\])?\s+(?!this\b)[A-Za-z_(*]"),
        "own it by unique_ptr",
        tops=("src", "include"),
    ),
    Rule(
        "throw",
        re.compile(r"\b(throw\b|try\s*\{|catch\s*\()"),
        "no exceptions outside src/config: return a Result",
        tops=("src", "include"),
        except_in=("src/config/",),
    ),
    Rule(
        "sleep",
        re.compile(r"\b(sleep_for|sleep_until|usleep|nanosleep|sleep)\s*\("),
        "tests wait for an event or step a ManualClock",
        tops=("tests", "src", "include"),
    ),
    Rule(
        "shared-ptr",
        re.compile(r"\bshared_ptr\s*<\s*(?!const\b)"),
        "shared_ptr is for immutable snapshots: shared_ptr<const T>",
        tops=("src", "include"),
        # the config engine fills in what becomes immutable when it hands it out
        except_in=("src/config/", "include/sluice/config/"),
    ),
    Rule("todo", re.compile(r"\b(TODO(?!\(#\d+\))|FIXME|XXX)\b"), "write TODO(#issue)", in_comments=True),
]

MARK = re.compile(r"//.*\ballow\(([a-z-]+)\): \S")


def allowed(lines: list[str], number: int, rule: str) -> bool:
    for line in lines[max(0, number - 2) : number]:
        match = MARK.search(line)
        if match and match.group(1) == rule:
            return True
    return False


def check_file(path) -> list[str]:
    name = tree.relative(path)
    text = path.read_text()
    lines = text.split("\n")
    code = tree.blank(text).split("\n")
    commented = tree.blank(text, keep_comments=True).split("\n")
    problems = []
    for rule in RULES:
        if not name.startswith(tuple(t + "/" for t in rule.tops)) or name.startswith(
            rule.except_in or ("\0",)
        ):
            continue
        for number, line in enumerate(commented if rule.in_comments else code, 1):
            if rule.pattern.search(line) and not allowed(lines, number, rule.name):
                problems.append(f"{name}:{number}: {rule.name}: {rule.words}")
    return problems


def check_python_sleeps() -> list[str]:
    """The harness has one bounded poll, in wait.py; no test may doze on its own."""
    problems = []
    for path in sorted((tree.ROOT / "tests").rglob("*.py")):
        for number, line in enumerate(path.read_text().split("\n"), 1):
            if re.search(r"\bsleep\(", line) and path.name != "wait.py":
                problems.append(f"{tree.relative(path)}:{number}: sleep: use harness.wait")
    return problems


if __name__ == "__main__":
    found = [p for f in tree.cpp_files("src", "include", "tests") for p in check_file(f)]
    found += check_python_sleeps()
    print("\n".join(found), end="\n" if found else "")
    sys.exit(bool(found))
