// Loads Python for a plan that is a locustfile, into a frame that reaches nothing. Nobody loads this file
// who has no such plan. `cargo xtask seal` fills in the two constants.
const FOLDER = "folder-of-python";
const SIZES = { "files-of-python": 0 };

const CACHE = `python-of-mayfly-${FOLDER}`;
const SNAPSHOT = url("snapshot");
const open = new Set();

function url(name) {
  return new URL(`${FOLDER}/${name}`, import.meta.url).href;
}

// Opens Python for the engine at the other end of `control`, which gets a port for its frames, or a text
// that says what went wrong. Once it says anything itself, the frame goes. `report` hears how much is
// loaded, from 0 to 1, and at last nothing.
self.openPython = async (control, report) => {
  const frame = document.createElement("iframe");
  const close = () => {
    frame.remove();
    control.close();
    if (open.delete(close)) report();
  };
  open.add(close);
  control.onmessage = close;
  const boot = async () => {
    const files = await load(report);
    // Nobody may want it any more.
    return open.has(close) && start(await show(frame), files);
  };
  try {
    // A snapshot that is not understood is of no use, and without it Python only starts more slowly.
    const port = await boot().catch(async (error) => {
      if (!(await forget(SNAPSHOT))) throw error;
      frame.remove();
      return boot();
    });
    if (!port) return;
    control.postMessage(port, [port]);
    report();
  } catch (error) {
    control.postMessage(error.message);
    close();
  }
};

// Their engine is gone.
self.closePython = () => open.forEach((close) => close());

// How long a frame that has loaded may be silent, in milliseconds: one that did not load has loaded the
// browser's page about that.
const PATIENCE = 5000;

function show(frame) {
  frame.sandbox = "allow-scripts";
  frame.hidden = true;
  frame.title = "Python";
  frame.src = url("frame.html");
  return new Promise((resolve, reject) => {
    const hear = ({ source, ports }) => {
      if (source !== frame.contentWindow) return;
      removeEventListener("message", hear);
      resolve(ports[0]);
    };
    addEventListener("message", hear);
    frame.onload = () => setTimeout(reject, PATIENCE, new Error("its frame did not load"));
    document.body.append(frame);
  });
}

// The snapshot comes before any file of a person is there, and nothing is taken from the frame after it.
function start(channel, { script, ...files }) {
  const [boot, frames] = [new MessageChannel(), new MessageChannel()];
  return new Promise((resolve, reject) => {
    channel.onmessage = ({ data }) => reject(new Error(data));
    boot.port1.onmessage = ({ data: { error, snapshot } }) => {
      boot.port1.close();
      channel.close();
      if (snapshot) keep(SNAPSHOT, new Response(snapshot));
      if (error) reject(new Error(error));
      resolve(frames.port1);
    };
    const ports = [boot.port2, frames.port2];
    channel.postMessage({ script, files }, [...ports, ...Object.values(files)]);
  });
}

async function load(report) {
  let n = 0;
  const total = Object.values(SIZES).reduce((sum, it) => sum + it, 0);
  const count = (bytes) => report(Math.min((n += bytes) / total, 1));
  const names = Object.keys(SIZES);
  const [snapshot, ...files] = await Promise.all([kept(SNAPSHOT), ...names.map((it) => file(url(it), count))]);
  // Nobody has loaded this one for its own sake.
  const { "interpreter.js": script, ...others } = Object.fromEntries(names.map((it, nth) => [it, files[nth]]));
  const whole = snapshot && { snapshot: await snapshot.arrayBuffer() };
  clean();
  return { script: new TextDecoder().decode(script), ...others, ...whole };
}

// Files are cached here, because a page has this cache on its first visit too.
async function file(url, count) {
  const known = await kept(url);
  const answer = known ?? (await fetch(url));
  if (!answer.ok) throw new Error(`${url} did not load: status ${answer.status}`);
  const parts = [];
  for (const reader = answer.body.getReader(); ; ) {
    const { done, value } = await reader.read();
    if (done) break;
    parts.push(value);
    count(value.length);
  }
  const bytes = await new Blob(parts).arrayBuffer();
  if (!known) keep(url, new Response(bytes));
  return bytes;
}

// There is no cache where the page came over a network without TLS; then all is loaded each time.
const cached = async (use) => {
  try {
    return await use(await caches.open(CACHE));
  } catch {}
};
const kept = (url) => cached((cache) => cache.match(url));
const keep = (url, answer) => cached((cache) => cache.put(url, answer));
const forget = (url) => cached((cache) => cache.delete(url));

// Those of other versions.
async function clean() {
  try {
    for (const name of await caches.keys()) {
      if (name.startsWith("python-of-mayfly-") && name !== CACHE) await caches.delete(name);
    }
  } catch {}
}
