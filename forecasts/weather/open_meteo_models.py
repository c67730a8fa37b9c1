"""What is known of Open-Meteo's models: whose clock tells their age, how many members they have.

Sources: https://open-meteo.com/en/docs/model-updates (folders of meta.json),
https://open-meteo.com/en/docs/ensemble-api (members), both compared with the service's code
(github.com/open-meteo/open-meteo, August 2026).
"""

BEST_MATCH = "best_match"

# A name in `models=` is often a mix of what the service stores under other names. Where it is not
# listed the folder is called like the model. "best_match" mixes by place and lead; outside Europe
# and North America the global ECMWF run is its backbone, so its age stands for that of the mix.
_FOLDERS = {
    BEST_MATCH: ("ecmwf_ifs025",),
    "gfs_seamless": ("ncep_gfs013", "ncep_gfs025"),
    "gfs_global": ("ncep_gfs013", "ncep_gfs025"),
    "ncep_gfs_global": ("ncep_gfs013", "ncep_gfs025"),
    "gfs025": ("ncep_gfs025",),
    "icon_seamless": ("dwd_icon",),
    "icon_global": ("dwd_icon",),
    "dwd_icon_global": ("dwd_icon",),
    "gem_seamless": ("cmc_gem_gdps",),
    "gem_global": ("cmc_gem_gdps",),
    "jma_seamless": ("jma_gsm",),
    "ukmo_seamless": ("ukmo_global_deterministic_10km",),
}
_ENSEMBLE_FOLDERS = {
    "icon_seamless": ("dwd_icon_eps",),
    "icon_seamless_eps": ("dwd_icon_eps",),
    "dwd_icon_seamless_eps": ("dwd_icon_eps",),
    "icon_global": ("dwd_icon_eps",),
    "icon_global_eps": ("dwd_icon_eps",),
    "dwd_icon_global_eps": ("dwd_icon_eps",),
    "gfs_seamless": ("ncep_gefs025", "ncep_gefs05"),
    "ncep_gefs_seamless": ("ncep_gefs025", "ncep_gefs05"),
    "gfs025": ("ncep_gefs025",),
    "gfs05": ("ncep_gefs05",),
    "ecmwf_ifs025": ("ecmwf_ifs025_ensemble",),
    "ecmwf_aifs025": ("ecmwf_aifs025_ensemble",),
    "gem_global": ("cmc_gem_geps",),
    "gem_global_ensemble": ("cmc_gem_geps",),
}
_MEMBERS = {  # the control among them
    "dwd_icon_eps": 40,
    "ncep_gefs025": 31,
    "ncep_gefs05": 31,
    "ecmwf_ifs025_ensemble": 51,
    "ecmwf_aifs025_ensemble": 51,
    "cmc_gem_geps": 21,
    "bom_access_global_ensemble": 18,
    "ukmo_global_ensemble_20km": 18,
}


def folders(model: str) -> tuple[str, ...]:
    """Return where the service keeps the run times of a deterministic model."""
    return _FOLDERS.get(model, (model,))


def ensemble_folders(model: str) -> tuple[str, ...]:
    """Return where the service keeps the run times of an ensemble."""
    return _ENSEMBLE_FOLDERS.get(model, (model,))


def member_count(model: str) -> int | None:
    """Return how many members an ensemble has, with its control; None if it is not known here."""
    return _MEMBERS.get(ensemble_folders(model)[0])
