# %% [markdown] lang="en"
# # 0 · Distances between distributions
#
# A GAN learns by making one distribution, that of its pictures, more like another, that of the real ones. "More like" needs a measure. This notebook computes three of them by hand and finds out which of them a generator can follow. It is the ground that the next notebooks stand on; there is no picture generation in it yet.
#
# **What you can do afterwards**
#
# - compute and explain the Kullback-Leibler (KL) divergence, the Jensen-Shannon (JS) divergence and the Earth-Mover distance;
# - derive JS from KL, step by step, with a number beside each step;
# - say why JS gives no gradient between distributions that do not meet, and why the Earth-Mover distance does;
# - read the Earth-Mover formula aloud, symbol by symbol, and name the array that each symbol stands for;
# - say what a Lipschitz function is, and what the critic of a WGAN has to do with it;
# - judge the sentence "the critic measures the Earth-Mover distance".
#
# You need NumPy, a little probability (it is enough to know what a mean is) and, for two cells, TensorFlow's `GradientTape`.
#
# **How long it takes.** The run shown here took about {{minutes}} min on two cores of an AMD EPYC, without a GPU; with `SETTING = "short"` it takes about half as long. Reading takes an hour.
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
# This notebook needs no data set. The later ones use MNIST and Fashion-MNIST, which Keras downloads at their first use.

# %% [markdown] lang="zh-TW"
# # 0 · 分布之間的距離
#
# GAN 的學習，是讓一個分布（它畫出來的圖片）越來越像另一個分布（真實的圖片）。「像不像」需要一把尺。這份筆記本親手計算三把尺，並看看其中哪些能替生成器指路。後面的筆記本都以此為基礎；這裡還不會生成圖片。
#
# **讀完之後，你可以**
#
# - 計算並說明 Kullback-Leibler（KL）散度、Jensen-Shannon（JS）散度與推土機距離（Earth-Mover distance）；
# - 從 KL 一步一步推導出 JS，每一步都有數字可以對照；
# - 說明為什麼兩個沒有交集的分布之間，JS 給不出梯度，推土機距離卻可以；
# - 逐個符號念出推土機距離的公式，並指出每個符號對應到哪個陣列；
# - 說明什麼是利普希茨（Lipschitz）函數，以及它和 WGAN 的評價器（critic）有什麼關係；
# - 評斷「評價器量的就是推土機距離」這句話。
#
# 你需要會用 NumPy、懂一點機率（知道什麼是平均值就夠了）；另外有兩格會用到 TensorFlow 的 `GradientTape`。
#
# **要花多久。** 這裡的執行結果，是在 AMD EPYC 的兩個核心上、沒有 GPU，花了大約 {{minutes}} 分鐘跑出來的；改用 `SETTING = "short"` 大約只要一半時間。閱讀約需一小時。
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
# 這份筆記本不需要資料集。之後的筆記本會用到 MNIST 與 Fashion-MNIST，第一次用到時，Keras 會自動下載。

# %%
# %matplotlib inline
import inspect
from pathlib import Path

import numpy as np
import tensorflow as tf
from scipy.optimize import linprog

from wgan_keras import earth_mover, earth_mover_of_samples, js_divergence, kl_divergence
from wgan_keras import toy_points, wasserstein_from_critic
from wgan_keras.nets.losses import critic_loss
from wgan_keras.theory.demos import card_pools, critic_ruler, moving_earth, parallel_lines
from wgan_keras.theory.demos import vanishing_gradient
from wgan_keras.watching.plots import BLUE, GREEN, GREY, ORANGE, new_figure

tf.get_logger().setLevel("ERROR")  # no hints on speed, for networks this small

# %% [markdown] lang="en"
# The settings stand in one cell. Only the last section trains networks, so everything before it takes seconds. `table` prints aligned columns with 4 significant digits.

# %% [markdown] lang="zh-TW"
# 所有設定都放在同一格。只有最後一節會訓練網路，所以前面的部分都只要幾秒。`table` 把數字以 4 位有效數字對齊印出。

# %%
SETTING = "full"  # or "short", a quick look ("quick" only tests that the cells run)
STEPS = {"full": 1500, "short": 300, "quick": 6}[SETTING]
RULER_STEPS = {"full": 600, "short": 300, "quick": 6}[SETTING]
SHIFTS = {
    "full": (0.25, 0.5, 1.0, 1.5, 2.0),
    "short": (0.5, 1.0, 2.0),
    "quick": (1.0,),
}[SETTING]
LENGTHS = {"full": (1, 10, 100, 1000), "short": (1, 10, 100), "quick": (1,)}[SETTING]
LINES = {"full": 41, "short": 41, "quick": 3}[SETTING]
SEED = 0


def table(heads, rows):
    """Prints rows below their heads, numbers with 4 significant digits."""
    rows = [
        [cell if isinstance(cell, str) else f"{cell:.4g}" for cell in row]
        for row in [heads, *rows]
    ]
    widths = [max(map(len, column)) + 3 for column in zip(*rows)]
    for row in rows:
        print("".join(cell.rjust(width) for cell, width in zip(row, widths)))


# %% [markdown] lang="en"
# ## 1 · Surprise, and the KL divergence
#
# In a gacha game you pull cards of four ranks: N (normal), R (rare), SR (super rare) and SSR (the rarest). There are two pools, P and Q, with different rates. Pool P is the more generous one.
#
# How surprised should you be by a card that you expect with probability $q$? A good measure is $\log \frac{1}{q}$. A sure thing, $q = 1$, gives no surprise. The rarer the card, the greater the surprise. And the surprises of independent events add up, as their probabilities multiply. With the natural logarithm, the unit is called a nat.
#
# Now suppose that you have read the rates of Q, but the game draws from P. At each card you are surprised by $\log \frac{1}{q}$, where one who knows the true rates is surprised by $\log \frac{1}{p}$. The difference, $\log \frac{1}{q} - \log \frac{1}{p} = \log \frac{p}{q}$, is your **excess surprise**: what the wrong expectation costs you at this card.

# %% [markdown] lang="zh-TW"
# ## 1 · 驚訝度與 KL 散度
#
# 在轉蛋手遊裡，抽到的卡有四個等級：N（普通）、R（稀有）、SR（超稀有）與 SSR（最稀有）。現在有 P 與 Q 兩個卡池，機率各不相同，P 池比較大方。
#
# 如果你認為某張卡出現的機率是 $q$，那麼抽到它時該有多驚訝？$\log \frac{1}{q}$ 是個好的衡量方式：必然發生的事（$q = 1$）一點也不讓人驚訝；卡越稀有，越讓人驚訝；而且獨立事件的機率相乘時，驚訝度正好相加。使用自然對數時，單位叫做 nat（奈特）。
#
# 假設你看到的是 Q 池的機率表，遊戲實際上卻從 P 池抽卡。每抽一張，你的驚訝度是 $\log \frac{1}{q}$，而知道真正機率的人只有 $\log \frac{1}{p}$。兩者之差 $\log \frac{1}{q} - \log \frac{1}{p} = \log \frac{p}{q}$ 就是你**多出來的驚訝度**：錯誤的期待在這張卡上讓你付出的代價。

# %%
ranks = ["N", "R", "SR", "SSR"]
p = np.array([0.50, 0.30, 0.15, 0.05])
q = np.array([0.70, 0.22, 0.07, 0.01])
excess = np.log(1 / q) - np.log(1 / p)
heads = ["rank", "p", "q", "log 1/p", "log 1/q", "excess", "p × excess"]
table(heads, zip(ranks, p, q, np.log(1 / p), np.log(1 / q), excess, p * excess))
print(f"\nthe last column's sum: {(p * excess).sum():.4f} nats a card")

# %% [markdown] lang="en"
# An SSR surprises you most: you thought that it came once in a hundred pulls, and it comes once in twenty. At an N you are *less* surprised than one who knows the truth, so its excess is negative. Weighted by how often each card really comes, the excess is positive in sum. This mean is the Kullback-Leibler divergence:
#
# $$\mathrm{KL}(P \Vert Q) = \sum_x p(x) \log \frac{p(x)}{q(x)}$$
#
# It is never negative: in the mean, nobody is less surprised than one who knows the truth. The package's function is the same sum, with checks and with an answer for probabilities of 0:

# %% [markdown] lang="zh-TW"
# 最讓你驚訝的是 SSR：你以為抽一百次才出一張，實際上平均二十次就有一張。抽到 N 時你反而*沒有*知道真相的人那麼驚訝，所以差額是負的。用每張卡真正出現的機率加權之後，總和是正的。這個平均值就是 Kullback-Leibler 散度：
#
# $$\mathrm{KL}(P \Vert Q) = \sum_x p(x) \log \frac{p(x)}{q(x)}$$
#
# 它永遠不會是負的：平均而言，沒有人會比知道真相的人更不驚訝。套件裡的函式算的是同一個總和，另外加上檢查，並處理機率為 0 的情況：

# %%
print(inspect.getsource(kl_divergence))

# %%
print(f"KL(P‖Q), by hand:     {(p * np.log(p / q)).sum():.10f}")
print(f"KL(P‖Q), the package: {kl_divergence(p, q):.10f}")
print(f"KL(Q‖P):              {kl_divergence(q, p):.10f}")

# %% [markdown] lang="en"
# A mean can be watched as it comes about. `card_pools` pulls 10,000 cards from either pool and averages the excess surprise as it goes. The table counts its first 100 pulls from P, and how far each rank moves their mean away from KL.

# %% [markdown] lang="zh-TW"
# 平均值是怎麼浮現的，可以親眼看到。`card_pools` 從兩個卡池各抽 10,000 張卡，一邊抽，一邊計算多出來的驚訝度平均是多少。表裡數的是從 P 抽的前 100 次，以及每個等級讓這段平均偏離 KL 多少。

# %%
pools = card_pools(p, q, pulls=10_000, seed=SEED)
found = pools.numbers
for name, arrow in {"p_q": "P‖Q", "q_p": "Q‖P"}.items():
    print(
        f"{arrow}: KL {found[f'kl_{name}']:.4f}; mean of 100 pulls "
        f"{found[f'surprise_{name}_100_pulls']:.4f}, of 10,000 pulls "
        f"{found[f'surprise_{name}_10000_pulls']:.4f} "
        f"± {found[f'standard_error_{name}']:.4f}"
    )

