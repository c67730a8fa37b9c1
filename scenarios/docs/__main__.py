"""Write the documents that are made from the code: `python -m scenarios.docs`, `make docs`."""

import sys
from pathlib import Path

from scenarios.docs.pages import pages

DOCS = Path(__file__).parents[2] / "docs"

if __name__ == "__main__":
    for name, content in pages().items():
        path = DOCS / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
        sys.stdout.write(f"{path.relative_to(DOCS.parent)}\n")
