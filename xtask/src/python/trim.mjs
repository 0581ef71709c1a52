// Makes Pyodide's standard library small: without what no load test needs, without docstrings and
// comments. `node trim.mjs FROM.zip TO.zip`. Pyodide itself does it, because the syntax must be that of
// the Python which reads it, and so that everywhere the same bytes come out.
import { readFileSync, writeFileSync } from "node:fs";
import { loadPyodide } from "../../../web/node_modules/pyodide/pyodide.mjs";

// Folders, files, and beginnings of names that end in `*`.
const UNUSED = `
  __phello__ _aix_support.py _android_support.py _apple_support.py _ios_support.py _osx_support.py
  _pydecimal.py _pyio.py _pyrepl antigravity.py bdb.py bz2.py cProfile.py cmd.py compileall.py
  compression/zstd concurrent/futures/process.py concurrent/interpreters ctypes curses dbm doctest.py
  ensurepip filecmp.py fileinput.py ftplib.py graphlib.py http/server.py idlelib imaplib.py json/tool.py
  lib2to3 logging/config.py logging/handlers.py lzma.py mailbox.py modulefinder.py multiprocessing netrc.py
  ntpath.py nturl2path.py optparse.py pdb.py pickletools.py plistlib.py poplib.py profile.py profiling
  pstats.py pty.py py_compile.py pyclbr.py pydoc.py pydoc_data rlcompleter.py sched.py shelve.py smtplib.py
  socketserver.py sqlite3 symtable.py sysconfig/__main__.py tabnanny.py this.py tkinter trace.py
  tracemalloc.py tty.py turtle.py turtledemo urllib/robotparser.py venv wave.py webbrowser.py wsgiref
  xmlrpc zipapp.py asyncio/__main__.py asyncio/tools.py asyncio/windows_events.py
  asyncio/windows_utils.py encodings/big5* encodings/bz2* encodings/cp* encodings/euc* encodings/gb*
  encodings/hp* encodings/hz* encodings/iso* encodings/johab* encodings/koi8* encodings/kz*
  encodings/mac* encodings/mbcs* encodings/oem* encodings/palm* encodings/ptcp* encodings/quopri*
  encodings/rot* encodings/shift* encodings/tis* encodings/undefined* encodings/uu* encodings/zlib*
`.split(/\s+/).filter(Boolean);
const USED = ["encodings/cp1252.py", "encodings/cp437.py", "encodings/iso8859_1.py", "encodings/iso8859_15.py"];

const TRIM = `
import ast, zipfile

def trim(unused, used):
    def is_unused(name):
        if name in used:
            return False
        return any(name.startswith(it[:-1]) if it.endswith("*") else name == it or name.startswith(it + "/") for it in unused)

    with zipfile.ZipFile("old.zip") as old, zipfile.ZipFile("new.zip", "w") as new:
        for entry in sorted(old.infolist(), key=lambda it: it.filename):
            name = entry.filename
            if name.endswith(("/", ".pyc")) or is_unused(name):
                continue
            text = old.read(entry)
            # Pyodide finds functions of its own by their lines.
            if name.endswith(".py") and not name.startswith(("_pyodide", "pyodide")):
                text = without_docstrings(text)
            # The oldest date that there is.
            info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            new.writestr(info, text, zipfile.ZIP_DEFLATED, 9)

def without_docstrings(text):
    tree = ast.parse(text)
    for node in ast.walk(tree):
        if not isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
            continue
        if ast.get_docstring(node, clean=False) is not None:
            node.body[0:1] = [] if 1 < len(node.body) else [ast.Pass()]
    return ast.unparse(tree).encode()
`;

const [from, to] = process.argv.slice(2);
const python = await loadPyodide();
python.FS.writeFile("old.zip", readFileSync(from));
python.runPython(TRIM);
python.globals.get("trim")(python.toPy(UNUSED), python.toPy(USED));
writeFileSync(to, python.FS.readFile("new.zip"));
