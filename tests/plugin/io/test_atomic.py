"""A file of the user is replaced by a whole one or stays as it was, and no other file is touched."""

from __future__ import annotations

import errno
import gc
import io
import os
import signal
import stat
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

import refmill
from refmill.commands.update import Updated
from refmill.commands.update import write as update_library
from refmill.errors import UsageError
from refmill.io.atomic import Files, Target
from refmill.io.file_names import identity, is_stdout, open_descriptor
from refmill.reporting.report import Report
from refmill_hooks._private_file import PrivateFile


def write_all(*paths: Path | str, error: type[BaseException] | None = None) -> None:
    with Files() as files:
        for path in paths:
            files.open(str(path)).write(b"new")
        if error:
            raise error


def write(path: Path) -> None:
    write_all(path)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_file_appears_under_its_name_when_it_is_whole(tmp_path: Path) -> None:
    out = tmp_path / "x.bib"
    with Files() as files:
        files.open(str(out)).write(b"new")
        (private,) = tmp_path.iterdir()
        assert private.name.startswith(".refmill-")
        assert mode(private) == 0o600
    assert out.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [out]


def test_files_that_are_written_together_are_all_whole_before_one_is_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = tmp_path / "a.bib", tmp_path / "b.bib"
    first.write_bytes(b"old")
    finish = Target.finish

    def fails(self: Target) -> None:
        if self.path == str(second):
            raise UsageError("the disk is full")
        finish(self)

    monkeypatch.setattr(Target, "finish", fails)
    with pytest.raises(UsageError):
        write_all(first, second)
    assert first.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [first]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
def test_an_error_leaves_the_old_file_and_nothing_else(error: type[BaseException], tmp_path: Path) -> None:
    out = tmp_path / "x.bib"
    out.write_bytes(b"old")
    with pytest.raises(error):
        write_all(out, error=error)
    assert out.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [out]


@pytest.mark.parametrize("umask", [0o022, 0o077, 0o002])
def test_a_new_file_has_the_permissions_of_the_umask(umask: int, tmp_path: Path) -> None:
    old = os.umask(umask)
    try:
        write(tmp_path / "x.bib")
    finally:
        os.umask(old)
    assert mode(tmp_path / "x.bib") == 0o666 & ~umask


@pytest.mark.parametrize("bits", [0o600, 0o640, 0o444, 0o755])
def test_a_file_that_is_replaced_keeps_its_permissions(bits: int, tmp_path: Path) -> None:
    out = tmp_path / "x.bib"
    out.write_bytes(b"old")
    out.chmod(bits)
    write(out)
    assert out.read_bytes() == b"new"
    assert mode(out) == bits


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root gives files away")
def test_a_file_that_is_replaced_keeps_its_owner_and_group(tmp_path: Path) -> None:
    out = tmp_path / "x.bib"
    out.write_bytes(b"old")
    os.chown(out, 12, 34)
    write(out)
    assert (out.stat().st_uid, out.stat().st_gid) == (12, 34)


