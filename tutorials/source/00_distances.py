# %% [markdown] lang="en"
# # 0 · Distances between distributions
#
# You have just trained a DCGAN, and you have probably wondered what its losses were trying to tell you. This notebook starts one step earlier. A GAN learns by making one distribution, that of its pictures, more like another, that of the real pictures. "More like" needs a way to measure how far apart two distributions are. We compute three such measures by hand, with cards, with clay and with very small networks, and find out which of them a generator can follow downhill. There is no picture generation yet; that is what the next notebooks are for, and all of them use what you learn here.
#
# **What you'll be able to do**
#
# - compute and explain the Kullback-Leibler (KL) divergence, the Jensen-Shannon (JS) divergence and the Earth-Mover distance, also called the Wasserstein-1 distance, from which the Wasserstein GAN (WGAN) takes its name;
# - derive JS from KL, and the best discriminator of a GAN from its loss;
# - say why JS gives no gradient between distributions that do not overlap, and why the Earth-Mover distance does;
# - read the Earth-Mover formula aloud, symbol by symbol, and point at the array that each symbol stands for;
# - say what a Lipschitz function is, and why the critic of a WGAN has to be one;
# - judge the sentence "the critic measures the Earth-Mover distance".
#
# You need NumPy, some school calculus, a little probability (means, and what a Gaussian is) and, in three places, TensorFlow.
#
# **How long it takes.** The run shown here took about {{minutes}} min, on two cores of an AMD EPYC without a GPU; with `SETTING = "short"` it takes about half as long. Reading takes most of an hour. In a hurry? Leave out section 8, and believe it.
#
# {{how_to_run}}
#
# This notebook needs no data set.

# %% [markdown] lang="zh-TW"
# # 0 · 分布之間的距離
#
# 剛做完 DCGAN 的你，大概盯著那兩條損失曲線想過：它們到底想跟我說什麼？先想一個更基本的問題。GAN 在學的，說穿了就是讓一個分布（它畫出來的圖片）越來越像另一個分布（真正的圖片）。可是「像不像」總得算得出來吧？這份筆記本會親手算三種距離，用抽卡、用黏土、用小到不行的網路，看看哪一種真的能帶著生成器往下走。這裡還不會生成圖片，不過後面每一份都會用到這裡的內容。
#
# **讀完之後，你可以**
#
# - 算出並說明 Kullback-Leibler（KL）散度、Jensen-Shannon（JS）散度，以及推土機距離（Earth-Mover distance，也叫 Wasserstein-1 距離）。Wasserstein GAN（WGAN）的名字就是這樣來的；
# - 從 KL 推導出 JS，再從 GAN 的損失推導出最佳的判別器；
# - 說明兩個沒有交集的分布之間，為什麼 JS 給不出梯度，推土機距離卻可以；
# - 一個符號一個符號念出推土機距離的公式，還指得出每個符號是哪個陣列；
# - 說明什麼是 Lipschitz 函數，以及為什麼 WGAN 的評價器（critic）一定要是這種函數；
# - 自己判斷「評價器量的就是推土機距離」這句話對不對。
#
# 你需要會用 NumPy，高中程度的微積分，一點機率（平均，還有高斯分布是什麼），另外有三個地方會用到 TensorFlow。
#
# **要花多久。** 這裡的結果在 AMD EPYC 的兩個核心上跑了大約 {{minutes}} 分鐘，沒有 GPU；改用 `SETTING = "short"` 大約只要一半時間。讀完要將近一個小時。趕時間的話，第 8 節可以先相信它，直接跳過。
#
# {{how_to_run}}
#
# 這份筆記本不需要資料集。

# %%
# %matplotlib inline
import base64
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from IPython.display import HTML, display
from scipy.optimize import linprog

from wgan_keras import earth_mover, earth_mover_of_samples, js_divergence, kl_divergence
from wgan_keras import lab, toy_points, wasserstein_from_critic
from wgan_keras.theory.demos import critic_ruler, parallel_lines, vanishing_gradient
from wgan_keras.watching.plots import BLUE, GREEN, GREY, ORANGE, new_figure

# %% [markdown] lang="en"
# All settings are in one cell. Only section 9 trains networks, so everything before it takes seconds. `SETTING` chooses how long those networks train. The helper `table` prints aligned columns with 4 significant digits.

# %% [markdown] lang="zh-TW"
# 所有設定都在這一格。只有第 9 節會訓練網路，前面的每一格都只要幾秒鐘；`SETTING` 決定那些網路要訓練多久。小工具 `table` 會把數字對齊，印出 4 位有效數字。

# %%
SETTING = "full"  # or "short", a quick look ("quick" only tests that the cells run)
STEPS = {"full": 1500, "short": 300, "quick": 6}[SETTING]
RULER_STEPS = {"full": 600, "short": 300, "quick": 6}[SETTING]
SHIFTS = {
    "full": (0.25, 0.5, 1.0, 1.5, 2.0),
    "short": (0.5, 1.0, 2.0),
    "quick": (1.0,),
}[SETTING]
REPORT_AT = {"full": (1, 10, 100, 1000), "short": (1, 10, 100), "quick": (1,)}[SETTING]
LINES = {"full": 41, "short": 41, "quick": 3}[SETTING]
SEED = 0


def aligned(heads, rows):
    """The rows below their headings, numbers with 4 significant digits."""
    rows = [
        [cell if isinstance(cell, str) else f"{cell:.4g}" for cell in row]
        for row in [heads, *rows]
    ]
    widths = [max(map(len, column)) + 3 for column in zip(*rows)]
    return "\n".join(
        "".join(cell.rjust(width) for cell, width in zip(row, widths)) for row in rows
    )


def table(heads, rows):
    """Prints the rows."""
    print(aligned(heads, rows))


# %% [markdown] lang="en"
# ## 1 · Surprise, and the KL divergence
#
# Let's start with something that is hard on the wallet: gacha. In a gacha game you pay for pulls, and each pull gives you a card of one of four ranks, from N (normal) over R (rare) and SR (super rare) to SSR, the one you actually want. There are two pools of cards, P and Q, and P is the more generous one. One evening you read the rates of pool Q, pay, and pull. What nobody tells you is that the game is drawing from pool P.
#
# How surprised should you be by a card that you expect with probability $q$? A good measure is $\log \frac{1}{q}$, the natural logarithm. A sure thing, $q = 1$, does not surprise you at all. The rarer the card, the greater the surprise. And when independent events happen together, their probabilities multiply and their surprises simply add up. The unit is called a nat.
#
# So at each card you are surprised by $\log \frac{1}{q}$, while a friend who knows the true rates is surprised by $\log \frac{1}{p}$. The difference, $\log \frac{1}{q} - \log \frac{1}{p} = \log \frac{p}{q}$, is your **excess surprise**: what your wrong expectation costs you on this card.

# %% [markdown] lang="zh-TW"
# ## 1 · 驚訝度與 KL 散度
#
# 先從傷荷包的開始：抽卡。手遊裡付錢抽卡，卡片分四個等級，從 N（普通）、R（稀有）、SR（超稀有），一路到大家真正想要的 SSR。現在有 P、Q 兩個卡池，P 池比較佛心。某天晚上你看了 Q 池的機率公告，刷卡，開抽。官方沒告訴你的是，後台接錯線，你抽的其實是 P 池。
#
# 如果你覺得某張卡出現的機率是 $q$，抽到的時候該有多驚訝呢？$\log \frac{1}{q}$（自然對數）是個好答案。一定會發生的事，$q = 1$，完全不驚訝；卡越稀有，越驚訝；幾件獨立的事一起發生時，機率用乘的，驚訝度剛好用加的。它的單位叫 nat（奈特）。
#
# 所以每抽一張，你的驚訝度是 $\log \frac{1}{q}$，而旁邊那位知道真正機率的朋友是 $\log \frac{1}{p}$。兩個相減，$\log \frac{1}{q} - \log \frac{1}{p} = \log \frac{p}{q}$，就是你**多出來的驚訝度**：也就是信錯機率，讓你在這張卡上白白多驚訝了多少。

# %%
ranks = ["N", "R", "SR", "SSR"]
p = np.array([0.50, 0.30, 0.15, 0.05])
q = np.array([0.70, 0.22, 0.07, 0.01])
excess = np.log(1 / q) - np.log(1 / p)
heads = ["rank", "p", "q", "log 1/p", "log 1/q", "excess"]
table(heads, zip(ranks, p, q, np.log(1 / p), np.log(1 / q), excess))

# %% [markdown] lang="en"
# An SSR surprises you most. You thought it came once in a hundred pulls, and it comes once in twenty. When you draw an N, you are *less* surprised than your friend, so its excess is negative: you were prepared for a lot of Ns.
#
# Now pull a hundred cards. For each one, write down the excess surprise. At the end add the hundred numbers up, and divide by 100. That is all the bookkeeping there is.

# %% [markdown] lang="zh-TW"
# 最讓你驚訝的是 SSR：你以為一百抽才出一張，其實二十抽就有一張。抽到 N 的時候，你反而比朋友還淡定，所以多出來的是負的，畢竟你早就做好抽到一堆 N 的心理準備了。
#
# 好，抽一百張吧。每抽一張，就記下多出來的驚訝度；抽完全部加起來，再除以 100。要記的帳就這麼多。

# %%
pulls = np.random.default_rng(SEED).choice(4, size=10_000, p=p)
pulled = np.bincount(pulls[:100])
heads = ["rank", "expected", "pulled", "excess each", "in total"]
table(heads, zip(ranks, 100 * p, pulled, excess, pulled * excess))

total = excess[pulls[:100]].sum()
print(f"\nthe 100 excess surprises, summed:   {total:.2f} nats")
print(f"averaged over the 100 pulls:        {total / 100:.4f} nats a card")
seen = excess[pulls]
error = seen.std() / np.sqrt(len(seen))
print(f"averaged over 10,000 pulls:         {seen.mean():.4f} ± {error:.4f}")
print(f"expected, the sum of p × excess:    {(p * excess).sum():.4f}")

count = np.arange(1, 10_001)
figure, axes = new_figure(5, 3.4, 1, 1)
means = np.cumsum(seen) / count
axes.plot(count[9:], means[9:], color=BLUE, label="mean of the pulls so far")
axes.axhline((p * excess).sum(), color=ORANGE, linestyle="--", label="expected mean")
axes.set(xscale="log", xlabel="pulls", ylabel="excess surprise, nats a card")
axes.set_xticks([10, 100, 1000, 10_000], ["10", "100", "1,000", "10,000"])
axes.legend()
figure

# %% [markdown] lang="en"
# Your hundred pulls were lucky: 8 SSRs where 5 are expected, and only 44 Ns. The hundred excess surprises sum to 21.55 nats, which is 0.2155 nats a card. Keep pulling and the mean (the blue line) settles on the dashed one: after 10,000 cards it is 0.1210, within one standard error (0.0054) of what you expect in the long run, 0.1196. After 100 cards, this run was still off by 0.0959, which is most of the number itself. So a divergence that is estimated from few samples is a rough guess.
#
# In the long run a card of rank $x$ comes with its true probability $p(x)$, so the mean excess surprise is a sum that you can write down without pulling a single card. It is the Kullback-Leibler divergence:
#
# $$\mathrm{KL}(P \Vert Q) = \sum_x p(x) \log \frac{p(x)}{q(x)}$$
#
# It is never negative: on average, nobody is less surprised than the friend who knows the truth. The proof is one line. Since $\log t \le t - 1$, we have $-\mathrm{KL} = \sum_x p \log \frac{q}{p} \le \sum_x p \left(\frac{q}{p} - 1\right) = \sum_x q - \sum_x p = 0$, and there is equality only where $t = 1$, that is, where $p = q$ throughout. The package has this sum as a function. It takes $0 \log 0$ as 0, since a card that never comes surprises nobody.

# %% [markdown] lang="zh-TW"
# 這一百抽手氣很歐：照理說 5 張 SSR，結果來了 8 張，N 也只有 44 張。一百個多出來的驚訝度加起來是 21.55 nat，平均一張 0.2155 nat。繼續抽下去，平均值（圖裡的藍線）會慢慢收斂到橘色虛線，也就是長期該有的值：抽到 10,000 張時是 0.1210，跟理論值 0.1196 相差不到一個標準誤（0.0054）。這次抽到 100 張的時候還差 0.0959，快跟答案本身一樣大了。所以用少少的樣本估散度，參考參考就好。
#
# 長期來說，等級 $x$ 的卡會照真正的機率 $p(x)$ 出現，所以平均多驚訝多少，一張卡都不用抽就寫得出來。這就是 Kullback-Leibler 散度：
#
# $$\mathrm{KL}(P \Vert Q) = \sum_x p(x) \log \frac{p(x)}{q(x)}$$
#
# 它永遠不會是負的：平均來說，最不驚訝的一定是那位知道真正機率的朋友。證明只要一行。因為 $\log t \le t - 1$，所以 $-\mathrm{KL} = \sum_x p \log \frac{q}{p} \le \sum_x p \left(\frac{q}{p} - 1\right) = \sum_x q - \sum_x p = 0$，而且只有處處 $t = 1$，也就是 $p = q$ 的時候才會相等。套件裡的函式算的是同一個總和，並且把 $0 \log 0$ 當成 0，因為永遠不會出現的卡，嚇不到任何人。

# %%
print(f"KL(P‖Q), by hand:     {(p * np.log(p / q)).sum():.10f}")
print(f"KL(P‖Q), the package: {kl_divergence(p, q):.10f}")
print(f"KL(Q‖P):              {kl_divergence(q, p):.10f}")

# %% [markdown] lang="en"
# **KL is not symmetric.** $\mathrm{KL}(P \Vert Q)$ is 0.1196 nats and $\mathrm{KL}(Q \Vert P)$ is 0.0979. That is not a flaw, because the two answer different questions: in one the cards come from P, in the other from Q. You see how different the answers can be when you fit one distribution to another that it cannot match. Below, a single Gaussian is fitted to a target with two humps, once by minimising $\mathrm{KL}(\text{target} \Vert \text{fit})$ and once by minimising $\mathrm{KL}(\text{fit} \Vert \text{target})$. We try every pair of a mean and a width (the standard deviation) on a grid, so there is no optimizer to blame.

