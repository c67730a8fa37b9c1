"""Weather and heat demand: what will be needed. Knows nothing of plants, prices or solvers."""
