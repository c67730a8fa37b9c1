"""Case folders gone wrong in ways nobody listed: seeded mutations of files, cells, bytes, TOML.

A mutation changes files of a folder in place, by draws of a `random.Random` alone: the same draw,
the same folder. What a file says is not understood here; that is the point.
"""

import csv
import io
import os
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

Mutation = Callable[[Random, Path], str]  # what was done, in a few words
Rows = list[list[str]]

NASTY_CELLS = (
    *("", " ", "0", "-0", "-1", "1", "0.5", "1e-9", "1e9", "1e308", "1e999", "-1e308", "nan"),
    *("NaN", "inf", "-inf", "null", "None", "#N/A", "#REF!", "1,5", "1.5.2", "１２", "٣", "12 t"),
    *("50%", "true", "FALSE", "=1+1", "=cmd|'/C calc'!A0", "+SUM(A1)", "-2+3", "@x", "\t=1"),
    *("..", "../../etc/passwd", "/dev/zero", "C:\\x", "<script>", "{0}", "%s", "${HOME}", "[red]"),
    *("null\\0", "a" * 300, "a" * 200_000, "\u202etxt", "é", "é", "😀", "\ufeff", '"', "'", ";"),
    *("2026-01-15", "2026-02-30T00:00:00+08:00", "9999-12-31T23:59:59+08:00", "24:00"),
    *("0001-01-01T00:00:00+00:00", "2026-01-15T06:00:00", "2026-01-15T06:00:00-12:00"),
    *("2026-01-15T06:17:31+08:00", "1768435200", "99999999999999999999999999", "01-15"),
)
NASTY_TOML = (
    *("0", "-1", "1e308", "nan", "inf", "-inf", '""', '"x"', "[]", "{}", "true", "[1, 2]"),
    *("9999999999999999999999", "1979-05-27", '"' + "a" * 5_000 + '"', "[[[[]]]]", '"../x"'),
    *('"Europe/Berlin"', '"Asia/../x"', '"12-31"', '"02-29"', "0.5", "24", "1", "12", "1000"),
)
ENCODINGS = ("gb18030", "utf-16", "utf-16-le", "utf-8-sig", "utf-32")
FACTORS = (0.0, -1.0, 0.01, 0.1, 0.3, 0.5, 0.7, 0.9, 1.1, 1.5, 2.0, 3.0, 10.0, 1000.0)
SEVERAL_NUMBERS = 0.25
MILD = (0.3, 0.5, 0.7, 0.9, 1.1, 1.5, 2.0, 3.0)
NUMBER = re.compile(r"-?\d+(?:\.\d+)?")


# ---- files as they are -----------------------------------------------------------------------


def _files(folder: Path, ending: str = "") -> list[Path]:
    found = (path for path in folder.rglob(f"*{ending}") if path.is_file())
    return sorted(path for path in found if path.stat().st_size > 0)


def _rows(path: Path) -> Rows:
    text = path.read_text(encoding="utf-8", errors="replace")
    return list(csv.reader(io.StringIO(text.replace("\0", ""), newline="")))


def _write(path: Path, rows: Rows) -> None:
    with path.open("w", encoding="utf-8", newline="", errors="replace") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)


def _table(draw: Random, folder: Path) -> tuple[Path, Rows] | None:
    found = _files(folder, ".csv")
    if not found:
        return None
    path = draw.choice(found)
    try:
        rows = _rows(path)
    except csv.Error:
        return None
    return (path, rows) if rows and rows[0] else None


def _place(draw: Random, rows: Rows) -> tuple[int, int]:
    row = draw.randrange(min(1, len(rows) - 1), len(rows))
    return row, draw.randrange(max(1, len(rows[row])))


# ---- cells -----------------------------------------------------------------------------------


def scaled_number(draw: Random, folder: Path, factors: tuple[float, ...] = FACTORS) -> str:
    """Multiply a number: the cell stays a number, so this gets furthest into the program."""
    found = _table(draw, folder)
    if found is None:
        return "nothing to scale"
    path, rows = found
    places = [
        (row, column)
        for row in range(1, len(rows))
        for column, cell in enumerate(rows[row])
        if NUMBER.fullmatch(cell)
    ]
    if not places:
        return "nothing to scale"
    row, column = draw.choice(places)
    value = float(rows[row][column]) * draw.choice(factors)
    rows[row][column] = f"{value:.6g}"
    _write(path, rows)
    return f"{path.name} row {row + 1} {_title(rows, column)} = {rows[row][column]}"