# %% [markdown] lang="zh-TW"
# **KL 不對稱。** $\mathrm{KL}(P \Vert Q)$ 是 0.1196 nat，$\mathrm{KL}(Q \Vert P)$ 卻是 0.0979。這不是 bug，因為兩個問的問題不一樣：一個的卡從 P 抽，一個從 Q 抽。差別能有多大？拿一個分布去擬合另一個它怎麼樣都貼不準的分布，就很明顯了。下面用一個高斯分布去擬合有兩座山的目標，一次讓 $\mathrm{KL}(\text{target} \Vert \text{fit})$ 最小，一次讓 $\mathrm{KL}(\text{fit} \Vert \text{target})$ 最小。平均值和寬度（標準差）的每一種組合都試過一輪，結果不好可不能怪最佳化器。

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
table(["least", "mean", "width"], [["KL(t‖f)", *covering], ["KL(f‖t)", *seeking]])

figure, axes = new_figure(5, 3.6, 1, 1)
spacing = places[1] - places[0]
axes.fill_between(places, target / spacing, color=GREY, alpha=0.4, label="target")
label = "least KL(target‖fit): covers"
axes.plot(places, gaussian(*covering) / spacing, color=BLUE, linewidth=2, label=label)
label = "least KL(fit‖target): seeks a mode"
axes.plot(places, gaussian(*seeking) / spacing, color=ORANGE, linewidth=2, label=label)
axes.set(xlim=(-7, 7), ylim=(0, 0.75), xlabel="x", ylabel="density")
axes.legend(fontsize=9, loc="upper right")
figure

# %% [markdown] lang="en"
# The grey area is the target, and the two lines are the two fits. $\mathrm{KL}(\text{target} \Vert \text{fit})$ draws from the target. Wherever the target has mass and the fit has little, the surprise is great, so the fit has to **cover** everything: it takes mean −0.4 and width 2.05, and its peak stands where the target has next to nothing. This is the direction of maximum likelihood. $\mathrm{KL}(\text{fit} \Vert \text{target})$ draws from the fit. It is punished for putting mass where the target has none, and nobody asks about the places it never visits, so it **seeks one mode**, the larger hump, and matches it (mean −2, width 0.6). In terms of pictures: a model that cannot match the data blurs everything together under the first, and under the second it draws one kind well and never the others. You may have met something like the second in your DCGAN, under the name of mode collapse, although the cause need not be the same there.
#
# **And KL can be infinite.** Suppose that pool Q stops handing out SSRs. Anyone who believes Q thinks an SSR is impossible, so the first one is an infinite surprise.

# %% [markdown] lang="zh-TW"
# 灰色是目標（target），兩條線是兩種擬合（fit）的結果，圖例裡的 covers 是全部蓋住，seeks a mode 是只挑一個模式（mode，分布的一座山）。$\mathrm{KL}(\text{target} \Vert \text{fit})$ 從目標抽樣。目標有、擬合卻幾乎沒有的地方，驚訝度會很大，所以它只好**全部蓋住**：平均值 −0.4、寬度 2.05，最高點剛好杵在目標幾乎是空的地方。最大概似估計走的就是這個方向。$\mathrm{KL}(\text{fit} \Vert \text{target})$ 則從擬合抽樣。跑到目標沒有的地方會被罰，至於它從來不去的地方，根本沒人過問，於是它**只挑一個模式**，也就是比較高的那座山，而且貼得很漂亮（平均值 −2、寬度 0.6）。換成圖片來說：一個貼不準資料的模型，用前者會把所有東西糊成一團，用後者會把其中一種畫得很好，其他的死都不畫。後面這種樣子，你做 DCGAN 時可能見過，它叫模式崩潰（mode collapse），只是那裡的原因未必一樣。
#
# **KL 還可能是無限大。** 假設 Q 池乾脆不出 SSR 了。相信 Q 的人覺得 SSR 不可能出現，所以第一張 SSR 就會讓他驚訝到無限大。

# %%
without_ssr = np.array([0.71, 0.22, 0.07, 0.0])
print("KL(P‖Q without SSR):", kl_divergence(p, without_ssr))
print(f"KL(Q without SSR‖P): {kl_divergence(without_ssr, p):.4f}")

# %% [markdown] lang="en"
# One place with $q = 0$ and $p > 0$ is enough. With pictures this is the rule, not the exception: a generator that has just begun produces nothing like the real images, so KL(real‖generated) is infinite, and it stays infinite as long as the generator leaves out any part of them. A measure that says "infinitely bad" until the very last day is not much of a teacher.
#
# ## 2 · Engineer M, or from KL to JS
#
# Enter engineer M, who is asked to make the two pools comparable and would like to go home early. The engineer pours both pools into one heap and names it after himself. If the pools are equally large, the heap's rates are half of P's plus half of Q's, $M = \frac{1}{2}(P + Q)$. How surprised are you if you believe the heap's rates while the cards come from P? And how surprised if they come from Q? Every card that P or Q can give you is also in the heap, so neither surprise can be infinite. And since the two are averaged, it does not matter which pool is called P. This average is the Jensen-Shannon divergence:
#
# $$\mathrm{JS}(P, Q) = \tfrac{1}{2} \mathrm{KL}(P \Vert M) + \tfrac{1}{2} \mathrm{KL}(Q \Vert M)$$

# %% [markdown] lang="zh-TW"
# 只要有一個地方 $q = 0$ 而 $p > 0$，就完蛋了。對圖片來說，這還不是特例，是日常：剛開始訓練的生成器，根本畫不出真的圖那個樣子，所以 KL(真實‖生成) 是無限大；之後不管它進步多少，只要真實資料還有一塊它畫不到，就還是無限大。老師每次都只說「無限爛」，你也不知道該改哪裡吧。
#
# ## 2 · 工程師 M，從 KL 走到 JS
#
# 這時候工程師 M 登場了。老闆要他想辦法讓兩個卡池可以公平比較，而他只想準時下班。他把 P 和 Q 的卡全部倒成一堆，順手拿自己的代號命名。兩個卡池一樣大的話，這一堆的機率就是 P 的一半加 Q 的一半，$M = \frac{1}{2}(P + Q)$。接著問：你相信的是這一堆的機率，卡卻從 P 來，平均多驚訝多少？卡從 Q 來，又多驚訝多少？只要是 P 或 Q 抽得到的卡，這一堆裡都有，所以兩邊都不可能無限大；最後把兩邊平均，誰叫 P、誰叫 Q 也就無所謂了。這個平均，就是 Jensen-Shannon 散度：
#
# $$\mathrm{JS}(P, Q) = \tfrac{1}{2} \mathrm{KL}(P \Vert M) + \tfrac{1}{2} \mathrm{KL}(Q \Vert M)$$

# %%
m = (p + q) / 2
table(["rank", "P", "Q", "M"], zip(ranks, p, q, m))
print(f"\nKL(P‖M) = {kl_divergence(p, m):.6f}")
print(f"KL(Q‖M) = {kl_divergence(q, m):.6f}")
print(f"JS, their mean: {(kl_divergence(p, m) + kl_divergence(q, m)) / 2:.6f}")

# %% [markdown] lang="en"
# JS is 0.026181 nats. It can't be negative, because neither KL can, and it is 0 only if $P = M = Q$. What the definition does not show is that JS also has a ceiling. For that we rewrite it in a few small steps. Step 1 is the definition, and step 2 writes both KLs as the sums that they are:
#
# $$\mathrm{JS} = \tfrac{1}{2} \sum_x p \log \frac{p}{m} + \tfrac{1}{2} \sum_x q \log \frac{q}{m}$$
#
# Step 3 substitutes $m = \frac{p + q}{2}$, and dividing by a half is multiplying by 2:
#
# $$\frac{p}{m} = \frac{2p}{p + q}, \qquad \frac{q}{m} = \frac{2q}{p + q}$$
#
# In step 4 the logarithm of a product becomes a sum, so the 2 splits off:
#
# $$\log \frac{2p}{p + q} = \log 2 + \log \frac{p}{p + q}$$
#
# In step 5 the $\log 2$ is the same for every card, and probabilities sum to 1, so $\tfrac{1}{2} \sum_x p \log 2 + \tfrac{1}{2} \sum_x q \log 2 = \log 2$. What remains is where we wanted to go:
#
# $$\mathrm{JS}(P, Q) = \log 2 + \tfrac{1}{2} \sum_x p \log \frac{p}{p + q} + \tfrac{1}{2} \sum_x q \log \frac{q}{p + q}$$
#
# The cell computes the first form and the last.

# %% [markdown] lang="zh-TW"
# JS 是 0.026181 nat。KL 不會是負的，兩個 KL 的平均當然也不會；要等於 0，只有 $P = M = Q$ 的時候。定義沒告訴你的是，JS 還有天花板。要看到它，得把式子改寫幾次，一步一步來。步驟 1 就是定義，步驟 2 把兩個 KL 還原成總和：
#
# $$\mathrm{JS} = \tfrac{1}{2} \sum_x p \log \frac{p}{m} + \tfrac{1}{2} \sum_x q \log \frac{q}{m}$$
#
# 步驟 3 把 $m = \frac{p + q}{2}$ 代進去，除以二分之一就是乘以 2：
#
# $$\frac{p}{m} = \frac{2p}{p + q}, \qquad \frac{q}{m} = \frac{2q}{p + q}$$
#
# 步驟 4 用到「乘積取對數會變成相加」，所以 2 可以拆出來：
#
# $$\log \frac{2p}{p + q} = \log 2 + \log \frac{p}{p + q}$$
#
# 步驟 5：每張卡上的 $\log 2$ 都一樣，機率加起來又是 1，所以 $\tfrac{1}{2} \sum_x p \log 2 + \tfrac{1}{2} \sum_x q \log 2 = \log 2$。剩下的就是我們要的：
#
# $$\mathrm{JS}(P, Q) = \log 2 + \tfrac{1}{2} \sum_x p \log \frac{p}{p + q} + \tfrac{1}{2} \sum_x q \log \frac{q}{p + q}$$
#
# 第一種寫法和最後一種，算出來是不是一樣？

# %%
at_p, at_q = p / (p + q), q / (p + q)
step_1 = kl_divergence(p, m) / 2 + kl_divergence(q, m) / 2
step_5 = np.log(2) + (p * np.log(at_p)).sum() / 2 + (q * np.log(at_q)).sum() / 2
print(f"step 1:          {step_1:.12f}")
print(f"step 5:          {step_5:.12f}")
print(f"the package:     {js_divergence(p, q):.12f}")
print(f"Q and P swapped: {js_divergence(q, p):.12f}")

# %% [markdown] lang="en"
# Swap P and Q, and the two sums change places: in step 5 you can see the **symmetry**. You can see the ceiling as well. Both fractions lie between 0 and 1, so neither sum can be positive, and $\mathrm{JS} \le \log 2$. The ceiling is reached if P and Q have no place in common. Then one of them is 0 at each place, and the other's fraction is 1. As $\log 1 = 0$, both sums vanish, and $\mathrm{JS} = \log 2 \approx 0.6931$, **no matter how far apart they are**.
#
# Keep those last words in mind, because they are the whole trouble. To watch it happen, start with a copy of P, and replace a growing share of its cards by four new ranks that P does not have. Below the table is the lab, an interactive page that comes with the package. You can drag the rates of both pools, pull cards yourself, and watch the average settle. It opens with engineer M's pool and a hundred pulls. If you see no frame below, your viewer does not show interactive pages: start the notebook in Jupyter or Colab, or run `python -m wgan_keras lab`. Nothing later depends on it.

# %% [markdown] lang="zh-TW"
# 把 P 和 Q 對調，兩個總和只是換個位置，所以步驟 5 一看就是**對稱的**。天花板也看得到：兩個分式都介於 0 和 1 之間，兩個總和都不會是正的，所以 $\mathrm{JS} \le \log 2$。什麼時候會頂到天花板？P 和 Q 完全沒有交集的時候。這時不管看哪裡，總有一個是 0，另一個的分式就是 1；而 $\log 1 = 0$，兩個總和都消失，$\mathrm{JS} = \log 2 \approx 0.6931$，**不管離得多遠**。
#
# 最後這半句請先記著，整件事的麻煩就出在這裡。我們先讓 Q 跟 P 一模一樣，再把越來越多的卡換成 P 沒有的另外四種（foreign share 是換掉的比例），看看會發生什麼事。表格下面是 lab，套件附的互動網頁，可以拉兩個卡池的機率、自己抽卡，看平均值慢慢收斂；它一打開就是工程師 M 的卡池，而且已經抽好一百張了。如果底下什麼都沒有，表示你的檢視器不支援互動網頁：改用 Jupyter 或 Colab 開，或執行 `python -m wgan_keras lab`。不玩也不影響後面的內容。

# %%
here, elsewhere = np.r_[p, np.zeros(4)], np.r_[np.zeros(4), p]
rows = []
for share in (0, 0.1, 0.6, 0.9, 1):
    drifted = (1 - share) * here + share * elsewhere
    rows.append([share, js_divergence(here, drifted), kl_divergence(here, drifted)])
table(["foreign share", "JS", "KL(P‖Q)"], rows)
print("JS of disjoint pools is log 2:", js_divergence(here, elsewhere) == np.log(2))
lab.show("distances", view="cards", source="merged", pulls=100)

# %% [markdown] lang="en"
# While the pools overlap, both numbers say how far Q has drifted. At a foreign share of 1 KL leaves the scale, and JS sits at its ceiling. So engineer M has mended two things: JS is symmetric, and it is never infinite. What is still broken comes next, when two distributions keep moving apart *after* they have stopped overlapping.
#
# ## 3 · Two lines that never overlap
#
# This section is the heart of the argument for WGAN, and it needs nothing but two vertical lines. It is Example 1 of [Arjovsky, Chintala and Bottou (2017)](https://arxiv.org/abs/1701.07875), the WGAN paper. In the plane, P is spread evenly on a vertical line of length 1 at $x = 0$, and Q on the same line moved to $x = \theta$. Think of P as the real data and of Q as a generator with a single weight, θ, which ought to learn $\theta = 0$. We begin by hand, with 25 points for each line. The last column is the Earth-Mover distance, also called the Wasserstein-1 distance; for the moment, read it as "how far the points of Q have to be moved, on average, to become P".

