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

import tensorflow as tf

from wgan_keras.datasets import training_data


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
        raise ValueError(f"No strategy {name!r}: expected 'mirrored' or 'multi-worker'.")
    try:
        workers = json.loads(os.environ.get("TF_CONFIG", "{}"))["cluster"]
    except (ValueError, KeyError, TypeError):
        workers = None
    if not workers:
        raise ValueError(
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


def first_row(count):
    """Where a replica's rows begin in the global batch.

    Args:
        count: integer tensor: rows that each replica has, the same for all.

    Returns:
        integer tensor of its dtype; 0 where nothing is distributed.
    """
    context = tf.distribute.get_replica_context()
    if context is None or context.num_replicas_in_sync == 1:
        return tf.zeros_like(count)
    return tf.cast(context.replica_id_in_sync_group, count.dtype) * count


def shares(gradients):
    """What Keras' optimizers, which sum over replicas, need to apply the mean.

    Args:
        gradients: List of a replica's gradients, `None` among them, of its mean loss.
    """
    count = tf.distribute.get_strategy().num_replicas_in_sync
    if count == 1:
        return gradients
    return [None if gradient is None else gradient / count for gradient in gradients]


def means(tensors):
    """Means over all replicas, in one exchange.

    Args:
        tensors: List of a replica's floating tensors, of one dtype.
    """
    context = tf.distribute.get_replica_context()
    if context.num_replicas_in_sync == 1:
        return tensors
    flat = tf.concat([tf.reshape(tensor, (-1,)) for tensor in tensors], axis=0)
    flat = context.all_reduce(tf.distribute.ReduceOp.MEAN, flat)
    parts = tf.split(flat, [tensor.shape.num_elements() for tensor in tensors])
    return [
        tf.reshape(part, tensor.shape) for part, tensor in zip(parts, tensors, strict=True)
    ]


def returned(logs):
    """Scalars in the shape in which Keras can reduce them: over several workers, `(1,)`."""
    if not _spans_workers(tf.distribute.get_strategy()):
        return logs
    return {name: tf.reshape(value, (1,)) for name, value in logs.items()}


# === Data ===


def length(batches):
    """Number of batches of a `tf.data.Dataset`; `None` where they do not end."""
    count = int(batches.cardinality())
    if count == tf.data.UNKNOWN_CARDINALITY:
        count = int(batches.reduce(tf.constant(0, tf.int64), lambda n, _: n + 1))
    return None if count == tf.data.INFINITE_CARDINALITY else count


def split(batches, size, strategy):
    """Gives each replica its rows of every batch, for ever: the r-th of n the r-th part.

    Args:
        batches: `tf.data.Dataset` of images `(size, H, W, C)`, the same on all workers.
            Of `training_data`, each worker loads its own part only; of any other, all.
        size: Images in a batch; a multiple of the replicas.
        strategy: The `tf.distribute.Strategy`.

    Returns:
        A `tf.distribute.DistributedDataset` of images `(size // replicas, H, W, C)`.
    """
    each = size // strategy.num_replicas_in_sync

    def part(context):
        worker, workers = context.input_pipeline_id, context.num_input_pipelines
        if hasattr(batches, "arguments"):
            images = training_data(**batches.arguments, part=(worker, workers))
        else:
            own = slice(worker * size // workers, (worker + 1) * size // workers)
            images = batches.repeat().map(lambda batch: batch[own])
        shape = images.element_spec.shape[1:]
        replicas = size // workers // each
        return images.map(lambda own: tf.reshape(own, (replicas, each, *shape))).unbatch()

    return strategy.distribute_datasets_from_function(part)


def copy(batches, strategy):
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


# === Between workers ===


@contextlib.contextmanager
def naming_lost_workers():
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


@naming_lost_workers()
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
