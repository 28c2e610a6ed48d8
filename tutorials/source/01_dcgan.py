# %% [markdown] lang="en"
# # 1 · A DCGAN, watched closely
#
# A generative adversarial network is a game between two networks. The *generator* makes pictures out of random numbers; the *discriminator* says how probably a picture is a real one. Each learns against the other. Before you turn this game into a WGAN, you build it once more as a DCGAN, and this time you measure what is said to go wrong with it.
#
# **What you can do afterwards**
#
# - build a DCGAN for MNIST: its two networks, its two losses, its training step, and `fit`;
# - watch it learn, as a GIF of the same latents from the first step to the last;
# - answer three questions with numbers instead of hearsay: does the discriminator win? Do the generator's gradients fade? Do the loss curves tell you anything about the pictures?
#
# **How long it takes.** The run shown here took {{minutes}} minutes on two cores of an AMD EPYC, without a GPU; with `SETTING = "short"` it takes about 1. Reading takes half an hour.
#
# **How to run it**
#
# - On your own computer, in the cloned folder: `pip install -e . jupyterlab`, then `jupyter lab tutorials`.
# - In Colab, open the notebook, run this in a cell of its own before all others, and go on:
#
# ```
# !git clone --depth 1 {{repository}} wgan_keras
# %cd wgan_keras/tutorials/en
# !pip install -q ../..
# ```
#
# Keras downloads MNIST when it is first used.

# %% [markdown] lang="zh-TW"
# # 1 · 仔細觀察一個 DCGAN
#
# 生成對抗網路是兩個網路之間的一場遊戲：*生成器*把亂數變成圖片，*判別器*則說出一張圖片有多大的機率是真的，兩邊在較量之中學習。在把這場遊戲改成 WGAN 之前，我們先再做一次 DCGAN；這一次要動手量一量，大家說它會出的那些毛病，到底是怎麼回事。
#
# **讀完之後，你可以**
#
# - 為 MNIST 做一個 DCGAN：兩個網路、兩個損失、一個訓練步驟，以及 `fit`；
# - 看著它學習：同一批潛在向量，從第一步到最後一步，做成一個 GIF；
# - 用數字而不是道聽塗說來回答三個問題：判別器會不會贏？生成器的梯度會不會消失？損失曲線能不能告訴你圖片好不好？
#
# **要花多久。** 這裡的執行結果，是在 AMD EPYC 的兩個核心上、沒有 GPU，花了 {{minutes}} 分鐘跑出來的；改用 `SETTING = "short"` 大約要 1 分鐘。閱讀約需半小時。
#
# **怎麼執行**
#
# - 在自己的電腦上：在 clone 下來的資料夾裡執行 `pip install -e . jupyterlab`，再執行 `jupyter lab tutorials`。
# - 在 Colab 上：開啟這份筆記本，在最前面新增一格，先執行下面這幾行，再往下做：
#
# ```
# !git clone --depth 1 {{repository}} wgan_keras
# %cd wgan_keras/tutorials/en
# !pip install -q ../..
# ```
#
# 第一次用到 MNIST 時，Keras 會自動下載。

# %%
# %matplotlib inline
import inspect
import shutil
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from PIL import Image
from scipy.stats import spearmanr

from wgan_keras import DCGAN, Balance, Classifier, Evaluator, LearningCurve, Quality
from wgan_keras import TrainingGif, build_discriminator, build_generator, load_images
from wgan_keras import training_data
from wgan_keras.evaluation.metrics import class_shares
from wgan_keras.nets.losses import discriminator_loss, non_saturating_generator_loss
from wgan_keras.watching.plots import BLUE, GREEN, GREY, ORANGE
from wgan_keras.watching.plots import image_grid, learning_curve, new_figure

# %% [markdown] lang="en"
# All settings, seeds included, stand in one place. They were fixed before the run that you see here.

# %% [markdown] lang="zh-TW"
# 所有設定都放在同一個地方，隨機種子也包括在內。這些設定在執行之前就定好了，你看到的就是照它們跑出來的結果。