first = np.random.default_rng(SEED).choice(ranks, size=10_000, p=p)[:100]  # as above
pulled = np.array([(first == rank).sum() for rank in ranks])
heads = ["rank", "expected in 100", "pulled in 100", "moves the mean by"]
table(heads, zip(ranks, 100 * p, pulled, excess * (pulled / 100 - p)))
pools.figure

# %% [markdown] lang="en"
# After 10,000 pulls both means lie within one standard error of KL. After 100 pulls the first is still off by 0.10 nats, nearly as much as KL itself: 8 SSRs came where 5 are to be expected, and those alone make 0.048 of the difference. A divergence estimated from few samples is a rough guess.
#
# **KL is not symmetric.** $\mathrm{KL}(P \Vert Q)$ is 0.1196 nats, $\mathrm{KL}(Q \Vert P)$ is 0.0979. That is no flaw; they answer different questions, since the cards come from P in one and from Q in the other. How different the answers can be shows best when one distribution is fitted to another that it cannot match. Below, a single Gaussian is fitted to a target with two humps, once by the least $\mathrm{KL}(\text{target} \Vert \text{fit})$ and once by the least $\mathrm{KL}(\text{fit} \Vert \text{target})$. All pairs of a mean and a width on a grid are tried, so there is no optimizer to blame.

# %% [markdown] lang="zh-TW"
# 抽了 10,000 次之後，兩個平均都落在 KL 的一個標準誤之內。抽 100 次時，第一個還差了 0.10 nat，幾乎和 KL 本身一樣大：照理說會有 5 張 SSR，結果來了 8 張，光是這一項就占了其中的 0.048。用少量樣本估計出來的散度，只能算粗略的猜測。
#
# **KL 不對稱。** $\mathrm{KL}(P \Vert Q)$ 是 0.1196 nat，$\mathrm{KL}(Q \Vert P)$ 是 0.0979。這不是缺陷，它們回答的是不同的問題：一個從 P 抽卡，一個從 Q 抽卡。讓一個分布去擬合另一個它不可能完全吻合的分布時，差別最明顯。下面用單一個高斯分布去擬合有兩座山峰的目標，一次讓 $\mathrm{KL}(\text{target} \Vert \text{fit})$ 最小，一次讓 $\mathrm{KL}(\text{fit} \Vert \text{target})$ 最小。格點上每一組平均值與寬度都試過，所以結果與最佳化器的好壞無關。

# %%
places = np.linspace(-10, 10, 401)


def gaussian(mean, width):
    """Probabilities of the places."""
    density = np.exp(-(((places - mean) / width) ** 2) / 2)
    return density / density.sum()


target = 0.6 * gaussian(-2, 0.6) + 0.4 * gaussian(2, 0.6)
means, widths = np.linspace(-3, 3, 61), np.linspace(0.3, 3, 55)
pairs = [(mean, width) for mean in means for width in widths]
covering = min(pairs, key=lambda pair: kl_divergence(target, gaussian(*pair)))
seeking = min(pairs, key=lambda pair: kl_divergence(gaussian(*pair), target))

heads = ["least", "mean", "width", "KL(t‖f)", "KL(f‖t)"]
fits = {"KL(t‖f)": covering, "KL(f‖t)": seeking}
rows = [
    [name, *pair, kl_divergence(target, fit), kl_divergence(fit, target)]
    for name, pair in fits.items()
    for fit in [gaussian(*pair)]
]
table(heads, rows)

figure, axes = new_figure(7, 3.2, 1, 1)
spacing = places[1] - places[0]
axes.fill_between(places, target / spacing, color=GREY, alpha=0.4, label="target")
label = "least KL(target‖fit): covers"
axes.plot(places, gaussian(*covering) / spacing, color=BLUE, linewidth=2, label=label)
label = "least KL(fit‖target): seeks a mode"
axes.plot(places, gaussian(*seeking) / spacing, color=ORANGE, linewidth=2, label=label)
axes.set(xlim=(-7, 7), ylim=(0, 0.75), xlabel="x", ylabel="density")
axes.legend(fontsize=9)
figure

# %% [markdown] lang="en"
# $\mathrm{KL}(\text{target} \Vert \text{fit})$ draws from the target. Wherever the target has mass and the fit has little, the surprise is great, so the fit must **cover** everything: mean −0.4 and width 2.05, with its peak where the target has next to nothing. This is the direction of maximum likelihood. $\mathrm{KL}(\text{fit} \Vert \text{target})$ draws from the fit. It is punished for putting mass where the target has none, and nothing is asked about the places that it never goes to: it **seeks one mode**, the larger hump, and matches it (mean −2, width 0.6). For pictures, a model that cannot match the data would blend under the first, and under the second make one kind well and the others never.
#
# **And KL can be infinite.** Let pool Q stop handing out SSRs. Whoever expects Q holds an SSR for impossible, and the first one is an infinite surprise:

# %% [markdown] lang="zh-TW"
# $\mathrm{KL}(\text{target} \Vert \text{fit})$ 從目標抽樣。凡是目標有機率質量、擬合卻幾乎沒有的地方，驚訝度就很大，所以擬合必須**涵蓋**全部：平均值 −0.4、寬度 2.05，最高點正好落在目標幾乎沒有機率質量的地方。這正是最大概似估計的方向。$\mathrm{KL}(\text{fit} \Vert \text{target})$ 則從擬合抽樣。把機率質量放在目標沒有的地方會受罰，至於它從不去的地方，則沒有人過問：於是它**只找一個模式**（mode），也就是較大的那座山峰，並且貼合得很好（平均值 −2、寬度 0.6）。換成圖片來說，一個無法與資料完全吻合的模型，依前者會把各種圖片混在一起，依後者則會把其中一種畫好，其他的從來不畫。
#
# **KL 還可能是無限大。** 讓 Q 池不再發出 SSR。相信 Q 的人認為 SSR 不可能出現，所以第一張 SSR 就帶來無限大的驚訝：

# %%
without_ssr = np.array([0.71, 0.22, 0.07, 0.0])
print("KL(P‖Q without SSR):", kl_divergence(p, without_ssr))
print(f"KL(Q without SSR‖P): {kl_divergence(without_ssr, p):.4f}")

# %% [markdown] lang="en"
# One place with $q = 0$ and $p > 0$ is enough. For pictures this is the rule rather than the exception: a young generator makes none of the real images, so KL is infinite and says nothing about whether it is on its way.
#
# ## 2 · From KL to JS, step by step
#
# The Jensen-Shannon divergence mends both, the asymmetry and the infinity, by a detour: it compares each pool with the mixture of the two, $M = \frac{1}{2}(P + Q)$. Nothing that P or Q can draw is impossible for M.
#
# **Step 1, the definition.** Take the mean of the two divergences to M:
#
# $$\mathrm{JS}(P, Q) = \tfrac{1}{2} \mathrm{KL}(P \Vert M) + \tfrac{1}{2} \mathrm{KL}(Q \Vert M)$$

# %% [markdown] lang="zh-TW"
# 只要有一個地方 $q = 0$ 而 $p > 0$ 就夠了。對圖片來說，這是常態而不是例外：剛開始訓練的生成器畫不出任何一張真實的圖片，所以 KL 是無限大，看不出它是否正在進步。
#
# ## 2 · 從 KL 一步步走到 JS
#
# Jensen-Shannon 散度繞了一段路，把不對稱與無限大這兩個問題一起解決：它把兩個卡池分別和混合卡池 $M = \frac{1}{2}(P + Q)$ 比較。凡是 P 或 Q 抽得到的，M 都抽得到。
#
# **步驟 1：定義。** 取兩者到 M 的 KL 散度的平均：
#
# $$\mathrm{JS}(P, Q) = \tfrac{1}{2} \mathrm{KL}(P \Vert M) + \tfrac{1}{2} \mathrm{KL}(Q \Vert M)$$

# %%
m = (p + q) / 2
print(f"KL(P‖M) = {kl_divergence(p, m):.6f}, KL(Q‖M) = {kl_divergence(q, m):.6f}")
step_1 = kl_divergence(p, m) / 2 + kl_divergence(q, m) / 2
print(f"{step_1:.12f}")

# %% [markdown] lang="en"
# **Step 2.** Write both KLs as the sums that they are:
#
# $$\mathrm{JS} = \tfrac{1}{2} \sum_x p \log \frac{p}{m} + \tfrac{1}{2} \sum_x q \log \frac{q}{m}$$

# %% [markdown] lang="zh-TW"
# **步驟 2。** 把兩個 KL 還原成總和：
#
# $$\mathrm{JS} = \tfrac{1}{2} \sum_x p \log \frac{p}{m} + \tfrac{1}{2} \sum_x q \log \frac{q}{m}$$

# %%
step_2 = (p * np.log(p / m)).sum() / 2 + (q * np.log(q / m)).sum() / 2
print(f"{step_2:.12f}")

# %% [markdown] lang="en"
# **Step 3.** Put $m = \frac{p + q}{2}$ in. Dividing by a half is multiplying by 2:
#
# $$\frac{p}{m} = \frac{2p}{p + q}, \qquad \frac{q}{m} = \frac{2q}{p + q}$$

# %% [markdown] lang="zh-TW"
# **步驟 3。** 代入 $m = \frac{p + q}{2}$。除以二分之一就是乘以 2：
#
# $$\frac{p}{m} = \frac{2p}{p + q}, \qquad \frac{q}{m} = \frac{2q}{p + q}$$

# %%
step_3 = (p * np.log(2 * p / (p + q))).sum() / 2 + (q * np.log(2 * q / (p + q))).sum() / 2
print(f"{step_3:.12f}")

# %% [markdown] lang="en"
# **Step 4.** The logarithm of a product is a sum, so the 2 comes apart:
#
# $$\log \frac{2p}{p + q} = \log 2 + \log \frac{p}{p + q}$$

