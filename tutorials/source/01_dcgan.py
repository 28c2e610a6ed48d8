# %% [markdown] lang="en"
# # 1 · A DCGAN of your own, watched closely
#
# A generative adversarial network is a game between two networks. The *generator* turns random numbers into pictures. The *discriminator* looks at a picture and says how likely it is to be real. Each gets better by playing against the other.
#
# You may well have written one before. You will write it once more here, from an empty page and in fewer than sixty lines, for two reasons. The next notebook turns those lines into a WGAN by changing a handful of them. And this time you won't just look at the pictures: you'll put what people say about GANs to the test. Does the discriminator win? Do the gradients vanish? Do the loss curves really tell you nothing?
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
# We'll work with MNIST, as everyone does the first time. The package loads it for you, and does nothing else in the first half of this notebook. The images are grey, with one byte for each pixel. Some of them are *held out*: no model trains on them, and we use them only to measure. The settings are in the next cell as well, random seed included.

# %% [markdown] lang="zh-TW"
# # 1 · 自己寫一個 DCGAN，再拿放大鏡盯著它
#
# 生成對抗網路（generative adversarial network，GAN）說穿了就是兩個網路在玩遊戲。生成器（generator）拿一串亂數變出圖片，判別器（discriminator）負責抓假貨，看一張圖，說它有多大的機率是真的。一個拚命騙，一個拚命抓，騙著騙著，兩邊都變強了。
#
# 你八成早就寫過 DCGAN 了。不好意思，這裡還是要請你從空白的編輯器開始再寫一次，不到六十行，理由有兩個。第一，下一份筆記本只要動其中幾行，它就會變成 WGAN。第二，這次不是看看圖、說聲好棒就收工。大家都說 GAN 會怎樣怎樣：判別器會贏、梯度會消失、損失曲線看不出東西。是真的嗎？我們一個一個量。
#
# **讀完之後，你可以**
#
# - 用 Keras 寫出 DCGAN，`train_step` 自己寫，訓練照樣用 `fit`；
# - 分得出生成器的兩種損失，也說得出原始公式那一種為什麼沒人用；
# - 拿數字檢查三個關於 GAN 的江湖傳言，不用再聽別人說。
#
# **要花多久。** 這裡的結果花了 {{minutes}} 分鐘，電腦沒有 GPU，兩個核心還同時在忙別的事。改用 `SETTING = "short"` 的話，每次訓練的步數都會少很多，很快就跑完。讀完大約要二十分鐘。
#
# {{how_to_run}}
#
# 第一次用到 MNIST 時，Keras 會自己下載。
#
# ## 資料
#
# 每個人的第一個資料集大概都是 MNIST，我們也不例外。套件會幫你把它讀進來，前半份筆記本裡，套件就只做這麼一件事。影像是灰階的，每個像素存成一個位元組。其中有一部分是保留的測試影像（held-out），任何模型都不准拿去訓練，專門留著測量用。所有設定也一起放在這裡，隨機種子當然不能少。

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
# 資料有了，輪到選手進場。生成器的起點是潛在向量（latent），也就是一小串亂數，這裡是十六個。全連接層先把它撐成一張 7×7 的小圖，通道很多；接著每過一層轉置卷積，邊長就變兩倍，一路長到 28×28 個像素。最後的 tanh 把每個像素收進 −1 到 1 之間。
#
# 判別器走的是同一條路，只是倒著走。步幅 2 的卷積把圖片越縮越小，縮到只剩一個數字，叫做 logit。把 logit 丟進 sigmoid，就是「這張是真的」的機率，江湖人稱 D。咦，可是程式裡沒有 sigmoid 這一層？它躲在損失裡面，等一下會遇到，在那裡算才不會溢位。至於批次正規化（batch normalization），就照 [Radford、Metz 與 Chintala（2016）](https://arxiv.org/abs/1511.06434)的老規矩，除了第一個卷積，每個卷積後面都放一層。


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
# 兩個網路到目前還互不相識，要一起訓練過，才湊得成一組 GAN。
#
# ## 一個 `train_step` 就是一回合
#
# 遊戲怎麼算分？判別器對每張圖回答一題是非題，所以損失就是交叉熵：真實影像 $x$ 算 $-\log D(x)$，生成器用潛在向量 $z$ 畫出來的圖算 $-\log(1 - D(G(z)))$。換成 logit，$\log D$ 就是 `log_sigmoid(logit)`，$\log(1 - D)$ 就是 `log_sigmoid(-logit)`。生成器想的剛好相反，它巴不得判別器看到它的圖都說「真的」。
#
# 一回合長這樣。順著箭頭往下看就好，不過別忘了，梯度是逆流而上的：生成器的梯度要先穿過整個判別器才回得了家，這段時間判別器站著不動，讓它過。
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
# 圖裡的 latents 是潛在向量，real images 是真實影像，pictures 是生成的圖片，每張圖都會得到一個 logit。最下面是兩個損失（loss），先更新判別器（first），再更新生成器（second）。寫成程式，整個回合就是一個方法，`fit` 會一批一批把影像餵給它。

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
# 這個類別看懂了，這一系列筆記本的每個模型你就都看得懂。來，讓它把 60,000 張影像從頭到尾看一遍。

