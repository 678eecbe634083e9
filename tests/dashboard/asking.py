"""Asks callbacks as a browser does: over HTTP, by what /_dash-dependencies says of them."""

import json
from collections.abc import Sequence
from typing import Any


class Page:
    """What the browser knows of the page: its callbacks, and the properties that it would send along."""

    def __init__(self, client):
        self.client = client
        self.dependencies = client.get("/_dash-dependencies").get_json()

    def ask(self, output: str, changed: str | Sequence[str], **given: Any) -> dict[str, dict[str, Any]]:
        """What the callback behind `output` ("id.property") sends back, what it tells in passing (`dash.set_props`)
        among it: id -> property -> value.

        Parameters
        ----------
        changed : what triggered it, "id.property".
        given : values of its inputs and states, "id__property" with "_" for the id's "-"; all others are None.
        """
        response = self.post(output, changed, **given)
        assert response.status_code in (200, 204), response.get_data(as_text=True)
        answer = response.get_json() if response.status_code == 200 else {}
        return answer.get("response", {}) | answer.get("sideUpdate", {})

    def post(self, output: str, changed: str | Sequence[str], **given: Any):
        changed = [changed] if isinstance(changed, str) else list(changed)
        values = {}
        for name, value in given.items():
            component, prop = name.replace("__", ".").rsplit(".", 1)
            values[f"{component.replace('_', '-')}.{prop}"] = value
        found = self.callback(output, changed)

        def filled(entry: dict[str, Any]) -> Any:
            if entry["id"].startswith("{"):
                return []  # none of the buttons that come and go
            known = f"{entry['id']}.{entry['property']}"
            return {"id": entry["id"], "property": entry["property"], "value": values.get(known)}

        names = found["output"].strip(".").split("...") if found["output"].startswith("..") else [found["output"]]
        outputs = [dict(zip(("id", "property"), name.rsplit(".", 1), strict=True)) for name in names]
        body = {
            "output": found["output"],
            "outputs": outputs if found["output"].startswith("..") else outputs[0],
            "inputs": [filled(entry) for entry in found["inputs"]],
            "state": [filled(entry) for entry in found["state"]],
            "changedPropIds": changed,
        }
        # Not `json=`: Flask would sort the keys, and a browser does not.
        return self.client.post("/_dash-update-component", data=json.dumps(body), content_type="application/json")

    def callback(self, output: str, changed: Sequence[str]) -> dict[str, Any]:
        """The callback that has `output` among its outputs, and what changed among its inputs."""
        found = [
            known
            for known in self.dependencies
            if f".{output}." in f".{known['output'].replace('@', '.@')}."
            and {name.partition("@")[0] for name in changed}
            & {f"{entry['id']}.{entry['property']}" for entry in known["inputs"]}
        ]
        assert len(found) == 1, f"{len(found)} callbacks set {output} when {changed} changes"
        return found[0]
