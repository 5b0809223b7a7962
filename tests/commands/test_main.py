"""The table of commands, its help, and how errors leave the process."""

import signal
import sys
import time

import pytest

from customer_segmentation import __version__
from customer_segmentation.commands import main as entry
from customer_segmentation.commands.main import COMMANDS, main
from customer_segmentation.config.compose import plan
from customer_segmentation.console.interrupts import stop_when_asked
from customer_segmentation.errors import DataError


@pytest.mark.parametrize("words", [[], ["--help"], ["-h"], ["help"]])
def test_help_lists_every_command(segment, words):
    said = segment(*words)
    assert said.code == 0
    for name, spec in COMMANDS.items():
        assert f"  {name}" in said.out
        assert spec.summary in " ".join(said.out.split())  # laid out to the width of the terminal


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_a_help_of_its_own(segment, name):
    said = segment(name, "--help")
    assert said.code == 0
    assert said.out.startswith(f"segment {name}: ")
    assert said.error == ""
    command_lines = [line for line in said.out.splitlines() if "segment " in line]  # these are to be pasted
    assert not [line for line in said.out.splitlines() if len(line) > 80 and line not in command_lines]


def test_the_version(segment):
    assert segment("--version").out == f"customer-segmentation {__version__}\n"


def test_an_unknown_command_is_told_what_there_is(segment):
    said = segment("sweeep")
    assert said.code == 2
    assert "Did you mean sweep?" in said.sentence


def cleaned_up_badly(error):
    """An error of a library's own while it cleans up after Ctrl-C."""
    error.__context__ = KeyboardInterrupt()
    return error


def went_round(error):
    """An error that came from one that came from it, as MLflow and urllib3 raise them."""
    error.__cause__ = OSError("no space")
    error.__cause__.__context__ = error
    return error


def _failing(error):
    def run(spec, words):
        raise error

    return run


@pytest.mark.parametrize(
    ("error", "code", "words"),
    [
        (DataError("the file is gone."), 1, "segment sweep: the file is gone."),
        (KeyboardInterrupt(), 130, "interrupted"),
        (cleaned_up_badly(ValueError("no parent")), 130, "interrupted"),
        (cleaned_up_badly(DataError("Spark no longer answers")), 130, "interrupted"),
        (went_round(DataError("the disk is full.")), 1, "segment sweep: the disk is full."),
        (went_round(RuntimeError("no answer")), 1, "unexpected RuntimeError: no answer"),
        (RuntimeError("two\nlines"), 1, "unexpected RuntimeError: two lines (run again with SEGMENT_DEBUG=1"),
        (AssertionError(), 1, "unexpected AssertionError: AssertionError"),
    ],
)
def test_an_error_is_one_sentence_and_a_traceback_only_on_demand(segment, monkeypatch, error, code, words):
    monkeypatch.setattr(entry, "run_command", _failing(error))
    said = segment("sweep")
    assert said.code == code
    assert words in said.sentence
    monkeypatch.setenv("SEGMENT_DEBUG", "1")
    with pytest.raises(type(error)):
        main(["sweep"])


def test_a_sweep_of_no_words_is_what_the_readme_says():
    asked = plan("sweep", [])
    assert {(job.data.source, job.data.customers) for job in asked.settings} == {("sample", 7043)}
    assert len(asked.jobs) == 16
    assert {tuple(job.k) for job in asked.settings} == {tuple(range(2, 11))}


def test_sweep_help_lists_the_files_of_every_decision_and_the_users_own(segment, tmp_path):
    (tmp_path / "conf" / "scaling").mkdir(parents=True)
    (tmp_path / "conf" / "scaling" / "mine.yaml").write_text("about: my very own scaling\nscaler: null\n")
    said = segment("sweep", "--help").out
    for words in ("mine", "my very own scaling", "minmax", "original_analysis", "bisecting_kmeans"):
        assert words in said


def test_the_composed_config_is_shown_without_any_work(segment, tmp_path):
    said = segment("sweep", "--cfg", "job", "scaling=minmax", "data.path=a (1).csv")
    assert said.code == 0, said.error
    assert "MinMaxScaler" in said.out
    assert "a (1).csv" in said.out
    assert list(tmp_path.iterdir()) == []


def test_help_of_a_command_is_its_own(segment):
    assert segment("help", "promote").out == segment("promote", "--help").out
    assert "segment sweep" in segment("help").out


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("segment s", {"sweep", "score", "serve"}),
        ("segment sweep scaling=min", {"scaling=minmax"}),
        ("segment promote promotion=r", {"promotion=refit", "promotion=redesign"}),
    ],
)
def test_the_shell_completes_commands_and_what_exists_for_a_decision(segment, monkeypatch, typed, expected):
    monkeypatch.setenv("COMP_LINE", typed)
    assert set(segment("-sc", "query=bash").out.split()) == expected


def test_a_name_that_a_shell_would_run_is_not_offered(segment, monkeypatch, tmp_path):
    folder = tmp_path / "conf" / "features"
    folder.mkdir(parents=True)
    for name in ("$(touch PWNED)", "`touch PWNED`", "mine"):
        (folder / f"{name}.yaml").write_text("columns:\n  '$(touch PWNED)': {column: A}\n  b: {column: B}\n")
    monkeypatch.setenv("COMP_LINE", "segment sweep features=m")
    assert segment("-sc", "query=bash").out.split() == ["features=mine"]
    for typed in ("features=", "features=mine features.columns."):
        monkeypatch.setenv("COMP_LINE", f"segment sweep {typed}")
        assert not set("$`()") & set(segment("-sc", "query=bash").out)
    for name in ("my table.csv", "my.csv"):
        (tmp_path / name).touch()
    for shell in ("bash", "zsh", "fish"):
        monkeypatch.setenv("COMP_LINE", "segment sweep data.path=./my")
        assert segment("-sc", f"query={shell}").out == "data.path=./my.csv\n"


@pytest.mark.parametrize("typed", ['name="half', "features=$(half", "../../etc/pass", "--cf", "data.path=(", "{"])
def test_what_cannot_be_completed_is_left_alone(segment, monkeypatch, typed):
    monkeypatch.setenv("COMP_LINE", f"segment sweep {typed} scal")
    said = segment("-sc", "query=bash")
    assert (said.code, said.error) == (0, "")


def test_a_long_address_is_hidden_whole(segment):
    address = f"http://{'reader_of_marketing_' * 4}:correct horse battery staple@127.0.0.1:9/members.csv"
    said = segment("sweep", "--cfg", "job", "data=telecom", f"data.path={address}")
    assert said.code == 0, said.error
    assert ":***@127.0.0.1:9/members.csv" in said.out
    assert "staple" not in said.out


def test_a_shell_that_is_not_known_is_refused(segment):
    assert "bash" in segment("-sc", "install=cmd").sentence
    assert "complete" in segment("-sc", "install=bash").out


def test_an_interrupt_that_python_dropped_stops_the_command_all_the_same(monkeypatch):
    monkeypatch.setattr(sys, "unraisablehook", sys.unraisablehook)
    before = signal.getsignal(signal.SIGTERM)
    stop_when_asked()

    class CleansUp:
        def __del__(self):
            raise KeyboardInterrupt

    def work():
        CleansUp()
        for _ in range(500):
            time.sleep(0.01)

    try:
        with pytest.raises(KeyboardInterrupt):
            work()
    finally:
        signal.signal(signal.SIGTERM, before)
