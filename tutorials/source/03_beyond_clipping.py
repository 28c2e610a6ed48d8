# %% [markdown] lang="en"
# # 3 · Beyond clipping
#
# In [02_wgan](02_wgan.ipynb), a constraint kept your critic under control: after each update, it clipped the weights of every convolution and dense layer to $[-c, c]$. It worked, but somebody had to choose $c$ for you. The authors of the WGAN weren't fond of it either. They call clipping "a clearly terrible way to enforce a Lipschitz constraint" ([Arjovsky, Chintala and Bottou (2017)](https://arxiv.org/abs/1701.07875), section 3). In this notebook you'll see what is terrible about it, and then you'll write the two remedies that replaced it, each in a few lines of your own.
#
# **What you can do afterwards**
#
# - say what the Lipschitz constant $K$ of a critic is, and why clipping limits $K$ but doesn't let you choose it;
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
# 在 [02_wgan](02_wgan.ipynb) 裡，你靠一個約束就把評價器（critic）拴住了：每次更新完，卷積層和全連接層的權重一律裁到 $[-c, c]$ 之內。這招叫權重裁剪（weight clipping），真的有用，可是 $c$ 該多大，是別人先幫你挑好的。更妙的是，連 WGAN 的作者自己都嫌它，論文裡白紙黑字寫著，用裁剪來達成 Lipschitz 約束「顯然是個糟糕的辦法」（[Arjovsky、Chintala 與 Bottou（2017）](https://arxiv.org/abs/1701.07875)，第 3 節）。發明的人都這樣講了，我們當然要看看它糟在哪裡，再親手寫後來取代它的兩種做法，每一種都不長。
#
# **讀完之後，你可以**
#
# - 說明評價器的 Lipschitz 常數 $K$ 是什麼，以及裁剪為什麼限制得了 $K$，卻不讓你指定它；
# - 看到 $c$ 太小、太大，評價器太深，或乾脆什麼約束都不加的時候，各會出什麼事；
# - 寫出梯度懲罰（gradient penalty），並依自己的資料挑它的權重 λ；
# - 寫出譜正規化（spectral normalization），連裡面的冪次疊代法（power iteration）都自己來；
# - 量出評價器找到了精確推土機距離（Earth-Mover distance）的幾成，然後三選一。
#
# **要花多久。** 這裡的結果在 AMD EPYC 的兩個核心上跑了 {{minutes}} 分鐘，那兩個核心同時還在忙別的事。不需要 GPU。讀完大概半小時。
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
# 想改的設定全在下一格。改用 `SETTING = "short"`，每次訓練都會短上好幾倍：先看個大概剛好，要下結論就不夠了。

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
# Let's start from the WGAN you wrote in notebook 2, without its clipping. Two things have changed, and both are for convenience. The critic's update is a method of its own, so that later we can train a critic alone. And the latents come from a seeded, numbered sequence, so that draw 7 is always the same; that will let us compare your class with the package's, number by number.
#
# What's new is three small methods that do nothing yet: `score`, `penalty` and `after_update`. Each way to constrain a critic overrides one or two of them, and nothing else.

# %% [markdown] lang="zh-TW"
# ## 1 · 你的 WGAN，留三個位置給約束
#
# 把第 2 份筆記本裡你寫的 WGAN 搬過來，拆掉裁剪，其他照舊，只有兩個地方為了方便動了一下。第一，評價器的更新獨立成一個方法，等一下才能讓它單獨受訓。第二，潛在向量（latent）改從一張編了號的表裡拿，不管誰來拿，第 7 號永遠是同一組數字，之後才能拿你的類別跟套件對帳，一個數字一個數字地對。
#
# 真正的新東西，是三個空的方法：`score`、`penalty` 和 `after_update`。它們現在什麼都不做，就像裝潢時先在牆上留好的插座。後面每一種約束都只改寫其中一兩個，其他一行也不碰。


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

    def score(self, points):  # spectral normalisation changes this
        return self.critic(points)

    def penalty(self, real, fake, t):  # the gradient penalty changes this
        return 0.0

    def after_update(self):  # clipping changes this
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
# 圖片訓練起來慢，而且兩堆圖片真正的距離沒有人知道，學得好不好，連個可以對的答案都沒有。所以這份筆記本大半的時間改用平面上的點：8 個很窄的高斯分布，圍成一圈。對網路來說，一個點就是只有兩個像素的圖片，兩個像素剛好是它的座標。兩個網路都有兩個隱藏層，每層 64 個單元；兩個最佳化器都用 RMSprop，學習率 3e-4；生成器每走一步，評價器走 5 步。從頭到尾只換約束，其他全部不動。

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
# - the *mean slope at the data*, averaged over 500 real and 500 generated points: roughly the slope that training has to work with.
#
# Next to them you'll find the exact Earth-Mover distance between the 500 generated and the 500 real points, and how many of the 8 modes are covered. (A point counts for a mode if it lies within 4 standard deviations of its centre, and a mode counts as covered once it has a tenth of its fair share of the points.)

