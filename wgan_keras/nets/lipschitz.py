"""The strategies that keep a critic Lipschitz: lines 5 and 7 of Algorithm 1, exchangeable.

A strategy adds a penalty to the critic's loss (line 5), or projects the critic back into a
set of Lipschitz functions after each update (line 7). `WGAN.train_step` calls both at their
place, and `LipschitzStrategy()` itself, which does neither, is "no constraint".
"""

import copy
import warnings

import keras
import tensorflow as tf

from wgan_keras.errors import UserError
from wgan_keras.nets.introspection import NORMALIZATION_LAYERS
from wgan_keras.nets.introspection import call_network
from wgan_keras.nets.introspection import flatten_layers
from wgan_keras.nets.normalization import has_second_derivative
from wgan_keras.nets.slopes import gradient_norms
from wgan_keras.nets.slopes import mixtures


@keras.saving.register_keras_serializable(package="wgan_keras")
class WeightClip(keras.constraints.Constraint):
    """Clips a weight to [-clip_value, clip_value], element by element.

    A constraint like any other of Keras', which can be given to a layer. `WeightClipping`
    applies it to all weights of a critic.

    Args:
        clip_value: The bound c, above 0.

    Raises:
        ValueError: `clip_value` is not a finite number above 0.

    Example:

    >>> from wgan_keras import WeightClip
    >>> WeightClip(0.01)([0.5, -0.003, -2.0]).numpy().round(3).tolist()
    [0.009999999776482582, -0.003000000026077032, -0.009999999776482582]

    Reference:
        Arjovsky, Chintala, Bottou (2017), Algorithm 1, line 7.
    """

    def __init__(self, clip_value: float):
        if not 0 < clip_value < float("inf"):
            raise UserError(f"clip_value must be a number above 0, not {clip_value}.")
        self.clip_value = clip_value

    def __call__(self, weight):
        return tf.clip_by_value(
            tf.convert_to_tensor(weight), -self.clip_value, self.clip_value
        )

    def get_config(self):
        return {"clip_value": self.clip_value}


@keras.saving.register_keras_serializable(package="wgan_keras")
class LipschitzStrategy:
    """No constraint at all, and the base class of those that are one.

    Attributes:
        variables: Keras variables that a strategy keeps, which are saved with the model.
    """

    variables = ()

    def build(self, critic):
        """Prepares for a built critic, once, when a `WGAN` takes it.

        Raises:
            ValueError: The strategy does not work with this critic.
        """

    def default_optimizer(self):
        """Returns a new optimizer for one of the two networks: RMSprop, 5e-5.

        Reference:
            Arjovsky, Chintala, Bottou (2017), Algorithm 1: "All experiments in the
            paper used the default values α = 0.00005".
        """
        return keras.optimizers.RMSprop(5e-5)

    def check_optimizer(self, optimizer):
        """Warns of a critic's optimizer that does not go with the strategy."""

    def score(self, critic, images, training):
        """The critic's scores `(N, 1)` of images `(N, H, W, C)`."""
        return call_network(critic, images, training)

    def penalty(self, model, real, fake, t):
        """What is added to the critic's loss: line 5.

        Args:
            model: The `WGAN`, for its `score` and `update_seed`.
            real: float32 images `(N, H, W, C)`.
            fake: As many generated ones.
            t: Which of the critic's steps for one step of the generator this is, from 0.

        Returns:
            A scalar.
        """
        return 0.0

    def project(self, critic):
        """What is done to the critic after each of its updates: line 7."""

    def get_config(self):
        return {}

    @classmethod
    def from_config(cls, config):
        return cls(**config)