def nasty_cell(draw: Random, folder: Path) -> str:
    """Put something odd into a cell, the header's too."""
    found = _table(draw, folder)
    if found is None:
        return "no cell"
    path, rows = found
    row, column = _place(draw, rows) if draw.random() < 0.9 else (0, draw.randrange(len(rows[0])))
    if column >= len(rows[row]):
        return "no cell"
    rows[row][column] = draw.choice(NASTY_CELLS)
    _write(path, rows)
    return f"{path.name} row {row + 1} {_title(rows, column)} = {rows[row][column][:30]!r}"


def borrowed_cell(draw: Random, folder: Path) -> str:
    """Copy a cell over another: of its column (often valid), or of any."""
    found = _table(draw, folder)
    if found is None:
        return "no cell"
    path, rows = found
    (row, column), (other, elsewhere) = _place(draw, rows), _place(draw, rows)
    elsewhere = column if draw.random() < 0.7 else elsewhere
    if column >= len(rows[row]) or elsewhere >= len(rows[other]):
        return "no cell"
    rows[row][column] = rows[other][elsewhere]
    _write(path, rows)
    return f"{path.name} row {row + 1} {_title(rows, column)} = {rows[row][column][:30]!r}"


def moved_time(draw: Random, folder: Path) -> str:
    """Move a moment by minutes or years, or give it another clock."""
    found = _table(draw, folder)
    if found is None:
        return "no time"
    path, rows = found
    places = [
        (row, column)
        for row in range(1, len(rows))
        for column, cell in enumerate(rows[row])
        if re.match(r"\d{4}-\d\d-\d\d", cell)
    ]
    if not places:
        return "no time"
    row, column = draw.choice(places)
    try:
        moment = datetime.fromisoformat(rows[row][column])
        moved = moment + timedelta(minutes=draw.choice((1, -60, 90, 1_440, -43_200, 5_256_000)))
        text = moved.isoformat()
    except (ValueError, OverflowError):
        return "no time"
    rows[row][column] = draw.choice((text, text.replace("+08:00", "+00:00"), text[:16], text[:10]))
    _write(path, rows)
    return f"{path.name} row {row + 1} {_title(rows, column)} = {rows[row][column]}"


def _title(rows: Rows, column: int) -> str:
    return rows[0][column][:30] if column < len(rows[0]) else f"column {column + 1}"


# ---- rows and columns ------------------------------------------------------------------------


