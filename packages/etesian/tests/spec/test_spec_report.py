"""The report itself, on a specification of five statements."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest_plugins = ["pytester"]

TESTS = """
    import pytest

    @pytest.mark.spec("B-LOOP-001", "S001")
    def test_passes(): pass

    @pytest.mark.spec("B-LOOP-002", "B-LOOP-001")
    def test_fails(): assert {outcome}

    @pytest.mark.spec("B-LOOP-003")
    @pytest.mark.skip
    def test_skipped(): pass

    def test_claims_nothing(): pass
"""


@pytest.fixture
def specification(pytester, monkeypatch):
    """A folder with a specification, in which pytest can be run with the plugin."""
    folder = pytester.mkdir("docs") / "spec"
    folder.mkdir()
    (folder / "behaviours-loop.md").write_text(
        "# Loop\n\n- **B-LOOP-001** One. (002:1)\n- **B-LOOP-002** Two.\n"
        "- **B-LOOP-003** Three.\n- **B-LOOP-004** Four. **bridge**\n"
    )
    (folder / "attacks.md").write_text(
        "### A. Length\n\n| id | name |\n|---|---|\n| S001 | CL.TE |\n"
    )
    (folder / "complete.txt").write_text("# none yet\n")
    pytester.makeini("[pytest]\nmarkers =\n    spec: what a test shows\n")
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent))
    # To load the others takes longer than all else.
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    return folder


def report(pytester, *options):
    return pytester.runpytest_subprocess("-p", "spec_report", *options)


def test_counts_what_passed_and_names_what_did_not(pytester, specification):
    pytester.makepyfile(TESTS.format(outcome=True))
    result = report(pytester, "--spec=all")
    result.stdout.fnmatch_lines(
        ["loop *2 of *3 *without: 003", "loop-bridge *0 of *1 *without: 004", "attacks-a *1 of *1"]
    )
    result.assert_outcomes(passed=2, skipped=1, deselected=1)


def test_a_failing_test_spoils_what_another_shows(pytester, specification):
    pytester.makepyfile(TESTS.format(outcome=False))
    result = report(pytester, "--spec=loop")
    result.stdout.fnmatch_lines(["loop *0 of *3 *without: 001-003"])
    assert result.ret == pytest.ExitCode.TESTS_FAILED


def test_an_unknown_id_is_an_error(pytester, specification):
    pytester.makepyfile("import pytest\n@pytest.mark.spec('B-LOOP-999')\ndef test_it(): pass")
    result = report(pytester, "--spec=all")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*test_it claims unknown ?'B-LOOP-999'?"])


def test_an_unknown_area_is_an_error(pytester, specification):
    result = report(pytester, "--spec=lop")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*no such area: lop; there are: loop, loop-bridge, attacks-a"])


def test_a_complete_area_with_a_gap_fails_the_run(pytester, specification):
    (specification / "complete.txt").write_text("loop\nattacks-a\n")
    pytester.makepyfile(TESTS.format(outcome=True))
    result = report(pytester, "--spec=all")
    result.stdout.fnmatch_lines(["complete areas with gaps: loop"])
    assert result.ret == pytest.ExitCode.TESTS_FAILED


def test_a_complete_area_without_a_gap_passes(pytester, specification):
    (specification / "complete.txt").write_text("attacks-a\n")
    pytester.makepyfile(TESTS.format(outcome=True))
    assert report(pytester, "--spec=all").ret == pytest.ExitCode.OK


def test_an_id_that_stands_twice_is_an_error(pytester, specification):
    (specification / "attacks.md").write_text("### A. Length\n| S001 | a |\n| S001 | b |\n")
    result = report(pytester, "--spec=all")
    result.stderr.fnmatch_lines(["*S001 stands twice"])


def test_without_the_option_nothing_is_reported(pytester, specification):
    pytester.makepyfile(TESTS.format(outcome=True))
    assert "of    3" not in report(pytester).stdout.str()
