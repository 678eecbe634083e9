"""What is said of a VAE: how well it decodes, and whether that says anything of the teacher."""

from collections.abc import Mapping
from typing import Any

from dashboard.measures import wilson_interval

FEW = 0.8  # of the reconstructions, below which neighbours that are decoded plainly say little of the teacher


def quality(vae: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """The figures of a VAE, by its metadata: title, value, and what it means."""
    hits, count = round(vae["agreement"] * vae["n_agreement"]), vae["n_agreement"]
    low, high = wilson_interval(hits, count)
    height, width = vae["size"]
    return [
        (
            "test error",
            f"{vae['test_mse']:.4f}",
            f"Mean squared, of pixels 0 to 1; {vae['train_mse']:.4f} on as many training images",
        ),
        (
            "active values",
            f"{vae['n_active']} of {vae['latent_size']}",
            "Latent values whose means vary over the test images by more than 0.01 (Burda et al. 2016)",
        ),
        ("divergence", f"{vae['test_kl']:.1f} nats", "Of the codes from the prior: what an image's code tells"),
        (
            "teacher agrees",
            f"{vae['agreement']:.1%} ({100 * low:.1f} to {high:.1%})",
            f"{hits:,} of {count:,} test images are to the teacher, when decoded, what they were; 95 % interval "
            f"{low:.1%} to {high:.1%}",
        ),
        (
            "size inside",
            f"{height} × {width}",
            "Pixels" + (": images are resized on the way in, and back" if vae["resized"] else ""),
        ),
    ]


def warning(vae: Mapping[str, Any]) -> str:
    """What the teacher's disagreement means for what is decoded, in a sentence or two; empty where it agrees."""
    if vae["agreement"] >= FEW:
        return ""
    return (
        f"The teacher takes only {vae['agreement']:.0%} of the reconstructions for what it took the images: decoded plainly, "
        "neighbours say little of it. Keep the residual on, or train with the teacher's features."
    )
