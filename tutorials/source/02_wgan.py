# %% [markdown] lang="en"
# # 2 · From DCGAN to WGAN in four changes
#
# The Wasserstein GAN of [Arjovsky, Chintala and Bottou (2017)](https://arxiv.org/abs/1701.07875) asks another question than the DCGAN. Not "how probably is this picture real?", but "how far do the made pictures have to be moved to become the real ones?". In the code that is four small changes. You make them one by one, train both models on the same images, and see which of the usual promises are kept.
#
# **What you can do afterwards**
#
# - turn a DCGAN into a WGAN: a linear critic, a loss without logarithm, several critic steps, clipped weights, and say why each of them is there;
# - read Algorithm 1 of the paper in `WGAN.train_step`, line by line;
# - train a WGAN by `fit`, and judge with numbers whether its learning curve follows the pictures, whether its training is balanced, whether its gradients last and whether all digits are there, each beside a DCGAN.
#
# **How long it takes.** The run shown here took {{minutes}} minutes on two cores of an AMD EPYC, without a GPU; with `SETTING = "short"` it takes about 2. Reading takes three quarters of an hour.
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
# # 2 · 四個改變，從 DCGAN 到 WGAN
#
# [Arjovsky、Chintala 與 Bottou（2017）](https://arxiv.org/abs/1701.07875)的 Wasserstein GAN，問的問題和 DCGAN 不同。它不問「這張圖片有多大的機率是真的」，而問「生成的圖片要搬多遠，才會變成真實影像」。寫成程式，只是四個小改變。你會動手一個一個改，用同樣的影像訓練兩個模型，再看看大家常說的那些好處，哪些真的兌現。
#
# **讀完之後，你可以**
#
# - 把 DCGAN 改成 WGAN：線性的評價器、沒有對數的損失、評價器多走幾步、裁剪權重，並說得出每一個改變的理由；
# - 在 `WGAN.train_step` 裡一行一行讀出論文的演算法 1；
# - 用 `fit` 訓練 WGAN，並用數據判斷：學習曲線有沒有跟著圖片走、訓練是否平衡、梯度撐不撐得住、是不是每個數字都在，每一項都和 DCGAN 對照。
#
# **要花多久。** 這裡的執行結果，是在 AMD EPYC 的兩個核心上、沒有 GPU，花了 {{minutes}} 分鐘跑出來的；改用 `SETTING = "short"` 大約要 2 分鐘。閱讀約需四十五分鐘。
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
import warnings
from pathlib import Path

import imageio.v3 as imageio
import keras
import numpy as np
import tensorflow as tf
from keras import layers
from PIL import Image, ImageDraw
from scipy.stats import spearmanr

from wgan_keras import DCGAN, WGAN, Balance, Classifier, Evaluator, LearningCurve, Quality
from wgan_keras import TrainingGif, WeightClip, WeightClipping, build_critic
from wgan_keras import build_discriminator, build_generator, load_images, training_data
from wgan_keras.evaluation.metrics import class_shares
from wgan_keras.nets.losses import critic_loss
from wgan_keras.nets.losses import non_saturating_generator_loss, wasserstein_generator_loss
from wgan_keras.watching.plots import BLUE, GREEN, GREY, ORANGE
from wgan_keras.watching.plots import image_grid, new_figure, save_gif

# %% [markdown] lang="en"
# All settings, seeds included, were fixed before the run that you see here. The DCGAN has the settings of notebook 1. For the WGAN, the clip value and the learning rate are larger than the paper's 0.01 and 0.00005: with those, on this machine, nothing would be seen within minutes (the [table of scores](../../docs/scores.md) shows it).

# %% [markdown] lang="zh-TW"
# 所有設定，連隨機種子在內，都在你看到的這次執行之前就定好了。DCGAN 用的是第 1 份筆記本的設定。WGAN 的裁剪值和學習率比論文的 0.01 和 0.00005 大：照論文的值，在這台機器上幾分鐘之內什麼也看不到（見[分數表](../../docs/scores.md)）。

# %%
SETTING = "full"  # or "short", a quick look ("quick" only tests that the cells run)
WGAN_STEPS = {"full": 800, "short": 100, "quick": 4}[SETTING]
ALONE_STEPS = {"full": 1500, "short": 100, "quick": 10}[SETTING]
MATCH_STEPS = {"full": 300, "short": 40, "quick": 2}[SETTING]
MATCH_CRITIC = {"full": 25, "short": 25, "quick": 2}[SETTING]
MATCH_SEEDS = {"full": (0, 1, 2), "short": (0,), "quick": (0,)}[SETTING]
DATASET = {"full": "mnist", "short": "mnist", "quick": "digits"}[SETTING]
N_CRITIC = {"full": 5, "short": 5, "quick": 2}[SETTING]
CLIP_VALUE, RATE = 0.05, 1e-3
BATCH_SIZE, WIDTH, LATENT_DIM, SEED = 64, 32, 128, 0
DCGAN_STEPS = N_CRITIC * WGAN_STEPS  # so that both see as many real images

runs = Path("runs/02_wgan")
shutil.rmtree(runs, ignore_errors=True)
images, held_out = load_images(DATASET), load_images(DATASET, "test")
shape = images.shape[1:]

# %% [markdown] lang="en"
# ## Change 1: the critic gives a score
#
# The discriminator's last number went through a sigmoid and became a probability. The critic's last number stays as it is: a score, any real number, higher for images that look more real. The network is the same, and so is the line that ends it, `Dense(1)`. What changes is that no sigmoid follows, neither here nor in the loss.

# %% [markdown] lang="zh-TW"
# ## 改變 1：評價器給的是分數
#
# 判別器最後的那個數字要經過 sigmoid，變成機率。評價器最後的數字就維持原樣：一個分數，可以是任何實數，看起來越真就越高。網路一樣，結尾的那一行 `Dense(1)` 也一樣。不同的是後面不再有 sigmoid，這裡沒有，損失裡也沒有。

# %%
keras.utils.set_random_seed(SEED)
generator = build_generator(shape, LATENT_DIM, WIDTH)
critic = build_critic(shape, WIDTH, normalization="batch")
print(inspect.getsource(build_critic))

# %% [markdown] lang="en"
# A sigmoid left in by habit is the most common mistake when a DCGAN is turned into a WGAN. So the package refuses it:

