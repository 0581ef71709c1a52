// Keeps the page's own files, so that the page opens without a network. `cargo xtask seal` fills in
// the two constants.
//
// Requests to targets must not pass through here: the way would be measured with them. So routes
// lead everything but the page's own files past this worker, and where a browser has no such routes,
// the worker does not install.
const FILES = ["files-of-the-page"];
const VERSION = "version-of-the-page";

const CACHE = `mayfly-${VERSION}`;
const own = FILES.map((file) => new URL(file, registration.scope));
const isOwn = (url) => own.some((it) => it.href === url);
const hasHash = (url) => /-[0-9a-f]{16}[._]/.test(new URL(url).pathname);

addEventListener("install", (event) => {
  if (!event.addRoutes) throw new Error("this browser cannot route requests past a worker");
  const route = (parts, source) => ({ condition: { urlPattern: new URLPattern(parts) }, source });
  const toUs = own.map(({ protocol, hostname, port, pathname, search }) =>
    route({ protocol: protocol.slice(0, -1), hostname, port, pathname, search: search.slice(1) }, "fetch-event"));
  event.waitUntil((async () => {
    await event.addRoutes([...toUs, route({}, "network")]);
    const cache = await caches.open(CACHE);
    await cache.addAll(own.map((it) => it.href));
    await skipWaiting();
  })());
});

addEventListener("activate", (event) => {
  event.waitUntil((async () => {
    for (const name of await caches.keys()) {
      if (name.startsWith("mayfly-") && name !== CACHE) await caches.delete(name);
    }
    await clients.claim();
  })());
});

addEventListener("fetch", (event) => {
  if (event.request.method !== "GET" || !isOwn(event.request.url)) return;
  event.respondWith(answer(event.request));
});

// A name with a hash says what is in the file; any other file may be newer on the server.
async function answer(request) {
  const kept = await caches.match(request, { cacheName: CACHE });
  if (kept && hasHash(request.url)) return kept;
  try {
    const answer = await fetch(request);
    return answer.ok ? answer : (kept ?? answer);
  } catch (error) {
    if (kept) return kept;
    throw error;
  }
}
