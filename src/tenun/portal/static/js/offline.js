// Loaded only where this browser was asked to keep profiles. Without it every page works as before.
"use strict";
if ("serviceWorker" in navigator) navigator.serviceWorker.register("/luring.js", { scope: "/" });