# %% [markdown] lang="zh-TW"
# 從 DCGAN 改成 WGAN 時，最常見的錯誤就是習慣性地留下 sigmoid。所以這個套件會拒絕它：

# %%
try:
    WGAN(generator, keras.Sequential([critic, layers.Activation("sigmoid")]))
except ValueError as error:
    print(error)

# %% [markdown] lang="en"
# ## Change 2: no logarithm
#
# With the probability goes the logarithm. The critic $f$ tries to raise the mean score of real images above that of made ones; the generator tries to raise the mean score of what it makes.

# %% [markdown] lang="zh-TW"
# ## 改變 2：沒有對數
#
# 沒有了機率，對數也就跟著消失。評價器 $f$ 想讓真實影像的平均分數高過生成的圖片；生成器則想提高自己作品的平均分數。

# %%
print(inspect.getsource(critic_loss))
print(inspect.getsource(wasserstein_generator_loss))

# %% [markdown] lang="en"
# In notebook 1 you saw the slopes of the DCGAN's two losses for the generator. Put the WGAN's beside them. An "output" is the last number of the adversary for a made picture, logit or score:

# %% [markdown] lang="zh-TW"
# 在第 1 份筆記本裡，你看過 DCGAN 生成器兩種損失的斜率。現在把 WGAN 的放在旁邊。下面的 output 是對手網路對一張生成的圖片給的最後一個數字，也就是 logit 或分數：

# %%
outputs = tf.constant([-20.0, -10.0, -2.0, 0.0, 2.0, 10.0])
losses = {
    "log(1 − D)": lambda output: -tf.nn.softplus(output),
    "−log D": non_saturating_generator_loss,
    "−f": wasserstein_generator_loss,
}
print("output" + "".join(f"{name:>14}" for name in losses))
for output in outputs:
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(output)
        values = [loss(output) for loss in losses.values()]
    slopes = [tape.gradient(value, output) for value in values]
    print(f"{output:6.0f}" + "".join(f"{slope:14.6f}" for slope in slopes))

# %% [markdown] lang="en"
# The slope of $-f$ is −1 wherever the score stands: the loss itself can never saturate. That alone does not yet keep the gradient alive. It must come back through the critic, and what the critic's own slope is, change 4 decides.
#
# ## Change 3: several critic steps
#
# The distance that the critic is after is a maximum over all critics that are allowed. So it should be near that maximum before the generator follows it: `n_critic` steps, five in the paper, for each step of the generator. Each of them needs fresh real images and fresh latents. (Many examples on the web use one batch of real images for all five. Then the critic fits that batch.) Here a batch holds `n_critic` times the images, and is dealt out like cards:

# %% [markdown] lang="zh-TW"
# 不管分數在哪裡，$-f$ 的斜率都是 −1：損失本身永遠不會飽和。但光是這樣，還不足以保住梯度。梯度還得穿過評價器傳回來，而評價器自己的斜率有多大，由改變 4 決定。
#
# ## 改變 3：評價器多走幾步
#
# 評價器要找的距離，是對所有允許的評價器取的最大值。所以在生成器跟著它走之前，評價器應該已經接近那個最大值：生成器每走一步，評價器走 `n_critic` 步，論文裡是五步。每一步都要用新的真實影像和新的潛在向量。（網路上許多範例五步都用同一批真實影像，評價器就會去迎合那一批。）在這裡，一個批次裡有 `n_critic` 倍的影像，像發牌一樣發下去：

# %%
print(inspect.getsource(WGAN.deal))

# %% [markdown] lang="en"
# Fifteen images that are numbered by their grey value show who gets which:

# %% [markdown] lang="zh-TW"
# 用十五張以灰階值編號的影像，看看誰拿到哪幾張：

# %%
wgan = WGAN(generator, critic, N_CRITIC, WeightClipping(CLIP_VALUE), seed=SEED)
numbered = np.tile(np.arange(15, dtype=np.uint8).reshape(-1, 1, 1, 1), (1, *shape))
for step, dealt in enumerate(wgan.deal(numbered)):
    numbers = np.rint((dealt.numpy()[:, 0, 0, 0] + 1) * 127.5).astype(int)
    print(f"critic step {step + 1} sees images {numbers}")

# %% [markdown] lang="en"
# ## Change 4: clipped weights
#
# The dual formula of the Earth-Mover distance allows only critics that are 1-Lipschitz, ones whose score changes by no more than the image does. Without that, the critic could make the difference of its means as large as it likes by multiplying its weights. The paper's way is a blunt one: after each update, clip every weight to $[-c, c]$. Then the critic is Lipschitz for some constant K that nobody knows, and what it measures is at best K times the distance.

# %% [markdown] lang="zh-TW"
# ## 改變 4：裁剪權重
#
# 推土機距離的對偶公式只允許 1-利普希茨的評價器：影像變動多少，分數的變動就不能超過多少。少了這個條件，評價器只要放大權重，兩個平均分數的差要多大有多大。論文的做法直截了當：每次更新之後，把所有權重裁剪到 $[-c, c]$。這樣評價器就會以某個常數 K 滿足利普希茨條件，只是沒有人知道 K 是多少，而它量到的，最多是距離的 K 倍。

# %%
print(inspect.getsource(WeightClip))
print(inspect.getsource(WeightClipping.project))

# %% [markdown] lang="en"
# After each update of the critic, the training step calls `project`, and the strategy clips all of the critic's trainable variables. Two more things go wrong in popular examples: they clip before the update, so that the critic that is used is not a clipped one, and they clip batch normalisation's moving means and variances, which are no weights. Look at both ranges before the first step and after it:

# %% [markdown] lang="zh-TW"
# 評價器每更新一次，訓練步驟就呼叫 `project`，這個策略便把評價器所有可訓練的變數裁剪一遍。流行的範例還有兩個毛病：一是在更新之前裁剪，實際拿來用的評價器就沒有被裁剪；二是連批次正規化的移動平均與變異數也一起裁剪，可是它們不是權重。看看第一步之前和之後兩者的範圍：

# %%
wgan.compile(keras.optimizers.RMSprop(RATE), keras.optimizers.RMSprop(RATE))


