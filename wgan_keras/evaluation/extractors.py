"""What turns pictures into features, in which they are compared."""

import hashlib

import keras
import numpy as np
from keras import layers

from wgan_keras.errors import UserError

CHANNELS = (32, 64, 128)  # of the random network's convolutions


class FeatureExtractor:
    """A network in whose features pictures are compared.

    Args:
        network: A `keras.Model` from pixels in [0, 255] to features `(N, D)`, or, of a
            classifier, to a list of these and of logits `(N, classes)`.
        about: Dict of what is known of the network, its `sha256` among it.

    Attributes:
        kind: What kind of network it is, as scores call it.
    """

    kind = "feature_extractor"

    def __init__(self, network: keras.Model, about: dict):
        self.network, self.about = network, about

    def __call__(self, images: np.ndarray) -> tuple[np.ndarray, np.ndarray | None]:
        """Features and predicted classes.

        Args:
            images: `(N, H, W, C)`, uint8, or floats in [0, 1], which are rounded to 256
                levels, as real images are.

        Returns:
            `(features, classes)`: float32 `(N, D)`, int64 `(N,)`; the classes are `None`
            where the network is no classifier.

        Raises:
            ValueError: The images' shape or range is wrong.
        """
        images = np.asarray(images)
        expected = self.network.input_shape[1:]
        if images.shape[1:] != expected or not len(images):
            raise UserError(
                f"Expected images of shape (N, {', '.join(map(str, expected))}), as the "
                f"{self.kind.replace('_', ' ')} takes them, not {images.shape}."
            )
        if images.dtype != np.uint8:
            if not (images.min() >= 0 and images.max() <= 1):  # NaN fails both
                raise UserError(
                    "Images given as floats must lie in [0, 1], and these range from "
                    f"{images.min()} to {images.max()}; scale them, or pass uint8."
                )
            images = np.rint(255 * images).astype(np.uint8)
        outputs = self.network.predict(images, batch_size=500, verbose=0)
        if not isinstance(outputs, list):
            return outputs, None
        features, logits = outputs
        return features, logits.argmax(axis=1)


class RandomNetwork(FeatureExtractor):
    """A convolutional network with fixed random weights, for pictures without labels.

    The features are the means of each channel after each of three convolutions. They see
    colours, edges and textures, and so they show when pictures are blurred, noisy or too
    much alike. The network has learnt nothing, so it hardly sees whether a digit can be
    read, or whether a face has two eyes: malformed pictures can score almost as well as
    real ones. Where there are labels, the features of a classifier are the better judge.

    Args:
        image_shape: `(height, width, channels)`.

    Reference:
        Naeem et al. (2020), "Reliable Fidelity and Diversity Metrics for Generative
        Models", section 5, on random embeddings.
    """

    kind = "random_network"

    def __init__(self, image_shape: tuple[int, int, int]):
        rng = np.random.default_rng(0)

        def he_normal(shape, dtype=None):
            scale = np.sqrt(2 / np.prod(shape[:-1]))
            return (scale * rng.standard_normal(shape)).astype("float32")

        images = keras.Input(image_shape, name="images")
        x = layers.Rescaling(1 / 127.5, -1)(images)
        means = []
        for channels in CHANNELS:
            x = layers.Conv2D(
                channels,
                4,
                strides=2,
                padding="same",
                activation="relu",
                kernel_initializer=he_normal,
            )(x)
            means.append(layers.GlobalAveragePooling2D()(x))
        network = keras.Model(images, layers.Concatenate(name="features")(means))
        super().__init__(network, {"sha256": weights_checksum(network)})


def weights_checksum(network):
    """SHA-256 of a network's weights, in their order."""
    digest = hashlib.sha256()
    for weights in network.get_weights():
        digest.update(np.ascontiguousarray(weights, "<f4").tobytes())
    return digest.hexdigest()
