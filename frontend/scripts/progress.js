// Bars get their width from a data attribute: an inline style would be refused by the content security policy.
function draw(root) {
    for (const bar of root.querySelectorAll?.("[data-width]") ?? []) {
        bar.style.width = `${Math.min(100, Math.max(0, Number(bar.dataset.width)))}%`;
    }
}

draw(document);
document.addEventListener("htmx:after:swap", () => draw(document));

// While work runs in the background the server's part of the page is asked for again; when the work has ended the whole
// page is loaded, since what can be done next has changed.
document.addEventListener("htmx:after:swap", () => {
    if (document.querySelector("[data-work-ended]")) window.location.reload();
});
