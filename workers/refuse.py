"""`app.py refuse RULE.json PREDICTIONS`: a rule of the Refusal panel applied to new predictions, in this process: neither a
server nor workers are needed."""

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import numpy as np

from workers.settings import UsageError

DESCRIPTION = """\
Applies a rule of the Refusal panel to new predictions: prints how many are answered, and how many of these are right where the
file holds labels; writes a CSV with a row a prediction: id, predicted, answered (1 or 0), and the score of each threshold."""


@dataclass(frozen=True)
class Request:
    """What is asked for on the command line.

    Attributes
    ----------
    rule, predictions : files.
    fitted_map : file of the map that the rule was made on; None where the rule asks no map.
    set_on : file of the predictions that the rule was set on; None where none of its measures learns from them.
    out : the CSV that is written.
    """

    rule: Path
    predictions: Path
    fitted_map: Path | None
    set_on: Path | None
    out: Path

    @classmethod
    def read(cls, arguments: list[str]) -> "Request":
        """
        Raises
        ------
        UsageError
        """
        parser = _Parser("app.py refuse", description=DESCRIPTION)
        parser.add_argument("rule", type=Path, metavar="RULE.json", help="as Export in the Refusal panel writes it")
        parser.add_argument(
            "predictions",
            type=Path,
            help=".npz or .csv, as the README has it under Predictions alone",
            metavar="PREDICTIONS",
        )
        parser.add_argument(
            "--map", type=Path, metavar="MAP.safetensors", help="the map that the rule was made on, as Export writes it"
        )
        parser.add_argument(
            "--set-on", type=Path, metavar="PREDICTIONS", help="the predictions that the rule was set on, .npz or .csv"
        )
        parser.add_argument("--out", type=Path, metavar="FILE.csv", help="default: PREDICTIONS-answered.csv, here")
        told = parser.parse_args(arguments)
        out = told.out or Path(f"{told.predictions.stem}-answered.csv")
        request = cls(told.rule, told.predictions, told.map, told.set_on, out)
        if out.resolve() in {each.resolve() for each in (told.rule, told.predictions, told.map, told.set_on) if each}:
            raise UsageError(f"--out must name another file than those that are read, not {out}.")
        return request


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise UsageError(
            f"refuse takes a rule and a file of predictions, as in: app.py refuse rule.json new.npz; {message}."
        )


@dataclass(frozen=True)
class Answered:
    """What a rule makes of the predictions of a file.

    Attributes
    ----------
    refused : (N,) mask.
    correct : (N,) mask of those that are right; None where the file holds no labels.
    predicted : names of the classes that are likeliest, N of them.
    scores : (N,) of each measure that the rule has a threshold on, by its name.
    """

    refused: np.ndarray
    correct: np.ndarray | None
    predicted: list[str]
    scores: dict[str, np.ndarray]

    def table(self) -> tuple[list[str], Iterator[list[Any]]]:
        """Header and rows; a prediction that the map shows nowhere has no score there."""
        named = ["score"] if len(self.scores) == 1 else [f"score({name})" for name in self.scores]
        scored = [["" if np.isnan(score) else repr(float(score)) for score in each] for each in self.scores.values()]
        columns = (range(len(self.predicted)), self.predicted, (~self.refused).astype(int).tolist(), *scored)
        return ["id", "predicted", "answered", *named], (list(row) for row in zip(*columns, strict=True))


def answer(request: Request) -> Answered:
    """Applies the rule.

    Raises
    ------
    UsageError
        A file cannot be read, is none of its kind, or something that the rule needs is not given or of other classes.
    """
    from models.refusal import RefusalRule, answers_of, fit_measures

    try:
        rule = RefusalRule.from_json(_bytes_of(request.rule).decode())
        mapped = _map_of(request.fitted_map) if rule.needs_map and request.fitted_map else None
        usual = None if request.set_on is None else _said(request.set_on)[0]
        said, labels, names = _said(request.predictions)
        _check(rule, request, mapped, usual, said.shape[1])
        places, n_classes = (None, None) if mapped is None else (mapped.embedding_, len(mapped.means_))
        found = answers_of(rule, mapped, said, fit_measures(rule, usual, places, n_classes))
    except UnicodeDecodeError:
        raise UsageError(f"{request.rule} must be a refusal rule as JSON, and is no text file.") from None
    except (ValueError, OSError) as error:
        raise UsageError(f"{str(error).rstrip('.')}.") from None
    predicted = said.argmax(axis=1)
    correct = None if labels is None else predicted == labels
    return Answered(found.refused, correct, [names[number] for number in predicted], found.scores)


def _bytes_of(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror or error}.") from None


def _map_of(path: Path) -> Any:
    from models.darksight import map_from_bytes

    try:
        return map_from_bytes(_bytes_of(path))
    except ValueError:
        raise UsageError(
            f"{path} must be a fitted map, as Export in the DarkSight map panel writes it, and is none."
        ) from None


def _said(path: Path) -> tuple[np.ndarray, np.ndarray | None, tuple[str, ...]]:
    """Probabilities float32 (N, K), as a study of the file has them, labels (N,) or None, and the names of the classes."""
    from models.predictions_file import read_predictions
    from models.teacher import softmax

    told = read_predictions(path)
    said = softmax(told.outputs) if told.kind == "logits" else told.outputs
    return said.astype(np.float32), told.labels, told.class_names


def _check(rule: Any, request: Request, mapped: Any, usual: np.ndarray | None, n_classes: int) -> None:
    from models.confidence import CONFIDENCES

    if rule.needs_map and mapped is None:
        raise UsageError(
            f"{request.rule} asks where predictions lie on a map: name that map with --map, a file that Export in the "
            "DarkSight map panel writes (Fitted map)."
        )
    learning = [name for name in rule.least if CONFIDENCES[name].learns and CONFIDENCES[name].needs == "probabilities"]
    if learning and usual is None:
        raise UsageError(
            f"{request.rule} has a threshold on {learning[0]!r}, which learns what is usual: name the predictions that the "
            "rule was set on with --set-on."
        )
    held = [(request.fitted_map, mapped.n_features_in_)] if mapped is not None else []
    held += [(request.set_on, usual.shape[1])] if usual is not None else []
    for path, count in held:
        if count != n_classes:
            raise UsageError(f"{request.predictions} must have {count} classes, as {path} has, and has {n_classes}.")
