// "/" goes to the search of the page; Enter on a table row opens the row's first link; arrow keys, j and k move
// between rows.
const typing = (element) => element.closest("input, textarea, select, [contenteditable]");

function step(row, direction) {
    let next = row;
    do next = direction > 0 ? next.nextElementSibling : next.previousElementSibling;
    while (next && !next.matches("[data-row]"));
    next?.querySelector("[data-row-link]")?.focus();
}

document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "/" && !typing(event.target)) {
        const search = document.querySelector("[data-search-first]") ?? document.querySelector("[data-search]");
        if (!search) return;
        event.preventDefault();
        search.focus();
        search.select();
        return;
    }
    if ((event.key === "j" || event.key === "k") && !typing(event.target) && !event.target.closest("[data-row]")) {
        document.querySelector("[data-row] [data-row-link]")?.focus();
        return;
    }
    const row = event.target.closest?.("[data-row]");
    if (!row || typing(event.target)) return;
    const direction = {ArrowDown: 1, j: 1, ArrowUp: -1, k: -1}[event.key];
    if (direction) {
        event.preventDefault();
        step(row, direction);
    }
});

// A click anywhere in a row opens it, unless something was selected or another link was meant.
document.addEventListener("click", (event) => {
    const row = event.target.closest("[data-row]");
    if (!row || event.target.closest("a, button, input, label, summary, details")) return;
    if (window.getSelection()?.toString()) return;
    row.querySelector("[data-row-link]")?.click();
});