# %% [markdown] lang="zh-TW"
# **步驟 4。** 乘積的對數等於對數的和，所以 2 可以拆出來：
#
# $$\log \frac{2p}{p + q} = \log 2 + \log \frac{p}{p + q}$$

# %%
of_p = np.log(2) + np.log(p / (p + q))
of_q = np.log(2) + np.log(q / (p + q))
step_4 = (p * of_p).sum() / 2 + (q * of_q).sum() / 2
print(f"{step_4:.12f}")

# %% [markdown] lang="en"
# **Step 5.** $\log 2$ is the same at every card, and probabilities sum to 1: $\tfrac{1}{2} \sum_x p \log 2 + \tfrac{1}{2} \sum_x q \log 2 = \tfrac{1}{2} \log 2 + \tfrac{1}{2} \log 2 = \log 2$. What is left is the end of the way:
#
# $$\mathrm{JS}(P, Q) = \log 2 + \tfrac{1}{2} \sum_x p \log \frac{p}{p + q} + \tfrac{1}{2} \sum_x q \log \frac{q}{p + q}$$

# %% [markdown] lang="zh-TW"
# **步驟 5。** 每張卡上的 $\log 2$ 都一樣，而機率的總和是 1：$\tfrac{1}{2} \sum_x p \log 2 + \tfrac{1}{2} \sum_x q \log 2 = \tfrac{1}{2} \log 2 + \tfrac{1}{2} \log 2 = \log 2$。剩下的項合起來，就是推導的終點：
#
# $$\mathrm{JS}(P, Q) = \log 2 + \tfrac{1}{2} \sum_x p \log \frac{p}{p + q} + \tfrac{1}{2} \sum_x q \log \frac{q}{p + q}$$

# %%
sum_p = (p * np.log(p / (p + q))).sum()
sum_q = (q * np.log(q / (p + q))).sum()
step_5 = np.log(2) + sum_p / 2 + sum_q / 2
print(f"{step_5:.12f}")
print("all steps equal:", np.allclose([step_1, step_2, step_3, step_4], step_5, rtol=1e-12))
print("the package, both ways round:", js_divergence(p, q), js_divergence(q, p))

# %% [markdown] lang="en"
# Exchange P and Q, and the two sums change places: the end is **symmetric** to look at. It also shows the two bounds. Both fractions lie between 0 and 1, so both sums are negative or 0.
#
# - If P and Q have no place in common, then at each place one of them is 0 and the other's fraction is 1. As $\log 1 = 0$, both sums vanish: $\mathrm{JS} = \log 2 \approx 0.6931$, **whatever else is the case**.
# - If P = Q, both fractions are $\frac{1}{2}$ everywhere, the sums give $-\log 2$ together, and $\mathrm{JS} = 0$.
#
# The package computes JS in just this last form, so that $\log 2$ comes out to the last bit.

# %% [markdown] lang="zh-TW"
# 把 P 與 Q 對調，兩個總和只是交換位置：終點的式子一看就是**對稱的**。上下界也看得出來。兩個分數都在 0 與 1 之間，所以兩個總和都是負的或 0。
#
# - 如果 P 與 Q 沒有任何共同的地方，那麼不論在哪裡，總有一個是 0，另一個的分數則是 1。因為 $\log 1 = 0$，兩個總和都消失：$\mathrm{JS} = \log 2 \approx 0.6931$，**不論其他情況如何**。
# - 如果 P = Q，兩個分數處處都是 $\frac{1}{2}$，兩個總和合起來是 $-\log 2$，所以 $\mathrm{JS} = 0$。
#
# 套件裡的 JS 就是照最後這個形式計算，所以 $\log 2$ 能精確到最後一個位元。

# %%
print(inspect.getsource(js_divergence))

# %% [markdown] lang="en"
# To see the way from one bound to the other, let a pool Q drift from P to a pool that shares no rank with P at all (four other ranks). The share is how much of Q is of the foreign kind.

# %% [markdown] lang="zh-TW"
# 為了看清楚從下界走到上界的過程，讓 Q 池從 P 慢慢變成一個和 P 毫無共同等級的卡池（另外四種等級）。share 是 Q 裡面外來卡片所占的比例。

# %%
here, elsewhere = np.r_[p, np.zeros(4)], np.r_[np.zeros(4), p]
rows = []
for share in (0, 0.1, 0.5, 0.9, 1):
    drifted = (1 - share) * here + share * elsewhere
    rows.append([share, js_divergence(here, drifted), kl_divergence(here, drifted)])
table(["share", "JS", "KL(P‖Q)"], rows)
print("JS of disjoint pools is log 2:", js_divergence(here, elsewhere) == np.log(2))

# %% [markdown] lang="en"
# While the pools overlap, both numbers say how far Q has drifted. At share 1 KL leaves the scale, and JS stands at its ceiling. The next section moves two distributions apart *after* they have stopped meeting.
#
# ## 3 · Two lines that do not meet
#
# This is Example 1 of [Arjovsky, Chintala and Bottou (2017)](https://arxiv.org/abs/1701.07875). P is spread evenly on an upright line of length 1 at $x = 0$; Q on the same line moved to $x = \theta$. Think of Q as a generator with a single weight, θ, which ought to learn $\theta = 0$. By hand first, with 25 points for each line.

# %% [markdown] lang="zh-TW"
# 只要兩個卡池還有重疊，兩個數字都說得出 Q 偏離了多遠。share 為 1 時，KL 衝出刻度之外，JS 則停在天花板。下一節讓兩個分布在*不再相交之後*繼續遠離。
#
# ## 3 · 兩條不相交的線
#
# 這是 [Arjovsky、Chintala 與 Bottou（2017）](https://arxiv.org/abs/1701.07875) 的範例 1。P 均勻分布在 $x = 0$、長度為 1 的直立線段上，Q 在同樣的線段上，但移到 $x = \theta$。把 Q 想成只有一個權重 θ 的生成器，它應該學到 $\theta = 0$。先親手算，每條線用 25 個點。

# %%
points = 25
height = np.linspace(0, 1, points)
on_p = np.r_[np.ones(points), np.zeros(points)] / points  # over the points of both lines
on_q = np.r_[np.zeros(points), np.ones(points)] / points
rows = []
for theta in (2.0, 1.0, 0.5, 0.1):
    line_p = np.c_[np.zeros(points), height]
    line_q = np.c_[np.full(points, theta), height]
    distance, _ = earth_mover_of_samples(line_p, line_q)
    rows.append([theta, kl_divergence(on_p, on_q), js_divergence(on_p, on_q), distance])
table(["theta", "KL", "JS", "Earth-Mover"], rows)

# %% [markdown] lang="en"
# KL and JS look only at the probabilities, place by place. Where the other line is does not enter: θ does not even occur in `on_p` and `on_q`. The Earth-Mover distance, which section 4 takes apart, is the mean distance by which the points of one line have to be moved to become the other, and that is θ. `parallel_lines` draws all of it, with the slopes; total variation (TV, half the sum of $|p - q|$) is drawn beside them, to compare with JS.

# %% [markdown] lang="zh-TW"
# KL 與 JS 只逐點比較機率，另一條線在哪裡根本沒有列入計算：`on_p` 與 `on_q` 裡甚至沒有出現 θ。推土機距離（第 4 節會拆開來看）是把一條線的點搬成另一條線時，平均要搬的距離，也就是 θ。`parallel_lines` 把這些連同斜率一起畫出來；總變異（total variation，TV，也就是 $|p - q|$ 總和的一半）也一起畫出來，和 JS 對照。

# %%
lines = parallel_lines(np.linspace(-2.5, 2.5, LINES))
lines.save(Path("../assets/00_distances_lines.gif"))
found = lines.numbers
rows = [
    [
        name.upper(),
        found[f"{name}_at_0"],
        found[f"{name}_at_2"],
        found[f"{name}_slope_at_2"],
    ]
    for name in ("js", "tv", "em")
]
table(["", "at 0", "at 2", "slope at 2"], rows)
apart = [js for js, theta in zip(found["curves"]["JS"], found["theta"]) if theta != 0]
print("JS is log 2 to the bit at every theta but 0:", set(apart) == {np.log(2)})
lines.figure

# %% [markdown] lang="en"
# The same, moving:
#
# ![Two parallel lines pass each other; KL, JS, total variation and the Earth-Mover distance](../assets/00_distances_lines.gif)
#
# JS is $\log 2$ to the bit at every θ but 0, where it drops to 0: a staircase with one step. Its slope is exactly 0 wherever it has one. A generator that descends the gradient of JS stays where it is. The Earth-Mover distance is $|\theta|$, with slope 1 on the right and −1 on the left: at any distance it says which way to go.
#
# Is that a trick of sets that are infinitely thin? Take two Gaussians of width 1, which overlap everywhere, if only a little, and let TensorFlow differentiate. The Gaussians become probabilities on a grid. JS is the symmetric end of section 2; $\log \frac{p}{p + q}$ is written as $-\mathrm{softplus}(\log q - \log p)$, which is the same and does not overflow. On a line, the Earth-Mover distance has a formula that can be differentiated as well, with the cumulative distribution functions F and G: $\mathrm{EM} = \int |F(x) - G(x)|\, dx$. Section 4 will say why.

# %% [markdown] lang="zh-TW"
# 會動的版本：
#
# ![兩條平行線交錯而過，以及 KL、JS、總變異與推土機距離](../assets/00_distances_lines.gif)
#
# 除了 θ 為 0 時掉到 0 以外，JS 在每個 θ 都精確等於 $\log 2$：像只有一階的樓梯。凡是有斜率的地方，斜率都正好是 0。沿著 JS 的梯度下降的生成器會停在原地不動。推土機距離是 $|\theta|$，右邊斜率 1，左邊斜率 −1：不論多遠，它都說得出該往哪裡走。
#
# 這會不會只是無限細的集合才有的把戲？改用兩個寬度為 1 的高斯分布，它們處處重疊，只是有時重疊很少，再讓 TensorFlow 微分。高斯分布換成格點上的機率。JS 採用第 2 節的對稱形式；$\log \frac{p}{p + q}$ 寫成 $-\mathrm{softplus}(\log q - \log p)$，兩者相等，而且不會溢位。在一條直線上，推土機距離也有可以微分的公式，用累積分布函數 F 與 G 表示：$\mathrm{EM} = \int |F(x) - G(x)|\, dx$。第 4 節會說明原因。

