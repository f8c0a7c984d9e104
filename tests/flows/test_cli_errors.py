"""What a user can do wrong, and what the system can refuse: one clear line, an exit code, never a traceback."""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from seewhy import Library, Settings, cli, demo
from seewhy.bench.synthetic import CLIPS
from seewhy.bench.synthetic.render import render
from seewhy.errors import SettingsError

SETTINGS = Settings.load(overrides={"index.workers": 1}, environment={})
QUESTION = "a red striped ball rolls from left to right"

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("clips")
    render([clip for clip in CLIPS if clip.name in ("ball_right", "ball_left")], folder)
    return folder / "videos"


@pytest.fixture(scope="module")
def made(clips: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("library") / "lib"
    with Library.open(path, SETTINGS) as library:
        library.add([clips])
    return path


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "lib"))


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Run]:
    """The program's entry point in this process: (exit code, stdout, stderr)."""

    def call(*words: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["seewhy", *map(str, words)])
        with pytest.raises(SystemExit) as stopped:
            cli.main()
        out, err = capsys.readouterr()
        code = stopped.value.code
        assert isinstance(code, int | None)
        return code or 0, out, err

    thresholds = cli.gc.get_threshold()
    yield call
    cli.gc.set_threshold(*thresholds)


def refused(result: tuple[int, str, str], *said: str, code: int = 1) -> None:
    """One line on stderr that says why, and nothing on stdout."""
    assert result[0] == code, result
    assert result[1] == ""
    assert result[2].startswith("seewhy: ")
    assert result[2].count("\n") == 1
    for words in said:
        assert words in result[2]


def test_no_library(run: Run, tmp_path: Path) -> None:
    refused(run("search", "x", "-l", tmp_path / "none"), "is no library", "index videos into it first")
    assert not (tmp_path / "none").exists()


def test_a_library_path_that_is_a_file(run: Run, tmp_path: Path, clips: Path) -> None:
    file = tmp_path / "file"
    file.write_text("x")
    refused(run("search", "x", "-l", file), "is no library")
    refused(run("index", clips, "-l", file), "is a file; name a folder")
    refused(run("index", clips, "-l", file / "below"), str(file))


def test_a_library_folder_with_other_files(run: Run, tmp_path: Path, clips: Path) -> None:
    (tmp_path / "thesis.tex").write_text("x")
    refused(run("index", clips, "-l", tmp_path), "holds other files (thesis.tex)")


@pytest.mark.parametrize("content", [b"\xff\xfe", b"[video", b"[video]\nrat = 4\n", b"[video]\nrate = 'fast'\n"])
def test_a_settings_file_that_cannot_be_used(run: Run, tmp_path: Path, folder: Path, content: bytes) -> None:
    file = tmp_path / "bad.toml"
    file.write_bytes(content)
    refused(run("search", "x", "-l", folder, "--config", file), code=2)


def test_a_settings_file_that_is_not_there(run: Run, tmp_path: Path, folder: Path) -> None:
    refused(run("search", "x", "-l", folder, "--config", tmp_path / "no.toml"), "no.toml cannot be read", code=2)
    refused(run("search", "x", "-l", folder, "--config", tmp_path), "cannot be read", code=2)


@pytest.mark.parametrize("content", [b"", b"{}", b"not json", b"\xff\xfe\x00", b'{"hits": 3}'])
def test_a_result_file_that_is_none(run: Run, tmp_path: Path, folder: Path, content: bytes) -> None:
    file = tmp_path / "result.json"
    file.write_bytes(content)
    for words in (["show", "--out", tmp_path / "o"], ["export"]):
        refused(run(*words, "--result", file, "-l", folder), "not what 'seewhy search --json' prints")
    assert not (tmp_path / "o").exists()


def test_a_result_file_that_is_not_there(run: Run, tmp_path: Path, folder: Path) -> None:
    missing = tmp_path / "none.json"
    refused(run("export", "--result", missing, "-l", folder), "none.json: No such file or directory")
    refused(run("export", "--result", tmp_path, "-l", folder), "Is a directory")