def test_a_chain_of_symbolic_links_stays_and_its_file_is_written(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    real = tmp_path / "folder" / "real.bib"
    real.write_bytes(b"old")
    (tmp_path / "middle.bib").symlink_to("folder/real.bib")
    (tmp_path / "x.bib").symlink_to("middle.bib")
    write(tmp_path / "x.bib")
    assert (tmp_path / "x.bib").is_symlink()
    assert (tmp_path / "middle.bib").is_symlink()
    assert real.read_bytes() == b"new"
    assert list((tmp_path / "folder").iterdir()) == [real]


def test_a_symbolic_link_to_nothing_gets_its_file(tmp_path: Path) -> None:
    (tmp_path / "x.bib").symlink_to("real.bib")
    write(tmp_path / "x.bib")
    assert (tmp_path / "x.bib").is_symlink()
    assert (tmp_path / "real.bib").read_bytes() == b"new"


def test_symbolic_links_in_a_circle_are_told(tmp_path: Path) -> None:
    (tmp_path / "x.bib").symlink_to("y.bib")
    (tmp_path / "y.bib").symlink_to("x.bib")
    with pytest.raises(UsageError, match=r"x\.bib: cannot be written: Too many levels of symbolic links"):
        write(tmp_path / "x.bib")


def test_a_pipe_is_written_and_stays_one(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.bib"
    os.mkfifo(pipe)
    with ThreadPoolExecutor(1) as pool:
        read = pool.submit(pipe.read_bytes)
        write(pipe)
        assert read.result() == b"new"
    assert pipe.is_fifo()


def test_an_open_descriptor_is_written_on_where_it_is(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_bytes(b"old ")
    with log.open("ab") as stream:
        write(Path(f"/dev/fd/{stream.fileno()}"))
    assert log.read_bytes() == b"old new"


@pytest.mark.parametrize("folder", ["/dev/fd", "//dev/fd", "/dev/../dev/./fd", "/proc/self/fd", "/proc/thread-self/fd"])
def test_an_open_descriptor_is_written_on_under_each_of_its_names(folder: str, tmp_path: Path) -> None:
    log, link, second = tmp_path / "log", tmp_path / "link", tmp_path / "second"
    log.write_bytes(b"old ")
    with log.open("ab") as stream:
        name = f"{folder}/{stream.fileno()}"
        link.symlink_to(name)
        second.symlink_to("link")
        inode = log.stat().st_ino
        for path in (name, f"/proc/{os.getpid()}/fd/{stream.fileno()}", link, second):
            assert identity(str(path)) == identity(str(log))
            write_all(path)
    assert log.read_bytes() == b"old newnewnewnew"
    assert log.stat().st_ino == inode
    assert link.is_symlink()


@pytest.mark.parametrize(
    "name", ["-", "/dev/stdout", "//dev/stdout", "///dev/stdout", "/proc/thread-self/fd/1", "link"]
)
def test_stdout_is_told_under_each_of_its_names(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("link").symlink_to("/dev/stdout")
    assert is_stdout(name)
    write_all(name)
    assert capfdbinary.readouterr().out == b"new"


@pytest.mark.parametrize("name", ["x", "/dev/fd", "/proc/1/fd/1", "/dev/null", "circle", "x" * 300])
def test_what_leads_to_no_stream_of_this_process_is_none(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("circle").symlink_to("circle")
    assert open_descriptor(name) is None


def test_a_path_with_a_nul_is_refused(tmp_path: Path) -> None:
    dump = tmp_path / "a.bib"
    dump.write_text("@misc{a, title = {b}}")
    for outputs in ("x\0.bib", ["y.bib", "x\0.bib"]):
        with pytest.raises(UsageError, match="it holds a NUL"):
            refmill.convert(dump, outputs, offline=True)
    for words in ({"report": "r\0.json"}, {"problems": "p\0"}):
        with pytest.raises(UsageError, match="it holds a NUL"):
            refmill.convert(dump, os.devnull, to="bibtex", offline=True, **words)  # type: ignore[arg-type]
    with pytest.raises(UsageError):
        refmill.convert("a\0.bib", os.devnull, to="bibtex", offline=True)


def test_a_run_without_an_output_is_refused() -> None:
    with pytest.raises(UsageError, match="there is no output: name a file to write"):
        refmill.convert("2401.00001", [], offline=True)


def test_the_null_device_stays_a_device() -> None:
    write(Path(os.devnull))
    assert Path(os.devnull).is_char_device()


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="it is a folder"):
        write(tmp_path)


def test_a_name_as_long_as_names_can_be_is_written(tmp_path: Path) -> None:
    out = tmp_path / ("x" * 251 + ".bib")
    write(out)
    assert out.read_bytes() == b"new"


def test_a_folder_that_cannot_be_written_to_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(self: PrivateFile) -> int:
        raise PermissionError(errno.EACCES, "Permission denied", str(self.path))

    monkeypatch.setattr(PrivateFile, "open", refused)
    with pytest.raises(UsageError, match=rf"x\.bib: .*no file can be made in {tmp_path}: Permission denied"):
        write(tmp_path / "x.bib")


@pytest.mark.parametrize("step", ["dress", "replace"])
def test_an_error_of_the_last_steps_names_the_file_as_the_user_does(
    step: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(self: PrivateFile) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", str(self.path))

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(PrivateFile, step, fails)
    with pytest.raises(UsageError, match=r"^x\.bib: cannot be written: No space left on device$"):
        write(Path("x.bib"))
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_bears_the_name_of_a_private_one_is_neither_written_nor_removed(tmp_path: Path) -> None:
    private = PrivateFile(tmp_path / "x.bib")
    private.path.write_bytes(b"mine")
    with pytest.raises(FileExistsError):
        private.open()
    private.discard()
    assert private.path.read_bytes() == b"mine"


def test_a_private_file_is_put_where_none_is_and_replaces_none(tmp_path: Path) -> None:
    (tmp_path / "x.bak").write_bytes(b"mine")
    private = PrivateFile(tmp_path / "x.bak")
    os.close(private.open())
    with pytest.raises(FileExistsError):
        private.create()
    private.withdraw()
    private.discard()
    assert (tmp_path / "x.bak").read_bytes() == b"mine"


def test_without_hard_links_a_private_file_replaces_none_either(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", refused)
    private = PrivateFile(tmp_path / "x.bak")
    os.close(private.open())
    (tmp_path / "x.bak").write_bytes(b"mine")
    with pytest.raises(FileExistsError):
        private.create()
    private.target = tmp_path / "x.bak.1"
    private.create()
    private.discard()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["x.bak", "x.bak.1"]


def test_threads_that_write_one_file_each_write_it_whole(tmp_path: Path) -> None:
    out = tmp_path / "x.bib"
    begin = threading.Barrier(4)

    def export(number: int) -> None:
        entries = [refmill.Entry(id=f"{number}401.{n:05}", title=f"of {number}") for n in range(1, 400)]
        begin.wait()
        refmill.export(entries, out)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(export, (1, 2, 3, 4)))
    text = out.read_text()
    assert text.count("\n@") + 1 == 399
    assert len({line for line in text.splitlines() if "of " in line and "title" in line}) == 1
    assert list(tmp_path.iterdir()) == [out]


def test_a_file_is_the_same_under_every_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("x").write_text("")
    Path("soft").symlink_to("x")
    Path("hard").hardlink_to("x")
    assert len({identity(name) for name in ("x", "./x", "soft", "hard", str(tmp_path / "x"))}) == 1
    assert identity("new") == identity("./new") != identity("x")
    assert identity(os.devnull) is None


def interrupted_at(number: int, work: Callable[[], object]) -> bool:
    """Whether the work was interrupted, in front of that line of the code that writes files."""
    left = number

    def at_line(frame: FrameType, event: str, _: object) -> Any:
        nonlocal left
        if not frame.f_code.co_filename.endswith(("atomic.py", "_private_file.py", "refmill/update.py")):
            return None
        if event == "line" and signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, ()):
            left -= 1
            if left == 0:
                sys.settrace(None)
                raise KeyboardInterrupt
        return at_line

    before = sys.gettrace()
    sys.settrace(at_line)
    try:
        work()
    except KeyboardInterrupt:
        return True
    finally:
        sys.settrace(before)
        gc.collect()
    return False


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_an_interrupt_at_any_line_leaves_the_old_file_or_the_new_one_and_nothing_else(tmp_path: Path) -> None:
    out = tmp_path / "x.bib"
    for number in count(1):
        out.write_bytes(b"old")
        was_interrupted = interrupted_at(number, lambda: write(out))
        assert out.read_bytes() in (b"old", b"new")
        assert list(tmp_path.iterdir()) == [out], number
        if not was_interrupted:
            break
    assert out.read_bytes() == b"new"
    assert number > 20


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_an_interrupt_at_any_line_of_an_update_never_loses_the_old_library(tmp_path: Path) -> None:
    library, backup = tmp_path / "x.bib", tmp_path / "x.bib.bak"
    updated = Updated(b"old", b"new", [], 1, Report())
    for number in count(1):
        library.write_bytes(b"old")
        was_interrupted = interrupted_at(number, lambda: update_library(library, updated))
        is_new = library.read_bytes() == b"new"
        assert is_new or library.read_bytes() == b"old"
        assert list(tmp_path.glob(".*")) == [], number
        assert backup.exists() or not is_new, number
        assert is_new or not backup.exists(), number
        backup.unlink(missing_ok=True)
        if not was_interrupted:
            break
    assert library.read_bytes() == b"new"
    assert number > 40


def test_one_run_at_a_time_writes_to_stdout(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    with Files() as files:
        files.open("-").write(b"one")
        with pytest.raises(UsageError, match="another thread writes to stdout"):
            write_all("/dev/stdout")
    write_all("-")
    assert capfdbinary.readouterr().out == b"onenew"


def test_a_stdout_that_takes_no_bytes_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdout", io.StringIO())
    for _ in range(2):
        with pytest.raises(UsageError, match="stdout takes no bytes here; name a file"):
            write_all("-")


@pytest.mark.parametrize("links", [True, False], ids=["hard links", "no hard links"])
def test_where_the_last_file_cannot_be_put_in_place_the_others_are_as_they_were(
    links: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, new, last = tmp_path / "a.bib", tmp_path / "b.bib", tmp_path / "c.bib"
    old.write_bytes(b"old")
    old.chmod(0o640)
    last.write_bytes(b"last")
    replace = Target.replace

    def fails(self: Target) -> None:
        if self.path == str(last):
            raise UsageError("no")
        replace(self)

    def refused(*arguments: object) -> None:
        raise PermissionError(errno.EPERM, "refused")

    monkeypatch.setattr(Target, "replace", fails)
    if not links:
        monkeypatch.setattr(os, "link", refused)
    with pytest.raises(UsageError):
        write_all(old, new, last)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"a.bib": b"old", "c.bib": b"last"}
    assert mode(old) == 0o640


def test_an_old_file_that_cannot_be_put_back_is_kept_and_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    paths = [tmp_path / name for name in ("a.bib", "b.bib", "c.bib")]
    for path in paths:
        path.write_bytes(b"old")
    calls = 0
    replace = PrivateFile.replace

    def fails(self: PrivateFile) -> None:
        nonlocal calls
        calls += 1
        if calls in (3, 4):  # the last file, and the first that is put back
            raise OSError(errno.EIO, "Input/output error")
        replace(self)

    monkeypatch.setattr(PrivateFile, "replace", fails)
    with pytest.raises(UsageError, match="cannot be put back: Input/output error; it is in ") as told:
        write_all(*paths)
    assert Path(str(told.value).rpartition(" ")[2]).read_bytes() == b"old"
    assert sorted(path.read_bytes() for path in paths) == [b"new", b"old", b"old"]


def test_what_another_program_put_in_place_meanwhile_stays_where_a_run_takes_its_files_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, last, other = tmp_path / "a.bib", tmp_path / "b.bib", tmp_path / "other"
    other.write_bytes(b"of another program")
    replace = Target.replace

    def fails(self: Target) -> None:
        if self.path == str(last):
            other.replace(first)
            raise UsageError("no")
        replace(self)

    monkeypatch.setattr(Target, "replace", fails)
    with pytest.raises(UsageError):
        write_all(first, last)
    assert first.read_bytes() == b"of another program"


def test_files_of_two_threads_are_put_in_place_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    paths = tmp_path / "a.bib", tmp_path / "b.bib"
    began = threading.Event()
    replace = Target.replace

    def waits(self: Target) -> None:
        replace(self)
        if not began.is_set():
            began.set()
            other.join(0.2)

    def write_others() -> None:
        began.wait()
        with Files() as files:
            for path in paths:
                files.open(str(path)).write(b"other")

    monkeypatch.setattr(Target, "replace", waits)
    other = threading.Thread(target=write_others)
    other.start()
    write_all(*paths)
    other.join()
    assert [path.read_bytes() for path in paths] == [b"other"] * 2


def test_a_signal_amid_the_last_steps_waits_for_their_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    paths = tmp_path / "a.bib", tmp_path / "b.bib"
    replace = Target.replace

    def interrupted(self: Target) -> None:
        signal.raise_signal(signal.SIGINT)
        replace(self)

    monkeypatch.setattr(Target, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_all(*paths)
    assert [path.read_bytes() for path in paths] == [b"new"] * 2
    assert len(list(tmp_path.iterdir())) == 2
