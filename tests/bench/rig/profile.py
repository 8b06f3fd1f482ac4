"""Keeps of gcc's recorded counts (.gcda) the functions that ran, and packs them.

    profile.py FOLDER ARCHIVE

A file is a head of four words and records of a tag, a size in bytes (negative: that many zeros, which
are left out) and the words. A function's record is followed by those of its counts (gcc 12,
gcov-io.h); a function without any is one that gcc has no profile of."""
import io
import pathlib
import struct
import sys
import tarfile

FUNCTION, ARCS = 0x01000000, 0x01A10000


def records(data: bytes) -> list[tuple[int, bytes, bool]]:
    """Tag, the whole record, whether there is anything but zeros in it."""
    out, at = [], 16
    while at + 8 <= len(data):
        tag, size = struct.unpack_from("<Ii", data, at)
        end = at + 8 + max(size, 0)
        if tag == 0:
            break
        out.append((tag, data[at:end], any(data[at + 8 : end])))
        at = end
    return out


def trimmed(data: bytes) -> bytes | None:
    head, functions = [data[:16]], []
    for tag, record, counted in records(data):
        if tag == FUNCTION:
            functions.append([[record], False])
        elif functions:
            functions[-1][0].append(record)
            functions[-1][1] |= tag == ARCS and counted
        else:
            head.append(record)
    ran = [record for parts, counted in functions if counted for record in parts]
    return b"".join([*head, *ran, bytes(4)]) if ran else None


def main(folder: str, archive: str) -> None:
    with tarfile.open(archive, "w:xz", preset=9) as out:
        for path in sorted(pathlib.Path(folder).glob("*.gcda")):
            kept = trimmed(path.read_bytes())
            if kept is None:
                continue
            entry = tarfile.TarInfo(path.name)
            entry.size = len(kept)
            out.addfile(entry, io.BytesIO(kept))


if __name__ == "__main__":
    main(*sys.argv[1:])
