# %% [markdown] lang="en"
# # 3 · Beyond clipping
#
# Clipping its weights makes a critic Lipschitz in one line, and [02_wgan](02_wgan.ipynb) was trained that way. This notebook asks what the line costs, and tries two remedies.
#
# **What you can do afterwards**
#
# - work out how steep a clipped critic may be, and say why its depth makes that worse;
# - see weights pile up at ±c, and gradients vanish or explode on their way through the layers;
# - measure how much of the exact Earth-Mover distance a critic finds, clipped or not;
# - train with a gradient penalty or with spectral normalisation;
# - choose between them by what was measured, on this page and in a table of longer runs.
#
# **How long it takes.** The run shown here took {{minutes}} minutes on two cores of an AMD EPYC, without a GPU; with `SETTING = "short"` it takes about half of that. Reading takes three quarters of an hour.
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
# # 3 · 權重裁剪之後
#
# 權重裁剪只用一行，就讓評價器滿足利普希茨（Lipschitz）條件，[02_wgan](02_wgan.ipynb) 就是這樣訓練的。這份筆記本要問這一行的代價是什麼，再試試兩種補救方法。
#
# **讀完之後，你可以**
#
# - 算出裁剪過的評價器最陡能有多陡，並說明為什麼層數越多越糟；
# - 看到權重擠在 ±c、梯度在穿過各層時消失或爆炸；
# - 量出評價器找到了精確推土機距離（Earth-Mover distance）的幾成，不論有沒有裁剪；
# - 用梯度懲罰或譜正規化來訓練；
# - 依照量到的結果，在這些做法之間做選擇：包括這一頁的結果，以及一張訓練時間更長的分數表。
#
# **要花多久。** 這裡的執行結果，是在 AMD EPYC 的兩個核心上、沒有 GPU，花了 {{minutes}} 分鐘跑出來的；改用 `SETTING = "short"` 大約只要一半時間。閱讀約需四十五分鐘。
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
import json
import shutil
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import keras
import numpy as np
import tensorflow as tf

import wgan_keras
from wgan_keras import WGAN, GradientPenalty, SpectralNormalization
from wgan_keras import Classifier, CriticDiagnostics, Evaluator, Quality, Settings
from wgan_keras import WeightClip, WeightClipping, earth_mover_of_samples
from wgan_keras import load_images, toy_points, training_data
from wgan_keras.nets.lipschitz import gradient_norms, mixtures
from wgan_keras.nets.losses import critic_loss
from wgan_keras.runs.building import build_model
from wgan_keras.theory.demos.adversaries import multilayer_perceptron
from wgan_keras.theory.demos.toy_race import mode_coverage
from wgan_keras.watching.plots import BLUE, GREEN, GREY, ORANGE
from wgan_keras.watching.plots import image_grid, new_figure, rendered, save_gif

# %% [markdown] lang="en"
# All settings stand in the next cell. They were fixed before the runs, and where the text adds a run after a first look, it says so.

# %% [markdown] lang="zh-TW"
# 所有設定都在下一格。這些設定在執行之前就定好了；如果是先看過結果才加做的實驗，文中會說明。

# %%
SETTING = "full"  # or "short", a quick look ("quick" only tests that the cells run)
TOY_STEPS = {"full": 900, "short": 300, "quick": 4}[SETTING]  # points in the plane
CRITIC_STEPS = {"full": 3000, "short": 600, "quick": 5}[SETTING]  # critics alone
MNIST_STEPS = {"full": 500, "short": 200, "quick": 4}[SETTING]
DATASET = {"full": "mnist", "short": "mnist", "quick": "digits"}[SETTING]
SEED = 0

CLIP_VALUES = (0.001, 0.01, 0.03, 0.1, 0.3, 1.0)  # points in the plane
FILMED = (0.001, 0.1, 1.0)
DEEP_CLIP_VALUES, DEPTH = (0.001, 0.01, 0.1), 12  # a critic of many layers
N_CRITIC, TOYS = 5, ("8-gaussians", "25-gaussians", "swiss-roll")
MNIST_CLIP_VALUES, PICTURES = (0.001, 0.05, 0.5), 1000
if SETTING == "quick":  # a smoke test, not to be looked at
    CLIP_VALUES, FILMED, DEPTH, TOYS = (0.1,), (0.1,), 3, TOYS[:1]
    MNIST_CLIP_VALUES, PICTURES, N_CRITIC = (0.5,), 50, 1
folder = Path("runs/03_beyond_clipping")
shutil.rmtree(folder, ignore_errors=True)

# %% [markdown] lang="en"
# ## 1 · What one line does
#
# A critic $f$ is Lipschitz with constant $K$ if its score nowhere changes faster than that: $|f(x) - f(y)| \le K \, \|x - y\|$. Only over such critics is the largest gap between real and made scores a distance, $K$ times the Earth-Mover distance ([Arjovsky, Chintala and Bottou (2017)](https://arxiv.org/abs/1701.07875), equations 2 and 3). Their Algorithm 1 gets there by its line 7: after each update of the critic, every weight goes back to the nearest number in $[-c, c]$. In this package that is a Keras constraint:

# %% [markdown] lang="zh-TW"
# ## 1 · 這一行做了什麼
#
# 如果評價器 $f$ 的分數無論在哪裡，變化都不會快過某個固定的倍率，也就是 $|f(x) - f(y)| \le K \, \|x - y\|$，就說它滿足常數為 $K$ 的利普希茨條件。只有在這種評價器當中去找，真實與生成兩邊分數的最大差距才是一個距離，等於推土機距離的 $K$ 倍（[Arjovsky、Chintala 與 Bottou（2017）](https://arxiv.org/abs/1701.07875) 的式 2 與式 3）。論文的演算法 1 用第 7 行達成這件事：評價器每更新一次，就把每個權重拉回 $[-c, c]$ 之中最近的數。在這個套件裡，它是一個 Keras 的約束（constraint）：

# %%
print(inspect.getsource(WeightClip.__call__))
print("clipped to ±0.01:", WeightClip(0.01)([0.5, -0.003, -2.0]).numpy().round(4))

# %% [markdown] lang="en"
# It is cheap, and the critic is Lipschitz for some $K$. The authors themselves call it "a clearly terrible way to enforce a Lipschitz constraint" (section 3), and name two reasons: with a large $c$, the weights take long to reach their limit; with a small one, gradients vanish where there are many layers, or no batch normalisation.
#
# How large is $K$? Take a chain of dense layers whose activations have slopes of at most $1$, as leaky ReLU has. By the chain rule, the slope of the whole is at most the product of the matrices' norms. The norm $\|W\|$ of a matrix, its largest singular value, is at most the root of the sum of its squared entries, and each of its $n m$ entries is at most $c$ in size. So, for $L$ layers,
#
# $$K \le \prod_{l=1}^{L} \|W_l\| \le \prod_{l=1}^{L} c \sqrt{n_l m_l} \propto c^L.$$
#
# The cell below checks the step for one matrix of 64 inputs and 64 outputs with $c = 0.01$, once with all weights at $+c$ and once with signs at random. Then it computes the bound for a critic of 3 layers and one of 12.

# %% [markdown] lang="zh-TW"
# 這樣做成本很低，評價器也確實會滿足某個 $K$ 的利普希茨條件。不過論文作者自己就說，用它來強制利普希茨條件，「顯然是個糟糕的辦法」（第 3 節），並舉出兩個理由：$c$ 太大，權重要很久才會碰到上下限；太小的話，只要層數多、或沒有批次正規化，梯度就會消失。
#
# 那麼 $K$ 有多大？考慮一串全連接層，活化函數的斜率不超過 $1$（leaky ReLU 就是如此）。根據連鎖律，整個網路的斜率不會超過各層矩陣範數的乘積。矩陣的範數 $\|W\|$ 就是它最大的奇異值，不會超過所有元素平方和的平方根；而它有 $n m$ 個元素，每個的大小都不超過 $c$。所以，對 $L$ 層來說，
#
# $$K \le \prod_{l=1}^{L} \|W_l\| \le \prod_{l=1}^{L} c \sqrt{n_l m_l} \propto c^L.$$
#
# 下一格用一個 64 個輸入、64 個輸出的矩陣和 $c = 0.01$ 驗證這一步：一次讓所有權重都在 $+c$，一次讓正負號隨機。接著再算 3 層和 12 層的評價器各自的上界。