# %% [markdown] lang="zh-TW"
# 只要兩個卡池還有重疊，兩個數字都說得出 Q 跑了多遠。等到外來卡占的比例是 1，KL 直接爆表，JS 則黏在天花板上。所以工程師 M 修好了兩件事：JS 是對稱的，也不會無限大。還沒修好的，是兩個分布已經沒有交集、卻還繼續走遠的情況，接著就來看。
#
# ## 3 · 兩條碰不到的線
#
# 這一節是整個 WGAN 的核心論點，道具卻只有兩條直線。它是 [Arjovsky、Chintala 與 Bottou（2017）](https://arxiv.org/abs/1701.07875)，也就是 WGAN 論文的例 1。在平面上，P 均勻分布在 $x = 0$ 的一條直立線段上，長度 1；Q 一模一樣，只是搬到 $x = \theta$。你可以把 P 想成真實資料，把 Q 想成只有一個權重 θ 的生成器，它應該學到 $\theta = 0$。先自己算，每條線取 25 個點。最後一欄是推土機距離，也叫 Wasserstein-1 距離，現在先理解成「Q 的點平均要搬多遠，才會變成 P」就好。

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
# KL and JS compare probabilities place by place, and *where* the other line is never enters: θ does not even occur in `on_p` and `on_q`. The Earth-Mover distance is simply θ. Now let the line travel from −2.5 to 2.5. `parallel_lines` draws all the measures, and below them their slopes, since a slope is what a generator learns from. The figure also shows the total variation (TV), half the sum of $|p - q|$, another measure that works place by place.

# %% [markdown] lang="zh-TW"
# KL 和 JS 是一個位置一個位置比機率，另一條線「在哪裡」，它們根本沒看：`on_p` 和 `on_q` 裡連 θ 的影子都沒有。推土機距離就老實多了，它等於 θ。接下來讓線從 −2.5 走到 2.5。`parallel_lines` 會畫出每一種距離，下面再畫出斜率，因為生成器就是靠斜率學習的。圖裡還多了總變差（total variation，TV），也就是 $|p - q|$ 總和的一半，它也是逐點比較的。

# %%
lines = parallel_lines(np.linspace(-2.5, 2.5, LINES))
curves, theta = lines.numbers["curves"], lines.numbers["theta"]
apart = {js for js, shift in zip(curves["JS"], theta) if shift != 0}
print("JS is exactly log 2 at every theta but 0:", apart == {np.log(2)})
print(f"slopes at theta = 2: JS {lines.numbers['js_slope_at_2']:.4g}, ", end="")
print(f"Earth-Mover {lines.numbers['em_slope_at_2']:.4g}")
lines.figure.set_size_inches(5, 10)
lines.figure

# %% [markdown] lang="en"
# The upper panel shows one moment, $\theta = 2$. In the middle panel, JS is $\log 2$ everywhere except at the single point $\theta = 0$, where it drops to 0. In the lower panel its slope is exactly 0 wherever it has one. (TV behaves the same way, which is why the two lie on top of each other there.) A generator that descends the gradient of JS would stay exactly where it is. The Earth-Mover distance is $|\theta|$, with slope 1 on the right and −1 on the left: in this example it says which way to go from any distance. Here is the same figure in motion:

# %% [markdown] lang="zh-TW"
# 最上面是 $\theta = 2$ 的那一刻，藍線是 P，橘線是 Q。中間是各種距離的值（灰色那條表示 KL 是無限大），最下面是它們的斜率。中間那張圖裡，JS 到處都是 $\log 2$，只有在 $\theta = 0$ 那一點掉到 0。最下面那張圖，凡是有斜率的地方，JS 的斜率都剛好是 0。（TV 也一樣，所以兩條線疊在一起。）對 JS 做梯度下降的生成器，會一直站在原地發呆。推土機距離是 $|\theta|$，右邊斜率 1，左邊斜率 −1：在這個例子裡，不管離多遠，它都說得出該往哪邊走。會動的版本在這裡：

# %%
gif = Path("runs/00_distances_lines.gif")
lines.save(gif)
encoded = base64.b64encode(gif.read_bytes()).decode()
HTML(f'<img src="data:image/gif;base64,{encoded}" width="360">')

# %% [markdown] lang="en"
# Is that a trick of lines that are infinitely thin? It is a fair question, so let's take two Gaussians of width 1. They overlap everywhere, if only a little. This time TensorFlow differentiates for us, on a fine grid. JS is in the form of step 5, with $\log \frac{p}{p + q}$ written as $-\mathrm{softplus}(\log q - \log p)$, which is the same and does not overflow. On a line, the Earth-Mover distance also has a formula that can be differentiated, with the cumulative distribution functions F and G: $\mathrm{EM} = \int |F(x) - G(x)|\, dx$. Section 5 shows where it comes from.

# %% [markdown] lang="zh-TW"
# 會不會是因為線無限細，才有這種事？問得好。那就改用兩個寬度 1 的高斯分布，它們到處都重疊，只是有時重疊得很少。這次交給 TensorFlow 在很細的格點上微分。JS 用步驟 5 的寫法，其中 $\log \frac{p}{p + q}$ 寫成 $-\mathrm{softplus}(\log q - \log p)$，兩個相等，但不會溢位。在一條直線上，推土機距離也有可以微分的公式，用累積分布函數 F 和 G 來寫：$\mathrm{EM} = \int |F(x) - G(x)|\, dx$。它怎麼來的，第 5 節會說。

# %%
grid = tf.linspace(tf.constant(-10.0, tf.float64), 22.0, 6401)


def log_gaussian(mean, width):
    """Log-probabilities of the grid's points."""
    return tf.nn.log_softmax(-(((grid - mean) / width) ** 2) / 2)


def js_of_gaussians(theta, width):
    """JS of two Gaussians, theta apart, in the form of step 5."""
    log_p, log_q = log_gaussian(0.0, width), log_gaussian(theta, width)
    sum_p = tf.reduce_sum(tf.exp(log_p) * -tf.nn.softplus(log_q - log_p))
    sum_q = tf.reduce_sum(tf.exp(log_q) * -tf.nn.softplus(log_p - log_q))
    return np.log(2) + sum_p / 2 + sum_q / 2


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
# While the Gaussians overlap well, JS has a useful slope, 0.2248 at $\theta = 2$. Then it fades: 0.0686 at 4, 0.0001964 at 8, and 0.000000009 at 12. It fades like $e^{-\theta^2/8}$, so once the two have come apart, the farther the generator is from its goal, the less it is told. The slope of the Earth-Mover distance (EM) is 1 in every row. So the lines need not be infinitely thin for the trouble to start; but the narrower the distributions, the sooner the gradient of JS dies away (exercise 2).
#
# Note that JS is not wrong about the two Gaussians at 12. It says "completely different", and it is right. It just has nothing to add when you ask "and which way now?"
#
# ## 4 · What the discriminator of a GAN measures
#
# You may object that you never computed JS when you trained your DCGAN. In fact you did, or nearly. Here is why.
#
# [Goodfellow et al. (2014)](https://arxiv.org/abs/1406.2661) let a discriminator D maximise their equation 1,
#
# $$V(D) = \mathbb{E}_{x \sim P}[\log D(x)] + \mathbb{E}_{x \sim Q}[\log(1 - D(x))]$$
#
# where P is the real and Q the generated data, and $D(x)$ is D's estimate of the probability that x is real. The $\mathbb{E}$ is an expectation, the mean over draws from the distribution below it. The generator wants the opposite: it makes V as small as it can, through the second term. (Such a game is called minimax.) What is the best D? Write the expectations as sums, and V becomes $\sum_x \left[ p(x) \log D(x) + q(x) \log(1 - D(x)) \right]$. The answer $d = D(x)$ to one card has no influence on the others, so you may maximise card by card. Set the derivative to 0:
#
# $$\frac{p}{d} - \frac{q}{1 - d} = 0 \quad\Rightarrow\quad p\,(1 - d) = q\, d \quad\Rightarrow\quad D^*(x) = \frac{p(x)}{p(x) + q(x)}$$
#
# The second derivative, $-\frac{p}{d^2} - \frac{q}{(1 - d)^2}$, is negative everywhere, so this is a peak and the only one. That is Proposition 1 of their paper. Here is one hill for each of our four cards, with a dot at $D^*$. The discriminator of this example looks at a card, and says how likely it is to come from pool P.

# %% [markdown] lang="zh-TW"
# 兩個高斯分布還疊在一起時，JS 的斜率還堪用，$\theta = 2$ 時有 0.2248。再來就一路縮水：4 的時候 0.0686，8 的時候 0.0001964，12 的時候只剩 0.000000009。它像 $e^{-\theta^2/8}$ 那樣消失，所以兩邊一旦拉開，離得越遠，提示就越少。推土機距離（EM）的斜率呢？每一列都是 1。可見線不必無限細也會出事，只是分布越窄，JS 的梯度就越早消失（練習 2）。
#
# 說句公道話，距離 12 的兩個高斯分布，JS 並沒有說錯，它說「完全不一樣」，確實完全不一樣。只是當你接著問「那我該往哪走？」，它就沒話說了。
#
# ## 4 · GAN 的判別器量的是什麼
#
# 你可能想說：我訓練 DCGAN 的時候又沒算過 JS。其實有，或者說幾乎有，原因如下。
#
# [Goodfellow 等人（2014）](https://arxiv.org/abs/1406.2661) 讓判別器（discriminator）D 最大化論文的式 1：
#
# $$V(D) = \mathbb{E}_{x \sim P}[\log D(x)] + \mathbb{E}_{x \sim Q}[\log(1 - D(x))]$$
#
# P 是真實資料，Q 是生成的資料，$D(x)$ 是判別器認為「x 是真的」的機率；$\mathbb{E}$ 是期望值，也就是從下標那個分布抽很多次的平均。生成器想的剛好相反，它要讓 V 越小越好，只是它只管得到第二項。（這種一邊拉高、一邊壓低的賽局，叫做 minimax。）最好的 D 長什麼樣子？把期望值寫成總和，V 就變成 $\sum_x \left[ p(x) \log D(x) + q(x) \log(1 - D(x)) \right]$。對某張卡的回答 $d = D(x)$ 不會影響其他卡，所以一張一張最大化就好。令導數等於 0：
#
# $$\frac{p}{d} - \frac{q}{1 - d} = 0 \quad\Rightarrow\quad p\,(1 - d) = q\, d \quad\Rightarrow\quad D^*(x) = \frac{p(x)}{p(x) + q(x)}$$
#
# 二階導數 $-\frac{p}{d^2} - \frac{q}{(1 - d)^2}$ 到處都是負的，所以這是山頂，而且是唯一的山頂。這就是該論文的命題 1。下面替四張卡各畫一座山，圓點是 $D^*$。這個例子裡的判別器看到一張卡，要回答它有多大的機率來自 P 池。

# %%
best_d = p / (p + q)
d = np.linspace(0.001, 0.999, 999)
figure, axes = new_figure(5, 4, 1, 1)
for rank, p_x, q_x, top, colour in zip(
    ranks, p, q, best_d, (GREY, BLUE, GREEN, ORANGE), strict=True
):
    hill = p_x * np.log(d) + q_x * np.log(1 - d)
    axes.plot(d, hill, color=colour, label=f"{rank}: D* = {top:.4f}")
    axes.plot(top, p_x * np.log(top) + q_x * np.log(1 - top), "o", color=colour)
axes.set(xlabel="d, the answer to a card", ylabel="p log d + q log(1 − d)")
axes.set(xlim=(0, 1), ylim=(-2, 0))
axes.legend(fontsize=9, loc="lower center")
figure

# %% [markdown] lang="en"
# An SSR points strongly to the generous pool P ($D^* = 0.8333$), and an N points weakly to Q ($D^* = 0.4167$). Each dot sits on its peak.
#
# Now put $D^*$ back into V. You get $\sum_x p \log \frac{p}{p + q} + \sum_x q \log \frac{q}{p + q}$, and these are the very two sums of step 5. Hence (the proof of their Theorem 1)
#
# $$V(D^*) = 2\, \mathrm{JS}(P, Q) - 2 \log 2$$
#
# Let's check it on the cards:

# %% [markdown] lang="zh-TW"
# SSR 是強烈的線索，八成是佛心的 P 池（$D^* = 0.8333$）；N 則稍微偏向 Q（$D^* = 0.4167$）。圖的橫軸是判別器的回答，縱軸是它對這張卡得到的分數，每個圓點都好端端站在山頂上。
#
# 把 $D^*$ 代回 V，會得到 $\sum_x p \log \frac{p}{p + q} + \sum_x q \log \frac{q}{p + q}$，這不就是步驟 5 的那兩個總和嗎？所以（該論文定理 1 的證明）
#
# $$V(D^*) = 2\, \mathrm{JS}(P, Q) - 2 \log 2$$
#
# 用卡池驗算一下：

# %%
v_of_best = (p * np.log(best_d) + q * np.log(1 - best_d)).sum()
print(f"V(D*)           {v_of_best:.10f}")
print(f"2 JS − 2 log 2  {2 * js_divergence(p, q) - 2 * np.log(2):.10f}")

# %% [markdown] lang="en"
# The two agree. So a discriminator at its best measures JS, and a generator that descends V against the best discriminator descends JS. Where the two kinds of pictures do not overlap, JS is $\log 2$, V is 0, and the generator learns nothing. [Arjovsky and Bottou (2017)](https://arxiv.org/abs/1701.04862) argue that this is the usual case: both kinds of pictures lie on thin sets in a space of very many dimensions, like our lines in the plane, and such sets hardly overlap. (Their Theorem 2.4 is about the gradient that vanishes.) Your DCGAN still learned something. One reason is that its discriminator was never trained to its best; another is a trick in its generator's loss, which section 9 looks at.
#
# So much for the diagnosis. Now for the cure, which involves getting your hands dirty.
#
# ## 5 · Clay: the Earth-Mover distance
#
# Think of what the generator produces as a heap of clay, and of the real data as the shape that the clay ought to have. You want to turn one into the other with as little effort as possible. A plan says how much clay goes from which place to which. Each move costs the amount of clay times the distance it travels, and the cost of a plan is the sum over all its moves. As all the clay together weighs 1, the cost is also the average distance that the clay travels. The **Earth-Mover distance**, or Wasserstein-1 distance, is the cost of the cheapest plan.
#
# Throughout this notebook, the clay moves from generated to real. The figure shows the cheapest plan, and a poor one that spreads the clay of each place over all the places that need some.