# %%
grid = tf.linspace(tf.constant(-10.0, tf.float64), 22.0, 6401)


def log_gaussian(mean, width):
    """Log-probabilities of the grid's points."""
    return tf.nn.log_softmax(-(((grid - mean) / width) ** 2) / 2)


def js_of_gaussians(theta, width):
    """JS of two Gaussians, theta apart, in its symmetric form."""
    log_p, log_q = log_gaussian(0.0, width), log_gaussian(theta, width)
    sum_p = tf.reduce_sum(tf.exp(log_p) * -tf.nn.softplus(log_q - log_p))
    sum_q = tf.reduce_sum(tf.exp(log_q) * -tf.nn.softplus(log_p - log_q))
    return sum_p / 2 + sum_q / 2 + np.log(2)


def em_of_gaussians(theta, width):
    """The Earth-Mover distance of the same, from their cumulative distributions."""
    f = tf.cumsum(tf.exp(log_gaussian(0.0, width)))
    g = tf.cumsum(tf.exp(log_gaussian(theta, width)))
    return tf.reduce_sum(tf.abs(f - g)) * (grid[1] - grid[0])


def with_slope(distance, theta, width=1.0):
    """The distance, and its derivative with respect to theta."""
    theta = tf.Variable(theta, dtype=tf.float64)
    with tf.GradientTape() as tape:
        value = distance(theta, width)
    return value.numpy(), tape.gradient(value, theta).numpy()


heads = ["theta", "JS", "JS's slope", "EM", "EM's slope"]
rows = [
    [theta, *with_slope(js_of_gaussians, theta), *with_slope(em_of_gaussians, theta)]
    for theta in (0.5, 1.0, 2.0, 4.0, 6.0, 8.0, 10.0, 12.0)
]
table(heads, rows)

# %% [markdown] lang="en"
# While the Gaussians overlap, JS has a good slope, 0.22 at $\theta = 2$. Then it fades: 0.069 at 4, 0.0002 at 8, 0.000000009 at 12. It fades like $e^{-\theta^2/8}$, so the farther the generator is from its aim, the less it is told. The slope of EM is 1 in every row. So thin sets are not needed; but the thinner the distributions, the sooner JS falls silent (exercise 2).
#
# **What has that to do with GANs?** [Goodfellow et al. (2014)](https://arxiv.org/abs/1406.2661) let a discriminator D maximise $V = \mathbb{E}_{x \sim P}[\log D(x)] + \mathbb{E}_{x \sim Q}[\log(1 - D(x))]$, their equation 1, with P for the real and Q for the generated data. Their Proposition 1 gives the best D, and the proof of Theorem 1 what it reaches:
#
# $$D^*(x) = \frac{p(x)}{p(x) + q(x)}, \qquad V(D^*) = 2\, \mathrm{JS}(P, Q) - 2 \log 2$$
#
# Both can be seen in the end of section 2: its two logarithms *are* $\log D^*$ and $\log(1 - D^*)$. With the card pools (the discriminator sees a card and says how probably it came from P), and with 10,000 random discriminators that try to do better:

# %% [markdown] lang="zh-TW"
# 高斯分布還有重疊時，JS 有不錯的斜率，$\theta = 2$ 時是 0.22。接著就漸漸消失：4 時是 0.069，8 時是 0.0002，12 時是 0.000000009。消失的速度像 $e^{-\theta^2/8}$，所以生成器離目標越遠，得到的指示越少。EM 的斜率在每一列都是 1。可見集合不必無限細；只不過分布越窄，JS 就越早沉默（練習 2）。
#
# **這和 GAN 有什麼關係？** [Goodfellow 等人（2014）](https://arxiv.org/abs/1406.2661) 讓判別器（discriminator）D 最大化 $V = \mathbb{E}_{x \sim P}[\log D(x)] + \mathbb{E}_{x \sim Q}[\log(1 - D(x))]$，也就是該論文的式 1，其中 P 是真實資料，Q 是生成的資料。論文的命題 1 給出最佳的 D，定理 1 的證明則說明它能達到的值：
#
# $$D^*(x) = \frac{p(x)}{p(x) + q(x)}, \qquad V(D^*) = 2\, \mathrm{JS}(P, Q) - 2 \log 2$$
#
# 這兩件事在第 2 節的終點都看得到：那兩個對數*就是* $\log D^*$ 與 $\log(1 - D^*)$。用卡池來驗證（判別器看到一張卡，回答它有多大的機率來自 P），並讓 10,000 個隨機的判別器試試看能不能做得更好：

# %%
best_d = p / (p + q)
table(["rank", "D*"], zip(ranks, best_d))


def objective(d):
    """V(D), for one discriminator or for a row of each of many."""
    return (p * np.log(d) + q * np.log(1 - d)).sum(axis=-1)


print(f"\nV(D*)                    {objective(best_d):.10f}")
print(f"2 JS − 2 log 2           {2 * js_divergence(p, q) - 2 * np.log(2):.10f}")
random_d = np.random.default_rng(SEED).uniform(size=(10_000, 4))
print(f"best of 10,000 random D  {objective(random_d).max():.10f}")

# %% [markdown] lang="en"
# So the loss of a discriminator, which is $-V$, is $2 \log 2 - 2\, \mathrm{JS}$ at its best. A generator that descends V against the best discriminator descends JS. Where the pictures of the two do not meet, JS is $\log 2$, V is 0, and the generator learns nothing. [Arjovsky and Bottou (2017)](https://arxiv.org/abs/1701.04862) argue that this is the usual case: both kinds of pictures lie on thin sets in a space of very many dimensions, which hardly meet (their Theorem 2.4 is the gradient that vanishes). Section 7 trains such a discriminator.
#
# ## 4 · Clay: the Earth-Mover distance
#
# Think of P as a heap of clay and of Q as the shape it should get. A plan says how much clay goes from which place to which. Its cost is the mean way, the distance that the clay is moved in the mean: amount times way, summed up. The Earth-Mover distance is the cost of the cheapest plan. `moving_earth` shows it beside a poor plan that spreads the clay of each place over all places that need some.

# %% [markdown] lang="zh-TW"
# 所以判別器的損失（也就是 $-V$）在最佳狀態下是 $2 \log 2 - 2\, \mathrm{JS}$。面對最佳的判別器，沿著 V 下降的生成器就是在沿著 JS 下降。當兩邊的圖片沒有交集時，JS 是 $\log 2$，V 是 0，生成器什麼也學不到。[Arjovsky 與 Bottou（2017）](https://arxiv.org/abs/1701.04862) 認為這才是常態：兩種圖片都落在高維空間裡很薄的集合上，幾乎不相交（該論文的定理 2.4 講的就是梯度消失）。第 7 節會實際訓練這樣的判別器。
#
# ## 4 · 黏土：推土機距離
#
# 把 P 想成一堆黏土，把 Q 想成它該變成的形狀。一個計畫寫明要從哪裡搬多少黏土到哪裡；它的成本就是平均路程，也就是黏土平均被搬動的距離：數量乘以路程，再加總。推土機距離就是最便宜的計畫的成本。`moving_earth` 把它和一個差勁的計畫放在一起：後者把每個地方的黏土分送到所有需要黏土的地方。

# %%
clay_p = np.array([0, 4, 2, 0, 0, 0, 3, 1]) / 10
clay_q = np.array([1, 0, 1, 3, 3, 2, 0, 0]) / 10
clay = moving_earth(clay_p, clay_q)
clay.figure

# %% [markdown] lang="en"
# The matrices are the plans: row 1, column 3 of the cheapest says that 0.30 of the clay goes from place 1 to place 3. Each row sums to what lies at the place before, each column to what has to lie there afterwards. The cheapest costs 1.60 places, the poor plan 2.52.
#
# On a line there is a check without any plan. Stand on the border between two neighbouring places. If the clay on your left is 0.4 too much, 0.4 has to pass you to the right, whatever the plan. So sum the surpluses over all borders. The surplus on the left is the difference of the cumulative sums, $F - G$: this is the formula of section 3.

# %% [markdown] lang="zh-TW"
# 矩陣就是計畫：最便宜的計畫裡，列 1、行 3 表示把 0.30 的黏土從位置 1 搬到位置 3。每一列的總和是該位置原有的量，每一行的總和是該位置最後該有的量。最便宜的計畫成本是 1.60 格，差勁的計畫是 2.52 格。
#
# 在一條直線上，不需要任何計畫也能驗算。站在兩個相鄰位置的交界：如果你左邊的黏土多了 0.4，那麼不論用什麼計畫，都有 0.4 必須從你面前往右經過。所以把所有交界的盈餘加起來就好。左邊的盈餘就是累積總和之差 $F - G$：這正是第 3 節的公式。

# %%
surplus = np.cumsum(clay_p - clay_q)
table(["border", "F − G"], [[f"{n} | {n + 1}", surplus[n]] for n in range(7)])
print(f"\nsum of |F − G|:    {np.abs(surplus).sum():.4f}")
print(f"the cheapest plan: {clay.numbers['earth_mover']:.4f}")
print(f"the poor plan:     {clay.numbers['poor_plan']:.4f}")

# %% [markdown] lang="en"
# Both are 1.6. In the plane, or among pictures, there are no borders to stand on, and the plan has to be found. That is what the general formula is for.
#
# ## 5 · The formula, read aloud
#
# $$W(P_r, P_g) = \inf_{\gamma \in \Pi(P_r, P_g)} \mathbb{E}_{(x, y) \sim \gamma}\big[\lVert x - y \rVert\big]$$
#
# Aloud: "The Earth-Mover distance of $P_r$ and $P_g$ is the infimum, over all couplings gamma of $P_r$ and $P_g$, of the expected distance of x and y, where the pair (x, y) is drawn from gamma." It is equation 1 of the WGAN paper. Now each symbol, with an array that is it.
#
# **$P_r$ and $P_g$** are the distributions of the real and of the generated data. Here: three places on a line, at 0, 1 and 3, and two lists of probabilities.

