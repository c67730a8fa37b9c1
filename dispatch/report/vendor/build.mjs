// Bundles the few parts of Apache ECharts that the report draws with: `make vendor`.
import { build } from "esbuild";

await build({
  stdin: {
    contents: `
      import * as core from "echarts/core";
      import { BarChart, LineChart } from "echarts/charts";
      import {
        AriaComponent, GridComponent, LegendComponent, TooltipComponent,
      } from "echarts/components";
      import { SVGRenderer } from "echarts/renderers";
      core.use([AriaComponent, BarChart, GridComponent, LegendComponent, LineChart, SVGRenderer,
        TooltipComponent]);
      export const init = core.init;`,
    resolveDir: process.cwd(),
  },
  banner: { js: "/* Apache ECharts 6.1.0, Apache-2.0, with zrender, BSD-3-Clause, and tslib, 0BSD */" },
  bundle: true,
  format: "iife",
  globalName: "echarts",
  legalComments: "none",
  minify: true,
  outfile: process.argv[2],
  target: "es2020",
});