# %% [markdown] lang="zh-TW"
# 一模一樣。所以練到最強的判別器量的就是 JS；面對最強的判別器，生成器讓 V 變小，就是在讓 JS 變小。兩邊的圖片沒有交集時，JS 是 $\log 2$，V 是 0，生成器什麼都學不到。[Arjovsky 與 Bottou（2017）](https://arxiv.org/abs/1701.04862) 認為這才是常態：兩種圖片都落在高維空間裡很薄的集合上，就像平面上的那兩條線，很難碰到一起。（該論文的定理 2.4 講的就是梯度消失。）那你的 DCGAN 怎麼還是學會了？一個原因是，它的判別器從來沒有真的練到最強；另一個原因是生成器的損失裡藏了一招，第 9 節再拆給你看。
#
# 問題講完了，接下來看怎麼解，這次要動手捏黏土。
#
# ## 5 · 黏土：推土機距離
#
# 把生成器做出來的東西想成一堆黏土，把真實資料想成這堆黏土該有的形狀。要把前者捏成後者，當然越省力越好。所謂的計畫，就是寫清楚哪裡的黏土要搬多少到哪裡。搬一次的成本是「重量乘以路程」，整個計畫的成本就是全部加起來；因為黏土總重是 1，所以成本也就是黏土平均被搬了多遠。**推土機距離**，也就是 Wasserstein-1 距離，是最省的那個計畫的成本。
#
# 整份筆記本裡，黏土都是從生成的搬到真實的。圖裡有最省的計畫，還有一個差勁的計畫：不管三七二十一，把每個地方的黏土分送到所有缺黏土的地方。

# %%
clay_g = np.array([0, 4, 2, 0, 0, 0, 3, 1]) / 10  # where the clay lies: generated
clay_r = np.array([1, 0, 1, 3, 3, 2, 0, 0]) / 10  # where it should lie: real
distance, cheapest = earth_mover(clay_r, clay_g)
cheapest[cheapest < 1e-12] = 0  # what is left of rounding
plans = {"the cheapest plan": cheapest, "a poor plan": np.outer(clay_r, clay_g)}
lengths = np.abs(np.arange(8)[:, None] - np.arange(8))

figure, panels = new_figure(5, 7, 2, 1, sharex=True)
for axes, (name, plan) in zip(panels, plans.items(), strict=True):
    axes.bar(range(8), clay_g, color=ORANGE, label="generated: the clay now")
    axes.bar(range(8), -clay_r, color=BLUE, label="real: where it belongs")
    for x, y in np.argwhere(plan > 0):
        arrow = {"arrowstyle": "-|>", "linewidth": 0.5 + 12 * plan[x, y], "alpha": 0.75}
        start, end = (y, clay_g[y] / 2), (x, -clay_r[x] / 2)
        axes.annotate("", end, start, arrowprops=arrow | {"color": "black"})
    axes.set_title(f"{name}: {(plan * lengths).sum():.2f} places on average")
    axes.set(ylabel="share of the clay", ylim=(-0.45, 0.45), xticks=range(8))
    axes.set_yticks([-0.4, -0.2, 0, 0.2, 0.4], ["0.4", "0.2", "0", "0.2", "0.4"])
panels[0].legend(fontsize=8, loc="lower left")
panels[1].set_xlabel("place")
figure

# %% [markdown] lang="en"
# Above the ground, in orange, is the clay as it lies now; below, in blue, is where it belongs. Thicker arrows carry more clay. The cheapest plan costs 1.60 places on average, the poor one 2.52. A plan can also be written as a matrix, which will be handy in a moment: the entry in row x and column y is the amount that the real place x receives from the generated place y.

# %% [markdown] lang="zh-TW"
# 地面上橘色的是黏土現在的位置，地面下藍色的是它該去的位置，箭頭越粗，搬得越多。最省的計畫平均搬 1.60 格，差勁的要 2.52 格。計畫也可以寫成矩陣，等一下會很好用：x 列（row）y 欄（column）的數字，是真實的位置 x 從生成的位置 y 收到多少黏土。

# %%
print("the cheapest plan: rows are real places, columns generated ones")
table(["", *map(str, range(8))], [[str(x), *row] for x, row in enumerate(cheapest)])

# %% [markdown] lang="en"
# Row 3, column 1 says that 0.3 of the clay goes from place 1 to place 3. Each row sums to what place x should have, and each column to what place y has to give.
#
# On a line you can check the cost without any plan. Stand on the border between two neighbouring places. If there is 0.4 too much clay on your left, at least 0.4 has to pass you to the right, whatever the plan. The cheapest plan moves just that and no more. So add up these surpluses over all borders, without their signs. The surplus on your left is a difference of cumulative sums, and this is the formula with F and G that we used in section 3.
#
# Below the numbers is the lab again, this time with clay. It opens with two heaps of its own that do not overlap. (Careful: the letters are the other way round there. P is the clay that you have, and Q the shape that you want. The distance is the same either way, as you will see.) Press "Move Q left" a few times, and see which of the five measures notices: KL in both directions, JS, TV or the Earth-Mover distance. (If you see no frame: for the first three presses only the Earth-Mover distance does, and it falls by exactly 1 each time.)

# %% [markdown] lang="zh-TW"
# 列 3、欄 1 的意思是：有 0.3 的黏土從位置 1 搬到位置 3。每一列加起來，是位置 x 該有的量；每一欄加起來，是位置 y 能給的量。
#
# 在一條直線上，不用任何計畫也能驗算。站到兩個相鄰位置的交界上，如果左手邊的黏土多了 0.4，那不管用什麼計畫，至少都得有 0.4 從你面前經過、往右邊去；最省的計畫剛好搬這麼多，不會多搬。所以把每個交界多出來的量加起來就好，正負號不管。左手邊多出來的量就是兩個累積總和相減，這正是第 3 節用到的、有 F 和 G 的那個公式。
#
# 數字下面又是 lab，這次換成黏土。它一打開是另外兩堆沒有重疊的黏土。（注意，lab 的 P、Q 跟前面相反：P 是現有的，Q 是想要的形狀。等一下會看到，反正兩個方向的距離一樣。）按幾下「Q 往左移」，看看五種距離裡有誰發現了：兩個方向的 KL、JS、TV，還是推土機距離？（看不到網頁的話先爆雷：前三下只有推土機距離有反應，每按一下剛好少 1。）

# %%
surplus = np.cumsum(clay_g - clay_r)
table(["border", "surplus"], [[f"{n} | {n + 1}", surplus[n]] for n in range(7)])
print(f"\nsum without signs: {np.abs(surplus).sum():.4f}")
print(f"the cheapest plan: {distance:.4f}")
print(f"from real to generated instead: {earth_mover(clay_g, clay_r)[0]:.4f}")
lab.show("distances", view="bars")

# %% [markdown] lang="en"
# Both ways give 1.6. The last line asks for the return trip, from real to generated, and the price is the same. It is as far from x to y as from y to x, so every plan can be run backwards at the same cost. The Earth-Mover distance is **symmetric**. That is why you will find it described in either direction. The WGAN paper speaks of moving the real distribution into the generated one, and means the same number.
#
# On a line, then, the Earth-Mover distance is child's play. In the plane, or between pictures, there are no borders to stand on, and the plan has to be found. That is what the general formula is for, so let's learn to read it.
#
# ## 6 · The formula, read aloud
#
# This is the formula that makes people close the tab. It is also one that you already know, because it says what you have just done with the clay. Take it one symbol at a time.
#
# $$W(P_r, P_g) = \inf_{\gamma \in \Pi(P_r, P_g)} \mathbb{E}_{(x, y) \sim \gamma}\big[\lVert x - y \rVert\big]$$
#
# Aloud: "The Earth-Mover distance is the infimum, over all couplings gamma of $P_r$ and $P_g$, of the expected distance between x and y, where the pair (x, y) is drawn from gamma." It is equation 1 of the WGAN paper, and W stands for Wasserstein.
#
# **$P_r$ and $P_g$** are the distributions of the real and of the generated data, which were P and Q so far. Here they live on three places on a line, at 0, 1 and 3, so each is a list of three probabilities.

# %% [markdown] lang="zh-TW"
# 兩種算法都是 1.6。最後一行問的是回程，從真實的搬回生成的，價錢一樣：x 到 y 和 y 到 x 一樣遠，每個計畫都可以原路倒著走，一毛都不用多付。推土機距離是**對稱的**，所以你會看到有人寫這個方向、有人寫那個方向。WGAN 論文寫的是把真實分布搬成生成分布，講的是同一個數字。
#
# 所以在一條直線上，推土機距離是小朋友等級的問題。但到了平面上、圖片之間，沒有交界可以站，計畫就得自己找了。一般的公式就是為這個準備的，我們來學怎麼念它。
#
# ## 6 · 把公式念出來
#
# 很多人看到這條公式就把分頁關掉了。先別關，它說的就是你剛剛拿黏土做的事。一個符號一個符號來。
#
# $$W(P_r, P_g) = \inf_{\gamma \in \Pi(P_r, P_g)} \mathbb{E}_{(x, y) \sim \gamma}\big[\lVert x - y \rVert\big]$$
#
# 念出來是：「從 $P_r$ 和 $P_g$ 的所有耦合裡挑一個 gamma，從它抽出一對 (x, y)，算 x 和 y 距離的期望值；試遍所有的 gamma，這個期望值的下確界，就是推土機距離。」這是 WGAN 論文的式 1，W 就是 Wasserstein 的 W。
#
# **$P_r$ 和 $P_g$** 是真實資料和生成資料的分布，也就是前面的 P 和 Q。這裡讓它們住在直線上的三個位置 0、1、3，所以各是三個機率。

# %%
positions = np.array([0.0, 1.0, 3.0])
p_r = np.array([0.5, 0.3, 0.2])
p_g = np.array([0.2, 0.3, 0.5])

# %% [markdown] lang="en"
# **$\lVert x - y \rVert$**, "the norm of x minus y", is the distance between place x and place y. For all pairs at once it is a 3×3 matrix, with x for the rows and y for the columns:

# %% [markdown] lang="zh-TW"
# **$\lVert x - y \rVert$** 念作「x 減 y 的範數」，就是位置 x 和位置 y 之間的路程。一次列出所有的配對，就是一個 3×3 的矩陣，列是 x，欄是 y：

# %%
cost = np.abs(positions[:, None] - positions)
print(cost)

# %% [markdown] lang="en"
# **$\gamma$**, "gamma", is a coupling: a joint distribution of pairs (x, y), which is to say, a plan. As with the clay, the entry in row x and column y is the amount that real place x receives from generated place y. It is a coupling *of $P_r$ and $P_g$* if its row sums are $P_r$ and its column sums are $P_g$. (These sums are called its marginals.) The coupling that needs no thought is the independent one, where x and y are drawn without regard to each other. It is what the poor plan did with the clay:

# %% [markdown] lang="zh-TW"
# **$\gamma$** 念作「gamma」，是一個耦合（coupling）：成對的 (x, y) 的聯合分布，講白了就是一個計畫。跟黏土一樣，x 列 y 欄的數字，是真實的位置 x 從生成的位置 y 收到的量。如果每列的總和是 $P_r$、每欄的總和是 $P_g$（這些總和叫邊際分布，marginals），它就是「$P_r$ 和 $P_g$ 的耦合」。最不用動腦的是獨立的耦合，x 和 y 各抽各的，誰也不管誰，也就是黏土那個差勁的計畫：

# %%
independent = np.outer(p_r, p_g)
print(independent)
print("row sums:   ", independent.sum(axis=1))
print("column sums:", independent.sum(axis=0))

# %% [markdown] lang="en"
# **$\mathbb{E}_{(x, y) \sim \gamma}[\dots]$**, "the expectation over pairs (x, y) drawn from gamma", weights each distance by the amount of clay that travels it, and adds up: gamma times cost, entry by entry. That is the average distance that the clay travels:

# %% [markdown] lang="zh-TW"
# **$\mathbb{E}_{(x, y) \sim \gamma}[\dots]$** 念作「從 gamma 抽出 (x, y) 的期望值」：每段路程乘上走這段路的量，再全部加起來，也就是 gamma 和 cost 逐格相乘。這就是黏土平均被搬了多遠：

# %%
print("expected distance:", (independent * cost).sum())

# %% [markdown] lang="en"
# **$\Pi(P_r, P_g)$**, "capital pi of $P_r$ and $P_g$", is the set of *all* couplings: every 3×3 matrix without negative entries that has these marginals. It has infinitely many members. To make some, take any positive matrix and scale its rows and its columns in turn until both kinds of sums are right (this is called iterative proportional fitting). Here are 500:

# %% [markdown] lang="zh-TW"
# **$\Pi(P_r, P_g)$** 念作「$P_r$ 和 $P_g$ 的大寫 pi」，是「所有」耦合的集合：每一個沒有負數、邊際分布又對的 3×3 矩陣都在裡面，多到數不完。想做幾個出來也不難：隨便拿一個全是正數的矩陣，輪流縮放列和欄，直到兩邊的總和都對為止（疊代比例擬合，iterative proportional fitting）。先來 500 個：

# %%
members = np.random.default_rng(SEED).uniform(size=(500, 3, 3))
for _ in range(500):
    members *= p_r[:, None] / members.sum(axis=2, keepdims=True)  # the rows' sums
    members *= p_g / members.sum(axis=1, keepdims=True)  # the columns' sums

row_error = np.abs(members.sum(axis=2) - p_r).max()
column_error = np.abs(members.sum(axis=1) - p_g).max()
print("marginals right to 1e-12:", max(row_error, column_error) < 1e-12)
costs = (members * cost).sum(axis=(1, 2))
print(f"one of them, of cost {costs[0]:.4f}:\n{members[0].round(3)}")

# %% [markdown] lang="en"
# **$\inf$**, the infimum, is the lowest that the cost can go. Here it is simply the minimum, because a best plan exists. How do you find it? The entries of gamma are unknowns, the cost is a linear function of them, and the marginals are linear equations: that is a linear program. The package's `earth_mover` solves it, and SciPy's `linprog`, which has never heard of clay, confirms the answer.

# %% [markdown] lang="zh-TW"
# **$\inf$** 是下確界（infimum），也就是成本最低能低到哪裡。這裡就是最小的成本，因為最好的計畫真的存在。怎麼找呢？gamma 的每一格都是未知數，成本是它們的線性函數，邊際分布是線性方程式，所以這是一個線性規劃問題。套件的 `earth_mover` 負責解，再請根本沒聽過黏土的 SciPy `linprog` 來對答案。

# %%
wasserstein, best = earth_mover(p_r, p_g, positions=positions)
print(f"earth_mover: {wasserstein:.10f}, by the coupling\n{best}")

row_sums = np.kron(np.eye(3), np.ones(3))  # times the nine entries: the three row sums
column_sums = np.kron(np.ones(3), np.eye(3))
primal = linprog(
    cost.ravel(), A_eq=np.r_[row_sums, column_sums], b_eq=np.r_[p_r, p_g], bounds=(0, None)
)
print(f"linprog:     {primal.fun:.10f}")
print(f"cheapest and most expensive of the 500: {costs.min():.4f}, {costs.max():.4f}")

