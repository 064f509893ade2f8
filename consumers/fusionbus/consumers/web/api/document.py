"""Writes the API's description for those who write programs: docs/openapi.json.

`python -m fusionbus.consumers.web.api.document` writes it; with `--check` it only says whether it is out of date.
"""

import argparse
import json
import sys
from functools import cache
from pathlib import Path
from typing import Any

from fastapi import FastAPI

from fusionbus.consumers.web.api import routes
from fusionbus.consumers.web.api.asking import CSRF_HEADER, ProblemBody
from fusionbus.contract import schemas as contract_schemas

TOKENS = "API tokens are made by `fusionbus accounts token add`; a browser's session needs none."

SAID = (
    "Alerts and incidents as one agency was told of them, and what became of its reports. Every path answers for the "
    f"agency of the token or session, and for no other. {TOKENS} A session that writes sends its form token in "
    f"`{CSRF_HEADER}`."
)


def described() -> dict[str, Any]:
    """The OpenAPI document of the API's paths, with the contract's own examples."""
    app = FastAPI(title="fusionbus", version="1", description=SAID)
    app.include_router(routes.health)
    app.include_router(routes.router)
    tree: dict[str, Any] = app.openapi()
    parts = tree.setdefault("components", {})
    schemas = parts.setdefault("schemas", {})
    schemas["ProblemBody"] = ProblemBody.model_json_schema()
    # FastAPI's own refusal of a wrong question, which this server never sends.
    schemas.pop("HTTPValidationError", None)
    schemas.pop("ValidationError", None)
    for name, schema in schemas.items():
        told = contract_schemas.examples(contract_schemas.kebab(name))
        if told:
            schema["examples"] = [json.loads(next(iter(told.values())))]
    parts["securitySchemes"] = {
        "token": {"type": "http", "scheme": "bearer", "description": TOKENS},
        "session": {"type": "apiKey", "in": "cookie", "name": "fusion_session"},
    }
    for path, operations in tree["paths"].items():
        for operation in operations.values():
            if path.startswith(routes.PREFIX):
                operation["security"] = [{"token": []}, {"session": []}]
    return tree


@cache
def document() -> str:
    """The description as text."""
    return json.dumps(described(), indent=2, ensure_ascii=False) + "\n"


def main(arguments: list[str] | None = None) -> int:
    """Writes the file, or with `--check` says whether it is out of date; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m fusionbus.consumers.web.api.document", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if the file is out of date")
    parser.add_argument("--out", type=Path, default=Path(__file__).resolve().parents[5] / "docs" / "openapi.json")
    options = parser.parse_args(arguments)
    out: Path = options.out
    text = document()
    fresh = out.is_file() and out.read_text(encoding="utf-8") == text
    if options.check:
        if not fresh:
            print(f"Out of date: {out.name}. Run `make schemas`.", file=sys.stderr)  # noqa: T201 - the command speaks
        return 0 if fresh else 1
    out.write_text(text, encoding="utf-8")
    print(f"{out}: {'unchanged' if fresh else 'changed'}.")  # noqa: T201 - as above
    return 0


if __name__ == "__main__":
    sys.exit(main())
