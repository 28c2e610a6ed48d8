"""Settings that belong together, by name.

`paper` is each method's own paper, to the letter; `recommended` is what learnt fastest on
small images in a search (docs/search.md).
"""

_PLAIN = {"activation": "leaky_relu", "anneal": False, "mixed_precision": False}
_PAPER = _PLAIN | {"average_decay": 0.0, "width": 64}
_RECOMMENDED = _PLAIN | {
    "batch_size": 32,
    "n_critic": 1,
    "learning_rate": 2e-3,
    "average_decay": 0.999,
    "latent_dim": 16,
    "width": 32,
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
            "clip_normalization": True,
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
            "penalty_weight": 10.0,
            "penalty_every": 1,
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
            "clip_value": 0.05,
            "clip_normalization": False,
            "normalization": "batch",
        },
        "gp": _RECOMMENDED
        | {
            "optimizer": "Adam",
            "betas": (0.0, 0.99),
            "penalty_weight": 1.0,
            "penalty_every": 4,
            "normalization": "layer",
        },
        "sn": _RECOMMENDED
        | {
            "optimizer": "Adam",
            "betas": (0.0, 0.9),
            "normalization": "none",
            "activation": "maxmin",
        },
        "dcgan": _RECOMMENDED
        | {
            "optimizer": "Adam",
            "betas": (0.0, 0.99),
            "normalization": "batch",
            "dropout": 0.0,
        },
    },
}
