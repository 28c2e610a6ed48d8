# %% [markdown] lang="en"
# # 2 · From DCGAN to WGAN, in four changes
#
# You have a DCGAN that draws digits, and you know its moods. The Wasserstein GAN of [Arjovsky, Chintala and Bottou (2017)](https://arxiv.org/abs/1701.07875) keeps both of its networks and changes the question that they argue about. A discriminator asks "how likely is it that this picture is real?". A *critic*, which takes its place, helps to measure "how far would the generated pictures have to travel to become the real ones?". That distance is the Earth-Mover distance of [notebook 0](00_distances.ipynb), also called the Wasserstein-1 distance, and it is where the W comes from.
#
# Here is the difference at a glance. Each row links to the place in this notebook where you see it for yourself.
#
# | | GAN | WGAN | see |
# | --- | --- | --- | --- |
# | what is minimised, ideally | Jensen-Shannon divergence | Earth-Mover distance | [curve](#curve) |
# | the adversary's output | a probability | a score, any real number | [diff](#diff) |
# | logarithms in the loss | yes | none | [slopes](#slopes) |
# | what the adversary may be | anything | only a function that is not too steep | [clip](#clip) |
# | steps of the adversary | usually 1 | several, on fresh images | [n_critic](#ncritic) |
# | optimizer | Adam, usually with momentum | RMSprop | [optimizer](#optimizer) |
# | the curve | says little about the pictures | falls as the pictures improve, if nothing in the critic escapes the clipping and it takes enough steps | [curve](#curve) |
#
# (The Jensen-Shannon divergence is another measure of how far apart two distributions are. Unlike the Earth-Mover distance it has a ceiling: once the two have nothing in common, it says the same however far apart they are.)
#
# And what is a WGAN *for*? Here is what you get, and what it costs:
#
# | you get | it costs |
# | --- | --- |
# | [a curve](#curve) that falls as the pictures get better | time, because the critic takes [several steps](#ncritic) |
# | training that goes on where [the original game stops](#breaks) | one more number to choose, the [clip value](#clip) |
# | a bound on [how far the score can jump](#clip) between two pictures that are alike | capacity: a critic that may not be steep [runs out of things to teach](#scores) |
#
# Two results of this notebook stand behind the first two lines. When you train a DCGAN and a WGAN side by side, the estimate of a WGAN whose critic has no batch normalisation follows the quality of its pictures with a rank correlation of [0.94](#curve), while the DCGAN's estimate, at −0.04, tells you next to nothing. And in another setting, when the adversary gets five steps instead of one, the GAN that the theory is about, whose generator minimises $\log(1 - D)$, [draws nothing but grey noise](#breaks), and the WGAN draws digits.
#
# Now for the honest part. The generator of the DCGAN that you wrote minimises $-\log D$ instead, and it survives the same troubles. In the match [side by side](#scores) it even draws the better pictures. So do not learn the WGAN in order to win on MNIST. Learn it for a loss that you can read, and because it makes you think about how steep a critic may be. That thought leads straight to the gradient penalty and the spectral normalisation of notebook 3, which do properly what clipping only attempts.
#
# **What you can do afterwards**
#
# - write a WGAN from scratch, `train_step` included, and say why each line is there;
# - name the four changes that turn a DCGAN into a WGAN, and what each of them costs;
# - read the WGAN's curve, and say when it can be trusted and what it does not tell you.
#
# **How long it takes.** The run that you see took {{minutes}} minutes on two busy cores of a computer without a GPU. With `SETTING = "short"`, everything trains for fewer steps, and you are done sooner. Reading takes half an hour.
#
# {{how_to_run}}
#
# Keras downloads MNIST when it is first used.
#
# ## A WGAN of your own
#
# Here is the whole thing. The package gives you nothing but the images for now; everything else is Keras and what you type. First the imports, and every number that matters.

# %% [markdown] lang="zh-TW"
# # 2 · 四個改變，把 DCGAN 變成 WGAN
#
# 你手上已經有一個會畫數字的 DCGAN，它鬧起脾氣來是什麼樣子，你也見識過了。[Arjovsky、Chintala 與 Bottou（2017）](https://arxiv.org/abs/1701.07875)的 Wasserstein GAN 兩個網路都留著，只換掉它們在吵的那個問題。判別器（discriminator）問的是「這張圖有多大的機率是真的？」；接替它的評價器（critic），則是來幫忙量「生成的圖片要搬多遠，才會變成真的？」。這個距離就是[第 0 份筆記本](00_distances.ipynb)的推土機距離（Earth-Mover distance），也叫 Wasserstein-1 距離，WGAN 的 W 就是這樣來的。
#
# 先把兩邊的差別攤開來看。每一列最右邊都有連結，點下去就是這份筆記本裡親眼看得到它的地方。
#
# | | GAN | WGAN | 看這裡 |
# | --- | --- | --- | --- |
# | 理想上在最小化什麼 | Jensen-Shannon 散度 | 推土機距離 | [曲線](#curve) |
# | 對手網路的輸出 | 機率 | 分數，任何實數都行 | [差異](#diff) |
# | 損失裡的對數 | 有 | 沒有 | [斜率](#slopes) |
# | 對手網路可以是 | 什麼函數都行 | 只能是不太陡的函數 | [裁剪](#clip) |
# | 對手網路走幾步 | 通常 1 步 | 好幾步，每步都用新的影像 | [n_critic](#ncritic) |
# | 最佳化器 | Adam，通常帶動量 | RMSprop | [最佳化器](#optimizer) |
# | 曲線 | 看不太出圖片好不好 | 圖片越好它就越低，只要評價器裡沒有東西躲過裁剪，而且走夠多步 | [曲線](#curve) |
#
# （Jensen-Shannon 散度也是拿來量兩個分布差多遠的，只是它跟推土機距離不一樣，有天花板：兩邊一旦完全沒有交集，不管是隔一條巷子還是隔一個太平洋，它報出來的數字都一樣。）
#
# 那 WGAN 到底好在哪裡？買到什麼、付出什麼，帳大概是這樣：
#
# | 買到的 | 付出的 |
# | --- | --- |
# | 圖片越好就越低的[曲線](#curve) | 時間：評價器要[走好幾步](#ncritic) |
# | [原始遊戲停擺](#breaks)的地方，它還練得下去 | 多一個要挑的數字：[裁剪值](#clip) |
# | 兩張很像的圖，[分數能差多少](#clip)有個上限 | 表達能力：陡不起來的評價器，[沒多久就沒東西可教了](#scores) |
#
# 前兩列不是喊口號，這份筆記本都量給你看。DCGAN 和 WGAN 並排訓練，只要 WGAN 的評價器不放批次正規化（batch normalization），估計值就會跟著圖片的品質走，等級相關（rank correlation）是 [0.94](#curve)；DCGAN 的損失換算成估計值，只有 −0.04，看了等於沒看。再換一組設定，讓對手網路從走一步改成走五步：理論講的那種 GAN，也就是生成器最小化 $\log(1 - D)$ 的那一種，[只畫得出灰灰的雜訊](#breaks)，WGAN 畫的還是數字。
#
# 接下來說句老實話。你自己寫的 DCGAN，生成器最小化的是 $-\log D$，同樣的麻煩它也撐得過去，[並排比一比](#scores)的時候，甚至畫得比 WGAN 還好。所以學 WGAN 不是為了在 MNIST 上贏，而是為了一個看得懂的損失，也因為它會逼你去想：評價器到底可以有多陡？順著這個念頭走下去，就是第 3 份筆記本的梯度懲罰（gradient penalty）和譜正規化（spectral normalization）。裁剪只是將就著用，那兩招才是正經管斜率的辦法。
#
# **讀完之後，你可以**
#
# - 從零寫出 WGAN，包括 `train_step`，每一行為什麼在那裡都說得出來；
# - 說出把 DCGAN 變成 WGAN 的四個改變，以及各自的代價；
# - 讀懂 WGAN 的曲線，知道什麼時候可以信，也知道它沒告訴你什麼。
#
# **要花多久。** 這裡的結果，是在一台沒有 GPU 的電腦上，用兩個同時還在忙別的事的核心，花 {{minutes}} 分鐘跑出來的；改用 `SETTING = "short"`，每次訓練的步數都會少很多，很快就跑完。閱讀大約半小時。
#
# {{how_to_run}}
#
# 第一次用到 MNIST 時，Keras 會自動下載。
#
# ## 自己寫一個 WGAN
#
# 整個程式都在這裡。套件暫時只負責給你影像，其他全靠 Keras 和你的鍵盤。先是 import，還有所有重要的數字。

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
BATCH_SIZE, N_CRITIC, CLIP_VALUE, RATE = 32, 5, 0.05, 2e-3
WIDTH, LATENT_DIM, SEED = 32, 16, 0

images, held_out = load_images(DATASET), load_images(DATASET, "test")
print(images.shape, images.dtype)

# %% [markdown] lang="en"
# Next come the networks. The generator is the one from notebook 1. The critic is the discriminator with a leash: each kernel and bias of its convolutional and dense layers is created with a *constraint*, and Keras calls a constraint after every update. Yours clips the weight into the range from −c to c, with c = 0.05. (No theory gave us that value, or the learning rate: we tried several, and these worked well. The batch normalisation in the critic stays off the leash. Its gains start at 1, and clipping them to 0.05 would turn the volume down by a factor of twenty.)

# %% [markdown] lang="zh-TW"
# 再來是網路。生成器（generator）就是第 1 份筆記本那一個，原封不動。評價器呢，可以想成綁了牽繩的判別器：每個權重建立的時候，都附上一個約束（constraint），之後每更新一次，Keras 就會叫它出來跑一次。你寫的這個約束很單純，把權重壓回 −c 到 c 之間，這裡 c = 0.05。這就是權重裁剪（weight clipping）。（這個 c 不是哪個理論推出來的，學習率也不是，都是我們試了好幾個，這兩個剛好好用。評價器裡的批次正規化則不綁，它的縮放係數一開始是 1，硬裁到 0.05，就像把音量轉到只剩二十分之一。）


# %%
class Clip(keras.constraints.Constraint):
    """Keras calls this on a weight after every update of it."""

    def __call__(self, weight):
        return keras.ops.clip(weight, -CLIP_VALUE, CLIP_VALUE)


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


def new_critic():
    """From pictures (N, 28, 28, 1) to scores (N, 1)."""
    clipped = {"kernel_constraint": Clip(), "bias_constraint": Clip()}
    critic = keras.Sequential([keras.Input((28, 28, 1))])
    for filters in (WIDTH, 2 * WIDTH, 2 * WIDTH):
        critic.add(layers.Conv2D(filters, 4, strides=2, padding="same", **clipped))
        if filters > WIDTH:
            critic.add(layers.BatchNormalization(momentum=0.9))
        critic.add(layers.LeakyReLU(0.2))
    critic.add(layers.Flatten())
    critic.add(layers.Dense(1, **clipped))
    return critic


