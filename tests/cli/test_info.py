from helpers import refused
from helpers import run_command
from helpers import tiny_wgan

import wgan_keras
from wgan_keras import files


def test_what_a_sampler_says_gives_a_terminal_no_orders(tmp_path, capsys):
    tiny_wgan().export_sampler(tmp_path / "a", dataset="\x1b[2Jmnist\x9b1m")
    run_command("info", "a")
    run_command("sample", "a", "-n", 1)
    printed = "".join(capsys.readouterr())
    assert "\x1b" not in printed
    assert "\x9b" not in printed
    assert printed.count("\\x1b[2Jmnist") == 2


def test_info_of_a_sampler(sampler, capsys):
    run_command("info", sampler)
    printed = capsys.readouterr().out
    assert (
        f"SHA-256 of its manifest: {files.checksum(sampler / 'checksums.json')}" in printed
    )
    assert f"package: wgan_keras {wgan_keras.__version__}" in printed
    assert "seed: 0" in printed
    assert "image_shape: [8, 8, 1]" in printed
    assert "sample(n: int64, seed: int64)" in printed


def test_info_of_an_unfinished_run(tmp_path, capsys):
    (tmp_path / "config.json").write_text('{"model": "wgan", "version": "0", "steps": 9}')
    run_command("info", tmp_path)
    assert "has not finished" in capsys.readouterr().out
    (tmp_path / "history.csv").write_text("")
    run_command("info", tmp_path)
    assert "no step yet" in capsys.readouterr().out


def test_what_is_neither_a_run_nor_a_sampler(tmp_path, capsys):
    assert "neither a sampler nor a run" in refused(capsys, "info", tmp_path / "nothing")
