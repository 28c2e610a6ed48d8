# %% [markdown] lang="en"
# # 4 · Fashion-MNIST, your own pictures, and a sampler to give away
#
# You know by now why a WGAN is trained the way it is. This notebook is about getting something out of it: you train one on clothes, then on little pictures in colour that could just as well be your own, find out how good the results are, and end with a generator that draws in a program which has never heard of this package.
#
# **What you can do afterwards**
#
# - train a WGAN with gradient penalty, and watch its curve, its pictures and a score;
# - do the same with a folder of pictures of your own;
# - say how good the pictures are, beside real ones, and whether they are copies;
# - save a model, stop a training run and resume it;
# - export the generator as a SavedModel, draw pictures elsewhere, and walk through its latent space.
#
# **How long it takes.** The run shown here took {{minutes}} minutes, on two cores of an AMD EPYC that were busy with other work. You don't need a GPU. Allow half an hour for reading.
#
# {{how_to_run}}

# %% [markdown] lang="zh-TW"
# # 4 · Fashion-MNIST、你自己的圖片，和一個可以送人的取樣器
#
# WGAN 為什麼要這樣訓練，你已經一清二楚了，那這一份就來把它變成作品。先訓練一個畫衣服的，再訓練一個畫彩色小圖的（那些小圖換成你自己的也行），看看成果到底有多好，最後做出一個可以打包帶走的生成器：就算某個程式從來沒聽過這個套件，也能用它畫圖。
#
# **讀完之後，你可以**
#
# - 訓練有梯度懲罰（gradient penalty）的 WGAN，一邊看它的曲線、圖片和分數；
# - 換成自己的圖片資料夾，把同樣的事再做一遍；
# - 拿真的圖片當對照，說得出生成的圖片有多好、是不是抄來的；
# - 儲存模型，訓練做到一半停下來，之後再接著做；
# - 把生成器匯出成 SavedModel，到別的地方畫圖，再到它的潛在空間裡散散步。
#
# **要花多久。** 這裡的結果在 AMD EPYC 的兩個核心上跑了 {{minutes}} 分鐘，那兩個核心同時還在忙別的事。不需要 GPU。讀完大概半小時。
#
# {{how_to_run}}

# %%
# %matplotlib inline
import contextlib
import io
import logging
import shutil
import subprocess
import sys
from base64 import b64encode
from pathlib import Path

import keras
import numpy as np
import scipy.stats
import tensorflow as tf
from fontTools.ttLib import TTFont
from IPython.display import HTML
from PIL import Image, ImageDraw, ImageFont

from wgan_keras import WGAN, Checkpoint, Classifier, Evaluator, GradientPenalty
from wgan_keras import HealthCheck, LearningCurve, Quality, Settings, TrainingGif
from wgan_keras import build_critic, build_generator, load_images, load_labels
from wgan_keras import load_model, training_data, verify_manifest
from wgan_keras.cli.main import main
from wgan_keras.evaluation.metrics import class_shares, nearest_training_images
from wgan_keras.nets.latents import SAMPLING_DRAW, latents, spherical_interpolation
from wgan_keras.runs.building import build_model
from wgan_keras.runs.recipes import RECIPES
from wgan_keras.watching.plots import BLUE, GREEN, GREY, ORANGE
from wgan_keras.watching.plots import image_grid, new_figure, save_gif

# %% [markdown] lang="en"
# The next cell holds everything you may want to change. With `SETTING = "short"`, every run is several times shorter. The last two lines only tidy up: messages of the package appear below the cell like any other output, and TensorFlow keeps its remarks to itself.

# %% [markdown] lang="zh-TW"
# 想改的設定全在下一格。改用 `SETTING = "short"`，訓練會短上好幾倍。最後兩行只是打掃環境：讓套件的訊息跟其他輸出一樣印在那一格下面，再把 TensorFlow 的訊息關掉。

# %%
SETTING = "full"  # or "short", a quick look ("quick" only tests that the cells run)
STEPS = {"full": 2000, "short": 300, "quick": 6}[SETTING]
DATASET = {"full": "fashion-mnist", "short": "fashion-mnist", "quick": "digits"}[SETTING]
FEATURES = {"full": "fashion-mnist", "short": "fashion-mnist", "quick": "mnist"}[SETTING]
SCORED = {"full": 2000, "short": 1000, "quick": 40}[SETTING]  # pictures in a set
SCORE_EVERY = {"full": 200, "short": 50, "quick": 2}[SETTING]  # steps
OWN_STEPS = {"full": 3000, "short": 200, "quick": 2}[SETTING]
SEED, LATENT_DIM, BATCH_SIZE = 0, 16, 32

RUNS = Path("runs/04_fashion_and_sampling")
shutil.rmtree(RUNS, ignore_errors=True)  # a second run starts anew
RUNS.mkdir(parents=True)
logging.getLogger("wgan_keras").handlers = [logging.StreamHandler(sys.stdout)]
logging.getLogger("tensorflow").setLevel("ERROR")

# %% [markdown] lang="en"
# ## 1 · The data
#
# Fashion-MNIST (Xiao, Rasul and Vollgraf, 2017, [arXiv:1708.07747](https://arxiv.org/abs/1708.07747)) looks like MNIST from outside, with 70,000 grey pictures of 28×28 pixels in 10 classes, but it shows clothes. `load_images` knows it by name, and Keras downloads it the first time (30 MB). Pixels stay whole numbers from 0 to 255; the model scales each batch to [-1, 1] when it uses it.

# %% [markdown] lang="zh-TW"
# ## 1 · 資料
#
# Fashion-MNIST（Xiao、Rasul 與 Vollgraf，2017，[arXiv:1708.07747](https://arxiv.org/abs/1708.07747)）從外表看跟 MNIST 沒兩樣：70,000 張 28×28 像素的灰階圖片，分成 10 類，只不過上面不是數字，是衣服。`load_images` 認得它的名字，第一次用的時候 Keras 會自己下載（30 MB）。像素一直都是 0 到 255 的整數，等模型用到某一批，才把那一批縮放到 [-1, 1]。

# %%
images = load_images(DATASET)
test_images = load_images(DATASET, split="test")
labels = load_labels(DATASET)
print("training images:", images.shape, images.dtype)
print("test images:    ", test_images.shape, test_images.dtype)

# %% [markdown] lang="en"
# The training never sees the labels. We use them to look at the data, one class in each row:

# %% [markdown] lang="zh-TW"
# 訓練的時候完全不看標籤，這裡只是借來認識一下資料，一列一類：

# %%
NAMES = ["T-shirt", "trousers", "pullover", "dress", "coat"]
NAMES += ["sandal", "shirt", "sneaker", "bag", "ankle boot"]


def draw_rows(rows):
    """A row of ten pictures for each name."""
    figure, panels = new_figure(5, 0.5 * len(rows), len(rows), 1)
    for panel, (name, pictures) in zip(np.ravel(panels), rows.items()):
        panel.imshow(image_grid(pictures, 10, min_side=28), cmap="gray", vmin=0, vmax=255)
        panel.set(xticks=[], yticks=[])
        panel.spines[:].set_visible(False)
        panel.set_ylabel(name, fontsize=11, rotation=0, ha="right", va="center")
    return figure


draw_rows({name: images[labels == number][:10] for number, name in enumerate(NAMES)})

# %% [markdown] lang="en"
# Notice how close some classes are: a pullover, a coat and a shirt differ by a collar or a row of buttons, and that is a few pixels. Notice the textures, too, which digits don't have. So this is harder than MNIST, and we start with the method that the last notebook recommends.
#
# ## 2 · Train
#
# Settings that belong together are kept as *recipes*. The recommended one for the gradient penalty (`gp`) is what learnt fastest in a search on small grey pictures, which [docs/search.md](../../docs/search.md) describes:

