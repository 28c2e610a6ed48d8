# %% [markdown] lang="en"
# # 1 · A DCGAN of your own, watched closely
#
# A generative adversarial network is a game between two networks. The *generator* turns random numbers into pictures. The *discriminator* looks at a picture and says how likely it is to be real. Each gets better by playing against the other.
#
# You may well have written one before. You will write it once more here, from an empty page and in fewer than sixty lines, for two reasons. The next notebook turns those lines into a WGAN by changing a handful of them. And this time you won't just look at the pictures: you'll measure what people say about GANs. Does the discriminator win? Do the gradients vanish? Do the loss curves really tell you nothing?
#
# **What you can do afterwards**
#
# - write a DCGAN in Keras, with a `train_step` of your own that works with `fit`;
# - tell the two generator losses apart, and say why nobody uses the one in the original formula;
# - check three common claims about GANs with numbers instead of hearsay.
#
# **How long it takes.** The run shown here took {{minutes}} minutes on two busy cores of a computer without a GPU. With `SETTING = "short"`, everything trains for fewer steps, and you're done sooner. Reading takes twenty minutes.
#
# {{how_to_run}}
#
# Keras downloads MNIST when it is first used.
#
# ## The data
#
# We'll work with MNIST, as everyone does the first time. The package loads it for you; that is all it does for the first half of this notebook. Its images are bytes, one for each pixel, and some are *held out*: no model ever trains on them, since they are there to measure with. The settings are in the next cell as well, random seed included.

# %% [markdown] lang="zh-TW"
# # 1 · 自己寫一個 DCGAN，再拿放大鏡看它
#
# 生成對抗網路是兩個網路的遊戲。*生成器*（generator）把亂數變成圖片，*判別器*（discriminator）看一張圖片，說它有多大的機率是真的。兩邊互相較勁，就一起進步。
#
# 你可能早就寫過 DCGAN 了。這裡還是請你從空白開始，用不到六十行再寫一次，理由有兩個：下一份筆記本只要改其中幾行，它就變成 WGAN；而且這次不只是看圖，大家常說的那些事，判別器會贏、梯度會消失、損失曲線看不出什麼，我們都要量一量。
#
# **讀完之後，你可以**
#
# - 用 Keras 寫一個 DCGAN，`train_step` 自己來，照樣用 `fit` 訓練；
# - 分得清生成器的兩種損失，也說得出為什麼沒有人用原始公式裡的那一種；
# - 用數字而不是道聽塗說，檢查三個關於 GAN 的常見說法。
#
# **要花多久。** 這裡的結果，是在沒有 GPU、兩個核心都很忙的電腦上，花了 {{minutes}} 分鐘跑出來的；改用 `SETTING = "short"`，每次訓練都少走幾步，很快就跑完。閱讀大約二十分鐘。
#
# {{how_to_run}}
#
# 第一次用到 MNIST 時，Keras 會自動下載。
#
# ## 資料
#
# 第一次嘛，大家都用 MNIST，我們也不例外。套件會幫你把它讀進來；前半份筆記本裡，套件就只做這件事。影像是位元組，一個像素一個。有一部分是*保留的測試影像*（held-out）：任何模型都不會拿它們訓練，專門用來測量。所有設定也都寫在這裡，包括隨機種子。

# %%
# %matplotlib inline
import keras
import numpy as np
import tensorflow as tf
from keras import layers
from PIL import Image

from wgan_keras import load_images

SETTING = "full"  # or "short", a quick look ("quick" only tests that the cells run)
DATASET = {"full": "mnist", "short": "mnist", "quick": "digits"}[SETTING]
BATCH_SIZE, RATE = 32, 1e-3
WIDTH, LATENT_DIM, SEED = 32, 16, 0

images, held_out = load_images(DATASET), load_images(DATASET, "test")
print("training", images.shape, images.dtype, "  held out", held_out.shape)

# %% [markdown] lang="en"
# ## Two networks
#
# The generator starts from a *latent*, a short vector of random numbers, sixteen of them here. A dense layer blows it up into a tiny picture of 7×7 with many channels, and each transposed convolution doubles the sides until there are 28×28 pixels. The final tanh keeps every pixel between −1 and 1.
#
# The discriminator walks the same road backwards. Convolutions with a stride of 2 shrink the picture until one number is left, and that number is a *logit*: put it through a sigmoid and you get the probability of being real, which everyone calls D. The sigmoid itself is not a layer here. You'll meet it inside the loss, where it can be computed without overflow. Batch normalisation goes where [Radford, Metz and Chintala (2016)](https://arxiv.org/abs/1511.06434) put it, after every convolution but the first.

