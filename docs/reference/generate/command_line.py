"""`command-line.md`: every verb and flag, from the parsers.

Usage lines are put together here and not by argparse, which words them otherwise from one version
of Python to the next.
"""

import argparse
import importlib
from collections.abc import Iterable, Iterator

from markdown import cell, filled

import haybale.cli

_HEAD = """# Command line

Generated from the parsers by `make reference`; `haybale VERB --help` says the same. Flags of all
verbs come before the verb: `--debug` shows where an error arose, `--version` prints the version.

Exit status: 0 done; 2 something you can mend in the recipe or the command; 1 any other failure;
130 interrupted. What is printed with `--json` is for programs; everything else is for people and
may change.
"""


def command_line() -> str:
    """The page."""
    parser = argparse.ArgumentParser(prog="haybale")
    verbs = parser.add_subparsers()
    for verb in haybale.cli._VERBS:
        importlib.import_module(f"haybale.cli.{verb}").add_parser(verbs)
    found = list(_verbs(parser))
    lines = [_HEAD, "| verb | |", "|---|---|"]
    lines += [
        f"| [`{one.prog}`](#{one.prog.replace(' ', '-')}) | {cell(about)} |" for one, about in found
    ]
    for one, _ in found:
        lines += ["", *_section(one)]
    return "\n".join(lines) + "\n"


def _verbs(parser: argparse.ArgumentParser) -> Iterator[tuple[argparse.ArgumentParser, str]]:
    """The verbs below a parser that have none below themselves, and what the help says of them."""
    for action in parser._actions:
        if not isinstance(action, argparse._SubParsersAction):
            continue
        about = {choice.dest: choice.help or "" for choice in action._choices_actions}
        for name, one in action.choices.items():
            below = list(_verbs(one))
            yield from below or [(one, about.get(name, ""))]


def _section(parser: argparse.ArgumentParser) -> Iterable[str]:
    actions = [one for one in parser._actions if not isinstance(one, argparse._HelpAction)]
    yield f"## {parser.prog}"
    yield ""
    yield filled(" ".join((parser.description or "").split()))
    yield ""
    yield f"    {_usage(parser, actions)}"
    yield ""
    yield "| argument | default | |"
    yield "|---|---|---|"
    for action in actions:
        names = ", ".join(f"`{name}`" for name in action.option_strings)
        value = _value(action)
        if value:
            names = f"{names} `{value}`" if names else f"`{value}`"
        about = cell((action.help or "") % {**vars(action), "prog": parser.prog})
        yield f"| {cell(names)} | {cell(_default(action))} | {about} |"
    if parser.epilog:
        yield ""
        yield "```"
        yield parser.epilog.strip("\n")
        yield "```"


def _usage(parser: argparse.ArgumentParser, actions: list[argparse.Action]) -> str:
    if parser.usage:
        return parser.usage % {"prog": parser.prog}
    positional = [_value(one) for one in actions if not one.option_strings]
    needed = [
        f"{one.option_strings[-1]} {_value(one)}"
        for one in actions
        if one.option_strings and one.required
    ]
    more = any(one.option_strings and not one.required for one in actions)
    return " ".join([parser.prog, *positional, *needed, *(["[options]"] if more else [])])


def _value(action: argparse.Action) -> str:
    """What stands for an argument's value; empty if it takes none."""
    if action.nargs == 0:
        return ""
    name = action.metavar or (
        "|".join(map(str, action.choices)) if action.choices else action.dest.upper()
    )
    if isinstance(name, tuple):
        return " ".join(name)
    marks = {"?": f"[{name}]", "*": f"[{name} ...]", "+": f"{name} [{name} ...]"}
    if isinstance(action.nargs, int):
        return " ".join([name] * action.nargs)
    return marks.get(str(action.nargs), name)


def _default(action: argparse.Action) -> str:
    if action.required:
        return "required"
    value = action.default
    if value in (None, False, argparse.SUPPRESS, [], ()):
        return ""
    return f"`{', '.join(map(str, value)) if isinstance(value, list | tuple) else value}`"
