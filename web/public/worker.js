// Loads the engine. The query is that of this script, so that a new page gets a new engine.
// `direct` is for the browser's choice of a service worker.
const search = new URL(import.meta.url).search.replace("?direct&", "?");
try {
  const { default: init } = await import(`./mayfly-engine.js${search}`);
  await init({ module_or_path: new URL(`./mayfly-engine_bg.wasm${search}`, import.meta.url) });
} catch (error) {
  // Or the page would never hear of it.
  reportError(error);
}
