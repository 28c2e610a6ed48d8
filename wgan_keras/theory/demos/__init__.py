"""The arguments for the Wasserstein distance, each in numbers, a figure and frames.

Every demo computes what it shows with the distances, losses and constraints of this
package, and returns the numbers beside the picture.
"""

import functools

from wgan_keras.theory.demos.card_pools import card_pools
from wgan_keras.theory.demos.critic_ruler import critic_ruler
from wgan_keras.theory.demos.lipschitz import lipschitz
from wgan_keras.theory.demos.moving_earth import moving_earth
from wgan_keras.theory.demos.parallel_lines import parallel_lines
from wgan_keras.theory.demos.toy_race import toy_race
from wgan_keras.theory.demos.vanishing_gradient import vanishing_gradient


def _race_on(toy):
    return functools.update_wrapper(functools.partial(toy_race, toy), toy_race)


DEMOS = {
    "card-pools": card_pools,
    "moving-earth": moving_earth,
    "parallel-lines": parallel_lines,
    "vanishing-gradient": vanishing_gradient,
    "critic-ruler": critic_ruler,
    "lipschitz": lipschitz,
    "toy-race": toy_race,
    "toy-race-25": _race_on("25-gaussians"),
    "toy-race-swiss-roll": _race_on("swiss-roll"),
}
MOVING = {name for name in DEMOS if name.startswith(("parallel", "toy-race"))}