# %%
def most_allowed(clip_value, sizes):
    """The bound of K for a chain of dense layers of these sizes."""
    return np.prod([clip_value * np.sqrt(n * m) for n, m in pairwise(sizes)])


signs = np.random.default_rng(SEED).choice([-1, 1], (64, 64))
print(f"c √(n m)            {0.01 * np.sqrt(64 * 64):.3f}")
print(f"all weights at +c   {np.linalg.norm(np.full((64, 64), 0.01), 2):.3f}")
print(f"signs at random     {np.linalg.norm(0.01 * signs, 2):.3f}\n")
print("c        3 layers    12 layers")
for clip_value in (0.001, 0.01, 0.1, 1.0):
    shallow = most_allowed(clip_value, [2, 64, 64, 1])
    deep = most_allowed(clip_value, [2, *[64] * 11, 1])
    print(f"{clip_value:<5}  {shallow:10.2g}  {deep:11.2g}")

# %% [markdown] lang="en"
# The bound is reached when all signs agree. With signs at random, the matrix does a quarter of that. So two things decide how steep a clipped critic is: $c$, to the power of the depth, and whether the weights pull together. From $c = 0.001$ to $c = 1$, the bound grows by a factor of $10^9$ for the shallow critic, and of $10^{36}$ for the deep one. There is a value of $c$ in between that suits each network, and it is another one for each.
#
# ## 2 · From too small to too large
#
# Points in the plane are the quickest place to see it. The data are 8 narrow Gaussians in a ring. A point is treated as a picture of two pixels, so that `WGAN` itself can be trained on it, with small networks:

# %% [markdown] lang="zh-TW"
# 所有正負號一致時，會剛好碰到上界；正負號隨機時，矩陣的範數只有上界的四分之一左右。所以裁剪過的評價器有多陡，取決於兩件事：$c$ 的「層數」次方，以及權重是不是往同一個方向使力。從 $c = 0.001$ 到 $c = 1$，淺的評價器上界增加到 $10^9$ 倍，深的則是 $10^{36}$ 倍。每個網路在這中間都有一個適合的 $c$，只是換一個網路，就得換一個值。
#
# ## 2 · 從太小到太大
#
# 要看到這件事，平面上的點最快。資料是排成一圈的 8 個很窄的高斯分布。把一個點當成只有兩個像素的圖片，就可以直接用 `WGAN` 來訓練，網路很小：

# %%
REAL = toy_points("8-gaussians", 2000, SEED)


def toy_model(strategy):
    """A WGAN whose images have two pixels: the coordinates of a point."""
    keras.utils.set_random_seed(SEED)
    to_points = multilayer_perceptron(2, outputs=2)  # two hidden layers of 64
    to_score = multilayer_perceptron(2)
    generator = [keras.Input((2,)), to_points, keras.layers.Reshape((1, 2, 1))]
    critic = [keras.Input((1, 2, 1)), keras.layers.Flatten(), to_score]
    networks = keras.Sequential(generator), keras.Sequential(critic)
    model = WGAN(*networks, N_CRITIC, strategy, SEED)
    model.compile(keras.optimizers.RMSprop(3e-4), keras.optimizers.RMSprop(3e-4))
    return model


print(inspect.getsource(multilayer_perceptron))

# %% [markdown] lang="en"
# The next cell trains such a model. On its way it looks, some twenty times, at the points that are made of 500 latents, always the same ones, and at the critic's scores on a grid over the plane.

# %% [markdown] lang="zh-TW"
# 下一格訓練這樣的模型。途中會停下來看大約二十次：看同樣的 500 個潛在向量生成出哪些點，也看評價器在平面網格上的分數。

# %%
LATENTS = np.random.default_rng(SEED).normal(size=(500, 2)).astype("float32")
SIDE = np.linspace(-1.2, 1.2, 61, dtype="float32")
GRID = np.stack(np.meshgrid(SIDE, SIDE), axis=-1).reshape(-1, 1, 2, 1)
FRAMES = min(20, TOY_STEPS)


def train_on_points(model):
    """Trains, and returns (step, made points, scores in the plane) now and then."""
    seen = []

    def look(*_):
        points = model.generate(LATENTS, training=False).numpy().reshape(-1, 2)
        scores = model.score(GRID, training=False).numpy().reshape(61, 61)
        seen.append((int(model.steps_done.numpy()), points, scores))

    look()
    model.fit(
        training_data(REAL.reshape(-1, 1, 2, 1), 128, N_CRITIC, SEED),
        steps_per_epoch=TOY_STEPS // FRAMES,
        epochs=FRAMES,
        callbacks=[keras.callbacks.LambdaCallback(on_epoch_end=look)],
        verbose=0,
    )
    return seen


# %% [markdown] lang="en"
# Two measures of a trained critic follow: its weights in one row, and the steepest slope at the real and the made points. That slope is $K$ as far as these points show it; between them the critic may be steeper.

# %% [markdown] lang="zh-TW"
# 接著是兩種測量訓練好的評價器的方法：把所有權重排成一列，以及在真實點和生成點上最陡的斜率。這個斜率就是這些點看得到的 $K$；在點與點之間，評價器可能更陡。


# %%
def flat_weights(network):
    return np.concatenate([v.numpy().ravel() for v in network.trainable_variables])


def steepest_slope(model, points):
    """The largest norm of the score's gradient at real and made points."""
    around = tf.constant(np.concatenate([REAL[:500], points]).reshape(-1, 1, 2, 1))
    return float(max(gradient_norms(lambda x: model.score(x, training=False), around)))


# %% [markdown] lang="en"
# Six values of $c$ are tried, each with the same seed, the same RMSprop rate of 3e-4 for both networks, 5 critic steps for each generator step, and the same 900 generator steps. For each, the table gives the bound from above; the steepest slope that is seen at 500 real and 500 made points; the share of the critic's weights that stand at ±c; the exact Earth-Mover distance between those points; and how many of the 8 modes are covered. A point counts as on a mode if it lies within 4 standard deviations of it.

# %% [markdown] lang="zh-TW"
# 這裡試六個 $c$ 值。隨機種子都相同，兩個網路的 RMSprop 學習率都是 3e-4，生成器每走一步，評價器走 5 步，而生成器都走 900 步。表中列出：前面算的上界；在 500 個真實點和 500 個生成點上看到的最陡斜率；評價器有多少權重停在 ±c；這些點之間精確的推土機距離；以及 8 個模式涵蓋了幾個。一個點離某個模式的中心在 4 個標準差以內，就算落在那個模式上。

# %%
films = {}
print("c      K at most  K at points   at ±c  distance     modes  points on a mode")
for clip_value in CLIP_VALUES:
    model = toy_model(WeightClipping(clip_value))
    films[clip_value] = train_on_points(model)
    points = films[clip_value][-1][1]
    allowed = most_allowed(clip_value, [2, 64, 64, 1])
    at_bound = np.mean(np.abs(flat_weights(model.critic)) >= clip_value)
    distance, _ = earth_mover_of_samples(REAL[:500], points)
    found = mode_coverage(points, "8-gaussians")
    print(f"{clip_value:<5} {allowed:10.2g} {steepest_slope(model, points):12.2g}", end="")
    print(f" {at_bound:7.1%} {distance:9.3f}   {found['modes']} of 8", end="")
    print(f" {found['on_a_mode']:17.0%}")
untrained, _ = earth_mover_of_samples(REAL[:500], films[CLIP_VALUES[0]][0][1])
others, _ = earth_mover_of_samples(REAL[:500], toy_points("8-gaussians", 500, SEED + 1))
print(f"\nuntrained generator {untrained:.3f}, 500 other real points {others:.3f}")

# %% [markdown] lang="en"
# And here they are. The colours are the critic's score, bright where it is high; white are real points, orange made ones.

# %% [markdown] lang="zh-TW"
# 畫出來看看。顏色是評價器的分數，越亮越高；白色是真實的點，橘色是生成的點。