def test_a_result_of_another_library(run: Run, tmp_path: Path, folder: Path) -> None:
    _, text, _ = run("search", QUESTION, "-l", folder, "--json")
    document = json.loads(text)
    for video in ("0" * 32, "../../etc"):
        document["hits"][0]["video"] = video
        file = tmp_path / "result.json"
        file.write_text(json.dumps(document))
        refused(run("export", "--result", file, "--format", "coco", "-l", folder), video)


def test_output_that_cannot_be_written(run: Run, tmp_path: Path, folder: Path) -> None:
    file = tmp_path / "file"
    file.write_text("mine")
    asked = ("--query", QUESTION, "-l", folder)
    refused(run("show", *asked, "--out", file), str(file))
    refused(run("show", *asked, "--out", file / "below"), str(file))
    refused(run("export", *asked, "--out", tmp_path), "Is a directory")
    refused(run("export", *asked, "--out", file / "below"), str(file))
    refused(run("search", QUESTION, "-l", folder, "--report", tmp_path), "Is a directory")
    refused(run("search", QUESTION, "-l", folder, "--report", file / "below"), str(file))
    (tmp_path / "hit1.png").mkdir()
    refused(run("show", *asked, "--out", tmp_path), "hit1.png")
    assert file.read_text() == "mine"


def test_folders_for_output_are_made(run: Run, tmp_path: Path, folder: Path) -> None:
    out = tmp_path / "a" / "b"
    assert run("export", "--query", QUESTION, "-l", folder, "--out", out / "x.json")[0] == 0
    assert run("search", QUESTION, "-l", folder, "--report", out / "c" / "x.html", "--json")[0] == 0
    assert (out / "x.json").exists()
    assert (out / "c" / "x.html").exists()


def test_a_rank_that_there_is_not(run: Run, tmp_path: Path, folder: Path) -> None:
    refused(run("show", "--query", QUESTION, "-l", folder, "--out", tmp_path / "o", "--rank", 9), "has 2 hits", code=2)


@pytest.mark.parametrize(
    "words",
    [("",), ("x " * 3000,), ("x", "-k", "0"), ("x", "--after", "yesterday"), ("x", "--set", "search.tau=2")],
)
def test_questions_that_cannot_be_asked(run: Run, folder: Path, words: tuple[str, ...]) -> None:
    code, out, err = run("search", *words, "-l", folder)
    assert code in (1, 2)
    assert out == ""
    assert err.startswith("seewhy: ")


def test_words_that_are_no_text_are_asked_all_the_same(run: Run, folder: Path) -> None:
    code, out, _ = run("search", "a red ball \udcff\x1b[31m", "-l", folder, "--json")
    assert code in (0, 3)
    assert len(json.loads(out)["hits"]) == 2


def test_an_index_that_is_gone_or_damaged(run: Run, folder: Path) -> None:
    for table in folder.glob("index/segments/*/table.json"):
        table.write_text("{}")
    refused(run("search", "x", "-l", folder), "--rebuild")
    shutil.rmtree(folder / "index")
    refused(run("search", "x", "-l", folder), "index")
    assert run("index", "--rebuild", "-l", folder)[0] == 0
    assert run("search", QUESTION, "-l", folder, "--json")[0] == 0


def test_a_damaged_catalog(run: Run, folder: Path) -> None:
    (folder / "catalog.sqlite").write_bytes(b"SQLite format 3\0" + b"\xff" * 4096)
    refused(run("search", "x", "-l", folder), "catalog.sqlite")
    refused(run("videos", "-l", folder), "catalog.sqlite")


def test_a_twin_that_is_gone_is_said_so(run: Run, folder: Path) -> None:
    lost = sorted((folder / "twins").iterdir())[0]
    (lost / "twin.json").unlink()
    code, out, _ = run("search", QUESTION, "-l", folder, "--json")
    answer = json.loads(out)
    assert code == cli.PARTIAL
    assert [hit["video"] for hit in answer["hits"]] == [path.name for path in sorted((folder / "twins").iterdir())[1:]]
    assert lost.name in answer["degraded"][0]