# %% [markdown] lang="zh-TW"
# 兩者都是 1.6。但在平面上、在圖片之間，沒有交界可以站，只能去找計畫。一般的公式就是為此而寫的。
#
# ## 5 · 把公式念出來
#
# $$W(P_r, P_g) = \inf_{\gamma \in \Pi(P_r, P_g)} \mathbb{E}_{(x, y) \sim \gamma}\big[\lVert x - y \rVert\big]$$
#
# 念出來是：「$P_r$ 與 $P_g$ 的推土機距離，是對 $P_r$ 與 $P_g$ 的所有耦合 gamma，取 x 與 y 距離的期望值的下確界，其中 (x, y) 這一對抽自 gamma。」這是 WGAN 論文的式 1。接下來逐個符號看，每個符號都有一個對應的陣列。
#
# **$P_r$ 與 $P_g$** 是真實資料與生成資料的分布。這裡取直線上的三個位置 0、1、3，以及兩組機率。

# %%
positions = np.array([0.0, 1.0, 3.0])
p_r = np.array([0.5, 0.3, 0.2])
p_g = np.array([0.2, 0.3, 0.5])

# %% [markdown] lang="en"
# **$\lVert x - y \rVert$**, "the norm of x minus y", is the way from place x to place y. For all pairs at once it is a 3×3 matrix, with x for the rows and y for the columns:

# %% [markdown] lang="zh-TW"
# **$\lVert x - y \rVert$**，念作「x 減 y 的範數」，是從位置 x 到位置 y 的路程。一次列出所有配對，就是一個 3×3 矩陣，列是 x，行是 y：

# %%
cost = np.abs(positions[:, None] - positions)
print(cost)

# %% [markdown] lang="en"
# **$\gamma$**, "gamma", is a coupling: a joint distribution of pairs (x, y), and a plan. The entry in row x and column y is the share of mass that goes from x to y. It is a coupling *of $P_r$ and $P_g$* if its row sums are $P_r$ and its column sums are $P_g$: its marginals. The one that needs no thought is the independent one, x and y drawn without regard to each other:

# %% [markdown] lang="zh-TW"
# **$\gamma$**，念作「gamma」，是一個耦合（coupling）：成對的 (x, y) 的聯合分布，也就是一個計畫。x 列 y 行的數字，是從 x 搬到 y 的那一份質量。如果列的總和是 $P_r$、行的總和是 $P_g$（這兩者稱為邊際分布），它就是 *$P_r$ 與 $P_g$* 的耦合。最不用動腦的是獨立的耦合，x 與 y 各抽各的：

# %%
independent = np.outer(p_r, p_g)
print(independent)
print("row sums:   ", independent.sum(axis=1))
print("column sums:", independent.sum(axis=0))

# %% [markdown] lang="en"
# **$\mathbb{E}_{(x, y) \sim \gamma}[\dots]$**, "the expectation over pairs (x, y) drawn from gamma", weights each way by its share and adds up: entry by entry, gamma times cost. That is the mean way of a grain of clay. To believe that it is a mean, draw 100,000 pairs:

# %% [markdown] lang="zh-TW"
# **$\mathbb{E}_{(x, y) \sim \gamma}[\dots]$**，念作「從 gamma 抽出 (x, y) 的期望值」，把每段路程乘上它的比例再加總：gamma 與 cost 逐項相乘。這是一粒黏土的平均路程。要相信它真的是平均，就抽 100,000 對看看：

# %%
print("the sum:", (independent * cost).sum())
drawn = np.random.default_rng(SEED).choice(9, size=100_000, p=independent.ravel())
print("the mean of 100,000 draws:", cost.ravel()[drawn].mean())

# %% [markdown] lang="en"
# **$\Pi(P_r, P_g)$**, "capital pi of $P_r$ and $P_g$", is the set of *all* couplings: every 3×3 matrix without negative entries that has these marginals. It has infinitely many members. A mixture of two members is a member; and from any positive matrix a member can be made by scaling rows and columns in turn until both sums are right (iterative proportional fitting). Make 500:

# %% [markdown] lang="zh-TW"
# **$\Pi(P_r, P_g)$**，念作「$P_r$ 與 $P_g$ 的大寫 pi」，是*所有*耦合的集合：每一個沒有負數、邊際分布符合的 3×3 矩陣都在裡面，成員有無限多個。兩個成員混合之後還是成員；任何元素全為正數的矩陣，輪流縮放列與行，直到兩邊的總和都對，也會變成成員（疊代比例擬合，iterative proportional fitting）。來做 500 個：

# %%
members = np.random.default_rng(SEED).uniform(size=(500, 3, 3))
for _ in range(500):
    members *= p_r[:, None] / members.sum(axis=2, keepdims=True)  # the rows' sums
    members *= p_g / members.sum(axis=1, keepdims=True)  # the columns' sums

row_error = np.abs(members.sum(axis=2) - p_r).max()
column_error = np.abs(members.sum(axis=1) - p_g).max()
print("marginals right to 1e-12:", max(row_error, column_error) < 1e-12)
print(f"one of them, of cost {(members[0] * cost).sum():.4f}:\n{members[0].round(3)}")

# %% [markdown] lang="en"
# **$\inf$**, the infimum, is the largest number that none of these costs falls below; here, the smallest cost, as a best plan exists. The entries of gamma are unknowns, the cost is a linear function of them, and the marginals are linear equations: a linear programme. The package's `earth_mover` solves it, and SciPy's `linprog`, which knows nothing of clay, confirms it.

# %% [markdown] lang="zh-TW"
# **$\inf$** 是下確界：所有成本都不會低於的數字之中，最大的那一個；這裡就是最小的成本，因為最佳計畫確實存在。gamma 的每一格都是未知數，成本是它們的線性函數，邊際分布是線性方程式：這是一個線性規劃問題。套件的 `earth_mover` 負責求解，對黏土一無所知的 SciPy `linprog` 則來確認。

# %%
distance, best = earth_mover(p_r, p_g, positions=positions)
print(f"earth_mover: {distance:.10f}, by the coupling\n{best}")

row_sums = np.kron(np.eye(3), np.ones(3))  # times the nine entries: the three row sums
column_sums = np.kron(np.ones(3), np.eye(3))
primal = linprog(
    cost.ravel(), A_eq=np.r_[row_sums, column_sums], b_eq=np.r_[p_r, p_g], bounds=(0, None)
)
print(f"linprog:     {primal.fun:.10f}")

costs = (members * cost).sum(axis=(1, 2))
print(f"cheapest and dearest of the 500 members: {costs.min():.4f}, {costs.max():.4f}")
mixture = (best + independent) / 2
print(f"half best, half independent: {(mixture * cost).sum():.4f}")

figure, axes = new_figure(7, 3, 1, 1)
axes.hist(costs, 40, color=GREY, label="500 random members of Π")
axes.axvline(distance, color=BLUE, linewidth=3, label=f"infimum, W = {distance:.2f}")
mean_way = (independent * cost).sum()
axes.axvline(mean_way, color=ORANGE, linestyle="--", label=f"independent: {mean_way:.2f}")
axes.set(xlabel="E‖x − y‖, the mean way of a member", ylabel="members", xlim=(0.8, 2.6))
axes.legend(fontsize=9, loc="upper right")
figure

# %% [markdown] lang="en"
# None of the 500 is cheaper than 0.9; the cheapest comes to 0.9211. Random search finds out that there is a wall, but not where exactly: that takes the linear programme. For 3×3 it has 9 unknowns. For two batches of 64 pictures it would have 4,096, and for the distributions of all pictures, it cannot even be written down. What helps is another way to the same number.
#
# ## 6 · Lipschitz functions, and the dual
#
# A function f is **1-Lipschitz** if it never changes by more than the way that you go: $|f(x) - f(y)| \le \lVert x - y \rVert$ for all x and y. On a line: nowhere steeper than 1. If it never changes by more than K times the way, it is $K$-Lipschitz, and the smallest such K is its Lipschitz constant. Measure it as the steepest slope between neighbours on a coarse and on a fine grid from −3 to 3:

# %% [markdown] lang="zh-TW"
# 500 個成員沒有一個比 0.9 便宜，最便宜的是 0.9211。隨機搜尋看得出有一道牆，卻找不到牆的確切位置；那要靠線性規劃。3×3 的問題有 9 個未知數。兩個 64 張圖片的批次就有 4,096 個；若是所有圖片的分布，連寫都寫不出來。這時需要另一條路，走到同一個數字。
#
# ## 6 · 利普希茨函數與對偶
#
# 如果函數 f 的變化從來不超過你走的路程，也就是對所有的 x 與 y 都有 $|f(x) - f(y)| \le \lVert x - y \rVert$，它就是 **1-利普希茨**函數。在直線上，這表示沒有任何地方比 1 更陡。如果變化從來不超過路程的 K 倍，它就是 $K$-利普希茨函數，最小的這種 K 稱為它的利普希茨常數。在 −3 到 3 之間，用粗、細兩種格點，量相鄰兩點間最陡的斜率：

# %%
functions = {
    "x / 2": lambda x: x / 2,
    "|x|": np.abs,
    "max(0, x)": lambda x: np.maximum(0, x),
    "sin x": np.sin,
    "3 tanh x": lambda x: 3 * np.tanh(x),
    "x²": np.square,
    "√|x|": lambda x: np.sqrt(np.abs(x)),
}


def steepest(function, count):
    """The steepest slope between neighbours among so many places."""
    x = np.linspace(-3, 3, count)
    return (np.abs(np.diff(function(x))) / np.diff(x)).max()


rows = [[name, steepest(f, 61), steepest(f, 60_001)] for name, f in functions.items()]
table(["f", "61 places", "60,001 places"], rows)

