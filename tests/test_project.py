"""What holds for the project as a whole: its version, what may not stand in its files, what its documents say."""

import ast
import functools
import re
import subprocess
import tomllib
from pathlib import Path

import pytest

import workers

ROOT = Path(__file__).resolve().parent.parent
THIS = Path(__file__).relative_to(ROOT).as_posix()

UNLOADERS = {"pickle", "cPickle", "dill", "cloudpickle", "shelve", "marshal", "joblib", "jsonpickle"}

# Where packages come from is the matter of each machine, and no machine is like another.
MACHINES = re.compile(
    r"/simple/?[\"'\s]|/packages/[0-9a-f]{2}/[0-9a-f]{2}/|(?:extra-)?index-url\s*=|find-links\s*=|/(?:root|home|Users)/\w",
    re.IGNORECASE,
)


@functools.cache
def tracked():
    """Paths of the files under version control, that still exist."""
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    told = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if told.returncode:
        pytest.skip(f"git does not list the files: {told.stderr.strip()}")
    return [name for name in told.stdout.split("\0") if name and (ROOT / name).is_file()]


@functools.cache
def text_of(name):
    """The text of a tracked file; empty for one that is none."""
    data = (ROOT / name).read_bytes()
    return "" if b"\0" in data else data.decode()


def python_files(*folders):
    return [name for name in tracked() if name.endswith(".py") and name.startswith(folders or ("",))]


def project():
    return tomllib.loads((ROOT / "pyproject.toml").read_text())


def test_version_is_said_once_and_the_same():
    assert project()["project"]["version"] == workers.__version__
    assert f"[{workers.__version__}]" in (ROOT / "CHANGELOG.md").read_text()


def test_no_lock_file_is_kept():
    assert not {"uv.lock", "pylock.toml", "poetry.lock"} & {Path(name).name for name in tracked()}


def test_no_registry_and_no_machine_is_named():
    found = [
        f"{name}:{number}: {line.strip()[:100]}"
        for name in tracked()
        if name != THIS
        for number, line in enumerate(text_of(name).splitlines(), 1)
        if MACHINES.search(line)
    ]
    assert not found


def test_every_dependency_is_pinned_to_a_version_that_it_allows():
    from packaging.requirements import Requirement

    pins = {
        pin.partition("==")[0]: pin.partition("==")[2] for pin in project()["tool"]["uv"]["constraint-dependencies"]
    }
    wanted = project()["project"]["dependencies"] + project()["dependency-groups"]["dev"]
    for requirement in map(Requirement, wanted):
        assert requirement.name in pins
        assert requirement.specifier.contains(pins[requirement.name]), f"{requirement} is pinned to another version"


def test_nothing_that_runs_unpickles():
    """A pickle that is loaded may run anything."""
    found = []
    for name in python_files("app.py", "models/", "workers/", "dashboard/", "benchmarks/"):
        for node in ast.walk(ast.parse(text_of(name))):
            imported = []
            if isinstance(node, ast.Import):
                imported = [alias.name.partition(".")[0] for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                imported = [(node.module or "").partition(".")[0]]
            elif isinstance(node, ast.Call):
                given = {word.arg: getattr(word.value, "value", None) for word in node.keywords}
                called = ast.unparse(node.func)
                if given.get("allow_pickle") is True or given.get("weights_only") is False:
                    found.append(f"{name}:{node.lineno}: {called}")
                if called == "torch.load" and given.get("weights_only") is not True:
                    found.append(f"{name}:{node.lineno}: {called} without weights_only=True")
            found += [f"{name}:{node.lineno}: imports {module}" for module in set(imported) & UNLOADERS]
    assert not found


def public_definitions(tree):
    """Functions, classes, and methods of those classes, that are for others: (name, node) pairs. The name of a property
    says it, and `forward` of a torch module is said by its class."""
    definitions = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    for node in tree.body:
        if isinstance(node, definitions) and not node.name.startswith("_"):
            yield node.name, node
            if isinstance(node, ast.ClassDef):
                for inner in node.body:
                    if not isinstance(inner, definitions) or inner.name.startswith("_") or inner.name == "forward":
                        continue
                    if "property" not in [ast.unparse(decorator) for decorator in inner.decorator_list]:
                        yield f"{node.name}.{inner.name}", inner


def test_the_science_says_what_it_computes():
    missing = [
        f"{name}: {title}"
        for name in python_files("models/")
        for title, node in public_definitions(ast.parse(text_of(name)))
        if not ast.get_docstring(node)
    ]
    assert not missing


def test_every_module_says_what_it_holds():
    folders = ("app.py", "models/", "workers/", "dashboard/", "benchmarks/")
    named = [name for name in python_files(*folders) if text_of(name).strip()]
    assert not [name for name in named if not ast.get_docstring(ast.parse(text_of(name)))]


@pytest.mark.parametrize("command", ["pip install uv && uv run app.py", "uv run pytest"])
def test_the_readme_gives_the_two_commands(command):
    assert command in (ROOT / "README.md").read_text()


def test_every_benchmark_says_where_it_was_and_what_the_limit_is():
    """A figure without the machine, an alternative and a limit beside it says little."""
    scripts = [
        name for name in python_files("benchmarks/") if "machine()" in text_of(name) and "def main" in text_of(name)
    ]
    assert len(scripts) >= 7
    for name in scripts:
        assert "read_runs(__doc__" in text_of(name), name
        assert "limit: " in text_of(name), name


def test_ci_runs_what_contributors_are_told_to_run():
    script = (ROOT / ".ci" / "run").read_text()
    for command in re.findall(r"`(uv run [^`]+)`", (ROOT / "CONTRIBUTING.md").read_text()):
        if command.split()[2] in ("pytest", "ruff", "pyright", "lint-imports"):
            assert f"step {command}\n" in script