# %%
def draw_points(axes, clip_value, step, points, scores):
    axes.clear()
    axes.contourf(SIDE, SIDE, scores, levels=8, cmap="cividis", alpha=0.8)
    axes.plot(*REAL[:300].T, ".", color="white", markersize=2)
    axes.plot(*points.T, ".", color=ORANGE, markersize=3)
    modes = mode_coverage(points, "8-gaussians")["modes"]
    axes.set(xlim=(-1.2, 1.2), ylim=(-1.2, 1.2), aspect="equal", xticks=[], yticks=[])
    axes.set_title(f"c = {clip_value:g}, step {step}: {modes} of 8 modes", fontsize=9)


figure, panels = new_figure(8, 5.7, 2, 3)
for panel, clip_value in zip(panels.flat, CLIP_VALUES):
    draw_points(panel, clip_value, *films[clip_value][-1])
figure

# %% [markdown] lang="en"
# With $c = 0.001$ the generator has hardly moved: the distance is that of the untrained one. A likely reason: a slope of $10^{-6}$ is not only small, it is near the constant of $10^{-7}$ that RMSprop adds to its denominator, so that even an optimizer that rescales gradients cannot make up for it. With 0.01 and 0.03 the points spread, but find no mode. From 0.1 on they do: 6 to 8 modes are covered. Which of these three values is best, one seed cannot tell: the distances are 0.197, 0.181 and 0.189.
#
# At the other end, you see what the paper says of a large $c$: the weights take long to reach their limit. With $c = 1$, only 0.2 % of them stand there after 900 steps. What is missing is the harm: 7 of 8 modes are covered. This is a critic all but without a constraint, stopped early. Its slope is the largest of all, 23, and little keeps it from growing; this run is too short to show where that ends.
#
# Here are three of them while they learn, with a small, a middling and a large $c$:

# %% [markdown] lang="zh-TW"
# $c = 0.001$ 時，生成器幾乎沒有動：距離和沒訓練過的一樣。可能的原因是：$10^{-6}$ 的斜率不只是小，而且已經接近 RMSprop 在分母上加的常數 $10^{-7}$，所以連會重新縮放梯度的最佳化器也補不回來。用 0.01 和 0.03 時，點散開了，卻找不到任何模式。從 0.1 開始才找得到，涵蓋了 6 到 8 個。這三個值的距離是 0.197、0.181 和 0.189，只憑一個種子，分不出哪一個最好。
#
# 至於另一端，論文對「$c$ 太大」的說法，在這裡看得到：權重要很久才會碰到上下限。$c = 1$ 時，走完 900 步也只有 0.2 % 的權重停在那裡。沒看到的是壞處：8 個模式還是涵蓋了 7 個。這其實是一個近乎沒有約束、只是早早停下來的評價器。它的斜率是全部之中最大的，有 23，而且沒什麼能阻止它繼續變大；這個實驗太短，看不出最後會怎樣。
#
# 下面是其中三個的學習過程，$c$ 分別是小、中、大：

# %%
film, panels = new_figure(8, 3, 1, 3)


def frame(moment):
    for panel, clip_value in zip(panels, FILMED):
        draw_points(panel, clip_value, *films[clip_value][moment])
    return rendered(film)


frame(0)  # the layout settles at the first drawing
frames = [frame(moment) for moment in range(FRAMES + 1)]
save_gif("../assets/03_beyond_clipping_sweep.gif", frames, frames_per_second=4)

# %% [markdown] lang="en"
# ![Points of three WGANs, with c of 0.001, 0.1 and 1, while they learn the 8 Gaussians](../assets/03_beyond_clipping_sweep.gif)
#
# From 0.3, a factor of three does little harm in either direction (0.1: 0.197, 1: 0.189, against 0.181); a tenth, 0.03, ruins the training. Ten times as much was not tried, so this sweep shows the harm of a small $c$ and leaves that of a large one open.
#
# ## 3 · The first remedy: a gradient penalty
#
# [Gulrajani et al. (2017)](https://arxiv.org/abs/1704.00028) leave the weights alone and ask for the slope itself. Under the optimal coupling of real and made points, the best critic has a gradient of norm 1 almost everywhere on the straight lines between coupled points (their Proposition 1). So they add to the critic's loss
#
# $$\lambda \, \mathbb{E}_{\hat x} \left( \|\nabla_{\hat x} f(\hat x)\| - 1 \right)^2, \qquad \hat x = \epsilon x + (1 - \epsilon) \tilde x, \qquad \epsilon \sim U[0, 1),$$
#
# with $\lambda = 10$. The points $\hat x$ are mixtures of a real $x$ and a made $\tilde x$, since the coupling is not known. These are the three pieces in the package:

# %% [markdown] lang="zh-TW"
# ![三個 WGAN 學習 8 個高斯分布的過程，c 分別為 0.001、0.1 和 1](../assets/03_beyond_clipping_sweep.gif)
#
# 從 0.3 出發，往兩邊各改三倍左右都沒什麼妨礙（0.1 是 0.197，1 是 0.189，原本是 0.181）；降到十分之一的 0.03，訓練就毀了。加到十倍則沒有試過，所以這組比較看得到 $c$ 太小的壞處，至於太大有沒有壞處，還沒有答案。
#
# ## 3 · 第一個補救：梯度懲罰
#
# [Gulrajani 等人（2017）](https://arxiv.org/abs/1704.00028) 不去管權重，而是直接要求斜率。在真實點與生成點的最佳耦合（coupling）之下，最好的評價器在每對點之間的直線上，梯度的範數幾乎處處是 1（論文的命題 1）。因此他們在評價器的損失上加一項
#
# $$\lambda \, \mathbb{E}_{\hat x} \left( \|\nabla_{\hat x} f(\hat x)\| - 1 \right)^2, \qquad \hat x = \epsilon x + (1 - \epsilon) \tilde x, \qquad \epsilon \sim U[0, 1),$$
#
# 其中 $\lambda = 10$。因為不知道最佳的耦合，點 $\hat x$ 就由真實的 $x$ 與生成的 $\tilde x$ 隨機混合而成。套件裡對應的是這三段：

# %%
print(inspect.getsource(mixtures))
print(inspect.getsource(gradient_norms))
print(inspect.getsource(GradientPenalty.penalty))

# %% [markdown] lang="en"
# To see what either way does to the critic alone, the generator now stands still: a made point is a real one with normal noise of standard deviation 0.5. Every critic gets the same fresh batches, the same number of steps and the same optimizer, Adam with 1e-3 and β = (0, 0.9), which without momentum is RMSprop but for its first steps. The loop is the critic's half of `WGAN.train_step`, for any strategy:

# %% [markdown] lang="zh-TW"
# 為了單獨看這兩種做法對評價器的影響，現在讓生成器站著不動：生成點就是真實點加上標準差 0.5 的常態雜訊。每個評價器都拿到同樣的新批次、走同樣的步數、用同樣的最佳化器：Adam，學習率 1e-3，β = (0, 0.9)；沒有動量的 Adam 除了剛開始幾步以外，就是 RMSprop。下面的迴圈是 `WGAN.train_step` 裡評價器的那一半，適用於任何一種策略：


# %%
def real_and_fake(toy, number, count=256):
    """Fresh real points, and others with noise: a generator that stands still."""
    real = toy_points(toy, count, number)
    noise = np.random.default_rng([number, 1]).normal(0, 0.5, (count, 2))
    fake = toy_points(toy, count, number + 1_000_000) + noise
    return tf.constant(real), tf.constant(fake, tf.float32)


def train_critic(critic, strategy, toy, steps=CRITIC_STEPS):
    """Trains a critic alone, and returns the function that scores points."""
    strategy.build(critic)
    optimizer = keras.optimizers.Adam(1e-3, beta_1=0.0, beta_2=0.9)
    optimizer.build(critic.trainable_variables)

    def score(points, training=False):
        return strategy.score(critic, points, training)

    def update_seed(t):
        return tf.stack([tf.constant(SEED, tf.int64), t])

    model = SimpleNamespace(score=score, update_seed=update_seed)  # all a penalty needs

    @tf.function(autograph=False)
    def update(real, fake, t):
        with tf.GradientTape() as tape:
            scores = score(real, training=True), score(fake, training=True)
            loss = critic_loss(*scores) + strategy.penalty(model, real, fake, t)
        gradients = tape.gradient(loss, critic.trainable_variables)
        optimizer.apply(gradients, critic.trainable_variables)
        strategy.project(critic)

    for number in range(steps):
        update(*real_and_fake(toy, number), tf.constant(number, tf.int64))
    return score


