# %% [markdown] lang="en"
# # 3 · Beyond clipping
#
# In [02_wgan](02_wgan.ipynb), a constraint kept your critic under control: after each update, it clipped the weights of every convolution and dense layer to $[-c, c]$. It worked, but somebody had to choose $c$ for you. The authors of the WGAN weren't fond of it either. They call clipping "a clearly terrible way to enforce a Lipschitz constraint" ([Arjovsky, Chintala and Bottou (2017)](https://arxiv.org/abs/1701.07875), section 3). In this notebook you'll see what is terrible about it, and then you'll write the two remedies that replaced it, each in a few lines of your own.
#
# **What you can do afterwards**
#
# - say what the Lipschitz constant $K$ of a critic is, and why clipping gives you some $K$ but never the one you want;
# - see what happens when $c$ is too small or too large, when the critic is deep, and when there is no constraint at all;
# - write the gradient penalty, and choose its weight λ to suit your data;
# - write spectral normalisation, power iteration included;
# - measure how much of the exact Earth-Mover distance a critic finds, and choose between the three.
#
# **How long it takes.** The run shown here took {{minutes}} minutes, on two cores of an AMD EPYC that were busy with other work. You don't need a GPU. Allow half an hour for reading.
#
# {{how_to_run}}

# %% [markdown] lang="zh-TW"
# # 3 · 權重裁剪之後
#
# 在 [02_wgan](02_wgan.ipynb) 裡，評價器（critic）只靠一行就管住了：每次更新之後，把所有權重裁到 $[-c, c]$ 之間。這招有用，可是 $c$ 是別人幫你挑好的。連 WGAN 的作者自己都不太喜歡它，說用裁剪來強制 Lipschitz 約束「顯然是個糟糕的辦法」（[Arjovsky、Chintala 與 Bottou（2017）](https://arxiv.org/abs/1701.07875)，第 3 節）。這份筆記本先帶你看看它到底糟在哪裡，再親手寫出後來取代它的兩種做法，每一種都只要幾行。
#
# **讀完之後，你可以**
#
# - 說清楚評價器的 Lipschitz 常數 $K$ 是什麼，以及為什麼裁剪只會給你「某個」$K$，卻從來不是你要的那個；
# - 看到 $c$ 太小、太大，評價器太深，或是完全不加約束時，各會發生什麼事；
# - 自己寫出梯度懲罰（gradient penalty），並且替它的權重 λ 挑一個適合資料的值；
# - 自己寫出譜正規化（spectral normalization），連冪次疊代法也包括在內；
# - 量出評價器找到了精確推土機距離的幾成，再從三種做法裡做選擇。
#
# **要花多久。** 這裡的結果是在 AMD EPYC 的兩個核心上跑的，花了 {{minutes}} 分鐘，當時機器還忙著別的事。不需要 GPU。閱讀大約半小時。
#
# {{how_to_run}}

# %%
# %matplotlib inline
import shutil
from itertools import pairwise
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

# %% [markdown] lang="en"
# Everything you may want to change is in the next cell. With `SETTING = "short"`, every run is several times shorter: good enough for a first look, too short for the conclusions.

# %% [markdown] lang="zh-TW"
# 想改的設定都在下一格。用 `SETTING = "short"` 的話，每次訓練都會短好幾倍：先看個大概很方便，但要下結論就太短了。

# %%
SETTING = "full"  # or "short", a quick look ("quick" only tests that the cells run)
STEPS = {"full": 600, "short": 150, "quick": 4}[SETTING]  # on points in the plane
DEPTH_STEPS = {"full": 400, "short": 200, "quick": 3}[SETTING]  # of critics alone
CRITIC_STEPS = {"full": 800, "short": 300, "quick": 3}[SETTING]  # likewise
MNIST_STEPS = {"full": 250, "short": 100, "quick": 4}[SETTING]
DATASET = {"full": "mnist", "short": "mnist", "quick": "digits"}[SETTING]
SEED, N_CRITIC, BATCH = 0, 5, 128

# %% [markdown] lang="en"
# ## 1 · Your WGAN, with three places for a constraint
#
# Let's start from the WGAN you wrote in notebook 2, without its clipping. Two things have changed, and both are for convenience. The critic's update is a method of its own, so that later we can train a critic alone. And the latents come from a numbered table in which draw 7 is the same whoever asks for it; that will let us compare your class with the package's, number by number.
#
# What's new is three small methods that do nothing yet: `score`, `penalty` and `after_update`. Each way to constrain a critic overrides one or two of them, and nothing else.

# %% [markdown] lang="zh-TW"
# ## 1 · 你的 WGAN，留三個位置給約束
#
# 先把第 2 份筆記本裡你寫的 WGAN 拿來，拿掉裁剪。有兩個地方稍微改過，都是為了方便：評價器的更新獨立成一個方法，之後才能單獨訓練評價器；潛在向量（latent）改從一張有編號的表裡取，不管誰來要，編號 7 的抽樣都一樣，等一下才能把你的類別和套件的一個數字一個數字對起來。
#
# 真正新的，是三個目前什麼都不做的小方法：`score`、`penalty` 和 `after_update`。每一種約束評價器的做法，都只改寫其中一兩個，別的都不動。


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


# %% [markdown] lang="en"
# Pictures are slow to train on, and nobody knows how far the generated ones truly are from the real ones. So for most of this notebook the data are points in the plane: 8 narrow Gaussians in a ring. For the networks, a point is a picture of two pixels, its coordinates. Both networks have two hidden layers of 64 units, both optimizers are RMSprop with a rate of 3e-4, and the critic takes 5 steps for each step of the generator. Only the constraint will change.

# %% [markdown] lang="zh-TW"
# 圖片訓練起來很慢，而且誰也不知道它們之間真正的距離。所以這份筆記本大部分時間用的資料，是平面上的點：8 個很窄的高斯分布，排成一圈。對網路來說，一個點就是只有兩個像素的圖片，像素就是座標。兩個網路都有兩個隱藏層，每層 64 個單元；兩個最佳化器都是 RMSprop，學習率 3e-4；生成器每走一步，評價器走 5 步。接下來只會換約束的方法，其他都不動。

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


# %% [markdown] lang="en"
# So the car is ready, except that it has no brakes. Let's see how it drives.
#
# ## 2 · No constraint at all
#
# First we need a word for what we want to constrain. A critic $f$ is *Lipschitz* if its score never changes faster than some fixed rate, and its Lipschitz constant is the smallest such rate:
#
# $$K = \sup_{x \neq y} \frac{|f(x) - f(y)|}{\|x - y\|}.$$
#
# It is a supremum over all pairs of points: the slope of the single steepest place, wherever that is. You can't measure it by looking at a few points, but you can get close to it. Our tables will show two numbers, and neither of them is $K$ itself:
#
# - the *steepest slope* that was found on a fine grid over the plane and at the data: $K$ is at least this;
# - the *mean slope at the data*, averaged over 500 real and 500 generated points: the slope that the generator feels on average.
#
# Next to them you'll find the exact Earth-Mover distance between the 500 generated and the 500 real points, and how many of the 8 modes are covered. (A point counts for a mode if it lies within 4 standard deviations of its centre, and a mode counts as covered once it has a tenth of its fair share of the points.)