# %% [markdown] lang="en"
# Before the model, here is what its critic is after, in one sentence. *Of all functions whose slope is nowhere more than one, take the one that makes its mean over the real pictures minus its mean over the generated pictures as large as possible: that largest difference is the Earth-Mover distance.* This is the dual formula of the theory, and the critic is your attempt at that function. So it should raise the scores of real pictures and lower those of generated ones. An optimizer only ever makes things smaller, so the loss is the same difference with its sign turned around: the mean score of the generated pictures *minus* that of the real ones.
#
# And here is the model. Keep an eye on three things while you read: the loop over `N_CRITIC`, where `images[t::N_CRITIC]` deals the batch out like cards so that each critic step gets images it has not just seen; the loss, which is one mean minus another; and the generator's loss, which simply asks for higher scores. Mind the two tapes, too. The critic's tape starts only after the pictures have been generated, because that step is for the critic alone. The generator's tape runs through both networks, but the optimizer is handed the generator's weights only, so the critic stays as it is.

# %% [markdown] lang="zh-TW"
# 主角登場之前，先用一句話說清楚評價器在追求什麼：**在所有斜率處處不超過一的函數裡，找出讓「真實影像的平均分數減掉生成圖片的平均分數」最大的那一個，這個最大的差就是推土機距離**。這是理論裡的對偶公式（dual formula），而評價器，就是你派去逼近那個函數的網路。所以它該做的事很明白：真實影像的分數拉高，生成圖片的分數壓低。可是最佳化器只會把東西變小，不會變大，損失只好把正負號反過來，變成生成圖片的平均分數「減掉」真實影像的平均分數。
#
# 好，模型來了。讀的時候盯住三個地方就好。第一，`N_CRITIC` 的迴圈：`images[t::N_CRITIC]` 像發牌一樣，把一個批次輪流發下去，所以評價器每一步拿到的，都不是剛剛才看過的影像。第二，評價器的損失：一個平均減掉另一個平均，沒了。第三，生成器的損失：它只求分數高一點，就這麼一個心願。
#
# 那兩捲 tape 也順便看一下，什麼時候開錄是有學問的。評價器那一捲等圖片生成完才開始錄，因為那一步只更新評價器，不關生成器的事。生成器那一捲則是兩個網路都錄進去，可是交給最佳化器的只有生成器的權重，所以評價器一根寒毛都沒動到。

# %%
mean = tf.reduce_mean


class WGAN(keras.Model):
    """A generator and a critic that train against each other."""

    def __init__(self, generator, critic):
        super().__init__()
        self.generator, self.critic = generator, critic

    def compile(self):
        super().compile()
        self.generator_optimizer = keras.optimizers.RMSprop(RATE)
        self.critic_optimizer = keras.optimizers.RMSprop(RATE)

    def draw_latents(self, count):
        return tf.random.normal((count, LATENT_DIM))

    def train_step(self, images):
        # The critic takes several steps, each on real images and latents of its own.
        for t in range(N_CRITIC):
            real = tf.cast(images[t::N_CRITIC], tf.float32) / 127.5 - 1
            fake = self.generator(self.draw_latents(tf.shape(real)[0]), training=True)
            with tf.GradientTape() as tape:
                real_scores = self.critic(real, training=True)
                fake_scores = self.critic(fake, training=True)
                loss = mean(fake_scores) - mean(real_scores)
            weights = self.critic.trainable_variables
            self.critic_optimizer.apply(tape.gradient(loss, weights), weights)

        # The generator takes a step, and its gradient comes through the critic.
        latents = self.draw_latents(tf.shape(real)[0])
        with tf.GradientTape() as tape:
            fake = self.generator(latents, training=True)
            fake_scores = self.critic(fake, training=True)
            generator_loss = -mean(fake_scores)
        weights = self.generator.trainable_variables
        self.generator_optimizer.apply(tape.gradient(generator_loss, weights), weights)
        return {"critic_loss": loss, "generator_loss": generator_loss}


# %% [markdown] lang="en"
# That is the whole WGAN: sixty lines or so, networks and docstrings included. A batch now has to hold enough images for all five critic steps, and `fit` does the rest.

# %% [markdown] lang="zh-TW"
# 寫完了，整個 WGAN 就這樣，連兩個網路和 docstring 都算進去，也才六十行左右。現在一個批次要夠評價器走五步，所以得裝多一點影像，剩下的交給 `fit`。

# %%
keras.utils.set_random_seed(SEED)
wgan = WGAN(new_generator(), new_critic())
wgan.compile()
history = wgan.fit(images, batch_size=N_CRITIC * BATCH_SIZE, epochs=1, verbose=2)

# %% [markdown] lang="en"
# While it trains, `critic_loss` is the mean score of the generated pictures minus that of the real ones. Turn its sign around and you have the *Wasserstein estimate*: how far apart the critic can hold the two. It is the number that should shrink as the pictures improve, if nothing in the critic escapes the clipping. (In this critic the batch normalisation does; [further down](#curve) you'll see what difference it makes.) Let us first look at the pictures.

# %% [markdown] lang="zh-TW"
# 訓練時印出來的 `critic_loss`，是生成圖片的平均分數減掉真實影像的平均分數。正負號反過來，就是 Wasserstein 估計值（Wasserstein estimate）：評價器能把兩邊的分數拉開多遠。照理說，只要評價器裡沒有東西躲過裁剪，圖片越像真的，這個數字就該越小。（這個評價器的批次正規化就躲過了，差在哪裡，[後面](#curve)會看到。）那圖片到底長怎樣呢？別猜了，直接看。


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


grid(pictures_of(wgan.generator))

# %% [markdown] lang="en"
# Those are digits, from a generator that took no more than 375 steps, one for every five of the critic. Some are still scribbles, and you will see better ones below. But you have just trained a WGAN, and you wrote every line of it.
#
# <a id="diff"></a>
#
# ## What actually changed?
#
# Here is the DCGAN of [notebook 1](01_dcgan.ipynb) once more, word for word, so you do not have to flip back. (Only the learning rate differs: here it is the one from the top of this notebook, twice what you used there.)

# %% [markdown] lang="zh-TW"
# 是數字沒錯！而且生成器只走了 375 步，因為評價器走五步，它才走一步。有幾個還像鬼畫符，別擔心，後面會有更漂亮的。重點是：你剛剛訓練了一個 WGAN，而且每一行都是自己寫的。
#
# <a id="diff"></a>
#
# ## 到底改了什麼？
#
# 寫是寫出來了，但跟 DCGAN 究竟差在哪裡？這裡把[第 1 份筆記本](01_dcgan.ipynb)的 DCGAN 一字不改搬過來，省得你翻來翻去。（只有學習率不一樣：這裡用的是這份筆記本最上面那個，是你那時候的兩倍。）

# %%
log_sigmoid = tf.math.log_sigmoid


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
# Now let the computer tell you what the difference is. `difflib` compares the two programs line by line; a `-` marks a line of the DCGAN, a `+` one of the WGAN. Names are translated beforehand (a discriminator's logits are a critic's scores), and indentation does not count.

# %% [markdown] lang="zh-TW"
# 玩「大家來找碴」，電腦比我們在行。`difflib` 會一行一行比對兩邊的程式，`-` 開頭的是 DCGAN 才有的，`+` 開頭的是 WGAN 才有的。名字已經先統一（判別器的 logit 當成評價器的分數），縮排不算。

# %%
import difflib
from inspect import getsource


def lines_of(function):
    """A function's lines with the names of a WGAN, without indentation or comments."""
    source = getsource(function).replace("discriminator", "critic")
    lines = [line.strip() for line in source.replace("logits", "scores").splitlines()]
    return [line for line in lines if not line.startswith(("#", '"""'))]


for before, after in (
    (new_discriminator, new_critic),
    (DCGAN.compile, WGAN.compile),
    (DCGAN.train_step, WGAN.train_step),
):
    for line in difflib.ndiff(lines_of(before), lines_of(after)):
        if line.startswith(("-", "+")):
            print(line)
    print()

# %% [markdown] lang="en"
# That is all of it, and it comes down to four changes:
#
# 1. **A score instead of a probability.** `log_sigmoid` is gone from both losses, and with it the sigmoid *and* the logarithm. What remains is a mean of raw scores. (If you looked for a sigmoid at the end of the network: both networks end in a plain dense layer. The DCGAN's sigmoid has always been inside its loss.)
# 2. **Clipped weights.** The two constraints on each layer.
# 3. **Several critic steps.** The loop, with fresh images on every turn.
# 4. **Another optimizer.** RMSprop in place of Adam.
#
# The rest of this notebook takes them one at a time: no rush.
#
# <a id="slopes"></a>
#
# ## Change 1: a score, and no logarithm
#
# In notebook 1 you compared the slopes of the two losses that a DCGAN's generator can have. Put the WGAN's beside them, and beside that the commonest mistake of all, a sigmoid that somebody left at the end of the critic out of habit.

# %% [markdown] lang="zh-TW"
# 就這些，沒有藏起來的。整理一下，正好四個改變：
#
# 1. **機率換成分數。** 兩個損失裡的 `log_sigmoid` 都不見了，也就是 sigmoid 和對數一起打包走人，只剩原始分數的平均。（如果你剛才在網路的最後面找 sigmoid，一定撲了個空：兩個網路都是用普通的全連接層收尾。DCGAN 的 sigmoid 從頭到尾都躲在損失裡。）
# 2. **裁剪權重。** 每個卷積層和全連接層都多了那兩個約束。
# 3. **評價器多走幾步。** 就是那個迴圈，每一圈都看新的影像。
# 4. **換最佳化器。** Adam 換成 RMSprop。
#
# 看起來不多吧？接下來的篇幅就是在講這四件事。沒關係，一個一個看。
#
# <a id="slopes"></a>
#
# ## 改變 1：只要分數，不要對數
#
# 在第 1 份筆記本，你比過 DCGAN 生成器兩種損失的斜率。現在把 WGAN 的也擺上來，順便附贈一個最多人犯的錯：寫習慣了，手一滑就在評價器最後面留下一個 sigmoid。

# %%
outputs = tf.constant([-20.0, -10.0, -2.0, 0.0, 2.0, 10.0])
losses = {
    "log(1 − D)": lambda output: log_sigmoid(-output),
    "−log D": lambda output: -log_sigmoid(output),
    "−f": lambda output: -output,
    "−f, sigmoid left in": lambda output: -tf.sigmoid(output),
}
print("output" + "".join(f"{name:>21}" for name in losses))
for output in outputs:
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(output)
        values = [loss(output) for loss in losses.values()]
    slopes = [tape.gradient(value, output) for value in values]
    print(f"{output:6.0f}" + "".join(f"{slope:21.6f}" for slope in slopes))

