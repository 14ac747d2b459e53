// One tick for all rows of a page, and x to tick the row that has the focus. Without this file each row is ticked alone.
document.addEventListener("change", (event) => {
    if (!event.target.matches("[data-select-all]")) return;
    const boxes = event.target.form.querySelectorAll("[data-row] input[type=checkbox]");
    for (const box of boxes) box.checked = event.target.checked;
});

document.addEventListener("keydown", (event) => {
    if (event.key !== "x" || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest("input:not([type=checkbox]), textarea, select")) return;
    const box = event.target.closest("[data-row]")?.querySelector("input[type=checkbox]");
    if (!box) return;
    event.preventDefault();
    box.checked = !box.checked;
});
