"""Tests of what is seen of a VAE; a package, so that what they share goes with the last of them."""
