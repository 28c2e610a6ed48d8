"""The model that settings describe."""

import math

import keras

from wgan_keras.errors import UserError
from wgan_keras.files import memory_bytes
from wgan_keras.models.dcgan import DCGAN
from wgan_keras.models.wgan import WGAN
from wgan_keras.nets.lipschitz import GradientPenalty
from wgan_keras.nets.lipschitz import SpectralNormalization
from wgan_keras.nets.lipschitz import WeightClipping
from wgan_keras.nets.networks import build_critic
from wgan_keras.nets.networks import build_discriminator
from wgan_keras.nets.networks import build_generator
from wgan_keras.nets.networks import count_numbers


def build_model(settings):
    """Builds and compiles the model that settings describe.

    Args:
        settings: `Settings` whose `image_shape` is the data's, and with `steps`.

    Returns:
        A compiled `WGAN` or `DCGAN`.
    """
    policy = "mixed_bfloat16" if settings.mixed_precision else "float32"
    keras.mixed_precision.set_global_policy(policy)
    keras.utils.set_random_seed(settings.seed)
    shape, width = settings.image_shape, settings.width
    generator = build_generator(shape, settings.latent_dim, width)
    normalization = None if settings.normalization == "none" else settings.normalization
    common = {"seed": settings.seed, "average_decay": settings.average_decay or None}
    if settings.model == "dcgan":
        discriminator = build_discriminator(shape, width, settings.dropout, normalization)
        model = DCGAN(generator, discriminator, settings.n_critic, **common)
    else:
        critic = build_critic(shape, width, normalization, settings.activation)
        strategy = _strategy(settings)
        model = WGAN(generator, critic, settings.n_critic, strategy, **common)
    generator_updates = settings.steps
    model.compile(
        _optimizer(settings, generator_updates),
        _optimizer(settings, generator_updates * settings.n_critic),
    )
    return model


def _strategy(settings):
    if settings.lipschitz == "clip":
        return WeightClipping(settings.clip_value, settings.clip_normalization)
    if settings.lipschitz == "gp":
        return GradientPenalty(settings.penalty_weight, every=settings.penalty_every)
    return SpectralNormalization()


def check_memory(settings):
    """Refuses settings whose training cannot fit into this machine's memory.

    Counted, generously, are four bytes for each weight, its gradient, two moments and its
    average, and for each value that a layer passes on, forwards and backwards.

    Raises:
        ValueError: It cannot fit; the message names the largest part.
    """
    weights, activations = count_numbers(
        settings.image_shape, settings.latent_dim, settings.width
    )
    parts = {
        f"width={settings.width} and latent_dim={settings.latent_dim}, for the weights": (
            4 * 5 * weights
        ),
        f"batch_size={settings.batch_size}, for the images": (
            4 * settings.batch_size * (2 * activations + settings.latent_dim)
        ),
        f"n_critic={settings.n_critic}, for the images that are dealt out": (
            settings.n_critic * settings.batch_size * math.prod(settings.image_shape)
        ),
    }
    needed, there = sum(parts.values()), memory_bytes()
    if needed > there:
        largest = max(parts, key=parts.get)
        raise UserError(
            f"This training needs about {needed:.2g} bytes of memory, and this machine has "
            f"{there:.2g}: most of it is due to {largest}; choose a smaller one."
        )


def _optimizer(settings, updates):
    rate = settings.learning_rate
    if settings.anneal:
        schedule = keras.optimizers.schedules.PolynomialDecay
        rate = schedule(rate, updates, end_learning_rate=0.0)
    if settings.optimizer == "RMSprop":
        return keras.optimizers.RMSprop(rate)
    return keras.optimizers.Adam(rate, *settings.betas)
