// Bars of alerts, and lines of shares month by month. Values, names and colours come from the table that stands under every chart, so nothing is shown
// in a chart only. Tooltips are drawn on the canvas: HTML ones would need inline styles.
import {BarChart, LineChart} from "echarts/charts";
import {AriaComponent, GridComponent, LegendComponent, TooltipComponent} from "echarts/components";
import {init, use} from "echarts/core";
import {CanvasRenderer} from "echarts/renderers";

use([BarChart, LineChart, AriaComponent, GridComponent, LegendComponent, TooltipComponent, CanvasRenderer]);

const token = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

// Pixels of one bar with its gap, and of the legend and the axis together.
const BAR = 32;
const AROUND_BARS = 66;

function stackedBars(element, data) {
    const font = getComputedStyle(document.body).fontFamily;
    const ink = token("--ink-2");
    return {
        animation: !window.matchMedia("(prefers-reduced-motion: reduce)").matches,
        animationDuration: 300,
        textStyle: {fontFamily: font, color: ink},
        aria: {enabled: true, label: {description: element.getAttribute("aria-label") ?? ""}},
        grid: {left: 4, right: 44, top: 34, bottom: 4, outerBoundsMode: "same", outerBoundsContain: "axisLabel"},
        legend: {top: 0, left: 0, itemWidth: 12, itemHeight: 12, textStyle: {color: ink, fontSize: 13}},
        tooltip: {trigger: "axis", renderMode: "richText", axisPointer: {type: "shadow"}, confine: true},
        xAxis: {type: "value", minInterval: 1, axisLabel: {color: ink}, splitLine: {lineStyle: {color: token("--line")}}},
        yAxis: {
            type: "category", inverse: true, data: data.names, axisTick: {show: false},
            axisLine: {lineStyle: {color: token("--line-2")}},
            axisLabel: {color: token("--ink"), fontSize: 13, width: 110, overflow: "truncate"},
        },
        series: data.series.map((series) => ({
            name: series.name, type: "bar", stack: "all", data: series.values, barMaxWidth: 18,
            itemStyle: {color: token(`--level-${series.id}`)}, cursor: data.links ? "pointer" : "default",
        })),
    };
}

// Told apart by colour, and by the mark at each point for those who cannot tell the colours.
const LINES = ["#0b5d5e", "#c23a30", "#7a4f00", "#3b6ea8", "#7d4b94", "#3b8a5a", "#8797a1", "#b8651b", "#16232b"];
const MARKS = ["circle", "rect", "triangle", "diamond", "roundRect", "pin", "arrow", "emptyCircle", "emptyRect"];

function lines(element, data) {
    const font = getComputedStyle(document.body).fontFamily;
    const ink = token("--ink-2");
    const known = data.series.flatMap((series) => series.values).filter((value) => value !== null);
    return {
        animation: !window.matchMedia("(prefers-reduced-motion: reduce)").matches,
        animationDuration: 300,
        textStyle: {fontFamily: font, color: ink},
        aria: {enabled: true, label: {description: element.getAttribute("aria-label") ?? ""}},
        grid: {left: 4, right: 24, top: 44, bottom: 4, outerBoundsMode: "same", outerBoundsContain: "axisLabel"},
        legend: {type: "scroll", top: 0, left: 0, itemWidth: 18, itemHeight: 10, textStyle: {color: ink, fontSize: 13}},
        tooltip: {trigger: "axis", renderMode: "richText", confine: true},
        xAxis: {type: "category", data: data.names, boundaryGap: false, axisLabel: {color: ink}, axisLine: {lineStyle: {color: token("--line-2")}}},
        yAxis: {
            type: "value", min: Math.max(0, Math.floor(Math.min(...known, 100) / 10) * 10), max: 100,
            axisLabel: {color: ink}, splitLine: {lineStyle: {color: token("--line")}},
        },
        series: data.series.map((series, at) => ({
            name: series.name, type: "line", data: series.values, connectNulls: false, symbolSize: 7,
            symbol: MARKS[at % MARKS.length], color: LINES[at % LINES.length], lineStyle: {width: series.main ? 3.5 : 1.5},
        })),
    };
}

function draw(element) {
    const source = document.getElementById(element.dataset.chart);
    if (!source) return;
    const data = JSON.parse(source.textContent);
    const isLines = data.kind === "lines";
    if (!isLines) element.style.height = `${AROUND_BARS + BAR * data.names.length}px`;
    const chart = init(element);
    chart.setOption(isLines ? lines(element, data) : stackedBars(element, data));
    chart.on("click", ({dataIndex, seriesIndex}) => {
        const link = data.series[seriesIndex].links?.[dataIndex] ?? data.links?.[dataIndex];
        if (link) window.location.assign(link);
    });
    new ResizeObserver(() => chart.resize()).observe(element);
}

for (const element of document.querySelectorAll("[data-chart]")) draw(element);
