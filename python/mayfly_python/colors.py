"""Which functions of a file may wait: their colors.

Colors are found by name, in all files of the user at once, so it may be that a function waits in name only; that costs a little
time and nothing else.
"""
import ast

VERBS = frozenset("post put patch delete head options request rest rest_ iter_lines".split())
WAITS = frozenset("sleep wait joinall acquire with_timeout interrupt_wait".split())
# Which keywords only a request has.
REQUEST_KEYWORDS = frozenset("name headers params catch_response json timeout verify allow_redirects auth cookies stream "
                             "data files context".split())
CLIENTS = frozenset("client session http api".split())
CONTEXT_DECORATORS = frozenset(["contextmanager"])
PROPERTY_DECORATORS = frozenset("property cached_property setter getter deleter".split())


def name_of(node):
    """The last name in what is called: `get` in `self.client.get`."""
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else None


def own_nodes(function):
    """The nodes of a function's body without those of functions and classes in it, which have colors of their own.

    A lambda is one too, but what it is an argument of may call it at once, so there it counts.
    """
    waiting = list(function.body) if isinstance(function.body, list) else [function.body]
    while waiting:
        node = waiting.pop()
        yield node
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            waiting.extend(node.decorator_list)
            if not isinstance(node, ast.ClassDef):
                waiting.extend(default for default in node.args.defaults + node.args.kw_defaults if default is not None)
        elif isinstance(node, ast.Lambda):
            continue
        elif isinstance(node, ast.Call):
            values = node.args + [keyword.value for keyword in node.keywords]
            waiting.extend(value.body for value in values if isinstance(value, ast.Lambda))
            waiting.extend(ast.iter_child_nodes(node))
        else:
            waiting.extend(ast.iter_child_nodes(node))


def is_generator(function):
    return any(isinstance(node, (ast.Yield, ast.YieldFrom)) for node in own_nodes(function)
               if not isinstance(node, ast.Lambda))


def decorator_names(function):
    return {name_of(item.func if isinstance(item, ast.Call) else item) for item in function.decorator_list}


def parameters(function):
    spec = function.args
    found = {item.arg for item in spec.posonlyargs + spec.args + spec.kwonlyargs}
    return found | {item.arg for item in (spec.vararg, spec.kwarg) if item is not None}


class Function:
    """What is known of one function."""

    def __init__(self, node, file, outer, owner):
        self.node = node
        self.file = file
        self.name = node.name
        # The class that it is a method of, by name, or None.
        self.owner = owner
        self.decorators = decorator_names(node)
        self.is_generator = is_generator(node)
        self.callables = set(outer) | parameters(node)
        self.calls = []
        self.mentions_client = False
        self.properties = set()
        for inner in own_nodes(node):
            if isinstance(inner, ast.Call):
                self.calls.append(inner)
            elif isinstance(inner, ast.Attribute) and isinstance(inner.ctx, ast.Load):
                self.properties.add(inner.attr)
                self.mentions_client = self.mentions_client or inner.attr == "client"
            elif isinstance(inner, ast.Name):
                if isinstance(inner.ctx, ast.Store):
                    self.callables.add(inner.id)
            elif isinstance(inner, (ast.FunctionDef, ast.ClassDef)):
                self.callables.discard(inner.name)

    @property
    def kind(self):
        if self.decorators & PROPERTY_DECORATORS:
            return "property"
        if self.name.startswith("__") and self.name.endswith("__"):
            return {"__init__": "initializer", "__enter__": "manager", "__exit__": "manager",
                    "__call__": "plain"}.get(self.name, "special")
        if self.is_generator:
            return "context" if self.decorators & CONTEXT_DECORATORS else "generator"
        return "plain"


