"""Wasserstein GAN (Arjovsky, Chintala, Bottou, 2017) for Keras 3 on TensorFlow.

A name is imported when it is first used, so that `import wgan_keras`, and a command
line's `--help`, do not wait for TensorFlow.
"""

from importlib import import_module

__version__ = "0.1.0"

_HOME = {
    "load_images": "datasets",
    "load_labels": "datasets",
    "training_data": "datasets",
    "evaluation_data": "datasets",
    "steps_per_epoch": "datasets",
    "kl_divergence": "distances",
    "js_divergence": "distances",
    "total_variation": "distances",
    "earth_mover": "distances",
    "earth_mover_of_samples": "distances",
    "sliced_wasserstein": "distances",
    "wasserstein_from_critic": "distances",
    "build_generator": "networks",
    "build_critic": "networks",
    "build_discriminator": "networks",
    "LipschitzStrategy": "lipschitz",
    "WeightClip": "lipschitz",
    "WeightClipping": "lipschitz",
    "GradientPenalty": "lipschitz",
    "SpectralNormalization": "lipschitz",
    "WGAN": "models",
    "DCGAN": "models",
    "load_model": "models",
    "toy_points": "datasets",
    "TrainingGif": "callbacks",
    "LearningCurve": "callbacks",
    "HealthCheck": "callbacks",
    "Quality": "callbacks",
    "Classifier": "evaluation",
    "Evaluator": "evaluation",
    "CriticDiagnostics": "diagnostics",
    "Balance": "diagnostics",
    "Checkpoint": "checkpoints",
    "ExportedSampler": "sampling",
    "verify_manifest": "files",
}

__all__ = list(_HOME)


def __getattr__(name):
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)


def __dir__():
    return sorted([*globals(), *__all__])
