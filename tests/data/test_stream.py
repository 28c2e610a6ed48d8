import itertools

import numpy as np
import pytest
import tensorflow as tf

from wgan_keras.data.folder import ImageFolder
from wgan_keras.data.stream import TrainingStream
from wgan_keras.data.stream import evaluation_data
from wgan_keras.data.stream import fingerprint
from wgan_keras.data.stream import steps_per_epoch
from wgan_keras.data.stream import training_data


def numbered(count):
    return np.arange(count, dtype=np.uint8).reshape(count, 1, 1, 1)


def taken(batches, count=None):
    batches = itertools.islice(batches, count)
    return np.concatenate([batch.numpy().ravel() for batch in batches])


def test_every_epoch_is_a_permutation():
    seen = taken(training_data(numbered(30), 5, n_critic=2, seed=3), 9)
    epochs = seen.reshape(3, 30)
    for epoch in epochs:
        assert sorted(epoch) == list(range(30))
    assert not (epochs[0] == epochs[1]).all()
    assert not (epochs[0] == np.arange(30)).all()


def test_order_is_a_function_of_seed_and_step():
    def data(seed=1, start=0):
        return training_data(numbered(23), 4, n_critic=2, seed=seed, start=start)

    whole = taken(data(), 10)
    np.testing.assert_array_equal(taken(data(), 10), whole)
    for start in (1, 2, 5, 9):
        np.testing.assert_array_equal(
            taken(data(start=start), 10 - start), whole[start * 8 :]
        )
    assert (taken(data(seed=2), 10) != whole).any()


def test_fewer_images_than_a_batch():
    seen = taken(training_data(numbered(3), 4, n_critic=2), 3)
    assert np.bincount(seen).tolist() == [8, 8, 8]


def test_batches_are_uint8_of_static_shape():
    spec = training_data(numbered(9), 4, 2).element_spec
    assert spec == tf.TensorSpec((8, 1, 1, 1), tf.uint8)


def test_a_stream_says_what_it_is():
    images = numbered(30)
    data = TrainingStream(images, 4, n_critic=2, seed=7, start=5)
    assert data.images is images
    assert (data.batch_size, data.n_critic, data.seed, data.start) == (4, 2, 7, 5)
    assert data.images_per_step == 8
    assert data.steps_per_epoch == 30 // 8
    assert training_data(images, 4).identity() == TrainingStream(images, 4).identity()


def test_a_stream_starts_anywhere_and_is_itself_left_alone():
    data = training_data(numbered(23), 4, n_critic=2, seed=1)
    later = data.starting_at(3)
    assert (data.start, later.start) == (0, 3)
    np.testing.assert_array_equal(taken(later, 4), taken(data, 7)[3 * 8 :])


def test_mapped_batches_keep_their_order_and_their_place():
    def doubled(batch):
        return 2 * batch

    data = training_data(numbered(23), 4, n_critic=2, seed=1)
    mapped = data.map(doubled).map(lambda batch: batch + 1)
    np.testing.assert_array_equal(taken(mapped, 5), 2 * taken(data, 5) + 1)
    np.testing.assert_array_equal(
        taken(mapped.starting_at(3), 2), 2 * taken(data.starting_at(3), 2) + 1
    )
    assert data.identity()["functions"] == []
    assert mapped.identity()["functions"] == ["doubled", "<lambda>"]
    scaled = data.map(lambda batch: tf.cast(batch, tf.float32))
    assert scaled.element_spec == tf.TensorSpec((8, 1, 1, 1), tf.float32)


def test_parts_of_a_batch_are_those_of_the_whole(images):
    data = training_data(images, 6, 2, seed=3, start=4)
    whole = next(iter(data))
    parts = [next(iter(data.dataset(part=(index, 3)))) for index in range(3)]
    assert [len(part) for part in parts] == [4, 4, 4]
    np.testing.assert_array_equal(np.concatenate(parts), whole)
    with pytest.raises(ValueError, match="does not divide into 5 equal parts"):
        data.dataset(part=(0, 5))


def test_evaluation_data_is_everything_in_order():
    data = evaluation_data(numbered(7), 3)
    assert data.cardinality() == 3
    assert taken(data).tolist() == list(range(7))


@pytest.mark.parametrize(
    "options",
    [
        {"batch_size": 0},
        {"n_critic": 0},
        {"seed": -1},
        {"start": -1},
        {"images": numbered(0)},
    ],
)
def test_training_data_refuses(options):
    with pytest.raises(ValueError, match="training_data needs"):
        training_data(**{"images": numbered(4), "batch_size": 2, "n_critic": 1, **options})


def test_steps_per_epoch():
    assert steps_per_epoch(numbered(30), 5, 2) == 3
    assert steps_per_epoch(numbered(3), 5, 2) == 1


def test_a_fingerprint_tells_images_apart(folder):
    images = np.arange(24, dtype=np.uint8).reshape(2, 3, 4, 1)
    changed = images.copy()
    changed[1, 2, 3, 0] ^= 1
    variants = [images, changed, images[::-1], images.reshape(2, 4, 3, 1)]
    variants.append(images.astype(np.float32))
    assert len({fingerprint(variant) for variant in variants}) == 5
    assert fingerprint(images) == fingerprint(images.copy())

    streamed = ImageFolder(folder, (8, 8, 1))
    before = fingerprint(streamed)
    assert before == fingerprint(ImageFolder(folder, (8, 8, 1)))
    assert before != fingerprint(ImageFolder(folder, (8, 8, 3)))
    with open(streamed.files[0], "ab") as file:
        file.write(b"more")
    assert before != fingerprint(streamed)
