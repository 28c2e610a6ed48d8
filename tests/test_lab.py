"""The lab's page: that it is fresh, and that it can be served and shown."""

import hashlib
import re
import signal
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from html.parser import HTMLParser
from pathlib import Path

import pytest

from wgan_keras import lab

SOURCES = Path(__file__).parent.parent / "lab"


def digest_of_sources(root):
    """What lab/sources.ts computes: a hash of names, lengths and contents, in order."""
    files = ["index.html", "package-lock.json", "package.json", "sources.ts"]
    files.append("vite.config.ts")
    files += [
        str(path.relative_to(root).as_posix())
        for path in (root / "src").rglob("*")
        if path.is_file()
    ]
    digest = hashlib.sha256()
    for name in sorted(files):
        content = (root / name).read_bytes()
        digest.update(f"{name}\n{len(content)}\n".encode())
        digest.update(content)
    return digest.hexdigest()


class Head(HTMLParser):
    """Collects a page's meta elements, scripts with a source, and links."""

    def __init__(self, text):
        super().__init__()
        self.meta, self.scripts, self.links = {}, [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        if tag == "meta":
            self.meta[attributes.get("name")] = attributes.get("content")
        elif tag == "script":
            self.scripts.append(attributes.get("src"))
        elif tag == "link":
            self.links.append(attributes.get("href"))


class TestPage:
    @pytest.mark.skipif(not SOURCES.exists(), reason="an installed package has no sources")
    def test_was_built_from_the_sources(self):
        built = Head(lab.html()).meta["lab-sources"]
        assert built == digest_of_sources(SOURCES), (
            "The page is stale: run `npm run build` in lab/ and commit "
            "wgan_keras/lab/index.html."
        )

    @pytest.mark.skipif(not SOURCES.exists(), reason="an installed package has no sources")
    def test_digest_tells_of_any_change(self, tmp_path):
        (tmp_path / "src").mkdir()
        for name in ("index.html", "package-lock.json", "package.json", "sources.ts"):
            (tmp_path / name).write_text("x")
        (tmp_path / "vite.config.ts").write_text("x")
        digests = {digest_of_sources(tmp_path)}
        (tmp_path / "src" / "a.ts").write_text("a")
        digests.add(digest_of_sources(tmp_path))
        (tmp_path / "src" / "a.ts").rename(tmp_path / "src" / "b.ts")
        digests.add(digest_of_sources(tmp_path))
        assert len(digests) == 3

    def test_is_one_small_file(self):
        head = Head(lab.html())
        assert lab.path().stat().st_size < 150_000
        assert set(head.scripts) == {None}  # scripts are inline
        assert all(link.startswith("data:") for link in head.links)
        assert not re.search(r"""(src|href)=["']https?:""", lab.html())


class TestServe:
    @pytest.fixture
    def address(self):
        with lab.make_server() as server:
            assert server.server_address[0] == "127.0.0.1"
            thread = threading.Thread(target=server.serve_forever)
            thread.start()
            yield f"http://127.0.0.1:{server.server_port}"
            server.shutdown()
            thread.join()

    def test_serves_the_page_and_the_weights(self, address):
        for name in ("", "index.html", *(weights.name for weights in lab._weights())):
            with urllib.request.urlopen(f"{address}/{name}") as answer:
                assert answer.status == 200
                expected = lab.path().parent / (name or "index.html")
                assert answer.read() == expected.read_bytes()

    @pytest.mark.parametrize("name", ["__init__.py", "../__init__.py", "%2e%2e/", "x.js"])
    def test_serves_nothing_else(self, address, name):
        with pytest.raises(urllib.error.HTTPError, match="404") as caught:
            urllib.request.urlopen(f"{address}/{name}")
        caught.value.close()

    def test_says_nothing_where_a_browser_goes_away(self, capfd):
        server = lab.make_server()
        with server:
            for error in (BrokenPipeError(), ConnectionResetError()):
                try:
                    raise error
                except ConnectionError:
                    server.handle_error(None, ("127.0.0.1", 1))
            assert capfd.readouterr().err == ""
            try:
                raise RuntimeError("a defect")
            except RuntimeError:
                server.handle_error(None, ("127.0.0.1", 1))
            assert "a defect" in capfd.readouterr().err

    def test_ends_cleanly_when_interrupted(self):
        code = "from wgan_keras import lab; lab.serve(open_browser=False, c=0.1)"
        process = subprocess.Popen(
            [sys.executable, "-c", code],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        with process:
            said = process.stdout.readline()
            address = re.search(r"http://127\.0\.0\.1:\d+/#scene=race&c=0\.1", said)
            with urllib.request.urlopen(address[0]) as answer:
                assert answer.status == 200
            process.send_signal(signal.SIGINT)
            _, errors = process.communicate(timeout=20)
        assert process.returncode == 0
        assert errors == ""

    def test_refuses_an_unknown_scene(self):
        with pytest.raises(ValueError, match="No scene 'rase': expected one of race, "):
            lab.serve(open_browser=False, scene="rase")


class TestShow:
    @staticmethod
    def shown(frame):
        """The page in the frame, as a browser reads it."""

        class Source(HTMLParser):
            def handle_starttag(self, tag, attributes):
                assert tag == "iframe"
                self.attributes = dict(attributes)

        source = Source()
        source.feed(frame._repr_html_())
        return source.attributes

    def test_holds_the_page_and_the_state(self):
        attributes = self.shown(lab.show("race", height=700, data="moons", play=False))
        assert attributes["height"] == "700"
        page = attributes["srcdoc"]
        assert Head(page).meta["lab-state"] == "scene=race&data=moons&play=0"
        assert len(page) > len(lab.html())

    def test_has_the_weights_for_their_scene_only(self):
        assert lab._weights()
        for weights in lab._weights():
            text = weights.read_text(encoding="utf-8")
            assert text in self.shown(lab.show("latent"))["srcdoc"]
            assert text not in self.shown(lab.show("race"))["srcdoc"]

    def test_state_cannot_leave_its_attribute(self):
        page = self.shown(lab.show("race", data='"><script>alert(1)</script>'))["srcdoc"]
        assert "<script>alert(1)" not in page

    def test_refuses_an_unknown_scene(self):
        with pytest.raises(ValueError, match="No scene 'rase'"):
            lab.show("rase")


def test_needs_no_tensorflow():
    code = "import sys; from wgan_keras import lab; lab.show(); print(*sys.modules)"
    modules = subprocess.check_output([sys.executable, "-c", code], text=True).split()
    assert not {"tensorflow", "keras", "numpy", "IPython"} & set(modules)