# %% [markdown] lang="zh-TW"
# 車子組好了，只是還沒裝煞車。要不要裝、裝哪一種，先開出去繞一圈再說。
#
# ## 2 · 完全不加約束
#
# 上路之前，先講好我們要管的是什麼。如果評價器 $f$ 的分數，不管在哪裡，變化都不會快過某個固定的倍率，它就是 **Lipschitz** 函數。這種倍率裡最小的那一個，就是它的 Lipschitz 常數：
#
# $$K = \sup_{x \neq y} \frac{|f(x) - f(y)|}{\|x - y\|}.$$
#
# 這是對所有成對的點取上確界（supremum），說白了就是全場最陡的那個地方有多陡，不管它躲在哪裡。隨便挑幾個點來看是抓不到它的，不過可以很接近。所以下面的表裡放了兩個數字，先講清楚，兩個都不是 $K$ 本人：
#
# - **最陡的斜率**（steepest slope）：在平面的細格點和資料點上找到的最大值，$K$ 至少有這麼大；
# - **資料上的平均斜率**（mean at data）：在 500 個真實的點和 500 個生成的點上取平均，大致就是訓練時用得到的坡度。
#
# 再來兩欄，distance 是 500 個生成的點和 500 個真實的點之間精確的推土機距離，modes 是 8 個模式（mode）涵蓋了幾個。（一個點離某個模式的中心不到 4 個標準差，就算它的；一個模式只要分到它該有的點數的十分之一，就算涵蓋。）

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
# 下一格先訓練 600 步，再換上全新的最佳化器，接著練 600 步；untrained 那一列是還沒訓練的樣子。最後順便量一下，那批真實的點和另外 500 個真實的點有多遠，這樣才知道「夠近」是多近。

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
# Nothing blows up, and that may surprise you. After 1,200 steps all 8 modes are covered, and the distance has come down from 0.627 to 0.156, a little more than twice that of other real points (0.070). What runs away is the scale. The steepest slope went from 0.42 to 14 and then to 52, and nothing is there to stop it.
#
# So the critic still points the generator in the right direction, but its numbers have lost their meaning. When the gap between its mean scores grows, you can't tell whether the points have moved apart or the critic has simply become louder. A curve of such numbers tells you little. On these points, and in such a short run, that is all the harm there is. Keep it in mind for section 8, where the same thing happens on MNIST.
#
# ## 3 · Clipping: you choose c and get some K
#
# The oldest brake is the one you know. It overrides `after_update`, and it is line 7 of the paper's Algorithm 1:

# %% [markdown] lang="zh-TW"
# 結果什麼都沒爆炸，有點意外吧？走完 1,200 步，8 個模式全部涵蓋，距離從 0.627 降到 0.156，大約是另一批真實的點（0.070）的兩倍多。失控的是刻度：最陡的斜率從 0.42 到 14，再到 52，前面沒有任何東西會擋它。
#
# 所以評價器還是替生成器指對了方向，只是它喊的數字沒有意義了。兩邊平均分數的差距變大，到底是點離得更遠了，還是它只是嗓門變大了？你分不出來，拿這種數字畫曲線，也看不出什麼。在這些點上、訓練又這麼短，壞處頂多就這樣。先記著，到第 8 節換成 MNIST，就沒這麼好過了。
#
# ## 3 · 裁剪：挑得了 c，挑不了 K
#
# 第一副煞車資格最老，你也已經認識它了。它改寫的是 `after_update`，內容就是論文演算法 1 的第 7 行：


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
# 套件裡也有這個東西，叫 `WeightClipping`。名字不一樣，裡面真的一樣嗎？讓兩邊從同樣的權重出發，吃同樣的點和潛在向量，生成器各走 50 步，再把兩個網路的權重一個一個拿出來比：


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
# 差距是 0：套件做的就是你寫的，一個位元都不差。這種對帳，後面還有兩次。
#
# 那麼，裁剪最多會讓 $K$ 有多大？照連鎖律，一串全連接層再陡，也陡不過各層矩陣範數的乘積，前提是激勵函數（activation）的斜率都不超過 1，leaky ReLU 剛好合格。矩陣的範數 $\|W\|$ 就是它最大的奇異值（singular value），不會超過所有元素平方和的平方根；而裁剪過的矩陣有 $n m$ 個元素，每個最多 $c$ 那麼大。所以 $L$ 層合起來：
#
# $$K \le \prod_{l=1}^{L} \|W_l\| \le \prod_{l=1}^{L} c \sqrt{n_l m_l} \propto c^L.$$
#
# 沒關係，代數字進去就有感覺了。一個是像我們這樣 3 層的評價器，另一個有 12 層：


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
# 裁剪的麻煩，一張表就講完了。上界隨著 $c$ 的「層數」次方長大，同一個值在 3 層裡人畜無害，到了 12 層就離譜了。何況上界只是天花板，要碰到它，得所有權重齊心協力往同一個方向推。評價器最後會停在天花板底下多低的地方？沒有人決定過。
#
# （這套推論對全連接層和卷積都成立，對批次正規化（batch normalization）就不行了。那一層會除以整批資料的離散程度，權重再怎麼裁也管不到結果。第 8 節會回來算這筆帳。）
#
# 算不出來，只好一個一個試。下面試四個 $c$，其他全部一樣。最後一欄 at ±c，是訓練結束時有幾成的權重頂在 $-c$ 或 $c$ 上。

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
# Read it from top to bottom. With $c = 0.003$ the critic is all but flat. Its steepest slope is 4.1e-05, although 64% of its weights push as hard as they may, and the generator is practically where it started, at 0.622. With 0.03 the points spread, but find no mode; with 0.1 they find 4. And with $c = 1$ not a single weight has reached its bound. Compare that row with section 2 after 600 steps: the numbers are the same. A bound that nothing touches is no constraint, and with such a wide range it would take the weights a long time to get there.
#
# Here are the same runs as landscapes. All panels share one scale of colours, and its steps grow by factors of about 3, because the slopes in the table differ by a factor of more than 300,000.

# %% [markdown] lang="zh-TW"
# 從上往下看。$c = 0.003$ 的評價器幾乎是一片平地：64% 的權重已經卯足全力頂到底了，最陡的斜率還是只有 4.1e-05，生成器等於原地踏步，距離 0.622。放寬到 0.03，點散開了，可是一個模式也沒找到；0.1 找到 4 個。到了 $c = 1$，沒有半個權重碰到邊界。把這一列和第 2 節走完 600 步的那一列擺在一起看：數字一模一樣。沒人碰得到的圍牆，有跟沒有一樣；牆又圍得這麼遠，權重要走很久才走得到。
#
# 接著把同樣幾次訓練畫成地形圖。所有子圖共用一套顏色，每跳一級大約差 3 倍。不這樣畫不行，表裡的斜率相差可是超過 300,000 倍。

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
# So under clipping, $K$ is not something you set. You set $c$, the shape of the network does the rest, and only when the training is over do you find out what slope you got. Play with it in the lab: a critic learns to tell two clusters of points on a line apart, and you have the slider for $c$. Then make the network deeper, and watch how narrow the window gets between a slope that vanishes and one that explodes. (On pages that only display notebooks, the lab stays empty; it needs Jupyter, VS Code or Colab.)

