// A site's own service worker, as offline apps have one: it answers by itself, and no request leaves the browser.
self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));
self.addEventListener("fetch", (event) => {
  if (event.request.mode !== "navigate") return;
  const page = "<!doctype html><title>Served by a worker</title><p>This page came from the device.</p>";
  event.respondWith(new Response(page, { headers: { "content-type": "text/html" } }));
});