def gradients_by_layer(critic, points):
    """Mean norms of the score's gradient with respect to what each layer receives."""
    x, received = points, []
    with tf.GradientTape() as tape:
        tape.watch(x)
        for layer in critic.layers:
            received.append(x)
            x = layer(x)
    return [float(tf.reduce_mean(tf.norm(g, axis=1))) for g in tape.gradient(x, received)]


# %% [markdown] lang="en"
# ## 4 · Gradients through the layers
#
# The bound in section 1 was a product over layers, and so is the gradient on its way back. Gulrajani et al. (2017, figure 1b) show it with critics of 12 layers on the Swiss roll. Here is the same for $c$ of 0.001, 0.01 and 0.1, and for the penalty. For each layer, the cell takes the gradient of the score with respect to what the layer receives. The ratio of the first to the last is the work of 11 layers, and its 11th root is the factor of one.

# %% [markdown] lang="zh-TW"
# ## 4 · 穿過各層的梯度
#
# 第 1 節的上界是各層的乘積，梯度往回傳的時候也一樣。Gulrajani 等人（2017，圖 1b）用瑞士捲（Swiss roll）資料上 12 層的評價器展示了這一點。這裡照做一次：$c$ 取 0.001、0.01、0.1，再加上梯度懲罰。對每一層，程式計算分數對「這一層收到的東西」的梯度。第一層與最後一層的比值，是 11 層合起來的效果；開 11 次方根，就是每一層的倍率。

# %%
ROLL = tf.concat(real_and_fake("swiss-roll", CRITIC_STEPS), axis=0)  # not trained on
deep = {f"c = {value:g}": WeightClipping(value) for value in DEEP_CLIP_VALUES}
deep["penalty"] = GradientPenalty()
by_layer, deep_weights = {}, {}
print("            first layer   last layer   first / last   a layer")
for name, strategy in deep.items():
    keras.utils.set_random_seed(SEED)
    critic = multilayer_perceptron(2, depth=DEPTH - 1)  # the last layer is one more
    train_critic(critic, strategy, "swiss-roll")
    norms = gradients_by_layer(critic, ROLL)
    by_layer[name] = norms
    deep_weights[name] = flat_weights(critic)
    ratio = norms[0] / norms[-1]
    print(f"{name:11} {norms[0]:11.2g} {norms[-1]:12.2g} {ratio:14.2g}", end="")
    print(f" {ratio ** (1 / (DEPTH - 1)):9.2g}")
print()
for value in DEEP_CLIP_VALUES:
    at_bound = np.mean(np.abs(deep_weights[f"c = {value:g}"]) >= value)
    print(f"c = {value:g}: {at_bound:.1%} of the weights are at ±c")

# %%
figure, (layers, *histograms) = new_figure(9, 3.4, 1, 4)
colours = dict(zip(deep, (GREY, ORANGE, GREEN, BLUE)))
for name, norms in by_layer.items():
    layers.semilogy(range(1, DEPTH + 1), norms, ".-", color=colours[name], label=name)
layers.set(title="gradient norm", xlabel="layer, from the points on", ylim=(1e-20, 1e10))
for panel, name in zip(histograms, ("c = 0.01", "c = 0.1", "penalty")):
    panel.hist(deep_weights[name], 61, color=colours[name], log=True)
    panel.set(title=f"weights, {name}", xlabel="value")
names = layers.get_legend_handles_labels()
figure.legend(*names, loc="outside lower center", ncols=4, title="gradient norm of")
figure

# %% [markdown] lang="en"
# With $c = 0.01$, each layer passes on a twentieth of the gradient, and of the whole 3e-15 arrives. With $c = 0.001$, what arrives is too small for a float32, and the result is 0. With $c = 0.1$, each layer triples it, and 360,000 times as much arrives. The penalty, which speaks of the points alone and of no layer, keeps the ratio at 0.87. No value of $c$ here does that; one between 0.01 and 0.1 should come near, and it would be another for another depth.
#
# The histograms have a logarithmic scale. In all three clipped critics, 93 % of the weights or more stand at the two ends, but not for the same reason. These layers start with weights up to $\sqrt{6/128} = 0.22$ in size, so that the first update alone cuts some 54 % of them to ±0.1, and 95 % to ±0.01; after that, the two smaller values leave hardly a gradient to move them. With $c = 0.1$, it is the training that takes 54 % to 97 %. The penalty leaves a bell.
#
# ## 5 · The second remedy: spectral normalisation
#
# [Miyato et al. (2018)](https://arxiv.org/abs/1802.05957) go back to the product of norms, and make each factor 1: every matrix $W$ is replaced by $W / \sigma(W)$, where $\sigma$ is its largest singular value (their equation 8). Then $K \le 1$ for dense layers, whatever the depth. For a convolution, they normalise its kernel written as a matrix, and $K$ may be larger.
#
# Finding $\sigma$ by a decomposition in each step would be costly. Power iteration is cheap: multiply a vector by the matrix and its transpose, again and again, and it turns towards the direction that is stretched most. Since the weights move little, one iteration for each update is enough:

# %% [markdown] lang="zh-TW"
# $c = 0.01$ 時，每一層只把梯度的二十分之一傳下去，最後傳到的只剩 3e-15 倍。$c = 0.001$ 時，傳到的數小到連 float32 都表示不了，結果就是 0。$c = 0.1$ 時，每一層把梯度放大成三倍左右，傳到的是原來的 360,000 倍。梯度懲罰只管點上的斜率，完全不管各層，卻讓這個比值維持在 0.87。這裡沒有任何一個 $c$ 做得到；0.01 和 0.1 之間應該有某個值會接近，但換一個深度，又會是另一個值。
#
# 直方圖用的是對數刻度。三個裁剪過的評價器都有 93 % 以上的權重停在兩端，原因卻不一樣。這些層的權重一開始最大到 $\sqrt{6/128} = 0.22$，所以光是第一次更新，就把大約 54 % 的權重裁到 ±0.1、95 % 裁到 ±0.01；在那之後，用兩個較小的值時，幾乎沒剩下能推動權重的梯度。$c = 0.1$ 則是訓練本身讓 54 % 變成 97 %。梯度懲罰留下的是鐘形。
#
# ## 5 · 第二個補救：譜正規化
#
# [Miyato 等人（2018）](https://arxiv.org/abs/1802.05957) 回到範數的乘積，讓每個因子都變成 1：每個矩陣 $W$ 都換成 $W / \sigma(W)$，其中 $\sigma$ 是它最大的奇異值（論文的式 8）。這樣一來，不論多深，全連接層都有 $K \le 1$。至於卷積，他們是把卷積核寫成矩陣再正規化，$K$ 可能會更大。
#
# 如果每一步都用矩陣分解來算 $\sigma$，代價太高。冪次疊代法（power iteration）就便宜了：把一個向量反覆乘上矩陣和它的轉置，它就會轉向被拉得最長的方向。因為權重每次只動一點點，每次更新疊代一次就夠了：

# %%
print(inspect.getsource(SpectralNormalization.project))
print(inspect.getsource(SpectralNormalization.norms))

# %% [markdown] lang="en"
# ## 6 · Capacity
#
# A critic can be Lipschitz and still find little. By the duality, the estimate, mean $f$ at the real points minus mean $f$ at the made ones, divided by $K$, is at most the exact Earth-Mover distance, and only the best critic reaches it. So the share of the exact distance that a critic finds tells how much it can express and has learnt, whatever its scale. For $K$, the cell takes the steepest slope on a grid over the plane, as far as ±1.5; a grid can miss a steeper place, so the shares are rather too large. The last column is the mean slope over the steepest one: after Proposition 1, the best critic comes near 100 % of it where the points are.
#
# A first look had half as many steps, and $c = 0.1$, $\lambda = 10$ and spectral normalisation alone. To judge clipping not by one value, nor critics by a short training, the steps were then doubled to 3,000 and the other rows added. All points of the test are new to the critics.

