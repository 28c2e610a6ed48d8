"""The lab: an interactive page in which a GAN and a WGAN learn side by side.

The page is one file that needs no network: open it in a browser, serve it on this machine,
or show it in a notebook, Colab included.
"""

import functools
import html as escaping
import http.server
import os
import sys
import urllib.parse
import webbrowser
from pathlib import Path

from wgan_keras.errors import UserError

SCENES = ("race", "distances", "clipping", "latent")
_EMBED = "<!-- lab-embed -->"  # a place in the page's head


def path():
    """Returns the page's path; the generators' weights lie beside it."""
    return Path(__file__).parent / "index.html"


def html():
    """Returns the page's text, all but the generators' weights of the latent scene."""
    return path().read_text(encoding="utf-8")


def serve(port=0, open_browser=True, scene="race", **state):
    """Serves the page to this machine only, until it is interrupted.

    Args:
        port: Port on 127.0.0.1; 0 for any that is free.
        open_browser: Whether to open the page in the reader's browser.
        scene: One of `SCENES`.
        **state: Settings, such as `data="moons"`, as in the page's address.

    Raises:
        OSError: The port is taken.
        ValueError: There is no such scene.
    """
    with make_server(port) as server:
        address = f"http://127.0.0.1:{server.server_port}/#{_state(scene, state)}"
        print(f"The lab is at {address} (Ctrl-C ends it)", flush=True)
        if open_browser:
            webbrowser.open(address)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            print()


def make_server(port=0):
    """Returns a server of the page on 127.0.0.1; `with` closes it."""
    handler = functools.partial(_Handler, directory=str(path().parent))
    return _Server(("127.0.0.1", port), handler)


class _Server(http.server.ThreadingHTTPServer):
    """Says nothing where a browser goes away before it has all of the page."""

    def handle_error(self, request, client_address):
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class _Handler(http.server.SimpleHTTPRequestHandler):
    """Serves the page and the weights, and nothing else of the folder; logs nothing."""

    def send_head(self):
        name = os.path.basename(self.translate_path(self.path)) or "index.html"
        served = {"index.html", *(weights.name for weights in _weights())}
        if urllib.parse.urlsplit(self.path).path not in ("/", *(f"/{n}" for n in served)):
            self.send_error(404, f"The lab has no {name}")
            return None
        return super().send_head()

    def log_message(self, *arguments):
        pass


class Frame:
    """The page in a notebook's cell: an inline frame that holds the page's own text.

    Args:
        text: The page.
        height: Height in pixels.
    """

    def __init__(self, text, height):
        self.text, self.height = text, height

    def _repr_html_(self):
        source = escaping.escape(self.text, quote=True)
        return (
            f'<iframe srcdoc="{source}" title="wgan_keras lab" width="100%" '
            f'height="{self.height}" style="border:0;border-radius:12px" '
            'allow="clipboard-write" loading="lazy"></iframe>'
        )


def show(scene="race", height=900, **state):
    """Shows the page in a notebook's cell, without a network: Jupyter, VS Code, Colab.

    The weights of the latent scene are in the cell only if it opens with that scene, since
    they are larger than all the rest.

    Args:
        scene: One of `SCENES`.
        height: Height of the cell in pixels.
        **state: Settings, such as `data="moons"`, `clip=0.03`, `play=False` or
            `lang="zh-TW"`, as in the page's address. The page falls back on its own
            settings for those that do not fit, and says so.

    Returns:
        A `Frame`, which a notebook displays.

    Raises:
        ValueError: There is no such scene.

    Example:

    >>> from wgan_keras import lab
    >>> frame = lab.show("race", data="8-gaussians", clip=0.03)
    >>> frame._repr_html_().startswith("<iframe srcdoc=")
    True
    """
    content = escaping.escape(_state(scene, state), quote=True)
    embedded = f'<meta name="lab-state" content="{content}" />'
    if scene == "latent":
        for weights in _weights():
            embedded += f"<script>{weights.read_text(encoding='utf-8')}</script>"
    page = html()
    if _EMBED not in page:
        raise UserError(f"{path()} is not a page of the lab: it has no {_EMBED}.")
    return Frame(page.replace(_EMBED, embedded, 1), height)


def _weights():
    return sorted(path().parent.glob("*.js"))


def _state(scene, state):
    """The state as the page's address writes it."""
    if scene not in SCENES:
        raise UserError(f"No scene {scene!r}: expected one of {', '.join(SCENES)}.")
    values = {
        key: {True: "1", False: "0"}[value] if isinstance(value, bool) else value
        for key, value in state.items()
    }
    return urllib.parse.urlencode({"scene": scene, **values})
