"""The tree as the checks see it: its C++ files, the folder table of CMakeLists.txt, and C++ text
with comments and literals blanked out. Used by the checks beside it."""
import dataclasses
import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parents[2]


@dataclasses.dataclass
class Folder:
    name: str
    deps: set[str]
    external: set[str]


def cpp_files(*tops: str) -> list[pathlib.Path]:
    found = []
    for top in tops:
        found += [p for p in (ROOT / top).rglob("*") if p.suffix in (".cc", ".h") and p.is_file()]
    return sorted(found)


def relative(path: pathlib.Path) -> str:
    return str(path.relative_to(ROOT))


def _sections(words: list[str]) -> dict[str, list[str]]:
    out: dict[str, list[str]] = {"": []}
    key = ""
    for word in words:
        if word in ("DEPS", "EXTERNAL"):
            key = word
            out[key] = []
        else:
            out[key].append(word)
    return out


def folder_table() -> dict[str, Folder]:
    """Reads sluice_folder(), sluice_filters() and sluice_plugin() as CMake does, in order."""
    text = re.sub(r"#.*", "", (ROOT / "CMakeLists.txt").read_text())
    table: dict[str, Folder] = {}
    for call, body in re.findall(r"(sluice_folder|sluice_filters|sluice_plugin)\(([^)]*)\)", text):
        parts = _sections(body.split())
        deps = set(parts.get("DEPS", []))
        if "ALL" in deps:
            deps = set(table)
        external = set(parts.get("EXTERNAL", []))
        if call != "sluice_filters":
            name = parts[""][0]
            table[name] = Folder(name, deps, external)
            continue
        for path in sorted((ROOT / "src/filters").glob("*/")):
            extra = {"upstream", "tracing"} if path.name in ("router", "tcp_proxy") else set()
            extra |= {"upstream"} if path.name == "dynamic_forward_proxy" else set()
            libraries = set()
            if path.name == "lua":
                extra, libraries = {"tls"}, {"luajit"}
            name = f"filters/{path.name}"
            table[name] = Folder(name, deps | extra, external | libraries)
    return table


def folder_of(path: str, table: dict[str, Folder]) -> str | None:
    """The folder that owns `path`, given below src/ or include/sluice/ ("codec/http1/parser.h")."""
    parts = path.split("/")[:-1]
    while parts:
        name = "/".join(parts)
        if name in table:
            return name
        parts.pop()
    return None


_TOKEN = re.compile(
    r"""//[^\n]*|/\*.*?\*/|R"(?P<tag>[^(\s]*)\(.*?\)(?P=tag)"|"(?:\\.|[^"\\\n])*"|"""
    r"""(?<![0-9A-Fa-f])'(?:\\.|[^'\\\n])+'""",
    re.S,
)


def blank(text: str, keep_comments: bool = False) -> str:
    """`text` with comments and literals replaced by spaces; lines stay where they are."""

    def erase(match: re.Match) -> str:
        token = match.group(0)
        if token.startswith("/") and keep_comments:
            return token
        if token.startswith("/"):
            return re.sub(r"[^\n]", " ", token)
        quote = token[-1]
        return quote + re.sub(r"[^\n]", " ", token[1:-1]) + quote

    return _TOKEN.sub(erase, text)
