"""Text cells of CSV files: harmless to a spreadsheet, and read back as they were."""

# A spreadsheet would run the cell; Chinese and Japanese ones take full-width signs as well.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def word(text: str) -> str:
    """Return a text cell, harmless to a spreadsheet that takes leading signs for a formula."""
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


def as_written(cell: str) -> str:
    """Return a cell without what `word` put before it."""
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(FORMULA_STARTS) else cell
