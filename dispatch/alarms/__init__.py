"""Alarms on telemetry and on the plan in force (handbook §10), and whom they are told."""