# %% [markdown] lang="en"
# Each column is the slope of one loss. Read it from top to bottom, from pictures that fool nobody to pictures that pass for real. The first column, the loss of the original game, is flat at the top, just where the generator needs help most. The second, which your DCGAN uses, has no such trouble: it pushes a bad picture as hard as the WGAN does, and gives up only at the bottom, on pictures that already pass. In the third column the slope of $-f$ is −1, however good or bad the picture is. No score saturates this loss.
#
# So as far as slopes go, your DCGAN has little to gain. The real reason to do without a sigmoid is another one: the critic's loss, with its sign turned around, is meant to estimate a *distance*, as a difference of two mean scores. If a sigmoid squeezed each score into the range from zero to one, the two means could never be more than one apart, however far apart the pictures are. And the slopes would go as well, as the last column shows: at an output of −20 the slope has vanished, and at +10 it is nearly gone, too. (`wgan_keras.WGAN` refuses a critic that ends in a sigmoid, for this very reason.)
#
# A loss that cannot saturate is only half of the story, though. The gradient still has to travel back through the critic, and how steep the critic is on the way is what change 2 decides.
#
# ## In between: the package does the same, and more
#
# The next change has to wait for a moment, because from here on the experiments need more than sixty lines: averages, scores, pictures for a GIF. The package has them, and you should not have to take it on trust that its `WGAN` is yours. So give both the same start, the same images and the same latents, train each for 20 steps, and compare the weights.

# %% [markdown] lang="zh-TW"
# 表格最左邊的 output 是網路的輸出，後面四欄是四種損失的斜率。從上往下看，就是從誰也騙不了的爛圖，一路看到足以亂真的好圖。第一種是原始遊戲的損失，最上面幾列平得跟什麼一樣，偏偏那正是生成器最需要有人拉一把的時候。第二種就是你的 DCGAN 用的，它沒有這個毛病：圖片爛的時候，它推得跟 WGAN 一樣用力，到了最下面，圖片都已經過關了，它才收手。第三種，不管圖片好到哪裡、爛到哪裡，$-f$ 的斜率永遠是 −1，沒有哪個分數能讓它飽和。
#
# 所以光看斜率，你的 DCGAN 換過來其實沒多少好處。拿掉 sigmoid，真正的理由是另外一個：評價器的損失把正負號反過來，本來就是要估一段「距離」的，用的是兩個平均分數的差。要是 sigmoid 把每個分數都擠進零到一之間，圖片差得再遠，兩個平均也頂多差一。更慘的是連斜率都賠進去，看最後一欄：輸出是 −20，斜率不見了；到了 +10，它又快不見一次，大概怕你沒注意到。（所以 `wgan_keras.WGAN` 看到評價器以 sigmoid 收尾，會直接退件。）
#
# 不過，損失不飽和只解決了一半。梯度還得一路穿過評價器才回得到生成器手上，這條路上評價器有多陡，就要看改變 2 了。
#
# ## 套件做的是同一件事，只是多一點
#
# 在那之前先換個工具。後面的實驗要平均、要打分數、要做 GIF，六十行實在不夠用，這些套件都有。可是憑什麼相信套件的 `WGAN` 就是你寫的那個？不用相信，驗就好了：兩邊從同樣的起點出發，看同樣的影像，用同樣的潛在向量（latent），各訓練 20 步，再來比權重。

# %%
import inspect

import wgan_keras
from wgan_keras.nets.latents import latents

EQUAL_STEPS = {"full": 20, "short": 20, "quick": 2}[SETTING]


class Replayed(WGAN):
    """The class above, with the package's random numbers in place of TensorFlow's."""

    draws = tf.Variable(0, dtype="int64")

    def draw_latents(self, count):
        self.draws.assign_add(1)
        return latents(SEED, self.draws, 0, count, LATENT_DIM)


mine = Replayed(new_generator(), new_critic())
shape = images.shape[1:]
generator = wgan_keras.build_generator(shape, LATENT_DIM, WIDTH)
critic = wgan_keras.build_critic(shape, WIDTH, normalization="batch")
generator.set_weights(mine.generator.get_weights())
critic.set_weights(mine.critic.get_weights())
clipping = wgan_keras.WeightClipping(CLIP_VALUE, normalization=False)
theirs = wgan_keras.WGAN(generator, critic, N_CRITIC, clipping, seed=SEED)
mine.compile()
theirs.compile(keras.optimizers.RMSprop(RATE), keras.optimizers.RMSprop(RATE))

data = wgan_keras.training_data(images, BATCH_SIZE, N_CRITIC, SEED)
before = mine.generator.get_weights()
mine.fit(data.dataset(), steps_per_epoch=EQUAL_STEPS, shuffle=False, verbose=0)
theirs.fit(data, steps_per_epoch=EQUAL_STEPS, verbose=0)


def difference(some, others):
    """The largest difference between two lists of weights."""
    return max(np.abs(one - other).max() for one, other in zip(some, others))


print("moved by the training     ", difference(before, mine.generator.get_weights()))
for name in ("generator", "critic"):
    pair = [getattr(model, name).get_weights() for model in (mine, theirs)]
    print(f"difference of the {name:9}", difference(*pair))

# %% [markdown] lang="en"
# Training has moved their numbers by up to 0.989 (the statistics of batch normalisation the most), and the two models differ by 0, to the last bit. It is the same algorithm. So you can now read the package's `train_step` beside the paper's Algorithm 1, here in other words but with its line numbers. In it, w are the weights of the critic f_w, θ those of the generator g_θ, and α is the learning rate. (Like the paper, it also writes g_w and g_θ for the two gradients.)
#
# ```
#  1  while θ has not converged:
#  2      for t = 0 … n_critic − 1:
#  3          take a batch of real images x
#  4          take a batch of latents z
#  5          g_w ← gradient of  mean f_w(x) − mean f_w(g_θ(z))  by w
#  6          w ← w + α · RMSProp(w, g_w)
#  7          w ← clip(w, −c, c)
#  8      end for
#  9      take a batch of latents z
# 10      g_θ ← −gradient of  mean f_w(g_θ(z))  by θ
# 11      θ ← θ − α · RMSProp(θ, g_θ)
# 12  end while
# ```

# %% [markdown] lang="zh-TW"
# 訓練讓裡面的數字最多移動了 0.989（動最多的是批次正規化的統計值），兩個模型之間的差是 0，一個位元都沒差，所以演算法確實是同一個。既然如此，就可以放心把套件的 `train_step` 和論文的演算法 1 擺在一起看。下面這份是我們改寫過的，行號和論文一樣，每一行你應該都認得。符號先對一下：w 是評價器 f_w 的權重，θ 是生成器 g_θ 的權重，α 是學習率。（容易看花眼的是 g_w 和後面帶箭頭的那個 g_θ：論文把兩個梯度也寫成 g，我們照抄。）
#
# ```
#  1  while θ has not converged:
#  2      for t = 0 … n_critic − 1:
#  3          take a batch of real images x
#  4          take a batch of latents z
#  5          g_w ← gradient of  mean f_w(x) − mean f_w(g_θ(z))  by w
#  6          w ← w + α · RMSProp(w, g_w)
#  7          w ← clip(w, −c, c)
#  8      end for
#  9      take a batch of latents z
# 10      g_θ ← −gradient of  mean f_w(g_θ(z))  by θ
# 11      θ ← θ − α · RMSProp(θ, g_θ)
# 12  end while
# ```

# %%
print(inspect.getsource(wgan_keras.WGAN.train_step))

# %% [markdown] lang="en"
# The method's helpers are new, but they do what their names say: *deal* hands out the batch like your slices, *generate* and *score* call the two networks, *descend* takes one step of an optimizer. Line 1 is `fit`. Line 7 is `self.lipschitz.project`, since clipping is only one of several ways to keep a critic in check ([notebook 3](03_beyond_clipping.ipynb) tries the others). The penalty in line 5 is 0 here; it is a place for notebook 3. Two more things go beyond Algorithm 1. `finish_step` keeps a moving average of the generator's weights, if you ask for it with `average_decay`: single steps jitter, their average does not, and the pictures are drawn with the average. (It forgets quickly at first and more slowly later on, so that in runs as short as these it reaches back over roughly the last tenth of the steps. Next to nothing of the noisy beginning is left in it.) And each step logs how steep the critic is.
#
# For the experiments, you need a way to build a fresh model and a way to train it. Wherever nothing else is said, DCGAN and WGAN below use the package's recommended settings: the same networks, the same rates, averaged weights. Their optimizers are RMSprop for the WGAN and Adam for the DCGAN, but with its momentum set to zero, unlike in the DCGAN that you wrote. They are judged by the *Fréchet distance* ([Heusel et al., 2017](https://arxiv.org/abs/1706.08500)), known as FID when the features come from the Inception network. Here a small digit classifier supplies the features of 1,000 generated and of 1,000 *held-out* images, ones that no model was trained on. A Gaussian is fitted to each set, and the distance between the two Gaussians is the score: 0 would be perfect. (Funnily enough, it is the square of the Wasserstein-2 distance between them. There is no escaping Wasserstein.)

# %% [markdown] lang="zh-TW"
# 裡面多了幾個小幫手，名字叫什麼就做什麼：deal 負責發牌，跟你的切片一樣；generate 和 score 分別叫生成器和評價器出來做事；descend 讓最佳化器走一步。第 1 行就是 `fit`。第 7 行是 `self.lipschitz.project`，因為要管住評價器，裁剪只是其中一種辦法（[第 3 份筆記本](03_beyond_clipping.ipynb)會試試其他的）。第 5 行的懲罰在這裡是 0，那是留給第 3 份筆記本的位置。另外，比演算法 1 多的東西有兩樣。一是 `finish_step` 會替生成器的權重算移動平均，有設 `average_decay` 才會算：單獨一步會抖，平均不會，圖片就用平均過的權重來畫。（這個平均一開始忘得很快，後來才越忘越慢，所以像這裡這麼短的訓練，它大約只記得最後十分之一的步數，剛開始那段亂七八糟的幾乎一點都沒留下。）二是每一步都會順便記下評價器有多陡。
#
# 做實驗要有兩樣工具：一個建全新的模型，一個拿來訓練。下面只要沒有特別說，DCGAN 和 WGAN 用的都是套件建議的設定：同樣的網路、同樣的學習率、平均過的權重。最佳化器則各用各的，WGAN 是 RMSprop，DCGAN 是 Adam，只是動量設成零，跟你自己寫的那個 DCGAN 不一樣，這點要留意。評分用 Fréchet 距離（[Heusel 等人，2017](https://arxiv.org/abs/1706.08500)），特徵如果來自 Inception 網路，就是大家說的 FID。這裡改用一個小小的數字分類器，分別算出 1,000 張生成圖片和 1,000 張保留的測試影像（held-out）的特徵，後者從來沒有任何模型拿去訓練過。兩邊各擬合一個高斯分布，兩個高斯分布的距離就是分數，0 最好。（有趣的是，這個距離本身就是 Wasserstein-2 距離的平方。Wasserstein 這個人，走到哪裡都躲不掉。）