figure, axes = new_figure(5, 3.4, 1, 1)
axes.hist(costs, 40, color=GREY, label="500 random members of Π")
label = f"infimum, W = {wasserstein:.2f}"
axes.axvline(wasserstein, color=BLUE, linewidth=3, label=label)
mean_cost = (independent * cost).sum()
axes.axvline(mean_cost, color=ORANGE, linestyle="--", label=f"independent: {mean_cost:.2f}")
axes.set(xlabel="E‖x − y‖, a member's cost", ylabel="members", xlim=(0.8, 2.6))
axes.legend(fontsize=9, loc="upper right")
figure

# %% [markdown] lang="en"
# Now the whole formula in one plain sentence: **try every way of moving the generated clay onto the real clay, and report the average distance travelled by the laziest one.**
#
# The best of the 500 random plans costs 0.9211. Guessing gets close to 0.9, but it can't tell you that nothing lies lower. That takes the linear program.
#
# You can now read the formula, and for three places you can even solve it. For two batches of 64 pictures, the answer would be about these 128 pictures alone, and the next two batches would need a new plan. For the distributions of all pictures you could not even write it down. We need another path to the same number, one that a network can walk.
#
# ## 7 · Lipschitz functions, and the dual
#
# There is one, and it begins with a rather different question: how steep is a function allowed to be?
#
# A function f is **1-Lipschitz** if it never changes by more than the distance that you go: $|f(x) - f(y)| \le \lVert x - y \rVert$ for all x and y. On a line, that means nowhere steeper than 1. If it never changes by more than K times the distance, it is $K$-Lipschitz. The smallest such K is its Lipschitz constant, written $\lVert f \rVert_L$. In other words, it is the supremum of all its slopes, up or down, between any two points, and a supremum is an infimum turned upside down: the steepest that f can get. Whenever this tutorial says K, it means this supremum.
#
# Let's measure it for a few functions, as the steepest slope between neighbours on a coarse and on a fine grid from −3 to 3:

# %% [markdown] lang="zh-TW"
# 整條公式翻成一句人話：**把生成的黏土搬成真實的黏土，所有搬法都試過一遍，最懶的那一種平均搬多遠，就是答案。**
#
# 直方圖的橫軸是計畫的成本，縱軸是有幾個計畫；藍線是下確界，橘色虛線是獨立的耦合。500 個亂湊的計畫裡，最好的是 0.9211。亂試可以很接近 0.9，卻沒辦法保證沒有更便宜的，那要靠線性規劃。
#
# 公式會念了，三個位置的情況你甚至會解了。可是拿兩批各 64 張的圖片來解，答案只管這 128 張，下一批又得重來；換成所有圖片的分布，連題目都寫不出來。我們需要另一種算法，答案一樣，但可以用神經網路訓練出來。
#
# ## 7 · Lipschitz 函數與對偶
#
# 辦法是有的，只是得從一個看似無關的問題開始：一個函數最多可以多陡？
#
# 如果函數 f 的變化從來不超過你走的距離，也就是對所有的 x 和 y 都有 $|f(x) - f(y)| \le \lVert x - y \rVert$，它就是 **1-Lipschitz** 函數。在直線上，意思是沒有任何地方比 1 更陡。如果變化從來不超過距離的 K 倍，就是 $K$-Lipschitz。這種 K 裡最小的那個，叫做它的 Lipschitz 常數，寫成 $\lVert f \rVert_L$，換句話說，是任兩點之間斜率（不管上坡下坡）的上確界（supremum）。上確界就是把下確界倒過來看：最陡能陡到哪裡。這套教學裡只要寫 K，指的都是這個上確界。
#
# 拿幾個函數來量量看，在 −3 到 3 之間用粗的和細的格點，看相鄰兩點之間最陡是多少：

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
    """The steepest slope between neighbours on a grid of `count` places."""
    x = np.linspace(-3, 3, count)
    return (np.abs(np.diff(function(x))) / np.diff(x)).max()


rows = [[name, steepest(f, 61), steepest(f, 60_001)] for name, f in functions.items()]
table(["f", "61 places", "60,001 places"], rows)

line = np.linspace(-3, 3, 601)
figure, panels = new_figure(5, 6, 2, 1, sharex=True)
for axes, name, place in zip(panels, ("sin x", "√|x|"), (1.0, 0.0), strict=True):
    height, reach = functions[name](place), np.abs(line - place)
    axes.fill_between(line, height - reach, height + reach, color=GREEN, alpha=0.2)
    axes.plot(line, functions[name](line), color=BLUE, linewidth=2)
    axes.plot(place, height, "o", color=ORANGE)
    axes.set(title=f"{name}, and slopes up to 1 (green)", ylim=(-2.5, 2.5))
panels[1].set_xlabel("x")
figure

# %% [markdown] lang="en"
# The first four are 1-Lipschitz, and one of them is an old friend, $\max(0, x)$, the ReLU. The function $3 \tanh x$ is 3-Lipschitz. On this interval, $x^2$ reaches slope 6 at the ends; on the whole line it has no Lipschitz constant at all. Neither does $\sqrt{|x|}$ on any interval around 0: the finer the grid, the steeper it looks. The green bow tie in the figure is where slopes of up to 1 lead. A 1-Lipschitz function stays inside it, wherever on the curve you put its knot, and $\sqrt{|x|}$ leaves it at once. Note also that a grid can only find a lower bound on K. Remember that for the networks in section 9.
#
# **The dual.** Imagine that you run a company that moves the clay. Every place has a price f, and at each place you buy and sell at the same price. You buy the clay at the places y where it lies, at $f(y)$, and sell it at the places x where it is wanted, at $f(x)$. Your profit is $\sum_x f(x) p_r(x) - \sum_y f(y) p_g(y)$. But your customers can do sums. If $f(x) - f(y)$ were more than the distance from y to x, they would carry the clay themselves. So your prices have to be 1-Lipschitz.
#
# How much can you earn at most? Take any plan γ that the customers could follow by themselves. Its rows sum to $p_r$ and its columns to $p_g$, so your profit is also a sum over its moves, and on no move is the price difference larger than the distance:
#
# $$\sum_x f(x)\, p_r(x) - \sum_y f(y)\, p_g(y) = \sum_{x, y} \gamma(x, y)\, [f(x) - f(y)] \le \sum_{x, y} \gamma(x, y)\, \lVert x - y \rVert$$
#
# On the right is what that plan costs. So you never earn more than the cost of *any* plan, the cheapest one included, and every 1-Lipschitz f gives a lower bound on W. The Kantorovich-Rubinstein theorem says that the best f leaves no gap at all. This is equation 2 of the WGAN paper:
#
# $$W(P_r, P_g) = \sup_{\lVert f \rVert_L \le 1} \mathbb{E}_{x \sim P_r}[f(x)] - \mathbb{E}_{x \sim P_g}[f(x)]$$
#
# Here $\sup$ is the supremum over all 1-Lipschitz functions. On finitely many places f is a list of numbers, and finding it is a linear program again, which is called the dual of the first one (the primal). Since only differences in f matter, we may fix its first value at 0.

# %% [markdown] lang="zh-TW"
# 前四個都是 1-Lipschitz，其中一個是老朋友 $\max(0, x)$，也就是 ReLU。$3 \tanh x$ 是 3-Lipschitz。$x^2$ 在這個區間的兩端斜率到 6，整條直線的話就沒有 Lipschitz 常數了。$\sqrt{|x|}$ 在任何包含 0 的區間裡也沒有：格點越細，看起來越陡。圖中藍線是函數，綠色是斜率不超過 1 的範圍。綠色像個蝴蝶結，把它的中心放到曲線上任何一點，1-Lipschitz 函數都會乖乖待在裡面；$\sqrt{|x|}$ 一出發就跑出去了。另外注意，用格點量，只能量到 K 的下界。到了第 9 節量網路時，請記得這件事。
#
# **對偶。** 假設你開了一家黏土搬運公司。每個位置都有一個價格 f，同一個位置買賣同價。你到黏土現在的位置 y，用 $f(y)$ 收購，再到需要黏土的位置 x，用 $f(x)$ 賣掉，利潤就是 $\sum_x f(x) p_r(x) - \sum_y f(y) p_g(y)$。可是客人也會算數學：如果 $f(x) - f(y)$ 比 y 到 x 的路程還多，他們就自己搬了。所以你的價格必須是 1-Lipschitz。
#
# 那最多能賺多少？隨便拿一個客人自己搬的計畫 γ。它每列的總和是 $p_r$，每欄的總和是 $p_g$，所以你的利潤也可以照它的每一次搬動來加總；而每一次搬動，價差都不會超過路程：
#
# $$\sum_x f(x)\, p_r(x) - \sum_y f(y)\, p_g(y) = \sum_{x, y} \gamma(x, y)\, [f(x) - f(y)] \le \sum_{x, y} \gamma(x, y)\, \lVert x - y \rVert$$
#
# 右邊就是那個計畫的成本。所以你賺的錢絕不會超過任何一個計畫的成本，最省的那個也不例外；每一個 1-Lipschitz 的 f 都給出 W 的一個下界。Kantorovich-Rubinstein 定理說，最好的 f 會把差距補到一點都不剩。這是 WGAN 論文的式 2：
#
# $$W(P_r, P_g) = \sup_{\lVert f \rVert_L \le 1} \mathbb{E}_{x \sim P_r}[f(x)] - \mathbb{E}_{x \sim P_g}[f(x)]$$
#
# 這裡的 $\sup$ 是在所有 1-Lipschitz 函數裡取上確界。位置只有有限個的時候，f 就是一串數字，找 f 又是一個線性規劃問題，叫做前一個問題（primal，原問題）的對偶（dual）。反正只有 f 的差才算數，第一個值就固定成 0。


# %%
def best_function(p_r, p_g, lengths):
    """The 1-Lipschitz f with the largest Σ f p_r − Σ f p_g, and that number."""
    count = len(p_r)
    pairs = [(i, j) for i in range(count) for j in range(count) if i != j]
    # a row: f[i] − f[j] ≤ the distance of i and j
    rises = np.array([np.eye(count)[i] - np.eye(count)[j] for i, j in pairs])
    bounds = [(0, 0)] + [(None, None)] * (count - 1)
    allowed = [lengths[pair] for pair in pairs]
    found = linprog(p_g - p_r, A_ub=rises, b_ub=allowed, bounds=bounds)
    return -found.fun, found.x + 0.0  # not −0


dual, f = best_function(p_r, p_g, cost)
print("three places: f =", f, f" dual {dual:.10f}  primal {wasserstein:.10f}")
clay_dual, clay_f = best_function(clay_r, clay_g, lengths)
print("the clay:     f =", clay_f, f" dual {clay_dual:.10f}  primal {distance:.10f}")

# %% [markdown] lang="en"
# The two linear programs give the same value to all 10 printed decimals, for the three places and for the clay. The first one you can check by hand. With prices of 0, −1 and −3 (only their differences matter; add 3 to each if negative prices bother you), the mean over the real places is $0.5 \cdot 0 - 0.3 \cdot 1 - 0.2 \cdot 3 = -0.9$, and over the generated ones it is $0.2 \cdot 0 - 0.3 \cdot 1 - 0.5 \cdot 3 = -1.8$. The difference is 0.9.
#
# Look at the clay's f: from each place to the next it rises or falls by exactly 1. That is no accident. Wherever clay moves, the price difference has to equal the distance, or the company would earn less than the plan costs. The table goes through all moves of the cheapest plan.

# %% [markdown] lang="zh-TW"
# 三個位置也好，黏土也好，兩個線性規劃的答案到印出來的 10 位小數都一樣。第一個用手就算得出來：價格是 0、−1、−3（只有差才算數，看不慣負的價格就每個加 3），在真實的位置上平均是 $0.5 \cdot 0 - 0.3 \cdot 1 - 0.2 \cdot 3 = -0.9$，在生成的位置上平均是 $0.2 \cdot 0 - 0.3 \cdot 1 - 0.5 \cdot 3 = -1.8$，相差 0.9。
#
# 看看黏土的 f：每走一格，都剛好升或降 1。這可不是巧合。有黏土搬動的地方，價差一定要等於整段路程，不然公司賺的就會少於計畫的成本。下表列出最省的計畫裡的每一次搬動。

# %%
rows = [
    [f"{y} to {x}", cheapest[x, y], clay_f[x] - clay_f[y], float(lengths[x, y])]
    for x, y in np.argwhere(cheapest > 0)
]
table(["move", "amount", "f(x) − f(y)", "distance"], rows)

figure, (heaps, price) = new_figure(5, 5.5, 2, 1, sharex=True)
heaps.bar(range(8), clay_g, color=ORANGE, label="generated")
heaps.bar(range(8), -clay_r, color=BLUE, label="real")
heaps.axhline(0, color="black", linewidth=0.8)
heaps.set(ylabel="share of the clay", ylim=(-0.45, 0.45))
heaps.set_yticks([-0.4, -0.2, 0, 0.2, 0.4], ["0.4", "0.2", "0", "0.2", "0.4"])
heaps.legend(fontsize=9, loc="lower left")
price.plot(range(8), clay_f, "o-", color=GREEN, linewidth=2)
price.set(xlabel="place", ylabel="f", title="the best 1-Lipschitz f", xticks=range(8))
figure