# %% [markdown] lang="zh-TW"
# ## 兩個網路
#
# 生成器從*潛在向量*（latent）開始，也就是一小串亂數，這裡是十六個。全連接層先把它撐成一張 7×7、通道很多的小圖，接著每一層轉置卷積把邊長加倍，直到 28×28 個像素為止。最後的 tanh 讓每個像素都落在 −1 和 1 之間。
#
# 判別器把這條路反過來走。步幅 2 的卷積把圖片一路縮小，最後只剩一個數字，這個數字叫做 *logit*：送進 sigmoid，就得到「這是真圖」的機率，大家都叫它 D。不過這裡沒有 sigmoid 這一層，它藏在損失裡面，那樣算才不會溢位。批次正規化則照 [Radford、Metz 與 Chintala（2016）](https://arxiv.org/abs/1511.06434) 的做法，除了第一個卷積之外，每個卷積後面都有。


# %%
def new_generator():
    """From latents (N, LATENT_DIM) to pictures (N, 28, 28, 1) between -1 and 1."""
    return keras.Sequential(
        [
            keras.Input((LATENT_DIM,)),
            layers.Dense(7 * 7 * 2 * WIDTH, use_bias=False),
            layers.Reshape((7, 7, 2 * WIDTH)),
            layers.BatchNormalization(momentum=0.9),
            layers.ReLU(),
            layers.Conv2DTranspose(WIDTH, 4, strides=2, padding="same", use_bias=False),
            layers.BatchNormalization(momentum=0.9),
            layers.ReLU(),
            layers.Conv2DTranspose(1, 4, strides=2, padding="same", activation="tanh"),
        ]
    )


def new_discriminator():
    """From pictures (N, 28, 28, 1) to logits (N, 1)."""
    discriminator = keras.Sequential([keras.Input((28, 28, 1))])
    for filters in (WIDTH, 2 * WIDTH, 2 * WIDTH):
        discriminator.add(layers.Conv2D(filters, 4, strides=2, padding="same"))
        if filters > WIDTH:
            discriminator.add(layers.BatchNormalization(momentum=0.9))
        discriminator.add(layers.LeakyReLU(0.2))
    discriminator.add(layers.Flatten())
    discriminator.add(layers.Dense(1))
    return discriminator


# %% [markdown] lang="en"
# Neither network knows about the other yet. What makes them a GAN is the training.
#
# ## The game, in one `train_step`
#
# The discriminator answers a yes-or-no question about every image, so its loss is the cross-entropy of the answers: $-\log D(x)$ for a real image $x$, and $-\log(1 - D(G(z)))$ for one that the generator made from a latent $z$. In logits, $\log D$ is `log_sigmoid(logit)`, and $\log(1 - D)$ is `log_sigmoid(-logit)`. The generator wants the opposite: the discriminator should say yes to its pictures.
#
# One round of the game looks like this. Follow the arrows down, and remember that gradients travel back up: the generator's gradient passes through the whole discriminator, whose weights stay fixed during that step.
#
# ```
#  latents z            real images x
#      │                      │
#      ▼                      │
#  generator                  │
#      │                      │
#      ▼                      ▼
#  pictures G(z) ───▶  discriminator
#                             │
#                             ▼
#                    logits, one for each
#                             │
#      ┌──────────────────────┤
#      ▼                      ▼
#  generator's loss   discriminator's loss
#  moves generator    moves discriminator
#  (second)           (first)
# ```
#
# In code, the whole round is one method. `fit` calls it with a batch of images, over and over.

# %% [markdown] lang="zh-TW"
# 到目前為止，兩個網路還互不相識呢。讓它們變成 GAN 的，是訓練。
#
# ## 整場遊戲，都在一個 `train_step` 裡
#
# 判別器對每張影像回答一個是非題，所以它的損失就是答案的交叉熵：真實影像 $x$ 是 $-\log D(x)$；生成器用潛在向量 $z$ 畫出來的圖是 $-\log(1 - D(G(z)))$。換成 logit 來寫，$\log D$ 就是 `log_sigmoid(logit)`，$\log(1 - D)$ 就是 `log_sigmoid(-logit)`。生成器要的剛好相反：它希望判別器對它的圖說「是」。
#
# 一回合大概是下面這樣。順著箭頭往下看，再記得一件事：梯度是往上走的。生成器的梯度要一路穿過判別器才回得來，而判別器這時候站著不動。
#
# ```
#  latents z            real images x
#      │                      │
#      ▼                      │
#  generator                  │
#      │                      │
#      ▼                      ▼
#  pictures G(z) ───▶  discriminator
#                             │
#                             ▼
#                    logits, one for each
#                             │
#      ┌──────────────────────┤
#      ▼                      ▼
#  generator's loss   discriminator's loss
#  moves generator    moves discriminator
#  (second)           (first)
# ```
#
# 圖裡的 latents 是潛在向量，real images 是真實影像，pictures 是生成的圖片；先更新判別器（first），再更新生成器（second）。寫成程式，整個回合就是一個方法，`fit` 會一批一批地餵影像給它。

# %%
mean, log_sigmoid = tf.reduce_mean, tf.math.log_sigmoid