# %%
keras.utils.set_random_seed(SEED)
dcgan = DCGAN(new_generator(), new_discriminator())
dcgan.compile()
history = dcgan.fit(images, batch_size=BATCH_SIZE, epochs=1, verbose=2)

# %% [markdown] lang="en"
# That is a DCGAN, and it didn't take long. Look at what it draws:

# %% [markdown] lang="zh-TW"
# DCGAN 到手，等得不算久吧？來看看它畫了什麼：


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
# ## Two losses, one goal
#
# One thing in that class deserves a second look. In the original formula the generator *minimises* $\log(1 - D(G(z)))$, the very term that the discriminator maximises. Your class minimises $-\log D(G(z))$ instead, as [Goodfellow et al. (2014)](https://arxiv.org/abs/1406.2661) themselves advise in section 3. Both losses want the same thing. What sets them apart is their slope, so let TensorFlow differentiate both with respect to the logit.

# %% [markdown] lang="zh-TW"
# 大部分看得出是數字，有幾個還在思考人生。資料才看過一遍就有這種程度，很可以了。
#
# ## 同一個願望，兩種損失
#
# 往下走之前，剛剛那個類別裡有個地方值得回頭看一眼。照原始公式，生成器該最小化的是 $\log(1 - D(G(z)))$，也就是判別器想最大化的那一項。可是你寫的類別，最小化的是 $-\log D(G(z))$。別緊張，你沒寫錯，這是 [Goodfellow 等人（2014）](https://arxiv.org/abs/1406.2661)自己在第 3 節建議的。兩種損失許的是同一個願，差別在斜率。讓 TensorFlow 對 logit 微分一下，馬上見真章。

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
# 表格裡的 slope 就是斜率，看第一列就好。判別器一口咬定這張是假的，D 幾乎是 0，生成器最需要幫忙的就是這種時候。偏偏 $\log(1 - D)$ 的斜率是 $-D$，等於什麼都沒教：判別器越有把握，講課的聲音就越小。$-\log D$ 的斜率是 $-(1 - D)$，接近 −1，教得清清楚楚。兩種都先記著，等一下要在真正的訓練裡一起量。
#
# ## 套件做的是同一件事，只是多了東西可以看
#
# 要測量，就得換上 `wgan_keras.DCGAN`。它就是你剛寫的那個類別，再加一些記帳的功能。不相信？很好，就是要這種精神。讓兩邊從同樣的起點出發，看同樣的影像，用同樣的潛在向量，並肩訓練幾步，再來比權重。

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
# Training changed the models' numbers by up to 0.976, the statistics of batch normalisation most of all, and the difference between the two models is exactly 0, down to the last bit. From now on, whatever you read about the package's DCGAN is true of yours.
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
# 訓練讓裡面的數字最多移動了 0.976（動最多的是批次正規化的統計值），兩個模型之間的差剛好是 0，一個位元都沒差。所以從現在起，凡是說套件的 DCGAN 怎樣，說的就是你的 DCGAN。
#
# ## 再訓練一次，這次有人盯著
#
# 剛才只看到成果，這次要看過程。請四個回呼（callback）坐在旁邊盯著：
#
# - `TrainingGif` 每隔一陣子就把同樣的 25 個潛在向量再畫一次；
# - `Quality` 替 1,000 張圖片打分數，分數是它們跟 1,000 張保留的測試影像之間的 Fréchet 距離（Fréchet distance，[Heusel 等人，2017](https://arxiv.org/abs/1706.08500)）。一個小小的數字分類器先把每張圖變成一串特徵，真實影像的特徵擬合一個高斯分布，生成圖片的特徵也擬合一個，兩個高斯分布之間的距離就是分數，0 分才是滿分。（特徵改由 Inception 網路來抽的話，就是大家說的 FID。）
# - `Balance` 量的是戰況，下面會解釋；
# - `LearningCurve` 當書記，把所有數字抄下來。
#
# 另外，模型還會替生成器的權重算移動平均（`average_decay`），圖片都用平均過的權重來畫，因為單看一步會抖，平均就穩了。

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
# 看著它長大滿療癒的：先是雜訊，再來是一團一團的東西，然後有了筆畫，突然之間就是數字了。好，感動完畢，後面要用數字把同一次訓練再看一遍。
#
# ## 損失看得出圖片好不好嗎？
#
# 你一定也有過這種經驗：盯著損失曲線看半天，還是不知道圖片有沒有變好。這次把兩個損失和 Fréchet 距離上下擺在一起看。光看不夠，還要有個數字：取損失在兩次評分之間的中位數，再跟距離一起算 Spearman 等級相關（Spearman's rank correlation）。1 表示圖片只要變好，損失就跟著下降；−1 表示圖片只要變好，損失就上升；0 表示它根本沒在管圖片。淡色的線是每一步，粗線是中位數。

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
# Between step 240 and step 1,200 the distance falls from 10.5 to 2.8, and anyone can see the difference in the pictures. Now look at the losses over the same stretch: they are flat. The correlations don't help, either. For both losses, the correlation changes sign between the whole run and its second half: from −0.12 to 0.60 for the discriminator, and from 0.54 to −0.42 for the generator. A guide that changes its mind about the direction is no guide. (In each pair, the first figure rests on twenty scores and the second on ten. The pictures are also drawn with averaged weights, which makes their curve smoother than the losses.) This is the honest version of "GAN losses tell you nothing": they tell you that neither side has run away, and that is about all.
#
# ## Does the discriminator win?
#
# If it wins, every real image gets a higher logit than every generated one. So `Balance` pairs held-out images with generated ones and counts how often the real one comes out on top: 0.5 means that the discriminator is guessing, 1 that the match is over. It also measures how strong a gradient arrives at the generated pictures, both for the loss in use and for the other one.

