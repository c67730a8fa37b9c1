"""Known weaknesses of the locked dependencies, as pip-audit finds them in the advisories of PyPI.

`make audit` is strict: a weakness, or packages that could not be looked up, is exit 1. With
`--report`, as in `make lint`, one line is told and the exit is 0 whatever was found, so that a
machine without network, or an advisory of last night, does not stop anybody's work.
"""

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
TOOL = ROOT / ".venv" / "audit" / "bin" / "pip-audit"
LOCKS = ("requirements.lock", "requirements-dev.lock")
LONGEST_S = {"strict": 300.0, "report": 60.0}


@dataclass(frozen=True)
class Audited:
    """What was found: weaknesses as `name version: id`, and how many packages were looked up."""

    weaknesses: tuple[str, ...] = ()
    looked_up: int = 0
    skipped: int = 0
    trouble: str = ""  # why nothing could be looked up

    @property
    def line(self) -> str:
        """One line for people."""
        if self.weaknesses:
            return f"dependency audit: {len(self.weaknesses)} found: {'; '.join(self.weaknesses)}"
        if self.trouble or not self.looked_up:
            why = self.trouble or f"the index knows none of {self.skipped} packages"
            return f"dependency audit: skipped, {why}"
        more = f", {self.skipped} not known to the index" if self.skipped else ""
        return f"dependency audit: no known weakness in {self.looked_up} packages{more}"

    @property
    def passed(self) -> bool:
        """True where everything was looked up and nothing found."""
        return not (self.weaknesses or self.trouble or self.skipped) and self.looked_up > 0


def audited_of(answer: str) -> Audited:
    """Return what pip-audit found, from its JSON; a text that is none is trouble."""
    try:
        packages = json.loads(answer)["dependencies"]
    except (ValueError, KeyError, TypeError):
        return Audited(trouble="pip-audit gave no answer")
    known = [one for one in packages if "vulns" in one]
    weaknesses = tuple(
        f"{one['name']} {one['version']}: {weakness['id']}"
        for one in known
        for weakness in one["vulns"]
    )
    return Audited(weaknesses, len(known), len(packages) - len(known))


def audited(lock: str, longest_s: float) -> Audited:
    """Look up every package of a lock file."""
    if not TOOL.exists():
        return Audited(trouble="pip-audit is not set up (make audit does it)")
    words = ["--format=json", "--progress-spinner=off", "--require-hashes", "--disable-pip"]
    try:
        done = subprocess.run(
            [str(TOOL), *words, "--requirement", str(ROOT / lock)],
            capture_output=True,
            text=True,
            check=False,
            timeout=longest_s,
        )
    except subprocess.TimeoutExpired:
        return Audited(trouble=f"the index did not answer within {longest_s:g} s")
    if not done.stdout.strip():
        said = (done.stderr.strip().splitlines() or ["pip-audit gave no answer"])[-1]
        return Audited(trouble=f"the index cannot be asked ({said[:100]})")
    return audited_of(done.stdout)


def main(asked: Sequence[str]) -> int:
    """Audit the lock files; with `--report` only those of the product, and never fail."""
    if "--report" in asked:
        print(audited(LOCKS[0], LONGEST_S["report"]).line)
        return 0
    found = [(lock, audited(lock, LONGEST_S["strict"])) for lock in LOCKS]
    for lock, one in found:
        print(f"{lock}: {one.line}")
    return 0 if all(one.passed for _, one in found) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
