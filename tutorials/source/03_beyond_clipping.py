# %% [markdown] lang="en"
# Stub {{minutes}} {{repository}}

# %% [markdown] lang="zh-TW"
# 草稿 {{minutes}} {{repository}}

# %%
# %matplotlib inline
import shutil
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from matplotlib.colors import BoundaryNorm

import wgan_keras
from wgan_keras import Classifier, CriticDiagnostics, Evaluator, GradientPenalty
from wgan_keras import SpectralNormalization, WeightClipping, build_critic
from wgan_keras import build_generator, earth_mover_of_samples, lab, load_images
from wgan_keras import toy_points, training_data
from wgan_keras.nets.latents import latents, mixing_shares
from wgan_keras.theory.demos.toy_race import mode_coverage
from wgan_keras.watching.plots import BLUE, GREEN, GREY, ORANGE, image_grid, new_figure

# %%
SETTING = "full"  # or "short", a quick look ("quick" only tests that the cells run)
STEPS = {"full": 600, "short": 150, "quick": 4}[SETTING]  # on points in the plane
DEPTH_STEPS = {"full": 400, "short": 200, "quick": 3}[SETTING]  # of critics alone
CRITIC_STEPS = {"full": 800, "short": 300, "quick": 3}[SETTING]  # likewise
MNIST_STEPS = {"full": 250, "short": 100, "quick": 4}[SETTING]
DATASET = {"full": "mnist", "short": "mnist", "quick": "digits"}[SETTING]
SEED, N_CRITIC, BATCH = 0, 5, 128


# %%
class PlainWGAN(keras.Model):
    """The WGAN of notebook 2, on points in the plane and without any constraint."""

    def __init__(self, generator, critic):
        super().__init__()
        self.generator, self.critic = generator, critic
        self.step = tf.Variable(0, dtype=tf.int64, trainable=False)

    def compile(self, generator_optimizer, critic_optimizer):
        super().compile()
        self.generator_optimizer = generator_optimizer
        self.critic_optimizer = critic_optimizer

    def score(self, points):  # spectral normalisation will change this,
        return self.critic(points)

    def penalty(self, real, fake, t):  # the gradient penalty this,
        return 0.0

    def after_update(self):  # and clipping this
        pass

    def update_critic(self, real, fake, t):
        with tf.GradientTape() as tape:
            real_score = tf.reduce_mean(self.score(real))
            fake_score = tf.reduce_mean(self.score(fake))
            loss = fake_score - real_score + self.penalty(real, fake, t)
        weights = self.critic.trainable_variables
        self.critic_optimizer.apply(tape.gradient(loss, weights), weights)
        self.after_update()

    def draw_latents(self, t):
        return latents(SEED, 1 + t + self.step * (N_CRITIC + 1), 0, BATCH, 2)

    def train_step(self, points):
        for t in range(N_CRITIC):
            fake = self.generator(self.draw_latents(t))
            self.update_critic(points[t::N_CRITIC], fake, t)
        with tf.GradientTape() as tape:
            fake = self.generator(self.draw_latents(N_CRITIC))
            loss = -tf.reduce_mean(self.score(fake))
        weights = self.generator.trainable_variables
        self.generator_optimizer.apply(tape.gradient(loss, weights), weights)
        self.step.assign_add(1)
        return {"generator_loss": loss}


# %%
REAL = toy_points("8-gaussians", 2000, SEED)
LATENTS = np.random.default_rng(SEED).normal(size=(500, 2)).astype("float32")


def dense_layers(outputs, hidden=2):
    """Hidden layers of 64 leaky ReLUs each, and a linear layer at the end."""
    layers = [keras.layers.Dense(64, activation="leaky_relu") for _ in range(hidden)]
    return [*layers, keras.layers.Dense(outputs)]


def new_networks(hidden=2):
    """A generator and a critic; for them, a point is a picture of two pixels."""
    keras.utils.set_random_seed(SEED)
    generator = [keras.Input((2,)), *dense_layers(2), keras.layers.Reshape((1, 2, 1))]
    flatten = [keras.Input((1, 2, 1)), keras.layers.Flatten()]
    critic = [*flatten, *dense_layers(1, hidden)]
    return keras.Sequential(generator), keras.Sequential(critic)


