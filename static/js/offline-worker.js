/* The service worker of one prepared check-in page: keeps the page and what it loads, so that it opens without a line.

   Its scope is the page's own address. The page comes from what was kept, at once; behind it a newer one is fetched when
   there is a line and the person is still signed in. Nothing that is sent goes through here. */

const PAGE = self.registration.scope;
const CACHE = `page ${PAGE}`;
const STATIC = /["'(](\/static\/[^"'()\s#?]+)/g;
const IMPORT = /from "\.\/([\w-]+\.js)"/g;

async function fetched(address) {
  const response = await fetch(address, { credentials: "same-origin", cache: "no-cache" });
  if (!response.ok || response.redirected) throw new Error(`${response.status} ${address}`);
  return response;
}

/** Keep the page as it is now with all its files, those first; whatever fails, what was kept stays. */
async function keep() {
  const cache = await caches.open(CACHE);
  const page = await fetched(PAGE);
  const wanted = new Set([...(await page.clone().text()).matchAll(STATIC)].map((found) => found[1]));
  for (const address of wanted) {
    const file = await fetched(address);
    if (address.endsWith(".js")) {
      for (const found of (await file.clone().text()).matchAll(IMPORT)) wanted.add(new URL(found[1], file.url).pathname);
    }
    await cache.put(address, file);
  }
  await cache.put(PAGE, page);
  for (const request of await cache.keys()) {
    if (request.url !== PAGE && !wanted.has(new URL(request.url).pathname)) await cache.delete(request);
  }
}

self.addEventListener("install", (event) => {
  event.waitUntil(keep().then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  event.waitUntil(self.clients.claim());
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method !== "GET") return;
  if (request.mode === "navigate") {
    if (new URL(request.url).pathname !== new URL(PAGE).pathname) return;
    event.respondWith(caches.match(PAGE).then((kept) => kept ?? fetch(request)));
    event.waitUntil(keep().catch(() => undefined));
  } else if (new URL(request.url).pathname.startsWith("/static/")) {
    event.respondWith(caches.match(request, { ignoreVary: true }).then((kept) => kept ?? fetch(request)));
  }
});