# %% [markdown] lang="zh-TW"
# 車子準備好了，只是沒裝煞車。先開開看吧。
#
# ## 2 · 完全不加約束
#
# 首先要替「被約束的東西」取個名字。如果評價器 $f$ 的分數不管在哪裡，變化都不會快過某個固定的倍率，就說它是 *Lipschitz* 的；其中最小的那個倍率，就是它的 Lipschitz 常數：
#
# $$K = \sup_{x \neq y} \frac{|f(x) - f(y)|}{\|x - y\|}.$$
#
# 它是對所有點對取的上確界（supremum）：也就是最陡的那一個地方有多陡，不管那個地方在哪裡。只看幾個點是量不到它的，但可以很接近。下面的表會列兩個數字，兩個都不是 $K$ 本人：
#
# - *最陡的斜率*：在平面的細網格上、以及資料點上找到的最大值，$K$ 至少有這麼大；
# - *資料上的平均斜率*：對 500 個真實點和 500 個生成點取平均，也就是生成器平均感受到的斜率。
#
# 旁邊再放上 500 個生成點與 500 個真實點之間精確的推土機距離，以及 8 個模式涵蓋了幾個。（一個點離中心 4 個標準差以內，就算落在那個模式上；一個模式只要分到應有點數的十分之一，就算涵蓋到了。）

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


# %% [markdown] lang="en"
# The next cell trains for 600 steps, and then for 600 more, with fresh optimizers. As a yardstick, it also prints the distance between those real points and 500 other real ones.

# %% [markdown] lang="zh-TW"
# 下一格先訓練 600 步，再用全新的最佳化器接著訓練 600 步。最後也印出這些真實的點和另外 500 個真實的點之間的距離，當作比較的標準。

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

# %% [markdown] lang="en"
# Nothing blows up, and that may surprise you. After 1,200 steps all 8 modes are covered, and the distance has come down from 0.627 to 0.156, a little more than twice that of other real points. What runs away is the scale. The steepest slope went from 0.42 to 14 and then to 52, and nothing is there to stop it.
#
# So the critic still points the generator in the right direction, but its numbers have lost their meaning. When the gap between its mean scores grows, you can't tell whether the points have moved apart or the critic has simply become louder. A curve of such numbers tells you nothing. On these points, and in so short a run, that is all the harm there is. Keep it in mind for section 8, where the same thing happens on MNIST.
#
# ## 3 · Clipping: you choose c and get some K
#
# The oldest brake is the one you know. It overrides `after_update`, and it is line 7 of the paper's Algorithm 1:

# %% [markdown] lang="zh-TW"
# 什麼都沒有爆炸，說不定出乎你的意料。走完 1,200 步，8 個模式全部涵蓋，距離從 0.627 降到 0.156，比另一批真實的點的兩倍多一點。失控的是尺度：最陡的斜率從 0.42 到 14，再到 52，而且沒有東西擋得住它。
#
# 所以評價器還是會替生成器指對方向，只是它的數字沒有意義了。兩邊平均分數的差距變大時，你分不出是點離得更遠了，還是評價器只是嗓門變大了。拿這種數字畫曲線，什麼也看不出來。在這些點上、訓練又這麼短，壞處就只有這樣。先記著，第 8 節在 MNIST 上還會遇到同一件事。
#
# ## 3 · 裁剪：你挑 c，得到某個 K
#
# 最老的煞車你已經認識了。它改寫的是 `after_update`，也就是論文演算法 1 的第 7 行：


# %%
class ClippedWGAN(PlainWGAN):
    """The WGAN of the paper: line 7 of Algorithm 1."""

    def __init__(self, generator, critic, clip_value):
        super().__init__(generator, critic)
        self.clip_value = clip_value

    def after_update(self):
        for weight in self.critic.trainable_variables:
            weight.assign(tf.clip_by_value(weight, -self.clip_value, self.clip_value))


# %% [markdown] lang="en"
# The package has the same thing under the name `WeightClipping`. Is it really the same? We start both from the same weights, give both the same points and latents for 50 generator steps, and compare every weight of both networks:

# %% [markdown] lang="zh-TW"
# 套件裡也有同樣的東西，叫作 `WeightClipping`。真的一樣嗎？讓兩邊從同樣的權重出發，給它們同樣的點和潛在向量，生成器走 50 步，再比較兩個網路的每一個權重：


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

# %% [markdown] lang="en"
# The difference is 0: the package does what you wrote, down to the last bit. You'll meet this check twice more.
#
# Now, how large a $K$ does clipping allow? By the chain rule, a chain of dense layers is at most as steep as the product of their matrices' norms, as long as no activation is steeper than 1; leaky ReLU is not. The norm $\|W\|$ of a matrix, its largest singular value, is at most the root of the sum of its squared entries, and a clipped matrix has $n m$ entries of size $c$ at most. So with $L$ layers
#
# $$K \le \prod_{l=1}^{L} \|W_l\| \le \prod_{l=1}^{L} c \sqrt{n_l m_l} \propto c^L.$$
#
# Here is that bound for a critic of 3 layers, such as ours, and for one of 12:

# %% [markdown] lang="zh-TW"
# 差距是 0：套件做的就是你寫的，一個位元都不差。同樣的檢查，待會還會再遇到兩次。
#
# 那麼，裁剪允許的 $K$ 有多大？根據連鎖律，一串全連接層再陡，也不會超過各層矩陣範數的乘積，前提是活化函數的斜率都不超過 1，leaky ReLU 就符合。矩陣的範數 $\|W\|$ 是它最大的奇異值，不會超過所有元素平方和的平方根；而裁剪過的矩陣有 $n m$ 個元素，每個的大小都不超過 $c$。所以 $L$ 層的話，
#
# $$K \le \prod_{l=1}^{L} \|W_l\| \le \prod_{l=1}^{L} c \sqrt{n_l m_l} \propto c^L.$$
#
# 來算算看：一個是像我們這樣 3 層的評價器，另一個有 12 層。


# %%
def most_allowed(clip_value, sizes):
    """The bound of K for a chain of dense layers of these sizes."""
    return np.prod([clip_value * np.sqrt(n * m) for n, m in pairwise(sizes)])


print("c        3 layers    12 layers")
for clip_value in (0.003, 0.03, 0.1, 1.0):
    shallow = most_allowed(clip_value, [2, 64, 64, 1])
    deep = most_allowed(clip_value, [2, *[64] * 11, 1])
    print(f"{clip_value:<5}  {shallow:10.2g}  {deep:11.2g}")

# %% [markdown] lang="en"
# That is the trouble with clipping in one table. The bound grows with $c$ to the power of the depth, so a value that is harmless in 3 layers is absurd in 12. And the bound is only a ceiling. To reach it, all weights would have to pull in the same direction. How far below it the critic ends up is nobody's choice.
#
# (The argument holds for dense layers and for convolutions, but not for batch normalisation. That layer divides by the spread of the batch, and no clipping of weights limits the result. Section 8 comes back to it.)
#
# So all we can do is try. Here are four values of $c$, with all else equal. The last column is the share of the critic's weights that end up at $-c$ or $c$.

# %% [markdown] lang="zh-TW"
# 裁剪的麻煩，全在這張表裡。上界隨著 $c$ 的「層數」次方成長，所以同一個值，在 3 層裡無傷大雅，到了 12 層就荒唐了。而且這個上界只是天花板：要碰到它，所有權重都得往同一個方向使力。至於評價器最後會停在天花板底下的哪裡，沒有人挑過。
#
# （這個論證適用於全連接層和卷積，但不適用於批次正規化（batch normalization）。那一層會除以整批資料的離散程度，權重怎麼裁，都限制不了它的結果。第 8 節會再談。）
#
# 所以只能試。下面是四個 $c$ 值，其他完全相同。最後一欄是訓練結束時，評價器有多少比例的權重停在 $-c$ 或 $c$。

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