# %% [markdown] lang="zh-TW"
# 黑點是真實的，綠點是生成的。紫色是評價器給高分的地方，橘色是給低分的地方，都從那張子圖自己的中位數算起（色條上的 score, from its median）。標題是 c 的值，no constraint 則是完全不加約束的那一次。
#
# 第一張一片白，不是沒印出來，是真的沒東西可看：用這個刻度來看，斜率 4.1e-05 的評價器等於沒意見。最後兩張根本是同一張圖。前面那種平過頭，後面這種沒人管，夾在中間的 $c = 0.1$ 才像話：評價器有人拉著，還是替生成器指得出路。
#
# 所以用裁剪的時候，$K$ 輪不到你來設定。你設的是 $c$，剩下的看網路長什麼樣子，等訓練完才揭曉斜率是多少，跟抽卡差不多。來 lab 玩玩看：評價器要學會分辨一條線上的兩堆點，$c$ 的滑桿在你手上。玩熟了再把網路加深，看看斜率消失和爆炸之間的空隙會縮得多窄。（只會顯示筆記本的網頁上，lab 是空的，請用 Jupyter、VS Code 或 Colab 打開。）

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
# $c$ 挑到這裡應該夠了吧。接下來的兩副煞車都直接對斜率下手：一副開口跟評價器要，另一副乾脆做進每一層裡。
#
# ## 4 · 梯度懲罰：要什麼斜率，直接講
#
# 既然在乎的是斜率，那就把斜率寫進損失裡啊。這就是 [Gulrajani 等人（2017）](https://arxiv.org/abs/1704.00028)的主意，方法叫 WGAN-GP。該要求多大的斜率，他們的命題 1 有答案：先找出總搬運距離最短的搬法，這樣每個生成的點都配到一個真實的點。沿著兩點的連線走過去，最好的評價器會一路上坡，斜率不多不少就是 1。（還記得黏土搬運公司嗎？它開的價格就是這個坡。）可惜訓練的時候，沒有人知道那個搬法。所以他們把真實的點 $x$ 和生成的點 $\tilde x$ 隨機混合，哪裡的斜率不是 1，就罰哪裡：
#
# $$\lambda \, \mathbb{E}_{\hat x} \left( \|\nabla_{\hat x} f(\hat x)\| - 1 \right)^2, \qquad \hat x = \epsilon x + (1 - \epsilon) \tilde x, \qquad \epsilon \sim U[0, 1).$$
#
# 翻成人話：在一個真實的點和一個生成的點之間隨便挑個位置，量量那裡有多陡，跟 1 差多少，平方之後乘上 λ，就是罰單上的金額。
#
# 寫成程式，就是改寫 `penalty`。每一對點有自己的混合比例 ε，一樣從編了號的表裡拿；再用一個 tape 算出分數對混合點的梯度。這些全發生在評價器損失的那個 tape 裡面，所以更新評價器的時候，還得把這個梯度再微分一次。這個二階微分，就是它的代價。


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
# 又是零，所以這就是套件的 `GradientPenalty`。只剩下權重 λ 要決定。論文從頭到尾都用 10，你找得到的程式大多也跟著用。那我們也試試，再加兩個小一點的：

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
# λ 用 1 和 0.1 都行得通。距離是 0.224 和 0.209。裁剪試過的那幾個 $c$ 裡，真的管得住、又找得到模式的只有一個，成績跟這裡差不多。這兩個 λ，大的那個，資料上的平均斜率是 1.1，離我們要求的 1 很近；小的那個是 1.8，罰得輕，管得就鬆。可是用 10 的那一次，生成器最後停在 1.391，比沒訓練還糟，距離是訓練前的兩倍多。難道這個方法不行？
#
# 方法沒問題，只是 λ 這個數字是帶單位的，該用多大，要看長度拿什麼單位來量。幫評價器算一下帳就懂了。它要是整片躺平，斜率到處都跟要求差 1，罰金剛好就是 λ，在這裡是 10。那認真把兩堆點分開，能賺多少？賺的是兩邊平均分數的差距，斜率是 1 的話，最多就是推土機距離，一開始大約 0.6。罰金比獎金重了不只十倍，它當然先顧著把斜率弄對，至於坡該朝哪邊，幾乎沒空管。圖片有好幾百個像素，彼此離得比這些點遠多了，所以 10 在那裡還管用。
#
# 講得頭頭是道，總要驗證一下。如果真是這樣，換個小一點的單位來量同樣的點，應該就會好轉。那就把所有長度乘以 10，λ = 10 不變：

# %%
wgan = PenaltyWGAN(*new_networks(), weight=10.0)
wgan.generator.add(keras.layers.Rescaling(10.0))
points = train(wgan, scale=10.0)
print("λ = 10, all lengths times 10")
print(f"distance {earth_mover_of_samples(REAL[:500], points)[0]:.3f} (times 10)")
print("modes   ", mode_coverage(points, "8-gaussians")["modes"])

