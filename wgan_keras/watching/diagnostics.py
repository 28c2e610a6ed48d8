"""What a critic does while it trains: its slopes, its weights, its held-out estimate."""

import functools
import os
from contextlib import ExitStack
from contextlib import contextmanager

import keras
import numpy as np
import tensorflow as tf
from sklearn.metrics import roc_auc_score

from wgan_keras.errors import UserError
from wgan_keras.fitting.batches import prepare_images
from wgan_keras.models.wgan import WGAN
from wgan_keras.nets.latents import DIAGNOSTICS_DRAW
from wgan_keras.nets.latents import latents
from wgan_keras.nets.lipschitz import WeightClipping
from wgan_keras.nets.losses import critic_loss
from wgan_keras.nets.slopes import mixtures
from wgan_keras.watching.callbacks import LearningCurve
from wgan_keras.watching.plots import critic_diagnostics


class CriticDiagnostics(LearningCurve):
    """Measures a WGAN's critic now and then, on the same images and latents each time.

    At the first step and every so many steps, these join the step's logs, so that
    callbacks further back in the list see them (a value that is not finite stops a
    training that `HealthCheck` watches):

    - `gradient_at_real`, `gradient_at_fake`, `gradient_at_mixed`: the mean norm of the
      score's gradient over the pixels of training images, generated images, and mixtures.
    - `gradient_at_layer_1`, `…_2` and so on: the mean norm, over training and generated
      images, of the score's gradient with respect to what a layer receives. It is the
      gradient of the image's own term in the critic's loss, but for its sign and the
      batch's 1/N. Layers are those with weights, counted from the images on; a model
      within the critic counts as its layers, any other layer as one. Layer 1 receives
      the images.
    - `weights_at_clip`: under `WeightClipping`, the share of the critic's trainable
      weights that stand at −c or c.
    - `estimate_on_training`, `estimate_on_held_out`: mean f(real) − mean f(fake) for
      either set of real images and the same generated ones. The first well above the second
      is a critic that has learnt its images by heart.

    All are measured in inference mode, with the scores as the Lipschitz strategy has
    them and the generator's raw weights, and nothing in the training changes by it, to
    the bit. `plots.critic_diagnostics` draws them, with a histogram of the weights. Both
    files are renewed as those of `LearningCurve`, and a continued training goes on from
    the table.

    Args:
        csv_path: The table: `step`, `epoch`, and the names above, a row for each time.
        png_path: The picture.
        images: Training images `(N, H, W, C)`, as `WGAN.fit` takes them.
        held_out: Images that are not trained on, likewise.
        every: Generator steps between two measurements.
        count: Images of each set, evenly spaced, and as many generated ones, at most.
        seconds: Time between two renewals of the files at the least.

    Attributes:
        history: Dict of lists by name: the columns of the table.

    Raises:
        ValueError: `every` or `count` is no whole number above 0, or there are no images;
            when training begins, the model is no `WGAN`, or the images do not fit it.

    Reference:
        Gulrajani et al. (2017), "Improved Training of Wasserstein GANs", figure 1b: the
        gradient with respect to successive layers of activations, and the weights'
        histograms; section 5.6: the estimate on held-out images.
    """

    def __init__(
        self,
        csv_path: str | os.PathLike,
        png_path: str | os.PathLike,
        images: np.ndarray,
        held_out: np.ndarray,
        every: int = 100,
        count: int = 256,
        seconds: float = 60,
    ):
        super().__init__(csv_path, png_path, seconds)
        _check_whole(every=every, count=count)
        self.every = every
        self.images, self.held_out = (_spread(set_, count) for set_ in (images, held_out))

    @property
    def clip_value(self):
        """The bound c of the critic's weights; `None` where they are not clipped."""
        strategy = self.model.lipschitz
        return strategy.clip_value if isinstance(strategy, WeightClipping) else None

    def _weights(self):
        """The critic's weights that its strategy clips, or all of them, `(number,)`."""
        critic, strategy = self.model.critic, self.model.lipschitz
        if isinstance(strategy, WeightClipping):
            return _flat(strategy.clipped_weights(critic))
        return _flat(critic.trainable_variables)

    def on_train_begin(self, logs=None):
        if not isinstance(self.model, WGAN):
            raise UserError(
                "CriticDiagnostics needs a WGAN, whose critic it measures, not a "
                f"{type(self.model).__name__}: leave it out of the callbacks."
            )
        super().on_train_begin(logs)
        shape = self.model.image_shape
        real, held_out = (prepare_images(i, shape) for i in (self.images, self.held_out))
        measure = tf.function(lambda: self._measure(real, held_out), autograph=False)
        self.compiled = measure.get_concrete_function()  # now, and never again

    def on_train_batch_end(self, batch, logs=None):
        step = int(self.model.steps_done.numpy())
        if not self.rows or step // self.every > self.rows[-1]["step"] // self.every:
            measured = self.measure()
            logs.update(measured)
            super().on_train_batch_end(batch, measured)

    def on_epoch_end(self, epoch, logs=None):
        super().on_epoch_end(epoch, {})  # Keras' own held-out values are of another step

    def measure(self):
        """Measures the critic as it is: a dict of floats, by the names above."""
        values = dict(self.compiled())
        layers = values.pop("gradient_at_layers")
        values |= {f"gradient_at_layer_{n}": norm for n, norm in enumerate(layers, 1)}
        return {name: float(value) for name, value in values.items()}

    def draw(self):
        weights = self._weights().numpy()
        critic_diagnostics(self.history, weights, self.clip_value, self.png_path)

    def _measure(self, real, held_out):
        model, count = self.model, len(real)
        rows = latents(model.seed, DIAGNOSTICS_DRAW, 0, count, model.latent_dim)
        fake = model.generate(rows)
        mixed = mixtures(real, fake, (model.seed, DIAGNOSTICS_DRAW))
        images = tf.concat([real, fake, mixed], axis=0)
        with tf.GradientTape() as tape, _recorded_inputs(model.critic) as received:
            tape.watch(images)
            scores = model.score(images)
        gradients = tape.gradient(
            scores, [images, *received], unconnected_gradients=tf.UnconnectedGradients.ZERO
        )
        at_images, *at_layers = map(_norms, gradients)
        real_scores, fake_scores, _ = tf.split(scores, 3)
        held_out_scores = model.score(held_out)
        at_real, at_fake, at_mixed = tf.split(at_images, 3)
        values = {
            "gradient_at_real": tf.reduce_mean(at_real),
            "gradient_at_fake": tf.reduce_mean(at_fake),
            "gradient_at_mixed": tf.reduce_mean(at_mixed),
            "gradient_at_layers": [tf.reduce_mean(n[: 2 * count]) for n in at_layers],
            "estimate_on_training": -critic_loss(real_scores, fake_scores),
            "estimate_on_held_out": -critic_loss(held_out_scores, fake_scores),
        }
        if self.clip_value is not None:
            at_clip = tf.abs(self._weights()) >= self.clip_value
            values["weights_at_clip"] = tf.reduce_mean(tf.cast(at_clip, tf.float32))
        return values


