// "/" goes to the search of the page; Enter on a table row opens the row's first link; arrow keys move between rows.
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
    const row = event.target.closest?.("[data-row]");
    if (!row || typing(event.target)) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        event.preventDefault();
        step(row, event.key === "ArrowDown" ? 1 : -1);
    }
});

// A click anywhere in a row opens it, unless something was selected or another link was meant.
document.addEventListener("click", (event) => {
    const row = event.target.closest("[data-row]");
    if (!row || event.target.closest("a, button, input, label, summary, details")) return;
    if (window.getSelection()?.toString()) return;
    row.querySelector("[data-row-link]")?.click();
});
