"""`fit` and `evaluate` with data that are checked, on one replica or several."""

import functools
import logging
import types

import keras
import numpy as np
import tensorflow as tf

from wgan_keras.data.stream import TrainingStream
from wgan_keras.errors import UserError
from wgan_keras.fitting import batches
from wgan_keras.fitting import replicas
from wgan_keras.fitting.checkpoints import Checkpoint

logger = logging.getLogger("wgan_keras")


class CheckedModel(keras.Model):
    """A Keras model that refuses data it cannot learn from, and can be resumed exactly.

    Attributes:
        image_shape: `(H, W, C)` of the images that it takes.
        adversary_name: What a message calls the network that a batch is dealt out to.
        adversary_steps: Steps of it that a batch is dealt out to.
        steps_done: Variable, the generator steps so far.
        dropped_images: Variable, images of the present `fit` that no step could use.
        is_distributed: Whether it was made in the scope of a `tf.distribute.Strategy`.
        adversary_optimizer: The adversary's optimizer; `optimizer` is the generator's.
    """

    # === Fitting ===

    def fit(self, x=None, y=None, batch_size=None, epochs=1, **options):
        """Trains as `keras.Model.fit` does, on data that is checked first.

        Args:
            x: Images `(N, H, W, C)`, uint8, or floats already in [-1, 1]; `training_data`
                of them; or anything else that `keras.Model.fit` takes and that yields
                batches of them. Labels beside them are ignored.
            y: Ignored.
            batch_size: Images for one generator step: those for one step of the
                adversary times the number of its steps.
            epochs: Passes over the data.
            **options: As for `keras.Model.fit`; of `validation_data`, only the images
                count. With a `Checkpoint` among the callbacks, the training goes on from
                its last one.

        Where the model was made within the `scope()` of a `tf.distribute.Strategy`, a
        batch is the global one, of which each replica gets an equal part. `x` is then an
        array, `training_data`, or a `tf.data.Dataset` that yields the same on all workers;
        every replica measures the whole of `validation_data`. Callbacks with an attribute
        `chief_only` are left out on all workers but the chief.

        Returns:
            A `keras.callbacks.History`.

        Raises:
            ValueError: No batch has an image for each adversary step; the images' shape,
                dtype or range is wrong; single images meet a batch normalisation that
                needs several; a batch has no equal parts for all replicas; or an option
                would weigh images, which no GAN's loss does.
            ConnectionError: Another worker has ended, or does not answer.
        """
        self.dropped_images.assign(0)
        options = self._checked_options(options)
        if self.is_distributed and isinstance(x, np.ndarray):
            batches.check_range(x)
            replicas.check_divides(batch_size or 32, self)
            each = (batch_size or 32) // self.adversary_steps
            start = int(self.steps_done.numpy())
            x = TrainingStream(x, each, self.adversary_steps, self.seed, start)
            batch_size = None
        sizes = batches.static_batch_sizes(x, batch_size, self.image_shape)
        warned = batches.check_batch_sizes(sizes, self)
        if isinstance(x, TrainingStream):
            options["steps_per_epoch"] = options.get("steps_per_epoch") or x.steps_per_epoch
        if isinstance(x, (TrainingStream, tf.data.Dataset, types.GeneratorType)):
            options.setdefault("shuffle", False)  # Keras warns of its own default
        steps, each = options.get("steps_per_epoch"), self.steps_per_execution
        if steps and steps % each:
            raise UserError(
                f"steps_per_epoch={steps} is no multiple of steps_per_execution={each}, "
                f"and Keras would train {-(-steps // each) * each} steps an epoch: choose "
                "one that divides the other."
            )
        before = int(self.steps_done.numpy())
        fit = functools.partial(self._fit, sizes=sizes)
        for callback in options["callbacks"]:
            if isinstance(callback, Checkpoint):
                fit = functools.partial(callback.fit, self, fit)
        history = fit(x, y, batch_size=batch_size, epochs=epochs, **options)
        dropped = int(self.dropped_images.numpy())
        if history.epoch and int(self.steps_done.numpy()) == before:
            raise (
                batches.undersized("Every batch", self)
                if dropped
                else batches.empty_data_set()
            )
        if not warned:
            batches.warn_of_dropped(dropped, self)
        return history

    def _checked_options(self, options):
        """The options of `fit`, without what only some workers do, or an error."""
        _refuse_weights(options)
        callbacks = keras.tree.flatten(options.get("callbacks") or [])
        if any(isinstance(c, keras.callbacks.TerminateOnNaN) for c in callbacks):
            logger.warning(
                "TerminateOnNaN watches a log named 'loss', which a GAN of two losses does "
                "not have, and never acts: use wgan_keras.HealthCheck()."
            )
        if not replicas.is_chief(self.distribute_strategy):
            callbacks = [c for c in callbacks if not getattr(c, "chief_only", False)]
        validation = options.get("validation_data")
        if isinstance(validation, (tuple, list)):  # Keras would look for labels in it
            validation = batches.unpack_images(tuple(validation), self.image_shape)
            validation = np.asarray(validation)
        if isinstance(validation, np.ndarray):
            batches.check_range(validation)
        return options | {"callbacks": callbacks, "validation_data": validation}

    def _fit(self, x, y=None, sizes=(), **options):
        """`keras.Model.fit`, on one replica or several."""
        if self.is_distributed:
            x, y = replicas.prepare_training(x, sizes, self, options), None
            if options["validation_data"] is not None:
                options["validation_data"], steps = replicas.prepare_evaluation(
                    options["validation_data"], options.get("validation_batch_size"), self
                )
                options["validation_steps"] = options.get("validation_steps") or steps
                options["validation_batch_size"] = None
        elif isinstance(x, TrainingStream):
            x = x.dataset()
        with replicas.lost_worker_errors(), batches.range_errors():
            return super().fit(x, y, **options)

    def _maybe_symbolic_build(self, **data):
        """Nothing is left to build; Keras would average images, which workers cannot."""

    def evaluate(self, x=None, y=None, batch_size=None, **options):
        """Measures as `keras.Model.evaluate` does; each replica all of `x`."""
        _refuse_weights(options)
        if isinstance(x, np.ndarray):
            batches.unpack_images(tf.TensorSpec(x.shape, x.dtype), self.image_shape)
            batches.check_range(x)
        prepared = isinstance(x, tf.distribute.DistributedDataset)  # by `fit`
        if self.is_distributed and not prepared:
            x, steps = replicas.prepare_evaluation(x, batch_size, self)
            y, batch_size = None, None
            options["steps"] = options.get("steps") or steps
        with batches.range_errors():
            return super().evaluate(x, y, batch_size=batch_size, **options)

    def train_on_batch(self, x, y=None, **options):
        """Makes one generator step, as `keras.Model.train_on_batch` does."""
        _refuse_weights(options)
        with batches.range_errors():
            return super().train_on_batch(x, **options)

    # === Saving ===

    @property
    def state(self):
        """All variables that a training goes on from, each once, in a fixed order.

        They are the networks', the averages', both optimizers', counters, random states,
        and the means of the present epoch's logs.
        """
        variables = [
            *self.variables,
            *self._unsaved_states(),
            *self.optimizer.variables,
            *self.adversary_optimizer.variables,
            *(v for metric in self.metrics for v in metric.variables),
        ]
        return list({id(variable): variable for variable in variables}.values())

    def _unsaved_states(self):
        """The random state of layers such as dropout, which Keras' file leaves out."""
        saved = {id(weight) for weight in self.weights}
        metrics = {id(v) for metric in self.metrics for v in metric.variables}
        return [v for v in self.variables if id(v) not in saved | metrics]

    def save_own_variables(self, store):
        super().save_own_variables(store)
        for index, state in enumerate(self._unsaved_states()):
            store[f"hidden_state_{index}"] = state.numpy()

    def load_own_variables(self, store):
        own = {name: store[name] for name in store.keys() if "hidden" not in name}  # noqa: SIM118
        super().load_own_variables(own)
        for index, state in enumerate(self._unsaved_states()):
            state.assign(store[f"hidden_state_{index}"])


def _refuse_weights(options):
    for name in ("sample_weight", "class_weight"):
        if options.get(name) is not None:
            raise UserError(
                f"{name} would change nothing: a GAN's losses weigh all images alike; "
                "leave it out, and choose the images that you train on instead."
            )
