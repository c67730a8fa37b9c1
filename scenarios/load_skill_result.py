"""What a dataset tried from end to end came to: what screen, files and picture show."""

from dataclasses import dataclass

import numpy as np

from forecasts.demand.backtest import Tried
from forecasts.demand.load.dataset import Dataset
from forecasts.demand.skill import Skill


@dataclass(frozen=True)
class SkillResult:
    """A dataset, how it was tried, and how good the forecast was."""

    dataset: Dataset
    train_until: np.datetime64
    train_named: bool  # by the user; else the usual share
    issue_every_h: float
    refit_h: float
    tried: Tried
    skill: Skill
