// Starts the page's own WebAssembly a second time, inside a worker. The page says where its glue is
// and hands over the compiled module, so that names may be hashed and nothing is compiled twice.
self.onmessage = async ({ data: [glue, module] }) => {
  self.onmessage = null;
  try {
    const { default: init } = await import(glue);
    await init({ module_or_path: module });
  } catch (error) {
    // Or the page would never hear of it.
    reportError(error);
  }
};
