"""What every GAN here shares: dealing out batches, latents, averaging, saving, sampling."""

import functools
import logging
import types

import keras
import numpy as np
import tensorflow as tf

from wgan_keras import distribution
from wgan_keras.checkpoints import Checkpoint
from wgan_keras.datasets import evaluation_data
from wgan_keras.datasets import training_data
from wgan_keras.sampling import HELD_OUT_DRAW
from wgan_keras.sampling import Sampler
from wgan_keras.sampling import latents

logger = logging.getLogger("wgan_keras")

_SQUASHING = ("sigmoid", "hard_sigmoid", "log_sigmoid", "softmax", "log_softmax")


def pass_over_small_batches(train_step):
    """Wraps a `train_step`: batches with no image for some adversary step are dropped.

    Only a last, smaller batch can be that small, and only where batches have no static
    size is there anything to decide while training.
    """

    @functools.wraps(train_step)
    def step(self, data):
        def pass_over():
            self.left_over.assign_add(tf.shape(images, tf.int64)[0])
            return {metric.name: metric.result() for metric in self.metrics}

        images = self.images_in(data)
        size = images.shape[0]
        if size is None:
            enough = tf.shape(images)[0] >= self.adversary_steps
            return tf.cond(enough, lambda: train_step(self, data), pass_over)
        return train_step(self, data) if size >= self.adversary_steps else pass_over()

    return step


class _Mean(keras.metrics.Mean):
    """A mean of values that all replicas agree on, so that reading it needs but one."""

    def add_variable(self, *arguments, **options):
        return super().add_variable(
            *arguments, **options | {"aggregation": "only_first_replica"}
        )