line = np.linspace(-3, 3, 601)
figure, panels = new_figure(8, 3.2, 1, 2, sharey=True)
for axes, name, place in zip(panels, ("sin x", "√|x|"), (1.0, 0.0), strict=True):
    height, way = functions[name](place), np.abs(line - place)
    axes.fill_between(line, height - way, height + way, color=GREEN, alpha=0.2)
    axes.plot(line, functions[name](line), color=BLUE, linewidth=2)
    axes.plot(place, height, "o", color=ORANGE)
    axes.set(title=f"{name}, and slopes up to 1 (green)", xlabel="x", ylim=(-2.5, 2.5))
figure

# %% [markdown] lang="en"
# The first four are 1-Lipschitz; $\max(0, x)$, the ReLU, is one of them. $3 \tanh x$ is 3-Lipschitz. $x^2$ has slope 6 at the ends of this interval, and on the whole line no constant at all. $\sqrt{|x|}$ has none either, however short the interval, if 0 is inside: the finer the grid, the steeper it looks. In the figure, a 1-Lipschitz function stays inside the green double cone, wherever on the curve you put its tip; $\sqrt{|x|}$ leaves it at once.
#
# **The dual.** Let a carrier offer to move the clay for you. Every place x has a price f(x). You pay f(x) when you hand in your clay at x, and get f(y) back when you take it out at another place y, so that moving it costs you $f(x) - f(y)$. If f is 1-Lipschitz, that is never more than the way itself, whatever you move. So what the carrier earns on everything, $\sum_x f(x) p_r(x) - \sum_y f(y) p_g(y)$, never exceeds the cost of *any* plan: each 1-Lipschitz f gives a lower bound of W. The Kantorovich-Rubinstein theorem says that the best f closes the gap, equation 2 of the WGAN paper:
#
# $$W(P_r, P_g) = \sup_{\lVert f \rVert_L \le 1} \mathbb{E}_{x \sim P_r}[f(x)] - \mathbb{E}_{x \sim P_g}[f(x)]$$
#
# Here, sup (the supremum, the mirror image of inf) runs over all 1-Lipschitz functions. On finitely many places, f is a list of numbers, and this is again a linear programme. As only differences of f count, its first value may be fixed at 0.

# %% [markdown] lang="zh-TW"
# 前四個都是 1-利普希茨，其中 $\max(0, x)$ 就是 ReLU。$3 \tanh x$ 是 3-利普希茨。$x^2$ 在這個區間的兩端斜率是 6，若看整條直線，則根本沒有這樣的常數。$\sqrt{|x|}$ 也沒有，不論區間多短，只要包含 0 就沒有：格點越細，看起來越陡。圖中的 1-利普希茨函數，不論把綠色雙錐的尖端放在曲線上的哪裡，都會留在錐裡；$\sqrt{|x|}$ 一離開尖端就跑出去了。
#
# **對偶。** 假設有一位搬運商願意替你搬黏土。每個位置 x 都有一個價格 f(x)：在 x 交出黏土時你付 f(x)，在另一個位置 y 取回時他退你 f(y)，所以搬一趟要花你 $f(x) - f(y)$。如果 f 是 1-利普希茨，那麼不論你搬什麼，花費都不會超過路程本身。因此搬運商的總收入 $\sum_x f(x) p_r(x) - \sum_y f(y) p_g(y)$ 絕不會超過*任何*計畫的成本：每一個 1-利普希茨的 f 都給出 W 的一個下界。Kantorovich-Rubinstein 定理說，最好的 f 會把差距補滿，這是 WGAN 論文的式 2：
#
# $$W(P_r, P_g) = \sup_{\lVert f \rVert_L \le 1} \mathbb{E}_{x \sim P_r}[f(x)] - \mathbb{E}_{x \sim P_g}[f(x)]$$
#
# 這裡的 sup（上確界，inf 的鏡像）取遍所有 1-利普希茨函數。位置只有有限個時，f 就是一串數字，這又是一個線性規劃問題。因為只有 f 的差才算數，第一個值可以固定為 0。


# %%
def best_function(p, q, ways):
    """The 1-Lipschitz f with the largest Σ f p − Σ f q, and that number."""
    count = len(p)
    pairs = [(i, j) for i in range(count) for j in range(count) if i != j]
    # a row: f[i] − f[j] ≤ the way from i to j
    rises = np.array([np.eye(count)[i] - np.eye(count)[j] for i, j in pairs])
    bounds = [(0, 0)] + [(None, None)] * (count - 1)
    allowed = [ways[pair] for pair in pairs]
    found = linprog(q - p, A_ub=rises, b_ub=allowed, bounds=bounds)
    return -found.fun, found.x + 0.0  # not −0


dual, f = best_function(p_r, p_g, cost)
print("three places: f =", f, f" dual {dual:.10f}  primal {distance:.10f}")

ways = np.abs(np.arange(8)[:, None] - np.arange(8)).astype(float)
clay_dual, clay_f = best_function(clay_p, clay_q, ways)
clay_primal = clay.numbers["earth_mover"]
print("the clay:     f =", clay_f, f" dual {clay_dual:.10f}  primal {clay_primal:.10f}")

# %% [markdown] lang="en"
# Primal and dual agree, for the three places and for the clay. Look at the clay's f: it rises and falls by 1 from place to place. Where clay moves, f has to fall by exactly the way; else the carrier would earn less than the plan costs. The table goes through all moves of the cheapest plan.

# %% [markdown] lang="zh-TW"
# 原問題與對偶問題的答案一致，三個位置與黏土都是如此。看看黏土的 f：每走一格，它都剛好升或降 1。有黏土搬動的地方，f 下降的量必須正好等於路程，否則搬運商的收入就會低於計畫的成本。下表列出最便宜的計畫的每一次搬動。

# %%
plan = np.array(clay.numbers["coupling"])
moves = np.argwhere(plan > 1e-12)
rows = [
    [f"{x} to {y}", plan[x, y], clay_f[x] - clay_f[y], float(abs(x - y))] for x, y in moves
]
table(["move", "amount", "f(x) − f(y)", "way"], rows)

figure, (heaps, price) = new_figure(7, 5, 2, 1, sharex=True)
heaps.bar(range(8), clay_p, color=BLUE, label="before, p")
heaps.bar(range(8), -clay_q, color=ORANGE, label="after, q")
heaps.axhline(0, color="black", linewidth=0.8)
heaps.set(ylabel="share of the clay", ylim=(-0.45, 0.45))
heaps.set_yticks([-0.4, -0.2, 0, 0.2, 0.4], ["0.4", "0.2", "0", "0.2", "0.4"])
heaps.legend(fontsize=9, loc="lower right")
price.plot(range(8), clay_f, "o-", color=GREEN, linewidth=2)
price.set(
    xlabel="place", ylabel="f", title="the best 1-Lipschitz f: high where clay leaves"
)
figure

# %% [markdown] lang="en"
# In every row, $f(x) - f(y)$ equals the way: **along each path of the best plan the best f has slope 1**. (For [Gulrajani et al. (2017)](https://arxiv.org/abs/1704.00028), Proposition 1, that is the reason to pull the critic's gradients to norm 1; notebook 3 comes back to it.) And f is high where clay leaves and low where it arrives. Seen from a generated point y: climb f, and you move towards the real data. That slope is what the generator of a WGAN follows.
#
# The limit on the slope is what makes this a distance. Without it, the difference of the means has no upper end; let f be K times as steep, and the answer is K times as large:

# %% [markdown] lang="zh-TW"
# 每一列的 $f(x) - f(y)$ 都等於路程：**沿著最佳計畫的每條路徑，最佳的 f 斜率都是 1**。（[Gulrajani 等人（2017）](https://arxiv.org/abs/1704.00028) 的命題 1 就以此為由，把評價器的梯度範數拉向 1；第 3 份筆記本會再談。）而且黏土離開的地方 f 高，黏土抵達的地方 f 低。從生成的點 y 來看：順著 f 往上爬，就會朝真實資料的方向移動。WGAN 的生成器跟著走的，就是這個斜率。
#
# 有了斜率的限制，這才是一種距離。沒有限制的話，兩個平均之差沒有上限；f 陡 K 倍，答案就大 K 倍：

# %%
for steepness in (1, 2, 10):
    difference = ((steepness * f) * (p_r - p_g)).sum()
    print(f"K = {steepness:2d}: Σ f p_r − Σ f p_g = {difference:.4f}")

# %% [markdown] lang="en"
# ## 7 · A network in place of f: the critic
#
# For pictures, f cannot be a list of numbers. WGAN takes a neural network instead, the **critic**. It is trained to make the difference of the two means as large as possible, and its weights are kept small so that its slope stays bounded: after every update each weight is clipped to $[-c, c]$. That makes it $K$-Lipschitz for some K that nobody knows in advance. The loss is the formula of the dual, with the sign turned since optimizers descend:

# %% [markdown] lang="zh-TW"
# ## 7 · 用網路代替 f：評價器
#
# 面對圖片，f 不可能是一串數字。WGAN 改用神經網路，也就是**評價器**（critic）。訓練的目標是讓兩個平均之差盡量大，同時把權重壓得很小，使斜率有上限：每次更新之後，把每個權重裁剪到 $[-c, c]$（權重裁剪）。這樣它就是 $K$-利普希茨，只是 K 是多少，事先沒有人知道。損失就是對偶的公式；因為最佳化器做的是下降，所以要變號：

# %%
print(inspect.getsource(critic_loss))

# %% [markdown] lang="en"
# You will often read: "the difference of the critic's means *is* the Earth-Mover distance." `critic_ruler` puts that to the test where the truth can be computed: on 256 points in the plane, from three toy data sets, with fakes that are other points of the same set moved to the side. For each shift a new critic with $c = 0.1$ is trained. The exact distance comes from `earth_mover_of_samples`, the critic's from `wasserstein_from_critic`: the raw estimate, and two bounds for K. K is at least the steepest slope that is met, and at most the product of the norms of the layers. `low` and `high` are the estimate divided by the two.

