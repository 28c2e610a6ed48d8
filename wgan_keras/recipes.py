"""Settings that belong together, by name, and the model that they make.

`paper` is each method's own paper, to the letter; `recommended` is what learnt fastest on
small images in a search (docs/recipes.md).
"""

METHODS = {"wgan": "clip", "wgan-gp": "gp", "wgan-sn": "sn", "dcgan": "dcgan"}

_PAPER = {"average_decay": None, "width": 64, "anneal": False, "mixed_precision": False}
_RECOMMENDED = {
    "batch_size": 64,
    "n_critic": 1,
    "average_decay": 0.99,
    "latent_dim": 128,
    "width": 32,
    "anneal": False,
    "mixed_precision": False,
}

RECIPES = {
    "paper": {
        # Arjovsky, Chintala, Bottou (2017), Algorithm 1; networks as in section 4.
        "clip": {
            "batch_size": 64,
            "n_critic": 5,
            "optimizer": "RMSprop",
            "learning_rate": 5e-5,
            "clip": 0.01,
            "normalization": "batch",
            "latent_dim": 100,
            **_PAPER,
        },
        # Gulrajani et al. (2017), Algorithm 1.
        "gp": {
            "batch_size": 64,
            "n_critic": 5,
            "optimizer": "Adam",
            "learning_rate": 1e-4,
            "betas": (0.0, 0.9),
            "normalization": None,
            "latent_dim": 128,
            **_PAPER,
        },
        # Miyato et al. (2018), table 1, setting C.
        "sn": {
            "batch_size": 64,
            "n_critic": 1,
            "optimizer": "Adam",
            "learning_rate": 2e-4,
            "betas": (0.5, 0.999),
            "normalization": None,
            "latent_dim": 128,
            **_PAPER,
        },
        # Radford, Metz, Chintala (2016), section 4.
        "dcgan": {
            "batch_size": 128,
            "n_critic": 1,
            "optimizer": "Adam",
            "learning_rate": 2e-4,
            "betas": (0.5, 0.999),
            "normalization": "batch",
            "dropout": 0.0,
            "latent_dim": 100,
            **_PAPER,
        },
    },
    "recommended": {
        "clip": _RECOMMENDED
        | {
            "optimizer": "RMSprop",
            "learning_rate": 2e-3,
            "clip": 0.05,
            "normalization": "batch",
        },
        "gp": _RECOMMENDED
        | {
            "batch_size": 32,
            "optimizer": "Adam",
            "learning_rate": 1e-3,
            "betas": (0.0, 0.9),
            "normalization": "layer",
        },
        "sn": _RECOMMENDED
        | {
            "optimizer": "Adam",
            "learning_rate": 2e-3,
            "betas": (0.0, 0.9),
            "normalization": None,
        },
        "dcgan": _RECOMMENDED
        | {
            "optimizer": "Adam",
            "learning_rate": 2e-3,
            "betas": (0.5, 0.999),
            "normalization": "batch",
            "dropout": 0.0,
        },
    },
}


def build(settings):
    """Builds and compiles the model that settings describe.

    Args:
        settings: Dict with a recipe's names, and with `method` (`"clip"`, `"gp"`, `"sn"`
            or `"dcgan"`), `image_shape`, `seed` and `steps`, the generator steps to come.

    Returns:
        A compiled `WGAN` or `DCGAN`.
    """
    import keras

    from wgan_keras import lipschitz
    from wgan_keras import models
    from wgan_keras import networks

    def optimizer(updates):
        rate = settings["learning_rate"]
        if settings["anneal"]:
            schedule = keras.optimizers.schedules.PolynomialDecay
            rate = schedule(rate, updates, end_learning_rate=0.0)
        if settings["optimizer"] == "RMSprop":
            return keras.optimizers.RMSprop(rate)
        return keras.optimizers.Adam(rate, *settings["betas"])

    policy = "mixed_bfloat16" if settings["mixed_precision"] else "float32"
    keras.mixed_precision.set_global_policy(policy)
    keras.utils.set_random_seed(settings["seed"])
    shape, width = settings["image_shape"], settings["width"]
    generator = networks.build_generator(shape, settings["latent_dim"], width)
    common = {"seed": settings["seed"], "average_decay": settings["average_decay"]}
    method, n_critic = settings["method"], settings["n_critic"]
    if method == "dcgan":
        discriminator = networks.build_discriminator(
            shape, width, settings["dropout"], settings["normalization"]
        )
        model = models.DCGAN(generator, discriminator, n_critic, **common)
    else:
        critic = networks.build_critic(shape, width, settings["normalization"])
        strategy = method
        if method == "clip":
            strategy = lipschitz.WeightClipping(settings["clip"])
        model = models.WGAN(generator, critic, n_critic, strategy, **common)
    steps = settings["steps"]
    model.compile(optimizer(steps), optimizer(steps * n_critic))
    return model