@keras.saving.register_keras_serializable(package="wgan_keras")
class WeightClipping(LipschitzStrategy):
    """Clips every trainable variable of the critic to [-c, c] after each update.

    Kernels, biases and normalisation gains are clipped; moving means and variances are
    not trainable, and are left alone. A critic of bounded weights is Lipschitz for some
    constant K that depends on c and the architecture only, unless it has batch
    normalisation, which divides by a spread of the batch that no weight bounds.

    Args:
        clip_value: The bound c, above 0; 0.01 in the paper.
        normalization: Whether the gains and biases of normalisation layers are clipped,
            too, as Algorithm 1 has it. A gain starts at 1, so clipping it to c makes the
            layer's outputs that much smaller.

    Raises:
        ValueError: `clip_value` is not a finite number above 0.

    Reference:
        Arjovsky, Chintala, Bottou (2017), Algorithm 1, line 7, and section 3, where
        they call it "a clearly terrible way to enforce a Lipschitz constraint".
    """

    def __init__(self, clip_value: float = 0.01, normalization: bool = True):
        self.clip = WeightClip(clip_value)
        self.normalization = normalization

    @property
    def clip_value(self):
        return self.clip.clip_value

    def project(self, critic):
        """w ← clip(w, −c, c)."""
        for weight in self.clipped_weights(critic):
            weight.assign(self.clip(weight))

    def clipped_weights(self, critic):
        """The trainable variables of the critic that are clipped."""
        exempt = {
            id(weight)
            for layer in flatten_layers(critic)
            if isinstance(layer, NORMALIZATION_LAYERS) and not self.normalization
            for weight in layer.trainable_variables
        }
        return [w for w in critic.trainable_variables if id(w) not in exempt]

    def check_optimizer(self, optimizer):
        momentum = getattr(optimizer, "beta_1", 0) or getattr(optimizer, "momentum", 0)
        if momentum:
            warnings.warn(
                f"The critic's {type(optimizer).__name__} has a momentum of {momentum}: "
                "the critic's loss is nonstationary, and momentum made training with "
                "weight clipping unstable in the WGAN paper (section 4); use RMSprop, "
                "or Adam with beta_1=0.",
                stacklevel=3,
            )

    def get_config(self):
        return {"clip_value": self.clip_value, "normalization": self.normalization}


@keras.saving.register_keras_serializable(package="wgan_keras")
class GradientPenalty(LipschitzStrategy):
    """Pulls the critic's gradient norm to 1 at mixtures of real and generated images.

    Each pair has a mixing coefficient of its own. The penalty is
    `weight * mean((norm − target)²)`, or only of what is above the target.

    Args:
        weight: λ, above 0; 10 in the paper.
        target: The norm to reach, at least 0.
        one_sided: Whether norms below the target are left alone.
        every: The penalty is the mean over every so-many-th pair of a batch: 1 for all of
            them, 4 for a quarter, which makes a step cheaper.

    Warns:
        UserWarning: The critic has a group or layer normalisation of Keras', of which the
            penalty's gradient would be wrong; `LayerNormalization` is there instead.

    Raises:
        ValueError: `weight`, `target` or `every` is out of range; with a critic that has
            batch normalisation, when a `WGAN` takes it.

    Reference:
        Gulrajani et al. (2017), "Improved Training of Wasserstein GANs", Algorithm 1 and
        section 4.
    """

    def __init__(
        self,
        weight: float = 10.0,
        target: float = 1.0,
        one_sided: bool = False,
        every: int = 1,
    ):
        if not (isinstance(every, int) and every >= 1):
            raise UserError(f"every must be a whole number from 1, not {every!r}.")
        if not 0 < weight < float("inf") or not 0 <= target < float("inf"):
            raise UserError(
                "weight must be above 0 and target at least 0; received "
                f"weight={weight}, target={target}."
            )
        self.weight, self.target = weight, target
        self.one_sided, self.every = one_sided, every

    def build(self, critic):
        for layer in flatten_layers(critic):
            if isinstance(layer, keras.layers.BatchNormalization):
                raise UserError(
                    f"The critic's layer {layer.name!r} is a batch normalisation, which "
                    "makes a score depend on the other images of its batch, so that the "
                    "gradient of one image is not defined: use "
                    "wgan_keras.LayerNormalization."
                )
            if not has_second_derivative(layer):
                warnings.warn(
                    f"The second derivative of the critic's layer {layer.name!r}, Keras' "
                    f"{type(layer).__name__}, is wrong on TensorFlow, and the gradient "
                    "penalty descends along it: use wgan_keras.LayerNormalization instead.",
                    stacklevel=3,
                )

    def default_optimizer(self):
        """Returns a new Adam with a learning rate of 1e-4, beta_1 = 0, beta_2 = 0.9.

        Reference:
            Gulrajani et al. (2017), Algorithm 1.
        """
        return keras.optimizers.Adam(1e-4, beta_1=0.0, beta_2=0.9)

    def penalty(self, model, real, fake, t):
        points = mixtures(real, fake, model.update_seed(t))[:: self.every]
        norms = gradient_norms(lambda images: model.score(images, training=True), points)
        excess = norms - self.target
        if self.one_sided:
            excess = tf.nn.relu(excess)
        return self.weight * tf.reduce_mean(excess**2)

    def get_config(self):
        return {
            "weight": self.weight,
            "target": self.target,
            "one_sided": self.one_sided,
            "every": self.every,
        }