# %% [markdown] lang="zh-TW"
# 上圖是兩個損失（Losses），藍色是判別器，橘色是生成器；下圖是圖片的 Fréchet 距離，越低越好，橫軸是步數（step）。從第 240 步到第 1,200 步，距離從 10.5 掉到 2.8，圖片的進步誰都看得出來。那損失呢？平的，跟沒事一樣。相關也救不了它：判別器的損失，整段訓練（whole run）是 −0.12，後半段（second half）變成 0.60；生成器的是 0.54，後半段變成 −0.42。帶路帶到一半還換方向，這種導遊不能跟。（不過每一組的前一個數字只靠二十次評分，後一個只靠十次；而且打分數的圖片是用平均過的權重畫的，曲線本來就比較平滑。）所以「GAN 的損失看不出東西」，老實一點的說法是：它只告訴你，兩邊還沒有誰把誰甩開，差不多就這樣。
#
# ## 判別器會贏嗎？
#
# 第二個傳言說，判別器很快就會贏，然後就沒戲唱了。怎樣叫贏？每一張真實影像的 logit 都比每一張生成的圖片高。所以 `Balance` 把保留的測試影像和生成的圖片兩兩配對，數數看真的那張有多常勝出：0.5 表示判別器在瞎猜，1 表示比賽結束。它還會量傳到生成圖片上的梯度有多強，正在用的損失和沒在用的那種，兩種都量。


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
# For the first few dozen steps the discriminator wins every pair. Then the generator catches up, and for the rest of the first quarter the line swings wildly. Once it even leaves the panel at the bottom: at that moment, most generated pictures get higher logits than the real ones. From the second quarter on it is a contest, though not an even one, with a median of 0.816 in that quarter and 0.824 in the last two. The discriminator is ahead, but it doesn't run away. The gradient of $-\log D$, the loss in use, stays between 1.1 and 1.4 from quarter to quarter. That of $\log(1 - D)$ is smaller on the whole, and every now and then it falls to a hundredth of that or less.
#
# ## Are all the digits there?
#
# A generator that draws only some of the digits, however well, has *collapsed* to a few modes. Ask the classifier what it sees in 5,000 pictures, and count.

