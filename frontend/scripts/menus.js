// Menus and definitions are <details>: they open without a script. This closes them on Escape or a click elsewhere.
const OPEN = "details[data-menu][open]";

document.addEventListener("click", (event) => {
    for (const menu of document.querySelectorAll(OPEN)) {
        if (!menu.contains(event.target)) menu.open = false;
    }
});

document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const menu of document.querySelectorAll(OPEN)) {
        menu.open = false;
        menu.querySelector("summary")?.focus();
    }
});

// Leaving a menu with the Tab key closes it too.
document.addEventListener("focusout", (event) => {
    const menu = event.target.closest?.(OPEN);
    if (menu && event.relatedTarget && !menu.contains(event.relatedTarget)) menu.open = false;
});

// A select that sends its form at once (language, post); without a script the form keeps its button.
document.addEventListener("change", (event) => {
    if (event.target.matches("[data-submit-on-change]")) event.target.form.requestSubmit();
});

document.addEventListener("click", (event) => {
    if (event.target.closest("[data-print]")) window.print();
});

// On paper everything that is folded on screen stands open.
window.addEventListener("beforeprint", () => {
    for (const folded of document.querySelectorAll(".shell-main details:not(.unmask, .define, [open])")) {
        folded.open = true;
        folded.dataset.openedForPrint = "";
    }
});
window.addEventListener("afterprint", () => {
    for (const folded of document.querySelectorAll("details[data-opened-for-print]")) {
        folded.open = false;
        delete folded.dataset.openedForPrint;
    }
});

document.documentElement.classList.add("has-script");
