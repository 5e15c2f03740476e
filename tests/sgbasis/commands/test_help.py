"""The help of every command, as a stranger reads it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import fields

import click
import pytest
from click.testing import CliRunner

from runtime import TrainingConfig
from runtime.training.config import _FINE_TUNING_RATE, _RATE
from sgbasis.cli import main
from tests.support.command_line import leaf_commands

COMMANDS = leaf_commands()
OPTIONS = [
    (name, option)
    for name, command in COMMANDS.items()
    for option in command.params
    if isinstance(option, click.Option)
]


def printed_help(*command: str) -> str:
    result = CliRunner().invoke(main, [*command, "--help"], terminal_width=80)
    assert result.exit_code == 0
    return result.output


def test_the_list_of_commands_is_not_cut_off() -> None:
    text = printed_help()
    for name in main.commands:
        assert f"\n  {name} " in text
    commands = text.partition("Commands:")[2]
    assert "..." not in commands
    assert all(line.endswith(".") for line in commands.strip().splitlines())


@pytest.mark.parametrize("name", COMMANDS)
def test_the_page_of_a_command(name: str) -> None:
    text = printed_help(*name.split())
    assert "\\b" not in text and "\b" not in text
    for parameter in COMMANDS[name].params:
        if isinstance(parameter, click.Argument):
            assert str(parameter.metavar or parameter.name).upper().strip("[]") in text.partition("\n\n")[2], (
                parameter.name
            )


@pytest.mark.parametrize(("name", "option"), OPTIONS, ids=lambda one: getattr(one, "name", one))
def test_every_option_says_what_it_does(name: str, option: click.Option) -> None:
    assert option.help and option.help[0].isupper() and option.help.endswith((".", "]"))


@pytest.mark.parametrize(
    "word", ["--tolerance", "--store", "--json", "--workers", "--scheduler", "--output", "--device"]
)
def test_options_of_one_name_are_of_one_kind(word: str) -> None:
    kinds = defaultdict(list)
    for name, option in OPTIONS:
        if word in option.opts:
            kinds[tuple(option.opts), option.is_flag, option.multiple].append(name)
    assert len(kinds) == 1, kinds


NUMBERS = [
    (name, option)
    for name, option in OPTIONS
    if isinstance(option.type, click.types.IntParamType | click.types.FloatParamType)
]


@pytest.mark.parametrize(("name", "option"), NUMBERS, ids=lambda one: getattr(one, "name", one))
def test_every_number_has_a_default_that_is_printed(name: str, option: click.Option) -> None:
    assert option.show_default or "[default: " in str(option.help) or (name, option.name) in WITHOUT_DEFAULT


WITHOUT_DEFAULT = {("train", "fold"), ("evaluate", "fold"), ("field evaluate", "grid"), ("crystals", "folds")}
"""These choose something that is not used otherwise."""


@pytest.mark.parametrize("name", ["epochs", "batch_size", "patience", "seed"])
def test_the_defaults_of_training_are_those_of_its_configuration(name: str) -> None:
    (option,) = (one for command, one in OPTIONS if command == "train" and one.name == name)
    (default,) = (field.default for field in fields(TrainingConfig) if field.name == name)
    assert f"[default: {default}" in str(option.help)


def test_the_default_learning_rates_are_those_of_training() -> None:
    (option,) = (one for command, one in OPTIONS if command == "train" and one.name == "learning_rate")
    assert f"[default: {_RATE}; {_FINE_TUNING_RATE} with --initial]" in str(option.help)
