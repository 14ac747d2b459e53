// Builds styles, scripts and the icon sprite into doudi/web/static/dist. Nothing is fetched here and nothing is inlined
// into pages, so that the pages work under a strict content security policy and without internet.
import {copyFile, mkdir, readFile, writeFile} from "node:fs/promises";
import {fileURLToPath} from "node:url";
import path from "node:path";
import * as esbuild from "esbuild";
import * as sass from "sass";

const here = path.dirname(fileURLToPath(import.meta.url));
const target = path.join(here, "..", "doudi", "web", "static", "dist");
const modules = path.join(here, "node_modules");

async function buildStyles() {
    const {css} = await sass.compileAsync(path.join(here, "styles", "doudi.scss"), {
        loadPaths: [modules],
        quietDeps: true,
        silenceDeprecations: ["import", "global-builtin", "color-functions", "if-function"],
    });
    const {code} = await esbuild.transform(css, {loader: "css", minify: true, target: ["chrome87", "firefox90"]});
    await writeFile(path.join(target, "doudi.css"), code);
}

async function buildScripts() {
    await esbuild.build({
        entryPoints: {doudi: path.join(here, "scripts", "doudi.js"), charts: path.join(here, "scripts", "charts.js")},
        outdir: target,
        bundle: true,
        minify: true,
        format: "iife",
        target: ["chrome87", "firefox90"],
        legalComments: "linked",
        logLevel: "warning",
    });
}

async function buildIcons() {
    const names = (await readFile(path.join(here, "icons.txt"), "utf8")).split(/\s+/).filter(Boolean);
    const symbols = await Promise.all(names.map(async (name) => {
        const source = await readFile(path.join(modules, "@tabler", "icons", "icons", "outline", `${name}.svg`), "utf8");
        const drawing = source.slice(source.indexOf(">", source.indexOf("<svg")) + 1, source.lastIndexOf("</svg>"))
            .replace(/<path stroke="none" d="M0 0h24v24H0z" fill="none" \/>/, "").replace(/\s+/g, " ").trim();
        return `<symbol id="${name}" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="1.75" `
            + `stroke-linecap="round" stroke-linejoin="round">${drawing}</symbol>`;
    }));
    const licence = "<!-- Icons: Tabler Icons, MIT licence, Copyright (c) Paweł Kuna -->";
    await writeFile(path.join(target, "icons.svg"),
        `<svg xmlns="http://www.w3.org/2000/svg">${licence}${symbols.join("")}</svg>`);
}

await mkdir(target, {recursive: true});
await Promise.all([
    buildStyles(), buildScripts(), buildIcons(),
    copyFile(path.join(here, "mark.svg"), path.join(target, "mark.svg")),
]);
