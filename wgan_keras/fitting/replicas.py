"""Training on several replicas: who has which images, and what all replicas agree on.

A replica is one device's copy of a model under `tf.distribute`. Keras 3 sums gradients over
the replicas and lets each do everything else on its own, which this module completes:
each has the global batch's next rows, losses and statistics are means over all, and one
worker, the chief, speaks for the others.
"""

import contextlib
import json
import os
import re

import keras
import tensorflow as tf

from wgan_keras.data.stream import TrainingStream
from wgan_keras.data.stream import evaluation_data
from wgan_keras.errors import UserError
from wgan_keras.fitting.batches import count_of
from wgan_keras.fitting.batches import empty_data_set
from wgan_keras.fitting.batches import unpack_images


def strategy_named(name):
    """The `tf.distribute.Strategy` of a name; to be made before TensorFlow does anything.

    Args:
        name: `"mirrored"`, all GPUs of this machine, or `"multi-worker"`, this process and
            those that the environment's `TF_CONFIG` lists beside it.

    Raises:
        ValueError: The name is unknown, or `TF_CONFIG` lists no workers.
    """
    if name == "mirrored":
        return tf.distribute.MirroredStrategy()
    if name != "multi-worker":
        raise UserError(f"No strategy {name!r}: expected 'mirrored' or 'multi-worker'.")
    try:
        workers = json.loads(os.environ.get("TF_CONFIG", "{}"))["cluster"]
    except (ValueError, KeyError, TypeError):
        workers = None
    if not workers:
        raise UserError(
            "multi-worker reads the environment's TF_CONFIG, which lists no cluster: set "
            'it to {"cluster": {"worker": ["host:port", …]}, "task": {"type": "worker", '
            '"index": 0}}, with an index of its own for each worker.'
        )
    return tf.distribute.MultiWorkerMirroredStrategy()


def is_chief(strategy):
    """Whether this process is the one that writes files: always, where it is alone."""
    return strategy.extended.should_checkpoint


def _spans_workers(strategy):
    replicas = strategy.num_replicas_in_sync
    return replicas > 1 and replicas > len(strategy.extended.worker_devices)


# === Within a replica ===


def all_reduce_mean(tensors):
    """Means over all replicas, in one exchange.

    Args:
        tensors: List of a replica's floating tensors.
    """
    context = tf.distribute.get_replica_context()
    if context.num_replicas_in_sync == 1:
        return tensors
    double = any(tensor.dtype == tf.float64 for tensor in tensors)
    widest = tf.float64 if double else tf.float32
    flat = [tf.reshape(tf.cast(tensor, widest), (-1,)) for tensor in tensors]
    flat = context.all_reduce(tf.distribute.ReduceOp.MEAN, tf.concat(flat, axis=0))
    parts = tf.split(flat, [tensor.shape.num_elements() for tensor in tensors])
    return [
        tf.cast(tf.reshape(part, tensor.shape), tensor.dtype)
        for part, tensor in zip(parts, tensors, strict=True)
    ]


def as_reducible(logs):
    """Scalars in the shape in which Keras can reduce them: over several workers, `(1,)`."""
    if not _spans_workers(tf.distribute.get_strategy()):
        return logs
    return {name: tf.reshape(value, (1,)) for name, value in logs.items()}


class ReplicatedMean(keras.metrics.Mean):
    """A mean of values that all replicas agree on, so that reading it needs but one."""

    def add_variable(self, *arguments, **options):
        return super().add_variable(
            *arguments, **options | {"aggregation": "only_first_replica"}
        )


# === Data ===