# %%
SETTING = "full"  # or "short", a quick look ("quick" only tests that the cells run)
STEPS = {"full": 3000, "short": 400, "quick": 6}[SETTING]
HELD_STEPS = {"full": 1500, "short": 100, "quick": 4}[SETTING]
DATASET = {"full": "mnist", "short": "mnist", "quick": "digits"}[SETTING]
BATCH_SIZE, WIDTH, LATENT_DIM, SEED = 64, 32, 128, 0

runs = Path("runs/01_dcgan")
shutil.rmtree(runs, ignore_errors=True)

# %% [markdown] lang="en"
# ## The data
#
# The images are arrays of whole numbers from 0 to 255, a byte for each pixel. They stay like that in memory; the model scales each batch to the range from −1 to 1 when it needs it. Some are held out: nothing trains on them, they only measure.

# %% [markdown] lang="zh-TW"
# ## 資料
#
# 影像是 0 到 255 的整數陣列，一個像素一個位元組。在記憶體裡就維持這個樣子，模型需要時才把每個批次縮放到 −1 到 1 之間。有一部分留作保留影像：不拿來訓練，只用來測量。

# %%
images, held_out = load_images(DATASET), load_images(DATASET, "test")
print("training", images.shape, images.dtype, "  held out", held_out.shape)
Image.fromarray(image_grid(images[:40], columns=10))

# %% [markdown] lang="en"
# ## The generator
#
# A latent is a vector of random numbers, here 128 of them, drawn from a normal distribution. The generator turns it into a picture: a dense layer makes a small picture of many channels, and each transposed convolution doubles its sides. The last activation is tanh, so that pixels lie between −1 and 1, as the real ones do.

# %% [markdown] lang="zh-TW"
# ## 生成器
#
# 潛在向量就是一串亂數，這裡有 128 個，從常態分布抽出。生成器把它變成圖片：先用一個全連接層做出一張很小、通道很多的圖，再由轉置卷積一次次把邊長加倍。最後的活化函數是 tanh，讓像素落在 −1 到 1 之間，和真實影像一樣。

# %%
print(inspect.getsource(build_generator))

# %% [markdown] lang="en"
# ## The discriminator
#
# It is the way back: convolutions with stride 2 halve the picture until one number is left. That number is a *logit*. Its sigmoid would be D, the probability of being real; the sigmoid itself is not a layer here but part of the loss, where it can be computed without overflow. As in the DCGAN paper ([Radford, Metz and Chintala, 2016](https://arxiv.org/abs/1511.06434), section 3), there is batch normalisation after every convolution but the first.

# %% [markdown] lang="zh-TW"
# ## 判別器
#
# 判別器反過來走：步幅 2 的卷積一次次把圖片的邊長減半，直到只剩一個數字。這個數字叫做 *logit*，取 sigmoid 之後才是 D，也就是圖片為真的機率；這裡的 sigmoid 不是一層，而是算在損失裡，這樣計算時不會溢位。和 DCGAN 論文一樣（[Radford、Metz 與 Chintala，2016](https://arxiv.org/abs/1511.06434)，第 3 節），除了第一個卷積之外，每個卷積後面都有批次正規化。


# %%
def new_dcgan():
    """A DCGAN at its very beginning: the same one at every call."""
    keras.utils.set_random_seed(SEED)
    generator = build_generator(images.shape[1:], LATENT_DIM, WIDTH)
    discriminator = build_discriminator(
        images.shape[1:], WIDTH, dropout=0.0, normalization="batch"
    )
    dcgan = DCGAN(generator, discriminator, seed=SEED)
    dcgan.compile()  # Adam with a rate of 0.0002 and beta_1 = 0.5, for both
    return dcgan


dcgan = new_dcgan()
for network in (dcgan.generator, dcgan.discriminator):
    print(f"{network.name}: {network.count_params():,} weights")
    for layer in network.layers:
        print(f"   {type(layer).__name__:20} {layer.output.shape[1:]}")

# %% [markdown] lang="en"
# ## The losses
#
# The discriminator is asked a yes-or-no question about each image, and its loss is the cross-entropy of the answers: $-\log D(x)$ for a real image $x$, and $-\log(1 - D(G(z)))$ for a made one.
#
# In the original game the generator minimises $\log(1 - D(G(z)))$, the very term that the discriminator maximises. Hardly anybody trains like that. [Goodfellow et al. (2014)](https://arxiv.org/abs/1406.2661), section 3, advise to minimise $-\log D(G(z))$ instead, and so does this package.