# %% [markdown] lang="zh-TW"
# 從上到下是 T 恤、長褲、套頭衫、洋裝、外套、涼鞋、襯衫、運動鞋、包包和短靴。
#
# 有沒有發現，有幾類根本長得差不多？套頭衫、外套和襯衫，差別就是一個領子、一排釦子，也就是幾個像素的事。布料還有紋理，數字可沒有這種東西。所以這比 MNIST 難，我們就用上一份筆記本推薦的方法來開局。
#
# ## 2 · 開始訓練
#
# 該放在一起的設定，套件收成一份一份的**配方**（recipe）。梯度懲罰（`gp`）的推薦配方，是在灰階小圖上搜尋時學得最快的那一份，怎麼找的寫在 [docs/search.md](../../docs/search.md)：

# %%
RECIPES["recommended"]["gp"]

# %% [markdown] lang="en"
# `Settings(lipschitz="gp")` and one line more would build a model from it. Here it is written out once, so that you see each part and can change it:
#
# - the package's own generator and critic, with 32 channels where the resolution is highest, and latents of 16 numbers;
# - `normalization="layer"` in the critic, which looks at each picture by itself. You have seen in notebook 3 what batch normalisation does to a score;
# - `GradientPenalty(1.0, every=4)`: weight λ = 1, on every fourth picture of a batch, which makes a step cheaper;
# - one critic step for each generator step;
# - Adam without momentum (β₁ = 0), and a learning rate of 0.002;
# - `average_decay=0.999`: a second generator follows the first one, its weights a moving average over about 1,000 steps, and `sample` draws with that one. Its pictures are steadier.
#
# The last lines compare the first weights with the recipe's, which tells us that the networks and the seed are the same.

# %% [markdown] lang="zh-TW"
# 其實 `Settings(lipschitz="gp")` 加上一行程式，就會照著配方把模型做好。不過親手寫一次，每一樣都看得到，之後想改也知道要動哪裡：
#
# - 生成器和評價器（critic）都用套件自己的，解析度最高的那一層有 32 個通道，潛在向量（latent）是 16 個數字；
# - 評價器用 `normalization="layer"`，一次只看一張圖片。批次正規化會把分數搞成什麼樣子，第 3 份筆記本看過了；
# - `GradientPenalty(1.0, every=4)`：權重 λ = 1，一批裡每四對（一真一假）只罰一對，每一步可以少算一點；
# - 生成器每走一步，評價器也走一步；
# - Adam 不用動量（β₁ = 0），學習率 0.002；
# - `average_decay=0.999`：旁邊跟著第二個生成器，權重是第一個的移動平均，大約平均 1,000 步，`sample` 就是請它來畫。它的圖片比較穩。
#
# 最後幾行拿初始權重跟配方的比，確定網路和種子都一樣。


# %%
def new_wgan(image_shape):
    keras.utils.set_random_seed(SEED)
    wgan = WGAN(
        build_generator(image_shape, LATENT_DIM, width=32),
        build_critic(image_shape, width=32, normalization="layer"),
        n_critic=1,
        lipschitz=GradientPenalty(1.0, every=4),
        seed=SEED,
        average_decay=0.999,
    )
    wgan.compile(
        generator_optimizer=keras.optimizers.Adam(2e-3, beta_1=0.0, beta_2=0.99),
        critic_optimizer=keras.optimizers.Adam(2e-3, beta_1=0.0, beta_2=0.99),
    )
    return wgan


wgan = new_wgan(images.shape[1:])
settings = Settings(lipschitz="gp", image_shape=images.shape[1:], seed=SEED, steps=STEPS)
pairs = zip(wgan.get_weights(), build_model(settings).get_weights(), strict=True)
print("the recipe's own first weights:", all(np.array_equal(a, b) for a, b in pairs))

# %% [markdown] lang="en"
# Five callbacks watch the training:
#
# - `TrainingGif` draws the same 25 latents again and again;
# - `Quality` scores 1,000 pictures every 200 steps, by their *Fréchet distance* from test images (Heusel et al., 2017, [arXiv:1706.08500](https://arxiv.org/abs/1706.08500)). A small classifier turns both sets into features, each set of features is described by a Gaussian, and the distance of the two Gaussians is the score: 0 is best;
# - `LearningCurve` writes down every step;
# - `HealthCheck` stops a run that has failed, and warns about one that looks unhealthy;
# - `Checkpoint` saves all that is needed to go on, once a minute.
#
# `training_data` deals out the batches, in an order that the seed fixes. The next cell makes 2,000 generator steps, which takes a few minutes: time for a cup of tea.

# %% [markdown] lang="zh-TW"
# 訓練時，有五個回呼（callback）在旁邊盯著：
#
# - `TrainingGif` 負責反覆畫同樣的 25 個潛在向量；
# - `Quality` 每 200 步替 1,000 張圖片打一次分數，看它們和測試影像的 **Fréchet 距離**（Heusel 等人，2017，[arXiv:1706.08500](https://arxiv.org/abs/1706.08500)）。先請一個小分類器把兩邊的圖片變成特徵，兩邊的特徵各用一個高斯分布來描述，兩個高斯分布之間的距離就是分數，0 最好；
# - `LearningCurve` 把每一步都記下來；
# - `HealthCheck` 看到訓練壞掉就叫停，看到它氣色不好就警告；
# - `Checkpoint` 每分鐘存檔一次，之後要接著練，需要的東西都在裡面。
#
# `training_data` 負責發牌，一批一批發下去，順序由種子決定。下一格讓生成器走 2,000 步，要好幾分鐘。

