"""How much of a file is read before it is refused: all limits of inputs, and why each is so high.

They are there for files that are not what their name says (a log, an archive, a device) and for
archives that unpack to far more than they are. A real city stays far below: 2 000 stations, a
season of minutes.
"""

# ---- the case folder ----
SETTINGS_BYTES = 1_000_000  # case.toml, telemetry.toml, a scenario: a large one has 20 kB
TABLE_BYTES = 50_000_000  # 2 000 stations are 1 MB, a season of hourly schedules 2 MB
TABLE_ROWS = 200_000
TABLE_COLUMNS = 500  # the widest table has 50; names of columns are compared each with each
CELL_CHARACTERS = 5_000  # a name, a reason: a stray quote swallows whole files
TAGS_BYTES = 50_000_000  # 100 000 tags are 10 MB
CLIMATE_BYTES = 1_000_000  # one city is 2 kB

# ---- weather ----
WEATHER_BYTES = 50_000_000  # a year of 15-minute rows is about 2 MB
NETCDF_BYTES = 200_000_000  # a season of hourly ERA5 over a province is about 50 MB
NETCDF_UNPACKED_BYTES = 4_000_000_000  # what its variables come to in memory
PAST_BYTES = 200_000_000  # ten years of 10-minute rows are 30 MB
DATASET_BYTES = 1_000_000_000  # years of a network's load and stored forecasts are 100 MB
ANSWER_BYTES = 20_000_000  # 150 members x 4 variables x 400 h are about 3 MB

# ---- telemetry: read block by block, so that these bound time rather than memory ----
TELEMETRY_FILES = 20_000  # a file a station and week is 50 000 a season: pack them by month
TELEMETRY_BYTES = 20_000_000_000  # of one file, unpacked; 2 000 stations x 180 days of minutes
TELEMETRY_ROWS = 1_000_000_000  # of one file
TELEMETRY_COLUMNS = 100_000  # 2 000 stations x 20 points side by side are 40 000
ROW_GROUP_BYTES = 4_000_000_000  # of Parquet, unpacked: each is read at once

# ---- workbooks: archives, judged by their directory before anything is unpacked ----
WORKBOOK_BYTES = 4_000_000_000  # unpacked; a sheet is full at a million rows, some 100 MB
WORKBOOK_TEXTS_BYTES = 500_000_000  # shared texts are held in memory as a whole
WORKBOOK_PARTS = 5_000  # files in the archive; one a sheet and a dozen besides
WORKBOOK_SHEETS = 500
UNPACKING_RATIO = 250  # telemetry packs 10 to 60 times, zeros 1 000 times
RATIO_MATTERS_BYTES = 100_000_000  # unpacked; below this no ratio does harm
