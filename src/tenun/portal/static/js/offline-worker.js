// Keeps the last profiles that were seen, in the browser of whoever asked for it (tenun.portal.accounts.offline).
// Network first, always: what is kept is shown only where the network is gone, and says so.
"use strict";
const KEPT = "tenun-kept-1";
const PAGES_MAX = 20;
const AGE_MAX_MS = 10 * 60 * 60 * 1000; // as long as a session may last (SESSION_COOKIE_AGE)
const PROFILE = /^\/wilayah\/[0-9.]+\/$/;
const SEEN = "X-Tenun-Seen";

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

self.addEventListener("fetch", (event) => {
  const address = new URL(event.request.url);
  if (address.origin !== self.location.origin) return;
  if (event.request.method === "POST" && address.pathname === "/keluar/") {
    event.waitUntil(caches.delete(KEPT));
    return;
  }
  if (event.request.method !== "GET") return;
  if (event.request.mode === "navigate") event.respondWith(page(event.request, PROFILE.test(address.pathname)));
  else if (address.pathname.startsWith("/static/")) event.respondWith(asset(event.request));
});

async function page(request, isProfile) {
  let answer;
  try {
    answer = await fetch(request);
  } catch (problem) {
    const kept = isProfile ? await keptPage(request) : null;
    if (kept) return kept;
    throw problem;
  }
  // Sent to sign in: nobody is here any more, so nothing of theirs stays.
  if (answer.type === "opaqueredirect" || answer.redirected || !answer.ok) {
    if (answer.status !== 404 && isProfile) await caches.delete(KEPT);
    return answer;
  }
  if (isProfile) await keep(request, answer.clone());
  return answer;
}

async function keep(request, answer) {
  const headers = new Headers(answer.headers);
  headers.delete("Content-Encoding");
  headers.delete("Content-Length");
  headers.set(SEEN, String(Date.now()));
  const store = await caches.open(KEPT);
  await store.delete(request); // so that what was seen last stands last
  await store.put(request, new Response(await answer.text(), { status: 200, headers }));
  const pages = (await store.keys()).filter((one) => PROFILE.test(new URL(one.url).pathname));
  for (const old of pages.slice(0, Math.max(0, pages.length - PAGES_MAX))) await store.delete(old);
}

async function keptPage(request) {
  const store = await caches.open(KEPT);
  const found = await store.match(request, { ignoreVary: true });
  if (!found) return null;
  const seen = Number(found.headers.get(SEEN));
  if (!(Date.now() - seen < AGE_MAX_MS)) {
    await store.delete(request);
    return null;
  }
  const text = await found.text();
  const language = /<html lang="en"/.test(text) ? "en" : "id";
  const day = new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "short" }).format(seen);
  const words = language === "en" ? `You are offline. This page was seen on ${day}.` : `Anda luring. Halaman ini dilihat pada ${day}.`;
  const notice = `<div class="notice-strip" id="luring" role="status"><div class="wrap"><p>${words}</p></div></div>`;
  return new Response(text.replace(/(<main id="isi"[^>]*>)/, `$1${notice}`), { status: 200, headers: found.headers });
}

async function asset(request) {
  const store = await caches.open(KEPT);
  const found = await store.match(request);
  if (found) return found; // its name holds its digest
  const answer = await fetch(request);
  if (answer.ok) await store.put(request, answer.clone());
  return answer;
}
