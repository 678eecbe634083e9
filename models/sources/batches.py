"""The batch files of CIFAR, which are Python pickles, read without unpickling.

Loading a pickle may run anything. Here its opcodes are only taken apart and put together again to the few things
that such a file is made of: dictionaries, lists, texts, numbers, and arrays of bytes. Whatever else a file asks
for is refused, so nothing in it ever runs.
"""

import pickletools
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

PUSHED = {"INT", "BININT", "BININT1", "BININT2", "LONG", "LONG1", "LONG4", "FLOAT", "BINFLOAT"} | {
    *("STRING", "BINSTRING", "SHORT_BINSTRING", "UNICODE", "BINUNICODE", "SHORT_BINUNICODE", "BINUNICODE8"),
    *("BINBYTES", "SHORT_BINBYTES", "BINBYTES8", "BYTEARRAY8"),
}
CONSTANTS = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False}
EMPTY: dict[str, Callable[[], Any]] = {"EMPTY_DICT": dict, "EMPTY_LIST": list, "EMPTY_TUPLE": tuple}
IGNORED = {"PROTO", "FRAME", "STOP"}
MARK = object()

# What following the opcodes of a damaged file may end in: lengths and places in it mean nothing.
DAMAGE = (ValueError, LookupError, TypeError, AttributeError, OverflowError, RecursionError, MemoryError)


@dataclass
class _Name:
    """Something that the file would import; it is only looked at."""

    text: str


@dataclass
class _Array:
    """An array as the file describes it, to be made by `_as_array` when its state has come."""

    state: tuple | None = None


def read_batch(path: Path) -> dict[str, Any]:
    """Read the dictionary that a batch file holds.

    Parameters
    ----------
    path : Path
        A file such as ``data_batch_1``, written by Python 2 or 3.

    Returns
    -------
    dict
        Texts to values; arrays are uint8.

    Raises
    ------
    ValueError
        If the file is damaged, or holds anything but dictionaries, lists, texts, numbers and arrays of bytes.
    """
    try:
        with open(path, "rb") as stream:
            whole = _put_together(stream)
        if not isinstance(whole, dict):
            raise ValueError("it holds no dictionary")
        return {_text(key): _plain(value) for key, value in whole.items()}
    except _Foreign as error:
        raise ValueError(f"{path} is no batch of CIFAR: it asks for {error}, which is not read here.") from error
    except DAMAGE as error:
        raise ValueError(f"{path} is no batch of CIFAR, or is damaged ({error}).") from error


class _Foreign(Exception):
    """The file asks for something that no batch of images needs."""


def _put_together(stream: Any) -> Any:
    """Follow the opcodes of a pickle with a stack and a memo, as `pickle` does, but make plain things only."""
    stack: list[Any] = []
    memo: dict[int, Any] = {}
    for opcode, argument, _ in pickletools.genops(stream):
        name = opcode.name
        if name in PUSHED:
            stack.append(argument)
        elif name in CONSTANTS:
            stack.append(CONSTANTS[name])
        elif name in EMPTY:
            stack.append(EMPTY[name]())
        elif name == "MARK":
            stack.append(MARK)
        elif name in ("PUT", "BINPUT", "LONG_BINPUT"):
            memo[_number(argument)] = stack[-1]
        elif name == "MEMOIZE":
            memo[len(memo)] = stack[-1]
        elif name in ("GET", "BINGET", "LONG_BINGET"):
            stack.append(memo[_number(argument)])
        elif name not in IGNORED:
            _combine(name, argument, stack)
    return stack[-1]


def _combine(name: str, argument: Any, stack: list[Any]) -> None:
    """Carry out an opcode that makes one thing of several on the stack."""
    if name in ("TUPLE", "LIST", "DICT"):
        items = _to_mark(stack)
        stack.append({"TUPLE": tuple, "LIST": list, "DICT": _pairs}[name](items))
    elif name in ("TUPLE1", "TUPLE2", "TUPLE3"):
        count = int(name[-1])
        stack[-count:] = [tuple(stack[-count:])]
    elif name in ("APPENDS", "SETITEMS"):
        items = _to_mark(stack)
        stack[-1].extend(items) if name == "APPENDS" else stack[-1].update(_pairs(items))
    elif name == "APPEND":
        item = stack.pop()
        stack[-1].append(item)
    elif name == "SETITEM":
        value, key = stack.pop(), stack.pop()
        stack[-1][key] = value
    elif name == "GLOBAL":
        stack.append(_Name(argument.replace(" ", ".")))
    elif name == "STACK_GLOBAL":
        inner, module = stack.pop(), stack.pop()
        stack.append(_Name(f"{module}.{inner}"))
    elif name == "REDUCE":
        arguments, called = stack.pop(), stack.pop()
        stack.append(_call(called, arguments))
    elif name == "BUILD":
        state = stack.pop()
        if isinstance(stack[-1], _Array):
            stack[-1].state = state
        elif not (isinstance(stack[-1], _Name) and stack[-1].text == "u1"):
            raise _Foreign("the state of an object")
    else:
        raise _Foreign(f"the opcode {name}")


def _call(called: Any, arguments: Any) -> Any:
    """What a batch of images may call: nothing is called, its meaning is kept."""
    text = called.text.replace("numpy._core.", "numpy.core.") if isinstance(called, _Name) else "an odd call"
    match text, arguments:
        case "numpy.core.multiarray._reconstruct", _:
            return _Array()
        case "numpy.core.numeric._frombuffer", (data, _Name(text="u1"), shape, order):
            return _Array((1, shape, _Name("u1"), order == "F", data))
        case "numpy.dtype", (str() | bytes() as code, *_) if _text(code) in ("u1", "|u1"):
            return _Name("u1")
        case "numpy.dtype", _:
            raise _Foreign("an array of something else than bytes")
        case "_codecs.encode", (str() as written, "latin1" | "latin-1"):  # how bytes of protocol 2 are written
            return written.encode("latin-1")
        case "collections.OrderedDict", ():
            return {}
    raise _Foreign(text)


def _as_array(told: _Array) -> np.ndarray:
    match told.state:
        case (_, tuple() as shape, _Name(text="u1"), fortran, str() | bytes() | bytearray() as data):
            raw = data.encode("latin-1") if isinstance(data, str) else data
            return np.frombuffer(raw, np.uint8).reshape(shape, order="F" if fortran else "C")
    raise ValueError("an array that is none")


def _plain(value: Any) -> Any:
    """A value as callers want it: arrays made, texts of Python 2 decoded."""
    if isinstance(value, _Array):
        return _as_array(value)
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return _text(value) if isinstance(value, bytes) else value


def _text(value: Any) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)


def _to_mark(stack: list[Any]) -> list[Any]:
    """Take everything above the topmost mark off the stack, and the mark."""
    start = max(place for place, item in enumerate(stack) if item is MARK)
    items = stack[start + 1 :]
    del stack[start:]
    return items


def _pairs(items: list[Any]) -> dict[Any, Any]:
    return dict(zip(items[::2], items[1::2], strict=True))


def _number(argument: Any) -> int:
    return int(argument)
