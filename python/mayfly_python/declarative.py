"""A plan of what a locustfile does, for files that only list requests: those that compute say where.

It is a preview, and never run instead of the file. Nothing of the file is executed.

    python3 FOLDER/mayfly_python/declarative.py locustfile.py

prints `{"plan": …}`, or `{"problems": [{"line": …, "text": …}]}`, with `is_fatal` where Python itself cannot read the file. The
name `-` stands for standard input.
"""
import ast
import json
import math
import os
import sys

VERBS = ("get", "post", "put", "patch", "delete", "head", "options")
USERS = ("HttpUser", "FastHttpUser")
WAITS = {"constant": "constant", "between": "between", "constant_pacing": "pacing", "constant_throughput": "throughput",
         "poisson": "poisson"}


class Problem(Exception):
    def __init__(self, node, text):
        super().__init__(text)
        self.line = node.lineno


def plan(text, name="locustfile.py"):
    """The plan as JSON has it, and what stands in its way."""
    problems = []
    try:
        tree = ast.parse(text, name)
    except SyntaxError as error:
        return None, [{"line": error.lineno or 1, "text": "SyntaxError: %s" % error.msg, "is_fatal": True}]
    classes = []
    for node in tree.body:
        try:
            _outside(node, classes)
        except Problem as problem:
            problems.append({"line": problem.line, "text": str(problem)})
    if not classes and not problems:
        problems.append({"line": 1, "text": "there is no class that inherits from HttpUser or FastHttpUser"})
    if problems:
        return None, problems
    # As Locust has them.
    classes.sort(key=lambda told: told["name"])
    return {"version": 1, "load": {"users": 1, "spawn_rate": 1}, "user_class": classes}, []


def _outside(node, classes):
    if isinstance(node, (ast.Import, ast.ImportFrom)) or _is_text(node) or _is_of_main(node):
        return
    if isinstance(node, ast.ClassDef):
        if [_name(base) in USERS for base in node.bases] != [True] or node.keywords or node.decorator_list:
            raise Problem(node, "%s is more than a class that inherits from HttpUser or FastHttpUser alone" % node.name)
        classes.append(_user(node))
        return
    raise Problem(node, "this is computed when the file is loaded")


def _user(node):
    told = {"name": node.name}
    tasks = []
    for item in node.body:
        if _is_text(item) or isinstance(item, ast.Pass):
            continue
        if isinstance(item, ast.Assign) and len(item.targets) == 1 and isinstance(item.targets[0], ast.Name):
            _attribute(told, item.targets[0].id, item.value)
        elif isinstance(item, ast.FunctionDef) and item.name in ("on_start", "on_stop"):
            if item.decorator_list:
                raise Problem(item, "%s has a decorator" % item.name)
            told[item.name] = _steps(item)
        elif isinstance(item, ast.FunctionDef):
            tasks.append(_task(item))
        else:
            raise Problem(item, "a plan has only tasks, on_start, on_stop, host, weight, fixed_count and wait_time here")
    if not tasks:
        raise Problem(node, "%s has no tasks" % node.name)
    told["task"] = tasks
    if told.get("fixed_count") == 0:
        del told["fixed_count"]
    elif "fixed_count" in told:
        told.pop("weight", None)
    return told


def _attribute(told, name, value):
    if name == "wait_time":
        told["wait"] = _wait(value)
    elif name in ("host", "weight", "fixed_count"):
        told[name] = _constant(value)
    elif name == "abstract":
        if _constant(value):
            raise Problem(value, "a plan has no abstract classes: write what is in it into the classes that inherit from it")
    elif name != "connection_timeout":
        raise Problem(value, "a plan has no %s" % name)


def _wait(value):
    rule = WAITS.get(_name(value.func)) if isinstance(value, ast.Call) else None
    if rule is None or value.keywords:
        raise Problem(value, "a plan knows the waits constant, between, constant_pacing, constant_throughput and poisson")
    numbers = [_constant(item) for item in value.args]
    if len(numbers) != (2 if rule == "between" else 1):
        raise Problem(value, "%s has another number of arguments" % _name(value.func))
    return {rule: numbers if rule == "between" else numbers[0]}


def _task(function):
    told = {"name": function.name}
    is_task = False
    for item in function.decorator_list:
        name = _name(item.func if isinstance(item, ast.Call) else item)
        values = []
        if isinstance(item, ast.Call):
            values = [_constant(value) for value in item.args + [keyword.value for keyword in item.keywords]]
        if name == "task":
            is_task = True
            if values:
                told["weight"] = values[0]
        elif name == "tag":
            told["tags"] = values
        else:
            raise Problem(function, "a plan does not know @%s" % name)
    if not is_task:
        raise Problem(function, "%s is a function of the file's own" % function.name)
    told["steps"] = _steps(function)
    return told


def _steps(function):
    steps = [_step(item) for item in function.body if not _is_text(item) and not isinstance(item, ast.Pass)]
    if not steps:
        raise Problem(function, "%s does nothing" % function.name)
    return steps


