// The funnel: one column per step, and between two columns the stream that goes on, narrowing
// like a wake. Over each column stands what was lost before it. On a narrow screen it lies down.

const NARROW = 560;
// Columns nearer to each other than this are called by their number, which the list and the
// table have, too; nearer than the second, they carry only their count.
const CLOSE = 112;
const CLOSER = 56;

// The font has its real name here, because the lengths of texts are measured with it.
export function funnel(data, width, font) {
  return width < NARROW ? lying(data, font) : standing(data, width, font);
}

function base(fontFamily) {
  return { animation: false, textStyle: { fontFamily } };
}

function standing({ steps }, width, font) {
  const band = (width - 8) / steps.length;
  const top = Math.max(1, ...steps.map((step) => step.people));
  const barWidth = Math.max(12, Math.min(88, band * 0.46));
  const option = {
    ...base(font),
    grid: { left: 4, right: 4, top: 56, bottom: 56 },
    xAxis: {
      type: "category",
      data: steps.map((step) => step.label),
      axisTick: { show: false },
      axisLine: { lineStyle: { color: "var(--line-strong)" } },
      axisLabel: {
        fontSize: 13, color: "var(--ink)", interval: 0, margin: 12, lineHeight: 18,
        width: band - 16, overflow: "break",
        formatter: (label, i) => (band < CLOSE ? `${i + 1}` : shorten(label, Math.floor((band / 7.4) * 1.7))),
      },
    },
    yAxis: { type: "value", max: top, show: false },
    series: [stream(steps, barWidth), kept(steps, barWidth), lost(steps, barWidth, band, font)],
  };
  return { height: 376, option };
}

function shorten(text, length) {
  return text.length > length ? `${text.slice(0, length - 1)}…` : text;
}

function stream(steps, barWidth) {
  return {
    type: "custom",
    silent: true,
    z: 1,
    data: steps.slice(0, -1).map((step, i) => [i, step.people, steps[i + 1].people]),
    renderItem: (_, api) => {
      const i = api.value(0);
      const from = api.coord([i, api.value(1)]);
      const to = api.coord([i + 1, api.value(2)]);
      const foot = api.coord([i, 0])[1];
      return { type: "path", shape: { pathData: wake(from, to, foot, barWidth / 2) },
        style: { fill: "var(--water-tint)" } };
    },
  };
}

// From the shoulder of one column to that of the next, in a curve that leaves both level.
function wake([x0, y0], [x1, y1], foot, half) {
  const [a, b] = [x0 + half, x1 - half];
  const middle = (a + b) / 2;
  return `M${a} ${y0}C${middle} ${y0} ${middle} ${y1} ${b} ${y1}L${b} ${foot}L${a} ${foot}Z`;
}

function kept(steps, barWidth) {
  return {
    type: "bar",
    silent: true,
    stack: "step",
    barWidth,
    z: 2,
    itemStyle: { color: "var(--column)", borderRadius: [4, 4, 0, 0] },
    data: steps.map((step) => step.people),
  };
}

// The texts on the column, and over it the outline of what was lost on the way here.
function lost(steps, barWidth, band, font) {
  return {
    type: "custom",
    silent: true,
    z: 3,
    data: steps.map((step, i) => [i, step.people, i ? steps[i - 1].people : step.people]),
    renderItem: (_, api) => {
      const i = api.value(0);
      const [x, y] = api.coord([i, api.value(1)]);
      const before = api.coord([i, api.value(2)])[1];
      const write = (at, text, fill, size, weight) => label(x, at, text, { fill, font: `${weight} ${size}px ${font}` });
      const children = before < y ? [ghost(x, before, y, barWidth)] : [];
      if (band < CLOSER) {
        children.push(write(before - 7, steps[i].people_text, "var(--ink)", 11, 560));
      } else {
        children.push(write(before - 25, steps[i].people_text, "var(--ink)", 16, 640));
        children.push(write(before - 7, steps[i].share_text, "var(--ink-soft)", 13, 400));
        if (y - before > 24) children.push(write((y + before) / 2 + 8, steps[i].lost_text, "var(--warm)", 13, 560));
      }
      return { type: "group", children };
    },
  };
}

function ghost(x, before, y, barWidth) {
  return {
    type: "rect",
    shape: { x: x - barWidth / 2, y: before, width: barWidth, height: y - before, r: [4, 4, 0, 0] },
    style: { fill: "var(--warm-tint)" },
  };
}

function label(x, y, text, style) {
  return { type: "text", x, y, style: { text, ...style, textAlign: "center", textVerticalAlign: "bottom" } };
}

function lying({ steps }, font) {
  const row = 68;
  const top = Math.max(1, ...steps.map((step) => step.people));
  const option = {
    ...base(font),
    grid: { left: 0, right: 0, top: 8, bottom: 0 },
    xAxis: { type: "value", max: top, show: false },
    yAxis: { type: "category", inverse: true, show: false, data: steps.map((step) => step.label) },
    series: [
      {
        type: "bar", silent: true, barWidth: 18, barGap: "-100%", z: 1,
        itemStyle: { color: "var(--warm-tint)", borderRadius: 4 },
        data: steps.map((step, i) => (i ? steps[i - 1].people : step.people)),
      },
      {
        type: "bar", silent: true, barWidth: 18, z: 2,
        itemStyle: { color: "var(--column)", borderRadius: 4 },
        data: steps.map((step) => step.people),
        label: {
          show: true, position: [0, -22], fontSize: 13, color: "var(--ink-soft)",
          formatter: ({ dataIndex: i }) => `{n|${steps[i].people_text}}  ${steps[i].share_text}  {l|${shorten(steps[i].label, 28)}}`,
          rich: { n: { fontWeight: 640, fontSize: 15, color: "var(--ink)" }, l: { color: "var(--ink)" } },
        },
      },
    ],
  };
  return { height: steps.length * row + 8, option };
}
