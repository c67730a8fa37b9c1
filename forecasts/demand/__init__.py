"""Heat demand of buildings from weather, calendar and building parameters."""