def _step(item):
    call = item.value if isinstance(item, ast.Expr) else None
    if not isinstance(call, ast.Call):
        raise Problem(item, "this is computed: a plan has only requests and waits")
    target = call.func
    if _path(target) in ("time.sleep", "gevent.sleep", "sleep") and len(call.args) == 1 and not call.keywords:
        return {"wait": _constant(call.args[0])}
    if not (isinstance(target, ast.Attribute) and target.attr in VERBS and _path(target.value) == "self.client"):
        raise Problem(item, "this is computed: a plan has only requests by self.client, and waits")
    values = {keyword.arg: keyword.value for keyword in call.keywords}
    for name, value in zip(_places(target.attr), call.args):
        values[name] = value
    # What is None is as if it were not there.
    values = {name: value for name, value in values.items() if not _is_none(value)}
    if "url" not in values or len(call.args) > len(_places(target.attr)):
        raise Problem(item, "this is computed: a plan has only requests by self.client, and waits")
    told = {target.attr: _with_query(_template(values.pop("url")), values.pop("params", None))}
    for name, value in values.items():
        _part(told, name, value, call)
    return told


def _places(verb):
    """What the arguments are that have no names."""
    return {"post": ("url", "data", "json"), "put": ("url", "data"), "patch": ("url", "data")}.get(verb, ("url",))


def _part(told, name, value, call):
    if name == "json":
        told["json"] = _json(value)
    elif name == "data":
        fields = _json(value)
        told["body" if isinstance(fields, str) else "form"] = fields if isinstance(fields, str) else _form(fields, value)
    elif name == "headers":
        told["headers"] = _json(value)
    elif name == "name":
        told["name"] = _template(value)
    elif name == "timeout":
        told["timeout"] = _constant(value)
    elif name == "allow_redirects":
        told["follow_redirects"] = _constant(value)
    elif name != "verify":
        raise Problem(call, "a plan has no %s" % (name or "** among arguments"))


def _form(fields, node):
    """As requests sends fields: a list is a field for each of its items, and None is none."""
    if isinstance(fields, list) and not all(isinstance(pair, list) and len(pair) == 2 for pair in fields):
        raise Problem(node, "a plan has a text or fields here")
    if not isinstance(fields, (dict, list)):
        raise Problem(node, "a plan has a text or fields here")
    pairs = []
    for name, values in fields.items() if isinstance(fields, dict) else fields:
        if isinstance(values, dict):
            raise Problem(node, "a field is a text in a plan")
        pairs += [[str(name), str(item)] for item in (values if isinstance(values, list) else [values]) if item is not None]
    named = dict(pairs)
    return named if len(named) == len(pairs) else pairs


def _with_query(path, params):
    from mayfly_python.sending import with_query
    if params is None:
        return path
    told = _json(params)
    if not isinstance(told, (dict, str)) or "{{" in json.dumps(told):
        raise Problem(params, "a plan has what is computed in the path, and not in params")
    return with_query(path, told)


def _constant(node):
    try:
        value = ast.literal_eval(node)
    except (ValueError, TypeError):
        raise Problem(node, "this is computed: a plan has it as it is") from None
    return value


def _template(node):
    """A text, in which random numbers stand as plans have them."""
    if isinstance(node, ast.JoinedStr):
        return "".join(_template(item) for item in node.values)
    if isinstance(node, ast.FormattedValue):
        if node.format_spec is not None or node.conversion != -1:
            raise Problem(node, "a plan has no formats")
        return _template(node.value)
    if isinstance(node, ast.Call) and _path(node.func) in ("random.randint", "randint") and len(node.args) == 2:
        ends = [_constant(item) for item in node.args]
        if all(type(end) is int for end in ends):
            return "{{randint(%d, %d)}}" % tuple(ends)
    value = _constant(node)
    if not isinstance(value, (str, int, float)):
        raise Problem(node, "a plan has a text here")
    if "{{" in str(value):
        raise Problem(node, "{{ begins a template in a plan")
    return str(value)


def _json(node):
    if isinstance(node, ast.Dict):
        if not all(isinstance(key, ast.Constant) and isinstance(key.value, str) for key in node.keys):
            raise Problem(node, "a plan has texts as keys")
        return {key.value: _json(value) for key, value in zip(node.keys, node.values)}
    if isinstance(node, (ast.List, ast.Tuple)):
        return [_json(item) for item in node.elts]
    if isinstance(node, ast.JoinedStr) and len(node.values) == 1 and isinstance(node.values[0], ast.FormattedValue):
        raise Problem(node, "a plan sends this as a number, and the file as a text")
    if isinstance(node, (ast.JoinedStr, ast.Call)):
        return _template(node)
    value = _constant(node)
    if isinstance(value, str):
        return _template(node)
    if not isinstance(value, (bool, int, float, type(None))) or isinstance(value, float) and not math.isfinite(value):
        raise Problem(node, "a plan has what JSON has")
    return value


def _name(node):
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else None


def _path(node):
    """Names with dots between them, or None."""
    if isinstance(node, ast.Attribute):
        front = _path(node.value)
        return front and front + "." + node.attr
    return node.id if isinstance(node, ast.Name) else None


def _is_none(node):
    return isinstance(node, ast.Constant) and node.value is None


def _is_text(node):
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _is_of_main(node):
    """Whether it runs only where the file is a program by itself."""
    test = node.test if isinstance(node, ast.If) and not node.orelse else None
    return isinstance(test, ast.Compare) and _name(test.left) == "__name__"


def main():
    folder = os.path.dirname(os.path.abspath(__file__))
    # The modules here are found by the name of their package, and not by their own.
    sys.path[:] = [os.path.dirname(folder)] + [it for it in sys.path if it != folder]
    name = sys.argv[-1]
    if name == "-":
        text = sys.stdin.read()
    else:
        with open(name, encoding="utf-8-sig") as file:
            text = file.read()
    made, problems = plan(text, name)
    print(json.dumps({"problems": problems} if made is None else {"plan": made}))


if __name__ == "__main__":
    main()
