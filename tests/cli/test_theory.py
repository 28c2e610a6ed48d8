import imageio.v3 as imageio
import numpy as np
import pytest
from helpers import refused
from helpers import run_command


def test_distances_prints_all_with_their_meaning(capsys, tmp_path):
    run_command("distances", "0.5,0.5", "0.75,0.25")
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == ["KL(P‖Q)", "KL(Q‖P)", "JS", "TV", "EM"]
    values = [float(line.split()[1]) for line in lines]
    expected = [0.143841, 0.130812, 0.033822, 0.25, 0.25]
    np.testing.assert_allclose(values, expected, rtol=1e-5)
    assert all(len(line.split()) > 4 for line in lines)
    open("empty.npy", "w").close()
    assert "empty.npy is neither" in refused(capsys, "distances", "empty.npy", "1")
    np.save("p.npy", [1, 1])
    (tmp_path / "q.csv").write_text("3,1")
    run_command("distances", "p.npy", "q.csv")
    assert capsys.readouterr().out.splitlines() == lines


@pytest.mark.parametrize(
    ("p", "q", "message"),
    [
        ("0.5,half", "1,1", "0.5,half is neither a list of numbers"),
        ("nofile.npy", "1,1", "nofile.npy is neither a list of numbers"),
        ("/dev/zero", "1,1", "/dev/zero is neither a list of numbers"),
        ("x" * 300, "1,1", "is neither a list of numbers"),
        ("1,-1", "1,1", "p must hold probabilities"),
        ("1,1,1", "1,1", "of one shape, not (3,) and (2,)"),
    ],
)
def test_errors_of_distances(capsys, p, q, message):
    assert message in refused(capsys, "distances", "--", p, q)


def test_demo_lists_and_draws(capsys, tmp_path):
    run_command("demo", "--list")
    names = [line.split()[0] for line in capsys.readouterr().out.splitlines()]
    assert "parallel-lines" in names
    run_command("demo", "moving-earth", "--out", "earth.png")
    assert "earth_mover: 1.6" in capsys.readouterr().out
    assert imageio.imread("earth.png").ndim == 3
    assert "earth.png exists" in refused(
        capsys, "demo", "moving-earth", "--out", "earth.png"
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "Which demo?"),
        (["nothing"], "No demo 'nothing'"),
        (["moving-earth", "--out", "a.txt"], "must end in .png"),
        (["moving-earth", "--out", "a.gif"], "Nothing moves in moving-earth"),
    ],
)
def test_errors_of_demo(capsys, arguments, message):
    assert message in refused(capsys, "demo", *arguments)