# %% [markdown] lang="en"
# In every row $f(x) - f(y)$ equals the distance. **Along each path of the best plan, the best f has slope 1.** ([Gulrajani et al. (2017)](https://arxiv.org/abs/1704.00028), Proposition 1, take this as a reason to pull the norms of the critic's gradients towards 1, as you will in notebook 3.) In the figure, f is high where clay is wanted and low where there is too much of it. So if you stand at a generated point and climb f, you walk towards the real data. Hold on to this picture, because that slope is what the generator of a WGAN follows.
#
# One thing remains: what does the limit on the slope do? Without it, the difference of the means can grow without limit. Make f K times as steep, and the difference is K times as large. So the limit is what turns a difference of two means into a distance. You have now seen the same number come out of two opposite searches: the smallest cost over all plans, and the largest difference of means over all 1-Lipschitz functions. The second one can be trained.
#
# ## 8 · Two theorems: why W is a good loss, and why following f lowers it
#
# Before we hand f to a network, let's see what theory promises a generator that follows it. The WGAN paper has two theorems about that. (We can do without its Theorem 2, which compares W with other distances.)
#
# **Theorem 1: W is continuous.** Let $g_\theta$ be a generator with weights θ that turns random inputs z into points, and let $P_\theta$ be the distribution of its points. If $g_\theta$ depends continuously on θ, then so does $W(P_r, P_\theta)$. Under a mild condition (the usual networks meet it, with ReLUs as well, if $\lVert z \rVert$ has a finite mean), W even has a gradient with respect to θ almost everywhere. For JS and KL neither holds in general. In plain words: if you change the weights a little, W changes a little, while JS may jump. You saw both with the two lines, which are a generator of a single weight. Exercise 4 does the same with 66 weights, and shows what the theorem does *not* promise. It gives you a slope to follow, not a guarantee to arrive.
#
# **Theorem 3: where the slope comes from.** Let f be the best 1-Lipschitz function between $P_r$ and $P_\theta$. Then, whenever both sides are well defined,
#
# $$\nabla_\theta W(P_r, P_\theta) = -\mathbb{E}_z\big[\nabla_\theta f(g_\theta(z))\big]$$
#
# In plain words: the direction that takes the generator's points uphill on the best f is the direction in which W falls fastest. (After a small step, f has to be found anew.) You might worry that f itself changes when θ does. It does, but f was chosen so that the difference of the means is as large as possible. And next to a maximum, being a little off the best choice costs almost nothing, to first order nothing at all. (Economists call that the envelope theorem.)
#
# Let's check it. The generator is $g(z) = \text{mean} + \text{width} \cdot z$, with two weights. The real points are 500 draws from $N(2, 0.5^2)$, the Gaussian of mean 2 and width 0.5. On a line we know the slope of the best f without training anything: it is 1 at a point with more generated than real points on its left (the clay has to go right), and −1 in the opposite case. The left-hand side of the theorem comes from the exact W by finite differences, the right-hand side from f.

# %% [markdown] lang="zh-TW"
# 每一列的 $f(x) - f(y)$ 都等於路程。**沿著最佳計畫的每條路，最好的 f 斜率都是 1。**（[Gulrajani 等人（2017）](https://arxiv.org/abs/1704.00028) 的命題 1 就拿這個當理由，把評價器的梯度範數拉向 1，第 3 份筆記本會再談。）上圖藍色是真實的、橘色是生成的黏土，下圖綠線是最好的 f：缺黏土的地方 f 高，黏土太多的地方 f 低。所以站在生成的點上、順著 f 往上爬，就會走向真實資料。這個畫面請記好，WGAN 的生成器跟著走的就是這個坡。
#
# 還有一件事：限制斜率到底有什麼用？沒有這個限制，兩個平均的差要多大有多大：f 陡 K 倍，差就大 K 倍。所以，有了這個限制，兩個平均相減才配叫做距離。到這裡，同一個數字已經從兩個相反的方向冒出來了：所有計畫裡最小的成本，以及所有 1-Lipschitz 函數裡最大的平均差。而後面這個，是可以訓練的。
#
# ## 8 · 兩個定理：為什麼 W 適合當損失，跟著 f 走為什麼會讓它變小
#
# 把 f 交給網路之前，先看看理論上跟著 f 走的生成器能得到什麼保證。WGAN 論文裡有兩個定理跟這個有關。（定理 2 是拿 W 跟其他距離比較，這裡用不到。）
#
# **定理 1：W 是連續的。** 設 $g_\theta$ 是權重為 θ 的生成器，把隨機輸入 z 變成點，$P_\theta$ 是這些點的分布。如果 $g_\theta$ 對 θ 連續，那麼 $W(P_r, P_\theta)$ 也對 θ 連續。再加上一個不嚴苛的條件（常見的網路都符合，用 ReLU 也行，只要 $\lVert z \rVert$ 的期望值有限），W 幾乎處處都有對 θ 的梯度。JS 和 KL 一般來說兩樣都沒有。白話一點：權重動一點點，W 就只動一點點，JS 卻可能突然跳一大下。前面那兩條線就是這樣，它們是只有一個權重的生成器。練習 4 換成 66 個權重再做一次，順便讓你看看定理「沒有」保證什麼。它給的是一個可以跟著走的坡，不是包你到站。
#
# **定理 3：這個坡從哪裡來。** 設 f 是 $P_r$ 與 $P_\theta$ 之間最好的 1-Lipschitz 函數。只要兩邊都有定義，就有
#
# $$\nabla_\theta W(P_r, P_\theta) = -\mathbb{E}_z\big[\nabla_\theta f(g_\theta(z))\big]$$
#
# 意思是：讓生成器的點順著最好的 f 往上坡走，這個方向就是 W 下降最快的方向。（走一小步之後，f 要重找。）你可能會擔心：θ 一變，f 不是也會跟著變嗎？會。可是 f 本來就是讓平均差最大的那一個，而在最大值旁邊，偏一點點幾乎不會有損失（用一階近似看，完全沒有）。經濟學家管這個叫包絡定理（envelope theorem）。
#
# 來驗證。生成器是 $g(z) = \text{mean} + \text{width} \cdot z$，只有兩個權重；真實的點是從 $N(2, 0.5^2)$（平均值 2、寬度 0.5 的高斯分布）抽的 500 個。在直線上，最好的 f 斜率不用訓練就知道：某個點的左邊，生成的比真實的多，黏土就得往右搬，斜率是 1；反過來就是 −1。定理的左邊用精確的 W 做有限差分，右邊由 f 算出。

# %%
z = np.random.default_rng(SEED).normal(size=500)
real = np.random.default_rng(SEED + 1).normal(2, 0.5, size=500)


def best_slope(fake):
    """The best f's slope at each fake: 1 if more fakes than real points lie further left."""
    fakes_left = np.argsort(np.argsort(fake)) + 0.5  # half of the point itself
    real_left = np.searchsorted(np.sort(real), fake)
    return np.sign(fakes_left - real_left)


def by_theorem_3(mean, width):
    """−E of the slope of f(g(z)) with respect to the mean, and to the width."""
    slope = best_slope(mean + width * z)
    return -slope.mean(), -(slope * z).mean()


def exact(mean, width):
    return earth_mover_of_samples(real, mean + width * z)[0]


rows = []
for mean, width in [(-2.0, 0.2), (1.8, 0.1), (2.5, 1.5)]:
    step = 1e-4
    rows.append([mean, width])
    rows[-1].append((exact(mean + step, width) - exact(mean - step, width)) / (2 * step))
    rows[-1].append((exact(mean, width + step) - exact(mean, width - step)) / (2 * step))
    rows[-1] += by_theorem_3(mean, width)
heads = ["mean", "width", "dW/dmean", "dW/dwidth", "by f: mean", "by f: width"]
table(heads, rows)

# %% [markdown] lang="en"
# The columns on the left are the true gradient of W, those on the right are what the generator learns from f, and they agree to all printed digits. In the first row the generator is far to the left of the real points and every point has slope 1. In the second it is nearly in the right place but too narrow (dW/dwidth is negative: growing wider lowers W), in the third too wide.
#
# So a generator that descends $-\mathbb{E}[f(g(z))]$ descends W, provided that f is kept at its best. We can watch that. The generator starts at mean −2 and width 0.2, and takes 100 steps with a learning rate of 0.05. Before each step, f is found anew.

# %% [markdown] lang="zh-TW"
# 左邊兩欄是 W 真正的梯度，右邊兩欄是生成器從 f 得到的，印出來的每一位都一樣。第一列的生成器還遠遠落在左邊，每個點的斜率都是 1；第二列位置差不多對了，但太窄（dW/dwidth 是負的，變寬 W 會變小）；第三列則太寬。
#
# 所以，只要 f 一直保持在最好的狀態，生成器對 $-\mathbb{E}[f(g(z))]$ 做梯度下降，就等於對 W 做梯度下降。直接看一遍吧：生成器從平均值 −2、寬度 0.2 出發，走 100 步，學習率 0.05，每走一步之前都重新找一次 f。

# %%
weights = np.array([-2.0, 0.2])  # the generator's mean and width
travelled = [weights]
for _ in range(100):
    weights = weights - 0.05 * np.array(by_theorem_3(*weights))
    travelled.append(weights)

distances = np.array([exact(*weights) for weights in travelled])
rows = [
    [str(n), *(f"{value:.3f}" for value in [*travelled[n], distances[n]])]
    for n in (0, 20, 40, 60, 80, 100)
]
table(["step", "mean", "width", "W"], rows)
uphill = np.flatnonzero(np.diff(distances) > 0) + 1
print(f"\nsteps that made W larger: {len(uphill)}, the first of them step {uphill[0]}")

mean, width = np.transpose(travelled)
figure, (places_of, values) = new_figure(5, 6, 2, 1, sharex=True)
places_of.axhspan(1, 3, color=BLUE, alpha=0.25, label="real points")
low, high = mean - 2 * width, mean + 2 * width
places_of.fill_between(range(101), low, high, color=ORANGE, alpha=0.6, label="generated")
places_of.set(ylabel="x, mean ± 2 widths", title="the generator follows the best f")
places_of.legend(loc="lower right")
values.plot(distances, color=BLUE)
values.set(xlabel="generator step", ylabel="W", title="and the Earth-Mover distance falls")
figure

# %% [markdown] lang="en"
# The upper panel shows where the generated points are, and the lower one W. First the generator marches right at a steady pace. Every point is told the same thing, "go right", so nobody tells the generator to grow wider. (Its width even shrinks a little, from 0.2 to 0.119 at step 60, because the mean of our 500 z happens not to be exactly 0.) From the moment it reaches the real points it widens to cover them, and after 100 steps it is at mean 1.991 and width 0.441, compared with the true 2 and 0.5. W falls from 3.988 to 0.029. Only 7 steps made it larger, the first of them step 89: so close to the goal, steps with a fixed learning rate begin to overshoot.
#
# This little loop (find the best f, then move the generator up on it) is a WGAN. All that is missing is a way to find f among pictures.
#
# ## 9 · A network in place of f: the critic
#
# With pictures, we can neither list the values of f nor count points to the left. WGAN uses a neural network instead, the **critic**. It is trained to make the difference of the two means as large as it can. To keep its slope bounded, its weights are kept small: after every update, each weight is clipped to $[-c, c]$. A chain of linear layers and (leaky) ReLUs with bounded weights is $K$-Lipschitz for some K, although nobody tells you which. (That does not cover batch normalisation, as notebook 3 will show.)
#
# A critic for points in the plane fits on one screen, so let's write one. There is no sigmoid at the end, since f is a score and not a probability, and there is no logarithm in the loss. The real points are drawn from eight narrow Gaussians in a ring, and the fakes are other points from the same ring, moved to the right by 1. After 1, 10, 100 and 1000 steps we ask three things: what is the difference of the means (the estimate)? Between which bounds does K lie? And what is the estimate divided by K? The steepest slope that we find bounds K from below. From above it is bounded by the product of what each layer can stretch a difference by (the norm of its matrix). `wasserstein_from_critic` computes both.

# %% [markdown] lang="zh-TW"
# 上圖的藍色帶子是真實的點，橘色帶子是生成的點，下圖是 W。一開始，生成器用固定的速度往右走。每個點聽到的都是同一句「往右」，沒有人叫它變寬。（寬度甚至還縮了一點，從 0.2 到第 60 步的 0.119，因為這 500 個 z 的平均不會剛好等於 0。）等它碰到真實的點，就開始變寬、把它們蓋住，走完 100 步時平均值是 1.991、寬度 0.441，正確答案是 2 和 0.5。W 從 3.988 降到 0.029。有 7 步讓 W 變大，第一次發生在第 89 步：離目標這麼近了，學習率卻固定那麼大，難免踩過頭。
#
# 這個小小的迴圈（先找最好的 f，再讓生成器順著它往上走）就是 WGAN。只差一件事：面對圖片，f 要去哪裡找？
#
# ## 9 · 用網路代替 f：評價器
#
# 面對圖片，我們列不出 f 的值，也沒辦法數左邊有幾個點。WGAN 的做法是請一個神經網路來當 f，也就是**評價器**（critic），訓練的目標是讓兩個平均的差越大越好。為了不讓斜率爆掉，權重必須很小：每次更新之後，每個權重都裁剪到 $[-c, c]$，這叫權重裁剪（weight clipping）。線性層和 leaky ReLU 一層接一層、權重又有上限，就一定是某個 K 的 $K$-Lipschitz，只是沒有人告訴你 K 是多少。（批次正規化不算在內，第 3 份筆記本會說明原因。）
#
# 平面上的評價器一個畫面就放得下，自己寫一個吧。最後沒有 sigmoid，因為 f 是分數，不是機率；損失裡也沒有對數。真實的點抽自八個很窄的高斯分布，圍成一圈；假的點也抽自同一圈，再往右移 1。在第 1、10、100、1000 步，我們問三件事：兩個平均差多少（估計值）？K 夾在哪兩個數字之間？估計值除以 K 又是多少？K 至少是量到的最陡斜率；至於上限，把每一層最多能把差距拉大幾倍（矩陣的範數）乘起來就是。兩個都由 `wasserstein_from_critic` 算出。


# %%
def clipped_critic(real, fake, report_at, c=0.1):
    """Trains a critic, and reports its estimate at the given steps."""
    keras.utils.set_random_seed(SEED)
    critic = keras.Sequential(
        [
            keras.Input((2,)),
            keras.layers.Dense(64, activation="leaky_relu"),
            keras.layers.Dense(64, activation="leaky_relu"),
            keras.layers.Dense(1),  # a score: no sigmoid
        ]
    )
    optimizer = keras.optimizers.RMSprop(c / 20)
    for step in range(1, max(report_at) + 1):
        with tf.GradientTape() as tape:
            estimate = tf.reduce_mean(critic(real)) - tf.reduce_mean(critic(fake))
            loss = -estimate  # the optimizer descends, and the estimate should rise
        variables = critic.trainable_variables
        optimizer.apply(tape.gradient(loss, variables), variables)
        for variable in variables:
            variable.assign(tf.clip_by_value(variable, -c, c))
        if step in report_at:
            yield step, wasserstein_from_critic(critic, real, fake)


real = toy_points("8-gaussians", 256, SEED)
fake = toy_points("8-gaussians", 256, SEED + 1) + np.float32([1, 0])
truth, _ = earth_mover_of_samples(real, fake)
rows = []
for step, found in clipped_critic(real, fake, REPORT_AT):
    rows.append([str(step), found.estimate, found.lipschitz_low, found.lipschitz_high])
    rows[-1] += [found.low, found.high]
table(["steps", "estimate", "K at least", "K at most", "low", "high"], rows)
print(f"\nexact Earth-Mover distance: {truth:.4f}")

