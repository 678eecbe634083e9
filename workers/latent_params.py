"""The settings of the job kinds that move an image through the latent space."""

from typing import Annotated

from pydantic import Field

from workers.params import Params


class CounterfactualParams(Params):
    """The smallest latent step after which the teacher takes an image for another class."""

    number: Annotated[int, Field(ge=0, title="Image", description="By its number in the set.")]
    target: Annotated[int, Field(ge=0, title="Class", description="What the teacher is to take it for, by number.")]
    residual: Annotated[
        bool,
        Field(title="Residual", description="Whether what the VAE loses of the image is added back."),
    ] = True
    max_steps: Annotated[
        int,
        Field(
            ge=1, le=10_000, title="Steps", description="After which the search gives up; it ends early where it can."
        ),
    ] = 300
    seed: Annotated[int, Field(ge=0, lt=2**32, title="Seed", description="Of the noise where the search starts.")] = 0