# %%
from wgan_keras import Classifier, Evaluator

tf.get_logger().setLevel("ERROR")  # it would warn that each new model is compiled anew
TRIAL_STEPS = {"full": 150, "short": 50, "quick": 2}[SETTING]
evaluator = Evaluator(Classifier.shipped("mnist"), held_out[:1000])


def new_gan(model, steps=1, generator=None, normalization="batch", **options):
    """A GAN of the package at its very beginning: the same one at every call.

    Args:
        model: `wgan_keras.WGAN` or a DCGAN.
        steps: Steps of the adversary for each step of the generator.
        generator: Function that builds another generator.
        normalization: Of the adversary.
        **options: `lipschitz`, `critic_optimizer`.
    """
    keras.utils.set_random_seed(SEED)
    generator = (generator or wgan_keras.build_generator)(shape, LATENT_DIM, WIDTH)
    if issubclass(model, wgan_keras.DCGAN):
        adversary = wgan_keras.build_discriminator(shape, WIDTH, 0.0, normalization)
        gan = model(generator, adversary, steps, SEED, average_decay=0.999)
        gan.compile(*(keras.optimizers.Adam(RATE, 0.0, 0.99) for _ in range(2)))
        return gan
    critic = wgan_keras.build_critic(shape, WIDTH, normalization)
    lipschitz = options.get("lipschitz", clipping)
    gan = model(generator, critic, steps, lipschitz, SEED, average_decay=0.999)
    optimizer = options.get("critic_optimizer", keras.optimizers.RMSprop(RATE))
    gan.compile(keras.optimizers.RMSprop(RATE), optimizer)
    return gan


def train(gan, steps, callbacks=()):
    """Trains on the same images each time; the logs of each step, a dict of arrays."""
    curve = wgan_keras.LearningCurve("runs/02_wgan.csv", "runs/02_wgan.png")
    data = wgan_keras.training_data(images, BATCH_SIZE, gan.adversary_steps, SEED)
    gan.fit(data, steps_per_epoch=steps, verbose=0, callbacks=[*callbacks, curve])
    return {name: np.array(values) for name, values in curve.history.items()}


# %% [markdown] lang="en"
# <a id="clip"></a>
#
# ## Change 2: clipped weights
#
# Why clip at all? The critic's job is to hold the two mean scores as far apart as it can. If nothing stops it, it can always do better by multiplying all of its scores by ten, and the number means nothing. So the dual formula of notebook 0 allows only 1-Lipschitz critics, whose score changes by no more than the picture does. More generally, a critic is K-Lipschitz if its score never changes by more than K times the distance between two pictures. The smallest such **K is a supremum**: the slope at the steepest place that the critic has anywhere, and not its average slope. If you allow a slope of K, the largest possible difference of the means is K times the Earth-Mover distance. That is what is special about a K of one: only then is it the distance itself.
#
# Clipping is a blunt way to get there. A layer with small weights cannot be steep, and neither can a stack of such layers, so clipping does bound K. But you do not get to say at what. You choose c, and get *some* K that depends on c and on the layers. And whatever it turns out to be, the critic is only an attempt at the best function, so what you measure is at most K times the distance. You do not have to take my word for it. Here is the same training twice, once without any constraint and once with clipping. Neither critic has batch normalisation, for a reason that comes up in a moment.

# %% [markdown] lang="zh-TW"
# <a id="clip"></a>
#
# ## 改變 2：裁剪權重
#
# 好端端的權重，為什麼要裁？你想想，評價器的工作是把兩邊的平均分數拉得越開越好。沒人管的話，它只要把所有分數都乘以十，業績馬上變成十倍，這種數字還有什麼意義？所以第 0 份筆記本的對偶公式規定，評價器必須是 1-Lipschitz：圖片變多少，分數最多就只能變多少。放寬一點來說，如果分數的變化從來不超過兩張圖距離的 K 倍，就叫 K-Lipschitz。符合條件的 K 要多少有多少，我們只認最小的那個，所以 **K 是上確界（supremum）**，也就是評價器全場最陡的那個斜率，不是平均斜率。斜率放寬到 K，兩個平均最多就能差到推土機距離的 K 倍。K 等於一特別在哪裡？就特別在這裡：只有這個時候，量到的才是距離本人。
#
# 裁剪是滿粗暴的做法。權重小的層陡不起來，這種層一層一層疊上去也一樣，所以 K 的確有上限。只是上限是多少，由不得你：你手上能轉的旋鈕是 c，不是 K。選好 c，自然會得到某個 K，至於是多少，要看 c 和網路的層。而且不管 K 是多少，評價器只是在逼近最好的那個函數，不見得真的到了，所以量到的東西最多是距離的 K 倍。口說無憑，同樣的訓練跑兩次給你看：一次完全不管，一次裁剪。兩個評價器都沒有放批次正規化，為什麼？先賣個關子，等一下就說。

# %%
from wgan_keras.watching.plots import BLUE, GREY, ORANGE, new_figure

critics = {}
figure, axes = new_figure(5, 3, 1, 1)
for name, lipschitz, colour in (
    ("no constraint", None, ORANGE),
    ("clipped to ±0.05", clipping, BLUE),
):
    gan = new_gan(wgan_keras.WGAN, normalization=None, lipschitz=lipschitz)
    logs = train(gan, TRIAL_STEPS)
    critics[name] = gan
    axes.semilogy(
        logs["step"], np.abs(logs["wasserstein_estimate"]), color=colour, label=name
    )
    distance = evaluator.frechet_distance(gan.sample(1000))
    print(
        f"{name:17} estimate {logs['wasserstein_estimate'][-1]:10.3g}"
        f"   mean slope {logs['lipschitz_estimate'][-1]:9.3g}   Fréchet {distance:8.1f}"
    )
axes.set(xlabel="generator step", ylabel="|Wasserstein estimate|")
axes.legend(frameon=False)
figure

# %% [markdown] lang="en"
# Mind the scale: each line of the grid stands for a hundred times as much as the one below. Without a constraint the estimate climbs beyond 10,000. The plot shows absolute values, so it hides the sign of where it ends: −1,910, and a distance cannot be negative. The *mean slope*, the average steepness of the critic between real and generated pictures, stands at 10,300. (A mean slope is not K. It can only be smaller.) With clipping, the estimate is 25.2 and the mean slope 16.8.
#
# Be fair, though. Even the generator whose critic has no constraint does learn, and its pictures get a Fréchet distance of 22.9, against 13.0 with clipping. A generator follows directions, and an unconstrained critic still points somewhere. What it has lost is the meaning of its number.
#
# What does all this mean for a single score? Take one held-out digit and a twin with a trace of noise on it, and ask both critics about the pair.

# %% [markdown] lang="zh-TW"
# 圖裡橘線（no constraint）沒有約束，藍線（clipped）有裁剪；橫軸是生成器的步數（generator step），縱軸是 Wasserstein 估計值的絕對值。先看清楚刻度：格線每往上一條，數字就大一百倍。沒有約束的估計值一路衝破 10,000，最後停在 −1,910，只是圖上畫的是絕對值，負號看不出來。距離還能是負的？這哪門子的距離啊。再看上面印出來的平均斜率（mean slope），也就是評價器從真實影像走到生成的圖片，平均有多陡：它是 10,300。（平均斜率不是 K 喔，它只會比 K 小。）有裁剪的那一個，估計值是 25.2，平均斜率是 16.8。
#
# 不過講話要公道。沒人管的評價器，還是把生成器教會了一些東西，圖片的 Fréchet 距離是 22.9，有裁剪的是 13.0。生成器只要有方向就能走，而沒有約束的評價器還是指得出方向，只是它報的數字已經聽不得了。
#
# 換到單獨一張圖的分數，這些又代表什麼？我們拿一張保留的測試影像，再幫它做一個雙胞胎，只多了一丁點雜訊，然後請兩個評價器各打一次分數。

# %%
digit = held_out[:1] / 127.5 - 1
faint = np.random.default_rng(SEED).normal(0, 0.02, digit.shape)
twins = np.float32(np.concatenate([digit, np.clip(digit + faint, -1, 1)]))
apart = np.linalg.norm(twins[1] - twins[0])
print(f"two pictures of one digit, {apart:.3f} apart")
for name, gan in critics.items():
    one, other = gan.score(twins).numpy()[:, 0]
    print(
        f"{name:17} scores {one:9.4g} and {other:9.4g}   "
        f"difference / distance {abs(one - other) / apart:8.3g}"
    )
Image.fromarray(np.uint8(np.hstack(twins[:, 4:24, 4:24, 0]) * 127.5 + 127.5)).resize(
    (320, 160)
)

# %% [markdown] lang="en"
# The twin is the one on the right. You can hardly tell the two apart, and their distance is 0.418. The clipped critic moves its score by 10.9 times that. The free critic moves it by 4,820 times that, so that a speck of noise is worth some 2,000 points. Do not conclude that the clipped critic is the calmer one by nature: measured against the mean slope of each, which you saw above, the two moves are not far apart. What clipping limits is the scale, and with it how many points any speck of noise can be worth.
#
# You can also say something about that limit now. No slope is steeper than K, so the mean slope above already tells you that the K of this clipped critic is at least 16.8. It is *some* K, and not 1.
#
# Now for the reason why these two had no batch normalisation. Clipping bounds the weights, and with them the slope, of dense and convolutional layers. Batch normalisation divides by the spread of whatever is in the batch, and no clip value bounds *that*. It also means that a picture has no score of its own, because its score depends on the company it keeps. Ask the critic from the beginning of this notebook about one and the same digit in two different batches.

# %% [markdown] lang="zh-TW"
# 左邊是本尊，右邊是雙胞胎，要看第二眼才分得出來，兩張的距離是 0.418。印出來的 scores 是兩張圖的分數，最後的 difference / distance 是分數差除以距離。裁剪過的評價器，分數變了這個距離的 10.9 倍。沒有約束的那位呢？變了 4,820 倍，等於一丁點雜訊就值 2,000 分上下。可是先別急著說裁剪過的那位天生比較沉得住氣：跟前面量到的平均斜率一比，兩位其實差不了多少。裁剪限制的是分數的刻度，刻度有了上限，一丁點雜訊能值幾分也就跟著有了上限。
#
# 那上限到底有多高？現在至少心裡有個底。沒有哪個斜率會比 K 還陡，所以看前面的平均斜率就知道，裁剪過的這個評價器，K 至少有 16.8。所以 K 確實有個上限，只是遠遠不是 1。
#
# 現在回來解開剛剛的關子：為什麼不放批次正規化？裁剪管得住權重，所以全連接層和卷積層的斜率也跟著有上限。批次正規化卻會除以整個批次的分散程度，這一塊裁剪值完全管不到。還有一個副作用：一張圖不再有自己專屬的分數，幾分要看它跟誰同一批。不信的話，拿同一個數字放進兩個不同的批次，去問問這份筆記本最前面訓練的那個評價器。

