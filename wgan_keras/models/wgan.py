"""The WGAN: Algorithm 1 of Arjovsky, Chintala and Bottou (2017), line by line."""

import keras
import tensorflow as tf

from wgan_keras.fitting.batches import skip_undersized_batches
from wgan_keras.models.gan import GAN
from wgan_keras.nets import lipschitz as strategies
from wgan_keras.nets import slopes
from wgan_keras.nets.losses import critic_loss
from wgan_keras.nets.losses import wasserstein_generator_loss

LIPSCHITZ_EVERY = 10  # generator steps between two measurements of the critic's gradient


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
    real and fake images, renewed every ten steps, shows how steep it is at the data.

    Args:
        generator: `keras.Model` from latents `(N, latent_dim)` to images `(N, H, W, C)`
            in [-1, 1].
        critic: `keras.Model` from such images to scores; linear at its end.
        n_critic: Critic steps for each generator step, at least 1.
        lipschitz: The strategy that keeps the critic Lipschitz: `WeightClipping`,
            `GradientPenalty`, `SpectralNormalization`, one of their short names `"clip"`,
            `"gp"`, `"sn"`, or `None` for none at all. The default clips to c = 0.01.
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
    validation_metric = "wasserstein_estimate"
    linear_output_reason = "a critic gives a score, any real number, and not a probability"

    def __init__(
        self,
        generator: keras.Model,
        critic: keras.Model,
        n_critic: int = 5,
        lipschitz: strategies.LipschitzStrategy | str | None = "clip",
        seed: int = 0,
        average_decay: float | None = None,
        name: str = "wgan",
    ):
        super().__init__(generator, critic, n_critic, seed, average_decay, name)
        self.lipschitz = strategies.get(lipschitz)
        self.lipschitz.build(critic)
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
            **options: `run_eagerly`, `steps_per_execution`, `jit_compile` and
                `auto_scale_loss`, as in `keras.Model.compile`.

        Raises:
            ValueError: One optimizer is given for both networks.
        """
        self.lipschitz.build(self.critic)  # layers may have been frozen or thawed since
        super().compile(
            generator_optimizer or self.lipschitz.default_optimizer(),
            critic_optimizer or self.lipschitz.default_optimizer(),
            **options,
        )
        self.lipschitz.check_optimizer(self.critic_optimizer)

    @skip_undersized_batches
    def train_step(self, data):
        """One generator step of Algorithm 1; the comments are its lines."""
        estimates, losses = [], []
        for t, real in enumerate(self.deal(data)):  # 2, 3
            fake = self.generate(self.draw_latents(t, real), training=True)  # 4
            with tf.GradientTape() as tape:  # 5, its sign turned: an optimizer descends
                scores = self.score(real, training=True), self.score(fake, training=True)
                estimate = -critic_loss(*scores)
                loss = self.lipschitz.penalty(self, real, fake, t) - estimate
            self.descend(self.critic, self.critic_optimizer, tape, loss)  # 6
            self.lipschitz.project(self.critic)  # 7: w ← clip(w, −c, c)
            estimates.append(estimate)
            losses.append(loss)

        latents = self.draw_latents(self.n_critic, real)  # 9
        with tf.GradientTape() as tape:  # 10
            fake = self.generate(latents, training=True)
            generator_loss = wasserstein_generator_loss(self.score(fake, training=True))
        self.descend(self.generator, self.optimizer, tape, generator_loss)  # 11

        logs = {
            "critic_loss": tf.reduce_mean(losses),
            "generator_loss": generator_loss,
            "wasserstein_estimate": tf.reduce_mean(estimates),
            "lipschitz_estimate": self.measure_lipschitz(real, fake),
        }
        return self.finish_step(logs)

    def score(self, images, training=False):
        """The critic's scores `(N, 1)` of images `(N, H, W, C)`, as the strategy has it."""
        return self.lipschitz.score(self.critic, images, training)

    def update_seed(self, t):
        """int64 pair that seeds what is random in the step's t-th update but latents."""
        draw = t + self.steps_done * (self.n_critic + 1)
        return tf.stack([tf.constant(self.seed, tf.int64), tf.convert_to_tensor(draw)])

    def measure_lipschitz(self, real, fake):
        """Every ten steps, measures the critic's gradient norm between real and fake.

        Args:
            real: float32 images `(N, H, W, C)` in [-1, 1].
            fake: As many generated ones.

        Returns:
            The mean norm as it was last measured, a scalar.
        """

        def mean_gradient_norm():
            points = slopes.mixtures(real, fake, self.update_seed(self.n_critic))
            return tf.reduce_mean(slopes.gradient_norms(self.score, points))

        norm = tf.cond(
            self.steps_done % LIPSCHITZ_EVERY == 0,
            mean_gradient_norm,
            lambda: tf.convert_to_tensor(self.gradient_norm),
        )
        self.gradient_norm.assign(norm)
        return norm

    def test_step(self, data):
        """The estimate on held-out images, with the critic and generator as they are."""
        real, fake = self.validation_pair(data)
        estimate = -critic_loss(self.score(real), self.score(fake))
        return self.report(real, {"wasserstein_estimate": estimate})

    def _unsaved_states(self):
        return [*super()._unsaved_states(), *self.lipschitz.variables]

    def get_config(self):
        return {
            **super().get_config(),
            "lipschitz": keras.saving.serialize_keras_object(self.lipschitz),
        }