def test_only_committed_videos_are_found(folder: Path) -> None:
    with Library.open(folder, SETTINGS) as library:
        first, second = (hit.video for hit in library.search(QUESTION).hits)
        with library._folder.writing(), library._folder.catalog() as catalog:
            catalog.withdraw(first, reason="a test")
        assert [hit.video for hit in library.search(QUESTION).hits] == [second]
        with library._folder.writing(), library._folder.catalog() as catalog:
            catalog.remove(second)
        answer = library.search(QUESTION)
        assert answer.hits == ()
        assert answer.no_match


def test_no_match_is_said(run: Run, folder: Path) -> None:
    _, out, _ = run("search", "a purple star leaves before a yellow triangle enters", "-l", folder)
    assert "no match: nothing reaches the threshold; the nearest are" in out
    _, out, _ = run("search", QUESTION, "-l", folder, "--min-duration", "1000")
    assert "no match: no video of the library passes the filters\n0 of 2 videos" in out
    _, out, _ = run("compose", "ball_left.mp4", "it is blue", "-l", folder, "--video", "ball_left.mp4")
    assert "no match: the filters leave no video but the reference\n0 of 1 video, " in out
    assert run("remove", "ball_right.mp4", "-l", folder)[0] == 0
    _, out, _ = run("compose", "ball_left.mp4", "it is blue", "-l", folder)
    assert "no match: the library has no video but the reference\n0 videos, " in out
    _, out, _ = run("search", QUESTION, "-l", folder)
    assert "\n1 video, " in out


@pytest.mark.parametrize("ask", [("search", QUESTION), ("compose", "ball_left.mp4", "it is blue")])
def test_filters_that_cannot_be_meant(run: Run, folder: Path, ask: tuple[str, ...]) -> None:
    for words, said in (
        (("--video", "deadbeef"), "no video 'deadbeef' in the library; 'seewhy videos' lists them"),
        (("--min-duration", "5", "--max-duration", "2"), "no video lasts 5 s or more and 2 s or less"),
        (("--after", "2024-05-02", "--before", "2024-05-01"), "no video is of 2024-05-02 or later and before 2024"),
        (("--before", "yesterday"), "seewhy: before: 'yesterday' is not a date; write it as 2024-05-31"),
        (("--max-duration", "-1"), "seewhy: --max-duration -1.0: Input should be greater than or equal to 0"),
    ):
        refused(run(*ask, "-l", folder, *words), said)


def test_what_an_answer_prints_can_be_given_back(run: Run, folder: Path) -> None:
    _, out, _ = run("search", QUESTION, "-l", folder, "-k", "1")
    [row] = [line.split() for line in out.splitlines() if line.startswith(" 1 ")]
    [short] = [word for word in row if re.fullmatch("[0-9a-f]{8}", word)]
    [name] = [word for word in row if word.endswith(".mp4")]
    asked = [run("compose", named, "it is blue", "-l", folder, "--json") for named in (short, name)]
    assert asked[0][0] == asked[1][0] == 0
    by_id, by_name = (json.loads(out)["query"]["reference"] for _, out, _ in asked)
    assert by_id == by_name
    assert by_id.startswith(short)
    _, out, _ = run("search", QUESTION, "-l", folder, "--video", short, "--json")
    assert [hit["video"] for hit in json.loads(out)["hits"]] == [by_id]
    code, out, err = run("remove", short, "-l", folder)
    assert (code, out, err) == (0, "", f"removed {by_id}\n")


def test_names_that_remove_nothing(run: Run, folder: Path) -> None:
    _, before, _ = run("videos", "-l", folder)
    for named in ("ball", "nobody.mp4", "0" * 32):
        refused(run("remove", "ball_left.mp4", named, "-l", folder), f"no video '{named}' in the library")
    assert run("videos", "-l", folder)[1] == before


