"""`refmill convert` as a user meets it: what it writes, says and returns."""

from __future__ import annotations

import gzip
import io
import json
import sys
from pathlib import Path

import pytest
from tests.fakes.arxiv_api import ArxivApi, Fault, Paper

from refmill.cli import main

DUMP = """\
We study things.

arXiv:2403.01234
Created: 2024-03-02

We study other things.

12 pages

arXiv:hep-th/9901001 - Phys. Lett. B 1 (1999) 1
Created: 1999-01-01
"""
PAPERS = {
    "2403.01234": Paper("A Study of Things", ("Ann Bee", "Carl van Dee"), categories=("cs.LG", "stat.ML")),
    "hep-th/9901001": Paper("Other Things", ("Dan Eff",), categories=("hep-th",)),
    "1706.03762": Paper("Attention Is All You Need", ("Ashish Vaswani", "Noam Shazeer"), categories=("cs.CL",)),
}


@pytest.fixture
def dump(tmp_path: Path) -> Path:
    path = tmp_path / "dump.txt"
    path.write_text(DUMP)
    return path


def refmill(*words: object) -> int:
    return main([str(word) for word in words])


def items(path: Path) -> list[dict[str, object]]:
    found: list[dict[str, object]] = json.loads(path.read_text())
    return found


def test_what_a_dump_lacks_is_asked_for_once(dump: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "refs.json"
    with ArxivApi(PAPERS) as api:
        monkeypatch.setenv("REFMILL_ARXIV_URL", api.url)
        assert refmill("convert", dump, "-o", out) == 0
        assert refmill("convert", dump, "-o", out) == 0
        assert [request.ids for request in api.requests] == [["2403.01234", "hep-th/9901001"]]
    assert [item["title"] for item in items(out)] == ["A Study of Things", "Other Things"]


def test_an_id_on_the_command_line_is_an_input(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "refs.bib"
    with ArxivApi(PAPERS) as api:
        monkeypatch.setenv("REFMILL_ARXIV_URL", api.url)
        assert refmill("convert", "https://arxiv.org/abs/1706.03762", "-o", out, "-q") == 0
    assert "Vaswani, Ashish and Shazeer, Noam" in out.read_text()


def test_an_id_that_does_not_exist_is_told_and_costs_exit_code_1(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    report = tmp_path / "report.json"
    with ArxivApi(PAPERS) as api:
        monkeypatch.setenv("REFMILL_ARXIV_URL", api.url)
        words = ("convert", "1706.03762", "2401.99999", "-o", tmp_path / "refs.bib", "--report", report)
        assert refmill(*words) == 1
    assert "missing    1 (2401.99999)" in capsys.readouterr().err
    states = {each["id"]: each["state"] for each in json.loads(report.read_text())["ids"]}
    assert states == {"1706.03762": "found", "2401.99999": "missing"}


def test_a_service_out_of_reach_costs_exit_code_3_and_nothing_else(dump: Path, tmp_path: Path) -> None:
    out = tmp_path / "refs.json"
    assert refmill("convert", dump, "-o", out) == 3
    assert len(items(out)) == 2


def test_offline_what_nobody_knows_is_no_failure(
    dump: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert refmill("convert", dump, "--offline", "-o", tmp_path / "refs.bib") == 0
    assert "unknown    2 (2403.01234, hep-th/9901001)" in capsys.readouterr().err


def test_offline_opens_no_connection(dump: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with ArxivApi(PAPERS) as api:
        monkeypatch.setenv("REFMILL_ARXIV_URL", api.url)
        refmill("convert", dump, "--offline", "-o", tmp_path / "refs.bib")
        assert api.requests == []


def test_offline_what_was_answered_before_is_known(dump: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "refs.json"
    with ArxivApi(PAPERS) as api:
        monkeypatch.setenv("REFMILL_ARXIV_URL", api.url)
        refmill("convert", dump, "-o", out)
    refmill("convert", dump, "--offline", "-o", out)
    assert items(out)[0]["title"] == "A Study of Things"


def test_versions_are_answers_of_their_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "refs.json"
    with ArxivApi({"2411.10701": Paper("Versions", versions=3)}) as api:
        monkeypatch.setenv("REFMILL_ARXIV_URL", api.url)
        assert refmill("convert", "2411.10701v1", "2411.10701v3", "-o", out) == 0
    assert [item["URL"] for item in items(out)] == [
        "https://arxiv.org/abs/2411.10701v1",
        "https://arxiv.org/abs/2411.10701v3",
    ]


def test_a_fault_of_the_service_leaves_no_trace_in_the_output(
    dump: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    outputs = []
    for faults in ((), (Fault.OVERLOADED, Fault.CUT_FEED, Fault.EMPTY_FEED, Fault.HTML)):
        monkeypatch.setenv("REFMILL_STORE", str(tmp_path / f"store{len(faults)}"))
        with ArxivApi(PAPERS, faults=faults) as api:
            monkeypatch.setenv("REFMILL_ARXIV_URL", api.url)
            assert refmill("convert", dump, "-o", tmp_path / "refs.bib") == 0
        outputs.append((tmp_path / "refs.bib").read_bytes())
    assert outputs[0] == outputs[1]


def test_a_repeated_record_is_dropped_and_the_newest_one_at_hand_stays(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    dump = tmp_path / "dump.txt"
    record = "{}\n\narXiv:2403.01234\nCreated: 2024-03-02 Updated: {}\n\n"
    dump.write_text(record.format("Old words.", "2024-03-03") + record.format("New words.", "2024-05-05"))
    out = tmp_path / "refs.json"
    refmill("convert", dump, "--offline", "-o", out)
    assert [item["abstract"] for item in items(out)] == ["New words."]
    assert "duplicates 1" in capsys.readouterr().err


def test_shifted_authors_are_named_in_the_summary_with_the_remedy(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    dump = tmp_path / "dump.txt"
    dump.write_text("A Title of Things\nYifan Kimi Team, Yiping Bai, Guanduo Bao\n\n" + DUMP)
    assert refmill("convert", dump, "--offline", "-o", tmp_path / "refs.bib") == 0
    told = capsys.readouterr().err
    assert "forenames are shifted" in told
    assert "2403.01234" in told
    assert "--snapshot" in told


def test_several_outputs_are_written_in_one_pass(dump: Path, tmp_path: Path) -> None:
    outputs = [tmp_path / name for name in ("refs.bib", "refs.rdf", "refs.json")]
    refmill("convert", dump, "--offline", *(word for output in outputs for word in ("-o", output)))
    assert all("2403.01234" in output.read_text() for output in outputs)


def test_only_what_was_asked_for_goes_to_stdout(dump: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    assert refmill("convert", dump, "--offline", "--to", "csl-json", "-o", "-") == 0
    assert len(json.loads(capfdbinary.readouterr().out)) == 2


def test_a_dump_on_stdin_is_read(dump: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(dump.read_bytes())))
    out = tmp_path / "refs.json"
    assert refmill("convert", "-", "--offline", "-o", out) == 0
    assert len(items(out)) == 2


def test_a_compressed_dump_in_a_folder_is_read(dump: Path, tmp_path: Path) -> None:
    folder = tmp_path / "dumps"
    folder.mkdir()
    (folder / "dump.txt.gz").write_bytes(gzip.compress(dump.read_bytes()))
    (folder / ".hidden.txt").write_text(DUMP.replace("01234", "01235"))
    out = tmp_path / "refs.json"
    assert refmill("convert", folder, "--offline", "-o", out) == 0
    assert len(items(out)) == 2


def test_what_cannot_be_read_is_kept_with_its_line(dump: Path, tmp_path: Path) -> None:
    dump.write_text(DUMP + "\nA record that was cut o")
    problems = tmp_path / "problems.jsonl"
    assert refmill("convert", dump, "--offline", "-o", tmp_path / "refs.bib", "--problems", problems) == 1
    (problem,) = map(json.loads, problems.read_text().splitlines())
    assert (problem["file"], problem["line"], problem["raw"]) == (str(dump), 13, "A record that was cut o")


def test_the_same_input_gives_the_same_bytes(dump: Path, tmp_path: Path) -> None:
    out = tmp_path / "refs.rdf"
    runs = []
    for _ in range(2):
        refmill("convert", dump, "--offline", "-o", out)
        runs.append(out.read_bytes())
    assert runs[0] == runs[1]


def test_a_bad_input_leaves_the_old_output_as_it_was(tmp_path: Path) -> None:
    out = tmp_path / "refs.bib"
    out.write_text("old")
    assert refmill("convert", tmp_path / "nothing.txt", "-o", out) == 2
    assert out.read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["refs.bib"]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("{empty}", "-o", "x.bib"), "it is empty"),
        (("{folder}", "-o", "x.bib"), "nothing to read"),
        (("{binary}", "-o", "x.bib"), "it is a binary file"),
        (("{prose}", "-o", "x.bib"), "no reader knows this format"),
        (("{dump}", "-o", "{folder}/no/such/refs.bib", "--offline"), "cannot be written"),
        (("{dump}", "-o", "{folder}", "--to", "bibtex", "--offline"), "cannot be written"),
        (("{dump}", "-o", "x.doc"), "choose one by --to"),
        (("{dump}", "-o", "-"), "choose the format by --to"),
        (("{dump}", "-o", "x.bib", "--to", "bibtx"), "did you mean 'bibtex'"),
        (("{dump}", "-o", "x.bib", "--enrich", "arxic"), "did you mean 'arxiv'"),
        (("{dump}", "-o", "x.bib", "--with", "kees"), "did you mean 'keys'"),
        (("{dump}", "-o", "x.bib", "-O", "abstrct=false"), "did you mean 'abstract'"),
        (("{dump}", "-o", "x.bib", "-O", "abstract=maybe"), "is not true or false"),
        (("{dump}", "-o", "x.bib", "-O", "zotero-rdf.abstract=true"), "Known: arxiv, bibtex, keys"),
        (("{dump}", "-o", "x.bib", "-o", "x.bib"), "given twice"),
        (("{dump}", "-o", "x.bib", "-o", "y.bib", "--to", "bibtex"), "exactly one -o"),
        (("{dump}", "-o", "x.bib", "--snapshot", "nothing.jsonl"), "there is no such file"),
        (("{dump}", "-o", "x.bib", "--from", "pdf"), "Known: "),
        (("712.0171", "-o", "x.bib"), "0712.0171"),
    ],
)
def test_bad_usage_gets_one_clear_line_and_exit_code_2(
    words: tuple[str, ...], told: str, dump: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder").mkdir()
    (tmp_path / "empty").write_text("\n")
    (tmp_path / "binary").write_bytes(bytes(range(256)))
    (tmp_path / "prose").write_text("Once upon a time there was no arXiv.\n")
    places = {name: str(tmp_path / name) for name in ("folder", "empty", "binary", "prose")} | {"dump": str(dump)}
    assert refmill("convert", *(word.format_map(places) for word in words)) == 2
    error = capsys.readouterr().err
    assert told in error
    assert len(error.splitlines()) == 1


def test_a_plugin_of_ones_own_writes_and_its_prints_go_to_stderr(
    dump: Path, tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    plugin = tmp_path / "mine.py"
    plugin.write_text(
        "from refmill_hooks import Exporter, hookimpl\n\n"
        "def render(entry, options):\n    print('noise')\n    return entry.id + '\\n'\n\n"
        "@hookimpl\ndef refmill_exporters():\n"
        "    yield Exporter(name='ids-list', title='ids', render=render)\n"
    )
    words = ("convert", dump, "--offline", "--plugin", plugin, "--to", "ids-list", "-o", "-")
    assert refmill(*words) == 0
    captured = capfdbinary.readouterr()
    assert captured.out == b"2403.01234\nhep-th/9901001\n"
    assert b"noise" in captured.err


def test_an_entry_that_an_exporter_raises_on_costs_that_entry_alone(
    dump: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plugin = tmp_path / "mine.py"
    plugin.write_text(
        "from refmill_hooks import Exporter, hookimpl\n\n"
        "def render(entry, options):\n    return str(1 // ('9' not in entry.id)) + entry.id\n\n"
        "@hookimpl\ndef refmill_exporters():\n"
        "    yield Exporter(name='ids-list', title='ids', render=render, suffixes=('.ids',))\n"
    )
    out = tmp_path / "refs.ids"
    assert refmill("convert", dump, "--offline", "--plugin", plugin, "-o", out) == 1
    assert out.read_text() == "12403.01234"
    assert "ZeroDivisionError" in capsys.readouterr().err
