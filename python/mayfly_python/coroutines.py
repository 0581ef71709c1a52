"""Makes functions that may wait into coroutines.

A locustfile is written as if `self.client.get(…)` took its time. Here thousands of users share one thread, so what
may wait must be suspended: a function that may reach a request or a wait becomes `async def`, and in it each call is
awaited if it gives a coroutine, which is looked at when it runs. What cannot be suspended runs as it is; if it then
sends after all, that is an error with its line, and nothing is lost.

A *color* is what a function is: it waits, or it does not; colors.py finds them.
"""
import ast
import builtins
import copy
import sys

from .colors import VERBS, WAITS, CLIENTS, name_of, own_nodes, parameters

# Methods that never wait, whatever they are called on, as long as the file has none of its own by that name.
PURE_METHODS = frozenset(
    "append format split strip items keys values encode decode startswith endswith lower upper replace extend json dumps "
    "loads choice randint uniform random sample shuffle choices uuid4 failure success info warning error debug exception "
    "getenv now strftime isoformat time total_seconds findall search match group lstrip rstrip setdefault add "
    "raise_for_status randrange isdigit title index count insert remove sort perf_counter".split())
# Functions of Python that call what they get as an argument, at once.
CALLERS = frozenset("sorted min max map filter".split())
CONSUMERS = frozenset("list tuple set frozenset sum any all dict next enumerate zip sorted min max map filter iter".split())
LIBRARY_CALLERS = frozenset("sort reduce sub subn dumps loads defaultdict groupby accumulate starmap takewhile dropwhile "
                            "filterfalse register signal submit apply_async Thread Timer iter".split())
CALLBACK_KEYWORDS = frozenset("key default object_hook default_factory".split())
CLOCK_METHODS = frozenset("now utcnow today".split())
SYNC_CONTEXTS = frozenset("open rename_request measure rest rest_ suppress TemporaryDirectory NamedTemporaryFile "
                          "redirect_stdout catch_warnings".split())
BUILTINS = frozenset(dir(builtins))
# Whether a comprehension in another one may wait.
_NESTS = sys.version_info >= (3, 11)


def transform(tree, colors):
    """The tree with all that may wait as coroutines; lines stay as they are."""
    tree = _Rewriter(colors).visit(tree)
    return ast.fix_missing_locations(tree)


