"""How long the coal lasts: burn, arrivals and piles along paths of weather, orders, surveys."""