# %% [markdown] lang="en"
# It helps, but only in part. In the old unit, the distance is 0.371 instead of 1.391, so the generator no longer flies off. But it doesn't cover a single mode, and by distance alone, clipping did better for every $c$ but 0.003. On paper the two parts of the loss are now in the same proportion as with λ = 1 before, which had reached 0.224. What is left of the difference probably comes from the networks, since their initial weights and the optimizer's steps haven't been multiplied by anything. So the unit explains a good part of it, but not everything.
#
# Either way, there is no contradiction in saying "use the penalty" and "λ = 10 can ruin it". Choose λ with the distances of your data in mind: something of the order of the distance between real and generated data at the start. Here that was 0.6, and 1 and 0.1 worked. Gulrajani et al. use 0.1 themselves in their [toy-data script](https://github.com/igul222/improved_wgan_training/blob/master/gan_toy.py).
#
# ## 5 · Spectral normalisation: divide each layer by its norm
#
# [Miyato et al. (2018)](https://arxiv.org/abs/1802.05957) go back to the product of norms in section 3 and make each factor 1. Wherever the critic uses a matrix $W$, it now uses $W / \sigma(W)$, where $\sigma(W)$ is the largest singular value (their equation 8). A critic of dense layers and leaky ReLU then has $K \le 1$, however deep it is, and there is nothing to choose. (The kernel of a convolution is treated as a matrix, too, and there $K$ can be larger than 1, as you'll see in section 8.)
#
# But how do we get $\sigma$ at each step without decomposing every matrix? By *power iteration*: multiply a vector by the matrix and then by its transpose, again and again, and it turns towards the direction that the matrix stretches most. Watch it on a matrix of random numbers:

# %% [markdown] lang="zh-TW"
# 有效，但只好了一部分。換回原本的單位，距離是 0.371，不再是 1.391，生成器總算不會飛走了。可是它連一個模式都沒涵蓋到；光比距離，裁剪除了 $c$ 是 0.003 那次，每一次都贏它。照算式看，損失兩個部分的比例現在跟剛才 λ = 1 那次一樣，而那次的距離是 0.224。剩下的差距應該出在網路身上，因為初始權重和最佳化器的步伐可沒有跟著放大。所以單位解釋得了一大半，但不是全部。
#
# 不管怎樣，「請用梯度懲罰」和「λ = 10 會毀了它」一點都不矛盾。挑 λ 之前，先看訓練剛開始時，真實資料和生成資料差多遠，λ 大概取同一個數量級就好。這裡的距離是 0.6，用 1 和 0.1 都行。Gulrajani 等人自己[跑玩具資料的程式](https://github.com/igul222/improved_wgan_training/blob/master/gan_toy.py)，用的也是 0.1。一句話：λ 要看著資料挑，不是看著論文抄。
#
# ## 5 · 譜正規化：每一層除以自己的範數
#
# 第二種做法換了個思路：不開罰單，直接把車改到快不起來。[Miyato 等人（2018）](https://arxiv.org/abs/1802.05957)回到第 3 節那一串範數的乘積，把每一個都變成 1。怎麼變？評價器凡是要用矩陣 $W$ 的地方，一律改用 $W / \sigma(W)$，其中 $\sigma(W)$ 是最大的奇異值（論文的式 8）。這樣一來，全連接層和 leaky ReLU 疊出來的評價器，疊得再深都有 $K \le 1$，而且什麼都不用挑。（卷積層的核，也就是 kernel，同樣當成矩陣來除，那時 $K$ 可以超過 1，第 8 節就會看到。）
#
# 問題來了：每一步都需要 $\sigma$，總不能每一步都把每個矩陣分解一遍吧？這時候請出**冪次疊代法**：拿一個向量乘上矩陣，再乘上它的轉置，一遍又一遍，向量自己就會轉向被矩陣拉得最長的那個方向。找一個亂數矩陣來看看：


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
# 最開始的方向是隨便選的，被拉長 8.212 倍。疊代 20 次變成 16.026；100 次就跟 NumPy 老老實實分解出來的 16.040 一樣了。訓練的時候，每一步疊代一次就夠，因為權重一步只動一點點，向量跟得上就好，不必每次從頭追。
#
# 下面的類別替每個核留一個這樣的向量。它改寫 `score`，呼叫評價器時，用除過的核頂替原本的；也改寫 `after_update`，把每個向量再轉一點點。梯度同樣會流過 $\sigma$，所以評價器學的時候就知道，自己的核等一下會被除。


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
# 連三個零。用它訓練一次，再把評價器的三個核拿出來檢查：

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
# 核本身的範數在 1.33 到 1.75 之間，評價器實際用的時候則是 1.0093、1.0162 和 1.0000；多出來的一點點，是因為每一步只疊代一次。三個乘起來，$K$ 最多大約 1.03。我們找到的最陡斜率低得多，只有 0.25，因為各層拉長的方向不一樣，每經過一個 leaky ReLU 又要打一次折。生成器的成績跟其他做法差不多：找到 3 個模式，距離 0.232。
#
# 兩副新煞車也畫成地形圖，顏色跟第 3 節的一樣：

# %%
draw_runs(penalised | {"spectral": spectral})

# %% [markdown] lang="en"
# *Black: real points, green: generated points, violet: high scores, orange: low scores.*
#
# With λ = 1 and λ = 0.1, a crest runs through all 8 modes, and you can see the points climb it. Spectral normalisation has the same shape, only flatter. And with λ = 10 you see what went wrong: there is a fine steady slope, but it doesn't lead to the modes, and the points have drifted off at the bottom.
#
# It's time to be frank: as far as the generator goes, none of the three constraints clearly beats leaving the critic unconstrained, at least on these points and in such a short run. Leave out the clipping that was too tight and the λ that was too large, in either unit, and all generators end up about equally far from the real points, the one without any constraint included. What differs is how far you can trust the critic, and that is what the next two sections look at: first at its gradient in a deep network, and then at how much of the distance it finds.
#
# ## 6 · What depth does
#
# So far, the critic has had 3 layers. Clipping's bound was a product over layers, and the gradient that flows back through the network is a product as well, with one factor for each layer, so that any shrinking or growing compounds. Gulrajani et al. (2017, figure 1b) show what comes of that with points along a Swiss roll. Let's reproduce it.
#
# For this, the generator stands still. A "generated" point is a real one plus noise with a standard deviation of 0.5, and we train critics alone, of 3 and of 12 layers, for 400 steps each. Then we take two gradients of the score: one with respect to what the first layer receives, one with respect to what the last layer receives. Their ratio tells you how much the gradient shrinks or grows on the way.

