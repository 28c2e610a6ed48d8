"""The WGAN: Algorithm 1 of Arjovsky, Chintala and Bottou (2017), line by line."""

import keras
import tensorflow as tf

from wgan_keras import lipschitz as strategies
from wgan_keras.distribution import shares
from wgan_keras.lipschitz import WeightClipping
from wgan_keras.losses import critic_loss
from wgan_keras.losses import wasserstein_generator_loss
from wgan_keras.models.base import GAN
from wgan_keras.models.base import pass_over_small_batches

LIPSCHITZ_EVERY = 10  # generator steps between two looks at the critic's gradient


@keras.saving.register_keras_serializable(package="wgan_keras")
class WGAN(GAN):
    """Wasserstein GAN: a critic scores images, and the generator follows its slope.

    One `fit` step is one generator step. A batch of `n_critic * m` images is dealt out,
    so that each critic step sees m fresh real images and m fresh latents.

    Logs: `critic_loss` and `generator_loss`; `wasserstein_estimate`, mean f(real) −
    mean f(fake), averaged over the critic steps, positive when all is well, and with
    `validation_data` the same on held-out images as `val_wasserstein_estimate`. It is
    the Earth-Mover distance only up to the critic's Lipschitz constant K, which drifts
    with clipping; `lipschitz_estimate`, the critic's mean gradient norm at mixtures of
    real and fake images, renewed every ten steps, shows K as seen at the data.

    Args:
        generator: `keras.Model` from latents `(N, latent_dim)` to images `(N, H, W, C)`
            in [-1, 1].
        critic: `keras.Model` from such images to scores; linear at its end.
        n_critic: Critic steps for each generator step, at least 1.
        lipschitz: The strategy that keeps the critic Lipschitz: `WeightClipping`,
            `GradientPenalty`, `SpectralNormalization`, one of their short names `"clip"`,
            `"gp"`, `"sn"`, or `None` for none at all.
        seed: Integer that fixes all latents of the training.
        average_decay: Decay of a moving average of the generator's weights, in (0, 1),
            such as 0.999, which sampling and export then use; `None` for no average.
        name: Name of the model.

    Raises:
        ValueError: The networks do not fit, or the critic ends in a sigmoid or softmax.

    Example:

    >>> from wgan_keras import WGAN, build_critic, build_generator, load_images
    >>> wgan = WGAN(build_generator(width=8), build_critic(width=8))
    >>> wgan.compile()
    >>> history = wgan.fit(load_images("digits")[:320], batch_size=5 * 64, verbose=0)
    >>> wgan.sample(16, seed=7).shape
    (16, 28, 28, 1)

    Reference:
        Arjovsky, Chintala, Bottou (2017), "Wasserstein GAN", Algorithm 1.
    """

    adversary_name = "critic"
    log_names = (
        "critic_loss",
        "generator_loss",
        "wasserstein_estimate",
        "lipschitz_estimate",
    )
    held_out_name = "wasserstein_estimate"
    why_linear = "a critic gives a score, any real number, and not a probability"

    def __init__(
        self,
        generator,
        critic,
        n_critic=5,
        lipschitz=WeightClipping(0.01),  # noqa: B008 (it is immutable)
        seed=0,
        average_decay=None,
        name="wgan",
    ):
        super().__init__(generator, critic, n_critic, seed, average_decay, name)
        self.lipschitz = strategies.get(lipschitz)
        self.lipschitz.attach(critic)
        self.gradient_norm = self.add_weight(
            shape=(), initializer="zeros", trainable=False, name="gradient_norm"
        )

    @property
    def critic(self):
        return self.adversary

    @property
    def n_critic(self):
        return self.adversary_steps

    @property
    def critic_optimizer(self):
        return self.adversary_optimizer

    def compile(self, generator_optimizer=None, critic_optimizer=None, **options):
        """Configures the training; without arguments, as the strategy's paper has it.

        Args:
            generator_optimizer: Keras optimizer or its name. Defaults to the Lipschitz
                strategy's: RMSprop with a learning rate of 5e-5 for weight clipping.
            critic_optimizer: The same for the critic.
            **options: `run_eagerly`, `steps_per_execution`, `jit_compile`, as in
                `keras.Model.compile`.

        Raises:
            ValueError: One optimizer is given for both networks.
        """
        self.lipschitz.attach(self.critic)  # to layers, too, that were frozen before
        super().compile(
            generator_optimizer or self.lipschitz.default_optimizer(),
            critic_optimizer or self.lipschitz.default_optimizer(),
            **options,
        )
        self.lipschitz.check_optimizer(self.critic_optimizer)

    @pass_over_small_batches
    def train_step(self, data):
        """One generator step: lines 2 to 11 of Algorithm 1, in their order."""
        estimates, losses = [], []
        for t, real in enumerate(self.deal(data)):  # lines 2 and 3
            fake = self.generate(self.latents_for(real, t))  # line 4
            self.lipschitz.advance(self.critic)
            with tf.GradientTape() as tape:  # line 5, its sign turned: we descend
                distance_loss = critic_loss(self.score(real), self.score(fake))
                loss = distance_loss + self.lipschitz.penalty(
                    self.critic, real, fake, self.seed_for(t)
                )
            gradients = tape.gradient(loss, self.critic.trainable_variables)
            self.critic_optimizer.apply(  # line 6, and then 7: the constraint clips
                shares(gradients), self.critic.trainable_variables
            )
            estimates.append(-distance_loss)
            losses.append(loss)

        latents = self.latents_for(real, self.n_critic)  # line 9
        with tf.GradientTape() as tape:  # line 10
            fake = self.generate(latents)
            generator_loss = wasserstein_generator_loss(self.score(fake))
        gradients = tape.gradient(generator_loss, self.generator.trainable_variables)
        self.optimizer.apply(  # line 11
            shares(gradients), self.generator.trainable_variables
        )

        self.measure_lipschitz(real, fake)
        logs = {
            "critic_loss": tf.reduce_mean(losses),
            "generator_loss": generator_loss,
            "wasserstein_estimate": tf.reduce_mean(estimates),
            "lipschitz_estimate": tf.convert_to_tensor(self.gradient_norm),
        }
        return self.finish_step(latents, logs)

    def score(self, images, training=True):
        """The critic's scores `(N, 1)` of images `(N, H, W, C)`, as the strategy has it."""
        return self.lipschitz.score(self.critic, images, training)

    def seed_for(self, t):
        """int64 pair that seeds what is random in the step's t-th update but latents."""
        draw = t + self.steps_done * (self.n_critic + 1)
        return tf.stack([tf.constant(self.seed, tf.int64), tf.convert_to_tensor(draw)])

    def measure_lipschitz(self, real, fake):
        """Every ten steps, measures the critic's gradient norm between real and fake.

        Args:
            real: float32 images `(N, H, W, C)` in [-1, 1].
            fake: As many made ones.
        """

        def mean_gradient_norm():
            points = strategies.mixtures(real, fake, self.seed_for(self.n_critic))
            norms = strategies.gradient_norms(
                lambda x: self.score(x, training=False), points
            )
            return tf.reduce_mean(norms)

        self.gradient_norm.assign(
            tf.cond(
                self.steps_done % LIPSCHITZ_EVERY == 0,
                mean_gradient_norm,
                lambda: tf.convert_to_tensor(self.gradient_norm),
            )
        )

    def test_step(self, data):
        """The estimate on held-out images, with the critic and generator as they are."""
        real, fake = self.held_out_pair(data)
        estimate = -critic_loss(
            self.score(real, training=False), self.score(fake, training=False)
        )
        return self.report(real, {"wasserstein_estimate": estimate})

    def _hidden_states(self):
        return [*super()._hidden_states(), *self.lipschitz.variables]

    def get_config(self):
        return {
            **super().get_config(),
            "lipschitz": keras.saving.serialize_keras_object(self.lipschitz),
        }