class GAN(keras.Model):
    """A generator and its adversary: a WGAN's critic or a DCGAN's discriminator.

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

    adversary_name = "adversary"  # how the subclass calls it
    why_linear = ""  # why the adversary must not end in a sigmoid
    log_names = ()  # what a training step logs
    held_out_name = ""  # the one of them that is always measured on held-out images

    def __init__(
        self, generator, adversary, adversary_steps, seed, average_decay, name=None
    ):
        super().__init__(name=name, dtype=keras.config.floatx())
        if not (isinstance(adversary_steps, (int, np.integer)) and adversary_steps >= 1):
            raise ValueError(
                f"n_{self.adversary_name} must be a whole number from 1, not "
                f"{adversary_steps}."
            )
        if average_decay is not None and not 0 < average_decay < 1:
            raise ValueError(
                f"average_decay must lie between 0 and 1, or be None, not {average_decay}."
            )

        # === Networks ===
        self.generator = generator
        self.adversary = adversary
        self._check_networks()
        self.averaged_generator = None
        if average_decay is not None:
            self.averaged_generator = keras.models.clone_model(generator)
            self.averaged_generator.set_weights(generator.get_weights())
        self.sampler = Sampler(self.averaged_generator or generator)

        # === State ===
        self.steps_done = self._counter("steps")
        self.left_over = self._counter("left_over")  # images, in the present `fit`
        self._trackers = {name: _Mean(name) for name in self.log_names}

        # === Config ===
        self.adversary_steps = adversary_steps
        self.seed = seed
        self.average_decay = average_decay
        self.is_distributed = tf.distribute.has_strategy()
        self.built = True

    def _counter(self, name):
        return self.add_weight(
            shape=(), dtype="int64", initializer="zeros", trainable=False, name=name
        )

    def _check_networks(self):
        """Builds the adversary on the generator's images, and refuses what cannot work."""
        try:
            latent_shape, image_shape = (
                self.generator.input_shape,
                self.generator.output_shape,
            )
        except AttributeError:
            latent_shape = image_shape = None
        if not (latent_shape and len(latent_shape) == 2 and len(image_shape) == 4):
            raise ValueError(
                "The generator must be a functional or sequential model from latents "
                f"(N, latent_dim) to images (N, H, W, C), not from {latent_shape} to "
                f"{image_shape}; start it with keras.Input((latent_dim,))."
            )
        try:
            self.adversary(keras.Input(image_shape[1:]))
        except ValueError as error:
            raise ValueError(
                f"The {self.adversary_name} does not take the generator's images of "
                f"shape {image_shape[1:]}: {error}"
            ) from error
        last = self.adversary
        while getattr(last, "outputs", None):  # a model, functional or sequential
            last = last.outputs[0]._keras_history.operation
        activation = getattr(getattr(last, "activation", None), "__name__", "")
        for name in (activation, type(last).__name__.lower()):
            if name in _SQUASHING:
                raise ValueError(
                    f"The {self.adversary_name}'s last layer {last.name!r} ends in a "
                    f"{name}, but {self.why_linear}; leave the activation out."
                )

    # === Compiling ===

    def compile(
        self,
        generator_optimizer,
        adversary_optimizer,
        run_eagerly=False,
        steps_per_execution=1,
        jit_compile="auto",
    ):
        """Takes one optimizer for each network; the subclasses have the defaults.

        `model.optimizer`, which callbacks read, is the generator's.
        """
        generator_optimizer = keras.optimizers.get(generator_optimizer)
        adversary_optimizer = keras.optimizers.get(adversary_optimizer)
        if generator_optimizer is adversary_optimizer:
            raise ValueError(
                f"The generator and the {self.adversary_name} need an optimizer each: "
                "pass two instances."
            )
        super().compile(
            optimizer=generator_optimizer,
            run_eagerly=run_eagerly,
            steps_per_execution=steps_per_execution,
            jit_compile=jit_compile,
        )
        self.adversary_optimizer = adversary_optimizer
        if self.distribute_strategy.num_replicas_in_sync > 1:
            self._refuse_clipped_gradients()
        self.optimizer.build(self.generator.trainable_variables)
        self.adversary_optimizer.build(self.adversary.trainable_variables)

    def _refuse_clipped_gradients(self):
        for optimizer in (self.optimizer, self.adversary_optimizer):
            for name in ("clipnorm", "clipvalue", "global_clipnorm"):
                if getattr(optimizer, name):
                    raise ValueError(
                        f"The optimizer's {name} would clip each replica's own gradient "
                        "instead of the mean of all: leave it out, or train on one replica."
                    )

    def get_compile_config(self):
        if not self.compiled:
            return {}
        serialize = keras.saving.serialize_keras_object
        return {
            "generator_optimizer": serialize(self.optimizer),
            f"{self.adversary_name}_optimizer": serialize(self.adversary_optimizer),
            "run_eagerly": self.run_eagerly,
            "steps_per_execution": self.steps_per_execution,
        }

    def compile_from_config(self, config):
        deserialize = keras.saving.deserialize_keras_object
        self.compile(**{name: deserialize(value) for name, value in config.items()})

    # === Training ===

    def fit(self, x=None, y=None, batch_size=None, epochs=1, **options):
        """Trains as `keras.Model.fit` does, after a look at the data.

        Args:
            x: Images `(N, H, W, C)`, uint8, or floats already in [-1, 1]; or anything
                else that `keras.Model.fit` takes and that yields batches of them.
                Labels beside them are ignored.
            y: Ignored.
            batch_size: Images for one generator step: those for one step of the
                adversary times the number of its steps.
            epochs: Passes over the data.
            **options: As for `keras.Model.fit`. With a `Checkpoint` among the
                callbacks, the training goes on from its last one.

        Where the model was made within the `scope()` of a `tf.distribute.Strategy`, a
        batch is the global one, of which each replica gets an equal part. `x` is then an
        array, of which `training_data` makes batches, or a `tf.data.Dataset` that yields
        the same on all workers; batches of another size than its first are left out, and
        every replica measures the whole of `validation_data`. Callbacks with an attribute
        `chief_only` are left out on all workers but the chief.

        Returns:
            A `keras.callbacks.History`.

        Raises:
            ValueError: No batch has an image for each adversary step, or the images'
                shape, dtype or range is wrong, or single images meet a batch
                normalisation that needs several; a batch has no equal parts for all
                replicas.
            ConnectionError: Another worker has ended, or does not answer.
        """
        self.left_over.assign(0)
        if self.is_distributed and isinstance(x, np.ndarray):
            options.setdefault("steps_per_epoch", len(x) // (batch_size or 32))
            x, batch_size = self._stream(x, batch_size or 32), None
        sizes = self._batch_sizes(x, batch_size)
        if isinstance(options.get("validation_data"), np.ndarray):
            self._check_range(options["validation_data"])
        if sizes and sizes[0] < self.adversary_steps:
            raise self._too_small(f"A batch of {sizes[0]} images")
        if any(size // self.adversary_steps == 1 for size in sizes):
            self._refuse_normalisation_of_one()
        said = any([self._say_left_over(size % self.adversary_steps) for size in sizes])
        if not distribution.is_chief(self.distribute_strategy):
            options["callbacks"] = [
                callback
                for callback in keras.tree.flatten(options.get("callbacks") or [])
                if not getattr(callback, "chief_only", False)
            ]
        if isinstance(x, (tf.data.Dataset, types.GeneratorType)):
            options.setdefault("shuffle", False)  # Keras warns of its own default
        before = int(self.steps_done.numpy())
        fit = super().fit
        if self.is_distributed:
            fit = functools.partial(self._fit_distributed, fit, sizes)
        for callback in keras.tree.flatten(options.get("callbacks") or []):
            if isinstance(callback, Checkpoint):
                fit = functools.partial(callback.fit, self, fit)
        history = fit(x, y, batch_size=batch_size, epochs=epochs, **options)
        left_over = int(self.left_over.numpy())
        if left_over and int(self.steps_done.numpy()) == before:
            raise self._too_small("Every batch")
        if not said:
            self._say_left_over(left_over)
        return history

    def _stream(self, images, batch_size):
        """Images in batches that are the same on all workers."""
        self._check_range(images)
        if batch_size % self.adversary_steps:
            raise self._unequal(batch_size)
        return training_data(
            images,
            batch_size // self.adversary_steps,
            self.adversary_steps,
            self.seed,
            start=int(self.steps_done.numpy()),
        )

    def _fit_distributed(
        self, keras_fit, sizes, x, y=None, validation_data=None, **options
    ):
        """`keras.Model.fit` on several replicas."""
        strategy = self.distribute_strategy
        if not sizes or isinstance(x, keras.utils.PyDataset):
            raise ValueError(
                "Training on several replicas takes an array of images or a "
                f"tf.data.Dataset, not a {type(x).__name__}."
            )
        if sizes[0] % (self.adversary_steps * strategy.num_replicas_in_sync):
            raise self._unequal(sizes[0])
        if not hasattr(x, "arguments"):
            x = x.map(lambda *data: self.images_in(data))
            x = x.filter(lambda images: tf.shape(images)[0] == sizes[0])
            x = x.map(lambda images: tf.ensure_shape(images, (sizes[0], *images.shape[1:])))
            options["steps_per_epoch"] = options.get(
                "steps_per_epoch"
            ) or distribution.length(x)
        if validation_data is not None:
            validation_data, steps = self._for_all_replicas(
                validation_data, options.pop("validation_batch_size", None)
            )
            options["validation_steps"] = options.get("validation_steps") or steps
        with distribution.naming_lost_workers():
            return keras_fit(
                distribution.split(x, sizes[0], strategy),
                validation_data=validation_data,
                **options,
            )

    def _maybe_symbolic_build(self, **data):
        """Nothing is left to build; Keras would average images, which workers cannot."""

    def _unequal(self, size):
        replicas = self.distribute_strategy.num_replicas_in_sync
        return ValueError(
            f"A batch of {size} images does not divide into equal parts for {replicas} "
            f"replicas and {self.adversary_steps} {self.adversary_name} steps: choose a "
            f"multiple of {replicas * self.adversary_steps}."
        )

    def evaluate(self, x=None, y=None, batch_size=None, **options):
        """Measures as `keras.Model.evaluate` does; each replica all of `x`."""
        made_before = isinstance(x, tf.distribute.DistributedDataset)  # by `fit`
        if self.is_distributed and not made_before:
            x, steps = self._for_all_replicas(x, batch_size)
            y, batch_size = None, None
            options["steps"] = options.get("steps") or steps
        return super().evaluate(x, y, batch_size=batch_size, **options)

    def _for_all_replicas(self, x, batch_size):
        """Batches for every replica whole, and how many there are."""
        if not isinstance(x, tf.data.Dataset):
            x = evaluation_data(x, batch_size or 32)
        x = x.map(lambda *data: self.images_in(data))
        return distribution.copy(x, self.distribute_strategy), distribution.length(x)

    def _batch_sizes(self, x, batch_size):
        """Sizes of the batches that `x` will yield, as far as a look at it tells."""
        if isinstance(x, tf.data.Dataset):
            spec = self.images_in(x.element_spec)
            if spec.shape[0] is not None and not spec.dtype.is_floating:
                return [spec.shape[0]]
            for data in x.take(1):
                self._check_range(self.images_in(data).numpy())
                return [int(tf.shape(self.images_in(data))[0])]
            raise ValueError("The data set is empty: it yields no batch.")
        if isinstance(x, keras.utils.PyDataset):
            images = np.asarray(self.images_in(x[0]))
            self._check_range(images)
            return [len(images)]
        if isinstance(x, (np.ndarray, tf.Tensor)):
            self._check_range(np.asarray(x))
            batch_size = batch_size or 32
            return [min(len(x), batch_size), len(x) % batch_size]
        return []

    def _check_range(self, images):
        if images.dtype == np.uint8:
            return
        if not np.issubdtype(images.dtype, np.floating):
            raise ValueError(
                "Images must be uint8 in [0, 255], or floats in [-1, 1], not "
                f"{images.dtype}; convert them."
            )
        low, high = images.min(), images.max()
        if not (low >= -1 and high <= 1):  # NaN fails both
            raise ValueError(
                "Images given as floats must lie in [-1, 1], and these range from "
                f"{low} to {high}; scale them, or pass uint8."
            )

    def _refuse_normalisation_of_one(self):
        """Over a batch of one vector, the normalised value is 0 whatever the vector."""
        for network in (self.generator, self.adversary):
            for layer in network._flatten_layers():
                if (
                    isinstance(layer, keras.layers.BatchNormalization)
                    and layer.trainable
                    and layer.input_spec.ndim == 2
                ):
                    raise ValueError(
                        f"With one image for each step, the batch normalisation "
                        f"{layer.name!r} makes the same of every input: use batches of at "
                        f"least 2 * n_{self.adversary_name} images."
                    )

    def _too_small(self, what):
        return ValueError(
            f"{what} is too small for {self.adversary_steps} {self.adversary_name} steps, "
            "each of which needs images of its own: use batches of "
            f"n_{self.adversary_name} times the images for one step."
        )

    def _say_left_over(self, count):
        if count:
            logger.warning(
                "%d images are left over where a batch is dealt out to %d %s steps, and "
                "are dropped, there and in all batches of that size.",
                count,
                self.adversary_steps,
                self.adversary_name,
            )
        return bool(count)

    def images_in(self, data):
        """The images of what a data set yields: labels and weights are ignored."""
        images = keras.utils.unpack_x_y_sample_weight(data)[0]
        while isinstance(images, (tuple, list)):
            images = images[0]
        if isinstance(images, np.ndarray):
            images = tf.convert_to_tensor(images)
        expected = self.generator.output_shape[1:]
        shape = getattr(images, "shape", None)
        if shape is None or not shape[1:].is_compatible_with(expected):
            raise ValueError(
                f"Expected images of shape (N, {', '.join(map(str, expected))}), the "
                f"generator's, but the data has {shape or type(images).__name__}."
            )
        return images

    def deal(self, data):
        """Deals a batch out to the adversary's steps: image i to step i mod n.

        Splitting the batch over replicas changes nothing in who gets what.

        Args:
            data: What the data set yielded, with images `(N, H, W, C)`.

        Returns:
            List of `adversary_steps` float32 tensors `(N // n, H, W, C)` in [-1, 1].
        """
        images = self.images_in(data)
        each = tf.shape(images)[0] // self.adversary_steps
        if images.shape[0] is None:
            left_over = tf.shape(images)[0] - each * self.adversary_steps
            self.left_over.assign_add(tf.cast(left_over, tf.int64))
        return [
            self.scale(images[t : each * self.adversary_steps : self.adversary_steps])
            for t in range(self.adversary_steps)
        ]

    def scale(self, images):
        """uint8 images to float32 in [-1, 1]; floats are taken as scaled already."""
        if images.dtype == tf.uint8:
            return tf.cast(images, keras.config.floatx()) / 127.5 - 1
        if not images.dtype.is_floating:
            raise ValueError(
                "Images must be uint8 in [0, 255], or floats in [-1, 1], not "
                f"{images.dtype.name}; convert them."
            )
        return tf.cast(images, keras.config.floatx())

    def score(self, images, training=True):
        """The adversary's outputs `(N, 1)` for images `(N, H, W, C)` in [-1, 1]."""
        return self.adversary(images, training=training)

    def generate(self, latents, training=True):
        """The generator's float32 images `(N, H, W, C)` of latents `(N, latent_dim)`."""
        images = self.generator(latents, training=training)
        return tf.cast(images, keras.config.floatx())

    def latents_for(self, real, t):
        """Fresh latents, one for each image of `real`, for the step's t-th draw.

        They depend on (seed, steps done, t, row of the global batch) alone.
        """
        draw = 1 + t + self.steps_done * (self.adversary_steps + 1)
        count = tf.shape(real)[0]
        return self._latents(draw, distribution.first_row(count), count)

    def _latents(self, draw, start, count):
        rows = latents(self.seed, draw, start, count, self.generator.input_shape[-1])
        return tf.cast(rows, keras.config.floatx())

    def finish_step(self, generator_latents, logs):
        """Counts the step, moves the average on, and keeps the books.

        The averaged weights follow with a decay that is warmed up, (1 + step) /
        (10 + step) at first, so that early on they are close to the raw ones. Their
        normalisation statistics are their own: the averaged generator sees the step's
        latents in training mode. What replicas have measured for themselves, logs and
        normalisation statistics, is replaced by its mean over all.

        Args:
            generator_latents: The latents `(N, latent_dim)` of the generator's step.
            logs: Dict of scalars, one for each of `log_names`.

        Returns:
            This step's values; Keras reports their means at an epoch's end.
        """
        if self.averaged_generator is not None:
            step = tf.cast(self.steps_done, keras.config.floatx())
            decay = tf.minimum(
                tf.constant(self.average_decay, step.dtype), (1 + step) / (10 + step)
            )
            for average, raw in zip(
                self.averaged_generator.trainable_variables,
                self.generator.trainable_variables,
                strict=True,
            ):
                average.assign(raw + decay * (average - raw))
            self.averaged_generator(generator_latents, training=True)
        self.steps_done.assign_add(1)
        if self.is_distributed:
            logs = self._agree(logs)
        for name, value in logs.items():
            self._trackers[name].update_state(value)
        return distribution.returned(logs)

    def _agree(self, logs):
        """Means over all replicas of logs and of what is measured but not trained."""
        measured = [
            variable
            for variable in self.non_trainable_weights
            if variable.dtype.startswith("float")
        ]
        tensors = [*logs.values(), *(tf.convert_to_tensor(v) for v in measured)]
        tensors = distribution.means(tensors)
        for variable, value in zip(measured, tensors[len(logs) :], strict=True):
            variable.assign(value)
        return dict(zip(logs, tensors, strict=False))

    @property
    def metrics(self):
        return list(self._trackers.values())

    def held_out_pair(self, data):
        """Held-out images and as many made ones, both `(N, H, W, C)` in [-1, 1].

        The latents are the same in every evaluation: the rows are counted by a metric
        of it, which is reset when it begins.
        """
        real = self.scale(self.images_in(data))
        start = tf.cast(self._trackers[self.held_out_name].count, tf.int64)
        rows = self._latents(HELD_OUT_DRAW, start, tf.shape(real)[0])
        return real, self.generate(rows, training=False)

    def report(self, real, logs):
        """Updates the means over an evaluation, and returns them."""
        for name, value in logs.items():
            self._trackers[name].update_state(value, sample_weight=tf.shape(real)[0])
        results = {name: self._trackers[name].result() for name in logs}
        return distribution.returned(results)

    # === Sampling ===

    def call(self, latents, training=False):
        return self.sampler.generator(latents, training=training)

    def sample(self, n, seed=0):
        """Draws pictures.

        Args:
            n: Number of pictures, at least 1.
            seed: Integer; picture i of a seed is the same for any `n`.

        Returns:
            float32 array `(n, H, W, C)` in [0, 1].
        """
        if n < 1:
            raise ValueError(f"n must be at least 1, not {n}.")
        # TensorFlow would take the first calls of several models for a leak, and warn.
        draw = self.sampler.sample.get_concrete_function()
        numbers = {"n": tf.constant(n, tf.int64), "seed": tf.constant(seed, tf.int64)}
        return draw(**numbers)["images"].numpy()

    def export_sampler(self, path, **about):
        """Writes the generator as a SavedModel that draws pictures without this package.

        Its signatures return `{"images": float32 (n, H, W, C) in [0, 1]}`; numbers are
        int64 scalars:

        - `serving_default(latents)`: latents float32 `(n, latent_dim)`;
        - `sample(n, seed)`: the pictures of `GAN.sample`;
        - `sample_range(seed, start, count)`: pictures `start` to `start + count`;
        - `interpolate(seed_a, seed_b, steps)`: a walk from picture 0 of one seed to
          picture 0 of another.

        Args:
            path: Folder to write; it must not exist, or be empty.
            **about: What else `sampler.json` in it should say, such as the data set.

        Raises:
            FileExistsError: The folder is not empty.

        Example:

        >>> import tensorflow as tf                             # doctest: +SKIP
        >>> sampler = tf.saved_model.load("sampler")            # doctest: +SKIP
        >>> sampler.sample(n=16, seed=7)["images"].shape        # doctest: +SKIP
        TensorShape([16, 28, 28, 1])
        """
        steps = int(self.steps_done.numpy())
        about = {
            "model": type(self).__name__,
            "steps": steps,
            "seed": self.seed,
            **about,
        }
        self.sampler.export(path, about)

    # === Saving ===

    @property
    def state(self):
        """All variables that a training goes on from, each once, in a fixed order.

        They are the networks', the averages', both optimizers', counters, random states,
        and the means of the present epoch's logs.
        """
        variables = [
            *self.variables,
            *self._hidden_states(),
            *self.optimizer.variables,
            *self.adversary_optimizer.variables,
            *(v for metric in self.metrics for v in metric.variables),
        ]
        return list({id(variable): variable for variable in variables}.values())

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

    def _hidden_states(self):
        """The random state of layers such as dropout, which Keras' file leaves out."""
        return [v for v in self.variables if v.name == "seed_generator_state"]

    def save_own_variables(self, store):
        super().save_own_variables(store)
        for index, state in enumerate(self._hidden_states()):
            store[f"hidden_state_{index}"] = state.numpy()

    def load_own_variables(self, store):
        own = {name: store[name] for name in store.keys() if "hidden" not in name}  # noqa: SIM118
        super().load_own_variables(own)
        for index, state in enumerate(self._hidden_states()):
            state.assign(store[f"hidden_state_{index}"])
