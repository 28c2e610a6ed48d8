"""The gradient that vanishes: a well-trained discriminator beside a clipped critic."""

import keras
import numpy as np

from wgan_keras.nets.losses import discriminator_loss
from wgan_keras.theory.demos.adversaries import clipped_critic
from wgan_keras.theory.demos.adversaries import multilayer_perceptron
from wgan_keras.theory.demos.adversaries import outputs_and_slopes
from wgan_keras.theory.demos.adversaries import train_adversary
from wgan_keras.theory.demos.demo import Demo
from wgan_keras.watching.plots import BLUE
from wgan_keras.watching.plots import GREEN
from wgan_keras.watching.plots import GREY
from wgan_keras.watching.plots import ORANGE
from wgan_keras.watching.plots import new_figure


def vanishing_gradient(steps=1500, clip_value=0.1, seed=0):
    """Figure 2 of the paper: a discriminator trained long beside a clipped critic.

    Real points are N(2, 0.5²), fake ones N(−2, 0.5²). Both networks have the same layers
    and are trained as long. The gradients are those that a generator would receive at its
    points: of log(1 − D), which it minimises in the original game; of −log D, which it is
    given in practice; and of the critic's score.

    Args:
        steps: Training steps of each network.
        clip_value: The critic's c.
        seed: Fixes points and weights.

    Returns:
        A `Demo`: mean and median gradient norms at the fake points, and the least and
        the largest slope of the critic on the whole line from −4 to 4.

    Reference:
        Arjovsky, Chintala, Bottou (2017), figure 2.
    """

    keras.utils.set_random_seed(seed)
    rng = np.random.default_rng(seed)
    real, fake = rng.normal(2, 0.5, (512, 1)), rng.normal(-2, 0.5, (512, 1))
    discriminator = multilayer_perceptron(1)
    adam = keras.optimizers.Adam(1e-3)
    train_adversary(discriminator, discriminator_loss, real, fake, adam, steps)
    critic = clipped_critic(1, clip_value, real, fake, steps)

    line = np.linspace(-4, 4, 401)[:, None]
    logits, logit_slopes = outputs_and_slopes(discriminator, line)
    scores, score_slopes = outputs_and_slopes(critic, line)
    probability = 1 / (1 + np.exp(-logits))
    slopes = {
        "log(1 − D)": np.abs(probability * logit_slopes[:, 0]),
        "−log D": np.abs((1 - probability) * logit_slopes[:, 0]),
        "critic": np.abs(score_slopes[:, 0]),
    }
    at_fake, fake_slopes = outputs_and_slopes(discriminator, fake)
    d_fake = 1 / (1 + np.exp(-at_fake))[:, None]
    numbers = {
        "log_1_minus_d_gradient": float(np.abs(d_fake * fake_slopes).mean()),
        "log_1_minus_d_gradient_median": float(np.median(np.abs(d_fake * fake_slopes))),
        "minus_log_d_gradient": float(np.abs((1 - d_fake) * fake_slopes).mean()),
        "critic_gradient": float(np.abs(outputs_and_slopes(critic, fake)[1]).mean()),
        "critic_slope_least": float(slopes["critic"].min()),
        "critic_slope_most": float(slopes["critic"].max()),
        "d_at_fake": float(d_fake.mean()),
    }

    figure, (values, gradients) = new_figure(6.5, 8, 2, 1)
    for points, colour, name in ((real, BLUE, "real"), (fake, ORANGE, "fake")):
        values.hist(
            points[:, 0], 30, density=True, color=colour, alpha=0.35, label=f"{name} points"
        )
    values.plot(line, probability, color=GREY, linewidth=2, label="D, the discriminator")
    spread = (scores - scores.min()) / np.ptp(scores)
    values.plot(
        line, spread, color=GREEN, linewidth=2, label="f, the critic (drawn to 0–1)"
    )
    values.set(title="what they say", xlabel="x", ylim=(-0.05, 1.45))
    values.legend(loc="upper left", fontsize=9, ncols=2)
    for (name, slope), colour in zip(slopes.items(), (GREY, "black", GREEN), strict=True):
        gradients.semilogy(line, np.maximum(slope, 1e-12), color=colour, label=name)
    gradients.axvspan(-3, -1, color=ORANGE, alpha=0.12, label="where the fakes are")
    gradients.set(title="what the generator can follow", xlabel="x", ylabel="|gradient|")
    gradients.set_ylim(1e-10, 1e3)
    gradients.legend(loc="lower left", bbox_to_anchor=(0.22, 0), fontsize=9)
    return Demo(numbers, figure, [])
