"""What becomes of the optimizers that a user compiles a GAN with."""

import keras

from wgan_keras.errors import UserError


def prepare_optimizer(optimizer, network, auto_scale_loss):
    """A Keras optimizer, with loss scaling where `keras.Model.compile` would add it.

    Args:
        optimizer: A `keras.optimizers.Optimizer`, or what `keras.optimizers.get` takes.
        network: The network that it trains.
        auto_scale_loss: Whether a network of dtype policy `mixed_float16` gets a
            `LossScaleOptimizer`.
    """
    optimizer = keras.optimizers.get(optimizer)
    scales = isinstance(optimizer, keras.optimizers.LossScaleOptimizer)
    if auto_scale_loss and not scales and network.dtype_policy.name == "mixed_float16":
        optimizer = keras.optimizers.LossScaleOptimizer(optimizer)
    return optimizer


def refuse_clipped_gradients(optimizer):
    """Refuses an optimizer that clips gradients, where each replica has its own."""
    optimizer = getattr(optimizer, "inner_optimizer", optimizer)
    for name in ("clipnorm", "clipvalue", "global_clipnorm"):
        if getattr(optimizer, name):
            raise UserError(
                f"The optimizer's {name} would clip each replica's own gradient instead of "
                "the mean of all: leave it out, or train on one replica."
            )
