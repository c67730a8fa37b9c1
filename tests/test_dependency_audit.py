"""What the audit of dependencies makes of pip-audit's answers."""

import json

import pytest

from bench import dependency_audit
from bench.dependency_audit import Audited, audited_of, main

WELL = {"name": "numpy", "version": "2.4.6", "vulns": []}
WEAK = {"name": "pillow", "version": "9.0.0", "vulns": [{"id": "PYSEC-2023-175"}]}
UNKNOWN = {"name": "click", "skip_reason": "Dependency not found on PyPI"}


def found(*packages: dict) -> Audited:
    return audited_of(json.dumps({"dependencies": packages}))


@pytest.mark.parametrize(
    ("one", "passed", "said"),
    [
        (found(WELL), True, "no known weakness in 1 packages"),
        (found(WELL, WEAK), False, "1 found: pillow 9.0.0: PYSEC-2023-175"),
        (found(WELL, UNKNOWN), False, "no known weakness in 1 packages, 1 not known to the index"),
        (found(UNKNOWN), False, "skipped, the index knows none of 1 packages"),
        (found(), False, "skipped"),
        (audited_of("<html>"), False, "skipped, pip-audit gave no answer"),
    ],
)
def test_only_what_was_looked_up_passes(one: Audited, passed: bool, said: str):
    assert one.passed is passed
    assert said in one.line


def test_a_report_never_fails(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture):
    """As in `make lint`, on a machine without network or with a weakness found last night."""
    monkeypatch.setattr(dependency_audit, "audited", lambda *_: found(WEAK))
    assert main(["--report"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 1
    assert main([]) == 1