def changed_rows(draw: Random, folder: Path) -> str:
    """Drop, repeat, shuffle, shorten or lengthen rows; now and then a great many."""
    found = _table(draw, folder)
    if found is None:
        return "no rows"
    path, rows = found
    kind = draw.choice(("drop", "repeat", "shuffle", "short", "long", "many", "none", "header"))
    at = draw.randrange(len(rows))
    if kind == "drop":
        del rows[at]
    elif kind == "repeat":
        rows.insert(at, list(rows[at]))
    elif kind == "shuffle":
        rows[1:] = draw.sample(rows[1:], len(rows) - 1)
    elif kind == "short":
        rows[at] = rows[at][: len(rows[at]) // 2]
    elif kind == "long":
        rows[at] = rows[at] + ["x"] * draw.choice((1, 300))
    elif kind == "many":
        rows += [list(rows[-1]) for _ in range(draw.choice((50, 3_000)))]
    elif kind == "none":
        del rows[1:]
    else:
        rows.insert(draw.choice((0, len(rows))), list(rows[0]))
    _write(path, rows)
    return f"{path.name} rows: {kind} at {at + 1}"


def changed_columns(draw: Random, folder: Path) -> str:
    """Drop, repeat, rename, swap or multiply columns."""
    found = _table(draw, folder)
    if found is None:
        return "no columns"
    path, rows = found
    kind = draw.choice(("drop", "repeat", "rename", "swap", "many", "titles"))
    at, other = draw.randrange(len(rows[0])), draw.randrange(len(rows[0]))
    if kind == "rename":
        rows[0][at] = draw.choice((rows[0][at].upper(), rows[0][at][:-1], "x", "", rows[0][other]))
    elif kind == "titles":
        rows[0][at], rows[0][other] = rows[0][other], rows[0][at]
    else:
        for row in rows:
            if max(at, other) >= len(row):
                continue
            if kind == "drop":
                del row[at]
            elif kind == "repeat":
                row.append(row[at])
            elif kind == "swap":
                row[at], row[other] = row[other], row[at]
            else:
                row += [f"extra_{k}" for k in range(2_000)]
    _write(path, rows)
    return f"{path.name} columns: {kind} {_title(rows, at)}"


# ---- bytes and files -------------------------------------------------------------------------


def changed_bytes(draw: Random, folder: Path) -> str:
    """Cut a file short, flip, insert or repeat bytes, save it in another encoding."""
    found = _files(folder)
    if not found:
        return "no file"
    path = draw.choice(found)
    content = path.read_bytes()
    kind = draw.choice(("cut", "flip", "insert", "encoding", "ends", "zeros", "quote", "empty"))
    at = draw.randrange(len(content))
    if kind == "cut":
        content = content[:at]
    elif kind == "flip":
        content = content[:at] + bytes([content[at] ^ (1 << draw.randrange(8))]) + content[at + 1 :]
    elif kind == "insert":
        content = content[:at] + draw.randbytes(draw.choice((1, 4, 200))) + content[at:]
    elif kind == "encoding":
        text = content.decode("utf-8", errors="replace")
        content = text.encode(draw.choice(ENCODINGS), errors="replace")
    elif kind == "ends":
        content = content.replace(b"\n", draw.choice((b"\r\n", b"\r", b"\n\n", b"\x0b")))
    elif kind == "zeros":
        content = content[:at] + bytes(draw.choice((1, 1_000))) + content[at:]
    elif kind == "quote":
        content = content[:at] + b'"' + content[at:]
    else:
        content = b""
    path.write_bytes(content)
    return f"{path.name} bytes: {kind} at {at}"


def changed_file(draw: Random, folder: Path) -> str:
    """Remove, swap, rename a file, or put in its place what is none: a folder, a pipe, a link."""
    found = [path for path in _files(folder) if not path.is_symlink()]
    if not found:
        return "no file"
    path, other = draw.choice(found), draw.choice(found)
    kind = draw.choice(("gone", "swap", "rename", "folder", "pipe", "device", "out", "loop"))
    if kind == "swap":
        one, two = path.read_bytes(), other.read_bytes()
        path.write_bytes(two)
        other.write_bytes(one)
        return f"{path.name} and {other.name} swapped"
    if kind == "rename":
        path.rename(
            path.with_name(draw.choice((path.name.upper(), path.stem, f"{path.stem}s.csv")))
        )
        return f"{path.name} renamed"
    path.unlink()
    if kind == "folder":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    elif kind == "device":
        path.symlink_to("/dev/zero")
    elif kind == "out":
        path.symlink_to("/etc/passwd")
    elif kind == "loop":
        path.symlink_to(path.name)
    return f"{path.name} is now: {kind}"


# ---- TOML ------------------------------------------------------------------------------------


def changed_toml(draw: Random, folder: Path) -> str:
    """Change a value, drop, repeat or move a line, add a key."""
    found = _files(folder, ".toml")
    if not found:
        return "no TOML"
    path = draw.choice(found)
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    kind = draw.choice(("scale", "scale", "value", "drop", "repeat", "move", "key", "deep"))
    at = draw.randrange(max(1, len(lines)))
    if not lines:
        return "no TOML"
    if kind == "scale":
        numbered = [k for k, line in enumerate(lines) if NUMBER.search(line.partition("=")[2])]
        at = draw.choice(numbered) if numbered else at
        key, sign, value = lines[at].partition("=")
        factor = draw.choice(FACTORS)
        scaled = NUMBER.sub(lambda it: f"{float(it.group()) * factor:.6g}", value, count=1)
        lines[at] = key + sign + scaled
    elif kind == "value":
        lines[at] = f"{lines[at].partition('=')[0]}= {draw.choice(NASTY_TOML)}"
    elif kind == "drop":
        del lines[at]
    elif kind == "repeat":
        lines.insert(at, lines[at])
    elif kind == "move":
        lines.insert(draw.randrange(len(lines)), lines.pop(at))
    elif kind == "key":
        lines.insert(at, f"{draw.choice(('x', 'id', 'weather', 'time.step_min', '[x]'))} = 1")
    else:
        lines.insert(at, "x = " + "[" * draw.choice((50, 3_000)))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    told = lines[at][:60] if at < len(lines) else ""
    return f"{path.name} line {at + 1}: {kind} {told}"


MUTATIONS: tuple[tuple[Mutation, int], ...] = (  # how often each is drawn
    (scaled_number, 7),
    (nasty_cell, 5),
    (borrowed_cell, 3),
    (moved_time, 2),
    (changed_rows, 3),
    (changed_columns, 2),
    (changed_bytes, 4),
    (changed_file, 2),
    (changed_toml, 4),
)


def mutate_case(draw: Random, folder: Path) -> tuple[str, ...]:
    """Change a folder in one to three ways, or several numbers a little; returns what was done.

    The latter is often valid: a town that nobody would build, but that has to be planned.
    """
    if draw.random() < SEVERAL_NUMBERS:
        return tuple(scaled_number(draw, folder, MILD) for _ in range(draw.randint(3, 8)))
    kinds, weights = [one for one, _ in MUTATIONS], [weight for _, weight in MUTATIONS]
    chosen = draw.choices(kinds, weights, k=draw.choice((1, 1, 1, 2, 3)))
    return tuple(mutation(draw, folder) for mutation in chosen)