# %% [markdown] lang="en"
# Read it from top to bottom. With $c = 0.003$ the critic is all but flat. Its steepest slope is 4.1e-05, although 64% of its weights push as hard as they may, and the generator is practically where it started, at 0.622. With 0.03 the points spread, but find no mode; with 0.1 they find 4. And with $c = 1$ not a single weight has reached its bound. Compare that row with section 2 after 600 steps: the numbers are the same. A bound that nothing touches is no constraint, and with so wide a range it would take the weights a long time to get there.
#
# Here are the same runs as landscapes. All panels share one scale of colours, and its steps grow by factors of about 3, because the slopes in the table differ by a factor of more than 300,000.

# %% [markdown] lang="zh-TW"
# 從上往下看。$c = 0.003$ 時，評價器幾乎是平的：雖然有 64% 的權重已經使出全力，最陡的斜率也只有 4.1e-05，生成器差不多還待在起點，距離是 0.622。用 0.03，點散開了，但一個模式也沒找到；用 0.1 找到 4 個。至於 $c = 1$，沒有半個權重碰到上下限。拿這一列和第 2 節走完 600 步的那一列比比看：數字一模一樣。沒有人碰得到的限制，就不算限制；範圍開得這麼大，權重要走很久才碰得到。
#
# 同樣這幾次訓練，畫成地形來看。所有子圖共用一套顏色，相鄰兩級大約差 3 倍，因為表裡的斜率彼此可以差到 300,000 倍以上。

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

# %% [markdown] lang="en"
# *Black: real points. Green: generated points. Violet: where the critic gives high scores, orange: low ones, both counted from the median of the panel.*
#
# The first panel is white because there is nothing to see: on this scale, a critic with a slope of 4.1e-05 has no opinion. The last two panels are one and the same picture. Between the flat critic and the unbounded one, at $c = 0.1$, lies a critic that is held back and still shows the generator where to go.
#
# So under clipping, $K$ is not something you set. You set $c$, the shape of the network does the rest, and only when the training is over do you find out what slope you got. Play with it in the lab: a critic learns to tell two heaps of points on a line apart, and you have the slider for $c$. Then make the network deeper, and watch how narrow the window gets between a slope that vanishes and one that explodes. (On pages that only display notebooks, the lab stays empty; it needs Jupyter, VS Code or Colab.)

# %% [markdown] lang="zh-TW"
# *黑色：真實的點。綠色：生成的點。紫色：評價器給高分的地方；橘色：給低分的地方；都從那張子圖的中位數算起。*
#
# 第一張一片白，因為真的沒東西可看：在這個尺度上，斜率 4.1e-05 的評價器等於沒有意見。最後兩張是同一張圖。介於中間的 $c = 0.1$，才是能用的評價器。
#
# 所以用裁剪的時候，$K$ 不是你設定的。你設定 $c$，剩下的看網路長什麼樣子，等訓練結束，才知道得到多大的斜率。到互動實驗室裡玩玩看：評價器要學會分辨一條線上的兩堆東西，$c$ 的滑桿就在你手上。再把網路加深，看看斜率消失和爆炸之間的空隙會變得多窄。（只能顯示筆記本的網頁上看不到實驗室，要在 Jupyter、VS Code 或 Colab 裡打開。）

# %%
lab.show("clipping")

# %% [markdown] lang="en"
# Enough of choosing $c$. The two remedies that follow deal with the slope itself: one asks for it, and the other builds it into the layers.
#
# ## 4 · The gradient penalty: ask for the slope itself
#
# If it is the slope you care about, why not put the slope into the loss? That is the idea of [Gulrajani et al. (2017)](https://arxiv.org/abs/1704.00028), whose method is called WGAN-GP. Their Proposition 1 says which slope to ask for. Take the cheapest plan that moves the generated points onto the real ones; along the straight line from each generated point to its real partner, the best critic climbs with a slope of exactly 1. During training nobody knows that plan. So they mix real points $x$ and generated points $\tilde x$ at random, and penalise every slope that is not 1 there:
#
# $$\lambda \, \mathbb{E}_{\hat x} \left( \|\nabla_{\hat x} f(\hat x)\| - 1 \right)^2, \qquad \hat x = \epsilon x + (1 - \epsilon) \tilde x, \qquad \epsilon \sim U[0, 1).$$
#
# In words: pick a random spot between a real and a generated point, measure how steep the critic is there, and pay for the difference from 1, squared, times λ.
#
# In code, this overrides `penalty`. Each pair gets its own share ε, again from a numbered table, and a tape yields the gradient of the scores with respect to the mixed points. Since all of this happens inside the tape of the critic's loss, the critic's update differentiates that gradient once more. This second derivative is what the method costs.

# %% [markdown] lang="zh-TW"
# $c$ 挑夠了。接下來的兩種補救，都讓你直接說出你要什麼。
#
# ## 4 · 梯度懲罰：直接要求斜率
#
# 既然在意的是斜率，何不直接把斜率放進損失函數？這就是 [Gulrajani 等人（2017）](https://arxiv.org/abs/1704.00028) 的想法，他們的方法叫作 WGAN-GP。該要求多大的斜率，他們的命題 1 有答案：拿最省力的方案，把生成的點搬到真實的點上；從每個生成的點到它的真實夥伴，沿著這條直線，最好的評價器爬升的斜率剛好是 1。訓練的時候沒有人知道這個方案，所以他們把真實的點 $x$ 和生成的點 $\tilde x$ 隨機混合，只要那裡的斜率不是 1，就懲罰：
#
# $$\lambda \, \mathbb{E}_{\hat x} \left( \|\nabla_{\hat x} f(\hat x)\| - 1 \right)^2, \qquad \hat x = \epsilon x + (1 - \epsilon) \tilde x, \qquad \epsilon \sim U[0, 1).$$
#
# 用白話講：在真實的點和生成的點之間隨便挑個位置，量量評價器在那裡有多陡，和 1 差多少，就把差距平方、乘上 λ，當作罰金。
#
# 寫成程式，就是改寫 `penalty`。每一對點各有自己的混合比例 ε，同樣取自一張有編號的表；再用一個 tape 求出分數對混合點的梯度。這一切都發生在評價器損失的 tape 裡面，所以最佳化器之後還要對這個梯度再微分一次。這個二階微分，就是這個方法的代價。


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

# %% [markdown] lang="en"
# Zero again, so this is the package's `GradientPenalty`. What remains is its weight λ. The paper uses 10 for everything, and so does most code that you will find. Let's try it, and two smaller values:

# %% [markdown] lang="zh-TW"
# 又是零，所以這就是套件的 `GradientPenalty`。剩下的是權重 λ。論文一律用 10，你找得到的程式大多也是。試試看，順便試兩個比較小的值：

# %%
penalised = {}
print(HEAD)
for weight in (10.0, 1.0, 0.1) if SETTING != "quick" else (0.1,):
    wgan = PenaltyWGAN(*new_networks(), weight)
    penalised[f"λ = {weight:g}"] = look(wgan, train(wgan))
    print_row(f"λ = {weight:g}", penalised[f"λ = {weight:g}"])

