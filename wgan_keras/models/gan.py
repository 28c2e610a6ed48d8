"""What every GAN here shares: fitting, descending, averaging, saving, sampling."""

import os

import keras
import numpy as np
import tensorflow as tf

from wgan_keras.errors import UserError
from wgan_keras.fitting import batches
from wgan_keras.fitting import replicas
from wgan_keras.fitting.model import CheckedModel
from wgan_keras.fitting.optimizers import prepare_optimizer
from wgan_keras.fitting.optimizers import refuse_clipped_gradients
from wgan_keras.nets.introspection import call_network
from wgan_keras.nets.introspection import check_networks
from wgan_keras.nets.latents import HELD_OUT_DRAW
from wgan_keras.nets.latents import first_row
from wgan_keras.nets.latents import latents
from wgan_keras.nets.statistics import measure_statistics
from wgan_keras.sampling.formats import export_sampler
from wgan_keras.sampling.sampler import Sampler


class GAN(CheckedModel):
    """A generator and its adversary: a WGAN's critic or a DCGAN's discriminator.

    Abstract: a subclass has the `train_step`, and says in class attributes what it calls
    its adversary, what it logs, and why its adversary ends in no sigmoid.

    `call` and `predict` turn latents `(N, latent_dim)` into images in [-1, 1] by the
    network that sampling uses: the averaged generator where there is one.

    Args:
        generator: `keras.Model` from latents `(N, latent_dim)` to images `(N, H, W, C)`
            in [-1, 1].
        adversary: `keras.Model` from such images to one number each.
        adversary_steps: Adversary steps for each generator step.
        seed: Integer that fixes all latents of the training.
        average_decay: Decay of a moving average of the generator's weights, in (0, 1),
            such as 0.999; `None` for no average.
        name: Name of the model.
    """

    adversary_name = "adversary"
    linear_output_reason = ""  # why the adversary must not end in a sigmoid
    log_names = ()  # what a training step logs
    validation_metric = ""  # the one of them that is always measured on held-out images

    def __init__(
        self, generator, adversary, adversary_steps, seed, average_decay, name=None
    ):
        super().__init__(name=name, dtype=keras.config.floatx())
        _check_whole(f"n_{self.adversary_name}", adversary_steps, at_least=1)
        _check_whole("seed", seed, at_least=-(2**63))
        if average_decay is not None and not 0 < average_decay < 1:
            raise UserError(
                f"average_decay must lie between 0 and 1, or be None, not {average_decay}."
            )
        check_networks(generator, adversary, self.adversary_name, self.linear_output_reason)

        # === Networks ===
        self.generator = generator
        self.adversary = adversary
        self.averaged_generator = None
        if average_decay is not None:
            self.measured_at = self._counter("measured_at", -1)
            self.averaged_generator = keras.models.clone_model(generator)
            self.averaged_generator.set_weights(generator.get_weights())
            for weight in self.averaged_generator.weights:
                weight.trainable = False  # it follows; no optimizer trains it
        self._sampler = Sampler(self.averaged_generator or generator)

        # === State ===
        self.steps_done = self._counter("steps")
        self.dropped_images = self._counter("dropped_images")  # in the present `fit`
        self._trackers = {name: replicas.ReplicatedMean(name) for name in self.log_names}

        # === Config ===
        self.image_shape = generator.output_shape[1:]
        self.latent_dim = generator.input_shape[-1]
        self.adversary_steps = adversary_steps
        self.seed = seed
        self.average_decay = average_decay
        self.is_distributed = tf.distribute.has_strategy()
        self.built = True

    def _counter(self, name, start=0):
        start = keras.initializers.Constant(start)
        return self.add_weight(
            shape=(), dtype="int64", initializer=start, trainable=False, name=name
        )

    # === Compiling ===

    def compile(
        self,
        generator_optimizer,
        adversary_optimizer,
        run_eagerly=False,
        steps_per_execution=1,
        jit_compile="auto",
        auto_scale_loss=True,
    ):
        """Takes one optimizer for each network; the subclasses have the defaults.

        `model.optimizer`, which callbacks such as `LearningRateScheduler` change, is the
        generator's; `LinkedLearningRates` has the adversary's follow it. A schedule given
        to the adversary's optimizer counts the adversary's steps.
        """
        optimizers = [
            prepare_optimizer(optimizer, network, auto_scale_loss)
            for optimizer, network in (
                (generator_optimizer, self.generator),
                (adversary_optimizer, self.adversary),
            )
        ]
        if optimizers[0] is optimizers[1]:
            raise UserError(
                f"The generator and the {self.adversary_name} need an optimizer each: "
                "pass two instances."
            )
        if self.distribute_strategy.num_replicas_in_sync > 1:
            for optimizer in optimizers:
                refuse_clipped_gradients(optimizer)
        super().compile(
            optimizer=optimizers[0],
            run_eagerly=run_eagerly,
            steps_per_execution=steps_per_execution,
            jit_compile=jit_compile,
        )
        self.adversary_optimizer = optimizers[1]
        self.optimizer.build(self.generator.trainable_variables)
        self.adversary_optimizer.build(self.adversary.trainable_variables)

    def get_compile_config(self):
        if not self.compiled:
            return {}
        serialize = keras.saving.serialize_keras_object
        return {
            "generator_optimizer": serialize(self.optimizer),
            f"{self.adversary_name}_optimizer": serialize(self.adversary_optimizer),
            "run_eagerly": self.run_eagerly,
            "steps_per_execution": self.steps_per_execution,
            "jit_compile": self.jit_compile,
        }

    def compile_from_config(self, config):
        deserialize = keras.saving.deserialize_keras_object
        self.compile(**{name: deserialize(value) for name, value in config.items()})

    # === What a train_step is made of ===

    def deal(self, data):
        """Deals a batch out to the adversary's steps: image i to step i mod n.

        Splitting the batch over replicas changes nothing in who gets what.

        Args:
            data: What the data set yielded, with images `(N, H, W, C)`.

        Returns:
            List of `adversary_steps` float32 tensors `(N // n, H, W, C)` in [-1, 1].
        """
        images = batches.unpack_images(data, self.image_shape)
        each = tf.shape(images)[0] // self.adversary_steps
        if images.shape[0] is None:
            dropped = tf.shape(images)[0] - each * self.adversary_steps
            self.dropped_images.assign_add(tf.cast(dropped, tf.int64))
        return [
            batches.scale_images(
                images[t : each * self.adversary_steps : self.adversary_steps]
            )
            for t in range(self.adversary_steps)
        ]

    def score(self, images, training=False):
        """The adversary's outputs `(N, 1)` for images `(N, H, W, C)` in [-1, 1]."""
        return call_network(self.adversary, images, training)

    def generate(self, latents, training=False):
        """The generator's float32 images `(N, H, W, C)` of latents `(N, latent_dim)`."""
        images = call_network(self.generator, latents, training)
        return tf.cast(images, keras.config.floatx())

    def draw_latents(self, t, real):
        """Fresh latents, one for each image of `real`, for the step's t-th draw.

        They depend on (seed, steps done, t, row of the global batch) alone.
        """
        draw = 1 + t + self.steps_done * (self.adversary_steps + 1)
        count = tf.shape(real)[0]
        return self._latents(draw, first_row(count), count)

    def _latents(self, draw, start, count):
        rows = latents(self.seed, draw, start, count, self.latent_dim)
        return tf.cast(rows, keras.config.floatx())

    def descend(self, network, optimizer, tape, loss):
        """One step of gradient descent: scaled if need be, and the mean over replicas.

        Args:
            network: The network whose trainable variables are updated.
            optimizer: Its optimizer.
            tape: The `tf.GradientTape` that recorded the loss.
            loss: Scalar to be minimised, this replica's mean.
        """
        variables = network.trainable_variables
        share = tf.ones_like(loss) / self.distribute_strategy.num_replicas_in_sync
        # The optimizer sums the shares of all replicas, and divides by the scale again.
        start = optimizer.scale_loss(share)
        gradients = tape.gradient(loss, variables, output_gradients=start)
        optimizer.apply(gradients, variables)

    def finish_step(self, logs):
        """Counts the step, moves the average on, and keeps the books.

        The averaged weights follow with a decay that is warmed up, (1 + step) /
        (10 + step) at first, so that early on they are close to the raw ones. What
        replicas have measured for themselves, logs and normalisation statistics, is
        replaced by its mean over all.

        Args:
            logs: Dict of scalars, one for each of `log_names`.

        Returns:
            This step's values; Keras reports their means at an epoch's end.
        """
        if self.averaged_generator is not None:
            step = tf.cast(self.steps_done, tf.float32)
            decay = tf.minimum(tf.constant(self.average_decay), (1 + step) / (10 + step))
            for average, raw in self._averages():
                average.assign(raw + tf.cast(decay, raw.dtype) * (average - raw))
        self.steps_done.assign_add(1)
        if self.is_distributed:
            logs = self._agree(logs)
        for name, value in logs.items():
            self._trackers[name].update_state(value)
        return replicas.as_reducible(logs)

    def _averages(self):
        """Pairs of an averaged weight and the trainable one that it follows."""
        if self.averaged_generator is None:
            return []
        pairs = zip(self.averaged_generator.weights, self.generator.weights, strict=True)
        return [(average, raw) for average, raw in pairs if raw.trainable]

    def _agree(self, logs):
        """Means over all replicas of logs and of what is measured but not trained."""
        averaged = self.averaged_generator.weights if self.averaged_generator else []
        averaged = {id(variable) for variable in averaged}
        measured = [
            variable
            for variable in self.non_trainable_weights
            if "float" in variable.dtype and id(variable) not in averaged
        ]
        tensors = [*logs.values(), *(tf.convert_to_tensor(v) for v in measured)]
        tensors = replicas.all_reduce_mean(tensors)
        for variable, value in zip(measured, tensors[len(logs) :], strict=True):
            variable.assign(value)
        return dict(zip(logs, tensors, strict=False))

    @property
    def metrics(self):
        return list(self._trackers.values())

    # === Validation ===

    def validation_pair(self, data):
        """Held-out images and as many generated ones, both `(N, H, W, C)` in [-1, 1].

        The latents are the same in every evaluation: the rows are counted by a metric
        of it, which is reset when it begins.
        """
        real = batches.scale_images(batches.unpack_images(data, self.image_shape))
        start = tf.cast(self._trackers[self.validation_metric].count, tf.int64)
        return real, self.generate(self._latents(HELD_OUT_DRAW, start, tf.shape(real)[0]))

    def report(self, real, logs):
        """Updates the means over an evaluation, and returns them."""
        for name, value in logs.items():
            self._trackers[name].update_state(value, sample_weight=tf.shape(real)[0])
        results = {name: self._trackers[name].result() for name in logs}
        return replicas.as_reducible(results)

    # === Sampling ===

    @property
    def sampler(self):
        """The `Sampler` of the averaged generator, or of the only one there is."""
        self._update_statistics()
        return self._sampler

    def _update_statistics(self):
        """Measures the averaged generator's statistics, if it has changed since.

        Not within a `tf.function`, which would measure them at each of its calls.
        """
        if self.averaged_generator is not None and tf.executing_eagerly():
            steps = self.steps_done.numpy()
            if self.measured_at.numpy() != steps:
                measure_statistics(self.averaged_generator, self.seed)
                self.measured_at.assign(steps)

    def predict(self, x, **options):
        """Images of latents, as `keras.Model.predict` returns them."""
        self._update_statistics()
        return super().predict(x, **options)

    def call(self, latents, training=False):
        return self.sampler.generator(latents, training=training)

    def sample(self, n: int, seed: int = 0) -> np.ndarray:
        """Draws pictures.

        Args:
            n: Number of pictures, at least 1.
            seed: Integer; picture i of a seed is the same for any `n`.

        Returns:
            float32 array `(n, H, W, C)` in [0, 1].
        """
        return self.sampler.draw(n, seed)

    def export(self, filepath, format="tf_saved_model", **options):
        """Exports the network alone, latents to images in [-1, 1], as Keras does.

        `export_sampler` writes one that also draws its own latents.
        """
        return self.sampler.generator.export(filepath, format=format, **options)

    def export_sampler(
        self, path: str | os.PathLike, format: str = "tf_saved_model", **about
    ):
        """Writes the generator so that others can draw pictures without this package.

        All formats draw the same pictures from the same latents, but for rounding. The
        folder also holds `sampler.json`, what is known of the sampler; `README.md`, the
        same as a model card; and a manifest of checksums.

        Args:
            path: Folder to write; it must not exist, or be empty.
            format: One of

                - `"tf_saved_model"`: draws its own latents, as `Sampler` says;
                - `"onnx"`: `sampler.onnx`, from `latents` float32 `(N, latent_dim)` to
                  `images` float32 `(N, H, W, C)` in [0, 1]; `OnnxSampler` opens it;
                - `"litert"`: `sampler.tflite`, which takes and returns the same;
                - `"keras"`: `generator.keras`, the network alone, to images in [-1, 1],
                  for `keras.saving.load_model`.

                ONNX and LiteRT compute in float32, whatever the precision was in training.
            **about: What else `sampler.json` should say, such as the data set.

        Raises:
            FileExistsError: The folder is not empty.
            ValueError: The format is unknown, has no way to express a layer of the
                generator, or needs a module that is not installed.
        """
        steps = int(self.steps_done.numpy())
        about = {"model": type(self).__name__, "steps": steps, "seed": self.seed} | about
        export_sampler(self.sampler.generator, path, format, about)

    # === Saving ===

    def get_config(self):
        serialize = keras.saving.serialize_keras_object
        return {
            "generator": serialize(self.generator),
            self.adversary_name: serialize(self.adversary),
            f"n_{self.adversary_name}": self.adversary_steps,
            "seed": self.seed,
            "average_decay": self.average_decay,
            "name": self.name,
        }

    @classmethod
    def from_config(cls, config):
        deserialize = keras.saving.deserialize_keras_object
        return cls(
            **{
                name: deserialize(value) if isinstance(value, dict) else value
                for name, value in config.items()
            }
        )


def _check_whole(name, value, at_least):
    whole = isinstance(value, (int, np.integer)) and not isinstance(value, bool)
    if not whole or value < at_least:
        least = f" from {at_least}" if at_least >= 0 else ""
        raise UserError(f"{name} must be a whole number{least}, not {value!r}.")