class DCGAN(keras.Model):
    """A generator and a discriminator that train against each other."""

    def __init__(self, generator, discriminator):
        super().__init__()
        self.generator, self.discriminator = generator, discriminator

    def compile(self):
        super().compile()
        self.generator_optimizer = keras.optimizers.Adam(RATE, beta_1=0.5)
        self.discriminator_optimizer = keras.optimizers.Adam(RATE, beta_1=0.5)

    def draw_latents(self, count):
        return tf.random.normal((count, LATENT_DIM))

    def train_step(self, images):
        # The discriminator takes a step on real images and as many generated ones.
        real = tf.cast(images, tf.float32) / 127.5 - 1
        fake = self.generator(self.draw_latents(tf.shape(real)[0]), training=True)
        with tf.GradientTape() as tape:
            real_logits = self.discriminator(real, training=True)
            fake_logits = self.discriminator(fake, training=True)
            loss = -mean(log_sigmoid(real_logits)) - mean(log_sigmoid(-fake_logits))
        weights = self.discriminator.trainable_variables
        self.discriminator_optimizer.apply(tape.gradient(loss, weights), weights)

        # The generator takes a step, and its gradient comes through the discriminator.
        latents = self.draw_latents(tf.shape(real)[0])
        with tf.GradientTape() as tape:
            fake = self.generator(latents, training=True)
            fake_logits = self.discriminator(fake, training=True)
            generator_loss = -mean(log_sigmoid(fake_logits))
        weights = self.generator.trainable_variables
        self.generator_optimizer.apply(tape.gradient(generator_loss, weights), weights)
        return {"discriminator_loss": loss, "generator_loss": generator_loss}


# %% [markdown] lang="en"
# If you can read this class, you can read every model in these notebooks. Now let it train, for one pass over the 60,000 images.

# %% [markdown] lang="zh-TW"
# 看得懂這個類別，這系列的每個模型你就都看得懂了。現在讓它把 60,000 張影像看過一遍。

# %%
keras.utils.set_random_seed(SEED)
dcgan = DCGAN(new_generator(), new_discriminator())
dcgan.compile()
history = dcgan.fit(images, batch_size=BATCH_SIZE, epochs=1, verbose=2)

# %% [markdown] lang="en"
# That is a DCGAN, and it didn't take long. Look at what it draws:

# %% [markdown] lang="zh-TW"
# 這就是 DCGAN，沒等多久吧。來看看它畫了什麼：


# %%
def pictures_of(generator, count=40):
    """Pictures of the same latents each time, with pixels from 0 to 1."""
    latents = np.random.default_rng(SEED).normal(size=(count, LATENT_DIM))
    return generator.predict(latents, verbose=0) / 2 + 0.5


def grid(pictures, columns=8):
    """Pictures in rows, each pixel drawn twice as large."""
    pixels = pictures.reshape(-1, columns, 28, 28).transpose(0, 2, 1, 3)
    pixels = pixels.reshape(-1, 28 * columns).repeat(2, axis=0).repeat(2, axis=1)
    return Image.fromarray(np.uint8(255 * pixels))


grid(pictures_of(dcgan.generator))

# %% [markdown] lang="en"
# Most of these are digits, and a few are still making up their minds. Not bad for a single look at the data.
#
# ## Two losses for one wish
#
# One thing in that class deserves a second look. In the original formula the generator *minimises* $\log(1 - D(G(z)))$, the very term that the discriminator maximises. Your class minimises $-\log D(G(z))$ instead, as [Goodfellow et al. (2014)](https://arxiv.org/abs/1406.2661) themselves advise in section 3. Both losses want the same thing. What sets them apart is their slope, so let TensorFlow differentiate both with respect to the logit.

# %% [markdown] lang="zh-TW"
# 大部分已經是數字了，有幾個還在猶豫自己是誰。資料只看過一遍，這樣不錯了。
#
# ## 同一個願望，兩種損失
#
# 剛才那個類別有個地方值得再看一眼。原始公式裡，生成器要*最小化* $\log(1 - D(G(z)))$，也就是判別器想最大化的那一項。你的類別最小化的卻是 $-\log D(G(z))$，這其實是 [Goodfellow 等人（2014）](https://arxiv.org/abs/1406.2661) 自己在第 3 節的建議。兩種損失的願望一樣，差別在斜率，我們請 TensorFlow 把兩者對 logit 微分看看。

# %%
logits = tf.Variable([-10.0, -5.0, -2.0, 0.0, 2.0])
with tf.GradientTape(persistent=True) as tape:
    saturating = log_sigmoid(-logits)  # log(1 − D)
    non_saturating = -log_sigmoid(logits)  # −log D
slopes = [tape.gradient(loss, logits) for loss in (saturating, non_saturating)]
print("   logit          D   slope of log(1 − D)   slope of −log D")
for logit, *row in zip(logits, tf.sigmoid(logits), *slopes):
    print(f"{logit:8.0f}{row[0]:11.5f}{row[1]:22.5f}{row[2]:18.5f}")