class Balance(keras.callbacks.Callback):
    """Measures who is winning, and what the generator has to follow, for any GAN alike.

    At the first step and every so many steps, these join the step's logs, and stand in the
    table of a `LearningCurve` that comes after it in the list of callbacks:

    - `told_apart`: the probability that the adversary rates a held-out real image above a
      generated one (the area under its ROC curve): 0.5 is guessing, 1 is a won game.
    - `generator_gradient`: the mean norm, over generated images, of the gradient of an
      image's own term in the generator's loss over its pixels. It is in the unit of the
      loss, so compare its course in one training, and not its size in two.
    - `saturating_gradient`, of a `DCGAN` only: the same for log(1 − D), which the generator
      would minimise in the original game, and which vanishes where D is sure.

    All are measured on the same images and latents each time, in inference mode, and
    nothing in the training changes by it.

    Args:
        held_out: Images that are not trained on, as `GAN.fit` takes them.
        every: Generator steps between two measurements.
        count: Images of `held_out`, evenly spaced, and as many generated ones, at most.

    Raises:
        ValueError: `every` or `count` is no whole number above 0, or there are no images;
            when training begins, the images do not fit the model.

    Reference:
        Arjovsky, Bottou (2017), "Towards Principled Methods for Training Generative
        Adversarial Networks", theorems 2.4 and 2.6.
    """

    def __init__(self, held_out: np.ndarray, every: int = 100, count: int = 256):
        super().__init__()
        _check_whole(every=every, count=count)
        self.held_out, self.every = _spread(held_out, count), every

    def on_train_begin(self, logs=None):
        self.last_step = None
        real = prepare_images(self.held_out, self.model.image_shape)
        measure = tf.function(lambda: self._measure(real), autograph=False)
        self.compiled = measure.get_concrete_function()

    def on_train_batch_end(self, batch, logs=None):
        step = int(self.model.steps_done.numpy())
        if self.last_step is None or step // self.every > self.last_step // self.every:
            self.last_step = step
            logs.update(self.measure())

    def measure(self):
        """Measures the game as it stands: a dict of floats, by the names above."""
        values = {name: value.numpy() for name, value in self.compiled().items()}
        real, fake = (values.pop(f"{kind}_scores").ravel() for kind in ("real", "fake"))
        is_real = np.repeat([1, 0], [len(real), len(fake)])
        told_apart = roc_auc_score(is_real, np.concatenate([real, fake]))
        gradients = {name: float(value) for name, value in values.items()}
        return {"told_apart": float(told_apart), **gradients}

    def _measure(self, real):
        model = self.model
        rows = latents(model.seed, DIAGNOSTICS_DRAW, 0, len(real), model.latent_dim)
        fake = model.generate(rows)
        with tf.GradientTape() as tape:
            tape.watch(fake)
            scores = model.score(fake)
        slopes = _norms(tape.gradient(scores, fake))
        values = {"real_scores": model.score(real), "fake_scores": scores}
        if isinstance(model, WGAN):
            return values | {"generator_gradient": tf.reduce_mean(slopes)}
        probability = tf.sigmoid(scores[:, 0])  # D, of being real
        return values | {
            "generator_gradient": tf.reduce_mean((1 - probability) * slopes),
            "saturating_gradient": tf.reduce_mean(probability * slopes),
        }


