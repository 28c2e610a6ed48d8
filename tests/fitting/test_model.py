import keras
import numpy as np
import pytest
import tensorflow as tf
from helpers import assert_same_weights
from helpers import tiny_wgan

from wgan_keras import UserError
from wgan_keras import evaluation_data
from wgan_keras import training_data


def twins():
    """Two models with the same weights, which train without a graph."""
    models = []
    for _ in range(2):
        keras.utils.set_random_seed(0)
        models.append(tiny_wgan(n_critic=2, compiled=False))
        models[-1].compile(run_eagerly=True)
    return models


def test_a_stream_is_an_epoch_of_about_all_images(images):
    one, other = twins()
    stream = training_data(images, 5, n_critic=2, seed=3)
    history = one.fit(stream, epochs=2, verbose=0)
    assert history.epoch == [0, 1]
    assert one.steps_done.numpy() == 2 * (60 // 10)
    other.fit(stream.dataset(), steps_per_epoch=12, verbose=0)
    assert_same_weights(one, other)


def test_the_steps_that_are_asked_for_come_first(images):
    wgan, _ = twins()
    stream = training_data(images, 5, n_critic=2)
    wgan.fit(stream, steps_per_epoch=4, epochs=2, verbose=0)
    assert wgan.steps_done.numpy() == 8


def test_a_stream_starts_where_it_says(images):
    one, other = twins()
    stream = training_data(images, 5, n_critic=2, seed=3)
    one.fit(stream, steps_per_epoch=5, verbose=0)
    other.fit(stream, steps_per_epoch=2, verbose=0)
    other.fit(stream.starting_at(2), steps_per_epoch=3, verbose=0)
    assert_same_weights(one, other)


def test_a_stream_of_other_images_is_refused(images):
    wgan, _ = twins()
    with pytest.raises(UserError, match=r"Expected images of shape \(N, 8, 8, 1\)"):
        wgan.fit(training_data(images[:, :4], 5, n_critic=2), verbose=0)
    with pytest.raises(UserError, match="not int64; convert them"):
        wgan.fit(training_data(images.astype(np.int64), 5, n_critic=2), verbose=0)
    assert wgan.steps_done.numpy() == 0


def test_dropped_images_are_counted_anew_in_each_fit(images, caplog):
    wgan = tiny_wgan(n_critic=4)
    data = tf.data.Dataset.from_tensor_slices(images[:42]).batch(21)
    for _ in range(2):
        wgan.fit(data, verbose=0)
        assert wgan.dropped_images.numpy() == 2
    assert caplog.text.count("2 images are left over") == 2


def test_evaluation_takes_arrays_and_data_sets_alike(images):
    wgan, _ = twins()
    of_array = float(wgan.evaluate(images, batch_size=20, verbose=0))
    of_data = float(wgan.evaluate(evaluation_data(images, 20), verbose=0))
    assert of_array == of_data
    with pytest.raises(UserError, match="Expected images of shape"):
        wgan.evaluate(images[:, :4], verbose=0)
    with pytest.raises(UserError, match=r"range from 0\.0 to 255\.0"):
        wgan.evaluate(images.astype("float32"), verbose=0)


def test_callbacks_may_be_nested_one_alone_or_none(images):
    wgan, _ = twins()
    seen = []
    note = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: seen.append(1))
    for callbacks in (None, note, [note], [[note], []]):
        wgan.fit(images, batch_size=20, verbose=0, callbacks=callbacks)
    assert seen == [1, 1, 1]


@pytest.mark.parametrize("name", ["class_weight", "sample_weight"])
def test_weights_are_refused_wherever_they_come_in(name, images):
    wgan, _ = twins()
    weights = {name: np.ones(60)}
    for use in (wgan.fit, wgan.evaluate, wgan.train_on_batch):
        if name == "class_weight" and use == wgan.evaluate:
            continue
        with pytest.raises(UserError, match=f"{name} would change nothing"):
            use(images, **weights)
    assert wgan.steps_done.numpy() == 0


def test_one_batch_is_one_generator_step(images):
    one, other = twins()
    one.train_on_batch(images[:20])
    other.fit(images[:20], batch_size=20, shuffle=False, verbose=0)
    assert_same_weights(one, other)
    assert one.steps_done.numpy() == 1
