"""From latents to pictures: samplers, and the formats that they are exported in.

A name is imported when it is first used: a sampler in ONNX needs no TensorFlow.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "onnx": ["OnnxSampler"],
        "sampler": ["Sampler"],
        "saved_model": ["ExportedSampler"],
    },
)