def test_an_address_is_no_file(run: Run, folder: Path) -> None:
    refused(run("compose", "https://example.org/a.mp4", "x", "-l", folder), "seewhy: https://example.org/a.mp4: ",
            "seewhy reads files, not URLs; download it")  # fmt: skip
    code, _, err = run("index", "https://example.org/a.mp4", "-l", folder, "--set", "index.workers=1")
    assert code == cli.PARTIAL
    assert "seewhy reads files, not URLs; download it" in err


def test_a_hit_that_was_removed(run: Run, folder: Path, tmp_path: Path) -> None:
    _, text, _ = run("search", QUESTION, "-l", folder, "--json")
    file = tmp_path / "result.json"
    file.write_text(text)
    video = json.loads(text)["hits"][0]["video"]
    assert run("remove", video, "-l", folder)[0] == 0
    for words in (["show", "--out", tmp_path / "o"], ["export", "--format", "coco"]):
        answer = run(*words, "--result", file, "-l", folder)
        refused(answer, f"video {video!r} is not in {folder}: it was removed", "index the video's file there")
        assert "--retry-failed" not in answer[2]
    other = json.loads(text)["hits"][1]["video"]
    shutil.rmtree(folder / "twins" / other)
    refused(run("show", "--result", file, "-l", folder, "--rank", 2, "--out", tmp_path / "o"), "--retry-failed")


def test_words_of_a_setting_that_does_not_fit(run: Run, folder: Path) -> None:
    answer = run("search", "x", "-l", folder, "--set", "compose.channels=rerank")
    refused(answer, "setting compose.channels = 'rerank': ", "rerank needs another", code=2)
    assert "Value error" not in answer[2]


def test_hostile_file_names_are_shown_on_one_line(run: Run, clips: Path, tmp_path: Path) -> None:
    videos = tmp_path / "videos"
    videos.mkdir()
    names = ["[red]ball.mp4", "new\nline\x1b[2J.mp4", "<script>alert(1).mp4"]
    for number, name in enumerate(names):
        shutil.copy(clips / "ball_right.mp4", videos / name)
        with (videos / name).open("ab") as file:
            file.write(b"\0\0\0\x09free" + bytes([number]))  # another content, the same video
    (videos / "broken\x1b[2J.mp4").write_text("no video")
    code, _, err = run("index", videos, "-l", tmp_path / "lib", "--set", "index.workers=1")
    assert code == cli.PARTIAL
    assert "\x1b" not in err
    assert r"new\nline\x1b[2J.mp4" in err
    code, out, _ = run("search", QUESTION, "-l", tmp_path / "lib", "--report", tmp_path / "page.html")
    assert code == 0
    assert "\x1b" not in out
    assert r"line\x1b[2J.mp4" in out
    assert "[red]ball.mp4" in out
    assert "<script>alert" not in (tmp_path / "page.html").read_text()
    code, out, _ = run("videos", "-l", tmp_path / "lib")
    assert len(out.splitlines()) == len(names) + 1
    assert "\x1b" not in out


def test_the_bar_takes_names_as_they_are(tmp_path: Path) -> None:
    from rich.console import Console

    from seewhy.progress import TerminalProgress

    file = (tmp_path / "terminal").open("w")
    with file, TerminalProgress(Console(file=file, force_terminal=True, width=200)) as progress:
        progress.started(2)
        for name in ("stale", "[red]ball", "\x1b[2Jnew"):
            progress.stage(Path(name), "perceive")
        progress._bar.refresh()
    assert r"[red]ball (perceive), \x1b[2Jnew (perceive)" in (tmp_path / "terminal").read_text()


