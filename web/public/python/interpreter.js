// Python for the frame: a worker that knows its files and two ports, `boot` for the page, which hears when
// it is ready, and `frames` for the engine: for each message that comes, one goes back.
onmessage = async ({ data: files, ports: [boot, frames] }) => {
  onmessage = null;
  try {
    const python = await start(files);
    let snapshot;
    if (!files["snapshot"]) {
      try {
        snapshot = python.makeMemorySnapshot();
      } catch {
        // It starts as slowly the next time, and that is all.
      }
    }
    serve(python, frames);
    boot.postMessage({ snapshot }, snapshot ? [snapshot.buffer] : []);
  } catch (error) {
    boot.postMessage({ error: `${error}` });
  }
};

const HOME = "/home/pyodide";
const decode = (bytes) => new TextDecoder().decode(bytes);

async function start(files) {
  const module = (name) => import(URL.createObjectURL(new Blob([files[name]], { type: "text/javascript" })));
  // Pyodide asks for its files by names; nothing else could answer here.
  self.fetch = async (url) => {
    const name = `${url.url ?? url}`.split("/").pop();
    const type = name.endsWith(".wasm") ? "application/wasm" : "application/octet-stream";
    return new Response(files[name], { headers: { "content-type": type } });
  };
  const { default: createPyodideModule } = await module("pyodide.asm.mjs");
  const { loadPyodide } = await module("pyodide.mjs");
  const python = await loadPyodide({
    createPyodideModule,
    indexURL: "http://python.invalid/",
    stdLibURL: "http://python.invalid/python_stdlib.zip",
    lockFileContents: JSON.parse(decode(files["lock.json"])),
    // Python sees none of this worker's globals.
    jsglobals: Object.create(null),
    // As in the command, so that the same names come in the same order.
    env: { HOME, PYTHONHASHSEED: "0" },
    stdout: print,
    stderr: print,
    ...(files.snapshot ? { _loadSnapshot: files.snapshot } : { _makeSnapshot: true }),
  });
  for (const [name, text] of Object.entries(JSON.parse(decode(files["library.json"])))) {
    const path = `${HOME}/mayfly/${name}`;
    python.FS.mkdirTree(path.slice(0, path.lastIndexOf("/")));
    python.FS.writeFile(path, text);
  }
  python.runPython(`import sys; sys.path.insert(0, "${HOME}/mayfly"); import mayfly_python.page`);
  return python;
}

// Python looks how long it takes each time that it was at work for so long, in milliseconds: it ends by itself
// what takes too long, in the line that it is in. What even that cannot end is ended by the engine.
const LOOK = 100;
// It asks for the time all the while. A longer gap is one in which the machine did something else.
const GAP = 10;

function serve(python, frames) {
  python.runPython("mayfly_python.page.start()");
  const step = python.runPython("lambda frame: mayfly_python.page.step(frame.to_bytes())");
  let last = 0;
  let left = LOOK;
  // 2 is the number of a signal, and 0 is none.
  python.setInterruptBuffer({
    get 0() {
      const now = performance.now();
      left -= Math.min(now - last, GAP);
      last = now;
      if (0 < left) return 0;
      left = LOOK;
      return 2;
    },
    set 0(_) {},
  });
  frames.onmessage = ({ data }) => {
    try {
      const answer = step(new Uint8Array(data));
      const view = answer.getBuffer();
      const bytes = view.data.slice();
      view.release();
      answer.destroy();
      const whole = withPrinted(bytes);
      frames.postMessage(whole.buffer, [whole.buffer]);
    } catch (error) {
      frames.postMessage(`${error}`.trim());
    }
  };
}

// What is printed goes into the log, with the next frame; of a flood, the beginning.
const MOST_LINES = 100;
let printed = [];
let nPrinted = 0;

function print(line) {
  nPrinted += 1;
  if (printed.length < MOST_LINES) printed.push(line.slice(0, 1000));
}

function withPrinted(bytes) {
  if (!nPrinted) return bytes;
  if (printed.length < nPrinted) printed.push(`and ${nPrinted - printed.length} more lines`);
  const logs = printed.map((text) => message(8, JSON.stringify({ level: "info", text })));
  printed = [];
  nPrinted = 0;
  const parts = [bytes, ...logs];
  const whole = new Uint8Array(parts.reduce((sum, it) => sum + it.length, 0));
  let at = 0;
  for (const it of parts) {
    whole.set(it, at);
    at += it.length;
  }
  return whole;
}

// `u32 id, u8 kind, u32 head_len, u32 body_len, head`
function message(kind, head) {
  const text = new TextEncoder().encode(head);
  const bytes = new Uint8Array(13 + text.length);
  const view = new DataView(bytes.buffer);
  view.setUint8(4, kind);
  view.setUint32(5, text.length, true);
  bytes.set(text, 13);
  return bytes;
}
