"""DarkSight: a map of predictions on which a simple student mimics the classifier. Settings first, `fit`, then `embedding_`."""

from models.darksight.estimator import DarkSight
from models.darksight.parametric import ParametricDarkSight
from models.darksight.reading import map_from_bytes
from models.darksight.svd import LinearMap, darksight_svd

__all__ = ["DarkSight", "LinearMap", "ParametricDarkSight", "darksight_svd", "map_from_bytes"]