def print_ranges(title):
    print(title)
    for name, variables in (
        ("trainable weights", critic.trainable_variables),
        ("moving means and variances", critic.non_trainable_variables),
    ):
        values = np.concatenate([variable.numpy().ravel() for variable in variables])
        print(f"   {name:27}{values.min():8.3f} to {values.max():6.3f}")


print_ranges("before the first step")
data = training_data(images, BATCH_SIZE, N_CRITIC, SEED)
history = wgan.fit(data, steps_per_epoch=1, verbose=0)
print_ranges("after it")

# %% [markdown] lang="en"
# The gains of the batch normalisation, 1 before, are trainable, so they are clipped as well; the moving variances are not.
#
# ## Algorithm 1
#
# That is all. Here is the paper's algorithm in our words, with its line numbers:
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
#
# And here is `WGAN.train_step`. `fit` is the outer loop.

# %% [markdown] lang="zh-TW"
# 批次正規化的增益原本是 1，它們可以訓練，所以也被裁剪；移動變異數則沒有。
#
# ## 演算法 1
#
# 就這些了。下面是論文的演算法，用我們自己的話改寫，行號與論文相同：
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
#
# 而這是 `WGAN.train_step`。外面那一層迴圈就是 `fit`。

# %%
print(inspect.getsource(WGAN.train_step))

# %% [markdown] lang="en"
# ## RMSprop, and why
#
# The DCGAN uses Adam, Algorithm 1 uses RMSprop. The authors report (section 4) that with momentum the training became unstable at times: the critic's loss is *nonstationary*, it changes with every step of the generator, and momentum goes on in a direction that was right before. Try it: the same start, the same rate, four optimizers for both networks, one seed each.

# %% [markdown] lang="zh-TW"
# ## 用 RMSprop，為什麼？
#
# DCGAN 用 Adam，演算法 1 用 RMSprop。作者說（第 4 節），有動量時訓練有時會不穩定：評價器的損失是*非平穩*的，生成器每走一步它就變一次，動量卻還沿著先前正確的方向走。我們試試看：同樣的起點、同樣的學習率，兩個網路用四種最佳化器，各跑一個種子。


# %%
def new_wgan(optimizer=keras.optimizers.RMSprop, **options):
    """A WGAN at its very beginning: the same one at every call."""
    keras.utils.set_random_seed(SEED)
    generator = build_generator(shape, LATENT_DIM, WIDTH)
    critic = build_critic(shape, WIDTH, normalization="batch")
    wgan = WGAN(generator, critic, N_CRITIC, WeightClipping(CLIP_VALUE), seed=SEED)
    wgan.compile(optimizer(RATE, **options), optimizer(RATE, **options))
    return wgan


