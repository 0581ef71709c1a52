// Loads the engine. The query is that of this script, so that a new page gets a new engine.
const { search } = new URL(import.meta.url);
try {
  const { default: init } = await import(`./mayfly-engine.js${search}`);
  await init({ module_or_path: new URL(`./mayfly-engine_bg.wasm${search}`, import.meta.url) });
} catch (error) {
  // Or the page would never hear of it.
  reportError(error);
}