# %% [markdown] lang="en"
# Both 1 and 0.1 work. The distances, 0.224 and 0.209, are about what clipping reached with the one value of $c$ that was a real constraint and still found modes. The mean slope at the data is 1.1 with the larger of these two weights, close to the 1 that we asked for. With the smaller it is 1.8, so a weak penalty doesn't hold the slope very tightly. But with 10 the generator ends at 1.391, more than twice as far away as when it was untrained. Is the method no good?
#
# The method is fine, but λ is not a pure number: which λ is right depends on the unit of length. Think of what the critic can win and lose. A flat critic is off by 1 everywhere, so it pays a penalty of exactly λ, which is 10 here. What it can earn by telling the points apart is the gap between its mean scores. With a slope of 1, that is at most the Earth-Mover distance, some 0.6 at the beginning. So getting the slope right matters more than ten times as much as pointing it in the right direction, and that is where the critic spends its steps. Pictures with their hundreds of pixels lie much farther apart than these points, and that is why 10 can serve there.
#
# If this explanation is right, it must help to measure the same points in a smaller unit. So let's multiply all lengths by 10 and keep λ = 10:

# %% [markdown] lang="zh-TW"
# 用 1 和 0.1 都行。距離是 0.224 和 0.209，和裁剪挑到最好的 $c$ 差不多；資料上的平均斜率是 1.1 和 1.8，離我們要求的 1 不遠。可是用 10 的時候，生成器最後停在 1.391，比沒訓練過的還遠，而且遠了一倍多。這方法不行嗎？
#
# 不是的：λ 不是一個單純的數字。評價器損失的第一部分是兩邊平均分數的差距，斜率是 1 的話，這個差距最多就是推土機距離，這裡一開始大約 0.6。第二部分則是：斜率只要差了 1，就罰 λ，不管距離有多小。λ = 10 時，罰金比差距重了十倍以上。評價器的每一步都花在把斜率弄對，幾乎沒有餘力管方向對不對。圖片有好幾百個像素，彼此離得比這些點遠得多，所以在那裡可以用 10。
#
# 如果這個解釋沒錯，那麼換一個比較小的長度單位來量同樣的點，應該會有幫助。所以我們把所有長度乘以 10，λ = 10 保持不變：

# %%
wgan = PenaltyWGAN(*new_networks(), weight=10.0)
wgan.generator.add(keras.layers.Rescaling(10.0))
points = train(wgan, scale=10.0)
print("λ = 10, all lengths times 10")
print(f"distance {earth_mover_of_samples(REAL[:500], points)[0]:.3f} (times 10)")
print("modes   ", mode_coverage(points, "8-gaussians")["modes"])

# %% [markdown] lang="en"
# It helps, but it is only half a cure. In the old unit, the distance is 0.371 instead of 1.391, so the generator no longer flies off. But it doesn't cover a single mode, and even clipping did better, unless the critic was all but flat. On paper the two parts of the loss are now in the same proportion as with λ = 1 before, which had reached 0.224. What is left of the difference probably comes from the networks, since their initial weights and the optimizer's steps haven't been multiplied by anything.
#
# So there is no contradiction in saying "use the penalty" and "λ = 10 can ruin it". Choose λ with the distances of your data in mind: up to about the distance between real and generated data at the start. Gulrajani et al. use 0.1 themselves in their own [program for toy data](https://github.com/igul222/improved_wgan_training/blob/master/gan_toy.py).
#
# ## 5 · Spectral normalisation: divide each layer by its norm
#
# [Miyato et al. (2018)](https://arxiv.org/abs/1802.05957) go back to the product of norms in section 3 and make each factor 1. Wherever the critic uses a matrix $W$, it now uses $W / \sigma(W)$, where $\sigma(W)$ is the largest singular value (their equation 8). A critic of dense layers and leaky ReLU then has $K \le 1$, however deep it is, and there is nothing to choose. (The kernel of a convolution is treated as a matrix, too, and there $K$ may be somewhat larger.)
#
# But how do we get $\sigma$ at each step without decomposing every matrix? By *power iteration*: multiply a vector by the matrix and then by its transpose, again and again, and it turns towards the direction that the matrix stretches most. Watch it on a matrix of random numbers:

# %% [markdown] lang="zh-TW"
# 真的有幫助：0.371，而不是 1.391。照算式來看，損失的兩個部分現在的比例，和先前 λ = 1 的時候一樣，而那時到了 0.224。剩下的差距應該出在網路身上，因為它們的初始權重和最佳化器的步伐並沒有跟著乘。
#
# 所以「用梯度懲罰」和「λ = 10 可能把它毀掉」並不矛盾。挑 λ 的時候，心裡要想著資料的距離：最多大約是一開始真實資料和生成資料之間的距離。Gulrajani 等人自己也是，他們[跑玩具資料的程式](https://github.com/igul222/improved_wgan_training/blob/master/gan_toy.py)用的就是 0.1。
#
# ## 5 · 譜正規化：每一層除以自己的範數
#
# [Miyato 等人（2018）](https://arxiv.org/abs/1802.05957) 回到第 3 節的範數乘積，讓每個因子都變成 1。評價器凡是用到矩陣 $W$ 的地方，都改用 $W / \sigma(W)$，其中 $\sigma(W)$ 是最大的奇異值（論文的式 8）。這樣一來，由全連接層和 leaky ReLU 組成的評價器，不管多深都有 $K \le 1$，也沒有什麼要挑的。（卷積核也是當成矩陣處理，那時 $K$ 可能會稍微大一點。）
#
# 問題是，怎麼在每一步都拿到 $\sigma$，又不用把每個矩陣都分解一遍？靠*冪次疊代法*（power iteration）：把一個向量乘上矩陣，再乘上它的轉置，一遍又一遍，它就會轉向被矩陣拉得最長的方向。拿一個隨機數字的矩陣來看看：


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

# %% [markdown] lang="en"
# The first direction is a random one, and the matrix stretches it by a factor of 8.212. After 20 iterations the factor is 16.026, and after 100 it is the 16.040 of NumPy's full decomposition. In training, one iteration per step is enough: the weights move so little from step to step that the vector only has to keep up.
#
# The class below keeps one such vector for each kernel. It overrides `score`, so that the critic is called with the divided kernels in place of its own, and `after_update`, which turns each vector a little further. The gradient flows through $\sigma$ as well, so the critic knows, while it learns, that its kernels will be divided.

# %% [markdown] lang="zh-TW"
# 一開始的方向是隨便挑的，被拉長 8.212 倍。疊代 20 次之後是 16.026，100 次之後就是 NumPy 完整分解出來的 16.040。訓練的時候，每一步疊代一次就夠了：權重每一步只動一點點，向量跟得上就好。
#
# 下面的類別替每個核（kernel）保存一個這樣的向量。它改寫了 `score`，呼叫評價器時用除過的核代替原本的；也改寫了 `after_update`，把每個向量再轉一點點。梯度也會流過 $\sigma$，所以評價器學習的時候，知道自己的核會被除。


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

# %% [markdown] lang="en"
# Zero for the third time. Now let's train with it, and look at the critic's three kernels afterwards:

# %% [markdown] lang="zh-TW"
# 第三次是零。現在用它來訓練，訓練完再看看評價器的三個核：

