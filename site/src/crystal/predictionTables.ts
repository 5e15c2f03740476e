/** Predictions: numbers with their intervals, and tensors as matrices and surfaces. */
import type { Matrix, PredictionView } from "./crystalView";
import { directionViewer } from "./directionViewer";
import { element, list, section, table } from "./dom";

/** Names of properties for people; others are shown with spaces. */
const NAMES: Record<string, string> = {
  formation_energy: "Formation energy",
  band_gap: "Band gap (PBE)",
  bulk_modulus: "Bulk modulus",
  shear_modulus: "Shear modulus",
  elastic_tensor: "Elastic tensor",
  dielectric_electronic: "Electronic dielectric tensor (ions at rest)",
  piezoelectric_tensor: "Piezoelectric tensor",
};

export function predictionTables(predictions: PredictionView[], lattice: number[][]): HTMLElement {
  const numbers = predictions.filter((one) => !Array.isArray(one.value));
  const tensors = predictions.filter((one) => Array.isArray(one.value));
  return section(
    "predictions", "Predictions",
    element("p", {}, "Of the models that ship with sgbasis. Nine of ten intervals hold the value, for crystals like those of the validation data; a note says in which respects this one is unlike them."),
    numberTable(numbers),
    element("div", { class: "tensor-list" }, ...tensors.map((one) => tensor(one, lattice))),
  );
}

/** Notes stand in a row below their number: beside it they would be out of sight on a phone. */
function numberTable(numbers: PredictionView[]): HTMLElement {
  const made = table("Predicted numbers", ["Property", "Value", "Unit", "90 % interval"], numbers.map((one) => [
    name(one), number(one.value) + (one.class ? ` (${one.class})` : ""), one.unit, interval(one),
  ]), "figures predictions", [2, 3]);
  made.querySelectorAll("tbody tr").forEach((row, i) => {
    const said = notes(numbers[i]!);
    if (said) row.after(element("tr", { class: "said" }, element("td", { colspan: 4 }, said)));
  });
  return made;
}

function tensor(one: PredictionView, lattice: number[][]): HTMLElement {
  const matrix = one.value as Matrix;
  const isMatrix = matrix.every((row) => Array.isArray(row) && row.every((entry) => typeof entry === "number"));
  const largest = Math.max(...(matrix.flat(3) as number[]).map(Math.abs)); // what is much smaller is rounding
  const zero = matrix.flat(3).every((entry) => entry === 0);
  return element(
    "article", { class: "tensor" },
    element("h3", {}, name(one)),
    !zero && isMatrix && element("p", { class: "unit" }, `${one.unit === "1" ? "Relative" : one.unit}, in the frame of the file's lattice vectors, order ${matrix[0] && (matrix[0] as Matrix).length === 6 ? "xx yy zz yz xz xy" : "x y z"}.`),
    !zero && isMatrix && table(name(one), [], (matrix as number[][]).map((row) => row.map((entry) => number(Math.abs(entry) < 1e-6 * largest ? 0 : entry))), "matrix"),
    notes(one),
    one.surface ? directionViewer(one.surface, lattice) : undefined,
    one.text && (zero ? element("p", {}, one.text.join(" ")) : element("details", {}, element("summary", {}, "Frames, principal values and what follows"), element("pre", { tabindex: 0 }, one.text.join("\n")))),
  );
}

function name(one: PredictionView): string {
  return NAMES[one.property] ?? one.property.replaceAll("_", " ");
}

function number(value: number | Matrix | null): string {
  return typeof value === "number" ? String(Number(value.toPrecision(4))) : "none";
}

function interval(one: PredictionView): string {
  if (one.low === undefined || one.high === undefined) return "";
  return `${number(one.low)} to ${number(one.high)}`;
}

function notes(one: PredictionView): HTMLElement | undefined {
  return list(one.is_outside ? "notes outside" : "notes", one.notes);
}
