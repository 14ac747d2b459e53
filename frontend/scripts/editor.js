// Line numbers beside the text of a rule, and a click on a problem that leads to its line. Without this file the text is
// an ordinary field and problems show their line in words.
function number(area) {
    const box = document.createElement("div");
    box.className = "editor";
    const lines = document.createElement("pre");
    lines.className = "editor-lines";
    lines.setAttribute("aria-hidden", "true");
    area.before(box);
    box.append(lines, area);
    let shown = 0;
    const count = () => {
        const wanted = area.value.split("\n").length;
        if (wanted !== shown) lines.textContent = Array.from({length: wanted}, (_, index) => index + 1).join("\n");
        shown = wanted;
        lines.scrollTop = area.scrollTop;
    };
    area.addEventListener("input", count);
    area.addEventListener("scroll", () => { lines.scrollTop = area.scrollTop; });
    new ResizeObserver(() => { lines.style.height = `${area.offsetHeight}px`; }).observe(area);
    count();
}

function lead(area, line) {
    const before = area.value.split("\n").slice(0, line - 1);
    const start = before.reduce((sum, text) => sum + text.length + 1, 0);
    const end = area.value.indexOf("\n", start);
    area.focus();
    area.setSelectionRange(start, end < 0 ? area.value.length : end);
    area.scrollTop = Math.max(0, (line - 5) * (area.scrollHeight / area.value.split("\n").length));
}

const area = document.querySelector("textarea.code-editor");
if (area) {
    number(area);
    document.addEventListener("click", (event) => {
        const link = event.target.closest?.("[data-line]");
        if (!link) return;
        event.preventDefault();
        lead(area, Number(link.dataset.line));
    });
}
