"""Prices of the soft rules that no case file sets, in yuan; each with the reason for its size.

Comfort prices are the case's (design §5). Order of what gives way first: the wish to leave
setpoints alone, the change limits, the share band, comfort above the law, the law.
"""

# Even reduction in a shortage (均匀降载): width of a piece, and how much dearer than the case's
# price each is, below the floor and below the law. Small pieces, so that equal rooms fall within
# half a kelvin of each other; below the floor the last stays under what a cut of third parties
# costs (60 yuan are about 3 500 yuan/MWh there, 8 000 the cut), so that order holds.
EVEN_PIECE_K = 0.5
EVEN_COOL = (1.0, 1.3, 1.7, 2.2)
EVEN_COLD = (1.0, 1.3, 1.7, 2.2, 2.9, 3.8)
# Loss of the building for which weights by loss and by area are the same: about the mean of a
# northern town (H §3: 40 W/m² over 22.5 K).
EVEN_REFERENCE_LOSS_W_PER_M2K = 1.7
# Leaving the last plan's setpoint, per K and 10⁴ m² (design §5: stops flip-flop between equal
# plans; by area, since what a station saves by moving grows with it).
PLAN_CHANGE_YUAN_PER_K = 1.0
# The running block keeps its heat, unless that would break comfort or a balance.
RUNNING_BLOCK_YUAN_PER_K = 100.0
# A setpoint moving faster than the limit, per K and 10⁴ m²: dearer than a block of rooms a kelvin
# under their planning floor (240), cheaper than one under the law (2 000).
SETPOINT_CHANGE_YUAN_PER_K = 300.0
# The same where rooms fall under the law otherwise: tight heavy houses need one or two kelvins of
# supply for a day to be a tenth warmer, and at 300 the law would give way.
HURRIED_CHANGE_YUAN_PER_K = 50.0
# Any change of a setpoint from block to block, per K and 10⁴ m²: few and small changes (handbook
# §10), and of many plans of equal fuel the calm one. A change of 1 K for one block moves heat
# worth about three yuan at a mean station of 3.6 · 10⁴ m².
SETPOINT_TURN_YUAN_PER_K = 0.3
# The same at loops with a timetable: they are switched twice a day, and a price that made them
# spread their warming up over half the night would take away what a setback saves.
TIMETABLE_TURN_YUAN_PER_K = 0.03
# Plant supply temperature moving faster than the limit, per MW of block mean heat.
SUPPLY_CHANGE_YUAN_PER_MW = 100.0
# Bought heat beyond the tolerance of its order, or paid for and not taken: a contract is broken
# after the share band (300), before heat is let go unused (surplus) or rooms fall under their floor
# (a MWh is worth thousands there).
HEAT_ORDER_YUAN_PER_MWH = 500.0
# Ending with less in the tanks than the plan began with, as a share of the value of that heat
# (handbook §13 C9): more than they lose over the look-ahead (2 % at 0.008 %/h), so that a tank
# that nothing asks for keeps its reserve; far less than two sources differ by.
TANK_DRAWN_SHARE = 0.05
# A unit that must run but cannot send its least heat: above every way out, so that a plan is still
# possible, and the audit names it. Stopping a unit for an hour without outlet may cost its heat for
# a whole minimum down time in a shortage, where a MWh is worth 28 000 yuan and more.
BELOW_LEAST_YUAN_PER_MWH = 1_000_000.0
# Power off the grid's schedule or band. A MW of power let go brings an extraction unit up to
# 1/0.15 MW of heat, so this must be above 0.15 times the dearest heat (what fixed stations lack in
# the re-solve): the schedule is exact, and gives way only where there is no plan at all.
POWER_OFF_SCHEDULE_YUAN_PER_MWH = 1_000_000.0
# A source moving from step to step: only decides between plans of equal fuel.
SOURCE_CHANGE_YUAN_PER_MW = 2.0
# Heat moving from one main to another: where several feed a zone, many splits cost the same.
MAIN_CHANGE_YUAN_PER_MW = 1.0
# A main that carries less than it loses goes cold: only where its plant is out. Above the dearest
# heat (370 yuan/MWh of gas at 3.2 yuan/Nm³), since a main half in use may count half its loss as
# not lost: cheaper than a source, it would heat the town.
COLD_MAIN_YUAN_PER_MWH = 500.0
# Heat sent over a tie between zones: its pump. A few kilometres at 2 m/s take about 6 kWh of power
# a MWh, 4 yuan; rounded up, since a tie is for need. It loses the same whatever it carries, so at
# 1 yuan heat went round through a neighbour's zone, a hundred megawatts for an hour more on its
# way; still below the 6 yuan that bought heat and a good boiler differ by.
TIE_YUAN_PER_MWH = 5.0
# Heat nobody can use: above every way of making it, so it only appears where minimum loads or
# water already in the pipe force it.
SURPLUS_YUAN_PER_MWH = 1_000.0
# A secondary supply below its least temperature (cold radiators): soft, since in a shortage heat
# must be allowed to fall further.
BELOW_MIN_SUPPLY_YUAN_PER_MWH = 300.0
# A yard below its reserve at the end of the horizon: enough to move heat to a fuller yard's plant
# (a few yuan per MWh of heat), far from cooling rooms. Eating the bottom layer costs far more.
BELOW_RESERVE_YUAN_PER_T = 50.0
EMERGENCY_COAL_YUAN_PER_T = 5_000.0
# Coal that is burnt within the horizon and is not there: units that must run with an empty yard.
# Above every way out, rooms below the law included (a tonne is some 5 MWh of heat, 150 000 yuan).
MISSING_COAL_YUAN_PER_T = 1_000_000.0
# Coal after the horizon that nobody has ordered: dear enough to spare the yard, since it must be
# got in a hurry; rooms are not cooled for it.
UNORDERED_COAL_YUAN_PER_T = 1_500.0
# What it costs above a tonne that may be missing (`CoalNeed`): nothing is bought but to be burnt.
WANTED_NOW_YUAN_PER_T = 1.0
# Fixed station heat that no source can send, only in the re-solve after rounding.
UNSENT_YUAN_PER_MWH = 100_000.0
# What the dispatcher holds by hand comes before comfort and the law (a MWh is worth 28 000 yuan and
# more there) and before heat that is fixed; what units cannot do, and the grid's schedule, come
# before it.
PIN_YUAN_PER_MWH = 200_000.0
# A pinned share is a policy held more strictly than its band (300): above orders and surplus, and
# rooms are not cooled under the law for it.
PINNED_SHARE_YUAN_PER_MWH = 2_500.0
