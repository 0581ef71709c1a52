// Keeps the page's own files, so that the page opens without a network. `cargo xtask seal` fills in
// the two constants.
//
// Requests to targets must not pass through here: it would take a quarter of their rate, even where
// they are only let through. The engine sends them, and `sw-engine.js` has its script; a page without
// a network gets its engine from here, where nothing but the machine itself can be loaded anyway.
const FILES = ["files-of-the-page"];
const VERSION = "version-of-the-page";

const CACHE = `mayfly-${VERSION}`;
const own = FILES.map((file) => new URL(file, registration.scope));
const isOwn = (url) => own.some((it) => it.href === url);
const hasHash = (url) => /-[0-9a-f]{16}[._]/.test(new URL(url).pathname);

addEventListener("install", (event) => {
  event.waitUntil((async () => {
    const cache = await caches.open(CACHE);
    // Past the cache of HTTP, which may have files of another version.
    await cache.addAll(own.map(({ href }) => new Request(href, { cache: "reload" })));
  })());
});

addEventListener("activate", (event) => {
  event.waitUntil((async () => {
    for (const name of await caches.keys()) {
      if (name.startsWith("mayfly-") && name !== CACHE) await caches.delete(name);
    }
  })());
});

addEventListener("fetch", (event) => {
  const { request } = event;
  const url = nameOf(request);
  if (request.method === "GET" && isOwn(url)) event.respondWith(answer(request, url));
});

// The page keeps its tab in its address, and a plan behind `#`; it is the same file.
function nameOf(request) {
  const url = new URL(request.url);
  url.hash = "";
  if (request.mode === "navigate") url.search = "";
  return url.href;
}

// A name with a hash says what is in the file; any other file may be newer on the server.
async function answer(request, url) {
  const kept = await caches.match(url, { cacheName: CACHE, ignoreVary: true });
  if (kept && hasHash(url)) return kept;
  try {
    const answer = await fetch(request);
    return answer.ok ? answer : (kept ?? answer);
  } catch (error) {
    if (kept) return kept;
    throw error;
  }
}