# %% [markdown] lang="zh-TW"
# ## 6 · 表達能力
#
# 評價器可以滿足利普希茨條件，卻還是量不到多少距離。根據對偶性，估計值（$f$ 在真實點的平均減去 $f$ 在生成點的平均）除以 $K$，不會超過精確的推土機距離，而只有最好的評價器才會剛好相等。所以，評價器找到精確距離的幾成，就說明它能表達多少、又學到了多少，與它的尺度無關。$K$ 取的是平面上 ±1.5 範圍內一個網格上最陡的斜率；網格可能漏掉更陡的地方，所以這些百分比只會偏高。最後一欄是平均斜率除以最陡的斜率：依照命題 1，最好的評價器在點所在的地方會接近 100 %。
#
# 第一次試做時步數只有一半，而且只有 $c = 0.1$、$\lambda = 10$ 和譜正規化。為了不只用一個值來評斷裁剪、也不用太短的訓練來評斷評價器，後來把步數加倍到 3,000，並補上其他幾列。測試用的點，評價器都沒有看過。

# %%
critics = {f"c = {value:g}": WeightClipping(value) for value in (0.03, 0.1, 0.3)}
critics |= {"λ = 10": GradientPenalty(), "λ = 0.1": GradientPenalty(0.1)}
critics["spectral"] = SpectralNormalization()
WIDE = np.linspace(-1.5, 1.5, 81, dtype="float32")
PLANE = tf.constant(np.stack(np.meshgrid(WIDE, WIDE), axis=-1).reshape(-1, 2))
surfaces = {}
for toy in TOYS:
    real, fake = real_and_fake(toy, CRITIC_STEPS, 500)  # not trained on
    exact, _ = earth_mover_of_samples(real, fake)
    print(f"{toy}: exact distance {exact:.3f}")
    print("          estimate  K on grid   estimate / K   of the exact   mean slope / K")
    for name, strategy in critics.items():
        keras.utils.set_random_seed(SEED)
        score = train_critic(multilayer_perceptron(2, depth=3), strategy, toy)
        surfaces[name, toy] = score(PLANE).numpy().reshape(81, 81)
        slopes = gradient_norms(score, PLANE).numpy()
        estimate = -float(critic_loss(score(real), score(fake)))
        steepest = float(slopes.max())
        normalised = estimate / steepest
        print(f"{name:9} {estimate:8.3g} {steepest:10.3g} {normalised:14.3f}", end="")
        print(f" {normalised / exact:14.0%} {slopes.mean() / steepest:16.0%}")
    print()

# %%
shown = ("c = 0.1", "λ = 10", "spectral")
figure, panels = new_figure(8, 8.4, 3, len(TOYS), squeeze=False)
for row, name in zip(panels, shown):
    for panel, toy in zip(row, TOYS):
        panel.contourf(WIDE, WIDE, surfaces[name, toy], levels=14, cmap="cividis")
        panel.plot(*toy_points(toy, 300, SEED).T, ".", color="white", markersize=2)
        panel.set(aspect="equal", xticks=[], yticks=[])
        panel.set_title(f"{name}, {toy}", fontsize=9)
figure

# %% [markdown] lang="en"
# On the 25 Gaussians and the Swiss roll, the penalty with $\lambda = 10$ finds 70 and 72 % of the exact distance, and clipping, with the best of its three values, 56 and 54 %. On the 8 Gaussians it is 43 against 41 %, which is hardly a difference, and spectral normalisation is ahead with 56 %. The last column is clearer: this penalised critic has a mean slope of 83 to 94 % of its steepest one, and the clipped ones 53 to 73 %. With $\lambda = 0.1$, the penalty finds 67, 70 and 66 %: more on the 8 Gaussians than any other, but its slope is not held at 1, it comes to 5.7. A weak penalty leaves $K$ to be divided out, as clipping does.
#
# Do the surfaces say the same? Not quite. The clipped critic consists of a few large facets: a plateau within the ring, a lopsided pyramid over the 25 Gaussians. The contours of the penalised critic bend at each of the 8 modes, as in Gulrajani et al. (2017, section 3.1 and figure 1a), who found that clipping loses capacity; yet there it finds hardly more of the distance. Over the 25 Gaussians, where it finds more, its rings are rounder, but single modes do not show in them either. Spectral normalisation has surfaces as plain as those of clipping, and yet finds more than either on the 8 Gaussians. Keep in mind, too, that the last column favours the penalty, which is trained for a slope of 1, and that all this is one seed.
#
# Is a better critic also a better teacher? Here are both remedies in the training of section 2, with the same networks, rates, steps and seed as for clipping. The row of $\lambda = 0.1$ was added after a first look at the other two.

# %% [markdown] lang="zh-TW"
# 在 25 個高斯分布和瑞士捲上，$\lambda = 10$ 的梯度懲罰找到了精確距離的 70 % 和 72 %；裁剪就算取三個值當中最好的，也只有 56 % 和 54 %。在 8 個高斯分布上則是 43 % 對 41 %，幾乎沒有差別，反倒是譜正規化以 56 % 領先。最後一欄比較清楚：這個梯度懲罰的評價器，平均斜率是最陡斜率的 83 到 94 %，裁剪的則是 53 到 73 %。用 $\lambda = 0.1$ 時，梯度懲罰找到 67 %、70 % 和 66 %：在 8 個高斯分布上比其他所有做法都多，但斜率並沒有維持在 1，而是到了 5.7。懲罰太弱時，就得像裁剪那樣，另外把 $K$ 除掉。
#
# 曲面說的是同一回事嗎？不完全是。裁剪的評價器只由幾個大平面拼成：圓環之內是一片平台，25 個高斯分布上則是一座歪斜的金字塔。梯度懲罰的評價器，等高線在 8 個模式旁都有彎折，和 Gulrajani 等人（2017，第 3.1 節與圖 1a）的圖一樣，他們由此認為裁剪會失去表達能力；可是在這份資料上，它找到的距離幾乎沒有比較多。在 25 個高斯分布上，它找到的比較多，一圈圈等高線也比較圓，但同樣看不出個別的模式。譜正規化的曲面和裁剪的一樣單純，在 8 個高斯分布上卻比這兩者都找得更多。另外也別忘了：最後一欄對梯度懲罰有利，因為它訓練時就是以斜率 1 為目標；而且這一切都只是一個種子的結果。
#
# 比較好的評價器，也是比較好的老師嗎？下面把兩種補救放回第 2 節的訓練裡，網路、學習率、步數、種子都和裁剪時一樣。$\lambda = 0.1$ 這一列，是先看過另外兩列之後才加的。

# %%
print("          K at points  distance     modes  points on a mode")
for name in ("λ = 10", "λ = 0.1", "spectral"):
    model = toy_model(critics[name])
    points = train_on_points(model)[-1][1]
    distance, _ = earth_mover_of_samples(REAL[:500], points)
    found = mode_coverage(points, "8-gaussians")
    print(f"{name:9} {steepest_slope(model, points):11.2g} {distance:9.3f}", end="")
    print(f"   {found['modes']} of 8 {found['on_a_mode']:17.0%}")

# %% [markdown] lang="en"
# With $\lambda = 10$, the value of the paper, the generator gets lost: its distance is above that of the untrained one, 0.834 against 0.627. With $\lambda = 0.1$, all 8 modes are covered, at 0.169, about as near as with $c = 0.3$, 0.181. Spectral normalisation is near $c = 0.1$: 7 modes against 6, a distance of 0.200 against 0.197, but 19 % of the points on a mode against 23 %. So a better critic was not a better teacher here. These are 900 steps of one seed, with clipping's optimizer and rate; the authors' program trains for 100,000.
#
# The reason is likely one of units. The estimate is $K$ times a distance, and here distances are small, some 0.2; the penalty is $\lambda$ for a slope that is off by 1, whatever the distances. With $\lambda = 10$ the penalty is nearly all that this critic learns in so few steps. The authors' [own program for toys](https://github.com/igul222/improved_wgan_training/blob/master/gan_toy.py) uses 0.1 too, and says that this is faster but not necessary with enough critic steps. So the penalty, too, has a value that must suit the data.
#
# ## 7 · On MNIST
#
# Now pictures. The three values of $c$ were chosen before the runs: 0.05, which the package recommends, 0.001, far below it, and 0.5, far above. All else is the recommended recipe for clipping: RMSprop with 2e-3, one critic step for each generator step, batches of 64, batch normalisation in the critic, and averaged generator weights, for 500 steps. `CriticDiagnostics` looks at the critic on its way, and `Quality` at the pictures: it takes the Fréchet distance of 1,000 of them from 1,000 test images. That is the distance between two Gaussians, one fitted to the features that a small classifier finds in the pictures, the other to those of the test images; 0 is best. It is printed for as many training images first, as the floor.

