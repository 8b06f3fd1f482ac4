#!/usr/bin/env python3
"""Checks every #include of src/ and include/ against the folder table in CMakeLists.txt: another
folder only along a DEPS edge, a third-party header only below a folder that lists it in EXTERNAL."""
import re
import sys

import tree

# Header prefix -> the library's name in EXTERNAL. A header that is in no list is refused, so a new
# library has to be added here, to SluicePackages.cmake and to packages.txt.
LIBRARIES = {
    "fmt/": "fmt",
    "spdlog/": "spdlog",
    "uv.h": "libuv",
    "uv/": "libuv",
    "yaml-cpp/": "yaml-cpp",
    "nlohmann/": "nlohmann-json",
    "re2/": "re2",
    "llhttp.h": "llhttp",
    "nghttp2/": "nghttp2",
    "ares.h": "c-ares",
    "ares_": "c-ares",
    "openssl/": "openssl",
    "CLI/": "cli11",
    "zlib.h": "zlib",
    "zstd.h": "zstd",
    "brotli/": "brotli",
    "xxhash.h": "xxhash",
    "jwt": "jwt",
    "google/protobuf/": "protobuf",
    "JavaScriptCore/": "javascriptcore",
    "lua.hpp": "luajit",
}
SYSTEM_DIRECTORIES = ("sys/", "netinet/", "arpa/", "net/", "linux/", "asm/", "bits/", "sanitizer/")
# fmt formats everybody's messages; it is cheap to include since 9 and no folder's secret.
EVERYWHERE = {"fmt"}
# Third-party headers that a header for everybody (include/) may need, each with its reason.
IN_PUBLIC_HEADERS = {
    "fmt": "formatting arguments are checked at compile time where the message is written",
}

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.M)


def library_of(header: str) -> str | None:
    for prefix, name in LIBRARIES.items():
        if header == prefix or (prefix[-1] in "/_" and header.startswith(prefix)):
            return name
    return None


def is_system(header: str) -> bool:
    if "/" in header:
        return header.startswith(SYSTEM_DIRECTORIES)
    return True  # <vector>, <unistd.h>: third-party ones without a folder are in LIBRARIES


class Checker:
    def __init__(self) -> None:
        self.table = tree.folder_table()
        self.problems: list[str] = []

    def run(self) -> list[str]:
        for path in tree.cpp_files("src", "include"):
            name = tree.relative(path)
            below = name.removeprefix("src/").removeprefix("include/sluice/")
            owner = tree.folder_of(below, self.table)
            if owner is None and name != "src/main.cc":
                self.problems.append(f"{name}:1: is in no folder of the table in CMakeLists.txt")
                continue
            text = path.read_text()
            for match in INCLUDE.finditer(text):
                where = f"{name}:{text.count(chr(10), 0, match.start()) + 1}"
                self.check(where, name, owner, match.group(1) == '"', match.group(2))
        return self.problems

    def check(self, where: str, file: str, owner: str | None, quoted: bool, header: str) -> None:
        if quoted:
            self.check_own(where, owner, header)
        elif header.startswith("sluice/"):
            self.problems.append(f'{where}: <{header}> is ours: write "{header}"')
        else:
            self.check_foreign(where, file, owner, header)

    def check_own(self, where: str, owner: str | None, header: str) -> None:
        if not header.startswith("sluice/"):
            if owner is None or not (tree.ROOT / "src" / owner / header).is_file():
                self.problems.append(f'{where}: "{header}" is not a private header of src/{owner}')
            elif where.startswith("include/"):
                self.problems.append(f'{where}: a public header includes the private "{header}"')
            return
        if not (tree.ROOT / "include" / header).is_file() and header != "sluice/base/version.h":
            self.problems.append(f'{where}: include/{header} does not exist')
            return
        target = tree.folder_of(header.removeprefix("sluice/"), self.table)
        allowed = {"server", "base"} if owner is None else self.table[owner].deps | {owner}
        if target not in allowed:
            self.problems.append(
                f"{where}: {owner or 'main.cc'} may not include {target}; its edges are: "
                f"{' '.join(sorted(allowed))}"
            )

    def check_foreign(self, where: str, file: str, owner: str | None, header: str) -> None:
        library = library_of(header)
        if library is None:
            if not is_system(header):
                self.problems.append(f"{where}: <{header}> belongs to no library that is listed")
            return
        external = set() if owner is None else self.table[owner].external
        if library not in external | EVERYWHERE:
            self.problems.append(f"{where}: <{header}>: only folders with EXTERNAL {library} may")
        elif file.startswith("include/") and library not in IN_PUBLIC_HEADERS:
            self.problems.append(f"{where}: <{header}> in a public header: keep it to .cc files")


if __name__ == "__main__":
    found = Checker().run()
    print("\n".join(found), end="\n" if found else "")
    sys.exit(bool(found))
