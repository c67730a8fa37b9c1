"""Prices of the soft rules that no case file sets, in yuan; each with the reason for its size.

Comfort prices are the case's (design §5). Order of what gives way first: the wish to leave
setpoints alone, the change limits, the share band, comfort above the law, the law.
"""

# Leaving the last plan's setpoint by 1 K (design §5: stops flip-flop between equal plans).
PLAN_CHANGE_YUAN_PER_K = 1.0
# The running block keeps its heat, unless that would break comfort or a balance.
RUNNING_BLOCK_YUAN_PER_K = 100.0
# A setpoint moving faster than the limit: dearer than any fuel it saves (a station's block costs
# about 300 yuan), cheaper than one hour of rooms under 18 °C.
SETPOINT_CHANGE_YUAN_PER_K = 200.0
# Plant supply temperature moving faster than the limit, per MW of block mean heat.
SUPPLY_CHANGE_YUAN_PER_MW = 100.0
# A source moving from step to step: only decides between plans of equal fuel.
SOURCE_CHANGE_YUAN_PER_MW = 2.0
# Heat nobody can use: above every way of making it, so it only appears where minimum loads or
# water already in the pipe force it.
SURPLUS_YUAN_PER_MWH = 1_000.0
# A secondary supply below its least temperature (cold radiators): soft, since in a shortage heat
# must be allowed to fall further.
BELOW_MIN_SUPPLY_YUAN_PER_MWH = 300.0
# A yard below its reserve, per tonne and day; eating the bottom layer costs far more.
BELOW_RESERVE_YUAN_PER_T_DAY = 20.0
EMERGENCY_COAL_YUAN_PER_T = 5_000.0
# Fixed station heat that no source can send, only in the re-solve after rounding.
UNSENT_YUAN_PER_MWH = 100_000.0
