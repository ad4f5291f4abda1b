// Draws the charts. A chart is an element with `data-chart`; its numbers are in the JSON script
// beside it, and again in the table below it. Colours are custom properties, so the switch of
// the theme and the printer need no second drawing.
import { BarChart, CustomChart } from "echarts/charts";
import { GridComponent } from "echarts/components";
import { init, use } from "echarts/core";
import { SVGRenderer } from "echarts/renderers";
import { funnel } from "./islands/funnel_chart.js";

use([BarChart, CustomChart, GridComponent, SVGRenderer]);

const DRAWINGS = { funnel };
const mounted = new WeakMap();

function mount(element) {
  const source = element.parentElement.querySelector("[data-chart-data]");
  const draw = DRAWINGS[element.dataset.chart];
  if (!source || !draw || mounted.has(element)) return;
  const data = JSON.parse(source.textContent);
  const font = getComputedStyle(element).fontFamily;
  const chart = init(element, null, { renderer: "svg" });
  const paint = () => {
    const { height, option } = draw(data, element.clientWidth, font);
    element.style.height = `${height}px`;
    chart.resize();
    chart.setOption(option, true);
  };
  paint();
  const observer = new ResizeObserver(() => requestAnimationFrame(paint));
  observer.observe(element);
  mounted.set(element, () => {
    observer.disconnect();
    chart.dispose();
  });
}

function mountAll(root) {
  if (root.matches?.("[data-chart]")) mount(root);
  root.querySelectorAll("[data-chart]").forEach(mount);
}

document.addEventListener("htmx:load", (event) => mountAll(event.detail.elt));
document.addEventListener("htmx:beforeCleanupElement", (event) => {
  mounted.get(event.detail.elt)?.();
  mounted.delete(event.detail.elt);
});
mountAll(document);