# %% [markdown] lang="zh-TW"
# 上圖是真實影像勝出的比例，灰色虛線就是瞎猜的水準；下圖是生成圖片上梯度的平均大小（mean norm），縱軸是對數刻度，綠線和橘線就是那兩種損失。印出來的表格把訓練切成四段（quarter），told apart 也是真實影像勝出的比例。最初幾十步，判別器把把都贏。後來生成器追上來，第一段剩下的時間，線就上沖下洗，有一次甚至從圖的下緣掉了出去：那一刻，生成的圖片大多拿到比真實影像還高的 logit。從第二段起才像一場比賽，雖然不算勢均力敵，這一段的中位數是 0.816，最後兩段都是 0.824，判別器一直領先，但沒有把對手甩掉。再看梯度。正在用的 $-\log D$，四段的中位數都在 1.1 到 1.4 之間。$\log(1 - D)$ 的大致上小一些，而且三不五時就往下摔，摔到剩百分之一以下。
#
# ## 每個數字都在嗎？
#
# 還有一種翻車方式。生成器如果只會畫其中幾個數字，畫得再漂亮，也叫模式崩潰（mode collapse）：那麼多種模式，它只剩下少數幾種。抓這個很簡單，讓它畫 5,000 張，請分類器看看各是什麼數字，數一數。

# %%
from wgan_keras.evaluation.metrics import class_shares

_, real = evaluator.extractor(held_out[:5000])
_, generated = evaluator.extractor(watched.sample(5000, seed=1))
print("digit      " + "".join(f"{digit:7}" for digit in range(10)))
for kind, classes in (("real", real), ("generated", generated)):
    print(f"{kind:11}" + "".join(f"{share:7.3f}" for share in class_shares(classes)))
grid(watched.sample(40))

# %% [markdown] lang="en"
# All ten are there. Their shares are not quite right: there are too many nines (0.148 instead of 0.103), for instance, and too few fours (0.072 instead of 0.101) and twos. But that is a bias, not a collapse.
#
# ## Do the gradients vanish?
#
# In a running match the generator keeps dodging, so the discriminator never gets as good as it could. The theory of [Arjovsky and Bottou (2017)](https://arxiv.org/abs/1701.04862), theorem 2.4, is about a discriminator that does: the closer it comes to the best one, the smaller the gradient of $\log(1 - D)$. To see that, give the generator's optimizer a learning rate of 0, so that the generator stands still and the discriminator practises alone. Do it twice: with a generator that has barely started, and with the trained one.

