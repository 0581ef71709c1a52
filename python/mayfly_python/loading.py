"""Reads a locustfile and the modules beside it: colors, notes, and the module that comes of it."""
import ast
import importlib.abc
import importlib.machinery
import linecache
import os
import sys
import types

from . import colors, coroutines, wants

# Folders in which libraries lie, even if they lie beside the file.
_LIBRARIES = ("site-packages", "dist-packages", "node_modules", "venv", ".venv", "env", ".env", ".tox", "__pycache__")
_READS = frozenset("text content json iter_lines iter_content raw js apparent_encoding encoding".split())
# Libraries that are given no answers.
_NEVER_READ = frozenset("locust gevent faker requests urllib3 json logging random time os sys re uuid string datetime csv "
                        "threading math itertools functools collections pathlib typing __future__".split())
_METHODS = ("get", "post", "put", "patch", "delete", "head", "options", "request")
_MEASURES = ("request.fire", "request.measure", "request_success.fire", "request_failure.fire")


class Source:
    """All files of a user: the locustfile, and what it imports from beside it."""

    def __init__(self, name, text, folder):
        self.name = name
        self.folder = folder
        self.path = os.path.join(folder, name) if folder else name
        # {path: (name for messages, text, tree)}
        self.files = {}
        self.colors = colors.Colors()
        self.notes = []
        self.imports = {}
        self._add(self.path, name, text)
        self.colors.survey({entry[0]: entry[2] for entry in self.files.values()})
        self.colors.check()
        self.notes += [dict(note, file=None if note["file"] == name else note["file"]) for note in self.colors.notes]
        self._look()

    def _add(self, path, name, text):
        tree = ast.parse(text, path)
        self.files[path] = (name, text, tree)
        # The lines of tracebacks: the file may be no file at all.
        linecache.cache[path] = (len(text), None, text.splitlines(True), path)
        for node in ast.walk(tree):
            for module in _imported(node, name):
                self.imports.setdefault(module.partition(".")[0], node.lineno)
                self._follow(module)

    def _follow(self, module):
        """Reads a module that lies beside the file, and its packages."""
        parts = module.split(".")
        for length in range(1, len(parts) + 1):
            found = self.find(".".join(parts[:length]))
            if found is None:
                return
            if found not in self.files and found.endswith(".py"):
                try:
                    with open(found, encoding="utf-8-sig") as file:
                        self._add(found, os.path.relpath(found, self.folder), file.read())
                except (OSError, SyntaxError, ValueError):
                    # It says so itself when it is imported.
                    return

    def find(self, module):
        """The path of a module beside the file, or None. Of a package without `__init__`, its folder."""
        if not self.folder or module.partition(".")[0] in ("locust", "gevent", "mayfly_python"):
            return None
        base = os.path.join(self.folder, *module.split("."))
        if any(part in _LIBRARIES for part in module.split(".")):
            return None
        for path in (base + ".py", os.path.join(base, "__init__.py")):
            if os.path.isfile(path):
                return path
        return base if os.path.isdir(base) else None

    def _look(self):
        attributes, strings, dotted = set(), set(), set()
        self.lines, self.urls = {}, []
        for name, _, tree in self.files.values():
            modules = {item.asname or item.name for node in ast.walk(tree) if isinstance(node, ast.Import)
                       for item in node.names}
            for node in ast.walk(tree):
                if isinstance(node, ast.Attribute):
                    if isinstance(node.value, ast.Name) and node.value.id in modules and node.value.id != "response":
                        if node.value.id in ("requests", "httpx", "urllib3"):
                            self._note_blocking(node, name)
                        continue
                    attributes.add(node.attr)
                    dotted.add("%s.%s" % (colors.name_of(node.value), node.attr))
                elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                    strings.add(node.value)
                elif isinstance(node, ast.ClassDef):
                    self.lines.setdefault(node.name, node.lineno)
                elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _METHODS:
                    self._look_for_url(node, name)
        wants.requests = "requests" in self.imports or "urllib3" in self.imports
        self.keep = "body" if attributes & _READS or strings & _READS or self._has_strangers() else "nothing"
        self.uses_stats = "stats" in attributes
        self.is_blocking = any(name in dotted for name in _MEASURES)
        if self.is_blocking:
            self.note(None, "warning", "the file measures requests by itself: what it sends so blocks all users of this "
                                       "process while it is out, and times are those of the machine")
        if "web_ui" in attributes:
            self.note(None, "warning", "environment.web_ui is None: pages and routes of the file's own do not exist")

    def _has_strangers(self):
        """Whether the file imports what may read answers for it."""
        known = set(getattr(sys, "stdlib_module_names", ())) | _NEVER_READ
        return any(name not in known and self.find(name) is None for name in self.imports)

    def _look_for_url(self, call, file):
        """Keeps the whole URL that a request names, as far as the text shows its host."""
        arguments = call.args[:2] + [item.value for item in call.keywords if item.arg == "url"]
        for url in filter(None, map(_beginning, arguments)):
            if url.lower().startswith(("http://", "https://")):
                self.urls.append({"url": url, "line": call.lineno, "file": None if file == self.name else file})

    def _note_blocking(self, node, file):
        if node.attr in _METHODS or node.attr in ("Session", "session"):
            self.note(node.lineno, "warning", "%s.%s is not Locust's client: it blocks all users of this process while it "
                                              "is out, and is not counted" % (node.value.id, node.attr), file)

    def note(self, line, level, text, file=None):
        note = {"line": line, "level": level, "text": text, "file": None if file == self.name else file}
        if note not in self.notes:
            self.notes.append(note)

    def told_notes(self):
        return [{key: value for key, value in note.items() if key != "file" or value} for note in
                sorted(self.notes, key=lambda note: (note["line"] or 0, note["text"]))]

    def code(self, path):
        """A file's code, rewritten. Once: the tree is changed by it."""
        _, _, tree = self.files[path]
        return compile(coroutines.transform(tree, self.colors), path, "exec")

    def place(self, tb):
        """Where in the user's files an exception happened: the line, and the file if it is not the main one."""
        found = None, None
        while tb is not None:
            entry = self.files.get(tb.tb_frame.f_code.co_filename)
            if entry is not None:
                found = tb.tb_lineno, None if entry[0] == self.name else entry[0]
            tb = tb.tb_next
        return found