classifier = Classifier.shipped("mnist")
evaluator = Evaluator(classifier, held_out[:1000])
trial_steps = max(1, WGAN_STEPS // 4)
print(f"optimizer            Fréchet distance after {trial_steps} generator steps")
for name, optimizer, options in (
    ("RMSprop", keras.optimizers.RMSprop, {}),
    ("Adam, beta_1 = 0", keras.optimizers.Adam, {"beta_1": 0.0}),
    ("Adam, beta_1 = 0.5", keras.optimizers.Adam, {"beta_1": 0.5}),
    ("Adam, beta_1 = 0.9", keras.optimizers.Adam, {"beta_1": 0.9}),
):
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        trial = new_wgan(optimizer, **options)
    trial.fit(data, steps_per_epoch=trial_steps, verbose=0)
    print(f"{name:21}{evaluator.frechet_distance(trial.sample(1000)):16.1f}")
print(f"\nThe package's warning: {warned[-1].message}")

# %% [markdown] lang="en"
# The authors' warning holds here. RMSprop and Adam without momentum end up alike, at 9.9 and 10.1; with a momentum of 0.5 it is 13.3, and with 0.9, Keras' default, 117.9. These are single runs of 200 steps: the last difference is plain, the one between the first two is none.
#
# ## Training
#
# Now train the WGAN, watched by the same callbacks as the DCGAN of notebook 1. Its `wasserstein_estimate` is mean f(real) − mean f(made), and `lipschitz_estimate` the critic's mean slope between real and made images: K, as far as it can be seen at the data.

# %% [markdown] lang="zh-TW"
# 作者的警告在這裡成立。RMSprop 和沒有動量的 Adam 差不多，分別是 9.9 和 10.1；動量 0.5 時是 13.3，而 Keras 預設的 0.9 是 117.9。這些都只是 200 步的單次執行：最後那個差距一目了然，前兩個之間則談不上差距。
#
# ## 訓練
#
# 現在來訓練 WGAN，負責監看的回呼和第 1 份筆記本的 DCGAN 一樣。`wasserstein_estimate` 是 mean f(real) − mean f(made)，`lipschitz_estimate` 則是評價器在真實影像和生成的影像之間的平均斜率，也就是在資料附近看得到的 K。


# %%
def watched(model, steps):
    """Trains a model under the eyes of all callbacks; its table, a dict of arrays."""
    curve = LearningCurve(runs / f"{model.name}.csv", runs / f"{model.name}.png")
    watch = [
        TrainingGif(runs / f"{model.name}.gif", every=max(1, steps // 40)),
        Quality(evaluator, every=max(1, steps // 20)),
        Balance(held_out, every=max(1, steps // 80)),
        curve,
    ]
    data = training_data(images, BATCH_SIZE, model.adversary_steps, SEED)
    model.fit(data, steps_per_epoch=steps, verbose=0, callbacks=watch)
    table = {name: np.array(values) for name, values in curve.history.items()}
    table["images_seen"] = table["step"] * model.adversary_steps * BATCH_SIZE
    print(f"{steps} generator steps, {table['images_seen'][-1]:,.0f} real images seen")
    return table


wgan = new_wgan()
wgan_table = watched(wgan, WGAN_STEPS)
shutil.copy(runs / "wgan.gif", "../assets/02_wgan_training.gif")
Image.fromarray(image_grid(wgan.sample(40, seed=1), columns=10))

# %% [markdown] lang="en"
# ![The same 36 latents while the WGAN learns](../assets/02_wgan_training.gif)
#
# ## Side by side with a DCGAN
#
# Train a DCGAN from the very same generator, with the same latents and the same number of real images. It makes one generator step with each 64 of them, the WGAN one with each 320: so the DCGAN's generator takes five times as many steps. That is how the two methods are, and no fair share can be had of both.

# %% [markdown] lang="zh-TW"
# ![WGAN 學習時，同樣的 36 個潛在向量](../assets/02_wgan_training.gif)
#
# ## 和 DCGAN 並排
#
# 接著訓練一個 DCGAN：一模一樣的生成器起點、同樣的潛在向量、同樣多的真實影像。它每 64 張真實影像讓生成器走一步，WGAN 則是每 320 張才走一步，所以 DCGAN 的生成器走了五倍的步數。這兩種方法本來就是如此，步數和影像數沒辦法兩邊都公平。

# %%
keras.utils.set_random_seed(SEED)
dcgan = DCGAN(
    build_generator(shape, LATENT_DIM, WIDTH),
    build_discriminator(shape, WIDTH, dropout=0.0, normalization="batch"),
    seed=SEED,
)
dcgan.compile()
pairs = zip(dcgan.generator.get_weights(), new_wgan().generator.get_weights())
print("the same generator to begin with:", all(np.array_equal(*pair) for pair in pairs))
dcgan_table = watched(dcgan, DCGAN_STEPS)
Image.fromarray(image_grid(dcgan.sample(40, seed=1), columns=10))

# %%
files = [sorted((runs / f"{name}-frames").glob("*.png")) for name in ("dcgan", "wgan")]
frames = []
for pair in zip(*files):
    left, right = map(imageio.imread, pair)
    pictures = np.hstack([left, np.zeros((len(left), 12), np.uint8), right])
    banner = Image.new("L", (pictures.shape[1], 20))
    for column, name in ((6, "DCGAN"), (left.shape[1] + 18, "WGAN")):
        ImageDraw.Draw(banner).text((column, 3), name, fill="white", font_size=15)
    frames.append(np.vstack([banner, pictures]))
save_gif("../assets/02_wgan_side_by_side.gif", frames)

# %% [markdown] lang="en"
# ![Left the DCGAN, right the WGAN: the same latents, at the same number of real images seen](../assets/02_wgan_side_by_side.gif)
#
# Left the DCGAN, right the WGAN: the same latents, at the same number of real images seen.
#
# At the same number of images, the DCGAN's pictures are clearly better in the end, and they were nearly all the way: of the 20 Fréchet distances in the next figure, only the third is the smaller one for the WGAN. Its generator has made five times as many steps.
#
# ## Does the learning curve follow the pictures?
#
# The paper's figure 3 shows curves that fall while the pictures get better, and its figure 4 curves of a GAN's estimate that do not. Measure both as in notebook 1: Spearman's rank correlation of the curve with the Fréchet distance, where 1 means that it falls whenever the pictures get better.
#
# To be fair to the DCGAN, turn its loss into what it estimates. At its best, the discriminator's loss is $2 \log 2 - 2\,\mathrm{JS}$ (notebook 0), so $\log 2$ − loss / 2 is its estimate of the Jensen-Shannon divergence, and ought to fall as well. For the WGAN, take the raw estimate and also the one divided by K.

# %% [markdown] lang="zh-TW"
# ![左邊是 DCGAN，右邊是 WGAN：同樣的潛在向量，看過同樣多的真實影像](../assets/02_wgan_side_by_side.gif)
#
# 左邊是 DCGAN，右邊是 WGAN：同樣的潛在向量，看過同樣多的真實影像。
#
# 看過同樣多的影像時，DCGAN 的圖片到最後明顯比較好，而且幾乎一路領先：下一張圖裡的 20 個 Fréchet 距離，只有第三個是 WGAN 比較小。它的生成器走了五倍的步數。
#
# ## 學習曲線有跟著圖片走嗎？
#
# 論文的圖 3 畫的是隨著圖片變好而下降的曲線，圖 4 則是 GAN 的估計值，並沒有跟著下降。我們照第 1 份筆記本的辦法兩個都量：曲線和 Fréchet 距離的 Spearman 等級相關，1 表示圖片一變好曲線就下降。
#
# 為了對 DCGAN 公平，先把它的損失換成它所估計的量。判別器最好的時候，損失是 $2 \log 2 - 2\,\mathrm{JS}$（第 0 份筆記本），所以 $\log 2$ − loss / 2 就是它對 Jensen-Shannon 散度的估計，也應該會下降。WGAN 則同時看原始的估計值，以及除以 K 之後的值。


# %%
def summary(table, values):
    """At each score: the median of values since the last one, the distance, the images."""
    scored = np.flatnonzero(np.isfinite(table["frechet_distance"]))
    window = max(1, len(values) // 20)
    medians = [np.median(values[max(0, mark + 1 - window) : mark + 1]) for mark in scored]
    return (
        np.array(medians),
        table["frechet_distance"][scored],
        table["images_seen"][scored],
    )


loss = dcgan_table["discriminator_loss"]
slope = np.maximum(wgan_table["lipschitz_estimate"], 1e-12)
curves = {
    "DCGAN, discriminator loss": (dcgan_table, loss),
    "DCGAN, log 2 − loss / 2": (dcgan_table, np.log(2) - loss / 2),
    "DCGAN, generator loss": (dcgan_table, dcgan_table["generator_loss"]),
    "WGAN, estimate": (wgan_table, wgan_table["wasserstein_estimate"]),
    "WGAN, estimate / K": (wgan_table, wgan_table["wasserstein_estimate"] / slope),
}
print("                            whole run   second half")
for name, (table, values) in curves.items():
    medians, distances, _ = summary(table, values)
    halves = [slice(None), slice(len(medians) // 2, None)]
    row = [spearmanr(medians[half], distances[half]).statistic for half in halves]
    print(f"{name:26}" + "".join(f"{value:12.2f}" for value in row))

# %%
figure, panels = new_figure(9, 5.5, 2, 2, sharex=True)
shown = (("DCGAN, log 2 − loss / 2", ORANGE), ("WGAN, estimate", BLUE))
for (above, below), (name, colour) in zip(panels.T, shown):
    table, values = curves[name]
    medians, distances, seen = summary(table, values)
    above.plot(table["images_seen"], values, color=colour, alpha=0.25)
    above.plot(seen, medians, ".-", color=colour)
    above.set(title=name, ylim=(0, 1.3 * np.max(medians)))
    below.semilogy(seen, distances, ".-", color=GREEN)
    below.set(xlabel="real images seen", ylabel="Fréchet distance", ylim=(3, 150))
    below.set_yticks([3, 10, 30, 100], ["3", "10", "30", "100"])
    below.minorticks_off()
figure

# %% [markdown] lang="en"
# The WGAN's curve keeps its promise here: 0.95 over the whole run, and still 0.65 in its second half, where all differences are small. Dividing by K, which brings the curve closer to a distance, costs a little: 0.84 and 0.56.
#
# The DCGAN's curve is not worthless. Turned into an estimate of the Jensen-Shannon divergence, it stands at 0.79 over the whole run. But in the second half it no longer follows (−0.39): it stays level while the distance still falls from 5.3 to 4.1. Its generator's loss changes sign as well.
#
# Do not make a law of it. In the [scores](../../docs/scores.md) of the repository, three seeds with the recommended settings, the clipped WGAN's correlation in the second half is 0.39 ± 0.52 on MNIST, where the DCGAN's discriminator loss does better, at 0.83 ± 0.06. On Fashion-MNIST it is 0.73 ± 0.12 for the WGAN's estimate and −0.09 ± 0.21 for the DCGAN's loss. Over a whole run, the WGAN's curve has the same sign everywhere, and a mean correlation above 0.8. The DCGAN's changes its sign from case to case.
#
# ## Is the training balanced?
#
# As in notebook 1, and with its limits (inference mode): the probability that the adversary rates a held-out real image above a made one, and the gradient that arrives at the made pictures. The gradients of the two models have different units, so each is drawn relative to its own value halfway.

# %% [markdown] lang="zh-TW"
# WGAN 的曲線在這裡說話算話：整段是 0.95，後半段的差距都很小，仍有 0.65。除以 K 之後，曲線更接近真正的距離，相關則稍微降低：0.84 和 0.56。
#
# DCGAN 的曲線也不是毫無價值。換算成 Jensen-Shannon 散度的估計之後，整段是 0.79。但到了後半段，它就跟不上了（−0.39）：距離還從 5.3 降到 4.1，它卻停在原地。生成器的損失也會變號。
#
# 別把這當成定律。專案附的[分數表](../../docs/scores.md)用建議設定跑了三個種子，在 MNIST 上，裁剪的 WGAN 後半段的相關是 0.39 ± 0.52，DCGAN 的判別器損失反而比較好，是 0.83 ± 0.06。在 Fashion-MNIST 上，WGAN 的估計值是 0.73 ± 0.12，DCGAN 的損失是 −0.09 ± 0.21。就整段訓練來看，WGAN 曲線的正負號處處一致，平均相關都在 0.8 以上；DCGAN 的正負號則不一定，每種情況都可能不同。
#
# ## 訓練是平衡的嗎？
#
# 和第 1 份筆記本一樣，也有同樣的限制（推論模式）：看對手網路把保留影像評得比生成的圖片高的機率，以及傳到生成圖片上的梯度。兩個模型的梯度單位不同，所以各自以走到一半時的值為基準來畫。

# %%
figure, (won, strength) = new_figure(6.5, 5.5, 2, 1, sharex=True)
for name, table, colour in (("DCGAN", dcgan_table, ORANGE), ("WGAN", wgan_table, BLUE)):
    measured = np.flatnonzero(np.isfinite(table["told_apart"]))
    seen, gradient = table["images_seen"][measured], table["generator_gradient"][measured]
    won.plot(seen, table["told_apart"][measured], color=colour, label=name)
    strength.semilogy(seen, gradient / gradient[len(gradient) // 2], color=colour)
    for key in ("told_apart", "generator_gradient"):
        quarters = [np.median(table[key][q]) for q in np.array_split(measured, 4)]
        row = "".join(f"{value:9.3f}" for value in quarters)
        print(f"{name:6}{key:19} in each quarter of the run{row}")
won.axhline(0.5, color=GREY, linestyle=":")
won.set(
    ylabel="probability that a real image\nis rated above a made one", ylim=(0.45, 1.03)
)
won.legend(frameon=False)
strength.set(
    xlabel="real images seen", ylabel="gradient at the made pictures,\nhalfway = 1"
)
figure

# %% [markdown] lang="en"
# At first both games are lost for the generator: up to some 20,000 images, hardly a made picture is rated above a real one. Then they part. The DCGAN's discriminator ranks about 9 of 10 pairs rightly to the end; the critic about 7 of 10 in the middle, jumping from one look to the next between 5 and nearly 9. So the WGAN's game is the closer one. Part of that is the weakness of a clipped critic, and not a virtue. In neither game does the gradient fade away: from the first quarter to the last, the DCGAN's median grows from 1.0 to 2.0; the WGAN's gradient falls to about half of its early peak, and then stays about level, with medians between 0.71 and 0.79.
#
# ## Do the gradients last?
#
# The test that matters is the one of notebook 1: hold the trained generator still, and let its adversary alone learn on. A discriminator that gets better starves the generator of the gradient of $\log(1 - D)$. A clipped critic may be trained as long as you like, the paper says: its gradient only becomes more reliable (section 3).

# %% [markdown] lang="zh-TW"
# 一開始，兩場遊戲的生成器都輸定了：在大約 20,000 張影像之前，幾乎沒有一張生成的圖片排在真實影像前面。之後兩者分道揚鑣。DCGAN 的判別器直到最後，10 對裡大約排對 9 對；評價器的中位數大約是 10 對裡排對 7 對，每次量都在 5 到將近 9 之間跳動。所以 WGAN 這一場比較勢均力敵。這有一部分是因為裁剪過的評價器比較弱，算不上優點。兩場遊戲裡梯度都沒有消失：從第一個到最後一個四分之一，DCGAN 的中位數從 1.0 變大到 2.0；WGAN 的梯度從早期的高峰降到大約一半，之後大致持平，中位數在 0.71 和 0.79 之間。
#
# ## 梯度撐得住嗎？
#
# 真正要緊的是第 1 份筆記本的那個測試：把訓練好的生成器按住不動，只讓對手網路繼續學。判別器越好，生成器從 $\log(1 - D)$ 得到的梯度就越少。論文說，裁剪過的評價器愛訓練多久就訓練多久，梯度只會更可靠（第 3 節）。


# %%
def train_alone(model, optimizer):
    """Trains the adversary alone; its steps, and what `Balance` measured at them."""
    model.compile(keras.optimizers.SGD(0.0), optimizer)  # a generator with a rate of 0
    curve = LearningCurve(runs / "alone.csv", runs / "alone.png")
    steps = ALONE_STEPS // model.adversary_steps
    watch = [Balance(held_out, every=max(1, steps // 40)), curve]
    data = training_data(images, BATCH_SIZE, model.adversary_steps, SEED + 1)
    model.fit(data, steps_per_epoch=steps, verbose=0, callbacks=watch)
    table = {name: np.array(values) for name, values in curve.history.items()}
    seen = np.isfinite(table["told_apart"])
    taken = (table["step"][seen] - table["step"][0] + 1) * model.adversary_steps
    return taken, {name: values[seen] for name, values in table.items()}


tables = {
    "DCGAN": train_alone(dcgan, keras.optimizers.Adam(2e-4, beta_1=0.5)),
    "WGAN": train_alone(wgan, keras.optimizers.RMSprop(RATE)),
}
figure, axes = new_figure(6.5, 3.6, 1, 1)
print("                       told_apart         gradient")
for name, key, what, colour in (
    ("DCGAN", "saturating_gradient", "log(1 − D)", ORANGE),
    ("DCGAN", "generator_gradient", "−log D", GREEN),
    ("WGAN", "generator_gradient", "−f", BLUE),
):
    taken, table = tables[name]
    axes.semilogy(taken, table[key], color=colour, label=f"{name}, {what}")
    row = [*table["told_apart"][[0, -1]], *table[key][[0, -1]]]
    print(f"{name:6}{what:12}{row[0]:9.3f} →{row[1]:6.3f}{row[2]:9.3f} →{row[3]:7.3f}")
axes.set(xlabel="the adversary's steps alone", ylabel="mean norm at made pictures")
axes.set_yticks([0.03, 0.1, 0.3, 1, 3, 10], ["0.03", "0.1", "0.3", "1", "3", "10"])
axes.legend(frameon=False, loc="lower left")
figure

# %% [markdown] lang="en"
# Against a trained generator, this test does not tell the two apart. In 1,500 steps alone, neither adversary gets much better at its task: the discriminator goes from 0.88 to 0.90, the critic from 0.68 to 0.74. And no gradient fades for good. That of log(1 − D) jumps about, at one look down to some 0.03, that of −log D grows to 13 times what it was, with one deep drop on the way, and the critic's to 5 times, without a jump. What grows there is K, within what the clipping allows; so "more reliable" is at least steadier. Where the discriminator does win, as against the early generator of notebook 1, the gradient of log(1 − D) fell to a nineteenth.
#
# ## Are all digits there?
#
# Count the classes that the classifier sees in 5,000 pictures of each model, and score those pictures by recall and coverage, which ask how much of the variety of real images is reached.

# %% [markdown] lang="zh-TW"
# 對上訓練好的生成器，這個測試分不出兩者的高下。單獨訓練 1,500 步之後，兩個對手都沒有進步多少：判別器從 0.88 到 0.90，評價器從 0.68 到 0.74。梯度也都沒有一去不回。log(1 − D) 的上下亂跳，有一次掉到 0.03 左右；−log D 的變成原來的 13 倍，途中有一次大幅下墜；評價器的則變成 5 倍，而且走得平穩。變大的是 K，仍在裁剪允許的範圍內；所以說它「更可靠」，至少是更穩定。判別器真的會贏的情況，是第 1 份筆記本裡才剛起步的生成器，那時 log(1 − D) 的梯度掉到十九分之一。
#
# ## 每個數字都在嗎？
#
# 各拿 5,000 張圖片，數一數分類器看到哪些類別，再用 recall 和 coverage 評分，這兩個量問的是：真實影像的多樣性涵蓋到了多少。

# %%
judge = Evaluator(classifier, held_out[:5000])
floor = images[:5000]
print("digit  " + "".join(f"{digit:7}" for digit in range(10)))
sets = {
    "real": floor,
    "DCGAN": dcgan.sample(5000, seed=2),
    "WGAN": wgan.sample(5000, seed=2),
}
for name, pictures in sets.items():
    shares = class_shares(classifier(pictures)[1])
    print(f"{name:7}" + "".join(f"{share:7.3f}" for share in shares))
print("\n          Fréchet  precision   recall  coverage  classes missed")
for name, pictures in sets.items():
    score = judge.score(pictures)
    print(
        f"{name:7}{score['frechet_distance']:10.2f}{score['precision']:11.3f}"
        f"{score['recall']:9.3f}{score['coverage']:10.3f}{score['classes_missed']:12.0f}"
    )

# %% [markdown] lang="en"
# No class is missed by either. But look at the shares. The WGAN makes far too many threes and eights, and less than a third of the sixes that there should be; the DCGAN's are nearer to the truth. Recall and coverage agree: here the DCGAN reaches more of the variety of real digits. So "WGAN prevents mode collapse" is not what this run shows: neither model collapsed, and the WGAN is the one with the wider gaps.
#
# ## An unbalanced match
#
# So far, generator and adversary were built to match. Now make it unfair: a generator without batch normalisation, networks of half the width, and 25 steps of the adversary for each of only 300 steps of the generator. The optimizers and their rates stay as they were. Three seeds each, fixed beforehand; whatever happens is reported.

# %% [markdown] lang="zh-TW"
# 兩個模型都沒有漏掉任何類別。但是看看比例：WGAN 做了太多三和八，六還不到應有的三分之一；DCGAN 的比較接近實際。recall 和 coverage 也這麼說：在這裡，DCGAN 涵蓋到的真實數字比較多樣。所以這次執行並沒有證明「WGAN 可以防止模式崩潰」：兩個模型都沒有崩潰，而缺口比較大的是 WGAN。
#
# ## 一場不平衡的比賽
#
# 到這裡為止，生成器和對手網路都是搭配好的。現在讓它不公平：生成器沒有批次正規化，網路寬度減半，生成器總共只走 300 步，而且每走一步，對手就走 25 步。最佳化器和學習率照舊。各跑三個種子，事先就定好；發生什麼就報告什麼。


# %%
def plain_generator():
    """`build_generator`'s layers without batch normalisation, at half the width."""
    return keras.Sequential(
        [
            keras.Input((LATENT_DIM,)),
            layers.Dense(shape[0] // 4 * (shape[1] // 4) * WIDTH, activation="relu"),
            layers.Reshape((shape[0] // 4, shape[1] // 4, WIDTH)),
            layers.Conv2DTranspose(WIDTH // 2, 4, 2, padding="same", activation="relu"),
            layers.Conv2DTranspose(shape[2], 4, 2, padding="same", activation="tanh"),
        ]
    )


def match(kind, seed, adversary_steps):
    """One model of the unbalanced match, trained: the model, and its last balance."""
    keras.utils.set_random_seed(seed)
    generator = plain_generator()
    if kind == "DCGAN":
        discriminator = build_discriminator(shape, WIDTH // 2, 0.0, "batch")
        model = DCGAN(generator, discriminator, adversary_steps, seed=seed)
        model.compile()
    else:
        critic = build_critic(shape, WIDTH // 2, "batch")
        model = WGAN(generator, critic, adversary_steps, WeightClipping(CLIP_VALUE), seed)
        model.compile(keras.optimizers.RMSprop(RATE), keras.optimizers.RMSprop(RATE))
    balance = Balance(held_out, every=MATCH_STEPS)
    data = training_data(images, BATCH_SIZE, adversary_steps, seed)
    model.fit(data, steps_per_epoch=MATCH_STEPS, verbose=0, callbacks=[balance])
    return model, balance.measure()


def play(adversary_steps):
    """Both models with all seeds: prints a table, and returns the pictures."""
    print("                                              gradient of")
    print("model  seed   Fréchet   missed   told_apart   its loss   log(1 − D)")
    pictures = []
    for kind in ("DCGAN", "WGAN"):
        for seed in MATCH_SEEDS:
            model, balance = match(kind, seed, adversary_steps)
            score = evaluator.score(model.sample(1000))
            saturating = balance.get("saturating_gradient")
            print(
                f"{kind:7}{seed:4}{score['frechet_distance']:10.1f}"
                f"{score['classes_missed']:9.0f}{balance['told_apart']:13.4f}"
                f"{balance['generator_gradient']:11.3f}"
                + (f"{saturating:13.4f}" if saturating else "            –")
            )
            pictures.append(model.sample(10))
    return image_grid(np.concatenate(pictures), columns=10)


Image.fromarray(play(MATCH_CRITIC))

# %% [markdown] lang="en"
# A row of pictures for each line of the table, in its order.
#
# Is it the imbalance, or would 300 steps be too few for this generator in any case? That question came up at the sight of the first table, so here is the control: the same once more, with a single step of the adversary for each of the generator's.

# %% [markdown] lang="zh-TW"
# 表格的每一列對應一排圖片，順序相同。
#
# 這是不平衡造成的，還是對這個生成器來說，300 步本來就太少？看到第一張表才想到這個問題，所以補上對照組：其他都一樣，只是生成器每走一步，對手也只走一步。

# %%
Image.fromarray(play(1))

# %% [markdown] lang="en"
# The control makes it a better story, and a less simple one. With one step against one, this DCGAN is slow as well: distances of 42 to 333 after 300 steps, blurs rather than digits. So a part of its failure has nothing to do with the imbalance. But the 24 further steps of the discriminator make it much worse, 862 to 1,030, a pattern instead of a picture. (Real images are ranked above made ones almost without exception in both cases.) The WGAN minds little: 12 to 15 with 25 critic steps, 10 to 13 with one. It does not gain by them either, and with each seed it misses one class more.
#
# Look at the gradients of the DCGAN that failed. Those of log(1 − D) are small, 0.008 to 0.028. But those of −log D, which it was trained with, are about 3 to 6, and so larger than the control's, which are about 2. So it did not fail for want of a gradient. The gradient was there, and led nowhere.
#
# The limits: the DCGAN had its usual rate of 0.0002 with Adam, the WGAN 0.001 with RMSprop, so this is a match of two methods with their settings, and not of two losses. Three seeds each, and all six agree.
#
# ## What was seen
#
# A verdict on each of the usual claims, as far as these runs go (MNIST, one seed but for the match):
#
# - **"The learning curve follows the quality of the pictures."** Yes here: 0.95 over the run and 0.65 in its second half, raw, and 0.84 and 0.56 divided by K. The DCGAN's has 0.79 and −0.39. Over other settings and seeds, the second half is uncertain for both.
# - **"Training is balanced."** More so: the critic ranks 7 of 10 pairs rightly, the discriminator 9. And when the adversary is given 25 steps, the WGAN still learns in all three seeds, and the DCGAN in none.
# - **"The gradients do not vanish."** The critic's never did. But neither did those of −log D, even where the DCGAN failed.
# - **"Mode collapse is prevented."** Not shown: neither model missed a digit in the long run, and the WGAN's shares were the less even ones.
# - **"The difference of the critic's means is the Earth-Mover distance."** Only up to K, and only near the optimum: see [00_distances](00_distances.ipynb).
# - **The price.** With the same images, the WGAN's pictures were worse, 7.3 against 3.9. It did best with RMSprop, or Adam without momentum, and it needs a clip value that suits. Its five critic steps for one of the generator are what it pays for a good estimate.
#
# ## Exercises
#
# **1.** Is the critic's estimate the same on images that it was not trained on? Compare the two after the training.
#
# <details><summary>Solution</summary>
#
# `evaluate` measures the estimate on held-out images; a critic that has learnt its images by heart would show a smaller one there.
#
# ```python
# for name, some in (("training", images[:1000]), ("held out", held_out[:1000])):
#     print(name, wgan.evaluate(some, batch_size=500, verbose=0, return_dict=True))
# ```
#
# </details>
#
# **2.** Take the clipping away with `lipschitz=None`, and watch the estimate for some steps.
#
# <details><summary>Solution</summary>
#
# Nothing holds the scores any more: the estimate grows and grows, and no longer measures a distance.
#
# ```python
# keras.utils.set_random_seed(SEED)
# free = WGAN(
#     build_generator(shape, LATENT_DIM, WIDTH), build_critic(shape, WIDTH), lipschitz=None
# )
# free.compile(keras.optimizers.RMSprop(RATE), keras.optimizers.RMSprop(RATE))
# for _ in range(3):
#     log = free.fit(data, steps_per_epoch=max(1, WGAN_STEPS // 40), verbose=0).history
#     print(log["wasserstein_estimate"], log["lipschitz_estimate"])
# ```
#
# </details>
#
# **3.** The recommended settings of this package make one critic step only. Train such a WGAN on as many images, and compare the Fréchet distance.
#
# <details><summary>Solution</summary>
#
# With one critic step, the generator takes five times as many steps on the same images. `build_model` makes the model that `Settings` describe.
#
# ```python
# from wgan_keras import Settings
# from wgan_keras.runs.building import build_model
#
# one_step = build_model(Settings(image_shape=shape, seed=SEED, steps=DCGAN_STEPS))
# ones = training_data(images, BATCH_SIZE, 1, SEED)
# one_step.fit(ones, steps_per_epoch=DCGAN_STEPS, verbose=0)
# print(evaluator.frechet_distance(one_step.sample(1000)))
# ```
#
# </details>
#
# ## Next
#
# [03_beyond_clipping](03_beyond_clipping.ipynb) looks at the price of clipping, and at two better ways.

# %% [markdown] lang="zh-TW"
# 對照組讓這個故事更完整，也更不單純。一步對一步時，這個 DCGAN 本來就慢：300 步之後距離是 42 到 333，是一團模糊，稱不上數字。所以它的失敗有一部分和不平衡無關。可是判別器多走的 24 步讓它糟得多，變成 862 到 1,030，畫出來的是花紋而不是圖片。（兩種情況下，真實影像都幾乎毫無例外地排在生成的圖片之上。）WGAN 受的影響不大：評價器走 25 步時是 12 到 15，走一步時是 10 到 13。多走的步數也沒有帶來好處，每個種子都還多漏掉一個類別。
#
# 看看失敗的 DCGAN 的梯度。log(1 − D) 的很小，0.008 到 0.028。但是它訓練時用的 −log D，梯度大約是 3 到 6，比對照組的大，對照組大約是 2。所以它不是因為沒有梯度才失敗的。梯度一直都在，卻沒有把它帶到任何地方。
#
# 限制在這裡：DCGAN 用的是它平常的學習率 0.0002 和 Adam，WGAN 是 0.001 和 RMSprop，所以這場比賽比的是兩種方法連同各自的設定，不是單純比兩種損失。各跑三個種子，六次的結果都一致。
#
# ## 看到了什麼
#
# 對常見說法逐一下個判斷，以這幾次執行為限（MNIST；除了比賽以外，都只有一個種子）：
#
# - **「學習曲線跟著圖片的品質走。」** 在這裡是的：原始值整段 0.95，後半段 0.65；除以 K 之後是 0.84 和 0.56。DCGAN 的是 0.79 和 −0.39。換成別的設定和種子，兩者的後半段都說不準。
# - **「訓練是平衡的。」** 比較平衡：評價器 10 對裡排對 7 對，判別器排對 9 對。就算讓對手走 25 步，WGAN 的三個種子也都還學得起來，DCGAN 則一個也學不起來。
# - **「梯度不會消失。」** 評價器的從來沒有消失。但 −log D 的也沒有，就連 DCGAN 失敗的時候也一樣。
# - **「模式崩潰可以避免。」** 這裡沒有證實：在較長的那次訓練裡，兩個模型都沒有漏掉數字，而比例比較不均的是 WGAN。
# - **「評價器兩個平均值的差就是推土機距離。」** 只在差一個倍數 K、而且接近最佳時成立：見 [00_distances](00_distances.ipynb)。
# - **代價。** 看過同樣多的影像，WGAN 的圖片比較差，是 7.3 對 3.9。它用 RMSprop 或沒有動量的 Adam 時表現最好，還需要合適的裁剪值。生成器走一步、評價器走五步，就是它為了得到好的估計值所付出的代價。
#
# ## 練習
#
# **1.** 在沒有拿來訓練的影像上，評價器的估計值也一樣嗎？訓練之後比較兩者。
#
# <details><summary>解答</summary>
#
# `evaluate` 會在保留影像上量估計值；如果評價器把影像背了下來，那裡的值就會比較小。
#
# ```python
# for name, some in (("training", images[:1000]), ("held out", held_out[:1000])):
#     print(name, wgan.evaluate(some, batch_size=500, verbose=0, return_dict=True))
# ```
#
# </details>
#
# **2.** 用 `lipschitz=None` 把裁剪拿掉，觀察幾步之內估計值的變化。
#
# <details><summary>解答</summary>
#
# 沒有東西拉住分數了：估計值不斷變大，不再是在量距離。
#
# ```python
# keras.utils.set_random_seed(SEED)
# free = WGAN(
#     build_generator(shape, LATENT_DIM, WIDTH), build_critic(shape, WIDTH), lipschitz=None
# )
# free.compile(keras.optimizers.RMSprop(RATE), keras.optimizers.RMSprop(RATE))
# for _ in range(3):
#     log = free.fit(data, steps_per_epoch=max(1, WGAN_STEPS // 40), verbose=0).history
#     print(log["wasserstein_estimate"], log["lipschitz_estimate"])
# ```
#
# </details>
#
# **3.** 這個套件建議的設定只讓評價器走一步。用同樣多的影像訓練這樣的 WGAN，比較 Fréchet 距離。
#
# <details><summary>解答</summary>
#
# 評價器只走一步時，同樣的影像可以讓生成器走五倍的步數。`build_model` 會依照 `Settings` 建立模型。
#
# ```python
# from wgan_keras import Settings
# from wgan_keras.runs.building import build_model
#
# one_step = build_model(Settings(image_shape=shape, seed=SEED, steps=DCGAN_STEPS))
# ones = training_data(images, BATCH_SIZE, 1, SEED)
# one_step.fit(ones, steps_per_epoch=DCGAN_STEPS, verbose=0)
# print(evaluator.frechet_distance(one_step.sample(1000)))
# ```
#
# </details>
#
# ## 下一步
#
# [03_beyond_clipping](03_beyond_clipping.ipynb) 看看裁剪要付的代價，以及兩個更好的做法。