# %% [markdown] lang="zh-TW"
# 黑點是真實的，綠點是生成的；紫色是高分，橘色是低分。標題是 λ 的值，spectral 是譜正規化。
#
# λ = 1 和 λ = 0.1 的地形上，有一條稜線串起全部 8 個模式，看得到點正在往上爬。譜正規化的山形也一樣，只是平緩許多。λ = 10 錯在哪裡，這下一眼就看出來了：坡是又穩又漂亮的坡，只是不通往那些模式，大部分的點就順著它跑掉了。
#
# 說句老實話：光看生成器的成績，沒有哪一種約束明顯贏過什麼都不加，至少在這些點上、訓練又這麼短的時候是這樣。把裁得太緊的和 λ 太大的（不管用哪個單位）剔掉，剩下的生成器離真實的點都差不多遠，完全不加約束的那個也不例外。那煞車是裝心酸的嗎？倒也不是，差別在於評價器的話能信幾分。接下來兩節就來查這件事：先看網路一深，它的梯度會怎樣，再看它找到了多少距離。
#
# ## 6 · 深度會惹出什麼事
#
# 到目前為止，評價器都只有 3 層。裁剪的上界是各層相乘，梯度沿著網路往回走的時候也是：每過一層就乘上一個倍率。這跟複利一樣，每次差一點，滾久了很可怕。Gulrajani 等人（2017，圖 1b）用排成瑞士捲（Swiss roll）的點示範過後果，我們也來重做一遍。
#
# 為了只看評價器，先叫生成器站好別動。「生成」的點就是真實的點加上標準差 0.5 的雜訊，然後單獨訓練評價器，3 層和 12 層的都練，各 400 步。練完算兩個梯度：分數對第一層輸入的，和分數對最後一層輸入的。前者除以後者，就知道梯度一路傳回來，被放大還是縮小了幾倍。


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
# Look at the row of 12 layers. With $c = 0.01$, only 1.4e-15 of the gradient arrives: next to nothing that the first layer could learn from. With $c = 0.1$, which was harmless in 3 layers with a ratio of 1.2, the gradient grows by a factor of 380,000. The penalty and spectral normalisation, at 0.72 and 0.56, hardly notice the depth. Here is how it happens, layer by layer:

# %% [markdown] lang="zh-TW"
# 看 12 層那一列。$c = 0.01$ 的時候，梯度走到第一層只剩 1.4e-15 倍，連塞牙縫都不夠，第一層幾乎學不到東西。$c = 0.1$ 在 3 層裡明明很乖，比值是 1.2，到了這裡卻炸成 380,000 倍。梯度懲罰（penalty）和譜正規化（spectral）是 0.72 和 0.56，好像沒發現自己變深了。一層一層攤開來，看看是怎麼回事：

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
# For the two clipped critics these are nearly straight lines on a logarithmic scale, except at the first layer, where both turn down: each layer multiplies the gradient by about the same factor. On average over the whole way back, that is roughly a twentieth for $c = 0.01$ and roughly 3 for $c = 0.1$. (Leave out the first layer, and the second factor is about 4.) Somewhere in between there must be a $c$ that suits 12 layers. For 20 layers it would be a different one.
#
# ## 7 · How much of the distance does a critic find?
#
# A critic can be perfectly Lipschitz and still know little. The duality that a WGAN rests on (Kantorovich-Rubinstein) lets us grade it: the gap between its mean scores, divided by its $K$, is at most the exact Earth-Mover distance, and only the best critic reaches it. So the share of the distance that a critic finds is a grade from 0 to 100%, whatever its scale. For $K$ we have to take the steepest slope on a grid, this time out to ±1.5. That is a lower bound of $K$, which makes the grades too good. On the other hand, a critic is graded on 128 points that it has not been trained on, which makes them worse. So read the grades as a ranking, and not as exact shares. (The critics have 4 layers here and are trained alone, as in section 6, so their slopes are not those of section 3.)
#
# The last column tests Proposition 1 exactly where it applies: on the way from each generated point to its partner in the optimal plan, along a straight line. For 128 points in the plane, we can compute that plan. The best critic is nowhere steeper than on these lines, so 100% is best.

# %% [markdown] lang="zh-TW"
# 橫軸是從點那一側數起的第幾層，縱軸是分數對那一層輸入的梯度，取平均範數，再除以最後一層的值，用對數刻度。請從右往左看，梯度就是這樣走的。
#
# 在對數刻度上，兩個裁剪的評價器差不多是直線，也就是每一層都乘上差不多的倍率；只有到了第一層，兩條都往下折。整趟路平均下來，$c = 0.01$ 每層大約乘上二十分之一，$c = 0.1$ 大約是 3 倍。（不算第一層的話，後者大約是 4 倍。）兩者之間一定有某個 $c$ 剛好適合 12 層。恭喜你找到它，然後網路換成 20 層，請再找一次。
#
# ## 7 · 評價器找到了多少距離？
#
# 乖乖遵守 Lipschitz 約束的評價器，不見得懂很多，就像從不超速的人也可能開錯路。還好 WGAN 靠的對偶（Kantorovich-Rubinstein 定理）可以拿來打成績：兩邊平均分數的差距，除以評價器的 $K$，最多就是精確的推土機距離，只有最好的評價器才拿得到這個數字。所以「找到了距離的幾成」就是成績，從 0 到 100%，評價器的分數放大幾倍都不影響。$K$ 只好用格點上最陡的斜率代替，這次格點鋪到 ±1.5。這樣得到的是 $K$ 的下界，成績會偏高；可是考題是 128 個訓練時沒看過的點，成績又會偏低。所以看名次就好，別把百分比看得太死。（這裡的評價器有 4 層，而且像第 6 節那樣單獨訓練，所以斜率跟第 3 節的不能直接比。）
#
# 表裡的 exact 是精確距離，share of the distance 是找到的比例。最後一欄驗證命題 1：在每個生成的點和它配到的真實的點之間，沿著連線量斜率，取平均，再除以全場最陡的斜率。（平面上只有 128 個點，誰配誰算得出來。）最好的評價器，在這些連線上就是全場最陡，所以滿分是 100%。

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
# The penalty with λ = 1 is ahead on both. It finds 76% of the distance for the 8 Gaussians and 67% for the Swiss roll. Spectral normalisation finds 55 and 60%, and clipping, with either $c$, between 34 and 42%. The critic with λ = 1 also comes nearest to Proposition 1, with a mean slope on the way of 81% of its steepest one, both times. But note that its steepest slope is 1.6 and 1.4: a penalty pulls the slope towards 1, but guarantees nothing.
#
# What do the clipped critics lack? Here is one of them, next to the penalty and spectral normalisation. Each critic is divided by its own steepest slope, so that one scale of colours serves for all:

# %% [markdown] lang="zh-TW"
# 每條長條是一個評價器走完 800 步之後，找到了精確推土機距離的百分之幾。橘色是裁剪，藍色是梯度懲罰，綠色是譜正規化；上圖是圍成一圈的高斯分布，下圖是瑞士捲（swiss-roll）。
#
# 兩組資料都是 λ = 1 的梯度懲罰領先。它在 8 個高斯分布上找到 76%，在瑞士捲上找到 67%。譜正規化是 55 和 60%；裁剪的兩個 $c$ 都在 34 到 42% 之間。最接近命題 1 的也是 λ = 1：一路上的平均斜率是最陡斜率的 81%，兩次都是。不過先別急著鼓掌，它最陡的斜率是 1.6 和 1.4：懲罰會把斜率往 1 拉，但什麼都不保證。
#
# 那裁剪的評價器到底少了什麼？挑一個出來，跟梯度懲罰、譜正規化排在一起看。三個都先除以自己最陡的斜率，才能共用一套顏色：

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
# Enough of points; let's move on to digits, with the networks of the package, and with its strategies, which matched yours to the last bit on the points. Each run takes 250 generator steps with batches of 32, one critic step for each, and a learning rate of 2e-3. The critics differ in more than the constraint, because each method comes with what suits it. The two with clipping and `none, batch norm.` use RMSprop, the other three Adam, and the names say the rest:
#
# - no constraint, once without any normalisation and once with batch normalisation (`none, batch norm.`);
# - clipping to ±0.5, without any normalisation;
# - clipping to ±0.05 with batch normalisation, whose own gains are not clipped;
# - the penalty with layer normalisation, with λ = 1, on every fourth pair of a batch only, to make a step cheaper;
# - spectral normalisation with MaxMin, an activation that sorts its inputs in pairs where leaky ReLU would flatten the negative ones, so that no slope is lost.
#
# The last three are close to what the package recommends for each method. The table shows the mean slope of the score between real and generated pictures, at the first step and at the last one, and the *Fréchet distance* between 1,000 pictures and 1,000 test images (Heusel et al., 2017, [arXiv:1706.08500](https://arxiv.org/abs/1706.08500)), in the features of a small classifier as in the notebooks before: 0 is best.

# %% [markdown] lang="zh-TW"
# 黑點是真實的；紫色是分數高於中位數的地方，橘色是低於中位數的地方（色條上的 score / steepest slope，就是分數除以最陡的斜率）。一欄一個評價器，一列一組資料。
#
# 裁剪的評價器是用幾塊大平面拼出來的，很像摺紙：圓環上是一片平台，瑞士捲上是一面斜屋頂。梯度懲罰那一欄，圓環上有一條稜線，瑞士捲裡還堆出一個山頭。譜正規化介於兩者之間：圓環上也是平台，只是圓潤一點；到了瑞士捲，它就有山頭了。表達能力縮水，就是 Gulrajani 等人批評裁剪的另一半理由（論文第 3.1 節和圖 1a）。簡單講，裁剪不只難調，還把評價器裁笨了。
#
# ## 8 · 換 MNIST 上場
#
# 點玩夠了，來寫數字。網路用套件的，約束也用套件的，反正在那些點上對過三次帳，跟你寫的一個位元都不差。每個實驗都讓生成器走 250 步，批次大小 32，生成器每走一步評價器也走一步，學習率 2e-3。六個評價器差的不只是約束，因為每種方法都配上適合它的東西：兩個裁剪的和 `none, batch norm.` 用 RMSprop，另外三個用 Adam，其他的看名字就知道：
#
# - no constraint 是完全不加約束，也沒有任何正規化層；另外有一個也不加約束，但用了批次正規化（`none, batch norm.`）；
# - 裁剪到 ±0.5，沒有正規化層；
# - 裁剪到 ±0.05，加批次正規化，不過正規化層自己的增益（gain）不裁；
# - penalty 是梯度懲罰，搭配層正規化（layer normalization），λ = 1，一批裡每四對只罰一對，每一步可以少算一點；
# - spectral 是譜正規化，激勵函數用 MaxMin：leaky ReLU 會把負的輸入縮小，MaxMin 則是把輸入兩個兩個排序，只換順序、不縮小，所以斜率不會一層一層變小。
#
# 最後三個都很接近套件給各種方法的建議設定。表裡的 mean slope between，是分數在真實和生成的圖片之間的平均斜率，at first 是第一步，at last 是最後一步。最右邊是 1,000 張圖片和 1,000 張保留的測試影像（held-out）之間的 **Fréchet 距離**（Heusel 等人，2017，[arXiv:1706.08500](https://arxiv.org/abs/1706.08500)）：跟前面的筆記本一樣，比的是小分類器看到的特徵，0 最好。

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
# 六個實驗用同一個種子，一個跑完換下一個。表格下面是每個實驗畫的前 10 張圖片。

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
# Now the missing brakes do matter. Without a constraint, the mean slope between the pictures went from 0.0056 to 170 within 250 steps, and with $c = 0.5$ to 3,500. (With 250 steps of about 2e-3, a weight can hardly get as far as 0.5, so that critic is practically unconstrained, too, only with another optimizer.) Their generators draw bent strokes, at distances of 12.61 and 14.92. The three critics that are held back have slopes of 9.9, 1.4 and 0.9, and you can begin to read their generators' digits, at distances of 5.978, 7.343 and 7.392.
#
# But look at the second row. With batch normalisation and no constraint at all, the digits are about as good, at 6.488, although the slope has reached 59. So within 250 steps, batch normalisation alone is enough for such digits. Read each row as a whole recipe, then, and not as a verdict on its constraint. The closest to a fair comparison is that of the first row with spectral normalisation, which has the same optimizer and no normalisation layers either, only another activation: 12.61 against 7.392. Between the better four, one seed and so few steps decide nothing.
#
# There is something odd about the two with batch normalisation, though. The bound of section 3 does not cover them, clipped or not. And what is their slope "at a picture"? Let the clipped one score the very same digit twice: once in a batch with 31 other real digits, and once with 10 generated pictures.

