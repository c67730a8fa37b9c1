"""All that is looked at, in the order in which it is told."""

from dispatch.health.alarm_checks import alarm_check
from dispatch.health.check import Check, Patient, Topic
from dispatch.health.data_checks import data_checks
from dispatch.health.machine_checks import machine_checks
from dispatch.health.plan_checks import case_check, plan_checks


def looked_over(patient: Patient) -> tuple[Check, ...]:
    """Return every check of a case; changes nothing and asks no network unless `online`."""
    of_case, case = case_check(patient)
    alarms = () if case is None else (alarm_check(patient, case),)
    data = data_checks(patient)
    found = (*plan_checks(patient), of_case, *data, *alarms, *machine_checks(patient))
    order = list(Topic)
    return tuple(sorted(found, key=lambda one: order.index(one.code)))