# %% [markdown] lang="en"
# Read the first row. The discriminator is certain that the picture is fake, D is nearly 0, and this is exactly when the generator needs help. The slope of $\log(1 - D)$ is $-D$, so it gets none: the surer the discriminator, the fainter the lesson. The slope of $-\log D$ is $-(1 - D)$, close to −1. Keep both in mind, because you're about to measure both while a GAN trains.
#
# ## The package does the same, with more to watch
#
# For the measurements, we switch to `wgan_keras.DCGAN`. It is the class that you just wrote, plus some bookkeeping. You don't have to take that on trust: give both the same start, the same images and the same latents, train them side by side for a few steps, and compare the weights.

# %% [markdown] lang="zh-TW"
# 看第一列。判別器非常確定這張圖是假的，D 幾乎是 0，這正是生成器最需要幫忙的時候。$\log(1 - D)$ 的斜率是 $-D$，所以它什麼忙也幫不上：判別器越有把握，教得就越小聲。$-\log D$ 的斜率是 $-(1 - D)$，接近 −1。兩個都記著，等一下在真正的訓練裡都要量。
#
# ## 套件做的是同一件事，只是多了可以看的東西
#
# 接下來要測量，所以換成 `wgan_keras.DCGAN`。它就是你剛寫的類別，再加上一些記帳的功能。不用相信我：給兩邊同樣的起點、同樣的影像、同樣的潛在向量，各訓練幾步，再比較權重。

# %%
import wgan_keras
from wgan_keras.nets.latents import latents

EQUAL_STEPS = {"full": 20, "short": 20, "quick": 2}[SETTING]


class Replayed(DCGAN):
    """The class above, with the package's random numbers in place of TensorFlow's."""

    draws = tf.Variable(0, dtype="int64")

    def draw_latents(self, count):
        self.draws.assign_add(1)
        return latents(SEED, self.draws, 0, count, LATENT_DIM)


mine = Replayed(new_generator(), new_discriminator())
generator = wgan_keras.build_generator((28, 28, 1), LATENT_DIM, WIDTH)
discriminator = wgan_keras.build_discriminator((28, 28, 1), WIDTH, 0.0, "batch")
generator.set_weights(mine.generator.get_weights())
discriminator.set_weights(mine.discriminator.get_weights())
theirs = wgan_keras.DCGAN(generator, discriminator, seed=SEED)
mine.compile()
theirs.compile(*(keras.optimizers.Adam(RATE, beta_1=0.5) for _ in range(2)))

data = wgan_keras.training_data(images, BATCH_SIZE, seed=SEED)
before = mine.generator.get_weights()
mine.fit(data.dataset(), steps_per_epoch=EQUAL_STEPS, shuffle=False, verbose=0)
theirs.fit(data, steps_per_epoch=EQUAL_STEPS, verbose=0)


def difference(some, others):
    """The largest difference between two lists of weights."""
    return max(np.abs(one - other).max() for one, other in zip(some, others))


print("moved by the training         ", difference(before, mine.generator.get_weights()))
for name in ("generator", "discriminator"):
    pair = [getattr(model, name).get_weights() for model in (mine, theirs)]
    print(f"difference of the {name:13}", difference(*pair))

# %% [markdown] lang="en"
# Training moved the weights by up to 0.976, and the difference between the two models is exactly 0, down to the last bit. From now on, whatever you read about the package's DCGAN is true of yours.
#
# ## Training, with witnesses
#
# Now train it again, and let four callbacks watch:
#
# - `TrainingGif` draws pictures of the same 25 latents again and again;
# - `Quality` gives 1,000 pictures a score, their *Fréchet distance* to 1,000 held-out images ([Heusel et al., 2017](https://arxiv.org/abs/1706.08500)). A small digit classifier turns every image into a list of features. One Gaussian is fitted to the features of the real images and one to those of the generated ones, and the score is the distance between the two Gaussians: 0 would be perfect. (With the features of the Inception network, it is known as FID.)
# - `Balance` measures who is winning, as you'll see below;
# - `LearningCurve` writes everything down.
#
# The model also keeps a moving average of the generator's weights (`average_decay`) and draws its pictures with that, because single steps jitter and their average doesn't.

# %% [markdown] lang="zh-TW"
# 訓練讓權重最多移動了 0.976，兩個模型的差卻剛好是 0，連最後一個位元都一樣。從現在起，套件的 DCGAN 就是你的 DCGAN。
#
# ## 再訓練一次，這次有人在旁邊看
#
# 這次請四個回呼（callback）在旁邊盯著：
#
# - `TrainingGif` 一次又一次畫出同樣的 25 個潛在向量；
# - `Quality` 幫 1,000 張圖片打分數，分數是它們和 1,000 張保留的測試影像之間的 *Fréchet 距離*（[Heusel 等人，2017](https://arxiv.org/abs/1706.08500)）。先用一個小小的數字分類器把每張圖變成一串特徵，真實影像和生成圖片的特徵各擬合一個高斯分布，兩個高斯分布的距離就是分數，0 最完美。（特徵如果來自 Inception 網路，就是大家說的 FID。）
# - `Balance` 量的是比賽打成怎樣，下面會看到；
# - `LearningCurve` 負責把所有數字記下來。
#
# 另外，模型會替生成器的權重算移動平均（`average_decay`），圖片就用平均後的權重來畫，因為單獨一步會抖，平均不會。

