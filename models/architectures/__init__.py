"""The networks that teachers are made of: a file a family, and the registry that names them."""

from models.architectures.own import architecture
from models.architectures.registry import ARCHITECTURES, Architecture, check_network, make_network

__all__ = ["ARCHITECTURES", "Architecture", "architecture", "check_network", "make_network"]
