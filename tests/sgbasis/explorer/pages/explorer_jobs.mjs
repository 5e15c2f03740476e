// Runs the explorer's own scripts under node: node explorer_jobs.mjs explorer.js JOB < cases.json, one line for each case.
import { readFileSync } from "node:fs";
import vm from "node:vm";

vm.runInThisContext(readFileSync(process.argv[2], "utf8"));
const explorer = vm.runInThisContext("sgbasisExplorer");

const jobs = {
  /** Values and derivatives at points, and values on a grid. */
  values({ data, number, points, n }) {
    const field = explorer.WaveSum.of(data, number);
    const gradients = new Float64Array(points.length);
    const values = field.evaluate(Float64Array.from(points), gradients);
    return { values: [...values], gradients: [...gradients], grid: [...field.grid(n)] };
  },
  /** A solid as binary STL, in base64. */
  stl({ data, number, level, cells, points }) {
    const sampled = explorer.sample(explorer.WaveSum.of(data, number), points);
    const mesh = explorer.isosurface(sampled, { level, cells, solid: true });
    return Buffer.from(explorer.stlBytes(mesh, data.lattice, 1, data.label)).toString("base64");
  },
  /** The plane that is shown first. */
  section({ data, number }) {
    return explorer.defaultSection(explorer.WaveSum.of(data, number));
  },
  /** Hall numbers for a text. */
  search({ names, texts }) {
    return texts.map((text) => explorer.findSettings(names, text));
  },
};

for (const one of JSON.parse(readFileSync(0, "utf8"))) console.log(JSON.stringify(jobs[process.argv[3]](one)));