# %%
real = np.float32(held_out[:64] / 127.5 - 1)
among_real = wgan.critic(real, training=True)[0, 0]
fakes = 2 * pictures_of(wgan.generator, 63) - 1
mixed = np.concatenate([real[:1], fakes])
among_fake = wgan.critic(mixed, training=True)[0, 0]
print(f"one digit among 63 other real ones scores {among_real:.3f}")
print(f"the same digit among 63 generated ones    {among_fake:.3f}")

# %% [markdown] lang="en"
# The same digit gets two scores: 111.250 and 107.756. With batch normalisation in the critic there is no single $f$, and no bound on K either, so the theory holds in spirit only. In practice it helps a clipped critic to learn, which is why the recommended settings use it all the same. The gradient penalty of notebook 3 does without it.
#
# If you would like to turn the knob yourself, here is the same story in one dimension, where you can watch the critic as a curve. Let it run, and then move c. (If you see no frame below, run the cell.)

# %% [markdown] lang="zh-TW"
# 同一個數字，一次 111.250，一次 107.756。評價器一放批次正規化，就沒有唯一的 $f$ 可言，K 也沒有上限，理論只剩精神與我們同在。但實務上，它能幫裁剪過的評價器學得比較好，所以建議設定還是老實留著它。第 3 份筆記本的梯度懲罰就可以不用。
#
# 想親手轉轉 c 這個旋鈕嗎？下面把同樣的故事搬到一條線上，評價器就是一條看得到的曲線。先讓它跑一下，再去動 c。（如果下面一片空白，執行那一格就會出來。）

# %%
from wgan_keras import lab

lab.show("clipping")

# %% [markdown] lang="en"
# <a id="ncritic"></a>
#
# ## Change 3: several critic steps
#
# The distance is a maximum over all critics that are allowed, so the critic should be near that maximum before the generator listens to it. Hence `n_critic` steps for each step of the generator, five in the paper. But those steps cost time. So compare them at *equal time*: every setting gets the same seconds of computing, and the more its critic trains, the fewer steps its generator gets.

# %% [markdown] lang="zh-TW"
# <a id="ncritic"></a>
#
# ## 改變 3：評價器多走幾步
#
# 第三個改變，是讓評價器多練一會兒。推土機距離是在所有合格的評價器裡取最大值，所以評價器得先練到接近那個最大值，生成器再聽它的才有意義。因此生成器每走一步，評價器要走 `n_critic` 步，論文用的是五步。問題是，走路要時間，時間就是錢。那就在時間相同的條件下來比：每種設定分到的計算秒數一樣多，評價器練得越勤，留給生成器的步數就越少。

# %%
import time

TRIAL_SECONDS = {"full": 6, "short": 4, "quick": 0.5}[SETTING]


class StopAfter(keras.callbacks.Callback):
    """Ends a training after some seconds of computing, its first step not counted."""

    def on_train_batch_end(self, batch, logs=None):
        if batch == 0:
            self.started = time.process_time()
        if time.process_time() - self.started > TRIAL_SECONDS:
            self.model.stop_training = True


print(f"{TRIAL_SECONDS} seconds of computing each")
print("n_critic   generator steps   Fréchet distance")
for n_critic in (1, 2, 5, 10):
    gan = new_gan(wgan_keras.WGAN, n_critic)
    steps = len(train(gan, 10**6, [StopAfter()])["step"])
    distance = evaluator.frechet_distance(gan.sample(1000))
    print(f"{n_critic:8}{steps:18}{distance:19.1f}")

# %% [markdown] lang="en"
# At equal time, one critic step wins with these networks, at 7.1, and ten come last, at 18.0: the generator that got 215 steps has simply learnt more than the one that got 44. That is why the package recommends `n_critic=1`. What the paper's five steps buy is a better *estimate*: the closer the critic is to its maximum, the more nearly you can read its estimate as K times the distance. You will see [below](#curve) what that is worth, with a critic that has no batch normalisation.
#
# <a id="optimizer"></a>
#
# ## Change 4: RMSprop
#
# Adam has momentum: it keeps moving in a direction that used to be right. The critic's target moves with every step of the generator, and the authors report (section 4) that a critic with momentum became unstable, and that RMSprop behaved better. So leave the generator alone, and change the critic's optimizer only.

# %% [markdown] lang="zh-TW"
# 時間一樣多的話，這個網路是評價器走一步的贏，7.1；走十步的墊底，18.0。道理不難：一個生成器走了 215 步，另一個只走了 44 步，學得多的當然是前者。所以套件建議 `n_critic=1`。那論文的五步是白走的嗎？也不是，它買的是比較準的估計值：評價器越接近最大值，估計值就越接近距離的 K 倍。這到底值多少，[等一下](#curve)換一個沒有批次正規化的評價器就會看到。
#
# <a id="optimizer"></a>
#
# ## 改變 4：RMSprop
#
# 最後一個改變看起來最小，只換一個名字。Adam 有動量（momentum）：以前對的方向，它會順著再衝一段。可是生成器每走一步，評價器的目標就跟著動一次，昨天對的方向，今天可不一定對。作者在第 4 節說，評價器加了動量會變得不穩定，RMSprop 就乖得多。所以這裡生成器不動，只換評價器的最佳化器。

# %%
import warnings

warnings.simplefilter("ignore")  # the package warns of momentum, as the paper does
print(f"optimizer of the critic   Fréchet distance after {TRIAL_STEPS} steps")
for name, optimizer in (
    ("RMSprop", keras.optimizers.RMSprop(RATE)),
    ("Adam, beta_1 = 0", keras.optimizers.Adam(RATE, beta_1=0.0)),
    ("Adam, beta_1 = 0.9", keras.optimizers.Adam(RATE, beta_1=0.9)),
):
    gan = new_gan(wgan_keras.WGAN, critic_optimizer=optimizer)
    train(gan, TRIAL_STEPS)
    print(f"{name:21}{evaluator.frechet_distance(gan.sample(1000)):16.1f}")

# %% [markdown] lang="en"
# That agrees with the authors' warning. RMSprop and Adam without momentum are neck and neck, at 8.9 and 8.7, and a momentum of 0.9, which is Adam's default, ends at 532.5. These are single runs of 150 steps, so make nothing of the difference between the first two. The third is another matter: chance alone hardly explains a gap like that. The number does not say whether its pictures are noise, a collapse or only a very slow start. So what matters here is not the name of the optimizer, but that it has no momentum.
#
# That was the last of the four changes. It is time to see what they are worth together.
#
# <a id="scores"></a>
#
# ## Side by side
#
# Here is the match that you have been waiting for. A DCGAN and a WGAN start from the same generator, see the same images in the same order, and take the same number of steps at the same rate. Each has the optimizer recommended for it: Adam without momentum for the DCGAN, and RMSprop for the WGAN.
#
# For once, give the theory its best chance. The adversary takes five steps for each step of the generator, so that it comes closer to its maximum. And it has no batch normalisation, so that the critic is one single function, and clipping bounds its slope. The DCGAN's discriminator gets exactly the same five steps and the same bare layers. These are not the settings with which the package draws its best digits, but those will have their turn further down. In the GIF, the DCGAN is on the left and the WGAN on the right, with the same latents.

# %% [markdown] lang="zh-TW"
# 跟作者的警告一致。RMSprop 和沒有動量的 Adam 不相上下，8.9 和 8.7；動量設成 0.9，也就是 Adam 的預設值，結果是 532.5。這些都是只跑一次、150 步的結果，所以前兩個的差距別當真。第三個就另當別論了，差這麼多，很難全推給運氣。至於它畫出來的是雜訊、是模式崩潰（mode collapse），還是單純起步慢到不行，光看這個數字看不出來。所以要緊的不是換哪一個最佳化器，是不要動量。
#
# 四個改變到這裡全部講完，可以來看它們加在一起值多少了。
#
# <a id="scores"></a>
#
# ## 並排比一比
#
# 你等很久的比賽來了。DCGAN 和 WGAN 從同一個生成器出發，以同樣的順序看同樣的影像，學習率一樣，步數也一樣。最佳化器就讓它們各用建議的那一個：DCGAN 是沒有動量的 Adam，WGAN 是 RMSprop。
#
# 這一次，我們把條件調得最接近理論。生成器每走一步，對手就走五步，好離最大值近一點；對手也不放批次正規化，這樣評價器才是同一個函數，斜率也真的被裁剪管住。為了公平，DCGAN 的判別器待遇完全一樣：一樣五步，一樣光溜溜的層。套件畫數字畫得最漂亮的設定不是這一組，別急，那一組後面會出場。GIF 左邊是 DCGAN，右邊是 WGAN，用的是同樣的潛在向量。

# %%
from base64 import b64encode
from pathlib import Path

from IPython.display import HTML
from PIL import ImageDraw

from wgan_keras.watching.plots import save_gif


def show_gif(path):
    """Puts a GIF into the notebook itself, so that it moves wherever this is read."""
    encoded = b64encode(Path(path).read_bytes()).decode()
    return HTML(f'<img src="data:image/gif;base64,{encoded}">')