# %%
from base64 import b64encode
from pathlib import Path

from IPython.display import HTML

from wgan_keras import Classifier, Evaluator
from wgan_keras.watching.plots import BLUE, GREEN, GREY, ORANGE, new_figure

tf.get_logger().setLevel("ERROR")  # it would warn that each new model is compiled anew
STEPS = {"full": 1200, "short": 300, "quick": 6}[SETTING]


def show_gif(path):
    """Puts a GIF into the notebook itself, so that it moves wherever this is read."""
    encoded = b64encode(Path(path).read_bytes()).decode()
    return HTML(f'<img src="data:image/gif;base64,{encoded}">')


def new_dcgan():
    """The package's DCGAN at its very beginning: the same one at every call."""
    keras.utils.set_random_seed(SEED)
    generator = wgan_keras.build_generator((28, 28, 1), LATENT_DIM, WIDTH)
    discriminator = wgan_keras.build_discriminator((28, 28, 1), WIDTH, 0.0, "batch")
    dcgan = wgan_keras.DCGAN(generator, discriminator, seed=SEED, average_decay=0.999)
    dcgan.compile(*(keras.optimizers.Adam(RATE, beta_1=0.5) for _ in range(2)))
    return dcgan


def train(dcgan, steps, name, watch=()):
    """Trains under the eyes of callbacks; what each step logged, a dict of arrays."""
    curve = wgan_keras.LearningCurve(
        f"runs/01_dcgan/{name}.csv", f"runs/01_dcgan/{name}.png"
    )
    dcgan.fit(data, steps_per_epoch=steps, verbose=0, callbacks=[*watch, curve])
    return {name: np.array(values) for name, values in curve.history.items()}