# %% [markdown] lang="en"
# If you watched only the column `estimate`, you would see it climb from 0.104 to 2.316, and conclude that the distance had grown more than twentyfold. In fact it is 0.9848 the whole time. (It is not exactly 1, because the two sets are different draws.) What has grown is mostly K: clipping lets the weights grow up to c and no further, and the critic uses that room. The last two columns divide the estimate by the two bounds of K: after 10 steps that gives 0.58 and 0.66, and after 1000 it is no better. The smaller one is a guaranteed lower bound on the distance, but 1000 steps do not close the gap: it comes from the network, the clipping or the optimizer.
#
# Was that an unlucky example? `critic_ruler` repeats it with three data sets and five shifts, with a new critic of 600 steps for each.

# %% [markdown] lang="zh-TW"
# 假設你只盯著 `estimate` 那一欄：它從 0.104 爬到 2.316，看起來距離變成二十幾倍，可是精確的距離從頭到尾都是 0.9848。（不是剛好 1，因為兩邊抽到的點不一樣。）變大的主要是 K：裁剪只規定權重最多到 c，評價器就把這個空間用好用滿。最後兩欄（low、high）是估計值除以 K 的上下限：第 10 步時是 0.58 和 0.66，到了第 1000 步也沒有更好。小的那個保證是距離的下界，但練到 1000 步也沒補上這個差距，問題出在網路、裁剪或最佳化器。
#
# 會不會只是運氣不好？`critic_ruler` 換三組資料、五種位移再做一遍，每次都訓練一個新的評價器，各 600 步。

# %%
ruler = critic_ruler(SHIFTS, RULER_STEPS, seed=SEED)
rows, raw_shares, shares = [], [], []
for name, results in ruler.numbers.items():
    for found in results:
        ends = [found["low"], found["high"]]
        bounds = [found["lipschitz_low"], found["lipschitz_high"]]
        rows.append(
            [name, found["shift"], found["exact"], found["estimate"], *bounds, *ends]
        )
        raw_shares.append(found["estimate"] / found["exact"])
        shares += [end / found["exact"] for end in ends]
print(f"estimate / exact:       {min(raw_shares):.2f} to {max(raw_shares):.2f}")
print(f"(estimate / K) / exact: {min(shares):.2f} to {max(shares):.2f}")
heads = ["points", "shift", "exact", "estimate", "K at least", "K at most"]
heads += ["low", "high"]
text = f"<pre>{aligned(heads, rows)}</pre>"
display(HTML(f"<details><summary>all numbers of the figure</summary>{text}</details>"))
ruler.figure.set_size_inches(5, 5)
ruler.figure

# %% [markdown] lang="en"
# The crosses are the raw estimates, 1.80 to 2.79 times the exact distance (the dashed line at 1). The bars are the estimates divided by K, between its two bounds, and they lie at 0.42 to 0.85 of the truth. No bar reaches 1. The lower end of a bar can never pass it, by section 7. The share also differs from case to case, so you cannot simply divide it out. You will often read that the difference of the critic's means *is* the Earth-Mover distance. Our verdict is: **up to the factor K, and if the critic is near its best.** K is not known exactly and changes during training, and after 600 steps these clipped critics were far from the best 1-Lipschitz functions.
#
# Fortunately the generator needs the slope of f more than its value. The last experiment is about that.
#
# **The gradient that vanishes.** This is figure 2 of the WGAN paper. The real points are draws from $N(2, 0.5^2)$, the generated ones from $N(-2, 0.5^2)$. A discriminator and a clipped critic with the same layers are trained for the same number of steps on the same points. Then we measure the gradient that each would send to the generator at its points.

# %% [markdown] lang="zh-TW"
# 叉號是原始的估計值，是精確距離（虛線，也就是 1）的 1.80 到 2.79 倍。長條是估計值除以 K 的上下界，落在真值的 0.42 到 0.85 之間，沒有一根碰到 1。依第 7 節，長條的下端本來就不可能越過那條線。比例又會隨情況而變，所以也不能直接除掉了事。你常常會讀到：評價器兩個平均的差「就是」推土機距離。結論是：**差一個倍數 K，而且評價器要夠接近最佳，才算數。** K 的值無法確知，訓練中還會變；而且練了 600 步，這些裁剪過的評價器離最好的 1-Lipschitz 函數還遠得很。
#
# 好在生成器要的是 f 的坡，不太在乎 f 的值。最後一個實驗就來看這個坡。
#
# **消失的梯度。** 這是 WGAN 論文的圖 2。真實的點抽自 $N(2, 0.5^2)$，生成的點抽自 $N(-2, 0.5^2)$。判別器和裁剪過的評價器用一樣的層、一樣的點，訓練一樣多步，然後量量看它們會送多少梯度給生成器的點。

# %%
vanishing = vanishing_gradient(STEPS, seed=SEED)
found = vanishing.numbers
rows = [
    ["log(1 − D), mean", found["log_1_minus_d_gradient"]],
    ["log(1 − D), median", found["log_1_minus_d_gradient_median"]],
    ["−log D, mean", found["minus_log_d_gradient"]],
    ["the critic, mean", found["critic_gradient"]],
]
table(["gradient at the fakes", ""], rows)
rows = [["least", found["critic_slope_least"]], ["greatest", found["critic_slope_most"]]]
table(["the critic's slope from −4 to 4", ""], rows)
print(f"\nmean D at the fakes: {found['d_at_fake']:.4g}")
vanishing.figure.set_size_inches(5, 7.5)
vanishing.figure

# %% [markdown] lang="en"
# The upper panel shows what the two networks answer along the line, with the points as histograms (the generated ones are called fake). The lower panel shows the size of the gradients, on a logarithmic scale. Here is what each loss tells the generator.
#
# - From $\log(1 - D)$, the loss of the original minimax game, the mean gradient is 0.0005 and the median 0.000015. It has vanished. D is sure of itself (0.00008 on average at the generated points), and where D is close to 0, $\log(1 - D)$ is flat. This is what section 3 said about JS, now with a discriminator that was really trained.
# - From the critic it is 1.317, and it lies between 1.306 and 4.096 on the whole line from −4 to 4. Wherever a point is, the critic tells it which way to go.
# - From $-\log D$, the loss that GANs are trained with in practice (yours, too), it is 5.718. **This one does not vanish either:** the derivative of $-\log D$ is that of D divided by D, and dividing by something so small makes up for the flatness. So "the gradient of a GAN vanishes" is true of the first loss, and not of this trick that everybody uses. (Arjovsky and Bottou (2017) have other objections to it, in their section 2.2.2. They cannot be seen in this figure.)
#
# Do not compare 1.317 with 5.718: the critic's scale is K, which c decides. The critic's slope also hints at why the bars above fall short. K is set by the steepest slope, here 4.096 in one short stretch near 0, while at the fakes the slope is 1.317, a third of it. The best f would be equally steep all the way from the fakes to the real points.
#
# ## 10 · What WGAN makes of all this
#
# In notebook 2, every row of this table turns into code.
#
# | | GAN | WGAN |
# | --- | --- | --- |
# | the adversary | a discriminator, with a sigmoid | a critic, with a plain score |
# | its loss | logarithms of probabilities | a difference of two means |
# | what it measures at its best | JS | at most K times W |
# | what keeps it in bounds | nothing | weights clipped to $[-c, c]$ |
# | how well it is trained | not too well, or the gradient vanishes | the closer to its best, the better |
# | optimizer | Adam in the DCGAN | RMSprop, since momentum sometimes made training unstable |
#
# And here is what it costs, because nothing is free:
#
# - The clip value c is one more number to choose. If it is too large, the critic takes long to reach its limits; if it is too small, gradients vanish on their way through many layers. The authors themselves call clipping "a clearly terrible way" to enforce a Lipschitz constraint.
# - Theorem 3 wants f at its best, so the critic makes several steps for each step of the generator (`n_critic`, 5 in the paper). They take time.
# - Two critics, or two values of c, cannot be compared by their curves.
#
# Is it worth it? Notebooks 2 and 3 measure that.
#
# ## Key points
#
# If you remember seven things from this page, let it be these.
#
# - KL is the mean excess surprise. It has a direction (0.1196 against 0.0979 nats for the two pools). One direction covers, the other seeks a mode. It is infinite as soon as something possible is thought impossible.
# - JS compares both pools with their mixture M. It is symmetric, at least 0 as a mean of KLs, and at most $\log 2$. Where two distributions do not overlap, it is $\log 2$ and its slope is 0.
# - The best discriminator is $D^* = \frac{p}{p + q}$, and it measures JS: $V(D^*) = 2\, \mathrm{JS} - 2 \log 2$.
# - The Earth-Mover or Wasserstein-1 distance is the cost of the cheapest plan. It is symmetric. For our lines and Gaussians its slope was 1 or −1 at every distance that we tried.
# - It is also the largest difference of means over all 1-Lipschitz functions f. Theorem 1 says that it changes continuously with the generator's weights, Theorem 3 that climbing the best f lowers it.
# - "The critic measures the Earth-Mover distance" holds up to K, and near the optimum. Here, the raw estimate was 1.80 to 2.79 times the exact distance, and the estimate divided by K was 0.42 to 0.85 of it.
# - "The GAN's gradient vanishes, the critic's does not": we saw that for $\log(1 - D)$, and not for $-\log D$.
#
# ## Exercises
#
# Guess first, then compute. Each solution is folded away, together with what it prints.
#
# **1.** Pool Q makes its SSRs rarer and rarer: the rate falls from 0.01 to 0.0001 and further (what is taken away goes to N). What do $\mathrm{KL}(P \Vert Q)$, $\mathrm{KL}(Q \Vert P)$ and JS do? Guess first which of the three stay bounded.
#
# <details><summary>Solution</summary>
#
# Only $\mathrm{KL}(P \Vert Q)$ grows without bound, like $0.05 \log \frac{1}{q}$. That is slow, 0.115 for each further factor of 10, but it never ends. In $\mathrm{KL}(Q \Vert P)$ the term $q \log \frac{q}{p}$ goes to 0, and JS is bounded by $\log 2$ anyway.
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
# ```
#     rate   KL(P‖Q)   KL(Q‖P)        JS
#     0.01    0.1196   0.09785   0.02618
#   0.0001    0.3428    0.1266   0.03668
#    1e-08    0.8033    0.1274   0.03702
#    1e-16     1.724    0.1274   0.03702
# ```
#
# </details>
#
# **2.** Narrow the two Gaussians of section 3 to a width of 0.25. At about which θ does the slope of JS now fall below 0.001? With a width of 1 it was 0.0062 at 6 and 0.0002 at 8. What does the slope of the Earth-Mover distance do?
#
# <details><summary>Solution</summary>
#
# For the value of JS, only θ divided by the width counts: at 2 it is what it was at 8 before. It gets there in a quarter of the distance, so its slope at 2 is 4 times the slope that it had at 8, which makes 0.0008. So it falls below 0.001 just before 2. The thinner the distributions, the nearer they must be for JS to say anything, and two lines are the end of that road. The slope of the Earth-Mover distance is 1 as before.
#
# ```python
# rows = []
# for theta in (0.25, 0.5, 1.0, 1.5, 2.0, 4.0):
#     of_js = with_slope(js_of_gaussians, theta, 0.25)
#     rows.append([theta, *of_js, *with_slope(em_of_gaussians, theta, 0.25)])
# table(["theta", "JS", "its slope", "EM", "its slope"], rows)
# ```
#
# ```
#    theta       JS   its slope     EM   its slope
#     0.25   0.1114      0.7959   0.25           1
#      0.5   0.3368      0.8992    0.5           1
#        1   0.6327      0.2744      1           1
#      1.5   0.6893     0.02491    1.5           1
#        2   0.6931   0.0007857      2           1
#        4   0.6931   3.116e-14      4           1
# ```
#
# </details>
#
# **3.** Somebody claims to have a plan for the clay of section 5 that costs only 1.3 places. Refute it without looking at any plan, with a single function that you can write down.
#
# <details><summary>Solution</summary>
#
# Every 1-Lipschitz f gives a lower bound. The clay is wanted in the middle, so let the price fall with the distance from place 4, $f(x) = -|x - 4|$. Its mean is −1.1 over the real places and −2.5 over the generated ones. The difference, 1.4, is what every plan costs at the least. The best f gives 1.6.
#
# ```python
# guess = -np.abs(np.arange(8) - 4)
# print(f"{(guess * clay_r).sum():.4f} − ({(guess * clay_g).sum():.4f})")
# print(f"lower bound: {(guess * (clay_r - clay_g)).sum():.4f}, best: {clay_dual:.4f}")
# ```
#
# ```
# -1.1000 − (-2.5000)
# lower bound: 1.4000, best: 1.6000
# ```
#
# </details>
#
# **4.** Try Theorem 1 on a network of 66 weights: let it turn 100 numbers into 100 points of a curve in the plane, and call its output at $t = 0$ the real points. Then move all of its weights by t in one random direction. How do JS and W go to 0 as t does? And does W fall all the way, if you come from $t = -1$?
#
# <details><summary>Solution</summary>
#
# ```python
# rng = np.random.default_rng(SEED)
# inputs = np.linspace(-1, 1, 100)[:, None]
# shapes = [(1, 16), (16,), (16, 2), (2,)]
# weights, direction = ([rng.normal(size=shape) for shape in shapes] for _ in range(2))
#
#
# def generate(t):
#     hidden, bias, out, shift = (w + t * d for w, d in zip(weights, direction))
#     return np.tanh(inputs @ hidden + bias) @ out + shift
#
#
# def js_of_points(x, y):
#     points = np.unique(np.r_[x, y], axis=0)
#     counts = [(points[:, None] == some).all(axis=2).sum(axis=1) for some in (x, y)]
#     return js_divergence(*counts)
#
#
# rows = []
# for t in (-1.0, -0.6, -0.4, -0.1, -0.01, -0.001, -0.0001, 0.0):
#     moved, _ = earth_mover_of_samples(generate(0.0), generate(t))
#     rows.append([t, js_of_points(generate(0.0), generate(t)), moved])
# table(["t", "JS", "W"], rows)
# ```
#
# ```
#          t       JS           W
#         -1   0.6931       1.461
#       -0.6   0.6931       0.658
#       -0.4   0.6931      0.8247
#       -0.1   0.6931      0.3169
#      -0.01   0.6931     0.03299
#     -0.001   0.6931    0.003308
#    -0.0001   0.6931   0.0003309
#          0        0           0
# ```
#
# Close to $t = 0$, W shrinks in step with t, while JS is $\log 2$ even when the weights are only 0.0001 away, since no two of the points coincide. Farther out W is continuous, too, but it does not fall all the way: it has a dip near $t = -0.6$ and rises again before it goes down to 0. Along this one line through the 66 dimensions, a generator that comes from $t = -1$ would be stuck in the dip, WGAN or not.
#
# </details>
#
# <details><summary>Glossary</summary>
#
# | term | where | in one sentence |
# | --- | --- | --- |
# | distribution | 1 | says how likely each card, point or picture is |
# | KL divergence | 1 | the mean excess surprise of someone who believes the wrong rates |
# | nat | 1 | the unit of surprise when the logarithm is natural |
# | mode, mode collapse | 1 | a hump of a distribution; drawing one kind of picture and never the others |
# | JS divergence | 2 | the mean of the KLs from both pools to their mixture |
# | generator | 3 | the network that makes pictures out of random numbers |
# | discriminator | 4 | the adversary in a GAN; gives the probability that a picture is real |
# | Earth-Mover distance, Wasserstein-1 distance | 5 | the average distance that the clay travels under the cheapest plan |
# | coupling, marginals | 6 | a plan written as a matrix, and the sums of its rows and columns |
# | infimum, supremum | 6, 7 | the lowest that something can go, and the highest |
# | Lipschitz constant K | 7 | the supremum of a function's slopes, up or down |
# | dual | 7 | the second path to the same number: the best prices in place of the best plan |
# | critic | 9 | the adversary in a WGAN; gives a score |
# | weight clipping, clip value c | 9 | pulling each weight back into $[-c, c]$ after every update |
# | vanishing gradient | 9 | a slope so small that the generator learns nothing from it |
#
# </details>
#
# ## Next
#
# If you made it here, you have done the hard part, and the pictures are your reward. [01_dcgan](01_dcgan.ipynb) writes a GAN with a discriminator from scratch, and watches what its losses do and do not tell.

