import os
import signal
import subprocess
import sys
import urllib.request

import pytest
from helpers import refused
from helpers import run_command

from wgan_keras import lab


@pytest.mark.parametrize(
    ("options", "served"),
    [
        ([], (0, True, "race")),
        (["--no-browser", "--port", "8080"], (8080, False, "race")),
        (["--scene", "latent"], (0, True, "latent")),
    ],
)
def test_options_reach_the_server(options, served, monkeypatch):
    calls = []
    monkeypatch.setattr(lab, "serve", lambda *arguments: calls.append(arguments))
    run_command("lab", *options)
    assert calls == [served]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--port", "-1"], "must be a number from 0 to 65535, not -1"),
        (["--port", "65536"], "must be a number from 0 to 65535, not 65536"),
        (["--port", "many"], "must be a number from 0 to 65535, not many"),
        (["--scene", "nothing"], "invalid choice: 'nothing'"),
    ],
)
def test_errors_of_lab(options, message, capsys):
    assert message in refused(capsys, "lab", *options)


def test_a_port_that_is_taken_is_one_line(capsys):
    with lab.make_server() as server:
        error = refused(capsys, "lab", "--no-browser", "--port", server.server_port)
    assert error.startswith("error: ")
    assert "in use" in error


def test_the_command_serves_the_page_until_it_is_interrupted():
    command = [sys.executable, "-u", "-m", "wgan_keras", "lab", "--no-browser"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        address = process.stdout.readline().split("at ")[1].split()[0]
        with urllib.request.urlopen(address.split("#")[0]) as page:
            assert page.read().decode() == lab.html()
        os.kill(process.pid, signal.SIGINT)
        assert process.wait(30) == 0
