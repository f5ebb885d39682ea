"""Writes genesys.json: the shapes of the Genesys Cloud operations, without any prose.

usage: strip.py FULL_OPENAPI.json > genesys.json

Kept: paths, parameters, required, properties, types, formats, enums, references, status codes.
"""

import json
import sys

SCHEMA_KEYS = ("type", "format", "enum", "$ref", "required")
METHODS = ("get", "post", "put", "patch", "delete")


def schema(full):
    slim = {key: full[key] for key in SCHEMA_KEYS if key in full}
    if "properties" in full:
        slim["properties"] = {name: schema(part) for name, part in full["properties"].items()}
    if "items" in full:
        slim["items"] = schema(full["items"])
    if isinstance(full.get("additionalProperties"), dict):
        slim["additionalProperties"] = schema(full["additionalProperties"])
    if full.get("x-pruned") is True or full.get("x-pruned-properties"):
        slim["x-open"] = True  # the source left properties out: unknown ones are not an error
    return slim


def parameter(full):
    slim = {key: full[key] for key in ("name", "in", "required", "type") if key in full}
    if "schema" in full:
        slim["schema"] = schema(full["schema"])
    return slim


def operation(full):
    answers = {}
    for status, answer in full["responses"].items():
        answers[status] = {"schema": schema(answer["schema"])} if "schema" in answer else {}
    return {
        "parameters": [parameter(one) for one in full.get("parameters", [])],
        "responses": {status: answer for status, answer in answers.items() if status.startswith("2")},
    }


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        full = json.load(file)
    paths = {
        path: {method: operation(item[method]) for method in METHODS if method in item}
        for path, item in full["paths"].items()
    }
    definitions = {name: schema(one) for name, one in full["definitions"].items()}
    # One path and one definition per line: a change shows as one line.
    print('{"swagger":"2.0",\n"paths":{')
    print(",\n".join(line(name, one) for name, one in sorted(paths.items())))
    print('},\n"definitions":{')
    print(",\n".join(line(name, one) for name, one in sorted(definitions.items())))
    print("}}")


def line(name, value):
    return json.dumps(name) + ":" + json.dumps(value, separators=(",", ":"), sort_keys=True)


if __name__ == "__main__":
    main()