# %%
wgan = SpectralWGAN(*new_networks())
spectral = look(wgan, train(wgan))
print(HEAD)
print_row("spectral", spectral)
for kernel, matrix in wgan.normalised():
    print(f"{kernel.shape}: largest singular value", end=" ")
    print(f"{np.linalg.svd(kernel.numpy())[1].max():.2f}, as used", end=" ")
    print(f"{np.linalg.svd(matrix.numpy())[1].max():.4f}")

# %% [markdown] lang="en"
# The kernels themselves have norms of 1.33 to 1.75. As the critic uses them, they have 1.0093, 1.0162 and 1.0000. The small excess comes from doing only one iteration per step. So $K$ is at most the product of the three, about 1.03. The steepest slope that we find is far below, at 0.25, since the layers don't stretch the same directions, and each leaky ReLU takes something away. The generator gets about as far as with the other remedies: 3 modes, and a distance of 0.232.
#
# Here are the remedies as landscapes, in the colours of section 3:

# %% [markdown] lang="zh-TW"
# 這些核的範數是 1.33 到 1.75，而評價器用的時候是 1.0093、1.0162 和 1.0000。多出來的一點點，是因為只疊代一次。所以 $K$ 最多是三者的乘積，大約 1.03。我們找到的最陡斜率則低得多，只有 0.25，因為各層拉長的方向並不一致，每個 leaky ReLU 又會再拿走一些。斜率這麼緩，生成器也就學得慢一點：3 個模式，距離 0.232。
#
# 把兩種補救也畫成地形，顏色和第 3 節一樣：

# %%
draw_runs(penalised | {"spectral": spectral})

# %% [markdown] lang="en"
# *Black: real points, green: generated points, violet: high scores, orange: low scores.*
#
# With λ = 1 and λ = 0.1, a crest runs through all 8 modes, and you can see the points climb it. Spectral normalisation has the same shape, only flatter. And with λ = 10 you see what went wrong: there is a fine steady slope, but it doesn't lead to the modes, and the points have drifted off at the bottom.
#
# It's time to be frank: as far as the generator goes, no constraint clearly beats having none, at least on these points and in so short a run. Leave out the clipping that was too tight and the λ that was too large, and all generators end up about equally far from the real points, the one without any constraint included. What differs is how far you can trust the critic, and that is what the next two sections look at: first at its gradient in a deep network, and then at how much of the distance it finds.
#
# ## 6 · What depth does
#
# So far, the critic has had 3 layers. Clipping's bound was a product over layers, and the gradient on its way back through the network is one as well: whatever a layer does to it, 12 layers do 12 times over. Gulrajani et al. (2017, figure 1b) show what comes of that with points along a Swiss roll. We can repeat it.
#
# For this, the generator stands still. A "generated" point is a real one plus noise with a standard deviation of 0.5, and we train critics alone, of 3 and of 12 layers, for 400 steps each. Then we take two gradients of the score: one with respect to what the first layer receives, one with respect to what the last layer receives. Their ratio is what happens on the way.

# %% [markdown] lang="zh-TW"
# *黑色：真實的點；綠色：生成的點；紫色：高分；橘色：低分。*
#
# λ = 1 和 λ = 0.1 的時候，有一條稜線穿過全部 8 個模式，看得到點正往上爬。譜正規化的形狀也一樣，只是平緩得多。λ = 10 出了什麼問題也一目瞭然：坡是很平穩的坡，可惜不通往那些模式，點就從底下漂走了。
#
# ## 6 · 深度會怎樣
#
# 到目前為止，評價器只有 3 層。裁剪的上界是各層的乘積，梯度沿著網路往回傳的時候也是：一層對它做了什麼，12 層就重複做 12 次。Gulrajani 等人（2017，圖 1b）用排成瑞士捲（Swiss roll）的點展示了後果，我們也來做一次。
#
# 為此，先讓生成器站著不動。「生成」的點就是真實的點加上標準差 0.5 的雜訊，我們只訓練評價器，一種 3 層，一種 12 層，各走 400 步。然後取分數的兩個梯度：一個對第一層收到的東西，一個對最後一層收到的東西。兩者的比值，就是一路上發生的事。


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

# %% [markdown] lang="en"
# Look at the row of 12 layers. With $c = 0.01$, only 1.4e-15 of the gradient arrives: the first layer learns nothing. With $c = 0.1$, which was harmless in 3 layers with a ratio of 1.2, the gradient explodes to 380,000 times its size. The penalty and spectral normalisation, at 0.72 and 0.56, hardly notice the depth. Here is how it happens, layer by layer:

# %% [markdown] lang="zh-TW"
# 看 12 層那一列。$c = 0.01$ 時，傳到的梯度只剩 1.4e-15 倍，第一層什麼也學不到。$c = 0.1$ 在 3 層的時候沒什麼害處，比值是 1.2；到了這裡，梯度卻爆炸成 380,000 倍。梯度懲罰和譜正規化分別是 0.72 和 0.56，幾乎不受深度影響。下面一層一層看它怎麼發生：

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

# %% [markdown] lang="en"
# *Mean norm of the gradient with respect to what each layer receives, divided by that of the last layer. Read it from right to left, the way the gradient travels.*
#
# For the two clipped critics these are nearly straight lines on a logarithmic scale, except at the first layer, where both turn down: each layer multiplies the gradient by about the same factor. On average over the whole way back, that is roughly a twentieth for $c = 0.01$ and roughly 3 for $c = 0.1$. (Leave out the first layer, and the second factor is about four.) Somewhere in between there must be a $c$ that suits 12 layers. For 20 layers it would be a different one.
#
# ## 7 · How much of the distance does a critic find?
#
# A critic can be perfectly Lipschitz and still know little. The duality that a WGAN rests on (Kantorovich-Rubinstein) lets us grade it: the gap between its mean scores, divided by its $K$, is at most the exact Earth-Mover distance, and only the best critic reaches it. So the share of the distance that a critic finds is a grade from 0 to 100%, whatever its scale. For $K$ we have to take the steepest slope on a grid, this time out to ±1.5. That is a lower bound of $K$, so all critics get a grade that is a little too good.
#
# The last column tests Proposition 1 exactly where it applies: on the way from each generated point to its partner in the optimal plan, along a straight line. For 128 points in the plane, we can compute that plan. The best critic is nowhere steeper than on these lines, so 100% is best.

# %% [markdown] lang="zh-TW"
# *分數對各層所收到的東西的梯度，取平均範數，再除以最後一層的值。請從右往左看，那才是梯度前進的方向。*
#
# 裁剪的兩個評價器，在對數刻度上幾乎是直線：每一層都乘上差不多的倍率，$c = 0.01$ 時大約是二十分之一，$c = 0.1$ 時大約是 3 倍。兩者之間一定有某個 $c$ 適合 12 層；換成 20 層，就又是另一個值了。
#
# ## 7 · 評價器找到了多少距離？
#
# 評價器可以完全符合 Lipschitz 約束，卻還是什麼都不太懂。WGAN 的根據（Kantorovich-Rubinstein 對偶性）讓我們可以替它打分數：兩邊平均分數的差距，除以它的 $K$，不會超過精確的推土機距離，只有最好的評價器才會剛好相等。所以評價器找到了距離的幾成，就是它的成績，從 0 到 100%，和它的尺度無關。$K$ 只能用網格上最陡的斜率代替，這次網格範圍到 ±1.5。它是 $K$ 的下界，所以成績會稍微偏高，但大家都一樣。
#
# 最後一欄就在命題 1 說的地方驗證它：生成的點和最佳方案裡的夥伴之間的直線上；平面上的 128 個點，這個方案算得出來。最好的評價器不會有比那裡更陡的地方，所以 100% 最好。

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

