"""The VAE view: an image moved through the latent space of a variational autoencoder, and what the teacher says of it."""