# %% [markdown] lang="zh-TW"
# 你常常會讀到：「評價器的兩個平均之差*就是*推土機距離。」`critic_ruler` 在算得出真相的地方檢驗這句話：三組平面上的玩具資料，各取 256 個點，假的點是同一組資料的另外一些點往旁邊移。每個位移都用 $c = 0.1$ 訓練一個新的評價器。精確的距離由 `earth_mover_of_samples` 算出，評價器的部分由 `wasserstein_from_critic` 算出：原始的估計值，以及 K 的上下界。K 至少是量到的最陡斜率，至多是各層範數的乘積。`low` 與 `high` 是估計值分別除以這兩個界。

# %%
print(inspect.getsource(wasserstein_from_critic))

# %%
ruler = critic_ruler(SHIFTS, RULER_STEPS, seed=SEED)
rows, raw_shares, shares = [], [], []
for name, results in ruler.numbers.items():
    for found in results:
        bounds = [found["lipschitz_low"], found["lipschitz_high"]]
        ends = [found["low"], found["high"]]
        rows.append(
            [name, found["shift"], found["exact"], found["estimate"], *bounds, *ends]
        )
        rows[-1].append(sum(ends) / 2 / found["exact"])
        raw_shares.append(found["estimate"] / found["exact"])
        shares += [end / found["exact"] for end in ends]
heads = ["points", "shift", "exact", "estimate"]
heads += ["K from", "K to", "low", "high", "share"]
table(heads, rows)
print(f"\nestimate / exact:       {min(raw_shares):.2f} to {max(raw_shares):.2f}")
print(f"(estimate / K) / exact: {min(shares):.2f} to {max(shares):.2f}")
for name in ruler.numbers:
    unmoved, _ = earth_mover_of_samples(
        toy_points(name, 256, SEED), toy_points(name, 256, SEED + 1)
    )
    print(f"{name}: exact without a shift {unmoved:.3f}")
ruler.figure

# %% [markdown] lang="en"
# (`exact` is not just the shift: at shift 0.25 it is 0.26 to 0.29. The fakes are other points of the same set, and to match those costs 0.07 to 0.09 even without a shift.) The raw estimate (crosses) is 1.80 to 2.79 times the exact distance. It has to be divided by K, and then it falls short: the bars lie at 0.42 to 0.85 of the truth. No bar reaches 1. The lower end cannot pass it, by section 6. The upper end could: it divides by the steepest slope found, which may be too small a K. But the share also changes from case to case, so it cannot simply be divided out. Would longer training help? The same with shift 1, over the number of steps (`share` is (estimate / K) / exact, with the middle of `low` and `high`, in both tables):

# %% [markdown] lang="zh-TW"
# （`exact` 不只是位移：位移 0.25 時，它是 0.26 到 0.29。假的點是同一組資料的另外一些點，就算不移動，要搬到一致也得花 0.07 到 0.09 的成本。）原始的估計值（叉號）是精確距離的 1.80 到 2.79 倍。它必須除以 K，除完之後又不夠：長條落在真值的 0.42 到 0.85 之間。沒有一個長條碰到 1。依第 6 節，下端不可能超過它；上端則有可能，因為它除以的是量到的最陡斜率，當作 K 可能偏小。但這個比例隨情況而變，所以也不能直接把它除掉。訓練久一點會不會比較好？同樣的實驗，位移取 1，看訓練步數的影響（兩個表的 `share` 都是估計值除以 K，取 `low` 與 `high` 的中點，再除以精確距離）：

# %%
rows = []
for steps in LENGTHS:
    for name, [found] in critic_ruler((1.0,), steps, seed=SEED).numbers.items():
        middle = (found["low"] + found["high"]) / 2  # of estimate / K
        bounds = [found["lipschitz_low"], found["lipschitz_high"]]
        rows.append([str(steps), name, found["exact"], found["estimate"], *bounds])
        rows[-1].append(middle / found["exact"])
table(["steps", "points", "exact", "estimate", "K from", "K to", "share"], rows)

# %% [markdown] lang="en"
# After 1 step, the critic is still close to its random start, and its share is 0.30 to 0.35 (only roughly, as the bounds of K are far apart there). After 10 steps it is 0.63 to 0.64, and after 100 steps 0.61 to 0.73. Ten times as many steps change it no further: longer training is needed at first, but it is not what is missing in the end. That points to this network, its clipping or its optimizer; notebook 3 tries a network much like it without clipping, and does not reach 100 % there either. Watch the raw estimate meanwhile: from 1 step to 100 it grows from about 0.1 to about 2.4, while the exact distance of each data set stays what it is. The share doubles in that time; the rest is the growth of K, which lies between 0.17 and 0.75 after 1 step and between 3.3 and 4.0 after 100.
#
# The two tables do not agree at shift 1: there, after 600 steps, the shares are 0.67, 0.72 and 0.74; here, after 100 steps as after 1000, they are 0.61, 0.63 (0.64 after 100) and 0.73. The critics of the two tables start from other random weights, and that alone moves a share by up to 0.09. So differences of that size between the rows of the first table say nothing.
#
# So the verdict on the sentence: **up to K, and near the optimum.** The difference of the means is K times a lower bound of the distance; K is not known exactly and changes during the training; and these clipped networks were not the best 1-Lipschitz functions, even when they had been trained for long. What the generator needs, though, is less the value than its slope. The last experiment looks at that.
#
# **The gradient that vanishes.** This is figure 2 of the WGAN paper. Real points are $N(2, 0.5^2)$, generated ones $N(-2, 0.5^2)$. A discriminator and a clipped critic with the same layers are trained equally long on the same points. Then the gradients are measured that a generator would receive at its points.

# %% [markdown] lang="zh-TW"
# 1 步之後，評價器還很接近隨機的起點，比例是 0.30 到 0.35（只是粗略的數字，因為這時 K 的上下界相差很遠）。10 步之後是 0.63 到 0.64，100 步之後是 0.61 到 0.73。步數再多十倍，也不再有變化：一開始確實需要多訓練，但最後缺的並不是訓練。看來問題出在這個網路、它的權重裁剪或它的最佳化器；第 3 份筆記本會用差不多的網路試不裁剪的做法，在那裡也沒有到 100 %。同時注意原始的估計值：從 1 步到 100 步，它從大約 0.1 長到大約 2.4，而每組資料的精確距離並沒有變。這段期間比例變成兩倍；其餘的成長來自 K：1 步之後，K 在 0.17 與 0.75 之間，100 步之後在 3.3 與 4.0 之間。
#
# 位移取 1 時，兩個表並不一致：前一個表在 600 步之後，比例是 0.67、0.72 與 0.74；這裡 100 步與 1000 步之後都是 0.61、0.63（100 步時是 0.64）與 0.73。兩個表的評價器從不同的隨機權重出發，光是這一點，就會讓比例相差到 0.09。所以第一個表裡，兩列之間若只差這麼一點，並不能說明什麼。
#
# 所以對這句話的評斷是：**只在差一個倍數 K 的意義下成立，而且評價器要接近最佳。** 兩個平均之差，是距離的某個下界的 K 倍；K 無法確知，還會在訓練中改變；而這裡幾個權重裁剪後的網路，即使訓練很久，也不是最好的 1-利普希茨函數。不過，生成器需要的與其說是這個值，不如說是它的斜率。最後一個實驗就來看斜率。
#
# **消失的梯度。** 這是 WGAN 論文的圖 2。真實的點服從 $N(2, 0.5^2)$，生成的點服從 $N(-2, 0.5^2)$。判別器與權重裁剪的評價器各層相同，在同樣的點上訓練一樣久，然後測量生成器在它的點上會收到的梯度。

# %%
vanishing = vanishing_gradient(STEPS, seed=SEED)
found = vanishing.numbers
rows = [
    ["log(1 − D), mean", found["log_1_minus_d_gradient"]],
    ["log(1 − D), median", found["log_1_minus_d_gradient_median"]],
    ["−log D, mean", found["minus_log_d_gradient"]],
    ["the critic, mean", found["critic_gradient"]],
    ["critic's least slope", found["critic_slope_least"]],
    ["critic's greatest", found["critic_slope_most"]],
    ["mean D at the fakes", found["d_at_fake"]],
]
table(["", "at the fakes"], rows)
vanishing.figure

# %% [markdown] lang="en"
# - From $\log(1 - D)$, the loss of the original game, the gradient is 0.0005 in the mean and 0.000015 in the median. It has vanished: D is sure of itself (0.00008 at the generated points), and V is flat there. This is what section 3 said of JS, seen in a network.
# - From the critic it is 1.3, and between 1.3 and 4.1 on the whole line from −4 to 4. No place is without direction.
# - From $-\log D$, the loss that GANs are trained with in practice, it is 5.7. **This one does not vanish either.** So "the GAN's gradient vanishes" is true of the game that theory speaks of, and not of this remedy. What Arjovsky and Bottou (2017) hold against the remedy is something else: against the best D its gradient is that of $\mathrm{KL}(P_g \Vert P_r) - 2\, \mathrm{JS}$, a mode-seeking KL with JS turned the wrong way round (Theorem 2.5), and with a discriminator that is noisy, the gradient is very unsteady (Theorem 2.6). In this picture of one dimension, you see nothing of either.
#
# Do not compare 1.3 with 5.7: the critic's scale is K, which c decides. Compare how each changes over x. The critic's slope also hints at why the bars above are short: K is set by the steepest slope, here 4.1, in one short stretch near 0, while at the fakes the slope is 1.3, a third of it. The best f would be equally steep all the way from the fakes to the real points.

# %% [markdown] lang="zh-TW"
# - 來自 $\log(1 - D)$（原始遊戲的損失）的梯度，平均是 0.0005，中位數是 0.000015。它已經消失了：D 信心十足（在生成的點上，D 是 0.00008），V 在那裡是平的。這正是第 3 節所說的 JS，如今在網路裡親眼看到。
# - 來自評價器的是 1.3；在 −4 到 4 的整條線上，都在 1.3 到 4.1 之間。沒有一個地方失去方向。
# - 來自 $-\log D$（實際訓練 GAN 時使用的損失）的是 5.7。**它也沒有消失。** 所以「GAN 的梯度會消失」對理論上的那場遊戲是對的，對這個補救辦法則不然。Arjovsky 與 Bottou（2017）對這個辦法的批評是另一回事：面對最佳的 D，它的梯度等於 $\mathrm{KL}(P_g \Vert P_r) - 2\, \mathrm{JS}$ 的梯度，也就是只找一個模式的 KL，再加上方向相反的 JS（定理 2.5）；而判別器帶有雜訊時，梯度非常不穩定（定理 2.6）。在這張一維的圖裡，兩者都看不到。
#
# 不要拿 1.3 和 5.7 相比：評價器的尺度是 K，由 c 決定。該比的是各自隨 x 怎麼變。評價器的斜率也透露了上面的長條為什麼偏短：K 由最陡的斜率決定，這裡的 4.1 只出現在 0 附近的一小段，而在假的點上斜率是 1.3，只有三分之一。最佳的 f 從假的點到真實的點，一路上都會一樣陡。

