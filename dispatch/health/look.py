"""All that is looked at, in the order in which it is told."""

from dispatch.health.check import Check, Patient
from dispatch.health.data_checks import data_checks
from dispatch.health.machine_checks import machine_checks
from dispatch.health.plan_checks import plan_checks


def looked_over(patient: Patient) -> tuple[Check, ...]:
    """Return every check of a case; changes nothing and asks no network unless `online`."""
    return (*plan_checks(patient), *data_checks(patient), *machine_checks(patient))
