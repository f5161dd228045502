"""A claim: of this user's processes one at a time has it, as `_native.Claim` says."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest

from patience import HANG
from winras import RasError
from winras._native import Claim

forks = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no fork()")
has_files = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such file")

HOLDER = """
import sys
from winras._native import Claim

claim = Claim(sys.argv[1])
print(claim.take(), flush=True)
sys.stdin.readline()
"""


@pytest.fixture
def key(request: pytest.FixtureRequest) -> str:
    return sha256(f"{os.getpid()} {request.node.nodeid}".encode()).hexdigest()


@pytest.fixture
def holder(key: str) -> Iterator[subprocess.Popen[str]]:
    """Another process, which has the claim."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, key],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "True\n"
            yield process
        finally:
            process.kill()


def test_one_claim_of_a_process_excludes_the_others(key: str) -> None:
    with Claim(key) as one, Claim(key) as other:
        assert one.take()
        assert not other.take()
        assert one.take(), "it has it already"
        one.give_up()
        one.give_up()
        assert other.take()
        assert not one.take()
    with Claim(key) as later:
        assert later.take()


def test_keys_are_claimed_apart(key: str) -> None:
    with Claim(key) as one, Claim(key[::-1]) as other:
        assert one.take()
        assert other.take()


def test_a_claim_that_is_collected_is_given_up(key: str) -> None:
    assert Claim(key).take()
    with Claim(key) as other:
        assert other.take()


def test_a_claim_of_another_process_excludes(key: str, holder: subprocess.Popen[str]) -> None:
    with Claim(key) as claim:
        assert not claim.take()
        holder.communicate("end\n", timeout=HANG)
        assert claim.take()


def test_a_process_that_is_killed_has_no_claim(key: str, holder: subprocess.Popen[str]) -> None:
    with Claim(key) as claim:
        assert not claim.take()
        holder.kill()
        holder.wait(HANG)
        assert claim.take()


def test_a_program_that_is_started_has_no_claim(key: str) -> None:
    """Neither a handle nor a descriptor is inherited."""
    claim = Claim(key)
    assert claim.take()
    waits = [sys.executable, "-c", "import sys; sys.stdin.readline()"]
    with subprocess.Popen(waits, stdin=subprocess.PIPE, close_fds=False) as process:
        claim.give_up()
        with Claim(key) as other:
            assert other.take()
        process.kill()


@forks
def test_a_child_of_fork_has_no_claim_of_its_parent(key: str) -> None:
    claim = Claim(key)
    assert claim.take()
    child = os.fork()
    if not child:
        held = claim.take() or Claim(key).take()  # both are of the parent
        claim.give_up()
        os._exit(Claim(key).take() or held)
    assert os.waitpid(child, 0)[1] == 0, "what the child gave up was its parent's"
    assert claim.take()
    claim.give_up()


@forks
def test_a_child_of_fork_does_not_keep_its_parents_claim(
    key: str, holder: subprocess.Popen[str]
) -> None:
    """A lock of flock() is shared with a child, and would outlive the parent."""
    del holder
    program = """
import os, signal, sys
from winras._native import Claim

claim = Claim(sys.argv[1])
assert claim.take()
if os.fork():
    signal.pause()
else:
    print("forked", flush=True)
    sys.stdin.readline()
"""
    key = key[::-1]
    with subprocess.Popen(
        [sys.executable, "-c", program, key],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == "forked\n"
        with Claim(key) as claim:
            assert not claim.take()
            parent.kill()
            parent.wait(HANG)
            assert claim.take(), "the child lives, and has no claim"
        os.killpg(parent.pid, signal.SIGKILL)


@forks
def test_no_child_of_fork_has_what_a_thread_opens_just_then(
    key: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the moment: between opening a file and noting that a child is to close it, too."""
    tmp_path.chmod(0o700)
    program = """
import os, sys, threading
from winras._native import Claim

def claim_and_give_up():
    with Claim(sys.argv[1]) as claim:
        while True:
            assert claim.take()
            claim.give_up()

def paths():
    for number in os.listdir("/proc/self/fd"):
        try:
            yield os.readlink(f"/proc/self/fd/{number}")
        except FileNotFoundError:
            pass  # that of the folder itself

threading.Thread(target=claim_and_give_up, daemon=True).start()
for _ in range(500):
    child = os.fork()
    if not child:
        os._exit(any(path.startswith(os.environ["XDG_RUNTIME_DIR"]) for path in paths()))
    assert os.waitpid(child, 0)[1] == 0, "a child has something of its parent"
"""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    subprocess.run([sys.executable, "-W", "ignore", "-c", program, key], check=True, timeout=HANG)


@has_files
def test_a_claim_leaves_no_file(key: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tmp_path.chmod(0o700)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    with Claim(key) as claim:
        assert claim.take()
        assert [path.name for path in (tmp_path / "winras").iterdir()] == [f"{key}+claim"]
    assert not [*(tmp_path / "winras").iterdir()]


@has_files
def test_a_folder_that_others_can_enter_has_no_claims(
    key: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tmp_path.chmod(0o700)
    (tmp_path / "winras").mkdir(mode=0o700)
    (tmp_path / "winras").chmod(0o755)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    with Claim(key) as claim, pytest.raises(RasError) as refused:
        claim.take()
    assert refused.value.code == 5


@pytest.mark.parametrize("key", ["", "0" * 65, "../x", "ABC", "a b"])
def test_what_is_no_key_is_refused(key: str) -> None:
    with Claim(key) as claim, pytest.raises(RasError) as refused:
        claim.take()
    assert refused.value.code == 87


def test_two_processes_never_have_it_at_once(key: str, tmp_path: Path) -> None:
    """Each that has it makes a file that must not be there."""
    program = """
import os, sys
from winras._native import Claim

key, there, taken = sys.argv[1], sys.argv[2], 0
while taken < 100:
    with Claim(key) as claim:
        if claim.take():
            os.close(os.open(there, os.O_CREAT | os.O_EXCL))
            os.unlink(there)
            taken += 1
"""
    started = [
        subprocess.Popen([sys.executable, "-c", program, key, str(tmp_path / "there")])
        for _ in range(3)
    ]
    until = time.monotonic() + HANG
    assert [process.wait(until - time.monotonic()) for process in started] == [0, 0, 0]
