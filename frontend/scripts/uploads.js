// Files may be dropped on the upload field; names and sizes of the chosen files are shown before they are sent.
function describe(size) {
    return size >= 1048576 ? `${(size / 1048576).toFixed(1)} MB` : `${Math.max(1, Math.round(size / 1024))} KB`;
}

function showChosen(zone) {
    const input = zone.querySelector("input[type=file]");
    const list = zone.querySelector("[data-chosen]");
    if (!input || !list) return;
    list.replaceChildren(...Array.from(input.files, (file) => {
        const item = document.createElement("li");
        const name = document.createElement("span");
        name.textContent = file.name;
        const size = document.createElement("small");
        size.textContent = describe(file.size);
        item.append(name, size);
        return item;
    }));
}

for (const kind of ["dragenter", "dragover"]) {
    document.addEventListener(kind, (event) => {
        const zone = event.target.closest?.("[data-drop]");
        if (!zone) return;
        event.preventDefault();
        zone.classList.add("is-over");
    });
}
for (const kind of ["dragleave", "drop"]) {
    document.addEventListener(kind, (event) => {
        event.target.closest?.("[data-drop]")?.classList.remove("is-over");
    });
}
document.addEventListener("drop", (event) => {
    const zone = event.target.closest?.("[data-drop]");
    if (!zone || !event.dataTransfer?.files.length) return;
    event.preventDefault();
    const input = zone.querySelector("input[type=file]");
    input.files = event.dataTransfer.files;
    showChosen(zone);
});
document.addEventListener("change", (event) => {
    const zone = event.target.closest?.("[data-drop]");
    if (zone) showChosen(zone);
});

// A form that starts long work is sent once.
document.addEventListener("submit", (event) => {
    if (!event.target.matches("[data-once]")) return;
    if (event.target.dataset.sent) {
        event.preventDefault();
        return;
    }
    event.target.dataset.sent = "yes";
    const button = event.target.querySelector("[type=submit]");
    if (button) {
        button.classList.add("is-busy");
        button.setAttribute("aria-disabled", "true");
    }
});
window.addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll("[data-once][data-sent]")) {
        delete form.dataset.sent;
        form.querySelector("[type=submit]")?.classList.remove("is-busy");
    }
});