@keras.saving.register_keras_serializable(package="wgan_keras")
class SpectralNormalization(LipschitzStrategy):
    """Divides each kernel of the critic by its largest singular value, σ.

    The kernels stay as they are; scores are computed with W / σ in their place, and the
    gradient flows through σ. The singular vector on the side of the output channels is
    followed by power iteration, which advances after each update of the critic. A
    convolution's kernel is taken as a matrix of one column for each output channel: the
    paper's matrix, transposed.

    (`keras.layers.SpectralNormalization` assigns the normalised kernel in each training
    call, and no gradient passes through σ.)

    Args:
        power_iterations: Iterations after each update of the critic, at least 1.

    Raises:
        ValueError: `power_iterations` is below 1.

    Reference:
        Miyato et al. (2018), "Spectral Normalization for Generative Adversarial
        Networks", Algorithm 1 and equation 12.
    """

    def __init__(self, power_iterations: int = 1):
        if power_iterations < 1:
            raise UserError(f"power_iterations must be at least 1, not {power_iterations}.")
        self.power_iterations = power_iterations
        self.kernels = []

    def build(self, critic):
        kernels = [getattr(layer, "kernel", None) for layer in flatten_layers(critic)]
        kernels = [k for k in kernels if isinstance(k, keras.Variable) and k.trainable]
        if list(map(id, kernels)) == list(map(id, self.kernels)):
            return  # compiled once more: the vectors are kept
        self.kernels, self.variables = kernels, []
        for index, kernel in enumerate(kernels):
            start = keras.initializers.RandomNormal(seed=index)((kernel.shape[-1],))
            self.variables.append(
                keras.Variable(
                    _power_iteration(_matrix(kernel), start, 20),
                    trainable=False,
                    dtype=keras.config.floatx(),
                    name=f"singular_vector_{index}",
                )
            )

    def default_optimizer(self):
        """Returns a new Adam with a learning rate of 2e-4, beta_1 = 0, beta_2 = 0.9.

        Reference:
            The learning rate is that of Miyato et al. (2018), table 1, setting C; the
            moments are those of Gulrajani et al. (2017).
        """
        return keras.optimizers.Adam(2e-4, beta_1=0.0, beta_2=0.9)

    def score(self, critic, images, training):
        normalised = {id(k): k / tf.cast(s, k.dtype) for k, s in self.norms()}
        trainable = [normalised.get(id(v), v.value) for v in critic.trainable_variables]
        state = critic.non_trainable_variables
        arguments = trainable, [v.value for v in state], images
        scores, new_state = call_network(
            critic, arguments, training, call=critic.stateless_call
        )
        if training:
            for variable, value in zip(state, new_state, strict=True):
                variable.assign(value)
        return scores

    def project(self, critic):
        """Follows the kernels' singular vectors, so that W / σ keeps a norm of about 1."""
        for kernel, vector in zip(self.kernels, self.variables, strict=True):
            start = tf.convert_to_tensor(vector)
            vector.assign(_power_iteration(_matrix(kernel), start, self.power_iterations))

    def norms(self):
        """Pairs of a kernel and its σ, a float32 scalar through which gradients flow."""
        for kernel, vector in zip(self.kernels, self.variables, strict=True):
            image = tf.linalg.matvec(_matrix(kernel), tf.convert_to_tensor(vector))
            direction = tf.stop_gradient(_unit(image))
            yield kernel, tf.maximum(tf.tensordot(direction, image, 1), 1e-12)

    def get_config(self):
        return {"power_iterations": self.power_iterations}


STRATEGIES = {
    "clip": WeightClipping,
    "gp": GradientPenalty,
    "sn": SpectralNormalization,
    None: LipschitzStrategy,
}


def get(identifier):
    """The strategy of a name (`"clip"`, `"gp"`, `"sn"`), of `None`, or a copy of one.

    A copy, since a strategy may keep state that belongs to one critic.

    Raises:
        ValueError: It is none of these.
    """
    if isinstance(identifier, LipschitzStrategy):
        return copy.copy(identifier)
    if identifier is None or (isinstance(identifier, str) and identifier in STRATEGIES):
        return STRATEGIES[identifier]()
    raise UserError(
        "lipschitz must be 'clip', 'gp', 'sn', None, or a strategy such as "
        f"WeightClipping(0.01), not {identifier!r}."
    )


# === Pieces of the above ===


def _matrix(kernel):
    return tf.reshape(
        tf.cast(tf.convert_to_tensor(kernel), keras.config.floatx()),
        (-1, kernel.shape[-1]),
    )


def _power_iteration(matrix, vector, iterations):
    for _ in range(iterations):
        image = tf.linalg.matvec(matrix, vector)
        vector = _unit(tf.linalg.matvec(matrix, _unit(image), transpose_a=True))
    return vector


def _unit(vector):
    return vector / tf.maximum(tf.norm(vector), 1e-12)