# %% [markdown] lang="zh-TW"
# 用論文的 $\lambda = 10$ 時，生成器迷路了：距離 0.834，比沒訓練過的 0.627 還大。用 $\lambda = 0.1$ 時，8 個模式全部涵蓋，距離 0.169，和 $c = 0.3$ 的 0.181 差不多近。譜正規化接近 $c = 0.1$：7 個模式對 6 個，距離 0.200 對 0.197，但落在模式上的點是 19 % 對 23 %。所以在這裡，比較好的評價器並不是比較好的老師。不過這只是一個種子的 900 步，用的又是裁剪的最佳化器和學習率；作者的程式要訓練 100,000 步。
#
# 原因很可能出在單位。估計值是 $K$ 乘上距離，而這裡的距離很小，大約 0.2；但只要斜率差了 1，懲罰就是 $\lambda$，不管距離是多少。$\lambda = 10$ 時，在這麼少的步數裡，這個評價器學到的幾乎只有懲罰。作者[自己跑玩具資料的程式](https://github.com/igul222/improved_wgan_training/blob/master/gan_toy.py)也用 0.1，並說這樣比較快，但評價器的步數夠多的話，就沒有必要。所以梯度懲罰也有一個值，必須配合資料來選。
#
# ## 7 · 在 MNIST 上
#
# 接下來換成圖片。三個 $c$ 值在執行之前就選好了：套件推薦的 0.05、遠低於它的 0.001，以及遠高於它的 0.5。其他設定都照裁剪的推薦配方：RMSprop，學習率 2e-3，生成器每走一步，評價器也走一步，批次大小 64，評價器用批次正規化，生成器用平均權重，走 500 步。`CriticDiagnostics` 沿路觀察評價器，`Quality` 則看圖片，計算 1,000 張圖片與 1,000 張測試影像的 Fréchet 距離：用一個小型分類器取出兩邊的特徵，各配適一個高斯分布，再算這兩個高斯分布之間的距離，0 最好。最先印出的是同樣多張訓練影像的值，當作下限。

# %%
images, held_out = load_images(DATASET, "train"), load_images(DATASET, "test")
evaluator = Evaluator(Classifier.shipped("mnist"), held_out[:PICTURES])
print(f"1,000 training images: {evaluator.frechet_distance(images[:PICTURES]):.2f}")

# %% [markdown] lang="en"
# A run's settings are the recommended ones of its method, but for what all runs share and what a comparison changes:

# %% [markdown] lang="zh-TW"
# 每個實驗都用該方法的推薦設定，只有兩種例外：所有實驗共用的部分，以及比較時要改的部分：


# %%
def mnist_settings(method, **changes):
    common = {"image_shape": (28, 28, 1), "batch_size": 64, "seed": SEED}
    return Settings(lipschitz=method, steps=MNIST_STEPS, **common, **changes)


# %% [markdown] lang="en"
# The training keeps what both callbacks find, five times on its way, and 16 pictures at its end:

# %% [markdown] lang="zh-TW"
# 訓練途中，兩個回呼（callback）各量五次，結果都留下來；最後再留 16 張圖片：


