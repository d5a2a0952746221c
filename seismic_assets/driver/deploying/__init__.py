"""`seismic deploy`: checks, builds, migrates, trains, promotes, looks whether it works, and takes back what did not."""

from seismic_assets.driver.deploying.deploy import Planned, Wishes, plan_of, resume, roll_back, start
from seismic_assets.driver.deploying.locking import deploying_alone

__all__ = ["Planned", "Wishes", "deploying_alone", "plan_of", "resume", "roll_back", "start"]
