"""From demand to a plan: case, optimisation, setpoints, audit, fuel outlook, publication."""