# %%
def train_on_mnist(name, settings):
    here, every = folder / name, max(1, MNIST_STEPS // 5)
    here.mkdir(parents=True)
    files = here / "critic.csv", here / "critic.png"
    diagnostics = CriticDiagnostics(*files, images, held_out, every, PICTURES // 4)
    distances = {}

    def keep(batch, logs):
        if "frechet_distance" in logs:
            distances[batch + 1] = logs["frechet_distance"]

    quality = Quality(evaluator, every, PICTURES, SEED)
    model = build_model(settings)
    model.fit(
        training_data(images, settings.batch_size, settings.n_critic, SEED),
        steps_per_epoch=MNIST_STEPS,
        callbacks=[
            diagnostics,
            quality,
            keras.callbacks.LambdaCallback(on_train_batch_end=keep),
        ],
        verbose=0,
    )
    return {
        "critic": diagnostics.history,
        "distances": distances,
        "pictures": model.sample(16, seed=SEED),
    }


# %% [markdown] lang="en"
# Each run gets a row in a table: the share of the critic's weights at ±c; the mean slope between real and made images, that is, the mean norm of the score's gradient at mixtures of them; and the Fréchet distance.

# %% [markdown] lang="zh-TW"
# 每個實驗在表裡占一列：評價器有多少權重停在 ±c；真實與生成影像之間的平均斜率，也就是分數的梯度範數在兩者混合影像上的平均；以及 Fréchet 距離。

# %%
HEAD = "run                      at ±c  mean slope between  Fréchet distance"


def print_row(name, run):
    critic, distance = run["critic"], run["distances"][MNIST_STEPS]
    at_bound = "–"
    if "weights_at_clip" in critic:
        at_bound = f"{critic['weights_at_clip'][-1]:.1%}"
    slope = critic["gradient_at_mixed"][-1]
    print(f"{name:23} {at_bound:>6} {slope:19.2g} {distance:17.4g}")


def draw_pictures(runs):
    figure, panels = new_figure(2.3 * len(runs), 2.6, 1, len(runs))
    for panel, (name, run) in zip(np.ravel(panels), runs.items()):
        panel.imshow(image_grid(run["pictures"], 4, min_side=28), cmap="gray")
        panel.set_axis_off()
        panel.set_title(name, fontsize=9)
    return figure


# %%
clipped = {}
print(HEAD)
for value in MNIST_CLIP_VALUES:
    name = f"c = {value:g}, batch norm."
    settings = mnist_settings("clip", clip_value=value)
    clipped[name] = train_on_mnist(f"batch-{value:g}", settings)
    print_row(name, clipped[name])
draw_pictures(clipped)

# %% [markdown] lang="en"
# With $c = 0.001$, the critic's mean slope between real and made images is 4e-6, and the pictures stay noise. With 0.05 there are digits. With 0.5, which was meant to be too large, they are nearer still: 4.87 against 5.75. Only 1.4 % of the weights stand at ±0.5, so this critic is hardly clipped; its slope has come to 42, and the curves below show that it still rises.
#
# But this critic has batch normalisation, and the paper warns of a small $c$ above all where there is none. So, as a second question after the first answer, the same three runs without any normalisation, `none` in the table:

# %% [markdown] lang="zh-TW"
# $c = 0.001$ 時，評價器在真實與生成影像之間的平均斜率是 4e-6，圖片一直是雜訊。用 0.05 就看得到數字。而原本以為太大的 0.5，結果反而更好：Fréchet 距離是 4.87 對 5.75。只有 1.4 % 的權重停在 ±0.5，所以這個評價器幾乎沒有被裁剪；它的斜率已經到了 42，從下面的曲線可以看到還在上升。
#
# 不過這個評價器有批次正規化，而論文所說的「$c$ 太小」的問題，主要發生在沒有批次正規化的時候。所以在看到第一個答案之後，再問第二個問題：同樣三個實驗，完全不用正規化會怎樣？（表中寫作 `none`）

# %%
bare = {}
print(HEAD)
for value in MNIST_CLIP_VALUES:
    name = f"c = {value:g}, none"
    settings = mnist_settings("clip", clip_value=value, normalization="none")
    bare[name] = train_on_mnist(f"none-{value:g}", settings)
    print_row(name, bare[name])
draw_pictures(bare)

# %% [markdown] lang="en"
# Without it, $c$ matters on both sides: 8.6 with 0.05, 11.3 with 0.5, and both are behind their twins with batch normalisation. At 0.001, the slope is 50 times what it was with batch normalisation, 2e-4 against 4e-6, and the pictures are nearer, 238 against 1898: the reverse of the paper's warning. A likely reason: clipping takes every trainable variable, and so holds the gain of the batch normalisation, too, which starts at 1, within ±0.001.
#
# Now the remedies, with the recipes recommended for them (both Adam, 1e-3 and 2e-3), but the same batches of 64 and the same 500 steps. The penalty speaks of the gradient of one image's score. Batch normalisation makes that score depend on the other images in the batch, so `GradientPenalty` refuses it, and the critic has layer normalisation instead. Spectral normalisation goes without any other.

# %% [markdown] lang="zh-TW"
# 拿掉之後，$c$ 不論偏大或偏小都有影響：0.05 是 8.6，0.5 是 11.3，而且都比有批次正規化的那一組差。用 0.001 時，斜率是有批次正規化時的 50 倍，2e-4 對 4e-6，圖片也比較接近真實影像，Fréchet 距離是 238 對 1898：和論文的警告正好相反。可能的原因是：裁剪會作用在每一個可訓練的變數上，所以批次正規化原本從 1 開始的增益，也被壓在 ±0.001 之內。
#
# 接著是兩種補救，用的是各自的推薦配方（都是 Adam，學習率 1e-3 和 2e-3），但批次大小同樣是 64，也同樣走 500 步。梯度懲罰針對的是單一影像分數的梯度，而批次正規化會讓這個分數受批次裡的其他影像影響，所以 `GradientPenalty` 不接受它，評價器改用層正規化。譜正規化則不再用其他的正規化。

# %%
remedied = {}
print(HEAD)
for method, name in (("gp", "penalty, layer norm."), ("sn", "spectral, none")):
    remedied[name] = train_on_mnist(method, mnist_settings(method))
    print_row(name, remedied[name])
draw_pictures(remedied)

# %%
runs = clipped | bare | remedied
colours = [GREY, ORANGE, GREEN][: len(clipped)] * 2 + [BLUE, "black"]
figure, (slopes, distances) = new_figure(8.5, 3.6, 1, 2)
for (name, run), colour in zip(runs.items(), colours):
    style = {"color": colour, "linestyle": "--" if name in bare else "-", "label": name}
    critic, scored = run["critic"], run["distances"]
    slopes.semilogy(critic["step"], critic["gradient_at_mixed"], marker=".", **style)
    distances.semilogy(list(scored), list(scored.values()), marker=".", **style)
slopes.set(title="mean slope between real and made", xlabel="generator step")
distances.set(title="Fréchet distance", xlabel="generator step")
figure.legend(*slopes.get_legend_handles_labels(), loc="outside right center", fontsize=8)
figure

# %% [markdown] lang="en"
# Both remedies hold the mean slope between real and made images about steady: 1.1 for the penalty, which aims at 1, and 0.62 for spectral normalisation, which only bounds it. In the pictures, this does not show yet. With 5.28 and 6.52 they lie on either side of the recommended clipping, 5.75, and behind the hardly clipped 4.87. One seed and 500 steps decide little between them; they do tell all of these from $c = 0.001$.
#
# ## 8 · Which to choose
#
# For a choice, longer runs and more than one seed are needed. They have been made, and their table is in the repository: [docs/scores.md](../../docs/scores.md). All models have the recommended recipes, and one clipped WGAN has the paper's settings. The Fréchet distance is that of 10,000 pictures, on MNIST, as mean and standard deviation over 3 seeds, once after 120 s of one core, and once after 1,500 generator steps (the penalty with half as many images: its batches are of 32, the others' of 64).

# %% [markdown] lang="zh-TW"
# 兩種補救都讓真實與生成影像之間的平均斜率大致保持穩定：梯度懲罰是 1.1，它的目標是 1；譜正規化是 0.62，它只設了上限。但在圖片上還看不出好處：分別是 5.28 和 6.52，剛好落在推薦的裁剪 5.75 的兩側，也都輸給幾乎沒有裁剪的 4.87。一個種子、500 步，不足以在它們之間分出高下；但足以把它們全都和 $c = 0.001$ 分開。
#
# ## 8 · 該選哪一個
#
# 要做選擇，需要更長的訓練和不只一個種子。這些實驗已經做好了，分數表就在儲存庫裡：[docs/scores.md](../../docs/scores.md)。所有模型都用推薦配方，另外有一個裁剪的 WGAN 用論文的設定。Fréchet 距離取 MNIST 上的 10,000 張圖片來算，列出 3 個種子的平均與標準差：一次在單核心跑 120 秒之後，一次在生成器走 1,500 步之後（梯度懲罰看到的影像只有一半：它的批次大小是 32，其他的是 64）。

# %%
beside_the_package = Path(wgan_keras.__file__).parent.parent
places = [Path("../../docs/scores.json"), beside_the_package / "docs" / "scores.json"]
scores = json.loads(next(p for p in places if p.is_file()).read_text(encoding="utf-8"))
print("MNIST                   ms a step     after 120 s    after 1,500 steps")
for model, seconds in scores["speed"].items():
    print(f"{model:22} {1000 * seconds:10.0f}", end="")
    for when in ("time", "steps"):
        distances = [
            run["full"][when]["frechet_distance"]
            for run in scores["runs"]
            if (run["dataset"], run["model"]) == ("mnist", model)
        ]
        mean, spread = np.mean(distances), np.std(distances, ddof=1)
        decimals = 2 if mean < 100 else 0
        print(f" {mean:10.{decimals}f} ± {spread:4.{decimals}f}", end="")
    print()

# %% [markdown] lang="en"
# At equal steps, clipping with the recommended recipe stands at 4.65, behind the penalty (4.04), spectral normalisation (4.22) and the DCGAN (3.97), by more than the seeds vary; those three differ by hardly more than that. At equal time, the penalty is ahead with 2.56; then come spectral normalisation and the DCGAN, hardly apart, and clipping with 4.33.
#
# The penalty is said to be slow, since it differentiates twice. Its recipe makes up for that with batches of 32, so that its steps are the cheapest of all, 29 ms. With batches of 64, [docs/recipes.md](../../docs/recipes.md) has 93 s of processor time for 1,500 steps of the penalty and 66 s for clipping; at equal time, the penalty was ahead there, too.
#
# The paper's settings, far behind, say little about clipping: their rate of 5e-5 and 5 critic steps are meant for much longer trainings.
#
# So: begin with the penalty; take spectral normalisation where a second derivative is too costly or not to be had; clip to understand the paper. This is what these small networks show on MNIST within two minutes of one core. It need not hold for yours, and the table's program measures that, too.
#
# ## What was seen
#
# - **Sensitive to c**: yes. Too small a $c$ ruined the training in the plane and on MNIST. A large $c$ exploded the 12-layer critic (0.1), lowered the share of the distance found on all three data sets (0.3 against 0.03), and did harm on MNIST without batch normalisation (11.3 against 8.6). In the training in the plane, and on MNIST with batch normalisation, a $c$ that hardly a weight came to did well.
# - **Weights pile up at ±c**: 97 % in the deep critic with $c = 0.1$; in the MNIST critics with 0.05, which trained well, 4 to 6 %.
# - **Gradients vanish or explode**: yes, in a critic of 12 layers: what arrives at the first is 3e-15 of the gradient at the last with $c = 0.01$, 360,000 times it with $c = 0.1$, and 0.87 of it with the penalty.
# - **Capacity lost**: yes, on two of three data sets: clipping found at most 56 and 54 % of the exact distance, the penalty with $\lambda = 10$ 70 and 72 %. On the 8 Gaussians it hardly differs from that, and $\lambda = 0.1$ does, with 67 against 41 %. Spectral normalisation, with 56, 55 and 70 %, is ahead of clipping on two of them, but its surfaces are as plain.
# - **The penalty needs no tuning**: no. In the plane, in 900 steps with clipping's rate, $\lambda = 10$ failed and $\lambda = 0.1$ did well.
# - **Clipping is behind at equal time**: yes, on MNIST in the table, by more than the seeds vary, and at equal steps as well. In the 500 steps of one seed here it lay between the two remedies.
#
# ## Exercises
#
# **1.** For which $c$ is the bound of section 1 just $K \le 1$, with 3 layers and with 12? Why are these not the best values?
#
# <details><summary>Solution</summary>
#
# The bound is $c^L$ times its value at $c = 1$, so $c$ is that value to the power of $-1/L$:
#
# ```python
# for sizes in ([2, 64, 64, 1], [2, *[64] * 11, 1]):
#     depth = len(sizes) - 1
#     print(depth, "layers: c =", round(most_allowed(1.0, sizes) ** (-1 / depth), 4))
# ```
#
# It is 0.0557 and 0.0215. In section 2, the three values from 0.1 on did well, and 0.03 was far too small. The bound is reached only if all weights pull together; weights with mixed signs give a fraction of it in each layer, and the product of the fractions is tiny.
#
# </details>
#
# **2.** Does spectral normalisation keep the gradient alive through 12 layers? Measure it as in section 4. (`strategy.norms()` yields each kernel with its $\sigma$.)
#
# <details><summary>Solution</summary>
#
# ```python
# strategy = SpectralNormalization()
# keras.utils.set_random_seed(SEED)
# critic = multilayer_perceptron(2, depth=DEPTH - 1)
# train_critic(critic, strategy, "swiss-roll")
# for kernel, norm in strategy.norms():
#     kernel.assign(kernel / norm)  # as the scores have it
# norms = gradients_by_layer(critic, ROLL)
# print(f"first / last: {norms[0] / norms[-1]:.2g}")
# ```
#
# It does: the ratio is 0.54. No factor can be above 1, so nothing explodes; and they stay near 1, although a factor below it is allowed.
#
# </details>
#
# **3.** The sweep of section 2 had, from 0.01 on, a $c$ for about each factor of 3. How much room does $\lambda$ leave? Try 1 and 100 in the same training.
#
# <details><summary>Solution</summary>
#
# ```python
# for weight in (1.0, 100.0):
#     model = toy_model(GradientPenalty(weight))
#     points = train_on_points(model)[-1][1]
#     distance, _ = earth_mover_of_samples(REAL[:500], points)
#     modes = mode_coverage(points, "8-gaussians")["modes"]
#     print(f"λ = {weight:g}: distance {distance:.3f}, {modes} of 8 modes")
# ```
#
# With 1, all 8 modes and 0.172; with 100, one mode and 0.518. So from 0.1 to 1 it matters little, and above that it matters a great deal, in data of this scale.
#
# </details>
#
# ## Next
#
# [04_fashion_and_sampling](04_fashion_and_sampling.ipynb) takes the penalty to Fashion-MNIST, and goes all the way from a data set to a sampler that runs on its own.

# %% [markdown] lang="zh-TW"
# 同樣的步數下，用推薦配方的裁剪是 4.65，落後梯度懲罰（4.04）、譜正規化（4.22）和 DCGAN（3.97），差距大於種子之間的變動；那三者彼此的差距則只比種子的變動大一點點。同樣的時間下，梯度懲罰以 2.56 領先，接著是幾乎不分上下的譜正規化和 DCGAN，最後是裁剪的 4.33。
#
# 常聽人說梯度懲罰很慢，因為它要微分兩次。它的配方把批次大小降到 32 來彌補，所以每一步反而最便宜，只要 29 ms。批次同為 64 時，[docs/recipes.md](../../docs/recipes.md) 記錄的處理器時間是：走 1,500 步，梯度懲罰要 93 秒，裁剪要 66 秒；以同樣的時間來比，那裡也是梯度懲罰領先。
#
# 論文的設定遠遠落後，但這不太能說明裁剪本身：5e-5 的學習率配上評價器的 5 步，是為長得多的訓練準備的。
#
# 所以：先用梯度懲罰；如果二階微分太貴或根本做不到，就用譜正規化；想理解論文，再用裁剪。這是這些小網路在 MNIST 上、單核心兩分鐘內的結果，不一定適用於你的情況；產生分數表的程式，也可以拿來量你的情況。
#
# ## 看到了什麼
#
# - **對 c 敏感**：是。$c$ 太小，平面上和 MNIST 上的訓練都毀了。$c$ 偏大，讓 12 層的評價器梯度爆炸（0.1），在三個資料集上都少找到一些距離（0.3 和 0.03 相比），在沒有批次正規化的 MNIST 上也有害（11.3 對 8.6）。但在平面上的訓練、以及有批次正規化的 MNIST 上，$c$ 大到幾乎沒有權重碰得到，結果也很好。
# - **權重擠在 ±c**：深的評價器在 $c = 0.1$ 時有 97 %；但在 MNIST 上用 0.05、訓練得不錯的評價器，只有 4 到 6 %。
# - **梯度消失或爆炸**：是，在 12 層的評價器裡，傳到第一層的梯度，$c = 0.01$ 時是最後一層的 3e-15 倍，$c = 0.1$ 時是 360,000 倍；梯度懲罰則是 0.87 倍。
# - **失去表達能力**：三個資料集裡有兩個是：裁剪最多只找到精確距離的 56 % 和 54 %，$\lambda = 10$ 的梯度懲罰是 70 % 和 72 %。在 8 個高斯分布上兩者幾乎沒有差別，有差別的是 $\lambda = 0.1$：67 % 對 41 %。譜正規化是 56 %、55 % 和 70 %，在其中兩個上勝過裁剪，但曲面一樣單純。
# - **梯度懲罰不必調**：不對。在平面上，用裁剪的學習率走 900 步，$\lambda = 10$ 失敗了，$\lambda = 0.1$ 則很好。
# - **同樣時間下裁剪落後**：是，在分數表的 MNIST 上，差距大於種子之間的變動，同樣步數時也一樣。但在這裡單一種子的 500 步裡，裁剪落在兩種補救之間。
#
# ## 練習
#
# **1.** $c$ 等於多少時，第 1 節的上界剛好是 $K \le 1$？請分別算 3 層和 12 層。為什麼這些值不是最好的？
#
# <details><summary>解答</summary>
#
# 上界是 $c^L$ 乘上它在 $c = 1$ 時的值，所以 $c$ 就是那個值的 $-1/L$ 次方：
#
# ```python
# for sizes in ([2, 64, 64, 1], [2, *[64] * 11, 1]):
#     depth = len(sizes) - 1
#     print(depth, "layers: c =", round(most_allowed(1.0, sizes) ** (-1 / depth), 4))
# ```
#
# 答案是 0.0557 和 0.0215。在第 2 節裡，從 0.1 開始的三個值都不錯，而 0.03 就太小了。只有當所有權重往同一個方向使力，才會碰到上界；正負號混雜的權重，每一層都只有上界的一小部分，乘起來就微乎其微了。
#
# </details>
#
# **2.** 譜正規化能讓梯度活著穿過 12 層嗎？照第 4 節的方法量量看。（`strategy.norms()` 會逐一給出每個核（kernel）與它的 $\sigma$。）
#
# <details><summary>解答</summary>
#
# ```python
# strategy = SpectralNormalization()
# keras.utils.set_random_seed(SEED)
# critic = multilayer_perceptron(2, depth=DEPTH - 1)
# train_critic(critic, strategy, "swiss-roll")
# for kernel, norm in strategy.norms():
#     kernel.assign(kernel / norm)  # as the scores have it
# norms = gradients_by_layer(critic, ROLL)
# print(f"first / last: {norms[0] / norms[-1]:.2g}")
# ```
#
# 可以：比值是 0.54。每一層的倍率都不可能超過 1，所以不會爆炸；雖然可以小於這個值，實際上都很接近 1。
#
# </details>
#
# **3.** 第 2 節的 $c$ 從 0.01 開始，大約每 3 倍試一個值。$\lambda$ 又有多少餘地？請在同樣的訓練裡試試 1 和 100。
#
# <details><summary>解答</summary>
#
# ```python
# for weight in (1.0, 100.0):
#     model = toy_model(GradientPenalty(weight))
#     points = train_on_points(model)[-1][1]
#     distance, _ = earth_mover_of_samples(REAL[:500], points)
#     modes = mode_coverage(points, "8-gaussians")["modes"]
#     print(f"λ = {weight:g}: distance {distance:.3f}, {modes} of 8 modes")
# ```
#
# 用 1 時，8 個模式全部涵蓋，距離 0.172；用 100 時，只剩一個模式，距離 0.518。所以在這種尺度的資料上，從 0.1 到 1 影響不大，再往上影響就很大了。
#
# </details>
#
# ## 下一步
#
# [04_fashion_and_sampling](04_fashion_and_sampling.ipynb) 把梯度懲罰帶到 Fashion-MNIST，從資料集一路做到能獨立執行的取樣器。