def _beginning(node):
    """The text of a constant, or what an expression begins with if that is up to a path at least; or None."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else None
    if isinstance(node, ast.JoinedStr):
        text = _beginning(node.values[0]) if node.values else None
    elif isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Add, ast.Mod)):
        text = _beginning(node.left)
        if isinstance(node.op, ast.Mod) and text:
            text = text.partition("%")[0]
    else:
        return None
    return text if text and text.count("/") > 2 else None


def _imported(node, name):
    if isinstance(node, ast.Import):
        return [item.name for item in node.names]
    if isinstance(node, ast.ImportFrom):
        base = node.module or ""
        if node.level:
            package = name.replace("\\", "/").rpartition("/")[0].split("/") if "/" in name.replace("\\", "/") else []
            package = package[:len(package) - node.level + 1]
            base = ".".join([part for part in package if part] + ([base] if base else []))
        return ([base] if base else []) + [".".join(filter(None, (base, item.name))) for item in node.names]
    return []


class Beside(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Imports modules that lie beside the file, rewritten as the file is."""

    def __init__(self, source, names):
        self.source = source
        self.names = names

    def find_spec(self, name, path=None, target=None):
        found = self.source.find(name)
        if found is None or not found.endswith(".py"):
            return None
        is_package = os.path.basename(found) == "__init__.py" and not name.endswith("__init__")
        spec = importlib.machinery.ModuleSpec(name, self, origin=found, is_package=is_package)
        spec.has_location = True
        if is_package:
            spec.submodule_search_locations = [os.path.dirname(found)]
        return spec

    def create_module(self, spec):
        return None

    def exec_module(self, module):
        path = module.__spec__.origin
        if path not in self.source.files:
            with open(path, encoding="utf-8-sig") as file:
                text = file.read()
            # Found by no import statement: its colors are those of the names that are known.
            self.source._add(path, os.path.relpath(path, self.source.folder), text)
            self.source.colors.survey({path: self.source.files[path][2]})
        module.__dict__.update(self.names)
        exec(self.source.code(path), module.__dict__)

    def get_source(self, name):
        path = self.source.find(name)
        return self.source.files[path][1] if path in self.source.files else None


# What is made anew for each file: what it registers itself with, and what depends on what it imports.
_OF_A_FILE = ("locust", "gevent", "requests_names", "answers", "user_threading")


def forget():
    """Takes away what an earlier file left in this interpreter."""
    sys.meta_path[:] = [finder for finder in sys.meta_path if not isinstance(finder, Beside)]
    for name, module in list(sys.modules.items()):
        own = name.partition("mayfly_python.")[2] or name
        # Not by getattr, which modules may answer themselves.
        known = getattr(module, "__dict__", {})
        if own.partition(".")[0] in _OF_A_FILE or isinstance(known.get("__loader__"), Beside) or "_is_locustfile" in known:
            del sys.modules[name]
            parent = sys.modules.get(name.rpartition(".")[0])
            if parent is not None:
                vars(parent).pop(name.rpartition(".")[2], None)


def run(source, names):
    """The module of the locustfile. What it raises comes out."""
    if source.folder:
        if source.folder not in sys.path:
            sys.path.insert(1, source.folder)
        sys.meta_path.insert(0, Beside(source, names))
    # Not `locust`, as a file may be called.
    stem = os.path.splitext(os.path.basename(source.name))[0]
    module = types.ModuleType("locustfile" if stem in ("locust", "gevent") or stem in sys.modules else stem)
    module.__file__ = source.path
    module._is_locustfile = True
    module.__dict__.update(names)
    sys.modules[module.__name__] = module
    exec(source.code(source.path), module.__dict__)
    return module