def train(wgan, steps=STEPS, scale=1.0):
    """Trains on the 8 Gaussians, and returns the points that 500 latents become."""
    wgan.compile(keras.optimizers.RMSprop(3e-4), keras.optimizers.RMSprop(3e-4))
    pictures = scale * REAL.reshape(-1, 1, 2, 1)
    data = training_data(pictures, BATCH, N_CRITIC, SEED).dataset()
    wgan.fit(data, steps_per_epoch=steps, epochs=1, shuffle=False, verbose=0)
    return wgan.generator(LATENTS).numpy().reshape(-1, 2) / scale


# %%
SIDE = np.linspace(-1.2, 1.2, 61, dtype="float32")
PLANE = np.stack(np.meshgrid(SIDE, SIDE), axis=-1).reshape(-1, 2)


def scores_and_slopes(wgan, points):
    """The critic's scores at points, and the norms of its gradient there."""
    pictures = tf.reshape(tf.constant(points, tf.float32), (-1, 1, 2, 1))
    with tf.GradientTape() as tape:
        tape.watch(pictures)
        scores = wgan.score(pictures)
    gradients = tf.reshape(tape.gradient(scores, pictures), (-1, 2))
    return scores.numpy()[:, 0], np.linalg.norm(gradients, axis=1)


def look(wgan, points):
    """Where a training stands: the critic's slopes, and the generator's points."""
    scores, slopes = scores_and_slopes(wgan, PLANE)
    _, at_data = scores_and_slopes(wgan, np.concatenate([REAL[:500], points]))
    return {
        "scores": scores,
        "steepest": max(slopes.max(), at_data.max()),
        "mean": at_data.mean(),
        "points": points,
        "distance": earth_mover_of_samples(REAL[:500], points)[0],
        "modes": mode_coverage(points, "8-gaussians")["modes"],
    }


HEAD = "               steepest slope   mean at data   distance   modes"


def print_row(name, found, more=""):
    print(f"{name:14} {found['steepest']:14.2g} {found['mean']:14.2g}", end="")
    print(f" {found['distance']:10.3f} {found['modes']:7}{more}")


# %%
plain = PlainWGAN(*new_networks())
untrained = plain.generator(LATENTS).numpy().reshape(-1, 2)
print(HEAD)
free = {"untrained": look(plain, untrained)}
for steps in (STEPS, 2 * STEPS):
    free[f"{steps} steps"] = look(plain, train(plain))
for name, found in free.items():
    print_row(name, found)
others = toy_points("8-gaussians", 500, SEED + 1)
print(
    f"\n500 other real points: distance {earth_mover_of_samples(REAL[:500], others)[0]:.3f}"
)


# %%
class ClippedWGAN(PlainWGAN):
    """The WGAN of the paper: line 7 of Algorithm 1."""

    def __init__(self, generator, critic, clip_value):
        super().__init__(generator, critic)
        self.clip_value = clip_value

    def after_update(self):
        for weight in self.critic.trainable_variables:
            weight.assign(tf.clip_by_value(weight, -self.clip_value, self.clip_value))


# %%
def largest_difference(own, strategy):
    """Trains the class above and the package's, and compares every weight."""
    package = wgan_keras.WGAN(*new_networks(), N_CRITIC, strategy, SEED)
    train(own, 50)
    train(package, 50)
    ours = [*own.generator.get_weights(), *own.critic.get_weights()]
    its = [*package.generator.get_weights(), *package.critic.get_weights()]
    return max(np.abs(a - b).max() for a, b in zip(ours, its, strict=True))


own = ClippedWGAN(*new_networks(), clip_value=0.1)
print("largest difference of a weight:", largest_difference(own, WeightClipping(0.1)))


# %%
def most_allowed(clip_value, sizes):
    """The bound of K for a chain of dense layers of these sizes."""
    return np.prod([clip_value * np.sqrt(n * m) for n, m in zip(sizes, sizes[1:])])


print("c        3 layers    12 layers")
for clip_value in (0.003, 0.03, 0.1, 1.0):
    shallow = most_allowed(clip_value, [2, 64, 64, 1])
    deep = most_allowed(clip_value, [2, *[64] * 11, 1])
    print(f"{clip_value:<5}  {shallow:10.2g}  {deep:11.2g}")