evaluator = Evaluator(Classifier.shipped("mnist"), held_out[:1000])
watched = new_dcgan()
watch = [
    wgan_keras.TrainingGif(
        "runs/01_dcgan/training.gif", every=max(1, STEPS // 40), count=25
    ),
    wgan_keras.Quality(evaluator, every=max(1, STEPS // 20)),
    wgan_keras.Balance(held_out, every=max(1, STEPS // 100)),
]
log = train(watched, STEPS, "watched", watch)
show_gif("runs/01_dcgan/training.gif")

# %% [markdown] lang="en"
# You can watch it happen: noise, then blobs, then strokes, and then, all of a sudden, digits. The rest of this notebook looks at the same run through numbers.
#
# ## Does the loss tell you how good the pictures are?
#
# Here are both losses, with the Fréchet distance below them. To put a number on how well a loss follows the pictures, take its median between one score and the next, and compute *Spearman's rank correlation* with the distance: 1 means that the loss falls whenever the pictures get better, −1 that it rises whenever they do, and 0 that it pays no attention. The pale lines are single steps, the bold ones the medians.

# %% [markdown] lang="zh-TW"
# 看得到它怎麼長大：先是雜訊，再來是一團一團，然後有了筆畫，突然之間就變成數字了。接下來用數字把同一次訓練再看一遍。
#
# ## 損失能告訴你圖片好不好嗎？
#
# 下面是兩個損失，底下是 Fréchet 距離。要用數字表示的話，先取損失在兩次評分之間的中位數，再算它和距離的 *Spearman 等級相關*：1 表示圖片一變好損失就下降，−1 表示圖片一變好損失就上升，0 就是它根本不在乎。淡色的線是每一步，粗線是中位數。

# %%
from scipy.stats import spearmanr

scored = np.flatnonzero(np.isfinite(log["frechet_distance"]))
distances, steps = log["frechet_distance"][scored], log["step"][scored]
figure, panels = new_figure(5, 5, 2, 1, sharex=True)
print("rank correlation with the Fréchet distance   whole run   second half")
for name, colour in (("discriminator_loss", BLUE), ("generator_loss", ORANGE)):
    medians = [np.median(part) for part in np.split(log[name], scored + 1)[:-1]]
    panels[0].plot(log["step"], log[name], color=colour, alpha=0.2)
    panels[0].plot(steps, medians, color=colour, label=name.replace("_", " "))
    halves = (slice(None), slice(len(scored) // 2, None))
    row = [spearmanr(medians[half], distances[half]).statistic for half in halves]
    print(f"{name:42}" + "".join(f"{value:12.2f}" for value in row))
panels[0].set(title="Losses", ylim=(0, np.percentile(log["generator_loss"], 99)))
panels[0].legend(frameon=False)
panels[1].plot(steps, distances, ".-", color=GREEN)
panels[1].set(title="Fréchet distance of the pictures", xlabel="step", yscale="log")
panels[1].set_yticks([3, 10, 30, 100], ["3", "10", "30", "100"])
panels[1].minorticks_off()
print("Fréchet distance at each score:", *np.round(distances, 1))
figure

# %% [markdown] lang="en"
# Between step 240 and step 1,200 the distance falls from 10.5 to 2.8, and anyone can see the difference in the pictures. Now look at the losses over the same stretch: they are flat. The correlations don't help, either. For both losses, the correlation changes sign between the whole run and its second half: from −0.12 to 0.60 for the discriminator, and from 0.54 to −0.42 for the generator. A guide that changes its mind about the direction is no guide. This is the honest version of "GAN losses tell you nothing": they tell you that neither side has run away, and that is about all.
#
# ## Does the discriminator win?
#
# If it wins, every real image gets a higher logit than every generated one. So `Balance` pairs held-out images with generated ones and counts how often the real one comes out on top: 0.5 means that the discriminator is guessing, 1 that the match is over. It also measures how strong a gradient arrives at the generated pictures, both for the loss in use and for the other one.

# %% [markdown] lang="zh-TW"
# 從第 240 步到第 1,200 步，距離從 10.5 掉到 2.8，圖片的差別誰都看得出來。可是看看同一段的損失：平的。相關也幫不上忙：判別器的損失整段是 −0.12，後半段是 0.60；生成器的是 0.54 和 −0.42。連方向都會改口的嚮導，就不算嚮導了。所以「GAN 的損失看不出什麼」比較老實的講法是：它告訴你兩邊都沒有跑掉，大概就這樣。
#
# ## 判別器會贏嗎？
#
# 它要是贏了，每張真實影像的 logit 都會比每張生成的圖片高。所以 `Balance` 把保留的測試影像和生成的圖片兩兩配對，數數看真的那張有多常贏：0.5 表示判別器在瞎猜，1 表示比賽結束。它也量傳到生成圖片上的梯度有多強，正在用的損失和沒在用的那個都量。


# %%
def quarters(log, name):
    """Medians of what `Balance` measured, in each quarter of a training."""
    values = log[name][np.isfinite(log[name])]
    return [np.median(part) for part in np.array_split(values, 4)]


figure, (won, strength) = new_figure(5, 5, 2, 1, sharex=True)
measured = np.isfinite(log["told_apart"])
won.plot(log["step"][measured], log["told_apart"][measured], color=BLUE)
won.axhline(0.5, color=GREY, linestyle=":")
won.set(title="Pairs in which the real image gets the higher logit", ylim=(0.45, 1.03))
strength.set(title="Gradient at the generated pictures, mean norm", xlabel="step")
print("in each quarter of the run")
print("told apart            ", *(f"{value:8.3f}" for value in quarters(log, "told_apart")))
for name, colour, label in (
    ("generator_gradient", GREEN, "−log D"),
    ("saturating_gradient", ORANGE, "log(1 − D)"),
):
    strength.semilogy(log["step"][measured], log[name][measured], color=colour, label=label)
    print(f"gradient of {label:10}", *(f"{value:8.3f}" for value in quarters(log, name)))
strength.legend(frameon=False)
figure

# %% [markdown] lang="en"
# For the first few dozen steps the discriminator wins every pair. Then the generator catches up, and for the rest of the first quarter the line swings wildly. Once it even leaves the panel at the bottom: at that moment, most generated pictures get higher logits than the real ones. From the second quarter on it is a match, with a median of 0.816 in that quarter and 0.824 in the last two. The discriminator is ahead, but it doesn't run away. The gradient of $-\log D$, the loss in use, stays between 1.1 and 1.4 from quarter to quarter. That of $\log(1 - D)$ is smaller on the whole, and every now and then it falls to a hundredth of that or less.
#
# ## Are all the digits there?
#
# A generator that draws only some of the digits, however well, has *collapsed* to a few modes. Ask the classifier what it sees in 5,000 pictures, and count.

# %% [markdown] lang="zh-TW"
# 最初幾十步，判別器每一對都贏。後來生成器追上來，才真正打成一場比賽：第二個四分之一是 0.816，最後兩個都是 0.824，判別器領先，但沒有跑掉。正在用的 $-\log D$，梯度在各個四分之一裡都在 1.1 和 1.4 之間。$\log(1 - D)$ 的大致上比較小，而且三不五時就掉到不及百分之一。
#
# ## 每個數字都在嗎？
#
# 生成器如果只會畫其中幾個數字，畫得再好，也是*崩潰*到少數幾個模式（mode collapse）。我們問問分類器在 5,000 張圖片裡看到什麼，數一數就知道。

# %%
from wgan_keras.evaluation.metrics import class_shares

_, real = evaluator.classifier(held_out[:5000])
_, generated = evaluator.classifier(watched.sample(5000, seed=1))
print("digit      " + "".join(f"{digit:7}" for digit in range(10)))
for kind, classes in (("real", real), ("generated", generated)):
    print(f"{kind:11}" + "".join(f"{share:7.3f}" for share in class_shares(classes)))
grid(watched.sample(40))

# %% [markdown] lang="en"
# All ten are there. Their shares are not quite right: there are too many nines (0.148 instead of 0.103), for instance, and too few fours (0.072 instead of 0.101). But that is a bias, not a collapse.
#
# ## Do the gradients vanish?
#
# In a running match the generator keeps dodging, so the discriminator never gets as good as it could. The theory of [Arjovsky and Bottou (2017)](https://arxiv.org/abs/1701.04862), theorem 2.4, is about a discriminator that does: the closer it comes to the best one, the smaller the gradient of $\log(1 - D)$. To see that, give the generator's optimizer a learning rate of 0, so that the generator stands still and the discriminator practises alone. Do it twice: with a generator that has barely started, and with the trained one.

# %% [markdown] lang="zh-TW"
# 十個都在。比例不太對：九太多（0.148，應該是 0.103），四太少（0.072，應該是 0.101），不過這叫偏心，不叫崩潰。
#
# ## 梯度會消失嗎？
#
# 比賽進行中，生成器一直在閃躲，所以判別器永遠到不了它能到的最好程度。[Arjovsky 與 Bottou（2017）](https://arxiv.org/abs/1701.04862)的定理 2.4 講的是真的到了那裡的判別器：離最好的那個越近，$\log(1 - D)$ 的梯度就越小。要看到這件事，就把生成器按住，讓判別器自己練習。學習率 0 的最佳化器就能把生成器按住。做兩次：一次用剛起步的生成器，一次用訓練好的。

# %%
ALONE_STEPS = {"full": 300, "short": 100, "quick": 4}[SETTING]
early = new_dcgan()
train(early, max(1, STEPS // 20), "early")
figure, panels = new_figure(5, 5, 2, 1, sharex=True)
print("the discriminator alone          told apart   −log D   log(1 − D)")
for panel, dcgan in zip(panels, (early, watched)):
    after = f"after {dcgan.steps_done.numpy()} steps"
    dcgan.compile(keras.optimizers.SGD(0.0), keras.optimizers.Adam(RATE, beta_1=0.5))
    balance = wgan_keras.Balance(held_out, every=max(1, ALONE_STEPS // 25))
    alone = train(dcgan, ALONE_STEPS, f"alone_{after}", [balance])
    seen = np.flatnonzero(np.isfinite(alone["told_apart"]))
    for name, colour, label in (
        ("generator_gradient", GREEN, "−log D"),
        ("saturating_gradient", ORANGE, "log(1 − D)"),
    ):
        panel.semilogy(seen, alone[name][seen], color=colour, label=label)
    panel.set(title=f"Gradient, generator held still {after}", ylabel="mean norm")
    for when, place in (("first", seen[0]), ("last", seen[-1])):
        print(
            f"{after + ', ' + when:30}{alone['told_apart'][place]:13.4f}"
            f"{alone['generator_gradient'][place]:9.3f}"
            f"{alone['saturating_gradient'][place]:13.5f}"
        )
panels[0].legend(frameon=False)
panels[1].set_xlabel("steps of the discriminator alone")
figure

# %% [markdown] lang="en"
# With the beginner, it goes by the book. After 300 steps the discriminator ranks every single pair correctly, and the gradient of $\log(1 - D)$ has shrunk from 0.520 to 0.005, a hundredth of what it was. A generator that lived on this loss would starve. Meanwhile the gradient of $-\log D$ grows, from 0.418 to 5.382.
#
# With the trained generator, nothing vanishes for good. The discriminator ranks 0.960 of the pairs correctly in the end, and the gradient of $\log(1 - D)$ jumps about between 2.4 and less than 0.1. Look at the other line, though: the gradient of $-\log D$ goes up from 0.026 to 5.823 and shakes on the way. A strong gradient is not yet a helpful one, and the same authors warn that this one gets unsteady (theorem 2.6).
#
# The very first value of that line may surprise you. It is only about a ninetieth of the other loss's, as if the two had swapped roles. They had: in the last row of the table of slopes, you can see them change places as D comes closer to one, and at that moment the discriminator took the generated pictures for real. When we repeated the run and looked at D itself, it swung between almost zero and almost one, for generated and real pictures alike, and sometimes it covered more than half that range in two steps. So the loss in use can fall silent, too. Here it is back at full strength by the next measurement.
#
# ## What you have seen
#
# - **The loss and the pictures.** The losses are flat while the pictures still get much better.
# - **Who wins.** At first, the discriminator wins every pair. Later it stays ahead in 0.824 of them.
# - **Vanishing gradients.** With $\log(1 - D)$ they are real, as soon as the discriminator wins. The loss that everybody uses doesn't have this problem.
# - **Missing digits.** None here.
#
# One seed, one kind of network, 1,200 steps: another DCGAN may behave differently. What the numbers leave us with is a wish list: a loss that means something, and a discriminator that may be as good as it likes. The next notebook goes after that wish list, and gets part of it.
#
# ## Exercises
#
# **1.** What would the discriminator's loss be if it could only guess? Compare it with the loss that `fit` printed at the end of your own DCGAN's training.
#
# <details><summary>Solution</summary>
#
# It would answer D = 0.5 to everything. Each of the two terms is then $\log 2$, so the loss is 1.386. Yours was 0.5818, so it could still tell the two apart. (That is the loss of the last batch alone: when your own training step returns plain numbers, Keras doesn't average them over the epoch.)
#
# ```python
# print(2 * np.log(2))
# ```
#
# </details>
#
# **2.** Give the discriminator five steps for each step of the generator, and see what that does to the match.
#
# <details><summary>Solution</summary>
#
# The package takes `n_discriminator=5`, and a batch that is five times as large. You can ask `Balance` for a measurement at any time.
#
# ```python
# eager = wgan_keras.DCGAN(
#     wgan_keras.build_generator((28, 28, 1), LATENT_DIM, WIDTH),
#     wgan_keras.build_discriminator((28, 28, 1), WIDTH, 0.0, "batch"),
#     n_discriminator=5,
#     seed=SEED,
# )
# eager.compile(*(keras.optimizers.Adam(RATE, beta_1=0.5) for _ in range(2)))
# balance = wgan_keras.Balance(held_out)
# fives = wgan_keras.training_data(images, BATCH_SIZE, 5, SEED)
# eager.fit(fives, steps_per_epoch=ALONE_STEPS, verbose=0, callbacks=[balance])
# print(balance.measure())
# ```
#
# The next notebook plays such an unbalanced match, too, once with a DCGAN and once with a WGAN.
#
# </details>
#
# **3.** Not even real images would score a Fréchet distance of 0. How close do they come?
#
# <details><summary>Solution</summary>
#
# Score 1,000 training images in place of generated ones. Their score is the floor: don't expect any generator to get below it.
#
# ```python
# print(evaluator.frechet_distance(images[:1000]))
# ```
#
# </details>
#
# ## Next
#
# In [02_wgan](02_wgan.ipynb), four changes turn this class into a WGAN.

# %% [markdown] lang="zh-TW"
# 對上新手，結果和書上寫的一樣。300 步之後，判別器每一對都排對了，$\log(1 - D)$ 的梯度從 0.520 縮到 0.005，只剩百分之一。靠這個損失吃飯的生成器會餓死。同一段時間，$-\log D$ 的梯度倒是變大了，從 0.418 到 5.382。
#
# 對上訓練好的生成器，就沒有什麼一去不回。判別器練到 0.960，$\log(1 - D)$ 的梯度在 2.4 和不到 0.1 之間跳來跳去。不過看看另一條線：$-\log D$ 從 0.026 升到 5.823，一路抖上去。梯度強，不代表它有幫助；同一批作者也警告過，這個梯度會變得不穩定（定理 2.6）。
#
# ## 重點整理
#
# - **損失和圖片。** 圖片還在大幅變好，損失就已經平了。
# - **誰贏。** 一開始是判別器；之後它一直領先，配對裡贏了 0.824。
# - **梯度消失。** 對上會贏的判別器，$\log(1 - D)$ 的梯度真的會消失；大家實際在用的損失則沒有這個問題。
# - **缺了哪個數字。** 這裡一個也沒缺。
#
# 一個種子、一種網路、1,200 步：換一個 DCGAN，表現可能不同。這些數字留給我們一張願望清單：想要一個有意義的損失，和一個愛多強就多強的判別器。下一份筆記本就來許願。
#
# ## 練習
#
# **1.** 如果判別器只能瞎猜，損失會是多少？和你自己的 DCGAN 訓練完時 `fit` 印出來的損失比比看。
#
# <details><summary>解答</summary>
#
# 它對什麼都回答 D = 0.5，兩項各是 $\log 2$，所以損失是 1.386。你的平均是 0.5818，表示它還分得出真假。
#
# ```python
# print(2 * np.log(2))
# ```
#
# </details>
#
# **2.** 生成器每走一步，就讓判別器走五步，看看比賽會變成怎樣。
#
# <details><summary>解答</summary>
#
# 套件有 `n_discriminator=5`，批次要跟著變成五倍大。`Balance` 隨時都可以問。
#
# ```python
# eager = wgan_keras.DCGAN(
#     wgan_keras.build_generator((28, 28, 1), LATENT_DIM, WIDTH),
#     wgan_keras.build_discriminator((28, 28, 1), WIDTH, 0.0, "batch"),
#     n_discriminator=5,
#     seed=SEED,
# )
# eager.compile(*(keras.optimizers.Adam(RATE, beta_1=0.5) for _ in range(2)))
# balance = wgan_keras.Balance(held_out)
# fives = wgan_keras.training_data(images, BATCH_SIZE, 5, SEED)
# eager.fit(fives, steps_per_epoch=ALONE_STEPS, verbose=0, callbacks=[balance])
# print(balance.measure())
# ```
#
# 下一份筆記本會把這種不平衡的比賽打到底。
#
# </details>
#
# **3.** 就連真實影像，Fréchet 距離也不會是 0。它們能有多接近？
#
# <details><summary>解答</summary>
#
# 拿 1,000 張訓練影像代替生成的圖片去評分。它們得到的就是下限，別指望有生成器比它更低。
#
# ```python
# print(evaluator.frechet_distance(images[:1000]))
# ```
#
# </details>
#
# ## 下一步
#
# 在 [02_wgan](02_wgan.ipynb) 裡，四個改變就把這個類別變成 WGAN。
