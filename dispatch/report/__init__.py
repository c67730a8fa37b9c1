"""The plan as one page for everybody: reads a run's files, writes `report.html`."""