# %% [markdown] lang="zh-TW"
# 上圖是兩個網路在這條線上的回答，還有點的直方圖（real 是真實的，fake 是生成的）；下圖是梯度的大小，縱軸用對數刻度，橘色區域是假的點所在的地方。一個一個看，每種損失跟生成器說了什麼。
#
# - 來自 $\log(1 - D)$（最早的 minimax 賽局用的損失）的梯度，平均 0.0005，中位數 0.000015，已經消失了。D 信心滿滿（在生成的點上平均只有 0.00008），而 D 接近 0 的地方，$\log(1 - D)$ 是一片平地。第 3 節說 JS 給不出梯度，這次真的訓練了一個判別器，果然如此。
# - 來自評價器的是 1.317；從 −4 到 4 整條線上，都在 1.306 到 4.096 之間。不管點在哪裡，評價器都說得出該往哪走。
# - 來自 $-\log D$（實際訓練 GAN 時用的損失，你的 DCGAN 也是）的是 5.718。**這個也沒有消失喔：** $-\log D$ 的導數是 D 的導數除以 D，除以這麼小的數字，剛好把平掉的坡救回來。所以「GAN 的梯度會消失」說的是第一種損失，不是大家真正在用的這一招。（Arjovsky 與 Bottou（2017）第 2.2.2 節對這一招另有批評，不過在這張圖裡看不出來。）
#
# 別拿 1.317 和 5.718 比大小：評價器的尺度是 K，由 c 決定。從評價器的斜率，也猜得到前面的長條為什麼偏短。K 由最陡的斜率決定，這裡是 4.096，只出現在 0 附近的一小段；在假的點上，斜率只有 1.317，大約三分之一。最好的 f 則會從假的點一路同樣陡到真實的點。
#
# ## 10 · WGAN 拿這些做了什麼
#
# 到了第 2 份筆記本，下表的每一列都會變成程式。
#
# | | GAN | WGAN |
# | --- | --- | --- |
# | 對手 | 判別器，最後有 sigmoid | 評價器，直接給分數 |
# | 對手的損失 | 機率的對數 | 兩個平均的差 |
# | 練到最強時量的是 | JS | 最多是 W 的 K 倍 |
# | 靠什麼約束 | 沒有 | 權重裁剪到 $[-c, c]$ |
# | 該練到多強 | 不能太強，不然梯度會消失 | 越接近最強越好 |
# | 最佳化器 | DCGAN 用 Adam | RMSprop，因為動量有時會讓訓練不穩 |
#
# 天下沒有白吃的午餐，代價如下：
#
# - 裁剪值 c 又是一個要調的數字。太大，評價器要練很久才會碰到上限；太小，梯度穿過好幾層就不見了。論文作者自己都說，用裁剪來達成 Lipschitz 約束「顯然是個糟糕的辦法」。
# - 定理 3 要的是最好的 f，所以生成器每走一步，評價器要走好幾步（`n_critic`，論文用 5），很花時間。
# - 兩個評價器、兩種 c 之間，不能拿估計值的曲線來比。
#
# 這筆交易划不划算，要量了才知道，第 2 份和第 3 份筆記本就來量。
#
# ## 重點整理
#
# 如果整份只記得住七件事，就記這七件。
#
# - KL 是平均多出來的驚訝度。它有方向（兩個卡池之間是 0.1196 和 0.0979 nat），一個方向會全部蓋住，另一個方向只挑一個模式；只要有可能發生的事被當成不可能，它就是無限大。
# - JS 拿兩個卡池各自和混合池 M 比。它是對稱的；因為是 KL 的平均，所以至少是 0，至多是 $\log 2$。兩個分布沒有交集時，它就是 $\log 2$，斜率是 0。
# - 最佳的判別器是 $D^* = \frac{p}{p + q}$，它量的是 JS：$V(D^*) = 2\, \mathrm{JS} - 2 \log 2$。
# - 推土機距離（Wasserstein-1 距離）是最省的計畫的成本，它是對稱的。在我們的直線和高斯分布上，試過的每個距離，斜率不是 1 就是 −1。
# - 它也是所有 1-Lipschitz 函數 f 裡最大的平均差。定理 1 說，它隨生成器的權重連續變化；定理 3 說，順著最好的 f 往上爬，它就會變小。
# - 「評價器量的就是推土機距離」：差一個倍數 K，還要接近最佳才成立。這裡原始的估計值是精確距離的 1.80 到 2.79 倍，除以 K 之後是 0.42 到 0.85 倍。
# - 「GAN 的梯度會消失，評價器的不會」：$\log(1 - D)$ 確實如此，$-\log D$ 則不然。
#
# ## 練習
#
# 先猜，再算。解答都摺起來了，程式印出什麼也附在裡面。
#
# **1.** Q 池越來越黑心，SSR 的機率從 0.01 降到 0.0001，再繼續往下（少掉的部分歸給 N）。$\mathrm{KL}(P \Vert Q)$、$\mathrm{KL}(Q \Vert P)$ 和 JS 會怎麼變？先猜猜看，三個裡面哪些有上限。
#
# <details><summary>解答</summary>
#
# 只有 $\mathrm{KL}(P \Vert Q)$ 會一直長大，像 $0.05 \log \frac{1}{q}$ 那樣，速度很慢，機率每縮小 10 倍只多 0.115，但永遠不會停。$\mathrm{KL}(Q \Vert P)$ 裡的 $q \log \frac{q}{p}$ 會趨近 0，JS 則本來就不會超過 $\log 2$。
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
# ```
#     rate   KL(P‖Q)   KL(Q‖P)        JS
#     0.01    0.1196   0.09785   0.02618
#   0.0001    0.3428    0.1266   0.03668
#    1e-08    0.8033    0.1274   0.03702
#    1e-16     1.724    0.1274   0.03702
# ```
#
# </details>
#
# **2.** 把第 3 節的兩個高斯分布縮窄到寬度 0.25。這時 JS 的斜率大約在 θ 多大時降到 0.001 以下？寬度 1 的時候，它在 6 是 0.0062，在 8 是 0.0002。推土機距離的斜率又會怎麼樣？
#
# <details><summary>解答</summary>
#
# JS 只跟 θ 除以寬度有關：現在 θ 是 2 的值，就是原本 θ 是 8 的值。同樣的變化，現在走四分之一的路就走完了，所以在 2 的斜率是原本在 8 的 4 倍，也就是 0.0008；還沒走到 2，斜率就掉到 0.001 以下了。分布越窄，兩邊就得靠得越近，JS 才給得出梯度；窄到變成兩條線，就什麼都給不出來了。推土機距離呢？斜率還是 1。
#
# ```python
# rows = []
# for theta in (0.25, 0.5, 1.0, 1.5, 2.0, 4.0):
#     of_js = with_slope(js_of_gaussians, theta, 0.25)
#     rows.append([theta, *of_js, *with_slope(em_of_gaussians, theta, 0.25)])
# table(["theta", "JS", "its slope", "EM", "its slope"], rows)
# ```
#
# ```
#    theta       JS   its slope     EM   its slope
#     0.25   0.1114      0.7959   0.25           1
#      0.5   0.3368      0.8992    0.5           1
#        1   0.6327      0.2744      1           1
#      1.5   0.6893     0.02491    1.5           1
#        2   0.6931   0.0007857      2           1
#        4   0.6931   3.116e-14      4           1
# ```
#
# </details>
#
# **3.** 有人說他有個計畫，搬第 5 節的黏土只要 1.3 格。不用看他的計畫，請用一個寫得出來的函數打他的臉。
#
# <details><summary>解答</summary>
#
# 每一個 1-Lipschitz 的 f 都給出一個下界。黏土要往中間搬，所以讓價格隨著離位置 4 的距離下降，$f(x) = -|x - 4|$。它在真實的位置上平均是 −1.1，在生成的位置上平均是 −2.5，相差 1.4，任何計畫至少都要這麼多。最好的 f 給出 1.6。
#
# ```python
# guess = -np.abs(np.arange(8) - 4)
# print(f"{(guess * clay_r).sum():.4f} − ({(guess * clay_g).sum():.4f})")
# print(f"lower bound: {(guess * (clay_r - clay_g)).sum():.4f}, best: {clay_dual:.4f}")
# ```
#
# ```
# -1.1000 − (-2.5000)
# lower bound: 1.4000, best: 1.6000
# ```
#
# </details>
#
# **4.** 把定理 1 拿到有 66 個權重的網路上試試：用一個小網路把 100 個數字變成平面上一條曲線的 100 個點，把它 $t = 0$ 時的輸出當成真實的點。接著挑一個隨機方向，把所有權重一起移動 t。t 趨近 0 的時候，JS 和 W 怎麼變？從 $t = -1$ 一路走回來，W 會一直下降嗎？
#
# <details><summary>解答</summary>
#
# ```python
# rng = np.random.default_rng(SEED)
# inputs = np.linspace(-1, 1, 100)[:, None]
# shapes = [(1, 16), (16,), (16, 2), (2,)]
# weights, direction = ([rng.normal(size=shape) for shape in shapes] for _ in range(2))
#
#
# def generate(t):
#     hidden, bias, out, shift = (w + t * d for w, d in zip(weights, direction))
#     return np.tanh(inputs @ hidden + bias) @ out + shift
#
#
# def js_of_points(x, y):
#     points = np.unique(np.r_[x, y], axis=0)
#     counts = [(points[:, None] == some).all(axis=2).sum(axis=1) for some in (x, y)]
#     return js_divergence(*counts)
#
#
# rows = []
# for t in (-1.0, -0.6, -0.4, -0.1, -0.01, -0.001, -0.0001, 0.0):
#     moved, _ = earth_mover_of_samples(generate(0.0), generate(t))
#     rows.append([t, js_of_points(generate(0.0), generate(t)), moved])
# table(["t", "JS", "W"], rows)
# ```
#
# ```
#          t       JS           W
#         -1   0.6931       1.461
#       -0.6   0.6931       0.658
#       -0.4   0.6931      0.8247
#       -0.1   0.6931      0.3169
#      -0.01   0.6931     0.03299
#     -0.001   0.6931    0.003308
#    -0.0001   0.6931   0.0003309
#          0        0           0
# ```
#
# 靠近 $t = 0$ 的地方，W 跟著 t 一起縮小；JS 呢，權重只差 0.0001 了，它還是 $\log 2$，因為沒有任何兩點重合。離遠一點，W 照樣是連續的，卻不是一路下降：它在 $t = -0.6$ 附近有個坑，過了坑又升起來，最後才降到 0。在 66 維裡的這一條直線上，從 $t = -1$ 走過來的生成器會卡在那個坑裡，管你是不是 WGAN。
#
# </details>
#
# <details><summary>名詞對照</summary>
#
# | 名詞（英文） | 哪一節 | 一句話說明 |
# | --- | --- | --- |
# | 分布（distribution） | 1 | 每張卡、每個點或每張圖片出現的機率 |
# | KL 散度（KL divergence） | 1 | 信錯機率的人，平均多出來的驚訝度 |
# | 奈特（nat） | 1 | 用自然對數時，驚訝度的單位 |
# | 模式、模式崩潰（mode, mode collapse） | 1 | 分布的一座山；只畫其中一種圖，其他的從來不畫 |
# | JS 散度（JS divergence） | 2 | 兩個卡池各自到混合池的 KL 的平均 |
# | 生成器（generator） | 3 | 把隨機數字變成圖片的網路 |
# | 判別器（discriminator） | 4 | GAN 裡的對手，回答圖片是真的的機率 |
# | 推土機距離、Wasserstein-1 距離（Earth-Mover distance） | 5 | 照最省的計畫，黏土平均被搬多遠 |
# | 耦合、邊際分布（coupling, marginals） | 6 | 寫成矩陣的計畫，以及它每列、每欄的總和 |
# | 下確界、上確界（infimum, supremum） | 6, 7 | 最低能低到哪裡，以及最高能高到哪裡 |
# | Lipschitz 常數 K（Lipschitz constant） | 7 | 函數的斜率（不管上坡下坡）的上確界 |
# | 對偶（dual） | 7 | 走到同一個數字的另一條路：不找最省的計畫，改找最好的價格 |
# | 評價器（critic） | 9 | WGAN 裡的對手，替圖片打分數 |
# | 權重裁剪、裁剪值 c（weight clipping, clip value） | 9 | 每次更新之後，把權重壓回 $[-c, c]$ |
# | 梯度消失（vanishing gradient） | 9 | 斜率小到生成器什麼都學不到 |
#
# </details>
#
# ## 下一步
#
# 讀到這裡，最硬的部分已經過關了，接下來的圖片都是獎勵。[01_dcgan](01_dcgan.ipynb) 會從零開始寫一個有判別器的 GAN，並看看它的損失說了什麼、又沒說什麼。
