// What every page does beyond plain HTML: partial updates, closing of menus, keyboard short cuts, file drop.
// Every page works without this file; it only saves steps.
import htmx from "htmx.org";
import "./menus.js";
import "./keyboard.js";
import "./uploads.js";
import "./progress.js";
import "./editor.js";
import "./selection.js";
import "./desk.js";

// Going back asks the server again: a list may have changed, and no copy of a page with personal data stays in the browser.
htmx.config.history = "reload";
htmx.config.includeIndicatorCSS = false;
htmx.config.noSwap = [204, 304, "4xx", "5xx"];

const announcer = () => document.getElementById("announcer");

document.addEventListener("htmx:after:swap", () => {
    const source = document.querySelector("[data-announce]");
    if (source && announcer()) announcer().textContent = source.dataset.announce;
});

// A refused or failed partial request shows the server's own page, which says what to do.
document.addEventListener("htmx:response:error", (event) => {
    const address = event.detail?.ctx?.request?.action;
    const method = event.detail?.ctx?.request?.method;
    if (address && method === "GET") window.location.assign(address);
    else document.getElementById("request-failed")?.removeAttribute("hidden");
});
document.addEventListener("htmx:error", () => {
    document.getElementById("request-failed")?.removeAttribute("hidden");
});