# %%
CLIP_VALUES = (0.003, 0.03, 0.1, 1.0) if SETTING != "quick" else (0.1,)
clipped = {}
print(HEAD + "   at ±c")
for clip_value in CLIP_VALUES:
    wgan = ClippedWGAN(*new_networks(), clip_value)
    name = f"c = {clip_value:g}"
    clipped[name] = look(wgan, train(wgan))
    weights = np.concatenate([w.numpy().ravel() for w in wgan.critic.trainable_variables])
    print_row(name, clipped[name], f"{np.mean(np.abs(weights) >= clip_value):8.0%}")

# %%
HEIGHTS = np.array([0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10])
LEVELS = np.concatenate([-HEIGHTS[::-1], HEIGHTS])


def draw_runs(runs):
    """For each run the critic's scores, in the same colours for all, and the points."""
    rows = -(-len(runs) // 2)
    figure, panels = new_figure(5, 2.6 * rows + 0.8, rows, 2)
    for panel in panels.flat:
        panel.set_axis_off()
    colours = {"norm": BoundaryNorm(LEVELS, 256, extend="both"), "cmap": "PuOr"}
    colours |= {"extend": "both", "alpha": 0.6}
    for panel, (name, found) in zip(panels.flat, runs.items()):
        scores = (found["scores"] - np.median(found["scores"])).reshape(61, 61)
        filled = panel.contourf(SIDE, SIDE, scores, LEVELS, **colours)
        panel.plot(*REAL[:300].T, ".", color="black", markersize=2)
        panel.plot(*found["points"].T, ".", color=GREEN, markersize=2)
        panel.set(xlim=(-1.2, 1.2), ylim=(-1.2, 1.2), aspect="equal")
        panel.set_title(name, fontsize=12)
    bar = figure.colorbar(filled, ax=panels, location="bottom", shrink=0.9, aspect=30)
    bar.set_ticks([-10, -1, -0.1, -0.01, 0.01, 0.1, 1, 10])
    bar.set_ticklabels(["−10", "−1", "−0.1", "", "", "0.1", "1", "10"])
    bar.set_label("score, from its median")
    return figure


draw_runs(clipped | {"no constraint": free[f"{STEPS} steps"]})

# %%
lab.show("clipping")


# %%
class PenaltyWGAN(PlainWGAN):
    """The WGAN of Gulrajani et al.: a penalty on slopes that are not 1."""

    def __init__(self, generator, critic, weight):
        super().__init__(generator, critic)
        self.weight = weight

    def penalty(self, real, fake, t):
        number = t + self.step * (N_CRITIC + 1)
        share = mixing_shares(SEED, number, 0, BATCH)  # uniform in [0, 1)
        share = tf.reshape(share, (-1, 1, 1, 1))
        between = share * real + (1 - share) * fake
        with tf.GradientTape() as tape:
            tape.watch(between)
            scores = self.score(between)
        gradients = tape.gradient(scores, between)
        slopes = tf.norm(tf.reshape(gradients, (BATCH, -1)), axis=1)
        return self.weight * tf.reduce_mean((slopes - 1) ** 2)


own = PenaltyWGAN(*new_networks(), weight=0.1)
print("largest difference of a weight:", largest_difference(own, GradientPenalty(0.1)))

# %%
penalised = {}
print(HEAD)
for weight in (10.0, 1.0, 0.1) if SETTING != "quick" else (0.1,):
    wgan = PenaltyWGAN(*new_networks(), weight)
    penalised[f"λ = {weight:g}"] = look(wgan, train(wgan))
    print_row(f"λ = {weight:g}", penalised[f"λ = {weight:g}"])

# %%
wgan = PenaltyWGAN(*new_networks(), weight=10.0)
wgan.generator.add(keras.layers.Rescaling(10.0))
points = train(wgan, scale=10.0)
print("λ = 10, all lengths times 10")
print(f"distance {earth_mover_of_samples(REAL[:500], points)[0]:.3f} (times 10)")
print("modes   ", mode_coverage(points, "8-gaussians")["modes"])


# %%
def unit(vector):
    return vector / tf.norm(vector)


def power_iteration(matrix, v, times):
    """Turns v towards the direction that the matrix stretches most."""
    for _ in range(times):
        u = unit(tf.linalg.matvec(matrix, v))
        v = unit(tf.linalg.matvec(matrix, u, transpose_a=True))
    return v


def sigma(matrix, v):
    """How much the matrix stretches v; u counts as a constant for the gradient."""
    stretched = tf.linalg.matvec(matrix, v)
    u = tf.stop_gradient(unit(stretched))
    return tf.tensordot(u, stretched, 1)


random = np.random.default_rng(SEED)
matrix = tf.constant(random.normal(size=(64, 64)), tf.float32)
start = unit(tf.constant(random.normal(size=64), tf.float32))
for times in (0, 1, 2, 5, 20, 100):
    print(
        f"{times:3} iterations: {sigma(matrix, power_iteration(matrix, start, times)):.3f}"
    )
print(f"numpy.linalg.svd: {np.linalg.svd(matrix)[1].max():.3f}")


# %%
class SpectralWGAN(PlainWGAN):
    """The critic of Miyato et al.: each kernel W is used as W / σ(W)."""

    def __init__(self, generator, critic):
        super().__init__(generator, critic)
        self.kernels = [layer.kernel for layer in critic.layers if layer.weights]
        self.directions = []
        for index, kernel in enumerate(self.kernels):
            start = keras.initializers.RandomNormal(seed=index)(kernel.shape[-1:])
            start = power_iteration(tf.convert_to_tensor(kernel), start, times=20)
            self.directions.append(tf.Variable(start, trainable=False))

    def normalised(self):
        """Pairs of a kernel and W / σ(W)."""
        for kernel, v in zip(self.kernels, self.directions):
            matrix = tf.convert_to_tensor(kernel)
            yield kernel, matrix / sigma(matrix, v)

    def score(self, points):
        instead = {kernel.path: matrix for kernel, matrix in self.normalised()}
        weights = self.critic.trainable_variables
        weights = [instead.get(weight.path, weight.value) for weight in weights]
        scores, _ = self.critic.stateless_call(weights, [], points)
        return scores

    def after_update(self):
        for kernel, v in zip(self.kernels, self.directions):
            v.assign(power_iteration(tf.convert_to_tensor(kernel), v, times=1))


own = SpectralWGAN(*new_networks())
print("largest difference of a weight:", largest_difference(own, SpectralNormalization()))

# %%
wgan = SpectralWGAN(*new_networks())
spectral = look(wgan, train(wgan))
print(HEAD)
print_row("spectral", spectral)
for kernel, matrix in wgan.normalised():
    print(f"{kernel.shape}: largest singular value", end=" ")
    print(f"{np.linalg.svd(kernel.numpy())[1].max():.2f}, as used", end=" ")
    print(f"{np.linalg.svd(matrix.numpy())[1].max():.4f}")

# %%
draw_runs(penalised | {"spectral": spectral})


# %%
def real_and_fake(toy, number):
    """Fresh real points, and others with noise: a generator that stands still."""
    real = toy_points(toy, BATCH, number)
    noise = np.random.default_rng([number, 1]).normal(0, 0.5, (BATCH, 2))
    fake = toy_points(toy, BATCH, number + 1_000_000) + noise
    return tuple(
        tf.reshape(tf.constant(p, tf.float32), (-1, 1, 2, 1)) for p in (real, fake)
    )


def train_critic(wgan, toy, steps):
    """Trains a critic alone, on fresh points in each step."""
    wgan.critic_optimizer = keras.optimizers.Adam(1e-3, beta_1=0.0, beta_2=0.9)
    wgan.critic_optimizer.build(wgan.critic.trainable_variables)

    @tf.function(autograph=False)
    def update(real, fake):
        wgan.update_critic(real, fake, 0)
        wgan.step.assign_add(1)

    for number in range(steps):
        update(*real_and_fake(toy, number))


def gradients_by_layer(wgan, points):
    """Mean norms of the score's gradient with respect to what each layer receives."""
    for kernel, matrix in getattr(wgan, "normalised", list)():
        kernel.assign(matrix)  # where kernels are used divided, divide them for good
    x, received = points, []
    with tf.GradientTape() as tape:
        tape.watch(x)
        for layer in wgan.critic.layers:
            received.append(x)
            x = layer(x)
    gradients = tape.gradient(x, received[1:])  # the first layer only flattens
    return [float(tf.reduce_mean(tf.norm(g, axis=1))) for g in gradients]


# %%
makers = {
    "c = 0.01": lambda networks: ClippedWGAN(*networks, clip_value=0.01),
    "c = 0.1": lambda networks: ClippedWGAN(*networks, clip_value=0.1),
    "penalty": lambda networks: PenaltyWGAN(*networks, weight=1.0),
    "spectral": lambda networks: SpectralWGAN(*networks),
}
DEPTHS = (3, 12) if SETTING != "quick" else (3,)
ROLL = tf.concat(real_and_fake("swiss-roll", CRITIC_STEPS), axis=0)  # not trained on
by_layer = {}
print("gradient at the first layer / at the last")
print("layers " + "".join(f"{name:>12}" for name in makers))
for depth in DEPTHS:
    print(f"{depth:6}", end=" ")
    for name, make in makers.items():
        wgan = make(new_networks(hidden=depth - 1))
        train_critic(wgan, "swiss-roll", DEPTH_STEPS)
        norms = gradients_by_layer(wgan, ROLL)
        by_layer[name, depth] = norms
        print(f"{norms[0] / norms[-1]:12.2g}", end="")
    print()

# %%
COLOURS = dict(zip(makers, (GREY, ORANGE, BLUE, GREEN)))
figure, panel = new_figure(5, 4, 1, 1)
for name, colour in COLOURS.items():
    norms = np.array(by_layer[name, DEPTHS[-1]])
    panel.semilogy(
        range(1, len(norms) + 1), norms / norms[-1], ".-", color=colour, label=name
    )
panel.set(xlabel="layer, counted from the points", ylabel="gradient, relative to the last")
panel.legend(frameon=False)
figure

# %%
TOYS = ("8-gaussians", "swiss-roll")
CRITICS = {f"c = {c:g}": lambda n, c=c: ClippedWGAN(*n, c) for c in (0.03, 0.1)}
CRITICS |= {f"λ = {w:g}": lambda n, w=w: PenaltyWGAN(*n, w) for w in (1.0, 0.1)}
CRITICS["spectral"] = lambda n: SpectralWGAN(*n)
if SETTING == "quick":
    TOYS = TOYS[:1]
WIDE = np.linspace(-1.5, 1.5, 121, dtype="float32")
WIDE_PLANE = np.stack(np.meshgrid(WIDE, WIDE), axis=-1).reshape(-1, 2)
found_share, surfaces = {}, {}
print("                          steepest   share of the   mean slope on the")
print("              exact       slope      distance       way / steepest")
for toy in TOYS:
    real, fake = (p.numpy().reshape(-1, 2) for p in real_and_fake(toy, CRITIC_STEPS))
    exact, coupling = earth_mover_of_samples(real, fake)
    mix = np.random.default_rng(SEED).uniform(size=(BATCH, 1))
    on_the_way = mix * real + (1 - mix) * fake[coupling.argmax(axis=1)]
    for name, make in CRITICS.items():
        wgan = make(new_networks(hidden=3))
        train_critic(wgan, toy, CRITIC_STEPS)
        scores, slopes = scores_and_slopes(wgan, WIDE_PLANE)
        steepest = slopes.max()
        gap = (
            scores_and_slopes(wgan, real)[0].mean()
            - scores_and_slopes(wgan, fake)[0].mean()
        )
        found_share[name, toy] = gap / steepest / exact
        surfaces[name, toy] = (scores - np.median(scores)).reshape(121, 121) / steepest
        mean = scores_and_slopes(wgan, on_the_way)[1].mean()
        print(f"{toy:12} {exact:6.3f}  {name:9}{steepest:8.2g}", end="")
        print(f" {found_share[name, toy]:12.0%} {mean / steepest:14.0%}")

# %%
figure, panels = new_figure(
    5, 2.2 * len(TOYS) + 0.6, len(TOYS), 1, sharex=True, squeeze=False
)
for panel, toy in zip(panels[:, 0], TOYS):
    shares = [100 * found_share[name, toy] for name in CRITICS]
    panel.barh(list(CRITICS), shares, color=[ORANGE] * 2 + [BLUE] * 2 + [GREEN])
    panel.invert_yaxis()
    panel.set_title(toy)
    panel.set_xlim(0, 100)
panels[-1, 0].set_xlabel("share of the exact distance that is found, %")
figure

# %%
shown = ("c = 0.1", "λ = 1", "spectral")
figure, panels = new_figure(6, 2.1 * len(TOYS) + 0.8, len(TOYS), 3, squeeze=False)
for row, toy in zip(panels, TOYS):
    row[0].set_ylabel(toy, fontsize=12)
    for panel, name in zip(row, shown):
        style = {"levels": np.linspace(-1, 1, 21), "cmap": "PuOr", "alpha": 0.7}
        filled = panel.contourf(WIDE, WIDE, surfaces[name, toy], extend="both", **style)
        panel.plot(*toy_points(toy, 300, SEED).T, ".", color="black", markersize=1.5)
        panel.set(aspect="equal", xticks=[], yticks=[])
for panel, name in zip(panels[0], shown):
    panel.set_title(name, fontsize=12)
bar = figure.colorbar(filled, ax=panels, location="bottom", shrink=0.9, aspect=30)
bar.set_ticks([-1, -0.5, 0, 0.5, 1])
bar.set_label("score / steepest slope")
figure

# %%
images, held_out = load_images(DATASET), load_images(DATASET, split="test")
PICTURES = {"full": 1000, "short": 1000, "quick": 50}[SETTING]
evaluator = Evaluator(Classifier.shipped("mnist"), held_out[:PICTURES])
FOLDER = Path("runs/03_beyond_clipping")
shutil.rmtree(FOLDER, ignore_errors=True)


def train_on_mnist(name, strategy, optimizer, **critic):
    """Trains a WGAN of the package for a few steps, and prints where it stands."""
    keras.utils.set_random_seed(SEED)
    wgan = wgan_keras.WGAN(
        build_generator(latent_dim=16, width=32),
        build_critic(width=32, **critic),
        n_critic=1,
        lipschitz=strategy,
        seed=SEED,
        average_decay=0.999,
    )
    wgan.compile(optimizer(), optimizer())
    here = FOLDER / name
    here.mkdir(parents=True)
    measure = CriticDiagnostics(
        here / "critic.csv", here / "critic.png", images, held_out, MNIST_STEPS // 4
    )
    wgan.fit(
        training_data(images, batch_size=32, seed=SEED),
        steps_per_epoch=MNIST_STEPS,
        epochs=1,
        callbacks=[measure],
        verbose=0,
    )
    pictures = wgan.sample(PICTURES, seed=SEED)
    slopes = measure.history["gradient_at_mixed"]
    distance = evaluator.frechet_distance(pictures)
    print(f"{name:24} {slopes[0]:10.2g} {slopes[-1]:10.2g} {distance:10.4g}")
    return {"wgan": wgan, "pictures": pictures[:10], "slopes": slopes}


def rmsprop():
    return keras.optimizers.RMSprop(2e-3)


def adam():
    return keras.optimizers.Adam(2e-3, beta_1=0.0, beta_2=0.9)


# %%
print("                         mean slope between      Fréchet")
print("                         at first    at last   distance")
RUNS = {
    "no constraint": (None, adam, {}),
    "c = 0.5": (WeightClipping(0.5), rmsprop, {}),
    "c = 0.05, batch norm.": (
        WeightClipping(0.05, False),
        rmsprop,
        {"normalization": "batch"},
    ),
    "penalty, layer norm.": (
        GradientPenalty(1.0, every=4),
        adam,
        {"normalization": "layer"},
    ),
    "spectral, MaxMin": (SpectralNormalization(), adam, {"activation": "maxmin"}),
}
mnist = {
    name: train_on_mnist(name, strategy, optimizer, **critic)
    for name, (strategy, optimizer, critic) in RUNS.items()
}
real = evaluator.frechet_distance(images[:PICTURES])
print(f"{'real training images':24} {real:32.2f}")

# %%
figure, panels = new_figure(5, 0.95 * len(mnist), len(mnist), 1)
for panel, (name, run) in zip(panels, mnist.items()):
    panel.imshow(image_grid(run["pictures"], 10, min_side=28), cmap="gray")
    panel.set_axis_off()
    panel.set_title(name, fontsize=12, loc="left")
figure

# %%
critic = mnist["c = 0.05, batch norm."]["wgan"].critic
layer_normalised = mnist["penalty, layer norm."]["wgan"].critic
one = images[:1] / 127.5 - 1
for company in (images[1:32], mnist["c = 0.5"]["pictures"]):
    company = company / 127.5 - 1 if company.dtype == np.uint8 else 2 * company - 1
    batch = tf.constant(np.concatenate([one, company]), tf.float32)
    print(f"batch norm. {float(critic(batch, training=True)[0, 0]):8.3f}", end="   ")
    print(f"layer norm. {float(layer_normalised(batch, training=True)[0, 0]):8.3f}")