LONG_STEPS = {"full": 400, "short": 200, "quick": 4}[SETTING]
gans, logs, files = {}, {}, {}
for kind, model in (("DCGAN", wgan_keras.DCGAN), ("WGAN", wgan_keras.WGAN)):
    gans[kind] = new_gan(model, N_CRITIC, normalization=None)
    gif = wgan_keras.TrainingGif(
        f"runs/02_wgan/{kind}.gif", max(1, LONG_STEPS // 30), count=16
    )
    quality = wgan_keras.Quality(evaluator, every=max(1, LONG_STEPS // 20))
    balance = wgan_keras.Balance(held_out, every=max(1, LONG_STEPS // 50))
    logs[kind] = train(gans[kind], LONG_STEPS, [gif, quality, balance])
    files[kind] = sorted(gif.frames.glob("*.png"))

frames = []
for pair in zip(*files.values()):
    strip = [np.pad(np.asarray(Image.open(file)), ((24, 0), (0, 12))) for file in pair]
    frame = Image.fromarray(np.hstack(strip))
    for left, kind in zip((6, strip[0].shape[1] + 6), files):
        ImageDraw.Draw(frame).text((left, 4), kind, fill="white", font_size=16)
    frames.append(np.asarray(frame))
save_gif("runs/02_wgan_side_by_side.gif", frames, frames_per_second=5)
show_gif("runs/02_wgan_side_by_side.gif")

# %% [markdown] lang="en"
# Both learn to write, but the WGAN takes the long way round: for the first hundred steps or so it paints solid blocks, and only then do they turn into strokes. To put numbers on where the two end up, judge 1,000 pictures of each. *Precision* is the share of generated pictures that look like real ones, *recall* the share of real ones that the generator can come close to, and a class is *missed* if hardly any picture shows that digit.

# %% [markdown] lang="zh-TW"
# 兩邊都學會寫字了，只是 WGAN 繞了一大圈：頭一百步左右，它畫的都是一坨一坨的色塊，後來才慢慢變成筆畫。最後畫得怎樣，還是用數字說話：各拿 1,000 張圖片來評分。精確率（precision）是生成的圖片裡，看起來像真的占多少；召回率（recall）反過來，是真實影像裡，生成器搆得到的占多少；如果某個數字幾乎沒有圖片畫到，那個類別就算漏掉了（missed）。

# %%
print("                 Fréchet   precision   recall   classes missed")
judged = {"real images": images[:1000]}
judged |= {kind: gan.sample(1000, seed=1) for kind, gan in gans.items()}
for kind, pictures in judged.items():
    score = evaluator.score(pictures)
    print(
        f"{kind:13}{score['frechet_distance']:11.2f}{score['precision']:12.2f}"
        f"{score['recall']:9.2f}{score['classes_missed']:17.0f}"
    )
figure, panels = new_figure(5, 4.4, 2, 1)
for axes, kind in zip(panels, gans):
    axes.imshow(grid(judged[kind][:24]), cmap="gray", vmin=0, vmax=255)
    axes.set(xticks=[], yticks=[], title=kind)
figure

# %% [markdown] lang="en"
# You hardly need the table to see who has won. The DCGAN's Fréchet distance is 4.20 and the WGAN's is 10.48, while real images get 0.34. In precision the two are not so far apart, at 0.63 and 0.57, although your eye may object. What the WGAN lacks most of all is variety: its recall is 0.33 against 0.79, and it misses one of the ten digits. You will often hear that a WGAN prevents mode collapse. In this match it is the WGAN that has lost a digit, and the DCGAN that has them all. One run does not refute the claim, but it does not support it, either.
#
# One run is not enough for a verdict, so here is [a grid of many short ones](../../docs/robustness.md). Each recipe is tried as it is, and then made worse in one way at a time, on two data sets and with three seeds, and we count the trainings that collapse. The first column is the GAN of 2014, whose generator descends $\log(1 - D)$. The second is the one that you have trained, with $-\log D$.
#
# | collapsed | GAN, $\log(1 - D)$ | DCGAN, $-\log D$ | WGAN, clipped |
# | --- | --- | --- | --- |
# | of all 60 trainings | 28 | 4 | 5 |
# | of 6 with a generator of dense layers | 3 | 3 | 1 |
# | of 6 without any normalisation | 3 | 0 | 4 |
#
# So the claim holds against the GAN of 2014, and hardly against the one that people train today. The clipped WGAN is clearly ahead of that one in the second row, with one of the networks that the paper itself tried (section 4.3), and clearly behind it in the third.
#
# Back to the match. The WGAN's poor showing is probably the price of the setting: with small weights and no batch normalisation, a critic can hardly pick up fine differences, and a generator cannot learn what its critic does not see. So what did you get for that price?
#
# <a id="curve"></a>
#
# ## Does the curve track the pictures?
#
# The paper's figure 3 shows curves that fall while the pictures get better. Measure it as in notebook 1, with Spearman's rank correlation: 1 means that the curve falls whenever the pictures get better. To be fair to the DCGAN, turn its loss into what it estimates. At its best, the discriminator's loss is $2 \log 2 - 2\,\mathrm{JS}$ (notebook 0), so $\log 2$ − loss / 2 is its estimate of the Jensen-Shannon divergence, and it ought to fall as well.
#
# The WGAN gets two curves. The first is the plain estimate, which at best is K times the distance. But K may change as the critic trains, so the second divides the estimate by the mean slope, which is the nearest thing to K that you can measure here. If both curves fall, it is not only K that has shrunk. The pale lines are single steps, the bold ones medians of all the steps since the last Fréchet distance was taken. (A few of the very first steps run off the top, and whatever is below zero is cut off.)

# %% [markdown] lang="zh-TW"
# 上面那格是 DCGAN 的圖片，下面那格是 WGAN 的。誰贏了，不看表格也知道。DCGAN 的 Fréchet 距離是 4.20，WGAN 是 10.48，真實影像則是 0.34。精確率差得不算多，0.63 和 0.57，雖然你的眼睛可能有意見。WGAN 最缺的是花樣：召回率只有 0.33，DCGAN 有 0.79，而且十個數字裡還漏了一個。常聽人說 WGAN 可以防止模式崩潰，可是在這場比賽裡，弄丟數字的是 WGAN，十個都在的是 DCGAN。只跑一次當然推翻不了這個說法，但也沒辦法替它撐腰就是了。
#
# 那就[多跑幾場短的](../../docs/robustness.md)（英文）：每套設定先原封不動跑，再一次只弄糟一個地方，兩個資料集，各三個種子，數一數崩潰幾次。第一欄是 2014 年最早的那種 GAN，生成器去降低 $\log(1 - D)$；第二欄用 $-\log D$，就是你訓練的那一種。
#
# | 崩潰次數 | GAN，$\log(1 - D)$ | DCGAN，$-\log D$ | WGAN，權重裁剪 |
# | --- | --- | --- | --- |
# | 全部 60 次裡 | 28 | 4 | 5 |
# | 生成器全用全連接層，6 次裡 | 3 | 3 | 1 |
# | 完全不用正規化，6 次裡 | 3 | 0 | 4 |
#
# 所以跟 2014 年的 GAN 比，這個說法站得住腳；跟現在大家真正在用的 DCGAN 比，就不太行了。權重裁剪的 WGAN 明顯贏過 DCGAN 的，是第二列，論文 4.3 節也試過這種網路；到了第三列，就明顯輸了。
#
# 回到這場比賽。WGAN 表現不好，多半是這組設定的代價：評價器的權重這麼小，又沒有批次正規化幫忙，遇到細微的差別就陡不太起來；評價器看不出來的，生成器也就學不到。那付了這麼多，到底買到什麼？
#
# <a id="curve"></a>
#
# ## 曲線有跟著圖片走嗎？
#
# 買到的是一條曲線。論文的圖 3 就畫了幾條，圖片越來越好，曲線越來越低。我們照第 1 份筆記本的辦法，用 Spearman 等級相關來量：1 表示只要圖片變好，曲線就下降。為了對 DCGAN 公平，先把它的損失換算成它在估計的東西。判別器練到最好的時候，損失是 $2 \log 2 - 2\,\mathrm{JS}$（第 0 份筆記本），所以 $\log 2$ − loss / 2 就是它對 Jensen-Shannon 散度的估計，照理也該往下掉。
#
# WGAN 有兩條曲線。第一條就是估計值本身，最好的時候是距離的 K 倍。可是評價器一邊訓練，K 也可能一邊在變，所以第二條把估計值除以平均斜率：這裡量得到的東西裡，就屬它最接近 K。兩條都下降，才能說變小的不只是 K。淡色的線是每一步的值，粗線的每一點，是從上一次量 Fréchet 距離到這一次，中間所有步數的中位數。（最前面有幾步衝出了圖的上緣，零以下的部分也切掉了。）

# %%
from scipy.stats import spearmanr


def at_scores(log, values):
    """At each Fréchet distance: the step, the median of values since the last, itself."""
    scored = np.flatnonzero(np.isfinite(log["frechet_distance"]))
    medians = [np.median(part) for part in np.split(values, scored + 1)[:-1]]
    return log["step"][scored], np.array(medians), log["frechet_distance"][scored]


estimate = logs["WGAN"]["wasserstein_estimate"]
curves = {
    "DCGAN: log 2 − loss / 2": (
        np.log(2) - logs["DCGAN"]["discriminator_loss"] / 2,
        ORANGE,
    ),
    "WGAN: estimate": (estimate, BLUE),
    "WGAN: estimate / mean slope": (estimate / logs["WGAN"]["lipschitz_estimate"], BLUE),
}
figure, panels = new_figure(5, 9, 5, 1, sharex=True)
print("rank correlation with the Fréchet distance    whole run   second half")
for axes, (name, (values, colour)) in zip(panels, curves.items()):
    log = logs[name.split(":")[0]]
    step, medians, distances = at_scores(log, values)
    axes.plot(log["step"], values, color=colour, alpha=0.25)
    axes.plot(step, medians, ".-", color=colour)
    axes.set(title=name, ylim=(0, 1.3 * medians.max()))
    halves = (slice(None), slice(len(step) // 2, None))
    row = [spearmanr(medians[half], distances[half]).statistic for half in halves]
    print(f"{name:43}" + "".join(f"{value:12.2f}" for value in row))
for kind, colour in (("DCGAN", ORANGE), ("WGAN", BLUE)):
    log = logs[kind]
    for axes, name in zip(panels[3:], ("frechet_distance", "told_apart")):
        measured = np.isfinite(log[name])
        axes.plot(
            log["step"][measured], log[name][measured], ".-", color=colour, label=kind
        )
    thirds = np.array_split(log["told_apart"][measured], 3)
    medians = [np.median(third) for third in thirds]
    print(f"{kind}: pairs ranked rightly, in each third of the run", np.round(medians, 2))
panels[3].set(title="Fréchet distance of the pictures", yscale="log")
panels[3].set_yticks([3, 10, 30, 100, 300, 1000], [3, 10, 30, 100, 300, 1000])
panels[3].minorticks_off()
panels[3].legend(frameon=False)
panels[4].axhline(0.5, color=GREY, linestyle=":")
panels[4].set(title="Share of pairs in which the real image scores higher")
panels[4].set(ylim=(0, 1.03), xlabel="generator step")
figure

# %% [markdown] lang="en"
# Yes, it does. Over the whole run, the rank correlation between the WGAN's estimate and the Fréchet distance is 0.94. In the second half, where the pictures change only little, it is still 0.87. Divided by the mean slope it is 0.91 and 0.75, so this is not just a matter of scale. The DCGAN's estimate manages −0.04 and 0.12. It is lowest around step 100, and after that it shows no clear trend, while its pictures keep getting better. Had you seen nothing but this curve, you would have kept the DCGAN of step 100 and thrown away the better ones that came after it. (The fourth panel has a small surprise: for the first forty steps or so, the WGAN's pictures are the better ones.)
#
# These correlations rest on twenty points, and in the second half on ten, so trust the difference between the two models more than any second decimal.
#
# Still, that is what a WGAN is for: a loss that tells you whether your training is getting anywhere. It is a great comfort when you do not have a classifier at hand to score your pictures. There are three things to keep in mind, though.
#
# - **The critic has to catch up first.** For the first 60 steps the estimate *rises*, although the pictures get better. A critic that is still far from its maximum underestimates the distance.
# - **A small estimate does not mean good pictures.** It means that *this* critic finds no difference. Look at the bottom panel: the critic prefers the real image in 0.99 of the pairs in the first third of the run, in 0.69 in the second and in 0.53 in the last, and a coin would get 0.5. It has next to nothing left to teach, and the pictures hardly improve any more, with one digit still missing. The discriminator stays at 0.92 to 0.96, and its generator goes on learning.
# - **Nothing may escape the clipping.** Put batch normalisation back into the critic, as the recommended settings do, and the estimate no longer tracks the pictures: the correlation drops to −0.13. With five steps it is even −0.68, because the estimate climbs while the pictures get better. They do get better, though, to 4.48 instead of 10.51. So with clipping we could have a readable curve or good pictures, but not both. Exercise 2 is about these runs.
#
# <a id="breaks"></a>
#
# ## Can you break them?
#
# The other promise is that a WGAN is hard to break. Put it to the test with two kinds of trouble, and three contestants. The first is the original game: its generator minimises $\log(1 - D)$, and `OriginalGAN` below differs from the package's DCGAN in that one line. The second is the DCGAN with its $-\log D$, and the third is the WGAN.
#
# The first row is the control. Every model has the package's networks, with batch normalisation, and its adversary takes one step. In the second row, the adversary takes five steps. In the third it is back to one, but the generator has lost its batch normalisation. All rates are the same, and each generator takes 200 steps.

# %% [markdown] lang="zh-TW"
# 有！不過先認一下圖上這五格。橫軸都是生成器的步數（generator step）：上面三格是 DCGAN 換算出來的估計、WGAN 的估計值（estimate），以及估計值除以平均斜率（mean slope）；第四格是圖片的 Fréchet 距離，越低越好；最下面那格把真實影像和生成的圖片兩兩配對，看真實影像分數比較高的占多少，虛線是亂猜的水準。
#
# 現在看數字。整段來看，WGAN 的估計值和 Fréchet 距離的等級相關是 0.94；後半段圖片已經沒什麼變化，也還有 0.87。除以平均斜率之後是 0.91 和 0.75，所以不只是刻度在變。DCGAN 的估計呢，−0.04 和 0.12。它在第 100 步左右最低，之後就看不出往哪裡走，圖片卻一路都在變好。如果手上只有這條曲線，你會把第 100 步的 DCGAN 留下來，後面更好的反而丟掉。（第四格還藏了個小驚喜：頭四十步左右，圖片比較好的是 WGAN。）
#
# 這些相關係數，整段只靠二十個點，後半段更只有十個，所以可信的是兩個模型之間的差距，小數第二位看看就好。
#
# 話雖如此，WGAN 就是好在這裡：損失會告訴你，訓練到底有沒有進展。手邊沒有分類器可以替圖片打分數的時候，這真的讓人安心很多。不過有三件事要記得。
#
# - **評價器要先跟上。** 最初 60 步，圖片明明在變好，估計值卻往上走。評價器離最大值還很遠的時候，會把距離低估。
# - **估計值小，不代表圖片好。** 只代表「這個」評價器找不出差別。看最下面那格：把真實影像排在前面的配對，訓練的前三分之一占 0.99，中間剩 0.69，最後只有 0.53，而丟銅板也有 0.5。它幾乎沒有東西可教了，圖片也就不太進步，到最後還是少一個數字。判別器一直在 0.92 到 0.96 之間，它的生成器也就繼續學下去。
# - **不能有東西躲過裁剪。** 照建議的設定，把批次正規化放回評價器，估計值就不再跟著圖片走了，等級相關掉到 −0.13；走五步的話甚至是 −0.68，因為圖片變好的時候，估計值反而往上爬。不過圖片真的有變好：4.48，不是 10.51。所以在這裡，用裁剪的話，曲線和圖片只能挑一個。練習 2 講的就是這幾次訓練。
#
# <a id="breaks"></a>
#
# ## 弄得壞它們嗎？
#
# 都說 WGAN 還有一個好處：很難弄壞。這種話當然要試試看。準備兩種麻煩，找三位選手來。第一位是原始遊戲：生成器最小化 $\log(1 - D)$，下面的 `OriginalGAN` 和套件的 DCGAN 就差那一行。第二位是用 $-\log D$ 的 DCGAN，第三位是 WGAN。
#
# 第一列是對照組：每個模型都用套件的網路，有批次正規化，對手走一步。第二列，對手改走五步。第三列，對手回到一步，但生成器的批次正規化被沒收了。學習率全都一樣，生成器各走 200 步。

# %%
MATCH_STEPS = {"full": 200, "short": 30, "quick": 2}[SETTING]


class OriginalGAN(wgan_keras.DCGAN):
    """The DCGAN with the loss of the original game: its generator minimises log(1 − D)."""

    def train_step(self, data):
        for t, real in enumerate(self.deal(data)):
            fake = self.generate(self.draw_latents(t, real), training=True)
            with tf.GradientTape() as tape:
                real_logits = self.score(real, training=True)
                fake_logits = self.score(fake, training=True)
                loss = -mean(log_sigmoid(real_logits)) - mean(log_sigmoid(-fake_logits))
            self.descend(self.discriminator, self.discriminator_optimizer, tape, loss)

        latents = self.draw_latents(self.n_discriminator, real)
        with tf.GradientTape() as tape:
            fake_logits = self.score(self.generate(latents, training=True), training=True)
            generator_loss = mean(log_sigmoid(-fake_logits))  # instead of −log D
        self.descend(self.generator, self.optimizer, tape, generator_loss)
        return self.finish_step(
            {
                "discriminator_loss": loss,
                "generator_loss": generator_loss,
                "real_accuracy": mean(tf.cast(real_logits > 0, tf.float32)),
                "fake_accuracy": mean(tf.cast(fake_logits < 0, tf.float32)),
            }
        )


def plain_generator(shape, latent_dim, width):
    """The same layers as before, without batch normalisation."""
    network = wgan_keras.build_generator(shape, latent_dim, width)
    layers_kept = [
        layer.__class__.from_config(layer.get_config())
        for layer in network.layers
        if not isinstance(layer, layers.BatchNormalization)
    ]
    return keras.Sequential(layers_kept)


conditions = {
    "as recommended": {},
    f"{N_CRITIC} adversary steps": {"steps": N_CRITIC},
    "plain generator": {"generator": plain_generator},
}
kinds = {"log(1 − D)": OriginalGAN, "−log D": wgan_keras.DCGAN, "WGAN": wgan_keras.WGAN}
figure, panels = new_figure(5, 5.8, len(conditions), len(kinds))
print(
    f"Fréchet distance after {MATCH_STEPS} steps" + "".join(f"{kind:>12}" for kind in kinds)
)
for row, (name, options) in zip(panels, conditions.items()):
    distances = []
    for axes, (kind, model) in zip(row, kinds.items()):
        gan = new_gan(model, **options)
        train(gan, MATCH_STEPS)
        pictures = gan.sample(1000)
        distances.append(evaluator.frechet_distance(pictures))
        square = pictures[:9, ..., 0].reshape(3, 3, 28, 28).transpose(0, 2, 1, 3)
        axes.imshow(square.reshape(84, 84), cmap="gray", vmin=0, vmax=1)
        axes.set(xticks=[], yticks=[], title=kind)
    row[0].set_ylabel(name)
    print(f"{name:32}" + "".join(f"{distance:12.1f}" for distance in distances))
figure

# %% [markdown] lang="en"
# Read the left column from top to bottom. As recommended, the original game draws digits as the others do: it scores 9.3, the DCGAN 10.5, and the WGAN 7.9. Let its discriminator take five steps, and the score is 1742.8, which is grey noise. Take the generator's batch normalisation away, and it is 521.7, an even grey. The likely reason is the one that the [slopes](#slopes) led you to expect: against a discriminator that is certain, the slope of $\log(1 - D)$ all but vanishes, and a generator without a slope stays where it is.
#
# Neither stops the WGAN. With five steps it is at 6.4 instead of 7.9. With the plain generator it does get worse, at 12.5, and its strokes are blotchy, but you can still read some of its digits. Here, then, is the idea that the paper turns on: in the original game a better adversary can stop the generator altogether, and in a WGAN it does no such harm. You *may* train your critic well.
#
# And yet, look at the middle column. The DCGAN with $-\log D$ takes both in its stride. At 6.4 and 8.5 it does no worse than in its control, and in the last row it beats the WGAN. The disease that the WGAN cures is real, but everybody who uses $-\log D$ has been taking another medicine for it all along, and for small networks and 28×28 pixels that one works. What it did not give you is a curve that you can read.
#
# ## What WGAN changes, and what it costs
#
# - **The question.** A distance that shrinks as the pictures get closer, instead of a probability that is soon certain.
# - **The output.** A raw score, with no sigmoid and no logarithm. The difference of the two means has no ceiling, and the slope of the generator's loss is −1 everywhere. So training goes on where the original game stops: 6.4 against 1742.8.
# - **The constraint.** Something has to keep the critic from being arbitrarily steep. Clipping does it crudely: you choose c and get some K, where only a K of one would make the estimate a distance. Notebook 3 shows what happens when c is too small or too large.
# - **The optimizer.** No momentum for the critic: with it, Adam's Fréchet distance was 532.5 instead of 8.7.
# - **The curve.** In a critic without batch normalisation, it followed the pictures with a rank correlation of 0.94, against −0.04 for the DCGAN. With batch normalisation, it did not.
# - **The price.** Critic steps take time, there is one more number to choose, and a clipped critic is soon out of its depth. In the match, with five steps and no batch normalisation, the DCGAN was ahead, at 4.20 against 10.48.
# - **The way on.** Whether a WGAN draws better pictures depends on how its critic is kept in check. In the package's [scores](../../docs/scores.md), over three seeds, the clipped WGAN is behind the DCGAN. Those with the gradient penalty or the spectral normalisation of notebook 3 are at least as close to MNIST as the DCGAN, and behind it on Fashion-MNIST.
#
# These are single runs on MNIST, with one seed each and a few hundred steps. Believe the large differences, such as grey noise against digits, or the DCGAN's lead at the end of the match. Shrug at the small ones, such as the order of the three models in the control row. And the learning rate of all of them is the one that we chose for the WGAN.
#
# ## Exercises
#
# **1.** Does the critic of the match prefer images that it has seen in training to ones that it has never seen?
#
# <details><summary>Solution</summary>
#
# Compare its mean score of 10,000 training images with that of the 10,000 held-out ones. A critic that has learnt its images by heart would score them much higher. Compute the standard errors as well, so you know how large a difference chance alone would make.
#
# ```python
# for name, some in (("training", images[:10000]), ("held out", held_out)):
#     scores = gans["WGAN"].score(np.float32(some / 127.5 - 1)).numpy()
#     error = scores.std() / len(some) ** 0.5
#     print(f"{name}: mean score {scores.mean():.1f} ± {error:.1f}")
# ```
#
# We got 1086.6 ± 1.3 and 1082.5 ± 1.3. The difference of 4.1 is about twice its own standard error of 1.8, so there is at most a hint that the critic remembers anything. No wonder: it has seen 64,000 images, and most of them only once.
#
# </details>
#
# **2.** The critic of the match differs from the recommended one in two ways: it takes five steps, and it has no batch normalisation. Which of the two made its curve readable?
#
# <details><summary>Solution</summary>
#
# Train the other three combinations, and compute the same correlation. Allow about as much time as the match itself took.
#
# ```python
# for steps, normalization in ((1, "batch"), (N_CRITIC, "batch"), (1, None)):
#     gan = new_gan(wgan_keras.WGAN, steps, normalization=normalization)
#     quality = wgan_keras.Quality(evaluator, every=max(1, LONG_STEPS // 20))
#     log = train(gan, LONG_STEPS, [quality])
#     _, medians, distances = at_scores(log, log["wasserstein_estimate"])
#     rank = spearmanr(medians, distances).statistic
#     print(steps, normalization, f"{rank:.2f} {distances[-1]:.2f}")
# ```
#
# This is what we got, with the match itself in the last row (10.51 instead of 10.48, because the training scores a different thousand pictures):
#
# | critic steps | batch normalisation | rank correlation | last Fréchet distance |
# | ---: | --- | ---: | ---: |
# | 1 | yes | −0.13 | 4.70 |
# | 5 | yes | −0.68 | 4.48 |
# | 1 | no | 0.88 | 9.25 |
# | 5 | no | 0.94 | 10.51 |
#
# First of all the batch normalisation. Clipping does not bound it, so the critic is free to become steeper and steeper, and the estimate grows with it. In the run with five steps, the mean slope rose from 3.8 to 66.7. The five steps matter, too. Without batch normalisation, a single one gives 0.88 over the whole run, but in its second half the correlation is only 0.16, against 0.87 with five. So a curve that you can read to the end needs both. Keep the last column in mind, too, when you meet the other constraints in notebook 3.
#
# </details>
#
# **3.** Where would you put the penalty if you did not want to clip? Name the line of your own `train_step`.
#
# <details><summary>Solution</summary>
#
# A penalty is something that is added to the critic's loss, so it belongs in line 5 of the algorithm: add it where your `train_step` computes `loss`, and leave out the constraints of the critic's layers, which are line 7. The package's `GradientPenalty` does exactly that. We got 9.6, about as good as the 8.9 of clipping after as many steps.
#
# ```python
# penalised = wgan_keras.GradientPenalty(weight=1.0, every=4)
# gan = new_gan(wgan_keras.WGAN, normalization="layer", lipschitz=penalised)
# train(gan, TRIAL_STEPS)
# print(evaluator.frechet_distance(gan.sample(1000)))
# ```
#
# </details>
#
# ## Next
#
# [03_beyond_clipping](03_beyond_clipping.ipynb) looks closely at what clipping does to a critic, and builds two better leashes.

# %% [markdown] lang="zh-TW"
# 先說圖怎麼看：每一欄是一位選手，每一列是一種狀況，as recommended 是建議的設定，adversary steps 是對手多走幾步，plain generator 是沒有批次正規化的生成器。左邊那一欄從上往下看。照建議的設定，原始遊戲和大家一樣畫得出數字：它是 9.3，DCGAN 是 10.5，WGAN 是 7.9。判別器改走五步，就變成 1742.8，一片灰灰的雜訊；拿掉生成器的批次正規化，是 521.7，乾脆整片一樣灰。前面的[斜率](#slopes)早就預告過了：判別器一旦十拿九穩，$\log(1 - D)$ 的斜率就幾乎是零，生成器沒有斜率可走，只好待在原地。這裡很可能就是這樣。
#
# 這兩招都沒放倒 WGAN。對手走五步，它是 6.4，原本是 7.9。換成沒有批次正規化的生成器，它的確變差了，是 12.5，筆畫東一塊西一塊的，不過有幾個數字還認得出來。整篇論文的關鍵就在這裡：在原始遊戲裡，對手太強，生成器可能整個學不下去；在 WGAN 裡，對手再強也不礙事。所以放心，評價器可以好好練。
#
# 不過也看看中間那一欄。用 $-\log D$ 的 DCGAN 兩關都輕鬆過，6.4 和 8.5，不比它自己的對照組差，最後一列更贏過 WGAN。WGAN 治的病是真的，只是用 $-\log D$ 的人，早就都在吃另一種藥了，而網路這麼小、圖只有 28×28 個像素的時候，那種藥也有效。它給不了你的，是一條看得懂的曲線。
#
# ## WGAN 改了什麼，代價是什麼
#
# - **問題。** 原本問的是機率，沒兩下就篤定了；現在問的是距離，圖片越接近就越小。
# - **輸出。** 分數沒有 sigmoid、沒有對數，所以兩邊平均的差沒有天花板，生成器損失的斜率也處處是 −1。原始遊戲停擺的地方，它還練得下去：6.4 對 1742.8。
# - **約束。** 總得有東西管著，不讓評價器愛多陡就多陡。裁剪的管法很粗魯：你選 c，得到某個 K，可是要 K 等於一，估計值才會是距離。c 太小或太大會怎樣，第 3 份筆記本會看到。
# - **最佳化器。** 評價器不要動量：Adam 有動量的話，Fréchet 距離是 532.5，沒有的話是 8.7。
# - **曲線。** 評價器沒有批次正規化的時候，曲線跟著圖片走，等級相關是 0.94，DCGAN 是 −0.04；放了批次正規化，就不跟了。
# - **代價。** 評價器多走幾步要花時間，多一個數字要挑，裁剪過的評價器又很快就教不動了。那場走五步、沒有批次正規化的比賽，DCGAN 領先：4.20 對 10.48。
# - **再往下走。** WGAN 畫得好不好，要看你用什麼管住評價器。套件的[評分](../../docs/scores.md)跑了三個種子：用裁剪的 WGAN 輸給 DCGAN；換成第 3 份筆記本的梯度懲罰或譜正規化，在 MNIST 上就不輸 DCGAN，在 Fashion-MNIST 上還是輸。
#
# 最後提醒一下，這些都是 MNIST 上只跑一次的結果，各一個種子、幾百步。差距大的可以信，像是一邊畫灰灰的雜訊、一邊畫數字，或是那場比賽結束時 DCGAN 的領先；差距小的就一笑置之，像是對照組那一列誰贏誰輸。還有，大家用的學習率都是替 WGAN 挑的那一個。
#
# ## 練習
#
# **1.** 剛才那場比賽的評價器，會不會偏心，給訓練時看過的影像打比較高的分數？
#
# <details><summary>解答</summary>
#
# 拿 10,000 張訓練影像的平均分數，和 10,000 張保留的測試影像比一比。如果評價器把訓練影像背起來了，它們的分數應該高出一大截。順便算一下標準誤，才知道光憑運氣會差多少。
#
# ```python
# for name, some in (("training", images[:10000]), ("held out", held_out)):
#     scores = gans["WGAN"].score(np.float32(some / 127.5 - 1)).numpy()
#     error = scores.std() / len(some) ** 0.5
#     print(f"{name}: mean score {scores.mean():.1f} ± {error:.1f}")
# ```
#
# 我們得到 1086.6 ± 1.3 和 1082.5 ± 1.3，差了 4.1，大約是這個差的標準誤 1.8 的兩倍，頂多算有一點點背過的跡象。這也難怪：它看過 64,000 張影像，大多只看了一次。
#
# </details>
#
# **2.** 比賽裡的評價器，和建議的設定差在兩個地方：走五步，而且沒有批次正規化。讓曲線看得懂的，是哪一個？
#
# <details><summary>解答</summary>
#
# 把另外三種組合也訓練一次，再算同一個相關。時間大概要抓跟那場比賽一樣久。
#
# ```python
# for steps, normalization in ((1, "batch"), (N_CRITIC, "batch"), (1, None)):
#     gan = new_gan(wgan_keras.WGAN, steps, normalization=normalization)
#     quality = wgan_keras.Quality(evaluator, every=max(1, LONG_STEPS // 20))
#     log = train(gan, LONG_STEPS, [quality])
#     _, medians, distances = at_scores(log, log["wasserstein_estimate"])
#     rank = spearmanr(medians, distances).statistic
#     print(steps, normalization, f"{rank:.2f} {distances[-1]:.2f}")
# ```
#
# 我們得到的是這樣，最後一列就是比賽本身（訓練時評分用的是另外一千張圖片，所以是 10.51，不是 10.48）：
#
# | 評價器走幾步 | 批次正規化 | 等級相關 | 最後的 Fréchet 距離 |
# | ---: | --- | ---: | ---: |
# | 1 | 有 | −0.13 | 4.70 |
# | 5 | 有 | −0.68 | 4.48 |
# | 1 | 沒有 | 0.88 | 9.25 |
# | 5 | 沒有 | 0.94 | 10.51 |
#
# 首先是批次正規化。裁剪管不到它，所以評價器可以越來越陡，估計值也就跟著變大：走五步又有批次正規化的那一次，平均斜率從 3.8 一路升到 66.7。五步也有關係：沒有批次正規化的話，走一步，整段訓練有 0.88，可是後半段只有 0.16，走五步則還有 0.87。所以曲線要從頭到尾都看得懂，兩個都少不了。最後一欄也請記著，到第 3 份筆記本碰到別的約束時用得到。
#
# </details>
#
# **3.** 不想裁剪的話，懲罰要放在哪裡？指出你自己的 `train_step` 裡的那一行。
#
# <details><summary>解答</summary>
#
# 懲罰是加在評價器損失上的東西，所以放在演算法的第 5 行：在你的 `train_step` 算 `loss` 的地方加上去，再拿掉評價器各層的約束，那就是第 7 行。套件的 `GradientPenalty` 正是這樣做。我們得到 9.6，和走同樣步數的裁剪差不多，那邊是 8.9。
#
# ```python
# penalised = wgan_keras.GradientPenalty(weight=1.0, every=4)
# gan = new_gan(wgan_keras.WGAN, normalization="layer", lipschitz=penalised)
# train(gan, TRIAL_STEPS)
# print(evaluator.frechet_distance(gan.sample(1000)))
# ```
#
# </details>
#
# ## 下一步
#
# [03_beyond_clipping](03_beyond_clipping.ipynb) 會把裁剪到底對評價器做了什麼看個仔細，再寫兩條更好的牽繩。
