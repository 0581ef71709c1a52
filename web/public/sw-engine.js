// Stands between the page's service worker and the engine: the browser gives each script to the service
// worker with the longest scope, and one that listens to nothing costs no request anything.