# %% [markdown] lang="en"
# *Share of the exact Earth-Mover distance that each critic finds after 800 steps, in percent: clipping in orange, the penalty in blue, spectral normalisation in green.*
#
# The penalty is clearly ahead. With λ = 1 it finds 76% of the distance for the 8 Gaussians and 67% for the Swiss roll. Spectral normalisation finds 55 and 60%, and clipping, whichever $c$ we give it, between 34 and 42%. The critic with λ = 1 also comes nearest to Proposition 1, with a mean slope on the way of 81% of its steepest one, both times. But note that its steepest slope is 1.6 and 1.4: a penalty pulls the slope towards 1, but guarantees nothing.
#
# What do the clipped critics lack? Here is one of them, next to the penalty and spectral normalisation. Each critic is divided by its own steepest slope, so that one scale of colours serves for all:

# %% [markdown] lang="zh-TW"
# *走完 800 步之後，各個評價器找到了精確推土機距離的百分之幾：橘色是裁剪，藍色是梯度懲罰，綠色是譜正規化。*
#
# 梯度懲罰明顯領先。λ = 1 時，在 8 個高斯分布上找到 76%，在瑞士捲上找到 67%。譜正規化是 55 和 60%；裁剪不管給哪個 $c$，都在 34 到 42% 之間。λ = 1 的評價器也最接近命題 1：一路上的平均斜率是最陡斜率的 81%，兩次都是。不過請注意，它最陡的斜率是 1.6 和 1.4：懲罰會把斜率往 1 拉，但什麼都不保證。
#
# 裁剪的評價器少了什麼？下面挑三個來畫，各自除以自己最陡的斜率，這樣大家最陡的地方都一樣陡，可以共用一套顏色：

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

# %% [markdown] lang="en"
# *Black: real points. Violet: scores above the median, orange: below it.*
#
# The clipped critic is made of a few large facets: a plateau over the ring, a tilted roof over the roll. The penalised one has a crest along the ring and a summit within the roll. Spectral normalisation lies between the two: over the ring it has a plateau as well, only rounder, and over the roll it has a summit. This loss of capacity is the other half of what Gulrajani et al. hold against clipping (their section 3.1 and figure 1a).
#
# ## 8 · On MNIST
#
# Enough of points; let's move on to digits, with the networks and strategies of the package, which you know to be your own. Each run takes 250 generator steps with batches of 32, one critic step for each, and a learning rate of 2e-3. The critics differ as their names say:
#
# - no constraint, once without any normalisation and once with batch normalisation (`none, batch norm.`);
# - clipping to ±0.5, without any normalisation;
# - clipping to ±0.05 with batch normalisation, whose own gains are not clipped;
# - the penalty with layer normalisation, with λ = 1, taken on every fourth pair of a batch to make a step cheaper;
# - spectral normalisation with MaxMin, an activation that sorts its inputs in pairs where leaky ReLU would flatten the negative ones, so that no slope is lost.
#
# The last three are close to what the package recommends for each method. The table shows the mean slope of the score between real and generated pictures, at the first step and at the last one, and the *Fréchet distance* between 1,000 pictures and 1,000 test images (Heusel et al., 2017, [arXiv:1706.08500](https://arxiv.org/abs/1706.08500)), in the features of a small classifier as in the notebooks before: 0 is best.

# %% [markdown] lang="zh-TW"
# *黑色：真實的點。紫色：分數高於中位數；橘色：低於中位數。*
#
# 裁剪的評價器只由幾個大平面拼成：圓環上是一片平台，瑞士捲上是一片斜屋頂。梯度懲罰的評價器則沿著圓環有一條稜線，在瑞士捲裡有一個山頭。譜正規化介於兩者之間。這種表達能力的損失，就是 Gulrajani 等人批評裁剪的另一半理由（論文第 3.1 節與圖 1a）。
#
# ## 8 · 換成 MNIST
#
# 點玩夠了，換數字。網路和約束方法都用套件的，反正你已經知道，那就是你自己寫的東西。每個實驗都讓生成器走 250 步，批次大小 32，生成器每走一步，評價器也走一步，學習率 2e-3。評價器的差別就像名字寫的：
#
# - no constraint 完全不加約束，也不用任何正規化層；另外再做一次有批次正規化的（`none, batch norm.`）；
# - 裁剪到 ±0.5，不用任何正規化層；
# - 裁剪到 ±0.05，加上批次正規化，而批次正規化自己的增益不裁；
# - penalty 是梯度懲罰，搭配層正規化（layer normalization），λ = 1，每四對只罰一對，讓每一步便宜一點；
# - spectral 是譜正規化，活化函數用 MaxMin：leaky ReLU 會把負的壓扁，它則是把輸入兩兩排序，所以斜率不會流失。
#
# 後面三個都很接近套件對各方法的推薦設定。表裡列出分數在真實與生成圖片之間的平均斜率（第一步和最後一步），以及 1,000 張圖片和 1,000 張測試影像的 *Fréchet 距離*（Heusel 等人，2017，[arXiv:1706.08500](https://arxiv.org/abs/1706.08500)）。它比較一個小型分類器在這兩組圖裡看到的東西，0 最好。

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


# %% [markdown] lang="en"
# All six train with the same seed, one after the other. Below the table are the first 10 pictures of each.

# %% [markdown] lang="zh-TW"
# 六個實驗用同一個種子，一個接一個訓練。表的下面是每個實驗的前 10 張圖片。