# %%
evaluator = Evaluator(Classifier.shipped(FEATURES), test_images[:SCORED])
curve = LearningCurve(RUNS / "curve.csv", RUNS / "curve.png")
callbacks = [
    TrainingGif(RUNS / "training.gif", every=max(1, STEPS // 30), count=25),
    Quality(evaluator, every=SCORE_EVERY, count=SCORED // 2),
    curve,
    HealthCheck(),
    Checkpoint(RUNS / "checkpoints", every_minutes=1),
]
wgan.fit(
    training_data(images, BATCH_SIZE, seed=SEED),
    steps_per_epoch=STEPS,
    epochs=1,
    callbacks=callbacks,
    verbose=0,
)
print("steps:", int(wgan.steps_done.numpy()))
print(f"passes over the training images: {STEPS * BATCH_SIZE / len(images):.1f}")

# %% [markdown] lang="en"
# That is 2,000 steps, about one pass over the training images. While it trained, the same 25 latents were drawn again and again:

# %% [markdown] lang="zh-TW"
# 總共 2,000 步，差不多把訓練影像看過一遍。訓練的時候，同樣的 25 個潛在向量一直反覆在畫：


# %%
def show_gif(path):
    """Puts a GIF into the notebook itself, so that it moves wherever this is read."""
    encoded = b64encode(Path(path).read_bytes()).decode()
    return HTML(f'<img src="data:image/gif;base64,{encoded}">')


shutil.copy(RUNS / "training.gif", f"{RUNS}_training.gif")
show_gif(RUNS / "training.gif")

# %% [markdown] lang="en"
# *25 latents, from the first steps to the last. Each place is the same latent all the way through.*
#
# First there is noise, then soft blobs, after some hundred steps the outlines of shoes and pullovers, and only then shading and seams. And these are 64 pictures of the finished generator: the first 64 of this seed, not a selection.

# %% [markdown] lang="zh-TW"
# 這是那 25 個潛在向量，從最初幾步到最後。同一格從頭到尾都是同一個潛在向量。
#
# 一開始是雜訊，再來是一團一團軟軟的東西；幾百步之後看得出鞋子和套頭衫的輪廓，最後才有明暗和縫線。接著看訓練完的生成器畫的 64 張，就是這個種子的前 64 張，沒有偷偷挑過：

# %%
pictures = wgan.sample(3 * SCORED, seed=SEED)  # floats in [0, 1]
Image.fromarray(image_grid(pictures[:64], columns=8))

# %% [markdown] lang="en"
# Most of them you can name at once. Some are torn, and some are two things in one, such as a shoe with a sleeve. Considering that the networks have seen the training images just once, that is not bad.
#
# ## 3 · Does the curve track the pictures?
#
# A WGAN's estimate is supposed to tell you how the training is doing. We can check, because we scored the pictures on the way. The figure has the estimate above and the Fréchet distance below. As the floor, it also shows the distance of as many real training images: what a perfect generator would get.

# %% [markdown] lang="zh-TW"
# 大部分一眼就叫得出名字。有些破了，有些是兩樣東西黏在一起，例如長出袖子的鞋子。兩個網路可是只把訓練影像看過一遍，這樣算不錯了。
#
# 不過「算不錯」是用眼睛說的，接下來要拿數字來說。
#
# ## 3 · 曲線有跟著圖片走嗎？
#
# 照理說，WGAN 的估計值會告訴你訓練得怎麼樣。真的嗎？剛才一路上都有打分數，對一下就知道。圖的上半是估計值，下半是 Fréchet 距離，也畫出下限：同樣多張真實訓練影像的距離，完美的生成器會拿到的就是這個分數。

# %%
distances = np.array(curve.history["frechet_distance"])
estimates = np.array(curve.history["wasserstein_estimate"])
marks = np.flatnonzero(~np.isnan(distances))
medians = np.array([np.median(estimates[m + 1 - SCORE_EVERY : m + 1]) for m in marks])
floor = evaluator.frechet_distance(images[: SCORED // 2])

figure, (above, below) = new_figure(5, 6, 2, 1, sharex=True)
above.plot(estimates, color=GREY, linewidth=0.4, label="each step")
above.plot(marks, medians, "o-", color=BLUE, label=f"median of {SCORE_EVERY} steps")
above.set(ylabel="estimate", ylim=(0, np.percentile(estimates, 99)))
above.legend(loc="upper right")
below.plot(marks, distances[marks], "o-", color=ORANGE, label="generated pictures")
below.axhline(floor, color=GREEN, label="real training images")
below.set(ylabel="Fréchet distance", xlabel="generator step", ylim=(0, None))
below.legend(loc="upper right")
figure

# %% [markdown] lang="en"
# *Above: the estimate in each step (grey) and its median over 200 steps (blue). Below: the Fréchet distance of 1,000 generated pictures (orange) and of 1,000 real training images (green).*
#
# The two part ways. The pictures get better all the time, from 14.85 after 200 steps to 2.94, fast at first and slowly later on. The estimate rises, falls from 0.86 to 0.38 around step 1,200, and then climbs to 0.53 again while the pictures keep improving.
#
# To put a number on it, we take Spearman's rank correlation of the medians with the distances. It is 1 if the estimate falls whenever the pictures get better, −1 if it rises whenever they do, and 0 if the two have nothing to do with each other.

# %% [markdown] lang="zh-TW"
# 上圖是每一步的估計值（each step，灰色），以及每 200 步的中位數（median，藍色）。下圖是 1,000 張生成圖片（generated pictures，橘色）和 1,000 張真實訓練影像（real training images，綠色）的 Fréchet 距離。橫軸是生成器的步數。
#
# 兩條線走到一半就分道揚鑣了。圖片一直在進步，從第 200 步的 14.85 到最後的 2.94，先快後慢。估計值先升，再從 0.86 降到第 1,200 步附近的 0.38；然後圖片明明還在變好，它卻又爬回 0.53。
#
# 光用看的不夠，算個數字吧：拿這些中位數和距離算 Spearman 等級相關。圖片每次變好、估計值就跟著降的話，等於 1；每次都跟著升的話，等於 −1；兩者毫無關係的話，等於 0。

# %%
print("steps         estimate, median   Fréchet distance")
for mark, median in zip(marks, medians):
    print(
        f"{mark + 2 - SCORE_EVERY:4} to {mark + 1:4} {median:14.2f} {distances[mark]:18.2f}"
    )
print(f"{SCORED // 2} real training images {floor:21.2f}\n")
for name, start in (("whole training", 0), ("second half", len(marks) // 2)):
    if len(marks) - start > 2:
        rank = scipy.stats.spearmanr(medians[start:], distances[marks][start:]).statistic
        print(f"rank correlation, {name}: {rank:.2f}")

# %% [markdown] lang="en"
# It is 0.56 over the whole training, and −0.90 in its second half: there, the estimate rises while the pictures get better. With 10 scores, and only 5 in the second half, neither number is exact. But you couldn't have told from this curve how good the pictures were, whatever you may have read about WGANs.
#
# Why not? The estimate is the gap between the critic's mean scores, and the gap has two sides. It shrinks when the pictures improve, and it grows when the critic does. The paper's promise is about a critic trained to its optimum before each step of the generator; ours makes one step, and goes on learning all the time. Besides, the pictures come from the averaged generator, and the estimate from the present one. ([docs/scores.md](../../docs/scores.md) has the same correlation for other methods and seeds.)
#
# So treat the curve as a smoke alarm: it tells you when a run has died or exploded. For how good the pictures are, use a score.
#
# ## 4 · Pictures of your own
#
# A folder of pictures is a data set, too. `load_images(folder, image_shape=(32, 32, 3))` reads whatever Pillow can read, crops each picture around its centre, resizes it, and makes it colour (3 channels) or grey (1). The sides must be 4, 5, 6 or 7 times a power of 2, such as 28, 32, 48, 64 or 96, because the generator doubles its way up to them. Unless the folder has subfolders `train` and `test`, every tenth picture is held out.
#
# We can't ship holiday pictures with a notebook, so let's take pictures that every Debian, Ubuntu and Colab machine can have: the emoji of the free font Noto Color Emoji (`apt-get install fonts-noto-color-emoji`; SIL Open Font License). The next cell draws each of them into a folder. Without the font it draws coloured discs, so that you can go on. For pictures of your own, delete that part and set `own_folder` to your folder.

# %% [markdown] lang="zh-TW"
# 整段訓練是 0.56，後半段是 −0.90，也就是說，後半段的圖片越好，估計值反而越高。一共才 10 個分數，後半段只有 5 個，這兩個數字都別太當真。不過光看這條曲線，真的看不出圖片的好壞，不管你在別的地方讀過 WGAN 有多神。
#
# 為什麼會這樣？估計值是評價器兩邊平均分數的差距，而這個差距有兩個人在拉：圖片進步，它就縮小；評價器進步，它就變大。論文的保證有個前提，生成器每走一步之前，評價器都要先練到最好。我們的評價器只走一步，而且邊走邊學，從來沒畢業過。再說，圖片是平均過的生成器畫的，估計值看的卻是現在的生成器。（其他方法和種子的相關在 [docs/scores.md](../../docs/scores.md)。）
#
# 所以，請把曲線當成煙霧警報器：訓練死掉或爆炸的時候，它會讓你知道。至於圖片好不好，看分數。
#
# ## 4 · 你自己的圖片
#
# 衣服先掛回去，換你的圖片上場。一個裝著圖片的資料夾，本身就是資料集。`load_images(folder, image_shape=(32, 32, 3))` 會把 Pillow 讀得懂的檔案全讀進來，每張從正中央裁好、縮放，再轉成彩色（3 個通道）或灰階（1 個）。邊長必須是 4、5、6 或 7 乘上 2 的次方，例如 28、32、48、64 或 96，因為生成器是一路加倍、放大到那個尺寸的。資料夾裡如果沒有 `train` 和 `test` 這兩個子資料夾，就每十張抽一張，當作保留的測試影像（held-out）。
#
# 出遊的照片總不好塞進筆記本裡，那就用 Debian、Ubuntu 和 Colab 都裝得到的圖：自由字型 Noto Color Emoji 的表情符號（`apt-get install fonts-noto-color-emoji`；SIL Open Font License）。下一格把它們一個一個畫進資料夾；沒有這個字型的話，就改畫彩色的圓，讓你照樣能往下做。要用自己的圖片，就刪掉那一段，把 `own_folder` 設成你的資料夾。

# %%
FONT = Path("/usr/share/fonts/truetype/noto/NotoColorEmoji.ttf")
own_folder = RUNS / "emoji"
own_folder.mkdir()


def draw_emoji(character):
    """One glyph of the font on white, 136x128 pixels."""
    picture = Image.new("RGB", (136, 128), "white")
    font = ImageFont.truetype(str(FONT), 109)  # the one size that this font has
    ImageDraw.Draw(picture).text((0, 0), character, font=font, embedded_color=True)
    return picture


def draw_disc(random):
    """A coloured disc on white, for computers without the font."""
    picture = Image.new("RGB", (136, 128), "white")
    x, y, radius = random.integers((30, 30, 15), (106, 98, 30))
    colour = tuple(int(level) for level in random.integers(0, 200, 3))
    ImageDraw.Draw(picture).circle((x, y), radius, fill=colour)
    return picture


if FONT.exists():
    codes = [code for code in TTFont(FONT).getBestCmap() if code > 0x2000]
    drawn = {f"{code:x}": draw_emoji(chr(code)) for code in codes}
else:
    drawn = {f"{n}": draw_disc(np.random.default_rng(n)) for n in range(1000)}
for name, picture in drawn.items():
    if np.ptp(picture) > 0:  # some characters of the font are blank
        picture.save(own_folder / f"{name}.png")

# %% [markdown] lang="en"
# Now they are read back as any other pictures would be. (Each was 136×128 pixels; 8 were cropped off the width, and the rest was scaled to 32×32.)

# %% [markdown] lang="zh-TW"
# 接著把它們讀回來，跟讀任何圖片一樣。（原本每張是 136×128 像素，寬度先裁掉 8 個，剩下的縮成 32×32。）

# %%
own_images = load_images(own_folder, image_shape=(32, 32, 3))
own_held_out = load_images(own_folder, split="test", image_shape=(32, 32, 3))
print("to train on:", own_images.shape, own_images.dtype)
print("held out:   ", own_held_out.shape)
Image.fromarray(image_grid(own_images[:: len(own_images) // 40][:40], 8, min_side=64))

# %% [markdown] lang="en"
# There are 1,289 pictures to train on, and 143 are held out: faces, animals, food, letters, clocks. That is hard material. Fashion-MNIST has 6,000 pictures of each kind of thing, and here nearly every picture is a kind of its own.
#
# The function from section 2 takes any shape of image, so the model is one line. We train it for 3,000 steps:

# %% [markdown] lang="zh-TW"
# 訓練用的有 1,289 張，保留 143 張：臉、動物、食物、文字、時鐘，什麼都有。這種資料很難學。Fashion-MNIST 同一類的東西有 6,000 張可以看，這裡卻幾乎每一張都自成一類。
#
# 第 2 節的函式什麼形狀的影像都吃，所以建模型只要一行。訓練 3,000 步：

# %%
own_wgan = new_wgan(own_images.shape[1:])
own_wgan.fit(
    training_data(own_images, BATCH_SIZE, seed=SEED),
    steps_per_epoch=OWN_STEPS,
    epochs=1,
    verbose=0,
)
own_pictures = own_wgan.sample(200, seed=SEED)
print(f"passes over the images: {OWN_STEPS * BATCH_SIZE / len(own_images):.0f}")
Image.fromarray(image_grid(own_pictures[:40], 8, min_side=64))

# %% [markdown] lang="en"
# Some faces look back at you, one of them astonished and one with a moustache, and there are a pink ball, a blue kite and a few square signs. The rest are patches of colour with the right sort of outline. For 74 passes over so mixed a set that is not much, but the step from grey clothes to pictures in colour took no more than another shape.
#
# With so few pictures to learn from, there is something else to check: has the generator learnt what emoji look like, or has it memorised these? So we look for each generated picture's nearest neighbour among the training images, pixel by pixel. Held-out pictures serve as the yardstick, since they cannot be copies.

# %% [markdown] lang="zh-TW"
# 有幾張臉在看你，一張嚇到張大嘴，一張好像留了鬍子；還有一顆粉紅色的球、一隻藍色的風箏，以及幾個方方的標誌。剩下的是一團一團的顏色，輪廓倒是滿像一回事。這麼雜的一堆圖，看過 74 遍才這樣，談不上厲害；不過從灰階的衣服換到彩色圖片，要改的也就只有形狀而已。
#
# 可以學的圖片這麼少，就得多問一句：生成器是真的學會了，還是死背？我們逐像素比較，替每張生成的圖片找出訓練影像裡最近的鄰居。拿來對照的是保留的圖片，它們不可能是抄的。


# %%
def neighbours(pictures, training_images):
    """Ten pictures, and below each the training image nearest to it."""
    indices, _ = nearest_training_images(pictures[:10], training_images)
    pixels = (255 * pictures[:10]).round().astype(np.uint8)
    pairs = np.concatenate([pixels, training_images[indices]])
    return Image.fromarray(image_grid(pairs, 10, min_side=32))


for name, some in (("generated", own_pictures), ("held-out", own_held_out)):
    _, gaps = nearest_training_images(some, own_images)
    print(f"{name:10} nearest training image: median {np.median(gaps):.2f}, ", end="")
    print(f"smallest {gaps.min():.2f}")
neighbours(own_pictures, own_images)

# %% [markdown] lang="en"
# *Above: the first ten generated pictures. Below: for each of them the nearest training image.*
#
# The generated pictures are a little farther from the training images than held-out ones are, 10.84 against 10.31 in the median, and the closest is at 3.87, where a held-out picture has a neighbour at 2.46 (some emoji are nearly the same). So none of these is a copy, as far as pixels can tell. But most of them are patches of colour, which are far from everything, and some of the faces already lean on particular emoji. With a few hundred pictures or very many passes, look again.
#
# For your own pictures, some thousands of one kind of thing, cropped alike, are a good beginning.
#
# ## 5 · How good are the clothes?
#
# Back to Fashion-MNIST. A single number can't tell you how good pictures are, so `Evaluator.score` computes nine, all against the same 2,000 test images:
#
# - `frechet_distance` and `kernel_distance` compare the features of both sets; 0 is best, and the second one, an estimate, can fall slightly below it.
# - `precision` is the share of generated pictures that lie among real ones, `recall` the share of real ones that lie among generated ones (Kynkäänniemi et al., 2019, [arXiv:1904.06991](https://arxiv.org/abs/1904.06991)). The first is about quality, the second about variety.
# - `density` and `coverage` ask the same two questions in a way that a few outliers disturb less (Naeem et al., 2020, [arXiv:2002.09797](https://arxiv.org/abs/2002.09797)).
# - `sliced_wasserstein` is an Earth-Mover distance of the pixels themselves, averaged over many directions; 0 is best.
# - `classes_missed` counts classes with less than a tenth of their share, and `class_imbalance` says how far the shares are off, from 0 to 1.
#
# We score 3 sets of 2,000 generated pictures, and 3 sets of 2,000 real training images beside them. So every row comes with what real images get, and with its spread.

# %% [markdown] lang="zh-TW"
# 上排是前十張生成的圖片，下排是各自最接近的訓練影像。
#
# 跟訓練影像的距離，生成的圖片比保留的圖片還大一點，中位數是 10.84 對 10.31；最近的一張是 3.87，而保留的圖片裡，有一張的鄰居只隔 2.46（有些表情符號本來就幾乎一樣）。所以光從像素看，這些沒有一張是抄的。不過大部分是一團一團的顏色，離誰都遠；有幾張臉倒是已經往某幾個表情符號靠過去了。如果你的圖片只有幾百張，或是要看非常多遍，請再檢查一次。
#
# 換成自己的圖片，先準備幾千張同一類的東西，用同樣的方式裁好，是不錯的起點。
#
# ## 5 · 衣服畫得有多好？
#
# 說好了要拿數字說話，現在回到 Fashion-MNIST。圖片好不好，一個數字講不清楚，所以 `Evaluator.score` 一次算九個，全都跟同樣的 2,000 張測試影像比。沒關係，一個一個看：
#
# - `frechet_distance` 和 `kernel_distance` 比較兩邊的特徵，0 最好；後者是估計出來的，可能會是負的，只差一點點。
# - `precision`（精確率）是生成的圖片裡，有多少落在真的圖片之間；`recall`（召回率）是真的圖片裡，有多少落在生成的圖片之間（Kynkäänniemi 等人，2019，[arXiv:1904.06991](https://arxiv.org/abs/1904.06991)）。前者看品質，後者看花樣多不多。
# - `density`（密度）和 `coverage`（覆蓋率）問的是同樣兩個問題，只是比較不怕少數幾張怪圖來攪局（Naeem 等人，2020，[arXiv:2002.09797](https://arxiv.org/abs/2002.09797)）。
# - `sliced_wasserstein` 是直接拿像素算的推土機距離（Earth-Mover distance），對許多方向取平均，0 最好。
# - `classes_missed` 數一數有幾類連該有的十分之一都不到；`class_imbalance` 看各類的比例偏了多少，從 0 到 1。
#
# 我們替 3 組生成的圖片打分數，每組 2,000 張；旁邊再放 3 組真實的訓練影像，也是每組 2,000 張。這樣每一列都看得到真的圖片拿幾分，也看得到數字自己會跳多少（± 後面）。

# %%
made = [evaluator.score(part) for part in np.split(pictures, 3)]
real = [evaluator.score(part) for part in np.split(images[: 3 * SCORED], 3)]
print(f"{'3 sets of ' + str(SCORED):20}{'generated':>18}{'real images':>18}")
for measure in made[0]:
    cells = []
    for sets in (made, real):
        values = [scores[measure] for scores in sets]
        cells.append(f"{np.mean(values):.3f} ± {np.std(values, ddof=1):.3f}")
    print(f"{measure:20}{cells[0]:>18}{cells[1]:>18}")

# %% [markdown] lang="en"
# Compare the columns row by row. In all but the missed classes, the gap is several times the spread, so it is not a matter of which pictures happened to be drawn. Of the generated pictures, 76% lie among real ones, where 88% of real ones do: the quality is decent. The variety is the weaker side, with a recall of 55% instead of 89% and a coverage of 61% instead of 97%. No class is missed.
#
# Two words of caution. A Fréchet distance depends on the number of pictures (the real images have 0.14 with 1,000 of them, and 0.08 with 2,000), so only compare equal numbers. And all of this is in the eyes of this small classifier, so the scores say nothing next to those in other papers.
#
# Which classes does it make, and how often? The classifier can count them. In the figure, the grey bars are its count for the real test images, where each class has exactly a tenth, so they show how far its counts are off by themselves.

# %% [markdown] lang="zh-TW"
# 左欄是生成的，右欄是真的，一列一列比。除了漏掉的類別，每一列兩欄的差距都是 ± 的好幾倍，所以不是剛好抽到哪些圖片的問題。生成的圖片有 76% 落在真的圖片之間，真的圖片自己是 88%：品質還不錯。比較弱的是花樣，召回率 55%，真的是 89%；覆蓋率 61%，真的是 97%。倒是沒有漏掉任何一類。
#
# 有兩件事要先提醒。Fréchet 距離會隨張數改變（真的圖片用 1,000 張算是 0.14，用 2,000 張算是 0.08），所以張數一樣才能比。還有，這全是這個小分類器眼裡的世界，不能拿去跟其他論文的分數比。
#
# 那麼，它畫了哪幾類，各畫了多少？請分類器數一數。圖裡灰色的長條，是它數真實測試影像的結果。測試影像每一類剛好都是十分之一，所以從灰色的長條，也看得出它自己會數偏多少。

# %%
classifier = Classifier.shipped(FEATURES)
_, made_classes = classifier(pictures)
_, real_classes = classifier(test_images)
figure, panel = new_figure(5, 4.5, 1, 1)
rows = np.arange(10)
panel.barh(rows - 0.2, 100 * class_shares(made_classes), 0.4, color=BLUE, label="generated")
panel.barh(
    rows + 0.2, 100 * class_shares(real_classes), 0.4, color=GREY, label="test images"
)
panel.set_yticks(rows, NAMES)
panel.invert_yaxis()
panel.set_xlabel("share of the pictures, %")
panel.set_xlim(0, 22)
panel.legend(frameon=False, loc="upper right")
figure

# %% [markdown] lang="en"
# *Share of each class among 6,000 generated pictures (blue) and the test images (grey), as the classifier sees them.*
#
# All ten classes are there, but not evenly. Pullovers come up nearly half again as often as they should, and coats, sandals, shirts and bags are about a fifth short. Pullovers, coats and shirts look much alike, so some of the coats and shirts may have been counted as pullovers. Here are the first ten pictures that the classifier puts into each class:

# %% [markdown] lang="zh-TW"
# 橫軸是各類占全部圖片的百分之幾，由分類器判斷：藍色（generated）是 6,000 張生成的圖片，灰色（test images）是測試影像。由上到下的十類，順序跟前面一樣。
#
# 十類都有，只是分得不太平均。套頭衫比該有的多了將近一半，外套、涼鞋、襯衫和包包則少了兩成左右。套頭衫、外套和襯衫本來就像，有些外套和襯衫可能被算到套頭衫那邊去了。下面是分類器歸進每一類的前十張：

# %%
of_class = {name: pictures[made_classes == n][:10] for n, name in enumerate(NAMES)}
draw_rows({name: found for name, found in of_class.items() if len(found)})

# %% [markdown] lang="en"
# Trousers, sneakers and ankle boots are mostly clear. Sandals are the hardest, because a thin strap needs every pixel. And shapeless pictures have to go somewhere, too; some ended up among the dresses and the coats.
#
# And copies? Here is the same test as for the emoji, for 1,000 generated pictures against all 60,000 training images:

# %% [markdown] lang="zh-TW"
# 長褲、運動鞋和短靴大多很清楚。最難的是涼鞋，帶子那麼細，每個像素都少不得。至於那些四不像的碎片，分類器也得替它們找個家，洋裝和外套那兩列就收留了幾個。
#
# 那有沒有抄呢？用剛才測表情符號的辦法再測一次，拿 1,000 張生成的圖片，跟全部 60,000 張訓練影像比：

# %%
some = min(1000, SCORED)
for name, those in (("generated", pictures[:some]), ("test images", test_images[:some])):
    _, gaps = nearest_training_images(those, images)
    print(f"{name:12} nearest training image: median {np.median(gaps):.2f}, ", end="")
    print(f"smallest {gaps.min():.2f}")
neighbours(pictures, images)

# %% [markdown] lang="en"
# *Above: the first ten generated pictures of the seed. Below: for each of them the nearest training image.*
#
# The generated pictures are a little farther from the training images than real test images are, 3.93 against 3.49 in the median, and the closest one is at 1.86, where a test image is at 0.83. So none of the 1,000 is a copy, pixel for pixel. (Being farther away is no merit. A torn picture is far from everything. And a copy that was shifted by a pixel would look far away, too: Theis, van den Oord and Bethge, 2016, section 3.3, [arXiv:1511.01844](https://arxiv.org/abs/1511.01844).)
#
# ## 6 · Stop, save, and go on
#
# Training gets interrupted: the battery dies, Colab disconnects, or you press stop. That is what the `Checkpoint` in section 2 is for. Once a minute, and whenever you press the stop button, it saves everything the run needs. To resume, run the same code again with the same folder: `fit` finds the last checkpoint, carries on from there, and ends up with exactly the weights of an uninterrupted run. (We tested this by killing one run over and over; the record is in [docs/soak.md](../../docs/soak.md).) If the folder belongs to other data or settings, `fit` refuses to use it. One warning: this notebook empties its folder at the start, so if you want to resume here, skip the cell with `rmtree`.
#
# To keep a finished model, save it as one file. It holds both networks, the average, both optimizers and the counters, and `load_model` needs no code of yours to read it back:

# %% [markdown] lang="zh-TW"
# 上排是這個種子的前十張生成圖片，下排是各自最接近的訓練影像。
#
# 跟訓練影像的距離，生成的圖片比真實的測試影像還大一點，中位數是 3.93 對 3.49；最近的一張是 1.86，測試影像最近的是 0.83。所以這 1,000 張裡，沒有一張是逐像素抄來的。（離得遠可不是什麼優點，破掉的圖離誰都遠。再說，抄來的圖只要平移一個像素，看起來也會很遠：Theis、van den Oord 與 Bethge，2016，第 3.3 節，[arXiv:1511.01844](https://arxiv.org/abs/1511.01844)。）
#
# 結論：品質不錯，花樣少了點，沒抓到抄襲。
#
# ## 6 · 停下來、存檔、接著做
#
# 訓練總會被打斷：電池沒電，Colab 斷線，或是你自己手滑。好在第 2 節的 `Checkpoint` 一直在存檔，每分鐘一次，你按下停止的時候也會存，訓練需要的東西一樣不少。要接著做，就用同一個資料夾，把同樣的程式再跑一次：`fit` 會找到最後的檢查點，從那裡接下去，最後的權重跟從來沒中斷過的一模一樣。（我們真的試過：把同一次訓練強制中止好多次，紀錄在 [docs/soak.md](../../docs/soak.md)。）如果資料夾是別的資料、別的設定留下來的，`fit` 不會收。提醒一下，這份筆記本一開始會清空自己的資料夾，想在這裡接著做，記得跳過有 `rmtree` 的那一格。
#
# 訓練完的模型想留下來，就存成一個檔案。裡面有兩個網路、移動平均、兩個最佳化器和計數器；用 `load_model` 讀回來，不需要你寫的任何程式碼：

# %%
wgan.save(RUNS / "wgan.keras")
loaded = load_model(RUNS / "wgan.keras")
print("steps done:", int(loaded.steps_done.numpy()))
print("same pictures:", np.array_equal(loaded.sample(64, SEED), wgan.sample(64, SEED)))

# %% [markdown] lang="en"
# ## 7 · Draw somewhere else
#
# To draw pictures you need neither the critic nor the optimizers, and not even this package. `export_sampler` writes the generator as a *SavedModel*, TensorFlow's own format: the computation as a graph, and its weights.

# %% [markdown] lang="zh-TW"
# 圖片一模一樣，放心了。不過這個檔案還得靠這個套件才打得開，下一節連套件都不要了。
#
# ## 7 · 到別的地方畫圖
#
# 畫圖用不到評價器，用不到最佳化器，甚至用不到這個套件。`export_sampler` 會把生成器寫成 **SavedModel**，也就是 TensorFlow 自己的格式：一張計算圖（graph），再加上權重。

# %%
folder = RUNS / "sampler"
wgan.export_sampler(folder, dataset=DATASET, recipe="recommended")
for path in sorted(folder.rglob("*")):
    print(path.relative_to(folder).as_posix() + ("/" if path.is_dir() else ""))

# %% [markdown] lang="en"
# `saved_model.pb` is the computation, `variables` are its weights, `sampler.json` says where it all comes from, `README.md` says it for people, as a model card, and `checksums.json` has the SHA-256 of each file, so that damage is noticed.
#
# Now the test: a program that knows nothing of this package and runs in a process of its own. It loads the folder, draws the 64 pictures of seed 7, and takes eight walks through latent space, each through four seeds and back to the first. `sample` and `interpolate` are functions inside the SavedModel; even the latents are made in there.

# %% [markdown] lang="zh-TW"
# `saved_model.pb` 是計算，`variables` 是權重，`sampler.json` 記著它的身世，`README.md` 是寫給人看的版本（model card），`checksums.json` 有每個檔案的 SHA-256，哪個檔案壞了，一查就知道。
#
# 空口無憑，來測試。下面這個程式對我們的套件一無所知，而且在自己的行程裡執行。它載入那個資料夾，畫出種子 7 的 64 張圖片，再到潛在空間散步八趟，每一趟從一個種子走到下一個，經過四個種子再回到起點。`sample` 和 `interpolate` 是 SavedModel 裡面的函式，連潛在向量都是在裡面產生的。

# %%
PROGRAM = """
import sys

import numpy as np
import tensorflow as tf

sampler = tf.saved_model.load(sys.argv[1])
images = sampler.sample(n=64, seed=7)["images"]

tours = []
for first in range(0, 64, 8):  # eight tours, each through four seeds and back
    seeds = [first, first + 1, first + 2, first + 3, first]
    ways = [
        sampler.interpolate(seed_a=a, seed_b=b, steps=13)["images"][:-1]
        for a, b in zip(seeds, seeds[1:])
    ]
    tours.append(tf.concat(ways, axis=0))
np.savez(sys.argv[2], images=images, tours=tf.stack(tours))
print("is wgan_keras loaded?", "wgan_keras" in sys.modules)
"""
(RUNS / "draw.py").write_text(PROGRAM)
command = [sys.executable, RUNS / "draw.py", folder, RUNS / "drawn.npz"]
process = subprocess.run(command, capture_output=True, text=True, check=True)
print(process.stdout)
drawn = np.load(RUNS / "drawn.npz")
difference = np.abs(drawn["images"] - wgan.sample(64, seed=7)).max()
print("largest difference of a pixel from wgan.sample:", difference)

# %% [markdown] lang="en"
# The package was not loaded, and not a single pixel differs from what `wgan.sample` draws here. This is a generator that you can give away.
#
# ## 8 · A walk through latent space
#
# What lies between two pictures? These are the eight walks that the program took:

# %% [markdown] lang="zh-TW"
# 套件沒有載入，畫出來的圖跟這裡的 `wgan.sample` 比，一個像素都不差。這個生成器可以打包送人了。
#
# ## 8 · 在潛在空間散步
#
# 兩張圖片之間有什麼？出門走走就知道。這是剛才那個程式走的八趟：

# %%
frames = [image_grid(moment, 4, min_side=56) for moment in drawn["tours"].swapaxes(0, 1)]
save_gif(RUNS / "walk.gif", frames, frames_per_second=10)
shutil.copy(RUNS / "walk.gif", f"{RUNS}_walk.gif")
show_gif(RUNS / "walk.gif")

# %% [markdown] lang="en"
# *Eight walks, each through four latents and back.*
#
# Nothing jumps. In the first walk, a shoe fills out into a bag and the bag grows into a boot; in the second, trousers close up into a dress and then grow sleeves. Most of what lies between could pass for clothes. A generator that had only learnt its training images by heart would have nothing sensible to show in between.
#
# The walks follow arcs, not straight lines. Why? The generator has only ever seen latents from a normal distribution, and in 16 dimensions most of those have a length between 3 and 5. A straight line between two of them cuts the corner and passes through shorter ones, which hardly ever occur; an arc keeps the length (White, 2016, [arXiv:1609.04468](https://arxiv.org/abs/1609.04468), section 2.1). Here are both, between the same two latents:

# %% [markdown] lang="zh-TW"
# 八趟散步，每一趟經過四個潛在向量，再回到起點。
#
# 沒有一個地方是用跳的。第一趟裡，鞋子鼓起來變成包包，包包再長成靴子；第二趟裡，長褲合起來變成洋裝，接著冒出袖子。沿路經過的大多還說得過去，算是衣服。如果生成器只會死背訓練影像，走到中間就畫不出像樣的東西了。
#
# 仔細看的話，走的是弧線，不是直線。為什麼要繞路？生成器看過的潛在向量全來自常態分布，而在 16 維裡，它們的長度大多在 3 到 5 之間。兩個潛在向量之間走直線，等於抄近路，會經過一些比較短、平常幾乎不會出現的向量；走弧線，長度就不會在中途縮水（White，2016，[arXiv:1609.04468](https://arxiv.org/abs/1609.04468)，第 2.1 節）。起點終點都一樣，兩種走法各畫一次：

# %%
sampler = tf.saved_model.load(str(folder))
start, end = latents(1, SAMPLING_DRAW, 0, 2, LATENT_DIM)
arc = spherical_interpolation(start, end, 9)
share = tf.linspace(0.0, 1.0, 9)[:, tf.newaxis]
line = (1 - share) * start + share * end
for name, way in (("arc", arc), ("straight line", line)):
    lengths = " ".join(f"{length:.1f}" for length in tf.norm(way, axis=1))
    print(f"lengths along the {name:14} {lengths}")
both = tf.concat([arc, line], axis=0)
ways = sampler.serving_default(both)["images"].numpy()
Image.fromarray(image_grid(ways, 9, min_side=56))

# %% [markdown] lang="en"
# *Above the arc, below the straight line, from the same picture on the left to the same one on the right.*
#
# Along the arc the length goes gently from 3.6 to 3.1, and along the straight line it dips to 2.4. The pictures hardly differ. One pair shows little, so let's do it with 1,000 pairs and score the pictures in the middle:

# %% [markdown] lang="zh-TW"
# 上排走弧線，下排走直線，最左邊是同一張圖，最右邊也是同一張。
#
# 弧線上，長度從 3.6 慢慢變成 3.1；直線上，中途掉到 2.4。圖片卻幾乎看不出差別。一對看不準，那就來 1,000 對，替走到正中間的圖片打分數：

# %%
count = SCORED // 2
points = latents(SEED, SAMPLING_DRAW, 0, 2 * count, LATENT_DIM)
starts, ends = points[:count], points[count:]
pairs = zip(starts, ends)
middles = tf.stack([spherical_interpolation(a, b, 3)[1] for a, b in pairs])
for name, there in (
    ("where the arcs start", starts),
    ("middles of arcs", middles),
    ("middles of straight lines", (starts + ends) / 2),
):
    drawn_there = sampler.serving_default(there)["images"].numpy()
    print(f"{name:26} Fréchet distance {evaluator.frechet_distance(drawn_there):.2f}")

# %% [markdown] lang="en"
# Now there is a difference. The middles of the arcs are as good as the places where they start, 2.78 and 2.94, and the middles of the straight lines are clearly worse, 3.63. They are not ruined, though; the generator copes with short latents fairly well.
#
# If you would rather walk by hand, the lab has a scene for it, with a small generator that runs in your browser: `lab.show("latent")` after `from wgan_keras import lab`.
#
# ## 9 · The same from the command line
#
# You can do all of this without writing a program. In a terminal, or with `!` in front of the line in a notebook:
#
# ```
# python -m wgan_keras train --dataset fashion-mnist --lipschitz gp --out runs/fashion
# python -m wgan_keras train --resume runs/fashion
# python -m wgan_keras evaluate runs/fashion --neighbours nearest.png
# python -m wgan_keras sample runs/fashion -n 64 --seed 7 --out grid.png
# python -m wgan_keras sample runs/fashion -n 40 --out walk.gif
# python -m wgan_keras info runs/fashion
# ```
#
# `train` follows the recipe of section 2 and leaves checkpoints, the curve, the GIF, the sampler and a report that shows them all. The other commands take any exported sampler, ours as well. Let's ask `info` about it. (The checksum differs with every export, because TensorFlow writes a random number into the file, so we leave it out.)

# %% [markdown] lang="zh-TW"
# 這下看得出差別了。弧線的中點（middles of arcs）跟起點（where the arcs start）一樣好，2.78 和 2.94；直線的中點（middles of straight lines）明顯比較差，3.63。不過也沒有全毀，短一點的潛在向量，生成器還應付得來。
#
# 想用手慢慢走的話，lab 有一個場景，裡面的小生成器直接在你的瀏覽器裡跑：先 `from wgan_keras import lab`，再 `lab.show("latent")`。
#
# ## 9 · 一行指令做同樣的事
#
# 老實說，前面這些都不必寫程式。在終端機裡打下面的指令就好，在筆記本裡的話，行首加個 `!`：
#
# ```
# python -m wgan_keras train --dataset fashion-mnist --lipschitz gp --out runs/fashion
# python -m wgan_keras train --resume runs/fashion
# python -m wgan_keras evaluate runs/fashion --neighbours nearest.png
# python -m wgan_keras sample runs/fashion -n 64 --seed 7 --out grid.png
# python -m wgan_keras sample runs/fashion -n 40 --out walk.gif
# python -m wgan_keras info runs/fashion
# ```
#
# `train` 照第 2 節的配方訓練，留下檢查點、曲線、GIF、取樣器，還有一份把它們全放在一起的報告。其他指令吃任何匯出的取樣器，我們這個也行。就讓 `info` 介紹一下它吧。（每次匯出的檢查碼都不一樣，因為 TensorFlow 會在檔案裡寫一個亂數，所以這裡就不印了。）

# %%
with contextlib.redirect_stdout(io.StringIO()) as output:
    main(["info", str(folder)])  # what the command calls
print(output.getvalue().replace(verify_manifest(folder), "(64 hexadecimal digits)"))

# %% [markdown] lang="en"
# A sampler says where it comes from and what it can do: the signatures are the functions that you can call.
#
# ## What you have seen
#
# - One pass over the training images, in 2,000 steps, brought the Fréchet distance of the clothes from 14.85, after the first 200, to 2.94; as many real images have 0.14. All ten classes are there, with too many pullovers, and too few coats, sandals, shirts and bags.
# - The estimate went its own way in the second half: its rank correlation with the distance was 0.56 over the training and −0.90 in the second half.
# - The same function trained on 1,289 emoji in colour and drew faces after 3,000 steps, none of them a copy.
# - The quality is better than the variety: a precision of 76% where real images have 88%, and a recall of 55% where they have 89%.
# - The exported generator drew the very same pixels in a program without this package.
# - The middles of arcs between latents were as good as other pictures (2.78), the middles of straight lines were worse (3.63).
#
# ## Exercises
#
# **1.** Draw picture number 5 of seed 7 three times: as one of 10, as one of 100, and alone, with `sample_range` of the exported sampler. Is it the same picture? What is that good for?
#
# <details><summary>Solution</summary>
#
# ```python
# ten, hundred = wgan.sample(10, seed=7), wgan.sample(100, seed=7)
# print(np.array_equal(ten[5], hundred[5]))
# one = sampler.sample_range(seed=7, start=5, count=1)["images"][0].numpy()
# print(np.array_equal(ten[5], one))
# ```
#
# It prints `True` twice. The latent of picture 5 depends on the seed and the number 5 alone, and pictures are always made in chunks of 64, so that its neighbours cannot change how sums are rounded. So a million pictures can be drawn in parts, by several programs if need be, and any one of them can be drawn again.
#
# </details>
#
# **2.** Two generators cheat: one has learnt 20 training images by heart, the other one all of them. Which of the nine scores give them away?
#
# <details><summary>Solution</summary>
#
# ```python
# shuffled = np.random.default_rng(SEED).permutation(len(images))
# by_heart = images[np.resize(shuffled[:20], SCORED)]
# copies = images[shuffled[:SCORED]]
# for name, cheat in (("20 images", by_heart), ("all images", copies)):
#     scores = evaluator.score(cheat)
#     gap = np.median(nearest_training_images(cheat[:100], images)[1])
#     print(name, {measure: round(value, 2) for measure, value in scores.items()})
#     print(f"nearest training image: {gap:.2f}")
# ```
#
# For the 20 images, look at recall and coverage: a real picture each time, but hardly any variety. Copies of all images have the scores of real images in all nine rows, because that is what they are. Only the nearest training image, at a distance of 0, shows it.
#
# </details>
#
# **3.** `wgan.sample` draws with the averaged weights. How good are the pictures of the last weights, those of `wgan.generator`?
#
# <details><summary>Solution</summary>
#
# ```python
# from wgan_keras.sampling import Sampler
#
# last = Sampler(wgan.generator).draw(SCORED // 2, SEED)
# averaged = wgan.sample(SCORED // 2, seed=SEED)
# for name, drawn_by_it in (("last weights", last), ("averaged weights", averaged)):
#     print(f"{name}: {evaluator.frechet_distance(drawn_by_it):.2f}")
# ```
#
# ```
# last weights: 4.11
# averaged weights: 2.94
# ```
#
# Each step pushes the weights to and fro with the accidents of its batch, and the average takes most of that out. It lags behind, too, so early in a training it can lose.
#
# </details>
#
# ## Where to go from here
#
# This is the end of the series. You have computed the distances by hand, written a DCGAN, turned it into a WGAN, put two better brakes on it, and exported it for others to use. Now you should be able to read the paper itself from beginning to end: Arjovsky, Chintala and Bottou (2017), [arXiv:1701.07875](https://arxiv.org/abs/1701.07875). What did not fit in here, such as comparisons of all methods or training on several GPUs, is in the [README](../../README.md).

# %% [markdown] lang="zh-TW"
# 取樣器會自我介紹，從哪裡來、會做什麼都寫得清清楚楚：簽章（signatures）就是你可以呼叫的函式。送人的時候，連說明書都省了。
#
# ## 重點整理
#
# - 用 2,000 步把訓練影像看過一遍，衣服的 Fréchet 距離從第 200 步的 14.85 降到 2.94，同樣多張真的圖片是 0.14。十類都有，只是套頭衫太多，外套、涼鞋、襯衫和包包太少。
# - 到了後半段，估計值就不跟著品質走了：它和距離的等級相關，整段訓練是 0.56，後半段是 −0.90。
# - 同一個函式拿去學 1,289 張彩色的表情符號，3,000 步之後畫得出臉，沒有一張是抄的。
# - 品質先到，花樣後到：精確率 76%，真的圖片是 88%；召回率 55%，真的圖片是 89%。
# - 匯出的生成器，在沒有這個套件的程式裡畫出一模一樣的像素。
# - 兩個潛在向量之間，弧線的中點跟其他圖片一樣好（2.78），直線的中點比較差（3.63）。
#
# ## 練習
#
# 最後一次了，一樣先猜，再算。
#
# **1.** 把種子 7 的第 5 號圖片畫三次：一次是 10 張裡的一張，一次是 100 張裡的一張，一次用匯出的取樣器，以 `sample_range` 單獨畫。三次是同一張圖嗎？這有什麼用？
#
# <details><summary>解答</summary>
#
# ```python
# ten, hundred = wgan.sample(10, seed=7), wgan.sample(100, seed=7)
# print(np.array_equal(ten[5], hundred[5]))
# one = sampler.sample_range(seed=7, start=5, count=1)["images"][0].numpy()
# print(np.array_equal(ten[5], one))
# ```
#
# 兩次都印出 `True`。第 5 號圖片的潛在向量，只看種子和 5 這個號碼；而且圖片永遠是 64 張一批一批畫的，所以旁邊坐了誰，不會影響加總時怎麼捨入。這樣一來，一百萬張圖片可以分段畫，要分給好幾個程式也行，其中任何一張之後都能重畫。
#
# </details>
#
# **2.** 有兩個生成器作弊：一個死背了 20 張訓練影像，另一個全部背起來了。九個分數裡，哪幾個抓得到它們？
#
# <details><summary>解答</summary>
#
# ```python
# shuffled = np.random.default_rng(SEED).permutation(len(images))
# by_heart = images[np.resize(shuffled[:20], SCORED)]
# copies = images[shuffled[:SCORED]]
# for name, cheat in (("20 images", by_heart), ("all images", copies)):
#     scores = evaluator.score(cheat)
#     gap = np.median(nearest_training_images(cheat[:100], images)[1])
#     print(name, {measure: round(value, 2) for measure, value in scores.items()})
#     print(f"nearest training image: {gap:.2f}")
# ```
#
# 背 20 張的那個，看召回率和覆蓋率就露餡了：每一張都是真的，可是翻來覆去就那幾張。全部背起來的那個，九列都跟真的圖片一樣，因為它交出來的就是真的圖片。只有「離最近的訓練影像有多遠」是 0，才抓得到它。
#
# </details>
#
# **3.** `wgan.sample` 是用平均過的權重畫的。如果改用最後的權重，也就是 `wgan.generator`，圖片有多好？
#
# <details><summary>解答</summary>
#
# ```python
# from wgan_keras.sampling import Sampler
#
# last = Sampler(wgan.generator).draw(SCORED // 2, SEED)
# averaged = wgan.sample(SCORED // 2, seed=SEED)
# for name, drawn_by_it in (("last weights", last), ("averaged weights", averaged)):
#     print(f"{name}: {evaluator.frechet_distance(drawn_by_it):.2f}")
# ```
#
# ```
# last weights: 4.11
# averaged weights: 2.94
# ```
#
# 每一步都會被那一批資料的運氣推來推去，取平均就能抵銷掉大半。不過平均值會慢半拍，所以訓練剛開始的時候，也可能輸給最後的權重。
#
# </details>
#
# ## 接下來
#
# 整個系列到這裡結束，辛苦了。你親手算過分布之間的距離，寫過 DCGAN，把它改成 WGAN，替它換上兩副更好的煞車，最後還讓它出門替別人畫圖。現在可以打開論文，從頭讀到尾了：Arjovsky、Chintala 與 Bottou（2017），[arXiv:1701.07875](https://arxiv.org/abs/1701.07875)。這裡塞不下的，例如各種方法的比較、用好幾個 GPU 訓練，都在 [README](../../README.md) 裡。下次抽卡沒中，至少你知道該驚訝多少。