# %% [markdown] lang="zh-TW"
# 十個都在，點名完畢。表格裡的 real 是真實影像，generated 是生成的圖片。比例不算太準：九太多（0.148，應該要 0.103），四太少（0.072，應該要 0.101），二也是。這叫偏心，還不到崩潰。
#
# ## 梯度會消失嗎？
#
# 最後一個傳言，大概也是最有名的一個。比賽進行中，生成器一直閃，判別器永遠練不到最強。可是 [Arjovsky 與 Bottou（2017）](https://arxiv.org/abs/1701.04862)的定理 2.4，講的正是越練越強的判別器：它離最好的那一個越近，$\log(1 - D)$ 的梯度就越小。想看到這件事，就得叫生成器站好別動，讓判別器自己練。怎麼叫它別動？給它一個學習率 0 的最佳化器就好。我們做兩次，一次找剛入門的生成器，一次找訓練好的。

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
# With the trained generator, nothing vanishes for good within these 300 steps. The discriminator ranks 0.960 of the pairs correctly in the end, and the gradient of $\log(1 - D)$ jumps about between 2.4 and less than 0.1. Look at the other line, though: the gradient of $-\log D$ goes up from 0.026 to 5.823 and shakes on the way. A strong gradient is not yet a helpful one, and the same authors warn that this one gets unsteady (theorem 2.6).
#
# The very first value of that line may surprise you. It is only about a ninetieth of the other loss's, as if the two had swapped roles. They had: in the last row of the table of slopes, you can see them change places as D comes closer to one, and at that moment the discriminator took the generated pictures for real. When we repeated the run and looked at D itself, it swung between almost zero and almost one, for generated and real pictures alike, and sometimes it covered more than half that range in two steps. So the loss in use can fall silent, too. Here it is back at full strength by the next measurement.
#
# ## What you have seen
#
# - **The loss and the pictures.** The losses are flat while the pictures still get much better.
# - **Who wins.** At first, the discriminator wins every pair. Then the generator overtakes it for a moment, and later the discriminator is ahead in 0.824 of them.
# - **Vanishing gradients.** With $\log(1 - D)$ they are real, once the discriminator wins nearly every pair. $-\log D$ stays strong there, and has quiet moments of its own, when the discriminator takes generated pictures for real.
# - **Missing digits.** None here.
#
# One seed, one kind of network, 1,200 steps: another DCGAN may behave differently. What the numbers leave us with is a wish list: a loss that means something, and a discriminator that may be as good as it likes. The next notebook sets out to fulfil those wishes, and partly succeeds.
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
# 標題裡的 generator held still 是說生成器站著不動，上圖的剛入門，下圖的已經訓練好；橫軸是判別器自己練了幾步，縱軸是梯度的平均大小，對數刻度；印出來的 first 和 last 是剛開始和最後。先看新手，劇情和課本寫的一樣：300 步之後，判別器每一對都排對，$\log(1 - D)$ 的梯度從 0.520 縮到 0.005，只剩百分之一。靠這種損失吃飯的生成器，早就餓死了。同一段時間裡，$-\log D$ 的梯度反而變大，從 0.418 到 5.382。
#
# 換成訓練好的生成器，這 300 步裡就沒有什麼東西一去不回。判別器練到最後，也只排對了 0.960 的配對；$\log(1 - D)$ 的梯度在 2.4 和不到 0.1 之間跳上跳下。不過別漏看另一條線：$-\log D$ 的梯度從 0.026 爬到 5.823，而且一路都在抖。梯度強不等於有幫助，同樣這兩位作者也警告過，這個梯度會變得不穩定（定理 2.6）。
#
# 還有，下圖綠線的第一個點有沒有嚇到你？它只有另一種損失的九十分之一左右，簡直像兩條線交換了角色。還真的換了：回頭看斜率那張表的最後一列，D 越接近一，兩種斜率就對調，而那一刻，判別器正好把生成的圖片當成真的。我們後來重跑了一次，專門盯著 D 看，它在幾乎是零和幾乎是一之間盪來盪去，不管看的是生成的圖片還是真實影像，有時候才走兩步就盪過一大半。所以，大家都在用的這種損失也有啞掉的時候。不過在這裡，到下一次測量它就滿血復活了。
#
# ## 重點整理
#
# 三個傳言都查完了，連模式崩潰也順便查了，結果如下：
#
# - **損失和圖片。** 損失早就平了，圖片卻還在大幅進步。
# - **誰贏。** 一開始是判別器贏，中間被反超過，後來又一路領先，配對的勝率是 0.824。
# - **梯度消失。** 判別器幾乎每一對都贏的時候，$\log(1 - D)$ 的梯度真的會消失；$-\log D$ 不會，只是判別器把生成的圖片當成真的時候，它也會啞一下。
# - **漏掉數字。** 這裡一個都沒漏。
#
# 當然，這只是一個種子、一種網路、1,200 步，換一個 DCGAN，可能又是另一個故事。但這些數字幫我們列出了一張願望清單：我們想要一個有意義的損失，還想要一個愛練多強就練多強的判別器。下一份筆記本就拿著它去許願，先劇透一下：只會實現一部分。
#
# ## 練習
#
# 先自己想，再打開解答喔。
#
# **1.** 判別器如果只會瞎猜，損失會是多少？跟你自己的 DCGAN 訓練完，`fit` 印出來的損失比比看。
#
# <details><summary>解答</summary>
#
# 它不管看到什麼都回答 D = 0.5，兩項就各是 $\log 2$，所以損失是 1.386。你的印出來是 0.5818，比較小，可見它還分得出真假。（這其實只是最後一批的損失：自己寫的訓練步驟如果直接回傳數字，Keras 不會幫你把整個 epoch 平均起來。）
#
# ```python
# print(2 * np.log(2))
# ```
#
# </details>
#
# **2.** 生成器每走一步，讓判別器走五步，看看戰況會怎麼變。
#
# <details><summary>解答</summary>
#
# 套件裡有 `n_discriminator=5`，批次也要跟著變成五倍大。`Balance` 隨時都可以問。
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
# 這種不公平的比賽，下一份筆記本也會比一次，DCGAN 比一場，WGAN 也比一場。
#
# </details>
#
# **3.** 就算拿真實影像來評分，Fréchet 距離也不會是 0。那能有多接近呢？
#
# <details><summary>解答</summary>
#
# 拿 1,000 張訓練影像代替生成的圖片去評分就知道了。真的都只能拿到這個分數，就別指望哪個生成器比它更低了。
#
# ```python
# print(evaluator.frechet_distance(images[:1000]))
# ```
#
# </details>
#
# ## 下一步
#
# DCGAN 的底細都摸清楚了，接下來換人。到 [02_wgan](02_wgan.ipynb)，改四個地方，這個類別就變成 WGAN。
