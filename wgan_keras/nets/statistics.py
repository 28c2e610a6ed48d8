"""Normalisation statistics that are measured when they are needed.

A moving average of weights never sees a training step, so its batch normalisation has no
statistics of its own. Those of the raw generator do not fit it, and to follow each step
with a pass of its own takes time, and gives a noisy mean. So they are measured at once, on
latents that never change, when the averaged generator is about to be used.

Reference:
    Brock, Donahue, Simonyan (2019), "Large Scale GAN Training for High Fidelity Natural
    Image Synthesis", appendix C.1, whose "standing statistics" these are.
"""

import keras

from wgan_keras.nets.introspection import call_network
from wgan_keras.nets.introspection import flatten_layers
from wgan_keras.nets.latents import STATISTICS_DRAW
from wgan_keras.nets.latents import latents

BATCHES = 8
BATCH_SIZE = 128


def measure_statistics(generator, seed):
    """Sets a generator's moving means and variances to plain means over a few batches.

    They depend on its weights and the seed alone.

    Args:
        generator: `keras.Model` from latents `(N, latent_dim)` to images.
        seed: Integer that fixes the latents.
    """
    norms = [
        layer
        for layer in flatten_layers(generator)
        if isinstance(layer, keras.layers.BatchNormalization)
    ]
    momenta = [norm.momentum for norm in norms]
    for batch in range(BATCHES if norms else 0):
        for norm in norms:
            norm.momentum = batch / (batch + 1)  # the first batch replaces what was there
        start, dtype = batch * BATCH_SIZE, keras.config.floatx()
        rows = latents(seed, STATISTICS_DRAW, start, BATCH_SIZE, generator.input_shape[-1])
        call_network(generator, keras.ops.cast(rows, dtype), training=True)
    for norm, momentum in zip(norms, momenta, strict=True):
        norm.momentum = momentum