# %% [markdown] lang="zh-TW"
# ## 損失
#
# 對每張影像，我們都問判別器一個是非題，它的損失就是這些答案的交叉熵：真實影像 $x$ 是 $-\log D(x)$，生成的是 $-\log(1 - D(G(z)))$。
#
# 在最初的遊戲裡，生成器要把 $\log(1 - D(G(z)))$ 降到最小，那也正是判別器想拉到最大的一項。實際上很少有人這樣訓練。[Goodfellow 等人（2014）](https://arxiv.org/abs/1406.2661) 第 3 節建議改成把 $-\log D(G(z))$ 降到最小，這個套件也是這樣做。

# %%
print(inspect.getsource(discriminator_loss))
print(inspect.getsource(non_saturating_generator_loss))

# %% [markdown] lang="en"
# The two losses want the same, but their slopes differ where it matters. Suppose that the discriminator is sure that a made picture is made: its logit is far below 0. Let TensorFlow differentiate both by the logit:

# %% [markdown] lang="zh-TW"
# 這兩個損失想要的結果一樣，但在要緊的地方斜率不同。假設判別器很確定一張生成的圖片是假的：logit 遠低於 0。我們讓 TensorFlow 把兩者對 logit 微分：

# %%
logits = tf.Variable([-10.0, -5.0, -2.0, 0.0, 2.0])
with tf.GradientTape(persistent=True) as tape:
    saturating = -tf.nn.softplus(logits)  # log(1 − D)
    non_saturating = tf.nn.softplus(-logits)  # −log D
slopes = [tape.gradient(loss, logits) for loss in (saturating, non_saturating)]
print("   logit          D   slope of log(1 − D)   slope of −log D")
for logit, *row in zip(logits, tf.sigmoid(logits), *slopes):
    print(f"{logit:8.0f}{row[0]:11.5f}{row[1]:22.5f}{row[2]:18.5f}")

# %% [markdown] lang="en"
# The slope of $\log(1 - D)$ is $-D$: the surer the discriminator, the less the generator learns. The slope of $-\log D$ is $-(1 - D)$, close to −1 in the same place. Keep both in mind. You will measure both.
#
# ## One step of training
#
# The whole game is on one screen. First the discriminator takes a step on real and on made images; then the generator takes one against the new discriminator, on fresh latents.

# %% [markdown] lang="zh-TW"
# $\log(1 - D)$ 的斜率是 $-D$：判別器越有把握，生成器學到的就越少。$-\log D$ 的斜率是 $-(1 - D)$，在同一個地方接近 −1。這兩個都先記著，等一下都要量。
#
# ## 訓練的一步
#
# 整場遊戲的程式碼，一個螢幕就放得下。先由判別器用真實影像和生成的影像走一步；再由生成器用新的潛在向量，對著剛更新過的判別器走一步。

# %%
print(inspect.getsource(DCGAN.train_step))

# %% [markdown] lang="en"
# ## Training
#
# `fit` does the rest, and callbacks watch:
#
# - `TrainingGif` draws the same 36 latents again and again;
# - `Quality` scores 1,000 pictures by their Fréchet distance to 1,000 held-out images ([Heusel et al., 2017](https://arxiv.org/abs/1706.08500)), in the features of a small classifier that comes with the package. That distance compares two Gaussians, one fitted to the features of the made pictures and one to those of the real images: 0 would be perfect. It only watches, the training does not see it;
# - `Balance` measures, on held-out images, how well the two kinds are told apart, and how strong the gradients are that arrive at the made pictures. It does so in inference mode, with the moving averages of the batch normalisation; in a training step each batch is normalised by itself, so that the gradients which the generator really gets may differ;
# - `LearningCurve` keeps all numbers.

