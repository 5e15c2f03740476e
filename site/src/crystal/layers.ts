/** What can be drawn over a structure: the field of the file, and the functions of its group. */
import { WaveSum } from "../functions/waveSum";
import type { PeriodicField } from "../functions/periodicField";
import { diverging } from "../scene/colours";
import type { SampledField } from "../surface/isosurface";
import type { UploadView } from "./crystalView";
import { GridField } from "./gridField";
import { sequential } from "./sequential";

const FUNCTION_POINTS = 41;

export interface Layer {
  name: string;
  /** The page that says more, if there is one. */
  page?: string;
  field: PeriodicField;
  points: number;
  /** Behind a value, with a space; nothing for pure numbers. */
  unit: string;
  /** The level that is drawn first. */
  level: (sampled: SampledField) => number;
  /** The section that is drawn first, as a fraction of the cell. */
  place: number;
  /** Whether colours are those of signs, from -limit to limit; or from the lowest value to the limit. */
  signed: boolean;
  limit: (sampled: SampledField) => number;
}

export function layersOf(view: UploadView): Layer[] {
  const layers: Layer[] = [];
  if (view.field) {
    const { grid, quantity, unit } = view.field;
    const signed = grid.minimum < -0.02 * grid.maximum;
    layers.push({
      name: quantity, field: GridField.of(grid), points: grid.points, unit: unit === "1" ? "" : ` ${unit.replace("Angstrom", "Å").replace("^3", "³")}`,
      level: () => grid.level, place: 0.5, signed,
      limit: () => (signed ? Math.max(-grid.minimum, grid.bright) : grid.bright) || 1,
    });
  }
  const { functions, setting } = view.crystal ?? {};
  for (let number = 1; number < (functions?.terms.length ?? 0); number++) {
    layers.push({
      name: `function ${number}`, page: `${setting!.page}#f=${number}`, field: WaveSum.of(functions!, number),
      points: FUNCTION_POINTS, unit: "", level: () => 0, place: 0, signed: true,
      limit: ({ low, high }) => Math.max(-low, high) || 1,
    });
  }
  return layers;
}

/** The colour of a value, each part 0 to 255. */
export function colourOf(layer: Layer, sampled: SampledField): (value: number) => number[] {
  const limit = layer.limit(sampled);
  if (layer.signed) return (value) => diverging(value / limit);
  return (value) => sequential((value - sampled.low) / (limit - sampled.low || 1));
}
