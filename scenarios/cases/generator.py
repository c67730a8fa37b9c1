"""What the scripts that draw reference cases share: draws, exact totals, tables as text.

A case is rebuilt byte for byte on any machine, so only `Generator.random` is drawn from (raw
PCG64 doubles; the streams of other distributions may change between numpy releases), and every
value is rounded to its written decimals before anything is derived from it.
"""

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from statistics import NormalDist
from typing import TypeVar

import click
import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Index = NDArray[np.intp]
Column = Sequence[object]
Label = TypeVar("Label")


def seeded(seed: int) -> np.random.Generator:
    """Return the generator of a case; PCG64 by name, since the default may change."""
    return np.random.Generator(np.random.PCG64(seed))


def between(rng: np.random.Generator, low: float | Array, high: float | Array, size: int) -> Array:
    """Draw `size` values evenly between two limits."""
    return np.asarray(low + (np.asarray(high) - low) * rng.random(size))


def scattered(rng: np.random.Generator, size: int, spread: float) -> Array:
    """Draw a log-normal scatter around 1, by the inverse of the normal distribution."""
    normal = NormalDist()
    normals = np.array([normal.inv_cdf(u) for u in rng.random(size).tolist()])
    return np.asarray(np.exp(spread * normals), dtype=np.float64)


def shuffled(rng: np.random.Generator, size: int) -> Index:
    """Draw an order of `size` things."""
    return np.argsort(rng.random(size), kind="stable")


def round_to_total(values: Array, total: float, places: int = 0) -> Array:
    """Scale values to a total and round them so that the written ones still add up to it.

    The last digits left over go to the values that rounding down hurt most.
    """
    unit = 10.0**-places
    scaled = values * (total / values.sum()) / unit
    whole = np.floor(scaled)
    missing = round(total / unit - float(whole.sum()))
    whole[np.argsort(whole - scaled, kind="stable")[:missing]] += 1
    rounded: Array = np.round(whole * unit, places)
    return rounded


def clipped_to_total(values: Array, low: float, high: float, total: float) -> Array:
    """Scale values to a whole-number total while each stays between its limits."""
    for _ in range(200):
        values = np.clip(values, low, high)
        free = (values > low) & (values < high)
        values[free] *= (total - values[~free].sum()) / values[free].sum()
    return round_to_total(values, total)


def deal_by_area(
    rng: np.random.Generator,
    area_m2: Array,
    shares: Mapping[Label, float],
    allowed: Sequence[frozenset[Label]] | None = None,
) -> list[Label]:
    """Deal labels so that their areas come close to shares of the total, large blocks first.

    Each draw is weighted by the area its label still lacks; when none lacks half the block's
    area, the label that lacks most is taken. `allowed` restricts the labels of each block.
    """
    lacking = {label: share * float(area_m2.sum()) for label, share in shares.items()}
    dealt: dict[int, Label] = {}
    for block in np.argsort(-area_m2, kind="stable").tolist():
        choice = [label for label in lacking if allowed is None or label in allowed[block]]
        lack = np.array([lacking[label] for label in choice])
        weight = np.maximum(lack - 0.5 * area_m2[block], 0.0)
        mark = rng.random() * weight.sum()  # drawn even if unused: one draw a block
        at = int(np.searchsorted(np.cumsum(weight), mark, side="right"))
        label = choice[at if weight.sum() > 0 and at < len(choice) else int(lack.argmax())]
        lacking[label] -= float(area_m2[block])
        dealt[block] = label
    return [dealt[block] for block in range(len(area_m2))]


def decimals(values: Array | Sequence[float], places: int) -> list[str]:
    """Write numbers with a fixed count of decimals."""
    return [f"{float(value):.{places}f}" for value in values]


def table_text(columns: Mapping[str, Column]) -> str:
    """Return columns of equal length as the text of a CSV file."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(zip(*columns.values(), strict=True))
    return text.getvalue()


def rows_text(header: str, rows: Sequence[Sequence[object]]) -> str:
    """Return rows under a comma-separated header as the text of a CSV file."""
    names = header.split(",")
    return table_text({name: [row[at] for row in rows] for at, name in enumerate(names)})


def command(tables: Callable[[], Mapping[str, str]], folder: Path) -> click.Command:
    """Return the command line of a case's script: write its tables, or check the written ones."""

    @click.command(help=f"Write the tables of the reference case {folder.name}.")
    @click.option("--check", is_flag=True, help="Write nothing; fail if a table would change.")
    @click.option("--out", type=click.Path(path_type=Path), default=folder, show_default=False)
    def write(check: bool, out: Path) -> None:
        changed = []
        for name, text in tables().items():
            path, content = out / name, text.encode()
            if not path.exists() or path.read_bytes() != content:
                changed.append(name)
                if not check:
                    out.mkdir(parents=True, exist_ok=True)
                    path.write_bytes(content)
        if check and changed:
            raise click.ClickException(
                f"{', '.join(changed)} in {out} not as drawn. Run this command without --check."
            )
        click.echo(f"{len(changed)} tables written to {out}" if changed else "nothing to change")

    return write
