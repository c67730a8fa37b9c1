"""A very large plan taken apart by prices of heat, and put together with a certified gap.

Stations meet the rest of the network only in the heat of their zone. At given prices of heat, one
a zone and block, each station is a small program of its own; the sources and mains are another.
Their optima add up to a lower bound of the whole; a mix of what the stations answered to several
prices, carried by the sources, is a plan and an upper bound (G. B. Dantzig and P. Wolfe,
"Decomposition principle for linear programs", Operations Research 8(1), 1960,
doi:10.1287/opre.8.1.101).
"""