class _Rewriter(ast.NodeTransformer):
    def __init__(self, colors):
        self.colors = colors
        # Whether what is visited may be awaited.
        self.inside = False
        # Whether an assignment in an expression is not allowed where we are.
        self.in_comprehension = False
        self.callables = frozenset()
        self.info = {function.node: function for function in colors.functions}

    # Scopes.

    def visit_FunctionDef(self, node):
        node.decorator_list = [self._decorator(item, node) for item in node.decorator_list]
        node.args = self.visit(node.args)
        is_colored = node in self.colors.colored
        function = self.info.get(node)
        outer = self.inside, self.in_comprehension, self.callables
        self.inside, self.in_comprehension = is_colored, False
        self.callables = frozenset(function.callables) if function else frozenset()
        node.body = self._block(node.body)
        self.inside, self.in_comprehension, self.callables = outer
        if not is_colored:
            return node
        made = ast.AsyncFunctionDef(**{field: getattr(node, field) for field in node._fields if hasattr(node, field)})
        return ast.copy_location(made, node)

    def _decorator(self, item, function):
        name = name_of(item.func if isinstance(item, ast.Call) else item)
        if function in self.colors.colored and name in REPLACED_DECORATORS:
            return _at(ast.Name(id=REPLACED_DECORATORS[name], ctx=ast.Load()), item)
        if name == "contextmanager":
            return _at(ast.Name(id="_mayfly_plain_contextmanager", ctx=ast.Load()), item)
        item = self.visit(item)
        # One of the file's own is called by Python, which does not await what it gives.
        return _call("_mayfly_callback", [item], item) if name in self.colors.names else item

    def _block(self, statements):
        visited = []
        for item in statements:
            made = self.visit(item)
            visited.extend(made if isinstance(made, list) else [made])
        return visited

    def visit_AsyncFunctionDef(self, node):
        return node

    def visit_ClassDef(self, node):
        node.decorator_list = [self.visit(item) for item in node.decorator_list]
        node.bases = [self.visit(item) for item in node.bases]
        outer = self.inside, self.in_comprehension, self.callables
        self.inside, self.in_comprehension, self.callables = False, True, frozenset()
        node.body = self._block(node.body)
        self.inside, self.in_comprehension, self.callables = outer
        return node

    def visit_Lambda(self, node):
        outer = self.inside, self.in_comprehension, self.callables
        callables = self.callables | parameters(node)
        if any(isinstance(inner, ast.Call) and self.colors.is_hit(inner, callables) for inner in own_nodes(node)) and (
                not any(isinstance(inner, (ast.Yield, ast.YieldFrom)) for inner in own_nodes(node))):
            # An asynchronous generator of one item: only so can an expression wait outside of `async def`.
            self.inside, self.in_comprehension, self.callables = True, True, callables
            body = self.visit(node.body)
            self.inside, self.in_comprehension, self.callables = outer
            if not any(isinstance(inner, ast.Await) for inner in ast.walk(body)):
                node.body = body
                return node
            loop = ast.comprehension(target=ast.Name(id="_mayfly_once", ctx=ast.Store()),
                                     iter=ast.Tuple(elts=[ast.Constant(value=0)], ctx=ast.Load()), ifs=[], is_async=0)
            node.body = _call("_mayfly_first", [ast.GeneratorExp(elt=body, generators=[loop])], node)
            return node
        self.inside = False
        node.body = self.visit(node.body)
        self.inside, self.in_comprehension, self.callables = outer
        return node

    def _comprehension(self, node):
        first = node.generators[0]
        outer = self.in_comprehension
        self.in_comprehension = True
        first.iter = self.visit(first.iter)
        inside = self.inside
        if self._is_plain_generator(node) or outer and not _NESTS:
            self.inside = False
        first.ifs = [self.visit(item) for item in first.ifs]
        for loop in node.generators[1:]:
            loop.iter = self.visit(loop.iter)
            loop.ifs = [self.visit(item) for item in loop.ifs]
        if isinstance(node, ast.DictComp):
            node.key = self.visit(node.key)
            node.value = self.visit(node.value)
        else:
            node.elt = self.visit(node.elt)
        self.in_comprehension, self.inside = outer, inside
        return node

    visit_ListComp = visit_SetComp = visit_DictComp = visit_GeneratorExp = _comprehension

    def _is_plain_generator(self, node):
        """A generator in brackets in which nothing waits by name: one that awaited could not be looped over."""
        return isinstance(node, ast.GeneratorExp) and not self._waits(node)

    def _waits(self, node):
        return any(isinstance(inner, ast.Call) and self.colors.is_hit(inner, self.callables)
                   or isinstance(inner, ast.Attribute) and inner.attr in self.colors.properties
                   for inner in ast.walk(node))

    # Expressions.

    def visit_Attribute(self, node):
        self.generic_visit(node)
        if isinstance(node.ctx, ast.Load) and node.attr in self.colors.properties:
            return self._settled(node)
        return node

    def visit_Call(self, node):
        if self.inside:
            special = self._special_call(node)
            if special is not None:
                return special
        self._wrap_callbacks(node)
        is_hit = self.colors.is_hit(node, self.callables)
        has_function = isinstance(node.func, ast.Attribute) and node.func.attr in self.colors.properties
        name = name_of(node.func)
        if has_function:
            node.func = self.visit(node.func)
        else:
            if isinstance(node.func, ast.Attribute):
                node.func.value = self.visit(node.func.value)
            else:
                node.func = self.visit(node.func)
        node.args = [self.visit(item) for item in node.args]
        node.keywords = [self.visit(item) for item in node.keywords]
        if isinstance(node.func, ast.Attribute) and name in CLOCK_METHODS and name not in self.colors.user_names:
            return _call("_mayfly_clock", [node.func.value, _at(ast.Constant(value=name), node)] + node.args, node,
                         node.keywords)
        if not self.inside:
            return _call("_mayfly_now", [node], node) if is_hit and self._is_named_hit(node) else node
        if not is_hit and self._is_pure(node, name):
            return node
        if self.in_comprehension and not is_hit:
            return node
        return self._settled(node)

    def _is_named_hit(self, node):
        """Outside of what waits, only what surely is one of ours is looked at."""
        name = name_of(node.func)
        return name in self.colors.names or name in VERBS or name in WAITS or name in ("get", "join")

    def _is_pure(self, node, name):
        if isinstance(node.func, ast.Name):
            return name in BUILTINS and name not in self.colors.user_names
        if isinstance(node.func, ast.Attribute):
            return name in PURE_METHODS and name not in self.colors.user_names or isinstance(
                node.func.value, ast.Constant)
        return False

    def _special_call(self, node):
        name = name_of(node.func)
        if name in self.colors.initializers and isinstance(node.func, (ast.Name, ast.Attribute)):
            made = _call("_mayfly_new", [self.visit(item) for item in [node.func] + node.args], node,
                         [self.visit(item) for item in node.keywords])
            return _at(ast.Await(value=made), node)
        if not isinstance(node.func, ast.Name) or name not in CALLERS | CONSUMERS:
            if isinstance(node.func, ast.Attribute) and name == "join" and len(node.args) == 1:
                return self._consumed_join(node)
            return None
        if name in self.colors.user_names:
            return None
        calls_back = name in CALLERS and any(self._may_call(item) for item in self._callbacks(node, name))
        generator = next((item for item in node.args if isinstance(item, ast.GeneratorExp) and self._waits(item)), None)
        nested = any(isinstance(item, ast.Call) and name_of(item.func) in ("map", "filter") for item in node.args)
        if generator is not None:
            node.args[node.args.index(generator)] = _at(
                ast.ListComp(elt=generator.elt, generators=generator.generators), generator)
        if not (calls_back or self.colors.has_generators and name in CONSUMERS and node.args) or nested and not calls_back:
            return None
        target = _at(ast.Constant(value=name), node)
        made = _call("_mayfly_call_builtin", [target] + [self.visit(item) for item in node.args], node,
                     [self.visit(item) for item in node.keywords])
        return _at(ast.Await(value=made), node)

    def _consumed_join(self, node):
        item = node.args[0]
        if isinstance(item, ast.GeneratorExp) and self._waits(item):
            node.args[0] = _at(ast.ListComp(elt=item.elt, generators=item.generators), item)
        return None

    @staticmethod
    def _callbacks(node, name):
        if name in ("map", "filter"):
            return node.args[:1]
        return [keyword.value for keyword in node.keywords if keyword.arg == "key"]

    def _may_call(self, item):
        if isinstance(item, ast.Lambda):
            return self._waits(item.body)
        name = name_of(item)
        if isinstance(item, ast.Attribute):
            return name in self.colors.names or name in VERBS or name == "get" and name_of(item.value) in CLIENTS
        return name in self.colors.names or name in self.callables

    def _wrap_callbacks(self, node):
        """A function that a library will call is called to its end, because the library cannot wait for it."""
        name = name_of(node.func)
        if name in self.colors.user_names:
            return
        if name in LIBRARY_CALLERS and name not in ("Thread", "Timer", "submit", "apply_async"):
            node.args = [self._callback(item) for item in node.args]
        for keyword in node.keywords:
            if keyword.arg in CALLBACK_KEYWORDS:
                keyword.value = self._callback(keyword.value)

    def _callback(self, item):
        if isinstance(item, (ast.Name, ast.Attribute)) and name_of(item) in self.colors.names:
            return _call("_mayfly_callback", [item], item)
        if isinstance(item, ast.Lambda) and self._waits(item.body):
            return _call("_mayfly_callback", [item], item)
        return item

    def _settled(self, node):
        """The value, awaited if it is a coroutine."""
        if not self.inside:
            return _call("_mayfly_now", [node], node)
        if self.in_comprehension:
            return _at(ast.Await(value=_call("_mayfly_settle", [node], node)), node)
        kept = _at(ast.NamedExpr(target=_at(ast.Name(id="_mayfly_value", ctx=ast.Store()), node), value=node), node)
        test = _at(ast.Compare(left=_call("_mayfly_type", [kept], node), ops=[ast.Is()],
                               comparators=[_at(ast.Name(id="_mayfly_coroutine", ctx=ast.Load()), node)]), node)
        value = _at(ast.Name(id="_mayfly_value", ctx=ast.Load()), node)
        return _at(ast.IfExp(test=test, body=_at(ast.Await(value=value), node), orelse=copy.copy(value)), node)

    # Statements.

    def visit_With(self, node):
        is_sync = all(self._is_sync_context(item.context_expr) for item in node.items)
        self.generic_visit(node)
        if not self.inside or is_sync:
            return node
        for item in node.items:
            item.context_expr = _call("_mayfly_context", [item.context_expr], item.context_expr)
        return ast.copy_location(ast.AsyncWith(items=node.items, body=node.body), node)

    def _is_sync_context(self, item):
        if not isinstance(item, ast.Call):
            return False
        name = name_of(item.func)
        if name in self.colors.names:
            return False
        return name in SYNC_CONTEXTS or (name in VERBS or name == "get") and any(
            keyword.arg == "catch_response" for keyword in item.keywords)

    def visit_For(self, node):
        self.generic_visit(node)
        if not self.inside or not self.colors.has_generators or _is_plain_iterable(node.iter):
            return node
        node.iter = _call("_mayfly_items", [node.iter], node.iter)
        return ast.copy_location(ast.AsyncFor(target=node.target, iter=node.iter, body=node.body, orelse=node.orelse),
                                 node)

    def visit_Expr(self, node):
        if self.inside and isinstance(node.value, ast.YieldFrom):
            source = self.visit(node.value.value)
            item = ast.Expr(value=ast.Yield(value=ast.Name(id="_mayfly_item", ctx=ast.Load())))
            loop = ast.AsyncFor(target=ast.Name(id="_mayfly_item", ctx=ast.Store()),
                                iter=_call("_mayfly_items", [source], node), body=[_at(item, node)], orelse=[])
            return ast.fix_missing_locations(ast.copy_location(loop, node))
        self.generic_visit(node)
        return node

    def visit_Import(self, node):
        kept, own = [], []
        for item in node.names:
            replacement = REPLACED_MODULES.get(item.name)
            if replacement is None:
                kept.append(item)
            else:
                own.append(_at(ast.ImportFrom(module="mayfly_python", names=[
                    ast.alias(name=replacement, asname=item.asname or item.name)], level=0), node))
        if kept:
            own.append(_at(ast.Import(names=kept), node))
        return own

    def visit_ImportFrom(self, node):
        replacement = REPLACED_MODULES.get(node.module) if node.level == 0 else None
        if replacement is not None:
            node.module = "mayfly_python." + replacement
        return node


# What decorates a function that waits, instead of what decorates one that does not.
REPLACED_DECORATORS = {"contextmanager": "_mayfly_contextmanager", "cached_property": "_mayfly_cached_property",
                       "lru_cache": "_mayfly_cache", "cache": "_mayfly_cache"}
# What a file gets instead of a module: what waits or tells the time in it.
REPLACED_MODULES = {"time": "user_time", "threading": "user_threading"}


def _is_plain_iterable(node):
    return isinstance(node, (ast.List, ast.Tuple, ast.Constant)) or (
        isinstance(node, ast.Call) and name_of(node.func) in ("range", "items", "keys", "values"))


def _at(made, place):
    return ast.copy_location(made, place)


def _call(name, args, place, keywords=()):
    return _at(ast.Call(func=_at(ast.Name(id=name, ctx=ast.Load()), place), args=list(args), keywords=list(keywords)),
               place)
