"""Callbacks whose first answers are laid out with what they fill, so that a browser draws at once what it would otherwise
ask for: each question is a round trip, and all components hear of each of its stages."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import dash
from dash.dependencies import Input, Output, State
from dash.development.base_component import Component

Place = tuple[str, str]  # id and property of a component
Wanted = Any  # outputs, or inputs and states: one of them, or lists and dictionaries of them


@dataclass(frozen=True)
class Answer:
    """What a callback answers, of what."""

    output: Wanted
    inputs: Mapping[str, Wanted]
    function: Callable[..., Any]

    @property
    def outputs(self) -> set[Place]:
        return {place_of(each) for each in flat(self.output)}

    @property
    def needs(self) -> set[Place]:
        """What it asks for besides what it answers itself."""
        return {place_of(each) for each in flat(self.inputs)} - self.outputs


class FirstAnswers:
    """The callbacks of an application that do not run when what they fill is laid out: `lay` has answered them before."""

    def __init__(self, app: dash.Dash):
        self._app = app
        self._answers: list[Answer] = []

    def callback(self, output: Wanted, inputs: Mapping[str, Wanted]) -> Callable[[Callable], Callable]:
        """A callback, as `dash.Dash.callback` with inputs by the names of the function's arguments. The function may be
        called without a browser that asks, so that it must not look at what was triggered."""

        def register(function: Callable) -> Callable:
            self._app.callback(output=output, inputs=inputs, prevent_initial_call=True)(function)
            return self.once(output, inputs)(function)

        return register

    def once(self, output: Wanted, inputs: Mapping[str, Wanted]) -> Callable[[Callable], Callable]:
        """Answers the first time only, where the browser itself answers later."""

        def register(function: Callable) -> Callable:
            self._answers.append(Answer(output, inputs, function))
            return function

        return register

    def lay(self, root: Component, known: Mapping[Place, Any] | None = None) -> list[Exception]:
        """Sets the properties of what is about to be sent to what the callbacks that fill it answer, one after the other,
        what an answer is made of before it.

        Parameters
        ----------
        root : a page or a view; answers of which it does not have every component are left out.
        known : properties of components that are on the page already; what is not known either is None.

        Returns
        -------
        What went wrong; what could not be answered is left as it is.
        """
        parts: dict[str, Any] = {each.id: each for each in root._traverse_ids()}  # pyright: ignore[reportAttributeAccessIssue]
        known, failures = known or {}, []
        pending = [answer for answer in self._answers if all(name in parts for name, _ in answer.outputs)]
        while pending:
            awaited = [answer.outputs for answer in pending]
            ready = [answer for answer in pending if not any(answer.needs & outputs for outputs in awaited)]
            answer = (ready or pending)[0]
            pending.remove(answer)
            try:
                given = answer.function(**told(answer.inputs, parts, known))
            except dash.exceptions.PreventUpdate:
                continue
            except Exception as error:  # the page is laid out all the same
                failures.append(error)
                continue
            for (name, prop), value in zip(
                map(place_of, flat(answer.output)), values(answer.output, given), strict=True
            ):
                if value is not dash.no_update:
                    setattr(parts[name], prop, value)
        return failures


def place_of(dependency: Input | Output | State) -> Place:
    return str(dependency.component_id), dependency.component_property


def flat(wanted: Wanted) -> list:
    """Outputs, inputs and states, in order."""
    if isinstance(wanted, Mapping):
        return [each for inner in wanted.values() for each in flat(inner)]
    if isinstance(wanted, (list, tuple)):
        return [each for inner in wanted for each in flat(inner)]
    return [wanted]


def values(output: Wanted, given: Any) -> list:
    """What was answered, in the order of `flat`; one `no_update` stands for all of them."""
    if isinstance(output, Output) or given is dash.no_update:
        return [given] * len(flat(output))
    pairs = (
        [(output[name], given[name]) for name in output]
        if isinstance(output, Mapping)
        else zip(output, given, strict=True)
    )
    return [each for inner, part in pairs for each in values(inner, part)]


def told(wanted: Wanted, parts: Mapping[str, Component], known: Mapping[Place, Any]) -> Any:
    """The same with the values of the properties in place of inputs and states."""
    if isinstance(wanted, Mapping):
        return {name: told(inner, parts, known) for name, inner in wanted.items()}
    if isinstance(wanted, (list, tuple)):
        return [told(inner, parts, known) for inner in wanted]
    name, prop = place_of(wanted)
    return getattr(parts[name], prop, None) if name in parts else known.get((name, prop))