def shard_batches(batches, size, strategy):
    """Gives each replica its rows of every batch, for ever: the r-th of n the r-th part.

    Args:
        batches: A `TrainingStream`, of which each worker loads its own part only; or a
            `tf.data.Dataset` of images `(size, H, W, C)`, the same on all workers.
        size: Images in a batch; a multiple of the replicas.
        strategy: The `tf.distribute.Strategy`.

    Returns:
        A `tf.distribute.DistributedDataset` of images `(size // replicas, H, W, C)`.
    """
    each = size // strategy.num_replicas_in_sync

    def part(context):
        worker, workers = context.input_pipeline_id, context.num_input_pipelines
        if isinstance(batches, TrainingStream):
            images = batches.dataset(part=(worker, workers))
        else:
            own = slice(worker * size // workers, (worker + 1) * size // workers)
            images = batches.repeat().map(lambda batch: batch[own])
        shape = images.element_spec.shape[1:]
        replicas = size // workers // each
        return images.map(lambda own: tf.reshape(own, (replicas, each, *shape))).unbatch()

    return strategy.distribute_datasets_from_function(part)


def replicate_batches(batches, strategy):
    """Gives every replica every batch whole, for ever, so that all measure the same.

    Args:
        batches: `tf.data.Dataset`, the same on all workers.
        strategy: The `tf.distribute.Strategy`.

    Returns:
        A `tf.distribute.DistributedDataset` of the same.
    """

    def whole(context):
        replicas = context.num_replicas_in_sync // context.num_input_pipelines
        return batches.repeat().flat_map(
            lambda images: tf.data.Dataset.from_tensors(images).repeat(replicas)
        )

    return strategy.distribute_datasets_from_function(whole)


def check_divides(size, model):
    """Refuses a batch without an equal part for every replica and adversary step."""
    replicas = model.distribute_strategy.num_replicas_in_sync
    if size % (model.adversary_steps * replicas):
        raise UserError(
            f"A batch of {size} images does not divide into equal parts for {replicas} "
            f"replicas and {model.adversary_steps} {model.adversary_name} steps: choose a "
            f"multiple of {replicas * model.adversary_steps}."
        )


def prepare_training(x, sizes, model, options):
    """What `keras.Model.fit` needs, where several replicas train, in place of `x`.

    Args:
        x: A `TrainingStream`, or a `tf.data.Dataset`, of which batches of another size
            than the first are left out.
        sizes: What `static_batch_sizes` returned of it.
        model: The `GAN`.
        options: Those of `fit`, to which `steps_per_epoch` is added.

    Returns:
        A `tf.distribute.DistributedDataset`.

    Raises:
        ValueError: `x` is of another kind, or its batches have no equal parts.
    """
    if not isinstance(x, (TrainingStream, tf.data.Dataset)):
        raise UserError(
            "Training on several replicas takes an array of images, training_data or a "
            f"tf.data.Dataset, not a {type(x).__name__}."
        )
    if isinstance(x, tf.data.Dataset):
        x = x.map(lambda *data: unpack_images(data, model.image_shape))
        size = sizes[0] if sizes else _first_size(x)
        x = x.filter(lambda images: tf.shape(images)[0] == size)
        x = x.map(lambda images: tf.ensure_shape(images, (size, *images.shape[1:])))
        options["steps_per_epoch"] = options.get("steps_per_epoch") or count_of(x)
        sizes = [size]
    check_divides(sizes[0], model)
    return shard_batches(x, sizes[0], model.distribute_strategy)


def _first_size(batches):
    for images in batches.take(1):
        return int(tf.shape(images)[0])
    raise empty_data_set()


def prepare_evaluation(x, batch_size, model):
    """Batches for every replica whole, and how many there are.

    Args:
        x: Images, or batches of them, as `evaluate` takes them.
        batch_size: Images in a batch, of an array; `None` for 32.
        model: The `GAN`.
    """
    if not isinstance(x, tf.data.Dataset):
        x = evaluation_data(x, batch_size or 32)
    x = x.map(lambda *data: unpack_images(data, model.image_shape))
    return replicate_batches(x, model.distribute_strategy), count_of(x)


# === Between workers ===


@contextlib.contextmanager
def lost_worker_errors():
    """Turns the errors with which an exchange fails into one that a user understands.

    Raises:
        ConnectionError: A worker has not answered, or has ended, before the others.
    """
    try:
        yield
    except (
        tf.errors.UnavailableError,
        tf.errors.AbortedError,
        tf.errors.CancelledError,
        tf.errors.DeadlineExceededError,
        tf.errors.FailedPreconditionError,
        tf.errors.InternalError,
    ) as error:
        if "ollective" not in error.message:
            raise
        lost = re.search(r"/job:(\w+)/replica:\d+/task:(\d+)\b", error.message)
        who = f"{lost[1]} {lost[2]}" if lost else "a worker"
        raise ConnectionError(
            f"The training cannot go on: {who} has ended or does not answer. Start all "
            "workers again."
        ) from error


@lost_worker_errors()
def from_chief(content, strategy):
    """The chief's bytes, on all workers; each has to call this.

    Args:
        content: Bytes; those of the other workers are not looked at.
        strategy: The `tf.distribute.Strategy`.
    """
    if not _spans_workers(strategy):
        return content
    if not is_chief(strategy):
        content = b""

    @tf.function(autograph=False)
    def total(numbers):
        def add_up(numbers):
            first = tf.distribute.get_replica_context().replica_id_in_sync_group == 0
            own = tf.where(first, numbers, tf.zeros_like(numbers))
            return tf.distribute.get_replica_context().all_reduce("SUM", own)

        sums = strategy.run(add_up, (numbers,))
        return strategy.experimental_local_results(sums)[0]

    size = int(total(tf.constant(len(content), tf.int64)))
    numbers = tf.io.decode_raw(content.ljust(size, b"\0"), tf.uint8)
    return bytes(tf.cast(total(tf.cast(numbers, tf.int32)), tf.uint8).numpy())