def test_the_time_left_counts_from_the_first_video_that_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    from rich.console import Console

    from seewhy import progress
    from seewhy.reports import DescribeReport

    now = [100.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    console = Console(file=io.StringIO(), width=200)
    with progress.TerminalProgress(console) as told:
        told.started(1)
        now[0] += 1000
        told.describing(Path("a.mp4"))
        now[0] += 60
        told.described(DescribeReport(Path("a.mp4"), "a", "described"), 1, 3)
    assert "[1/3, 120 s left]" in console.file.getvalue()  # type: ignore[attr-defined]


def test_ctrl_c_waits_for_no_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """Threads that look at videos would be waited for at the interpreter's end."""
    ended: list[int] = []

    def interrupted() -> None:
        raise SystemExit(cli.INTERRUPTED)

    monkeypatch.setattr(cli, "app", interrupted)
    monkeypatch.setattr(cli.os, "_exit", ended.append)
    monkeypatch.setattr(cli.sys, "argv", ["seewhy", "index"])
    with pytest.raises(SystemExit):
        cli.main()
    assert ended == [130]


def test_an_index_without_videos_is_said_to_be_so(run: Run, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    code, out, err = run("index", tmp_path / "empty", "-l", tmp_path / "lib")
    assert code == 0
    assert "no video files were found" in err
    assert out.startswith("0 files")


def test_retry_failed_says_all_that_it_does() -> None:
    text = CliRunner().invoke(cli.app, ["index", "--help"], env={"COLUMNS": "200"}).stdout
    assert "check every twin bit by bit" in " ".join(text.split())


def test_the_demo_removes_only_what_it_made(tmp_path: Path) -> None:
    (tmp_path / "clips").mkdir()
    (tmp_path / "clips" / "holiday.mp4").write_text("mine")
    with pytest.raises(SettingsError, match="was not made by the demo"):
        demo.run(tmp_path)
    assert (tmp_path / "clips" / "holiday.mp4").read_text() == "mine"


# In a process of its own


def start(*words: object) -> subprocess.Popen[bytes]:
    """The command line as a terminal would start it: what a shell starts in the background ignores Ctrl-C."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        return subprocess.Popen(
            [sys.executable, "-m", "seewhy.cli", *map(str, words)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment,
        )
    finally:
        signal.signal(signal.SIGINT, before)


def test_a_reader_that_has_enough(folder: Path) -> None:
    process = start("search", QUESTION, "-l", folder, "--json")
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()  # like `head` that has read its line
    complaint = process.stderr.read()
    process.stderr.close()
    assert process.wait(60) == 0
    assert complaint == b""


def test_a_search_loads_nothing_that_it_does_not_need(folder: Path) -> None:
    heavy = ("rich", "jinja2", "cv2", "av", "pycocotools", "multiprocessing", "numpy.ma")
    program = (
        "import sys\nfrom seewhy.cli import main\ntry:\n    main()\nexcept SystemExit:\n    pass\n"
        f"print([name for name in {heavy!r} if name in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, "search", QUESTION, "-l", str(folder), "--json"],
        capture_output=True,
        check=True,
    )
    assert done.stderr.decode().strip() == "[]"


@pytest.mark.parametrize("watch", [False, True])
def test_ctrl_c_while_indexing(clips: Path, tmp_path: Path, watch: bool) -> None:
    videos, library = tmp_path / "videos", tmp_path / "lib"
    videos.mkdir()
    shutil.copy(clips / "ball_left.mp4", videos)
    if not watch:  # more work than is done by then
        for number in range(9):
            shutil.copy(clips / "ball_right.mp4", videos / f"{number}.mp4")
            with (videos / f"{number}.mp4").open("ab") as file:
                file.write(b"\0\0\0\x09free" + bytes([number]))
    awaited = [b"indexed", *([b"watching; Ctrl-C ends"] if watch else [])]
    with start("index", videos, "-l", library, "--set", "index.workers=2", *(["--watch"] if watch else [])) as process:
        assert process.stderr is not None
        try:
            while awaited:
                line = process.stderr.readline()
                assert line, "it ended too soon"
                assert b"FAILED" not in line, line
                awaited = [words for words in awaited if words not in line]
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=60)
        finally:
            process.kill()
    assert process.returncode == cli.INTERRUPTED, err
    assert err.decode().splitlines()[-1] == "seewhy: interrupted; what was committed before is kept"
    assert b"Traceback" not in err
    assert out == b""
    with Library.open(library, SETTINGS, create=False, read_only=True) as opened:
        committed = {entry.id for entry in opened.videos() if entry.state == "committed"}
        assert committed
        assert {hit.video for hit in opened.search(QUESTION).hits} == committed
