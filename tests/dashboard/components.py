"""Looks into Dash components, without a browser."""


def inside(component):
    """The component and all that is in it."""
    yield component
    children = getattr(component, "children", None)
    for child in children if isinstance(children, (list, tuple)) else [children]:
        if hasattr(child, "to_plotly_json"):
            yield from inside(child)


def texts(component):
    found = []
    for part in inside(component):
        children = getattr(part, "children", None)
        found += [
            child
            for child in (children if isinstance(children, (list, tuple)) else [children])
            if isinstance(child, str)
        ]
    return found
