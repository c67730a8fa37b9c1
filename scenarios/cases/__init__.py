"""Reference cases, one folder of tables a city, and the scripts that draw them from fixed seeds."""