# %% [markdown] lang="zh-TW"
# 圖由上到下，就是表裡的六個實驗，一列一個；標題裡的 norm. 是 normalization（正規化）的縮寫。
#
# 這下沒煞車就有差了。不加約束的話，圖片之間的平均斜率在 250 步內從 0.0056 衝到 170，$c = 0.5$ 更衝到 3,500。（250 步、每步大約 2e-3，權重很難走到 0.5 那麼遠，所以這個其實也等於沒約束，只是換了最佳化器。）它們的生成器畫出來的，是一堆歪七扭八的筆畫，Fréchet 距離是 12.61 和 14.92。煞得住的三個，斜率是 9.9、1.4 和 0.9，生成器寫的數字漸漸看得懂了，距離是 5.978、7.343 和 7.392。
#
# 可是請看第二列。只有批次正規化、什麼約束都沒加，數字居然差不多好，6.488，雖然斜率已經跑到 59 了。所以只練 250 步的話，光靠批次正規化就畫得出這種數字。這也表示每一列要整組一起看，別把功勞或過錯全算到約束頭上。想找比較公平的一對，就拿第一列跟譜正規化比：最佳化器一樣，都沒有正規化層，只差激勵函數，12.61 對 7.392。至於成績比較好的那四個，只有一個種子、這麼少步，分不出高下，先別排名。
#
# 說到批次正規化，那兩個其實有點怪。第 3 節的上界管不到它們，裁不裁都一樣。再說，它們「在某張圖片上」的斜率是什麼意思？做個小實驗：請裁剪的那個替同一張數字打兩次分數，一次跟另外 31 張真的數字放在同一批，一次跟 10 張生成的圖片放在同一批。

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
# The same picture gets −3.676 in the one batch and −5.492 in the other. With layer normalisation it gets −10.190 both times, as you'd expect of a function of one picture. So with batch normalisation, the slope at a single picture is not even defined. That is why `GradientPenalty` refuses such a critic, and why you should not read the estimate of such a critic as a distance. That clipping trains well with it, as the table shows, is another matter.
#
# ## 9 · Which one to choose
#
# Here is the notebook in one table:
#
# | | clipping | gradient penalty | spectral normalisation |
# | --- | --- | --- | --- |
# | what you set | $c$ | a slope of 1, and λ | nothing |
# | what you know of $K$ | at most the product in section 3, which is often far too high | the slope is pulled towards 1 where it is asked for, with no bound | about 1 at most, for dense layers |
# | the gradient in 12 layers, first / last | vanishes or explodes | 0.72 | 0.56 |
# | of the distance, section 7 | 34 to 42% | 63 to 76% | 55 to 60% |
# | what it costs | a search for $c$ | a second derivative, and no batch normalisation | a product or two for each kernel |
#
# So begin with the penalty, and with a λ of the order of the distances in your data. Use spectral normalisation where a second derivative is too expensive or unavailable. Clip to understand the paper, or where you know a $c$ that works. You may ask why the penalty, when clipping had the smallest distance in section 8. There, the better four were too close to tell apart. What speaks for the penalty is the share of the distance that it finds (section 7), and that it doesn't depend on the depth, while a good $c$ does (section 6). All of this comes from small networks, short runs and one seed; longer runs with several seeds are in [docs/scores.md](../../docs/scores.md).
#
# ## What you have seen
#
# - Without a constraint nothing exploded in the plane, and the generator did as well as any. But the steepest slope grew from 0.42 to 52, and the scores lost their meaning. On MNIST the pictures suffered, too, unless the critic had batch normalisation.
# - Clipping gives you some $K$: from $c = 0.003$ to $c = 1$ the steepest slope went from 4.1e-05 to 14, and only $c = 0.1$ held the critic back and still led the generator to some of the modes.
# - In 12 layers, the same $c = 0.1$ blew the gradient up by a factor of 380,000, and $c = 0.01$ left 1.4e-15 of it.
# - The penalty with λ = 1 found the largest share of the distance, 76 and 67%. With λ = 10 it sent the generator astray, since λ has to suit the distances in the data.
# - Spectral normalisation needs one vector for each kernel, and one power iteration in each step.
# - Your three classes of a few lines each trained to the same weights as the package's strategies, to the last bit.
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
# penalty, layer norm.    -10.19    -9.92, change / distance 0.03
# ```
#
# The quotient is one more lower bound of $K$, and nothing more than that. For this shift, the unconstrained critic changes 30 times as fast as the penalised one. (The 3,352 itself says nothing, because a critic's scores are only defined up to a constant.) Between real and generated pictures, where its mean slope was 170, it changes faster still.
#
# </details>
#
# ## Next
#
# [04_fashion_and_sampling](04_fashion_and_sampling.ipynb) takes the penalty to Fashion-MNIST and to pictures of your own, and ends with a generator that runs without this package.