# %% [markdown] lang="zh-TW"
# ## 訓練
#
# 剩下的交給 `fit`，並由幾個回呼（callback）在旁邊看著：
#
# - `TrainingGif` 一次又一次畫出同樣的 36 個潛在向量；
# - `Quality` 替 1,000 張圖片打分數，分數就是它們和 1,000 張保留影像之間的 Fréchet 距離（[Heusel 等人，2017](https://arxiv.org/abs/1706.08500)），用套件所附小型分類器的特徵來計算：分別替生成的圖片和真實影像的特徵配一個常態分布，再比較這兩個分布，0 就是完美。它只是旁觀，訓練本身看不到這個分數；
# - `Balance` 用保留影像來測量：真實影像和生成的圖片能被分得多開，以及傳到生成圖片上的梯度有多強。它是在推論模式下量的，用的是批次正規化的移動平均；訓練的一步裡，每個批次各自正規化，所以生成器實際得到的梯度可能不同；
# - `LearningCurve` 記下所有數字。

# %%
classifier = Classifier.shipped("mnist")
evaluator = Evaluator(classifier, held_out[:1000])
curve = LearningCurve(runs / "history.csv", runs / "curve.png")
watch = [
    TrainingGif(runs / "training.gif", every=max(1, STEPS // 50)),
    Quality(evaluator, every=max(1, STEPS // 20)),
    Balance(held_out, every=max(1, STEPS // 100)),
    curve,
]
data = training_data(images, BATCH_SIZE, seed=SEED)
history = dcgan.fit(data, steps_per_epoch=STEPS, verbose=0, callbacks=watch)
shutil.copy(runs / "training.gif", "../assets/01_dcgan_training.gif")
print(f"{STEPS} steps, {STEPS * BATCH_SIZE:,} real images seen")

# %% [markdown] lang="en"
# ![The same 36 latents while the DCGAN learns](../assets/01_dcgan_training.gif)

# %% [markdown] lang="zh-TW"
# ![DCGAN 學習時，同樣的 36 個潛在向量](../assets/01_dcgan_training.gif)

# %%
Image.fromarray(image_grid(dcgan.sample(40, seed=1), columns=10))

# %% [markdown] lang="en"
# Strokes come first, then shapes, then digits. After 3,000 steps most of the pictures can be read, and some cannot.
#
# ## Do the curves tell you anything about the pictures?
#
# Here are the losses, the shares of real and of made images that the discriminator recognises, and the Fréchet distance. Pale lines are single steps, bold ones running medians; “cut off” gives the range of what goes beyond a panel.

# %% [markdown] lang="zh-TW"
# 先有筆畫，再有形狀，最後才是數字。3,000 步之後，大部分的圖片認得出是什麼數字，有些還不行。
#
# ## 曲線能告訴你圖片好不好嗎？
#
# 下面是損失、判別器認出真假影像的比例，以及 Fréchet 距離。淡色的線是每一步的值，深色的是移動中位數；「cut off」寫的是超出圖框的數值範圍。

# %%
learning_curve(curve.history)

# %% [markdown] lang="en"
# To put a number on it, take the median of a loss over the steps between two scores, and ask for Spearman's rank correlation with the Fréchet distance: 1 means that the loss falls whenever the pictures get better, −1 that it rises whenever they do, 0 that it says nothing.

# %% [markdown] lang="zh-TW"
# 為了用數字來表示，先取損失在兩次評分之間的中位數，再算它和 Fréchet 距離的 Spearman 等級相關：1 表示圖片一變好，損失就下降；−1 表示圖片一變好，損失就上升；0 表示什麼也沒說。

# %%
table = {name: np.array(values) for name, values in curve.history.items()}
scored = np.flatnonzero(np.isfinite(table["frechet_distance"]))
window = max(1, STEPS // 20)


def correlation(name, marks):
    """Rank correlation between a logged value and the distance, at some scored steps."""
    medians = [
        np.median(table[name][max(0, mark + 1 - window) : mark + 1]) for mark in marks
    ]
    return spearmanr(medians, table["frechet_distance"][marks]).statistic


print("                     whole run   second half")
for name in ("discriminator_loss", "generator_loss"):
    halves = (scored, scored[len(scored) // 2 :])
    print(f"{name:20}" + "".join(f"{correlation(name, part):12.2f}" for part in halves))

# %% [markdown] lang="en"
# So the curves do say something, and it needs an interpreter. The discriminator's loss stands at −0.84: it *rises* while the pictures get better, because better pictures are harder to tell from real ones. The generator's loss stands at 0.71. But look at the figure again. From about step 600 on, both lines are nearly level, while the distance still falls from 11 to 4. Anyone who watches the losses alone would have stopped there. (In the second half the generator's loss has a correlation of 0.82 all the same: a rank correlation sees the order only, and the loss does fall, by a tenth or so.)
#
# Nor can you rely on the direction. The [scores](../../docs/scores.md) in the repository hold a DCGAN of the same layers, with a learning rate of 0.002 in place of 0.0002, and with averaged weights for its pictures. There the discriminator's loss has a correlation of 0.79 with the distance, and of 0.83 in the second half, over three seeds: it *falls* while the pictures get better. A curve whose sign depends on such settings is a poor guide.
#
# ## Does the discriminator win?
#
# If it wins, it gives every real image a higher logit than every made one. `told_apart` is the probability of just that, for a held-out image and a made one picked at random: 0.5 is guessing, 1 is a won game.

# %% [markdown] lang="zh-TW"
# 所以曲線的確說了一些事，只是需要解讀。判別器的損失是 −0.84：圖片越好，它反而*上升*，因為圖片越好，就越難和真的分開。生成器的損失是 0.71。但是，再看一次上面的圖：大約從第 600 步起，兩條線幾乎是平的，距離卻還從 11 一路降到 4。只看損失的人，早就在那裡停下來了。（即便如此，後半段生成器的損失仍有 0.82 的相關：等級相關只看順序，而損失確實在下降，只是大約才降一成。）
#
# 方向也靠不住。專案裡附的[分數表](../../docs/scores.md)有一個層數相同的 DCGAN，學習率是 0.002 而不是 0.0002，圖片則由平均過的權重來畫。在那裡，三個種子的結果是，判別器的損失和距離的相關為 0.79，後半段是 0.83：圖片越好，它就*下降*。一條連正負號都隨這類設定改變的曲線，當不了好嚮導。
#
# ## 判別器會贏嗎？
#
# 要是它贏了，每張真實影像得到的 logit 都會比每張生成的圖片高。`told_apart` 就是隨機挑一張保留影像和一張生成的圖片時，這件事成立的機率：0.5 等於瞎猜，1 就是全贏。

# %%
measured = np.isfinite(table["told_apart"])
steps = table["step"][measured]
figure, (won, strength) = new_figure(6.5, 5.5, 2, 1, sharex=True)
won.plot(steps, table["told_apart"][measured], color=BLUE)
won.axhline(0.5, color=GREY, linestyle=":")
won.set(
    ylabel="probability that a real image\nis rated above a made one", ylim=(0.45, 1.03)
)
for name, colour, label in (
    ("generator_gradient", GREEN, "of −log D, which is used"),
    ("saturating_gradient", ORANGE, "of log(1 − D), which is not"),
):
    strength.semilogy(steps, table[name][measured], color=colour, label=label)
strength.set(
    xlabel="generator step", ylabel="mean norm of the gradient\nat the made pictures"
)
strength.legend(frameon=False)
figure

# %%
parts = np.array_split(np.flatnonzero(measured), 4)
print("quarter of the run   told_apart   gradient of −log D   of log(1 − D)")
for quarter, part in enumerate(parts, 1):
    row = [
        np.median(table[name][part])
        for name in ("told_apart", "generator_gradient", "saturating_gradient")
    ]
    print(f"{quarter:18}{row[0]:13.3f}{row[1]:21.3f}{row[2]:16.3f}")
ratio = table["saturating_gradient"][measured] / table["generator_gradient"][measured]
print(f"smallest ratio of the two: {ratio.min():.3f}, at step {steps[ratio.argmin()]:.0f}")

# %% [markdown] lang="en"
# It does win at first: for some 200 steps, hardly a made image is rated above a real one. Look at the orange line there: while the first strokes form, the gradient of log(1 − D) falls well behind the other one, at step 180 to 0.037 of it. Then the generator catches up, and by the last quarter 88 of 100 pairs are ranked rightly. The discriminator stays ahead, but it does not run away; and the gradient of −log D, which is the one in use, does not fade at all.
#
# ## Do the gradients fade?
#
# In a running game the generator keeps moving, so that the discriminator never gets to be as good as it could be. The theory of [Arjovsky and Bottou (2017)](https://arxiv.org/abs/1701.04862), theorem 2.4, speaks of a discriminator that does: the closer it comes to the best one, the smaller the gradient of $\log(1 - D)$. So do as they did (their figure 2; their discriminators start anew, yours learns on): hold the generator still, train the discriminator alone, and watch the gradients. A generator is held still by an optimizer with a rate of 0. Do it twice: with a generator that has hardly begun, and with the trained one.

# %% [markdown] lang="zh-TW"
# 一開始它確實贏了：在大約 200 步之內，幾乎沒有一張生成的圖片排在真實影像前面。看看那裡的橘色線：最初的筆畫成形時，log(1 − D) 的梯度遠遠落後另一條，在第 180 步只有它的 0.037 倍。後來生成器追了上來，到了最後四分之一，每 100 對裡有 88 對排得對。判別器一直領先，但沒有把對手甩開；而實際使用的 −log D，梯度完全沒有消失。
#
# ## 梯度會消失嗎？
#
# 在進行中的遊戲裡，生成器一直在動，所以判別器永遠到不了它能到的最好程度。[Arjovsky 與 Bottou（2017）](https://arxiv.org/abs/1701.04862) 的定理 2.4 講的是真的到了那裡的判別器：越接近最好的那一個，$\log(1 - D)$ 的梯度就越小。所以我們照他們的辦法做（他們的圖 2；他們的判別器從頭學起，這裡的則接著學）：把生成器按住不動，只訓練判別器，然後看著梯度。要按住生成器，給它一個學習率為 0 的最佳化器就行了。做兩次：一次用才剛起步的生成器，一次用訓練好的。


# %%
def hold_still(dcgan, name):
    """Trains the discriminator alone; a dict of arrays of what `Balance` measured."""
    dcgan.compile(keras.optimizers.SGD(0.0), keras.optimizers.Adam(2e-4, beta_1=0.5))
    curve = LearningCurve(runs / f"{name}.csv", runs / f"{name}.png")
    watch = [Balance(held_out, every=max(1, HELD_STEPS // 40)), curve]
    dcgan.fit(data, steps_per_epoch=HELD_STEPS, verbose=0, callbacks=watch)
    return {name: np.array(values) for name, values in curve.history.items()}


early = new_dcgan()
early.fit(data, steps_per_epoch=max(1, STEPS // 30), verbose=0)
held = {
    f"after {early.steps_done.numpy()} steps": hold_still(early, "early"),
    f"after {dcgan.steps_done.numpy()} steps": hold_still(dcgan, "late"),
}
figure, panels = new_figure(8, 3.4, 1, 2, sharey=True)
for panel, (name, row) in zip(panels, held.items()):
    seen = np.isfinite(row["told_apart"])
    alone = row["step"][seen] - row["step"][0]
    panel.semilogy(alone, row["generator_gradient"][seen], color=GREEN, label="−log D")
    panel.semilogy(
        alone, row["saturating_gradient"][seen], color=ORANGE, label="log(1 − D)"
    )
    panel.set(title=f"generator held still {name}", xlabel="discriminator's steps alone")
panels[0].set_ylabel("mean norm of the gradient\nat the made pictures")
panels[0].legend(frameon=False)
figure

# %%
print("generator held still   told_apart   gradient of −log D   of log(1 − D)")
for name, row in held.items():
    seen = np.flatnonzero(np.isfinite(row["told_apart"]))
    for when, place in (("first", seen[0]), ("last", seen[-1])):
        values = [
            row[key][place]
            for key in ("told_apart", "generator_gradient", "saturating_gradient")
        ]
        label = f"{name}, {when}"
        print(f"{label:23}{values[0]:10.4f}{values[1]:21.3f}{values[2]:16.6f}")

# %% [markdown] lang="en"
# With the generator that has hardly begun, it goes as the theorem says. Real and made images are told apart without a mistake, and in 1,500 steps the gradient of log(1 − D) falls from 0.053 to 0.0028, a nineteenth. That of −log D does not fall: it grows from 0.79 to 2.8.
#
# With the trained generator, it does not fade at all. Even alone, the discriminator ranks 94 of 100 pairs rightly after 1,500 steps: either it is far from the best one, or real and made pictures overlap, and the theorem's case is not reached. Meanwhile the gradient of −log D grows sevenfold and gets rough. That is in keeping with the other half of their warning (theorem 2.6: the usual remedy becomes unsteady), but one run, measured in inference mode, does not prove it.
#
# So "the gradients of a GAN vanish" held here for the loss that is hardly used, against a discriminator that wins. Whether a generator still learns from a large but unsteady gradient is another question, and notebook 2 asks it in an unbalanced match.
#
# ## Are all digits there?
#
# A generator that makes only some of the digits, but these well, has collapsed to a few *modes*. Ask the classifier what it sees in 5,000 pictures, and count.

# %% [markdown] lang="zh-TW"
# 才剛起步的生成器，結果和定理說的一樣。真假影像分得一張不差，1,500 步之內，log(1 − D) 的梯度從 0.053 掉到 0.0028，只剩十九分之一。−log D 的梯度沒有變小：它從 0.79 變大到 2.8。
#
# 換成訓練好的生成器，梯度就完全沒有消失。就算只有判別器在學，1,500 步之後，每 100 對裡它也只排對 94 對：要不是它離最好的那一個還很遠，就是真實影像和生成的圖片有所重疊，總之沒有走到定理所說的情況。這段期間，−log D 的梯度變成七倍，而且抖得厲害。這和他們警告的另一半相符（定理 2.6：常見的補救辦法會變得不穩定），不過單單一次在推論模式下量的執行，證明不了它。
#
# 所以「GAN 的梯度會消失」這句話，在這裡只對那個幾乎沒人用的損失成立，而且對手是一個已經贏了的判別器。至於生成器能不能從又大又不穩的梯度裡學到東西，是另一個問題，第 2 份筆記本會用一場不平衡的比賽來問。
#
# ## 每個數字都在嗎？
#
# 如果生成器只會畫其中幾個數字，畫得再好，也是只剩少數幾個*模式*（mode），這就叫模式崩潰。我們問問分類器在 5,000 張圖片裡看到了什麼，然後數一數。

# %%
_, made_classes = classifier(dcgan.sample(5000, seed=2))
_, real_classes = classifier(held_out[:5000])
print("digit  " + "".join(f"{digit:7}" for digit in range(10)))
for kind, classes in (("real", real_classes), ("made", made_classes)):
    print(f"{kind:7}" + "".join(f"{share:7.3f}" for share in class_shares(classes)))

# %% [markdown] lang="en"
# By this classifier, which must call every picture some digit, all ten are there, but not in their shares: there are too many nines and sevens, and half as many ones as there should be. That is no collapse, but neither is it the distribution of the data.
#
# ## What was seen
#
# - **Does the discriminator win?** At first, yes; then the generator catches up, and it stays ahead without running away: 88 of 100 pairs ranked rightly at the end.
# - **Do the gradients fade?** Those of log(1 − D) do, while the discriminator wins: to a nineteenth with the early generator held still. Those of −log D, which is in use, never do here; they grow and get unsteady.
# - **Do the curves tell of the pictures?** They do not say nothing (correlations of −0.84 and 0.71), but they are level while the pictures still get much better, and the direction depends on the settings.
# - **Are all digits there?** All ten, in wrong shares.
#
# One seed, one kind of network, 3,000 steps: another DCGAN may do otherwise.
#
# ## Exercises
#
# **1.** What would the discriminator's loss be if it could do no better than guessing? Compare it with the last losses of this run.
#
# <details><summary>Solution</summary>
#
# It would say D = 0.5 to every image, and its loss would be 2 log 2, since each of its two terms is log 2.
#
# ```python
# print(2 * np.log(2), np.median(table["discriminator_loss"][-window:]))
# ```
#
# A loss below that means that the discriminator still tells something apart.
#
# </details>
#
# **2.** Let the discriminator take 5 steps for each of the generator's, and see what becomes of `told_apart`.
#
# <details><summary>Solution</summary>
#
# Give `n_discriminator=5` to `DCGAN`, and five times as many images to each step.
#
# ```python
# few = max(1, STEPS // 30)
# generator = build_generator(images.shape[1:], LATENT_DIM, WIDTH)
# discriminator = build_discriminator(images.shape[1:], WIDTH, 0.0, "batch")
# eager = DCGAN(generator, discriminator, n_discriminator=5, seed=SEED)
# eager.compile()
# log = LearningCurve(runs / "eager.csv", runs / "eager.png")
# fives = training_data(images, BATCH_SIZE, 5, SEED)
# eager.fit(fives, steps_per_epoch=few, verbose=0, callbacks=[Balance(held_out, few), log])
# print(log.history["told_apart"][-1])
# ```
#
# </details>
#
# **3.** How much of the Fréchet distance is due to having only 1,000 pictures? Measure that of real images.
#
# <details><summary>Solution</summary>
#
# Real training images are what a perfect generator would make. What they score is the floor.
#
# ```python
# print(evaluator.frechet_distance(images[:1000]))
# ```
#
# </details>
#
# ## Next
#
# [02_wgan](02_wgan.ipynb) turns this DCGAN into a WGAN in four changes, and measures the same things again.

# %% [markdown] lang="zh-TW"
# 這個分類器非得替每張圖片選一個數字不可；照它看來，十個數字都在，比例卻不對：「九」和「七」太多，「一」只有應有的一半。這稱不上崩潰，但也不是資料的分布。
#
# ## 看到了什麼
#
# - **判別器會贏嗎？** 一開始會；後來生成器追上來，判別器一直領先但沒有把對手甩開：最後每 100 對裡排對 88 對。
# - **梯度會消失嗎？** 判別器占上風時，log(1 − D) 的會：把早期的生成器按住不動，梯度會降到只剩十九分之一。實際使用的 −log D，梯度在這裡從來沒有消失，反而變大，也變得不穩定。
# - **曲線能告訴你圖片好不好嗎？** 不是什麼都沒說（相關是 −0.84 和 0.71），可是圖片還在大幅變好時，曲線就已經平了，而且方向取決於設定。
# - **每個數字都在嗎？** 十個都在，但比例不對。
#
# 一個種子、一種網路、3,000 步：換一個 DCGAN，結果可能不同。
#
# ## 練習
#
# **1.** 如果判別器只能瞎猜，它的損失會是多少？和這次執行最後的損失比一比。
#
# <details><summary>解答</summary>
#
# 它對每張影像都會說 D = 0.5，損失就是 2 log 2，因為兩項各是 log 2。
#
# ```python
# print(2 * np.log(2), np.median(table["discriminator_loss"][-window:]))
# ```
#
# 損失比這個低，就表示判別器多少還分得出真假。
#
# </details>
#
# **2.** 生成器每走一步，就讓判別器走 5 步，看看 `told_apart` 會變成怎樣。
#
# <details><summary>解答</summary>
#
# 給 `DCGAN` 加上 `n_discriminator=5`，並且每一步都給它五倍的影像。
#
# ```python
# few = max(1, STEPS // 30)
# generator = build_generator(images.shape[1:], LATENT_DIM, WIDTH)
# discriminator = build_discriminator(images.shape[1:], WIDTH, 0.0, "batch")
# eager = DCGAN(generator, discriminator, n_discriminator=5, seed=SEED)
# eager.compile()
# log = LearningCurve(runs / "eager.csv", runs / "eager.png")
# fives = training_data(images, BATCH_SIZE, 5, SEED)
# eager.fit(fives, steps_per_epoch=few, verbose=0, callbacks=[Balance(held_out, few), log])
# print(log.history["told_apart"][-1])
# ```
#
# </details>
#
# **3.** Fréchet 距離裡，有多少是因為只有 1,000 張圖片？量一量真實影像的距離。
#
# <details><summary>解答</summary>
#
# 完美的生成器畫出來的，就會像真實的訓練影像一樣；所以訓練影像得到的分數，就是下限。
#
# ```python
# print(evaluator.frechet_distance(images[:1000]))
# ```
#
# </details>
#
# ## 下一步
#
# [02_wgan](02_wgan.ipynb) 用四個改變把這個 DCGAN 變成 WGAN，再把同樣的事情量一次。