# %%
print("                         mean slope between      Fréchet")
print("                         at first    at last   distance")
RUNS = {
    "no constraint": (None, adam, {}),
    "none, batch norm.": (None, rmsprop, {"normalization": "batch"}),
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

# %% [markdown] lang="en"
# Now the missing brakes do matter. Without a constraint, the mean slope between the pictures went from 0.0056 to 170 within 250 steps, and with $c = 0.5$ to 3,500. Their generators draw bent strokes, at distances of 12.61 and 14.92. The three critics that are held back have slopes of 9.9, 1.4 and 1.5, and you can begin to read their generators' digits, at distances of 5.978, 7.225 and 7.472.
#
# But look at the second row. With batch normalisation and no constraint at all, the digits are about as good, at 6.488, although the slope has reached 59. Batch normalisation itself is a brake of sorts, and within 250 steps it is enough. So it is fairest to compare the critic without any constraint with spectral normalisation, which has no normalisation layers either: 12.61 against 7.472. Between the better four, one seed and so few steps decide nothing.
#
# There is something odd about those two with batch normalisation, though. The bound of section 3 does not cover them, clipped or not. And what is their slope "at a picture"? Let the clipped one score the very same digit twice: once in a batch with 31 other real digits, and once with 10 generated pictures.

# %% [markdown] lang="zh-TW"
# 這下少了煞車就有差了。不加約束的話，圖片之間的平均斜率在 250 步裡從 0.0056 變成 170，$c = 0.5$ 更到了 3,500。它們的生成器畫出來的是歪歪扭扭的筆畫，距離是 12.61 和 14.92。有管住的三個，斜率是 9.9、1.4 和 1.5，數字已經漸漸看得懂，距離是 5.978、7.225 和 7.472。
#
# 不過請看第二列。只用批次正規化、完全不加約束，數字也差不多好，距離 6.488，雖然斜率已經到了 59。批次正規化本身多少也算煞車，在 250 步之內還撐得住。所以沒有任何正規化層的評價器，最公平的是和譜正規化比，它同樣沒有：12.61 對 7.472。比較好的那四個，只有一個種子、這麼少步，分不出高下。
#
# 不過有批次正規化的那兩個有點怪。不管裁不裁，第 3 節的上界都不包括這種層。再說，它們「在某張圖片上」的斜率是什麼意思？讓裁剪的那個把同一張數字打兩次分數：一次和另外 31 張真實的數字放在同一批，一次和 10 張生成的圖片放在一起。

# %%
critic = mnist["c = 0.05, batch norm."]["wgan"].critic
layer_normalised = mnist["penalty, layer norm."]["wgan"].critic
one = images[:1] / 127.5 - 1
for company in (images[1:32], mnist["c = 0.5"]["pictures"]):
    company = company / 127.5 - 1 if company.dtype == np.uint8 else 2 * company - 1
    batch = tf.constant(np.concatenate([one, company]), tf.float32)
    print(f"batch norm. {float(critic(batch, training=True)[0, 0]):8.3f}", end="   ")
    print(f"layer norm. {float(layer_normalised(batch, training=True)[0, 0]):8.3f}")

# %% [markdown] lang="en"
# The same picture gets −3.676 in the one batch and −5.492 in the other. With layer normalisation it gets −6.266 both times, as you'd expect of a function of one picture. So with batch normalisation, the slope at a single picture is not even defined. That is why `GradientPenalty` refuses such a critic, and why you should not read the estimate of such a critic as a distance. That clipping trains well with it, as the table shows, is another matter.
#
# ## 9 · Which one to choose
#
# Here is the notebook in one table:
#
# | | clipping | gradient penalty | spectral normalisation |
# | --- | --- | --- | --- |
# | what you set | $c$ | a slope of 1, and λ | nothing |
# | what you know of $K$ | at most the product in section 3, which is often far too high | the slope is near 1 where it is asked for, with no bound | about 1 at most, for dense layers |
# | 12 layers | the gradient vanishes or explodes | 0.72 | 0.56 |
# | of the distance, section 7 | 34 to 42% | 63 to 76% | 55 to 60% |
# | what it costs | a search for $c$ | a second derivative, and no batch normalisation | a product or two for each kernel |
#
# So begin with the penalty, and with a λ that is not larger than the distances in your data. Take spectral normalisation where a second derivative is too expensive or unavailable. Clip to understand the paper, or where you know a $c$ that works. You may ask why the penalty, when clipping was ahead in section 8. Because that 0.05 is the result of a search, and with another depth or other data you'd have to search again. All of this comes from small networks, short runs and one seed; longer runs with several seeds are in [docs/scores.md](../../docs/scores.md).
#
# ## What you have seen
#
# - Without a constraint nothing exploded in the plane, and the generator did as well as any. But the steepest slope grew from 0.42 to 52, and the scores lost their meaning. On MNIST the pictures suffered, too, unless batch normalisation held the critic back.
# - Clipping gives you some $K$: from $c = 0.003$ to $c = 1$ the steepest slope went from 4.1e-05 to 14, and only $c = 0.1$ held the critic back and still led the generator to the modes.
# - In 12 layers, the same $c = 0.1$ blew the gradient up 380,000 times, and $c = 0.01$ left 1.4e-15 of it.
# - The penalty with λ = 1 found the largest share of the distance, 76 and 67%. With λ = 10 it sent the generator astray, since λ has to suit the distances in the data.
# - Spectral normalisation needs one vector for each kernel, and one power iteration in each step.
# - Your three classes of a few lines each are the package's strategies, down to the last bit.
#
# ## Exercises
#
# **1.** For which $c$ is the bound of section 3 exactly $K \le 1$, with 3 layers and with 12? Why are these not good values?
#
# <details><summary>Solution</summary>
#
# The bound is $c^L$ times its value at $c = 1$. So take that value to the power of $-1/L$:
#
# ```python
# for sizes in ([2, 64, 64, 1], [2, *[64] * 11, 1]):
#     depth = len(sizes) - 1
#     print(depth, "layers: c =", round(most_allowed(1.0, sizes) ** (-1 / depth), 4))
# ```
#
# ```
# 3 layers: c = 0.0557
# 12 layers: c = 0.0215
# ```
#
# The critic comes near that ceiling only if all its weights pull together. Real weights have mixed signs, and each layer reaches only a fraction of its bound. With 12 layers the product of these fractions is tiny, and the critic is flat.
#
# </details>
#
# **2.** Gulrajani et al. (2017, section 4) also mention a *one-sided* penalty, which leaves slopes below 1 alone. Write it, and check that it gives the same penalty as `GradientPenalty(0.1, one_sided=True)`.
#
# <details><summary>Solution</summary>
#
# Only the last line of `penalty` changes:
#
# ```python
# class OneSidedWGAN(PenaltyWGAN):
#     def penalty(self, real, fake, t):
#         number = t + self.step * (N_CRITIC + 1)
#         share = tf.reshape(mixing_shares(SEED, number, 0, BATCH), (-1, 1, 1, 1))
#         between = share * real + (1 - share) * fake
#         with tf.GradientTape() as tape:
#             tape.watch(between)
#             scores = self.score(between)
#         gradients = tape.gradient(scores, between)
#         slopes = tf.norm(tf.reshape(gradients, (BATCH, -1)), axis=1)
#         return self.weight * tf.reduce_mean(tf.nn.relu(slopes - 1) ** 2)
#
#
# own = OneSidedWGAN(plain.generator, plain.critic, weight=0.1)  # steep, from section 2
# strategy = GradientPenalty(0.1, one_sided=True)
# package = wgan_keras.WGAN(plain.generator, plain.critic, N_CRITIC, strategy, SEED)
# real, fake = REAL[:BATCH].reshape(-1, 1, 2, 1), own.generator(own.draw_latents(0))
# print(float(own.penalty(real, fake, 0)), float(strategy.penalty(package, real, fake, 0)))
# ```
#
# The two numbers agree up to rounding. Take a steep critic for the test, such as the unconstrained one: with slopes below 1 everywhere, any one-sided penalty is 0, even a wrong one.
#
# </details>
#
# **3.** A Lipschitz critic cannot jump: between two pictures its score changes by at most $K$ times their distance. Shift a digit by 1 pixel, and see how the score changes, without a constraint and with the penalty.
#
# <details><summary>Solution</summary>
#
# ```python
# digit = images[:1] / 127.5 - 1
# shifted = np.roll(digit, 1, axis=2)
# apart = np.linalg.norm(shifted - digit)
# for name in ("no constraint", "penalty, layer norm."):
#     critic = mnist[name]["wgan"].critic
#     pair = tf.constant(np.concatenate([digit, shifted]), tf.float32)
#     one, other = critic(pair).numpy()[:, 0]
#     print(f"{name:21} {one:8.2f} {other:8.2f}, change / distance {abs(one - other) / apart:.2f}")
# ```
#
# ```
# no constraint          3352.32  3344.01, change / distance 0.91
# penalty, layer norm.     -6.27    -6.01, change / distance 0.03
# ```
#
# The quotient is one more lower bound of $K$, and nothing more than that. For this shift, the unconstrained critic changes 30 times as fast as the penalised one. That is a matter of scale, because its scores are hundreds of times as large: as a share of its own score, it even changes less. But a Lipschitz constant is about the slope itself, and there the scale counts in full. Between real and generated pictures, where its mean slope was 170, it changes faster still: there, two pictures that look almost alike can get very different scores.
#
# </details>
#
# ## Next
#
# [04_fashion_and_sampling](04_fashion_and_sampling.ipynb) takes the penalty to Fashion-MNIST and to pictures of your own, and ends with a generator that runs without this package.

# %% [markdown] lang="zh-TW"
# 同一張圖片，跟這群人在一起得 −3.676，跟那群人在一起得 −5.492。用層正規化的話，兩次都是 −6.266，單張圖片的函數本來就該這樣。所以有批次正規化的時候，「單一圖片上的斜率」根本沒有定義。這就是 `GradientPenalty` 不收這種評價器的原因，也是為什麼不該把這種評價器的估計值當成距離。至於裁剪搭配它訓練得很好，像表裡那樣，那是另一回事。
#
# ## 9 · 該選哪一個
#
# 整份筆記本濃縮成一張表：
#
# | | 裁剪 | 梯度懲罰 | 譜正規化 |
# | --- | --- | --- | --- |
# | 你要設定的 | $c$ | 斜率 1，還有 λ | 沒有 |
# | 關於 $K$，你知道什麼 | 最多是第 3 節的乘積，常常高得離譜 | 要求的地方斜率接近 1，但沒有上界 | 全連接層的話，最多大約 1 |
# | 12 層 | 梯度消失或爆炸 | 0.72 | 0.56 |
# | 找到距離的幾成（第 7 節） | 34 到 42% | 63 到 76% | 55 到 60% |
# | 代價 | 得自己找 $c$ | 二階微分，而且不能用批次正規化 | 每個核多一兩次乘法 |
#
# 所以：先用梯度懲罰，λ 不要超過資料裡的距離。如果二階微分太貴或根本做不到，就用譜正規化。想理解論文，或手上已經有好用的 $c$，再用裁剪。你可能會問，第 8 節明明是裁剪領先，為什麼先用梯度懲罰？因為那個 0.05 是有人花時間找出來的，換個深度、換份資料，又得重找。這些結論來自小網路、短訓練和一個種子；多個種子、訓練更久的結果在 [docs/scores.md](../../docs/scores.md)。
#
# ## 重點整理
#
# - 不加約束，平面上什麼都沒爆炸，但最陡的斜率從 0.42 長到 52，分數失去了意義。在 MNIST 上，連圖片也遭殃，除非有批次正規化幫忙擋著。
# - 裁剪只給你某個 $K$：從 $c = 0.003$ 到 $c = 1$，最陡的斜率從 4.1e-05 變成 14，只有 $c = 0.1$ 既算約束、又有幫助。
# - 到了 12 層，同樣的 $c = 0.1$ 把梯度放大 380,000 倍，$c = 0.01$ 則只留下 1.4e-15 倍。
# - λ = 1 的梯度懲罰找到最多距離，76 和 67%。λ = 10 則讓生成器迷了路，因為 λ 必須配合資料裡的距離。
# - 譜正規化只要替每個核保存一個向量，每一步做一次冪次疊代。
# - 你的三個類別各只有幾行，和套件的做法一個位元都不差。
#
# ## 練習
#
# **1.** $c$ 等於多少時，第 3 節的上界剛好是 $K \le 1$？3 層和 12 層各算一次。為什麼這些值並不好用？
#
# <details><summary>解答</summary>
#
# 上界是 $c^L$ 乘上它在 $c = 1$ 時的值，所以取那個值的 $-1/L$ 次方：
#
# ```python
# for sizes in ([2, 64, 64, 1], [2, *[64] * 11, 1]):
#     depth = len(sizes) - 1
#     print(depth, "layers: c =", round(most_allowed(1.0, sizes) ** (-1 / depth), 4))
# ```
#
# ```
# 3 layers: c = 0.0557
# 12 layers: c = 0.0215
# ```
#
# 只有當所有權重往同一個方向使力，才會接近那個天花板。真正的權重有正有負，每一層只做到上界的一小部分。12 層乘起來就微乎其微，評價器也就平了。
#
# </details>
#
# **2.** Gulrajani 等人（2017，第 4 節）也提到*單邊*的懲罰：斜率比 1 小就不罰。把它寫出來，再檢查它算出來的懲罰是不是和 `GradientPenalty(0.1, one_sided=True)` 一樣。
#
# <details><summary>解答</summary>
#
# `penalty` 只有最後一行不一樣：
#
# ```python
# class OneSidedWGAN(PenaltyWGAN):
#     def penalty(self, real, fake, t):
#         number = t + self.step * (N_CRITIC + 1)
#         share = tf.reshape(mixing_shares(SEED, number, 0, BATCH), (-1, 1, 1, 1))
#         between = share * real + (1 - share) * fake
#         with tf.GradientTape() as tape:
#             tape.watch(between)
#             scores = self.score(between)
#         gradients = tape.gradient(scores, between)
#         slopes = tf.norm(tf.reshape(gradients, (BATCH, -1)), axis=1)
#         return self.weight * tf.reduce_mean(tf.nn.relu(slopes - 1) ** 2)
#
#
# own = OneSidedWGAN(plain.generator, plain.critic, weight=0.1)  # steep, from section 2
# strategy = GradientPenalty(0.1, one_sided=True)
# package = wgan_keras.WGAN(plain.generator, plain.critic, N_CRITIC, strategy, SEED)
# real, fake = REAL[:BATCH].reshape(-1, 1, 2, 1), own.generator(own.draw_latents(0))
# print(float(own.penalty(real, fake, 0)), float(strategy.penalty(package, real, fake, 0)))
# ```
#
# 除了捨入，兩個數字會一樣。測試的時候要挑一個陡的評價器，例如沒加約束的那個：如果到處的斜率都小於 1，任何單邊的懲罰都是 0，寫錯了也看不出來。
#
# </details>
#
# **3.** 符合 Lipschitz 約束的評價器不會跳：兩張圖片之間，分數的變化最多是 $K$ 乘上它們的距離。把一個數字平移 1 個像素，看看不加約束和用梯度懲罰時，分數各變多少。
#
# <details><summary>解答</summary>
#
# ```python
# digit = images[:1] / 127.5 - 1
# shifted = np.roll(digit, 1, axis=2)
# apart = np.linalg.norm(shifted - digit)
# for name in ("no constraint", "penalty, layer norm."):
#     critic = mnist[name]["wgan"].critic
#     pair = tf.constant(np.concatenate([digit, shifted]), tf.float32)
#     one, other = critic(pair).numpy()[:, 0]
#     print(f"{name:21} {one:8.2f} {other:8.2f}, change / distance {abs(one - other) / apart:.2f}")
# ```
#
# ```
# no constraint          3352.32  3344.01, change / distance 0.91
# penalty, layer norm.     -6.27    -6.01, change / distance 0.03
# ```
#
# 這個商又是 $K$ 的一個下界，也就只是下界而已。就這個平移來說，不加約束的評價器變化的速度是梯度懲罰的 30 倍。在真實與生成的圖片之間，它的平均斜率是 170，變得更快：在那裡，兩張看起來差不多的圖片，分數可以差很多。
#
# </details>
#
# ## 下一步
#
# [04_fashion_and_sampling](04_fashion_and_sampling.ipynb) 把梯度懲罰帶到 Fashion-MNIST 和你自己的圖片上，最後得到一個不靠這個套件也能跑的生成器。
