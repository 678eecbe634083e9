"""How much information there is in inputs, in feature maps, and between layers: CNNSlicer's entropies. NumPy in, NumPy out."""

from models.information.capacity import Binned, binned, capacity, channel_capacity, distances, permuted
from models.information.conditional import Conditional, conditional_entropies
from models.information.inter_sample import InterSample, inter_sample, inter_sample_entropy
from models.information.intra_sample import intra_sample_entropy

__all__ = [
    "Binned",
    "Conditional",
    "InterSample",
    "binned",
    "capacity",
    "channel_capacity",
    "conditional_entropies",
    "distances",
    "inter_sample",
    "inter_sample_entropy",
    "intra_sample_entropy",
    "permuted",
]
