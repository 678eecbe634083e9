"""Variational autoencoders: images as a few numbers that can be moved."""

from models.vae.training import CollapsedError, VAERecord, train_vae
from models.vae.vae import VAE, Codes

__all__ = ["VAE", "Codes", "CollapsedError", "VAERecord", "train_vae"]
