/** What the local server answers to an upload: see `sgbasis/explorer/uploads/upload_parts.py`. */
import type { FunctionData } from "../functions/waveSum";

export interface UploadView {
  error?: string;
  problems?: string[];
  crystals?: { name?: string; error?: string }[];
  chosen?: number;
  crystal?: CrystalView;
  field?: FieldView;
  predictions?: PredictionView[];
}

export interface CrystalView {
  name: string;
  formula: string;
  atoms_in_cell: string;
  setting: {
    hall_number: number;
    number: number;
    label: string;
    symbol: string;
    symbol_html: string;
    full_symbol: string;
    point_group: string;
    page: string;
  };
  facts: { name: string; text: string }[];
  cell: number[];
  volume: number;
  encode: {
    sites: SiteView[];
    notes: string[];
    tolerance: number;
    magnetic?: { bns_number: string; bns_symbol: string };
  };
  atoms: number[];
  labels: string[];
  /** Site symmetries as HTML. */
  site_symbols: string[];
  drawn: DrawnAtoms;
  functions: FunctionData;
}

export interface SiteView {
  element: string;
  multiplicity: number;
  wyckoff: string;
  site_symmetry: string;
  coordinates: number[];
  encoding: number[];
}

export interface DrawnAtoms {
  /** Rows of the conventional cell in Angstrom: c upright, a in the plane of x and z. */
  lattice: number[][];
  sites: number[];
  numbers: number[];
  coordinates: number[][];
  bonds: [number, number][];
  elements: Record<string, { symbol: string; colour: string; radius: number }>;
}

export interface FieldView {
  names: string[];
  name: string;
  quantity: string;
  unit: string;
  text: string[];
  notes: string[];
  expansion: string[];
  setting: string | null;
  lattice: number[][];
  grid: GridView;
}

export interface GridView {
  /** Points along each axis of a grid of n x n x n. */
  points: number;
  minimum: number;
  maximum: number;
  mean: number;
  /** The level that is drawn first, and the value of the brightest colour. */
  level: number;
  bright: number;
  /** Little-endian 32-bit floats in base 64, z fastest. */
  values: string;
}

export interface PredictionView {
  property: string;
  value: number | Matrix | null;
  unit: string;
  notes: string[];
  is_outside: boolean;
  class?: string;
  low?: number | null;
  high?: number | null;
  /** Of tensors: the lines that `sgbasis predict` prints. */
  text?: string[];
  surface?: DirectionView | null;
}

export type Matrix = (number | Matrix)[];

/** A quantity by direction: rows from the pole at +z to that at -z, each once around. */
export interface DirectionView {
  name: string;
  unit: string;
  values: number[][];
}
