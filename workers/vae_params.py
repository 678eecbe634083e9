"""The settings of the VAE's job kinds: the VAE itself, and the codes of all images."""

from typing import Annotated

from pydantic import Field

from workers.params import Params


class VaeParams(Params):
    """A variational autoencoder of the images."""

    latent_size: Annotated[
        int, Field(ge=2, le=256, title="Latent values", description="Numbers that stand for an image, an axis each.")
    ] = 10
    beta: Annotated[
        float,
        Field(
            ge=0,
            le=100,
            title="β",
            description="Weight of the divergence from the prior: more makes neighbours smoother, and images blurred.",
        ),
    ] = 1.0
    warm_up: Annotated[
        float,
        Field(ge=0, le=1, title="Warm-up", description="Share of the training over which β rises from 0."),
    ] = 0.1
    teacher_weight: Annotated[
        float,
        Field(
            ge=0,
            le=100,
            title="Teacher's features",
            description="How much they count beside the pixels: 1 for as much. Slower; reconstructions look worse to us, and "
            "more alike to the teacher.",
        ),
    ] = 0.0
    epochs: Annotated[
        int, Field(ge=1, le=1000, title="Epochs", description="How often each training image is seen.")
    ] = 20
    batch_size: Annotated[int, Field(ge=1, le=65536, title="Batch size", description="Images a step.")] = 128
    learning_rate: Annotated[
        float, Field(gt=0, le=1, title="Learning rate", description="Adam's highest; it rises, then falls almost to 0.")
    ] = 0.002
    seed: Annotated[
        int,
        Field(
            ge=0,
            lt=2**32,
            title="Seed",
            description="Chooses the first weights, the order, and what is left to chance.",
        ),
    ] = 0


class CodesParams(Params):
    """Where all images of a set lie in the latent space."""
