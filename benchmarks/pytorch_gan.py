"""The package's GANs in PyTorch, written as its users would: what speed is compared with.

The networks, optimizers, batches and averages are those that `Settings` describe. Where
PyTorch has more than one way, the faster one was taken: fused Adam, one kernel for all
weights of RMSprop and of the averages, and no gradient where none is needed.
"""

import torch
from torch import nn
from torch.nn import functional
from torch.nn.utils.parametrizations import spectral_norm
from torch.optim.swa_utils import AveragedModel


class MaxMin(nn.Module):
    def forward(self, x):
        first, second = x.chunk(2, dim=1)
        return torch.cat(
            [torch.maximum(first, second), torch.minimum(first, second)], dim=1
        )


def build_generator(latent_dim, width):
    """Latents `(N, latent_dim)` to images `(N, 1, 28, 28)` in [-1, 1]."""

    def doubling(channels_in, channels_out, **options):
        return nn.ConvTranspose2d(channels_in, channels_out, 4, 2, 1, **options)

    return nn.Sequential(
        nn.Linear(latent_dim, 7 * 7 * 2 * width, bias=False),
        nn.Unflatten(1, (2 * width, 7, 7)),
        nn.BatchNorm2d(2 * width, eps=1e-3),
        nn.ReLU(),
        doubling(2 * width, width, bias=False),
        nn.BatchNorm2d(width, eps=1e-3),
        nn.ReLU(),
        doubling(width, 1),
        nn.Tanh(),
    )


def build_adversary(width, normalization, activation):
    """Images `(N, 1, 28, 28)` to scores `(N, 1)`."""
    norms = {
        "batch": lambda channels: nn.BatchNorm2d(channels, eps=1e-3),
        "layer": lambda channels: nn.GroupNorm(1, channels, eps=1e-3),
        "none": lambda channels: nn.Identity(),
    }
    activations = {"leaky_relu": lambda: nn.LeakyReLU(0.2), "maxmin": MaxMin}
    norm, activate = norms[normalization], activations[activation]
    return nn.Sequential(
        nn.Conv2d(1, width, 4, 2, 1),
        activate(),
        nn.Conv2d(width, 2 * width, 4, 2, 1),
        norm(2 * width),
        activate(),
        nn.Conv2d(2 * width, 2 * width, 4, 2, 2),
        norm(2 * width),
        activate(),
        nn.Flatten(),
        nn.Linear(4 * 4 * 2 * width, 1),
    )


