"""What has to be known of a network that a user brings: its ends, its layers, its calls.

Keras says most of it in public, through `get_config()`. What is private of Keras, and used
all the same, is in `flatten_layers`.
"""

import inspect
from itertools import pairwise

import keras

from wgan_keras.errors import UserError

NORMALIZATION_LAYERS = (
    keras.layers.BatchNormalization,
    keras.layers.GroupNormalization,
    keras.layers.LayerNormalization,
    keras.layers.RMSNormalization,
)
_SQUASHING = ("sigmoid", "hard_sigmoid", "log_sigmoid", "softmax", "log_softmax")


def flatten_layers(network):
    """All layers of a network, those within layers and models included, and itself."""
    return list(network._flatten_layers())


def output_layer(network):
    """The layer that a functional or sequential model's first output comes from.

    A model at the end of a model is looked into. A subclassed model does not say what it
    ends in, and is returned itself.
    """
    while isinstance(network, keras.Model):
        if isinstance(network, keras.Sequential):
            network = network.layers[-1]
            continue
        outputs = keras.tree.flatten(_config(network).get("output_layers") or [])
        if not outputs:
            break
        network = next(op for op in network.operations if op.name == outputs[0])
    return network


def chained_layers(network):
    """The layers of a model in which each takes what the one before it returns.

    Returns:
        List of layers, the first one first; `None` where the model branches, calls a layer
        twice, or does not say, as a subclassed one.
    """
    if isinstance(network, keras.Sequential):
        return network.layers
    configs = _config(network).get("layers", [])
    if not configs:
        return None
    for before, layer in pairwise(configs):
        if _sources(layer["inbound_nodes"]) != [before["name"]]:
            return None
    operations = {operation.name: operation for operation in network.operations}
    return [operations[config["name"]] for config in configs]


def _config(network):
    """What a network says of itself; nothing, where a subclassed one does not know it."""
    try:
        return network.get_config()
    except NotImplementedError:
        return {}


def _sources(config):
    """Names of the layers that the tensors in a serialized call come from."""
    if isinstance(config, dict):
        if "keras_history" in config:
            return [config["keras_history"][0]]
        config = list(config.values())
    if isinstance(config, (list, tuple)):
        return [name for part in config for name in _sources(part)]
    return []


def call_network(network, inputs, training, call=None):
    """Calls a network; a `call` of a user's own may not have the argument `training`.

    Args:
        network: `keras.Model`.
        inputs: What it is called with, a tensor or a tuple of arguments.
        training: Whether it trains.
        call: Which of its methods is called; by default the network itself.
    """
    inputs = inputs if isinstance(inputs, tuple) else (inputs,)
    parameters = inspect.signature(network.call).parameters.values()
    if any(p.name == "training" or p.kind == p.VAR_KEYWORD for p in parameters):
        return (call or network)(*inputs, training=training)
    return (call or network)(*inputs)


def check_channels_last():
    """Refuses Keras' other order of axes, in which no network here is built."""
    if keras.config.image_data_format() == "channels_first":
        raise UserError(
            "Keras is set to 'channels_first', but images here are (N, H, W, C): call "
            "keras.config.set_image_data_format('channels_last')."
        )


def check_networks(generator, adversary, adversary_name, linear_output_reason):
    """Refuses what cannot work, and builds the adversary on the generator's images.

    Args:
        generator: What should be a model from latents to images.
        adversary: What should be a model from such images to one number each.
        adversary_name: What a message calls the adversary.
        linear_output_reason: Why the adversary must not end in a sigmoid.

    Raises:
        ValueError: Neither the shapes nor the adversary's last layer may be otherwise.
    """
    check_channels_last()
    try:
        latent_shape, image_shape = generator.input_shape, generator.output_shape
    except AttributeError:
        latent_shape = image_shape = None
    fits = all(isinstance(shape, tuple) for shape in (latent_shape, image_shape))
    if not (fits and len(latent_shape) == 2 and len(image_shape) == 4):
        raise UserError(
            "The generator must be a functional or sequential model from latents "
            f"(N, latent_dim) to images (N, H, W, C), not from {latent_shape} to "
            f"{image_shape}; start it with keras.Input((latent_dim,))."
        )
    try:
        scores = adversary(keras.Input(image_shape[1:]))
    except (ValueError, TypeError) as error:
        raise UserError(
            f"The {adversary_name} does not take the generator's images of shape "
            f"{image_shape[1:]} alone: {error}"
        ) from error
    if getattr(scores, "shape", None) not in ((None,), (None, 1)):
        raise UserError(
            f"The {adversary_name} must give each image one number, (N, 1), and not "
            f"{getattr(scores, 'shape', type(scores).__name__)}: let it end in Dense(1)."
        )
    last = output_layer(adversary)
    activation = getattr(getattr(last, "activation", None), "__name__", "")
    for name in (activation, type(last).__name__.lower()):
        if name in _SQUASHING:
            raise UserError(
                f"The {adversary_name}'s last layer {last.name!r} ends in a {name}, but "
                f"{linear_output_reason}; leave the activation out."
            )