@contextmanager
def _recorded_inputs(critic):
    """Lists what each layer with weights receives, in the order of the calls.

    The layers themselves tell, since a strategy may call the critic with other weights
    than its own, as spectral normalisation does.
    """
    received = []

    def recording(call):
        @functools.wraps(call)
        def record(inputs, *arguments, **options):
            received.append(inputs)
            return call(inputs, *arguments, **options)

        return record

    with ExitStack() as stack:
        for layer in _layers(critic):
            if layer.weights:
                layer.call = recording(layer.call)
                stack.callback(delattr, layer, "call")  # uncovers the class' own
        yield received


def _layers(model):
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            yield from _layers(layer)
        else:
            yield layer


def _norms(gradients):
    """Norms `(N,)` of gradients `(N, …)`, one for each image."""
    flat = tf.reshape(tf.cast(gradients, tf.float32), (tf.shape(gradients)[0], -1))
    return tf.norm(flat, axis=1)


def _flat(variables):
    return tf.concat([tf.reshape(v.value, (-1,)) for v in variables], axis=0)


def _check_whole(**numbers):
    for name, value in numbers.items():
        if not (isinstance(value, int) and value > 0):
            raise UserError(f"{name} must be a whole number above 0, not {value!r}.")


def _spread(images, count):
    if not len(images):
        raise UserError("images and held_out must hold an image each, at the least.")
    return images[np.linspace(0, len(images) - 1, min(count, len(images))).astype(int)]
