"""What weather must hold before it is believed, gate by gate."""
