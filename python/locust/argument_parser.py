"""The options that a file adds to the command line."""
import argparse
import os


class LocustArgumentParser(argparse.ArgumentParser):
    """An ArgumentParser that also knows what Locust's takes: `env_var`, `is_secret`, `include_in_web_ui`."""

    def __init__(self, *args, **kwargs):
        for name in ("default_config_files", "auto_env_var_prefix", "add_config_file_help", "add_env_var_help",
                     "formatter_class", "config_file_parser_class"):
            kwargs.pop(name, None)
        super().__init__(*args, **kwargs)
        self.args_included_in_web_ui = {}
        self.secret_args_included_in_web_ui = {}

    def add_argument(self, *args, **kwargs):
        return add_argument(self, super().add_argument, *args, **kwargs)

    def add_argument_group(self, *args, **kwargs):
        group = super().add_argument_group(*args, **kwargs)
        plain = group.add_argument
        group.add_argument = lambda *args, **kwargs: add_argument(self, plain, *args, **kwargs)
        return group

    def error(self, message):
        raise ValueError(message)


def add_argument(parser, plain, *args, **kwargs):
    env_var = kwargs.pop("env_var", None)
    included = kwargs.pop("include_in_web_ui", True)
    secret = kwargs.pop("is_secret", False)
    for name in ("is_required", "is_multiple", "is_config_file"):
        kwargs.pop(name, None)
    if env_var is not None and env_var in os.environ:
        kwargs["default"] = os.environ[env_var]
        kwargs.pop("required", None)
    action = plain(*args, **kwargs)
    if included and not isinstance(action, argparse._HelpAction):
        parser.args_included_in_web_ui[action.dest] = action
    action.is_secret = secret
    return action


def get_empty_argument_parser(add_help=True, default_config_files=()):
    return LocustArgumentParser(add_help=False)


get_parser = get_empty_argument_parser


def parse_options(args=None):
    return argparse.Namespace()


def ui_extra_args_dict(args=None):
    return {}


def read_options(parser, standard, given):
    """The options by name: what files added, as `given` in text or by default, over what Locust has itself."""
    taken = vars(parser.parse_args([word for action in parser._actions for word in _words(action, given)]))
    return argparse.Namespace(**dict(standard, **taken))


def _words(action, given):
    """An option as the command line would have it."""
    if action.dest not in given or not action.option_strings:
        return []
    value, name = given[action.dest], action.option_strings[-1]
    if action.nargs == 0:
        is_set = value is True or str(value).lower() in ("true", "1", "yes", "on")
        return [name] if is_set != (action.const is False) else []
    if action.nargs in ("*", "+") or isinstance(action.nargs, int):
        return [name] + (value if isinstance(value, list) else str(value).split())
    return ["%s=%s" % (name, value)]


def describe(parser):
    """The options for the form."""
    told = []
    for action in parser._actions:
        if not action.option_strings or isinstance(action, argparse._HelpAction):
            continue
        told.append({
            "name": action.dest,
            "flag": action.option_strings[-1],
            "default": action.default,
            "help": action.help or "",
            "choices": list(action.choices) if action.choices else None,
            "is_flag": action.nargs == 0,
            "is_required": action.required,
            "is_secret": getattr(action, "is_secret", False),
            "in_form": action.dest in parser.args_included_in_web_ui,
        })
    return told
