"""Settings that belong together, by name.

`paper` is each method's own paper, to the letter; `recommended` is what learnt fastest on
small images in a search (docs/recipes.md).
"""

_PAPER = {"average_decay": 0.0, "width": 64, "anneal": False, "mixed_precision": False}
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
            "clip_value": 0.01,
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
            "normalization": "none",
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
            "normalization": "none",
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
            "clip_value": 0.05,
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
            "normalization": "none",
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
