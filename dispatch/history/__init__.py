"""What was planned and what came of it, kept: a database of runs, and questions put to runs."""