# %% [markdown] lang="zh-TW"
# 同一張圖片，跟這群人同桌得 −3.676 分，換一桌就變成 −5.492 分，這位評審也太看旁人的臉色了。用層正規化的那個，兩次都是 −10.190，只看一張圖片的函數本來就該這樣。所以有了批次正規化，「一張圖片上的斜率」連定義都沒有。這就是 `GradientPenalty` 不收這種評價器的原因，而這種評價器兩邊平均分數的差距，也不要當成推土機距離來讀。至於表裡裁剪搭配它訓練得很好，那是另一回事。
#
# ## 9 · 到底該選哪一個
#
# 三副煞車的脾氣你都摸過了，整份筆記本濃縮成一張表：
#
# | | 裁剪 | 梯度懲罰 | 譜正規化 |
# | --- | --- | --- | --- |
# | 你要設定 | $c$ | 斜率 1，還有 λ | 什麼都不用 |
# | 關於 $K$，你能確定的 | 最多是第 3 節的乘積，常常高得離譜 | 有要求的地方，斜率會被拉向 1，但沒有上界 | 全連接層的話，最多大約 1 |
# | 12 層的梯度（第一層 / 最後一層） | 不是消失就是爆炸 | 0.72 | 0.56 |
# | 找到幾成的距離（第 7 節） | 34 到 42% | 63 到 76% | 55 到 60% |
# | 代價 | 得自己去找 $c$ | 二階微分，而且不能用批次正規化 | 每個核多一兩次乘法 |
#
# 所以，先用梯度懲罰，λ 跟資料裡的距離同一個數量級。二階微分太貴，或根本算不了，就用譜正規化。想讀懂論文，或手上剛好有一個好用的 $c$，再用裁剪。等等，第 8 節距離最小的不是裁剪嗎，怎麼叫人先用梯度懲罰？因為那裡前四名差不多，分不出高下。選它的理由有兩個：它找到的距離比較多（第 7 節），而且網路加深也不用重新調，裁剪的 $c$ 就得重挑（第 6 節）。另外，這些結論全來自小網路、短訓練和一個種子；練得更久、種子更多的結果，放在 [docs/scores.md](../../docs/scores.md)。
#
# ## 重點整理
#
# - 不加約束，平面上什麼都沒爆炸，生成器也沒輸給誰。可是最陡的斜率從 0.42 長到 52，分數也就失去意義了。在 MNIST 上連圖片都遭殃，除非評價器有批次正規化。
# - 裁剪不讓你決定 $K$：從 $c = 0.003$ 到 $c = 1$，最陡的斜率從 4.1e-05 變成 14，只有 $c = 0.1$ 既拉得住評價器，又能帶生成器找到幾個模式。
# - 到了 12 層，同樣的 $c = 0.1$ 讓梯度爆炸成 380,000 倍，$c = 0.01$ 只留下 1.4e-15 倍。
# - λ = 1 的梯度懲罰找到最多距離，76 和 67%。λ = 10 則讓生成器走丟了，因為 λ 要配合資料裡的距離。
# - 譜正規化只要替每個核留一個向量，每一步做一次冪次疊代。
# - 你寫的三個類別，練出來的權重跟套件的一個位元都不差。
#
# ## 練習
#
# 老規矩，先猜，再算。
#
# **1.** $c$ 是多少的時候，第 3 節的上界剛好是 $K \le 1$？3 層和 12 層各算一次。再想想，為什麼這些值不好用？
#
# <details><summary>解答</summary>
#
# 上界等於 $c^L$ 乘上它在 $c = 1$ 時的值，所以把那個值取 $-1/L$ 次方就好：
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
# 要接近那個天花板，所有權重得往同一個方向推。真正的權重有正有負，每一層只做到它能做的一小部分。12 個「一小部分」乘起來就微乎其微了，評價器也就平了。
#
# </details>
#
# **2.** Gulrajani 等人（2017，第 4 節）還提到一種**單邊**的懲罰（one-sided penalty），斜率小於 1 就放過。寫出來，並檢查它算的懲罰是不是和 `GradientPenalty(0.1, one_sided=True)` 一樣。
#
# <details><summary>解答</summary>
#
# `penalty` 只有最後一行不同：
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
# 兩個數字除了捨入誤差以外一樣。測試時請挑一個夠陡的評價器，例如沒加約束的那個。如果到處的斜率都小於 1，單邊的懲罰怎麼算都是 0，寫錯了也看不出來。
#
# </details>
#
# **3.** 有 Lipschitz 約束的評價器不會亂跳：兩張圖片之間，分數最多只能變 $K$ 乘上它們的距離。把一個數字平移 1 個像素，看看不加約束和用梯度懲罰的時候，分數各變多少。
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
# penalty, layer norm.    -10.19    -9.92, change / distance 0.03
# ```
#
# 這個比值又是 $K$ 的一個下界，也就只是下界。光看這次平移，不加約束的評價器，變化的速度是梯度懲罰的 30 倍。（3,352 這個數字本身沒有意義，因為評價器的分數加上任何常數都可以。）到了真實和生成的圖片之間，它的平均斜率是 170，變得更快。
#
# </details>
#
# ## 下一步
#
# 煞車裝好了，該上路了。[04_fashion_and_sampling](04_fashion_and_sampling.ipynb) 會帶著梯度懲罰去畫 Fashion-MNIST，也畫你自己的圖片，最後得到一個不靠這個套件也能跑的生成器。