# %% [markdown] lang="en"
# ## What was seen
#
# - KL is the mean excess surprise. It has a direction (0.1196 against 0.0979 nats for the pools), covers in one and seeks a mode in the other, and is infinite as soon as one possible thing is held for impossible.
# - JS is $\log 2$ plus two sums in $\frac{p}{p + q}$ and $\frac{q}{p + q}$; it is symmetric and stays between 0 and $\log 2$. Where the distributions do not meet it is $\log 2$ to the bit and its slope is 0; for Gaussians that hardly meet, its slope fades to 0.000000009 at a distance of 12 widths.
# - The Earth-Mover distance is the cost of the cheapest plan. Its slope was 1 at every distance.
# - Its formula is a linear programme over couplings. Its dual is one over 1-Lipschitz functions, with the same value, here to 10 decimals.
# - "The optimal discriminator measures JS": exact for the card pools, by $V(D^*) = 2\, \mathrm{JS} - 2 \log 2$.
# - "The critic measures the Earth-Mover distance": only up to K, and only near the optimum. The raw estimate was 1.80 to 2.79 times the exact distance; divided by K, it was 0.42 to 0.85 of it.
# - "The GAN's gradient vanishes, the critic's does not": seen for $\log(1 - D)$ in this experiment, and not for $-\log D$.
#
# ## Exercises
#
# **1.** Pool Q makes its SSRs rarer and rarer: the rate falls from 0.01 to 0.0001 and further (what is taken away goes to N). What do $\mathrm{KL}(P \Vert Q)$, $\mathrm{KL}(Q \Vert P)$ and JS do? Guess first which of the three stay bounded.
#
# <details><summary>Solution</summary>
#
# Only $\mathrm{KL}(P \Vert Q)$ grows without bound, like $0.05 \log \frac{1}{q}$: slowly, by 0.115 for each further factor of 10, but without end. In $\mathrm{KL}(Q \Vert P)$ the term $q \log \frac{q}{p}$ goes to 0, and JS is bounded by $\log 2$ anyway.
#
# ```python
# rows = []
# for rate in (1e-2, 1e-4, 1e-8, 1e-16):
#     rarer = np.array([0.71 - rate, 0.22, 0.07, rate])
#     rows.append([rate, kl_divergence(p, rarer), kl_divergence(rarer, p)])
#     rows[-1].append(js_divergence(p, rarer))
# table(["rate", "KL(P‖Q)", "KL(Q‖P)", "JS"], rows)
# ```
#
# </details>
#
# **2.** Narrow the two Gaussians of section 3 to a width of 0.25. At which θ, about, does the slope of JS fall below 0.001 now? With a width of 1 it was 0.006 at 6 and 0.0002 at 8. What does the slope of EM do?
#
# <details><summary>Solution</summary>
#
# For the value of JS, only θ divided by the width counts: at 2 it is what it was at 8 before. It gets there in a quarter of the way, so its slope at 2 is 4 times the slope that it had at 8, which is 0.0008. It falls below 0.001 just before 2. The thinner the distributions, the nearer they must be for JS to say anything; two lines are the end of that road. The slope of EM is 1 as before.
#
# ```python
# rows = []
# for theta in (0.25, 0.5, 1.0, 1.5, 2.0, 4.0):
#     of_js = with_slope(js_of_gaussians, theta, 0.25)
#     rows.append([theta, *of_js, *with_slope(em_of_gaussians, theta, 0.25)])
# table(["theta", "JS", "its slope", "EM", "its slope"], rows)
# ```
#
# </details>
#
# **3.** Somebody claims to have a plan for the clay of section 4 that costs 1.3 places. Refute it without looking at any plan, with a single function that you can write down.
#
# <details><summary>Solution</summary>
#
# Every 1-Lipschitz f gives a lower bound. The clay moves to the middle, so take the distance from place 4, $f(x) = |x - 4|$: its mean is 2.5 before and 1.1 after. The difference, 1.4, is what every plan costs at the least. The best f gives 1.6.
#
# ```python
# guess = np.abs(np.arange(8) - 4)
# print(f"{(guess * clay_p).sum():.4f} − {(guess * clay_q).sum():.4f}")
# print(f"lower bound: {(guess * (clay_p - clay_q)).sum():.4f}, best: {clay_dual:.4f}")
# ```
#
# </details>
#
# ## Next
#
# [01_dcgan](01_dcgan.ipynb) trains a GAN with a discriminator, on pictures, and watches what its losses do and do not tell.

# %% [markdown] lang="zh-TW"
# ## 看到了什麼
#
# - KL 是多出來的驚訝度的平均。它有方向（兩個卡池之間是 0.1196 與 0.0979 nat），一個方向會涵蓋全部，另一個方向只找一個模式；只要有一件可能的事被當成不可能，它就是無限大。
# - JS 是 $\log 2$ 加上 $\frac{p}{p + q}$ 與 $\frac{q}{p + q}$ 的兩個總和；它是對稱的，介於 0 與 $\log 2$ 之間。分布不相交時，它精確等於 $\log 2$，斜率是 0；高斯分布幾乎不相交時，它的斜率在相距 12 個寬度時降到 0.000000009。
# - 推土機距離是最便宜的計畫的成本。不論多遠，它的斜率都是 1。
# - 它的公式是對耦合做線性規劃，它的對偶是對 1-利普希茨函數做線性規劃，兩者的值相同，在這裡一致到小數點後 10 位。
# - 「最佳的判別器量的是 JS」：對卡池而言完全正確，即 $V(D^*) = 2\, \mathrm{JS} - 2 \log 2$。
# - 「評價器量的是推土機距離」：只在差一個倍數 K 的意義下成立，而且評價器要接近最佳。原始的估計值是精確距離的 1.80 到 2.79 倍，除以 K 之後則是 0.42 到 0.85 倍。
# - 「GAN 的梯度會消失，評價器的不會」：在這個實驗裡，$\log(1 - D)$ 確實如此，$-\log D$ 則不然。
#
# ## 練習
#
# **1.** Q 池的 SSR 越來越稀有：機率從 0.01 降到 0.0001，再繼續往下降（減少的部分歸給 N）。$\mathrm{KL}(P \Vert Q)$、$\mathrm{KL}(Q \Vert P)$ 與 JS 會怎麼變？先猜猜看，三者之中哪些有上限。
#
# <details><summary>解答</summary>
#
# 只有 $\mathrm{KL}(P \Vert Q)$ 會無限成長，像 $0.05 \log \frac{1}{q}$：很慢，每縮小 10 倍只增加 0.115，但沒有盡頭。在 $\mathrm{KL}(Q \Vert P)$ 裡，$q \log \frac{q}{p}$ 這一項趨近 0；JS 則本來就以 $\log 2$ 為上限。
#
# ```python
# rows = []
# for rate in (1e-2, 1e-4, 1e-8, 1e-16):
#     rarer = np.array([0.71 - rate, 0.22, 0.07, rate])
#     rows.append([rate, kl_divergence(p, rarer), kl_divergence(rarer, p)])
#     rows[-1].append(js_divergence(p, rarer))
# table(["rate", "KL(P‖Q)", "KL(Q‖P)", "JS"], rows)
# ```
#
# </details>
#
# **2.** 把第 3 節的兩個高斯分布縮窄到寬度 0.25。這時 JS 的斜率大約在哪個 θ 降到 0.001 以下？寬度為 1 時，它在 6 是 0.006，在 8 是 0.0002。EM 的斜率又如何？
#
# <details><summary>解答</summary>
#
# JS 的值只取決於 θ 除以寬度的比值：現在在 2 的值，就是原本在 8 的值。走到那裡只需要四分之一的路程，所以在 2 的斜率是原本在 8 的 4 倍，也就是 0.0008；降到 0.001 以下，就在快到 2 的地方。分布越窄，就必須靠得越近，JS 才說得出話來；兩條線就是這條路的盡頭。EM 的斜率一樣是 1。
#
# ```python
# rows = []
# for theta in (0.25, 0.5, 1.0, 1.5, 2.0, 4.0):
#     of_js = with_slope(js_of_gaussians, theta, 0.25)
#     rows.append([theta, *of_js, *with_slope(em_of_gaussians, theta, 0.25)])
# table(["theta", "JS", "its slope", "EM", "its slope"], rows)
# ```
#
# </details>
#
# **3.** 有人宣稱，第 4 節的黏土有一個成本只要 1.3 格的計畫。不看任何計畫，只用一個寫得出來的函數反駁他。
#
# <details><summary>解答</summary>
#
# 每一個 1-利普希茨的 f 都給出一個下界。黏土往中間移動，所以取到位置 4 的距離 $f(x) = |x - 4|$：它的平均在搬動前是 2.5，搬動後是 1.1。兩者相差 1.4，任何計畫至少要付這麼多成本。最佳的 f 給出 1.6。
#
# ```python
# guess = np.abs(np.arange(8) - 4)
# print(f"{(guess * clay_p).sum():.4f} − {(guess * clay_q).sum():.4f}")
# print(f"lower bound: {(guess * (clay_p - clay_q)).sum():.4f}, best: {clay_dual:.4f}")
# ```
#
# </details>
#
# ## 下一步
#
# [01_dcgan](01_dcgan.ipynb) 用判別器在圖片上訓練一個 GAN，並觀察它的損失透露了什麼、沒透露什麼。