class Training:
    """A GAN, its optimizers and its data.

    Args:
        settings: `wgan_keras.Settings` for images of 28×28×1.
        images: uint8 array `(N, 28, 28, 1)`.
        channels_last: Whether tensors are laid out as TensorFlow has them.
        compiled: Whether both networks go through `torch.compile`, but for the gradient
            penalty, whose second derivatives it does not support.
    """

    def __init__(self, settings, images, channels_last=False, compiled=False):
        torch.manual_seed(settings.seed)
        self.settings = settings
        self.images = torch.from_numpy(images.transpose(0, 3, 1, 2).copy())
        self.generator = build_generator(settings.latent_dim, settings.width)
        self.adversary = build_adversary(
            settings.width, settings.normalization, settings.activation or "leaky_relu"
        )
        for module in [*self.generator, *self.adversary]:
            if isinstance(module, (nn.Linear, nn.Conv2d, nn.ConvTranspose2d)):
                nn.init.normal_(module.weight, std=0.02)
                if module.bias is not None:
                    nn.init.zeros_(module.bias)
        if settings.lipschitz == "sn":
            for module in self.adversary:
                if isinstance(module, (nn.Linear, nn.Conv2d)):
                    spectral_norm(module)
        if channels_last:
            self.images = self.images.contiguous(memory_format=torch.channels_last)
            for network in (self.generator, self.adversary):
                network.to(memory_format=torch.channels_last)
        self.clipped = [
            parameter
            for module in self.adversary
            if settings.lipschitz == "clip"
            and (settings.clip_normalization or not isinstance(module, nn.BatchNorm2d))
            for parameter in module.parameters()
        ]
        self.average = None
        if settings.average_decay:
            self.average = AveragedModel(self.generator, multi_avg_fn=self.follow)
        self.optimizers = [self.optimizer(n) for n in (self.generator, self.adversary)]
        compile_ = torch.compile if compiled else lambda network: network
        self.generate, self.score = compile_(self.generator), compile_(self.adversary)

    def optimizer(self, network):
        s = self.settings
        if s.optimizer == "RMSprop":
            return torch.optim.RMSprop(
                network.parameters(), s.learning_rate, alpha=0.9, eps=1e-7, foreach=True
            )
        return torch.optim.Adam(
            network.parameters(), s.learning_rate, s.betas, eps=1e-7, fused=True
        )

    def follow(self, averages, weights, count):
        """Moves averages towards weights, with a decay that is warmed up."""
        decay = min(self.settings.average_decay, (1 + count) / (10 + count))
        torch._foreach_lerp_(averages, weights, float(1 - decay))

    def latents(self):
        return torch.randn(self.settings.batch_size, self.settings.latent_dim)

    def autocast(self):
        enabled = self.settings.mixed_precision
        return torch.autocast("cpu", torch.bfloat16, enabled=enabled)

    def penalty(self, real, fake):
        real, fake = (x[:: self.settings.penalty_every] for x in (real, fake))
        share = torch.rand(len(real), 1, 1, 1)
        points = (share * real + (1 - share) * fake).requires_grad_()
        scores = self.adversary(points).sum()
        [gradients] = torch.autograd.grad(scores, points, create_graph=True)
        norms = gradients.flatten(1).norm(dim=1)
        return self.settings.penalty_weight * ((norms - 1) ** 2).mean()

    def adversary_step(self):
        chosen = torch.randint(0, len(self.images), (self.settings.batch_size,))
        real = self.images[chosen].float() / 127.5 - 1
        with self.autocast():
            with torch.no_grad():
                fake = self.generate(self.latents()).float()
            real_scores, fake_scores = self.score(real).float(), self.score(fake).float()
            if self.settings.model == "dcgan":
                loss = functional.softplus(-real_scores).mean()
                loss = loss + functional.softplus(fake_scores).mean()
            else:
                loss = fake_scores.mean() - real_scores.mean()
            if self.settings.lipschitz == "gp":
                loss = loss + self.penalty(real, fake)
        optimizer = self.optimizers[1]
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        with torch.no_grad():
            for parameter in self.clipped:
                parameter.clamp_(-self.settings.clip_value, self.settings.clip_value)

    def generator_step(self):
        self.adversary.requires_grad_(False)
        with self.autocast():
            scores = self.score(self.generate(self.latents())).float()
            if self.settings.model == "dcgan":
                loss = functional.softplus(-scores).mean()
            else:
                loss = -scores.mean()
        optimizer = self.optimizers[0]
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        self.adversary.requires_grad_(True)
        if self.average is not None:
            self.average.update_parameters(self.generator)
        return loss.detach()

    def step(self):
        """One step of the generator, after those of its adversary; returns its loss."""
        for _ in range(self.settings.n_critic):
            self.adversary_step()
        return self.generator_step()

    def sample(self, count):
        """Pictures of the averaged generator: float32 array `(count, 28, 28, 1)` in [0, 1].

        The averaged network's normalisation statistics are measured first, as this
        package does.
        """
        network = self.generator if self.average is None else self.average.module
        with torch.no_grad():
            network.train()
            norms = [m for m in network if isinstance(m, nn.BatchNorm2d)]
            for norm in norms:
                norm.reset_running_stats()
                norm.momentum = None  # a plain mean of all batches
            for _ in range(8):
                network(torch.randn(128, self.settings.latent_dim))
            network.eval()
            pictures = network(torch.randn(count, self.settings.latent_dim))
        return (pictures.permute(0, 2, 3, 1).numpy() + 1) / 2
