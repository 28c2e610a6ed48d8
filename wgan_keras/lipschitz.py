"""The strategies that keep a critic Lipschitz, and the constraint that clipping attaches.

A strategy is a small object with four hooks, which `WGAN` calls; each does nothing
unless it is overridden, so `LipschitzStrategy()` itself is "no constraint".
"""

import warnings

import keras
import tensorflow as tf


@keras.saving.register_keras_serializable(package="wgan_keras")
class WeightClip(keras.constraints.Constraint):
    """Clips a weight to [-clip_value, clip_value], element by element.

    Args:
        clip_value: The bound c, above 0.

    Raises:
        ValueError: `clip_value` is not a finite number above 0.

    Example:

    >>> from wgan_keras import WeightClip
    >>> WeightClip(0.01)([0.5, -0.003, -2.0]).numpy().round(3).tolist()
    [0.009999999776482582, -0.003000000026077032, -0.009999999776482582]

    Reference:
        Arjovsky, Chintala, Bottou (2017), Algorithm 1, line 7.
    """

    def __init__(self, clip_value):
        if not 0 < clip_value < float("inf"):
            raise ValueError(f"clip_value must be a number above 0, not {clip_value}.")
        self.clip_value = clip_value

    def __call__(self, weight):
        return tf.clip_by_value(
            tf.convert_to_tensor(weight), -self.clip_value, self.clip_value
        )

    def get_config(self):
        return {"clip_value": self.clip_value}


class _AttachedWeightClip(WeightClip):
    """One that a strategy attached, and may take away: unlike the user's own."""


@keras.saving.register_keras_serializable(package="wgan_keras")
class LipschitzStrategy:
    """No constraint at all, and the base class of those that are one."""

    def attach(self, critic):
        """Prepares a built critic, once, when a `WGAN` takes it."""
        for variable in critic.trainable_variables:
            if isinstance(variable.constraint, _AttachedWeightClip):  # an earlier WGAN's
                variable.constraint = None

    def default_optimizer(self):
        """Returns a new optimizer for one of the two networks: RMSprop, 5e-5.

        Reference:
            Arjovsky, Chintala, Bottou (2017), Algorithm 1: "All experiments in the
            paper used the default values α = 0.00005".
        """
        return keras.optimizers.RMSprop(5e-5)

    def check_optimizer(self, optimizer):
        """Warns of a critic's optimizer that does not go with the strategy."""

    def score(self, critic, images, training):
        """The critic's scores `(N, 1)` of images `(N, H, W, C)`."""
        return critic(images, training=training)

    def penalty(self, critic, real, fake, seed):
        """What is added to the critic's loss.

        Args:
            critic: The critic.
            real: float32 images `(N, H, W, C)`.
            fake: As many made ones.
            seed: int64 pair, another one in each update, for stateless random numbers.

        Returns:
            A float32 scalar.
        """
        return 0.0

    def get_config(self):
        return {}

    @classmethod
    def from_config(cls, config):
        return cls(**config)


@keras.saving.register_keras_serializable(package="wgan_keras")
class WeightClipping(LipschitzStrategy):
    """Clips every trainable variable of the critic to [-c, c] after each update.

    Kernels, biases and normalisation gains are clipped; moving means and variances are
    not trainable, and are left alone. A critic of bounded weights is Lipschitz for some
    constant K that depends on c and the architecture only.

    Args:
        clip_value: The bound c, above 0; 0.01 in the paper.

    Raises:
        ValueError: `clip_value` is not a finite number above 0.

    Reference:
        Arjovsky, Chintala, Bottou (2017), Algorithm 1, line 7, and section 3, where
        they call it "a clearly terrible way to enforce a Lipschitz constraint".
    """

    def __init__(self, clip_value=0.01):
        self.constraint = _AttachedWeightClip(clip_value)

    @property
    def clip_value(self):
        return self.constraint.clip_value

    def attach(self, critic):
        """Sets the constraint on each trainable variable, which updates then honour."""
        super().attach(critic)
        for variable in critic.trainable_variables:
            if variable.constraint is not None:
                raise ValueError(
                    f"The critic's variable {variable.path!r} has a constraint of its "
                    f"own ({type(variable.constraint).__name__}), and weight clipping "
                    "would replace it: remove it from the layer, or pass lipschitz=None."
                )
        for variable in critic.trainable_variables:
            variable.constraint = self.constraint

    def check_optimizer(self, optimizer):
        momentum = getattr(optimizer, "beta_1", 0) or getattr(optimizer, "momentum", 0)
        if momentum:
            warnings.warn(
                f"The critic's {type(optimizer).__name__} has a momentum of {momentum}: "
                "the critic's loss is nonstationary, and momentum made training with "
                "weight clipping unstable in the WGAN paper (section 4); use RMSprop, "
                "or Adam with beta_1=0.",
                stacklevel=3,
            )

    def get_config(self):
        return {"clip_value": self.clip_value}