class Colors:
    """The colors of all functions in the files of a user."""

    def __init__(self):
        self.functions = []
        self.colored = set()
        self.names = set()
        self.properties = set()
        self.initializers = set()
        self.bases = {}
        self.notes = []
        self.user_names = set()
        self.stored = set()
        self.has_generators = False
        self.has_managers = False

    def survey(self, trees):
        """Finds the colors in all of `trees`, which is {file: tree}."""
        for file, tree in trees.items():
            self._collect(tree, file, frozenset(), None)
            for node in ast.walk(tree):
                if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
                    self.stored.add(node.attr)
        self.user_names = {function.name for function in self.functions}
        self.stored -= self.user_names
        changed = True
        while changed:
            changed = False
            for function in self.functions:
                if function.node not in self.colored and self._may_wait(function):
                    changed = self._color(function) or changed

    def _collect(self, node, file, outer, owner):
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.FunctionDef):
                function = Function(child, file, outer, owner)
                self.functions.append(function)
                self._collect(child, file, outer | function.callables, None)
            elif isinstance(child, ast.AsyncFunctionDef):
                # The file's own: it has an event loop of its own.
                continue
            elif isinstance(child, ast.ClassDef):
                self.bases[child.name] = {name_of(base) for base in child.bases}
                self._collect(child, file, outer, child.name)
            else:
                self._collect(child, file, outer, owner)

    def _may_wait(self, function):
        if function.kind == "plain" and function.mentions_client:
            return True
        if function.properties & self.properties:
            return True
        return any(self.is_hit(call, function.callables) for call in function.calls)

    def is_hit(self, call, callables=frozenset()):
        """Whether a call may give a coroutine."""
        target = call.func
        if isinstance(target, ast.Name):
            name = target.id
            return (name in self.names or name in self.initializers or name in ("sleep", "joinall", "with_timeout")
                    or name in callables and name not in ("self", "cls"))
        if isinstance(target, ast.Attribute):
            name = target.attr
            if name in self.names or name in self.stored:
                return True
            return self._is_waiting_method(call, target, name)
        # handlers[name](), getattr(self.client, method)().
        if isinstance(target, ast.Call):
            return name_of(target.func) not in ("super", "type", "itemgetter", "attrgetter")
        return isinstance(target, (ast.Subscript, ast.IfExp, ast.Lambda))

    @staticmethod
    def _is_waiting_method(call, target, name):
        owner = name_of(target.value)
        if name in VERBS or name in WAITS or name in ("apply", "imap", "imap_unordered"):
            return not isinstance(target.value, ast.Constant)
        if name == "join":
            return not call.args and not isinstance(target.value, ast.Constant)
        if name == "map":
            return owner in ("pool", "group", "executor")
        if name == "get":
            return _may_be_request(call, owner)
        return False

    def _color(self, function):
        """Makes it one that waits, if it can be. True if that is new."""
        kind = function.kind
        if kind == "special" or kind == "property" and "setter" in function.decorators:
            return False
        if kind in ("generator", "context") and _has_result(function.node):
            self._note(function, "a generator that both sends requests and returns a value")
            return False
        self.colored.add(function.node)
        if kind == "property":
            self.properties.add(function.name)
        elif kind == "initializer":
            self.initializers.add(function.owner)
            self._spread_initializers()
        elif kind == "manager":
            self.has_managers = True
        else:
            self.names.add(function.name)
            self.has_generators = self.has_generators or kind == "generator"
            self.has_managers = self.has_managers or kind == "context"
        return True

    def _spread_initializers(self):
        changed = True
        while changed:
            known = {name for name, bases in self.bases.items() if bases & self.initializers} | self.initializers
            changed = known != self.initializers
            self.initializers = known

    def _note(self, function, text):
        note = {"line": function.node.lineno, "level": "error", "file": function.file,
                "text": "%s: %s cannot be suspended; move the requests into a function" % (function.name, text)}
        if note not in self.notes:
            self.notes.append(note)

    def check(self):
        """Says what sends requests where it cannot wait."""
        for function in self.functions:
            if function.node in self.colored or function.kind != "special":
                continue
            for call in function.calls:
                if _looks_like_client(call):
                    self._note(function, "a special method")
                    break


def _may_be_request(call, owner):
    """Whether `.get(…)` is that of a client rather than that of a dict."""
    if any(keyword.arg in REQUEST_KEYWORDS for keyword in call.keywords):
        return True
    if not call.args:
        # AsyncResult.get(), Queue.get(), Greenlet.get().
        return True
    if len(call.args) > 1:
        return False
    first = call.args[0]
    if isinstance(first, ast.Constant) and isinstance(first.value, str):
        return first.value.startswith(("/", "http")) or owner in CLIENTS
    if isinstance(first, ast.JoinedStr):
        return True
    return owner not in ("environ", "headers", "cookies", "kwargs", "os")


def _looks_like_client(call):
    target = call.func
    return isinstance(target, ast.Attribute) and (target.attr in VERBS or target.attr == "get") and any(
        name_of(node) == "client" for node in ast.walk(target.value))


def _has_result(function):
    return any(isinstance(node, ast.Return) and node.value is not None for node in own_nodes(function)) or any(
        isinstance(node, ast.YieldFrom) for node in own_nodes(function) if not _is_statement(function, node))


def _is_statement(function, wanted):
    return any(isinstance(node, ast.Expr) and node.value is wanted for node in own_nodes(function))
