"""The DCGAN: the original GAN's losses on convolutional networks, for comparison."""

import keras
import tensorflow as tf

from wgan_keras.fitting.batches import skip_undersized_batches
from wgan_keras.models.gan import GAN
from wgan_keras.nets.losses import discriminator_loss
from wgan_keras.nets.losses import non_saturating_generator_loss


@keras.saving.register_keras_serializable(package="wgan_keras")
class DCGAN(GAN):
    """The original GAN: a discriminator tells real images from generated ones.

    Logs: `discriminator_loss` and `generator_loss`; `real_accuracy` and
    `fake_accuracy`, the shares of real and of generated images that are recognised as such.

    Args:
        generator: `keras.Model` from latents `(N, latent_dim)` to images `(N, H, W, C)`
            in [-1, 1].
        discriminator: `keras.Model` from such images to logits of being real.
        n_discriminator: Discriminator steps for each generator step, at least 1; a
            batch is dealt out to them.
        seed: Integer that fixes all latents of the training.
        average_decay: Decay of a moving average of the generator's weights, in (0, 1),
            such as 0.999, which sampling and export then use; `None` for no average.
        name: Name of the model.

    Raises:
        ValueError: The networks do not fit, or the discriminator ends in a sigmoid: the
            losses take logits.

    Reference:
        Goodfellow et al. (2014), "Generative Adversarial Nets", Algorithm 1; Radford,
        Metz, Chintala (2016), section 4, for the optimizer.
    """

    adversary_name = "discriminator"
    log_names = (
        "discriminator_loss",
        "generator_loss",
        "real_accuracy",
        "fake_accuracy",
    )
    validation_metric = "discriminator_loss"
    linear_output_reason = "its losses take the logit and hold the sigmoid themselves"

    def __init__(
        self,
        generator: keras.Model,
        discriminator: keras.Model,
        n_discriminator: int = 1,
        seed: int = 0,
        average_decay: float | None = None,
        name: str = "dcgan",
    ):
        super().__init__(
            generator, discriminator, n_discriminator, seed, average_decay, name
        )

    @property
    def discriminator(self):
        return self.adversary

    @property
    def n_discriminator(self):
        return self.adversary_steps

    @property
    def discriminator_optimizer(self):
        return self.adversary_optimizer

    def compile(self, generator_optimizer=None, discriminator_optimizer=None, **options):
        """Configures the training; without arguments, as the DCGAN paper has it.

        Args:
            generator_optimizer: Keras optimizer or its name. Defaults to Adam with a
                learning rate of 2e-4 and beta_1 = 0.5.
            discriminator_optimizer: The same for the discriminator.
            **options: `run_eagerly`, `steps_per_execution`, `jit_compile` and
                `auto_scale_loss`, as in `keras.Model.compile`.

        Raises:
            ValueError: One optimizer is given for both networks.
        """
        super().compile(
            generator_optimizer or keras.optimizers.Adam(2e-4, beta_1=0.5),
            discriminator_optimizer or keras.optimizers.Adam(2e-4, beta_1=0.5),
            **options,
        )

    @skip_undersized_batches
    def train_step(self, data):
        """One generator step, after `n_discriminator` steps of the discriminator."""
        losses = []
        for t, real in enumerate(self.deal(data)):
            fake = self.generate(self.draw_latents(t, real), training=True)
            with tf.GradientTape() as tape:
                real_logits = self.score(real, training=True)
                fake_logits = self.score(fake, training=True)
                loss = discriminator_loss(real_logits, fake_logits)
            self.descend(self.discriminator, self.discriminator_optimizer, tape, loss)
            losses.append(loss)

        latents = self.draw_latents(self.n_discriminator, real)
        with tf.GradientTape() as tape:
            fake = self.generate(latents, training=True)
            generator_loss = non_saturating_generator_loss(self.score(fake, training=True))
        self.descend(self.generator, self.optimizer, tape, generator_loss)

        logs = {
            "discriminator_loss": tf.reduce_mean(losses),
            "generator_loss": generator_loss,
            **_accuracies(real_logits, fake_logits),
        }
        return self.finish_step(logs)

    def test_step(self, data):
        """The discriminator's loss and accuracies on held-out images."""
        real, fake = self.validation_pair(data)
        real_logits, fake_logits = self.score(real), self.score(fake)
        logs = {
            "discriminator_loss": discriminator_loss(real_logits, fake_logits),
            **_accuracies(real_logits, fake_logits),
        }
        return self.report(real, logs)


def _accuracies(real_logits, fake_logits):
    return {
        "real_accuracy": tf.reduce_mean(tf.cast(real_logits > 0, keras.config.floatx())),
        "fake_accuracy": tf.reduce_mean(tf.cast(fake_logits < 0, keras.config.floatx())),
    }
