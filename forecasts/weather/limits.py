"""Bounds that no weather passes: what lies outside is damage, a sentinel or another unit."""

# Wider than any record of the regions served.
LIMITS = {
    "air_temperature": (-60.0, 50.0),  # degC
    "wind_speed": (0.0, 75.0),  # m/s
    "global_radiation": (0.0, 1400.0),  # W/m², just above the solar constant
    "relative_humidity": (0.0, 105.0),  # %; models overshoot saturation a little
}
