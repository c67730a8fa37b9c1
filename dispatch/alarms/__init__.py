"""What the duty room is told of runs, and the alarms that go with it."""
