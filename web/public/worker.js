// Loads the engine, and reads bodies for it.

// Reads a body to its end, bit by bit: a browser does not say how long it is once it is unpacked, and 809
// bytes can become a gigabyte. Resolves with its length; and if bytes of it are to be kept, with a list of
// its length and the pieces that its first `limit` bytes are in. Here, and not in the engine, because each
// promise that the engine waits for costs it more than all else that is done here.
self.drain = async (body, limit) => {
  const reader = body.getReader();
  const kept = [];
  let length = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return kept.length === 0 ? length : [length, ...kept];
    if (length < limit) kept.push(value.slice(0, limit - length));
    length += value.byteLength;
  }
};

// The query is that of this script, so that a new page gets a new engine. `direct` is for the browser's
// choice of a service worker.
const search = new URL(import.meta.url).search.replace("?direct&", "?");
try {
  const { default: init } = await import(`./mayfly-engine.js${search}`);
  await init({ module_or_path: new URL(`./mayfly-engine_bg.wasm${search}`, import.meta.url) });
} catch (error) {
  // Or the page would never hear of it.
  reportError(error);
}
